package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/storage"
)

// A visit is one request of somebody known.
type visit struct {
	site  *site
	w     http.ResponseWriter
	r     *http.Request
	actor storage.Actor
	mail  *mailcrm.Session
	lang  language
	clock clock
}

func (s *site) visit(w http.ResponseWriter, r *http.Request, actor storage.Actor) *visit {
	lang := languageOf(actor.Locale)
	zone, err := time.LoadLocation(actor.Zone)
	if err != nil || actor.Zone == "" {
		zone = time.UTC
	}
	return &visit{site: s, w: w, r: r, actor: actor, mail: s.cfg.Client.As(actor), lang: lang, clock: clock{now: s.cfg.Now().In(zone), zone: zone, lang: lang}}
}

func (v *visit) ctx() context.Context { return v.r.Context() }

// query is a parameter of the address, trimmed; field one of the form.
func (v *visit) query(name string) string { return strings.TrimSpace(v.r.URL.Query().Get(name)) }

func (v *visit) field(name string) string { return strings.TrimSpace(v.r.PostFormValue(name)) }

// checked is a box of the form.
func (v *visit) checkedBox(name string) bool { return v.r.PostFormValue(name) != "" }

// say is a phrase of the catalogue.
func (v *visit) say(key string, args ...any) string { return v.lang.say(key, args...) }

// show answers with a page.
func (v *visit) show(page string, data any) error { return v.showStatus(http.StatusOK, page, data) }

func (v *visit) showStatus(status int, page string, data any) error {
	out, err := v.site.pages.render(v.lang, page, data)
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.Header().Set("Content-Language", string(v.lang))
	v.w.WriteHeader(status)
	if v.r.Method != http.MethodHead {
		_, _ = v.w.Write(out) // the visitor may be gone: there is nobody to tell
	}
	return nil
}

// to sends the visitor on after a POST.
func (v *visit) to(path string, params ...string) error {
	http.Redirect(v.w, v.r, address(path, params...), http.StatusSeeOther)
	return nil
}

// back sends the visitor to the page that a form names, or to another one. Only paths of these pages are believed.
func (v *visit) back(other string, params ...string) error {
	path := v.field("back")
	if !local(path) {
		path = other
	}
	return v.to(path, params...)
}

// local reports whether a target lies on these pages.
func local(target string) bool {
	if !strings.HasPrefix(target, "/") || strings.HasPrefix(target, "//") || strings.ContainsAny(target, "\\\r\n\t") {
		return false
	}
	u, err := url.Parse(target)
	return err == nil && u.Host == "" && u.Scheme == ""
}

// address is a path with parameters: name, value, name, value. Those that are empty are left out; those that the path has already are replaced.
func address(path string, params ...string) string {
	u, err := url.Parse(path)
	if err != nil {
		return "/"
	}
	q := u.Query()
	for i := 0; i+1 < len(params); i += 2 {
		if q.Del(params[i]); params[i+1] != "" {
			q.Set(params[i], params[i+1])
		}
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// fail shows what went wrong, in a page with the status that belongs to it, or as JSON to the script.
func (v *visit) fail(err error) {
	if v.ctx().Err() != nil && errors.Is(err, context.Canceled) {
		return // nobody is listening any more
	}
	code, status := mailcrm.ErrorCode(err)
	if errors.Is(err, errToken) {
		code, status = "csrf", http.StatusForbidden
	}
	v.site.cfg.Logger.DebugContext(v.ctx(), "not done", "path", v.r.Pattern, "code", code, "error", err)
	if status >= http.StatusInternalServerError && status != http.StatusServiceUnavailable {
		v.site.cfg.Logger.ErrorContext(v.ctx(), "page failed", "path", v.r.Pattern, "code", code, "error", err)
	}
	if after, ok := mailcrm.RetryAfter(err); ok {
		v.w.Header().Set("Retry-After", strconv.Itoa(int(after.Round(time.Second)/time.Second)))
	}
	if v.wantsJSON() {
		v.json(status, map[string]any{"code": code, "message": v.errorText(err)})
		return
	}
	data := errorPage{frame: v.frame("error.title", ""), Status: status, Code: code, Text: v.errorText(err)}
	if e := v.showStatus(status, "error", data); e != nil {
		v.site.cfg.Logger.ErrorContext(v.ctx(), "the error page failed", "error", e)
		http.Error(v.w, code, status)
	}
}

// errorPage says what went wrong and what to do.
type errorPage struct {
	frame
	Status int
	Code   string
	Text   string
}

// errorText is the sentence for an error: that of its cause, that of the field to change, or that of its kind.
func (v *visit) errorText(err error) string {
	if errors.Is(err, errToken) {
		return v.say("error.csrf")
	}
	var field *mailcrm.FieldError
	if errors.As(err, &field) {
		return v.fieldText(field)
	}
	if code := storage.CauseCode(err); code != "" {
		return mailcrm.Sentence(code, string(v.lang))
	}
	code, _ := mailcrm.ErrorCode(err)
	if known("error." + code) {
		return v.say("error." + code)
	}
	return v.say("error.internal")
}
