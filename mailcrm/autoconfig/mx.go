package autoconfig

import (
	"context"
	"strings"
)

// waitMX is the answer of the one MX look-up that several steps share.
func (x *explorer) waitMX(ctx context.Context) (mx []string, f found, ok bool) {
	select {
	case <-x.received:
	case <-ctx.Done():
		return nil, failed(ctx, ctx.Err()), false
	}
	switch {
	case x.mxErr != nil && isMissing(x.mxErr):
		return nil, found{outcome: Nothing}, false
	case x.mxErr != nil:
		return nil, failed(ctx, x.mxErr), false
	case nullMX(x.mx):
		return nil, found{outcome: NotOffered}, false
	}
	return x.mx, found{}, true
}

// stepTableMX asks the table who receives the mail of the domain.
func (x *explorer) stepTableMX(ctx context.Context) found {
	mx, f, ok := x.waitMX(ctx)
	if !ok {
		return f
	}
	first := firstMX(mx)
	if first != "" && sameOwner(first, x.mailbox.domain) {
		return found{outcome: OwnServer}
	}
	c, ok := lookupMX(x.mailbox.domain, mx)
	if !ok {
		return found{outcome: Nothing}
	}
	p := providers().byMX(first)
	return found{outcome: Found, candidate: &c, whole: p != nil && p.whole}
}

// stepISPDB asks Mozilla's data base for the domain.
func (x *explorer) stepISPDB(ctx context.Context) found {
	if x.ispdb == "" {
		return found{outcome: Skipped}
	}
	limit, cancel := x.limited(ctx)
	defer cancel()
	return x.askISPDB(limit, SourceISPDB, x.mailbox.domain)
}

// stepISPDBMX asks it for the parents of the first MX.
func (x *explorer) stepISPDBMX(ctx context.Context) found {
	if x.ispdb == "" {
		return found{outcome: Skipped}
	}
	mx, f, ok := x.waitMX(ctx)
	if !ok {
		return f
	}
	limit, cancel := x.limited(ctx)
	defer cancel()
	first := firstMX(mx)
	if first != "" && sameOwner(first, x.mailbox.domain) {
		return found{outcome: OwnServer}
	}
	last := found{outcome: Nothing}
	for _, parent := range parents(first) {
		if last = x.askISPDB(limit, SourceISPDBMX, parent); last.outcome != Nothing {
			break
		}
	}
	return last
}

// parents are the domains above a mail server that may be its operator's: the one right above it and the one that was registered, never a
// public suffix.
func parents(host string) []string {
	base := registrable(host)
	if base == "" {
		return nil
	}
	_, above, _ := strings.Cut(host, ".")
	if above == base || !strings.HasSuffix(above, "."+base) {
		return []string{base}
	}
	return []string{above, base}
}

func (x *explorer) askISPDB(ctx context.Context, source Source, domain string) found {
	return x.readConfig(ctx, source, x.ispdb+domain, domain)
}
