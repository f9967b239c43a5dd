package imapconn

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"log/slog"
	"strconv"
	"strings"
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

// treatments lists the untagged responses that go-imap reads; it ends the connection on any other.
var treatments = map[string]treatment{
	"OK": rewrite, "NO": rewrite, "BAD": rewrite, "BYE": rewrite, "PREAUTH": drop, "CAPABILITY": drop,
	"FLAGS": rewrite, "LIST": rewrite, "STATUS": rewrite,
	"SEARCH": pass, "ESEARCH": pass, "SORT": pass, "THREAD": pass, "ENABLED": pass, "NAMESPACE": pass, "ID": pass,
	"METADATA": pass, "QUOTA": pass, "QUOTAROOT": pass, "ACL": pass, "MYRIGHTS": pass,
}

// numbered lists the responses that a number precedes (RFC 9051 §7.4, §7.5).
var numbered = map[string]bool{"EXISTS": true, "RECENT": true, "EXPUNGE": true, "FETCH": true}

// next reads a piece of a response and sets out and literal.
func (w *wire) next() error {
	chunk, err := w.br.ReadSlice('\n')
	if err != nil && err != bufio.ErrBufferFull {
		return err
	}
	if w.resp.active {
		return w.scan(chunk)
	}
	if len(bytes.TrimRight(chunk, "\r\n ")) == 0 {
		return nil // a blank line
	}
	kind, how := w.judge(chunk)
	w.resp = scanner{active: true, kind: kind, limit: w.maxLine, text: isText(chunk, kind), spans: how == pass}
	if kind == "SEARCH" || kind == "ESEARCH" || kind == "SORT" {
		w.resp.limit *= 16
	}
	if how == pass {
		return w.scan(chunk)
	}
	whole, err := w.gather(chunk)
	if err != nil {
		return err
	}
	if how == drop {
		w.logger.LogAttrs(context.Background(), slog.LevelDebug, "imap dropped", slog.String("type", kind))
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
	words := strings.Fields(string(chunk[:min(len(chunk), 100)]))
	if len(words) < 2 {
		return "", drop
	}
	if words[0] != "*" {
		return "tagged", rewrite
	}
	kind = strings.ToUpper(words[1])
	if number, err := strconv.ParseUint(kind, 10, 64); err == nil {
		if len(words) < 3 || number > 1<<32-1 {
			return "", drop
		}
		if kind = strings.ToUpper(words[2]); numbered[kind] {
			return kind, pass
		}
		return "", drop
	}
	if how, ok := treatments[kind]; ok {
		return kind, how
	}
	return "", drop
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
	w.out = chunk
	if size >= 0 {
		if err := w.admit(size); err != nil {
			return err
		}
		w.literal = size
	}
	if end {
		w.logger.LogAttrs(context.Background(), slog.LevelDebug, "imap", slog.String("dir", "S"), slog.String("type", w.resp.kind),
			slog.Int64("bytes", w.resp.used), slog.Int64("literals", w.resp.literals))
	}
	return nil
}

// admit judges a literal before it is read.
func (w *wire) admit(size int64) error {
	w.resp.literals += size
	if w.resp.kind == "FETCH" && w.resp.section() {
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

// gather reads a response to its end, of which at most rewriteMax bytes are kept.
func (w *wire) gather(chunk []byte) ([]byte, error) {
	var whole []byte
	for {
		whole = append(whole, chunk[:min(len(chunk), rewriteMax-len(whole))]...)
		end, size, err := w.resp.feed(chunk)
		if err != nil {
			return nil, w.link.die(err)
		}
		if end {
			return whole, nil
		}
		if size >= 0 {
			if err := w.admit(size); err != nil {
				return nil, err
			}
			keep := min(size, int64(rewriteMax-len(whole)))
			start := len(whole)
			whole = append(whole, make([]byte, keep)...)
			if _, err := io.ReadFull(w.br, whole[start:]); err != nil {
				return nil, w.cut(err)
			}
			if _, err := io.CopyN(io.Discard, w.br, size-keep); err != nil {
				return nil, w.cut(err)
			}
		}
		if chunk, err = w.br.ReadSlice('\n'); err != nil && err != bufio.ErrBufferFull {
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
