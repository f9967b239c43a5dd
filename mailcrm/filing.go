package mailcrm

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// MaxDocument is the most bytes of an attachment that is filed.
const MaxDocument = 64 << 20

// filingTime bounds how long the host may take to store a document: it reads all of it.
const filingTime = 5 * time.Minute

// A FileInput says where an attachment goes.
type FileInput struct {
	Message   string
	Path      string       // of the part: Attachment.Path
	Tree      storage.Tree // of a record, the Actor's own, or everybody's
	Folder    string       // id of a folder in Tree; empty: its root
	NewFolder string       // name of a folder that is made in Folder, or found there, and used. May be empty
	Name      string       // of the document. Defaults to the attachment's
}

// Filed is where an attachment lies now. Its name may be another one than was asked for: names that are taken are numbered, and the host has its own rules.
type Filed struct {
	Tree   storage.Tree
	Folder storage.File // zero: the root, or a folder that was named by its id
	File   storage.File
}

// File puts the bytes of an attachment into a document tree of the host. The same attachment filed twice in one folder under one name is one document, however
// often it is asked for. The event "message.filed" tells of it.
//
// Errors: [ErrNotFound] when the Actor may not see the mail whole, or not the record, or there is no such part or folder; [ErrUnavailable] when the host offers no
// documents ("host.not_offered"), does not answer, or the bytes are not kept; [ErrLimit] for more than [MaxDocument] bytes, and where the host has a bound of its
// own; [ErrInvalid] with a [FieldError] for a name that cannot be.
func (m *Messages) File(ctx context.Context, in FileInput) (*Filed, error) {
	files, err := m.s.files(ctx, in.Tree, in.Folder)
	if err != nil {
		return nil, err
	}
	if in.Name != "" {
		if in.Name, err = documentName("Name", in.Name); err != nil {
			return nil, err
		}
	}
	if in.NewFolder != "" {
		if in.NewFolder, err = documentName("NewFolder", in.NewFolder); err != nil {
			return nil, err
		}
	}
	part, content, err := m.Attachment(ctx, in.Message, in.Path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = content.Close() }()
	if in.Name == "" {
		in.Name = part.Name
	}
	out := &Filed{Tree: in.Tree}
	if in.NewFolder != "" { // only now: a mail without such a part leaves no empty folder behind
		if out.Folder, err = m.s.Files.MakeFolder(ctx, in.Tree, in.Folder, in.NewFolder); err != nil {
			return nil, err
		}
		in.Folder = out.Folder.ID
	}
	ask, done := context.WithTimeout(ctx, filingTime)
	defer done()
	bytes := &bounded{r: content, room: MaxDocument, err: fmt.Errorf("a document has at most %d MiB: %w", MaxDocument>>20, ErrLimit)}
	res, err := files.Create(ask, storage.CreateFileRequest{
		Actor: m.s.actor, Tree: in.Tree, Folder: in.Folder, Key: filingKey(in), Name: in.Name, Type: part.Type, Size: -1, Content: bytes,
	})
	if err != nil && bytes.room < 0 {
		return nil, bytes.err // whatever the host made of it
	}
	if err != nil {
		return nil, hostFailed("filing the attachment", err)
	}
	out.File = res.File
	err = m.s.client.db.Write(ctx, nil, func(tx *store.Tx) error {
		return tx.Emit([]store.Event{{
			Tenant: m.s.actor.Tenant, Type: "message.filed", At: tx.Now(), Agent: m.s.actor.Agent, Message: in.Message, Subject: in.Path, Entity: in.Tree.Entity,
		}})
	})
	if err != nil {
		return nil, fmt.Errorf("noting that part %q of message %s was filed: %w", in.Path, in.Message, err)
	}
	return out, nil
}

// filingKey makes a repetition harmless: of the same part, in the same folder, under the same name. Lengths keep the elements apart.
func filingKey(in FileInput) string {
	h := sha256.New()
	for _, element := range []string{in.Message, in.Path, in.Folder, in.Name} {
		_, _ = fmt.Fprintf(h, "%d:%s", len(element), element) // a hash does not fail
	}
	return "mailcrm-filed-" + hex.EncodeToString(h.Sum(nil))
}

// documentName is a name that a person typed, without what no file system takes.
func documentName(field, name string) (string, error) {
	if strings.TrimSpace(name) == "" {
		return "", storage.Invalid(field, "required", "enter a name")
	}
	if len(name) > 255 {
		return "", storage.Invalid(field, "too_long", "a name has at most 255 bytes")
	}
	clean := mimemail.CleanFileName(name)
	if clean == "" {
		return "", storage.Invalid(field, "malformed", "enter a name with letters or digits")
	}
	return clean, nil
}

// bounded fails with err when more than room bytes come.
type bounded struct {
	r    io.Reader
	room int64
	err  error
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.room < 0 {
		return 0, b.err
	}
	n, err := b.r.Read(p)
	if b.room -= int64(n); b.room < 0 {
		return 0, b.err
	}
	return n, err
}
