package mimemail

import (
	"strings"
	"time"
)

// A Calendar is what the first event of a text/calendar part says (RFC 5545), enough to name the part. Texts are on one line.
type Calendar struct {
	Method  string    // "REQUEST", "REPLY", "CANCEL" … (RFC 5546 §1.4), upper case; empty when not stated
	Summary string    // at most 8 KiB
	UID     string    // at most 998 octets
	Start   time.Time // what the clock shows in Zone, in time.UTC; zero when not stated or unreadable
	Zone    string    // "UTC", the name of a zone as the sender wrote it, or empty for wherever one is
	AllDay  bool      // Start is a date
}

const (
	maxCalendar  = 64 << 10 // octets of one that are looked at
	maxCalendars = 4        // of one mail
)

// parseCalendar reads the first event. It is nil for what is no calendar.
func parseCalendar(text string) *Calendar {
	text = strings.NewReplacer("\n ", "", "\n\t", "").Replace(newlines(cut(text, maxCalendar))) // unfolded, RFC 5545 §3.1
	var c *Calendar
	event, done := false, false
	depth := 0 // of components inside the event, such as alarms
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		name, value := cutProperty(line)
		name, param, _ := strings.Cut(name, ";")
		name = strings.ToUpper(name)
		component := strings.ToUpper(strings.TrimSpace(value))
		switch {
		case name == "BEGIN" && component == "VCALENDAR" && c == nil:
			c = &Calendar{}
		case c == nil:
		case name == "METHOD" && c.Method == "":
			c.Method = strings.ToUpper(cut(oneLine(value), 64))
		case name == "BEGIN" && !event && !done && (component == "VEVENT" || component == "VTODO"):
			event = true
		case name == "BEGIN" && event:
			depth++
		case name == "END" && event && depth > 0:
			depth--
		case name == "END" && event:
			event, done = false, true
		case !event || depth > 0:
		case name == "SUMMARY" && c.Summary == "":
			c.Summary = cut(oneLine(calendarText(value)), maxSubject)
		case name == "UID" && c.UID == "":
			c.UID = cut(oneLine(value), maxIDLength)
		case name == "DTSTART" && c.Start.IsZero():
			c.start(param, strings.TrimSpace(value))
		}
	}
	return c
}

// cutProperty divides a line at the colon that is not in a quoted parameter.
func cutProperty(line string) (name, value string) {
	quoted := false
	for i := range len(line) {
		switch line[i] {
		case '"':
			quoted = !quoted
		case ':':
			if !quoted {
				return line[:i], line[i+1:]
			}
		}
	}
	return line, ""
}

func (c *Calendar) start(param, value string) {
	for _, p := range strings.Split(param, ";") {
		if len(p) > 5 && strings.EqualFold(p[:5], "TZID=") {
			c.Zone = cut(oneLine(strings.Trim(p[5:], `"`)), 255)
		}
	}
	for _, layout := range []string{"20060102T150405", "20060102T150405Z", "20060102"} {
		t, err := time.Parse(layout, strings.ToUpper(value))
		if err != nil {
			continue
		}
		c.Start, c.AllDay = t, len(layout) == 8
		if strings.HasSuffix(layout, "Z") {
			c.Zone = "UTC"
		}
		return
	}
}

// calendarText undoes the escapes of RFC 5545 §3.3.11.
func calendarText(s string) string {
	return strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\N`, "\n", `\,`, ",", `\;`, ";").Replace(s)
}

// readCalendars says what the calendars among the parts are about.
func (m *Message) readCalendars(leaves []*leaf) {
	for _, l := range leaves {
		if len(l.head) == 0 || !isCalendar(l.MediaType) {
			continue
		}
		text, _ := decodeText(l.head, l.Charset, false)
		c := parseCalendar(text)
		if c == nil {
			continue
		}
		for i := range m.Parts {
			if m.Parts[i].Path == l.Path {
				m.Parts[i].Calendar = c
			}
		}
	}
}

func isCalendar(mediaType string) bool {
	return mediaType == "text/calendar" || mediaType == "application/ics"
}
