package store_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/mailcrm/internal/store/reader"
	"github.com/mailcrm/sdk/mailcrm/internal/store/storetest"
	"github.com/mailcrm/sdk/storage"
)

// A postman makes believable mails: words as often as Zipf says, some threads, a few hundred correspondents.
type postman struct {
	random *rand.Rand
	zipf   *rand.Zipf
	words  []string
	sent   []string // Message-IDs
	uid    uint32
}

func newPostman() *postman {
	p := &postman{random: rand.New(rand.NewPCG(1, 2))}
	p.zipf = rand.NewZipf(p.random, 1.1, 4, 19_999)
	syllables := strings.Fields("de vi so cié té fa ça ren dez cli en pai ment mon ta ge con trat li vrai son ga ran tie pro jet bu reau chan tier ex pert")
	seen := make(map[string]bool)
	for len(p.words) < 20_000 {
		word := ""
		for range 1 + p.random.IntN(2) + len(p.words)/300 {
			if len(word) < 10 {
				word += syllables[p.random.IntN(len(syllables))]
			}
		}
		if !seen[word] {
			seen[word] = true
			p.words = append(p.words, word)
		}
	}
	return p
}

func (p *postman) text(n int) string {
	var b strings.Builder
	for range n {
		b.WriteString(p.words[p.zipf.Uint64()])
		b.WriteByte(' ')
	}
	return b.String()
}

func (p *postman) mails(n int, mailbox string) []store.Arrival {
	all := make([]store.Arrival, n)
	for i := range all {
		p.uid++
		id := fmt.Sprintf("%d.%d@mail.example.fr", p.uid, p.random.Uint64())
		var references []string
		inReplyTo := ""
		if len(p.sent) > 0 && p.random.IntN(3) == 0 {
			inReplyTo = p.sent[p.random.IntN(len(p.sent))]
			references = []string{inReplyTo}
		}
		p.sent = append(p.sent, id)
		from := fmt.Sprintf("client%d@example.com", p.random.IntN(500))
		text := p.text(250)
		all[i] = store.Arrival{
			Message: store.Message{
				Key: "k" + id, MessageID: id, InReplyTo: inReplyTo, References: references, Date: time.Unix(1_600_000_000+int64(p.uid)*300, 0).UTC(),
				From: []store.Address{{Name: "Zoé " + p.words[p.random.IntN(500)], Address: from}}, To: []store.Address{{Address: "jeanne@example.fr"}}, Cc: []store.Address{{Address: "paul@example.fr"}},
				Subject: p.text(6), Snippet: text[:150], Text: text, Direction: storage.Received, Agent: "jeanne", Size: 40_000,
			},
			Participants: []store.Participant{{Address: from, Header: "from"}, {Address: "jeanne@example.fr", Header: "to"}, {Address: "paul@example.fr", Header: "cc"}},
			Copy: store.Copy{
				Mailbox: mailbox, UIDValidity: 1, UID: p.uid, HeaderHash: sha256.Sum256([]byte(id)), Raw: sha256.Sum256([]byte("raw" + id)), RawSize: 40_000, Size: 40_000,
				InternalDate: time.Unix(1_600_000_000+int64(p.uid)*300, 0), Flags: store.FlagSeen, Kept: "whole",
			},
			Ids: []string{id},
		}
		if p.random.IntN(20) == 0 {
			all[i].Copy.Flags = 0
		}
	}
	return all
}

// deliver writes n mails in chunks as sync does: mails and ledger in one transaction.
func (p *postman) deliver(tb testing.TB, db *store.DB, account, mailbox string, n, chunk int) {
	tb.Helper()
	for done := 0; done < n; done += chunk {
		mails := p.mails(min(chunk, n-done), mailbox)
		uids := make([]uint32, len(mails))
		for i, m := range mails {
			uids[i] = m.Copy.UID
		}
		err := db.Write(context.Background(), nil, func(tx *store.Tx) error {
			if _, err := tx.Arrive(account, mails); err != nil {
				return err
			}
			return tx.Settle("", mailbox, 1, uids)
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
}

// office is an account with an inbox whose UIDs are pending.
func office(tb testing.TB, db *store.DB) (account, mailbox string) {
	tb.Helper()
	a := store.Account{Address: "jeanne@example.fr", Owner: "jeanne"}
	m := store.Mailbox{Name: "INBOX", Role: "inbox", Selectable: true}
	err := db.Write(context.Background(), nil, func(tx *store.Tx) error {
		if err := tx.CreateAccount(&a); err != nil {
			return err
		}
		m.Account = a.ID
		if err := tx.PutMailbox(&m); err != nil {
			return err
		}
		return tx.Enumerate("", m.ID, store.Enumeration{UIDValidity: 1, UIDNext: 10_000_001, Pending: []store.UIDRange{{Lo: 1, Hi: 10_000_000}}})
	})
	if err != nil {
		tb.Fatal(err)
	}
	return a.ID, m.ID
}

func engines(b *testing.B, run func(b *testing.B, db *store.DB)) {
	b.Run("sqlite", func(b *testing.B) { run(b, storetest.File(b, filepath.Join(b.TempDir(), "mail.db"), nil)) })
	b.Run("postgres", func(b *testing.B) { run(b, storetest.Postgres(b, nil)) })
}

// BenchmarkArrive measures recording mail in chunks of 100, durable on SQLite. One iteration is one mail.
func BenchmarkArrive(b *testing.B) {
	engines(b, func(b *testing.B, db *store.DB) {
		account, mailbox := office(b, db)
		p := newPostman()
		const chunk = 100
		mails := make([][]store.Arrival, 0, b.N/chunk+1)
		for made := 0; made < b.N; made += chunk {
			mails = append(mails, p.mails(min(chunk, b.N-made), mailbox))
		}
		b.ResetTimer()
		cpu := cpuTime()
		for _, part := range mails {
			err := db.Write(context.Background(), nil, func(tx *store.Tx) error {
				if _, err := tx.Arrive(account, part); err != nil {
					return err
				}
				uids := make([]uint32, len(part))
				for i, m := range part {
					uids[i] = m.Copy.UID
				}
				return tx.Settle("", mailbox, 1, uids)
			})
			if err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "mails/s")
		b.ReportMetric(float64((cpuTime()-cpu).Microseconds())/float64(b.N), "cpu-us/mail")
	})
}

// BenchmarkLists measures pages over 100,000 messages in one mailbox, and a timeline of 10,000.
func BenchmarkLists(b *testing.B) {
	engines(b, func(b *testing.B, db *store.DB) {
		ctx := context.Background()
		account, mailbox := office(b, db)
		p := newPostman()
		p.deliver(b, db, account, mailbox, 100_000, 250)
		acme := storage.Ref{Kind: storage.KindAccount, ID: "acme"}
		linked := 0
		for after := ""; linked < 10_000; {
			messages, err := db.MessagesByAddress(ctx, "", "jeanne@example.fr", after, 500)
			if err != nil {
				b.Fatal(err)
			}
			var links []store.Link
			for _, m := range messages {
				links = append(links, store.Link{Message: m, Entity: acme, Rule: "address"})
				after = m
			}
			linked += len(links)
			if err := db.Write(ctx, nil, func(tx *store.Tx) error { _, err := tx.Link(links); return err }); err != nil {
				b.Fatal(err)
			}
		}
		r := reader.New(db)
		yes := true
		accounts := []string{account}
		for _, c := range []struct {
			name string
			q    reader.Query
		}{
			{"mailbox", reader.Query{Mailbox: mailbox}},
			{"account", reader.Query{}},
			{"unread", reader.Query{Mailbox: mailbox, Unread: &yes}},
			{"flagged", reader.Query{Mailbox: mailbox, Sort: "flagged", Desc: true}},
			{"from", reader.Query{Mailbox: mailbox, Sort: "from"}},
			{"subject", reader.Query{Mailbox: mailbox, Sort: "subject"}},
			{"size", reader.Query{Mailbox: mailbox, Sort: "size", Desc: true}},
			{"few-words", reader.Query{Text: p.words[15_003]}},
			{"many-words", reader.Query{Text: p.words[10]}},
			{"prefix", reader.Query{Text: "conga"}},
			{"short-prefix", reader.Query{Text: "fa"}},
		} {
			b.Run(c.name, func(b *testing.B) {
				c.q.Accounts, c.q.Limit = accounts, 50
				for b.Loop() {
					rows, _, err := r.Messages(ctx, c.q)
					if err != nil || len(rows) == 0 {
						b.Fatal(len(rows), err)
					}
				}
			})
		}
		b.Run("timeline", func(b *testing.B) {
			for b.Loop() {
				rows, _, err := r.Timeline(ctx, "", acme, "", 50)
				if err != nil || len(rows) != 50 {
					b.Fatal(len(rows), err)
				}
			}
		})
		b.Run("counts", func(b *testing.B) {
			for b.Loop() {
				if _, err := r.Unread(ctx, "", accounts); err != nil {
					b.Fatal(err)
				}
			}
		})
	})
}
