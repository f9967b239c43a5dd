package mailcrm

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
	"github.com/mailcrm/sdk/mailcrm/internal/safehtml"
	"github.com/mailcrm/sdk/storage"
)

// frame is the policy of a mail's body: a sandbox without scripts, nothing fetched, nothing sent away. With pictures, those that we fetch are too.
const (
	frame        = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'"
	pictureFrame = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data: 'self'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'"
)

// Limits of the pictures of a mail that Content shows in its body; what is larger is an attachment only.
const (
	MaxInline    = 2 << 20 // bytes of one picture
	MaxInlineAll = 8 << 20 // bytes of all of one mail
)

// inlineTypes are the pictures that may be shown inside a mail. SVG is not one: it is a document.
var inlineTypes = map[string]bool{"image/png": true, "image/jpeg": true, "image/gif": true, "image/webp": true, "image/bmp": true, "image/avif": true}

// Content serves what is inside mails, safely, so that no host has to build that again. Mount it below a path of its own:
//
//	http.Handle("/mail/", client.Content(whoIsIt))
//
// It answers GET and HEAD of
//
//	…/{message}/body          the HTML, sanitised, for an iframe with sandbox="allow-popups allow-popups-to-escape-sandbox";
//	                          the mail's own pictures are in it, since a sandboxed frame has no cookies to fetch them with
//	…/{message}/body?images=1 the same with the pictures that lie elsewhere (Message.RemotePictures): ask for it only on a person's word,
//	                          since their senders hear of it. Where Message.PicturesShown is set they are there without it, and images=0 leaves them out
//	…/{message}/picture?…     one of those, fetched by us; the address is made by …/body, is good for a day or two, and needs no cookie:
//	                          whoIsIt is not asked, and nothing in front of this handler may refuse it
//	…/{message}/part/{path}   an attachment, as a download
//	…/{message}/part/{path}?open=1
//	                          the same to look at, where that is safe: a picture (not SVG), or text, shown as plain text; all else stays a download
//	…/{message}/raw           the mail as it came (message/rfc822), as a download
//
// Every answer carries a sandboxing Content-Security-Policy, nosniff and no-referrer, and is private to the agent. No browser ever asks another server than
// this one for what a mail names. Behind a link whose text names another host than it leads to stands the real one. whoIsIt tells who asks; false is
// answered with 401. What the agent may not see is 404.
func (c *Client) Content(whoIsIt func(*http.Request) (storage.Actor, bool)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		if !c.layers.unframed {
			h.Set("Content-Security-Policy", frame)
		}
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "private, no-store")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("X-DNS-Prefetch-Control", "off")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
			return
		}
		if elements := strings.Split(strings.Trim(r.URL.Path, "/"), "/"); len(elements) >= 2 && elements[len(elements)-1] == "picture" {
			if err := c.servePicture(w, r, elements[len(elements)-2]); err != nil {
				code, status := storage.Code(err)
				http.Error(w, code, status)
			}
			return
		}
		actor, ok := whoIsIt(r)
		if !ok {
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		if err := c.As(actor).serve(w, r); err != nil {
			code, status := storage.Code(err)
			if status >= http.StatusInternalServerError {
				c.cfg.Logger.ErrorContext(r.Context(), "content not served", "code", code, "error", err)
			}
			http.Error(w, code, status)
		}
	})
}

func (s *Session) serve(w http.ResponseWriter, r *http.Request) error {
	elements := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	n := len(elements)
	switch {
	case n >= 2 && elements[n-1] == "body":
		return s.serveBody(w, r, elements[n-2])
	case n >= 2 && elements[n-1] == "raw":
		return s.serveRaw(w, r, elements[n-2])
	case n >= 3 && elements[n-2] == "part":
		return s.servePart(w, r, elements[n-3], elements[n-1])
	}
	return ErrNotFound
}

func (s *Session) serveBody(w http.ResponseWriter, r *http.Request, id string) error {
	view, err := s.view(r.Context(), id)
	if err != nil {
		return err
	}
	pictures := &pictures{urls: map[string]string{}}
	m, err := s.parsed(r.Context(), view, pictures.take)
	if err != nil {
		return err
	}
	s.fetchPictures(r.Context(), view, m, pictures)
	opts := &safehtml.Options{CIDURL: pictures.url, MarkLinks: true, Blank: blank}
	wanted := r.URL.Query().Get("images") == "1" && !isEncrypted(m)
	if !wanted && r.URL.Query().Get("images") == "" {
		if wanted, err = s.showsPictures(r.Context(), view, m); err != nil {
			return err
		}
	}
	if wanted {
		left := MaxPictures
		if !s.client.layers.unframed {
			w.Header().Set("Content-Security-Policy", pictureFrame)
		}
		opts.AllowRemote = true
		opts.RemoteURL = func(address string) string {
			if left--; left < 0 {
				return ""
			}
			return s.remotePicture(id, address)
		}
	}
	// Each part is cleaned by itself, so that none can swallow the next one; the first one says how the page is laid out.
	var body strings.Builder
	doctype, shown := "<!doctype html>", 0
	for _, part := range m.Bodies {
		if part.InHTML {
			shown++
		}
	}
	opts.Body = "padding: 8px"
	if shown == 1 {
		opts.Body += "; min-height: 100vh; box-sizing: border-box"
	}
	for i, part := range m.Bodies {
		switch {
		case !part.InHTML:
		case part.MediaType == "text/html" && s.client.layers.unclean:
			body.WriteString(part.Text)
		case part.MediaType == "text/html":
			clean := safehtml.SanitizeWith(part.Text, opts)
			if i == 0 || shown == 1 {
				doctype = clean.Doctype
			}
			body.WriteString("<div>" + clean.HTML + "</div>")
		default:
			body.WriteString(`<div style="padding: 8px; line-height: 1.45">` + textToHTML(part.Text) + "</div>")
		}
	}
	shownBody := body.String()
	if !s.client.layers.unframed {
		shownBody = unconnected(shownBody)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, doctype+page+shownBody) // the header is out: nothing else can be told any more
	return nil
}

// layers are what Content does without in tests, which hold each layer to be enough alone. Hosts cannot reach it.
type layers struct {
	unclean  bool // bodies as they came
	unframed bool // no policy, no sandbox
}

// pictures are those that a mail brought along, by Content-ID (RFC 2392), each as a data: URL.
type pictures struct {
	urls map[string]string
	size int // of all URLs
	used int // of all URLs that were written into the body: one picture may stand there many times
}

// take is a mimemail.Options.Part.
func (p *pictures) take(part mimemail.Part, body io.Reader) error {
	if part.ContentID == "" || !inlineTypes[part.MediaType] || part.Left > 0 {
		return nil
	}
	content, err := io.ReadAll(io.LimitReader(body, MaxInline+1))
	if err != nil || len(content) > MaxInline || p.size+len(content) > MaxInlineAll {
		return nil //nolint:nilerr // a picture that cannot be shown is no reason not to show the mail
	}
	p.size += len(content)
	p.urls[part.ContentID] = "data:" + part.MediaType + ";base64," + base64.StdEncoding.EncodeToString(content)
	return nil
}

// url is a safehtml.Options.CIDURL.
func (p *pictures) url(cid string) (string, bool) {
	u, ok := p.urls[cid]
	if p.used += len(u); p.used > 2*MaxInlineAll {
		return "", false
	}
	return u, ok
}

// blank is a transparent GIF of one pixel.
const blank = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"

// page is what stands around a body. A picture that is not there keeps its box, and shows its words in it.
const page = `<meta charset="utf-8"><meta name="color-scheme" content="light"><title>-</title><base target="_blank">` +
	`<style>body{margin:0;font-family:system-ui,sans-serif;font-size:15px;color:#1b1b1b;background:#fff;overflow-wrap:break-word}img{max-width:100%}` +
	`img:not([src]){display:inline-block;overflow:hidden;font-size:11px}img:not([src])[alt]:not([alt=""]){outline:1px dashed #bbb;outline-offset:-1px}` +
	`@media(max-width:600px){img{height:auto}}</style>`

func (s *Session) serveRaw(w http.ResponseWriter, r *http.Request, id string) error {
	raw, size, err := s.Messages.Raw(r.Context(), id)
	if err != nil {
		return err
	}
	defer func() { _ = raw.Close() }()
	h := w.Header()
	h.Set("Content-Type", "message/rfc822")
	h.Set("Content-Disposition", `attachment; filename="message.eml"`)
	h.Set("Content-Length", fmt.Sprint(size))
	if r.Method == http.MethodHead {
		return nil
	}
	return copied(w, raw)
}

// copied sends what is left of an answer. When it ends early the connection is ended too, so that nobody takes a part for the whole: the header is out, and nothing else can be
// told any more.
func copied(w io.Writer, content io.Reader) error {
	if _, err := io.Copy(w, content); err != nil {
		panic(http.ErrAbortHandler)
	}
	return nil
}

func (s *Session) servePart(w http.ResponseWriter, r *http.Request, id, path string) error {
	part, content, err := s.Messages.Attachment(r.Context(), id, path)
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }()
	h := w.Header()
	// A download as bytes, never as a type that a browser would run.
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", ContentDisposition("attachment", part.Name))
	shown := io.Reader(content)
	if r.URL.Query().Get("open") == "1" {
		head := bufio.NewReaderSize(content, 1<<10)
		begins, _ := head.Peek(512) // what fails now fails again when it is copied
		if kind := openType(part.Type, begins); kind != "" {
			h.Set("Content-Type", kind)
			h.Set("Content-Disposition", ContentDisposition("inline", part.Name))
		}
		shown = head
	}
	if r.Method == http.MethodHead {
		return nil
	}
	_, _ = io.Copy(w, shown) // the header is out: nothing else can be told any more
	return nil
}

// openType is the type as which a browser may show a part, or "": a picture that is one by its first bytes too, and text as plain text, whatever markup it is.
func openType(stated string, begins []byte) string {
	found := http.DetectContentType(begins)
	switch {
	case inlineTypes[stated] && strings.HasPrefix(found, "image/"):
		if inlineTypes[found] {
			return found
		}
	case strings.HasPrefix(stated, "text/") && strings.HasPrefix(found, "text/"):
		if !utf8.Valid(wholeRunes(begins)) {
			return "text/plain; charset=windows-1252"
		}
		return "text/plain; charset=utf-8"
	}
	return ""
}

// wholeRunes leaves out a character that was cut at the end.
func wholeRunes(b []byte) []byte {
	for i := 1; i <= utf8.UTFMax && i <= len(b); i++ {
		if utf8.RuneStart(b[len(b)-i]) {
			if !utf8.FullRune(b[len(b)-i:]) {
				return b[:len(b)-i]
			}
			break
		}
	}
	return b
}

// sanitize cleans HTML that a person gave us for his own mails. Its pictures may lie elsewhere: that is between him and his readers.
func sanitize(html string) string {
	if html == "" {
		return ""
	}
	return safehtml.SanitizeWith(html, &safehtml.Options{AllowRemote: true}).HTML
}
