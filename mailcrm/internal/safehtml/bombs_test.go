package safehtml

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// bombs are documents that cost a parser or a browser more than they weigh (FAULTS S13, S18).
func bombs() map[string]string {
	repeat := strings.Repeat
	const mega = 1 << 20
	numbered := func(format string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	return map[string]string{
		"100,000 elements deep":    repeat("<div>", 100_000),
		"500 deep, wide":           repeat("<div>", 500) + repeat("<b>x</b>", mega/8),
		"formatting never closed":  repeat("<p><b><i><u><font color=red>", mega/30),
		"links never closed":       repeat("<a href=http://a.example>", mega/25),
		"tables in tables":         repeat("<table><tr><td>", mega/15),
		"text in tables":           "<table>" + repeat("x<b>", mega/4),
		"ends without beginning":   repeat("</p></b></table>", mega/16),
		"200,000 attributes":       "<p " + numbered("a%d=b ", 100_000) + ">x",
		"the same attribute":       "<p " + repeat("style=color:red ", mega/16) + ">x",
		"a style of 1 MB":          `<p style="` + repeat("color:red;", mega/10) + `">x`,
		"many styles":              repeat(`<p style="color:red;background:url(cid:x) no-repeat;font:12px/1 a,b">`, mega/70),
		"comments in styles":       `<p style="` + repeat("/**/", 15_000) + `">x`,
		"unclosed comments in CSS": `<p style="` + repeat("/*", 30_000) + `">x`,
		"parentheses":              `<p style="width:` + repeat("calc(", 12_000) + `">x`,
		"entities":                 repeat("&lt;&amp;&#60;", mega/14),
		"entities never ended":     repeat("&a", mega/2),
		"comments":                 repeat("<!-- x -->", mega/10),
		"comment never ended":      repeat("<!--", mega/4),
		"many pictures":            repeat("<img src=http://t.example/x>", mega/28),
		"many references":          repeat("<img src=cid:x>", mega/15),
		"a URL of 1 MB":            "<a href=http://a.example/" + repeat("é", mega/2) + ">x</a>",
		"a host of 1 MB":           "<a href=http://" + repeat("é.", mega/3) + ">x</a>",
		"select":                   repeat("<select><option>", mega/16),
		"frames":                   repeat("<frameset><iframe>", mega/18),
		"svg":                      repeat("<svg><desc><p>", mega/14),
		"raw text":                 repeat("<xmp><plaintext>", mega/16),
		"lists":                    repeat("<li><dd><dt><p>", mega/15),
		"headings":                 repeat("<h1><h2>", mega/8),
		"rules for everything":     "<style>" + repeat("*{color:red}", 2000) + "</style>" + repeat("<b>x</b>", mega/10),
		"a thousand rules match":   "<style>" + repeat(".a{color:red;width:1px}", 1000) + "</style>" + repeat("<p class=a>x", mega/12),
		"many declarations":        "<style>*{" + repeat("color:red;", 6000) + "}</style>" + repeat("<p>x", mega/5),
		"long declarations":        "<style>*{font-family:'" + repeat("a", 60_000) + "'}</style>" + repeat("<p>x", mega/5),
		"urgent declarations":      "<style>" + numbered("*{a%d:b;color:red!important}", 4000) + "</style>" + repeat("<p style=color:red!important>x", mega/32),
		"selectors that look back": "<style>" + repeat("div div div div div div div b i{color:red}", 2000) + "</style>" + repeat("<div>", 400) + repeat("<i>x</i>", mega/16),
		"children of children":     "<style>" + repeat("div>div div>div div>div b>i{color:red}", 2000) + "</style>" + repeat("<div>", 400) + repeat("<i>x</i>", mega/16),
		"many classes":             "<style>" + repeat("."+repeat("a.", 14)+"a{color:red}", 2000) + "</style>" + repeat("<p class='"+numbered("b%d ", 100)+"a'>x", mega/500),
		"200,000 classes":          "<style>.a.b{color:red}</style><p class='" + numbered("b%d ", 120_000) + "'>x",
		"blocks in blocks":         "<style>" + repeat("a{", 100_000),
		"media in media":           "<style>" + repeat("@media screen{", 18_000),
		"at-rules that never end":  "<style>" + repeat("@x ", 80_000),
		"CSS quotes":               "<style>" + repeat("'\"", 120_000),
		"CSS comments":             "<style>" + repeat("/*", 120_000),
		"many selectors":           "<style>" + repeat("a,", 100_000) + "a{color:red}</style><a>x",
		"many sheets":              repeat("<style>p{color:red}</style><p>x", mega/32),
		"pictures in rules":        "<style>" + numbered("*{background:url(http://t.example/%d)}", 4000) + "</style>" + repeat("<p>x", mega/5),
		"one word":                 repeat("x", MaxInput),
		"bytes that are no UTF-8":  repeat("\xff", MaxInput),
		"angle brackets":           repeat("<", MaxInput),
		"long tags":                repeat("<"+repeat("a", 1000)+">", mega/1000),
	}
}

// TestBombs asks for two seconds of computing and 256 MB, whatever comes.
func TestBombs(t *testing.T) {
	for name, in := range bombs() {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			begin := cpuTime()
			r := SanitizeWith(in, &Options{AllowRemote: true, CIDURL: func(string) (string, bool) { return "/part", true }})
			took := cpuTime() - begin
			runtime.ReadMemStats(&after)
			t.Logf("%d octets, %v, allocated %d MB, heap %d MB, out %d", len(in), took, (after.TotalAlloc-before.TotalAlloc)>>20, int64(after.HeapSys)>>20, len(r.HTML))
			require.Less(t, took.Seconds(), slower*2.0)
			require.Less(t, int64(after.HeapSys)-int64(before.HeapSys), int64(256<<20))
			require.Less(t, len(r.HTML), 40*len(in)+1000)
		})
	}
}
