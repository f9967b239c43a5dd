package oauth

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/mailcrm/sdk/mailcrm/internal/dial"
	"github.com/mailcrm/sdk/mailcrm/internal/seal"
	"github.com/mailcrm/sdk/mailcrm/internal/testservers"
	"github.com/mailcrm/sdk/storage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	alice    = "alice@test.example"
	redirect = "https://crm.example/mail/signed-in"
	secret   = "client&secret=7"
)

// A world is a token server, a client that reaches it, and a vault with a login of Alice's.
type world struct {
	t        *testing.T
	server   *testservers.TokenServer
	client   *Client
	provider *Provider
	vault    *vault
	tokens   *Tokens
	clock    *clock
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newWorld(t *testing.T, opts *testservers.TokenOptions) *world {
	t.Helper()
	w := &world{t: t, clock: &clock{now: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)}}
	if opts == nil {
		opts = &testservers.TokenOptions{}
	}
	opts.ClientID, opts.ClientSecret, opts.Now = "crm", secret, w.clock.Now
	w.server = testservers.Tokens(t, opts)
	dialer := &dial.Dialer{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Ports: []int{0}}
	w.client = New(dialer, w.server.CA)
	var err error
	w.provider, err = Provider{
		Name: "intranet", ClientID: "crm", ClientSecret: seal.NewSecret(secret), AuthURL: w.server.AuthURL, TokenURL: w.server.TokenURL, RevokeURL: w.server.RevokeURL, Scopes: []string{"mail"},
	}.Complete()
	require.NoError(t, err)
	w.vault = newVault()
	w.vault.put("l", Grant{Provider: "intranet", Refresh: seal.NewSecret(w.server.Grant(alice).Refresh), Revision: 1})
	w.tokens = w.node()
	return w
}

// node is another process with the same vault.
func (w *world) node() *Tokens {
	return &Tokens{Client: w.client, Vault: w.vault, Providers: map[string]*Provider{"intranet": w.provider}, Now: w.clock.Now}
}

// code is what the provider's page sends the browser back with.
func (w *world) code(address string) url.Values {
	w.t.Helper()
	browser := w.server.Client()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, address, nil)
	require.NoError(w.t, err)
	res, err := browser.Do(req)
	require.NoError(w.t, err)
	require.NoError(w.t, res.Body.Close())
	require.Equal(w.t, http.StatusFound, res.StatusCode)
	back, err := res.Location()
	require.NoError(w.t, err)
	return back.Query()
}

// says makes the token endpoint answer so.
func (w *world) says(status int, body string, headers ...string) {
	w.server.Answer(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/json")
		for i := 0; i+1 < len(headers); i += 2 {
			rw.Header().Set(headers[i], headers[i+1])
		}
		rw.WriteHeader(status)
		_, _ = rw.Write([]byte(body))
	})
}

// refreshes are the refresh tokens that the server was shown.
func (w *world) refreshes() (all []string) {
	for _, form := range w.server.Requests() {
		if form.Get("grant_type") == "refresh_token" {
			all = append(all, form.Get("refresh_token"))
		}
	}
	return all
}

// A vault in memory, with faults.
type vault struct {
	mu      sync.Mutex
	grants  map[string]Grant
	claimed map[string]int
	claims  int
	order   []string
	failing error // of Save
	onSave  func()
}

func newVault() *vault { return &vault{grants: map[string]Grant{}, claimed: map[string]int{}} }

func (v *vault) put(login string, g Grant) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.grants[login] = g
}

func (v *vault) get(login string) Grant {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.grants[login]
}

func (v *vault) Load(_ context.Context, _ storage.Tenant, login string) (Grant, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	g, ok := v.grants[login]
	if !ok {
		return Grant{}, storage.ErrNotFound
	}
	return g, nil
}

func (v *vault) Claim(_ context.Context, _ storage.Tenant, login string, revision int64) (func(context.Context), bool, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.claimed[login] != 0 || v.grants[login].Revision != revision {
		return nil, false, nil
	}
	v.claims++
	mine := v.claims
	v.claimed[login] = mine
	return func(context.Context) {
		v.mu.Lock()
		defer v.mu.Unlock()
		if v.claimed[login] == mine {
			v.claimed[login] = 0
		}
	}, true, nil
}

func (v *vault) Save(_ context.Context, _ storage.Tenant, login string, revision int64, refresh seal.Secret) error {
	if v.onSave != nil {
		v.onSave()
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.failing != nil {
		return v.failing
	}
	g := v.grants[login]
	if g.Revision != revision {
		return storage.ErrConflict
	}
	g.Refresh, g.Stale = refresh, false
	g.Revision++
	v.grants[login] = g
	v.claimed[login] = 0
	v.order = append(v.order, "saved")
	return nil
}

func (v *vault) Revoke(_ context.Context, _ storage.Tenant, login string, revision int64, why error) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	g := v.grants[login]
	if g.Revision != revision {
		return storage.ErrConflict
	}
	g.Revoked = why
	g.Revision++
	v.grants[login] = g
	v.claimed[login] = 0
	return nil
}

var (
	errAway      = errors.New("the data base is away")
	loopbackOnly = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
)
