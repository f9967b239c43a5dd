package web

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/mailcrm/sdk/mailcrm"
)

// inboxPage is a folder, or the result of a search: GET /inbox?mailbox=&q=&sort=&dir=&cursor=&from=
type inboxPage struct {
	frame
	Heading  string
	Mailbox  string
	Account  *sideAccount
	Settings string // where the account's settings are
	Query    string
	Chips    []chip
	Rows     []row
	Columns  []column
	Range    string // "1 to 50 of 1,234"
	First    string
	Next     string
	Empty    emptiness
	Failing  []failing
	Problem  string // why the search cannot be made
}

// A column is a heading that sorts.
type column struct {
	Key    string
	Label  string
	Class  string
	URL    string
	Sorted string // "ascending", "descending" or ""
	Title  string
}

// An emptiness says why there is nothing, and what to do about it.
type emptiness struct {
	Text   string
	Hint   string
	Action string
	URL    string
}

// A failing account, with what to do.
type failing struct {
	ID       string
	Address  string
	Sentence string
	Detail   string
}

// pageSize is how many mails a page shows.
const pageSize = 50

func (s *site) inbox(v *visit) error {
	p := inboxPage{frame: v.frame("nav.inbox", "inbox"), Query: v.query("q"), Mailbox: v.query("mailbox")}
	p.Search, p.Folder = p.Query, p.Mailbox != ""
	found := parseSearch(p.Query, v.clock.zone, v.clock.now)
	q := found.query
	p.Chips = found.Chips
	total := p.place(v, &q, found)
	if _, _, ok := p.Side.folder(q.Mailbox); q.Mailbox != "" && !ok {
		return mailcrm.ErrNotFound
	}
	q.Sort, q.Ascending, q.Limit, q.Cursor = v.query("sort"), v.query("dir") == "up", pageSize, v.query("cursor")
	if !slices.Contains(sortable, q.Sort) {
		q.Sort, q.Ascending = "", false
	}
	p.Columns = v.columns(q)
	page, err := v.mail.Messages.List(v.ctx(), q)
	var field *mailcrm.FieldError
	switch {
	case errors.As(err, &field) && p.Query != "":
		p.Problem = v.fieldText(field)
	case err != nil:
		return err
	}
	for _, m := range page.Items {
		p.Rows = append(p.Rows, v.row(m))
	}
	p.pager(v, page, total)
	p.Failing = v.failing()
	p.passed(v)
	if len(p.Rows) == 0 && p.Problem == "" {
		p.Empty = p.emptiness(v)
	}
	return v.show("inbox", p)
}

// place finds out which folder is shown, and how many mails it has if that is known.
func (p *inboxPage) place(v *visit, q *mailcrm.MessageQuery, found search) (total int) {
	in := strings.ToLower(found.In)
	if in != "" {
		p.Mailbox = ""
		if role := v.roleNamed(in); role != "" {
			q.Role = role
		} else if id, ok := p.folderNamed(in); ok {
			q.Mailbox = id
		} else {
			for i := range p.Chips {
				if strings.HasSuffix(strings.ToLower(unquote(p.Chips[i].Text)), ":"+in) {
					p.Chips[i].Problem = "search.no_folder"
				}
			}
		}
	}
	switch {
	case p.Mailbox != "":
		q.Mailbox = p.Mailbox
	case in == "" && p.Query == "":
		q.Role = "inbox"
	}
	p.Heading = v.say("list.found")
	if p.Query == "" {
		p.Heading = v.say("nav.inbox")
		for _, a := range p.Side.Accounts {
			for _, b := range a.boxes {
				if b.Role == "inbox" {
					total += b.Total
				}
			}
		}
	}
	if account, box, ok := p.Side.folder(q.Mailbox); ok {
		p.Account = &account
		if p.Query == "" {
			p.Heading, total = v.boxName(box), box.Total
		}
	} else if len(p.Side.Accounts) == 1 {
		p.Account = &p.Side.Accounts[0]
	}
	if p.Account != nil {
		p.Settings = "/accounts/" + p.Account.ID
	}
	p.Title = p.Heading
	if p.Query != "" {
		p.Title = v.say("list.found_for", cut(p.Query, 60))
	}
	return total
}

// boxName is a folder's name for people.
func (v *visit) boxName(b mailcrm.Mailbox) string {
	if known("role." + b.Role) {
		return v.say("role." + b.Role)
	}
	return folderName(b)
}

// roleNamed is the role that a person means by a word, in either language.
func (v *visit) roleNamed(word string) string {
	for _, role := range roleOrder {
		if word == role {
			return role
		}
		for _, l := range languages {
			if strings.EqualFold(word, l.say("role."+role)) {
				return role
			}
		}
	}
	return ""
}

// folderNamed is the folder of a name, among those of the account shown first.
func (p *inboxPage) folderNamed(word string) (string, bool) {
	for _, a := range p.Side.Accounts {
		for _, b := range a.boxes {
			if strings.EqualFold(b.Name, word) || strings.EqualFold(folderName(b), word) {
				return b.ID, true
			}
		}
	}
	return "", false
}

// sortable are the columns that the library sorts by.
var sortable = []string{"flagged", "from", "subject", "size", "date"}

// columns are the headings. Choosing one that is sorted already turns it round.
func (v *visit) columns(q mailcrm.MessageQuery) []column {
	current := q.Sort
	if current == "" {
		current = "date"
	}
	var out []column
	for _, key := range sortable {
		c := column{Key: key, Label: v.say("column." + key), Class: "c-" + key}
		up := key == "from" || key == "subject" // what reads from A to Z begins so
		if key == current {
			c.Sorted = "descending"
			if q.Ascending {
				c.Sorted = "ascending"
			}
			up = !q.Ascending
		}
		dir := "down"
		if up {
			dir = "up"
		}
		c.Title = v.say("column.sort."+dir, c.Label)
		c.URL = address("/inbox", "mailbox", v.query("mailbox"), "q", v.query("q"), "sort", key, "dir", dir)
		out = append(out, c)
	}
	return out
}

// pager says which mails are shown. Lists go on by a cursor, so "first" leads back and the browser's own button one page.
func (p *inboxPage) pager(v *visit, page mailcrm.Page[mailcrm.Message], total int) {
	from, err := strconv.Atoi(v.query("from"))
	if err != nil || from < 0 || from > 1e9 || v.query("cursor") == "" {
		from = 0
	}
	keep := []string{"mailbox", v.query("mailbox"), "q", v.query("q"), "sort", v.query("sort"), "dir", v.query("dir")}
	if from > 0 {
		p.First = address("/inbox", keep...)
	}
	if page.Next != "" {
		p.Next = address("/inbox", append(keep, "cursor", page.Next, "from", strconv.Itoa(from+len(page.Items)))...)
	}
	last := from + len(page.Items)
	switch {
	case len(page.Items) == 0:
	case total >= last:
		p.Range = v.say("list.range_of", v.lang.number(from+1), v.lang.number(last), v.lang.number(total))
	case page.Next == "" && from == 0:
		p.Range = v.lang.count("list.count", last)
	default:
		p.Range = v.say("list.range", v.lang.number(from+1), v.lang.number(last))
	}
}

func (p *inboxPage) emptiness(v *visit) emptiness {
	switch {
	case p.Query != "":
		return emptiness{Text: v.say("empty.search"), Hint: v.say("empty.search.hint"), Action: v.say("empty.search.action"), URL: address("/inbox", "mailbox", p.Mailbox)}
	case len(p.Side.Accounts) == 0:
		return emptiness{Text: v.say("empty.account"), Hint: v.say("empty.account.hint"), Action: v.say("empty.account.action"), URL: "/accounts/new"}
	case p.Account != nil && p.Account.Bad:
		return emptiness{Text: v.say("empty.failing"), Hint: v.say("empty.failing.hint"), Action: v.say("empty.failing.action"), URL: "/accounts/" + p.Account.ID}
	case p.syncing():
		return emptiness{Text: v.say("empty.syncing"), Hint: v.say("empty.syncing.hint"), Action: v.say("empty.syncing.action"), URL: p.Here}
	}
	return emptiness{Text: v.say("empty.folder"), Hint: v.say("empty.folder.hint")}
}

// syncing reports whether an account shown here has not been looked at yet.
func (p *inboxPage) syncing() bool {
	for _, a := range p.Side.Accounts {
		if len(a.boxes) == 0 {
			return true
		}
		for _, b := range a.boxes {
			if b.Synced.IsZero() && (b.ID == p.Mailbox || b.Role == "inbox" && p.Mailbox == "") {
				return true
			}
		}
	}
	return false
}

// failing are the visitor's accounts that need him.
func (v *visit) failing() []failing {
	accounts, err := v.mail.Accounts.List(v.ctx())
	if err != nil {
		return nil
	}
	var out []failing
	for _, a := range accounts {
		if a.Status.Code != "" && slices.Contains(a.Rights, mailcrm.RightRead) {
			out = append(out, failing{ID: a.ID, Address: a.Address, Sentence: a.Status.Sentence, Detail: a.Status.Detail})
		}
	}
	return out
}

// fetchNow is POST /fetch: it looks at one account, or at all that the visitor reads.
func (s *site) fetchNow(v *visit) error {
	one := v.field("account")
	accounts, err := v.mail.Accounts.List(v.ctx())
	if err != nil {
		return err
	}
	found := one == ""
	for _, a := range accounts {
		if (one == "" || a.ID == one) && slices.Contains(a.Rights, mailcrm.RightRead) {
			found = true
			if err := v.mail.Accounts.Sync(v.ctx(), a.ID); err != nil {
				return err
			}
		}
	}
	if !found {
		return mailcrm.ErrNotFound
	}
	return v.back("/inbox", "done", "fetching")
}
