package api

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/mailcrm/sdk/mailcrm"
)

// A Stream is an answer that is not JSON.
type Stream struct {
	Body func(huma.Context)
}

// A HeaderField is a field of a mail's header.
type HeaderField struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// download streams bytes, always as a file to keep: never as a type that a browser would run.
func download(content io.ReadCloser, name, kind string, size int64) *Stream {
	return &Stream{func(ctx huma.Context) {
		defer func() { _ = content.Close() }()
		ctx.SetHeader("Content-Type", kind)
		ctx.SetHeader("X-Content-Type-Options", "nosniff")
		ctx.SetHeader("Content-Security-Policy", "sandbox; default-src 'none'")
		ctx.SetHeader("Content-Disposition", mailcrm.ContentDisposition("attachment", name))
		if size >= 0 {
			ctx.SetHeader("Content-Length", fmt.Sprint(size))
		}
		ctx.SetStatus(http.StatusOK)
		_, _ = io.Copy(ctx.BodyWriter(), content) // the head is out: nothing else can be told any more
	}}
}

func (r *resources) contents() {
	const tag = "messages"
	registerStream(r, op{"GET /messages/{message}/raw", "get-message-raw", "A mail as it came", 200, tag, ""}, "message/rfc822",
		func(ctx context.Context, in *OneMessage) (*Stream, error) {
			raw, size, err := r.mail(ctx).Messages.Raw(ctx, in.Message)
			if err != nil {
				return nil, err
			}
			return download(raw, "message.eml", "message/rfc822", size), nil
		})
	register(r, op{
		"GET /messages/{message}/attachments", "list-attachments", "The attachments of a mail", 200, tag, "",
	}, func(ctx context.Context, in *struct {
		OneMessage
		Paging
	},
	) (*List[Attachment], error) {
		m, err := r.mail(ctx).Messages.Get(ctx, in.Message)
		if err != nil {
			return nil, err
		}
		return page(whole(m).Attachments, in.Paging, func(a Attachment) Attachment { return a })
	})
	register(r, op{
		"GET /messages/{message}/headers", "list-headers", "The fields of a mail's header, the topmost first", 200, tag,
		"As they were sent, unfolded, without control characters.",
	}, func(ctx context.Context, in *struct {
		OneMessage
		Paging
	},
	) (*List[HeaderField], error) {
		fields, err := r.mail(ctx).Messages.Headers(ctx, in.Message)
		if err != nil {
			return nil, err
		}
		return page(fields, in.Paging, func(f mailcrm.HeaderField) HeaderField { return HeaderField{f.Name, f.Value} })
	})
	registerStream(r, op{"GET /messages/{message}/attachments/{part}", "get-attachment", "The bytes of an attachment", 200, tag, ""}, "application/octet-stream",
		func(ctx context.Context, in *struct {
			OneMessage
			Part string `path:"part" maxLength:"64" doc:"path of the attachment: 2, 2.1 …"`
		},
		) (*Stream, error) {
			part, content, err := r.mail(ctx).Messages.Attachment(ctx, in.Message, in.Part)
			if err != nil {
				return nil, err
			}
			return download(content, part.Name, "application/octet-stream", -1), nil
		})
	registerStream(r, op{
		"GET /messages/{message}/body", "get-message-body", "The text of a mail, or its HTML made safe", 200, tag,
		"The HTML comes with a policy that sandboxes it; show it in a frame of its own. Pictures that lie elsewhere are shown on images=1 alone, through this server: their senders hear of it.",
	}, "text/plain", func(ctx context.Context, in *struct {
		Message string `path:"message" maxLength:"64"`
		Format  string `query:"format" enum:"html,text" default:"text"`
		Images  string `query:"images" enum:"0,1" default:"0"`
	},
	) (*Stream, error) {
		m, err := r.mail(ctx).Messages.Get(ctx, in.Message)
		switch {
		case err != nil:
			return nil, err
		case m.Withheld:
			return nil, gone("message " + in.Message)
		case in.Format == "text":
			return text(m), nil
		}
		return r.safeHTML(in.Message, in.Images), nil
	})
}

func text(m *mailcrm.Message) *Stream {
	return &Stream{func(ctx huma.Context) {
		ctx.SetHeader("Content-Type", "text/plain; charset=utf-8")
		ctx.SetHeader("X-Content-Type-Options", "nosniff")
		ctx.SetStatus(http.StatusOK)
		_, _ = io.WriteString(ctx.BodyWriter(), m.Text) // the client is gone if this fails
	}}
}

// safeHTML lets mailcrm's own handler answer, as it does below /mail/.
func (r *resources) safeHTML(id, images string) *Stream {
	return &Stream{func(ctx huma.Context) {
		req, w := humago.Unwrap(ctx)
		inner := req.WithContext(req.Context())
		inner.Method = http.MethodGet
		inner.URL = &url.URL{Path: "/mail/" + id + "/body", RawQuery: "images=" + images}
		answer := &kept{head: http.Header{}}
		r.content.ServeHTTP(answer, inner)
		if answer.status >= http.StatusBadRequest {
			code := "unavailable"
			if answer.status == http.StatusNotFound {
				code = "not_found"
			}
			r.refuse(w, req, answer.status, code, "The mail's own HTML cannot be shown.")
			return
		}
		for name, values := range answer.head {
			w.Header()[name] = values
		}
		// Pictures are named beside the body, where mailcrm's handler is mounted.
		body := bytes.ReplaceAll(answer.body.Bytes(), []byte(`picture?d=`), []byte("/mail/"+url.PathEscape(id)+"/picture?d="))
		_, _ = w.Write(body) // the client is gone if this fails
	}}
}

// kept is an answer that is held back until it is known to be one.
type kept struct {
	head   http.Header
	body   bytes.Buffer
	status int
}

// Header is the answer's.
func (k *kept) Header() http.Header { return k.head }

// WriteHeader keeps the status.
func (k *kept) WriteHeader(status int) { k.status = status }

// Write keeps the body, which mailcrm bounds.
func (k *kept) Write(b []byte) (int, error) { return k.body.Write(b) }
