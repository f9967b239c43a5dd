package mimemail

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

// FuzzParse reads whatever comes: no panic, the invariants of checkMessage, every listed part opens and has the size that was said, and how
// the reader cuts the octets makes no difference.
func FuzzParse(f *testing.F) {
	for _, seed := range [][]byte{
		[]byte(multipartOf("mixed", "m", multipartOf("related", "r", multipartOf("alternative", "a", plainPart, htmlPart), logoPart), filePart, mailPart)),
		[]byte("From: =?utf-8?q?R=C3?= =?utf-8?b?qQ==?= <a@b.example>, \"x\" (c) <y@z>\r\nContent-Type: text/plain; charset*0*=utf'x'-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\na=\r\n=C3=A9"),
		[]byte("\xef\xbb\xbfFrom x\r\rSubject: \xe9\r\rbody"),
		[]byte("Content-Type: multipart/digest\n--b\n--b\nContent-Type: multipart/mixed; boundary=b\n\n--b--\n--c\ncontent-type: x"),
		[]byte("Date: Tue, 3 Mar 26 10:00 GMT+1 (x\r\nReferences: <a@b\r\n c> <d\r\nContent-Type: text/html; charset=utf-7\r\n\r\n<a href=cid:x@y>+AOk-"),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := Parse(bytes.NewReader(raw), nil)
		require.NoError(t, err)
		require.EqualValues(t, len(raw), m.Size)
		checkMessage(t, m)
		again, err := Parse(iotest.HalfReader(bytes.NewReader(raw)), nil)
		require.NoError(t, err)
		require.Equal(t, m.Key(), again.Key())
		require.Equal(t, tree(m), tree(again))
		require.Equal(t, m.Text, again.Text)
		require.Equal(t, m.Defects, again.Defects)
		for _, p := range m.Parts {
			_, r, err := OpenPart(bytes.NewReader(raw), p.Path)
			require.NoError(t, err)
			n, err := io.Copy(io.Discard, r)
			require.NoError(t, err)
			require.Equal(t, p.Size, n)
		}
		header, err := SplitHeader(bufio.NewReader(bytes.NewReader(raw)), 1<<20)
		require.NoError(t, err)
		require.Equal(t, HeaderHash(header), m.HeaderHash)
		header = bytes.ReplaceAll(header, []byte("\r\r"), nil)
		require.Equal(t, HeaderHash(header), HeaderHash(bytes.ReplaceAll(header, []byte("\r\n"), []byte("\n"))))
	})
}

// FuzzAddresses reads address lists: no panic, no lines, normal forms stay.
func FuzzAddresses(f *testing.F) {
	for _, seed := range []string{`"Doe, \"J\"" <a@b.example>, T: x@y, (c (d)) z@[1.2.3.4];, <@r:m@n>, =?utf-8?q?a=2C?= <b@c`, "a@b <c@d> e@f", `<"x>"@y>, "z`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m := &Message{To: parseAddresses(s, "", nil, nil), Subject: oneLine(decodeWords(s, "koi8-r"))}
		if len(m.Subject) <= maxSubject {
			checkMessage(t, m)
		}
		value, p := parseParams(s)
		require.NotContains(t, value, ";")
		require.LessOrEqual(t, len(p), maxParams)
		name := CleanFileName(s)
		require.Equal(t, name, CleanFileName(name))
		require.LessOrEqual(t, len(name), maxFileName)
	})
}

// FuzzNames reads file names as parts state them: no folder, no control character, nothing that grows, and a clean name stays.
func FuzzNames(f *testing.F) {
	for _, seed := range []string{"../../etc/passwd", `C:\CON.txt`, "a\u202efdp.exe", "=?utf-8?q?..=2Fx?=", "x; filename*0*=utf-8''%2e%2e; filename*1=/y", "\x00\xff", "NUL."} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m := parse(t, "Content-Type: application/octet-stream; name=\""+s+"\"\r\nContent-Disposition: attachment; filename="+s+"\r\n\r\nx")
		for _, name := range []string{CleanFileName(s), m.Parts[0].FileName} {
			require.Equal(t, name, CleanFileName(name))
			require.LessOrEqual(t, len(name), maxFileName)
			require.NotContains(t, name, "/")
			require.NotContains(t, name, `\`)
			require.False(t, strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".") || strings.HasSuffix(name, " "), "%q", name)
		}
	})
}

// FuzzOriginal reads texts of forwarded mails: no panic, and what is found is clean.
func FuzzOriginal(f *testing.F) {
	f.Add("Fwd: x", "---------- Forwarded message ---------\nFrom: *Anna* <anna@example.com>\nDate: Tue, Mar 3, 2026 at 10:15 PM\nSubject: Quote\nTo: x\n")
	f.Add("WG: x", "Von: Anna [mailto:anna@example.com]\nGesendet: x\nAn: y\n z\nBetreff:\nw")
	f.Fuzz(func(t *testing.T, subject, text string) {
		m := parse(t, "Subject: "+oneLine(subject)+"\r\n\r\n"+text)
		checkMessage(t, m)
		m.HTML, m.Text = m.Text, ""
		checkMessage(t, m)
	})
}
