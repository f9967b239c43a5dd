package autoconfig

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"

	"github.com/mailcrm/sdk/mailcrm/internal/dial"
	"github.com/mailcrm/sdk/storage"
)

// Bounds of what is fetched.
const (
	maxDocument  = 256 << 10 // bytes
	maxHeader    = 16 << 10  // bytes
	maxRedirects = 3
)

// errNoHTTP says that a document may come over https only.
var errNoHTTP = errors.New("not https")

// page is a document that was fetched.
type page struct {
	body []byte
	host string // that sent it, after redirects
}

// fetch gets a document over https, or posts a body for one. No cookie, no credentials, no proxy; a redirect is followed when it stays on
// https, with the same method, as Autodiscover wants it and autoconfig does not mind. What is wrong is told by the outcome.
func (x *explorer) fetch(ctx context.Context, address string, post []byte) (page, found) {
	client, done := x.client()
	defer done()
	for range maxRedirects + 1 {
		res, err := x.ask(ctx, client, address, post)
		if err != nil {
			return page{}, failed(ctx, err)
		}
		if isRedirect(res.StatusCode) {
			next, err := res.Location()
			res.Body.Close()
			if err != nil || !x.mayFollow(next) {
				return page{}, found{outcome: Refused}
			}
			address = next.String()
			continue
		}
		return readPage(ctx, res)
	}
	return page{}, found{outcome: Refused}
}

func (x *explorer) ask(ctx context.Context, client *http.Client, address string, post []byte) (*http.Response, error) {
	method, body := http.MethodGet, io.Reader(nil)
	if post != nil {
		method, body = http.MethodPost, bytes.NewReader(post)
	}
	req, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "mailcrm")
	req.Header.Set("Accept", "text/xml, application/xml")
	if post != nil {
		req.Header.Set("Content-Type", "text/xml; charset=utf-8")
	}
	return client.Do(req)
}

func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// mayFollow keeps redirects on https, on its port, and on names: mail ports are allowed to the guard, but not to a web page.
func (x *explorer) mayFollow(u *url.URL) bool {
	if u.Scheme != "https" || u.User != nil || (u.Port() != "" && u.Port() != "443") {
		return false
	}
	_, ok := normalHost(u.Hostname())
	return ok
}

func readPage(ctx context.Context, res *http.Response) (page, found) {
	defer res.Body.Close()
	switch {
	case res.StatusCode == http.StatusUnauthorized:
		return page{}, found{outcome: NeedsLogin}
	case res.StatusCode >= 500:
		return page{}, found{outcome: Unreachable}
	case res.StatusCode != http.StatusOK:
		return page{}, found{outcome: Nothing}
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxDocument+1))
	switch {
	case err != nil:
		return page{}, failed(ctx, err)
	case len(body) > maxDocument:
		return page{}, found{outcome: BadAnswer, detail: "too_large"}
	}
	return page{body: body, host: res.Request.URL.Hostname()}, found{}
}

// client is for one step; done ends its connections.
func (x *explorer) client() (client *http.Client, done func()) {
	transport := &http.Transport{
		DialContext:            func(context.Context, string, string) (net.Conn, error) { return nil, errNoHTTP },
		DialTLSContext:         x.dialTLS,
		DisableKeepAlives:      true,
		DisableCompression:     true, // what is small need not be packed, and what is packed may be a bomb
		MaxResponseHeaderBytes: maxHeader,
	}
	client = &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return client, transport.CloseIdleConnections
}

// dialTLS opens a connection whose certificate was verified.
func (x *explorer) dialTLS(ctx context.Context, network, addr string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, &storage.Cause{Code: "dial.refused_by_policy", Detail: "not an address with a port", Err: storage.ErrInvalid}
	}
	conn, err := x.connect(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return x.dialer.TLS(ctx, conn, dial.TLSConfig{ServerName: host, RootCAs: x.opts.Roots})
}
