package web

import (
	"errors"
	"strconv"

	"github.com/mailcrm/sdk/mailcrm"
)

// tryAccount is POST /accounts/new/try: the servers are tried, and when all is well the account is saved.
func (s *site) tryAccount(v *visit) error {
	t, kept := s.drawer.get(v.field("kept"), v.actor)
	if !kept {
		t = attempt{who: v.actor}
	}
	in := v.addForm()
	t.address = in.Address
	t.passwords(&in)
	v.trusted(&in, t.check)
	if in.IMAP.Login == "" {
		t.signedIn = ""
	}
	t.input, t.of, t.wrong, t.check = in, v.field("of"), nil, nil
	if v.checkedBox("confirm") {
		t.confirmed = serverNames(in)
	}
	if (v.field("must") != "" || t.unvouched()) && t.confirmed != serverNames(in) {
		t.wrong = formErrors{"confirm": v.say("add.confirm.must")}
		return v.tryAgain(t)
	}
	check, err := v.mail.Accounts.Check(v.ctx(), mailcrm.CheckInput{Account: in, Progress: func(step mailcrm.CheckStep) { v.progress(v.stepLine(step)) }})
	if err != nil {
		return v.tryFailed(t, err)
	}
	t.check = check
	if check.IMAPUsername != "" {
		t.input.IMAP.Username = check.IMAPUsername
	}
	if check.SMTPUsername != "" {
		t.input.SMTP.Username = check.SMTPUsername
	}
	if check.SavesSent {
		t.input.SentCopy = mailcrm.SentServer
	}
	if !check.OK {
		t.forget()
		return v.tryAgain(t)
	}
	return v.keep(t)
}

// unvouched says that nobody vouches for the servers of the candidate that is tried: see [autoconfig.Candidate.Confirm].
func (t *attempt) unvouched() bool {
	n, err := strconv.Atoi(t.of)
	return err == nil && t.found != nil && n >= 0 && n < len(t.found.Candidates) && t.found.Candidates[n].Confirm
}

// tryAnyway is POST /accounts/new/anyway: an account is saved as it was tried, although something is wrong that will pass.
func (s *site) tryAnyway(v *visit) error {
	t, kept := s.drawer.get(v.field("kept"), v.actor)
	if !kept {
		return v.to("/accounts/new", "kept", "over")
	}
	if !passes(t.check) {
		return mailcrm.ErrConflict
	}
	return v.keep(t)
}

// keep saves what was tried.
func (v *visit) keep(t attempt) error {
	if _, err := v.mail.Accounts.Create(v.ctx(), t.input); err != nil {
		return v.tryFailed(t, err)
	}
	v.site.drawer.remove(t.id)
	return v.end("/accounts", "done", "account_made")
}

// tryAgain shows the form again, with what there is to correct.
func (v *visit) tryAgain(t attempt) error {
	id := v.site.drawer.put(t)
	if t.of == "hand" {
		return v.end("/accounts/new", "kept", id, "by", "hand")
	}
	return v.end("/accounts/new", "kept", id, "found", t.of)
}

// tryFailed shows what is wrong with the form, or fails.
func (v *visit) tryFailed(t attempt, err error) error {
	var field *mailcrm.FieldError
	switch code, _ := mailcrm.ErrorCode(err); {
	case errors.As(err, &field):
		t.wrong = formErrors{accountField(field.Field): v.fieldText(field)}
	case code == "conflict":
		t.wrong = formErrors{"address": v.say("account.exists")}
	case v.ctx().Err() != nil:
		return err
	default:
		t.wrong = formErrors{"form": v.errorText(err)}
	}
	return v.tryAgain(t)
}

// addForm is the second step's form. What it does not ask takes its default, or what the check finds.
func (v *visit) addForm() mailcrm.AccountInput {
	in := mailcrm.AccountInput{
		Address: v.field("address"), Name: v.field("name"), Link: v.field("link"), DepthDays: v.depth(), IMAP: v.serverInput("imap"), SMTP: v.serverInput("smtp"),
		StoreAttachments: v.checkedBox("store"),
	}
	if v.field("sent") == mailcrm.SentServer {
		in.SentCopy = mailcrm.SentServer
	}
	return in
}
