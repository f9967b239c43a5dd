package mailcrm_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/storage"
)

// people are folders as a person has them.
var people = []mailcrmtest.User{{Address: "x@demo.example", Password: "x"}}

// chooser is an account with folders and a way to choose.
type chooser struct {
	*world
	account string
	ids     map[string]string
}

func newChooser(t *testing.T, options mailcrmtest.ServerOptions, names ...string) *chooser {
	t.Helper()
	options.Users = append(options.Users, people...)
	c := &chooser{world: newWorld(t, options, nil), ids: map[string]string{}}
	for _, name := range names {
		require.NoError(t, c.server.Load(annaAddress, func(yield func(mailcrmtest.Mail) bool) {
			yield(mailcrmtest.Mail{Folder: name, Raw: []byte("Subject: x\r\n\r\nx\r\n"), Date: c.clock.Now()})
		}))
	}
	c.account = c.world.account(c.input()).ID
	list, err := c.anna.Mailboxes.List(t.Context(), c.account)
	require.NoError(t, err)
	for _, b := range list {
		c.ids[b.Name] = b.ID
	}
	return c
}

func (c *chooser) choose(in mailcrm.ChooseInput) (*mailcrm.Mapping, error) {
	in.Account = c.account
	return c.anna.Mailboxes.Choose(c.t.Context(), in)
}

func role(m *mailcrm.Mapping, role string) mailcrm.RoleMapping {
	for _, r := range m.Roles {
		if r.Role == role {
			return r
		}
	}
	return mailcrm.RoleMapping{}
}

func TestMapping(t *testing.T) {
	c := newChooser(t, mailcrmtest.ServerOptions{}, "Envoyés", "Clients", "Clients/Acme")
	m, err := c.anna.Mailboxes.Mapping(t.Context(), c.account)
	require.NoError(t, err)
	var roles []string
	for _, r := range m.Roles {
		roles = append(roles, r.Role)
	}
	require.Equal(t, []string{"inbox", "sent", "drafts", "trash", "junk", "archive"}, roles)
	require.Equal(t, mailcrm.SentAppend, m.SentCopy)
	sent := role(m, "sent")
	require.Equal(t, c.ids["Sent"], sent.Mailbox)
	require.Equal(t, []any{"Sent", mailcrm.HowStated, 100, true, "mailbox", ""}, []any{sent.Name, sent.How, sent.Confidence, sent.Sure, sent.Choosable, sent.Create})
	require.Equal(t, "The server states that “Sent” is Sent. “Envoyés” was not taken: the server states another one.", sent.Text)
	require.Equal(t, []mailcrm.Loser{{Mailbox: c.ids["Envoyés"], Name: "Envoyés", Why: "stated", Text: "the server states another one"}}, sent.Losers)
	require.Empty(t, role(m, "inbox").Choosable)

	jean := c.client.As(storage.Actor{Agent: "anna", Locale: "fr-FR"})
	m, err = jean.Mailboxes.Mapping(t.Context(), c.account)
	require.NoError(t, err)
	require.Contains(t, role(m, "sent").Text, "Le serveur indique que « Sent » est le dossier Envoyés.")
}

func TestChoose(t *testing.T) {
	c := newChooser(t, mailcrmtest.ServerOptions{}, "Clients", "Old sent", "Projects/2024")
	before, err := c.anna.Mailboxes.Mapping(t.Context(), c.account)
	require.NoError(t, err)

	// One choice, beside what stays as it is.
	m, err := c.choose(mailcrm.ChooseInput{Revision: before.Revision, Roles: map[string]string{"sent": c.ids["Old sent"], "junk": mailcrm.NoMailbox}, SentCopy: mailcrm.SentCheck})
	require.NoError(t, err)
	require.Equal(t, []any{"Old sent", mailcrm.HowChosen, 100}, []any{role(m, "sent").Name, role(m, "sent").How, role(m, "sent").Confidence})
	require.Equal(t, []any{"", mailcrm.HowChosen, ""}, []any{role(m, "junk").Name, role(m, "junk").How, role(m, "junk").Create})
	require.Equal(t, "Trash", role(m, "trash").Name)
	require.Equal(t, mailcrm.SentCheck, m.SentCopy)
	require.Equal(t, mailcrm.SentCheck, c.status(c.account).SentCopy)
	require.Greater(t, m.Revision, before.Revision)
	n, err := c.client.Step(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, n, "the account is due")
	again, err := c.anna.Mailboxes.Mapping(t.Context(), c.account)
	require.NoError(t, err)
	require.Equal(t, m, again, "the server's word changes nothing of it")

	// Who had the page open from before is told.
	_, err = c.choose(mailcrm.ChooseInput{Revision: before.Revision, Roles: map[string]string{"sent": ""}})
	require.ErrorIs(t, err, mailcrm.ErrConflict)

	// Changing the account's other settings leaves the choices.
	in := c.status(c.account).Input()
	in.Name = "Anna P."
	_, err = c.anna.Accounts.Update(t.Context(), in)
	require.NoError(t, err)
	c.work()
	m, err = c.choose(mailcrm.ChooseInput{Roles: map[string]string{"junk": ""}})
	require.NoError(t, err)
	require.Equal(t, "Old sent", role(m, "sent").Name)
	require.Equal(t, []string{"Junk", mailcrm.HowStated}, []string{role(m, "junk").Name, role(m, "junk").How})

	for name, test := range map[string]struct {
		in          mailcrm.ChooseInput
		field, code string
	}{
		"two roles, one folder":     {mailcrm.ChooseInput{Roles: map[string]string{"archive": c.ids["Clients"], "trash": c.ids["Clients"]}}, "Roles.trash", "two_roles"},
		"one that is chosen":        {mailcrm.ChooseInput{Roles: map[string]string{"archive": c.ids["Old sent"]}}, "Roles.archive", "two_roles"},
		"the inbox as trash":        {mailcrm.ChooseInput{Roles: map[string]string{"trash": c.ids["INBOX"]}}, "Roles.trash", "inbox"},
		"another inbox":             {mailcrm.ChooseInput{Roles: map[string]string{"inbox": c.ids["Clients"]}}, "Roles.inbox", "inbox"},
		"no inbox":                  {mailcrm.ChooseInput{Roles: map[string]string{"inbox": mailcrm.NoMailbox}}, "Roles.inbox", "inbox"},
		"a level without mail":      {mailcrm.ChooseInput{Roles: map[string]string{"archive": c.ids["Projects"]}}, "Roles.archive", "unselectable"},
		"no folder of this account": {mailcrm.ChooseInput{Roles: map[string]string{"archive": "nothing"}}, "Roles.archive", "no_mailbox"},
		"a view":                    {mailcrm.ChooseInput{Roles: map[string]string{"all": c.ids["Clients"]}}, "Roles.all", "view"},
		"an unknown role":           {mailcrm.ChooseInput{Roles: map[string]string{"outbox": c.ids["Clients"]}}, "Roles", "unknown"},
		"an unknown way":            {mailcrm.ChooseInput{SentCopy: "always"}, "SentCopy", "unknown"},
	} {
		_, err := c.choose(test.in)
		var field *mailcrm.FieldError
		require.ErrorAs(t, err, &field, name)
		require.Equal(t, []string{test.field, test.code}, []string{field.Field, field.Code}, name)
		require.NotEmpty(t, field.Reason)
	}
	after, err := c.anna.Mailboxes.Mapping(t.Context(), c.account)
	require.NoError(t, err)
	require.Equal(t, m, after, "what was refused changed nothing")
}

func TestCreateMailbox(t *testing.T) {
	c := newChooser(t, mailcrmtest.ServerOptions{}, "Clients")
	create := func(role, name string) (*mailcrm.Mailbox, error) {
		return c.anna.Mailboxes.Create(t.Context(), mailcrm.CreateMailboxInput{Account: c.account, Role: role, Name: name})
	}
	box, err := create("", "Clients/Été & Cie")
	require.NoError(t, err)
	require.Equal(t, "Clients/Été & Cie", box.Name)
	folders, err := c.server.Folders(annaAddress)
	require.NoError(t, err)
	require.Contains(t, folders, "Clients/Été & Cie")

	// For a role, under whatever name.
	box, err = create("archive", "Put away")
	require.NoError(t, err)
	require.Equal(t, []string{"archive", mailcrm.HowChosen}, []string{box.Role, box.RoleHow})

	for name, test := range map[string]struct{ role, name, field, code string }{
		"neither":           {"", "", "Name", "required"},
		"spaces":            {"", "  ", "Name", "required"},
		"has one":           {"trash", "", "Role", "exists"},
		"no role for this":  {"inbox", "", "Role", "unknown"},
		"a view":            {"all", "", "Role", "unknown"},
		"the inbox":         {"", "inbox", "Name", "inbox"},
		"a level is empty":  {"", "a//b", "Name", "malformed"},
		"ends in a level":   {"", "a/", "Name", "malformed"},
		"a space at an end": {"", "a /b", "Name", "malformed"},
		"a wildcard":        {"", "100 %", "Name", "malformed"},
		"a line end":        {"", "a\r\nA1 DELETE INBOX", "Name", "malformed"},
		"dots":              {"", "../x", "Name", "malformed"},
		"too long":          {"", strings.Repeat("é", 128), "Name", "too_long"},
		"too deep":          {"", strings.Repeat("a/", 10) + "a", "Name", "too_deep"},
		"no UTF-8":          {"", "a\xff", "Name", "malformed"},
	} {
		_, err := create(test.role, test.name)
		var field *mailcrm.FieldError
		require.ErrorAs(t, err, &field, name)
		require.Equal(t, []string{test.field, test.code}, []string{field.Field, field.Code}, name)
	}
	for _, there := range []string{"Clients", "Clients/Été & Cie", "Clients/E\u0301te\u0301 & Cie"} {
		_, err = create("", there)
		require.ErrorIs(t, err, mailcrm.ErrConflict)
		require.Equal(t, "imap.mailbox_exists", storage.CauseCode(err))
	}
	for _, refusal := range []struct {
		code imap.ResponseCode
		kind error
	}{{imap.ResponseCodeNoPerm, mailcrm.ErrRejected}, {imap.ResponseCodeOverQuota, mailcrm.ErrLimit}, {imap.ResponseCodeCannot, mailcrm.ErrRejected}} {
		c.server.FailIMAP(mailcrmtest.IMAPFault{Command: "CREATE", Code: string(refusal.code)})
		_, err = create("", "Refused")
		require.ErrorIs(t, err, refusal.kind)
		require.NotEmpty(t, mailcrm.Sentence(storage.CauseCode(err), "fr"))
		c.server.Heal()
	}
	require.Equal(t, "ready", c.status(c.account).Status.State, "a folder that was refused is no trouble of the account")
}

// TestCreateMailboxIsNoHammer: a password that was refused is not tried with every click, and a server that asked for patience is given it.
func TestCreateMailboxIsNoHammer(t *testing.T) {
	c := newChooser(t, mailcrmtest.ServerOptions{})
	create := func() error {
		_, err := c.anna.Mailboxes.Create(t.Context(), mailcrm.CreateMailboxInput{Account: c.account, Name: "New"})
		return err
	}
	require.NoError(t, c.server.SetPassword(annaAddress, "changed"))
	err := create()
	require.ErrorIs(t, err, mailcrm.ErrAuth)
	require.Equal(t, "auth_failed", c.status(c.account).Status.State)
	require.NoError(t, c.server.SetPassword(annaAddress, password))
	err = create()
	require.ErrorIs(t, err, mailcrm.ErrAuth, "not asked again before somebody enters a password")
	require.Equal(t, "imap.login_refused", storage.CauseCode(err))

	in := c.status(c.account).Input()
	in.IMAP.Password = mailcrm.NewSecret(password)
	_, err = c.anna.Accounts.Update(t.Context(), in)
	require.NoError(t, err)
	c.work()
	require.NoError(t, create())

	_, err = c.anna.Accounts.Pause(t.Context(), c.account)
	require.NoError(t, err)
	require.NoError(t, c.server.SetPassword(annaAddress, "changed"))
	logins := len(c.server.Logins())
	err = create()
	require.ErrorIs(t, err, mailcrm.ErrConflict)
	require.NotEmpty(t, mailcrm.Sentence(storage.CauseCode(err), "fr"))
	require.Len(t, c.server.Logins(), logins, "nobody connects for an account that is paused")
	require.Equal(t, mailcrm.AccountPaused, c.status(c.account).Status.State)
	require.NoError(t, c.server.SetPassword(annaAddress, password))
	_, err = c.anna.Accounts.Resume(t.Context(), c.account)
	require.NoError(t, err)

	require.NoError(t, c.server.Close())
	_, err = c.anna.Mailboxes.Create(t.Context(), mailcrm.CreateMailboxInput{Account: c.account, Name: "Newer"})
	require.True(t, errors.Is(err, mailcrm.ErrTemporary) || errors.Is(err, mailcrm.ErrUnavailable), err)
}

func TestTree(t *testing.T) {
	c := newChooser(t, mailcrmtest.ServerOptions{}, "Clients/Acme", "clients b", "Projects/2024/Paris", "Archive/2023")
	nodes, err := c.anna.Mailboxes.Tree(t.Context(), c.account)
	require.NoError(t, err)
	var got []string
	for _, n := range nodes {
		require.True(t, n.Counted)
		line := strings.Repeat("  ", n.Depth) + n.Label
		if !n.Choosable {
			line += " -"
		}
		got = append(got, line)
		if n.Depth > 0 {
			require.Equal(t, n.Parent+n.Delimiter+n.Label, n.Name)
		} else {
			require.Empty(t, n.Parent)
		}
	}
	require.Equal(t, []string{
		"INBOX -", "Sent", "Drafts", "Trash", "Junk", "Archive", "  2023", "Clients -", "  Acme", "clients b", "Projects -", "  2024 -", "    Paris",
	}, got)
	require.Equal(t, 1, nodes[6].Total)
}

// TestChoosingWhileTheAccountIsLookedAt: whoever is faster, what a person chose holds.
func TestChoosingWhileTheAccountIsLookedAt(t *testing.T) {
	c := newChooser(t, mailcrmtest.ServerOptions{}, "Clients", "Kunden")
	c.server.FailIMAP(mailcrmtest.IMAPFault{Command: "STATUS", Delay: 20 * time.Millisecond, Pass: true})
	for i := range 5 {
		require.NoError(t, c.anna.Accounts.Sync(t.Context(), c.account))
		done := make(chan error, 1)
		go func() {
			_, err := c.client.Step(t.Context())
			done <- err
		}()
		want := []string{"Clients", "Kunden"}[i%2]
		m, err := c.choose(mailcrm.ChooseInput{Roles: map[string]string{"archive": c.ids[want]}})
		require.NoError(t, err)
		require.Equal(t, want, role(m, "archive").Name)
		require.NoError(t, <-done)
		m, err = c.anna.Mailboxes.Mapping(t.Context(), c.account)
		require.NoError(t, err)
		require.Equal(t, []string{want, mailcrm.HowChosen}, []string{role(m, "archive").Name, role(m, "archive").How})
	}
}
