package mailcrm

import (
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
)

// An Original says who wrote the mail that was forwarded in a [Message]. Whoever forwards can write there what he likes: it is a hint for people, and links nothing
// by itself.
type Original struct {
	From      Address
	Date      time.Time // zero: not stated, or in words that only people read
	Written   string    // the date as it stands there
	Subject   string
	MessageID string // of an attached mail
	Part      string // path of the attached mail; empty when its header was copied into the text
	Sure      bool   // the forwarded mail is attached, with its header as it came
}

// originalOf finds the forwarded mail in a mail; nil where there is none, or where it could as well be a reply.
func originalOf(m *mimemail.Message) *Original {
	o, ok := m.Original()
	if !ok || o.Confidence == mimemail.Low {
		return nil
	}
	return &Original{
		From: Address{Name: o.From.Name, Address: o.From.Address}, Date: o.Date, Written: o.Written, Subject: o.Subject, MessageID: o.MessageID, Part: o.Path,
		Sure: o.How == mimemail.Attached,
	}
}
