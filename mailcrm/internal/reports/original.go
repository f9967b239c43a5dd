package reports

import (
	"bytes"
	"slices"
	"strings"

	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
)

// TagPrefix begins our keyed tag (package seal).
const TagPrefix = "mc."

// original collects what the report tells about the mail it is about.
func (p *paper) original(v *Verdict) Original {
	var o Original
	ids, further, tags := bag{}, bag{}, bag{}
	if v.Delivery != nil {
		o.EnvelopeID = v.Delivery.EnvelopeID
		tags.tag(o.EnvelopeID)
	}
	if v.Read != nil {
		ids.add(v.Read.MessageID)
	}
	if v.Complaint != nil {
		o.EnvelopeID = v.Complaint.EnvelopeID
		tags.tag(o.EnvelopeID)
	}
	ids.add(identifier(p.sesID))
	if r := p.returned; r != nil {
		ids.add(r.MessageID)
		ids.add(r.OriginalIDs...)
		further.add(r.InReplyTo...)
		further.add(r.References...)
		for _, a := range r.From[:min(len(r.From), 1)] {
			o.From = a.Normal()
		}
		seen := bag{}
		for _, a := range slices.Concat(r.To[:min(len(r.To), MaxRecipients)], r.Cc[:min(len(r.Cc), MaxRecipients)]) {
			if len(seen.list) < MaxRecipients {
				seen.put(a.Normal())
			}
		}
		o.To = seen.list
		o.Subject = cut(r.Subject, MaxText)
		o.Date = r.Date
	}
	ids.add(p.m.InReplyTo...)
	further.add(p.m.References...)
	ids.add(p.idsInText()...)
	o.MessageIDs, o.References = ids.list, further.list
	for _, id := range slices.Concat(ids.list, further.list) {
		tags.tag(id)
	}
	o.Tags = tags.list
	return o
}

// idsInText are identifiers that servers name in their text, where no mail came back.
func (p *paper) idsInText() []string {
	if p.returned != nil && p.returned.MessageID != "" {
		return nil
	}
	var out []string
	for line := range lines(cut(p.text, 64<<10)) {
		name, value, ok := strings.Cut(strings.ToLower(line[:min(len(line), 64)]), ":")
		name = strings.Trim(name, " \t*>|")
		if !ok || !strings.HasSuffix(name, "message-id") && !strings.HasSuffix(name, "message id") && !strings.HasSuffix(name, "messageid") || value == "" && len(line) < 8 {
			continue
		}
		rest := line[strings.IndexByte(line, ':')+1:]
		if i := strings.IndexByte(rest, '<'); i >= 0 {
			if j := strings.IndexByte(rest[i:], '>'); j > 1 {
				rest = rest[i+1 : i+j]
			}
		}
		if rest = strings.TrimSpace(rest); rest != "" && len(rest) <= 998 && strings.Contains(rest, "@") && !strings.ContainsAny(rest, " \t<>") {
			if out = append(out, rest); len(out) == 4 {
				break
			}
		}
	}
	return out
}

// A bag is a list of strings, each once, bounded.
type bag struct {
	list []string
	seen map[string]struct{}
}

func (b *bag) add(ids ...string) {
	for _, id := range ids {
		if len(b.list) >= MaxIDs {
			return
		}
		b.put(id)
	}
}

func (b *bag) put(s string) {
	if s == "" {
		return
	}
	if b.seen == nil {
		b.seen = map[string]struct{}{}
	}
	if _, ok := b.seen[s]; ok {
		return
	}
	b.seen[s] = struct{}{}
	b.list = append(b.list, s)
}

// tag adds what may be our tag in an identifier.
func (b *bag) tag(id string) {
	local, _, _ := strings.Cut(id, "@")
	local = strings.ToLower(strings.TrimSpace(local))
	if len(local) > 200 || !strings.HasPrefix(local, TagPrefix) || strings.Count(local, ".") != 2 {
		return
	}
	b.add(local)
}

// parseHeader reads a header of a returned mail, and what may follow it.
func parseHeader(octets []byte) *mimemail.Message {
	if len(bytes.TrimSpace(octets)) == 0 {
		return nil
	}
	m, err := mimemail.Parse(bytes.NewReader(octets), &mimemail.Options{MaxText: 1 << 10, MaxParts: 8})
	if err != nil || m.MessageID == "" && len(m.From) == 0 && len(m.To) == 0 && m.Subject == "" {
		return nil
	}
	return m
}
