package web

import (
	"strings"
)

// A language is one that the pages speak. Which one a visitor gets is decided in package people.
type language string

const (
	french  language = "fr"
	english language = "en"
)

// languages are all of them.
var languages = []language{french, english}

// languageOf is the language of an Actor's locale ("fr-CA"); English for those that the pages do not speak.
func languageOf(locale string) language {
	first, _, _ := strings.Cut(strings.ToLower(locale), "-")
	for _, l := range languages {
		if first == string(l) {
			return l
		}
	}
	return english
}
