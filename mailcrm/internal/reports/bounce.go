package reports

import (
	"bytes"
	"strings"

	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
)

// readBounce knows a mail of a mail system about another mail, in the standard form or without.
func (p *paper) readBounce(v *Verdict) bool {
	signs := p.bounceSigns()
	if d := p.readStandard(); d != nil && (p.rootType == "multipart/report" || signs.sender || signs.subject || p.nullSender) {
		v.Kind, v.Delivery = Bounce, d
		return true
	}
	if !signs.enough(p) {
		return false
	}
	d := p.readExplanation(signs.daemon || (signs.subject || signs.delay) && (signs.sender || p.body))
	if d == nil {
		return false
	}
	if inner := p.wrapped(); inner != nil {
		d = inner
	}
	v.Kind, v.Delivery = Bounce, d
	return true
}

// wrapped is the report inside of a report that says nothing itself: gateways wrap what they pass on.
func (p *paper) wrapped() *Delivery {
	octets := p.parts.returned()
	if octets == nil || p.inner || p.returned == nil || !containsFold(p.returned.Header.Get("Content-Type"), "multipart/report") {
		return nil
	}
	var parts Parts
	m, err := mimemail.Parse(bytes.NewReader(octets), &mimemail.Options{Part: parts.Keep, MaxText: 64 << 10, MaxParts: 16})
	if err != nil {
		return nil
	}
	q := newPaper(m, &parts)
	q.inner = true
	var v Verdict
	if !q.readBounce(&v) {
		return nil
	}
	p.returned = q.returned
	return v.Delivery
}

// bounceSigns are what tells a bounce from a mail that somebody wrote, apart from what it says.
type bounceSigns struct {
	sender  bool // a mail system, or its administrator
	daemon  bool // a mail system: people do not write as MAILER-DAEMON
	subject bool // says that mail failed
	named   bool // X-Failed-Recipients (exim, Google)
	delay   bool // the subject says that it only waits
}

func (p *paper) bounceSigns() bounceSigns {
	s := bounceSigns{named: p.m.Header.Get("X-Failed-Recipients") != ""}
	s.sender = isMailSystem(p.fromLocal)
	s.daemon = isDaemon(p.fromLocal)
	if len(p.m.From) > 0 && !s.sender {
		name := strings.ToLower(p.m.From[0].Name)
		s.sender = isMailSystem(strings.ReplaceAll(name, " ", "-")) || strings.Contains(name, "mail delivery") || strings.Contains(name, "delivery subsystem")
	}
	if !s.sender {
		for _, f := range []string{"Return-Path", "Sender", "Errors-To"} {
			if local, _, ok := strings.Cut(strings.ToLower(bare(p.m.Header.Get(f))), "@"); ok && (isDaemon(local) || local == "postmaster") {
				s.sender = true
			}
		}
	}
	subject := strings.ToLower(p.m.Subject)
	s.subject = wordings().bounce.hit(subject)
	s.delay = wordings().delay.hit(subject)
	return s
}

// enough says whether the signs allow reading the text as a bounce. One alone is too little: people write about failed mail too, and
// postmasters write mail.
func (s bounceSigns) enough(p *paper) bool {
	if s.named {
		return true
	}
	if (len(p.m.InReplyTo) > 0 || isHumanAnswer(strings.ToLower(strings.TrimSpace(p.m.Subject)))) && !s.sender && !p.nullSender {
		return false // somebody answered a bounce, or sent it on
	}
	reported := s.subject || s.delay
	switch {
	case reported && (s.sender || p.nullSender):
		return true
	case s.daemon:
		return true
	case s.sender && (p.nullSender || p.body):
		return true
	case p.nullSender && p.body:
		return true
	case reported && (p.body || isListManager(p.fromLocal)):
		return true
	case (s.sender || reported) && p.transcript():
		return true
	case p.rootType == "multipart/report" && (p.reportType == "delivery-status" || p.reportType == ""):
		return true
	}
	return false
}

// transcript says whether the text holds what a server answered to a command of SMTP.
func (p *paper) transcript() bool {
	text := strings.ToLower(cut(p.explanation, maxAbout))
	if !strings.Contains(text, "rcpt to:") && !strings.Contains(text, "rcpt to <") {
		return false
	}
	found := preferred(codes(text))
	return found.reply >= 400 || found.status != "" && found.status[0] != '2'
}

func isDaemon(local string) bool {
	return strings.Contains(joinedName(local), "mailerdaemon")
}

// isListManager knows the local parts that programs of mailing lists write from.
func isListManager(local string) bool {
	for _, s := range []string{"-admin", "-owner", "-request", "-bounces", "-ctl", "-help"} {
		if strings.HasSuffix(local, s) {
			return true
		}
	}
	return strings.HasPrefix(local, "owner-") || strings.HasPrefix(local, "majordomo") || strings.HasPrefix(local, "listserv") || strings.HasPrefix(local, "mailman") ||
		strings.HasPrefix(local, "sympa") || strings.HasPrefix(local, "ezmlm")
}

// joinedName is a name in lower case without what parts its words: "Mail_Delivery-System" is "maildeliverysystem".
func joinedName(name string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("_-. ", r) {
			return -1
		}
		return r
	}, strings.ToLower(cut(name, 128)))
}

// isMailSystem knows the local parts that mail systems report from.
func isMailSystem(local string) bool {
	local = joinedName(local)
	switch local {
	case "mailerdaemon", "postmaster", "mailerdeamon", "mdaemon", "mailsystem", "maildelivery", "maildeliverysystem", "maildeliverysubsystem",
		"bounce", "bounces", "smtpd", "uucp", "mailnull", "mailadmin", "mailmaster", "systemadministrator", "mailsweeper", "mailgateway", "mta", "mmdf",
		"mailadministrator", "mailrouter", "microsoftexchange", "smtpgateway", "mailerror":
		return true
	}
	return strings.Contains(local, "mailerdaemon") || strings.HasPrefix(local, "postmaster") || strings.HasPrefix(local, "microsoftexchange") ||
		strings.Contains(local, "deliverysystem") || strings.Contains(local, "deliverysubsystem") || strings.HasSuffix(local, "postmaster")
}
