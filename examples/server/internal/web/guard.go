package web

import (
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"strings"

	"github.com/mailcrm/sdk/mailcrm"
)

// policy is what a page may load: its own style sheet, script and frames, and nothing else.
const policy = "default-src 'self'; frame-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// guarded sets the headers of every answer.
func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// page makes a handler of a page or an action: it finds out who asks, and shows what went wrong. A POST must carry the session's token.
func (s *site) page(handle func(*visit) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "private, no-store")
		actor, ok := s.cfg.People.Actor(r)
		if !ok {
			http.Redirect(w, r, "/login", http.StatusSeeOther) // his session ended this very moment
			return
		}
		v := s.visit(w, r, actor)
		if r.Method == http.MethodPost {
			if err := s.sent(w, r); err != nil {
				v.fail(err)
				return
			}
		}
		if err := handle(v); err != nil {
			v.fail(err)
		}
	})
}

// Limits of what a visitor may send, in bytes. A draft's form may carry attachments.
const (
	maxForm   = 4 << 20 // a template's source three times, and what surrounds it
	maxUpload = 40 << 20
	inMemory  = 1 << 20 // of an upload; the rest lies in a temporary file until the request ends
)

// errToken says that a POST came without the session's token.
var errToken = errors.New("the form is not from a page of this session")

// sent reads a form within its bound and checks its token.
func (s *site) sent(w http.ResponseWriter, r *http.Request) error {
	limit := int64(maxForm)
	if r.URL.Path == "/compose" || strings.HasPrefix(r.URL.Path, "/drafts/") {
		limit = maxUpload
	}
	r.Body = http.MaxBytesReader(w, r.Body, limit)
	read := r.ParseForm
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		read = func() error { return r.ParseMultipartForm(inMemory) }
	}
	err := read()
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge), errors.Is(err, multipart.ErrMessageTooLarge):
		return fmt.Errorf("reading a form of more than %d bytes: %w", limit, mailcrm.ErrLimit)
	case err != nil:
		return fmt.Errorf("reading a form: %w: %w", err, mailcrm.ErrInvalid)
	case !s.cfg.People.Verify(r):
		return errToken
	}
	return nil
}

// ahead reports whether a browser or a proxy fetches before anybody asked for it.
func ahead(r *http.Request) bool {
	for _, name := range []string{"Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"} {
		switch value := strings.ToLower(r.Header.Get(name)); {
		case strings.Contains(value, "prefetch"), strings.Contains(value, "prerender"), strings.Contains(value, "preview"):
			return true
		}
	}
	return false
}

// meant reports whether a GET is a person's own step on these pages: only then may it open a mail. Browsers that do not send Fetch Metadata are believed:
// they have no other way to open one.
func meant(r *http.Request) bool {
	if r.Method != http.MethodGet || ahead(r) {
		return false
	}
	site, mode := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Sec-Fetch-Mode")
	return (site == "" || site == "same-origin" || site == "none") && (mode == "" || mode == "navigate")
}
