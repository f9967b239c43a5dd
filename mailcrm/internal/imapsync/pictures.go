package imapsync

import (
	"crypto/sha256"
	"io"
	"strings"

	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
	"github.com/mailcrm/sdk/mailcrm/internal/reports"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
)

// pictures are the digests of a mail's small pictures, by path, noted while it is parsed. Which of them are attachments is known after that.
type pictures map[string][sha256.Size]byte

// keep is a [mimemail.Options].Part. A picture of more than [store.MaxLogo] octets, or of none, is nobody's logo.
func (p pictures) keep(part mimemail.Part, body io.Reader) error {
	if !strings.HasPrefix(part.MediaType, "image/") || part.Left > 0 {
		return nil
	}
	h := sha256.New()
	n, err := io.Copy(h, io.LimitReader(body, store.MaxLogo+1))
	if err == nil && n > 0 && n <= store.MaxLogo {
		p[part.Path] = [sha256.Size]byte(h.Sum(nil))
	}
	return err
}

// reading is what is kept of the parts of a mail while it is parsed: what its report says, and its small pictures.
func (p pictures) reading(parts *reports.Parts) func(mimemail.Part, io.Reader) error {
	return func(part mimemail.Part, body io.Reader) error {
		if strings.HasPrefix(part.MediaType, "image/") { // no report
			return p.keep(part, body)
		}
		return parts.Keep(part, body)
	}
}

// attached are the small pictures among the attachments of a mail, at most [store.MaxLogos], and whether it has other attachments than these. Of a mail without a text there
// are none: a mail that is one picture is that picture.
func (p pictures) attached(m *mimemail.Message) (found []store.Picture, others bool) {
	if strings.TrimSpace(m.Text) == "" && strings.TrimSpace(m.Snippet(1)) == "" {
		return nil, false
	}
	for _, part := range m.Attachments() {
		digest, small := p[part.Path]
		if !small || part.Left > 0 || part.Within != "" || len(found) == store.MaxLogos {
			others = true
			continue
		}
		found = append(found, store.Picture{Path: part.Path, Digest: digest})
	}
	return found, others
}
