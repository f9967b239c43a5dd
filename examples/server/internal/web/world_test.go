package web_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"golang.org/x/net/html"

	"github.com/mailcrm/sdk/examples/server/internal/demo"
	"github.com/mailcrm/sdk/examples/server/internal/web"
	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/storage"
)

// The demo is started once for all tests of this package: its mailboxes take seconds to be fetched.
var shared struct {
	once sync.Once
	*world
	err  error
	stop func() error
}

// A world is the demo with the pages in front of it.
type world struct {
	*demo.Demo
	server    *httptest.Server
	log       *failures
	elsewhere *elsewhere
	transport *http.Transport // of visitors
}

// failures are what the pages and the library said at error level.
type failures struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (f *failures) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.text.Write(p)
}

func TestMain(m *testing.M) {
	code := m.Run()
	if shared.stop != nil {
		if err := shared.stop(); err != nil && code == 0 {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// theDemo is the world that all tests share. What a test changes, others see.
func theDemo(t *testing.T) *world {
	t.Helper()
	shared.once.Do(func() { shared.world, shared.stop, shared.err = startWorld() })
	require.NoError(t, shared.err)
	return shared.world
}

func startWorld() (*world, func() error, error) {
	log := &failures{}
	w, stop, err := startWorldWith(slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelError})))
	if w != nil {
		w.log = log
	}
	return w, stop, err
}

// startWorldWith starts one that tells a logger.
func startWorldWith(logger *slog.Logger) (*world, func() error, error) {
	w := &world{}
	var err error
	ctx, cancel := context.WithCancel(context.Background())
	if w.elsewhere, err = startElsewhere(); err != nil {
		cancel()
		return nil, nil, err
	}
	roots := x509.NewCertPool()
	roots.AddCert(w.elsewhere.provider.server.Certificate())
	w.transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	w.Demo, err = demo.Start(ctx, &demo.Options{
		Answer: -1, Logger: logger, Ports: w.elsewhere.ports(), Roots: []*x509.Certificate{w.elsewhere.provider.server.Certificate()}, OAuth: w.elsewhere.providers(), Tokens: w.elsewhere.admits,
		Users: []mailcrmtest.User{{Address: "compta@demo.example", Password: "not used"}, {Address: "standard@demo.example", Password: "standard 1", Login: "standard"}},
	})
	if err != nil {
		cancel()
		return nil, nil, errors.Join(err, w.elsewhere.close())
	}
	ran := make(chan error, 1)
	go func() { ran <- w.Run(ctx) }()
	stop := func() error {
		if w.server != nil {
			w.server.Close()
		}
		cancel()
		err := <-ran
		if e := w.Close(); err == nil {
			err = e
		}
		if e := w.elsewhere.close(); err == nil {
			err = e
		}
		w.transport.CloseIdleConnections()
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
		return err
	}
	ready, done := context.WithTimeout(ctx, 2*time.Minute)
	defer done()
	if err := w.deliverOddMail(); err != nil {
		return nil, stop, err
	}
	if err := w.Ready(ready); err != nil {
		return nil, stop, err
	}
	handler, err := pagesOf(web.Config{Client: w.Client, CRM: w.Records, People: w.People, Find: w.servers, Demo: true, Sample: web.Sample{Address: demo.SampleAddress, Password: demo.SamplePassword}, Logger: logger})
	if err != nil {
		return nil, stop, err
	}
	w.server = httptest.NewServer(handler)
	return w, stop, nil
}

// pagesOf mounts the pages as main does.
func pagesOf(cfg web.Config) (http.Handler, error) {
	pages, err := web.New(cfg)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/", pages)
	mux.Handle("/mail/", cfg.Client.Content(cfg.People.Actor))
	for _, path := range []string{"/who", "/lang", "/logout", "/login", "/people", "/people.css"} {
		mux.Handle(path, cfg.People.Handler())
	}
	return mux, nil
}

// loopback is what tests may dial.
var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

// as is the library as an agent of the demo uses it.
func (w *world) as(agent string) *mailcrm.Session {
	return w.Client.As(storage.Actor{Agent: agent, Locale: "fr", Zone: "Europe/Paris"})
}

// await asks until the answer is good.
func await(t *testing.T, what string, good func() bool) {
	t.Helper()
	tick := time.NewTicker(30 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(time.Minute)
	for !good() {
		select {
		case <-tick.C:
		case <-limit:
			require.FailNow(t, "waited in vain for "+what)
		}
	}
}

// find is the first mail of an agent whose subject contains a text.
func (w *world) find(t *testing.T, agent, subject string) mailcrm.Message {
	t.Helper()
	var found mailcrm.Message
	await(t, subject, func() bool {
		page, err := w.as(agent).Messages.List(t.Context(), mailcrm.MessageQuery{Subject: subject, Role: "inbox", Limit: 1})
		require.NoError(t, err)
		if len(page.Items) > 0 {
			found = page.Items[0]
		}
		return len(page.Items) > 0
	})
	return found
}

// A visitor is somebody with a browser that has no script.
type visitor struct {
	t      *testing.T
	base   string
	client *http.Client
	lang   string
	header http.Header
}

// through is what visitors go through: it believes the provider's certificate, where there is one.
func (w *world) through() http.RoundTripper {
	if w.transport == nil {
		return http.DefaultTransport
	}
	return w.transport
}

func (w *world) visitor(t *testing.T, agent, lang string) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	v := &visitor{t: t, base: w.server.URL, client: &http.Client{Jar: jar, Transport: w.through()}, lang: lang, header: http.Header{}}
	v.get("/inbox")
	if agent != "jeanne" {
		v.post("/who", "id", agent, "next", "/inbox")
	}
	return v
}

// A page is an answer.
type page struct {
	t      *testing.T
	status int
	header http.Header
	url    *url.URL
	text   string
	root   *html.Node
}

func (v *visitor) do(r *http.Request) *page {
	v.t.Helper()
	r.Header.Set("Accept-Language", v.lang)
	for name := range v.header {
		r.Header.Set(name, v.header.Get(name))
	}
	res, err := v.client.Do(r)
	require.NoError(v.t, err)
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	require.NoError(v.t, err)
	root, err := html.Parse(bytes.NewReader(body))
	require.NoError(v.t, err)
	return &page{t: v.t, status: res.StatusCode, header: res.Header, url: res.Request.URL, text: string(body), root: root}
}

func (v *visitor) get(path string) *page {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), http.MethodGet, v.base+path, nil)
	require.NoError(v.t, err)
	return v.do(r)
}

// token is what the visitor's forms carry.
func (v *visitor) token() string {
	v.t.Helper()
	m := regexp.MustCompile(`data-token="([^"]+)"`).FindStringSubmatch(v.get("/help").text)
	require.NotNil(v.t, m)
	return m[1]
}

// post sends a form: name, value, name, value.
func (v *visitor) post(path string, fields ...string) *page {
	v.t.Helper()
	form := url.Values{"csrf": {v.token()}}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	r, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, v.base+path, strings.NewReader(form.Encode()))
	require.NoError(v.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return v.do(r)
}

// submit sends the form of a page that holds a button as a browser without script does: all its fields, those named replaced.
func (v *visitor) submit(p *page, action string, fields ...string) *page {
	v.t.Helper()
	form, target := p.form(action), ""
	for _, button := range p.by("button", "formaction", action) {
		target = action
		for form = button.Parent; form.Data != "form"; form = form.Parent {
		}
	}
	require.NotNil(v.t, form, "no form for %s in %s", action, p.text)
	if target == "" {
		target = attr(form, "action")
	}
	values := formValues(form)
	for i := 0; i+1 < len(fields); i += 2 {
		if !strings.HasPrefix(fields[i], "file:") {
			values.Set(fields[i], fields[i+1])
		}
	}
	var body bytes.Buffer
	kind := "application/x-www-form-urlencoded"
	if attr(form, "enctype") == "multipart/form-data" {
		m := multipart.NewWriter(&body)
		for name, all := range values {
			for _, value := range all {
				require.NoError(v.t, m.WriteField(name, value))
			}
		}
		for name, content := range uploads(fields) {
			f, err := m.CreateFormFile("file", name)
			require.NoError(v.t, err)
			_, err = io.WriteString(f, content)
			require.NoError(v.t, err)
		}
		require.NoError(v.t, m.Close())
		kind = m.FormDataContentType()
	} else {
		body.WriteString(values.Encode())
	}
	r, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, v.base+target, &body)
	require.NoError(v.t, err)
	r.Header.Set("Content-Type", kind)
	return v.do(r)
}

// uploads are the fields named "file:…": name and content of files to attach.
func uploads(fields []string) map[string]string {
	files := map[string]string{}
	for i := 0; i+1 < len(fields); i += 2 {
		if name, found := strings.CutPrefix(fields[i], "file:"); found {
			files[name] = fields[i+1]
		}
	}
	return files
}
