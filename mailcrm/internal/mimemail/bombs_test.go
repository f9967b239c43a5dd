package mimemail

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// bombs are mails that cost a parser without bounds minutes or gigabytes (FAULTS S13).
func bombs() map[string]func() io.Reader {
	const mega = 1 << 20
	text := func(s ...string) func() io.Reader {
		return func() io.Reader { return strings.NewReader(strings.Join(s, "")) }
	}
	repeat := strings.Repeat
	nested := func(depth int) string {
		var b strings.Builder
		b.WriteString("Subject: nested\r\n")
		for i := range depth {
			fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
		}
		b.WriteString("Content-Type: text/plain\r\n\r\ndeep inside\r\n")
		return b.String()
	}
	return map[string]func() io.Reader{
		"10,000 levels":            text(nested(10_000)),
		"10,000 levels, same name": text("Content-Type: multipart/mixed; boundary=b\r\n\r\n", repeat("--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n", 10_000)),
		"100,000 parts":            text("Content-Type: multipart/mixed; boundary=b\r\n\r\n", repeat("--b\r\n\r\nx\r\n", 100_000), "--b--\r\n"),
		"1 GB of base64": func() io.Reader {
			return io.MultiReader(strings.NewReader("Content-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n\r\n"), &endless{line: repeat("QUJD", 19) + "\r\n", left: 1 << 30})
		},
		"256 MB of text": func() io.Reader {
			return io.MultiReader(strings.NewReader("Content-Type: text/plain\r\n\r\n"), &endless{line: repeat("word ", 14) + "\r\n", left: 256 << 20})
		},
		"64 MB in one line": func() io.Reader {
			return io.MultiReader(strings.NewReader("Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"), &endless{line: "=41 \t", left: 64 << 20})
		},
		"64 MB of white space in QP": func() io.Reader {
			return io.MultiReader(strings.NewReader("Content-Transfer-Encoding: quoted-printable\r\n\r\n"), &endless{line: " \t", left: 64 << 20})
		},
		"200,000 fields":            text(repeat("X-A: b\r\n", 200_000), "\r\nbody"),
		"64 MB of header":           func() io.Reader { return &endless{line: "X-Header: " + repeat("v", 60) + "\r\n", left: 64 << 20} },
		"1 MB of Message-ID":        text("Message-ID: <", repeat("a", mega-100), ">\r\n\r\nbody"),
		"100,000 references":        text("References: ", repeat("<a@b>\r\n ", 100_000), "\r\n\r\nbody"),
		"100,000 different ones":    text("References: ", numbered("<%d@b> ", 100_000), "\r\n\r\nbody"),
		"100,000 recipients":        text("To: ", numbered("a%d@b.example, ", 60_000), "\r\n\r\nbody"),
		"names without addresses":   text("To: ", repeat("a,", mega/2-100), "\r\n\r\nbody"),
		"a comment without end":     text("From: (", repeat("(", mega-100), "\r\n\r\nbody"),
		"comments in a date":        text("Date: ", repeat("(", mega/2), repeat(")", mega/2-100), "\r\n\r\nbody"),
		"brackets without end":      text("To: ", repeat("<a", mega/2-100), "\r\n\r\nbody"),
		"quotes without end":        text("To: ", repeat(`"\`, mega/2-100), "\r\n\r\nbody"),
		"bracket and quote":         text("To: ", repeat(`<"`, mega/2-100), "\r\n\r\nbody"),
		"groups":                    text("To: ", repeat("a:", mega/2-100), "\r\n\r\nbody"),
		"words that never end":      text("Subject: ", repeat("=?utf-8?q?", mega/10-100), "\r\n\r\nbody"),
		"half words":                text("Subject: ", repeat("=?", mega/2-100), "\r\n\r\nbody"),
		"words of unknown charsets": text("Subject: ", repeat("=?x-no?q?=E9?= ", mega/15-100), "\r\n\r\nbody"),
		"empty words":               text("Subject: ", repeat("=?utf-8?q??= ", mega/13-100), "\r\n\r\nbody"),
		"names without values":      text("Content-Type: text/plain; ", repeat("a;", mega/2-100), "x=y\r\n\r\nbody"),
		"parameters":                text("Content-Type: text/plain; ", numbered("a%d=b;", 100_000), "\r\n\r\nbody"),
		"pieces of a parameter":     text("Content-Type: text/plain; ", numbered("a*%d*=%%41;", 80_000), "\r\n\r\nbody"),
		"quotes in parameters":      text("Content-Type: text/plain; ", repeat(`a="\;`, mega/5-100), "\r\n\r\nbody"),
		"dashes":                    text("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n", repeat("--\n", 2_000_000)),
		"30 levels and dashes":      text(nested(29), repeat("--b\n", 2_000_000)),
		"junk header":               text(repeat("junk\r\n", 150_000), "\r\nbody"),
		"parts with huge headers":   text("Content-Type: multipart/mixed; boundary=b\r\n\r\n", repeat("--b\r\nX: "+repeat("y", 60_000)+"\r\n\r\nz\r\n", 1000)),
		"a boundary of 1 MB":        text("Content-Type: multipart/mixed; boundary=", repeat("b", mega-200), "\r\n\r\n--b\r\n\r\nx"),
		"cids":                      text("Content-Type: text/html\r\n\r\n", repeat("cid:", mega/4)),
		"cids with colons":          text("Content-Type: text/html\r\n\r\n", repeat(":", mega)),
		"1,000 texts of 1 MB":       text("Content-Type: multipart/mixed; boundary=b\r\n\r\n", repeat("--b\r\n\r\n"+repeat("lorem ipsum dolor\r\n", 3_000), 1000)),
		"a preamble of 64 MB": func() io.Reader {
			return io.MultiReader(strings.NewReader("Content-Type: multipart/mixed; boundary=b\r\n\r\n"), &endless{line: "--c\r\nnothing\r\n", left: 64 << 20})
		},
		"a winmail.dat of 1 GB": func() io.Reader {
			return io.MultiReader(strings.NewReader("Content-Type: application/ms-tnef\r\n\r\n\x78\x9f\x3e\x22\x01\x00\x02\x02\x90\x06\x00\x00\x00\x00\x00\x00\x00\x02\x0f\x80\x06\x00\xff\xff\xff\x3f"), &endless{line: "octets", left: 1 << 30})
		},
		"files in a winmail.dat": func() io.Reader {
			return io.MultiReader(strings.NewReader("Content-Type: application/ms-tnef\r\n\r\n\x78\x9f\x3e\x22\x01\x00"), &endless{line: "\x02\x02\x90\x06\x00\x00\x00\x00\x00\x00\x00\x02\x0f\x80\x06\x00\x01\x00\x00\x00x\x00\x00", left: 64 << 20})
		},
		"texts in a winmail.dat": func() io.Reader {
			return io.MultiReader(strings.NewReader("Content-Type: application/ms-tnef\r\n\r\n\x78\x9f\x3e\x22\x01\x00"), &endless{line: "\x01\x0c\x80\x02\x00\x00\x00\x0f\x00" + repeat("x", 0xf0000) + "\x00\x00", left: 64 << 20})
		},
		"mails in mails": func() io.Reader {
			return &endless{line: "Content-Type: message/rfc822\r\n\r\n", left: 64 << 20}
		},
		"1,000 mails attached":      text("Content-Type: multipart/mixed; boundary=b\r\n\r\n", repeat("--b\r\nContent-Type: message/rfc822\r\n\r\n"+repeat("To: a@b\r\n", 10_000)+"\r\n", 1000)),
		"blocks of forwarded mails": text("Content-Type: text/plain\r\n\r\n", repeat("From: x\nDate: y\nTo: z\n", mega/24)),
		"a block that never ends":   text("Content-Type: text/plain\r\n\r\nFrom: a@b.example\nTo: x\n", repeat("y\n", mega/2)),
		"calendars":                 text("Content-Type: multipart/mixed; boundary=b\r\n\r\n", repeat("--b\r\nContent-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:"+repeat("x\r\n ", 16_000)+"\r\n", 1000)),
		"boundaries that were lost": text(nested(29), "--b0\n", repeat("--b28\n\n--b1x\n", 1_000_000)),
		"boundaries that look near": text("Content-Type: multipart/mixed; boundary=b\r\n\r\n", repeat("--b\nContent-Type: multipart/mixed; boundary=c\n\n"+repeat("--d\ncontent-x: y\n", 900)+"--c--\n", 1000)),
		"uuencode": func() io.Reader {
			return io.MultiReader(strings.NewReader("Content-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 a\r\n"), &endless{line: "M" + repeat("A", 60) + "\r\n", left: 64 << 20})
		},
	}
}

func numbered(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// endless repeats a line until left octets were read.
type endless struct {
	line string
	left int
	at   int
}

func (e *endless) Read(p []byte) (n int, err error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	for n < len(p) && e.left > 0 {
		k := copy(p[n:], e.line[e.at:])
		k = min(k, e.left)
		n, e.left, e.at = n+k, e.left-k, (e.at+k)%len(e.line)
	}
	return n, nil
}

// TestBombs holds every bomb to the bounds of FAULTS S13: 256 MB and two seconds of computing, and where the bomb is made of octets one
// second more for each 50 MB of them.
func TestBombs(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(20)) // so that the heap shows what is held, not what is waste
	for name, open := range bombs() {
		t.Run(name, func(t *testing.T) {
			runtime.GC()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			r := open()
			begin := cpuTime()
			m, err := Parse(r, nil)
			if err == nil {
				_, _ = m.Original()
			}
			took := cpuTime() - begin
			runtime.ReadMemStats(&after)
			require.NoError(t, err)
			held := int64(after.HeapSys) - int64(before.HeapSys)
			t.Logf("%d octets, %v, heap +%d MB, allocated %d MB, %d parts, %v", m.Size, took.Round(time.Millisecond), held>>20, (after.TotalAlloc-before.TotalAlloc)>>20, len(m.Parts), m.Defects[:min(2, len(m.Defects))])
			require.Less(t, held, int64(256<<20))
			require.LessOrEqual(t, len(m.Parts), DefaultMaxParts)
			require.LessOrEqual(t, len(m.Defects), maxDefects)
			require.Less(t, took, slower*(2*time.Second+time.Duration(m.Size/(50<<20))*time.Second))
			_ = m.Key()
			_ = m.Snippet(120)
			checkMessage(t, m)
		})
	}
}
