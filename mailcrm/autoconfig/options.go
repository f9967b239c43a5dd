package autoconfig

import (
	"crypto/x509"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/mailcrm/sdk/storage"
)

// DefaultISPDB is Mozilla's public data base. It is told the domain of an address or of its MX, never the address.
const DefaultISPDB = "https://autoconfig.thunderbird.net/v1.1/"

// Options say how to look. Nil is the zero value.
type Options struct {
	// Allow lists networks that may be reached although they are not public: the mail server in the same building, loopback in tests.
	// Defaults to none. Hand over what the library was opened with.
	Allow []netip.Prefix
	// Ports lists the ports that may be reached, and that a candidate may have; a 0 allows all. Defaults to 143, 993, 25, 465, 587 and 443.
	Ports []int
	// Roots are the authorities that are trusted. Defaults to those of the system.
	Roots *x509.CertPool
	// Resolver looks names up. Defaults to net.DefaultResolver.
	Resolver *net.Resolver
	// Logger gets one debug line a step and one a connection; the local part of the address is in none. Defaults to none.
	Logger *slog.Logger
	// Progress is called when a step begins, with the outcome [Running], and when it ends. Calls come one after the other; a slow one
	// delays the others. Defaults to none.
	Progress func(Step)
	// ISPDB is the address of Mozilla's data base or of a copy, below which the domains lie; it must be https. "off" asks none.
	// Defaults to [DefaultISPDB].
	ISPDB string
	// StepTimeout bounds each step. Defaults to [DefaultStepTimeout].
	StepTimeout time.Duration
	// Timeout bounds all of it. Defaults to [DefaultTimeout].
	Timeout time.Duration

	names   names       // tests put a DNS of their own here
	connect connectFunc // and a network
}

// ispdb is where the data base lies, "" for nowhere.
func (o *Options) ispdb() (string, error) {
	switch o.ISPDB {
	case "":
		return DefaultISPDB, nil
	case "off":
		return "", nil
	}
	u, err := url.Parse(o.ISPDB)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", storage.Invalid("ISPDB", "bad_url", "the data base is asked over https: https://autoconfig.example.com/v1.1/")
	}
	return strings.TrimSuffix(o.ISPDB, "/") + "/", nil
}
