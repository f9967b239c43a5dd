package autoconfig

import (
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// servers tells whether got is one of want: "host[:port]|…", any port of submission for one, 993 for the other; "!" where no answer, or none
// with servers, is right.
func servers(got Server, known bool, want string, ports ...int) bool {
	return slices.ContainsFunc(strings.Split(want, "|"), func(w string) bool {
		if w == "!" {
			return !known || got.Host == ""
		}
		host, port, err := net.SplitHostPort(w)
		if err != nil {
			return got.Host == w && slices.Contains(ports, got.Port)
		}
		return got.Host == host && strconv.Itoa(got.Port) == port
	})
}

// TestLookupAgreesWithStrangers asks for what somebody knew who had not seen the table, by domain and by MX.
func TestLookupAgreesWithStrangers(t *testing.T) {
	for _, file := range []string{"strangers.txt", "strangers-mx.txt"} {
		t.Run(file, func(t *testing.T) {
			text, err := os.ReadFile("testdata/" + file)
			require.NoError(t, err)
			all, right := 0, 0
			for line := range strings.Lines(string(text)) {
				if strings.HasPrefix(line, "#") {
					continue
				}
				part := strings.Split(strings.TrimSpace(line), " > ")
				imap, smtp := part[1], part[len(part)-1]
				for _, name := range strings.Fields(part[0]) {
					domain, mx := name, []string(nil)
					if file == "strangers-mx.txt" {
						domain, mx = "a-customer.example", []string{name + "."}
					}
					c, ok := Lookup(domain, mx)
					all++
					if servers(c.IMAP, ok && !c.Unsupported, imap, 993) && servers(c.SMTP, ok && !c.Unsupported, smtp, 465, 587) {
						right++
					} else {
						t.Logf("%s: %v %s:%d %s:%d, not %s %s", name, ok, c.IMAP.Host, c.IMAP.Port, c.SMTP.Host, c.SMTP.Port, imap, smtp)
					}
				}
			}
			t.Logf("%d of %d", right, all)
			require.GreaterOrEqual(t, 100*right, 90*all)
		})
	}
}

// TestLookupKnowsNoStranger asks for domains and MX that look like a provider's, or say nothing about who keeps the mailboxes.
func TestLookupKnowsNoStranger(t *testing.T) {
	for _, domain := range []string{
		"gmail.com.evil.example", "notgmail.com", "gmail.co", "gmai.com", "my-gmail.com", "gmail.example", "hotmail.com.ru.example", "xhotmail.com",
		"yahoo.com.example", "fakeyahoo.com", "outlook.com.phish.example", "free.fr.example", "mail.free.example", "sub.orange.example", "web.de.example",
		"notweb.de", "xgmx.de", "com", "fr", "co.uk", "", ".", "localhost", "example.com", "example.org", "gmail", "office365.example", "customer.gmail.com.au",
		"student.example.edu", "icloud.com.co", "protonmail.example", "outlook-office365.com",
	} {
		c, ok := Lookup(domain, nil)
		require.False(t, ok, "%q: %s", domain, c.IMAP.Host)
	}
	for _, mx := range [][]string{
		{"."},
		{"mail.a-customer.example."},
		{"a-customer.example."},
		{"mx1.a-customer.example.", "aspmx.l.google.com."},
		{"mxa-00123401.gslb.pphosted.com."},
		{"mx0a-001234.pphosted.com."},
		{"mx1-eu1.ppe-hosted.com."},
		{"eu-smtp-inbound-1.mimecast.com."},
		{"us-smtp-inbound-2.mimecast.com."},
		{"d123456a.ess.barracudanetworks.com."},
		{"d1234.ess.uk.barracudanetworks.com."},
		{"cluster5.eu.messagelabs.com."},
		{"cluster1.us.messagelabs.com."},
		{"mx1.hc1234-56.eu.iphmx.com."},
		{"mx.c123.eu.mailcontrol.com."},
		{"in.hes.trendmicro.com."},
		{"mx1.spamexperts.com."},
		{"mx.spamexperts.eu."},
		{"primary.eu.email.fireeyecloud.com."},
		{"mx-01-eu-west-1.prod.hydra.sophos.com."},
		{"mx01.hornetsecurity.com."},
		{"mx01.antispameurope.com."},
		{"mx1.vadesecure.com."},
		{"route1.mx.cloudflare.net."},
		{"amir.mx.cloudflare.net."},
		{"mxa.mailgun.org."},
		{"mx.sendgrid.net."},
		{"mx1.improvmx.com."},
		{"mx1.simplelogin.co."},
		{"aspmx.l.google.com.evil.example."},
		{"evil-aspmx.l.google.com.example."},
		{"xmail.protection.outlook.com.example."},
		{"notaspmx-l-google.com."},
		{"mx1.ovh.net.example."},
		{"mail.protection.outlook.com.attacker.example."},
		{"mx00.ionos.example."},
		{"mx01.mail.icloud.com.example."},
		{"fakemessagingengine.com."},
		{"in1-smtp.fakemessagingengine.com."},
		{"mx.notyandex.net."},
		{"spool.mail.notgandi.net."},
		{"localhost."},
		{"192.0.2.1."},
		{""},
	} {
		c, ok := Lookup("a-customer.example", mx)
		require.False(t, ok, "%v: %s", mx, c.IMAP.Host)
	}
}
