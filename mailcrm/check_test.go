package mailcrm_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/internal/testservers"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/storage"
)

// said is a check in a line a step, for comparing.
func said(c *mailcrm.Check) string {
	var lines []string
	for _, s := range c.Steps {
		line := s.Side + " " + s.Name + " " + s.State
		if s.Code != "" {
			line += " " + s.Code
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

const allOK = "imap reach ok\nimap certificate ok\nimap login ok\nimap folders ok\nsmtp reach ok\nsmtp certificate ok\nsmtp login ok\nsmtp send ok"

func TestCheck(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	try := func(t *testing.T, change func(*mailcrm.AccountInput)) *mailcrm.Check {
		t.Helper()
		in := w.input()
		if change != nil {
			change(&in)
		}
		var live []mailcrm.CheckStep
		c, err := w.anna.Accounts.Check(t.Context(), mailcrm.CheckInput{Account: in, Progress: func(s mailcrm.CheckStep) { live = append(live, s) }})
		require.NoError(t, err)
		require.Equal(t, c.Steps, live, "each step is told when it ended")
		for _, s := range c.Steps {
			if s.State == mailcrm.StepFailed {
				require.NotEmpty(t, s.Sentence)
				require.NotEmpty(t, s.Do, s.Code)
				require.NotEmpty(t, s.Cure)
			}
			require.NotContains(t, s.Detail+s.Sentence, password)
		}
		return c
	}
	t.Run("all is well, and nothing is saved", func(t *testing.T) {
		c := try(t, nil)
		require.Equal(t, allOK, said(c))
		require.True(t, c.OK)
		require.Equal(t, annaAddress, c.IMAPUsername)
		require.Equal(t, annaAddress, c.SMTPUsername)
		require.Positive(t, c.Mailboxes)
		all, err := w.anna.Accounts.List(t.Context())
		require.NoError(t, err)
		require.Empty(t, all)
	})
	t.Run("the local part is refused, the address works", func(t *testing.T) {
		c := try(t, func(in *mailcrm.AccountInput) { in.IMAP.Username = "anna" })
		require.Equal(t, allOK, said(c))
		require.Equal(t, annaAddress, c.IMAPUsername)
		require.Equal(t, annaAddress, c.SMTPUsername, "what sends has the same login")
	})
	t.Run("wrong password", func(t *testing.T) {
		before := len(w.server.Logins())
		c := try(t, func(in *mailcrm.AccountInput) { in.IMAP.Password = mailcrm.NewSecret("wrong") })
		require.False(t, c.OK)
		require.Equal(t, "imap reach ok\nimap certificate ok\nimap login failed imap.login_refused\nimap folders skipped\n"+
			"smtp reach skipped\nsmtp certificate skipped\nsmtp login skipped\nsmtp send skipped", said(c))
		require.Equal(t, mailcrm.DoPassword, c.Steps[2].Do)
		require.Equal(t, before+2, len(w.server.Logins()), "once for each form of the login, and SMTP is not asked")
	})
	t.Run("wrong password, typed for both servers", func(t *testing.T) {
		before := len(w.server.Logins())
		c := try(t, func(in *mailcrm.AccountInput) {
			in.IMAP.Password, in.SMTP.Password = mailcrm.NewSecret("wrong"), mailcrm.NewSecret("wrong")
		})
		require.Contains(t, said(c), "imap login failed imap.login_refused")
		require.Contains(t, said(c), "smtp reach skipped\nsmtp certificate skipped\nsmtp login skipped\nsmtp send skipped")
		require.Equal(t, before+2, len(w.server.Logins()))
	})
	t.Run("only the password for reading is wrong", func(t *testing.T) {
		c := try(t, func(in *mailcrm.AccountInput) {
			in.IMAP.Password, in.SMTP.Password = mailcrm.NewSecret("wrong"), mailcrm.NewSecret(password)
		})
		require.Contains(t, said(c), "imap login failed imap.login_refused")
		require.Contains(t, said(c), "smtp send ok", "which is another one, and is tried")
	})
	t.Run("only the password for sending is wrong", func(t *testing.T) {
		c := try(t, func(in *mailcrm.AccountInput) {
			in.SMTP.Username, in.SMTP.Password = "someone-else", mailcrm.NewSecret("wrong")
		})
		require.Contains(t, said(c), "imap folders ok")
		require.Contains(t, said(c), "smtp login failed smtp.login_refused\nsmtp send skipped")
	})
	t.Run("nobody answers", func(t *testing.T) {
		c := try(t, func(in *mailcrm.AccountInput) { in.IMAP.Host = "127.0.0.1"; in.IMAP.Port = 993 })
		require.Contains(t, said(c), "imap reach failed dial.")
		require.Contains(t, said(c), "smtp send ok", "the other server is tried all the same")
	})
	t.Run("a private address", func(t *testing.T) {
		c := try(t, func(in *mailcrm.AccountInput) { in.IMAP.Host = "10.0.0.1" })
		require.Contains(t, said(c), "imap reach failed dial.refused_by_policy")
	})
	t.Run("the certificate is for another name", func(t *testing.T) {
		c := try(t, func(in *mailcrm.AccountInput) { in.IMAP.Host = "localhost.localdomain" })
		require.Regexp(t, `imap (reach failed dial|certificate failed tls\.name)`, said(c))
	})
	t.Run("what is wrong in the form is an error", func(t *testing.T) {
		in := w.input()
		in.SMTP.Host = ""
		_, err := w.anna.Accounts.Check(t.Context(), mailcrm.CheckInput{Account: in})
		requireField(t, err, "SMTP.Host", "required")
		in = w.input()
		in.IMAP.Password = mailcrm.Secret{}
		_, err = w.anna.Accounts.Check(t.Context(), mailcrm.CheckInput{Account: in})
		requireField(t, err, "IMAP.Password", "required")
	})
	t.Run("of a saved account, with its password", func(t *testing.T) {
		a := w.account(w.input())
		c, err := w.anna.Accounts.Check(t.Context(), mailcrm.CheckInput{Account: a.Input()})
		require.NoError(t, err)
		require.Equal(t, allOK, said(c))
		in := a.Input()
		in.IMAP.Host = "elsewhere.example"
		_, err = w.anna.Accounts.Check(t.Context(), mailcrm.CheckInput{Account: in})
		requireField(t, err, "IMAP.Password", "required")
	})
	t.Run("of a saved account, whose password is wrong by now", func(t *testing.T) {
		in := w.input()
		in.Address, in.IMAP.Username = "second@demo.example", annaAddress
		in.IMAP.Password = mailcrm.NewSecret("was good once")
		a, err := w.anna.Accounts.Create(t.Context(), in)
		require.NoError(t, err)
		in = a.Input()
		in.Address = annaAddress // of which the login has another form
		before := len(w.server.Logins())
		c, err := w.anna.Accounts.Check(t.Context(), mailcrm.CheckInput{Account: in})
		require.NoError(t, err)
		require.Contains(t, said(c), "imap login failed imap.login_refused")
		require.Equal(t, before+1, len(w.server.Logins()), "how its login is written is known: one try")
	})
	t.Run("not without end", func(t *testing.T) {
		other := w.client.As(storage.Actor{Agent: "bert", Locale: "fr"})
		in := w.input()
		in.IMAP.Host, in.SMTP.Host = "10.0.0.1", "10.0.0.1" // refused without a connection
		for range mailcrm.MaxChecks {
			_, err := other.Accounts.Check(t.Context(), mailcrm.CheckInput{Account: in})
			require.NoError(t, err)
		}
		_, err := other.Accounts.Check(t.Context(), mailcrm.CheckInput{Account: in})
		require.ErrorIs(t, err, mailcrm.ErrTemporary)
		require.Equal(t, "check.too_often", storage.CauseCode(err))
		after, ok := mailcrm.RetryAfter(err)
		require.True(t, ok)
		require.Equal(t, time.Minute, after)
		w.clock.Advance(after)
		_, err = other.Accounts.Check(t.Context(), mailcrm.CheckInput{Account: in})
		require.NoError(t, err)
	})
}

// A certificate that nobody signed stops the check before the password, and is accepted when a person has compared it.
func TestCheckASelfSignedServer(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, func(cfg *mailcrm.Config) { cfg.Network.Roots = nil })
	before := len(w.server.Logins())
	c, err := w.anna.Accounts.Check(t.Context(), mailcrm.CheckInput{Account: w.input()})
	require.NoError(t, err)
	require.Contains(t, said(c), "imap reach ok\nimap certificate failed tls.untrusted\nimap login skipped\nimap folders skipped")
	require.Equal(t, before, len(w.server.Logins()), "no password was sent")
	step := c.Steps[1]
	require.Equal(t, mailcrm.DoCertificate, step.Do)
	require.Len(t, step.Certificate.SHA256, 64)
	in := w.input()
	in.IMAP.PinSHA256, in.SMTP.PinSHA256 = step.Certificate.SHA256, step.Certificate.SHA256
	c, err = w.anna.Accounts.Check(t.Context(), mailcrm.CheckInput{Account: in})
	require.NoError(t, err)
	require.Equal(t, allOK, said(c))
}

// Who manages an account that is not his moves sending to another login: the password that its owner enters next is not shown there.
func TestAManagerMovesSending(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{Users: []mailcrmtest.User{{Address: "mona@demo.example", Login: "mona", Password: "typed by mona"}}}, nil)
	in := w.input()
	in.Members = []mailcrm.Member{{Agent: "mona", Rights: []mailcrm.Right{mailcrm.RightManage}}}
	in = w.account(in).Input()
	in.SMTP.Username, in.IMAP.Password = "mona", mailcrm.NewSecret("typed by mona")
	moved, err := w.client.As(storage.Actor{Agent: "mona"}).Accounts.Update(t.Context(), in)
	require.NoError(t, err)
	in = moved.Input()
	in.IMAP.Password = mailcrm.NewSecret(password)
	_, err = w.anna.Accounts.Update(t.Context(), in)
	require.NoError(t, err)
	in.IMAP.Password, in.Revision = mailcrm.Secret{}, 0
	c, err := w.anna.Accounts.Check(t.Context(), mailcrm.CheckInput{Account: in})
	require.NoError(t, err)
	require.Contains(t, said(c), "imap login ok")
	require.Contains(t, said(c), "smtp login ok", "with what Mona typed, not with Anna's")
}

// Against Dovecot and Postfix: a mail to oneself comes back and is put into the Trash.
func TestCheckRoundTrip(t *testing.T) {
	server := testservers.Mail(t)
	alice := server.User("alice")
	w := newWorld(t, mailcrmtest.ServerOptions{}, func(cfg *mailcrm.Config) {
		cfg.Network = mailcrm.Network{Allow: loopback, Ports: ports(server), Roots: server.CA}
	})
	in := mailcrm.AccountInput{
		Address: alice.Address,
		IMAP:    mailcrm.ServerInput{Host: server.Host, Port: server.IMAPSPort, Password: mailcrm.NewSecret(alice.Password)},
		SMTP:    mailcrm.ServerInput{Host: server.Host, Port: server.SubmissionPort, Security: mailcrm.StartTLS},
	}
	require.NoError(t, server.Append("alice", "INBOX", testservers.Message{Raw: []byte("From: x@test.example\r\nSubject: to be left alone\r\nMessage-ID: <other@test.example>\r\n\r\nHello.\r\n")}))
	c, err := w.anna.Accounts.Check(t.Context(), mailcrm.CheckInput{Account: in, RoundTrip: true})
	require.NoError(t, err)
	require.Equal(t, allOK+"\nimap roundtrip ok", said(c))
	trash, err := server.Messages("alice", "Trash")
	require.NoError(t, err)
	require.Len(t, trash, 1)
	require.Contains(t, string(trash[0].Raw), "A test of your mail account")
	inbox, err := server.Messages("alice", "INBOX")
	require.NoError(t, err)
	require.Len(t, inbox, 1, "only what was sent is moved")
	require.Contains(t, string(inbox[0].Raw), "to be left alone")
	require.Contains(t, c.Capabilities, "MOVE")
}
