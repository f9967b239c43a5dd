package imapconn

import (
	"fmt"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/mailcrm/sdk/folders"
)

// decodeName gives the name that people see, always valid UTF-8.
func decodeName(raw string) string {
	if strings.EqualFold(raw, "INBOX") {
		return "INBOX"
	}
	return folders.DecodeName(raw)
}

// encodeName is the spelling that go-imap writes for a name: modified UTF-7 (RFC 3501 §5.1.3).
func encodeName(name string) string {
	if strings.EqualFold(name, "INBOX") {
		return "INBOX"
	}
	return folders.EncodeName(name)
}

// escapeName makes a second spelling of a name visible: bytes outside ASCII are %XX.
func escapeName(raw string) string {
	var b strings.Builder
	for i := range len(raw) {
		if raw[i] < ' ' || raw[i] > '~' || raw[i] == '%' {
			fmt.Fprintf(&b, "%%%02X", raw[i])
			continue
		}
		b.WriteByte(raw[i])
	}
	return b.String()
}

// translation maps the names of one account between the library and the server, where their spellings differ.
type translation struct {
	toServer  map[string]string // what go-imap writes -> Raw
	toLibrary map[string]string // Raw -> what go-imap reads as Name
}

func newTranslation(mailboxes []Listed) translation {
	t := translation{toServer: map[string]string{}, toLibrary: map[string]string{}}
	for _, m := range mailboxes {
		if spelled := encodeName(m.Name); spelled != m.Raw && spelled != "INBOX" {
			t.toServer[spelled] = m.Raw
			t.toLibrary[m.Raw] = spelled
		}
	}
	return t
}

// library is how the library must read a name that the server wrote: one of those a STATUS command waits for when that is meant, in
// whatever case, spelling or composition of accents.
func (t translation) library(raw string, awaited []string) string {
	if spelled, ok := t.toLibrary[raw]; ok {
		return spelled
	}
	spelled := encodeName(decodeName(raw))
	for _, name := range awaited {
		if name == spelled {
			return spelled
		}
	}
	for _, name := range awaited {
		if strings.EqualFold(norm.NFC.String(decodeName(name)), norm.NFC.String(decodeName(raw))) {
			return name
		}
	}
	return spelled
}
