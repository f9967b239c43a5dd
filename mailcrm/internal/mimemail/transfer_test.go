package mimemail

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
	"mime/quotedprintable"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

func decodeAll(t testing.TB, kind transfer, r io.Reader, bufferSize int) (string, bool) {
	t.Helper()
	d := newDecoder(kind, r, make([]byte, bufferSize), make([]byte, 0, bufferSize))
	b, err := io.ReadAll(d)
	require.NoError(t, err)
	return string(b), d.broken()
}

func TestTransfer(t *testing.T) {
	for _, c := range []struct {
		name     string
		kind     transfer
		in, want string
		broken   bool
	}{
		{"base64", base64Encoding, "SGVsbG8sIHdvcmxkIQ==\r\n", "Hello, world!", false},
		{"base64 in lines", base64Encoding, "SGVs\r\nbG8s\r\nIHdv\r\ncmxkIQ==\r\n", "Hello, world!", false},
		{"base64 in odd lines", base64Encoding, "S\nGVsbG\n8sIHdvcmx\nkIQ==", "Hello, world!", false},
		{"base64 unpadded", base64Encoding, "SGVsbG8sIHdvcmxkIQ", "Hello, world!", false},
		{"base64 indented", base64Encoding, "  SGVs\r\n\tbG8s IHdv\r\n  cmxkIQ==", "Hello, world!", false},
		{"base64 with dirt", base64Encoding, "SGVs*bG8s!IHdvcmxkIQ==", "Hello, world!", true},
		{"base64 for URLs", base64Encoding, "_-_-", "\xff\xef\xfe", false},
		{"base64 joined", base64Encoding, "SGVsbG8=\r\nSGVsbG8=\r\n", "HelloHello", false},
		{"base64 with a footer", base64Encoding, "SGVsbG8=\r\n_____\r\nOur list: mail us\r\n", "Hello", true},
		{"base64 cut", base64Encoding, "SGVsbG8sI", "Hello,", true},
		{"base64 of nothing", base64Encoding, "", "", false},
		{"CR alone in base64", base64Encoding, "SG\rVsbG8=", "Hello", false},
		{"QP", quotedPrintable, "R=C3=A9union=\r\n de mars\r\n", "Réunion de mars\r\n", false},
		{"QP lower case", quotedPrintable, "R=c3=a9union", "Réunion", false},
		{"QP white space at the end", quotedPrintable, "a \t \r\nb  ", "a\r\nb", false},
		{"QP white space behind a soft break", quotedPrintable, "a= \t\r\nb", "ab", false},
		{"QP bare LF", quotedPrintable, "a=\nb\nc", "ab\nc", false},
		{"QP not encoded", quotedPrintable, "1 = 1, a=b and R\xc3\xa9union", "1 = 1, a=b and Réunion", true},
		{"QP ends in an escape", quotedPrintable, "a=C3=", "a\xc3", false},
		{"QP ends in half an escape", quotedPrintable, "a=C", "a=C", true},
		{"QP empty lines", quotedPrintable, "\r\n\r\na\r\n", "\r\n\r\na\r\n", false},
		{"identity", identity, "a=C3=\r\n ", "a=C3=\r\n ", false},
		{"uuencode", uuencoded, "text before\nbegin 644 file.txt\n#0V%T\n#0V%T\n`\nend\n", "CatCat", false},
		{"uuencode, spaces lost", uuencoded, "begin 644 a\n#   \nend\n", "\x00\x00\x00", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, bufferSize := range []int{16, 23, 64, 4096} {
				for _, r := range []io.Reader{strings.NewReader(c.in), iotest.OneByteReader(strings.NewReader(c.in)), iotest.DataErrReader(strings.NewReader(c.in))} {
					if bufferSize < 64 && c.kind == uuencoded {
						continue // lines of uuencode are at most 61 octets and come whole
					}
					got, broken := decodeAll(t, c.kind, r, bufferSize)
					require.Equal(t, c.want, got)
					require.Equal(t, c.broken, broken)
				}
			}
		})
	}
}

// TestTransferRoundTrip encodes with the standard library, with lines of every length, and decodes.
func TestTransferRoundTrip(t *testing.T) {
	octets, r := rand.NewChaCha8([32]byte{1}), rand.New(rand.NewPCG(1, 1))
	for n := range 300 {
		want := make([]byte, n*7)
		_, _ = octets.Read(want)
		plain := base64.StdEncoding.EncodeToString(want)
		var lines strings.Builder
		for len(plain) > 0 {
			k := min(1+r.IntN(80), len(plain))
			lines.WriteString(plain[:k] + "\r\n")
			plain = plain[k:]
		}
		got, broken := decodeAll(t, base64Encoding, strings.NewReader(lines.String()), 128)
		require.Equal(t, string(want), got)
		require.False(t, broken)

		var qp bytes.Buffer
		w := quotedprintable.NewWriter(&qp)
		w.Binary = true
		_, err := w.Write(want)
		require.NoError(t, err)
		require.NoError(t, w.Close())
		got, broken = decodeAll(t, quotedPrintable, &qp, 128)
		require.Equal(t, string(want), got)
		require.False(t, broken)
	}
}

func TestLongLines(t *testing.T) {
	line := strings.Repeat("a b=C3=A9 \t", 5000)
	want := strings.Repeat("a bé \t", 5000)
	for _, bufferSize := range []int{16, 100, 4096} {
		got, broken := decodeAll(t, quotedPrintable, strings.NewReader(line+"x"), bufferSize)
		require.Equal(t, want+"x", got)
		require.False(t, broken)
	}
	spaces := strings.Repeat(" ", 10_000)
	got, _ := decodeAll(t, quotedPrintable, strings.NewReader("a"+spaces+"b"), 64)
	require.Equal(t, "a"+spaces+"b", got)
}

func TestParseTransfer(t *testing.T) {
	for in, want := range map[string]transfer{
		"": identity, "7bit": identity, "8BIT": identity, "8-bit": identity, "binary": identity, "utf-8": identity,
		"base64": base64Encoding, "BASE64": base64Encoding, `"base64"`: base64Encoding, "base64; x=y": base64Encoding, "base-64 (comment)": base64Encoding,
		"quoted-printable": quotedPrintable, "Quoted/Printable": quotedPrintable, "quoted_printable ": quotedPrintable, "x-uuencode": uuencoded,
	} {
		got, known := parseTransfer(in)
		require.Equal(t, want, got, in)
		require.True(t, known, in)
	}
	_, known := parseTransfer("x-secret")
	require.False(t, known)
}

func TestDecoderPassesErrorsOn(t *testing.T) {
	failure := fmt.Errorf("the wire broke")
	for _, kind := range []transfer{identity, base64Encoding, quotedPrintable, uuencoded} {
		_, err := io.ReadAll(newDecoder(kind, io.MultiReader(strings.NewReader("SGVs"), iotest.ErrReader(failure)), make([]byte, 64), nil))
		require.ErrorIs(t, err, failure)
	}
}
