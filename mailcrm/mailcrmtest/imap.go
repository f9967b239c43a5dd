package mailcrmtest

import (
	"crypto/subtle"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
)

func (s *Server) newIMAP(startTLS *tls.Config, insecure bool) *imapserver.Server {
	caps := imap.CapSet{}
	offered := []imap.Cap{
		imap.CapIMAP4rev1, imap.CapNamespace, imap.CapUIDPlus, imap.CapMove, imap.CapLiteralPlus, imap.CapChildren,
	}
	if !s.options.Exchange {
		offered = append(offered, imap.CapESearch, imap.CapSearchRes, imap.CapListExtended, imap.CapListStatus,
			imap.CapSpecialUse, imap.CapCreateSpecialUse, imap.CapStatusSize)
	}
	for _, c := range offered {
		caps[c] = struct{}{}
	}
	return imapserver.New(&imapserver.Options{
		Caps:         caps,
		Logger:       quiet{s.options.Logger},
		TLSConfig:    startTLS,
		InsecureAuth: insecure,
		NewSession: func(c *imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			ours, ok := c.NetConn().(*conn)
			if !ok {
				return nil, nil, errors.New("a connection that did not come through our listener")
			}
			return &session{server: s, protocol: c, conn: ours}, nil, nil
		},
	})
}

// quiet gives imapserver's log to ours, without what it says: that may quote a client's line.
type quiet struct{ log *slog.Logger }

// Printf is imapserver's Logger.
func (q quiet) Printf(format string, _ ...any) { q.log.Debug("imap", "event", format) }

// session is one IMAP connection (imapserver.Session). imapserver calls its methods from one goroutine, except Idle,
// which runs beside the reader and may still run when Close is called.
type session struct {
	server   *Server
	protocol *imapserver.Conn
	conn     *conn
	account  *account // nil before login

	// guarded by the account's lock
	selected *folder
	readOnly bool
	view     []seen // what the client knows, by sequence number
	known    uint64 // the folder's revision that view shows
	saved    imap.UIDSet

	idleMu sync.Mutex
	idle   chan struct{} // closed when Idle has returned; nil before the first one
	closed bool
}

// seen is a message as the client knows it.
type seen struct {
	uid      uint32
	revision uint64 // of the flags that it was told
}

var _ imapserver.SessionIMAP4rev2 = (*session)(nil)

func no(code imap.ResponseCode, format string, args ...any) *imap.Error {
	return &imap.Error{Type: imap.StatusResponseTypeNo, Code: code, Text: fmt.Sprintf(format, args...)}
}

var errNoMailbox = no(imap.ResponseCodeNonExistent, "No such mailbox")

// run is every command: first the faults, then the effect under the account's lock.
func (s *session) run(command, mailbox string, effect func() error) error {
	locked := func() error {
		s.account.mu.Lock()
		defer s.account.mu.Unlock()
		return effect()
	}
	if mailbox == "" {
		s.account.mu.Lock()
		if s.selected != nil {
			mailbox = s.selected.name
		}
		s.account.mu.Unlock()
	}
	fault := s.server.faults.forIMAP(command, s.account.user.Address, mailbox)
	if fault == nil {
		return locked()
	}
	if fault.Done {
		if err := locked(); err != nil {
			return err
		}
	}
	pause(s.conn, fault.Delay, fault.Hold)
	if fault.Pass {
		if fault.Done {
			return nil
		}
		return locked()
	}
	return s.fail(fault)
}

func (s *session) fail(fault *IMAPFault) error {
	text := fault.Text
	if text == "" {
		text = "Refused by the test"
	}
	switch {
	case fault.Cut == CutHang:
		wire := s.protocol.NetConn()
		_ = wire.SetReadDeadline(time.Time{}) // the server's own patience must not end it
		_, _ = io.Copy(io.Discard, wire)
		s.conn.kill(CutClose)
		return io.EOF
	case fault.Cut != CutNone:
		s.conn.kill(fault.Cut)
		return io.EOF
	case fault.Bye:
		if fault.Code != "" {
			text = "[" + fault.Code + "] " + text
		}
		return errors.Join(io.EOF, s.protocol.Bye(text))
	}
	return no(imap.ResponseCode(fault.Code), "%s", text)
}

// Close ends the session; it is the last but one thing that the connection's goroutine does.
func (s *session) Close() error {
	s.conn.goneOnce.Do(func() { close(s.conn.gone) })
	s.idleMu.Lock()
	s.closed = true
	idle := s.idle
	s.idleMu.Unlock()
	if idle != nil {
		<-idle
	}
	if s.account != nil {
		s.account.mu.Lock()
		delete(s.account.sessions, s)
		s.unselect()
		s.account.mu.Unlock()
	}
	s.conn.release()
	return nil
}

// Login is LOGIN and AUTHENTICATE PLAIN.
func (s *session) Login(name, password string) error {
	if fault := s.server.faults.forIMAP("LOGIN", name, ""); fault != nil {
		pause(s.conn, fault.Delay, fault.Hold)
		if !fault.Pass {
			s.server.logLogin("imap", name, false)
			return s.fail(fault)
		}
	}
	a := s.server.authenticate(name, password)
	s.server.logLogin("imap", name, a != nil)
	if a == nil {
		return imapserver.ErrAuthFailed
	}
	s.enter(a)
	return nil
}

func (s *session) enter(a *account) {
	s.account = a
	a.mu.Lock()
	a.sessions[s] = struct{}{}
	a.mu.Unlock()
}

func (s *Server) authenticate(name, password string) *account {
	a := s.login(name)
	if a == nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if subtle.ConstantTimeCompare([]byte(a.user.Password), []byte(password)) != 1 {
		return nil
	}
	return a
}

// Select is SELECT and EXAMINE.
func (s *session) Select(name string, options *imap.SelectOptions) (data *imap.SelectData, err error) {
	err = s.run("SELECT", name, func() error {
		f := s.account.get(name)
		if f == nil {
			return errNoMailbox
		}
		s.selected, s.readOnly = f, options.ReadOnly
		s.view = make([]seen, len(f.mails))
		for i, m := range f.mails {
			s.view[i] = seen{m.uid, m.revision}
		}
		s.known = f.revision
		data = &imap.SelectData{
			Flags:       shownFlags(f),
			NumMessages: uint32(len(f.mails)),
			UIDNext:     imap.UID(f.next),
			UIDValidity: f.validity,
		}
		if !options.ReadOnly {
			data.PermanentFlags = append(shownFlags(f), imap.FlagWildcard)
		}
		for i, m := range f.mails {
			if !m.has(`\Seen`) {
				data.FirstUnseenSeqNum = uint32(i) + 1
				break
			}
		}
		return nil
	})
	return data, err
}

// shownFlags are the system flags and the keywords in use.
func shownFlags(f *folder) []imap.Flag {
	flags := []imap.Flag{imap.FlagAnswered, imap.FlagFlagged, imap.FlagDeleted, imap.FlagSeen, imap.FlagDraft}
	keywords := map[string]string{}
	for _, m := range f.mails {
		for key, flag := range m.flags {
			if !strings.HasPrefix(key, `\`) {
				keywords[key] = flag
			}
		}
	}
	return append(flags, (&stored{flags: keywords}).imapFlags()...)
}

// Unselect is UNSELECT, and the end of CLOSE.
func (s *session) Unselect() error {
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	s.unselect()
	return nil
}

func (s *session) unselect() {
	s.selected, s.view, s.saved, s.readOnly = nil, nil, nil, false
}

// Poll tells the client what changed since it was told last.
func (s *session) Poll(w *imapserver.UpdateWriter, allowExpunge bool) error {
	if s.account == nil {
		return nil
	}
	s.account.mu.Lock()
	news := s.news(allowExpunge)
	s.account.mu.Unlock()
	for _, n := range news {
		var err error
		switch {
		case n.expunged != 0:
			err = w.WriteExpunge(n.expunged)
		case n.exists != 0:
			err = w.WriteNumMessages(n.exists)
		default:
			err = w.WriteMessageFlags(n.number, imap.UID(n.uid), n.flags)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// update is one untagged response.
type update struct {
	expunged uint32 // sequence number
	exists   uint32
	number   uint32 // of a message with new flags
	uid      uint32
	flags    []imap.Flag
}

// news compares what the client knows with the folder, and takes the client to know it then.
func (s *session) news(allowExpunge bool) (list []update) {
	f := s.selected
	if f == nil || s.known == f.revision {
		return nil
	}
	missing := false
	for i := len(s.view) - 1; i >= 0; i-- {
		m := f.find(s.view[i].uid)
		switch {
		case m == nil && allowExpunge:
			s.view = append(s.view[:i], s.view[i+1:]...)
			list = append(list, update{expunged: uint32(i) + 1})
		case m == nil:
			missing = true
		}
	}
	for i := range s.view {
		if m := f.find(s.view[i].uid); m != nil && m.revision != s.view[i].revision {
			s.view[i].revision = m.revision
			list = append(list, update{number: uint32(i) + 1, uid: m.uid, flags: m.imapFlags()})
		}
	}
	last := uint32(0)
	if len(s.view) > 0 {
		last = s.view[len(s.view)-1].uid
	}
	fresh := 0
	for i := len(f.mails) - 1; i >= 0 && f.mails[i].uid > last; i-- {
		fresh++
	}
	for _, m := range f.mails[len(f.mails)-fresh:] {
		s.view = append(s.view, seen{m.uid, m.revision})
	}
	if fresh > 0 {
		list = append(list, update{exists: uint32(len(s.view))})
	}
	if !missing {
		s.known = f.revision
	}
	return list
}

// Idle is IDLE (RFC 2177).
func (s *session) Idle(w *imapserver.UpdateWriter, stop <-chan struct{}) error {
	s.idleMu.Lock()
	if s.closed { // the client went away before this goroutine began
		s.idleMu.Unlock()
		return nil
	}
	idle := make(chan struct{})
	s.idle = idle
	s.idleMu.Unlock()
	defer close(idle)
	for {
		s.account.mu.Lock()
		changed := s.account.changed
		s.account.mu.Unlock()
		if err := s.Poll(w, true); err != nil {
			return err
		}
		select {
		case <-changed:
		case <-stop:
			return nil
		case <-s.conn.gone:
			return nil
		}
	}
}
