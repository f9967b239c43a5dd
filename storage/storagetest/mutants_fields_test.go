package storagetest_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/mailcrm/sdk/storage"
	"github.com/mailcrm/sdk/storage/storagetest"
)

// fields is a FieldSource whose methods can be replaced.
type fields struct {
	storage.FieldSource
	fields func(context.Context, storage.FieldsRequest) (storage.FieldsResult, error)
	values func(context.Context, storage.ValuesRequest) (storage.ValuesResult, error)
}

func (f fields) Fields(ctx context.Context, req storage.FieldsRequest) (storage.FieldsResult, error) {
	if f.fields != nil {
		return f.fields(ctx, req)
	}
	return f.FieldSource.Fields(ctx, req)
}

func (f fields) Values(ctx context.Context, req storage.ValuesRequest) (storage.ValuesResult, error) {
	if f.values != nil {
		return f.values(ctx, req)
	}
	return f.FieldSource.Values(ctx, req)
}

func fieldMutants() []mutant {
	aroundFields := func(check, name string, fn func(next storage.FieldSource, ctx context.Context, req storage.FieldsRequest) (storage.FieldsResult, error)) mutant {
		return mutant{"FieldSource/" + check, name, func(w *world) {
			next := w.Host.Fields
			w.Host.Fields = fields{FieldSource: next, fields: func(ctx context.Context, req storage.FieldsRequest) (storage.FieldsResult, error) {
				return fn(next, ctx, req)
			}}
		}}
	}
	aroundValues := func(check, name string, fn func(next storage.FieldSource, ctx context.Context, req storage.ValuesRequest) (storage.ValuesResult, error)) mutant {
		return mutant{"FieldSource/" + check, name, func(w *world) {
			next := w.Host.Fields
			w.Host.Fields = fields{FieldSource: next, values: func(ctx context.Context, req storage.ValuesRequest) (storage.ValuesResult, error) {
				return fn(next, ctx, req)
			}}
		}}
	}
	// adding spoils what is declared.
	adding := func(name string, field storage.Field) mutant {
		return aroundFields("fields are well formed", name, func(next storage.FieldSource, ctx context.Context, req storage.FieldsRequest) (storage.FieldsResult, error) {
			result, err := next.Fields(ctx, req)
			result.Fields = append(result.Fields, field)
			return result, err
		})
	}
	// setting spoils what is read.
	setting := func(name, field string, value storage.Value) mutant {
		return aroundValues("values are of the fields", name, func(next storage.FieldSource, ctx context.Context, req storage.ValuesRequest) (storage.ValuesResult, error) {
			result, err := next.Values(ctx, req)
			for _, record := range result.Records {
				record.Record[field] = value
			}
			return result, err
		})
	}
	return []mutant{
		adding("has a name in capitals", storage.Field{Name: "City", Label: "City", Type: storage.ValueText}),
		adding("has a name twice", storage.Field{Name: "name", Label: "Name", Type: storage.ValueText}),
		adding("has a type of its own", storage.Field{Name: "x", Label: "X", Type: "string"}),
		adding("has no label", storage.Field{Name: "x", Type: storage.ValueText}),
		adding("has an empty record", storage.Field{Name: "x", Label: "X", Type: storage.ValueRecord}),
		adding("has a text with fields", storage.Field{Name: "x", Label: "X", Type: storage.ValueText, Fields: []storage.Field{{Name: "y", Label: "Y", Type: storage.ValueText}}}),
		aroundFields("fields are well formed", "declares nothing", func(storage.FieldSource, context.Context, storage.FieldsRequest) (storage.FieldsResult, error) {
			return storage.FieldsResult{}, nil
		}),
		aroundFields("an unknown kind has no fields", "calls an unknown kind an error", func(next storage.FieldSource, ctx context.Context, req storage.FieldsRequest) (storage.FieldsResult, error) {
			result, err := next.Fields(ctx, req)
			if err == nil && len(result.Fields) == 0 {
				err = storage.ErrNotFound
			}
			return result, err
		}),
		setting("gives what is not declared", "shoe_size", storage.Int(43)),
		setting("gives a number as text", "name", storage.Int(1)),
		setting("gives a day without a date", "customer_since", storage.Value{Type: storage.ValueDate}),
		setting("gives money without a currency", "amount", storage.Value{Type: storage.ValueMoney}),
		setting("gives a list of something else", "emails", storage.List(storage.Int(1))),
		aroundValues("what is gone is missing", "gives an empty record for what is gone", func(next storage.FieldSource, ctx context.Context, req storage.ValuesRequest) (storage.ValuesResult, error) {
			result, err := next.Values(ctx, req)
			for _, ref := range req.Refs {
				if _, found := result.Records[ref]; !found && err == nil {
					result.Records[ref] = storage.Record(nil)
				}
			}
			return result, err
		}),
		aroundValues("what the actor may not see is missing", "ignores the actor", func(next storage.FieldSource, ctx context.Context, req storage.ValuesRequest) (storage.ValuesResult, error) {
			req.Actor.Agent = storagetest.Insider
			return next.Values(ctx, req)
		}),
		aroundValues("paths", "reads the first step of a path", func(next storage.FieldSource, ctx context.Context, req storage.ValuesRequest) (storage.ValuesResult, error) {
			result, err := next.Values(ctx, req)
			if len(req.Paths) > 0 {
				for _, record := range result.Records {
					maps.DeleteFunc(record.Record, func(name string, _ storage.Value) bool { return !slices.Contains(req.Paths, name) })
				}
			}
			return result, err
		}),
		aroundValues("500 records at once", "reads a hundred", func(next storage.FieldSource, ctx context.Context, req storage.ValuesRequest) (storage.ValuesResult, error) {
			req.Refs = req.Refs[:min(20, len(req.Refs))]
			return next.Values(ctx, req)
		}),
		aroundValues("tenants do not cross", "believes the ref", func(next storage.FieldSource, ctx context.Context, req storage.ValuesRequest) (storage.ValuesResult, error) {
			all := storage.ValuesResult{Records: map[storage.Ref]storage.Value{}}
			for _, ref := range req.Refs {
				req.Actor.Tenant = ref.Tenant
				result, err := next.Values(ctx, storage.ValuesRequest{Actor: req.Actor, Refs: []storage.Ref{ref}})
				if err != nil {
					return result, err
				}
				maps.Copy(all.Records, result.Records)
			}
			return all, nil
		}),
		aroundValues("tenants do not cross", "looks at ids only", func(next storage.FieldSource, ctx context.Context, req storage.ValuesRequest) (storage.ValuesResult, error) {
			all := storage.ValuesResult{Records: map[storage.Ref]storage.Value{}}
			for _, ref := range req.Refs {
				moved := ref
				moved.Tenant, req.Actor.Tenant = "north", "north"
				result, err := next.Values(ctx, storage.ValuesRequest{Actor: req.Actor, Refs: []storage.Ref{moved}})
				if err != nil {
					return result, err
				}
				if value, found := result.Records[moved]; found {
					all.Records[ref] = value
				}
			}
			return all, nil
		}),
		{"FieldSource/results belong to the caller", "gives its cache away", func(w *world) {
			next, cache := w.Host.Fields, map[string]storage.ValuesResult{}
			w.Host.Fields = fields{FieldSource: next, values: func(ctx context.Context, req storage.ValuesRequest) (storage.ValuesResult, error) {
				key := fmt.Sprint(req.Actor, req.Refs)
				if result, found := cache[key]; found {
					return result, nil
				}
				result, err := next.Values(ctx, req)
				cache[key] = result
				return result, err
			}}
		}},
		{"FieldSource/results belong to the caller", "gives its declarations away", func(w *world) {
			next, cache := w.Host.Fields, map[string]storage.FieldsResult{}
			w.Host.Fields = fields{FieldSource: next, fields: func(ctx context.Context, req storage.FieldsRequest) (storage.FieldsResult, error) {
				if result, found := cache[string(req.Kind)]; found {
					return result, nil
				}
				result, err := next.Fields(ctx, req)
				cache[string(req.Kind)] = result
				return result, err
			}}
		}},
		{"FieldSource/many at once", "has one connection", func(w *world) {
			next, b := w.Host.Fields, newBusy()
			w.Host.Fields = fields{FieldSource: next, values: func(ctx context.Context, req storage.ValuesRequest) (storage.ValuesResult, error) {
				leave, err := b.enter()
				if err != nil {
					return storage.ValuesResult{}, err
				}
				defer leave()
				return next.Values(ctx, req)
			}}
		}},
		aroundFields("honours its context", "ignores its context", func(next storage.FieldSource, ctx context.Context, req storage.FieldsRequest) (storage.FieldsResult, error) {
			return next.Fields(context.WithoutCancel(ctx), req)
		}),
		aroundValues("honours its context", "ignores its context when it reads", func(next storage.FieldSource, ctx context.Context, req storage.ValuesRequest) (storage.ValuesResult, error) {
			return next.Values(context.WithoutCancel(ctx), req)
		}),
	}
}

type recipientsFunc func(context.Context, storage.RecipientsRequest) (storage.RecipientsResult, error)

func (f recipientsFunc) Recipients(ctx context.Context, req storage.RecipientsRequest) (storage.RecipientsResult, error) {
	return f(ctx, req)
}

func listMutants() []mutant {
	around := func(check, name string, fn func(next storage.Lists, ctx context.Context, req storage.RecipientsRequest) (storage.RecipientsResult, error)) mutant {
		return mutant{"Lists/" + check, name, func(w *world) {
			next := w.Host.Lists
			w.Host.Lists = recipientsFunc(func(ctx context.Context, req storage.RecipientsRequest) (storage.RecipientsResult, error) {
				return fn(next, ctx, req)
			})
		}}
	}
	// byOffset counts from the start, so that what goes away moves the rest. It skips skip records at each border of a page.
	byOffset := func(check, name string, skip int) mutant {
		return around(check, name, func(next storage.Lists, ctx context.Context, req storage.RecipientsRequest) (storage.RecipientsResult, error) {
			offset, _ := strconv.Atoi(req.Cursor)
			whole, err := next.Recipients(ctx, storage.RecipientsRequest{Actor: req.Actor, List: req.List, Limit: storage.MaxPage})
			if err != nil || offset > len(whole.Entities) {
				return storage.RecipientsResult{}, err
			}
			page := storage.RecipientsResult{Entities: whole.Entities[offset:]}
			if len(page.Entities) > req.Limit {
				page.Entities = page.Entities[:req.Limit]
				page.Next = strconv.Itoa(offset + req.Limit + skip)
			}
			return page, nil
		})
	}
	return []mutant{
		byOffset("gives every recipient once", "loses one between pages", 1),
		byOffset("gives every recipient once", "repeats one between pages", -1),
		around("gives every recipient once", "ignores the limit", func(next storage.Lists, ctx context.Context, req storage.RecipientsRequest) (storage.RecipientsResult, error) {
			req.Limit = storage.MaxPage
			return next.Recipients(ctx, req)
		}),
		around("the preferred address first", "gives addresses in any order", func(next storage.Lists, ctx context.Context, req storage.RecipientsRequest) (storage.RecipientsResult, error) {
			result, err := next.Recipients(ctx, req)
			for _, entity := range result.Entities {
				slices.Reverse(entity.Addresses)
			}
			return result, err
		}),
		around("a list that does not exist", "calls it empty", func(next storage.Lists, ctx context.Context, req storage.RecipientsRequest) (storage.RecipientsResult, error) {
			result, err := next.Recipients(ctx, req)
			if err != nil {
				return storage.RecipientsResult{}, nil
			}
			return result, nil
		}),
		byOffset("stays in order while it changes", "counts from the start", 0),
		around("tenants do not cross", "reads one tenant for all and calls it theirs", func(next storage.Lists, ctx context.Context, req storage.RecipientsRequest) (storage.RecipientsResult, error) {
			tenant := req.Actor.Tenant
			req.Actor.Tenant = "north"
			result, err := next.Recipients(ctx, req)
			for i := range result.Entities {
				result.Entities[i].Tenant, result.Entities[i].Parent, result.Entities[i].Detail = tenant, storage.Ref{}, ""
			}
			return result, err
		}),
		around("honours its context", "ignores its context", func(next storage.Lists, ctx context.Context, req storage.RecipientsRequest) (storage.RecipientsResult, error) {
			return next.Recipients(context.WithoutCancel(ctx), req)
		}),
	}
}
