package imapconn

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
)

// commandMax bounds one line of a command: a set of UIDs that does not fit must be cut by whoever sends it.
const commandMax = 1 << 20

// Write takes what the library writes. Lines are held until they are complete, so that names can be translated and the command be known
// before the server can answer it.
func (w *wire) Write(p []byte) (int, error) {
	total := len(p)
	for len(p) > 0 {
		if w.upload > 0 {
			n, err := w.link.Write(p[:min(int64(len(p)), w.upload)])
			w.upload -= int64(n)
			w.command.bytes += int64(n)
			if err != nil {
				return total - len(p) + n, err
			}
			p = p[n:]
			continue
		}
		end := bytes.IndexByte(p, '\n') + 1
		if end == 0 {
			end = len(p)
		}
		if w.line = append(w.line, p[:end]...); len(w.line) > commandMax {
			return total - len(p), w.link.die(tooMuch("a command", commandMax))
		}
		p = p[end:]
		if !bytes.HasSuffix(w.line, []byte("\n")) {
			return total, nil
		}
		if err := w.sendLine(); err != nil {
			return total - len(p), err
		}
	}
	return total, nil
}

// sendLine sends one complete line of a command.
func (w *wire) sendLine() error {
	line := w.line
	w.line = w.line[:0]
	if string(line) == "DONE\r\n" && !w.within {
		w.woken()
		_, err := w.link.Write(line)
		return err
	}
	size, literal := literalAtEnd(line)
	if !w.within {
		tag, rest, _ := strings.Cut(strings.TrimRight(string(line), "\r\n"), " ")
		verb, uid := verbOf(rest)
		w.command = outgoing{tag: tag, verb: verb}
		if mailboxVerbs[verb] {
			line = w.translate(line)
		}
		if uid {
			w.command.verb = "UID " + verb
		}
		w.sent(tag, verb)
	}
	if literal && !bytes.HasSuffix(line, []byte("+}\r\n")) || w.command.verb == "IDLE" {
		w.wants(w.command.tag)
	}
	w.command.bytes += int64(len(line))
	w.upload, w.within = size, literal
	if !literal {
		w.logger.LogAttrs(context.Background(), slog.LevelDebug, "imap", slog.String("dir", "C"), slog.String("tag", w.command.tag),
			slog.String("verb", w.command.verb), slog.Int64("bytes", w.command.bytes))
	}
	_, err := w.link.Write(line)
	return err
}

// translate writes the names of mailboxes as the server spells them, and notes what a STATUS asks for.
func (w *wire) translate(line []byte) []byte {
	if len(w.names.toServer) == 0 && w.command.verb != "STATUS" {
		return line
	}
	var out []byte
	for c := (&cursor{b: line}); !c.done(); {
		start := c.i
		name, ok := c.quoted()
		if !ok {
			out = append(out, c.b[c.i])
			c.i++
			continue
		}
		if w.command.verb == "STATUS" {
			w.mu.Lock()
			w.statuses[w.command.tag] = name
			w.mu.Unlock()
		}
		if raw, known := w.names.toServer[name]; known {
			out = append(out, quote(raw)...)
		} else {
			out = append(out, c.b[start:c.i]...)
		}
	}
	return out
}
