package web

import (
	"regexp"
	"strings"
)

// A block is a part of a plain text: what somebody wrote, or what he quoted or signs with, which a page folds away.
type block struct {
	Quote     bool
	Signature bool
	Spans     []span
}

// A span is a piece of text, and an address if it is one.
type span struct{ Text, URL string }

// blocks cuts a text into what was written and what was quoted. A quotation of less than three lines is not worth folding.
func blocks(text string) []block {
	var out []block
	var lines []string
	quote := false
	flush := func() {
		if joined := strings.Trim(strings.Join(lines, "\n"), "\n"); strings.TrimSpace(joined) != "" {
			folded := quote && len(lines) >= 3
			if n := len(out); n > 0 && !folded && !out[n-1].Quote {
				out[n-1].Spans = append(out[n-1].Spans, spans("\n\n"+joined)...)
			} else {
				out = append(out, block{Quote: folded, Spans: spans(joined)})
			}
		}
		lines = nil
	}
	for line := range strings.Lines(strings.ReplaceAll(text, "\r\n", "\n")) {
		line = strings.TrimRight(line, "\n")
		if q := strings.HasPrefix(line, ">"); q != quote {
			flush()
			quote = q
		}
		lines = append(lines, line)
	}
	flush()
	return out
}

// webAddress is what is made a link: nothing but http and https.
var webAddress = regexp.MustCompile(`https?://[^\s<>"'` + "`" + `⟦⟧]+`)

// spans finds the web addresses of a text.
func spans(text string) []span {
	var out []span
	rest := 0
	for _, at := range webAddress.FindAllStringIndex(text, -1) {
		found := strings.TrimRight(text[at[0]:at[1]], ".,;:!?»…")
		if strings.HasSuffix(found, ")") && !strings.Contains(found, "(") {
			found = strings.TrimRight(found, ")")
		}
		if at[0] > rest {
			out = append(out, span{Text: text[rest:at[0]]})
		}
		out = append(out, span{Text: found, URL: found})
		rest = at[0] + len(found)
	}
	if rest < len(text) {
		out = append(out, span{Text: text[rest:]})
	}
	return out
}

// height is how tall a frame for a mail should be, from 1 (a few lines) to 4 (more than a screen): what is inside cannot tell.
func height(text string) int {
	lines := 0
	for line := range strings.Lines(text) {
		lines += 1 + len(line)/100
	}
	switch {
	case lines < 10:
		return 1
	case lines < 25:
		return 2
	case lines < 50:
		return 3
	}
	return 4
}

// phoneNumber is a number as signatures have it: at least eight digits, with the usual signs between them.
var phoneNumber = regexp.MustCompile(`(?:\+|\(?0)[0-9][0-9 .()/\x{00a0}\x{202f}-]{6,20}[0-9]`)

// signatureLines is how far from the end of what somebody wrote his signature is looked for.
const signatureLines = 12

// phone is the telephone number in the signature of a mail, or "".
func phone(text string) string {
	var lines []string
	for _, b := range blocks(text) {
		if b.Quote {
			break
		}
		for _, s := range b.Spans {
			lines = append(lines, strings.Split(s.Text, "\n")...)
		}
	}
	for i := len(lines) - 1; i >= max(0, len(lines)-signatureLines); i-- {
		if found := phoneNumber.FindString(lines[i]); found != "" {
			return strings.TrimSpace(found)
		}
	}
	return ""
}
