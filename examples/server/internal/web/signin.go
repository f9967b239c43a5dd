package web

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/mailcrm/sdk/mailcrm"
)

// Signing in at a provider (OAuth 2.0) leaves these pages: POST /accounts/signin begins, the provider's page follows, and the browser comes back to
// GET /accounts/signed-in. That GET changes something, and comes from another site; what it may do is bound to the state that it carries, which works once, for
// ten minutes, and for the agent who began. The session's cookie is SameSite=Lax, so the browser sends it with this navigation.
//
// The policy of these pages lets forms lead to themselves only, in redirects too (form-action). So the POST is answered with a page that goes on by itself, and
// has a link for browsers that do not.

// leavePage is the page in between.
type leavePage struct {
	frame
	Provider string
	URL      string
}

func (s *site) signIn(v *visit) error {
	in := mailcrm.LoginInput{Provider: v.field("provider"), Hint: v.field("hint"), RedirectURL: s.backURL(v.r), Login: v.field("login")}
	if in.Login != "" {
		in.Hint = ""
	}
	back := comeback{who: v.actor, attempt: v.field("kept"), path: v.field("back")}
	if !local(back.path) {
		back.path = "/accounts"
	}
	start, err := v.mail.Logins.Begin(v.ctx(), in)
	if err != nil {
		return v.notSignedIn(back, err)
	}
	s.drawer.leave(start.State, back)
	v.w.Header().Set("Refresh", "0; url="+start.URL)
	p := leavePage{frame: v.frame("signin.leaving", "accounts"), Provider: providerName(in.Provider), URL: start.URL}
	if in.Provider == "" {
		p.Provider = v.say("signin.provider")
	}
	return v.show("leave", p)
}

// backURL is where a provider sends the browser back to. It must be registered there.
func (s *site) backURL(r *http.Request) string {
	base := s.cfg.URL
	if base == "" {
		scheme := "http"
		if r.TLS != nil {
			scheme = "https"
		}
		base = scheme + "://" + r.Host
	}
	return base + "/accounts/signed-in"
}

// signedIn is GET /accounts/signed-in: the browser comes back from a provider.
func (s *site) signedIn(v *visit) error {
	q := v.r.URL.Query()
	if ahead(v.r) {
		return v.to("/accounts")
	}
	v.r = v.r.Clone(v.ctx())
	v.r.URL = &url.URL{Path: "/accounts"} // no page that follows says what the browser brought
	back, known := s.drawer.back(q.Get("state"), v.actor)
	if !known {
		back.path = "/accounts"
	}
	login, err := v.mail.Logins.Complete(v.ctx(), mailcrm.CompleteInput{
		State: q.Get("state"), Code: q.Get("code"), Error: q.Get("error"), ErrorDescription: q.Get("error_description"),
	})
	if err != nil {
		return v.notSignedIn(back, err)
	}
	return v.withLogin(back, login)
}

// useLogin is POST /accounts/new/login: an account that is being added uses a sign-in that there is already.
func (s *site) useLogin(v *visit) error {
	for _, l := range v.ownLogins("") {
		if l.ID == v.field("login") {
			return v.withLogin(comeback{attempt: v.field("kept"), path: "/accounts/new"}, &l)
		}
	}
	return mailcrm.ErrNotFound
}

// withLogin goes on with a sign-in where it was begun.
func (v *visit) withLogin(back comeback, login *mailcrm.Login) error {
	if t, ok := v.site.drawer.get(back.attempt, v.actor); ok {
		t.input.IMAP.Login, t.signedIn, t.wrong, t.check, t.of = login.ID, login.Subject, nil, nil, ""
		t.input.IMAP.Password, t.input.SMTP.Password = mailcrm.Secret{}, mailcrm.Secret{}
		if u, err := url.Parse(back.path); err == nil {
			return v.to("/accounts/new", "kept", v.site.drawer.put(t), "found", u.Query().Get("found"))
		}
	}
	if back.path == "/accounts" {
		return v.to(back.path, "done", "signed_in")
	}
	return v.to(back.path, "done", "signed_in", "login", login.ID)
}

// notSignedIn says why, where the sign-in was begun.
func (v *visit) notSignedIn(back comeback, err error) error {
	t, ok := v.site.drawer.get(back.attempt, v.actor)
	if !ok {
		return err
	}
	var field *mailcrm.FieldError
	text := v.errorText(err)
	if errors.As(err, &field) {
		text = v.fieldText(field)
	}
	t.wrong, t.check, t.of = formErrors{"form": text}, nil, ""
	found := ""
	if u, err := url.Parse(back.path); err == nil {
		found = u.Query().Get("found")
	}
	return v.to("/accounts/new", "kept", v.site.drawer.put(t), "found", found)
}

// allOwnLogins are the visitor's sign-ins, those that do not work any more too.
func (v *visit) allOwnLogins() []mailcrm.Login {
	all, err := v.mail.Logins.List(v.ctx())
	if err != nil {
		return nil
	}
	own := all[:0]
	for _, l := range all {
		if l.Agent == v.actor.Agent {
			own = append(own, l)
		}
	}
	return own
}
