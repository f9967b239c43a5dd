package signin

import "github.com/mailcrm/sdk/mailcrm/internal/seal"

// plain is PLAIN (RFC 4616): all there is to say at once.
type plain struct {
	identity, username string
	password           seal.Secret
	repeated           bool
}

func (p *plain) message() []byte {
	return []byte(p.identity + "\x00" + p.username + "\x00" + p.password.Reveal())
}

// Start says it.
func (p *plain) Start() (string, []byte, error) { return "PLAIN", p.message(), nil }

// Next says it again, once: some servers ask for what they were told.
func (p *plain) Next(challenge []byte) ([]byte, error) {
	if p.repeated || len(challenge) > 0 {
		return nil, fail(NoMechanism, "the server asks for more than PLAIN has to say")
	}
	p.repeated = true
	return p.message(), nil
}

// Accepted has nothing to check.
func (*plain) Accepted() error { return nil }

// Rejected has nothing to add.
func (*plain) Rejected() *Failure { return nil }

// login is LOGIN, which no RFC describes: the server asks twice, in words that vary and do not matter, for the name and then for the password.
type login struct {
	username string
	password seal.Secret
	asked    int
}

// Start lets the server speak first: not all servers take a name along with the command.
func (*login) Start() (string, []byte, error) { return "LOGIN", nil, nil }

// Next answers in order, whatever was asked.
func (l *login) Next([]byte) ([]byte, error) {
	switch l.asked++; l.asked {
	case 1:
		return []byte(l.username), nil
	case 2:
		return []byte(l.password.Reveal()), nil
	}
	return nil, fail(NoMechanism, "the server asks for more than LOGIN has to say")
}

// Accepted wants that the server asked for anything: who lets in whoever comes is not the account's server.
func (l *login) Accepted() error {
	if l.asked == 0 {
		return fail(NoMechanism, "the server let us in before we said who we are")
	}
	return nil
}

// Rejected has nothing to add.
func (*login) Rejected() *Failure { return nil }

// external is EXTERNAL (RFC 4422 appendix A): the certificate of the TLS handshake has said it all. Without an identity the server reads it there.
type external struct {
	identity string
	repeated bool
}

// Start says whose mailbox it is to be, if somebody else's.
func (e *external) Start() (string, []byte, error) { return "EXTERNAL", []byte(e.identity), nil }

// Next says it again, once.
func (e *external) Next(challenge []byte) ([]byte, error) {
	if e.repeated || len(challenge) > 0 {
		return nil, fail(NoMechanism, "the server asks for more than EXTERNAL has to say")
	}
	e.repeated = true
	return []byte(e.identity), nil
}

// Accepted has nothing to check.
func (*external) Accepted() error { return nil }

// Rejected has nothing to add.
func (*external) Rejected() *Failure { return nil }
