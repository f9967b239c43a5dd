// Package syncbench measures what a first sync costs beside the least that it could cost: a bare go-imap client that fetches the same mails from the same server
// and keeps nothing. Its benchmark starts each of the two in a process of its own, in turn, and prints mails per second, CPU time per mail, peak memory
// and the ratios:
//
//	make bench BENCH=Sync
//
// Ratios are what to compare: seconds vary with the machine and its load.
package syncbench

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/mailcrm/sqlite"
	"github.com/mailcrm/sdk/storage"
	"github.com/mailcrm/sdk/storage/blobfolder"
	"github.com/mailcrm/sdk/storage/memstore"
)

// A Task is what one process does.
type Task struct {
	Floor    bool   // the bare client; otherwise mailcrm
	Folder   string // for what is kept
	CAFile   string
	Host     string
	Port     int // IMAP over TLS
	Address  string
	Password string
	Maker    mailcrmtest.MakerOptions
}

func (t Task) roots() (*x509.CertPool, error) {
	pem, err := os.ReadFile(t.CAFile)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("no certificate in " + t.CAFile)
	}
	return pool, nil
}

// Run does the task and returns the number of mails.
func (t Task) Run(ctx context.Context) (int, error) {
	roots, err := t.roots()
	if err != nil {
		return 0, err
	}
	if t.Floor {
		return t.floor(roots)
	}
	return t.sync(ctx, roots)
}

// floor fetches everything with one command and throws it away.
func (t Task) floor(roots *x509.CertPool) (n int, err error) {
	c, err := imapclient.DialTLS(fmt.Sprintf("%s:%d", t.Host, t.Port), &imapclient.Options{TLSConfig: &tls.Config{RootCAs: roots, ServerName: t.Host}})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, c.Logout().Wait()) }()
	if err := c.Login(t.Address, t.Password).Wait(); err != nil {
		return 0, err
	}
	boxes, err := c.List("", "*", nil).Collect()
	if err != nil {
		return 0, err
	}
	for _, box := range boxes {
		selected, err := c.Select(box.Mailbox, &imap.SelectOptions{ReadOnly: true}).Wait()
		if err != nil {
			return n, err
		}
		if selected.NumMessages == 0 {
			continue
		}
		cmd := c.Fetch(imap.UIDSet{{Start: 1, Stop: 0}}, &imap.FetchOptions{
			UID: true, Flags: true, InternalDate: true, RFC822Size: true, BodySection: []*imap.FetchItemBodySection{{Peek: true}},
		})
		for m := cmd.Next(); m != nil; m = cmd.Next() {
			n++
			for item := m.Next(); item != nil; item = m.Next() {
				if body, ok := item.(imapclient.FetchItemDataBodySection); ok {
					if _, err := io.Copy(io.Discard, body.Literal); err != nil {
						return n, errors.Join(err, cmd.Close())
					}
				}
			}
		}
		if err := cmd.Close(); err != nil {
			return n, err
		}
	}
	return n, nil
}

// sync is a first sync as a host has it: SQLite and a folder with their defaults, everything recorded, linked at arrival, back to the first mail.
func (t Task) sync(ctx context.Context, roots *x509.CertPool) (n int, err error) {
	crm := memstore.New()
	for i, p := range mailcrmtest.Correspondents(t.Maker) {
		crm.Add(storage.Entity{Ref: storage.Ref{Kind: storage.KindContact, ID: fmt.Sprint(i)}, Name: p.Name, Addresses: []string{p.Address}})
	}
	keys, err := mailcrm.KeyFile(filepath.Join(t.Folder, "key"))
	if err != nil {
		return 0, err
	}
	blobs, err := blobfolder.Open(filepath.Join(t.Folder, "data", "blobs"), nil)
	if err != nil {
		return 0, err
	}
	store, err := sqlite.Open(ctx, filepath.Join(t.Folder, "data", "mailcrm.db"), nil)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	client, err := mailcrm.Open(ctx, mailcrm.Config{
		Host: crm.Host(), Store: store, Blobs: blobs, Keys: keys,
		Network: mailcrm.Network{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Ports: []int{t.Port}, Roots: roots},
	})
	if err != nil {
		return 0, err
	}
	agent := client.As(storage.Actor{Agent: "jeanne"})
	account, err := agent.Accounts.Create(ctx, mailcrm.AccountInput{
		Address: t.Address, Link: mailcrm.AtArrival, DepthDays: -1,
		IMAP: mailcrm.ServerInput{Host: t.Host, Port: t.Port, Password: mailcrm.NewSecret(t.Password)},
		SMTP: mailcrm.ServerInput{Host: t.Host},
	})
	if err != nil {
		return 0, err
	}
	for {
		worked, err := client.Step(ctx)
		if err != nil {
			return 0, err
		}
		now, err := agent.Accounts.Get(ctx, account.ID)
		if err != nil {
			return 0, err
		}
		switch {
		case now.Status.State == "ready":
			return t.count(ctx, agent, account.ID)
		case now.Status.Code != "":
			return 0, fmt.Errorf("%s: %s %s", now.Status.State, now.Status.Code, now.Status.Detail)
		case worked == 0:
			return 0, errors.New("nothing is due, and the account is " + now.Status.State)
		}
	}
}

func (t Task) count(ctx context.Context, agent *mailcrm.Session, account string) (n int, err error) {
	boxes, err := agent.Mailboxes.List(ctx, account)
	for _, b := range boxes {
		n += b.Total
	}
	return n, err
}

// A Cost is what a process took.
type Cost struct {
	Mails int
	Wall  time.Duration
	CPU   time.Duration
	RSS   int64 // bytes, at most at any time
}
