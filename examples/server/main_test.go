package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
)

// asServer makes this test binary the server itself, so that a test can send it signals.
const asServer = "MAILCRM_TEST_AS_SERVER"

func TestMain(m *testing.M) {
	if os.Getenv(asServer) != "" {
		main()
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// A process is a server in a process of its own.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	url    string
	token  string
	took   time.Duration // until it said where it is
	lines  []string      // all of standard output
	stderr bytes.Buffer
	read   sync.WaitGroup
}

func launch(t *testing.T, temp string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.CommandContext(t.Context(), os.Args[0], args...)}
	p.cmd.Env = append(os.Environ(), asServer+"=1", "TMPDIR="+temp)
	p.cmd.Stderr = &p.stderr
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	out, err := p.cmd.StdoutPipe()
	require.NoError(t, err)
	began := time.Now()
	require.NoError(t, p.cmd.Start())
	told := make(chan struct{})
	p.read.Go(func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			p.lines = append(p.lines, lines.Text())
			if token, ok := strings.CutPrefix(lines.Text(), "token: "); ok {
				p.url, p.token, p.took = strings.TrimSuffix(p.lines[0], "/"), token, time.Since(began)
				close(told)
			}
		}
	})
	select {
	case <-told:
	case <-time.After(time.Minute):
		require.NoError(t, p.cmd.Process.Kill())
		require.FailNow(t, "the server does not say where it is", p.stderr.String())
	}
	return p
}

// stop ends it with a signal and expects that it ends well.
func (p *process) stop(signal os.Signal) {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Signal(signal))
	p.read.Wait()
	require.NoError(p.t, p.cmd.Wait(), "%s", p.stderr.String())
}

// get asks with a token.
func get(t *testing.T, client *http.Client, url, token string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return do(t, client, req)
}

func do(t *testing.T, client *http.Client, req *http.Request) (int, string) {
	t.Helper()
	res, err := client.Do(req)
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "", "Referrer-Policy": ""} {
		require.NotEmpty(t, res.Header.Get(name), "%s of %s", name, req.URL)
		if want != "" {
			require.Equal(t, want, res.Header.Get(name))
		}
	}
	return res.StatusCode, string(body)
}

// browser keeps cookies.
func browser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Jar: jar, Transport: transport, Timeout: 30 * time.Second}
}

func TestDemoProcess(t *testing.T) {
	for _, signal := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		t.Run(signal.String(), func(t *testing.T) {
			temp := t.TempDir()
			p := launch(t, temp, "-demo", "-addr", "127.0.0.1:0")
			for attempt := 1; p.took >= 5*time.Second; attempt++ { // a busy machine is given another chance
				require.Less(t, attempt, 3, "starting took %v", p.took)
				p.stop(signal)
				p = launch(t, temp, "-demo", "-addr", "127.0.0.1:0")
			}
			client := browser(t)
			status, body := get(t, client, p.url+"/healthz", "")
			require.Equal(t, http.StatusOK, status)
			require.Equal(t, "ok\n", body)
			eventually(t, "a mailbox of at least 80 mails", func() bool { // there already, unless the machine is busy
				status, body := get(t, client, p.url+"/api/v1/messages?limit=100", p.token)
				require.Equal(t, http.StatusOK, status)
				var list struct {
					Items []map[string]any `json:"items"`
				}
				require.NoError(t, json.Unmarshal([]byte(body), &list))
				return len(list.Items) >= 80
			})
			status, body = get(t, client, p.url+"/openapi.json", "")
			require.Equal(t, http.StatusOK, status)
			require.Contains(t, body, "/drafts/{draft}:send")
			status, body = get(t, client, p.url+"/", "")
			require.Equal(t, http.StatusOK, status)
			require.Contains(t, body, "Jeanne Martin")

			p.stop(signal)
			require.Len(t, p.lines, 2, "one line with the address, one with the token: %q", p.lines)
			require.Regexp(t, `^http://127\.0\.0\.1:\d+/$`, p.lines[0])
			left, err := os.ReadDir(temp)
			require.NoError(t, err)
			require.Empty(t, left, "nothing is left behind")
			require.NotContains(t, p.stderr.String(), p.token)
		})
	}
}

// start runs the server inside the test and returns its lines.
func start(t *testing.T, args ...string) (lines []string, stop func()) {
	t.Helper()
	out, in := io.Pipe()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	var logged lockedBuffer
	go func() {
		err := run(ctx, args, in, &logged)
		_ = in.Close()
		ended <- err
	}()
	told := make(chan []string, 1)
	go func() {
		buffer := make([]byte, 64<<10)
		n, err := out.Read(buffer) // it tells all in one write
		if err != nil {
			n = 0
		}
		told <- strings.Split(strings.TrimSpace(string(buffer[:n])), "\n")
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		require.NoError(t, <-ended, "%s", logged.String())
	})
	t.Cleanup(stop)
	select {
	case lines = <-told:
		require.NotEmpty(t, lines[0], "%s", logged.String())
	case <-time.After(time.Minute):
		require.FailNow(t, "the server does not say where it is", logged.String())
	}
	return lines, stop
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write adds to the buffer.
func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func TestDemoGuards(t *testing.T) {
	lines, stop := start(t, "-demo", "-addr", "127.0.0.1:0")
	address := strings.TrimSuffix(lines[0], "/")
	client := browser(t)

	for host, want := range map[string]int{"evil.example": http.StatusMisdirectedRequest, "127.0.0.1.evil.example:80": http.StatusMisdirectedRequest, "localhost:1": 200, "[::1]:80": 200} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address+"/healthz", nil)
		require.NoError(t, err)
		req.Host = host
		status, _ := do(t, client, req)
		require.Equal(t, want, status, host)
	}
	for _, path := range []string{"/who", "/lang", "/logout", "/api/v1/templates", "/fetch"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address+path, strings.NewReader("id=marc"))
		require.NoError(t, err)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "cross-site")
		status, _ := do(t, client, req)
		require.Equal(t, http.StatusForbidden, status, path)
	}
	// Mail content needs somebody too, and keeps its own policy.
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address+"/mail/x/body", nil)
	require.NoError(t, err)
	res, err := (&http.Client{Transport: client.Transport}).Do(req)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusUnauthorized, res.StatusCode)
	require.Contains(t, res.Header.Get("Content-Security-Policy"), "sandbox")

	// A page that listens for events does not keep the server from stopping.
	_, page := get(t, client, address+"/inbox", "")
	require.Contains(t, page, "Jeanne Martin")
	req, err = http.NewRequestWithContext(t.Context(), http.MethodGet, address+"/events", nil)
	require.NoError(t, err)
	listening, err := client.Do(req)
	require.NoError(t, err)
	began := time.Now()
	stop()
	require.Less(t, time.Since(began), 20*time.Second)
	_, _ = io.Copy(io.Discard, listening.Body)
	require.NoError(t, listening.Body.Close())
}

// TestReal uses the server as a small office would: a login, a real account, a client made from a mail, and all of it there after a restart.
func TestReal(t *testing.T) {
	mail, err := mailcrmtest.StartServer(mailcrmtest.ServerOptions{Users: []mailcrmtest.User{{Address: "me@example.com", Password: "mail secret"}}})
	require.NoError(t, err)
	defer func() { require.NoError(t, mail.Close()) }()
	raw := "From: Ann Leonard <ann@example.org>\r\nTo: me@example.com\r\nSubject: A quote please\r\nDate: " + time.Now().Format(time.RFC1123Z) + "\r\nMessage-ID: <1@example.org>\r\n\r\nHello\r\n"
	require.NoError(t, mail.Load("me@example.com", slices.Values([]mailcrmtest.Mail{{Folder: "INBOX", Raw: []byte(raw), Date: time.Now()}})))

	folder := t.TempDir()
	roots := filepath.Join(folder, "roots.pem")
	require.NoError(t, os.WriteFile(roots, mail.RootsPEM(), 0o600))
	data := filepath.Join(folder, "data")
	args := []string{
		"-addr", "127.0.0.1:0", "-data", data, "-key", filepath.Join(folder, "key"), "-roots", roots, "-allow", "127.0.0.0/8", "-lang", "en",
		"-ports", fmt.Sprintf("%d,%d", mail.IMAPS.Port, mail.SMTPS.Port),
	}
	lines, stop := start(t, args...)
	require.Len(t, lines, 4)
	address := strings.TrimSuffix(lines[0], "/")
	require.Equal(t, "login: admin", lines[1])
	password, token := strings.TrimPrefix(lines[2], "password: "), strings.TrimPrefix(lines[3], "token: ")

	client := browser(t)
	status, page := get(t, client, address+"/inbox", "")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, page, `name="password"`, "nobody comes in without a login")
	require.NotContains(t, page, "mailcrm_")
	status, _ = get(t, client, address+"/api/v1/me", "")
	require.Equal(t, http.StatusUnauthorized, status)
	status, page = login(t, client, address, "admin", "wrong")
	require.Equal(t, http.StatusUnauthorized, status)
	require.Contains(t, page, `name="password"`)
	status, page = login(t, client, address, "admin", password)
	require.Equal(t, http.StatusOK, status)
	require.NotContains(t, page, `name="password"`)
	_, page = get(t, client, address+"/people", "")
	require.Contains(t, page, "Administrator")

	created := post(t, client, address+"/api/v1/accounts", token, map[string]any{
		"address": "me@example.com", "link": "arrival",
		"imap": map[string]any{"host": "127.0.0.1", "port": mail.IMAPS.Port, "password": "mail secret"},
		"smtp": map[string]any{"host": "127.0.0.1", "port": mail.SMTPS.Port},
	})
	eventually(t, "the account is followed", func() bool {
		_, body := get(t, client, address+"/api/v1/accounts/"+created["id"].(string)+"/status", token)
		return strings.Contains(body, `"ready"`)
	})
	made := post(t, client, address+"/api/v1/entities", token, map[string]any{"kind": "contact", "first_name": "Ann", "last_name": "Leonard", "address": "ann@example.org"})
	ann := made["entity"].(map[string]any)["id"].(string)
	_, body := get(t, client, address+"/api/v1/entities/contact/"+ann+"/timeline", token)
	require.Contains(t, body, "A quote please", "her earlier mail is hers")
	_, page = get(t, client, address+"/records/contact/"+ann, "")
	require.Contains(t, page, "A quote please")
	stop()

	for _, secret := range []string{password, token, "mail secret"} {
		require.NoError(t, filepath.WalkDir(data, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := os.ReadFile(path)
			require.NotContains(t, string(text), secret, "%s keeps a secret in the clear", path)
			return err
		}))
	}

	lines, _ = start(t, args...)
	require.Len(t, lines, 1, "a password is told once")
	address = strings.TrimSuffix(lines[0], "/")
	_, body = get(t, client, address+"/api/v1/entities/contact/"+ann+"/timeline", token)
	require.Contains(t, body, "A quote please")
	_, page = get(t, client, address+"/inbox", "")
	require.Contains(t, page, `name="password"`, "sessions end with the server")
	status, _ = login(t, client, address, "admin", password)
	require.Equal(t, http.StatusOK, status)
}

func login(t *testing.T, client *http.Client, address, name, password string) (int, string) {
	t.Helper()
	form := url.Values{"name": {name}, "password": {password}, "next": {"/inbox"}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address+"/login", strings.NewReader(form.Encode()))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return do(t, client, req)
}

func post(t *testing.T, client *http.Client, url, token string, body any) map[string]any {
	t.Helper()
	text, err := json.Marshal(body)
	require.NoError(t, err)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(text))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	status, answer := do(t, client, req)
	require.Equal(t, http.StatusCreated, status, answer)
	var out map[string]any
	require.NoError(t, json.Unmarshal([]byte(answer), &out))
	return out
}

func eventually(t *testing.T, what string, ask func() bool) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(time.Minute); !ask(); {
		select {
		case <-tick.C:
		case <-deadline:
			require.FailNow(t, "waited in vain", what)
		}
	}
}

// Providers are read from a file that nobody else may read, and what is in it is in no error.
func TestOAuthFile(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "oauth.json")
	write := func(text string, mode os.FileMode) {
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		require.NoError(t, os.Chmod(file, mode))
	}
	good := `{"microsoft": {"client_id": "m", "client_secret": "secret-m", "tenant": "firm.example"}, "google": {"client_id": "g", "client_secret": "secret-g"}}`
	write(good, 0o600)
	providers, err := signIns(file)
	require.NoError(t, err)
	require.Len(t, providers, 2)
	require.Equal(t, "google", providers[0].Name)
	require.Equal(t, "firm.example", providers[1].Tenant)
	require.Equal(t, "secret-m", providers[1].ClientSecret.Reveal())
	require.NotContains(t, fmt.Sprintf("%+v", providers), "secret-m")
	for name, c := range map[string]struct {
		text string
		mode os.FileMode
		want string
	}{
		"others read it": {good, 0o644, "chmod 600"},
		"no JSON":        {`{"google": "secret-g`, 0o600, "-oauth"},
		"broken":         {`{"google": {"client_secret": "secret-g"},,}`, 0o600, "byte"},
		"unknown":        {`{"google": {"client_sekret": "secret-g"}}`, 0o600, "docs/google.md"},
		"too large":      {strings.Repeat(" ", maxOAuthFile+1), 0o600, "small"},
	} {
		write(c.text, c.mode)
		_, err := signIns(file)
		require.ErrorContains(t, err, c.want, name)
		require.NotContains(t, err.Error(), "secret-g", name)
	}
	none, err := signIns("")
	require.NoError(t, err)
	require.Empty(t, none)
	write(`{"google": {}}`, 0o600)
	err = run(t.Context(), []string{"-data", filepath.Join(folder, "d"), "-key", filepath.Join(folder, "key"), "-oauth", file}, io.Discard, io.Discard)
	require.ErrorContains(t, err, "ClientID")
}

// The finder asks over https as well, within the bounds of the flags: nothing private is reached.
func TestFinderKeepsToTheNetwork(t *testing.T) {
	find := finder(mailcrm.Network{Ports: []int{993}}, "off", slog.New(slog.DiscardHandler))
	result, err := find(t.Context(), "anna@gmail.com", nil) // in the built-in table: nobody is asked
	require.NoError(t, err)
	require.Equal(t, "imap.gmail.com", result.Candidates[0].IMAP.Host)
	_, err = find(t.Context(), "nobody", nil)
	require.ErrorIs(t, err, mailcrm.ErrInvalid)
	_, err = finder(mailcrm.Network{}, "http://plain.example", slog.New(slog.DiscardHandler))(t.Context(), "anna@firm.example", nil)
	require.ErrorContains(t, err, "https")
}

func TestRefusedFlags(t *testing.T) {
	folder := t.TempDir()
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"-demo", "-addr", "0.0.0.0:0"}, "127.0.0.1 only"},
		{[]string{"-demo", "-addr", ":8025"}, "127.0.0.1 only"},
		{[]string{"-demo", "-addr", "example.com:80"}, "127.0.0.1 only"},
		{[]string{"-addr", "8025"}, "host:port"},
		{[]string{"-lang", "de"}, "fr and en"},
		{[]string{"-zone", "Mars/Olympus"}, "time zone"},
		{[]string{"-allow", "everything"}, "allow"},
		{[]string{"-ports", "imap"}, "ports"},
		{[]string{"-url", "crm.example.com"}, "-url"},
		{[]string{"-url", "https://user@crm.example.com/?x"}, "-url"},
		{[]string{"-demo", "-oauth", "x.json"}, "-oauth"},
		{[]string{"-data", filepath.Join(folder, "d"), "-key", filepath.Join(folder, "key"), "-oauth", filepath.Join(folder, "none.json")}, "-oauth"},
		{[]string{"-data", folder, "-key", filepath.Join(folder, "mailcrm.key")}, "outside"},
		{[]string{"-data", folder, "-key", filepath.Join(folder, "a", "..", "mailcrm.key")}, "outside"},
		{[]string{"-data", filepath.Join(folder, "d"), "-key", filepath.Join(folder, "key"), "-roots", filepath.Join(folder, "none.pem")}, "-roots"},
		{[]string{"demo"}, "unexpected"},
		{[]string{"-unknown"}, "unknown"},
	} {
		err := run(t.Context(), test.args, io.Discard, io.Discard)
		require.ErrorContains(t, err, test.want, "%v", test.args)
	}
}

func TestPortInUse(t *testing.T) {
	lines, _ := start(t, "-demo", "-addr", "127.0.0.1:0")
	taken := regexp.MustCompile(`\d+\.\d+\.\d+\.\d+:\d+`).FindString(lines[0])
	err := run(t.Context(), []string{"-demo", "-addr", taken}, io.Discard, io.Discard)
	require.ErrorContains(t, err, "-addr")
}
