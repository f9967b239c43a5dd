package imapconn

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/mailcrm/sdk/storage"
)

// challenges bounds a SASL exchange; SCRAM needs two, the longest in use three.
const challenges = 10

// An Authenticator is one exchange of SASL (RFC 4422). It is used for one login and then dropped. The clients of emersion/go-sasl are
// Authenticators.
type Authenticator interface {
	// Start names the mechanism, upper case, and gives the initial response: nil when the server must speak first.
	Start() (mechanism string, initial []byte, err error)
	// Next answers a challenge, decoded. An error breaks the exchange off.
	Next(challenge []byte) (response []byte, err error)
}

// plain is SASL PLAIN (RFC 4616).
type plain struct{ username, password string }

// Start says all there is to say.
func (p plain) Start() (string, []byte, error) {
	return "PLAIN", []byte("\x00" + p.username + "\x00" + p.password), nil
}

// Next is not reached by a server that knows PLAIN.
func (plain) Next([]byte) ([]byte, error) {
	return nil, fmt.Errorf("PLAIN has no challenge")
}

// authenticate logs in, once. Whatever goes wrong, the connection is not used any more.
func (r *raw) authenticate() error {
	if err := r.needCaps(); err != nil {
		return err
	}
	auth := r.cfg.Authenticator
	if auth == nil {
		username, password := r.cfg.Username, r.cfg.Secret()
		if strings.ContainsRune(username+password, 0) {
			return storage.Invalid("Username", "bad_character", "a user name or password has no NUL character")
		}
		if !r.caps.Has("AUTH=PLAIN") {
			return r.login(username, password)
		}
		r.hide(password)
		auth = plain{username, password}
	}
	return r.sasl(auth)
}

// sasl is the AUTHENTICATE command (RFC 9051 §6.2.2), with the initial response in it where SASL-IR is offered (RFC 4959).
func (r *raw) sasl(auth Authenticator) error {
	mechanism, initial, err := auth.Start()
	if err != nil {
		return r.link.die(noMechanism(err.Error()))
	}
	if !r.caps.Has("AUTH=" + mechanism) {
		return r.link.die(noMechanism("the server does not offer " + mechanism))
	}
	r.hide(string(initial))
	command := "AUTHENTICATE " + mechanism
	pending := initial != nil
	if pending && r.caps.Has("SASL-IR") {
		command += " " + encodeInitial(initial)
		pending = false
	}
	r.caps = nil
	tag, err := r.begin(command)
	if err != nil {
		return err
	}
	for range challenges {
		answer, more, err := r.await(tag, nil)
		switch {
		case err != nil:
			return err
		case more == nil && answer.kind == "OK" && pending:
			return r.link.die(notIMAP("the server let us in before we said who we are"))
		case more == nil:
			return r.loggedIn(answer)
		}
		response := initial
		if !pending {
			response, err = r.respond(auth, more)
			if err != nil {
				return r.link.die(err)
			}
		}
		pending = false
		r.hide(string(response))
		if err := r.line(base64.StdEncoding.EncodeToString(response)); err != nil {
			return err
		}
	}
	return r.link.die(noMechanism("the server asks without end"))
}

func (r *raw) respond(auth Authenticator, text []byte) ([]byte, error) {
	challenge, err := base64.StdEncoding.DecodeString(string(text))
	if err != nil {
		return nil, noMechanism("a challenge that is not base64")
	}
	response, err := auth.Next(challenge)
	if err != nil {
		return nil, noMechanism(err.Error())
	}
	return response, nil
}

// encodeInitial spells an empty initial response "=", which "" would not be (RFC 4959 §3).
func encodeInitial(initial []byte) string {
	if len(initial) == 0 {
		return "="
	}
	return base64.StdEncoding.EncodeToString(initial)
}

// login is the LOGIN command (RFC 9051 §6.2.3), for servers without AUTH=PLAIN.
func (r *raw) login(username, password string) error {
	if r.caps.Has("LOGINDISABLED") {
		return r.link.die(noMechanism("the server offers neither PLAIN nor LOGIN"))
	}
	r.hide(password)
	nonSync := r.caps.Has("LITERAL+") || r.caps.Has("LITERAL-") && len(username)+len(password) <= 4096
	r.caps = nil
	line := "LOGIN"
	var tag string
	for _, word := range []string{username, password} {
		if quotable(word) {
			line += " " + quote(word)
			continue
		}
		var err error
		if tag, err = r.announce(tag, line, len(word), nonSync); err != nil {
			return err
		}
		line = word
	}
	if tag == "" {
		answer, err := r.command(line, nil)
		if err != nil {
			return err
		}
		return r.loggedIn(answer)
	}
	if err := r.line(line); err != nil {
		return err
	}
	answer, more, err := r.await(tag, nil)
	switch {
	case err != nil:
		return err
	case more != nil:
		return r.link.die(notIMAP("a continuation request that nothing asked for"))
	}
	return r.loggedIn(answer)
}

// announce sends line with a literal of size bytes at its end, and waits until the server wants it. Tag is "" for the first line of a
// command; the command's tag is returned.
func (r *raw) announce(tag, line string, size int, nonSync bool) (string, error) {
	mark := fmt.Sprintf(" {%d}", size)
	if nonSync {
		mark = fmt.Sprintf(" {%d+}", size)
	}
	var err error
	if tag == "" {
		tag, err = r.begin(line + mark)
	} else {
		err = r.line(line + mark)
	}
	if err != nil || nonSync {
		return tag, err
	}
	answer, more, err := r.await(tag, nil)
	switch {
	case err != nil:
		return tag, err
	case more == nil && answer.kind == "OK":
		return tag, r.link.die(notIMAP("the server let us in before we said who we are"))
	case more == nil:
		return tag, r.link.die(r.loginRefused(answer))
	}
	return tag, nil
}

// loggedIn judges the answer to a login, and learns what the server can do for this account.
func (r *raw) loggedIn(answer status) error {
	if answer.kind != "OK" {
		return r.link.die(r.loginRefused(answer))
	}
	return r.needCaps()
}

// loginRefused is the error of a login that was answered with NO or BAD: the credentials, unless the server says that it is something else.
func (r *raw) loginRefused(s status) error {
	err := r.refusal(s)
	switch storage.CauseCode(err) {
	case "imap.refused", "imap.no_permission", "imap.no_mailbox", "imap.server_limit", "imap.over_quota":
		return &storage.Cause{Code: "imap.login_refused", Detail: r.detail(s.text), Err: storage.ErrAuth}
	}
	return err
}

// hide keeps a secret out of errors, in the spellings that a server could echo.
func (r *raw) hide(secret string) {
	if secret == "" {
		return
	}
	r.hidden = append(r.hidden, secret, quote(secret), base64.StdEncoding.EncodeToString([]byte(secret)))
}

// identify says who we are where the server wants to know (RFC 2971): some refuse SELECT to strangers. Its answer does not matter, with
// the one exception that it may be the first to say that the login was not worth anything.
func (r *raw) identify() error {
	if !r.caps.Has("ID") {
		return nil
	}
	answer, err := r.command(`ID ("name" "mailcrm")`, nil)
	if err != nil {
		return err
	}
	if answer.kind != "OK" && notConnected(answer.text) {
		return r.link.die(r.refusal(answer))
	}
	return nil
}

func noMechanism(why string) error {
	return &storage.Cause{Code: "imap.no_mechanism", Detail: oneLine(why), Err: storage.ErrAuth}
}
