package reports

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed wordings.txt
var wordingTable string

// A wording is a list of what is looked for in lower-case text.
type wording []string

// hit says whether a lower-case text contains one of them.
func (w wording) hit(text string) bool {
	for _, s := range w {
		if strings.Contains(text, s) {
			return true
		}
	}
	return false
}

// subjects are the wordings of wordings.txt.
type subjects struct {
	bounce, delay, waits                              wording
	replyBeginnings, absenceBeginnings, replyOpenings wording
	automatics, absences                              wording
}

var wordings = sync.OnceValue(func() *subjects {
	w := &subjects{}
	for _, s := range sections(wordingTable) {
		switch s.name {
		case "bounce subject":
			w.bounce = s.lines
		case "delay subject":
			w.delay = s.lines
		case "waits":
			w.waits = s.lines
		case "reply beginning":
			w.replyBeginnings = s.lines
		case "absence beginning":
			w.absenceBeginnings = s.lines
		case "reply opening":
			w.replyOpenings = s.lines
		case "automatic":
			w.automatics = s.lines
		case "absence":
			w.absences = s.lines
		}
	}
	return w
})
