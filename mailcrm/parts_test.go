package mailcrm_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/storage"
)

// noise is what no compression makes small.
func noise(seed uint64, n int) []byte {
	b := make([]byte, n)
	var key [32]byte
	key[0] = byte(seed)
	_, _ = rand.NewChaCha8(key).Read(b)
	return b
}

// lines is base64 in lines of 76 characters.
func lines(b []byte) string {
	text := base64.StdEncoding.EncodeToString(b)
	var s strings.Builder
	for len(text) > 76 {
		s.WriteString(text[:76] + "\r\n")
		text = text[76:]
	}
	return s.String() + text
}

// heavy is a mail with a text, a picture in it and a document of so many bytes.
func heavy(id, subject string, document []byte) string {
	return "From: Ben <" + benAddress + ">\r\nTo: " + annaAddress + "\r\nSubject: " + subject + "\r\nDate: Mon, 2 Mar 2026 10:00:00 +0100\r\nMessage-ID: <" + id + ">\r\n" +
		"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=out\r\n\r\n" +
		"--out\r\nContent-Type: multipart/related; boundary=\"in\"\r\n\r\n--in\r\nContent-Type: multipart/alternative; boundary=alt\r\n\r\n" +
		"--alt\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nVoil=C3=A0 the quotation.\r\n" +
		"--alt\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Voilà the quotation. <img src=\"cid:small\"></p>\r\n--alt--\r\n" +
		"--in\r\nContent-Type: image/png; name=small.png\r\nContent-ID: <small>\r\nContent-Disposition: inline\r\nContent-Transfer-Encoding: base64\r\n\r\n" + lines([]byte("picture")) +
		"\r\n--in--\r\n" +
		"--out\r\nContent-Type: application/pdf; name*=utf-8''devis%20d%C3%A9taill%C3%A9.pdf\r\nContent-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
		lines(document) + "\r\n--out--\r\n"
}

// TestLeftOnTheServer: of a large mail of an account that does not store attachments everything can be read, and the document comes from the mailbox when it is opened.
func TestLeftOnTheServer(t *testing.T) {
	for name, opts := range map[string]mailcrmtest.ServerOptions{"all capabilities": {}, "Exchange": {Exchange: true}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, opts, nil)
			document := noise(1, 300<<10)
			raw := heavy("q1@example.com", "Quotation", document)
			w.raw(raw)
			w.account(w.input())
			list := w.list()
			require.Len(t, list, 1)
			require.True(t, list[0].HasAttachments)
			require.EqualValues(t, len(raw), list[0].Size)
			require.Equal(t, "Voilà the quotation.", list[0].Snippet)
			mail, err := w.anna.Messages.Get(t.Context(), list[0].ID)
			require.NoError(t, err)
			require.False(t, mail.BytesMissing)
			require.Equal(t, "Voilà the quotation.", strings.TrimSpace(mail.Text))
			require.True(t, mail.HasHTML)
			require.Len(t, mail.Attachments, 1)
			got := mail.Attachments[0]
			require.InDelta(t, len(document), got.Size, 200)
			got.Size = 0
			require.Equal(t, mailcrm.Attachment{Path: "2", Name: "devis détaillé.pdf", Type: "application/pdf", OnServer: true}, got)
			require.Empty(t, mail.Defects)

			handler := w.client.Content(func(*http.Request) (storage.Actor, bool) { return storage.Actor{Agent: "anna"}, true })
			answer := httptest.NewRecorder()
			handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/mail/"+mail.ID+"/body", nil))
			require.Contains(t, answer.Body.String(), base64.StdEncoding.EncodeToString([]byte("picture")))

			lost, err := w.anna.Messages.Lost(t.Context(), mailcrm.LostInput{Messages: []string{mail.ID}})
			require.NoError(t, err)
			require.Len(t, lost, 1)
			require.Equal(t, mail.Attachments, lost[0].Attachments)

			before := w.logins("imap")
			part, content, err := w.anna.Messages.Attachment(t.Context(), mail.ID, "2")
			require.NoError(t, err)
			require.Equal(t, "devis détaillé.pdf", part.Name)
			bytesOf, err := io.ReadAll(content)
			require.NoError(t, err)
			require.NoError(t, content.Close())
			require.Equal(t, sha256.Sum256(document), sha256.Sum256(bytesOf))
			require.Equal(t, before+1, w.logins("imap"))
			// What is kept is not asked for.
			_, content, err = w.anna.Messages.Attachment(t.Context(), mail.ID, "1.2")
			require.NoError(t, err)
			bytesOf, err = io.ReadAll(content)
			require.NoError(t, err)
			require.NoError(t, content.Close())
			require.Equal(t, "picture", string(bytesOf))
			_, err = w.anna.Messages.Headers(t.Context(), mail.ID)
			require.NoError(t, err)
			require.Equal(t, before+1, w.logins("imap"))

			whole, size, err := w.anna.Messages.Raw(t.Context(), mail.ID)
			require.NoError(t, err)
			require.EqualValues(t, len(raw), size)
			bytesOf, err = io.ReadAll(whole)
			require.NoError(t, err)
			require.NoError(t, whole.Close())
			require.True(t, bytes.Equal([]byte(raw), bytesOf))

			_, _, err = w.anna.Messages.Attachment(t.Context(), mail.ID, "7")
			require.ErrorIs(t, err, mailcrm.ErrNotFound)
			_, _, err = w.anna.Messages.Attachment(t.Context(), mail.ID, "2.1")
			require.ErrorIs(t, err, mailcrm.ErrNotFound)
		})
	}
}
