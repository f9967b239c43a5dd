package people

import (
	"net/http"
	"slices"

	"golang.org/x/text/language"
)

// locales are the languages of the pages.
var locales = []string{"fr", "en"}

const localeCookie = "mailcrm_lang"

// Locale is the language of an answer, "fr" or "en": the one chosen on a page, else the person's, else the first that the browser asks for (RFC 9110
// §12.5.4), else the server's.
func (p *People) Locale(r *http.Request) string {
	if c, err := r.Cookie(localeCookie); err == nil && slices.Contains(locales, c.Value) {
		return c.Value
	}
	if person, ok := p.Who(r); ok && person.Locale != "" {
		return nearest(p.opts.Locale, person.Locale)
	}
	return nearest(p.opts.Locale, r.Header.Get("Accept-Language"))
}

// nearest is the language that fits what was asked for best.
func nearest(fallback, asked string) string {
	if len(asked) > 255 {
		return fallback
	}
	tags, _, err := language.ParseAcceptLanguage(asked)
	if err != nil {
		return fallback
	}
	for _, tag := range tags {
		base, _ := tag.Base()
		if slices.Contains(locales, base.String()) {
			return base.String()
		}
	}
	return fallback
}

// setLocale remembers a choice in the browser, for a year.
func (p *People) setLocale(w http.ResponseWriter, r *http.Request, locale string) {
	if slices.Contains(locales, locale) {
		http.SetCookie(w, &http.Cookie{
			Name: localeCookie, Value: locale, Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: p.secure(r),
		})
	}
}
