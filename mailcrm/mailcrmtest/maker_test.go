package mailcrmtest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"mime"
	netmail "net/mail"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // old mail programs write ISO-8859-1
	"github.com/emersion/go-message/mail"
	"github.com/stretchr/testify/require"
)

// parse reads a mail with two readers that have nothing to do with how it was written, all of it, without an error.
func parse(t *testing.T, raw []byte) (*netmail.Message, *message.Entity) {
	t.Helper()
	require.NotContains(t, strings.ReplaceAll(string(raw), "\r\n", ""), "\n", "every line ends with CRLF")
	require.NotContains(t, strings.ReplaceAll(string(raw), "\r\n", ""), "\r")
	for line := range strings.SplitSeq(string(raw), "\r\n") {
		require.LessOrEqual(t, len(line), 998)
	}
	plain, err := netmail.ReadMessage(bytes.NewReader(raw))
	require.NoError(t, err)
	_, err = plain.Header.Date()
	require.NoError(t, err)
	for _, name := range []string{"From", "To", "Cc", "Bcc", "Reply-To"} {
		if plain.Header.Get(name) != "" {
			_, err := plain.Header.AddressList(name)
			require.NoError(t, err, name)
		}
	}
	entity, err := message.Read(bytes.NewReader(raw))
	require.NoError(t, err)
	parts := 0
	require.NoError(t, entity.Walk(func(_ []int, e *message.Entity, err error) error {
		require.NoError(t, err)
		parts++
		_, _, err = e.Header.ContentType()
		require.NoError(t, err)
		if e.MultipartReader() == nil {
			_, err = io.Copy(io.Discard, e.Body)
			require.NoError(t, err)
		}
		return nil
	}))
	require.Positive(t, parts)
	return plain, entity
}

func TestMakeSameSeedSameBytes(t *testing.T) {
	sum := func(o MakerOptions) string {
		h := sha256.New()
		for m := range Make(o) {
			_, _ = h.Write(m.Raw)
			_, _ = h.Write([]byte(m.Folder + strings.Join(m.Flags, ",") + strings.Join(m.Known, ",")))
		}
		return hex.EncodeToString(h.Sum(nil))
	}
	o := MakerOptions{Seed: 1, Messages: 300, Spread: true}
	require.Equal(t, sum(o), sum(o))
	// Pinned: benchmarks of different days compare the same mails.
	require.Equal(t, "b792b9ecd3b8ac2381a9d52ad89b28efe173eb04de2a25d384fe9adffb5c5d87", sum(o))
	require.NotEqual(t, sum(o), sum(MakerOptions{Seed: 2, Messages: 300, Spread: true}))
}

func TestMakeIsBelievable(t *testing.T) {
	o := MakerOptions{Seed: 7, Messages: 600, Spread: true}
	known := map[string]bool{}
	for _, p := range Correspondents(o) {
		require.False(t, known[p.Address], "two people have %s", p.Address)
		known[p.Address] = true
		_, err := netmail.ParseAddress(p.Address)
		require.NoError(t, err)
	}
	var n, replies, files, html, lists, logos, strangers, encoded int
	ids, folders := map[string]bool{}, map[string]int{}
	var last time.Time
	for m := range Make(o) {
		plain, _ := parse(t, m.Raw)
		n++
		folders[m.Folder]++
		require.True(t, m.Date.After(last))
		last = m.Date
		id := plain.Header.Get("Message-Id")
		require.False(t, ids[id], "the id %s is there twice", id)
		ids[id] = true
		if answered := plain.Header.Get("In-Reply-To"); answered != "" {
			replies++
			require.True(t, ids[answered], "an answer to a mail that is there")
			require.True(t, strings.HasSuffix(plain.Header.Get("References"), answered))
		}
		if strings.HasPrefix(plain.Header.Get("Subject"), "=?") {
			encoded++
			_, err := new(mime.WordDecoder).DecodeHeader(plain.Header.Get("Subject"))
			require.NoError(t, err)
		}
		if plain.Header.Get("List-Unsubscribe") != "" {
			lists++
		}
		var want []string
		for _, name := range []string{"From", "To", "Cc"} {
			list, _ := plain.Header.AddressList(name)
			for _, a := range list {
				if known[strings.ToLower(a.Address)] {
					want = append(want, strings.ToLower(a.Address))
				}
			}
		}
		slices.Sort(want)
		require.Equal(t, slices.Compact(want), m.Known)
		if len(m.Known) == 0 {
			strangers++
		}
		var text string
		reader, err := mail.CreateReader(bytes.NewReader(m.Raw))
		require.NoError(t, err)
		for {
			p, err := reader.NextPart()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err)
			switch h := p.Header.(type) {
			case *mail.AttachmentHeader:
				files++
				name, err := h.Filename()
				require.NoError(t, err)
				require.NotEmpty(t, name)
				data, err := io.ReadAll(p.Body)
				require.NoError(t, err)
				require.GreaterOrEqual(t, len(data), 20<<10)
				require.LessOrEqual(t, len(data), 401<<10)
			case *mail.InlineHeader:
				kind, _, err := h.ContentType()
				require.NoError(t, err)
				data, err := io.ReadAll(p.Body)
				require.NoError(t, err)
				switch kind {
				case "text/html":
					html++
					text = string(data)
				case "image/png":
					logos++
					require.Contains(t, text, "cid:"+strings.Trim(h.Get("Content-Id"), "<>"))
				}
			}
		}
	}
	require.Equal(t, 600, n)
	require.InDelta(t, 300, replies, 60)
	require.InDelta(t, 65, files, 30)
	require.InDelta(t, 510, html, 60)
	require.Greater(t, lists, 25)
	require.Greater(t, logos, 25)
	require.InDelta(t, 65, strangers, 50)
	require.Greater(t, encoded, 60)
	require.Len(t, folders, 7)
}

func TestMakeTakesGivenPeople(t *testing.T) {
	people := []Person{{Name: "Anke", Address: "anke@nordwind.example", Language: "de"}}
	n := 0
	for m := range Make(MakerOptions{Messages: 50, People: people, StrangerPercent: -1, AttachmentPercent: -1}) {
		require.Less(t, len(m.Raw), 30<<10)
		n++
		if n == 20 {
			break
		}
	}
	require.Equal(t, 20, n)
}

func TestMakeStreams(t *testing.T) {
	var before, during runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	n := 0
	for range Make(MakerOptions{Messages: 1200}) {
		if n++; n == 1150 {
			runtime.GC()
			runtime.ReadMemStats(&during)
		}
	}
	require.Less(t, int64(during.HeapAlloc)-int64(before.HeapAlloc), int64(8<<20), "1,200 mails are some 40 MB")
}

func TestWriteMaildir(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "Maildir")
	o := MakerOptions{Messages: 120, Spread: true}
	n, err := WriteMaildir(dir, Make(o))
	require.NoError(t, err)
	require.Equal(t, 120, n)
	want := map[string]int{}
	var first Mail
	for m := range Make(o) {
		if first.Raw == nil {
			first = m
		}
		want[m.Folder]++
	}
	paths := map[string]string{
		"INBOX": "", "Sent": ".Sent", "Projets/Été": ".Projets.&AMk-t&AOk-", "Junk": ".Junk", "Archive": ".Archive",
		"Trash": ".Trash", "Drafts": ".Drafts",
	}
	for folder, path := range paths {
		entries, err := os.ReadDir(filepath.Join(dir, path, "cur"))
		require.NoError(t, err)
		require.Len(t, entries, want[folder], folder)
	}
	matches, err := filepath.Glob(filepath.Join(dir, paths[first.Folder], "cur", "*.M0P1.mailcrmtest,S=*"))
	require.NoError(t, err)
	require.Len(t, matches, 1)
	got, err := os.ReadFile(matches[0])
	require.NoError(t, err)
	require.Equal(t, first.Raw, got)
	info, err := os.Stat(matches[0])
	require.NoError(t, err)
	require.True(t, info.ModTime().Equal(first.Date))

	_, err = WriteMaildir(dir, slices.Values([]Mail{{Folder: "a//b", Raw: []byte("x")}}))
	require.Error(t, err)
	_, err = WriteMaildir(filepath.Join(matches[0], "x"), Make(o))
	require.Error(t, err)
	require.Equal(t, "FRST", maildirFlags([]string{`\seen`, `\Deleted`, `\Answered`, `\Flagged`, "$Label1"}))
	require.Equal(t, "R&-D &ZeVnLIqe-", toUTF7("R&D 日本語"))
}

func BenchmarkMake(b *testing.B) {
	for b.Loop() {
		var size int64
		for m := range Make(MakerOptions{Messages: 1000}) {
			size += int64(len(m.Raw))
		}
		b.SetBytes(size)
	}
}
