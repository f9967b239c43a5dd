package autoconfig

import (
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/publicsuffix"

	"github.com/mailcrm/sdk/mailcrm/internal/dial"
)

// Every entry can be used: names are names, ports are open to the guard, help is https, nothing is answered twice.
func TestTable(t *testing.T) {
	table, err := parseTable(providersText)
	require.NoError(t, err)
	require.Greater(t, len(table.providers), 200)
	seen := map[string]string{}
	for _, p := range table.providers {
		for _, d := range p.domains {
			name, ok := normalHost(strings.TrimPrefix(d, "."))
			require.True(t, ok, "%s: %s", p.name, d)
			require.Equal(t, strings.TrimPrefix(d, "."), name, p.name)
		}
		for _, pattern := range p.mx {
			_, ok := normalHost(strings.ReplaceAll(pattern, "*", "x"))
			require.True(t, ok, "%s: %s", p.name, pattern)
			below := pattern[strings.LastIndexByte(pattern, '*')+1:]
			_, below, _ = strings.Cut(below, ".")
			suffix, registry := publicsuffix.PublicSuffix(below)
			require.True(t, !strings.Contains(pattern, "*") || suffix != below || !registry, "%s: %s is of several owners", p.name, pattern)
			require.Empty(t, seen[pattern], "%s: %s", p.name, pattern)
			seen[pattern] = p.name
		}
		for _, h := range p.help {
			require.NotEmpty(t, h.Text("en"), "%s: %s", p.name, h.Code)
			require.True(t, h.Link == "" || strings.HasPrefix(h.Link, "https://"), p.name)
		}
		require.False(t, p.checked.After(time.Now()), p.name)
		if p.unsupported || p.machines {
			require.True(t, p.machines || len(p.help) > 0, p.name)
			continue
		}
		for _, s := range []Server{p.imap, p.smtp} {
			require.Contains(t, dial.DefaultPorts(), s.Port, p.name)
			name, ok := normalHost(s.place("firm.example", "mx1.hoster.example").Host)
			require.True(t, ok, "%s: %s", p.name, s.Host)
			require.Equal(t, s.place("firm.example", "mx1.hoster.example").Host, name)
		}
		require.Contains(t, []int{993, 143}, p.imap.Port, p.name)
		require.Contains(t, []int{465, 587, 25}, p.smtp.Port, p.name)
		require.True(t, !strings.Contains(p.imap.Host, "{mx}") || len(p.domains) == 0, "%s: {mx} of a domain", p.name)
	}
}

func TestParseTableRefuses(t *testing.T) {
	const good = "A\n  domains a.example\n  imap imap.a.example\n"
	_, err := parseTable("# nothing\n\n" + good)
	require.NoError(t, err)
	for name, text := range map[string]string{
		"no provider":    "  domains a.example\n",
		"no servers":     "A\n  domains a.example\n",
		"a key":          good + "  colour red\n",
		"no value":       good + "  mx\n",
		"a port":         "A\n  imap imap.a.example:22\n",
		"no port":        "A\n  imap imap.a.example:x\n",
		"a login":        "A\n  imap imap.a.example whatever\n",
		"authentication": good + "  auth kerberos\n",
		"no issuer":      good + "  auth oauth2\n",
		"a date":         good + "  checked yesterday\n",
		"twice":          good + "B\n  domains a.example\n  imap imap.b.example\n",
	} {
		_, err := parseTable(text)
		require.ErrorContains(t, err, "providers.txt", name)
	}
}

// Nothing that only looks like a known name is one.
func TestLookAlikesAreNotAnswered(t *testing.T) {
	for _, domain := range []string{
		"notgmail.com", "gmail.com.example", "gmail.co", "gmai1.com", "xn--gmal-nza.com", "mail.gmail.com.evil.example", "evil-outlook.com.example",
		"sub.gmail.com", "mail.orange.fr", "orange.fr.example", "fakeorange.fr", "notonmicrosoft.com", "onmicrosoft.com.example", "xrr.com",
		"com", "co.uk", "localhost", "127.0.0.1", "", ".", "@", "a@gmail.com", "gmail.com/", "gmail .com", strings.Repeat("a.", 200) + "gmail.com",
	} {
		c, ok := Lookup(domain, nil)
		require.False(t, ok, "%q %+v", domain, c)
		require.Equal(t, Candidate{}, c)
	}
	for _, mx := range []string{
		"xgoogle.com", "aspmx.l.google.com.evil.example", "aspmx.l.notgoogle.com", "google.com", "evil-mail.protection.outlook.com.example",
		"firm.mail.protection.notoutlook.com", "protection.outlook.com", "mail.protection.outlook.com", "mx1.mail.ovh.net.example", "vps123.ovh.net",
		"ns3.ip-1-2-3.eu.ovh.net", "mx.mx1.mail.ovh.net", "mxovh.net", "static.1.2.3.4.clients.your-server.de", "your-server.de",
		"ip-192-169-1-1.ip.secureserver.net", "p3plcpnl0001.prod.phx3.secureserver.net", "s192.secureserver.net",
		"ec2-1-2-3-4.eu-west-1.compute.amazonaws.com", "c-73-1-2-3.hsd1.ca.comcast.net", "ik1-301-1.vs.sakura.ne.jp", "ov-123.infomaniak.ch",
		"127.0.0.1", "localhost", "mx", "1.2.3.4.", "[1.2.3.4]", "aspmx.l.google.com\x00", "aspmx.l.google.com evil.example",
	} {
		c, ok := Lookup("firm.example", []string{mx})
		require.False(t, ok, "%q %s", mx, c.Provider)
	}
}

func TestLookupByMX(t *testing.T) {
	for _, test := range []struct {
		name     string
		domain   string
		mx       []string
		provider string // "" for no answer
	}{
		{"no MX", "firm.example", nil, ""},
		{"null MX", "firm.example", []string{"."}, ""},
		{"null MX, empty", "firm.example", []string{""}, ""},
		{"null MX of a known domain", "gmail.com", []string{"."}, ""},
		{"a root beside another", "firm.example", []string{".", "aspmx.l.google.com."}, "Gmail"},
		{"capitals and a dot", "FIRM.example.", []string{"ASPMX.L.Google.COM."}, "Gmail"},
		{"own server", "firm.example", []string{"mail.firm.example"}, ""},
		{"own server, the domain itself", "firm.example", []string{"firm.example."}, ""},
		{"own server before a provider", "firm.example", []string{"mail.firm.example", "mx1.mail.ovh.net"}, ""},
		{"own server of a sub-domain", "shop.firm.example", []string{"mx.firm.example"}, ""},
		{"own server under a double suffix", "firm.co.uk", []string{"mail.firm.co.uk"}, ""},
		{"own server, of who is a provider to others", "staff.ovh.net", []string{"mx1.mail.ovh.net"}, ""},
		{"the same under a double suffix", "desk.123-reg.co.uk", []string{"mx0.123-reg.co.uk"}, ""},
		{"a neighbour under a double suffix", "firm.co.uk", []string{"mx0.123-reg.co.uk"}, "123 Reg"},
		{"a filter before a provider", "firm.example", []string{"mx1.filter.example", "aspmx.l.google.com"}, ""},
		{"an address before a provider", "firm.example", []string{"192.0.2.1", "aspmx.l.google.com"}, ""},
		{"a left-over behind", "firm.example", []string{"aspmx.l.google.com", "mail.firm.example", "mx1.mail.ovh.net"}, "Gmail"},
		{"the domain before the MX", "orange.fr", []string{"aspmx.l.google.com"}, "Orange"},
		{"international", "bücher.example", []string{"mx1.mail.ovh.net"}, "OVHcloud"},
		{"the longer pattern", "firm.example", []string{"firm-example.olc.protection.outlook.com"}, "Outlook.com"},
		{"Microsoft", "firm.example", []string{"firm-example.mail.protection.outlook.com"}, "Microsoft 365"},
		{"Microsoft, new names", "firm.example", []string{"firm-example.a-v1.mx.microsoft"}, "Microsoft 365"},
		{"masses", "firm.example", slices.Repeat([]string{"mx.unknown.example"}, 1000), ""},
	} {
		c, ok := Lookup(test.domain, test.mx)
		require.Equal(t, test.provider != "", ok, test.name)
		require.Equal(t, test.provider, c.Provider, test.name)
	}
}

func TestLookupTemplates(t *testing.T) {
	for _, test := range []struct{ domain, mx, imap, smtp string }{
		{"firm.example", "tomate.o2switch.net", "mail.firm.example", "mail.firm.example"},
		{"bücher.example", "tomate.o2switch.net", "mail.xn--bcher-kva.example", "mail.xn--bcher-kva.example"},
		{"firm.example", "w0123abc.kasserver.com", "w0123abc.kasserver.com", "w0123abc.kasserver.com"},
		{"firm.example", "mx2f1a.netcup.net.", "mx2f1a.netcup.net", "mx2f1a.netcup.net"},
		{"firm.example", "ex5.mail.ovh.net", "ex5.mail.ovh.net", "ex5.mail.ovh.net"},
		{"firm.example", "inbound-smtp.us-east-1.amazonaws.com", "imap.mail.us-east-1.awsapps.com", "smtp.mail.us-east-1.awsapps.com"},
		{"inbox.lt", "", "mail.inbox.lt", "mail.inbox.lt"},
		{"firm.onmicrosoft.com", "", "outlook.office365.com", "smtp.office365.com"},
		{"tampabay.rr.com", "", "mail.twc.com", "mail.twc.com"},
	} {
		var mx []string
		if test.mx != "" {
			mx = []string{test.mx}
		}
		c, ok := Lookup(test.domain, mx)
		require.True(t, ok, test)
		require.Equal(t, test.imap, c.IMAP.Host)
		require.Equal(t, test.smtp, c.SMTP.Host)
	}
}

// Facts that are not among those collected beside the repository: what the operators' own help pages say.
func TestLookupFactsApart(t *testing.T) {
	for _, test := range []struct{ domain, mx, imap, smtp string }{
		{"hanmail.net", "", "imap.daum.net:993", "smtp.daum.net:465"},
		{"foxmail.com", "", "imap.qq.com:993", "smtp.qq.com:465"},
		{"139.com", "", "imap.139.com:993", "smtp.139.com:465"},
		{"sina.com", "", "imap.sina.com:993", "smtp.sina.com:465"},
		{"kakao.com", "", "imap.kakao.com:993", "smtp.kakao.com:465"},
		{"nate.com", "", "imap.nate.com:993", "smtp.mail.nate.com:465"},
		{"volny.cz", "", "imap.volny.cz:993", "smtp.volny.cz:465"},
		{"centrum.cz", "", "imap.centrum.cz:993", "smtp.centrum.cz:465"},
		{"abv.bg", "", "imap.abv.bg:993", "smtp.abv.bg:465"},
		{"talktalk.net", "", "mail.talktalk.net:993", "smtp.talktalk.net:465"},
		{"shaw.ca", "", "imap.shaw.ca:993", "mail.shaw.ca:587"},
		{"videotron.ca", "", "imap.videotron.ca:993", "smtp.videotron.ca:465"},
		{"optonline.net", "", "mail.optimum.net:993", "mail.optimum.net:465"},
		{"mailfence.com", "", "imap.mailfence.com:993", "smtp.mailfence.com:465"},
		{"legalmail.it", "", "mbox.cert.legalmail.it:993", "sendm.cert.legalmail.it:465"},
		{"telia.com", "", "mailin.telia.com:993", "mailout.telia.com:465"},
		{"docomo.ne.jp", "", "imap.spmode.ne.jp:993", "mailsmtp.spmode.ne.jp:465"},
		{"zohocloud.ca", "", "imap.zohocloud.ca:993", "smtp.zohocloud.ca:465"},
		{"firm.example", "mx00.udag.de", "imaps.udag.de:993", "smtps.udag.de:465"},
		{"firm.example", "mx1.agenturserver.de", "mail.agenturserver.de:993", "mail.agenturserver.de:465"},
		{"firm.example", "mx1.transip.email", "imap.transip.email:993", "smtp.transip.email:465"},
		{"firm.example", "mx.simply.com", "mail.simply.com:993", "smtp.simply.com:465"},
		{"firm.example", "mx.domeneshop.no", "imap.domeneshop.no:993", "smtp.domeneshop.no:465"},
		{"firm.example", "mx1.titan.email", "imap.titan.email:993", "smtp.titan.email:465"},
		{"firm.example", "mx.mailprotect.be", "imap.mailprotect.be:993", "smtp-auth.mailprotect.be:465"},
		{"firm.example", "mx1.mail.hostpoint.ch", "imap.mail.hostpoint.ch:993", "asmtp.mail.hostpoint.ch:465"},
		{"firm.example", "mx.core.locaweb.com.br", "email-ssl.com.br:993", "email-ssl.com.br:465"},
		{"firm.example", "mxw.mxhichina.com", "imap.qiye.aliyun.com:993", "smtp.qiye.aliyun.com:465"},
		{"firm.example", "mx.zoho.eu", "imappro.zoho.eu:993", "smtppro.zoho.eu:465"},
		{"firm.example", "mx1.beget.com", "imap.beget.com:993", "smtp.beget.com:465"},
		{"firm.example", "mail.register.it", "imap.securemail.pro:993", "authsmtp.securemail.pro:465"},
		{"firm.example", "mx1.pub.mailpod10-cph3.one.com", "imap.one.com:993", "send.one.com:465"},
		{"firm.example", "firm-example.mail.protection.partner.outlook.cn", "partner.outlook.cn:993", "smtp.partner.outlook.cn:587"},
		{"firm.example", "mx01.mail.icloud.com", "imap.mail.me.com:993", "smtp.mail.me.com:587"},
	} {
		var mx []string
		if test.mx != "" {
			mx = []string{test.mx}
		}
		c, ok := Lookup(test.domain, mx)
		require.True(t, ok, test)
		require.Equal(t, test.imap, place(c.IMAP))
		require.Equal(t, test.smtp, place(c.SMTP))
	}
}

func place(s Server) string { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }

func TestUnsupportedProviders(t *testing.T) {
	for domain, help := range map[string]HelpCode{"proton.me": HelpBridge, "tuta.com": HelpNoIMAP, "hey.com": HelpNoIMAP} {
		c, ok := Lookup(domain, nil)
		require.True(t, ok)
		require.True(t, c.Unsupported)
		require.Equal(t, help, c.Help[0].Code)
		require.NotEmpty(t, c.Explain("fr"))
		result, err := Explore(t.Context(), "ann@"+domain, nil)
		require.NoError(t, err)
		require.True(t, result.Candidates[0].Unsupported)
	}
}

func TestCandidateFor(t *testing.T) {
	c, ok := Lookup("icloud.com", nil)
	require.True(t, ok)
	require.Empty(t, c.IMAP.Username)
	c, err := c.For("ann@iCloud.com")
	require.NoError(t, err)
	require.Equal(t, "ann", c.IMAP.Username)
	require.Equal(t, "ann@icloud.com", c.SMTP.Username)
	_, err = c.For("nobody")
	require.Error(t, err)

	// What nobody can know from the address stays open.
	c, ok = Lookup("firm.example", []string{"mx01.mail.icloud.com"})
	require.True(t, ok)
	c, err = c.For("ann@firm.example")
	require.NoError(t, err)
	require.Equal(t, LoginOther, c.IMAP.Login)
	require.Empty(t, c.IMAP.Username)
}

func TestMatchMX(t *testing.T) {
	for _, test := range []struct {
		pattern, host string
		want          bool
	}{
		{"*.google.com", "aspmx.l.google.com", true},
		{"*.google.com", "google.com", false},
		{"*.google.com", "xgoogle.com", false},
		{"mx*.ovh.net", "mx.ovh.net", true},
		{"mx*.ovh.net", "mx12.ovh.net", true},
		{"mx*.ovh.net", "mx1.mail.ovh.net", false},
		{"mx*.ovh.net", "m.ovh.net", false},
		{"163mx*.mxmail.netease.com", "163mx00.mxmail.netease.com", true},
		{"163mx*.mxmail.netease.com", "qiye163mx00.mxmail.netease.com", false},
		{"mx*-hosting.x.example", "mx1-hosting.x.example", true},
		{"mx*-hosting.x.example", "mx-hosting.x.example", true},
		{"ab*ba.x.example", "aba.x.example", false},
		{"mx.wp.pl", "mx.wp.pl", true},
		{"mx.wp.pl", "mx.wp.pl.example", false},
	} {
		require.Equal(t, test.want, matchMX(test.pattern, test.host), test)
	}
}

// Everything that is said to people exists in both languages, with the same names in it.
func TestSentences(t *testing.T) {
	for key, s := range sentences {
		require.NotEmpty(t, s.en, key)
		require.NotEmpty(t, s.fr, key)
		for _, name := range []string{"{domain}", "{target}", "{provider}", "{hosts}", "{date}"} {
			require.Equal(t, strings.Contains(s.en, name), strings.Contains(s.fr, name), key)
		}
	}
	for _, source := range order {
		for _, prefix := range []string{"source.", "evidence.", "also."} {
			require.NotEmpty(t, say("fr", prefix+string(source)), prefix+string(source))
		}
	}
	for _, outcome := range []Outcome{
		Running, Found, Nothing, NotOffered, OwnServer, Insecure, BadAnswer, Certificate, Refused, Unreachable, NeedsLogin, TimedOut, Skipped,
	} {
		require.NotEmpty(t, Step{Outcome: outcome}.Explain("en"), outcome)
	}
	require.Contains(t, Step{Outcome: Found, Dropped: true}.Explain("en"), "left out")
	for _, code := range []HelpCode{
		HelpGoogle, HelpMicrosoft, HelpMicrosoftSMTP, HelpAppPassword, HelpAuthCode, HelpMailKey, HelpMailPassword, HelpEnableIMAP, HelpAllowPrograms,
		HelpPremium, HelpAppleLogin, HelpOVH, HelpBridge, HelpNoIMAP,
	} {
		require.NotEmpty(t, Help{Code: code}.Text("fr-CH"), code)
		require.NotEqual(t, Help{Code: code}.Text("fr"), Help{Code: code}.Text("de"), code)
	}
	require.Equal(t, "high medium low", High.String()+" "+Medium.String()+" "+Low.String())
}
