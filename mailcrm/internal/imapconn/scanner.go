package imapconn

import (
	"bytes"

	"github.com/mailcrm/sdk/storage"
)

// disorderMax bounds the numbers of a list that are smaller than the one before: go-imap inserts each into a sorted slice.
const disorderMax = 1_000

// depthMax bounds nested parentheses. go-imap reads BODYSTRUCTURE and THREAD by recursion, and an error at depth n costs it n² bytes.
const depthMax = 250

// scanner follows one response through quoted strings, parentheses and literals. What is passed on must end exactly where go-imap finds
// its end, for which a quoted string may hold line ends; what is not ends with its line, as RFC 9051 §4.3 has it. A line that ends in
// "{n}" outside of a string goes on after n bytes.
type scanner struct {
	active   bool
	text     bool   // a line of text: no strings, no literals
	spans    bool   // a quoted string may hold line ends
	kind     string // "FETCH", "tagged" …
	limit    int64
	used     int64 // bytes of the response without streamed literals
	literals int64

	quoted, escaped bool
	last            byte // the byte before
	depth           int
	tail            []byte // the last bytes of the line, at most tailMax

	number, previous uint64
	inNumber         bool
	disorder         int
}

const tailMax = 64

// feed takes a piece that ends at a line end or anywhere before. Size is that of the literal which follows, or -1.
func (s *scanner) feed(piece []byte) (end bool, size int64, err error) {
	if s.used += int64(len(piece)); s.used > s.limit {
		return false, -1, tooMuch("a response", s.limit)
	}
	lineEnd := bytes.HasSuffix(piece, []byte("\n"))
	if s.text {
		s.active = !lineEnd
		return lineEnd, -1, nil
	}
	ordered := s.kind == "SEARCH" || s.kind == "ESEARCH"
	for _, ch := range piece {
		switch {
		case s.escaped:
			s.escaped = false
		case s.quoted && ch == '\\':
			s.escaped = true
		case ch == '"' && s.quoted:
			s.quoted = false
		case ch == '"' && (s.last == ' ' || s.last == '('):
			s.quoted = true
		case s.quoted:
		case ch == '(':
			if s.depth++; s.depth > depthMax {
				return false, -1, &storage.Cause{Code: "imap.limit", Detail: "more than 250 nested parentheses", Err: storage.ErrLimit}
			}
		case ch == ')':
			s.depth--
		}
		s.last = ch
		if ordered && !s.inOrder(ch) {
			return false, -1, &storage.Cause{Code: "imap.limit", Detail: "the numbers of a search come in no order", Err: storage.ErrLimit}
		}
	}
	s.keepTail(piece)
	if !lineEnd || s.quoted && s.spans {
		return false, -1, nil
	}
	s.quoted, s.escaped = false, false
	size, ok := literalAtEnd(s.tail)
	if ok {
		return false, size, nil
	}
	s.active = false
	return true, -1, nil
}

func (s *scanner) keepTail(piece []byte) {
	if len(piece) >= tailMax {
		s.tail = append(s.tail[:0], piece[len(piece)-tailMax:]...)
		return
	}
	s.tail = append(s.tail, piece...)
	if drop := len(s.tail) - tailMax; drop > 0 {
		s.tail = append(s.tail[:0], s.tail[drop:]...)
	}
}

// inOrder counts the numbers of a list that are smaller than the one before.
func (s *scanner) inOrder(ch byte) bool {
	if ch >= '0' && ch <= '9' {
		if s.number < 1<<40 {
			s.number = s.number*10 + uint64(ch-'0')
		}
		s.inNumber = true
		return true
	}
	if s.inNumber {
		if s.number < s.previous {
			s.disorder++
		}
		s.previous, s.number, s.inNumber = s.number, 0, false
	}
	return s.disorder <= disorderMax
}

// section says whether the literal that the response has just announced is the content of a mail, which the library streams: the value of
// BODY[…], BODY[…]<n> or BINARY[…] at the top level of a FETCH. Any other literal the library holds in memory.
func (s *scanner) section() bool {
	before := s.tail[:max(bytes.LastIndexByte(s.tail, '{'), 0)]
	before = bytes.TrimRight(before, " ~")
	return s.depth == 1 && (bytes.HasSuffix(before, []byte("]")) || bytes.HasSuffix(before, []byte(">")))
}
