package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"time"
	"unicode"

	"github.com/danielgtaylor/huma/v2"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/storage"
)

// A Problem is a failure (RFC 9457).
type Problem struct {
	Type   string    `json:"type" format:"uri" doc:"urn:mailcrm:problem: and the code"`
	Title  string    `json:"title" doc:"what kind of failure it is, in English"`
	Status int       `json:"status"`
	Code   string    `json:"code" doc:"stable: invalid, not_found, conflict, precondition_failed, limit, unauthorized, csrf, auth, rejected, temporary, unavailable, uncertain, read_only, internal …"`
	Detail string    `json:"detail,omitempty" doc:"for people: what happened, and what to do"`
	Cause  string    `json:"cause,omitempty" doc:"stable code of a failure of a server or the CRM: tls.expired, imap.login_refused, host.unavailable …"`
	Errors []Mistake `json:"errors,omitempty" doc:"what to change in the request"`
}

// A Mistake is one thing to change in a request. The value itself is never repeated: it may be a password.
type Mistake struct {
	Location string `json:"location" doc:"body.imap.host, query.limit, path.kind …"`
	Code     string `json:"code,omitempty" doc:"stable: required, bad_address, unknown_field, missing_value …"`
	Message  string `json:"message"`
	Line     int    `json:"line,omitempty" doc:"in a template or text, from 1"`
	Column   int    `json:"column,omitempty"`
	Path     string `json:"path,omitempty" doc:"the merge field"`
	Hint     string `json:"hint,omitempty" doc:"a field that exists and looks alike"`
}

func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType says that it is a problem.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// titles name the kinds of failure.
var titles = map[string]string{
	"invalid": "The request must be changed", "not_found": "Not found", "conflict": "Somebody was faster", "precondition_failed": "It was changed meanwhile",
	"limit": "Too much", "unauthorized": "Who asks?", "csrf": "Not from a page of this session", "auth": "A server refused the credentials",
	"rejected": "A server refused", "temporary": "Try again later", "unavailable": "Something does not answer", "uncertain": "Nobody knows whether it was done",
	"read_only": "Nothing can be written", "schema": "The database is of another version", "closed": "The server stops", "internal": "Something went wrong",
	"method_not_allowed": "Method not allowed", "bad_request": "The request cannot be read", "unsupported_media_type": "Unsupported media type",
	"request_timeout": "The request came too slowly", "not_acceptable": "Not acceptable",
}

func newProblem(status int, code, detail string) *Problem {
	title := titles[code]
	if title == "" {
		title = http.StatusText(status)
	}
	return &Problem{Type: "urn:mailcrm:problem:" + code, Title: title, Status: status, Code: code, Detail: detail}
}

// problem makes a failure of the library one of the API. method tells where its fields stand.
func (r *resources) problem(ctx context.Context, method, operation string, err error) error {
	if err == nil {
		return nil
	}
	var done *Problem
	if errors.As(err, &done) {
		return err
	}
	code, status := mailcrm.ErrorCode(err)
	p := newProblem(status, code, "")
	p.Cause = storage.CauseCode(err)
	place := "body."
	if method == http.MethodGet {
		place = "query."
	}
	var field *mailcrm.FieldError
	var unready *mailcrm.UnreadyError
	switch {
	case errors.As(err, &unready):
		p.Detail = unready.Error()
		for _, m := range unready.Problems {
			p.Errors = append(p.Errors, mistake(m))
		}
	case errors.As(err, &field):
		p.Detail = field.Reason
		p.Errors = []Mistake{{Location: place + snake(field.Field), Code: field.Code, Message: field.Reason}}
	case p.Cause != "":
		p.Detail = mailcrm.Sentence(p.Cause, actor(ctx).Locale)
	case status < http.StatusInternalServerError:
		p.Detail = err.Error()
	default:
		p.Detail = mailcrm.Sentence("unknown", actor(ctx).Locale)
	}
	if status >= http.StatusInternalServerError && code != "closed" {
		r.cfg.Logger.ErrorContext(ctx, "operation failed", "operation", operation, "code", code, "cause", p.Cause, "error", err)
	}
	if after, ok := mailcrm.RetryAfter(err); ok {
		seconds := int(after.Round(time.Second) / time.Second)
		return huma.ErrorWithHeaders(p, http.Header{"Retry-After": {fmt.Sprint(max(seconds, 1))}})
	}
	return p
}

func mistake(m mailcrm.Problem) Mistake {
	return Mistake{Location: "body." + snake(m.Field), Code: m.Code, Message: m.Message, Line: m.Line, Column: m.Column, Path: m.Path}
}

// snake spells a field of the library as the API does: "IMAP.PinSHA256" is "imap.pin_sha256".
func snake(field string) string {
	var b strings.Builder
	runes := []rune(field)
	for i, c := range runes {
		if unicode.IsUpper(c) && i > 0 && runes[i-1] != '.' {
			before, after := unicode.IsLower(runes[i-1]), i+1 < len(runes) && unicode.IsLower(runes[i+1])
			if before || after && unicode.IsUpper(runes[i-1]) {
				b.WriteByte('_')
			}
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}

// withoutValues makes huma's own errors problems of ours. It drops what huma repeats of the request: the value of a field that does not fit, the whole body
// when a property is unknown.
func withoutValues(_ huma.Context, _ string, v any) (any, error) {
	model, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	code := map[int]string{
		http.StatusUnprocessableEntity: "invalid", http.StatusBadRequest: "bad_request", http.StatusRequestEntityTooLarge: "limit",
		http.StatusUnsupportedMediaType: "unsupported_media_type", http.StatusRequestTimeout: "request_timeout", http.StatusNotAcceptable: "not_acceptable",
	}[model.Status]
	if code == "" {
		code = "internal"
	}
	p := newProblem(model.Status, code, model.Detail)
	for _, e := range model.Errors {
		if e == nil || len(p.Errors) == maxMistakes {
			continue
		}
		message := e.Message
		if e.Location == "body" && code == "bad_request" {
			message = "this is not JSON" // the parser's own words quote the text
		}
		p.Errors = append(p.Errors, Mistake{Location: clip(e.Location), Message: clip(message)})
	}
	return p, nil
}

// maxMistakes is how many mistakes are told at once.
const maxMistakes = 50

// clip keeps a text that a client may have lengthened short.
func clip(s string) string {
	const longest = 200
	if runes := []rune(s); len(runes) > longest {
		return string(runes[:longest]) + "…"
	}
	return s
}

// problemResponse describes a failure.
func problemResponse(api huma.API) *huma.Response {
	schema := api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "Problem")
	return &huma.Response{Description: "A failure", Content: map[string]*huma.MediaType{"application/problem+json": {Schema: schema}}}
}

// refuse answers before huma is asked.
func (r *resources) refuse(w http.ResponseWriter, req *http.Request, status int, code, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	if req.Method != http.MethodHead {
		_ = json.NewEncoder(w).Encode(newProblem(status, code, detail)) // the client is gone if this fails
	}
}
