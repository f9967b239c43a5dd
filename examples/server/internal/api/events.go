package api

import (
	"context"
	"strconv"
	"time"

	"github.com/mailcrm/sdk/mailcrm"
)

// An Event is one thing that happened: ids, never content.
type Event struct {
	Seq     int64     `json:"seq"`
	Type    string    `json:"type" example:"message.new"`
	At      time.Time `json:"at"`
	Agent   string    `json:"agent,omitempty"`
	Account string    `json:"account,omitempty"`
	Message string    `json:"message,omitempty"`
	Subject string    `json:"subject,omitempty" doc:"id of the thing itself: a link, a submission …"`
	Entity  *Ref      `json:"entity,omitempty"`
}

func event(e mailcrm.Event) Event {
	return Event{
		Seq: e.Seq, Type: e.Type, At: utc(e.At), Agent: e.Agent, Account: e.Account, Message: e.Message, Subject: e.Subject, Entity: refOf(e.Entity),
	}
}

func (r *resources) events() {
	register(r, op{
		"GET /events", "list-events", "What happened, oldest first", 200, "events",
		"next_cursor is the number to go on from, as after; it is never empty, and stays the same while nothing happens.",
	}, func(ctx context.Context, in *struct {
		After int64 `query:"after" minimum:"0" doc:"the sequence number that was seen last"`
		Limit int   `query:"limit" minimum:"1" maximum:"200" default:"50"`
	},
	) (*List[Event], error) {
		events, next, err := r.mail(ctx).Events.List(ctx, in.After, in.Limit)
		if err != nil {
			return nil, err
		}
		return list(events, strconv.FormatInt(next, 10), event), nil
	})
}
