package mailcrm_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/storage"
	"github.com/mailcrm/sdk/storage/blobfolder"
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

// open reads an attachment to its end.
func open(t *testing.T, s *mailcrm.Session, id, path string) ([]byte, error) {
	t.Helper()
	_, content, err := s.Messages.Attachment(t.Context(), id, path)
	if err != nil {
		return nil, err
	}
	got, err := io.ReadAll(content)
	require.NoError(t, content.Close())
	return got, err
}

// TestKeptFromThenOn: when an account is told to store attachments, a mail of before stays as it is until somebody opens a part of it.
func TestKeptFromThenOn(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	document := noise(2, 200<<10)
	w.raw(heavy("k@example.com", "Kept", document))
	in := w.input()
	account := w.account(in)
	id := w.list()[0].ID
	in.ID, in.StoreAttachments, in.IMAP.Password = account.ID, true, mailcrm.Secret{}
	_, err := w.anna.Accounts.Update(t.Context(), in)
	require.NoError(t, err)
	w.work()
	mail, err := w.anna.Messages.Get(t.Context(), id)
	require.NoError(t, err)
	require.True(t, mail.Attachments[0].OnServer)
	got, err := open(t, w.anna, id, "2")
	require.NoError(t, err)
	require.Equal(t, document, got)
	mail, err = w.anna.Messages.Get(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, mailcrm.Attachment{Path: "2", Name: "devis détaillé.pdf", Type: "application/pdf", Size: int64(len(document))}, mail.Attachments[0])
	lost, err := w.anna.Messages.Lost(t.Context(), mailcrm.LostInput{Messages: []string{id}})
	require.NoError(t, err)
	require.Empty(t, lost)
	require.NoError(t, w.server.Remove(annaAddress, "INBOX", 1))
	got, err = open(t, w.anna, id, "2")
	require.NoError(t, err)
	require.Equal(t, document, got)
}

// TestNotThere: what is not on the server any more is not found; a server that cannot be asked says why; a password that was refused is not tried again with every click.
func TestNotThere(t *testing.T) {
	document := noise(3, 200<<10)
	begin := func(t *testing.T) (*world, string) {
		w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
		w.raw(heavy("n@example.com", "Not there", document))
		w.account(w.input())
		return w, w.list()[0].ID
	}
	t.Run("removed", func(t *testing.T) {
		w, id := begin(t)
		require.NoError(t, w.server.Remove(annaAddress, "INBOX", 1))
		_, err := open(t, w.anna, id, "2")
		require.ErrorIs(t, err, mailcrm.ErrNotFound)
		require.Equal(t, "message.bytes_missing", storage.CauseCode(err))
		_, _, err = w.anna.Messages.Raw(t.Context(), id)
		require.ErrorIs(t, err, mailcrm.ErrNotFound)
		mail, err := w.anna.Messages.Get(t.Context(), id)
		require.NoError(t, err)
		require.Contains(t, mail.Text, "the quotation", "the text stays")
	})
	t.Run("renumbered", func(t *testing.T) {
		w, id := begin(t)
		require.NoError(t, w.server.Renumber(annaAddress, "INBOX"))
		_, err := open(t, w.anna, id, "2")
		require.ErrorIs(t, err, mailcrm.ErrNotFound)
		w.clock.Advance(time.Hour)
		w.work()
		got, err := open(t, w.anna, id, "2")
		require.NoError(t, err)
		require.Equal(t, document, got, "it is known again by its header")
	})
	t.Run("password", func(t *testing.T) {
		w, id := begin(t)
		require.NoError(t, w.server.SetPassword(annaAddress, "another"))
		before := w.logins("imap")
		for range 3 {
			_, err := open(t, w.anna, id, "2")
			require.ErrorIs(t, err, mailcrm.ErrAuth)
		}
		require.Equal(t, before+1, w.logins("imap"))
	})
	t.Run("too many at once", func(t *testing.T) {
		w, id := begin(t)
		var opened []io.Closer
		for range mailcrm.MaxFetches {
			_, content, err := w.anna.Messages.Attachment(t.Context(), id, "2")
			require.NoError(t, err)
			opened = append(opened, content)
		}
		_, err := open(t, w.anna, id, "2")
		require.ErrorIs(t, err, mailcrm.ErrTemporary)
		require.Equal(t, "message.busy", storage.CauseCode(err))
		for _, c := range opened {
			require.NoError(t, c.Close())
		}
		_, err = open(t, w.anna, id, "2")
		require.NoError(t, err)
	})
}

// TestLost: a mail that lies in a second mailbox loses nothing when it is deleted from one; of small mails nothing is lost.
func TestLost(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	raw := []byte(heavy("l@example.com", "Lost", noise(4, 200<<10)))
	require.NoError(t, w.server.Load(annaAddress, slices.Values([]mailcrmtest.Mail{
		{Folder: "INBOX", Raw: raw, Date: w.clock.Now()}, {Folder: "Archive", Raw: raw, Date: w.clock.Now()},
	})))
	w.mail("small", "Small")
	account := w.account(w.input())
	var ids []string
	for _, m := range w.list() {
		ids = append(ids, m.ID)
	}
	require.Len(t, ids, 2)
	boxes, err := w.anna.Mailboxes.List(t.Context(), account.ID)
	require.NoError(t, err)
	inbox := boxes[slices.IndexFunc(boxes, func(b mailcrm.Mailbox) bool { return b.Role == "inbox" })]
	lost, err := w.anna.Messages.Lost(t.Context(), mailcrm.LostInput{Messages: ids, Mailbox: inbox.ID})
	require.NoError(t, err)
	require.Empty(t, lost)
	lost, err = w.anna.Messages.Lost(t.Context(), mailcrm.LostInput{Messages: append(ids, "nobody's")})
	require.NoError(t, err)
	require.Len(t, lost, 1)
	require.Equal(t, "devis détaillé.pdf", lost[0].Attachments[0].Name)
	require.False(t, lost[0].All)
	_, err = w.anna.Messages.Lost(t.Context(), mailcrm.LostInput{Messages: make([]string, mailcrm.MaxLost+1)})
	require.ErrorIs(t, err, mailcrm.ErrLimit)
}

// TestEconomy prints what a mailbox takes with its attachments stored and without, and that the same mail in two mailboxes is stored once.
func TestEconomy(t *testing.T) {
	taken := map[bool]int64{}
	var mails int64
	for _, all := range []bool{true, false} {
		folder := t.TempDir()
		w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
		blobs, err := blobfolder.Open(filepath.Join(folder, "data", "blobs"), nil)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, blobs.Close()) })
		w.client = w.open(folder, func(cfg *mailcrm.Config) { cfg.Blobs = blobs })
		w.anna = w.client.As(storage.Actor{Agent: "anna"})
		mails = 0
		var load []mailcrmtest.Mail
		for m := range mailcrmtest.Make(mailcrmtest.MakerOptions{Seed: 1, Messages: 200, Own: annaAddress, AttachmentPercent: 20}) {
			mails += int64(len(m.Raw))
			load = append(load, m)
			if m.Folder == "INBOX" && len(load)%10 == 0 { // ten of a hundred lie in the archive too
				m.Folder = "Archive"
				load = append(load, m)
				mails += int64(len(m.Raw))
			}
		}
		require.NoError(t, w.server.Load(annaAddress, slices.Values(load)))
		in := w.input()
		in.StoreAttachments = all
		w.account(in)
		for after := (storage.Digest{}); ; {
			page, err := blobs.List(t.Context(), storage.ListBlobsRequest{After: after, Limit: storage.MaxPage})
			require.NoError(t, err)
			if len(page.Blobs) == 0 {
				break
			}
			for _, b := range page.Blobs {
				taken[all] += b.Size
				after = b.Digest
			}
		}
	}
	t.Logf("mails of %d KB: %d KB with their attachments stored, %d KB without (%.0f %% saved)", mails>>10, taken[true]>>10, taken[false]>>10, 100-100*float64(taken[false])/float64(taken[true]))
	require.Less(t, taken[true], mails, "the same bytes are stored once")
	require.Less(t, taken[false], taken[true]*6/10)
}
