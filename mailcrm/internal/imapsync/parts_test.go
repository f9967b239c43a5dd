package imapsync_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/imapsync"
	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
	"github.com/mailcrm/sdk/mailcrm/internal/seal"
	"github.com/mailcrm/sdk/mailcrm/internal/signin"
	"github.com/mailcrm/sdk/mailcrm/internal/testservers"
	"github.com/mailcrm/sdk/storage"
)

// wrapped is base64 in lines of 76 characters.
func wrapped(b []byte) string {
	var s strings.Builder
	for text := base64.StdEncoding.EncodeToString(b); text != ""; {
		n := min(76, len(text))
		s.WriteString(text[:n])
		if text = text[n:]; text != "" {
			s.WriteString("\r\n")
		}
	}
	return s.String()
}

func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(b)
	return b
}

// A heavyMail is a mail with a document, and what a server says of it.
type heavyMail struct {
	raw, header string
	sections    map[string]string // by "1.1.MIME", "2"
	structure   string
}

func newHeavy() *heavyMail {
	document := wrapped(noise(200 << 10))
	picture := wrapped([]byte("a picture"))
	const plain, page = "Good morning, here is the plan.", "<p>Good morning, here is <b>the plan</b>. <img src=\"cid:p@x\"></p>"
	h := &heavyMail{
		header: "From: Ben <ben@client.example>\r\nTo: " + address + "\r\nSubject: The plan\r\nMessage-ID: <plan@client.example>\r\nReferences: <a@client.example>\r\n" +
			"Date: Tue, 24 Nov 2026 08:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=out\r\n\r\n",
		sections: map[string]string{
			"1.MIME":   "Content-Type: multipart/alternative; boundary=\"in\"\r\n\r\n",
			"1.1.MIME": "Content-Type: text/plain; charset=us-ascii\r\n\r\n", "1.1": plain,
			"1.2.MIME": "Content-Type: text/html; charset=us-ascii\r\n\r\n", "1.2": page,
			"2.MIME": "Content-Type: image/png\r\nContent-ID: <p@x>\r\nContent-Transfer-Encoding: base64\r\n\r\n", "2": picture,
			"3.MIME": "Content-Type: application/pdf; name=plan.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n", "3": document,
		},
	}
	h.raw = h.header + "--out\r\n" + h.sections["1.MIME"] + "--in\r\n" + h.sections["1.1.MIME"] + plain + "\r\n--in\r\n" + h.sections["1.2.MIME"] + page + "\r\n--in--\r\n\r\n--out\r\n" +
		h.sections["2.MIME"] + picture + "\r\n--out\r\n" + h.sections["3.MIME"] + document + "\r\n--out--\r\n"
	h.structure = fmt.Sprintf(`(((("TEXT" "PLAIN" ("CHARSET" "us-ascii") NIL NIL "7BIT" %d 1 NIL NIL NIL)("TEXT" "HTML" ("CHARSET" "us-ascii") NIL NIL "7BIT" %d 1 NIL NIL NIL) "ALTERNATIVE" ("BOUNDARY" "in") NIL NIL)`+
		`("IMAGE" "PNG" NIL "<p@x>" NIL "BASE64" %d NIL NIL NIL)("APPLICATION" "PDF" ("NAME" "plan.pdf") NIL NIL "BASE64" %d NIL NIL NIL) "MIXED" ("BOUNDARY" "out") NIL NIL)`,
		len(plain), len(page), len(picture), len(document))[1:]
	return h
}

var peeks = regexp.MustCompile(`BODY\.PEEK\[([0-9.]+(?:\.MIME)?)\]`)

// answer is what a server that knows structures says.
func (h *heavyMail) answer(b *liarBox, m *letter, ask asked) string {
	if m.raw != h.raw {
		return honest(b, m, ask)
	}
	switch {
	case strings.Contains(ask.items, "BODYSTRUCTURE"):
		return fmt.Sprintf("* %d FETCH (UID %d %s BODYSTRUCTURE %s BODY[HEADER] {%d}\r\n%s)\r\n", sequence(b, m), m.uid, items(m, len(m.raw)), h.structure, len(h.header), h.header)
	case peeks.MatchString(ask.items):
		var s strings.Builder
		fmt.Fprintf(&s, "* %d FETCH (UID %d", sequence(b, m), m.uid)
		for _, found := range peeks.FindAllStringSubmatch(ask.items, -1) {
			if content, ok := h.sections[found[1]]; ok {
				fmt.Fprintf(&s, " BODY[%s] {%d}\r\n%s", found[1], len(content), content)
			} else {
				fmt.Fprintf(&s, " BODY[%s] NIL", found[1])
			}
		}
		return s.String() + ")\r\n"
	}
	return honest(b, m, ask)
}

// TestStructures: a mail is recorded from its structure and its texts where the server tells them rightly, and fetched whole in every other case: never is anything wrong recorded,
// and never is a mail set aside because of its structure.
func TestStructures(t *testing.T) {
	for name, row := range map[string]struct {
		change func(h *heavyMail)
		fetch  func(h *heavyMail) func(*liarBox, *letter, asked) string
		kept   string
	}{
		"right":             {kept: "text"},
		"no structure":      {change: func(h *heavyMail) { h.structure = "NIL" }},
		"no multipart":      {change: func(h *heavyMail) { h.structure = `("TEXT" "PLAIN" NIL NIL NIL "7BIT" 280000 1)` }},
		"a part is missing": {change: func(h *heavyMail) { h.structure = strings.Replace(h.structure, `("IMAGE"`, `("TEXT"`, 1) }},
		"garbage":           {change: func(h *heavyMail) { h.structure = `("MIXED" ((NIL 5 "x" {` }},
		"depth 1,000": {change: func(h *heavyMail) {
			h.structure = strings.Repeat("(", 1000) + h.structure + strings.Repeat(` "MIXED")`, 1000)
		}},
		"depth 100": {change: func(h *heavyMail) {
			h.structure = strings.Repeat("(", 100) + h.structure + strings.Repeat(` "MIXED")`, 100)
		}},
		"900 KB of structure": {change: func(h *heavyMail) {
			h.structure = `(` + strings.Repeat(`("TEXT" "PLAIN" NIL NIL NIL "7BIT" 20 1)`, 22000) + ` "MIXED")`
		}},
		"2 MB of structure": {change: func(h *heavyMail) {
			h.structure = `(` + strings.Repeat(`("TEXT" "PLAIN" NIL NIL NIL "7BIT" 20 1)`, 50000) + ` "MIXED")`
		}},
		"text that does not come":   {change: func(h *heavyMail) { delete(h.sections, "1.1") }},
		"header that does not come": {change: func(h *heavyMail) { delete(h.sections, "3.MIME") }},
		"text shorter than said":    {change: func(h *heavyMail) { h.sections["1.2"] = h.sections["1.2"][:20] }},
		"text longer than said":     {change: func(h *heavyMail) { h.sections["1.1"] += " And more." }},
		"empty text":                {change: func(h *heavyMail) { h.sections["1.1"] = "" }},
		"text said to be empty": {change: func(h *heavyMail) {
			h.structure = strings.Replace(h.structure, `"7BIT" 31 1`, `"7BIT" 0 1`, 1)
			h.sections["1.2"] = "x"
		}},
		"header of another part": {change: func(h *heavyMail) { h.sections["3.MIME"] = h.sections["1.1.MIME"] }},
		"another boundary": {change: func(h *heavyMail) {
			h.sections["1.MIME"] = strings.Replace(h.sections["1.MIME"], `"in"`, `"out"`, 1)
			h.sections["1.1"] = "--out\r\n\r\n" + strings.Repeat("x", 22)
		}},
		"type and header differ": {change: func(h *heavyMail) { h.structure = strings.Replace(h.structure, `"PDF"`, `"ZIP"`, 1) }},
		"documents of 4 GB": {change: func(h *heavyMail) {
			h.structure = regexp.MustCompile(`"BASE64" \d{5,}`).ReplaceAllString(h.structure, `"BASE64" 4294967295`)
		}},
		"hardly any document": {change: func(h *heavyMail) {
			h.structure = regexp.MustCompile(`"BASE64" \d{5,}`).ReplaceAllString(h.structure, `"BASE64" 10`)
		}},
		"a text of 3 MB": {change: func(h *heavyMail) { h.structure = strings.Replace(h.structure, `"7BIT" 31 1`, `"7BIT" 3000000 1`, 1) }},
		"sections of a 300 KB header": {change: func(h *heavyMail) {
			h.sections["3.MIME"] = "X: " + strings.Repeat("x", 300<<10) + "\r\n" + h.sections["3.MIME"]
		}},
		"a sender who knows us": {change: func(h *heavyMail) { h.sections["3.MIME"] = "Mailcrm-Left: 5 9\r\n" + h.sections["3.MIME"] }},
		"the structure alone": {fetch: func(h *heavyMail) func(*liarBox, *letter, asked) string {
			return func(b *liarBox, m *letter, ask asked) string {
				if strings.Contains(ask.items, "BODYSTRUCTURE") {
					return fmt.Sprintf("* 1 FETCH (UID %d BODYSTRUCTURE %s)\r\n", m.uid, h.structure)
				}
				return h.answer(b, m, ask)
			}
		}},
		"sections of another mail": {fetch: func(h *heavyMail) func(*liarBox, *letter, asked) string {
			return func(b *liarBox, m *letter, ask asked) string {
				if strings.Contains(ask.items, ".MIME]") {
					return strings.Replace(h.answer(b, m, ask), fmt.Sprintf("UID %d", m.uid), "UID 77", 1)
				}
				return h.answer(b, m, ask)
			}
		}},
		"UID at the end": {kept: "text", fetch: func(h *heavyMail) func(*liarBox, *letter, asked) string {
			return func(b *liarBox, m *letter, ask asked) string {
				answer := h.answer(b, m, ask)
				if m.raw == h.raw && strings.Contains(ask.items, ".MIME]") {
					uid := fmt.Sprintf("UID %d", m.uid)
					answer = strings.TrimSuffix(strings.Replace(answer, uid+" ", "", 1), ")\r\n") + " " + uid + ")\r\n"
				}
				return answer
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, l := newLiarBench(t, 3)
			h := newHeavy()
			l.load("INBOX", h.raw)
			if row.change != nil {
				row.change(h)
			}
			fetch := h.answer
			if row.fetch != nil {
				fetch = row.fetch(h)
			}
			l.lie(lies{fetch: fetch})
			more, err := b.sync(time.Minute)
			require.NoError(t, err)
			require.False(t, more)
			box := b.mailbox("INBOX")
			ledger := b.ledger("INBOX")
			require.Empty(t, ledger.Dead)
			require.Empty(t, ledger.Pending)
			c, err := b.db.CopyByUID(t.Context(), "", box.ID, box.UIDValidity, 4)
			require.NoError(t, err)
			require.Equal(t, mimemail.HeaderHash([]byte(h.header)), c.HeaderHash)
			if row.kept != "text" {
				require.Equal(t, "whole", c.Kept)
				b.requireWhole("INBOX", l.truth("INBOX"))
				return
			}
			require.Equal(t, "text", c.Kept)
			require.EqualValues(t, len(h.raw), c.RawSize)
			doc := b.blob(c.Raw)
			require.Less(t, len(doc), 4<<10)
			m, err := mimemail.Parse(strings.NewReader(doc), &mimemail.Options{Outlined: true})
			require.NoError(t, err)
			whole, err := mimemail.Parse(strings.NewReader(h.raw), nil)
			require.NoError(t, err)
			requireSame(t, whole, m)
			require.Contains(t, b.texts(), "Good morning, here is the plan.")
		})
	}
}

// requireSame demands that a mail of which parts were left says what the whole one says.
func requireSame(t *testing.T, whole, outlined *mimemail.Message) {
	t.Helper()
	require.Equal(t, whole.Key(), outlined.Key())
	require.Equal(t, whole.HeaderHash, outlined.HeaderHash)
	require.Equal(t, whole.Text, outlined.Text)
	require.Equal(t, whole.HTML, outlined.HTML)
	require.Equal(t, whole.Bodies, outlined.Bodies)
	require.Equal(t, whole.Snippet(200), outlined.Snippet(200))
	require.Equal(t, whole.References, outlined.References)
	original, forwarded := whole.Original()
	sameOriginal, sameForwarded := outlined.Original()
	require.Equal(t, forwarded, sameForwarded)
	require.Equal(t, original, sameOriginal)
	require.Equal(t, whole.Defects, outlined.Defects)
	require.Len(t, outlined.Parts, len(whole.Parts))
	for i, want := range whole.Parts {
		got := outlined.Parts[i]
		if got.Left > 0 {
			require.InDelta(t, want.Size, got.Size, 100+float64(want.Size)/10, want.Path)
		}
		want.Size, got.Size, got.Left = 0, 0, 0
		want.Decoration, got.Decoration = false, false // the pixels of a picture that was left are not known
		require.Equal(t, want, got)
	}
}

// TestStructureOfDovecot: what a real server says of mails of many kinds, recorded from their structure, is what is recorded of them whole. Their parts are the same when they are
// fetched later.
func TestStructureOfDovecot(t *testing.T) {
	for name, opts := range map[string]testservers.MailOptions{"all capabilities": {}, "Exchange": {Capability: exchange, NoSpecialUse: true}} {
		t.Run(name, func(t *testing.T) {
			b := newDovecotBench(t, opts)
			raws, kept := heavyMails(), map[string]string{}
			for subject, raw := range raws {
				require.NoError(t, b.srv.Append("alice", "INBOX", testservers.Message{Raw: []byte(raw), Date: b.clock.Now()}))
				kept[subject], _, _ = strings.Cut(subject, ":")
			}
			b.mustSync()
			box := b.mailbox("INBOX")
			texts := 0
			for uid, raw := range b.truth("INBOX") {
				c, err := b.db.CopyByUID(t.Context(), "", box.ID, box.UIDValidity, uid)
				require.NoError(t, err)
				whole, err := mimemail.Parse(strings.NewReader(raw), nil)
				require.NoError(t, err)
				if want := kept[whole.Subject]; want != "" {
					require.Equal(t, want, c.Kept, whole.Subject)
				}
				doc := b.blob(c.Raw)
				if c.Kept == "whole" {
					require.Equal(t, raw, doc)
					continue
				}
				texts++
				m, err := mimemail.Parse(strings.NewReader(doc), &mimemail.Options{Outlined: true})
				require.NoError(t, err)
				if whole.Subject == "text:unclosed" { // the server closes what the sender did not, so that nothing of it shows
					whole.Defects = nil
				}
				requireSame(t, whole, m)
				for _, p := range m.Parts {
					if p.Left == 0 {
						continue
					}
					_, want, err := mimemail.OpenPart(strings.NewReader(raw), p.Path)
					require.NoError(t, err)
					wanted, err := io.ReadAll(want)
					require.NoError(t, err)
					_, got, err := b.syncer.OpenPart(t.Context(), imapsync.Place{Account: b.account, Mailbox: &box, Copy: c}, b.credential(), p.Path, "", p.MediaType)
					require.NoError(t, err)
					came, err := io.ReadAll(got)
					require.NoError(t, err)
					require.NoError(t, got.Close())
					require.True(t, bytes.Equal(wanted, came), "part %s of %q", p.Path, whole.Subject)
				}
			}
			require.GreaterOrEqual(t, texts, 6)
		})
	}
}

func (b *bench) credential() signin.Credential {
	return signin.WithPassword(b.account.IMAP.Username, seal.NewSecret(b.secret))
}

// heavyMails are large mails by their subjects, which begin with how they are kept.
func heavyMails() map[string]string {
	mails := map[string]string{}
	n := 0
	add := func(subject, contentType string, parts ...string) {
		n++
		var s strings.Builder
		fmt.Fprintf(&s, "From: Ben <ben@client.example>\r\nTo: %s\r\nSubject: %s\r\nMessage-ID: <heavy%d@client.example>\r\nDate: Tue, 24 Nov 2026 08:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: %s; boundary=out\r\n\r\n",
			address, subject, n, contentType)
		for _, p := range parts {
			s.WriteString("--out\r\n" + p + "\r\n")
		}
		s.WriteString("--out--\r\n")
		mails[subject] = s.String()
	}
	nest := func(contentType, boundary string, parts ...string) string {
		s := "Content-Type: " + contentType + "; boundary=\"" + boundary + "\"\r\n\r\n"
		for _, p := range parts {
			s += "--" + boundary + "\r\n" + p + "\r\n"
		}
		return s + "--" + boundary + "--\r\n"
	}
	const text = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nVoil=C3=A0 =E2=82=AC, from here."
	const page = "Content-Type: text/html; charset=iso-8859-1\r\nContent-Transfer-Encoding: base64\r\n\r\nPHA+Vm9pbOA8aW1nIHNyYz0iY2lkOnBAeCI+PC9wPg=="
	file := func(n int) string {
		return "Content-Type: application/pdf; name=\"=?utf-8?q?d=C3=A9vis?=.pdf\"\r\nContent-Disposition: attachment;\r\n filename*0*=utf-8''d%C3%A9v;\r\n filename*1*=is.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n" + wrapped(noise(n))
	}
	picture := func(n int) string {
		return "Content-Type: image/png\r\nContent-ID: <p@x>\r\nContent-Transfer-Encoding: base64\r\n\r\n" + wrapped(noise(n))
	}
	add("text:a document", "multipart/mixed", text, file(300<<10))
	add("text:all of Outlook", "multipart/mixed", nest("multipart/related", "rel", nest("multipart/alternative", "alt", text, page), picture(10<<10)), file(300<<10))
	add("text:a large picture in the text", "multipart/related", page, picture(300<<10))
	add("text:8 bit", "multipart/mixed", "Content-Type: text/plain; charset=latin1\r\nContent-Transfer-Encoding: 8bit\r\n\r\nd\xe9j\xe0", "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"+strings.Repeat("a line of a log\r\n", 20000))
	add("text:no text", "multipart/mixed", file(300<<10), file(200<<10))
	add("text:texts as files", "multipart/mixed", text, "Content-Type: text/plain; name=log.txt\r\nContent-Disposition: ATTACHMENT\r\n\r\n"+strings.Repeat("a line of a log\r\n", 20000), "Content-Type: text/csv\r\n\r\n1,2")
	add("text:parts without a header", "multipart/mixed", "\r\nplain", file(300<<10))
	add("text:forwarding, 2 MB", "multipart/mixed", text, "Content-Type: message/rfc822\r\n\r\nFrom: Cleo <cleo@far.example>\r\nTo: ben@client.example\r\nSubject: Inner\r\nDate: Mon, 23 Nov 2026 08:00:00 +0000\r\n"+
		"Content-Type: multipart/mixed; boundary=inner\r\n\r\n--inner\r\n"+text+"\r\n--inner\r\n"+file(1500<<10)+"\r\n--inner--\r\n")
	add("whole:forwarding", "multipart/mixed", text, "Content-Type: message/rfc822\r\n\r\nFrom: Cleo <cleo@far.example>\r\nSubject: Inner\r\n\r\n"+strings.Repeat("a line of a log\r\n", 20000))
	add("whole:signed", "multipart/signed; micalg=sha-256; protocol=\"application/pkcs7-signature\"", nest("multipart/mixed", "in", text, file(300<<10)), "Content-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\n"+wrapped(noise(2000)))
	add("text:signed, 2 MB", "multipart/signed; micalg=sha-256; protocol=\"application/pkcs7-signature\"", nest("multipart/mixed", "in", text, file(1500<<10)), "Content-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\n"+wrapped(noise(2000)))
	add("whole:report", "multipart/report; report-type=delivery-status", text, "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; a@x\r\nAction: failed\r\nStatus: 5.1.1\r\n",
		"Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\n"+strings.Repeat("a line of a log\r\n", 20000))
	add("whole:winmail.dat", "multipart/mixed", text, "Content-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\n"+wrapped(noise(300<<10)))
	add("whole:much text", "multipart/mixed", "Content-Type: text/plain\r\n\r\n"+strings.Repeat("a line of a log\r\n", 20000), file(10<<10))
	add("whole:small", "multipart/mixed", text, file(80<<10))
	add("text:unclosed", "multipart/mixed", text, file(300<<10), "Content-Type: multipart/mixed; boundary=lost\r\n\r\n--lost\r\n"+text)
	return mails
}

// TestOpenPart: no bytes of another mail are handed out, and what is gone is said to be.
func TestOpenPart(t *testing.T) {
	h := newHeavy()
	start := func(t *testing.T) (*bench, *liar, imapsync.Place) {
		b, l := newLiarBench(t, 1)
		l.load("INBOX", h.raw)
		l.lie(lies{fetch: h.answer})
		_, err := b.sync(time.Minute)
		require.NoError(t, err)
		box := b.mailbox("INBOX")
		c, err := b.db.CopyByUID(t.Context(), "", box.ID, box.UIDValidity, 2)
		require.NoError(t, err)
		require.Equal(t, "text", c.Kept)
		return b, l, imapsync.Place{Account: b.account, Mailbox: &box, Copy: c}
	}
	open := func(t *testing.T, b *bench, p imapsync.Place) ([]byte, error) {
		_, content, err := b.syncer.OpenPart(t.Context(), p, b.credential(), "3", "", "application/pdf")
		if err != nil {
			return nil, err
		}
		got, err := io.ReadAll(content)
		return got, errors.Join(err, content.Close())
	}
	t.Run("right", func(t *testing.T) {
		b, _, p := start(t)
		got, err := open(t, b, p)
		require.NoError(t, err)
		require.True(t, bytes.Equal(noise(200<<10), got))
		whole, size, err := b.syncer.OpenWhole(t.Context(), p, b.credential())
		require.NoError(t, err)
		require.EqualValues(t, len(h.raw), size)
		got, err = io.ReadAll(whole)
		require.NoError(t, err)
		require.NoError(t, whole.Close())
		require.Equal(t, h.raw, string(got))
	})
	t.Run("closed early", func(t *testing.T) {
		b, _, p := start(t)
		_, content, err := b.syncer.OpenPart(t.Context(), p, b.credential(), "3", "", "application/pdf")
		require.NoError(t, err)
		_, err = content.Read(make([]byte, 10))
		require.NoError(t, err)
		require.NoError(t, content.Close())
	})
	for name, change := range map[string]func(l *liar, p *imapsync.Place){
		"gone":         func(l *liar, _ *imapsync.Place) { l.remove("INBOX", 2) },
		"another mail": func(_ *liar, p *imapsync.Place) { p.Copy.UID = 1 },
		"another box":  func(_ *liar, p *imapsync.Place) { p.Copy.UIDValidity++ },
		"no such box":  func(_ *liar, p *imapsync.Place) { p.Mailbox.Name = "Nowhere" },
		"another part": func(l *liar, _ *imapsync.Place) { l.lie(lies{fetch: swapped(h)}) },
		"no such part": func(l *liar, _ *imapsync.Place) { l.lie(lies{fetch: without(h, "3.MIME")}) },
		"no bytes":     func(l *liar, _ *imapsync.Place) { l.lie(lies{fetch: without(h, "3")}) },
	} {
		t.Run(name, func(t *testing.T) {
			b, l, p := start(t)
			change(l, &p)
			_, err := open(t, b, p)
			require.ErrorIs(t, err, storage.ErrNotFound)
			require.Equal(t, "imap.no_mail", storage.CauseCode(err))
		})
	}
	t.Run("cut off", func(t *testing.T) {
		b, l, p := start(t)
		l.lie(lies{command: func(c *liarConn, _, command string) bool {
			if !strings.Contains(command, "BODY.PEEK[3])") && !strings.HasSuffix(command, "BODY.PEEK[3]") && !strings.Contains(command, "BODY.PEEK[3] ") {
				return false
			}
			c.say("* 2 FETCH (UID 2 BODY[3] {%d}\r\n%s", len(h.sections["3"]), h.sections["3"][:100<<10])
			_ = c.conn.Close()
			return true
		}, fetch: h.answer})
		_, err := open(t, b, p)
		require.Error(t, err, "what is not whole is not taken for it")
	})
}

// swapped answers with the header of another part.
func swapped(h *heavyMail) func(*liarBox, *letter, asked) string {
	other := *h
	other.sections = map[string]string{"3.MIME": h.sections["1.1.MIME"], "3": h.sections["1.1"]}
	return other.single
}

func without(h *heavyMail, section string) func(*liarBox, *letter, asked) string {
	other := *h
	other.sections = map[string]string{"3.MIME": h.sections["3.MIME"], "3": h.sections["3"]}
	delete(other.sections, section)
	return other.single
}

// single answers also to one section alone.
func (h *heavyMail) single(b *liarBox, m *letter, ask asked) string {
	if found := peeks.FindStringSubmatch(ask.items); found != nil && m.raw == h.raw {
		if content, ok := h.sections[found[1]]; ok {
			return fmt.Sprintf("* %d FETCH (UID %d BODY[%s] {%d}\r\n%s)\r\n", sequence(b, m), m.uid, found[1], len(content), content)
		}
		return fmt.Sprintf("* %d FETCH (UID %d BODY[%s] NIL)\r\n", sequence(b, m), m.uid, found[1])
	}
	return h.answer(b, m, ask)
}
