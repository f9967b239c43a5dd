package mailcrm

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mailcrm/sdk/linker"
	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
	"github.com/mailcrm/sdk/mailcrm/internal/privacy"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// MaxPictureSenders is how many addresses an agent can name in [Messages.TrustPictures].
const MaxPictureSenders = 1000

// A PictureSender is an address whose mails show their pictures from elsewhere without being asked.
type PictureSender struct {
	Address string // as it is compared: the domain in ASCII, all in lower case
	Since   time.Time
}

// TrustPictures is a person's word, to be asked for once: from now on the pictures of mails from the sender of this one are shown to the Actor, and their senders
// hear of it, see [Message.PicturesShown]. It counts for the address in From, letter by letter, and for nobody else.
//
// Not believed, then and later, is a mail in Junk, one whose sender's domain disowns it, one with several senders, and an encrypted one. When the domain vouches for
// this mail it must for those to come: whoever forges the address gets nothing by it.
//
// Errors: [ErrNotFound]; [ErrInvalid] with the code "pictures.not_trusted" where one of those is so of this mail, or it was sent from here; [ErrLimit].
func (m *Messages) TrustPictures(ctx context.Context, message string) (*PictureSender, error) {
	view, err := m.s.view(ctx, message)
	if err != nil {
		return nil, err
	}
	if view.Answer != privacy.Full {
		return nil, fmt.Errorf("message %s: %w", message, ErrNotFound)
	}
	address := pictureSender(view)
	if address == "" {
		return nil, &storage.Cause{Code: "pictures.not_trusted", Detail: "message " + message, Err: ErrInvalid}
	}
	row := store.PictureSender{
		Tenant: m.s.actor.Tenant, Agent: m.s.actor.Agent, Address: address, Proved: view.Message.Facts.Standing == SenderAuthenticated,
	}
	have, err := m.s.client.db.PictureSenders(ctx, row.Tenant, row.Agent)
	if err != nil {
		return nil, err
	}
	if len(have) >= MaxPictureSenders && !slices.ContainsFunc(have, func(p store.PictureSender) bool { return p.Address == address }) {
		return nil, fmt.Errorf("pictures of at most %d senders are shown unasked: forget one first: %w", MaxPictureSenders, ErrLimit)
	}
	if err := m.s.client.db.Write(ctx, nil, func(tx *store.Tx) error { return tx.PutPictureSender(&row) }); err != nil {
		return nil, err
	}
	return &PictureSender{Address: row.Address, Since: row.Since}, nil
}

// PictureSenders are those whom the Actor trusts with [Messages.TrustPictures], by address, at most [MaxPictureSenders]. Nobody else sees them.
func (m *Messages) PictureSenders(ctx context.Context) ([]PictureSender, error) {
	if err := m.s.enter(ctx); err != nil {
		return nil, err
	}
	rows, err := m.s.client.db.PictureSenders(ctx, m.s.actor.Tenant, m.s.actor.Agent)
	if err != nil {
		return nil, err
	}
	out := make([]PictureSender, len(rows))
	for i, row := range rows {
		out[i] = PictureSender{Address: row.Address, Since: row.Since}
	}
	return out, nil
}

// ForgetPictures takes back what [Messages.TrustPictures] was told of an address. [ErrNotFound] when nothing was.
func (m *Messages) ForgetPictures(ctx context.Context, address string) error {
	if err := m.s.enter(ctx); err != nil {
		return err
	}
	if normal := linker.Normalize(address); normal != "" {
		address = normal
	}
	return m.s.client.db.Write(ctx, nil, func(tx *store.Tx) error {
		return tx.DeletePictureSender(m.s.actor.Tenant, m.s.actor.Agent, address)
	})
}

// pictureSender is who sent a mail, normalised, if his pictures may be shown unasked; "" otherwise.
func pictureSender(view privacy.View) string {
	m := view.Message
	if view.Answer != privacy.Full || m.Direction != storage.Received || len(m.From) != 1 || m.Facts.Standing == SenderFailed {
		return ""
	}
	for _, c := range view.Copies {
		// Of a mail that is nowhere any more the last places count.
		if c.Role == "junk" && (c.Gone.IsZero() || !slices.ContainsFunc(view.Copies, func(other privacy.Copy) bool { return other.Gone.IsZero() })) {
			return ""
		}
	}
	return linker.Normalize(m.From[0].Address)
}

// showsPictures says whether the pictures of a mail are shown without being asked for.
func (s *Session) showsPictures(ctx context.Context, view privacy.View, m *mimemail.Message) (bool, error) {
	address := pictureSender(view)
	if address == "" || isEncrypted(m) {
		return false, nil
	}
	trusted, err := s.client.db.PictureSender(ctx, s.actor.Tenant, s.actor.Agent, address)
	if err != nil || trusted == nil {
		return false, err
	}
	return !trusted.Proved || view.Message.Facts.Standing == SenderAuthenticated, nil
}

// isEncrypted says whether something in a mail is encrypted, be it one part of many: whoever wraps a stolen secret into a mail of his hopes that the reader's
// program opens it beside his pictures. Nothing remote is shown in such a mail, whatever anybody says (FAULTS S11).
func isEncrypted(m *mimemail.Message) bool {
	if kind := strings.ToLower(m.Header.Get("Content-Type")); strings.HasPrefix(strings.TrimSpace(kind), "multipart/encrypted") {
		return true
	}
	for i := range m.Parts {
		switch p := &m.Parts[i]; p.MediaType {
		case "application/pgp-encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime":
			return true
		case "application/octet-stream":
			if name := strings.ToLower(p.FileName); strings.HasSuffix(name, ".p7m") || strings.HasSuffix(name, ".pgp") || strings.HasSuffix(name, ".gpg") {
				return true
			}
		}
	}
	return slices.ContainsFunc(m.Bodies, func(b mimemail.Body) bool { return strings.Contains(b.Text, "-----BEGIN PGP MESSAGE-----") })
}
