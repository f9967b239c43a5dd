package reports

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNotes(t *testing.T) {
	for _, c := range []struct {
		name  string
		lines []string
		want  []Note
	}{
		{"two addresses without a comma", []string{`From: "Ann" <ann@partner.example>:<eve@evil.example>`}, []Note{{UnusualFrom, `"Ann" <ann@partner.example>:<eve@evil.example>`}}},
		{"nothing unusual", []string{"From: Ann <ann@partner.example>", "Reply-To: office@partner.example", "Return-Path: <ann@partner.example>"}, nil},
		{"a subdomain is no other domain", []string{"From: ann@partner.example", "Reply-To: ann@mail.partner.example", "Sender: x@mail.partner.example"}, nil},
		{"several authors", []string{"From: Ann <ann@partner.example>, Bob <bob@other.example>"}, []Note{{SeveralFrom, "bob@other.example"}}},
		{"a group", []string{"From: Board: ann@partner.example;"}, []Note{{GroupFrom, "Board"}}},
		{"an empty group", []string{"From: Nobody:;"}, []Note{{GroupFrom, "Nobody"}, {NoFrom, "Nobody:;"}}},
		{"a name with a colon is no group", []string{`From: "Shop: news" <news@shop.example>`}, nil},
		{"no From", []string{"Subject: x"}, []Note{{NoFrom, ""}}},
		{"a name alone", []string{"From: Ann"}, []Note{{NoFrom, "Ann"}}},
		{"two fields", []string{"From: ann@partner.example", "From: eve@evil.example"}, []Note{{RepeatedFrom, "2"}, {SeveralFrom, "eve@evil.example"}}},
		{"the name is another address", []string{`From: "ann@partner.example" <eve@evil.example>`}, []Note{{NameIsAddress, "ann@partner.example"}}},
		{"the name is another address, encoded", []string{"From: =?utf-8?B?YW5uQHBhcnRuZXIuZXhhbXBsZQ==?= <eve@evil.example>"}, []Note{{NameIsAddress, "ann@partner.example"}}},
		{"the name is the same address", []string{`From: "ANN@partner.example" <ann@partner.example>`}, nil},
		{"the name names a domain", []string{"From: Support paypal.com <eve@evil.example>"}, []Note{{NameIsOtherDomain, "paypal.com"}}},
		{"the name names its own domain", []string{"From: www.shop.com News <news@mail.shop.com>"}, nil},
		{"a title is no domain", []string{"From: Dr.Ann v2.0 <ann@partner.example>"}, nil},
		{"turned text", []string{"From: \"ann\u202eelpmaxe\" <ann@partner.example>"}, []Note{{NameHidesText, "bidirectional"}}},
		{"text that is not seen", []string{"From: \"a\u200bnn\" <ann@partner.example>"}, []Note{{NameHidesText, "invisible"}}},
		{"mixed alphabets", []string{"From: ann@p\u0430rtner.example"}, []Note{{MixedScripts, "p\u0430rtner.example"}}},
		{"mixed alphabets in punycode", []string{"From: ann@xn--prtner-3nf.example"}, []Note{{MixedScripts, "p\u0430rtner.example"}}},
		{"letters that all look Latin", []string{"From: ann@\u0430\u0440\u0440\u04cf\u0435.example"}, []Note{{LookalikeDomain, "xn--80ak6aa92e.example"}}},
		{"letters that all look Latin, each", []string{"From: ann@\u0441\u043e\u0440\u0430.example"}, []Note{{LookalikeDomain, "xn--80a1agc.example"}}},
		{"a domain with accents", []string{"From: ann@caf\u00e9.example"}, []Note{{ForeignScript, "xn--caf-dma.example"}}},
		{"a Japanese domain", []string{"From: ann@\u65e5\u672c\u8a9e.example"}, []Note{{ForeignScript, "xn--wgv71a119e.example"}}},
		{"Unicode before the at", []string{"From: jos\u00e9@partner.example"}, []Note{{UnicodeLocalPart, "jos\u00e9@partner.example"}}},
		{"answers go elsewhere", []string{"From: ann@partner.example", "Reply-To: eve@evil.example, ann@partner.example"}, []Note{{ReplyElsewhere, "eve@evil.example"}}},
		{"on behalf of", []string{"From: ann@partner.example", "Sender: robot@crm.example"}, []Note{{SentOnBehalf, "robot@crm.example"}}},
		{"null sender", []string{"Return-Path: <>", "From: ann@partner.example"}, []Note{{NullSender, ""}}},
		{"another envelope", []string{"Return-Path: <b-1@bulk.example>", "From: ann@partner.example"}, []Note{{ReturnElsewhere, "b-1@bulk.example"}}},
		{"only the topmost Return-Path", []string{"Return-Path: <ann@partner.example>", "Return-Path: <>", "From: ann@partner.example"}, nil},
		{"case, a dot and a tag", []string{"From: Ann@Partner.Example.", "Reply-To: ann+x@partner.example"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, Notes(mailOf(t, c.lines...)))
		})
	}
}
