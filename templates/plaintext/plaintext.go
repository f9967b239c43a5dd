// Package plaintext writes an HTML mail as plain text: the part that goes beside the HTML of a mail that is sent (RFC 2046 §5.1.4), and the words of one
// that was received with HTML only, for previews, search and quoting.
//
// What a reader needs survives: paragraphs, links as "text <address>", lists with their numbers, rows of tables as "cell | cell", quotations behind "> ",
// the texts of pictures, preformatted text, and the signature separator "-- " with the space that makes it one (RFC 3676 §4.3). What is not shown is
// not written: display:none, scripts, style sheets, comments. Lines are at most 78 columns wide (RFC 5322 §2.1.1), but for words that are longer, such as
// addresses, and none ends in a space, so that the text means the same when it is read as format=flowed.
//
// The HTML is untrusted. It is read once, with the tokenizer of golang.org/x/net/html, never as a tree; nesting is bounded, the result is bounded, and the
// time is proportional to the size of the input, whatever it holds. The result is text: it must still be escaped where it is shown in HTML.
//
// Do not look here for safe HTML (safehtml), for the text of a template's own fields ([github.com/mailcrm/sdk/templates] renders its plain text
// templates itself), or for finding where a quotation or a signature begins: this package keeps them and marks quotations that the HTML marks.
package plaintext

import (
	"strings"

	"golang.org/x/net/html"
)

// Options changes how text is written. The zero value and nil mean the same.
type Options struct {
	// Width is the longest line, in columns; East Asian wide characters take two. Values below 20 count as 20. Defaults to 78.
	Width int
	// MaxBytes is the longest result, in bytes. What is longer is cut at a line and ends with a line "[…]". Defaults to 1 MiB.
	MaxBytes int
}

// Bounds of the structure that is followed; what is deeper is written as if it were not nested any more.
const (
	maxDepth  = 128 // open elements
	maxTables = 16  // tables in cells of tables
	maxPrefix = 40  // bytes of "> " and indentation
	maxLink   = 2000
	hugeTag   = 4 << 10
)

// FromHTML is the text of an HTML document or fragment. It ends with a line break, or is empty. It never fails: whatever the input is, the result is valid
// UTF-8 without control characters other than line feed and tab.
func FromHTML(document string, opts *Options) string {
	width, limit := 78, 1<<20
	if opts != nil && opts.Width > 0 {
		width = max(20, opts.Width)
	}
	if opts != nil && opts.MaxBytes > 0 {
		limit = opts.MaxBytes
	}
	c := newConverter(width, limit)
	c.read(strings.ToValidUTF8(document, "\uFFFD"))
	return wrap(c.lines, width, limit)
}

// read walks the document once.
func (c *converter) read(document string) {
	z := html.NewTokenizer(strings.NewReader(document))
	for at := 0; c.size <= c.limit; {
		kind := z.Next()
		size := len(z.Raw())
		at += size
		switch kind {
		case html.ErrorToken:
			c.closeAll()
			return
		case html.TextToken:
			if c.hidden == 0 {
				c.text(string(z.Text()))
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			c.end(string(name))
		case html.StartTagToken, html.SelfClosingTagToken:
			name := c.startTag(z, kind == html.SelfClosingTagToken)
			if size > hugeTag { // the tokenizer clears its table of attribute names for each tag, at the price of the largest one so far
				z = html.NewTokenizerFragment(strings.NewReader(document[at:]), name)
			}
		}
	}
	c.closeAll()
}

// A tag is what is read of a start tag.
type tag struct {
	name  string
	attrs map[string]string // those that matter
	void  bool
}

// attributes are those that are looked at.
var attributes = map[string]bool{"href": true, "alt": true, "style": true, "hidden": true, "start": true, "value": true}

func (c *converter) startTag(z *html.Tokenizer, selfClosing bool) string {
	name, more := z.TagName()
	t := tag{name: string(name)}
	for more {
		var key, value []byte
		key, value, more = z.TagAttr()
		if attributes[string(key)] {
			if t.attrs == nil {
				t.attrs = map[string]string{}
			}
			t.attrs[string(key)] = string(value)
		}
	}
	t.void = voids[t.name] || (selfClosing && (t.name == "svg" || t.name == "math" || strings.Contains(t.name, ":")))
	c.start(t)
	return t.name
}
