package store_test

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/mailcrm/internal/store/reader"
	"github.com/mailcrm/sdk/storage"
)

// hear lets a mail arrive that answers one mail and names others.
func (w *world) hear(i, answers int, uid uint32, names ...int) {
	a := w.mail(i, w.mailboxes["0"].ID, uid)
	a.Message.InReplyTo, a.Message.References = fmt.Sprintf("m%d@example.com", answers), nil
	for _, n := range names {
		a.Message.References = append(a.Message.References, fmt.Sprintf("m%d@example.com", n))
	}
	w.write("arrive", func(tx *store.Tx) error {
		got, err := tx.Arrive(w.mailboxes["0"].Account, []store.Arrival{a})
		w.say("arrived", got, err)
		if err == nil {
			w.arrived = append(w.arrived, got...)
		}
		return err
	})
}

// dumpFacts is what the store tells of messages' facts.
func dumpFacts(w *world, arrived []store.Arrived) (out []string) {
	for _, a := range arrived {
		row, err := reader.New(w.db).Message(w.ctx, w.tenant, a.Message)
		out = append(out, fmt.Sprintf("%s %+v %v", row.Message.Kind, row.Message.Facts.Standing, err))
	}
	return out
}

// The story uses every statement of the store and of the reader, in a way in which each of its tenant conditions matters. A new statement needs a line here: TestEveryStatementIsTold says so.
var story = []step{
	{"accounts are created", func(w *world) {
		for i := range 2 {
			name := []string{"jeanne", "paul"}[i]
			a := store.Account{
				Tenant: w.tenant, Address: name + "@acme.fr", Name: pick(w, "Compte de ", "Boîte de ") + name, Owner: name, NextSync: w.db.Now().Add(-time.Hour),
				Settings: store.Settings{OwnDomains: []string{pick(w, "acme.fr", "acme.com")}}, Members: []store.Member{{Agent: pick(w, "luc", "marie"), Rights: store.RightRead}},
				Identities: []store.Identity{{Name: name, Address: fmt.Sprintf("%s%d@acme.fr", name, w.v)}},
			}
			if i == 0 {
				a.Members = append(a.Members, store.Member{Agent: pick(w, "anne", "paul"), Rights: store.RightSend})
			}
			w.write("create", func(tx *store.Tx) error { return tx.CreateAccount(&a) })
			w.accounts[i] = a
		}
		again := store.Account{Tenant: w.tenant, Address: "paul@acme.fr"}
		w.write("create again", func(tx *store.Tx) error { return tx.CreateAccount(&again) })
	}},
	{"accounts are read", func(w *world) {
		for _, agent := range []string{"", "jeanne", "paul", "luc", "marie", "anne", "nobody"} {
			all, err := w.db.Accounts(w.ctx, w.tenant, agent)
			w.say("accounts of "+agent, all, err)
		}
		for _, a := range w.accounts {
			one, err := w.db.Account(w.ctx, w.tenant, a.ID)
			w.say("account", one, err)
		}
		_, err := w.db.Account(w.ctx, w.tenant, "nothing")
		addresses, domains, err2 := w.db.OwnAddresses(w.ctx, w.tenant)
		w.say("own", err, addresses, domains, err2)
	}},
	{"what was found out about an account's settings is kept", func(w *world) {
		a := w.accounts[w.v]
		a.Settings.Prefix = pick(w, "INBOX.", "mail/")
		w.write("keep", func(tx *store.Tx) error {
			kept, err := tx.KeepSettings(&a)
			w.say("kept", kept)
			return err
		})
		for _, known := range w.accounts {
			is, err := w.db.Account(w.ctx, w.tenant, known.ID)
			w.say("account", is, err)
		}
	}},
	{"an account is changed", func(w *world) {
		a := w.accounts[w.v]
		a.Name += " changé"
		a.Members = []store.Member{{Agent: pick(w, "luc", "anne"), Rights: store.RightManage}}
		w.write("update", func(tx *store.Tx) error { return tx.UpdateAccount(&a) })
		w.accounts[w.v] = a
		stale := w.accounts[1-w.v]
		stale.Revision = 9
		w.write("stale", func(tx *store.Tx) error { return tx.UpdateAccount(&stale) })
		stale.ID = "nothing"
		w.write("nothing", func(tx *store.Tx) error { return tx.UpdateAccount(&stale) })
		w.write("status", func(tx *store.Tx) error {
			return tx.SetStatus(w.tenant, w.accounts[w.v].ID, store.Status{State: pick(w, "ready", "paused")}, time.Time{}, w.db.Now())
		})
		if w.v == 1 {
			w.write("soon", func(tx *store.Tx) error { return tx.SyncSoon(w.tenant, w.accounts[1].ID) })
			w.write("later", func(tx *store.Tx) error { return tx.LinksLater(w.tenant, w.accounts[0].ID, w.db.Now().Add(time.Hour)) })
		}
		w.write("nothing", func(tx *store.Tx) error { return tx.SyncSoon(w.tenant, "nothing") })
	}},
	{"only the second tenant's account is changed at this revision", func(w *world) {
		// Its revision is the other's too: a look for "why not" must not find the other's.
		if w.v == 0 {
			ghost := store.Account{Tenant: w.tenant, ID: "ghost", Address: "ghost@acme.fr"}
			w.write("ghost", func(tx *store.Tx) error { return tx.CreateAccount(&ghost) })
		} else {
			ghost := store.Account{Tenant: w.tenant, ID: "ghost", Address: "ghost@acme.fr", Revision: 5}
			w.write("ghost", func(tx *store.Tx) error { return tx.UpdateAccount(&ghost) })
		}
	}},
	{"mailboxes are listed", func(w *world) {
		for _, m := range pick(w, []store.Mailbox{
			{Account: w.accounts[0].ID, Name: "INBOX", Role: "inbox"},
			{Account: w.accounts[0].ID, Name: "Envoyés", Role: "sent"},
			{Account: w.accounts[1].ID, Name: "INBOX", Role: "inbox"},
			{Account: w.accounts[1].ID, Name: "Archive", Role: "archive"},
		}, []store.Mailbox{
			{Account: w.accounts[0].ID, Name: "Réception", Role: "archive"},
			{Account: w.accounts[0].ID, Name: "Envoyés", Role: "inbox"},
			{Account: w.accounts[1].ID, Name: "INBOX", Role: "sent"},
			{Account: w.accounts[0].ID, Name: "Archive", Role: "inbox"},
		}) {
			m.Tenant, m.Selectable, m.Sync = w.tenant, true, "full"
			w.write("put", func(tx *store.Tx) error { return tx.PutMailbox(&m) })
			w.mailboxes[fmt.Sprint(len(w.mailboxes))] = m
			w.say("mailbox", m)
		}
		again := w.mailboxes["0"]
		again.RoleHow = pick(w, "exact", "stated")
		w.write("again", func(tx *store.Tx) error { return tx.PutMailbox(&again) })
		for _, a := range w.accounts {
			all, err := w.db.Mailboxes(w.ctx, w.tenant, a.ID)
			w.say("mailboxes", all, err)
		}
		one, err := w.db.Mailbox(w.ctx, w.tenant, w.mailboxes["1"].ID)
		w.say("mailbox", one, err)
	}},
	{"mailboxes are renamed", func(w *world) {
		account := w.accounts[0].ID
		for _, name := range pick(w, []string{"Boîte", "Envoyés"}, []string{"Archive 2", "Dossier"}) {
			w.write("rename", func(tx *store.Tx) error {
				return tx.RenameMailbox(w.tenant, account, w.mailboxes[pick(w, "0", "1")].ID, name)
			})
		}
		gone := store.Mailbox{Tenant: w.tenant, Account: account, Name: pick(w, "Parti", "Perdu"), Gone: w.db.Now()}
		w.write("gone", func(tx *store.Tx) error { return tx.PutMailbox(&gone) })
		w.write("into the place of one that is gone", func(tx *store.Tx) error { return tx.RenameMailbox(w.tenant, account, w.mailboxes["1"].ID, "Perdu") })
		all, err := w.db.Mailboxes(w.ctx, w.tenant, account)
		w.say("mailboxes", all, err)
	}},
	{"mailboxes are enumerated", func(w *world) {
		for i := range 4 {
			e := store.Enumeration{UIDValidity: uint32(pick(w, 7, 7+i/3*2)), UIDNext: uint32(pick(w, 60, 90)), Exists: 30, HighestModSeq: uint64(w.v), Pending: []store.UIDRange{{Lo: uint32(pick(w, 1, 11)), Hi: uint32(pick(w, 50, 80))}}}
			e.Excluded = []store.Exclusion{{UIDRange: store.UIDRange{Lo: 85, Hi: 88}, Rule: "depth"}}
			if w.v == 0 {
				e.Excluded[0].UIDRange = store.UIDRange{Lo: 52, Hi: 55}
			}
			w.write("enumerate", func(tx *store.Tx) error { return tx.Enumerate(w.tenant, w.mailboxes[fmt.Sprint(i)].ID, e) })
		}
	}},
	{"ledgers are read", func(w *world) {
		for i := range 4 {
			uids, err := w.db.Pending(w.ctx, w.tenant, w.mailboxes[fmt.Sprint(i)].ID, 5)
			l, err2 := w.db.Ledger(w.ctx, w.tenant, w.mailboxes[fmt.Sprint(i)].ID)
			w.say("ledger", uids, err, l, err2)
		}
	}},
	{"mail arrives", func(w *world) {
		box := w.mailboxes["0"].ID
		var arrivals []store.Arrival
		var uids []uint32
		for _, i := range pick(w, []int{1, 2, 4, 3, 5, 6, 7, 8}, []int{8, 7, 6, 5, 4, 2, 3}) {
			arrivals = append(arrivals, w.mail(i, box, uint32(i+12)))
			uids = append(uids, uint32(i+12))
		}
		w.write("arrive", func(tx *store.Tx) error {
			got, err := tx.Arrive(w.mailboxes["0"].Account, arrivals)
			w.arrived = got
			w.say("arrived", got, err)
			if err != nil {
				return err
			}
			return tx.Settle(w.tenant, box, 7, uids)
		})
	}},
	{"mail arrives again, elsewhere, and with more of it read", func(w *world) {
		var arrivals []store.Arrival
		again := w.mail(pick(w, 3, 4), w.mailboxes["0"].ID, uint32(pick(w, 15, 16)))
		again.Copy.Flags = store.FlagSeen | store.FlagAnswered
		elsewhere := w.mail(pick(w, 2, 6), w.mailboxes["1"].ID, 20)
		header := w.mail(20+w.v, w.mailboxes["0"].ID, 40)
		header.Copy.Kept, header.Message.Text = "header", ""
		other := w.mail(pick(w, 7, 8), w.mailboxes["0"].ID, 41)
		other.Message.Text, other.Copy.HeaderHash = "tout autre chose que personne ne pourrait prendre pour le premier texte, quatre mots encore", [32]byte{9}
		arrivals = append(arrivals, again, elsewhere, header, other)
		w.write("arrive", func(tx *store.Tx) error {
			got, err := tx.Arrive(w.mailboxes["0"].Account, arrivals)
			w.say("arrived", got, err)
			if err != nil {
				return err
			}
			w.arrived = append(w.arrived, got[3])
			full := w.mail(20+w.v, w.mailboxes["0"].ID, 40)
			got, err = tx.Arrive(w.mailboxes["0"].Account, []store.Arrival{full})
			w.say("whole", got, err)
			w.arrived = append(w.arrived, got...)
			return err
		})
		two := w.mail(30, w.mailboxes["2"].ID, 21)
		w.write("another account", func(tx *store.Tx) error {
			got, err := tx.Arrive(w.mailboxes["2"].Account, []store.Arrival{two, w.mail(pick(w, 3, 8), w.mailboxes["2"].ID, 22)})
			w.say("arrived", got, err)
			return err
		})
	}},
	{"a colleague's own copy says who sent", func(w *world) {
		sent := w.mail(pick(w, 4, 3), w.mailboxes["1"].ID, 30)
		sent.Message.Direction, sent.Message.Agent = storage.Sent, pick(w, "paul", "jeanne")
		w.write("arrive", func(tx *store.Tx) error {
			got, err := tx.Arrive(w.mailboxes["1"].Account, []store.Arrival{sent})
			w.say("arrived", got, err)
			return err
		})
	}},
	{"conversations begin", func(w *world) { w.hear(50, 50, 42); w.hear(53, 53, 43); w.hear(56, 56, 44) }},
	{"two meet", func(w *world) { w.hear(62, 53, 45, 56) }},
	{"for one tenant all meet", func(w *world) { w.hear(65, pick(w, 50, 53), 46, pick(w, 53, 56)) }},
	{"an answer", func(w *world) { w.hear(68, 53, 47) }},
	{"for the other tenant all meet", func(w *world) { w.hear(71, pick(w, 53, 50), 48, 56) }},
	{"conversations are read", func(w *world) {
		facts, err := w.db.LinkFacts(w.ctx, w.tenant, []string{w.message(len(w.arrived) - 2), w.message(len(w.arrived) - 4)})
		w.say("facts", facts, err)
		threads := []string{"nothing"}
		for _, a := range w.arrived {
			threads = append(threads, a.Message)
		}
		for _, thread := range threads {
			ids, err := w.db.MessagesByThread(w.ctx, w.tenant, thread, "", 10)
			w.say("thread", ids, err)
			rows, next, err := w.r.Thread(w.ctx, w.tenant, thread, "", 2)
			w.say("pages", rows, next, err)
		}
	}},
	{"UIDs die", func(w *world) {
		box := w.mailboxes["1"].ID
		for _, uid := range pick(w, []uint32{46, 47, 48}, []uint32{46, 47, 48, 49}) {
			w.write("bury", func(tx *store.Tx) error {
				return tx.Bury(w.tenant, box, 7, store.DeadLetter{UID: uid, Code: pick(w, "imap.cut", "mime.empty"), Tries: w.v, NextTry: epoch})
			})
		}
		w.write("bury a stored one", func(tx *store.Tx) error {
			return tx.Bury(w.tenant, w.mailboxes["0"].ID, 7, store.DeadLetter{UID: uint32(pick(w, 13, 17)), Code: "x", NextTry: epoch})
		})
		// The other tenant has this UID stored; here it is pending.
		w.write("bury one that the other has", func(tx *store.Tx) error {
			return tx.Bury(w.tenant, w.mailboxes["0"].ID, 7, store.DeadLetter{UID: uint32(pick(w, 21, 13)), Code: "y", NextTry: epoch})
		})
	}},
	{"and come back", func(w *world) {
		box := w.mailboxes["1"].ID
		w.write("revive", func(tx *store.Tx) error { return tx.Revive(w.tenant, box, uint32(pick(w, 47, 49))) })
		w.write("settle", func(tx *store.Tx) error {
			return tx.Settle(w.tenant, box, 7, []uint32{uint32(pick(w, 46, 48)), 49})
		})
		w.write("other validity", func(tx *store.Tx) error { return tx.Settle(w.tenant, box, 1, []uint32{1}) })
		for i := range 4 {
			box := w.mailboxes[fmt.Sprint(i)].ID
			due, err := w.db.DeadDue(w.ctx, w.tenant, box, w.db.Now(), 10)
			l, err2 := w.db.Ledger(w.ctx, w.tenant, box)
			w.say("due", due, err, l, err2)
		}
	}},
	{"a deeper look", func(w *world) {
		box := w.mailboxes["0"].ID
		w.write("enumerate", func(tx *store.Tx) error {
			return tx.Enumerate(w.tenant, box, store.Enumeration{UIDValidity: 7, UIDNext: 95, Exists: 40, Pending: []store.UIDRange{{Lo: uint32(pick(w, 1, 5)), Hi: uint32(pick(w, 60, 70))}}})
		})
		w.write("back", func(tx *store.Tx) error {
			return tx.Enumerate(w.tenant, box, store.Enumeration{UIDValidity: 7, UIDNext: 94})
		})
		w.write("marked", func(tx *store.Tx) error { return tx.MarkSynced(w.tenant, box, uint32(40+w.v), 9, w.db.Now(), "") })
		w.write("failed", func(tx *store.Tx) error {
			return tx.MarkSynced(w.tenant, w.mailboxes[pick(w, "1", "2")].ID, 0, 0, w.db.Now(), "imap.cut")
		})
		l, err := w.db.Ledger(w.ctx, w.tenant, box)
		w.say("ledger", l, err)
	}},
	{"copies are looked at", func(w *world) {
		for i := range w.arrived {
			copies, err := w.db.Copies(w.ctx, w.tenant, w.message(i))
			w.say("copies", copies, err)
			one, err := w.db.Copy(w.ctx, w.tenant, w.arrived[i].Copy)
			w.say("copy", one, err)
		}
		for uid := range uint32(20) {
			c, err := w.db.CopyByUID(w.ctx, w.tenant, w.mailboxes["0"].ID, 7, uid+10)
			w.say("at", c, err)
		}
		people, err := w.db.Participants(w.ctx, w.tenant, []string{w.message(0), w.message(3)})
		facts, err2 := w.db.LinkFacts(w.ctx, w.tenant, []string{w.message(1), w.message(2)})
		w.say("people", people, err, facts, err2)
		for _, address := range []string{"client0@example.com", "jeanne@acme.fr"} {
			ids, err := w.db.MessagesByAddress(w.ctx, w.tenant, address, w.message(0), 4)
			w.say("by address", ids, err)
		}
	}},
	{"mail arrives without its attachments", func(w *world) {
		w.write("arrive", func(tx *store.Tx) error {
			light := w.mail(95, w.mailboxes["2"].ID, 95)
			light.Copy.Kept = "text"
			got, err := tx.Arrive(w.mailboxes["2"].Account, []store.Arrival{light})
			w.say("arrived", got)
			return err
		})
	}},
	{"a mail is kept whole", func(w *world) {
		c, err := w.db.CopyByUID(w.ctx, w.tenant, w.mailboxes["2"].ID, 7, 95)
		w.say("the copy", c, err)
		w.write("keep", func(tx *store.Tx) error {
			return tx.KeepWhole(c, sha256.Sum256([]byte(pick(w, "whole", "all"))), int64(pick(w, 500, 700)))
		})
		w.write("keep again", func(tx *store.Tx) error { return tx.KeepWhole(c, sha256.Sum256([]byte("again")), 5) })
		kept, err := w.db.Copy(w.ctx, w.tenant, c.ID)
		w.say("kept", kept, err)
	}},
	{"flags change", func(w *world) {
		at := func(i int) string { return w.arrived[pick(w, i, i+1)].Copy }
		w.write("server", func(tx *store.Tx) error { return tx.SetFlags(w.tenant, at(0), store.FlagFlagged, []string{"k"}, 5) })
		w.write("want", func(tx *store.Tx) error { return tx.Want(w.tenant, at(1), store.FlagSeen|store.FlagFlagged, 0) })
		w.write("want", func(tx *store.Tx) error { return tx.Want(w.tenant, at(2), store.FlagFlagged, store.FlagSeen) })
		w.write("done", func(tx *store.Tx) error { return tx.WantDone(w.tenant, at(1), store.FlagSeen) })
		w.write("gone", func(tx *store.Tx) error { return tx.CopyGone(w.tenant, at(4)) })
		w.write("gone again", func(tx *store.Tx) error { return tx.CopyGone(w.tenant, at(4)) })
		w.write("nothing", func(tx *store.Tx) error { return tx.Want(w.tenant, at(4), store.FlagSeen, 0) })
		for _, a := range w.accounts {
			c, err := w.db.Wanted(w.ctx, w.tenant, a.ID, 10)
			w.say("wanted", c, err)
		}
	}},
	{"links are made", func(w *world) {
		var links []store.Link
		for i, m := range w.arrived {
			links = append(links, store.Link{Tenant: w.tenant, Message: m.Message, Entity: w.ref(fmt.Sprint("c", (i+w.v)%3)), Rule: "address", Address: pick(w, "x@example.com", "y@example.com")})
		}
		w.write("link", func(tx *store.Tx) error {
			added, err := tx.Link(links)
			w.say("added", added, err)
			added, err = tx.Link(links[:2])
			w.say("again", added, err)
			return err
		})
		w.write("no message", func(tx *store.Tx) error {
			_, err := tx.Link([]store.Link{{Tenant: w.tenant, Message: pick(w, "nothing", fmt.Sprintf("%026d", 31)), Entity: w.ref("c1")}})
			return err
		})
		w.write("unlink", func(tx *store.Tx) error {
			l, err := tx.Unlink(w.tenant, links[pick(w, 0, 1)].Message, links[pick(w, 0, 1)].Entity, "jeanne")
			w.say("unlinked", l, err)
			return err
		})
		w.write("unlink what is not", func(tx *store.Tx) error {
			_, err := tx.Unlink(w.tenant, links[0].Message, w.ref("c9"), "jeanne")
			return err
		})
		all, err := w.db.Links(w.ctx, w.tenant, []string{w.message(0), w.message(1), w.message(2)})
		w.say("links", all, err)
		for _, l := range all[w.message(2)] {
			one, err := w.db.LinkByID(w.ctx, w.tenant, l.ID)
			w.say("link", one, err)
		}
		w.write("by hand", func(tx *store.Tx) error {
			l := links[pick(w, 0, 1)]
			l.Rule = "manual"
			added, err := tx.Link([]store.Link{l})
			w.say("revived", added, err)
			return err
		})
	}},
	{"one tenant unlinks, both link a second record", func(w *world) {
		w.write("link", func(tx *store.Tx) error {
			added, err := tx.Link([]store.Link{
				{Tenant: w.tenant, Message: w.message(3), Entity: w.ref("d1"), Rule: "address"},
				{Tenant: w.tenant, Message: w.message(3), Entity: w.ref("d2"), Rule: "address"},
				{Tenant: w.tenant, Message: w.message(4), Entity: w.ref("d1"), Rule: "address"},
				{Tenant: w.tenant, Message: w.message(4), Entity: w.ref("d2"), Rule: "address"},
				{Tenant: w.tenant, Message: w.message(5), Entity: w.ref("d1"), Rule: "address"},
				{Tenant: w.tenant, Message: w.message(6), Entity: w.ref(pick(w, "d2", "d1")), Rule: "address"},
			})
			w.say("added", added)
			return err
		})
		w.write("unlink", func(tx *store.Tx) error {
			_, err := tx.Unlink(w.tenant, w.message(pick(w, 3, 4)), w.ref(pick(w, "d2", "d1")), "paul")
			return err
		})
	}},
	{"records merge", func(w *world) {
		for range 3 {
			w.write("move", func(tx *store.Tx) error {
				moved, dropped, err := tx.MoveLinks(w.tenant, []storage.Ref{w.ref("d1"), w.ref("d2")}, w.ref("d2"), 2)
				w.say("moved", moved, dropped)
				return err
			})
		}
	}},
	{"a mail is nobody's", func(w *world) {
		all, err := w.db.Links(w.ctx, w.tenant, []string{w.message(pick(w, 2, 6))})
		w.say("links", err)
		for _, l := range all[w.message(pick(w, 2, 6))] {
			w.write("unlink", func(tx *store.Tx) error {
				_, err := tx.Unlink(w.tenant, l.Message, l.Entity, "paul")
				return err
			})
		}
	}},
	{"messages enter the history", func(w *world) {
		w.write("private", func(tx *store.Tx) error { return tx.SetPrivate(w.tenant, w.message(pick(w, 1, 2)), true, "jeanne") })
		w.write("pending", func(tx *store.Tx) error {
			return tx.SetLinkState(w.tenant, []string{w.message(pick(w, 0, 3)), w.message(pick(w, 1, 4))}, "pending", time.Time{})
		})
		w.write("linked", func(tx *store.Tx) error {
			return tx.SetLinkState(w.tenant, []string{w.message(pick(w, 5, 6))}, "linked", w.db.Now())
		})
		w.write("nothing", func(tx *store.Tx) error { return tx.SetPrivate(w.tenant, "nothing", true, "jeanne") })
		for _, a := range w.accounts {
			ids, err := w.db.LinkPending(w.ctx, w.tenant, a.ID, 10)
			w.say("pending", ids, err)
		}
	}},
	{"a second account waits for links, in one tenant", func(w *world) {
		if w.v == 0 {
			w.write("pending", func(tx *store.Tx) error {
				got, err := tx.Arrive(w.mailboxes["2"].Account, []store.Arrival{w.mail(70, w.mailboxes["2"].ID, 23)})
				if err != nil {
					return err
				}
				return tx.SetLinkState(w.tenant, []string{got[0].Message}, "pending", time.Time{})
			})
		}
	}},
	{"drafts", func(w *world) {
		for i := range w.drafts {
			d := store.Draft{Tenant: w.tenant, Agent: []string{"jeanne", "paul", "jeanne"}[i], Subject: fmt.Sprint("brouillon ", i, w.v), Attachments: []store.DraftAttachment{{ID: "1", Digest: sha256.Sum256([]byte{byte(i)})}}}
			w.write("put", func(tx *store.Tx) error { return tx.PutDraft(&d) })
			w.drafts[i] = d
		}
	}},
	{"drafts change", func(w *world) {
		d := w.drafts[pick(w, 0, 1)]
		d.Subject, d.Attachments = "changé", nil
		w.write("change", func(tx *store.Tx) error { return tx.PutDraft(&d) })
		w.write("stale", func(tx *store.Tx) error { d := w.drafts[pick(w, 0, 1)]; return tx.PutDraft(&d) })
		w.write("stale", func(tx *store.Tx) error { d := w.drafts[2]; d.Revision = 7; return tx.PutDraft(&d) })
		w.write("nothing", func(tx *store.Tx) error { return tx.DeleteDraft(w.tenant, "marie", w.drafts[0].ID) })
		w.write("delete", func(tx *store.Tx) error { return tx.DeleteDraft(w.tenant, w.drafts[2].Agent, w.drafts[2].ID) })
	}},
	{"drafts are read", func(w *world) {
		for _, agent := range []string{"jeanne", "paul"} {
			all, next, err := w.db.Drafts(w.ctx, w.tenant, agent, "", 1)
			w.say("drafts", all, next, err)
			all, next, err = w.db.Drafts(w.ctx, w.tenant, agent, next, 1)
			w.say("drafts", all, next, err)
			one, err := w.db.Draft(w.ctx, w.tenant, agent, w.drafts[1].ID)
			w.say("draft", one, err)
		}
	}},
	{"mail is queued", func(w *world) {
		for i := range w.outbox {
			box := w.mailboxes["1"]
			m := w.mail(100+i, "", 0)
			m.Message.Direction, m.Message.From, m.Message.MessageID = storage.Sent, []store.Address{{Address: "jeanne@acme.fr"}}, fmt.Sprintf("out%d@acme.fr", i)
			m.Message.Agent = "jeanne"
			w.write("queue", func(tx *store.Tx) error {
				got, err := tx.Arrive(box.Account, []store.Arrival{m})
				if err != nil {
					return err
				}
				if w.v == 1 {
					tx.NewID(w.tenant) // from here on, other messages under one number
				}
				s := store.Submission{
					ID: fmt.Sprint("submission", i), Tenant: w.tenant, Account: w.accounts[(i+w.v)%2].ID, Agent: pick(w, "jeanne", []string{"jeanne", "paul"}[i%2]), Message: got[0].Message, State: store.Queued, MessageID: m.Message.MessageID, Tag: fmt.Sprint("tag", pick(w, i, 3-i)),
					Raw: sha256.Sum256([]byte{byte(10 + i)}), NotBefore: w.db.Now().Add(time.Duration(w.v*i) * time.Minute), Recipients: []store.Recipient{{Address: "client@example.com", State: "pending"}}, Key: fmt.Sprint("key", pick(w, i, i/2*2+i%2)),
				}
				err = tx.CreateSubmission(&s, []string{fmt.Sprintf("server%d@relay.example", pick(w, i, 3-i))})
				w.outbox[i] = s
				return err
			})
			w.say("queued", w.outbox[i])
		}
		w.write("the same key", func(tx *store.Tx) error {
			return tx.CreateSubmission(&store.Submission{Tenant: w.tenant, Agent: "jeanne", Key: "key0", State: store.Queued}, nil)
		})
	}},
	{"mail leaves", func(w *world) {
		s := w.outbox[pick(w, 0, 1)]
		s.State, s.Attempts, s.SentCopy, s.Raw = store.Accepted, 1, pick(w, store.CopyPending, store.CopyDone), sha256.Sum256([]byte{99})
		w.write("update", func(tx *store.Tx) error { return tx.UpdateSubmission(&s) })
		w.write("ids", func(tx *store.Tx) error { return tx.AddSendIDs(w.tenant, s.ID, []string{"given@relay.example"}) })
		w.write("cancel", func(tx *store.Tx) error {
			return tx.CancelSubmission(w.tenant, w.outbox[2].Agent, w.outbox[pick(w, 2, 3)].ID)
		})
		w.write("cancel", func(tx *store.Tx) error { return tx.CancelSubmission(w.tenant, "jeanne", w.outbox[pick(w, 2, 3)].ID) })
		w.write("cancel", func(tx *store.Tx) error { return tx.CancelSubmission(w.tenant, "paul", w.outbox[pick(w, 2, 3)].ID) })
		w.write("cancel", func(tx *store.Tx) error { return tx.CancelSubmission(w.tenant, s.Agent, s.ID) })
		for i := range w.outbox {
			again := w.outbox[i]
			again.State, again.Detail = store.Sending, "encore"
			if i != pick(w, 0, 1) {
				w.write("sending", func(tx *store.Tx) error { return tx.UpdateSubmission(&again) })
			}
			one, err := w.db.Submission(w.ctx, w.tenant, w.outbox[i].ID)
			w.say("submission", one, err)
		}
	}},
	{"the outbox is read", func(w *world) {
		for _, agent := range []string{"jeanne", "paul"} {
			all, next, err := w.db.Submissions(w.ctx, w.tenant, agent, "", 2)
			w.say("outbox", all, next, err)
			all, next, err = w.db.Submissions(w.ctx, w.tenant, agent, next, 2)
			w.say("outbox", all, next, err)
			for i := range 4 {
				one, err := w.db.SubmissionByKey(w.ctx, w.tenant, agent, fmt.Sprint("key", i))
				w.say("by key", one, err)
			}
		}
		for _, a := range w.accounts {
			all, err := w.db.SubmissionsDue(w.ctx, w.tenant, a.ID, w.db.Now(), 10)
			w.say("due", all, err)
		}
		for _, id := range []string{"out1@acme.fr", "server0@relay.example", "given@relay.example", "nothing@example.com"} {
			owner, err := w.db.SubmissionByID(w.ctx, w.tenant, []string{id}, "")
			w.say("owner", owner, err)
		}
		owner, err := w.db.SubmissionByID(w.ctx, w.tenant, []string{"none"}, pick(w, "tag1", "tag2"))
		w.say("owner", owner, err)
	}},
	{"ids and tags that only one tenant has", func(w *world) {
		if w.v == 1 {
			w.write("queue", func(tx *store.Tx) error {
				got, err := tx.Arrive(w.mailboxes["1"].Account, []store.Arrival{w.mail(110, "", 0)})
				if err != nil {
					return err
				}
				return tx.CreateSubmission(&store.Submission{Tenant: w.tenant, ID: w.outbox[3].ID + "x", Message: got[0].Message, Agent: "luc", State: store.Queued, MessageID: "only@b.example", Tag: "only-b", Key: "only"}, nil)
			})
		}
		owner, err := w.db.SubmissionByID(w.ctx, w.tenant, []string{"only@b.example"}, "only-b")
		byKey, err2 := w.db.SubmissionByKey(w.ctx, w.tenant, "luc", "only")
		w.say("owner", owner, err, byKey, err2)
		gone := w.outbox[3]
		gone.ID += "x"
		gone.Agent = "luc"
		if w.v == 0 {
			w.write("update what only the other has", func(tx *store.Tx) error { return tx.UpdateSubmission(&gone) })
			w.write("cancel what only the other has", func(tx *store.Tx) error { return tx.CancelSubmission(w.tenant, "luc", gone.ID) })
		}
	}},
	{"the copy in Sent comes back", func(w *world) {
		for i := range w.outbox {
			back := w.mail(200+i, w.mailboxes["1"].ID, uint32(60+i))
			back.Message.From, back.Message.Direction = []store.Address{{Address: "jeanne@acme.fr"}}, storage.Sent
			back.Message.Text = w.mail(100+i, "", 0).Message.Text
			back.Message.InReplyTo, back.Message.References = "", nil
			switch (i + w.v) % 2 {
			case 0:
				back.Ids = []string{fmt.Sprintf("server%d@relay.example", pick(w, i, 3-i))}
			case 1:
				back.Tag, back.Message.InReplyTo = fmt.Sprint("tag", pick(w, i, 3-i)), w.mail(100+i, "", 0).Message.InReplyTo
			}
			w.write("arrive", func(tx *store.Tx) error {
				got, err := tx.Arrive(w.mailboxes["1"].Account, []store.Arrival{back})
				w.say("arrived", got, err)
				return err
			})
		}
	}},
	{"what mails tell of themselves", func(w *world) {
		var last []store.Arrived
		for n, standing := range []string{"authenticated", "failed"} { // the second is a worse copy of the first
			told := w.mail(80, w.mailboxes["0"].ID, uint32(90+n))
			told.Copy.HeaderHash = [32]byte{byte(90 + n)}
			told.Message.Kind = "auto_reply"
			told.Message.Facts = store.Facts{
				Standing: standing, Why: pick(w, "dmarc_fail", "spf_fail"), List: pick(w, "a.list", "b.list"), About: pick(w, "x", "y"),
				Notes: []store.Note{{Code: "no_from"}}, Wish: &store.Wish{To: []string{"a@x"}},
			}
			w.write("arrive", func(tx *store.Tx) error {
				got, err := tx.Arrive(w.mailboxes["0"].Account, []store.Arrival{told})
				w.say("arrived", got, err)
				last = got
				return err
			})
			w.say("facts", dumpFacts(w, last))
		}
		w.write("answer", func(tx *store.Tx) error {
			return tx.AnswerReceipt(w.tenant, w.message(pick(w, 1, 2)), store.ReceiptSent)
		})
		w.write("answer again", func(tx *store.Tx) error {
			return tx.AnswerReceipt(w.tenant, w.message(pick(w, 1, 2)), store.ReceiptDeclined)
		})
	}},
	{"how servers sign", func(w *world) {
		w.write("learn", func(tx *store.Tx) error {
			return tx.PutSightings(w.tenant, w.accounts[w.v].ID, pick(w, `{"a":1}`, `{"b":2}`))
		})
		w.write("too much", func(tx *store.Tx) error {
			return tx.PutSightings(w.tenant, w.accounts[w.v].ID, strings.Repeat("x", 65<<10))
		})
		for _, a := range w.accounts {
			text, err := w.db.Sightings(w.ctx, w.tenant, a.ID)
			w.say("sightings", text, err)
		}
	}},
	{"an account's faces", func(w *world) {
		for _, a := range w.accounts {
			faces, err := w.db.Faces(w.ctx, w.tenant, a.ID, 50)
			w.say("faces", faces, err)
		}
	}},
	{"reports come", func(w *world) {
		for i := range w.outbox {
			for _, address := range []string{"client@example.com", pick(w, "a@x", "b@x")} {
				d := store.Delivery{Tenant: w.tenant, Submission: w.outbox[i].ID, Message: w.outbox[i].Message, Address: address, State: pick(w, store.Delayed, store.Bounced)}
				d.At, d.Status = w.db.Now(), pick(w, "4.4.1", "5.1.1")
				w.write("put", func(tx *store.Tx) error { return tx.PutDelivery(&d) })
			}
		}
		d := store.Delivery{Tenant: w.tenant, Submission: w.outbox[0].ID, Message: w.outbox[0].Message, Address: "client@example.com", State: store.Displayed}
		w.write("put again", func(tx *store.Tx) error { return tx.PutDelivery(&d) })
		w.write("touch", func(tx *store.Tx) error {
			links, err := tx.TouchLinks(w.tenant, w.message(pick(w, 3, 4)))
			w.say("touched", links, err)
			return err
		})
	}},
	{"reports are read", func(w *world) {
		var submissions, messages []string
		for _, s := range w.outbox {
			submissions, messages = append(submissions, s.ID), append(messages, s.Message)
		}
		all, err := w.db.Deliveries(w.ctx, w.tenant, submissions)
		w.say("by submission", all, err)
		all, err = w.db.DeliveriesOfMessages(w.ctx, w.tenant, append(messages, w.message(1)))
		w.say("by message", all, err)
		subjects, err := w.db.Subjects(w.ctx, w.tenant, append(messages, w.message(1), w.message(2)))
		w.say("subjects", subjects, err)
		for _, m := range append(messages, w.message(1), "") {
			sub, err := w.db.SubmissionOfMessage(w.ctx, w.tenant, m)
			w.say("of message", sub, err)
		}
		for _, id := range append(submissions, w.outbox[3].ID+"x") {
			w.write("lock", func(tx *store.Tx) error {
				sub, err := tx.LockSubmission(w.tenant, id)
				w.say("locked", sub, err)
				return nil
			})
		}
	}},
	{"templates", func(w *world) {
		for i := range w.templates {
			tpl := store.Template{Tenant: w.tenant, Name: fmt.Sprint(pick(w, "Modèle ", "Lettre "), i), Page: []string{"quote", "reply", "quote", ""}[i], Language: []string{"fr", "", "fr", "en"}[i], Default: i%2 == w.v || i == 3}
			w.write("put", func(tx *store.Tx) error { return tx.PutTemplate(&tpl) })
			w.templates[i] = tpl
		}
	}},
	{"templates change", func(w *world) {
		tpl := w.templates[pick(w, 0, 1)]
		tpl.HTML = "<p>bonjour</p>"
		w.write("change", func(tx *store.Tx) error { return tx.PutTemplate(&tpl) })
		w.write("stale", func(tx *store.Tx) error { tpl := w.templates[pick(w, 0, 1)]; return tx.PutTemplate(&tpl) })
		w.write("delete", func(tx *store.Tx) error { return tx.DeleteTemplate(w.tenant, w.templates[pick(w, 1, 2)].ID) })
		if w.v == 0 {
			tpl := w.templates[2]
			tpl.Page, tpl.Language, tpl.Default = "", "en", true
			w.write("the default now", func(tx *store.Tx) error { return tx.PutTemplate(&tpl) })
		}
		w.write("stale and gone", func(tx *store.Tx) error {
			tpl := w.templates[pick(w, 1, 2)]
			tpl.Revision = 8
			return tx.PutTemplate(&tpl)
		})
	}},
	{"templates are read", func(w *world) {
		for i := range w.templates {
			one, err := w.db.Template(w.ctx, w.tenant, w.templates[i].ID)
			w.say("template", one, err)
		}
		for _, page := range []string{"", "quote", "reply"} {
			all, err := w.db.Templates(w.ctx, w.tenant, page, "fr-CA")
			w.say("templates", all, err)
			one, err := w.db.DefaultTemplate(w.ctx, w.tenant, page, "fr")
			w.say("default", one, err)
		}
	}},
	{"whose pictures are shown", func(w *world) {
		for _, address := range []string{"news@a.example", "news@b.example", pick(w, "news@c.example", "news@d.example")} {
			p := store.PictureSender{Tenant: w.tenant, Agent: "jeanne", Address: address, Proved: w.v == 0}
			w.write("put", func(tx *store.Tx) error { return tx.PutPictureSender(&p) })
			p.Agent = pick(w, "paul", "luc")
			w.write("put", func(tx *store.Tx) error { return tx.PutPictureSender(&p) })
		}
		w.write("delete", func(tx *store.Tx) error {
			return tx.DeletePictureSender(w.tenant, "jeanne", pick(w, "news@a.example", "news@b.example"))
		})
		w.write("delete", func(tx *store.Tx) error {
			return tx.DeletePictureSender(w.tenant, "jeanne", pick(w, "news@d.example", "news@c.example"))
		})
		for _, agent := range []string{"jeanne", "paul", "luc"} {
			all, err := w.db.PictureSenders(w.ctx, w.tenant, agent)
			w.say("senders", all, err)
			for _, address := range []string{"news@a.example", "news@b.example", "news@c.example", "news@d.example"} {
				one, err := w.db.PictureSender(w.ctx, w.tenant, agent, address)
				w.say("sender", one, err)
			}
		}
	}},
	{"events and projections", func(w *world) {
		for i := range 2 {
			w.write("emit", func(tx *store.Tx) error {
				if err := tx.Emit([]store.Event{{Tenant: w.tenant, Type: "message.new", Message: w.message(i)}, {Tenant: w.tenant, Type: pick(w, "link.added", "link.removed"), Entity: w.ref("c1")}}); err != nil {
					return err
				}
				return tx.Project([]store.Projection{{Tenant: w.tenant, Link: "l1", Revision: int64(i + 1)}, {Tenant: w.tenant, Link: fmt.Sprint("l", i+2), Revision: 1, Delete: w.v == 1}})
			})
		}
	}},
	{"the host hears", func(w *world) {
		all, err := w.db.Events(w.ctx, w.tenant, 1, 10)
		w.say("events", all, err)
		w.write("projected", func(tx *store.Tx) error {
			return tx.Projected(store.Projection{Tenant: w.tenant, Link: pick(w, "l2", "l3"), Revision: 1}, time.Time{})
		})
		w.write("later", func(tx *store.Tx) error {
			return tx.Projected(store.Projection{Tenant: w.tenant, Link: pick(w, "l1", "l2"), Revision: int64(2 - w.v)}, w.db.Now().Add(time.Hour))
		})
		due, err := w.db.ProjectionsDue(w.ctx, w.db.Now(), 100)
		w.say("due", slices.DeleteFunc(due, func(p store.Projection) bool { return p.Tenant != w.tenant }), err)
	}},
	{"leases", func(w *world) {
		node := pick(w, "node1", "node2")
		for i, account := range []string{w.accounts[w.v].ID, "other", "other"} {
			l, ok, err := w.db.AcquireLease(w.ctx, w.tenant, account, fmt.Sprint(node, i), pick(w, time.Hour, 2*time.Hour))
			w.say("lease", l.Account, l.Node, l.Epoch, ok, err)
			w.leases = append(w.leases, l)
		}
		if w.v == 1 {
			err := w.db.ReleaseLease(w.ctx, w.leases[1])
			w.say("released", err)
		}
		renewed, err := w.db.RenewLeases(w.ctx, node+"0", time.Hour)
		w.say("renewed", len(renewed), err)
		for _, l := range w.leases {
			err := w.db.Write(w.ctx, &l, func(*store.Tx) error { return nil })
			w.say("fenced", err)
		}
	}},
	{"due accounts", func(w *world) {
		due, err := w.db.DueAccounts(w.ctx, "node9", 100)
		due = slices.DeleteFunc(due, func(d store.Due) bool { return d.Tenant != w.tenant })
		slices.SortFunc(due, func(a, b store.Due) int { return slices.Compare([]byte(a.Account), []byte(b.Account)) })
		w.say("due", due, err)
	}},
	{"a fence with the other tenant's lease", func(w *world) {
		// Both tenants have a lease on "mine"; the second lets it go. Its fence must not be satisfied by the first one's.
		l, ok, err := w.db.AcquireLease(w.ctx, w.tenant, "mine", "node", time.Hour)
		w.say("lease", l.Epoch, ok, err)
		if w.v == 1 {
			w.say("release", w.db.ReleaseLease(w.ctx, l))
		}
		w.say("fenced", w.db.Write(w.ctx, &l, func(*store.Tx) error { return nil }))
	}},
	{"mail is listed", func(w *world) {
		accounts := []string{w.accounts[0].ID, w.accounts[1].ID}
		yes, no := true, false
		for _, q := range []reader.Query{
			{},
			{Sort: "date"},
			{Sort: "from"},
			{Sort: "from", Desc: true},
			{Sort: "subject"},
			{Sort: "subject", Desc: true},
			{Sort: "size"},
			{Sort: "size", Desc: true},
			{Sort: "flagged"},
			{Sort: "flagged", Desc: true},
			{Mailbox: w.mailboxes["0"].ID},
			{Mailbox: w.mailboxes["3"].ID},
			{Role: "inbox"},
			{Role: "archive"},
			{Mailbox: w.mailboxes["1"].ID, Role: "inbox"},
			{Unread: &yes},
			{Unread: &no},
			{Flagged: &yes},
			{Flagged: &no},
			{Linked: &yes},
			{Linked: &no},
			{HasAttachments: &yes},
			{Before: epoch.Add(6 * time.Hour)},
			{After: epoch.Add(6 * time.Hour)},
			{Text: pick(w, "devis", "facture")},
			{Text: "facture"},
			{Text: "commun", From: "client1"},
			{To: "jeanne"},
			{Subject: "devis 3"},
			{Text: "commun", Linked: &yes, Sort: "subject"},
			{Text: "commun"},
			{Text: "commun", Sort: "flagged"},
		} {
			w.r.FewHits = pick(w, 3, 100)
			if q.Text == "commun" {
				w.r.FewHits = 3
			}
			q.Tenant, q.Accounts, q.Limit, q.NotPrivateUnless = w.tenant, accounts, 4, pick(w, "jeanne", "paul")
			for page := range 3 {
				rows, next, err := w.r.Messages(w.ctx, q)
				w.say(fmt.Sprintf("%+v page %d", q.Sort, page), rows, next, err)
				if q.Cursor = next; next == "" {
					break
				}
			}
		}
		counts, err := w.r.Unread(w.ctx, w.tenant, accounts[:1])
		w.say("counts", counts, err)
		counts, err = w.r.Unread(w.ctx, w.tenant, accounts)
		w.say("counts", counts, err)
	}},
	{"mail is read", func(w *world) {
		for i := range 4 {
			row, err := w.r.Message(w.ctx, w.tenant, w.message(i))
			w.say("message", row, err)
		}
		_, err := w.r.Message(w.ctx, w.tenant, "nothing")
		w.say("nothing", err)
		for _, entity := range []string{"c0", "c1", "c2", "d2"} {
			cursor := ""
			for range 3 {
				rows, next, err := w.r.Timeline(w.ctx, w.tenant, w.ref(entity), cursor, 2)
				w.say("timeline", rows, next, err)
				if cursor = next; next == "" {
					break
				}
			}
		}
	}},
	{"a mailbox begins anew", func(w *world) {
		box := w.mailboxes[pick(w, "0", "1")].ID
		w.write("reset", func(tx *store.Tx) error { return tx.ResetMailbox(w.tenant, box, 8) })
		l, err := w.db.Ledger(w.ctx, w.tenant, box)
		w.say("ledger", l, err)
		back := w.mail(pick(w, 3, 6), box, 1)
		back.Copy.UIDValidity = 8
		w.write("arrive", func(tx *store.Tx) error {
			got, err := tx.Arrive(w.mailboxes[pick(w, "0", "1")].Account, []store.Arrival{back})
			w.say("back", got, err)
			return err
		})
	}},
	{"people sign in", func(w *world) {
		for i, agent := range []string{"jeanne", "paul", pick(w, "jeanne", "paul")} {
			l := store.Login{
				Tenant: w.tenant, ID: fmt.Sprint("login", i), Agent: agent, Provider: "google", Subject: pick(w, "a", "b") + agent + "@acme.fr", Scopes: []string{pick(w, "mail", "all")},
				Secret: []byte{byte(w.v), byte(i)}, State: store.LoginOK, Since: w.db.Now(),
			}
			w.write("create", func(tx *store.Tx) error { return tx.CreateLogin(&l) })
			w.say("login", l)
		}
		if w.v == 0 {
			w.write("ghost", func(tx *store.Tx) error {
				return tx.CreateLogin(&store.Login{Tenant: w.tenant, ID: "ghost", Agent: "luc"})
			})
		}
	}},
	{"logins are read", func(w *world) {
		for _, agent := range []string{"", "jeanne", "paul"} {
			all, err := w.db.Logins(w.ctx, w.tenant, agent)
			w.say("logins of "+agent, all, err)
		}
		one, err := w.db.Login(w.ctx, w.tenant, "login0")
		_, err2 := w.db.Login(w.ctx, w.tenant, "nothing")
		w.say("login", one, err, err2)
	}},
	{"a login is claimed", func(w *world) {
		for _, revision := range []int64{1, 1, 2} {
			claim, ok, err := w.db.ClaimLogin(w.ctx, w.tenant, "login0", revision, time.Hour)
			w.say("claim", claim, ok, err)
		}
		if w.v == 1 {
			w.say("release", w.db.ReleaseLogin(w.ctx, w.tenant, "login0", 1))
			claim, ok, err := w.db.ClaimLogin(w.ctx, w.tenant, "login0", 1, time.Hour)
			w.say("again", claim, ok, err, w.db.ReleaseLogin(w.ctx, w.tenant, "login0", 1))
		}
	}},
	{"logins change", func(w *world) {
		change := store.Login{Tenant: w.tenant, ID: "login1", Subject: pick(w, "renamed", "other") + "@acme.fr", State: store.LoginRevoked, Code: "oauth.revoked", Since: w.db.Now(), Revision: 1}
		stale := change
		w.write("update", func(tx *store.Tx) error { return tx.UpdateLogin(&change) })
		w.write("stale", func(tx *store.Tx) error { return tx.UpdateLogin(&stale) })
		ghost := store.Login{Tenant: w.tenant, ID: pick(w, "nothing", "ghost"), Revision: 5}
		w.write("nothing", func(tx *store.Tx) error { return tx.UpdateLogin(&ghost) })
		w.write("delete", func(tx *store.Tx) error { return tx.DeleteLogin(w.tenant, pick(w, "login0", "login2")) })
		w.write("delete", func(tx *store.Tx) error { return tx.DeleteLogin(w.tenant, "nothing") })
	}},
	{"sign-ins begin", func(w *world) {
		for i := range 12 {
			s := store.LoginState{
				Tenant: w.tenant, ID: fmt.Sprint("state", i), Agent: pick(w, "jeanne", []string{"jeanne", "paul"}[i/11]), Provider: pick(w, "google", "microsoft"), Verifier: []byte{byte(w.v)}, Expires: w.db.Now().Add(10 * time.Minute),
			}
			if w.v == 0 && i == 11 {
				s.Expires = w.db.Now().Add(-time.Minute)
			}
			w.write("begin", func(tx *store.Tx) error { return tx.PutLoginState(&s) })
		}
	}},
	{"sign-ins end", func(w *world) {
		for _, id := range []string{pick(w, "state5", "state6"), pick(w, "state5", "state6"), "state11", "nothing"} {
			w.write("take", func(tx *store.Tx) error {
				s, err := tx.TakeLoginState(w.tenant, id, "jeanne")
				w.say("taken", s)
				return err
			})
		}
	}},
	{"each tenant changes the account that the other did", func(w *world) { // so that all are at one revision
		a, err := w.db.Account(w.ctx, w.tenant, w.accounts[1-w.v].ID)
		w.say("account", err)
		w.write("update", func(tx *store.Tx) error { return tx.UpdateAccount(a) })
	}},
	{"states are seen, and decided", func(w *world) {
		a, err := w.db.Account(w.ctx, w.tenant, w.accounts[w.v].ID)
		w.say("account", err)
		w.write("at a revision", func(tx *store.Tx) error {
			ours, err := tx.SetStatusAt(a, store.Status{State: pick(w, "ready", "syncing")}, w.db.Now(), w.db.Now())
			w.say("ours", ours)
			return err
		})
		w.write("sending", func(tx *store.Tx) error {
			ours, err := tx.SetSending(a, store.Status{State: pick(w, "auth_failed", "ready")})
			w.say("ours", ours)
			return err
		})
		w.write("decide", func(tx *store.Tx) error { return tx.Decide(a, store.Status{State: "paused"}, time.Time{}) })
	}},
	{"a logo comes again and again, to one of them", func(w *world) {
		for i := range pick(w, 3, 1) {
			a := w.mail(180+3*i, w.mailboxes["0"].ID, uint32(200+i))
			a.Message.HasAttachments, a.Pictures = true, []store.Picture{{Path: "2", Digest: sha256.Sum256([]byte("logo"))}}
			w.write("arrive", func(tx *store.Tx) error {
				got, err := tx.Arrive(w.mailboxes["0"].Account, []store.Arrival{a})
				w.say("arrived", got, err)
				return err
			})
		}
	}},
	{"an account goes", func(w *world) {
		w.write("delete", func(tx *store.Tx) error { return tx.DeleteAccount(w.tenant, w.accounts[pick(w, 1, 0)].ID) })
		w.write("delete", func(tx *store.Tx) error { return tx.DeleteAccount(w.tenant, "nothing") })
		for range 2 {
			w.write("unreferenced", func(tx *store.Tx) error {
				digests, err := tx.Unreferenced(w.tenant, w.db.Now().Add(time.Minute), 3)
				w.say("unreferenced", digests)
				return err
			})
		}
		all, err := w.db.Accounts(w.ctx, w.tenant, "")
		w.say("left", all, err)
	}},
}
