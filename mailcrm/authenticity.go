package mailcrm

import (
	"github.com/mailcrm/sdk/mailcrm/internal/quotes"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
)

// How far the sender of a received mail is proved: Authenticity.Standing, and Link.Confidence of the links made from such a mail.
const (
	SenderAuthenticated   = "authenticated"   // the domain of From vouches for the mail
	SenderUnauthenticated = "unauthenticated" // nobody does, as with many old and small servers
	SenderFailed          = "failed"          // the domain of From says that this is not its mail
)

// Authenticity is what the account's own server found out about the sender of a mail (RFC 8601). What other servers wrote into the mail is not believed.
// Of several copies of one mail the worst counts.
type Authenticity struct {
	Standing string
	Why      string // "dmarc_pass", "no_server" …: what the standing rests on; there will be more
	Sentence string // in the Actor's language
	Server   string // whose word it is, as it calls itself; empty: nobody's
}

// A Note is one thing that a reader should know about the sender of a mail before he answers or believes it. It judges nothing: newsletters have several.
type Note struct {
	Code     string // "reply_elsewhere", "mixed_scripts" …; there will be more
	Detail   string // what it is about, foreign text: addresses, a domain, a name. At most 512 bytes, on one line
	Sentence string // in the Actor's language
}

// The kinds of a [TextPart].
const (
	TextNew       = string(quotes.New)       // written for this mail
	TextContext   = string(quotes.Context)   // quoted, and answered below: shown with the answer
	TextQuote     = string(quotes.Quote)     // quoted or forwarded, and may be folded
	TextSignature = string(quotes.Signature) // may be folded
)

// A TextPart is a piece of a mail's text. Joined they are Message.Text.
type TextPart struct {
	Kind string
	Text string
}

func authenticity(f *store.Facts, locale string) *Authenticity {
	if f.Standing == "" {
		return nil
	}
	return &Authenticity{Standing: f.Standing, Why: f.Why, Sentence: Sentence("sender.why_"+f.Why, locale), Server: f.Server}
}

func notes(f *store.Facts, locale string) []Note {
	var out []Note
	for _, n := range f.Notes {
		out = append(out, Note{Code: n.Code, Detail: n.Detail, Sentence: Sentence("note.about_"+n.Code, locale)})
	}
	return out
}

func textParts(text string) []TextPart {
	var out []TextPart
	for _, b := range quotes.Split(text) {
		out = append(out, TextPart{Kind: string(b.Kind), Text: text[b.Start:b.End]})
	}
	return out
}
