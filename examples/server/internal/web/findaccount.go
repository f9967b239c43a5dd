package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/autoconfig"
)

// A Finder looks for the servers of an address and tells each step, as [autoconfig.Explore] does. An address that cannot be one is a [mailcrm.FieldError].
type Finder func(ctx context.Context, address string, progress func(autoconfig.Step)) (*autoconfig.Result, error)

// findTime is a little more than [autoconfig.DefaultTimeout].
const findTime = 12 * time.Second

// findAccount is POST /accounts/new/find: the first step of adding an account.
func (s *site) findAccount(v *visit) error {
	t := attempt{who: v.actor, address: v.field("address")}
	t.input.Address = t.address
	if person, ok := s.cfg.People.Person(v.actor.Agent); ok {
		t.input.Name = person.Name
	}
	if s.cfg.Find == nil {
		return v.end("/accounts/new", "kept", s.drawer.put(t), "by", "hand")
	}
	ctx, done := context.WithTimeout(v.ctx(), findTime)
	defer done()
	result, err := s.cfg.Find(ctx, t.address, func(step autoconfig.Step) {
		shown := v.foundStep(step)
		v.progress(progressLine{Key: string(step.Source), Name: shown.Name, Text: shown.Text, State: shown.State})
	})
	var field *mailcrm.FieldError
	switch {
	case errors.As(err, &field):
		t.wrong = formErrors{"address": v.fieldText(field)}
		return v.wrongAddress(t)
	case err != nil && (result == nil || v.ctx().Err() != nil):
		return err
	}
	t.found, t.address = result, result.Address
	t.input.Address = result.Address
	return v.end("/accounts/new", "kept", s.drawer.put(t))
}

// wrongAddress shows the first step again.
func (v *visit) wrongAddress(t attempt) error {
	if v.live() {
		v.progress(progressLine{Error: t.wrong["address"]})
		return nil
	}
	p := addPage{frame: v.frame("account.new", "accounts"), Finds: true, Address: t.address, Errors: t.wrong}
	return v.showStatus(http.StatusUnprocessableEntity, "accountnew", p)
}
