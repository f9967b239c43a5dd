package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/mailcrm/sdk/examples/server/internal/crm"
	"github.com/mailcrm/sdk/examples/server/internal/demo"
	"github.com/mailcrm/sdk/examples/server/internal/people"
	"github.com/mailcrm/sdk/examples/server/internal/web"
	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/sqlite"
	"github.com/mailcrm/sdk/storage/blobfolder"
	"github.com/mailcrm/sdk/storage/filestore"
)

// A world is what the server stands in.
type world struct {
	client  *mailcrm.Client
	records web.Records
	people  *people.People
	demo    bool
	sample  web.Sample
	url     string
	find    web.Finder
	told    []string                        // lines for standard output, beside the address
	run     func(ctx context.Context) error // follows the mail until ctx ends, and returns nil then
	ready   func(ctx context.Context) error // waits until there is something to see
	closers []func() error                  // in the order of opening
}

// close closes what was opened, the last first.
func (w *world) close() error {
	var errs []error
	for i := len(w.closers) - 1; i >= 0; i-- {
		errs = append(errs, w.closers[i]())
	}
	return errors.Join(errs...)
}

// openDemo is the world of -demo.
func openDemo(ctx context.Context, s settings, logger *slog.Logger) (*world, error) {
	d, err := demo.Start(ctx, &demo.Options{Locale: s.lang, Logger: logger})
	if err != nil {
		return nil, err
	}
	return &world{
		client: d.Client, records: d.Records, people: d.People, demo: true, told: []string{"token: " + d.Token}, run: d.Run, ready: d.Ready,
		find: d.Find, url: s.url, sample: web.Sample{Address: demo.SampleAddress, Password: demo.SamplePassword},
		closers: []func() error{d.Close},
	}, nil
}

// openReal is the world of a data folder:
//
//	people.json       who may come in
//	crm.db            their companies and contacts
//	mail/mailcrm.db   accounts, mails, links
//	blobs/            the bytes of mails and attachments
//	documents/        what was filed, by record, with names that people see
//
// The key that seals the passwords of mail accounts lies elsewhere, so that a copy of the folder is not a copy of the passwords.
func openReal(ctx context.Context, s settings, logger *slog.Logger) (_ *world, err error) {
	w := &world{ready: func(context.Context) error { return nil }, url: s.url}
	defer func() {
		if err != nil {
			err = fmt.Errorf("opening %s: %w", s.data, errors.Join(err, w.close()))
		}
	}()
	folder, err := filepath.Abs(s.data)
	if err != nil {
		return nil, err
	}
	inside, err := within(folder, s.key)
	if err != nil {
		return nil, err
	}
	if inside {
		return nil, fmt.Errorf("-key %s lies in the data folder: keep it outside, so that a copy of the data is not a copy of the passwords", s.key)
	}
	var first *people.FirstRun
	w.people, first, err = people.Open(filepath.Join(folder, "people.json"), &people.Options{Locale: s.lang, Zone: s.zone, Secure: s.https, Logger: logger})
	if err != nil {
		return nil, err
	}
	if first != nil {
		w.told = []string{"login: " + first.Name, "password: " + first.Password, "token: " + first.Token}
	}
	records, err := crm.Open(ctx, filepath.Join(folder, "crm.db"))
	if err != nil {
		return nil, err
	}
	w.records, w.closers = records, append(w.closers, records.Close)
	store, err := sqlite.Open(ctx, filepath.Join(folder, "mail", "mailcrm.db"), &sqlite.Options{Logger: logger})
	if err != nil {
		return nil, err
	}
	w.closers = append(w.closers, store.Close)
	blobs, err := blobfolder.Open(filepath.Join(folder, "blobs"), nil)
	if err != nil {
		return nil, err
	}
	keys, err := mailcrm.KeyFile(s.key)
	if err != nil {
		return nil, err
	}
	roots, err := authorities(s.roots)
	if err != nil {
		return nil, err
	}
	providers, err := signIns(s.oauth)
	if err != nil {
		return nil, err
	}
	documents, err := filestore.Open(filepath.Join(folder, "documents"), nil)
	if err != nil {
		return nil, err
	}
	w.closers = append(w.closers, documents.Close)
	host := records.Host()
	host.Files = documents
	network := mailcrm.Network{Allow: s.allow, Ports: s.ports, Roots: roots}
	w.find = finder(network, s.ispdb, logger)
	w.client, err = mailcrm.Open(ctx, mailcrm.Config{
		Host: host, Store: store, Blobs: blobs, Keys: keys, Logger: logger, SyncEvery: time.Minute, Network: network, OAuth: providers,
	})
	if err != nil {
		return nil, err
	}
	w.closers = append(w.closers, w.client.Close)
	w.run = func(ctx context.Context) error {
		if err := w.client.Run(ctx); !errors.Is(err, context.Canceled) {
			return err
		}
		return nil
	}
	return w, nil
}

// within reports whether a file lies in a folder.
func within(folder, file string) (bool, error) {
	abs, err := filepath.Abs(file)
	if err != nil {
		return false, err
	}
	rel, err := filepath.Rel(folder, abs)
	return err == nil && filepath.IsLocal(rel), nil
}

// authorities are the system's with those of a file; nil, the default, without one.
func authorities(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("-roots: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("-roots %s: there is no certificate in it", file)
	}
	return pool, nil
}
