package imapconn

import (
	"fmt"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/storage"
)

// flood says something of n bytes between two ends, without holding it.
func (s *script) flood(before, unit string, n int64, after string) {
	s.bytes(before)
	chunk := strings.Repeat(unit, 64<<10/len(unit))
	for ; n > 0; n -= int64(len(chunk)) {
		piece := min(n, int64(len(chunk)))
		s.bytes(chunk[:piece-piece%int64(len(unit))])
	}
	s.bytes(after)
}

// heapWhile is how much the heap grew while f ran, at its highest.
func heapWhile(f func()) uint64 {
	heap := func() uint64 {
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		metrics.Read(sample)
		return sample[0].Value.Uint64()
	}
	runtime.GC()
	before := heap()
	stop, done := make(chan struct{}), make(chan uint64)
	go func() {
		most := before
		ticks := time.NewTicker(time.Millisecond)
		defer ticks.Stop()
		for {
			most = max(most, heap())
			select {
			case <-stop:
				done <- most - before
				return
			case <-ticks.C:
			}
		}
	}()
	f()
	close(stop)
	return <-done
}

// What took go-imap alone to gigabytes ends here in an error that says the limit, within a heap of 32 MiB.
func TestFloods(t *testing.T) {
	const lots = 600 << 20
	for name, test := range map[string]struct {
		say  func(s *script)
		code string
	}{
		"mailbox name":           {func(s *script) { s.flood("* LIST () \"/\" {209715200}\r\n", "x", 200<<20, "\r\n") }, "imap.limit"},
		"subject":                {func(s *script) { s.flood("* 1 FETCH (ENVELOPE (NIL {209715200}\r\n", "x", 200<<20, "") }, "imap.limit"},
		"quoted body":            {func(s *script) { s.flood("* 1 FETCH (UID 7 BODY[] \"", "x", lots, "\")\r\n") }, "imap.limit"},
		"status text":            {func(s *script) { s.flood("* OK ", "x", lots, "\r\n") }, "imap.limit"},
		"unknown response":       {func(s *script) { s.flood("* XYZ ", "x", lots, "\r\n") }, "imap.limit"},
		"literal too long":       {func(s *script) { s.say(fmt.Sprintf("* 1 FETCH (UID 7 BODY[] {%d}", DefaultMaxLiteral+1)) }, "imap.limit"},
		"literal of 2^62":        {func(s *script) { s.say("* 1 FETCH (UID 7 BODY[] {4611686018427387904}") }, "imap.limit"},
		"forged section":         {func(s *script) { s.flood("* 1 FETCH (ENVELOPE (NIL \"] \" ] {209715200}\r\n", "x", 200<<20, "") }, "imap.limit"},
		"line end in quotes":     {func(s *script) { s.flood("* 1 FETCH (ENVELOPE (\"", "ab\r\n", lots, "") }, "imap.limit"},
		"status literal":         {func(s *script) { s.flood("* OK {629145600}\r\n", "x", lots, "") }, "imap.limit"},
		"search":                 {func(s *script) { s.flood("* SEARCH", " 7", lots, "\r\n") }, "imap.limit"},
		"many searches":          {func(s *script) { s.flood("", "* SEARCH 1 2 3 4 5 6 7 8 9\r\n", lots, "") }, "imap.limit"},
		"search in no order":     {func(s *script) { s.flood("* SEARCH", " 9 5", 1<<20, "\r\n") }, "imap.limit"},
		"ESEARCH in no order":    {func(s *script) { s.flood("* ESEARCH (TAG \"T1\") UID ALL 1", ",9,5", 1<<20, "\r\n") }, "imap.limit"},
		"parentheses":            {func(s *script) { s.flood("* 1 FETCH (BODYSTRUCTURE ", "(", 900<<10, "\r\n") }, "imap.limit"},
		"thread of parentheses":  {func(s *script) { s.flood("* THREAD ", "(", 900<<10, "\r\n") }, "imap.limit"},
		"responses nobody wants": {func(s *script) { s.flood("", "* XYZ\r\n", 8<<20, ""); s.say("* BYE") }, "imap.bye"},
		"blank lines":            {func(s *script) { s.flood("", "\r\n", 8<<20, ""); s.say("* BYE") }, "imap.bye"},
	} {
		t.Run(name, func(t *testing.T) {
			conn := open(t, func(s *script) {
				s.login()
				s.hear()
				test.say(s)
			})
			var err error
			grown := heapWhile(func() { _, err = fetchErr(conn, 7) })
			require.Equal(t, test.code, storage.CauseCode(conn.Classify(err)), "%v", conn.Err())
			require.Less(t, grown, uint64(32<<20))
			require.NoError(t, conn.Close())
		})
	}
}

// The same before the session.
func TestFloodsBeforeTheSession(t *testing.T) {
	for name, say := range map[string]func(s *script){
		"greeting": func(s *script) { s.flood("* OK ", "x", 100<<20, "\r\n") },
		"name": func(s *script) {
			s.login()
			s.hear("LIST")
			s.flood("* LIST () \"/\" {104857600}\r\n", "x", 100<<20, "\r\n")
		},
		"name 2^62": func(s *script) { s.login(); s.hear("LIST"); s.say("* LIST () \"/\" {4611686018427387904}"); s.hear() },
		"long list": func(s *script) {
			s.login()
			s.hear("LIST")
			s.flood("", "* LIST () \"/\" same-name-over-and-over\r\n", 100<<20, "")
		},
		"other data": func(s *script) { s.login(); s.hear("LIST"); s.flood("", "* XYZ\r\n", 100<<20, "") },
		"challenge": func(s *script) {
			s.say("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi")
			s.hear()
			s.flood("+ ", "A", 100<<20, "\r\n")
		},
		"many lists": func(s *script) {
			s.login()
			s.hear("LIST")
			for i := range mailboxesMax + 1 {
				s.say(fmt.Sprintf(`* LIST () "/" n%d`, i))
			}
			s.say("a2 OK done")
		},
	} {
		t.Run(name, func(t *testing.T) {
			srv := serve(t, say)
			cfg := srv.config()
			cfg.List = true
			var err error
			grown := heapWhile(func() { _, err = Open(t.Context(), cfg) })
			require.Equal(t, "imap.limit", storage.CauseCode(err))
			require.ErrorIs(t, err, storage.ErrLimit)
			require.Less(t, grown, uint64(48<<20))
		})
	}
}

// At the limits themselves all is well.
func TestAtTheLimits(t *testing.T) {
	const literal, line = 3 << 20, 100 << 10
	conn := open(t, func(s *script) {
		s.login()
		tag, _ := s.hear("UID FETCH")
		s.flood(fmt.Sprintf("* 1 FETCH (UID 7 BODY[] {%d}\r\n", literal), "x", literal, ")\r\n"+tag+" OK done\r\n")
		tag, _ = s.hear("UID FETCH")
		head, foot := "* 1 FETCH (UID 7 BODY[] \"", "\")\r\n"
		s.flood(head, "x", int64(line-len(head)-len(foot)), foot+tag+" OK done\r\n")
		tag, _ = s.hear("UID SEARCH")
		s.bytes("* SEARCH")
		for uid := range 200_000 {
			s.bytes(fmt.Sprintf(" %d", 2*uid+1))
		}
		s.say("", tag+" OK done")
		s.answer("UID SEARCH", "* SEARCH"+strings.Repeat(" 9 5", disorderMax/2))
	}, func(c *Config) { c.MaxLiteral, c.MaxLine = literal, line })
	require.Len(t, fetch(t, conn, 7)[0].BodySection[0].Bytes, literal)
	require.Len(t, fetch(t, conn, 7)[0].BodySection[0].Bytes, line-len("* 1 FETCH (UID 7 BODY[] \"\")\r\n"))
	data, err := conn.Client().UIDSearch(&imap.SearchCriteria{}, nil).Wait()
	require.NoError(t, err)
	require.Len(t, data.AllUIDs(), 200_000)
	data, err = conn.Client().UIDSearch(&imap.SearchCriteria{}, nil).Wait()
	require.NoError(t, err)
	require.Len(t, data.AllUIDs(), 2)
}

func TestCommandLimit(t *testing.T) {
	conn := open(t, func(s *script) { s.login(); s.hear() })
	var set imap.UIDSet
	for uid := range imap.UID(200_000) {
		set.AddNum(2*uid + 1)
	}
	_, err := conn.Client().Fetch(set, &imap.FetchOptions{UID: true}).Collect()
	require.Equal(t, "imap.limit", storage.CauseCode(conn.Classify(err)))
}
