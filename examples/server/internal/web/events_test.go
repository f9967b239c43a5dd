package web_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
)

func TestEventsAreCounts(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "jeanne", "fr")
	v.header.Set("Accept", "application/json")
	ask := func(after string) (got struct {
		Next               int64
		New, Outbox, Other int
		More               bool
		Text, Code         string
	},
	) {
		p := v.get("/events?after=" + after)
		require.Equal(t, 200, p.status)
		require.Equal(t, "application/json", p.header.Get("Content-Type"))
		require.NoError(t, json.Unmarshal([]byte(p.text), &got))
		return got
	}
	now := ask("")
	for now.More {
		now = ask(fmt.Sprint(now.Next))
	}
	require.Positive(t, now.Next)
	require.Equal(t, now.Next, ask("").Next, "a new page begins where others are")
	require.Zero(t, ask(fmt.Sprint(now.Next)).New)
	require.Equal(t, int64(1)<<60, ask(fmt.Sprint(int64(1)<<60)).Next)
	require.LessOrEqual(t, ask("nonsense").Next, now.Next+1000, "a number that somebody made up is not believed")

	d, err := w.as("jeanne").Drafts.Create(t.Context(), mailcrm.DraftInput{Account: w.account(t), To: []mailcrm.Address{{Address: "a@b.example"}}, Subject: "Event", Text: "x"})
	require.NoError(t, err)
	sub, err := w.as("jeanne").Drafts.Send(t.Context(), mailcrm.SendInput{ID: d.ID})
	require.NoError(t, err)
	require.Positive(t, ask(fmt.Sprint(now.Next)).Outbox)
	require.NoError(t, w.as("jeanne").Outbox.Cancel(t.Context(), sub.ID))
	require.NoError(t, w.as("jeanne").Drafts.Delete(t.Context(), d.ID))
}

func TestCompletion(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "jeanne", "fr")
	v.header.Set("Accept", "application/json")
	p := v.get("/complete?q=camille")
	var got []struct{ Value, Name, Detail, Kind string }
	require.NoError(t, json.Unmarshal([]byte(p.text), &got))
	require.Len(t, got, 2, "one contact, two addresses")
	require.Equal(t, "Camille Rousseau <camille@tables-lumiere.example>", got[0].Value)
	require.Equal(t, "Contact · Gérante", got[0].Detail)
	for _, none := range []string{"", "c", "zzzz", "%00"} {
		require.JSONEq(t, "[]", v.get("/complete?q="+none).text, none)
	}
	p = v.post("/compose", "op", "save", "subject", "by the script", "from", "nobody's/account")
	require.Equal(t, 404, p.status, "the script gets an error as JSON")
	require.Contains(t, p.text, `"message"`)
}
