package folders

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// A languageFile is one file of folders/languages, as it is written; languages/README.md describes the format.
type languageFile struct {
	code, name string
	spelt      []string // pairs, a letter and how it is written by who has no such key: "ä", "ae"
	names      []languageName
}

type languageName struct {
	section, text string
	weak          bool
}

// sections are those that a language file may have.
var sections = map[string]bool{
	"inbox": true, "sent": true, "drafts": true, "trash": true, "junk": true, "archive": true, "all": true, "flagged": true, "important": true,
	"outbox": true, "templates": true, "nouns": true, "shared": true,
}

// parseLanguage reads a language file. An error names the line.
func parseLanguage(text string) (languageFile, error) {
	var f languageFile
	section, line := "", 0
	for l := range strings.Lines(text) {
		line++
		l = strings.TrimSpace(l)
		switch {
		case !utf8.ValidString(l):
			return f, fmt.Errorf("line %d: not UTF-8", line)
		case l == "" || strings.HasPrefix(l, "#"):
		case strings.HasPrefix(l, "["):
			section = strings.Trim(l, "[]")
			if !sections[section] {
				return f, fmt.Errorf("line %d: no section is called %q", line, section)
			}
		case section == "":
			key, value, ok := strings.Cut(l, ":")
			value = strings.TrimSpace(value)
			switch {
			case ok && key == "language":
				f.code = value
			case ok && key == "name":
				f.name = value
			case ok && key == "spelt":
				for pair := range strings.FieldsSeq(value) {
					letter, letters, _ := strings.Cut(pair, "=")
					if letter == "" || letters == "" || !isASCII(letters) {
						return f, fmt.Errorf("line %d: expected \"spelt: ä=ae ö=oe\"", line)
					}
					f.spelt = append(f.spelt, letter, letters)
				}
			default:
				return f, fmt.Errorf("line %d: expected \"language: code\", \"name: Name\" or a [section]", line)
			}
		default:
			name, weak := strings.CutPrefix(l, "?")
			if name = strings.TrimSpace(name); name == "" || len(name) > maxKnown {
				return f, fmt.Errorf("line %d: a name has 1 to %d bytes", line, maxKnown)
			}
			f.names = append(f.names, languageName{section: section, text: name, weak: weak})
		}
	}
	if f.code == "" || f.name == "" {
		return f, fmt.Errorf("the file does not begin with \"language: code\" and \"name: Name\"")
	}
	return f, nil
}
