package mailcrm_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/internal/testservers"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
)

// A foreignServer is a server with one mailbox, and a mail program in which its owner does as he likes.
type foreignServer struct {
	host            string
	port            int
	roots           *x509.CertPool
	login, password string
	prefix, level   string
}

// foreignServers are three programs, two of them in two setups, none with special uses.
var foreignServers = map[string]func(t *testing.T) foreignServer{
	"Dovecot":             func(t *testing.T) foreignServer { return dovecot(t, "") },
	"Dovecot below INBOX": func(t *testing.T) foreignServer { return dovecot(t, "INBOX.") },
	"Cyrus": func(t *testing.T) foreignServer {
		s := testservers.Cyrus(t, nil)
		return foreignServer{host: s.Host, port: s.Port, roots: s.CA, login: s.User.Address, password: s.User.Password, level: "/"}
	},
	"Cyrus below INBOX": func(t *testing.T) foreignServer {
		s := testservers.Cyrus(t, &testservers.CyrusOptions{Classic: true})
		return foreignServer{host: s.Host, port: s.Port, roots: s.CA, login: s.User.Address, password: s.User.Password, prefix: "INBOX.", level: "."}
	},
	"Courier": func(t *testing.T) foreignServer {
		s := testservers.Courier(t)
		return foreignServer{host: s.Host, port: s.Port, roots: s.CA, login: s.User.Address, password: s.User.Password, prefix: "INBOX.", level: "."}
	},
}

func dovecot(t *testing.T, prefix string) foreignServer {
	s := testservers.MailWith(t, &testservers.MailOptions{Submission: testservers.Relay, Folders: []testservers.Folder{}, Prefix: prefix})
	u := s.User("alice")
	level := "/"
	if prefix != "" {
		level = "."
	}
	return foreignServer{host: s.Host, port: s.IMAPSPort, roots: s.CA, login: u.Address, password: u.Password, prefix: prefix, level: level}
}

// elsewhere is the owner's other mail program.
func (s *foreignServer) elsewhere(t *testing.T) *imapclient.Client {
	t.Helper()
	c, err := imapclient.DialTLS(fmt.Sprintf("%s:%d", s.host, s.port), &imapclient.Options{TLSConfig: &tls.Config{RootCAs: s.roots, MinVersion: tls.VersionTLS12}})
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.Login(s.login, s.password).Wait())
	return c
}

// A household is an account on a foreign server.
type household struct {
	*world
	foreignServer
	other   *imapclient.Client
	account string
	numbers int
}

// newHousehold makes the folders first, as their owner had them before he heard of us.
func newHousehold(t *testing.T, server foreignServer, own ...string) *household {
	t.Helper()
	h := &household{foreignServer: server, other: server.elsewhere(t)}
	for _, name := range own {
		h.create(t, name)
	}
	h.world = newWorld(t, mailcrmtest.ServerOptions{}, func(cfg *mailcrm.Config) {
		cfg.Network.Roots, cfg.Network.Ports = server.roots, []int{server.port, 465}
	})
	in := h.input()
	in.IMAP = mailcrm.ServerInput{Host: server.host, Port: server.port, Username: server.login, Password: mailcrm.NewSecret(server.password)}
	in.SMTP = mailcrm.ServerInput{Host: server.host, Port: 465}
	account := h.world.account(in)
	require.Equal(t, "ready", account.Status.State, account.Status)
	h.account = account.ID
	return h
}

// path is a folder's path on the server; levels are written with slashes here.
func (h *household) path(name string) string {
	return h.prefix + strings.ReplaceAll(name, "/", h.level)
}

func (h *household) create(t *testing.T, name string) {
	t.Helper()
	require.NoError(t, h.other.Create(h.path(name), nil).Wait(), name)
}

func (h *household) put(folder string) {
	h.t.Helper()
	h.numbers++
	raw := fmt.Sprintf("From: <x@client.example>\r\nTo: <%s>\r\nSubject: %d\r\nMessage-ID: <%d.%p@client.example>\r\n\r\nText %d\r\n", annaAddress, h.numbers, h.numbers, h, h.numbers)
	cmd := h.other.Append(h.path(folder), int64(len(raw)), nil)
	_, err := cmd.Write([]byte(raw))
	require.NoError(h.t, err)
	require.NoError(h.t, cmd.Close())
	_, err = cmd.Wait()
	require.NoError(h.t, err)
}

// look is one sync, no more.
func (h *household) look() {
	h.t.Helper()
	require.NoError(h.t, h.anna.Accounts.Sync(h.t.Context(), h.account))
	n, err := h.client.Step(h.t.Context())
	require.NoError(h.t, err)
	require.Equal(h.t, 1, n)
	require.Equal(h.t, "ready", h.status(h.account).Status.State, h.status(h.account).Status)
}

func (h *household) mapping() *mailcrm.Mapping {
	h.t.Helper()
	m, err := h.anna.Mailboxes.Mapping(h.t.Context(), h.account)
	require.NoError(h.t, err)
	return m
}

func (h *household) role(role string) mailcrm.RoleMapping {
	h.t.Helper()
	roles := h.mapping().Roles
	i := slices.IndexFunc(roles, func(r mailcrm.RoleMapping) bool { return r.Role == role })
	require.GreaterOrEqual(h.t, i, 0, role)
	return roles[i]
}

// folder finds one by its path in the list of folders.
func (h *household) folder(name string) (mailcrm.Mailbox, bool) {
	h.t.Helper()
	list, err := h.anna.Mailboxes.List(h.t.Context(), h.account)
	require.NoError(h.t, err)
	i := slices.IndexFunc(list, func(b mailcrm.Mailbox) bool { return b.Name == h.path(name) })
	if i < 0 {
		return mailcrm.Mailbox{}, false
	}
	return list[i], true
}

func (h *household) mustFolder(name string) mailcrm.Mailbox {
	h.t.Helper()
	box, ok := h.folder(name)
	require.True(h.t, ok, "%s is not in the list", name)
	return box
}

// heard counts the events of a type.
func (h *household) heard(kind string) (n int) {
	h.t.Helper()
	events, _, err := h.anna.Events.List(h.t.Context(), 0, mailcrm.MaxPage)
	require.NoError(h.t, err)
	for _, e := range events {
		if e.Type == kind {
			n++
		}
	}
	return n
}

// localised are the folders that mail programs make in four languages.
var localised = []struct {
	language                           string
	sent, drafts, trash, junk, archive string // junk is made and deleted again
	own, renamed                       string
}{
	{"en", "Sent", "Drafts", "Trash", "Junk", "Old mail", "Clients", "Customers"},
	{"fr", "Éléments envoyés", "Brouillons", "Corbeille", "Courrier indésirable", "Vieux courrier", "Clients réglés", "Clients d’été"},
	{"de", "Gesendet", "Entwürfe", "Papierkorb", "Spam", "Abgelegt", "Kunden Süd", "Kunden West"},
	{"ja", "送信済みメール", "下書き", "ごみ箱", "迷惑メール", "古いメール", "顧客", "得意先"},
}

// TestFolders: what people do with their folders, here and elsewhere, on servers that differ in where folders lie and in how a renamed one is known again. Whatever they do is followed
// within one sync.
func TestFolders(t *testing.T) {
	for name, start := range foreignServers {
		for _, l := range localised {
			if name == "Courier" && l.language == "de" {
				continue // it sleeps for seconds over each rename
			}
			t.Run(name+" "+l.language, func(t *testing.T) {
				t.Parallel()
				h := newHousehold(t, start(t), l.sent, l.drafts, l.trash, l.junk, l.archive, l.own, l.own+"/A & B")
				ctx := t.Context()

				// What is there is recognised.
				for role, want := range map[string]string{"sent": l.sent, "drafts": l.drafts, "trash": l.trash, "junk": l.junk} {
					r := h.role(role)
					require.Equal(t, h.path(want), r.Name, role)
					require.Equal(t, mailcrm.HowExact, r.How, role)
					require.True(t, r.Sure, role)
					require.Contains(t, r.Text, h.path(want))
					require.Equal(t, h.mustFolder(want).ID, r.Mailbox)
					require.Equal(t, role, h.mustFolder(want).Role)
				}
				require.Equal(t, l.language, h.mapping().Language)
				require.Empty(t, h.role("archive").Name)
				require.NotEmpty(t, h.role("archive").Create)

				// A person chooses: at once, and on the server's next word still.
				h.put(l.archive)
				h.put(l.archive)
				h.put(l.own + "/A & B")
				h.look()
				chosen, child := h.mustFolder(l.archive), h.mustFolder(l.own+"/A & B")
				require.Equal(t, 2, chosen.Total)
				m, err := h.anna.Mailboxes.Choose(ctx, mailcrm.ChooseInput{Account: h.account, Revision: h.mapping().Revision, Roles: map[string]string{"archive": chosen.ID}})
				require.NoError(t, err)
				require.Equal(t, h.mapping(), m)
				require.Equal(t, "archive", h.mustFolder(l.archive).Role)
				h.look()
				require.Equal(t, mailcrm.HowChosen, h.role("archive").How)
				require.Equal(t, mailcrm.HowChosen, h.mustFolder(l.archive).RoleHow)

				// Elsewhere it is renamed, and so is a folder with another one in it; one is made.
				require.NoError(t, h.other.Rename(h.path(l.archive), h.path(l.archive+" 2"), nil).Wait())
				require.NoError(t, h.other.Rename(h.path(l.own), h.path(l.renamed), nil).Wait())
				h.create(t, "New & made elsewhere")
				h.look()
				require.Equal(t, chosen.ID, h.mustFolder(l.archive+" 2").ID)
				require.Equal(t, h.path(l.archive+" 2"), h.role("archive").Name)
				require.Equal(t, mailcrm.HowChosen, h.role("archive").How)
				require.Equal(t, child.ID, h.mustFolder(l.renamed+"/A & B").ID)
				h.mustFolder("New & made elsewhere")
				h.mustFolder(l.renamed)
				for _, old := range []string{l.archive, l.own, l.own + "/A & B"} {
					_, ok := h.folder(old)
					require.False(t, ok, old)
				}
				h.look()
				require.Equal(t, 2, h.mustFolder(l.archive+" 2").Total)
				require.Equal(t, 1, h.mustFolder(l.renamed+"/A & B").Total)

				// One with a role is deleted elsewhere; here it is made again.
				require.NoError(t, h.other.Delete(h.path(l.junk)).Wait())
				h.look()
				_, ok := h.folder(l.junk)
				require.False(t, ok)
				missing := h.role("junk")
				require.Empty(t, missing.Mailbox)
				require.NotEmpty(t, missing.Create)
				made, err := h.anna.Mailboxes.Create(ctx, mailcrm.CreateMailboxInput{Account: h.account, Role: "junk"})
				require.NoError(t, err)
				require.Equal(t, missing.Create, made.Name)
				require.Equal(t, "junk", made.Role)
				require.Equal(t, made.ID, h.role("junk").Mailbox)
				there, err := h.other.List("", made.Name, nil).Collect()
				require.NoError(t, err)
				require.Len(t, there, 1)
				if h.other.Caps().Has(imap.CapListExtended) {
					subscribed, err := h.other.List("", made.Name, &imap.ListOptions{SelectSubscribed: true}).Collect()
					require.NoError(t, err)
					require.Len(t, subscribed, 1)
				}
				_, err = h.anna.Mailboxes.Create(ctx, mailcrm.CreateMailboxInput{Account: h.account, Name: made.Name})
				require.ErrorIs(t, err, mailcrm.ErrConflict)
				h.look()
				require.Equal(t, made.ID, h.role("junk").Mailbox)

				// What was chosen is deleted elsewhere: the choice is dropped, with a word.
				require.NoError(t, h.other.Delete(h.path(l.archive+" 2")).Wait())
				require.Zero(t, h.heard("mailboxes.choice_dropped"))
				h.look()
				require.Equal(t, 1, h.heard("mailboxes.choice_dropped"))
				dropped := h.mapping().Dropped
				require.Len(t, dropped, 1)
				require.Equal(t, []string{"archive", h.path(l.archive + " 2"), "gone"}, []string{dropped[0].Role, dropped[0].Name, dropped[0].Why})
				require.Contains(t, dropped[0].Text, h.path(l.archive+" 2"))
				require.NotEqual(t, mailcrm.HowChosen, h.role("archive").How)
				h.look()
				require.Equal(t, 1, h.heard("mailboxes.choice_dropped"), "it is said once")
				require.Len(t, h.mapping().Dropped, 1, "and stands until somebody chooses")
				_, err = h.anna.Mailboxes.Choose(ctx, mailcrm.ChooseInput{Account: h.account, Roles: map[string]string{"archive": ""}})
				require.NoError(t, err)
				require.Empty(t, h.mapping().Dropped)

				// Nothing changes any more, so nothing is told.
				before := h.heard("mailboxes.changed")
				h.look()
				require.Equal(t, before, h.heard("mailboxes.changed"))
			})
		}
	}
}
