package api

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/storage"
)

func TestParseSearch(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	require.NoError(t, err)
	yes, no := true, false
	for q, want := range map[string]search{
		"":                             {},
		"devis été":                    {query: mailcrm.MessageQuery{Text: "devis été"}},
		`"devis signé" alster`:         {query: mailcrm.MessageQuery{Text: `"devis signé" alster`}},
		"from:ann to:bob":              {query: mailcrm.MessageQuery{From: "ann", To: "bob"}},
		"FROM:Ann from:Leonard":        {query: mailcrm.MessageQuery{From: "Ann Leonard"}},
		`subject:"a quote" please`:     {query: mailcrm.MessageQuery{Subject: "a quote", Text: "please"}},
		"has:attachment":               {query: mailcrm.MessageQuery{HasAttachments: &yes}},
		"is:unread is:starred":         {query: mailcrm.MessageQuery{Unread: &yes, Flagged: &yes}},
		"is:read is:unstarred":         {query: mailcrm.MessageQuery{Unread: &no, Flagged: &no}},
		"is:linked":                    {query: mailcrm.MessageQuery{Linked: &yes}},
		"is:unlinked":                  {query: mailcrm.MessageQuery{Linked: &no}},
		"in:inbox":                     {folder: "inbox"},
		`in:"Clients/Été 2026"`:        {folder: "Clients/Été 2026"},
		"after:2026-07-01":             {query: mailcrm.MessageQuery{After: time.Date(2026, 6, 30, 22, 0, 0, 0, time.UTC)}},
		"before:2026-01-01":            {query: mailcrm.MessageQuery{Before: time.Date(2025, 12, 31, 23, 0, 0, 0, time.UTC)}},
		"10:30 https://x.example from": {query: mailcrm.MessageQuery{Text: "10:30 https://x.example from"}},
		"from: ann":                    {query: mailcrm.MessageQuery{Text: "from: ann"}},
		`"open`:                        {query: mailcrm.MessageQuery{Text: `"open`}},
		" \u00a0\ta\t ":                {query: mailcrm.MessageQuery{Text: "a"}},
	} {
		got, err := parseSearch(q, paris)
		require.NoError(t, err, q)
		got.query.After, got.query.Before = utc(got.query.After), utc(got.query.Before)
		require.Equal(t, want, got, q)
	}
	for _, q := range []string{"is:", "has:"} {
		got, err := parseSearch(q, paris)
		require.NoError(t, err)
		require.Equal(t, q, got.query.Text, "without a value it is a word")
	}
	for _, q := range []string{"is:blue", "has:feet", "before:tomorrow", "after:2026-02-30", `is:"un read"`} {
		_, err := parseSearch(q, paris)
		require.ErrorIs(t, err, storage.ErrInvalid, q)
	}
}

func FuzzParseSearch(f *testing.F) {
	for _, seed := range []string{"", `from:"a b" is:unread`, `in:"`, "before:2026-01-01", "\xff:\x00", `"""::`, "é:é"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, q string) {
		got, err := parseSearch(q, time.UTC)
		if err != nil {
			require.ErrorIs(t, err, storage.ErrInvalid)
			return
		}
		for _, text := range []string{got.query.Text, got.query.From, got.query.To, got.query.Subject, got.folder} {
			require.LessOrEqual(t, len(text), 3*len(q)+1, "nothing grows but what is no UTF-8")
		}
	})
}

func TestSnake(t *testing.T) {
	for field, want := range map[string]string{
		"Limit": "limit", "IMAP.Host": "imap.host", "IMAP.PinSHA256": "imap.pin_sha256", "OwnDomains": "own_domains", "Identities.ReplyTo": "identities.reply_to",
		"HTML": "html", "DepthDays": "depth_days", "Members.Agent": "members.agent", "ID": "id", "To": "to", "": "",
	} {
		require.Equal(t, want, snake(field))
	}
}

func TestCutVerb(t *testing.T) {
	for path, want := range map[string][2]string{
		"/drafts/17:send": {"/drafts/17", "send"}, "/templates:check": {"/templates", "check"}, "/a:b/c": {"/a:b/c", ""}, "/:send": {"/:send", ""},
		"/drafts/17": {"/drafts/17", ""}, "/drafts/a:b:send": {"/drafts/a:b", "send"}, "": {"", ""}, ":": {":", ""},
	} {
		before, verb, ok := cutVerb(path)
		require.Equal(t, want, [2]string{before, verb}, path)
		require.Equal(t, want[1] != "", ok, path)
	}
}

func TestPage(t *testing.T) {
	whole := make([]int, 7)
	for i := range whole {
		whole[i] = i
	}
	same := func(i int) int { return i }
	var got []int
	cursor := ""
	for pages := 1; ; pages++ {
		out, err := page(whole, Paging{Cursor: cursor, Limit: 3}, same)
		require.NoError(t, err)
		got = append(got, out.Body.Items...)
		if cursor = out.Body.Next; cursor == "" {
			require.Equal(t, 3, pages)
			break
		}
	}
	require.Equal(t, whole, got)
	past, err := page(whole, Paging{Cursor: "OTk", Limit: 3}, same) // 99: the list got shorter meanwhile
	require.NoError(t, err)
	require.Empty(t, past.Body.Items)
	for _, bad := range []string{"%", "LTE", "eA"} { // not base64, -1, x
		_, err := page(whole, Paging{Cursor: bad, Limit: 3}, same)
		require.ErrorIs(t, err, storage.ErrInvalid, bad)
	}
}
