package mailcrmtest

import (
	"net/mail"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
)

// Search is SEARCH, with the results of ESEARCH (RFC 4731) and SEARCHRES (RFC 5182).
func (s *session) Search(kind imapserver.NumKind, criteria *imap.SearchCriteria, options *imap.SearchOptions) (*imap.SearchData, error) {
	data := &imap.SearchData{All: imap.SeqSet(nil)}
	if kind == imapserver.NumKindUID {
		data.All = imap.UIDSet(nil)
	}
	err := s.run("SEARCH", "", func() error {
		var (
			numbers imap.SeqSet
			uids    imap.UIDSet
		)
		m := matcher{session: s, sets: map[string]map[uint32]bool{}}
		for _, c := range s.choose(imap.SeqSet{{Start: 1, Stop: 0}}) {
			if !m.match(c, criteria) {
				continue
			}
			numbers.AddNum(c.number)
			uids.AddNum(imap.UID(c.mail.uid))
			n := c.number
			if kind == imapserver.NumKindUID {
				n = c.mail.uid
			}
			if data.Min == 0 {
				data.Min = n
			}
			data.Max = n
			data.Count++
		}
		if kind == imapserver.NumKindUID {
			data.All = uids
		} else {
			data.All = numbers
		}
		if options.ReturnSave {
			s.saved = uids
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return data, nil
}

// matcher decides about one message after the other; the sets of a search are resolved once.
type matcher struct {
	session *session
	sets    map[string]map[uint32]bool // by the set as written: the UIDs in it
}

func (m *matcher) in(set imap.NumSet, kind string, uid uint32) bool {
	key := kind + set.String()
	uids, ok := m.sets[key]
	if !ok {
		uids = map[uint32]bool{}
		for _, c := range m.session.choose(set) {
			uids[c.mail.uid] = true
		}
		m.sets[key] = uids
	}
	return uids[uid]
}

func (m *matcher) match(c chosen, want *imap.SearchCriteria) bool {
	for _, set := range want.SeqNum {
		if !m.in(set, "n", c.mail.uid) {
			return false
		}
	}
	for _, set := range want.UID {
		if !m.in(set, "u", c.mail.uid) {
			return false
		}
	}
	for _, f := range want.Flag {
		if !c.mail.has(string(f)) {
			return false
		}
	}
	for _, f := range want.NotFlag {
		if c.mail.has(string(f)) {
			return false
		}
	}
	if size := int64(len(c.mail.raw)); want.Larger != 0 && size <= want.Larger || want.Smaller != 0 && size >= want.Smaller {
		return false
	}
	if !within(c.mail.date, want.Since, want.Before) || !matchText(c.mail.raw, want) {
		return false
	}
	for i := range want.Not {
		if m.match(c, &want.Not[i]) {
			return false
		}
	}
	for i := range want.Or {
		if !m.match(c, &want.Or[i][0]) && !m.match(c, &want.Or[i][1]) {
			return false
		}
	}
	return true
}

// matchText is what needs to read the message.
func matchText(raw []byte, want *imap.SearchCriteria) bool {
	header, _ := splitHeader(raw)
	for _, h := range want.Header {
		if !fieldContains(header, h.Key, h.Value) {
			return false
		}
	}
	if !want.SentSince.IsZero() || !want.SentBefore.IsZero() {
		v, _ := headerValue(header, "Date")
		if date, err := mail.ParseDate(v); err != nil || !within(date, want.SentSince, want.SentBefore) {
			return false
		}
	}
	for _, words := range want.Body {
		if !bodyContains(raw, words) {
			return false
		}
	}
	for _, words := range want.Text {
		if !fieldContains(header, "", words) && !bodyContains(raw, words) {
			return false
		}
	}
	return true
}

// within compares days only, whatever the zone (RFC 9051 §6.4.4).
func within(t, since, before time.Time) bool {
	day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	return (since.IsZero() || !day.Before(since)) && (before.IsZero() || day.Before(before))
}

// fieldContains looks in the fields of a name, or in all when it is empty, without regard to case. An empty value asks
// whether there is such a field.
func fieldContains(header []byte, name, value string) (found bool) {
	headerFields(header, func(field string, whole []byte) bool {
		if name == "" || strings.EqualFold(field, name) {
			v := unfold(whole)
			found = contains(decodeWords(v), value) || contains(v, value)
		}
		return !found
	})
	return found
}

func bodyContains(raw []byte, words string) (found bool) {
	parseParts(raw).walk(func(p *part) bool {
		if strings.HasPrefix(p.kind, "text/") {
			found = contains(p.text(), words)
		}
		return !found
	})
	return found
}

func contains(text, words string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(words))
}
