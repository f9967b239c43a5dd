package mailcrm_test

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/mailcrm/sqlite"
	"github.com/mailcrm/sdk/storage"
	"github.com/mailcrm/sdk/storage/blobfolder"
	"github.com/mailcrm/sdk/storage/memstore"
)

// A small CRM gets its mail: one client, one mailbox, and the client's history. The CRM in memory and the mail server of this example are those for tests;
// a host brings its own records, and its agents' mail accounts.
func Example() {
	ctx := context.Background()
	folder := must(os.MkdirTemp("", "mailcrm"))
	defer func() { _ = os.RemoveAll(folder) }()

	crm := memstore.New()
	ann := crm.Add(storage.Entity{Name: "Ann Lee", Addresses: []string{"ann@acme.example"}})[0]

	server := must(mailcrmtest.StartServer(mailcrmtest.ServerOptions{
		Users: []mailcrmtest.User{{Address: "jeanne@demo.example", Password: "secret"}},
	}))
	defer server.Close()
	must(server.Deliver("jeanne@demo.example", []byte("From: Ann Lee <ann@acme.example>\r\nSubject: An offer, please\r\n\r\nHello Jeanne!\r\n")))

	store := must(sqlite.Open(ctx, filepath.Join(folder, "data", "mailcrm.db"), nil))
	defer store.Close()
	client := must(mailcrm.Open(ctx, mailcrm.Config{
		Host:  crm.Host(),
		Store: store,
		Blobs: must(blobfolder.Open(filepath.Join(folder, "data", "blobs"), nil)),
		Keys:  must(mailcrm.KeyFile(filepath.Join(folder, "mailcrm.key"))), // not in the data folder
		Network: mailcrm.Network{ // for the test server: otherwise only public addresses are reached
			Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
			Ports: []int{server.IMAPS.Port, server.SMTPS.Port},
			Roots: server.Roots(),
		},
	}))
	defer client.Close()

	jeanne := client.As(storage.Actor{Agent: "jeanne"})
	must(jeanne.Accounts.Create(ctx, mailcrm.AccountInput{
		Address: "jeanne@demo.example",
		Link:    mailcrm.AtArrival,
		IMAP:    mailcrm.ServerInput{Host: server.IMAPS.Host, Port: server.IMAPS.Port, Password: mailcrm.NewSecret("secret")},
		SMTP:    mailcrm.ServerInput{Host: server.SMTPS.Host, Port: server.SMTPS.Port},
	}))

	// A host runs client.Run(ctx) in a goroutine. Here all that is due is done, and then we look.
	for must(client.Step(ctx)) > 0 {
	}
	history := must(jeanne.Timeline.List(ctx, mailcrm.TimelineQuery{Entity: ann}))
	for _, m := range history.Items {
		fmt.Printf("%s from %s: %s\n", m.Direction, m.From[0].Name, m.Subject)
		fmt.Printf("linked to %s by %s %s\n", m.Links[0].Name, m.Links[0].Rule, m.Links[0].Address)
	}
	// Output:
	// received from Ann Lee: An offer, please
	// linked to Ann Lee by address ann@acme.example
}

// must ends the example at an error. A host handles it: every error says what to do.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
