package mailcrmtest

import (
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/stretchr/testify/require"
)

// FuzzParts: whatever lies in a mailbox can be listed, opened by number and searched.
func FuzzParts(f *testing.F) {
	for _, seed := range []string{
		hello, "", "\r\n", "\n\n", "a", "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\na\r\n--x--\r\n",
		"Content-Type: multipart/mixed; boundary=x\r\n\r\n", "Content-Type: multipart/digest; boundary=x\n\n--x\n\nSubject: in\n\nb\n--x",
		"Content-Type: message/rfc822\r\n\r\n" + hello, "Content-Type: text/html; charset=iso-8859-1\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!",
		strings.Repeat("Content-Type: message/rfc822\r\n\r\n", 50),
		"Content-Type: /; a\r\nContent-Disposition: ;\r\n\r\n", " folded first\r\nFrom: a@\r\nDate: x\r\n\r\n",
	} {
		f.Add([]byte(seed), "2.1", "word")
	}
	f.Fuzz(func(t *testing.T, raw []byte, path, words string) {
		header, body := splitHeader(raw)
		require.Equal(t, string(raw), string(header)+string(body))
		tree := parseParts(raw)
		parts := 0
		tree.walk(func(*part) bool { parts++; return true })
		require.LessOrEqual(t, parts, maxParts+1)
		require.NotNil(t, structure(tree))
		require.NotNil(t, envelope(header))
		var numbers []int
		for _, c := range path {
			numbers = append(numbers, int(c)-'0')
		}
		item := &imap.FetchItemBodySection{Part: numbers, HeaderFields: []string{words}}
		for _, specifier := range []imap.PartSpecifier{"", imap.PartSpecifierHeader, imap.PartSpecifierMIME, imap.PartSpecifierText} {
			item.Specifier = specifier
			section(raw, func() *part { return tree }, item)
		}
		matchText(raw, &imap.SearchCriteria{Text: []string{words}, Header: []imap.SearchCriteriaHeaderField{{Key: "Subject", Value: words}}})
	})
}

// FuzzPath: an address of an envelope never carries what could become a header line.
func FuzzPath(f *testing.F) {
	for _, seed := range []string{"FROM:<a@b.example> SIZE=1", "FROM:<>", "from: <a@b> ENVID=+2B+", "FROM:<a\rX: y@b>", "FROM:", "<a@b>"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, arg string) {
		address, params, ok := path(arg, "FROM:")
		if ok {
			require.NotContains(t, address, "\r")
			require.NotContains(t, address, "\n")
			require.False(t, address != "" && !strings.Contains(address, "@"))
			fromXtext(params["ENVID"])
		}
	})
}

func TestEncodedWords(t *testing.T) {
	for _, text := range []string{
		"plain", "Élodie", "Une très très longue ligne d'objet qui ne tient pas dans un seul mot encodé, même avec de la bonne volonté",
		"見積書 請求書 счёт договор 見積書 請求書 счёт договор", "a=b_c?d é",
	} {
		encoded := encodeWords(text, 9)
		require.Equal(t, text, decodeWords(encoded))
		for word := range strings.SplitSeq(encoded, " ") {
			if strings.HasPrefix(word, "=?") {
				require.LessOrEqual(t, len(word), 75)
			}
		}
	}
	for _, m := range []mailbox{{"", "a@b.example"}, {"Anke", "a@b.example"}, {`Doe, "John" \`, "a@b.example"}, {"Élodie, achats", "a@b.example"}} {
		l := &letter{from: m, to: []mailbox{m, m}, subject: "x", text: "y"}
		plain, _ := parse(t, append([]byte("Date: Tue, 24 Nov 2026 10:00:00 +0100\r\n"), l.bytes()[strings.Index(string(l.bytes()), "From:"):]...))
		list, err := plain.Header.AddressList("To")
		require.NoError(t, err)
		require.Equal(t, m.name, list[1].Name)
	}
}
