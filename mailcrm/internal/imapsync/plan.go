package imapsync

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/emersion/go-imap/v2"

	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
	"github.com/mailcrm/sdk/storage"
)

// A planner goes through a structure and decides what to ask for.
type planner struct {
	ask      []section
	leaves   int
	octets   int64 // of all parts, in their transfer encodings
	left     int64
	pictures int64
	special  bool // a report, a forwarded, signed or encrypted mail
	tnef     bool
	bad      bool
}

// planOf says what to fetch of a mail of that size and what to leave. It is nil for one that is to be fetched whole:
//
//   - one that is no multipart, or whose structure is no such thing, is out of bounds, or speaks of much more or much less than the mail has;
//   - one with a text above 2 MiB;
//   - a report, a signed, an encrypted or a forwarding mail up to 1 MiB: what it means is in its details. Of a larger one what a report says for machines and the
//     beginning of the forwarded mail are fetched;
//   - one with a winmail.dat, up to 16 MiB: what is inside only its bytes tell;
//   - one of which less than 64 KiB would be left.
func planOf(structure imap.BodyStructure, size int64, header []byte) *plan {
	if _, ok := structure.(*imap.BodyStructureMultiPart); !ok || size <= WholeBelow {
		return nil
	}
	var d planner
	outline := d.entity("", structure, 0)
	said := d.octets + int64(len(header))
	switch {
	case d.bad, d.left < leastLeft, said > 2*size, said < size/2:
		return nil
	case d.special && size <= wholeKinds, d.tnef && size <= wholeTNEF:
		return nil
	}
	outline.Header = header
	return &plan{outline: outline, ask: d.ask}
}

func (d *planner) entity(path string, structure imap.BodyStructure, level int) mimemail.Outline {
	o := mimemail.Outline{Path: path}
	if path != "" {
		d.ask = append(d.ask, section{path: path, mime: true, size: maxPartTops})
	}
	switch bs := structure.(type) {
	case *imap.BodyStructureMultiPart:
		o.MediaType = bs.MediaType()
		switch o.MediaType {
		case "multipart/report", "multipart/signed", "multipart/encrypted":
			d.special = true
		}
		d.bad = d.bad || level > maxLevels || len(bs.Children) == 0 || len(bs.Children) > maxLeaves
		for i, child := range bs.Children {
			if d.bad {
				break
			}
			below := strconv.Itoa(i + 1)
			if path != "" {
				below = path + "." + below
			}
			o.Parts = append(o.Parts, d.entity(below, child, level+1))
		}
	case *imap.BodyStructureSinglePart:
		o.MediaType, o.Octets = bs.MediaType(), int64(bs.Size)
		d.leaves++
		d.bad = d.bad || d.leaves > maxLeaves
		d.octets += o.Octets
		n := d.wanted(bs)
		d.left += o.Octets - n
		if n > 0 {
			d.ask = append(d.ask, section{path: path, size: n, part: n < o.Octets})
		}
	default:
		d.bad = true
	}
	return o
}

// wanted is how many octets of a part are fetched.
func (d *planner) wanted(bs *imap.BodyStructureSinglePart) int64 {
	size := int64(bs.Size)
	upTo := func(most int64) int64 {
		if size > most {
			return 0
		}
		return size
	}
	attached := false
	if disposition := bs.Disposition(); disposition != nil {
		attached = strings.EqualFold(disposition.Value, "attachment")
	}
	switch mediaType := bs.MediaType(); {
	case mediaType == "text/plain" || mediaType == "text/html":
		if attached {
			return 0
		}
		d.bad = d.bad || size > maxTextPart
		return size
	case mediaType == "message/rfc822" || mediaType == "message/global":
		d.special = true
		return min(size, mailHead)
	case mediaType == "application/ms-tnef" || mediaType == "application/vnd.ms-tnef" || strings.EqualFold(bs.Filename(), "winmail.dat"):
		d.tnef = true
		return 0
	case mediaType == "application/pkcs7-mime" || mediaType == "application/x-pkcs7-mime":
		d.special = true
		return 0
	case strings.HasPrefix(mediaType, "message/") || mediaType == "text/rfc822-headers":
		d.special = true
		return upTo(maxReport)
	case mediaType == "text/calendar" || mediaType == "application/ics":
		return upTo(maxInvite)
	case strings.HasPrefix(mediaType, "image/") && bs.ID != "" && d.pictures+size <= maxPictures:
		n := upTo(maxPicture)
		d.pictures += n
		return n
	}
	return 0
}

// assemble makes one document of a mail's parts, keeps and parses it. Where they do not fit together the mail is left to be fetched whole.
func (f *fetching) assemble(ctx context.Context, p *plan) (err error) {
	in := p.in
	defer func() {
		if r := recover(); r != nil {
			f.Logger.Error("a mail made the parser panic", "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
			in.failed = &storage.Cause{Code: "unknown", Detail: "the mail made the parser panic", Err: storage.ErrInvalid}
		}
	}()
	small := pictures{}
	doc, m, err := p.outline.Assemble(&mimemail.Options{MaxText: maxText, Part: small.keep})
	p.outline = mimemail.Outline{}
	if err != nil {
		f.Logger.DebugContext(ctx, "structure and mail differ", "account", f.account.ID, "mailbox", f.box.ID, "uid", in.UID, "error", err)
		in.failed = err
		return nil
	}
	if m.MessageID == "" && (m.Date.IsZero() || len(m.From) == 0) {
		in.failed = errNameless
		return nil
	}
	put, err := f.Blobs.Put(ctx, storage.PutBlobRequest{Tenant: f.box.Tenant, Content: bytes.NewReader(doc), Size: int64(len(doc))})
	if err != nil {
		return f.notKept(in, int64(len(doc)), err)
	}
	in.Raw, in.RawSize, in.Kept, in.HeaderHash = put.Digest, in.Size, "text", m.HeaderHash
	in.Pictures, in.Others = small.attached(m)
	lighten(m)
	if in.later = !f.room.take(weight(m)); !in.later {
		in.Parsed = m
	}
	return nil
}

// errNameless is a mail that only its bytes tell from others.
var errNameless = errors.New("imapsync: the header says too little to know the mail again")

// within finds an entity of an outline.
func within(o *mimemail.Outline, path string) *mimemail.Outline {
	if o.Path == path {
		return o
	}
	for i := range o.Parts {
		if p := &o.Parts[i]; p.Path == path || strings.HasPrefix(path, p.Path+".") {
			return within(p, path)
		}
	}
	return nil
}

// dotted is a part's number as RFC 3501 §6.4.5 writes it.
func dotted(numbers []int) string {
	var b strings.Builder
	for i, n := range numbers {
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(strconv.Itoa(n))
	}
	return b.String()
}
