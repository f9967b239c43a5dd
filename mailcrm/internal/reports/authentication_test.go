package reports

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
)

// mailOf is a mail of header lines.
func mailOf(t testing.TB, lines ...string) *mimemail.Message {
	t.Helper()
	m, err := mimemail.Parse(strings.NewReader(strings.Join(lines, "\r\n")+"\r\n\r\nHello\r\n"), nil)
	require.NoError(t, err)
	return m
}

const (
	border  = "Received: from mail.partner.example (mail.partner.example [192.0.2.7]) by mx.ours.example with ESMTPS id 1; Tue, 24 Nov 2026 10:00:00 +0000"
	outside = "Received: from laptop (unknown [198.51.100.9]) by mail.partner.example with ESMTPSA id 2; Tue, 24 Nov 2026 09:59:58 +0000"
	inside  = "Received: from mx.ours.example by store.ours.example with LMTP id 3; Tue, 24 Nov 2026 10:00:01 +0000"
	from    = "From: Ann <ann@partner.example>"
	good    = "Authentication-Results: mx.ours.example; spf=pass smtp.mailfrom=ann@partner.example; dkim=pass header.d=partner.example; dmarc=pass header.from=partner.example"
)

// above0 writes its results above its own Received, below1 under it.
var (
	above0 = []Server{{ID: "mx.ours.example"}}
	above1 = []Server{{ID: "mx.ours.example", Hops: 1}}
	below1 = []Server{{ID: "mx.ours.example", Hops: 1}}
	below2 = []Server{{ID: "mx.ours.example", Hops: 2}}
)

func results(id, rest string) string { return "Authentication-Results: " + id + "; " + rest }

func TestAuthentication(t *testing.T) {
	ours := func(rest string) string { return results("mx.ours.example", rest) }
	for _, c := range []struct {
		name     string
		servers  []Server
		lines    []string
		standing Standing
		why      Why
	}{
		{"passes", above0, []string{good, border, outside, from}, Authenticated, WhyDMARC},
		{"no server known", nil, []string{good, border, from}, Unauthenticated, WhyNoServer},
		{"absent", above0, []string{border, outside, from}, Unauthenticated, WhyNoResults},
		{"forged alone, below our Received", above0, []string{border, good, from}, Unauthenticated, WhyNoResults},
		{"forged alone, at the end", above0, []string{border, outside, from, good}, Unauthenticated, WhyNoResults},
		{"forged below the true one", above0, []string{ours("dmarc=fail header.from=partner.example"), border, good, from}, Disowned, WhyDMARCFailed},
		{"forged below, true one says nothing", above0, []string{ours("none"), border, good, from}, Unauthenticated, WhyNothing},
		{"forged with another id on top", above0, []string{results("mx.evil.example", "dmarc=pass header.from=partner.example"), border, from}, Unauthenticated, WhyNoResults},
		{"another id above ours", above0, []string{results("filter.ours.example", "x-virus=none"), good, border, from}, Authenticated, WhyDMARC},
		{"id in a comment", above0, []string{results("(mx.ours.example) evil.example", "dmarc=pass header.from=partner.example"), border, from}, Unauthenticated, WhyNoResults},
		{"id that begins like ours", above0, []string{results("mx.ours.example.evil.example", "dmarc=pass"), border, from}, Unauthenticated, WhyNoResults},
		{"id that ends like ours", above0, []string{results("evilmx.ours.example", "dmarc=pass"), border, from}, Unauthenticated, WhyNoResults},
		{"id in upper case and with a dot", above0, []string{results("MX.Ours.Example.", "dmarc=pass header.from=partner.example"), border, from}, Authenticated, WhyDMARC},
		{"id in quotes", above0, []string{results(`"mx.ours.example"`, "dmarc=pass header.from=partner.example"), border, from}, Authenticated, WhyDMARC},
		{"id with a version", above0, []string{results("mx.ours.example 1", "dmarc=pass header.from=partner.example"), border, from}, Authenticated, WhyDMARC},
		{"server that writes below", below1, []string{border, good, outside, from}, Authenticated, WhyDMARC},
		{"server that writes below, forged next to it", below1, []string{border, ours("spf=none"), good, from}, Unauthenticated, WhyNothing},
		{"server that writes below, forged further down", below1, []string{border, outside, good, from}, Unauthenticated, WhyNoResults},
		{"server that writes below, another id first", below1, []string{border, results("evil.example", "spf=pass"), good, from}, Unauthenticated, WhyNoResults},
		{"handed on inside", above1, []string{inside, good, border, from}, Authenticated, WhyDMARC},
		{"Google's order", []Server{{ID: "mx.google.com", Hops: 2}}, []string{
			"Received: by 2002:a05:6000:1111:b0:1 with SMTP id x; Tue, 24 Nov 2026 10:00:00 +0000",
			"Received: from mail.partner.example by mx.google.com with ESMTPS id 1; Tue, 24 Nov 2026 10:00:00 +0000",
			results("mx.google.com", "dmarc=pass (p=NONE sp=NONE dis=NONE) header.from=partner.example"), from,
		}, Authenticated, WhyDMARC},
		{"a foreign hop above", below2, []string{border, "Received: from a by relay.evil.example with SMTP; Tue, 24 Nov 2026 09:00:00 +0000", good, from}, Unauthenticated, WhyNoResults},
		{"several hosts of a provider", []Server{{ID: "*.ours.example"}}, []string{results("mx7.ours.example", "dmarc=pass header.from=partner.example"), border, from}, Authenticated, WhyDMARC},
		{"several hosts, and one that is not", []Server{{ID: "*.ours.example"}}, []string{results("mx7.theirs.example", "dmarc=pass"), border, from}, Unauthenticated, WhyNoResults},
		{"no id, and no host known", []Server{{ID: "", Hops: 3}}, []string{"Authentication-Results: dmarc=pass header.from=partner.example", border, from}, Unauthenticated, WhyNoResults},
		{"Microsoft's form", []Server{{ID: "", Hops: 2, Hosts: []string{"prod.outlook.com"}}}, []string{
			"Received: from A.prod.outlook.com by B.prod.outlook.com with HTTPS; Tue, 24 Nov 2026 10:00:00 +0000",
			"Authentication-Results: spf=pass (sender IP is 192.0.2.7) smtp.mailfrom=partner.example; dkim=pass (signature was verified) header.d=partner.example;dmarc=pass action=none header.from=partner.example;compauth=pass reason=100",
			from,
		}, Authenticated, WhyDMARC},
		{"two fields of ours", above0, []string{ours("dkim=pass header.d=partner.example"), ours("spf=pass smtp.mailfrom=x@partner.example"), border, from}, Authenticated, WhyDKIM},
		{"DKIM of a parent domain", above0, []string{ours("dkim=pass header.i=@partner.example"), border, "From: a@news.partner.example"}, Authenticated, WhyDKIM},
		{"DKIM of a subdomain", above0, []string{ours("dkim=pass header.d=mail.partner.example"), border, from}, Authenticated, WhyDKIM},
		{"DKIM of a stranger", above0, []string{ours("dkim=pass header.d=bulk.example"), border, from}, Unauthenticated, WhyNotAligned},
		{"DKIM of a public suffix", above0, []string{ours("dkim=pass header.d=co.uk"), border, "From: a@partner.co.uk"}, Unauthenticated, WhyNotAligned},
		{"DKIM of a top-level domain", above0, []string{ours("dkim=pass header.d=example"), border, from}, Unauthenticated, WhyNotAligned},
		{"DKIM of a domain that ends alike", above0, []string{ours("dkim=pass header.d=evilpartner.example"), border, from}, Unauthenticated, WhyNotAligned},
		{"second signature is the one", above0, []string{ours("dkim=fail header.d=partner.example; dkim=pass header.d=partner.example"), border, from}, Authenticated, WhyDKIM},
		{"broken signature", above0, []string{ours("dkim=fail header.d=partner.example"), border, from}, Unauthenticated, WhyNothing},
		{"SPF of the domain", above0, []string{ours("spf=pass smtp.mailfrom=bounce@partner.example"), border, from}, Authenticated, WhySPF},
		{"SPF of a stranger", above0, []string{ours("spf=pass smtp.mailfrom=bulk.example"), border, from}, Unauthenticated, WhyNotAligned},
		{"SPF of HELO alone", above0, []string{ours("spf=pass smtp.helo=partner.example"), border, from}, Unauthenticated, WhyNotAligned},
		{"SPF fails", above0, []string{ours("spf=fail smtp.mailfrom=x@partner.example"), border, from}, Disowned, WhySPFFailed},
		{"SPF fails, signature of a forwarder holds", above0, []string{ours("dkim=pass header.d=list.example; spf=fail smtp.mailfrom=x@partner.example"), border, from}, Unauthenticated, WhyNotAligned},
		{"SPF softfail", above0, []string{ours("spf=softfail smtp.mailfrom=x@partner.example"), border, from}, Unauthenticated, WhyNothing},
		{"DMARC fails though DKIM passes", above0, []string{ours("dkim=pass header.d=partner.example; dmarc=fail header.from=partner.example"), border, from}, Disowned, WhyDMARCFailed},
		{"DMARC fails behind a chain", above0, []string{ours("arc=pass; dmarc=fail header.from=partner.example"), border, from}, Unauthenticated, WhyForwarded},
		{"DMARC of another From", above0, []string{ours("dmarc=pass header.from=other.example"), border, from}, Unauthenticated, WhyOtherFrom},
		{"DMARC none, DKIM passes", above0, []string{ours("dkim=pass header.d=partner.example; dmarc=none header.from=partner.example"), border, from}, Authenticated, WhyDKIM},
		{"DMARC temperror", above0, []string{ours("dmarc=temperror header.from=partner.example"), border, from}, Unauthenticated, WhyNothing},
		{"several From", above0, []string{good, border, "From: Ann <ann@partner.example>, Eve <eve@evil.example>"}, Unauthenticated, WhySeveralFrom},
		{"two addresses without a comma", above0, []string{ours("dmarc=pass"), border, "From: \"Ann\" <ann@partner.example>:<eve@evil.example>"}, Unauthenticated, WhySeveralFrom},
		{"two From fields", above0, []string{good, border, from, "From: eve@evil.example"}, Unauthenticated, WhySeveralFrom},
		{"no From", above0, []string{good, border}, Unauthenticated, WhyNoFrom},
		{"empty group as From", above0, []string{good, border, "From: nobody:;"}, Unauthenticated, WhyNoFrom},
		{"pass in a comment", above0, []string{ours("dmarc=fail (dmarc=pass) header.from=partner.example"), border, from}, Disowned, WhyDMARCFailed},
		{"pass in a nested comment", above0, []string{ours("dmarc=none (a (dmarc=pass); dmarc=pass) header.from=partner.example"), border, from}, Unauthenticated, WhyNothing},
		{"pass in a quoted value", above0, []string{ours(`spf=fail smtp.mailfrom="a; dmarc=pass header.from=partner.example;"@evil.example`), border, from}, Unauthenticated, WhyNothing},
		{"pass in a reason", above0, []string{ours(`dmarc=fail reason="dmarc=pass; dmarc=pass" header.from=partner.example`), border, from}, Disowned, WhyDMARCFailed},
		{"a pass that got in before the fail", above0, []string{ours("spf=pass smtp.mailfrom=a; dmarc=pass header.from=partner.example; dmarc=fail header.from=partner.example"), border, from}, Disowned, WhyDMARCFailed},
		{"result is a longer word", above0, []string{ours("dmarc=passed header.from=partner.example"), border, from}, Unauthenticated, WhyNothing},
		{"method is a longer word", above0, []string{ours("x-dmarc=pass header.from=partner.example"), border, from}, Unauthenticated, WhyNothing},
		{"method with a version and spaces", above0, []string{ours("dmarc/1 = pass header.from = partner.example"), border, from}, Authenticated, WhyDMARC},
		{"upper case", above0, []string{ours("DMARC=Pass Header.From=Partner.Example"), border, "From: Ann <ANN@Partner.Example.>"}, Authenticated, WhyDMARC},
		{"folded", above0, []string{"Authentication-Results: mx.ours.example;\r\n\tdkim=pass\r\n\theader.d=partner.example;\r\n\tdmarc=pass (p=REJECT)\r\n\theader.from=partner.example", border, from}, Authenticated, WhyDMARC},
		{"plus tag", above0, []string{good, border, "From: ann+crm@partner.example"}, Authenticated, WhyDMARC},
		{"display name is an address", above0, []string{ours("dmarc=pass header.from=evil.example"), border, `From: "ann@partner.example" <eve@evil.example>`}, Authenticated, WhyDMARC},
		{"homograph", above0, []string{ours("dmarc=pass header.from=partner.example"), border, "From: ann@p\u0430rtner.example"}, Unauthenticated, WhyOtherFrom},
		{"punycode", above0, []string{ours("dmarc=pass header.from=xn--prtner-3nf.example"), border, "From: ann@xn--prtner-3nf.example"}, Authenticated, WhyDMARC},
		{"null sender with DKIM", above0, []string{ours("spf=none smtp.mailfrom=; dkim=pass header.d=partner.example"), border, "Return-Path: <>", from}, Authenticated, WhyDKIM},
		{"nothing in the field", above0, []string{"Authentication-Results: mx.ours.example", border, from}, Unauthenticated, WhyNothing},
		{"an empty field", above0, []string{"Authentication-Results: ;", border, from}, Unauthenticated, WhyNoResults},
		{"the old header of others is no result", above0, []string{"ARC-Authentication-Results: i=1; mx.ours.example; dmarc=pass header.from=partner.example", border, from}, Unauthenticated, WhyNoResults},
		{"X-Authentication-Results is none either", above0, []string{"X-Authentication-Results: mx.ours.example; dmarc=pass", border, from}, Unauthenticated, WhyNoResults},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := Authentication(mailOf(t, c.lines...), c.servers)
			require.Equal(t, c.why, a.Why)
			require.Equal(t, c.standing, a.Standing)
		})
	}
}

func TestAuthenticityTellsWhatWasFound(t *testing.T) {
	a := Authentication(mailOf(t, good, border, from), above0)
	require.Equal(t, Authenticity{
		Standing: Authenticated, Why: WhyDMARC, From: "partner.example", Server: "mx.ours.example",
		SPF: "pass", DMARC: "pass", DKIM: []Signature{{"partner.example", "pass"}},
	}, a)
}

func TestAuthenticationIsBounded(t *testing.T) {
	m := mailOf(t, results("mx.ours.example", strings.Repeat("dkim=pass header.d=partner.example; ", 500)), border, from)
	require.Len(t, Authentication(m, above0).DKIM, maxSignatures)
}

func TestLearn(t *testing.T) {
	sightings := func(n int, lines ...string) []Sighting {
		var out []Sighting
		for i := range n {
			out = append(out, Sight(mailOf(t, append(lines, fmt.Sprintf("From: a@sender%d.example", i))...)))
		}
		return out
	}
	google := []string{
		"Received: by 2002:a05:6000:1111:b0:1 with SMTP id x; Tue, 24 Nov 2026 10:00:00 +0000",
		"Received: from a by mx.google.com with ESMTPS id 1; Tue, 24 Nov 2026 10:00:00 +0000",
		results("mx.google.com", "spf=pass"), outside,
	}
	require.Equal(t, []Server{{ID: "mx.ours.example"}}, Learn(sightings(6, good, border)), "above its own Received")
	require.Equal(t, []Server{{ID: "mx.google.com", Hops: 2, Hosts: []string{"google.com"}}}, Learn(sightings(6, google...)), "below it, behind another")
	require.Empty(t, Learn(sightings(4, good, border)), "too few")
	require.Empty(t, Learn(sightings(6, border)), "none at all")
	require.Empty(t, Learn(nil))
	require.Empty(t, Learn(sightings(6, border, results("mx.evil.example", "dmarc=pass"))), "below Received, and no host that took the mail is called so")
	require.Equal(t, []Server{{ID: "mx.ours.example"}}, Learn(append(sightings(9, good, border), sightings(2, border)...)), "two mails without")
	require.Empty(t, Learn(append(sightings(6, border, good), sightings(6, border)...)), "a flood of forged ones to a server that writes none")

	one := Sight(mailOf(t, border, good, from))
	require.Empty(t, Learn([]Sighting{one, one, one, one, one, one}), "all from one sender")

	var many []Sighting
	for i := range 8 {
		many = append(many, Sight(mailOf(t, results(fmt.Sprintf("mx%d.ours.example", i), "spf=pass"), border, fmt.Sprintf("From: a@sender%d.example", i))))
	}
	require.Equal(t, []Server{{ID: "*.ours.example"}}, Learn(many), "a provider of many hosts")

	anonymous := []string{
		"Received: from A.prod.outlook.com by B.prod.outlook.com with HTTPS; Tue, 24 Nov 2026 10:00:00 +0000",
		"Received: from C.prod.outlook.com by A.prod.outlook.com with SMTP; Tue, 24 Nov 2026 10:00:00 +0000",
		"Authentication-Results: spf=pass smtp.mailfrom=a.example; dmarc=pass header.from=a.example", outside,
	}
	require.Equal(t, []Server{{Hops: 2, Hosts: []string{"outlook.com"}}}, Learn(sightings(6, anonymous...)), "a server that does not name itself")
	require.Empty(t, Learn(sightings(6, "Authentication-Results: dmarc=pass", border)), "nobody knows whose these are")
}

// TestLearnedIsBelieved goes the way of an account: mails come, the id is learned, the next mail is judged, and a forger is not believed.
func TestLearnedIsBelieved(t *testing.T) {
	var seen []Sighting
	for i := range 10 {
		seen = append(seen, Sight(mailOf(t, border, good, outside, fmt.Sprintf("From: a@sender%d.example", i))))
	}
	servers := Learn(seen)
	require.Equal(t, []Server{{ID: "mx.ours.example", Hops: 1, Hosts: []string{"ours.example"}}}, servers)
	require.Equal(t, Authenticated, Authentication(mailOf(t, border, good, outside, from), servers).Standing)
	require.Equal(t, Unauthenticated, Authentication(mailOf(t, border, results("mx.ours.example", "none"), good, from), servers).Standing)
	require.Equal(t, Unauthenticated, Authentication(mailOf(t, border, outside, good, from), servers).Standing)
}

func FuzzAuthentication(f *testing.F) {
	f.Add([]byte(good + "\r\n" + border + "\r\n" + from + "\r\n\r\n"))
	f.Add([]byte("Authentication-Results: (a(b)c \"mx.ours.example\" ; dmarc = pass header.from=\"\\\"x\"@y\r\nFrom: a\r\n\r\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := mimemail.Parse(bytes.NewReader(raw), nil)
		require.NoError(t, err)
		for _, servers := range [][]Server{above0, below2, {{ID: "*.ours.example", Hops: 10}}, {{Hops: 3, Hosts: []string{"ours.example"}}}} {
			a := Authentication(m, servers)
			require.NotEmpty(t, a.Why)
			require.LessOrEqual(t, len(a.DKIM), maxSignatures)
		}
		s := Sight(m)
		Learn([]Sighting{s, s, s, s, s, s})
		for _, n := range Notes(m) {
			require.LessOrEqual(t, len(n.Detail), 512)
		}
	})
}
