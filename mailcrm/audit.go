package mailcrm

import (
	"bytes"
	"slices"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
)

// changes are the events of what a person changed of an account; was has no ID when it is new. They say what was changed, never what it is now.
func (a *Accounts) changes(was, acc *store.Account) []store.Event {
	fresh := was.ID == ""
	events := []store.Event{a.event(acc, "account.changed")}
	if fresh {
		events[0].Type = "account.created"
	}
	if !fresh && was.Owner != acc.Owner || fresh && acc.Owner != a.s.actor.Agent {
		events = append(events, a.event(acc, "account.owner"))
		events[len(events)-1].Subject = acc.Owner
	}
	for _, c := range []struct {
		what    string
		changed bool
	}{
		{"account.members", !slices.Equal(was.Members, acc.Members)},
		{"account.secret", !bytes.Equal(was.IMAPSecret, acc.IMAPSecret) || !bytes.Equal(was.SMTPSecret, acc.SMTPSecret)},
		{"account.certificate_trusted", pinned(was.IMAP, acc.IMAP) || pinned(was.SMTP, acc.SMTP)},
	} {
		if c.changed && !(fresh && c.what == "account.secret") {
			events = append(events, a.event(acc, c.what))
		}
	}
	return events
}

// pinned says whether somebody confirmed a certificate.
func pinned(was, is store.Server) bool { return is.PinSHA256 != "" && is.PinSHA256 != was.PinSHA256 }
