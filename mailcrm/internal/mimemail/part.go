package mimemail

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// A Part is a leaf of a mail: what is not a multipart. A forwarded mail (message/rfc822) is one leaf; [OpenPart] gives its octets, which
// [Parse] takes again. A winmail.dat (TNEF) is followed by what is inside it, up to 200 files of 64 MiB each.
type Part struct {
	// Path is the part's number in IMAP, "1.2" (RFC 3501 §6.4.5); a mail that is no multipart has the one part "1". For a mail that is
	// malformed, a server may count otherwise: a path is for [OpenPart] on the raw mail. File n inside a winmail.dat at "2" is "2.n",
	// which no server knows: fetch Within.
	Path string
	// Within is the Path of the winmail.dat that holds the part; empty for parts of the mail itself.
	Within      string
	MediaType   string // "text/plain": lower case, no parameters
	Charset     string // as stated, lower case; empty when not stated
	Disposition string // "attachment", "inline" or another, lower case; empty when not stated (RFC 2183)
	// FileName is the name for people, made safe by [CleanFileName]; a part that is no body and has none is given one after its type.
	FileName    string
	RawFileName string // as the sender wrote it, decoded, at most 8 KiB; empty when not stated; never to be used as a path
	ContentID   string // without angle brackets (RFC 2392)
	Size        int64  // decoded octets; of a part that was left, about
	// Left is how many octets of the part, in its transfer encoding, are not here but on the server: of a document that [Outline.Assemble] made. 0: all of it is here.
	Left     int64
	Calendar *Calendar // what a text/calendar part is about; nil for others, and where it cannot be read

	// Of these three a leaf has one, or none: an alternative that is never shown, such as AMP, has none.
	Body       bool // it is in [Message.Bodies]
	Inline     bool // the HTML that is shown refers to it by cid
	Attachment bool // everything else, whatever its Content-Disposition says

	// Decoration is an Attachment that nobody sent for its own sake: the picture of a signature, a logo, a counter (decoration.go). It is not among [Message.Attachments].
	Decoration bool
}

// ErrNoPart says that a mail has no such part.
var ErrNoPart = errors.New("mimemail: no such part")

// OpenPart finds the leaf with that [Part.Path] in the raw mail of r and returns its decoded octets (transfer encoding undone, charset as
// it came), streaming: r must stay open while they are read. A path that leads on into a forwarded mail ("2.1" where "2" is
// message/rfc822) is followed, and so is one into a winmail.dat, whose file is then held in memory. Size, Body, Inline, Attachment and Calendar of the Part are not known here; FileName is never empty.
//
// The error is [ErrNoPart], or that of r.
func OpenPart(r io.Reader, path string) (Part, io.Reader, error) {
	if strings.Count(path, ".") > 2*DefaultMaxDepth {
		return Part{}, nil, fmt.Errorf("part %q: %w", cut(path, 64), ErrNoPart)
	}
	o := (*Options)(nil).orDefault()
	w := newWalker(r, &o, nil)
	w.root(&Header{})
	for {
		l := w.next()
		if l == nil {
			break
		}
		l.keeps = false
		if l.Path == path {
			if l.FileName == "" {
				l.FileName = madeUpName(&l.Part)
			}
			return l.Part, w.body(), nil
		}
		if rest, ok := strings.CutPrefix(path, l.Path+"."); ok && isMessage(l.MediaType) {
			p, body, err := OpenPart(w.body(), rest)
			p.Path = l.Path + "." + p.Path
			return p, body, err
		} else if ok && l.tnef != nil {
			l.tnef = nil
			return openTNEF(w.body(), l.Path, rest)
		}
	}
	if err := w.src.failure(); err != nil {
		return Part{}, nil, fmt.Errorf("read mail: %w", err)
	}
	return Part{}, nil, fmt.Errorf("part %q: %w", cut(path, 64), ErrNoPart)
}

func isMessage(mediaType string) bool {
	return mediaType == "message/rfc822" || mediaType == "message/global"
}
