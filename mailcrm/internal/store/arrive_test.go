package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/mailcrm/internal/store/reader"
	"github.com/mailcrm/sdk/mailcrm/internal/store/storetest"
	"github.com/mailcrm/sdk/storage"
)

const unrelatedText = "Félicitations, gagnez cent mille euros sans effort grâce au casino magique, cliquez vite avant minuit."

func TestArriveTwiceChangesNothing(t *testing.T) {
	storetest.Each(t, nil, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		account, inbox := office(t, db)
		first := arrive(t, db, account, letter(1, inbox, 5), letter(2, inbox, 6))
		require.True(t, first[0].NewMessage && first[0].NewCopy && first[1].NewMessage)
		require.Equal(t, "none", first[0].LinkState)

		again := letter(1, inbox, 5)
		again.Copy.Flags, again.Copy.Keywords, again.Copy.ModSeq = store.FlagSeen|store.FlagAnswered, []string{"$Label1"}, 9
		second := arrive(t, db, account, again, letter(2, inbox, 6))
		require.Equal(t, []store.Arrived{
			{Message: first[0].Message, Copy: first[0].Copy, LinkState: "none"},
			{Message: first[1].Message, Copy: first[1].Copy, LinkState: "none"},
		}, second)
		c, err := db.Copy(ctx, "", first[0].Copy)
		require.NoError(t, err)
		require.Equal(t, store.FlagSeen|store.FlagAnswered, c.Flags)
		require.Equal(t, []string{"$Label1"}, c.Keywords)
		require.EqualValues(t, 9, c.ModSeq)
		require.Equal(t, again.Copy.Raw, c.Raw)

		counts, err := reader.New(db).Unread(ctx, "", []string{account})
		require.NoError(t, err)
		require.Equal(t, reader.Counts{Total: 2, Unread: 1}, counts[inbox])
	})
}

func TestTwiceInOneBatch(t *testing.T) {
	storetest.Each(t, nil, func(t *testing.T, db *store.DB) {
		account, inbox := office(t, db)
		archive := another(t, db, account, "Archive", "archive")
		got := arrive(t, db, account, letter(1, inbox, 5), letter(1, archive, 7), letter(1, inbox, 5))
		require.Equal(t, got[0].Message, got[1].Message)
		require.False(t, got[1].NewMessage)
		require.True(t, got[1].NewCopy)
		require.Equal(t, got[0].Copy, got[2].Copy)
		require.False(t, got[2].NewCopy)
	})
}

// TestSameKey: a message that comes back with a footer is the same one; another text under the same key is another message.
func TestSameKey(t *testing.T) {
	storetest.Each(t, nil, func(t *testing.T, db *store.DB) {
		account, inbox := office(t, db)
		first := arrive(t, db, account, letter(1, inbox, 1))[0]
		for i, c := range []struct {
			name, text string
			same       bool
		}{
			{"a footer", letter(1, "", 0).Message.Text + "\n--\nAvis de confidentialité: ce message est destiné aux seules personnes nommées.", true},
			{"quoted", "> " + strings.ReplaceAll(letter(1, "", 0).Message.Text, " ", "\n> "), true},
			{"unrelated", unrelatedText, false},
			{"the other one again", unrelatedText + " Merci.", false},
			{"only a header", "", true},
		} {
			m := letter(1, inbox, uint32(10+i))
			m.Message.Text, m.Copy.HeaderHash = c.text, [32]byte{byte(i + 1)}
			if c.text == "" {
				m.Copy.Kept = "header"
			}
			got := arrive(t, db, account, m)[0]
			require.Equal(t, c.same, got.Message == first.Message, c.name)
		}
		ids, err := db.MessagesByAddress(context.Background(), "", "zoe@example.com", "", 10)
		require.NoError(t, err)
		require.Len(t, ids, 2, "the unrelated one is one message, not two")
	})
}

// TestMoreIsRead: of mail in Junk only the header is read; out of it, the rest is filled in, once.
func TestMoreIsRead(t *testing.T) {
	storetest.Each(t, nil, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		account, inbox := office(t, db)
		junk := another(t, db, account, "Indésirables", "junk")
		index := letter(1, junk, 3)
		index.Copy.Kept, index.Copy.Raw, index.Message.Text, index.Message.Snippet = "header", storage.Digest{}, "", ""
		first := arrive(t, db, account, index)[0]
		r := reader.New(db)
		find := func(text string) int {
			rows, _, err := r.Messages(ctx, reader.Query{Accounts: []string{account}, Text: text})
			require.NoError(t, err)
			return len(rows)
		}
		require.Equal(t, 1, find("devis zoe"), "the header is found")
		require.Equal(t, 0, find("toiture"))

		moved := arrive(t, db, account, letter(1, inbox, 9))[0]
		require.Equal(t, first.Message, moved.Message)
		require.False(t, moved.NewMessage)
		require.Equal(t, 1, find("toiture"))
		row, err := r.Message(ctx, "", first.Message)
		require.NoError(t, err)
		require.Contains(t, row.Message.Text, "toiture")

		// The index again does not take away what is known.
		index.Copy.UID = 4
		arrive(t, db, account, index)
		require.Equal(t, 1, find("toiture"))
		// The same place, read whole now.
		whole := letter(1, junk, 3)
		got := arrive(t, db, account, whole)[0]
		require.Equal(t, first.Copy, got.Copy)
		c, err := db.Copy(ctx, "", first.Copy)
		require.NoError(t, err)
		require.Equal(t, "whole", c.Kept)
		require.Equal(t, whole.Copy.Raw, c.Raw)
	})
}

// TestSentCopy is law 10: the copy in Sent joins the message that was sent, whatever the server did to its Message-ID; neither an answer nor a stranger who knows the ids does.
func TestSentCopy(t *testing.T) {
	storetest.Each(t, nil, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		account, inbox := office(t, db)
		sent := another(t, db, account, "Envoyés", "sent")
		out := letter(1, "", 0)
		out.Message.From, out.Message.Direction, out.Message.MessageID, out.Message.Key = []store.Address{{Name: "Jeanne", Address: "Jeanne@acme.fr"}}, storage.Sent, "ours@acme.fr", "key ours"
		out.Message.InReplyTo = "question@example.com"
		out.Copy = store.Copy{Kept: "whole"}
		queued := arrive(t, db, account, out)[0]
		require.True(t, queued.NewMessage)
		require.False(t, queued.NewCopy)
		require.Empty(t, queued.Copy)
		s := store.Submission{Account: account, Agent: "jeanne", Message: queued.Message, State: store.Sending, MessageID: "ours@acme.fr", Tag: "tag.1"}
		must(t, db, func(tx *store.Tx) error { return tx.CreateSubmission(&s, []string{"original@acme.fr"}) })
		must(t, db, func(tx *store.Tx) error { return tx.AddSendIDs("", s.ID, []string{"given@relay.example", ""}) })

		uid := uint32(0)
		back := func(change func(*store.Arrival)) store.Arrived {
			uid++
			m := letter(1, sent, uid)
			m.Message.From, m.Message.Direction, m.Message.InReplyTo = []store.Address{{Address: "jeanne@acme.fr"}}, storage.Sent, "question@example.com"
			m.Message.MessageID, m.Message.Key, m.Copy.HeaderHash, m.Ids = fmt.Sprint("rewritten", uid), fmt.Sprint("rewritten", uid), [32]byte{byte(uid)}, nil
			change(&m)
			return arrive(t, db, account, m)[0]
		}
		for _, c := range []struct {
			name   string
			ours   bool
			change func(*store.Arrival)
		}{
			{"by our own Message-ID", true, func(m *store.Arrival) { m.Message.MessageID = "ours@acme.fr" }},
			{"by an original id", true, func(m *store.Arrival) { m.Ids = []string{"x@y.z", "original@acme.fr"} }},
			{"by the id in the 250 reply", true, func(m *store.Arrival) { m.Message.MessageID = "given@relay.example" }},
			{"by the tag", true, func(m *store.Arrival) { m.Tag = "tag.1" }},
			{"by an id, with a footer", true, func(m *store.Arrival) {
				m.Ids, m.Message.Text = []string{"ours@acme.fr"}, m.Message.Text+" Envoyé depuis mon téléphone."
			}},
			{"an echo of a list, which wrote itself into From", true, func(m *store.Arrival) {
				m.Ids, m.Message.From = []string{"ours@acme.fr"}, []store.Address{{Address: "list@lists.example"}}
			}},
			{"only its header was read", true, func(m *store.Arrival) { m.Ids, m.Message.Text, m.Copy.Kept = []string{"ours@acme.fr"}, "", "header" }},
			{"an answer has the tag in its References", false, func(m *store.Arrival) {
				m.Tag, m.Message.From, m.Message.InReplyTo = "tag.1", []store.Address{{Address: "zoe@example.com"}}, "ours@acme.fr"
			}},
			{"so has an answer to oneself", false, func(m *store.Arrival) { m.Tag, m.Message.InReplyTo = "tag.1", "ours@acme.fr" }},
			{"a stranger wrote our id into his mail", false, func(m *store.Arrival) {
				m.Message.MessageID, m.Message.From, m.Message.Text = "ours@acme.fr", []store.Address{{Address: "evil@example.net"}}, unrelatedText
			}},
			{"and forged our From", false, func(m *store.Arrival) { m.Message.MessageID, m.Message.Text = "ours@acme.fr", unrelatedText }},
			{"a stranger, of whose mail only the header was read", false, func(m *store.Arrival) {
				m.Message.MessageID, m.Message.From, m.Message.Text, m.Copy.Kept = "ours@acme.fr", []store.Address{{Address: "evil@example.net"}}, "", "header"
			}},
			{"nothing in common", false, func(*store.Arrival) {}},
		} {
			got := back(c.change)
			require.Equal(t, c.ours, got.Message == queued.Message, c.name)
			require.Equal(t, map[bool]string{true: s.ID}[c.ours], got.Submission, c.name)
		}
		_ = inbox
		owner, err := db.SubmissionByID(ctx, "", []string{"nothing", "original@acme.fr"}, "")
		require.NoError(t, err)
		require.Equal(t, s.ID, owner)
	})
}

// TestBackAgain is law 5: a mailbox under a new UIDVALIDITY finds its messages and copies again.
func TestBackAgain(t *testing.T) {
	storetest.Each(t, nil, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		account, inbox := office(t, db)
		archive := another(t, db, account, "Archive", "archive")
		first := arrive(t, db, account, letter(1, inbox, 5), letter(2, inbox, 6), letter(3, inbox, 7))
		must(t, db, func(tx *store.Tx) error { return tx.ResetMailbox("", inbox, 2) })
		counts, err := reader.New(db).Unread(ctx, "", []string{account})
		require.NoError(t, err)
		require.Zero(t, counts[inbox])

		back, elsewhere, fresh := letter(1, inbox, 1), letter(2, archive, 1), letter(4, inbox, 2)
		back.Copy.UIDValidity, fresh.Copy.UIDValidity = 2, 2
		got := arrive(t, db, account, back, elsewhere, fresh)
		require.Equal(t, store.Arrived{Message: first[0].Message, Copy: first[0].Copy, LinkState: "none"}, got[0], "no event, no replay")
		require.Equal(t, first[1].Message, got[1].Message)
		require.True(t, got[1].NewCopy)
		require.False(t, got[1].NewMessage)
		require.True(t, got[2].NewMessage)
		c, err := db.Copy(ctx, "", first[0].Copy)
		require.NoError(t, err)
		require.True(t, c.Gone.IsZero())
		require.EqualValues(t, 2, c.UIDValidity)
		gone, err := db.Copy(ctx, "", first[2].Copy)
		require.NoError(t, err)
		require.False(t, gone.Gone.IsZero())
		counts, err = reader.New(db).Unread(ctx, "", []string{account})
		require.NoError(t, err)
		require.Equal(t, reader.Counts{Total: 2, Unread: 2}, counts[inbox])
	})
}

// TestConversations: the order of arrival does not matter.
func TestConversations(t *testing.T) {
	storetest.Each(t, nil, func(t *testing.T, db *store.DB) {
		account, inbox := office(t, db)
		uid := uint32(0)
		talk := func(n int, refs ...int) store.Arrival {
			uid++
			m := letter(n, inbox, uid)
			for _, r := range refs {
				m.Message.References = append(m.Message.References, fmt.Sprintf("letter%d@example.com", r))
			}
			return m
		}
		thread := func(message string) string {
			facts, err := db.LinkFacts(context.Background(), "", []string{message})
			require.NoError(t, err)
			return facts[message].Thread
		}
		// The newest first, as a first sync goes; 3 is known to 4 and 5 before it is here.
		got := arrive(t, db, account, talk(5, 1, 3), talk(4, 3), talk(9), talk(3, 1), talk(1))
		for i, want := range []bool{true, true, false, true, true} {
			require.Equal(t, want, thread(got[i].Message) == got[0].Message, "%d", i)
		}
		// Two conversations turn out to be one: the older name wins, also for what comes later.
		other := arrive(t, db, account, talk(20), talk(21, 20))
		require.Equal(t, other[0].Message, thread(other[1].Message))
		bridge := arrive(t, db, account, talk(22, 21, 5))[0]
		for _, m := range []string{bridge.Message, other[0].Message, other[1].Message} {
			require.Equal(t, got[0].Message, thread(m))
		}
		later := arrive(t, db, account, talk(23, 20))[0]
		require.Equal(t, got[0].Message, thread(later.Message))
	})
}

func TestWhatIsKeptIsBounded(t *testing.T) {
	storetest.Each(t, nil, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		account, inbox := office(t, db)
		m := letter(1, inbox, 1)
		m.Message.Subject = strings.Repeat("é", 5000)
		m.Message.Snippet = strings.Repeat("x", 5000)
		m.Message.Text = strings.Repeat("mot ", store.MaxText)
		m.Message.MessageID = strings.Repeat("i", 5000)
		m.Ids = []string{strings.Repeat("j", 5000)}
		m.Participants = []store.Participant{{Address: strings.Repeat("a", 321), Header: "to"}, {Address: "", Header: "to"}}
		for i := range 12_000 {
			m.Message.To = append(m.Message.To, store.Address{Address: fmt.Sprintf("a%d@example.com", i)})
			m.Message.References = append(m.Message.References, fmt.Sprintf("r%d@example.com", i))
			m.Message.Defects = append(m.Message.Defects, "x")
			m.Participants = append(m.Participants, store.Participant{Address: fmt.Sprintf("a%d@example.com", i), Header: "to"})
		}
		got := arrive(t, db, account, m)[0]
		row, err := reader.New(db).Message(ctx, "", got.Message)
		require.NoError(t, err)
		require.LessOrEqual(t, len(row.Message.Subject), store.MaxSubject)
		require.LessOrEqual(t, len(row.Message.Snippet), store.MaxSnippet)
		require.Len(t, row.Message.Text, store.MaxText)
		require.Len(t, row.Message.To, store.MaxAddresses)
		require.Len(t, row.Message.References, store.MaxReferences)
		require.Equal(t, "r0@example.com", row.Message.References[0])
		require.Equal(t, "r11999@example.com", row.Message.References[store.MaxReferences-1])
		require.Len(t, row.Message.Defects, store.MaxDefects)
		people, err := db.Participants(ctx, "", []string{got.Message})
		require.NoError(t, err)
		require.Len(t, people[got.Message], store.MaxParticipants)

		err = db.Write(ctx, nil, func(tx *store.Tx) error {
			_, err := tx.Arrive(account, make([]store.Arrival, store.MaxArrivals+1))
			return err
		})
		require.ErrorIs(t, err, storage.ErrLimit)
		err = db.Write(ctx, nil, func(tx *store.Tx) error {
			other := letter(2, inbox, 2)
			other.Message.Tenant = "other"
			_, err := tx.Arrive(account, []store.Arrival{letter(3, inbox, 3), other})
			return err
		})
		require.Error(t, err)
	})
}

// TestHostileText: what is no text to PostgreSQL is stored all the same, on both engines alike.
func TestHostileText(t *testing.T) {
	storetest.Each(t, nil, func(t *testing.T, db *store.DB) {
		account, inbox := office(t, db)
		m := letter(1, inbox, 1)
		m.Message.Subject, m.Message.Text, m.Message.From[0].Name = "a\x00b\xffc'; DROP TABLE messages; --", "\x00\xfe\xff \\x ' \" $1 ? {list} @t", "\x00\xc3"
		m.Message.Date = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
		m.Copy.Keywords = []string{"\x00", "\xff"}
		m.Copy.ModSeq = 1<<63 + 5
		got := arrive(t, db, account, m)[0]
		row, err := reader.New(db).Message(context.Background(), "", got.Message)
		require.NoError(t, err)
		require.Equal(t, "ab\uFFFDc'; DROP TABLE messages; --", row.Message.Subject)
		require.Equal(t, "\uFFFD \\x ' \" $1 ? {list} @t", row.Message.Text)
		require.Equal(t, uint64(1<<63+5), row.Copies[0].ModSeq)
		require.Equal(t, m.Message.Date, row.Message.Date)
	})
}

// TestTwoAccountsAtOnce: two workers get the same mails in opposite order. Each mail becomes one message with two copies.
func TestTwoAccountsAtOnce(t *testing.T) {
	storetest.Each(t, nil, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		jeanne, inbox := office(t, db)
		paul := store.Account{Address: "paul@acme.fr", Owner: "paul"}
		must(t, db, func(tx *store.Tx) error { return tx.CreateAccount(&paul) })
		other := another(t, db, paul.ID, "INBOX", "inbox")
		const rounds, each = 8, 25
		var both sync.WaitGroup
		for _, w := range []struct{ account, mailbox string }{{jeanne, inbox}, {paul.ID, other}} {
			both.Go(func() {
				for round := range rounds {
					var mails []store.Arrival
					for i := range each {
						n := i
						if w.mailbox == other {
							n = each - 1 - i
						}
						mails = append(mails, letter(round*each+n, w.mailbox, uint32(round*each+n+1)))
					}
					err := db.Write(ctx, nil, func(tx *store.Tx) error {
						if _, err := tx.Arrive(w.account, mails); err != nil {
							return err
						}
						return tx.Emit([]store.Event{{Type: "message.new"}})
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		both.Wait()
		ids, err := db.MessagesByAddress(ctx, "", "zoe@example.com", "", 1000)
		require.NoError(t, err)
		require.Len(t, ids, rounds*each)
		for _, id := range ids {
			copies, err := db.Copies(ctx, "", id)
			require.NoError(t, err)
			require.Len(t, copies, 2)
		}
		events, err := db.Events(ctx, "", 0, 100)
		require.NoError(t, err)
		require.Len(t, events, 2*rounds)
		for i, e := range events {
			require.EqualValues(t, i+1, e.Seq, "no gaps")
		}
	})
}

// TestAllOrNothing is law 3: copies, the ledger, links and events are written together or not at all.
func TestAllOrNothing(t *testing.T) {
	storetest.Each(t, nil, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		account, inbox := office(t, db)
		before, err := db.Ledger(ctx, "", inbox)
		require.NoError(t, err)
		boom := errors.New("boom")
		for fail := range 6 {
			at := func(step int) error {
				if step == fail {
					return boom
				}
				return nil
			}
			require.ErrorIs(t, db.Write(ctx, nil, func(tx *store.Tx) error {
				if err := tx.Enumerate("", inbox, store.Enumeration{UIDValidity: 1, UIDNext: 20_000_000, Pending: []store.UIDRange{{Lo: 15_000_000, Hi: 15_000_009}}}); err != nil || fail == 0 {
					return errors.Join(err, at(0))
				}
				got, err := tx.Arrive(account, []store.Arrival{letter(1, inbox, 5)})
				if err != nil || fail == 1 {
					return errors.Join(err, at(1))
				}
				if err := tx.Settle("", inbox, 1, []uint32{5}); err != nil || fail == 2 {
					return errors.Join(err, at(2))
				}
				if _, err := tx.Link([]store.Link{{Message: got[0].Message, Entity: storage.Ref{Kind: "contact", ID: "zoe"}, Rule: "address"}}); err != nil || fail == 3 {
					return errors.Join(err, at(3))
				}
				if err := tx.Bury("", inbox, 1, store.DeadLetter{UID: 6, Code: "x"}); err != nil || fail == 4 {
					return errors.Join(err, at(4))
				}
				return errors.Join(tx.Emit([]store.Event{{Type: "message.new", Message: got[0].Message}}), at(5))
			}), boom)
			after, err := db.Ledger(ctx, "", inbox)
			require.NoError(t, err)
			require.Equal(t, before, after)
			_, err = db.CopyByUID(ctx, "", inbox, 1, 5)
			require.ErrorIs(t, err, storage.ErrNotFound)
			events, err := db.Events(ctx, "", 0, 10)
			require.NoError(t, err)
			require.Empty(t, events)
		}
	})
}
