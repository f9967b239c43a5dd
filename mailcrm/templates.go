package mailcrm

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
	"github.com/mailcrm/sdk/templates"
)

// Templates are mails to be merged, shared by all agents of the tenant. Their language is that of package templates.
//
// A template of kind contact reads the fields of a contact as {{ contact.name }}; every template reads those of the identity that sends as
// {{ sender.name }} and {{ sender.address }}.
type Templates struct{ s *Session }

// A Template is a mail with merge fields.
type Template struct {
	ID       string
	Revision int64        // of the template that was shown; 0 in Save: whatever it is now
	Name     string       // for people. Required, at most 255 bytes
	Page     string       // where it is offered first: "reply", "contact", "quote" …; empty: everywhere
	Language string       // BCP 47; empty: any
	Kind     storage.Kind // of the record whose fields it reads. Defaults to contact
	Default  bool         // chosen already when its page opens
	Subject  string
	HTML     string
	Text     string // without HTML: a plain text mail. With HTML: its text version
}

// A TemplateProblem is one thing wrong with a template, at its place.
type TemplateProblem struct {
	Part       string // "subject", "html", "text"
	Code       string // stable: "unknown_field", "unclosed" …
	Line       int    // from 1
	Column     int
	Field      string
	Suggestion string
	Message    string // in the Actor's language
}

// Save stores a template after checking it. Its problems are returned and nothing is stored if there are any.
//
// Errors: [ErrInvalid] without a name, or together with the problems; [ErrLimit] for more than a draft may have; [ErrConflict] when Revision is not the
// stored one.
func (t *Templates) Save(ctx context.Context, in Template) (*Template, []TemplateProblem, error) {
	if err := t.s.enter(ctx); err != nil {
		return nil, nil, err
	}
	if in.Name == "" || len(in.Name) > 255 || hasControl(in.Name) {
		return nil, nil, storage.Invalid("Name", "required", "give the template a name of at most 255 bytes")
	}
	problems, err := t.Check(ctx, in)
	if err != nil {
		return nil, nil, err
	}
	if len(problems) > 0 {
		return nil, problems, storage.Invalid("HTML", "template", "the template has mistakes: "+problems[0].Message)
	}
	if in.ID != "" && in.Revision == 0 {
		now, err := t.Get(ctx, in.ID)
		if err != nil {
			return nil, nil, err
		}
		in.Revision = now.Revision
	}
	row := &store.Template{
		Tenant: t.s.actor.Tenant, ID: in.ID, Name: in.Name, Page: in.Page, Language: in.Language, Kind: in.Kind, Default: in.Default,
		Subject: in.Subject, HTML: in.HTML, Text: in.Text, Revision: in.Revision,
	}
	if row.Kind == "" {
		row.Kind = storage.KindContact
	}
	if err := t.s.client.db.Write(ctx, nil, func(tx *store.Tx) error { return tx.PutTemplate(row) }); err != nil {
		return nil, nil, fmt.Errorf("saving template %q: %w", in.Name, err)
	}
	out := template(row)
	return &out, nil, nil
}

// Check says what is wrong with a template: its writing, and every field that the host does not declare.
func (t *Templates) Check(ctx context.Context, in Template) ([]TemplateProblem, error) {
	if err := t.s.enter(ctx); err != nil {
		return nil, err
	}
	if err := checkTemplate(in); err != nil {
		return nil, err
	}
	kind := in.Kind
	if kind == "" {
		kind = storage.KindContact
	}
	fields, err := t.s.fields(ctx, kind)
	if err != nil {
		return nil, err
	}
	_, problems := t.s.parse(in.Subject, in.HTML, in.Text, fields)
	return problems, nil
}

// checkTemplate bounds what a template may hold, as a draft that is made of it.
func checkTemplate(in Template) error {
	for _, word := range []struct{ field, value string }{{"Page", in.Page}, {"Language", in.Language}, {"Kind", string(in.Kind)}} {
		if len(word.value) > 64 || hasControl(word.value) {
			return storage.Invalid(word.field, "malformed", "a word of at most 64 bytes, without control characters")
		}
	}
	switch {
	case len(in.Subject) > MaxSubject:
		return fmt.Errorf("a subject has at most %d bytes: %w", MaxSubject, ErrLimit)
	case len(in.HTML) > MaxSource || len(in.Text) > MaxSource:
		return fmt.Errorf("a text has at most %d bytes: %w", MaxSource, ErrLimit)
	}
	return nil
}

// Get returns a template.
func (t *Templates) Get(ctx context.Context, id string) (*Template, error) {
	if err := t.s.enter(ctx); err != nil {
		return nil, err
	}
	row, err := t.s.client.db.Template(ctx, t.s.actor.Tenant, id)
	if err != nil {
		return nil, fmt.Errorf("template %q: %w", id, err)
	}
	out := template(row)
	return &out, nil
}

// List returns the templates of a page and language, those for every page and any language included; empty means all.
func (t *Templates) List(ctx context.Context, page, language string) ([]Template, error) {
	if err := t.s.enter(ctx); err != nil {
		return nil, err
	}
	rows, err := t.s.client.db.Templates(ctx, t.s.actor.Tenant, page, language)
	if err != nil {
		return nil, fmt.Errorf("listing templates: %w", err)
	}
	out := make([]Template, len(rows))
	for i := range rows {
		out[i] = template(&rows[i])
	}
	return out, nil
}

// Delete removes a template. Drafts made of it keep their text.
func (t *Templates) Delete(ctx context.Context, id string) error {
	if _, err := t.Get(ctx, id); err != nil {
		return err
	}
	err := t.s.client.db.Write(ctx, nil, func(tx *store.Tx) error { return tx.DeleteTemplate(t.s.actor.Tenant, id) })
	if err != nil {
		return fmt.Errorf("deleting template %q: %w", id, err)
	}
	return nil
}

// Fields are what a template of a kind can read, with the names as templates write them.
func (t *Templates) Fields(ctx context.Context, kind storage.Kind) ([]storage.Field, error) {
	if err := t.s.enter(ctx); err != nil {
		return nil, err
	}
	return t.s.fields(ctx, kind)
}

func template(row *store.Template) Template {
	return Template{
		ID: row.ID, Revision: row.Revision, Name: row.Name, Page: row.Page, Language: row.Language, Kind: row.Kind, Default: row.Default,
		Subject: row.Subject, HTML: row.HTML, Text: row.Text,
	}
}

// senderFields are those of the identity that sends.
var senderFields = storage.Field{Name: "sender", Type: storage.ValueRecord, Fields: []storage.Field{
	{Name: "name", Type: storage.ValueText}, {Name: "address", Type: storage.ValueText},
}}

// fields declares what a template may read: the record under the name of its kind, and the sender.
func (s *Session) fields(ctx context.Context, kind storage.Kind) ([]storage.Field, error) {
	out := []storage.Field{senderFields}
	if kind == "" || s.client.cfg.Host.Fields == nil {
		return out, nil
	}
	ask, done := context.WithTimeout(ctx, s.client.cfg.LookupTimeout)
	defer done()
	res, err := s.client.cfg.Host.Fields.Fields(ask, storage.FieldsRequest{Tenant: s.actor.Tenant, Kind: kind, Locale: s.actor.Locale})
	if err != nil {
		return nil, hostFailed("asking the CRM which fields there are", err)
	}
	if len(res.Fields) > 0 {
		out = append(out, storage.Field{Name: string(kind), Type: storage.ValueRecord, Fields: res.Fields})
	}
	return out, nil
}

// values are those fields' values: known fields without a value are empty, not unknown.
func (s *Session) values(ctx context.Context, declared []storage.Field, entity storage.Ref, paths []string, sender store.Identity) (templates.Value, error) {
	root := map[string]storage.Value{"sender": storage.Record(map[string]storage.Value{
		"name": storage.Text(sender.Name), "address": storage.Text(sender.Address),
	})}
	if !entity.IsZero() && s.client.cfg.Host.Fields != nil {
		seen, err := s.client.visible(ctx, s.actor, []storage.Ref{entity})
		if err != nil {
			return templates.Value{}, err
		}
		if !seen[entity] {
			return templates.Value{}, fmt.Errorf("record %s/%s: %w", entity.Kind, entity.ID, ErrNotFound)
		}
		ask, done := context.WithTimeout(ctx, s.client.cfg.LookupTimeout)
		defer done()
		res, err := s.client.cfg.Host.Fields.Values(ask, storage.ValuesRequest{Actor: s.actor, Refs: []storage.Ref{entity}, Paths: paths})
		if err != nil {
			return templates.Value{}, hostFailed("asking the CRM for the fields to merge", err)
		}
		record, ok := res.Records[entity]
		if !ok {
			return templates.Value{}, fmt.Errorf("record %s/%s: %w", entity.Kind, entity.ID, ErrNotFound)
		}
		root[string(entity.Kind)] = record
	}
	return merged(storage.Record(root), declared), nil
}

// merged converts a value for templates, with an empty value for every declared field that it lacks.
func merged(v storage.Value, fields []storage.Field) templates.Value {
	switch v.Type {
	case storage.ValueText:
		if v.Text == "" {
			return templates.Null()
		}
		return templates.Text(v.Text)
	case storage.ValueBool:
		return templates.Bool(v.Bool)
	case storage.ValueInt:
		return templates.Int(v.Int)
	case storage.ValueDecimal:
		return orNull(templates.Decimal(decimal(v.Decimal)))
	case storage.ValueMoney:
		return orNull(templates.Money(decimal(v.Decimal), v.Currency))
	case storage.ValueDate:
		y, m, d := v.Time.Date()
		return templates.Date(y, m, d)
	case storage.ValueInstant:
		return templates.Instant(v.Time)
	case storage.ValueList:
		list := make([]templates.Value, len(v.List))
		for i, item := range v.List {
			list[i] = merged(item, fields)
		}
		return templates.List(list...)
	case storage.ValueRecord:
		record := make(map[string]templates.Value, len(v.Record)+len(fields))
		inner := map[string][]storage.Field{}
		for _, f := range fields {
			record[f.Name] = templates.Null()
			inner[f.Name] = f.Fields
		}
		for name, value := range v.Record {
			record[name] = merged(value, inner[name])
		}
		return templates.Record(record)
	}
	return templates.Null()
}

// maxDigits is how many digits behind the point a number keeps that has no end (a third).
const maxDigits = 12

func decimal(n *big.Rat) string {
	if n == nil {
		return ""
	}
	s := n.FloatString(maxDigits)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// orNull makes a value that cannot be read (a currency that is none) one that is missing: a preview then says so.
func orNull(v templates.Value, err error) templates.Value {
	if err != nil {
		return templates.Null()
	}
	return v
}

// declared converts the host's fields for a check.
func declared(fields []storage.Field) []templates.Field {
	out := make([]templates.Field, len(fields))
	for i, f := range fields {
		out[i] = templates.Field{Path: f.Name, Type: templates.Type(f.Type), Fields: declared(f.Fields)}
		if f.Type == storage.ValueList {
			out[i].List, out[i].Type = true, templates.TypeRecord
			if len(f.Fields) == 1 && f.Fields[0].Name == "" {
				out[i].Type, out[i].Fields = templates.Type(f.Fields[0].Type), nil
			}
		}
	}
	return out
}

// A source is a mail's three templates, parsed. One that is empty is nil.
type source struct {
	subject, html, text *templates.Template
}

func (s source) paths() []string {
	var out []string
	for _, t := range []*templates.Template{s.subject, s.html, s.text} {
		if t != nil {
			out = append(out, t.Paths()...)
		}
	}
	return out
}

func (s *Session) parse(subject, html, text string, fields []storage.Field) (source, []TemplateProblem) {
	var (
		out      source
		problems []TemplateProblem
		known    = declared(fields)
	)
	for _, part := range []struct {
		name, source string
		context      templates.Context
		into         **templates.Template
	}{
		{"subject", subject, templates.Header, &out.subject},
		{"html", html, templates.HTML, &out.html},
		{"text", text, templates.PlainText, &out.text},
	} {
		if part.source == "" {
			continue
		}
		t, err := templates.Parse(part.name, part.source, part.context, nil)
		if err != nil {
			problems = append(problems, s.problems(part.name, err)...)
			continue
		}
		if err := t.Check(known).Err(); err != nil {
			problems = append(problems, s.problems(part.name, err)...)
			continue
		}
		*part.into = t
	}
	return out, problems
}

func (s *Session) problems(part string, err error) []TemplateProblem {
	var all templates.Errors
	if !errors.As(err, &all) {
		var one *templates.Error
		if !errors.As(err, &one) {
			return []TemplateProblem{{Part: part, Code: "template", Line: 1, Column: 1, Message: err.Error()}}
		}
		all = templates.Errors{one}
	}
	out := make([]TemplateProblem, len(all))
	for i, e := range all {
		out[i] = TemplateProblem{
			Part: part, Code: string(e.Code), Line: e.Line, Column: e.Column, Field: e.Field, Suggestion: e.Suggestion, Message: e.Localize(s.actor.Locale),
		}
	}
	return out
}
