package submit

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
)

// TestAnswers: what a server may say at each verb, and what becomes of the mail. That of a normal 4yz and 5yz at each is tested through the door, in package mailcrm.
func TestAnswers(t *testing.T) {
	long := "250-" + strings.Repeat("x", 40) + "\r\n"
	for _, c := range []struct {
		name, verb string
		says       string
		state      string
		code       string
		detail     string
		recipient  string
		mails      int
	}{
		{name: "greeting in many lines", verb: "GREETING", says: "220-hi\r\n220-there\r\n220 ESMTP", state: store.Accepted, recipient: "accepted", mails: 1},
		{name: "no SMTP here", verb: "GREETING", says: "554 no SMTP service here", state: store.Queued, code: "smtp.greeting", detail: "554 no SMTP service here"},
		{name: "busy", verb: "GREETING", says: "421 4.3.2 too many connections", state: store.Queued, code: "smtp.temporary", detail: "421 4.3.2 too many connections"},
		{name: "IMAP", verb: "GREETING", says: "* OK IMAP4rev1 ready", state: store.Queued, code: "smtp.greeting"},
		{name: "HTTP", verb: "GREETING", says: "HTTP/1.1 400 Bad Request\r\n\r\n", state: store.Queued, code: "smtp.greeting"},
		{name: "POP3", verb: "GREETING", says: "+OK ready", state: store.Queued, code: "smtp.greeting"},
		{name: "a line of a megabyte", verb: "GREETING", says: "220 " + strings.Repeat("x", 1<<20), state: store.Queued, code: "smtp.greeting"},
		{name: "a greeting of a megabyte", verb: "GREETING", says: strings.Repeat("220-x\r\n", 150_000) + "220 x", state: store.Queued, code: "smtp.greeting"},
		{name: "extensions that fit", verb: "EHLO", says: strings.Repeat(long, 1000) + "250 AUTH PLAIN", state: store.Accepted, recipient: "accepted", mails: 1},
		{name: "extensions without end", verb: "EHLO", says: strings.Repeat(long, 25_000) + "250 AUTH PLAIN", state: store.Queued, code: "smtp.connection_lost"},
		{name: "EHLO refused, and HELO", verb: "EHLO", says: "502 what?", state: store.Queued, code: "smtp.no_mechanism"}, // HELO is answered, without AUTH
		{name: "EHLO now busy", verb: "EHLO", says: "421 later", state: store.Queued, code: "smtp.no_mechanism"},          // as go-mail has it: HELO is tried
		{name: "another 2yz to MAIL", verb: "MAIL", says: "200 fine", state: store.Accepted, recipient: "accepted", mails: 1},
		{name: "3yz to MAIL", verb: "MAIL", says: "354 go on", state: store.Queued, code: "smtp.connection_lost"},
		{name: "the account may not", verb: "MAIL", says: "530 5.7.0 log in first", state: store.Queued, code: "smtp.login_refused", detail: "530 5.7.0 log in first"},
		{name: "not as this sender", verb: "MAIL", says: "550 5.7.60 SMTP; Client does not have permissions to send as this sender", state: store.Rejected, code: "smtp.rejected", recipient: "rejected"},
		{name: "too large for MAIL", verb: "MAIL", says: "552 5.3.4 message size exceeds fixed limit", state: store.Rejected, code: "smtp.too_large", recipient: "rejected"},
		{name: "too large for the mailbox", verb: "MAIL", says: "552 5.2.3 too long", state: store.Rejected, code: "smtp.too_large", recipient: "rejected"},
		{name: "no room now", verb: "MAIL", says: "452 4.3.1 insufficient system storage", state: store.Queued, code: "smtp.temporary"},
		{name: "will forward", verb: "RCPT", says: "251 will forward", state: store.Accepted, recipient: "accepted", mails: 1},
		{name: "no such user", verb: "RCPT", says: "550-5.1.1 no\r\n550 5.1.1 such user", state: store.Rejected, code: "smtp.all_refused", recipient: "rejected"},
		{name: "too many, as in 1982", verb: "RCPT", says: "552 too many recipients", state: store.Queued, code: "smtp.temporary", recipient: "deferred"},
		{name: "mailbox full", verb: "RCPT", says: "552 5.2.2 mailbox full", state: store.Rejected, code: "smtp.all_refused", recipient: "rejected"},
		{name: "greylisted", verb: "RCPT", says: "450 4.2.0 greylisted", state: store.Queued, code: "smtp.temporary", detail: "greylisted", recipient: "deferred"},
		{name: "the account may not write to him", verb: "RCPT", says: "530 5.7.1 log in first", state: store.Queued, code: "smtp.login_refused"},
		{name: "3yz to RCPT", verb: "RCPT", says: "334 what?", state: store.Queued, code: "smtp.connection_lost"},
		{name: "a megabyte to RCPT", verb: "RCPT", says: "250 " + strings.Repeat("x", 1<<20), state: store.Queued, code: "smtp.connection_lost"},
		{name: "yes to DATA", verb: "DATA", says: "250 ok", state: store.Queued, code: "smtp.connection_lost"},
		{name: "no valid recipients", verb: "DATA", says: "554 5.5.1 no valid recipients", state: store.Rejected, code: "smtp.rejected", recipient: "rejected"},
		{name: "nonsense to DATA", verb: "DATA", says: "354", state: store.Queued, code: "smtp.connection_lost"},
		{name: "another 2yz to the dot", verb: "DOT", says: "251 taken", state: store.Accepted, recipient: "accepted"},
		{name: "many lines to the dot", verb: "DOT", says: "250-2.0.0 taken\r\n250 <x@y.example> queued", state: store.Accepted, recipient: "accepted"},
		{name: "spam", verb: "DOT", says: "554 5.7.1 spam", state: store.Rejected, code: "smtp.rejected", detail: "554 5.7.1 spam", recipient: "rejected"},
		{name: "not now", verb: "DOT", says: "451 4.7.1 scanner is down", state: store.Queued, code: "smtp.temporary"},
		{name: "closing instead", verb: "DOT", says: "421 4.3.2 shutting down", state: store.Queued, code: "smtp.temporary"},
		{name: "the account may not after all", verb: "DOT", says: "530 5.7.0 log in first", state: store.Queued, code: "smtp.login_refused"},
		{name: "3yz to the dot", verb: "DOT", says: "354 go on", state: store.Uncertain, code: "smtp.uncertain", recipient: "uncertain"},
		{name: "nonsense to the dot", verb: "DOT", says: "yes", state: store.Uncertain, code: "smtp.uncertain", recipient: "uncertain"},
		{name: "half an answer to the dot", verb: "DOT", says: "250-taken", state: store.Uncertain, code: "smtp.uncertain", recipient: "uncertain"},
		{name: "a megabyte to the dot", verb: "DOT", says: "250 " + strings.Repeat("x", 1<<20), state: store.Uncertain, code: "smtp.uncertain", recipient: "uncertain"},
		{name: "no goodbye", verb: "QUIT", says: "500 what?", state: store.Accepted, recipient: "accepted", mails: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			says := func(p *peer, _ string) bool {
				p.say("%s", c.says)
				return c.verb != "DOT"
			}
			on := dialog{security: "tls", on: map[string]func(*peer, string) bool{c.verb: says}}.start(t)
			w := newWorld(t, on, "tls")
			start := time.Now()
			sub := w.try(w.queue(ben).ID)
			require.Less(t, time.Since(start), 20*time.Second, "no deadline has passed")
			require.Equal(t, c.state, sub.State, sub.Code)
			require.Equal(t, c.code, sub.Code)
			if c.detail != "" {
				require.Equal(t, c.detail, sub.Detail)
			}
			require.LessOrEqual(t, len(sub.Detail), 500)
			if c.recipient == "" {
				c.recipient = "pending"
			}
			require.Equal(t, []string{c.recipient}, states(sub))
			require.Len(t, on.got(), c.mails)
			require.Equal(t, 1, sub.Attempts)
			require.Equal(t, c.state == store.Accepted, len(w.history) == 1)
			require.Equal(t, c.state == store.Queued, !sub.NextTry.IsZero())
			require.Equal(t, c.state == store.Accepted || c.state == store.Rejected, !sub.Finished.IsZero())
		})
	}
}

// TestExtensions: what is offered is used, and nothing else is.
func TestExtensions(t *testing.T) {
	for _, c := range []struct {
		name       string
		extensions []string
		from, to   string
		mail, rcpt string // "": refused
	}{
		{"none", nil, anna, ben, "MAIL FROM:<anna@demo.example>", "RCPT TO:<ben@client.example>"},
		{"8BITMIME", []string{"8BITMIME"}, anna, ben, "MAIL FROM:<anna@demo.example> BODY=8BITMIME", "RCPT TO:<ben@client.example>"},
		{"SIZE", []string{"SIZE 10000"}, anna, ben, "MAIL FROM:<anna@demo.example> SIZE=@", "RCPT TO:<ben@client.example>"},
		{"SIZE without a number", []string{"SIZE"}, anna, ben, "MAIL FROM:<anna@demo.example> SIZE=@", "RCPT TO:<ben@client.example>"},
		{"SIZE 0", []string{"SIZE 0"}, anna, ben, "MAIL FROM:<anna@demo.example> SIZE=@", "RCPT TO:<ben@client.example>"},
		{"DSN", []string{"DSN"}, anna, ben, "MAIL FROM:<anna@demo.example> RET=HDRS ENVID=mc.t+3D+2B+20a", "RCPT TO:<ben@client.example> NOTIFY=FAILURE,DELAY"},
		{
			"all",
			[]string{"PIPELINING", "CHUNKING", "SMTPUTF8", "SIZE 10000", "DSN", "8BITMIME", "ENHANCEDSTATUSCODES"},
			anna, ben,
			"MAIL FROM:<anna@demo.example> SIZE=@ RET=HDRS ENVID=mc.t+3D+2B+20a BODY=8BITMIME", "RCPT TO:<ben@client.example> NOTIFY=FAILURE,DELAY",
		},
		{"SMTPUTF8, not needed for a domain", []string{"SMTPUTF8"}, "anna@Bücher.example", "Ben@MÜNCHEN.example.", "MAIL FROM:<anna@xn--bcher-kva.example>", "RCPT TO:<Ben@xn--mnchen-3ya.example>"},
		{"SMTPUTF8, needed for a recipient", []string{"SMTPUTF8"}, anna, "jörg@münchen.example", "MAIL FROM:<anna@demo.example> SMTPUTF8", "RCPT TO:<jörg@xn--mnchen-3ya.example>"},
		{"SMTPUTF8, needed for the sender", []string{"SMTPUTF8", "8BITMIME"}, "añña@demo.example", ben, "MAIL FROM:<añña@demo.example> BODY=8BITMIME SMTPUTF8", "RCPT TO:<ben@client.example>"},
		{"SMTPUTF8, needed and missing", []string{"8BITMIME"}, anna, "jörg@client.example", "", ""},
		{"too large", []string{"SIZE 100"}, anna, ben, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			on := dialog{security: "tls", extensions: append(c.extensions, "AUTH PLAIN")}.start(t)
			w := newWorld(t, on, "tls")
			m := &Mail{MessageID: "12345678901@demo.example", Date: w.clock(), From: store.Address{Address: c.from}, To: []store.Address{{Address: c.to}}, Subject: "x", Text: "x"}
			queued := w.queueMail(m)
			queued.Tag = "mc.t=+ a"
			require.NoError(t, w.DB.Write(t.Context(), nil, func(tx *store.Tx) error { return tx.UpdateSubmission(queued) }))
			sub := w.try(queued.ID)
			if c.mail == "" {
				require.Equal(t, store.Rejected, sub.State)
				require.Contains(t, []string{"smtp.too_large", "smtp.rejected"}, sub.Code)
				require.NotEmpty(t, sub.Detail)
				require.Empty(t, on.got())
				return
			}
			require.Equal(t, store.Accepted, sub.State, sub.Detail)
			require.Equal(t, strings.ReplaceAll(c.mail, "@@", "@"), strings.Replace(on.got()[0].from, "SIZE="+itoa(sub.RawSize), "SIZE=@", 1))
			require.Equal(t, []string{c.rcpt}, on.got()[0].to)
			require.Equal(t, c.to, sub.Recipients[0].Address, "as it was written")
		})
	}
}

// TestBadAddresses never reach the wire.
func TestBadAddresses(t *testing.T) {
	on := dialog{security: "tls"}.start(t)
	w := newWorld(t, on, "tls")
	sub := w.queue(ben)
	for _, evil := range []string{"a@b.example>\r\nRCPT TO:<c@d.example", "a@b.example> NOTIFY=NEVER", "@b.example", "a", "", "a\x00@b.example", "a b@c.example"} {
		sub.Recipients = append(sub.Recipients, store.Recipient{Address: evil, State: "pending"})
	}
	require.NoError(t, w.DB.Write(t.Context(), nil, func(tx *store.Tx) error { return tx.UpdateSubmission(sub) }))
	require.Equal(t, []string{"accepted", "rejected", "rejected", "rejected", "rejected", "rejected", "rejected", "rejected"}, states(w.try(sub.ID)))
	require.Equal(t, []string{"RCPT TO:<ben@client.example>"}, on.got()[0].to)

	sub = w.queue(ben)
	sub.EnvelopeFrom = "anna@demo.example> SIZE=1\r\nRSET"
	require.NoError(t, w.DB.Write(t.Context(), nil, func(tx *store.Tx) error { return tx.UpdateSubmission(sub) }))
	require.Equal(t, store.Rejected, w.try(sub.ID).State)
	require.Len(t, on.got(), 1)
}

// TestServerID: the id that a server gives in its last answer is one of ours.
func TestServerID(t *testing.T) {
	for says, ids := range map[string][]string{
		"2.0.0 OK <AS8P1@eu.prod.example> [Hostname=x.example]":      {"AS8P1@eu.prod.example"},
		"Ok: queued as <a@b>,<c@d>":                                  {"a@b", "c@d"},
		"2.0.0 Ok: queued as 4Xy":                                    nil,
		"Ok 010001 <no id> <> < a@b > <a@b <@> <a@>":                 nil,
		strings.Repeat("<a@b>", 3) + " " + strings.Repeat("x", 2000): {"a@b", "a@b", "a@b"},
	} {
		t.Run(says[:20], func(t *testing.T) {
			t.Parallel()
			on := dialog{security: "tls", on: map[string]func(*peer, string) bool{"DOT": func(p *peer, _ string) bool { p.take(says); return true }}}.start(t)
			w := newWorld(t, on, "tls")
			sub := w.try(w.queue(ben).ID)
			require.Equal(t, store.Accepted, sub.State)
			require.LessOrEqual(t, len(sub.Reply), 500)
			require.Equal(t, ids, idsIn(sub.Reply))
			for _, id := range ids {
				owner, err := w.DB.SubmissionByID(t.Context(), "", []string{id}, "")
				require.NoError(t, err)
				require.Equal(t, sub.ID, owner)
			}
		})
	}
	require.Len(t, idsIn(strings.Repeat("<a@b> ", 100)), 5)
}
