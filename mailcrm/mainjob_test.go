package mailcrm_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/internal/testservers"
	"github.com/mailcrm/sdk/mailcrm/postgres"
	"github.com/mailcrm/sdk/mailcrm/sqlite"
	"github.com/mailcrm/sdk/storage"
	"github.com/mailcrm/sdk/storage/blobfolder"
	"github.com/mailcrm/sdk/storage/memstore"
)

// engines are the stores that every test of the whole runs on.
var engines = []struct {
	name string
	open func(t *testing.T) *mailcrm.Store
}{
	{"sqlite", func(t *testing.T) *mailcrm.Store {
		s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "mailcrm.db"), nil)
		require.NoError(t, err)
		return s
	}},
	{"postgres", func(t *testing.T) *mailcrm.Store {
		pool, err := sql.Open("pgx", testservers.Postgres(t).DSN())
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, pool.Close()) })
		s, err := postgres.Open(t.Context(), pool, nil)
		require.NoError(t, err)
		return s
	}},
}

// loopback is what tests may dial.
var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

func ports(s *testservers.MailServer) []int {
	return []int{s.IMAPPort, s.IMAPSPort, s.SubmissionPort, s.SMTPSPort}
}

func TestMainJob(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine.name, func(t *testing.T) { mainJob(t, engine.open(t)) })
	}
}

func mainJob(t *testing.T, store *mailcrm.Store) {
	server := testservers.Mail(t)
	alice, bob := server.User("alice"), server.User("bob")
	crm := memstore.New()
	company := storage.Ref{Kind: storage.KindAccount, ID: "bobco"}
	client := storage.Ref{Kind: storage.KindContact, ID: "bob"}
	crm.Add(
		storage.Entity{Ref: company, Name: "Bob & Cie", Addresses: []string{bob.Address}},
		storage.Entity{Ref: client, Name: "Bob Durand", Addresses: []string{bob.Address}, Parent: company},
	)
	require.NoError(t, crm.SetFields(client, map[string]storage.Value{"first_name": storage.Text("Bob")}))
	blobs, err := blobfolder.Open(filepath.Join(t.TempDir(), "blobs"), nil)
	require.NoError(t, err)
	keys, err := mailcrm.KeyFile(filepath.Join(t.TempDir(), "key"))
	require.NoError(t, err)
	defer func() { require.NoError(t, store.Close()) }()

	c, err := mailcrm.Open(t.Context(), mailcrm.Config{
		Host: crm.Host(), Store: store, Blobs: blobs, Keys: keys, UndoSend: -1, SyncEvery: time.Second,
		Network: mailcrm.Network{Allow: loopback, Ports: ports(server), Roots: server.CA},
	})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- c.Run(ctx) }()
	defer func() {
		stop()
		require.ErrorIs(t, <-ran, context.Canceled)
		require.NoError(t, c.Close())
	}()

	asked := "From: Bob Durand <" + bob.Address + ">\r\nTo: Alice <" + alice.Address + ">\r\nSubject: =?utf-8?q?Devis_pour_l=27=C3=A9t=C3=A9?=\r\n" +
		"Date: Mon, 23 Nov 2026 10:00:00 +0100\r\nMessage-ID: <ask.1@test.example>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" +
		"Bonjour,\r\n\r\npouvez-vous m'envoyer un devis ? {{ contact.name }}\r\n"
	require.NoError(t, server.Append("alice", "INBOX", testservers.Message{Raw: []byte(asked)}))

	agent := c.As(storage.Actor{Agent: "alice", Locale: "fr", Zone: "Europe/Paris"})
	account, err := agent.Accounts.Create(t.Context(), mailcrm.AccountInput{
		Address: alice.Address, Name: "Alice Martin", Link: mailcrm.WhenRead, DepthDays: -1,
		IMAP: mailcrm.ServerInput{Host: server.Host, Port: server.IMAPSPort, Username: alice.Address, Password: mailcrm.NewSecret(alice.Password)},
		SMTP: mailcrm.ServerInput{Host: server.Host, Port: server.SubmissionPort, Security: mailcrm.StartTLS},
	})
	require.NoError(t, err)

	inbox := await(t, c, func() (mailcrm.Page[mailcrm.Message], bool) {
		page, err := agent.Messages.List(t.Context(), mailcrm.MessageQuery{Role: "inbox"})
		require.NoError(t, err)
		return page, len(page.Items) == 1
	})
	got := inbox.Items[0]
	require.Equal(t, "Devis pour l'été", got.Subject)
	require.False(t, got.Seen)
	require.False(t, got.InHistory, "the account links when read")
	require.Empty(t, got.Links)
	history, err := agent.Timeline.List(t.Context(), mailcrm.TimelineQuery{Entity: client})
	require.NoError(t, err)
	require.Empty(t, history.Items)

	opened, err := agent.Messages.Open(t.Context(), got.ID)
	require.NoError(t, err)
	require.True(t, opened.Seen)
	require.True(t, opened.InHistory)
	require.Len(t, opened.Links, 2, "the company and the contact have the address")
	require.Contains(t, opened.Text, "pouvez-vous")
	for _, entity := range []storage.Ref{client, company} {
		history, err := agent.Timeline.List(t.Context(), mailcrm.TimelineQuery{Entity: entity})
		require.NoError(t, err)
		require.Len(t, history.Items, 1)
		require.Equal(t, got.ID, history.Items[0].ID)
	}

	template, problems, err := agent.Templates.Save(t.Context(), mailcrm.Template{
		Name: "Réponse", Page: "reply", Language: "fr", Default: true,
		HTML: "<p>Bonjour {{ contact.first_name }},</p><p>voici notre réponse.</p><p>{{ sender.name }}</p>",
	})
	require.NoError(t, err)
	require.Empty(t, problems)
	draft, err := agent.Drafts.Reply(t.Context(), mailcrm.ReplyInput{Message: got.ID, Template: template.ID})
	require.NoError(t, err)
	require.Equal(t, "Re: Devis pour l'été", draft.Subject)
	require.Equal(t, []mailcrm.Address{{Name: "Bob Durand", Address: bob.Address}}, draft.To)
	preview, err := agent.Drafts.Preview(t.Context(), draft.ID)
	require.NoError(t, err)
	require.Empty(t, preview.Problems)
	require.Contains(t, preview.HTML, "Bonjour Bob,")
	require.Contains(t, preview.Text, "{{ contact.name }}", "what the client wrote is quoted, never merged")

	sent, err := agent.Drafts.Send(t.Context(), mailcrm.SendInput{ID: draft.ID, Key: "once"})
	require.NoError(t, err)
	again, err := agent.Drafts.Send(t.Context(), mailcrm.SendInput{ID: draft.ID, Key: "once"})
	require.NoError(t, err)
	require.Equal(t, sent.ID, again.ID)

	done := await(t, c, func() (*mailcrm.Submission, bool) {
		s, err := agent.Outbox.Get(t.Context(), sent.ID)
		require.NoError(t, err)
		require.NotContains(t, []string{"rejected", "uncertain"}, s.State, "%+v", s)
		return s, s.State == mailcrm.StateSent && s.SentCopy == "done"
	})
	require.Equal(t, "accepted", done.Recipients[0].State)

	arrived, err := server.Await(t.Context(), "bob", "INBOX", 1)
	require.NoError(t, err)
	filed, err := server.Messages("alice", "Sent")
	require.NoError(t, err)
	require.Len(t, filed, 1, "one copy in Sent")
	require.Equal(t, string(filed[0].Raw), string(withoutTrace(arrived[0].Raw)), "what arrived is what lies in Sent")

	// The folder is synced: the copy joins the message, and does not make another one.
	await(t, c, func() (string, bool) {
		m, err := agent.Messages.Get(t.Context(), done.Message)
		require.NoError(t, err)
		return m.ID, len(m.Places) == 1 && m.Places[0].Role == "sent"
	})
	history, err = agent.Timeline.List(t.Context(), mailcrm.TimelineQuery{Entity: client})
	require.NoError(t, err)
	require.Len(t, history.Items, 2)
	require.Equal(t, storage.Sent, history.Items[0].Direction)
	require.Equal(t, opened.Thread, history.Items[0].Thread, "one conversation")
	raw, size, err := agent.Messages.Raw(t.Context(), done.Message)
	require.NoError(t, err)
	kept, err := io.ReadAll(raw)
	require.NoError(t, err)
	require.NoError(t, raw.Close())
	require.EqualValues(t, size, len(kept))
	require.Equal(t, string(filed[0].Raw), string(kept))

	// The mail that was opened here is marked read there.
	await(t, c, func() (string, bool) {
		there, err := server.Messages("alice", "INBOX")
		require.NoError(t, err)
		return "", strings.Contains(strings.Join(there[0].Flags, " "), `\Seen`)
	})
	boxes, err := agent.Mailboxes.List(t.Context(), account.ID)
	require.NoError(t, err)
	for _, b := range boxes {
		if b.Role == "inbox" || b.Role == "sent" {
			ledger, err := agent.Mailboxes.Ledger(t.Context(), b.ID)
			require.NoError(t, err)
			require.Equal(t, 1, ledger.Stored, b.Name)
			require.Zero(t, ledger.Pending+ledger.Excluded+len(ledger.Dead), b.Name)
		}
	}
}

// await asks until the answer is good. The client runs beside it.
func await[T any](t *testing.T, _ *mailcrm.Client, ask func() (T, bool)) T {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(30 * time.Second)
	for {
		got, ok := ask()
		if ok {
			return got
		}
		select {
		case <-tick.C:
		case <-limit:
			require.FailNow(t, "waited in vain", fmt.Sprintf("last answer: %+v", got))
		}
	}
}

// withoutTrace takes off what servers put in front on the way.
func withoutTrace(raw []byte) []byte {
	for {
		name, _, _ := bytes.Cut(raw, []byte(":"))
		switch strings.ToLower(string(name)) {
		case "return-path", "delivered-to", "received", "x-original-to":
			end := 0
			for {
				i := bytes.Index(raw[end:], []byte("\r\n"))
				end += i + 2
				if end >= len(raw) || (raw[end] != ' ' && raw[end] != '\t') {
					break
				}
			}
			raw = raw[end:]
		default:
			return raw
		}
	}
}
