package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/storage"
)

// An Upload is a form with one file, read as it comes: nothing is kept aside.
type Upload struct {
	OneDraft
	request *http.Request
}

// Resolve keeps the request, whose body huma has not read.
func (u *Upload) Resolve(ctx huma.Context) []error {
	u.request, _ = humago.Unwrap(ctx)
	return nil
}

// file is the part "file" of the form.
func (u *Upload) file() (*multipart.Part, error) {
	form, err := u.request.MultipartReader()
	if err != nil {
		return nil, newProblem(http.StatusUnsupportedMediaType, "unsupported_media_type", "Send a multipart/form-data with a part named file.")
	}
	for {
		part, err := form.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return nil, storage.Invalid("File", "required", "send a file in a part named file")
		case err != nil:
			return nil, unreadable(err)
		case part.FormName() == "file":
			return part, nil
		}
	}
}

func unreadable(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return fmt.Errorf("the attachments of a mail have at most %d MiB in all: %w", mailcrm.MaxAttachmentSize>>20, storage.ErrLimit)
	}
	return newProblem(http.StatusBadRequest, "bad_request", "The form cannot be read.")
}

func (r *resources) files() {
	const tag = "drafts"
	register(r, op{"POST /drafts/{draft}/attachments", "add-attachment", "Attach a file", 201, tag, ""}, r.attach)
	// Described only now: huma would read a body that it knows, and hold all of it.
	r.api.OpenAPI().Paths["/drafts/{draft}/attachments"].Post.RequestBody = &huma.RequestBody{
		Required: true, Content: map[string]*huma.MediaType{"multipart/form-data": {Schema: &huma.Schema{
			Type: huma.TypeObject, Required: []string{"file"},
			Properties: map[string]*huma.Schema{"file": {Type: huma.TypeString, Format: "binary", Description: "at most 25 MiB with the others of the draft"}},
		}}},
	}
	register(r, op{"DELETE /drafts/{draft}/attachments/{attachment}", "remove-attachment", "Take a file out of a draft again", 200, tag, ""},
		func(ctx context.Context, in *struct {
			OneDraft
			Attachment string `path:"attachment" maxLength:"64"`
		},
		) (*oneDraft, error) {
			return answerDraft(r.mail(ctx).Drafts.Detach(ctx, in.Draft, in.Attachment))
		})
}

func (r *resources) attach(ctx context.Context, in *Upload) (*oneDraft, error) {
	mail := r.mail(ctx)
	if _, err := mail.Drafts.Get(ctx, in.Draft); err != nil {
		return nil, err // before megabytes are read for nothing
	}
	part, err := in.file()
	if err != nil {
		return nil, err
	}
	d, err := mail.Drafts.Attach(ctx, in.Draft, part.FileName(), part.Header.Get("Content-Type"), part)
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, unreadable(err)
	}
	if err != nil {
		return nil, err
	}
	return createdDraft(d), nil
}
