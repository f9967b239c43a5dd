package imapconn

import (
	"bufio"
	"context"
	"log/slog"
	"net"
	"runtime"
	"strings"
	"sync"
	"time"
)

// wire is the net.Conn that go-imap reads and writes. Reading belongs to the library's one reading goroutine, writing to whoever holds its
// encoder; mu guards what both know: which commands are pending.
type wire struct {
	link       *link
	logger     *slog.Logger
	clean      func(string) string // takes secrets out of what the server says
	debug      bool                // the logger wants each response
	names      translation
	maxLine    int64
	maxLiteral int64

	// Reading; see inbound.go.
	br      *bufio.Reader
	out     []byte  // goes to the library next; may lie in br's buffer, so br is not touched before out is empty
	literal int64   // then so many bytes of a literal
	resp    scanner // the response that is being passed on
	mend    mender  // of the FETCH that is being passed on
	whole   []byte  // a response that is read whole
	numbers int64   // bytes of number lists since the last tagged answer

	// Writing; see outbound.go.
	line    []byte // of a command, not complete yet
	upload  int64  // bytes of a literal that are still to come
	within  bool   // the next line continues a command
	command outgoing

	mu       sync.Mutex
	pending  map[string]string // tag -> verb
	statuses map[string]string // tag of a STATUS command -> name as the library wrote it
	awaiting string            // tag of the command that waits for a continuation request
	idle     string            // tag of IDLE while it idles
}

func newWire(l *link, br *bufio.Reader, cfg *Config, names translation) *wire {
	return &wire{
		link: l, br: br, logger: cfg.Logger, clean: cfg.Credential.Clean, debug: cfg.Logger.Enabled(context.Background(), slog.LevelDebug), names: names, maxLine: cfg.MaxLine, maxLiteral: cfg.MaxLiteral,
		pending: map[string]string{}, statuses: map[string]string{},
	}
}

// Read gives the library what the server said, as far as the library can bear it.
func (w *wire) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for {
		switch {
		case len(w.out) > 0:
			n := copy(p, w.out)
			w.out = w.out[n:]
			return n, nil
		case w.literal > 0:
			n, err := w.br.Read(p[:min(int64(len(p)), w.literal)])
			w.literal -= int64(n)
			return n, err
		}
		if err := w.next(); err != nil {
			return 0, err
		}
	}
}

// Close is the library giving the connection up, unless it ended before.
func (w *wire) Close() error {
	_ = w.link.die(errGivenUp)
	return nil
}

// sent says that a command is on its way: from now on somebody waits.
func (w *wire) sent(tag, verb string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pending[tag] = verb
	w.settle()
}

// wants says that a command waits for a continuation request.
func (w *wire) wants(tag string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.awaiting = tag
}

// woken says that DONE is on its way, which ends IDLE.
func (w *wire) woken() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.idle = ""
	w.settle()
}

// continued takes a continuation request; it is not ok when no command waits for one.
func (w *wire) continued() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.awaiting == "" {
		return false
	}
	if w.pending[w.awaiting] == "IDLE" {
		w.idle = w.awaiting
	}
	w.awaiting = ""
	w.settle()
	return true
}

// answered takes a tagged answer; it is not ok when no command has that tag.
func (w *wire) answered(tag string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, ok := w.pending[tag]; !ok {
		return false
	}
	delete(w.pending, tag)
	delete(w.statuses, tag)
	if w.awaiting == tag {
		w.awaiting = ""
	}
	if w.idle == tag {
		w.idle = ""
	}
	w.settle()
	return true
}

// settle tells the link whether anybody waits. The caller holds mu.
func (w *wire) settle() {
	waiting := len(w.pending)
	if w.idle != "" {
		waiting--
	}
	w.link.waits(waiting > 0)
}

// awaited are the names, as the library wrote them, of the STATUS commands that are pending.
func (w *wire) awaited() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	names := make([]string, 0, len(w.statuses))
	for _, name := range w.statuses {
		names = append(names, name)
	}
	return names
}

// LocalAddr is that of the socket.
func (w *wire) LocalAddr() net.Addr { return w.link.under.LocalAddr() }

// RemoteAddr is that of the socket.
func (w *wire) RemoteAddr() net.Addr { return w.link.under.RemoteAddr() }

// SetDeadline does nothing: the library's deadlines are absolute and would cut slow literals off; the link has its own.
func (*wire) SetDeadline(time.Time) error { return nil }

// SetReadDeadline sets no deadline, as SetDeadline. Only the library's reading goroutine calls it, with a time before it reads on. When the
// connection has ended, it ends that goroutine right there, which runs its deferred clean-up: after an error inside a literal, whoever
// consumes the literal reads the library's buffer once more (FetchMessageData.Next discards what is left), and the goroutine would look
// into the same buffer at the same time.
func (w *wire) SetReadDeadline(t time.Time) error {
	if !t.IsZero() && w.link.err() != nil {
		runtime.Goexit()
	}
	return nil
}

// SetWriteDeadline does nothing, as SetDeadline.
func (*wire) SetWriteDeadline(time.Time) error { return nil }

// outgoing is the command that is being written.
type outgoing struct {
	tag, verb string
	bytes     int64
}

// mailboxVerbs are the commands whose quoted strings name mailboxes.
var mailboxVerbs = map[string]bool{
	"SELECT": true, "EXAMINE": true, "STATUS": true, "APPEND": true, "COPY": true, "MOVE": true, "CREATE": true, "DELETE": true,
	"RENAME": true, "SUBSCRIBE": true, "UNSUBSCRIBE": true,
}

// verbOf reads the verb of a command, without UID.
func verbOf(command string) (verb string, uid bool) {
	verb, rest, _ := strings.Cut(command, " ")
	if verb != "UID" {
		return verb, false
	}
	verb, _, _ = strings.Cut(rest, " ")
	return verb, true
}
