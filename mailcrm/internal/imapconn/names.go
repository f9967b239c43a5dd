package imapconn

import (
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Modified UTF-7 is the spelling of mailbox names in IMAP4rev1 (RFC 3501 §5.1.3): printable ASCII stands for itself, & is "&-", and all
// else is UTF-16 in base64 between "&" and "-", with "," for "/".
var mutf7 = base64.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,").WithPadding(base64.NoPadding)

// decodeName gives the name that people see, always valid UTF-8. What is no modified UTF-7 is taken as what it looks like: UTF-8, or else
// Latin-1.
func decodeName(raw string) string {
	if strings.EqualFold(raw, "INBOX") {
		return "INBOX"
	}
	if name, ok := decodeUTF7(raw); ok {
		return name
	}
	if utf8.ValidString(raw) {
		return raw
	}
	runes := make([]rune, len(raw))
	for i := range len(raw) {
		runes[i] = rune(raw[i])
	}
	return string(runes)
}

// decodeUTF7 reads modified UTF-7. It accepts more than one spelling of a name (base64 of ASCII, stray bits); encodeName writes the right
// one, and where that is not what the server wrote, translation knows.
func decodeUTF7(raw string) (string, bool) {
	var b strings.Builder
	for len(raw) > 0 {
		if raw[0] != '&' {
			if raw[0] < ' ' || raw[0] > '~' {
				return "", false
			}
			b.WriteByte(raw[0])
			raw = raw[1:]
			continue
		}
		shifted, rest, ok := strings.Cut(raw[1:], "-")
		if !ok {
			return "", false
		}
		raw = rest
		if shifted == "" {
			b.WriteByte('&')
			continue
		}
		text, err := mutf7.DecodeString(shifted)
		if err != nil || len(text)%2 != 0 {
			return "", false
		}
		units := make([]uint16, len(text)/2)
		for i := range units {
			units[i] = uint16(text[2*i])<<8 | uint16(text[2*i+1])
		}
		b.WriteString(string(utf16.Decode(units)))
	}
	return b.String(), true
}

// encodeName is the spelling that go-imap writes for a name.
func encodeName(name string) string {
	if strings.EqualFold(name, "INBOX") {
		return "INBOX"
	}
	var b strings.Builder
	var shifted []byte
	flush := func() {
		if len(shifted) > 0 {
			b.WriteString("&" + mutf7.EncodeToString(shifted) + "-")
			shifted = shifted[:0]
		}
	}
	for _, r := range name {
		if r < ' ' || r > '~' {
			for _, unit := range utf16.Encode([]rune{r}) {
				shifted = append(shifted, byte(unit>>8), byte(unit))
			}
			continue
		}
		flush()
		b.WriteRune(r)
		if r == '&' {
			b.WriteByte('-')
		}
	}
	flush()
	return b.String()
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
// whatever case or spelling.
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
		if strings.EqualFold(name, raw) || strings.EqualFold(decodeName(name), decodeName(raw)) {
			return name
		}
	}
	return spelled
}
