package testservers

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// post sends a form and reads JSON.
func post(t *testing.T, s *TokenServer, to string, form url.Values) (int, map[string]any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, to, strings.NewReader(form.Encode()))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := s.Client().Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	var body map[string]any
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&body))
	return resp.StatusCode, body
}

// agree asks the authorization endpoint and returns what it sends back.
func agree(t *testing.T, s *TokenServer, verifier string) url.Values {
	t.Helper()
	sum := sha256.Sum256([]byte(verifier))
	q := url.Values{
		"response_type": {"code"}, "client_id": {"app"}, "redirect_uri": {"https://crm.example/back?tenant=1"}, "state": {"s&t"}, "scope": {"mail"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"}, "login_hint": {"bob@test.example"},
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.AuthURL+"?"+q.Encode(), nil)
	require.NoError(t, err)
	resp, err := s.Client().Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, http.StatusFound, resp.StatusCode)
	back, err := resp.Location()
	require.NoError(t, err)
	require.Equal(t, "1", back.Query().Get("tenant"))
	require.Equal(t, "s&t", back.Query().Get("state"))
	return back.Query()
}

func TestTokenServerDance(t *testing.T) {
	s := Tokens(t, &TokenOptions{ClientID: "app", ClientSecret: "hush"})
	form := url.Values{
		"grant_type": {"authorization_code"}, "code": {agree(t, s, "v1").Get("code")}, "redirect_uri": {"https://crm.example/back?tenant=1"},
		"client_id": {"app"}, "client_secret": {"hush"}, "code_verifier": {"v1"},
	}
	status, got := post(t, s, s.TokenURL, form)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "bob@test.example", s.Valid(got["access_token"].(string)))
	status, again := post(t, s, s.TokenURL, form)
	require.Equal(t, http.StatusBadRequest, status, "a code is good once")
	require.Equal(t, "invalid_grant", again["error"])

	for name, change := range map[string]url.Values{
		"another verifier": {"code_verifier": {"v2"}}, "another redirect": {"redirect_uri": {"https://evil.example"}}, "another secret": {"client_secret": {"x"}},
	} {
		form.Set("code", agree(t, s, "v1").Get("code"))
		bad := url.Values{}
		for k := range form {
			bad.Set(k, form.Get(k))
		}
		for k := range change {
			bad.Set(k, change.Get(k))
		}
		status, _ = post(t, s, s.TokenURL, bad)
		require.GreaterOrEqual(t, status, 400, name)
	}
	s.Deny("access_denied")
	require.Equal(t, "access_denied", agree(t, s, "v1").Get("error"))
	require.Len(t, s.Requests(), 5)
}

func TestTokenServerRotates(t *testing.T) {
	now := time.Now()
	s := Tokens(t, &TokenOptions{Now: func() time.Time { return now }})
	g := s.Grant("alice@test.example")
	renew := func(refresh string) (int, map[string]any) {
		return post(t, s, s.TokenURL, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}})
	}
	status, second := renew(g.Refresh)
	require.Equal(t, http.StatusOK, status)
	require.NotEqual(t, g.Refresh, second["refresh_token"])
	require.Equal(t, "alice@test.example", s.Valid(g.Access), "the old access token is good until it expires")
	_, known := post(t, s, s.IntrospectURL, url.Values{"token": {g.Access}})
	require.Equal(t, true, known["active"])

	status, refused := renew(g.Refresh)
	require.Equal(t, http.StatusBadRequest, status, "an old refresh token is refused")
	require.Equal(t, "invalid_grant", refused["error"])
	status, _ = renew(second["refresh_token"].(string))
	require.Equal(t, http.StatusBadRequest, status, "and a replay ends them all")
	require.Empty(t, s.Valid(second["access_token"].(string)))

	g = s.Grant("alice@test.example")
	s.Expire(g.Access)
	require.Empty(t, s.Valid(g.Access))
	g = s.Grant("alice@test.example")
	now = now.Add(time.Hour)
	require.Empty(t, s.Valid(g.Access))
	g = s.Grant("alice@test.example")
	s.Withdraw("alice@test.example")
	require.Empty(t, s.Valid(g.Access))
	status, _ = renew(g.Refresh)
	require.Equal(t, http.StatusBadRequest, status)
	_, known = post(t, s, s.IntrospectURL, url.Values{"token": {g.Access}})
	require.Equal(t, false, known["active"])
}
