package web_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/examples/server/internal/api"
	"github.com/mailcrm/sdk/storage"
)

// spellings are the ways in which a secret may be written: as it is, in hexadecimal, in both alphabets of Base64, and as in an address.
func spellings(secret string) []string {
	return []string{
		secret, hex.EncodeToString([]byte(secret)), base64.RawStdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)), url.QueryEscape(secret),
		base64.RawStdEncoding.EncodeToString([]byte("\x00atelier@demo.example\x00" + secret))[24:], // as PLAIN sends it
	}
}

// A record keeps all that the server answered.
type record struct {
	through http.RoundTripper
	text    bytes.Buffer
}

// RoundTrip keeps an answer with its head. What goes to the provider is the provider's.
func (r *record) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := r.through.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close() // it was read to its end
	res.Body = io.NopCloser(bytes.NewReader(body))
	if req.URL.Path == "/authorize" {
		return res, err
	}
	for name, values := range res.Header {
		r.text.WriteString(name + ": " + strings.Join(values, ", ") + "\n")
	}
	r.text.Write(body)
	return res, err
}

// TestCanary: every way of adding, trying, changing and signing in, on the pages and over HTTP, right and wrong, at debug level; and no secret in a log line, an answer, an event, or a file.
func TestCanary(t *testing.T) {
	shown := theDemo(t)
	log := &failures{}
	w, stop, err := startWorldWith(slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug - 8, AddSource: true})))
	require.NoError(t, err)
	stopped := false
	t.Cleanup(func() {
		if !stopped {
			_ = stop()
		}
	})
	require.NotSame(t, shown, w)
	programs, err := api.New(api.Config{Client: w.Client, CRM: w.Records, People: w.People, Find: w.servers, Logger: slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug - 8}))})
	require.NoError(t, err)
	service := httptest.NewServer(programs)
	defer service.Close()

	imap, smtp, typo, code, state := "canary-imap-7f3a", "canary smtp/é+9c2e", "canary-typo-51d0", "canary-code-e8b4", "canary-state-6aa1"
	require.NoError(t, w.Mail.SetPassword("atelier@demo.example", imap))
	secrets := []string{imap, smtp, typo, code, state, clientSecret}

	kept := &record{through: w.through()}
	v := w.visitor(t, "marc", "fr")
	v.client.Transport = kept
	p := v.try(v.lookFor("atelier@demo.example"), "imap.password", typo)
	p = v.try(p, "imap.password", typo, "smtp.password", smtp, "imap.port", "x")
	p = v.try(p, "imap.password", imap, "smtp.password", smtp, "imap.port", "1")
	v.submit(p, "/accounts/new/find", "address", "a b")
	p = v.try(v.lookFor("moi@maison.example"), "imap.password", typo, "smtp.password", smtp)
	v.try(p, "trust.both", w.elsewhere.selfSigned.Fingerprint())
	v.try(v.lookFor("x@confirm.example"), "imap.password", typo)
	p = v.try(v.lookFor("x@down.example"), "imap.password", typo)
	v.submit(p, "/accounts/new/anyway")
	p = v.try(v.lookFor("atelier@demo.example"), "imap.password", imap)
	require.Equal(t, "/accounts", p.url.Path, p.main())
	account := w.accountOf(t, "marc", "atelier@demo.example")
	page := "/accounts/" + account.ID
	p = v.submit(v.get(page), page+"/test", "imap.password", typo, "smtp.password", smtp, "smtp.username", "other")
	v.submit(p, page, "imap.password", typo, "imap.flags", "/nonsense")
	v.submit(v.get(page), page, "smtp.password", smtp, "smtp.username", "atelier@demo.example")
	v.submit(v.get("/accounts"), page+"/pause")
	v.submit(v.get("/accounts"), page+"/resume")
	p = v.signIn(v.lookFor("compta@demo.example"), "/accounts/signin")
	require.Equal(t, "/accounts", v.try(p).url.Path)
	v.signIn(v.lookFor("non@signin.example"), "/accounts/signin")
	v.get("/accounts/signed-in?state=" + state + "&code=" + code)
	v.get("/accounts/signed-in?error=" + code + "&error_description=" + url.QueryEscape(smtp))
	for _, path := range []string{"/accounts", page, page + "/certificate", "/inbox", "/events?after=0", "/accounts/new"} {
		v.get(path)
	}

	token, err := w.People.Issue("marc")
	require.NoError(t, err)
	call := func(method, path, body string) int {
		r, err := http.NewRequestWithContext(t.Context(), method, service.URL+api.Prefix+path, strings.NewReader(body))
		require.NoError(t, err)
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "application/json")
		res, err := (&http.Client{Transport: kept}).Do(r)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		return res.StatusCode
	}
	whole := func(password string, more map[string]any) string {
		body := map[string]any{
			"address": "atelier@demo.example", "imap": map[string]any{"host": "127.0.0.1", "port": w.Mail.IMAPS.Port, "password": password},
			"smtp": map[string]any{"host": "127.0.0.1", "port": w.Mail.Submission.Port, "security": "starttls", "password": smtp},
		}
		for name, value := range more {
			body[name] = value
		}
		text, err := json.Marshal(body)
		require.NoError(t, err)
		return string(text)
	}
	api := "/accounts/" + account.ID
	for _, c := range []struct {
		method, path, body string
		want               int
	}{
		{"POST", "/autoconfig/test", whole(typo, nil), 200},
		{"POST", "/autoconfig/test", whole(imap, nil), 200},
		{"POST", "/autoconfig/test", whole(imap, map[string]any{"passwords": typo}), 422},
		{"POST", "/autoconfig/test", whole(imap, map[string]any{"link": typo}), 422},
		{"POST", "/accounts", whole(imap, nil), 409},
		{"POST", "/accounts", whole(imap, map[string]any{"depth_days": smtp}), 422},
		{"POST", "/accounts", `{"imap": {"password": "` + imap + `", "host": 7}}`, 422},
		{"POST", "/accounts", `{"imap": {"password": "` + imap + `"`, 400},
		{"POST", "/accounts", `{"imap": {"password": "` + strings.Repeat(imap, 500) + `", "host": "x"}, "smtp": {"host": "x"}, "address": "a@b.example"}`, 422},
		{"PUT", api, whole(imap, map[string]any{"own_domains": []string{"a b@@"}}), 422},
		{"PUT", api, whole(typo, nil), 200},
		{"PUT", api, whole(imap, nil), 200},
		{"POST", api + ":verify", "{}", 200},
		{"POST", api + ":verify", `{"round_trip": "` + typo + `"}`, 422},
		{"POST", "/logins:begin", `{"provider": "maison", "hint": "x@signin.example", "redirect_url": "` + imap + `"}`, 422},
		{"POST", "/logins:complete", `{"state": "` + state + `", "code": "` + code + `"}`, 404},
		{"POST", "/logins:complete", `{"state": ["` + state + `"], "code": "` + code + `"}`, 422},
		{"GET", "/accounts", "", 200},
		{"GET", api, "", 200},
		{"GET", api + "/status", "", 200},
		{"GET", "/logins", "", 200},
	} {
		require.Equal(t, c.want, call(c.method, c.path, c.body), "%s %s", c.method, c.path)
	}
	await(t, "the account to work", func() bool { return w.accountOf(t, "marc", "atelier@demo.example").Status.State == "ready" })
	var events []byte
	for after := int64(0); ; {
		some, next, err := w.Client.As(storage.Actor{Agent: "marc", Admin: true}).Events.List(t.Context(), after, 200)
		require.NoError(t, err)
		text, err := json.Marshal(some)
		require.NoError(t, err)
		events = append(events, text...)
		if next == after {
			break
		}
		after = next
	}
	require.Contains(t, string(events), "login.created")
	secrets = append(secrets, w.elsewhere.provider.secrets()...)
	require.Greater(t, len(secrets), 9, "tokens and codes were given")

	files := 0
	read := func(check func(path string, text []byte)) {
		require.NoError(t, filepath.WalkDir(w.Folder(), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := os.ReadFile(path)
			if os.IsNotExist(err) {
				return nil // made away with meanwhile
			}
			check(path, text)
			files++
			return err
		}))
	}
	log.mu.Lock()
	logged := log.text.String()
	log.mu.Unlock()
	require.Contains(t, logged, "imap.login_refused", "the log is kept, and says what happened")
	require.Contains(t, kept.text.String(), "application/problem+json")
	for _, secret := range secrets {
		for _, spelling := range spellings(secret) {
			require.False(t, strings.Contains(logged, spelling), "%q in the log: %s", spelling, around(logged, spelling))
			require.False(t, bytes.Contains(events, []byte(spelling)), "%q in the events", spelling)
			text := kept.text.String()
			require.False(t, strings.Contains(text, spelling), "%q in an answer: %s", spelling, around(text, spelling))
		}
	}
	read(func(path string, text []byte) {
		for _, secret := range secrets {
			for _, spelling := range spellings(secret) {
				require.False(t, bytes.Contains(text, []byte(spelling)), "%q in %s", spelling, path)
			}
		}
	})
	require.GreaterOrEqual(t, files, 2, "the data base and its log")
	stopped = true
	require.NoError(t, stop())
}

// around is where a text was found.
func around(text, found string) string {
	i := max(strings.Index(text, found), 0)
	return text[max(0, i-150):min(len(text), i+len(found)+60)]
}
