package autoconfig

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/storage"
)

func TestParseAddress(t *testing.T) {
	for text, want := range map[string]string{
		"ann@firm.example":                         "ann@firm.example",
		"  ann@firm.example\n":                     "ann@firm.example",
		"\u00a0ann@firm.example\u200b":             "ann@firm.example",
		"Ann.Lee@FIRM.Example":                     "Ann.Lee@firm.example",
		"ann@firm.example.":                        "ann@firm.example",
		"mailto:ann@firm.example":                  "ann@firm.example",
		"Ann Lee <ann@firm.example>":               "ann@firm.example",
		`"Lee, Ann" < ann@firm.example >`:          "ann@firm.example",
		"ann+crm@firm.example":                     "ann+crm@firm.example",
		"ann@bücher.example":                       "ann@xn--bcher-kva.example",
		"ann@BÜCHER.example":                       "ann@xn--bcher-kva.example",
		"ann@xn--bcher-kva.example":                "ann@xn--bcher-kva.example",
		"zoé@firm.example":                         "zoé@firm.example",
		`"ann lee"@firm.example`:                   `"ann lee"@firm.example`,
		`"a@b"@firm.example`:                       `"a@b"@firm.example`,
		`"a\"@b"@firm.example`:                     `"a\"@b"@firm.example`,
		"ann@eu.mail.firm.co.uk":                   "ann@eu.mail.firm.co.uk",
		"o'brien/x=1#!$%&*?^_`{|}~-@firm.example":  "o'brien/x=1#!$%&*?^_`{|}~-@firm.example",
		"ann@intranet.lan":                         "ann@intranet.lan",
		strings.Repeat("a", 64) + "@firm.example":  strings.Repeat("a", 64) + "@firm.example",
		"ann@" + strings.Repeat("a", 63) + ".test": "ann@" + strings.Repeat("a", 63) + ".test",
	} {
		m, err := parseAddress(text)
		require.NoError(t, err, text)
		require.Equal(t, want, m.String(), text)
	}
}

func TestParseAddressRefuses(t *testing.T) {
	for text, code := range map[string]string{
		"":                                       "required",
		" \u00a0 ":                               "required",
		"Ann <>":                                 "required",
		"ann":                                    "bad_address",
		"ann.firm.example":                       "bad_address",
		"a@b@firm.example":                       "bad_address",
		"ann lee@firm.example":                   "bad_address",
		"ann@firm.example, b@c.de":               "bad_address",
		"@firm.example":                          "bad_address",
		".ann@firm.example":                      "bad_address",
		"ann.@firm.example":                      "bad_address",
		"a..n@firm.example":                      "bad_address",
		`"ann@firm.example`:                      "bad_address",
		`""@firm.example`:                        "bad_address",
		`"ann"x@firm.example`:                    "bad_address",
		`an"n@firm.example`:                      "bad_address",
		"ann\x00@firm.example":                   "bad_address",
		"ann@firm.example\r\nX: y":               "bad_address",
		"ann\xff@firm.example":                   "bad_address",
		"ann@":                                   "bad_domain",
		"ann@localhost":                          "bad_domain",
		"ann@co.uk":                              "bad_domain",
		"ann@com":                                "bad_domain",
		"ann@127.0.0.1":                          "bad_domain",
		"ann@[127.0.0.1]":                        "bad_domain",
		"ann@0x7f.1":                             "bad_domain",
		"ann@firm..example":                      "bad_domain",
		"ann@-firm.example":                      "bad_domain",
		"ann@firm.example:993":                   "bad_domain",
		"ann@firm.example/x":                     "bad_domain",
		"ann@firm example":                       "bad_domain",
		"ann@xn--é.example":                      "bad_domain",
		"ann@" + strings.Repeat("a", 64) + ".de": "bad_domain",
		strings.Repeat("a", 65) + "@firm.example":    "too_long",
		"ann@" + strings.Repeat("a.", 126) + "de":    "too_long",
		strings.Repeat("x", 1<<20) + "@firm.example": "too_long",
	} {
		_, err := parseAddress(text)
		var field *storage.FieldError
		require.ErrorAs(t, err, &field, text)
		require.Equal(t, "Address", field.Field, text)
		require.Equal(t, code, field.Code, text)
		require.NotEmpty(t, field.Reason)
	}
}

func TestRegistrable(t *testing.T) {
	require.True(t, sameOwner("imap.firm.co.uk", "firm.co.uk"))
	require.False(t, sameOwner("imap.other.co.uk", "firm.co.uk"))
	require.False(t, sameOwner("co.uk", "co.uk"))
	require.Equal(t, []string{"de.hoster.co.uk", "hoster.co.uk"}, parents("mx1.de.hoster.co.uk"))
	require.Equal(t, []string{"hoster.co.uk"}, parents("mx1.hoster.co.uk"))
	require.Equal(t, []string{"hoster.co.uk"}, parents("hoster.co.uk"))
	require.Empty(t, parents("co.uk"))
}

func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{"ann@firm.example", `"a@b"@x.de`, "Ann <a@bücher.de>", "a@b@c", "mailto:a@b.c", "\u200b@"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := parseAddress(text)
		if err != nil {
			var field *storage.FieldError
			require.ErrorAs(t, err, &field)
			return
		}
		again, err := parseAddress(m.String())
		require.NoError(t, err)
		require.Equal(t, m, again)
		require.NotContains(t, m.String(), "\n")
	})
}
