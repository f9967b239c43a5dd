package safehtml

import (
	"net/url"
	"regexp"
	"sync"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html/atom"
)

// kept are the elements that lay out text. Of every other element only the content is kept, see [dropped].
var kept = map[atom.Atom]bool{
	atom.A: true, atom.Abbr: true, atom.Acronym: true, atom.Address: true, atom.Article: true, atom.Aside: true, atom.B: true, atom.Bdi: true,
	atom.Bdo: true, atom.Big: true, atom.Blockquote: true, atom.Br: true, atom.Caption: true, atom.Center: true, atom.Cite: true, atom.Code: true,
	atom.Col: true, atom.Colgroup: true, atom.Dd: true, atom.Del: true, atom.Details: true, atom.Dfn: true, atom.Dir: true, atom.Div: true,
	atom.Dl: true, atom.Dt: true, atom.Em: true, atom.Figcaption: true, atom.Figure: true, atom.Font: true, atom.Footer: true, atom.H1: true,
	atom.H2: true, atom.H3: true, atom.H4: true, atom.H5: true, atom.H6: true, atom.Header: true, atom.Hgroup: true, atom.Hr: true, atom.I: true,
	atom.Img: true, atom.Ins: true, atom.Kbd: true, atom.Li: true, atom.Main: true, atom.Mark: true, atom.Menu: true, atom.Nav: true, atom.Ol: true,
	atom.P: true, atom.Pre: true, atom.Q: true, atom.Rp: true, atom.Rt: true, atom.Ruby: true, atom.S: true, atom.Samp: true, atom.Section: true,
	atom.Small: true, atom.Span: true, atom.Strike: true, atom.Strong: true, atom.Sub: true, atom.Summary: true, atom.Sup: true, atom.Table: true,
	atom.Tbody: true, atom.Td: true, atom.Tfoot: true, atom.Th: true, atom.Thead: true, atom.Time: true, atom.Tr: true, atom.Tt: true, atom.U: true,
	atom.Ul: true, atom.Var: true, atom.Wbr: true,
}

// dropped are the elements whose content is not text for a reader. SVG and MathML are dropped by their namespace. What stands in media and
// objects is for those who do not see them, which are all.
var dropped = map[atom.Atom]bool{
	atom.Area: true, atom.Datalist: true, atom.Embed: true, atom.Frame: true, atom.Head: true, atom.Iframe: true, atom.Input: true, atom.Math: true,
	atom.Noembed: true, atom.Noframes: true, atom.Param: true, atom.Script: true, atom.Select: true, atom.Source: true, atom.Style: true, atom.Svg: true,
	atom.Template: true, atom.Textarea: true, atom.Title: true, atom.Track: true,
}

// renamed are the elements that are written as others, so that no parser reads their content by rules of their own.
var renamed = map[atom.Atom]string{atom.Xmp: "pre", atom.Listing: "pre", atom.Plaintext: "pre", atom.Body: "div"}

// An attribute is allowed on some elements, or on all, with values of one kind.
type attribute struct {
	on    []string // nil: all
	value *regexp.Regexp
}

// The kinds of values. Each is anchored: bluemonday looks for a match anywhere.
var (
	valueWord    = regexp.MustCompile(`^[a-zA-Z]{1,16}$`)
	valueLength  = regexp.MustCompile(`^(\d{1,5}(\.\d{1,3})?(px|pt|em|%)?|\*)$`)
	valueNumber  = regexp.MustCompile(`^[+-]?\d{1,5}$`)
	valueColor   = regexp.MustCompile(`^(#?[0-9a-zA-Z]{1,24}|rgba?\([0-9., %]{1,40}\))$`)
	valueText    = regexp.MustCompile(`^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$`)
	valueFont    = regexp.MustCompile(`^[\p{L}\p{N} _,'".-]+$`)
	valueLang    = regexp.MustCompile(`^[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8}){0,4}$`)
	valueBool    = regexp.MustCompile(`^[a-zA-Z]{0,12}$`)
	valueList    = regexp.MustCompile(`^(1|a|A|i|I|disc|circle|square)$`)
	valueRole    = regexp.MustCompile(`^(presentation|none|article|heading|img|list|listitem|separator)$`)
	valueDate    = regexp.MustCompile(`^[0-9TZWP:+. -]{1,40}$`)
	valueLink    = regexp.MustCompile(`^(https?://[^\x00-\x20"<>\\^` + "`" + `{|}]+|(mailto|tel):[^\x00-\x20"<>\\^` + "`" + `{|}]*)$`)
	valuePicture = regexp.MustCompile(`^(cid:[0-9A-Za-z%._~!$&'*+=@:/?-]{1,1000}|data:image/(png|gif|jpeg|webp|bmp);base64,[0-9A-Za-z+/]+={0,2})$`)
	valueTarget  = regexp.MustCompile(`^_blank$`)
	valueRel     = regexp.MustCompile(`^noopener noreferrer nofollow$`)
)

// attributes are all that may stand in a tag, but style. An attribute that names, refers, submits or runs is not among them.
var attributes = map[string]attribute{
	"align": {nil, valueWord}, "valign": {nil, valueWord}, "width": {nil, valueLength}, "height": {nil, valueLength}, "bgcolor": {nil, valueColor},
	"border": {[]string{"table", "img"}, valueLength}, "cellpadding": {[]string{"table"}, valueLength}, "cellspacing": {[]string{"table"}, valueLength},
	"bordercolor": {[]string{"table", "td", "th", "tr"}, valueColor}, "rules": {[]string{"table"}, valueWord}, "frame": {[]string{"table"}, valueWord},
	"summary": {[]string{"table"}, valueText}, "scope": {[]string{"td", "th"}, valueWord}, "abbr": {[]string{"td", "th"}, valueText},
	"colspan": {[]string{"td", "th"}, valueNumber}, "rowspan": {[]string{"td", "th"}, valueNumber}, "span": {[]string{"col", "colgroup"}, valueNumber},
	"nowrap": {[]string{"td", "th", "tr", "div"}, valueBool}, "background": {[]string{"table", "tbody", "tr", "td", "th"}, valuePicture},
	"hspace": {[]string{"img", "table"}, valueNumber}, "vspace": {[]string{"img", "table"}, valueNumber}, "src": {[]string{"img"}, valuePicture},
	"alt": {[]string{"img"}, valueText}, "color": {[]string{"font", "hr"}, valueColor}, "face": {[]string{"font"}, valueFont},
	"size": {[]string{"font", "hr"}, valueNumber}, "noshade": {[]string{"hr"}, valueBool}, "clear": {[]string{"br"}, valueWord},
	"type": {[]string{"ol", "ul", "li"}, valueList}, "start": {[]string{"ol"}, valueNumber}, "value": {[]string{"li"}, valueNumber},
	"reversed": {[]string{"ol"}, valueBool}, "compact": {[]string{"ol", "ul", "dl", "menu", "dir"}, valueBool}, "open": {[]string{"details"}, valueBool},
	"datetime": {[]string{"time", "del", "ins"}, valueDate}, "href": {[]string{"a"}, valueLink}, "target": {[]string{"a"}, valueTarget},
	"rel": {[]string{"a"}, valueRel}, "title": {nil, valueText}, "dir": {nil, valueWord}, "lang": {nil, valueLang}, "role": {nil, valueRole},
	"hidden": {nil, valueBool},
}

// allows says whether an element may have an attribute with that value.
func allows(element, name, value string) bool {
	a, ok := attributes[name]
	if !ok || !a.value.MatchString(value) {
		return false
	}
	if a.on == nil {
		return true
	}
	for _, e := range a.on {
		if e == element {
			return true
		}
	}
	return false
}

// gate is the policy: a table, built when it is first needed, of the lists above and of [properties].
var gate = sync.OnceValue(func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	var elements []string
	for e := range kept {
		elements = append(elements, e.String())
	}
	p.AllowNoAttrs().OnElements(elements...)
	for name, a := range attributes {
		on := a.on
		if on == nil {
			on = elements
		}
		p.AllowAttrs(name).Matching(a.value).OnElements(on...)
	}
	p.RequireParseableURLs(true)
	p.AllowRelativeURLs(false)
	p.AllowURLSchemes("http", "https", "mailto", "tel", "cid")
	p.AllowURLSchemeWithCustomPolicy("data", func(u *url.URL) bool { return valuePicture.MatchString(u.String()) })
	for name := range properties {
		p.AllowStyles(name).MatchingHandler(func(value string) bool { return isCleanValue(name, value) }).Globally()
	}
	return p
})
