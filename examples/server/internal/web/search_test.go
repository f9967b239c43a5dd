package web

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
)

func TestSearch(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	day := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }
	yes, no := true, false
	for text, want := range map[string]mailcrm.MessageQuery{
		"":                                  {},
		"devis terrasse":                    {Text: "devis terrasse"},
		`"spring catalogue" oak`:            {Text: "spring catalogue oak"},
		"from:anke to:jeanne":               {From: "anke", To: "jeanne"},
		"de:anke à:jeanne objet:devis":      {From: "anke", To: "jeanne", Subject: "devis"},
		`subject:"spring catalogue" quote`:  {Subject: "spring catalogue", Text: "quote"},
		"has:attachment is:unread":          {HasAttachments: &yes, Unread: &yes},
		"avec:pj est:lu":                    {HasAttachments: &yes, Unread: &no},
		"is:starred is:linked":              {Flagged: &yes, Linked: &yes},
		"est:nonlié":                        {Linked: &no},
		"before:2026-11-01":                 {Before: day(2026, 11, 1)},
		"avant:01/11/2026":                  {Before: day(2026, 11, 1)},
		"after:2026-11-01":                  {After: day(2026, 11, 2)},
		"après:7j":                          {After: day(2026, 11, 18)},
		"FROM:Anke":                         {From: "Anke"},
		"http://example.com a:b:c re:devis": {Text: "http://example.com re:devis", To: "b:c"},
	} {
		got := parseSearch(text, time.UTC, now)
		require.Equal(t, want, got.query, text)
		for _, c := range got.Chips {
			require.Empty(t, c.Problem, text)
		}
	}
}

func TestSearchSaysWhatItDoesNotUnderstand(t *testing.T) {
	for text, problem := range map[string]string{
		"is:purple": "search.unknown", "before:soon": "search.date", "from:": "search.empty", `subject:""`: "search.empty", "after:-3d": "search.date", "before:99999999j": "search.date",
	} {
		got := parseSearch(text, time.UTC, time.Now())
		require.Len(t, got.Chips, 1, text)
		require.Equal(t, problem, got.Chips[0].Problem, text)
		require.True(t, known(problem))
		require.Equal(t, mailcrm.MessageQuery{}, got.query, text)
	}
}

func TestAChipLeavesTheRest(t *testing.T) {
	got := parseSearch(`de:anke "bois massif" in:sent`, time.UTC, time.Now())
	require.Equal(t, "sent", got.In)
	require.Equal(t, []chip{
		{Text: "de:anke", Rest: `"bois massif" in:sent`},
		{Text: `"bois massif"`, Rest: "de:anke in:sent"},
		{Text: "in:sent", Rest: `de:anke "bois massif"`},
	}, got.Chips)
}

func FuzzSearch(f *testing.F) {
	for _, s := range []string{"from:anke", `"`, "is:", "a:b:c", "before:2026-13-45", "«bois» après:7j", "\xff:\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := parseSearch(text, time.UTC, time.Now())
		if len(got.Chips) > maxTerms {
			t.Fatalf("%d chips", len(got.Chips))
		}
		for _, c := range got.Chips {
			again := parseSearch(c.Rest, time.UTC, time.Now())
			if len(again.Chips) != len(got.Chips)-1 {
				t.Fatalf("without %q, %q has %d parts instead of %d", c.Text, c.Rest, len(again.Chips), len(got.Chips)-1)
			}
		}
	})
}
