package autoconfig

import "strings"

// maxMX is how many MX records of a domain are looked at.
const maxMX = 20

// Lookup asks the built-in table, offline: by the domain of an address, or else by the MX of the domain, best preference first, as
// net.LookupMX returns them. Both may be written in any case, with or without a dot at the end, in Unicode or A-labels; mx may be nil.
//
// It answers false for what it does not know, for a domain with a null MX (RFC 7505), and for one whose first MX belongs to the domain
// itself: who receives mail himself is a customer of nobody. The first MX alone decides, because further ones are often left over from a
// provider before. A name matches by whole labels only.
//
// A provider that no program can read (Tuta) is an answer: [Candidate.Unsupported] is set, and the help says why.
func Lookup(domain string, mx []string) (Candidate, bool) {
	name, ok := normalDomain(domain)
	if !ok || nullMX(mx) {
		return Candidate{}, false
	}
	if p := providers().byDomain(name); p != nil {
		return p.candidate(name, SourceTable, name, ""), true
	}
	return lookupMX(name, mx)
}

// lookupMX is the second half of Lookup.
func lookupMX(domain string, mx []string) (Candidate, bool) {
	first := firstMX(mx)
	if first == "" || sameOwner(first, domain) {
		return Candidate{}, false
	}
	p := providers().byMX(first)
	if p == nil {
		return Candidate{}, false
	}
	return p.candidate(domain, SourceTableMX, first, first), true
}

// nullMX says whether the domain receives no mail: its one MX is the root (RFC 7505 §3).
func nullMX(mx []string) bool {
	return len(mx) == 1 && strings.Trim(mx[0], " .") == ""
}

// firstMX is the first name of mx that is one. A root beside other records is a mistake that is passed over (RFC 7505 §3).
func firstMX(mx []string) string {
	for _, text := range mx[:min(len(mx), maxMX)] {
		if name, ok := normalHost(text); ok {
			return name
		}
		if strings.Trim(text, " .") != "" {
			return "" // an address or a bare name: not a provider's, whatever comes behind it
		}
	}
	return ""
}

func (t *table) byDomain(domain string) *provider {
	if p := t.domains[domain]; p != nil {
		return p
	}
	for rest := domain; ; {
		_, parent, found := strings.Cut(rest, ".")
		if !found {
			return nil
		}
		if p := t.domains["."+parent]; p != nil {
			return p
		}
		rest = parent
	}
}

// byMX finds the provider with the most exact pattern for host.
func (t *table) byMX(host string) *provider {
	var best *provider
	length := 0
	for _, p := range t.providers {
		for _, pattern := range p.mx {
			if len(pattern) > length && matchMX(pattern, host) {
				best, length = p, len(pattern)
			}
		}
	}
	if best != nil && best.machines {
		return nil
	}
	return best
}

// byHost finds the provider whose servers these are: the one that also has the host for sending, or else any with the IMAP host.
func (t *table) byHost(imap, smtp string) *provider {
	all := t.hosts[imap]
	for _, p := range all {
		if p.smtp.Host == smtp {
			return p
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all[0]
}

// matchMX says whether host is one of pattern, label by label from the right: a label of the pattern is that label, with a "*" in it that
// stands for any part of it; a first label "*" is one or more labels. "mx*.example.com" is mx1.example.com and not mx1.other.example.com.
func matchMX(pattern, host string) bool {
	if below, wild := strings.CutPrefix(pattern, "*."); wild {
		return strings.HasSuffix(host, "."+below)
	}
	want, have := strings.Split(pattern, "."), strings.Split(host, ".")
	if len(want) != len(have) {
		return false
	}
	for i, label := range want {
		before, after, wild := strings.Cut(label, "*")
		switch {
		case !wild && label != have[i]:
			return false
		case wild && (len(have[i]) < len(before)+len(after) || !strings.HasPrefix(have[i], before) || !strings.HasSuffix(have[i], after)):
			return false
		}
	}
	return true
}

// candidate is what the entry says about domain. MX is the host that was matched, "" for none.
func (p *provider) candidate(domain string, source Source, target, mx string) Candidate {
	c := Candidate{Source: source, IMAP: p.imap.place(domain, mx), SMTP: p.smtp.place(domain, mx)}
	p.describe(&c)
	switch {
	case p.checked.IsZero():
		c.Confidence = Medium
	default:
		c.Confidence = High
	}
	c.Evidence = []Evidence{{Source: source, Domain: domain, Target: target, Checked: p.checked}}
	c.judge(domain)
	return c
}

// describe adds what the table knows about a provider to a candidate with its servers.
func (p *provider) describe(c *Candidate) {
	c.Provider, c.SavesSent, c.Unsupported = p.name, p.savesSent, p.unsupported
	c.Auth = append([]Auth(nil), p.auth...)
	c.Help = append([]Help(nil), p.help...)
}

// place fills a host that depends on the domain of the customer, on the MX, or on the second label of the MX ("region").
func (s Server) place(domain, mx string) Server {
	region := ""
	if labels := strings.Split(mx, "."); len(labels) > 1 {
		region = labels[1]
	}
	s.Host = strings.NewReplacer("{domain}", domain, "{mx}", mx, "{region}", region).Replace(s.Host)
	return s
}
