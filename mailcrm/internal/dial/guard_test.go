package dial

import (
	"context"
	"net"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/storage"
)

// places are addresses in every spelling that reached an internal network somewhere (S4 of the fault list).
var places = []struct {
	ip     string
	public bool
}{
	{"8.8.8.8", true},
	{"1.1.1.1", true},
	{"93.184.216.34", true},
	{"172.15.255.255", true},
	{"172.32.0.0", true},
	{"100.63.255.255", true},
	{"100.128.0.0", true},
	{"11.0.0.1", true},
	{"223.255.255.255", true},
	{"2606:4700:4700::1111", true},
	{"2a00:1450:4007:80e::2005", true},
	{"::ffff:8.8.8.8", true},
	{"64:ff9b::808:808", true},
	{"2001:4860:4860::8888", true},
	{"0.0.0.0", false},
	{"0.1.2.3", false},
	{"10.0.0.1", false},
	{"10.255.255.255", false},
	{"100.64.0.1", false},
	{"100.100.100.200", false},
	{"100.127.255.255", false},
	{"127.0.0.1", false},
	{"127.1.2.3", false},
	{"168.63.129.16", false},
	{"169.254.0.1", false},
	{"169.254.169.254", false},
	{"172.16.0.1", false},
	{"172.31.255.255", false},
	{"192.0.0.1", false},
	{"192.0.0.192", false},
	{"192.0.2.1", false},
	{"192.88.99.1", false},
	{"192.168.0.1", false},
	{"192.168.255.255", false},
	{"198.18.0.1", false},
	{"198.19.255.255", false},
	{"198.51.100.1", false},
	{"203.0.113.1", false},
	{"224.0.0.1", false},
	{"239.255.255.250", false},
	{"240.0.0.1", false},
	{"255.255.255.255", false},
	{"::", false},
	{"::1", false},
	{"::127.0.0.1", false},
	{"::8.8.8.8", false},
	{"::ffff:127.0.0.1", false},
	{"::ffff:7f00:1", false},
	{"::ffff:10.0.0.1", false},
	{"::ffff:169.254.169.254", false},
	{"::ffff:0:127.0.0.1", false},
	{"64:ff9b::127.0.0.1", false},
	{"64:ff9b::a9fe:a9fe", false},
	{"64:ff9b::10.1.2.3", false},
	{"64:ff9b:1::808:808", false},
	{"100::1", false},
	{"2001::1", false},
	{"2001:0:4136:e378:8000:63bf:3fff:fdd2", false},
	{"2001:2::1", false},
	{"2001:10::1", false},
	{"2001:20::1", false},
	{"2001:db8::1", false},
	{"2002:7f00:1::1", false},
	{"2002:a9fe:a9fe::1", false},
	{"2002:808:808::1", false},
	{"3ffe::1", false},
	{"3fff::1", false},
	{"2a00:1450::5efe:10.0.0.1", false},
	{"2a00:1450::200:5efe:10.0.0.1", false},
	{"5f00::1", false},
	{"fc00::1", false},
	{"fd00:ec2::254", false},
	{"fe80::1", false},
	{"fe80::1%lo", false},
	{"febf::1", false},
	{"fec0::1", false},
	{"ff02::1", false},
	{"ff0e::1", false},
}

func TestPublic(t *testing.T) {
	for _, place := range places {
		require.Equal(t, place.public, Public(netip.MustParseAddr(place.ip)), place.ip)
	}
}

// Every address is tried as a literal and as what a name resolves to; the network behind is one that would connect to anything.
func TestGuardEveryWayIn(t *testing.T) {
	reach := func(ctx context.Context, network, addr string) (net.Conn, error) {
		client, server := net.Pipe()
		require.NoError(t, server.Close())
		return client, nil
	}
	for _, place := range places {
		conn, err := (&Dialer{connect: reach}).DialContext(t.Context(), "tcp", net.JoinHostPort(place.ip, "993"))
		if place.public {
			require.NoError(t, err, place.ip)
			require.NoError(t, conn.Close())
			continue
		}
		require.Equal(t, "dial.refused_by_policy", storage.CauseCode(err), place.ip)
		require.ErrorIs(t, err, storage.ErrInvalid)
		require.NotContains(t, err.Error(), place.ip)
	}
}

func TestGuardAfterLookup(t *testing.T) {
	names := &nameServer{}
	resolver := names.start(t)
	for _, place := range places {
		if place.public {
			continue // no test leaves the machine
		}
		ip := netip.MustParseAddr(place.ip).WithZone("")
		if ip.Is4In6() {
			continue // an AAAA record of this form is the A record to Go's resolver
		}
		names.answer("mail.example.", ip)
		_, err := (&Dialer{Resolver: resolver}).DialContext(t.Context(), "tcp", "mail.example:993")
		require.Equal(t, "dial.refused_by_policy", storage.CauseCode(err), place.ip)
	}
}

// A name that shows a public address first and a private one to the next look-up is judged each time it is dialled.
func TestGuardRebinding(t *testing.T) {
	names := &nameServer{}
	resolver := names.start(t)
	dialer := &Dialer{Resolver: resolver, Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.2/32")}, Ports: []int{0}}
	names.answer("mail.example.", netip.MustParseAddr("127.0.0.2"))
	listener, err := net.Listen("tcp", "127.0.0.2:0")
	require.NoError(t, err)
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)

	conn, err := dialer.DialContext(t.Context(), "tcp", "mail.example:"+port)
	require.NoError(t, err)
	require.Equal(t, listener.Addr().String(), conn.RemoteAddr().String())
	require.NoError(t, conn.Close())

	names.answer("mail.example.", netip.MustParseAddr("127.0.0.1"))
	_, err = dialer.DialContext(t.Context(), "tcp", "mail.example:"+port)
	require.Equal(t, "dial.refused_by_policy", storage.CauseCode(err))
}

func TestAllow(t *testing.T) {
	for _, test := range []struct {
		prefix, ip string
		want       bool
	}{
		{"10.0.0.0/8", "10.1.2.3", true},
		{"10.0.0.0/8", "::ffff:10.1.2.3", true},
		{"::ffff:10.0.0.0/104", "10.1.2.3", true},
		{"10.0.0.0/8", "64:ff9b::10.1.2.3", false},
		{"10.0.0.25/32", "10.0.0.26", false},
		{"fd00::/8", "fd12::1", true},
		{"127.0.0.0/8", "::1", false},
		{"0.0.0.0/0", "::1", false},
	} {
		watch := &guard{dialer: &Dialer{Allow: []netip.Prefix{netip.MustParsePrefix(test.prefix)}}}
		err := watch.control("tcp", net.JoinHostPort(test.ip, "993"), nil)
		require.Equal(t, test.want, err == nil, "%s in %s", test.ip, test.prefix)
	}
}

func TestPorts(t *testing.T) {
	standard := &Dialer{}
	for port := 0; port <= 65535; port++ {
		want := port == 143 || port == 993 || port == 25 || port == 465 || port == 587 || port == 443
		require.Equal(t, want, standard.portAllowed(port), port)
	}
	require.True(t, (&Dialer{Ports: []int{0}}).portAllowed(31337))
	require.False(t, (&Dialer{Ports: []int{0}}).portAllowed(0))
	require.False(t, (&Dialer{Ports: []int{1143}}).portAllowed(143))
	watch := &guard{dialer: standard}
	require.Error(t, watch.control("tcp", "8.8.8.8:22", nil))
	require.Error(t, watch.control("tcp", "nonsense", nil))
}

func FuzzPublic(f *testing.F) {
	for _, place := range places {
		ip := netip.MustParseAddr(place.ip)
		b := ip.As16()
		f.Add(b[:])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		ip, ok := netip.AddrFromSlice(b)
		if !ok || !Public(ip) {
			return
		}
		plain := ip.Unmap()
		require.False(t, plain.IsPrivate() || plain.IsLoopback() || plain.IsLinkLocalUnicast() || plain.IsMulticast() || plain.IsUnspecified(),
			plain.String())
	})
}
