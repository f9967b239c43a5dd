package people_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/mailcrm/sdk/examples/server/internal/people"
	"github.com/mailcrm/sdk/storage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var demo = []people.Person{
	{ID: "jeanne", Name: "Jeanne Martin", Address: "jeanne@demo.example", Zone: "Europe/Paris"},
	{ID: "marc", Name: "Marc Dubois"},
	{ID: "admin", Name: "Nora Petit", Admin: true, Locale: "en"},
}

// A visitor is a browser.
type visitor struct {
	t      *testing.T
	url    string
	client *http.Client
}

// visit opens a site of people's pages and one page behind them, which says who one is.
func visit(t *testing.T, p *people.People) *visitor {
	t.Helper()
	mux := http.NewServeMux()
	for _, path := range []string{"/login", "/logout", "/who", "/people", "/lang", "/people.css"} {
		mux.Handle(path, p.Handler())
	}
	mux.Handle("/", p.Enter(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		actor, _ := p.Actor(r)
		_, _ = io.WriteString(w, actor.Agent+" "+actor.Locale+" "+actor.Zone)
	})))
	server := httptest.NewServer(http.NewCrossOriginProtection().Handler(mux))
	t.Cleanup(server.Close)
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	client := server.Client()
	client.Jar = jar
	return &visitor{t: t, url: server.URL, client: client}
}

func (v *visitor) do(req *http.Request) (status int, body string) {
	v.t.Helper()
	res, err := v.client.Do(req)
	require.NoError(v.t, err)
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	require.NoError(v.t, err)
	return res.StatusCode, string(text)
}

func (v *visitor) get(path string, headers ...string) (int, string) {
	v.t.Helper()
	req, err := http.NewRequestWithContext(v.t.Context(), http.MethodGet, v.url+path, nil)
	require.NoError(v.t, err)
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return v.do(req)
}

func (v *visitor) post(path string, form url.Values, headers ...string) (int, string) {
	v.t.Helper()
	req, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, v.url+path, strings.NewReader(form.Encode()))
	require.NoError(v.t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return v.do(req)
}

var csrf = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

func (v *visitor) token(path string) string {
	v.t.Helper()
	_, body := v.get(path)
	found := csrf.FindStringSubmatch(body)
	require.NotNil(v.t, found, "%s has no form with a token", path)
	return found[1]
}

func TestDemo(t *testing.T) {
	v := visit(t, people.Demo(demo, nil))
	_, who := v.get("/")
	require.Equal(t, "jeanne fr Europe/Paris", who, "whoever comes is the first agent")
	_, page := v.get("/who")
	for _, p := range demo {
		require.Contains(t, page, p.Name)
	}
	status, who := v.post("/who", url.Values{"id": {"marc"}, "next": {"/inbox"}})
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "marc fr Europe/Paris", who)
	status, _ = v.post("/who", url.Values{"id": {"nobody"}})
	require.Equal(t, http.StatusNotFound, status)
	_, page = v.get("/login")
	require.Contains(t, page, "Nora Petit", "there is no login")

	// Other sites can make a browser post, not say that it comes from here.
	for _, headers := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Origin", "https://evil.example"}} {
		status, _ = v.post("/who", url.Values{"id": {"admin"}}, headers...)
		require.Equal(t, http.StatusForbidden, status, "%v", headers)
	}
	_, who = v.get("/")
	require.Equal(t, "marc fr Europe/Paris", who)
}

func TestLocale(t *testing.T) {
	for _, test := range []struct{ asked, fallback, want string }{
		{"", "", "fr"},
		{"", "en", "en"},
		{"en-GB,en;q=0.9", "", "en"},
		{"de-DE,de;q=0.9,en;q=0.5,fr;q=0.7", "en", "fr"},
		{"de", "fr", "fr"},
		{"fr-CA", "en", "fr"},
		{"%%%", "en", "en"},
		{strings.Repeat("fr,", 1000), "en", "en"},
	} {
		v := visit(t, people.Demo(demo, &people.Options{Locale: test.fallback}))
		_, who := v.get("/", "Accept-Language", test.asked)
		require.Equal(t, "jeanne "+test.want+" Europe/Paris", who, "%q", test.asked)
	}
	v := visit(t, people.Demo(demo, nil))
	_, who := v.post("/who", url.Values{"id": {"admin"}}, "Accept-Language", "fr")
	require.Equal(t, "admin en Europe/Paris", who, "a person's own language is before the browser's")
	_, who = v.post("/lang", url.Values{"lang": {"fr"}, "next": {"/"}})
	require.Equal(t, "admin fr Europe/Paris", who, "and the one chosen on a page before both")
	_, who = v.post("/lang", url.Values{"lang": {"xx"}, "next": {"/"}})
	require.Equal(t, "admin fr Europe/Paris", who)
}

func TestLogin(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", "people.json")
	now := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	var logged bytes.Buffer
	opts := &people.Options{Now: func() time.Time { return now }, Logger: slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	p, first, err := people.Open(path, opts)
	require.NoError(t, err)
	require.Equal(t, "admin", first.Name)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	v := visit(t, p)
	status, page := v.get("/inbox?q=a%20b")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, page, `value="/inbox?q=a%20b"`, "one comes back to where one wanted to go")
	require.Contains(t, page, `name="password"`)
	status, page = v.post("/login", url.Values{"name": {"admin"}, "password": {"wrong"}, "next": {"/"}})
	require.Equal(t, http.StatusUnauthorized, status)
	require.Contains(t, page, "incorrect")
	status, _ = v.post("/login", url.Values{"name": {"nobody"}, "password": {first.Password}})
	require.Equal(t, http.StatusUnauthorized, status)
	for _, next := range []string{"https://evil.example/", "//evil.example", `/\evil.example`, "javascript:alert(1)"} {
		_, who := v.post("/login", url.Values{"name": {"admin"}, "password": {first.Password}, "next": {next}})
		require.Equal(t, "admin fr Europe/Paris", who, "%s leads home", next)
	}

	t.Run("a person is added and comes in", func(t *testing.T) {
		form := func(do string, more ...string) url.Values {
			f := url.Values{"csrf": {v.token("/people")}, "do": {do}}
			for i := 0; i+1 < len(more); i += 2 {
				f.Set(more[i], more[i+1])
			}
			return f
		}
		told := regexp.MustCompile(`<code>([^<]+)</code>`)
		status, page := v.post("/people", form("add", "id", "jeanne", "name", "Jeanne <b>", "address", "jeanne@example.com"))
		require.Equal(t, http.StatusOK, status)
		password := told.FindStringSubmatch(page)[1]
		require.Contains(t, page, "Jeanne &lt;b&gt;")
		status, _ = v.post("/people", form("add", "id", "jeanne"))
		require.Equal(t, http.StatusUnprocessableEntity, status, "she is there already")
		status, _ = v.post("/people", form("add", "id", "Not a login"))
		require.Equal(t, http.StatusUnprocessableEntity, status)
		status, _ = v.post("/people", url.Values{"do": {"add"}, "id": {"forged"}})
		require.Equal(t, http.StatusForbidden, status, "a form without the session's token")

		her := visit(t, p)
		_, who := her.post("/login", url.Values{"name": {"jeanne"}, "password": {password}, "next": {"/"}})
		require.Equal(t, "jeanne fr Europe/Paris", who)
		_, page = her.get("/people")
		require.NotContains(t, page, "admin", "only an administrator sees the others")
		status, _ = her.post("/people", url.Values{"csrf": {her.token("/people")}, "do": {"reset"}, "id": {"admin"}})
		require.Equal(t, http.StatusNotFound, status)
		_, page = her.post("/people", url.Values{"csrf": {her.token("/people")}, "do": {"token"}})
		token := told.FindStringSubmatch(page)[1]
		program := visit(t, p)
		_, who = program.get("/", "Authorization", "Bearer "+token)
		require.Equal(t, "jeanne fr Europe/Paris", who)

		status, _ = her.post("/people", url.Values{"csrf": {her.token("/people")}, "do": {"password"}, "old": {"wrong"}, "new": {"correct horse battery"}})
		require.Equal(t, http.StatusUnprocessableEntity, status)
		status, _ = her.post("/people", url.Values{"csrf": {her.token("/people")}, "do": {"password"}, "old": {password}, "new": {"short"}})
		require.Equal(t, http.StatusUnprocessableEntity, status)
		other := visit(t, p)
		other.post("/login", url.Values{"name": {"jeanne"}, "password": {password}, "next": {"/"}})
		status, _ = her.post("/people", url.Values{"csrf": {her.token("/people")}, "do": {"password"}, "old": {password}, "new": {"correct horse battery"}})
		require.Equal(t, http.StatusOK, status)
		_, who = her.get("/")
		require.Equal(t, "jeanne fr Europe/Paris", who, "this session goes on")
		_, page = other.get("/")
		require.Contains(t, page, `name="password"`, "the others are over")

		status, page = v.post("/people", form("reset", "id", "jeanne"))
		require.Equal(t, http.StatusOK, status)
		fresh := told.FindStringSubmatch(page)[1]
		require.NotEqual(t, password, fresh)
		_, err := p.Login(t.Context(), "jeanne", fresh)
		require.NoError(t, err)
		_, err = p.Login(t.Context(), "jeanne", "correct horse battery")
		require.ErrorIs(t, err, storage.ErrAuth)

		kept, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, secret := range []string{first.Password, first.Token, password, fresh, token, "correct horse battery"} {
			require.NotContains(t, string(kept), secret, "only hashes are kept")
			require.NotContains(t, logged.String(), secret)
		}
		again, second, err := people.Open(path, opts)
		require.NoError(t, err)
		require.Nil(t, second, "told once")
		_, err = again.Login(t.Context(), "jeanne", fresh)
		require.NoError(t, err)
		require.Len(t, again.All(), 2)
	})
	t.Run("logging out", func(t *testing.T) {
		status, _ := v.post("/logout", url.Values{"csrf": {"wrong"}})
		require.Equal(t, http.StatusForbidden, status)
		v.post("/logout", url.Values{"csrf": {v.token("/people")}})
		_, page := v.get("/")
		require.Contains(t, page, `name="password"`)
	})
	t.Run("a session ends", func(t *testing.T) {
		v.post("/login", url.Values{"name": {"admin"}, "password": {first.Password}})
		now = now.Add(11 * time.Hour)
		_, who := v.get("/")
		require.Equal(t, "admin fr Europe/Paris", who)
		now = now.Add(13 * time.Hour)
		_, page := v.get("/")
		require.Contains(t, page, `name="password"`)
	})
	t.Run("guessing is stopped", func(t *testing.T) {
		for range 10 {
			_, err := p.Login(t.Context(), "admin", "guess")
			require.ErrorIs(t, err, storage.ErrAuth)
		}
		_, err := p.Login(t.Context(), "admin", first.Password)
		require.ErrorIs(t, err, storage.ErrLimit)
		status, _ := v.post("/login", url.Values{"name": {"admin"}, "password": {first.Password}})
		require.Equal(t, http.StatusTooManyRequests, status)
		now = now.Add(16 * time.Minute)
		_, err = p.Login(t.Context(), "admin", first.Password)
		require.NoError(t, err)
	})
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "people.json")
	require.NoError(t, os.WriteFile(path, []byte("{"), 0o600))
	_, _, err := people.Open(path, nil)
	require.ErrorIs(t, err, storage.ErrInvalid)
	_, _, err = people.Open(filepath.Join(path, "people.json"), nil)
	require.Error(t, err)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, left, 1)
}

func TestTokens(t *testing.T) {
	p := people.Demo(demo, nil)
	_, err := p.Issue("nobody")
	require.ErrorIs(t, err, storage.ErrNotFound)
	var tokens []string
	for range 12 {
		token, err := p.Issue("marc")
		require.NoError(t, err)
		tokens = append(tokens, token)
	}
	who := func(header string) (string, bool) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Authorization", header)
		actor, ok := p.Actor(r)
		return actor.Agent, ok
	}
	for i, token := range tokens {
		agent, ok := who("Bearer " + token)
		require.Equal(t, i >= 2, ok, "the ten newest count")
		if ok {
			require.Equal(t, "marc", agent)
		}
	}
	agent, ok := who("bearer " + tokens[11])
	require.True(t, ok, "schemes have no case (RFC 9110 §11.1)")
	require.Equal(t, "marc", agent)
	for _, header := range []string{"Bearer", "Bearer ", "Basic " + tokens[11], tokens[11], "Bearer " + tokens[11] + "x"} {
		_, ok := who(header)
		require.False(t, ok, header)
	}
}

func TestSecureCookies(t *testing.T) {
	p := people.Demo(demo, &people.Options{Secure: true})
	w := httptest.NewRecorder()
	p.Enter(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	cookie := w.Result().Cookies()[0]
	require.Equal(t, "__Host-mailcrm_session", cookie.Name)
	require.True(t, cookie.Secure)
	require.True(t, cookie.HttpOnly)
	require.Equal(t, "/", cookie.Path)
	require.Empty(t, cookie.Domain)
}
