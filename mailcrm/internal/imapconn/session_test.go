package imapconn

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/storage"
)

// fetch gets whole mails.
func fetch(t *testing.T, conn *Conn, uids ...imap.UID) []*imapclient.FetchMessageBuffer {
	t.Helper()
	mails, err := fetchErr(conn, uids...)
	require.NoError(t, err)
	return mails
}

func fetchErr(conn *Conn, uids ...imap.UID) ([]*imapclient.FetchMessageBuffer, error) {
	return conn.Client().Fetch(imap.UIDSetNum(uids...), &imap.FetchOptions{
		UID: true, Flags: true, BodySection: []*imap.FetchItemBodySection{{Peek: true}},
	}).Collect()
}

func TestFetch(t *testing.T) {
	conn := open(t, func(s *script) {
		s.login()
		s.answer("UID FETCH 7,9", fetched(1, 7, "one"), fetched(2, 9, strings.Repeat("two ", 50_000)))
		s.hear()
	})
	mails := fetch(t, conn, 7, 9)
	require.Len(t, mails, 2)
	require.Equal(t, "one", string(mails[0].BodySection[0].Bytes))
	require.Len(t, mails[1].BodySection[0].Bytes, 200_000)
	require.NoError(t, conn.Err())
}

// A body that was cut off is an error where it is read, wherever the cut is (trap 2 of go-imap), and the error is one of ours.
func TestTruncatedBodyIsAnError(t *testing.T) {
	whole := fetched(1, 7, strings.Repeat("0123456789", 100)) + "\r\n"
	for cut := range len(whole) {
		conn := open(t, func(s *script) {
			s.login()
			s.hear("UID FETCH")
			s.bytes(whole[:cut])
		})
		cmd := conn.Client().Fetch(imap.UIDSetNum(7), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{{Peek: true}}})
		if msg := cmd.Next(); msg != nil {
			for item := msg.Next(); item != nil; item = msg.Next() {
				section, ok := item.(imapclient.FetchItemDataBodySection)
				if !ok || section.Literal == nil {
					continue
				}
				body, err := io.ReadAll(section.Literal)
				if len(body) < 1000 {
					require.ErrorIs(t, err, storage.ErrTemporary, "cut at %d, %d bytes of body", cut, len(body))
				}
			}
		}
		err := conn.Classify(cmd.Close())
		require.Equal(t, "imap.connection_lost", storage.CauseCode(err), "cut at %d", cut)
		require.ErrorIs(t, err, storage.ErrTemporary)
		require.NoError(t, conn.Close())
	}
}

func TestPendingCommandsFailWithTheReason(t *testing.T) {
	for name, test := range map[string]struct {
		say, code string
		kind      error
	}{
		"closed":        {"", "imap.connection_lost", storage.ErrTemporary},
		"bye":           {"* BYE maintenance\r\n", "imap.bye", storage.ErrTemporary},
		"unavailable":   {"* BYE [UNAVAILABLE] maintenance\r\n", "imap.unavailable", storage.ErrTemporary},
		"throttled":     {"* BYE [THROTTLED] again in 2 minutes\r\n", "imap.throttled", storage.ErrTemporary},
		"syntax":        {"* 1 FETCH (UID 1 ENVELOPE (x))\r\n", "imap.syntax", storage.ErrTemporary},
		"line too long": {"* 1 FETCH (UID 1 ENVELOPE (\"" + strings.Repeat("x", 2<<20) + "\r\n", "imap.limit", storage.ErrLimit},
	} {
		t.Run(name, func(t *testing.T) {
			conn := open(t, func(s *script) {
				s.login()
				s.hear("NOOP")
				s.hear("NOOP")
				s.bytes(test.say)
			})
			first, second := conn.Client().Noop(), conn.Client().Noop()
			for _, err := range []error{conn.Classify(first.Wait()), conn.Classify(second.Wait())} {
				require.Equal(t, test.code, storage.CauseCode(err), "%v", err)
				require.ErrorIs(t, err, test.kind)
			}
			<-conn.Client().Closed()
			require.Equal(t, test.code, storage.CauseCode(conn.Err()))
			require.ErrorIs(t, conn.Err(), test.kind)
			after, _ := storage.RetryAfter(conn.Err())
			require.Equal(t, name == "throttled", after == 2*time.Minute)
			require.NotContains(t, conn.Err().Error(), "\n")
			require.NoError(t, conn.Close())
		})
	}
}

func TestRefusalsLeaveTheConnection(t *testing.T) {
	conn := open(t, func(s *script) {
		s.login()
		for _, answer := range []string{"NO [NONEXISTENT] no such", "NO [THROTTLED]x", "BAD [CLIENTBUG] no", "NO"} {
			tag, _ := s.hear("NOOP")
			s.say(tag + " " + answer)
		}
		s.answer("NOOP")
		s.hear()
	})
	for _, code := range []string{"imap.no_mailbox", "imap.throttled", "imap.refused", "imap.refused"} {
		require.Equal(t, code, storage.CauseCode(conn.Classify(conn.Client().Noop().Wait())))
		require.NoError(t, conn.Err())
	}
	require.NoError(t, conn.Classify(conn.Client().Noop().Wait()))
}

func TestContextEndsConnection(t *testing.T) {
	why := errors.New("slice over")
	for _, bound := range []bool{false, true} {
		ctx, cancel := context.WithCancelCause(t.Context())
		srv := serve(t, func(s *script) { s.login(); s.hear("NOOP"); cancel(why); s.hear() })
		openCtx := ctx
		if bound {
			openCtx = t.Context()
		}
		conn, err := Open(openCtx, srv.config())
		require.NoError(t, err)
		if bound {
			conn.Bind(ctx)
		}
		err = conn.Classify(conn.Client().Noop().Wait())
		require.Equal(t, "imap.cancelled", storage.CauseCode(err))
		require.ErrorIs(t, err, why)
		require.ErrorIs(t, conn.Err(), why)
		require.NoError(t, conn.Close())
	}
}

func TestBindReleased(t *testing.T) {
	conn := open(t, func(s *script) { s.login(); s.answer("NOOP") })
	ctx, cancel := context.WithCancel(t.Context())
	require.True(t, conn.Bind(ctx)())
	cancel()
	require.NoError(t, conn.Client().Noop().Wait())
}

func TestCloseIsFinal(t *testing.T) {
	conn := open(t, func(s *script) { s.login(); s.hear("NOOP"); s.hear() })
	pending := conn.Client().Noop()
	require.NoError(t, conn.Close())
	require.ErrorIs(t, conn.Classify(pending.Wait()), storage.ErrClosed)
	require.ErrorIs(t, conn.Err(), storage.ErrClosed)
	require.NoError(t, conn.Close())
}

func TestLogout(t *testing.T) {
	said := make(chan string, 1)
	conn := open(t, func(s *script) {
		s.login()
		_, rest := s.hear("LOGOUT")
		said <- rest
	})
	require.NoError(t, conn.Logout(t.Context()))
	require.Equal(t, "LOGOUT", <-said)
	require.Error(t, conn.Err())
}

// What the library would die of and nobody asked for is kept from it (trap 1).
func TestSurvives(t *testing.T) {
	for _, line := range []string{
		"* VANISHED (EARLIER) 1:5",
		"* XLIST (\\Inbox) \"/\" \"Posteingang\"",
		"* LSUB () \".\" INBOX",
		"* X-GM-THING {5}\r\na b\r\n more",
		"* 5 X-THING",
		"* 99999999999 EXISTS",
		"* EXISTS",
		"* FETCH (UID 1)",
		"*",
		"* ",
		"",
		"   ",
		"+ nobody asked",
		"+",
		"T99 OK an answer to nothing",
		"T99 BYE x",
		"garbage",
		"x y z",
		"* OK [ALERT]text",
		"* OK [FOO \"a ] b\"] text",
		"* OK [FOO",
		"* OK [UIDNEXT 99999999999] x",
		"* OK [UIDNEXT x] x",
		"* OK [UIDVALIDITY] x",
		"* OK [HIGHESTMODSEQ -1] x",
		"* OK [COPYUID 1 1:* 1:*] x",
		"* OK [PERMANENTFLAGS (\\Seen \"x y\" ( ) \\ ] \\*)] x",
		"* OK [CAPABILITY IMAP4rev2 \"] x",
		"* OK",
		"* OK " + strings.Repeat("long ", 100_000),
		"* NO [ALERT] " + strings.Repeat("\x01\xff", 100),
		"* FLAGS (\\Seen \"quoted flag\" ( ) \\ ] a\\b {3}\r\nabc x)",
		"* FLAGS",
		"* LIST (\\HasNoChildren) \"/\" R&D",
		"* LIST () \"\" \"x\"",
		"* LIST () \"/\" caf\xe9",
		"* LIST () nil Sent Items",
		"* LIST garbage",
		"* STATUS R&D (MESSAGES 1 UIDNEXT 99999999999 RECENT NIL)",
		"* STATUS",
		"* CAPABILITY IMAP4rev1 IMAP4rev2",
		"* CAPABILITY IMAP4rev1 ( ] } \"",
		"* XLIST () \"/\" \"no end",
		"* LIST () \"/\" \"no end",
		"* PREAUTH again",
		"* 3 EXISTS ",
	} {
		t.Run(line[:min(len(line), 40)], func(t *testing.T) {
			conn := open(t, func(s *script) {
				s.login()
				tag, _ := s.hear("NOOP")
				s.say(line, tag+" OK done")
				s.answer("UID FETCH", line, fetched(1, 7, "body"), line)
			})
			require.NoError(t, conn.Classify(conn.Client().Noop().Wait()))
			mails := fetch(t, conn, 7)
			require.Len(t, mails, 1)
			require.Equal(t, "body", string(mails[0].BodySection[0].Bytes))
		})
	}
}

func TestSelectData(t *testing.T) {
	conn := open(t, func(s *script) {
		s.login()
		tag, _ := s.hear("SELECT")
		s.say("* FLAGS (\\Answered \"odd\" $Forwarded)", "* OK [PERMANENTFLAGS (\\Answered \\* bad\"flag)]Limited", "* 17 EXISTS", "* 2 RECENT",
			"* OK [uidvalidity 42]", "* OK [UIDNEXT 4294967295] next", "* OK [HIGHESTMODSEQ 9223372036854775807] Highest", tag+" OK [READ-WRITE]done")
	})
	data, err := conn.Client().Select("INBOX", nil).Wait()
	require.NoError(t, err)
	require.Equal(t, uint32(17), data.NumMessages)
	require.Equal(t, uint32(42), data.UIDValidity)
	require.Equal(t, imap.UID(4294967295), data.UIDNext)
	require.Equal(t, uint64(9223372036854775807), data.HighestModSeq)
	require.Equal(t, []imap.Flag{imap.FlagAnswered, "odd", imap.FlagForwarded}, data.Flags)
	require.Contains(t, data.PermanentFlags, imap.FlagWildcard)
}

func TestAppend(t *testing.T) {
	got := make(chan string, 1)
	conn := open(t, func(s *script) {
		s.loginWith("IMAP4rev1 AUTH=PLAIN SASL-IR UIDPLUS")
		tag, rest := s.hear(`APPEND "Sent" (\Seen) {`)
		s.say("+ go")
		body := make([]byte, 6000)
		if _, err := io.ReadFull(s.br, body); err != nil {
			return
		}
		got <- rest + s.line() + string(body)
		s.say(tag + " OK [APPENDUID 42 7] done")
		s.answer("NOOP")
	})
	mail := strings.Repeat("T1 NOOP\r\n+ x\r\n{5}\r\n", 400)[:6000]
	cmd := conn.Client().Append("Sent", 6000, &imap.AppendOptions{Flags: []imap.Flag{imap.FlagSeen}})
	_, err := io.Copy(cmd, strings.NewReader(mail))
	require.NoError(t, err)
	require.NoError(t, cmd.Close())
	data, err := cmd.Wait()
	require.NoError(t, err)
	require.Equal(t, imap.UID(7), data.UID)
	require.Equal(t, `APPEND "Sent" (\Seen) {6000}`+mail, <-got)
	require.NoError(t, conn.Client().Noop().Wait())
}

func TestAppendRefused(t *testing.T) {
	conn := open(t, func(s *script) {
		s.loginWith("IMAP4rev1 AUTH=PLAIN SASL-IR")
		tag, _ := s.hear("APPEND")
		s.say(tag + " NO [TRYCREATE] no such mailbox")
		s.hear()
	})
	cmd := conn.Client().Append("Sent", 6000, nil)
	_, err := cmd.Write(make([]byte, 6000))
	require.Equal(t, "imap.no_mailbox", storage.CauseCode(conn.Classify(err)))
	_ = cmd.Close()
	_, err = cmd.Wait()
	require.Equal(t, "imap.no_mailbox", storage.CauseCode(conn.Classify(err)))
}

// Config.Wrap sees the bytes of the session and may cut them.
func TestWrap(t *testing.T) {
	conn := open(t, func(s *script) { s.login(); s.answer("UID FETCH", fetched(1, 7, strings.Repeat("x", 1000))) },
		func(c *Config) { c.Wrap = func(n net.Conn) net.Conn { return &cutConn{Conn: n, left: 700} } })
	_, err := fetchErr(conn, 7)
	require.Equal(t, "imap.connection_lost", storage.CauseCode(conn.Classify(err)))
}

// cutConn ends after so many bytes read.
type cutConn struct {
	net.Conn
	left int
}

func (c *cutConn) Read(p []byte) (int, error) {
	if c.left == 0 {
		return 0, io.EOF
	}
	n, err := c.Conn.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}

// Whatever the sizes of the pieces that the network delivers, the session is the same.
func TestPieces(t *testing.T) {
	for _, size := range []int{1, 2, 3, 7, 64, 1000} {
		conn := open(t, func(s *script) {
			s.login()
			s.answer(`LIST "" "*"`, `* LIST (\Sent) "/" {4}`+"\r\nSent", `* LIST () "/" "R&D"`)
			s.answer("UID FETCH", fetched(1, 7, "a\r\nb"), "* VANISHED 3", `* 2 FETCH (FLAGS () UID 9 BODY[] "quoted {5}`+"\r\n"+`x")`)
			s.answer(`STATUS "R&D"`, `* STATUS "R&D" (MESSAGES 3)`)
		}, func(c *Config) {
			c.List = true
			c.Wrap = func(n net.Conn) net.Conn { return &pieces{Conn: n, size: size} }
		})
		require.Len(t, conn.Mailboxes(), 2)
		mails := fetch(t, conn, 7, 9)
		require.Equal(t, "a\r\nb", string(mails[0].BodySection[0].Bytes))
		require.Equal(t, "quoted {5}\r\nx", string(mails[1].BodySection[0].Bytes))
		data, err := conn.Client().Status("R&D", &imap.StatusOptions{NumMessages: true}).Wait()
		require.NoError(t, err)
		require.Equal(t, uint32(3), *data.NumMessages)
	}
}

type pieces struct {
	net.Conn
	size int
}

func (p *pieces) Read(b []byte) (int, error) { return p.Conn.Read(b[:min(len(b), p.size)]) }

func (p *pieces) Write(b []byte) (int, error) {
	for part := range bytes.SplitSeq(b, nil) {
		if _, err := p.Conn.Write(part); err != nil {
			return 0, err
		}
	}
	return len(b), nil
}
