package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/mailcrm/sdk/examples/server/internal/api"
	"github.com/mailcrm/sdk/examples/server/internal/demo"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A service is the API over a demo of its own.
type service struct {
	t      *testing.T
	demo   *demo.Demo
	url    string
	client *http.Client
}

func start(t *testing.T) *service { return startWith(t, demo.Options{Answer: -1}) }

func startWith(t *testing.T, opts demo.Options) *service {
	t.Helper()
	d, err := demo.Start(t.Context(), &opts)
	require.NoError(t, err)
	handler, err := api.New(api.Config{Client: d.Client, CRM: d.Records, People: d.People, Find: d.Find})
	require.NoError(t, err)
	mux := http.NewServeMux()
	mux.Handle("/", handler)
	mux.Handle("/who", d.People.Handler())
	server := httptest.NewServer(mux)
	ctx, stop := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- d.Run(ctx) }()
	t.Cleanup(func() {
		server.Close()
		stop()
		require.NoError(t, <-ran)
		require.NoError(t, d.Close())
	})
	wait, done := context.WithTimeout(ctx, time.Minute)
	defer done()
	require.NoError(t, d.Ready(wait))
	client := server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &service{t: t, demo: d, url: server.URL, client: client}
}

// token is a new one of an agent.
func (s *service) token(agent string) string {
	s.t.Helper()
	token, err := s.demo.People.Issue(agent)
	require.NoError(s.t, err)
	return token
}

// as is the API for an agent.
func (s *service) as(agent string) *caller { return &caller{s, s.token(agent)} }

// A caller calls with a token.
type caller struct {
	s     *service
	token string
}

// An answer is what came back.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	body   []byte
	JSON   map[string]any
}

// call sends body: nothing, a string as it stands, or a value as JSON. Headers are name, value, name, value.
func (c *caller) call(method, path string, body any, headers ...string) answer {
	t := c.s.t
	t.Helper()
	var content io.Reader
	kind := "application/json"
	switch b := body.(type) {
	case nil:
	case string:
		content = strings.NewReader(b)
	case []byte:
		content = bytes.NewReader(b)
	default:
		text, err := json.Marshal(b)
		require.NoError(t, err)
		content = bytes.NewReader(text)
	}
	if !strings.HasPrefix(path, "/openapi") {
		path = api.Prefix + path
	}
	req, err := http.NewRequestWithContext(t.Context(), method, c.s.url+path, content)
	require.NoError(t, err)
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	if content != nil {
		req.Header.Set("Content-Type", kind)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := c.s.client.Do(req)
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	a := answer{t: t, status: res.StatusCode, header: res.Header}
	a.body, err = io.ReadAll(res.Body)
	require.NoError(t, err)
	if strings.Contains(res.Header.Get("Content-Type"), "json") {
		require.NoError(t, json.Unmarshal(a.body, &a.JSON), "%s", a.body)
	}
	return a
}

// get, post, put and remove expect a status and return the JSON.
func (c *caller) get(path string) map[string]any {
	c.s.t.Helper()
	return c.call(http.MethodGet, path, nil).is(http.StatusOK).JSON
}

func (c *caller) post(status int, path string, body any, headers ...string) map[string]any {
	c.s.t.Helper()
	return c.call(http.MethodPost, path, body, headers...).is(status).JSON
}

// is expects a status; a failure must be a problem.
func (a answer) is(status int) answer {
	a.t.Helper()
	require.Equal(a.t, status, a.status, "%s", a.body)
	if status >= http.StatusBadRequest {
		require.Equal(a.t, "application/problem+json", a.header.Get("Content-Type"))
		require.EqualValues(a.t, status, a.JSON["status"])
		require.NotEmpty(a.t, a.JSON["code"])
		require.Equal(a.t, "urn:mailcrm:problem:"+a.JSON["code"].(string), a.JSON["type"])
		require.NotEmpty(a.t, a.JSON["title"])
	}
	require.NotContains(a.t, a.JSON, "$schema")
	return a
}

// problem expects a failure with a code.
func (a answer) problem(status int, code string) answer {
	a.t.Helper()
	a.is(status)
	require.Equal(a.t, code, a.JSON["code"], "%s", a.body)
	return a
}

// items are those of a list.
func items(list map[string]any) []map[string]any {
	var out []map[string]any
	for _, item := range list["items"].([]any) {
		out = append(out, item.(map[string]any))
	}
	return out
}

// find is the first mail that q finds.
func (c *caller) find(q string) map[string]any {
	c.s.t.Helper()
	found := items(c.get("/messages?limit=1&q=" + escape(q)))
	require.NotEmpty(c.s.t, found, "no mail for %q", q)
	return found[0]
}

func escape(s string) string {
	return strings.NewReplacer(" ", "%20", `"`, "%22", ":", "%3A", "@", "%40", "&", "%26", "é", "%C3%A9").Replace(s)
}

// eventually asks until the answer is good.
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
