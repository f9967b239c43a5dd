package mimemail

import (
	"net/mail"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestParseDate(t *testing.T) {
	for in, want := range map[string]string{
		"Tue, 3 Mar 2026 10:00:00 +0100":         "2026-03-03T10:00:00+01:00",
		"3 Mar 2026 10:00 +0100":                 "2026-03-03T10:00:00+01:00",
		"Tue, 03 Mar 2026 10:00:00 +0100 (CET)":  "2026-03-03T10:00:00+01:00",
		"Tue 3 Mar 2026 10:00:00 GMT":            "2026-03-03T10:00:00Z",
		"Tue, 3 Mar 2026 10:00:00 EST":           "2026-03-03T10:00:00-05:00",
		"Tue, 3 Mar 2026 10:00:00 EST5EDT":       "2026-03-03T10:00:00-05:00",
		"Tue, 3 Mar 2026 10:00:00 GMT+0200":      "2026-03-03T10:00:00+02:00",
		"Tue, 3 Mar 2026 10:00:00 +01:00":        "2026-03-03T10:00:00+01:00",
		"Tue, 3 Mar 2026 10:00:00+0100":          "2026-03-03T10:00:00+01:00",
		"Tue, 3 Mar 2026 10:00:00":               "2026-03-03T10:00:00Z",
		"Tue, 3 Mar 2026 10:00:00.123 -0330":     "2026-03-03T10:00:00-03:30",
		"Tue, 3 Mar 26 10:00:00 +0000":           "2026-03-03T10:00:00Z",
		"Tue, 3 Mar 99 10:00:00 +0000":           "1999-03-03T10:00:00Z",
		"Tue, 3 Mar 126 10:00:00 +0000":          "2026-03-03T10:00:00Z",
		"Tue Mar  3 10:00:00 2026":               "2026-03-03T10:00:00Z",
		"Tue Mar  3 10:00:00 CET 2026":           "2026-03-03T10:00:00+01:00",
		"3-Mar-2026 10:00:00 +0100":              "2026-03-03T10:00:00+01:00",
		"2026-03-03T10:00:00+01:00":              "2026-03-03T10:00:00+01:00",
		"2026-03-03 10:00:00":                    "2026-03-03T10:00:00Z",
		"Tuesday, 3 March 2026 10:00:00 +0100":   "2026-03-03T10:00:00+01:00",
		"Tue, 3 Mar 2026":                        "2026-03-03T00:00:00Z",
		"Tue, 3 Mar 2026 10:00:00 +9999":         "2026-03-03T10:00:00Z",
		"Tue, 3 Mar 2026 23:59:60 +0000":         "2026-03-04T00:00:00Z",
		"Tue, 31 Feb 2026 10:00:00 +0000":        "",
		"Tue, 3 Bog 2026 10:00:00 +0000":         "",
		"Tue, 3 Mar 2026 25:00:00 +0000":         "",
		"yesterday":                              "",
		"":                                       "",
		"99999999999999999999 Mar 2026 10:00:00": "",
	} {
		got, ok := parseDate(in)
		require.Equal(t, want != "", ok, "%q: %v", in, got)
		if ok {
			require.Equal(t, want, got.Format(time.RFC3339), in)
		}
	}
}

// TestAgreesWithNetMailDates compares with the standard library on what it accepts.
func TestAgreesWithNetMailDates(t *testing.T) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range 500 {
		s := at.Add(time.Duration(i) * 31 * time.Hour).In(time.FixedZone("", (i%27-12)*3600)).Format("Mon, 2 Jan 2006 15:04:05 -0700")
		want, err := mail.ParseDate(s)
		require.NoError(t, err)
		got, ok := parseDate(s)
		require.True(t, ok, s)
		require.True(t, want.Equal(got), s)
	}
}
