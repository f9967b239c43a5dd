package storage_test

import (
	"context"
	"fmt"

	"github.com/mailcrm/sdk/storage"
)

// A contacts is the smallest host: the ids of contacts by their address. A real one asks its database.
type contacts map[string][]string

func (c contacts) Lookup(_ context.Context, req storage.LookupRequest) (storage.LookupResult, error) {
	var result storage.LookupResult
	for _, address := range req.Addresses {
		for _, id := range c[address] {
			ref := storage.Ref{Tenant: req.Tenant, Kind: storage.KindContact, ID: id}
			result.Matches = append(result.Matches, storage.Match{Address: address, Entity: storage.Entity{Ref: ref}})
		}
	}
	return result, nil
}

func Example() {
	host := storage.Host{Directory: contacts{"ann@example.com": {"17"}, "info@example.org": {"4", "9"}}}

	result, err := host.Directory.Lookup(context.Background(), storage.LookupRequest{
		Addresses: []string{"ann@example.com", "info@example.org", "nobody@example.net"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, match := range result.Matches {
		fmt.Println(match.Address, "is", match.Entity.Kind, match.Entity.ID)
	}
	// Output:
	// ann@example.com is contact 17
	// info@example.org is contact 4
	// info@example.org is contact 9
}

func ExampleCode() {
	code, status := storage.Code(storage.Invalid("Address", "required", "Enter an address."))
	fmt.Println(code, status)
	// Output: invalid 422
}
