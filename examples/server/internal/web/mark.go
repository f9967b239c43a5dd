package web

import (
	"net/http"
	"strings"

	"github.com/mailcrm/sdk/mailcrm"
)

// maxMarked is how many mails one form may name.
const maxMarked = mailcrm.MaxMarks

// marks are what can be said of mails, and what takes it back.
var marksOf = map[string]struct {
	seen, flagged *bool
	undo          string
}{
	"read":   {seen: yes(true), undo: "unread"},
	"unread": {seen: yes(false), undo: "read"},
	"star":   {flagged: yes(true), undo: "unstar"},
	"unstar": {flagged: yes(false), undo: "star"},
}

func yes(b bool) *bool { return &b }

// marked is POST /inbox/marked: what the bar above the list does with the mails chosen ("op" and "m"), or a button of one line with that one ("one").
func (s *site) marked(v *visit) error {
	ids, op := v.r.PostForm["m"], v.field("op")
	if one, id, found := strings.Cut(v.field("one"), ":"); found {
		op, ids = one, []string{id}
	}
	if len(ids) == 1 {
		ids = strings.Fields(ids[0]) // what an undo names
	}
	switch {
	case len(ids) == 0:
		return v.back("/inbox", "done", "none_chosen")
	case len(ids) > maxMarked:
		return mailcrm.ErrLimit
	case op == "link":
		return v.to("/link", "back", v.field("back"), "m", strings.Join(ids, " "))
	}
	if err := v.mark(op, ids); err != nil {
		return err
	}
	if v.wantsJSON() {
		v.json(http.StatusOK, map[string]any{})
		return nil
	}
	return v.back("/inbox", "done", "marked_"+op, "undo", strings.Join(ids, " "))
}

func (v *visit) mark(op string, ids []string) error {
	how, ok := marksOf[op]
	if !ok {
		return errNoPage
	}
	return v.mail.Messages.Mark(v.ctx(), mailcrm.MarkInput{Messages: ids, Seen: how.seen, Flagged: how.flagged})
}

// passed adds the button that takes back what a notice tells.
func (p *inboxPage) passed(v *visit) {
	op, found := strings.CutPrefix(v.query("done"), "marked_")
	if how, ok := marksOf[op]; found && ok && v.query("undo") != "" {
		p.undo(v.say("undo"), "/inbox/marked", pair{"op", how.undo}, pair{"m", v.query("undo")}, pair{"back", p.Here})
	}
}

// markMessage is POST /message/{id}/mark: star it, or make it unread again, which leads back to the list.
func (s *site) markMessage(v *visit) error {
	id, op := v.r.PathValue("id"), v.field("op")
	if err := v.mark(op, []string{id}); err != nil {
		return err
	}
	if v.wantsJSON() {
		v.json(http.StatusOK, map[string]any{})
		return nil
	}
	if op == "unread" {
		return v.back("/inbox", "done", "marked_unread", "undo", id)
	}
	return v.to("/message/"+id, "back", v.field("back"))
}
