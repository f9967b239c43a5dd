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

// logins is how often somebody tried to log in, for reading or for sending.
func (w *world) logins(protocol string) (n int) {
	for _, l := range w.server.Logins() {
		if l.Protocol == protocol {
			n++
		}
	}
	return n
}

// events are the types of what was told of an account since the beginning, oldest first.
func (w *world) events(account string) (types []string) {
	w.t.Helper()
	for after := int64(0); ; {
		page, next, err := w.anna.Events.List(w.t.Context(), after, mailcrm.MaxPage)
		require.NoError(w.t, err)
		for _, e := range page {
			if e.Account == account {
				types = append(types, e.Type)
			}
		}
		if next == after {
			return types
		}
		after = next
	}
}

// TestPasswordThatWorked: the provider refuses a password that worked: three more tries, after 15 minutes, 1 hour and 6 hours, then no more until somebody enters it
// again. A new one that is wrong too is tried once.
func TestPasswordThatWorked(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	account := w.account(w.input())
	worked := w.clock.Now()
	require.Equal(t, worked, account.Status.Verified)
	require.NoError(t, w.server.SetPassword(annaAddress, "another"))
	w.clock.Advance(2 * time.Minute)
	w.work()
	for _, wait := range []time.Duration{15 * time.Minute, time.Hour, 6 * time.Hour} {
		tries, status := w.logins("imap"), w.status(account.ID).Status
		require.Equal(t, mailcrm.AccountAuthFailed, status.State)
		require.Equal(t, w.clock.Now().Add(wait), status.NextTry)
		require.Equal(t, worked, status.Verified)
		w.clock.Advance(wait - time.Second)
		w.work()
		require.Equal(t, tries, w.logins("imap"), "not before its time")
		w.clock.Advance(time.Second)
		w.work()
		require.Equal(t, tries+1, w.logins("imap"))
	}
	status := w.status(account.ID).Status
	require.Zero(t, status.NextTry)
	require.Equal(t, mailcrm.DoPassword, status.Do)
	require.Equal(t, "Enter the password again.", status.Cure)
	tries := w.logins("imap")
	w.later(24 * time.Hour)
	require.Equal(t, tries, w.logins("imap"))

	// To change its name is no reason to try again.
	in := w.status(account.ID).Input()
	in.Name = "Desk"
	_, err := w.anna.Accounts.Update(t.Context(), in)
	require.NoError(t, err)
	w.work()
	require.Equal(t, tries, w.logins("imap"))
	require.Equal(t, mailcrm.AccountAuthFailed, w.status(account.ID).Status.State)

	in.Revision, in.IMAP.Password = 0, mailcrm.NewSecret("wrong too")
	_, err = w.anna.Accounts.Update(t.Context(), in)
	require.NoError(t, err)
	w.later(24 * time.Hour)
	require.Equal(t, tries+1, w.logins("imap"), "this one never worked")
	in.IMAP.Password = mailcrm.NewSecret("another")
	_, err = w.anna.Accounts.Update(t.Context(), in)
	require.NoError(t, err)
	w.work()
	status = w.status(account.ID).Status
	require.Equal(t, mailcrm.AccountReady, status.State)
	require.Equal(t, w.clock.Now(), status.Verified)
	require.Empty(t, status.Sentence)
	require.Empty(t, status.Do)
	require.Contains(t, w.events(account.ID), "account.secret")
}

// TestPasswordThatWorkedAndABan: who is refused is often locked out next, and not reached for a while. Then the three tries do not begin anew, nor when somebody renames the
// account meanwhile, or pauses it.
func TestPasswordThatWorkedAndABan(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	account := w.account(w.input())
	require.NoError(t, w.server.SetPassword(annaAddress, "another"))
	worked := w.logins("imap")
	const bans = 2 // in which a login is begun too
	for round := range 12 {
		w.clock.Advance(7 * time.Hour)
		w.work()
		w.server.FailIMAP(mailcrmtest.IMAPFault{Command: "LOGIN", Code: "UNAVAILABLE", Text: "come back later"})
		w.clock.Advance(7 * time.Hour)
		if round < bans {
			w.work()
			require.Equal(t, mailcrm.AccountUnreachable, w.status(account.ID).Status.State)
		}
		in := w.status(account.ID).Input()
		in.Name = "Desk " + string(rune('A'+round))
		_, err := w.anna.Accounts.Update(t.Context(), in)
		require.NoError(t, err)
		w.server.Heal()
	}
	require.Equal(t, worked+4+bans, w.logins("imap"))
	status := w.status(account.ID).Status
	require.Equal(t, mailcrm.AccountAuthFailed, status.State)
	require.Zero(t, status.NextTry)

	// Who goes on with it asks for one try, and what is entered is tried at once.
	_, err := w.anna.Accounts.Pause(t.Context(), account.ID)
	require.NoError(t, err)
	_, err = w.anna.Accounts.Resume(t.Context(), account.ID)
	require.NoError(t, err)
	w.later(24 * time.Hour)
	require.Equal(t, worked+5+bans, w.logins("imap"))
	in := w.status(account.ID).Input()
	in.IMAP.Password = mailcrm.NewSecret("another")
	_, err = w.anna.Accounts.Update(t.Context(), in)
	require.NoError(t, err)
	w.work()
	require.Equal(t, mailcrm.AccountReady, w.status(account.ID).Status.State)
	require.NoError(t, w.server.SetPassword(annaAddress, "a third"))
	w.clock.Advance(2 * time.Minute)
	w.work()
	require.Equal(t, w.clock.Now().Add(15*time.Minute), w.status(account.ID).Status.NextTry, "counted anew")
}

// TestSyncOfARefusedPassword: who only reads an account cannot have a refused password tried again, and nobody has one that is paused looked at.
func TestSyncOfARefusedPassword(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	in := w.input()
	in.IMAP.Password = mailcrm.NewSecret("wrong")
	in.Members = []mailcrm.Member{{Agent: "bea", Rights: []mailcrm.Right{mailcrm.RightRead}}}
	account := w.account(in)
	require.Equal(t, mailcrm.AccountAuthFailed, account.Status.State)
	tries := w.logins("imap")
	require.NoError(t, w.client.As(storage.Actor{Agent: "bea"}).Accounts.Sync(t.Context(), account.ID))
	w.work()
	require.Equal(t, tries, w.logins("imap"))
	require.NoError(t, w.anna.Accounts.Sync(t.Context(), account.ID))
	w.work()
	require.Equal(t, tries+1, w.logins("imap"), "who manages it may")

	_, err := w.anna.Accounts.Pause(t.Context(), account.ID)
	require.NoError(t, err)
	require.NoError(t, w.anna.Accounts.Sync(t.Context(), account.ID))
	require.Zero(t, w.status(account.ID).Status.NextTry)
}

// TestPause: nothing is fetched or sent, whoever asks, until somebody resumes the account.
func TestPause(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	account := w.account(w.input())
	logins := len(w.server.Logins())
	paused, err := w.anna.Accounts.Pause(t.Context(), account.ID)
	require.NoError(t, err)
	require.Equal(t, mailcrm.AccountPaused, paused.Status.State)
	require.Equal(t, mailcrm.DoResume, paused.Status.Do)
	require.NotEmpty(t, paused.Status.Sentence)
	require.Equal(t, account.Status.Verified, paused.Status.Verified)
	w.clock.Advance(time.Minute)
	again, err := w.anna.Accounts.Pause(t.Context(), account.ID)
	require.NoError(t, err)
	require.Equal(t, paused.Revision, again.Revision, "it is paused already")
	require.Equal(t, paused.Status.Since, again.Status.Since)

	w.mail("one", "Unheard")
	sent := w.send(account.ID, benAddress)
	require.NoError(t, w.anna.Accounts.Sync(t.Context(), account.ID))
	in := w.status(account.ID).Input()
	in.Name, in.IMAP.Password = "Desk", mailcrm.NewSecret(password)
	_, err = w.anna.Accounts.Update(t.Context(), in)
	require.NoError(t, err)
	w.later(5 * time.Hour)
	require.Len(t, w.server.Logins(), logins)
	require.Empty(t, w.list())
	require.Equal(t, mailcrm.StateQueued, w.submission(sent).State)
	require.Equal(t, mailcrm.AccountPaused, w.status(account.ID).Status.State)

	_, err = w.anna.Accounts.Resume(t.Context(), account.ID)
	require.NoError(t, err)
	w.work()
	require.Len(t, w.list(), 1)
	require.Equal(t, mailcrm.StateSent, w.submission(sent).State)
	status := w.status(account.ID)
	require.Equal(t, mailcrm.AccountReady, status.Status.State)
	same, err := w.anna.Accounts.Resume(t.Context(), account.ID)
	require.NoError(t, err)
	require.Equal(t, status, same, "it is not paused")
	types := w.events(account.ID)
	require.Contains(t, types, "account.paused")
	require.Contains(t, types, "account.resumed")
}

// TestPausedMeanwhile: a look that began before an account was paused does not wake it when it ends.
func TestPausedMeanwhile(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	account := w.account(w.input())
	hold := make(chan struct{})
	w.server.FailIMAP(mailcrmtest.IMAPFault{Command: "STATUS", Times: 1, Hold: hold, Pass: true})
	w.clock.Advance(2 * time.Minute)
	logins := len(w.server.Logins())
	done := make(chan error)
	go func() {
		_, err := w.client.Step(t.Context())
		done <- err
	}()
	require.Eventually(t, func() bool { return len(w.server.Logins()) > logins }, 10*time.Second, time.Millisecond)
	_, err := w.anna.Accounts.Pause(t.Context(), account.ID)
	require.NoError(t, err)
	close(hold)
	require.NoError(t, <-done)
	require.Equal(t, mailcrm.AccountPaused, w.status(account.ID).Status.State)
	w.later(time.Hour)
	require.Len(t, w.server.Logins(), logins+1)
}

// TestTrust: the certificate of a server that nobody vouches for is shown, compared, confirmed by its fingerprint and pinned, for each side; another one stops the
// account.
func TestTrust(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{Certificate: mailcrmtest.SelfSignedCertificate}, nil)
	in := w.input()
	in.IMAP.Flags = "/novalidate-cert"
	account := w.account(in)
	require.Equal(t, mailcrm.AccountCertificate, account.Status.State)
	require.Equal(t, "tls.untrusted", account.Status.Code)
	require.Equal(t, mailcrm.DoCertificate, account.Status.Do)
	shown := account.Status.Certificate
	require.NotNil(t, shown)
	require.Equal(t, w.server.Fingerprint(), shown.SHA256)
	require.Len(t, shown.Fingerprint(), 95)
	require.NotEmpty(t, shown.Subject)
	require.False(t, shown.NotAfter.IsZero())
	require.Empty(t, w.server.Logins(), "no password was sent, whatever the flag")

	trust := func(side, sum string) error {
		_, err := w.anna.Accounts.Trust(t.Context(), mailcrm.TrustInput{Account: account.ID, Side: side, SHA256: sum})
		return err
	}
	requireField(t, trust("imap", "abc"), "SHA256", "malformed")
	requireField(t, trust("pop", shown.SHA256), "Side", "unknown")
	other := "00" + shown.SHA256[2:]
	requireField(t, trust("imap", other), "SHA256", "not_shown")
	requireField(t, trust("smtp", shown.SHA256), "SHA256", "not_shown")
	require.NoError(t, trust("imap", shown.Fingerprint()))
	w.work()
	now := w.status(account.ID)
	require.Equal(t, mailcrm.AccountReady, now.Status.State)
	require.Nil(t, now.Status.Certificate)
	require.Equal(t, shown.SHA256, now.IMAP.PinSHA256)
	require.Contains(t, w.events(account.ID), "account.certificate_trusted")
	requireField(t, trust("imap", shown.SHA256), "SHA256", "not_shown")

	// Sending has a server, a certificate and a state of its own.
	require.Equal(t, mailcrm.AccountNew, now.Sending.State)
	sent := w.send(account.ID, benAddress)
	w.work()
	now = w.status(account.ID)
	require.Equal(t, mailcrm.AccountReady, now.Status.State, "it is read all the same")
	require.Equal(t, mailcrm.AccountCertificate, now.Sending.State)
	require.Equal(t, mailcrm.StateQueued, w.submission(sent).State)
	require.NoError(t, trust("smtp", now.Sending.Certificate.SHA256))
	w.work()
	require.Equal(t, mailcrm.StateSent, w.submission(sent).State, "at once")
	require.Equal(t, mailcrm.AccountReady, w.status(account.ID).Sending.State)

	in = w.status(account.ID).Input()
	in.IMAP.PinSHA256 = other
	logins := w.logins("imap")
	_, err := w.anna.Accounts.Update(t.Context(), in)
	require.NoError(t, err)
	w.work()
	status := w.status(account.ID).Status
	require.Equal(t, "tls.pin_changed", status.Code)
	require.Equal(t, mailcrm.AccountCertificate, status.State)
	require.Equal(t, shown.SHA256, status.Certificate.SHA256, "the one that it shows")
	require.Equal(t, logins, w.logins("imap"))

	in = w.status(account.ID).Input()
	in.IMAP.PinSHA256, in.IMAP.Flags = "", "/validate-cert"
	_, err = w.anna.Accounts.Update(t.Context(), in)
	require.NoError(t, err)
	w.work()
	requireField(t, trust("imap", shown.SHA256), "Account", "contradiction")
}

// TestSendingState: what the outgoing server refuses shows on the account; what is entered again is tried at once, and the mails that waited leave.
func TestSendingState(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	in := w.input()
	in.SMTP.Password = mailcrm.NewSecret("wrong")
	account := w.account(in)
	waits := []string{w.send(account.ID, benAddress), w.send(account.ID, benAddress), w.send(account.ID, benAddress)}
	w.work()
	now := w.status(account.ID)
	require.Equal(t, mailcrm.AccountReady, now.Status.State)
	require.Equal(t, mailcrm.AccountAuthFailed, now.Sending.State)
	require.Equal(t, "smtp.login_refused", now.Sending.Code)
	require.Equal(t, mailcrm.DoPassword, now.Sending.Do)
	require.NotEmpty(t, now.Sending.Sentence)
	require.Zero(t, now.Sending.Verified)
	require.Equal(t, 1, w.logins("smtp"), "one try for all of them")
	since := now.Sending.Since
	w.later(time.Hour)
	require.Equal(t, since, w.status(account.ID).Sending.Since)
	tries := w.logins("smtp")

	in = w.status(account.ID).Input()
	in.SMTP.Password = mailcrm.NewSecret(password)
	changed, err := w.anna.Accounts.Update(t.Context(), in)
	require.NoError(t, err)
	require.Equal(t, mailcrm.AccountNew, changed.Sending.State)
	w.work()
	for _, id := range waits {
		require.Equal(t, mailcrm.StateSent, w.submission(id).State)
	}
	require.Greater(t, w.logins("smtp"), tries)
	now = w.status(account.ID)
	require.Equal(t, mailcrm.AccountReady, now.Sending.State)
	require.Equal(t, w.clock.Now(), now.Sending.Verified)
	require.GreaterOrEqual(t, count(w.events(account.ID), func(s string) bool { return s == "account.state" }), 2)
}

// TestPutOffStays: what a server put off is not hurried because somebody changes the account.
func TestPutOffStays(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	account := w.account(w.input())
	w.server.FailSMTP(mailcrmtest.SMTPFault{Phase: mailcrmtest.PhaseRcpt, Code: 451, Enhanced: "4.7.1", Text: "Greylisted"})
	sent := w.send(account.ID, benAddress)
	w.work()
	next := w.submission(sent).NextTry
	require.True(t, next.After(w.clock.Now()))
	in := account.Input()
	in.Revision, in.SMTP.Password = 0, mailcrm.NewSecret(password)
	_, err := w.anna.Accounts.Update(t.Context(), in)
	require.NoError(t, err)
	require.Equal(t, next, w.submission(sent).NextTry)
}

// TestOverQuota: a mailbox that is full takes no copy; it is read all the same, and says so until there is room.
func TestOverQuota(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	account := w.account(w.input())
	w.server.FailIMAP(mailcrmtest.IMAPFault{Command: "APPEND", Code: "OVERQUOTA"})
	w.mail("one", "Before")
	sent := w.send(account.ID, benAddress)
	w.work()
	status := w.status(account.ID).Status
	require.Equal(t, mailcrm.AccountOverQuota, status.State, "%+v", w.submission(sent))
	require.Equal(t, mailcrm.DoSpace, status.Do)
	require.Equal(t, mailcrm.StateSent, w.submission(sent).State)
	since := status.Since
	w.clock.Advance(2 * time.Minute)
	w.mail("two", "While it is full")
	w.work()
	require.Len(t, w.list(), 2, "reading goes on")
	status = w.status(account.ID).Status
	require.Equal(t, mailcrm.AccountOverQuota, status.State)
	require.Equal(t, since, status.Since)
	w.server.Heal()
	w.later(2 * time.Hour)
	require.Equal(t, mailcrm.AccountReady, w.status(account.ID).Status.State)
	require.Len(t, w.sentFolder(), 1)
}

// TestThrottled: a server that asks for patience is given it, also by who changes the account's name or asks for a sync.
func TestThrottled(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	account := w.account(w.input())
	w.server.FailIMAP(mailcrmtest.IMAPFault{Command: "LOGIN", Code: "UNAVAILABLE", Text: "[THROTTLED] Too many simultaneous connections. Suggested Backoff Time: 180000 milliseconds"})
	w.clock.Advance(2 * time.Minute)
	w.work()
	status := w.status(account.ID).Status
	require.Equal(t, mailcrm.AccountThrottled, status.State, "%+v", status)
	require.Equal(t, mailcrm.DoWait, status.Do)
	require.False(t, status.NextTry.Before(w.clock.Now().Add(3*time.Minute)), "%v", status.NextTry)
	tries := w.logins("imap")
	in := w.status(account.ID).Input()
	in.Name = "Desk"
	_, err := w.anna.Accounts.Update(t.Context(), in)
	require.NoError(t, err)
	require.NoError(t, w.anna.Accounts.Sync(t.Context(), account.ID))
	w.clock.Advance(2 * time.Minute)
	w.work()
	require.Equal(t, tries, w.logins("imap"))
	w.server.Heal()
	w.clock.Advance(2 * time.Minute)
	w.work()
	require.Equal(t, mailcrm.AccountReady, w.status(account.ID).Status.State)
}

// TestOneSync: two agents on one account see one sync, one mail, one state; what one does the other sees.
func TestOneSync(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	w.mail("one", "Shared")
	in := w.input()
	in.Members = []mailcrm.Member{{Agent: "marc", Rights: []mailcrm.Right{mailcrm.RightRead, mailcrm.RightSend}}}
	account := w.account(in)
	marc := w.client.As(storage.Actor{Agent: "marc", Locale: "fr"})
	require.NoError(t, marc.Accounts.Sync(t.Context(), account.ID))
	require.NoError(t, w.anna.Accounts.Sync(t.Context(), account.ID))
	logins := w.logins("imap")
	w.work()
	require.Equal(t, logins+1, w.logins("imap"), "both asked, one looked")
	theirs, err := marc.Messages.List(t.Context(), mailcrm.MessageQuery{Account: account.ID})
	require.NoError(t, err)
	require.Len(t, theirs.Items, 1)
	require.Equal(t, w.list()[0].ID, theirs.Items[0].ID)
	_, err = marc.Messages.Open(t.Context(), theirs.Items[0].ID)
	require.NoError(t, err)
	w.work()
	require.True(t, w.list()[0].Seen, "what one has read is read")
	mine, his := w.status(account.ID), accountOf(t, marc, account.ID)
	require.Equal(t, mine.LastSync, his.LastSync)
	require.Equal(t, mine.Status.State, his.Status.State)
	require.Equal(t, []mailcrm.Right{mailcrm.RightRead, mailcrm.RightSend}, his.Rights)
	require.Len(t, w.timeline(), 1, "and the history has it once")
	_, err = marc.Accounts.Create(t.Context(), w.input())
	require.ErrorIs(t, err, mailcrm.ErrConflict, "one address has one account")
}

func accountOf(t *testing.T, s *mailcrm.Session, id string) *mailcrm.Account {
	t.Helper()
	account, err := s.Accounts.Get(t.Context(), id)
	require.NoError(t, err)
	return account
}

// TestRightsToOneself: nobody gives himself a right to an account that is not his, and what is changed is told.
func TestRightsToOneself(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	in := w.input()
	in.Members = []mailcrm.Member{{Agent: "mia", Rights: []mailcrm.Right{mailcrm.RightManage}}}
	account := w.account(in)
	mia, root := w.client.As(storage.Actor{Agent: "mia"}), w.client.As(storage.Actor{Agent: "root", Admin: true})
	update := func(s *mailcrm.Session, change func(*mailcrm.AccountInput)) error {
		in := w.status(account.ID).Input()
		change(&in)
		_, err := s.Accounts.Update(t.Context(), in)
		return err
	}
	all := []mailcrm.Right{mailcrm.RightRead, mailcrm.RightSend, mailcrm.RightManage}
	requireField(t, update(mia, func(in *mailcrm.AccountInput) { in.Members[0].Rights = all }), "Members", "not_allowed")
	requireField(t, update(mia, func(in *mailcrm.AccountInput) {
		in.Members = append(in.Members, mailcrm.Member{Agent: "mia", Rights: all})
	}), "Members", "not_allowed")
	requireField(t, update(mia, func(in *mailcrm.AccountInput) { in.Owner = "mia" }), "Owner", "not_allowed")
	requireField(t, update(root, func(in *mailcrm.AccountInput) { in.Owner = "root" }), "Owner", "not_allowed")
	requireField(t, update(root, func(in *mailcrm.AccountInput) {
		in.Members = append(in.Members, mailcrm.Member{Agent: "root", Rights: all[:1]})
	}), "Members", "not_allowed")
	_, err := mia.Mailboxes.List(t.Context(), account.ID)
	require.ErrorIs(t, err, mailcrm.ErrNotFound)

	require.NoError(t, update(mia, func(in *mailcrm.AccountInput) { in.Name = "Managed" }), "she manages it all the same")
	require.NoError(t, update(mia, func(in *mailcrm.AccountInput) {
		in.Members = append(in.Members, mailcrm.Member{Agent: "leo", Rights: all[:1]})
	}), "and gives rights to others")
	require.NoError(t, update(w.anna, func(in *mailcrm.AccountInput) {
		in.Members = append(in.Members, mailcrm.Member{Agent: "anna", Rights: all})
	}), "the owner has them anyway")
	require.NotContains(t, w.events(account.ID), "account.owner")
	require.NoError(t, update(root, func(in *mailcrm.AccountInput) { in.Owner = "leo" }))
	require.NoError(t, update(mia, func(in *mailcrm.AccountInput) { in.Members = nil }), "and gives up her own")
	events, _, err := root.Events.List(t.Context(), 0, mailcrm.MaxPage)
	require.NoError(t, err)
	i := slices.IndexFunc(events, func(e mailcrm.Event) bool { return e.Type == "account.owner" })
	require.GreaterOrEqual(t, i, 0)
	require.Equal(t, "root", events[i].Agent)
	require.Equal(t, "leo", events[i].Subject)
	require.GreaterOrEqual(t, count(events, func(e mailcrm.Event) bool { return e.Type == "account.members" }), 3)

	created, err := root.Accounts.Create(t.Context(), mailcrm.AccountInput{
		Address: "desk@demo.example", Owner: "anna", IMAP: mailcrm.ServerInput{Host: "imap.demo.example", Password: mailcrm.NewSecret("x")},
		SMTP: mailcrm.ServerInput{Host: "smtp.demo.example"},
	})
	require.NoError(t, err)
	require.Equal(t, "anna", created.Owner, "an administrator adds one for somebody")
}
