package memstore_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/storage"
	"github.com/mailcrm/sdk/storage/memstore"
)

var jeanne = storage.Actor{Tenant: "acme", Agent: "jeanne"}

func sample(t *testing.T) (*memstore.CRM, memstore.Sample) {
	t.Helper()
	crm := memstore.New()
	return crm, crm.Sample("acme")
}

func lookup(t *testing.T, crm *memstore.CRM, address string) []storage.Ref {
	t.Helper()
	result, err := crm.Host().Directory.Lookup(t.Context(), storage.LookupRequest{Tenant: "acme", Addresses: []string{address}})
	require.NoError(t, err)
	var refs []storage.Ref
	for _, match := range result.Matches {
		refs = append(refs, match.Entity.Ref)
	}
	return refs
}

func search(t *testing.T, crm *memstore.CRM, actor storage.Actor, query string) []string {
	t.Helper()
	result, err := crm.Host().Search.Search(t.Context(), storage.SearchRequest{Actor: actor, Query: query, Limit: 10})
	require.NoError(t, err)
	var names []string
	for _, entity := range result.Entities {
		names = append(names, entity.Name)
	}
	return names
}

func TestSample(t *testing.T) {
	crm, s := sample(t)
	require.Equal(t, []storage.Ref{s.Brothers, s.Holding}, lookup(t, crm, "info@dubois.example"), "two companies share one address")
	require.Equal(t, []storage.Ref{s.Elodie}, lookup(t, crm, "elodie@atelier-dubois.example"))
	require.Equal(t, []storage.Ref{s.Elodie}, lookup(t, crm, "elodie.dubois@perso.example"), "a contact with two addresses")
	require.Len(t, crm.Agents("acme"), 3)
	require.Len(t, crm.Records("acme"), 7)
	require.Empty(t, crm.Records("other"))

	result, err := crm.Host().Fields.Values(t.Context(), storage.ValuesRequest{Actor: jeanne, Refs: []storage.Ref{s.Quote, s.Elodie}})
	require.NoError(t, err)
	quote := result.Records[s.Quote].Record
	require.Equal(t, storage.Money(big.NewRat(1440, 1), "EUR"), quote["amount"])
	require.Equal(t, storage.Date(2026, time.December, 31), quote["close_date"])
	require.Equal(t, "Élodie", quote["contact"].Record["first_name"].Text)
	require.Equal(t, "Lyon", quote["account"].Record["city"].Text, "a deal's company is that of its contact")
	require.Equal(t, "Jeanne Martin", quote["owner"].Record["name"].Text)
	require.Len(t, quote["lines"].List, 2)
	require.Equal(t, storage.Money(big.NewRat(960, 1), "EUR"), quote["lines"].List[0].Record["total"])
	require.Equal(t, storage.Bool(true), result.Records[s.Elodie].Record["newsletter"])
	require.Equal(t, storage.Value{}, result.Records[s.Elodie].Record["birthday"], "known, without a value")

	again := crm.Sample("acme")
	require.Equal(t, s, again)
	require.Len(t, crm.Records("acme"), 7)
}

func TestSearch(t *testing.T) {
	crm, _ := sample(t)
	for query, want := range map[string][]string{
		"elodie":         {"Élodie Dubois"},
		"ÉLODIE DUB":     {"Élodie Dubois"},
		"dubois élo":     {"Élodie Dubois"},
		"freres":         {"Dubois Frères"},
		"dubois holding": {"Dubois Holding"},
		"leeds":          {"Miller & Sons"},
		"paul@mill":      {"Paul Miller"},
		"perso.example":  {"Élodie Dubois"},
		"odie":           nil,
		"meeting rooms":  {"Tables for the meeting rooms"},
	} {
		require.Equal(t, want, search(t, crm, jeanne, query), query)
	}
	require.Equal(t, "Dubois Holding", search(t, crm, jeanne, "dubois h")[0], "names that begin so come first")
	require.Len(t, search(t, crm, jeanne, ""), 7)
	crm.Add(storage.Entity{Ref: storage.Ref{Tenant: "acme"}, Name: "Łukasz Straßer"})
	require.Equal(t, []string{"Łukasz Straßer"}, search(t, crm, jeanne, "lukasz strasser"))
	require.Equal(t, "Łukasz Straßer", search(t, crm, jeanne, "")[0], "the newest first")
}

func TestOwnersOnly(t *testing.T) {
	crm, s := sample(t)
	require.Len(t, search(t, crm, storage.Actor{Tenant: "acme", Agent: "karim"}, "dubois"), 4)
	crm.OwnersOnly(true)
	for _, test := range []struct {
		name  string
		actor storage.Actor
		sees  bool
	}{
		{"the owner", jeanne, true},
		{"a colleague", storage.Actor{Tenant: "acme", Agent: "karim"}, false},
		{"a group that owns", storage.Actor{Tenant: "acme", Agent: "karim", Groups: []string{"jeanne"}}, true},
		{"an administrator", storage.Actor{Tenant: "acme", Agent: "admin", Admin: true}, true},
		{"the night", storage.System("acme"), true},
		{"the same agent elsewhere", storage.Actor{Tenant: "other", Agent: "jeanne", Admin: true}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			result, err := crm.Host().Access.Visible(t.Context(), storage.AccessRequest{Actor: test.actor, Refs: []storage.Ref{s.Dubois}})
			require.NoError(t, err)
			require.Equal(t, test.sees, len(result.Visible) == 1)
		})
	}
}

func TestMerge(t *testing.T) {
	crm, s := sample(t)
	files := crm.Host().Files
	for i, ref := range []storage.Ref{s.Brothers, s.Holding} {
		tree := storage.Tree{Space: storage.SpaceEntity, Entity: ref}
		folder, err := files.MakeFolder(t.Context(), storage.MakeFolderRequest{Actor: jeanne, Tree: tree, Name: "offers"})
		require.NoError(t, err)
		for _, at := range []string{"", folder.Folder.ID} {
			_, err = files.Create(t.Context(), storage.CreateFileRequest{Actor: jeanne, Tree: tree, Folder: at, Key: fmt.Sprint(i, at), Name: "a.pdf", Size: 1, Content: strings.NewReader(fmt.Sprint(i))})
			require.NoError(t, err)
		}
	}
	contact := crm.Add(storage.Entity{Ref: storage.Ref{Tenant: "acme"}, Name: "Marc", Parent: s.Brothers})[0]
	require.NoError(t, crm.SetFields(s.Brothers, map[string]storage.Value{"city": storage.Text("Villeurbanne"), "phone": storage.Text("1")}))
	require.NoError(t, crm.SetFields(s.Holding, map[string]storage.Value{"city": storage.Text("Paris")}))
	crm.SetList("acme", "both", s.Brothers, s.Paul, s.Holding)

	change, err := crm.Merge(s.Holding, s.Brothers)
	require.NoError(t, err)
	require.Equal(t, storage.EntityChange{Ref: s.Holding, Was: []storage.Ref{s.Brothers}, Addresses: []string{"info@dubois.example"}}, change)
	require.Equal(t, []storage.Ref{s.Holding}, lookup(t, crm, "info@dubois.example"))
	now, found := crm.Get(s.Brothers)
	require.True(t, found, "the old ref leads to the new record")
	require.Equal(t, s.Holding, now.Ref)
	child, _ := crm.Get(contact)
	require.Equal(t, s.Holding, child.Parent)

	values, err := crm.Host().Fields.Values(t.Context(), storage.ValuesRequest{Actor: jeanne, Refs: []storage.Ref{s.Holding, s.Brothers}})
	require.NoError(t, err)
	require.Equal(t, "Paris", values.Records[s.Holding].Record["city"].Text)
	require.Equal(t, "1", values.Records[s.Holding].Record["phone"].Text)
	require.Equal(t, values.Records[s.Holding], values.Records[s.Brothers])

	names := map[string]int{}
	for _, ref := range []storage.Ref{s.Holding, s.Brothers} {
		tree := storage.Tree{Space: storage.SpaceEntity, Entity: ref}
		page, err := files.List(t.Context(), storage.ListFilesRequest{Actor: jeanne, Tree: tree, Limit: 10})
		require.NoError(t, err)
		for _, f := range page.Files {
			names[f.Name]++
			if f.Folder {
				inside, err := files.List(t.Context(), storage.ListFilesRequest{Actor: jeanne, Tree: tree, Folder: f.ID, Limit: 10})
				require.NoError(t, err)
				require.Len(t, inside.Files, 2)
			}
		}
	}
	require.Equal(t, map[string]int{"offers": 2, "a.pdf": 2, "a (2).pdf": 2}, names, "both refs show the documents of both")

	list, err := crm.Host().Lists.Recipients(t.Context(), storage.RecipientsRequest{Actor: jeanne, List: "both", Limit: 10})
	require.NoError(t, err)
	require.Len(t, list.Entities, 2)

	_, err = crm.Merge(s.Holding, s.Brothers)
	require.ErrorIs(t, err, storage.ErrNotFound, "it is gone")
	_, err = crm.Merge(s.Holding, s.Holding)
	require.ErrorIs(t, err, storage.ErrNotFound)
	_, err = crm.Merge(s.Miller, s.Holding)
	require.NoError(t, err)
	now, _ = crm.Get(s.Brothers)
	require.Equal(t, s.Miller, now.Ref, "through two merges")
}

func TestDeleteAndSetAddresses(t *testing.T) {
	crm, s := sample(t)
	change, err := crm.SetAddresses(s.Elodie, "ELODIE@new.example", "elodie@atelier-dubois.example")
	require.NoError(t, err)
	require.Equal(t, storage.EntityChange{Ref: s.Elodie, Addresses: []string{"elodie@atelier-dubois.example", "elodie.dubois@perso.example", "ELODIE@new.example"}}, change)
	require.Equal(t, []storage.Ref{s.Elodie}, lookup(t, crm, "elodie@new.example"))
	require.Empty(t, lookup(t, crm, "elodie.dubois@perso.example"))

	change, err = crm.Delete(s.Elodie)
	require.NoError(t, err)
	require.True(t, change.Gone)
	require.Len(t, change.Addresses, 2)
	require.Empty(t, lookup(t, crm, "elodie@new.example"))
	deal, _ := crm.Get(s.Quote)
	require.True(t, deal.Parent.IsZero())
	_, found := crm.Get(s.Elodie)
	require.False(t, found)
	_, err = crm.Delete(s.Elodie)
	require.ErrorIs(t, err, storage.ErrNotFound)
	_, err = crm.SetAddresses(s.Elodie)
	require.ErrorIs(t, err, storage.ErrNotFound)
}

func TestSetFields(t *testing.T) {
	crm, s := sample(t)
	require.NoError(t, crm.SetFields(s.Paul, map[string]storage.Value{"shoe_size": storage.Int(43)}))
	for name, values := range map[string]map[string]storage.Value{
		"another type than before":   {"shoe_size": storage.Text("large")},
		"another type than built in": {"newsletter": storage.Text("yes")},
		"a field of the entity":      {"name": storage.Text("Peter")},
		"a bad name":                 {"Shoe Size": storage.Int(1)},
	} {
		require.ErrorIs(t, crm.SetFields(s.Paul, values), storage.ErrInvalid, name)
	}
	require.ErrorIs(t, crm.SetFields(storage.Ref{Tenant: "acme", ID: "nobody"}, nil), storage.ErrNotFound)
	require.ErrorIs(t, crm.Define("acme", storage.KindContact, storage.Field{Name: "email", Type: storage.ValueText}), storage.ErrInvalid)
	require.NoError(t, crm.Define("acme", "project", storage.Field{Name: "phase", Type: storage.ValueText}))

	fields := func(kind storage.Kind, locale string) map[string]storage.Field {
		result, err := crm.Host().Fields.Fields(t.Context(), storage.FieldsRequest{Tenant: "acme", Kind: kind, Locale: locale})
		require.NoError(t, err)
		byName := map[string]storage.Field{}
		for _, f := range result.Fields {
			byName[f.Name] = f
		}
		return byName
	}
	require.Equal(t, storage.ValueInt, fields(storage.KindContact, "en")["shoe_size"].Type)
	require.Equal(t, "shoe size", fields(storage.KindContact, "fr")["shoe_size"].Label)
	require.Equal(t, "Prénom", fields(storage.KindContact, "fr-CA")["first_name"].Label)
	require.Equal(t, "First name", fields(storage.KindContact, "de")["first_name"].Label)
	require.Contains(t, fields("project", "en"), "phase")
	require.Empty(t, fields("spaceship", "en"))
}

func TestCreateForgetsKeysAfterADay(t *testing.T) {
	crm, _ := sample(t)
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	crm.Clock(func() time.Time { return now })
	create := func() storage.Ref {
		result, err := crm.Host().Create.Create(t.Context(), storage.CreateRequest{Actor: jeanne, Key: "k", Kind: storage.KindAccount, Name: "New", AllowDuplicate: true})
		require.NoError(t, err)
		return result.Entity.Ref
	}
	first := create()
	now = now.Add(24 * time.Hour)
	require.Equal(t, first, create())
	now = now.Add(time.Second)
	require.NotEqual(t, first, create())
}

func TestCreateRefuses(t *testing.T) {
	crm, s := sample(t)
	for field, req := range map[string]storage.CreateRequest{
		"Name":    {Kind: storage.KindContact},
		"Kind":    {Kind: "spaceship", Name: "x"},
		"Address": {Kind: storage.KindContact, Name: "x", Address: "not an address"},
		"Key":     {Kind: storage.KindContact, Name: "x", Key: strings.Repeat("k", 65)},
		"Parent":  {Kind: storage.KindContact, Name: "x", Parent: storage.Ref{Tenant: "acme", Kind: storage.KindAccount, ID: "nobody"}},
	} {
		req.Actor = jeanne
		_, err := crm.Host().Create.Create(t.Context(), req)
		var refused *storage.FieldError
		require.ErrorAs(t, err, &refused, field)
		require.Equal(t, field, refused.Field)
	}
	result, err := crm.Host().Create.Create(t.Context(), storage.CreateRequest{Actor: jeanne, Kind: storage.KindAccount, Name: "  DUBOIS FRERES "})
	require.NoError(t, err)
	require.Len(t, result.Duplicates, 1)
	require.Equal(t, s.Brothers, result.Duplicates[0].Ref)
}

func TestFaults(t *testing.T) {
	crm, s := sample(t)
	boom := errors.New("boom")
	crm.Fail(func(method string) error {
		if method == "Directory.Lookup" {
			return boom
		}
		return nil
	})
	_, err := crm.Host().Directory.Lookup(t.Context(), storage.LookupRequest{Tenant: "acme", Addresses: []string{"x@y.example"}})
	require.ErrorIs(t, err, boom)
	require.NotEmpty(t, search(t, crm, jeanne, "dubois"), "only what was named fails")
	crm.Fail(nil)

	crm.FailAfter(func(string) error { return boom })
	_, err = crm.Host().History.Put(t.Context(), storage.PutEntryRequest{Tenant: "acme", Entry: storage.Entry{ID: "e", Entity: s.Paul}, Revision: 1})
	require.ErrorIs(t, err, boom)
	crm.FailAfter(nil)
	require.Len(t, crm.Entries(s.Paul), 1, "the effect took place")
	require.Len(t, crm.Entries(storage.Ref{Tenant: "acme"}), 1)
	require.Empty(t, crm.Entries(s.Elodie))

	crm.Delay(func(string) time.Duration { return time.Hour })
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err = crm.Host().Search.Search(ctx, storage.SearchRequest{Actor: jeanne, Limit: 1})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	crm.Delay(nil)

	require.Equal(t, map[string]int{"Directory.Lookup": 1, "Searcher.Search": 2, "History.Put": 1}, crm.Calls())
}

func TestMaxMatches(t *testing.T) {
	crm, _ := sample(t)
	crm.MaxMatches(1)
	result, err := crm.Host().Directory.Lookup(t.Context(), storage.LookupRequest{Tenant: "acme", Addresses: []string{"info@dubois.example"}})
	require.NoError(t, err)
	require.True(t, result.Truncated)
	require.Len(t, result.Matches, 1)
	result, err = crm.Host().Directory.Lookup(t.Context(), storage.LookupRequest{Tenant: "acme", Addresses: []string{"paul@miller.example", "nobody@x.example"}})
	require.NoError(t, err)
	require.False(t, result.Truncated)
}

func TestLimits(t *testing.T) {
	crm, s := sample(t)
	host := crm.Host()
	many := make([]storage.Ref, storage.MaxAccessRefs+1)
	addresses := make([]string, storage.MaxLookupAddresses+1)
	_, lookupErr := host.Directory.Lookup(t.Context(), storage.LookupRequest{Addresses: addresses})
	_, accessErr := host.Access.Visible(t.Context(), storage.AccessRequest{Refs: many})
	_, valuesErr := host.Fields.Values(t.Context(), storage.ValuesRequest{Refs: many[:storage.MaxValueRefs+1]})
	_, searchErr := host.Search.Search(t.Context(), storage.SearchRequest{Limit: storage.MaxSearchResults + 1})
	_, queryErr := host.Search.Search(t.Context(), storage.SearchRequest{Limit: 1, Query: strings.Repeat("x", 256)})
	_, listErr := host.Lists.Recipients(t.Context(), storage.RecipientsRequest{Actor: jeanne, List: s.List, Limit: storage.MaxPage + 1})
	_, filesErr := host.Files.List(t.Context(), storage.ListFilesRequest{Actor: jeanne, Tree: storage.Tree{Space: storage.SpaceCommon}, Limit: storage.MaxPage + 1})
	_, historyErr := host.History.List(t.Context(), storage.ListEntriesRequest{Limit: storage.MaxPage + 1})
	for _, err := range []error{lookupErr, accessErr, valuesErr, searchErr, queryErr, listErr, filesErr, historyErr} {
		require.ErrorIs(t, err, storage.ErrLimit)
	}
	_, err := host.Files.Create(t.Context(), storage.CreateFileRequest{
		Actor: jeanne, Tree: storage.Tree{Space: storage.SpaceCommon}, Key: "k", Size: -1, Content: io.LimitReader(zeros{}, 64<<20+1),
	})
	require.ErrorIs(t, err, storage.ErrLimit)
	_, err = host.Lists.Recipients(t.Context(), storage.RecipientsRequest{Actor: jeanne, List: s.List, Limit: 1, Cursor: "x"})
	require.ErrorIs(t, err, storage.ErrInvalid)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func Example() {
	crm := memstore.New()
	s := crm.Sample("acme")

	result, err := crm.Host().Directory.Lookup(context.Background(), storage.LookupRequest{Tenant: "acme", Addresses: []string{"info@dubois.example", "paul@miller.example"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, match := range result.Matches {
		fmt.Println(match.Address, match.Entity.Kind, match.Entity.Name)
	}
	change, err := crm.Merge(s.Holding, s.Brothers)
	fmt.Println(change.Ref.ID, "was", change.Was[0].ID, err)
	// Output:
	// info@dubois.example account Dubois Frères
	// info@dubois.example account Dubois Holding
	// paul@miller.example contact Paul Miller
	// holding was brothers <nil>
}
