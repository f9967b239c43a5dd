package mailcrm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/imapsync"
	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
	"github.com/mailcrm/sdk/mailcrm/internal/privacy"
	"github.com/mailcrm/sdk/mailcrm/internal/signin"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// Of an account that does not store attachments (AccountInput.StoreAttachments), mails up to 128 KiB are kept whole, and of larger ones the header, the texts, small pictures in them, and what the
// attachments are. The bytes of an attachment are fetched from the mailbox each time that somebody wants them, and are not kept: that is what the account was told.
// When its setting is changed to yes, mails are fetched whole from then on, and an older one when somebody opens a part of it.

// Limits of what is fetched because a person wants it.
const (
	MaxFetches = 3 // at once from one account by one process; servers count connections
	maxPlaces  = 3 // copies that are tried
	busyWait   = 5 * time.Second

	maxFetchedPictures = 20               // of one mail's text
	pictureTime        = 15 * time.Second // for all of them
)

// Raw returns the bytes of a mail as they came (RFC 5322), which the caller closes. Of a mail whose attachments are not kept they come from its mailbox, over a connection of
// their own; when the reader fails, not all of it came.
//
// Errors: [ErrNotFound] for a mail that the Actor may not see whole; [ErrUnavailable] when its bytes are not kept; [ErrNotFound] with the code message.bytes_missing when they are in no mailbox any more; and
// those of a server that cannot be reached or refuses the login, which is not tried again until somebody enters it anew.
func (m *Messages) Raw(ctx context.Context, id string) (io.ReadCloser, int64, error) {
	view, err := m.s.view(ctx, id)
	if err != nil {
		return nil, 0, err
	}
	raw, size, err := m.s.bytes(ctx, view)
	if storage.CauseCode(err) != "message.bytes_missing" {
		return raw, size, err
	}
	if _, ok, e := view.Outlined(); e != nil || !ok {
		return nil, 0, err
	}
	return m.s.fetchWhole(ctx, view)
}

// Attachment returns the decoded bytes of a part, which the caller closes. They may come from the mailbox, see Raw.
//
// Errors: those of Raw; [ErrNotFound] for a part that the mail does not have.
func (m *Messages) Attachment(ctx context.Context, id, path string) (Attachment, io.ReadCloser, error) {
	view, err := m.s.view(ctx, id)
	if err != nil {
		return Attachment{}, nil, err
	}
	left, number, rest, err := m.s.left(ctx, view, path)
	switch {
	case err != nil:
		return Attachment{}, nil, err
	case left != nil:
		part, content, err := m.s.fetchPart(ctx, view, left, number, rest)
		if err != nil {
			return Attachment{}, nil, err
		}
		part.Path = path
		if rest == "" { // the name as it was told
			part.FileName = left.FileName
		}
		return attachment(part), content, nil
	}
	raw, _, err := m.s.document(ctx, view)
	if err != nil {
		return Attachment{}, nil, err
	}
	part, content, err := mimemail.OpenPart(raw, path)
	if errors.Is(err, mimemail.ErrNoPart) {
		err = ErrNotFound
	}
	if err != nil {
		return Attachment{}, nil, errors.Join(fmt.Errorf("part %q of message %s: %w", path, id, err), raw.Close())
	}
	return attachment(part), readCloser{content, raw}, nil
}

// document opens what is kept of a mail: its bytes, or the document in which attachments are only named.
func (s *Session) document(ctx context.Context, view privacy.View) (raw io.ReadCloser, outlined bool, err error) {
	raw, _, err = s.bytes(ctx, view)
	if storage.CauseCode(err) != "message.bytes_missing" {
		return raw, false, err
	}
	digest, ok, e := view.Outlined()
	if e != nil || !ok {
		return nil, false, err
	}
	blob, err := s.client.cfg.Blobs.Open(ctx, storage.OpenBlobRequest{Tenant: s.actor.Tenant, Digest: digest, Length: -1})
	if err != nil {
		return nil, false, fmt.Errorf("opening the text of message %s: %w", view.Message.ID, err)
	}
	return blob.Content, true, nil
}

// top opens a mail at its header; what follows may not be all of it.
func (m *Messages) top(ctx context.Context, id string) (io.ReadCloser, error) {
	view, err := m.s.view(ctx, id)
	if err != nil {
		return nil, err
	}
	raw, _, err := m.s.document(ctx, view)
	return raw, err
}

// left finds a part whose bytes were left on the server: it has that path, or the path leads into it, and then rest is the way from there. Nil says that what is kept has it.
func (s *Session) left(ctx context.Context, view privacy.View, path string) (part *mimemail.Part, number, rest string, err error) {
	raw, outlined, err := s.document(ctx, view)
	if err != nil {
		return nil, "", "", err
	}
	defer func() { _ = raw.Close() }()
	if !outlined {
		return nil, "", "", nil
	}
	m, err := mimemail.Parse(raw, &mimemail.Options{MaxText: MaxBody, Outlined: true})
	if err != nil {
		return nil, "", "", fmt.Errorf("reading message %s: %w", view.Message.ID, err)
	}
	for i := range m.Parts {
		p := &m.Parts[i]
		if p.Left == 0 {
			continue
		}
		if p.Path == path {
			return p, p.Path, "", nil
		}
		if in, ok := strings.CutPrefix(path, p.Path+"."); ok {
			return p, p.Path, in, nil
		}
	}
	return nil, "", "", nil
}

// fetchPart fetches a part from a mailbox; with the account's attachments to be stored, the mail whole, which is kept.
func (s *Session) fetchPart(ctx context.Context, view privacy.View, left *mimemail.Part, number, rest string) (part mimemail.Part, content io.ReadCloser, err error) {
	done, err := s.fromServer(ctx, view, func(p imapsync.Place, cred signin.Credential) (err error) {
		if !keeps(p) {
			part, content, err = s.client.syncer.OpenPart(ctx, p, cred, number, rest, left.MediaType)
			return err
		}
		raw, _, err := s.keepWhole(ctx, p, cred)
		if err != nil {
			return err
		}
		path := number
		if rest != "" {
			path += "." + rest
		}
		var body io.Reader
		if part, body, err = mimemail.OpenPart(raw, path); err != nil {
			return errors.Join(fmt.Errorf("part %q: %w: %w", path, ErrNotFound, err), raw.Close())
		}
		content = readCloser{body, raw}
		return nil
	})
	if err != nil {
		return mimemail.Part{}, nil, fmt.Errorf("fetching part %q of message %s: %w", number, view.Message.ID, err)
	}
	return part, &fetched{content, done}, nil
}

// fetchWhole fetches a mail from a mailbox.
func (s *Session) fetchWhole(ctx context.Context, view privacy.View) (content io.ReadCloser, size int64, err error) {
	done, err := s.fromServer(ctx, view, func(p imapsync.Place, cred signin.Credential) (err error) {
		if keeps(p) {
			content, size, err = s.keepWhole(ctx, p, cred)
		} else {
			content, size, err = s.client.syncer.OpenWhole(ctx, p, cred)
		}
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("fetching message %s: %w", view.Message.ID, err)
	}
	return &fetched{content, done}, size, nil
}

// fetchPictures fetches the pictures of a mail's text that were left on the server, as far as they may be shown. A server that does not answer soon is no reason not to show the mail.
func (s *Session) fetchPictures(ctx context.Context, view privacy.View, m *mimemail.Message, into *pictures) {
	var wanted []mimemail.Part
	room := int64(MaxInlineAll - into.size)
	for _, p := range m.Parts {
		if p.Left > 0 && p.Inline && inlineTypes[p.MediaType] && p.Size <= MaxInline+100 && p.Size <= room && len(wanted) < maxFetchedPictures {
			room -= p.Size
			wanted = append(wanted, p)
		}
	}
	if len(wanted) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, pictureTime)
	defer cancel()
	var came map[string][]byte
	done, err := s.fromServer(ctx, view, func(p imapsync.Place, cred signin.Credential) (err error) {
		came, err = s.client.syncer.Parts(ctx, p, cred, wanted)
		return err
	})
	if err != nil {
		s.client.cfg.Logger.InfoContext(ctx, "pictures not fetched", "message", view.Message.ID, "code", storage.CauseCode(err), "error", err)
		return
	}
	done()
	for _, p := range wanted {
		p.Left = 0
		if content, ok := came[p.Path]; ok {
			_ = into.take(p, bytes.NewReader(content)) // it returns none
		}
	}
}

// keeps says whether what is fetched of a mail is to be kept.
func keeps(p imapsync.Place) bool {
	return p.Account.Settings.StoreAttachments && p.Copy.Kept == "text"
}

// keepWhole fetches a mail whole and keeps it.
func (s *Session) keepWhole(ctx context.Context, p imapsync.Place, cred signin.Credential) (io.ReadCloser, int64, error) {
	raw, size, err := s.client.syncer.OpenWhole(ctx, p, cred)
	if err != nil {
		return nil, 0, err
	}
	put, err := s.client.cfg.Blobs.Put(ctx, storage.PutBlobRequest{Tenant: s.actor.Tenant, Content: raw, Size: size})
	if err = errors.Join(err, raw.Close()); err != nil {
		return nil, 0, fmt.Errorf("keeping a mail of %d bytes: %w", size, err)
	}
	err = s.client.db.Write(ctx, nil, func(tx *store.Tx) error { return tx.KeepWhole(p.Copy, put.Digest, put.Size) })
	if err != nil {
		return nil, 0, err
	}
	blob, err := s.client.cfg.Blobs.Open(ctx, storage.OpenBlobRequest{Tenant: s.actor.Tenant, Digest: put.Digest, Length: -1})
	if err != nil {
		return nil, 0, fmt.Errorf("opening a kept mail: %w", err)
	}
	return blob.Content, put.Size, nil
}

// fromServer has try fetch from one copy of a mail after the other, until one is there. Done gives the account free for others.
func (s *Session) fromServer(ctx context.Context, view privacy.View, try func(imapsync.Place, signin.Credential) error) (done func(), err error) {
	places := view.OnServer()
	for _, c := range places[:min(len(places), maxPlaces)] {
		done, e := s.fromCopy(ctx, &c.Copy, try)
		if e == nil {
			return done, nil
		}
		// That one copy is gone matters less than why another one cannot be had.
		if err == nil || errors.Is(err, ErrNotFound) {
			err = e
		}
		if ctx.Err() != nil {
			break
		}
	}
	if err == nil || errors.Is(err, ErrNotFound) {
		return nil, &storage.Cause{Code: "message.bytes_missing", Detail: "no mailbox has the mail any more", Err: ErrNotFound}
	}
	return nil, err
}

func (s *Session) fromCopy(ctx context.Context, c *store.Copy, try func(imapsync.Place, signin.Credential) error) (done func(), err error) {
	acc, err := s.client.db.Account(ctx, c.Tenant, c.Account)
	if err != nil {
		return nil, fmt.Errorf("reading an account: %w", err)
	}
	box, err := s.client.db.Mailbox(ctx, c.Tenant, c.Mailbox)
	if err != nil {
		return nil, fmt.Errorf("reading a folder: %w", err)
	}
	if err := s.client.mayAsk(acc); err != nil {
		return nil, err
	}
	done, ok := s.client.fetches.take(acc)
	if !ok {
		return nil, &storage.Cause{Code: "message.busy", Detail: acc.Address, Err: &storage.TemporaryError{After: busyWait, Err: ErrTemporary}}
	}
	err = s.client.twice(ctx, acc, imapSide, "imap.token_expired", func(cred signin.Credential) error {
		return try(imapsync.Place{Account: acc, Mailbox: box, Copy: c}, cred)
	})
	if err != nil {
		done()
		return nil, errors.Join(err, s.Mailboxes.refused(ctx, acc, err))
	}
	return done, nil
}

// fetched is what was fetched, until it is closed.
type fetched struct {
	io.ReadCloser
	done func()
}

func (f *fetched) Close() error {
	defer f.done()
	return f.ReadCloser.Close()
}

// fetches counts what is being fetched from each account.
type fetches struct {
	mu    sync.Mutex
	going map[accountKey]int
}

type accountKey struct {
	tenant storage.Tenant
	id     string
}

// take counts one more, until done is called; false says that there are enough.
func (f *fetches) take(acc *store.Account) (done func(), ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	key := accountKey{acc.Tenant, acc.ID}
	if f.going[key] >= MaxFetches {
		return nil, false
	}
	if f.going == nil {
		f.going = map[accountKey]int{}
	}
	f.going[key]++
	return sync.OnceFunc(func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.going[key]--; f.going[key] == 0 {
			delete(f.going, key)
		}
	}), true
}
