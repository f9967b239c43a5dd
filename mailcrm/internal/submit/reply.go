package submit

import (
	"errors"
	"fmt"
	"net/textproto"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/mailcrm/sdk/mailcrm/internal/dial"
	"github.com/mailcrm/sdk/storage"
)

// classify gives an error of the connection its code.
func classify(err error) error {
	if err = answer(err); err == nil || storage.CauseCode(err) != "" {
		return err
	}
	if ours := dial.OurCertificate(err); ours != nil {
		return ours
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return &storage.Cause{Code: "smtp.timeout", Err: storage.ErrTemporary}
	}
	return &storage.Cause{Code: "smtp.connection_lost", Err: storage.ErrTemporary}
}

// asAnswer is the answer of the server in err, if it is one.
func asAnswer(err error) (*storage.RecipientError, bool) {
	var a *storage.RecipientError
	if errors.As(err, &a) {
		return a, true
	}
	return &storage.RecipientError{}, false
}

// answer turns the library's error into the server's answer, with its enhanced status code (RFC 2034) apart. The first digit decides (RFC 5321 §4.2.1): a
// 2yz is no error, whatever the command expected; what is neither that nor 4yz nor 5yz is no answer to anything, and leaves err as it is.
func answer(err error) error {
	var reply *textproto.Error
	if !errors.As(err, &reply) {
		return err
	}
	a := &storage.RecipientError{Status: reply.Code, Text: oneLine(reply.Msg)}
	if first, rest, _ := strings.Cut(a.Text, " "); enhanced(first) {
		a.Enhanced, a.Text = first, rest
	}
	cause := &storage.Cause{Detail: said(reply.Code, reply.Msg), Err: a}
	switch {
	case reply.Code/100 == 2:
		return nil
	case reply.Code/100 == 4:
		cause.Code = "smtp.temporary"
	case reply.Code/100 != 5:
		return err
	case reply.Code == 530, reply.Code == 535, reply.Code == 538: // the account's fault, not the mail's (RFC 4954 §6)
		return &storage.Cause{Code: "smtp.login_refused", Detail: cause.Detail, Err: storage.ErrAuth}
	case a.Enhanced == "5.3.4", a.Enhanced == "5.2.3": // RFC 3463: too big for the system, or for the mailbox
		cause.Code = "smtp.too_large"
	default:
		cause.Code = "smtp.rejected"
	}
	return cause
}

// said is what a server said, as people see it.
func said(code int, text string) string { return oneLine(fmt.Sprintf("%d %s", code, text)) }

// enhanced says whether a word is a status code of RFC 3463: "5.1.1".
func enhanced(word string) bool {
	parts := strings.Split(word, ".")
	if len(parts) != 3 || len(parts[0]) != 1 || !strings.Contains("245", parts[0]) {
		return false
	}
	for _, p := range parts[1:] {
		if n, err := strconv.Atoi(p); err != nil || n < 0 || n > 999 {
			return false
		}
	}
	return true
}

// oneLine makes a server's words fit for a row: one line of at most 500 bytes.
func oneLine(s string) string {
	s = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "?"), func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }), " ")
	if len(s) > 500 {
		s = strings.ToValidUTF8(s[:500], "")
	}
	return s
}

var idPattern = regexp.MustCompile(`<([^<>@\s]+@[^<>@\s]+)>`)

// idsIn are the message ids in a server's answer to the final dot, five at most: some servers give a mail one of their own there.
func idsIn(reply string) []string {
	var ids []string
	for _, match := range idPattern.FindAllStringSubmatch(reply, 5) {
		ids = append(ids, match[1])
	}
	return ids
}

func causeCode(err error) string {
	if code := storage.CauseCode(err); code != "" {
		return code
	}
	return "unknown"
}

func causeDetail(err error) string {
	var c *storage.Cause
	if errors.As(err, &c) {
		return c.Detail
	}
	return ""
}
