package signin

import (
	"slices"
	"strings"

	"github.com/mailcrm/sdk/mailcrm/internal/dial"
)

// An Exchange is one login with one mechanism (RFC 4422 §3). It is used once, by one goroutine.
type Exchange interface {
	// Start names the mechanism, upper case, and gives the initial response: nil when the server must speak first.
	Start() (mechanism string, initial []byte, err error)
	// Next answers a challenge, decoded. An error breaks the exchange off, and the connection with it: it is a *Failure.
	Next(challenge []byte) (response []byte, err error)
	// Accepted judges a server that says yes. An error, a *Failure, means that it is not believed.
	Accepted() error
	// Rejected is what the exchange knows about a server that says no; nil when that is all there is to say.
	Rejected() *Failure
}

// byStrength are the mechanisms that serve a password, best first.
var byStrength = []string{"SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN"}

// Choose takes the strongest mechanism that the server offers, that c can serve, and that is not switched off. Host and port are those that were dialled: OAUTHBEARER
// tells them. An error is a *Failure: [Unusable] or [NoMechanism].
func (c Credential) Choose(offered []string, host string, port int) (Exchange, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	offers := names(offered)
	for _, mechanism := range c.serve() {
		if !slices.Contains(offers, mechanism) || c.IsDisabled(mechanism) {
			continue
		}
		return c.begin(mechanism, host, port)
	}
	return nil, fail(NoMechanism, c.offer(offers))
}

// serve are the mechanisms that c can serve, best first.
func (c Credential) serve() []string {
	switch {
	case !c.Token.IsZero():
		return []string{"OAUTHBEARER", "XOAUTH2"}
	case c.Password.IsZero():
		return []string{"EXTERNAL"}
	}
	return slices.DeleteFunc(slices.Clone(byStrength), func(mechanism string) bool {
		return mechanism == "LOGIN" && c.other() != ""
	})
}

func (c Credential) begin(mechanism, host string, port int) (Exchange, error) {
	switch mechanism {
	case "PLAIN":
		return &plain{identity: c.other(), username: c.Username, password: c.Password}, nil
	case "LOGIN":
		return &login{username: c.Username, password: c.Password}, nil
	case "EXTERNAL":
		return &external{identity: c.AuthorizeAs}, nil
	case "OAUTHBEARER", "XOAUTH2":
		if ascii, err := dial.ASCIIHost(host); err == nil {
			host = ascii // RFC 7628 §3.1 has nothing else
		}
		return &bearer{credential: c, mechanism: mechanism, host: host, port: port}, nil
	}
	return newScram(c, mechanism)
}

// IsDisabled reports whether a mechanism is switched off.
func (c Credential) IsDisabled(mechanism string) bool {
	return slices.ContainsFunc(c.Disabled, func(name string) bool { return strings.EqualFold(name, mechanism) })
}

// LoginCommand reports whether c may be used with IMAP's LOGIN command (RFC 9051 §6.2.3), which takes a name and a password and nothing else.
func (c Credential) LoginCommand() bool {
	return c.Check() == nil && c.Token.IsZero() && !c.Password.IsZero() && c.other() == "" && !c.IsDisabled("LOGIN")
}

// offer says what there is, for an error.
func (c Credential) offer(offers []string) string {
	text := "the server offers no mechanism"
	if len(offers) > 0 {
		text = "the server offers " + strings.Join(offers, ", ")
	}
	usable := c.serve()
	text += "; this account can use " + strings.Join(usable, ", ")
	if off := names(c.Disabled); len(off) > 0 {
		text += "; switched off for it: " + strings.Join(off, ", ")
	}
	if c.other() != "" && slices.Contains(offers, "LOGIN") {
		text += "; LOGIN cannot open somebody else's mailbox"
	}
	if weak := slices.DeleteFunc(slices.Clone(offers), func(name string) bool { return !slices.Contains(never, name) }); len(weak) > 0 {
		text += "; never used: " + strings.Join(weak, ", ")
	}
	return text
}

// never are mechanisms that are not used, whoever offers them.
var never = []string{"CRAM-MD5", "DIGEST-MD5", "NTLM", "GSSAPI", "GS2-KRB5", "GSS-SPNEGO", "KERBEROS_V4", "APOP", "ANONYMOUS", "SKEY", "OTP"}

// names are mechanisms as RFC 4422 §3.1 spells them, upper case, each once, thirty at most: what a server says is not shown as it is.
func names(list []string) []string {
	var out []string
	for _, name := range list {
		name = strings.ToUpper(name)
		legal := name != "" && len(name) <= 20 && strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == ""
		if legal && !slices.Contains(out, name) && len(out) < 30 {
			out = append(out, name)
		}
	}
	return out
}
