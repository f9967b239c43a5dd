package mailcrm_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
	"github.com/mailcrm/sdk/mailcrm/internal/privacy"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/storage"
)

// remote is a mail with a picture that lies elsewhere, and further parts.
func remote(id, from string, more ...part) string {
	raw := multi("mixed", append([]part{{htmlPart, `<p>Hello<img src="https://t.example/x.png" alt="x">`}}, more...)...)
	return strings.NewReplacer("<parts@client.example>", "<"+id+"@client.example>", "Subject: Parts", "Subject: "+id, "From: "+benAddress, "From: "+from).Replace(raw)
}

// TestPictureSenders: a person's word counts for one address, for himself, until he takes it back.
func TestPictureSenders(t *testing.T) {
	const sender = "News <News@Letters.Example>"
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	w.raw(remote("first", sender))
	w.raw(remote("again", "news@letters.example"))
	w.raw(remote("sub", "news@sub.letters.example"))
	w.raw(remote("tagged", "news+x@letters.example"))
	w.raw(remote("two", sender+", other@letters.example"))
	w.raw(remote("secret", sender, part{"Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", "MIAG"}))
	require.NoError(t, w.server.Load(annaAddress, slices.Values([]mailcrmtest.Mail{{Folder: "Junk", Raw: []byte(remote("junk", sender)), Date: w.clock.Now()}})))
	in := w.input()
	in.Members = []mailcrm.Member{{Agent: "paul", Rights: []mailcrm.Right{mailcrm.RightRead}}}
	w.account(in)
	paul := w.client.As(storage.Actor{Agent: "paul"})
	ids := map[string]string{}
	page, err := w.anna.Messages.List(t.Context(), mailcrm.MessageQuery{})
	require.NoError(t, err)
	for _, m := range page.Items {
		ids[m.Subject] = m.ID
	}
	require.Len(t, ids, 7)
	who := w.anna
	handler := w.client.Content(func(*http.Request) (storage.Actor, bool) { return who.Actor(), true })
	shown := func(s *mailcrm.Session, subject, query string) bool {
		who = s
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/mail/"+ids[subject]+"/body"+query, nil))
		if subject == "junk" {
			require.Equal(t, http.StatusServiceUnavailable, answer.Code, "only the index of Junk is kept")
			return false
		}
		require.Equal(t, http.StatusOK, answer.Code, subject)
		got := strings.Contains(answer.Body.String(), `src="picture?`)
		require.Equal(t, got, strings.Contains(answer.Header().Get("Content-Security-Policy"), "'self'"), subject)
		if m, err := s.Messages.Get(t.Context(), ids[subject]); query == "" {
			require.NoError(t, err)
			require.Equal(t, got, m.PicturesShown, subject)
		}
		return got
	}
	all := func(s *mailcrm.Session) (subjects []string) {
		for subject := range ids {
			if shown(s, subject, "") {
				subjects = append(subjects, subject)
			}
		}
		slices.Sort(subjects)
		return subjects
	}
	require.Empty(t, all(w.anna))

	for _, subject := range []string{"junk", "two"} {
		_, err := w.anna.Messages.TrustPictures(t.Context(), ids[subject])
		require.ErrorIs(t, err, mailcrm.ErrInvalid, subject)
		require.Equal(t, "pictures.not_trusted", storage.CauseCode(err))
	}
	_, err = w.anna.Messages.TrustPictures(t.Context(), "nothing")
	require.ErrorIs(t, err, mailcrm.ErrNotFound)
	trusted, err := w.anna.Messages.TrustPictures(t.Context(), ids["first"])
	require.NoError(t, err)
	require.Equal(t, "news@letters.example", trusted.Address)
	require.WithinDuration(t, w.clock.Now(), trusted.Since, time.Hour)
	require.Equal(t, []string{"again", "first"}, all(w.anna))
	require.Empty(t, all(paul), "it is one agent's word")
	require.False(t, shown(w.anna, "first", "?images=0"))
	require.True(t, shown(paul, "first", "?images=1"))
	require.True(t, shown(w.anna, "two", "?images=1"), "who asks for one mail gets them")
	require.False(t, shown(w.anna, "secret", "?images=1"), "but of an encrypted one")

	list, err := w.anna.Messages.PictureSenders(t.Context())
	require.NoError(t, err)
	require.Equal(t, []mailcrm.PictureSender{*trusted}, list)
	require.ErrorIs(t, paul.Messages.ForgetPictures(t.Context(), "news@letters.example"), mailcrm.ErrNotFound)
	require.NoError(t, w.anna.Messages.ForgetPictures(t.Context(), "NEWS@letters.example"))
	require.ErrorIs(t, w.anna.Messages.ForgetPictures(t.Context(), "news@letters.example"), mailcrm.ErrNotFound)
	require.Empty(t, all(w.anna))
}

// TestPictureSendersAreBounded: an agent's list ends somewhere, and what stands on it can be said again.
func TestPictureSendersAreBounded(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	w.raw(remote("first", "news@letters.example"))
	w.account(w.input())
	w.client.FillPictureSenders(t.Context(), "anna", mailcrm.MaxPictureSenders)
	_, err := w.anna.Messages.TrustPictures(t.Context(), w.list()[0].ID)
	require.ErrorIs(t, err, mailcrm.ErrLimit)
	require.NoError(t, w.anna.Messages.ForgetPictures(t.Context(), "n0@x.example"))
	for range 2 {
		_, err = w.anna.Messages.TrustPictures(t.Context(), w.list()[0].ID)
		require.NoError(t, err)
	}
}

// TestForgedPictureSenders: an address that proves itself must go on doing so, and one that is disowned is never believed.
func TestForgedPictureSenders(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	view := func(standing string, copies ...privacy.Copy) privacy.View {
		v := privacy.View{Answer: privacy.Full, Copies: copies}
		v.Message.Direction, v.Message.From = storage.Received, []store.Address{{Address: "news@letters.example"}}
		v.Message.Facts.Standing = standing
		return v
	}
	for trusted, later := range map[string]map[string]bool{
		mailcrm.SenderAuthenticated:   {mailcrm.SenderAuthenticated: true, mailcrm.SenderUnauthenticated: false, mailcrm.SenderFailed: false, "": false},
		mailcrm.SenderUnauthenticated: {mailcrm.SenderAuthenticated: true, mailcrm.SenderUnauthenticated: true, mailcrm.SenderFailed: false, "": true},
	} {
		w.client.TrustPicturesOf(t.Context(), "anna", "news@letters.example", trusted == mailcrm.SenderAuthenticated)
		for standing, want := range later {
			got, err := w.anna.ShowsPictures(t.Context(), view(standing), &mimemail.Message{})
			require.NoError(t, err)
			require.Equal(t, want, got, "%s, then %q", trusted, standing)
		}
	}
	w.client.TrustPicturesOf(t.Context(), "anna", "news@letters.example", false)
	junk, inbox := privacy.Copy{Role: "junk"}, privacy.Copy{Role: "inbox"}
	gone := junk
	gone.Gone = w.clock.Now()
	withheld, sent := view(""), view("")
	withheld.Answer, sent.Message.Direction = privacy.Envelope, storage.Sent
	for i, c := range []struct {
		view privacy.View
		want bool
	}{{view("", inbox), true}, {view("", inbox, junk), false}, {view("", gone, inbox), true}, {view("", gone), false}, {withheld, false}, {sent, false}} {
		got, err := w.anna.ShowsPictures(t.Context(), c.view, &mimemail.Message{})
		require.NoError(t, err)
		require.Equal(t, c.want, got, i)
	}
}

// TestEncryptedMailFetchesNothing: wherever the secret lies in a mail, nothing remote is shown beside it, whoever says so, and each part is a document of
// its own, so that what one opens cannot swallow the next (FAULTS S11).
func TestEncryptedMailFetchesNothing(t *testing.T) {
	opened := part{htmlPart, `<p>one<img src="https://t.example/?`}
	for name, secret := range map[string]part{
		"PGP":             {"Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=e", "--e\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--e\r\nContent-Type: application/octet-stream\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n--e--"},
		"S/MIME":          {"Content-Type: application/pkcs7-mime; smime-type=enveloped-data", "MIAG"},
		"old S/MIME":      {"Content-Type: application/x-pkcs7-mime", "MIAG"},
		"by its name":     {"Content-Type: application/octet-stream; name=smime.p7m", "MIAG"},
		"PGP in the text": {textPart, "-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA\r\n-----END PGP MESSAGE-----"},
		"PGP in the HTML": {htmlPart, "<pre>-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA\r\n-----END PGP MESSAGE-----</pre>"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
			w.raw(multi("mixed", opened, secret, part{htmlPart, `">three<img src="https://t.example/x.png" alt=x>`}))
			w.account(w.input())
			id := w.list()[0].ID
			_, err := w.anna.Messages.TrustPictures(t.Context(), id)
			require.NoError(t, err)
			m, err := w.anna.Messages.Get(t.Context(), id)
			require.NoError(t, err)
			require.Zero(t, m.RemotePictures)
			require.False(t, m.PicturesShown)
			handler := w.client.Content(func(*http.Request) (storage.Actor, bool) { return w.anna.Actor(), true })
			for _, query := range []string{"", "?images=1"} {
				answer := httptest.NewRecorder()
				handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/mail/"+id+"/body"+query, nil))
				require.Equal(t, http.StatusOK, answer.Code)
				require.NotContains(t, answer.Header().Get("Content-Security-Policy"), "'self'")
				got := answer.Body.String()
				require.NotContains(t, got, "picture?")
				require.NotContains(t, got, "t.example")
				require.NotContains(t, got, "hQEMA%")
				require.Contains(t, got, "three")
			}
		})
	}
	t.Run("alone", func(t *testing.T) {
		got := inside(t, fmt.Sprintf("From: %s\r\nSubject: x\r\nContent-Type: multipart/encrypted; boundary=b\r\n\r\n--b\r\n%s\r\n\r\n<img src=\"https://t.example/x.png\">\r\n--b--\r\n", benAddress, htmlPart))("GET", "/body?images=1")
		require.NotContains(t, got.Body.String(), "picture?")
	})
}
