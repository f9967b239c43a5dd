package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/mailcrm/sdk/linker"
	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/storage"
)

// An Entity is a record of the CRM.
type Entity struct {
	Kind      string   `json:"kind"`
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	Detail    string   `json:"detail,omitempty"`
	Addresses []string `json:"addresses" nullable:"false"`
	Parent    *Ref     `json:"parent,omitempty"`
	URL       string   `json:"url,omitempty" doc:"where the CRM shows it"`
	Owner     string   `json:"owner,omitempty"`
}

func entity(e storage.Entity) Entity {
	return Entity{
		Kind: string(e.Kind), ID: e.ID, Name: e.Name, Detail: e.Detail, Addresses: append([]string{}, e.Addresses...), Parent: refOf(e.Parent), URL: e.URL, Owner: e.Owner,
	}
}

// A Record is an entity with its fields.
type Record struct {
	Entity
	Fields map[string]any `json:"fields" doc:"by name, as template-fields describes them; money is {amount, currency}, decimals are text"`
}

// plain is a value as JSON has it. Exact numbers are text, so that nobody rounds them.
func plain(v storage.Value) any {
	switch v.Type {
	case storage.ValueText:
		return v.Text
	case storage.ValueBool:
		return v.Bool
	case storage.ValueInt:
		return v.Int
	case storage.ValueDecimal:
		if v.Decimal != nil {
			return v.Decimal.FloatString(decimals)
		}
	case storage.ValueMoney:
		if v.Decimal != nil {
			return map[string]any{"amount": v.Decimal.FloatString(2), "currency": v.Currency}
		}
	case storage.ValueDate:
		return v.Time.Format(time.DateOnly)
	case storage.ValueInstant:
		return utc(v.Time)
	case storage.ValueList:
		return all(v.List, plain)
	case storage.ValueRecord:
		record := make(map[string]any, len(v.Record))
		for name, part := range v.Record {
			record[name] = plain(part)
		}
		return record
	}
	return nil
}

// decimals is how many digits behind the point a decimal is written with.
const decimals = 6

// OneEntity names a record.
type OneEntity struct {
	Kind string `path:"kind" maxLength:"64"`
	ID   string `path:"id" maxLength:"255"`
}

func (e OneEntity) ref(a storage.Actor) storage.Ref {
	return storage.Ref{Tenant: a.Tenant, Kind: storage.Kind(e.Kind), ID: e.ID}
}

// A Created is a record made, or the records that it may be already.
type Created struct {
	Entity     *Entity  `json:"entity,omitempty"`
	Duplicates []Entity `json:"duplicates" nullable:"false" doc:"not empty: nothing was made; choose one, or ask again with allow_duplicate"`
}

func (r *resources) entities() {
	const tag = "entities"
	register(r, op{
		"GET /entities", "find-entities", "Records by name (q) or by mail address (email)", 200, tag, "At most 20 by name, best first.",
	}, func(ctx context.Context, in *struct {
		Q     string   `query:"q" maxLength:"255"`
		Email string   `query:"email" maxLength:"320"`
		Kind  []string `query:"kind" maxItems:"20" doc:"account, contact, deal …, separated by commas; without one: all"`
	},
	) (*List[Entity], error) {
		var found []storage.Entity
		var err error
		if in.Email != "" {
			found, err = r.mail(ctx).Entities.ByAddress(ctx, in.Email)
		} else {
			found, err = r.mail(ctx).Entities.Search(ctx, in.Q, all(in.Kind, func(k string) storage.Kind { return storage.Kind(k) })...)
		}
		if err != nil {
			return nil, err
		}
		return list(found, "", entity), nil
	})
	register(r, op{
		"POST /entities", "create-entity", "Make a record", 201, tag,
		"When the CRM thinks that it exists already, nothing is made, the status is 200 and duplicates has the candidates. Earlier mail of its address is linked to it.",
	}, r.createEntity)
	register(r, op{"GET /entities/{kind}/{id}", "get-entity", "A record with its fields", 200, tag, ""},
		func(ctx context.Context, in *OneEntity) (*struct{ Body Record }, error) {
			a := actor(ctx)
			found, err := r.cfg.CRM.Get(ctx, a, in.ref(a))
			if err != nil {
				return nil, err
			}
			fields, values, err := r.cfg.CRM.Fields(ctx, a, in.ref(a))
			if err != nil {
				return nil, err
			}
			record := Record{Entity: entity(found), Fields: map[string]any{}}
			for _, f := range fields {
				record.Fields[f.Name] = plain(values[f.Name])
			}
			return &struct{ Body Record }{record}, nil
		})
	register(r, op{
		"GET /entities/{kind}/{id}/timeline", "get-timeline", "The history of a record, newest first", 200, tag,
		"A private mail of somebody else is a row without content.",
	}, func(ctx context.Context, in *struct {
		OneEntity
		Paging
	},
	) (*List[Message], error) {
		a := actor(ctx)
		if _, err := r.cfg.CRM.Get(ctx, a, in.ref(a)); err != nil {
			return nil, err // a CRM without Access would call the history of a record that is not there empty
		}
		found, err := r.mail(ctx).Timeline.List(ctx, mailcrm.TimelineQuery{Entity: in.ref(a), Cursor: in.Cursor, Limit: in.Limit})
		if err != nil {
			return nil, err
		}
		return list(found.Items, found.Next, message), nil
	})
}

// createInput describes a record to make.
type createInput struct {
	Key  string `header:"Idempotency-Key" maxLength:"128" doc:"the same key within a day makes one record"`
	Body struct {
		Kind           string `json:"kind" enum:"account,contact,deal"`
		Name           string `json:"name" required:"false" maxLength:"255"`
		FirstName      string `json:"first_name" required:"false" maxLength:"255"`
		LastName       string `json:"last_name" required:"false" maxLength:"255"`
		Address        string `json:"address" required:"false" maxLength:"320"`
		Phone          string `json:"phone" required:"false" maxLength:"255"`
		Parent         *Ref   `json:"parent,omitempty" doc:"the company of a contact"`
		AllowDuplicate bool   `json:"allow_duplicate" required:"false"`
	}
}

// createOutput is what came of it.
type createOutput struct {
	Status   int
	Location string `header:"Location"`
	Body     Created
}

func (r *resources) createEntity(ctx context.Context, in *createInput) (*createOutput, error) {
	a, b := actor(ctx), in.Body
	key := ""
	if in.Key != "" { // a contract's key has 64 bytes, and one agent's is none of another's
		sum := sha256.Sum256([]byte(a.Agent + "\x00" + in.Key))
		key = hex.EncodeToString(sum[:])
	}
	made, err := r.mail(ctx).Entities.Create(ctx, storage.CreateRequest{
		Key: key, Kind: storage.Kind(b.Kind), Name: b.Name, FirstName: b.FirstName, LastName: b.LastName, Address: b.Address, Phone: b.Phone,
		Parent: b.Parent.ref(a), AllowDuplicate: b.AllowDuplicate,
	})
	if err != nil {
		return nil, err
	}
	if len(made.Duplicates) > 0 {
		return &createOutput{Status: 200, Body: Created{Duplicates: all(made.Duplicates, entity)}}, nil
	}
	if address := linker.Normalize(b.Address); address != "" {
		if err := r.cfg.Client.Changed(ctx, []storage.EntityChange{{Ref: made.Entity.Ref, Addresses: []string{address}}}); err != nil {
			// The record is there; its earlier mail is linked when it is opened.
			r.cfg.Logger.WarnContext(ctx, "earlier mail not linked", "kind", made.Entity.Kind, "id", made.Entity.ID, "error", err)
		}
	}
	e := entity(made.Entity)
	return &createOutput{Status: 201, Location: Prefix + "/entities/" + e.Kind + "/" + e.ID, Body: Created{Entity: &e, Duplicates: []Entity{}}}, nil
}
