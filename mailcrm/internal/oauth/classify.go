package oauth

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/mailcrm/sdk/storage"
)

// A phase is what was being done.
type phase int

const (
	authorizing phase = iota // the person is at the provider's page
	exchanging
	refreshing
)

// maxDetail is the most bytes that are kept of a provider's words.
const maxDetail = 500

// maxPatience is the longest that a provider can make us wait.
const maxPatience = 24 * time.Hour

type meaning struct {
	code string
	kind error
}

var (
	revoked      = meaning{"oauth.revoked", storage.ErrAuth}
	interaction  = meaning{"oauth.interaction_required", storage.ErrAuth}
	adminConsent = meaning{"oauth.admin_consent", storage.ErrAuth}
	policy       = meaning{"oauth.policy", storage.ErrAuth}
	denied       = meaning{"oauth.denied", storage.ErrAuth}
	badCode      = meaning{"oauth.code_refused", storage.ErrInvalid}
	badClient    = meaning{"oauth.client_refused", storage.ErrUnavailable}
	badRequest   = meaning{"oauth.refused", storage.ErrUnavailable}
	away         = meaning{"oauth.unavailable", storage.ErrTemporary}
)

// meanings are the errors of RFC 6749 §4.1.2.1 and §5.2, OpenID Connect Core §3.1.2.6, and those that Google and Microsoft have beside.
var meanings = map[string]meaning{
	"access_denied":              denied,
	"user_denied":                denied,
	"consent_required":           adminConsent,
	"interaction_required":       interaction,
	"login_required":             interaction,
	"account_selection_required": interaction,
	"admin_policy_enforced":      policy,
	"org_internal":               policy,
	"invalid_client":             badClient,
	"unauthorized_client":        badClient,
	"deleted_client":             badClient,
	"disabled_client":            badClient,
	"invalid_request":            badRequest,
	"invalid_scope":              badRequest,
	"invalid_resource":           badRequest,
	"redirect_uri_mismatch":      badRequest,
	"unsupported_grant_type":     badRequest,
	"unsupported_response_type":  badRequest,
	"server_error":               away,
	"temporarily_unavailable":    away,
	"slow_down":                  away,
	"rate_limit_exceeded":        away,
}

// entra are the numbers that Microsoft writes into its descriptions, which say more than the error beside them.
var entra = map[string]meaning{
	"65001":   adminConsent, // the application was not consented to
	"90093":   adminConsent, // only an administrator can
	"90094":   adminConsent, // likewise
	"90095":   adminConsent, // the request was sent to one
	"65004":   denied,       // the person declined
	"50076":   interaction,  // a second factor is asked for
	"50078":   interaction,  // and has expired
	"50079":   interaction,  // and must be set up
	"50105":   policy,       // the person is not assigned to the application
	"53000":   policy,       // conditional access: device
	"53001":   policy,
	"53002":   policy,
	"53003":   policy,
	"530034":  policy,
	"50194":   badClient,  // for one tenant, and asked for in another
	"700016":  badClient,  // no such application in the tenant
	"7000112": badClient,  // switched off
	"7000215": badClient,  // wrong secret
	"7000222": badClient,  // secret that ran out
	"50011":   badRequest, // redirect URL that is not registered
	"90033":   away,
	"50196":   away, // a loop was seen
}

var entraCode = regexp.MustCompile(`AADSTS(\d{5,7})`)

// Refusal is what a provider's page sent the browser back with (RFC 6749 §4.1.2.1), as an error. Both texts came through the browser.
func Refusal(code, description string) error {
	return told(authorizing, code, description).error(0, code+": "+description)
}

// told finds out what a provider means.
func told(doing phase, code, description string) meaning {
	if m := entraCode.FindStringSubmatch(description); m != nil {
		if known, ok := entra[m[1]]; ok {
			return known
		}
	}
	if code == "invalid_grant" {
		if doing == refreshing {
			return revoked
		}
		return badCode
	}
	if known, ok := meanings[code]; ok {
		return known
	}
	return badRequest
}

func (m meaning) error(after time.Duration, detail string) error {
	kind := m.kind
	if after > 0 && m == away {
		kind = &storage.TemporaryError{After: after, Err: storage.ErrTemporary}
	}
	return &storage.Cause{Code: m.code, Detail: oneLine(strings.Trim(detail, ": ")), Err: kind}
}

// classify gives an error of the library its code. The library's own text is dropped: it quotes whole answers.
func classify(ctx context.Context, err error, doing phase, secrets ...string) error {
	var answer *oauth2.RetrieveError
	if !errors.As(err, &answer) || answer.Response == nil {
		return unanswered(ctx, err)
	}
	status, detail := answer.Response.StatusCode, answer.ErrorCode+": "+answer.ErrorDescription
	for _, s := range secrets {
		if repeats(detail, s) {
			detail = "the provider repeated a secret in its answer"
		}
	}
	switch {
	case status >= 500, status == http.StatusTooManyRequests, status == http.StatusRequestTimeout:
		// Whatever it says beside: who is in trouble does not know whom he has let in.
		return away.error(patience(answer.Response.Header.Get("Retry-After")), "HTTP "+strconv.Itoa(status))
	case answer.ErrorCode == "" && status/100 == 3:
		return unreadable("a redirect")
	case answer.ErrorCode == "":
		return unreadable("HTTP " + strconv.Itoa(status))
	}
	return told(doing, clip(answer.ErrorCode, 100), answer.ErrorDescription).error(0, detail)
}

// unanswered is an error without an answer: the guard's or TLS's own, else the connection's.
func unanswered(ctx context.Context, err error) error {
	var cause *storage.Cause
	var failed *url.Error
	var timeout interface{ Timeout() bool }
	switch {
	case errors.As(err, &cause):
		return cause
	case ctx.Err() != nil:
		return &storage.Cause{Code: "oauth.unavailable", Detail: "the work was stopped", Err: &storage.TemporaryError{Err: ctx.Err()}}
	case errors.Is(err, errTooLong):
		return unreadable("an answer that is too long")
	case errors.As(err, &timeout) && timeout.Timeout():
		return away.error(0, "no answer in time")
	case errors.As(err, &failed):
		return away.error(0, "the connection was lost")
	}
	return unreadable("an answer that is not what was asked for")
}

// repeats says whether text holds a secret, in the spellings in which an answer could repeat a form.
func repeats(text, secret string) bool {
	if len(secret) < 4 {
		return false
	}
	for _, spelling := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret), base64.StdEncoding.EncodeToString([]byte(secret)), base64.URLEncoding.EncodeToString([]byte(secret))} {
		if strings.Contains(text, strings.TrimRight(spelling, "=")) {
			return true
		}
	}
	return false
}

// patience reads Retry-After (RFC 9110 §10.2.3).
func patience(header string) time.Duration {
	wait := time.Duration(0)
	if seconds, err := strconv.Atoi(strings.TrimSpace(header)); err == nil {
		wait = time.Duration(min(seconds, int(maxPatience/time.Second))) * time.Second
	} else if at, err := http.ParseTime(header); err == nil {
		wait = time.Until(at)
	}
	return min(max(wait, 0), maxPatience)
}

// oneLine makes a provider's words fit for a log and a page.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0x2028 || r == 0x2029 {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return clip(strings.Join(strings.Fields(s), " "), maxDetail)
}

// clip cuts at a character.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xc0 == 0x80 {
		n--
	}
	return s[:n]
}
