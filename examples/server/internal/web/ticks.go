package web

import (
	"strings"

	"github.com/mailcrm/sdk/mailcrm"
)

// A tickList is what came of trying an account, side by side: receiving and sending.
type tickList struct {
	Sides []tickSide
	OK    bool
	Size  int64 // bytes of the largest mail that may be sent; 0: unknown
	Boxes int   // folders with mail
	Inbox int   // mails in the inbox
}

type tickSide struct {
	Label string
	Ticks []tick
}

// A tick is one step of it.
type tick struct {
	State    string // of [mailcrm.CheckStep]
	Name     string
	Said     string // the state in words, for those who do not see the mark
	Sentence string
	Detail   string
	Cure     string
	Field    string // of the form, where the cure is: "#imap-password"
}

// ticks are the steps of a check.
func (v *visit) ticks(check *mailcrm.Check) *tickList {
	if check == nil {
		return nil
	}
	list := &tickList{OK: check.OK, Size: check.MaxSize, Boxes: check.Mailboxes, Inbox: check.Inbox}
	for _, side := range []string{mailcrm.SideIMAP, mailcrm.SideSMTP} {
		s := tickSide{Label: v.say("check.side." + side)}
		for _, step := range check.Steps {
			if step.Side == side {
				s.Ticks = append(s.Ticks, v.tick(step))
			}
		}
		if len(s.Ticks) > 0 {
			list.Sides = append(list.Sides, s)
		}
	}
	return list
}

func (v *visit) tick(step mailcrm.CheckStep) tick {
	t := tick{
		State: step.State, Name: v.say("check.step." + step.Name), Said: v.say("check.state." + step.State), Sentence: step.Sentence, Detail: step.Detail, Cure: step.Cure,
	}
	if step.Certificate != nil {
		t.Detail = "" // the fingerprint, which is shown to be compared
	}
	switch step.Do {
	case mailcrm.DoPassword:
		t.Field = "#" + step.Side + "-password"
	case mailcrm.DoServer:
		t.Field = "#" + step.Side + "-host"
	case mailcrm.DoCertificate:
		t.Field = "#certificates"
	}
	return t
}

// stepLine is a step for the script.
func (v *visit) stepLine(step mailcrm.CheckStep) progressLine {
	t := v.tick(step)
	return progressLine{
		Key: step.Side + "." + step.Name, Name: v.say("check.side."+step.Side) + " · " + t.Name, Text: strings.TrimSpace(t.Said + " " + t.Sentence), State: step.State,
	}
}

// A certificateForm is a certificate that nobody vouches for, to be compared by a person.
type certificateForm struct {
	Field       string // trust.imap, trust.smtp, trust.both
	SHA256      string
	Fingerprint []string // in groups, so that it can be read aloud and wraps
	Subject     string
	Names       string
	Issuer      string
	From, Until moment
	Server      string
	Trusted     bool
}

func (v *visit) certificateForm(field, server string, c *mailcrm.Certificate, pin string) certificateForm {
	f := certificateForm{
		Field: field, SHA256: c.SHA256, Subject: c.Subject, Issuer: c.Issuer, Names: strings.Join(c.Names, ", "), From: v.clock.moment(c.NotBefore), Until: v.clock.moment(c.NotAfter),
		Server: server, Trusted: pin != "" && pin == c.SHA256,
	}
	pairs := strings.Split(c.Fingerprint(), ":")
	const group = 4
	for len(pairs) > 0 {
		n := min(group, len(pairs))
		f.Fingerprint = append(f.Fingerprint, strings.Join(pairs[:n], ":"))
		pairs = pairs[n:]
	}
	return f
}

// certificates are those that a check met. When both servers show the same one it is compared once.
func (v *visit) certificates(check *mailcrm.Check, in mailcrm.AccountInput) []certificateForm {
	if check == nil {
		return nil
	}
	shown := map[string]*mailcrm.Certificate{}
	for _, step := range check.Steps {
		if step.Certificate != nil {
			shown[step.Side] = step.Certificate
		}
	}
	imap, smtp := shown[mailcrm.SideIMAP], shown[mailcrm.SideSMTP]
	if imap != nil && smtp != nil && imap.SHA256 == smtp.SHA256 {
		servers := in.IMAP.Host
		if in.SMTP.Host != in.IMAP.Host {
			servers += ", " + in.SMTP.Host
		}
		return []certificateForm{v.certificateForm("trust.both", servers, imap, in.IMAP.PinSHA256)}
	}
	var out []certificateForm
	if imap != nil {
		out = append(out, v.certificateForm("trust.imap", in.IMAP.Host, imap, in.IMAP.PinSHA256))
	}
	if smtp != nil {
		out = append(out, v.certificateForm("trust.smtp", in.SMTP.Host, smtp, in.SMTP.PinSHA256))
	}
	return out
}

// trusted puts the certificates that a person has just confirmed into an input: only those that the check had shown to him.
func (v *visit) trusted(in *mailcrm.AccountInput, check *mailcrm.Check) {
	if check == nil {
		return
	}
	for _, step := range check.Steps {
		if step.Certificate == nil {
			continue
		}
		sum := step.Certificate.SHA256
		if v.field("trust.both") != sum && v.field("trust."+step.Side) != sum {
			continue
		}
		if step.Side == mailcrm.SideIMAP {
			in.IMAP.PinSHA256 = sum
		} else {
			in.SMTP.PinSHA256 = sum
		}
	}
}
