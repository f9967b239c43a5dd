package memstore

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/mailcrm/sdk/storage"
)

type directory struct{ crm *CRM }

// Lookup finds the records that have an address.
func (d directory) Lookup(ctx context.Context, req storage.LookupRequest) (storage.LookupResult, error) {
	return call(ctx, d.crm, "Directory.Lookup", func() (storage.LookupResult, error) {
		var result storage.LookupResult
		if len(req.Addresses) > storage.MaxLookupAddresses {
			return result, fmt.Errorf("looking up %d addresses: %w: at most %d", len(req.Addresses), storage.ErrLimit, storage.MaxLookupAddresses)
		}
		d.crm.mu.RLock()
		defer d.crm.mu.RUnlock()
		w := d.crm.peek(req.Tenant)
		for _, address := range req.Addresses {
			for _, ref := range slices.SortedFunc(maps.Keys(w.addresses[fold(address)]), compareRefs) {
				if d.crm.maxMatches > 0 && len(result.Matches) == d.crm.maxMatches {
					result.Truncated = true
					return result, nil
				}
				result.Matches = append(result.Matches, storage.Match{Address: address, Entity: w.records[ref].copy()})
			}
		}
		return result, nil
	})
}
