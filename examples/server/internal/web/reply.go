package web

import (
	"strings"
	"unicode"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/storage"
)

// reply is POST /message/{id}/reply: it begins an answer with the template that is chosen for answers, in the language of the mail, and shows it.
func (s *site) reply(v *visit) error {
	in := mailcrm.ReplyInput{Message: v.r.PathValue("id"), All: v.field("op") == "all", Forward: v.field("op") == "forward"}
	m, err := v.mail.Messages.Get(v.ctx(), in.Message)
	if err != nil {
		return err
	}
	d, err := v.mail.Drafts.Reply(v.ctx(), in)
	if err != nil {
		return err
	}
	if !in.Forward {
		spoken := tongue(m.Text)
		if spoken == "" {
			spoken = v.lang
		}
		if id := v.defaultTemplate("reply", spoken, d.Entity.Kind); id != "" {
			if err := v.useTemplate(&d.DraftInput, id, ""); err != nil {
				return err
			}
			if _, err := v.mail.Drafts.Update(v.ctx(), d.DraftInput); err != nil {
				return err
			}
		}
	}
	return v.to("/drafts/" + d.ID)
}

// defaultTemplate is the one that opens with a page, for records of a kind, or "". One in the language wanted comes before one in another.
func (v *visit) defaultTemplate(page string, lang language, kind storage.Kind) string {
	all, err := v.mail.Templates.List(v.ctx(), page, "")
	if err != nil {
		return ""
	}
	other := ""
	for _, t := range all {
		if !t.Default || t.Page != page || t.Kind != kind {
			continue
		}
		if t.Language == string(lang) {
			return t.ID
		}
		if t.Language == "" || other == "" {
			other = t.ID
		}
	}
	return other
}

// smallWords are the words by which a language is told.
var smallWords = map[string]language{
	"le": french, "la": french, "les": french, "des": french, "une": french, "est": french, "et": french, "nous": french, "vous": french, "pour": french,
	"dans": french, "que": french, "avec": french, "bonjour": french, "merci": french, "votre": french, "notre": french, "je": french,
	"the": english, "and": english, "you": english, "for": english, "with": english, "is": english, "are": english, "we": english, "our": english,
	"your": english, "to": english, "of": english, "this": english, "that": english, "hello": english, "dear": english, "thank": english, "thanks": english,
}

// maxWords is how much of a text is read to tell its language.
const maxWords = 400

// tongue is the language of a text, or "" when it cannot be told. Quotations do not count.
func tongue(text string) language {
	count := map[language]int{}
	read := 0
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, ">") {
			continue
		}
		for word := range strings.FieldsFuncSeq(strings.ToLower(line), func(r rune) bool { return !unicode.IsLetter(r) }) {
			if l, known := smallWords[word]; known {
				count[l]++
			}
			if read++; read > maxWords {
				break
			}
		}
	}
	switch f, e := count[french], count[english]; {
	case f > e:
		return french
	case e > f:
		return english
	}
	return ""
}
