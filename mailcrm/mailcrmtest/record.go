package mailcrmtest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// record is what a server remembers of its visitors.
type record struct {
	mu        sync.Mutex
	delivered []Delivery
	logins    []Login
	queued    int
	changed   chan struct{} // closed and replaced at each delivery
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
