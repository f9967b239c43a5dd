package store_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/mailcrm/internal/store/storetest"
	"github.com/mailcrm/sdk/storage"
)

// folder is an account with a mailbox of which nothing is known.
func folder(t testing.TB, db *store.DB) (account, mailbox string) {
	t.Helper()
	a := store.Account{Address: "jeanne@acme.fr", Owner: "jeanne"}
	must(t, db, func(tx *store.Tx) error { return tx.CreateAccount(&a) })
	return a.ID, another(t, db, a.ID, "INBOX", "inbox")
}

func TestEnumerate(t *testing.T) {
	storetest.Each(t, nil, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		account, box := folder(t, db)
		since := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		must(t, db, func(tx *store.Tx) error {
			return tx.Enumerate("", box, store.Enumeration{
				UIDValidity: 7, UIDNext: 101, Exists: 90, HighestModSeq: 55, Since: since, Pending: []store.UIDRange{{Lo: 61, Hi: 80}, {Lo: 81, Hi: 100}}, Excluded: []store.Exclusion{{UIDRange: store.UIDRange{Lo: 1, Hi: 60}, Rule: "depth"}},
			})
		})
		m, err := db.Mailbox(ctx, "", box)
		require.NoError(t, err)
		require.Equal(t, []any{uint32(7), uint32(101), uint32(90), uint64(55), since}, []any{m.UIDValidity, m.UIDNext, m.Exists, m.HighestModSeq, m.Since})
		uids, err := db.Pending(ctx, "", box, 3)
		require.NoError(t, err)
		require.Equal(t, []uint32{100, 99, 98}, uids)

		// Three are stored, one is dead, one has gone from the server.
		must(t, db, func(tx *store.Tx) error {
			for _, uid := range []uint32{100, 99, 70} {
				m := letter(int(uid), box, uid)
				m.Copy.UIDValidity = 7
				if _, err := tx.Arrive(account, []store.Arrival{m}); err != nil {
					return err
				}
			}
			if err := tx.Bury("", box, 7, store.DeadLetter{UID: 90, Code: "mime.empty", Tries: 1, NextTry: since}); err != nil {
				return err
			}
			return tx.Settle("", box, 7, []uint32{100, 99, 70, 65})
		})
		want := store.Ledger{
			UIDValidity: 7, UIDNext: 101, Stored: []store.UIDRange{{Lo: 70, Hi: 70}, {Lo: 99, Hi: 100}}, Pending: []store.UIDRange{{Lo: 61, Hi: 64}, {Lo: 66, Hi: 69}, {Lo: 71, Hi: 89}, {Lo: 91, Hi: 98}},
			Excluded: []store.Exclusion{{UIDRange: store.UIDRange{Lo: 1, Hi: 60}, Rule: "depth"}}, Dead: []store.DeadLetter{{UID: 90, Code: "mime.empty", Tries: 1, NextTry: since}},
		}
		ledger := func() store.Ledger {
			l, err := db.Ledger(ctx, "", box)
			require.NoError(t, err)
			return l
		}
		require.Equal(t, want, ledger())

		// A deeper look: what was excluded becomes pending; what is stored or dead stays so.
		must(t, db, func(tx *store.Tx) error {
			return tx.Enumerate("", box, store.Enumeration{UIDValidity: 7, UIDNext: 111, Exists: 95, Pending: []store.UIDRange{{Lo: 31, Hi: 110}}, Excluded: []store.Exclusion{{UIDRange: store.UIDRange{Lo: 1, Hi: 10}, Rule: "size"}}})
		})
		want.UIDNext = 111
		want.Pending = []store.UIDRange{{Lo: 31, Hi: 69}, {Lo: 71, Hi: 89}, {Lo: 91, Hi: 98}, {Lo: 101, Hi: 110}}
		want.Excluded = []store.Exclusion{{UIDRange: store.UIDRange{Lo: 1, Hi: 10}, Rule: "size"}, {UIDRange: store.UIDRange{Lo: 11, Hi: 30}, Rule: "depth"}}
		require.Equal(t, want, ledger())

		for name, c := range map[string]struct {
			e    store.Enumeration
			kind error
		}{
			"back in time":      {store.Enumeration{UIDValidity: 7, UIDNext: 110}, storage.ErrConflict},
			"another validity":  {store.Enumeration{UIDValidity: 8, UIDNext: 200}, storage.ErrConflict},
			"beyond UIDNEXT":    {store.Enumeration{UIDValidity: 7, UIDNext: 111, Pending: []store.UIDRange{{Lo: 1, Hi: 111}}}, storage.ErrInvalid},
			"UID 0":             {store.Enumeration{UIDValidity: 7, UIDNext: 111, Pending: []store.UIDRange{{Lo: 0, Hi: 3}}}, storage.ErrInvalid},
			"pending, excluded": {store.Enumeration{UIDValidity: 7, UIDNext: 111, Pending: []store.UIDRange{{Lo: 5, Hi: 9}}, Excluded: []store.Exclusion{{UIDRange: store.UIDRange{Lo: 9, Hi: 12}}}}, storage.ErrInvalid},
		} {
			err := db.Write(ctx, nil, func(tx *store.Tx) error { return tx.Enumerate("", box, c.e) })
			require.ErrorIs(t, err, c.kind, name)
		}
		require.ErrorIs(t, db.Write(ctx, nil, func(tx *store.Tx) error { return tx.Settle("", box, 8, []uint32{31}) }), storage.ErrConflict)
		require.ErrorIs(t, db.Write(ctx, nil, func(tx *store.Tx) error { return tx.Bury("", box, 8, store.DeadLetter{UID: 31}) }), storage.ErrConflict)
		require.ErrorIs(t, db.Write(ctx, nil, func(tx *store.Tx) error { return tx.Enumerate("", "nothing", store.Enumeration{}) }), storage.ErrNotFound)
		require.Equal(t, want, ledger())

		// The dead one is tried again, first in vain, then with success.
		due, err := db.DeadDue(ctx, "", box, since, 10)
		require.NoError(t, err)
		require.Len(t, due, 1)
		must(t, db, func(tx *store.Tx) error {
			return tx.Bury("", box, 7, store.DeadLetter{UID: 90, Code: "imap.cut", Tries: 2, NextTry: since.Add(time.Hour)})
		})
		due, err = db.DeadDue(ctx, "", box, since, 10)
		require.NoError(t, err)
		require.Empty(t, due)
		must(t, db, func(tx *store.Tx) error { return tx.Bury("", box, 7, store.DeadLetter{UID: 100, Code: "x"}) })
		require.Len(t, ledger().Dead, 1, "a stored UID stays stored")
		must(t, db, func(tx *store.Tx) error { return tx.Revive("", box, 90) })
		want.Dead, want.Pending = nil, []store.UIDRange{{Lo: 31, Hi: 69}, {Lo: 71, Hi: 98}, {Lo: 101, Hi: 110}}
		require.Equal(t, want, ledger())
		require.ErrorIs(t, db.Write(ctx, nil, func(tx *store.Tx) error { return tx.Revive("", box, 90) }), storage.ErrNotFound)
		must(t, db, func(tx *store.Tx) error {
			all := make([]uint32, 0, 110)
			for uid := uint32(31); uid <= 110; uid++ {
				all = append(all, uid)
			}
			return tx.Settle("", box, 7, all)
		})
		require.Empty(t, ledger().Pending)
	})
}

// TestLedgerIsOneState plays at random and asks each time whether every UID is in exactly one state.
func TestLedgerIsOneState(t *testing.T) {
	storetest.Each(t, nil, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		account, box := folder(t, db)
		random := rand.New(rand.NewPCG(5, 6))
		states := make(map[uint32]string)
		next := uint32(1)
		for range 120 {
			must(t, db, func(tx *store.Tx) error {
				switch random.IntN(4) {
				case 0: // new ones
					e := store.Enumeration{UIDValidity: 1, UIDNext: next + uint32(random.IntN(12))}
					for uid := next; uid < e.UIDNext; uid++ {
						if random.IntN(4) == 0 {
							e.Excluded = append(e.Excluded, store.Exclusion{UIDRange: store.UIDRange{Lo: uid, Hi: uid}, Rule: "depth"})
							states[uid] = "excluded"
						} else {
							e.Pending = append(e.Pending, store.UIDRange{Lo: uid, Hi: uid})
							states[uid] = "pending"
						}
					}
					next = e.UIDNext
					return tx.Enumerate("", box, e)
				case 1: // a deeper look
					lo := uint32(1 + random.IntN(int(next)))
					hi := min(lo+10, next-1)
					for uid := lo; uid <= hi; uid++ {
						if states[uid] == "excluded" || states[uid] == "" {
							states[uid] = "pending"
						}
					}
					return tx.Enumerate("", box, store.Enumeration{UIDValidity: 1, UIDNext: next, Pending: []store.UIDRange{{Lo: lo, Hi: hi}}})
				case 2: // a chunk
					uids, err := tx.Pending(ctx, "", box, 1+random.IntN(8))
					if err != nil || len(uids) == 0 {
						return err
					}
					var mails []store.Arrival
					for _, uid := range uids {
						if random.IntN(5) == 0 {
							delete(states, uid) // gone from the server
							continue
						}
						mails = append(mails, letter(int(uid), box, uid))
						states[uid] = "stored"
					}
					if _, err := tx.Arrive(account, mails); err != nil {
						return err
					}
					return tx.Settle("", box, 1, uids)
				default:
					uid := uint32(1 + random.IntN(int(next)))
					switch states[uid] {
					case "pending":
						states[uid] = "dead"
						return tx.Bury("", box, 1, store.DeadLetter{UID: uid, Code: "x"})
					case "dead":
						states[uid] = "pending"
						return tx.Revive("", box, uid)
					}
					return nil
				}
			})
			l, err := db.Ledger(ctx, "", box)
			require.NoError(t, err)
			require.Equal(t, states, stateOf(t, l))
		}
		require.Greater(t, len(states), 50)
	})
}

// stateOf is the state of each UID. One that is in two fails the test.
func stateOf(t testing.TB, l store.Ledger) map[uint32]string {
	t.Helper()
	states := make(map[uint32]string)
	add := func(r store.UIDRange, state string) {
		for uid := r.Lo; uid <= r.Hi; uid++ {
			require.Empty(t, states[uid], "UID %d is %s and %s", uid, states[uid], state)
			states[uid] = state
		}
	}
	for _, r := range l.Stored {
		add(r, "stored")
	}
	for _, r := range l.Pending {
		add(r, "pending")
	}
	for _, r := range l.Excluded {
		add(r.UIDRange, "excluded")
	}
	for _, d := range l.Dead {
		add(store.UIDRange{Lo: d.UID, Hi: d.UID}, "dead")
	}
	return states
}

// TestKilled kills a process with SIGKILL in the middle of its work, again and again. After each time every UID is in one state, and what the process said was committed is there.
func TestKilled(t *testing.T) {
	const mails = 400
	if path := os.Getenv("MAILCRM_STORE_VICTIM"); path != "" {
		victim(t, path)
		return
	}
	if testing.Short() {
		t.Skip("starts processes")
	}
	path := filepath.Join(t.TempDir(), "mail.db")
	db := storetest.File(t, path, nil)
	_, box := folder(t, db)
	must(t, db, func(tx *store.Tx) error {
		return tx.Enumerate("", box, store.Enumeration{UIDValidity: 1, UIDNext: mails + 1, Pending: []store.UIDRange{{Lo: 1, Hi: mails}}})
	})
	random := rand.New(rand.NewPCG(7, 8))
	kills := 0
	for {
		// #nosec G204 -- this very test, again
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilled$", "-test.count=1")
		cmd.Env = append(os.Environ(), "MAILCRM_STORE_VICTIM="+path)
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		said, wait := 0, 1+random.IntN(6)
		lines := bufio.NewScanner(out)
		var last uint32
		for lines.Scan() {
			if n, _ := fmt.Sscanf(lines.Text(), "committed %d", &last); n == 1 {
				if said++; said == wait {
					require.NoError(t, cmd.Process.Kill())
				}
			}
		}
		_ = cmd.Wait() // killed, or at its end
		l, err := db.Ledger(context.Background(), "", box)
		require.NoError(t, err)
		states := stateOf(t, l)
		require.Len(t, states, mails, "no UID is lost")
		if last > 0 {
			require.Equal(t, "stored", states[last], "what was committed is there")
		}
		ids, err := db.MessagesByAddress(context.Background(), "", "zoe@example.com", "", mails+1)
		require.NoError(t, err)
		stored := 0
		for _, state := range states {
			if state == "stored" {
				stored++
			}
		}
		require.Len(t, ids, stored, "as many messages as copies")
		if stored == mails {
			break
		}
		kills++
	}
	require.Greater(t, kills, 5)
}

// victim fetches what is pending until it is killed.
func victim(t *testing.T, path string) {
	db := storetest.File(t, path, nil)
	ctx := context.Background()
	accounts, err := db.Accounts(ctx, "", "")
	require.NoError(t, err)
	boxes, err := db.Mailboxes(ctx, "", accounts[0].ID)
	require.NoError(t, err)
	for {
		uids, err := db.Pending(ctx, "", boxes[0].ID, 7)
		require.NoError(t, err)
		if len(uids) == 0 {
			return
		}
		must(t, db, func(tx *store.Tx) error {
			var mails []store.Arrival
			for _, uid := range uids {
				mails = append(mails, letter(int(uid), boxes[0].ID, uid))
			}
			if _, err := tx.Arrive(accounts[0].ID, mails); err != nil {
				return err
			}
			return tx.Settle("", boxes[0].ID, 1, uids)
		})
		fmt.Println("committed", uids[0])
	}
}
