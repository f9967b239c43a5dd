package mailcrm_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
)

// A forwarded mail says who wrote the original; that links nothing.
func TestForwardedMail(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	head := "From: Colleague <carl@demo.example>\r\nTo: " + annaAddress + "\r\nDate: Tue, 24 Nov 2026 08:00:00 +0000\r\nMIME-Version: 1.0\r\n"
	w.raw(head + "Subject: Fwd: Offer\r\nMessage-ID: <inline@demo.example>\r\n\r\nFor you.\r\n\r\n---------- Forwarded message ---------\r\nFrom: Ben Client <" + benAddress +
		">\r\nDate: Mon, 23 Nov 2026 at 10:00\r\nSubject: Offer\r\nTo: <carl@demo.example>\r\n\r\nPlease send one.\r\n")
	w.raw(head + "Subject: Fwd: Plan\r\nMessage-ID: <attached@demo.example>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nSee below.\r\n--b\r\n" +
		"Content-Type: message/rfc822\r\n\r\nFrom: Ben Client <" + benAddress + ">\r\nSubject: Plan\r\nMessage-ID: <plan@client.example>\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\n\r\nThe plan.\r\n--b--\r\n")
	w.raw(head + "Subject: Re: Offer\r\nMessage-ID: <reply@demo.example>\r\n\r\nYes.\r\n\r\nFrom: Ben Client <" + benAddress + ">\r\nSent: Monday\r\nTo: Carl\r\nSubject: Offer\r\n\r\nold\r\n")
	w.account(w.input())
	got := map[string]*mailcrm.Message{}
	for _, m := range w.list() {
		opened, err := w.anna.Messages.Open(t.Context(), m.ID)
		require.NoError(t, err)
		got[m.Subject] = opened
		require.Empty(t, opened.Links, "what somebody wrote into a mail proves nothing")
	}
	require.Equal(t, benAddress, got["Fwd: Offer"].Original.From.Address)
	require.False(t, got["Fwd: Offer"].Original.Sure)
	require.True(t, got["Fwd: Plan"].Original.Sure)
	require.Equal(t, "plan@client.example", got["Fwd: Plan"].Original.MessageID)
	require.Equal(t, "2", got["Fwd: Plan"].Original.Part)
	require.Nil(t, got["Re: Offer"].Original, "it could as well be a reply")
}
