package web

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/mailcrm/sdk/mailcrm"
)

// maxEventPages bounds one answer: the script asks again when there is more.
const maxEventPages = 25

// events is GET /events?after=: what happened since, as counts, so that the script knows when a list is old. The stream holds ids only; the list itself is
// read again as a page.
func (s *site) events(v *visit) error {
	after, err := strconv.ParseInt(v.query("after"), 10, 64)
	if err != nil || after < 0 {
		after = 0
	}
	var arrived, outbox, other int
	more := true
	for range maxEventPages {
		events, next, err := v.mail.Events.List(v.ctx(), after, mailcrm.MaxPage)
		if err != nil {
			return err
		}
		for _, e := range events {
			switch {
			case e.Type == "message.new":
				arrived++
			case strings.HasPrefix(e.Type, "outbox."):
				outbox++
			default:
				other++
			}
		}
		if next == after {
			more = false
			break
		}
		after = next
	}
	answer := map[string]any{"next": after, "more": more, "new": arrived, "outbox": outbox, "other": other}
	if arrived > 0 {
		answer["text"] = v.lang.count("events.new", arrived)
	}
	v.json(http.StatusOK, answer)
	return nil
}
