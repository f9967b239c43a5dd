package mailcrmtest

import (
	"bytes"
	"io"
	"sort"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
)

var errReadOnly = no(imap.ResponseCode("READ-ONLY"), "The mailbox was opened with EXAMINE")

// chosen are the messages of a set that still exist, with the sequence numbers that the client has for them.
type chosen struct {
	number uint32
	mail   *stored
}

// choose resolves a set against what the client knows. The lock is held.
func (s *session) choose(set imap.NumSet) []chosen {
	if s.selected == nil || len(s.view) == 0 {
		return nil
	}
	if imap.IsSearchRes(set) { // "$" of RFC 5182
		set = s.saved
	}
	hit := make([]bool, len(s.view))
	switch set := set.(type) {
	case imap.SeqSet:
		for _, r := range set {
			from, to := ordered(r.Start, r.Stop, uint32(len(s.view)))
			for n := max(from, 1); n <= min(to, uint32(len(s.view))); n++ {
				hit[n-1] = true
			}
		}
	case imap.UIDSet:
		for _, r := range set {
			from, to := ordered(uint32(r.Start), uint32(r.Stop), s.view[len(s.view)-1].uid)
			i := sort.Search(len(s.view), func(i int) bool { return s.view[i].uid >= from })
			for ; i < len(s.view) && s.view[i].uid <= to; i++ {
				hit[i] = true
			}
		}
	}
	var list []chosen
	for i, yes := range hit {
		if !yes {
			continue
		}
		if m := s.selected.find(s.view[i].uid); m != nil {
			list = append(list, chosen{uint32(i) + 1, m})
		}
	}
	return list
}

// ordered replaces "*", which is 0 here, and puts the smaller number first (RFC 9051 §9, seq-range).
func ordered(from, to, last uint32) (uint32, uint32) {
	if from == 0 {
		from = last
	}
	if to == 0 {
		to = last
	}
	return min(from, to), max(from, to)
}

// AppendLimit is the largest APPEND (RFC 7889).
func (s *session) AppendLimit() uint32 { return uint32(s.server.options.MaxMessageBytes) }

// Append is APPEND.
func (s *session) Append(name string, r imap.LiteralReader, options *imap.AppendOptions) (data *imap.AppendData, err error) {
	var b bytes.Buffer
	if n, err := io.Copy(&b, r); err != nil || n != r.Size() {
		return nil, io.ErrUnexpectedEOF
	}
	date := options.Time
	if date.IsZero() {
		date = s.server.options.Now()
	}
	flags := make([]string, len(options.Flags))
	for i, f := range options.Flags {
		flags[i] = string(f)
	}
	err = s.run("APPEND", name, func() error {
		f := s.account.get(name)
		if f == nil {
			return no(imap.ResponseCodeTryCreate, "No such mailbox")
		}
		m := s.account.add(f, b.Bytes(), date, flags)
		data = &imap.AppendData{UIDValidity: f.validity, UID: imap.UID(m.uid)}
		return nil
	})
	return data, err
}

// Copy is COPY.
func (s *session) Copy(set imap.NumSet, to string) (data *imap.CopyData, err error) {
	err = s.run("COPY", "", func() error {
		data, _, err = s.copyTo(set, to)
		return err
	})
	return data, err
}

// Move is MOVE (RFC 6851). The EXPUNGE responses come from Poll.
func (s *session) Move(w *imapserver.MoveWriter, set imap.NumSet, to string) error {
	var data *imap.CopyData
	err := s.run("MOVE", "", func() error {
		if s.readOnly {
			return errReadOnly
		}
		copied, from, err := s.copyTo(set, to)
		if err != nil {
			return err
		}
		data = copied
		s.account.remove(s.selected, func(m *stored) bool { return from[m] })
		return nil
	})
	if err != nil || data == nil {
		return err
	}
	return w.WriteCopyData(data)
}

// copyTo answers nil data when nothing was there to copy, which is no error (RFC 9051 §6.4.7).
func (s *session) copyTo(set imap.NumSet, to string) (*imap.CopyData, map[*stored]bool, error) {
	target := s.account.get(to)
	if target == nil {
		return nil, nil, no(imap.ResponseCodeTryCreate, "No such mailbox")
	}
	from := map[*stored]bool{}
	data := &imap.CopyData{UIDValidity: target.validity}
	for _, c := range s.choose(set) {
		added := s.account.add(target, c.mail.raw, c.mail.date, c.mail.flagList())
		data.SourceUIDs.AddNum(imap.UID(c.mail.uid))
		data.DestUIDs.AddNum(imap.UID(added.uid))
		from[c.mail] = true
	}
	if len(from) == 0 {
		return nil, nil, nil
	}
	return data, from, nil
}

// Expunge is EXPUNGE, UID EXPUNGE (RFC 4315) and the first half of CLOSE. The responses come from Poll.
func (s *session) Expunge(_ *imapserver.ExpungeWriter, uids *imap.UIDSet) error {
	return s.run("EXPUNGE", "", func() error {
		if s.readOnly {
			return nil
		}
		named := map[*stored]bool{}
		if uids != nil {
			for _, c := range s.choose(*uids) {
				named[c.mail] = true
			}
		}
		s.account.remove(s.selected, func(m *stored) bool { return m.has(`\Deleted`) && (uids == nil || named[m]) })
		return nil
	})
}

// Store is STORE.
func (s *session) Store(w *imapserver.FetchWriter, set imap.NumSet, change *imap.StoreFlags, _ *imap.StoreOptions) error {
	var told []update
	err := s.run("STORE", "", func() error {
		if s.readOnly {
			return errReadOnly
		}
		flags := make([]string, len(change.Flags))
		for i, f := range change.Flags {
			flags[i] = string(f)
		}
		for _, c := range s.choose(set) {
			c.mail.flags = changed(c.mail.flags, change.Op, flagSet(flags))
			s.account.touch(s.selected)
			c.mail.revision = s.selected.revision
			s.view[c.number-1].revision = c.mail.revision // this client knows; everybody else hears of it
			if !change.Silent {
				told = append(told, update{number: c.number, uid: c.mail.uid, flags: c.mail.imapFlags()})
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, u := range told {
		m := w.CreateMessage(u.number)
		m.WriteUID(imap.UID(u.uid))
		m.WriteFlags(u.flags)
		if err := m.Close(); err != nil {
			return err
		}
	}
	return nil
}

// changed makes a new set, because others may be reading the old one.
func changed(flags map[string]string, op imap.StoreFlagsOp, by map[string]string) map[string]string {
	result := map[string]string{}
	if op != imap.StoreFlagsSet {
		for key, flag := range flags {
			result[key] = flag
		}
	}
	for key, flag := range by {
		if op == imap.StoreFlagsDel {
			delete(result, key)
		} else {
			result[key] = flag
		}
	}
	return result
}
