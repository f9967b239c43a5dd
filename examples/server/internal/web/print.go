package web

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/storage"
)

// printPolicy is that of a page to be printed: a mail's body with its header above, alone, without scripts and with nothing from elsewhere.
const printPolicy = "sandbox allow-popups allow-popups-to-escape-sandbox allow-modals; default-src 'none'; img-src data: 'self'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'self'; frame-ancestors 'none'"

// printHead is what stands above the mail. Its values are escaped by html/template.
var printHead = template.Must(template.New("print").Parse(`<title>{{.Title}}</title><base href="/mail/{{.ID}}/">` +
	`<style>.mailcrm-head{font:14px/1.4 system-ui,sans-serif;color:#1b1b1b;background:#fff;margin:8px;padding-bottom:8px;border-bottom:2px solid #999}.mailcrm-head h1{font-size:18px;margin:0 0 6px}` +
	`.mailcrm-head dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 12px;margin:0}.mailcrm-head dt{color:#555}.mailcrm-head dd{margin:0;overflow-wrap:anywhere}.mailcrm-text{white-space:pre-wrap;overflow-wrap:anywhere;margin:8px;font:15px/1.45 system-ui,sans-serif}</style>` +
	`<header class="mailcrm-head"><h1 dir="auto">{{.Title}}</h1><dl>{{range .Lines}}<dt>{{.Label}}</dt><dd><bdi>{{.Value}}</bdi></dd>{{end}}</dl></header>{{with .Text}}<div class="mailcrm-text" dir="auto">{{.}}</div>{{end}}`))

// printed is GET /message/{id}/print: the header and the body in one document, for the browser's own printing. It opens nothing and marks nothing.
func (s *site) printed(v *visit) error {
	m, err := v.mail.Messages.Get(v.ctx(), v.r.PathValue("id"))
	if err != nil {
		return err
	}
	if m.Withheld {
		return mailcrm.ErrNotFound
	}
	head := struct {
		ID, Title, Text string
		Lines           []shown
	}{ID: url.PathEscape(m.ID), Title: strings.TrimSpace(m.Subject)}
	if head.Title == "" {
		head.Title = v.say("mail.no_subject")
	}
	line := func(label, value string) {
		if value != "" {
			head.Lines = append(head.Lines, shown{label, value})
		}
	}
	line(v.say("header.from"), inLine(m.From))
	line(v.say("header.to"), inLine(m.To))
	line(v.say("header.cc"), inLine(m.Cc))
	if m.Direction == storage.Sent {
		line(v.say("header.bcc"), inLine(m.Bcc))
	}
	line(v.say("mail.date"), v.clock.full(m.Date))
	var names []string
	for _, a := range m.Attachments {
		names = append(names, fmt.Sprintf("%s (%s)", a.Name, v.lang.size(a.Size)))
	}
	line(v.say("mail.files"), strings.Join(names, ", "))

	before, after := `<!doctype html><meta charset="utf-8"><meta name="color-scheme" content="light">`, ""
	if m.HasHTML && v.query("view") != viewText {
		if before, after, err = v.bodyAround(m.ID, v.query("images") == "1" && meant(v.r)); err != nil {
			return err
		}
	} else {
		head.Text = m.Text
	}
	var out bytes.Buffer
	out.WriteString(before)
	if err := printHead.Execute(&out, head); err != nil {
		return err
	}
	out.WriteString(after)
	h := v.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", printPolicy)
	h.Set("Referrer-Policy", "no-referrer")
	_, _ = v.w.Write(out.Bytes()) // the visitor may be gone: there is nobody to tell
	return nil
}

// bodyAround is a mail's body as mailcrm.Content made it safe, cut where a head can be put in.
func (v *visit) bodyAround(id string, images bool) (before, after string, err error) {
	r := v.r.Clone(v.ctx())
	r.Method, r.URL = http.MethodGet, &url.URL{Path: "/mail/" + id + "/body"}
	if images {
		r.URL.RawQuery = "images=1"
	}
	answer := &kept{head: http.Header{}, status: http.StatusOK}
	v.site.content.ServeHTTP(answer, r)
	switch {
	case answer.status == http.StatusNotFound:
		return "", "", mailcrm.ErrNotFound
	case answer.status >= http.StatusBadRequest:
		return "", "", mailcrm.ErrUnavailable
	}
	const end = "</style>" // of Content's own sheet, which stands before everything of the sender's
	text := answer.body.String()
	at := strings.Index(text, end) + len(end)
	return strings.Replace(text[:at], "<title>-</title>", "", 1), text[at:], nil
}

// inLine is addresses in one line.
func inLine(list []mailcrm.Address) string {
	out := make([]string, len(list))
	for i, a := range list {
		out[i] = a.Address
		if name := strings.TrimSpace(a.Name); name != "" && !strings.EqualFold(name, a.Address) {
			out[i] = name + " <" + a.Address + ">"
		}
	}
	return strings.Join(out, ", ")
}

// kept is an answer that is held back.
type kept struct {
	head   http.Header
	body   bytes.Buffer
	status int
}

// Header is the answer's.
func (k *kept) Header() http.Header { return k.head }

// WriteHeader keeps the status.
func (k *kept) WriteHeader(status int) { k.status = status }

// Write keeps the body, which mailcrm bounds.
func (k *kept) Write(b []byte) (int, error) { return k.body.Write(b) }
