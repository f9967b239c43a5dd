package mailcrm

import (
	"context"
	"crypto/x509"
	"fmt"
	"net/netip"

	"github.com/mailcrm/sdk/mailcrm/internal/dial"
	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
	"github.com/mailcrm/sdk/mailcrm/internal/privacy"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
)

// Layers switches layers of Content off, so that tests can hold each of them to be enough alone.
func (c *Client) Layers(sanitizer, frame bool) {
	c.layers = layers{unclean: !sanitizer, unframed: !frame}
}

// PicturesFrom opens networks and ports to the pictures of mails, which no Config does.
func (c *Client) PicturesFrom(allow []netip.Prefix, ports []int, roots *x509.CertPool) {
	c.gallery = newGallery(&dial.Dialer{Allow: allow, Ports: ports}, roots)
}

// RenameAround changes an account's name as Update does, with something that happens between its reading and its writing.
func RenameAround(ctx context.Context, a *Accounts, id, name string, meanwhile func()) error {
	acc, err := a.managed(ctx, id)
	if err != nil {
		return err
	}
	was := *acc
	meanwhile()
	acc.Name = name
	_, err = a.update(ctx, &was, acc)
	return err
}

// ShowsPictures is asked of mails as the privacy room would tell them.
func (s *Session) ShowsPictures(ctx context.Context, view privacy.View, m *mimemail.Message) (bool, error) {
	return s.showsPictures(ctx, view, m)
}

// TrustPicturesOf notes an agent's word without a mail.
func (c *Client) TrustPicturesOf(ctx context.Context, agent, address string, proved bool) {
	err := c.db.Write(ctx, nil, func(tx *store.Tx) error {
		return tx.PutPictureSender(&store.PictureSender{Agent: agent, Address: address, Proved: proved})
	})
	if err != nil {
		panic(err)
	}
}

// FillPictureSenders notes n of them.
func (c *Client) FillPictureSenders(ctx context.Context, agent string, n int) {
	err := c.db.Write(ctx, nil, func(tx *store.Tx) error {
		for i := range n {
			if err := tx.PutPictureSender(&store.PictureSender{Agent: agent, Address: fmt.Sprintf("n%d@x.example", i)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		panic(err)
	}
}

// EnterGallery waits for a turn of one mail's pictures.
func (c *Client) EnterGallery(ctx context.Context, mail string) (leave func(), ok bool) {
	return c.gallery.enter(ctx, mail)
}

// GalleryIsEmpty says that nobody waits for a picture and nothing of it is left.
func (c *Client) GalleryIsEmpty() bool { return len(c.gallery.mails) == 0 && len(c.gallery.slots) == 0 }
