package testservers

// Outside says what the submission server does with recipients of other
// domains. Nothing ever leaves the machine.
type Outside string

// What may become of mail for outside recipients.
const (
	Refuse  Outside = ""        // 554 at RCPT: relay access denied
	Discard Outside = "discard" // accepted, then dropped
	Bounce  Outside = "bounce"  // accepted, then a DSN comes back to the sender (Postfix only)
)

// Submission is a program that accepts outgoing mail.
type Submission string

// The programs that can serve submission.
const (
	Postfix Submission = "postfix" // the real one; wants root
	Relay   Submission = "relay"   // our stand-in, see relay.go
)

// Folder is a mailbox that each user has from the first login on.
type Folder struct {
	// Name as IMAP shows it, without the prefix, in UTF-8.
	Name string
	// Use is the Special-Use attribute (RFC 6154), such as `\Sent`. Empty: none.
	Use string
}

// MailOptions shapes a mail server. The zero value is a server as providers
// run it today.
type MailOptions struct {
	// Users who exist from the start. Defaults to alice and bob.
	Users []string
	// Folders of each user besides INBOX. Defaults to Sent, Drafts, Trash and
	// Junk with their Special-Use attributes.
	Folders []Folder
	// NoSpecialUse leaves the attributes of Folders out.
	NoSpecialUse bool
	// Prefix of all mailboxes but INBOX, such as "INBOX."; its last character
	// is the hierarchy delimiter. Defaults to no prefix.
	Prefix string
	// Separator is the hierarchy delimiter. Defaults to the last character of
	// Prefix, else "/".
	Separator string
	// Certificate that all ports show. Defaults to Trusted.
	Certificate Certificate
	// Capability replaces the IMAP capabilities that are advertised after
	// login, to hide an extension. Defaults to all that Dovecot has.
	Capability string
	// Connections that a user may hold open from one address. Defaults to 10,
	// as Dovecot does.
	Connections int
	// Mechanisms of SASL that are offered, as Dovecot spells them. Submission by
	// Postfix offers the same, but for external. Defaults to "plain login".
	Mechanisms string
	// Scheme in which passwords are stored, as "doveadm pw -s" knows it, such as
	// SCRAM-SHA-256 or SSHA256. Defaults to PLAIN, which serves every mechanism.
	Scheme string
	// Tokens is who says whether an access token is good. With it, Mechanisms may
	// have xoauth2 and oauthbearer.
	Tokens *TokenServer
	// ClientCertificates asks for certificates in the TLS handshake and lets in,
	// with the mechanism external, whoever the server's Authority vouches for:
	// see [Authority.IssueClient].
	ClientCertificates bool
	// Submission program. Defaults to Postfix for root, else to Relay.
	Submission Submission
	// Outside says what becomes of mail for other domains. Defaults to Refuse.
	Outside Outside
	// FilesSent makes the server put a copy of each submitted mail into the
	// sender's folder Sent, as Gmail and Microsoft 365 do (Postfix only).
	FilesSent bool
	// MaxMessage is the largest mail accepted, in bytes. Defaults to 25 MiB.
	MaxMessage int64
}

// submission is the program that will be used.
func (o *MailOptions) submission() Submission {
	switch {
	case o != nil && o.Submission != "":
		return o.Submission
	case root():
		return Postfix
	}
	return Relay
}

// filled is a copy with the defaults in place.
func (o *MailOptions) filled() MailOptions {
	var f MailOptions
	if o != nil {
		f = *o
	}
	f.Submission = o.submission()
	if f.Users == nil {
		f.Users = []string{"alice", "bob"}
	}
	if f.Folders == nil {
		f.Folders = []Folder{{"Sent", `\Sent`}, {"Drafts", `\Drafts`}, {"Trash", `\Trash`}, {"Junk", `\Junk`}}
	}
	if f.Separator == "" {
		f.Separator = "/"
		if f.Prefix != "" {
			f.Separator = f.Prefix[len(f.Prefix)-1:]
		}
	}
	if f.Connections == 0 {
		f.Connections = 10
	}
	if f.Mechanisms == "" {
		f.Mechanisms = "plain login"
	}
	if f.MaxMessage == 0 {
		f.MaxMessage = 25 << 20
	}
	return f
}
