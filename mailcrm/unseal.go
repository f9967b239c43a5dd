package mailcrm

import (
	"context"

	"github.com/mailcrm/sdk/mailcrm/internal/seal"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
)

// place is where a sealed value of the store lies, as it was sealed for.
func place(v store.Sealed) seal.Place {
	return seal.Place{Tenant: v.Tenant, Account: v.ID, Field: v.Field}
}

// unseal opens a sealed value of the store. One that an old key sealed is sealed again with the primary one; where that does not work, it stays for the next time.
func (c *Client) unseal(ctx context.Context, v store.Sealed) (seal.Secret, error) {
	secret, err := c.cfg.Keys.Open(place(v), v.Value)
	if err != nil || !c.cfg.Keys.Stale(v.Value) {
		return secret, err
	}
	if _, err := c.reseal(ctx, v, secret); err != nil {
		c.cfg.Logger.WarnContext(ctx, "not sealed with the new key", "tenant", string(v.Tenant), "id", v.ID, "field", v.Field, "error", err)
	}
	return secret, nil
}

// reseal seals an opened value with the primary key, and says whether it still lay there.
func (c *Client) reseal(ctx context.Context, v store.Sealed, secret seal.Secret) (done bool, err error) {
	sealed, err := c.cfg.Keys.Seal(place(v), secret)
	if err != nil {
		return false, err
	}
	err = c.db.Write(ctx, nil, func(tx *store.Tx) (err error) {
		done, err = tx.Reseal(v, sealed)
		return err
	})
	return done, err
}
