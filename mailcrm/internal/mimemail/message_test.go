package mimemail

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

// lines joins lines with CRLF.
func lines(l ...string) string { return strings.Join(l, "\r\n") + "\r\n" }

func TestFields(t *testing.T) {
	m := parse(t, lines(
		"Message-ID: <1@example.com>", "In-Reply-To: <0@example.com>", "References: <a@x>", " <0@example.com>",
		"Date: Tue, 3 Mar 2026 10:00:00 +0100", "From: Anna <anna@example.com>", "Sender: desk@example.com", "Reply-To: Desk <desk@example.com>",
		"To: us@example.net", "To: them@example.net", "Cc: cc@example.net", "Bcc: bcc@example.net", "Subject: Hello",
		"Delivered-To: us@example.net", "X-Original-To: alias@example.net", "Envelope-To: us@example.net",
		"List-Id: News <news.example.com>", "Auto-Submitted: Auto-Replied; owner-email=x (why)",
		"X-Microsoft-Original-Message-ID: <m@example.com>", "X-Google-Original-Message-ID: <g@example.com>",
		"Disposition-Notification-To: Anna <anna@example.com>", "", "text"))
	require.Equal(t, "1@example.com", m.MessageID)
	require.Equal(t, []string{"0@example.com"}, m.InReplyTo)
	require.Equal(t, []string{"a@x", "0@example.com"}, m.References)
	require.EqualValues(t, 1772528400, m.Date.Unix())
	require.Equal(t, []Address{{"Anna", "anna@example.com"}}, m.From)
	require.Equal(t, []Address{{"", "desk@example.com"}}, m.Sender)
	require.Equal(t, []Address{{"Desk", "desk@example.com"}}, m.ReplyTo)
	require.Equal(t, []Address{{"", "us@example.net"}, {"", "them@example.net"}}, m.To)
	require.Equal(t, []Address{{"", "cc@example.net"}}, m.Cc)
	require.Equal(t, []Address{{"", "bcc@example.net"}}, m.Bcc)
	require.Equal(t, "Hello", m.Subject)
	require.Equal(t, "text\n", m.Text)
	require.Equal(t, []string{"us@example.net", "alias@example.net"}, m.DeliveredTo)
	require.Equal(t, "news.example.com", m.ListID)
	require.Equal(t, "auto-replied", m.AutoSubmitted)
	require.Equal(t, []string{"m@example.com", "g@example.com"}, m.OriginalIDs)
	require.Equal(t, []Address{{"Anna", "anna@example.com"}}, m.DispositionNotificationTo)
	require.Empty(t, m.Defects)
}

// multipart writes a multipart of entities.
func multipartOf(kind, boundary string, entities ...string) string {
	var b strings.Builder
	b.WriteString("Content-Type: multipart/" + kind + "; boundary=\"" + boundary + "\"\r\n\r\npreamble\r\n")
	for _, e := range entities {
		b.WriteString("--" + boundary + "\r\n" + e + "\r\n")
	}
	b.WriteString("--" + boundary + "--\r\nepilogue\r\n")
	return b.String()
}

const (
	plainPart = "Content-Type: text/plain\r\n\r\nplain"
	htmlPart  = "Content-Type: text/html\r\n\r\n<p>html</p><img src=\"cid:logo@x\">"
	logoPart  = "Content-Type: image/png; name=logo.png\r\nContent-ID: <logo@x>\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0K"
	filePart  = "Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=\"a.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERi0x"
	pagePart  = "Content-Type: text/html\r\nContent-Disposition: attachment; filename=page.html\r\n\r\n<p>attached</p>"
	mailPart  = "Content-Type: message/rfc822\r\n\r\nSubject: inner\r\nContent-Type: multipart/mixed; boundary=in\r\n\r\n--in\r\n\r\ninner text\r\n--in--\r\n"
	icsPart   = "Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR"
	ampPart   = "Content-Type: text/x-amp-html\r\n\r\n<html amp4email>"
)

// TestBodies says which parts become the text, the HTML, pictures and attachments.
func TestBodies(t *testing.T) {
	const page = "<p>html</p><img src=\"cid:logo@x\">"
	for _, c := range []struct {
		name, mail, text, html string
		parts                  []string // path type flag
	}{
		{"text", plainPart, "plain", "", []string{"1 text/plain body"}},
		{"html", htmlPart, "", page, []string{"1 text/html body"}},
		{"nothing stated", "\r\nplain", "plain", "", []string{"1 text/plain body"}},
		{"alternative", multipartOf("alternative", "a", plainPart, htmlPart), "plain", page, []string{"1 text/plain body", "2 text/html body"}},
		{"mixed", multipartOf("mixed", "m", plainPart, filePart), "plain", "", []string{"1 text/plain body", "2 application/pdf attachment"}},
		{"related", multipartOf("related", "r", htmlPart, logoPart), "", page, []string{"1 text/html body", "2 image/png inline"}},
		{
			"outlook", multipartOf("mixed", "m", multipartOf("related", "r", multipartOf("alternative", "a", plainPart, htmlPart), logoPart), filePart), "plain", page,
			[]string{"1.1.1 text/plain body", "1.1.2 text/html body", "1.2 image/png inline", "2 application/pdf attachment"},
		},
		{
			"alternative with a picture in it", multipartOf("alternative", "a", plainPart, multipartOf("related", "r", htmlPart, logoPart)), "plain", page,
			[]string{"1 text/plain body", "2.1 text/html body", "2.2 image/png inline"},
		},
		{"a picture nobody refers to", multipartOf("related", "r", plainPart, logoPart), "plain", "", []string{"1 text/plain body", "2 image/png attachment"}},
		{
			"two texts and a picture between", multipartOf("mixed", "m", plainPart, logoPart, plainPart), "plain\n\nplain\n", "",
			[]string{"1 text/plain body", "2 image/png attachment", "3 text/plain body"},
		},
		{"AMP alone is a file", multipartOf("alternative", "a", "Content-Type: text/x-amp-html\r\n\r\n<p>amp</p>"), "", "", []string{"1 text/x-amp-html attachment"}},
		{"text and html that are no alternatives", multipartOf("mixed", "m", plainPart, htmlPart), "plain", page, []string{"1 text/plain body", "2 text/html body"}},
		{"two documents are not stitched", multipartOf("mixed", "m", htmlPart, "Content-Type: text/html\r\n\r\n<p>two</p>"), "", page, []string{"1 text/html body", "2 text/html body"}},
		{
			"footer of a list", multipartOf("mixed", "m", multipartOf("alternative", "a", plainPart, htmlPart), plainPart), "plain\n\nplain\n", page,
			[]string{"1.1 text/plain body", "1.2 text/html body", "2 text/plain body"},
		},
		{"attached page", multipartOf("mixed", "m", plainPart, pagePart), "plain", "", []string{"1 text/plain body", "2 text/html attachment"}},
		{"named text", multipartOf("mixed", "m", plainPart, "Content-Type: text/plain; name=notes.txt\r\n\r\nnotes"), "plain", "", []string{"1 text/plain body", "2 text/plain attachment"}},
		{"forwarded mail", multipartOf("mixed", "m", plainPart, mailPart), "plain", "", []string{"1 text/plain body", "2 message/rfc822 attachment"}},
		{"digest", multipartOf("digest", "d", "\r\nSubject: one\r\n\r\n1", "\r\nSubject: two\r\n\r\n2"), "", "", []string{"1 message/rfc822 attachment", "2 message/rfc822 attachment"}},
		{"invitation", multipartOf("alternative", "a", plainPart, htmlPart, icsPart), "plain", page, []string{"1 text/plain body", "2 text/html body", "3 text/calendar attachment"}},
		{"amp is for others", multipartOf("alternative", "a", plainPart, ampPart, htmlPart), "plain", page, []string{"1 text/plain body", "2 text/x-amp-html ", "3 text/html body"}},
		{"html twice in an alternative", multipartOf("alternative", "a", htmlPart, "Content-Type: text/html\r\n\r\n<p>two</p>"), "", page, []string{"1 text/html body", "2 text/html body"}},
		{"only an attachment", filePart, "", "", []string{"1 application/pdf attachment"}},
		{
			"bounce", multipartOf("report", "r", plainPart, "Content-Type: message/delivery-status\r\n\r\nStatus: 5.1.1", "Content-Type: text/rfc822-headers\r\n\r\nSubject: x"), "plain", "",
			[]string{"1 text/plain body", "2 message/delivery-status attachment", "3 text/rfc822-headers attachment"},
		},
		{"enriched is read as it is", "Content-Type: text/enriched\r\n\r\n<bold>x</bold>", "<bold>x</bold>", "", []string{"1 text/enriched body"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := parse(t, c.mail)
			require.Equal(t, c.text, m.Text)
			require.Equal(t, c.html, m.HTML)
			var parts []string
			attachments := 0
			for _, p := range m.Parts {
				flag := ""
				switch {
				case p.Body:
					flag = "body"
				case p.Inline:
					flag = "inline"
				case p.Attachment:
					flag = "attachment"
					if !p.Decoration {
						attachments++
					}
				}
				parts = append(parts, p.Path+" "+p.MediaType+" "+flag)
				require.True(t, p.Body || p.FileName != "", "a file has a name")
			}
			require.Equal(t, c.parts, parts)
			require.Len(t, m.Attachments(), attachments)
			require.Empty(t, m.Defects)
		})
	}
}

func TestParts(t *testing.T) {
	m := parse(t, multipartOf("mixed", "m", plainPart, logoPart, filePart))
	require.Equal(t, Part{Path: "2", MediaType: "image/png", FileName: "logo.png", RawFileName: "logo.png", ContentID: "logo@x", Size: 6, Attachment: true, Decoration: true}, m.Parts[1])
	require.Equal(t, Part{Path: "3", MediaType: "application/pdf", Disposition: "attachment", FileName: "a.pdf", RawFileName: "a.pdf", Size: 6, Attachment: true}, m.Parts[2])
	evil := parse(t, "Content-Disposition: attachment; filename=\"../../.ssh/authorized_keys\"\r\nX-Mozilla-External-Attachment-URL: file:///tmp/x\r\n\r\nx")
	require.Equal(t, "authorized_keys", evil.Parts[0].FileName)
	require.Equal(t, "../../.ssh/authorized_keys", evil.Parts[0].RawFileName)
	require.EqualValues(t, 1, evil.Parts[0].Size, "a link to elsewhere is no content (CVE-2025-3522)")
}

// TestCids finds references in all the spellings of HTML.
func TestCids(t *testing.T) {
	for _, ref := range []string{
		`<img src="cid:logo@x">`, `<img src=cid:logo@x>`, `<IMG SRC='CID:logo@x'>`, `<td style="background:url(cid:logo@x)">`, `<img src="cid:logo%40x">`, `<img src="cid:logo&#64;x">`,
	} {
		m := parse(t, multipartOf("related", "r", "Content-Type: text/html\r\n\r\n"+ref, logoPart))
		require.True(t, m.Parts[1].Inline, ref)
	}
	m := parse(t, multipartOf("related", "r", "Content-Type: text/html\r\n\r\nacid:logo@x cid:logo@y", logoPart))
	require.False(t, m.Parts[1].Inline && m.Parts[1].Attachment)
}

// TestBoundaries are the ways in which boundaries go wrong; nothing may get lost in any.
func TestBoundaries(t *testing.T) {
	for _, c := range []struct {
		name, mail string
		texts      []string
		defects    []DefectCode
	}{
		{"never closed", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n", []string{"one", "two\n"}, []DefectCode{MultipartUnclosed}},
		{"ends in the last boundary", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b", []string{"one"}, []DefectCode{MultipartUnclosed}},
		{"closing boundary without line end", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b--", []string{"one"}, nil},
		{
			"inner one never closed", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\n",
			[]string{"one", "two"},
			[]DefectCode{MultipartUnclosed},
		},
		{
			"the boundary of one that was ended comes late", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--c\r\n\r\nthree\r\n--c--\r\nnothing\r\n--b\r\n\r\nfour\r\n--b--\r\n",
			[]string{"one", "two", "three", "four"},
			[]DefectCode{MultipartUnclosed},
		},
		{
			"but not inside a mail or a file", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\none\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n--c\r\n--b\r\nContent-Disposition: attachment\r\n\r\n--c\r\n--b\r\n\r\nfour\r\n--b--\r\n",
			[]string{"one", "four"},
			[]DefectCode{MultipartUnclosed},
		},
		{"white space behind", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b \t\r\n\r\none\r\n--b-- \r\n", []string{"one"}, nil},
		{"mixed line ends", "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\r\n--b\r\n\r\ntwo\n--b--\n", []string{"one", "two"}, nil},
		{"longer name is another", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--bb\r\nstill one\r\n--b--\r\n", []string{"one\n--bb\nstill one"}, nil},
		{"name ends in dashes", "Content-Type: multipart/mixed; boundary=\"b--\"\r\n\r\n--b--\r\n\r\none\r\n--b----\r\n", []string{"one"}, nil},
		{"no name", "Content-Type: multipart/mixed\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\none\r\n--b--\r\n", []string{"one"}, []DefectCode{BoundaryMissing, BoundaryGuessed}},
		{"wrong name", "Content-Type: multipart/mixed; boundary=c\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\none\r\n--b--\r\n", []string{"one"}, []DefectCode{BoundaryGuessed}},
		{"another name first", "Content-Type: multipart/mixed; boundary=c\r\n\r\n--C\r\nContent-Type: text/plain\r\nzero\r\n\r\n--c\r\n\r\none\r\n--c--\r\n", []string{"one"}, nil},
		{"no parts", "Content-Type: multipart/mixed; boundary=b\r\n\r\njust text\r\n", []string{"just text\n"}, []DefectCode{MultipartEmpty}},
		{
			"no parts inside", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\njust text\r\n--b\r\n\r\ntwo\r\n--b--",
			[]string{"just text\n", "two"},
			[]DefectCode{MultipartEmpty},
		},
		{"closed at once", "Content-Type: multipart/mixed; boundary=b\r\n\r\njust text\r\n--b--\r\n", []string{"just text\n"}, []DefectCode{MultipartEmpty}},
		{"part header without empty line", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\none\r\n--b--", []string{"one\n"}, []DefectCode{NoSeparator}},
		{"part without header", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\none two\r\n\r\nthree\r\n--b--", []string{"one two\n\nthree"}, []DefectCode{NoSeparator}},
		{"part without body", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n--b\r\n\r\ntwo\r\n--b--", []string{"two"}, nil},
		{"header without empty line", "Content-Type: multipart/mixed; boundary=b\r\n--b\r\n\r\none\r\n--b--", []string{"one"}, []DefectCode{NoSeparator}},
		{"junk in a part header", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\njunk here\r\nContent-Type: text/plain\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--", []string{"one", "two"}, []DefectCode{HeaderJunk}},
		{"a long line between", "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("x", 100_000) + "\r\n--b\r\n\r\none\r\n--b--", []string{"one"}, nil},
		{"unknown encoding", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Transfer-Encoding: x-odd\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--", []string{"one", "two"}, []DefectCode{TransferUnknown}},
		{"encoded multipart", "Content-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: base64\r\n\r\n--b\r\n\r\none\r\n--b--", []string{"one"}, nil},
		{"broken base64", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Transfer-Encoding: base64\r\n\r\nb25l*IHR3bw==\r\n--b\r\n\r\ntwo\r\n--b--", []string{"one two", "two"}, []DefectCode{TransferBroken}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, r := range []io.Reader{strings.NewReader(c.mail), iotest.OneByteReader(strings.NewReader(c.mail)), iotest.DataErrReader(strings.NewReader(c.mail))} {
				m, err := Parse(r, nil)
				require.NoError(t, err)
				var texts []string
				for _, b := range m.Bodies {
					texts = append(texts, b.Text)
				}
				require.Equal(t, c.texts, texts)
				var codes []DefectCode
				for _, d := range m.Defects {
					codes = append(codes, d.Code)
				}
				require.Equal(t, c.defects, codes)
			}
		})
	}
}

// TestBufferEdges moves a boundary over every place of the reading buffer.
func TestBufferEdges(t *testing.T) {
	for _, eol := range []string{"\r\n", "\n"} {
		for shift := range 64 {
			body := strings.Repeat("x", bufferSize-160+shift)
			mail := strings.ReplaceAll("Content-Type: multipart/mixed; boundary=bound\n\n--bound\n\n"+body+"\n--bound\n\ntwo\n--bound--\n", "\n", eol)
			m := parse(t, mail)
			require.Len(t, m.Bodies, 2, "%q %d", eol, shift)
			require.Equal(t, body, m.Bodies[0].Text)
			require.Equal(t, "two", m.Bodies[1].Text)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Run("text", func(t *testing.T) {
		mail := "Content-Type: text/plain; charset=utf-8\r\n\r\n" + strings.Repeat("é", 60)
		m, err := Parse(strings.NewReader(mail), &Options{MaxText: 101})
		require.NoError(t, err)
		require.Equal(t, strings.Repeat("é", 50), strings.TrimRight(m.Text, "\ufffd"))
		require.LessOrEqual(t, len(m.Text), 101)
		require.Contains(t, m.Defects, Defect{TextCut, "1"})
		require.EqualValues(t, 120, m.Parts[0].Size)
		m, err = Parse(strings.NewReader(mail), &Options{MaxText: 120})
		require.NoError(t, err)
		require.Empty(t, m.Defects)
	})
	t.Run("all texts", func(t *testing.T) {
		mail := multipartOf("mixed", "m", strings.Split(strings.Repeat("\r\n0123456789|", 20), "|")[:20]...)
		m, err := Parse(strings.NewReader(mail), &Options{MaxText: 10})
		require.NoError(t, err)
		kept := 0
		for _, b := range m.Bodies {
			kept += len(b.Text)
		}
		require.Equal(t, 10*maxTotalText, kept)
		require.Contains(t, m.Defects, Defect{TextCut, "9"})
	})
	t.Run("header", func(t *testing.T) {
		m, err := Parse(strings.NewReader("Subject: s\r\nX-Long: "+strings.Repeat("x", 100)+"\r\nTo: a@b.example\r\n\r\ntext"), &Options{MaxHeader: 40})
		require.NoError(t, err)
		require.Equal(t, "s", m.Subject)
		require.Equal(t, "text", m.Text)
		require.Equal(t, []Defect{{HeaderTooLong, ""}}, m.Defects)
	})
	t.Run("fields", func(t *testing.T) {
		m := parse(t, "Subject: s\r\n"+strings.Repeat("A: b\r\n", maxFields)+"To: a@b.example\r\n\r\ntext")
		require.Equal(t, "s", m.Subject)
		require.Empty(t, m.To)
		require.Equal(t, []Defect{{HeaderTooLong, ""}}, m.Defects)
	})
	t.Run("parts", func(t *testing.T) {
		mail := multipartOf("mixed", "m", plainPart, plainPart, plainPart)
		m, err := Parse(strings.NewReader(mail), &Options{MaxParts: 2})
		require.NoError(t, err)
		require.Len(t, m.Parts, 2)
		require.Equal(t, []Defect{{TooManyParts, ""}}, m.Defects)
		require.EqualValues(t, len(mail), m.Size, "the mail is read to its end")
	})
	t.Run("depth", func(t *testing.T) {
		mail := multipartOf("mixed", "m", multipartOf("mixed", "n", multipartOf("mixed", "o", plainPart)), plainPart)
		m, err := Parse(strings.NewReader(mail), &Options{MaxDepth: 2})
		require.NoError(t, err)
		require.Equal(t, []Defect{{TooDeep, "1.1"}}, m.Defects)
		require.Len(t, m.Parts, 2)
		require.Equal(t, "multipart/mixed", m.Parts[0].MediaType)
		require.True(t, m.Parts[0].Attachment)
		require.Equal(t, "plain", m.Text)
	})
}

func TestReaderFails(t *testing.T) {
	failure := errors.New("the wire broke")
	for _, start := range []string{"", "Subject: s\r\n", "Subject: s\r\n\r\ntext", multipartOf("mixed", "m", plainPart)[:60]} {
		_, err := Parse(io.MultiReader(strings.NewReader(start), iotest.ErrReader(failure)), nil)
		require.ErrorIs(t, err, failure, start)
	}
	_, err := Parse(io.MultiReader(strings.NewReader("Subject: s"), stuck{}), nil)
	require.ErrorIs(t, err, io.ErrNoProgress)
}

// stuck is a reader that never gives anything.
type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

// TestPartHook reads the leaves in the same pass, as much of them as wanted.
func TestPartHook(t *testing.T) {
	mail := multipartOf("mixed", "m", multipartOf("alternative", "a", plainPart, htmlPart), filePart, logoPart)
	var seen []string
	var late io.Reader
	m, err := Parse(strings.NewReader(mail), &Options{Part: func(p Part, body io.Reader) error {
		if late != nil {
			n, err := late.Read(make([]byte, 10))
			require.Zero(t, n)
			require.ErrorIs(t, err, io.EOF, "a reader of a part that is past gives nothing")
		}
		late = body
		b := make([]byte, 3)
		n, err := io.ReadFull(body, b)
		require.NoError(t, err)
		seen = append(seen, p.Path+" "+string(b[:n]))
		return nil
	}})
	require.NoError(t, err)
	require.Equal(t, []string{"1.1 pla", "1.2 <p>", "2 %PD", "3 \x89PN"}, seen)
	require.Equal(t, "plain", m.Text)
	require.EqualValues(t, 6, m.Parts[2].Size)
	failure := errors.New("the disk is full")
	_, err = Parse(strings.NewReader(mail), &Options{Part: func(Part, io.Reader) error { return failure }})
	require.ErrorIs(t, err, failure)
}

func TestKey(t *testing.T) {
	base := lines("Message-ID: <1@example.com>", "Date: Tue, 3 Mar 2026 10:00:00 +0100", "From: Anna <anna@example.com>", "To: us@example.net", "Subject: Hello", "", "text")
	key := parse(t, base).Key()
	require.Regexp(t, "^[0-9a-f]{64}$", key)
	for name, mail := range map[string]string{
		"folded":       strings.Replace(base, "Message-ID: ", "Message-ID:\r\n ", 1),
		"zone":         strings.Replace(base, "10:00:00 +0100", "09:00:00 +0000", 1),
		"name":         strings.Replace(base, "Anna <anna@example.com>", `"Anna M." <ANNA@Example.com>`, 1),
		"subject":      strings.Replace(base, "Hello", "[list] Hello", 1),
		"trace fields": "Received: by x\r\n" + base,
		"other body":   strings.Replace(base, "text", "text and a footer", 1),
	} {
		require.Equal(t, key, parse(t, mail).Key(), name)
	}
	for name, mail := range map[string]string{
		"id":   strings.Replace(base, "<1@", "<2@", 1),
		"date": strings.Replace(base, "10:00:00", "10:00:01", 1),
		"from": strings.Replace(base, "anna@", "bob@", 1),
	} {
		require.NotEqual(t, key, parse(t, mail).Key(), name)
	}
	without := strings.Replace(base, "Message-ID: <1@example.com>\r\n", "", 1)
	key = parse(t, without).Key()
	require.Equal(t, key, parse(t, "X-Mailer: x\r\n"+without).Key())
	for name, mail := range map[string]string{
		"to":            strings.Replace(without, "us@", "them@", 1),
		"subject":       strings.Replace(without, "Hello", "Bye", 1),
		"date":          strings.Replace(without, "10:00:00", "10:00:01", 1),
		"unusable date": strings.Replace(without, "Tue, 3 Mar 2026", "someday", 1),
	} {
		require.NotEqual(t, key, parse(t, mail).Key(), name)
	}
	require.NotEqual(t, parse(t, "Date: someday\r\n\r\n").Key(), parse(t, "Date: another day\r\n\r\n").Key())
	require.Len(t, (&Message{}).Key(), 64)
}

func TestSnippet(t *testing.T) {
	for _, c := range []struct {
		name, mail string
		max        int
		want       string
	}{
		{"short", "\r\nHello  \r\n\r\nworld\r\n", 100, "Hello world"},
		{"cut at a word", "\r\nHello world and all", 12, "Hello world…"},
		{"cut in a word", "\r\nabcdefghijklmnop", 5, "abcd…"},
		{"exact", "\r\nabcde", 5, "abcde"},
		{"characters, not octets", "Content-Type: text/plain; charset=utf-8\r\n\r\nééééé", 5, "ééééé"},
		{"zero", "\r\nabc", 0, ""},
		{"html", "Content-Type: text/html\r\n\r\n<html><head><title>T</title><style>p{x:y}</style></head><body><p>Hello<p>wor<b>ld</b> &amp; all<script>alert(1)</script></body>", 100, "Hello world & all"},
		{"table cells are apart", "Content-Type: text/html\r\n\r\n<table><tr><td>a</td><td>b</td></tr></table>", 100, "a b"},
		{"padding of a preheader", "Content-Type: text/html\r\n\r\nOffer&zwnj;&nbsp;&#847;&zwnj;&nbsp;&shy; now", 100, "Offer now"},
		{"text before html", multipartOf("alternative", "a", plainPart, htmlPart), 100, "plain"},
		{"empty text", multipartOf("alternative", "a", "\r\n \r\n", htmlPart), 100, "html"},
		{"nothing", filePart, 100, ""},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, parse(t, c.mail).Snippet(c.max)) })
	}
}

func TestOpenPart(t *testing.T) {
	mail := multipartOf("mixed", "m", multipartOf("alternative", "a", plainPart, htmlPart), filePart, mailPart,
		"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nU3ViamVjdDogaW4NCg0KZGVlcA==")
	for path, want := range map[string]string{"1.1": "plain", "1.2": "<p>html</p><img src=\"cid:logo@x\">", "2": "%PDF-1", "3.1": "inner text", "4.1": "deep"} {
		p, r, err := OpenPart(iotest.OneByteReader(strings.NewReader(mail)), path)
		require.NoError(t, err, path)
		require.Equal(t, path, p.Path)
		require.NotEmpty(t, p.FileName)
		b, err := io.ReadAll(r)
		require.NoError(t, err)
		require.Equal(t, want, string(b), path)
	}
	p, r, err := OpenPart(strings.NewReader(mail), "3")
	require.NoError(t, err)
	require.Equal(t, "message/rfc822", p.MediaType)
	inner, err := Parse(r, nil)
	require.NoError(t, err)
	require.Equal(t, "inner", inner.Subject)
	for _, path := range []string{"", "1", "0", "5", "1.3", "2.1", "3.2", "3.1.1", "x", "../1", strings.Repeat("3.", 1000)} {
		_, _, err := OpenPart(strings.NewReader(mail), path)
		require.ErrorIs(t, err, ErrNoPart, path)
	}
	failure := errors.New("the wire broke")
	_, _, err = OpenPart(io.MultiReader(strings.NewReader(mail[:200]), iotest.ErrReader(failure)), "2")
	require.ErrorIs(t, err, failure)
	_, r, err = OpenPart(io.MultiReader(strings.NewReader("\r\nabc"), iotest.ErrReader(failure)), "1")
	require.NoError(t, err)
	_, err = io.ReadAll(r)
	require.ErrorIs(t, err, failure, "octets that are missing are an error, never an end")
}
