package mimemail

import (
	"bytes"
	"encoding/base64"
	"io"
	"strings"
)

// Transfer encodings (RFC 2045 §6), as the wild writes them.
type transfer byte

const (
	identity transfer = iota // 7bit, 8bit, binary, none, and what nobody knows
	quotedPrintable
	base64Encoding
	uuencoded
)

// parseTransfer reads a Content-Transfer-Encoding; known is false when it is none that we know.
func parseTransfer(v string) (t transfer, known bool) {
	switch v { // the usual spellings, without work
	case "", "7bit", "8bit", "binary":
		return identity, true
	case "quoted-printable":
		return quotedPrintable, true
	case "base64":
		return base64Encoding, true
	}
	v, _, _ = strings.Cut(v, ";")
	v, _, _ = strings.Cut(v, "(")
	v = strings.ToLower(strings.Map(func(r rune) rune {
		if r > ' ' && r != '"' && r != '\'' && r != '-' && r != '_' && r != '/' && r < 0x7f {
			return r
		}
		return -1
	}, v))
	switch v {
	case "", "7bit", "7bits", "8bit", "8bits", "binary", "none", "ascii", "usascii", "utf8", "text", "plain":
		return identity, true
	case "quotedprintable", "qp":
		return quotedPrintable, true
	case "base64", "b64":
		return base64Encoding, true
	case "xuuencode", "uuencode", "xuue", "uue":
		return uuencoded, true
	}
	return identity, false
}

// A decoder undoes a transfer encoding. broken reports whether octets were stepped over so far.
type decoder interface {
	io.Reader
	broken() bool
}

// newDecoder decodes r; in and out are its buffers.
func newDecoder(t transfer, r io.Reader, in, out []byte) decoder {
	switch t {
	case base64Encoding:
		return &base64Reader{r: r, in: in, out: out[:0]}
	case quotedPrintable:
		return &qpReader{lines: lineFeed{r: r, buf: in}, out: out[:0]}
	case uuencoded:
		return &uuReader{lines: lineFeed{r: r, buf: in}, out: out[:0]}
	}
	return &plainReader{r}
}

type plainReader struct{ io.Reader }

func (plainReader) broken() bool { return false }

// A base64Reader decodes base64 (RFC 2045 §6.8). Octets outside the alphabet are stepped over, a missing end is no reason to lose what
// came, and a new encoding may begin after padding, as where bodies were joined; but text after padding ends it: lists append footers.
type base64Reader struct {
	r       io.Reader
	in, out []byte // what is read at once; what is decoded and not taken yet
	next    int    // of out
	err     error

	group  [4]byte // sextets of the current group
	n      int
	padded bool // padding was seen
	ended  bool // text was seen after padding
	bad    bool
}

func (d *base64Reader) broken() bool { return d.bad }

func (d *base64Reader) Read(p []byte) (int, error) {
	for d.next == len(d.out) {
		if d.err != nil {
			return 0, d.err
		}
		var n int
		n, d.err = d.r.Read(d.in)
		d.out, d.next = d.decode(d.out[:0], d.in[:n]), 0
		if d.err != nil {
			d.out = d.finish(d.out)
		}
	}
	n := copy(p, d.out[d.next:])
	d.next += n
	return n, nil
}

// decode appends what src says to dst.
func (d *base64Reader) decode(dst, src []byte) []byte {
	for len(src) > 0 && !d.ended {
		if d.n == 0 && !d.padded {
			line := src
			if i := bytes.IndexByte(src, '\n'); i >= 0 {
				line = src[:i]
			}
			line = line[:len(line)&^3]
			if len(line) > 0 && (line[len(line)-1] == '\r' || line[len(line)-1] == '=') {
				line = line[:len(line)-4] // the last group is read character by character
			}
			if len(line) > 0 {
				dst = growBy(dst, len(line)/4*3)
				// A CR that it skipped shows in the length.
				if n, err := stdBase64.Decode(dst[len(dst):cap(dst)], line); err == nil && n == len(line)/4*3 {
					dst, src = dst[:len(dst)+n], src[len(line):]
					continue
				}
			}
		}
		i := 0
		for i < len(src) {
			c := src[i]
			i++
			if c == '\n' {
				break
			}
			dst = d.char(dst, c)
		}
		src = src[i:]
	}
	return dst
}

// char takes one character.
func (d *base64Reader) char(dst []byte, c byte) []byte {
	v := base64Values[c]
	switch {
	case v < 64 && (!d.padded || c != '-' && c != '_'):
		d.group[d.n] = v
		d.n++
		if d.n == 4 {
			d.n = 0
			g := &d.group
			dst = append(dst, g[0]<<2|g[1]>>4, g[1]<<4|g[2]>>2, g[2]<<6|g[3])
		}
	case c == '=':
		dst = d.finish(dst)
		d.padded = true
	case c == ' ' || c == '\t' || c == '\r' || c == '\n':
	case d.padded:
		d.ended, d.bad, d.n = true, true, 0
	default:
		d.bad = true
	}
	return dst
}

// finish appends the octets of an incomplete group.
func (d *base64Reader) finish(dst []byte) []byte {
	g := &d.group
	switch d.n {
	case 1:
		d.bad = true
	case 2:
		dst = append(dst, g[0]<<2|g[1]>>4)
	case 3:
		dst = append(dst, g[0]<<2|g[1]>>4, g[1]<<4|g[2]>>2)
	}
	d.n = 0
	return dst
}

// base64Values are the values of the alphabet, and of the one for URLs; 255 is no character of them.
var base64Values = func() (t [256]byte) {
	for i := range t {
		t[i] = 255
	}
	for i := range 64 {
		t["ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[i]] = byte(i)
	}
	t['-'], t['_'] = 62, 63
	return t
}()

// stdBase64 decodes whole lines; it refuses what [base64Reader] then reads character by character.
var stdBase64 = base64.RawStdEncoding

func growBy(b []byte, n int) []byte {
	if cap(b)-len(b) >= n {
		return b
	}
	return append(make([]byte, 0, 2*cap(b)+n), b...)
}

// A lineFeed hands out lines; a line longer than its buffer comes in pieces.
type lineFeed struct {
	r        io.Reader
	buf      []byte
	pos, end int
	err      error
}

// line returns the next line with its end, or a piece of one: whole is false when more of the line follows. At the end it returns nothing
// and the error of r. The line lives until the next call.
func (f *lineFeed) line() (line []byte, whole bool, err error) {
	from := f.pos
	for {
		if i := bytes.IndexByte(f.buf[from:f.end], '\n'); i >= 0 {
			line = f.buf[f.pos : from+i+1]
			f.pos = from + i + 1
			return line, true, nil
		}
		from = f.end
		if f.err == nil && f.pos > 0 {
			from -= f.pos
			copy(f.buf, f.buf[f.pos:f.end])
			f.end -= f.pos
			f.pos = 0
		}
		if f.err != nil || f.end == len(f.buf) {
			line, whole = f.buf[f.pos:f.end], f.err != nil
			f.pos = f.end
			if len(line) == 0 {
				return nil, true, f.err
			}
			return line, whole, nil
		}
		var n int
		n, f.err = f.r.Read(f.buf[f.end:])
		f.end += n
	}
}

// back gives the last n octets of the line just handed out back, to come again with what follows.
func (f *lineFeed) back(n int) { f.pos -= n }

// A qpReader decodes quoted-printable (RFC 2045 §6.7). What is no escape stays as it is; white space at the end of a line was added on
// the way and is dropped.
type qpReader struct {
	lines lineFeed
	out   []byte
	next  int
	err   error
	bad   bool
}

func (d *qpReader) broken() bool { return d.bad }

func (d *qpReader) Read(p []byte) (int, error) {
	for d.next == len(d.out) {
		if d.err != nil {
			return 0, d.err
		}
		d.out, d.next = d.out[:0], 0
		for {
			var line []byte
			var whole bool
			line, whole, d.err = d.lines.line()
			d.decode(line, whole)
			if d.err != nil || len(d.out) >= cap(d.out)/2 {
				break
			}
		}
	}
	n := copy(p, d.out[d.next:])
	d.next += n
	return n, nil
}

func (d *qpReader) decode(line []byte, whole bool) {
	text := bytes.TrimRight(line, " \t\r\n")
	end := line[len(text):]
	if whole {
		if i := bytes.IndexByte(end, '\n'); i > 0 && end[i-1] == '\r' {
			end = end[i-1:]
		} else if i >= 0 {
			end = end[i:]
		} else {
			end = end[:0] // the mail ends in this line
		}
		if len(text) > 0 && text[len(text)-1] == '=' {
			text, end = text[:len(text)-1], end[:0]
		}
	} else if keep := len(end) + tailEscape(text); keep > 0 && keep < len(line) && keep < len(line)/2 {
		// White space may be the end of the line, and an escape may be cut: they wait for what follows.
		d.lines.back(keep)
		text, end = line[:len(line)-keep], nil
	}
	for {
		i := bytes.IndexByte(text, '=')
		if i < 0 {
			break
		}
		d.out = append(d.out, text[:i]...)
		if i+2 < len(text) {
			if v := hexOctet(text[i+1], text[i+2]); v >= 0 {
				d.out = append(d.out, byte(v))
				text = text[i+3:]
				continue
			}
		}
		d.bad = true
		d.out = append(d.out, '=')
		text = text[i+1:]
	}
	d.out = append(append(d.out, text...), end...)
}

// tailEscape is how many octets at the end may be the beginning of an escape.
func tailEscape(text []byte) int {
	for n := 1; n <= 2 && n <= len(text); n++ {
		if text[len(text)-n] == '=' {
			return n
		}
	}
	return 0
}

// A uuReader decodes uuencode, which is older than MIME and was named x-uuencode in it.
type uuReader struct {
	lines  lineFeed
	out    []byte
	next   int
	err    error
	inside bool // between "begin" and "end"
	bad    bool
}

func (d *uuReader) broken() bool { return d.bad }

func (d *uuReader) Read(p []byte) (int, error) {
	for d.next == len(d.out) {
		if d.err != nil {
			return 0, d.err
		}
		var line []byte
		line, _, d.err = d.lines.line()
		d.out, d.next = d.out[:0], 0
		line = bytes.TrimRight(line, "\r\n")
		switch {
		case !d.inside:
			d.inside = bytes.HasPrefix(line, []byte("begin "))
		case bytes.Equal(line, []byte("end")):
			d.inside = false
		case len(line) > 0:
			d.decode(line)
		}
	}
	n := copy(p, d.out[d.next:])
	d.next += n
	return n, nil
}

func (d *uuReader) decode(line []byte) {
	n := int(line[0]-' ') & 63
	sextet := func(i int) byte {
		if i >= len(line) {
			return 0 // spaces at the end were lost on the way
		}
		return (line[i] - ' ') & 63
	}
	if want := 1 + (n+2)/3*4; len(line) < want-3 {
		d.bad = true
	}
	for i := 1; n > 0; i += 4 {
		a, b, c, e := sextet(i), sextet(i+1), sextet(i+2), sextet(i+3)
		group := [3]byte{a<<2 | b>>4, b<<4 | c>>2, c<<6 | e}
		d.out = append(d.out, group[:min(n, 3)]...)
		n -= 3
	}
}
