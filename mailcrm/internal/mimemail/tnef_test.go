package mimemail

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"
)

// A tnefBuilder writes a winmail.dat ([MS-OXTNEF]).
type tnefBuilder struct{ bytes.Buffer }

func newTNEF() *tnefBuilder {
	b := &tnefBuilder{}
	b.Write([]byte{0x78, 0x9f, 0x3e, 0x22, 1, 0})
	return b
}

func (b *tnefBuilder) attribute(level byte, id uint32, value []byte) *tnefBuilder {
	b.WriteByte(level)
	b.Write(binary.LittleEndian.AppendUint32(nil, id))
	b.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(value))))
	b.Write(value)
	sum := uint16(0)
	for _, c := range value {
		sum += uint16(c)
	}
	b.Write(binary.LittleEndian.AppendUint16(nil, sum))
	return b
}

// file writes an attachment: its beginning, a short title, its octets, and its properties behind them.
func (b *tnefBuilder) file(title string, content []byte, properties ...[]byte) *tnefBuilder {
	return b.attribute(2, tnefRenderData, make([]byte, 14)).attribute(2, tnefTitle, []byte(title+"\x00")).attribute(2, tnefData, content).attribute(2, tnefAttachment, list(properties...))
}

func list(properties ...[]byte) []byte {
	return append(binary.LittleEndian.AppendUint32(nil, uint32(len(properties))), bytes.Join(properties, nil)...)
}

// property writes a MAPI property of variable length.
func property(id, kind uint16, value []byte) []byte {
	out := binary.LittleEndian.AppendUint32(nil, uint32(id)<<16|uint32(kind))
	out = binary.LittleEndian.AppendUint32(out, 1)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(value)))
	out = append(out, value...)
	return append(out, make([]byte, -len(value)&3)...)
}

func unicodeProperty(id uint16, value string) []byte {
	var v []byte
	for _, u := range utf16.Encode([]rune(value + "\x00")) {
		v = binary.LittleEndian.AppendUint16(v, u)
	}
	return property(id, 0x1f, v)
}

// A named property, of whole numbers, several of them: what must be stepped over.
func oddProperties() [][]byte {
	named := binary.LittleEndian.AppendUint32(nil, 0x8001<<16|0x1e)
	named = append(named, make([]byte, 16)...)
	named = binary.LittleEndian.AppendUint32(named, 1)
	named = binary.LittleEndian.AppendUint32(named, 6)
	named = append(named, 'a', 0, 'b', 0, 0, 0, 0, 0)
	named = append(named, property(0, 0x1e, []byte("x"))[4:]...)
	many := binary.LittleEndian.AppendUint32(nil, 0x1234<<16|0x1003)
	many = binary.LittleEndian.AppendUint32(many, 2)
	many = append(many, make([]byte, 8)...)
	return [][]byte{named, many, append(binary.LittleEndian.AppendUint32(nil, 0x0e20<<16|3), 1, 0, 0, 0), append(binary.LittleEndian.AppendUint32(nil, 0x0e21<<16|0x40), make([]byte, 8)...)}
}

func tnefMail(tnef []byte) string {
	return "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nHello\r\n--b\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
		base64.StdEncoding.EncodeToString(tnef) + "\r\n--b--\r\n"
}

func names(parts []Part) (out []string) {
	for _, p := range parts {
		out = append(out, p.Path+" "+p.FileName)
	}
	return out
}

func TestTNEFFiles(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789"), 5000)
	b := newTNEF().attribute(1, tnefCodepage, []byte{0xe4, 4, 0, 0, 0, 0, 0, 0})
	b.file("DEVIS~1.PDF", content, append(oddProperties(), unicodeProperty(0x3707, "Devis n° 12 – été.pdf"), property(0x370e, 0x1e, []byte("application/pdf\x00")))...)
	b.file("na\xefve.txt", []byte("hi"))
	b.file(`..\..\evil.exe`, []byte("MZ"))
	mail := tnefMail(b.Bytes())
	m := parse(t, mail)
	require.Empty(t, m.Defects)
	require.Equal(t, "Hello", m.Text)
	require.Equal(t, []string{"2.1 Devis n° 12 – été.pdf", "2.2 naïve.txt", "2.3 evil.exe"}, names(m.Attachments()), "the winmail.dat itself says no more than what is in it")
	require.Equal(t, "application/pdf", m.Attachments()[0].MediaType)
	require.Equal(t, "text/plain", m.Attachments()[1].MediaType, "guessed from the name")
	require.Len(t, m.Parts, 5)
	for i, want := range []string{string(content), "hi", "MZ"} {
		p, r, err := OpenPart(strings.NewReader(mail), m.Attachments()[i].Path)
		require.NoError(t, err)
		got, err := io.ReadAll(r)
		require.NoError(t, err)
		require.Equal(t, want, string(got))
		require.Equal(t, m.Attachments()[i].FileName, p.FileName)
		require.Equal(t, int64(len(want)), m.Attachments()[i].Size)
		require.Equal(t, "2", m.Attachments()[i].Within)
	}
	for _, path := range []string{"2.4", "2.0", "2.x", "2.1.1", "2.99999999999999999999"} {
		_, _, err := OpenPart(strings.NewReader(mail), path)
		require.ErrorIs(t, err, ErrNoPart, path)
	}
}

func TestTNEFText(t *testing.T) {
	html := `<p>Prix: 10 €</p><img src="cid:logo@x">`
	b := newTNEF().attribute(1, tnefMessageProps, list(unicodeProperty(0x1000, "Prix: 10 €"), property(0x1013, 0x102, []byte(html)), append(binary.LittleEndian.AppendUint32(nil, 0x3fde<<16|3), 0xe9, 0xfd, 0, 0)))
	b.file("logo.png", []byte("png"), unicodeProperty(0x3712, "logo@x")).file("a.pdf", []byte("%PDF"))
	alone := "Content-Type: application/ms-tnef\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString(b.Bytes())
	m := parse(t, alone)
	require.Equal(t, "Prix: 10 €", m.Text)
	require.Equal(t, html, m.HTML)
	require.Equal(t, []string{"1.2 a.pdf"}, names(m.Attachments()))
	require.True(t, m.Parts[1].Inline, "the HTML refers to it")
	require.Len(t, m.Parts, 5)

	m = parse(t, tnefMail(b.Bytes()))
	require.Equal(t, "Hello", m.Text, "the text of the mail itself comes first")
	require.Empty(t, m.HTML)
	require.Equal(t, []string{"2.1 logo.png", "2.2 a.pdf"}, names(m.Attachments()))

	old := newTNEF().attribute(1, tnefCodepage, []byte{0xa4, 3, 0, 0, 0, 0, 0, 0}).attribute(1, tnefBody, []byte("\x93\xfa\x96{\x00"))
	m = parse(t, "Content-Type: application/ms-tnef\r\nContent-Transfer-Encoding: base64\r\n\r\n"+base64.StdEncoding.EncodeToString(old.Bytes()))
	require.Equal(t, "日本", m.Text)
	require.Empty(t, m.Attachments())
}

// TestTNEFRichText has the example of [MS-OXRTFCP] §4.
func TestTNEFRichText(t *testing.T) {
	compressed := []byte("\x2d\x00\x00\x00\x2b\x00\x00\x00LZFu\xf1\xc5\xc7\xa7\x03\x00\x0a\x00rcpg125B2\x0a\xf3 hel\x09\x00 bw\x05\xb0ld}\x0a\x80\x0f\xa0")
	require.Equal(t, "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n", string(rtfDecompress(compressed)))
	for n := range compressed {
		require.LessOrEqual(t, len(rtfDecompress(compressed[:n])), 43)
	}
	require.Equal(t, "{\\rtf1}", string(rtfDecompress([]byte("\x13\x00\x00\x00\x07\x00\x00\x00MELA\x00\x00\x00\x00{\\rtf1}"))))
	m := parse(t, "Content-Type: application/ms-tnef\r\nContent-Transfer-Encoding: base64\r\n\r\n"+
		base64.StdEncoding.EncodeToString(newTNEF().attribute(1, tnefMessageProps, list(property(0x1009, 0x102, compressed))).Bytes()))
	require.Equal(t, []string{"1.1 message.rtf"}, names(m.Attachments()), "there is no other text to read")
}

func TestTNEFBroken(t *testing.T) {
	whole := newTNEF().file("a.txt", []byte("first"), unicodeProperty(0x3707, "a long name.txt")).file("b.txt", []byte("second")).Bytes()
	for n := range whole {
		mail := tnefMail(whole[:n])
		m := parse(t, mail)
		require.Equal(t, "Hello", m.Text)
		require.True(t, len(m.Attachments()) > 0, "cut after %d", n)
		if n > 10 && !m.Parts[1].Attachment { // it was cut between two attributes
			require.NotEmpty(t, m.Parts[2:])
		}
	}
	for name, c := range map[string]struct {
		tnef   []byte
		listed []string
	}{
		"no signature":      {[]byte("just some octets, more than a header"), []string{"2 winmail.dat"}},
		"a length of 4 GiB": {append(newTNEF().file("a.txt", []byte("x")).Bytes(), 2, 0x0f, 0x80, 6, 0, 0xff, 0xff, 0xff, 0xff, 'x'), []string{"2 winmail.dat", "2.1 a.txt"}},
		"zeros behind":      {append(newTNEF().file("a.txt", []byte("x")).Bytes(), make([]byte, 13)...), []string{"2.1 a.txt"}},
		"junk behind":       {append(newTNEF().file("a.txt", []byte("x")).Bytes(), "junk"...), []string{"2 winmail.dat", "2.1 a.txt"}},
		"levels":            {append(newTNEF().file("a.txt", []byte("x")).attribute(2, tnefRenderData, nil).Bytes(), bytes.Repeat([]byte{7}, 30)...), []string{"2 winmail.dat", "2.1 a.txt"}},
		"a message within":  {newTNEF().file("a.txt", []byte("x")).attribute(2, tnefRenderData, nil).attribute(2, tnefAttachment, list(property(0x3701, 0x0d, make([]byte, 40)))).Bytes(), []string{"2 winmail.dat", "2.1 a.txt"}},
		"huge properties":   {newTNEF().file("a.txt", []byte("x")).attribute(2, tnefAttachment, make([]byte, maxTNEFKept+1)).Bytes(), []string{"2 winmail.dat", "2.1 a.txt"}},
		"hostile counts":    {newTNEF().file("a.txt", []byte("x"), []byte{3, 0x10, 1, 0x30, 0xff, 0xff, 0xff, 0xff, 1}).Bytes(), []string{"2.1 a.txt"}},
		"data before all":   {newTNEF().attribute(2, tnefData, []byte("x")).file("a.txt", []byte("x")).Bytes(), []string{"2 winmail.dat", "2.1 a.txt"}},
		"nothing inside":    {newTNEF().Bytes(), []string{"2 winmail.dat"}},
		"nothing of use":    {newTNEF().attribute(1, tnefCodepage, make([]byte, 8)).Bytes(), nil},
	} {
		t.Run(name, func(t *testing.T) {
			m := parse(t, tnefMail(c.tnef))
			require.Equal(t, c.listed, names(m.Attachments()))
		})
	}
	many := newTNEF()
	for i := range maxTNEFFiles + 50 {
		many.file(fmt.Sprintf("%d.txt", i), []byte("x"))
	}
	last := newTNEF()
	for range maxTNEFFiles {
		last.file("a.txt", []byte("x"))
	}
	last.attribute(2, tnefRenderData, nil).attribute(2, tnefData, []byte("x")).attribute(2, tnefTitle, []byte("b.txt"))
	require.Len(t, parse(t, tnefMail(last.Bytes())).Attachments(), maxTNEFFiles+1)
	huge := append(newTNEF().file("a.txt", []byte("x")).attribute(2, tnefRenderData, nil).Bytes(), 2, 0x0f, 0x80, 6, 0, 1, 0, 0, 4)
	r := io.MultiReader(strings.NewReader("Content-Type: application/ms-tnef\r\n\r\n"+string(huge)), &endless{line: "x", left: maxTNEFOpen + 3})
	m, err := Parse(r, nil)
	require.NoError(t, err)
	require.Empty(t, m.Defects)
	require.Equal(t, []string{"1 part-1.tnef", "1.1 a.txt"}, names(m.Attachments()), "a file above the bound is in the winmail.dat alone")
	m = parse(t, tnefMail(many.Bytes()))
	require.Len(t, m.Attachments(), maxTNEFFiles+1, "and the winmail.dat, since there is more in it")
	var b strings.Builder
	b.WriteString("Content-Type: multipart/mixed; boundary=b\r\n\r\n")
	for range 20 {
		b.WriteString("--b\r\nContent-Type: application/ms-tnef\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString(many.Bytes()) + "\r\n")
	}
	m = parse(t, b.String())
	require.Equal(t, []Defect{{TooManyParts, ""}}, m.Defects[len(m.Defects)-1:])
}

// FuzzTNEF reads whatever comes as a winmail.dat: no panic, the invariants of every message, and what is listed opens.
func FuzzTNEF(f *testing.F) {
	f.Add(newTNEF().file("a.txt", []byte("first"), append(oddProperties(), unicodeProperty(0x3707, "a long name.txt"))...).Bytes())
	f.Add(newTNEF().attribute(1, tnefMessageProps, list(unicodeProperty(0x1000, "x"), property(0x1013, 0x102, []byte("<p>")), property(0x1009, 0x102, []byte("\x2d\x00\x00\x00\x2b\x00\x00\x00LZFu\xf1\xc5\xc7\xa7\x03\x00\x0a\x00rcpg125B2")))).Bytes())
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, tnef []byte) {
		rtfDecompress(tnef)
		mail := "Content-Type: application/ms-tnef\r\n\r\n" + string(tnef)
		m := parse(t, mail)
		for _, p := range m.Parts {
			_, r, err := OpenPart(strings.NewReader(mail), p.Path)
			require.NoError(t, err, p.Path)
			n, err := io.Copy(io.Discard, r)
			require.NoError(t, err)
			require.Equal(t, p.Size, n, p.Path)
		}
	})
}
