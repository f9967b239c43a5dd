package store

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/store/internal/engine"
	"github.com/mailcrm/sdk/mailcrm/internal/store/internal/keyset"
	"github.com/mailcrm/sdk/storage"
)

const (
	submissionColumns = `tenant, id, account, agent, message, state, raw, COALESCE(send_key, ''), content, created, finished`

	insertSubmission engine.SQL = `INSERT INTO @submissions (tenant, id, account, agent, message, state, due, raw, send_key, content, created, finished) VALUES {rows} ON CONFLICT DO NOTHING`
	// Whoever sends must not bring back what a person has undone meanwhile.
	updateSubmission engine.SQL = `UPDATE @submissions SET message = ?, state = ?, due = ?, raw = ?, content = ?, finished = ? WHERE tenant = ? AND id = ? AND state <> 'cancelled'`
	cancelSubmission engine.SQL = `UPDATE @submissions SET state = 'cancelled', due = 0, finished = ? WHERE tenant = ? AND agent = ? AND id = ? AND state = 'queued'`
	submissionByID   engine.SQL = `SELECT ` + submissionColumns + ` FROM @submissions WHERE tenant = ? AND id = ?`
	submissionByKey  engine.SQL = `SELECT ` + submissionColumns + ` FROM @submissions WHERE tenant = ? AND agent = ? AND send_key = ?`
	lockSubmission   engine.SQL = `SELECT ` + submissionColumns + ` FROM @submissions WHERE tenant = ? AND id = ? {update}`
	submissionByMail engine.SQL = `SELECT ` + submissionColumns + ` FROM @submissions WHERE tenant = ? AND message = ? ORDER BY id LIMIT 1`
	submissionsOf    engine.SQL = `SELECT ` + submissionColumns + ` FROM @submissions WHERE tenant = ? AND agent = ? AND (created, id) < (?, ?) ORDER BY created DESC, id DESC LIMIT ?`
	submissionsDue   engine.SQL = `SELECT ` + submissionColumns + ` FROM @submissions WHERE tenant = ? AND account = ? AND due > 0 AND due <= ? ORDER BY due, id LIMIT ?`

	insertSendIDs engine.SQL = `INSERT INTO @send_ids (tenant, kind, value, submission) VALUES {rows} ON CONFLICT DO NOTHING`
	sendIDs       engine.SQL = `SELECT value, submission FROM @send_ids WHERE tenant = ? AND kind = 'id' AND value IN {list}`
	sendTags      engine.SQL = `SELECT value, submission FROM @send_ids WHERE tenant = ? AND kind = 'tag' AND value IN {list}`
)

// submissionContent is what of a Submission is never asked for by its parts.
type submissionContent struct {
	Draft        string        `json:"draft,omitempty"`
	NotBefore    time.Time     `json:"not_before,omitzero"`
	NextTry      time.Time     `json:"next_try,omitzero"`
	Attempts     int           `json:"attempts,omitempty"`
	RawSize      int64         `json:"raw_size"`
	Bcc          []Address     `json:"bcc,omitempty"`
	MessageID    string        `json:"message_id"`
	Tag          string        `json:"tag"`
	EnvelopeFrom string        `json:"envelope_from"`
	Recipients   []Recipient   `json:"recipients"`
	SentCopy     string        `json:"sent_copy"`
	SentMailbox  string        `json:"sent_mailbox,omitempty"`
	SentUID      uint32        `json:"sent_uid,omitempty"`
	CopyTries    int           `json:"copy_tries,omitempty"`
	Private      bool          `json:"private,omitempty"`
	Entities     []storage.Ref `json:"entities,omitempty"`
	Reply        string        `json:"reply,omitempty"`
	Code         string        `json:"code,omitempty"`
	Detail       string        `json:"detail,omitempty"`
}

func (s *Submission) content() string {
	return asJSON(submissionContent{
		s.Draft, s.NotBefore, s.NextTry, s.Attempts, s.RawSize, s.Bcc, s.MessageID, s.Tag, s.EnvelopeFrom, s.Recipients, s.SentCopy, s.SentMailbox, s.SentUID, s.CopyTries,
		s.Private, s.Entities, s.Reply, s.Code, s.Detail,
	})
}

func scanSubmission(s engine.Scanner) (m Submission, err error) {
	var raw []byte
	var text string
	var created, finished int64
	if err = s.Scan(&m.Tenant, &m.ID, &m.Account, &m.Agent, &m.Message, &m.State, &raw, &m.Key, &text, &created, &finished); err != nil {
		return m, err
	}
	var c submissionContent
	if err = fromJSON(text, &c); err != nil {
		return m, err
	}
	m.Raw, m.Created, m.Finished = asDigest(raw), when(created), when(finished)
	m.Draft, m.NotBefore, m.NextTry, m.Attempts, m.RawSize, m.Bcc, m.MessageID, m.Tag, m.EnvelopeFrom = c.Draft, c.NotBefore, c.NextTry, c.Attempts, c.RawSize, c.Bcc, c.MessageID, c.Tag, c.EnvelopeFrom
	m.Recipients, m.SentCopy, m.SentMailbox, m.SentUID, m.CopyTries = c.Recipients, c.SentCopy, c.SentMailbox, c.SentUID, c.CopyTries
	m.Private, m.Entities, m.Reply, m.Code, m.Detail = c.Private, c.Entities, c.Reply, c.Code, c.Detail
	return m, nil
}

// due is when a submission has something to do next, at the earliest: to be sent, to be looked after because it was being sent, or its copy in Sent. 0: nothing.
func (s *Submission) due() int64 {
	switch {
	case s.State == Queued:
		return max(micros(s.NotBefore), micros(s.NextTry), 1)
	case s.State == Sending, s.SentCopy == CopyPending, s.SentCopy == CopyAppending:
		return max(micros(s.NextTry), 1)
	}
	return 0
}

// Submission is one submission.
func (r Reads) Submission(ctx context.Context, tenant storage.Tenant, id string) (*Submission, error) {
	s, ok, err := engine.One(ctx, r.c, submissionByID, scanSubmission, string(tenant), id)
	if err := found("the submission", ok, err); err != nil {
		return nil, err
	}
	return &s, nil
}

// SubmissionOfMessage is the submission by which a message was sent from here.
func (r Reads) SubmissionOfMessage(ctx context.Context, tenant storage.Tenant, message string) (*Submission, error) {
	if message == "" {
		return nil, fmt.Errorf("the submission: %w", storage.ErrNotFound)
	}
	s, ok, err := engine.One(ctx, r.c, submissionByMail, scanSubmission, string(tenant), message)
	if err := found("the submission", ok, err); err != nil {
		return nil, err
	}
	return &s, nil
}

// LockSubmission reads a submission that nobody else can change before the transaction has ended.
func (tx *Tx) LockSubmission(tenant storage.Tenant, id string) (*Submission, error) {
	s, ok, err := engine.One(tx.ctx, tx.c, lockSubmission, scanSubmission, string(tenant), id)
	if err := found("the submission", ok, err); err != nil {
		return nil, err
	}
	return &s, nil
}

// SubmissionByKey is the one that the agent made with this Idempotency-Key.
func (r Reads) SubmissionByKey(ctx context.Context, tenant storage.Tenant, agent, key string) (*Submission, error) {
	s, ok, err := engine.One(ctx, r.c, submissionByKey, scanSubmission, string(tenant), agent, key)
	if err := found("the submission", ok, err); err != nil {
		return nil, err
	}
	return &s, nil
}

// Submissions is a page of the agent's outbox, the newest first.
func (r Reads) Submissions(ctx context.Context, tenant storage.Tenant, agent, cursor string, limit int) (submissions []Submission, next string, err error) {
	after, ok, err := keyset.Parse(cursor, "submissions")
	if err != nil {
		return nil, "", err
	}
	if !ok {
		after.Number = math.MaxInt64
	}
	limit = keyset.Limit(limit)
	all, err := engine.All(ctx, r.c, submissionsOf, scanSubmission, string(tenant), agent, after.Number, after.ID, int64(limit+1))
	if err != nil {
		return nil, "", doing("reading the outbox", err)
	}
	submissions, more := keyset.Page(all, limit)
	if more {
		last := submissions[limit-1]
		next = keyset.Cursor{List: "submissions", Number: micros(last.Created), ID: last.ID}.String()
	}
	return submissions, next, nil
}

// SubmissionsDue are at most limit submissions of an account that have something to do by now: to be sent, to be looked after since they were being sent when somebody stopped, or to be copied to Sent.
func (r Reads) SubmissionsDue(ctx context.Context, tenant storage.Tenant, account string, now time.Time, limit int) ([]Submission, error) {
	all, err := engine.All(ctx, r.c, submissionsDue, scanSubmission, string(tenant), account, micros(now), int64(limit))
	return all, doing("reading due submissions", err)
}

// SubmissionByID is the id of the submission that owns one of these Message-IDs, or this tag; "" when none does.
func (r Reads) SubmissionByID(ctx context.Context, tenant storage.Tenant, ids []string, tag string) (string, error) {
	owners, err := r.senders(ctx, string(tenant), sendIDs, ids)
	if err != nil {
		return "", doing("looking for a submission", err)
	}
	for _, id := range ids {
		if owner := owners[id]; owner != "" {
			return owner, nil
		}
	}
	if tag == "" {
		return "", nil
	}
	owners, err = r.senders(ctx, string(tenant), sendTags, []string{tag})
	return owners[tag], doing("looking for a submission", err)
}

// senders are the submissions that own values, by value.
func (r Reads) senders(ctx context.Context, tenant string, q engine.SQL, values []string) (map[string]string, error) {
	owners := make(map[string]string)
	err := engine.Chunks(values, engine.MaxIn, func(values []string) error {
		return engine.Each(ctx, r.c, q, func(s engine.Scanner) error {
			var value, submission string
			if err := s.Scan(&value, &submission); err != nil {
				return err
			}
			owners[value] = submission
			return nil
		}, tenant, engine.Strings(values))
	})
	return owners, err
}

// CreateSubmission stores a new submission with the Message-IDs that are its own (its MessageID is one of them without being named) and its tag. A Key that the agent has used is
// [storage.ErrConflict]: see SubmissionByKey. ID and Created are filled in.
func (tx *Tx) CreateSubmission(s *Submission, ids []string) error {
	if s.ID == "" {
		s.ID = tx.NewID(s.Tenant)
	}
	if s.Created.IsZero() {
		s.Created = tx.Now()
	}
	var key any
	if s.Key != "" {
		key = s.Key
	}
	values := []any{
		string(s.Tenant), s.ID, s.Account, s.Agent, s.Message, s.State, s.due(), digestBytes(&s.Raw), key, s.content(), micros(s.Created), micros(s.Finished),
	}
	n, err := tx.exec(insertSubmission, engine.Rows{Columns: len(values), Values: values})
	if err == nil && n == 0 {
		err = fmt.Errorf("this key was used for a submission before: %w", storage.ErrConflict)
	}
	if err == nil {
		err = tx.AddSendIDs(s.Tenant, s.ID, append([]string{s.MessageID}, ids...))
	}
	if err == nil && s.Tag != "" {
		err = tx.insert(insertSendIDs, 4, []any{string(s.Tenant), "tag", s.Tag, s.ID})
	}
	if err == nil {
		refs := make(blobRefs)
		refs.add(s.Raw, 1)
		err = tx.countBlobs(string(s.Tenant), refs)
	}
	return doing("queueing a submission", err)
}

// UpdateSubmission stores how a submission fares. One that was cancelled meanwhile stays so: [storage.ErrConflict].
func (tx *Tx) UpdateSubmission(s *Submission) error {
	before, err := tx.Submission(tx.ctx, s.Tenant, s.ID)
	if err != nil {
		return doing("changing a submission", err)
	}
	n, err := tx.exec(updateSubmission, s.Message, s.State, s.due(), digestBytes(&s.Raw), s.content(), micros(s.Finished), string(s.Tenant), s.ID)
	if err == nil && n == 0 {
		err = fmt.Errorf("it was cancelled meanwhile: %w", storage.ErrConflict)
	}
	if err == nil && before.Raw != s.Raw {
		refs := make(blobRefs)
		refs.add(before.Raw, -1)
		refs.add(s.Raw, 1)
		err = tx.countBlobs(string(s.Tenant), refs)
	}
	return doing("changing a submission", err)
}

// AddSendIDs adds Message-IDs, without angle brackets, to the set that a submission owns (law 10): one that the server made up, for example. An id that another submission owns stays there.
func (tx *Tx) AddSendIDs(tenant storage.Tenant, submission string, ids []string) error {
	var values []any
	for _, id := range ids {
		if id != "" && len(id) <= maxMessageID {
			values = append(values, string(tenant), "id", id, submission)
		}
	}
	return doing("noting Message-IDs", tx.insert(insertSendIDs, 4, values))
}

// CancelSubmission undoes a submission of the agent that has not left: it is queued, and no recipient was accepted or may have been. Otherwise [storage.ErrConflict].
func (tx *Tx) CancelSubmission(tenant storage.Tenant, agent, id string) error {
	s, err := tx.Submission(tx.ctx, tenant, id)
	if err == nil && s.Agent != agent {
		err = fmt.Errorf("the submission: %w", storage.ErrNotFound)
	}
	if err != nil {
		return doing("cancelling a submission", err)
	}
	for _, r := range s.Recipients {
		if r.State == "accepted" || r.State == "uncertain" {
			return fmt.Errorf("cancelling a submission: it has left for some recipients: %w", storage.ErrConflict)
		}
	}
	n, err := tx.exec(cancelSubmission, micros(tx.Now()), string(tenant), agent, id)
	if err == nil && n == 0 {
		err = fmt.Errorf("it has left, or is leaving: %w", storage.ErrConflict)
	}
	return doing("cancelling a submission", err)
}
