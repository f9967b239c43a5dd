package mimemail

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func invitation(lines ...string) string {
	return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VTIMEZONE\r\nTZID:Europe/Paris\r\nBEGIN:STANDARD\r\nDTSTART:16010101T030000\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\n" +
		strings.Join(lines, "\r\n") + "\r\nBEGIN:VALARM\r\nSUMMARY:alarm\r\nUID:alarm\r\nEND:VALARM\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:second\r\nUID:2\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
}

func TestParseCalendar(t *testing.T) {
	at := time.Date(2026, 3, 3, 10, 15, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		text string
		want *Calendar
	}{
		"zone":            {invitation("UID:1@x", `SUMMARY;LANGUAGE=fr:Réunion\, devis\; suite\n2`, `DTSTART;TZID="Europe/Paris":20260303T101500`), &Calendar{"REQUEST", "Réunion, devis; suite 2", "1@x", at, "Europe/Paris", false}},
		"UTC":             {invitation("UID:1@x", "DTSTART:20260303T101500Z"), &Calendar{"REQUEST", "", "1@x", at, "UTC", false}},
		"anywhere":        {invitation("DTSTART:20260303T101500"), &Calendar{"REQUEST", "", "", at, "", false}},
		"a day":           {invitation("DTSTART;VALUE=DATE:20260303"), &Calendar{"REQUEST", "", "", time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC), "", true}},
		"folded":          {invitation("SUMMARY:one\r\n  two\r\n\tthree"), &Calendar{Method: "REQUEST", Summary: "one twothree"}},
		"colon in quotes": {invitation(`SUMMARY;ALTREP="http://x:80":yes`), &Calendar{Method: "REQUEST", Summary: "yes"}},
		"unreadable":      {invitation("DTSTART:tomorrow"), &Calendar{Method: "REQUEST"}},
		"bare LF":         {strings.ReplaceAll(invitation("SUMMARY:x"), "\r\n", "\n"), &Calendar{Method: "REQUEST", Summary: "x"}},
		"empty":           {"BEGIN:VCALENDAR", &Calendar{}},
		"none":            {"SUMMARY:x", nil},
	} {
		require.Equal(t, c.want, parseCalendar(c.text), name)
	}
}

func TestCalendarPart(t *testing.T) {
	mail := "Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\nCome!\r\n--b\r\nContent-Type: text/calendar; charset=utf-8; method=REQUEST\r\n\r\n" + invitation("UID:1@x", "SUMMARY:Réunion") + "\r\n--b--\r\n"
	m := parse(t, mail)
	require.Equal(t, "Come!", m.Text)
	require.Equal(t, []string{"2 invite.ics"}, names(m.Attachments()))
	require.Equal(t, &Calendar{Method: "REQUEST", Summary: "Réunion", UID: "1@x"}, m.Parts[1].Calendar)
	p, _, err := OpenPart(strings.NewReader(mail), "2")
	require.NoError(t, err)
	require.Equal(t, "invite.ics", p.FileName)
	require.Nil(t, m.Parts[0].Calendar)
	require.NotNil(t, parse(t, "Content-Type: text/calendar\r\n\r\n"+invitation(strings.Repeat("X-A:b\r\n", 100_000))).Parts[0].Calendar)
}

// FuzzCalendar reads whatever comes: no panic, clean lines.
func FuzzCalendar(f *testing.F) {
	f.Add(invitation("UID:1@x", `SUMMARY;LANGUAGE=fr:a\, b`, `DTSTART;TZID="Europe/Paris":20260303T101500`))
	f.Fuzz(func(t *testing.T, s string) {
		if c := parseCalendar(strings.ToValidUTF8(s, "")); c != nil {
			for _, line := range []string{c.Method, c.Summary, c.UID, c.Zone} {
				require.NotContains(t, line, "\n")
				require.LessOrEqual(t, len(line), maxSubject)
			}
		}
	})
}
