package reports

import (
	"strings"

	"github.com/mailcrm/sdk/linker/address"
	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
)

// A Standing says how far the sender of a mail is proved: for links (who wrote this?) and for the reader. Standings are stored and
// translated: they never change.
type Standing string

// The standings.
const (
	Authenticated   Standing = "authenticated"   // the domain of From vouches for the mail
	Unauthenticated Standing = "unauthenticated" // nobody does, as with many old and small servers
	Disowned        Standing = "failed"          // the domain of From says that this is not its mail
)

// A Why says what a Standing rests on. Codes are stored and translated: they never change.
type Why string

// The grounds of a Standing.
const (
	WhyDMARC       Why = "dmarc_pass"     // DMARC passed for the domain of From
	WhyDKIM        Why = "dkim_aligned"   // no DMARC; a signature of the domain of From holds
	WhySPF         Why = "spf_aligned"    // no DMARC; the envelope is of the domain of From, and came from a host of its
	WhyDMARCFailed Why = "dmarc_fail"     // DMARC failed
	WhySPFFailed   Why = "spf_fail"       // no DMARC; the host may not send for the domain of From, and no signature holds
	WhyForwarded   Why = "forwarded"      // DMARC failed, and those who forwarded the mail vouch that it passed before (ARC, RFC 8617)
	WhyNoServer    Why = "no_server"      // it is not known how the account's server calls itself
	WhyNoResults   Why = "no_results"     // the account's server says nothing about this mail
	WhyNoFrom      Why = "no_from"        // no address to vouch for
	WhySeveralFrom Why = "several_from"   // several authors: a server looks at one, a reader sees another
	WhyOtherFrom   Why = "other_from"     // DMARC passed for another domain than that of From
	WhyNotAligned  Why = "not_aligned"    // what passed belongs to another domain
	WhyNothing     Why = "nothing_passed" // the server looked, and found nothing to go by
)

// An Authenticity is what the account's own server found out about the sender of a mail.
type Authenticity struct {
	Standing Standing
	Why      Why
	From     string // domain of the From address, in ASCII; empty when there is none
	Server   string // authserv-id of the field that was believed, as stated; empty when none was, or it states none
	// What was found, for the page of headers: the result keyword in lower case ("pass", "fail", "none" …), empty when not stated.
	SPF, DMARC, ARC string
	DKIM            []Signature // at most 20, in order
}

// A Signature is one DKIM signature that was looked at.
type Signature struct {
	Domain string // header.d, else the domain of header.i, ASCII, lower case; empty when not stated
	Result string
}

const (
	maxResultFields = 50 // Authentication-Results that are looked at
	maxSignatures   = 20
)

// Authentication judges the sender of a mail by the Authentication-Results (RFC 8601) of the account's own server: the topmost, and only
// where that server writes them. Everything else of that name was written by somebody else, the sender first of all, and is not read:
// with another authserv-id, below more Received fields than the server's own, below one that another host wrote, further down. Servers
// are those that [Learn] found, or that an administrator named. Without any, nobody is authenticated.
func Authentication(m *mimemail.Message, servers []Server) Authenticity {
	a := Authenticity{Standing: Unauthenticated}
	if len(servers) == 0 {
		a.Why = WhyNoServer
	}
	addresses := 0
	for _, f := range m.From {
		if normal := f.Normal(); normal != "" {
			if addresses++; addresses == 1 {
				a.From = normal[strings.LastIndexByte(normal, '@')+1:]
			}
		}
	}
	several := addresses > 1 || len(m.Header.All("From")) > 1 || ambiguousFrom(m)
	found, server, any := believed(&m.Header, servers)
	a.Server = server
	if !any {
		if a.Why == "" {
			a.Why = WhyNoResults
		}
		return a
	}
	var dmarc, spf *finding
	for i := range found {
		f := &found[i]
		switch f.method {
		case "dmarc":
			if dmarc == nil || f.result == "fail" { // the worst word counts, should a sender get one into the field
				dmarc, a.DMARC = f, f.result
			}
		case "spf":
			if spf == nil {
				spf, a.SPF = f, f.result
			}
		case "arc":
			if a.ARC == "" {
				a.ARC = f.result
			}
		case "dkim":
			if len(a.DKIM) < maxSignatures {
				a.DKIM = append(a.DKIM, Signature{f.signer(), f.result})
			}
		}
	}
	a.decide(dmarc, spf, several)
	return a
}

// decide is DMARC's word (RFC 7489 §3), and where there is none the same rule by hand: what passed has to belong to the domain of From.
func (a *Authenticity) decide(dmarc, spf *finding, several bool) {
	failed := dmarc != nil && dmarc.result == "fail"
	switch {
	case failed && a.ARC == "pass":
		a.Why = WhyForwarded
		return
	case failed:
		a.Standing, a.Why = Disowned, WhyDMARCFailed
		return
	case a.From == "":
		a.Why = WhyNoFrom
		return
	case several:
		a.Why = WhySeveralFrom
		return
	case dmarc != nil && dmarc.result == "pass":
		if of := address.Domain(dmarc.props["header.from"]); of != "" && !aligned(of, a.From) || of == "" && dmarc.props["header.from"] != "" {
			a.Why = WhyOtherFrom
			return
		}
		a.Standing, a.Why = Authenticated, WhyDMARC
		return
	}
	passed := false
	for _, s := range a.DKIM {
		if s.Result != "pass" {
			continue
		}
		passed = true
		if aligned(s.Domain, a.From) {
			a.Standing, a.Why = Authenticated, WhyDKIM
			return
		}
	}
	if spf != nil {
		own := aligned(spf.envelope(), a.From)
		switch {
		case spf.result == "pass" && own:
			a.Standing, a.Why = Authenticated, WhySPF
			return
		case spf.result == "pass":
			passed = true
		case (spf.result == "fail" || spf.result == "hardfail") && own && !passed:
			a.Standing, a.Why = Disowned, WhySPFFailed
			return
		}
	}
	a.Why = WhyNothing
	if passed {
		a.Why = WhyNotAligned
	}
}

// aligned says whether two domains are one, or one lies in the other. The organisational domain of DMARC takes a list of public suffixes,
// which this package does without: two hosts beside each other in one organisation are aligned by DMARC's own verdict alone.
func aligned(a, b string) bool {
	if a == "" || b == "" {
		return false
	}
	if a == b {
		return true
	}
	if len(a) > len(b) {
		a, b = b, a
	}
	return strings.HasSuffix(b, "."+a) && !isPublicSuffix(a)
}

// isPublicSuffix knows the common shapes under which strangers have domains: one label, and the second levels of countries.
func isPublicSuffix(domain string) bool {
	first, rest, dotted := strings.Cut(domain, ".")
	if !dotted {
		return true
	}
	if strings.Contains(rest, ".") || len(rest) != 2 {
		return false
	}
	switch first {
	case "ac", "ad", "asso", "co", "com", "ed", "edu", "gen", "go", "gob", "gouv", "gov", "gr", "id", "in", "info", "int", "lg", "ltd", "me", "mil",
		"ne", "net", "nhs", "nom", "or", "org", "plc", "police", "pro", "sch", "tm", "web":
		return true
	}
	return false
}
