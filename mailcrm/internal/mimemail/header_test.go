package mimemail

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

func TestSplitHeader(t *testing.T) {
	for _, c := range []struct{ name, in, header, rest string }{
		{"CRLF", "A: b\r\n c\r\n\r\nbody\r\n", "A: b\r\n c\r\n\r\n", "body\r\n"},
		{"LF", "A: b\n\nbody", "A: b\n\n", "body"},
		{"mixed", "A: b\r\nC: d\n\r\nbody", "A: b\r\nC: d\n\r\n", "body"},
		{"no body", "A: b\r\n\r\n", "A: b\r\n\r\n", ""},
		{"no empty line", "A: b\r\n", "A: b\r\n", ""},
		{"no line end", "A: b", "A: b", ""},
		{"no header", "\r\nbody", "\r\n", "body"},
		{"a line of white space is none", "A: b\r\n \r\nC: d\r\n\r\n", "A: b\r\n \r\nC: d\r\n\r\n", ""},
		{"long line", "A: " + strings.Repeat("b", 9000) + "\r\n\r\nbody", "A: " + strings.Repeat("b", 9000) + "\r\n\r\n", "body"},
		{"nothing", "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := bufio.NewReaderSize(iotest.HalfReader(strings.NewReader(c.in)), 16)
			header, err := SplitHeader(r, 1<<20)
			require.NoError(t, err)
			require.Equal(t, c.header, string(header))
			rest, err := io.ReadAll(r)
			require.NoError(t, err)
			require.Equal(t, c.rest, string(rest))
		})
	}
}

func TestSplitHeaderBounds(t *testing.T) {
	in := "A: b\r\n\r\nbody"
	header, err := SplitHeader(bufio.NewReader(strings.NewReader(in)), 8)
	require.NoError(t, err)
	require.Equal(t, "A: b\r\n\r\n", string(header))
	header, err = SplitHeader(bufio.NewReader(strings.NewReader(in)), 7)
	require.ErrorIs(t, err, ErrHeaderTooLong)
	require.Equal(t, "A: b\r\n\r", string(header))
	failure := errors.New("the wire broke")
	_, err = SplitHeader(bufio.NewReader(io.MultiReader(strings.NewReader("A: b\r\n"), iotest.ErrReader(failure))), 100)
	require.ErrorIs(t, err, failure)
}

func TestHeaderHash(t *testing.T) {
	want := sha256.Sum256([]byte("A: b\r\n c\r\nD: e\r\n\r\n"))
	for _, in := range []string{
		"A: b\r\n c\r\nD: e\r\n\r\n", "A: b\n c\nD: e\n\n", "A: b\n c\r\nD: e\n\r\n", // as the server, as a file, as both
		"A: b\r\n c\r\nD: e\r\n", "A: b\r\n c\r\nD: e", // servers that leave the empty line out of a mail that has no body
	} {
		require.Equal(t, want, HeaderHash([]byte(in)), "%q", in)
	}
	require.Equal(t, sha256.Sum256([]byte("\r\n")), HeaderHash([]byte("\r\n")))
	require.Equal(t, sha256.Sum256([]byte("\r\n")), HeaderHash(nil))
	require.NotEqual(t, want, HeaderHash([]byte("A: b\r\n  c\r\nD: e\r\n\r\n")), "white space counts")
	require.Equal(t, want, HeaderHash([]byte("A: b\r\n c\r\nD: e\r\n\r\nbody")))
	for _, in := range []string{"A: b\r", "A: b\r\r\n\r\n", "\rA: b\n\n", "A\r: b\n\r\nbody\n\n"} {
		h := newHeaderHasher()
		for i := range len(in) {
			h.write([]byte(in[i : i+1]))
		}
		require.Equal(t, HeaderHash([]byte(in)), h.sum(), "%q octet by octet", in)
	}
}

// TestHeaderHashOfBrokenMails: what is salvaged from a header does not change its identity.
func TestHeaderHashOfBrokenMails(t *testing.T) {
	for _, in := range []string{
		"From a@b.example\nA: b\n\nbody", "A: b\njunk\n\nbody", "junk\nmore junk\n\nbody", "\n\nA: b\n\nbody", "\xef\xbb\xbfA: b\n\nbody", "A: b\r\rbody\r", "A: b", "",
		"Content-Type: multipart/mixed; boundary=b\n--b\n\nbody\n--b--", strings.Repeat("A: "+strings.Repeat("b", 1000)+"\r\n", 2000) + "\r\nbody",
	} {
		header, err := SplitHeader(bufio.NewReader(strings.NewReader(in)), 1<<30)
		require.NoError(t, err)
		m, err := Parse(iotest.HalfReader(strings.NewReader(in)), nil)
		require.NoError(t, err)
		require.Equal(t, HeaderHash(header), m.HeaderHash, "%q", cut(in, 100))
	}
}

// TestHeaderHashOfAMail takes the header from a whole mail and from BODY[HEADER], as the two ways of fetching do.
func TestHeaderHashOfAMail(t *testing.T) {
	const top = "Return-Path: <anna@example.com>\r\nReceived: from mx.example.com\r\n\tby mail.example.net; Tue, 3 Mar 2026 10:00:00 +0100\r\nSubject: =?utf-8?q?R=C3=A9union?=\r\n"
	for _, raw := range []string{
		top + "\r\nHello", top + "\r\n", top + strings.Repeat("X-Long: "+strings.Repeat("x", 900)+"\r\n", 40) + "\r\n" + strings.Repeat("Hello\r\n", 10_000),
		top + multipartOf("mixed", "m", plainPart, filePart),
	} {
		header, err := SplitHeader(bufio.NewReader(strings.NewReader(string(raw))), 1<<20)
		require.NoError(t, err)
		require.Equal(t, sha256.Sum256(header), HeaderHash(header))
		require.Equal(t, HeaderHash(header), HeaderHash([]byte(strings.ReplaceAll(string(header), "\r\n", "\n"))))
		m, err := Parse(strings.NewReader(string(raw)), nil)
		require.NoError(t, err)
		require.Equal(t, string(header), string(m.Header.Raw()))
		require.Equal(t, HeaderHash(header), m.HeaderHash)
	}
}

func TestHeader(t *testing.T) {
	m := parse(t, "Received: one\r\nReceived: two\r\nSubject: =?utf-8?q?R=C3=A9union?=\r\n de\r\n\tmars\r\nX-Raw : R\xe9union\r\n\r\n")
	require.Equal(t, "one", m.Header.Get("received"))
	require.Equal(t, []string{"one", "two"}, m.Header.All("RECEIVED"))
	require.Equal(t, "=?utf-8?q?R=C3=A9union?= de mars", m.Header.Get("Subject"))
	require.Equal(t, "Réunion de mars", m.Header.Text("Subject"))
	require.Equal(t, "Réunion", m.Header.Text("X-Raw"))
	require.Empty(t, m.Header.Get("Absent"))
	require.Empty(t, m.Header.All("Absent"))
	var names []string
	for name, value := range m.Header.Fields() {
		names = append(names, name)
		require.NotEmpty(t, value)
	}
	require.Equal(t, []string{"Received", "Received", "Subject", "X-Raw"}, names)
	for range m.Header.Fields() {
		break // an iteration may stop
	}
	var none Header
	require.Empty(t, none.Get("Subject"))
}

func TestHeaderSalvage(t *testing.T) {
	for _, c := range []struct {
		name, in, subject, text string
		defects                 []Defect
	}{
		{"mbox line", "From a@b.example Tue Mar  3 10:00:00 2026\nSubject: s\n\ntext\n", "s", "text\n", []Defect{{MboxLine, ""}}},
		{"quoted mbox line", ">From a@b.example Tue Mar  3 10:00:00 2026\nSubject: s\n\ntext\n", "s", "text\n", []Defect{{MboxLine, ""}}},
		{"byte order mark", "\xef\xbb\xbfSubject: s\r\n\r\ntext\r\n", "s", "text\n", []Defect{{MboxLine, ""}}},
		{"empty lines before", "\r\n\r\nSubject: s\r\n\r\ntext\r\n", "s", "text\n", []Defect{{MboxLine, ""}}},
		{"junk between", "A: b\r\njunk\r\n more junk\r\nSubject: s\r\n\r\ntext\r\n", "s", "text\n", []Defect{{HeaderJunk, ""}}},
		{"junk first", "junk\r\nSubject: s\r\n\r\ntext\r\n", "s", "text\n", []Defect{{HeaderJunk, ""}}},
		{"continuation first", "  junk\r\nSubject: s\r\n\r\ntext\r\n", "s", "text\n", []Defect{{HeaderJunk, ""}}},
		{"no empty line", "Subject: s\r\ntext here\r\n\r\nand there\r\n", "s", "text here\n\nand there\n", []Defect{{NoSeparator, ""}}},
		{"no header", "text here\r\n\r\nand there\r\n", "", "text here\n\nand there\n", []Defect{{NoSeparator, ""}}},
		{"no body", "Subject: s\r\n", "s", "", nil},
		{"bare CR", "Subject: s\r\rtext\r", "s", "text\n", []Defect{{BareCR, ""}}},
		{"empty name", ": x\r\nSubject: s\r\n\r\ntext\r\n", "s", "text\n", []Defect{{HeaderJunk, ""}}},
		{"nothing", "", "", "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := parse(t, c.in)
			require.Equal(t, c.subject, m.Subject)
			require.Equal(t, c.text, m.Text)
			require.Equal(t, c.defects, m.Defects)
		})
	}
}

func parse(t testing.TB, raw string) *Message {
	t.Helper()
	m, err := Parse(strings.NewReader(raw), nil)
	require.NoError(t, err)
	checkMessage(t, m)
	return m
}

// TestHeaderCharsets marks words in the header whose charset is unknown or untrue, and those alone.
func TestHeaderCharsets(t *testing.T) {
	for subject, want := range map[string][]Defect{
		"=?x-nobody?q?caf=E9?=":                      {{CharsetUnknown, ""}},
		"=?iso-8859-1?q?caf=C3=A9_caf=C3=A9?=":       {{CharsetWrong, ""}},
		"=?utf-8?q?caf=C3?= =?utf-8?q?=A9?=":         nil,
		"=?iso-8859-1?q?caf=E9?=":                    nil,
		"=?x-nobody?q?plain?=":                       nil,
		"=?utf-8?q?caf=E9?= =?iso-8859-1?q?caf=E9?=": {{CharsetWrong, ""}},
	} {
		require.Equal(t, want, parse(t, "Subject: "+subject+"\r\n\r\n").Defects, subject)
		require.Equal(t, want, parse(t, "From: "+subject+" <a@b.example>\r\n\r\n").Defects, subject)
	}
}
