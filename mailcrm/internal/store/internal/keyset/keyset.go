// Package keyset spells the place after which a page goes on: a value of the sort and the id of the last row. A cursor is opaque to everybody else. It is not secret and not signed: it holds
// nothing that its reader did not see, and a forged one only names another place in what he may see anyway.
package keyset

import (
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/mailcrm/sdk/storage"
)

// A Cursor is a place in a sorted list. List names the list and its order, so that a cursor of one is refused by another.
type Cursor struct {
	List   string // no NUL
	Number int64
	Text   string // no NUL
	ID     string
}

const maxCursor = 1024 // bytes

// String is the cursor as it is handed out.
func (c Cursor) String() string {
	return base64.RawURLEncoding.EncodeToString([]byte(c.List + "\x00" + strconv.FormatInt(c.Number, 36) + "\x00" + c.Text + "\x00" + c.ID))
}

// Parse reads a cursor of a list. Any other text is a [storage.FieldError] of Cursor. An empty one is the start: ok is false.
func Parse(text, list string) (c Cursor, ok bool, err error) {
	if text == "" {
		return c, false, nil
	}
	bad := storage.Invalid("Cursor", "bad_cursor", "this is not a cursor of this list: begin again without one")
	if len(text) > maxCursor {
		return c, false, bad
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return c, false, bad
	}
	parts := strings.SplitN(string(raw), "\x00", 4)
	if len(parts) != 4 || parts[0] != list {
		return c, false, bad
	}
	n, err := strconv.ParseInt(parts[1], 36, 64)
	if err != nil {
		return c, false, bad
	}
	return Cursor{List: list, Number: n, Text: parts[2], ID: parts[3]}, true, nil
}

// Limit makes a page's limit one between 1 and [storage.MaxPage]; 0 or less is 50.
func Limit(n int) int {
	if n <= 0 {
		return 50
	}
	return min(n, storage.MaxPage)
}

// Page cuts what was read with one row too many: the rows of the page, and whether there are more.
func Page[T any](rows []T, limit int) ([]T, bool) {
	if len(rows) > limit {
		return rows[:limit], true
	}
	return rows, false
}
