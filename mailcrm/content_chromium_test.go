package mailcrm_test

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"iter"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/chromedp/cdproto/debugger"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/internal/testservers"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/storage"
)

// A payload is a mail that tries to run, fetch or name something.
type payload struct{ ID, HTML, Charset string }

// ownPayloads are those that lie beside the sanitiser. The second file was written by somebody who had not seen the first.
func ownPayloads(t *testing.T) (list []payload) {
	signs := strings.NewReplacer("␀", "\x00", "␛", "\x1b", "␌", "\f", "␉", "\t", "␍", "\r")
	for _, file := range []string{"payloads.txt", "holdout.txt"} {
		b, err := os.ReadFile(filepath.Join("internal", "safehtml", "testdata", file))
		require.NoError(t, err)
		for _, text := range strings.Split(string(b), "\n=== ")[1:] {
			title, body, _ := strings.Cut(text, "\n")
			p := payload{ID: file + ": " + title, HTML: signs.Replace(body), Charset: "utf-8"}
			if charset, _, found := strings.Cut(strings.TrimPrefix(title, "["), "] "); found && title[0] == '[' {
				p.Charset = charset
			}
			list = append(list, p)
		}
	}
	require.Greater(t, len(list), 400)
	return list
}

// octets are those of the body in the mail.
func (p payload) octets() []byte {
	order := map[string]binary.AppendByteOrder{"utf-16le": binary.LittleEndian, "utf-16be": binary.BigEndian}[p.Charset]
	if order == nil {
		return []byte(p.HTML)
	}
	var out []byte
	for _, unit := range utf16.Encode([]rune(p.HTML)) {
		out = order.AppendUint16(out, unit)
	}
	return out
}

// foreignPayloads are those of other sanitisers' tests, where the corpora lie beside the repository.
func foreignPayloads(t *testing.T) (list []payload) {
	b, err := os.ReadFile(filepath.Join("..", "..", "shared", "corpora", "html-payloads", "payloads_dev.json"))
	if os.IsNotExist(err) {
		return nil
	}
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, &list))
	return list
}

// A gauntlet is a host in ten lines that shows each payload as a mail, and a browser that counts what they achieve.
type gauntlet struct {
	t        *testing.T
	w        *world
	payloads map[string]payload // by message id
	all, own []string           // their ids: of all, of ours
	host     *httptest.Server
	browser  context.Context

	mu       sync.Mutex
	shown    []string          // what is shown now, by id
	scripts  map[string]string // of the mail that ran one
	asking   map[string]string // what the browser thinks of asking for, which a policy may still forbid, and the mail
	requests map[string]string // what arrived at a server, and the mail that asked for it where the browser says so
}

const (
	perPage  = 130
	probe    = "//# sourceURL=probe"
	stepTime = 3 * time.Minute
)

// ours are the pages that are asked for by the test itself, and what the browser asks every site for.
var ours = regexp.MustCompile(`^/(show\?.*|favicon\.ico|(mail|inline)/[^/?]+/body(\?images=1)?)$`)

// browsersOwn is what Chromium tells its makers, whatever is on the page.
var browsersOwn = regexp.MustCompile(`^https?://[a-z-]+\.(google|googleapis|gstatic)\.com($|/service/)`)

var mailInURL = regexp.MustCompile(`/(?:mail|inline)/([^/]+)`)

func newGauntlet(t *testing.T) *gauntlet {
	path := testservers.MustChromium(t)
	g := &gauntlet{t: t, w: newWorld(t, mailcrmtest.ServerOptions{}, nil), payloads: map[string]payload{}}
	own := ownPayloads(t)
	g.load(append(own, foreignPayloads(t)...))
	g.own = g.all[:len(own)]

	content := g.w.client.Content(func(*http.Request) (storage.Actor, bool) { return g.w.anna.Actor(), true })
	mux := http.NewServeMux()
	mux.Handle("/mail/", content)
	mux.HandleFunc("/show", func(w http.ResponseWriter, r *http.Request) {
		from, _ := strconv.Atoi(r.FormValue("from"))
		g.mu.Lock()
		shown := g.shown[from:min(from+perPage, len(g.shown))]
		g.mu.Unlock()
		for _, id := range shown {
			fmt.Fprintf(w, `<iframe src="/%s/%s/body%s" %s></iframe>`, r.FormValue("where"), id, r.FormValue("query"), r.FormValue("frame"))
		}
	})
	mux.HandleFunc("/inline/{id}/body", func(w http.ResponseWriter, r *http.Request) {
		body := httptest.NewRecorder()
		content.ServeHTTP(body, httptest.NewRequest(http.MethodGet, "/mail/"+r.PathValue("id")+"/body", nil))
		w.Header().Set("Content-Security-Policy", pagePolicy)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(body.Body.Bytes())
	})
	g.host = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if address := r.URL.RequestURI(); !ours.MatchString(address) {
			g.arrived("http://" + r.Host + address)
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(g.host.Close)

	// Whatever else the browser asks for ends here.
	nowhere, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var connections sync.WaitGroup
	connections.Go(func() {
		for {
			conn, err := nowhere.Accept()
			if err != nil {
				return
			}
			connections.Go(func() { g.sink(conn) })
		}
	})
	t.Cleanup(func() { require.NoError(t, nowhere.Close()); connections.Wait() })
	alloc, closed := chromedp.NewExecAllocator(
		context.Background(), chromedp.ExecPath(path), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.UserDataDir(t.TempDir()), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("host-resolver-rules", "MAP * "+nowhere.Addr().String()+", EXCLUDE 127.0.0.1"),
		chromedp.Flag("disable-site-isolation-trials", true), chromedp.Flag("disable-features", "IsolateSandboxedIframes,IsolateOrigins,site-per-process"),
	)
	ctx, ended := chromedp.NewContext(alloc)
	t.Cleanup(func() { ended(); closed() })
	require.NoError(t, chromedp.Do(ctx))
	g.browser = ctx
	_, err = chromedp.Call(ctx, network.Enable, network.EnableParams{})
	require.NoError(t, err)
	_, err = chromedp.Call(ctx, debugger.Enable, debugger.EnableParams{})
	require.NoError(t, err)
	require.NoError(t, chromedp.Listen(ctx, g.hear))
	return g
}

// pagePolicy is what a page around mail should have at least.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"

// load makes mails of payloads, and reads them.
func (g *gauntlet) load(list []payload) {
	mails := func(yield func(mailcrmtest.Mail) bool) {
		for i, p := range list {
			body := base64.StdEncoding.EncodeToString(p.octets())
			raw := fmt.Sprintf("From: x@elsewhere.example\r\nTo: %s\r\nSubject: %d\r\nMessage-ID: <%d@elsewhere.example>\r\nMIME-Version: 1.0\r\n"+
				"Content-Type: text/html; charset=%s\r\nContent-Transfer-Encoding: base64\r\n\r\n%s\r\n", annaAddress, i, i, cmp.Or(p.Charset, "utf-8"), body)
			if !yield(mailcrmtest.Mail{Folder: "INBOX", Raw: []byte(raw), Date: g.w.clock.Now()}) {
				return
			}
		}
	}
	g.all = make([]string, len(list))
	require.NoError(g.t, g.w.server.Load(annaAddress, iter.Seq[mailcrmtest.Mail](mails)))
	g.w.account(g.w.input())
	q := mailcrm.MessageQuery{Role: "inbox", Limit: mailcrm.MaxPage}
	for {
		page, err := g.w.anna.Messages.List(g.t.Context(), q)
		require.NoError(g.t, err)
		for _, m := range page.Items {
			i, err := strconv.Atoi(m.Subject)
			require.NoError(g.t, err)
			g.payloads[m.ID] = list[i]
			g.all[i] = m.ID
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	require.Len(g.t, g.payloads, len(list))
}

// sink notes who was asked, and for what where it is not over TLS.
func (g *gauntlet) sink(conn net.Conn) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(stepTime))
	in := bufio.NewReader(conn)
	first, err := in.Peek(1)
	if err != nil {
		return // it was opened for later
	}
	if first[0] == 0x16 { // a TLS handshake
		_ = tls.Server(peeked{conn, in}, &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			g.arrived("https://" + hello.ServerName)
			return nil, net.ErrClosed
		}}).Handshake()
		return
	}
	if r, err := http.ReadRequest(in); err == nil {
		g.arrived("http://" + r.Host + r.URL.RequestURI())
		_, _ = fmt.Fprint(conn, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
	}
}

type peeked struct {
	net.Conn
	in *bufio.Reader
}

func (p peeked) Read(b []byte) (int, error) { return p.in.Read(b) }

func (g *gauntlet) arrived(address string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.requests != nil && !browsersOwn.MatchString(address) {
		g.requests[address] = ""
	}
}

// hear notes what the browser says of scripts and requests.
func (g *gauntlet) hear(event any) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch e := event.(type) {
	case *debugger.EventScriptParsed:
		if e.URL != "probe" && !strings.HasPrefix(e.URL, "chrome-error:") { // the browser's own page where a frame was refused
			g.scripts[g.who(e.URL)] = fmt.Sprintf("%s:%d", e.URL, e.StartLine)
		}
	case *network.EventRequestWillBeSent:
		g.asking[e.Request.URL] = g.who(e.DocumentURL)
	}
}

func (g *gauntlet) who(address string) string {
	if m := mailInURL.FindStringSubmatch(address); m != nil {
		return g.payloads[m[1]].ID
	}
	return address
}

// run shows payloads, and returns which of them ran a script, and which sent a request. look, if not empty, is asked of every page.
func (g *gauntlet) run(ids []string, where, frame, look string, query ...string) (scripts, requests map[string]string, found []string) {
	g.t.Helper()
	g.mu.Lock()
	g.shown, g.scripts, g.requests, g.asking = ids, map[string]string{}, map[string]string{}, map[string]string{}
	g.mu.Unlock()
	for from := 0; from < len(ids); from += perPage {
		ctx, done := context.WithTimeout(g.browser, stepTime)
		require.NoError(g.t, chromedp.Do(ctx, chromedp.Navigate(fmt.Sprintf("%s/show?where=%s&from=%d&frame=%s&query=%s", g.host.URL, where, from,
			url.QueryEscape(frame), url.QueryEscape(strings.Join(query, ""))))))
		_, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`new Promise(done => { let n = 5; const next = () => n-- ? requestAnimationFrame(next) : done(true); next() })`+probe, chromedp.EvalAwaitPromise))
		require.NoError(g.t, err)
		if look != "" {
			more, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](look+probe))
			require.NoError(g.t, err)
			found = append(found, more...)
		}
		done()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for address := range g.requests {
		g.requests[address] = g.asking[address]
	}
	return g.scripts, g.requests, found
}

// inTheDocument finds what a sanitised document must not have, as the browser built it.
const inTheDocument = `[...document.querySelectorAll('iframe')].flatMap(f => {
	const d = f.contentDocument, out = []
	if (!d || !d.body) return [f.src + ': not the document that was served']
	for (const e of d.querySelectorAll('*')) {
		const say = what => out.push(f.src + ': ' + what + ': ' + e.outerHTML.slice(0, 200))
		if (e.namespaceURI != 'http://www.w3.org/1999/xhtml') say('foreign')
		if (/^(script|form|input|button|textarea|select|iframe|frame|object|embed|link|template|svg|math|video|audio|source|track|portal|dialog)$/i.test(e.localName)) say('element')
		if (e.localName == 'base' && e.hasAttribute('href') || e.localName == 'meta' && e.hasAttribute('http-equiv')) say('element')
		for (const a of e.attributes) {
			if (/^(id|name|class|srcset|srcdoc|ping|action|formaction|poster|data|usemap|form|for|slot|is)$/.test(a.name) && !(e.localName == 'meta' && a.name == 'name')) say('attribute')
			if (/^on/.test(a.name)) say('event')
			if (/^(href|src|background|cite|xlink:href|longdesc)$/.test(a.name) && !/^(https?:\/\/|mailto:|tel:|data:image\/|cid:)/.test(a.value)) say('address')
		}
		const s = getComputedStyle(e)
		if (s.position != 'static' && !/^(html|body)$/.test(e.localName)) say('position')
	}
	return out
})`

// some is every nth of ids.
func some(ids []string, n int) (out []string) {
	for i := 0; i < len(ids); i += n {
		out = append(out, ids[i])
	}
	return out
}

// TestContentInChromium holds each layer to be enough alone (law 12, S8): the sanitiser without the frame and its policy, and those without the
// sanitiser. Without both the payloads do run, so that the test would see it.
func TestContentInChromium(t *testing.T) {
	const sandbox = "sandbox='allow-popups allow-popups-to-escape-sandbox' referrerpolicy=no-referrer" // as pages have it
	g := newGauntlet(t)
	g.w.client.Layers(false, false)
	scripts, requests, _ := g.run(some(g.own, 4), "mail", "sandbox=allow-scripts", "")
	t.Logf("%d payloads, %d of them ours; without any layer a quarter of ours: %d ran a script, %d of their requests arrived", len(g.all), len(g.own), len(scripts), len(requests))
	require.Greater(t, len(scripts), 20)
	require.Greater(t, len(requests), 50)

	g.w.client.Layers(true, false)
	scripts, requests, found := g.run(g.all, "mail", "", inTheDocument)
	require.Empty(t, scripts, "the sanitiser alone")
	require.Empty(t, requests, "the sanitiser alone")
	require.Empty(t, found, "the sanitiser alone")

	g.w.client.Layers(false, true)
	// Without the attribute of the frame, which says what the policy says once more: a host may have forgotten it.
	scripts, requests, _ = g.run(g.all, "mail", "", "")
	require.Empty(t, scripts, "the frame's policy alone")
	require.Empty(t, requests, "the frame's policy alone")
	scripts, requests, _ = g.run(g.own, "mail", sandbox, "")
	require.Empty(t, scripts, "the frame with its attribute")
	require.Empty(t, requests, "the frame with its attribute")

	g.w.client.Layers(false, false)
	scripts, _, _ = g.run(some(g.own, 2), "inline", "sandbox=allow-scripts", "")
	require.Empty(t, scripts, "the policy of a page alone")

	// After a person's word pictures are asked for, here and nowhere else. Here nothing may be dialled, so none of them comes.
	g.w.client.Layers(true, true)
	g.w.client.PicturesFrom(nil, []int{1}, nil)
	scripts, requests, _ = g.run(some(g.own, 2), "mail", sandbox, "", "?images=1")
	require.Empty(t, scripts, "with pictures")
	require.Greater(t, len(requests), 20)
	for address := range requests {
		require.True(t, strings.HasPrefix(address, g.host.URL+"/mail/") && strings.Contains(address, "/picture?"), address)
	}
}
