package storagetest_test

import (
	"context"
	"fmt"
	"html"
	"slices"
	"strings"
	"sync"

	"github.com/mailcrm/sdk/storage"
	"github.com/mailcrm/sdk/storage/storagetest"
)

type lookupFunc func(context.Context, storage.LookupRequest) (storage.LookupResult, error)

func (f lookupFunc) Lookup(ctx context.Context, req storage.LookupRequest) (storage.LookupResult, error) {
	return f(ctx, req)
}

func directoryMutants() []mutant {
	// around makes a mutant that works on what a good driver answers.
	around := func(check, name string, fn func(w *world, next storage.Directory, ctx context.Context, req storage.LookupRequest) (storage.LookupResult, error)) mutant {
		return mutant{"Directory/" + check, name, func(w *world) {
			next := w.Host.Directory
			w.Host.Directory = lookupFunc(func(ctx context.Context, req storage.LookupRequest) (storage.LookupResult, error) {
				return fn(w, next, ctx, req)
			})
		}}
	}
	filter := func(check, name string, keep func(req storage.LookupRequest, m storage.Match) bool) mutant {
		return around(check, name, func(_ *world, next storage.Directory, ctx context.Context, req storage.LookupRequest) (storage.LookupResult, error) {
			result, err := next.Lookup(ctx, req)
			result.Matches = slices.DeleteFunc(result.Matches, func(m storage.Match) bool { return !keep(req, m) })
			return result, err
		})
	}
	// matching answers by any comparison of a stored address with the one asked.
	matching := func(check, name string, fits func(stored, asked string) bool) mutant {
		return around(check, name, func(w *world, _ storage.Directory, _ context.Context, req storage.LookupRequest) (storage.LookupResult, error) {
			var result storage.LookupResult
			for _, entity := range w.crm.Records(req.Tenant) {
				for _, asked := range req.Addresses {
					if slices.ContainsFunc(entity.Addresses, func(stored string) bool { return fits(strings.ToLower(stored), asked) }) {
						result.Matches = append(result.Matches, storage.Match{Address: asked, Entity: entity})
					}
				}
			}
			return result, nil
		})
	}
	return []mutant{
		filter("finds who has the address", "knows contacts only", func(_ storage.LookupRequest, m storage.Match) bool { return m.Entity.Kind == storage.KindContact }),
		filter("finds who has the address", "knows preferred addresses only", func(_ storage.LookupRequest, m storage.Match) bool {
			return strings.EqualFold(m.Entity.Addresses[0], m.Address)
		}),
		around("finds who has the address", "answers twice", func(_ *world, next storage.Directory, ctx context.Context, req storage.LookupRequest) (storage.LookupResult, error) {
			result, err := next.Lookup(ctx, req)
			result.Matches = append(result.Matches, result.Matches...)
			return result, err
		}),
		around("nobody is no error", "calls nobody an error", func(_ *world, next storage.Directory, ctx context.Context, req storage.LookupRequest) (storage.LookupResult, error) {
			result, err := next.Lookup(ctx, req)
			if err == nil && len(result.Matches) == 0 {
				err = storage.ErrNotFound
			}
			return result, err
		}),
		matching("never a part of an address", "compares ends", func(stored, asked string) bool { return strings.HasSuffix(stored, asked) }),
		matching("never a part of an address", "compares beginnings", func(stored, asked string) bool { return strings.HasPrefix(stored, asked) }),
		matching("never a part of an address", "takes _ for any character", func(stored, asked string) bool {
			return len(stored) == len(asked) && !strings.ContainsFunc(asked, func(r rune) bool { return r == '%' }) && like(stored, asked)
		}),
		matching("never a part of an address", "drops tags", func(stored, asked string) bool {
			local, domain, _ := strings.Cut(asked, "@")
			local, _, _ = strings.Cut(local, "+")
			return stored == local+"@"+domain
		}),
		filter("case does not count", "compares bytes", func(_ storage.LookupRequest, m storage.Match) bool {
			return slices.Contains(m.Entity.Addresses, m.Address)
		}),
		around("case does not count", "answers with its own writing", func(_ *world, next storage.Directory, ctx context.Context, req storage.LookupRequest) (storage.LookupResult, error) {
			result, err := next.Lookup(ctx, req)
			for i, m := range result.Matches {
				for _, stored := range m.Entity.Addresses {
					if strings.EqualFold(stored, m.Address) {
						result.Matches[i].Address = stored
					}
				}
			}
			return result, err
		}),
		filter("case of other alphabets does not count", "folds A to Z", func(_ storage.LookupRequest, m storage.Match) bool {
			return slices.ContainsFunc(m.Entity.Addresses, func(stored string) bool {
				return strings.Map(func(r rune) rune {
					if r >= 'A' && r <= 'Z' {
						return r + 'a' - 'A'
					}
					return r
				}, stored) == m.Address
			})
		}),
		matching("accents count", "drops accents", func(stored, asked string) bool {
			return strings.ReplaceAll(stored, "é", "e") == strings.ReplaceAll(asked, "é", "e")
		}),
		around("is complete or says Truncated", "reads ten addresses", func(_ *world, next storage.Directory, ctx context.Context, req storage.LookupRequest) (storage.LookupResult, error) {
			req.Addresses = req.Addresses[:min(10, len(req.Addresses))]
			return next.Lookup(ctx, req)
		}),
		around("is complete or says Truncated", "answers twenty records", func(_ *world, next storage.Directory, ctx context.Context, req storage.LookupRequest) (storage.LookupResult, error) {
			result, err := next.Lookup(ctx, req)
			result.Matches = result.Matches[:min(20, len(result.Matches))]
			return result, err
		}),
		{"Directory/deleted records are gone", "only marks records as deleted", func(w *world) { w.Delete = func(context.Context, storage.Ref) error { return nil } }},
		{"Directory/merged records have a new id", "forgets addresses of merged records", func(w *world) {
			w.Merge = func(_ context.Context, _, from storage.Ref) error {
				_, err := w.crm.Delete(from)
				return err
			}
		}},
		{"Directory/merged records have a new id", "answers with the old id", func(w *world) { w.Merge = func(context.Context, storage.Ref, storage.Ref) error { return nil } }},
		around("tenants do not cross", "forgets the tenant", func(_ *world, next storage.Directory, ctx context.Context, req storage.LookupRequest) (storage.LookupResult, error) {
			var all storage.LookupResult
			for _, tenant := range []storage.Tenant{"north", "south"} {
				result, err := next.Lookup(ctx, storage.LookupRequest{Tenant: tenant, Addresses: req.Addresses})
				if err != nil {
					return result, err
				}
				all.Matches = append(all.Matches, result.Matches...)
			}
			return all, nil
		}),
		around("tenants do not cross", "reads one tenant for all and calls it theirs", func(_ *world, next storage.Directory, ctx context.Context, req storage.LookupRequest) (storage.LookupResult, error) {
			result, err := next.Lookup(ctx, storage.LookupRequest{Tenant: "north", Addresses: req.Addresses})
			for i := range result.Matches {
				result.Matches[i].Entity.Tenant, result.Matches[i].Entity.Parent.Tenant = req.Tenant, req.Tenant
			}
			return result, err
		}),
		around("results belong to the caller", "sorts the request", func(_ *world, next storage.Directory, ctx context.Context, req storage.LookupRequest) (storage.LookupResult, error) {
			slices.Reverse(req.Addresses)
			return next.Lookup(ctx, req)
		}),
		{"Directory/results belong to the caller", "gives its cache away", func(w *world) {
			next, cache := w.Host.Directory, map[string]storage.LookupResult{}
			var mu sync.Mutex
			w.Host.Directory = lookupFunc(func(ctx context.Context, req storage.LookupRequest) (storage.LookupResult, error) {
				mu.Lock()
				defer mu.Unlock()
				var all storage.LookupResult
				for _, address := range req.Addresses {
					key := fmt.Sprint(req.Tenant, "\x00", address)
					if _, found := cache[key]; !found {
						result, err := next.Lookup(ctx, storage.LookupRequest{Tenant: req.Tenant, Addresses: []string{address}})
						if err != nil {
							return result, err
						}
						cache[key] = result
					}
					all.Matches = append(all.Matches, cache[key].Matches...) // Entity.Addresses are shared
				}
				return all, nil
			})
		}},
		{"Directory/many at once", "has one connection", func(w *world) {
			next, b := w.Host.Directory, newBusy()
			w.Host.Directory = lookupFunc(func(ctx context.Context, req storage.LookupRequest) (storage.LookupResult, error) {
				leave, err := b.enter()
				if err != nil {
					return storage.LookupResult{}, err
				}
				defer leave()
				return next.Lookup(ctx, req)
			})
		}},
		around("honours its context", "ignores its context", func(_ *world, next storage.Directory, ctx context.Context, req storage.LookupRequest) (storage.LookupResult, error) {
			return next.Lookup(context.WithoutCancel(ctx), req)
		}),
	}
}

// like compares where "_" in the pattern stands for any byte.
func like(s, pattern string) bool {
	for i := range len(s) {
		if pattern[i] != '_' && pattern[i] != s[i] {
			return false
		}
	}
	return true
}

type searchFunc func(context.Context, storage.SearchRequest) (storage.SearchResult, error)

func (f searchFunc) Search(ctx context.Context, req storage.SearchRequest) (storage.SearchResult, error) {
	return f(ctx, req)
}

func searchMutants() []mutant {
	around := func(check, name string, fn func(next storage.Searcher, ctx context.Context, req storage.SearchRequest) (storage.SearchResult, error)) mutant {
		return mutant{"Searcher/" + check, name, func(w *world) {
			next := w.Host.Search
			w.Host.Search = searchFunc(func(ctx context.Context, req storage.SearchRequest) (storage.SearchResult, error) {
				return fn(next, ctx, req)
			})
		}}
	}
	return []mutant{
		around("finds by name", "searches by case", func(next storage.Searcher, ctx context.Context, req storage.SearchRequest) (storage.SearchResult, error) {
			result, err := next.Search(ctx, req)
			result.Entities = slices.DeleteFunc(result.Entities, func(e storage.Entity) bool { return strings.ToLower(e.Name) != req.Query })
			return result, err
		}),
		around("any characters", "dies of a quote", func(next storage.Searcher, ctx context.Context, req storage.SearchRequest) (storage.SearchResult, error) {
			if strings.Count(req.Query, "'")%2 == 1 {
				return storage.SearchResult{}, storage.ErrInvalid
			}
			return next.Search(ctx, req)
		}),
		around("any characters", "is open to injection", func(next storage.Searcher, ctx context.Context, req storage.SearchRequest) (storage.SearchResult, error) {
			if strings.Contains(req.Query, "' OR '1'='1") {
				req.Query = ""
			}
			return next.Search(ctx, req)
		}),
		around("at most Limit", "has a limit of its own", func(next storage.Searcher, ctx context.Context, req storage.SearchRequest) (storage.SearchResult, error) {
			req.Limit = 10
			return next.Search(ctx, req)
		}),
		around("at most Limit", "never says More", func(next storage.Searcher, ctx context.Context, req storage.SearchRequest) (storage.SearchResult, error) {
			result, err := next.Search(ctx, req)
			result.More = false
			return result, err
		}),
		around("kinds", "ignores kinds", func(next storage.Searcher, ctx context.Context, req storage.SearchRequest) (storage.SearchResult, error) {
			req.Kinds = nil
			return next.Search(ctx, req)
		}),
		around("empty query", "refuses an empty query", func(next storage.Searcher, ctx context.Context, req storage.SearchRequest) (storage.SearchResult, error) {
			if req.Query == "" {
				return storage.SearchResult{}, storage.ErrInvalid
			}
			return next.Search(ctx, req)
		}),
		around("only what the actor may see", "ignores the actor", func(next storage.Searcher, ctx context.Context, req storage.SearchRequest) (storage.SearchResult, error) {
			req.Actor.Agent = storagetest.Insider
			return next.Search(ctx, req)
		}),
		{"Searcher/deleted records are gone", "only marks records as deleted", func(w *world) { w.Delete = func(context.Context, storage.Ref) error { return nil } }},
		around("tenants do not cross", "reads one tenant for all and calls it theirs", func(next storage.Searcher, ctx context.Context, req storage.SearchRequest) (storage.SearchResult, error) {
			tenant := req.Actor.Tenant
			req.Actor.Tenant = "north"
			result, err := next.Search(ctx, req)
			for i := range result.Entities {
				result.Entities[i].Tenant, result.Entities[i].Detail = tenant, ""
				if !result.Entities[i].Parent.IsZero() {
					result.Entities[i].Parent.Tenant = tenant
				}
			}
			return result, err
		}),
		{"Searcher/results belong to the caller", "gives its cache away", func(w *world) {
			next, cache := w.Host.Search, map[string]storage.SearchResult{}
			w.Host.Search = searchFunc(func(ctx context.Context, req storage.SearchRequest) (storage.SearchResult, error) {
				if result, found := cache[req.Query]; found {
					return result, nil
				}
				result, err := next.Search(ctx, req)
				cache[req.Query] = result
				return result, err
			})
		}},
		around("results belong to the caller", "changes the request", func(next storage.Searcher, ctx context.Context, req storage.SearchRequest) (storage.SearchResult, error) {
			slices.Sort(req.Kinds)
			return next.Search(ctx, req)
		}),
		{"Searcher/many at once", "has one connection", func(w *world) {
			next, b := w.Host.Search, newBusy()
			w.Host.Search = searchFunc(func(ctx context.Context, req storage.SearchRequest) (storage.SearchResult, error) {
				leave, err := b.enter()
				if err != nil {
					return storage.SearchResult{}, err
				}
				defer leave()
				return next.Search(ctx, req)
			})
		}},
		around("honours its context", "ignores its context", func(next storage.Searcher, ctx context.Context, req storage.SearchRequest) (storage.SearchResult, error) {
			return next.Search(context.WithoutCancel(ctx), req)
		}),
	}
}

type createFunc func(context.Context, storage.CreateRequest) (storage.CreateResult, error)

func (f createFunc) Create(ctx context.Context, req storage.CreateRequest) (storage.CreateResult, error) {
	return f(ctx, req)
}

func createMutants() []mutant {
	around := func(check, name string, fn func(next storage.Creator, ctx context.Context, req storage.CreateRequest) (storage.CreateResult, error)) mutant {
		return mutant{"Creator/" + check, name, func(w *world) {
			next := w.Host.Create
			w.Host.Create = createFunc(func(ctx context.Context, req storage.CreateRequest) (storage.CreateResult, error) {
				return fn(next, ctx, req)
			})
		}}
	}
	// remembering keeps keys in a careless way: what is looked up, made and remembered is not one step.
	remembering := func(check, name string, keyOf func(storage.CreateRequest) string, leaps bool) mutant {
		return mutant{"Creator/" + check, name, func(w *world) {
			next, seen, between := w.Host.Create, map[string]storage.CreateResult{}, newGap()
			var mu sync.Mutex
			w.Host.Create = createFunc(func(ctx context.Context, req storage.CreateRequest) (storage.CreateResult, error) {
				key := keyOf(req)
				mu.Lock()
				result, found := seen[key]
				mu.Unlock()
				if found {
					return result, nil
				}
				if leaps {
					between.meet()
				}
				req.Key = ""
				result, err := next.Create(ctx, req)
				mu.Lock()
				seen[key] = result
				mu.Unlock()
				return result, err
			})
		}}
	}
	return []mutant{
		around("makes a record", "makes nothing", func(_ storage.Creator, _ context.Context, req storage.CreateRequest) (storage.CreateResult, error) {
			return storage.CreateResult{Entity: storage.Entity{Ref: storage.Ref{Tenant: req.Actor.Tenant, Kind: req.Kind, ID: "new" + req.Key}, Name: req.Name}}, nil
		}),
		around("makes a record", "makes contacts of everything", func(next storage.Creator, ctx context.Context, req storage.CreateRequest) (storage.CreateResult, error) {
			req.Kind = storage.KindContact
			return next.Create(ctx, req)
		}),
		around("makes a record", "chooses another company", func(next storage.Creator, ctx context.Context, req storage.CreateRequest) (storage.CreateResult, error) {
			result, err := next.Create(ctx, req)
			if !result.Entity.Parent.IsZero() {
				result.Entity.Parent.ID = "holding"
			}
			return result, err
		}),
		around("takes names as they are", "escapes names", func(next storage.Creator, ctx context.Context, req storage.CreateRequest) (storage.CreateResult, error) {
			req.Name = html.EscapeString(req.Name)
			return next.Create(ctx, req)
		}),
		around("the same key makes one record", "ignores keys", func(next storage.Creator, ctx context.Context, req storage.CreateRequest) (storage.CreateResult, error) {
			req.Key = ""
			return next.Create(ctx, req)
		}),
		remembering("the same key at once makes one record", "looks, then leaps", func(req storage.CreateRequest) string { return fmt.Sprint(req.Actor.Tenant, req.Key) }, true),
		around("a duplicate is an answer", "makes it and names duplicates", func(next storage.Creator, ctx context.Context, req storage.CreateRequest) (storage.CreateResult, error) {
			first, err := next.Create(ctx, req)
			if len(first.Duplicates) > 0 {
				req.AllowDuplicate = true
				var second storage.CreateResult
				second, err = next.Create(ctx, req)
				first.Entity = second.Entity
			}
			return first, err
		}),
		around("a duplicate is an answer", "never allows one", func(next storage.Creator, ctx context.Context, req storage.CreateRequest) (storage.CreateResult, error) {
			req.AllowDuplicate = false
			return next.Create(ctx, req)
		}),
		remembering("a duplicate is an answer", "spends the key on an answer", func(req storage.CreateRequest) string { return fmt.Sprint(req.Actor.Tenant, req.Key) }, false),
		around("refuses what it cannot make", "does not name the field", func(next storage.Creator, ctx context.Context, req storage.CreateRequest) (storage.CreateResult, error) {
			result, err := next.Create(ctx, req)
			if err != nil {
				err = fmt.Errorf("%w: %s", storage.ErrInvalid, err.Error())
			}
			return result, err
		}),
		around("refuses what it cannot make", "makes contacts of everything", func(next storage.Creator, ctx context.Context, req storage.CreateRequest) (storage.CreateResult, error) {
			req.Kind = storage.KindContact
			return next.Create(ctx, req)
		}),
		around("the parent is of the tenant", "believes any parent", func(next storage.Creator, ctx context.Context, req storage.CreateRequest) (storage.CreateResult, error) {
			parent := req.Parent
			req.Parent = storage.Ref{}
			result, err := next.Create(ctx, req)
			result.Entity.Parent = parent
			return result, err
		}),
		remembering("tenants do not cross", "has keys in common", func(req storage.CreateRequest) string { return req.Key }, false),
		around("tenants do not cross", "has one tenant", func(next storage.Creator, ctx context.Context, req storage.CreateRequest) (storage.CreateResult, error) {
			req.Actor.Tenant = "south"
			return next.Create(ctx, req)
		}),
		around("honours its context", "ignores its context", func(next storage.Creator, ctx context.Context, req storage.CreateRequest) (storage.CreateResult, error) {
			return next.Create(context.WithoutCancel(ctx), req)
		}),
		around("honours its context", "tells too late", func(next storage.Creator, ctx context.Context, req storage.CreateRequest) (storage.CreateResult, error) {
			result, _ := next.Create(context.WithoutCancel(ctx), req)
			return result, ctx.Err()
		}),
	}
}

type visibleFunc func(context.Context, storage.AccessRequest) (storage.AccessResult, error)

func (f visibleFunc) Visible(ctx context.Context, req storage.AccessRequest) (storage.AccessResult, error) {
	return f(ctx, req)
}

func accessMutants() []mutant {
	around := func(check, name string, fn func(next storage.Access, ctx context.Context, req storage.AccessRequest) (storage.AccessResult, error)) mutant {
		return mutant{"Access/" + check, name, func(w *world) {
			next := w.Host.Access
			w.Host.Access = visibleFunc(func(ctx context.Context, req storage.AccessRequest) (storage.AccessResult, error) {
				return fn(next, ctx, req)
			})
		}}
	}
	everything := func(_ storage.Access, _ context.Context, req storage.AccessRequest) (storage.AccessResult, error) {
		return storage.AccessResult{Visible: slices.Clone(req.Refs)}, nil
	}
	return []mutant{
		around("tells what an actor may see", "shows everything", everything),
		around("tells what an actor may see", "shows nothing", func(storage.Access, context.Context, storage.AccessRequest) (storage.AccessResult, error) {
			return storage.AccessResult{}, nil
		}),
		around("what is not there is not visible", "shows everything", everything),
		around("1,000 refs at once", "reads a hundred", func(next storage.Access, ctx context.Context, req storage.AccessRequest) (storage.AccessResult, error) {
			req.Refs = req.Refs[:min(20, len(req.Refs))]
			return next.Visible(ctx, req)
		}),
		around("tenants do not cross", "looks at ids only", func(next storage.Access, ctx context.Context, req storage.AccessRequest) (storage.AccessResult, error) {
			var result storage.AccessResult
			for _, ref := range req.Refs {
				for _, tenant := range []storage.Tenant{"north", "south"} {
					actor, moved := req.Actor, ref
					actor.Tenant, moved.Tenant = tenant, tenant
					r, err := next.Visible(ctx, storage.AccessRequest{Actor: actor, Refs: []storage.Ref{moved}})
					if err != nil {
						return r, err
					}
					if len(r.Visible) > 0 && !slices.Contains(result.Visible, ref) {
						result.Visible = append(result.Visible, ref)
					}
				}
			}
			return result, nil
		}),
		around("results belong to the caller", "gives back what it got", func(_ storage.Access, _ context.Context, req storage.AccessRequest) (storage.AccessResult, error) {
			return storage.AccessResult{Visible: req.Refs}, nil
		}),
		around("honours its context", "ignores its context", func(next storage.Access, ctx context.Context, req storage.AccessRequest) (storage.AccessResult, error) {
			return next.Visible(context.WithoutCancel(ctx), req)
		}),
	}
}
