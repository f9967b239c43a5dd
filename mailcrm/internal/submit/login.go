package submit

import (
	"encoding/base64"
	"errors"
	"slices"
	"strings"

	"github.com/mailcrm/sdk/mailcrm/internal/seal"
	"github.com/mailcrm/sdk/storage"
)

// login authenticates with PLAIN (RFC 4616), or LOGIN where that is all there is. The exchange is ours: the library's mechanisms look at the type of the
// connection to see whether it is safe, and after a refusal the library goes on talking, for as long as a server lets it wait.
func (o *outgoing) login(username string, password seal.Secret) error {
	_, offered := o.client.Extension("AUTH")
	mechanisms := strings.Fields(strings.ToUpper(offered))
	plain := base64.StdEncoding.EncodeToString([]byte("\x00" + username + "\x00" + password.Reveal()))
	secret := base64.StdEncoding.EncodeToString([]byte(password.Reveal()))
	var line string
	var answers []string // to challenges
	switch {
	case slices.Contains(mechanisms, "PLAIN"):
		line, answers = "AUTH PLAIN "+plain, []string{plain} // some servers ask again for what they were told
	case slices.Contains(mechanisms, "LOGIN"):
		line, answers = "AUTH LOGIN", []string{base64.StdEncoding.EncodeToString([]byte(username)), secret}
	default:
		return &storage.Cause{Code: "smtp.no_mechanism", Detail: oneLine("the server offers: " + offered), Err: storage.ErrAuth}
	}
	for {
		code, text, err := o.exchange(line)
		switch {
		case err != nil:
			return err
		case code/100 == 2:
			return nil
		case code == 334 && len(answers) > 0:
			line, answers = answers[0], answers[1:]
		case code == 334:
			return &storage.Cause{Code: "smtp.no_mechanism", Detail: "the server asks for more than the mechanism has to say", Err: storage.ErrAuth}
		default:
			return loginError(code, text, password.Reveal(), plain, secret)
		}
	}
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

// loginError is what a refusal means. A server may repeat what it was told, and its words are kept and shown: not if they hold a secret.
func loginError(code int, text string, secrets ...string) error {
	detail := said(code, text)
	for _, s := range secrets {
		if s != "" && strings.Contains(text, s) {
			detail = "the server repeated the password in its answer"
		}
	}
	first, _, _ := strings.Cut(oneLine(text), " ")
	switch {
	case code/100 == 4:
		return &storage.Cause{Code: "smtp.temporary", Detail: detail, Err: storage.ErrTemporary}
	case code/100 != 5:
		return errors.New("no answer to AUTH")
	case code == 500, code == 502, code == 504: // AUTH, or this mechanism, is unknown
		return &storage.Cause{Code: "smtp.no_mechanism", Detail: detail, Err: storage.ErrAuth}
	case first == "5.7.139": // Microsoft 365: the tenant, the mailbox or a policy forbids passwords
		return &storage.Cause{Code: "smtp.login_disabled", Detail: detail, Err: storage.ErrAuth}
	}
	return &storage.Cause{Code: "smtp.login_refused", Detail: detail, Err: storage.ErrAuth}
}
