package autoconfig

import (
	"context"
	"net"
	"strings"
	"sync"
)

// srvServices are the services of RFC 6186 §3 and RFC 8314 §5.1, those with TLS from the first byte first.
var srvServices = []struct {
	name     string
	imap     bool
	security Security
}{
	{"imaps", true, TLS},
	{"imap", true, StartTLS},
	{"submissions", false, TLS},
	{"submission", false, StartTLS},
}

// stepSRV asks for the SRV records of the domain. The four questions go out together.
func (x *explorer) stepSRV(ctx context.Context) found {
	limit, cancel := x.limited(ctx)
	defer cancel()
	answers := make([]found, len(srvServices))
	var wait sync.WaitGroup
	for i, s := range srvServices {
		wait.Go(func() {
			records, err := x.services(limit, s.name, x.mailbox.domain)
			answers[i] = x.readSRV(limit, records, err, s.security)
		})
	}
	wait.Wait()
	return combineSRV(answers, x.mailbox.domain)
}

// readSRV takes the first usable record.
func (x *explorer) readSRV(ctx context.Context, records []*net.SRV, err error, security Security) found {
	if err != nil && !isMissing(err) {
		return failed(ctx, err)
	}
	for _, r := range records {
		if strings.Trim(r.Target, ".") == "" {
			return found{outcome: NotOffered}
		}
		host, ok := normalHost(r.Target)
		if !ok || !x.portAllowed(int(r.Port)) {
			continue
		}
		s := Server{Host: host, Port: int(r.Port), Security: security, Login: LoginAddress}
		if s.Port == 993 || s.Port == 465 {
			s.Security = TLS // published under the wrong name; STARTTLS is not spoken there
		}
		return found{outcome: Found, server: s}
	}
	if len(records) > 0 {
		return found{outcome: BadAnswer}
	}
	return found{outcome: Nothing}
}

// combineSRV makes one candidate of the four answers. What is not offered under one name may be under the other.
func combineSRV(answers []found, domain string) found {
	c := Candidate{Source: SourceSRV, Confidence: Medium, Auth: []Auth{{Kind: Password}}}
	target := ""
	for i, a := range answers {
		s := srvServices[i]
		switch {
		case a.outcome != Found:
		case s.imap && !c.IMAP.Known():
			c.IMAP, target = a.server, "_"+s.name+"._tcp."+domain
		case !s.imap && !c.SMTP.Known():
			c.SMTP = a.server
		}
	}
	if c.IMAP.Known() {
		c.Evidence = []Evidence{{Source: SourceSRV, Domain: domain, Target: target}}
		return found{outcome: Found, candidate: &c}
	}
	return worst(answers[0], answers[1])
}

// worst is what to tell when neither of the two services of IMAP is there. That one of them is not offered says nothing about the other.
func worst(imaps, imap found) found {
	if imaps.outcome == NotOffered && imap.outcome == NotOffered {
		return imaps
	}
	for _, a := range []found{imaps, imap} {
		if a.outcome != Nothing && a.outcome != NotOffered {
			return a
		}
	}
	return found{outcome: Nothing}
}
