package mailcrm

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/dial"
	"github.com/mailcrm/sdk/storage"
)

// Limits of the pictures that a mail names and Content fetches after a person's word.
const (
	MaxPicture  = 10 << 20 // bytes of one picture; larger ones are not shown
	MaxPictures = 200      // pictures of one mail; those after them are not shown
)

const (
	pictureTimeout   = 20 * time.Second // from the first look-up to the last byte
	pictureRedirects = 3
	picturesAtOnce   = 8 // in memory, of all who look
	picturesOfMail   = 3 // of those, of one mail: slow pictures of one sender shall not keep all others waiting
	pictureDays      = 2 // that an address of a picture is good for, today being one
)

// pictureTypes are what a picture from elsewhere may be, by its first bytes and whatever its server calls it. SVG is a document.
var pictureTypes = []string{"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp"}

// mailPorts are no ports of pictures: a mail must not make us talk to a mail server.
var mailPorts = []int{25, 110, 143, 465, 587, 993, 995}

var errNoPicture = fmt.Errorf("the picture cannot be shown: %w", ErrUnavailable)

// A gallery fetches pictures that mails name, so that their senders never see who looks, from where and with what: no cookie, no referrer, no
// language, and one name for all browsers. It reaches public addresses only, also where Network.Allow opens more: what lies in the office is not
// for pictures of strangers. Port 443 is open; port 80, and with it http, only where Network.Ports lists it: else http is tried as https.
type gallery struct {
	web   *http.Client
	ports []int
	slots chan struct{}

	mu    sync.Mutex
	mails map[string]*turnstile
}

// A turnstile lets a few pictures of one mail through at a time.
type turnstile struct {
	slots chan struct{}
	users int // inside and waiting
}

func newGallery(dialer *dial.Dialer, roots *x509.CertPool) *gallery {
	g := &gallery{ports: dialer.Ports, slots: make(chan struct{}, picturesAtOnce), mails: map[string]*turnstile{}}
	g.web = &http.Client{
		Transport: &http.Transport{
			DialContext: dialer.DialContext,
			DialTLSContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				conn, err := dialer.DialContext(ctx, network, addr)
				if err != nil {
					return nil, err
				}
				host, _, err := net.SplitHostPort(addr)
				if err != nil {
					return nil, errors.Join(err, conn.Close())
				}
				return secured(dialer.TLS(ctx, conn, dial.TLSConfig{ServerName: host, RootCAs: roots}))
			},
			DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: 64 << 10, ResponseHeaderTimeout: pictureTimeout,
		},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			r.Header.Del("Referer")
			if len(via) > pictureRedirects {
				return errNoPicture
			}
			return g.prepare(r.URL)
		},
	}
	return g
}

// secured hides that a failed handshake gives a typed nil.
func secured(conn *tls.Conn, err error) (net.Conn, error) {
	if err != nil {
		return nil, err
	}
	return conn, nil
}

// picturePorts are those that the gallery may dial.
func picturePorts(network Network) []int {
	ports := []int{443}
	for _, port := range network.Ports {
		if !slices.Contains(mailPorts, port) {
			ports = append(ports, port)
		}
	}
	return ports
}

// prepare checks and adjusts a URL before it is asked for.
func (g *gallery) prepare(u *url.URL) error {
	u.User, u.Fragment = nil, ""
	if u.Scheme == "http" && (u.Port() == "" || u.Port() == "80") && !slices.Contains(g.ports, 80) && !slices.Contains(g.ports, 0) {
		u.Scheme, u.Host = "https", strings.TrimSuffix(u.Host, ":80")
	}
	if u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" {
		return errNoPicture
	}
	return nil
}

// enter waits for a turn of a mail, named as no other tenant's, and says how to leave; false when the context is over first.
func (g *gallery) enter(ctx context.Context, mail string) (leave func(), ok bool) {
	g.mu.Lock()
	t := g.mails[mail]
	if t == nil {
		t = &turnstile{slots: make(chan struct{}, picturesOfMail)}
		g.mails[mail] = t
	}
	t.users++
	g.mu.Unlock()
	gone := func() {
		g.mu.Lock()
		if t.users--; t.users == 0 {
			delete(g.mails, mail)
		}
		g.mu.Unlock()
	}
	for i, slots := range []chan struct{}{t.slots, g.slots} {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			if i == 1 {
				<-t.slots
			}
			gone()
			return nil, false
		}
	}
	return func() { <-g.slots; <-t.slots; gone() }, true
}

// fetch returns a picture of a mail and its type. Errors never tell the URL, which is as private as the mail.
func (g *gallery) fetch(ctx context.Context, mail, address string) (kind string, content []byte, err error) {
	ctx, done := context.WithTimeout(ctx, pictureTimeout)
	defer done()
	leave, ok := g.enter(ctx, mail)
	if !ok {
		return "", nil, errNoPicture
	}
	defer leave()
	u, err := url.Parse(address)
	if err != nil || g.prepare(u) != nil {
		return "", nil, errNoPicture
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return "", nil, errNoPicture
	}
	r.Header.Set("Accept", strings.Join(pictureTypes, ", "))
	r.Header.Set("User-Agent", "Mozilla/5.0 (compatible; pictures of mail)")
	answer, err := g.web.Do(r)
	if err != nil {
		if code := storage.CauseCode(err); code != "" {
			return "", nil, fmt.Errorf("%w (%s)", errNoPicture, code)
		}
		return "", nil, errNoPicture
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK || answer.ContentLength > MaxPicture {
		return "", nil, errNoPicture
	}
	content, err = io.ReadAll(io.LimitReader(answer.Body, MaxPicture+1))
	kind = http.DetectContentType(content)
	if err != nil || len(content) > MaxPicture || !slices.Contains(pictureTypes, kind) {
		return "", nil, errNoPicture
	}
	return kind, content, nil
}

// remotePicture is the address, beside …/body, under which Content shows a picture from elsewhere: a leave that only we can give, for this mail and this
// picture. The browser asks for it without cookies, since a sandboxed frame is nobody's.
func (s *Session) remotePicture(message, address string) string {
	day := s.client.today() + pictureDays - 1
	tag := s.client.cfg.Keys.Tag(s.actor.Tenant, pictureName(message, address, day))
	_, sum, ok := strings.Cut(strings.TrimPrefix(tag, "mc."), ".")
	if !ok {
		return ""
	}
	q := url.Values{"u": {address}, "d": {strconv.FormatInt(day, 10)}, "s": {sum}}
	if s.actor.Tenant != "" {
		q.Set("t", string(s.actor.Tenant))
	}
	return "picture?" + q.Encode()
}

func (c *Client) today() int64 { return c.cfg.Now().Unix() / int64(24*time.Hour/time.Second) }

// pictureName is what is vouched for; lengths keep the parts apart.
func pictureName(message, address string, day int64) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d:%s%d:%s%d", len(message), message, len(address), address, day))
	return "picture" + hex.EncodeToString(sum[:])
}

// servePicture fetches a picture for whoever has its address.
func (c *Client) servePicture(w http.ResponseWriter, r *http.Request, message string) error {
	if c.closed.Load() {
		return ErrClosed
	}
	q := r.URL.Query()
	address, tenant := q.Get("u"), storage.Tenant(q.Get("t"))
	day, err := strconv.ParseInt(q.Get("d"), 10, 64)
	if err != nil || day < c.today() || checkTenant(tenant) != nil {
		return ErrNotFound
	}
	name := pictureName(message, address, day)
	if id, ok := c.cfg.Keys.Tagged(tenant, "mc."+name+"."+q.Get("s")); !ok || id != name {
		return ErrNotFound
	}
	kind, content, err := c.gallery.fetch(r.Context(), string(tenant)+"/"+message, address)
	if err != nil {
		c.cfg.Logger.DebugContext(r.Context(), "picture not shown", "message", message, "error", err)
		return errNoPicture
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Length", strconv.Itoa(len(content)))
	h.Set("Cache-Control", "private, max-age=86400") // its sender hears of one look a day, not of each
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	_, _ = w.Write(content) // the header is out: nothing else can be told any more
	return nil
}
