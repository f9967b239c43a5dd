package autoconfig

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/storage"
)

const configPath = "/mail/config-v1.1.xml"

// A known domain is answered at once, and nobody is asked.
func TestDiscoverKnownDomainAsksNobody(t *testing.T) {
	w := newWorld(t)
	result := w.explore(" Jeanne.Martin@Orange.FR ")
	require.Equal(t, "Jeanne.Martin@orange.fr", result.Address)
	require.Len(t, result.Candidates, 1)
	c := result.Candidates[0]
	require.Equal(t, Server{"imap.orange.fr", 993, TLS, LoginAddress, "Jeanne.Martin@orange.fr"}, c.IMAP)
	require.Equal(t, Server{"smtp.orange.fr", 465, TLS, LoginAddress, "Jeanne.Martin@orange.fr"}, c.SMTP)
	require.Equal(t, SourceTable, c.Source)
	require.Equal(t, High, c.Confidence)
	require.False(t, c.Confirm)
	require.False(t, c.OutsideDomain)
	require.Empty(t, w.asked())
	require.Len(t, result.Steps, len(order))
	for _, s := range result.Steps[1:] {
		require.Equal(t, Skipped, s.Outcome, s.Source)
	}
}

// An entry of the table that was never compared with anything does not silence the domain itself.
func TestDiscoverUncheckedEntryIsNoLastWord(t *testing.T) {
	w := newWorld(t)
	w.page("autoconfig.telia.com"+configPath, config(incoming("imap.telia.com", "993", "SSL", ""), outgoing("smtp.telia.com", "465", "SSL", "")))
	got := w.explore("ann@telia.com").Candidates
	require.Len(t, got, 2)
	require.Equal(t, SourceAutoconfig, got[0].Source)
	require.Equal(t, SourceTable, got[1].Source)
	require.Equal(t, Medium, got[1].Confidence)

	w = newWorld(t) // two that agree are enough
	w.page("ispdb.example/v1.1/telia.com", config(incoming("mailin.telia.com", "993", "SSL", ""), outgoing("mailout.telia.com", "465", "SSL", "")))
	got = w.explore("ann@telia.com").Candidates
	require.Len(t, got, 1)
	require.Equal(t, SourceTable, got[0].Source)
	require.Equal(t, High, got[0].Confidence)
}

func TestDiscoverOwnConfiguration(t *testing.T) {
	for _, place := range []struct {
		source Source
		path   string
	}{
		{SourceAutoconfig, "autoconfig.firm.example" + configPath},
		{SourceWellKnown, "firm.example/.well-known/autoconfig" + configPath},
	} {
		w := newWorld(t)
		w.page(place.path, config(
			incoming("imap.%EMAILDOMAIN%", "993", "SSL", "%EMAILLOCALPART%"), outgoing("smtp.firm.example", "587", "STARTTLS", "%EMAILADDRESS%")))
		result := w.explore("ann@firm.example")
		require.Len(t, result.Candidates, 1)
		c := result.Candidates[0]
		require.Equal(t, place.source, c.Source)
		require.Equal(t, Server{"imap.firm.example", 993, TLS, LoginLocalPart, "ann"}, c.IMAP)
		require.Equal(t, Server{"smtp.firm.example", 587, StartTLS, LoginAddress, "ann@firm.example"}, c.SMTP)
		require.Equal(t, []Auth{{Kind: Password}}, c.Auth)
		require.Equal(t, High, c.Confidence)
		require.False(t, c.OutsideDomain)
		require.False(t, c.Confirm)
		require.Equal(t, Found, outcomes(result)[place.source])
		require.Equal(t, Nothing, outcomes(result)[SourceSRV])
		require.Equal(t, Nothing, outcomes(result)[SourceISPDB])
	}
}

// The address goes to the host of its own domain; Mozilla's data base hears the domain only.
func TestDiscoverTellsStrangersTheDomainOnly(t *testing.T) {
	w := newWorld(t)
	w.a("firm.example", "autoconfig.firm.example", "autodiscover.firm.example", "ispdb.example")
	w.mx("firm.example", "mx1.eu.hoster.example")
	w.explore("ann+x@firm.example")
	asked := strings.Join(w.asked(), "\n")
	require.Contains(t, asked, "GET autoconfig.firm.example/mail/config-v1.1.xml?emailaddress=ann%2Bx%40firm.example")
	require.Contains(t, asked, "GET ispdb.example/v1.1/firm.example")
	require.Contains(t, asked, "GET ispdb.example/v1.1/eu.hoster.example")
	require.Contains(t, asked, "GET ispdb.example/v1.1/hoster.example")
	require.NotContains(t, asked, "v1.1/example")
	for _, line := range w.asked() {
		if strings.Contains(line, "ispdb.") {
			require.NotContains(t, line, "ann")
		}
	}
}

func TestDiscoverSRV(t *testing.T) {
	w := newWorld(t)
	w.srv("_imaps._tcp.firm.example", "backup.firm.example", 993, 20, 0)
	w.srv("_imaps._tcp.firm.example", "small.firm.example", 993, 10, 1)
	w.srv("_imaps._tcp.firm.example", "big.firm.example", 993, 10, 50)
	w.srv("_submissions._tcp.firm.example", "send.firm.example", 465, 0, 0)
	for range 5 { // the resolver shuffles
		c := w.explore("ann@firm.example").Candidates[0]
		require.Equal(t, SourceSRV, c.Source)
		require.Equal(t, Server{"big.firm.example", 993, TLS, LoginAddress, "ann@firm.example"}, c.IMAP)
		require.Equal(t, "send.firm.example", c.SMTP.Host)
		require.True(t, c.Confirm, "nothing but the DNS says so")
		require.Equal(t, Medium, c.Confidence)
		require.False(t, c.OutsideDomain)
	}
}

func TestDiscoverSRVOutsideOfTheDomain(t *testing.T) {
	w := newWorld(t)
	w.srv("_imaps._tcp.firm.example", "imap.attacker.example", 993, 0, 0)
	w.srv("_submission._tcp.firm.example", "smtp.attacker.example", 587, 0, 0)
	c := w.explore("ann@firm.example").Candidates[0]
	require.True(t, c.OutsideDomain)
	require.True(t, c.Confirm)
	require.Equal(t, StartTLS, c.SMTP.Security)
	require.Contains(t, c.Explain("en"), "Outside of firm.example: imap.attacker.example, smtp.attacker.example.")
	require.Contains(t, c.Explain("fr-FR"), "Hors de firm.example\u00a0: imap.attacker.example, smtp.attacker.example.")
}

// A target of "." says that there is none (RFC 6186 §3.4): then nobody guesses.
func TestDiscoverSRVNotOffered(t *testing.T) {
	w := newWorld(t)
	w.a("imap.firm.example", "smtp.firm.example")
	w.srv("_imaps._tcp.firm.example", ".", 0, 0, 0)
	w.srv("_imap._tcp.firm.example", ".", 0, 0, 0)
	result := w.explore("ann@firm.example")
	require.Empty(t, result.Candidates)
	require.Equal(t, NotOffered, outcomes(result)[SourceSRV])
	require.Equal(t, Skipped, outcomes(result)[SourceGuess])

	w = newWorld(t) // one of the two says nothing about the other
	w.a("imap.firm.example")
	w.srv("_imap._tcp.firm.example", ".", 0, 0, 0)
	result = w.explore("ann@firm.example")
	require.Equal(t, Nothing, outcomes(result)[SourceSRV])
	require.Equal(t, SourceGuess, result.Candidates[0].Source)

	w = newWorld(t) // not offered with TLS from the first byte, but with STARTTLS
	w.srv("_imaps._tcp.firm.example", ".", 0, 0, 0)
	w.srv("_imap._tcp.firm.example", "imap.firm.example", 143, 0, 0)
	w.srv("_submission._tcp.firm.example", ".", 0, 0, 0)
	c := w.explore("ann@firm.example").Candidates[0]
	require.Equal(t, Server{"imap.firm.example", 143, StartTLS, LoginAddress, "ann@firm.example"}, c.IMAP)
	require.False(t, c.SMTP.Known())
	require.Contains(t, c.Explain("en"), "No server for sending was named")
}

func TestDiscoverByMX(t *testing.T) {
	w := newWorld(t)
	w.mx("firm.example", "mx1.mail.ovh.net", "mx2.mail.ovh.net")
	result := w.explore("ann@firm.example")
	require.Len(t, result.Candidates, 1)
	c := result.Candidates[0]
	require.Equal(t, SourceTableMX, c.Source)
	require.Equal(t, "OVHcloud", c.Provider)
	require.Equal(t, "ssl0.ovh.net", c.IMAP.Host)
	require.Equal(t, "ann@firm.example", c.IMAP.Username)
	require.True(t, c.OutsideDomain)
	require.False(t, c.Confirm)
	require.Contains(t, c.Explain("en"), "The mail of firm.example is received by mx1.mail.ovh.net, which belongs to OVHcloud.")
	require.Contains(t, c.Explain("en"), "Last checked on 24 November 2026.")
}

func TestDiscoverNullMXAndOwnMX(t *testing.T) {
	w := newWorld(t)
	w.mx("silent.example", ".")
	result := w.explore("ann@silent.example")
	require.Empty(t, result.Candidates)
	require.Equal(t, NotOffered, outcomes(result)[SourceTableMX])
	require.Equal(t, Skipped, outcomes(result)[SourceGuess])

	w.mx("own.example", "mail.own.example", "mx1.mail.ovh.net")
	result = w.explore("ann@own.example")
	require.Empty(t, result.Candidates)
	require.Equal(t, OwnServer, outcomes(result)[SourceTableMX])
	require.Equal(t, OwnServer, outcomes(result)[SourceISPDBMX])
}

func TestDiscoverISPDB(t *testing.T) {
	document := config(incoming("imap.hoster.example", "993", "SSL", "%EMAILADDRESS%"), outgoing("smtp.hoster.example", "465", "SSL", "%EMAILADDRESS%"))
	w := newWorld(t)
	w.page("ispdb.example/v1.1/firm.example", document)
	c := w.explore("ann@firm.example").Candidates[0]
	require.Equal(t, SourceISPDB, c.Source)
	require.True(t, c.Confirm, "outside of the domain, and not by the word of its owner")

	w = newWorld(t)
	w.page("ispdb.example/v1.1/hoster.co.uk", document)
	w.mx("firm.example", "mx1.de.hoster.co.uk")
	result := w.explore("ann@firm.example")
	require.Equal(t, SourceISPDBMX, result.Candidates[0].Source)
	require.NotContains(t, w.asked(), "GET ispdb.example/v1.1/co.uk")
}

func TestDiscoverISPDBOff(t *testing.T) {
	w := newWorld(t)
	w.a("ispdb.example", "autoconfig.thunderbird.net")
	w.mx("firm.example", "mx1.hoster.example")
	opts := w.options()
	opts.ISPDB = "off"
	result, err := Explore(t.Context(), "ann@firm.example", opts)
	require.NoError(t, err)
	require.Equal(t, Skipped, outcomes(result)[SourceISPDB])
	require.Equal(t, Skipped, outcomes(result)[SourceISPDBMX])
	require.Empty(t, w.asked())

	for _, bad := range []string{"http://ispdb.example/", "ispdb.example", "https://u:p@ispdb.example/", "https://ispdb.example/?q="} {
		opts.ISPDB = bad
		_, err = Discover(t.Context(), "ann@firm.example", opts)
		var field *storage.FieldError
		require.ErrorAs(t, err, &field, bad)
		require.Equal(t, "ISPDB", field.Field)
	}
}

func TestDiscoverGuess(t *testing.T) {
	w := newWorld(t)
	w.a("mail.firm.example")
	result := w.explore("ann@firm.example")
	require.Len(t, result.Candidates, 1)
	c := result.Candidates[0]
	require.Equal(t, SourceGuess, c.Source)
	require.Equal(t, Low, c.Confidence)
	require.True(t, c.Confirm)
	require.Equal(t, Server{"mail.firm.example", 993, TLS, LoginAddress, "ann@firm.example"}, c.IMAP)
	require.Equal(t, Server{"mail.firm.example", 465, TLS, LoginAddress, "ann@firm.example"}, c.SMTP)

	w.a("imap.firm.example", "smtp.firm.example") // usual names in their order
	delete(w.ports, "465")                        // STARTTLS where nothing else is
	c = w.explore("ann@firm.example").Candidates[0]
	require.Equal(t, "imap.firm.example", c.IMAP.Host)
	require.Equal(t, Server{"smtp.firm.example", 587, StartTLS, LoginAddress, "ann@firm.example"}, c.SMTP)

	w.untrust["imap.firm.example"], w.untrust["smtp.firm.example"] = true, true
	c = w.explore("ann@firm.example").Candidates[0]
	require.Equal(t, "mail.firm.example", c.IMAP.Host, "a certificate that nobody signed is no evidence")
	require.Equal(t, "mail.firm.example", c.SMTP.Host)
}

func TestDiscoverGuessesTheOwnMX(t *testing.T) {
	w := newWorld(t)
	w.mx("firm.example", "post.firm.example")
	w.a("post.firm.example")
	c := w.explore("ann@firm.example").Candidates[0]
	require.Equal(t, SourceGuess, c.Source)
	require.Equal(t, "post.firm.example", c.IMAP.Host)
	require.Equal(t, "post.firm.example", c.SMTP.Host)
}

// A web server behind port 993 is no mail server.
func TestGuessWantsAGreeting(t *testing.T) {
	w := newWorld(t)
	w.a("imap.firm.example", "mail.firm.example")
	w.ports["993"], w.ports["465"] = w.ports["465"], w.ports["993"]
	delete(w.ports, "587")
	result := w.explore("ann@firm.example")
	require.Empty(t, result.Candidates)
	require.Equal(t, Nothing, outcomes(result)[SourceGuess])
}

// Guesses never stand beside evidence, however slow it is.
func TestDiscoverNeverGuessesAboveEvidence(t *testing.T) {
	w := newWorld(t)
	w.a("imap.firm.example", "smtp.firm.example")
	w.srv("_imaps._tcp.firm.example", "real.firm.example", 993, 0, 0)
	result := w.explore("ann@firm.example")
	require.Len(t, result.Candidates, 1)
	require.Equal(t, "real.firm.example", result.Candidates[0].IMAP.Host)
	require.Equal(t, Skipped, outcomes(result)[SourceGuess])
}

// The order is that of belief, also when the least believed answers first and the most believed last.
func TestDiscoverOrder(t *testing.T) {
	w := newWorld(t)
	others := sync.WaitGroup{}
	others.Add(4)
	document := func(n string) string {
		return config(incoming("imap."+n+".example", "993", "SSL", ""), outgoing("smtp."+n+".example", "465", "SSL", ""))
	}
	fast := func(n string) http.HandlerFunc {
		return func(out http.ResponseWriter, _ *http.Request) { others.Done(); _, _ = io.WriteString(out, document(n)) }
	}
	w.handle("firm.example/.well-known/autoconfig"+configPath, fast("wellknown"))
	w.handle("ispdb.example/v1.1/firm.example", fast("ispdb"))
	w.handle("ispdb.example/v1.1/strato-mx.example", fast("ispdbmx"))
	w.handle("autodiscover.firm.example/autodiscover/autodiscover.xml", func(out http.ResponseWriter, in *http.Request) {
		defer others.Done()
		_, _ = io.WriteString(out, autodiscoverDocument("IMAP", "imap.exchange.example", "993", "<SSL>on</SSL>"))
	})
	w.handle("autoconfig.firm.example"+configPath, func(out http.ResponseWriter, _ *http.Request) {
		others.Wait() // the last to answer
		_, _ = io.WriteString(out, document("autoconfig"))
	})
	w.srv("_imaps._tcp.firm.example", "imap.srv.example", 993, 0, 0)
	w.mx("firm.example", "smtp.strato-mx.example")
	var got []Source
	for _, c := range w.explore("ann@firm.example").Candidates {
		got = append(got, c.Source)
	}
	require.Equal(t, []Source{SourceAutoconfig, SourceWellKnown, SourceSRV, SourceISPDB, SourceISPDBMX, SourceAutodiscover}, got)
}

// Where Google receives the mail Google holds it, whatever an old page of the web host says.
func TestDiscoverMXBeforeLeftoverPages(t *testing.T) {
	w := newWorld(t)
	w.mx("firm.example", "aspmx.l.google.com", "alt1.aspmx.l.google.com")
	w.page("autoconfig.firm.example"+configPath, config(incoming("mail.firm.example", "993", "SSL", ""), outgoing("mail.firm.example", "465", "SSL", "")))
	got := w.explore("ann@firm.example").Candidates
	require.Len(t, got, 2)
	require.Equal(t, "imap.gmail.com", got[0].IMAP.Host)
	require.Equal(t, []Auth{{OAuth2, "google"}, {AppPassword, ""}}, got[0].Auth)
	require.Equal(t, "mail.firm.example", got[1].IMAP.Host)

	w = newWorld(t) // a hoster's MX does not outweigh the domain's own words
	w.mx("firm.example", "mx1.mail.ovh.net")
	w.page("autoconfig.firm.example"+configPath, config(incoming("pro1.mail.ovh.net", "993", "SSL", ""), outgoing("pro1.mail.ovh.net", "587", "STARTTLS", "")))
	got = w.explore("ann@firm.example").Candidates
	require.Equal(t, "pro1.mail.ovh.net", got[0].IMAP.Host)
	require.Equal(t, "ssl0.ovh.net", got[1].IMAP.Host)
}

// Sources that agree are one candidate, and one that proves what it says takes the doubt from one that cannot.
func TestDiscoverJoinsWhatAgrees(t *testing.T) {
	w := newWorld(t)
	w.srv("_imaps._tcp.firm.example", "imap.firm.example", 993, 0, 0)
	w.srv("_submission._tcp.firm.example", "smtp.firm.example", 587, 0, 0)
	w.page("ispdb.example/v1.1/firm.example", config(incoming("imap.firm.example", "993", "SSL", ""), outgoing("smtp.firm.example", "465", "SSL", "")))
	got := w.explore("ann@firm.example").Candidates
	require.Len(t, got, 1)
	require.Equal(t, SourceSRV, got[0].Source)
	require.Equal(t, High, got[0].Confidence)
	require.False(t, got[0].Confirm)
	require.Len(t, got[0].Evidence, 2)
	require.Contains(t, got[0].Explain("en"), "Mozilla's list of providers says the same.")
}

// Who names no host for sending vouches for none: that of an unsigned DNS answer wants to be confirmed, whoever else named the host for reading.
func TestDiscoverJoinsWhatWasNamed(t *testing.T) {
	reads := incoming("imap.firm.example", "993", "SSL", "")
	for name, test := range map[string]struct {
		page, srv string // what the domain's own page says beside IMAP, and where the DNS says that mail is sent; "": nothing
		confirm   bool
		outside   bool
	}{
		"sent from where only the DNS says":      {"", "smtp.attacker.example", true, true},
		"the same, within the domain":            {"", "smtp.firm.example", true, false},
		"the domain's page says so too":          {"smtp.firm.example", "smtp.firm.example", false, false},
		"the domain's page says so alone":        {"smtp.firm.example", "", false, false},
		"nobody says where mail is sent":         {"", "", false, false},
		"outside of the domain, by its own page": {"smtp.other.example", "", true, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			page := config(reads, "")
			if test.page != "" {
				page = config(reads, outgoing(test.page, "465", "SSL", ""))
			}
			w.page("autoconfig.firm.example"+configPath, page)
			w.srv("_imaps._tcp.firm.example", "imap.firm.example", 993, 0, 0)
			if test.srv != "" {
				w.srv("_submissions._tcp.firm.example", test.srv, 465, 0, 0)
			}
			got := w.explore("ann@firm.example").Candidates
			require.Len(t, got, 1)
			require.Len(t, got[0].Evidence, 2)
			require.Equal(t, test.confirm, got[0].Confirm)
			require.Equal(t, test.outside, got[0].OutsideDomain)
			if test.page+test.srv != "" {
				require.Contains(t, []string{test.page, test.srv}, got[0].SMTP.Host)
			}
		})
	}

	// The other way round: what the DNS says stays unconfirmed when a data base knows of reading only.
	w := newWorld(t)
	w.srv("_imaps._tcp.firm.example", "imap.firm.example", 993, 0, 0)
	w.srv("_submissions._tcp.firm.example", "smtp.attacker.example", 465, 0, 0)
	w.page("ispdb.example/v1.1/firm.example", config(reads, ""))
	got := w.explore("ann@firm.example").Candidates
	require.Len(t, got, 1)
	require.Len(t, got[0].Evidence, 2)
	require.True(t, got[0].Confirm)
}

// OAuth is offered where the table knows all the servers, and only there.
func TestDiscoverOAuthForKnownServersOnly(t *testing.T) {
	oauth := func(imap, smtp string) string {
		return strings.ReplaceAll(config(incoming(imap, "993", "SSL", ""), outgoing(smtp, "587", "STARTTLS", "")), "<authentication>password-cleartext", "<authentication>OAuth2")
	}
	for _, test := range []struct {
		imap, smtp, provider string
		auth                 []Auth
	}{
		{"outlook.office365.com", "smtp.office365.com", "Microsoft 365", []Auth{{OAuth2, "microsoft"}}},
		{"outlook.office365.com", "smtp-mail.outlook.com", "Outlook.com", []Auth{{OAuth2, "microsoft"}}},
		{"outlook.office365.com", "smtp.attacker.example", "Microsoft 365", []Auth{{Kind: Password}}},
		{"imap.attacker.example", "smtp.office365.com", "", []Auth{{Kind: Password}}},
	} {
		w := newWorld(t)
		w.page("autoconfig.firm.example"+configPath, oauth(test.imap, test.smtp))
		c := w.explore("ann@firm.example").Candidates[0]
		require.Equal(t, test.provider, c.Provider, test)
		require.Equal(t, test.auth, c.Auth, test)
		require.True(t, c.Confirm)
	}
}

func TestDiscoverProgress(t *testing.T) {
	w := newWorld(t)
	w.srv("_imaps._tcp.firm.example", "imap.firm.example", 993, 0, 0)
	opts := w.options()
	seen := map[Source][]Outcome{}
	busy := make(chan struct{}, 1)
	opts.Progress = func(s Step) {
		busy <- struct{}{} // calls come one after the other
		seen[s.Source] = append(seen[s.Source], s.Outcome)
		require.NotEmpty(t, s.Explain("fr"))
		require.NotEmpty(t, s.Name("en"))
		<-busy
	}
	result, err := Explore(t.Context(), "ann@firm.example", opts)
	require.NoError(t, err)
	require.Len(t, result.Steps, len(order))
	for i, s := range result.Steps {
		require.Equal(t, order[i], s.Source)
		require.Equal(t, []Outcome{Running, s.Outcome}, seen[s.Source])
	}
	require.Equal(t, Found, outcomes(result)[SourceSRV])
}

func TestDiscoverCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Discover(ctx, "ann@firm.example", nil)
	require.Equal(t, "dial.cancelled", storage.CauseCode(err))
	require.ErrorIs(t, err, storage.ErrTemporary)
}

func TestDiscoverBadAddress(t *testing.T) {
	_, err := Discover(t.Context(), "a@b@c", nil)
	var field *storage.FieldError
	require.ErrorAs(t, err, &field)
	require.Equal(t, "Address", field.Field)
}

func autodiscoverDocument(kind, server, port, rest string) string {
	return fmt.Sprintf(`<?xml version="1.0"?><Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006">`+
		`<Response xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"><Account><AccountType>email</AccountType>`+
		`<Action>settings</Action><Protocol><Type>%s</Type><Server>%s</Server><Port>%s</Port>%s</Protocol></Account></Response></Autodiscover>`,
		kind, server, port, rest)
}
