package safehtml

import (
	"encoding/base64"
	"io"
	"io/fs"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aymerick/douceur/parser"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
)

// layout are the attributes that lay out a mail.
var layout = set("align valign width height bgcolor border cellpadding cellspacing color face size colspan rowspan nowrap hspace vspace alt title dir lang role clear type start")

// A census counts what a document has of what should survive.
type census struct {
	declarations, layout, tables, letters int
	names                                 map[string]int // of properties, and of attributes with an @
}

func count(t testing.TB, doc string) census {
	t.Helper()
	root, err := html.ParseWithOptions(strings.NewReader(doc), html.ParseOptionEnableScripting(false))
	require.NoError(t, err)
	c := census{names: map[string]int{}}
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			c.letters += len([]rune(strings.Join(strings.Fields(n.Data), ""))) // comments cut words, so letters are counted
		}
		if n.Type == html.ElementNode {
			switch n.Data {
			case "script", "style", "title", "head", "textarea", "select", "iframe", "object", "noframes", "svg":
				return
			case "table":
				c.tables++
			}
			for _, a := range n.Attr {
				switch {
				case a.Key == "style":
					list, err := parser.ParseDeclarations(strings.TrimRight(a.Val, "; ") + ";")
					if err != nil {
						list = nil
					}
					c.declarations += len(list)
					for _, d := range list {
						c.names[strings.ToLower(d.Property)]++
					}
				case layout[a.Key] && n.Data != "body" && n.Data != "html" && n.Data != "input" && a.Val != "":
					c.layout++
					c.names["@"+a.Key]++
				}
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(root)
	return c
}

func (c *census) add(o census) {
	c.declarations += o.declarations
	c.layout += o.layout
	c.tables += o.tables
	c.letters += o.letters
	for k, n := range o.names {
		c.names[k] += n
	}
}

// shares are what sanitising keeps, counted by property and attribute name: what is added elsewhere makes nothing good.
type shares struct{ declarations, layout, tables, letters float64 }

var styleElement = regexp.MustCompile(`(?is)<style.*?(</style>|$)`)

func compare(t *testing.T, docs []string) (s shares) {
	t.Helper()
	in, out := census{names: map[string]int{}}, census{names: map[string]int{}}
	for _, doc := range docs {
		assertSafe(t, Sanitize(doc), allowedURL{})
		doc = styleElement.ReplaceAllString(doc, "") // what rules add elsewhere must not make good what is lost here
		clean := Sanitize(doc)
		assertSafe(t, clean, allowedURL{})
		in.add(count(t, doc))
		out.add(count(t, clean))
	}
	declarations, attributes := 0, 0
	for name, n := range in.names {
		kept := min(n, out.names[name])
		if strings.HasPrefix(name, "@") {
			attributes += kept
		} else {
			declarations += kept
		}
		if n-kept > 3 {
			t.Logf("%s: %d of %d lost", strings.TrimPrefix(name, "@"), n-kept, n)
		}
	}
	share := func(a, b int) float64 { return float64(a) / float64(max(b, 1)) }
	s = shares{share(declarations, in.declarations), share(attributes, in.layout), share(out.tables, in.tables), share(out.letters, in.letters)}
	t.Logf("%d documents: kept %.3f of %d declarations, %.3f of %d layout attributes, %.3f of %d tables, %.4f of %d letters", len(docs),
		s.declarations, in.declarations, s.layout, in.layout, s.tables, in.tables, s.letters, in.letters)
	return s
}

// TestFidelityOfTemplates asks that modern transactional mail keeps its looks.
func TestFidelityOfTemplates(t *testing.T) {
	var docs []string
	require.NoError(t, filepath.WalkDir(corpora(t, "postmark-templates"), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || filepath.Ext(path) != ".html" {
			return err
		}
		b, err := os.ReadFile(path)
		docs = append(docs, string(b))
		return err
	}))
	require.NotEmpty(t, docs)
	kept := compare(t, docs)
	require.GreaterOrEqual(t, kept.declarations, 0.98)
	require.GreaterOrEqual(t, kept.layout, 0.95)
	require.Equal(t, 1.0, kept.tables)
	require.Equal(t, 1.0, kept.letters)
}

// htmlOf appends the HTML parts of an entity, as far as the standard library reads it.
func htmlOf(docs []string, header textproto.MIMEHeader, body io.Reader, depth int) []string {
	kind, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return docs
	}
	switch strings.ToLower(header.Get("Content-Transfer-Encoding")) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	switch {
	case kind == "text/html":
		if b, _ := io.ReadAll(body); len(b) > 0 { // what comes before an error is HTML too
			docs = append(docs, strings.ToValidUTF8(string(b), "?"))
		}
	case strings.HasPrefix(kind, "multipart/") && depth < 5:
		parts := multipart.NewReader(body, params["boundary"])
		for part, err := parts.NextRawPart(); err == nil; part, err = parts.NextRawPart() {
			docs = htmlOf(docs, part.Header, part, depth+1)
		}
	}
	return docs
}

// TestFidelityOfNewsletters asks the same of the newsletters of twenty years ago, which are tables and font elements.
func TestFidelityOfNewsletters(t *testing.T) {
	var docs []string
	require.NoError(t, filepath.WalkDir(corpora(t, "spamassassin"), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		m, err := mail.ReadMessage(f)
		if err != nil {
			return nil
		}
		docs = htmlOf(docs, textproto.MIMEHeader(m.Header), m.Body, 0)
		return nil
	}))
	require.Greater(t, len(docs), 300)
	kept := compare(t, docs)
	require.GreaterOrEqual(t, kept.declarations, 0.95)
	require.GreaterOrEqual(t, kept.layout, 0.95)
	require.Equal(t, 1.0, kept.tables)
	require.Equal(t, 1.0, kept.letters)
}

// TestFidelityOfMails asks it of mails as the programs of today write them, and what is more: their rules are applied.
func TestFidelityOfMails(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join("testdata", "mails", "*.html"))
	require.NoError(t, err)
	require.Len(t, paths, 4)
	var docs []string
	clean := map[string]string{}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		docs = append(docs, string(b))
		clean[filepath.Base(path)] = Sanitize(string(b))
		require.Equal(t, clean[filepath.Base(path)], Sanitize(clean[filepath.Base(path)]))
	}
	kept := compare(t, docs)
	require.GreaterOrEqual(t, kept.declarations, 0.95)
	require.GreaterOrEqual(t, kept.layout, 0.95)
	require.Equal(t, 1.0, kept.tables)
	require.Equal(t, 1.0, kept.letters)

	for file, wants := range map[string][]string{
		"columns.html": {`"max-width: 50%; font-size: 0px; text-align: left; direction: ltr; display: inline-block; vertical-align: top; width: 50%"`, `<p style="display: block; margin: 13px 0">The left`, `border-radius: 4px`},
		"button.html": {
			`<a style="background: #1d6fdc; border-radius: 6px; display: inline-block; font-weight: 600; padding: 12px 22px; text-decoration: none; color: #fff" href="https://shop.example/invoice"`,
			`<td style="border-bottom: 1px solid #dde3ea; padding: 6px 4px; text-align: right">48.00</td>`, `<h1 style="font-size: 22px; line-height: 28px; margin: 0 0 12px">`,
			`<p style="margin: 0 0 16px; line-height: 1.5">Hello`, "border: 1px solid #dde3ea; border-radius: 8px; padding: 24px",
		},
		"office.html": {`<p style="margin: 0cm; font-size: 11.0pt; font-family: &#39;Calibri&#39;,sans-serif; mso-fareast-language: EN-US">Bonjour`, `margin-left: 36.0pt`, `color: #0563C1; text-decoration: underline" href=`},
		"apple.html":  {"caret-color", "display: flex; gap: 12px", "columns: 2; column-gap: 2em"},
	} {
		for _, want := range wants {
			require.Contains(t, clean[file], want, file)
		}
	}
	require.NotContains(t, clean["button.html"], "#111", "dark rules are not for the light page")
	require.NotContains(t, clean["button.html"], "roundrect")
}
