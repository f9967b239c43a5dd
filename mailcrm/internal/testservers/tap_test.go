package testservers

import (
	"bufio"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTap(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, "* OK STARTTLS here\r\n")
		_, _ = bufio.NewReader(conn).ReadString('\n')
		_, _ = io.WriteString(conn, "\x16\x03\x01 STARTTLS stays\n")
	}()
	tap := NewTap(t, listener.Addr().String(), func(line string) string { return strings.ReplaceAll(line, "STARTTLS", "XXXXXXXX") })
	conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(tap.Port)))
	require.NoError(t, err)
	defer conn.Close()
	in := bufio.NewReader(conn)
	line, err := in.ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "* OK XXXXXXXX here\r\n", line)
	_, err = io.WriteString(conn, "hello\n")
	require.NoError(t, err)
	line, err = in.ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "\x16\x03\x01 STARTTLS stays\n", line)
	require.Equal(t, "hello\n", tap.Heard())
}

func TestLeaks(t *testing.T) {
	const secret = "pä+ss/word=1"
	for _, text := range []string{
		secret, strings.ToUpper(hex.EncodeToString([]byte(secret))), "p%C3%A4%2Bss%2Fword%3D1", "p=C3=A4+ss/word=3D1",
	} {
		require.NotEmpty(t, Leaks("x"+text+"x", secret), text)
	}
	for _, before := range []string{"", "a", "ab", "abc", "\x00alice\x00"} {
		for _, after := range []string{"", "z", "zz", "\x01\x01"} {
			for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding, base64.RawStdEncoding} {
				require.NotEmpty(t, Leaks(encoding.EncodeToString([]byte(before+secret+after)), secret))
			}
		}
	}
	require.Empty(t, Leaks("nothing of it here", secret))
}
