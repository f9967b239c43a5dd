package submit

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// A SentBox is the account's folder for sent mail, on its server: imapsync's.
type SentBox interface {
	// Find looks for a mail by its Message-IDs or our tag; uid 0 says that it is not there.
	Find(ctx context.Context, ids []string, tag string) (mailbox string, uid uint32, err error)
	// Append files a mail; uid 0: filed, but the server does not tell where.
	Append(ctx context.Context, mail io.Reader, size int64, date time.Time) (mailbox string, uid uint32, err error)
}

// maxCopyTries is how often a copy is tried to be filed before it is given up.
const maxCopyTries = 12

// File brings the copy of a sent mail into Sent, once. How that went is in sub afterwards; an error is one of the connection or the store, and the account's.
func (s *Sender) File(ctx context.Context, lease *store.Lease, confirm Confirm, acc *store.Account, sub *store.Submission, box SentBox) error {
	if sub.SentCopy != store.CopyPending && sub.SentCopy != store.CopyAppending {
		return nil
	}
	if noCopy(acc) { // since the mail was sent, perhaps
		sub.SentCopy, sub.NextTry = store.CopySkipped, time.Time{}
		return s.write(ctx, lease, sub)
	}
	// Look first where somebody else may have filed it: the server, or we before a crash.
	if sub.SentCopy == store.CopyAppending || acc.Settings.SentCopy == "check" {
		mailbox, uid, err := box.Find(ctx, append([]string{sub.MessageID}, idsIn(sub.Reply)...), sub.Tag)
		if err != nil {
			return s.notFiled(ctx, lease, sub, err)
		}
		if uid != 0 {
			return s.filed(ctx, lease, sub, mailbox, uid)
		}
	}
	sub.SentCopy = store.CopyAppending
	if err := s.write(ctx, lease, sub); err != nil {
		return err
	}
	if err := confirm(); err != nil {
		return err
	}
	mailbox, uid, err := s.append(ctx, sub, box)
	if err != nil {
		return s.notFiled(ctx, lease, sub, err)
	}
	return s.filed(ctx, lease, sub, mailbox, uid)
}

func (s *Sender) append(ctx context.Context, sub *store.Submission, box SentBox) (mailbox string, uid uint32, err error) {
	raw, err := s.open(ctx, sub)
	if err != nil {
		return "", 0, err
	}
	defer func() { err = errors.Join(err, raw.Content.Close()) }()
	front := bccField(sub.Bcc)
	return box.Append(ctx, io.MultiReader(strings.NewReader(front), raw.Content), int64(len(front))+raw.Size, s.Now())
}

// bccField is the field that only the sender's own copy has, folded after each address and inside long names.
func bccField(list []store.Address) string {
	var out []string
	for _, a := range list {
		if one, err := people([]store.Address{a}); err == nil { // what is no address was no recipient either
			out = append(out, strings.ReplaceAll(one[0].String(), "?= =?", "?=\r\n =?"))
		}
	}
	if len(out) == 0 {
		return ""
	}
	return "Bcc: " + strings.Join(out, ",\r\n ") + "\r\n"
}

func (s *Sender) filed(ctx context.Context, lease *store.Lease, sub *store.Submission, mailbox string, uid uint32) error {
	ctx, done := settle(ctx)
	defer done()
	sub.SentCopy, sub.SentMailbox, sub.SentUID = store.CopyDone, mailbox, uid
	if !ofTheMail(sub.Code) {
		sub.Code, sub.Detail = "", ""
	}
	return s.write(ctx, lease, sub)
}

// ofTheMail says whether a failure is one of the mail itself, for some of its recipients: more important than one of its copy.
func ofTheMail(code string) bool { return strings.HasPrefix(code, "smtp.") }

// notFiled leaves the copy for the next session. A refusal, or too many tries, ends that: the mail itself was sent.
func (s *Sender) notFiled(ctx context.Context, lease *store.Lease, sub *store.Submission, why error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	sub.CopyTries++
	if !ofTheMail(sub.Code) {
		sub.Code, sub.Detail = causeCode(why), causeDetail(why)
	}
	if sub.CopyTries >= maxCopyTries {
		sub.SentCopy = store.CopyFailed
	}
	next := s.Now().Add(retries[min(sub.CopyTries, len(retries))-1])
	if after, ok := storage.RetryAfter(why); ok {
		next = latest(next, s.Now().Add(after))
	}
	if sub.State == store.Queued { // it waits for some recipients too, and not less because of its copy
		next = latest(next, sub.NextTry)
	}
	sub.NextTry = next
	if err := s.write(ctx, lease, sub); err != nil {
		return err
	}
	if errors.Is(why, storage.ErrTemporary) {
		return why // the connection: the account's state tells, and nothing more can be done on it
	}
	return nil
}
