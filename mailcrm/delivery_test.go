package mailcrm_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/storage"
)

const cleoAddress = "cleo@client.example"

// A report is a mail of a server about a mail. Fields left empty are left out.
type report struct {
	envid, action, status, to, diagnostic string
	returned                              string // header of the mail
	text                                  string
}

var reportNumber int

func (r report) String() string {
	reportNumber++
	if r.text == "" {
		r.text = "This is the mail system. I'm sorry to have to inform you about your message."
	}
	field := func(name, value string) string {
		if value == "" {
			return ""
		}
		return name + ": " + value + "\r\n"
	}
	return "Return-Path: <>\r\nFrom: Mail Delivery System <MAILER-DAEMON@relay.example>\r\nTo: " + annaAddress + "\r\nSubject: Delivery Status Notification\r\n" +
		"Date: Tue, 24 Nov 2026 09:30:00 +0000\r\nAuto-Submitted: auto-replied\r\n" + fmt.Sprintf("Message-ID: <report%d@relay.example>\r\n", reportNumber) +
		"MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n" + r.text + "\r\n" +
		"\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; relay.example\r\n" + field("Original-Envelope-Id", r.envid) + "\r\n" +
		field("Final-Recipient", "rfc822; "+r.to) + field("Action", r.action) + field("Status", r.status) + field("Remote-MTA", "dns; mx.client.example") +
		field("Diagnostic-Code", r.diagnostic) + "\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n" + r.returned + "\r\n--b--\r\n"
}

// receiptOf is a receipt of a mail from one of its recipients.
func receiptOf(from, id, disposition string) string {
	reportNumber++
	return "Return-Path: <>\r\nFrom: " + from + "\r\nTo: " + annaAddress + "\r\nSubject: Read\r\nDate: Tue, 24 Nov 2026 09:40:00 +0000\r\n" +
		fmt.Sprintf("Message-ID: <receipt%d@client.example>\r\n", reportNumber) +
		"MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nIt was displayed.\r\n" +
		"\r\n--b\r\nContent-Type: message/disposition-notification\r\n\r\nFinal-Recipient: rfc822; " + from + "\r\nOriginal-Message-ID: <" + id + ">\r\nDisposition: manual-action/MDN-sent-manually; " +
		disposition + "\r\n\r\n--b--\r\n"
}

// complaintOf is what a provider sends about a mail that its user called spam.
func complaintOf(to, header string) string {
	reportNumber++
	return "From: feedback@provider.example\r\nTo: " + annaAddress + "\r\nSubject: abuse report\r\nDate: Tue, 24 Nov 2026 09:50:00 +0000\r\n" +
		fmt.Sprintf("Message-ID: <arf%d@provider.example>\r\n", reportNumber) +
		"MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nThis is an abuse report.\r\n" +
		"\r\n--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nUser-Agent: Provider/1\r\nVersion: 1\r\nOriginal-Rcpt-To: " + to + "\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n" +
		header + "\r\nText.\r\n--b--\r\n"
}

// sent is a mail that Anna has sent: its submission, and the header with which it left.
func (w *world) sent(account string, to ...string) (id, header, tag string) {
	w.t.Helper()
	id = w.send(account, to...)
	w.work()
	require.Equal(w.t, mailcrm.StateSent, w.submission(id).State)
	all := w.server.Delivered()
	header, _, _ = strings.Cut(string(all[len(all)-1].Raw), "\r\n\r\n")
	tag = regexp.MustCompile(`<(mc\.[^@>]+)@`).FindStringSubmatch(header)[1]
	return id, header + "\r\n", tag
}

// came lets a mail arrive in Anna's inbox and returns it as she sees it.
func (w *world) came(raw string) mailcrm.Message {
	w.t.Helper()
	w.clock.Advance(5 * time.Minute)
	w.raw(raw)
	w.work()
	id := regexp.MustCompile(`(?mi)^Message-ID: <([^>]+)>`).FindStringSubmatch(raw)[1]
	for _, m := range w.list() {
		if m.MessageID == id {
			got, err := w.anna.Messages.Get(w.t.Context(), m.ID)
			require.NoError(w.t, err)
			return *got
		}
	}
	require.FailNow(w.t, "the mail is not in the inbox", id)
	return mailcrm.Message{}
}

// states are what is known of a submission's recipients, as "ben bounced".
func (w *world) states(id string) (out []string) {
	w.t.Helper()
	for _, r := range w.submission(id).Recipients {
		name, _, _ := strings.Cut(r.Address, "@")
		state := ""
		if r.Delivery != nil {
			state = r.Delivery.State
		}
		out = append(out, strings.TrimSpace(name+" "+state))
	}
	return out
}

func (w *world) eventTypes(prefix string) (out []string) {
	w.t.Helper()
	events, _, err := w.anna.Events.List(w.t.Context(), 0, mailcrm.MaxPage)
	require.NoError(w.t, err)
	for _, e := range events {
		if strings.HasPrefix(e.Type, prefix) {
			out = append(out, e.Type)
		}
	}
	return out
}

// TestBounce: a bounce becomes a status of the sent mail, with the reason, is folded into its conversation, and belongs to nobody itself.
func TestBounce(t *testing.T) {
	w, l := historyWorld(t)
	w.crm.Add(storage.Entity{Ref: storage.Ref{Kind: storage.KindContact, ID: "daemon"}, Name: "Daemon", Addresses: []string{"mailer-daemon@relay.example"}})
	account := w.account(w.input())
	id, header, tag := w.sent(account.ID, benAddress, cleoAddress)
	l.take(t)
	bounce := report{envid: tag, action: "failed", status: "5.1.1", to: benAddress, diagnostic: "smtp; 550 5.1.1 <" + benAddress + ">: Recipient address rejected: User unknown", returned: header}.String()
	mail := w.came(bounce)

	sub := w.submission(id)
	require.Equal(t, []string{"ben bounced", "cleo"}, w.states(id))
	require.Equal(t, mailcrm.DeliveryBounced, sub.Delivery)
	require.Equal(t, "Hello", sub.Subject)
	d := sub.Recipients[0].Delivery
	require.True(t, d.Hard)
	require.Equal(t, "user_unknown", d.Reason)
	require.Equal(t, "5.1.1", d.Status)
	require.Equal(t, 550, d.Reply)
	require.Equal(t, "mx.client.example", d.Host)
	require.Contains(t, d.Diagnostic, "User unknown")
	require.Equal(t, time.Date(2026, 11, 24, 9, 5, 0, 0, time.UTC).Format("15"), d.When.Format("15"))
	require.Contains(t, d.Sentence, "never will at this address")
	require.Contains(t, d.Sentence, "no such address")
	require.Equal(t, mail.ID, d.Report)

	require.Equal(t, mailcrm.KindBounce, mail.Kind)
	require.Equal(t, sub.Message, mail.About)
	require.Empty(t, mail.Links)
	require.False(t, mail.InHistory)
	opened, err := w.anna.Messages.Open(t.Context(), mail.ID)
	require.NoError(t, err)
	require.Empty(t, opened.Links, "also when it is opened")
	about, err := w.anna.Messages.Get(t.Context(), mail.About)
	require.NoError(t, err)
	require.Equal(t, about.Thread, mail.Thread)
	require.Equal(t, mailcrm.DeliveryBounced, about.Delivery)
	require.Len(t, about.Recipients, 2)
	require.Equal(t, mailcrm.DeliveryBounced, about.Recipients[0].Delivery.State)
	require.Equal(t, []string{"outbox.bounced"}, w.eventTypes("outbox.b"))
	heard := l.take(t)
	require.Len(t, heard, 1)
	require.Equal(t, "bounced", heard[0].entry.Status)

	// The same again, elsewhere, and later: nothing more is told.
	w.came(strings.Replace(bounce, "<report", "<again", 1))
	require.Equal(t, []string{"outbox.bounced"}, w.eventTypes("outbox.b"))
	require.Empty(t, l.take(t))

	fr := w.client.As(storage.Actor{Agent: "anna", Locale: "fr"})
	page, err := fr.Outbox.List(t.Context(), "", 10)
	require.NoError(t, err)
	require.Contains(t, page.Items[0].Recipients[0].Delivery.Sentence, "n'arrivera jamais")
	require.Equal(t, mailcrm.DeliveryBounced, page.Items[0].Delivery)
}

// TestNothingGoesBack: what is known of a delivery grows, in whatever order reports come.
func TestNothingGoesBack(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	account := w.account(w.input())
	id, header, tag := w.sent(account.ID, benAddress)
	say := func(action, status string) string {
		return report{envid: tag, action: action, status: status, to: benAddress, returned: header}.String()
	}
	for _, step := range []struct{ raw, want string }{
		{say("delayed", "4.4.1"), "ben delayed"},
		{say("delivered", "2.0.0"), "ben delivered"},
		{say("delayed", "4.4.1"), "ben delivered"},
		{say("failed", "5.2.2"), "ben bounced"},
		{say("delivered", "2.0.0"), "ben bounced"},
		{say("delayed", "4.4.1"), "ben bounced"},
		{receiptOf(benAddress, w.submission(id).MessageID, "displayed"), "ben displayed"},
		{say("failed", "5.1.1"), "ben displayed"},
		{complaintOf(benAddress, header), "ben complained"},
		{receiptOf(benAddress, w.submission(id).MessageID, "displayed"), "ben complained"},
	} {
		w.came(step.raw)
		require.Equal(t, []string{step.want}, w.states(id))
	}
	d := w.submission(id).Recipients[0].Delivery
	require.Equal(t, "5.2.2", d.Status, "what was said of the bounce stays")
	require.False(t, d.Displayed.IsZero())
	require.Equal(t, []string{"outbox.delayed", "outbox.delivered", "outbox.bounced", "outbox.displayed", "outbox.complained"}, slices.DeleteFunc(w.eventTypes("outbox."), func(s string) bool {
		return s == "outbox.queued" || s == "outbox.sent"
	}))
}

// TestForgedReports: what names no mail of ours, or none of its recipients, is an ordinary mail, and changes nothing.
func TestForgedReports(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	account := w.account(w.input())
	id, header, tag := w.sent(account.ID, benAddress)
	_, other, otherTag := w.sent(account.ID, cleoAddress)
	foreign := "Message-ID: <somebody@elsewhere.example>\r\nFrom: x@elsewhere.example\r\nTo: " + benAddress + "\r\nSubject: x\r\n"
	for name, raw := range map[string]string{
		"another recipient":               report{envid: tag, action: "failed", status: "5.1.1", to: "dora@client.example", returned: header}.String(),
		"the recipient of another mail":   report{envid: tag, action: "failed", status: "5.1.1", to: cleoAddress, returned: header}.String(),
		"no identifier of ours":           report{envid: "x", action: "failed", status: "5.1.1", to: benAddress, returned: foreign}.String(),
		"a changed tag":                   report{envid: tag[:len(tag)-2] + "zz", action: "failed", status: "5.1.1", to: benAddress, returned: foreign}.String(),
		"another's mail to our recipient": report{envid: otherTag, action: "failed", status: "5.1.1", to: benAddress, returned: other}.String(),
		"a tag in the middle of a conversation": report{action: "failed", status: "5.1.1", to: benAddress, returned: foreign +
			"References: <" + tag + "@demo.example> <answer@client.example>\r\n"}.String(),
		"a receipt of somebody else": receiptOf("dora@client.example", w.submission(id).MessageID, "displayed"),
		"a receipt of another mail":  receiptOf(benAddress, "unknown@demo.example", "displayed"),
		"a complaint of another":     complaintOf("dora@client.example", header),
		"not spam after all":         strings.Replace(complaintOf(benAddress, header), "Feedback-Type: abuse", "Feedback-Type: not-spam", 1),
	} {
		t.Run(name, func(t *testing.T) {
			mail := w.came(raw)
			require.Empty(t, mail.Kind)
			require.Empty(t, mail.About)
			require.Equal(t, []string{"ben"}, w.states(id))
		})
	}
	// And in the folders of which nothing is believed.
	for _, folder := range []string{"Junk", "Trash"} {
		raw := report{envid: tag, action: "failed", status: "5.1.1", to: benAddress, returned: header}.String()
		require.NoError(t, w.server.Load(annaAddress, slices.Values([]mailcrmtest.Mail{{Folder: folder, Raw: []byte(raw), Date: w.clock.Now()}})))
		w.clock.Advance(5 * time.Minute)
		w.work()
		require.Equal(t, []string{"ben"}, w.states(id), folder)
	}
}

// TestSetOfIDs: a server that gives mails other Message-IDs, as Microsoft's do: the copy in Sent and the reports are known all the same.
func TestSetOfIDs(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	account := w.account(w.input())
	id, header, _ := w.sent(account.ID, benAddress)
	ours := w.submission(id).MessageID
	rewritten := strings.Replace(header, "<"+ours+">", "<AM0PR0.prod.outlook.example>", 1)
	require.NotEqual(t, header, rewritten)
	w.came(report{action: "delayed", status: "4.4.1", to: benAddress, returned: rewritten}.String())
	require.Equal(t, []string{"ben delayed"}, w.states(id), "by the tag in the last place")
	w.came(report{action: "delivered", status: "2.0.0", to: benAddress, returned: "Message-ID: <AM0.example>\r\nX-Microsoft-Original-Message-ID: <" + ours + ">\r\nFrom: " + annaAddress + "\r\nSubject: x\r\n"}.String())
	require.Equal(t, []string{"ben delivered"}, w.states(id), "by what the server moved aside")

	copies := w.sentFolder()
	require.Len(t, copies, 1)
	again := strings.Replace(string(copies[0].Raw), "<"+ours+">", "<second@outlook.example>", 1)
	require.NoError(t, w.server.Load(annaAddress, slices.Values([]mailcrmtest.Mail{{Folder: "Sent", Raw: []byte(again), Date: w.clock.Now()}})))
	w.clock.Advance(5 * time.Minute)
	w.work()
	w.came(receiptOf(benAddress, "second@outlook.example", "displayed"))
	require.Equal(t, []string{"ben displayed"}, w.states(id), "by the id that the copy in Sent has")
}

// TestAutoReply: what a machine answers is marked, belongs to its sender's record, and changes no status.
func TestAutoReply(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	account := w.account(w.input())
	id, _, _ := w.sent(account.ID, benAddress)
	mail := w.came("From: Ben <" + benAddress + ">\r\nTo: " + annaAddress + "\r\nSubject: Out of office: Hello\r\nDate: Tue, 24 Nov 2026 09:40:00 +0000\r\nMessage-ID: <away@client.example>\r\nIn-Reply-To: <" +
		w.submission(id).MessageID + ">\r\nAuto-Submitted: auto-replied\r\n\r\nI am out of the office until Monday.\r\n")
	require.Equal(t, mailcrm.KindAutoReply, mail.Kind)
	require.Equal(t, w.submission(id).Message, mail.About)
	require.True(t, mail.Away)
	require.True(t, mail.Generated)
	require.Len(t, mail.Links, 1)
	require.Equal(t, []string{"ben"}, w.states(id))
}

// TestDoubtEnds: a report proves that a mail left, for those whom it names.
func TestDoubtEnds(t *testing.T) {
	lost := mailcrmtest.SMTPFault{Phase: mailcrmtest.PhaseDot, Times: 1, Done: true, Cut: mailcrmtest.CutClose}
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	account := w.account(w.input())
	w.server.FailSMTP(lost)
	id := w.send(account.ID, benAddress, cleoAddress)
	w.work()
	require.Equal(t, mailcrm.StateUncertain, w.submission(id).State)
	raw := w.server.Delivered()[0].Raw
	header, _, _ := strings.Cut(string(raw), "\r\n\r\n")
	w.came(report{action: "failed", status: "5.1.1", to: benAddress, returned: header + "\r\n"}.String())
	sub := w.submission(id)
	require.Equal(t, mailcrm.StateUncertain, sub.State, "of Cleo nobody knows")
	require.Equal(t, []string{"accepted", "uncertain"}, []string{sub.Recipients[0].State, sub.Recipients[1].State})
	require.Empty(t, w.timeline())
	w.came(receiptOf(cleoAddress, sub.MessageID, "displayed"))
	sub = w.submission(id)
	require.Equal(t, mailcrm.StateSent, sub.State)
	require.Equal(t, []string{"ben bounced", "cleo displayed"}, w.states(id))
	require.Empty(t, sub.Code)
	w.later(time.Hour)
	require.Len(t, w.timeline(), 1)
	require.Len(t, w.sentFolder(), 1, "it is filed now")
	require.Len(t, w.server.Delivered(), 1)
	require.Len(t, slices.DeleteFunc(w.eventTypes("outbox.s"), func(s string) bool { return s != "outbox.sent" }), 1)
}

// TestGivenUpInPart: a mail that some have was sent, whatever becomes of the others.
func TestGivenUpInPart(t *testing.T) {
	for verdict, want := range map[mailcrm.Verdict]string{mailcrm.GiveItUp: "accepted uncertain", mailcrm.ItArrived: "accepted accepted"} {
		t.Run(string(verdict), func(t *testing.T) {
			w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
			account := w.account(w.input())
			w.server.FailSMTP(mailcrmtest.SMTPFault{Phase: mailcrmtest.PhaseRcpt, Match: "cleo", Times: 1, Code: 451})
			id := w.send(account.ID, benAddress, cleoAddress)
			w.work()
			w.server.FailSMTP(mailcrmtest.SMTPFault{Phase: mailcrmtest.PhaseDot, Times: 1, Done: true, Cut: mailcrmtest.CutClose})
			w.later(30 * time.Minute)
			require.Equal(t, mailcrm.StateUncertain, w.submission(id).State)
			w.later(30 * time.Minute)
			require.Equal(t, mailcrm.StateUncertain, w.submission(id).State, "that the copy lies in Sent says nothing of the second time")
			sub, err := w.anna.Outbox.Resolve(t.Context(), id, verdict)
			require.NoError(t, err)
			require.Equal(t, mailcrm.StateSent, sub.State)
			require.Equal(t, want, sub.Recipients[0].State+" "+sub.Recipients[1].State)
			w.later(time.Hour)
			require.Len(t, w.sentFolder(), 1)
			require.Equal(t, []string{"outbox.sent"}, w.eventTypes("outbox.sent"))
		})
	}
}

// TestArrivedForSome: who was put off gets the mail after the doubt about the others has ended.
func TestArrivedForSome(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	account := w.account(w.input())
	w.server.FailSMTP(mailcrmtest.SMTPFault{Phase: mailcrmtest.PhaseRcpt, Match: "cleo", Times: 1, Code: 451})
	w.server.FailSMTP(mailcrmtest.SMTPFault{Phase: mailcrmtest.PhaseDot, Times: 1, Done: true, Cut: mailcrmtest.CutClose})
	id := w.send(account.ID, benAddress, cleoAddress)
	w.work()
	require.Equal(t, mailcrm.StateUncertain, w.submission(id).State)
	_, err := w.anna.Outbox.Resolve(t.Context(), id, mailcrm.ItArrived)
	require.NoError(t, err)
	w.later(time.Hour)
	sub := w.submission(id)
	require.Equal(t, mailcrm.StateSent, sub.State)
	require.Equal(t, "accepted accepted", sub.Recipients[0].State+" "+sub.Recipients[1].State)
	require.Len(t, w.server.Delivered(), 2)
	require.Equal(t, []string{cleoAddress}, w.server.Delivered()[1].To)
}
