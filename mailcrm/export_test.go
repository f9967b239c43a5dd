package mailcrm

import (
	"context"
	"crypto/x509"
	"net/netip"

	"github.com/mailcrm/sdk/mailcrm/internal/dial"
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
