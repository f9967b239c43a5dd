package store

import (
	"bytes"
	"crypto/sha256"
	"maps"
	"slices"
	"strings"

	"github.com/mailcrm/sdk/mailcrm/internal/store/internal/engine"
)

// The logo in a signature often comes as an attachment with a name like any other. One mail does not tell it from a photograph; the third of the same company does, and so does the
// second of one conversation. When the first copy of a mail is read that has more than a header, its small pictures are looked for among those that came before from the same domain;
// then they are counted. A copy that comes later says nothing new, so a mail counts once however many folders it lies in. Mail sent from here is not asked: what an agent attached is
// attached. Mail that was recorded before a picture was known keeps it.
//
// A row is some 100 bytes, and there is at most one for each picture that came: rows that nobody asks for any more are left where they are.

// Limits of what may be a logo.
const (
	MaxLogo  = 20 << 10 // octets, decoded
	MaxLogos = 20       // of one mail: further pictures stay attachments

	logoMails = 2 // earlier mails of a domain, after which a picture is its logo
)

const (
	logosOf   engine.SQL = `SELECT picture, mails, thread FROM @logos WHERE tenant = ? AND picture IN {list}`
	countLogo engine.SQL = `INSERT INTO @logos (tenant, picture, mails, thread) VALUES {rows} ON CONFLICT (tenant, picture) DO UPDATE SET mails = logos.mails + excluded.mails, thread = excluded.thread`
)

// A Picture is one of at most MaxLogo octets among the attachments of a mail.
type Picture struct {
	Path   string            // mimemail.Part.Path
	Digest [sha256.Size]byte // SHA-256 of its decoded octets
}

// A logoKey is a picture of a domain.
type logoKey [sha256.Size]byte

// logos are the pictures that the mails of a batch have.
type logos struct {
	b     *batch
	known map[logoKey]*logoRow
}

type logoRow struct {
	mails  int64
	thread string
	more   int64 // mails of this batch
}

// pictures are the mail's pictures by what they are kept under; none where nobody sent it.
func (a *arriving) pictures() map[logoKey][]string {
	domain := ""
	for _, p := range a.in.Participants {
		if p.Header == "from" {
			domain = p.Address[strings.LastIndexByte(p.Address, '@')+1:]
			break
		}
	}
	if domain == "" {
		return nil
	}
	paths := make(map[logoKey][]string, len(a.in.Pictures))
	for _, p := range a.in.Pictures[:min(len(a.in.Pictures), MaxLogos)] {
		key := logoKey(sha256.Sum256(append([]byte(domain+"\x00"), p.Digest[:]...)))
		paths[key] = append(paths[key], p.Path)
	}
	return paths
}

func (l *logos) look(b *batch) error {
	l.b, l.known = b, make(map[logoKey]*logoRow)
	var keys []any
	for _, a := range b.mails {
		for key := range a.pictures() {
			if l.known[key] == nil {
				l.known[key] = &logoRow{}
				keys = append(keys, slices.Clone(key[:]))
			}
		}
	}
	return engine.Chunks(keys, engine.MaxIn, func(keys []any) error {
		return engine.Each(b.tx.ctx, b.tx.c, logosOf, func(s engine.Scanner) error {
			var key []byte
			var row logoRow
			if err := s.Scan(&key, &row.mails, &row.thread); err != nil {
				return err
			}
			l.known[logoKey(key)] = &row
			return nil
		}, b.tenant, engine.In(keys))
	})
}

// judge decides which pictures of a mail are logos, and counts them. It runs when the mail's conversation is known. A conversation that became part of another one since the picture came
// is not known again.
func (l *logos) judge(a *arriving) error {
	if !a.first || len(a.in.Pictures) == 0 || a.out.Submission != "" {
		return nil
	}
	var found []string
	for key, paths := range a.pictures() {
		row := l.known[key]
		if row.mails+row.more >= logoMails || row.thread != "" && l.b.threads.root(row.thread) == a.row.thread {
			found = append(found, paths...)
		}
		row.more++
		row.thread = a.row.thread
	}
	if len(found) == 0 {
		return nil
	}
	slices.Sort(found)
	var facts Facts
	if err := fromJSON(a.row.facts, &facts); err != nil {
		return err
	}
	facts.Logos = found
	a.row.facts = facts.text()
	if !a.row.fresh {
		l.b.told = append(l.b.told, a.row)
	}
	return nil
}

// attached says whether the mail has an attachment beside its message's logos.
func (a *arriving) attached() bool {
	m := &a.in.Message
	if !m.HasAttachments || a.in.Others || len(a.in.Pictures) == 0 {
		return m.HasAttachments
	}
	var facts Facts
	if fromJSON(a.row.facts, &facts) != nil {
		return true // they were read a moment ago
	}
	return slices.ContainsFunc(a.in.Pictures, func(p Picture) bool { return !slices.Contains(facts.Logos, p.Path) })
}

// write counts the pictures, in one order, so that two accounts that get the same ones wait for each other rather than forever.
func (l *logos) write() error {
	var values []any
	for _, key := range slices.SortedFunc(maps.Keys(l.known), func(x, y logoKey) int { return bytes.Compare(x[:], y[:]) }) {
		if row := l.known[key]; row.more > 0 {
			values = append(values, l.b.tenant, slices.Clone(key[:]), row.more, row.thread)
		}
	}
	return l.b.tx.insert(countLogo, 4, values)
}
