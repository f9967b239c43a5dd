package web

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/mailcrm/sdk/mailcrm"
)

var verbs = regexp.MustCompile(`%(\[\d+\])?[sdqv]`)

func TestEveryPhraseIsSaidInBothLanguages(t *testing.T) {
	for key, p := range catalogue {
		require.NotEmpty(t, p.en, key)
		require.NotEmpty(t, p.fr, key)
		require.Len(t, verbs.FindAllString(p.fr, -1), len(verbs.FindAllString(p.en, -1)), "%s takes other arguments in French", key)
		if many, found := strings.CutSuffix(key, ".one"); found {
			require.Contains(t, catalogue, many)
			require.Len(t, verbs.FindAllString(p.en, -1), len(verbs.FindAllString(catalogue[many].en, -1)), key)
		}
		require.NotContains(t, p.fr, "…  ", key)
		require.Equal(t, strings.TrimSpace(p.en), p.en, key)
		require.Equal(t, strings.TrimSpace(p.fr), p.fr, key)
	}
}

// The ways in which pages and code name a phrase.
var (
	inPages = regexp.MustCompile(`\b(t|n) "([a-zA-Z0-9_.#/?-]+)"`)
	inCode  = regexp.MustCompile(`\b(say|count|frame)\("([a-zA-Z0-9_.#/?-]+)"`)
	asDone  = regexp.MustCompile(`"done", "([a-z_]+)"`)
	asChip  = regexp.MustCompile(`"(search\.[a-z_]+)"`)
)

// named are the keys that are written out somewhere; those ending in "." are the beginning of several.
func named(t *testing.T) map[string]bool {
	t.Helper()
	keys := map[string]bool{}
	read := func(text string, patterns ...*regexp.Regexp) {
		for _, pattern := range patterns {
			for _, m := range pattern.FindAllStringSubmatch(text, -1) {
				switch pattern {
				case asDone:
					keys["done."+m[1]] = true
				case asChip:
					keys[m[1]] = true
				default:
					keys[m[2]] = true
					if m[1] == "n" || m[1] == "count" {
						keys[m[2]+".one"] = true
					}
				}
			}
		}
	}
	pages, err := fs.Glob(files, "pages/*.html")
	require.NoError(t, err)
	for _, name := range pages {
		text, err := files.ReadFile(name)
		require.NoError(t, err)
		read(string(text), inPages)
	}
	code, err := fs.Glob(os.DirFS("."), "*.go")
	require.NoError(t, err)
	for _, name := range code {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		read(string(text), inCode, asDone, asChip)
	}
	return keys
}

func TestEveryPhraseThatIsNamedExists(t *testing.T) {
	for key := range named(t) {
		if strings.HasSuffix(key, ".") || catalogue[key] != (phrase{}) {
			continue
		}
		if slices.ContainsFunc([]string{"links.ambiguous.", "done.marked_", "account.why."}, func(prefix string) bool { return strings.HasPrefix(key, prefix) }) {
			continue
		}
		t.Errorf("the catalogue has no %q", key)
	}
}

func TestNoPhraseIsForgotten(t *testing.T) {
	keys := named(t)
	// Families of which code adds the last part: a role, a state, a code of an error.
	families := []string{
		"role.", "kind.", "kinds.", "header.", "state.", "outcome.", "recipient.", "copy.", "outbox.", "how.", "page.", "language.", "part.", "file.", "column.",
		"weekday.", "month.", "key.", "operator.", "error.", "field.", "fields.", "links.ambiguous.", "column.sort.", "done.marked_",
		"found.how.", "found.confidence.", "check.step.", "check.state.", "check.side.", "account.why.", "right.", "security.", "mail.view.", "mail.is.", "tree.",
	}
	for key := range catalogue {
		if keys[key] || slices.ContainsFunc(families, func(f string) bool { return strings.HasPrefix(key, f) }) {
			continue
		}
		t.Errorf("nobody says %q", key)
	}
}

func TestErrorsOfTheLibraryHaveSentences(t *testing.T) {
	for _, err := range []error{
		mailcrm.ErrNotFound, mailcrm.ErrInvalid, mailcrm.ErrConflict, mailcrm.ErrTemporary, mailcrm.ErrUnavailable, mailcrm.ErrLimit, mailcrm.ErrReadOnly, mailcrm.ErrClosed,
	} {
		code, _ := mailcrm.ErrorCode(err)
		require.True(t, known("error."+code), code)
	}
	v := &visit{lang: french}
	for _, e := range []mailcrm.FieldError{
		{Field: "IMAP.Host", Code: "required"}, {Field: "SMTP.Port", Code: "out_of_range"}, {Field: "Address", Code: "bad_address"}, {Field: "Odd", Code: "malformed"},
	} {
		require.NotEqual(t, french.say("field.invalid"), v.fieldText(&e), "%s %s", e.Field, e.Code)
	}
	require.Equal(t, french.say("field.invalid"), v.fieldText(&mailcrm.FieldError{Field: "Odd", Code: "odd", Reason: "say it in English"}))
	v.lang = english
	require.Equal(t, "Say it in English.", v.fieldText(&mailcrm.FieldError{Field: "Odd", Code: "odd", Reason: "say it in English"}))
}

// said are attributes that people read or hear.
var said = []string{"title", "placeholder", "aria-label", "alt", "label", "value", "summary"}

var letters = regexp.MustCompile(`\pL{2,}`)

// action is what templates put into a page.
var action = regexp.MustCompile(`\{\{[^}]*\}\}`)

func TestPagesHoldNoSentence(t *testing.T) {
	names, err := fs.Glob(files, "pages/*.html")
	require.NoError(t, err)
	for _, name := range names {
		text, err := files.ReadFile(name)
		require.NoError(t, err)
		z := html.NewTokenizer(strings.NewReader(action.ReplaceAllString(string(text), "")))
		for kind := z.Next(); kind != html.ErrorToken; kind = z.Next() {
			token := z.Token()
			switch kind {
			case html.TextToken:
				if words := strings.TrimSpace(token.Data); words != "mailcrm" && words != "· mailcrm" {
					require.False(t, letters.MatchString(words), "%s prints %q: it belongs into the catalogue", name, words)
				}
			case html.StartTagToken, html.SelfClosingTagToken:
				for _, a := range token.Attr {
					machine := a.Key == "value" && slices.Contains([]string{"input", "button", "option"}, token.Data)
					if slices.Contains(said, a.Key) && !machine && a.Val != "mailcrm" {
						require.False(t, letters.MatchString(a.Val), "%s has %s=%q: it belongs into the catalogue", name, a.Key, a.Val)
					}
				}
			}
		}
	}
}

func TestEveryPageParsesInEveryLanguage(t *testing.T) {
	p, err := parsePages()
	require.NoError(t, err)
	for _, l := range languages {
		require.Len(t, p.sets[l], len(p.sets[french]))
		require.Contains(t, p.sets[l], "inbox")
	}
	_, err = p.render(french, "nowhere", nil)
	require.Error(t, err)
}

func TestTheScriptIsSmall(t *testing.T) {
	p, err := parsePages()
	require.NoError(t, err)
	require.Less(t, len(p.assets["script.js"].body), 15<<10)
}
