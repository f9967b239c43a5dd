package safehtml

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzSanitize holds whatever comes to the assertions, in every variant.
func FuzzSanitize(f *testing.F) {
	for _, seed := range []string{
		`<body bgcolor=red style="color:red"><table background="//t.example/x"><a href=" java&#10;script:x" onclick=y>z<img src=cid:a srcset=b>`,
		`<p style="background:u\rl(http://t.example/x);font-family:'a';width:calc(1px);--x:y;margin:-1px/**/">a</p>`,
		`<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">`,
		`<noscript><p title="</noscript><img src=x onerror=alert(1)>"><!--><svg></p><style><a title="</style><img src>">`,
		`<select><textarea><xmp></select></textarea><plaintext><b></xmp>`, `<a href="http://a@[::1]:80\@b?c#d">b.example</a><img src="data:image/png;base64,AAAA">`,
	} {
		f.Add(seed)
	}
	for _, p := range ownPayloads(f) {
		f.Add(p.HTML)
	}
	f.Fuzz(func(t *testing.T, in string) {
		for _, v := range variants() {
			assertSafe(t, SanitizeWith(in, v.opts).HTML, v.allow)
		}
		once := Sanitize(in)
		require.Equal(t, once, Sanitize(once), "cleaning twice changes nothing")
	})
}

// FuzzStyle holds style attributes to what a declaration may be.
func FuzzStyle(f *testing.F) {
	for _, seed := range []string{"color:red;width:calc(1px + 2%)", "background:url('http://t.example/x') #fff", "font:12px/1 'a b',\"c\"", "a:b/*;c:d*/;e:f(g"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		out := style(in, func(u string) string { return "cid:1" })
		assertSafe(t, `<p style="`+strings.ReplaceAll(out, `"`, "&quot;")+`">a</p>`, allowedURL{})
		require.Equal(t, out, style(out, func(u string) string { return u }), "clean declarations stay")
	})
}
