package reader

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/mailcrm/sdk/mailcrm/internal/store/internal/engine"
	"github.com/mailcrm/sdk/mailcrm/internal/store/internal/keyset"
	"github.com/mailcrm/sdk/mailcrm/internal/store/internal/search"
	"github.com/mailcrm/sdk/storage"
)

// A list is a Query made ready.
type list struct {
	r        *Reader
	q        Query
	order    sorting
	desc     bool
	name     string // of the list in cursors
	question search.Question
	sources  []source
	hits     []string // few hits of the question
	few      bool
}

// A source is where copies are looked for: a mailbox, or else an account.
type source struct{ mailbox, account string }

// Messages is a page of the messages that a query asks for, each once, and the cursor of the next one, empty after the last. A sort that does not exist, or a cursor of another list, is a [storage.FieldError].
func (r *Reader) Messages(ctx context.Context, q Query) (rows []Row, next string, err error) {
	l, err := r.prepare(ctx, q)
	if err != nil || l == nil {
		return nil, "", err
	}
	limit := keyset.Limit(q.Limit)
	spots, err := l.spots(ctx, limit+1)
	if err != nil {
		return nil, "", fmt.Errorf("listing messages: %w", err)
	}
	spots, more := keyset.Page(spots, limit)
	ids := make([]string, len(spots))
	for i, s := range spots {
		ids[i] = s.message
	}
	rows, err = r.fill(ctx, q.Tenant, ids, q.Accounts)
	if err != nil || !more {
		return rows, "", err
	}
	last := spots[limit-1]
	return rows, keyset.Cursor{List: l.name, Number: last.number, Text: last.text, ID: last.message}.String(), nil
}

// prepare makes a query ready; nil when it can find nothing.
func (r *Reader) prepare(ctx context.Context, q Query) (*list, error) {
	if len(q.Accounts) == 0 {
		return nil, nil
	}
	if len(q.Accounts) > engine.MaxIn {
		return nil, fmt.Errorf("listing messages of %d accounts, at most %d: %w", len(q.Accounts), engine.MaxIn, storage.ErrLimit)
	}
	l := &list{r: r, q: q, desc: q.Desc, name: "messages " + q.Sort}
	switch q.Sort {
	case "":
		l.order, l.desc = sortings["date"], true
	case "flagged":
		l.order = sortings["date"]
	default:
		order, ok := sortings[q.Sort]
		if !ok {
			return nil, storage.Invalid("Sort", "bad_sort", "a list is sorted by date, from, subject, size or flagged")
		}
		l.order = order
	}
	if q.Desc {
		l.name += " desc"
	}
	for _, ask := range []struct {
		field search.Field
		text  string
	}{{search.Subject, q.Subject}, {search.Sender, q.From}, {search.Recipients, q.To}, {search.Anywhere, q.Text}} {
		asked := search.Question{}
		asked.Ask(ask.field, ask.text)
		if strings.TrimSpace(ask.text) != "" && !asked.Asks() {
			return nil, nil // marks only: nothing has those
		}
		l.question.Ask(ask.field, ask.text)
	}
	if err := l.findSources(ctx); err != nil {
		return nil, err
	}
	if len(l.sources) == 0 {
		return nil, nil
	}
	if l.question.Asks() {
		if err := l.findHits(ctx); err != nil {
			return nil, err
		}
	}
	return l, nil
}

func (l *list) findSources(ctx context.Context) error {
	q, c := l.q, l.r.c
	switch {
	case q.Mailbox != "":
		type box struct{ account, role string }
		b, ok, err := engine.One(ctx, c, mailboxAccount, func(s engine.Scanner) (b box, err error) { return b, s.Scan(&b.account, &b.role) }, string(q.Tenant), q.Mailbox)
		if err != nil {
			return fmt.Errorf("reading a mailbox: %w", err)
		}
		if ok && slices.Contains(q.Accounts, b.account) && (q.Role == "" || q.Role == b.role) {
			l.sources = []source{{mailbox: q.Mailbox}}
		}
	case q.Role != "":
		ids, err := engine.All(ctx, c, mailboxesOf, engine.Value[string], string(q.Tenant), q.Role, engine.Strings(q.Accounts))
		if err != nil {
			return fmt.Errorf("reading mailboxes: %w", err)
		}
		for _, id := range ids {
			l.sources = append(l.sources, source{mailbox: id})
		}
	default:
		for _, account := range slices.Compact(slices.Sorted(slices.Values(q.Accounts))) {
			l.sources = append(l.sources, source{account: account})
		}
	}
	return nil
}

// findHits asks for the first messages of the tenant that have the words.
func (l *list) findHits(ctx context.Context) (err error) {
	q, words := hitsSQLite, l.question.FTS5()
	if engine.DialectOf(l.r.c) == engine.Postgres {
		q, words = hitsPostgres, l.question.TSQuery()
	}
	l.hits, err = engine.All(ctx, l.r.c, q, engine.Value[string], words, string(l.q.Tenant), int64(l.r.FewHits+1))
	if err != nil {
		return fmt.Errorf("searching: %w", err)
	}
	l.few = len(l.hits) <= l.r.FewHits
	return nil
}

// spots are the first n places of the list after the cursor.
func (l *list) spots(ctx context.Context, n int) ([]spot, error) {
	after, ok, err := keyset.Parse(l.q.Cursor, l.name)
	if err != nil {
		return nil, err
	}
	if l.q.Sort != "flagged" {
		return l.merge(ctx, n, after, ok, l.desc, "", nil)
	}
	// Flagged and other mail are two lists, one after the other, each the newest first. A message with a flagged copy is in the first only.
	parts := []struct {
		name  string
		where engine.SQL
		args  []any
	}{{"flagged", isFlagged, nil}, {"other", isUnflagged + neverFlag, []any{engine.Strings(l.q.Accounts)}}}
	if !l.desc {
		slices.Reverse(parts)
	}
	var all []spot
	for _, part := range parts {
		if ok && after.Text != part.name {
			continue // an earlier page ended in the other part
		}
		spots, err := l.merge(ctx, n-len(all), after, ok, true, part.where, part.args)
		if err != nil {
			return nil, err
		}
		for i := range spots {
			spots[i].text = part.name
		}
		all = append(all, spots...)
		ok = false
		if len(all) == n {
			break
		}
	}
	return all, nil
}

// merge reads the first n places of every source and brings them together.
func (l *list) merge(ctx context.Context, n int, after keyset.Cursor, ok, desc bool, where engine.SQL, args []any) ([]spot, error) {
	if l.question.Asks() && len(l.hits) == 0 {
		return nil, nil
	}
	before := func(a, b spot) int {
		order := cmp.Or(cmp.Compare(a.number, b.number), strings.Compare(a.text, b.text), strings.Compare(a.message, b.message))
		if desc {
			return -order
		}
		return order
	}
	var all []spot
	var err error
	if l.few {
		all, err = l.readHits(ctx, where, args)
		if ok {
			place := spot{message: after.ID, number: after.Number, text: after.Text}
			if !l.order.byText {
				place.text = ""
			}
			all = slices.DeleteFunc(all, func(s spot) bool { return before(place, s) >= 0 })
		}
	} else {
		for _, source := range l.sources {
			spots, err := l.read(ctx, source, n, after, ok, desc, where, args)
			if err != nil {
				return nil, err
			}
			all = append(all, spots...)
		}
	}
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, before)
	all = slices.CompactFunc(all, func(a, b spot) bool { return a.message == b.message })
	return all[:min(n, len(all))], nil
}

// read reads the first places of one source.
func (l *list) read(ctx context.Context, source source, n int, after keyset.Cursor, ok, desc bool, where engine.SQL, more []any) ([]spot, error) {
	q, args := l.where(where, more)
	if source.mailbox != "" {
		q += inMailbox
		args = append(args, source.mailbox)
	} else {
		q += inAccount
		args = append(args, source.account)
	}
	if l.question.Asks() {
		if engine.DialectOf(l.r.c) == engine.Postgres {
			q += hasPostgres
			args = append(args, l.question.TSQuery())
		} else {
			q += hasSQLite
			args = append(args, l.question.FTS5())
		}
	}
	if ok {
		var place any = after.Number
		if l.order.byText {
			place = after.Text
		}
		if desc {
			q += l.order.before
		} else {
			q += l.order.after
		}
		args = append(args, place, after.ID)
	}
	if desc {
		q += l.order.reverse
	} else {
		q += l.order.forward
	}
	return engine.All(ctx, engine.Loose(l.r.c), q, func(s engine.Scanner) (p spot, err error) {
		return p, s.Scan(&p.message, &p.number, &p.text)
	}, append(args, int64(n))...)
}

// readHits reads the places of few hits, unsorted.
func (l *list) readHits(ctx context.Context, where engine.SQL, more []any) ([]spot, error) {
	lies := make(map[source]bool, len(l.sources))
	for _, s := range l.sources {
		lies[s] = true
	}
	var all []spot
	err := engine.Chunks(l.hits, 256, func(hits []string) error {
		q, args := l.where(where, more)
		q = listStart + l.order.column + `, c.mailbox, c.account` + q[len(listStart+l.order.column):] + amongHits
		return engine.Each(ctx, engine.Loose(l.r.c), q, func(s engine.Scanner) error {
			var p spot
			var at source
			if err := s.Scan(&p.message, &p.number, &p.text, &at.mailbox, &at.account); err != nil {
				return err
			}
			if lies[source{mailbox: at.mailbox}] || lies[source{account: at.account}] {
				all = append(all, p)
			}
			return nil
		}, append(args, engine.Strings(hits))...)
	})
	return all, err
}

// where is the statement without its source, cursor and order.
func (l *list) where(more engine.SQL, moreArgs []any) (engine.SQL, []any) {
	var where engine.SQL
	var args []any
	messages := l.order.messages || l.question.Asks() && !l.few
	add := func(q engine.SQL, values ...any) {
		where += q
		args = append(args, values...)
	}
	either := func(which *bool, yes, no engine.SQL) {
		switch {
		case which == nil:
		case *which:
			add(yes)
		default:
			add(no)
		}
	}
	either(l.q.Unread, isUnread, isRead)
	either(l.q.Flagged, isFlagged, isUnflagged)
	either(l.q.Linked, isLinked, isUnlinked)
	if l.q.HasAttachments != nil {
		messages = true
		add(attachments, *l.q.HasAttachments)
	}
	if !l.q.Before.IsZero() {
		add(isBefore, l.q.Before.UnixMicro())
	}
	if !l.q.After.IsZero() {
		add(isAfter, l.q.After.UnixMicro())
	}
	if l.q.asksContent() {
		messages = true
		add(notPrivate, l.q.NotPrivateUnless)
	}
	add(more, moreArgs...)
	q := listStart + l.order.column + listCopies
	if messages {
		q += listMessages
	}
	return q + listTenant + where, append([]any{string(l.q.Tenant)}, args...)
}
