package signin

import (
	"encoding/json"
	"strconv"
	"strings"
)

// bearer is OAUTHBEARER (RFC 7628) or XOAUTH2 (Google's, also Microsoft's): a token, and a second round when it is refused.
type bearer struct {
	credential Credential
	mechanism  string
	host       string
	port       int
	told       *refusal // why the token was refused
}

// refusal is what a server tells about a token that it does not take (RFC 7628 §3.2.2).
type refusal struct {
	Status any    `json:"status"` // "invalid_token" (RFC 6750 §3.1); of Google "400", and others write a number
	Scope  string `json:"scope"`
	Error  string `json:"error_description"`
}

// Start gives the token.
func (b *bearer) Start() (string, []byte, error) {
	user := b.credential.AuthorizeAs
	if user == "" {
		user = b.credential.Username
	}
	token := b.credential.Token.Reveal()
	if b.mechanism == "XOAUTH2" {
		return b.mechanism, []byte("user=" + user + "\x01auth=Bearer " + token + "\x01\x01"), nil
	}
	name := strings.NewReplacer("=", "=3D", ",", "=2C").Replace(user) // saslname, RFC 5801 §4
	return b.mechanism, []byte("n,a=" + name + ",\x01host=" + b.host + "\x01port=" + strconv.Itoa(b.port) + "\x01auth=Bearer " + token + "\x01\x01"), nil
}

// Next keeps why the token was refused, and gives the answer without which the server does not say so: ^A (RFC 7628 §3.2.3), for XOAUTH2 an empty line.
func (b *bearer) Next(challenge []byte) ([]byte, error) {
	if b.told != nil {
		return nil, fail(NoMechanism, "the server asks for more than "+b.mechanism+" has to say")
	}
	b.told = &refusal{}
	_ = json.Unmarshal(challenge, b.told) // what cannot be read says nothing
	if b.mechanism == "XOAUTH2" {
		return []byte{}, nil
	}
	return []byte{1}, nil
}

// Accepted does not believe a server that has just refused.
func (b *bearer) Accepted() error {
	if b.told != nil {
		return fail(NoMechanism, "the server refused the token and let us in")
	}
	return nil
}

// Rejected says whether another token may help. Without a word about it (Exchange's "AUTHENTICATE failed") it may.
func (b *bearer) Rejected() *Failure {
	status := ""
	if b.told != nil {
		switch s := b.told.Status.(type) {
		case string:
			status = strings.ToLower(s)
		case float64:
			status = strconv.Itoa(int(s))
		}
	}
	switch status {
	case "insufficient_scope", "403":
		return fail(Refused, "the token does not allow this: its scope is too small")
	case "invalid_request":
		return fail(Refused, "the server does not understand "+b.mechanism)
	case "":
		return fail(TokenExpired, "the server refused the token, without saying why")
	}
	return fail(TokenExpired, "the token has expired, or was revoked")
}
