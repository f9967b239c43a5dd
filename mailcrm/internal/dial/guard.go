package dial

import (
	"errors"
	"net/netip"
	"slices"
	"sync/atomic"
	"syscall"
)

// guard judges the addresses of one DialContext. Its control runs in net.Dialer.Control, once for every address that is about to be
// contacted, possibly in two goroutines at once (RFC 8305).
type guard struct {
	dialer  *Dialer
	private atomic.Bool // an address was contacted that only Allow opened, and it is not loopback
}

// policyError is a refusal by the guard. It never names the address: what an internal name resolves to is nobody's business.
type policyError struct{ reason string }

func (e *policyError) Error() string { return e.reason }

var errPlace = &policyError{"not a public address"}

func (g *guard) control(_, address string, _ syscall.RawConn) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil {
		return errPlace
	}
	if !g.dialer.portAllowed(int(target.Port())) {
		return &policyError{"port not allowed"}
	}
	ip := target.Addr().WithZone("").Unmap()
	if Public(ip) {
		return nil
	}
	if !g.dialer.allowed(ip) {
		return errPlace
	}
	if !ip.IsLoopback() {
		g.private.Store(true)
	}
	return nil
}

// allowed says whether the operator listed ip.
func (d *Dialer) allowed(ip netip.Addr) bool {
	return slices.ContainsFunc(d.Allow, func(p netip.Prefix) bool { return unmapPrefix(p).Contains(ip) })
}

// unmapPrefix turns ::ffff:10.0.0.0/104 into 10.0.0.0/8, so that a prefix matches however it was written.
func unmapPrefix(p netip.Prefix) netip.Prefix {
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p
}

func (d *Dialer) portAllowed(port int) bool {
	if port == 0 {
		return false
	}
	if len(d.Ports) == 0 {
		return slices.Contains(DefaultPorts(), port)
	}
	return slices.Contains(d.Ports, port) || slices.Contains(d.Ports, 0)
}

// Public says whether ip is a unicast address of the public internet: what the guard lets pass without Allow. IPv4 addresses that come in
// an IPv6 spelling are judged as what they are; spellings that only a tunnel of the local network would understand are not public.
func Public(ip netip.Addr) bool {
	ip = ip.WithZone("").Unmap()
	if ip.Is4() {
		return !inAny(ip, notPublic4)
	}
	if nat64.Contains(ip) {
		bytes := ip.As16()
		return Public(netip.AddrFrom4([4]byte(bytes[12:])))
	}
	return global6.Contains(ip) && !inAny(ip, notPublic6) && !isatap(ip)
}

func inAny(ip netip.Addr, table []netip.Prefix) bool {
	return slices.ContainsFunc(table, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// isatap finds an IPv4 address in an interface identifier (RFC 5214 §6.1).
func isatap(ip netip.Addr) bool {
	b := ip.As16()
	return (b[8] == 0 || b[8] == 2) && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe
}

// asPolicy finds the guard's refusal in what net.Dialer made of it.
func asPolicy(err error) (*policyError, bool) {
	var p *policyError
	return p, errors.As(err, &p)
}
