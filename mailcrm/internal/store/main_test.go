package store_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// must runs a transaction that must not fail.
func must(t testing.TB, db *store.DB, fn func(tx *store.Tx) error) {
	t.Helper()
	require.NoError(t, db.Write(context.Background(), nil, fn))
}

// arrive records mails that must be taken.
func arrive(t testing.TB, db *store.DB, account string, mails ...store.Arrival) []store.Arrived {
	t.Helper()
	var got []store.Arrived
	must(t, db, func(tx *store.Tx) (err error) {
		got, err = tx.Arrive(account, mails)
		return err
	})
	return got
}

// letter is the n-th mail that a client sent.
func letter(n int, mailbox string, uid uint32) store.Arrival {
	id := fmt.Sprintf("letter%d@example.com", n)
	return store.Arrival{
		Message: store.Message{
			Key: "key " + id, MessageID: id, Date: time.Date(2026, 1, 1, 0, n, 0, 0, time.UTC), From: []store.Address{{Name: "Zoé Lebrun", Address: "zoe@example.com"}},
			To: []store.Address{{Address: "jeanne@acme.fr"}}, Subject: fmt.Sprint("Devis ", n), Text: fmt.Sprintf("Bonjour, voici le devis numéro %d pour la toiture de la maison.", n), Direction: storage.Received, Agent: "jeanne", Size: 1000,
		},
		Participants: []store.Participant{{Address: "zoe@example.com", Header: "from"}, {Address: "jeanne@acme.fr", Header: "to"}},
		Copy:         store.Copy{Mailbox: mailbox, UIDValidity: 1, UID: uid, HeaderHash: sha256.Sum256([]byte("header of " + id)), Kept: "whole", Raw: sha256.Sum256([]byte("raw " + id)), RawSize: 1000},
		Ids:          []string{id},
	}
}

// another is one more mailbox of an account.
func another(t testing.TB, db *store.DB, account, name, role string) string {
	t.Helper()
	m := store.Mailbox{Account: account, Name: name, Role: role, Selectable: true}
	must(t, db, func(tx *store.Tx) error { return tx.PutMailbox(&m) })
	return m.ID
}
