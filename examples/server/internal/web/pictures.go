package web

import (
	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/storage"
)

// trustPictures is POST /message/{id}/pictures: a person's word for all mails of a sender, or its taking back.
func (s *site) trustPictures(v *visit) error {
	id := v.r.PathValue("id")
	switch v.field("op") {
	case "trust":
		if _, err := v.mail.Messages.TrustPictures(v.ctx(), id); err != nil {
			return err
		}
		return v.back("/message/"+id, "done", "pictures_trusted")
	case "forget":
		m, err := v.mail.Messages.Get(v.ctx(), id)
		if err != nil {
			return err
		}
		if m.Withheld || len(m.From) != 1 {
			return mailcrm.ErrNotFound
		}
		if err := v.mail.Messages.ForgetPictures(v.ctx(), m.From[0].Address); err != nil {
			return err
		}
		return v.back("/message/"+id, "done", "pictures_forgotten")
	}
	return storage.Invalid("Op", "unknown", "say trust or forget")
}

// trustable reports whether a page should offer to show the pictures of a sender always; the library decides.
func trustable(m *mailcrm.Message) bool {
	return m.Direction == storage.Received && len(m.From) == 1 && (m.Authenticity == nil || m.Authenticity.Standing != mailcrm.SenderFailed)
}
