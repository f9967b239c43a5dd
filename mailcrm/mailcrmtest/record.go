package mailcrmtest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// record is what a server remembers of its visitors.
type record struct {
	mu        sync.Mutex
	delivered []Delivery
	logins    []Login
	queued    int
	bounces   map[string]failure // by address, lower case
	changed   chan struct{}      // closed and replaced at each delivery
}

// A Login is one attempt to log in.
type Login struct {
	At       time.Time
	Protocol string // "imap" or "smtp"
	Name     string // as given
	OK       bool
}

// Logins are all attempts so far, in their order, so that a test can count how often a wrong password was tried.
func (s *Server) Logins() []Login {
	s.record.mu.Lock()
	defer s.record.mu.Unlock()
	return slices.Clone(s.record.logins)
}

func (s *Server) logLogin(protocol, name string, ok bool) {
	s.record.mu.Lock()
	defer s.record.mu.Unlock()
	s.record.logins = append(s.record.logins, Login{At: s.options.Now(), Protocol: protocol, Name: name, OK: ok})
}

// A Delivery is a mail that the server accepted.
type Delivery struct {
	At         time.Time
	Login      string   // who submitted it
	From       string   // envelope sender; empty for <>
	To         []string // envelope recipients, accepted ones only
	Outside    []string // those of them that are no user here; nothing leaves, so this list is the sink
	Raw        []byte   // the message exactly as the client sent it, without dot-stuffing; shared, not to be changed
	QueueID    string   // as named in the reply
	EnvelopeID string   // ENVID of RFC 3461, decoded
	Return     string   // RET: "HDRS", "FULL" or ""
	Notify     []string // NOTIFY of each recipient, as sent, in the order of To
}

// Delivered are all mails accepted so far, in their order.
func (s *Server) Delivered() []Delivery {
	s.record.mu.Lock()
	defer s.record.mu.Unlock()
	return slices.Clone(s.record.delivered)
}

// WaitDelivered returns the accepted mails when there are at least n, or with the context's error when ctx ends first.
func (s *Server) WaitDelivered(ctx context.Context, n int) ([]Delivery, error) {
	for {
		s.record.mu.Lock()
		delivered, changed := slices.Clone(s.record.delivered), s.record.changed
		s.record.mu.Unlock()
		if len(delivered) >= n {
			return delivered, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return delivered, fmt.Errorf("waiting for %d mails, %d came: %w", n, len(delivered), ctx.Err())
		}
	}
}

// Bounce makes mail to an address come back: it is accepted, and a delivery report (RFC 3464) arrives in the INBOX of the
// sender when he is a user here and did not ask for NOTIFY=NEVER. status is the enhanced code, "5.1.1"; diagnostic is
// what the other server said, "550 5.1.1 No such user". A user's own address does not bounce.
func (s *Server) Bounce(address, status, diagnostic string) {
	s.record.mu.Lock()
	defer s.record.mu.Unlock()
	if s.record.bounces == nil {
		s.record.bounces = map[string]failure{}
	}
	s.record.bounces[strings.ToLower(address)] = failure{
		recipient: address, status: status, diagnostic: diagnostic, remote: "mx." + domainOf(address),
	}
}

// bounce sends back what cannot be delivered.
func (s *Server) bounce(d Delivery, raw []byte) {
	sender := s.account(d.From)
	if sender == nil {
		return
	}
	for i, to := range d.To {
		s.record.mu.Lock()
		f, ok := s.record.bounces[strings.ToLower(to)]
		s.record.mu.Unlock()
		if !ok || s.account(to) != nil || d.Notify[i] == "NEVER" {
			continue
		}
		l := &letter{
			trace:   []field{{"Return-Path", "<>"}, {"Delivered-To", d.From}},
			from:    mailbox{"Mail Delivery System", "MAILER-DAEMON@" + s.options.Domain},
			to:      []mailbox{{"", d.From}},
			subject: "Undelivered Mail Returned to Sender", date: d.At,
			id:   fmt.Sprintf("%s.%d.bounce@%s", d.QueueID, i, s.options.Domain),
			more: []field{{"Auto-Submitted", "auto-replied"}},
			body: deliveryReport(s.options.Domain, d.At, d.EnvelopeID, f, raw),
		}
		sender.load(Mail{Folder: inbox, Raw: l.bytes(), Date: d.At})
	}
}
