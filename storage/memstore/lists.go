package memstore

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/mailcrm/sdk/storage"
)

type lists struct{ crm *CRM }

// A list is a named list of records. Places keep their number while others come and go, so that a cursor stays where it is.
type list struct {
	places []place
	last   int
}

type place struct {
	number int
	ref    storage.Ref
}

// SetList makes a list, or replaces what is in it. A record that is named twice stands in it once; one of another tenant does not.
func (c *CRM) SetList(tenant storage.Tenant, name string, refs ...storage.Ref) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := new(list)
	c.world(tenant).lists[name] = l
	for _, ref := range refs {
		if ref.Tenant == tenant {
			l.add(ref)
		}
	}
}

func (l *list) add(ref storage.Ref) {
	if !l.has(ref) {
		l.last++
		l.places = append(l.places, place{l.last, ref})
	}
}

func (l *list) has(ref storage.Ref) bool {
	return slices.ContainsFunc(l.places, func(p place) bool { return p.ref == ref })
}

// replace puts now where old stood; a zero now, or one that is in the list already, just removes old.
func (l *list) replace(old, now storage.Ref) {
	present := now.IsZero() || l.has(now)
	l.places = slices.DeleteFunc(l.places, func(p place) bool { return p.ref == old && present })
	for i := range l.places {
		if l.places[i].ref == old {
			l.places[i].ref = now
		}
	}
}

// Recipients returns a page of a list: those of its records that the Actor may see.
func (l lists) Recipients(ctx context.Context, req storage.RecipientsRequest) (storage.RecipientsResult, error) {
	return call(ctx, l.crm, "Lists.Recipients", func() (storage.RecipientsResult, error) {
		var result storage.RecipientsResult
		if err := checkPage(req.Limit); err != nil {
			return result, err
		}
		after := 0
		if req.Cursor != "" {
			var err error
			if after, err = strconv.Atoi(req.Cursor); err != nil {
				return result, storage.Invalid("Cursor", "bad_cursor", "Use the cursor of the page before.")
			}
		}
		l.crm.mu.RLock()
		defer l.crm.mu.RUnlock()
		w := l.crm.peek(req.Actor.Tenant)
		named := w.lists[req.List]
		if named == nil {
			return result, fmt.Errorf("list: %w", storage.ErrNotFound)
		}
		last := 0
		for _, p := range named.places {
			r := w.find(p.ref)
			if p.number <= after || !l.crm.sees(req.Actor, r) {
				continue
			}
			if len(result.Entities) == req.Limit {
				result.Next = strconv.Itoa(last)
				break
			}
			result.Entities = append(result.Entities, r.copy())
			last = p.number
		}
		return result, nil
	})
}
