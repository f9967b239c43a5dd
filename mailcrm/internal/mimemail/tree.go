package mimemail

import (
	"bytes"
	"io"
	"strconv"
)

// bufferSize is what is read at once. A boundary line is never longer.
const bufferSize = 16 << 10

// A source reads a mail once, octet after octet, and knows the boundaries of the multiparts that are open.
type source struct {
	r        io.Reader
	buf      []byte
	pos, end int
	err      error // of r; kept
	total    int64 // octets read from r
	bareCR   bool  // lines end in CR alone: it is read as LF
	hasher   *headerHasher
	bol      bool // pos is at the beginning of a line
	open     []multipart
	whole    bool // the body that is read is a file or a mail: what looks like a lost boundary belongs to it
}

// A multipart is one that is open.
type multipart struct {
	boundary []byte // without the dashes; nil until it is guessed
	node     int
	path     string // IMAP's number; empty for the root
	parts    int
	digest   bool // parts are messages by default (RFC 2046 §5.1.5)
	// lost are the boundaries of multiparts within, which a boundary of this one ended before their own did. Where one still comes, it
	// divides this one: a reader does not want to see it as text. At most maxLost.
	lost [][]byte
}

// maxLost bounds multipart.lost.
const maxLost = DefaultMaxDepth

// lose notes the boundary of a multipart within.
func (m *multipart) lose(boundary []byte) {
	if len(boundary) == 0 || len(m.lost) >= maxLost || bytes.Equal(boundary, m.boundary) {
		return
	}
	for _, have := range m.lost {
		if bytes.Equal(have, boundary) {
			return
		}
	}
	m.lost = append(m.lost, boundary)
}

// An edge is what ends a body: a boundary of an open multipart, or the end of the mail.
type edge struct {
	level   int // of source.open; -1 for the end of the mail
	closing bool
	lost    bool // by a boundary of multipart.lost; closing then closes nothing
}

var endOfMail = edge{level: -1}

// failure is what went wrong with r, if anything did.
func (s *source) failure() error {
	if s.err == io.EOF { //nolint:errorlint // an error that wraps EOF is a mail that was cut off, never its end
		return nil
	}
	return s.err
}

// fill reads more behind what is there and says whether it got some; it does not when the mail ends or the buffer is full.
func (s *source) fill() bool {
	if s.pos > 0 {
		copy(s.buf, s.buf[s.pos:s.end])
		s.end -= s.pos
		s.pos = 0
	}
	for tries := 0; s.err == nil && s.end < len(s.buf); tries++ {
		n, err := s.r.Read(s.buf[s.end:])
		if s.hasher != nil && !s.hasher.done {
			s.hasher.write(s.buf[s.end : s.end+n])
		}
		if s.bareCR {
			for i := s.end; i < s.end+n; i++ {
				if s.buf[i] == '\r' {
					s.buf[i] = '\n'
				}
			}
		}
		s.end += n
		s.total += int64(n)
		if s.err = err; err == nil && n == 0 && tries > 100 {
			s.err = io.ErrNoProgress
		}
		if n > 0 {
			return true
		}
	}
	return false
}

// line returns the next line with its end, or a piece of one that is longer than the buffer: whole is false when more of it follows. It is
// empty at the end of the mail, and lives until the next call.
func (s *source) line() (line []byte, whole bool) {
	from := 0
	for {
		if i := bytes.IndexByte(s.buf[s.pos+from:s.end], '\n'); i >= 0 {
			line = s.buf[s.pos : s.pos+from+i+1]
			s.pos += len(line)
			s.bol = true
			return line, true
		}
		from = s.end - s.pos
		if !s.fill() {
			line = s.buf[s.pos:s.end]
			s.pos = s.end
			s.bol = false
			return line, s.err != nil
		}
	}
}

// unread puts octets back in front.
func (s *source) unread(b []byte) {
	rest := append(append([]byte(nil), b...), s.buf[s.pos:s.end]...)
	if cap(s.buf) < len(rest) {
		s.buf = append(rest, make([]byte, bufferSize)...)
	} else {
		copy(s.buf, rest)
	}
	s.pos, s.end, s.bol = 0, len(rest), true
}

// chunk returns the next octets of the current body, and with the last of them the edge that ends it. The line end in front of a boundary
// belongs to the boundary (RFC 2046 §5.1.1).
func (s *source) chunk() (data []byte, at edge, done bool) {
	for {
		window := s.buf[s.pos:s.end]
		if len(s.open) == 0 {
			if len(window) == 0 && s.fill() {
				continue
			}
			s.pos = s.end
			return window, endOfMail, len(window) == 0
		}
		if s.bol {
			if len(window) < 2 && s.fill() {
				continue
			}
			if len(window) >= 2 && window[0] == '-' && window[1] == '-' {
				n := bytes.IndexByte(window, '\n') + 1
				if n == 0 {
					if s.fill() {
						continue
					}
					window = s.buf[s.pos:s.end]
					n = len(window)
				}
				if at, ok := s.match(window[:n]); ok {
					s.pos += n
					return nil, at, true
				}
			}
			s.bol = false
		}
		i := bytes.Index(window, lineDashes)
		if i < 0 {
			keep := tail(window)
			if n := len(window) - keep; n > 0 {
				s.pos += n
				return window[:n], edge{}, false
			}
			if s.fill() {
				continue
			}
			window = s.buf[s.pos:s.end]
			if s.err == nil { // cannot be: what is kept is shorter than the buffer
				s.err = io.ErrShortBuffer
			}
			s.pos = s.end
			return window, endOfMail, true
		}
		body := i // without the line end
		if i > 0 && window[i-1] == '\r' {
			body--
		}
		n := bytes.IndexByte(window[i+1:], '\n') + 1
		if n == 0 {
			if body > 0 {
				s.pos += body
				return window[:body], edge{}, false
			}
			if s.fill() {
				continue
			}
			window = s.buf[s.pos:s.end]
			n = len(window) - i - 1
		}
		if at, ok := s.match(window[i+1 : i+1+n]); ok {
			s.pos += i + 1 + n
			s.bol = true
			return window[:body], at, true
		}
		// A line with dashes that is no boundary: the text up to it is done with, and it is looked at no more.
		s.pos += i + 1
		return window[:i+1], edge{}, false
	}
}

var lineDashes = []byte("\n--")

// tail is how many octets at the end may belong to a line end in front of a boundary.
func tail(window []byte) int {
	n := len(window)
	switch {
	case n >= 3 && window[n-3] == '\r' && window[n-2] == '\n' && window[n-1] == '-':
		return 3
	case n >= 2 && window[n-2] == '\n' && window[n-1] == '-', n >= 2 && window[n-2] == '\r' && window[n-1] == '\n':
		return 2
	case n >= 1 && (window[n-1] == '\n' || window[n-1] == '\r'):
		return 1
	}
	return 0
}

// match compares a line that begins with two dashes with the open boundaries, from the inside.
func (s *source) match(line []byte) (at edge, ok bool) {
	name := bytes.TrimRight(line[2:], " \t\r\n")
	for i := len(s.open) - 1; i >= 0; i-- {
		if ok, closing := isBoundary(name, s.open[i].boundary); ok {
			return edge{level: i, closing: closing}, true
		}
		if s.whole {
			continue
		}
		for _, b := range s.open[i].lost {
			if ok, closing := isBoundary(name, b); ok {
				return edge{level: i, closing: closing, lost: true}, true
			}
		}
	}
	return edge{}, false
}

// isBoundary compares a line, without its dashes and its end, with a boundary.
func isBoundary(name, b []byte) (ok, closing bool) {
	if len(b) == 0 || !bytes.HasPrefix(name, b) {
		return false, false
	}
	switch rest := name[len(b):]; {
	case len(rest) == 0:
		return true, false
	case len(rest) == 2 && rest[0] == '-' && rest[1] == '-':
		return true, true
	}
	return false, false
}

// A rawBody reads a body as it came, up to its edge.
type rawBody struct {
	src  *source
	data []byte
	at   edge
	done bool
}

func (b *rawBody) Read(p []byte) (int, error) {
	for len(b.data) == 0 {
		if b.done {
			if err := b.src.failure(); err != nil {
				return 0, err
			}
			return 0, io.EOF
		}
		b.data, b.at, b.done = b.src.chunk()
	}
	n := copy(p, b.data)
	b.data = b.data[n:]
	return n, nil
}

// skip reads to the edge.
func (b *rawBody) skip() {
	for !b.done {
		_, b.at, b.done = b.src.chunk()
	}
	b.data = nil
}

// imapPath is the number of part n of a multipart (RFC 3501 §6.4.5).
func imapPath(multipart string, n int) string {
	if multipart == "" {
		return strconv.Itoa(n)
	}
	return multipart + "." + strconv.Itoa(n)
}
