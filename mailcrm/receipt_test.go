package mailcrm_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
	"github.com/mailcrm/sdk/mailcrm/internal/reports"
	"github.com/mailcrm/sdk/mailcrm/internal/testservers"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/storage"
)

// wishing is a mail of Ben's that asks for a receipt.
func wishing(id, back, to, more string) string {
	return "Return-Path: <" + back + ">\r\nFrom: Ben <" + benAddress + ">\r\nTo: " + annaAddress + "\r\nSubject: Été, the offer\r\nDate: Tue, 24 Nov 2026 08:00:00 +0000\r\nMessage-ID: <" + id +
		"@client.example>\r\nDisposition-Notification-To: " + to + "\r\n" + more + "\r\nPlease read.\r\n"
}

// TestReceiptIsAnsweredOnce: who is asked, by whom, and what leaves.
func TestReceiptIsAnsweredOnce(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	in := w.input()
	in.Members = []mailcrm.Member{{Agent: "marc", Rights: []mailcrm.Right{mailcrm.RightRead, mailcrm.RightSend}}, {Agent: "lea", Rights: []mailcrm.Right{mailcrm.RightRead}}}
	w.account(in)
	marc, lea := w.client.As(storage.Actor{Agent: "marc"}), w.client.As(storage.Actor{Agent: "lea"})
	mail := w.came(wishing("one", benAddress, benAddress, ""))
	require.Equal(t, &mailcrm.ReceiptWish{To: benAddress, Sentence: mailcrm.Sentence("receipt.asked", "en")}, mail.ReceiptWanted)
	seen, err := lea.Messages.Get(t.Context(), mail.ID)
	require.NoError(t, err)
	require.Nil(t, seen.ReceiptWanted, "she may not send")
	require.ErrorIs(t, lea.Messages.AnswerReceipt(t.Context(), mail.ID, true), mailcrm.ErrNotFound)

	var both sync.WaitGroup
	for _, s := range []*mailcrm.Session{w.anna, marc, w.anna, marc} {
		both.Go(func() {
			require.NoError(t, s.Messages.AnswerReceipt(context.WithoutCancel(t.Context()), mail.ID, true))
		})
	}
	both.Wait()
	w.work()
	require.ErrorIs(t, w.anna.Messages.AnswerReceipt(t.Context(), mail.ID, false), mailcrm.ErrConflict)
	got, err := w.anna.Messages.Get(t.Context(), mail.ID)
	require.NoError(t, err)
	require.Nil(t, got.ReceiptWanted)
	require.Equal(t, mailcrm.ReceiptSent, got.ReceiptAnswered)

	all := w.server.Delivered()
	require.Len(t, all, 1)
	require.Empty(t, all[0].From)
	require.Equal(t, []string{benAddress}, all[0].To)
	var parts reports.Parts
	m, err := mimemail.Parse(strings.NewReader(string(all[0].Raw)), &mimemail.Options{Part: parts.Keep})
	require.NoError(t, err)
	require.Equal(t, "auto-replied", m.AutoSubmitted)
	require.Contains(t, m.Subject, "Été, the offer")
	v := reports.Read(m, &parts)
	require.Equal(t, reports.Receipt, v.Kind)
	require.Equal(t, "displayed", v.Read.Type)
	require.True(t, v.Read.Manual)
	require.Equal(t, annaAddress, v.Read.Address)
	require.Equal(t, "one@client.example", v.Read.MessageID)
	require.Empty(t, m.Defects)
	require.Empty(t, w.sentFolder(), "a receipt is no mail to be filed")
	w.later(10 * time.Minute)
	mails, err := w.server.Mails(annaAddress, "INBOX")
	require.NoError(t, err)
	require.Contains(t, mails[0].Flags, "$MDNSent")
	require.Len(t, w.eventTypes("message.receipt"), 1)

	declined := w.came(wishing("two", benAddress, benAddress, ""))
	require.NoError(t, w.anna.Messages.AnswerReceipt(t.Context(), declined.ID, false))
	w.later(10 * time.Minute)
	require.Len(t, w.server.Delivered(), 1)
	mails, err = w.server.Mails(annaAddress, "INBOX")
	require.NoError(t, err)
	require.Contains(t, mails[1].Flags, "$MDNSent", "nobody else is to ask")
}

// TestReceiptIsNotAsked: the mails for which there is nothing to ask, and the one where it goes elsewhere.
func TestReceiptIsNotAsked(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	w.account(w.input())
	for name, raw := range map[string]string{
		"a list":                   wishing("list", benAddress, benAddress, "List-Id: <news.client.example>\r\n"),
		"bulk":                     wishing("bulk", benAddress, benAddress, "Precedence: bulk\r\n"),
		"a machine":                wishing("machine", benAddress, benAddress, "Auto-Submitted: auto-generated\r\n"),
		"several addresses":        wishing("several", benAddress, benAddress+", x@elsewhere.example", ""),
		"an option we do not know": wishing("option", benAddress, benAddress, "Disposition-Notification-Options: x=required,y\r\n"),
	} {
		mail := w.came(raw)
		require.Nil(t, mail.ReceiptWanted, name)
		require.ErrorIs(t, w.anna.Messages.AnswerReceipt(t.Context(), mail.ID, true), mailcrm.ErrNotFound, name)
	}
	mail := w.came(wishing("elsewhere", "x@elsewhere.example", benAddress, ""))
	require.True(t, mail.ReceiptWanted.Elsewhere)
	require.Contains(t, mail.ReceiptWanted.Sentence, "another address")

	raw := wishing("junk", benAddress, benAddress, "")
	require.NoError(t, w.server.Load(annaAddress, slices.Values([]mailcrmtest.Mail{{Folder: "Junk", Raw: []byte(raw), Date: w.clock.Now()}})))
	w.clock.Advance(5 * time.Minute)
	w.work()
	page, err := w.anna.Messages.List(t.Context(), mailcrm.MessageQuery{Role: "junk"})
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
	require.ErrorIs(t, w.anna.Messages.AnswerReceipt(t.Context(), page.Items[0].ID, true), mailcrm.ErrNotFound)
	w.work()
	require.Empty(t, w.server.Delivered())
}

// vouched is a mail with what the account's server found out about it.
func vouched(n int, from, results string) string {
	return "Authentication-Results: mx.demo.example; " + results + "\r\nReceived: from elsewhere by mx.demo.example; Tue, 24 Nov 2026 08:00:00 +0000\r\nFrom: " + from + "\r\nTo: " + annaAddress +
		fmt.Sprintf("\r\nSubject: Mail %d\r\nDate: Tue, 24 Nov 2026 08:00:00 +0000\r\nMessage-ID: <v%d@x>\r\n\r\nText number %d.\r\n", n, n, n)
}

// TestLinkVerdict: a link made from an address that failed authentication says so, here and to the host; who proves nothing proves nothing.
func TestLinkVerdict(t *testing.T) {
	w, l := historyWorld(t)
	for n := range 8 { // from which the server's name is learned
		w.raw(vouched(100+n, fmt.Sprintf("x@domain%d.example", n), fmt.Sprintf("dmarc=pass header.from=domain%d.example", n)))
	}
	w.account(w.input())
	l.take(t)
	for n, c := range []struct{ results, standing, why string }{
		{"dmarc=pass header.from=client.example", mailcrm.SenderAuthenticated, "dmarc_pass"},
		{"dmarc=fail header.from=client.example", mailcrm.SenderFailed, "dmarc_fail"},
		{"dmarc=none header.from=client.example", mailcrm.SenderUnauthenticated, "nothing_passed"},
	} {
		mail := w.came(vouched(n, benAddress, c.results))
		require.Equal(t, c.standing, mail.Authenticity.Standing)
		require.Equal(t, c.why, mail.Authenticity.Why)
		require.Equal(t, "mx.demo.example", mail.Authenticity.Server)
		require.Len(t, mail.Links, 1)
		require.Equal(t, c.standing, mail.Links[0].Confidence)
		require.Equal(t, c.standing == mailcrm.SenderFailed, strings.Contains(mail.Links[0].Sentence, "forged"))
		require.Equal(t, c.standing, l.take(t)[0].entry.Confidence)
	}
	// What a sender writes below, or under another name, is not read.
	forged := w.came("Received: from elsewhere by mx.demo.example; Tue, 24 Nov 2026 08:00:00 +0000\r\n" + strings.Replace(vouched(50, benAddress, "dmarc=pass header.from=client.example"), "mx.demo", "mx.evil", 2))
	require.Equal(t, mailcrm.SenderUnauthenticated, forged.Authenticity.Standing)
	noted := w.came(strings.Replace(vouched(51, `"boss@demo.example" <x@elsewhere.example>`, "dmarc=none"), "Subject", "Reply-To: y@third.example\r\nSubject", 1))
	var codes []string
	for _, n := range noted.Notes {
		codes = append(codes, n.Code)
		require.NotEqual(t, mailcrm.Sentence("unknown", "en"), n.Sentence)
	}
	require.Subset(t, codes, []string{"name_is_address", "reply_elsewhere"})
	// A copy with the same words that failed makes the mail that passed one that failed.
	good := w.came(vouched(60, benAddress, "dmarc=pass header.from=client.example"))
	require.Equal(t, mailcrm.SenderAuthenticated, good.Authenticity.Standing)
	bad := w.came(vouched(60, benAddress, "dmarc=fail header.from=client.example"))
	require.Equal(t, good.ID, bad.ID)
	require.Equal(t, mailcrm.SenderFailed, bad.Authenticity.Standing)
}

// TestWhatWasNew: lists and the host's history show what was written, not what was quoted.
func TestWhatWasNew(t *testing.T) {
	w, l := historyWorld(t)
	w.account(w.input())
	mail := w.came("From: Ben <" + benAddress + ">\r\nTo: " + annaAddress + "\r\nSubject: Re: Offer\r\nDate: Tue, 24 Nov 2026 08:00:00 +0000\r\nMessage-ID: <r@x>\r\n\r\nYes, please.\r\n\r\nOn Tue, 24 Nov 2026 at 08:00, Anna wrote:\r\n> Do you want it?\r\n> Anna\r\n\r\n-- \r\nBen\r\n")
	require.Equal(t, "Yes, please.", mail.Snippet)
	var kinds []string
	whole := ""
	for _, p := range mail.Parts {
		kinds = append(kinds, p.Kind)
		whole += p.Text
	}
	require.Equal(t, mail.Text, whole)
	require.Equal(t, []string{mailcrm.TextNew, mailcrm.TextQuote, mailcrm.TextSignature}, kinds)
	require.Equal(t, "Yes, please.\n", l.take(t)[0].entry.Text)
}

// TestStatusOfPrivateMail: what became of a private mail only its sender knows, also where others read the mailbox, or got the mail.
func TestStatusOfPrivateMail(t *testing.T) {
	const carl = "carl@demo.example"
	for _, private := range []bool{false, true} {
		t.Run(fmt.Sprint(private), func(t *testing.T) {
			w, l := historyWorldWith(t, mailcrmtest.User{Address: carl, Password: password})
			in := w.input()
			in.Members = []mailcrm.Member{{Agent: "marc", Rights: []mailcrm.Right{mailcrm.RightRead}}}
			account := w.account(in)
			own := w.input()
			own.Address = carl
			_, err := w.client.As(storage.Actor{Agent: "carl"}).Accounts.Create(t.Context(), own)
			require.NoError(t, err)
			draft, err := w.anna.Drafts.Create(t.Context(), mailcrm.DraftInput{
				Account: account.ID, Subject: "Hello", Text: "A text.", Private: private, To: []mailcrm.Address{{Address: benAddress}, {Address: carl}},
			})
			require.NoError(t, err)
			sub, err := w.anna.Drafts.Send(t.Context(), mailcrm.SendInput{ID: draft.ID})
			require.NoError(t, err)
			w.later(10 * time.Minute)
			header, _, _ := strings.Cut(string(w.server.Delivered()[0].Raw), "\r\n\r\n")
			l.take(t)
			bounce := w.came(report{action: "failed", status: "5.1.1", to: benAddress, returned: header + "\r\n"}.String())
			require.Equal(t, mailcrm.KindBounce, bounce.Kind)
			require.Equal(t, []string{"ben bounced", "carl"}, w.states(sub.ID))
			marcs, err := w.client.As(storage.Actor{Agent: "marc"}).Messages.Get(t.Context(), bounce.ID)
			require.NoError(t, err)
			require.Equal(t, private, marcs.Withheld, "it quotes the mail")
			found, err := w.client.As(storage.Actor{Agent: "marc"}).Messages.List(t.Context(), mailcrm.MessageQuery{Subject: "Delivery Status"})
			require.NoError(t, err)
			require.Equal(t, !private, len(found.Items) == 1)
			message := w.submission(sub.ID).Message
			for agent, may := range map[string]bool{"anna": true, "marc": !private, "carl": !private} {
				s := w.client.As(storage.Actor{Agent: agent})
				got, err := s.Messages.Get(t.Context(), message)
				require.NoError(t, err, agent)
				require.Equal(t, may, got.Delivery != "", agent)
				require.Equal(t, may, len(got.Recipients) > 0, agent)
				page, err := s.Messages.List(t.Context(), mailcrm.MessageQuery{})
				require.NoError(t, err)
				for _, m := range page.Items {
					require.Equal(t, may && m.ID == message, m.Delivery != "", agent)
				}
				events, _, err := s.Events.List(t.Context(), 0, mailcrm.MaxPage)
				require.NoError(t, err)
				if agent != "carl" {
					require.Equal(t, may, slices.ContainsFunc(events, func(e mailcrm.Event) bool { return e.Type == "outbox.bounced" }), agent)
				}
				if agent != "anna" {
					_, err = s.Outbox.Get(t.Context(), sub.ID)
					require.ErrorIs(t, err, mailcrm.ErrNotFound)
				}
			}
			for _, h := range l.take(t) {
				if h.entry.Message == message {
					require.Equal(t, !private, h.entry.Status == "bounced")
				}
			}
		})
	}
}

func historyWorldWith(t *testing.T, users ...mailcrmtest.User) (*world, *listening) {
	t.Helper()
	l := &listening{}
	w := newWorld(t, mailcrmtest.ServerOptions{Users: users}, func(cfg *mailcrm.Config) {
		l.History = cfg.Host.History
		cfg.Host.History = l
	})
	return w, l
}

// TestReportsOfTwoTenants: the same addresses, and nothing of one is believed in the other.
func TestReportsOfTwoTenants(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	account := w.account(w.input())
	id, header, tag := w.sent(account.ID, benAddress)
	twin, err := mailcrmtest.StartServer(mailcrmtest.ServerOptions{Users: []mailcrmtest.User{{Address: annaAddress, Password: password}}, Now: w.clock.Now})
	require.NoError(t, err)
	t.Cleanup(func() { twin.Close() })
	other := w.client.As(storage.Actor{Tenant: "other", Agent: "anna"})
	in := w.input()
	_, err = other.Accounts.Create(t.Context(), in) // the same mailbox, in another tenant
	require.NoError(t, err)
	mail := w.came(report{envid: tag, action: "failed", status: "5.1.1", to: benAddress, returned: header}.String())
	require.Equal(t, mailcrm.KindBounce, mail.Kind)
	require.Equal(t, []string{"ben bounced"}, w.states(id))
	page, err := other.Messages.List(t.Context(), mailcrm.MessageQuery{Role: "inbox"})
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
	require.Empty(t, page.Items[0].Kind)
	require.Empty(t, page.Items[0].About)
	events, _, err := other.Events.List(t.Context(), 0, mailcrm.MaxPage)
	require.NoError(t, err)
	require.False(t, slices.ContainsFunc(events, func(e mailcrm.Event) bool { return strings.HasPrefix(e.Type, "outbox.") }))
}

// TestRealBounce: through Postfix, to somebody whom Dovecot does not know.
func TestRealBounce(t *testing.T) {
	server := testservers.MailWith(t, &testservers.MailOptions{Submission: testservers.Postfix, Outside: testservers.Bounce})
	alice := server.User("alice")
	w := newWorld(t, mailcrmtest.ServerOptions{}, func(cfg *mailcrm.Config) {
		cfg.Network = mailcrm.Network{Allow: loopback, Ports: ports(server), Roots: server.CA}
	})
	in := mailcrm.AccountInput{
		Address: alice.Address, Link: mailcrm.AtArrival, DepthDays: -1,
		IMAP: mailcrm.ServerInput{Host: server.Host, Port: server.IMAPSPort, Password: mailcrm.NewSecret(alice.Password)},
		SMTP: mailcrm.ServerInput{Host: server.Host, Port: server.SubmissionPort, Security: mailcrm.StartTLS},
	}
	account := w.account(in)
	id := w.send(account.ID, benAddress)
	w.work()
	require.Equal(t, mailcrm.StateSent, w.submission(id).State)
	ctx, done := context.WithTimeout(t.Context(), 30*time.Second)
	defer done()
	_, err := server.Await(ctx, "alice", "INBOX", 1)
	require.NoError(t, err)
	w.clock.Advance(10 * time.Minute)
	w.work()
	require.Equal(t, []string{"ben bounced"}, w.states(id))
	d := w.submission(id).Recipients[0].Delivery
	require.Equal(t, "user_unknown", d.Reason)
	require.NotEmpty(t, d.Diagnostic)
	page, err := w.anna.Messages.List(t.Context(), mailcrm.MessageQuery{Role: "inbox"})
	require.NoError(t, err)
	require.Equal(t, mailcrm.KindBounce, page.Items[0].Kind)
	require.Equal(t, w.submission(id).Message, page.Items[0].About)
	t.Logf("%s: %s", d.Status, d.Diagnostic)

	// And a receipt leaves through it, without a sender.
	raw := strings.ReplaceAll(wishing("real", "bob@"+testservers.Domain, server.User("bob").Address, ""), annaAddress, alice.Address)
	require.NoError(t, server.Append("alice", "INBOX", testservers.Message{Raw: []byte(raw)}))
	w.clock.Advance(10 * time.Minute)
	w.work()
	page, err = w.anna.Messages.List(t.Context(), mailcrm.MessageQuery{Role: "inbox", Subject: "offer"})
	require.NoError(t, err)
	require.NoError(t, w.anna.Messages.AnswerReceipt(t.Context(), page.Items[0].ID, true))
	w.work()
	got, err := server.Await(ctx, "bob", "INBOX", 1)
	require.NoError(t, err)
	require.Contains(t, string(got[0].Raw), "MDN-sent-manually; displayed")
}

// TestReportsAreSaid: whatever reports finds, people get a sentence for it.
func TestReportsAreSaid(t *testing.T) {
	codes := mailcrm.Codes()
	var want []string
	for _, r := range []reports.Reason{
		reports.Moved, reports.MailboxFull, reports.TooBig, reports.Suspended, reports.Auth, reports.Rate, reports.Virus, reports.Spam, reports.Blocked, reports.Relaying, reports.Filtered,
		reports.NotAccept, reports.HostUnknown, reports.UserUnknown, reports.Sender, reports.Content, reports.Policy, reports.Network, reports.Expired, reports.System, reports.Other,
	} {
		want = append(want, "reason.is_"+string(r))
	}
	for _, n := range []reports.NoteCode{
		reports.SeveralFrom, reports.GroupFrom, reports.NoFrom, reports.NameIsAddress, reports.NameHidesText, reports.MixedScripts, reports.ForeignScript, reports.LookalikeDomain,
		reports.UnicodeLocalPart, reports.ReplyElsewhere, reports.SentOnBehalf, reports.ReturnElsewhere, reports.NullSender, reports.RepeatedFrom, reports.UnusualFrom, reports.NameIsOtherDomain,
	} {
		want = append(want, "note.about_"+string(n))
	}
	for _, y := range []reports.Why{
		reports.WhyDMARC, reports.WhyDKIM, reports.WhySPF, reports.WhyDMARCFailed, reports.WhySPFFailed, reports.WhyForwarded, reports.WhyNoServer, reports.WhyNoResults, reports.WhyNoFrom,
		reports.WhySeveralFrom, reports.WhyOtherFrom, reports.WhyNotAligned, reports.WhyNothing,
	} {
		want = append(want, "sender.why_"+string(y))
	}
	for _, s := range []string{
		mailcrm.DeliveryDelayed, mailcrm.DeliveryRelayed, mailcrm.DeliveryDelivered, mailcrm.DeliveryBounced, mailcrm.DeliveryDisplayed, mailcrm.DeliveryComplained, "bounced_for_good",
	} {
		want = append(want, "delivery.is_"+s)
	}
	for _, c := range []string{"certain", mailcrm.SenderAuthenticated, mailcrm.SenderUnauthenticated, mailcrm.SenderFailed} {
		want = append(want, "confidence.is_"+c)
	}
	require.Subset(t, codes, want)
}
