package reports

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
)

var update = flag.Bool("update", false, "write testdata/want.txt")

// TestGolden reads the mails of testdata, each written after a shape that servers and programs use, and compares the verdicts with
// testdata/want.txt.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.eml")
	require.NoError(t, err)
	require.Greater(t, len(files), 50)
	var got strings.Builder
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		_, v := read(t, raw)
		_, crlf := read(t, bytes.ReplaceAll(raw, []byte("\n"), []byte("\r\n")))
		require.Equal(t, describe(v), describe(crlf), file)
		fmt.Fprintf(&got, "%s\n%s\n", strings.TrimSuffix(filepath.Base(file), ".eml"), describe(v))
	}
	if *update {
		require.NoError(t, os.WriteFile("testdata/want.txt", []byte(got.String()), 0o600))
	}
	raw, err := os.ReadFile("testdata/want.txt")
	require.NoError(t, err)
	want, have := strings.Split(string(raw), "\n\n"), strings.Split(got.String(), "\n\n")
	require.Len(t, have, len(want))
	for i := range have {
		require.Equal(t, want[i], have[i])
	}
}

// describe is a verdict in lines.
func describe(v Verdict) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, "  "+format+"\n", args...) }
	kind := string(v.Kind)
	if kind == "" {
		kind = "ordinary"
	}
	for _, flag := range []struct {
		is   bool
		word string
	}{{v.Bulk, "bulk"}, {v.Generated, "generated"}} {
		if flag.is {
			kind += " " + flag.word
		}
	}
	line("%s", kind)
	if d := v.Delivery; d != nil {
		for _, r := range d.Recipients {
			class := "soft"
			if r.Hard {
				class = "hard"
			}
			stated := "made"
			if r.Stated {
				stated = "stated"
			}
			line("%s: %s %s (%s) %s %s", r.Address, r.Action, r.Status, stated, class, r.Reason)
		}
		if d.EnvelopeID != "" {
			line("envelope %s", d.EnvelopeID)
		}
	}
	if r := v.Read; r != nil {
		line("%s by %s manual=%v asked=%v failed=%v %s", r.Type, r.Address, r.Manual, r.Asked, r.Failed, r.Text)
	}
	if r := v.Reply; r != nil {
		line("away=%v by %s", r.Away, r.Sign)
	}
	if c := v.Complaint; c != nil {
		line("%s by %s about %s", c.Type, c.Recipients, c.MailFrom)
	}
	if l := v.List; l != nil {
		line("list %q post %q unsubscribe %q one-click=%v discussion=%v", l.ID, l.Post, l.Unsubscribe, l.OneClick, l.Discussion)
	}
	if r := v.Request; r != nil {
		line("asks for a receipt to %s safe=%v known=%v", r.To, r.SafeReturn, r.Known)
	}
	if o := v.Original; len(o.MessageIDs)+len(o.Tags) > 0 {
		line("original %s tags %s to %s", o.MessageIDs, o.Tags, o.To)
	}
	return b.String()
}

func TestReadTakesNothing(t *testing.T) {
	require.Equal(t, Verdict{}, Read(nil, nil))
	m, err := mimemail.Parse(strings.NewReader(""), nil)
	require.NoError(t, err)
	require.Equal(t, Verdict{}, Read(m, nil))
}

// TestBounds gives more of everything than is kept.
func TestBounds(t *testing.T) {
	var status strings.Builder
	status.WriteString("Reporting-MTA: dns; mx.example\n\n")
	for i := range MaxRecipients + 500 {
		fmt.Fprintf(&status, "Final-Recipient: rfc822; u%d@a.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; %s\n\n", i, strings.Repeat("550 x ", 20))
	}
	raw := "From: MAILER-DAEMON@a.example\nSubject: Undelivered\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n" +
		status.String() + "--b\nContent-Type: message/rfc822\n\nReferences: " + strings.Repeat("<x@y> ", 10) + "\nMessage-ID: <a@b>\n\n" + strings.Repeat("x", 200<<10) + "\n--b--\n"
	_, v := read(t, []byte(raw))
	require.Equal(t, Bounce, v.Kind)
	require.Len(t, v.Delivery.Recipients, MaxRecipients)

	_, v = read(t, []byte("From: MAILER-DAEMON@a.example\nSubject: failure notice\n\n<a@b.example>:\n550 5.1.1 "+strings.Repeat("user unknown ", 1000)))
	require.LessOrEqual(t, len(v.Delivery.Recipients[0].Diagnostic), MaxText)

	var ids strings.Builder
	for i := range 3 * MaxIDs {
		fmt.Fprintf(&ids, " <mc.i%d.k@a.example>", i)
	}
	_, v = read(t, []byte("From: a@b.example\nSubject: Automatic reply: x\nReferences:"+ids.String()+"\n\nx"))
	require.Equal(t, AutoReply, v.Kind)
	require.Len(t, v.Original.References, MaxIDs)
	require.Len(t, v.Original.Tags, MaxIDs)
}

func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/*.eml")
	require.NoError(f, err)
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, v := read(t, raw)
		check(t, v)
		check(t, Read(m, nil))
		Notes(m)
	})
}

// check is what holds of every verdict.
func check(t *testing.T, v Verdict) {
	t.Helper()
	require.Equal(t, v.Kind == Bounce, v.Delivery != nil)
	require.Equal(t, v.Kind == Receipt, v.Read != nil)
	require.Equal(t, v.Kind == AutoReply, v.Reply != nil)
	require.Equal(t, v.Kind == Feedback, v.Complaint != nil)
	require.LessOrEqual(t, len(v.Original.MessageIDs), MaxIDs)
	require.LessOrEqual(t, len(v.Original.Tags), MaxIDs)
	if v.Kind == Ordinary {
		require.Empty(t, v.Original)
	}
	if v.Delivery == nil {
		return
	}
	require.NotEmpty(t, v.Delivery.Recipients)
	require.LessOrEqual(t, len(v.Delivery.Recipients), MaxRecipients)
	for _, r := range v.Delivery.Recipients {
		require.LessOrEqual(t, len(r.Diagnostic), MaxText)
		require.True(t, isStatus(r.Status), r.Status)
		require.NotEmpty(t, r.Action)
		failed := r.Action == Failed || r.Action == Delayed
		require.Equal(t, failed, r.Reason != "")
		require.False(t, r.Hard && r.Action != Failed)
	}
}
