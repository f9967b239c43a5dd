package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/mailcrm/internal/store/reader"
	"github.com/mailcrm/sdk/mailcrm/internal/store/storetest"
)

func TestSmoke(t *testing.T) {
	storetest.Each(t, nil, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		a := store.Account{Address: "jeanne@example.fr", Owner: "jeanne"}
		m := store.Mailbox{Name: "INBOX", Role: "inbox", Selectable: true}
		require.NoError(t, db.Write(ctx, nil, func(tx *store.Tx) error {
			if err := tx.CreateAccount(&a); err != nil {
				return err
			}
			m.Account = a.ID
			if err := tx.PutMailbox(&m); err != nil {
				return err
			}
			return tx.Enumerate("", m.ID, store.Enumeration{UIDValidity: 1, UIDNext: 11, Pending: []store.UIDRange{{1, 10}}})
		}))
		require.NoError(t, db.Write(ctx, nil, func(tx *store.Tx) error {
			var arrivals []store.Arrival
			for i := range 10 {
				arrivals = append(arrivals, store.Arrival{
					Message:      store.Message{Key: fmt.Sprint("k", i), MessageID: fmt.Sprint("k", i, "@x"), Date: time.Unix(int64(1e9+i), 0), From: []store.Address{{Name: "Zoé Façade", Address: "zoe@x.fr"}}, Subject: fmt.Sprint("Re: Société ", i), Text: "bonjour le monde", Direction: "received"},
					Participants: []store.Participant{{Address: "zoe@x.fr", Header: "from"}},
					Copy:         store.Copy{Mailbox: m.ID, UIDValidity: 1, UID: uint32(i + 1), Kept: "text"},
				})
			}
			got, err := tx.Arrive(a.ID, arrivals)
			if err != nil {
				return err
			}
			require.Len(t, got, 10)
			return tx.Settle("", m.ID, 1, []uint32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
		}))
		r := reader.New(db)
		rows, next, err := r.Messages(ctx, reader.Query{Accounts: []string{a.ID}, Limit: 4, Text: "societe mon"})
		require.NoError(t, err)
		require.Len(t, rows, 4)
		require.Equal(t, "Re: Société 9", rows[0].Message.Subject)
		rows, next, err = r.Messages(ctx, reader.Query{Accounts: []string{a.ID}, Limit: 4, Text: "societe mon", Cursor: next})
		require.NoError(t, err)
		require.Equal(t, "Re: Société 5", rows[0].Message.Subject)
		_ = next
		for _, sort := range []string{"date", "from", "subject", "size", "flagged"} {
			for _, desc := range []bool{false, true} {
				rows, _, err := r.Messages(ctx, reader.Query{Accounts: []string{a.ID}, Limit: 4, Sort: sort, Desc: desc})
				require.NoError(t, err)
				require.Len(t, rows, 4)
			}
		}
		l, err := db.Ledger(ctx, "", m.ID)
		require.NoError(t, err)
		require.Equal(t, []store.UIDRange{{1, 10}}, l.Stored)
		require.Empty(t, l.Pending)
	})
}
