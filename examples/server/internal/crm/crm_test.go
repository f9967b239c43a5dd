package crm_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/mailcrm/sdk/examples/server/internal/crm"
	"github.com/mailcrm/sdk/storage"
	"github.com/mailcrm/sdk/storage/memstore"
	"github.com/mailcrm/sdk/storage/storagetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	storagetest.Run(t, storagetest.Harness{New: func(ctx context.Context) (storagetest.Subject, error) {
		c, err := crm.Open(ctx, filepath.Join(t.TempDir(), "crm.db"))
		if err != nil {
			return storagetest.Subject{}, err
		}
		return storagetest.Subject{
			Host:  c.Host(),
			Close: c.Close,
			Seed: func(ctx context.Context, _ storage.Tenant, records []storagetest.Record) ([]storage.Ref, error) {
				entities := make([]storage.Entity, len(records))
				for i, r := range records {
					entities[i] = r.Entity
				}
				return c.Add(ctx, entities...)
			},
		}, nil
	}})
}

// records is what pages ask of either CRM.
type records interface {
	Get(ctx context.Context, actor storage.Actor, ref storage.Ref) (storage.Entity, error)
	Fields(ctx context.Context, actor storage.Actor, ref storage.Ref) ([]storage.Field, map[string]storage.Value, error)
	Children(ctx context.Context, actor storage.Actor, ref storage.Ref) ([]storage.Entity, error)
	List(ctx context.Context, actor storage.Actor, kind storage.Kind, query, cursor string) ([]storage.Entity, string, error)
}

// both are the two CRMs with the same records.
func both(t *testing.T, entities []storage.Entity) map[string]records {
	memory := memstore.New()
	memory.Add(entities...)
	file, err := crm.Open(t.Context(), filepath.Join(t.TempDir(), "crm.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, file.Close()) })
	_, err = file.Add(t.Context(), entities...)
	require.NoError(t, err)
	return map[string]records{"memory": crm.OverMemory(memory), "sql": file}
}

func TestRecords(t *testing.T) {
	company := storage.Ref{Kind: storage.KindAccount, ID: "dubois"}
	contact := storage.Ref{Kind: storage.KindContact, ID: "elodie"}
	deal := storage.Ref{Kind: storage.KindDeal, ID: "tables"}
	chairs := storage.Ref{Kind: storage.KindDeal, ID: "chairs"}
	actor := storage.Actor{Agent: "jeanne", Locale: "fr"}
	for name, c := range both(t, []storage.Entity{
		{Ref: company, Name: "Atelier Dubois", Detail: "Lyon", Addresses: []string{"info@dubois.example"}},
		{Ref: contact, Name: "Élodie Dubois", Parent: company, Addresses: []string{"Elodie@dubois.example", "e@perso.example"}},
		{Ref: deal, Name: "Tables", Parent: company},
		{Ref: chairs, Name: "Chairs", Parent: contact},
	}) {
		t.Run(name, func(t *testing.T) {
			got, err := c.Get(t.Context(), actor, contact)
			require.NoError(t, err)
			require.Equal(t, "Élodie Dubois", got.Name)
			require.Equal(t, []string{"Elodie@dubois.example", "e@perso.example"}, got.Addresses)
			require.Equal(t, company, got.Parent)

			_, err = c.Get(t.Context(), actor, storage.Ref{Kind: storage.KindContact, ID: "nobody"})
			require.ErrorIs(t, err, storage.ErrNotFound)
			_, err = c.Get(t.Context(), storage.Actor{Tenant: "other", Agent: "jeanne"}, contact)
			require.ErrorIs(t, err, storage.ErrNotFound)
			_, _, err = c.Fields(t.Context(), actor, storage.Ref{Kind: storage.KindContact, ID: "nobody"})
			require.ErrorIs(t, err, storage.ErrNotFound)

			fields, values, err := c.Fields(t.Context(), actor, contact)
			require.NoError(t, err)
			require.Equal(t, "Nom", fields[0].Label)
			require.Equal(t, "Atelier Dubois", values["account"].Record["name"].Text)
			for _, f := range fields {
				require.NotEqual(t, storage.ValueEmpty, values[f.Name].Type, "%s has no value and is left out", f.Name)
			}

			children, err := c.Children(t.Context(), actor, company)
			require.NoError(t, err)
			require.Equal(t, []storage.Ref{contact, chairs, deal}, refs(children), "the deals of its contacts are its own")
			children, err = c.Children(t.Context(), actor, contact)
			require.NoError(t, err)
			require.Equal(t, []storage.Ref{chairs}, refs(children))

			found, next, err := c.List(t.Context(), actor, "", "dub elod", "")
			require.NoError(t, err)
			require.Empty(t, next)
			require.Equal(t, []storage.Ref{contact}, refs(found), "accents do not count, and each word must fit")
			found, _, err = c.List(t.Context(), actor, storage.KindAccount, "", "")
			require.NoError(t, err)
			require.Equal(t, []storage.Ref{company}, refs(found))
			_, _, err = c.List(t.Context(), actor, "", "", "not a cursor!")
			require.ErrorIs(t, err, storage.ErrInvalid)
		})
	}
}

func refs(entities []storage.Entity) (out []storage.Ref) {
	for _, e := range entities {
		out = append(out, e.Ref)
	}
	return out
}

func TestListPages(t *testing.T) {
	var entities []storage.Entity
	for i := range 123 {
		entities = append(entities, storage.Entity{Ref: storage.Ref{Kind: storage.KindContact, ID: fmt.Sprint(i)}, Name: fmt.Sprintf("Person %02d", i%90)})
	}
	for name, c := range both(t, entities) {
		t.Run(name, func(t *testing.T) {
			seen := map[string]bool{}
			cursor, last := "", ""
			for pages := 1; ; pages++ {
				page, next, err := c.List(t.Context(), storage.Actor{Agent: "jeanne"}, storage.KindContact, "person", cursor)
				require.NoError(t, err)
				for _, e := range page {
					require.False(t, seen[e.ID], "each record stands on one page")
					require.LessOrEqual(t, last, e.Name)
					seen[e.ID], last = true, e.Name
				}
				if cursor = next; cursor == "" {
					require.Equal(t, 3, pages)
					break
				}
			}
			require.Len(t, seen, 123)
		})
	}
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "new folder?", "crm #1.db")
	c, err := crm.Open(t.Context(), path)
	require.NoError(t, err)
	made, err := c.Create(t.Context(), storage.CreateRequest{Actor: storage.Actor{Agent: "jeanne"}, Kind: storage.KindContact, FirstName: "Ann", Address: "ann@example.com"})
	require.NoError(t, err)
	require.NoError(t, c.Close())
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	c, err = crm.Open(t.Context(), path)
	require.NoError(t, err)
	got, err := c.Get(t.Context(), storage.Actor{Agent: "jeanne"}, made.Entity.Ref)
	require.NoError(t, err)
	require.Equal(t, "Ann", got.Name)
	require.Equal(t, "jeanne", got.Owner)
	require.NoError(t, c.Close())

	db, err := sql.Open("sqlite", filepath.Join(dir, "future.db"))
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), "PRAGMA user_version = 2")
	require.NoError(t, err)
	require.NoError(t, db.Close())
	_, err = crm.Open(t.Context(), filepath.Join(dir, "future.db"))
	require.ErrorIs(t, err, storage.ErrSchema)

	_, err = crm.Open(t.Context(), filepath.Join(path, "inside", "a file.db"))
	require.ErrorIs(t, err, storage.ErrReadOnly)
}
