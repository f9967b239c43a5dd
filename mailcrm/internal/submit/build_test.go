package submit

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// TestReferences: the first, the newest and ours, each once and whole.
func TestReferences(t *testing.T) {
	var all []string
	for i := range 100 {
		all = append(all, "id"+strconv.Itoa(i)+"@x")
	}
	ids := strings.Fields(references(&Mail{References: all, Tag: "mc.t", From: store.Address{Address: "a@BÜCHER.example"}}))
	require.Len(t, ids, maxReferences+1)
	require.Equal(t, "<id0@x>", ids[0])
	require.Equal(t, "<id71@x>", ids[1])
	require.Equal(t, "<id99@x>", ids[maxReferences-1])
	require.Equal(t, "<mc.t@xn--bcher-kva.example>", ids[maxReferences])
	require.Equal(t, "id0@x", all[0])
	require.Equal(t, "id1@x", all[1], "the caller's list is left alone")
	require.Empty(t, references(&Mail{}))
}

// TestNewMessageID: unique, and at the sender's domain as it may stand in a header.
func TestNewMessageID(t *testing.T) {
	a, b := NewMessageID("01hx", "anna@Bücher.example"), NewMessageID("01hx", "anna@Bücher.example")
	require.NotEqual(t, a, b)
	require.Regexp(t, `^01hx\.[0-9a-f]{18}@xn--bcher-kva\.example$`, a)
	require.Regexp(t, `@localhost$`, NewMessageID("01hx", "nonsense"))
	require.Regexp(t, `@localhost$`, NewMessageID("01hx", "a@b\r\nX-Evil: 1"))
}

// TestWireAddress is what may stand on the wire.
func TestWireAddress(t *testing.T) {
	for in, want := range map[string]string{
		" Ben@Client.Example ": "Ben@client.example", "a@b.": "a@b", "jörg@MÜNCHEN.example": "jörg@xn--mnchen-3ya.example", "x@faß.example": "x@xn--fa-hia.example",
		`"a.b"@c.example`: "a.b@c.example", "o'neil+x=y/z@c.example": "o'neil+x=y/z@c.example", "x@[127.0.0.1]": "x@[127.0.0.1]", "x@[ipv6:::1]": "x@[IPv6:::1]",
	} {
		got, err := WireAddress(in)
		require.NoError(t, err, in)
		require.Equal(t, want, got)
	}
	for _, in := range []string{
		"", "a", "@", "a@", "@b", "a b@c.example", `"a b"@c.example`, `"a\"b"@c.example`, "a@b c", "a@b>", "<a@b>", "a@b\r\n", "a\r@b", "a\n@b", "a\x00@b", "a\u2028@b", "a\u0085@b",
		"a@b\u2028c.example", "a@b..c", "a@-.example", "a@b@c", "a,b@c", "a@[1.2.3]", strings.Repeat("a", 250) + "@b.example", "a@" + strings.Repeat("a", 64) + ".example", "a\xff@b.example",
	} {
		got, err := WireAddress(in)
		if in == "a@b\r\n" { // space around it is dropped
			require.Equal(t, "a@b", got)
			continue
		}
		require.ErrorIs(t, err, storage.ErrInvalid, "%q became %q", in, got)
	}
}

// TestBuildRefuses what could not be a mail.
func TestBuildRefuses(t *testing.T) {
	broken := errors.New("broken disk")
	for name, change := range map[string]func(*Mail){
		"no sender": func(m *Mail) { m.From.Address = "" }, "no address": func(m *Mail) { m.To[0].Address = "ben" }, "bad cc": func(m *Mail) { m.Cc = []store.Address{{Address: "a b@c"}} },
		"bad reply-to": func(m *Mail) { m.ReplyTo = "x" }, "reply-to that nobody can answer": func(m *Mail) { m.ReplyTo = "añña@demo.example" }, "no id": func(m *Mail) { m.MessageID = "" },
		"bad id":         func(m *Mail) { m.MessageID = "a\r\nX-Evil: 1@b" },
		"bad content id": func(m *Mail) { m.Attachments = []Attachment{picture("a b", "x")} },
	} {
		m := goldenOf(golden(name, func(*Mail) {}))
		change(m)
		require.ErrorIs(t, Build(t.Context(), m, io.Discard), storage.ErrInvalid, name)
	}
	for name, open := range map[string]func() (io.ReadCloser, error){
		"that does not open": func() (io.ReadCloser, error) { return nil, broken },
		"that breaks": func() (io.ReadCloser, error) {
			return io.NopCloser(io.MultiReader(strings.NewReader("ab"), failing{broken})), nil
		},
		"that is too short": func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("ab")), nil },
		"that is too long":  func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("abcd")), nil },
		"that does not close": func() (io.ReadCloser, error) {
			return struct {
				io.Reader
				io.Closer
			}{strings.NewReader("abc"), failing{broken}}, nil
		},
	} {
		m := goldenOf(golden(name, func(m *Mail) {
			m.Attachments = []Attachment{attached("fine.txt", "text/plain", "x"), {Name: "a.txt", Size: 3, Open: open}, attached("after.txt", "text/plain", "x")}
		}))
		err := Build(t.Context(), m, io.Discard)
		require.Error(t, err, "a mail with a file "+name)
		if !strings.Contains(name, "too") {
			require.ErrorIs(t, err, broken)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	m := goldenOf(golden("x", func(m *Mail) { m.Attachments = []Attachment{attached("a", "", "x")} }))
	require.ErrorIs(t, Build(ctx, m, io.Discard), context.Canceled)
	require.ErrorIs(t, Build(t.Context(), goldenOf(golden("x", func(*Mail) {})), failing{broken}), broken)
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error)  { return 0, f.err }
func (f failing) Write([]byte) (int, error) { return 0, f.err }
func (f failing) Close() error              { return f.err }

// TestMemory: a mail of 25 MiB takes the room of its largest file, encoded, and no more for having two.
func TestMemory(t *testing.T) {
	const size = 25 << 20
	big := func() (io.ReadCloser, error) { return io.NopCloser(io.LimitReader(zeros{}, size)), nil }
	m := goldenOf(golden("x", func(m *Mail) {
		m.Attachments = []Attachment{{Name: "a.bin", Size: size, Open: big}, {Name: "b.bin", Size: size, Open: big}}
	}))
	runtime.GC()
	var peak, now runtime.MemStats
	runtime.ReadMemStats(&now)
	base := now.HeapAlloc
	w := &counting{each: 1 << 20, look: func() {
		runtime.GC()
		runtime.ReadMemStats(&now)
		peak.HeapAlloc = max(peak.HeapAlloc, now.HeapAlloc)
	}}
	require.NoError(t, Build(t.Context(), m, w))
	require.Greater(t, w.n, int64(2*size*4/3))
	t.Logf("peak %d MiB for %d MiB", (peak.HeapAlloc-base)>>20, w.n>>20)
	require.Less(t, peak.HeapAlloc-base, uint64(3*size))
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

type counting struct {
	n, since, each int64
	look           func()
}

func (c *counting) Write(p []byte) (int, error) {
	c.n, c.since = c.n+int64(len(p)), c.since+int64(len(p))
	if c.since >= c.each {
		c.since = 0
		c.look()
	}
	return len(p), nil
}

// FuzzBuild: whatever people and strangers write into a mail, it has the fields that it has, and no more.
func FuzzBuild(f *testing.F) {
	for _, evil := range evils {
		f.Add(evil, evil, evil, evil, evil)
	}
	f.Add("", "", "", "", "")
	f.Fuzz(func(t *testing.T, subject, name, fileName, text, id string) {
		m := goldenOf(golden("x", func(m *Mail) {
			m.Subject, m.From.Name, m.Text, m.HTML, m.References, m.InReplyTo = subject, name, text, text, []string{id}, id
			m.Attachments = []Attachment{attached(fileName, text, "x")}
		}))
		raw := build(t, m)
		checkLines(t, raw)
		got, err := mimemail.Parse(bytes.NewReader([]byte(raw)), nil)
		require.NoError(t, err)
		require.Len(t, got.Parts, map[bool]int{true: 2, false: 3}[text == ""])
		require.Equal(t, m.MessageID, got.MessageID)
		require.Equal(t, anna, got.From[0].Address)
		onlyKnown(t, raw)
	})
}
