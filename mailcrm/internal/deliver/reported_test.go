package deliver

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/imapsync"
	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
	"github.com/mailcrm/sdk/mailcrm/internal/reports"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// TestAdvance is the table of what follows what.
func TestAdvance(t *testing.T) {
	states := []string{store.Delayed, store.Relayed, store.Delivered, store.Bounced, store.Displayed, store.Complained}
	early, late := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC), time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	for i, was := range states {
		first, changed := advance(nil, store.Delivery{State: was, DeliveryContent: store.DeliveryContent{At: early}})
		require.True(t, changed)
		for j, now := range states {
			next, changed := advance(&first, store.Delivery{State: now, DeliveryContent: store.DeliveryContent{At: early}})
			require.Equal(t, states[max(i, j)], next.State, "%s after %s", now, was)
			require.Equal(t, j > i, changed, "%s after %s", now, was)
		}
	}
	bounced := func(hard bool) store.Delivery {
		return store.Delivery{State: store.Bounced, DeliveryContent: store.DeliveryContent{Hard: hard, Status: fmt.Sprint(hard), At: early}}
	}
	soft, hard := bounced(false), bounced(true)
	next, changed := advance(&soft, hard)
	require.True(t, changed)
	require.True(t, next.Hard)
	next, changed = advance(&hard, soft)
	require.False(t, changed)
	require.True(t, next.Hard)
	waits := store.Delivery{State: store.Delayed, DeliveryContent: store.DeliveryContent{At: early}}
	next, changed = advance(&waits, store.Delivery{State: store.Delayed, DeliveryContent: store.DeliveryContent{At: late}})
	require.True(t, changed)
	require.Equal(t, late, next.At)
	next, _ = advance(&hard, store.Delivery{State: store.Displayed, DeliveryContent: store.DeliveryContent{At: late, Displayed: late}})
	require.Equal(t, "true", next.Status, "what was said of the bounce stays")
}

// outgoing is a mail of Anna's to Ben and Cleo that a server took, or may have taken.
func (o *office) outgoing(state string) *store.Submission {
	o.t.Helper()
	id := o.db.NewID("")
	sub := &store.Submission{
		ID: id, Account: o.anna.ID, Agent: "anna", State: state, MessageID: "out" + id + "@demo.example", Tag: o.desk.Keys.Tag("", id), EnvelopeFrom: annaAddress, SentCopy: store.CopyNone,
	}
	recipient := "uncertain"
	if state == store.Accepted {
		sub.SentCopy, recipient = store.CopyDone, "accepted"
	}
	sub.Recipients = []store.Recipient{{Address: benAddress, State: recipient}, {Address: cleoAddress, State: recipient}, {Address: "dora@client.example", State: "rejected"}}
	raw := letter{id: sub.MessageID, from: annaAddress, to: benAddress + ", " + cleoAddress + ", dora@client.example", subject: "Offer", more: "References: <" + sub.Tag + "@demo.example>\n"}.String()
	m, err := mimemail.Parse(strings.NewReader(strings.ReplaceAll(raw, "\n", "\r\n")), nil)
	require.NoError(o.t, err)
	o.write(func(tx *store.Tx) error {
		if err := o.desk.Queue(tx, o.anna, sub, m); err != nil {
			return err
		}
		return tx.CreateSubmission(sub, nil)
	})
	return sub
}

// bounce is a report on a mail.
func bounce(number int, sub *store.Submission, action, status, to string) string {
	return "Return-Path: <>\nFrom: MAILER-DAEMON@relay.example\nTo: " + annaAddress + "\nSubject: Delivery Status Notification\nDate: Tue, 24 Nov 2026 09:30:00 +0000\n" +
		fmt.Sprintf("Message-ID: <b%d@relay.example>\n", number) + "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: text/plain\n\nA report.\n\n" +
		"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; relay.example\nOriginal-Envelope-Id: " + sub.Tag + "\n\nFinal-Recipient: rfc822; " + to + "\nAction: " + action + "\nStatus: " + status + "\n\n--b--\n"
}

// told adds to fetched mails what imapsync reads of them.
func (o *office) told(chunk *imapsync.Chunk, raws ...string) *imapsync.Chunk {
	o.t.Helper()
	for i, raw := range raws {
		var parts reports.Parts
		m, err := mimemail.Parse(strings.NewReader(strings.ReplaceAll(raw, "\n", "\r\n")), &mimemail.Options{Part: parts.Keep})
		require.NoError(o.t, err)
		chunk.Mails[i].Told = &imapsync.Told{Verdict: reports.Read(m, &parts), Notes: reports.Notes(m), Sighting: reports.Sight(m), Trace: m}
	}
	return chunk
}

func (o *office) report(acc *store.Account, role string, raws ...string) []string {
	o.t.Helper()
	return o.deliver(o.told(o.chunk(acc, role, raws...), raws...))
}

func (o *office) deliveries(sub *store.Submission) map[string]string {
	o.t.Helper()
	all, err := o.db.Deliveries(o.t.Context(), "", []string{sub.ID})
	require.NoError(o.t, err)
	out := map[string]string{}
	for _, d := range all[sub.ID] {
		out[d.Address] = d.State
	}
	return out
}

// TestReportsAreIdempotent: in two folders, in two accounts, in one chunk and again, each report counts once.
func TestReportsAreIdempotent(t *testing.T) {
	each(t, func(o *office) {
		sub := o.outgoing(store.Accepted)
		one, two := bounce(1, sub, "failed", "5.1.1", benAddress), bounce(2, sub, "delayed", "4.4.1", cleoAddress)
		none := bounce(3, sub, "failed", "5.1.1", "dora@client.example")
		before := o.lastEvent()
		chunk := o.told(o.chunk(o.anna, "inbox", one, two, none), one, two, none)
		ids := o.deliver(chunk)
		require.Equal(o.t, ids, o.deliver(chunk))
		o.report(o.anna, "", one)
		o.report(o.marc, "inbox", one, two)
		require.Equal(o.t, map[string]string{benAddress: store.Bounced, cleoAddress: store.Delayed}, o.deliveries(sub), "Dora's server had refused it: no other can report")
		var told []string
		for _, e := range o.events(before) {
			if strings.HasPrefix(e, "outbox.") {
				told = append(told, e)
			}
		}
		require.Equal(o.t, []string{"outbox.bounced", "outbox.delayed"}, told)
		thread := o.row(sub.Message).Message.Thread
		for i, id := range ids {
			row := o.row(id).Message
			require.Equal(o.t, i < 2, row.Kind == "bounce", i)
			require.Equal(o.t, i < 2, row.Facts.About == sub.Message, i)
			require.Equal(o.t, i < 2, row.Thread == thread, i)
			require.Equal(o.t, i < 2, row.LinkState == stateNone, i)
		}
	})
}

// TestReportsInJunk: what lies where nothing enters says nothing, until somebody takes it out.
func TestReportsInJunk(t *testing.T) {
	each(t, func(o *office) {
		sub := o.outgoing(store.Accepted)
		raw := bounce(1, sub, "failed", "5.1.1", benAddress)
		o.one(o.anna, "junk", raw)
		o.one(o.anna, "drafts", raw)
		o.report(o.anna, "trash", raw)
		require.Empty(o.t, o.deliveries(sub))
		id := o.report(o.anna, "inbox", raw)[0]
		require.Equal(o.t, map[string]string{benAddress: store.Bounced}, o.deliveries(sub))
		require.Equal(o.t, "bounce", o.row(id).Message.Kind)
	})
}

// TestDoubtIsNarrowed: two reports in one chunk, each of one recipient, end the doubt together; the message enters the history.
func TestDoubtIsNarrowed(t *testing.T) {
	each(t, func(o *office) {
		sub := o.outgoing(store.Uncertain)
		before := o.lastEvent()
		o.report(o.anna, "inbox", bounce(1, sub, "failed", "5.1.1", benAddress), bounce(2, sub, "delivered", "2.0.0", cleoAddress))
		now, err := o.db.Submission(o.t.Context(), "", sub.ID)
		require.NoError(o.t, err)
		require.Equal(o.t, store.Accepted, now.State)
		require.Equal(o.t, store.CopyAppending, now.SentCopy)
		require.Equal(o.t, "accepted accepted rejected", now.Recipients[0].State+" "+now.Recipients[1].State+" "+now.Recipients[2].State)
		require.Equal(o.t, statePending, o.state(sub.Message))
		o.wait(time.Minute)
		o.retry(o.anna)
		require.Equal(o.t, []string{"ben address", "cleo address"}, o.linked(sub.Message))
		n := 0
		for _, e := range o.events(before) {
			if e == "outbox.sent" {
				n++
			}
		}
		require.Equal(o.t, 1, n)
	})
}

// TestTwoWhoDecide: a report and a person, or two accounts with a report each, at the same time: nothing that one found out is lost.
func TestTwoWhoDecide(t *testing.T) {
	each(t, func(o *office) {
		for n := range 10 {
			sub := o.outgoing(store.Uncertain)
			one, two := bounce(10*n+100, sub, "failed", "5.1.1", benAddress), bounce(10*n+101, sub, "delivered", "2.0.0", cleoAddress)
			chunks := []*imapsync.Chunk{o.told(o.chunk(o.anna, "inbox", one), one), o.told(o.chunk(o.marc, "inbox", two), two)}
			var both sync.WaitGroup
			errs := make([]error, 2)
			for i, c := range chunks {
				both.Go(func() { errs[i] = o.desk.Chunk(o.t.Context(), c) })
			}
			both.Wait()
			require.NoError(o.t, errors.Join(errs...))
			now, err := o.db.Submission(o.t.Context(), "", sub.ID)
			require.NoError(o.t, err)
			require.Equal(o.t, store.Accepted, now.State)
			require.Equal(o.t, map[string]string{benAddress: store.Bounced, cleoAddress: store.Delivered}, o.deliveries(sub))
		}
	})
}

// TestAnotherTenantsReport: a tag of another tenant is nothing here.
func TestAnotherTenantsReport(t *testing.T) {
	each(t, func(o *office) {
		sub := o.outgoing(store.Accepted)
		other := o.account("other", "anna", annaAddress)
		raw := bounce(1, sub, "failed", "5.1.1", benAddress)
		o.deliver(o.told(o.chunk(other, "inbox", raw), raw))
		require.Empty(o.t, o.deliveries(sub))
		all, err := o.db.Deliveries(o.t.Context(), "other", []string{sub.ID})
		require.NoError(o.t, err)
		require.Empty(o.t, all)
	})
}

// TestAcquaintance: the newest sightings are kept, each once, and what was learned stays when nothing can be learned.
func TestAcquaintance(t *testing.T) {
	a := &acquaintance{}
	for i := range 100 {
		a.add(seen{int64(i % 60), reports.Sighting{Stated: true, ID: "mx.example", From: fmt.Sprintf("d%d.example", i%60)}})
	}
	require.Len(t, a.Seen, maxSightings)
	for i, s := range a.Seen {
		require.Equal(t, int64(59-i), s.At)
	}
	a.changed = false
	a.add(a.Seen[3])
	a.add(seen{At: 1})
	require.False(t, a.changed, "known, or old")

	each(t, func(o *office) {
		var raws []string
		for i := range 12 {
			from := fmt.Sprintf("x@d%d.example", i)
			raws = append(raws, "Authentication-Results: mx.demo.example; dmarc=pass header.from="+from[2:]+"\nReceived: from a by mx.demo.example; Tue, 24 Nov 2026 08:00:00 +0000\n"+letter{id: fmt.Sprintf("s%d@x", i), from: from, to: annaAddress}.String())
		}
		ids := o.report(o.anna, "inbox", raws...)
		require.Equal(o.t, "authenticated", o.row(ids[0]).Message.Facts.Standing, "learned from the same chunk")
		text, err := o.db.Sightings(o.t.Context(), "", o.anna.ID)
		require.NoError(o.t, err)
		require.Contains(o.t, text, "mx.demo.example")
		none, err := o.db.Sightings(o.t.Context(), "", o.marc.ID)
		require.NoError(o.t, err)
		require.Empty(o.t, none, "each account has its own server")
		failed := o.report(o.anna, "inbox", "Authentication-Results: mx.demo.example; dmarc=fail header.from=client.example\nReceived: from a by mx.demo.example; Tue, 24 Nov 2026 08:00:00 +0000\n"+fromBen("f"))[0]
		require.Equal(o.t, "failed", o.row(failed).Links[0].Confidence)
		require.Equal(o.t, storage.SystemAgent, o.row(failed).Links[0].By)
	})
}
