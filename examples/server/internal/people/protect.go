package people

import (
	"net/http"
	"net/url"
	"strings"
)

// maxForm is the most bytes of a form of these pages.
const maxForm = 64 << 10

// Enter lets only those through whom we know. In a demo a browser that comes for the first time becomes the first agent; otherwise it is sent to the login
// page, and comes back to where it wanted to go.
func (p *People) Enter(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := p.Who(r); ok {
			next.ServeHTTP(w, r)
			return
		}
		reading := r.Method == http.MethodGet || r.Method == http.MethodHead
		switch {
		case p.Passwordless() && reading:
			next.ServeHTTP(w, p.enter(w, r, p.All()[0].ID))
		case p.Passwordless():
			http.Redirect(w, r, "/", http.StatusSeeOther) // its session ended meanwhile
		case reading:
			http.Redirect(w, r, "/login?next="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
		default:
			http.Redirect(w, r, "/login", http.StatusSeeOther)
		}
	})
}

// protect bounds what is sent, reads the form, and refuses with 403 what would change something and does not come from a page of the same session.
func (p *People) protect(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodGet, http.MethodHead, http.MethodOptions:
			next.ServeHTTP(w, r)
			return
		}
		if err := parse(w, r); err != nil {
			http.Error(w, "this form cannot be read, or is too large", http.StatusRequestEntityTooLarge)
			return
		}
		if !p.Verify(r) {
			http.Error(w, "this form is from another session: go back, load the page again, and repeat", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func parse(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	return r.ParseForm()
}

// local is where a page may send a browser next: a path of this server, or "/".
func local(path string) string {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t") || len(path) > 2000 {
		return "/"
	}
	return path
}
