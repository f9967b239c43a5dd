package mimemail

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// An Outline is a mail of which some parts were left on the server, entity by entity: the tree as the server describes it, the headers as they came, the bodies that were
// fetched. [Outline.Assemble] makes one document of it, which [Parse] and [OpenPart] read with [Options].Outlined, so that one judge decides about whole mails and
// others.
type Outline struct {
	Path      string // as [Part.Path]; empty for the root
	MediaType string // as the server says: lower case
	// Header is the entity's, raw; of the root BODY[HEADER], of a part BODY[n.MIME].
	Header []byte
	// Body is what was fetched of a leaf, in its transfer encoding.
	Body []byte
	// Octets is how many octets the leaf has on the server, in its transfer encoding. If Body has fewer, the rest was left.
	Octets int64
	Parts  []Outline // of a multipart
}

// leftField stands in an assembled document in front of the header of a part of which octets were left. Its value is their number, and how many there are.
const leftField = "Mailcrm-Left"

// ErrOutline says that an outline does not hold together: fetch the mail whole.
var ErrOutline = errors.New("mimemail: the outline is no mail")

// Assemble writes the document. It fails with [ErrOutline] where the tree, the headers and what the parser makes of the document differ: then the server counts parts otherwise
// than we do, or lies.
func (o *Outline) Assemble(opts *Options) ([]byte, *Message, error) {
	var b bytes.Buffer
	if err := o.write(&b, 0); err != nil {
		return nil, nil, err
	}
	var own Options
	if opts != nil {
		own = *opts
	}
	own.Outlined = true
	doc := b.Bytes()
	m, err := Parse(bytes.NewReader(doc), &own)
	if err != nil {
		return nil, nil, err
	}
	return doc, m, o.verify(m)
}

func (o *Outline) write(b *bytes.Buffer, depth int) error {
	if depth > DefaultMaxDepth {
		return fmt.Errorf("more than %d levels: %w", DefaultMaxDepth, ErrOutline)
	}
	// A sender must not be able to say that something was left.
	if indexFold(string(o.Header), strings.ToLower(leftField)+":") >= 0 {
		return fmt.Errorf("a header that looks like ours: %w", ErrOutline)
	}
	isMultipart := strings.HasPrefix(o.MediaType, "multipart/")
	if left := o.Octets - int64(len(o.Body)); left > 0 && !isMultipart {
		fmt.Fprintf(b, "%s: %d %d\r\n", leftField, left, o.Octets)
	}
	b.Write(o.Header)
	if !bytes.HasSuffix(o.Header, []byte("\r\n\r\n")) && !bytes.Equal(o.Header, []byte("\r\n")) {
		if len(o.Header) > 0 && !bytes.HasSuffix(o.Header, []byte("\n")) {
			return fmt.Errorf("a header that was cut off: %w", ErrOutline)
		}
		if depth == 0 {
			return fmt.Errorf("a header without its end: %w", ErrOutline)
		}
		b.WriteString("\r\n")
	}
	if !isMultipart {
		b.Write(o.Body)
		return nil
	}
	boundary, err := o.boundary()
	if err != nil {
		return err
	}
	for i := range o.Parts {
		fmt.Fprintf(b, "--%s\r\n", boundary)
		if err := o.Parts[i].write(b, depth+1); err != nil {
			return err
		}
		b.WriteString("\r\n")
	}
	fmt.Fprintf(b, "--%s--\r\n", boundary)
	return nil
}

// boundary is what the header of a multipart states.
func (o *Outline) boundary() (string, error) {
	h, _ := parseHeader(append([]byte(nil), o.Header...), nil, "")
	mediaType, params := parseMediaType(lastValue(&h, "Content-Type"), "text/plain")
	boundary := strings.TrimRight(params.get("boundary"), " \t")
	if mediaType != o.MediaType || boundary == "" || len(boundary) > maxBoundary || strings.ContainsAny(boundary, "\r\n") || len(o.Parts) == 0 {
		return "", fmt.Errorf("multipart %q: %w", o.Path, ErrOutline)
	}
	return boundary, nil
}

// verify compares what the parser found with what the server described.
func (o *Outline) verify(m *Message) error {
	leaves := o.leaves(nil)
	parts := make([]*Part, 0, len(m.Parts))
	for i := range m.Parts {
		if m.Parts[i].Within == "" {
			parts = append(parts, &m.Parts[i])
		}
	}
	if len(leaves) != len(parts) {
		return fmt.Errorf("%d parts described, %d found: %w", len(leaves), len(parts), ErrOutline)
	}
	for i, l := range leaves {
		p := parts[i]
		if p.Path != l.Path || p.MediaType != l.MediaType || (p.Left > 0) != (l.Octets > int64(len(l.Body))) {
			return fmt.Errorf("part %s is another one than described: %w", l.Path, ErrOutline)
		}
		if p.Body && p.Left > 0 {
			return fmt.Errorf("part %s is shown, and was left: %w", l.Path, ErrOutline)
		}
	}
	for _, d := range m.Defects {
		switch d.Code {
		case MboxLine, BareCR, NoSeparator, BoundaryMissing, BoundaryGuessed, MultipartUnclosed, MultipartEmpty, TooDeep, TooManyParts, HeaderTooLong:
			return fmt.Errorf("part %q is malformed (%s): %w", d.Part, d.Code, ErrOutline)
		}
	}
	return nil
}

func (o *Outline) leaves(to []*Outline) []*Outline {
	if len(o.Parts) == 0 {
		return append(to, o)
	}
	for i := range o.Parts {
		to = o.Parts[i].leaves(to)
	}
	return to
}

// readLeft reads leftField of a part of a document that we made.
func (l *leaf) readLeft(h *Header, t transfer) {
	left, total, _ := strings.Cut(h.Get(leftField), " ")
	n, err := strconv.ParseInt(left, 10, 64)
	all, e := strconv.ParseInt(total, 10, 64)
	if err != nil || e != nil || n <= 0 || n > all {
		return
	}
	l.Left = n
	l.estimate = decodedSize(all, t)
}

// decodedSize is about how many octets so many are when their transfer encoding is undone: exact for what is not encoded, right within a line for base64 in
// lines of 76 (RFC 2045 §6.8), and too much for quoted-printable.
func decodedSize(octets int64, t transfer) int64 {
	if t == base64Encoding {
		return octets/78*57 + octets%78*3/4
	}
	return octets
}
