package web

import (
	"strings"

	"github.com/mailcrm/sdk/mailcrm"
)

// formErrors are what is wrong with a form, by the name of the field.
type formErrors map[string]string

// Has reports whether anything is wrong.
func (e formErrors) Has() bool { return len(e) > 0 }

// fieldText is the sentence for a field that must be changed. The library's codes are stable; its own sentence is English, and is shown when a code has none here.
func (v *visit) fieldText(e *mailcrm.FieldError) string {
	code := e.Code
	if known("field." + e.Field + "." + code) {
		return v.say("field." + e.Field + "." + code)
	}
	if known("field." + code) {
		return v.say("field." + code)
	}
	if v.lang == english && e.Reason != "" {
		return strings.ToUpper(e.Reason[:1]) + e.Reason[1:] + "."
	}
	return v.say("field.invalid")
}

// An option of a select.
type option struct {
	Value    string
	Label    string
	Selected bool
}

func options(chosen string, pairs ...string) []option {
	var out []option
	for i := 0; i+1 < len(pairs); i += 2 {
		out = append(out, option{Value: pairs[i], Label: pairs[i+1], Selected: pairs[i] == chosen})
	}
	return out
}
