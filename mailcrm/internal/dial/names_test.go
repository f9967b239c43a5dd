package dial

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/dns/dnsmessage"
)

// nameServer answers A and AAAA questions on loopback with what the test says, and NXDOMAIN for all other names.
type nameServer struct {
	mu   sync.Mutex
	name string
	ip   netip.Addr
}

func (s *nameServer) answer(name string, ip netip.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.name, s.ip = name, ip
}

func (s *nameServer) start(t *testing.T) *net.Resolver {
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 1500)
		for {
			n, from, err := socket.ReadFrom(buf)
			if err != nil {
				return
			}
			if out := s.reply(buf[:n]); out != nil {
				_, _ = socket.WriteTo(out, from)
			}
		}
	}()
	t.Cleanup(func() { _ = socket.Close(); <-done })
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", socket.LocalAddr().String())
	}}
}

func (s *nameServer) reply(query []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	var m dnsmessage.Message
	if m.Unpack(query) != nil || len(m.Questions) != 1 {
		return nil
	}
	m.Response, m.Authoritative, m.Additionals = true, true, nil
	q := m.Questions[0]
	header := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class}
	switch {
	case q.Name.String() != s.name:
		m.RCode = dnsmessage.RCodeNameError
	case q.Type == dnsmessage.TypeA && s.ip.Is4():
		m.Answers = []dnsmessage.Resource{{Header: header, Body: &dnsmessage.AResource{A: s.ip.As4()}}}
	case q.Type == dnsmessage.TypeAAAA && s.ip.Is6():
		m.Answers = []dnsmessage.Resource{{Header: header, Body: &dnsmessage.AAAAResource{AAAA: s.ip.As16()}}}
	}
	out, err := m.Pack()
	if err != nil {
		return nil
	}
	return out
}
