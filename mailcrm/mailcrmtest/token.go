package mailcrmtest

import (
	"bytes"
	"encoding/base64"
	"strings"

	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-sasl"
)

// A TokenCheck says whether an access token (RFC 6750) lets a client in with a name. Protocol is "imap" or "smtp"; they need not agree: Microsoft 365 wants the
// mailbox for IMAP and the person for SMTP. It is called from several goroutines.
type TokenCheck func(protocol, name, token string) bool

// refusedToken is how Google and Microsoft tell that a token is not good; the client answers with nothing and is then refused.
const refusedToken = `{"status":"400","schemes":"Bearer","scope":"mail"}`

// AuthenticateMechanisms are those of IMAP.
func (s *session) AuthenticateMechanisms() []string {
	if s.server.options.Tokens == nil {
		return []string{sasl.Plain}
	}
	return []string{sasl.Plain, "XOAUTH2"}
}

// Authenticate is AUTHENTICATE.
func (s *session) Authenticate(mechanism string) (sasl.Server, error) {
	switch {
	case mechanism == sasl.Plain:
		return sasl.NewPlainServer(func(identity, name, password string) error {
			if identity != "" && identity != name {
				return no("AUTHORIZATIONFAILED", "SASL identity not supported")
			}
			return s.Login(name, password)
		}), nil
	case mechanism == "XOAUTH2" && s.server.options.Tokens != nil:
		return &tokenExchange{session: s}, nil
	}
	return nil, no("", "SASL mechanism not supported")
}

// tokenExchange is XOAUTH2 over IMAP.
type tokenExchange struct {
	session *session
	refused bool
}

// Next takes the token, or the empty answer to its refusal.
func (x *tokenExchange) Next(response []byte) (challenge []byte, done bool, err error) {
	s := x.session
	if x.refused {
		return nil, false, imapserver.ErrAuthFailed
	}
	if response == nil {
		return []byte{}, false, nil
	}
	name, token, ok := readToken(response)
	if !ok {
		return nil, false, no("", "Cannot read the response")
	}
	if fault := s.server.faults.forIMAP("LOGIN", name, ""); fault != nil {
		pause(s.conn, fault.Delay, fault.Hold)
		if !fault.Pass {
			s.server.logLogin("imap", name, false)
			return nil, false, s.fail(fault)
		}
	}
	a := s.server.tokenAccount("imap", name, token)
	s.server.logLogin("imap", name, a != nil)
	if a == nil {
		x.refused = true
		return []byte(refusedToken), false, nil
	}
	s.enter(a)
	return nil, true, nil
}

// tokenAccount is whose mailbox a token opens, or nil.
func (s *Server) tokenAccount(protocol, name, token string) *account {
	if !s.options.Tokens(protocol, name, token) {
		return nil
	}
	return s.login(name)
}

// readToken takes an initial response of XOAUTH2 apart.
func readToken(response []byte) (name, token string, ok bool) {
	fields := bytes.Split(response, []byte{1})
	if len(fields) != 4 || len(fields[2])+len(fields[3]) > 0 {
		return "", "", false
	}
	name, isUser := strings.CutPrefix(string(fields[0]), "user=")
	token, isBearer := strings.CutPrefix(string(fields[1]), "auth=Bearer ")
	return name, token, isUser && isBearer
}

// token is AUTH XOAUTH2. It tells who logged in, or nil; ok says that the response could be read.
func (s *submission) token(initial string) (user *account, name string, ok bool) {
	response, ok := s.challenge("", initial)
	if !ok || s.over {
		return nil, "", ok
	}
	name, token, ok := readToken(response)
	if !ok {
		return nil, "", false
	}
	if user = s.server.tokenAccount("smtp", name, token); user == nil {
		s.reply(334, base64.StdEncoding.EncodeToString([]byte(refusedToken)))
		if _, err := s.line(); err != nil {
			s.over = true
		}
	}
	return user, name, true
}
