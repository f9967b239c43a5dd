package testservers

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"io"
	"mime/quotedprintable"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Tap stands between a client and a server, keeps what the client says, and
// may change what the server says, as somebody on the way could.
type Tap struct {
	// Port on 127.0.0.1 that takes connections.
	Port int

	mu    sync.Mutex
	heard bytes.Buffer
	conns []net.Conn
}

// NewTap starts a tap before the server at address, until the test ends. Edit,
// where it is not nil, sees each line of the server with its line end, while
// the connection is in clear text, and says what the client gets instead.
func NewTap(t testing.TB, address string, edit func(line string) string) *Tap {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	tap := &Tap{Port: listener.Addr().(*net.TCPAddr).Port}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", address)
			if err != nil {
				_ = client.Close()
				continue
			}
			tap.mu.Lock()
			tap.conns = append(tap.conns, client, server)
			tap.mu.Unlock()
			running.Go(func() {
				_, _ = io.Copy(io.MultiWriter(tap, server), client)
				_ = server.Close()
			})
			running.Go(func() {
				relayLines(client, server, edit)
				_ = client.Close()
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		tap.mu.Lock()
		for _, conn := range tap.conns {
			_ = conn.Close()
		}
		tap.mu.Unlock()
		running.Wait()
	})
	return tap
}

// relayLines passes on what a server says, line by line as long as it is text.
func relayLines(client io.Writer, server io.Reader, edit func(string) string) {
	in := bufio.NewReader(server)
	for edit != nil {
		first, err := in.Peek(1)
		if err != nil {
			return
		}
		if first[0] == 22 { // a TLS record: the handshake has begun
			break
		}
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		if _, err := io.WriteString(client, edit(line)); err != nil {
			return
		}
	}
	_, _ = io.Copy(client, in)
}

// Write keeps what the client said.
func (tap *Tap) Write(p []byte) (int, error) {
	tap.mu.Lock()
	defer tap.mu.Unlock()
	return tap.heard.Write(p)
}

// Heard is all that clients said so far, as it was on the wire.
func (tap *Tap) Heard() string {
	tap.mu.Lock()
	defer tap.mu.Unlock()
	return tap.heard.String()
}

// Leaks are the spellings of secrets that text holds: as they are, in base64
// at each of the three places where a piece of it can begin, as
// quoted-printable, as in URLs and in hexadecimal, each in either case.
// Secrets have eight bytes at least.
func Leaks(text string, secrets ...string) []string {
	text = strings.ToLower(text)
	var found []string
	for _, secret := range secrets {
		for _, spelling := range spellings(secret) {
			if strings.Contains(text, strings.ToLower(spelling)) && !slices.Contains(found, spelling) {
				found = append(found, spelling)
			}
		}
	}
	return found
}

func spellings(secret string) []string {
	var printable strings.Builder
	w := quotedprintable.NewWriter(&printable)
	_, _ = io.WriteString(w, secret)
	_ = w.Close()
	out := []string{secret, printable.String(), url.QueryEscape(secret), url.PathEscape(secret), hex.EncodeToString([]byte(secret))}
	for shift := range 3 {
		encoded := base64.StdEncoding.EncodeToString([]byte("xyz"[:shift] + secret + "xyz"))
		// Without the letters that depend on what stands before and after.
		start, end := (shift*8+5)/6, (shift+len(secret))*8/6
		for _, alphabet := range []string{encoded, strings.NewReplacer("+", "-", "/", "_").Replace(encoded)} {
			out = append(out, alphabet[start:end])
		}
	}
	return out
}
