// Package storagetest is the conformance suite of package storage: a driver that passes it fits mailcrm. It uses the standard library only.
//
//	func TestConformance(t *testing.T) {
//		storagetest.Run(t, storagetest.Harness{New: func(ctx context.Context) (storagetest.Subject, error) {
//			crm := mycrm.New()
//			return storagetest.Subject{Host: crm.Host(), Seed: crm.seed, Delete: crm.delete}, nil
//		}})
//	}
//
// Each [Check] holds a driver to one sentence of the contract, which it names. Powers that are nil are not offered, and their checks are
// skipped; so are those that need a hook of [Subject] that is nil. What was skipped is said.
//
// # Two tenants
//
// Every check runs in a world of two tenants, whose records have equal names, addresses and, where the host lets ids be chosen, equal ids; besides,
// each has one record that the other has not, and each marks its own by the Detail. A driver that forgets the tenant in one query answers too
// much, or with the mark of the other. A host that has just one tenant says so ([Harness.OneTenant]); its checks then run in the empty tenant, and those
// about crossing are skipped.
//
// # A suite without testing
//
// [Checks] and [Check.Run] need no *testing.T, so that a command can hold a driver to the contract as well: plugintest does, across a process border.
//
// Look elsewhere for drivers to start from: storage/memstore, storage/filestore, storage/blobfolder.
package storagetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/mailcrm/sdk/storage"
)

// Agents of the suite. A [Record] that is Hidden must not be seen by Outsider; everything else is seen by both.
const (
	Insider  = "insider"
	Outsider = "outsider"
)

// A Harness says how to get a driver to test.
type Harness struct {
	// New makes an empty implementation for one check. It must be apart from those of other checks, which may run before its Close. Required.
	New func(ctx context.Context) (Subject, error)
	// Tenants are two that the implementation serves. Defaults to "north" and "south".
	Tenants [2]storage.Tenant
	// OneTenant says that the host has just one, the empty one. Defaults to false.
	OneTenant bool
	// ASCIICase says that the host folds only the letters A to Z when it compares addresses, as SQLite's lower() does. It should then store
	// addresses in lower case. Defaults to false.
	ASCIICase bool
	// Timeout bounds one check. Defaults to one minute.
	Timeout time.Duration
}

// A Subject is one implementation under test. Hooks do what the contract has no words for, since mailcrm never does it; nil ones skip the checks
// that need them.
type Subject struct {
	Host  storage.Host
	Blobs storage.Blobs

	// Seed adds records to a tenant, on top of those added before, and returns their Refs in order. Their ids are wishes: a host that chooses
	// ids returns its own. Detail comes back in Entity.Detail and in a text field of FieldSource, where the host has either. Nil for
	// implementations that know no records, such as Files alone: Refs are then taken as they are.
	Seed func(ctx context.Context, tenant storage.Tenant, records []Record) ([]storage.Ref, error)
	// List makes a named list of records. Needed for Lists.
	List func(ctx context.Context, tenant storage.Tenant, name string, refs []storage.Ref) error
	// Delete removes a record as a user of the host would.
	Delete func(ctx context.Context, ref storage.Ref) error
	// Merge makes from a part of into, as a user of the host would.
	Merge func(ctx context.Context, into, from storage.Ref) error
	// Entry reads a row of the host's table of history; false when it is not there.
	Entry func(ctx context.Context, tenant storage.Tenant, id string) (storage.Entry, bool, error)
	// Close ends the implementation after the check.
	Close func() error
}

// A Record is one to seed.
type Record struct {
	storage.Entity
	Hidden bool // not for the agent Outsider, if the host offers Access
}

// Run holds a driver to every check, each in a subtest named after its power and what it is about.
func Run(t *testing.T, h Harness) {
	t.Helper()
	for _, check := range Checks() {
		t.Run(check.Power+"/"+check.Name, func(t *testing.T) {
			switch err := check.Run(t.Context(), h); {
			case errors.Is(err, ErrNotOffered):
				t.Skip(err)
			case err != nil:
				t.Errorf("%v\nThe contract: %s", err, check.Says)
			}
		})
	}
}

// Checks is every check, in the order in which they are best read.
func Checks() []Check {
	var all []Check
	for _, power := range [][]Check{directoryChecks(), searchChecks(), createChecks(), fieldChecks(), fileChecks(), accessChecks(), historyChecks(), listChecks(), blobChecks()} {
		all = append(all, power...)
	}
	return all
}
