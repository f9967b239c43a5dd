package mailcrm_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/storage"
)

// TestAccountInput: what is wrong with an account is said at its field, under a stable code, when it is added and when it is changed.
func TestAccountInput(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	account, err := w.anna.Accounts.Create(t.Context(), w.input())
	require.NoError(t, err)
	long := strings.Repeat("x", 256)
	for _, c := range []struct {
		field, code string
		change      func(*mailcrm.AccountInput)
	}{
		{"Address", "bad_address", func(in *mailcrm.AccountInput) { in.Address = "" }},
		{"Address", "bad_address", func(in *mailcrm.AccountInput) { in.Address = "anna" }},
		{"Address", "bad_address", func(in *mailcrm.AccountInput) { in.Address = "anna@demo.example\r\nX: y" }},
		{"Name", "too_long", func(in *mailcrm.AccountInput) { in.Name = long }},
		{"Name", "too_long", func(in *mailcrm.AccountInput) { in.Name = "a\nb" }},
		{"Owner", "not_allowed", func(in *mailcrm.AccountInput) { in.Owner = "ben" }},
		{"IMAP.Host", "required", func(in *mailcrm.AccountInput) { in.IMAP.Host = " " }},
		{"SMTP.Host", "required", func(in *mailcrm.AccountInput) { in.SMTP.Host = "" }},
		{"IMAP.Host", "malformed", func(in *mailcrm.AccountInput) { in.IMAP.Host = "https://imap.example" }},
		{"SMTP.Host", "malformed", func(in *mailcrm.AccountInput) { in.SMTP.Host = "smtp example" }},
		{"IMAP.Host", "malformed", func(in *mailcrm.AccountInput) { in.IMAP.Host = "imap.example:993" }},
		{"IMAP.Host", "malformed", func(in *mailcrm.AccountInput) { in.IMAP.Host = "imap\u2028.example" }},
		{"IMAP.Host", "malformed", func(in *mailcrm.AccountInput) { in.IMAP.Host = long }},
		{"IMAP.Security", "unknown", func(in *mailcrm.AccountInput) { in.IMAP.Security = "ssl" }},
		{"IMAP.Password", "malformed", func(in *mailcrm.AccountInput) { in.IMAP.Password = mailcrm.NewSecret(strings.Repeat("x", 1001)) }},
		{"SMTP.Password", "malformed", func(in *mailcrm.AccountInput) { in.SMTP.Password = mailcrm.NewSecret(strings.Repeat("x", 1001)) }},
		{"SMTP.Password", "malformed", func(in *mailcrm.AccountInput) { in.SMTP.Password = mailcrm.NewSecret("x\x00y") }},
		{"SMTP.Security", "plaintext", func(in *mailcrm.AccountInput) { in.SMTP.Security = mailcrm.Plaintext }},
		{"IMAP.Port", "out_of_range", func(in *mailcrm.AccountInput) { in.IMAP.Port = -1 }},
		{"SMTP.Port", "out_of_range", func(in *mailcrm.AccountInput) { in.SMTP.Port = 65536 }},
		{"IMAP.Username", "malformed", func(in *mailcrm.AccountInput) { in.IMAP.Username = "a\rb" }},
		{"SMTP.Username", "malformed", func(in *mailcrm.AccountInput) { in.SMTP.Username = long }},
		{"IMAP.PinSHA256", "malformed", func(in *mailcrm.AccountInput) { in.IMAP.PinSHA256 = "ab:cd" }},
		{"SMTP.PinSHA256", "malformed", func(in *mailcrm.AccountInput) { in.SMTP.PinSHA256 = strings.Repeat("xy", 32) }},
		{"Link", "unknown", func(in *mailcrm.AccountInput) { in.Link = "never" }},
		{"DepthDays", "out_of_range", func(in *mailcrm.AccountInput) { in.DepthDays = mailcrm.MaxDepthDays + 1 }},
		{"SentCopy", "unknown", func(in *mailcrm.AccountInput) { in.SentCopy = "twice" }},
		{"OwnDomains", "malformed", func(in *mailcrm.AccountInput) { in.OwnDomains = []string{"demo.example", "not a domain"} }},
		{"Members.Agent", "malformed", func(in *mailcrm.AccountInput) { in.Members = []mailcrm.Member{{}} }},
		{"Members.Agent", "malformed", func(in *mailcrm.AccountInput) { in.Members = []mailcrm.Member{{Agent: "a\nb"}} }},
		{"Members.Rights", "unknown", func(in *mailcrm.AccountInput) {
			in.Members = []mailcrm.Member{{Agent: "marc", Rights: []mailcrm.Right{"write"}}}
		}},
		{"Identities.Address", "bad_address", func(in *mailcrm.AccountInput) { in.Identities = []mailcrm.Identity{{Name: "Anna"}} }},
		{"Identities.ReplyTo", "bad_address", func(in *mailcrm.AccountInput) {
			in.Identities = []mailcrm.Identity{{Address: annaAddress, ReplyTo: "nobody"}}
		}},
		{"Identities.Name", "malformed", func(in *mailcrm.AccountInput) {
			in.Identities = []mailcrm.Identity{{Address: annaAddress, Name: "A\r\nBcc: x@y.example"}}
		}},
		{"Identities.ID", "unknown", func(in *mailcrm.AccountInput) {
			in.Identities = []mailcrm.Identity{{Address: annaAddress, ID: "of somebody else"}}
		}},
		{"Identities.ID", "unknown", func(in *mailcrm.AccountInput) {
			in.Identities = []mailcrm.Identity{{Address: annaAddress, ID: account.Identities[0].ID + "x"}, {Address: annaAddress, ID: account.Identities[0].ID}}
		}},
	} {
		in := w.input()
		in.Address = "second@demo.example"
		c.change(&in)
		_, err := w.anna.Accounts.Create(t.Context(), in)
		requireField(t, err, c.field, c.code)
		in = w.input()
		in.ID = account.ID
		c.change(&in)
		_, err = w.anna.Accounts.Update(t.Context(), in)
		requireField(t, err, c.field, c.code)
	}
	for what, change := range map[string]func(*mailcrm.AccountInput){
		"members":    func(in *mailcrm.AccountInput) { in.Members = make([]mailcrm.Member, mailcrm.MaxMembers+1) },
		"identities": func(in *mailcrm.AccountInput) { in.Identities = make([]mailcrm.Identity, mailcrm.MaxIdentities+1) },
		"domains":    func(in *mailcrm.AccountInput) { in.OwnDomains = make([]string, mailcrm.MaxOwnDomains+1) },
		"signature": func(in *mailcrm.AccountInput) {
			in.Identities = []mailcrm.Identity{{Address: annaAddress, Signature: strings.Repeat("x", mailcrm.MaxSignature+1)}}
		},
		"password": func(in *mailcrm.AccountInput) { in.IMAP.Password = mailcrm.NewSecret(strings.Repeat("x", 1<<20)) },
	} {
		in := w.input()
		in.Address = "second@demo.example"
		change(&in)
		_, err := w.anna.Accounts.Create(t.Context(), in)
		require.ErrorIs(t, err, mailcrm.ErrLimit, what)
	}

	in := w.input()
	in.ID = "x"
	_, err = w.anna.Accounts.Create(t.Context(), in)
	requireField(t, err, "ID", "unexpected")
	in = w.input()
	in.IMAP.Password = mailcrm.Secret{}
	_, err = w.anna.Accounts.Create(t.Context(), in)
	requireField(t, err, "IMAP.Password", "required")
	in = w.input()
	in.Address = "  ANNA@Demo.Example "
	_, err = w.anna.Accounts.Create(t.Context(), in)
	require.ErrorIs(t, err, mailcrm.ErrConflict, "the tenant has an account of this address")

	root := w.client.As(storage.Actor{Agent: "root", Admin: true})
	in = w.input()
	in.Address, in.Owner = "second@demo.example", "a\nb"
	_, err = root.Accounts.Create(t.Context(), in)
	requireField(t, err, "Owner", "malformed")
	in.Owner = "marc"
	given, err := root.Accounts.Create(t.Context(), in)
	require.NoError(t, err)
	require.Equal(t, "marc", given.Owner)
	require.Empty(t, given.Rights, "to administer is not to read")

	unchanged := w.status(account.ID)
	require.Equal(t, account, unchanged, "a refused change changes nothing")
}

// requireField says that an error is at a field, under a code, with a sentence.
func requireField(t *testing.T, err error, field, code string) {
	t.Helper()
	var at *mailcrm.FieldError
	require.True(t, errors.As(err, &at), "%s %s: %v", field, code, err)
	require.ErrorIs(t, err, mailcrm.ErrInvalid)
	require.Equal(t, field+" "+code, at.Field+" "+at.Code, at.Reason)
	require.NotEmpty(t, at.Reason)
}

// TestAccountDefaults: an address, a server and a password are enough.
func TestAccountDefaults(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	account, err := w.anna.Accounts.Create(t.Context(), mailcrm.AccountInput{
		Address: "Anna@Bücher.Example",
		IMAP:    mailcrm.ServerInput{Host: " IMAP.bücher.example ", Password: mailcrm.NewSecret("x")},
		SMTP:    mailcrm.ServerInput{Host: "smtp.bücher.example", Security: mailcrm.StartTLS},
	})
	require.NoError(t, err)
	const address = "anna@xn--bcher-kva.example"
	require.NotEmpty(t, account.Identities[0].ID)
	account.Identities[0].ID = ""
	require.Equal(t, &mailcrm.Account{
		ID: account.ID, Address: address, Name: address, Owner: "anna",
		IMAP: mailcrm.Server{Host: "imap.bücher.example", Port: 993, Security: mailcrm.TLS, Username: address},
		SMTP: mailcrm.Server{Host: "smtp.bücher.example", Port: 587, Security: mailcrm.StartTLS, Username: address},
		Link: mailcrm.WhenRead, DepthDays: mailcrm.DefaultDepth, SentCopy: mailcrm.SentAppend,
		Identities: []mailcrm.Identity{{Address: address, Default: true}},
		Rights:     []mailcrm.Right{mailcrm.RightRead, mailcrm.RightSend, mailcrm.RightManage},
		Status:     mailcrm.AccountStatus{State: "new", Since: w.clock.Now(), NextTry: w.clock.Now()},
		Sending:    mailcrm.AccountStatus{State: "new"},
		Revision:   1, Created: w.clock.Now(),
	}, account)

	in := account.Input()
	in.IMAP.Security, in.IMAP.Port = mailcrm.StartTLS, 0
	in.SMTP.Security, in.SMTP.Port = "", 0
	in.OwnDomains = []string{" @Bücher.Example"}
	account, err = w.anna.Accounts.Update(t.Context(), in)
	require.NoError(t, err)
	require.Equal(t, 143, account.IMAP.Port)
	require.Equal(t, 465, account.SMTP.Port)
	require.Equal(t, []string{"xn--bcher-kva.example"}, account.OwnDomains)
}

// TestAccountInputRoundTrip: what an account says, sent back as it is, changes nothing; one field of it can be changed alone.
func TestAccountInputRoundTrip(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	in := w.input()
	in.DepthDays, in.StoreAttachments, in.Public, in.CRLF, in.SentCopy = -1, true, true, true, mailcrm.SentCheck
	in.OwnDomains = []string{"demo.example"}
	in.Members = []mailcrm.Member{{Agent: "marc", Rights: []mailcrm.Right{mailcrm.RightRead}}}
	in.Identities = []mailcrm.Identity{{Address: annaAddress, Name: "Anna"}, {Address: "sales@demo.example", ReplyTo: "desk@demo.example", Signature: "<p>S</p>", Default: true}}
	in.SMTP.NoAuth = true
	in.IMAP.PinSHA256 = strings.Repeat("AB:", 31) + "ab"
	before := w.account(in)
	same, err := w.anna.Accounts.Update(t.Context(), before.Input())
	require.NoError(t, err)
	require.Equal(t, before.Revision+1, same.Revision)
	renamed := same.Input()
	renamed.Name = "Desk"
	after, err := w.anna.Accounts.Update(t.Context(), renamed)
	require.NoError(t, err)
	before.Name, before.Revision, before.Status, before.LastSync = after.Name, after.Revision, after.Status, after.LastSync
	require.Equal(t, before, after)
	w.work()
	require.Equal(t, "tls.pin_changed", w.status(after.ID).Status.Code, "the password is still there")
}

// TestAccountRevision: who changes what another one changed meanwhile is told.
func TestAccountRevision(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	account, err := w.anna.Accounts.Create(t.Context(), w.input())
	require.NoError(t, err)
	first, second := account.Input(), account.Input()
	first.Name, second.Name = "First", "Second"
	_, err = w.anna.Accounts.Update(t.Context(), first)
	require.NoError(t, err)
	_, err = w.anna.Accounts.Update(t.Context(), second)
	require.ErrorIs(t, err, mailcrm.ErrConflict)
	second.Revision = 0
	account, err = w.anna.Accounts.Update(t.Context(), second)
	require.NoError(t, err)
	require.Equal(t, "Second", account.Name)
	require.EqualValues(t, 3, account.Revision)
}

// TestPasswordStays: a password is for the server and the login that it was given for. Whoever may change the settings cannot have it sent elsewhere.
func TestPasswordStays(t *testing.T) {
	const other = "evil.example"
	for _, c := range []struct {
		name   string
		smtp   string // its own password; empty: as IMAP
		change func(*mailcrm.AccountInput)
		field  string // that must be entered again; "" none
	}{
		{"nothing", "", func(*mailcrm.AccountInput) {}, ""},
		{"the port", "", func(in *mailcrm.AccountInput) { in.IMAP.Port, in.SMTP.Port = 0, 0 }, ""},
		{"the IMAP host", "", func(in *mailcrm.AccountInput) { in.IMAP.Host = other }, "IMAP.Password"},
		{"the IMAP login", "", func(in *mailcrm.AccountInput) { in.IMAP.Username = "root" }, "IMAP.Password"},
		{"the IMAP host, with a password", "", func(in *mailcrm.AccountInput) {
			in.IMAP.Host, in.IMAP.Password = other, mailcrm.NewSecret("new")
		}, ""},
		{"the SMTP host", "", func(in *mailcrm.AccountInput) { in.SMTP.Host = other }, "SMTP.Password"},
		{"the SMTP login", "", func(in *mailcrm.AccountInput) { in.SMTP.Username = "root" }, "SMTP.Password"},
		{"the SMTP host, with a password", "", func(in *mailcrm.AccountInput) {
			in.SMTP.Host, in.SMTP.Password = other, mailcrm.NewSecret("new")
		}, ""},
		{"the SMTP host, with the common password", "", func(in *mailcrm.AccountInput) {
			in.SMTP.Host, in.IMAP.Password = other, mailcrm.NewSecret(password)
		}, ""},
		{"the SMTP host that has a password of its own", "own", func(in *mailcrm.AccountInput) { in.SMTP.Host = other }, "SMTP.Password"},
		{"the SMTP host that has a password of its own, with the IMAP one", "own", func(in *mailcrm.AccountInput) {
			in.SMTP.Host, in.IMAP.Password = other, mailcrm.NewSecret(password)
		}, "SMTP.Password"},
		{"to an SMTP host without login", "own", func(in *mailcrm.AccountInput) { in.SMTP.Host, in.SMTP.NoAuth = other, true }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
			in := w.input()
			in.SMTP.Password = mailcrm.NewSecret(c.smtp)
			account, err := w.anna.Accounts.Create(t.Context(), in)
			require.NoError(t, err)
			in = account.Input()
			c.change(&in)
			account, err = w.anna.Accounts.Update(t.Context(), in)
			if c.field != "" {
				requireField(t, err, c.field, "required")
				return
			}
			require.NoError(t, err)
			if !in.SMTP.NoAuth {
				return
			}
			// By the way round: first without a login, then with one.
			in = account.Input()
			in.SMTP.NoAuth = false
			_, err = w.anna.Accounts.Update(t.Context(), in)
			requireField(t, err, "SMTP.Password", "required")
		})
	}
}

// TestIdentities: one is the default, ids last, and an account's new address is in From.
func TestIdentities(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	in := w.input()
	in.Identities = []mailcrm.Identity{
		{Name: "Anna", Address: "ANNA@demo.example", Signature: `<p onclick="x()">Anna<script>alert(1)</script></p>`},
		{Name: "Sales", Address: "sales@demo.example", Default: true},
		{Name: "Both", Address: "both@demo.example", Default: true},
	}
	account, err := w.anna.Accounts.Create(t.Context(), in)
	require.NoError(t, err)
	var names, defaults []string
	for _, id := range account.Identities {
		names = append(names, id.Name)
		if id.Default {
			defaults = append(defaults, id.Name)
		}
	}
	require.Equal(t, []string{"Anna", "Sales", "Both"}, names)
	require.Equal(t, []string{"Sales"}, defaults)
	require.Equal(t, annaAddress, account.Identities[0].Address)
	require.NotContains(t, account.Identities[0].Signature, "script")
	require.NotContains(t, account.Identities[0].Signature, "onclick")

	in = account.Input()
	in.Identities = []mailcrm.Identity{in.Identities[2], {Name: "New", Address: "new@demo.example"}}
	in.Identities[0].Default = false
	changed, err := w.anna.Accounts.Update(t.Context(), in)
	require.NoError(t, err)
	require.Len(t, changed.Identities, 2)
	require.Equal(t, account.Identities[2].ID, changed.Identities[0].ID)
	require.True(t, changed.Identities[0].Default, "the first one, when nobody says")

	in = changed.Input()
	in.Identities = append(in.Identities, in.Identities[0])
	_, err = w.anna.Accounts.Update(t.Context(), in)
	requireField(t, err, "Identities.ID", "unknown")

	second := w.input()
	second.Address, second.Identities = "second@demo.example", nil
	other, err := w.anna.Accounts.Create(t.Context(), second)
	require.NoError(t, err)
	second = other.Input()
	second.Address, second.Identities, second.IMAP.Password = "renamed@demo.example", nil, mailcrm.NewSecret(password)
	other, err = w.anna.Accounts.Update(t.Context(), second)
	require.NoError(t, err)
	require.Equal(t, "renamed@demo.example", other.Identities[0].Address, "the face of the account follows its address")
}

// TestMembers: rights of one agent add up, and an agent sees the accounts that he uses.
func TestMembers(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	in := w.input()
	in.Members = []mailcrm.Member{
		{Agent: "marc", Rights: []mailcrm.Right{mailcrm.RightSend}},
		{Agent: "marc", Rights: []mailcrm.Right{mailcrm.RightRead}},
		{Agent: "zoe"},
	}
	account, err := w.anna.Accounts.Create(t.Context(), in)
	require.NoError(t, err)
	marc := w.client.As(storage.Actor{Agent: "marc"})
	got, err := marc.Accounts.Get(t.Context(), account.ID)
	require.NoError(t, err)
	require.Equal(t, []mailcrm.Right{mailcrm.RightRead, mailcrm.RightSend}, got.Rights)
	list, err := marc.Accounts.List(t.Context())
	require.NoError(t, err)
	require.Len(t, list, 1)
	zoe := w.client.As(storage.Actor{Agent: "zoe"})
	_, err = zoe.Accounts.Get(t.Context(), account.ID)
	require.ErrorIs(t, err, mailcrm.ErrNotFound, "a member without rights is none")
	list, err = zoe.Accounts.List(t.Context())
	require.NoError(t, err)
	require.Empty(t, list)

	in = account.Input()
	in.Members = nil
	_, err = w.anna.Accounts.Update(t.Context(), in)
	require.NoError(t, err)
	_, err = marc.Accounts.Get(t.Context(), account.ID)
	require.ErrorIs(t, err, mailcrm.ErrNotFound)
}

// TestAccountList is by name, whatever the letters.
func TestAccountList(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	for i, name := range []string{"zoo", "Beta", "alpha"} {
		in := w.input()
		in.Address, in.Name = fmt.Sprintf("a%d@demo.example", i), name
		_, err := w.anna.Accounts.Create(t.Context(), in)
		require.NoError(t, err)
	}
	list, err := w.anna.Accounts.List(t.Context())
	require.NoError(t, err)
	var names []string
	for _, a := range list {
		names = append(names, a.Name)
	}
	require.Equal(t, []string{"alpha", "Beta", "zoo"}, names)
}

// TestAccountDeleted: its folders go, the history stays, and nothing of it is due any more.
func TestAccountDeleted(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	w.mail("one", "Kept")
	account := w.account(w.input())
	queued := w.send(account.ID, benAddress)
	history := w.timeline()
	require.Len(t, history, 1)
	require.NoError(t, w.anna.Accounts.Delete(t.Context(), account.ID))
	require.ErrorIs(t, w.anna.Accounts.Delete(t.Context(), account.ID), mailcrm.ErrNotFound)
	w.work()
	require.Empty(t, w.server.Delivered())
	require.Equal(t, mailcrm.StateCancelled, w.submission(queued).State)
	require.Empty(t, w.list())
	require.Len(t, w.timeline(), 1)
	kept, err := w.anna.Messages.Get(t.Context(), history[0].ID)
	require.NoError(t, err)
	require.Contains(t, kept.Text, "Hello Anna", "its text is known still")
	require.Empty(t, kept.Places)
	w.account(w.input())
	require.Len(t, w.list(), 1, "added again")
	require.Len(t, w.timeline(), 1, "and it is the same mail")
}
