package autoconfig

import (
	_ "embed" // the table is a file
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
)

// providersText is the table; its first lines tell its form.
//
//go:embed providers.txt
var providersText string

// provider is one entry of the table.
type provider struct {
	name        string
	domains     []string // "example.com"; ".example.com" is everything below it
	mx          []string // see matchMX
	imap, smtp  Server   // hosts may hold {domain} or {mx}
	auth        []Auth
	help        []Help
	savesSent   bool
	unsupported bool
	whole       bool // what comes to its MX is also held there
	machines    bool // its MX are machines for rent
	checked     time.Time
}

// table is the parsed form.
type table struct {
	providers []*provider
	domains   map[string]*provider   // by domain, or by "." and domain
	hosts     map[string][]*provider // by IMAP host, without those that hold a placeholder
}

// providers parses the table once. That it can be parsed is tested, and a build with a broken table has no other way to tell.
var providers = sync.OnceValue(func() *table {
	t, err := parseTable(providersText)
	if err != nil {
		panic(err)
	}
	return t
})

// parseTable reads the form that providers.txt describes.
func parseTable(text string) (*table, error) {
	t := &table{domains: map[string]*provider{}, hosts: map[string][]*provider{}}
	var p *provider
	number := 0
	for line := range strings.SplitSeq(text, "\n") {
		number++
		line, _, _ = strings.Cut(line, "#")
		switch {
		case strings.TrimSpace(line) == "":
		case line[0] != ' ' && line[0] != '\t':
			p = &provider{name: strings.TrimSpace(line)}
			t.providers = append(t.providers, p)
		case p == nil:
			return nil, fmt.Errorf("providers.txt:%d: no provider yet", number)
		default:
			fields := strings.Fields(line)
			if err := p.set(fields[0], fields[1:]); err != nil {
				return nil, fmt.Errorf("providers.txt:%d: %s: %w", number, fields[0], err)
			}
		}
	}
	return t, t.index()
}

func (t *table) index() error {
	for _, p := range t.providers {
		if len(p.auth) == 0 {
			p.auth = []Auth{{Kind: Password}}
		}
		for _, d := range p.domains {
			if other, twice := t.domains[d]; twice {
				return fmt.Errorf("providers.txt: %s is of %s and of %s", d, other.name, p.name)
			}
			t.domains[d] = p
		}
		if !p.unsupported && !p.machines && !p.imap.Known() {
			return fmt.Errorf("providers.txt: %s has no servers", p.name)
		}
		if p.imap.Known() && !strings.Contains(p.imap.Host, "{") {
			t.hosts[p.imap.Host] = append(t.hosts[p.imap.Host], p)
		}
	}
	return nil
}

func (p *provider) set(key string, values []string) (err error) {
	if len(values) == 0 && key != "unsupported" && key != "whole" && key != "machines" {
		return fmt.Errorf("wants a value")
	}
	switch key {
	case "domains":
		p.domains = append(p.domains, values...)
	case "mx":
		p.mx = append(p.mx, values...)
	case "imap":
		p.imap, err = parseServer(values, 993, 143)
	case "smtp":
		p.smtp, err = parseServer(values, 465, 587, 25)
	case "auth":
		for _, v := range values {
			var a Auth
			if a, err = parseAuth(v); err != nil {
				return err
			}
			p.auth = append(p.auth, a)
		}
	case "help":
		h := Help{Code: HelpCode(values[0])}
		if len(values) > 1 {
			h.Link = values[1]
		}
		p.help = append(p.help, h)
	case "sent":
		p.savesSent = values[0] == "server"
	case "checked":
		p.checked, err = time.Parse(time.DateOnly, values[0])
	case "unsupported":
		p.unsupported = true
	case "whole":
		p.whole = true
	case "machines":
		p.machines = true
	default:
		return fmt.Errorf("is no key")
	}
	return err
}

// parseServer reads "host", "host:port" and the form of the login. The first port is the one of implicit TLS and the default; the others
// are those of STARTTLS.
func parseServer(values []string, implicit int, upgraded ...int) (Server, error) {
	s := Server{Host: values[0], Port: implicit, Security: TLS, Login: LoginAddress}
	if host, port, err := net.SplitHostPort(values[0]); err == nil {
		number, err := strconv.Atoi(port)
		if err != nil {
			return s, err
		}
		s.Host, s.Port = host, number
		if number != implicit {
			s.Security = StartTLS
		}
		known := number == implicit || number == 1143 || number == 1025 // the last two are Proton's bridge
		for _, u := range upgraded {
			known = known || number == u
		}
		if !known {
			return s, fmt.Errorf("port %d", number)
		}
	}
	for _, v := range values[1:] {
		switch v {
		case "local":
			s.Login = LoginLocalPart
		case "other":
			s.Login = LoginOther
		default:
			return s, fmt.Errorf("%q is no form of login", v)
		}
	}
	return s, nil
}

func parseAuth(text string) (Auth, error) {
	kind, issuer, _ := strings.Cut(text, ":")
	switch kind {
	case "password":
		return Auth{Kind: Password}, nil
	case "app":
		return Auth{Kind: AppPassword}, nil
	case "oauth2":
		if issuer == "" {
			return Auth{}, fmt.Errorf("OAuth wants an issuer")
		}
		return Auth{Kind: OAuth2, Issuer: issuer}, nil
	}
	return Auth{}, fmt.Errorf("%q is no way to sign in", text)
}
