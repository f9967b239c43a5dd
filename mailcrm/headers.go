package mailcrm

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
)

// Limits of [Messages.Headers].
const (
	MaxHeaders     = 500     // fields
	MaxHeaderValue = 8 << 10 // bytes of one; what is longer is cut
	maxHeaderBytes = 1 << 20
)

// A HeaderField is a field of a mail's header (RFC 5322 §2.2).
type HeaderField struct {
	Name  string
	Value string // as it was sent, unfolded, with what can be decoded not decoded; without control characters
}

// Headers returns the fields of a mail's header in the order in which they stand, the topmost first: what servers on the way, and whoever wrote it, put
// before the text. At most [MaxHeaders] are told.
//
// Errors: [ErrNotFound]; [ErrUnavailable] when the bytes are not kept.
func (m *Messages) Headers(ctx context.Context, id string) ([]HeaderField, error) {
	raw, err := m.top(ctx, id)
	if err != nil {
		return nil, err
	}
	defer func() { _ = raw.Close() }()
	header, err := mimemail.SplitHeader(bufio.NewReader(raw), maxHeaderBytes)
	if err != nil && !errors.Is(err, mimemail.ErrHeaderTooLong) {
		return nil, fmt.Errorf("reading the header of message %s: %w", id, err)
	}
	var out []HeaderField
	for line := range strings.Lines(strings.ToValidUTF8(string(header), "\ufffd")) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			continue
		}
		if (line[0] == ' ' || line[0] == '\t') && len(out) > 0 {
			last := &out[len(out)-1]
			last.Value = cutBytes(last.Value+" "+printable(strings.TrimSpace(line)), MaxHeaderValue)
			continue
		}
		if len(out) == MaxHeaders {
			break
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			name, value = "", line
		}
		out = append(out, HeaderField{cutBytes(printable(strings.TrimSpace(name)), 255), cutBytes(printable(strings.TrimSpace(value)), MaxHeaderValue)})
	}
	return out, nil
}

// printable shows control characters, and those that turn the reading direction, as what they are: a terminal or a page must not obey them.
func printable(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\t':
			b.WriteByte(' ')
		case r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0, r >= 0x200b && r <= 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2060 && r <= 0x206f, r == 0x061c, r == 0xfeff:
			fmt.Fprintf(&b, "\\u%04x", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// cutBytes shortens s to n bytes, between two characters.
func cutBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}
