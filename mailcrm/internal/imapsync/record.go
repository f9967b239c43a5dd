package imapsync

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// A recorder records one chunk in a goroutine of its own while the next one is fetched.
type recorder struct {
	s       *Session
	pending chan error // of the chunk under way; nil when there is none
}

// record waits for the chunk before, and begins with this one if there is anything in it.
func (r *recorder) record(ctx context.Context, chunk *Chunk) error {
	if err := r.wait(); err != nil || chunk.empty() {
		return err
	}
	done := make(chan error, 1)
	r.pending = done
	go func() { done <- r.s.record(ctx, chunk) }()
	return nil
}

// wait waits for the chunk under way.
func (r *recorder) wait() error {
	if r.pending == nil {
		return nil
	}
	err := <-r.pending
	r.pending = nil
	return err
}

// record hands a chunk to Deliver. If that fails for a reason that may be one mail's, the chunk is halved, down to the mail that fails alone: it becomes a dead letter,
// provided that the store can note at least that.
func (s *Session) record(ctx context.Context, chunk *Chunk) error {
	err := s.deliver(ctx, chunk)
	if err == nil || ctx.Err() != nil || len(chunk.Mails) == 0 || !ofOneMail(err) {
		return err
	}
	first, second := *chunk, *chunk
	if half := len(chunk.Mails) / 2; half > 0 {
		first.Mails, second.Mails = chunk.Mails[:half], chunk.Mails[half:]
		second.Vanished, second.Dead = nil, nil
		if err := s.record(ctx, &first); err != nil {
			return err
		}
		return s.record(ctx, &second)
	}
	uid := chunk.Mails[0].UID
	first.Mails = nil
	first.Dead = append(first.Dead[:len(first.Dead):len(first.Dead)], s.dead(chunk.Mailbox, uid, &storage.Cause{Code: "unknown", Detail: "the mail could not be recorded", Err: err}))
	if s.deliver(ctx, &first) != nil {
		return err
	}
	s.Logger.WarnContext(ctx, "mail set aside: it could not be recorded", "account", s.account.ID, "mailbox", chunk.Mailbox.ID, "uid", uid, "error", err)
	return nil
}

// deliver calls Deliver. A panic there must not end the host's process: it runs in a goroutine that nobody else watches over.
func (s *Session) deliver(ctx context.Context, chunk *Chunk) (err error) {
	defer func() {
		if p := recover(); p != nil {
			s.Logger.ErrorContext(ctx, "recording mail panicked", "account", s.account.ID, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = fmt.Errorf("recording %d mails of %s panicked: %v", len(chunk.Mails), chunk.Mailbox.Name, p)
		}
	}()
	return s.Deliver(ctx, chunk)
}

// ofOneMail says whether Deliver may have failed because of one mail. What the store says of itself (busy, full, closed, another's lease) concerns all of them.
func ofOneMail(err error) bool {
	for _, kind := range []error{
		store.ErrLostLease, storage.ErrConflict, storage.ErrTemporary, storage.ErrReadOnly, storage.ErrUnavailable, storage.ErrSchema, storage.ErrClosed,
		context.Canceled, context.DeadlineExceeded,
	} {
		if errors.Is(err, kind) {
			return false
		}
	}
	return true
}
