package mailcrm_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/storage"
)

// send writes a mail to recipients and puts it on its way.
func (w *world) send(account string, to ...string) string {
	w.t.Helper()
	in := mailcrm.DraftInput{Account: account, Subject: "Hello", Text: "A text.\n"}
	for _, a := range to {
		in.To = append(in.To, mailcrm.Address{Address: a})
	}
	draft, err := w.anna.Drafts.Create(w.t.Context(), in)
	require.NoError(w.t, err)
	sub, err := w.anna.Drafts.Send(w.t.Context(), mailcrm.SendInput{ID: draft.ID})
	require.NoError(w.t, err)
	return sub.ID
}

func (w *world) submission(id string) *mailcrm.Submission {
	w.t.Helper()
	sub, err := w.anna.Outbox.Get(w.t.Context(), id)
	require.NoError(w.t, err)
	return sub
}

// later lets hours pass, working every few minutes.
func (w *world) later(d time.Duration) {
	w.t.Helper()
	for end := w.clock.Now().Add(d); w.clock.Now().Before(end); {
		w.clock.Advance(5 * time.Minute)
		w.work()
	}
}

func (w *world) sentFolder() []mailcrmtest.StoredMail {
	w.t.Helper()
	mails, err := w.server.Mails(annaAddress, "Sent")
	require.NoError(w.t, err)
	return mails
}

// TestSubmissionFaults breaks a submission at every phase in every way, once: the mail arrives once in the end, or a person is asked.
func TestSubmissionFaults(t *testing.T) {
	phases := map[string]mailcrmtest.Phase{
		"connect": mailcrmtest.PhaseConnect, "hello": mailcrmtest.PhaseHello, "auth": mailcrmtest.PhaseAuth, "mail": mailcrmtest.PhaseMail,
		"rcpt": mailcrmtest.PhaseRcpt, "data": mailcrmtest.PhaseData, "dot": mailcrmtest.PhaseDot, "quit": mailcrmtest.PhaseQuit,
	}
	faults := map[string]mailcrmtest.SMTPFault{
		"close": {Cut: mailcrmtest.CutClose},
		"reset": {Cut: mailcrmtest.CutReset},
		"4xx":   {Code: 451, Enhanced: "4.3.0"},
		"5xx":   {Code: 554, Enhanced: "5.7.1"},
	}
	for phaseName, phase := range phases {
		for faultName, fault := range faults {
			t.Run(phaseName+"/"+faultName, func(t *testing.T) {
				w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
				account := w.account(w.input())
				fault.Phase, fault.Times = phase, 1
				w.server.FailSMTP(fault)
				id := w.send(account.ID, benAddress)
				w.work()
				w.later(4 * time.Hour)
				sub := w.submission(id)
				cut := fault.Code == 0
				switch {
				case phaseName == "dot" && cut:
					require.Equal(t, mailcrm.StateUncertain, sub.State)
					require.Empty(t, w.server.Delivered())
					require.Contains(t, mailcrm.Sentence(sub.Code, "en"), "not sent again by itself")
				case faultName == "5xx" && strings.Contains("mail rcpt data dot", phaseName):
					require.Equal(t, mailcrm.StateRejected, sub.State, "%+v", sub)
					require.Equal(t, 554, sub.Recipients[0].Status)
					require.Equal(t, "5.7.1", sub.Recipients[0].Enhanced)
					require.Empty(t, w.server.Delivered())
					require.Empty(t, w.sentFolder())
				default:
					require.Equal(t, mailcrm.StateSent, sub.State, "%+v", sub)
					require.Len(t, w.server.Delivered(), 1)
					require.Len(t, w.sentFolder(), 1)
					require.Equal(t, "done", sub.SentCopy)
				}
			})
		}
	}
}

// TestUncertain: the server took the mail but its answer was lost. It is not sent again; the copy in Sent, or a person, decides.
func TestUncertain(t *testing.T) {
	lost := mailcrmtest.SMTPFault{Phase: mailcrmtest.PhaseDot, Times: 1, Done: true, Cut: mailcrmtest.CutClose}

	t.Run("the copy in Sent proves it", func(t *testing.T) {
		w := newWorld(t, mailcrmtest.ServerOptions{FileSent: true}, nil)
		in := w.input()
		in.SentCopy = mailcrm.SentServer
		account := w.account(in)
		w.server.FailSMTP(lost)
		id := w.send(account.ID, benAddress)
		w.work()
		require.Equal(t, mailcrm.StateUncertain, w.submission(id).State)
		w.later(time.Hour)
		require.Len(t, w.sentFolder(), 1)
		sub := w.submission(id)
		require.Equal(t, mailcrm.StateSent, sub.State, "%+v", sub)
		require.Equal(t, "accepted", sub.Recipients[0].State)
		require.Len(t, w.server.Delivered(), 1)
		require.Len(t, w.sentFolder(), 1)
		require.Len(t, w.timeline(), 1)
	})
	for verdict, want := range map[mailcrm.Verdict]struct {
		state              string
		delivered, history int
	}{
		mailcrm.ItArrived:   {mailcrm.StateSent, 1, 1},
		mailcrm.SendItAgain: {mailcrm.StateSent, 2, 1}, // he was wrong, and it was his decision
		mailcrm.GiveItUp:    {mailcrm.StateRejected, 1, 0},
	} {
		t.Run(string(verdict), func(t *testing.T) {
			w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
			account := w.account(w.input())
			w.server.FailSMTP(lost)
			id := w.send(account.ID, benAddress)
			w.work()
			w.later(3 * time.Hour)
			require.Equal(t, mailcrm.StateUncertain, w.submission(id).State)
			require.Len(t, w.server.Delivered(), 1, "never again by itself")
			require.Empty(t, w.timeline(), "nobody knows whether it is history")
			_, err := w.anna.Outbox.Resolve(t.Context(), id, verdict)
			require.NoError(t, err)
			w.later(time.Hour)
			require.Equal(t, want.state, w.submission(id).State)
			require.Len(t, w.server.Delivered(), want.delivered)
			require.Len(t, w.timeline(), want.history)
			require.Len(t, w.sentFolder(), want.history)
			_, err = w.anna.Outbox.Resolve(t.Context(), id, verdict)
			require.ErrorIs(t, err, mailcrm.ErrConflict)
		})
	}
}

// TestResolvedOnce: of many who decide at once, one decides.
func TestResolvedOnce(t *testing.T) {
	for verdict, delivered := range map[mailcrm.Verdict]int{mailcrm.SendItAgain: 1, mailcrm.ItArrived: 0, mailcrm.GiveItUp: 0} {
		t.Run(string(verdict), func(t *testing.T) { resolvedOnce(t, verdict, delivered) })
	}
}

func resolvedOnce(t *testing.T, verdict mailcrm.Verdict, delivered int) {
	t.Helper()
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	account := w.account(w.input())
	w.server.FailSMTP(mailcrmtest.SMTPFault{Phase: mailcrmtest.PhaseDot, Times: 1, Cut: mailcrmtest.CutClose})
	id := w.send(account.ID, benAddress)
	w.work()
	require.Equal(t, mailcrm.StateUncertain, w.submission(id).State)
	errs := make(chan error)
	for range 20 {
		go func() {
			_, err := w.anna.Outbox.Resolve(t.Context(), id, verdict)
			errs <- err
		}()
	}
	decided := 0
	for range 20 {
		if err := <-errs; err == nil {
			decided++
		} else {
			require.ErrorIs(t, err, mailcrm.ErrConflict)
		}
	}
	require.Equal(t, 1, decided)
	w.later(time.Hour)
	require.Len(t, w.server.Delivered(), delivered)
}

func (w *world) timeline() []mailcrm.Message {
	w.t.Helper()
	page, err := w.anna.Timeline.List(w.t.Context(), mailcrm.TimelineQuery{Entity: w.ben})
	require.NoError(w.t, err)
	return page.Items
}

// TestRecipients: each has his own answer. The good ones get the mail, a put-off one gets it later, nobody gets it twice.
func TestRecipients(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	account := w.account(w.input())
	w.server.FailSMTP(mailcrmtest.SMTPFault{Phase: mailcrmtest.PhaseRcpt, Match: "unknown@", Code: 550, Enhanced: "5.1.1", Text: "no such user"})
	w.server.FailSMTP(mailcrmtest.SMTPFault{Phase: mailcrmtest.PhaseRcpt, Match: "later@", Times: 2, Code: 450, Enhanced: "4.2.1", Text: "greylisted"})
	id := w.send(account.ID, benAddress, "unknown@client.example", "later@client.example")
	w.work()
	sub := w.submission(id)
	require.Equal(t, []string{"accepted", "rejected", "deferred"}, states(sub))
	require.Len(t, w.timeline(), 1, "it left for one: it is history")
	w.later(2 * time.Hour)
	sub = w.submission(id)
	require.Equal(t, mailcrm.StateSent, sub.State)
	require.Equal(t, []string{"accepted", "rejected", "accepted"}, states(sub))
	require.Equal(t, 550, sub.Recipients[1].Status)
	require.Equal(t, "no such user", sub.Recipients[1].Text)
	var got []string
	for _, d := range w.server.Delivered() {
		got = append(got, d.To...)
	}
	require.Equal(t, []string{benAddress, "later@client.example"}, got)
	require.Len(t, w.sentFolder(), 1)
	require.Len(t, w.timeline(), 1)
}

func states(sub *mailcrm.Submission) (out []string) {
	for _, r := range sub.Recipients {
		out = append(out, r.State)
	}
	return out
}

// TestGivenUp: what servers put off is tried for two days.
func TestGivenUp(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	account := w.account(w.input())
	w.server.FailSMTP(mailcrmtest.SMTPFault{Phase: mailcrmtest.PhaseMail, Code: 421, Text: "try later"})
	id := w.send(account.ID, benAddress)
	w.later(47 * time.Hour)
	require.Equal(t, mailcrm.StateQueued, w.submission(id).State)
	w.later(5 * time.Hour)
	sub := w.submission(id)
	require.Equal(t, mailcrm.StateRejected, sub.State)
	require.Equal(t, "smtp.given_up", sub.Code)
	require.Less(t, sub.Attempts, 40, "with growing waits")
}

// TestSentCopy: whatever happens to APPEND, there is one copy in Sent.
func TestSentCopy(t *testing.T) {
	for _, c := range []struct {
		name   string
		server mailcrmtest.ServerOptions
		mode   string
		fault  *mailcrmtest.IMAPFault
	}{
		{name: "appended", mode: mailcrm.SentAppend},
		{name: "refused once", mode: mailcrm.SentAppend, fault: &mailcrmtest.IMAPFault{Command: "APPEND", Times: 1, Code: "UNAVAILABLE"}},
		{name: "over quota for a while", mode: mailcrm.SentAppend, fault: &mailcrmtest.IMAPFault{Command: "APPEND", Times: 3, Code: "OVERQUOTA"}},
		{name: "answer lost", mode: mailcrm.SentAppend, fault: &mailcrmtest.IMAPFault{Command: "APPEND", Times: 1, Done: true, Cut: mailcrmtest.CutClose}},
		{name: "cut before", mode: mailcrm.SentAppend, fault: &mailcrmtest.IMAPFault{Command: "APPEND", Times: 1, Cut: mailcrmtest.CutReset}},
		{name: "the server files it", mode: mailcrm.SentServer, server: mailcrmtest.ServerOptions{FileSent: true}},
		{name: "checked: the server files it", mode: mailcrm.SentCheck, server: mailcrmtest.ServerOptions{FileSent: true}},
		{name: "checked: it does not", mode: mailcrm.SentCheck},
		{name: "checked: it files it under another Message-ID", mode: mailcrm.SentCheck, server: mailcrmtest.ServerOptions{FileSent: true, RewriteMessageID: true}},
		{name: "the server files it under another Message-ID", mode: mailcrm.SentServer, server: mailcrmtest.ServerOptions{FileSent: true, RewriteMessageID: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, c.server, nil)
			in := w.input()
			in.SentCopy = c.mode
			account := w.account(in)
			if c.fault != nil {
				w.server.FailIMAP(*c.fault)
			}
			id := w.send(account.ID, benAddress)
			w.work()
			w.later(5 * time.Hour)
			require.Equal(t, mailcrm.StateSent, w.submission(id).State)
			require.Equal(t, "done", w.submission(id).SentCopy)
			require.Len(t, w.sentFolder(), 1)
			history := w.timeline()
			require.Len(t, history, 1, "the copy joins the message")
			require.Len(t, history[0].Places, 1)
			require.Equal(t, "sent", history[0].Places[0].Role)
			require.Contains(t, w.sentFolder()[0].Flags, `\Seen`)
		})
	}
}

// TestSentCopyWhileIMAPIsDown: the mail leaves all the same; the server is not hammered for the sake of the copy, which is filed when it is back.
func TestSentCopyWhileIMAPIsDown(t *testing.T) {
	for name, fault := range map[string]mailcrmtest.IMAPFault{
		"refused": {Command: "LOGIN", Code: "AUTHENTICATIONFAILED"},
		"down":    {Command: "LOGIN", Code: "UNAVAILABLE"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
			account := w.account(w.input())
			w.server.FailIMAP(fault)
			before := imapLogins(w)
			id := w.send(account.ID, benAddress)
			w.work()
			w.later(3 * time.Hour)
			require.Equal(t, mailcrm.StateSent, w.submission(id).State)
			require.Equal(t, "pending", w.submission(id).SentCopy)
			require.Less(t, imapLogins(w)-before, 15)
			w.server.Heal()
			require.NoError(t, w.anna.Accounts.Sync(t.Context(), account.ID))
			w.work()
			w.later(2 * time.Hour)
			require.Equal(t, "done", w.submission(id).SentCopy)
			require.Len(t, w.sentFolder(), 1)
		})
	}
}

func imapLogins(w *world) (n int) {
	for _, l := range w.server.Logins() {
		if l.Protocol == "imap" {
			n++
		}
	}
	return n
}

// TestBcc: it is nowhere on the wire, and in front of the sender's own copy.
func TestBcc(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	account := w.account(w.input())
	draft, err := w.anna.Drafts.Create(t.Context(), mailcrm.DraftInput{
		Account: account.ID, Subject: "Quiet", Text: "x",
		To: []mailcrm.Address{{Address: "open@client.example"}}, Bcc: []mailcrm.Address{{Name: "Ben, hidden", Address: benAddress}},
	})
	require.NoError(t, err)
	sub, err := w.anna.Drafts.Send(t.Context(), mailcrm.SendInput{ID: draft.ID})
	require.NoError(t, err)
	w.work()
	w.later(10 * time.Minute)
	sent := w.server.Delivered()
	require.Len(t, sent, 1)
	require.Equal(t, []string{"open@client.example", benAddress}, sent[0].To)
	require.NotContains(t, strings.ToLower(string(sent[0].Raw)), "bcc")
	require.NotContains(t, string(sent[0].Raw), benAddress)
	filed := string(w.sentFolder()[0].Raw)
	require.True(t, strings.HasPrefix(filed, `Bcc: "Ben, hidden" <`+benAddress+">\r\n"), filed[:80])
	require.Equal(t, string(sent[0].Raw), filed[strings.Index(filed, "\r\n")+2:])
	require.Len(t, w.timeline(), 1, "linked through Bcc")
	require.Equal(t, sub.MessageID, w.timeline()[0].MessageID)
}

// TestUndo: until its time has come a mail can be called back; then it is a draft again.
func TestUndo(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, func(cfg *mailcrm.Config) { cfg.UndoSend = 10 * time.Second })
	account := w.account(w.input())
	id := w.send(account.ID, benAddress)
	w.clock.Advance(9 * time.Second)
	w.work()
	require.Equal(t, mailcrm.StateQueued, w.submission(id).State)
	require.NoError(t, w.anna.Outbox.Cancel(t.Context(), id))
	drafts, err := w.anna.Drafts.List(t.Context(), "", 0)
	require.NoError(t, err)
	require.Len(t, drafts.Items, 1)
	w.later(time.Hour)
	require.Empty(t, w.server.Delivered())
	require.Equal(t, mailcrm.StateCancelled, w.submission(id).State)

	id = w.send(account.ID, benAddress)
	w.clock.Advance(10 * time.Second)
	w.work()
	require.Equal(t, mailcrm.StateSent, w.submission(id).State)
	require.ErrorIs(t, w.anna.Outbox.Cancel(t.Context(), id), mailcrm.ErrConflict)
}

// TestTagAndEnvelopeID: the mark by which bounces and replies find their way back (RFC 3461).
func TestTagAndEnvelopeID(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	account := w.account(w.input())
	w.send(account.ID, benAddress)
	w.work()
	sent := w.server.Delivered()[0]
	require.Regexp(t, `^mc\.[a-z0-9]+\.[a-z2-7]+$`, sent.EnvelopeID)
	require.Contains(t, string(sent.Raw), "<"+sent.EnvelopeID+"@demo.example>")
	require.Equal(t, "HDRS", sent.Return)
	require.Equal(t, []string{"FAILURE,DELAY"}, sent.Notify)
}

// TestForgedReturn: somebody who was written to knows our ids, and must not be able to pass for our copy.
func TestForgedReturn(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	account := w.account(w.input())
	id := w.send(account.ID, benAddress)
	w.work()
	w.later(10 * time.Minute)
	sent := string(w.server.Delivered()[0].Raw)
	head, _, _ := strings.Cut(sent, "\r\n\r\n")
	w.raw(head + "\r\n\r\nPlease pay to another account: nothing of this was written by Anna, and there are many words here to tell the two apart.\r\n")
	w.later(10 * time.Minute)
	history := w.timeline()
	got, err := w.anna.Messages.Get(t.Context(), w.submission(id).Message)
	require.NoError(t, err)
	require.NotContains(t, got.Text, "Please pay")
	for _, m := range history {
		if m.ID == got.ID {
			require.Len(t, m.Places, 1, "the forgery is another message")
		}
	}
}

// TestInputsThatWouldBreakOut: names and subjects cannot begin a header line, whatever is in them.
func TestInputsThatWouldBreakOut(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	account := w.account(w.input())
	for i, evil := range []string{"a\r\nX-Evil: 1", "a\nX-Evil: 1", "a\rX-Evil: 1", "a\x00b", "a\u2028X-Evil: 1", `a\r\nX-Evil: 1`} {
		in := mailcrm.DraftInput{
			Account: account.ID, Subject: evil, Text: "x\r\n.\r\nX-Evil: 1\r\n.\r\n", To: []mailcrm.Address{{Address: benAddress}}, Entity: w.ben,
			HTML: "<p>" + strings.ReplaceAll(evil, "\x00", "") + "</p>",
		}
		require.NoError(t, w.crm.SetFields(w.ben, map[string]storage.Value{"first_name": storage.Text(evil)}))
		if !strings.ContainsRune(evil, 0) {
			in.Subject += " {{ contact.first_name }}"
		}
		draft, err := w.anna.Drafts.Create(t.Context(), in)
		require.NoError(t, err)
		draft, err = w.anna.Drafts.Attach(t.Context(), draft.ID, evil+".txt", "text/plain; name=\""+evil+"\"", strings.NewReader("x"))
		require.NoError(t, err)
		if _, err := w.anna.Drafts.Send(t.Context(), mailcrm.SendInput{ID: draft.ID}); err != nil {
			require.ErrorIs(t, err, mailcrm.ErrInvalid, fmt.Sprint(i))
		}
		bad := mailcrm.DraftInput{Account: account.ID, Subject: "x", Text: "x", To: []mailcrm.Address{{Name: evil, Address: benAddress}}}
		if _, err := w.anna.Drafts.Create(t.Context(), bad); i < 5 {
			require.ErrorIs(t, err, mailcrm.ErrInvalid)
		}
		_, err = w.anna.Drafts.Create(t.Context(), mailcrm.DraftInput{Account: account.ID, To: []mailcrm.Address{{Address: evil + "@client.example"}}})
		require.ErrorIs(t, err, mailcrm.ErrInvalid)
	}
	w.work()
	sent := w.server.Delivered()
	require.NotEmpty(t, sent)
	for _, d := range sent {
		require.NotRegexp(t, `(?mi)^X-Evil`, strings.Split(string(d.Raw), "\r\n\r\n")[0])
		for i, b := range d.Raw {
			require.NotZero(t, b)
			if b == '\r' {
				require.Equal(t, byte('\n'), d.Raw[i+1])
			}
			if b == '\n' {
				require.Equal(t, byte('\r'), d.Raw[i-1])
			}
		}
		for line := range strings.Lines(string(d.Raw)) {
			require.LessOrEqual(t, len(line), 1000)
		}
	}
}
