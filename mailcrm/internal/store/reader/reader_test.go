package reader_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/mailcrm/internal/store/reader"
	"github.com/mailcrm/sdk/mailcrm/internal/store/storetest"
	"github.com/mailcrm/sdk/storage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// An office has two accounts: jeanne with an inbox and an archive, and a shared one with an inbox.
type office struct {
	t                      testing.TB
	db                     *store.DB
	r                      *reader.Reader
	jeanne, shared         string // accounts
	inbox, archive, common string // mailboxes
	uid                    uint32
}

func newOffice(t testing.TB, db *store.DB) *office {
	t.Helper()
	o := &office{t: t, db: db, r: reader.New(db)}
	o.write(func(tx *store.Tx) error {
		for _, a := range []struct {
			address string
			id      *string
			boxes   []*string
		}{{"jeanne@acme.fr", &o.jeanne, []*string{&o.inbox, &o.archive}}, {"contact@acme.fr", &o.shared, []*string{&o.common}}} {
			account := store.Account{Address: a.address}
			if err := tx.CreateAccount(&account); err != nil {
				return err
			}
			*a.id = account.ID
			for i, id := range a.boxes {
				m := store.Mailbox{Account: account.ID, Name: []string{"INBOX", "Archive"}[i], Role: []string{"inbox", "archive"}[i]}
				if err := tx.PutMailbox(&m); err != nil {
					return err
				}
				*id = m.ID
			}
		}
		return nil
	})
	return o
}

func (o *office) write(fn func(*store.Tx) error) {
	o.t.Helper()
	require.NoError(o.t, o.db.Write(context.Background(), nil, fn))
}

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// mail lays a mail into mailboxes and returns its message.
func (o *office) mail(key string, change func(*store.Arrival), boxes ...string) string {
	o.t.Helper()
	message := ""
	o.write(func(tx *store.Tx) error {
		for _, box := range boxes {
			o.uid++
			a := store.Arrival{
				Message: store.Message{Key: key, MessageID: key, Date: epoch, From: []store.Address{{Name: "Zoé Lebrun", Address: "zoe@example.com"}}, To: []store.Address{{Address: "jeanne@acme.fr"}}, Subject: key, Direction: storage.Received},
				Copy:    store.Copy{Mailbox: box, UIDValidity: 1, UID: o.uid, Kept: "whole"},
			}
			if change != nil {
				change(&a)
			}
			account := o.jeanne
			if box == o.common {
				account = o.shared
			}
			got, err := tx.Arrive(account, []store.Arrival{a})
			if err != nil {
				return err
			}
			message = got[0].Message
		}
		return nil
	})
	return message
}

// list is the ids of a whole list, page by page.
func (o *office) list(q reader.Query) []string {
	o.t.Helper()
	if q.Accounts == nil {
		q.Accounts = []string{o.jeanne, o.shared}
	}
	var ids []string
	for range 1000 {
		rows, next, err := o.r.Messages(context.Background(), q)
		require.NoError(o.t, err)
		require.LessOrEqual(o.t, len(rows), 200)
		for _, row := range rows {
			ids = append(ids, row.Message.ID)
		}
		if next == "" {
			return ids
		}
		require.Len(o.t, rows, q.Limit)
		q.Cursor = next
	}
	o.t.Fatal("the list has no end")
	return nil
}

// TestSorts walks through lists page by page, in every order, and compares with what Go sorts.
func TestSorts(t *testing.T) {
	storetest.Each(t, nil, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		random := rand.New(rand.NewPCG(1, 2))
		type fact struct {
			id, from, subject string
			date, size        int64
			flagged           bool
		}
		var all []fact
		for i := range 67 {
			f := fact{from: fmt.Sprint("nom", random.IntN(5)), subject: fmt.Sprint("sujet", random.IntN(9)), date: int64(random.IntN(20)), size: int64(random.IntN(10)), flagged: random.IntN(3) == 0}
			boxes := [][]string{{o.inbox}, {o.common}, {o.inbox, o.archive}, {o.inbox, o.common}, {o.archive, o.common, o.inbox}}[random.IntN(5)]
			first := true
			f.id = o.mail(fmt.Sprint("m", i), func(a *store.Arrival) {
				a.Message.From[0].Name, a.Message.Subject, a.Message.Size, a.Message.Date = f.from, "Re: "+f.subject, f.size, epoch.Add(time.Duration(f.date)*time.Hour)
				if f.flagged && first {
					a.Copy.Flags = store.FlagFlagged
				}
				first = false
			}, boxes...)
			all = append(all, f)
		}
		orders := map[string]func(a, b fact) int{
			"":        func(a, b fact) int { return -cmp.Or(cmp.Compare(a.date, b.date), strings.Compare(a.id, b.id)) },
			"date":    func(a, b fact) int { return cmp.Or(cmp.Compare(a.date, b.date), strings.Compare(a.id, b.id)) },
			"size":    func(a, b fact) int { return cmp.Or(cmp.Compare(a.size, b.size), strings.Compare(a.id, b.id)) },
			"from":    func(a, b fact) int { return cmp.Or(strings.Compare(a.from, b.from), strings.Compare(a.id, b.id)) },
			"subject": func(a, b fact) int { return cmp.Or(strings.Compare(a.subject, b.subject), strings.Compare(a.id, b.id)) },
		}
		for name, order := range orders {
			for _, desc := range []bool{false, true} {
				want := slices.SortedFunc(slices.Values(all), func(a, b fact) int {
					if desc && name != "" {
						return -order(a, b)
					}
					return order(a, b)
				})
				var ids []string
				for _, f := range want {
					ids = append(ids, f.id)
				}
				for _, limit := range []int{1, 7, 67, 200} {
					require.Equal(t, ids, o.list(reader.Query{Sort: name, Desc: desc, Limit: limit}), "%s %v %d", name, desc, limit)
				}
			}
		}
		for _, desc := range []bool{false, true} {
			want := slices.SortedFunc(slices.Values(all), func(a, b fact) int {
				if a.flagged != b.flagged {
					if a.flagged == desc {
						return -1
					}
					return 1
				}
				return orders[""](a, b)
			})
			var ids []string
			for _, f := range want {
				ids = append(ids, f.id)
			}
			require.Equal(t, ids, o.list(reader.Query{Sort: "flagged", Desc: desc, Limit: 5}))
		}
	})
}

// TestPagesStayTrue: mail that arrives while somebody turns pages makes him see nothing twice, and miss nothing that was there.
func TestPagesStayTrue(t *testing.T) {
	storetest.Each(t, nil, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		ctx := context.Background()
		at := func(n int) func(*store.Arrival) {
			return func(a *store.Arrival) { a.Message.Date = epoch.Add(time.Duration(n) * time.Minute) }
		}
		var there []string
		for i := range 30 {
			there = append(there, o.mail(fmt.Sprint("m", i), at(i*10), o.inbox))
		}
		q := reader.Query{Accounts: []string{o.jeanne}, Limit: 7}
		var seen []string
		for page := 0; ; page++ {
			rows, next, err := o.r.Messages(ctx, q)
			require.NoError(t, err)
			for _, row := range rows {
				require.NotContains(t, seen, row.Message.ID)
				seen = append(seen, row.Message.ID)
			}
			if q.Cursor = next; next == "" {
				break
			}
			o.mail(fmt.Sprint("new", page), at(1000+page), o.inbox) // above
			o.mail(fmt.Sprint("old", page), at(page-5), o.inbox)    // below, or in between
			copies, err := db.Copies(ctx, "", seen[len(seen)-1])
			require.NoError(t, err)
			o.write(func(tx *store.Tx) error { return tx.CopyGone("", copies[0].ID) }) // the row that the cursor stands on
		}
		for _, id := range there {
			require.Contains(t, seen, id)
		}
	})
}

func TestFilters(t *testing.T) {
	storetest.Each(t, nil, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		yes, no := true, false
		read := o.mail("read", func(a *store.Arrival) {
			a.Copy.Flags, a.Message.Date, a.Message.HasAttachments = store.FlagSeen, epoch.Add(time.Hour), true
		}, o.inbox)
		unread := o.mail("unread", nil, o.inbox)
		archived := o.mail("archived", func(a *store.Arrival) { a.Message.Date = epoch.Add(-time.Hour) }, o.archive)
		shared := o.mail("shared", func(a *store.Arrival) {
			a.Copy.Flags, a.Message.Date = store.FlagFlagged|store.FlagSeen, epoch.Add(2*time.Hour)
		}, o.common)
		acme := storage.Ref{Kind: "account", ID: "acme"}
		o.write(func(tx *store.Tx) error {
			_, err := tx.Link([]store.Link{{Message: read, Entity: acme, Rule: "address"}, {Message: unread, Entity: acme, Rule: "address"}})
			if err == nil {
				_, err = tx.Unlink("", unread, acme, "jeanne")
			}
			return err
		})
		for _, c := range []struct {
			name string
			q    reader.Query
			want []string
		}{
			{"all", reader.Query{}, []string{shared, read, unread, archived}},
			{"one account", reader.Query{Accounts: []string{o.jeanne}}, []string{read, unread, archived}},
			{"no account", reader.Query{Accounts: []string{}}, nil},
			{"an account that is not there", reader.Query{Accounts: []string{"x"}}, nil},
			{"a mailbox", reader.Query{Mailbox: o.archive}, []string{archived}},
			{"a mailbox of another account", reader.Query{Mailbox: o.common, Accounts: []string{o.jeanne}}, nil},
			{"a role", reader.Query{Role: "inbox"}, []string{shared, read, unread}},
			{"a role of one account", reader.Query{Role: "inbox", Accounts: []string{o.jeanne}}, []string{read, unread}},
			{"a mailbox of another role", reader.Query{Mailbox: o.archive, Role: "inbox"}, nil},
			{"unread", reader.Query{Unread: &yes}, []string{unread, archived}},
			{"read", reader.Query{Unread: &no}, []string{shared, read}},
			{"flagged", reader.Query{Flagged: &yes}, []string{shared}},
			{"not flagged", reader.Query{Flagged: &no}, []string{read, unread, archived}},
			{"linked", reader.Query{Linked: &yes}, []string{read}},
			{"not linked", reader.Query{Linked: &no}, []string{shared, unread, archived}},
			{"attachments", reader.Query{HasAttachments: &yes}, []string{read}},
			{"none", reader.Query{HasAttachments: &no}, []string{shared, unread, archived}},
			{"before", reader.Query{Before: epoch}, []string{archived}},
			{"after", reader.Query{After: epoch}, []string{shared, read, unread}},
			{"both", reader.Query{After: epoch, Before: epoch.Add(time.Hour)}, []string{unread}},
			{"together", reader.Query{Unread: &no, Flagged: &no, Role: "inbox"}, []string{read}},
		} {
			if c.q.Accounts != nil && len(c.q.Accounts) == 0 {
				rows, next, err := o.r.Messages(context.Background(), c.q)
				require.NoError(t, err)
				require.Empty(t, rows)
				require.Empty(t, next)
				continue
			}
			require.Equal(t, c.want, o.list(c.q), c.name)
		}
		counts, err := o.r.Unread(context.Background(), "", []string{o.jeanne, o.shared})
		require.NoError(t, err)
		require.Equal(t, map[string]reader.Counts{o.inbox: {Total: 2, Unread: 1}, o.archive: {Total: 1, Unread: 1}, o.common: {Total: 1}}, counts)
	})
}

// searches are what people type, and whether it finds the one mail there is.
var searches = []struct {
	q     reader.Query
	finds bool
}{
	{reader.Query{Text: "société"}, true},
	{reader.Query{Text: "SOCIETE"}, true},
	{reader.Query{Text: "socie"}, true},
	{reader.Query{Text: "socie générale"}, false}, // only the last word may go on
	{reader.Query{Text: "générale socie"}, true},
	{reader.Query{Text: "coeur"}, true},
	{reader.Query{Text: "cœur"}, true},
	{reader.Query{Text: `"bon de commande"`}, true},
	{reader.Query{Text: `"bon commande"`}, false},
	{reader.Query{Text: "commande bon"}, true},
	{reader.Query{Text: "zoe.lebrun@example.com"}, true},
	{reader.Query{Text: "lebrun@example"}, true},
	{reader.Query{Text: "example.zoe"}, false},
	{reader.Query{From: "zoé"}, true},
	{reader.Query{From: "jeanne"}, false},
	{reader.Query{To: "jeanne"}, true},
	{reader.Query{To: "paul@acme.fr"}, true}, // Cc
	{reader.Query{To: "zoe"}, false},
	{reader.Query{Subject: "devis"}, true},
	{reader.Query{Subject: "commande"}, false},
	{reader.Query{Subject: "devis", From: "lebrun", Text: "commande"}, true},
	{reader.Query{Subject: "devis", From: "lebrun", Text: "facture"}, false},
	{reader.Query{Text: "12"}, true},
	{reader.Query{Text: "   "}, true},  // asks nothing
	{reader.Query{Text: "***"}, false}, // nothing has marks
	{reader.Query{Text: "toiture devis 2026"}, true},
}

func TestSearch(t *testing.T) {
	storetest.Each(t, nil, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		id := o.mail("m", func(a *store.Arrival) {
			a.Message.Subject, a.Message.Text = "Devis 2026/12: toiture", "Bonjour, la Société Générale confirme son bon de commande, au cœur de l'été."
			a.Message.From[0].Address, a.Message.Cc = "zoe.lebrun@example.com", []store.Address{{Name: "Paul", Address: "paul@acme.fr"}}
		}, o.inbox, o.archive)
		for _, few := range []int{2000, 0} { // both ways of finding text
			o.r.FewHits = few
			for _, s := range searches {
				want := []string{id}
				if !s.finds {
					want = nil
				}
				require.Equal(t, want, o.list(s.q), "%+v", s.q)
			}
			for _, sort := range []string{"date", "from", "subject", "size", "flagged"} {
				require.Equal(t, []string{id}, o.list(reader.Query{Text: "devis", Sort: sort}))
			}
		}
	})
}

// TestBothWaysOfFinding finds the same mails, in the same order and pages, whether there are few or many.
func TestBothWaysOfFinding(t *testing.T) {
	storetest.Each(t, nil, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		for i := range 40 {
			o.mail(fmt.Sprint("m", i), func(a *store.Arrival) {
				a.Message.Date, a.Message.Text, a.Message.Size = epoch.Add(time.Duration(i*7%40)*time.Hour), []string{"devis", "facture", "devis facture"}[i%3], int64(i*11%40)
				if i%5 == 0 {
					a.Copy.Flags = store.FlagFlagged
				}
			}, [][]string{{o.inbox}, {o.common, o.inbox}, {o.archive}}[i%3]...)
		}
		for _, q := range []reader.Query{
			{Text: "devis"}, {Text: "devis", Sort: "size"}, {Text: "facture", Sort: "flagged", Desc: true}, {Text: "facture", Sort: "flagged"}, {Text: "devis", Mailbox: o.inbox}, {Text: "fact", Role: "inbox"}, {Text: "devis facture", Sort: "subject", Desc: true},
		} {
			q.Limit = 4
			o.r.FewHits = 2000
			few := o.list(q)
			require.NotEmpty(t, few)
			o.r.FewHits = 0
			require.Equal(t, few, o.list(q), "%+v", q)
		}
	})
}

// TestPrivateMailIsNotFound: what is withheld is not found by asking about it, nor placed by an order, but by whoever received it.
func TestPrivateMailIsNotFound(t *testing.T) {
	storetest.Each(t, nil, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		private := func(direction storage.Direction) func(*store.Arrival) {
			return func(a *store.Arrival) {
				a.Message.Private, a.Message.PrivateBy, a.Message.Direction, a.Message.Subject, a.Message.Text, a.Message.HasAttachments = true, "paul", direction, "augmentation", "salaire", true
				if a.Copy.Mailbox != o.common {
					a.Message.Direction = storage.Received // jeanne got it
				}
			}
		}
		sent := o.mail("sent", private(storage.Sent), o.common)
		plain := o.mail("plain", func(a *store.Arrival) { a.Message.Text, a.Message.HasAttachments = "salaire", true }, o.common)
		both := o.mail("both", private(storage.Sent), o.common, o.inbox)
		nobody := o.mail("nobody", func(a *store.Arrival) {
			a.Message.Private, a.Message.Direction, a.Message.Text = true, storage.Sent, "salaire"
		}, o.common)
		yes := true
		for _, few := range []int{2000, 0} {
			o.r.FewHits = few
			for _, q := range []reader.Query{
				{Text: "salaire"}, {Text: "salaire", Sort: "subject"}, {Unread: &yes}, {Sort: "from"}, {Sort: "subject", Desc: true}, {Sort: "size"}, {Sort: "flagged", Desc: true},
			} {
				q.Accounts = []string{o.shared}
				q.NotPrivateUnless = "marie"
				require.ElementsMatch(t, []string{plain}, o.list(q), "%+v", q)
				q.NotPrivateUnless = "paul"
				require.ElementsMatch(t, []string{plain, sent, both}, o.list(q), "%+v", q)
				q.NotPrivateUnless = ""
				require.ElementsMatch(t, []string{plain}, o.list(q), "%+v", q)
				q.Accounts, q.NotPrivateUnless = []string{o.shared, o.jeanne}, "jeanne"
				require.ElementsMatch(t, []string{plain, both}, o.list(q), "%+v", q)
			}
		}
		// A list that asks nothing about it has its envelope.
		require.ElementsMatch(t, []string{plain, sent, both, nobody}, o.list(reader.Query{Accounts: []string{o.shared}, NotPrivateUnless: "marie", After: epoch}))
	})
}

func TestRows(t *testing.T) {
	storetest.Each(t, nil, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		o := newOffice(t, db)
		acme := storage.Ref{Kind: "account", ID: "acme"}
		var ids []string
		for i := range 5 {
			ids = append(ids, o.mail(fmt.Sprint("m", i), func(a *store.Arrival) {
				a.Message.Date, a.Message.Text = epoch.Add(time.Duration(i)*time.Hour), "texte"
			}, o.inbox, o.common))
		}
		copies, err := db.Copies(ctx, "", ids[1])
		require.NoError(t, err)
		o.write(func(tx *store.Tx) error {
			for _, id := range ids {
				if _, err := tx.Link([]store.Link{{Message: id, Entity: acme, Rule: "address"}}); err != nil {
					return err
				}
			}
			if _, err := tx.Unlink("", ids[2], acme, "jeanne"); err != nil {
				return err
			}
			return tx.CopyGone("", copies[0].ID)
		})

		rows, _, err := o.r.Messages(ctx, reader.Query{Accounts: []string{o.jeanne}, Limit: 10})
		require.NoError(t, err)
		require.Len(t, rows, 4, "one is not there any more")
		for _, row := range rows {
			require.Len(t, row.Copies, 1, "of the account that was asked")
			require.Equal(t, "INBOX", row.Copies[0].MailboxName)
			require.Equal(t, "inbox", row.Copies[0].Role)
			require.Len(t, row.Links, 1)
			require.Empty(t, row.Message.Text)
		}

		rows, next, err := o.r.Timeline(ctx, "", acme, "", 3)
		require.NoError(t, err)
		require.Equal(t, []string{ids[4], ids[3], ids[1]}, []string{rows[0].Message.ID, rows[1].Message.ID, rows[2].Message.ID})
		require.Len(t, rows[2].Copies, 2, "also those that are gone")
		rows, next, err = o.r.Timeline(ctx, "", acme, next, 3)
		require.NoError(t, err)
		require.Len(t, rows, 1)
		require.Empty(t, next)
		rows, _, err = o.r.Timeline(ctx, "", storage.Ref{Kind: "contact", ID: "acme"}, "", 3)
		require.NoError(t, err)
		require.Empty(t, rows)

		row, err := o.r.Message(ctx, "", ids[2])
		require.NoError(t, err)
		require.Equal(t, "texte", row.Message.Text)
		require.True(t, row.Links[0].Removed)
		_, err = o.r.Message(ctx, "", "nothing")
		require.ErrorIs(t, err, storage.ErrNotFound)
		_, err = o.r.Message(ctx, "other", ids[2])
		require.ErrorIs(t, err, storage.ErrNotFound)

		for name, q := range map[string]reader.Query{"a sort": {Sort: "colour"}, "a cursor": {Cursor: "x"}, "a cursor of another list": {Cursor: next, Sort: "size"}} {
			q.Accounts = []string{o.jeanne}
			if name == "a cursor of another list" {
				_, q.Cursor, err = o.r.Messages(ctx, reader.Query{Accounts: []string{o.jeanne}, Limit: 1})
				require.NoError(t, err)
			}
			_, _, err = o.r.Messages(ctx, q)
			require.ErrorIs(t, err, storage.ErrInvalid, name)
		}
		_, _, err = o.r.Messages(ctx, reader.Query{Accounts: make([]string, 3000)})
		require.ErrorIs(t, err, storage.ErrLimit)
	})
}

// FuzzSearch types anything into every field, on SQLite, whose FTS5 has the richer syntax to fall into.
func FuzzSearch(f *testing.F) {
	for _, s := range []string{`"`, `a" OR "b`, "NEAR(a b)", "a*", "^a", "{x y}: z", "-a", "a:b", "\x00", "\xff", "((", `\`, "subject : a", "é\u0301", "' OR 1=1 --", strings.Repeat(`"a" `, 50)} {
		f.Add(s)
	}
	o := newOffice(f, storetest.SQLite(f, nil))
	o.mail("m", nil, o.inbox)
	f.Fuzz(func(t *testing.T, text string) {
		for _, few := range []int{0, 2000} {
			o.r.FewHits = few
			for _, q := range []reader.Query{{Text: text}, {From: text}, {To: text, Subject: text}} {
				q.Accounts = []string{o.jeanne}
				if _, _, err := o.r.Messages(context.Background(), q); err != nil {
					t.Fatalf("%q: %v", text, err)
				}
			}
		}
	})
}

// TestAnythingCanBeTyped is the same for PostgreSQL, with what fuzzing starts from.
func TestAnythingCanBeTyped(t *testing.T) {
	o := newOffice(t, storetest.Postgres(t, nil))
	o.mail("m", nil, o.inbox)
	random := rand.New(rand.NewPCG(9, 9))
	letters := []rune("a'\"\\:*&|!<->()\x00é\u0301日 \t%_$1{list}@?")
	for range 300 {
		var text strings.Builder
		for range random.IntN(30) {
			text.WriteRune(letters[random.IntN(len(letters))])
		}
		for _, few := range []int{0, 2000} {
			o.r.FewHits = few
			_, _, err := o.r.Messages(context.Background(), reader.Query{Accounts: []string{o.jeanne}, Text: text.String(), Subject: text.String()})
			require.NoError(t, err, "%q", text.String())
		}
	}
}
