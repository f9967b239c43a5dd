package imapconn

import (
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/storage"
)

// Time in these tests is virtual (testing/synctest): they last as long as they say and take no time.

// rest lets virtual time go by.
func rest(d time.Duration) { <-time.After(d) }

// The raw phase does not wait for ever at any of its steps.
func TestSilenceBeforeTheSession(t *testing.T) {
	for name, play := range map[string]func(s *script){
		"no greeting":        func(s *script) { s.line() },
		"half a greeting":    func(s *script) { s.bytes("* OK [CAPABI"); s.line() },
		"no capabilities":    func(s *script) { s.say("* OK hi"); s.hear("CAPABILITY"); s.line() },
		"no answer to login": func(s *script) { s.say("* OK [CAPABILITY " + caps + "] hi"); s.hear("AUTHENTICATE"); s.line() },
		"half a tagged reply": func(s *script) {
			s.say("* OK [CAPABILITY " + caps + "] hi")
			s.hear("AUTHENTICATE")
			s.bytes("a1 OK")
			s.line()
		},
		"no listing":     func(s *script) { s.login(); s.hear("LIST"); s.line() },
		"half a listing": func(s *script) { s.login(); s.hear("LIST"); s.bytes("* LIST () \"/\" {50}\r\nIN"); s.line() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				_, err := openPipe(t, play, func(c *Config) { c.List = true })
				require.Equal(t, "imap.timeout", storage.CauseCode(err))
				require.ErrorIs(t, err, storage.ErrTemporary)
				require.Equal(t, DefaultInactivity, time.Since(start).Truncate(time.Second))
			})
		})
	}
}

// One byte now and then keeps a connection from being silent, but the session must begin in time.
func TestDripBeforeTheSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		_, err := openPipe(t, func(s *script) {
			for {
				s.bytes("x")
				rest(50 * time.Second)
			}
		})
		require.Equal(t, "imap.timeout", storage.CauseCode(err))
		require.Equal(t, DefaultOpenTimeout, time.Since(start))
	})
}

func TestSilenceInTheSession(t *testing.T) {
	for name, partial := range map[string]string{
		"no answer":           "",
		"half a line":         "* 1 FETCH (UID 7 FL",
		"half a literal":      "* 1 FETCH (UID 7 BODY[] {100}\r\nabc",
		"half a status":       "T1 O",
		"literal, then quiet": "* 1 FETCH (UID 7 BODY[] {3}\r\nabc",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				conn, err := openPipe(t, func(s *script) { s.login(); s.hear("UID FETCH"); s.bytes(partial); s.line() })
				require.NoError(t, err)
				start := time.Now()
				_, err = fetchErr(conn, 7)
				err = conn.Classify(err)
				require.Equal(t, "imap.timeout", storage.CauseCode(err))
				require.ErrorIs(t, err, storage.ErrTemporary)
				require.Equal(t, DefaultInactivity, time.Since(start).Truncate(time.Second))
				require.NoError(t, conn.Close())
			})
		})
	}
}

// A literal may take as long as bytes flow; go-imap alone ends it after 300 s (trap 6).
func TestSlowLiteral(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		body := strings.Repeat("0123456789", 100)
		conn, err := openPipe(t, func(s *script) {
			s.login()
			tag, _ := s.hear("UID FETCH")
			for _, ch := range fetched(1, 7, body) + "\r\n" + tag + " OK done\r\n" {
				s.bytes(string(ch))
				rest(time.Second)
			}
		})
		require.NoError(t, err)
		start := time.Now()
		mails := fetch(t, conn, 7)
		require.Equal(t, body, string(mails[0].BodySection[0].Bytes))
		require.Greater(t, time.Since(start), 1000*time.Second)
		require.NoError(t, conn.Close())
	})
}

// A consumer may take its time too: nobody is silent while nobody listens.
func TestSlowConsumer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		body := strings.Repeat("0123456789", 10_000)
		conn, err := openPipe(t, func(s *script) { s.login(); s.answer("UID FETCH", fetched(1, 7, body)); s.answer("NOOP") })
		require.NoError(t, err)
		cmd := conn.Client().Fetch(imap.UIDSetNum(7), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{{Peek: true}}})
		msg := cmd.Next()
		for item := msg.Next(); item != nil; item = msg.Next() {
			if section, ok := item.(imapclient.FetchItemDataBodySection); ok {
				rest(10 * time.Minute)
				got, err := io.ReadAll(section.Literal)
				require.NoError(t, err)
				require.Len(t, got, len(body))
			}
		}
		require.NoError(t, cmd.Close())
		require.NoError(t, conn.Client().Noop().Wait())
		require.NoError(t, conn.Close())
	})
}

// Without a pending command, and in IDLE, silence is normal; after DONE it is not.
func TestSilenceWhileNobodyWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var idles atomic.Int32
		conn, err := openPipe(t, func(s *script) {
			s.login()
			s.answer("NOOP")
			for {
				tag, _ := s.hear("IDLE")
				s.say("+ idling")
				if s.line() != "DONE" {
					return
				}
				if idles.Add(1) == 3 {
					s.line()
				}
				s.say(tag + " OK done")
			}
		})
		require.NoError(t, err)
		rest(2 * time.Hour)
		require.NoError(t, conn.Client().Noop().Wait())

		idle, err := conn.Client().Idle()
		require.NoError(t, err)
		rest(70 * time.Minute) // the library restarts IDLE after 28 and 56 minutes
		require.NoError(t, conn.Err())
		require.EqualValues(t, 2, idles.Load())
		start := time.Now()
		require.NoError(t, idle.Close())
		err = conn.Classify(idle.Wait())
		require.Equal(t, "imap.timeout", storage.CauseCode(err))
		require.Equal(t, DefaultInactivity, time.Since(start).Truncate(time.Second))
		require.NoError(t, conn.Close())
	})
}

// A command that is pending beside IDLE would be answered before it; one after it is waited for.
func TestIdlePushes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		news := make(chan uint32, 1)
		conn, err := openPipe(t, func(s *script) {
			s.login()
			tag, _ := s.hear("IDLE")
			s.say("+ idling")
			rest(20 * time.Minute)
			s.say("* 23 EXISTS")
			s.line()
			s.say(tag + " OK done")
			s.hear("NOOP")
			s.line()
		}, func(c *Config) {
			c.Handler = &imapclient.UnilateralDataHandler{Mailbox: func(d *imapclient.UnilateralDataMailbox) { news <- *d.NumMessages }}
		})
		require.NoError(t, err)
		idle, err := conn.Client().Idle()
		require.NoError(t, err)
		require.EqualValues(t, 23, <-news)
		require.NoError(t, idle.Close())
		require.NoError(t, idle.Wait())
		start := time.Now()
		require.Equal(t, "imap.timeout", storage.CauseCode(conn.Classify(conn.Client().Noop().Wait())))
		require.Equal(t, DefaultInactivity, time.Since(start).Truncate(time.Second))
		require.NoError(t, conn.Close())
	})
}

// An upload may take as long as it moves, and what our side may still hold in its buffers counts as time that the server may need.
func TestSlowUpload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, err := openPipe(t, func(s *script) {
			s.loginWith("IMAP4rev1 AUTH=PLAIN SASL-IR")
			tag, _ := s.hear("APPEND")
			s.say("+ go")
			for left := 1 << 20; left > 0; {
				n, err := s.br.Read(make([]byte, min(left, 4096)))
				if err != nil {
					return
				}
				left -= n
				rest(3 * time.Second)
			}
			s.line()
			rest(100 * time.Second) // more than Inactivity, less than 1 MiB at 16 KiB/s more
			s.say(tag + " OK done")
		})
		require.NoError(t, err)
		cmd := conn.Client().Append("Sent", 1<<20, nil)
		_, err = cmd.Write(make([]byte, 1<<20))
		require.NoError(t, err)
		require.NoError(t, cmd.Close())
		_, err = cmd.Wait()
		require.NoError(t, err)
		require.NoError(t, conn.Close())
	})
}

func TestServerThatDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		over := make(chan struct{})
		defer close(over)
		conn, err := openPipe(t, func(s *script) { s.login(); <-over })
		require.NoError(t, err)
		start := time.Now()
		err = conn.Classify(conn.Client().Noop().Wait())
		require.Equal(t, "imap.timeout", storage.CauseCode(err))
		require.Equal(t, DefaultInactivity, time.Since(start).Truncate(time.Second))
		require.NoError(t, conn.Close())
	})
}
