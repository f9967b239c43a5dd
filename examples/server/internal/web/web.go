// Package web is the pages of the reference server: mail accounts, inbox, an open mail with its links, writing with
// templates, outbox, and a client's record with its history, in French and English.
//
//	pages, err := web.New(web.Config{Client: client, CRM: records, People: people})
//	mux.Handle("/", pages)
//	mux.Handle("/mail/", client.Content(people.Actor)) // bodies and attachments, which the pages show in a frame
//
// # What binds
//
// Every page works without JavaScript: links, forms, real pages. The script (assets/script.js, less than 15 KB) adds keys,
// an editor with bold and lists, saving while one writes, and lists that refresh by themselves; nothing exists only there. The pages of accounts have a second
// one, which shows what is looked for and tried while it happens (assets/steps.js, progress.go).
// There is one style sheet, light and dark, and no picture but icons. Nothing is loaded from elsewhere.
//
// A GET changes nothing, with two exceptions. A browser that comes back from a provider's page ends a sign-in (signin.go). Opening a mail ("GET /message/{id}") marks it read and brings it into the
// history of its clients, because a mail is opened by following a link. That happens only for a navigation that a person
// made on these pages; a browser that fetches ahead, or a link on another site, sees the mail unopened (guard.go).
// Every POST carries the session's token or is refused with 403.
//
// What is said to people stands in one catalogue (words.go), each phrase in both languages; no page template holds a
// sentence, which a test checks. Dates, sizes and numbers are written by the language too.
//
// # Where to add something
//
// A page is a Go file that fills a struct, and a template of the same name in pages/. Its route stands in routes.go. A word
// goes into the words_*.go file of its page.
//
// # When not to look here
//
// Who somebody is, logging in, tokens and the choice of a language are package people, whose pages /login, /logout, /who, /people and /lang main
// mounts beside these; the records of the CRM are package crm; the HTTP API is package api. What an agent may see is decided in package mailcrm, never here: these pages show what a Session returns.
package web

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/mailcrm/sdk/examples/server/internal/people"
	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/storage"
)

// Config is what the pages need.
type Config struct {
	// Client is the mail. Required.
	Client *mailcrm.Client
	// CRM shows records. Required.
	CRM Records
	// People lets in those who are known, and guards the forms. Required.
	People *people.People
	// Find looks for the servers of an address that is added. Defaults to none: they are typed.
	Find Finder
	// URL is what browsers call the server, "https://crm.example.com": providers send people back there who signed in. Defaults to what the request names.
	URL string
	// Demo shows a line saying that nothing here is real.
	Demo bool
	// Sample is a mailbox that visitors of a demo may add. Defaults to none.
	Sample Sample
	// Logger hears of failures: ids and codes. Defaults to none.
	Logger *slog.Logger
	// Now is the time of day, for tests. Defaults to time.Now.
	Now func() time.Time
}

// A Sample is a mailbox whose password may be shown.
type Sample struct{ Address, Password string }

// Records is the CRM as the pages show it. Package crm has one over memory and one over SQLite.
type Records interface {
	// Get is one record; [storage.ErrNotFound] when it is not there or the Actor may not see it.
	Get(ctx context.Context, actor storage.Actor, ref storage.Ref) (storage.Entity, error)
	// Fields are a record's fields with their values, in the order in which a person reads them, values without text left out.
	Fields(ctx context.Context, actor storage.Actor, ref storage.Ref) ([]storage.Field, map[string]storage.Value, error)
	// Children are the contacts and deals of a company, the deals of a contact.
	Children(ctx context.Context, actor storage.Actor, ref storage.Ref) ([]storage.Entity, error)
	// List is a page of the records of a kind (empty: of all kinds) that fit a query (empty: all), by name.
	List(ctx context.Context, actor storage.Actor, kind storage.Kind, query, cursor string) ([]storage.Entity, string, error)
}

// site is the pages with all that they share.
type site struct {
	cfg    Config
	pages  *pages
	seen   tail
	drawer *drawer

	content http.Handler // bodies, made safe by mailcrm
}

// New makes the pages. It fails when a template of its own does not parse.
func New(cfg Config) (http.Handler, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	parsed, err := parsePages()
	if err != nil {
		return nil, err
	}
	s := &site{cfg: cfg, pages: parsed, drawer: newDrawer(cfg.Now), content: cfg.Client.Content(cfg.People.Actor)}
	return s.routes(), nil
}
