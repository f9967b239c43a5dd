package mailcrm_test

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
)

// TestLogos: the third time that a company's small picture comes, it is on no paper clip, in no list, and goes along with no mail that is forwarded. It can still be seen.
func TestLogos(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	picture := func(octets string) part {
		return part{"Content-Type: image/png; name=\"Acme 2026.png\"\r\nContent-Disposition: attachment\r\nContent-Transfer-Encoding: base64", base64.StdEncoding.EncodeToString([]byte(octets))}
	}
	logo, photo, large := picture("the logo"), picture("a photograph"), picture(strings.Repeat("x", store.MaxLogo+1))
	edge := picture(strings.Repeat("x", store.MaxLogo))
	text := part{textPart, "the offer"}
	mails := []struct {
		subject string
		parts   []part
	}{
		{"1", []part{text, logo, large, edge}},
		{"2", []part{text, logo, large, edge}},
		{"3", []part{text, logo}},
		{"4", []part{text, photo, logo}},
		{"5", []part{text, large}},
		{"6", []part{text, edge}},
		{"7", []part{{textPart, " "}, logo}}, // it is what was sent
	}
	for _, c := range slices.Backward(mails) { // what lies there is fetched from its end
		w.raw(strings.NewReplacer("<parts@client.example>", "<"+c.subject+"@client.example>", "Subject: Parts", "Subject: "+c.subject).Replace(multi("mixed", c.parts...)))
	}
	w.account(w.input())
	paths := func(list []mailcrm.Attachment) (out []string) {
		for _, a := range list {
			out = append(out, a.Path)
		}
		return out
	}
	ids := map[string]string{}
	for _, m := range w.list() {
		ids[m.Subject] = m.ID
		got, err := w.anna.Messages.Get(t.Context(), m.ID)
		require.NoError(t, err)
		want := map[string][2][]string{
			"1": {{"2", "3", "4"}}, "2": {{"2", "3", "4"}}, "3": {nil, {"2"}}, "4": {{"2"}, {"3"}}, "5": {{"2"}}, "6": {nil, {"2"}}, "7": {{"2"}},
		}[m.Subject]
		require.Equal(t, want[0], paths(got.Attachments), m.Subject)
		require.Equal(t, want[1], paths(got.Decorations), m.Subject)
		require.Equal(t, len(want[0]) > 0, m.HasAttachments, m.Subject)
	}
	require.Len(t, ids, 7)
	_, content, err := w.anna.Messages.Attachment(t.Context(), ids["3"], "2")
	require.NoError(t, err)
	require.NoError(t, content.Close())
	draft, err := w.anna.Drafts.Reply(t.Context(), mailcrm.ReplyInput{Message: ids["4"], Forward: true})
	require.NoError(t, err)
	require.Len(t, draft.Attachments, 1)
	yes := true
	page, err := w.anna.Messages.List(t.Context(), mailcrm.MessageQuery{HasAttachments: &yes})
	require.NoError(t, err)
	require.Len(t, page.Items, 5)
}
