package mimemail

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
)

// Key is the identity of a mail, by which its copies in several mailboxes are one message: the SHA-256, as 64 hexadecimal digits, of
// Message-ID, Date and From; without a Message-ID of From, To, Date and Subject. What servers change on the way (folding, encoding, display
// names, case, zones) does not count.
func (m *Message) Key() string {
	h := sha256.New()
	field := func(name, value string) {
		h.Write([]byte(name + " " + strconv.Itoa(len(value)) + ":" + value + "\n"))
	}
	if m.MessageID != "" {
		field("id", m.MessageID)
		field("from", keyAddresses(m.From))
	} else {
		field("from", keyAddresses(m.From))
		field("to", keyAddresses(m.To))
		field("subject", m.Subject)
	}
	if m.Date.IsZero() {
		field("date", strings.TrimSpace(m.Header.Get("Date")))
	} else {
		field("date", strconv.FormatInt(m.Date.Unix(), 10))
	}
	return hex.EncodeToString(h.Sum(nil))
}

func keyAddresses(list []Address) string {
	out := make([]string, len(list))
	for i, a := range list {
		if out[i] = a.Normal(); out[i] == "" {
			out[i] = strings.ToLower(a.Address)
		}
		if out[i] == "" {
			out[i] = a.Name
		}
	}
	return strings.Join(out, ",")
}
