package mailcrm_test

import (
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/storage"
)

// TestTemplateInput: a template with a mistake is not stored, and the mistake is said at its place, in the agent's language.
func TestTemplateInput(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	fr := w.client.As(storage.Actor{Agent: "anna", Locale: "fr"})
	_, problems, err := fr.Templates.Save(t.Context(), mailcrm.Template{
		Name: "Broken", Subject: "{{ contact.first_nam }}", HTML: "<p>\n{{ contact.name</p>", Text: "{{ deal.amount }}",
	})
	require.ErrorIs(t, err, mailcrm.ErrInvalid)
	require.Len(t, problems, 3)
	require.Equal(t, "subject unknown_field contact.first_nam first_name", strings.Join([]string{problems[0].Part, problems[0].Code, problems[0].Field, strings.TrimPrefix(problems[0].Suggestion, "contact.")}, " "))
	require.Equal(t, "html", problems[1].Part)
	require.Equal(t, 2, problems[1].Line)
	require.Equal(t, "text unknown_field", problems[2].Part+" "+problems[2].Code)
	for _, p := range problems {
		require.NotEmpty(t, p.Message)
		en, err := w.anna.Templates.Check(t.Context(), mailcrm.Template{Subject: "{{ contact.first_nam }}"})
		require.NoError(t, err)
		require.NotEqual(t, en[0].Message, p.Message)
	}
	list, err := fr.Templates.List(t.Context(), "", "")
	require.NoError(t, err)
	require.Empty(t, list)
	long := strings.Repeat("x", 300)
	for _, c := range []struct {
		field, code string
		in          mailcrm.Template
	}{
		{"Name", "required", mailcrm.Template{}},
		{"Name", "required", mailcrm.Template{Name: long}},
		{"Page", "malformed", mailcrm.Template{Name: "x", Page: long}},
		{"Language", "malformed", mailcrm.Template{Name: "x", Language: "fr\n"}},
		{"Kind", "malformed", mailcrm.Template{Name: "x", Kind: storage.Kind(long)}},
	} {
		_, _, err := w.anna.Templates.Save(t.Context(), c.in)
		requireField(t, err, c.field, c.code)
	}
	for _, in := range []mailcrm.Template{
		{Name: "x", Subject: strings.Repeat("x", mailcrm.MaxSubject+1)}, {Name: "x", HTML: strings.Repeat("x", mailcrm.MaxSource+1)}, {Name: "x", Text: strings.Repeat("x", mailcrm.MaxSource+1)},
	} {
		_, _, err := w.anna.Templates.Save(t.Context(), in)
		require.ErrorIs(t, err, mailcrm.ErrLimit)
		_, err = w.anna.Templates.Check(t.Context(), in)
		require.ErrorIs(t, err, mailcrm.ErrLimit)
	}
}

// TestTemplates: kept, listed by page and language, changed and deleted; one is the default of a page.
func TestTemplates(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	save := func(in mailcrm.Template) *mailcrm.Template {
		t.Helper()
		out, problems, err := w.anna.Templates.Save(t.Context(), in)
		require.NoError(t, err)
		require.Empty(t, problems)
		return out
	}
	reply := save(mailcrm.Template{Name: "b reply", Page: "reply", Language: "en", Default: true, Subject: "Your {{ contact.name }}", HTML: "<p>x</p>", Text: "x"})
	require.Equal(t, storage.KindContact, reply.Kind)
	save(mailcrm.Template{Name: "a reply in French", Page: "reply", Language: "fr"})
	save(mailcrm.Template{Name: "c everywhere"})
	names := func(page, language string) (out []string) {
		list, err := w.anna.Templates.List(t.Context(), page, language)
		require.NoError(t, err)
		for _, m := range list {
			out = append(out, m.Name)
		}
		return out
	}
	require.Equal(t, []string{"a reply in French", "b reply", "c everywhere"}, names("", ""))
	require.Equal(t, []string{"b reply", "c everywhere"}, names("reply", "en-GB"))
	require.Equal(t, []string{"c everywhere"}, names("quote", ""))

	second := save(mailcrm.Template{Name: "second", Page: "reply", Language: "en", Default: true})
	first, err := w.anna.Templates.Get(t.Context(), reply.ID)
	require.NoError(t, err)
	require.False(t, first.Default, "one default")
	first.Name = "changed"
	changed := save(*first)
	require.Equal(t, first.Revision+1, changed.Revision)
	_, _, err = w.anna.Templates.Save(t.Context(), *first)
	require.ErrorIs(t, err, mailcrm.ErrConflict)
	first.Revision = 0
	require.Equal(t, changed.Revision+1, save(*first).Revision, "whatever it is now, as elsewhere")
	first.ID = "nothing"
	_, _, err = w.anna.Templates.Save(t.Context(), *first)
	require.ErrorIs(t, err, mailcrm.ErrNotFound)
	require.NoError(t, w.anna.Templates.Delete(t.Context(), second.ID))
	require.ErrorIs(t, w.anna.Templates.Delete(t.Context(), second.ID), mailcrm.ErrNotFound)
}

// TestMerge: every type of value that a host has, in a mail.
func TestMerge(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	account := w.account(w.input())
	require.NoError(t, w.crm.SetFields(w.ben, map[string]storage.Value{
		"vip": storage.Bool(true), "rank": storage.Int(3), "score": storage.Decimal(big.NewRat(5, 4)), "third": storage.Decimal(big.NewRat(1, 3)),
		"due": storage.Money(big.NewRat(123450, 100), "EUR"), "born": storage.Date(1980, time.May, 4), "seen": storage.Instant(time.Date(2026, 11, 24, 23, 30, 0, 0, time.UTC)),
		"tags": storage.List(storage.Text("a<b"), storage.Text("c")), "empty": storage.Text(""), "evil": storage.Text(`"><script>alert(1)</script>{{ contact.vip }}`),
	}))
	actor := w.anna.Actor()
	actor.Zone = "Asia/Tokyo"
	for locale, want := range map[string]string{
		"en": "yes|3|1.25|€1,234.50|May 4, 1980|November 25, 2026|a<b, c|none",
		"fr": "oui|3|1,25|1\u202f234,50\u00a0€|4 mai 1980|25 novembre 2026|a<b, c|none",
	} {
		actor.Locale = locale
		anna := w.client.As(actor)
		draft, err := anna.Drafts.Create(t.Context(), mailcrm.DraftInput{
			Account: account.ID, To: []mailcrm.Address{{Address: benAddress}}, Entity: w.ben, Subject: "{{ contact.evil }}",
			HTML: `<p title="{{ contact.evil }}">{{ contact.evil }}</p>`,
			Text: `{{ contact.vip }}|{{ contact.rank }}|{{ contact.score }}|{{ contact.due }}|{{ contact.born | date: "long" }}|{{ contact.seen | date: "long" }}|` +
				`{{ contact.tags | join: ", " }}|{{ contact.empty | default: "none" }}`,
		})
		require.NoError(t, err)
		got, err := anna.Drafts.Preview(t.Context(), draft.ID)
		require.NoError(t, err)
		require.Empty(t, got.Problems)
		require.Equal(t, want, strings.TrimSpace(got.Text))
		require.NotContains(t, got.HTML, "<script")
		require.NotContains(t, got.HTML, `title="">`)
		require.Contains(t, got.HTML, "{{ contact.vip }}", "what a field holds is not merged again")
		require.Contains(t, got.Subject, "{{ contact.vip }}")
	}
	require.NoError(t, w.crm.SetFields(w.ben, map[string]storage.Value{"due": storage.Money(big.NewRat(1, 1), "EUR")}))
	draft, err := w.anna.Drafts.Create(t.Context(), mailcrm.DraftInput{
		Account: account.ID, To: []mailcrm.Address{{Address: benAddress}}, Entity: w.ben, Subject: "x", Text: "{{ contact.empty }}{{ contact.third }}",
	})
	require.NoError(t, err)
	got, err := w.anna.Drafts.Preview(t.Context(), draft.ID)
	require.NoError(t, err)
	require.Len(t, got.Problems, 1, "what is empty does not leave")
	require.Equal(t, "Text missing_value contact.empty", got.Problems[0].Field+" "+got.Problems[0].Code+" "+got.Problems[0].Path)
	require.Contains(t, got.Text, "0.33333")
}
