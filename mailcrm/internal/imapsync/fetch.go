package imapsync

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"golang.org/x/sync/errgroup"

	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
	"github.com/mailcrm/sdk/templates/plaintext"
)

// fetch fetches UIDs of the open mailbox, whatever single mails do: what cannot be had is in the chunk as vanished or dead. It fails only when the server, the
// store or the place for bytes does.
func (s *Session) fetch(ctx context.Context, box *store.Mailbox, uids []uint32) (*Chunk, error) {
	chunk := &Chunk{Lease: s.lease, Account: s.account, Mailbox: box, UIDValidity: box.UIDValidity}
	return chunk, s.gather(ctx, chunk, uids)
}

// gather adds UIDs to the chunk. When the connection dies of them it is opened again and the UIDs are halved, down to the one that is deadly.
func (s *Session) gather(ctx context.Context, chunk *Chunk, uids []uint32) error {
	mails, err := s.fetchOnce(ctx, chunk.Mailbox, uids)
	if err == nil {
		chunk.Mails = append(chunk.Mails, mails...)
		return s.missing(ctx, chunk, uids, mails)
	}
	if ctx.Err() != nil || !ofTheMail(err) {
		return err
	}
	if s.conn.Err() != nil {
		if e := s.reopen(ctx, chunk.Mailbox); e != nil {
			return e // the server is gone, not one mail broken
		}
	}
	if len(uids) == 1 {
		s.Logger.WarnContext(ctx, "mail set aside", "account", s.account.ID, "mailbox", chunk.Mailbox.ID, "uid", uids[0], "error", err)
		chunk.Dead = append(chunk.Dead, s.dead(chunk.Mailbox, uids[0], err))
		return nil
	}
	half := len(uids) / 2
	if err := s.gather(ctx, chunk, uids[:half]); err != nil {
		return err
	}
	return s.gather(ctx, chunk, uids[half:])
}

// ofTheMail says whether an error can be the fault of one mail among those asked for.
func ofTheMail(err error) bool {
	switch storage.CauseCode(err) {
	case "imap.syntax", "imap.limit", "imap.connection_lost", "imap.bye", "imap.timeout", "imap.refused", "imap.server_limit", "imap.incomplete":
		return true
	}
	return false
}

// reopen logs in again and opens the mailbox, if it still is the same one.
func (s *Session) reopen(ctx context.Context, box *store.Mailbox) error {
	_ = s.conn.Close()
	if err := s.connect(ctx); err != nil {
		return err
	}
	opened, err := s.open(box, true)
	if err != nil {
		return err
	}
	if opened.UIDValidity != box.UIDValidity {
		return s.doing("opening "+box.Name+" again", &storage.Cause{Code: "imap.unavailable", Detail: "its UIDVALIDITY changed", Err: storage.ErrTemporary})
	}
	return nil
}

// dead is the letter of a mail that could not be had, once more than before.
func (s *Session) dead(box *store.Mailbox, uid uint32, why error) store.DeadLetter {
	letter := store.DeadLetter{UID: uid, Code: causeCode(why), Tries: s.tries[deadMail{box.ID, uid}] + 1}
	var cause *storage.Cause
	if errors.As(why, &cause) {
		letter.Detail = cause.Detail
	}
	letter.NextTry = s.Now().Add(retryDead[min(letter.Tries, len(retryDead))-1])
	return letter
}

// missing accounts for UIDs that were asked for and did not come: one that the server does not list any more has vanished, another one is dead.
func (s *Session) missing(ctx context.Context, chunk *Chunk, asked []uint32, got []Mail) error {
	have := make(map[uint32]bool, len(got))
	for _, m := range got {
		have[m.UID] = true
	}
	lost := slices.DeleteFunc(slices.Clone(asked), func(uid uint32) bool { return have[uid] })
	if len(lost) == 0 {
		return nil
	}
	there, err := s.search(chunk.Mailbox, &imap.SearchCriteria{UID: []imap.UIDSet{setOf(lost)}}, 1, 1<<32-1)
	if err != nil {
		return err
	}
	for _, uid := range lost {
		if len(there.intersect(uidSet{{Lo: uid, Hi: uid}})) == 0 {
			chunk.Vanished = append(chunk.Vanished, uid)
			continue
		}
		if len(asked) > 1 { // alone it may come: some servers mix up the answers to many
			if err := s.gather(ctx, chunk, []uint32{uid}); err != nil {
				return err
			}
			continue
		}
		why := &storage.Cause{Code: "imap.incomplete", Detail: "the server lists the mail and does not send it", Err: storage.ErrTemporary}
		chunk.Dead = append(chunk.Dead, s.dead(chunk.Mailbox, uid, why))
	}
	return nil
}

func setOf(uids []uint32) imap.UIDSet {
	var set imap.UIDSet
	for _, uid := range uids {
		set.AddNum(imap.UID(uid))
	}
	return set
}

// fetchOnce is one FETCH. Its mails count only if all of it went well.
func (s *Session) fetchOnce(ctx context.Context, box *store.Mailbox, uids []uint32) ([]Mail, error) {
	section := &imap.FetchItemBodySection{Peek: true}
	if box.Sync == "index" {
		section.Specifier = imap.PartSpecifierHeader
	}
	cmd := s.conn.Client().Fetch(setOf(uids), &imap.FetchOptions{
		UID: true, Flags: true, InternalDate: true, RFC822Size: true, ModSeq: s.conn.Has("CONDSTORE"), BodySection: []*imap.FetchItemBodySection{section},
	})
	working, workCtx := errgroup.WithContext(ctx)
	working.SetLimit(parsers)
	var mails []*Mail
	var broken error
	for data := cmd.Next(); data != nil; data = cmd.Next() {
		m, err := s.receive(workCtx, working, box, data)
		if err != nil {
			broken = errors.Join(broken, err)
		}
		if m != nil {
			mails = append(mails, m)
		}
	}
	// The errors of the connection first: they are why a literal was short.
	err := cmd.Close()
	worked := working.Wait()
	switch {
	case err != nil:
		return nil, s.doing("fetching from "+box.Name, err)
	case worked != nil:
		return nil, worked
	case broken != nil:
		return nil, broken
	}
	out := make([]Mail, 0, len(mails))
	asked := setOf(uids)
	for _, m := range mails {
		if m.Parsed != nil && asked.Contains(imap.UID(m.UID)) {
			out = append(out, *m)
		}
	}
	return out, nil
}

// receive takes one mail off the wire. Parsing and storing go on beside the next ones; the result is in the Mail once they have ended.
func (s *Session) receive(ctx context.Context, working *errgroup.Group, box *store.Mailbox, data *imapclient.FetchMessageData) (*Mail, error) {
	m := &Mail{}
	for item := data.Next(); item != nil; item = data.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataUID:
			m.UID = uint32(item.UID)
		case imapclient.FetchItemDataFlags:
			m.Flags, m.Keywords = flags(item.Flags)
		case imapclient.FetchItemDataInternalDate:
			m.InternalDate = item.Time
		case imapclient.FetchItemDataRFC822Size:
			m.Size = item.Size
		case imapclient.FetchItemDataModSeq:
			m.ModSeq = item.ModSeq
		case imapclient.FetchItemDataBodySection:
			if item.Literal == nil { // NIL: the server has no bytes for it
				continue
			}
			if err := s.body(ctx, working, box, m, item.Literal); err != nil {
				return nil, err
			}
		}
	}
	return m, nil
}

// literal is what go-imap gives: a reader that knows how long it was announced to be.
type literal interface {
	io.Reader
	Size() int64
}

func (s *Session) body(ctx context.Context, working *errgroup.Group, box *store.Mailbox, m *Mail, lit literal) error {
	size := lit.Size()
	if size <= spooled {
		raw := make([]byte, size)
		if _, err := io.ReadFull(lit, raw); err != nil {
			return s.short(box, err)
		}
		working.Go(func() error { return s.keep(ctx, box, m, raw) })
		return nil
	}
	if box.Sync == "index" {
		// Only the header was asked for, and only its beginning is read: the bound of a header is below what is spooled.
		raw := make([]byte, spooled)
		if _, err := io.ReadFull(lit, raw); err != nil {
			return s.short(box, err)
		}
		if _, err := io.Copy(io.Discard, lit); err != nil {
			return s.short(box, err)
		}
		working.Go(func() error { return s.keep(ctx, box, m, raw) })
		return nil
	}
	put, err := s.Blobs.Put(ctx, storage.PutBlobRequest{Tenant: box.Tenant, Content: lit, Size: size})
	if err != nil {
		if s.conn.Err() != nil {
			return s.short(box, err)
		}
		return fmt.Errorf("keeping a mail of %d bytes: %w", size, err)
	}
	m.Raw, m.RawSize, m.Kept = put.Digest, put.Size, "whole"
	working.Go(func() error { return s.parseStored(ctx, box, m) })
	return nil
}

func (s *Session) short(box *store.Mailbox, err error) error {
	if s.conn.Err() == nil {
		return &storage.Cause{Code: "imap.incomplete", Detail: "a mail ended before its announced length", Err: storage.ErrTemporary}
	}
	return s.doing("fetching from "+box.Name, err)
}

// keep stores and parses a mail that is in memory.
func (s *Session) keep(ctx context.Context, box *store.Mailbox, m *Mail, raw []byte) error {
	m.Kept = "header"
	if box.Sync != "index" {
		put, err := s.Blobs.Put(ctx, storage.PutBlobRequest{Tenant: box.Tenant, Content: bytes.NewReader(raw), Size: int64(len(raw))})
		if err != nil {
			return fmt.Errorf("keeping a mail of %d bytes: %w", len(raw), err)
		}
		m.Raw, m.RawSize, m.Kept = put.Digest, put.Size, "whole"
	}
	return parse(m, bytes.NewReader(raw))
}

// parseStored parses a mail from where it is kept.
func (s *Session) parseStored(ctx context.Context, box *store.Mailbox, m *Mail) error {
	blob, err := s.Blobs.Open(ctx, storage.OpenBlobRequest{Tenant: box.Tenant, Digest: m.Raw, Length: -1})
	if err != nil {
		return fmt.Errorf("reading a kept mail: %w", err)
	}
	return errors.Join(parse(m, blob.Content), blob.Content.Close())
}

func parse(m *Mail, r io.Reader) error {
	buffered := bufio.NewReaderSize(r, 64<<10)
	parsed, err := mimemail.Parse(buffered, &mimemail.Options{MaxText: maxText})
	if err != nil {
		return fmt.Errorf("reading a kept mail: %w", err)
	}
	m.HeaderHash = parsed.HeaderHash
	m.Parsed = lighten(parsed)
	return nil
}

// lighten leaves of a parsed mail what is recorded of it: one text, which is made from the HTML where there is no other. A chunk holds many of them.
func lighten(m *mimemail.Message) *mimemail.Message {
	if strings.TrimSpace(m.Text) == "" && m.HTML != "" {
		m.Text = plaintext.FromHTML(m.HTML, nil)
	}
	m.HTML, m.Bodies, m.Header = "", nil, mimemail.Header{}
	return m
}
