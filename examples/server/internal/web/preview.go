package web

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/mailcrm/sdk/mailcrm"
)

// previewPage is a draft as its recipients would get it: GET /drafts/{id}/preview.
type previewPage struct {
	frame
	ID       string
	Key      string // makes a second click harmless
	From     string
	To       string
	Cc       string
	Bcc      string
	Subject  []mark
	HTML     bool
	Height   int
	Text     []mark
	Files    []attached
	Size     string
	Problems []problem
	Entity   choice
	Private  bool
	Receipt  bool
}

// A mark is a piece of text; a gap is a field without a value.
type mark struct {
	Text string
	Gap  bool
}

// A problem is why a mail cannot be sent, with the place to mend it.
type problem struct {
	Where string // "Subject, line 1, column 8"
	Text  string
	URL   string
}

// gaps are how a preview marks fields without a value.
const (
	gapOpen  = "⟦"
	gapClose = "⟧"
)

// marks finds the gaps of a merged text.
func marks(text string) []mark {
	var out []mark
	for text != "" {
		before, rest, found := strings.Cut(text, gapOpen)
		if before != "" {
			out = append(out, mark{Text: before})
		}
		if !found {
			break
		}
		gap, after, closed := strings.Cut(rest, gapClose)
		if !closed {
			out = append(out, mark{Text: gapOpen + rest})
			break
		}
		out = append(out, mark{Text: gap, Gap: true})
		text = after
	}
	return out
}

func (s *site) preview(v *visit) error { return v.showPreview(http.StatusOK, v.r.PathValue("id")) }

func (v *visit) showPreview(status int, id string) error {
	d, err := v.mail.Drafts.Get(v.ctx(), id)
	if err != nil {
		return err
	}
	merged, err := v.mail.Drafts.Preview(v.ctx(), id)
	if err != nil {
		return err
	}
	p := previewPage{
		frame: v.frame("preview.title", "compose"), ID: id, Key: fmt.Sprintf("page-%s-%d", id, d.Revision),
		To: list(d.To), Cc: list(d.Cc), Bcc: list(d.Bcc), Subject: marks(merged.Subject), HTML: merged.HTML != "", Height: height(merged.Text),
		Text: marks(merged.Text), Size: v.lang.size(merged.Size), Private: d.Private, Receipt: d.Receipt,
	}
	p.From = v.sender(*d)
	for _, a := range d.Attachments {
		p.Files = append(p.Files, attached{ID: a.ID, Name: a.Name, Size: v.lang.size(a.Size)})
	}
	for _, e := range v.entitiesFor(*d) {
		if e.Ref == refText(d.Entity) {
			p.Entity = e
		}
	}
	p.Problems = v.problems(id, merged.Problems)
	return v.showStatus(status, "preview", p)
}

// sender is the identity that a draft is sent as.
func (v *visit) sender(d mailcrm.Draft) string {
	a, err := v.mail.Accounts.Get(v.ctx(), d.Account)
	if err != nil {
		return ""
	}
	for _, id := range a.Identities {
		if id.ID == d.Identity || d.Identity == "" && id.Default {
			return written(mailcrm.Address{Name: id.Name, Address: id.Address})
		}
	}
	return a.Address
}

func (v *visit) problems(id string, found []mailcrm.Problem) []problem {
	var out []problem
	for _, f := range found {
		name := strings.ToLower(f.Field)
		p := problem{Where: f.Field, Text: f.Message, URL: "/drafts/" + id + "#" + anchor(name)}
		if known("part." + name) {
			p.Where = v.say("part." + name)
		}
		if f.Line > 1 || f.Column > 1 {
			p.Where = v.say("part.place", p.Where, f.Line, f.Column)
		}
		out = append(out, p)
	}
	return out
}

// anchor is the field of the form where a part of a draft is written.
func anchor(part string) string {
	if part == "html" || part == "text" {
		return "body"
	}
	return part
}

// bodyPolicy is that of a mail's body in the frame of a preview: no script, nothing from elsewhere, nothing sent away.
const bodyPolicy = "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'self'"

// bodyStyle shows a mail on white, as most programs do, and its gaps in red.
const bodyStyle = `<!doctype html><meta charset="utf-8"><meta name="color-scheme" content="light"><title>-</title><style>` +
	`body{margin:12px;font:15px/1.45 system-ui,sans-serif;color:#1b1b1b;background:#fff;overflow-wrap:anywhere}img{max-width:100%;height:auto}` +
	`mark{background:#ffe1de;color:#a3140a;font-weight:600;outline:1px solid #d3453a;border-radius:2px}</style>`

// previewBody is GET /drafts/{id}/body, for the frame.
func (s *site) previewBody(v *visit) error {
	merged, err := v.mail.Drafts.Preview(v.ctx(), v.r.PathValue("id"))
	if err != nil {
		return err
	}
	v.writeBody(merged.HTML)
	return nil
}

// writeBody answers with a mail's body under its own policy.
func (v *visit) writeBody(source string) {
	h := v.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", bodyPolicy)
	h.Set("Referrer-Policy", "no-referrer")
	_, _ = v.w.Write([]byte(bodyStyle + source)) // the visitor may be gone: there is nobody to tell
}

// send is POST /drafts/{id}/send.
func (s *site) send(v *visit) error { return v.sendDraft(v.r.PathValue("id"), v.field("key")) }

// sendDraft puts a draft on its way, or shows what is missing.
func (v *visit) sendDraft(id, key string) error {
	sub, err := v.mail.Drafts.Send(v.ctx(), mailcrm.SendInput{ID: id, Key: key})
	var unready *mailcrm.UnreadyError
	if errors.As(err, &unready) {
		return v.showPreview(http.StatusUnprocessableEntity, id)
	}
	if err != nil {
		return err
	}
	return v.to("/outbox", "done", "queued", "sent", sub.ID)
}
