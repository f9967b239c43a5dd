package mailcrm_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/storage"
)

// An elsewhere is a web server of somebody who sends mails with pictures.
type elsewhere struct {
	*httptest.Server
	mu       sync.Mutex
	requests []*http.Request
}

func startElsewhere(t *testing.T) *elsewhere {
	e := &elsewhere{}
	picture, err := base64.StdEncoding.DecodeString(png)
	require.NoError(t, err)
	e.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.mu.Lock()
		e.requests = append(e.requests, r)
		e.mu.Unlock()
		w.Header().Set("Set-Cookie", "tracked=yes")
		switch r.URL.Path {
		case "/svg":
			w.Header().Set("Content-Type", "image/png")
			fmt.Fprint(w, `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`)
		case "/html":
			w.Header().Set("Content-Type", "image/gif")
			fmt.Fprint(w, "<script>alert(1)</script>")
		case "/large":
			w.Header().Set("Content-Length", fmt.Sprint(mailcrm.MaxPicture+1))
			_, _ = w.Write(picture)
		case "/endless":
			_, _ = w.Write(picture)
			for range mailcrm.MaxPicture >> 16 {
				_, _ = w.Write(make([]byte, 1<<16))
			}
		case "/missing":
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write(picture)
		case "/empty":
		case "/redirect/0":
			_, _ = w.Write(picture)
		case "/redirect/1", "/redirect/2", "/redirect/3", "/redirect/4":
			http.Redirect(w, r, "/redirect/"+string(r.URL.Path[10]-1), http.StatusFound)
		case "/inside":
			http.Redirect(w, r, "https://127.0.0.2:"+strings.Split(r.Host, ":")[1]+"/x.png", http.StatusFound)
		case "/file":
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		default:
			w.Header().Set("Content-Type", "text/html")
			_, _ = w.Write(picture)
		}
	}))
	t.Cleanup(e.Close)
	return e
}

func (e *elsewhere) asked() []*http.Request {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.requests)
}

var pictureAddress = regexp.MustCompile(`src="(picture\?[^"]*)"`)

// TestRemotePictures: pictures that lie elsewhere are fetched after a person's word, by us, once, and tell nothing of him.
func TestRemotePictures(t *testing.T) {
	e := startElsewhere(t)
	names := []string{"ok", "svg", "html", "large", "endless", "missing", "empty", "redirect/3", "redirect/4", "inside", "file"}
	body := `<a href="https://evil.example">bank.test</a>`
	for _, name := range names {
		body += fmt.Sprintf(`<img alt="%s" src="%s/%s">`, name, e.URL, name)
	}
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	w.raw(multi("alternative", part{textPart, "text"}, part{htmlPart, body}))
	w.account(w.input())
	roots := x509.NewCertPool()
	roots.AddCert(e.Certificate())
	w.client.PicturesFrom([]netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, []int{0}, roots)
	id := w.list()[0].ID
	told, err := w.anna.Messages.Get(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, len(names), told.RemotePictures)
	require.Equal(t, 1, told.DeceptiveLinks)

	cookies := false
	handler := w.client.Content(func(*http.Request) (storage.Actor, bool) { return w.anna.Actor(), cookies })
	ask := func(path string) *httptest.ResponseRecorder {
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/mail/"+id+"/"+path, nil))
		return answer
	}
	require.Equal(t, http.StatusUnauthorized, ask("body?images=1").Code)
	cookies = true
	require.NotContains(t, ask("body").Body.String(), "src=")
	require.NotContains(t, ask("body?images=0").Body.String(), "src=")
	require.Contains(t, ask("body").Body.String(), "⚠ evil.example")
	got := ask("body?images=1").Body.String()
	require.NotContains(t, got, e.URL+"/")
	require.Empty(t, e.asked(), "serving the mail asks nobody")
	addresses := pictureAddress.FindAllStringSubmatch(got, -1)
	require.Len(t, addresses, len(names))
	cookies = false // a sandboxed frame has none
	for i, name := range names {
		answer := ask(html.UnescapeString(addresses[i][1]))
		if name != "ok" && name != "redirect/3" {
			require.Equal(t, http.StatusServiceUnavailable, answer.Code, name)
			require.NotContains(t, answer.Body.String(), "127.0.0.1", name)
			continue
		}
		require.Equal(t, http.StatusOK, answer.Code, name)
		require.Equal(t, "image/png", answer.Header().Get("Content-Type"), "what it is, not what it is called")
		require.Equal(t, png, base64.StdEncoding.EncodeToString(answer.Body.Bytes()))
		require.Equal(t, "cross-origin", answer.Header().Get("Cross-Origin-Resource-Policy"))
		require.Equal(t, "nosniff", answer.Header().Get("X-Content-Type-Options"))
		require.Contains(t, answer.Header().Get("Content-Security-Policy"), "sandbox")
		require.Empty(t, answer.Header().Get("Set-Cookie"))
	}
	for _, r := range e.asked() {
		require.Equal(t, http.MethodGet, r.Method)
		for _, name := range []string{"Cookie", "Referer", "Accept-Language", "X-Forwarded-For", "Authorization"} {
			require.Empty(t, r.Header.Get(name), "%s to %s", name, r.URL)
		}
		require.NotContains(t, r.Header.Get("User-Agent"), "Go-http")
	}

	// It is no open proxy: an address is for its picture, mail, tenant and days.
	good, err := url.ParseQuery(strings.TrimPrefix(html.UnescapeString(addresses[0][1]), "picture?"))
	require.NoError(t, err)
	before := len(e.asked())
	with := func(key, value string) string {
		q := url.Values{}
		for k, v := range good {
			q[k] = v
		}
		q.Set(key, value)
		return "picture?" + q.Encode()
	}
	for _, path := range []string{
		with("u", e.URL+"/other"), with("u", ""), with("t", "other"), with("t", "a/b"), with("d", "1"), with("d", "99999999"), with("d", "x"), with("s", ""),
		with("s", strings.Repeat("a", 20)), "picture", "picture?u=" + url.QueryEscape(e.URL),
	} {
		require.Equal(t, http.StatusNotFound, ask(path).Code, path)
	}
	other := httptest.NewRecorder()
	handler.ServeHTTP(other, httptest.NewRequest(http.MethodGet, "/mail/other/"+with("x", ""), nil))
	require.Equal(t, http.StatusNotFound, other.Code)
	require.Equal(t, http.StatusOK, ask(with("x", "")).Code)
	w.clock.Advance(48 * time.Hour)
	require.Equal(t, http.StatusNotFound, ask(with("x", "")).Code, "two days later")
	require.Len(t, e.asked(), before+1)
	require.NoError(t, w.client.Close())
	require.Equal(t, http.StatusServiceUnavailable, ask(with("x", "")).Code)
}

// TestRemotePicturesAreGuarded: without the door for tests nothing that is not public is asked for, whatever Network allows for mail.
func TestRemotePicturesAreGuarded(t *testing.T) {
	e := startElsewhere(t)
	w := newWorld(t, mailcrmtest.ServerOptions{}, func(cfg *mailcrm.Config) {
		cfg.Network.Roots = cfg.Network.Roots.Clone()
		cfg.Network.Roots.AddCert(e.Certificate())
		cfg.Network.Ports = append(cfg.Network.Ports, portOf(t, e.URL))
	})
	var body bytes.Buffer
	for _, host := range []string{strings.TrimPrefix(e.URL, "https://"), "127.0.0.1:" + fmt.Sprint(w.server.IMAPS.Port), "localhost", "[::1]", "169.254.169.254", "10.0.0.1", "0x7f000001", "2130706433"} {
		fmt.Fprintf(&body, `<img src="https://%s/x.png"><img src="http://%s/x.png">`, host, host)
	}
	w.raw(multi("alternative", part{textPart, "text"}, part{htmlPart, body.String()}))
	w.account(w.input())
	handler := w.client.Content(func(*http.Request) (storage.Actor, bool) { return w.anna.Actor(), true })
	ask := func(path string) *httptest.ResponseRecorder {
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/mail/"+w.list()[0].ID+"/"+path, nil))
		return answer
	}
	addresses := pictureAddress.FindAllStringSubmatch(ask("body?images=1").Body.String(), -1)
	require.Len(t, addresses, 16)
	for _, a := range addresses {
		require.Equal(t, http.StatusServiceUnavailable, ask(html.UnescapeString(a[1])).Code, a[1])
	}
	require.Empty(t, e.asked())
}

// TestSlowPicturesKeepNobodyWaiting: one mail takes a few of the turns, the others are for other mails, and who gives up leaves nothing behind.
func TestSlowPicturesKeepNobodyWaiting(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	var leaves []func()
	for _, mail := range []string{"slow", "slow", "slow", "other", "other", "other", "third", "third"} {
		leave, ok := w.client.EnterGallery(t.Context(), mail)
		require.True(t, ok)
		leaves = append(leaves, leave)
	}
	for _, mail := range []string{"slow", "third", "fourth"} { // its own turns, and all, are taken
		_, ok := w.client.EnterGallery(over, mail)
		require.False(t, ok, mail)
	}
	for _, leave := range leaves {
		leave()
	}
	require.True(t, w.client.GalleryIsEmpty())
}

// TestRemotePicturesAreFew: a mail does not make us ask for more than a bounded number.
func TestRemotePicturesAreFew(t *testing.T) {
	got := inside(t, multi("alternative", part{textPart, "text"}, part{htmlPart, strings.Repeat(`<img src="https://t.example/x.png">`, mailcrm.MaxPictures+5)}))("GET", "/body?images=1").Body.String()
	require.Len(t, pictureAddress.FindAllString(got, -1), mailcrm.MaxPictures)
}

func portOf(t *testing.T, address string) int {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	var port int
	_, err = fmt.Sscan(u.Port(), &port)
	require.NoError(t, err)
	return port
}
