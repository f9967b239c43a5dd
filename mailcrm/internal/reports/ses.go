package reports

import (
	"encoding/json"
	"strings"
	"time"
)

// A notification is what Amazon SES says of a mail in JSON, sent on as a mail by SNS.
type notification struct {
	Message string `json:"Message"` // the notification again, inside

	NotificationType string `json:"notificationType"`
	EventType        string `json:"eventType"`

	Mail struct {
		MessageID     string `json:"messageId"`
		Source        string `json:"source"`
		CommonHeaders struct {
			MessageID string `json:"messageId"`
		} `json:"commonHeaders"`
	} `json:"mail"`
	Bounce struct {
		Type         string      `json:"bounceType"`
		SubType      string      `json:"bounceSubType"`
		ReportingMTA string      `json:"reportingMTA"`
		Recipients   []sesMember `json:"bouncedRecipients"`
	} `json:"bounce"`
	Complaint struct {
		Type       string      `json:"complaintFeedbackType"`
		UserAgent  string      `json:"userAgent"`
		Recipients []sesMember `json:"complainedRecipients"`
	} `json:"complaint"`
	Delivery struct {
		Recipients   []string `json:"recipients"`
		SMTPResponse string   `json:"smtpResponse"`
		ReportingMTA string   `json:"reportingMTA"`
		Timestamp    string   `json:"timestamp"`
	} `json:"delivery"`
}

type sesMember struct {
	Address    string `json:"emailAddress"`
	Action     string `json:"action"`
	Status     string `json:"status"`
	Diagnostic string `json:"diagnosticCode"`
}

// readNotification knows a notification of Amazon SES.
func (p *paper) readNotification(v *Verdict) bool {
	text := strings.TrimSpace(p.text)
	if !strings.HasPrefix(text, "{") || !strings.Contains(text, "otificationType") && !strings.Contains(text, "ventType") {
		return false
	}
	var n notification
	// The mail goes on behind the object (SNS adds how to unsubscribe), and some relays fold the lines inside of it.
	decode := func(text string) bool {
		for _, form := range []string{text, strings.ReplaceAll(text, "\n", ""), strings.ReplaceAll(text, "\n", " ")} {
			n = notification{}
			if err := json.NewDecoder(strings.NewReader(form)).Decode(&n); err == nil {
				return true
			}
		}
		return false
	}
	if !decode(text) {
		return false
	}
	if n.NotificationType == "" && n.EventType == "" && strings.HasPrefix(n.Message, "{") && !decode(n.Message) {
		return false
	}
	p.sesID = n.Mail.CommonHeaders.MessageID
	switch strings.ToLower(n.NotificationType + n.EventType) {
	case "bounce":
		d := &Delivery{Standard: true, ReportingMTA: cut(host(n.Bounce.ReportingMTA), 256)}
		for _, b := range n.Bounce.Recipients[:min(len(n.Bounce.Recipients), MaxRecipients)] {
			r := Recipient{Address: normal(b.Address), Final: cut(b.Address, 1024), Action: Failed, Diagnostic: clean(said(b.Diagnostic), MaxText)}
			if isStatus(b.Status) {
				r.Status = b.Status
			}
			j := judge(r.Diagnostic, r.Status)
			if j.status == "" && n.Bounce.Type == "Transient" {
				j.reply = max(j.reply, 400)
			}
			if j.reason == Other {
				switch n.Bounce.SubType {
				case "NoEmail", "Suppressed", "OnAccountSuppressionList":
					j.reason = UserUnknown
				case "MailboxFull":
					j.reason = MailboxFull
				case "MessageTooLarge":
					j.reason = TooBig
				case "ContentRejected", "AttachmentRejected":
					j.reason = Content
				}
			}
			r.finish(j)
			d.Recipients = append(d.Recipients, r)
		}
		if len(d.Recipients) == 0 {
			return false
		}
		v.Kind, v.Delivery = Bounce, d
	case "delivery":
		d := &Delivery{Standard: true, ReportingMTA: cut(host(n.Delivery.ReportingMTA), 256)}
		for _, a := range n.Delivery.Recipients[:min(len(n.Delivery.Recipients), MaxRecipients)] {
			r := Recipient{Address: normal(a), Final: cut(a, 1024), Action: Delivered, Diagnostic: clean(n.Delivery.SMTPResponse, MaxText)}
			found := preferred(codes(r.Diagnostic))
			r.Status, r.Reply, r.Stated = found.status, found.reply, found.status != ""
			if r.Status == "" {
				r.Status = "2.0.0"
			}
			r.LastAttempt, _ = time.Parse(time.RFC3339, n.Delivery.Timestamp)
			d.Recipients = append(d.Recipients, r)
		}
		if len(d.Recipients) == 0 {
			return false
		}
		v.Kind, v.Delivery = Bounce, d
	case "complaint":
		c := &Complaint{Type: cut(strings.ToLower(n.Complaint.Type), 64), UserAgent: cut(n.Complaint.UserAgent, 256), MailFrom: cut(n.Mail.Source, 1024)}
		seen := bag{}
		for _, r := range n.Complaint.Recipients {
			seen.add(normal(r.Address))
		}
		c.Recipients = seen.list
		v.Kind, v.Complaint = Feedback, c
	default:
		return false
	}
	return true
}

// host is what stands behind the type of a name: "dns; mx.example.com".
func host(v string) string { _, v = typed(v); return v }

// said is a diagnostic without its type: "smtp; 550 …".
func said(v string) string { _, v = typed(v); return v }
