package reports

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestJudge is what servers say, and what it means.
func TestJudge(t *testing.T) {
	for _, c := range []struct {
		text   string
		reason Reason
		status string
		reply  int
	}{
		{"550 5.1.1 <a@b.example>: Recipient address rejected: User unknown in virtual mailbox table", UserUnknown, "5.1.1", 550},
		{"550-5.1.1 The email account that you tried to reach does not exist. Please try 550-5.1.1 double-checking", UserUnknown, "5.1.1", 550},
		{"550 5.5.0 Requested action not taken: mailbox unavailable", UserUnknown, "5.5.0", 550},
		{"550 No such user here", UserUnknown, "", 550},
		{"550 5.4.1 Recipient address rejected: Access denied. AS(201806281)", UserUnknown, "5.4.1", 550},
		{"Sorry, no mailbox here by that name. (#5.1.1)", UserUnknown, "5.1.1", 0},
		{"550 Utilisateur inconnu", UserUnknown, "", 550},
		{"550 Empfänger unbekannt", UserUnknown, "", 550},
		{"Host or domain name not found. Name service error for name=b.example type=A: Host not found", HostUnknown, "", 0},
		{"Name service error for b.example: Host not found, try again", Network, "", 0},
		{"550 5.1.2 Bad destination system: no such domain", HostUnknown, "5.1.2", 550},
		{"552 5.2.2 Over quota", MailboxFull, "5.2.2", 552},
		{"452-4.2.2 The email account that you tried to reach is over quota", MailboxFull, "4.2.2", 452},
		{"550 5.1.1 <a@b.example>... Mailbox is full", MailboxFull, "5.1.1", 550},
		{"La boîte de ce destinataire est pleine", MailboxFull, "", 0},
		{"收件人邮箱已满", MailboxFull, "", 0},
		{"552 5.3.4 Message size exceeds fixed limit", TooBig, "5.3.4", 552},
		{"554 5.2.3 Message too large", TooBig, "5.2.3", 554},
		{"550 5.2.1 The email account that you tried to reach is disabled", Suspended, "5.2.1", 550},
		{"554 delivery error: This account has been disabled or discontinued", Suspended, "", 554},
		{"delivery temporarily suspended: connect to b.example: Connection refused", Network, "", 0},
		{"551 User has moved to new@c.example", Moved, "", 551},
		{"550 5.7.26 This mail is unauthenticated: the sender must authenticate with SPF or DKIM; DMARC policy failed", Auth, "5.7.26", 550},
		{"550 SPF check failed", Auth, "", 550},
		{"450 4.7.1 Client host rejected: cannot find your reverse hostname", Auth, "4.7.1", 450},
		{"554 5.7.1 Message rejected as spam by content filtering", Spam, "5.7.1", 554},
		{"550 This message looks like spam", Spam, "", 550},
		{"554 5.7.0 Reject, id=1 - INFECTED: Eicar virus", Virus, "5.7.0", 554},
		{"554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org", Blocked, "5.7.1", 554},
		{"421 4.7.0 Messages from 192.0.2.1 temporarily deferred due to user complaints", Blocked, "4.7.0", 421},
		{"554 Your access to this mail system has been rejected due to the sending MTA's poor reputation", Blocked, "", 554},
		{"421 4.3.2 Too many concurrent SMTP connections", Rate, "4.3.2", 421},
		{"450 4.2.1 The user you are trying to contact is receiving mail at a rate that is too high: rate limit exceeded", Rate, "4.2.1", 450},
		{"451 4.7.1 Greylisting in action, please come back later", Rate, "4.7.1", 451},
		{"554 5.7.1 <a@b.example>: Relay access denied", Relaying, "5.7.1", 554},
		{"553 sorry, that domain isn't in my list of allowed rcpthosts", Relaying, "", 553},
		{"550 5.7.1 RESOLVER.RST.NotAuthorized; not authorized", Filtered, "5.7.1", 550},
		{"556 5.1.10 Domain does not accept mail (null MX)", NotAccept, "5.1.10", 556},
		{"521 5.3.2 System not accepting network messages", NotAccept, "5.3.2", 521},
		{"553 5.1.8 <x@y.example>... Domain of sender address x@y.example does not exist", Sender, "5.1.8", 553},
		{"550 Sender verify failed", Sender, "", 550},
		{"554 5.6.0 Message contains bare LF and is violating 822", Content, "5.6.0", 554},
		{"552 5.7.0 This message was blocked because its content presents a potential security issue", Content, "5.7.0", 552},
		{"550 5.7.1 Message rejected due to company policy", Policy, "5.7.1", 550},
		{"connect to mx.b.example[192.0.2.1]:25: Connection refused", Network, "", 0},
		{"554 5.4.6 Too many hops", Network, "5.4.6", 554},
		{"connect to mx.b.example[192.0.2.1]:25: Connection timed out", Expired, "", 0},
		{"554 5.4.7 Message expired: unable to deliver in 840 minutes", Expired, "5.4.7", 554},
		{"451 4.3.0 Error: queue file write error: I/O error", System, "4.3.0", 451},
		{"5.3.0 unable to create /var/mail/x: Permission denied", System, "5.3.0", 0},
		{"550 5.5.9 xyzzy", Other, "5.5.9", 550},
		{"", Other, "", 0},
	} {
		t.Run(c.text, func(t *testing.T) {
			j := judge(c.text, "")
			require.Equal(t, c.reason, j.reason)
			require.Equal(t, c.status, j.status)
			require.Equal(t, c.reply, j.reply)
		})
	}
}

func TestCodes(t *testing.T) {
	for text, want := range map[string][]code{
		"550 5.1.1 x":                    {{550, "5.1.1"}},
		"550-5.1.1 x\n550 5.1.1 y":       {{550, "5.1.1"}, {550, "5.1.1"}},
		"said: 550 #5.1.0 Address":       {{550, "5.1.0"}},
		"(#5.1.1)":                       {{0, "5.1.1"}},
		"ERROR_CODE :550":                {{550, ""}},
		"host 192.0.2.5.1 at 5.1.1.2":    nil,
		"Exim 4.52.1, sendmail 5.6.7":    nil,
		"user550@a.example 5.1.1@a":      nil,
		"id 5501 or 0550, x550":          nil,
		"587 560 599":                    nil,
		"version 5.0.1 said 421 4.7.0 x": {{421, "4.7.0"}},
		"550 4.1.1":                      {{550, ""}, {0, "4.1.1"}},
		"5.7.606 banned":                 {{0, "5.7.606"}},
		"5.1.":                           nil,
	} {
		require.Equal(t, want, codes(text), text)
	}
	require.Len(t, codes(strings.Repeat("550 ", 1000)), maxCodes)
}

// TestUnsure tells what is said of an address from what may have been said of a mail.
func TestUnsure(t *testing.T) {
	for text, want := range map[string]bool{
		"host a said: 550 User unknown (in reply to RCPT TO command)":           false,
		"host a said: 550 User unknown (in reply to end of DATA command)":       true,
		">>> DATA\n<<< 550 Unknown user\n":                                      true,
		">>> DATA\n<<< 550 Unknown user\n<<< 503 5.0.0 Need RCPT":               false,
		"192.0.2.1 does not like recipient. Remote host said: 550 no such user": false,
		"User not listed in Domino Directory":                                   false,
		"550 No such user":                                                      true,
	} {
		require.Equal(t, want, unsure("", text), text)
	}
	require.False(t, unsure("5.1.1", "(in reply to end of DATA command)"), "the status says it")
	require.True(t, unsure("5.2.1", "User unknown"), "the status says something else")
	require.False(t, unsure("5.0.0", "550 No such user"), "a report that says no more")
}

func TestTablesAreWhole(t *testing.T) {
	known := map[string]bool{}
	for _, r := range order {
		known[string(r)] = true
		require.NotEmpty(t, made[r], r)
	}
	for _, s := range sections(phraseTable) {
		_, name, kind := strings.Cut(s.name, " ")
		if !kind {
			name = s.name
		}
		require.True(t, known[name], s.name)
		require.NotEmpty(t, s.lines, s.name)
		for _, line := range s.lines {
			require.Equal(t, strings.ToLower(line), line)
		}
	}
	w := wordings()
	for _, list := range []wording{w.bounce, w.delay, w.waits, w.replyBeginnings, w.absenceBeginnings, w.replyOpenings, w.automatics, w.absences} {
		require.Greater(t, len(list), 20)
		for _, s := range list {
			require.Equal(t, strings.ToLower(s), s)
			require.GreaterOrEqual(t, len(s), 3, s)
		}
	}
}

func TestOf(t *testing.T) {
	d := &Delivery{Recipients: []Recipient{{Address: "a@b.example"}, {Address: "x@y.example", Final: "C@d.example"}, {Address: "strange@evil.example"}}}
	got := d.Of([]string{"c@d.example", "a@b.example", ""})
	require.Len(t, got, 2)
	require.Equal(t, "a@b.example", got[0].Address)
	require.Equal(t, "c@d.example", got[1].Address)
	require.Empty(t, d.Of([]string{"other@b.example"}))
	require.Empty(t, d.Of(nil))

	nobody := &Delivery{Recipients: []Recipient{{}}}
	require.Equal(t, "a@b.example", nobody.Of([]string{"a@b.example"})[0].Address)
	require.Empty(t, nobody.Of([]string{"a@b.example", "c@d.example"}))

	_, ok := (&Disposition{Address: "x@y.example"}).Of([]string{"a@b.example"})
	require.False(t, ok)
	a, ok := (&Disposition{Address: "x@y.example", Final: "A@B.example"}).Of([]string{"a@b.example"})
	require.True(t, ok)
	require.Equal(t, "a@b.example", a)
}
