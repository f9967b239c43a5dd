package imapconn

import (
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/storage"
)

// What is well formed is not touched.
func TestMendLeavesWellFormed(t *testing.T) {
	for _, line := range []string{
		`* 12 FETCH (UID 7 FLAGS (\Seen $Forwarded) INTERNALDATE "01-Jan-2026 00:00:00 +0000" RFC822.SIZE 123 MODSEQ (18446744073709551615))`,
		`* 12 FETCH (INTERNALDATE " 1-Jan-2026 00:00:00 -0130" FLAGS () UID 4294967295)`,
		`* 1 FETCH (UID 7 BODY[HEADER.FIELDS (DATE "X-A")] "a \"b\" (c" BODY[1.2.MIME]<0> NIL BODY[TEXT] {5}`,
		`* 1 FETCH (BODY[] ~{5}`,
		`* 1 FETCH (UID 7 ENVELOPE (NIL "a)b" ((NIL NIL "x" "y")) NIL) BODYSTRUCTURE ("TEXT" "PLAIN" NIL NIL NIL "7BIT" 3 1) BODY ("a" "b"))`,
		`* 1 FETCH (UID 7 ENVELOPE ("date" {5}`,
		`* 1 FETCH (BINARY[1] {5}`,
		`* 1 FETCH (BINARY.SIZE[1] 7 body[] NIL uid 3)`,
		`* 1 FETCH ()`,
		`* 1 FETCH`,
	} {
		out, drop := (&mender{}).piece([]byte(line + "\r\n"))
		require.False(t, drop)
		require.Equal(t, line+"\r\n", string(out))
	}
}

func TestMend(t *testing.T) {
	for said, want := range map[string]string{
		`* 1 FETCH (UID 7 INTERNALDATE NIL RFC822.SIZE NIL FLAGS NIL)`:         `* 1 FETCH (UID 7 FLAGS ())`,
		`* 1 FETCH (UID 7 INTERNALDATE "yesterday" RFC822.SIZE -1)`:            `* 1 FETCH (UID 7)`,
		`* 1 FETCH (INTERNALDATE "" UID 7)`:                                    `* 1 FETCH (UID 7)`,
		`* 1 FETCH (INTERNALDATE " 1-Jan-0001 00:00:00 +0000" UID 7)`:          `* 1 FETCH (UID 7)`,
		`* 1 FETCH (UID 7 RFC822.SIZE 99999999999999999999)`:                   `* 1 FETCH (UID 7)`,
		`* 1 FETCH (UID 7 RFC822.SIZE +5)`:                                     `* 1 FETCH (UID 7)`,
		`* 1 FETCH (UID 99999999999 FLAGS (\Seen))`:                            `* 1 FETCH (FLAGS (\Seen))`,
		`* 1 FETCH (UID 7 FLAGS (\Seen "Work stuff" ( ) \ ] [x{ $ok))`:         `* 1 FETCH (UID 7 FLAGS (\Seen $ok))`,
		`* 1 FETCH (UID 7 FLAGS ( ))`:                                          `* 1 FETCH (UID 7 FLAGS ())`,
		`* 1 FETCH (UID 7 X-GM-LABELS ("\\Inbox" a) X-GM-MSGID 5 EMAILID (x))`: `* 1 FETCH (UID 7)`,
		`* 1 FETCH (X-ODD "a ) b" UID 7)`:                                      `* 1 FETCH (UID 7)`,
		`* 1 FETCH (UID 7  FLAGS (\Seen)   RFC822.SIZE 5 )`:                    `* 1 FETCH (UID 7 FLAGS (\Seen) RFC822.SIZE 5)`,
		`*  1  FETCH(UID 7)`:                                                   `* 1 FETCH (UID 7)`,
		`* 1 FETCH (UID 7 BODYSTRUCTURE NIL ENVELOPE NIL)`:                     `* 1 FETCH (UID 7)`,
		`* 1 FETCH (UID 7 BODY[] nil)`:                                         `* 1 FETCH (UID 7 BODY[] NIL)`,
		`* 1 FETCH (UID 7 BODY[] 5 BODY[1] x)`:                                 `* 1 FETCH (UID 7)`,
		`* 1 FETCH (UID 7 MODSEQ 5 MODSEQ (x))`:                                `* 1 FETCH (UID 7)`,
		`* 1 FETCH (UID 7 MODSEQ () X[] 5)`:                                    `* 1 FETCH (UID 7)`,
		`* 1 FETCH (UID 7 X {abc} BODY[] {5} BODY[1] "x")`:                     `* 1 FETCH (UID 7 BODY[1] "x")`,
		`* 1 FETCH (UID 7 BODY[] {5} X y`:                                      `* 1 FETCH (UID 7`,
		`* 1 FETCH (UID 7 BODY[]{5} X y`:                                       `* 1 FETCH (UID 7`,
		`* 1 FETCH (UID 7) extra`:                                              `* 1 FETCH (UID 7) extra`,
		`* 1 FETCH (UID 7 "x" y)`:                                              `* 1 FETCH (UID 7 "x" y)`,
		`* 1 FETCH (UID 7 ENVELOPE ((()`:                                       `* 1 FETCH (UID 7 ENVELOPE ((()`,
	} {
		out, drop := (&mender{}).piece([]byte(said + "\r\n"))
		require.False(t, drop)
		require.Equal(t, want, strings.TrimSuffix(string(out), "\r\n"), said)
	}
}

// A mail arrives whole whatever else the server says about it.
func TestMendInTheSession(t *testing.T) {
	const body = "From: a\r\n\r\n(\"{7}\r\n"
	mail := "BODY[] {18}\r\n" + body
	for _, said := range []string{
		`* 1 FETCH (UID 7 FLAGS (\Seen "two words") INTERNALDATE NIL RFC822.SIZE NIL ` + mail + `)`,
		`* 1 FETCH (UID 7 X-TEXT {5}` + "\r\nab)\"( FLAGS (\\Seen) " + mail + " X-MORE {3}\r\nabc X-LAST (1 (2 \")\")))",
		`* 1 FETCH (RFC822 {3}` + "\r\nabc UID 7 FLAGS (\\Seen) " + mail + ` RFC822.SIZE -1 INTERNALDATE "x")`,
		`* 1 FETCH (FLAGS (\Seen) UID 7 ` + mail + ` )`,
		`* 1 FETCH (UID 7 FLAGS (\Seen) ENVELOPE (NIL {3}` + "\r\na\"b NIL NIL NIL NIL NIL NIL NIL NIL) " + mail + ")",
		`* 1 FETCH (UID 7 FLAGS (\Seen) X-LONG "` + strings.Repeat("x", 20_000) + `" ` + mail + `)`,
	} {
		conn := open(t, func(s *script) {
			s.login()
			s.answer("UID FETCH", said)
			s.answer("NOOP")
		})
		mails, err := fetchErr(conn, 7)
		require.NoError(t, conn.Classify(err), said)
		require.Len(t, mails, 1, said)
		require.Equal(t, []imap.Flag{imap.FlagSeen}, mails[0].Flags, said)
		require.Len(t, mails[0].BodySection, 1, said)
		require.Equal(t, body, string(mails[0].BodySection[0].Bytes), said)
		require.True(t, mails[0].InternalDate.Equal(time.Time{}))
		require.NoError(t, conn.Client().Noop().Wait())
	}
}

// A literal that the library would not see as one must not be passed on: its bytes would be read as lines, beyond every limit.
func TestMendLiteralOutOfPlace(t *testing.T) {
	for _, said := range []string{"* 1 FETCH (UID 7 BODY[]{99999999}\r\n", "* 1 FETCH (UID 7 X[]{99999999}\r\n", "* 1 FETCH (UID 7 BODY[1{99999999}\r\n"} {
		conn := open(t, func(s *script) { s.login(); s.hear("UID FETCH"); s.flood(said, "x", 99999999, ")\r\n") })
		var err error
		grown := heapWhile(func() { _, err = fetchErr(conn, 7) })
		require.Equal(t, "imap.syntax", storage.CauseCode(conn.Classify(err)))
		require.Less(t, grown, uint64(32<<20))
		require.NoError(t, conn.Close())
	}
}

// FuzzMend holds for any piece: mending what was mended changes nothing any more.
func FuzzMend(f *testing.F) {
	f.Add([]byte(`* 1 FETCH (UID 7 FLAGS (\Seen "x") INTERNALDATE NIL BODY[HEADER.FIELDS ("a")]<0> {5}`))
	f.Add([]byte(`* 1 FETCH (X (a "b)") RFC822.SIZE -1 ENVELOPE (NIL) UID 3) x`))
	f.Fuzz(func(t *testing.T, line []byte) {
		once, drop := (&mender{}).piece(append(line, "\r\n"...))
		if drop {
			return
		}
		require.LessOrEqual(t, len(once), len(line)+10)
		twice, _ := (&mender{}).piece([]byte(string(once)))
		require.Equal(t, string(once), string(twice))
	})
}
