package submit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"strings"

	"github.com/wneessen/go-mail"

	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
	"github.com/mailcrm/sdk/storage"
)

// An Attachment is a file of a mail. Open is called once for each time that bytes are made.
type Attachment struct {
	Name      string // is cleaned: see mimemail.CleanFileName
	Type      string // media type; what cannot be one, multipart and message become application/octet-stream
	Size      int64  // Build fails when Open's bytes are not so many; negative: not known
	ContentID string // a picture that the HTML shows, without <>; empty: an attachment
	Open      func() (io.ReadCloser, error)
}

func file(ctx context.Context, a Attachment) (*mail.File, error) {
	if a.ContentID != "" && !token(a.ContentID) {
		return nil, fmt.Errorf("the content id of %q is malformed: %w", a.Name, storage.ErrInvalid)
	}
	name := noWords(mimemail.CleanFileName(a.Name))
	if name == "" {
		name = "file"
	}
	f := &mail.File{
		Name: name, Enc: mail.EncodingB64, Header: map[string][]string{},
		Writer: func(w io.Writer) (int64, error) {
			if err := ctx.Err(); err != nil {
				return 0, err
			}
			r, err := a.Open()
			if err != nil {
				return 0, fmt.Errorf("opening %q: %w", a.Name, err)
			}
			n, err := io.Copy(w, r)
			if err == nil && a.Size >= 0 && n != a.Size {
				err = fmt.Errorf("attachment %q has %d bytes, not %d", a.Name, n, a.Size)
			}
			return n, errors.Join(err, r.Close())
		},
	}
	disposition := "attachment"
	if a.ContentID != "" {
		f.Header.Set("Content-ID", "<"+a.ContentID+">")
		disposition = "inline"
	}
	// The name is written twice: as RFC 2231 has it, and as an encoded word for those who read only that. The library folds no field of a part.
	f.Header.Set("Content-Disposition", strings.Replace(mime.FormatMediaType(disposition, map[string]string{"filename": name}), "; ", ";\r\n ", 1))
	f.Header.Set("Content-Type", contentType(a.Type)+";\r\n name=\""+strings.ReplaceAll(mime.QEncoding.Encode("utf-8", name), " =?", "\r\n =?")+`"`)
	return f, nil
}

// contentType is a media type with those of its parameters that stand on a line.
func contentType(stated string) string {
	mediaType, parameters, err := mime.ParseMediaType(stated)
	if errors.Is(err, mime.ErrInvalidMediaParameter) { // which leaves the type
		parameters, err = nil, nil
	}
	major, minor, ok := strings.Cut(mediaType, "/")
	if err != nil || !ok || len(major) > 127 || len(minor) > 127 || major == "multipart" || major == "message" { // those two must not be encoded (RFC 2045 §6.4)
		return "application/octet-stream"
	}
	delete(parameters, "name")
	if all := mime.FormatMediaType(mediaType, parameters); all != "" && len(all) <= 500 {
		return all
	}
	return mediaType
}
