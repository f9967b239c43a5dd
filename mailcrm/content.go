package mailcrm

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/mailcrm/sdk/mailcrm/internal/safehtml"
	"github.com/mailcrm/sdk/storage"
)

// frame is the policy of a mail's body: a sandbox without scripts, nothing from elsewhere, nothing sent away.
const frame = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data: 'self'; style-src 'unsafe-inline'; form-action 'none'"

// MaxInline is the most bytes of a picture that Content shows inside a mail.
const MaxInline = 10 << 20

// inlineTypes are the pictures that may be shown inside a mail. SVG is not one: it is a document.
var inlineTypes = map[string]bool{"image/png": true, "image/jpeg": true, "image/gif": true, "image/webp": true, "image/bmp": true, "image/avif": true}

// Content serves what is inside mails, safely, so that no host has to build that again. Mount it below a path of its own:
//
//	http.Handle("/mail/", client.Content(whoIsIt))
//
// It answers GET and HEAD of
//
//	…/{message}/body          the HTML, sanitised, for an iframe with sandbox="allow-popups allow-popups-to-escape-sandbox"
//	…/{message}/inline/{path} a picture of the mail itself, which the body refers to
//	…/{message}/part/{path}   an attachment, always as a download
//	…/{message}/raw           the mail as it came (message/rfc822), as a download
//
// Every answer carries a sandboxing Content-Security-Policy, nosniff and no-referrer, and is private to the agent. Nothing remote is loaded. whoIsIt tells
// who asks; false is answered with 401. What the agent may not see is 404.
func (c *Client) Content(whoIsIt func(*http.Request) (storage.Actor, bool)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", frame)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "private, no-store")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
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
	case n >= 3 && elements[n-2] == "inline":
		return s.serveInline(w, r, elements[n-3], elements[n-1])
	}
	return ErrNotFound
}

func (s *Session) serveBody(w http.ResponseWriter, r *http.Request, id string) error {
	view, err := s.view(r.Context(), id)
	if err != nil {
		return err
	}
	m, err := s.parsed(r.Context(), view)
	if err != nil {
		return err
	}
	pictures := map[string]string{}
	for _, p := range m.Parts {
		if p.ContentID != "" && inlineTypes[p.MediaType] {
			pictures[p.ContentID] = p.Path
		}
	}
	base := strings.TrimSuffix(r.URL.Path, "body")
	opts := &safehtml.Options{CIDURL: func(cid string) (string, bool) {
		path, ok := pictures[cid]
		return base + "inline/" + path, ok
	}}
	// Each part is cleaned by itself, so that none can swallow the next one.
	var body strings.Builder
	for _, part := range m.Bodies {
		switch {
		case !part.InHTML:
		case part.MediaType == "text/html":
			body.WriteString("<div>" + safehtml.SanitizeWith(part.Text, opts).HTML + "</div>")
		default:
			body.WriteString(textToHTML(part.Text))
		}
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, page+body.String()) // the header is out: nothing else can be told any more
	return nil
}

// page is what stands around a body.
const page = `<!doctype html><meta charset="utf-8"><meta name="color-scheme" content="light"><title>-</title><base target="_blank">` +
	`<style>body{margin:8px;font:15px/1.45 system-ui,sans-serif;color:#1b1b1b;background:#fff;overflow-wrap:anywhere}img{max-width:100%;height:auto}</style>`

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
	_, _ = io.Copy(w, raw) // the header is out: nothing else can be told any more
	return nil
}

func (s *Session) servePart(w http.ResponseWriter, r *http.Request, id, path string) error {
	part, content, err := s.Messages.Attachment(r.Context(), id, path)
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }()
	h := w.Header()
	// Always a download, and never as a type that a browser would run.
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": part.Name}))
	_, _ = io.Copy(w, content) // the header is out: nothing else can be told any more
	return nil
}

func (s *Session) serveInline(w http.ResponseWriter, r *http.Request, id, path string) error {
	part, content, err := s.Messages.Attachment(r.Context(), id, path)
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }()
	if !inlineTypes[part.Type] {
		return fmt.Errorf("part %s is not a picture: %w", path, ErrNotFound)
	}
	w.Header().Set("Content-Type", part.Type)
	_, _ = io.Copy(w, io.LimitReader(content, MaxInline)) // the header is out: nothing else can be told any more
	return nil
}

// sanitize cleans HTML that a person gave us for his own mails. Its pictures may lie elsewhere: that is between him and his readers.
func sanitize(html string) string {
	if html == "" {
		return ""
	}
	return safehtml.SanitizeWith(html, &safehtml.Options{AllowRemote: true}).HTML
}
