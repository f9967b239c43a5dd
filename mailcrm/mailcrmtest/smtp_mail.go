package mailcrmtest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"
)

func (s *submission) mailFrom(arg string) {
	address, params, ok := path(arg, "FROM:")
	switch {
	case s.user == nil:
		s.refuse(530, "5.7.0 Authentication required")
	case s.mail != nil:
		s.refuse(503, "5.5.1 A mail is under way already")
	case !ok:
		s.refuse(501, "5.1.7 Not an address")
	default:
		var size int64
		if _, err := fmt.Sscan(params["SIZE"], &size); err == nil && size > s.server.options.MaxMessageBytes {
			s.refuse(552, "5.3.4 Message too big")
			return
		}
		if s.answer(PhaseMail, address, 250, "2.1.0 Ok") {
			s.mail = &envelopeOf{from: address, envelopeID: fromXtext(params["ENVID"]), ret: strings.ToUpper(params["RET"])}
		}
	}
}

func (s *submission) rcptTo(arg string) {
	address, params, ok := path(arg, "TO:")
	switch {
	case s.mail == nil:
		s.refuse(503, "5.5.1 MAIL first")
	case !ok || address == "":
		s.refuse(501, "5.1.3 Not an address")
	case len(s.mail.to) >= smtpRecipients:
		s.refuse(452, "4.5.3 Too many recipients")
	default:
		if s.answer(PhaseRcpt, address, 250, "2.1.5 Ok") {
			s.mail.to = append(s.mail.to, address)
			s.mail.notify = append(s.mail.notify, strings.ToUpper(params["NOTIFY"]))
		}
	}
}

// path takes "FROM:<address> KEY=value …" apart.
func path(arg, keyword string) (address string, params map[string]string, ok bool) {
	if len(arg) < len(keyword) || !strings.EqualFold(arg[:len(keyword)], keyword) {
		return "", nil, false
	}
	rest := strings.TrimSpace(arg[len(keyword):])
	if !strings.HasPrefix(rest, "<") {
		return "", nil, false
	}
	address, rest, ok = strings.Cut(rest[1:], ">")
	if !ok || address != "" && !strings.Contains(address, "@") || strings.ContainsFunc(address, notInPath) {
		return "", nil, false
	}
	params = map[string]string{}
	for _, p := range strings.Fields(rest) {
		key, value, _ := strings.Cut(p, "=")
		params[strings.ToUpper(key)] = value
	}
	return address, params, true
}

func notInPath(r rune) bool { return r <= ' ' || r == '<' || r == 0x7f }

// fromXtext decodes RFC 3461 §4.
func fromXtext(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		var c byte
		if s[i] == '+' && i+2 < len(s) {
			if _, err := fmt.Sscanf(s[i+1:i+3], "%02X", &c); err == nil {
				b.WriteByte(c)
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func (s *submission) data() {
	if s.mail == nil || len(s.mail.to) == 0 {
		s.refuse(503, "5.5.1 RCPT first")
		return
	}
	if !s.answer(PhaseData, "", 354, "End data with <CR><LF>.<CR><LF>") {
		s.mail = nil
		return
	}
	mail := s.mail
	s.mail = nil
	raw, err := s.content()
	switch {
	case errors.Is(err, errTooBig):
		s.refuse(552, "5.3.4 Message too big")
		return
	case err != nil: // cut by the client: nothing was accepted (RFC 5321 §4.1.1.4)
		s.over = true
		return
	}
	fault := s.server.faults.forSMTP(PhaseDot, string(raw))
	if fault == nil {
		s.reply(250, s.server.accept(s, mail, raw))
		return
	}
	text := "2.0.0 Ok"
	if fault.Done || fault.Cut == CutNone && fault.Code < 400 {
		text = s.server.accept(s, mail, raw)
	}
	s.fail(fault, 250, text)
}

var errTooBig = errors.New("message too big")

// content reads up to the final dot. Only CR LF "." CR LF ends it, so that a bare LF smuggles nothing, and the bytes
// are kept as they came.
func (s *submission) content() ([]byte, error) {
	var b bytes.Buffer
	start := true // of a line that CR LF began
	tooBig := false
	for {
		_ = s.wire.SetReadDeadline(time.Now().Add(smtpPatience))
		piece, err := s.read.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return nil, err
		}
		if start && string(piece) == ".\r\n" {
			if tooBig {
				return nil, errTooBig
			}
			return b.Bytes(), nil
		}
		ended := err == nil && endsLine(b.Bytes(), piece)
		if start && piece[0] == '.' {
			piece = piece[1:]
		}
		if int64(b.Len()+len(piece)) > s.server.options.MaxMessageBytes {
			tooBig = true
			b.Reset()
		}
		b.Write(piece)
		start = ended
	}
}

// endsLine says whether a piece that ends with LF ends a line, which takes a CR before it.
func endsLine(before, piece []byte) bool {
	if len(piece) >= 2 {
		return piece[len(piece)-2] == '\r'
	}
	return len(before) > 0 && before[len(before)-1] == '\r'
}
