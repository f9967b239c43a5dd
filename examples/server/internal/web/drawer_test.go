package web

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/storage"
)

func TestDrawer(t *testing.T) {
	now := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	d := newDrawer(func() time.Time { return now })
	anna, bert := storage.Actor{Agent: "anna"}, storage.Actor{Agent: "bert"}
	elsewhere := storage.Actor{Tenant: "t2", Agent: "anna"}

	id := d.put(attempt{who: anna, address: "a@firm.example"})
	require.GreaterOrEqual(t, len(id), 26, "a name of 128 bits")
	_, ok := d.get(id, anna)
	require.True(t, ok)
	for name, who := range map[string]storage.Actor{"another agent": bert, "another tenant": elsewhere, "nobody": {}} {
		_, ok := d.get(id, who)
		require.False(t, ok, name)
	}
	now = now.Add(drawerTime)
	kept, ok := d.get(id, anna)
	require.True(t, ok)
	require.Equal(t, id, d.put(kept), "each step is another ten minutes")
	now = now.Add(drawerTime + time.Second)
	_, ok = d.get(id, anna)
	require.False(t, ok)
	require.Empty(t, d.attempts, "what is over is thrown away")

	first := d.put(attempt{who: anna})
	for range maxOwn {
		now = now.Add(time.Millisecond)
		d.put(attempt{who: anna})
	}
	require.Len(t, d.attempts, maxOwn)
	_, ok = d.get(first, anna)
	require.False(t, ok, "the oldest of one's own goes first")
	for i := range maxAttempts + 50 {
		now = now.Add(time.Millisecond)
		d.put(attempt{who: storage.Actor{Agent: fmt.Sprint(i)}})
	}
	require.Len(t, d.attempts, maxAttempts)

	d.leave("state", comeback{who: anna, path: "/x"})
	_, ok = d.back("state", bert)
	require.False(t, ok)
	back, ok := d.back("state", anna)
	require.True(t, ok)
	require.Equal(t, "/x", back.path)
	_, ok = d.back("state", anna)
	require.False(t, ok, "it works once")
	d.leave("late", comeback{who: anna})
	now = now.Add(mailcrm.LoginTime + time.Second)
	_, ok = d.back("late", anna)
	require.False(t, ok)
	for i := range maxAttempts + 5 {
		d.leave(fmt.Sprint(i), comeback{who: anna})
	}
	require.Len(t, d.returns, maxAttempts)
}

// A password is for the server and the login that it was typed for.
func TestPasswordsAreReusedForTheSameServerOnly(t *testing.T) {
	was := mailcrm.ServerInput{Host: "imap.firm.example", Port: 993, Security: mailcrm.TLS, Username: "anna", Password: mailcrm.NewSecret("s")}
	for name, c := range map[string]struct {
		change func(*mailcrm.ServerInput)
		want   string
	}{
		"same":     {func(*mailcrm.ServerInput) {}, "s"},
		"pin":      {func(s *mailcrm.ServerInput) { s.PinSHA256 = "00" }, "s"},
		"typed":    {func(s *mailcrm.ServerInput) { s.Password = mailcrm.NewSecret("new") }, "new"},
		"host":     {func(s *mailcrm.ServerInput) { s.Host = "imap.evil.example" }, ""},
		"port":     {func(s *mailcrm.ServerInput) { s.Port = 143 }, ""},
		"security": {func(s *mailcrm.ServerInput) { s.Security = mailcrm.StartTLS }, ""},
		"user":     {func(s *mailcrm.ServerInput) { s.Username = "bert" }, ""},
		"flags":    {func(s *mailcrm.ServerInput) { s.Flags = "/user=bert" }, ""},
		"sign-in":  {func(s *mailcrm.ServerInput) { s.Login = "l" }, ""},
	} {
		now := was
		now.Password = mailcrm.Secret{}
		c.change(&now)
		before := attempt{input: mailcrm.AccountInput{IMAP: was, SMTP: was}}
		in := mailcrm.AccountInput{IMAP: now, SMTP: now}
		before.passwords(&in)
		require.Equal(t, c.want, in.IMAP.Password.Reveal(), name)
		require.Equal(t, c.want, in.SMTP.Password.Reveal(), name)
	}
}

func TestOnlyPasswordsThatWorkedAreKept(t *testing.T) {
	failed := func(side, do string) mailcrm.CheckStep {
		return mailcrm.CheckStep{Side: side, Name: mailcrm.StepLogin, State: mailcrm.StepFailed, Do: do}
	}
	for name, c := range map[string]struct {
		step       mailcrm.CheckStep
		imap, smtp bool
	}{
		"receiving":          {failed(mailcrm.SideIMAP, mailcrm.DoPassword), false, true},
		"sending":            {failed(mailcrm.SideSMTP, mailcrm.DoPassword), true, false},
		"not the password's": {failed(mailcrm.SideIMAP, mailcrm.DoServer), true, true},
	} {
		a := attempt{check: &mailcrm.Check{Steps: []mailcrm.CheckStep{c.step}}}
		a.input.IMAP.Password, a.input.SMTP.Password = mailcrm.NewSecret("i"), mailcrm.NewSecret("s")
		a.forget()
		require.Equal(t, c.imap, !a.input.IMAP.Password.IsZero(), name)
		require.Equal(t, c.smtp, !a.input.SMTP.Password.IsZero(), name)
	}
	a := attempt{check: &mailcrm.Check{Steps: []mailcrm.CheckStep{failed(mailcrm.SideSMTP, mailcrm.DoPassword)}}}
	a.input.IMAP.Password = mailcrm.NewSecret("both")
	a.forget()
	require.True(t, a.input.IMAP.Password.IsZero(), "it was the same one")
}
