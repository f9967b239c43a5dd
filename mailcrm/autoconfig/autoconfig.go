// Package autoconfig finds the mail servers of an address, so that somebody who adds an account types an address and not a form.
//
// [Discover] asks everybody who may know, all at once, and puts the answers in order of who may be believed; the fastest answer never wins.
// [Lookup] asks the built-in table only and opens no connection. Neither ever sees a password, and none is needed: what they return are
// [Candidate] values that a host shows, lets a person change, and tests with a login of its own.
//
// # Who is asked
//
// In the order of belief, best first:
//
//  1. The built-in table, by the domain of the address. Its entries are compiled in; most were compared with what the operators and others
//     publish, and when one of these answers nobody else is asked. One that is only believed stands beside 4 instead.
//  2. The domain itself, over https: autoconfig.DOMAIN/mail/config-v1.1.xml and DOMAIN/.well-known/autoconfig/mail/config-v1.1.xml, in the
//     form that Thunderbird introduced (draft-bucksch-autoconfig). The certificate proves that the domain's owner speaks.
//  3. The SRV records of the domain (RFC 6186, RFC 8314 §5.1). The owner speaks here as well, but without DNSSEC nothing proves it: the
//     candidate says so and wants to be confirmed before a password is sent (RFC 6186 §6).
//  4. The table, by the MX records of the domain: who receives a domain's mail usually holds its mailboxes. When the table knows that a
//     provider receives only what it also holds (Google, Microsoft), this goes before 2 and 3, because a web host often leaves an
//     autoconfig page behind after the mail has moved away.
//  5. Mozilla's public data base ("ISPDB"), by domain.
//  6. The same, by the parent domains of the first MX, never by a public suffix like "co.uk" and never for a mail server of the domain's own.
//  7. Autodiscover of Exchange, without credentials. Most servers want a password and get none; those that answer without are believed a
//     little, and a name that leads to Microsoft's own service tells that the mailboxes are there.
//  8. Guesses: imap.DOMAIN, mail.DOMAIN, smtp.DOMAIN and the domain's own MX, when a verified TLS connection shows the protocol there. They
//     are given only when nobody else knew anything.
//
// Several sources that agree are one candidate that is believed more.
//
// # What is never believed
//
// Only https is asked, with a verified certificate, and redirects stay on https. A server without TLS, or one where the password would
// travel in the clear, is dropped with a note in the step. A document is bounded in size, depth and number of elements; one with a document
// type or an entity, or one that is a web page, is refused. What an answer contains is checked like anything a stranger typed: host names,
// ports, logins. OAuth is offered for servers that the table knows, and for no others, so that no document can lead a token astray.
// Every connection is opened by the same guard as those of the library: a public address, an allowed port.
//
// Of the table only whole labels match: neither notgmail.com nor gmail.com.example is Gmail. A null MX (RFC 7505) and a mail server below
// the domain itself are never looked up in it.
//
// # When not to look here
//
// Whether the servers work and the password is right is a matter of Accounts.Check in package mailcrm, which this package knows nothing of;
// the fields of [Server] have the names and the values of mailcrm.ServerInput. How a person grants access to Google or Microsoft is the
// host's. The table itself is the file providers.txt, and docs/autoconfig.md tells how to add a provider.
package autoconfig

import (
	"context"
	"time"

	"github.com/mailcrm/sdk/storage"
)

// Time limits of a zero [Options]. Nothing depends on which source is faster, only on which of them answers within these.
const (
	DefaultStepTimeout = 5 * time.Second
	DefaultTimeout     = 10 * time.Second
)

// Result is everything that [Explore] learned.
type Result struct {
	Address    string // as it was understood: without spaces around, the domain in lower case and, where it is international, in A-labels
	Domain     string // the domain of Address
	Candidates []Candidate
	Steps      []Step // one for each source, in the order of the package comment
}

// Discover finds the servers of address, best first. An address that cannot be one is a [storage.FieldError] of the field "Address", and so
// are wrong options; a cancelled context is an error too. That nobody knows the domain is none: the list is empty then, and at most 10 s
// have passed. Use [Explore] to learn what was tried, or opts.Progress to watch it.
func Discover(ctx context.Context, address string, opts *Options) ([]Candidate, error) {
	result, err := Explore(ctx, address, opts)
	if err != nil {
		return nil, err
	}
	return result.Candidates, nil
}

// Explore is [Discover] that also returns its steps. With an error of the context, what was found until then is returned beside it.
func Explore(ctx context.Context, address string, opts *Options) (*Result, error) {
	mailbox, err := parseAddress(address)
	if err != nil {
		return nil, err
	}
	x, err := newExplorer(mailbox, opts)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, cancelled(ctx)
	}
	limit, cancel := context.WithTimeout(ctx, x.timeout)
	defer cancel()
	x.run(limit)
	result := &Result{Address: mailbox.String(), Domain: mailbox.domain, Candidates: x.candidates(), Steps: x.steps()}
	if ctx.Err() != nil {
		return result, cancelled(ctx)
	}
	return result, nil
}

func cancelled(ctx context.Context) error {
	return &storage.Cause{Code: "dial.cancelled", Err: &storage.TemporaryError{Err: context.Cause(ctx)}}
}
