package imapconn

import (
	"context"
	"errors"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/mailcrm/sdk/storage"
)

// longest wait that a server may ask for.
const longestWait = 24 * time.Hour

// errClosed is the end of a connection by Close.
var errClosed = &storage.Cause{Code: "imap.closed", Err: closedError{}}

// closedError is an ErrClosed that go-imap takes for the orderly end it is.
type closedError struct{}

func (closedError) Error() string { return storage.ErrClosed.Error() }

func (closedError) Unwrap() []error { return []error{storage.ErrClosed, net.ErrClosed} }

// Classify turns an error of go-imap into one of the codes of this package: a refusal (NO, BAD) by its response code (RFC 5530) and, where
// there is none, by the words of servers that write none; everything else is the end of a connection. An error that is a storage.Cause
// already comes back as it is, nil is nil. Where the connection is at hand, [Conn.Classify] knows more.
func Classify(err error) error {
	if err == nil {
		return nil
	}
	var cause *storage.Cause
	if errors.As(err, &cause) {
		return err
	}
	var refused *imap.Error
	if errors.As(err, &refused) {
		return refusal(string(refused.Type), string(refused.Code), oneLine(refused.Text))
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return &storage.Cause{Code: "imap.cancelled", Err: &storage.TemporaryError{Err: err}}
	}
	return &storage.Cause{Code: "imap.connection_lost", Err: storage.ErrTemporary}
}

// meaning of a response code.
type meaning struct {
	code string
	kind error
}

var meanings = map[string]meaning{
	"AUTHENTICATIONFAILED": {"imap.login_refused", storage.ErrAuth},
	"AUTHORIZATIONFAILED":  {"imap.login_refused", storage.ErrAuth},
	"PRIVACYREQUIRED":      {"imap.no_tls", storage.ErrUnavailable},
	"EXPIRED":              {"imap.login_expired", storage.ErrAuth},
	"CONTACTADMIN":         {"imap.no_permission", storage.ErrRejected},
	"NOPERM":               {"imap.no_permission", storage.ErrRejected},
	"UNAVAILABLE":          {"imap.unavailable", storage.ErrTemporary},
	"SERVERBUG":            {"imap.unavailable", storage.ErrTemporary},
	"CORRUPTION":           {"imap.unavailable", storage.ErrTemporary},
	"EXPUNGEISSUED":        {"imap.unavailable", storage.ErrTemporary},
	"INUSE":                {"imap.in_use", storage.ErrTemporary},
	"THROTTLED":            {"imap.throttled", storage.ErrTemporary},
	"OVERQUOTA":            {"imap.over_quota", storage.ErrLimit},
	"LIMIT":                {"imap.server_limit", storage.ErrLimit},
	"TOOBIG":               {"imap.server_limit", storage.ErrLimit},
	"NONEXISTENT":          {"imap.no_mailbox", storage.ErrNotFound},
	"TRYCREATE":            {"imap.no_mailbox", storage.ErrNotFound},
	"ALREADYEXISTS":        {"imap.mailbox_exists", storage.ErrConflict},
	"READ-ONLY":            {"imap.read_only", storage.ErrReadOnly},
}

// refusal is the error of NO, BAD or a greeting that is neither OK nor BYE. The text is one line already.
func refusal(kind, code, text string) error {
	if after, told := waitTold(text); told {
		return throttled(text, after)
	}
	if limitsRate(text) && code != "AUTHENTICATIONFAILED" && code != "AUTHORIZATIONFAILED" {
		return throttled(text, 0)
	}
	code = strings.ToUpper(code)
	if code == "THROTTLED" {
		return throttled(text, 0)
	}
	if m, ok := meanings[code]; ok {
		return &storage.Cause{Code: m.code, Detail: text, Err: m.kind}
	}
	if kind == "NO" && missing(text) {
		return &storage.Cause{Code: "imap.no_mailbox", Detail: text, Err: storage.ErrNotFound}
	}
	if m, ok := inWords(text); ok && kind == "NO" {
		return &storage.Cause{Code: m.code, Detail: text, Err: m.kind}
	}
	if passing(text) || notConnected(text) {
		return &storage.Cause{Code: "imap.unavailable", Detail: text, Err: storage.ErrTemporary}
	}
	return &storage.Cause{Code: "imap.refused", Detail: strings.TrimSpace(kind + " " + text), Err: storage.ErrRejected}
}

// goodbye is the error of a connection that the server ends.
func goodbye(s status) error {
	text := oneLine(s.text)
	after, told := waitTold(text)
	switch {
	case told, s.code == "THROTTLED", s.code == "OVERQUOTA", s.code == "LIMIT", limitsRate(text):
		return throttled(text, after)
	case s.code == "UNAVAILABLE":
		return &storage.Cause{Code: "imap.unavailable", Detail: text, Err: storage.ErrTemporary}
	}
	return &storage.Cause{Code: "imap.bye", Detail: text, Err: storage.ErrTemporary}
}

func throttled(text string, after time.Duration) error {
	return &storage.Cause{Code: "imap.throttled", Detail: text, Err: &storage.TemporaryError{After: after, Err: storage.ErrTemporary}}
}

var waitWords = regexp.MustCompile(`(?i)(?:backoff time|retry after|retry-after|again in|again after|retry in|wait)[^0-9]{0,12}(\d{1,9}) ?` +
	`(ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hours?)\b`)

// waitTold reads how long a server asks to wait: "Suggested Backoff Time: 299923 milliseconds" (Exchange), "try again in 5 minutes".
func waitTold(text string) (time.Duration, bool) {
	found := waitWords.FindStringSubmatch(text)
	if found == nil {
		return 0, false
	}
	number, err := strconv.ParseInt(found[1], 10, 64)
	if err != nil {
		return 0, false
	}
	unit := time.Second
	switch word := strings.ToLower(found[2]); {
	case strings.HasPrefix(word, "ms"), strings.HasPrefix(word, "milli"):
		unit = time.Millisecond
	case strings.HasPrefix(word, "m"):
		unit = time.Minute
	case strings.HasPrefix(word, "h"):
		unit = time.Hour
	}
	if number > int64(longestWait/unit) {
		return longestWait, true
	}
	return time.Duration(number) * unit, true
}

// limitsRate knows the words of servers that count requests or connections: Yahoo and iCloud with LIMIT, Gmail with OVERQUOTA, Exchange,
// Dovecot and Courier in text.
func limitsRate(text string) bool {
	return containsAny(text, "too many", "rate limit", "throttl", "bandwidth limit", "command or bandwidth", "maximum number of connections",
		"connection limit", "connections exceeded", "simultaneous connections", "concurrent connections")
}

// missing knows what servers say about a mailbox that is not there: Dovecot, Cyrus, Courier and Exchange do so without a code.
func missing(text string) bool {
	return containsAny(text, "mailbox doesn't exist", "mailbox does not exist", "no such mailbox", "unknown mailbox", "doesn't exist.")
}

// inWords knows what servers without response codes say about mailboxes: Cyrus, Courier, and Dovecot before 2.0.
func inWords(text string) (meaning, bool) {
	switch {
	case containsAny(text, "already exists", "mailbox exists", "folder exists"):
		return meanings["ALREADYEXISTS"], true
	case containsAny(text, "permission denied"):
		return meanings["NOPERM"], true
	case containsAny(text, "over quota", "quota exceeded", "exceeds quota"):
		return meanings["OVERQUOTA"], true
	}
	return meaning{}, false
}

// passing knows the words of a failure that passes.
func passing(text string) bool {
	return containsAny(text, "temporar", "try again", "try later", "server busy", "unavailable", "timed out", "timeout", "internal error",
		"server error", "backend")
}

// notConnected knows Exchange's answer to every command of a mailbox that it let log in and cannot open.
func notConnected(text string) bool {
	return containsAny(text, "authenticated but not connected")
}

func containsAny(text string, words ...string) bool {
	text = strings.ToLower(text)
	for _, word := range words {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}
