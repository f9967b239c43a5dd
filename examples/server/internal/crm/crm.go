// Package crm is the CRM that the reference server stands in: companies, contacts and deals, without the mail.
//
// It comes twice. [Memory] shows a [memstore.CRM], which the demo fills and forgets. [SQL] keeps records in one SQLite file, for those who use the server for
// real: small, but with the powers that mailcrm asks for first (Directory, Searcher, Creator, FieldSource), each held to the contract by the conformance
// suite of storage/storagetest.
//
// Both have the same four methods more, which mailcrm has no need of but pages and the API have: Get, Fields, Children and List.
//
// # When not to look here
//
// The shortest host there can be is examples/host, in one file of less than 70 lines. How a CRM is plugged in from another process is in package plugins.
package crm

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/mailcrm/sdk/storage"
)

// fold takes case and accents away, so that "elod" finds Élodie.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(strings.ToValidUTF8(s, "")))
}

// foldAddress is the form in which addresses are compared: whole, without regard to case.
func foldAddress(address string) string { return strings.ToLower(strings.TrimSpace(address)) }

// words are the folded words by which a record is found: those of its name, its detail and its addresses, whole and in their parts.
func words(e storage.Entity) []string {
	var out []string
	for _, text := range append([]string{e.Name, e.Detail}, e.Addresses...) {
		text = fold(text)
		out = append(out, strings.Fields(text)...)
		out = append(out, strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })...)
	}
	return out
}

// fits reports whether every word of a query begins one of the words.
func fits(query string, words []string) bool {
	for _, asked := range strings.Fields(fold(query)) {
		found := false
		for _, w := range words {
			found = found || strings.HasPrefix(w, asked)
		}
		if !found {
			return false
		}
	}
	return true
}

// pageOf is how many records stand on a page of List.
const pageOf = 50
