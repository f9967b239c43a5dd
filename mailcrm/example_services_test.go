package mailcrm_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/mailcrm/sqlite"
	"github.com/mailcrm/sdk/storage"
	"github.com/mailcrm/sdk/storage/blobfolder"
	"github.com/mailcrm/sdk/storage/memstore"
)

// A shop is what the examples begin with: all that the example of the package builds.
type shop struct {
	ctx     context.Context
	crm     *memstore.CRM
	ann     storage.Ref // a client
	client  *mailcrm.Client
	jeanne  *mailcrm.Session
	account *mailcrm.Account
	mail    mailcrm.Message // from Ann, in Jeanne's inbox
	close   func()
}

func openShop(mail string) *shop {
	s := &shop{ctx: context.Background(), crm: memstore.New()}
	folder := must(os.MkdirTemp("", "mailcrm"))
	s.ann = s.crm.Add(storage.Entity{Name: "Ann Lee", Addresses: []string{"ann@acme.example"}})[0]
	server := must(mailcrmtest.StartServer(mailcrmtest.ServerOptions{Users: []mailcrmtest.User{{Address: "jeanne@demo.example", Password: "secret"}}}))
	must(server.Deliver("jeanne@demo.example", []byte("From: Ann Lee <ann@acme.example>\r\nTo: jeanne@demo.example\r\n"+mail)))
	store := must(sqlite.Open(s.ctx, filepath.Join(folder, "data", "mailcrm.db"), nil))
	s.client = must(mailcrm.Open(s.ctx, mailcrm.Config{
		Host: s.crm.Host(), Store: store,
		Blobs: must(blobfolder.Open(filepath.Join(folder, "data", "blobs"), nil)), Keys: must(mailcrm.KeyFile(filepath.Join(folder, "mailcrm.key"))),
		Network: mailcrm.Network{
			Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Ports: []int{server.IMAPS.Port, server.SMTPS.Port}, Roots: server.Roots(),
		},
	}))
	s.close = func() {
		_ = errors.Join(s.client.Close(), store.Close(), server.Close(), os.RemoveAll(folder))
	}
	s.jeanne = s.client.As(storage.Actor{Agent: "jeanne", Locale: "en"})
	s.account = must(s.jeanne.Accounts.Create(s.ctx, mailcrm.AccountInput{
		Address: "jeanne@demo.example", Name: "Jeanne Martin",
		IMAP: mailcrm.ServerInput{Host: server.IMAPS.Host, Port: server.IMAPS.Port, Password: mailcrm.NewSecret("secret")},
		SMTP: mailcrm.ServerInput{Host: server.SMTPS.Host, Port: server.SMTPS.Port},
	}))
	for must(s.client.Step(s.ctx)) > 0 {
	}
	s.mail = must(s.jeanne.Messages.List(s.ctx, mailcrm.MessageQuery{Role: "inbox"})).Items[0]
	return s
}

const askForOffer = "Subject: An offer, please\r\nDate: Mon, 23 Nov 2026 10:00:00 +0100\r\n\r\nHello Jeanne,\r\nwhat is the price of ten chairs?\r\n"

// An answer is written with a template whose fields are those of the client's record, and sent.
func ExampleDrafts_Reply() {
	s := openShop(askForOffer)
	defer s.close()
	_ = s.crm.SetFields(s.ann, map[string]storage.Value{"first_name": storage.Text("Ann")})

	must(s.jeanne.Messages.Open(s.ctx, s.mail.ID)) // now it is in Ann's history
	draft := must(s.jeanne.Drafts.Reply(s.ctx, mailcrm.ReplyInput{Message: s.mail.ID}))
	draft.Text = "Dear {{ contact.first_name }},\n\n450 € for ten.\n\n{{ sender.name }}\n"
	draft = must(s.jeanne.Drafts.Update(s.ctx, draft.DraftInput))

	preview := must(s.jeanne.Drafts.Preview(s.ctx, draft.ID))
	fmt.Println("Subject:", preview.Subject)
	fmt.Print(preview.Text)

	sent := must(s.jeanne.Drafts.Send(s.ctx, mailcrm.SendInput{ID: draft.ID}))
	fmt.Println(sent.State)
	// Output:
	// Subject: Re: An offer, please
	// Dear Ann,
	//
	// 450 € for ten.
	//
	// Jeanne Martin
	//
	// On November 23, 2026, Ann Lee wrote:
	// > Hello Jeanne,
	// > what is the price of ten chairs?
	// queued
}

// What keeps a mail from leaving is said before it could.
func ExampleUnreadyError() {
	s := openShop(askForOffer)
	defer s.close()
	draft := must(s.jeanne.Drafts.Create(s.ctx, mailcrm.DraftInput{
		Account: s.account.ID, Entity: s.ann, Subject: "Your chairs", Text: "Dear {{ contact.frist_name }},",
	}))

	_, err := s.jeanne.Drafts.Send(s.ctx, mailcrm.SendInput{ID: draft.ID})
	var unready *mailcrm.UnreadyError
	if errors.As(err, &unready) {
		for _, p := range unready.Problems {
			fmt.Printf("%s, line %d: %s\n", p.Field, p.Line, p.Code)
		}
	}
	// Output:
	// Text, line 1: unknown_field
	// To, line 0: required
}

// The body of a mail is shown in a sandboxed frame whose address the handler serves.
func ExampleClient_Content() {
	s := openShop("Subject: Hello\r\nContent-Type: text/html\r\n\r\n<p>Good morning!<script>alert(1)</script><img src=\"http://tracker.example/x.png\"></p>")
	defer s.close()

	// The host knows who asks: here by a header, in a real one by its session.
	whoIsIt := func(r *http.Request) (storage.Actor, bool) {
		agent := r.Header.Get("X-Agent")
		return storage.Actor{Agent: agent}, agent != ""
	}
	mux := http.NewServeMux()
	mux.Handle("/mail/", s.client.Content(whoIsIt))

	request := httptest.NewRequest("GET", "/mail/"+s.mail.ID+"/body", nil)
	request.Header.Set("X-Agent", "jeanne")
	answer := httptest.NewRecorder()
	mux.ServeHTTP(answer, request)
	body := answer.Body.String()
	fmt.Println(answer.Code, strings.Contains(body, "<p>Good morning!"), strings.Contains(body, "script>"), strings.Contains(body, "tracker"))
	// Output: 200 true false false
}

// Every link can be explained, removed for good, and made by hand.
func ExampleMessages_Explain() {
	s := openShop(askForOffer)
	defer s.close()
	explained := must(s.jeanne.Messages.Explain(s.ctx, s.mail.ID))
	for _, step := range explained.Steps {
		fmt.Println(step.Header, step.Address, step.Outcome)
	}
	// Output:
	// from ann@acme.example linked
	// to jeanne@demo.example own
}

// A setting is changed from what the account says. Passwords stay.
func ExampleAccount_Input() {
	s := openShop(askForOffer)
	defer s.close()
	in := s.account.Input()
	in.Link = mailcrm.AtArrival
	in.Members = []mailcrm.Member{{Agent: "marc", Rights: []mailcrm.Right{mailcrm.RightRead}}}
	changed := must(s.jeanne.Accounts.Update(s.ctx, in))

	marc := s.client.As(storage.Actor{Agent: "marc"})
	seen := must(marc.Accounts.Get(s.ctx, changed.ID))
	fmt.Println(seen.Address, seen.Link, seen.Rights)
	// Output: jeanne@demo.example arrival [read]
}

// Events tell what happened since one looked last, also after a restart.
func ExampleEvents_List() {
	s := openShop(askForOffer)
	defer s.close()
	events, next, err := s.jeanne.Events.List(s.ctx, 0, 0)
	if err != nil {
		fmt.Println(mailcrm.ErrorCode(err))
		return
	}
	for _, e := range events {
		if e.Type == "account.created" || e.Type == "message.new" {
			fmt.Println(e.Type)
		}
	}
	events, _, _ = s.jeanne.Events.List(s.ctx, next, 0)
	fmt.Println(len(events), "more")
	// Output:
	// account.created
	// message.new
	// 0 more
}

// A record that was merged takes its mails along.
func ExampleClient_Changed() {
	s := openShop(askForOffer)
	defer s.close()
	must(s.jeanne.Messages.Open(s.ctx, s.mail.ID))
	company := s.crm.Add(storage.Entity{Ref: storage.Ref{Kind: storage.KindAccount}, Name: "Acme"})[0]

	change := must(s.crm.Merge(company, s.ann)) // the host's own business
	if err := s.client.Changed(s.ctx, []storage.EntityChange{change}); err != nil {
		fmt.Println(err)
	}
	history := must(s.jeanne.Timeline.List(s.ctx, mailcrm.TimelineQuery{Entity: company}))
	fmt.Println(history.Items[0].Subject)
	// Output: An offer, please
}

// Attachments are parts of a mail, named by their path.
func ExampleMessages_Attachment() {
	s := openShop("Subject: Plan\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHere it is.\r\n" +
		"--b\r\nContent-Type: text/csv\r\nContent-Disposition: attachment; filename=plan.csv\r\n\r\nroom;chairs\r\n--b--\r\n")
	defer s.close()
	mail := must(s.jeanne.Messages.Get(s.ctx, s.mail.ID))
	for _, a := range mail.Attachments {
		attachment, content, err := s.jeanne.Messages.Attachment(s.ctx, mail.ID, a.Path)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(attachment.Name, attachment.Type, string(must(io.ReadAll(content))))
		content.Close()
	}
	// Output: plan.csv text/csv room;chairs
}

// Codes are for programs, sentences for people.
func ExampleSentence() {
	fmt.Println(mailcrm.Sentence("imap.login_refused", "en"))
	fmt.Println(mailcrm.Sentence("draft.no_subject", "fr"))
	// Output:
	// The server refused the login or the password. Enter them again; many providers want an app password instead of the usual one.
	// Indiquez un objet.
}
