package mailcrm_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/storage"
)

// The words that only those who have full sight of the private mail may see.
const (
	secretSubject = "zebrasubject"
	secretText    = "quaggatext"
	secretFile    = "okapifile"
)

// TestPrivateMail sends a private mail from a shared mailbox, in two tenants with the same addresses, and then reads it on every path as everybody.
func TestPrivateMail(t *testing.T) {
	const shop, carl = "shop@demo.example", "carl@demo.example"
	users := []mailcrmtest.User{{Address: shop, Password: password}, {Address: carl, Password: password}}
	twin, err := mailcrmtest.StartServer(mailcrmtest.ServerOptions{Users: users})
	require.NoError(t, err)
	t.Cleanup(func() { twin.Close() })
	w := newWorld(t, mailcrmtest.ServerOptions{Users: users}, func(cfg *mailcrm.Config) {
		cfg.Network.Ports = append(cfg.Network.Ports, twin.IMAPS.Port, twin.SMTPS.Port)
		cfg.Network.Roots = cfg.Network.Roots.Clone()
		require.True(t, cfg.Network.Roots.AppendCertsFromPEM(twin.RootsPEM()))
	})
	tenants := []storage.Tenant{"", "other"}
	servers := map[storage.Tenant]*mailcrmtest.Server{"": w.server, "other": twin}
	message := map[storage.Tenant]string{}
	inbox := map[storage.Tenant]string{}
	for _, tenant := range tenants {
		ben := w.ben
		ben.Tenant = tenant
		w.crm.Add(storage.Entity{Ref: ben, Name: "Ben Client", Addresses: []string{benAddress}})
		as := func(agent string) *mailcrm.Session { return w.client.As(storage.Actor{Tenant: tenant, Agent: agent}) }
		shared := w.input()
		shared.IMAP.Port, shared.SMTP.Port = servers[tenant].IMAPS.Port, servers[tenant].SMTPS.Port
		shared.Address, shared.Name = shop, "Shop"
		shared.Members = []mailcrm.Member{{Agent: "marc", Rights: []mailcrm.Right{mailcrm.RightRead, mailcrm.RightSend}}}
		account, err := as("anna").Accounts.Create(t.Context(), shared)
		require.NoError(t, err)
		own := w.input()
		own.IMAP.Port, own.SMTP.Port = shared.IMAP.Port, shared.SMTP.Port
		own.Address = carl
		_, err = as("carl").Accounts.Create(t.Context(), own)
		require.NoError(t, err)
		w.work()

		draft, err := as("anna").Drafts.Create(t.Context(), mailcrm.DraftInput{
			Account: account.ID, Subject: secretSubject, Text: secretText, Private: true,
			To: []mailcrm.Address{{Address: benAddress}, {Address: carl}},
		})
		require.NoError(t, err)
		_, err = as("anna").Drafts.Attach(t.Context(), draft.ID, secretFile+".txt", "text/plain", strings.NewReader("x"))
		require.NoError(t, err)
		sub, err := as("anna").Drafts.Send(t.Context(), mailcrm.SendInput{ID: draft.ID})
		require.NoError(t, err)
		w.work()
		w.later(10 * time.Minute)
		sub, err = as("anna").Outbox.Get(t.Context(), sub.ID)
		require.NoError(t, err)
		require.Equal(t, mailcrm.StateSent, sub.State)
		message[tenant] = sub.Message
		page, err := as("carl").Messages.List(t.Context(), mailcrm.MessageQuery{Role: "inbox", Limit: 1})
		require.NoError(t, err)
		require.Len(t, page.Items, 1)
		require.Equal(t, sub.Message, page.Items[0].ID, "carl's copy is of the same message")
		inbox[tenant] = page.Items[0].ID
	}

	const full, envelope, nothing = "full", "envelope", "nothing"
	for _, c := range []struct {
		name             string
		actor            storage.Actor
		byID, byTimeline string
		inMailbox        string
	}{
		{"sender", storage.Actor{Agent: "anna"}, full, full, full},
		{"colleague in the shared mailbox", storage.Actor{Agent: "marc"}, envelope, envelope, envelope},
		{"recipient with his own copy", storage.Actor{Agent: "carl"}, full, envelope, full},
		{"colleague", storage.Actor{Agent: "zoe"}, envelope, envelope, nothing},
		{"administrator", storage.Actor{Agent: "root", Admin: true}, envelope, envelope, nothing},
		{"sender's name in another tenant", storage.Actor{Tenant: "third", Agent: "anna"}, nothing, nothing, nothing},
		{"nobody", storage.Actor{Agent: storage.SystemAgent}, envelope, envelope, nothing},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, tenant := range tenants {
				if c.actor.Tenant != "third" {
					c.actor.Tenant = tenant
				}
				s := w.client.As(c.actor)
				id := message[tenant]
				ben := storage.Ref{Tenant: c.actor.Tenant, Kind: w.ben.Kind, ID: w.ben.ID}

				got, err := s.Messages.Get(t.Context(), id)
				require.Equal(t, c.byID, answer(t, got, err), "Get")
				got, err = s.Messages.Open(t.Context(), id)
				require.Equal(t, c.byID, answer(t, got, err), "Open")

				page, err := s.Timeline.List(t.Context(), mailcrm.TimelineQuery{Entity: ben})
				if c.byTimeline == nothing {
					require.True(t, err != nil || len(page.Items) == 0)
				} else {
					require.NoError(t, err)
					require.Len(t, page.Items, 1)
					require.Equal(t, c.byTimeline, answer(t, &page.Items[0], nil), "Timeline")
				}

				page, err = s.Messages.List(t.Context(), mailcrm.MessageQuery{})
				require.NoError(t, err)
				require.Equal(t, c.inMailbox, among(t, page.Items, id), "List")
				matches := nothing
				if c.inMailbox == full {
					matches = full
				}
				yes := true
				for _, q := range []mailcrm.MessageQuery{{Text: secretText}, {Subject: secretSubject}, {To: "ben"}, {Text: "zebra"}, {HasAttachments: &yes}, {Linked: &yes}} {
					page, err = s.Messages.List(t.Context(), q)
					require.NoError(t, err)
					require.Equal(t, matches, among(t, page.Items, id), "search %+v", q)
				}

				content := c.byID == full
				raw, _, err := s.Messages.Raw(t.Context(), id)
				denied(t, content, err, "Raw")
				if raw != nil {
					require.NoError(t, raw.Close())
				}
				_, part, err := s.Messages.Attachment(t.Context(), id, "2")
				denied(t, content, err, "Attachment")
				if part != nil {
					require.NoError(t, part.Close())
				}
				_, err = s.Messages.Explain(t.Context(), id)
				denied(t, content, err, "Explain")
				_, err = s.Links.Add(t.Context(), mailcrm.LinkInput{Message: id, Entity: ben})
				denied(t, content, err, "Links.Add")
				err = s.Links.Remove(t.Context(), mailcrm.LinkInput{Message: id, Entity: storage.Ref{Tenant: c.actor.Tenant, Kind: "contact", ID: "nobody"}})
				require.ErrorIs(t, err, mailcrm.ErrNotFound, "Links.Remove")
				if c.actor.Agent != "zoe" && c.actor.Agent != "root" && c.actor.Agent != storage.SystemAgent { // who have no account to answer from
					_, err = s.Drafts.Reply(t.Context(), mailcrm.ReplyInput{Message: id})
					denied(t, content, err, "Reply")
				}
				events, _, err := s.Events.List(t.Context(), 0, mailcrm.MaxPage)
				require.NoError(t, err)
				require.NotContains(t, fmt.Sprintf("%+v", events), secretSubject)

				handler := w.client.Content(func(*http.Request) (storage.Actor, bool) { return c.actor, true })
				for _, path := range []string{"/mail/" + id + "/body", "/mail/" + id + "/raw", "/mail/" + id + "/part/2"} {
					answer := httptest.NewRecorder()
					handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, nil))
					want := http.StatusNotFound
					if content {
						want = http.StatusOK
					}
					require.Equal(t, want, answer.Code, path)
					require.Equal(t, content && !strings.HasSuffix(path, "2"), strings.Contains(answer.Body.String(), secretText), path)
				}
			}
		})
	}
	// The host's own table is read by everybody: there the mail has no content, whoever looks.
	for _, tenant := range tenants {
		entries := w.crm.Entries(storage.Ref{Tenant: tenant, Kind: w.ben.Kind, ID: w.ben.ID})
		require.Len(t, entries, 1)
		require.True(t, entries[0].Withheld)
		require.Empty(t, entries[0].Subject+entries[0].Text+entries[0].From+strings.Join(entries[0].To, ""))
		require.Equal(t, storage.Sent, entries[0].Direction)
	}
}

// answer says how much of the mail was told, and that the rest was not.
func answer(t *testing.T, m *mailcrm.Message, err error) string {
	t.Helper()
	if err != nil {
		require.ErrorIs(t, err, mailcrm.ErrNotFound)
		return "nothing"
	}
	all := fmt.Sprintf("%+v", *m)
	if m.Withheld {
		for _, secret := range []string{secretSubject, secretText, secretFile, benAddress, "shop@", "carl@"} {
			require.NotContains(t, all, secret)
		}
		require.Equal(t, storage.Sent, m.Direction)
		require.Equal(t, "anna", m.Agent)
		require.False(t, m.Date.IsZero())
		return "envelope"
	}
	require.Contains(t, all, secretSubject)
	return "full"
}

func among(t *testing.T, list []mailcrm.Message, id string) string {
	t.Helper()
	for i := range list {
		if list[i].ID == id {
			return answer(t, &list[i], nil)
		}
	}
	return "nothing"
}

func denied(t *testing.T, allowed bool, err error, path string) {
	t.Helper()
	if allowed {
		require.NoError(t, err, path)
		return
	}
	require.ErrorIs(t, err, mailcrm.ErrNotFound, path)
}
