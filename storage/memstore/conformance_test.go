package memstore_test

import (
	"context"
	"testing"

	"github.com/mailcrm/sdk/storage"
	"github.com/mailcrm/sdk/storage/memstore"
	"github.com/mailcrm/sdk/storage/storagetest"
)

func TestConformance(t *testing.T) {
	storagetest.Run(t, storagetest.Harness{New: func(context.Context) (storagetest.Subject, error) {
		crm := memstore.New()
		crm.OwnersOnly(true)
		return subject(crm), nil
	}})
}

// subject lets the suite fill a CRM. A hidden record is one that the insider owns.
func subject(crm *memstore.CRM) storagetest.Subject {
	return storagetest.Subject{
		Host: crm.Host(),
		Seed: func(_ context.Context, _ storage.Tenant, records []storagetest.Record) ([]storage.Ref, error) {
			var refs []storage.Ref
			for _, record := range records {
				if record.Hidden {
					record.Owner = storagetest.Insider
				}
				refs = append(refs, crm.Add(record.Entity)...)
			}
			return refs, nil
		},
		List: func(_ context.Context, tenant storage.Tenant, name string, refs []storage.Ref) error {
			crm.SetList(tenant, name, refs...)
			return nil
		},
		Delete: func(_ context.Context, ref storage.Ref) error {
			_, err := crm.Delete(ref)
			return err
		},
		Merge: func(_ context.Context, into, from storage.Ref) error {
			_, err := crm.Merge(into, from)
			return err
		},
		Entry: func(_ context.Context, tenant storage.Tenant, id string) (storage.Entry, bool, error) {
			for _, entry := range crm.Entries(storage.Ref{Tenant: tenant}) {
				if entry.ID == id {
					return entry, true, nil
				}
			}
			return storage.Entry{}, false, nil
		},
	}
}
