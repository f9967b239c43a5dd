package oauth

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/dial"
	"github.com/mailcrm/sdk/mailcrm/internal/seal"
	"github.com/mailcrm/sdk/storage"
)

func TestSignIn(t *testing.T) {
	w := newWorld(t, nil)
	state, name := NewState()
	other, _ := NewState()
	require.Len(t, state, 43, "32 bytes")
	require.NotEqual(t, state, other)
	require.Equal(t, name, StateName(state))
	require.NotContains(t, name, state)
	verifier := NewVerifier()
	address := w.provider.URL(Start{State: state, Verifier: verifier, Redirect: redirect, Hint: alice})
	for _, hidden := range []string{verifier.Reveal(), secret, url.QueryEscape(secret)} {
		require.NotContains(t, address, hidden)
	}
	u, err := url.Parse(address)
	require.NoError(t, err)
	require.Equal(t, "S256", u.Query().Get("code_challenge_method"))
	require.Equal(t, alice, u.Query().Get("login_hint"))

	back := w.code(address)
	require.Equal(t, state, back.Get("state"))
	_, err = w.client.Exchange(t.Context(), w.provider, back.Get("code"), redirect, NewVerifier())
	require.ErrorIs(t, err, storage.ErrInvalid)
	require.Equal(t, "oauth.code_refused", storage.CauseCode(err), "another verifier")

	back = w.code(address)
	answer, err := w.client.Exchange(t.Context(), w.provider, back.Get("code"), redirect, verifier)
	require.NoError(t, err)
	require.Equal(t, alice, w.server.Valid(answer.Access.Reveal()))
	require.Equal(t, time.Hour, answer.Expires)
	require.Equal(t, []string{"mail"}, answer.Scopes)
	require.NotContains(t, fmt.Sprintf("%+v", answer), answer.Refresh.Reveal())
	_, err = w.client.Exchange(t.Context(), w.provider, back.Get("code"), redirect, verifier)
	require.Equal(t, "oauth.code_refused", storage.CauseCode(err), "a code is good once")

	require.NoError(t, w.client.Revoke(t.Context(), w.provider, answer.Refresh))
	_, err = w.client.Refresh(t.Context(), w.provider, answer.Refresh)
	require.ErrorIs(t, err, storage.ErrAuth)
	require.Equal(t, "oauth.revoked", storage.CauseCode(err))
}

func TestWhoTheClientIsStandsInAHeader(t *testing.T) {
	w := newWorld(t, nil)
	w.provider.BasicAuth = true
	answer, err := w.client.Refresh(t.Context(), w.provider, w.vault.get("l").Refresh)
	require.NoError(t, err)
	require.Empty(t, w.server.Requests()[0].Get("client_secret"))
	require.NoError(t, w.client.Revoke(t.Context(), w.provider, answer.Refresh))
}

// TestAskedOnce: the library finds out how a client says who it is by asking twice, and to a server that rotates that is a stolen token.
func TestAskedOnce(t *testing.T) {
	w := newWorld(t, nil)
	w.says(http.StatusBadRequest, `{"error":"invalid_grant"}`)
	_, err := w.client.Refresh(t.Context(), w.provider, seal.NewSecret("refresh-1"))
	require.ErrorIs(t, err, storage.ErrAuth)
	require.Len(t, w.server.Requests(), 1)
}

// TestAnswers: what a token endpoint may say, and what is made of it when an access token is wanted.
func TestAnswers(t *testing.T) {
	w := newWorld(t, nil)
	for _, c := range []struct {
		status int
		body   string
		code   string
		kind   error
	}{
		{400, `{"error":"invalid_grant","error_description":"Token has been expired or revoked."}`, "oauth.revoked", storage.ErrAuth},
		{401, `{"error":"invalid_grant"}`, "oauth.revoked", storage.ErrAuth},
		{200, `{"error":"invalid_grant"}`, "oauth.revoked", storage.ErrAuth},
		{400, `{"error":"invalid_grant","error_description":"AADSTS700082: The refresh token has expired due to inactivity."}`, "oauth.revoked", storage.ErrAuth},
		{400, `{"error":"invalid_grant","error_description":"AADSTS65001: The user or administrator has not consented"}`, "oauth.admin_consent", storage.ErrAuth},
		{400, `{"error":"access_denied","error_description":"AADSTS90094: admin consent is required"}`, "oauth.admin_consent", storage.ErrAuth},
		{400, `{"error":"interaction_required","error_description":"AADSTS50076: you must use multi-factor authentication"}`, "oauth.interaction_required", storage.ErrAuth},
		{400, `{"error":"invalid_grant","error_description":"AADSTS53003: Access has been blocked by Conditional Access policies."}`, "oauth.policy", storage.ErrAuth},
		{401, `{"error":"invalid_client","error_description":"AADSTS7000222: The provided client secret keys are expired."}`, "oauth.client_refused", storage.ErrUnavailable},
		{400, `{"error":"unauthorized_client"}`, "oauth.client_refused", storage.ErrUnavailable},
		{400, `{"error":"invalid_scope"}`, "oauth.refused", storage.ErrUnavailable},
		{400, `{"error":"something_new"}`, "oauth.refused", storage.ErrUnavailable},
		{400, `{"error":"temporarily_unavailable"}`, "oauth.unavailable", storage.ErrTemporary},
		{429, `{"error":"invalid_grant"}`, "oauth.unavailable", storage.ErrTemporary},
		{500, `{"error":"invalid_grant"}`, "oauth.unavailable", storage.ErrTemporary},
		{503, `<html>`, "oauth.unavailable", storage.ErrTemporary},
		{302, ``, "oauth.answer", storage.ErrUnavailable},
		{403, `<html>`, "oauth.answer", storage.ErrUnavailable},
		{200, ``, "oauth.answer", storage.ErrUnavailable},
		{200, `<html>sign in to the hotel</html>`, "oauth.answer", storage.ErrUnavailable},
		{200, `{"access_token":""}`, "oauth.answer", storage.ErrUnavailable},
		{200, `{"access_token":"a\r\nb","token_type":"Bearer"}`, "oauth.answer", storage.ErrUnavailable},
		{200, `{"access_token":"a","token_type":"mac"}`, "oauth.answer", storage.ErrUnavailable},
		{200, `{"access_token":"` + strings.Repeat("x", maxToken+1) + `"}`, "oauth.answer", storage.ErrUnavailable},
		{200, `{"access_token":"a","expires_in":"soon"}`, "oauth.answer", storage.ErrUnavailable},
		{200, `{"access_token":"` + strings.Repeat("x", MaxAnswer) + `"}`, "oauth.answer", storage.ErrUnavailable},
	} {
		w.says(c.status, c.body, "Location", "https://elsewhere.example/token")
		_, err := w.client.Refresh(t.Context(), w.provider, seal.NewSecret("refresh-1"))
		require.ErrorIs(t, err, c.kind, "%d %.80s", c.status, c.body)
		require.Equal(t, c.code, storage.CauseCode(err), "%d %.80s", c.status, c.body)
	}
	for body, lifetime := range map[string]time.Duration{
		`{"access_token":"a"}`:                       unstated,
		`{"access_token":"a","expires_in":3599}`:     3599 * time.Second,
		`{"access_token":"a","expires_in":"3599"}`:   3599 * time.Second,
		`{"access_token":"a","expires_in":-5}`:       0,
		`{"access_token":"a","expires_in":99999999}`: longest,
	} {
		w.says(200, body)
		answer, err := w.client.Refresh(t.Context(), w.provider, seal.NewSecret("refresh-1"))
		require.NoError(t, err, body)
		require.InDelta(t, lifetime, answer.Expires, float64(2*time.Second), body)
		require.Equal(t, "refresh-1", answer.Refresh.Reveal(), "none that is new: the old one stays")
	}
}

func TestPatience(t *testing.T) {
	w := newWorld(t, nil)
	for header, want := range map[string]time.Duration{"120": 2 * time.Minute, "": 0, "soon": 0, "-1": 0, "999999999999": maxPatience, "99999999999999999999999": 0} {
		w.says(429, `{}`, "Retry-After", header)
		_, err := w.client.Refresh(t.Context(), w.provider, seal.NewSecret("r"))
		after, _ := storage.RetryAfter(err)
		require.Equal(t, want, after, header)
	}
	require.InDelta(t, time.Minute, patience(time.Now().Add(time.Minute).UTC().Format(http.TimeFormat)), float64(2*time.Second))
}

// TestNoSecretInAnError: a provider that repeats what it was told, in whatever spelling, and a network that fails.
func TestNoSecretInAnError(t *testing.T) {
	w := newWorld(t, nil)
	const refresh = "refresh/token+with=signs&7"
	for _, spelled := range []string{refresh, url.QueryEscape(refresh), base64.StdEncoding.EncodeToString([]byte(refresh)), secret, url.QueryEscape(secret)} {
		for _, status := range []int{200, 400, 403, 500} {
			for _, format := range []string{`{"error":"invalid_grant","error_description":%q}`, `<html>%s`, `{"error":%q}`, `{"access_token":1,"x":%q}`} {
				w.says(status, fmt.Sprintf(format, spelled))
				_, err := w.client.Refresh(t.Context(), w.provider, seal.NewSecret(refresh))
				require.Error(t, err)
				for _, hidden := range []string{spelled, refresh, secret} {
					require.NotContains(t, fmt.Sprintf("%v %+v %#v", err, err, err), hidden)
				}
			}
		}
	}
	away := *w.provider
	away.TokenURL = "https://127.0.0.1:1/token"
	_, err := w.client.Refresh(t.Context(), &away, seal.NewSecret(refresh))
	require.ErrorIs(t, err, storage.ErrTemporary)
	require.Equal(t, "dial.unreachable", storage.CauseCode(err))
	require.NotContains(t, err.Error(), refresh)
}

// TestGuard: a token endpoint is dialled as everything is.
func TestGuard(t *testing.T) {
	w := newWorld(t, nil)
	_, err := New(&dial.Dialer{Ports: []int{0}}, w.server.CA).Refresh(t.Context(), w.provider, seal.NewSecret("r"))
	require.Equal(t, "dial.refused_by_policy", storage.CauseCode(err), "loopback")
	open := &dial.Dialer{Allow: loopbackOnly, Ports: []int{0}}
	_, err = New(open, nil).Refresh(t.Context(), w.provider, seal.NewSecret("r"))
	require.Equal(t, "tls.untrusted", storage.CauseCode(err))
	plain := *w.provider
	plain.TokenURL = w.server.IntrospectURL // http
	_, err = New(open, nil).Refresh(t.Context(), &plain, seal.NewSecret("r"))
	require.Equal(t, "dial.refused_by_policy", storage.CauseCode(err), "without TLS")
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	_, err = w.client.Refresh(t.Context(), w.provider, w.vault.get("l").Refresh)
	require.NoError(t, err, "no proxy from the environment")
}

func TestComplete(t *testing.T) {
	google, err := Provider{Name: Google, ClientID: "x"}.Complete()
	require.NoError(t, err)
	require.Contains(t, google.Scopes, "https://mail.google.com/")
	u, err := url.Parse(google.URL(Start{State: "s", Verifier: NewVerifier(), Redirect: redirect}))
	require.NoError(t, err)
	require.Equal(t, "accounts.google.com", u.Host)
	require.Equal(t, "offline", u.Query().Get("access_type"))
	require.Equal(t, "consent", u.Query().Get("prompt"))
	require.True(t, google.Serves("imap.gmail.com"))
	require.False(t, google.Serves("imap.gmail.com.evil.example"))
	require.False(t, google.Serves("evilgmail.com"))

	microsoft, err := Provider{Name: Microsoft, ClientID: "x", Tenant: "contoso.example"}.Complete()
	require.NoError(t, err)
	require.Equal(t, "https://login.microsoftonline.com/contoso.example/oauth2/v2.0/token", microsoft.TokenURL)
	require.Contains(t, microsoft.Scopes, "offline_access")
	u, err = url.Parse(microsoft.URL(Start{State: "s", Verifier: NewVerifier(), Redirect: redirect}))
	require.NoError(t, err)
	require.Equal(t, "select_account", u.Query().Get("prompt"))
	u, err = url.Parse(microsoft.URL(Start{State: "s", Verifier: NewVerifier(), Redirect: redirect, Hint: alice}))
	require.NoError(t, err)
	require.Empty(t, u.Query().Get("prompt"))
	require.True(t, microsoft.Serves("outlook.office365.com"))
	require.True(t, microsoft.Serves("SMTP.office365.com."))
	require.False(t, microsoft.Serves("office365.com.evil.example"))
	common, err := Provider{Name: Microsoft, ClientID: "x"}.Complete()
	require.NoError(t, err)
	require.Contains(t, common.AuthURL, "/common/")

	mine := Provider{Name: "intranet", ClientID: "x", AuthURL: "https://a.example/a", TokenURL: "https://a.example/t", Scopes: []string{"mail"}}
	whole, err := mine.Complete()
	require.NoError(t, err)
	require.True(t, whole.Serves("anything.example"))
	require.False(t, whole.Identifies())
	for field, change := range map[string]func(*Provider){
		"Name":      func(p *Provider) { p.Name = "My Provider" },
		"ClientID":  func(p *Provider) { p.ClientID = "" },
		"Scopes":    func(p *Provider) { p.Scopes = nil },
		"AuthURL":   func(p *Provider) { p.AuthURL = "http://a.example/" },
		"TokenURL":  func(p *Provider) { p.TokenURL = "" },
		"RevokeURL": func(p *Provider) { p.RevokeURL = "ftp://a.example/" },
		"Tenant":    func(p *Provider) { p.Name, p.Tenant = Microsoft, "a/b" },
	} {
		p := mine
		change(&p)
		_, err := p.Complete()
		var fault *storage.FieldError
		require.ErrorAs(t, err, &fault, field)
		require.Equal(t, field, fault.Field)
	}
	p := mine
	p.Scopes = []string{"a b"}
	_, err = p.Complete()
	require.ErrorIs(t, err, storage.ErrInvalid)
}

func TestCheckURL(t *testing.T) {
	for _, good := range []string{"https://crm.example/back", "https://crm.example/back?x=1", "http://127.0.0.1:8080/back", "http://localhost/back", "http://[::1]:1/"} {
		require.NoError(t, CheckURL("f", good), good)
	}
	for _, bad := range []string{"", "crm.example/back", "/back", "http://crm.example/back", "https://crm.example/#x", "https://u:p@crm.example/", "javascript:alert(1)", "https://crm.example/\r\nx", "https:///x", "https://x.example/" + strings.Repeat("x", maxURL)} {
		require.ErrorIs(t, CheckURL("f", bad), storage.ErrInvalid, bad)
	}
}

func TestMissingScopes(t *testing.T) {
	google := []string{"https://mail.google.com/", "openid", "email"}
	microsoft := []string{"https://outlook.office.com/IMAP.AccessAsUser.All", "https://outlook.office.com/SMTP.Send", "offline_access"}
	for _, c := range []struct{ asked, granted, missing []string }{
		{google, []string{"openid", "https://www.googleapis.com/auth/userinfo.email", "https://mail.google.com/"}, nil},
		{google, []string{"openid", "https://www.googleapis.com/auth/userinfo.email"}, google[:1]},
		{microsoft, []string{"https://outlook.office365.com/imap.accessasuser.all", "https://outlook.office365.com/SMTP.Send"}, nil},
		{microsoft, []string{"SMTP.Send"}, microsoft[:1]},
		{google, nil, nil},
	} {
		require.Equal(t, c.missing, missingScopes(c.asked, c.granted))
	}
}

func token(claims any) string {
	text, _ := json.Marshal(claims)
	return "e30." + base64.RawURLEncoding.EncodeToString(text) + ".c2ln"
}

func TestIdentity(t *testing.T) {
	for _, c := range []struct {
		claims             map[string]any
		subject, principal string
	}{
		{map[string]any{"aud": "crm", "iss": "https://accounts.google.com", "sub": "117", "email": alice, "email_verified": true}, alice, "https://accounts.google.com 117"},
		{map[string]any{"aud": []string{"x", "crm"}, "iss": "i", "sub": "s", "preferred_username": "upn@contoso.example", "email": alice}, "upn@contoso.example", "i s"},
		{map[string]any{"aud": "crm", "preferred_username": "+33612345678", "email": alice}, alice, ""},
		{map[string]any{"aud": "crm", "email": "a@b\r\nc"}, "", ""},
		{map[string]any{"aud": "crm", "email": strings.Repeat("x", 255) + "@b"}, "", ""},
	} {
		subject, principal, err := identity(token(c.claims), "crm")
		require.NoError(t, err)
		require.Equal(t, c.subject, subject)
		require.Equal(t, c.principal, principal)
	}
	for _, bad := range []string{"", "a.b", "a.%.c", "a.eA.c", token(map[string]any{"aud": "other", "email": alice}), token(map[string]any{"email": alice}), token(map[string]any{"aud": 7})} {
		_, _, err := identity(bad, "crm")
		require.Equal(t, "oauth.answer", storage.CauseCode(err), bad)
	}
}

// TestExchangeAnswers: who signed in, and sign-ins that would be worth nothing.
func TestExchangeAnswers(t *testing.T) {
	w := newWorld(t, nil)
	for _, c := range []struct{ body, code, subject string }{
		{`{"access_token":"a","refresh_token":"r","id_token":"` + token(map[string]any{"aud": "crm", "email": alice}) + `"}`, "", alice},
		{`{"access_token":"a","refresh_token":"r"}`, "", ""},
		{`{"access_token":"a"}`, "oauth.no_refresh_token", ""},
		{`{"access_token":"a","refresh_token":"r","scope":"openid email"}`, "oauth.scope_missing", ""},
		{`{"access_token":"a","refresh_token":"r","scope":"openid mail"}`, "", ""},
		{`{"access_token":"a","refresh_token":"r","id_token":"nonsense"}`, "oauth.answer", ""},
	} {
		w.says(200, c.body)
		answer, err := w.client.Exchange(t.Context(), w.provider, "code", redirect, NewVerifier())
		require.Equal(t, c.code, storage.CauseCode(err), c.body)
		if c.code == "" {
			require.NoError(t, err, c.body)
			require.Equal(t, c.subject, answer.Subject)
		}
	}
	for _, code := range []string{"", strings.Repeat("x", maxCode+1)} {
		_, err := w.client.Exchange(t.Context(), w.provider, code, redirect, NewVerifier())
		require.Equal(t, "oauth.code_refused", storage.CauseCode(err))
	}
}

func TestRefusal(t *testing.T) {
	for _, c := range []struct {
		code, description, want string
		kind                    error
	}{
		{"access_denied", "", "oauth.denied", storage.ErrAuth},
		{"access_denied", "AADSTS65004: User declined to consent", "oauth.denied", storage.ErrAuth},
		{"access_denied", "AADSTS90094: needs the permission of an administrator", "oauth.admin_consent", storage.ErrAuth},
		{"consent_required", "AADSTS65001", "oauth.admin_consent", storage.ErrAuth},
		{"interaction_required", "", "oauth.interaction_required", storage.ErrAuth},
		{"login_required", "", "oauth.interaction_required", storage.ErrAuth},
		{"admin_policy_enforced", "", "oauth.policy", storage.ErrAuth},
		{"unauthorized_client", "AADSTS700016: not found in the directory", "oauth.client_refused", storage.ErrUnavailable},
		{"invalid_request", "AADSTS50011: The redirect URI does not match", "oauth.refused", storage.ErrUnavailable},
		{"server_error", "", "oauth.unavailable", storage.ErrTemporary},
		{"<script>", "x\r\ny\u2028z" + strings.Repeat("é", 1000), "oauth.refused", storage.ErrUnavailable},
	} {
		err := Refusal(c.code, c.description)
		require.Equal(t, c.want, storage.CauseCode(err), c)
		require.ErrorIs(t, err, c.kind, c)
		var cause *storage.Cause
		require.ErrorAs(t, err, &cause)
		require.LessOrEqual(t, len(cause.Detail), maxDetail)
		require.False(t, slices.ContainsFunc([]rune(cause.Detail), func(r rune) bool { return r < ' ' || r == 0x2028 }), cause.Detail)
	}
}

func FuzzIdentity(f *testing.F) {
	f.Add(token(map[string]any{"aud": "crm", "email": alice}))
	f.Add("a.b.c")
	f.Fuzz(func(t *testing.T, text string) {
		subject, principal, err := identity(text, "crm")
		if err == nil && (len(subject) > maxSubject || hasControl(subject) || len(principal) > 2*maxSubject+1) {
			t.Fatal(subject, principal)
		}
	})
}
