package people

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"html/template"
	"net/http"
	"strings"

	"github.com/mailcrm/sdk/storage"
)

//go:embed pages.html people.css
var files embed.FS

// Handler serves the pages before and beside those of mail:
//
//	/login   GET, POST   name and password; not in a demo
//	/logout  POST
//	/who     GET, POST   in a demo: who one is
//	/people  GET, POST   one's password and token; for an administrator, the others
//	/lang    POST        the language of the pages
//
// The caller guards all of it against requests from other sites ([http.CrossOriginProtection]): the login form has no session that could.
func (p *People) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /people.css", http.FileServerFS(files))
	mux.HandleFunc("POST /lang", p.postLang)
	if p.Passwordless() {
		mux.Handle("GET /who", p.Enter(http.HandlerFunc(p.getWho)))
		mux.HandleFunc("POST /who", p.postWho)
		for _, path := range []string{"GET /login", "GET /people"} { // there are no passwords
			mux.Handle(path, http.RedirectHandler("/who", http.StatusSeeOther))
		}
		mux.Handle("POST /logout", p.protect(http.HandlerFunc(p.postLogout)))
		return mux
	}
	mux.HandleFunc("GET /login", p.getLogin)
	mux.HandleFunc("POST /login", p.postLogin)
	mux.Handle("POST /logout", p.protect(http.HandlerFunc(p.postLogout)))
	mux.Handle("GET /people", p.Enter(http.HandlerFunc(p.getPeople)))
	mux.Handle("POST /people", p.Enter(p.protect(http.HandlerFunc(p.postPeople))))
	return mux
}

// A page is what the templates show.
type page struct {
	Lang   string
	Name   string // of the template
	CSRF   string
	Next   string
	Me     Person
	All    []Person
	Alert  string   // what went wrong
	Told   string   // a password or a token, told once
	Labels []string // what Told is: words by their keys
}

// W is a word in the page's language.
func (v page) W(key string) string { return word(v.Lang, key) }

func (p *People) show(w http.ResponseWriter, r *http.Request, status int, v page) {
	v.Lang, v.CSRF = p.Locale(r), p.Token(r)
	v.Me, _ = p.Who(r)
	tmpl, err := template.ParseFS(files, "pages.html")
	var body bytes.Buffer
	if err == nil {
		err = tmpl.ExecuteTemplate(&body, "page", v)
	}
	if err != nil {
		p.opts.Logger.ErrorContext(r.Context(), "page not shown", "page", v.Name, "error", err)
		http.Error(w, "the page cannot be shown", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // the browser is gone if this fails
}

func (p *People) getLogin(w http.ResponseWriter, r *http.Request) {
	if _, ok := p.Who(r); ok {
		http.Redirect(w, r, local(r.URL.Query().Get("next")), http.StatusSeeOther)
		return
	}
	p.show(w, r, http.StatusOK, page{Name: "login", Next: local(r.URL.Query().Get("next"))})
}

func (p *People) postLogin(w http.ResponseWriter, r *http.Request) {
	if err := parse(w, r); err != nil {
		http.Error(w, "this form cannot be read", http.StatusRequestEntityTooLarge)
		return
	}
	next := local(r.PostForm.Get("next"))
	id := strings.TrimSpace(r.PostForm.Get("name"))
	person, err := p.Login(r.Context(), id, r.PostForm.Get("password"))
	switch {
	case err == nil:
		p.enter(w, r, person.ID)
		http.Redirect(w, r, next, http.StatusSeeOther)
		return
	case errors.Is(err, storage.ErrLimit):
		p.opts.Logger.WarnContext(r.Context(), "logins stopped for a while", "agent", id)
		p.show(w, r, http.StatusTooManyRequests, page{Name: "login", Next: next, Alert: "login.wait"})
	case errors.Is(err, storage.ErrAuth):
		p.opts.Logger.WarnContext(r.Context(), "login refused", "agent", id)
		p.show(w, r, http.StatusUnauthorized, page{Name: "login", Next: next, Alert: "login.refused"})
	default: // the browser left while it waited
		http.Error(w, "try again", http.StatusServiceUnavailable)
	}
}

func (p *People) postLogout(w http.ResponseWriter, r *http.Request) {
	p.leave(w, r)
	if p.Passwordless() {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}

func (p *People) getWho(w http.ResponseWriter, r *http.Request) {
	p.show(w, r, http.StatusOK, page{Name: "who", All: p.All(), Next: local(r.URL.Query().Get("next"))})
}

// postWho needs no token of a session: there are no passwords here, and the caller keeps other sites out.
func (p *People) postWho(w http.ResponseWriter, r *http.Request) {
	if err := parse(w, r); err != nil {
		http.Error(w, "this form cannot be read", http.StatusRequestEntityTooLarge)
		return
	}
	person, ok := p.Person(r.PostForm.Get("id"))
	if !ok {
		http.Error(w, "there is nobody of this name", http.StatusNotFound)
		return
	}
	p.enter(w, r, person.ID)
	http.Redirect(w, r, local(r.PostForm.Get("next")), http.StatusSeeOther)
}

func (p *People) postLang(w http.ResponseWriter, r *http.Request) {
	if err := parse(w, r); err != nil {
		http.Error(w, "this form cannot be read", http.StatusRequestEntityTooLarge)
		return
	}
	p.setLocale(w, r, r.PostForm.Get("lang"))
	http.Redirect(w, r, local(r.PostForm.Get("next")), http.StatusSeeOther)
}

func (p *People) getPeople(w http.ResponseWriter, r *http.Request) { p.showPeople(w, r, page{}) }

func (p *People) showPeople(w http.ResponseWriter, r *http.Request, v page) {
	v.Name = "people"
	if me, ok := p.Who(r); ok && me.Admin {
		v.All = p.All()
	}
	status := http.StatusOK
	if v.Alert != "" {
		status = http.StatusUnprocessableEntity
	}
	p.show(w, r, status, v)
}

// postPeople does what one of the forms asks: "token" and "password" for oneself, "add" and "reset" for an administrator.
func (p *People) postPeople(w http.ResponseWriter, r *http.Request) {
	me, _ := p.Who(r)
	form := r.PostForm
	var v page
	var err error
	switch do := form.Get("do"); {
	case do == "token":
		v.Told, err = p.Issue(me.ID)
		v.Labels = []string{"people.token"}
	case do == "password":
		if err = p.mayChange(r.Context(), me, form.Get("old"), form.Get("new")); err == nil {
			r = p.enter(w, r, me.ID) // all sessions ended, this one goes on
			v.Labels = []string{"people.changed"}
		}
	case do == "add" && me.Admin:
		v.Told, err = p.Add(Person{ID: form.Get("id"), Name: form.Get("name"), Address: strings.TrimSpace(form.Get("address")), Admin: form.Get("admin") != ""})
		v.Labels = []string{"people.password"}
	case do == "reset" && me.Admin && form.Get("id") != me.ID:
		v.Told, err = p.ResetPassword(form.Get("id"))
		v.Labels = []string{"people.password"}
	default:
		http.Error(w, "no such thing to do", http.StatusNotFound)
		return
	}
	if err != nil {
		v = page{Alert: alert(err)}
		p.opts.Logger.WarnContext(r.Context(), "people not changed", "agent", me.ID, "error", err)
	} else {
		p.opts.Logger.InfoContext(r.Context(), "people changed", "agent", me.ID, "what", form.Get("do"))
	}
	p.showPeople(w, r, v)
}

// mayChange changes one's own password, for which the old one is asked again.
func (p *People) mayChange(ctx context.Context, me Person, old, fresh string) error {
	if _, err := p.Login(ctx, me.ID, old); err != nil {
		return err
	}
	return p.SetPassword(me.ID, fresh)
}

// alert is the key of what to say about a failure.
func alert(err error) string {
	var field *storage.FieldError
	switch {
	case errors.As(err, &field):
		return "people.bad." + field.Field
	case errors.Is(err, storage.ErrAuth):
		return "login.refused"
	case errors.Is(err, storage.ErrLimit):
		return "login.wait"
	case errors.Is(err, storage.ErrConflict):
		return "people.there"
	}
	return "people.failed"
}
