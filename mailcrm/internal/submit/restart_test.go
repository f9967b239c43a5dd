package submit

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// TestStateBeforeEffect looks into the data base at each step that the server sees: what cannot be undone is announced there before it is done.
func TestStateBeforeEffect(t *testing.T) {
	var w *world
	var id string
	seen := map[string]string{}
	on := dialog{security: "tls", on: map[string]func(*peer, string) bool{}}
	for _, verb := range verbs {
		on.on[verb] = func(p *peer, line string) bool {
			sub, err := w.DB.Submission(context.Background(), "", id)
			if err != nil {
				return false
			}
			seen[verb] = sub.State + " " + sub.Recipients[0].State
			if verb == "DATA" {
				p.say("354 go on")
				return on.body(p)
			}
			if verb == "DOT" {
				p.take("2.0.0 queued")
				return true
			}
			return on.usual(p, verb, line)
		}
	}
	w = newWorld(t, on.start(t), "tls")
	id = w.queue(ben).ID
	require.Equal(t, store.Accepted, w.try(id).State)
	queued := "queued pending"
	require.Equal(t, map[string]string{
		"GREETING": queued, "EHLO": queued, "AUTH": queued, "MAIL": queued, "RCPT": queued, "DATA": queued, "DOT": "sending uncertain", "QUIT": "sent accepted",
	}, seen)
	require.Empty(t, w.events(id), "Departed's")
}

// TestFoundSending: whoever finds a mail between the state and the answer knows that nobody knows, and sends nothing.
func TestFoundSending(t *testing.T) {
	on := dialog{security: "tls"}.start(t)
	w := newWorld(t, on, "tls")
	sub := w.queue(ben, "second@client.example")
	sub.State, sub.Recipients[0].State, sub.Recipients[1].State, sub.NextTry = store.Sending, "uncertain", "deferred", w.clock().Add(time.Hour)
	require.NoError(t, w.DB.Write(t.Context(), nil, func(tx *store.Tx) error { return tx.UpdateSubmission(sub) }))
	got := w.try(sub.ID)
	require.Equal(t, store.Uncertain, got.State)
	require.Equal(t, "smtp.uncertain", got.Code)
	require.Equal(t, []string{"uncertain", "deferred"}, states(got))
	require.Equal(t, []string{"outbox.uncertain"}, w.events(sub.ID))
	require.Zero(t, on.connections())
	due, err := w.DB.SubmissionsDue(t.Context(), "", w.acc.ID, w.clock().AddDate(10, 0, 0), 10)
	require.NoError(t, err)
	require.Empty(t, due, "it is nobody's work any more")
}

// TestNotOurs: only what is queued is sent, and not before its time.
func TestNotOurs(t *testing.T) {
	on := dialog{security: "tls"}.start(t)
	w := newWorld(t, on, "tls")
	for _, state := range []string{store.Accepted, store.Rejected, store.Uncertain, store.Cancelled} {
		sub := w.queue(ben)
		sub.State = state
		require.NoError(t, w.DB.Write(t.Context(), nil, func(tx *store.Tx) error { return tx.UpdateSubmission(sub) }))
		require.Equal(t, state, w.try(sub.ID).State)
	}
	for _, early := range []func(*store.Submission){
		func(s *store.Submission) { s.NotBefore = w.clock().Add(time.Second) },
		func(s *store.Submission) { s.NextTry = w.clock().Add(time.Second) },
	} {
		sub := w.queue(ben)
		early(sub)
		require.NoError(t, w.DB.Write(t.Context(), nil, func(tx *store.Tx) error { return tx.UpdateSubmission(sub) }))
		require.Equal(t, store.Queued, w.try(sub.ID).State)
		require.Zero(t, on.connections())
		w.later(time.Second)
		require.Equal(t, store.Accepted, w.try(sub.ID).State)
		on.mu.Lock()
		on.wires = nil
		on.mu.Unlock()
	}
}

// TestLostLease: who may not be the holder any more does not send the dot.
func TestLostLease(t *testing.T) {
	lost := func() error { return store.ErrLostLease }

	t.Run("before the state", func(t *testing.T) {
		on := dialog{security: "tls"}.start(t)
		w := newWorld(t, on, "tls")
		before := w.queue(ben)
		require.ErrorIs(t, w.send(t.Context(), lost, before.ID), store.ErrLostLease)
		require.Equal(t, before, w.stored(before.ID))
		require.Empty(t, on.got())
	})
	t.Run("after the state, by our clock only", func(t *testing.T) {
		on := dialog{security: "tls"}.start(t)
		w := newWorld(t, on, "tls")
		id, calls := w.queue(ben).ID, 0
		require.ErrorIs(t, w.send(t.Context(), func() error {
			if calls++; calls == 2 {
				return lost()
			}
			return nil
		}, id), store.ErrLostLease)
		require.Equal(t, store.Queued, w.stored(id).State, "what was not sent is not in doubt")
		require.Equal(t, []string{"pending"}, states(w.stored(id)))
		require.Empty(t, on.got())
	})
	t.Run("after the state, to another", func(t *testing.T) {
		on := dialog{security: "tls"}.start(t)
		w := newWorld(t, on, "tls")
		id, calls := w.queue(ben).ID, 0
		require.ErrorIs(t, w.send(t.Context(), func() error {
			if calls++; calls < 2 {
				return nil
			}
			require.NoError(t, w.DB.ReleaseLease(t.Context(), w.lease))
			w.take("other node")
			return lost()
		}, id), store.ErrLostLease)
		require.Empty(t, on.got())
		require.Equal(t, store.Sending, w.stored(id).State, "the other one cannot know")
		require.Contains(t, w.log.String(), "could not be written down")
	})
	t.Run("during the body, to another", func(t *testing.T) {
		on := dialog{security: "tls"}.start(t)
		w := newWorld(t, on, "tls")
		before := w.queue(ben)
		require.NoError(t, w.DB.ReleaseLease(t.Context(), w.lease))
		w.take("other node")
		require.ErrorIs(t, w.send(t.Context(), held, before.ID), store.ErrLostLease, "the write is fenced too")
		require.Equal(t, before, w.stored(before.ID))
		require.Empty(t, on.got())
	})
}

// TestCalledBack: the agent undoes while the mail is on its way. Either he is told that it is too late, or the dot is not sent.
func TestCalledBack(t *testing.T) {
	for _, verb := range []string{"EHLO", "RCPT", "DATA", "DOT"} {
		t.Run(verb, func(t *testing.T) {
			t.Parallel()
			var w *world
			var id string
			var undone error
			d := dialog{security: "tls", on: map[string]func(*peer, string) bool{}}
			d.on[verb] = func(p *peer, line string) bool {
				undone = w.DB.Write(context.Background(), nil, func(tx *store.Tx) error { return tx.CancelSubmission("", "anna", id) })
				if verb == "DOT" {
					p.take("2.0.0 queued")
					return true
				}
				return d.usual(p, verb, line)
			}
			on := d.start(t)
			w = newWorld(t, on, "tls")
			id = w.queue(ben).ID
			sub := w.try(id)
			if verb == "DOT" {
				require.ErrorIs(t, undone, storage.ErrConflict)
				require.Equal(t, store.Accepted, sub.State)
				return
			}
			require.NoError(t, undone)
			require.Equal(t, store.Cancelled, sub.State)
			require.Empty(t, on.got())
			require.Empty(t, w.history)
		})
	}
}

// TestDeferredRecipients: who was put off gets the mail later, who has it does not get it again, and each keeps his last answer when it is given up.
func TestDeferredRecipients(t *testing.T) {
	good, slow, never := ben, "slow@client.example", "never@client.example"
	tries := map[string]int{}
	rcpt := func(p *peer, line string) bool {
		tries[line]++
		switch {
		case line == "RCPT TO:<"+slow+">" && tries[line] < 3:
			p.say("450 4.2.0 greylisted")
		case line == "RCPT TO:<"+never+">":
			p.say("451 4.3.5 broken")
		default:
			p.mail.to = append(p.mail.to, line)
			p.say("250 ok")
		}
		return true
	}
	on := dialog{security: "tls", on: map[string]func(*peer, string) bool{"RCPT": rcpt}}.start(t)
	w := newWorld(t, on, "tls")
	id := w.queue(good, slow, never).ID
	sub := w.try(id)
	require.Equal(t, store.Queued, sub.State)
	require.Equal(t, []string{"accepted", "deferred", "deferred"}, states(sub))
	require.Equal(t, store.CopyPending, sub.SentCopy)
	require.Equal(t, w.clock().Add(time.Minute), sub.NextTry)
	require.Empty(t, sub.Code)

	w.later(time.Minute)
	sub = w.try(id)
	require.Equal(t, "greylisted", sub.Recipients[1].Text)
	require.Equal(t, "smtp.temporary", sub.Code)
	w.later(5 * time.Minute)
	sub = w.try(id)
	require.Equal(t, []string{"accepted", "accepted", "deferred"}, states(sub))
	require.Equal(t, store.Queued, sub.State)
	require.Empty(t, sub.Code)

	for range 40 {
		w.later(2 * time.Hour)
		sub = w.try(id)
	}
	require.Equal(t, store.Accepted, sub.State, "others have it")
	require.Equal(t, "smtp.given_up", sub.Code)
	require.Equal(t, store.Recipient{Address: never, State: "rejected", Status: 451, Enhanced: "4.3.5", Text: "broken"}, sub.Recipients[2])
	require.False(t, sub.Finished.IsZero())
	require.Equal(t, 1, tries["RCPT TO:<"+good+">"])
	require.Equal(t, 3, tries["RCPT TO:<"+slow+">"])
	require.Less(t, tries["RCPT TO:<"+never+">"], 30)
	require.Equal(t, []string{id}, w.history, "once")
	require.Len(t, on.got(), 2)
	require.Equal(t, on.got()[0].data, on.got()[1].data, "the same to the bit")
	require.Equal(t, 1, len(w.events(id))-count(w.events(id), "outbox.deferred"))
}

// TestRefusedLater: who is left is refused in the end; the mail was sent all the same.
func TestRefusedLater(t *testing.T) {
	for name, verb := range map[string]string{"at RCPT": "RCPT", "at MAIL": "MAIL", "at the dot": "DOT"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first := dialog{security: "tls", on: map[string]func(*peer, string) bool{"RCPT": func(p *peer, line string) bool {
				if line == "RCPT TO:<"+ben+">" {
					p.say("250 ok")
				} else {
					p.say("450 later")
				}
				return true
			}}}
			on := first.start(t)
			w := newWorld(t, on, "tls")
			id := w.queue(ben, "second@client.example").ID
			require.Equal(t, store.Queued, w.try(id).State)
			on.become(dialog{security: "tls", on: map[string]func(*peer, string) bool{verb: reply("550 5.7.1 no")}})
			w.later(time.Minute)
			sub := w.try(id)
			require.Equal(t, store.Accepted, sub.State)
			require.Equal(t, []string{"accepted", "rejected"}, states(sub))
			require.Equal(t, 550, sub.Recipients[1].Status)
			require.False(t, sub.Finished.IsZero())
			require.Equal(t, []string{id}, w.history)
		})
	}
}

// TestWaits: the tries of a mail that is put off, and how long they go on.
func TestWaits(t *testing.T) {
	on := dialog{security: "tls", on: map[string]func(*peer, string) bool{"MAIL": reply("421 4.3.2 later")}}.start(t)
	w := newWorld(t, on, "tls")
	sub := w.queue(ben)
	sub.NotBefore = w.clock().Add(100 * time.Hour)
	require.NoError(t, w.DB.Write(t.Context(), nil, func(tx *store.Tx) error { return tx.UpdateSubmission(sub) }))
	w.later(100 * time.Hour) // planned for later: its two days begin then
	start := w.clock()
	for _, wait := range []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 2 * time.Hour} {
		got := w.try(sub.ID)
		require.Equal(t, w.clock().Add(wait), got.NextTry)
		require.Equal(t, store.Queued, got.State)
		w.later(wait)
	}
	for w.stored(sub.ID).State == store.Queued {
		require.Less(t, w.clock().Sub(start), 52*time.Hour)
		w.try(sub.ID)
		w.later(2 * time.Hour)
	}
	got := w.stored(sub.ID)
	require.Equal(t, store.Rejected, got.State)
	require.Equal(t, "smtp.given_up", got.Code)
	require.Equal(t, "421 4.3.2 later", got.Detail)
	require.Equal(t, "rejected", got.Recipients[0].State)
	require.Equal(t, got.Attempts, count(w.events(sub.ID), "outbox.deferred")+1)
	require.Equal(t, "outbox.rejected", w.events(sub.ID)[len(w.events(sub.ID))-1])
	require.Greater(t, got.Finished.Sub(start), GiveUpAfter)
}

// TestAttemptsAfterTheDot: one try is one try, however far it came.
func TestAttemptsAfterTheDot(t *testing.T) {
	on := dialog{security: "tls", on: map[string]func(*peer, string) bool{"DOT": reply("451 4.7.1 not now")}}.start(t)
	w := newWorld(t, on, "tls")
	id := w.queue(ben).ID
	require.Equal(t, w.clock().Add(time.Minute), w.try(id).NextTry)
	w.later(time.Minute)
	require.Equal(t, w.clock().Add(5*time.Minute), w.try(id).NextTry)
}

// TestBlobs: where the mail's bytes are not to be had, or not whole, nothing leaves, and whoever keeps them says when to come again.
func TestBlobs(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(*blobs)
		wait  time.Duration
		code  string
	}{
		{"gone", func(b *blobs) { b.all = nil }, time.Minute, "unknown"},
		{"busy", func(b *blobs) {
			b.broken = &storage.TemporaryError{After: 3 * time.Hour, Err: errors.New("s3: slow down")}
		}, 3 * time.Hour, "unknown"},
		{"busy for a second", func(b *blobs) {
			b.broken = &storage.TemporaryError{After: time.Second, Err: errors.New("s3: slow down")}
		}, time.Minute, "unknown"},
		{"with a code", func(b *blobs) {
			b.broken = &storage.Cause{Code: "host.unavailable", Err: &storage.TemporaryError{After: time.Hour, Err: storage.ErrUnavailable}}
		}, time.Hour, "host.unavailable"},
		{"cut", func(b *blobs) { b.cut = 1 }, time.Minute, "unknown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			on := dialog{security: "tls"}.start(t)
			w := newWorld(t, on, "tls")
			id, all := w.queue(ben).ID, w.blobs.all
			c.spoil(w.blobs)
			sub := w.try(id)
			require.Equal(t, store.Queued, sub.State)
			require.Equal(t, []string{"pending"}, states(sub))
			require.Equal(t, w.clock().Add(c.wait), sub.NextTry)
			require.Equal(t, c.code, sub.Code)
			require.Empty(t, on.got())
			*w.blobs = blobs{all: all}
			w.later(c.wait)
			require.Equal(t, store.Accepted, w.try(id).State)
		})
	}
}

// TestNotRecorded: the server took the mail and it could not be written down. The next one to look finds it in doubt, and does not send it again.
func TestNotRecorded(t *testing.T) {
	on := dialog{security: "tls"}.start(t)
	w := newWorld(t, on, "tls")
	w.Departed = func(context.Context, *store.Lease, *store.Account, *store.Submission, *mimemail.Message) error {
		return errors.New("disk full")
	}
	id := w.queue(ben).ID
	require.ErrorContains(t, w.send(t.Context(), held, id), "disk full")
	require.Equal(t, store.Sending, w.stored(id).State)
	require.Equal(t, store.Uncertain, w.try(id).State)
	require.Len(t, on.got(), 1)
}

// TestServerFilesIt: where the account says that the server keeps the copy, there is nothing to file.
func TestServerFilesIt(t *testing.T) {
	on := dialog{security: "tls"}.start(t)
	w := newWorld(t, on, "tls")
	w.acc.Settings.SentCopy = "server"
	require.Equal(t, store.CopyDone, w.try(w.queue(ben).ID).SentCopy)
}

func count(list []string, one string) int {
	return len(slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s != one }))
}
