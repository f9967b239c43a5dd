package dial

import "net/netip"

// The tables follow the IANA special-purpose address registries (RFC 6890, state of 2026-10) and add what clouds answer metadata on.
var (
	// global6 is all the IPv6 unicast space that was ever handed out (RFC 4291 §2.4); everything outside is refused, which covers the
	// unspecified and loopback addresses, IPv4-compatible ::/96, local NAT64 64:ff9b:1::/48, discard 100::/64, segment routing 5f00::/16,
	// unique local fc00::/7, link-local fe80::/10, site-local fec0::/10 and multicast ff00::/8.
	global6 = netip.MustParsePrefix("2000::/3")
	// nat64 carries an IPv4 address in its last 32 bits (RFC 6052), which is the address that is judged: behind DNS64 every IPv4 host
	// of the internet looks like this.
	nat64 = netip.MustParsePrefix("64:ff9b::/96")

	notPublic4 = prefixes(
		"0.0.0.0/8",        // this network, RFC 791 §3.2
		"10.0.0.0/8",       // private, RFC 1918
		"100.64.0.0/10",    // carrier-grade NAT, RFC 6598; Alibaba's metadata 100.100.100.200
		"127.0.0.0/8",      // loopback, RFC 1122 §3.2.1.3
		"168.63.129.16/32", // Azure's wire server: a public address that only machines in Azure reach
		"169.254.0.0/16",   // link-local, RFC 3927; metadata of most clouds 169.254.169.254
		"172.16.0.0/12",    // private, RFC 1918
		"192.0.0.0/24",     // protocol assignments, RFC 6890; Oracle's metadata 192.0.0.192
		"192.0.2.0/24",     // documentation, RFC 5737
		"192.88.99.0/24",   // 6to4 relays, RFC 7526
		"192.168.0.0/16",   // private, RFC 1918
		"198.18.0.0/15",    // benchmarking, RFC 2544
		"198.51.100.0/24",  // documentation, RFC 5737
		"203.0.113.0/24",   // documentation, RFC 5737
		"224.0.0.0/4",      // multicast, RFC 1112
		"240.0.0.0/4",      // reserved and broadcast, RFC 1112 §4, RFC 8190
	)
	notPublic6 = prefixes(
		"2001::/23",     // protocol assignments, RFC 2928: Teredo, benchmarking, ORCHID
		"2001:db8::/32", // documentation, RFC 3849
		"2002::/16",     // 6to4, RFC 3056: an IPv4 address by way of a relay
		"3ffe::/16",     // 6bone, RFC 3701, given back
		"3fff::/20",     // documentation, RFC 9637
	)
)

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}
