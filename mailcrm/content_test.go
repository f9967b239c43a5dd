package mailcrm_test

import (
	"encoding/base64"
	"fmt"
	"mime"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/storage"
)

// A part of a mail in the making.
type part struct{ header, body string }

// multi is a mail of several parts, from Ben.
func multi(kind string, parts ...part) string {
	raw := "From: " + benAddress + "\r\nTo: " + annaAddress + "\r\nSubject: Parts\r\nDate: Tue, 24 Nov 2026 08:00:00 +0000\r\nMessage-ID: <parts@client.example>\r\n" +
		"MIME-Version: 1.0\r\nContent-Type: multipart/" + kind + "; boundary=bound\r\n\r\n"
	for _, p := range parts {
		raw += "--bound\r\n" + p.header + "\r\n\r\n" + p.body + "\r\n"
	}
	return raw + "--bound--\r\n"
}

const textPart, htmlPart = "Content-Type: text/plain; charset=utf-8", "Content-Type: text/html; charset=utf-8"

// inside puts one mail into Anna's inbox, and asks Content for something inside it.
func inside(t *testing.T, raw string) func(method, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	w.raw(raw)
	w.account(w.input())
	id := w.list()[0].ID
	handler := w.client.Content(func(*http.Request) (storage.Actor, bool) { return w.anna.Actor(), true })
	return func(method, path string) *httptest.ResponseRecorder {
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequest(method, "/mail/"+id+path, nil))
		return answer
	}
}

func TestContentMethods(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	w.raw("From: x@elsewhere.example\r\nSubject: Nobody we know\r\n\r\nx\r\n")
	w.account(w.input())
	path := "/mail/" + w.list()[0].ID + "/body"
	handler := w.client.Content(func(r *http.Request) (storage.Actor, bool) {
		return storage.Actor{Agent: r.Header.Get("X-Agent")}, r.Header.Get("X-Agent") != ""
	})
	ask := func(method, path, agent string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, nil)
		r.Header.Set("X-Agent", agent)
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, r)
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "private, no-store", "Cross-Origin-Resource-Policy": "same-origin",
		} {
			require.Equal(t, want, answer.Header().Get(name), "%s of %s %s", name, method, path)
		}
		policy := answer.Header().Get("Content-Security-Policy")
		require.Contains(t, policy, "sandbox ")
		require.Contains(t, policy, "default-src 'none'")
		for _, loose := range []string{"allow-scripts", "allow-same-origin", "allow-forms", "allow-top", "script-src", "*", "http"} {
			require.NotContains(t, policy, loose)
		}
		return answer
	}
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions, "TRACE"} {
		answer := ask(method, path, "anna")
		require.Equal(t, http.StatusMethodNotAllowed, answer.Code, method)
		require.Equal(t, "GET, HEAD", answer.Header().Get("Allow"))
	}
	require.Equal(t, http.StatusUnauthorized, ask("GET", path, "").Code)
	require.Equal(t, http.StatusNotFound, ask("GET", path, "zoe").Code, "what he may not see is not found")
	require.Equal(t, http.StatusUnprocessableEntity, ask("GET", path, "a\nb").Code)
	require.Equal(t, http.StatusOK, ask("GET", path, "anna").Code)
	require.Equal(t, http.StatusOK, ask("HEAD", path, "anna").Code)
	require.NoError(t, w.client.Close())
	require.Equal(t, http.StatusServiceUnavailable, ask("GET", path, "anna").Code)
}

// TestContentOverHTTP: through a real server a HEAD has the headers of a GET and no body.
func TestContentOverHTTP(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	w.mail("one", "One")
	w.account(w.input())
	server := httptest.NewServer(w.client.Content(func(*http.Request) (storage.Actor, bool) { return w.anna.Actor(), true }))
	defer server.Close()
	for _, what := range []string{"/body", "/raw"} {
		var headers []http.Header
		for _, method := range []string{"GET", "HEAD"} {
			r, err := http.NewRequestWithContext(t.Context(), method, server.URL+"/"+w.list()[0].ID+what, nil)
			require.NoError(t, err)
			answer, err := server.Client().Do(r)
			require.NoError(t, err)
			require.NoError(t, answer.Body.Close())
			require.Equal(t, http.StatusOK, answer.StatusCode)
			headers = append(headers, answer.Header)
		}
		for _, name := range []string{"Content-Type", "Content-Disposition", "Content-Security-Policy"} {
			require.Equal(t, headers[0].Get(name), headers[1].Get(name), name)
		}
	}
}

func TestContentBody(t *testing.T) {
	t.Run("plain text", func(t *testing.T) {
		got := inside(t, multi("mixed", part{textPart, "One <b>line</b> & {{ another }}\r\nsecond\r\n\r\nparagraph"}))("GET", "/body")
		require.Equal(t, "text/html; charset=utf-8", got.Header().Get("Content-Type"))
		require.Contains(t, got.Body.String(), "<p>One &lt;b&gt;line&lt;/b&gt; &amp; {{ another }}<br>\nsecond</p>")
		require.Contains(t, got.Body.String(), "<p>paragraph</p>")
	})
	t.Run("hostile HTML", func(t *testing.T) {
		hostile := `<h1 onclick="alert(1)">Title</h1><script>alert(1)</script><img src="http://evil.example/x.png"><img src=x onerror=alert(1)>` +
			`<a href="javascript:alert(1)">x</a><iframe src="//evil.example"></iframe><form action="//evil.example"><input></form><meta http-equiv=refresh content="0;url=//evil.example">` +
			`<style>body{background:url(//evil.example)}</style><link rel=stylesheet href=//evil.example><base href=//evil.example>`
		got := inside(t, multi("alternative", part{textPart, "text"}, part{htmlPart, hostile}))("GET", "/body").Body.String()
		require.Contains(t, got, "Title")
		for _, bad := range []string{"<script", "onclick", "onerror", "javascript:", "<iframe", "<form", "<meta http", "<link", "<base href", "src=\"http", "url("} {
			require.NotContains(t, strings.ToLower(got), bad)
		}
	})
	t.Run("two HTML parts", func(t *testing.T) {
		got := inside(t, multi("mixed", part{htmlPart, `<p>first <a href="http://x.example/`}, part{textPart, "secret between"}, part{htmlPart, `">last</p>`}))("GET", "/body").Body.String()
		require.Contains(t, got, "secret between")
		require.NotRegexp(t, `href="[^"]*secret`, got, "no part swallows the next one")
	})
	t.Run("no body at all", func(t *testing.T) {
		require.Equal(t, http.StatusOK, inside(t, "Subject: x\r\n\r\n")("GET", "/body").Code)
	})
}

// png is the smallest picture there is.
const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

func picture(mediaType, cid, content string) part {
	return part{"Content-Type: " + mediaType + "\r\nContent-ID: <" + cid + ">\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: inline", content}
}

// TestContentPictures: those that the mail brought along are in its body, if they are pictures and not too large. Nothing is fetched.
func TestContentPictures(t *testing.T) {
	html := func(cid string) part { return part{htmlPart, `<p>x<img alt="seen" src="cid:` + cid + `"></p>`} }
	for name, c := range map[string]struct {
		parts []part
		shown bool
	}{
		"a picture":                 {[]part{html("a@x"), picture("image/png", "a@x", png)}, true},
		"an escaped name":           {[]part{html("a%40x"), picture("image/png", "a@x", png)}, true},
		"a JPEG by another type":    {[]part{html("a@x"), picture("image/jpeg", "a@x", png)}, true},
		"SVG":                       {[]part{html("a@x"), picture("image/svg+xml", "a@x", base64.StdEncoding.EncodeToString([]byte("<svg onload=alert(1)>")))}, false},
		"HTML that calls itself so": {[]part{html("a@x"), picture("text/html", "a@x", png)}, false},
		"of another mail":           {[]part{html("b@x"), picture("image/png", "a@x", png)}, false},
		"too large":                 {[]part{html("a@x"), picture("image/png", "a@x", base64.StdEncoding.EncodeToString(make([]byte, mailcrm.MaxInline+1)))}, false},
	} {
		t.Run(name, func(t *testing.T) {
			got := inside(t, multi("related", c.parts...))("GET", "/body").Body.String()
			require.Equal(t, c.shown, strings.Contains(got, `src="data:image/`), got[:min(len(got), 600)])
			require.NotContains(t, got, `src="cid:`)
			require.NotContains(t, got, "data:text")
			require.NotContains(t, got, "data:image/svg")
		})
	}
	t.Run("all of them are bounded", func(t *testing.T) {
		large := base64.StdEncoding.EncodeToString(make([]byte, mailcrm.MaxInline))
		parts := []part{{htmlPart, ""}}
		for i := range 8 {
			parts[0].body += fmt.Sprintf(`<img src="cid:%d@x">`, i)
			parts = append(parts, picture("image/png", fmt.Sprintf("%d@x", i), large))
		}
		got := inside(t, multi("related", parts...))("GET", "/body").Body
		require.Equal(t, mailcrm.MaxInlineAll/mailcrm.MaxInline, strings.Count(got.String(), `src="data:image/png`))
	})
	t.Run("one of them a thousand times", func(t *testing.T) {
		large := base64.StdEncoding.EncodeToString(make([]byte, 1<<20))
		got := inside(t, multi("related", part{htmlPart, strings.Repeat(`<img src="cid:a@x">`, 1000)}, picture("image/png", "a@x", large)))("GET", "/body").Body
		require.Less(t, got.Len(), 2*mailcrm.MaxInlineAll)
		require.Contains(t, got.String(), `src="data:image/png`)
	})
}

// TestContentParts: an attachment is a download, whatever it says it is and whatever it is called.
func TestContentParts(t *testing.T) {
	for name, c := range map[string]struct{ header, want string }{
		"plain":        {`filename="offer.pdf"`, "offer.pdf"},
		"quotes":       {`filename="an \"offer\".pdf"`, "an _offer_.pdf"},
		"line breaks":  {"filename*=utf-8''a%0D%0AX-Evil:%20b.pdf", "a X-Evil_ b.pdf"},
		"UTF-8":        {"filename*=utf-8''%C3%A9t%C3%A9%20%E2%82%AC.pdf", "été €.pdf"},
		"encoded word": {`filename="=?utf-8?q?=C3=A9t=C3=A9.pdf?="`, "été.pdf"},
		"a path":       {`filename="../../etc/passwd"`, "passwd"},
		"semicolons":   {`filename="a; filename=b.exe"`, "a; filename=b.exe"},
	} {
		t.Run(name, func(t *testing.T) {
			ask := inside(t, multi("mixed", part{textPart, "text"}, part{"Content-Type: text/html\r\nContent-Disposition: attachment; " + c.header, "<script>alert(1)</script>"}))
			got := ask("GET", "/part/2")
			require.Equal(t, http.StatusOK, got.Code)
			require.Equal(t, "application/octet-stream", got.Header().Get("Content-Type"))
			require.Equal(t, "<script>alert(1)</script>", got.Body.String())
			kind, params, err := mime.ParseMediaType(got.Header().Get("Content-Disposition"))
			require.NoError(t, err)
			require.Equal(t, "attachment", kind)
			require.Equal(t, c.want, params["filename"])
			require.Empty(t, got.Header().Get("X-Evil"))
			require.NotContains(t, got.Header().Get("Content-Disposition"), "\n")
		})
	}
	raw := multi("mixed", part{textPart, "text"}, part{"Content-Type: application/pdf\r\nContent-Disposition: attachment", "x"})
	ask := inside(t, raw)
	for _, path := range []string{
		"", "/", "/part", "/part/", "/part/3", "/part/0", "/part/2/3", "/part/..", "/part/2.1", "/part/-1", "/part/99999999999999999999", "/part/%2e%2e", "/part/2%2f1",
		"/inline/2", "/body/x", "/BODY", "/raw/2", "/x/body", "/part/" + strings.Repeat("1.", 5000) + "1",
	} {
		require.Equal(t, http.StatusNotFound, ask("GET", path).Code, path)
	}
	require.Equal(t, http.StatusOK, ask("GET", "/part/2").Code)
	whole := ask("GET", "/raw")
	require.Equal(t, raw, whole.Body.String())
	require.Equal(t, "message/rfc822", whole.Header().Get("Content-Type"))
	require.Equal(t, `attachment; filename="message.eml"`, whole.Header().Get("Content-Disposition"))
	require.Equal(t, fmt.Sprint(len(raw)), whole.Header().Get("Content-Length"))
}
