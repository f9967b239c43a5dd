// Command host is a whole CRM: MAIL_ADDRESS=… MAIL_PASSWORD=… IMAP_HOST=… SMTP_HOST=… host ann@example.org prints the history of the mail with Ann.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/sqlite"
	"github.com/mailcrm/sdk/storage"
	"github.com/mailcrm/sdk/storage/blobfolder"
)

type contacts struct{ *sql.DB }

// Lookup tells which contacts have these addresses: the one question that a CRM must answer.
func (c contacts) Lookup(ctx context.Context, req storage.LookupRequest) (found storage.LookupResult, err error) {
	for _, address := range req.Addresses {
		contact := storage.Entity{Ref: storage.Ref{Tenant: req.Tenant, Kind: storage.KindContact}}
		err := c.QueryRowContext(ctx, `SELECT id, email FROM contacts WHERE email = ?`, address).Scan(&contact.ID, &contact.Name)
		if err == nil {
			found.Matches = append(found.Matches, storage.Match{Address: address, Entity: contact})
		} else if !errors.Is(err, sql.ErrNoRows) {
			return found, fmt.Errorf("looking up %s: %w", address, err)
		}
	}
	return found, nil
}

func main() {
	account := mailcrm.AccountInput{Address: os.Getenv("MAIL_ADDRESS"), Link: mailcrm.AtArrival, SMTP: mailcrm.ServerInput{Host: os.Getenv("SMTP_HOST")}}
	account.IMAP = mailcrm.ServerInput{Host: os.Getenv("IMAP_HOST"), Password: mailcrm.NewSecret(os.Getenv("MAIL_PASSWORD"))}
	if err := run(context.Background(), account, mailcrm.Network{}, os.Args[len(os.Args)-1]); err != nil {
		fmt.Fprintln(os.Stderr, "host:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, account mailcrm.AccountInput, network mailcrm.Network, email string) error {
	db, noDB := sql.Open("sqlite", "crm.db")
	store, noStore := sqlite.Open(ctx, "mail/mailcrm.db", nil)
	blobs, noBlobs := blobfolder.Open("mail/blobs", nil)
	keys, noKeys := mailcrm.KeyFile("mailcrm.key")
	client, noClient := mailcrm.Open(ctx, mailcrm.Config{Host: storage.Host{Directory: contacts{db}}, Store: store, Blobs: blobs, Keys: keys, Network: network, SyncEvery: 1e9})
	if err := errors.Join(noDB, noStore, noBlobs, noKeys, noClient); err != nil {
		return err
	}
	contact := storage.Ref{Kind: storage.KindContact}
	noContact := db.QueryRowContext(ctx, `CREATE TABLE IF NOT EXISTS contacts (id INTEGER PRIMARY KEY, email TEXT UNIQUE COLLATE NOCASE CHECK (email LIKE '%_@_%'));
		INSERT INTO contacts (email) VALUES (?) ON CONFLICT DO UPDATE SET email = email RETURNING id`, email).Scan(&contact.ID)
	me := client.As(storage.Actor{Agent: "me"})
	if _, err := me.Accounts.Create(ctx, account); err != nil && !errors.Is(err, mailcrm.ErrConflict) {
		return err // a conflict: an earlier start added it
	}
	_, noMail := client.Step(ctx) // fetches what is new; a server calls client.Run instead, once
	accounts, noAccounts := me.Accounts.List(ctx)
	for _, a := range accounts {
		fmt.Println(a.Address, a.Status.State, a.Status.Sentence)
	}
	noChange := client.Changed(ctx, []storage.EntityChange{{Ref: contact, Addresses: []string{email}}}) // a new contact gets the earlier mail
	history, noHistory := me.Timeline.List(ctx, mailcrm.TimelineQuery{Entity: contact})
	for _, m := range history.Items {
		fmt.Println(m.Date.Format("2006-01-02 15:04"), m.Direction, m.Subject)
	}
	return errors.Join(noContact, noChange, noMail, noAccounts, noHistory, client.Close(), store.Close(), db.Close())
}
