package signin

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/xdg-go/scram"
)

// salted is SCRAM (RFC 5802): four messages, in which both sides prove that they know the password and neither says it.
type salted struct {
	mechanism string
	talk      *scram.ClientConversation
	nonce     string // ours
	messages  int    // of the server
	said      bool   // its own error, instead of what was due
}

func newScram(c Credential, mechanism string) (Exchange, error) {
	hash := scram.SHA1
	if mechanism == "SCRAM-SHA-256" {
		hash = scram.SHA256
	}
	client, err := hash.NewClient(c.Username, c.Password.Reveal(), c.other())
	if err != nil {
		// SASLprep (RFC 4013) stopped at Unicode 3.2: a password with letters that are younger is taken as it was entered, as servers that skip SASLprep do.
		if client, err = hash.NewClientUnprepped(c.Username, c.Password.Reveal(), c.other()); err != nil {
			return nil, fail(Unusable, "the password cannot be used with "+mechanism)
		}
	}
	return &salted{mechanism: mechanism, talk: client.WithMinIterations(MinIterations).NewConversation()}, nil
}

// Start says who wants to log in.
func (e *salted) Start() (string, []byte, error) {
	first, err := e.talk.Step("")
	if err != nil {
		return "", nil, fail(NoMechanism, e.mechanism+" cannot be begun")
	}
	_, e.nonce, _ = strings.Cut(first, ",r=")
	return e.mechanism, []byte(first), nil
}

// Next proves that we know the password, and then judges the server's proof. What is wrong is said in words of ours: those of the library repeat the server's.
func (e *salted) Next(challenge []byte) ([]byte, error) {
	if e.said { // after an error comes a refusal, and no message that would then be taken for another
		return nil, fail(NoMechanism, "the server goes on with "+e.mechanism+" after it refused")
	}
	switch e.messages++; e.messages {
	case 1:
		if e.hears(string(challenge)) {
			return []byte{}, nil
		}
		if err := e.demands(string(challenge)); err != nil {
			return nil, err
		}
		final, err := e.talk.Step(string(challenge))
		if err != nil {
			return nil, fail(NoMechanism, "the server's first message of "+e.mechanism+" cannot be read")
		}
		return []byte(final), nil
	case 2:
		if e.hears(string(challenge)) {
			return []byte{}, nil // it refuses, and will say so
		}
		if _, err := e.talk.Step(string(challenge)); err != nil || !e.talk.Valid() {
			return nil, e.unproven()
		}
		return []byte{}, nil
	}
	return nil, fail(NoMechanism, "the server asks for more than "+e.mechanism+" has to say")
}

// hears takes the server's own error (RFC 5802 §7, server-error).
func (e *salted) hears(message string) bool {
	e.said = strings.HasPrefix(message, "e=")
	return e.said
}

// demands looks at the server's first message before any work is done for it.
func (e *salted) demands(message string) error {
	unreadable := fail(NoMechanism, "the server's first message of "+e.mechanism+" cannot be read")
	fields := strings.Split(message, ",")
	if len(fields) < 3 || strings.HasPrefix(message, "m=") {
		return unreadable
	}
	theirs, ok := strings.CutPrefix(fields[0], "r="+e.nonce)
	if !ok || theirs == "" {
		return fail(NoMechanism, "the server added nothing of its own to "+e.mechanism)
	}
	asked, ok := strings.CutPrefix(fields[2], "i=")
	if !ok {
		return unreadable
	}
	n, err := strconv.ParseUint(asked, 10, 32)
	switch {
	case err != nil && strings.Trim(asked, "0123456789") == "":
		n = MaxIterations + 1
	case err != nil:
		return unreadable
	}
	if n < MinIterations || n > MaxIterations {
		return fail(NoMechanism, fmt.Sprintf("the server asks for a number of iterations that is not between %d and %d", MinIterations, MaxIterations))
	}
	return nil
}

func (e *salted) unproven() *Failure {
	return fail(Unproven, "the server did not prove that it knows the password, as "+e.mechanism+" demands: it is broken, or not the account's server")
}

// Accepted wants the proof.
func (e *salted) Accepted() error {
	if !e.talk.Valid() {
		return e.unproven()
	}
	return nil
}

// Rejected tells a server that refuses without having seen a proof from one that looked at it and found it wrong.
func (e *salted) Rejected() *Failure {
	if e.messages == 0 || e.messages == 1 && e.said {
		return fail(NoVerifier, "the server refused "+e.mechanism+" before it looked at the password: it does not know the user, or keeps no password for this mechanism")
	}
	return nil
}
