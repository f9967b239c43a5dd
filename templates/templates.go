// Package templates merges a CRM's fields into mails: it parses a template, checks it against the fields that the host declares, and
// renders it, escaped for the place where each value lands.
//
// # The language
//
// A documented, strict subset of Liquid, the spelling people know from shops and CRMs: {{ contact.first_name | default: "you" }},
// {% if %}, {% elsif %}, {% else %}, {% unless %}, {% for %}, {% comment %}. docs/templates.md is its reference for authors. It has no
// assignment, no arithmetic, no includes and no files, and nothing in it calls a method: a template sees [Value], never a host's object.
//
// # Three promises
//
// A value is data. It is written in one pass, so what looks like a tag in somebody's name stays a name, and it is escaped for its place:
// text, a quoted attribute, an address, one value of a style, a plain text, a header line. The places of an HTML template are found when
// it is parsed, with the tokenizer of golang.org/x/net/html, and the places where no escaping is safe (scripts, style sheets, event
// handlers, names of tags and attributes, attributes without quotes, comments) are refused there and then, with line, column and a
// sentence. Outlook's conditional comments are such a place only in name: they hold markup, fields are allowed in them, and they
// survive to the mail untouched, as does every other byte of the template itself.
//
// A field is known or it is an error. [Template.Check] holds a template against the declared fields when it is saved, and says "did you
// mean". A field that is known but empty renders as nothing and is reported in [Rendered.Missing]: a caller that sends mail refuses to
// send one whose list is not empty. The default filter and {% if %} are how an author says what to do instead.
//
// Work is bounded: [MaxSource], [MaxDepth], [MaxSteps], [MaxOutput]. None of them can be reached by a template that means well.
//
// # Why not an engine off the shelf
//
// html/template deletes the comments that Outlook needs and words its errors for programmers; the Go ports of Liquid, Handlebars,
// Mustache and Jinja escape for one place only or not at all, let an unknown field vanish, loop without end, and some read files.
//
// # Where not to look
//
// Which template belongs to which page, languages, attachments and signatures are the store's business; sending is submit's. HTML that
// somebody else wrote is cleaned in safehtml: this package trusts the template's author with his own markup and nobody else. The plain
// text that goes beside an HTML mail is made in [github.com/mailcrm/sdk/templates/plaintext].
package templates

import (
	"sort"
	"unicode/utf8"
)

// The bounds of one template. Each is reported as an [Error] with a code of its own that wraps [ErrLimit].
const (
	// MaxSource is the longest source, in bytes.
	MaxSource = 256 << 10
	// MaxDepth is how deep {% if %}, {% unless %} and {% for %} nest.
	MaxDepth = 20
	// MaxSteps is how much work one rendering may do. A field, a tag, a comparison, a filter and a turn of a loop cost one each; a filter
	// that reads much text or a long list costs one more for each 256 bytes or each item.
	MaxSteps = 200_000
	// MaxOutput is the longest result, in bytes.
	MaxOutput = 2 << 20
	// MaxTag is the longest {{ field }} or {% tag %}, in bytes.
	MaxTag = 4 << 10
	// MaxErrors is how many errors one Parse or Check reports before it stops looking.
	MaxErrors = 50
)

// A Context is what the rendered text becomes: it decides how values are escaped.
type Context int

// The contexts.
const (
	// HTML is a whole HTML document or a part of a body. Values are escaped for the place where they stand.
	HTML Context = iota
	// PlainText is a plain text body: values are written as they are, without control characters. A line that holds only tags
	// ({% if %}, {% comment %} …) leaves no empty line behind.
	PlainText
	// Header is the unstructured text of one header field, such as a subject (RFC 5322 §2.2.1). No line break, NUL or other line separator
	// can reach it, neither from a value nor from the template. Encoded words (RFC 2047) are the mail builder's work.
	Header
)

// Options changes how a template is parsed. The zero value and nil mean the same.
type Options struct {
	// Filters are the host's own, beside the built-in ones. Defaults to none.
	Filters []Filter
}

// A Template is a parsed template. It never changes and may be rendered from many goroutines at once.
type Template struct {
	name  string
	ctx   Context
	nodes []node
	paths []string
	size  int // of the source
}

// Parse reads source for ctx. The name is the host's own and only leads the errors ("quote/fr: 3:14: …"); it may be empty. All errors that
// can be told apart are reported at once: the returned error is then of type [Errors].
func Parse(name, source string, ctx Context, opts *Options) (*Template, error) {
	if opts == nil {
		opts = &Options{}
	}
	p := &parser{name: name, src: source, ctx: ctx, pos: newPositions(source), filters: builtin}
	p.prepare(opts)
	var nodes []node
	if len(p.errs) == 0 {
		p.split()
		if ctx == HTML {
			p.places()
		}
		nodes = p.build()
	}
	if len(p.errs) > 0 {
		p.errs.sort()
		return nil, p.errs
	}
	t := &Template{name: name, ctx: ctx, nodes: nodes, size: len(source)}
	for path := range p.reads {
		t.paths = append(t.paths, path)
	}
	sort.Strings(t.paths)
	return t, nil
}

// prepare refuses a source that cannot be read at all, and takes in the host's filters.
func (p *parser) prepare(opts *Options) {
	p.reads = map[string]bool{}
	if len(p.src) > MaxSource {
		p.fail(0, CodeLimitSource, "", "", MaxSource>>10)
		return
	}
	for i, r := range p.src {
		if r == 0 {
			p.fail(i, CodeEncoding, "", "", nil)
			return
		}
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(p.src[i:]); n == 1 {
				p.fail(i, CodeEncoding, "", "", nil)
				return
			}
		}
	}
	if len(opts.Filters) > 0 {
		all, bad := hostFilters(opts.Filters)
		for _, name := range bad {
			p.fail(0, CodeHostFilter, name, "", nil)
		}
		p.filters = all
	}
}

// Name is the name that was given to [Parse].
func (t *Template) Name() string { return t.name }

// Context is the context that was given to [Parse].
func (t *Template) Context() Context { return t.ctx }

// Paths are the fields that the template reads, sorted, each once, as the host declares them ("contact.first_name", "deal.lines"): what has to
// be looked up before [Template.Render]. A list is named as a whole; what a loop reads of its items is not listed apart.
func (t *Template) Paths() []string { return append([]string(nil), t.paths...) }
