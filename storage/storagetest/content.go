package storagetest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync/atomic"
)

// errContent is how a reader of this suite fails.
var errContent = errors.New("the content failed half-way")

// noise is n bytes that depend on seed.
func noise(n int, seed byte) []byte {
	content := make([]byte, n)
	state := uint32(seed) + 1
	for i := range content {
		state = state*1664525 + 1013904223
		content[i] = byte(state >> 24)
	}
	return content
}

// failing gives content and then fails instead of ending.
func failing(content []byte) io.Reader {
	return io.MultiReader(bytes.NewReader(content), readerFunc(func([]byte) (int, error) { return 0, errContent }))
}

// cancelling gives content without end, and ends a context in the middle of it. A driver that does not look at its context reads until limit.
func cancelling(cancel context.CancelFunc, limit int) io.Reader {
	read := 0
	return readerFunc(func(p []byte) (int, error) {
		if read += len(p); read > 64<<10 {
			cancel()
		}
		if read > limit {
			return 0, io.EOF
		}
		return len(p), nil
	})
}

// counting tells whether anybody read from it.
type counting struct {
	reader io.Reader
	reads  atomic.Int64
}

func (c *counting) Read(p []byte) (int, error) {
	c.reads.Add(1)
	return c.reader.Read(p)
}

// dribbling gives one byte a time, and the last one together with io.EOF.
func dribbling(content []byte) io.Reader {
	return readerFunc(func(p []byte) (int, error) {
		if len(content) == 0 || len(p) == 0 {
			return 0, io.EOF
		}
		p[0] = content[0]
		if content = content[1:]; len(content) == 0 {
			return 1, io.EOF
		}
		return 1, nil
	})
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// readAll reads content, at most limit bytes of it, and closes it.
func readAll(content io.ReadCloser, limit int64) ([]byte, error) {
	read, err := io.ReadAll(io.LimitReader(content, limit))
	return read, errors.Join(err, content.Close())
}
