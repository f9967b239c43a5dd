package reports

import (
	"bytes"
	"hash/fnv"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
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

// read reads a whole mail.
func read(t testing.TB, raw []byte) (*mimemail.Message, Verdict) {
	t.Helper()
	var parts Parts
	m, err := mimemail.Parse(bytes.NewReader(raw), &mimemail.Options{Part: parts.Keep})
	require.NoError(t, err)
	return m, Read(m, &parts)
}

// mbox are the mails of a file that begins as an mbox does, or the one mail that a file is.
func mbox(raw []byte) [][]byte {
	if !bytes.HasPrefix(raw, []byte("From ")) {
		return [][]byte{raw}
	}
	var out [][]byte
	for {
		i := bytes.Index(raw, []byte("\nFrom "))
		if i < 0 {
			return append(out, raw)
		}
		out = append(out, raw[:i+1])
		raw = raw[i+1:]
	}
}

// A row is one recipient of the truth.
type row struct{ status, reply, reason, hard string }

func truth(t testing.TB, root string) map[string][]row {
	t.Helper()
	table, err := os.ReadFile(filepath.Join(root, "sisimai-truth", "expected.tsv"))
	require.NoError(t, err)
	out := map[string][]row{}
	for i, line := range strings.Split(strings.TrimRight(string(table), "\n"), "\n") {
		cells := strings.Split(strings.TrimRight(line, "\r"), "\t")
		if i > 0 && len(cells) >= 6 {
			out[cells[0]] = append(out[cells[0]], row{cells[2], cells[3], cells[4], cells[5]})
		}
	}
	return out
}

// TestBounces compares the verdicts with what another bounce parser is tested to say, on files whose rules were written by looking at them
// (one half) and on files that were not looked at (the other half).
func TestBounces(t *testing.T) {
	root := corpora(t)
	type score struct{ rows, hard, status, class, reason int }
	halves := map[string]*score{"first": {}, "second": {}}
	show := os.Getenv("REPORTS_SHOW")
	for file, rows := range truth(t, root) {
		raw, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(file)))
		require.NoError(t, err)
		var recipients []Recipient
		kind := Ordinary
		for _, one := range mbox(raw) {
			_, v := read(t, one)
			kind = v.Kind
			if v.Delivery != nil {
				recipients = append(recipients, v.Delivery.Recipients...)
			}
		}
		h := fnv.New32a()
		h.Write([]byte(filepath.Base(file)))
		half := "first"
		if h.Sum32()%2 == 1 {
			half = "second"
		}
		s := halves[half]
		for i, want := range rows {
			s.rows++
			var got Recipient
			if i < len(recipients) {
				got = recipients[i]
			}
			feedback := kind == Feedback && want.reason == "feedback"
			hardRight := (kind == Bounce && got.Action != "" || feedback) && (want.hard == "true") == got.Hard
			statusRight := feedback && want.status == "" || got.Status == want.status
			if hardRight {
				s.hard++
			}
			if statusRight {
				s.status++
			}
			if same(want.reason, got.Reason) || feedback || want.reason == "delivered" && got.Action == Delivered {
				s.reason++
			} else if strings.Contains(show, "reason") {
				t.Logf("%s %d: %s is %s: %.200q", filepath.Base(file), i+1, want.reason, got.Reason, got.Diagnostic)
			}
			unstated := strings.Contains(want.status, ".0.9")
			if statusRight || unstated && !got.Stated && got.Status != "" && got.Status[0] == want.status[0] {
				s.class++
			}
			if (!hardRight || !statusRight) && strings.Contains(show, half) {
				t.Logf("%s %d: want %v\n    got %q %s %s %v %s %s: %.300q", filepath.Base(file), i+1, want, kind, got.Action, got.Status, got.Hard, got.Reason, got.Address, got.Diagnostic)
			}
		}
	}
	var all score
	for name, s := range halves {
		all.rows, all.hard, all.status = all.rows+s.rows, all.hard+s.hard, all.status+s.status
		t.Logf("%s half: %d rows, hard/soft %.1f %%, status %.1f %% (%.1f %% where a status that nobody stated counts by its class), reason %.1f %%", name, s.rows,
			100*float64(s.hard)/float64(s.rows), 100*float64(s.status)/float64(s.rows), 100*float64(s.class)/float64(s.rows), 100*float64(s.reason)/float64(s.rows))
	}
	require.Greater(t, all.rows, 400)
	require.GreaterOrEqual(t, float64(all.hard), 0.97*float64(all.rows), "hard or soft")
	require.GreaterOrEqual(t, float64(all.status), 0.95*float64(all.rows), "status")
}

// same says whether a reason of the truth is called so here; several of its names have one of ours.
func same(theirs string, ours Reason) bool {
	for _, r := range map[string][]Reason{
		"userunknown": {UserUnknown}, "filtered": {Filtered, UserUnknown}, "expired": {Expired}, "mailboxfull": {MailboxFull}, "hostunknown": {HostUnknown},
		"blocked": {Blocked, Sender}, "rejected": {Sender}, "networkerror": {Network, HostUnknown}, "policyviolation": {Policy, Content}, "suspend": {Suspended},
		"authfailure": {Auth}, "spamdetected": {Spam}, "systemerror": {System}, "securityerror": {Policy, Relaying}, "toomanyconn": {Rate}, "norelaying": {Relaying},
		"requireptr": {Auth}, "notcompliantrfc": {Content}, "mailererror": {System}, "hasmoved": {Moved}, "notaccept": {NotAccept}, "virusdetected": {Virus},
		"onhold": {Other, Suspended}, "mesgtoobig": {TooBig}, "exceedlimit": {TooBig}, "contenterror": {Content}, "undefined": {Other}, "syntaxerror": {Other, System, Policy},
		"speeding": {Rate}, "badreputation": {Blocked}, "systemfull": {System, MailboxFull},
	}[theirs] {
		if r == ours {
			return true
		}
	}
	return false
}

// TestOrdinary finds no report among mails that people wrote.
func TestOrdinary(t *testing.T) {
	root := corpora(t)
	count, kinds := 0, map[Kind]int{}
	ham := map[string]Kind{}
	for _, set := range []string{"spamassassin", "talon", "crisp-email-reply-parser", "email-reply-trimmer", "mikel-mail", "stalwart-mail-parser", "mime4j", "notmuch", "roundcube", "enmime", "postmark-templates"} {
		require.NoError(t, filepath.WalkDir(filepath.Join(root, set), func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			switch filepath.Ext(path) {
			case ".json", ".xml", ".out", ".html", ".vcf", ".csv", ".bin", ".tnef", ".png", ".pdf", ".jpg", ".css", ".tsv", ".md":
				return nil
			}
			raw, err := os.ReadFile(path)
			require.NoError(t, err)
			m, v := read(t, raw)
			check(t, v)
			count++
			kinds[v.Kind]++
			if v.Kind != Ordinary {
				name, _ := filepath.Rel(root, path)
				if strings.Contains(name, "ham") {
					number, _, _ := strings.Cut(filepath.Base(name), ".")
					ham[number] = v.Kind
				}
				sign := ""
				if v.Reply != nil {
					sign = v.Reply.Sign
				}
				t.Logf("%s: %s %s %.100q from %v", name, v.Kind, sign, m.Subject, m.From)
			}
			return nil
		}))
	}
	t.Logf("%d mails: %v", count, kinds)
	require.Greater(t, count, 4000)
	// Three of these mails are from MAILER-DAEMON and a filter that returns mail, one from a program that answers for somebody away.
	require.Equal(t, map[string]Kind{"01436": Bounce, "01507": Bounce, "01542": Bounce, "00033": AutoReply}, ham)
	require.Equal(t, 1, kinds[AutoReply])
	require.Equal(t, 0, kinds[Receipt]+kinds[Feedback])
}

// TestSpoofing reads a mail that was made to show one address and to come from another.
func TestSpoofing(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(corpora(t), "roundcube", "tests", "MessageRendering", "data", "greenmail", "test-message-rendering@localhost", "INBOX",
		"email-address-spoofing-attacks.eml"))
	require.NoError(t, err)
	m, _ := read(t, append([]byte("Authentication-Results: mx.ours.example; dmarc=pass\r\n"), raw...))
	require.Equal(t, UnusualFrom, Notes(m)[0].Code)
	require.Equal(t, WhySeveralFrom, Authentication(m, above0).Why)
}
