package storage

import "context"

// Directory tells which records have an address. It is the one power that mailcrm cannot do without.
type Directory interface {
	// Lookup returns, for each of at most [MaxLookupAddresses] addresses, every record of the tenant that has exactly this address among its
	// addresses, of every kind that has addresses.
	//
	// Addresses arrive normalised: the whole of it lower case, the domain in its ASCII form (RFC 5890). A driver compares whole addresses
	// without regard to case, never a part of one, and answers with the address as it was asked. An address that nobody has is no error and has
	// no match. The order of matches does not matter. Deleted records are not returned; a merged record is returned under the id it has now.
	//
	// A driver that cannot return everything sets Truncated; mailcrm then asks for fewer addresses at once.
	//
	// It is called for background work and sees all of the tenant; what an Actor may see is the business of [Access].
	Lookup(ctx context.Context, req LookupRequest) (LookupResult, error)
}

// A LookupRequest asks who has these addresses.
type LookupRequest struct {
	Tenant    Tenant
	Addresses []string // 1 to MaxLookupAddresses, distinct
}

// A LookupResult holds what was found.
type LookupResult struct {
	Matches   []Match
	Truncated bool // not all matches are here: ask for fewer addresses
}

// A Match is one record that has one address.
type Match struct {
	Address string // as in the request
	Entity  Entity
}

// Searcher finds records for a person who types.
type Searcher interface {
	// Search returns at most Limit records that Actor may see and that fit Query in the way of the host's own search, best first. Nothing
	// found is no error. An empty Query returns those that the host thinks likely (the recent ones), or none.
	Search(ctx context.Context, req SearchRequest) (SearchResult, error)
}

// A SearchRequest is what a person typed.
type SearchRequest struct {
	Actor Actor
	Query string // at most 255 bytes, any characters
	Kinds []Kind // empty: all
	Limit int    // 1 to MaxSearchResults
}

// A SearchResult holds the records found.
type SearchResult struct {
	Entities []Entity
	More     bool // more would fit
}

// Creator makes a record from a mail ("quick create").
type Creator interface {
	// Create makes one record. When the host finds that it may exist already, it makes nothing and returns the candidates in Duplicates, which is an
	// answer and no error; the person then chooses one, or asks again with AllowDuplicate.
	//
	// The same Key for the same tenant within a day returns the record made the first time, also when both calls run at once. A field that the host
	// refuses is a [FieldError]; a Kind that it does not make, and a Parent that is not in the Actor's tenant, are such fields.
	Create(ctx context.Context, req CreateRequest) (CreateResult, error)
}

// A CreateRequest describes the record to make.
type CreateRequest struct {
	Actor          Actor
	Key            string // makes a repetition harmless; at most 64 bytes
	Kind           Kind
	Name           string // of a company or deal, or the whole name of a person
	FirstName      string
	LastName       string
	Address        string // normalised, may be empty
	Phone          string
	Parent         Ref // the company of a contact; may be zero
	AllowDuplicate bool
}

// A CreateResult holds the record made, or the candidates.
type CreateResult struct {
	Entity     Entity   // zero when Duplicates is not empty
	Duplicates []Entity // records that the host takes for the same
}

// Access tells what an Actor may see.
type Access interface {
	// Visible returns those of at most [MaxAccessRefs] refs that the Actor may see, in any order. A record that does not exist is not visible.
	Visible(ctx context.Context, req AccessRequest) (AccessResult, error)
}

// An AccessRequest asks about records.
type AccessRequest struct {
	Actor Actor
	Refs  []Ref
}

// An AccessResult holds the visible ones.
type AccessResult struct {
	Visible []Ref
}

// Lists gives the recipients of a bulk merge.
type Lists interface {
	// Recipients returns a page of the named list, in an order that stays the same while pages are read, with at most Limit entities, each with
	// its preferred address first. A list that does not exist is [ErrNotFound]. No entity stands in a list twice.
	Recipients(ctx context.Context, req RecipientsRequest) (RecipientsResult, error)
}

// A RecipientsRequest asks for a page of a list.
type RecipientsRequest struct {
	Actor  Actor
	List   string
	Cursor string // empty: from the start; else Next of the page before
	Limit  int    // 1 to MaxPage
}

// A RecipientsResult is a page of a list.
type RecipientsResult struct {
	Entities []Entity
	Next     string // empty: this was the last page
}
