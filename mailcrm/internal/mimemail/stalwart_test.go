package mimemail

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// An expectedParse is what another parser, of which the corpora hold the answers, read from a mail.
type expectedParse struct {
	HTMLBody    []int          `json:"html_body"`
	TextBody    []int          `json:"text_body"`
	Attachments []int          `json:"attachments"`
	Parts       []expectedPart `json:"parts"`
}

type expectedPart struct {
	Headers []struct {
		Name  json.RawMessage `json:"name"`
		Value json.RawMessage `json:"value"`
	} `json:"headers"`
	Body map[string]json.RawMessage `json:"body"`
}

// text is the decoded text of a text part.
func (p *expectedPart) text(t testing.TB) (s string, isHTML, ok bool) {
	for kind, raw := range p.Body {
		if kind == "Text" || kind == "Html" {
			require.NoError(t, json.Unmarshal(raw, &s))
			return s, kind == "Html", true
		}
	}
	return "", false, false
}

// unread says whether that header field is there and they made nothing of it.
func (p *expectedPart) unread(name string) bool {
	for _, h := range p.Headers {
		var field, value string
		if json.Unmarshal(h.Name, &field) == nil && field == name && json.Unmarshal(h.Value, &value) == nil && value == "Empty" {
			return true
		}
	}
	return false
}

// states says whether the part has that header field.
func (p *expectedPart) states(name string) bool {
	for _, h := range p.Headers {
		var field string
		if json.Unmarshal(h.Name, &field) == nil && field == name {
			return true
		}
	}
	return false
}

// name is the file name that the part states.
func (p *expectedPart) name(t testing.TB) string {
	found := map[string]string{}
	for _, h := range p.Headers {
		var field string
		if json.Unmarshal(h.Name, &field) != nil || field != "content_type" && field != "content_disposition" {
			continue
		}
		var v struct {
			ContentType *struct {
				Attributes []struct{ Name, Value string }
			}
		}
		if json.Unmarshal(h.Value, &v) != nil || v.ContentType == nil {
			continue
		}
		for _, a := range v.ContentType.Attributes {
			if a.Name == "name" || a.Name == "filename" {
				found[field] = a.Value
			}
		}
	}
	if n := found["content_disposition"]; n != "" {
		return n
	}
	return found["content_type"]
}

// explained are the mails on which we do not agree, and why.
var explained = map[string]string{
	"malformed/009.eml": "theirs do not see an outer boundary inside a multipart that was never closed, and show the header that follows as text (RFC 2046 §5.1.2)",
	"malformed/012.eml": "the same with forwarded mails: three of them to us, two to them",
	"malformed/019.eml": "a mail overwritten by pieces of itself: text without an empty line before it is text to us, and nothing to them",
}

// alike are the differences that are none to a reader; compare counts them as agreement unless it is strict.
//
//   - White space at the end, and line ends, do not count; nor does a text of nothing without a name.
//   - U+FFFD is a character that they could not decode (raw Latin-1 in a name, or under another label); ours is what it was.
//   - Where they could not read a Content-Disposition at all, the name that it states is no difference.
//   - They take each backslash in a quoted file name for an escape: C:\TEMP\a.png is C:TEMPa.png to them.
//   - A text without a name whose multipart was never closed is no body to them but an attachment without a name; to us it is the text to
//     read, with the defect noted. The octets must be the same.
//
// TestAgreesWithStalwart compares bodies and attachments with the answers of stalwart-mail-parser on its own test mails, on each with LF and
// with CRLF, and on the mails forwarded in them: every mail agrees or is explained, and 95 of 100 agree. A mail that is there twice counts
// once.
func TestAgreesWithStalwart(t *testing.T) {
	root := filepath.Join(corpora(t), "stalwart-mail-parser", "resources", "eml")
	files, err := filepath.Glob(filepath.Join(root, "*", "*.eml"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	var all, inside tally
	seen := map[string]bool{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		name, err := filepath.Rel(root, file)
		require.NoError(t, err)
		name = filepath.ToSlash(name)
		if seen[string(raw)] {
			continue
		}
		seen[string(raw)] = true
		lf, lfInside := agreement(t, name, raw, strings.TrimSuffix(file, ".eml")+".json")
		crlf, crlfInside := agreement(t, name, bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n")), strings.TrimSuffix(file, ".eml")+".crlf.json")
		all.add(lf.and(crlf))
		for i := range lfInside {
			require.Len(t, crlfInside, len(lfInside), name)
			inside.add(lfInside[i].and(crlfInside[i]))
		}
	}
	t.Logf("mails %v", all)
	t.Logf("mails forwarded in them %v", inside)
	require.GreaterOrEqual(t, float64(all.agree), 0.95*float64(all.mails))
}

// A tally counts mails: all, those that agree to a reader, and those that agree to the octet.
type tally struct{ mails, agree, octets int }

func (t *tally) add(u tally) {
	t.mails, t.agree, t.octets = t.mails+u.mails, t.agree+u.agree, t.octets+u.octets
}

// and is one mail that was read twice.
func (t tally) and(u tally) tally { return tally{1, min(t.agree, u.agree), min(t.octets, u.octets)} }

func (t tally) String() string {
	return fmt.Sprintf("%d, agree %d (%.1f %%), to the octet %d", t.mails, t.agree, 100*float64(t.agree)/float64(max(t.mails, 1)), t.octets)
}

// agreement compares one mail with its answer, and those forwarded in it.
func agreement(t *testing.T, name string, raw []byte, answer string) (self tally, inside []tally) {
	text, err := os.ReadFile(answer)
	require.NoError(t, err)
	var want expectedParse
	require.NoError(t, json.Unmarshal(text, &want), answer)
	return agrees(t, name, raw, &want)
}

func agrees(t *testing.T, name string, raw []byte, want *expectedParse) (self tally, inside []tally) {
	m, err := Parse(bytes.NewReader(raw), nil)
	require.NoError(t, err)
	self = tally{mails: 1}
	if differs := compare(t, m, want, true); differs == "" {
		self.octets = 1
	}
	if differs := compare(t, m, want, false); differs == "" {
		self.agree = 1
	} else {
		require.NotEmpty(t, explained[name], "%s: %s", name, differs)
		t.Logf("%s: %s", name, explained[name])
		return self, nil
	}
	var forwarded []Part
	for _, p := range m.Parts {
		if isMessage(p.MediaType) {
			forwarded = append(forwarded, p)
		}
	}
	for i := range want.Parts {
		body, ok := want.Parts[i].Body["Message"]
		if !ok || string(body) == "null" {
			continue
		}
		var within expectedParse
		require.NoError(t, json.Unmarshal(body, &within), name)
		require.NotEmpty(t, forwarded, name)
		_, r, err := OpenPart(bytes.NewReader(raw), forwarded[0].Path)
		require.NoError(t, err)
		octets, err := io.ReadAll(r)
		require.NoError(t, err)
		forwarded = forwarded[1:]
		one, more := agrees(t, name, octets, &within)
		inside = append(append(inside, one), more...)
	}
	return self, inside
}

// compare says what differs, or "".
func compare(t *testing.T, m *Message, want *expectedParse, strict bool) string {
	ours := func(inText bool) (out []string) {
		for _, b := range m.Bodies {
			if (inText && b.InText || !inText && b.InHTML) && (strict || strings.TrimSpace(b.Text) != "") {
				out = append(out, trimmed(b.Text))
			}
		}
		return out
	}
	var aside []int // texts that are attachments to them because they were never closed
	for _, i := range want.Attachments {
		p := &want.Parts[i]
		if _, _, ok := p.text(t); ok && !strict && p.name(t) == "" && !p.states("content_disposition") && !slices.Contains(want.TextBody, i) {
			aside = append(aside, i)
		}
	}
	theirs := func(list []int) (out []string) {
		list = slices.Concat(list, aside)
		slices.Sort(list)
		for _, i := range list {
			if s, _, ok := want.Parts[i].text(t); ok && (strict || strings.TrimSpace(s) != "") {
				out = append(out, trimmed(s))
			}
		}
		return out
	}
	same := func(ours, theirs string) bool { return ours == theirs || !strict && undecoded(ours, theirs) }
	if a, b := ours(true), theirs(want.TextBody); !slices.EqualFunc(a, b, same) {
		return "text bodies: " + showDiff(a, b)
	}
	if a, b := ours(false), theirs(want.HTMLBody); !slices.EqualFunc(a, b, same) {
		return "html bodies: " + showDiff(a, b)
	}
	var names, theirNames []string
	for _, p := range m.Parts {
		switch {
		case p.Body || !p.Attachment && !p.Inline:
		case strict:
			names = append(names, p.RawFileName)
		default:
			names = append(names, strings.ReplaceAll(p.RawFileName, `\`, ""))
		}
	}
	listed := slices.Clone(want.Attachments)
	for _, list := range [][]int{want.TextBody, want.HTMLBody} {
		for _, i := range list {
			if _, _, ok := want.Parts[i].text(t); !ok && !slices.Contains(listed, i) {
				listed = append(listed, i) // pictures between texts
			}
		}
	}
	slices.Sort(listed)
	for _, i := range listed {
		if slices.Contains(aside, i) {
			continue
		}
		theirNames = append(theirNames, want.Parts[i].name(t))
		if at := len(theirNames) - 1; !strict && theirNames[at] == "" && want.Parts[i].unread("content_disposition") && at < len(names) {
			theirNames[at] = names[at]
		}
	}
	if !slices.EqualFunc(names, theirNames, same) {
		return "attachments: " + showDiff(names, theirNames)
	}
	return ""
}

// undecoded says whether theirs is ours but for characters that they could not decode.
func undecoded(ours, theirs string) bool {
	if !strings.Contains(theirs, "\ufffd") {
		return false
	}
	pattern := regexp.MustCompile("\ufffd+").ReplaceAllString(regexp.QuoteMeta(theirs), `[^\x00-\x7f]+`)
	return regexp.MustCompile(`^(?:` + pattern + `)$`).MatchString(ours)
}

func trimmed(s string) string { return strings.TrimRight(newlines(s), "\n ") }

func showDiff(a, b []string) string {
	q := func(list []string) string {
		var out []string
		for _, s := range list {
			out = append(out, cut(s, 300))
		}
		j, _ := json.Marshal(out)
		return string(j)
	}
	return "ours " + q(a) + " theirs " + q(b)
}
