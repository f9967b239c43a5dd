package web

import "strconv"

// helpPage is the keys and the words of the search box: GET /help.
type helpPage struct {
	frame
	Keys      []keyHelp
	Operators []keyHelp
}

type keyHelp struct {
	Key  string
	Text string
}

// keys are those of the script, in the order of the page.
var keys = []string{"j", "k", "o", "x", "s", "u", "escape", "c", "r", "a", "f", "z", "/", "#", "?", "ctrl_enter", "ctrl_s"}

// helpOperators are the words of the search box, as many as there are phrases.
const helpOperators = 12

func (s *site) help(v *visit) error {
	p := helpPage{frame: v.frame("help.title", "help")}
	for _, k := range keys {
		p.Keys = append(p.Keys, keyHelp{v.say("key.name." + k), v.say("key." + k)})
	}
	for i := range helpOperators {
		n := strconv.Itoa(i + 1)
		p.Operators = append(p.Operators, keyHelp{v.say("operator.name." + n), v.say("operator." + n)})
	}
	return v.show("help", p)
}
