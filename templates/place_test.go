package templates_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/templates"
)

// Each place escapes in its own way. The value is x.
func TestEscapingByPlace(t *testing.T) {
	const nasty = "a&b<c>\"d'\x00\x07\r\n\te\u2028;"
	for _, c := range []struct {
		source, value, want string
		reason              templates.Reason
	}{
		{`<p>{{ x }}</p>`, nasty, "<p>a&amp;b&lt;c&gt;&#34;d&#39;\n\te\u2028;</p>", ""},
		{`<p title="{{ x }}">`, nasty, "<p title=\"a&amp;b&lt;c&gt;&#34;d&#39;\n\te\u2028;\">", ""},
		{`<p title='{{ x }}'>`, nasty, "<p title='a&amp;b&lt;c&gt;&#34;d&#39;\n\te\u2028;'>", ""},
		{`<title>{{ x }}</title>`, "</title><script>", "<title>&lt;/title&gt;&lt;script&gt;</title>", ""},
		{`<textarea>{{ x }}</textarea>`, "</textarea>", "<textarea>&lt;/textarea&gt;</textarea>", ""},
		{`<!--[if mso]><b>{{ x }}</b><![endif]-->`, "--><script>", "<!--[if mso]><b>--&gt;&lt;script&gt;</b><![endif]-->", ""},
		{`<p>{{ x | newline_to_br }}</p>`, "a<b\r\nc\nd\re", "<p>a&lt;b<br>\nc<br>\nd<br>\ne</p>", ""},
		{`<p title="{{ x | newline_to_br }}">`, "a\r\nb", `<p title="a b">`, ""},
		{`<p>{{ x }}`, "\xff\xfe", "<p>\uFFFD", ""},

		// a whole address
		{`<a href="{{ x }}">`, "https://example.com/a b?q=\"é\"&r='#f", `<a href="https://example.com/a%20b?q=%22%C3%A9%22&amp;r=%27#f">`, ""},
		{`<a href=" {{ x }}">`, " HTTPS://example.com ", `<a href=" HTTPS://example.com">`, ""},
		{`<a href='{{ x }}'>`, "mailto:a@b.fr?subject=x", `<a href='mailto:a@b.fr?subject=x'>`, ""},
		{`<a href="{{ x }}">`, "tel:+33 1 02", `<a href="tel:+33102">`, ""},
		{`<img src="{{ x }}">`, "cid:logo@1", `<img src="cid:logo@1">`, ""},
		{`<a href="{{ x }}">`, "www.example.fr/à?b", `<a href="https://www.example.fr/%C3%A0?b">`, ""},
		{`<a href="{{ x }}">`, "example.fr", `<a href="https://example.fr">`, ""},
		{`<a href="{{ x }}">`, "https://a.b/c\r\n\td", `<a href="https://a.b/cd">`, ""},
		{`<a href="{{ x }}">`, "#part", `<a href="#part">`, ""},
		{`<a href="{{ x }}/more">`, "https://example.fr", `<a href="https://example.fr/more">`, ""},
		{`<a href="{{ x }}">`, "javascript:alert(1)", `<a href="">`, templates.ReasonAddress},
		{`<a href="{{ x }}">`, "java\nscript:alert(1)", `<a href="">`, templates.ReasonAddress},
		{`<a href="{{ x }}">`, "\x01javascript:alert(1)", `<a href="">`, templates.ReasonAddress},
		{`<a href="{{ x }}">`, "JaVaScRiPt:alert(1)", `<a href="">`, templates.ReasonAddress},
		{`<a href="{{ x }}">`, "javascript&colon;alert(1)", `<a href="">`, templates.ReasonAddress},
		{`<a href="{{ x }}">`, "data:text/html,<script>", `<a href="">`, templates.ReasonAddress},
		{`<a href="{{ x }}">`, "vbscript:x", `<a href="">`, templates.ReasonAddress},
		{`<a href="{{ x }}">`, "file:///etc/passwd", `<a href="">`, templates.ReasonAddress},
		{`<a href="{{ x }}">`, "//example.com/x", `<a href="">`, templates.ReasonAddress},
		{`<a href="{{ x }}">`, "/logout", `<a href="">`, templates.ReasonAddress},
		{`<a href="{{ x }}">`, "\\\\server\\share", `<a href="">`, templates.ReasonAddress},
		{`<a href="{{ x }}">`, "someone@example.com", `<a href="">`, templates.ReasonAddress},
		{`<a href="{{ x }}">`, "12.34", `<a href="">`, templates.ReasonAddress},
		{`<a href="{{ x }}">`, "not an address", `<a href="">`, templates.ReasonAddress},
		{`<a href="{{ x | url }}">`, "https://a.b", `<a href="">`, templates.ReasonAddress},
		{`<a href="{{ x | default: "" }}">`, "", `<a href="">`, ""},
		{`<a href="{{ x | default: "https://a.b" }}">`, "", `<a href="https://a.b">`, ""},

		// a part of one
		{`<a href="https://example.com/{{ x }}">`, "a/../b?c#d&e f", `<a href="https://example.com/a%2F..%2Fb%3Fc%23d%26e%20f">`, ""},
		{`<a href="https://example.com/?q={{ x }}&amp;r=1">`, "a&b=é\"", `<a href="https://example.com/?q=a%26b%3D%C3%A9%22&amp;r=1">`, ""},
		{`<a href="https://example.com/?q={{ x | url }}">`, "a&b", `<a href="https://example.com/?q=a%26b">`, ""},
		{`<a href="https://{{ x }}.example.com/">`, "evil.com/@", `<a href="https://evil.com%2F%40.example.com/">`, ""},
		{`<a href="mailto:{{ x }}">`, "zoe.d'arc+crm@example.fr?bcc=x", `<a href="mailto:zoe.d%27arc+crm@example.fr%3Fbcc%3Dx">`, ""},
		{`<a href="mailto:a@b.fr?subject={{ x }}">`, "a&bcc=c@d", `<a href="mailto:a@b.fr?subject=a%26bcc%3Dc%40d">`, ""},
		{`<a href="tel:{{ x }}">`, "+33 1 02\u00A003", `<a href="tel:+3310203">`, ""},
		{`<a href="#{{ x }}">`, "a b", `<a href="#a%20b">`, ""},
		{`<a href="{% if x %}https://a.b/{{ x }}{% endif %}">`, "c:d", `<a href="https://a.b/c%3Ad">`, ""},
		{`<a href="{{ x }}{{ x }}">`, "https://a.b/", `<a href="https://a.b/https%3A%2F%2Fa.b%2F">`, ""},
		{`<a href="{% if x %}{% endif %}java{{ x }}:alert(1)">`, "script", `<a href="java:alert(1)">`, templates.ReasonAddress},
		{`<a href="{% if x %}javascript:{% endif %}{{ x }}">`, "alert", `<a href="javascript:">`, templates.ReasonAddress},
		{`<td background="{{ x }}">`, "javascript:x", `<td background="">`, templates.ReasonAddress},
		{`<v:fill v:src="{{ x }}">`, "javascript:x", `<v:fill v:src="">`, templates.ReasonAddress},
		{`<a xlink:href="{{ x }}">`, "javascript:x", `<a xlink:href="">`, templates.ReasonAddress},
		{`<img data-lazy-src="{{ x }}">`, "javascript:x", `<img data-lazy-src="">`, templates.ReasonAddress},

		// a style
		{`<p style="color: {{ x }}">`, " #F80 ", `<p style="color: #F80">`, ""},
		{`<p style="color:red;width:{{ x }}">`, "12.5%", `<p style="color:red;width:12.5%">`, ""},
		{`<p style="font: {{ x }}, 'Open; Sans:' ; margin: {{ x }}">`, "12px Arial, sans-serif", `<p style="font: 12px Arial, sans-serif, 'Open; Sans:' ; margin: 12px Arial, sans-serif">`, ""},
		{`<p style="background: url(cid:a) {{ x }}">`, "no-repeat", `<p style="background: url(cid:a) no-repeat">`, ""},
		{`<p style="color: {{ x }}">`, "red;background:url(//evil)", `<p style="color: ">`, templates.ReasonStyle},
		{`<p style="color: {{ x }}">`, "expression(alert(1))", `<p style="color: ">`, templates.ReasonStyle},
		{`<p style="color: {{ x }}">`, "\\75 rl", `<p style="color: ">`, templates.ReasonStyle},
		{`<p style="color: {{ x }}">`, "red/**/", `<p style="color: ">`, templates.ReasonStyle},
		{`<p style="color: {{ x }}">`, "\"", `<p style="color: ">`, templates.ReasonStyle},
		{`<p style="color: {{ x }}">`, "rouge é", `<p style="color: ">`, templates.ReasonStyle},
		{`<p style="color: {{ x }}">`, strings.Repeat("a", 201), `<p style="color: ">`, templates.ReasonStyle},
	} {
		t.Run(c.source+" "+c.value, func(t *testing.T) {
			got, err := parse(t, c.source, templates.HTML).Render(context.Background(), templates.Record(map[string]templates.Value{"x": text(c.value)}), nil)
			require.NoError(t, err)
			require.Equal(t, c.want, got.Output)
			if c.reason == "" {
				require.Empty(t, got.Missing)
			} else {
				require.Len(t, got.Missing, 1)
				require.Equal(t, c.reason, got.Missing[0].Reason)
			}
		})
	}
}

// S6: whatever separates lines for anybody, in a value or in the template, ends as a space.
func TestHeaderInjection(t *testing.T) {
	for _, separator := range []string{"\r\n", "\n", "\r", "\x00", "\u2028", "\u2029", "\u0085", "\v", "\f", "\x1c", "\x1d", "\x1e", "\r\n ", "\r\n\r\n", " \n\t"} {
		for _, c := range []struct{ source, value string }{
			{"Re: {{ x }} end", "Hi" + separator + "Bcc: thief@example.com"},
			{"Re: Hi" + separator + "Bcc: {{ x }} end", "thief@example.com"},
			{"Re: {{ x }}" + separator + "Bcc: thief@example.com end", "Hi"},
			{"Re: {{ x | newline_to_br }} end", "Hi" + separator + "Bcc: thief@example.com"},
			{"Re: {{ y | join: x }} end", separator},
			{"Re: {{ nothing | default: x }} end", "Hi" + separator + "Bcc: thief@example.com"},
		} {
			if strings.Contains(c.source, "\x00") {
				_, err := templates.Parse("", c.source, templates.Header, nil)
				require.Error(t, err)
				continue
			}
			t.Run(fmt.Sprintf("%q %q", c.source, c.value), func(t *testing.T) {
				got, err := parse(t, c.source, templates.Header).Render(context.Background(), templates.Record(map[string]templates.Value{
					"x": text(c.value), "y": templates.List(text("Hi"), text("Bcc: thief@example.com")), "nothing": templates.Null(),
				}), nil)
				require.NoError(t, err)
				require.Equal(t, "Re: Hi Bcc: thief@example.com end", got.Output)
			})
		}
	}
	got, err := parse(t, `{{ x }}{{ "\r\n" }}`, templates.Header).Render(context.Background(), templates.Record(map[string]templates.Value{"x": text(`a\r\nb\u000a\0`)}), nil)
	require.NoError(t, err)
	require.Equal(t, `a\r\nb\u000a\0\r\n`, got.Output, "a written escape is only letters")
}

// S7: values are data, in every context.
func TestValuesAreData(t *testing.T) {
	for _, value := range []string{
		"{{.Password}}", `{{printf "%s" .}}`, "{{ contact.email }}", "{% if x %}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "<script>alert(1)</script>", "%s%n%x", "=cmd|' /C calc'!A0",
		"\r\nBcc: a@b", "-->", "]]>", "<![endif]-->", "</title>", "&lt;script&gt;", "{{", "}}", "{%", "%}", "' onmouseover='alert(1)", "\" onmouseover=\"alert(1)", "`", "\\", "\u202Ecod.exe",
	} {
		t.Run(value, func(t *testing.T) {
			values := templates.Record(map[string]templates.Value{"x": text(value), "contact": templates.Record(map[string]templates.Value{"email": text("leak")})})
			body, err := parse(t, `<p title="{{ x }}">{{ x }}</p><!--[if mso]>{{ x }}<![endif]--><title>{{ x }}</title><p title='{{ x }}'>`, templates.HTML).Render(context.Background(), values, nil)
			require.NoError(t, err)
			require.NotContains(t, body.Output, "leak")
			require.Equal(t, structure(`<p title="a">a</p><!--[if mso]>a<![endif]--><title>a</title><p title='a'>`), structure(body.Output))
			plain, err := parse(t, `{{ x }}`, templates.PlainText).Render(context.Background(), values, nil)
			require.NoError(t, err)
			require.Equal(t, strings.ReplaceAll(value, "\r\n", "\n"), plain.Output)
		})
	}
}

func TestRefusedPlaces(t *testing.T) {
	for _, c := range []struct {
		source       string
		code         templates.Code
		line, column int
	}{
		{"<p>\n<script>var a = \"{{ x }}\"</script>", templates.CodeScript, 2, 18},
		{"<SCRIPT type='a'>{% if x %}</script>", templates.CodeScript, 1, 18},
		{"<style>p{color:{{ x }}}</style>", templates.CodeStyleElement, 1, 16},
		{"<style>{% comment %}a{% endcomment %}</style>", templates.CodeStyleElement, 1, 8},
		{"<p onclick=\"{{ x }}\">", templates.CodeEvent, 1, 13},
		{"<p ONmouseover='a({{ x }})'>", templates.CodeEvent, 1, 19},
		{"<svg:p x:onload=\"{{ x }}\">", templates.CodeEvent, 1, 18},
		{"<p onclick=\"{% if x %}a{% endif %}\">", templates.CodeEvent, 1, 13},
		{"<{{ x }}>", templates.CodeTagName, 1, 2},
		{"<p{{ x }}>", templates.CodeTagName, 1, 3},
		{"</{{ x }}>", templates.CodeTagName, 1, 3},
		{"</p {{ x }}>", templates.CodeTagName, 1, 5},
		{"<{% if x %}b{% endif %}>", templates.CodeTagName, 1, 2},
		{"<!{{ x }}>", templates.CodeComment, 1, 3},
		{"<?{{ x }}>", templates.CodeComment, 1, 3},
		{"<!DOCTYPE {{ x }}>", templates.CodeTagName, 1, 11},
		{"<p {{ x }}>", templates.CodeAttributeName, 1, 4},
		{"<p a{{ x }}=\"b\">", templates.CodeAttributeName, 1, 5},
		{"<p data-{{ x }}=\"b\">", templates.CodeAttributeName, 1, 9},
		{"<p {{ x }}=\"b\">", templates.CodeAttributeName, 1, 4},
		{"<p {% if x %}=\"b\"{% endif %}>", templates.CodeAttributeName, 1, 4},
		{"<p title={{ x }}>", templates.CodeUnquoted, 1, 10},
		{"<p title= {{ x }} >", templates.CodeUnquoted, 1, 11},
		{"<p title=a{{ x }}>", templates.CodeUnquoted, 1, 11},
		{"<p title={% if x %}\"a\"{% endif %}>", templates.CodeUnquoted, 1, 10},
		{"<!-- {{ x }} -->", templates.CodeComment, 1, 6},
		{"<!-- {% if x %} --> <!-- {% endif %} -->", templates.CodeComment, 1, 6},
		{"<!--[if {{ x }}]>a<![endif]-->", templates.CodeComment, 1, 9},
		{"<!--[if mso]>a<![endif]{{ x }}-->", templates.CodeComment, 1, 24},
		{"<!--[if mso]>{{ x }}-->", templates.CodeComment, 1, 14},
		{"<!--[ifmso]>{{ x }}<![endif]-->", templates.CodeComment, 1, 13},
		{"<!--[if mso]><!-- {{ x }} <![endif]-->", templates.CodeComment, 1, 19},
		{"<!--[if mso]><script>{{ x }}</script><![endif]-->", templates.CodeScript, 1, 22},
		{"<!--[if mso]><p onclick='{{ x }}'><![endif]-->", templates.CodeEvent, 1, 26},
		{"<!--[if mso]>{{ x }}<p title=\"<![endif]-->\">", templates.CodeTagUnclosed, 1, 14},
		{"<!--[if mso]>{{ x }}<script><![endif]-->", templates.CodeTagUnclosed, 1, 14},
		{"<!--[if mso]><p title=\"{{ x }}<![endif]-->\">", templates.CodeTagUnclosed, 1, 24},
		{"<p title=\"{{ x }}", templates.CodeTagUnclosed, 1, 11},
		{"<p title='{{ x }}\">", templates.CodeTagUnclosed, 1, 11},
		{"<iframe src=\"{{ x }}\"></iframe>", templates.CodeElement, 1, 14},
		{"<iframe>{{ x }}</iframe>", templates.CodeElement, 1, 9},
		{"<script src=\"{{ x }}\"></script>", templates.CodeElement, 1, 14},
		{"<object data=\"{{ x }}\">", templates.CodeElement, 1, 15},
		{"<base href=\"{{ x }}\">", templates.CodeElement, 1, 13},
		{"<link rel=stylesheet href=\"{{ x }}\">", templates.CodeElement, 1, 28},
		{"<meta http-equiv=\"refresh\" content=\"0;url={{ x }}\">", templates.CodeElement, 1, 43},
		{"<noscript>{{ x }}</noscript>", templates.CodeElement, 1, 11},
		{"<xmp>{{ x }}</xmp>", templates.CodeElement, 1, 6},
		{"<plaintext>{{ x }}", templates.CodeElement, 1, 12},
		{"<svg><text>{{ x }}</text></svg>", templates.CodeElement, 1, 12},
		{"<svg><a href=\"{{ x }}\"></svg>", templates.CodeElement, 1, 15},
		{"<math>{{ x }}</math>", templates.CodeElement, 1, 7},
		{"<title><b>{{ x }}</title>", templates.CodeElement, 1, 11},
		{"<title></{{ x }}title>", templates.CodeElement, 1, 10},
		{"<iframe srcdoc=\"{{ x }}\">", templates.CodeElement, 1, 17},
		{"<p srcdoc=\"{{ x }}\">", templates.CodeAttribute, 1, 12},
		{"<img srcset=\"{{ x }} 2x\">", templates.CodeAttribute, 1, 14},
		{"<p style=\"{{ x }}\">", templates.CodeStyleValue, 1, 11},
		{"<p style=\"{{ x }}: red\">", templates.CodeStyleValue, 1, 11},
		{"<p style=\"color: red; {{ x }}\">", templates.CodeStyleValue, 1, 23},
		{"<p style=\"background: url({{ x }})\">", templates.CodeStyleValue, 1, 27},
		{"<p style=\"font: '{{ x }}'\">", templates.CodeStyleValue, 1, 18},
		{"<p style='font: &quot;{{ x }}&quot;'>", templates.CodeStyleValue, 1, 23},
		{"<p style=\"a: \\{{ x }}\">", templates.CodeStyleValue, 1, 15},
		{"<p style=\"a: /* {{ x }} */\">", templates.CodeStyleValue, 1, 17},
		{"<p style=\"a: b&{{ x }}\">", templates.CodeReference, 1, 16},
		{"<a href=\"https://a.b/?c=d&{{ x }}\">", templates.CodeReference, 1, 27},
		{"<a href=\"https&#58{% if x %}{% endif %};//{{ x }}\">", templates.CodeReference, 1, 19},
		{"<a href=\"javascript:{{ x }}\">", templates.CodeAddress, 1, 21},
		{"<a href=\"javascript&colon;{{ x }}\">", templates.CodeAddress, 1, 27},
		{"<a href=\"data:text/html,{{ x }}\">", templates.CodeAddress, 1, 25},
		{"<a href=\"page.php?id={{ x }}\">", templates.CodeAddress, 1, 22},
		{"<a href=\"/{{ x }}\">", templates.CodeAddress, 1, 11},
		{"<a href=\"//{{ x }}\">", templates.CodeAddress, 1, 12},
		{"<a href=\"java{{ x }}\">", templates.CodeAddress, 1, 14},
		{"<a href=\"java\tscript:{{ x }}\">", templates.CodeAddress, 1, 22},

		// a tag opens and closes in the same surroundings
		{"<p title=\"{% if x %}a\">{% endif %}", templates.CodeUnbalanced, 1, 24},
		{"{% if x %}<p title=\"{% endif %}\">", templates.CodeUnbalanced, 1, 21},
		{"{% if x %}<p title=\"{% else %}<p class=\"{% endif %}a\">", templates.CodeUnbalanced, 1, 21},
		{"{% if x %}<title>{% endif %}</title>", templates.CodeUnbalanced, 1, 18},
		{"<title>{% if x %}</title>{% endif %}", templates.CodeUnbalanced, 1, 26},
		{"{% for a in x %}<!--[if mso]>{% endfor %}<![endif]-->", templates.CodeUnbalanced, 1, 30},
		{"<p title=\"{% if x %}\" lang=\"{% endif %}\">", templates.CodeUnbalanced, 1, 29},
		{"<p {% if x %}><p {% endif %}>", templates.CodeUnbalanced, 1, 18},
		{"{% if x %}<script>{% endif %}", templates.CodeScript, 1, 19},
		{"<p{% if x %} a{% endif %}>", templates.CodeTagName, 1, 3},
		{"<p a{% if x %} b{% endif %} c>", templates.CodeGlued, 1, 5},
		{"<p {% if x %}a{% endif %}b>", templates.CodeGlued, 1, 15},
		{"<p {% if x %}a{% endif %}{% if x %}b{% endif %}>", templates.CodeGlued, 1, 15},
		{"<p {% for a in x %}b{% endfor %}>", templates.CodeGlued, 1, 4},
		{"<p a{% comment %}{% endcomment %}b>", templates.CodeGlued, 1, 5},
	} {
		t.Run(c.source, func(t *testing.T) {
			_, err := templates.Parse("", c.source, templates.HTML, nil)
			var all templates.Errors
			require.ErrorAs(t, err, &all)
			require.Equal(t, c.code, all[0].Code, all[0].Message)
			require.Equal(t, [2]int{c.line, c.column}, [2]int{all[0].Line, all[0].Column})
		})
	}
}

// What is written here comes out as it is, but for the fields.
func TestMarkupSurvives(t *testing.T) {
	for _, source := range []string{
		"<!DOCTYPE html>\r\n<HTML><Head><STYLE>p{}</STYLE><!-- note --></Head>",
		"<!--[if gte mso 9]><xml><o:PixelsPerInch>96</o:PixelsPerInch></xml><![endif]-->",
		"<!--[if !mso]><!--><p>others</p><!--<![endif]-->",
		"<!--[if !mso]><!-- --><p>others</p><!-- <![endif]-->",
		"<![if !mso]><p>others</p><![endif]>",
		"<!--[if mso | IE]><table><tr><td width=\"600\"><![endif]--><p>x</p><!--[if mso | IE]></td></tr></table><![endif]-->",
		"a < b & c > d, <3, {x}, { {, %} }}",
		"<p title=unquoted onclick='x()' style='{a}'>",
		"<script>var a = {b: {}};</script>",
	} {
		got, err := parse(t, source, templates.HTML).Render(context.Background(), templates.Null(), nil)
		require.NoError(t, err)
		require.Equal(t, source, got.Output)
	}
	for _, c := range []struct{ source, want string }{
		{"<!--[if mso]><td width=\"{{ x }}\"><![endif]-->", "<!--[if mso]><td width=\"1\"><![endif]-->"},
		{"<!--[if (gte mso 9)|(IE)]>{% if x %}a{% endif %}{{ x }}<![endif]-->", "<!--[if (gte mso 9)|(IE)]>a1<![endif]-->"},
		{"<!-- [IF MSO ]><v:rect href=\"https://a.b/{{ x }}\" style=\"width:{{ x }}px\"><![ENDIF]-->", "<!-- [IF MSO ]><v:rect href=\"https://a.b/1\" style=\"width:1px\"><![ENDIF]-->"},
		{"{% if x %}<!--[if mso]>{{ x }}<![endif]-->{% endif %}", "<!--[if mso]>1<![endif]-->"},
		{"<!--[if !mso]><!-->{{ x }}<!--<![endif]-->", "<!--[if !mso]><!-->1<!--<![endif]-->"},
		{"<p {% if x %}class=\"a\"{% else %}class='b'{% endif %} id=c>", "<p class=\"a\" id=c>"},
		{"<input {% if x %}checked{% endif %}/>", "<input checked/>"},
		{"<input a='b'{% unless x %} checked{% endunless %} {% if x %}{% if x %}b {% endif %}{% endif %}>", "<input a='b' b >"},
		{"<p class=\"a{% if x %} b{% endif %}\">", "<p class=\"a b\">"},
		{"<p {% comment %}x{% endcomment %} title=\"{{ x }}\">", "<p  title=\"1\">"},
		{"<svg></svg>{{ x }}<svg/>", "<svg></svg>1<svg/>"},
		{"<title>{{ x }}</title><title>{% if x %}y{% endif %}</title>", "<title>1</title><title>y</title>"},
		{"a<{% if x %}{% endif %} b", ""},
		{"a < {{ x }}", "a < 1"},
		{"<p title=\"<script>{{ x }}\">", "<p title=\"<script>1\">"},
		{"<td style=\"{% if x %}color:{{ x }};{% endif %}\">", "<td style=\"color:1;\">"},
		{"<a href=\"{% if x %}https://a/{{ x }}{% else %}https://b{% endif %}\">", "<a href=\"https://a/1\">"},
	} {
		t.Run(c.source, func(t *testing.T) {
			if c.want == "" {
				_, err := templates.Parse("", c.source, templates.HTML, nil)
				require.Error(t, err)
				return
			}
			got, err := parse(t, c.source, templates.HTML).Render(context.Background(), templates.Record(map[string]templates.Value{"x": templates.Int(1)}), nil)
			require.NoError(t, err)
			require.Equal(t, c.want, got.Output)
		})
	}
}

// Editors write entities and put formatting where the caret was.
func TestEditors(t *testing.T) {
	for _, c := range []struct{ source, want string }{
		{`{{ x&nbsp;| default: &quot;a &amp; b&quot;&nbsp;}}`, "1"},
		{`{{ y | default: &quot;a &amp; b&quot; }}`, "a &amp; b"},
		{`{{ y | default: &#39;Soci&eacute;t&eacute;&#39; }}`, "Société"},
		{`{% if x &gt; 0 %}yes{% endif %}{% if x &lt;= 1 %}yes{% endif %}{% if x &gt;= 2 %}no{% endif %}`, "yesyes"},
		{`{{&nbsp;x }}{%&nbsp;comment %}a{%&nbsp;endcomment&nbsp;%}`, "1"},
		{`{% if x < 2 and 3 > x %}yes{% endif %}`, "yes"},
	} {
		t.Run(c.source, func(t *testing.T) {
			got, err := parse(t, c.source, templates.HTML).Render(context.Background(), templates.Record(map[string]templates.Value{"x": templates.Int(1), "y": templates.Null()}), nil)
			require.NoError(t, err)
			require.Equal(t, c.want, got.Output)
		})
	}
	for _, c := range []struct {
		source string
		column int
	}{
		{`a {{ contact.<b>first</b>_name }}`, 3},
		{`a {{ x<span style="color:red"> }}</span>`, 3},
		{`a {<b>{ x }}</b>`, 3},
		{`a {<b><i>{ x }}</i></b>`, 3},
		{`a {{ x }<b>}</b>`, 3},
		{`a {<b>% if x %}</b>`, 3},
		{`a {% if x %<i>}</i>`, 3},
		{`a {{ x | default: "<i>b</i>" }}`, 3},
		{`a {{<br> x }}`, 3},
		{`a {{ x | default: "a<br>`, 3},
	} {
		t.Run(c.source, func(t *testing.T) {
			_, err := templates.Parse("", c.source, templates.HTML, nil)
			var all templates.Errors
			require.ErrorAs(t, err, &all)
			if c.source == `a {{ x | default: "a<br>` {
				require.Equal(t, templates.CodeUnclosed, all[0].Code)
				return
			}
			require.Equal(t, templates.CodeSplit, all[0].Code, all[0].Message)
			require.Equal(t, c.column, all[0].Column)
			require.Equal(t, "The field is split by formatting; delete it and insert it again.", all[0].Message)
		})
	}
}
