package mailcrm_test

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/mailcrm/sqlite"
	"github.com/mailcrm/sdk/storage"
	"github.com/mailcrm/sdk/storage/blobfolder"
	"github.com/mailcrm/sdk/storage/memstore"
)

const (
	annaAddress = "anna@demo.example"
	benAddress  = "ben@client.example"
	password    = "correct horse battery"
)

// A world is a client with everything around it in this process: a mail server with faults, a CRM with one contact, a clock, and one agent, Anna.
type world struct {
	t      *testing.T
	server *mailcrmtest.Server
	clock  *mailcrmtest.Clock
	crm    *memstore.CRM
	ben    storage.Ref
	client *mailcrm.Client
	anna   *mailcrm.Session
}

// newWorld stops when the test ends. change, if not nil, adjusts the configuration first.
func newWorld(t *testing.T, server mailcrmtest.ServerOptions, change func(*mailcrm.Config)) *world {
	t.Helper()
	w := &world{t: t, clock: mailcrmtest.NewClock(time.Date(2026, time.November, 24, 9, 0, 0, 0, time.UTC)), crm: memstore.New()}
	server.Now = w.clock.Now
	server.Users = append(server.Users, mailcrmtest.User{Address: annaAddress, Password: password})
	var err error
	w.server, err = mailcrmtest.StartServer(server)
	require.NoError(t, err)
	t.Cleanup(func() { w.server.Close() })
	w.ben = storage.Ref{Kind: storage.KindContact, ID: "ben"}
	w.crm.Add(storage.Entity{Ref: w.ben, Name: "Ben Client", Addresses: []string{benAddress}})
	require.NoError(t, w.crm.SetFields(w.ben, map[string]storage.Value{"first_name": storage.Text("Ben")}))
	w.client = w.open(t.TempDir(), change)
	w.anna = w.client.As(storage.Actor{Agent: "anna", Locale: "en"})
	return w
}

func (w *world) open(folder string, change func(*mailcrm.Config)) *mailcrm.Client {
	w.t.Helper()
	store, err := sqlite.Open(w.t.Context(), filepath.Join(folder, "data", "mailcrm.db"), &sqlite.Options{Now: w.clock.Now})
	require.NoError(w.t, err)
	w.t.Cleanup(func() { require.NoError(w.t, store.Close()) })
	blobs, err := blobfolder.Open(filepath.Join(folder, "data", "blobs"), nil)
	require.NoError(w.t, err)
	keys, err := mailcrm.KeyFile(filepath.Join(folder, "key"))
	require.NoError(w.t, err)
	cfg := mailcrm.Config{
		Host: w.crm.Host(), Store: store, Blobs: blobs, Keys: keys, Now: w.clock.Now, UndoSend: -1,
		Network: mailcrm.Network{
			Allow: loopback, Roots: w.server.Roots(),
			Ports: []int{w.server.IMAPS.Port, w.server.IMAP.Port, w.server.SMTPS.Port, w.server.Submission.Port},
		},
	}
	if change != nil {
		change(&cfg)
	}
	client, err := mailcrm.Open(w.t.Context(), cfg)
	require.NoError(w.t, err)
	w.t.Cleanup(func() { require.NoError(w.t, client.Close()) })
	return client
}

// input is Anna's account as she would type it.
func (w *world) input() mailcrm.AccountInput {
	return mailcrm.AccountInput{
		Address: annaAddress, Name: "Anna Petit", Link: mailcrm.AtArrival, DepthDays: -1,
		IMAP: mailcrm.ServerInput{Host: w.server.IMAPS.Host, Port: w.server.IMAPS.Port, Password: mailcrm.NewSecret(password)},
		SMTP: mailcrm.ServerInput{Host: w.server.SMTPS.Host, Port: w.server.SMTPS.Port},
	}
}

// account adds it and looks at it until there is nothing to do.
func (w *world) account(in mailcrm.AccountInput) *mailcrm.Account {
	w.t.Helper()
	account, err := w.anna.Accounts.Create(w.t.Context(), in)
	require.NoError(w.t, err)
	w.work()
	return w.status(account.ID)
}

func (w *world) status(id string) *mailcrm.Account {
	w.t.Helper()
	account, err := w.anna.Accounts.Get(w.t.Context(), id)
	require.NoError(w.t, err)
	return account
}

// work steps until nothing is due at the clock's time.
func (w *world) work() {
	w.t.Helper()
	for range 20 {
		n, err := w.client.Step(w.t.Context())
		require.NoError(w.t, err)
		if n == 0 {
			return
		}
	}
	require.FailNow(w.t, "there is always something due")
}

// mail puts a mail into Anna's inbox.
func (w *world) mail(id, subject string, more ...string) {
	w.t.Helper()
	raw := "From: Ben Client <" + benAddress + ">\r\nTo: " + annaAddress + "\r\nSubject: " + subject + "\r\nDate: Tue, 24 Nov 2026 08:00:00 +0000\r\nMessage-ID: <" + id + "@client.example>\r\n"
	body := "\r\nHello Anna, this is " + id + ".\r\n"
	for _, m := range more {
		body += m
	}
	w.raw(raw + body)
}

func (w *world) raw(raw string) {
	w.t.Helper()
	require.NoError(w.t, w.server.Load(annaAddress, slices.Values([]mailcrmtest.Mail{{Folder: "INBOX", Raw: []byte(raw), Date: w.clock.Now()}})))
}

// list is what Anna sees in her inbox.
func (w *world) list() []mailcrm.Message {
	w.t.Helper()
	page, err := w.anna.Messages.List(w.t.Context(), mailcrm.MessageQuery{Role: "inbox"})
	require.NoError(w.t, err)
	return page.Items
}
