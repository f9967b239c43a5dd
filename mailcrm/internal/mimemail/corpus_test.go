package mimemail

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// corpora is the folder of mails that others wrote, beside the repository; without it the test is skipped.
func corpora(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	require.NoError(t, err)
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		require.NotEqual(t, filepath.Dir(dir), dir, "no go.mod above the test")
		dir = filepath.Dir(dir)
	}
	dir = filepath.Join(filepath.Dir(dir), "shared", "corpora")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the corpora of mails are not beside the repository (../shared/corpora)")
	}
	return dir
}

// mails walks over every mail of the corpora; a file that holds many is taken apart.
func mails(t testing.TB, visit func(name string, raw []byte)) {
	t.Helper()
	root := corpora(t)
	require.NoError(t, filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		switch filepath.Ext(path) {
		case ".json", ".xml", ".out", ".html", ".vcf", ".csv", ".bin", ".tnef", ".png", ".pdf", ".jpg", ".css", ".tsv", ".md":
			return nil
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		if !strings.Contains(name, "mbox") {
			visit(name, raw)
			return nil
		}
		for i, one := range splitMbox(raw) {
			visit(fmt.Sprintf("%s:%d", name, i+1), one)
		}
		return nil
	}))
}

// mboxLine is the line between the mails of an mbox file (RFC 4155).
var mboxLine = regexp.MustCompile(`(?m)^From [^\n]*\d\d:\d\d[^\n]*\n`)

func splitMbox(raw []byte) (out [][]byte) {
	begin := 0
	for _, at := range mboxLine.FindAllIndex(raw, -1) {
		if at[0] > begin && bytes.HasSuffix(bytes.ReplaceAll(raw[max(at[0]-3, 0):at[0]], []byte("\r"), nil), []byte("\n\n")) {
			out = append(out, raw[begin:at[0]])
			begin = at[0]
		}
	}
	return append(out, raw[begin:])
}

// A row is what came of the mails of one corpus.
type row struct {
	mails, text, html, files, empty, marked int
	slowest                                 time.Duration
	memory                                  uint64
}

// TestCorpora parses every mail that others wrote: none may panic, none may get lost, none may compute for more than two seconds or take more
// than 256 MB. It prints a table of what came of them: mails whose text is shown, whose HTML is, that are files alone, that hold nothing, and
// that were marked with a defect.
func TestCorpora(t *testing.T) {
	rows := map[string]*row{}
	all := &row{}
	defects := map[DefectCode]int{}
	mails(t, func(name string, raw []byte) {
		corpus, _, _ := strings.Cut(name, "/")
		if rows[corpus] == nil {
			rows[corpus] = &row{}
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		begin := cpuTime()
		m, err := Parse(bytes.NewReader(raw), nil)
		took := cpuTime() - begin
		runtime.ReadMemStats(&after)
		require.NoError(t, err, name)
		require.EqualValues(t, len(raw), m.Size, name)
		require.NotEmpty(t, m.Parts, name)
		for _, d := range m.Defects {
			defects[d.Code]++
		}
		for _, r := range []*row{rows[corpus], all} {
			r.add(m, took, after.TotalAlloc-before.TotalAlloc)
		}
		checkMessage(t, m)
		checkNothingLost(t, name, raw, m)
	})
	require.Greater(t, all.mails, 4000)
	require.Less(t, all.slowest, slower*2*time.Second)
	require.Less(t, all.memory, uint64(256<<20))
	table := fmt.Sprintf("%-26s %6s %6s %6s %6s %6s %7s %10s %9s\n", "", "mails", "text", "html", "files", "empty", "marked", "slowest", "allocated")
	for _, corpus := range append(slices.Sorted(maps.Keys(rows)), "together") {
		r := rows[corpus]
		if corpus == "together" {
			r = all
		}
		table += fmt.Sprintf("%-26s %6d %6d %6d %6d %6d %7d %10v %6.1f MB\n", corpus, r.mails, r.text, r.html, r.files, r.empty, r.marked, r.slowest.Round(10*time.Microsecond), float64(r.memory)/1e6)
	}
	t.Logf("\n%s%v", table, defects)
}

func (r *row) add(m *Message, took time.Duration, memory uint64) {
	r.mails++
	switch {
	case strings.TrimSpace(m.Text) != "":
		r.text++
	case strings.TrimSpace(m.HTML) != "":
		r.html++
	case len(m.Attachments()) > 0:
		r.files++
	default:
		r.empty++
	}
	if len(m.Defects) > 0 {
		r.marked++
	}
	r.slowest, r.memory = max(r.slowest, took), max(r.memory, memory)
}

// checkNothingLost opens every part that Parse listed, and asks that a mail with readable words shows some.
func checkNothingLost(t *testing.T, name string, raw []byte, m *Message) {
	for _, p := range m.Parts {
		got, r, err := OpenPart(bytes.NewReader(raw), p.Path)
		require.NoError(t, err, "%s %s", name, p.Path)
		n, err := io.Copy(io.Discard, r)
		require.NoError(t, err)
		require.Equal(t, p.Size, n, "%s %s", name, p.Path)
		require.Equal(t, p.MediaType, got.MediaType)
	}
	shown := int64(0)
	for _, b := range m.Bodies {
		shown += int64(len(b.Text))
	}
	for _, p := range m.Parts {
		if p.Attachment || p.Inline {
			shown += p.Size
		}
	}
	if shown == 0 {
		body := raw[min(len(m.Header.Raw()), len(raw)):]
		require.Less(t, len(bytes.TrimSpace(body)), 400, "%s: a body that came to nothing", name)
	}
}

// checkMessage asks what must be true of every message, however hostile the mail.
func checkMessage(t testing.TB, m *Message) {
	t.Helper()
	line := func(s string) {
		if !utf8.ValidString(s) || strings.IndexFunc(s, unicode.IsControl) >= 0 || len(s) > maxSubject {
			require.Fail(t, "no clean line", "%q", s)
		}
	}
	line(m.Subject)
	line(m.ListID)
	for _, list := range [][]Address{m.From, m.Sender, m.ReplyTo, m.To, m.Cc, m.Bcc, m.DispositionNotificationTo} {
		require.LessOrEqual(t, len(list), maxAddresses)
		for _, a := range list {
			line(a.Name)
			line(a.Address)
			if n := a.Normal(); a == (Address{}) || n != "" && n != NormalAddress(n) {
				require.Fail(t, "no address", "%q %q", a, n)
			}
		}
	}
	for _, list := range [][]string{{m.MessageID}, m.InReplyTo, m.References, m.OriginalIDs} {
		require.LessOrEqual(t, len(list), maxIDs)
		for _, id := range list {
			line(id)
			if len(id) > maxIDLength || strings.ContainsAny(id, "<> ") {
				require.Fail(t, "no identifier", "%q", id)
			}
		}
	}
	text := func(s string) {
		require.True(t, utf8.ValidString(s))
		require.False(t, strings.ContainsAny(s, "\x00\r"))
	}
	text(m.Text)
	text(m.HTML)
	bodies := map[string]bool{}
	for _, b := range m.Bodies {
		text(b.Text)
		bodies[b.Path] = true
		require.True(t, b.InText || b.InHTML)
	}
	paths := map[string]bool{}
	require.LessOrEqual(t, len(m.Parts), DefaultMaxParts)
	for _, p := range m.Parts {
		require.False(t, paths[p.Path], "two parts at %s", p.Path)
		paths[p.Path] = true
		require.Equal(t, bodies[p.Path], p.Body)
		require.False(t, p.Body && (p.Inline || p.Attachment) || p.Inline && p.Attachment)
		line(p.FileName)
		require.Equal(t, CleanFileName(p.FileName), p.FileName)
		require.NotContains(t, p.FileName, "/")
		require.True(t, utf8.ValidString(p.RawFileName))
		require.True(t, p.Size >= 0)
	}
	require.LessOrEqual(t, len(m.Defects), maxDefects)
	require.Len(t, m.Key(), 64)
	if o, ok := m.Original(); ok {
		require.NotEmpty(t, o.From.Normal())
		for _, s := range []string{o.From.Name, o.From.Address, o.Written, o.Subject, o.MessageID} {
			line(s)
		}
		require.Equal(t, o.How == Attached, o.Path != "")
	}
	snippet := m.Snippet(100)
	line(snippet)
	require.LessOrEqual(t, utf8.RuneCountInString(snippet), 100)
}
