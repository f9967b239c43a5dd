package autoconfig

import (
	"bytes"
	"context"
	"encoding/xml"
	"strconv"
	"strings"
)

// The answer of Exchange's Autodiscover (MS-OXDSCLI §2.2.4); only what is used.
type autodiscoverAnswer struct {
	XMLName   xml.Name `xml:"Autodiscover"`
	Protocols []struct {
		Type       string `xml:"Type"`
		Server     string `xml:"Server"`
		Port       string `xml:"Port"`
		SSL        string `xml:"SSL"`
		Encryption string `xml:"Encryption"`
		LoginName  string `xml:"LoginName"`
	} `xml:"Response>Account>Protocol"`
}

// stepAutodiscover asks without credentials. That the name leads to Microsoft's own service is the best that can be learned, because it also
// shows where a filter in front of Exchange receives the mail.
func (x *explorer) stepAutodiscover(ctx context.Context) found {
	limit, cancel := x.limited(ctx)
	defer cancel()
	domain := x.mailbox.domain
	if c, ok := x.microsoft(limit, "autodiscover."+domain); ok {
		return found{outcome: Found, candidate: &c}
	}
	question, err := autodiscoverQuestion(x.mailbox)
	if err != nil {
		return found{outcome: BadAnswer}
	}
	best := found{outcome: Nothing}
	for _, host := range []string{"autodiscover." + domain, domain} {
		f := x.askAutodiscover(limit, host, question)
		if f.outcome == Found {
			return f
		}
		if best.outcome == Nothing {
			best = f
		}
		if limit.Err() != nil {
			break
		}
	}
	return best
}

// microsoft finds out whether a name is an alias of Microsoft's service.
func (x *explorer) microsoft(ctx context.Context, host string) (Candidate, bool) {
	name, err := x.names.LookupCNAME(ctx, host+".")
	if err != nil {
		return Candidate{}, false
	}
	name = "." + strings.ToLower(strings.TrimSuffix(name, "."))
	for _, suffix := range []string{".outlook.com", ".office.com", ".office365.com"} {
		if !strings.HasSuffix(name, suffix) {
			continue
		}
		p := providers().domains["office365.com"]
		c := p.candidate(x.mailbox.domain, SourceAutodiscover, host, "")
		c.Confidence = Medium
		return c, true
	}
	return Candidate{}, false
}

func autodiscoverQuestion(m mailbox) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="utf-8"?>` +
		`<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"><Request>` +
		`<EMailAddress>`)
	if err := xml.EscapeText(&b, []byte(m.String())); err != nil {
		return nil, err
	}
	b.WriteString(`</EMailAddress>` +
		`<AcceptableResponseSchema>http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a</AcceptableResponseSchema>` +
		`</Request></Autodiscover>`)
	return b.Bytes(), nil
}

func (x *explorer) askAutodiscover(ctx context.Context, host string, question []byte) found {
	document, f := x.fetch(ctx, "https://"+host+"/autodiscover/autodiscover.xml", question)
	if f.outcome != "" {
		return f
	}
	f = parseAutodiscover(document.body, x.mailbox, x.portAllowed)
	if f.candidate != nil {
		f.candidate.Source, f.candidate.Confidence = SourceAutodiscover, Low
		f.candidate.Evidence = []Evidence{{Source: SourceAutodiscover, Domain: x.mailbox.domain, Target: host}}
	}
	return f
}

// parseAutodiscover reads an answer. Redirects inside of the document, to another address or host, are not followed: they want a password
// next.
func parseAutodiscover(body []byte, m mailbox, portAllowed func(int) bool) found {
	var doc autodiscoverAnswer
	if err := readXML(body, &doc); err != nil {
		return found{outcome: BadAnswer, detail: "xml"}
	}
	c := &Candidate{Auth: []Auth{{Kind: Password}}}
	f := found{outcome: Nothing}
	for _, p := range doc.Protocols {
		port, err := strconv.Atoi(strings.TrimSpace(p.Port))
		host, ok := normalHost(p.Server)
		if !ok || err != nil || !portAllowed(port) {
			continue
		}
		place := &c.IMAP
		switch strings.ToUpper(strings.TrimSpace(p.Type)) {
		case "IMAP":
		case "SMTP":
			place = &c.SMTP
		default:
			continue
		}
		security, ok := autodiscoverSecurity(p.SSL, p.Encryption, port)
		if !ok {
			f.dropped = true
			continue
		}
		login, username, ok := loginFrom(p.LoginName, m)
		if ok && !place.Known() {
			*place = Server{Host: host, Port: port, Security: security, Login: login, Username: username}
		}
	}
	switch {
	case c.IMAP.Known():
		f.outcome, f.candidate = Found, c
	case f.dropped:
		f.outcome = Insecure
	}
	return f
}

// autodiscoverSecurity reads SSL and Encryption (MS-OXDSCLI §2.2.4.1.1.2.6.18, §2.2.4.1.1.2.6.6): SSL is on when it is absent, and the
// other one, when present, goes before it. How TLS begins is a matter of the port.
func autodiscoverSecurity(ssl, encryption string, port int) (Security, bool) {
	on := !strings.EqualFold(strings.TrimSpace(ssl), "off")
	switch strings.ToUpper(strings.TrimSpace(encryption)) {
	case "":
	case "NONE":
		on = false
	case "SSL", "TLS", "STARTTLS", "AUTO":
		on = true
	default:
		return "", false
	}
	switch {
	case !on:
		return "", false
	case port == 993 || port == 465:
		return TLS, true
	case port == 143 || port == 587 || port == 25:
		return StartTLS, true
	}
	return TLS, !strings.EqualFold(strings.TrimSpace(encryption), "TLS") && !strings.EqualFold(strings.TrimSpace(encryption), "STARTTLS")
}
