package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/mailcrm/sdk/mailcrm/internal/store/internal/engine"
	"github.com/mailcrm/sdk/storage"
)

const (
	templateColumns = `tenant, id, name, page, language, kind, is_default, subject, html, plain, revision, updated`

	insertTemplate   engine.SQL = `INSERT INTO @templates (` + templateColumns + `) VALUES {rows}`
	updateTemplate   engine.SQL = `UPDATE @templates SET name = ?, page = ?, language = ?, kind = ?, is_default = ?, subject = ?, html = ?, plain = ?, updated = ?, revision = revision + 1 WHERE tenant = ? AND id = ? AND revision = ?`
	templateExists   engine.SQL = `SELECT 1 FROM @templates WHERE tenant = ? AND id = ?`
	onlyDefault      engine.SQL = `UPDATE @templates SET is_default = FALSE WHERE tenant = ? AND page = ? AND language = ? AND id <> ? AND is_default = TRUE`
	deleteTemplate   engine.SQL = `DELETE FROM @templates WHERE tenant = ? AND id = ?`
	templateByID     engine.SQL = `SELECT ` + templateColumns + ` FROM @templates WHERE tenant = ? AND id = ?`
	templatesOf      engine.SQL = `SELECT ` + templateColumns + ` FROM @templates WHERE tenant = ? AND (? = '' OR page IN (?, '')) AND (? = '' OR language IN (?, ?, '')) ORDER BY name, id LIMIT 1000`
	defaultTemplates engine.SQL = `SELECT ` + templateColumns + ` FROM @templates WHERE tenant = ? AND is_default = TRUE AND page IN (?, '') AND language IN (?, ?, '') ORDER BY id`
)

func scanTemplate(s engine.Scanner) (t Template, err error) {
	var updated int64
	err = s.Scan(&t.Tenant, &t.ID, &t.Name, &t.Page, &t.Language, &t.Kind, &t.Default, &t.Subject, &t.HTML, &t.Text, &t.Revision, &updated)
	t.Updated = when(updated)
	return t, err
}

// Template is one template.
func (r Reads) Template(ctx context.Context, tenant storage.Tenant, id string) (*Template, error) {
	t, ok, err := engine.One(ctx, r.c, templateByID, scanTemplate, string(tenant), id)
	if err := found("the template", ok, err); err != nil {
		return nil, err
	}
	return &t, nil
}

// Templates are at most 1,000 templates, by name: those for a page and those for every page; all when page is empty. With languages likewise, where "fr-CA" also finds "fr".
func (r Reads) Templates(ctx context.Context, tenant storage.Tenant, page, language string) ([]Template, error) {
	all, err := engine.All(ctx, r.c, templatesOf, scanTemplate, string(tenant), page, page, language, language, baseLanguage(language))
	return all, doing("reading templates", err)
}

// DefaultTemplate is the default for a page in a language. Of several the one that fits best: the page before every page, then "fr-CA" before "fr" before any language.
func (r Reads) DefaultTemplate(ctx context.Context, tenant storage.Tenant, page, language string) (*Template, error) {
	all, err := engine.All(ctx, r.c, defaultTemplates, scanTemplate, string(tenant), page, language, baseLanguage(language))
	if err != nil {
		return nil, doing("reading templates", err)
	}
	var best *Template
	bestScore := -1
	for i, t := range all {
		score := 0
		if t.Page == page && page != "" {
			score += 4
		}
		switch t.Language {
		case "":
		case language:
			score += 2
		default:
			score++
		}
		if score > bestScore {
			best, bestScore = &all[i], score
		}
	}
	if best == nil {
		return nil, fmt.Errorf("a default template: %w", storage.ErrNotFound)
	}
	return best, nil
}

func baseLanguage(language string) string {
	base, _, _ := strings.Cut(language, "-")
	return base
}

// PutTemplate stores a template: a new one when ID is empty. A Revision other than the stored one is [storage.ErrConflict]. One that is a default takes that from the one before, of the same page and
// language. ID, Revision and Updated are filled in.
func (tx *Tx) PutTemplate(t *Template) error {
	t.Updated = tx.Now()
	var err error
	if t.ID == "" {
		t.ID, t.Revision = tx.NewID(t.Tenant), 1
		err = tx.insert(insertTemplate, 12, []any{
			string(t.Tenant), t.ID, t.Name, t.Page, t.Language, string(t.Kind), t.Default, t.Subject, t.HTML, t.Text, t.Revision, micros(t.Updated),
		})
	} else {
		var n int64
		n, err = tx.exec(updateTemplate, t.Name, t.Page, t.Language, string(t.Kind), t.Default, t.Subject, t.HTML, t.Text, micros(t.Updated), string(t.Tenant), t.ID, t.Revision)
		if err == nil && n == 0 {
			err = tx.whyNot(templateExists, "the template", string(t.Tenant), t.ID)
		}
		if err == nil {
			t.Revision++
		}
	}
	if err == nil && t.Default {
		_, err = tx.exec(onlyDefault, string(t.Tenant), t.Page, t.Language, t.ID)
	}
	return doing("storing a template", err)
}

// DeleteTemplate removes a template.
func (tx *Tx) DeleteTemplate(tenant storage.Tenant, id string) error {
	return tx.one("deleting a template", deleteTemplate, string(tenant), id)
}
