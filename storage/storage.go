// Package storage is the contract between mailcrm and the CRM that hosts it, and the words of that contract.
//
// mailcrm owns mail: accounts, folders, messages, and which of them belong to which client. The host owns everything else: its clients, its
// users, their documents. What mailcrm must know of those, it asks through the powers of [Host]. Only one is required, [Directory]: which
// records have these addresses? A power left nil is one that the host does not offer; the feature that needs it is then absent, and says so.
//
// Implementations are dumb drivers: no caching, no retrying, no batching, no access logic beyond what a method's contract states. mailcrm
// batches (up to 1,000 addresses a look-up), caches (hits and misses), bounds every call with a deadline, and survives a driver that is slow
// or dead. A driver that passes the suite of package storagetest fits.
//
// # Rules that hold for every method
//
//   - One request struct in, one result struct out; both grow, methods are never added. A driver ignores fields that it does not know.
//   - Methods are called from several goroutines at once and honour their context: when it ends they return soon, with its error.
//   - Failures wrap one of the errors of this package. An unwrapped error counts as [ErrTemporary]: the call is repeated later.
//   - What is returned belongs to the caller; what is passed in is not kept after the return, and not changed.
//   - [Tenant] stands in every request. A driver never returns anything of another tenant. The empty tenant is a host that has just one.
//
// Look elsewhere for ready drivers: storage/memstore is a small CRM in memory, storage/filestore document trees in a folder,
// storage/blobfolder bytes in a folder. The mail itself is not stored through this package: package mailcrm keeps it in its own store.
package storage

// A Tenant is a separate world within one process. Nothing is shared, counted or searched across tenants. At most 64 bytes of
// [a-zA-Z0-9._-], or empty.
type Tenant string

// A Kind is a table of the CRM. Hosts add kinds of their own: lower-case ASCII, digits, "_" and "-", at most 64 bytes.
type Kind string

// The kinds that every CRM has. KindAccount is a company, not a mail account.
const (
	KindAccount Kind = "account"
	KindContact Kind = "contact"
	KindDeal    Kind = "deal"
)

// A Ref names a record of the CRM. ID is the host's own, opaque here: at most 255 bytes, no control characters. Refs are comparable.
type Ref struct {
	Tenant Tenant
	Kind   Kind
	ID     string
}

// IsZero reports whether r names nothing.
func (r Ref) IsZero() bool { return r == Ref{} }

// An Entity is what mailcrm shows of a record.
type Entity struct {
	Ref
	Name      string   // as a person would call it: at most 255 bytes are shown
	Detail    string   // what tells two of one name apart: a town, a job. May be empty
	Addresses []string // mail addresses, the preferred one first; look-ups may leave it empty
	Parent    Ref      // the company of a contact, the company or contact of a deal. May be zero
	URL       string   // where the host shows the record: https, or a path on the host. May be empty
	Owner     string   // the agent in charge. May be empty
}

// An Actor is who does something. The host authenticates its users and vouches for what stands here; mailcrm keeps no users of its own.
// Work of the night is done by an Actor too, see [System].
type Actor struct {
	Tenant Tenant
	Agent  string   // the host's id of a user, at most 255 bytes; never empty
	Groups []string // for drivers of Access and Files; mailcrm does not read them
	Admin  bool     // may set up the accounts of others. Does not read their mail
	Locale string   // BCP 47: "fr", "en-GB". Defaults to "en"
	Zone   string   // IANA: "Europe/Paris". Defaults to "UTC"
}

// SystemAgent is the Agent of work that nobody asked for just now: sync, nightly policies.
const SystemAgent = "mailcrm:system"

// System is the Actor of background work in tenant.
func System(tenant Tenant) Actor { return Actor{Tenant: tenant, Agent: SystemAgent} }

// Host is all that mailcrm asks of a CRM. Directory is required; nil means a power not offered.
type Host struct {
	Directory Directory   // which records have an address
	Search    Searcher    // records by name, for a person who links by hand
	Create    Creator     // a new company or contact from a mail
	Fields    FieldSource // what templates can merge
	Files     Files       // document trees
	Access    Access      // which records an Actor may see. Without it: all of his tenant
	History   History     // a copy of the timelines in a table of the host
	Lists     Lists       // recipients of a bulk merge
}

// Limits of the contract. mailcrm never exceeds the request limits; drivers may refuse what does with [ErrLimit].
const (
	MaxLookupAddresses = 1000 // addresses in one LookupRequest
	MaxSearchResults   = 100  // entities in one SearchResult
	MaxValueRefs       = 500  // records in one ValuesRequest
	MaxAccessRefs      = 1000 // records in one AccessRequest
	MaxPage            = 200  // items in one page of a list
)
