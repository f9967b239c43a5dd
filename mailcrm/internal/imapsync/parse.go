package imapsync

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
	"sync/atomic"

	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
	"github.com/mailcrm/sdk/mailcrm/internal/reports"
	"github.com/mailcrm/sdk/storage"
	"github.com/mailcrm/sdk/templates/plaintext"
)

// guarded makes a panic of the place for bytes an error: it happens in a goroutine, where it would end the host's process.
func (f *fetching) guarded(work func() error) func() error {
	return func() (err error) {
		defer func() {
			if p := recover(); p != nil {
				f.Logger.Error("keeping a mail panicked", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
				err = fmt.Errorf("keeping a mail panicked: %v", p)
			}
		}()
		return work()
	}
}

// keep stores and parses a mail that is in memory.
func (f *fetching) keep(ctx context.Context, in *incoming, raw []byte) error {
	in.Kept = "header"
	if f.box.Sync != "index" {
		put, err := f.Blobs.Put(ctx, storage.PutBlobRequest{Tenant: f.box.Tenant, Content: bytes.NewReader(raw), Size: int64(len(raw))})
		if err != nil {
			return f.notKept(in, int64(len(raw)), err)
		}
		in.Raw, in.RawSize, in.Kept = put.Digest, put.Size, "whole"
	}
	return f.parse(in, bytes.NewReader(raw))
}

// parseStored parses a mail from where it is kept.
func (f *fetching) parseStored(ctx context.Context, in *incoming) error {
	select {
	case f.large <- struct{}{}:
		defer func() { <-f.large }()
	case <-ctx.Done():
		return ctx.Err()
	}
	blob, err := f.Blobs.Open(ctx, storage.OpenBlobRequest{Tenant: f.box.Tenant, Digest: in.Raw, Length: -1})
	if err != nil {
		return fmt.Errorf("reading a kept mail: %w", err)
	}
	return errors.Join(f.parse(in, blob.Content), blob.Content.Close())
}

// parse reads what is recorded of a mail. A mail that makes the parser panic is that mail's failure, not ours.
func (f *fetching) parse(in *incoming, r io.Reader) (err error) {
	defer func() {
		if p := recover(); p != nil {
			f.Logger.Error("a mail made the parser panic", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			in.failed = &storage.Cause{Code: "unknown", Detail: "the mail made the parser panic", Err: storage.ErrInvalid}
		}
	}()
	var parts reports.Parts
	small := pictures{}
	parsed, err := mimemail.Parse(r, &mimemail.Options{MaxText: maxText, Part: small.reading(&parts)})
	if err != nil {
		return fmt.Errorf("reading a kept mail: %w", err)
	}
	in.HeaderHash = parsed.HeaderHash
	var said *Told
	if tells(f.box.Role) {
		said = told(parsed, &parts)
	}
	in.Pictures, in.Others = small.attached(parsed)
	lighten(parsed)
	if in.later = !f.room.take(weight(parsed) + said.weight()); !in.later {
		in.Parsed, in.Told = parsed, said
	}
	return nil
}

// lighten leaves of a parsed mail what is recorded of it: one text, which is made from the HTML where there is no other, and so many names as are handed on. A
// chunk holds many of them.
func lighten(m *mimemail.Message) {
	if strings.TrimSpace(m.Text) == "" && m.HTML != "" {
		m.Text = plaintext.FromHTML(m.HTML, nil)
	}
	if len(m.Text) > maxText {
		m.Text = strings.ToValidUTF8(m.Text[:maxText], "")
	}
	m.HTML, m.Bodies, m.Header = "", nil, mimemail.Header{}
	attached := m.Attachments()
	m.Parts = nil
	if len(attached) > 0 { // of interest is only that there is one
		m.Parts = []mimemail.Part{{Path: attached[0].Path, MediaType: attached[0].MediaType, Size: attached[0].Size, Attachment: true}}
	}
	for _, list := range []*[]mimemail.Address{&m.From, &m.Sender, &m.ReplyTo, &m.To, &m.Cc, &m.Bcc, &m.DispositionNotificationTo} {
		*list = first(*list, maxPeople)
	}
	for _, list := range []*[]string{&m.InReplyTo, &m.DeliveredTo, &m.OriginalIDs} {
		*list = first(*list, maxReferences)
	}
	if n := len(m.References); n > maxReferences { // the first, and the newest: the last one may be ours
		m.References = append(m.References[:1:1], m.References[n-maxReferences+1:]...)
	}
}

// first are the first n of a list, without the memory of the others.
func first[T any](list []T, n int) []T {
	if len(list) <= n {
		return list
	}
	return append([]T(nil), list[:n]...)
}

// weight is about how many bytes a lightened mail holds.
func weight(m *mimemail.Message) int64 {
	n := 2<<10 + len(m.Text) + len(m.Subject) + len(m.MessageID) + len(m.ListID)
	for _, list := range [][]mimemail.Address{m.From, m.Sender, m.ReplyTo, m.To, m.Cc, m.Bcc, m.DispositionNotificationTo} {
		for _, a := range list {
			n += 64 + len(a.Name) + len(a.Address)
		}
	}
	for _, list := range [][]string{m.InReplyTo, m.References, m.DeliveredTo, m.OriginalIDs} {
		for _, text := range list {
			n += 16 + len(text)
		}
	}
	return int64(n)
}

// A room is what the parsed mails of one chunk may take in memory.
type room struct {
	held  atomic.Int64
	mails atomic.Int64
}

// take reports whether a mail of so many bytes may stay. One always may.
func (r *room) take(bytes int64) bool {
	if r.mails.Add(1) == 1 {
		r.held.Add(bytes)
		return true
	}
	if r.held.Add(bytes) > maxHeld {
		r.held.Add(-bytes)
		return false
	}
	return true
}
