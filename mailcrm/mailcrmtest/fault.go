package mailcrmtest

import (
	"strings"
	"sync"
	"time"
)

// A Cut is how a connection ends before its time.
type Cut int

const (
	// CutNone does not end it.
	CutNone Cut = iota
	// CutClose closes it (FIN) without a farewell.
	CutClose
	// CutReset resets it (RST).
	CutReset
	// CutHang keeps it open and says nothing more, until the client leaves or the server is closed.
	CutHang
)

// An IMAPFault makes IMAP commands fail. What is set happens in this order: the effect (Done), the wait, the cut or the
// answer. With nothing set but a command the answer is a plain NO.
type IMAPFault struct {
	Command string // "LOGIN" (AUTHENTICATE too), "SELECT" (EXAMINE too), "FETCH", "APPEND" …, with or without UID; "" is every command
	User    string // only for this user; "" is everybody
	Mailbox string // only for this mailbox, named or selected; "" is every one
	Skip    int    // let so many matching commands pass first
	Times   int    // stop after so many; 0 is until [Server.Heal]

	Done  bool            // the command takes effect all the same: an APPEND whose answer is lost
	Delay time.Duration   // wait so long first
	Hold  <-chan struct{} // wait until it is closed first
	Pass  bool            // after the wait, answer as usual
	Cut   Cut             // end the connection instead of answering
	Bye   bool            // answer BYE and close
	Code  string          // response code without brackets: "OVERQUOTA", "UNAVAILABLE"
	Text  string          // text for people; defaults to "Refused by the test"
}

// An IMAPCut ends a whole IMAP connection in the middle of the server's words.
type IMAPCut struct {
	After int64 // bytes sent by the server before; inside TLS on [Server.IMAPS], as on the wire on [Server.IMAP]
	How   Cut
	Times int // so many connections, counted from the next one; 0 is until [Server.Heal]
}

// A Phase is where an SMTP submission can break (RFC 5321 §3).
type Phase int

// The phases, in the order in which a submission goes through them.
const (
	PhaseConnect  Phase = iota // before the greeting
	PhaseHello                 // the answer to EHLO or HELO
	PhaseStartTLS              // the answer to STARTTLS (RFC 3207)
	PhaseAuth                  // the final answer to AUTH (RFC 4954)
	PhaseMail                  // the answer to MAIL FROM
	PhaseRcpt                  // the answer to one RCPT TO
	PhaseData                  // the answer to DATA, usually 354
	PhaseDot                   // the answer to the final dot
	PhaseQuit                  // the answer to QUIT
)

// An SMTPFault makes a phase of submissions fail. What is set happens in this order: the effect (Done), the wait, the
// cut or the answer. With Code, Cut and both waits unset it does nothing.
type SMTPFault struct {
	Phase Phase
	Match string // only when it occurs in the address (MAIL, RCPT), the login (AUTH) or the message (Dot); "" is always
	Skip  int    // let so many matching phases pass first
	Times int    // stop after so many; 0 is until [Server.Heal]

	Done     bool            // PhaseDot: the mail is accepted and delivered although the answer says otherwise or is lost
	Delay    time.Duration   // wait so long before the answer
	Hold     <-chan struct{} // wait until it is closed before the answer
	Cut      Cut             // end the connection instead of answering
	Code     int             // answer this reply code; 0 is the usual answer
	Enhanced string          // enhanced status code: "5.1.1"; "" sends none
	Text     string          // text for people; defaults to "Refused by the test"
}

// faults are those that wait to happen.
type faults struct {
	mu   sync.Mutex
	imap []*IMAPFault
	cuts []*IMAPCut
	smtp []*SMTPFault
}

// FailIMAP adds faults. Of several that match one command, the one added first happens.
func (s *Server) FailIMAP(add ...IMAPFault) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	for _, f := range add {
		s.faults.imap = append(s.faults.imap, &f)
	}
}

// CutIMAP ends IMAP connections that begin after the call.
func (s *Server) CutIMAP(cut IMAPCut) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.cuts = append(s.faults.cuts, &cut)
}

// FailSMTP adds faults. Of several that match one phase, the one added first happens.
func (s *Server) FailSMTP(add ...SMTPFault) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	for _, f := range add {
		s.faults.smtp = append(s.faults.smtp, &f)
	}
}

// Heal takes back every fault that has not happened. Connections that are cut or held stay so.
func (s *Server) Heal() {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.imap, s.faults.cuts, s.faults.smtp = nil, nil, nil
}

// due counts a match and says whether the fault happens now and whether it is used up.
func due(skip, times *int) (now, spent bool) {
	if *skip > 0 {
		*skip--
		return false, false
	}
	if *times == 0 {
		return true, false
	}
	*times--
	return true, *times == 0
}

func (f *faults) forIMAP(command, user, mailbox string) *IMAPFault {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, fault := range f.imap {
		if fault.Command != "" && !strings.EqualFold(strings.TrimPrefix(strings.ToUpper(fault.Command), "UID "), command) ||
			fault.User != "" && !strings.EqualFold(fault.User, user) ||
			fault.Mailbox != "" && !sameFolder(fault.Mailbox, mailbox) {
			continue
		}
		now, spent := due(&fault.Skip, &fault.Times)
		if !now {
			continue
		}
		if spent {
			f.imap = append(f.imap[:i:i], f.imap[i+1:]...)
		}
		happening := *fault
		return &happening
	}
	return nil
}

func (f *faults) forConnection() *IMAPCut {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.cuts) == 0 {
		return nil
	}
	cut := f.cuts[0]
	happening := *cut
	if cut.Times > 0 {
		if cut.Times--; cut.Times == 0 {
			f.cuts = f.cuts[1:]
		}
	}
	return &happening
}

func (f *faults) forSMTP(phase Phase, subject string) *SMTPFault {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, fault := range f.smtp {
		if fault.Phase != phase || !strings.Contains(strings.ToLower(subject), strings.ToLower(fault.Match)) {
			continue
		}
		now, spent := due(&fault.Skip, &fault.Times)
		if !now {
			continue
		}
		if spent {
			f.smtp = append(f.smtp[:i:i], f.smtp[i+1:]...)
		}
		happening := *fault
		return &happening
	}
	return nil
}

// pause waits as a fault says. It ends early when the connection or the server does.
func pause(c *conn, delay time.Duration, hold <-chan struct{}) {
	if delay > 0 {
		timer := time.NewTimer(delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-c.gone:
		case <-c.hub.done:
		}
	}
	if hold != nil {
		select {
		case <-hold:
		case <-c.gone:
		case <-c.hub.done:
		}
	}
}
