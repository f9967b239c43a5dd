package web

import (
	"errors"
	"io"
	"strings"
	"unicode"

	"github.com/mailcrm/sdk/mailcrm"
)

// The ways to look at a mail: ?view=
const (
	viewHTML    = "html"
	viewText    = "text"
	viewHeaders = "headers"
	viewRaw     = "raw"
)

// maxSource is how many bytes of a mail's source are shown; all of it can be kept as a file.
const maxSource = 128 << 10

// A viewLink is a way to look at the mail.
type viewLink struct {
	Label string
	URL   string
	Here  bool
}

// looks fills in the way in which the mail is looked at, and the others.
func (p *messagePage) looks(v *visit, m *mailcrm.Message) error {
	known := []string{viewText, viewHeaders, viewRaw}
	if m.HasHTML {
		known = append([]string{viewHTML}, known...)
	}
	p.View = known[0]
	for _, view := range known {
		if v.query("view") == view {
			p.View = view
		}
	}
	for i, view := range known {
		link := viewLink{Label: v.say("mail.view." + view), URL: address("/message/"+m.ID, "view", view, "back", v.query("back")), Here: view == p.View}
		if i == 0 {
			link.URL = address("/message/"+m.ID, "back", v.query("back"))
		}
		p.Views = append(p.Views, link)
	}
	var err error
	switch p.View {
	case viewText:
		p.Blocks = textBlocks(m)
	case viewHeaders:
		p.Headers, err = v.mail.Messages.Headers(v.ctx(), m.ID)
	case viewRaw:
		p.Source, p.Cut, err = v.source(m.ID)
	}
	if errors.Is(err, mailcrm.ErrUnavailable) || errors.Is(err, mailcrm.ErrNotFound) {
		p.Missing, p.View = mailcrm.Sentence("message.bytes_missing", string(v.lang)), viewText
		p.Blocks = textBlocks(m)
		return nil
	}
	return err
}

// source is the beginning of a mail as it came, with what cannot be shown made visible, and whether there is more.
func (v *visit) source(id string) (text string, more bool, err error) {
	raw, size, err := v.mail.Messages.Raw(v.ctx(), id)
	if err != nil {
		return "", false, err
	}
	defer func() { _ = raw.Close() }()
	read, err := io.ReadAll(io.LimitReader(raw, maxSource))
	if err != nil {
		return "", false, err
	}
	return visible(string(read)), size > int64(len(read)), nil
}

// visible replaces octets that are no text, and characters that would act on a page or a terminal, by one that is seen.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r':
			return -1
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == 0x2028 || r == 0x2029:
			return '\ufffd'
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
}

// textBlocks are the pieces of a mail's text: what was quoted and signatures are folded away.
func textBlocks(m *mailcrm.Message) []block {
	var out []block
	for _, part := range m.Parts {
		text := strings.Trim(strings.ReplaceAll(part.Text, "\r\n", "\n"), "\n")
		if strings.TrimSpace(text) == "" {
			continue
		}
		b := block{Spans: spans(text)}
		lines := 1 + strings.Count(text, "\n")
		b.Quote = part.Kind == mailcrm.TextQuote && lines >= 3 // less is not worth folding
		b.Signature = part.Kind == mailcrm.TextSignature && lines >= 2
		if n := len(out); n > 0 && !b.Quote && !b.Signature && !out[n-1].Quote && !out[n-1].Signature {
			out[n-1].Spans = append(out[n-1].Spans, spans("\n\n"+text)...)
			continue
		}
		out = append(out, b)
	}
	if len(out) == 0 {
		return blocks(m.Text)
	}
	return out
}
