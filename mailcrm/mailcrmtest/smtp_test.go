package mailcrmtest

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/smtp"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func submitter(t *testing.T, s *Server, login bool) *smtp.Client {
	t.Helper()
	c, err := smtp.Dial(s.Submission.Addr())
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.StartTLS(trust(s)))
	if login {
		require.NoError(t, c.Auth(smtp.PlainAuth("", jeanne, "secret", "127.0.0.1")))
	}
	return c
}

func submit(c *smtp.Client, raw string, to ...string) error {
	if err := c.Mail(jeanne); err != nil {
		return err
	}
	for _, r := range to {
		if err := c.Rcpt(r); err != nil {
			return err
		}
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, raw); err != nil {
		return err
	}
	return w.Close()
}

func TestSMTPDelivers(t *testing.T) {
	s := start(t, ServerOptions{FileSent: true, RewriteMessageID: true})
	c := submitter(t, s, true)
	raw := hello + ".\r\n..two dots\r\n"
	require.NoError(t, submit(c, raw, strings.ToUpper(marc), "client@nordwind.example", marc))
	delivered, err := s.WaitDelivered(soon(t), 1)
	require.NoError(t, err)
	require.Equal(t, raw, string(delivered[0].Raw))
	require.Equal(t, jeanne, delivered[0].From)
	require.Equal(t, []string{"client@nordwind.example"}, delivered[0].Outside)

	got, err := s.Mails(marc, "INBOX")
	require.NoError(t, err)
	require.Len(t, got, 1)
	require.Contains(t, string(got[0].Raw), "Return-Path: <"+jeanne+">\r\n")
	require.Contains(t, string(got[0].Raw), "X-Microsoft-Original-Message-ID: <1@nordwind.example>\r\n")
	require.True(t, bytes.HasSuffix(got[0].Raw, []byte("..two dots\r\n")))
	sent, err := s.Mails(jeanne, "Sent")
	require.NoError(t, err)
	require.Len(t, sent, 1)
	require.NoError(t, c.Quit())
}

func TestSMTPBounces(t *testing.T) {
	s := start(t, ServerOptions{})
	s.Bounce("Gone@nordwind.example", "5.1.1", "550 5.1.1 No such user")
	s.Bounce(marc, "5.2.2", "552 5.2.2 Full")
	c := submitter(t, s, true)
	require.NoError(t, submit(c, hello, "gone@nordwind.example", marc, "here@nordwind.example"))
	mails, err := s.Mails(jeanne, "INBOX")
	require.NoError(t, err)
	require.Len(t, mails, 1)
	parse(t, mails[0].Raw)
	for _, line := range []string{"Return-Path: <>", "Status: 5.1.1", "Diagnostic-Code: smtp; 550 5.1.1 No such user", "Message-ID: <1@nordwind.example>"} {
		require.Contains(t, string(mails[0].Raw), line+"\r\n")
	}
}

func TestSMTPKeepsToTheRules(t *testing.T) {
	s := start(t, ServerOptions{MaxMessageBytes: 2000})
	dial := func() *textproto.Conn {
		conn, err := tls.Dial("tcp", s.SMTPS.Addr(), trust(s))
		require.NoError(t, err)
		c := textproto.NewConn(conn)
		t.Cleanup(func() { _ = c.Close() })
		_, _, err = c.ReadResponse(220)
		require.NoError(t, err)
		return c
	}
	say := func(c *textproto.Conn, code int, line string) string {
		t.Helper()
		require.NoError(t, c.PrintfLine("%s", line))
		got, text, err := c.ReadResponse(0)
		require.NoError(t, err)
		require.Equal(t, code, got, text)
		return text
	}
	c := dial()
	say(c, 530, "MAIL FROM:<a@b.example>")
	say(c, 503, "AUTH PLAIN")
	require.Contains(t, say(c, 250, "EHLO me"), "SIZE 2000")
	say(c, 334, "AUTH LOGIN")
	say(c, 334, "amVhbm5lLm1hcnRpbkBkZW1vLmV4YW1wbGU=")
	say(c, 535, "d3Jvbmc=")
	say(c, 501, "AUTH PLAIN !!!")
	say(c, 504, "AUTH CRAM-MD5")
	say(c, 334, "AUTH LOGIN")
	say(c, 334, "amVhbm5lLm1hcnRpbkBkZW1vLmV4YW1wbGU=")
	say(c, 235, "c2VjcmV0")
	say(c, 552, "MAIL FROM:<a@b.example> SIZE=3000")
	say(c, 501, "MAIL FROM:a@b.example")
	say(c, 501, "MAIL FROM:<a@b.example\x01>")
	say(c, 250, "MAIL FROM:<> ENVID=send+2B1 RET=hdrs")
	say(c, 503, "DATA")
	say(c, 501, "RCPT TO:<nobody>")
	say(c, 250, "RCPT TO:<x@y.example> NOTIFY=FAILURE,DELAY")
	say(c, 354, "DATA")
	say(c, 250, "one\n.\nMAIL FROM:<evil@x.example>\nbare\r\n.")
	d := s.Delivered()[0]
	require.Equal(t, "one\n.\nMAIL FROM:<evil@x.example>\nbare\r\n", string(d.Raw), "only CR LF dot CR LF ends a mail")
	require.Equal(t, []any{"send+1", "HDRS", "FAILURE,DELAY", ""}, []any{d.EnvelopeID, d.Return, d.Notify[0], d.From})
	say(c, 250, "MAIL FROM:<a@b.example>")
	say(c, 250, "RCPT TO:<x@y.example>")
	say(c, 354, "DATA")
	say(c, 552, strings.Repeat(strings.Repeat("x", 70)+"\r\n", 40)+".")
	say(c, 250, "RSET")
	say(c, 502, "VRFY x")
	require.NoError(t, c.PrintfLine("%s", strings.Repeat("x", 5000)))
	_, _, err := c.ReadResponse(500)
	require.NoError(t, err)
	require.Len(t, s.Delivered(), 1)
}

func TestSMTPFaultsAtEveryPhase(t *testing.T) {
	names := map[Phase]string{
		PhaseConnect: "connect", PhaseHello: "hello", PhaseStartTLS: "starttls", PhaseAuth: "auth", PhaseMail: "mail",
		PhaseRcpt: "rcpt", PhaseData: "data", PhaseDot: "dot", PhaseQuit: "quit",
	}
	run := func(s *Server, timeout time.Duration) error {
		conn, err := net.Dial("tcp", s.Submission.Addr())
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }()
		if timeout > 0 {
			_ = conn.SetDeadline(time.Now().Add(timeout))
		}
		c, err := smtp.NewClient(conn, "127.0.0.1")
		if err != nil {
			return err
		}
		if err := c.StartTLS(&tls.Config{RootCAs: s.Roots(), ServerName: "127.0.0.1"}); err != nil {
			return err
		}
		if err := c.Auth(smtp.PlainAuth("", jeanne, "secret", "127.0.0.1")); err != nil {
			return err
		}
		if err := submit(c, hello, "a@x.example"); err != nil {
			return err
		}
		return c.Quit()
	}
	for phase := PhaseConnect; phase <= PhaseQuit; phase++ {
		for _, fault := range []SMTPFault{
			{Code: 451, Enhanced: "4.3.0", Text: "Later"},
			{Code: 554, Enhanced: "5.7.1"},
			{Cut: CutClose},
			{Cut: CutReset},
			{Cut: CutHang},
			{Cut: CutClose, Done: true},
		} {
			t.Run(fmt.Sprintf("%s/%d/%d/%v", names[phase], fault.Code, fault.Cut, fault.Done), func(t *testing.T) {
				s := start(t, ServerOptions{})
				fault.Phase = phase
				s.FailSMTP(fault)
				timeout := time.Duration(0)
				if fault.Cut == CutHang {
					timeout = 100 * time.Millisecond
				}
				err := run(s, timeout)
				require.Error(t, err)
				if fault.Code != 0 {
					var told *textproto.Error
					require.ErrorAs(t, err, &told)
					require.Equal(t, fault.Code, told.Code)
				}
				want := 0
				if phase == PhaseQuit || phase == PhaseDot && fault.Done {
					want = 1
				}
				require.Len(t, s.Delivered(), want)
				s.Heal()
				require.NoError(t, run(s, 0))
			})
		}
	}
}

func TestSMTPRefusesOneRecipientAndHolds(t *testing.T) {
	s := start(t, ServerOptions{})
	c := submitter(t, s, true)
	open := make(chan struct{})
	s.FailSMTP(SMTPFault{Phase: PhaseRcpt, Match: "gone@", Code: 550, Enhanced: "5.1.1", Text: "No such user"},
		SMTPFault{Phase: PhaseDot, Match: "message-id: <1@", Hold: open, Times: 1})
	require.NoError(t, c.Mail(jeanne))
	require.ErrorContains(t, c.Rcpt("gone@x.example"), "5.1.1 No such user")
	require.NoError(t, c.Rcpt("here@x.example"))
	w, err := c.Data()
	require.NoError(t, err)
	_, err = io.WriteString(w, hello)
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- w.Close() }()
	select {
	case err := <-done:
		require.Fail(t, "the answer was to be held", err)
	case <-time.After(50 * time.Millisecond):
	}
	close(open)
	require.NoError(t, within2(t, done))
	require.Equal(t, []string{"here@x.example"}, s.Delivered()[0].To)
}
