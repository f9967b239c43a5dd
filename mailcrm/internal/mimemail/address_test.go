package mimemail

import (
	"net/mail"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseAddresses(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     []Address
	}{
		{"bare", "john@example.com", []Address{{"", "john@example.com"}}},
		{"named", "John Doe <john@example.com>", []Address{{"John Doe", "john@example.com"}}},
		{"quoted", `"Doe, John" <john@example.com>`, []Address{{"Doe, John", "john@example.com"}}},
		{"escaped quote", `"John \"Joe\" Doe" <john@example.com>`, []Address{{`John "Joe" Doe`, "john@example.com"}}},
		{"comment is the name", "john@example.com (John Doe)", []Address{{"John Doe", "john@example.com"}}},
		{"comment in comment", "john@example.com (John (Joe) Doe)", []Address{{"John (Joe) Doe", "john@example.com"}}},
		{"list", "a@example.com, B <b@example.com>,c@example.com", []Address{{"", "a@example.com"}, {"B", "b@example.com"}, {"", "c@example.com"}}},
		{"empty entries", ", a@example.com,, ,b@example.com,", []Address{{"", "a@example.com"}, {"", "b@example.com"}}},
		{"semicolons", "a@example.com; b@example.com", []Address{{"", "a@example.com"}, {"", "b@example.com"}}},
		{"group", "Team: a@example.com, B <b@example.com>;", []Address{{"", "a@example.com"}, {"B", "b@example.com"}}},
		{"empty group", "undisclosed-recipients:;", nil},
		{"two groups", "A: a@example.com; B: b@example.com;", []Address{{"", "a@example.com"}, {"", "b@example.com"}}},
		{"encoded", "=?utf-8?q?Ana=C3=AFs?= <a@example.com>", []Address{{"Anaïs", "a@example.com"}}},
		{"encoded comma", "=?utf-8?q?Doe=2C_John?= <a@example.com>", []Address{{"Doe, John", "a@example.com"}}},
		{"encoded in quotes", `"=?utf-8?q?Ana=C3=AFs?=" <a@example.com>`, []Address{{"Anaïs", "a@example.com"}}},
		{"encoded as a whole", "=?utf-8?q?Ana=C3=AFs_=3Ca=40example=2Ecom=3E?=", []Address{{"Anaïs", "a@example.com"}}},
		{"koi8", "=?koi8-r?B?8NLJ18XU?= <a@example.com>", []Address{{"Привет", "a@example.com"}}},
		{"raw name", "Ana\xefs <a@example.com>", []Address{{"Anaïs", "a@example.com"}}},
		{"comma without quotes", "Doe, John <john@example.com>", []Address{{"Doe, John", "john@example.com"}}},
		{"dots without quotes", "John Q. Public <john@example.com>", []Address{{"John Q. Public", "john@example.com"}}},
		{"no brackets", "John Doe john@example.com", []Address{{"John Doe", "john@example.com"}}},
		{"bracket never closed", "John <john@example.com", []Address{{"John", "john@example.com"}}},
		{"bracket never opened", "john@example.com>", []Address{{"", "john@example.com"}}},
		{"closed by a comma", "John <john@example.com, Ann <ann@example.com>", []Address{{"John", "john@example.com"}, {"Ann", "ann@example.com"}}},
		{"double brackets", "<<john@example.com>>", []Address{{"", "john@example.com"}}},
		{"spaces inside", "< john @ example.com >", []Address{{"", "john@example.com"}}},
		{"spaces around a dot", "john@example . com", []Address{{"", "john@example.com"}}},
		{"scheme", "<mailto:john@example.com>", []Address{{"", "john@example.com"}}},
		{"route", "<@a.example,@b.example:john@example.com>", []Address{{"", "john@example.com"}}},
		{"quotes in brackets", "John <'john@example.com'>", []Address{{"John", "john@example.com"}}},
		{"quoted local part", `"john doe"@example.com`, []Address{{"", `"john doe"@example.com`}}},
		{"bracket in a quoted local part", `John <"a>b"@example.com>`, []Address{{"John", `"a>b"@example.com`}}},
		{"quote never closed", `"John <john@example.com>`, []Address{{"John", "john@example.com"}}},
		{"comment never closed", "John (Joe <john@example.com>", []Address{{"John (Joe", "john@example.com"}}},
		{"missing comma", "<a@example.com> b@example.com", []Address{{"", "a@example.com"}, {"", "b@example.com"}}},
		{"name behind", "<a@example.com> Ann", []Address{{"Ann", "a@example.com"}}},
		{"null sender", "<>", nil},
		{"daemon", "MAILER-DAEMON", []Address{{"", "MAILER-DAEMON"}}},
		{"daemon with brackets", "Mail Delivery <MAILER-DAEMON>", []Address{{"Mail Delivery", "MAILER-DAEMON"}}},
		{"name only", "The Team", []Address{{"The Team", ""}}},
		{"name equals address", "a@example.com <a@example.com>", []Address{{"", "a@example.com"}}},
		{"another address as name", `"boss@bank.example" <a@evil.example>`, []Address{{"boss@bank.example", "a@evil.example"}}},
		{"quoted twice", `"'John Doe'" <a@example.com>`, []Address{{"John Doe", "a@example.com"}}},
		{"literal", "john@[192.0.2.1]", []Address{{"", "john@[192.0.2.1]"}}},
		{"unicode", "用户@例子.广告", []Address{{"", "用户@例子.广告"}}},
		{"new line in a name", "=?utf-8?q?a=0D=0ABcc:_x?= <a@example.com>", []Address{{"a Bcc: x", "a@example.com"}}},
		{"empty", " \t ", nil},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, parseAddresses(c.in, "", nil, nil)) })
	}
}

// TestAgreesWithNetMail compares with the strict parser of the standard library on what it accepts.
func TestAgreesWithNetMail(t *testing.T) {
	for _, in := range []string{
		"john@example.com", "John Doe <john@example.com>", `"Doe, John" <john@example.com>, Ann <ann@example.com>`, "john@example.com (John Doe)",
		"Team: a@example.com, b@example.com;", "=?utf-8?q?Ana=C3=AFs?= <a@example.com>", "john.q.public@example.co.uk",
	} {
		want, err := mail.ParseAddressList(in)
		require.NoError(t, err)
		got := parseAddresses(in, "", nil, nil)
		require.Len(t, got, len(want), in)
		for i, a := range want {
			require.Equal(t, a.Name, got[i].Name)
			require.Equal(t, NormalAddress(a.Address), NormalAddress(got[i].Address))
		}
	}
}

func TestNormalAddress(t *testing.T) {
	for in, want := range map[string]string{
		"John.Doe@Example.COM":                 "john.doe@example.com",
		"john+tag@example.com":                 "john+tag@example.com",
		"john@example.com.":                    "john@example.com",
		`"john"@example.com`:                   "john@example.com",
		`"john doe"@example.com`:               `"john doe"@example.com`,
		"JÖRG@Bücher.example":                  "jörg@xn--bcher-kva.example",
		"jo\u0308rg@b\u0075\u0308cher.example": "jörg@xn--bcher-kva.example",
		"a@faß.example":                        "a@xn--fa-hia.example",
		"用户@例子.广告":                             "用户@xn--fsqu00a.xn--4rr70v",
		"a@EXAMPLE。com":                        "a@example.com",
		"a..b@docomo.example":                  "a..b@docomo.example",
		"a@localhost":                          "a@localhost",
		"a@under_score.example":                "a@under_score.example",
		"a@[192.0.2.1]":                        "a@[192.0.2.1]",
		"a@[IPv6:2001:DB8::1]":                 "a@[2001:db8::1]",
		"a@b@example.com":                      "",
		"":                                     "",
		"john":                                 "",
		"@example.com":                         "",
		"john@":                                "",
		"john@.example.com":                    "",
		"john@example..com":                    "",
		"john@example.com..":                   "",
		"john@exa mple.com":                    "",
		"jo hn@example.com":                    "",
		"john@-example.com":                    "",
		"a@[not an address]":                   "",
		"john\x00@example.com":                 "",
		"<john@example.com>":                   "",
		"a@example.com/x":                      "",
	} {
		require.Equal(t, want, NormalAddress(in), "%q", in)
		require.Equal(t, want, Address{Address: in}.Normal())
		require.Equal(t, want, NormalAddress(want), "normal forms stay as they are")
	}
	require.Empty(t, NormalAddress(string(make([]byte, 600))+"@example.com"))
}

func TestAddressString(t *testing.T) {
	require.Equal(t, "John <a@b.example>", Address{"John", "a@b.example"}.String())
	require.Equal(t, "a@b.example", Address{"", "a@b.example"}.String())
	require.Equal(t, "John", Address{Name: "John"}.String())
}
