package imapsync

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
	"github.com/mailcrm/sdk/mailcrm/internal/signin"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// partTime is how long the bytes of one part may take, with whoever reads them.
const partTime = 15 * time.Minute

// A Place is a mail on a server.
type Place struct {
	Account *store.Account
	Mailbox *store.Mailbox
	Copy    *store.Copy
}

// errMoved is a mail that is not where it was.
func errMoved(p Place, why string) error {
	return &storage.Cause{Code: "imap.no_mail", Detail: fmt.Sprintf("%s, UID %d: %s", p.Mailbox.Name, p.Copy.UID, why), Err: storage.ErrNotFound}
}

// OpenPart fetches the part of a mail with that number over a connection of its own, and returns its bytes, decoded, as they come; the caller closes them. The number is the server's
// (mimemail.Part.Path of an outlined mail) and may lead on into a mail or a winmail.dat that is attached. mediaType is what the part is known to be. Before anything is handed out the
// mail's UIDVALIDITY and the hash of its header are compared with the copy's, and the part's type.
//
// Errors: those of Open; [storage.ErrNotFound] with the code imap.no_mail when the mail is not there any more, or is another one. An error of the reader means that not all of it came.
func (s *Syncer) OpenPart(ctx context.Context, p Place, cred signin.Credential, number, rest, mediaType string) (mimemail.Part, io.ReadCloser, error) {
	session, ctx, done, err := s.at(ctx, p, cred)
	if err != nil {
		return mimemail.Part{}, nil, err
	}
	top, err := session.partHeader(p, number)
	if err != nil {
		return mimemail.Part{}, nil, errors.Join(err, session.Close(), done(nil))
	}
	raw, err := session.stream(ctx, p, &imap.FetchItemBodySection{Peek: true, Part: numbers(number)}, done)
	if err != nil {
		return mimemail.Part{}, nil, err
	}
	inside := "1"
	if rest != "" {
		inside += "." + rest
	}
	part, body, err := mimemail.OpenPart(io.MultiReader(top, raw), inside)
	if err == nil && rest == "" && part.MediaType != mediaType {
		err = errMoved(p, "the part is "+part.MediaType+", not "+mediaType)
	}
	if errors.Is(err, mimemail.ErrNoPart) {
		err = errMoved(p, err.Error())
	}
	if err != nil {
		return mimemail.Part{}, nil, errors.Join(err, raw.Close())
	}
	return part, &decoded{body, raw}, nil
}

// Parts fetches parts of a mail in one go, decoded, by their numbers, as OpenPart does one: small ones, since they are held in memory. What is missing from the answer did not
// come, or not as it was said to be.
func (s *Syncer) Parts(ctx context.Context, p Place, cred signin.Credential, wanted []mimemail.Part) (_ map[string][]byte, err error) {
	session, _, done, err := s.at(ctx, p, cred)
	if err != nil {
		return nil, err
	}
	defer func() { err = done(errors.Join(err, session.Close())) }()
	items := &imap.FetchOptions{UID: true}
	most := int64(0)
	for _, w := range wanted {
		items.BodySection = append(items.BodySection, section{path: w.Path, mime: true}.item(), section{path: w.Path}.item())
		most += w.Left + maxPartTops
	}
	tops, bodies := map[string][]byte{}, map[string][]byte{}
	err = session.fetchEach([]uint32{p.Copy.UID}, items, 1, func(data *imapclient.FetchMessageData) {
		for item := data.Next(); item != nil; item = data.Next() {
			part, ok := item.(imapclient.FetchItemDataBodySection)
			if !ok || part.Literal == nil || part.Section == nil || len(tops)+len(bodies) > 2*len(wanted) {
				continue
			}
			into := bodies
			if part.Section.Specifier == imap.PartSpecifierMIME {
				into = tops
			}
			if b := taken(part.Literal, most); b != nil {
				most -= int64(len(b))
				into[dotted(part.Section.Part)] = b
			}
		}
	})
	if err != nil {
		return nil, session.doing("fetching parts from "+p.Mailbox.Name, err)
	}
	out := map[string][]byte{}
	for _, w := range wanted {
		if tops[w.Path] == nil || int64(len(bodies[w.Path])) != w.Left {
			continue
		}
		part, body, err := mimemail.OpenPart(io.MultiReader(&ended{header: tops[w.Path]}, bytes.NewReader(bodies[w.Path])), "1")
		if err != nil || part.MediaType != w.MediaType {
			continue
		}
		if content, err := io.ReadAll(body); err == nil {
			out[w.Path] = content
		}
	}
	return out, nil
}

// OpenWhole fetches a mail whole, as OpenPart does a part. Size is that of its literal.
func (s *Syncer) OpenWhole(ctx context.Context, p Place, cred signin.Credential) (content io.ReadCloser, size int64, err error) {
	session, ctx, done, err := s.at(ctx, p, cred)
	if err != nil {
		return nil, 0, err
	}
	raw, err := session.stream(ctx, p, &imap.FetchItemBodySection{Peek: true}, done)
	if err != nil {
		return nil, 0, err
	}
	return raw, raw.size, nil
}

type decoded struct {
	io.Reader
	io.Closer
}

// at logs in, opens the mailbox and makes sure that the mail there is the one that is meant.
func (s *Syncer) at(ctx context.Context, p Place, cred signin.Credential) (*Session, context.Context, func(error) error, error) {
	limited, cancel := context.WithTimeout(ctx, partTime)
	session, err := s.Open(limited, nil, p.Account, cred)
	if err != nil {
		cancel()
		return nil, nil, nil, err
	}
	release := session.conn.Bind(limited)
	done := func(err error) error {
		release()
		cancel()
		return err
	}
	fail := func(err error) (*Session, context.Context, func(error) error, error) {
		return nil, nil, nil, errors.Join(err, session.Close(), done(nil))
	}
	opened, err := session.open(p.Mailbox, true)
	switch {
	case storage.CauseCode(err) == "imap.no_mailbox":
		return fail(errMoved(p, "the mailbox is gone"))
	case err != nil:
		return fail(err)
	case opened.UIDValidity != p.Copy.UIDValidity:
		return fail(errMoved(p, "the mailbox was made anew"))
	}
	header, err := session.header(p.Mailbox, p.Copy.UID, nil)
	switch {
	case err != nil:
		return fail(err)
	case len(header) == 0:
		return fail(errMoved(p, "the mail is gone"))
	case mimemail.HeaderHash(header) != p.Copy.HeaderHash:
		return fail(errMoved(p, "another mail is there"))
	}
	return session, limited, done, nil
}

// partHeader is the header of a part.
func (s *Session) partHeader(p Place, number string) (io.Reader, error) {
	var top []byte
	items := &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section{path: number, mime: true}.item()}}
	err := s.fetchEach([]uint32{p.Copy.UID}, items, 2, func(data *imapclient.FetchMessageData) {
		var got []byte
		named := false
		for item := data.Next(); item != nil; item = data.Next() {
			switch item := item.(type) {
			case imapclient.FetchItemDataUID:
				named = uint32(item.UID) == p.Copy.UID
			case imapclient.FetchItemDataBodySection:
				if item.Literal != nil {
					got = taken(item.Literal, maxPartTops)
				}
			}
		}
		if named && len(got) > 0 {
			top = got
		}
	})
	if err == nil && len(top) == 0 {
		err = errMoved(p, "it has no part "+number)
	}
	if err != nil {
		return nil, s.doing("fetching a part's header from "+p.Mailbox.Name, err)
	}
	return &ended{header: top}, nil
}

// ended reads a header and makes sure that it ends with an empty line.
type ended struct {
	header []byte
	fixed  bool
}

func (e *ended) Read(b []byte) (int, error) {
	if !e.fixed {
		e.fixed = true
		if s := string(e.header); len(s) < 4 || s[len(s)-4:] != "\r\n\r\n" {
			if s != "\r\n" {
				e.header = append(e.header[:len(e.header):len(e.header)], "\r\n"...)
			}
		}
	}
	if len(e.header) == 0 {
		return 0, io.EOF
	}
	n := copy(b, e.header)
	e.header = e.header[n:]
	return n, nil
}

// A stream is a literal that is read while it comes. It ends the session when it is closed.
type stream struct {
	*io.PipeReader
	size    int64
	session *Session
	over    chan struct{}
	done    func(error) error
}

// stream asks for a section and returns when its literal begins.
func (s *Session) stream(ctx context.Context, p Place, item *imap.FetchItemBodySection, done func(error) error) (*stream, error) {
	r, w := io.Pipe()
	st := &stream{PipeReader: r, session: s, over: make(chan struct{}), done: done}
	began := make(chan int64, 1)
	go func() { // Close waits for it
		defer close(st.over)
		came := false
		err := s.fetchEach([]uint32{p.Copy.UID}, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{item}}, 1, func(data *imapclient.FetchMessageData) {
			for part := data.Next(); part != nil; part = data.Next() {
				body, ok := part.(imapclient.FetchItemDataBodySection)
				if !ok || body.Literal == nil || came { // of two the first one counts
					continue
				}
				came = true
				began <- body.Literal.Size()
				if n, err := io.Copy(w, body.Literal); err == nil && n != body.Literal.Size() {
					_ = w.CloseWithError(io.ErrUnexpectedEOF)
				}
			}
		})
		if err != nil {
			err = s.doing("fetching a part from "+p.Mailbox.Name, err)
		}
		_ = w.CloseWithError(err) // nil is the end
		close(began)
	}()
	select {
	case size, ok := <-began:
		if ok {
			st.size = size
			return st, nil
		}
		_, err := r.Read(nil)
		if err == nil || errors.Is(err, io.EOF) {
			err = errMoved(p, "it does not come")
		}
		return nil, errors.Join(err, st.Close())
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), st.Close())
	}
}

// Close ends the session. What was not read is not fetched.
func (st *stream) Close() error {
	_ = st.PipeReader.Close()
	var err error
	select {
	case <-st.over:
		err = st.session.Close()
	default: // what is under way is not awaited: the connection is closed without a word
		err = st.session.conn.Close()
		<-st.over
	}
	return st.done(err)
}
