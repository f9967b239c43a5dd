package mailcrm

import (
	"context"
	"fmt"
	"html"
	"strings"
	"time"

	"github.com/mailcrm/sdk/linker"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/templates"
	"github.com/mailcrm/sdk/templates/plaintext"
)

// A Preview is a draft as its recipients would get it.
type Preview struct {
	Subject string
	HTML    string // "" for a plain text mail. Our own markup: show it in a sandboxed frame, like any mail
	Text    string
	// Problems are what must be mended before it can be sent; empty: it can.
	Problems []Problem
	// Size is about how large the mail will be, in bytes.
	Size int64
}

// A Problem is why a draft cannot be sent.
type Problem struct {
	Field   string // of the draft: "To", "Subject", "HTML" …
	Code    string // stable: "required", "unknown_field", "missing_value" …
	Line    int    // in the subject, HTML or text; 0 elsewhere
	Column  int
	Path    string // the merge field
	Message string // in the Actor's language
}

// Preview merges a draft and says what keeps it from being sent. Nothing is changed or sent.
func (d *Drafts) Preview(ctx context.Context, id string) (*Preview, error) {
	draft, err := d.load(ctx, id)
	if err != nil {
		return nil, err
	}
	acc, err := d.s.usable(ctx, draft.Account, store.RightSend)
	if err != nil {
		return nil, err
	}
	ready, err := d.s.merge(ctx, acc, draft)
	if err != nil {
		return nil, err
	}
	size := int64(len(ready.HTML)+len(ready.Text)) * 11 / 10
	for _, a := range draft.Attachments {
		size += a.Size * 137 / 100 // base64 and its line ends
	}
	return &Preview{Subject: ready.Subject, HTML: ready.HTML, Text: ready.Text, Problems: ready.Problems, Size: size + 1024}, nil
}

// A merging is a draft with its fields filled.
type merging struct {
	Subject, HTML, Text string
	Sender              store.Identity
	Problems            []Problem
}

// merge fills a draft's fields and finds all that keeps it from being sent.
func (s *Session) merge(ctx context.Context, acc *store.Account, draft *store.Draft) (*merging, error) {
	out := &merging{}
	if id := identity(acc, draft.Identity); id != nil {
		out.Sender = *id
	} else {
		out.Sender = store.Identity{Address: acc.Address, Name: displayName(acc)}
		if draft.Identity != "" { // never from another address without a word
			out.Problems = append(out.Problems, Problem{Field: "Identity", Code: "unknown", Message: say(s.actor.Locale, "draft.no_identity")})
		}
	}
	fields, err := s.fields(ctx, draft.Entity.Kind)
	if err != nil {
		return nil, err
	}
	parsed, problems := s.parse(draft.Subject, draft.HTML, draft.Text, fields)
	for _, p := range problems {
		out.Problems = append(out.Problems, Problem{Field: partField[p.Part], Code: p.Code, Line: p.Line, Column: p.Column, Path: p.Field, Message: p.Message})
	}
	values, err := s.values(ctx, fields, draft.Entity, parsed.paths(), out.Sender)
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(s.actor.Zone)
	if err != nil {
		zone = time.UTC
	}
	for _, part := range []struct {
		name     string
		template *templates.Template
		into     *string
	}{{"subject", parsed.subject, &out.Subject}, {"html", parsed.html, &out.HTML}, {"text", parsed.text, &out.Text}} {
		if part.template == nil {
			continue
		}
		res, err := part.template.Render(ctx, values, &templates.RenderOptions{Locale: s.actor.Locale, Zone: zone, MarkMissing: true})
		if err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			for _, p := range s.problems(part.name, err) {
				out.Problems = append(out.Problems, Problem{Field: partField[p.Part], Code: p.Code, Line: p.Line, Column: p.Column, Path: p.Field, Message: p.Message})
			}
			continue
		}
		*part.into = res.Output
		for _, m := range res.Missing {
			out.Problems = append(out.Problems, Problem{
				Field: partField[part.name], Code: "missing_value", Line: m.Line, Column: m.Column, Path: m.Path,
				Message: say(s.actor.Locale, "draft.missing_value", m.Path),
			})
		}
	}
	out.Subject = strings.TrimSpace(out.Subject)
	s.checkSendable(draft, out)
	if out.HTML != "" && out.Text == "" {
		out.Text = plaintext.FromHTML(out.HTML, nil)
	}
	return out, s.quote(ctx, draft, out)
}

var partField = map[string]string{"subject": "Subject", "html": "HTML", "text": "Text"}

func (s *Session) checkSendable(draft *store.Draft, m *merging) {
	add := func(field, code, sentence string, args ...any) {
		m.Problems = append(m.Problems, Problem{Field: field, Code: code, Message: say(s.actor.Locale, sentence, args...)})
	}
	if len(draft.To)+len(draft.Cc)+len(draft.Bcc) == 0 {
		add("To", "required", "draft.no_recipient")
	}
	if m.Subject == "" && !hasPart(m.Problems, "Subject") {
		add("Subject", "required", "draft.no_subject")
	}
	if strings.TrimSpace(draft.HTML) == "" && strings.TrimSpace(draft.Text) == "" && len(draft.Attachments) == 0 {
		add("Text", "required", "draft.no_text")
	}
}

func hasPart(problems []Problem, field string) bool {
	for _, p := range problems {
		if p.Field == field {
			return true
		}
	}
	return false
}

// quote adds the signature, and then the mail that is answered. Neither is merged: what others wrote is never taken for a field.
func (s *Session) quote(ctx context.Context, draft *store.Draft, m *merging) error {
	inHTML := m.HTML != ""
	if m.Sender.Signature != "" {
		if inHTML {
			m.HTML = beforeEnd(m.HTML, `<div class="signature">`+m.Sender.Signature+`</div>`)
		}
		m.Text = strings.TrimRight(m.Text, "\n") + "\n\n-- \n" + plaintext.FromHTML(m.Sender.Signature, nil)
	}
	if draft.InReplyTo == "" || !draft.Quote {
		return nil
	}
	view, err := s.quotable(ctx, draft.InReplyTo)
	if err != nil {
		return fmt.Errorf("quoting: %w", err)
	}
	body := Message{}
	if err := s.fillBody(ctx, view, &body); err != nil {
		return fmt.Errorf("quoting: %w", err)
	}
	who := linker.Normalize(firstAddress(view.Message.From))
	if len(view.Message.From) > 0 && view.Message.From[0].Name != "" {
		who = view.Message.From[0].Name
	}
	intro := say(s.actor.Locale, "quote.intro", s.day(view.Message.Date), who)
	if inHTML {
		quoted := `<p>` + html.EscapeString(intro) + `</p><blockquote style="margin:0 0 0 8px;padding-left:8px;border-left:2px solid #ccc">` + textToHTML(body.Text) + `</blockquote>`
		m.HTML = beforeEnd(m.HTML, quoted)
	}
	m.Text = strings.TrimRight(m.Text, "\n") + "\n\n" + intro + "\n" + quoteText(body.Text)
	return nil
}

func firstAddress(list []store.Address) string {
	if len(list) == 0 {
		return ""
	}
	return list[0].Address
}

// beforeEnd puts markup at the end of a body, inside it if the document says where it ends.
func beforeEnd(doc, markup string) string {
	for _, end := range []string{"</body>", "</html>"} {
		if i := strings.LastIndex(strings.ToLower(doc), end); i >= 0 && len(strings.ToLower(doc)) == len(doc) {
			return doc[:i] + markup + doc[i:]
		}
	}
	return doc + markup
}

// quoteText puts "> " in front of each line, and ">" in front of one that is a quotation already (RFC 3676 §4.5).
func quoteText(text string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimRight(strings.ReplaceAll(text, "\r\n", "\n"), "\n") + "\n") {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(line, ">"):
			b.WriteString(">" + line)
		case line == "":
			b.WriteString(">")
		default:
			b.WriteString("> " + line)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// textToHTML keeps the lines and paragraphs of a plain text.
func textToHTML(text string) string {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	var b strings.Builder
	for _, p := range strings.Split(text, "\n\n") {
		b.WriteString("<p>" + strings.ReplaceAll(html.EscapeString(strings.Trim(p, "\n")), "\n", "<br>\n") + "</p>\n")
	}
	return b.String()
}

// day is a date as the actor writes it, in his zone.
func (s *Session) day(t time.Time) string {
	zone, err := time.LoadLocation(s.actor.Zone)
	if err != nil {
		zone = time.UTC
	}
	doc, err := templates.Parse("", `{{ d | date: "long" }}`, templates.PlainText, nil)
	if err != nil {
		return t.In(zone).Format(time.DateOnly)
	}
	res, err := doc.Render(context.Background(), templates.Record(map[string]templates.Value{"d": templates.Instant(t)}), &templates.RenderOptions{Locale: s.actor.Locale, Zone: zone})
	if err != nil {
		return t.In(zone).Format(time.DateOnly)
	}
	return res.Output
}
