package mailcrmtest

import (
	"maps"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
)

const delimiter = "/"

// List is LIST and LSUB, with the options of RFC 5258, RFC 5819 and RFC 6154.
func (s *session) List(w *imapserver.ListWriter, ref string, patterns []string, options *imap.ListOptions) error {
	if len(patterns) == 0 { // asks for the delimiter (RFC 9051 §6.3.9)
		return w.WriteList(&imap.ListData{Attrs: []imap.MailboxAttr{imap.MailboxAttrNoSelect}, Delim: '/'})
	}
	var found []imap.ListData
	err := s.run("LIST", "", func() error {
		for _, name := range s.account.tree() {
			if !slices.ContainsFunc(patterns, func(p string) bool { return imapserver.MatchList(name, '/', ref, p) }) {
				continue
			}
			if data := s.account.listData(name, options); data != nil {
				found = append(found, *data)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i := range found {
		if err := w.WriteList(&found[i]); err != nil {
			return err
		}
	}
	return nil
}

// tree is every folder and every level above one, sorted.
func (a *account) tree() []string {
	names := map[string]bool{}
	for name := range a.folders {
		for i := range name {
			if i > 0 && name[i] == delimiter[0] {
				names[name[:i]] = true
			}
		}
		names[name] = true
	}
	return slices.Sorted(maps.Keys(names))
}

func (a *account) listData(name string, options *imap.ListOptions) *imap.ListData {
	data := &imap.ListData{Mailbox: name, Delim: '/'}
	f := a.folders[name]
	switch {
	case f == nil && (options.SelectSubscribed || options.SelectSpecialUse):
		return nil
	case f == nil:
		data.Attrs = append(data.Attrs, imap.MailboxAttrNoSelect, imap.MailboxAttrHasChildren)
		return data
	case options.SelectSubscribed && !f.subscribed, options.SelectSpecialUse && len(f.attributes) == 0:
		return nil
	}
	child := imap.MailboxAttrHasNoChildren
	for other := range a.folders {
		if strings.HasPrefix(other, name+delimiter) {
			child = imap.MailboxAttrHasChildren
		}
	}
	data.Attrs = append(data.Attrs, child)
	if f.subscribed && (options.ReturnSubscribed || options.SelectSubscribed) {
		data.Attrs = append(data.Attrs, imap.MailboxAttrSubscribed)
	}
	for _, use := range f.attributes { // stated in plain LIST too, as Dovecot does (RFC 6154 §2)
		data.Attrs = append(data.Attrs, imap.MailboxAttr(use))
	}
	if options.ReturnStatus != nil {
		data.Status = f.status(options.ReturnStatus)
	}
	return data
}

// Status is STATUS.
func (s *session) Status(name string, options *imap.StatusOptions) (data *imap.StatusData, err error) {
	err = s.run("STATUS", name, func() error {
		f := s.account.get(name)
		if f == nil {
			return errNoMailbox
		}
		data = f.status(options)
		return nil
	})
	return data, err
}

func (f *folder) status(options *imap.StatusOptions) *imap.StatusData {
	data := &imap.StatusData{Mailbox: f.name}
	if options.NumMessages {
		n := uint32(len(f.mails))
		data.NumMessages = &n
	}
	if options.UIDNext {
		data.UIDNext = imap.UID(f.next)
	}
	if options.UIDValidity {
		data.UIDValidity = f.validity
	}
	if options.NumUnseen {
		n := uint32(len(f.mails)) - f.count(`\Seen`)
		data.NumUnseen = &n
	}
	if options.NumDeleted {
		n := f.count(`\Deleted`)
		data.NumDeleted = &n
	}
	if options.NumRecent {
		data.NumRecent = new(uint32)
	}
	var size, deleted int64
	for _, m := range f.mails {
		size += int64(len(m.raw))
		if m.has(`\Deleted`) {
			deleted += int64(len(m.raw))
		}
	}
	if options.Size {
		data.Size = &size
	}
	if options.DeletedStorage {
		data.DeletedStorage = &deleted
	}
	return data
}

// Namespace is NAMESPACE (RFC 2342).
func (s *session) Namespace() (*imap.NamespaceData, error) {
	return &imap.NamespaceData{Personal: []imap.NamespaceDescriptor{{Delim: '/'}}}, nil
}

// Create is CREATE, with USE of RFC 6154.
func (s *session) Create(name string, options *imap.CreateOptions) error {
	name = strings.TrimRight(name, delimiter)
	return s.run("CREATE", name, func() error {
		switch {
		case name == "" || strings.Contains(name, delimiter+delimiter) || len(name) > 1000:
			return no(imap.ResponseCodeCannot, "Not a name for a mailbox")
		case s.account.get(name) != nil:
			return no(imap.ResponseCodeAlreadyExists, "Mailbox already exists")
		case len(s.account.folders) >= 10_000:
			return no(imap.ResponseCodeLimit, "Too many mailboxes")
		}
		for _, use := range options.SpecialUse {
			if s.account.special(string(use)) != nil {
				return no(imap.ResponseCode("USEATTR"), "Another mailbox has %s", use)
			}
		}
		f := s.account.make(name)
		for _, use := range options.SpecialUse {
			f.attributes = append(f.attributes, string(use))
		}
		return nil
	})
}

// Delete is DELETE. A session that has the mailbox selected sees it emptied.
func (s *session) Delete(name string) error {
	return s.run("DELETE", name, func() error {
		f := s.account.get(name)
		switch {
		case f == nil:
			return errNoMailbox
		case f.name == inbox:
			return no(imap.ResponseCodeCannot, "INBOX cannot be deleted")
		}
		delete(s.account.folders, f.name)
		s.account.remove(f, func(*stored) bool { return true })
		return nil
	})
}

// Rename is RENAME; what lies below the mailbox moves with it (RFC 9051 §6.3.6).
func (s *session) Rename(from, to string, _ *imap.RenameOptions) error {
	to = strings.TrimRight(to, delimiter)
	return s.run("RENAME", from, func() error {
		a := s.account
		switch {
		case sameFolder(from, inbox):
			return no(imap.ResponseCodeCannot, "INBOX cannot be renamed")
		case !slices.Contains(a.tree(), from):
			return errNoMailbox
		case to == "" || slices.Contains(a.tree(), to):
			return no(imap.ResponseCodeAlreadyExists, "Mailbox already exists")
		case strings.HasPrefix(to, from+delimiter):
			return no(imap.ResponseCodeCannot, "A mailbox cannot move into itself")
		}
		for _, name := range slices.Sorted(maps.Keys(a.folders)) {
			if name != from && !strings.HasPrefix(name, from+delimiter) {
				continue
			}
			f := a.folders[name]
			delete(a.folders, name)
			f.name = to + strings.TrimPrefix(name, from)
			a.folders[f.name] = f
		}
		return nil
	})
}

// Subscribe is SUBSCRIBE.
func (s *session) Subscribe(name string) error { return s.subscribe("SUBSCRIBE", name, true) }

// Unsubscribe is UNSUBSCRIBE.
func (s *session) Unsubscribe(name string) error { return s.subscribe("UNSUBSCRIBE", name, false) }

func (s *session) subscribe(command, name string, on bool) error {
	return s.run(command, name, func() error {
		f := s.account.get(name)
		if f == nil {
			return errNoMailbox
		}
		f.subscribed = on
		return nil
	})
}
