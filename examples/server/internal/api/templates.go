package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/storage"
)

// A Template is a mail with merge fields.
type Template struct {
	ID       string `json:"id" readOnly:"true"`
	Revision int64  `json:"revision" readOnly:"true" doc:"the ETag's number"`
	Name     string `json:"name" minLength:"1" maxLength:"255"`
	Page     string `json:"page" required:"false" maxLength:"64" doc:"where it is offered first: reply, contact, deal …; empty: everywhere"`
	Language string `json:"language" required:"false" maxLength:"35" doc:"BCP 47; empty: any"`
	Kind     string `json:"kind" required:"false" maxLength:"64" doc:"of the record whose fields it reads; defaults to contact"`
	Default  bool   `json:"default" required:"false" doc:"chosen already when its page opens"`
	Source
}

// A Source is what is merged.
type Source struct {
	Subject string `json:"subject" required:"false" maxLength:"998"`
	HTML    string `json:"html" required:"false" maxLength:"262144"`
	Text    string `json:"text" required:"false" maxLength:"262144" doc:"without HTML: a plain text mail; with HTML: its text version"`
}

func template(t mailcrm.Template) Template {
	return Template{
		ID: t.ID, Revision: t.Revision, Name: t.Name, Page: t.Page, Language: t.Language, Kind: string(t.Kind), Default: t.Default,
		Source: Source{t.Subject, t.HTML, t.Text},
	}
}

func (t Template) input(id string, revision int64) mailcrm.Template {
	return mailcrm.Template{
		ID: id, Revision: revision, Name: t.Name, Page: t.Page, Language: t.Language, Kind: storage.Kind(t.Kind), Default: t.Default,
		Subject: t.Subject, HTML: t.HTML, Text: t.Text,
	}
}

// A TemplateField is what a template can read.
type TemplateField struct {
	Path    string          `json:"path" doc:"as templates write it: contact.first_name"`
	Label   string          `json:"label"`
	Type    string          `json:"type" doc:"text, bool, int, decimal, money, date, instant, list, record"`
	Example string          `json:"example,omitempty"`
	Fields  []TemplateField `json:"fields,omitempty" doc:"of a record, or of each item of a list"`
}

func templateField(before string) func(storage.Field) TemplateField {
	return func(f storage.Field) TemplateField {
		path := before + f.Name
		inner := path + "."
		if f.Type == storage.ValueList {
			inner = "" // read through the name that a loop gives
		}
		return TemplateField{Path: path, Label: f.Label, Type: string(f.Type), Example: f.Example, Fields: all(f.Fields, templateField(inner))}
	}
}

// oneTemplate is the answer with a template.
type oneTemplate struct {
	ETag     string `header:"ETag"`
	Location string `header:"Location"`
	Body     Template
}

// save stores a template; its mistakes are told with their places.
func (r *resources) save(ctx context.Context, t mailcrm.Template) (*oneTemplate, error) {
	saved, mistakes, err := r.mail(ctx).Templates.Save(ctx, t)
	if len(mistakes) > 0 && errors.Is(err, mailcrm.ErrInvalid) {
		p := newProblem(http.StatusUnprocessableEntity, "invalid", mistakes[0].Message)
		p.Errors = all(mistakes, templateMistake)
		return nil, p
	}
	if err != nil {
		return nil, err
	}
	return &oneTemplate{ETag: etag(saved.Revision), Body: template(*saved)}, nil
}

func templateMistake(m mailcrm.TemplateProblem) Mistake {
	return Mistake{Location: "body." + m.Part, Code: m.Code, Message: m.Message, Line: m.Line, Column: m.Column, Path: m.Field, Hint: m.Suggestion}
}

func (r *resources) templates() {
	const tag = "templates"
	register(r, op{
		"GET /templates", "list-templates", "Templates of a page and a language, by name", 200, tag, "Those for every page and any language are among them.",
	}, func(ctx context.Context, in *struct {
		Paging
		Page     string `query:"page" maxLength:"64"`
		Language string `query:"language" maxLength:"35"`
	},
	) (*List[Template], error) {
		found, err := r.mail(ctx).Templates.List(ctx, in.Page, in.Language)
		if err != nil {
			return nil, err
		}
		return page(found, in.Paging, template)
	})
	register(r, op{
		"POST /templates", "create-template", "Save a new template", 201, tag, "One with mistakes is refused with 422 and their lines and columns.",
	}, func(ctx context.Context, in *struct{ Body Template }) (*oneTemplate, error) {
		out, err := r.save(ctx, in.Body.input("", 0))
		if err != nil {
			return nil, err
		}
		out.Location = Prefix + "/templates/" + out.Body.ID
		return out, nil
	})
	register(r, op{"GET /templates/{template}", "get-template", "A template", 200, tag, ""},
		func(ctx context.Context, in *OneTemplate) (*oneTemplate, error) {
			t, err := r.mail(ctx).Templates.Get(ctx, in.Template)
			if err != nil {
				return nil, err
			}
			return &oneTemplate{ETag: etag(t.Revision), Body: template(*t)}, nil
		})
	register(r, op{"PUT /templates/{template}", "update-template", "Change a template", 200, tag, ""},
		func(ctx context.Context, in *struct {
			Match
			OneTemplate
			Body Template
		},
		) (*oneTemplate, error) {
			revision, err := in.revision()
			if err != nil {
				return nil, err
			}
			if revision == 0 {
				now, err := r.mail(ctx).Templates.Get(ctx, in.Template)
				if err != nil {
					return nil, err
				}
				revision = now.Revision
			}
			out, err := r.save(ctx, in.Body.input(in.Template, revision))
			return out, in.missed(err)
		})
	register(r, op{"DELETE /templates/{template}", "delete-template", "Remove a template", 204, tag, "Drafts made of it keep their text."},
		func(ctx context.Context, in *OneTemplate) (*None, error) {
			return nil, r.mail(ctx).Templates.Delete(ctx, in.Template)
		})
	register(r, op{
		"POST /templates:check", "check-template", "What is wrong with a template", 200, tag, "Its writing, and every field that the CRM does not have, with line and column. Nothing is saved.",
	}, func(ctx context.Context, in *struct {
		Body struct {
			Kind string `json:"kind" required:"false" maxLength:"64"`
			Source
		}
	},
	) (*struct{ Body Checked }, error) {
		mistakes, err := r.mail(ctx).Templates.Check(ctx, mailcrm.Template{
			Kind: storage.Kind(in.Body.Kind), Subject: in.Body.Subject, HTML: in.Body.HTML, Text: in.Body.Text,
		})
		if err != nil {
			return nil, err
		}
		return &struct{ Body Checked }{Checked{Valid: len(mistakes) == 0, Errors: all(mistakes, templateMistake)}}, nil
	})
	register(r, op{"GET /template-fields", "list-template-fields", "What a template of a kind can read", 200, tag, ""},
		func(ctx context.Context, in *struct {
			Paging
			Kind string `query:"kind" maxLength:"64" default:"contact"`
		},
		) (*List[TemplateField], error) {
			fields, err := r.mail(ctx).Templates.Fields(ctx, storage.Kind(in.Kind))
			if err != nil {
				return nil, err
			}
			return page(fields, in.Paging, templateField(""))
		})
}

// OneTemplate names a template.
type OneTemplate struct {
	Template string `path:"template" maxLength:"64"`
}

// A Checked is a template's mistakes.
type Checked struct {
	Valid  bool      `json:"valid"`
	Errors []Mistake `json:"errors" nullable:"false"`
}
