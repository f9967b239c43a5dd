package mimemail

import (
	"bytes"
	"crypto/sha256"
	"hash"
)

// HeaderHash is the SHA-256 of a raw header as IMAP's BODY[HEADER] gives it: every line ended by CRLF, and one empty line at the end. A
// header from a file with bare LF, or one whose empty line the server left out, hashes the same, and so does a whole mail: what follows the
// first empty line does not count. [Parse] puts it into [Message.HeaderHash].
func HeaderHash(header []byte) [32]byte {
	h := newHeaderHasher()
	h.write(header)
	return h.sum()
}

// A headerHasher hashes the header of a mail that passes in pieces, whatever its size.
type headerHasher struct {
	hash hash.Hash
	line bool // something of the current line was written
	cr   bool // a CR was read and not written: it may belong to the line end
	done bool // the empty line came
}

func newHeaderHasher() *headerHasher { return &headerHasher{hash: sha256.New()} }

var (
	octetCR = []byte("\r")
	lineEnd = []byte("\r\n")
)

func (h *headerHasher) write(p []byte) {
	for len(p) > 0 && !h.done {
		text, rest, ended := bytes.Cut(p, lineEnd[1:])
		p = rest
		if h.cr && len(text) > 0 {
			h.hash.Write(octetCR)
			h.line, h.cr = true, false
		}
		if n := len(text); n > 0 && text[n-1] == '\r' {
			text, h.cr = text[:n-1], true
		}
		if len(text) > 0 {
			h.hash.Write(text)
			h.line = true
		}
		if ended {
			h.end()
		}
	}
}

// end ends the current line.
func (h *headerHasher) end() {
	h.done = !h.line
	if h.line {
		h.hash.Write(lineEnd)
	}
	h.line, h.cr = false, false
}

func (h *headerHasher) sum() (sum [32]byte) {
	if h.line {
		h.end()
	}
	h.hash.Write(lineEnd)
	h.hash.Sum(sum[:0])
	return sum
}
