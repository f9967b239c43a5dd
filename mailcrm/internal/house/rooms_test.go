package house

// room is a folder of the library with its packages, except those that are
// rooms themselves.
type room struct {
	// path below the module.
	path string
	// floor it lies on. An arrow only points down.
	floor int
	// beside are the rooms of its own floor that it may import.
	beside []string
	// visitors, where set, are the only rooms that may import this one.
	visitors []string
	// plain rooms import, beside rooms of ours, the standard library alone:
	// they go into the tests of hosts.
	plain bool
	// alone rooms are one package; what lies below is no part of them.
	alone bool
	// kit rooms may be imported by the tests of every room.
	kit bool
}

// tests is the visitor of rooms that only tests may import.
const tests = "tests"

// rooms are the walls of the house, as DESIGN.md draws them.
var rooms = []room{
	{path: "tools", floor: 5},

	{path: "mailcrm", floor: 4, alone: true},
	{path: "mailcrm/sqlite", floor: 4, beside: []string{"mailcrm"}},
	{path: "mailcrm/postgres", floor: 4, beside: []string{"mailcrm"}},
	{path: "mailcrm/mailcrmtest", floor: 4, beside: []string{"mailcrm", "mailcrm/sqlite"}, kit: true},

	{path: "mailcrm/internal/deliver", floor: 3},
	{path: "mailcrm/internal/verify", floor: 3},
	{path: "mailcrm/internal/privacy", floor: 3},
	{path: "mailcrm/internal/policy", floor: 3},
	{path: "mailcrm/internal/work", floor: 3},

	{path: "mailcrm/internal/store", floor: 2, beside: []string{"mailcrm/internal/seal"}},
	{path: "mailcrm/internal/store/reader", floor: 2, beside: []string{"mailcrm/internal/store"}, visitors: []string{"mailcrm/internal/privacy"}},
	{
		path: "mailcrm/internal/store/migrate", floor: 2, beside: []string{"mailcrm/internal/store"},
		visitors: []string{"mailcrm/sqlite", "mailcrm/postgres", "mailcrm/internal/store/storetest"},
	},
	{
		path: "mailcrm/internal/store/storetest", floor: 2, visitors: []string{tests}, kit: true,
		beside: []string{"mailcrm/internal/store", "mailcrm/internal/store/migrate", "mailcrm/internal/testservers"},
	},
	{path: "mailcrm/internal/seal", floor: 2},
	{path: "mailcrm/internal/signin", floor: 2, beside: []string{"mailcrm/internal/seal"}},
	{path: "mailcrm/internal/oauth", floor: 2, beside: []string{"mailcrm/internal/seal"}},
	{path: "mailcrm/internal/imapconn", floor: 2, beside: []string{"mailcrm/internal/seal", "mailcrm/internal/signin"}},
	{path: "mailcrm/internal/imapsync", floor: 2, beside: []string{"mailcrm/internal/imapconn", "mailcrm/internal/store", "mailcrm/internal/seal", "mailcrm/internal/signin"}},
	{path: "mailcrm/internal/submit", floor: 2, beside: []string{"mailcrm/internal/store", "mailcrm/internal/seal", "mailcrm/internal/signin"}},
	{path: "mailcrm/autoconfig", floor: 2},
	{path: "linker", floor: 2},
	{path: "plugins", floor: 2},
	{path: "plugins/plugintest", floor: 2, beside: []string{"plugins"}, plain: true, kit: true},
	{path: "storage/memstore", floor: 2, kit: true},
	{path: "storage/filestore", floor: 2, kit: true},
	{path: "storage/blobfolder", floor: 2, kit: true},
	{path: "storage/s3", floor: 2},
	{path: "storage/storagetest", floor: 2, plain: true, kit: true},

	{path: "storage", floor: 1, plain: true},
	{path: "folders", floor: 1},
	{path: "templates", floor: 1, beside: []string{"templates/plaintext"}},
	{path: "templates/plaintext", floor: 1},
	{path: "linker/address", floor: 1},
	{path: "mailcrm/internal/mimemail", floor: 1, beside: []string{"linker/address"}},
	{path: "mailcrm/internal/reports", floor: 1, beside: []string{"mailcrm/internal/mimemail", "linker/address"}},
	{path: "mailcrm/internal/quotes", floor: 1},
	{path: "mailcrm/internal/safehtml", floor: 1},
	// It returns errors of the contract, so that they are classified once.
	{path: "mailcrm/internal/dial", floor: 1, beside: []string{"storage"}},

	// Not in the house, but beside it.
	{path: "mailcrm/internal/testservers", floor: 2, visitors: []string{tests, "mailcrm/internal/store/storetest"}, kit: true},
	{path: "mailcrm/internal/house", floor: 5},
}

// library is a dependency that only some rooms may import. Tests may import
// all of them, the examples too.
type library struct {
	prefix string
	rooms  []string
	why    string
}

// libraries are the walls around dependencies.
var libraries = []library{
	{"github.com/emersion/go-imap", []string{"mailcrm/internal/imapconn", "mailcrm/internal/imapsync", "mailcrm/mailcrmtest"}, "only imapconn and imapsync speak IMAP"},
	{"github.com/wneessen/go-mail", []string{"mailcrm/internal/submit", "mailcrm/mailcrmtest"}, "only submit builds and sends mail"},
	{"github.com/emersion/go-smtp", []string{"mailcrm/mailcrmtest", "mailcrm/internal/testservers"}, "a server for tests; submit sends with go-mail"},
	{"github.com/hashicorp/go-plugin", []string{"plugins", "plugins/plugintest"}, "only plugins crosses a process border"},
	{"google.golang.org/grpc", []string{"plugins", "plugins/plugintest"}, "only plugins crosses a process border"},
	{"github.com/jackc/pgx", []string{"mailcrm/internal/store", "mailcrm/internal/store/storetest", "mailcrm/postgres"}, "only the store speaks SQL"},
	{"modernc.org/sqlite", []string{"mailcrm/internal/store", "mailcrm/internal/store/storetest", "mailcrm/sqlite"}, "only the store speaks SQL"},
	{"github.com/pressly/goose", []string{"mailcrm/internal/store/migrate"}, "who does not open a data base does not carry goose along"},
	{"github.com/microcosm-cc/bluemonday", []string{"mailcrm/internal/safehtml"}, "one policy for hostile HTML"},
	{"github.com/tink-crypto/tink-go", []string{"mailcrm/internal/seal"}, "one room seals secrets"},
	{"github.com/minio/minio-go", []string{"storage/s3"}, "only storage/s3 speaks S3"},
	{"github.com/danielgtaylor/huma", nil, "the HTTP API belongs to examples/server"},
	{"github.com/xdg-go/scram", []string{"mailcrm/internal/signin"}, "one room proves who an account is"},
	{"golang.org/x/oauth2", []string{"mailcrm/internal/oauth"}, "one room gets and renews tokens"},
	{"github.com/stretchr/testify", []string{"mailcrm/internal/store/storetest"}, "for tests"},
	{"go.uber.org/goleak", nil, "for tests"},
	{"github.com/chromedp", nil, "for tests"},
}
