package imapsync

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"golang.org/x/sync/errgroup"

	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// sizeDiffers is a mail whose RFC822.SIZE is not the number of its octets. Exchange states the size that it stores (law 3).
const sizeDiffers mimemail.DefectCode = "size_differs"

// A result is what one FETCH brought.
type result struct {
	mails      []Mail
	later      []uint32         // came whole, and were more than is held at once
	unreadable map[uint32]error // came whole, and cannot be recorded
}

func (r *result) has(uid uint32) bool {
	_, unreadable := r.unreadable[uid]
	return unreadable || slices.Contains(r.later, uid) || slices.ContainsFunc(r.mails, func(m Mail) bool { return m.UID == uid })
}

// An incoming is a FETCH response while it comes and is parsed.
type incoming struct {
	Mail
	flagged bool  // it has FLAGS
	whole   bool  // its body came to the end
	later   bool  // it was not kept for want of room
	failed  error // why it cannot be recorded, though it came
}

// A fetching is one FETCH command under way.
type fetching struct {
	*Session
	box     *store.Mailbox
	parsers *errgroup.Group
	large   chan struct{} // has room for as many large mails as are parsed at once
	room    room
	came    []*incoming
	broken  error // the first thing that went wrong with a literal
}

// fetchOnce is one FETCH. Its mails count only if all of it went well.
func (s *Session) fetchOnce(ctx context.Context, box *store.Mailbox, uids []uint32) (*result, error) {
	section := &imap.FetchItemBodySection{Peek: true}
	if box.Sync == "index" {
		section.Specifier = imap.PartSpecifierHeader
	}
	working, workCtx := errgroup.WithContext(ctx)
	working.SetLimit(parsers)
	f := &fetching{Session: s, box: box, parsers: working, large: make(chan struct{}, largeParsers)}
	items := &imap.FetchOptions{
		UID: true, Flags: true, InternalDate: true, RFC822Size: true, ModSeq: s.modseq, BodySection: []*imap.FetchItemBodySection{section},
	}
	err := s.fetchEach(uids, items, 2*len(uids), func(data *imapclient.FetchMessageData) { f.receive(workCtx, data) })
	worked := working.Wait()
	switch {
	case err != nil: // of the connection, first: it is why a literal was short
		return nil, s.doing("fetching from "+box.Name, err)
	case worked != nil:
		return nil, worked
	case f.broken != nil:
		return nil, f.broken
	}
	return f.sorted(uids), nil
}

// sorted takes the mails that were asked for, each once.
func (f *fetching) sorted(uids []uint32) *result {
	bodies, told := map[uint32]*incoming{}, map[uint32]*incoming{}
	for _, in := range f.came {
		switch {
		case in.whole && bodies[in.UID] == nil:
			bodies[in.UID] = in
		case !in.whole:
			told[in.UID] = in
		}
	}
	missing := slices.ContainsFunc(uids, func(uid uint32) bool { return bodies[uid] == nil })
	r := &result{unreadable: map[uint32]error{}}
	for _, uid := range uids {
		in := bodies[uid]
		if in == nil {
			continue
		}
		in.complete(told[uid])
		switch {
		case missing && len(uids) > 1 && f.box.Sync != "index" && in.Size != 0 && in.Size != in.RawSize:
			// A literal that is announced longer than it is swallows the response that follows: then a mail is missing, and this one may be two. Alone it comes right.
		case in.failed != nil:
			r.unreadable[uid] = in.failed
		case in.later:
			r.later = append(r.later, uid)
		default:
			if in.Size != 0 && in.Size != in.RawSize && f.box.Sync != "index" {
				in.Parsed.Defects = append(in.Parsed.Defects, mimemail.Defect{Code: sizeDiffers})
			}
			r.mails = append(r.mails, in.Mail)
		}
	}
	return r
}

// complete adds what another response told of the same mail.
func (in *incoming) complete(other *incoming) {
	if other == nil {
		return
	}
	if !in.flagged {
		in.Flags, in.Keywords = other.Flags, other.Keywords
	}
	in.ModSeq = max(in.ModSeq, other.ModSeq)
	if in.InternalDate.IsZero() {
		in.InternalDate = other.InternalDate
	}
	if in.Size == 0 {
		in.Size = other.Size
	}
}

// receive takes one response off the wire. Parsing and storing go on beside the next ones.
func (f *fetching) receive(ctx context.Context, data *imapclient.FetchMessageData) {
	in := &incoming{}
	f.came = append(f.came, in)
	for item := data.Next(); item != nil; item = data.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataBodySection:
			if item.Literal == nil || in.whole { // NIL: the server has no bytes for it
				continue
			}
			if err := f.guarded(func() error { return f.body(ctx, in, item.Literal) })(); err != nil {
				if f.broken == nil {
					f.broken = err
				}
				continue
			}
			in.whole = true
		default:
			in.fill(item)
		}
	}
}

// fill takes what a response says of a mail beside its bytes.
func (in *incoming) fill(item imapclient.FetchItemData) {
	switch item := item.(type) {
	case imapclient.FetchItemDataUID:
		in.UID = uint32(item.UID)
	case imapclient.FetchItemDataFlags:
		in.Flags, in.Keywords = flags(item.Flags)
		in.flagged = true
	case imapclient.FetchItemDataInternalDate:
		in.InternalDate = item.Time
	case imapclient.FetchItemDataRFC822Size:
		in.Size = item.Size
	case imapclient.FetchItemDataModSeq:
		in.ModSeq = item.ModSeq
	}
}

// literal is what go-imap gives: a reader that knows how long it was announced to be.
type literal interface {
	io.Reader
	Size() int64
}

// body takes a mail's bytes. Small ones are parsed and stored from memory, large ones go to the blob store as they come and are parsed there.
func (f *fetching) body(ctx context.Context, in *incoming, lit literal) error {
	size := lit.Size()
	if size > spooled && f.box.Sync != "index" {
		put, err := f.Blobs.Put(ctx, storage.PutBlobRequest{Tenant: f.box.Tenant, Content: lit, Size: size})
		if err != nil {
			return f.notKept(in, size, err)
		}
		in.Raw, in.RawSize, in.Kept = put.Digest, put.Size, "whole"
		f.parsers.Go(f.guarded(func() error { return f.parseStored(ctx, in) }))
		return nil
	}
	// Of a header, which is all that is asked for in a mailbox that is only indexed, the beginning does.
	raw := make([]byte, min(size, spooled))
	if _, err := io.ReadFull(lit, raw); err != nil {
		return f.short(err)
	}
	if _, err := io.Copy(io.Discard, lit); err != nil {
		return f.short(err)
	}
	f.parsers.Go(f.guarded(func() error { return f.keep(ctx, in, raw) }))
	return nil
}

// short is the error of a literal that ended early.
func (f *fetching) short(err error) error {
	if f.conn.Err() == nil {
		return &storage.Cause{Code: "imap.incomplete", Detail: "a mail ended before its announced length", Err: storage.ErrTemporary}
	}
	return f.doing("fetching from "+f.box.Name, err)
}

// notKept judges a failure of the place for bytes: what it will not take at all is the mail's own misfortune, everything else concerns all of them.
func (f *fetching) notKept(in *incoming, size int64, err error) error {
	if f.conn.Err() != nil {
		return f.short(err)
	}
	err = fmt.Errorf("keeping a mail of %d bytes: %w", size, err)
	if errors.Is(err, storage.ErrLimit) || errors.Is(err, storage.ErrInvalid) || errors.Is(err, storage.ErrRejected) {
		in.failed = err
		return nil
	}
	return err
}
