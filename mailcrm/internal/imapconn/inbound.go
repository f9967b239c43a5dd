package imapconn

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"strconv"

	"github.com/mailcrm/sdk/storage"
)

// rewriteMax bounds a response that is read whole to be rewritten; the text of a longer status line is cut.
const rewriteMax = 64 << 10

// treatment is what happens to a response.
type treatment int

const (
	pass    treatment = iota // it is given on as it comes
	rewrite                  // it is read whole and given on in a form that the library reads
	drop                     // the library does not hear of it
)

// response is a kind of untagged response and what happens to it.
type response struct {
	kind     string
	how      treatment
	numbered bool // a number precedes it (RFC 9051 §7.4, §7.5)
}

// responses lists what go-imap reads; it ends the connection on anything else.
var responses = byKind(
	response{"OK", rewrite, false}, response{"NO", rewrite, false}, response{"BAD", rewrite, false}, response{"BYE", rewrite, false},
	response{"PREAUTH", drop, false}, response{"CAPABILITY", drop, false},
	response{"FLAGS", rewrite, false}, response{"LIST", rewrite, false}, response{"STATUS", rewrite, false},
	response{"SEARCH", pass, false}, response{"ESEARCH", pass, false}, response{"SORT", pass, false}, response{"THREAD", pass, false},
	response{"EXISTS", pass, true}, response{"RECENT", pass, true}, response{"EXPUNGE", pass, true}, response{"FETCH", pass, true},
	response{"ENABLED", pass, false}, response{"NAMESPACE", pass, false}, response{"ID", pass, false}, response{"METADATA", pass, false},
	response{"QUOTA", pass, false}, response{"QUOTAROOT", pass, false}, response{"ACL", pass, false}, response{"MYRIGHTS", pass, false},
)

func byKind(list ...response) map[string]response {
	table := make(map[string]response, len(list))
	for _, r := range list {
		table[r.kind] = r
	}
	return table
}

// next reads a piece of a response and sets out and literal.
func (w *wire) next() error {
	chunk, err := w.br.ReadSlice('\n')
	if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
		return err
	}
	if w.resp.active {
		return w.scan(chunk)
	}
	if len(bytes.TrimRight(chunk, "\r\n ")) == 0 {
		return nil // a blank line
	}
	kind, how := w.judge(chunk)
	w.resp = scanner{active: true, kind: kind, limit: w.maxLine, text: isText(chunk, kind), spans: how == pass, tail: w.resp.tail[:0]}
	if kind == "SEARCH" || kind == "ESEARCH" || kind == "SORT" {
		w.resp.limit *= 16
	}
	if how == pass {
		w.mend = mender{}
		return w.scan(chunk)
	}
	keep := rewriteMax
	if how == drop {
		keep = 0
	}
	whole, err := w.gather(chunk, keep)
	if err != nil {
		return err
	}
	if how == drop {
		if w.debug {
			w.logger.LogAttrs(context.Background(), slog.LevelDebug, "imap", slog.String("dir", "S"), slog.String("dropped", printableCode(w.clean(kind))),
				slog.Int64("bytes", w.resp.used))
		}
		return nil
	}
	w.out = w.rewritten(kind, whole)
	return nil
}

// judge says what a response is and what happens to it, by its first words.
func (w *wire) judge(chunk []byte) (kind string, how treatment) {
	if chunk[0] == '+' {
		return "+", rewrite
	}
	first, rest := word(chunk)
	if string(first) != "*" {
		return "tagged", rewrite
	}
	second, rest := word(rest)
	_, err := strconv.ParseUint(string(second), 10, 32)
	if err == nil {
		second, _ = word(rest)
	}
	if len(second) > 20 {
		return "", drop
	}
	known, ok := responses[string(bytes.ToUpper(second))]
	if !ok || known.numbered != (err == nil) {
		return "", drop
	}
	return known.kind, known.how
}

// word takes the first word of a line; a word ends at a space, a parenthesis or the line end.
func word(line []byte) (first, rest []byte) {
	line = bytes.TrimLeft(line, " ")
	end := bytes.IndexAny(line, " (\r\n")
	if end < 0 {
		return line, nil
	}
	return line[:end], line[end:]
}

// isText says whether a response is a line without strings and literals.
func isText(chunk []byte, kind string) bool {
	switch kind {
	case "+", "tagged", "OK", "NO", "BAD", "BYE", "PREAUTH":
		return true
	}
	return !bytes.HasPrefix(chunk, []byte("* "))
}

// scan passes a piece of a response on and follows where it ends.
func (w *wire) scan(chunk []byte) error {
	end, size, err := w.resp.feed(chunk)
	if err != nil {
		return w.link.die(err)
	}
	if w.resp.kind == "SEARCH" || w.resp.kind == "ESEARCH" {
		if w.numbers += int64(len(chunk)); w.numbers > w.resp.limit {
			return w.link.die(tooMuch("the answer to a search", w.resp.limit))
		}
	}
	drop := false
	if w.out = chunk; w.resp.kind == "FETCH" {
		if !bytes.HasSuffix(chunk, []byte("\n")) || w.resp.quoted {
			w.mend.raw = true // too long to be looked at, or not a line at all
		}
		untouched := w.mend.raw
		w.out, drop = w.mend.piece(chunk)
		if announced, ok := literalAtEnd(w.out); !untouched && (ok != (size >= 0 && !drop) || ok && announced != size) {
			// The library would find the end of this response elsewhere than we do.
			return w.link.die(&storage.Cause{Code: "imap.syntax", Detail: "a FETCH with a literal out of place", Err: storage.ErrTemporary})
		}
	}
	if size >= 0 {
		if err := w.admit(size); err != nil {
			return err
		}
		if w.literal = size; drop {
			w.literal = 0
			if _, err := io.CopyN(io.Discard, w.br, size); err != nil {
				return w.cut(err)
			}
		}
	}
	if end && w.debug {
		w.logger.LogAttrs(context.Background(), slog.LevelDebug, "imap", slog.String("dir", "S"), slog.String("type", w.resp.kind),
			slog.Int64("bytes", w.resp.used), slog.Int64("literals", w.resp.literals))
	}
	return nil
}

// admit judges a literal before it is read.
func (w *wire) admit(size int64) error {
	w.resp.literals += size
	section := w.resp.kind == "FETCH" && w.resp.section()
	w.resp.tail = w.resp.tail[:0]
	if section {
		if size > w.maxLiteral {
			return w.link.die(tooMuch("a literal", w.maxLiteral))
		}
		return nil
	}
	if w.resp.used += size; w.resp.used > w.resp.limit {
		return w.link.die(tooMuch("a response", w.resp.limit))
	}
	return nil
}

// gather reads a response to its end, of which at most so many bytes are kept, until the next call.
func (w *wire) gather(chunk []byte, most int) ([]byte, error) {
	w.whole = w.whole[:0]
	for {
		w.whole = append(w.whole, chunk[:min(len(chunk), most-len(w.whole))]...)
		end, size, err := w.resp.feed(chunk)
		if err != nil {
			return nil, w.link.die(err)
		}
		if end {
			return w.whole, nil
		}
		if size >= 0 {
			if err := w.admit(size); err != nil {
				return nil, err
			}
			start, keep := len(w.whole), min(size, int64(most-len(w.whole)))
			w.whole = append(w.whole, make([]byte, keep)...)
			if _, err := io.ReadFull(w.br, w.whole[start:]); err != nil {
				return nil, w.cut(err)
			}
			if _, err := io.CopyN(io.Discard, w.br, size-keep); err != nil {
				return nil, w.cut(err)
			}
		}
		if chunk, err = w.br.ReadSlice('\n'); err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return nil, err
		}
	}
}

// cut is the link's own error where io made another of it.
func (w *wire) cut(err error) error {
	if cause := w.link.err(); cause != nil {
		return cause
	}
	return err
}
