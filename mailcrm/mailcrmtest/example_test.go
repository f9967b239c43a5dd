package mailcrmtest_test

import (
	"crypto/tls"
	"fmt"
	"net/smtp"
	"slices"
	"time"

	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
)

func ExampleStartServer() {
	server, err := mailcrmtest.StartServer(mailcrmtest.ServerOptions{
		Users: []mailcrmtest.User{
			{Address: "jeanne.martin@demo.example", Password: "secret"},
			{Address: "anke.vogel@nordwind.example", Password: "geheim"},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = server.Close() }()

	// One recipient is refused once; the next attempt goes through.
	server.FailSMTP(mailcrmtest.SMTPFault{Phase: mailcrmtest.PhaseRcpt, Match: "anke", Code: 451, Enhanced: "4.2.1", Text: "Try later", Times: 1})
	send := func() error {
		client, err := smtp.Dial(server.Submission.Addr())
		if err != nil {
			return err
		}
		defer func() { _ = client.Close() }()
		if err := client.StartTLS(&tls.Config{RootCAs: server.Roots(), ServerName: server.Submission.Host}); err != nil {
			return err
		}
		if err := client.Auth(smtp.PlainAuth("", "jeanne.martin@demo.example", "secret", server.Submission.Host)); err != nil {
			return err
		}
		if err := client.Mail("jeanne.martin@demo.example"); err != nil {
			return err
		}
		if err := client.Rcpt("anke.vogel@nordwind.example"); err != nil {
			return err
		}
		data, err := client.Data()
		if err != nil {
			return err
		}
		if _, err := fmt.Fprint(data, "Subject: Hello\r\n\r\nHello Anke\r\n"); err != nil {
			return err
		}
		return data.Close()
	}
	fmt.Println(send())
	fmt.Println(send())

	mails, err := server.Mails("anke.vogel@nordwind.example", "INBOX")
	fmt.Println(len(mails), err)
	fmt.Println(server.Delivered()[0].To)
	// Output:
	// 451 "4.2.1 Try later"
	// <nil>
	// 1 <nil>
	// [anke.vogel@nordwind.example]
}

func ExampleMake() {
	options := mailcrmtest.MakerOptions{Seed: 7, Messages: 400}
	known := map[string]bool{}
	for _, p := range mailcrmtest.Correspondents(options) {
		known[p.Address] = true // load these into the CRM
	}
	mails, linked := 0, 0
	for m := range mailcrmtest.Make(options) {
		mails++
		if slices.ContainsFunc(m.Known, func(a string) bool { return known[a] }) {
			linked++ // a sync must link this one to each of m.Known
		}
	}
	fmt.Println(mails, "mails,", len(known), "known people,", linked*100/mails, "% to be linked")
	// Output: 400 mails, 57 known people, 84 % to be linked
}

func ExampleDemo() {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	folders := map[string]int{}
	for m := range mailcrmtest.Demo(now) {
		folders[m.Folder]++
	}
	fmt.Println(folders)
	fmt.Println(mailcrmtest.Cast().Addresses()["compta@groupe-bastide.example"])
	// Output:
	// map[Archive:8 Clients/Nordwind:9 Drafts:2 INBOX:40 Junk:3 Sent:41 Trash:3]
	// [bastide-hotellerie bastide-patrimoine]
}

func ExampleClock() {
	clock := mailcrmtest.NewClock(time.Date(2026, 11, 24, 23, 0, 0, 0, time.UTC))
	clock.AfterFunc(4*time.Hour, func() { fmt.Println("the nightly run, at", clock.Now().Format("15:04")) })
	clock.Advance(8 * time.Hour)
	fmt.Println("it is", clock.Now().Format("15:04"))
	// Output:
	// the nightly run, at 03:00
	// it is 07:00
}
