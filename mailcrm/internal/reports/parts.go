package reports

import (
	"io"

	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
)

// The bounds of Parts.
const (
	maxKept      = 8         // parts
	maxMachine   = 512 << 10 // octets of a part for machines: 1,000 recipients
	maxReturned  = 64 << 10  // octets of a returned mail: its header is all that is read
	maxKeptTotal = 1 << 20   // octets of all
)

// Parts are the parts of a mail that [Read] needs beside its text: statuses, dispositions, complaints, and the beginning of a returned
// mail. The zero value is empty and ready; it belongs to one mail. It holds at most 1 MiB.
type Parts struct {
	kept  []keptPart
	total int
}

type keptPart struct {
	mediaType string
	octets    []byte
}

// Keep is a [mimemail.Options].Part. It reads of the parts that it keeps, and passes over all others; who has another use for the parts
// calls it first with a reader that copies. The error is that of body.
func (p *Parts) Keep(part mimemail.Part, body io.Reader) error {
	limit := 0
	switch part.MediaType {
	case "message/delivery-status", "message/global-delivery-status",
		"message/disposition-notification", "message/global-disposition-notification",
		"message/feedback-report":
		limit = maxMachine
	case "message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers", "text/rfc822", "message/rfc822-headers",
		"message/partial":
		limit = maxReturned
	}
	limit = min(limit, maxKeptTotal-p.total)
	if limit <= 0 || len(p.kept) >= maxKept {
		return nil
	}
	octets, err := io.ReadAll(io.LimitReader(body, int64(limit)))
	if err != nil {
		return err
	}
	p.total += len(octets)
	p.kept = append(p.kept, keptPart{part.MediaType, octets})
	return nil
}

// machine is the first kept part of one of two media types.
func (p *Parts) machine(mediaType, global string) []byte {
	for _, k := range p.kept {
		if k.mediaType == mediaType || k.mediaType == global {
			return k.octets
		}
	}
	return nil
}

// returned is the beginning of the returned mail, or its header.
func (p *Parts) returned() []byte {
	for _, k := range p.kept {
		switch k.mediaType {
		case "message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers", "text/rfc822", "message/rfc822-headers",
			"message/partial":
			return k.octets
		}
	}
	return nil
}
