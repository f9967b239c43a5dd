package testservers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Message is one mail in a folder, as it lies on the server's disk.
type Message struct {
	// Raw is the mail as IMAP gives it out: bare LF became CRLF.
	Raw []byte
	// Flags as IMAP names them; of those only \Seen, \Answered, \Flagged,
	// \Deleted and \Draft can be written.
	Flags []string
	// Date is the internal date, in whole seconds. The zero value means now
	// when a mail is written.
	Date time.Time
	// UID that Dovecot gave it; 0 as long as Dovecot has not looked into the
	// folder. Ignored when a mail is written.
	UID uint32
}

// maildirFlags are the letters that Maildir file names end in.
var maildirFlags = []struct {
	letter byte
	flag   string
}{{'D', `\Draft`}, {'F', `\Flagged`}, {'R', `\Answered`}, {'S', `\Seen`}, {'T', `\Deleted`}}

// Maildir is the path of a user's folder, named as IMAP names it, with the
// prefix. It need not exist yet: Dovecot makes it at the first login.
func (s *MailServer) Maildir(user, folder string) string {
	home := filepath.Join(s.folder, "mail", s.User(user).Address, "Maildir")
	if strings.EqualFold(folder, "INBOX") {
		return home
	}
	folder = strings.TrimPrefix(folder, s.opts.Prefix)
	return filepath.Join(home, "."+strings.ReplaceAll(folder, s.opts.Separator, "."))
}

// Append writes mails into a folder past the server, thousands a second. The
// server sees them at once and gives them UIDs in this order. A folder that
// does not exist is made.
func (s *MailServer) Append(user, folder string, messages ...Message) error {
	dir := s.Maildir(user, folder)
	if err := s.makeFolder(dir); err != nil {
		return fmt.Errorf("appending to %s of %s: %w", folder, user, err)
	}
	for i, m := range messages {
		if err := s.appendOne(dir, m); err != nil {
			return fmt.Errorf("appending mail %d of %d to %s of %s: %w", i+1, len(messages), folder, user, err)
		}
	}
	return nil
}

// appendOne writes to tmp and renames into cur, so that a session never sees
// half a mail. S and W in the name spare Dovecot a look at the bytes.
func (s *MailServer) appendOne(dir string, m Message) error {
	var letters []byte
	for _, f := range maildirFlags {
		if slices.Contains(m.Flags, f.flag) {
			letters = append(letters, f.letter)
		}
	}
	if len(letters) != len(m.Flags) {
		return fmt.Errorf("flags %v: only system flags, each once", m.Flags)
	}
	bare := bytes.Count(m.Raw, []byte("\n")) - bytes.Count(m.Raw, []byte("\r\n"))
	name := fmt.Sprintf("%s.localhost,S=%d,W=%d", s.stamps.next(), len(m.Raw), len(m.Raw)+bare)
	temporary := filepath.Join(dir, "tmp", name)
	if err := os.WriteFile(temporary, m.Raw, 0o600); err != nil {
		return err
	}
	date := m.Date
	if date.IsZero() {
		date = time.Now()
	}
	if err := os.Chtimes(temporary, date, date); err != nil {
		return err
	}
	if err := os.Chown(temporary, s.owner.uid, s.owner.gid); err != nil {
		return err
	}
	return os.Rename(temporary, filepath.Join(dir, "cur", name+":2,"+string(letters)))
}

// makeFolder makes a Maildir and its parents, owned by the mailboxes' user.
func (s *MailServer) makeFolder(dir string) error {
	made := []string{filepath.Join(dir, "cur"), filepath.Join(dir, "new"), filepath.Join(dir, "tmp")}
	for _, sub := range made {
		if err := os.MkdirAll(sub, 0o700); err != nil {
			return err
		}
	}
	for root := filepath.Join(s.folder, "mail"); dir != root; dir = filepath.Dir(dir) {
		made = append(made, dir)
	}
	for _, path := range made {
		if err := os.Chown(path, s.owner.uid, s.owner.gid); err != nil {
			return err
		}
	}
	return nil
}

// Messages reads all mails of a folder in the order of their UIDs, those
// without one last. A folder that does not exist is empty.
func (s *MailServer) Messages(user, folder string) ([]Message, error) {
	dir := s.Maildir(user, folder)
	uids, err := readUIDs(filepath.Join(dir, "dovecot-uidlist"))
	if err != nil {
		return nil, fmt.Errorf("reading %s of %s: %w", folder, user, err)
	}
	var messages []Message
	for _, sub := range []string{"cur", "new"} {
		entries, err := os.ReadDir(filepath.Join(dir, sub))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("reading %s of %s: %w", folder, user, err)
		}
		for _, entry := range entries {
			m, err := readMessage(filepath.Join(dir, sub, entry.Name()))
			if errors.Is(err, os.ErrNotExist) {
				continue // moved by the server between the two calls
			}
			if err != nil {
				return nil, fmt.Errorf("reading %s of %s: %w", folder, user, err)
			}
			base, _, _ := strings.Cut(entry.Name(), ":")
			m.UID = uids[base]
			messages = append(messages, m)
		}
	}
	slices.SortStableFunc(messages, func(a, b Message) int {
		return int(int64(a.UID-1) - int64(b.UID-1)) // 0 wraps around to the end
	})
	return messages, nil
}

// Await polls a folder until it holds at least n mails and returns them, or
// the context's error.
func (s *MailServer) Await(ctx context.Context, user, folder string, n int) ([]Message, error) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		messages, err := s.Messages(user, folder)
		if err != nil || len(messages) >= n {
			return messages, err
		}
		select {
		case <-ctx.Done():
			return messages, fmt.Errorf("waiting for %d mails in %s of %s, have %d: %w", n, folder, user, len(messages), ctx.Err())
		case <-tick.C:
		}
	}
}

func readMessage(path string) (Message, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return Message{}, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return Message{}, err
	}
	m := Message{Raw: crlf(raw), Date: info.ModTime().Truncate(time.Second)}
	_, letters, _ := strings.Cut(filepath.Base(path), ":2,")
	for _, f := range maildirFlags {
		if strings.IndexByte(letters, f.letter) >= 0 {
			m.Flags = append(m.Flags, f.flag)
		}
	}
	return m, nil
}

// readUIDs reads Dovecot's list of file names and UIDs: a header line, then
// "UID extensions… :name" for each mail, where name may carry flags.
func readUIDs(path string) (map[string]uint32, error) {
	uids := map[string]uint32{}
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return uids, nil
	}
	if err != nil {
		return nil, err
	}
	for i, line := range strings.Split(string(text), "\n") {
		left, name, ok := strings.Cut(line, " :")
		if i == 0 || !ok {
			continue
		}
		number, _, _ := strings.Cut(left, " ")
		uid, err := strconv.ParseUint(number, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("line %d of %s: %w", i+1, path, err)
		}
		name, _, _ = strings.Cut(name, ":")
		uids[name] = uint32(uid)
	}
	return uids, nil
}

// crlf turns each bare LF into CRLF, as Dovecot does when it sends a mail.
func crlf(raw []byte) []byte {
	out := make([]byte, 0, len(raw)+bytes.Count(raw, []byte("\n")))
	for i, b := range raw {
		if b == '\n' && (i == 0 || raw[i-1] != '\r') {
			out = append(out, '\r')
		}
		out = append(out, b)
	}
	return out
}

// stamps makes Maildir names that sort in the order of their making. Dovecot
// compares the seconds, then the microseconds.
type stamps struct {
	mu   sync.Mutex
	last time.Time
}

func (s *stamps) next() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now().Truncate(time.Microsecond)
	if !now.After(s.last) {
		now = s.last.Add(time.Microsecond)
	}
	s.last = now
	return fmt.Sprintf("%d.M%06dP%d", now.Unix(), now.Nanosecond()/1000, os.Getpid())
}
