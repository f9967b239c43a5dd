package web_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/examples/server/internal/crm"
	"github.com/mailcrm/sdk/examples/server/internal/demo"
	"github.com/mailcrm/sdk/examples/server/internal/people"
	"github.com/mailcrm/sdk/examples/server/internal/web"
	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/mailcrm/sqlite"
	"github.com/mailcrm/sdk/storage/blobfolder"
	"github.com/mailcrm/sdk/storage/memstore"
)

// A smallWorld has one agent with an empty mailbox, and a CRM that fails on demand.
func smallWorld(t *testing.T, link string) (*world, *memstore.CRM) {
	t.Helper()
	server, err := mailcrmtest.StartServer(mailcrmtest.ServerOptions{Users: []mailcrmtest.User{{Address: "jeanne@small.example", Password: "secret"}}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "mailcrm.db"), nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	blobs, err := blobfolder.Open(filepath.Join(t.TempDir(), "blobs"), nil)
	require.NoError(t, err)
	keys, err := mailcrm.KeyFile(filepath.Join(t.TempDir(), "key"))
	require.NoError(t, err)
	records := memstore.New()
	records.Sample("")
	client, err := mailcrm.Open(t.Context(), mailcrm.Config{
		Host: records.Host(), Store: store, Blobs: blobs, Keys: keys, UndoSend: -1,
		Network: mailcrm.Network{Allow: loopback, Ports: []int{server.IMAPS.Port, server.SMTPS.Port, server.IMAP.Port, server.Submission.Port}, Roots: server.Roots()},
	})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- client.Run(ctx) }()
	t.Cleanup(func() { stop(); require.ErrorIs(t, <-ran, context.Canceled); require.NoError(t, client.Close()) })

	w := &world{log: &failures{}}
	w.Demo = &demo.Demo{}
	w.Client, w.Records, w.Mail = client, crm.OverMemory(records), server
	w.People = people.Demo([]people.Person{{ID: "jeanne", Name: "Jeanne", Address: "jeanne@small.example"}}, nil)
	handler, err := pagesOf(web.Config{Client: client, CRM: w.Records, People: w.People})
	require.NoError(t, err)
	w.server = httptest.NewServer(handler)
	t.Cleanup(w.server.Close)
	_, err = w.as("jeanne").Accounts.Create(t.Context(), mailcrm.AccountInput{
		Address: "jeanne@small.example", Link: link, DepthDays: -1,
		IMAP: mailcrm.ServerInput{Host: server.IMAPS.Host, Port: server.IMAPS.Port, Password: mailcrm.NewSecret("secret")},
		SMTP: mailcrm.ServerInput{Host: server.SMTPS.Host, Port: server.SMTPS.Port},
	})
	require.NoError(t, err)
	return w, records
}

const fromElodie = "From: Elodie <elodie@atelier-dubois.example>\r\nTo: jeanne@small.example\r\nSubject: Bonjour du silence\r\nDate: Mon, 23 Nov 2026 10:00:00 +0100\r\n" +
	"Message-ID: <silence@atelier-dubois.example>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nUn texte.\r\n"

func TestADeadCRMLeavesMailReadable(t *testing.T) {
	t.Parallel()
	w, records := smallWorld(t, mailcrm.AtArrival)
	records.Fail(func(string) error { return errors.New("down") })
	_, err := w.Mail.Deliver("jeanne@small.example", []byte(fromElodie))
	require.NoError(t, err)
	m := w.find(t, "jeanne", "silence")
	v := w.visitor(t, "jeanne", "fr")
	p := v.get("/inbox")
	require.Contains(t, p.main(), "Bonjour du silence")
	p = v.get("/message/" + m.ID + "?find=dubois")
	require.Equal(t, http.StatusOK, p.status)
	require.Contains(t, p.main(), "Un texte.")
	require.Contains(t, p.main(), "Le CRM ne répond pas pour le moment")
	for _, path := range []string{"/compose?to=x@y.example", "/records", "/templates", "/accounts", "/drafts", "/outbox"} {
		require.Equal(t, http.StatusOK, v.get(path).status, path)
	}
	draft := v.submit(v.get("/compose"), "/compose", "op", "save", "to", "elodie, a@b.example", "subject", "kept")
	require.Equal(t, http.StatusUnprocessableEntity, draft.status)
	require.Equal(t, "kept", draft.value("subject"))
	p = v.get("/records/account/1")
	require.GreaterOrEqual(t, p.status, 400)
	require.Less(t, p.status, 600)
	require.NotEmpty(t, p.main())
}

// An account that links when a mail is read: before that its candidates are shown, and reading enters it.
func TestCandidatesBeforeAMailIsRead(t *testing.T) {
	t.Parallel()
	w, _ := smallWorld(t, mailcrm.WhenRead)
	_, err := w.Mail.Deliver("jeanne@small.example", []byte(fromElodie))
	require.NoError(t, err)
	m := w.find(t, "jeanne", "silence")
	v := w.visitor(t, "jeanne", "en")
	v.header = http.Header{"Sec-Fetch-Site": {"cross-site"}}
	p := v.get("/message/" + m.ID)
	require.Contains(t, p.main(), "Not in a history yet")
	found, err := w.as("jeanne").Entities.ByAddress(t.Context(), "elodie@atelier-dubois.example")
	require.NoError(t, err)
	require.Contains(t, p.main(), found[0].Name)
	history, err := w.as("jeanne").Timeline.List(t.Context(), mailcrm.TimelineQuery{Entity: found[0].Ref})
	require.NoError(t, err)
	require.Empty(t, history.Items)

	v.header = http.Header{}
	p = v.get("/message/" + m.ID)
	require.Contains(t, p.main(), "In the history of")
	history, err = w.as("jeanne").Timeline.List(t.Context(), mailcrm.TimelineQuery{Entity: found[0].Ref})
	require.NoError(t, err)
	require.Len(t, history.Items, 1)
}

// Nobody knows whether an uncertain mail left: a person decides.
func TestAnUncertainMailIsDecided(t *testing.T) {
	t.Parallel()
	w, _ := smallWorld(t, mailcrm.AtArrival)
	w.Mail.FailSMTP(mailcrmtest.SMTPFault{Phase: mailcrmtest.PhaseDot, Times: 1, Cut: mailcrmtest.CutClose}, mailcrmtest.SMTPFault{Phase: mailcrmtest.PhaseRcpt, Match: "refused", Code: 550, Enhanced: "5.1.1", Text: "no such user"})
	v := w.visitor(t, "jeanne", "fr")
	send := func(to string) {
		draft, err := w.as("jeanne").Drafts.Create(t.Context(), mailcrm.DraftInput{Account: w.account(t), To: []mailcrm.Address{{Address: to}}, Subject: "Sujet", Text: "Texte"})
		require.NoError(t, err)
		_, err = w.as("jeanne").Drafts.Send(t.Context(), mailcrm.SendInput{ID: draft.ID, NotBefore: time.Now()})
		require.NoError(t, err)
	}
	send("elodie@atelier-dubois.example")
	await(t, "the answer that never comes", func() bool { return len(v.get("/outbox").by("button", "value", "give_up")) > 0 })
	p := v.get("/outbox")
	require.Contains(t, p.main(), "personne ne sait s'il est parti")
	require.Contains(t, p.main(), "Il n'est pas renvoyé de lui-même")
	p = v.submit(p, "/resolve", "verdict", "give_up")
	require.Contains(t, p.main(), "Votre décision est enregistrée")
	require.Empty(t, p.by("button", "value", "give_up"))

	send("refused@elsewhere.example")
	await(t, "the refusal", func() bool { return len(v.get("/outbox").by("li", "class", "card s-rejected")) == 2 })
	require.Contains(t, v.get("/outbox").main(), "5.1.1 no such user")
}

func (w *world) account(t *testing.T) string {
	t.Helper()
	all, err := w.as("jeanne").Accounts.List(t.Context())
	require.NoError(t, err)
	return all[0].ID
}
