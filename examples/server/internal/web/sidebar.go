package web

import (
	"slices"
	"strings"

	"github.com/mailcrm/sdk/mailcrm"
)

// A sidebar is the navigation: the visitor's accounts with their folders, and what waits.
type sidebar struct {
	Accounts []sideAccount
	Unread   int // in all inboxes
	Drafts   int
	Outbox   int // not yet sent, or to be decided
}

// A sideAccount is an account whose mail the visitor reads.
type sideAccount struct {
	ID      string
	Name    string
	Address string
	Bad     bool // something is to be done
	Folders []sideFolder
	boxes   []mailcrm.Mailbox
}

// A sideFolder is a line of the tree.
type sideFolder struct {
	ID     string // empty: only the parent of others
	Label  string
	Role   string
	Unread int
	Depth  int
	Here   bool
}

// maxDepth is how far a folder is indented.
const maxDepth = 5

// sidebar is read for every page. What fails is left out: the page itself tells of failures.
func (v *visit) sidebar() sidebar {
	var s sidebar
	accounts, err := v.mail.Accounts.List(v.ctx())
	if err != nil {
		return s
	}
	here := v.query("mailbox")
	for _, a := range accounts {
		if !slices.Contains(a.Rights, mailcrm.RightRead) {
			continue
		}
		side := sideAccount{ID: a.ID, Name: a.Name, Address: a.Address, Bad: a.Status.Code != ""}
		if boxes, err := v.mail.Mailboxes.List(v.ctx(), a.ID); err == nil {
			side.boxes = boxes
			side.Folders = v.tree(boxes, here)
			for _, b := range boxes {
				if b.Role == "inbox" {
					s.Unread += b.Unread
				}
			}
		}
		s.Accounts = append(s.Accounts, side)
	}
	if drafts, err := v.mail.Drafts.List(v.ctx(), "", mailcrm.DefaultPage); err == nil {
		s.Drafts = len(drafts.Items)
	}
	if out, err := v.mail.Outbox.List(v.ctx(), "", mailcrm.DefaultPage); err == nil {
		for _, o := range out.Items {
			switch o.State {
			case mailcrm.StateQueued, mailcrm.StateSending, mailcrm.StateUncertain:
				s.Outbox++
			}
		}
	}
	return s
}

// roleOrder is how folders with a role are listed, before all others.
var roleOrder = []string{"inbox", "sent", "drafts", "archive", "junk", "trash", "all", "flagged", "important"}

// tree orders folders as people look for them: those with a role, then the others below their parents.
func (v *visit) tree(boxes []mailcrm.Mailbox, here string) []sideFolder {
	var special, own []sideFolder
	for _, b := range boxes {
		f := sideFolder{ID: b.ID, Label: folderName(b), Role: b.Role, Unread: b.Unread, Here: b.ID == here}
		if !b.Selectable {
			f.ID = ""
		}
		if known("role." + b.Role) {
			f.Label = v.say("role." + b.Role)
			special = append(special, f)
			continue
		}
		if b.Delimiter != "" {
			f.Depth = min(strings.Count(b.Name, b.Delimiter), maxDepth)
		}
		if b.Delimiter != "" && strings.HasPrefix(strings.ToUpper(b.Name), "INBOX"+b.Delimiter) {
			f.Depth--
		}
		own = append(own, f)
	}
	slices.SortStableFunc(special, func(x, y sideFolder) int { return slices.Index(roleOrder, x.Role) - slices.Index(roleOrder, y.Role) })
	return append(special, own...)
}

// folderName is the last part of a folder's name.
func folderName(b mailcrm.Mailbox) string {
	if b.Delimiter == "" {
		return b.Name
	}
	return b.Name[strings.LastIndex(b.Name, b.Delimiter)+len(b.Delimiter):]
}

// folder finds a folder among the visitor's.
func (s sidebar) folder(id string) (sideAccount, mailcrm.Mailbox, bool) {
	for _, a := range s.Accounts {
		for _, b := range a.boxes {
			if b.ID == id {
				return a, b, true
			}
		}
	}
	return sideAccount{}, mailcrm.Mailbox{}, false
}
