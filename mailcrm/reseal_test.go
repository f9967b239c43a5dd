package mailcrm_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // to damage rows behind mailcrm's back

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/mailcrm/sqlite"
	"github.com/mailcrm/sdk/storage"
)

// A vault is a world whose data base and key file a test may handle.
type vault struct {
	*world
	file, key string
	store     *mailcrm.Store
}

func newVault(t *testing.T) *vault {
	t.Helper()
	v := &vault{world: newWorld(t, mailcrmtest.ServerOptions{}, nil)}
	folder := t.TempDir()
	v.file, v.key = filepath.Join(folder, "data", "mailcrm.db"), filepath.Join(folder, "key")
	v.start()
	return v
}

// start opens a client as a process that begins does; the one before ends.
func (v *vault) start() {
	v.t.Helper()
	if v.store != nil {
		require.NoError(v.t, v.client.Close())
		require.NoError(v.t, v.store.Close())
	}
	store, err := sqlite.Open(v.t.Context(), v.file, &sqlite.Options{Now: v.clock.Now})
	require.NoError(v.t, err)
	v.t.Cleanup(func() { _ = store.Close() })
	v.store = store
	keys, err := mailcrm.KeyFile(v.key)
	require.NoError(v.t, err)
	v.client = v.open(v.t.TempDir(), func(c *mailcrm.Config) { c.Store, c.Keys = store, keys })
	v.anna = v.client.As(v.anna.Actor())
}

// sql changes the data base as who has it in his hands can.
func (v *vault) sql(statement string, args ...any) {
	v.t.Helper()
	db, err := sql.Open("sqlite", "file:"+v.file+"?_pragma=busy_timeout(5000)")
	require.NoError(v.t, err)
	_, err = db.ExecContext(v.t.Context(), statement, args...)
	require.NoError(v.t, errors.Join(err, db.Close()))
}

func (v *vault) create(address, smtp string) *mailcrm.Account {
	v.t.Helper()
	in := v.input()
	in.Address, in.IMAP.Username, in.SMTP.Password = address, annaAddress, mailcrm.NewSecret(smtp)
	account, err := v.anna.Accounts.Create(v.t.Context(), in)
	require.NoError(v.t, err)
	return account
}

func (v *vault) reseal() mailcrm.ResealReport {
	v.t.Helper()
	report, err := v.client.Reseal(v.t.Context())
	require.NoError(v.t, err)
	return report
}

// TestReseal: after a rotation everything is sealed with the new key, by command or when it is used; then the old key may go.
func TestReseal(t *testing.T) {
	v := newVault(t)
	first, second := v.create("one@demo.example", "own"), v.create("two@demo.example", "")
	require.Equal(t, mailcrm.ResealReport{Current: 3}, v.reseal())
	v.work()
	require.Equal(t, "ready", v.status(second.ID).Status.State)

	require.NoError(t, mailcrm.RotateKeyFile(v.key))
	v.clock.Advance(2 * time.Minute)
	v.work() // which opens the IMAP passwords
	require.Equal(t, mailcrm.ResealReport{Resealed: 1, Current: 2}, v.reseal(), "the SMTP password was not used")
	require.Equal(t, mailcrm.ResealReport{Current: 3}, v.reseal())
	require.EqualValues(t, 1, v.status(first.ID).Revision, "that is no change by a person")

	old, err := os.ReadFile(v.key)
	require.NoError(t, err)
	require.NoError(t, mailcrm.PruneKeyFile(v.key))
	v.start()
	v.clock.Advance(2 * time.Minute)
	v.work()
	require.Equal(t, "ready", v.status(first.ID).Status.State)
	require.Equal(t, mailcrm.ResealReport{Current: 3}, v.reseal())

	// Who takes the old key away too early is told, and what it sealed is refused; with the key it opens again by itself.
	require.NoError(t, mailcrm.RotateKeyFile(v.key))
	kept, err := os.ReadFile(v.key)
	require.NoError(t, err)
	require.NoError(t, mailcrm.PruneKeyFile(v.key))
	require.NotEqual(t, old, kept)
	logins := len(v.server.Logins())
	v.clock.Advance(2 * time.Minute)
	v.work()
	status := v.status(first.ID).Status
	require.Equal(t, "seal.unknown_key", status.Code)
	require.Equal(t, mailcrm.AccountError, status.State)
	require.Equal(t, mailcrm.DoAdmin, status.Do)
	require.Contains(t, status.Sentence, "key file")
	require.Len(t, v.server.Logins(), logins)
	report := v.reseal()
	require.Equal(t, 3, report.Failed)
	require.Contains(t, report.Failures, mailcrm.ResealFailure{ID: first.ID, Field: "smtp.password", Code: "seal.unknown_key"})
	require.NoError(t, os.WriteFile(v.key, kept, 0o600))
	v.later(time.Hour)
	require.Equal(t, "ready", v.status(first.ID).Status.State)
}

// TestResealMeanwhile: who changes an account while it is sealed again does not bring back what the old key sealed.
func TestResealMeanwhile(t *testing.T) {
	v := newVault(t)
	account := v.create("one@demo.example", "own")
	require.NoError(t, mailcrm.RotateKeyFile(v.key))
	require.NoError(t, mailcrm.RenameAround(t.Context(), v.anna.Accounts, account.ID, "Desk", func() {
		require.Equal(t, mailcrm.ResealReport{Resealed: 2}, v.reseal())
	}))
	require.Equal(t, "Desk", v.status(account.ID).Name)
	require.Equal(t, mailcrm.ResealReport{Current: 2}, v.reseal())
}

// TestResealEnds with its context, and is nobody's on a closed client.
func TestResealEnds(t *testing.T) {
	v := newVault(t)
	v.create("one@demo.example", "own")
	require.NoError(t, mailcrm.RotateKeyFile(v.key))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := v.client.Reseal(ctx)
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, mailcrm.ResealReport{Resealed: 2}, v.reseal())
	require.NoError(t, v.client.Close())
	_, err = v.client.Reseal(t.Context())
	require.ErrorIs(t, err, mailcrm.ErrClosed)
}

// TestSwappedSecrets: a sealed password that was changed, or that lies where it was not sealed for (another account's, another tenant's, another field's), opens for
// nobody. The account says so, and no server is asked.
func TestSwappedSecrets(t *testing.T) {
	for name, statement := range map[string]string{
		"changed":             `UPDATE accounts SET imap_secret = CAST(substr(imap_secret, 1, 20) || x'00' || substr(imap_secret, 22) AS BLOB) WHERE id = ?1`,
		"cut":                 `UPDATE accounts SET imap_secret = substr(imap_secret, 1, 20) WHERE id = ?1`,
		"of another account":  `UPDATE accounts SET imap_secret = (SELECT imap_secret FROM accounts WHERE address = 'two@demo.example' AND tenant = '') WHERE id = ?1`,
		"of another tenant":   `UPDATE accounts SET imap_secret = (SELECT imap_secret FROM accounts WHERE tenant = 'other') WHERE id = ?1`,
		"of the other field":  `UPDATE accounts SET imap_secret = smtp_secret WHERE id = ?1`,
		"a row given away":    `UPDATE accounts SET tenant = 'third' WHERE id = ?1`,
		"in clear":            `UPDATE accounts SET imap_secret = CAST('correct horse battery' AS BLOB) WHERE id = ?1`,
		"of nobody's key id":  `UPDATE accounts SET imap_secret = CAST(x'01ffffffff' || substr(imap_secret, 6) AS BLOB) WHERE id = ?1`,
		"sealed with nothing": `UPDATE accounts SET imap_secret = x'' WHERE id = ?1`,
	} {
		t.Run(name, func(t *testing.T) {
			v := newVault(t)
			account := v.create("one@demo.example", "own")
			v.create("two@demo.example", "")
			foreigner := v.client.As(storage.Actor{Tenant: "other", Agent: "anna"})
			in := v.input()
			in.Address, in.IMAP.Username = "one@demo.example", annaAddress
			_, err := foreigner.Accounts.Create(t.Context(), in)
			require.NoError(t, err)
			v.sql(statement, account.ID)
			v.work()
			if name == "a row given away" {
				v.anna = v.client.As(storage.Actor{Tenant: "third", Agent: "anna", Locale: "en"})
			}
			status := v.status(account.ID).Status
			switch name {
			case "sealed with nothing":
				require.NotEqual(t, "ready", status.State)
				return
			case "in clear", "of nobody's key id":
				require.Equal(t, "seal.unknown_key", status.Code)
			default:
				require.Equal(t, "seal.damaged", status.Code)
				require.Equal(t, mailcrm.AccountAuthFailed, status.State)
				require.Equal(t, mailcrm.DoPassword, status.Do)
				require.Zero(t, status.NextTry, "it does not heal by itself")
			}
			require.NotEmpty(t, status.Sentence)
			require.Positive(t, v.reseal().Failed)
			require.Len(t, v.server.Logins(), 2, "of the two others")

			// Who enters it again has it back.
			in = v.status(account.ID).Input()
			in.IMAP.Password = mailcrm.NewSecret(password)
			_, err = v.anna.Accounts.Update(t.Context(), in)
			require.NoError(t, err)
			v.work()
			require.Equal(t, "ready", v.status(account.ID).Status.State)
		})
	}
}

// TestKMS: a host's key service is asked when the keys are made; the keyset lies wrapped.
func TestKMS(t *testing.T) {
	kms := testKMS{}
	wrapped, err := mailcrm.NewWrappedKeyset(t.Context(), kms)
	require.NoError(t, err)
	keys, err := mailcrm.NewKeys(t.Context(), kms, wrapped)
	require.NoError(t, err)
	w := newWorld(t, mailcrmtest.ServerOptions{}, func(c *mailcrm.Config) { c.Keys = keys })
	account := w.account(w.input())
	require.Equal(t, "ready", account.Status.State)

	rotated, err := mailcrm.RotateWrappedKeyset(t.Context(), kms, wrapped)
	require.NoError(t, err)
	both, err := mailcrm.NewKeys(t.Context(), kms, rotated)
	require.NoError(t, err)
	pruned, err := mailcrm.PruneWrappedKeyset(t.Context(), kms, rotated)
	require.NoError(t, err)
	newest, err := mailcrm.NewKeys(t.Context(), kms, pruned)
	require.NoError(t, err)
	require.NotEqual(t, "", both.String()+newest.String())

	_, err = mailcrm.NewKeys(t.Context(), kms, []byte("nonsense"))
	require.ErrorIs(t, err, mailcrm.ErrUnavailable)
	_, err = mailcrm.RotateWrappedKeyset(t.Context(), kms, nil)
	require.ErrorIs(t, err, mailcrm.ErrInvalid)
}

// testKMS turns each byte round.
type testKMS struct{}

func (testKMS) Encrypt(_ context.Context, text, bound []byte) ([]byte, error) {
	out := append([]byte(nil), bound...)
	for _, b := range text {
		out = append(out, ^b)
	}
	return out, nil
}

func (testKMS) Decrypt(_ context.Context, wrapped, bound []byte) ([]byte, error) {
	if len(wrapped) < len(bound) || string(wrapped[:len(bound)]) != string(bound) {
		return nil, errors.New("it was not wrapped here")
	}
	var out []byte
	for _, b := range wrapped[len(bound):] {
		out = append(out, ^b)
	}
	return out, nil
}
