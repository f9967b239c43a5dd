package web

import (
	"errors"
	"strings"
	"time"

	"github.com/mailcrm/sdk/mailcrm"
)

// outboxPage is what is on its way and what became of it: GET /outbox?cursor=&sent=
type outboxPage struct {
	frame
	Rows []leaving
	Next string
}

// leaving is a mail on its way.
type leaving struct {
	ID         string
	State      string
	Sentence   string
	Advice     string // what to do about a failure
	Detail     string // the server's own words
	Subject    string
	To         string
	When       moment
	Left       string // RFC 3339: when it leaves, for the script's count-down
	Undo       bool
	Uncertain  bool
	Fresh      bool   // just queued by this visitor
	Message    string // in the history
	Recipients []delivery
	Copy       string
	Private    bool
}

// delivery is what became of it for one recipient.
type delivery struct {
	Address  string
	Sentence string
	Words    string
}

func (s *site) outbox(v *visit) error {
	page, err := v.mail.Outbox.List(v.ctx(), v.query("cursor"), pageSize)
	if err != nil {
		return err
	}
	p := outboxPage{frame: v.frame("nav.outbox", "outbox")}
	for _, sub := range page.Items {
		l := v.leaving(sub)
		l.Fresh = sub.ID == v.query("sent")
		if l.Fresh && l.Undo && p.Notice != nil {
			p.Notice.Text = v.say("outbox.undoable")
			p.undo(v.say("outbox.undo"), "/outbox/"+sub.ID+"/undo")
		} else if l.Fresh && p.Notice != nil {
			p.Notice = nil // it has left meanwhile
		}
		p.Rows = append(p.Rows, l)
	}
	if page.Next != "" {
		p.Next = address("/outbox", "cursor", page.Next)
	}
	return v.show("outbox", p)
}

func (v *visit) leaving(sub mailcrm.Submission) leaving {
	now := v.site.cfg.Now()
	l := leaving{
		ID: sub.ID, State: sub.State, When: v.clock.moment(sub.Created), Detail: sub.Detail, Message: sub.Message, Private: sub.Private,
		Undo: sub.State == mailcrm.StateQueued, Uncertain: sub.State == mailcrm.StateUncertain,
		Subject: v.subjectOf(sub),
	}
	wait := sub.NotBefore.Sub(now)
	switch {
	case sub.State == mailcrm.StateQueued && wait > 0 && sub.Attempts == 0:
		l.Left = sub.NotBefore.UTC().Format(time.RFC3339)
		if wait < time.Minute {
			l.Sentence = v.lang.count("outbox.leaves_in", int(wait/time.Second)+1)
		} else {
			l.Sentence = v.say("outbox.leaves_at", v.clock.short(sub.NotBefore))
		}
	case sub.State == mailcrm.StateQueued && sub.NextTry.After(now):
		l.Sentence = v.say("outbox.tried_again", v.clock.short(sub.NextTry))
	case sub.State == mailcrm.StateQueued:
		l.Sentence = v.say("outbox.leaves_now")
	case sub.State == mailcrm.StateSent && !sub.Finished.IsZero():
		l.Sentence = v.say("outbox.sent_at", v.clock.short(sub.Finished))
	default:
		l.Sentence = v.say("outbox." + sub.State)
	}
	l.Advice = mailcrm.Sentence(sub.Code, string(v.lang))
	if known("copy." + sub.SentCopy) {
		l.Copy = v.say("copy." + sub.SentCopy)
	}
	var to []string
	for _, r := range sub.Recipients {
		to = append(to, r.Address)
		d := delivery{Address: r.Address, Sentence: v.say("recipient." + r.State)}
		if r.State != "accepted" && r.State != "pending" {
			d.Words = strings.TrimSpace(r.Enhanced + " " + r.Text)
		}
		l.Recipients = append(l.Recipients, d)
	}
	l.To = cut(strings.Join(to, ", "), 200)
	return l
}

// subjectOf names a mail on its way; the history has it as soon as it left.
func (v *visit) subjectOf(sub mailcrm.Submission) string {
	if sub.Message != "" {
		if m, err := v.mail.Messages.Get(v.ctx(), sub.Message); err == nil && strings.TrimSpace(m.Subject) != "" {
			return m.Subject
		}
	}
	return ""
}

// undoSend is POST /outbox/{id}/undo: the mail is a draft again, which is shown.
func (s *site) undoSend(v *visit) error {
	sub, err := v.mail.Outbox.Get(v.ctx(), v.r.PathValue("id"))
	if err != nil {
		return err
	}
	err = v.mail.Outbox.Cancel(v.ctx(), sub.ID)
	if errors.Is(err, mailcrm.ErrConflict) {
		return v.to("/outbox", "done", "too_late")
	}
	if err != nil {
		return err
	}
	return v.to("/drafts/"+sub.Draft, "done", "called_back")
}

// resolve is POST /outbox/{id}/resolve: a person decides what became of an uncertain mail.
func (s *site) resolve(v *visit) error {
	_, err := v.mail.Outbox.Resolve(v.ctx(), v.r.PathValue("id"), mailcrm.Verdict(v.field("verdict")))
	if errors.Is(err, mailcrm.ErrConflict) {
		return v.to("/outbox")
	}
	if err != nil {
		return err
	}
	return v.to("/outbox", "done", "resolved")
}
