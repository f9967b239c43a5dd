package submit

import (
	"io"
	"net"
	"net/textproto"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"github.com/wneessen/go-mail/smtp"

	"github.com/mailcrm/sdk/mailcrm/internal/seal"
	"github.com/mailcrm/sdk/mailcrm/internal/signin"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// recorded is a connection whose other side has said all it will say, and then is silent.
type recorded struct {
	net.Conn
	says  io.Reader
	heard strings.Builder
}

func (r *recorded) Read(p []byte) (int, error) {
	if n, err := r.says.Read(p); err == nil {
		return n, nil
	}
	return 0, os.ErrDeadlineExceeded
}
func (r *recorded) Write(p []byte) (int, error)      { return r.heard.Write(p) }
func (r *recorded) SetReadDeadline(time.Time) error  { return nil }
func (r *recorded) SetWriteDeadline(time.Time) error { return nil }
func (r *recorded) SetDeadline(time.Time) error      { return nil }
func (r *recorded) Close() error                     { return nil }

// FuzzSession: whatever a server says, a session ends, and only a yes to the final dot is one.
func FuzzSession(f *testing.F) {
	f.Add("220 x\r\n250-x\r\n250-SIZE 1000\r\n250-DSN\r\n250 AUTH PLAIN\r\n235 ok\r\n250 ok\r\n250 ok\r\n354 go on\r\n250 <a@b> queued\r\n")
	f.Add("220 x\r\n250-x\r\n250 AUTH LOGIN\r\n334 \r\n334 \r\n235 ok\r\n250 ok\r\n450 no\r\n")
	f.Add("220 x\r\n502 x\r\n250 x\r\n")
	f.Add("220-\n220 \n250-\n250 AUTH=PLAIN\n")
	f.Add("\x00\xff\r\r\n")
	f.Fuzz(func(t *testing.T, says string) {
		conn := &recorded{says: strings.NewReader(says)}
		out := &outgoing{raw: conn, conn: &timed{Conn: conn, silence: time.Hour}, deadlines: Deadlines{}.orDefault(), release: func() bool { return true }}
		out.conn.listen()
		defer out.close()
		sub := &store.Submission{EnvelopeFrom: anna, Tag: "mc.x", RawSize: 3, Recipients: []store.Recipient{{Address: ben, State: "pending"}}}
		said := func(err error) bool {
			require.NotContains(t, causeDetail(classify(err)), "\n")
			require.LessOrEqual(t, len(causeDetail(err)), 500)
			return err != nil
		}
		client, err := smtp.NewClient(out.conn, "x")
		if err != nil {
			said(greetingError(err))
			return
		}
		out.client = client
		if said(client.Hello("x")) || said(out.login(signin.WithPassword(anna, seal.NewSecret(secret)), "127.0.0.1", 587)) || said(out.tooLarge(3)) || said(out.mail(sub)) || said(out.recipient(&sub.Recipients[0])) {
			return
		}
		if sub.Recipients[0].State != recipientUncertain || said(out.data(strings.NewReader("x\r\n"), 3)) {
			return
		}
		require.NotContains(t, conn.heard.String(), "\r\n.\r\n", "not before it may leave")
		reply, err := out.dot(t.Context())
		require.True(t, strings.HasSuffix(conn.heard.String(), "\r\nx\r\n.\r\n"))
		if err == nil {
			require.Contains(t, says, "2")
		}
		require.LessOrEqual(t, len(idsIn(reply)), 5)
	})
}

// FuzzAnswer: the words of a server are bounded, and its number decides.
func FuzzAnswer(f *testing.F) {
	f.Add(550, "5.1.1 no such user")
	f.Add(450, "5.1.1\n4.2.2 x")
	f.Add(250, "")
	f.Add(99, "\x00\xff")
	f.Fuzz(func(t *testing.T, code int, text string) {
		err := answer(&textproto.Error{Code: code, Msg: text})
		switch code / 100 {
		case 2:
			require.NoError(t, err)
		case 4:
			require.ErrorIs(t, err, storage.ErrTemporary)
		case 5:
			require.NotErrorIs(t, err, storage.ErrTemporary)
			require.NotEmpty(t, storage.CauseCode(err))
		default:
			require.Empty(t, storage.CauseCode(err), "no answer")
		}
		a, _ := asAnswer(err)
		for _, s := range []string{a.Text, a.Enhanced, causeDetail(err), causeDetail(loginError(signin.WithPassword(anna, seal.NewSecret(secret)), code, text, nil))} {
			require.LessOrEqual(t, len(s), 500)
			require.True(t, utf8.ValidString(s))
			require.NotContains(t, s, "\n")
			require.NotContains(t, s, "\x00")
		}
	})
}
