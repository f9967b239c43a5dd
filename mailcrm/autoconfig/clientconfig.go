package autoconfig

import (
	"context"
	"encoding/xml"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The document of Thunderbird's autoconfiguration, version 1.1; only what is used.
// https://www.ietf.org/archive/id/draft-bucksch-autoconfig-00.html
type clientConfig struct {
	XMLName   xml.Name `xml:"clientConfig"`
	Providers []struct {
		Incoming []configServer `xml:"incomingServer"`
		Outgoing []configServer `xml:"outgoingServer"`
	} `xml:"emailProvider"`
}

type configServer struct {
	Type           string   `xml:"type,attr"`
	Hostname       string   `xml:"hostname"`
	Port           string   `xml:"port"`
	SocketType     string   `xml:"socketType"`
	Username       string   `xml:"username"`
	Authentication []string `xml:"authentication"`
}

// stepAutoconfig asks the host that the domain may have for this purpose alone.
func (x *explorer) stepAutoconfig(ctx context.Context) found {
	limit, cancel := x.limited(ctx)
	defer cancel()
	host := "autoconfig." + x.mailbox.domain
	query := url.Values{"emailaddress": {x.mailbox.String()}}
	return x.readConfig(limit, SourceAutoconfig, "https://"+host+"/mail/config-v1.1.xml?"+query.Encode(), host)
}

// stepWellKnown asks the web server of the domain (RFC 8615).
func (x *explorer) stepWellKnown(ctx context.Context) found {
	limit, cancel := x.limited(ctx)
	defer cancel()
	domain := x.mailbox.domain
	return x.readConfig(limit, SourceWellKnown, "https://"+domain+"/.well-known/autoconfig/mail/config-v1.1.xml", domain)
}

// readConfig fetches and reads a document. Target is what evidence and people are told about where it lies.
func (x *explorer) readConfig(ctx context.Context, source Source, address, target string) found {
	document, f := x.fetch(ctx, address, nil)
	if f.outcome != "" {
		return f
	}
	f = parseConfig(document.body, x.mailbox, x.portAllowed)
	if f.outcome != Found {
		return f
	}
	confidence := Medium
	if source == SourceAutoconfig || source == SourceWellKnown {
		confidence = High
		if document.host != target {
			target += " (" + document.host + ")"
		}
	}
	f.candidate.Source, f.candidate.Confidence = source, confidence
	f.candidate.Evidence = []Evidence{{Source: source, Domain: x.mailbox.domain, Target: target}}
	return f
}

// parseConfig reads a document: the first provider that has an IMAP server with TLS, and of each kind the first server that can be used.
func parseConfig(body []byte, m mailbox, portAllowed func(int) bool) found {
	var doc clientConfig
	if err := readXML(body, &doc); err != nil {
		return found{outcome: BadAnswer, detail: "xml"}
	}
	outcome, dropped := Nothing, false
	for _, p := range doc.Providers {
		imap, insecureIMAP := firstServer(p.Incoming, "imap", m, portAllowed)
		smtp, insecureSMTP := firstServer(p.Outgoing, "smtp", m, portAllowed)
		dropped = dropped || insecureIMAP || insecureSMTP
		if imap.Known() {
			return found{outcome: Found, dropped: dropped, candidate: &Candidate{IMAP: imap, SMTP: smtp, Auth: []Auth{{Kind: Password}}}}
		}
		if insecureIMAP {
			outcome = Insecure
		}
	}
	return found{outcome: outcome, dropped: dropped}
}

// firstServer is the first of servers that can be used, and whether one was passed over because it protects no password.
func firstServer(servers []configServer, kind string, m mailbox, portAllowed func(int) bool) (_ Server, insecure bool) {
	for _, s := range servers {
		if !strings.EqualFold(strings.TrimSpace(s.Type), kind) {
			continue
		}
		security, ok := securityOf(s.SocketType)
		if !ok || !s.usable() {
			insecure = true
			continue
		}
		host, ok := normalHost(fill(s.Hostname, m))
		port, err := strconv.Atoi(strings.TrimSpace(s.Port))
		if !ok || err != nil || !portAllowed(port) {
			continue
		}
		server := Server{Host: host, Port: port, Security: security}
		if server.Login, server.Username, ok = loginFrom(s.Username, m); ok {
			return server, insecure
		}
	}
	return Server{}, insecure
}

func securityOf(socketType string) (Security, bool) {
	switch strings.ToUpper(strings.TrimSpace(socketType)) {
	case "SSL", "TLS":
		return TLS, true
	case "STARTTLS":
		return StartTLS, true
	}
	return "", false
}

// usable says whether a password can be used. What needs a token, a ticket or a client certificate cannot be set up from a document.
func (s configServer) usable() bool {
	for _, a := range s.Authentication {
		switch strings.ToLower(strings.TrimSpace(a)) {
		case "password-cleartext", "plain", "password-encrypted", "secure", "oauth2":
			return true
		}
	}
	return len(s.Authentication) == 0
}

// fill puts the address in for the placeholders.
func fill(text string, m mailbox) string {
	return strings.NewReplacer(
		"%EMAILADDRESS%", m.String(), "%EMAILLOCALPART%", m.local, "%EMAILDOMAIN%", m.domain,
	).Replace(strings.TrimSpace(text))
}

// maxLogin is the longest login that is believed, in bytes.
const maxLogin = 254

// loginFrom reads the template of a login. None at all is the address.
func loginFrom(template string, m mailbox) (Login, string, bool) {
	login := fill(template, m)
	switch {
	case login == "" || login == m.String():
		return LoginAddress, m.String(), true
	case login == m.local:
		return LoginLocalPart, m.local, true
	case len(login) > maxLogin || !utf8.ValidString(login) || strings.IndexFunc(login, unicode.IsControl) >= 0 || isUnfilled(template):
		return "", "", false
	}
	return LoginOther, login, true
}

// isUnfilled finds placeholders that nobody knows; a person would have to fill them in (%REALNAME%, %ACCOUNTID% …).
func isUnfilled(template string) bool {
	return strings.Contains(fill(template, mailbox{local: "a", domain: "b"}), "%")
}
