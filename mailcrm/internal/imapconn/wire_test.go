package imapconn

import (
	"bufio"
	"bytes"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/stretchr/testify/require"
)

// canned is a connection on which everything was said already.
type canned struct{ io.Reader }

func (canned) Write(p []byte) (int, error)      { return len(p), nil }
func (canned) Close() error                     { return nil }
func (canned) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (canned) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (canned) SetDeadline(time.Time) error      { return nil }
func (canned) SetReadDeadline(time.Time) error  { return nil }
func (canned) SetWriteDeadline(time.Time) error { return nil }

// cannedWire is the wire of a session in which commands T1 to T9 are pending and T1 waits for a continuation request.
func cannedWire(data []byte, cfg *Config) *wire {
	l := newLink(canned{bytes.NewReader(data)}, time.Minute)
	w := newWire(l, bufio.NewReaderSize(l, readBuffer), cfg, newTranslation([]Listed{{Name: "R&D", Raw: "R&D"}}))
	for tag := byte('1'); tag <= '9'; tag++ {
		w.sent("T"+string(tag), "NOOP")
	}
	w.wants("T1")
	return w
}

// FuzzWire holds for whatever a server sends: the wire ends, with an error that says why and is not io.EOF; it never gives the library more
// than it was given and what rewriting adds; and go-imap behind it ends too.
func FuzzWire(f *testing.F) {
	for _, seed := range []string{
		"* 1 FETCH (UID 7 FLAGS (\\Seen) BODY[] {3}\r\nabc)\r\nT1 OK done\r\n",
		"* LIST () \"/\" R&D\r\n* STATUS {3}\r\nR&D (MESSAGES 5)\r\nT2 NO [X \"]\"] y\r\n",
		"+ x\r\n+ y\r\n* XYZ {4}\r\nab\r\nT3 OK\r\n",
		"* SEARCH 1 2 3\r\n* ESEARCH (TAG \"T4\") UID ALL 1:4\r\nT4 OK [COPYUID 1 2 3] x\r\n",
		"* OK [PERMANENTFLAGS (\\* \"x)] y\r\n* FLAGS (a b\r\n\r\n* 99999999999 EXISTS\r\nT5 BAD\r\n* BYE\r\n",
		"* 1 FETCH (ENVELOPE (\"a\r\nb {5}\" NIL) BODY[1]<5> ~{0}\r\n)\r\n",
	} {
		f.Add([]byte(seed))
	}
	cfg := Config{MaxLine: 4 << 10, MaxLiteral: 8 << 10, Logger: slog.New(slog.DiscardHandler)}
	f.Fuzz(func(t *testing.T, data []byte) {
		w := cannedWire(data, &cfg)
		out, err := io.ReadAll(w)
		require.Error(t, err)
		require.NotErrorIs(t, err, io.EOF)
		require.Equal(t, w.link.err(), err)
		require.LessOrEqual(t, len(out), 5*len(data)+1000)

		w = cannedWire(data, &cfg)
		w.out = []byte("* PREAUTH [CAPABILITY IMAP4rev1] ready\r\n")
		client := imapclient.New(w, nil)
		cmd := client.Fetch(imap.UIDSetNum(7), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{{Peek: true}}})
		_, _ = cmd.Collect()
		<-client.Closed()
		require.Error(t, w.link.err())
	})
}

// The rewriting that FuzzWire allows for, by example.
func TestRewritten(t *testing.T) {
	cfg := Config{MaxLine: DefaultMaxLine, MaxLiteral: DefaultMaxLiteral, Logger: slog.New(slog.DiscardHandler)}
	for said, want := range map[string]string{
		"T1 ok [copyuid 1 2:3 4:5]done":          "T1 OK [COPYUID 1 2:3 4:5] done",
		"T1 NO [TRYCREATE] [x] y":                "T1 NO [TRYCREATE] x] y",
		"T1 NO [BADCHARSET (\"a]b\" c)] y":       "T1 NO [BADCHARSET] y",
		"* OK [CAPABILITY IMAP4rev2] y":          "* OK y",
		"* OK [PERMANENTFLAGS (\\Seen \"\")] y":  "* OK [PERMANENTFLAGS (\\Seen)] y",
		"* OK [APPENDUID 1 99999999999] y":       "* OK y",
		"* LIST (\\a \"/\" x":                    "",
		"* LIST () \"é\" R&D":                    "* LIST () \"é\" \"R&-D\"",
		"* LIST (\\Sent \"b ad\") \"//\" x":      "",
		"* LIST () NIL x (\"OLDNAME\" (\"y\"))":  "* LIST () NIL \"x\"",
		"* STATUS R&D (MESSAGES 5 SIZE -1)":      "* STATUS \"R&-D\" (MESSAGES 5)",
		"* FLAGS (\\Seen x \"y\" z{} \\* \\)":    "* FLAGS (\\Seen x y \\*)",
		"* 5 fetch (UID 7)":                      "* 5 fetch (UID 7)",
		"* 5 FETCH(UID 7)":                       "* 5 FETCH (UID 7)",
		"*  5  FETCH (UID 7)":                    "* 5 FETCH (UID 7)",
		"* 5 SEARCH":                             "",
		"* SEARCH 5":                             "* SEARCH 5",
		"+ ":                                     "+ go on",
		"* OK " + strings.Repeat("x", 2*textMax): "* OK " + strings.Repeat("x", textMax),
	} {
		out, err := io.ReadAll(cannedWire([]byte(said+"\r\n"), &cfg))
		require.Error(t, err)
		require.Equal(t, want, strings.TrimSuffix(string(out), "\r\n"), said)
	}
}
