package mailcrm_test

import (
	"bufio"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
)

// A codeUse is a string of the module's code that looks like a code.
type codeUse struct {
	code string
	// must says that it is one for which people get a sentence: it is the Code of something, or has the first word of a room's codes and is not the name
	// of a sealed field.
	must  bool
	where string
}

var (
	looksLikeCode = regexp.MustCompile(`^[a-z]+\.[a-z][a-z_]*$`)
	// A line of a package comment's table of codes.
	codeLine = regexp.MustCompile(`^\t([a-z]+\.[a-z][a-z_]*) {2,}\S`)
)

// rooms are the first words of the codes that rooms make.
var rooms = []string{"dial", "tls", "imap", "smtp", "submit", "seal", "host", "draft", "quote", "oauth"}

// codeUses reads the module's code, without tests and without the catalogue itself.
func codeUses(t *testing.T) []codeUse {
	t.Helper()
	var uses []codeUse
	files := token.NewFileSet()
	require.NoError(t, filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name := entry.Name(); name == "testdata" || name == "examples" || name == "mailcrmtest" || (strings.HasPrefix(name, ".") && name != "..") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || path == filepath.Join("..", "mailcrm", "sentences.go") {
			return nil
		}
		file, err := parser.ParseFile(files, path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if os.IsNotExist(err) {
			return nil
		}
		if err != nil {
			return err
		}
		if file.Doc != nil {
			lines := bufio.NewScanner(strings.NewReader(file.Doc.Text()))
			for lines.Scan() {
				if m := codeLine.FindStringSubmatch(lines.Text()); m != nil {
					uses = append(uses, codeUse{m[1], true, path + ": package comment"})
				}
			}
		}
		key := map[*ast.BasicLit]string{} // of a field of a struct
		ast.Inspect(file, func(n ast.Node) bool {
			if pair, ok := n.(*ast.KeyValueExpr); ok {
				if name, ok := pair.Key.(*ast.Ident); ok {
					if lit, ok := pair.Value.(*ast.BasicLit); ok {
						key[lit] = name.Name
					}
				}
			}
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			code, err := strconv.Unquote(lit.Value)
			if err != nil || !looksLikeCode.MatchString(code) {
				return true
			}
			room, _, _ := strings.Cut(code, ".")
			must := key[lit] == "Code" || (slices.Contains(rooms, room) && key[lit] != "Field" && !slices.Contains(store.SealedFields, code) && !strings.HasPrefix(path, filepath.Join("..", "mailcrm", "internal", "reports"))) // which has RFC 8601's smtp.mailfrom
			uses = append(uses, codeUse{code, must, files.Position(lit.Pos()).String()})
			return true
		})
		return nil
	}))
	return uses
}

// TestEveryCodeHasASentence: whatever a room can call a failure, people are told what to do about it; and nothing is told that cannot happen.
func TestEveryCodeHasASentence(t *testing.T) {
	uses := codeUses(t)
	require.Greater(t, len(uses), 60, "the walk finds the codes")
	codes := mailcrm.Codes()
	used := map[string]bool{"unknown": true}
	for _, u := range uses {
		used[u.code] = true
		for _, code := range codes { // "room.first_" and something that is found out
			used[code] = used[code] || strings.HasSuffix(u.code, "_") && strings.HasPrefix(code, u.code)
		}
		if u.must {
			require.Contains(t, codes, u.code, "no sentence, used in %s", u.where)
		}
	}
	for _, code := range codes {
		require.True(t, used[code], "the sentence of %s is never said", code)
	}
}

// TestSentences: each is whole, in both languages, and written as the language is printed.
func TestSentences(t *testing.T) {
	verb := regexp.MustCompile(`%[a-z]`)
	for _, code := range mailcrm.Codes() {
		en, fr := mailcrm.Sentence(code, "en"), mailcrm.Sentence(code, "fr")
		require.NotEqual(t, en, fr, code)
		for _, s := range []string{en, fr} {
			require.Regexp(t, `^\p{Lu}`, s, code)
			require.Regexp(t, `[.!?:]$`, s, code)
			require.NotContains(t, s, "  ", code)
			require.NotRegexp(t, `[\r\n\t]`, s, code)
			require.Less(t, len(s), 300, code)
		}
		require.Equal(t, verb.FindAllString(en, -1), verb.FindAllString(fr, -1), "%s: the same values in the same order", code)
		require.NotRegexp(t, `[\p{Z}][:;!?]`, en, "%s: English has no space there", code)
		// French: a narrow no-break space before ; ! ?, a no-break space before :, so that no line begins with one of them.
		require.NotRegexp(t, "[^\u202f][;!?]", fr, code)
		require.NotRegexp(t, "[^\u00a0]:", fr, code)
	}
}

func TestSentenceLocales(t *testing.T) {
	en, fr := mailcrm.Sentence("imap.no_tls", "en"), mailcrm.Sentence("imap.no_tls", "fr")
	for locale, want := range map[string]string{
		"": en, "en": en, "en-GB": en, "de": en, "fry": en, "fr": fr, "fr-CA": fr, "FR": fr, "fr_FR": fr,
	} {
		require.Equal(t, want, mailcrm.Sentence("imap.no_tls", locale), locale)
	}
	require.Empty(t, mailcrm.Sentence("", "fr"))
	require.Equal(t, mailcrm.Sentence("unknown", "fr"), mailcrm.Sentence("imap.from_the_future", "fr"))
}
