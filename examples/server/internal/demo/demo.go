// Package demo is everything around the reference server when it is shown with -demo: mail servers with a mailbox full of believable mail, the CRM of the
// same story, agents who use both, and clients who answer.
//
// The story is mailcrmtest's: Atelier Nordik of Nantes makes furniture; Jeanne Martin sells it. Nothing is invented here but the templates (templates.go) and
// the answers (answer.go).
//
// # What binds
//
// All traffic is on the loopback, and what is sent to the outside ends in the demo's own mail server. Whatever is written lies in one temporary folder, which
// [Demo.Close] removes, or the next demo where this one was killed. Passwords are made by chance, but that of the mailbox that a visitor may add
// (find.go), and keys live in memory only. The mail accounts are set to
// "at arrival" and "everything", so that the histories are full from the start.
//
// # When not to look here
//
// A host's tests stand on mailcrm/mailcrmtest. How a server is put together for real use is in the file real.go of main.
package demo

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/mailcrm/sdk/examples/server/internal/crm"
	"github.com/mailcrm/sdk/examples/server/internal/people"
	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/mailcrm/sqlite"
	"github.com/mailcrm/sdk/storage"
	"github.com/mailcrm/sdk/storage/blobfolder"
	"github.com/mailcrm/sdk/storage/memstore"
)

// Options of [Start]. nil and the zero value mean the defaults.
type Options struct {
	// Locale is the language of those whose browser asks for none of ours. Defaults to "fr".
	Locale string
	// Answer is how long clients take to answer. Defaults to 45 s; negative: they do not.
	Answer time.Duration
	// Undo is how long a mail can be called back. Defaults to 10 s; negative: not at all.
	Undo time.Duration
	// OAuth are providers where people sign in. Defaults to none: the demo leaves this machine for nobody.
	OAuth []mailcrm.OAuthProvider
	// Ports, Roots, Users and Tokens are for tests: ports that may be dialled beside the demo's own, authorities believed beside its own, mailboxes beside those
	// of the story, and who is let in with an access token.
	Ports  []int
	Roots  []*x509.Certificate
	Users  []mailcrmtest.User
	Tokens mailcrmtest.TokenCheck
	// Logger defaults to none.
	Logger *slog.Logger
}

// A Demo is a server's surroundings. Run it, then close it.
type Demo struct {
	Client  *mailcrm.Client
	Records *crm.Memory
	People  *people.People
	Token   string // for the API, of the first agent
	Mail    *mailcrmtest.Server

	memory *memstore.CRM
	store  *mailcrm.Store
	dir    string
	answer time.Duration
	undo   time.Duration
	opts   Options
	logger *slog.Logger
}

// zone is where the story plays.
const zone = "Europe/Paris"

// Start makes a demo. Its mail is fetched when it runs.
func Start(ctx context.Context, opts *Options) (*Demo, error) {
	d := &Demo{answer: 45 * time.Second, logger: slog.New(slog.DiscardHandler)}
	locale := ""
	if opts != nil {
		locale, d.undo, d.opts = opts.Locale, opts.Undo, *opts
		if opts.Answer != 0 {
			d.answer = opts.Answer
		}
		if opts.Logger != nil {
			d.logger = opts.Logger
		}
	}
	if err := d.start(ctx, locale); err != nil {
		return nil, fmt.Errorf("starting the demo: %w", errors.Join(err, d.Close()))
	}
	return d, nil
}

func (d *Demo) start(ctx context.Context, locale string) error {
	cast := mailcrmtest.Cast()
	agents := Agents(cast)
	d.memory = memstore.New()
	if err := fill(d.memory, cast, agents); err != nil {
		return err
	}
	d.Records = crm.OverMemory(d.memory)
	d.People = people.Demo(agents, &people.Options{Locale: locale, Zone: zone, Logger: d.logger})
	var err error
	if d.Token, err = d.People.Issue(agents[0].ID); err != nil {
		return err
	}
	password := rand.Text()
	if err := d.startMail(cast, password); err != nil {
		return err
	}
	if err := d.open(ctx); err != nil {
		return err
	}
	for _, a := range cast.Agents {
		if err := d.addAccount(ctx, a, password); err != nil {
			return err
		}
	}
	if err := d.addDocuments(ctx, agents[0].ID); err != nil {
		return err
	}
	return d.addTemplates(ctx, agents[0].ID)
}

// startMail starts the mail servers and fills the agents' mailboxes.
func (d *Demo) startMail(cast mailcrmtest.Players, password string) error {
	users := append([]mailcrmtest.User{{Address: SampleAddress, Password: SamplePassword}}, d.opts.Users...)
	for _, a := range cast.Agents {
		users = append(users, mailcrmtest.User{Address: a.Address, Password: password})
	}
	var err error
	if d.Mail, err = mailcrmtest.StartServer(mailcrmtest.ServerOptions{Users: users, Domain: domain, Tokens: d.opts.Tokens, Logger: d.logger}); err != nil {
		return err
	}
	now := time.Now()
	if paris, err := time.LoadLocation(zone); err == nil {
		now = now.In(paris)
	}
	for _, a := range cast.Agents {
		if err := d.Mail.Load(a.Address, mailcrmtest.DemoOf(a.ID, now)); err != nil {
			return err
		}
	}
	return fillSample(d.Mail, now)
}

// open opens mailcrm in a folder of its own.
func (d *Demo) open(ctx context.Context) error {
	var err error
	if d.dir, err = makeFolder(); err != nil {
		return err
	}
	if d.store, err = sqlite.Open(ctx, filepath.Join(d.dir, "mailcrm.db"), &sqlite.Options{Logger: d.logger}); err != nil {
		return err
	}
	blobs, err := blobfolder.Open(filepath.Join(d.dir, "blobs"), nil)
	if err != nil {
		return err
	}
	keyset, err := mailcrm.NewKeyset()
	if err != nil {
		return err
	}
	keys, err := mailcrm.KeysFromJSON(keyset)
	if err != nil {
		return err
	}
	roots := d.Mail.Roots().Clone()
	for _, root := range d.opts.Roots {
		roots.AddCert(root)
	}
	d.Client, err = mailcrm.Open(ctx, mailcrm.Config{
		Host: d.memory.Host(), Store: d.store, Blobs: blobs, Keys: keys, SyncEvery: 5 * time.Second, UndoSend: d.undo, OAuth: d.opts.OAuth, Logger: d.logger,
		Network: mailcrm.Network{
			Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
			Ports: append([]int{d.Mail.IMAPS.Port, d.Mail.IMAP.Port, d.Mail.SMTPS.Port, d.Mail.Submission.Port}, d.opts.Ports...),
			Roots: roots,
		},
	})
	return err
}

// Run follows the mail and answers it until ctx ends, and returns nil then.
func (d *Demo) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return d.Client.Run(ctx) })
	if d.answer > 0 {
		g.Go(func() error { return d.answerMail(ctx) })
	}
	if err := g.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("running the demo: %w", err)
	}
	return nil
}

// Ready waits until the mail of every account was fetched once, or ctx ends. Run must run.
func (d *Demo) Ready(ctx context.Context) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	admin := d.Client.As(storage.Actor{Agent: d.People.All()[0].ID, Admin: true})
	for {
		accounts, err := admin.Accounts.List(ctx)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(accounts, func(a mailcrm.Account) bool { return a.Status.State != "ready" }) {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Folder is where all lies that the demo writes.
func (d *Demo) Folder() string { return d.dir }

// Close ends the demo, after Run returned, and removes all that it wrote.
func (d *Demo) Close() error {
	var errs []error
	if d.Client != nil {
		errs = append(errs, d.Client.Close())
	}
	if d.store != nil {
		errs = append(errs, d.store.Close())
	}
	if d.Mail != nil {
		errs = append(errs, d.Mail.Close())
	}
	if d.dir != "" {
		errs = append(errs, os.RemoveAll(d.dir))
	}
	return errors.Join(errs...)
}
