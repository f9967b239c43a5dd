package store

import (
	"context"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/store/internal/engine"
	"github.com/mailcrm/sdk/storage"
)

// A PictureSender is somebody whose pictures from elsewhere an agent wants to see without being asked.
type PictureSender struct {
	Tenant  storage.Tenant
	Agent   string
	Address string // normalised
	Proved  bool   // the sender's domain vouched for the mail by which this was said
	Since   time.Time
}

const (
	pictureSenderColumns = `tenant, agent, address, proved, since`

	pictureSendersOf    engine.SQL = `SELECT ` + pictureSenderColumns + ` FROM @picture_senders WHERE tenant = ? AND agent = ? ORDER BY address`
	pictureSender       engine.SQL = `SELECT ` + pictureSenderColumns + ` FROM @picture_senders WHERE tenant = ? AND agent = ? AND address = ?`
	putPictureSender    engine.SQL = `INSERT INTO @picture_senders (` + pictureSenderColumns + `) VALUES {rows} ON CONFLICT (tenant, agent, address) DO UPDATE SET proved = excluded.proved, since = excluded.since`
	deletePictureSender engine.SQL = `DELETE FROM @picture_senders WHERE tenant = ? AND agent = ? AND address = ?`
)

func scanPictureSender(s engine.Scanner) (p PictureSender, err error) {
	var since int64
	err = s.Scan(&p.Tenant, &p.Agent, &p.Address, &p.Proved, &since)
	p.Since = when(since)
	return p, err
}

// PictureSenders are all of an agent, by address.
func (r Reads) PictureSenders(ctx context.Context, tenant storage.Tenant, agent string) ([]PictureSender, error) {
	all, err := engine.All(ctx, r.c, pictureSendersOf, scanPictureSender, string(tenant), agent)
	return all, doing("reading whose pictures are shown", err)
}

// PictureSender is one of an agent; nil when he did not say so of that address.
func (r Reads) PictureSender(ctx context.Context, tenant storage.Tenant, agent, address string) (*PictureSender, error) {
	p, ok, err := engine.One(ctx, r.c, pictureSender, scanPictureSender, string(tenant), agent, address)
	if err != nil || !ok {
		return nil, doing("reading whose pictures are shown", err)
	}
	return &p, nil
}

// PutPictureSender stores one, in place of what was said of the same address before. Since is filled in. Who bounds how many there are counts them first.
func (tx *Tx) PutPictureSender(p *PictureSender) error {
	p.Since = tx.Now()
	return doing("noting whose pictures are shown", tx.insert(putPictureSender, 5, []any{string(p.Tenant), p.Agent, p.Address, p.Proved, micros(p.Since)}))
}

// DeletePictureSender removes one.
func (tx *Tx) DeletePictureSender(tenant storage.Tenant, agent, address string) error {
	return tx.one("forgetting whose pictures are shown", deletePictureSender, string(tenant), agent, address)
}
