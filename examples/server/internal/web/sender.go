package web

import (
	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/storage"
)

// security is what is known about the sender of a mail: one sentence, and what to know besides.
type security struct {
	Standing string // "authenticated", "unauthenticated", "failed"; empty: nothing was looked at
	Sentence string
	Server   string // whose word it is
	Notes    []remark
}

// A remark is a sentence with foreign text beside it.
type remark struct{ Sentence, Detail string }

// security is nil for mail of which there is nothing to say.
func (v *visit) security(m *mailcrm.Message) *security {
	var s security
	if a := m.Authenticity; a != nil {
		s = security{Standing: a.Standing, Sentence: a.Sentence, Server: a.Server}
	}
	for _, n := range m.Notes {
		s.Notes = append(s.Notes, remark{n.Sentence, n.Detail})
	}
	if m.DeceptiveLinks > 0 {
		s.Notes = append(s.Notes, remark{Sentence: v.lang.count("mail.deceptive", m.DeceptiveLinks)})
	}
	if s.Standing == "" && len(s.Notes) == 0 {
		return nil
	}
	return &s
}

// badges say what kind of mail it is, when it is no letter from one person to another.
func (v *visit) badges(m *mailcrm.Message) []string {
	var out []string
	if m.Kind != "" && known("mail.is."+m.Kind) {
		out = append(out, v.say("mail.is."+m.Kind))
	}
	if m.Away {
		out = append(out, v.say("mail.is.away"))
	}
	switch {
	case m.List != "":
		out = append(out, v.say("mail.is.list", cut(m.List, 60)))
	case m.Bulk && m.Kind == "":
		out = append(out, v.say("mail.is.bulk"))
	case m.Generated && m.Kind == "":
		out = append(out, v.say("mail.is.generated"))
	}
	return out
}

// An outcome is what became of a sent mail for one recipient.
type outcome struct {
	Address  string
	State    string // for the dot
	Sentence string
	When     moment
	Words    string // the server's
	Report   string // the mail that told it
}

// outcomes are the recipients of a mail that was sent from here.
func (v *visit) outcomes(m *mailcrm.Message) []outcome {
	if m.Direction != storage.Sent {
		return nil
	}
	var out []outcome
	for _, r := range m.Recipients {
		o := outcome{Address: r.Address, State: r.State, Sentence: v.say("recipient." + r.State), Words: r.Text}
		if r.State == "accepted" {
			o.Words = ""
		}
		if d := r.Delivery; d != nil {
			o.State, o.Sentence, o.When, o.Words = d.State, d.Sentence, v.clock.moment(d.When), cut(d.Diagnostic, 300)
			if d.Report != "" {
				o.Report = "/message/" + d.Report
			}
		}
		out = append(out, o)
	}
	return out
}

// receipt asks whether the sender shall hear that his mail was read.
type receipt struct {
	Sentence  string
	To        string
	Elsewhere bool
}

// answerReceipt is POST /message/{id}/receipt.
func (s *site) answerReceipt(v *visit) error {
	id, yes := v.r.PathValue("id"), v.field("answer") == "yes"
	if !yes && v.field("answer") != "no" {
		return storage.Invalid("Answer", "required", "say yes or no")
	}
	if err := v.mail.Messages.AnswerReceipt(v.ctx(), id, yes); err != nil {
		return err
	}
	if yes {
		return v.back("/message/"+id, "done", "receipt_sent")
	}
	return v.back("/message/"+id, "done", "receipt_declined")
}
