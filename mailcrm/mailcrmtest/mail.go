package mailcrmtest

import "time"

// A Mail is one message of a mailbox, as [Make] and [Demo] yield it and [Server.Load] and [WriteMaildir] take it.
type Mail struct {
	// Folder is the mailbox that holds it, in UTF-8 with "/" between levels: "INBOX", "Sent", "Clients/Nordwind".
	Folder string
	// Raw is the whole message, every line ended by CRLF (RFC 5322).
	Raw []byte
	// Date is when the server received it: IMAP's INTERNALDATE. It equals the Date header for sent mail.
	Date time.Time
	// Flags are IMAP system flags and keywords: `\Seen`, `\Answered`, `$Forwarded`.
	Flags []string
	// Known are the addresses of known people in From, To and Cc (and Bcc of sent mail), lower case, sorted, each once:
	// those that a CRM loaded with the same [Correspondents] or [Cast] must link to this mail when its folder is one
	// that is linked. Own addresses and colleagues are not among them.
	Known []string
}

// A StoredMail is a message as it lies on the [Server].
type StoredMail struct {
	UID   uint32
	Flags []string // sorted; system flags in their usual spelling
	Date  time.Time
	Raw   []byte // shared with the server: not to be changed
}
