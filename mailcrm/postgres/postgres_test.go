package postgres_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/internal/testservers"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/mailcrm/postgres"
	"github.com/mailcrm/sdk/storage"
	"github.com/mailcrm/sdk/storage/blobfolder"
	"github.com/mailcrm/sdk/storage/memstore"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pool is a host's pool on an empty database.
func pool(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	p, err := sql.Open("pgx", dsn)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	return p
}

// TestSchema: what a newer version made is not touched, and nothing is made unless that was asked for.
func TestSchema(t *testing.T) {
	p := pool(t, testservers.Postgres(t).DSN())
	_, err := postgres.Open(t.Context(), p, &postgres.Options{Migrate: postgres.Check})
	require.ErrorIs(t, err, mailcrm.ErrSchema)
	require.ErrorContains(t, err, "Migrate: Apply")
	var schemas int
	require.NoError(t, p.QueryRow("SELECT COUNT(*) FROM pg_namespace WHERE nspname = 'mailcrm'").Scan(&schemas))
	require.Zero(t, schemas)
	for _, name := range []string{"Mail CRM", "mail-crm", `x"; DROP SCHEMA public; --`, strings.Repeat("x", 64)} {
		_, err = postgres.Open(t.Context(), p, &postgres.Options{Schema: name})
		require.ErrorIs(t, err, mailcrm.ErrInvalid, name)
	}

	store, err := postgres.Open(t.Context(), p, nil)
	require.NoError(t, err)
	require.NoError(t, store.Close())
	store, err = postgres.Open(t.Context(), p, &postgres.Options{Migrate: postgres.Check})
	require.NoError(t, err)
	require.NoError(t, store.Close())
	_, err = p.Exec("INSERT INTO mailcrm.mailcrm_schema (version_id, is_applied) VALUES (9999, TRUE)")
	require.NoError(t, err)
	_, err = postgres.Open(t.Context(), p, nil)
	require.ErrorIs(t, err, mailcrm.ErrSchema)
	require.ErrorContains(t, err, "update mailcrm")

	other, err := postgres.Open(t.Context(), p, &postgres.Options{Schema: "crm_mail"})
	require.NoError(t, err, "another schema is another store")
	require.NoError(t, other.Close())
}

// TestNotWritable: a server that takes no changes, and one that is not there.
func TestNotWritable(t *testing.T) {
	dsn := testservers.Postgres(t).DSN()
	_, err := postgres.Open(t.Context(), pool(t, dsn+"&default_transaction_read_only=on"), nil)
	require.ErrorIs(t, err, mailcrm.ErrReadOnly)
	require.ErrorContains(t, err, "primary")
	_, err = postgres.Open(t.Context(), pool(t, "postgres://x:x@127.0.0.1:1/x?sslmode=disable"), nil)
	require.ErrorIs(t, err, mailcrm.ErrUnavailable)
	closed, err := sql.Open("pgx", dsn)
	require.NoError(t, err)
	require.NoError(t, closed.Close())
	_, err = postgres.Open(t.Context(), closed, nil)
	require.Error(t, err)
	_, err = postgres.Open(t.Context(), nil, nil)
	require.ErrorIs(t, err, mailcrm.ErrInvalid)
}

// TestGuest: the host's pool is used as it is and stays open, its settings and its search path are left alone.
func TestGuest(t *testing.T) {
	p := pool(t, testservers.Postgres(t).DSN())
	p.SetMaxOpenConns(4)
	conn, err := p.Conn(t.Context())
	require.NoError(t, err)
	_, err = conn.ExecContext(t.Context(), "SET search_path = public")
	require.NoError(t, err)
	require.NoError(t, conn.Close())

	w := newWorld(t, 1, 5)
	client := w.client(p)
	w.addAccounts(client)
	for {
		n, err := client.Step(t.Context())
		require.NoError(t, err)
		if n == 0 {
			break
		}
	}
	require.Len(t, w.mails(client, 0), 5)
	require.NoError(t, client.Close())
	require.NoError(t, w.stores[0].Close())

	require.NoError(t, p.Ping(), "the host's pool stays open")
	require.Equal(t, 4, p.Stats().MaxOpenConnections)
	require.Zero(t, p.Stats().InUse, "every connection was given back")
	for range 4 {
		var path, plans string
		require.NoError(t, p.QueryRow("SELECT current_setting('search_path'), current_setting('plan_cache_mode')").Scan(&path, &plans))
		require.Contains(t, path, "public")
		require.Equal(t, "auto", plans)
	}
	var tables int
	require.NoError(t, p.QueryRow("SELECT COUNT(*) FROM pg_tables WHERE schemaname NOT IN ('mailcrm', 'pg_catalog', 'information_schema')").Scan(&tables))
	require.Zero(t, tables, "nothing outside its schema")
}

// TestTwoClients: two processes on one database share the accounts, and every mail is there once, whoever fetched it.
func TestTwoClients(t *testing.T) {
	const accounts, mails = 3, 60
	dsn := testservers.Postgres(t).DSN()
	w := newWorld(t, accounts, mails)
	first, second := w.client(pool(t, dsn)), w.client(pool(t, dsn))
	w.addAccounts(first)
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	for _, client := range []*mailcrm.Client{first, second} {
		running.Go(func() { _ = client.Run(ctx) })
	}
	defer running.Wait()
	defer stop()

	sent := map[string]string{} // account -> submission
	for i, id := range w.accounts {
		s := w.as(second, i)
		draft, err := s.Drafts.Create(t.Context(), mailcrm.DraftInput{
			Account: id, To: []mailcrm.Address{{Address: w.people[0].Address}}, Subject: fmt.Sprint("From ", i), Text: "Once.",
		})
		require.NoError(t, err)
		sub, err := s.Drafts.Send(t.Context(), mailcrm.SendInput{ID: draft.ID})
		require.NoError(t, err)
		sent[id] = sub.ID
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(time.Minute)
	for done := 0; done < accounts; {
		select {
		case <-tick.C:
		case <-limit:
			require.FailNow(t, "not done in a minute")
		}
		done = 0
		for i, id := range w.accounts {
			account, err := w.as(first, i).Accounts.Get(t.Context(), id)
			require.NoError(t, err)
			sub, err := w.as(first, i).Outbox.Get(t.Context(), sent[id])
			require.NoError(t, err)
			if account.Status.State == "ready" && sub.SentCopy == "done" && len(w.mails(first, i)) >= mails+1 {
				done++
			}
		}
	}
	stop()
	running.Wait()
	require.Len(t, w.server.Delivered(), accounts, "each mail left once")
	for i, id := range w.accounts {
		filed, err := w.server.Mails(w.address(i), "Sent")
		require.NoError(t, err)
		mine := 0
		for _, m := range filed {
			if strings.Contains(string(m.Raw), fmt.Sprint("Subject: From ", i)) {
				mine++
			}
		}
		require.Equal(t, 1, mine, "one copy in Sent")
		boxes, err := w.as(first, i).Mailboxes.List(t.Context(), id)
		require.NoError(t, err)
		for _, b := range boxes {
			there, err := w.server.Mails(w.address(i), b.Name)
			require.NoError(t, err)
			ledger, err := w.as(second, i).Mailboxes.Ledger(t.Context(), b.ID)
			require.NoError(t, err)
			require.Equal(t, len(there), ledger.Stored, "every UID of %s once", b.Name)
			require.Zero(t, ledger.Pending+ledger.Excluded+len(ledger.Dead))
			require.Equal(t, len(there), b.Total)
		}
		seen := map[string]bool{}
		for _, m := range w.mails(second, i) {
			require.False(t, seen[m.ID])
			seen[m.ID] = true
			require.Len(t, m.Places, 1)
		}
	}
	// The events of both are one row without a gap.
	root := first.As(storage.Actor{Agent: "agent0"})
	var after, heard int64
	for {
		events, next, err := root.Events.List(t.Context(), after, mailcrm.MaxPage)
		require.NoError(t, err)
		if next == after {
			break
		}
		after, heard = next, heard+int64(len(events))
	}
	var rows int64
	require.NoError(t, pool(t, dsn).QueryRow("SELECT COUNT(*) FROM mailcrm.events").Scan(&rows))
	require.Equal(t, rows, after)
	require.Positive(t, heard)
}

// A world is a mail server with some accounts, a CRM that knows their correspondents, and one place for bytes and keys.
type world struct {
	t        *testing.T
	server   *mailcrmtest.Server
	crm      *memstore.CRM
	people   []mailcrmtest.Person
	blobs    storage.Blobs
	keys     *mailcrm.Keys
	n        int
	accounts []string
	stores   []*mailcrm.Store
}

func newWorld(t *testing.T, accounts, mails int) *world {
	t.Helper()
	w := &world{t: t, n: accounts, crm: memstore.New()}
	var users []mailcrmtest.User
	for i := range accounts {
		users = append(users, mailcrmtest.User{Address: w.address(i), Password: "secret"})
	}
	var err error
	w.server, err = mailcrmtest.StartServer(mailcrmtest.ServerOptions{Users: users})
	require.NoError(t, err)
	t.Cleanup(func() { w.server.Close() })
	for i := range accounts {
		options := mailcrmtest.MakerOptions{Seed: uint64(i + 1), Messages: mails, Own: w.address(i)}
		w.people = append(w.people, mailcrmtest.Correspondents(options)...)
		require.NoError(t, w.server.Load(w.address(i), mailcrmtest.Make(options)))
	}
	for i, p := range w.people {
		w.crm.Add(storage.Entity{Ref: storage.Ref{Kind: storage.KindContact, ID: fmt.Sprint(i)}, Name: p.Name, Addresses: []string{p.Address}})
	}
	w.blobs, err = blobfolder.Open(filepath.Join(t.TempDir(), "blobs"), nil)
	require.NoError(t, err)
	w.keys, err = mailcrm.KeyFile(filepath.Join(t.TempDir(), "key"))
	require.NoError(t, err)
	return w
}

func (w *world) address(i int) string { return fmt.Sprintf("agent%d@demo.example", i) }

func (w *world) client(p *sql.DB) *mailcrm.Client {
	w.t.Helper()
	store, err := postgres.Open(w.t.Context(), p, nil)
	require.NoError(w.t, err)
	w.stores = append(w.stores, store)
	w.t.Cleanup(func() { require.NoError(w.t, store.Close()) })
	client, err := mailcrm.Open(w.t.Context(), mailcrm.Config{
		Host: w.crm.Host(), Store: store, Blobs: w.blobs, Keys: w.keys, UndoSend: -1, SyncEvery: time.Second,
		Network: mailcrm.Network{
			Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Ports: []int{w.server.IMAPS.Port, w.server.SMTPS.Port}, Roots: w.server.Roots(),
		},
	})
	require.NoError(w.t, err)
	return client
}

func (w *world) as(c *mailcrm.Client, i int) *mailcrm.Session {
	return c.As(storage.Actor{Agent: fmt.Sprint("agent", i)})
}

func (w *world) addAccounts(c *mailcrm.Client) {
	w.t.Helper()
	for i := range w.n {
		account, err := w.as(c, i).Accounts.Create(w.t.Context(), mailcrm.AccountInput{
			Address: w.address(i), DepthDays: -1, Link: mailcrm.AtArrival,
			IMAP: mailcrm.ServerInput{Host: w.server.IMAPS.Host, Port: w.server.IMAPS.Port, Password: mailcrm.NewSecret("secret")},
			SMTP: mailcrm.ServerInput{Host: w.server.SMTPS.Host, Port: w.server.SMTPS.Port},
		})
		require.NoError(w.t, err)
		w.accounts = append(w.accounts, account.ID)
	}
}

// mails are all that agent i reads.
func (w *world) mails(c *mailcrm.Client, i int) (all []mailcrm.Message) {
	w.t.Helper()
	for q := (mailcrm.MessageQuery{Limit: mailcrm.MaxPage}); ; {
		page, err := w.as(c, i).Messages.List(w.t.Context(), q)
		require.NoError(w.t, err)
		all = append(all, page.Items...)
		if q.Cursor = page.Next; page.Next == "" {
			return all
		}
	}
}
