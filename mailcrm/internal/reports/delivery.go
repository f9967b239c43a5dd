package reports

import (
	"strings"
	"time"
)

// An Action is what happened to a mail on the way to one recipient (RFC 3464 §2.3.3).
type Action string

// The actions.
const (
	Failed    Action = "failed"    // it will not arrive
	Delayed   Action = "delayed"   // it has not arrived, and is tried again
	Delivered Action = "delivered" // it lies in the mailbox
	Relayed   Action = "relayed"   // it went to a server that reports nothing
	Expanded  Action = "expanded"  // it went to the members of a list
)

// A Delivery is a report about the way of a mail, from a server.
type Delivery struct {
	Recipients []Recipient // at least one, at most MaxRecipients, each address once

	EnvelopeID   string    // Original-Envelope-Id, xtext decoded: the ENVID of the sender
	ReportingMTA string    // the host that reports; empty when not told
	Arrival      time.Time // when the original came to that host; zero when not told
	// Standard says that statuses were stated in the form of RFC 3464. Otherwise they were read from text.
	Standard bool
}

// A Recipient is what a Delivery says about one address.
type Recipient struct {
	// Address is the address that the sender wrote to, normalised: Original-Recipient where that is stated, else Final-Recipient. It is
	// empty when the report names nobody; then the recipient of the returned mail, if that had one, was meant.
	Address  string
	Original string // as stated, without its type; empty when not stated
	Final    string // as stated, without its type; empty when not stated

	Action Action
	// Status is the code of RFC 3463, x.y.z. It is never empty: where none was stated its detail is one from 900 on, which tells the
	// reason (5.0.911), and Stated is false.
	Status string
	Stated bool
	Reply  int    // SMTP reply code (RFC 5321 §4.2); 0 when none was seen
	Reason Reason // empty unless Action is Failed or Delayed
	// Hard says that a failure will repeat itself, because the address or its host is gone: nobody should be written to there again.
	// Everything else is soft, also a UserUnknown that nothing shows to have been said of the address: many servers call a mail that a
	// filter refused "user unknown".
	Hard bool

	Diagnostic  string    // what the server said, at most MaxText; lines end in "\n"
	RemoteMTA   string    // the host that said it; empty when not told
	LastAttempt time.Time // zero when not told
	RetryUntil  time.Time // of Delayed; zero when not told
}

// readStandard reads message/delivery-status (RFC 3464 §2, RFC 6533 §3).
func (p *paper) readStandard() *Delivery {
	octets := p.parts.machine("message/delivery-status", "message/global-delivery-status")
	if octets == nil {
		octets = statusInText(p.text)
	}
	if octets == nil {
		return nil
	}
	all := groups(octets, MaxRecipients+1)
	d := &Delivery{Standard: true}
	byAddress := map[string]bool{}
	for i, g := range all {
		if i == 0 || d.ReportingMTA == "" && g["reporting-mta"] != "" {
			d.EnvelopeID = cut(xtext(g["original-envelope-id"]), 256)
			_, d.ReportingMTA = typed(g["reporting-mta"])
			d.ReportingMTA = cut(d.ReportingMTA, 256)
			d.Arrival = moment(g["arrival-date"])
		}
		if g["final-recipient"] == "" && g["original-recipient"] == "" && g["x-actual-recipient"] == "" && (g["action"] == "" || g["status"] == "") {
			continue
		}
		r := p.standardRecipient(g)
		if byAddress[r.Address] {
			continue
		}
		byAddress[r.Address] = true
		d.Recipients = append(d.Recipients, r)
	}
	if len(d.Recipients) == 0 {
		return nil
	}
	budget := maxJudged
	for i := range d.Recipients {
		p.judgeStandard(&d.Recipients[i], len(d.Recipients) == 1, &budget)
	}
	return d
}

// statusInText is where the part for machines begins in a mail that was put together wrongly, or flattened by a gateway.
func statusInText(text string) []byte {
	at := 0
	for line := range lines(text) {
		if hasPrefixFold(line, "Reporting-MTA:") || hasPrefixFold(line, "Final-Recipient:") || hasPrefixFold(line, "Original-Recipient:") {
			return []byte(cut(text[at:], maxMachine))
		}
		at += len(line) + 1
	}
	return nil
}

// maxJudged is how many octets of diagnostics are read for reasons in one report. A report on 1,000 recipients has 512 each.
const maxJudged = 512 << 10

func (p *paper) standardRecipient(g group) Recipient {
	r := Recipient{LastAttempt: moment(g["last-attempt-date"]), RetryUntil: moment(g["will-retry-until"])}
	r.Original, r.Final = bare(xtextAddress(g["original-recipient"])), bare(xtextAddress(g["final-recipient"]))
	for _, v := range []string{r.Original, r.Final, bare(g["x-actual-recipient"])} {
		if r.Address = normal(v); r.Address != "" {
			break
		}
	}
	action, _, _ := strings.Cut(strings.ToLower(g["action"]), " ")
	action = strings.Trim(action, "();\n")
	switch action {
	case "failed", "delayed", "delivered", "relayed", "expanded":
		r.Action = Action(action)
	case "failure", "fail", "error", "bounced", "rejected", "undeliverable", "permanent":
		r.Action = Failed
	case "deferred", "delay", "queued", "retrying":
		r.Action = Delayed
	case "deliverable":
		r.Action = Delivered
	}
	if found := codes(g["status"]); len(found) > 0 {
		r.Status = found[0].status
	}
	_, said := typed(g["diagnostic-code"])
	r.Diagnostic = clean(strings.ReplaceAll(said, "\n", " "), MaxText)
	_, r.RemoteMTA = typed(g["remote-mta"])
	r.RemoteMTA = cut(r.RemoteMTA, 256)
	if r.Action == "" {
		switch {
		case strings.HasPrefix(r.Status, "2"):
			r.Action = Delivered
		case strings.HasPrefix(r.Status, "4") && !r.RetryUntil.IsZero():
			r.Action = Delayed
		default:
			r.Action = Failed
		}
	}
	return r
}

// xtextAddress decodes the address of a typed field that came as xtext, where that gives an address.
func xtextAddress(v string) string {
	if kind, value := typed(v); strings.Contains(kind, "rfc822") && strings.Contains(value, "+") && !strings.Contains(value, "@") {
		return kind + ";" + xtext(value)
	}
	return v
}

// judgeStandard finds the reason from the fields, and from the text beside them where they tell nothing.
func (p *paper) judgeStandard(r *Recipient, alone bool, budget *int) {
	if r.Action != Failed && r.Action != Delayed {
		r.Stated = r.Status != ""
		if !r.Stated {
			r.Status = "2.0.0"
		}
		return
	}
	r.Stated = r.Status != ""
	said := r.Diagnostic
	if *budget -= len(said); *budget < 0 {
		said = cut(said, 256)
	}
	j := judge(said, r.Status)
	if (j.reason == Other || vague(j.status)) && *budget > 0 {
		about := p.about(r, alone)
		*budget -= len(about)
		k := judge(about, r.Status)
		if j.reason == Other {
			j.reason, j.unsure = k.reason, k.unsure
		}
		if vague(j.status) && k.status != "" && (j.status == "" || k.status[0] == j.status[0]) {
			j.status = k.status
		}
		if j.reply == 0 {
			j.reply = k.reply
		}
		if r.Diagnostic == "" {
			r.Diagnostic = clean(about, MaxText)
		}
	}
	if j.reason == UserUnknown && *budget > 0 {
		about := p.about(r, alone)
		*budget -= len(about)
		j.unsure = unsure(j.status, said+"\n"+about)
	}
	r.finish(j)
}

// finish fills in what follows from a judgement.
func (r *Recipient) finish(j judgement) {
	r.Reason, r.Reply = j.reason, j.reply
	r.Status = j.status
	r.Stated = j.status != ""
	if !r.Stated {
		class := byte('5')
		if r.Action == Delayed || j.reply/100 == 4 {
			class = '4'
		}
		r.Status = madeStatus(j, class)
	}
	// A domain that cannot be found for a while, or a host that takes nothing just now, is not gone.
	r.Hard = r.Action == Failed && r.Reason.Hard() && !j.unsure && (r.Status[0] != '4' || r.Reason == UserUnknown || r.Reason == Moved)
}
