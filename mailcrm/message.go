package mailcrm

import (
	"time"

	"github.com/mailcrm/sdk/storage"
)

// A Message is a mail. When Withheld is set it is private: only ID, Direction, Date and Agent are told.
type Message struct {
	ID        string
	Thread    string
	Withheld  bool
	Private   bool
	Direction storage.Direction
	Date      time.Time
	Agent     string // who sent it, or whose account received it

	From           []Address
	ReplyTo        []Address
	To             []Address
	Cc             []Address
	Bcc            []Address // of mail sent from here
	Subject        string
	Snippet        string // one line, at most 200 characters
	HasAttachments bool
	Size           int64 // bytes

	Seen     bool
	Flagged  bool
	Answered bool
	Places   []Place // where it lies; empty: no longer in a mailbox that the Actor may read
	Links    []Link
	// InHistory says whether it stands in the history of the records it is linked to. A received mail of an account with the setting "read" enters it
	// when an agent opens it.
	InHistory bool
	// LinksPending says that the CRM could not be asked; the links will be made later.
	LinksPending bool
	// LinksUnknown says that the CRM could not tell which records the Actor may see: Links is empty for now.
	LinksUnknown bool

	// Kind says what it is to the mail that it is about: KindBounce, KindReceipt, KindAutoReply, KindFeedback; empty for an ordinary mail. All but automatic
	// replies are a status of the mail About, not a conversation: lists may fold them.
	Kind  string
	About string // id of our mail that a report is about, or that a machine answered; empty when that is not known
	// Delivery is what was reported about a mail sent from here, the worst of its recipients: DeliveryBounced …; empty when nothing was, or the Actor may not know.
	Delivery  string
	List      string // the mailing list it came through (RFC 2919); empty for none, or one without a name
	Bulk      bool   // it was not written to this reader alone: lists, newsletters, notifications
	Generated bool   // no person sent it by hand
	Away      bool   // an automatic reply says that the person is absent
	// Authenticity says how far the sender of a received mail is proved; nil for sent mail, drafts and Junk, and for mail recorded before this was looked at.
	Authenticity    *Authenticity
	Notes           []Note // what to know about the sender of a received mail
	ReceiptAnswered string // ReceiptSent, ReceiptDeclined: what was answered to the sender's wish for a receipt; empty: nothing was

	// The rest is filled by Get and Open only.

	Text    string     // the text to read, made from the HTML if there is no other
	Parts   []TextPart // the same in pieces: what is new, what is quoted, the signature
	HasHTML bool       // Content serves it
	// RemotePictures counts the pictures in the HTML that lie elsewhere: …/body?images=1 of Content shows them, and tells their senders. Of an encrypted mail
	// none is ever shown, and none is counted.
	RemotePictures int
	// PicturesShown says that …/body shows them without being asked: the Actor trusts the sender, see Messages.TrustPictures. …/body?images=0 does not.
	PicturesShown bool
	// DeceptiveLinks counts the links in the HTML whose text names another host than they lead to.
	DeceptiveLinks int
	Attachments    []Attachment
	// Decorations are pictures of signatures, logos and counters that no text shows: no attachments to a reader, though the mail has them. A picture of at most 20 KiB is one by its looks
	// and its name, and when it came before: with two earlier mails from the same domain, or with one of the same conversation.
	Decorations []Attachment
	MessageID   string
	Defects     []string // what was wrong with it, as stable codes
	// ReceiptWanted is set where the sender asks for a receipt and the Actor may answer: Messages.AnswerReceipt. It is asked once for a mail.
	ReceiptWanted *ReceiptWish
	Recipients    []Recipient // of a mail sent from here: what became of it for each. Empty when the Actor may not know
	// BytesMissing says that the mail's bytes are not kept, so that only the text known to search can be shown.
	BytesMissing bool
	Original     *Original // of the mail that was forwarded in this one; nil: none was found
}

// A Place is where a mail lies.
type Place struct {
	Account string
	Mailbox string // id
	Name    string
	Role    string
	Gone    bool // deleted from the server since
}

// An Attachment is a part of a mail that is neither its text nor a picture in it.
type Attachment struct {
	Path string // of the part, as IMAP numbers them (RFC 3501 §6.4.5)
	Name string // safe to show and to save under
	Type string
	Size int64 // bytes; of one that is OnServer, about
	// OnServer says that its bytes are not kept here but fetched from the mailbox when somebody opens it, see AccountInput.StoreAttachments.
	OnServer bool
}
