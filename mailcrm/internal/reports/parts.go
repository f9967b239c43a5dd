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

// Needed is how many octets of a part of that media type are kept, 0 for most: who fetches a mail part by part gets these too, and gives
// them to Keep.
func Needed(mediaType string) int64 {
	switch mediaType {
	case "message/delivery-status", "message/global-delivery-status",
		"message/disposition-notification", "message/global-disposition-notification",
		"message/feedback-report":
		return maxMachine
	}
	if isReturned(mediaType) {
		return maxReturned
	}
	return 0
}

// isReturned knows the types in which a mail, or its header, comes back.
func isReturned(mediaType string) bool {
	switch mediaType {
	case "message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers", "text/rfc822", "message/rfc822-headers", "message/partial":
		return true
	}
	return false
}

// Keep is a [mimemail.Options].Part. It reads of the parts that it keeps, and passes over all others; who has another use for the parts
// calls it first with a reader that copies. The error is that of body.
func (p *Parts) Keep(part mimemail.Part, body io.Reader) error {
	limit := Needed(part.MediaType)
	limit = min(limit, int64(maxKeptTotal-p.total))
	if limit <= 0 || len(p.kept) >= maxKept {
		return nil
	}
	octets, err := io.ReadAll(io.LimitReader(body, limit))
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
		if isReturned(k.mediaType) {
			return k.octets
		}
	}
	return nil
}
