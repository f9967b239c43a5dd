package web

import (
	"html"
	"regexp"
	"strings"

	"golang.org/x/net/html/atom"

	nethtml "golang.org/x/net/html"

	"github.com/mailcrm/sdk/templates/plaintext"
)

// The formats in which a person writes.
const (
	formatRich   = "rich"   // an HTML mail without seeing HTML: paragraphs in a plain field, or the script's editor
	formatText   = "text"   // a plain text mail
	formatSource = "source" // an HTML mail by its source
)

// A body is the field in which a mail or a template is written.
type body struct {
	Format  string
	Formats []option
	HTML    string // what the editor shows, and what is kept if nobody changes the text
	Text    string // what the plain field shows
	Loses   bool   // changing the plain text drops bold, links and the like
}

// bodyOf is the field for a stored mail.
func (v *visit) bodyOf(source, text, format string) body {
	switch {
	case source == "" && text != "":
		format = formatText
	case format == formatSource:
	case !editable(source):
		format = formatSource
	case format == "" || format == formatText && source != "":
		format = formatRich
	}
	b := body{Format: format, HTML: source, Text: text}
	if format == formatRich {
		b.Text = plain(source)
		b.Loses = source != "" && paragraphs(b.Text) != strings.TrimSpace(source) && formatted.MatchString(source)
	}
	b.Formats = options(format, formatRich, v.say("format.rich"), formatText, v.say("format.text"), formatSource, v.say("format.source"))
	return b
}

// formatted finds markup that plain paragraphs cannot hold.
var formatted = regexp.MustCompile(`(?i)<(b|strong|i|em|u|a|img|h[1-6]|table|span|font)[\s>]`)

// read takes what was written from the form. The new format is what is wanted next; was is the one in which it was written.
func (v *visit) body() (source, text, format string) {
	was, format := v.field("format_was"), v.field("format")
	written := strings.ReplaceAll(v.r.PostFormValue("body"), "\r\n", "\n")
	own := strings.ReplaceAll(v.r.PostFormValue("text"), "\r\n", "\n")
	switch was {
	case formatText:
		text = written
	case formatSource:
		source, text = written, own
	default:
		before := strings.ReplaceAll(v.r.PostFormValue("html"), "\r\n", "\n")
		switch {
		case v.checkedBox("edited"): // the script's editor wrote it
			source = tidyTags(strings.ReplaceAll(v.r.PostFormValue("html"), "\r\n", "\n"))
		case strings.TrimSpace(written) == strings.TrimSpace(plain(before)):
			source = before
		default:
			source = paragraphs(written)
		}
		text = own
	}
	switch {
	case format == was || format == "":
		format = was
	case format == formatText && source != "":
		if text == "" {
			text = plain(source)
		}
		source = ""
	case was == formatText:
		source, text = paragraphs(text), ""
	}
	if strings.TrimSpace(source) == "" {
		source = ""
	}
	return source, text, format
}

// plain is the text of HTML as a person edits it: one line a paragraph, however long.
func plain(source string) string {
	return strings.TrimRight(plaintext.FromHTML(source, &plaintext.Options{Width: 1 << 20}), "\n")
}

// mergeTag is a field or a tag of a template.
var mergeTag = regexp.MustCompile(`\{\{[^{}]*\}\}|\{%[^{}]*%\}`)

// tidyTags undoes what an editor does to merge fields: characters written as entities, spaces that do not break.
func tidyTags(source string) string {
	return mergeTag.ReplaceAllStringFunc(source, func(tag string) string {
		return strings.ReplaceAll(html.UnescapeString(tag), "\u00a0", " ")
	})
}

// escape is HTML for a line of text; merge fields stay as they are, web addresses become links.
func escape(line string) string {
	var b strings.Builder
	rest := 0
	text := func(s string) {
		for _, part := range spans(s) {
			if part.URL == "" {
				b.WriteString(html.EscapeString(part.Text))
				continue
			}
			b.WriteString(`<a href="` + html.EscapeString(part.URL) + `">` + html.EscapeString(part.Text) + `</a>`)
		}
	}
	for _, at := range mergeTag.FindAllStringIndex(line, -1) {
		text(line[rest:at[0]])
		b.WriteString(line[at[0]:at[1]])
		rest = at[1]
	}
	text(line[rest:])
	return b.String()
}

// listItem is a line that begins a list's item: "- milk", "* milk", "1. milk".
var listItem = regexp.MustCompile(`^\s*(?:([-*•])|([0-9]{1,3})[.)])\s+(.*)$`)

// paragraphs makes HTML of plain text: an empty line ends a paragraph, a line break stays one, lines with dashes or numbers become a list.
func paragraphs(text string) string {
	var out []string
	for _, part := range strings.Split(blankLines.ReplaceAllString(strings.Trim(strings.ReplaceAll(text, "\r\n", "\n"), "\n \t"), "\n\n"), "\n\n") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		out = append(out, paragraph(strings.Split(part, "\n"))...)
	}
	return strings.Join(out, "\n")
}

var blankLines = regexp.MustCompile(`\n[ \t]*\n\s*`)

// paragraph makes one paragraph, and the lists in it.
func paragraph(lines []string) []string {
	var out, run []string
	list := ""
	flush := func() {
		switch {
		case len(run) == 0:
		case list == "":
			out = append(out, "<p>"+strings.Join(run, "<br>\n")+"</p>")
		default:
			out = append(out, "<"+list+"><li>"+strings.Join(run, "</li><li>")+"</li></"+list+">")
		}
		run = nil
	}
	for _, line := range lines {
		kind, content := "", strings.TrimSpace(line)
		if m := listItem.FindStringSubmatch(line); m != nil {
			kind, content = "ul", m[3]
			if m[2] != "" {
				kind = "ol"
			}
		}
		if kind != list {
			flush()
			list = kind
		}
		run = append(run, escape(content))
	}
	flush()
	return out
}

// editable reports whether a page's editor can show HTML and give it back unharmed: whole documents, comments that Outlook reads, and tags of a template
// between the rows of a table would not come back.
func editable(source string) bool {
	z := nethtml.NewTokenizer(strings.NewReader(source))
	tables := 0
	for {
		switch z.Next() {
		case nethtml.ErrorToken:
			return true
		case nethtml.CommentToken, nethtml.DoctypeToken:
			return false
		case nethtml.TextToken:
			if text := string(z.Text()); tables > 0 && strings.Contains(text, "{%") {
				return false
			}
		case nethtml.StartTagToken:
			name, _ := z.TagName()
			switch atom.Lookup(name) {
			case atom.Html, atom.Head, atom.Body, atom.Style, atom.Script, atom.Title, atom.Meta, atom.Link:
				return false
			case atom.Table:
				tables++
			}
		case nethtml.EndTagToken:
			if name, _ := z.TagName(); atom.Lookup(name) == atom.Table {
				tables--
			}
		}
	}
}
