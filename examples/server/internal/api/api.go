// Package api is the HTTP API of the reference server, /api/v1: what the pages show, for programs.
//
//	handler, err := api.New(api.Config{Client: client, CRM: records, People: people})
//	mux.Handle("/api/v1/", handler)
//	mux.Handle("/openapi.json", handler)
//
// Each file is one resource, and each of its operations a few lines over the service of the same name in package mailcrm: the API decides nothing that the
// library does not. Its description (OpenAPI 3.1) is made of the same Go types, by huma, so it cannot tell another story.
//
// # Rules that hold for every operation
//
//   - Who asks is told by "Authorization: Bearer …", or by the session of a browser, which then sends X-CSRF-Token with whatever changes something. Nobody is
//     401.
//   - A list is {"items": […], "next_cursor": "…"}; limit is 1 to 200 and defaults to 50; a cursor is opaque and empty on the last page.
//   - A failure is application/problem+json (RFC 9457) with a stable "code" and "type". What was sent is never sent back in it, since it may be a password.
//   - What one may not see is 404, never 403. A private mail of somebody else is 200 with "withheld": true and no content.
//   - Accounts, drafts and templates have an ETag; If-Match guards a change against another one (412).
//   - Unknown properties and parameters are refused with 422. Times are RFC 3339 in UTC; ids are opaque.
//   - An action is a POST to the resource, a colon and a verb: POST /drafts/{draft}:send.
//
// # When not to look here
//
// The bytes of mails for a browser (frames, pictures, downloads) are served by mailcrm's own Content handler. Pages are package web.
package api

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/mailcrm/sdk/examples/server/internal/people"
	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/autoconfig"
	"github.com/mailcrm/sdk/storage"
)

// Prefix is where the API lies.
const Prefix = "/api/v1"

// Config is what the API needs.
type Config struct {
	// Client is the mail. Required.
	Client *mailcrm.Client
	// CRM shows records. Required.
	CRM Records
	// People tells who asks. Required.
	People *people.People
	// Find looks for the servers of an address, as [autoconfig.Explore] does. Defaults to none: GET /autoconfig then answers from the built-in table.
	Find func(ctx context.Context, address string, progress func(autoconfig.Step)) (*autoconfig.Result, error)
	// Logger hears of failures: ids and codes. Defaults to none.
	Logger *slog.Logger
	// Timeout bounds an operation. Defaults to 30 s; uploads and downloads take as long as the server lets them.
	Timeout time.Duration
}

// Records is the CRM as the API shows it; package crm has two.
type Records interface {
	// Get is one record; [storage.ErrNotFound] when it is not there or the Actor may not see it.
	Get(ctx context.Context, actor storage.Actor, ref storage.Ref) (storage.Entity, error)
	// Fields are a record's fields with their values, those without a value left out.
	Fields(ctx context.Context, actor storage.Actor, ref storage.Ref) ([]storage.Field, map[string]storage.Value, error)
}

// Limits of what is sent to the API, in bytes.
const (
	maxBody   = 4 << 20
	maxUpload = mailcrm.MaxAttachmentSize + 1<<20 // a file with the form around it
)

// resources are the operations with what they share.
type resources struct {
	cfg     Config
	api     huma.API
	content http.Handler // bodies, made safe by mailcrm
}

// New makes the API.
func New(cfg Config) (http.Handler, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 30 * time.Second
	}
	mux := newVerbs()
	r := &resources{cfg: cfg, api: humago.NewWithPrefix(mux, Prefix, describe()), content: cfg.Client.Content(cfg.People.Actor)}
	for _, register := range []func(){
		r.me, r.accounts, r.autoconfig, r.logins, r.folders, r.mapping, r.messages, r.contents, r.saving, r.links, r.entities, r.templates, r.drafts, r.files, r.outbox, r.events,
	} {
		register()
	}
	root := http.NewServeMux()
	root.Handle(Prefix+"/", r.known(mux))
	if err := r.documents(root); err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	return root, nil
}

// describe is the frame of the description. It leaves out of huma's defaults what would load from elsewhere (its pages) and what would add to every body
// ($schema).
func describe() huma.Config {
	cfg := huma.DefaultConfig("mailcrm reference server", "1")
	cfg.Info.Description = "Mail accounts, mails, their links to the records of the CRM, writing and sending. " +
		"The token is the one that the server prints when it starts, or one made on the page /people."
	cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath = "", "", ""
	cfg.CreateHooks = nil
	cfg.RejectUnknownQueryParameters = true
	cfg.Transformers = append(cfg.Transformers, withoutValues)
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer"}}
	cfg.Security = []map[string][]string{{"token": {}}}
	return cfg
}

// documents serves the description itself, which everybody may read.
func (r *resources) documents(mux *http.ServeMux) error {
	for _, unused := range []string{"ErrorModel", "ErrorDetail"} { // huma's own, which withoutValues replaces
		delete(r.api.OpenAPI().Components.Schemas.Map(), unused)
	}
	asJSON, err := r.api.OpenAPI().MarshalJSON()
	if err != nil {
		return fmt.Errorf("describing itself: %w", err)
	}
	asYAML, err := r.api.OpenAPI().YAML()
	if err != nil {
		return fmt.Errorf("describing itself: %w", err)
	}
	for path, document := range map[string]struct {
		kind string
		text []byte
	}{"GET /openapi.json": {"application/vnd.oai.openapi+json;version=3.1", asJSON}, "GET /openapi.yaml": {"application/vnd.oai.openapi;version=3.1", asYAML}} {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", document.kind)
			_, _ = w.Write(document.text) // the client is gone if this fails
		})
	}
	return nil
}

// asking carries the actor of a request.
type asking struct{}

// known lets those in whom People knows, and puts bounds to what they send and how long it takes.
func (r *resources) known(next *verbs) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Cache-Control", "private, no-store")
		actor, ok := r.cfg.People.Actor(req)
		if !ok {
			w.Header().Set("WWW-Authenticate", "Bearer")
			r.refuse(w, req, http.StatusUnauthorized, "unauthorized", "Say who asks: Authorization: Bearer, and the token.")
			return
		}
		reading := req.Method == http.MethodGet || req.Method == http.MethodHead
		if !reading && !r.cfg.People.Verify(req) {
			r.refuse(w, req, http.StatusForbidden, "csrf", "Send the session's token in X-CSRF-Token, or use a bearer token.")
			return
		}
		ctx := context.WithValue(req.Context(), asking{}, actor)
		limit := int64(maxUpload)
		if uploads := strings.HasSuffix(req.URL.Path, "/attachments") && !reading; !uploads {
			limit = maxBody
			if !streams(req.URL.Path) && !tries(req.URL.Path) {
				var done context.CancelFunc
				ctx, done = context.WithTimeout(ctx, r.cfg.Timeout)
				defer done()
			}
		}
		req = req.WithContext(ctx)
		req.Body = http.MaxBytesReader(w, req.Body, limit)
		if status, allow, ok := next.serves(req); !ok {
			if allow != "" {
				w.Header().Set("Allow", allow)
			}
			code, detail := "not_found", "There is no such resource."
			if status == http.StatusMethodNotAllowed {
				code, detail = "method_not_allowed", "This resource cannot be asked that."
			}
			r.refuse(w, req, status, code, detail)
			return
		}
		next.ServeHTTP(w, req)
	})
}

// streams reports whether an answer may take long because it is large.
func streams(path string) bool {
	return strings.HasSuffix(path, "/raw") || strings.Contains(path, "/attachments/")
}

// tries reports whether mail servers are tried, for which the library has bounds of its own.
func tries(path string) bool {
	return strings.HasSuffix(path, ":verify") || path == Prefix+"/autoconfig/test"
}

// actor is who asks.
func actor(ctx context.Context) storage.Actor {
	a, _ := ctx.Value(asking{}).(storage.Actor)
	return a
}

// mail is mailcrm as the one who asks may use it.
func (r *resources) mail(ctx context.Context) *mailcrm.Session { return r.cfg.Client.As(actor(ctx)) }

// An op describes an operation: "GET /accounts/{account}", what it does in a few words, and its usual status.
type op struct {
	route, id, summary string
	status             int
	tag                string
	doc                string
}

// register adds an operation; its errors become problems.
func register[I, O any](r *resources, o op, handle func(context.Context, *I) (*O, error)) {
	registerAs(r, o.described(r.api), handle)
}

// registerStream adds an operation whose answer is a stream of bytes.
func registerStream[I any](r *resources, o op, kind string, handle func(context.Context, *I) (*Stream, error)) {
	described := o.described(r.api)
	described.Responses["200"] = &huma.Response{Description: "OK", Content: map[string]*huma.MediaType{kind: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}}
	registerAs(r, described, handle)
}

func registerAs[I, O any](r *resources, o huma.Operation, handle func(context.Context, *I) (*O, error)) {
	huma.Register(r.api, o, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, in)
		return out, r.problem(ctx, o.Method, o.OperationID, err)
	})
}

func (o op) described(api huma.API) huma.Operation {
	method, path, _ := strings.Cut(o.route, " ")
	return huma.Operation{
		Method: method, Path: path, OperationID: o.id, Summary: o.summary, Description: o.doc, DefaultStatus: o.status, Tags: []string{o.tag},
		MaxBodyBytes: maxBody, BodyReadTimeout: 30 * time.Second, Responses: map[string]*huma.Response{"default": problemResponse(api)},
	}
}
