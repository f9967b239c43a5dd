package submit

import (
	"context"
	"errors"
	"flag"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
)

var update = flag.Bool("update", false, "write the golden mails anew")

var boundary = regexp.MustCompile(`[0-9a-f]{60}`)

// neutral gives the random boundaries of a mail numbers.
func neutral(raw string) string {
	known := map[string]string{}
	return boundary.ReplaceAllStringFunc(raw, func(b string) string {
		if known[b] == "" {
			known[b] = "boundary-" + strconv.Itoa(len(known)+1)
		}
		return known[b]
	})
}

// attached is a file with content.
func attached(name, mediaType, content string) Attachment {
	return Attachment{Name: name, Type: mediaType, Size: int64(len(content)), Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(content)), nil }}
}

func picture(id, content string) Attachment {
	a := attached(id+".png", "image/png", content)
	a.ContentID = id
	return a
}

func build(t testing.TB, m *Mail) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, Build(context.Background(), m, &b))
	return b.String()
}

// checkLines holds a mail to RFC 5321 §4.5.3.1.6 and §2.3.8: nothing that one server could take for the end of a line, or of the mail, and another not.
func checkLines(t testing.TB, raw string) {
	t.Helper()
	require.True(t, strings.HasSuffix(raw, "\r\n"))
	require.NotContains(t, raw, "\x00")
	rest := strings.ReplaceAll(raw, "\r\n", "")
	require.NotContains(t, rest, "\r")
	require.NotContains(t, rest, "\n")
	for line := range strings.Lines(raw) {
		require.LessOrEqual(t, len(line)-2, 998)
	}
	head, _, ok := strings.Cut(raw, "\r\n\r\n")
	require.True(t, ok)
	for line := range strings.Lines(head) {
		require.NotEmpty(t, strings.TrimSpace(line), "a folded line of spaces alone (RFC 5322 §3.2.2)")
	}
}

func golden(name string, change func(*Mail)) goldenMail { return goldenMail{name, change} }

type goldenMail struct {
	name   string
	change func(*Mail)
}

const pixel = "\x89PNG\r\n\x1a\nnot a whole one"

func goldens() []goldenMail {
	many := make([]store.Address, 120)
	for i := range many {
		many[i] = store.Address{Name: "Recipient " + strconv.Itoa(i), Address: "r" + strconv.Itoa(i) + "@client.example"}
	}
	ids := make([]string, 60)
	for i := range ids {
		ids[i] = "id" + strconv.Itoa(i) + "@thread.example"
	}
	odd := []string{
		"plain.txt", "with space.txt", "Überprüfung – Août 2026.pdf", "ファイル名.pdf", "quote\"semi;colon.txt", "../../etc/passwd", `C:\temp\a.doc`, "a\r\nX-Evil: 1.txt", "",
		"CON.txt", "=?UTF-8?Q?=0D=0A?=.txt", "evil\u202etxt.exe", strings.Repeat("long", 80) + ".tar.gz", strings.Repeat("ü", 300) + ".pdf", "no-extension", ".hidden", "100%.txt", "it's.txt",
	}
	return []goldenMail{
		golden("text", func(m *Mail) {
			m.Text = "Bonjour,\n\nl'été est là : 3 € = trois euros.\n.\n..\nFrom here on\n-- \nAnna\n"
		}),
		golden("html", func(m *Mail) { m.HTML = "<p>Bonjour, l'été</p>\n<!--[if mso]><p>Outlook</p><![endif]-->" }),
		golden("alternative", func(m *Mail) { m.Text, m.HTML = "Hello\n", "<p>Hello</p>" }),
		golden("empty", func(m *Mail) { m.Subject, m.Text = "", "" }),
		golden("related", func(m *Mail) {
			m.Text, m.HTML = "Hello\n", `<p>Hello <img src="cid:logo@mc"></p>`
			m.Attachments = []Attachment{picture("logo@mc", pixel)}
		}),
		golden("related-html-only", func(m *Mail) {
			m.HTML, m.Attachments = `<img src="cid:logo@mc">`, []Attachment{picture("logo@mc", pixel)}
		}),
		golden("mixed", func(m *Mail) {
			m.Text, m.HTML = "Hello\n", `<p>Hello <img src="cid:logo@mc"></p>`
			m.Attachments = []Attachment{attached("a.pdf", "application/pdf", "%PDF-1.7\n"), picture("logo@mc", pixel), attached("b.csv", "text/csv; charset=utf-8; header=present", "a;b\n")}
		}),
		golden("file-only", func(m *Mail) { m.Text, m.Attachments = "", []Attachment{attached("a.bin", "", "\x00\x01")} }),
		golden("names", func(m *Mail) {
			m.Text = "Files.\n"
			for _, name := range odd {
				m.Attachments = append(m.Attachments, attached(name, "application/pdf", "x"))
			}
		}),
		golden("types", func(m *Mail) {
			m.Text = "Types.\n"
			for _, mediaType := range []string{
				"text/plain", "TEXT/HTML; Charset=ISO-8859-1; name=\"other.txt\"", "multipart/mixed; boundary=x", "message/rfc822", "nonsense", "a/b/c", "text/plain\r\nX-Evil: 1", "",
				"text/calendar; method=REQUEST; charset=utf-8", "x/" + strings.Repeat("y", 1000), "x/y; z=" + strings.Repeat("y", 1000), "x/y; z=été",
			} {
				m.Attachments = append(m.Attachments, attached("f.dat", mediaType, "x"))
			}
		}),
		golden("subject-long", func(m *Mail) { m.Subject = strings.TrimSpace(strings.Repeat("Relance facture n° 2026-1124 ", 12)) }),
		golden("subject-word", func(m *Mail) { m.Subject = strings.Repeat("x", 500) }),
		golden("subject-spaces", func(m *Mail) { m.Subject = "  a " + strings.Repeat(" ", 200) + "b  " }),
		golden("subject-encoded", func(m *Mail) { m.Subject = "=?UTF-8?Q?=0D=0AX-Evil:_1?=" }),
		golden("subject-controls", func(m *Mail) { m.Subject = "a\r\nX-Evil: 1\x00\tb\u2028c" }),
		golden("subject-controls-ascii", func(m *Mail) { m.Subject = "a\r\nX-Evil: 1\x00\tb" }),
		golden("many", func(m *Mail) { m.To, m.Cc = many[:60], many[60:] }),
		golden("names-of-people", func(m *Mail) {
			m.From.Name = "Anna \"Petit\" (ventes), Société"
			m.To = []store.Address{
				{Name: "Doe, John", Address: "john@client.example"},
				{Name: "Éloïse Ŵ", Address: "eloise@client.example"},
				{Name: `back\slash "quote"`, Address: "b@client.example"},
				{Name: "山田太郎", Address: "taro@client.example"},
				{Name: "=?utf-8?q?=2C?=", Address: "e@client.example"},
				{Name: "tab\there", Address: "t@client.example"},
				{Name: strings.Repeat("very", 500), Address: "v@client.example"},
				{Name: strings.Repeat("é", 300), Address: "w@client.example"},
				{Name: "a@b.example", Address: "x@client.example"},
			}
		}),
		golden("idn", func(m *Mail) {
			m.From.Address, m.ReplyTo = "anna@Bücher.example", "Info@bücher.example."
			m.To = []store.Address{{Address: "Ben.O'Neil+tag@MÜNCHEN.example"}, {Address: `"plain"@straße.example`}, {Address: "a..b@docomo.example"}, {Address: "x@[192.0.2.1]"}, {Address: "a_b@under_score.example"}}
			m.Receipt = true
		}),
		golden("smtputf8", func(m *Mail) {
			m.To, m.ReplyTo = []store.Address{{Name: "Jörg", Address: "jörg@münchen.example"}}, "añña@demo.example"
		}),
		golden("answer", func(m *Mail) {
			m.InReplyTo, m.References, m.ReplyTo, m.Receipt = "q@client.example", []string{"first@client.example", "q@client.example"}, "office@demo.example", true
		}),
		golden("references", func(m *Mail) {
			m.References = append(ids, "", "bad id@x", "a\r\nX-Evil: 1@x", "<nested@x>", "é@x", strings.Repeat("x", 2000), strings.Repeat("y", 880)+"@x")
			m.InReplyTo = "a\r\nX-Evil: 1@x"
		}),
		golden("no-references", func(m *Mail) { m.Tag = "" }),
		golden("undisclosed", func(m *Mail) { m.To = nil }),
		golden("cc-only", func(m *Mail) { m.To, m.Cc = nil, []store.Address{{Address: "cc@client.example"}} }),
	}
}

func goldenOf(g goldenMail) *Mail {
	m := &Mail{
		MessageID: "01hx.0123456789abcdef01@demo.example", Date: time.Date(2026, time.November, 24, 9, 0, 0, 0, time.FixedZone("", 3600)), Tag: "mc.01hx.aaaaaaaaaaaaaaaaaaaa",
		From: store.Address{Name: "Anna Petit", Address: anna}, To: []store.Address{{Name: "Ben", Address: ben}}, Subject: "Hello", Text: "Hello\n",
	}
	if strings.Contains(g.name, "html") {
		m.Text = ""
	}
	g.change(m)
	return m
}

// TestGolden: what is built is what lies in testdata, and what both readers make of it is what was put in.
func TestGolden(t *testing.T) {
	names := map[string]bool{}
	for _, g := range goldens() {
		t.Run(g.name, func(t *testing.T) {
			m := goldenOf(g)
			raw := build(t, m)
			checkLines(t, raw)
			require.Equal(t, neutral(raw), neutral(build(t, m)), "the same each time, but for the boundaries")
			require.NotContains(t, raw, "X-Mailer")
			require.NotContains(t, raw, "User-Agent")
			reread(t, m, raw)
			path := filepath.Join("testdata", g.name+".eml")
			if *update {
				require.NoError(t, os.WriteFile(path, []byte(neutral(raw)), 0o600))
			}
			want, err := os.ReadFile(path)
			require.NoError(t, err, "run go test -update")
			require.Equal(t, string(want), neutral(raw))
		})
		names[g.name+".eml"] = true
	}
	files, err := os.ReadDir("testdata")
	require.NoError(t, err)
	for _, f := range files {
		require.True(t, names[f.Name()] || f.IsDir() || f.Name() == ".gitattributes", f.Name())
	}
}

// reread compares what mimemail and the standard library read with what was put in.
func reread(t *testing.T, m *Mail, raw string) {
	t.Helper()
	got, err := mimemail.Parse(strings.NewReader(raw), nil)
	require.NoError(t, err)
	require.Empty(t, got.Defects)
	std, err := netmail.ReadMessage(strings.NewReader(raw))
	require.NoError(t, err)

	require.Equal(t, m.MessageID, got.MessageID)
	require.Equal(t, "<"+m.MessageID+">", std.Header.Get("Message-ID"))
	require.True(t, m.Date.Equal(got.Date))
	date, err := std.Header.Date()
	require.NoError(t, err)
	require.True(t, m.Date.Equal(date))
	subject := flat(m.Subject)
	require.Equal(t, strings.Join(strings.Fields(subject), " "), got.Subject)
	decoded, err := new(mime.WordDecoder).DecodeHeader(std.Header.Get("Subject"))
	require.NoError(t, err)
	require.Equal(t, subject, decoded)

	require.Equal(t, "1.0", std.Header.Get("MIME-Version"))
	people := func(field string, want []store.Address, is []mimemail.Address) {
		t.Helper()
		list, err := std.Header.AddressList(field)
		if len(want) == 0 {
			require.Empty(t, is)
			return
		}
		require.NoError(t, err)
		require.Len(t, is, len(want))
		require.Len(t, list, len(want))
		for i, a := range want {
			address, err := WireAddress(a.Address)
			require.NoError(t, err)
			require.Equal(t, mimemail.NormalAddress(address), mimemail.NormalAddress(is[i].Address))
			require.Equal(t, nameText(a.Name), is[i].Name)
			if !strings.Contains(address, "[") {
				require.Equal(t, address, list[i].Address)
			}
			require.Equal(t, nameText(a.Name), list[i].Name)
		}
	}
	people("From", []store.Address{m.From}, got.From)
	if len(m.To)+len(m.Cc) == 0 {
		require.Equal(t, "undisclosed-recipients:;", std.Header.Get("To"))
		require.Empty(t, got.To)
	} else {
		people("To", m.To, got.To)
	}
	people("Cc", m.Cc, got.Cc)
	if m.ReplyTo != "" {
		people("Reply-To", []store.Address{{Address: m.ReplyTo}}, got.ReplyTo)
	}
	require.Equal(t, m.Receipt, len(got.DispositionNotificationTo) == 1)
	require.Len(t, std.Header["Bcc"], 0)

	require.Equal(t, normalText(m.Text), got.Text)
	if m.HTML != "" {
		require.Equal(t, normalText(m.HTML), strings.TrimSuffix(got.HTML, "\n")+strings.Repeat("\n", strings.Count(normalText(m.HTML), "\n")-strings.Count(strings.TrimSuffix(got.HTML, "\n"), "\n")))
	}
	rereadFiles(t, m, got, std)
}

func normalText(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

// rereadFiles compares names and bytes of the attachments.
func rereadFiles(t *testing.T, m *Mail, got *mimemail.Message, std *netmail.Message) {
	t.Helper()
	var pictures, files []Attachment
	for _, a := range m.Attachments {
		if a.ContentID != "" {
			pictures = append(pictures, a)
		} else {
			files = append(files, a)
		}
	}
	want := append(pictures, files...)
	var parts []mimemail.Part
	for _, p := range got.Parts {
		if !p.Body {
			parts = append(parts, p)
		}
	}
	require.Len(t, parts, len(want))
	leaves := stdLeaves(t, std.Header.Get("Content-Type"), std.Header.Get("Content-Transfer-Encoding"), std.Body)
	leaves = leaves[len(leaves)-len(want):]
	for i, a := range want {
		name := noWords(mimemail.CleanFileName(a.Name))
		if name == "" {
			name = "file"
		}
		require.Equal(t, name, parts[i].FileName)
		require.Equal(t, name, parts[i].RawFileName)
		require.Equal(t, a.ContentID, parts[i].ContentID)
		require.Equal(t, a.Size, parts[i].Size)
		require.Equal(t, a.ContentID == "", parts[i].Attachment)
		require.Equal(t, map[bool]string{true: "attachment", false: "inline"}[a.ContentID == ""], parts[i].Disposition)

		_, parameters, err := mime.ParseMediaType(leaves[i].disposition)
		require.NoError(t, err)
		require.Equal(t, name, parameters["filename"], "RFC 2231")
		_, parameters, err = mime.ParseMediaType(leaves[i].contentType)
		require.NoError(t, err, leaves[i].contentType)
		word, err := new(mime.WordDecoder).DecodeHeader(parameters["name"])
		require.NoError(t, err)
		require.Equal(t, name, word, "RFC 2047")
		r, err := a.Open()
		require.NoError(t, err)
		content, err := io.ReadAll(r)
		require.NoError(t, err)
		require.Equal(t, string(content), leaves[i].body)
	}
}

type leaf struct{ contentType, disposition, body string }

// stdLeaves are the leaves of a mail as the standard library reads them.
func stdLeaves(t *testing.T, contentType, encoding string, body io.Reader) (out []leaf) {
	t.Helper()
	mediaType, parameters, err := mime.ParseMediaType(contentType)
	require.NoError(t, err)
	if !strings.HasPrefix(mediaType, "multipart/") {
		content, err := io.ReadAll(decoded(body, encoding))
		require.NoError(t, err)
		return []leaf{{contentType, "", string(content)}}
	}
	r := multipart.NewReader(body, parameters["boundary"])
	for {
		part, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return out
		}
		require.NoError(t, err)
		inner := stdLeaves(t, part.Header.Get("Content-Type"), part.Header.Get("Content-Transfer-Encoding"), part)
		if len(inner) == 1 {
			inner[0].disposition = part.Header.Get("Content-Disposition")
		}
		out = append(out, inner...)
	}
}

func decoded(r io.Reader, encoding string) io.Reader {
	switch encoding {
	case "quoted-printable":
		return quotedprintable.NewReader(r)
	case "base64":
		return base64Reader(r)
	}
	return r
}
