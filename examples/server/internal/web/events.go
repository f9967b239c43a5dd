package web

import (
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/storage"
)

// maxEventPages bounds one answer: the script asks again when there is more.
const maxEventPages = 25

// events is GET /events?after=: what happened since, as counts, so that the script knows when a list is old. The stream holds ids only; the list itself is
// read again as a page. Without "after" it begins near the end, as far as this process has seen it.
func (s *site) events(v *visit) error {
	after, err := strconv.ParseInt(v.query("after"), 10, 64)
	if err != nil || after < 1 {
		after = s.seen.of(v.actor.Tenant)
	}
	start := after
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
	if after > start { // a number that was read, not one that a visitor made up
		s.seen.reached(v.actor.Tenant, after)
	}
	answer := map[string]any{"next": after, "more": more, "new": arrived, "outbox": outbox, "other": other}
	if arrived > 0 {
		answer["text"] = v.lang.count("events.new", arrived)
	}
	v.json(http.StatusOK, answer)
	return nil
}

// A tail is how far the events of each tenant were read by anybody, so that a new page need not read them from the start.
type tail struct {
	mu  sync.Mutex
	seq map[storage.Tenant]int64
}

func (t *tail) of(tenant storage.Tenant) int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.seq[tenant]
}

func (t *tail) reached(tenant storage.Tenant, seq int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.seq == nil {
		t.seq = map[storage.Tenant]int64{}
	}
	t.seq[tenant] = max(t.seq[tenant], seq)
}
