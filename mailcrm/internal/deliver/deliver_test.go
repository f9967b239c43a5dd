package deliver

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/imapsync"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// TestEntersAtArrival is the table of DESIGN, "The two paths".
func TestEntersAtArrival(t *testing.T) {
	for role, want := range map[string]struct{ receivedWhenRead, receivedAtArrival, sent bool }{
		"inbox":   {false, true, true},
		"sent":    {false, true, true},
		"archive": {false, true, true},
		"":        {false, true, true},
		"drafts":  {},
		"junk":    {},
		"trash":   {},
	} {
		require.Equal(t, want.receivedWhenRead, entersAtArrival(role, storage.Received, "read"), "received, %q, when read", role)
		require.Equal(t, want.receivedWhenRead, entersAtArrival(role, storage.Received, ""), "received, %q, by default", role)
		require.Equal(t, want.receivedAtArrival, entersAtArrival(role, storage.Received, "arrival"), "received, %q, at arrival", role)
		for _, setting := range []string{"", "read", "arrival"} {
			require.Equal(t, want.sent, entersAtArrival(role, storage.Sent, setting), "sent, %q, %q", role, setting)
		}
	}
}

func TestMayEnter(t *testing.T) {
	for _, c := range []struct {
		roles []string
		may   bool
	}{
		{nil, true}, // nowhere any more, or not yet
		{[]string{"inbox"}, true},
		{[]string{""}, true},
		{[]string{"junk"}, false},
		{[]string{"drafts", "junk", "trash"}, false},
		{[]string{"archive", "trash"}, true},
	} {
		require.Equal(t, c.may, mayEnter(c.roles), "%q", c.roles)
	}
}

// TestWhatIsLinked: in the folders of a real account, by role, direction and setting.
func TestWhatIsLinked(t *testing.T) {
	ben := []string{"ben address"}
	for name, c := range map[string]struct {
		setting, role, raw string
		direction          storage.Direction
		linked             []string
	}{
		"received at arrival":                      {"arrival", "inbox", fromBen("a"), storage.Received, ben},
		"received when read":                       {"read", "inbox", fromBen("a"), storage.Received, nil},
		"received in Archive at arrival":           {"arrival", "archive", fromBen("a"), storage.Received, ben},
		"received in an own folder at arrival":     {"arrival", "", fromBen("a"), storage.Received, ben},
		"received in an own folder when read":      {"read", "", fromBen("a"), storage.Received, nil},
		"received in Junk":                         {"arrival", "junk", fromBen("a"), storage.Received, nil},
		"received in Trash":                        {"arrival", "trash", fromBen("a"), storage.Received, nil},
		"received in Drafts":                       {"arrival", "drafts", fromBen("a"), storage.Received, nil},
		"sent":                                     {"read", "sent", toBen("a"), storage.Sent, ben},
		"sent and moved to an own folder":          {"read", "", toBen("a"), storage.Sent, ben},
		"sent and archived":                        {"read", "archive", toBen("a"), storage.Sent, ben},
		"a draft":                                  {"arrival", "drafts", toBen("a"), storage.Sent, nil},
		"sent and thrown away":                     {"arrival", "trash", toBen("a"), storage.Sent, nil},
		"from our own address, found in the inbox": {"read", "inbox", toBen("a"), storage.Received, nil},
		"in Sent, from an address that is not ours": {
			"read", "sent", letter{id: "x", from: "old@elsewhere.example", to: benAddress}.String(), storage.Sent, ben,
		},
		"to a colleague": {
			"read", "sent", letter{id: "x", from: annaAddress, to: marcAddress}.String(), storage.Sent, nil,
		},
		"from a colleague, with a client": {
			"arrival", "inbox", letter{id: "x", from: marcAddress, to: annaAddress, cc: benAddress}.String(), storage.Received, ben,
		},
		"to a client in Bcc": {
			"read", "sent", letter{id: "x", from: annaAddress, to: "list@elsewhere.example", bcc: benAddress}.String(), storage.Sent, ben,
		},
		"from a contact form": {
			"arrival", "inbox", letter{id: "x", from: "web@demo.example", replyTo: benAddress, to: annaAddress}.String(), storage.Received, ben,
		},
		"from a list that puts itself into Reply-To": {
			"arrival", "inbox", letter{id: "x", from: "x@elsewhere.example", replyTo: benAddress, to: annaAddress, more: "List-Id: <news.client.example>\n"}.String(),
			storage.Received, nil,
		},
		"from nobody we know": {
			"arrival", "inbox", letter{id: "x", from: "x@elsewhere.example", to: annaAddress}.String(), storage.Received, nil,
		},
		"from an address that only looks like a known one": {
			"arrival", "inbox", letter{id: "x", from: "ben@client.example.evil.example, en@client.example", to: annaAddress}.String(), storage.Received, nil,
		},
		"by an address in other letters": {
			"arrival", "inbox", letter{id: "x", from: "BEN@Client.Example", to: annaAddress}.String(), storage.Received, ben,
		},
		"of several": {
			"arrival", "inbox", letter{id: "x", from: benAddress, to: annaAddress + ", " + cleoAddress, cc: benAddress}.String(), storage.Received,
			[]string{"ben address", "cleo address"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(o *office) {
				o.anna.Settings.Link = c.setting
				message := o.one(o.anna, c.role, c.raw)
				require.ElementsMatch(o.t, c.linked, o.linked(message))
				row := o.row(message)
				require.Equal(o.t, c.direction, row.Message.Direction)
				require.Equal(o.t, entersAtArrival(c.role, c.direction, c.setting), row.Message.LinkState == stateLinked, row.Message.LinkState)
				require.Equal(o.t, row.Message.LinkState == stateLinked, !row.Message.Entered.IsZero())
				for _, l := range row.Links {
					require.Equal(o.t, storage.SystemAgent, l.By)
				}
			})
		})
	}
}

// TestOwnNeverLink: our accounts, identities and domains do not link, even when the CRM has a record with the address.
func TestOwnNeverLink(t *testing.T) {
	each(t, func(o *office) {
		o.anna.Identities = []store.Identity{{Address: "sales@demo.example"}}
		o.anna.Settings.OwnDomains = []string{"office.example"}
		o.write(func(tx *store.Tx) error { return tx.UpdateAccount(o.anna) })
		for i, own := range []string{annaAddress, marcAddress, "sales@demo.example", "zoe@office.example"} {
			o.crm.Add(storage.Entity{Ref: storage.Ref{Kind: storage.KindContact, ID: own}, Name: own, Addresses: []string{own}})
			in := letter{id: own + "in", from: own, to: annaAddress}.String()
			out := letter{id: own + "out", from: annaAddress, to: own, cc: benAddress}.String()
			require.Empty(o.t, o.linked(o.one(o.anna, "inbox", in)), i)
			require.Equal(o.t, []string{"ben address"}, o.linked(o.one(o.anna, "sent", out)), i)
		}
	})
}

// TestOneMessageTwoPlaces: the same mail in two accounts, and in two folders of one, is one message that is linked once.
func TestOneMessageTwoPlaces(t *testing.T) {
	each(t, func(o *office) {
		raw := letter{id: "both@client.example", from: benAddress, to: annaAddress + ", " + marcAddress}.String()
		first := o.one(o.anna, "inbox", "Received: by mx1\n"+raw)
		before := o.lastEvent()
		require.Equal(o.t, first, o.one(o.marc, "inbox", "Received: by mx2\n"+raw))
		require.Equal(o.t, first, o.one(o.anna, "archive", "Received: by mx1\n"+raw))
		require.Equal(o.t, first, o.one(o.anna, "trash", "Received: by mx1\n"+raw))
		row := o.row(first)
		require.Len(o.t, row.Copies, 4)
		require.Equal(o.t, []string{"ben address"}, o.linked(first))
		require.Equal(o.t, "anna", row.Message.Agent, "whose account had it first")
		require.Empty(o.t, o.events(before), "nothing new happened")
	})
}

// TestDeliveredAgain: a chunk whose end was not seen comes again, and changes nothing.
func TestDeliveredAgain(t *testing.T) {
	each(t, func(o *office) {
		c := o.chunk(o.anna, "inbox", fromBen("a"), fromBen("b"), fromBen("c"))
		first := o.deliver(c)
		before := o.lastEvent()
		require.NoError(o.t, o.desk.Unlink(o.t.Context(), "", "anna", first[1], o.ben))
		require.Equal(o.t, first, o.deliver(c))
		require.Empty(o.t, o.linked(first[1]), "what was unlinked stays so")
		require.Equal(o.t, []string{"link.removed ben"}, o.events(before))
		require.Len(o.t, o.row(first[0]).Copies, 1)
	})
}

// TestOutOfJunk: what was taken for junk enters like new when it is moved out.
func TestOutOfJunk(t *testing.T) {
	each(t, func(o *office) {
		message := o.one(o.anna, "junk", fromBen("a"))
		require.Empty(o.t, o.linked(message))
		_, err := o.desk.Opened(o.t.Context(), "", "anna", message)
		require.NoError(o.t, err)
		require.Empty(o.t, o.linked(message), "opened in Junk")
		require.Equal(o.t, message, o.one(o.anna, "inbox", fromBen("a")))
		require.Equal(o.t, []string{"ben address"}, o.linked(message))
	})
}

// TestSentByColleague: Marc has Anna's mail before her own folder was read. It is her mail, and her Bcc counts.
func TestSentByColleague(t *testing.T) {
	each(t, func(o *office) {
		mail := letter{id: "team@demo.example", from: annaAddress, to: marcAddress + ", " + cleoAddress}
		message := o.one(o.marc, "inbox", mail.String())
		require.Equal(o.t, storage.Received, o.row(message).Message.Direction)
		mail.bcc = benAddress
		require.Equal(o.t, message, o.one(o.anna, "sent", mail.String()))
		row := o.row(message)
		require.Equal(o.t, storage.Sent, row.Message.Direction)
		require.Equal(o.t, "anna", row.Message.Agent)
		require.Equal(o.t, []string{"ben address", "cleo address"}, o.linked(message))
		before := o.lastEvent()
		o.one(o.anna, "archive", mail.String())
		require.Empty(o.t, o.events(before))
	})
}

// TestBrokenMail: mails that say nothing of themselves are kept apart by their bytes, and one that is there twice is one.
func TestBrokenMail(t *testing.T) {
	each(t, func(o *office) {
		all := o.arrive(o.anna, "inbox", "no header at all\n", "\n\nonly a text\n", "Subject: x\n\none\n", "Subject: x\n\nanother one altogether, of other words\n", "From: <<>>\nDate: never\n\nx\n")
		for i := range all {
			for j := range all[:i] {
				require.NotEqual(o.t, all[i], all[j], "%d and %d", i, j)
			}
			require.Equal(o.t, stateLinked, o.state(all[i]), "it is in the history of nobody")
			require.Equal(o.t, o.db.Now(), o.row(all[i]).Message.Date, "when it came")
		}
		require.Equal(o.t, all[2], o.one(o.anna, "archive", "Subject: x\n\none\n"))
	})
}

// TestCountsAreBounded: a mail with more people than anybody writes to.
func TestCountsAreBounded(t *testing.T) {
	each(t, func(o *office) {
		mail := letter{id: "many", from: "x@elsewhere.example", to: annaAddress}
		for i := range 2000 {
			mail.to += ",\n a" + string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i/676)) + "@client.example"
		}
		mail.cc = benAddress
		message := o.one(o.anna, "inbox", mail.String())
		people, err := o.db.Participants(o.t.Context(), "", []string{message})
		require.NoError(o.t, err)
		require.Len(o.t, people[message], maxParticipants)
		require.Len(o.t, o.row(message).Message.To, maxParticipants)
	})
}

// TestLedger: what came, what is gone and what cannot be read leave the pending state in the transaction that records them.
func TestLedger(t *testing.T) {
	each(t, func(o *office) {
		box := o.box(o.anna, "inbox")
		o.write(func(tx *store.Tx) error {
			return tx.Enumerate("", box.ID, store.Enumeration{UIDValidity: 1, UIDNext: 5, Pending: []store.UIDRange{{Lo: 1, Hi: 4}}})
		})
		c := o.chunk(o.anna, "inbox", fromBen("a"))
		c.Vanished = []uint32{2}
		c.Dead = []store.DeadLetter{{UID: 3, Code: "imap.syntax", Tries: 1, NextTry: o.db.Now()}}
		o.deliver(c)
		ledger, err := o.db.Ledger(o.t.Context(), "", box.ID)
		require.NoError(o.t, err)
		require.Equal(o.t, []store.UIDRange{{Lo: 4, Hi: 4}}, ledger.Pending)
		require.Len(o.t, ledger.Dead, 1)

		c = o.chunk(o.anna, "inbox", fromBen("b"))
		c.UIDValidity = 2 // the mailbox was made anew meanwhile
		require.ErrorIs(o.t, o.desk.Chunk(o.t.Context(), c), storage.ErrConflict)
		_, err = o.db.CopyByUID(o.t.Context(), "", box.ID, 2, c.Mails[0].UID)
		require.ErrorIs(o.t, err, storage.ErrNotFound, "nothing of it was recorded")
	})
}

// TestClaims: only what lies in Sent may say that it is a submission of ours.
func TestClaims(t *testing.T) {
	each(t, func(o *office) {
		tag := o.desk.Keys.Tag("", "submission")
		foreign := o.desk.Keys.Tag("other", "submission")
		for name, c := range map[string]struct {
			role, more string
			ids        []string
			tag        string
		}{
			"in Sent":              {"sent", "References: <a@x> <" + tag + "@demo.example>\n", []string{"id@x"}, tag},
			"in Sent, rewritten":   {"sent", "X-Microsoft-Original-Message-ID: <first@x>\n", []string{"first@x", "id@x"}, ""},
			"in the inbox":         {"inbox", "X-Microsoft-Original-Message-ID: <first@x>\nReferences: <" + tag + "@demo.example>\n", nil, ""},
			"in a folder":          {"", "References: <" + tag + "@demo.example>\n", nil, ""},
			"a tag before others":  {"sent", "References: <" + tag + "@demo.example> <a@x>\n", []string{"id@x"}, ""},
			"another tenant's tag": {"sent", "References: <" + foreign + "@demo.example>\n", []string{"id@x"}, ""},
			"a changed tag":        {"sent", "References: <" + tag[:len(tag)-1] + "@demo.example>\n", []string{"id@x"}, ""},
		} {
			chunk := o.chunk(o.anna, c.role, letter{id: "id@x", from: annaAddress, to: benAddress, more: c.more}.String())
			a := o.desk.arrival(chunk, &chunk.Mails[0], ours{addresses: []string{annaAddress}}, nil)
			require.Equal(o.t, c.ids, a.Ids, name)
			require.Equal(o.t, c.tag, a.Tag, name)
		}
	})
}

// TestTenants: the same mail in two tenants is two messages, each linked in its own.
func TestTenants(t *testing.T) {
	each(t, func(o *office) {
		other := o.account("other", "anna", annaAddress)
		theirs := storage.Ref{Tenant: "other", Kind: storage.KindContact, ID: "ben"}
		o.crm.Add(storage.Entity{Ref: theirs, Name: "Ben", Addresses: []string{benAddress}})
		here := o.one(o.anna, "inbox", fromBen("a"))
		there := o.one(other, "inbox", fromBen("a"))
		require.NotEqual(o.t, here, there)
		links, err := o.db.Links(o.t.Context(), "other", []string{here, there})
		require.NoError(o.t, err)
		require.Len(o.t, links, 1)
		require.Equal(o.t, theirs, links[there][0].Entity)
		require.Equal(o.t, o.ben, o.row(here).Links[0].Entity)
		require.ErrorIs(o.t, o.desk.Unlink(o.t.Context(), "other", "anna", here, theirs), storage.ErrNotFound)
	})
}

var _ imapsync.Deliver = (*Desk)(nil).Chunk
