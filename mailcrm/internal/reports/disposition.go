package reports

import (
	"strings"
)

// A Disposition is what was done with a mail, as the program of its recipient says (RFC 8098 §3.2).
type Disposition struct {
	// Type is "displayed", "deleted", "dispatched", "processed", or another word, lower case. Only "displayed" says that somebody may
	// have read the mail.
	Type string
	// Manual says that a person caused the action, Asked that he was asked before this receipt was sent.
	Manual, Asked bool
	// Failed says that the mail could not be shown, or that the receipt was refused ("denied", "failed", modifier "error").
	Failed bool

	Address   string // of the recipient, normalised: Original-Recipient where stated, else Final-Recipient; empty when not told
	Final     string // as stated, without its type
	MessageID string // Original-Message-ID, without angle brackets; empty when not told
	UserAgent string // Reporting-UA, at most 256 octets
	Text      string // Failure, Error or Warning, at most MaxText
}

// readDisposition knows a receipt (RFC 8098), also from programs that forget to call it a report.
func (p *paper) readDisposition(v *Verdict) bool {
	octets := p.parts.machine("message/disposition-notification", "message/global-disposition-notification")
	if octets == nil {
		return false
	}
	all := groups(octets, 4)
	g := group{}
	for _, more := range all { // some put empty lines between
		for name, value := range more {
			if g[name] == "" {
				g[name] = value
			}
		}
	}
	if g["disposition"] == "" {
		return false
	}
	d := &Disposition{UserAgent: cut(g["reporting-ua"], 256), Final: bare(xtextAddress(g["final-recipient"]))}
	mode, kind, ok := strings.Cut(strings.ToLower(g["disposition"]), ";")
	if !ok {
		mode, kind = "", mode
	}
	kind, modifier, _ := strings.Cut(kind, "/")
	d.Type = cut(strings.TrimSpace(kind), 64)
	action, sent, _ := strings.Cut(mode, "/")
	d.Manual = strings.Contains(action, "manual")
	d.Asked = strings.Contains(sent, "manual")
	d.Failed = d.Type == "denied" || d.Type == "failed" || strings.Contains(modifier, "error")
	for _, w := range []string{"failure", "error", "warning"} {
		if g[w] != "" {
			d.Text = clean(g[w], MaxText)
			break
		}
	}
	for _, a := range []string{bare(xtextAddress(g["original-recipient"])), d.Final} {
		if d.Address = normal(a); d.Address != "" {
			break
		}
	}
	if d.Address == "" && len(p.m.From) > 0 {
		d.Address = p.m.From[0].Normal()
	}
	d.MessageID = identifier(g["original-message-id"])
	v.Kind, v.Read = Receipt, d
	return true
}

// identifier is a Message-ID without its angle brackets, or "".
func identifier(v string) string {
	v = strings.TrimSpace(v)
	if i := strings.IndexByte(v, '<'); i >= 0 {
		v = v[i+1:]
		if j := strings.IndexByte(v, '>'); j >= 0 {
			v = v[:j]
		}
	}
	v = strings.Join(strings.Fields(v), "")
	if len(v) > 998 {
		return ""
	}
	return v
}
