package mimemail

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"iter"

	"github.com/emersion/go-message/textproto"
)

// ErrHeaderTooLong says that no empty line came within the bound.
var ErrHeaderTooLong = errors.New("mimemail: header too long")

// A Header is the header of a mail, in its order, with every repetition (RFC 5322 §2.2). The zero value has no fields.
type Header struct {
	fields  textproto.Header
	raw     []byte
	charset string // of octets above 127 that are not UTF-8; empty to guess
}

// Get is the first value of a field, unfolded and otherwise as it came (encoded-words, charset), or "". Names match in any case.
func (h *Header) Get(name string) string { return h.fields.Get(name) }

// All are the values of a field from the top down, unfolded and otherwise as they came.
func (h *Header) All(name string) []string { return h.fields.Values(name) }

// Text is the first value of a field as a person reads it: encoded-words (RFC 2047) and raw octets decoded to UTF-8, on one line, at
// most 8 KiB.
func (h *Header) Text(name string) string { return h.text(name, nil) }

func (h *Header) text(name string, d *defects) string {
	return cut(oneLine(decodeNoting(h.fields.Get(name), h.charset, d)), maxSubject)
}

// Fields are all fields from the top down: name in canonical case, value as [Header.Get] gives it.
func (h *Header) Fields() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for f := h.fields.Fields(); f.Next(); {
			if !yield(f.Key(), f.Value()) {
				return
			}
		}
	}
}

// Raw is the header as it was read, with the empty line that ends it: what came, but for lines before and behind it that are none of its
// fields, and at most Options.MaxHeader octets. It must not be changed. The identity of a header is [Message.HeaderHash].
func (h *Header) Raw() []byte { return h.raw }

// addresses are the addresses of all fields of that name.
func (h *Header) addresses(name string, d *defects) []Address {
	var out []Address
	for _, v := range h.fields.Values(name) {
		out = parseAddresses(v, h.charset, out, d)
	}
	return out
}

// parseHeader finds the fields in raw, which ends with the empty line, or without one where a boundary or the end of the mail cut it off.
// A line that is neither a field nor the continuation of one is stepped over when fields follow; when none follow, the empty line between
// header and body was forgotten, and rest is where the body begins.
func parseHeader(raw []byte, d *defects, part string) (h Header, rest []byte) {
	var spans [][2]int // fields, begin and end in raw
	junk := -1         // where the lines began that are no field and that no field followed so far
	open := false      // the last line belongs to the last span
	pos := 0
	if bytes.HasPrefix(raw, []byte("\xef\xbb\xbf")) {
		d.add(MboxLine, part)
		pos = 3
	}
	for pos < len(raw) {
		end := len(raw)
		if i := bytes.IndexByte(raw[pos:], '\n'); i >= 0 {
			end = pos + i + 1
		}
		line := bytes.TrimRight(raw[pos:end], "\r\n")
		switch {
		case len(line) == 0:
			pos = end
			if pos == len(raw) {
				goto done
			}
		case (line[0] == ' ' || line[0] == '\t') && open:
			spans[len(spans)-1][1] = end
		case isField(line):
			if junk >= 0 {
				d.add(HeaderJunk, part)
				junk = -1
			}
			open = len(spans) < maxFields
			if open {
				spans = append(spans, [2]int{pos, end})
			} else {
				d.add(HeaderTooLong, part)
			}
		case len(spans) == 0 && junk < 0 && isMboxLine(line):
			d.add(MboxLine, part)
		default:
			if junk < 0 {
				junk = pos
			}
			open = false
		}
		pos = end
	}
done:
	// A go-message header grows at its top, hence from the last field to the first.
	for i := len(spans) - 1; i >= 0; i-- {
		h.fields.AddRaw(raw[spans[i][0]:spans[i][1]])
	}
	h.raw = raw
	if junk >= 0 {
		d.add(NoSeparator, part)
		h.raw, rest = raw[:junk], raw[junk:]
	}
	return h, rest
}

// isField says whether a line begins a field: printable ASCII, a colon (RFC 5322 §2.2), and spaces between, which occur in the wild.
func isField(line []byte) bool {
	i := bytes.IndexByte(line, ':')
	if i <= 0 {
		return false
	}
	name := bytes.TrimRight(line[:i], " \t")
	for _, c := range name {
		if c <= ' ' || c >= 0x7f {
			return false
		}
	}
	return len(name) > 0
}

// isMboxLine knows the line that mbox files and old gateways put before a mail.
func isMboxLine(line []byte) bool {
	return bytes.HasPrefix(bytes.TrimPrefix(line, []byte(">")), []byte("From "))
}

// SplitHeader reads the raw header of a mail from r, up to and with the empty line that ends it, and leaves r at the body. A mail that ends
// before the empty line is all header. After max octets without an empty line it returns what it has and [ErrHeaderTooLong]; otherwise an
// error is one of r, with what was read. The octets are not changed.
func SplitHeader(r *bufio.Reader, max int) (header []byte, err error) {
	start := 0 // of the current line
	for {
		frag, err := r.ReadSlice('\n')
		if len(header)+len(frag) > max {
			return append(header, frag[:max-len(header)]...), ErrHeaderTooLong
		}
		header = append(header, frag...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF):
			return header, nil
		case err != nil:
			return header, err
		}
		if isBlank(header[start:]) {
			return header, nil
		}
		start = len(header)
	}
}

// isBlank says whether a line is empty but for its end.
func isBlank(line []byte) bool {
	return len(line) == 1 && line[0] == '\n' || len(line) == 2 && line[0] == '\r' && line[1] == '\n'
}
