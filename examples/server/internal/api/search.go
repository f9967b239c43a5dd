package api

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/storage"
)

// roles are those that a folder may have.
var roles = []string{"inbox", "sent", "drafts", "trash", "junk", "archive", "all", "flagged", "important"}

// A search is what was asked in q: words, and operators.
type search struct {
	query  mailcrm.MessageQuery
	folder string // of in:, a role or a name
}

// parseSearch reads q:
//
//	from: to: subject:           words; several in quotation marks: subject:"devis signé"
//	has:attachment               is:unread is:read is:starred is:unstarred is:linked is:unlinked
//	in:                          a role (inbox, sent …) or the name of a folder
//	before: after:               days as 2026-11-24 in the zone of who asks; before: does not contain its day, after: does
//
// Everything else is words that must occur anywhere; what is no operator, like a time 10:30, is a word too.
func parseSearch(q string, zone *time.Location) (search, error) {
	var s search
	var words []string
	for _, term := range terms(q) {
		operator, value, found := strings.Cut(term, ":")
		value = strings.Trim(value, `"`)
		known, err := false, error(nil)
		if found && value != "" {
			known, err = s.apply(strings.ToLower(operator), value, zone)
		}
		if err != nil {
			return search{}, err
		}
		if !known {
			words = append(words, term)
		}
	}
	s.query.Text = strings.Join(words, " ")
	return s, nil
}

// apply uses one operator; false: it is none.
func (s *search) apply(operator, value string, zone *time.Location) (known bool, err error) {
	switch operator {
	case "from":
		s.query.From = joined(s.query.From, value)
	case "to":
		s.query.To = joined(s.query.To, value)
	case "subject":
		s.query.Subject = joined(s.query.Subject, value)
	case "in":
		s.folder = value
	case "has":
		if !slices.Contains([]string{"attachment", "attachments"}, strings.ToLower(value)) {
			return false, storage.Invalid("Q", "unknown", "after has: write attachment")
		}
		s.query.HasAttachments = truth(true)
	case "is":
		switch strings.ToLower(value) {
		case "unread":
			s.query.Unread = truth(true)
		case "read":
			s.query.Unread = truth(false)
		case "starred", "flagged":
			s.query.Flagged = truth(true)
		case "unstarred", "unflagged":
			s.query.Flagged = truth(false)
		case "linked":
			s.query.Linked = truth(true)
		case "unlinked":
			s.query.Linked = truth(false)
		default:
			return false, storage.Invalid("Q", "unknown", "after is: write unread, read, starred, unstarred, linked or unlinked")
		}
	case "before", "after":
		day, err := time.ParseInLocation(time.DateOnly, value, zone)
		if err != nil {
			return false, storage.Invalid("Q", "malformed", "after "+operator+": write a day like 2026-11-24")
		}
		if operator == "before" {
			s.query.Before = day
		} else {
			s.query.After = day
		}
	default:
		return false, nil
	}
	return true, nil
}

func truth(b bool) *bool { return &b }

func joined(a, b string) string { return strings.TrimSpace(a + " " + b) }

// terms cuts at spaces; quotation marks keep words together.
func terms(q string) []string {
	var out []string
	var term strings.Builder
	quoted := false
	flush := func() {
		if term.Len() > 0 {
			out = append(out, term.String())
		}
		term.Reset()
	}
	for _, c := range q {
		switch {
		case c == '"':
			quoted = !quoted
			term.WriteRune(c)
		case !quoted && (c == ' ' || c == '\t' || c == '\u00a0'):
			flush()
		default:
			term.WriteRune(c)
		}
	}
	flush()
	return out
}

// within narrows a query to a folder: its id, a role, or, of the accounts that are asked for, a name.
func (r *resources) within(ctx context.Context, q *mailcrm.MessageQuery, folder string) error {
	if slices.Contains(roles, strings.ToLower(folder)) {
		q.Role = strings.ToLower(folder)
		return nil
	}
	mail := r.mail(ctx)
	accounts := []string{q.Account}
	if q.Account == "" {
		found, err := mail.Accounts.List(ctx)
		if err != nil {
			return err
		}
		accounts = accounts[:0]
		for _, a := range found {
			if slices.Contains(a.Rights, mailcrm.RightRead) {
				accounts = append(accounts, a.ID)
			}
		}
	}
	var named []string
	for _, id := range accounts {
		boxes, err := mail.Mailboxes.List(ctx, id)
		if err != nil {
			return err
		}
		for _, b := range boxes {
			switch {
			case b.ID == folder:
				q.Mailbox = folder
				return nil
			case strings.EqualFold(b.Name, folder):
				named = append(named, b.ID)
			}
		}
	}
	switch len(named) {
	case 0:
		return fmt.Errorf("folder %q: %w", folder, storage.ErrNotFound)
	case 1:
		q.Mailbox = named[0]
		return nil
	}
	return storage.Invalid("Folder", "ambiguous", "several folders have this name: give the account, or the folder's id")
}
