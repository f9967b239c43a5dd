package submit

import (
	"bufio"
	"context"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/wneessen/go-mail/smtp"

	"github.com/mailcrm/sdk/mailcrm/internal/seal"
	"github.com/mailcrm/sdk/mailcrm/internal/signin"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
)

var verbs = []string{"GREETING", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "DOT", "QUIT"}

// short is a time that has passed soon, and long one that has not.
const (
	short = 200 * time.Millisecond
	long  = time.Minute
)

// TestSilence: a server that falls silent at a verb has its time, and no more. Before the final dot the mail waits, after it nobody knows.
func TestSilence(t *testing.T) {
	drip := func(p *peer, _ string) bool { // says something all the time, and never all of it
		tick := time.NewTicker(short / 4)
		defer tick.Stop()
		gone := make(chan struct{})
		go func() { defer close(gone); p.wait() }()
		for {
			select {
			case <-gone:
				return false
			case <-tick.C:
				_, _ = io.WriteString(p.conn, "250-x\r\n2")
			}
		}
	}
	for name, how := range map[string]func(*peer, string) bool{"silent": silence, "dripping": drip} {
		for _, verb := range verbs {
			t.Run(name+"/"+verb, func(t *testing.T) {
				t.Parallel()
				d := dialog{security: "tls", on: map[string]func(*peer, string) bool{verb: how}}
				if verb == "QUIT" {
					d.on[verb] = silence
				}
				on := d.start(t)
				w := newWorld(t, on, "tls")
				w.Deadlines = Deadlines{Command: long, Data: long, Progress: long, Dot: long, Leave: long}
				switch verb {
				case "DATA":
					w.Deadlines.Data = short
				case "DOT":
					w.Deadlines.Dot = short
				case "QUIT":
				default:
					w.Deadlines.Command = short
				}
				start := time.Now()
				sub := w.try(w.queue(ben).ID)
				require.Less(t, time.Since(start), long/2)
				switch verb {
				case "QUIT":
					require.Equal(t, store.Accepted, sub.State)
					require.Empty(t, sub.Code)
					require.Len(t, on.got(), 1)
				case "DOT":
					require.Equal(t, store.Uncertain, sub.State)
					require.Equal(t, "smtp.uncertain", sub.Code)
					require.Equal(t, []string{"uncertain"}, states(sub))
					require.True(t, sub.Finished.IsZero())
					require.Contains(t, w.events(sub.ID), "outbox.uncertain")
				default:
					require.Equal(t, store.Queued, sub.State)
					require.Contains(t, []string{"smtp.timeout", "smtp.connection_lost", "smtp.greeting"}, sub.Code)
					if name == "silent" {
						require.Equal(t, "smtp.timeout", sub.Code)
					}
					require.Equal(t, []string{"pending"}, states(sub))
					require.Equal(t, w.clock().Add(time.Minute), sub.NextTry)
				}
			})
		}
	}
}

// TestSlowServer: no deadline but its own counts in a phase, and an answer that is late, but not too late, is an answer.
func TestSlowServer(t *testing.T) {
	t.Parallel()
	late := func(p *peer, _ string) bool {
		<-time.After(3 * short)
		p.take("2.0.0 queued")
		return true
	}
	on := dialog{security: "tls", on: map[string]func(*peer, string) bool{"DOT": late}}.start(t)
	w := newWorld(t, on, "tls")
	id := w.queue(ben).ID
	out, err := w.connect(t.Context(), w.acc, signin.WithPassword(anna, seal.NewSecret(secret)))
	require.NoError(t, err)
	defer out.close()
	sub := w.stored(id)
	out.deadlines = Deadlines{Command: long, Data: long, Progress: short, Dot: long, Leave: short}
	require.NoError(t, w.transact(t.Context(), &w.lease, held, w.acc, sub, out))
	require.Equal(t, store.Accepted, w.stored(id).State)
}

// TestSlowBody: a server that takes a mail slowly takes it: each piece has the time anew.
func TestSlowBody(t *testing.T) {
	t.Parallel()
	const progress = time.Second // for one piece of 4 KiB, on a machine that is busy
	ours, theirs := net.Pipe()
	defer ours.Close()
	size, took := 0, make(chan time.Duration, 1)
	go func() {
		defer close(took)
		in := bufio.NewReader(theirs)
		_, _ = io.WriteString(theirs, "220 x\r\n")
		_, _ = in.ReadString('\n')
		_, _ = io.WriteString(theirs, "250 x\r\n")
		_, _ = in.ReadString('\n')
		_, _ = io.WriteString(theirs, "354 x\r\n")
		tick, start := time.NewTicker(progress/5), time.Now()
		defer tick.Stop()
		piece := make([]byte, 4096)
		for range 8 { // all that was written
			n, err := in.Read(piece)
			if size += n; err != nil {
				return
			}
			<-tick.C
		}
		took <- time.Since(start)
		_, _ = io.Copy(io.Discard, in)
	}()
	conn := &timed{Conn: ours, silence: long}
	conn.listen()
	client, err := smtp.NewClient(conn, "x")
	require.NoError(t, err)
	require.NoError(t, client.Hello("x"))
	out := &outgoing{conn: conn, client: client, deadlines: Deadlines{Data: long, Progress: progress}}
	body := strings.Repeat(strings.Repeat("x", 62)+"\r\n", 512)
	require.NoError(t, out.data(strings.NewReader(body), int64(len(body))))
	select {
	case is := <-took:
		require.Greater(t, is, progress, "it took longer in all than a piece may")
	case <-time.After(10 * progress):
		require.Fail(t, "the server waits for what was written")
	}
	require.Equal(t, len(body), size, "nothing is left but the dot")

	// And one that takes nothing has its time.
	out.deadlines.Progress, conn.silence = short, short
	_ = theirs.Close()
	conn.failed = nil
	stuck, _ := net.Pipe()
	conn.Conn = stuck
	_, err = conn.Write([]byte("x"))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	_, err = conn.Read(make([]byte, 1))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded, "and is not waited for again")
}

// TestStuckBody: a server that stops taking the mail has its time, and the mail waits.
func TestStuckBody(t *testing.T) {
	t.Parallel()
	on := dialog{security: "tls", on: map[string]func(*peer, string) bool{"DATA": func(p *peer, _ string) bool {
		p.say("354 go on")
		<-p.server.stop
		return false
	}}}.start(t)
	w := newWorld(t, on, "tls")
	w.Deadlines.Progress = short
	m := &Mail{MessageID: "12345678901@demo.example", From: store.Address{Address: anna}, To: []store.Address{{Address: ben}}}
	raw := "Message-ID: <" + m.MessageID + ">\r\n\r\n" + strings.Repeat("more than any buffer between us holds\r\n", 16<<20/39)
	sub := w.try(w.queueBytes(m, []byte(raw)).ID)
	require.Equal(t, store.Queued, sub.State)
	require.Equal(t, "smtp.timeout", sub.Code)
}

// TestStopped: when we are told to stop before the final dot, the mail stays as it was.
func TestStopped(t *testing.T) {
	for _, verb := range verbs[:6] {
		t.Run(verb, func(t *testing.T) {
			t.Parallel()
			ctx, stop := context.WithCancel(t.Context())
			on := dialog{security: "tls", on: map[string]func(*peer, string) bool{verb: func(p *peer, line string) bool { stop(); return silence(p, line) }}}.start(t)
			w := newWorld(t, on, "tls")
			before := w.queue(ben)
			start := time.Now()
			require.ErrorIs(t, w.send(ctx, held, before.ID), context.Canceled)
			require.Less(t, time.Since(start), 10*time.Second)
			require.Equal(t, before, w.stored(before.ID))
			require.Empty(t, w.events(before.ID))
			require.NotContains(t, w.log.String(), "nobody knows")

			on.become(dialog{security: "tls"})
			require.Equal(t, store.Accepted, w.try(before.ID).State, "it leaves at once when we are back")
		})
	}
}

// TestStoppedAtTheDot: the durable state is written, the dot is not: the mail stays, and everybody knows.
func TestStoppedAtTheDot(t *testing.T) {
	for name, at := range map[string]int{"before the state": 1, "after the state": 2} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			on := dialog{security: "tls"}.start(t)
			w := newWorld(t, on, "tls")
			ctx, stop := context.WithCancel(t.Context())
			calls := 0
			confirm := func() error {
				if calls++; calls == at {
					stop()
				}
				return nil
			}
			id := w.queue(ben).ID
			require.ErrorIs(t, w.send(ctx, confirm, id), context.Canceled)
			sub := w.stored(id)
			require.Equal(t, store.Queued, sub.State)
			require.Equal(t, []string{"pending"}, states(sub))
			require.Empty(t, on.got())
			require.Equal(t, store.Accepted, w.try(id).State)
			require.Len(t, on.got(), 1)
		})
	}
}

// TestStoppedAfterTheDot: the answer is waited for, for a moment; whatever it is, it is written down.
func TestStoppedAfterTheDot(t *testing.T) {
	for _, c := range []struct {
		says, state, code, recipient string
	}{
		{"250 2.0.0 queued", store.Accepted, "", "accepted"},
		{"451 4.3.0 not now", store.Queued, "smtp.temporary", "pending"},
		{"554 5.7.1 spam", store.Rejected, "smtp.rejected", "rejected"},
		{"", store.Uncertain, "smtp.uncertain", "uncertain"},
		{"250-2.0.0", store.Uncertain, "smtp.uncertain", "uncertain"},
	} {
		t.Run("says "+c.says, func(t *testing.T) {
			t.Parallel()
			ctx, stop := context.WithCancel(t.Context())
			on := dialog{security: "tls", on: map[string]func(*peer, string) bool{"DOT": func(p *peer, _ string) bool {
				stop()
				if !strings.Contains(c.says, " ") {
					_, _ = io.WriteString(p.conn, c.says)
					p.wait()
					return false
				}
				<-time.After(short)
				p.say("%s", c.says)
				return true
			}}}.start(t)
			w := newWorld(t, on, "tls")
			w.Deadlines.Dot, w.Deadlines.Leave = long, 5*short
			start := time.Now()
			id := w.queue(ben).ID
			require.NoError(t, w.send(ctx, held, id))
			require.Less(t, time.Since(start), long/2)
			sub := w.stored(id)
			require.Equal(t, c.state, sub.State)
			require.Equal(t, c.code, sub.Code)
			require.Equal(t, []string{c.recipient}, states(sub))
			require.Equal(t, 1, sub.Attempts)
		})
	}
}

// TestOutOfTime: a slice that ends because a server was slow is the server's fault, and the mail does not come again at once.
func TestOutOfTime(t *testing.T) {
	t.Parallel()
	on := dialog{security: "tls", on: map[string]func(*peer, string) bool{"MAIL": silence}}.start(t)
	w := newWorld(t, on, "tls")
	ctx, done := context.WithTimeout(t.Context(), 2*short)
	defer done()
	id := w.queue(ben).ID
	require.NoError(t, w.send(ctx, held, id))
	sub := w.stored(id)
	require.Equal(t, store.Queued, sub.State)
	require.Equal(t, "smtp.timeout", sub.Code)
	require.Equal(t, w.clock().Add(time.Minute), sub.NextTry)
}

// TestHurry: whoever comes last, the end holds.
func TestHurry(t *testing.T) {
	pipe, _ := net.Pipe()
	between := &timed{Conn: pipe}
	var set []time.Time
	require.NoError(t, between.arm(func(by time.Time) error {
		if set = append(set, by); len(set) == 1 {
			between.hurry(time.Second) // comes after the end was asked for, and before the deadline is set
		}
		return nil
	}, time.Now().Add(long)))
	require.Len(t, set, 2)
	require.WithinDuration(t, time.Now().Add(time.Second), set[1], long/2)
	for range 200 {
		ours, theirs := net.Pipe()
		conn := &timed{Conn: ours, silence: long}
		conn.listen()
		go conn.hurry(time.Millisecond)
		_, err := conn.Read(make([]byte, 1))
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		_ = ours.Close()
		_ = theirs.Close()
	}
}

// TestRFCDeadlines are those of RFC 5321 §4.5.3.2.
func TestRFCDeadlines(t *testing.T) {
	require.Equal(t, Deadlines{Command: 5 * time.Minute, Data: 2 * time.Minute, Progress: 3 * time.Minute, Dot: 10 * time.Minute, Leave: 15 * time.Second}, Deadlines{}.orDefault())
	require.Equal(t, Deadlines{1, 2, 3, 4, 5}, Deadlines{1, 2, 3, 4, 5}.orDefault())
}
