package dial

import (
	"context"
	"errors"
	"net"
	"strings"

	"github.com/mailcrm/sdk/storage"
)

func refused(reason string) error {
	return &storage.Cause{Code: "dial.refused_by_policy", Detail: reason, Err: storage.ErrInvalid}
}

// classify turns what net.Dialer returned into one of the codes of this package. Whatever went wrong after the look-up reads the same:
// words that tell a closed port from a filtered one would map a network.
func classify(ctx context.Context, err error, addr string) error {
	if p, ok := asPolicy(err); ok {
		return refused(p.reason)
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return &storage.Cause{Code: "dial.cancelled", Err: &storage.TemporaryError{Err: context.Cause(ctx)}}
	}
	var lookup *net.DNSError
	if errors.As(err, &lookup) {
		if lookup.IsNotFound {
			return &storage.Cause{Code: "dial.no_such_host", Detail: addr, Err: storage.ErrUnavailable}
		}
		return &storage.Cause{Code: "dial.timeout", Detail: addr, Err: storage.ErrTemporary}
	}
	var address *net.AddrError
	if errors.As(err, &address) { // the name has no address of the wanted family
		return &storage.Cause{Code: "dial.no_such_host", Detail: addr, Err: storage.ErrUnavailable}
	}
	return &storage.Cause{Code: "dial.unreachable", Detail: addr, Err: storage.ErrTemporary}
}

// OurCertificate turns the error of a TLS connection whose other end did not take our certificate, or wants one, into the code tls.client_certificate; it is nil
// for any other error. In TLS 1.3 a server says so after the handshake, when the first answer is read (RFC 8446 §4.4.2.4).
func OurCertificate(err error) error {
	var remote *net.OpError
	if !errors.As(err, &remote) || remote.Op != "remote error" || remote.Err == nil {
		return nil
	}
	// The type of crypto/tls that says which alert it was is not exported.
	said := strings.TrimPrefix(remote.Err.Error(), "tls: ")
	if !strings.Contains(said, "certificate") && said != "access denied" {
		return nil
	}
	return &storage.Cause{Code: "tls.client_certificate", Detail: "the server says: " + printable(said), Err: storage.ErrAuth}
}
