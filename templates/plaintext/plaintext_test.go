package plaintext_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/mailcrm/sdk/templates/plaintext"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestFromHTML(t *testing.T) {
	for _, c := range []struct{ name, html, want string }{
		{"nothing", "", ""},
		{"white space", " \n\t<p> </p>\u00A0", ""},
		{"paragraphs", "<p>a  b\n c</p> <p>d</p>", "a b c\n\nd\n"},
		{"inline", "a<b>b</b> <i> c</i><span>d</span>", "ab cd\n"},
		{"divs", "<div>a<div>b</div>c</div>d", "a\nb\nc\nd\n"},
		{"line breaks", "a<br>b<br/><br></br>c</p>d", "a\nb\n\nc\n\nd\n"},
		{"an empty paragraph", "<p>a</p><p>&nbsp;</p><p>b</p><div>&nbsp;</div>", "a\n\nb\n"},
		{"entities", "&lt;b&gt; &amp;eacute; &eacute;&#8364;&#0;&#x1F600;", "<b> &eacute; é€\uFFFD😀\n"},
		{"no-break spaces stay", "1&nbsp;234\u202F€", "1\u00A0234\u202F€\n"},
		{"invisible characters go", "a\u200Bb\u00ADc\uFEFFd\x07e\u2028f", "abcde f\n"},
		{"bad UTF-8", "a\xffb", "a\uFFFDb\n"},

		{"a link", `<a href="https://a.example/b?c=1&amp;d=2">here</a>.`, "here <https://a.example/b?c=1&d=2>.\n"},
		{"a link that is its text", `<a href="https://a.example/">https://a.example</a>, <a href="https://www.a.example/b/">a.example/b</a>`, "https://a.example, a.example/b\n"},
		{"a link that says another address", `<a href="https://evil.example/">https://bank.example</a>`, "https://bank.example <https://evil.example/>\n"},
		{"a mail address", `<a href="mailto:a@b.example?subject=x">a@b.example</a> or <a href="MAILTO:a@b.example">write</a>`, "a@b.example or write <a@b.example>\n"},
		{"a telephone", `<a href="tel:+33102030405">01 02 03 04 05</a>, <a href="tel:+33102030405">call</a>`, "01 02 03 04 05, call <+33102030405>\n"},
		{"other schemes", `<a href="javascript:x()">a</a> <a href="#top">b</a> <a href="/c">c</a> <a href="data:text/html,x">d</a> <a>e</a> <a href="cid:x">f</a> <a href="https://">g</a>`, "a b c d e f g\n"},
		{"an address with spaces and brackets", "<a href=\" https://a.example/\n<b> \">x</a>", "x <https://a.example/b>\n"},
		{"a very long address", `<a href="https://a.example/` + strings.Repeat("x", 2000) + `">x</a>`, "x\n"},
		{"a picture link and its caption", `<a href="https://a.example/p"><img alt="Roof"></a> <a href="https://a.example/p">The roof</a>`, "Roof <https://a.example/p> The roof\n"},
		{"a picture link without words", `<a href="https://a.example/p"><img src=x></a>`, "<https://a.example/p>\n"},
		{"a link around blocks", `<a href="https://a.example/p"><div>one</div><div>two</div></a>three`, "one\ntwo <https://a.example/p>\nthree\n"},
		{"a link that is not closed", `<a href="https://a.example/">x <a href="https://b.example/">y`, "x <https://a.example/> y <https://b.example/>\n"},
		{"a link in a cell", `<table><tr><td><a href="https://a.example/">x<td>y</table>z`, "x <https://a.example/> | y\n\nz\n"},

		{"pictures", `<img alt=" Logo "> <img alt=""> <img>`, "Logo\n"},
		{"a rule", "a<hr>b", "a\n\n" + strings.Repeat("-", 40) + "\n\nb\n"},
		{"headings", "<h1>A</h1>b<h2>C</h2>", "A\n\nb\n\nC\n"},

		{"a list", "x<ul><li>a</li><li>b<br>c</li></ul>y", "x\n\n- a\n- b\n  c\n\ny\n"},
		{"numbers", `<ol start="9"><li>a<li>b<li value=3>c<li value=x>d</ol>`, "9. a\n10. b\n3. c\n4. d\n"},
		{"lists in lists", "<ul><li>a<ol><li>b<ul><li>c</ul><li>d</ol><li>e</ul>", "- a\n  1. b\n     - c\n  2. d\n- e\n"},
		{"a list in a list item alone", "<ul><li><ol><li>a</ol></ul>", "- 1. a\n"},
		{"paragraphs in items", "<ul><li><p>a</p><p>b</p></li><li>c</ul>", "- a\n\n  b\n\n- c\n"},
		{"items without a list", "<li>a<li>b", "- a\n- b\n"},
		{"an empty item", "<ul><li></li><li>a</ul>b", "- a\n\nb\n"},
		{"definitions", "<dl><dt>a<dd>b<dd>c<dt>d</dl>", "a\n  b\n  c\nd\n"},

		{"a quotation", "a<blockquote>b<p>c</p></blockquote>d", "a\n\n> b\n>\n> c\n\nd\n"},
		{"a quotation in a quotation", "<blockquote>a<blockquote>b</blockquote>c</blockquote>", "> a\n>\n> > b\n>\n> c\n"},
		{"a list in a quotation", "<blockquote><ul><li>a<li>b<br>c</ul></blockquote>", "> - a\n> - b\n>   c\n"},
		{"a quotation in a list", "<ul><li>a<blockquote>b</blockquote></ul>", "- a\n\n  > b\n"},

		{"a table", "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>e", "a | b\nc | d\n\ne\n"},
		{"a table of facts keeps its empty cells", "<table><tr><th>a<th>b<th>c<tr><td>1<td><td>3<tr><td><td>2", "a | b | c\n1 |  | 3\n| 2\n"},
		{"a table of spacers", "<table><tr><td>a<td>&nbsp;<td><img><td>b", "a | b\n"},
		{"one cell", "<table><tr><td>a<tr><td>b", "a\nb\n"},
		{"cells with lines are not joined", "<table><tr><td>a<br>b<td>c", "a\nb\nc\n"},
		{"cells with long text are not joined", "<table><tr><td>" + strings.Repeat("long ", 16) + "<td>c", strings.TrimSpace(strings.Repeat("long ", 15)) + "\nlong\nc\n"},
		{"a table in a table", "<table><tr><td>a<table><tr><td>b<td>c</table><td>d", "a\nb | c\nd\n"},
		{"a list in a cell", "<table><tr><td><ul><li>a<li>b</ul><td>c", "- a\n- b\nc\n"},
		{"a table in a list", "<ul><li><table><tr><td>a<td>b<tr><td>c<td>d</table><li>e</ul>", "- a | b\n  c | d\n\n- e\n"},
		{"paragraphs in cells", "<table><tr><td><p>a</p><p>b</p><tr><td>c", "a\n\nb\n\nc\n"},
		{"paragraphs in cells of one line", "<table><tr><td><p>a</p><td><p>b</p><tr><td><p>c</p><td><p>d</p>", "a | b\nc | d\n"},
		{"a caption", "<table><caption>t</caption><tr><td>a<td>b", "t\na | b\n"},
		{"text out of its place", "<table>x<tr>y<td>a<td>b</table>", "x\ny\na | b\n"},
		{"cells without a table", "<td>a<td>b", "a\nb\n"},

		{"hidden", `a<p style="DISPLAY : none !important">b<b>c</b></p><span hidden>d</span><div style="visibility:hidden">e</div>f<div style="max-height:0;overflow:hidden">g</div>`, "af\n"},
		{"hidden and not closed by a stray end", `<div style="display:none">a</p></td></b>b</div>c`, "c\n"},
		{"a hidden element ends with its parent", `<div>x<span style="display:none">a</div>b`, "x\nb\n"},
		{"not hidden", `<p style="font-size:0;max-height:0.5em;overflow:hidden">a</p><a style="mso-hide:all">b</a>`, "a\n\nb\n"},
		{"not content", "<title>t</title><style>s</style><script>x</script><!-- c --><template>d</template><noscript>n</noscript><svg><text>v</text></svg>a<svg/>b", "ab\n"},
		{"Outlook's comments", "<!--[if mso]>m<![endif]-->a<!--[if !mso]><!-->b<!--<![endif]-->", "ab\n"},
		{"a void element that is hidden", `<img alt="a" style="display:none">b`, "b\n"},

		{"preformatted", "<pre>\na\n  b\tc\n\n\n d </pre>e", "a\n  b\tc\n\n d\n\ne\n"},
		{"preformatted lines are not broken", "<pre>" + strings.Repeat("word ", 30) + "</pre>", strings.TrimSpace(strings.Repeat("word ", 30)) + "\n"},
		{"pre-wrap", `<div style="white-space: pre-wrap">a  b` + "\nc</div>", "a  b\nc\n"},

		{"the signature separator", "<div>a</div><div>-- <br>b</div>", "a\n-- \nb\n"},
		{"the signature separator with a no-break space", "<p>--&nbsp;</p>b", "-- \n\nb\n"},
		{"the signature separator, preformatted and quoted", "<blockquote><pre>a\n-- \nb</pre></blockquote>", "> a\n> -- \n> b\n"},
		{"two dashes", "<p>--</p>a", "--\n\na\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := strings.ReplaceAll(c.want, "b\tc", "b     c") // to the next column of eight
			require.Equal(t, want, plaintext.FromHTML(c.html, nil))
		})
	}
}

func TestWidth(t *testing.T) {
	long := "<blockquote><p>" + strings.Repeat("mot ", 40) + "</p><ul><li>" + strings.Repeat("mot ", 40) + "</ul></blockquote>" + strings.Repeat("x", 100) + " y"
	for _, width := range []int{20, 40, 78} {
		got := plaintext.FromHTML(long, &plaintext.Options{Width: width})
		lines := strings.Split(got, "\n")
		require.Greater(t, len(lines), 4)
		for _, l := range lines {
			require.True(t, len(l) <= width || !strings.Contains(l, " "), l)
		}
	}
	require.Equal(t, plaintext.FromHTML(long, &plaintext.Options{Width: 20}), plaintext.FromHTML(long, &plaintext.Options{Width: 1}))
	require.Equal(t, plaintext.FromHTML(long, nil), plaintext.FromHTML(long, &plaintext.Options{Width: 78}))
	wide := plaintext.FromHTML(strings.Repeat("漢字", 40), &plaintext.Options{Width: 20})
	require.Equal(t, strings.Repeat("漢字漢字漢字漢字漢字\n", 8), wide, "wide characters take two columns and may be parted")
	require.Equal(t, 21, len([]rune(plaintext.FromHTML(strings.Repeat("e\u0301", 10)+" x", &plaintext.Options{Width: 20})))-2, "accents take none")
}

func TestMaxBytes(t *testing.T) {
	paragraphs := strings.Repeat("<p>some words</p>", 1000)
	got := plaintext.FromHTML(paragraphs, &plaintext.Options{MaxBytes: 100})
	require.Equal(t, strings.Repeat("some words\n\n", 8)+"[…]\n", got)
	one := plaintext.FromHTML(strings.Repeat("x", 5000), &plaintext.Options{MaxBytes: 100})
	require.True(t, strings.HasSuffix(one, "[…]\n"))
	require.LessOrEqual(t, len(one), 100+len("[…]\n"))
	require.Less(t, len(plaintext.FromHTML(strings.Repeat("é", 4<<20), nil)), 1<<20+10)
	require.True(t, utf8.ValidString(plaintext.FromHTML(strings.Repeat("é", 400), &plaintext.Options{MaxBytes: 101})))
}

// hostile are documents that grow with n and that could make a converter walk the same ground again and again.
var hostile = map[string]func(n int) string{
	"open divs":      func(n int) string { return strings.Repeat("<div>", n/5) },
	"open quotes":    func(n int) string { return strings.Repeat("<blockquote>a", n/13) },
	"open lists":     func(n int) string { return strings.Repeat("<ul><li>a", n/9) },
	"open tables":    func(n int) string { return strings.Repeat("<table><tr><td>a", n/16) },
	"open links":     func(n int) string { return strings.Repeat("<a href=https://a.b/>a", n/22) },
	"cells":          func(n int) string { return "<table><tr>" + strings.Repeat("<td>a", n/5) },
	"rows":           func(n int) string { return "<table>" + strings.Repeat("<tr><td>a<td>b", n/14) },
	"cells in cells": func(n int) string { return strings.Repeat("<table><tr><td>", 20) + strings.Repeat("a<br>", n/5) },
	"cells under divs": func(n int) string {
		return "<table><tr><td>" + strings.Repeat("<div>", 200) + strings.Repeat("<td>", n/4)
	},
	"stray ends":        func(n int) string { return strings.Repeat("<b>", 200) + "<table><td>" + strings.Repeat("</b>", n/4) },
	"stray ends deep":   func(n int) string { return "<b><table><td>" + strings.Repeat("<i>", 240) + strings.Repeat("</b>", n/4) },
	"breaks in quotes":  func(n int) string { return strings.Repeat("<blockquote>", 100) + strings.Repeat("a<br>", n/5) },
	"one text":          func(n int) string { return strings.Repeat("a", n) },
	"words":             func(n int) string { return strings.Repeat("a ", n/2) },
	"wide":              func(n int) string { return strings.Repeat("漢", n/3) },
	"entities":          func(n int) string { return strings.Repeat("&lt", n/3) },
	"ampersands":        func(n int) string { return strings.Repeat("&", n) },
	"angles":            func(n int) string { return strings.Repeat("<", n) },
	"comments":          func(n int) string { return strings.Repeat("<!--", n/4) },
	"doctypes":          func(n int) string { return strings.Repeat("<!d", n/3) },
	"scripts":           func(n int) string { return strings.Repeat("<script><!--<script>", n/20) },
	"titles":            func(n int) string { return strings.Repeat("<title></titl", n/13) },
	"attributes":        func(n int) string { return "<a " + attributes(n/2) + ">" + strings.Repeat("<b c>", n) },
	"one tag":           func(n int) string { return "<a " + attributes(n/8) },
	"styles":            func(n int) string { return "<a style='" + strings.Repeat("max-height:0 ", n/13) + "'>" },
	"hidden":            func(n int) string { return strings.Repeat("<b hidden>", n/20) + strings.Repeat("</b>", n/8) },
	"pre":               func(n int) string { return "<pre>" + strings.Repeat("\n", n/2) + strings.Repeat("\t", n/2) },
	"spaces":            func(n int) string { return strings.Repeat(" ", n) },
	"no-break spaces":   func(n int) string { return strings.Repeat("\u00A0", n/2) },
	"links in one line": func(n int) string { return strings.Repeat("<a href=mailto:b>a</a>", n/22) },
	"empty links":       func(n int) string { return strings.Repeat("<a href=mailto:b></a>", n/22) },
}

func attributes(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(" a")
		for j := i; j > 0; j /= 26 {
			b.WriteByte(byte('a' + j%26))
		}
	}
	return b.String()
}

// Each ends well before the time of a test does, which one quadratic walk over it would not; BenchmarkHostile has the figures.
func TestHostileInput(t *testing.T) {
	for name, document := range hostile {
		t.Run(name, func(t *testing.T) {
			got := plaintext.FromHTML(document(1<<20), nil)
			require.LessOrEqual(t, len(got), 1<<20+len("[…]\n"))
			sane(t, got)
		})
	}
}

// sane holds what is promised of every result.
func sane(t *testing.T, got string) {
	t.Helper()
	require.True(t, utf8.ValidString(got))
	require.True(t, got == "" || strings.HasSuffix(got, "\n"))
	for line := range strings.SplitSeq(got, "\n") {
		for _, r := range line {
			if unicode.IsControl(r) {
				require.Failf(t, "control character", "%q", line)
			}
		}
		if strings.HasSuffix(line, " ") && !strings.HasSuffix(line, "-- ") {
			require.Failf(t, "trailing space", "%q", line)
		}
	}
	require.NotContains(t, got, "\n\n\n")
}

func FuzzFromHTML(f *testing.F) {
	for _, document := range hostile {
		f.Add(document(200), 78)
	}
	for _, name := range []string{"newsletter", "reply"} {
		b, err := os.ReadFile(filepath.Join("testdata", name+".html"))
		require.NoError(f, err)
		f.Add(string(b), 40)
	}
	f.Fuzz(func(t *testing.T, document string, width int) {
		got := plaintext.FromHTML(document, &plaintext.Options{Width: width, MaxBytes: 1 << 16})
		sane(t, got)
		require.LessOrEqual(t, len(got), 1<<16+len("[…]\n"))
		// A text comes back as it is read.
		again := plaintext.FromHTML("<pre>"+html.EscapeString(got)+"</pre>", &plaintext.Options{MaxBytes: 1 << 20})
		require.Equal(t, strings.Fields(got), strings.Fields(again))
	})
}

func TestGolden(t *testing.T) {
	all, err := filepath.Glob("testdata/*.html")
	require.NoError(t, err)
	require.NotEmpty(t, all)
	for _, path := range all {
		document, err := os.ReadFile(path)
		require.NoError(t, err)
		got := plaintext.FromHTML(string(document), nil)
		golden := strings.TrimSuffix(path, ".html") + ".txt"
		if *update {
			require.NoError(t, os.WriteFile(golden, []byte(got), 0o644))
		}
		want, err := os.ReadFile(golden)
		require.NoError(t, err)
		require.Equal(t, string(want), got, path)
	}
}

// Mails that others designed lose no word.
func TestNoWordIsLost(t *testing.T) {
	all, err := filepath.Glob("../../../shared/corpora/postmark-templates/templates-inlined/*/*/content.html")
	require.NoError(t, err)
	if len(all) == 0 {
		t.Skip("the corpora are not beside the repository")
	}
	for _, path := range all {
		document, err := os.ReadFile(path)
		require.NoError(t, err)
		got := plaintext.FromHTML(string(document), nil)
		sane(t, got)
		words := map[string]int{}
		for _, word := range strings.Fields(strings.ReplaceAll(got, "\u00A0", " ")) {
			words[strings.Trim(word, "<>.,|")]++
		}
		root, err := html.Parse(strings.NewReader(string(document)))
		require.NoError(t, err)
		for _, word := range strings.Fields(visible(root)) {
			if word = strings.Trim(word, "<>.,|"); word != "" {
				require.Positive(t, words[word], "%s: %s", path, word)
			}
		}
	}
}

// visible is the text that a browser would show, read from the tree.
func visible(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	if n.Type == html.ElementNode {
		if n.Data == "style" || n.Data == "title" || n.Data == "script" {
			return ""
		}
		for _, a := range n.Attr {
			if a.Key == "style" && strings.Contains(a.Val, "display: none") {
				return ""
			}
		}
	}
	text := ""
	for child := range n.ChildNodes() {
		text += visible(child)
	}
	if n.Data != "span" && n.Data != "a" && n.Data != "strong" {
		text = " " + text + " "
	}
	return text
}
