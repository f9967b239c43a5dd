package folders

// attributes are the LIST attributes that say something about a mailbox's use, in lower case without the backslash: RFC 6154, RFC 8457, what
// XLIST said before them, and the uses registered since that are no role of ours.
var attributes = map[string]Role{
	"inbox": Inbox,
	"sent":  Sent, "sentmail": Sent,
	"drafts": Drafts,
	"trash":  Trash, "bin": Trash,
	"junk": Junk, "spam": Junk,
	"archive": Archive,
	"all":     All, "allmail": All,
	"flagged": Flagged, "starred": Flagged,
	"important": Important,
	"templates": otherUse, "memos": otherUse, "notes": otherUse, "outbox": otherUse, "scheduled": otherUse, "snoozed": otherUse,
	"noselect": unselectable, "nonexistent": unselectable,
}

// unselectable stands for \Noselect and \NonExistent (RFC 5258 §3) in the table.
const unselectable Role = "unselectable"

// statedFirst is which use counts when a server states two for one mailbox: the one that keeps most out of harm's way.
var statedFirst = []Role{Inbox, All, Flagged, Important, Trash, Junk, Drafts, Sent, Archive, otherUse}

// stated reads the attributes of one mailbox, whatever the server's capabilities say: some state uses unannounced. Case does not count.
func stated(list []string) (use Role, selectable bool) {
	selectable = true
	best := len(statedFirst)
	var low [16]byte
	for _, a := range list {
		for len(a) > 0 && a[0] == '\\' {
			a = a[1:]
		}
		if len(a) > len(low) {
			continue
		}
		for i := range len(a) {
			c := a[i]
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			low[i] = c
		}
		r, ok := attributes[string(low[:len(a)])]
		switch {
		case !ok:
		case r == unselectable:
			selectable = false
		default:
			for i, first := range statedFirst[:best] {
				if r == first {
					best, use = i, r
					break
				}
			}
		}
	}
	return use, selectable
}
