package api

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/mailcrm/sdk/mailcrm"
)

// Match guards a change by the revision that was shown (RFC 9110 §13.1.1).
type Match struct {
	IfMatch string `header:"If-Match" maxLength:"64" doc:"the ETag of what is changed: 412 if somebody changed it meanwhile. Without it, whatever is there is changed"`
}

// revision is the one asked for, 0 for any.
func (m Match) revision() (int64, error) {
	tag := strings.TrimSpace(m.IfMatch)
	if tag == "" || tag == "*" {
		return 0, nil
	}
	n, err := strconv.ParseInt(strings.Trim(tag, `"`), 10, 64)
	if err != nil || n < 1 {
		return 0, newProblem(http.StatusPreconditionFailed, "precondition_failed", "If-Match is not an ETag of this resource.")
	}
	return n, nil
}

// missed makes a conflict a failed precondition if one was asked for.
func (m Match) missed(err error) error {
	if m.IfMatch != "" && errors.Is(err, mailcrm.ErrConflict) {
		return newProblem(http.StatusPreconditionFailed, "precondition_failed", "It was changed meanwhile: read it again and decide again.")
	}
	return err
}

// etag is the ETag of a revision.
func etag(revision int64) string { return `"` + strconv.FormatInt(revision, 10) + `"` }
