package submit

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"time"
)

// Deadlines are how long a server may take (RFC 5321 §4.5.3.2). The zero value is the RFC's.
type Deadlines struct {
	Command  time.Duration // a whole answer to the greeting, EHLO, AUTH, MAIL, RCPT. Defaults to 5 min
	Data     time.Duration // the answer to DATA. Defaults to 2 min
	Progress time.Duration // to take 4 KiB of the mail. Defaults to 3 min
	Dot      time.Duration // the answer to the final dot. Defaults to 10 min
	Leave    time.Duration // the same, once we are stopping. Defaults to 15 s
}

func (d Deadlines) orDefault() Deadlines {
	set := func(v *time.Duration, fallback time.Duration) {
		if *v == 0 {
			*v = fallback
		}
	}
	set(&d.Command, 5*time.Minute)
	set(&d.Data, 2*time.Minute)
	set(&d.Progress, 3*time.Minute)
	set(&d.Dot, 10*time.Minute)
	set(&d.Leave, 15*time.Second)
	return d
}

// maxAnswer is how many bytes a server may say before we speak again: answers are short.
const maxAnswer = 64 << 10

// errChatter ends a connection whose server says more than maxAnswer.
var errChatter = errors.New("the server says more than any answer has")

// timed is a connection that is spoken on in turns. Each write has the time of its phase, and so has the answer to it as a whole: a server that drips a byte
// a minute is as silent as one that says nothing. One goroutine reads and writes; hurry may be called from another.
type timed struct {
	net.Conn
	silence time.Duration // of this phase
	said    string        // to be read before what the connection brings
	by      time.Time     // when the answer must be there
	room    int           // bytes that it may still have
	failed  error         // ends it: who was silent once is not waited for again
	end     atomic.Int64  // in Unix nanoseconds: nothing waits longer; 0: no end
}

// listen begins our turn to listen.
func (t *timed) listen() { t.by, t.room = time.Now().Add(t.silence), maxAnswer }

func (t *timed) Read(p []byte) (int, error) {
	if t.said != "" {
		n := copy(p, t.said)
		t.said = t.said[n:]
		return n, nil
	}
	if t.room <= 0 {
		t.failed = errChatter
	}
	if t.failed == nil {
		t.failed = t.arm(t.SetReadDeadline, t.by)
	}
	if t.failed != nil {
		return 0, t.failed
	}
	n, err := t.Conn.Read(p[:min(len(p), t.room)])
	t.room, t.failed = t.room-n, err
	return n, err
}

func (t *timed) Write(p []byte) (int, error) {
	if t.failed == nil {
		t.failed = t.arm(t.SetWriteDeadline, time.Now().Add(t.silence))
	}
	if t.failed != nil {
		return 0, t.failed
	}
	n, err := t.Conn.Write(p)
	t.failed = err
	t.listen()
	return n, err
}

// arm sets a deadline, but none after the end. The end may come while it does so: then it is seen here, or hurry's own deadline is the last that is set.
func (t *timed) arm(set func(time.Time) error, by time.Time) error {
	if err := set(t.sooner(by)); err != nil {
		return err
	}
	if is := t.sooner(by); is.Before(by) {
		return set(is)
	}
	return nil
}

func (t *timed) sooner(by time.Time) time.Time {
	if end := t.end.Load(); end != 0 && time.Unix(0, end).Before(by) {
		return time.Unix(0, end)
	}
	return by
}

// hurry gives whatever is waited for at most d from now.
func (t *timed) hurry(d time.Duration) {
	end := time.Now().Add(d)
	t.end.Store(end.UnixNano())
	_ = t.SetDeadline(end)
}

// settle is the time for writing down what is known, also when ctx has ended.
func settle(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
}
