package safehtml

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSheet inlines the rules of a mail, in the order of the cascade.
func TestSheet(t *testing.T) {
	for _, c := range []struct{ name, css, in, want string }{
		{"type", "p{color:red}", "<p>a</p><b>b</b>", `<p style="color: red">a</p><b>b</b>`},
		{"class", ".x{color:red}", `<p class="y x">a</p><p class=X>b</p>`, `<p style="color: red">a</p><p>b</p>`},
		{"id", "#x{color:red}", `<p id=x>a</p>`, `<p style="color: red">a</p>`},
		{"type and class and id", "p.x.y#z{color:red}", `<p class="x y" id=z>a</p><p class=x id=z>b</p>`, `<p style="color: red">a</p><p>b</p>`},
		{"everything", "*{color:red}", `<b>a</b>`, `<div style="color: red"><b style="color: red">a</b></div>`},
		{"list", "h1, .x ,b{color:red}", `<b>a</b><i class=x>b</i>`, `<b style="color: red">a</b><i style="color: red">b</i>`},
		{"descendant", "table td p{color:red}", `<table><tr><td><div><p>a</table><p>b`, `<table><tbody><tr><td><div><p style="color: red">a</p></div></td></tr></tbody></table><p>b</p>`},
		{"child", "div>p{color:red}", `<div><p>a</p><b><p>b</p></b></div>`, `<div><p style="color: red">a</p><b><p>b</p></b></div>`},
		{"child with space", "div > p{color:red}", `<div><p>a</p></div>`, `<div><p style="color: red">a</p></div>`},
		{"child below a descendant", ".a .b > i{color:red}", `<div class=a><div class=b><p><b class=b><i>a</i></b></p></div></div>`, `<div><div><p><b><i style="color: red">a</i></b></p></div></div>`},
		{"it looks further up when the first does not do", ".a > .b .c{color:red}", `<div class=a><div class=b><div class=b><i class=c>a</i></div></div></div>`, `<div><div><div><i style="color: red">a</i></div></div></div>`},
		{"below the body", "html > body p{color:red}", `<p>a</p>`, `<p style="color: red">a</p>`},
		{"the body", "body{margin:0;background:#eee}", `a`, `<div style="margin: 0; background: #eee">a</div>`},
		{"specificity", "#x{color:red} p.x{color:blue} p{color:green} .x{color:black}", `<p id=x class=x>a</p><p class=x>b</p><p>c</p>`, `<p style="color: red">a</p><p style="color: blue">b</p><p style="color: green">c</p>`},
		{"order", ".x{color:red} .y{color:blue}", `<p class="y x">a</p>`, `<p style="color: blue">a</p>`},
		{"many classes are no id", "#x{color:red} " + strings.Repeat(".x", 15) + "{color:blue}", `<p id=x class=x>a</p>`, `<p style="color: red">a</p>`},
		{"own style prevails", "p{color:red;margin:0}", `<p style="color:blue">a</p>`, `<p style="margin: 0; color: blue">a</p>`},
		{"important", "p{color:red !important;margin:0!important}", `<p style="color:blue;margin:1px!important">a</p>`, `<p style="color: red; margin: 1px">a</p>`},
		{"important by specificity", "p{color:red !important} .x{color:blue}", `<p class=x>a</p>`, `<p style="color: red">a</p>`},
		{"shorthands in order", "p{margin:0} .x{margin-top:1px} .y{margin:2px}", `<p class=x>a</p><p class="x y">b</p>`, `<p style="margin: 0; margin-top: 1px">a</p><p style="margin-top: 1px; margin: 2px">b</p>`},
		{"a fallback stays with its rule", "p{display:block;display:flex}", `<p>a</p>`, `<p style="display: block; display: flex">a</p>`},
		{"the same rule by two selectors", "p,.x{color:red;margin:0}", `<p class=x>a</p>`, `<p style="color: red; margin: 0">a</p>`},
		{"links", "a:link, a:visited{color:red} a:hover{color:blue}", `<a href="http://a.example">a</a><a>b</a>`, `<a style="color: red" href="http://a.example/" target="_blank" rel="noopener noreferrer nofollow">a</a><a>b</a>`},
		{"screen", "@media screen{p{color:red}} @media print{p{color:blue}} @media all{p{margin:0}}", `<p>a</p>`, `<p style="color: red; margin: 0">a</p>`},
		{"wide and narrow", "@media only screen and (min-width:480px){.c{width:50%!important}} @media (max-width:600px){.c{width:100%!important}} @media (min-width:1000px){.c{width:9px}}", `<p class=c>a</p>`, `<p style="width: 50%">a</p>`},
		{"one of several media", "@media print, screen{p{color:red}} @media not screen{p{margin:0}} @media (prefers-color-scheme:dark){p{color:#fff}}", `<p>a</p>`, `<p style="color: red">a</p>`},
		{"media in media", "@media screen{@media all{p{color:red}} @media print{p{color:blue}}}", `<p>a</p>`, `<p style="color: red">a</p>`},
		{"other at-rules", "@charset 'x';@import url(x.css);@font-face{font-family:x;src:url(x)}@supports (color:red){p{color:blue}}@keyframes x{from{color:red}}p{color:red}", `<p>a</p>`, `<p style="color: red">a</p>`},
		{"comments", "/* a{ */p/**/{color:/*x*/red}<!-- b{margin:0} -->", `<p>a</p><b>b</b>`, `<p style="color: red">a</p><b style="margin: 0">b</b>`},
		{"quotes", `p{font-family:"a}b";color:red} b{color:blue}`, `<p>a</p><b>b</b>`, `<p style="color: red">a</p><b style="color: blue">b</b>`},
		{"what is not understood", "p:hover{color:red} p[x]{color:red} p+p{color:red} p~p{color:red} p::before{color:red} v\\:*{color:red} p,,b{margin:0} >p{color:red} p>{color:red} 1p{color:red} .1{color:red} p:not(b){color:red}", `<p x class=1>a</p><p>b</p>`, `<p style="margin: 0">a</p><p style="margin: 0">b</p>`},
		{"made for one browser", "_:-ms-fullscreen, p{color:red}", `<p>a</p>`, `<p>a</p>`},
		{"rules in rules", "p{color:red; b{color:blue; width:1px} margin:0}", `<p>a</p>`, `<p style="color: red">a</p>`},
		{"never closed", "p{color:red", `<p>a</p>`, `<p style="color: red">a</p>`},
		{"closed too often", "}}p{color:red}}", `<p>a</p>`, `<p style="color: red">a</p>`},
		{"hostile", "p{position:fixed;color:expression(x);background:url(javascript:x);behavior:url(x)}", `<p>a</p>`, `<p>a</p>`},
		{"a script in disguise", "p{color:red</style><script>alert(1)</script>}", `<p>a</p>`, `}<p style="color: red">a</p>`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Sanitize("<!doctype html><style>" + c.css + "</style>" + c.in)
			require.Equal(t, c.want, got)
			assertSafe(t, got, allowedURL{})
			require.Equal(t, got, Sanitize(got))
		})
	}
}

func TestSheetOfTheDocument(t *testing.T) {
	for in, want := range map[string]string{
		`<p class=X>a<style>.x{color:red}</style>`:                                                `<p style="color: red">a</p>`, // quirks mode
		`<!doctype html><p class=X>a<style>.x{color:red}</style>`:                                 `<p>a</p>`,
		`<p>a<style media=print>p{color:red}</style>`:                                             `<p>a</p>`,
		`<p>a<style media="screen and (min-width:600px)">p{color:red}</style>`:                    `<p style="color: red">a</p>`,
		`<p>a<style type="text/plain">p{color:red}</style>`:                                       `<p>a</p>`,
		`<p>a<style type="TEXT/CSS">p{color:red}</style>`:                                         `<p style="color: red">a</p>`,
		`<style>p{color:red}</style><p>a<style>p{color:blue}</style>`:                             `<p style="color: blue">a</p>`,
		`<svg><style>p{color:red}</style></svg><p>a`:                                              `<p>a</p>`,
		`<template><style>p{color:red}</style></template><p>a`:                                    `<p>a</p>`,
		`<style>body{color:red}</style><body bgcolor=eeeeee style="margin:0">a`:                   `<div style="background-color: #eeeeee; color: red; margin: 0">a</div>`,
		`<style>body{background:#fff}</style><body bgcolor=eeeeee>a`:                              `<div style="background-color: #eeeeee; background: #fff">a</div>`,
		`<style>form td{color:red}</style><form><table><tr><td>a</table></form>`:                  `<table><tbody><tr><td style="color: red">a</td></tr></tbody></table>`,
		`<style>p{color:red}</style><p style="` + strings.Repeat("color:blue;", 6000) + `">a</p>`: `<p style="color: red">a</p>`,
	} {
		got := Sanitize(in)
		require.Equal(t, want, got, "%.200q", in)
	}
}

// TestSheetPictures: a picture in a rule is counted once, and only when the rule is for something.
func TestSheetPictures(t *testing.T) {
	const in = `<style>.a{background:url(http://t.example/a)}.b{background:url("http://t.example/b")}</style><p class=a>a</p><p class=a>b</p>`
	r := SanitizeWith(in, nil)
	require.Equal(t, 1, r.Blocked)
	require.NotContains(t, r.HTML, "t.example")
	r = SanitizeWith(in, &Options{AllowRemote: true, RemoteURL: func(string) string { return "/proxy" }})
	require.Equal(t, `<p style="background: url(&#34;/proxy&#34;)">a</p><p style="background: url(&#34;/proxy&#34;)">b</p>`, r.HTML)
}

// TestSheetBounds: what is beyond the bounds is not applied, and the mail is shown.
func TestSheetBounds(t *testing.T) {
	rules := func(n int, last string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, ".c%d{color:red}", i)
		}
		return "<style>" + b.String() + last + "</style><p>a</p>"
	}
	require.Contains(t, Sanitize(rules(maxSelectors-1, "p{color:red}")), "style=")
	require.NotContains(t, Sanitize(rules(maxSelectors, "p{color:red}")), "style=")
	require.Contains(t, Sanitize("<style>"+strings.Repeat(" ", maxSheets-len("p{color:red}"))+"p{color:red}</style><p>a</p>"), "style=")
	require.NotContains(t, Sanitize("<style>"+strings.Repeat(" ", maxSheets)+"p{color:red}</style><p>a</p>"), "style=")
	require.Contains(t, Sanitize("<style>"+strings.Repeat("div ", maxChain-1)+"p{color:red}</style>"+strings.Repeat("<div>", maxChain)+"<p>a</p>"), "style=")
	require.NotContains(t, Sanitize("<style>"+strings.Repeat("div ", maxChain)+"p{color:red}</style>"+strings.Repeat("<div>", maxChain)+"<p>a</p>"), "style=")
	require.NotContains(t, Sanitize("<style>"+strings.Repeat("@media screen{", maxMedia+1)+"p{color:red}</style><p>a</p>"), "style=")
	long := "<style>p{font-family:'" + strings.Repeat("a", 10_000) + "'}</style>" + strings.Repeat("<p>a</p>", 1000)
	got := Sanitize(long)
	require.Less(t, len(got), maxInlined+len(long)+20_000)
	require.Equal(t, 1000, strings.Count(got, "<p"))
	require.InDelta(t, maxInlined/10_000, strings.Count(got, "style="), 5)
	busy := "<style>" + strings.Repeat("b i u s p{color:red}", maxSelectors) + "</style>" + strings.Repeat("<p>a</p>", maxMatching/maxSelectors+5000) + "<p>last</p>"
	w := writer{}
	w.document(busy)
	require.Greater(t, w.sheet.work, maxMatching)
	require.Less(t, w.sheet.work, maxMatching+maxSelectors)
	require.Contains(t, w.out.String(), "last")
}
