package autoconfig

import (
	"cmp"
	"context"
	"errors"
	"net"
	"slices"
)

// names is what is asked of the DNS; net.Resolver has it.
type names interface {
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
	LookupSRV(ctx context.Context, service, proto, name string) (string, []*net.SRV, error)
	LookupCNAME(ctx context.Context, host string) (string, error)
}

// receivers are the names of the MX of domain, best preference first, as Lookup wants them. Names of one preference are sorted: servers
// shuffle them, and the same question must get the same answer.
func (x *explorer) receivers(ctx context.Context, domain string) ([]string, error) {
	records, err := x.names.LookupMX(ctx, domain+".")
	// The resolver returns the records that are well formed beside an error for the others.
	if len(records) == 0 && err != nil {
		return nil, err
	}
	slices.SortStableFunc(records, func(a, b *net.MX) int {
		return cmp.Or(cmp.Compare(a.Pref, b.Pref), cmp.Compare(a.Host, b.Host))
	})
	var out []string
	for _, r := range records[:min(len(records), maxMX)] {
		out = append(out, r.Host)
	}
	return out, nil
}

// maxSRV is how many SRV records of a name are looked at.
const maxSRV = 20

// services are the SRV records of a service of domain, best first: by priority, then by weight. Clients spread load by chance (RFC 2782); an
// account that is kept for years gets the same answer each time instead.
func (x *explorer) services(ctx context.Context, service, domain string) ([]*net.SRV, error) {
	_, records, err := x.names.LookupSRV(ctx, service, "tcp", domain+".")
	if len(records) == 0 {
		return nil, err
	}
	slices.SortStableFunc(records, func(a, b *net.SRV) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), -cmp.Compare(a.Weight, b.Weight), cmp.Compare(a.Target, b.Target), cmp.Compare(a.Port, b.Port))
	})
	return records[:min(len(records), maxSRV)], nil
}

// isMissing says that the DNS answered, and that there is no such record.
func isMissing(err error) bool {
	var lookup *net.DNSError
	return errors.As(err, &lookup) && lookup.IsNotFound
}
