package mimemail

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/emersion/go-message"
	"github.com/stretchr/testify/require"
)

// oracle lists the leaves as go-message's Walk finds them: path, type, decoded octets. It is an error where go-message has one.
func oracle(raw []byte) (leaves []string, err error) {
	if bytes.HasPrefix(raw, []byte("From ")) {
		_, raw, _ = bytes.Cut(raw, []byte("\n"))
	}
	e, err := message.Read(bytes.NewReader(raw))
	if err != nil && !message.IsUnknownCharset(err) {
		return nil, err
	}
	err = e.Walk(func(path []int, e *message.Entity, err error) error {
		if err != nil && !message.IsUnknownCharset(err) {
			return err
		}
		mediaType, _, err := e.Header.ContentType()
		if err != nil {
			return err
		}
		if strings.HasPrefix(mediaType, "multipart/") {
			return nil
		}
		n, err := io.Copy(io.Discard, e.Body)
		if err != nil {
			return err
		}
		number := ""
		for _, i := range path {
			number = imapPath(number, i+1)
		}
		if number == "" {
			number = "1"
		}
		leaves = append(leaves, fmt.Sprintf("%s %s %d", number, mediaType, n))
		return nil
	})
	return leaves, err
}

// TestAgreesWithGoMessage compares the part trees of every mail of the corpora that go-message reads without an error. Where we differ, we
// noted a defect that go-message reads over, or the mail is the digest that RFC 2046 §5.1.5 describes or a winmail.dat, which
// go-message does not know.
func TestAgreesWithGoMessage(t *testing.T) {
	compared, refused, differ := 0, 0, 0
	mails(t, func(name string, raw []byte) {
		want, err := oracle(raw)
		if err != nil {
			refused++
			return
		}
		m, err := Parse(bytes.NewReader(raw), nil)
		require.NoError(t, err)
		compared++
		if got := tree(m); got != strings.Join(want, "\n") {
			differ++
			if !strings.Contains(name, "multipartdigest") && !strings.Contains(name, "tnef") {
				require.NotEmpty(t, m.Defects, "%s: %v, go-message %v", name, got, want)
			}
		}
	})
	t.Logf("compared %d, refused by go-message %d, differ %d", compared, refused, differ)
	require.Greater(t, compared, 4000)
	require.Less(t, differ, compared/50)
}

// tree lists the leaves as oracle does.
func tree(m *Message) string {
	var out []string
	for _, p := range m.Parts {
		out = append(out, fmt.Sprintf("%s %s %d", p.Path, p.MediaType, p.Size))
	}
	return strings.Join(out, "\n")
}
