package mailcrm

import (
	"context"
	"fmt"
	"strings"

	"github.com/mailcrm/sdk/storage"
)

// A Session is mailcrm as one agent may use it. Every read and write of mail is made by somebody; there is no other way in.
//
// A Session is cheap, holds nothing open, and may be used by several goroutines. Its services are named by what they are about, and each of their
// methods takes one input and returns one output and an error of this package.
type Session struct {
	client *Client
	actor  storage.Actor

	Accounts  *Accounts
	Logins    *Logins
	Mailboxes *Mailboxes
	Messages  *Messages
	Files     *Files
	Links     *Links
	Timeline  *Timeline
	Entities  *Entities
	Templates *Templates
	Drafts    *Drafts
	Outbox    *Outbox
	Events    *Events
}

// As is mailcrm for an Actor for whom the host vouches. An Actor that cannot be one (no agent, a malformed tenant) makes every call of the session
// fail with [ErrInvalid].
func (c *Client) As(actor storage.Actor) *Session {
	s := &Session{client: c, actor: actor}
	s.Accounts = &Accounts{s}
	s.Logins = &Logins{s}
	s.Mailboxes = &Mailboxes{s}
	s.Messages = &Messages{s}
	s.Files = &Files{s}
	s.Links = &Links{s}
	s.Timeline = &Timeline{s}
	s.Entities = &Entities{s}
	s.Templates = &Templates{s}
	s.Drafts = &Drafts{s}
	s.Outbox = &Outbox{s}
	s.Events = &Events{s}
	return s
}

// Actor is who the session acts for.
func (s *Session) Actor() storage.Actor { return s.actor }

// enter is the first line of every service: the client is open, the actor is somebody.
func (s *Session) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.client.closed.Load() {
		return fmt.Errorf("this mailcrm client was closed: %w", ErrClosed)
	}
	if s.actor.Agent == "" || len(s.actor.Agent) > 255 || hasControl(s.actor.Agent) {
		return storage.Invalid("Actor.Agent", "required", "say who acts: the id of a user of the CRM, at most 255 bytes")
	}
	return checkTenant(s.actor.Tenant)
}

func checkTenant(t storage.Tenant) error {
	if len(t) > 64 || strings.Trim(string(t), "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") != "" {
		return storage.Invalid("Actor.Tenant", "malformed", "a tenant is at most 64 of the characters a-z A-Z 0-9 . _ -")
	}
	return nil
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0x2028 || r == 0x2029 })
}

func (s *Session) checkRef(ref storage.Ref, field string) error {
	switch {
	case ref.Kind == "" || ref.ID == "":
		return storage.Invalid(field, "required", "name a record: its kind and its id")
	case len(ref.ID) > 255 || len(ref.Kind) > 64 || hasControl(ref.ID) || hasControl(string(ref.Kind)):
		return storage.Invalid(field, "malformed", "a kind has at most 64 bytes, an id at most 255, without control characters")
	case ref.Tenant != s.actor.Tenant:
		return fmt.Errorf("record %s/%s: %w", ref.Kind, ref.ID, ErrNotFound)
	}
	return nil
}

// visible is which of the refs the actor may see. Without Host.Access he sees all of his tenant.
func (c *Client) visible(ctx context.Context, actor storage.Actor, refs []storage.Ref) (map[storage.Ref]bool, error) {
	seen := make(map[storage.Ref]bool, len(refs))
	access := c.cfg.Host.Access
	if access == nil {
		for _, r := range refs {
			seen[r] = r.Tenant == actor.Tenant
		}
		return seen, nil
	}
	for len(refs) > 0 {
		n := min(len(refs), storage.MaxAccessRefs)
		ask, done := context.WithTimeout(ctx, c.cfg.LookupTimeout)
		res, err := access.Visible(ask, storage.AccessRequest{Actor: actor, Refs: refs[:n]})
		done()
		if err != nil {
			return nil, hostFailed("asking the CRM what you may see", err)
		}
		for _, r := range res.Visible {
			seen[r] = r.Tenant == actor.Tenant
		}
		refs = refs[n:]
	}
	return seen, nil
}

// hostFailed gives a failure of the host's power the kind it has, or ErrUnavailable when the host did not classify it.
func hostFailed(doing string, err error) error {
	if code, _ := storage.Code(err); code == "internal" || code == "temporary" || code == "closed" {
		return fmt.Errorf("%s: %w", doing, &storage.Cause{Code: "host.unavailable", Err: fmt.Errorf("%w: %w", ErrUnavailable, err)})
	}
	return fmt.Errorf("%s: %w", doing, err)
}
