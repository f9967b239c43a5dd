package web

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/storage"
)

// errNoPage is for addresses that lead nowhere.
var errNoPage = fmt.Errorf("no such page: %w", mailcrm.ErrNotFound)

// A frame is what every page shows around its own content, and what its forms need. Page structs embed it.
type frame struct {
	Lang   language
	Other  language // to switch to
	Title  string
	Active string // of the navigation: "inbox", "records" …
	Token  string // of forms
	Here   string // path and query of this page, to come back to
	Search string // what stands in the search box
	Folder bool   // a folder of the tree is shown
	Agent  string
	Demo   bool
	Notice *notice
	Side   sidebar
}

// A notice says what was just done, and offers to undo it.
type notice struct {
	Text string
	Bad  bool
	Undo *button
	Link *pair // where to look: what to call it, and its address
}

// A button is a form of one button: a POST with hidden fields.
type button struct {
	Action string
	Label  string
	Fields []pair
	Token  string
}

type pair struct{ Name, Value string }

// frame begins a page: its title is a phrase of the catalogue.
func (v *visit) frame(title, active string) frame {
	f := frame{
		Lang: v.lang, Title: v.say(title), Active: active, Token: v.site.cfg.People.Token(v.r), Here: v.here(),
		Agent: v.agentName(v.actor.Agent), Demo: v.site.cfg.Demo,
	}
	for _, l := range languages {
		if l != v.lang {
			f.Other = l
		}
	}
	if done := v.query("done"); done != "" && known("done."+done) {
		f.Notice = &notice{Text: v.say("done." + done)}
	}
	f.Side = v.sidebar()
	return f
}

// here is the page's own address without what was just done: coming back to it does not say that again. A page that answers a POST has the address of
// its form.
func (v *visit) here() string {
	u := *v.r.URL
	q := u.Query()
	for _, passing := range []string{"undo", "name", "sent"} {
		q.Del(passing)
	}
	if q.Get("done") == "filed" {
		for _, passing := range []string{"tree", "folder", "file"} {
			q.Del(passing)
		}
	}
	q.Del("done")
	u.RawQuery = q.Encode()
	if v.r.Method == http.MethodPost || !local(u.RequestURI()) {
		return u.Path
	}
	return u.RequestURI()
}

// undo is a button that takes back what a notice tells.
func (f *frame) undo(label, action string, fields ...pair) {
	if f.Notice != nil {
		f.Notice.Undo = &button{Action: action, Label: label, Fields: fields, Token: f.Token}
	}
}

// cut shortens a text to n runes, for titles.
func cut(s string, n int) string {
	r := []rune(strings.TrimSpace(s))
	if len(r) <= n {
		return string(r)
	}
	return strings.TrimSpace(string(r[:n-1])) + "…"
}

// agentName is what to call an agent.
func (v *visit) agentName(id string) string {
	if id == storage.SystemAgent {
		return v.say("agent.system")
	}
	return v.site.cfg.People.Name(id)
}
