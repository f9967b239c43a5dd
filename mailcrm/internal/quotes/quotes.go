// Package quotes tells what somebody wrote in a mail from what he quoted and from the signature under it, so that a history entry shows what was new.
//
// Nothing marks these parts. A program that answers puts ">" in front of the old text, or it does not; it writes a line above it, "On 3 May, Anna
// wrote:" in one of forty languages, or it copies the header of the old mail, or draws a line. [Split] therefore looks for shapes before it looks for
// words. A line that begins with a date and ends with an address and a colon introduces a quotation in every language; so does any line with an address
// and a colon right above lines that are quoted. Three lines "Word: value" whose words mean From, Date, To or Subject are a copied header; so are four
// whose words nobody knows, when the first ends with an address in brackets and the second has a date and a time. Where a shape is not enough, the words
// are in tables (words.go), one line a language, which is where to add one.
//
// When it is in doubt it shows: text that was folded away by mistake is worse than a signature too many. Text between or below quoted lines is an
// answer to them and is shown with them. A mail that holds nothing but quoted text is shown whole.
//
// The work is linear in the length of the text: each line is looked at a fixed number of times, each look is bounded ([MaxAttribution] bytes, a handful
// of lines).
//
// Look elsewhere for who wrote the original of a forwarded mail (mimemail) and for turning HTML into the text that is read here (templates/plaintext).
package quotes

import "strings"

// A Kind says what a piece of a mail is.
type Kind string

// The kinds.
const (
	New       Kind = "new"       // written for this mail
	Context   Kind = "context"   // quoted, and answered below: shown with the answer
	Quote     Kind = "quote"     // quoted, forwarded, or the line that introduces it
	Signature Kind = "signature" // who wrote it, "sent from my phone", the footer of a list
)

// A Block is a piece of a text. The blocks of a text follow each other without a gap: text[b.Start:b.End].
type Block struct {
	Kind  Kind
	Start int // byte offsets
	End   int
}

// Split cuts a plain text into blocks. Joined they are the text again, byte by byte. The empty text has none.
func Split(text string) []Block {
	ls := scan(text)
	mark(ls, 0, len(ls))
	sign(ls)
	shown := false
	for i := range ls {
		shown = shown || ls[i].kind == New && !ls[i].blank()
	}
	if !shown {
		reveal(ls)
	}
	var blocks []Block
	for _, l := range ls {
		if n := len(blocks); n > 0 && blocks[n-1].Kind == l.kind {
			blocks[n-1].End = l.next
			continue
		}
		blocks = append(blocks, Block{Kind: l.kind, Start: l.start, End: l.next})
	}
	return blocks
}

// Visible is what was new in a text: what was written, with the quotations that are answered in between, without blank lines around it.
func Visible(text string) string {
	var b strings.Builder
	for _, block := range Split(text) {
		if block.Kind == New || block.Kind == Context {
			b.WriteString(text[block.Start:block.End])
		}
	}
	return strings.Trim(strings.TrimRightFunc(b.String(), space), "\r\n")
}

// mark decides what the lines from..to are.
func mark(ls []line, from, to int) {
	written := false // something new stands above
	for i := from; i < to; {
		switch n := introduction(ls[:to], i); {
		case n > 0:
			i = introduced(ls, i, i+n, to, written)
			continue
		case ls[i].quoted:
			end := quotation(ls, i, to)
			kind := Context
			if !answered(ls, end, to) {
				kind = Quote
			}
			paint(ls, i, end, kind)
			i = end
			continue
		case written && ls[i].mobile && more(ls, i+1, to):
			// A phone puts the old text right below its own line, with nothing in between.
			paint(ls, i, i+1, Signature)
			paint(ls, i+1, to, Quote)
			i = to
			continue
		}
		ls[i].kind = New
		written = written || !ls[i].blank() && !ls[i].rule
		i++
	}
}

// introduced decides what an introduction at begin..end, and what it introduces, is. It returns where the next thing begins.
func introduced(ls []line, begin, end, to int, written bool) int {
	for begin > 0 && (ls[begin-1].rule || ls[begin-1].blank()) && ls[begin-1].kind == New && written {
		begin-- // a line drawn above it belongs to it
	}
	paint(ls, begin, end, Quote)
	next := end
	for next < to && ls[next].blank() {
		next++
	}
	if next < to && ls[next].quoted {
		last := quotation(ls, next, to)
		paint(ls, end, last, Quote)
		if written && answered(ls, last, to) && !closing(ls, last, to) {
			paint(ls, next, last, Context)
		}
		return last
	}
	if !written { // a mail that begins with the introduction of a text: forwarded, or quoted first
		return end
	}
	paint(ls, end, to, Quote)
	return to
}

func paint(ls []line, from, to int, kind Kind) {
	for i := from; i < to; i++ {
		ls[i].kind = kind
	}
}

// quotation is where the run of quoted lines that begins at i ends; blank lines after it belong to it.
func quotation(ls []line, i, to int) int {
	end := i
	for end < to {
		switch {
		case ls[end].quoted:
		case ls[end].blank():
			if next := skipBlank(ls, end, to); next == to || !ls[next].quoted {
				return next
			}
		case end > i && ls[end-1].quoted && len(ls[end-1].text) >= 60 && startsLower(ls[end].text):
			// what a gateway broke off the end of a long quoted line
		default:
			return end
		}
		end++
	}
	return end
}

// answered says whether something was written below.
func answered(ls []line, from, to int) bool {
	from = skipBlank(ls, from, to)
	return from < to && !closing(ls, from, to)
}

// closing says whether what is left begins with a signature.
func closing(ls []line, from, to int) bool {
	from = skipBlank(ls, from, to)
	return from < to && (ls[from].rule || ls[from].delimiter || ls[from].mobile)
}

func skipBlank(ls []line, i, to int) int {
	for i < to && ls[i].blank() {
		i++
	}
	return i
}

func more(ls []line, from, to int) bool {
	for ; from < to; from++ {
		if !ls[from].blank() && !ls[from].mobile && !ls[from].rule {
			return true
		}
	}
	return false
}

// reveal shows a mail in which nothing is new: who forwards without a word has something to show.
func reveal(ls []line) {
	for i := range ls {
		if ls[i].kind != Signature {
			ls[i].kind = New
		}
	}
}
