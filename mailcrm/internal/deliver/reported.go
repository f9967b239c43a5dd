package deliver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mailcrm/sdk/linker"
	"github.com/mailcrm/sdk/mailcrm/internal/imapsync"
	"github.com/mailcrm/sdk/mailcrm/internal/reports"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// A tie is what binds a report to a mail that was sent from here: an identifier of ours, and recipients of ours.
type tie struct {
	sub     *store.Submission
	reports []store.Delivery // what is said of each recipient; of an automatic reply nothing
}

// status says whether the report is a status of the mail, and no mail of its own in the history.
func (t *tie) status() bool { return t != nil && len(t.reports) > 0 }

// ties finds the reports of a chunk, by their places in it, and marks their arrivals.
func (d *Desk) ties(ctx context.Context, tx *store.Tx, chunk *imapsync.Chunk, arrivals []store.Arrival) (map[int]*tie, error) {
	ties := map[int]*tie{}
	for i := range chunk.Mails {
		a := &arrivals[i]
		if a.Message.Direction != storage.Received {
			continue
		}
		t, err := d.tie(ctx, tx, chunk, &chunk.Mails[i])
		if err != nil {
			return nil, err
		}
		// The transaction may run again.
		a.Thread, a.Message.Facts.About, a.Message.Private, a.Message.PrivateBy, a.Copy.Direction = nil, "", false, "", a.Message.Direction
		if t.status() {
			a.Message.Kind = string(chunk.Mails[i].Told.Verdict.Kind)
			account, err := d.told(ctx, tx, t.sub)
			if err != nil {
				return nil, err
			}
			if account == "" {
				// A report quotes the mail, and is as private: also in a shared mailbox it is for the sender alone, as what he sent from there.
				a.Message.Private, a.Message.PrivateBy, a.Copy.Direction = true, t.sub.Agent, storage.Sent
			}
		} else if a.Message.Kind != string(reports.AutoReply) {
			a.Message.Kind = ""
		}
		if t != nil {
			ties[i], a.Thread, a.Message.Facts.About = t, []string{t.sub.MessageID}, t.sub.Message
		}
	}
	return ties, nil
}

// facts are what a received mail tells about itself and its sender.
func facts(m *imapsync.Mail, servers []reports.Server) store.Facts {
	v := &m.Told.Verdict
	a := reports.Authentication(m.Told.Trace, servers)
	f := store.Facts{Bulk: v.Bulk, Generated: v.Generated, Standing: string(a.Standing), Why: string(a.Why), Server: short(a.Server, 255)}
	if v.List != nil {
		f.List = short(v.List.ID, 255)
	}
	if v.Reply != nil {
		f.Away = v.Reply.Away
	}
	for _, n := range m.Told.Notes {
		f.Notes = append(f.Notes, store.Note{Code: string(n.Code), Detail: n.Detail})
	}
	if r := v.Request; r != nil {
		f.Wish = &store.Wish{To: r.To, Safe: r.SafeReturn, Known: r.Known}
	}
	return f
}

// tie finds the mail that a fetched one reports on. It is nil for all that is no report, and for a report that names no mail of ours, or of its recipients none that
// it went to: such a mail is an ordinary one, whatever it says.
func (d *Desk) tie(ctx context.Context, tx *store.Tx, chunk *imapsync.Chunk, m *imapsync.Mail) (*tie, error) {
	if m.Told == nil || m.Told.Verdict.Kind == reports.Ordinary || m.Kept == "header" || chunk.Mailbox.Role == "trash" {
		return nil, nil
	}
	tenant, v := chunk.Account.Tenant, &m.Told.Verdict
	id, err := d.reportedOn(ctx, tx, tenant, &v.Original)
	if err != nil || id == "" {
		return nil, err
	}
	sub, err := tx.LockSubmission(tenant, id)
	if err != nil {
		return nil, fmt.Errorf("reading submission %s: %w", id, err)
	}
	t := &tie{sub: sub}
	if v.Kind == reports.AutoReply {
		return t, nil
	}
	var to []string
	for _, r := range sub.Recipients {
		if r.State == "accepted" || r.State == "uncertain" { // of the others no server can report anything
			to = append(to, linker.Normalize(r.Address))
		}
	}
	t.reports = said(v, to, when(m, tx.Now()))
	if len(t.reports) == 0 {
		return nil, nil
	}
	return t, nil
}

// reportedOn is the submission that owns an identifier of the mail that a report is about. The surest come first: who quotes an older mail of the same
// conversation has its identifiers in References too, so that of those only our tag in the last place counts, where every mail of ours has its own.
func (d *Desk) reportedOn(ctx context.Context, tx *store.Tx, tenant storage.Tenant, o *reports.Original) (string, error) {
	tag := d.ourTag(tenant, o.EnvelopeID)
	if tag != "" {
		if id, err := tx.SubmissionByID(ctx, tenant, nil, tag); err != nil || id != "" {
			return id, err
		}
	}
	for i := len(o.References) - 1; i >= 0; i-- {
		if ref := o.References[i]; !slices.Contains(o.MessageIDs, ref) {
			tag = d.ourTag(tenant, ref)
			break
		}
	}
	id, err := tx.SubmissionByID(ctx, tenant, o.MessageIDs, tag)
	if err != nil {
		return "", fmt.Errorf("looking for the mail of a report: %w", err)
	}
	return id, nil
}

// ourTag is the keyed tag that an identifier consists of, or "".
func (d *Desk) ourTag(tenant storage.Tenant, id string) string {
	left, _, _ := strings.Cut(id, "@")
	if _, ok := d.Keys.Tagged(tenant, left); ok {
		return left
	}
	return ""
}

// when is when a report was made: as it says, unless that cannot be.
func when(m *imapsync.Mail, now time.Time) time.Time {
	at := m.Parsed.Date
	if at.IsZero() || at.After(now.Add(24*time.Hour)) || at.Year() < 1990 {
		at = m.InternalDate
	}
	if at.IsZero() || at.After(now.Add(24*time.Hour)) {
		at = now
	}
	return at.UTC()
}

// said is what a report says of those of its recipients that the mail went to.
func said(v *reports.Verdict, to []string, at time.Time) (out []store.Delivery) {
	switch {
	case v.Delivery != nil:
		for _, r := range v.Delivery.Of(to) {
			out = append(out, onTheWay(&r, at))
		}
	case v.Read != nil:
		address, ok := v.Read.Of(to)
		if !ok {
			return nil
		}
		s := store.Delivery{Address: address, State: store.Delivered, DeliveryContent: store.DeliveryContent{At: at, Disposition: short(v.Read.Type, 64)}}
		if v.Read.Type == "displayed" && !v.Read.Failed {
			s.State, s.Displayed = store.Displayed, at
		}
		out = append(out, s)
	case v.Complaint != nil && v.Complaint.Type != "not-spam":
		who := v.Complaint.Recipients
		if len(who) == 0 && len(to) == 1 {
			who = to
		}
		for _, address := range who {
			if slices.Contains(to, address) {
				out = append(out, store.Delivery{Address: address, State: store.Complained, DeliveryContent: store.DeliveryContent{At: at, Complaint: short(v.Complaint.Type, 64)}})
			}
		}
	}
	return out
}

// onTheWay is what a server says of one recipient.
func onTheWay(r *reports.Recipient, at time.Time) store.Delivery {
	if !r.LastAttempt.IsZero() && r.LastAttempt.Before(at) && r.LastAttempt.Year() >= 1990 {
		at = r.LastAttempt.UTC()
	}
	s := store.Delivery{Address: r.Address, DeliveryContent: store.DeliveryContent{
		At: at, Status: short(r.Status, 32), Reply: r.Reply, Diagnostic: short(r.Diagnostic, reports.MaxText), Host: short(r.RemoteMTA, 255),
	}}
	switch r.Action {
	case reports.Failed:
		s.State, s.Hard, s.Reason, s.Bounced = store.Bounced, r.Hard, string(r.Reason), at
	case reports.Delayed:
		s.State, s.Reason, s.RetryUntil = store.Delayed, string(r.Reason), r.RetryUntil
	case reports.Delivered:
		s.State = store.Delivered
	default:
		s.State = store.Relayed
	}
	return s
}

// ranks order states. Nothing goes back: who has displayed a mail has it, whatever bounced on a further way.
var ranks = map[string]int{store.Delayed: 1, store.Relayed: 2, store.Delivered: 3, store.Bounced: 4, store.Displayed: 5, store.Complained: 6}

// tellings are the events of states.
var tellings = []struct{ state, event string }{
	{store.Delayed, "outbox.delayed"},
	{store.Relayed, "outbox.relayed"},
	{store.Delivered, "outbox.delivered"},
	{store.Bounced, "outbox.bounced"},
	{store.Displayed, "outbox.displayed"},
	{store.Complained, "outbox.complained"},
}

// advance is what is known after one more report; changed is false when that told nothing new.
func advance(was *store.Delivery, now store.Delivery) (next store.Delivery, changed bool) {
	if was == nil {
		return now, true
	}
	next = *was
	switch {
	case ranks[now.State] < ranks[was.State]:
		return next, false
	case now.State != was.State:
	case now.State == store.Bounced && now.Hard && !was.Hard:
	case now.State == store.Delayed && now.At.After(was.At):
	default:
		return next, false
	}
	switch next.State = now.State; now.State {
	case store.Displayed:
		next.At, next.Displayed, next.Disposition = now.At, now.Displayed, now.Disposition
	case store.Complained:
		next.At, next.Complaint = now.At, now.Complaint
	default:
		next.DeliveryContent = now.DeliveryContent
		next.Disposition = was.Disposition
	}
	return next, true
}

// reported writes down what a report says, in the transaction that records it. The same report again changes nothing.
func (d *Desk) reported(ctx context.Context, w *writing, t *tie, report string) error {
	if len(t.reports) == 0 {
		return nil
	}
	sub, err := w.tx.Submission(ctx, t.sub.Tenant, t.sub.ID) // as it is after what came before in this transaction
	if err != nil {
		return err
	}
	known, err := w.tx.Deliveries(ctx, sub.Tenant, []string{sub.ID})
	if err != nil {
		return err
	}
	byAddress := map[string]*store.Delivery{}
	for i := range known[sub.ID] {
		byAddress[known[sub.ID][i].Address] = &known[sub.ID][i]
	}
	account, err := d.told(ctx, w.tx, sub)
	if err != nil {
		return err
	}
	changed := false
	states := map[string]bool{}
	for _, r := range t.reports {
		was := byAddress[r.Address]
		next, moved := advance(was, r)
		if !moved {
			continue
		}
		changed = true
		if was == nil || was.State != next.State {
			states[next.State] = true
		}
		next.Tenant, next.Submission, next.Message, next.Report = sub.Tenant, sub.ID, sub.Message, report
		if err := w.tx.PutDelivery(&next); err != nil {
			return err
		}
	}
	for _, told := range tellings {
		if states[told.state] {
			w.event(store.Event{Type: told.event, Account: account, Agent: sub.Agent, Message: sub.Message, Subject: sub.ID})
		}
	}
	if changed && w.project {
		links, err := w.tx.TouchLinks(sub.Tenant, sub.Message)
		if err != nil {
			return err
		}
		if err := w.projected(links, false); err != nil {
			return err
		}
	}
	return d.proved(ctx, w, sub, t.reports)
}

// told is the account under which an event of a submission is told: none for a private mail, of which nobody but its sender hears.
func (d *Desk) told(ctx context.Context, tx *store.Tx, sub *store.Submission) (string, error) {
	all, err := tx.LinkFacts(ctx, sub.Tenant, []string{sub.Message})
	if err != nil {
		return "", err
	}
	if sub.Private || all[sub.Message].Private {
		return "", nil
	}
	return sub.Account, nil
}

// proved ends the doubt about those recipients that a report names: to them the mail did leave. Of the others it proves nothing.
func (d *Desk) proved(ctx context.Context, w *writing, sub *store.Submission, reports []store.Delivery) error {
	if sub.State != store.Uncertain {
		return nil
	}
	named, left, doubtful := false, false, false
	for i := range sub.Recipients {
		r := &sub.Recipients[i]
		if r.State == "uncertain" && slices.ContainsFunc(reports, func(s store.Delivery) bool { return s.Address == linker.Normalize(r.Address) }) {
			r.State, named = "accepted", true
		}
		doubtful = doubtful || r.State == "uncertain"
		left = left || r.State == "deferred" || r.State == "pending"
	}
	if !named {
		return nil
	}
	if !doubtful {
		if err := d.settleDoubt(ctx, w, sub, left); err != nil {
			return err
		}
	}
	if err := w.tx.UpdateSubmission(sub); err != nil {
		return fmt.Errorf("noting that submission %s left: %w", sub.ID, err)
	}
	return nil
}

// settleDoubt makes an uncertain submission one that was sent, or is sent on to those who were put off. Its message enters the history with the links that are due.
func (d *Desk) settleDoubt(ctx context.Context, w *writing, sub *store.Submission, left bool) error {
	sub.State, sub.Code, sub.Detail, sub.Finished = store.Accepted, "", "", w.tx.Now()
	if left {
		sub.State, sub.Finished, sub.NextTry = store.Queued, time.Time{}, w.tx.Now()
	}
	if sub.SentCopy != store.CopyNone { // it had left for others before
		w.event(store.Event{Type: "outbox.updated", Account: sub.Account, Agent: sub.Agent, Message: sub.Message, Subject: sub.ID})
		return nil
	}
	switch acc, err := w.tx.Account(ctx, sub.Tenant, sub.Account); {
	case errors.Is(err, storage.ErrNotFound):
		sub.SentCopy = store.CopySkipped
	case err != nil:
		return fmt.Errorf("reading the account of submission %s: %w", sub.ID, err)
	default:
		sub.SentCopy = CopyAfterDoubt(acc)
	}
	w.event(store.Event{Type: "outbox.sent", Account: sub.Account, Agent: sub.Agent, Message: sub.Message, Subject: sub.ID})
	w.state(sub.Message, statePending)
	for _, ref := range sub.Entities {
		w.manual(sub.Message, storage.Entity{Ref: ref})
	}
	return nil
}

// CopyAfterDoubt is what is left to do about the copy in Sent of a mail of which nobody knew whether it left: to look before anything is filed.
func CopyAfterDoubt(acc *store.Account) string {
	switch {
	case acc.Settings.SentCopy == "server":
		return store.CopyDone
	case acc.Settings.SentCopy == "none" || acc.IMAP.ReadOnly:
		return store.CopySkipped
	}
	return store.CopyAppending
}

// short cuts a text that a sender made to n bytes.
func short(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}
