package mailcrm_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/storage"
)

// TestForgedCopyOpensNothing: whoever knows the ids of a private mail can put a mail with them into his own mailbox. It must not become a copy of that mail, nor show its
// bytes.
func TestForgedCopyOpensNothing(t *testing.T) {
	const shop, marcs = "shop@demo.example", "marc@demo.example"
	w := newWorld(t, mailcrmtest.ServerOptions{Users: []mailcrmtest.User{{Address: shop, Password: password}, {Address: marcs, Password: password}}}, nil)
	in := w.input()
	in.Address, in.Name = shop, "Shop"
	in.Members = []mailcrm.Member{{Agent: "marc", Rights: []mailcrm.Right{mailcrm.RightRead}}}
	account := w.account(in)
	marc := w.client.As(storage.Actor{Agent: "marc"})
	own := w.input()
	own.Address = marcs
	_, err := marc.Accounts.Create(t.Context(), own)
	require.NoError(t, err)
	draft, err := w.anna.Drafts.Create(t.Context(), mailcrm.DraftInput{
		Account: account.ID, Subject: secretSubject, Text: secretText + " and so many more words that nobody but Anna and her reader should see", Private: true,
		To: []mailcrm.Address{{Address: "x@elsewhere.example"}},
	})
	require.NoError(t, err)
	sub, err := w.anna.Drafts.Send(t.Context(), mailcrm.SendInput{ID: draft.ID})
	require.NoError(t, err)
	w.work()
	w.later(10 * time.Minute)
	sub = w.submission(sub.ID)
	private, err := marc.Messages.Get(t.Context(), sub.Message)
	require.NoError(t, err)
	require.True(t, private.Withheld)

	header := "From: shop@demo.example\r\nTo: marc@demo.example\r\nDate: " + private.Date.Format(time.RFC1123Z) + "\r\nMessage-ID: <" + sub.MessageID + ">\r\n"
	for folder, raw := range map[string]string{
		"INBOX":  header + "Subject: forged\r\n\r\n",
		"Drafts": header + "Subject: forged draft\r\n\r\nmine\r\n",
		"Trash":  "From: marc@demo.example\r\nSubject: mine\r\nDate: Tue, 24 Nov 2026 08:00:00 +0000\r\nMessage-ID: <" + sub.MessageID + ">\r\n\r\nmine\r\n",
	} {
		require.NoError(t, w.server.Load(marcs, slices.Values([]mailcrmtest.Mail{{Folder: folder, Raw: []byte(raw), Date: w.clock.Now()}})))
	}
	w.later(10 * time.Minute)
	page, err := marc.Messages.List(t.Context(), mailcrm.MessageQuery{})
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(page.Items), 3)
	for _, m := range page.Items {
		got, err := marc.Messages.Get(t.Context(), m.ID)
		require.NoError(t, err)
		require.NotContains(t, got.Subject+got.Text, secretSubject)
		require.NotContains(t, got.Text, secretText)
		require.Equal(t, m.ID == sub.Message, got.Withheld)
	}
}

// TestBccIsASecret from those who got the mail: they have a copy without it.
func TestBccIsASecret(t *testing.T) {
	const carls = "carl@demo.example"
	w := newWorld(t, mailcrmtest.ServerOptions{Users: []mailcrmtest.User{{Address: carls, Password: password}}}, nil)
	account := w.account(w.input())
	carl := w.client.As(storage.Actor{Agent: "carl"})
	own := w.input()
	own.Address = carls
	_, err := carl.Accounts.Create(t.Context(), own)
	require.NoError(t, err)
	draft, err := w.anna.Drafts.Create(t.Context(), mailcrm.DraftInput{
		Account: account.ID, Subject: "Quiet", Text: "x", To: []mailcrm.Address{{Address: carls}}, Bcc: []mailcrm.Address{{Address: "hr@demo.example"}},
	})
	require.NoError(t, err)
	sub, err := w.anna.Drafts.Send(t.Context(), mailcrm.SendInput{ID: draft.ID})
	require.NoError(t, err)
	w.work()
	w.later(10 * time.Minute)
	id := w.submission(sub.ID).Message
	his, err := carl.Messages.Get(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, "Quiet", his.Subject)
	require.Empty(t, his.Bcc)
	hers, err := w.anna.Messages.Get(t.Context(), id)
	require.NoError(t, err)
	require.Len(t, hers.Bcc, 1)
}

// TestDecidedOnce: two people, or two clicks, decide an uncertain mail once; a server that files by itself gets no second copy.
func TestDecidedOnce(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{FileSent: true}, nil)
	in := w.input()
	in.SentCopy = mailcrm.SentServer
	account := w.account(in)
	w.server.FailSMTP(mailcrmtest.SMTPFault{Phase: mailcrmtest.PhaseDot, Times: 1, Done: true, Cut: mailcrmtest.CutClose})
	id := w.send(account.ID, benAddress)
	w.work()
	require.Equal(t, mailcrm.StateUncertain, w.submission(id).State)
	answers := make(chan error, 8)
	for range cap(answers) {
		go func() {
			_, err := w.anna.Outbox.Resolve(t.Context(), id, mailcrm.ItArrived)
			answers <- err
		}()
	}
	good := 0
	for range cap(answers) {
		if err := <-answers; err == nil {
			good++
		} else {
			require.ErrorIs(t, err, mailcrm.ErrConflict)
		}
	}
	require.Equal(t, 1, good)
	w.work()
	w.later(20 * time.Minute)
	require.Len(t, w.sentFolder(), 1)
}

// TestNothingLeavesFromNowhere: what waits to leave ends with its account, or with its writer's right, and says so.
func TestNothingLeavesFromNowhere(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, func(cfg *mailcrm.Config) { cfg.UndoSend = time.Minute })
	in := w.input()
	in.Members = []mailcrm.Member{{Agent: "marc", Rights: []mailcrm.Right{mailcrm.RightRead, mailcrm.RightSend}}}
	account := w.account(in)
	marc := w.client.As(storage.Actor{Agent: "marc"})
	draft, err := marc.Drafts.Create(t.Context(), mailcrm.DraftInput{Account: account.ID, Subject: "x", Text: "x", To: []mailcrm.Address{{Address: benAddress}}})
	require.NoError(t, err)
	sub, err := marc.Drafts.Send(t.Context(), mailcrm.SendInput{ID: draft.ID})
	require.NoError(t, err)
	update := account.Input()
	update.Members = nil
	_, err = w.anna.Accounts.Update(t.Context(), update)
	require.NoError(t, err)
	w.clock.Advance(2 * time.Minute)
	w.work()
	got, err := marc.Outbox.Get(t.Context(), sub.ID)
	require.NoError(t, err)
	require.Equal(t, mailcrm.StateRejected, got.State)
	require.Equal(t, "submit.no_right", got.Code)

	hers := w.send(account.ID, benAddress)
	require.NoError(t, w.anna.Accounts.Delete(t.Context(), account.ID))
	w.later(time.Hour)
	require.Contains(t, []string{mailcrm.StateRejected, mailcrm.StateCancelled}, w.submission(hers).State)
	require.Empty(t, w.server.Delivered())
}
