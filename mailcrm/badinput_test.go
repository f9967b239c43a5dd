package mailcrm_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/storage"
	"github.com/mailcrm/sdk/storage/memstore"
)

// TestAccountFaults: whatever is wrong with a server or with what was typed becomes a state of the account, with a sentence that says what to do; no password
// reaches a server that was not proved to be the right one.
func TestAccountFaults(t *testing.T) {
	for _, c := range []struct {
		name   string
		server mailcrmtest.ServerOptions
		change func(*world, *mailcrm.AccountInput)
		state  string
		codes  []string
		says   string // a part of the sentence
		logins int    // that the server saw
	}{
		{
			name:   "wrong password",
			change: func(_ *world, in *mailcrm.AccountInput) { in.IMAP.Password = mailcrm.NewSecret("wrong") },
			state:  "auth_failed", codes: []string{"imap.login_refused"}, says: "app password", logins: 1,
		},
		{
			name:   "unknown host",
			change: func(_ *world, in *mailcrm.AccountInput) { in.IMAP.Host = "imap.nowhere.invalid" },
			state:  "unreachable", codes: []string{"dial.no_such_host", "dial.timeout"}, says: "Check",
		},
		{
			name:   "closed port",
			change: func(w *world, in *mailcrm.AccountInput) { require.NoError(w.t, w.server.Close()) },
			state:  "unreachable", codes: []string{"dial.unreachable"}, says: "name and port",
		},
		{
			name:   "port that may not be dialled",
			change: func(_ *world, in *mailcrm.AccountInput) { in.IMAP.Port = 6379 },
			state:  "unreachable", codes: []string{"dial.refused_by_policy"}, says: "administrator",
		},
		{
			name: "expired certificate", server: mailcrmtest.ServerOptions{Certificate: mailcrmtest.ExpiredCertificate},
			state: "certificate", codes: []string{"tls.expired"}, says: "nothing was sent",
		},
		{
			name: "self-signed certificate", server: mailcrmtest.ServerOptions{Certificate: mailcrmtest.SelfSignedCertificate},
			state: "certificate", codes: []string{"tls.untrusted"}, says: "fingerprint",
		},
		{
			name: "certificate of another", server: mailcrmtest.ServerOptions{Certificate: mailcrmtest.OtherNameCertificate},
			state: "certificate", codes: []string{"tls.name"}, says: "another name",
		},
		{
			name: "plaintext-only server", server: mailcrmtest.ServerOptions{Plain: true},
			change: func(w *world, in *mailcrm.AccountInput) {
				in.IMAP.Port, in.IMAP.Security = w.server.IMAP.Port, mailcrm.StartTLS
			},
			state: "unreachable", codes: []string{"imap.no_tls"}, says: "was not sent",
		},
		{
			name: "TLS on a port without it",
			change: func(w *world, in *mailcrm.AccountInput) {
				in.IMAP.Port = w.server.IMAP.Port
			},
			state: "unreachable", codes: []string{"tls.handshake"}, says: "993",
		},
		{
			name: "SMTP instead of IMAP",
			change: func(w *world, in *mailcrm.AccountInput) {
				in.IMAP.Port = w.server.SMTPS.Port
			},
			state: "unreachable", codes: []string{"imap.greeting"}, says: "993",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, c.server, nil)
			in := w.input()
			if c.change != nil {
				c.change(w, &in)
			}
			account := w.account(in)
			require.Equal(t, c.state, account.Status.State, "%+v", account.Status)
			require.Contains(t, c.codes, account.Status.Code)
			require.Contains(t, account.Status.Sentence, c.says)
			require.Len(t, w.server.Logins(), c.logins)
			if c.state == "auth_failed" {
				require.Zero(t, account.Status.NextTry, "a new account's wrong password is tried once")
				w.clock.Advance(24 * time.Hour)
				w.work()
				require.Len(t, w.server.Logins(), c.logins)
			} else {
				require.True(t, account.Status.NextTry.After(w.clock.Now()), "it is tried again, later")
			}
		})
	}
}

// TestPinnedCertificate: a person who compared the fingerprint gets in, and a renewed certificate is seen.
func TestPinnedCertificate(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{Certificate: mailcrmtest.SelfSignedCertificate}, nil)
	account := w.account(w.input())
	require.Equal(t, "tls.untrusted", account.Status.Code)
	_, shown, ok := strings.Cut(account.Status.Detail, "SHA-256 ")
	require.True(t, ok, account.Status.Detail)

	in := w.input()
	in.ID, in.IMAP.PinSHA256, in.SMTP.PinSHA256 = account.ID, shown, shown
	_, err := w.anna.Accounts.Update(t.Context(), in)
	require.NoError(t, err)
	w.work()
	require.Equal(t, "ready", w.status(account.ID).Status.State)

	in.IMAP.PinSHA256 = strings.Repeat("ab", 32)
	_, err = w.anna.Accounts.Update(t.Context(), in)
	require.NoError(t, err)
	w.work()
	require.Equal(t, "tls.pin_changed", w.status(account.ID).Status.Code)
}

// TestPasswordThatOnceWorked gets three more tries, spread over hours.
func TestPasswordThatOnceWorked(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	account := w.account(w.input())
	require.Equal(t, "ready", account.Status.State)
	require.NoError(t, w.server.SetPassword(annaAddress, "another"))
	good := len(w.server.Logins())
	for range 60 {
		w.clock.Advance(20 * time.Minute)
		w.work()
	}
	require.Equal(t, "auth_failed", w.status(account.ID).Status.State)
	require.Len(t, w.server.Logins(), good+4)
	require.Zero(t, w.status(account.ID).Status.NextTry)

	in := w.input()
	in.ID, in.IMAP.Password = account.ID, mailcrm.NewSecret("another")
	_, err := w.anna.Accounts.Update(t.Context(), in)
	require.NoError(t, err)
	w.work()
	require.Equal(t, "ready", w.status(account.ID).Status.State)
}

// TestServerThatCuts: whatever is cut in the middle, every mail is there in the end, once and whole.
func TestServerThatCuts(t *testing.T) {
	for _, how := range []mailcrmtest.Cut{mailcrmtest.CutClose, mailcrmtest.CutReset} {
		for _, after := range []int64{700, 1500, 4000, 12_000, 30_000} {
			t.Run(fmt.Sprint(how, after), func(t *testing.T) {
				w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
				for i := range 12 {
					w.mail(fmt.Sprint("m", i), "Cut", strings.Repeat("0123456789 abcdefghijklmnopqrstuvwxyz\r\n", 100))
				}
				w.server.CutIMAP(mailcrmtest.IMAPCut{After: after, How: how, Times: 3})
				account := w.account(w.input())
				for range 10 {
					w.clock.Advance(time.Hour)
					w.work()
				}
				require.Equal(t, "ready", w.status(account.ID).Status.State, "%+v", w.status(account.ID).Status)
				there, err := w.server.Mails(annaAddress, "INBOX")
				require.NoError(t, err)
				require.Len(t, w.list(), len(there))
				for _, m := range w.list() {
					raw, _, err := w.anna.Messages.Raw(t.Context(), m.ID)
					require.NoError(t, err)
					kept, err := io.ReadAll(raw)
					require.NoError(t, err)
					require.NoError(t, raw.Close())
					require.Greater(t, len(kept), 3000, "whole")
				}
			})
		}
	}
}

// TestMailThatDoesNotParse is kept as it is, and the others go on.
func TestMailThatDoesNotParse(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	w.mail("before", "Before")
	for _, raw := range []string{
		"no header at all",
		"Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n--\r\n\r\nx",
		"Subject: \xff\xfe\r\nFrom: <<>>\r\nContent-Transfer-Encoding: nonsense\r\n\r\n\x00\x01",
		"\r\n\r\n",
		"From: " + strings.Repeat("a", 5000) + "\r\nDate: never\r\n\r\nx",
	} {
		w.raw(raw)
	}
	w.mail("after", "After")
	w.account(w.input())
	there, err := w.server.Mails(annaAddress, "INBOX")
	require.NoError(t, err)
	var got []string
	for _, m := range w.list() {
		raw, _, err := w.anna.Messages.Raw(t.Context(), m.ID)
		require.NoError(t, err)
		kept, err := io.ReadAll(raw)
		require.NoError(t, err)
		require.NoError(t, raw.Close())
		got = append(got, string(kept))
		_, err = w.anna.Messages.Get(t.Context(), m.ID)
		require.NoError(t, err)
	}
	var want []string
	for _, m := range there {
		want = append(want, string(m.Raw))
	}
	require.ElementsMatch(t, want, got)
}

// TestDraftThatCannotLeave: a mail with an unresolved field, without a subject or a recipient stays.
func TestDraftThatCannotLeave(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	account := w.account(w.input())
	to := []mailcrm.Address{{Address: benAddress}}
	for _, c := range []struct {
		name  string
		in    mailcrm.DraftInput
		field string
		code  string
		says  string
	}{
		{"unknown field", mailcrm.DraftInput{To: to, Subject: "Hi", HTML: "<p>Dear\n{{ contact.first_nam }}</p>", Entity: w.ben}, "HTML", "unknown_field", "first_name"},
		{"known but empty field", mailcrm.DraftInput{To: to, Subject: "Hi", HTML: "<p>{{ contact.title }}</p>", Entity: w.ben}, "HTML", "missing_value", "contact.title"},
		{"no subject", mailcrm.DraftInput{To: to, HTML: "<p>x</p>"}, "Subject", "required", "subject"},
		{"subject that becomes empty", mailcrm.DraftInput{To: to, Subject: "{% if contact.title %}x{% endif %}", HTML: "<p>x</p>", Entity: w.ben}, "Subject", "required", "subject"},
		{"no recipient", mailcrm.DraftInput{Subject: "Hi", HTML: "<p>x</p>"}, "To", "required", "recipient"},
		{"no text", mailcrm.DraftInput{To: to, Subject: "Hi"}, "Text", "required", "text"},
		{"unclosed tag", mailcrm.DraftInput{To: to, Subject: "Hi", Text: "Dear {{ contact.first_name"}, "Text", "unclosed", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.in.Account = account.ID
			draft, err := w.anna.Drafts.Create(t.Context(), c.in)
			require.NoError(t, err)
			preview, err := w.anna.Drafts.Preview(t.Context(), draft.ID)
			require.NoError(t, err)
			require.Len(t, preview.Problems, 1, "%+v", preview.Problems)
			require.Equal(t, c.field, preview.Problems[0].Field)
			require.Equal(t, c.code, preview.Problems[0].Code)
			require.Contains(t, preview.Problems[0].Message, c.says)
			_, err = w.anna.Drafts.Send(t.Context(), mailcrm.SendInput{ID: draft.ID})
			require.ErrorIs(t, err, mailcrm.ErrInvalid)
			var unready *mailcrm.UnreadyError
			require.True(t, errors.As(err, &unready))
			require.Equal(t, preview.Problems, unready.Problems)
		})
	}
	w.work()
	require.Empty(t, w.server.Delivered())
}

// TestDirectoryThatFails: mail is recorded and readable, its links wait and say so, and are made when the host is back.
func TestDirectoryThatFails(t *testing.T) {
	for name, break_ := range map[string]func(*memstore.CRM){
		"error": func(crm *memstore.CRM) { crm.Fail(func(string) error { return errors.New("the database is down") }) },
		"hangs": func(crm *memstore.CRM) { crm.Delay(func(string) time.Duration { return time.Hour }) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, mailcrmtest.ServerOptions{}, func(cfg *mailcrm.Config) { cfg.LookupTimeout = 50 * time.Millisecond })
			break_(w.crm)
			w.mail("one", "While the CRM is down")
			account := w.account(w.input())
			require.Equal(t, "ready", account.Status.State, "the mail server is not to blame")
			require.LessOrEqual(t, w.crm.Calls()["Directory.Lookup"], 2, "a host that fails is not asked for every mail")
			list := w.list()
			require.Len(t, list, 1)
			require.True(t, list[0].LinksPending)
			require.Empty(t, list[0].Links)
			got, err := w.anna.Messages.Get(t.Context(), list[0].ID)
			require.NoError(t, err)
			require.Contains(t, got.Text, "Hello Anna")

			w.crm.Fail(nil)
			w.crm.Delay(nil)
			w.clock.Advance(time.Minute)
			w.work()
			list = w.list()
			require.False(t, list[0].LinksPending)
			require.Len(t, list[0].Links, 1)
			require.Equal(t, w.ben, list[0].Links[0].Entity)
		})
	}
}

// TestConfig: what is missing or out of range is said in a sentence that names the field.
func TestConfig(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	_, err := mailcrm.Open(t.Context(), mailcrm.Config{})
	require.ErrorIs(t, err, mailcrm.ErrInvalid)
	require.ErrorContains(t, err, "Host.Directory")
	_, err = mailcrm.Open(t.Context(), mailcrm.Config{Host: w.crm.Host()})
	require.ErrorContains(t, err, "sqlite.Open")
	for _, s := range []*mailcrm.Session{w.client.As(storage.Actor{}), w.client.As(storage.Actor{Agent: "a", Tenant: "no/slash"}), w.client.As(storage.Actor{Agent: "a\nb"})} {
		_, err := s.Messages.List(t.Context(), mailcrm.MessageQuery{})
		require.ErrorIs(t, err, mailcrm.ErrInvalid)
	}
	require.NoError(t, w.client.Close())
	_, err = w.anna.Messages.List(t.Context(), mailcrm.MessageQuery{})
	require.ErrorIs(t, err, mailcrm.ErrClosed)
}
