package imapsync

import (
	"context"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// Deliver records a chunk in one transaction, fenced by its lease: copies, messages and links come into being, the UIDs leave the ledger's
// pending state. It is floor 3's. An error means that nothing was recorded and the chunk may be delivered again.
type Deliver func(ctx context.Context, chunk *Chunk) error

// A Chunk is a part of one mailbox that was fetched whole.
type Chunk struct {
	Lease       *store.Lease
	Account     *store.Account
	Mailbox     *store.Mailbox
	UIDValidity uint32
	Mails       []Mail
	Vanished    []uint32           // pending UIDs that the server has no longer
	Dead        []store.DeadLetter // UIDs that could not be fetched or parsed into anything
}

// A Mail is one that arrived whole, or all that was asked for of it did: its literal had the length announced, and the command ended OK.
type Mail struct {
	UID          uint32
	Flags        store.Flags
	Keywords     []string
	ModSeq       uint64
	InternalDate time.Time
	Size         int64 // RFC822.SIZE as the server says, a hint
	HeaderHash   [32]byte
	Raw          storage.Digest // of what is kept; zero for mailboxes that are only indexed
	RawSize      int64          // of the mail: of one that was not fetched whole as the server says
	Kept         string         // "whole"; "text": Raw is a document of mimemail.Outline, in which attachments are only named; "header"
	Parsed       *mimemail.Message
	Pictures     []store.Picture // small ones among its attachments, which may be somebody's logo; at most store.MaxLogos
	Others       bool            // it has attachments beside Pictures
	Told         *Told           // nil for mailboxes of which mail was not received: sent, drafts and junk
}

// size is how many UIDs the chunk decides about.
func (c *Chunk) size() int { return len(c.Mails) + len(c.Vanished) + len(c.Dead) }

func (c *Chunk) empty() bool { return c.size() == 0 }
