// Package safehtml makes hostile HTML safe to show: nothing in it runs, fetches, submits, covers or names anything. It is pure, and holds
// no state but lists.
//
// It is one of three layers, each enough alone (law 12): this sanitiser, the sandboxed frame with its own CSP, the CSP of the page.
//
// # How it works
//
// Three passes, of which each has its own idea of what is allowed:
//
//  1. The mail is parsed into a tree as browsers do it (scripting off), and written anew (write.go): elements that lay out text are kept,
//     unknown ones give up their tags and keep their content, scripts, styles, frames, media, SVG and MathML go with their content.
//     URLs are rewritten as a browser would read them (url.go), so that what is checked is what is followed. CSS declarations are cut
//     and checked one by one (css.go). What comes out is balanced: an end tag too many cannot close the page around it.
//  2. bluemonday, with a policy of ours (policy.go), is the gate: whatever pass 1 let through by mistake, it drops. Its lists are strict:
//     a resource is cid: or a data: picture, a link is http, https, mailto or tel, nothing is relative, and there are no ids, names,
//     classes, events and forms.
//     Rules of <style> elements are inlined where their selectors are simple (sheet.go); classes and ids go with them. What both passes
//     made is parsed and written again until it does not change any more, so that a browser builds the tree that was checked.
//  3. Only when the caller gave addresses for pictures: the gate saw numbered placeholders, which are now replaced (swap.go). No octet of
//     the mail passes the gate by this way.
//
// # Remote content
//
// A picture that would be fetched from elsewhere is parked: its box stays, its address goes, and it is counted. It is shown after a
// person's word by sanitising the mail again with AllowRemote, best through a proxy (RemoteURL). Style sheets, fonts, frames and media are
// never fetched.
//
// # Where not to look
//
// Text made from HTML is templates/plaintext. Which Content-ID belongs to which part is mimemail. Pictures from elsewhere are fetched, and
// the frame's policy is set, by package mailcrm (Client.Content).
package safehtml

import "strings"

// Bounds of what one call looks at.
const (
	// MaxInput is how many octets of HTML are read; what follows is cut off, see [Result.Cut].
	MaxInput = 2 << 20
	// MaxLinks is how many links a [Result] lists; all are sanitised.
	MaxLinks = 1000
)

// Options say what a viewer may load. The zero value and nil mean: nothing remote, and cid: references stay as markers.
type Options struct {
	// AllowRemote lets pictures be fetched from elsewhere, after a person's word. Defaults to false: they are parked and counted.
	AllowRemote bool
	// RemoteURL gives the address under which a remote picture is fetched instead, a guarded proxy; "" parks it. It is called with an
	// absolute http or https URL and only when AllowRemote is set. Defaults to the URL itself.
	RemoteURL func(url string) string
	// CIDURL gives the address of the part with that Content-ID (without angle brackets) in the same mail; false when the mail has none,
	// and the picture is left out. It may be a path on the own server. Defaults to leaving "cid:…" in its place, which no browser loads.
	CIDURL func(cid string) (url string, ok bool)
	// MarkLinks writes into the HTML where links lead: the host as the title of each, and visibly behind those whose text names another.
	// Defaults to false, so that cleaning twice changes nothing.
	MarkLinks bool
	// Blank is the address of an empty picture, which stands for parked ones that have no words (alt) to stand for them: spacers, counters.
	// They keep their box, and no browser draws a frame around it. Defaults to no address.
	Blank string
	// Body holds declarations for the box that stands for the mail's body, as a style attribute has them; what the mail says of its body
	// prevails, its margin taking the place of a padding here. Defaults to none, and no box where the mail says nothing of its body.
	Body string
}

// A Result is HTML that is safe to show, and what a reader should know about it.
type Result struct {
	HTML    string // a balanced fragment; no document, no body element
	Blocked int    // remote things that were parked
	Links   []Link // in order, at most [MaxLinks]
	Cut     bool   // the input was longer than [MaxInput]
	// Doctype is what a page around HTML must begin with for the mail to be laid out as it was written: one of three constants, of which
	// the empty one, quirks mode, is the most frequent. HTML is balanced and stable in each of them.
	Doctype string
}

// The three ways in which browsers lay out pages (DOM, "quirks mode").
const (
	quirks        = ""
	limitedQuirks = `<!doctype html public "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">`
	noQuirks      = "<!doctype html>"
)

// Sanitize makes html safe with the defaults: remote content parked, cid references kept as markers. The result is at most [MaxInput]
// octets of input, and is never an error: what cannot be parsed is shown as its text.
func Sanitize(html string) string { return SanitizeWith(html, nil).HTML }

// SanitizeWith makes html safe as opts say.
func SanitizeWith(html string, opts *Options) Result {
	w := writer{}
	if opts != nil {
		w.opts = *opts
	}
	w.read(html)
	out := stable(gate().Sanitize(w.out.String()))
	if w.swaps() {
		out = swap(out, w.resources)
	}
	w.result.HTML = out
	return w.result
}

// read is pass 1 on what came.
func (w *writer) read(html string) {
	if len(html) > MaxInput {
		html = html[:MaxInput]
		w.result.Cut = true
	}
	w.document(strings.ToValidUTF8(strings.ReplaceAll(html, "\x00", ""), "\ufffd"))
}

// rounds is how often a document is read again until it does not change any more; most never do.
const rounds = 4

// Inspect says what SanitizeWith would say of a mail with the defaults, but without the HTML: it is several times faster.
func Inspect(html string) Result {
	w := writer{}
	w.read(html)
	return w.result
}

// stable makes sure that what a browser builds of out is what was checked: out is parsed again, written again and compared. Markup that
// stands where parsers move it to another place changes once; what still changes after some rounds is made to hunt parsers, and is shown as
// its text.
func stable(out string) string {
	for range rounds {
		w := writer{}
		w.document(out)
		again := w.out.String()
		if again == out {
			return out
		}
		out = gate().Sanitize(again)
	}
	w := writer{}
	w.textOnly(out)
	return gate().Sanitize(w.out.String())
}
