package mimemail

import (
	"io"
	"strings"
)

// A leaf is a part while it is read.
type leaf struct {
	Part
	named bool // Content-Type has a name (RFC 8621 §4.1.4)
	keeps bool // it may be a body: its octets are kept
	cut   bool // not all of them were
	void  bool // a boundary cut its header off, and it has no name: there is nothing to show
	text  []byte
	tnef  *tnefScanner // reads along, if it is a winmail.dat
	peeks bool         // it is a mail that may have been forwarded, or a calendar
	head  []byte       // its beginning

	estimate int64  // about how many octets a part has that was left (Part.Left)
	picture  bool   // its beginning tells how large it is
	pixels   []byte // that beginning
}

// begin makes a leaf of the current entity.
func (w *walker) begin(mediaType string, params params) *leaf {
	e := &w.cur
	l := &leaf{Part: Part{Path: e.path, MediaType: mediaType}}
	if l.Path == "" {
		l.Path = "1"
	}
	h := &e.header
	l.Charset = cleanLabel(params.get("charset"))
	disposition, dparams := parseParams(h.Get("Content-Disposition"))
	if isToken(disposition) {
		l.Disposition = cut(disposition, 64)
	}
	name := params.get("name")
	l.named = name != ""
	if f := dparams.get("filename"); f != "" {
		name = f
	}
	if name != "" {
		l.RawFileName = cut(name, maxSubject)
		l.FileName = CleanFileName(name)
	}
	l.ContentID = contentID(h.Get("Content-Id"))
	l.keeps = l.Disposition != "attachment" && (mediaType == "text/plain" || mediaType == "text/html" || e.parent < 0 && isLooseText(mediaType))
	l.void = e.parent >= 0 && e.complete && len(e.text) == 0 && l.RawFileName == "" && l.Disposition != "attachment"
	l.keeps = l.keeps && !l.void
	if isTNEF(&l.Part) && w.tnef < maxTNEF {
		l.tnef = newTNEFScanner(-1)
		w.tnef++
	}
	w.src.whole = l.Disposition == "attachment" || !strings.HasPrefix(mediaType, "text/")
	if isAttachedMail(&l.Part) && w.peeked < maxAttached && !w.opts.shallow && (e.parent < 0 || !isCollection(w.nodes[e.parent].mediaType)) {
		l.peeks = true
		w.peeked++
	}
	if strings.HasPrefix(mediaType, "image/") && w.pictures < maxPictures {
		l.picture = true
		w.pictures++
	}
	if isCalendar(mediaType) && w.calendars < maxCalendars && !w.opts.shallow {
		l.peeks = true
		w.calendars++
	}

	w.nodes = append(w.nodes, node{parent: e.parent, mediaType: mediaType, leaf: w.leaves})
	w.leaves++
	w.leaf = l
	t, known := parseTransfer(lastValue(h, "Content-Transfer-Encoding"))
	if !known {
		w.defects.add(TransferUnknown, l.Path)
	}
	if strings.HasPrefix(mediaType, "multipart/") {
		t = identity // RFC 2045 §6.4
	}
	if w.opts.Outlined && e.parent >= 0 {
		if l.readLeft(h, t); l.Left > 0 {
			l.tnef = nil // what is inside cannot be told
		}
	}
	if t != identity && w.in == nil {
		w.in, w.out = make([]byte, 4<<10), make([]byte, 0, 4<<10)
	}
	w.raw = rawBody{src: &w.src}
	if e.complete {
		w.raw.data, w.raw.done, w.raw.at = e.text, true, e.at
	}
	w.dec = newDecoder(t, &w.raw, w.in, w.out)
	return l
}

// isCollection are multiparts whose mails were not forwarded by whoever wrote the mail: what is reported, and digests of lists.
func isCollection(mediaType string) bool {
	return mediaType == "multipart/report" || mediaType == "multipart/digest"
}

// isLooseText are the kinds of text that are read as they stand when they are the whole mail.
func isLooseText(mediaType string) bool {
	switch mediaType {
	case "text/calendar", "text/vcard", "text/x-vcard", "text/directory", "text/csv", "text/css", "text/javascript":
		return false
	}
	return strings.HasPrefix(mediaType, "text/")
}

func contentID(v string) string {
	if id := messageID(v, nil); id != "" {
		return id
	}
	return cut(oneLine(strings.Trim(v, "<> ")), maxIDLength)
}

// body reads the decoded octets of the current leaf.
func (w *walker) body() io.Reader { return leafReader{w, w.leaf} }

// A leafReader counts and keeps what passes. It is at its end when the walker went on.
type leafReader struct {
	w *walker
	l *leaf
}

func (r leafReader) Read(p []byte) (int, error) {
	w, l := r.w, r.l
	if w.leaf != l {
		return 0, io.EOF
	}
	n, err := w.dec.Read(p)
	l.Size += int64(n)
	if l.tnef != nil {
		l.tnef.write(p[:n])
	}
	if l.picture {
		l.pixels = append(l.pixels, p[:max(min(n, maxPixels-len(l.pixels)), 0)]...)
	}
	if l.peeks {
		l.head = append(l.head, p[:min(n, maxAttachedHead-len(l.head))]...)
	}
	if l.keeps && n > 0 {
		room := min(w.opts.MaxText-int64(len(l.text)), w.opts.MaxText*maxTotalText-w.kept)
		if int64(n) > room {
			l.cut = true
		}
		take := max(min(room, int64(n)), 0)
		l.text = append(l.text, p[:take]...)
		w.kept += take
	}
	return n, err
}

// drain reads the rest of the current leaf.
func (w *walker) drain() {
	l := w.leaf
	if l == nil {
		return
	}
	if w.scratch == nil {
		w.scratch = make([]byte, 4<<10)
	}
	r := w.body()
	for {
		if _, err := r.Read(w.scratch); err != nil {
			break
		}
	}
	w.raw.skip()
	if w.dec.broken() {
		w.defects.add(TransferBroken, l.Path)
	}
	if l.cut {
		w.defects.add(TextCut, l.Path)
	}
}
