package address

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestNormalize(t *testing.T) {
	for address, want := range map[string]string{
		"ann@example.com":          "ann@example.com",
		"Ann.Lee@Example.COM":      "ann.lee@example.com",
		"ann+news@example.com":     "ann+news@example.com",
		"a.n.n@example.com":        "a.n.n@example.com",
		"ann@example.com.":         "ann@example.com",
		"ann@sub.Example.com":      "ann@sub.example.com",
		"o'brien@example.com":      "o'brien@example.com",
		"bounce=a=b@example.com":   "bounce=a=b@example.com",
		"a/b!#$%&*?^`{|}~@x.y":     "a/b!#$%&*?^`{|}~@x.y",
		"a..b.@docomo.example":     "a..b.@docomo.example",
		"root@localhost":           "root@localhost",
		"a@under_score.example":    "a@under_score.example",
		"a@-.example":              "",
		`"ann"@example.com`:        "ann@example.com",
		`"a\nn"@example.com`:       "ann@example.com",
		`"Ann Lee"@example.com`:    `"ann lee"@example.com`,
		`"a@b"@example.com`:        `"a@b"@example.com`,
		"ÉLODIE@Müller.example":    "élodie@xn--mller-kva.example",
		"e\u0301lodie@x.example":   "élodie@x.example",
		"a@faß.example":            "a@xn--fa-hia.example",
		"a@XN--MLLER-KVA.example":  "a@xn--mller-kva.example",
		"a@mu\u0308ller.example":   "a@xn--mller-kva.example",
		"用户@例子.广告":                 "用户@xn--fsqu00a.xn--4rr70v",
		"a@ｅｘａｍｐｌｅ。com":            "a@example.com",
		"a@[192.0.2.1]":            "a@[192.0.2.1]",
		"a@[IPv6:2001:DB8:0:0::1]": "a@[2001:db8::1]",
		"a@[::ffff:192.0.2.1]":     "a@[192.0.2.1]",

		"":                       "",
		"ann":                    "",
		"@":                      "",
		"@example.com":           "",
		"ann@":                   "",
		"ann@.":                  "",
		"ann@.example.com":       "",
		"ann@example..com":       "",
		"ann@example.com..":      "",
		"ann@-example.com":       "",
		"ann@exa mple.com":       "",
		"a nn@example.com":       "",
		" ann@example.com":       "",
		"ann@example.com ":       "",
		"ann@b@example.com":      "",
		"<ann@example.com>":      "",
		"Ann <ann@example.com>":  "",
		"mailto:ann@example.com": "",
		"a,b@example.com":        "",
		"a;b@example.com":        "",
		"a\u037eb@example.com":   "", // becomes a semicolon
		"a\x00b@example.com":     "",
		"a\r\nb@example.com":     "",
		"\"a\r\nb\"@example.com": "",
		`""@example.com`:         "",
		"a\u00a0b@example.com":   "",
		"a\u200bb@example.com":   "",
		"a\xffb@example.com":     "",
		"a@exa\xffmple.com":      "",
		"a@example.com/x":        "",
		"a@[nonsense]":           "",
		"a@[192.0.2.1":           "",
		"a@xn--\u00fc.example":   "",
		"a@" + strings.Repeat("x", 64) + ".example":              "",
		"a@" + strings.Repeat("x.", 127) + "x":                   "",
		strings.Repeat("a", Max) + "@example.com":                "",
		strings.Repeat("a", 300) + "@example.com":                strings.Repeat("a", 300) + "@example.com",
		"a@" + strings.Repeat("x", 63) + ".example":              "a@" + strings.Repeat("x", 63) + ".example",
		strings.Repeat("É", 100) + "@" + "xn--mller-kva.example": strings.Repeat("é", 100) + "@" + "xn--mller-kva.example",
	} {
		require.Equal(t, want, Normalize(address), "%q", address)
		require.Equal(t, want, Normalize(want), "%q stays as it is", want)
	}
}

func FuzzNormalize(f *testing.F) {
	for _, address := range []string{
		"", "ann@example.com", "ANN@Example.COM.", `"a b"@x`, `"\""@x`, "é@müller.example", "a\u037eb@x", "a@[::1]", "a@xn--0", "İ@x", "\u212a@x", "a@ß", "a@1。2", `"\\"@x`,
		"a@\u200d.x", "ª@x", "\u0345@x", "a@[IPv6:ipv6:::1]",
	} {
		f.Add(address)
	}
	f.Fuzz(func(t *testing.T, address string) {
		normal := Normalize(address)
		if normal == "" {
			return
		}
		require.Equal(t, normal, Normalize(normal), "not idempotent for %q", address)
		require.True(t, utf8.ValidString(normal))
		require.Equal(t, strings.ToLower(normal), normal)
		at := strings.LastIndexByte(normal, '@')
		require.Positive(t, at)
		require.True(t, isASCII(normal[at:]), "%q", normal)
		require.NotContains(t, normal, "\n")
		require.NotContains(t, normal, "\x00")
		if utf8.ValidString(address) && isASCII(address) && !strings.Contains(address, `"`) && !strings.Contains(address, "[") {
			require.Equal(t, strings.TrimSuffix(strings.ToLower(address), "."), normal, "nothing but case and a dot is changed in ASCII")
		}
	})
}

func BenchmarkNormalize(b *testing.B) {
	for name, address := range map[string]string{"normal": "ann.leonard@example.com", "capitals": "Ann.Leonard@Example.com", "foreign": "élodie@müller.example"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if Normalize(address) == "" {
					b.Fatal("no address")
				}
			}
		})
	}
}
