package oauth

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/dial"
	"github.com/mailcrm/sdk/storage"
)

// httpClient goes through the guard, verifies certificates there, follows no redirect and asks no proxy. A connection serves one request: there are few, and none
// is kept open for whoever is at the other end.
func httpClient(d *dial.Dialer, roots *x509.CertPool) *http.Client {
	return &http.Client{
		Timeout: Timeout,
		Transport: bounded{&http.Transport{
			DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				conn, err := d.DialContext(ctx, network, addr)
				if err != nil {
					return nil, err
				}
				if !d.Plaintext(conn) {
					_ = conn.Close()
					return nil, &storage.Cause{Code: "dial.refused_by_policy", Detail: "http without TLS", Err: storage.ErrInvalid}
				}
				return conn, nil
			},
			DialTLSContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				conn, err := d.DialContext(ctx, network, addr)
				if err != nil {
					return nil, err
				}
				host, _, err := net.SplitHostPort(addr)
				if err != nil {
					return nil, errors.Join(err, conn.Close())
				}
				secured, err := d.TLS(ctx, conn, dial.TLSConfig{ServerName: host, RootCAs: roots})
				if err != nil {
					return nil, err // and not a *tls.Conn that is nil
				}
				return secured, nil
			},
			DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: MaxAnswer, ResponseHeaderTimeout: Timeout, ExpectContinueTimeout: time.Second,
		}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// bounded reads answers whole, and refuses those that are too long: the library would lose what kind of failure it was.
type bounded struct{ inner http.RoundTripper }

var errTooLong = errors.New("the answer is too long")

// RoundTrip asks and reads.
func (b bounded) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := b.inner.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(res.Body, MaxAnswer+1))
	if err := errors.Join(err, res.Body.Close()); err != nil {
		return nil, err
	}
	if len(text) > MaxAnswer {
		return nil, errTooLong
	}
	res.Body = io.NopCloser(bytes.NewReader(text))
	return res, nil
}
