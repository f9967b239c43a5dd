package imapsync_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/storage"
)

// TestBusyServer: a server that says it is busy is left alone with the error that says so, how long it wants to rest, and nothing is dead because of it (FAULTS D). The
// second half is said when the first mails have come already.
func TestBusyServer(t *testing.T) {
	const exchange = "BAD Request is throttled. Suggested Backoff Time: 299923 milliseconds"
	for _, row := range []struct {
		answer string // to a command; "BYE …" ends the connection
		code   string
		kind   error
		after  time.Duration
		most   int // commands of that kind that are sent before it is left alone
	}{
		{"NO [THROTTLED] slow down", "imap.throttled", storage.ErrTemporary, 0, 1},
		{exchange, "imap.throttled", storage.ErrTemporary, 299923 * time.Millisecond, 1},
		{"NO [LIMIT] UID FETCH Rate limit hit.", "imap.throttled", storage.ErrTemporary, 0, 1},
		{"NO [OVERQUOTA] Account exceeded command or bandwidth limits", "imap.throttled", storage.ErrTemporary, 0, 1},
		{"NO Too many simultaneous connections", "imap.throttled", storage.ErrTemporary, 0, 1},
		{"BYE [THROTTLED] too much", "imap.throttled", storage.ErrTemporary, 0, 1},
		{"BYE Account exceeded command or bandwidth limits. Try again in 5 minutes", "imap.throttled", storage.ErrTemporary, 5 * time.Minute, 1},
		{"NO [INUSE] mailbox is locked", "imap.in_use", storage.ErrTemporary, 0, 1},
		{"NO [UNAVAILABLE] the back end is down", "imap.unavailable", storage.ErrTemporary, 0, 4},
		{"BAD Server Unavailable. 15", "imap.unavailable", storage.ErrTemporary, 0, 4},
		{"BAD User is authenticated but not connected.", "imap.unavailable", storage.ErrTemporary, 0, 4},
		{"NO [LIMIT] no more than 5 messages at once", "imap.unavailable", storage.ErrTemporary, 0, 4},
		{"BAD Command Error. 12", "imap.unavailable", storage.ErrTemporary, 0, 4},
		{"NO", "imap.unavailable", storage.ErrTemporary, 0, 4},
		{"BYE Shutting down", "imap.bye", storage.ErrTemporary, 0, 4},
		{"BYE", "imap.bye", storage.ErrTemporary, 0, 4},
	} {
		for _, already := range []int{0, 1} { // FETCHes that are answered first
			t.Run(fmt.Sprint(row.answer, ", after ", already), func(t *testing.T) {
				t.Parallel()
				b, l := newLiarBench(t, 60)
				fetches := 0
				l.lie(lies{command: func(c *liarConn, tag, command string) bool {
					if !strings.HasPrefix(command, "UID FETCH") || already > 0 && !strings.Contains(command, "BODY") {
						return false
					}
					if fetches++; fetches <= already {
						return false
					}
					if strings.HasPrefix(row.answer, "BYE") {
						c.say("* " + row.answer + "\r\n")
						_ = c.conn.Close()
						return true
					}
					c.say(tag + " " + row.answer + "\r\n")
					return true
				}})
				_, err := b.sync(time.Minute)
				require.Equal(t, row.code, storage.CauseCode(err), "%v", err)
				require.ErrorIs(t, err, row.kind)
				after, _ := storage.RetryAfter(err)
				require.Equal(t, row.after, after)
				require.LessOrEqual(t, fetches-already, row.most, "%v", l.said())
				ledger := b.ledger("INBOX")
				require.Empty(t, ledger.Dead)
				require.Len(t, ledger.Pending, 1, "what did not come is pending still")
				require.Len(t, b.texts(), 10*already, "and what came before is kept")
				l.lie(lies{})
				_, err = b.sync(time.Minute)
				require.NoError(t, err)
				b.requireWhole("INBOX", l.truth("INBOX"))
			})
		}
	}
}

// TestBusyForOtherCommands: whatever command the answer comes to, a server that throttles is not asked about the next mailbox.
func TestBusyForOtherCommands(t *testing.T) {
	for _, verb := range []string{"STATUS", "EXAMINE", "UID SEARCH"} {
		t.Run(verb, func(t *testing.T) {
			t.Parallel()
			b, l := newLiarBench(t, 5)
			for i := range 10 {
				l.load(fmt.Sprint("Folder ", i), mail(100+i, "x"))
			}
			if verb == "STATUS" {
				_, err := b.sync(time.Minute)
				require.NoError(t, err)
			}
			before := l.count(verb)
			l.lie(lies{command: refuse(verb, "NO [THROTTLED] slow down")})
			_, err := b.sync(time.Minute)
			require.Equal(t, "imap.throttled", storage.CauseCode(err))
			most := 1
			if verb == "STATUS" { // which are asked together
				most = 11
			}
			require.LessOrEqual(t, l.count(verb)-before, most)
		})
	}
}

// TestTooManyConnections is an error of the login, which is tried once.
func TestTooManyConnections(t *testing.T) {
	b, l := newLiarBench(t, 5)
	l.lie(lies{command: refuse("AUTHENTICATE", "NO [UNAVAILABLE] Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)")})
	_, err := b.sync(time.Minute)
	require.Equal(t, "imap.throttled", storage.CauseCode(err))
	require.Equal(t, 1, l.count("AUTHENTICATE"))
}

// TestServerGoesAway: a server that says goodbye in the middle of everything and does not let us in again ends the session with what it says to the new login.
func TestServerGoesAway(t *testing.T) {
	b, l := newLiarBench(t, 60)
	gone := false
	l.lie(lies{command: func(c *liarConn, tag, command string) bool {
		if strings.HasPrefix(command, "UID FETCH") {
			gone = true
			c.say("* BYE Server shutting down\r\n")
			_ = c.conn.Close()
			return true
		}
		if gone && strings.HasPrefix(command, "AUTHENTICATE") {
			c.say(tag + " NO [UNAVAILABLE] Temporary authentication failure\r\n")
			return true
		}
		return false
	}})
	_, err := b.sync(time.Minute)
	require.Equal(t, "imap.unavailable", storage.CauseCode(err), "%v", err)
	require.ErrorIs(t, err, storage.ErrTemporary)
	require.Empty(t, b.ledger("INBOX").Dead)
	require.Equal(t, 2, l.count("AUTHENTICATE"))
}

// TestMailboxThatKills: a mailbox that cannot be opened, or that ends the connection, does not keep the others from being followed; it is followed last the next time.
func TestMailboxThatKills(t *testing.T) {
	for name, answer := range map[string]string{
		"refuses": "NO [NOPERM] not yours",
		"kills":   "",
		"garbles": "BAD\r\n* 1 FETCH (ENVELOPE (NIL\r\n* OK [UIDVALIDITY",
	} {
		t.Run(name, func(t *testing.T) {
			b, l := newLiarBench(t, 5)
			for _, folder := range []string{"Another", "Bad", "Clients"} {
				l.load(folder, mail(100+len(folder), folder))
			}
			bad := func(c *liarConn, tag, command string) bool {
				if command != `EXAMINE Bad (CONDSTORE)` && command != `EXAMINE "Bad" (CONDSTORE)` {
					return false
				}
				if answer == "" {
					_ = c.conn.Close()
				} else {
					c.say(tag + " " + answer + "\r\n")
				}
				return true
			}
			l.lie(lies{command: bad})
			_, err := b.sync(time.Minute)
			require.NoError(t, err, "the account is well")
			for _, folder := range []string{"INBOX", "Another", "Clients"} {
				b.requireWhole(folder, l.truth(folder))
			}
			require.NotEmpty(t, b.mailbox("Bad").Error)
			before := len(l.said())
			_, err = b.sync(time.Minute)
			require.NoError(t, err)
			for i, command := range l.said()[before:] {
				if strings.Contains(command, "Bad") {
					require.NotContains(t, strings.Join(l.said()[before+i:], "\n"), "Clients", "it comes last")
				}
			}
			l.lie(lies{})
			_, err = b.sync(time.Minute)
			require.NoError(t, err)
			b.requireWhole("Bad", l.truth("Bad"))
			require.Empty(t, b.mailbox("Bad").Error, "and the note is taken off")
		})
	}
}

// TestEverythingKills: a server that drops the connection at every mailbox is left alone after a few.
func TestEverythingKills(t *testing.T) {
	b, l := newLiarBench(t, 5)
	for i := range 30 {
		l.load(fmt.Sprint("Folder ", i), mail(100+i, "x"))
	}
	l.lie(lies{command: func(c *liarConn, _, command string) bool {
		if strings.HasPrefix(command, "EXAMINE") {
			_ = c.conn.Close()
			return true
		}
		return false
	}})
	_, err := b.sync(time.Minute)
	require.Equal(t, "imap.connection_lost", storage.CauseCode(err))
	require.LessOrEqual(t, l.count("AUTHENTICATE"), 6)
}

// TestInboxThatFails is the account's error, although another mailbox is well.
func TestInboxThatFails(t *testing.T) {
	b, l := newLiarBench(t, 5)
	l.load("Sent", mail(100, "sent"))
	l.lie(lies{command: func(c *liarConn, tag, command string) bool {
		if !strings.HasPrefix(command, "EXAMINE") || !strings.Contains(command, "INBOX") {
			return false
		}
		c.say(tag + " NO [NOPERM] not yours\r\n")
		return true
	}})
	_, err := b.sync(time.Minute)
	require.Equal(t, "imap.no_permission", storage.CauseCode(err))
	b.requireWhole("Sent", l.truth("Sent"))
}

// TestCancelled: the end of the context ends the session wherever it is, leaves nothing running (TestMain looks) and nothing half recorded.
func TestCancelled(t *testing.T) {
	commands := func() int {
		b, l := newLiarBench(t, 30)
		_, err := b.sync(time.Minute)
		require.NoError(t, err)
		return len(l.said())
	}()
	for n := 1; n <= commands; n++ {
		t.Run(fmt.Sprint("at command ", n), func(t *testing.T) {
			t.Parallel()
			b, l := newLiarBench(t, 30)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			heard := 0
			l.lie(lies{command: func(*liarConn, string, string) bool {
				if heard++; heard == n {
					cancel()
				}
				return false
			}})
			_, err := b.syncIn(ctx, time.Minute)
			if heard >= n && err != nil {
				require.True(t, ctx.Err() != nil, "%v", err)
			}
			l.lie(lies{})
			_, err = b.sync(time.Minute)
			require.NoError(t, err)
			b.requireWhole("INBOX", l.truth("INBOX"))
		})
	}
}
