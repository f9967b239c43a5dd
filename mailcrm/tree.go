package mailcrm

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/mailcrm/sdk/folders"
	"github.com/mailcrm/sdk/mailcrm/internal/imapsync"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
)

// A MailboxNode is one line of an account's tree of folders.
type MailboxNode struct {
	Mailbox        // without an ID: a level that the server does not list, above one that it does
	Label   string // the last level of its name: what people read in a tree
	Depth   int    // 0 at the root
	Parent  string // Name of the level above; empty at the root
	Foreign bool   // other users' or shared: shown, never mapped
	// Choosable says whether it can be chosen for a role.
	Choosable bool
	Counted   bool // Total and Unread are told: only to who may read the account
}

// Tree returns the account's folders as a tree, each line below the one that it lies in: the inbox first, then those with a role in the order of [Mapping].Roles, then the
// others by name; last what belongs to other users or is shared. The prefix under which a server keeps everything ("INBOX.") is no level.
//
// Who may read the account sees it, and who may change or administer it, but without counts.
func (m *Mailboxes) Tree(ctx context.Context, account string) ([]MailboxNode, error) {
	acc, err := m.seen(ctx, account)
	if err != nil {
		return nil, err
	}
	boxes, err := m.s.client.db.Mailboxes(ctx, acc.Tenant, acc.ID)
	if err != nil {
		return nil, fmt.Errorf("reading the folders of %s: %w", acc.Address, err)
	}
	boxes = slices.DeleteFunc(boxes, func(b store.Mailbox) bool { return !b.Gone.IsZero() })
	nodes := tree(acc, boxes, imapsync.Map(acc, boxes).Prefix())
	if rightsOf(acc, m.s.actor)&store.RightRead == 0 {
		return nodes, nil
	}
	viewer, err := m.s.viewer(ctx)
	if err != nil {
		return nil, err
	}
	counts, err := m.s.client.privacy.Counts(ctx, viewer)
	if err != nil {
		return nil, err
	}
	for i := range nodes {
		nodes[i].Total, nodes[i].Unread, nodes[i].Counted = counts[nodes[i].ID].Total, counts[nodes[i].ID].Unread, true
	}
	return nodes, nil
}

// tree orders the folders and fills in the levels that are missing.
func tree(acc *store.Account, boxes []store.Mailbox, prefix string) []MailboxNode {
	type branch struct {
		node     MailboxNode
		children []string
	}
	at := make(map[string]*branch, len(boxes))
	var roots []string
	var grow func(name, delimiter string, depth int) *branch
	grow = func(name, delimiter string, depth int) *branch {
		if b := at[name]; b != nil {
			return b
		}
		b := &branch{node: MailboxNode{Mailbox: Mailbox{Account: acc.ID, Name: name, Delimiter: delimiter}, Label: name}}
		at[name] = b
		rest := name
		if strings.HasPrefix(name, prefix) {
			rest = strings.TrimPrefix(name, prefix)
		}
		if i := strings.LastIndex(rest, delimiter); delimiter != "" && i > 0 && i < len(rest)-len(delimiter) && depth < maxLevels {
			parent := grow(name[:len(name)-len(rest)+i], delimiter, depth+1)
			b.node.Label, b.node.Parent = rest[i+len(delimiter):], parent.node.Name
			parent.children = append(parent.children, name)
		} else {
			b.node.Label = rest
			roots = append(roots, name)
		}
		return b
	}
	for i := range boxes {
		b := grow(boxes[i].Name, boxes[i].Delimiter, 0)
		b.node.Mailbox = *mailbox(&boxes[i])
		b.node.Choosable = boxes[i].Selectable && !strings.EqualFold(boxes[i].Name, "INBOX") && !imapsync.Foreign(acc, &boxes[i])
	}
	for _, b := range at {
		b.node.Foreign = imapsync.Foreign(acc, &store.Mailbox{Name: b.node.Name, Delimiter: b.node.Delimiter})
	}
	place := func(name string) int {
		n := &at[name].node
		switch i := slices.Index(folders.Roles(), folders.Role(n.Role)); {
		case n.Foreign:
			return 200
		case i >= 0:
			return i
		}
		return 100
	}
	var out []MailboxNode
	var walk func(names []string, depth int)
	walk = func(names []string, depth int) {
		slices.SortFunc(names, func(a, b string) int {
			return cmp.Or(place(a)-place(b), strings.Compare(strings.ToLower(at[a].node.Label), strings.ToLower(at[b].node.Label)), strings.Compare(a, b))
		})
		for _, name := range names {
			b := at[name]
			b.node.Depth = depth
			out = append(out, b.node)
			walk(b.children, depth+1)
		}
	}
	walk(roots, 0)
	return out
}

// maxLevels bounds the depth of a tree, against servers that list names made to hurt.
const maxLevels = 100
