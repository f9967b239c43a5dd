package mailcrm_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/storage"
)

// TestProposeIdentities: aliases that mail was delivered to and addresses of old Sent mail, never somebody else's.
func TestProposeIdentities(t *testing.T) {
	broken := false
	w := newWorld(t, mailcrmtest.ServerOptions{}, func(c *mailcrm.Config) {
		c.Host.Directory = sometimes{c.Host.Directory, &broken}
	})
	n := 0
	mail := func(folder, from, trace string) {
		n++
		w.put(annaAddress, folder, fmt.Sprintf("%sFrom: %s\r\nTo: list@elsewhere.example\r\nSubject: %d\r\nDate: Tue, 24 Nov 2026 08:00:00 +0000\r\nMessage-ID: <%d@x.example>\r\n\r\nText %d.\r\n", trace, from, n, n, n))
	}
	for range 3 {
		mail("INBOX", benAddress, "Delivered-To: anna@demo.example\r\nX-Original-To: Sales@Demo.Example\r\n")
	}
	mail("INBOX", benAddress, "Delivered-To: anna@old-name.example\r\n")
	mail("INBOX", benAddress, "Delivered-To: ben@client.example\r\n")                // forwarded by his server
	mail("INBOX", "Leo <leo@demo.example>", "")                                      // a colleague without an account
	mail("INBOX", benAddress, "Delivered-To: leo@demo.example\r\n")                  // who forwards
	mail("INBOX", benAddress, "Delivered-To: zoe@demo.example\r\n")                  // a colleague with one
	mail("INBOX", benAddress, "Delivered-To: anna+shop@demo.example\r\n")            // a tag
	mail("INBOX", benAddress, "Delivered-To: not an address\r\nDelivered-To: @\r\n") // nonsense
	mail("INBOX", benAddress, "Delivered-To: face@demo.example\r\n")                 // an identity already
	mail("Sent", "\"Petit, Anna\" <a.petit@demo.example>", "")                       // her old name
	mail("Sent", "anna@private.example", "")                                         // foreign, and nothing was delivered to it
	mail("Sent", annaAddress, "Delivered-To: never@demo.example\r\n")                // of what was sent nothing was delivered here
	for i := range 30 {
		mail("INBOX", benAddress, fmt.Sprintf("Delivered-To: x%d@demo.example\r\n", i))
	}
	zoe := w.client.As(storage.Actor{Agent: "zoe"})
	in := w.input()
	in.Address = "zoe@demo.example"
	_, err := zoe.Accounts.Create(t.Context(), in)
	require.NoError(t, err)
	in = w.input()
	in.Identities = []mailcrm.Identity{{Address: annaAddress}, {Address: "face@demo.example"}}
	account := w.account(in)

	got, err := w.anna.Accounts.ProposeIdentities(t.Context(), account.ID)
	require.NoError(t, err)
	require.Len(t, got, mailcrm.MaxIdentityProposals)
	require.Equal(t, mailcrm.IdentityProposal{Address: "sales@demo.example", Why: mailcrm.WhyDelivered, Seen: 3}, got[0])
	all := map[string]mailcrm.IdentityProposal{}
	for _, p := range got {
		all[p.Address] = p
	}
	require.Equal(t, mailcrm.IdentityProposal{Address: "a.petit@demo.example", Name: "Petit, Anna", Why: mailcrm.WhySent, Seen: 1}, all["a.petit@demo.example"])
	require.Equal(t, mailcrm.IdentityProposal{Address: "anna@old-name.example", Why: mailcrm.WhyDelivered, Seen: 1, Foreign: true}, all["anna@old-name.example"])
	for _, never := range []string{
		annaAddress, benAddress, "leo@demo.example", "zoe@demo.example", "anna+shop@demo.example", "face@demo.example", "anna@private.example", "never@demo.example",
	} {
		require.NotContains(t, all, never)
	}

	broken = true
	got, err = w.anna.Accounts.ProposeIdentities(t.Context(), account.ID)
	require.NoError(t, err)
	require.Contains(t, got, mailcrm.IdentityProposal{Address: "sales@demo.example", Why: mailcrm.WhyDelivered, Seen: 3})
	for _, p := range got {
		require.False(t, p.Foreign, "nobody knows whose it is: %s", p.Address)
	}
}

// sometimes is a directory that breaks.
type sometimes struct {
	storage.Directory
	broken *bool
}

func (s sometimes) Lookup(ctx context.Context, req storage.LookupRequest) (storage.LookupResult, error) {
	if *s.broken {
		return storage.LookupResult{}, errors.New("down")
	}
	return s.Directory.Lookup(ctx, req)
}

// TestForeignIdentities: an address outside of the account's own domains is added by an administrator, or not at all; at a large provider neighbours have nothing in common.
func TestForeignIdentities(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	root := w.client.As(storage.Actor{Agent: "root", Admin: true})
	for _, c := range []struct {
		account, identity string
		ok                bool
	}{
		{"anna@demo.example", "sales@demo.example", true},
		{"anna@demo.example", "boss@client.example", false},
		{"anna@demo.example", "anna@sub.demo.example", false},
		{"anna@gmail.com", "boss@gmail.com", false},
		{"anna2@gmail.com", "anna2@gmail.com", true},
	} {
		in := w.input()
		in.Address = c.account
		in.Identities = []mailcrm.Identity{{Address: c.account}, {Address: c.identity}}
		created, err := w.anna.Accounts.Create(t.Context(), in)
		if c.ok {
			require.NoError(t, err, c)
			require.NoError(t, w.anna.Accounts.Delete(t.Context(), created.ID))
			continue
		}
		requireField(t, err, "Identities.Address", "not_allowed")
		require.ErrorContains(t, err, "administrator")
		in.Owner = "anna"
		created, err = root.Accounts.Create(t.Context(), in)
		require.NoError(t, err, c)
		again, err := w.anna.Accounts.Update(t.Context(), created.Input())
		require.NoError(t, err, "what an administrator added stays")
		require.Len(t, again.Identities, 2)
		require.NoError(t, w.anna.Accounts.Delete(t.Context(), created.ID))
	}
	in := w.input()
	in.Address, in.OwnDomains = "anna@gmail.com", []string{"gmail.com"}
	_, err := root.Accounts.Create(t.Context(), in)
	requireField(t, err, "OwnDomains", "public")
}

// TestNightlySettings: whether, when and by whose clocks; off is the default, and what is off keeps its hour.
func TestNightlySettings(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	paris := w.client.As(storage.Actor{Agent: "anna", Zone: "Europe/Paris"})
	in := w.input()
	account, err := paris.Accounts.Create(t.Context(), in)
	require.NoError(t, err)
	require.Zero(t, account.LinkReadNightly)
	require.Zero(t, account.DeletePolicy, "the advice is no")

	in = account.Input()
	in.LinkReadNightly = mailcrm.Nightly{On: true, Hour: 2, Minute: 30}
	in.DeletePolicy = mailcrm.Nightly{Hour: 3, Zone: "America/New_York"}
	account, err = paris.Accounts.Update(t.Context(), in)
	require.NoError(t, err)
	require.Equal(t, mailcrm.Nightly{On: true, Hour: 2, Minute: 30, Zone: "Europe/Paris"}, account.LinkReadNightly)
	require.Equal(t, mailcrm.Nightly{Hour: 3, Zone: "America/New_York"}, account.DeletePolicy)
	same, err := w.anna.Accounts.Update(t.Context(), account.Input())
	require.NoError(t, err)
	require.Equal(t, account.LinkReadNightly, same.LinkReadNightly)
	nowhere := w.client.As(storage.Actor{Agent: "anna", Zone: "Mars/Olympus"})
	in = same.Input()
	in.LinkReadNightly.Zone = ""
	same, err = nowhere.Accounts.Update(t.Context(), in)
	require.NoError(t, err)
	require.Equal(t, "UTC", same.LinkReadNightly.Zone)

	for _, c := range []struct {
		change func(*mailcrm.AccountInput)
		field  string
		code   string
	}{
		{func(in *mailcrm.AccountInput) { in.LinkReadNightly.Hour = 24 }, "LinkReadNightly.Hour", "out_of_range"},
		{func(in *mailcrm.AccountInput) { in.LinkReadNightly.Hour = -1 }, "LinkReadNightly.Hour", "out_of_range"},
		{func(in *mailcrm.AccountInput) { in.DeletePolicy.Minute = 60 }, "DeletePolicy.Minute", "out_of_range"},
		{func(in *mailcrm.AccountInput) { in.DeletePolicy.Zone = "Mars/Olympus" }, "DeletePolicy.Zone", "unknown"},
		{func(in *mailcrm.AccountInput) { in.DeletePolicy.Zone = "Local" }, "DeletePolicy.Zone", "unknown"},
		{func(in *mailcrm.AccountInput) { in.DeletePolicy.Zone = "../../etc/passwd" }, "DeletePolicy.Zone", "unknown"},
	} {
		in := same.Input()
		c.change(&in)
		_, err := w.anna.Accounts.Update(t.Context(), in)
		requireField(t, err, c.field, c.code)
	}
}
