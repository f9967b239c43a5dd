package reports

import (
	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
)

// A Request is a wish for a receipt (RFC 8098 §2). What may be done about it: nothing for Junk, for a List or for Bulk; nothing unasked
// unless SafeReturn; and once for a mail.
type Request struct {
	To []string // addresses that the receipt goes to, normalised, at most 10
	// SafeReturn says that there is one address and Return-Path is the same (RFC 8098 §2.1): otherwise a receipt is never sent without a
	// person's word, since it would go to somebody who did not send the mail.
	SafeReturn bool
	// Known says that every required option of the request is known (Disposition-Notification-Options, RFC 8098 §2.2); else a receipt must
	// say "failed" or not be sent.
	Known bool
}

func readRequest(m *mimemail.Message) *Request {
	seen := bag{}
	for _, a := range m.DispositionNotificationTo[:min(len(m.DispositionNotificationTo), 100)] {
		if len(seen.list) < 10 {
			seen.put(a.Normal())
		}
	}
	if len(seen.list) == 0 {
		return nil
	}
	r := &Request{To: seen.list, Known: true}
	back := m.Header.All("Return-Path")
	r.SafeReturn = len(r.To) == 1 && len(back) == 1 && normal(back[0]) == r.To[0]
	for _, v := range m.Header.All("Disposition-Notification-Options") {
		if containsFold(v, "=required") || containsFold(v, "= required") {
			r.Known = false
		}
	}
	return r
}
