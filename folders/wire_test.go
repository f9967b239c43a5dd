package folders

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestDecodeName(t *testing.T) {
	for name, c := range map[string]struct{ wire, want string }{
		"plain":                        {"INBOX.Sent", "INBOX.Sent"},
		"empty":                        {"", ""},
		"accents":                      {"Envoy&AOk-s", "Envoyés"},
		"RFC 3501 example":             {"~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/台北/日本語"},
		"ampersand":                    {"R&-D", "R&D"},
		"raw ampersand":                {"R&D", "R&D"},
		"raw ampersand and hyphen":     {"R&D-Team", "R&D-Team"},
		"raw ampersand at the end":     {"Tom &", "Tom &"},
		"raw and encoded ampersand":    {"rPi&Pi2 &AOk-t&AOk-", "rPi&Pi2 été"},
		"raw UTF-8":                    {"Gelöscht", "Gelöscht"},
		"raw UTF-8 and encoded":        {"Gelö&AN8-", "Gelöß"},
		"surrogate pair":               {"&2D3cAA-", "🐀"},
		"lone surrogate":               {"&2D0-", "&2D0-"},
		"stray bits":                   {"&AOl-", "&AOl-"},
		"half a character":             {"&AA-", "&AA-"},
		"unfinished":                   {"&AOk", "&AOk"},
		"padding":                      {"&AOk=-", "&AOk=-"},
		"slash of ordinary BASE64":     {"&U/BTFw-", "&U/BTFw-"},
		"NUL":                          {"&AAA-", "&AAA-"},
		"line feed":                    {"a&AAoACg-", "a&AAoACg-"},
		"printable ASCII all the same": {"&AEE-", "A"},
		"two shifts in a row":          {"&AOk-&AOk-", "éé"},
		"ISO 8859-1":                   {"Envoy\xe9s", "Envoyés"},
		"a byte of no character set":   {"a\x85", "a\ufffd"},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, DecodeName(c.wire)) })
	}
}

func TestEncodeName(t *testing.T) {
	for name, wire := range map[string]string{
		"INBOX.Sent": "INBOX.Sent", "Envoyés": "Envoy&AOk-s", "R&D": "R&-D", "台北/日本語": "&U,BTFw-/&ZeVnLIqe-", "🐀": "&2D3cAA-", "éé": "&AOkA6Q-", "": "",
		"a\tb": "a&AAk-b",
	} {
		require.Equal(t, wire, EncodeName(name))
	}
}

func FuzzDecodeName(f *testing.F) {
	for _, s := range []string{"Envoy&AOk-s", "R&D", "&2D0-", "&", "&-", "&&-", "\xff&AOk-", "&AOk-&AOk", "保存&"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		name := DecodeName(s)
		require.True(t, utf8.ValidString(name))
		require.LessOrEqual(t, len(name), 3*len(s)) // a byte becomes at most U+FFFD
		wire := EncodeName(name)
		require.True(t, isASCII(wire))
		if strings.IndexFunc(name, func(r rune) bool { return unicode.IsControl(r) || r == utf8.RuneError }) < 0 {
			require.Equal(t, name, DecodeName(wire))
		}
		Map([]Mailbox{{Name: name, Delimiter: "/"}}, nil)
	})
}
