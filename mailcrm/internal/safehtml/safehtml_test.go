package safehtml

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSanitize(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"text", "a < b & c", "a &lt; b &amp; c"},
		{"layout", `<p align=center>a<br>b</p><ul type=disc><li value=3>c</ul>`, `<p align="center">a<br>b</p><ul type="disc"><li value="3">c</li></ul>`},
		{"table", `<table width=600 cellpadding=0 bgcolor="#fff"><tr><td colspan=2 valign=top>x`, `<table width="600" cellpadding="0" bgcolor="#fff"><tbody><tr><td colspan="2" valign="top">x</td></tr></tbody></table>`},
		{"unclosed", "<div><b>a", "<div><b>a</b></div>"},
		{"closed too often", "a</div></div></body></html>b", "ab"},
		{"unknown elements give their content", "<o:p>a</o:p><blink>b</blink><form><button>c</button></form>", "abc"},
		{"script, style, title", "<title>t</title><style>p{}</style><script>x</script>a", "a"},
		{"what stands in media", "<video src=x>No video: <a href=http://a.example>film</a></video><object data=x><p>a</object><canvas>b</canvas>", `No video: <a href="http://a.example/" target="_blank" rel="noopener noreferrer nofollow">film</a><p>a</p>b`},
		{"comments", "a<!-- b --><!--[if mso]>c<![endif]-->d", "ad"},
		{"noscript is content", "<noscript><b>a</b></noscript>", "<b>a</b>"},
		{"xmp becomes pre", "<xmp><b>a</b></xmp>", "<pre>&lt;b&gt;a&lt;/b&gt;</pre>"},
		{"pre keeps its first empty line", "<pre>\n\na</pre>", "<pre>\n\na</pre>"},
		{"body becomes a box", `<html><body bgcolor=eeeeee text="#333" style="margin:0">a`, `<div style="background-color: #eeeeee; color: #333; margin: 0">a</div>`},
		{"body without looks is none", "<html><body class=x>a", "<div>a</div>"},
		{"link", `<a href="https://a.example/x?y=1&z=2" name=n class=c onclick=x>a</a>`, `<a href="https://a.example/x?y=1&amp;z=2" target="_blank" rel="noopener noreferrer nofollow">a</a>`},
		{"own target and rel do not count", `<a target=_top rel=opener href="http://a.example">a</a>`, `<a href="http://a.example/" target="_blank" rel="noopener noreferrer nofollow">a</a>`},
		{"mailto", `<a href="mailto:a@b.example?subject=x y">a</a>`, `<a href="mailto:a@b.example?subject=x%20y" target="_blank" rel="noopener noreferrer nofollow">a</a>`},
		{"relative link", `<a href="/api/delete?id=1">a</a><a href="#x">b</a><a href="x.html">c</a>`, "<a>a</a><a>b</a><a>c</a>"},
		{"script link", `<a href="javascript:x">a</a><a href=" java&#10;script:x">b</a><a href="data:text/html,x">c</a><a href="vbscript:x">d</a>`, "<a>a</a><a>b</a><a>c</a><a>d</a>"},
		{"remote picture keeps its box", `<img src="https://t.example/1.gif" width=10 height=20 alt="Logo">`, `<img width="10" height="20" alt="Logo">`},
		{"cid picture", `<img src="cid:logo@x">`, `<img src="cid:logo@x">`},
		{"data picture", `<img src="data:image/png;base64,iVBO Rw0K">`, `<img src="data:image/png;base64,iVBORw0K">`},
		{"data that is no picture", `<img src="data:image/svg+xml;base64,AAAA"><img src="data:text/html,x">`, "<img><img>"},
		{"background", `<table background="https://t.example/1.gif"><tr><td background="cid:bg@x">a`, `<table><tbody><tr><td background="cid:bg@x">a</td></tr></tbody></table>`},
		{"style", `<p style="color:red; position:fixed; width:10px !important">a</p>`, `<p style="color: red; width: 10px">a</p>`},
		{"style with nothing left", `<p style="position:fixed">a</p>`, "<p>a</p>"},
		{"class and id", `<p class=a id=b name=c>d</p>`, "<p>d</p>"},
		{"svg and math", "<svg><a href=x>a</a></svg><math><mi>b</mi></math>c", "c"},
		{"NUL", "a\x00<scr\x00ipt>b</script>c", "ac"},
		{"not UTF-8", "caf\xe9", "caf\ufffd"},
		{"white space only", " \n ", ""},
		{"nothing", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Sanitize(c.in)
			require.Equal(t, c.want, got)
			assertSafe(t, got, allowedURL{})
			require.Equal(t, got, Sanitize(got))
		})
	}
}

func TestRemote(t *testing.T) {
	const in = `<img src="http://t.example/1.gif"><img src="//t.example/2.gif"><img srcset="https://t.example/3.gif 2x"><td>` +
		`<table background="https://t.example/4.gif"></table><p style="background:#fff url( 'http://t.example/5.gif' ) no-repeat">a</p><img src="6.gif"><a href="http://t.example/7">b</a>`
	r := SanitizeWith(in, nil)
	require.Equal(t, 5, r.Blocked)
	require.NotContains(t, r.HTML, ".gif")
	require.Contains(t, r.HTML, `<p style="background: #fff no-repeat">`, "the rest of the declaration stays")

	r = SanitizeWith(in, &Options{AllowRemote: true})
	require.Equal(t, 1, r.Blocked, "a choice of pictures is not shown")
	require.Contains(t, r.HTML, `<img src="http://t.example/1.gif">`)
	require.Contains(t, r.HTML, `<img src="https://t.example/2.gif">`)
	require.Contains(t, r.HTML, `<table background="https://t.example/4.gif">`)
	require.Contains(t, r.HTML, `url(&#34;http://t.example/5.gif&#34;)`)

	var asked []string
	r = SanitizeWith(in, &Options{AllowRemote: true, RemoteURL: func(u string) string {
		asked = append(asked, u)
		if strings.Contains(u, "1.gif") {
			return ""
		}
		return `/proxy?u="'<)` + u[len(u)-5:]
	}})
	require.Equal(t, []string{"http://t.example/1.gif", "https://t.example/2.gif", "https://t.example/4.gif", "http://t.example/5.gif"}, asked)
	require.Equal(t, 2, r.Blocked)
	require.Contains(t, r.HTML, `<img src="/proxy?u=&#34;&#39;&lt;)2.gif">`, "what the caller gives is escaped")
	require.Contains(t, r.HTML, `url(&#34;/proxy?u=%22%27%3C%295.gif&#34;)`)
	require.NotContains(t, r.HTML, "t.example/2")

	SanitizeWith(in, &Options{RemoteURL: func(string) string { t.Error("asked without leave"); return "" }})
}

func TestCID(t *testing.T) {
	const in = `<img src="cid:logo@x"><img src="CID:a%20b@x"><img src="cid:0"><p style="background:url(cid:logo@x)">cid:0</p><img src="cid:"><img alt="cid:0">`
	require.Equal(t, `<img src="cid:logo@x"><img src="cid:a%20b@x"><img src="cid:0"><p style="background: url(cid:logo@x)">cid:0</p><img><img alt="cid:0">`, Sanitize(in))
	parts := map[string]string{"logo@x": "/part/1?a=1&b=2", "a b@x": "/part/2"}
	r := SanitizeWith(in, &Options{CIDURL: func(cid string) (string, bool) { u, ok := parts[cid]; return u, ok }})
	require.Equal(t, `<img src="/part/1?a=1&amp;b=2"><img src="/part/2"><img><p style="background: url(&#34;/part/1?a=1&amp;b=2&#34;)">cid:0</p><img><img alt="cid:0">`, r.HTML,
		"a number that the mail writes is no placeholder")
	require.Zero(t, r.Blocked)
	r = SanitizeWith(in, &Options{AllowRemote: true})
	require.Equal(t, Sanitize(in), strings.ReplaceAll(r.HTML, `url(&#34;cid:logo@x&#34;)`, "url(cid:logo@x)"), "references stay when only remote content is allowed")
	for _, bad := range []string{"javascript:x", "data:text/html,x", "vbscript:x", "file:///etc/passwd", ""} {
		r = SanitizeWith(`<img src="cid:a">`, &Options{CIDURL: func(string) (string, bool) { return bad, true }})
		require.Equal(t, "<img>", r.HTML, bad)
	}
}

func TestLinks(t *testing.T) {
	r := SanitizeWith(`<a href="https://WWW.Evil.example/login">https://bank.example/login</a><a href="https://click.bank.example/x"><b>www.bank</b>.example </a>`+
		`<a href="https://bank.example@evil.example/">Your bank</a><a href="mailto:Ann@Bank.example">ann@bank.example</a><a href="tel:+33 1">call</a><a href="/x">no</a>`+
		`<a href="http://xn--bcher-kva.example">bücher.example</a><a href="http://203.0.113.7/">bank.example</a><a href="http://a.example">invoice.2026.v2</a>`, nil)
	require.Equal(t, []Link{
		{URL: "https://www.evil.example/login", Host: "www.evil.example", Shown: "www.evil.example", Text: "https://bank.example/login", Deceptive: true},
		{URL: "https://click.bank.example/x", Host: "click.bank.example", Shown: "click.bank.example", Text: "www.bank.example"},
		{URL: "https://evil.example/", Host: "evil.example", Shown: "evil.example", Text: "Your bank"},
		{URL: "mailto:Ann@Bank.example", Host: "bank.example", Shown: "bank.example", Text: "ann@bank.example"},
		{URL: "tel:+33%201", Text: "call"},
		{URL: "http://xn--bcher-kva.example/", Host: "xn--bcher-kva.example", Shown: "bücher.example", Text: "bücher.example"},
		{URL: "http://203.0.113.7/", Host: "203.0.113.7", Shown: "203.0.113.7", Text: "bank.example", Deceptive: true},
		{URL: "http://a.example/", Host: "a.example", Shown: "a.example", Text: "invoice.2026.v2"},
	}, r.Links)
	r = SanitizeWith(strings.Repeat(`<a href="http://a.example">`+strings.Repeat("é", 300)+`</a>`, MaxLinks+5), nil)
	require.Len(t, r.Links, MaxLinks)
	require.Len(t, []rune(r.Links[0].Text), 200)
	require.Equal(t, MaxLinks+5, strings.Count(r.HTML, "href="), "links that are not listed are links")
}

// TestMarkLinks: every link says where it leads when somebody points at it, and one that says something else says so.
func TestMarkLinks(t *testing.T) {
	mark := func(in string) string { return SanitizeWith(in, &Options{MarkLinks: true}).HTML }
	require.Equal(t, `<a href="https://a.example/x" target="_blank" rel="noopener noreferrer nofollow" title="a.example">a</a>`, mark(`<a href="https://a.example/x" title="bank.example">a</a>`))
	require.Equal(t, `<a href="mailto:a@b.example" target="_blank" rel="noopener noreferrer nofollow" title="a@b.example">a</a>`, mark(`<a href="mailto:a@b.example">a</a>`))
	got := mark(`<p style="font-size:0;color:#fff"><a href="https://evil.example/x">https://bank.example</a></p>`)
	require.Regexp(t, `>https://bank.example</a><span style="display: inline-block;[^"]*color: #7c2d12[^"]*" role="img" title="evil.example">⚠ evil.example</span></p>$`, got)
	assertSafe(t, got, allowedURL{})
	require.NotContains(t, mark(`<a href="https://evil.example/x">Your bank</a>`), "⚠")
	many := strings.Repeat(`<a href="//evil.example">bank.test</a>`, MaxLinks+10)
	require.Equal(t, MaxLinks, strings.Count(mark(many), "⚠"))
	require.Equal(t, MaxLinks+10, strings.Count(mark(many), "title=\"evil.example\">bank"))
}

func TestIsDeceptive(t *testing.T) {
	for _, c := range []struct {
		text, url string
		want      bool
	}{
		{"bank.example", "https://evil.test", true},
		{"bank.example", "https://bank.example.evil.test", true},
		{"bank.example", "https://evil.test/bank.example", true},
		{"bank.example", "https://bank.example@evil.test", true},
		{"www.bank.example", "https://click.bank.example", false},
		{"mail.bank.example", "https://click.bank.example", false},
		{"shop.co.uk", "https://other.co.uk", true},
		{"a.shop.co.uk", "https://b.shop.co.uk", false},
		{"Go to https://bank.example/login, please", "https://evil.test", true},
		{"Go to https://bank.example/login, please", "https://www.bank.example", false},
		{"See “www.bank.example”!", "https://evil.test", true},
		{"we like bank.example", "https://evil.test", false},
		{"offer.pdf", "https://drive.test", false},
		{"Offer.2026.PDF", "https://drive.test", false},
		{"ann@bank.example", "mailto:eve@evil.test", true},
		{"ann@bank.example", "mailto:ann@bank.example", false},
		{"192.0.2.1", "https://evil.test", false},
		{"https://192.0.2.1/", "https://192.0.2.2/", true},
		{"bank.example", "tel:+33", false},
		{"bank\u200b.example", "https://evil.test", true},
		{"bank。example", "https://evil.test", true},
		{"bücher.example", "https://xn--bcher-kva.example", false},
		{"", "https://evil.test", false},
	} {
		require.Equal(t, c.want, isDeceptive(c.text, parseURL(c.url)), "%q to %q", c.text, c.url)
	}
}

// TestShownHost: a name is shown in its own script where it cannot be taken for another.
func TestShownHost(t *testing.T) {
	for name, readable := range map[string]bool{
		"bücher.example": true, "straße.example": true, "łódź.example": true, "例え.例え": true, "пример.рф": true, "παράδειγμα.ελ": true,
		"аррӏе.com": false, "аpple.com": false, "bücher-книга.example": false, "gооgle.example": false, "ɡoogle.example": false, "bıg.example": false,
		"例え.example": false, "a.example": true,
	} {
		ascii := asciiHost(name)
		require.NotEmpty(t, ascii, name)
		if readable {
			require.Equal(t, name, shownHost(ascii))
		} else {
			require.Equal(t, ascii, shownHost(ascii))
			require.Contains(t, ascii, "xn--")
		}
	}
	require.Equal(t, "xn--zzzzzz.example", shownHost("xn--zzzzzz.example"))
}

func TestBody(t *testing.T) {
	body := func(in string) string {
		return SanitizeWith(in, &Options{Body: "padding: 8px; min-height: 100vh"}).HTML
	}
	require.Equal(t, `<div style="padding: 8px; min-height: 100vh">a</div>`, body("a"))
	require.Equal(t, `<div style="padding: 8px; min-height: 100vh; background-color: #eeeeee; padding: 0">a</div>`, body(`<body bgcolor=eeeeee style="padding:0">a`))
	require.Equal(t, `<div style="min-height: 100vh; padding: 0">a</div>`, body(`<style>body{padding:0}</style>a`))
	require.Equal(t, `<div style="min-height: 100vh; padding: 0">a</div>`, body(`<style>body{margin:0}</style>a`))
	require.Equal(t, `<div style="padding: 8px; min-height: 100vh; padding: 0px">a</div>`, body(`<body topmargin=0>a`))
	require.Equal(t, `<div style="padding: 8px; min-height: 100vh; padding: 20px; padding-top: 0">a</div>`, body(`<body style="margin:20px;margin-top:0">a`))
	require.Equal(t, `<div style="padding: 8px; min-height: 100vh; margin: 0 auto">a</div>`, body(`<body style="margin:0 auto">a`))
	require.Equal(t, `<div style="padding: 8px; min-height: 100vh; margin: 9px; padding: 0">a</div>`, body(`<body style="margin:9px;padding:0">a`))
	require.Contains(t, body(`<body link=003399><a href="http://a.example">a</a>`), `<a style="color: #003399" href=`)
	require.Contains(t, body(`<style>a{color:red}</style><body link=003399><a href="http://a.example">a</a><a>b</a>`), `<a style="color: red" href=`)
	require.NotContains(t, body(`<body link="red;position:fixed"><a href="http://a.example">a</a>`), "position")
}

func TestBlank(t *testing.T) {
	const gif = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
	in := `<img src="http://t.example/1" width=1 height=9><img src="http://t.example/2" alt=Logo><img src=x alt=" "><img src="cid:a"><img alt="" srcset=x><table background="http://t.example/3"></table>`
	r := SanitizeWith(in, &Options{Blank: gif, CIDURL: func(string) (string, bool) { return "", false }})
	require.Equal(t, `<img src="`+gif+`" width="1" height="9"><img alt="Logo"><img src="`+gif+`" alt=""><img src="`+gif+`"><img alt=""><table></table>`, r.HTML)
	require.Equal(t, 3, r.Blocked)
	assertSafe(t, r.HTML, allowedURL{})
}

func TestDoctype(t *testing.T) {
	for in, want := range map[string]string{
		"": quirks, "<p>": quirks, "<!doctype html>": noQuirks, "<!DOCTYPE HTML SYSTEM 'about:legacy-compat'>": noQuirks, "<!doctype svg>": quirks,
		`<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.0 Transitional//EN">`:                                                            quirks,
		`<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2//EN">`:                                                                         quirks,
		`<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN">`:                                                           quirks,
		`<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN" "http://www.w3.org/TR/html4/loose.dtd">`:                    limitedQuirks,
		`<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">`:                                noQuirks,
		`<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">`: limitedQuirks,
		`<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">`:             noQuirks,
		`<!DOCTYPE html PUBLIC '"><script>alert(1)</script>' "http://t.example/x">`:                                                 quirks,
	} {
		require.Equal(t, want, SanitizeWith(in+"<p>x", nil).Doctype, in)
	}
}

func TestInspect(t *testing.T) {
	in := `<style>p{background:url(http://t.example/1)}</style><p><img src="http://t.example/2"><a href="//evil.example">bank.test</a>` + strings.Repeat(" ", MaxInput)
	want := SanitizeWith(in, nil)
	want.HTML = ""
	require.Equal(t, want, Inspect(in))
	require.Equal(t, 2, want.Blocked)
	require.True(t, want.Cut)
	require.Len(t, want.Links, 1)
}

func TestInputIsCut(t *testing.T) {
	r := SanitizeWith("<b>"+strings.Repeat("é", MaxInput/2), nil)
	require.True(t, r.Cut)
	require.True(t, strings.HasSuffix(r.HTML, "</b>"))
	r = SanitizeWith(strings.Repeat("x", MaxInput), nil)
	require.False(t, r.Cut)
	require.Len(t, r.HTML, MaxInput)
}

// TestTooDeep shows the text of a document that no parser lays out.
func TestTooDeep(t *testing.T) {
	in := strings.Repeat("<div>", 600) + `the <b>text</b> &amp; <script>alert(1)</script><style>x</style><p>more <img src=x onerror=alert(1)>`
	got := Sanitize(in)
	require.Equal(t, strings.Repeat("<br>", 600)+"the text &amp; <br>more ", strings.TrimSuffix(strings.TrimPrefix(got, "<div>"), "</div>"))
	assertSafe(t, got, allowedURL{})
}
