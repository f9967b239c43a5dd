package memstore

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/mailcrm/sdk/storage"
)

type creator struct{ crm *CRM }

const (
	maxKey   = 64
	maxName  = 255
	keyLives = 24 * time.Hour
)

// made is what a Key stands for.
type made struct {
	ref storage.Ref
	at  time.Time
}

// Create makes a company, a contact or a deal. A record of the same kind that has the address or, apart from case and accents, the name is taken for
// the same.
func (cr creator) Create(ctx context.Context, req storage.CreateRequest) (storage.CreateResult, error) {
	return call(ctx, cr.crm, "Creator.Create", func() (storage.CreateResult, error) {
		c := cr.crm
		c.mu.Lock()
		defer c.mu.Unlock()
		w := c.world(req.Actor.Tenant)
		if len(req.Key) > maxKey {
			return storage.CreateResult{}, storage.Invalid("Key", "too_long", "Use a key of at most 64 bytes.")
		}
		now := c.now()
		for key, m := range w.keys {
			if now.Sub(m.at) > keyLives {
				delete(w.keys, key)
			}
		}
		if m, seen := w.keys[req.Key]; seen && req.Key != "" {
			if r := w.find(m.ref); r != nil {
				return storage.CreateResult{Entity: r.copy()}, nil
			}
		}
		entity, err := c.compose(w, req)
		if err != nil {
			return storage.CreateResult{}, err
		}
		if !req.AllowDuplicate {
			if same := c.duplicates(w, req.Actor, entity); len(same) > 0 {
				return storage.CreateResult{Duplicates: same}, nil
			}
		}
		r := c.add(entity)
		for name, text := range map[string]string{"first_name": req.FirstName, "last_name": req.LastName, "phone": req.Phone} {
			if text != "" {
				r.values[name] = storage.Text(text)
			}
		}
		if req.Key != "" {
			w.keys[req.Key] = made{r.entity.Ref, now}
		}
		return storage.CreateResult{Entity: r.copy()}, nil
	})
}

// compose is the record that a request asks for, checked.
func (c *CRM) compose(w *world, req storage.CreateRequest) (storage.Entity, error) {
	entity := storage.Entity{Ref: storage.Ref{Tenant: req.Actor.Tenant, Kind: req.Kind}, Name: strings.TrimSpace(req.Name)}
	if req.Actor.Agent != storage.SystemAgent {
		entity.Owner = req.Actor.Agent
	}
	switch req.Kind {
	case storage.KindAccount, storage.KindDeal:
	case storage.KindContact:
		entity.Name = cmp.Or(entity.Name, strings.TrimSpace(req.FirstName+" "+req.LastName))
	default:
		return entity, storage.Invalid("Kind", "unknown", "Make an account, a contact or a deal.")
	}
	if entity.Name == "" {
		return entity, storage.Invalid("Name", "required", "Enter a name.")
	}
	if len(entity.Name) > maxName {
		return entity, storage.Invalid("Name", "too_long", "Use a name of at most 255 bytes.")
	}
	if req.Address != "" {
		if local, domain, found := strings.Cut(req.Address, "@"); !found || local == "" || domain == "" || strings.ContainsAny(req.Address, " <>\r\n") {
			return entity, storage.Invalid("Address", "bad_address", "Enter a mail address, or none.")
		}
		entity.Addresses = []string{req.Address}
	}
	if !req.Parent.IsZero() {
		if req.Parent.Tenant != req.Actor.Tenant || !c.sees(req.Actor, w.find(req.Parent)) {
			return entity, storage.Invalid("Parent", "unknown", "Choose a company that exists.")
		}
		entity.Parent = w.current(req.Parent)
	}
	return entity, nil
}

// duplicates are the records that may be entity already, among those that the Actor may see.
func (c *CRM) duplicates(w *world, actor storage.Actor, entity storage.Entity) []storage.Entity {
	var same []storage.Entity
	for _, r := range w.records {
		if r.entity.Kind != entity.Kind || !c.sees(actor, r) {
			continue
		}
		sameAddress := len(entity.Addresses) > 0 && w.addresses[fold(entity.Addresses[0])][r.entity.Ref]
		if sameAddress || foldText(r.entity.Name) == foldText(entity.Name) {
			same = append(same, r.copy())
		}
	}
	slices.SortFunc(same, func(a, b storage.Entity) int { return compareRefs(a.Ref, b.Ref) })
	return same
}
