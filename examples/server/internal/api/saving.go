package api

import (
	"context"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/storage"
)

// A Target is a document tree: that of a record, or a space.
type Target struct {
	Entity *Ref   `json:"entity,omitempty" required:"false" doc:"a record, whose documents are meant"`
	Space  string `json:"space,omitempty" required:"false" enum:"private,common" doc:"without a record: one's own documents, or everybody's"`
}

// A Document is a file, or a folder, of a document tree.
type Document struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Folder   bool   `json:"folder"`
	Type     string `json:"type,omitempty"`
	Size     int64  `json:"size" doc:"bytes"`
	Modified string `json:"modified,omitempty" format:"date-time"`
}

// A Saved is where an attachment lies now.
type Saved struct {
	Target
	Folder   string   `json:"folder" doc:"id; empty: the root"`
	Document Document `json:"document"`
}

func document(f storage.File) Document {
	d := Document{ID: f.ID, Name: f.Name, Folder: f.Folder, Type: f.Type, Size: f.Size}
	if !f.Modified.IsZero() {
		d.Modified = utc(f.Modified).Format("2006-01-02T15:04:05Z07:00")
	}
	return d
}

// tree is what a target names. A record that one may not see is not found.
func (r *resources) tree(ctx context.Context, t Target) (storage.Tree, error) {
	switch {
	case t.Entity != nil && t.Space != "":
		return storage.Tree{}, storage.Invalid("Space", "unexpected", "name a record or a space, not both")
	case t.Entity != nil:
		ref := t.Entity.ref(actor(ctx))
		_, err := r.cfg.CRM.Get(ctx, actor(ctx), ref)
		return storage.Tree{Space: storage.SpaceEntity, Entity: ref}, err
	case t.Space != "":
		return storage.Tree{Space: storage.Space(t.Space)}, nil
	}
	return storage.Tree{}, storage.Invalid("Entity", "required", "name a record, or a space: private or common")
}

func (r *resources) saving() {
	register(r, op{
		"POST /messages/{message}/attachments/{part}:save", "save-attachment", "File an attachment into a document tree", 201, "messages",
		"The same attachment in the same folder under the same name is one document, however often it is asked for. A name that is taken gets a number.",
	}, func(ctx context.Context, in *struct {
		OneMessage
		Part string `path:"part" maxLength:"64" doc:"path of the attachment: 2, 2.1 …"`
		Body struct {
			Target
			Folder    string `json:"folder" required:"false" maxLength:"255" doc:"id; without one: the root"`
			NewFolder string `json:"new_folder" required:"false" maxLength:"255" doc:"made in the folder, or found there"`
			Name      string `json:"name" required:"false" maxLength:"255" doc:"without one: the attachment's"`
		}
	},
	) (*struct{ Body Saved }, error) {
		tree, err := r.tree(ctx, in.Body.Target)
		if err != nil {
			return nil, err
		}
		filed, err := r.mail(ctx).Messages.File(ctx, mailcrm.FileInput{
			Message: in.Message, Path: in.Part, Tree: tree, Folder: in.Body.Folder, NewFolder: in.Body.NewFolder, Name: in.Body.Name,
		})
		if err != nil {
			return nil, err
		}
		folder := in.Body.Folder
		if filed.Folder.ID != "" {
			folder = filed.Folder.ID
		}
		return &struct{ Body Saved }{Saved{in.Body.Target, folder, document(filed.File)}}, nil
	})
	register(r, op{"GET /documents", "list-documents", "What lies in a folder of a document tree, folders first", 200, "documents", ""},
		func(ctx context.Context, in *struct {
			Paging
			Kind   string `query:"kind" maxLength:"64" doc:"of the record"`
			ID     string `query:"id" maxLength:"255" doc:"of the record"`
			Space  string `query:"space" enum:"private,common" doc:"without a record"`
			Folder string `query:"folder" maxLength:"255" doc:"id; without one: the root"`
		},
		) (*List[Document], error) {
			target := Target{Space: in.Space}
			if in.Kind != "" || in.ID != "" {
				target.Entity = &Ref{in.Kind, in.ID}
			}
			tree, err := r.tree(ctx, target)
			if err != nil {
				return nil, err
			}
			found, err := r.mail(ctx).Files.List(ctx, mailcrm.FilesQuery{Tree: tree, Folder: in.Folder, Cursor: in.Cursor, Limit: in.Limit})
			if err != nil {
				return nil, err
			}
			return list(found.Items, found.Next, document), nil
		})
	registerStream(r, op{"GET /documents/{document}/content", "get-document", "The bytes of a document", 200, "documents", ""}, "application/octet-stream",
		func(ctx context.Context, in *struct {
			Document string `path:"document" maxLength:"255" doc:"id, as a list of the tree told it"`
			Kind     string `query:"kind" maxLength:"64"`
			ID       string `query:"id" maxLength:"255"`
			Space    string `query:"space" enum:"private,common"`
		},
		) (*Stream, error) {
			target := Target{Space: in.Space}
			if in.Kind != "" || in.ID != "" {
				target.Entity = &Ref{in.Kind, in.ID}
			}
			tree, err := r.tree(ctx, target)
			if err != nil {
				return nil, err
			}
			f, content, err := r.mail(ctx).Files.Open(ctx, tree, in.Document)
			if err != nil {
				return nil, err
			}
			return download(content, f.Name, "application/octet-stream", f.Size), nil
		})
}
