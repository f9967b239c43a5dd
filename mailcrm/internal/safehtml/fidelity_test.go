package safehtml

import (
	"io"
	"io/fs"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
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

func compare(t *testing.T, docs []string) (s shares) {
	t.Helper()
	in, out := census{names: map[string]int{}}, census{names: map[string]int{}}
	for _, doc := range docs {
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
		if err != nil || !strings.HasPrefix(strings.ToLower(m.Header.Get("Content-Type")), "text/html") {
			return nil
		}
		body := m.Body
		switch strings.ToLower(m.Header.Get("Content-Transfer-Encoding")) {
		case "quoted-printable":
			body = quotedprintable.NewReader(body)
		case "base64":
			return nil
		}
		b, _ := io.ReadAll(body)
		docs = append(docs, strings.ToValidUTF8(string(b), "?"))
		return nil
	}))
	require.NotEmpty(t, docs)
	kept := compare(t, docs)
	require.GreaterOrEqual(t, kept.declarations, 0.93)
	require.GreaterOrEqual(t, kept.layout, 0.95)
	require.Equal(t, 1.0, kept.tables)
	require.Equal(t, 1.0, kept.letters)
}
