package mailcrmtest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
)

const inbox = "INBOX"

// account is the mail of one user. One lock guards all of its folders, so that a move cannot lock two of them in the
// wrong order; nobody writes to the network while holding it.
type account struct {
	mu       sync.Mutex
	user     User
	folders  map[string]*folder
	validity uint32 // of the folder made last
	sessions map[*session]struct{}
	changed  chan struct{} // closed and replaced at each change of any folder
}

// folder is one mailbox. Its mails are in the order of their UIDs.
type folder struct {
	name       string
	attributes []string
	subscribed bool
	validity   uint32
	next       uint32
	mails      []*stored
	revision   uint64 // grows with each change
}

// stored is one message. Only flags and revision change.
type stored struct {
	uid      uint32
	raw      []byte
	date     time.Time
	flags    map[string]string // lower case to the spelling that is shown
	revision uint64            // of the folder, when the flags changed last
}

func newAccount(u User, validity uint32) *account {
	a := &account{
		user: u, folders: map[string]*folder{}, sessions: map[*session]struct{}{},
		validity: validity, changed: make(chan struct{}),
	}
	tree := u.Folders
	if tree == nil {
		tree = []Mailbox{
			{Name: inbox},
			{Name: "Archive", Attributes: []string{`\Archive`}},
			{Name: "Drafts", Attributes: []string{`\Drafts`}},
			{Name: "Junk", Attributes: []string{`\Junk`}},
			{Name: "Sent", Attributes: []string{`\Sent`}},
			{Name: "Trash", Attributes: []string{`\Trash`}},
		}
	}
	for _, m := range tree {
		f := a.make(m.Name)
		f.attributes, f.subscribed = slices.Clone(m.Attributes), true
	}
	a.make(inbox).subscribed = true
	return a
}

// sameFolder compares names; INBOX is the one that has no case (RFC 9051 §5.1).
func sameFolder(a, b string) bool {
	return a == b || strings.EqualFold(a, inbox) && strings.EqualFold(b, inbox)
}

// get is a folder or nil. The lock is held, as for every method below without another word.
func (a *account) get(name string) *folder {
	if strings.EqualFold(name, inbox) {
		name = inbox
	}
	return a.folders[name]
}

// make is the folder of a name, new when it is not there. UIDVALIDITY grows with each new folder, so that a name that
// comes back is never taken for the old one (RFC 9051 §2.3.1.1).
func (a *account) make(name string) *folder {
	if f := a.get(name); f != nil {
		return f
	}
	a.validity++
	f := &folder{name: name, validity: a.validity, next: 1}
	a.folders[name] = f
	return f
}

// touch tells sessions in IDLE that something changed.
func (a *account) touch(f *folder) {
	f.revision++
	close(a.changed)
	a.changed = make(chan struct{})
}

func (a *account) add(f *folder, raw []byte, date time.Time, flags []string) *stored {
	m := &stored{uid: f.next, raw: raw, date: date, flags: flagSet(flags)}
	f.next++
	f.mails = append(f.mails, m)
	a.touch(f)
	m.revision = f.revision
	return m
}

// remove takes mails out and says which went.
func (a *account) remove(f *folder, gone func(*stored) bool) {
	before := len(f.mails)
	f.mails = slices.DeleteFunc(f.mails, gone)
	if len(f.mails) != before {
		a.touch(f)
	}
}

func (f *folder) find(uid uint32) *stored {
	i, ok := slices.BinarySearchFunc(f.mails, uid, func(m *stored, uid uint32) int { return cmp.Compare(m.uid, uid) })
	if !ok {
		return nil
	}
	return f.mails[i]
}

func (f *folder) count(flag string) (n uint32) {
	for _, m := range f.mails {
		if m.has(flag) {
			n++
		}
	}
	return n
}

func (m *stored) has(flag string) bool {
	_, ok := m.flags[strings.ToLower(flag)]
	return ok
}

func (m *stored) flagList() []string {
	return slices.Sorted(maps.Values(m.flags))
}

func (m *stored) imapFlags() []imap.Flag {
	list := m.flagList()
	flags := make([]imap.Flag, len(list))
	for i, f := range list {
		flags[i] = imap.Flag(f)
	}
	return flags
}

// systemFlags are spelled as RFC 9051 §2.3.2 spells them, whatever a client writes.
var systemFlags = map[string]string{
	`\seen`: `\Seen`, `\answered`: `\Answered`, `\flagged`: `\Flagged`, `\deleted`: `\Deleted`, `\draft`: `\Draft`,
}

func flagSet(flags []string) map[string]string {
	set := make(map[string]string, len(flags))
	for _, f := range flags {
		key := strings.ToLower(f)
		if key == `\recent` { // the server's to set; this one has none
			continue
		}
		if system, ok := systemFlags[key]; ok {
			f = system
		}
		set[key] = f
	}
	return set
}

// load takes the lock.
func (a *account) load(m Mail) uint32 {
	a.mu.Lock()
	defer a.mu.Unlock()
	f := a.make(m.Folder)
	f.subscribed = true
	return a.add(f, m.Raw, m.Date, m.Flags).uid
}

// names takes the lock.
func (a *account) names() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Sorted(maps.Keys(a.folders))
}

// named takes the lock and calls do with a folder.
func (a *account) named(name string, do func(*folder)) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	f := a.get(name)
	if f == nil {
		return fmt.Errorf("%w folder %s", ErrUnknown, name)
	}
	do(f)
	return nil
}

func (a *account) mails(name string) (list []StoredMail, err error) {
	err = a.named(name, func(f *folder) {
		for _, m := range f.mails {
			list = append(list, StoredMail{UID: m.uid, Flags: m.flagList(), Date: m.date, Raw: m.raw})
		}
	})
	return list, err
}

func (a *account) setFlags(name string, uid uint32, flags []string) error {
	found := false
	err := a.named(name, func(f *folder) {
		if m := f.find(uid); m != nil {
			found = true
			m.flags = flagSet(flags)
			a.touch(f)
			m.revision = f.revision
		}
	})
	if err == nil && !found {
		return fmt.Errorf("%w UID %d in %s", ErrUnknown, uid, name)
	}
	return err
}

func (a *account) removeMails(name string, uids []uint32) error {
	return a.named(name, func(f *folder) {
		a.remove(f, func(m *stored) bool { return slices.Contains(uids, m.uid) })
	})
}

func (a *account) renumber(name string) error {
	return a.named(name, func(f *folder) {
		a.validity++
		f.validity, f.next = a.validity, 1
		for i, m := range f.mails {
			renamed := *m
			renamed.uid = f.next
			f.mails[i] = &renamed
			f.next++
		}
		a.touch(f)
		a.evict(f)
	})
}

// evict ends the connections that have a folder selected.
func (a *account) evict(f *folder) {
	for s := range a.sessions {
		if s.selected == f {
			s.conn.kill(CutClose)
		}
	}
}

// special is the folder with a special use, or nil.
func (a *account) special(use string) *folder {
	for _, name := range slices.Sorted(maps.Keys(a.folders)) {
		if slices.Contains(a.folders[name].attributes, use) {
			return a.folders[name]
		}
	}
	return nil
}
