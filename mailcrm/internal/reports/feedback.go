package reports

import (
	"strings"
	"time"
)

// A Complaint is a report of a mail provider about a mail that its reader called spam, or that failed authentication (RFC 5965, 6591).
type Complaint struct {
	Type       string    // "abuse", "fraud", "virus", "not-spam", "auth-failure", "opt-out" or another, lower case
	Recipients []string  // who complained, normalised; often withheld
	MailFrom   string    // the envelope sender of the original, as stated
	EnvelopeID string    // Original-Envelope-Id, xtext decoded
	SourceIP   string    // from which the original came, as stated
	UserAgent  string    // of the reporting program, at most 256 octets
	Arrival    time.Time // of the original; zero when not told
}

// readFeedback knows a complaint by its part for machines, and that of Microsoft's JMRP by its header.
func (p *paper) readFeedback(v *Verdict) bool {
	c := &Complaint{}
	octets := p.parts.machine("message/feedback-report", "message/feedback-report")
	switch {
	case octets != nil:
		all := groups(octets, 4)
		if len(all) == 0 || all[0]["feedback-type"] == "" && p.reportType != "feedback-report" {
			return false
		}
		g := all[0]
		c.Type = cut(strings.ToLower(strings.TrimSpace(g["feedback-type"])), 64)
		c.MailFrom = bare(g["original-mail-from"])
		c.EnvelopeID = cut(xtext(g["original-envelope-id"]), 256)
		c.SourceIP = cut(g["source-ip"], 64)
		c.UserAgent = cut(g["user-agent"], 256)
		c.Arrival = moment(g["arrival-date"])
		if c.Arrival.IsZero() {
			c.Arrival = moment(g["received-date"])
		}
		seen := bag{}
		for _, more := range all {
			for _, name := range []string{"original-rcpt-to", "removal-recipient"} {
				seen.add(normal(more[name]))
			}
		}
		c.Recipients = seen.list
	case p.reportType == "feedback-report":
		c.Type = "abuse"
	case p.returned != nil && p.m.Header.Get("X-HmXmrOriginalRecipient") != "" || p.returned != nil && p.returned.Header.Get("X-HmXmrOriginalRecipient") != "":
		c.Type = "abuse"
		seen := bag{}
		seen.add(normal(p.m.Header.Get("X-HmXmrOriginalRecipient")), normal(p.returned.Header.Get("X-HmXmrOriginalRecipient")))
		c.Recipients = seen.list
	case p.m.Header.Get("X-Apple-Unsubscribe") == "true":
		c.Type = "opt-out" // a reader told his mail program to unsubscribe, which wrote to the mailto of List-Unsubscribe
		if len(p.m.From) > 0 {
			seen := bag{}
			seen.add(p.m.From[0].Normal())
			c.Recipients = seen.list
		}
	default:
		return false
	}
	v.Kind, v.Complaint = Feedback, c
	return true
}
