package autoconfig

import "strings"

// Explain says to a person, in French or else in English, who named these servers and what that is worth: a few sentences in one line.
func (c Candidate) Explain(locale string) string {
	var lines []string
	for i, e := range c.Evidence {
		key := "evidence." + string(e.Source)
		if i > 0 {
			key = "also." + string(e.Source)
		}
		lines = append(lines, say(locale, key, "provider", c.Provider, "domain", e.Domain, "target", e.Target))
		if !e.Checked.IsZero() && i == 0 {
			lines = append(lines, say(locale, "checked", "date", e.Checked.Format(say(locale, "date"))))
		}
	}
	if c.Unsupported {
		return strings.Join(lines, " ")
	}
	if !c.SMTP.Known() {
		lines = append(lines, say(locale, "no_smtp"))
	}
	if c.OutsideDomain && len(c.Evidence) > 0 && c.Source != SourceTable {
		lines = append(lines, say(locale, "outside", "hosts", c.hosts(), "domain", c.Evidence[0].Domain))
	}
	if c.Confirm {
		lines = append(lines, say(locale, "confirm"))
	}
	return strings.Join(lines, " ")
}

// hosts are the names of the servers that lie outside of the domain.
func (c Candidate) hosts() string {
	domain := c.Evidence[0].Domain
	switch {
	case !outside(c.SMTP.Host, domain) || c.SMTP.Host == c.IMAP.Host:
		return c.IMAP.Host
	case !outside(c.IMAP.Host, domain):
		return c.SMTP.Host
	}
	return c.IMAP.Host + ", " + c.SMTP.Host
}

// Explain says to a person how the step ended, in French or else in English.
func (s Step) Explain(locale string) string {
	text := say(locale, "outcome."+string(s.Outcome))
	if s.Dropped && s.Outcome != Insecure {
		text += " " + say(locale, "dropped")
	}
	return text
}

// Name is what the step is called, for people.
func (s Step) Name(locale string) string { return say(locale, "source."+string(s.Source)) }

// say is the sentence for key in the language of locale, with pairs of names and values put in for {name}. There is none for a key that
// does not exist.
func say(locale, key string, pairs ...string) string {
	lang, _, _ := strings.Cut(strings.ReplaceAll(locale, "_", "-"), "-")
	text := sentences[key].en
	if strings.EqualFold(lang, "fr") {
		text = frenchSpaces.Replace(sentences[key].fr)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		text = strings.ReplaceAll(text, "{"+pairs[i]+"}", pairs[i+1])
	}
	return text
}

// frenchSpaces are those at which a line must not break.
var frenchSpaces = strings.NewReplacer(" ;", "\u202f;", " !", "\u202f!", " ?", "\u202f?", " :", "\u00a0:", "« ", "«\u00a0", " »", "\u00a0»")
