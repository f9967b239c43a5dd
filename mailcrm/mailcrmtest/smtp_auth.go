package mailcrmtest

import (
	"bytes"
	"encoding/base64"
	"strings"
)

// auth is AUTH (RFC 4954).
func (s *submission) auth(arg string) {
	mechanism, initial, _ := strings.Cut(arg, " ")
	switch {
	case s.hello == "":
		s.refuse(503, "5.5.1 EHLO first")
		return
	case s.user != nil:
		s.refuse(503, "5.5.1 Already authenticated")
		return
	case !s.secure && !s.server.options.Plain:
		s.refuse(538, "5.7.11 Encryption required for authentication")
		return
	}
	var name, password string
	var ok bool
	var user *account
	switch strings.ToUpper(mechanism) {
	case "PLAIN": // RFC 4616
		var response []byte
		if response, ok = s.challenge("", initial); ok {
			fields := bytes.Split(response, []byte{0})
			if ok = len(fields) == 3; ok {
				name, password = string(fields[1]), string(fields[2])
			}
		}
	case "LOGIN":
		var first, second []byte
		if first, ok = s.challenge("Username:", initial); ok {
			second, ok = s.challenge("Password:", "")
		}
		name, password = string(first), string(second)
	case "XOAUTH2":
		if s.server.options.Tokens == nil {
			s.refuse(504, "5.5.4 Mechanism not supported")
			return
		}
		user, name, ok = s.token(initial)
	default:
		s.refuse(504, "5.5.4 Mechanism not supported")
		return
	}
	if s.over {
		return
	}
	if !ok {
		s.refuse(501, "5.5.2 Cannot decode the response")
		return
	}
	if !strings.EqualFold(mechanism, "XOAUTH2") {
		user = s.server.authenticate(name, password)
	}
	code, text := 235, "2.7.0 Authentication successful"
	if user == nil {
		s.errors++
		code, text = 535, "5.7.8 Authentication credentials invalid"
	}
	success := s.answer(PhaseAuth, name, code, text) && user != nil
	s.server.logLogin("smtp", name, success)
	if success {
		s.user = user
	}
}

// challenge asks for a response, unless the client sent it with the command.
func (s *submission) challenge(prompt, initial string) ([]byte, bool) {
	if initial == "" {
		s.reply(334, base64.StdEncoding.EncodeToString([]byte(prompt)))
		line, err := s.line()
		if err != nil {
			s.over = true
			return nil, false
		}
		initial = line
	}
	if initial == "=" {
		return nil, true
	}
	response, err := base64.StdEncoding.DecodeString(initial)
	return response, err == nil
}
