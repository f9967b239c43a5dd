package imapconn

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/mailcrm/sdk/mailcrm/internal/signin"
	"github.com/mailcrm/sdk/storage"
)

// longestInitial is how long a command with an initial response may be: servers need not take lines of more than 8000 bytes (RFC 7162 §4), and tokens have
// thousands. What is longer goes as the answer to an empty challenge.
const longestInitial = 8000

// authenticate logs in, once. Whatever goes wrong, the connection is not used any more, and nothing else is tried: some servers count each try against the
// account, and after a refused AUTHENTICATE not all of them know what is a command and what an answer.
func (r *raw) authenticate() error {
	if !r.confidential() {
		return r.link.die(noTLS("the connection is not confidential"))
	}
	if err := r.needCaps(); err != nil {
		return err
	}
	cred := r.cfg.Credential
	exchange, err := cred.Choose(r.caps.mechanisms(), r.cfg.Host, r.cfg.Port)
	var failure *signin.Failure
	if errors.As(err, &failure) && failure.Reason == signin.NoMechanism && cred.LoginCommand() && !r.caps.Has("LOGINDISABLED") {
		return r.login(cred.Username, cred.Password.Reveal())
	}
	if err != nil {
		return r.link.die(r.failed(err))
	}
	return r.sasl(exchange)
}

// confidential says whether secrets may be sent: there is TLS, or the other end is ourselves and the option is set (Open looks).
func (r *raw) confidential() bool {
	return r.link.isSecured() || r.cfg.Security == Plain
}

// sasl is the AUTHENTICATE command (RFC 9051 §6.2.2), with the initial response in it where SASL-IR is offered (RFC 4959).
func (r *raw) sasl(exchange signin.Exchange) error {
	mechanism, initial, err := exchange.Start()
	if err != nil {
		return r.link.die(r.failed(err))
	}
	command := "AUTHENTICATE " + mechanism
	pending := initial != nil
	if encoded := encodeInitial(initial); pending && r.caps.Has("SASL-IR") && len(command)+len(encoded) < longestInitial {
		command += " " + encoded
		pending = false
	}
	r.caps = nil
	tag, err := r.begin(command)
	if err != nil {
		return err
	}
	for range signin.MaxRounds + 1 {
		answer, more, err := r.await(tag, nil)
		switch {
		case err != nil:
			return err
		case more == nil && answer.kind == "OK" && pending:
			return r.link.die(notIMAP("the server let us in before we said who we are"))
		case more == nil && answer.kind == "OK":
			if err := exchange.Accepted(); err != nil {
				return r.link.die(r.failed(err))
			}
			return r.needCaps()
		case more == nil:
			return r.link.die(r.rejected(answer, exchange.Rejected()))
		}
		response := initial
		if !pending {
			response, err = r.respond(exchange, more)
			if err != nil {
				return r.link.die(r.failed(err))
			}
		}
		pending = false
		if err := r.line(base64.StdEncoding.EncodeToString(response)); err != nil {
			return err
		}
	}
	return r.link.die(noMechanism("the server asks without end"))
}

func (r *raw) respond(exchange signin.Exchange, text []byte) ([]byte, error) {
	challenge, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(challenge) > signin.MaxChallenge {
		return nil, noMechanism("a challenge that is not base64")
	}
	return exchange.Next(challenge)
}

// encodeInitial spells an empty initial response "=", which "" would not be (RFC 4959 §3).
func encodeInitial(initial []byte) string {
	if len(initial) == 0 {
		return "="
	}
	return base64.StdEncoding.EncodeToString(initial)
}

// login is the LOGIN command (RFC 9051 §6.2.3), for servers that offer no mechanism of use.
func (r *raw) login(username, password string) error {
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
func (r *raw) loginRefused(s status) error { return r.rejected(s, nil) }

// rejected is the same for a mechanism that may know more about it.
func (r *raw) rejected(s status, why *signin.Failure) error {
	err := r.refusal(s)
	switch code := storage.CauseCode(err); code {
	case "imap.login_refused", "imap.refused", "imap.no_mailbox", "imap.server_limit", "imap.over_quota", "imap.no_permission":
		told := s.code == "AUTHORIZATIONFAILED" || s.code == "CONTACTADMIN" || s.code == "NOPERM" // another token would not help
		if why != nil && !(told && why.Reason == signin.TokenExpired) {
			f := *why
			f.Detail = oneLine(f.Detail + "; it says: " + r.detail(s.text))
			return r.failed(&f)
		}
		return &storage.Cause{Code: "imap.login_refused", Detail: r.detail(s.text), Err: storage.ErrAuth}
	}
	return err
}

// failed gives the reason why a login came to nothing its code.
func (r *raw) failed(err error) error {
	var f *signin.Failure
	if !errors.As(err, &f) {
		return err
	}
	switch f.Reason {
	case signin.Unusable:
		return storage.Invalid("Credential", "unusable", f.Detail)
	case signin.Unproven:
		return &storage.Cause{Code: "imap.unproven", Detail: f.Detail, Err: storage.ErrAuth}
	case signin.NoVerifier:
		return &storage.Cause{Code: "imap.no_verifier", Detail: f.Detail, Err: storage.ErrAuth}
	case signin.TokenExpired:
		return &storage.Cause{Code: "imap.token_expired", Detail: f.Detail, Err: storage.ErrAuth}
	case signin.Refused:
		return &storage.Cause{Code: "imap.login_refused", Detail: f.Detail, Err: storage.ErrAuth}
	}
	return noMechanism(f.Detail)
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
