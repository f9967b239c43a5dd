package safehtml

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// properties are the CSS properties that lay out text and decorate boxes. Not among them: what takes a box out of the flow (position,
// inset, z-index, transform: S10), what makes content or fetches it (content, cursor, filter, mask, shape-outside, behavior), what moves
// (animation, transition), and custom properties, which carry values past this filter.
//
// Vendor prefixes count as the property itself: bluemonday takes them off, and so do we.
var properties = set(`
	color background background-color background-image background-position background-repeat background-size background-attachment
	background-clip background-origin opacity visibility display float clear overflow overflow-x overflow-y box-sizing
	width height min-width min-height max-width max-height aspect-ratio object-fit object-position
	margin margin-top margin-right margin-bottom margin-left padding padding-top padding-right padding-bottom padding-left
	border border-top border-right border-bottom border-left border-color border-style border-width border-radius border-collapse border-spacing
	border-top-color border-top-style border-top-width border-right-color border-right-style border-right-width
	border-bottom-color border-bottom-style border-bottom-width border-left-color border-left-style border-left-width
	border-top-left-radius border-top-right-radius border-bottom-left-radius border-bottom-right-radius
	outline outline-color outline-style outline-width outline-offset box-shadow
	font font-family font-size font-style font-variant font-weight font-stretch font-feature-settings font-kerning font-size-adjust font-color
	line-height letter-spacing word-spacing white-space word-break word-wrap overflow-wrap line-break hyphens tab-size
	text-align text-align-last text-decoration text-decoration-color text-decoration-line text-decoration-style text-decoration-thickness
	text-indent text-overflow text-shadow text-transform text-underline-offset text-underline-position text-underline text-rendering
	text-size-adjust text-justify vertical-align direction font-smoothing osx-font-smoothing interpolation-mode
	list-style list-style-image list-style-position list-style-type table-layout caption-side empty-cells
	flex flex-basis flex-direction flex-flow flex-grow flex-shrink flex-wrap align-content align-items align-self justify-content justify-items
	justify-self gap row-gap column-gap order column-count column-width columns
	page-break-after page-break-before page-break-inside break-after break-before break-inside orphans widows
	color-scheme supported-color-schemes forced-color-adjust print-color-adjust appearance
	-premailer-width -premailer-height -premailer-cellpadding -premailer-cellspacing -premailer-align -premailer-valign -premailer-bgcolor
	hide table-lspace table-rspace line-height-rule line-height-alt height-rule padding-alt border-alt margin-top-alt margin-bottom-alt
	padding-top-alt padding-right-alt padding-bottom-alt padding-left-alt border-top-alt border-bottom-alt border-left-alt border-right-alt
	caret-color font-variant-caps font-variant-ligatures font-variant-numeric font-variant-east-asian font-variant-alternates font-optical-sizing
	text-stroke text-stroke-width text-stroke-color text-fill-color tap-highlight-color nbsp-mode text-anchor text-decoration-skip
	text-decoration-skip-ink text-emphasis text-wrap text-wrap-mode text-combine-upright writing-mode unicode-bidi line-clamp box-orient
	margin-block margin-block-start margin-block-end margin-inline margin-inline-start margin-inline-end
	padding-block padding-block-start padding-block-end padding-inline padding-inline-start padding-inline-end
	column-rule column-rule-color column-rule-style column-rule-width column-fill column-span place-content place-items place-self
	accent-color scrollbar-color scrollbar-width page
	text-raise font-width color-alt element list spacerun shading pattern tab-count bidi-font-family bidi-font-size bidi-font-weight
	bidi-font-style bidi-language bidi-theme-font ascii-font-family ascii-theme-font hansi-font-family hansi-theme-font fareast-font-family
	fareast-language fareast-theme-font ansi-language ansi-font-size style-textfill-type style-textfill-fill-color pagination
	style-priority style-unhide style-name style-parent style-link themecolor themeshade line-break-override char-wrap kerning-rule
	outline-level layout-grid-align width-percent height-percent ignore tab-stops tab-interval punctuation-wrap text-autospace
`)

func set(words string) map[string]bool {
	out := make(map[string]bool)
	for _, w := range strings.Fields(words) {
		out[w] = true
	}
	return out
}

// vendors are the prefixes that bluemonday takes off, in its order.
var vendors = []string{
	"-webkit-", "-moz-", "-ms-", "-o-", "mso-", "-xv-", "-atsc-", "-wap-", "-khtml-", "prince-", "-ah-", "-hp-", "-ro-", "-rim-", "-tc-",
}

// functions are those whose arguments are numbers, colours and words.
var functions = set("rgb rgba hsl hsla calc min max clamp linear-gradient radial-gradient repeating-linear-gradient -webkit-linear-gradient")

// maxStyle bounds one style attribute, maxNesting the functions inside each other.
const (
	maxStyle   = 64 << 10
	maxNesting = 4
)

// A declaration is one that may be written.
type declaration struct{ name, value string }

// style filters the declarations of a style attribute. resource says what becomes of a URL in it: another, or "" to take it out.
func style(v string, resource func(string) string) string {
	normal, important := cleanBlock(v, resource)
	return written(normal, important)
}

// cleanBlock reads the declarations of a block, those with "!important" apart: they come later in the cascade (CSS Cascade §6.1), and where
// everything stands in style attributes that is all that the word does.
func cleanBlock(v string, resource func(string) string) (normal, important []declaration) {
	if len(v) > maxStyle {
		return nil, nil
	}
	for _, d := range declarations(dropComments(v)) {
		name, value, found := strings.Cut(d, ":")
		name = strings.ToLower(strings.TrimSpace(name))
		if !found || !isProperty(name) {
			continue
		}
		value, urgent := cutImportant(value)
		value, ok := cleanValue(name, value, resource)
		switch {
		case !ok:
		case urgent:
			important = append(important, declaration{name, value})
		default:
			normal = append(normal, declaration{name, value})
		}
	}
	return normal, important
}

// cutImportant takes "!important" off a value.
func cutImportant(value string) (rest string, found bool) {
	at := strings.LastIndexByte(value, '!')
	if at < 0 || !strings.EqualFold(strings.TrimSpace(value[at+1:]), "important") {
		return value, false
	}
	return value[:at], true
}

// written is a style attribute of lists of declarations, of which the later prevail; "" when it would be too long to be read again.
func written(lists ...[]declaration) string {
	var out strings.Builder
	for _, list := range lists {
		for _, d := range list {
			if out.Len() > 0 {
				out.WriteString("; ")
			}
			out.WriteString(d.name + ": " + d.value)
		}
	}
	if out.Len() > maxStyle {
		return ""
	}
	return out.String()
}

func isProperty(name string) bool {
	for _, v := range vendors {
		name = strings.TrimPrefix(name, v)
	}
	return properties[name]
}

// dropComments takes comments out; one that never ends takes the rest with it, as in browsers.
func dropComments(v string) string {
	before, rest, found := strings.Cut(v, "/*")
	if !found {
		return v
	}
	var out strings.Builder
	for found {
		out.WriteString(before + " ")
		if _, rest, found = strings.Cut(rest, "*/"); !found {
			return out.String()
		}
		before, rest, found = strings.Cut(rest, "/*")
	}
	out.WriteString(before)
	return out.String()
}

// declarations cuts at semicolons outside quotes and parentheses (CSS Syntax §5).
func declarations(v string) (list []string) {
	start, depth, quote := 0, 0, byte(0)
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case c == '\\':
			i++
		case quote != 0:
			if c == quote || c == '\n' {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		case c == ';' && depth == 0:
			list = append(list, v[start:i])
			start = i + 1
		}
	}
	return append(list, v[start:])
}

// isCleanValue is the gate's view of a value: whether it may be what [style] writes.
func isCleanValue(name, value string) bool {
	foreign := false
	_, ok := cleanValue(name, value, func(u string) string {
		foreign = foreign || !valuePicture.MatchString(u)
		return u
	})
	return ok && !foreign
}

// cleanValue rebuilds a value from words, numbers, colours, strings and the functions that are known. Anything else refuses the
// declaration: escapes, which hide what a word is, blocks, at-rules, and numbers with more than five digits.
func cleanValue(name, value string, resource func(string) string) (clean string, ok bool) {
	value = strings.TrimSpace(value)
	if strings.HasPrefix(name, "margin") && hasNegative(value) {
		return "", false // it would draw the box over another (S10)
	}
	var out strings.Builder
	depth, was := 0, false // was: a URL was taken out
	for i := 0; i < len(value); {
		c := value[i]
		switch {
		case c == '"' || c == '\'':
			end := strings.IndexByte(value[i+1:], c)
			if end < 0 {
				return "", false
			}
			text := value[i+1 : i+1+end]
			if strings.ContainsAny(text, "\\<>{}\"'();@:") || strings.ContainsFunc(text, unicode.IsControl) {
				return "", false
			}
			out.WriteString("'" + text + "'")
			i += end + 2
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f':
			out.WriteByte(' ')
			i++
		case c == ',' || c == '/' || c == '*' && depth > 0:
			out.WriteByte(c)
			i++
		case c == ')' && depth > 0:
			depth--
			out.WriteByte(c)
			i++
		case isWordStart(value[i:]):
			word := value[i : i+wordLength(value[i:])]
			i += len(word)
			if i == len(value) || value[i] != '(' {
				if tooManyDigits(word) {
					return "", false
				}
				out.WriteString(word)
				continue
			}
			i++
			lower := strings.ToLower(word)
			if lower == "url" && depth == 0 {
				u, length, ok := cutURL(value[i:])
				if !ok {
					return "", false
				}
				i += length
				if u = resource(u); u == "" {
					was = true
					continue
				}
				out.WriteString("url(" + u + ")")
				continue
			}
			if depth++; !functions[lower] || depth > maxNesting {
				return "", false
			}
			out.WriteString(lower + "(")
		default:
			return "", false
		}
	}
	clean = strings.Join(strings.Fields(out.String()), " ")
	if depth != 0 || clean == "" || was && strings.Trim(clean, " ,") == "" {
		return "", false
	}
	return clean, true
}

// cutURL reads what stands in url(…), behind the parenthesis.
func cutURL(s string) (u string, length int, ok bool) {
	trimmed := strings.TrimLeft(s, " \t\r\n\f")
	skipped := len(s) - len(trimmed)
	if trimmed == "" {
		return "", 0, false
	}
	if q := trimmed[0]; q == '"' || q == '\'' {
		end := strings.IndexByte(trimmed[1:], q)
		if end < 0 {
			return "", 0, false
		}
		u = trimmed[1 : 1+end]
		rest := strings.TrimLeft(trimmed[end+2:], " \t\r\n\f")
		if !strings.HasPrefix(rest, ")") {
			return "", 0, false
		}
		length = len(s) - len(rest) + 1
	} else {
		end := strings.IndexByte(trimmed, ')')
		if end < 0 {
			return "", 0, false
		}
		u = strings.TrimSpace(trimmed[:end])
		length = skipped + end + 1
	}
	if strings.ContainsAny(u, "\\\"'()") {
		return "", 0, false
	}
	return u, length, true
}

// isWordStart says whether a word, a number, a colour or a sign of one begins.
func isWordStart(s string) bool { return wordLength(s) > 0 }

// wordLength counts letters of all scripts, digits, and what numbers, colours and names have between.
func wordLength(s string) int {
	n := 0
	for n < len(s) {
		c := s[n]
		if c < utf8.RuneSelf {
			if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.' || c == '%' || c == '#' || c == '+' {
				n++
				continue
			}
			break
		}
		r, size := utf8.DecodeRuneInString(s[n:])
		if !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) {
			break
		}
		n += size
	}
	return n
}

// tooManyDigits refuses numbers that are made to break a layout. Colours have six or eight.
func tooManyDigits(word string) bool {
	if strings.HasPrefix(word, "#") {
		return len(word) > 9
	}
	run := 0
	for i := 0; i < len(word); i++ {
		if word[i] < '0' || word[i] > '9' {
			if word[i] == '.' {
				return false // the fraction may be long
			}
			run = 0
			continue
		}
		if run++; run > 5 {
			return true
		}
	}
	return false
}

func hasNegative(value string) bool {
	for i := 0; i+1 < len(value); i++ {
		if c := value[i+1]; value[i] == '-' && (c >= '0' && c <= '9' || c == '.') && (i == 0 || strings.IndexByte(" \t\n,(", value[i-1]) >= 0) {
			return true
		}
	}
	return false
}
