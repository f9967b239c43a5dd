package store

import (
	"time"

	"github.com/mailcrm/sdk/storage"
)

// The states of a submission. Only queued and sending have something to do.
const (
	Queued    = "queued"    // waits for NotBefore or NextTry
	Sending   = "sending"   // made durable before the first SMTP command
	Accepted  = "sent"      // the server took it for at least one recipient
	Rejected  = "rejected"  // refused for every recipient
	Uncertain = "uncertain" // the final dot went out, no answer came: a person decides
	Cancelled = "cancelled" // undone before it left
)

// The states of the copy in Sent.
const (
	CopyNone      = "none"      // nothing to do yet
	CopyPending   = "pending"   // to be appended, or looked for
	CopyAppending = "appending" // APPEND may have happened: look before doing it again
	CopyDone      = "done"
	CopyFailed    = "failed"  // given up; Error tells why
	CopySkipped   = "skipped" // there is to be none: nothing may be written to the server
)

// A Submission is a mail on its way out (RFC 6409).
type Submission struct {
	Tenant       storage.Tenant
	ID           string
	Account      string
	Agent        string
	Draft        string
	Message      string // id in messages: made when it is queued
	State        string
	NotBefore    time.Time // undo until then
	NextTry      time.Time
	Attempts     int
	Raw          storage.Digest // the bytes as sent: without Bcc
	RawSize      int64
	Bcc          []Address // in front of the copy in Sent
	MessageID    string
	Tag          string // keyed, in References and ENVID
	EnvelopeFrom string // empty: the null sender, of a receipt
	Recipients   []Recipient
	SentCopy     string
	SentMailbox  string // id
	SentUID      uint32
	CopyTries    int
	Private      bool
	Entities     []storage.Ref
	Reply        string // what the server said to the final dot
	Code         string // of the failure
	Detail       string
	Key          string // Idempotency-Key; unique per tenant and agent when not empty
	Created      time.Time
	Finished     time.Time
}

// A Recipient is one RCPT of a submission.
type Recipient struct {
	Address  string // as on the wire
	State    string // "pending", "accepted", "rejected", "deferred", "uncertain"
	Status   int    // SMTP reply code
	Enhanced string
	Text     string
}

// IsReceipt says that the mail answers a wish for a receipt: it has no sender (RFC 8098 §3), no draft, no copy in Sent, and is no message of the history.
func (s *Submission) IsReceipt() bool { return s.EnvelopeFrom == "" }
