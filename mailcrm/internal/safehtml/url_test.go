package safehtml

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseURL(t *testing.T) {
	for in, want := range map[string]string{
		"http://a.example":                   "http://a.example/",
		"HTTPS://A.Example/X":                "https://a.example/X",
		" \x01https://a.example\n":           "https://a.example/",
		"ht\ntp://a.example/\tx":             "http://a.example/x",
		"http:a.example":                     "http://a.example/",
		"http:/a.example":                    "http://a.example/",
		"http:\\\\a.example\\x":              "http://a.example/x",
		"http:////a.example":                 "http://a.example/",
		"//a.example/x":                      "https://a.example/x",
		"\\\\a.example\\x":                   "https://a.example/x",
		"/\\a.example":                       "https://a.example/",
		"http://u:p@a.example/":              "http://a.example/",
		"http://bank.example@evil.example":   "http://evil.example/",
		"http://evil.example\\@bank.example": "http://evil.example/@bank.example",
		"http://0x7f.1/":                     "http://127.0.0.1/",
		"http://2130706433/x":                "http://127.0.0.1/x",
		"http://0177.0.0.01/":                "http://127.0.0.1/",
		"http://0x7F000001/":                 "http://127.0.0.1/",
		"http://192.168.257/":                "http://192.168.1.1/",
		"http://１２７.1/":                      "http://127.0.0.1/",
		"http://127.0.0.1./":                 "http://127.0.0.1/",
		"http://256.1.1.1/":                  "",
		"http://1.2.3.4.5/":                  "",
		"http://4294967296/":                 "",
		"http://99999999999999999999/":       "",
		"http://09.1/":                       "",
		"http://a.1/":                        "",
		"http://1.a/":                        "http://1.a/",
		"http://0x/":                         "http://0.0.0.0/",
		"http://a.example:8080/x":            "http://a.example:8080/x",
		"http://a.example:99999/":            "",
		"http://a.example:x/":                "",
		"http://[2001:DB8::1]/":              "http://[2001:db8::1]/",
		"http://[nothing]/":                  "",
		"http://b%C3%BCcher.example/é?q=ü#ß": "http://xn--bcher-kva.example/%C3%A9?q=%C3%BC#%C3%9F",
		"http://%65vil.example/":             "http://evil.example/",
		"http://a b.example/":                "",
		"http://a_b.example/":                "http://a_b.example/",
		"http://a.example/50%/x y":           "http://a.example/50%25/x%20y",
		`http://a.example/"<>{}|^` + "`":     "http://a.example/%22%3C%3E%7B%7D%7C%5E%60",
		"http://a.example/x#a?b":             "http://a.example/x#a?b",
		"http://a.example?x":                 "http://a.example/?x",
		"http://":                            "",
		"http:///":                           "",
		"javascript:alert(1)":                "",
		"java\tscript:alert(1)":              "",
		"JaVaScRiPt:alert(1)":                "",
		"&#106;avascript:alert(1)":           "",
		"vbscript:x":                         "",
		"file:///etc/passwd":                 "",
		"ftp://a.example/x":                  "",
		"about:blank":                        "",
		"blob:x":                             "",
		"/x":                                 "",
		"x.html":                             "",
		"?x":                                 "",
		"#x":                                 "",
		"":                                   "",
		"{{ url }}":                          "",
		"mailto:a@b.example":                 "mailto:a@b.example",
		"mailto:a@b.example?body=a b\"<":     "mailto:a@b.example?body=a%20b%22%3C",
		"tel:+33 1 23":                       "tel:+33%201%2023",
		"cid:a@b":                            "a@b",
		"cid:a%40b":                          "a@b",
		"cid:":                               "",
		"data:image/png;base64,AAAA":         "data:image/png;base64,AAAA",
		"data:IMAGE/JPG;BASE64,AA AA":        "data:image/jpeg;base64,AAAA",
		"data:image/svg+xml;base64,AAAA":     "",
		"data:image/png,AAAA":                "",
		"data:image/png;base64,AA<script>":   "",
		"data:text/html;base64,AAAA":         "",
		"data:image/png;base64":              "",
	} {
		require.Equal(t, want, parseURL(in).url, "%q", in)
	}
	require.Empty(t, parseURL("http://a.example/"+strings.Repeat("x", maxURL)).url)
}

func TestSaidHost(t *testing.T) {
	for in, want := range map[string]string{
		"https://bank.example/x":  "bank.example",
		"www.Bank.example":        "www.bank.example",
		"bank.example/login":      "bank.example",
		"<ann@bank.example>":      "bank.example",
		"bank.example.":           "bank.example",
		"click here":              "",
		"Go to bank.example now":  "",
		"report.2026":             "",
		"v1.2":                    "",
		"a.b":                     "",
		"mailto:ann@bank.example": "bank.example",
		"":                        "",
	} {
		require.Equal(t, want, saidHost(in), "%q", in)
	}
}
