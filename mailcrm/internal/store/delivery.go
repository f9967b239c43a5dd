package store

import (
	"time"

	"github.com/mailcrm/sdk/storage"
)

// The states of a delivery, each further than the ones before it.
const (
	Delayed    = "delayed"    // it has not arrived, and is tried again
	Relayed    = "relayed"    // it went to a server that reports nothing, or to the members of a list
	Delivered  = "delivered"  // it lies in the mailbox
	Bounced    = "bounced"    // it did not arrive
	Displayed  = "displayed"  // the recipient's program says that it was shown
	Complained = "complained" // the recipient called it spam
)

// A Delivery is what was reported about a sent mail and one of its recipients, after the server that we gave it to had taken it. It is apart from the
// [Submission], which whoever sends writes as a whole.
type Delivery struct {
	Tenant     storage.Tenant
	Submission string
	Address    string // normalised
	Message    string // that was sent
	State      string
	DeliveryContent
}

// DeliveryContent is what of a Delivery is never asked for by its parts. What belongs to a state that was left stays.
type DeliveryContent struct {
	At          time.Time `json:"at"`                    // when the state began, as the report says, else when it came
	Hard        bool      `json:"hard,omitempty"`        // of Bounced: it will happen again
	Status      string    `json:"status,omitempty"`      // RFC 3463
	Reply       int       `json:"reply,omitempty"`       // SMTP reply code; 0: none was seen
	Reason      string    `json:"reason,omitempty"`      // reports.Reason
	Diagnostic  string    `json:"diagnostic,omitempty"`  // the server's words, at most 2 KiB
	Host        string    `json:"host,omitempty"`        // that said it
	RetryUntil  time.Time `json:"retry_until,omitzero"`  // of Delayed
	Bounced     time.Time `json:"bounced,omitzero"`      // when
	Disposition string    `json:"disposition,omitempty"` // of a receipt: displayed, deleted … (RFC 8098 §3.2.6.2)
	Displayed   time.Time `json:"displayed,omitzero"`    // when
	Complaint   string    `json:"complaint,omitempty"`   // its type (RFC 5965)
	Report      string    `json:"report,omitempty"`      // id of the message that reported last
}
