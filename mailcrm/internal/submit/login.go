package submit

import (
	"encoding/base64"
	"errors"
	"strings"

	"github.com/mailcrm/sdk/mailcrm/internal/signin"
	"github.com/mailcrm/sdk/storage"
)

// longestLine is how long AUTH with an initial response may be (RFC 4954 §4.5.3.1): what is longer goes as the answer to an empty challenge.
const longestLine = 12288 - len("\r\n")

// login authenticates (RFC 4954). The exchange is ours: the library's mechanisms look at the type of the connection to see whether it is safe, and after a
// refusal the library goes on talking, for as long as a server lets it wait. Whatever goes wrong, the connection is left, and nothing else is tried.
func (o *outgoing) login(cred signin.Credential, host string, port int) error {
	if !o.confidential {
		return &storage.Cause{Code: "smtp.no_tls", Detail: "the connection is not confidential", Err: storage.ErrUnavailable}
	}
	_, offered := o.client.Extension("AUTH")
	exchange, err := cred.Choose(strings.Fields(strings.ToUpper(offered)), host, port)
	if err != nil {
		return failed(err)
	}
	mechanism, initial, err := exchange.Start()
	if err != nil {
		return failed(err)
	}
	line, pending := "AUTH "+mechanism, initial != nil
	if encoded := encodeInitial(initial); pending && len(line)+1+len(encoded) <= longestLine {
		line, pending = line+" "+encoded, false
	}
	for range signin.MaxRounds + 1 {
		code, text, err := o.exchange(line)
		switch {
		case err != nil:
			return err
		case code/100 == 2 && pending:
			return noMechanism("the server let us in before we said who we are")
		case code/100 == 2:
			return failed(exchange.Accepted())
		case code != 334:
			return loginError(cred, code, text, exchange.Rejected())
		}
		response := initial
		if !pending {
			if response, err = respond(exchange, text); err != nil {
				return failed(err)
			}
		}
		pending = false
		line = base64.StdEncoding.EncodeToString(response)
	}
	return noMechanism("the server asks without end")
}

func respond(exchange signin.Exchange, text string) ([]byte, error) {
	challenge, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil {
		// LOGIN has no RFC, and there are servers whose questions are plain text; whatever it was, it is not what a mechanism with contents sends.
		challenge = []byte(text)
	}
	if len(challenge) > signin.MaxChallenge {
		return nil, noMechanism("a challenge that is too long")
	}
	return exchange.Next(challenge)
}

// encodeInitial spells an empty initial response "=" (RFC 4954 §4).
func encodeInitial(initial []byte) string {
	if len(initial) == 0 {
		return "="
	}
	return base64.StdEncoding.EncodeToString(initial)
}

// exchange says a line and reads the answer, whatever it is.
func (o *outgoing) exchange(line string) (code int, text string, err error) {
	id, err := o.client.Text.Cmd("%s", line)
	if err != nil {
		return 0, "", err
	}
	o.client.Text.StartResponse(id)
	defer o.client.Text.EndResponse(id)
	return o.client.Text.ReadResponse(0)
}

// loginError is what a refusal means; why is what the mechanism knows about it. A server may repeat what it was told, and its words are kept and shown: not if
// they hold a secret.
func loginError(cred signin.Credential, code int, text string, why *signin.Failure) error {
	detail := said(code, cred.Clean(text))
	first, _, _ := strings.Cut(oneLine(text), " ")
	switch {
	case code/100 == 4:
		return &storage.Cause{Code: "smtp.temporary", Detail: detail, Err: storage.ErrTemporary}
	case code/100 != 5:
		return errors.New("no answer to AUTH")
	case code == 500, code == 502, code == 504: // AUTH, or this mechanism, is unknown
		return noMechanism(detail)
	case first == "5.7.139": // Microsoft 365: the tenant, the mailbox or a policy forbids passwords
		return &storage.Cause{Code: "smtp.login_disabled", Detail: detail, Err: storage.ErrAuth}
	case why != nil:
		return failed(&signin.Failure{Reason: why.Reason, Detail: why.Detail + "; it says: " + detail})
	}
	return &storage.Cause{Code: "smtp.login_refused", Detail: detail, Err: storage.ErrAuth}
}

// failed gives the reason why a login came to nothing its code.
func failed(err error) error {
	var f *signin.Failure
	if !errors.As(err, &f) {
		return err
	}
	detail := oneLine(f.Detail)
	switch f.Reason {
	case signin.Unusable:
		return &storage.Cause{Code: "smtp.unusable_login", Detail: detail, Err: storage.ErrAuth}
	case signin.Unproven:
		return &storage.Cause{Code: "smtp.unproven", Detail: detail, Err: storage.ErrAuth}
	case signin.NoVerifier:
		return &storage.Cause{Code: "smtp.no_verifier", Detail: detail, Err: storage.ErrAuth}
	case signin.TokenExpired:
		return &storage.Cause{Code: "smtp.token_expired", Detail: detail, Err: storage.ErrAuth}
	case signin.Refused:
		return &storage.Cause{Code: "smtp.login_refused", Detail: detail, Err: storage.ErrAuth}
	}
	return noMechanism(detail)
}

func noMechanism(why string) error {
	return &storage.Cause{Code: "smtp.no_mechanism", Detail: oneLine(why), Err: storage.ErrAuth}
}
