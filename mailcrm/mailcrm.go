// Package mailcrm gives a CRM its mail.
//
// A host opens one [Client] with its records' directory, a store and a place for bytes, and lets it run. From then on mail accounts are followed, every
// mail is recorded, linked to the records that have one of its addresses, and found again in their history:
//
//	store, err := sqlite.Open(ctx, "data/mailcrm.db", nil)
//	blobs, err := blobfolder.Open("data/blobs", nil)
//	keys, err := mailcrm.KeyFile("mailcrm.key")
//	client, err := mailcrm.Open(ctx, mailcrm.Config{Host: storage.Host{Directory: crm}, Store: store, Blobs: blobs, Keys: keys})
//	go client.Run(ctx)
//
// Everything else is done by somebody. [Client.As] makes a [Session] for an agent for whom the host vouches, and the session's services are named by
// what they are about:
//
//	jeanne := client.As(storage.Actor{Agent: "jeanne"})
//	account, err := jeanne.Accounts.Create(ctx, mailcrm.AccountInput{…})
//	page, err := jeanne.Timeline.List(ctx, mailcrm.TimelineQuery{Entity: acme})
//
// An agent sees the mail of the accounts that he may read, and the history of the records that he may see; what he may not see is not found. That rule is
// made in one place and holds for lists, searches, counts, bodies and attachments alike.
//
// # Words
//
// An account is a mail account; a company is an entity of kind "account" (package storage). A message is what was said; its places are where copies of it
// lie. A submission is a mail on its way out (RFC 6409).
//
// # Errors
//
// Every error wraps one of the kinds of this package; [ErrorCode] gives its code and HTTP status, [Sentence] what to tell a person, in French and English.
//
// # Several processes
//
// With package postgres any number of processes may run on one database: accounts are leased, and a mail is fetched and sent by one of them. Package sqlite
// is for one process.
package mailcrm

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/mailcrm/sdk/linker"
	"github.com/mailcrm/sdk/mailcrm/internal/deliver"
	"github.com/mailcrm/sdk/mailcrm/internal/dial"
	"github.com/mailcrm/sdk/mailcrm/internal/imapsync"
	"github.com/mailcrm/sdk/mailcrm/internal/oauth"
	"github.com/mailcrm/sdk/mailcrm/internal/privacy"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/mailcrm/internal/submit"
	"github.com/mailcrm/sdk/mailcrm/internal/work"
)

// A Client is mailcrm in a process. It may be used by several goroutines.
type Client struct {
	cfg     Config
	db      *store.DB
	linker  *linker.Linker
	deliver *deliver.Desk
	privacy *privacy.Desk
	syncer  *imapsync.Syncer
	sender  *submit.Sender
	worker  *work.Worker

	providers map[string]*oauth.Provider
	oauth     *oauth.Client
	tokens    *oauth.Tokens

	gallery *gallery
	layers  layers
	closed  atomic.Bool

	historian historian
	checks    checkRate
	fetches   fetches
}

// Open makes a client. It connects to nothing but the store: accounts are followed from [Client.Run] or [Client.Step] on.
//
// Errors: [ErrInvalid] with a [FieldError] that says what Config lacks.
func Open(_ context.Context, cfg Config) (*Client, error) {
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("mailcrm: %w", err)
	}
	providers, err := cfg.providers()
	if err != nil {
		return nil, fmt.Errorf("mailcrm: %w", err)
	}
	c := &Client{cfg: cfg, db: cfg.Store.db, providers: providers}
	c.linker = linker.New(cfg.Host.Directory, &linker.Options{Timeout: cfg.LookupTimeout})
	c.deliver = &deliver.Desk{DB: c.db, Linker: c.linker, Keys: cfg.Keys, Project: cfg.Host.History != nil, Logger: cfg.Logger}
	c.privacy = privacy.New(c.db, c.visible)
	dialer := &dial.Dialer{Allow: cfg.Network.Allow, Ports: cfg.Network.Ports, AllowPlaintextLoopback: cfg.Network.PlaintextLoopback, Logger: cfg.Logger}
	c.syncer = &imapsync.Syncer{DB: c.db, Blobs: cfg.Blobs, Dialer: dialer, Roots: cfg.Network.Roots, Deliver: c.deliver.Chunk, Now: cfg.Now, Logger: cfg.Logger}
	c.sender = &submit.Sender{DB: c.db, Blobs: cfg.Blobs, Dialer: dialer, Roots: cfg.Network.Roots, Departed: c.deliver.Departed, Reached: c.reached, Now: cfg.Now, Logger: cfg.Logger}
	c.gallery = newGallery(&dial.Dialer{Ports: picturePorts(cfg.Network), Logger: cfg.Logger}, cfg.Network.Roots)
	c.oauth = oauth.New(&dial.Dialer{Allow: cfg.Network.Allow, Ports: oauthPorts(providers), AllowPlaintextLoopback: cfg.Network.PlaintextLoopback, Logger: cfg.Logger}, cfg.Network.Roots)
	c.tokens = &oauth.Tokens{Client: c.oauth, Vault: &loginVault{c.db, cfg.Keys, cfg.Logger}, Providers: providers, Now: cfg.Now, Logger: cfg.Logger}
	c.worker = work.New(c.db, c.slice, &work.Options{Workers: cfg.Workers, Logger: cfg.Logger})
	return c, nil
}

// Run follows the accounts, sends what is due and keeps the host's history up to date, until ctx ends; then it waits for what is under way (a few
// seconds) and returns ctx's error. Call it once.
func (c *Client) Run(ctx context.Context) error {
	if c.closed.Load() {
		return ErrClosed
	}
	projecting := make(chan struct{})
	go func() {
		defer close(projecting)
		c.project(ctx)
	}()
	err := c.worker.Run(ctx)
	<-projecting
	return err
}

// Step does one slice (20 s at most) of all work that is due now and reports how many accounts had some: 0 means that there is nothing to do. It is Run
// for hosts that have a queue or a cron of their own.
func (c *Client) Step(ctx context.Context) (int, error) {
	if c.closed.Load() {
		return 0, ErrClosed
	}
	n, err := c.worker.Step(ctx)
	more, e := c.projectDue(ctx)
	if more && n == 0 {
		n = 1
	}
	return n, errors.Join(err, e)
}

// Close makes every later call fail with [ErrClosed]. End Run's context first. The store stays open: close it last.
func (c *Client) Close() error {
	c.closed.Store(true)
	return nil
}

const projectEvery = time.Second
