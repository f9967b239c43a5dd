package imapconn

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"strconv"
	"strings"

	"github.com/mailcrm/sdk/storage"
)

const (
	rawResponse = 64 << 10 // one response before the session, literals included
	rawTotal    = 16 << 20 // all of them
	readBuffer  = 32 << 10
)

// raw speaks IMAP by hand, one command at a time, until the library takes over. It is used by one goroutine.
type raw struct {
	link  *link
	cfg   *Config
	br    *bufio.Reader
	tags  int
	total int64
	caps  Caps

	mailboxes  []Listed
	unreadable int
	namespaces Namespaces
}

func newRaw(l *link, cfg *Config) *raw {
	return &raw{link: l, cfg: cfg, br: bufio.NewReaderSize(l, readBuffer)}
}

// run does everything before the session.
func (r *raw) run(ctx context.Context) error {
	if r.cfg.Security != StartTLS {
		r.wrap()
	}
	if err := r.greeting(); err != nil {
		return err
	}
	if r.cfg.Security == StartTLS {
		if err := r.startTLS(ctx); err != nil {
			return err
		}
	}
	if err := r.authenticate(); err != nil {
		return err
	}
	if err := r.identify(); err != nil {
		return err
	}
	if !r.cfg.List {
		r.mailboxes = r.cfg.Mailboxes
		return nil
	}
	if err := r.namespace(); err != nil {
		return err
	}
	return r.list()
}

// wrap puts the connection of a test under IMAP.
func (r *raw) wrap() {
	if r.cfg.Wrap != nil {
		r.link.replace(r.cfg.Wrap(r.link.conn))
	}
}

// response reads one whole response: its line, and where a line ends in a literal, the literal and the rest. The bytes are as they came,
// without the last line end.
func (r *raw) response() ([]byte, error) {
	var whole []byte
	line := 0 // where the line begins that is being read
	for {
		chunk, err := r.br.ReadSlice('\n')
		whole = append(whole, chunk...)
		if r.total += int64(len(chunk)); r.total > rawTotal || len(whole) > rawResponse {
			return nil, r.link.die(tooMuch("a response before the session", min(rawTotal, rawResponse)))
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil {
			return nil, err
		}
		size, ok := literalAtEnd(whole[line:])
		if !ok || !carriesLiterals(whole) {
			return bytes.TrimRight(whole, "\r\n"), nil
		}
		if size > rawResponse-int64(len(whole)) {
			return nil, r.link.die(tooMuch("a literal before the session", rawResponse))
		}
		start := len(whole)
		whole = append(whole, make([]byte, size)...)
		r.total += size
		if _, err := io.ReadFull(r.br, whole[start:]); err != nil {
			if cause := r.link.err(); cause != nil {
				return nil, cause
			}
			return nil, err
		}
		line = len(whole)
	}
}

// carriesLiterals says whether a response is data: status lines and continuation requests are text to their end.
func carriesLiterals(line []byte) bool {
	if !bytes.HasPrefix(line, []byte("* ")) {
		return false
	}
	_, isStatus := parseStatus(line)
	return !isStatus
}

// line sends a line.
func (r *raw) line(text string) error {
	_, err := r.link.Write([]byte(text + "\r\n"))
	return err
}

// begin sends a command under a new tag. The log gets only its verb.
func (r *raw) begin(command string) (tag string, err error) {
	r.tags++
	tag = "a" + strconv.Itoa(r.tags)
	verb, _, _ := strings.Cut(command, " ")
	r.cfg.Logger.LogAttrs(context.Background(), slog.LevelDebug, "imap", slog.String("dir", "C"), slog.String("tag", tag), slog.String("verb", verb))
	return tag, r.line(tag + " " + command)
}

// command sends a command and reads up to its tagged answer, whatever that says. Untagged data goes to each, which may be nil.
func (r *raw) command(command string, each func(data []byte)) (status, error) {
	tag, err := r.begin(command)
	if err != nil {
		return status{}, err
	}
	answer, more, err := r.await(tag, each)
	if err != nil {
		return status{}, err
	}
	if more != nil {
		return status{}, r.link.die(notIMAP("a continuation request that nothing asked for"))
	}
	return answer, nil
}

// await reads up to the tagged answer or, when the server wants more, up to a continuation request: its text is then not nil.
func (r *raw) await(tag string, each func(data []byte)) (answer status, more []byte, err error) {
	for {
		line, err := r.response()
		if err != nil {
			return status{}, nil, err
		}
		switch {
		case len(bytes.TrimSpace(line)) == 0:
			continue
		case line[0] == '+':
			return status{}, append([]byte{}, bytes.TrimPrefix(line[1:], []byte(" "))...), nil
		}
		s, ok := parseStatus(line)
		switch {
		case ok && s.tag == tag:
			r.logStatus(s)
			r.learn(s)
			return s, nil, nil
		case ok && s.tag != "*":
			return status{}, nil, r.link.die(notIMAP("an answer to a command that was not sent"))
		case ok && s.kind == "BYE":
			r.logStatus(s)
			r.link.goodbye(r.goodbye(s))
		case ok:
			r.learn(s)
		case bytes.HasPrefix(line, []byte("* ")):
			data := line[2:]
			if caps, is := cutWord(data, "CAPABILITY"); is {
				r.caps = parseCaps(string(caps))
			} else if each != nil {
				each(data)
			}
		default:
			return status{}, nil, r.link.die(notIMAP("a line that is no response"))
		}
	}
}

// learn takes the capabilities out of a response code.
func (r *raw) learn(s status) {
	if s.code == "CAPABILITY" {
		r.caps = parseCaps(s.args)
	}
}

func (r *raw) logStatus(s status) {
	r.cfg.Logger.LogAttrs(context.Background(), slog.LevelDebug, "imap", slog.String("dir", "S"), slog.String("tag", s.tag),
		slog.String("status", s.kind), slog.String("code", printableCode(r.cfg.Credential.Clean(s.code))))
}

// goodbye is the error of a connection that ends after BYE.
func (r *raw) goodbye(s status) error {
	s.text = r.detail(s.text)
	return goodbye(s)
}

// detail is what the server said, fit for an error: one line, and withheld where it repeats a secret.
func (r *raw) detail(text string) string { return oneLine(r.cfg.Credential.Clean(text)) }

// refusal is the error of a command that was answered with NO or BAD.
func (r *raw) refusal(s status) error {
	return refusal(s.kind, s.code, r.detail(s.text))
}

// cutWord takes an upper- or lower-case word and the space after it from the front of data.
func cutWord(data []byte, word string) (rest []byte, ok bool) {
	if len(data) < len(word) || !strings.EqualFold(string(data[:len(word)]), word) {
		return nil, false
	}
	rest = data[len(word):]
	if len(rest) > 0 && rest[0] != ' ' {
		return nil, false
	}
	return bytes.TrimLeft(rest, " "), true
}

func notIMAP(what string) error {
	return &storage.Cause{Code: "imap.greeting", Detail: what, Err: storage.ErrUnavailable}
}

func tooMuch(what string, limit int64) error {
	return &storage.Cause{Code: "imap.limit", Detail: what + " is longer than " + strconv.FormatInt(limit, 10) + " bytes", Err: storage.ErrLimit}
}
