package imapconn

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/storage"
)

func TestClassify(t *testing.T) {
	no, bad := imap.StatusResponseTypeNo, imap.StatusResponseTypeBad
	for _, test := range []struct {
		err  error
		code string
		kind error
	}{
		{&imap.Error{Type: no, Code: "NONEXISTENT", Text: "no"}, "imap.no_mailbox", storage.ErrNotFound},
		{&imap.Error{Type: no, Code: "TRYCREATE"}, "imap.no_mailbox", storage.ErrNotFound},
		{&imap.Error{Type: no, Code: "trycreate"}, "imap.no_mailbox", storage.ErrNotFound},
		{&imap.Error{Type: no, Code: "ALREADYEXISTS"}, "imap.mailbox_exists", storage.ErrConflict},
		{&imap.Error{Type: no, Code: "OVERQUOTA", Text: "Quota exceeded (mailbox for user is full)"}, "imap.over_quota", storage.ErrLimit},
		{&imap.Error{Type: no, Code: "OVERQUOTA", Text: "Account exceeded command or bandwidth limits. x"}, "imap.throttled", storage.ErrTemporary},
		{&imap.Error{Type: no, Code: "LIMIT", Text: "Mailbox name too long"}, "imap.server_limit", storage.ErrLimit},
		{&imap.Error{Type: no, Code: "LIMIT", Text: "UID FETCH Rate limit hit."}, "imap.throttled", storage.ErrTemporary},
		{&imap.Error{Type: no, Code: "UNAVAILABLE"}, "imap.unavailable", storage.ErrTemporary},
		{&imap.Error{Type: no, Code: "SERVERBUG"}, "imap.unavailable", storage.ErrTemporary},
		{&imap.Error{Type: no, Code: "EXPUNGEISSUED"}, "imap.unavailable", storage.ErrTemporary},
		{&imap.Error{Type: no, Code: "INUSE"}, "imap.in_use", storage.ErrTemporary},
		{&imap.Error{Type: no, Code: "THROTTLED"}, "imap.throttled", storage.ErrTemporary},
		{&imap.Error{Type: no, Code: "AUTHENTICATIONFAILED"}, "imap.login_refused", storage.ErrAuth},
		{&imap.Error{Type: no, Code: "AUTHENTICATIONFAILED", Text: "too many attempts"}, "imap.login_refused", storage.ErrAuth},
		{&imap.Error{Type: no, Code: "EXPIRED"}, "imap.login_expired", storage.ErrAuth},
		{&imap.Error{Type: no, Code: "PRIVACYREQUIRED"}, "imap.no_tls", storage.ErrUnavailable},
		{&imap.Error{Type: no, Code: "NOPERM"}, "imap.no_permission", storage.ErrRejected},
		{&imap.Error{Type: no, Code: "CONTACTADMIN"}, "imap.no_permission", storage.ErrRejected},
		{&imap.Error{Type: no, Code: "READ-ONLY"}, "imap.read_only", storage.ErrReadOnly},
		{&imap.Error{Type: no, Code: "CANNOT", Text: "Invalid mailbox name"}, "imap.refused", storage.ErrRejected},
		{&imap.Error{Type: no, Text: "Mailbox doesn't exist: absent (0.001 + 0.000 secs)."}, "imap.no_mailbox", storage.ErrNotFound},
		{&imap.Error{Type: no, Text: "Mailbox does not exist, or must be subscribed to."}, "imap.no_mailbox", storage.ErrNotFound},
		{&imap.Error{Type: no, Text: "Mailbox already exists"}, "imap.mailbox_exists", storage.ErrConflict},
		{&imap.Error{Type: no, Text: "Permission denied"}, "imap.no_permission", storage.ErrRejected},
		{&imap.Error{Type: no, Text: "Over quota"}, "imap.over_quota", storage.ErrLimit},
		{&imap.Error{Type: bad, Text: "Permission denied"}, "imap.refused", storage.ErrRejected},
		{&imap.Error{Type: no, Text: "absent doesn't exist."}, "imap.no_mailbox", storage.ErrNotFound},
		{&imap.Error{Type: no, Text: "Server Unavailable. 15"}, "imap.unavailable", storage.ErrTemporary},
		{&imap.Error{Type: no, Text: "Server busy, try again"}, "imap.unavailable", storage.ErrTemporary},
		{&imap.Error{Type: bad, Text: "User is authenticated but not connected."}, "imap.unavailable", storage.ErrTemporary},
		{&imap.Error{Type: bad, Text: "Unknown command"}, "imap.refused", storage.ErrRejected},
		{fmt.Errorf("select: %w", &imap.Error{Type: no, Code: "NONEXISTENT"}), "imap.no_mailbox", storage.ErrNotFound},
		{io.ErrUnexpectedEOF, "imap.connection_lost", storage.ErrTemporary},
		{errors.New("in response: anything"), "imap.connection_lost", storage.ErrTemporary},
		{context.Canceled, "imap.cancelled", storage.ErrTemporary},
		{&storage.Cause{Code: "imap.limit", Err: storage.ErrLimit}, "imap.limit", storage.ErrLimit},
	} {
		got := Classify(test.err)
		require.Equal(t, test.code, storage.CauseCode(got), "%v", test.err)
		require.ErrorIs(t, got, test.kind)
	}
	require.NoError(t, Classify(nil))
	long := Classify(&imap.Error{Type: no, Text: strings.Repeat("é\r\n\x00", 1000)})
	require.LessOrEqual(t, len(long.Error()), 500)
	require.NotContains(t, long.Error(), "\n")
}

func TestWaitTold(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"Request is throttled. Suggested Backoff Time: 299923 milliseconds": 299923 * time.Millisecond,
		"Too many logins, try again in 5 minutes":                           5 * time.Minute,
		"Please wait 30 seconds before":                                     30 * time.Second,
		"retry after 90s":                                                   90 * time.Second,
		"Retry-After: 2 h":                                                  2 * time.Hour,
		"try again in about 10 min":                                         10 * time.Minute,
		"again in 999999999 hours":                                          24 * time.Hour,
		"again in 99999999999999999999 hours":                               0,
		"Backoff":                                                           0,
		"wait for message 7 messages":                                       0,
		"in 5 minutes":                                                      0,
		"":                                                                  0,
	} {
		got, told := waitTold(text)
		require.Equal(t, want, got, text)
		require.Equal(t, want > 0, told, text)
	}
}

func TestParseStatus(t *testing.T) {
	for line, want := range map[string]status{
		"* OK [UIDNEXT 7] next":         {"*", "OK", "UIDNEXT", "7", "next"},
		"a1 no [trycreate]text":         {"a1", "NO", "TRYCREATE", "", "text"},
		"a1 OK":                         {"a1", "OK", "", "", ""},
		"* BYE":                         {"*", "BYE", "", "", ""},
		"* OK [X \"a ] b\" c] t":        {"*", "OK", "X", "\"a ] b\" c", "t"},
		"* OK [X \"odd] t":              {"*", "OK", "X", "\"odd", "t"},
		"* OK [no end":                  {"*", "OK", "", "", "no end"},
		"*  OK  two":                    {"*", "OK", "", "", "two"},
		"* PREAUTH [CAPABILITY a b] hi": {"*", "PREAUTH", "CAPABILITY", "a b", "hi"},
	} {
		got, ok := parseStatus([]byte(line + "\r\n"))
		require.True(t, ok, line)
		require.Equal(t, want, got, line)
	}
	for _, line := range []string{"", "*", "* ", "* LIST", "a1 BYE", "a1 FETCH", "+ OK", "OK", " OK x"} {
		_, ok := parseStatus([]byte(line))
		require.False(t, ok, line)
	}
}

func TestLiteralAtEnd(t *testing.T) {
	for line, want := range map[string]int64{
		"x {5}\r\n": 5, "x {5}\n": 5, "x {5+}\r\n": 5, "x ~{0}\r\n": 0, "x {5} \r\n": 5, "{9223372036854775807}\r\n": 9223372036854775807,
		"x {5}": -1, "x {}\r\n": -1, "x {-5}\r\n": -1, "x {+5}\r\n": -1, "x 5}\r\n": -1, "x {a}\r\n": -1, "x {5}x\r\n": -1, "}\r\n": -1, "\n": -1,
		"{99999999999999999999}\r\n": -1, "{0000000000000000000000000000000000001}\r\n": -1,
	} {
		got, ok := literalAtEnd([]byte(line))
		require.Equal(t, want >= 0, ok, line)
		if ok {
			require.Equal(t, want, got, line)
		}
	}
}
