package mailcrm_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"mime/quotedprintable"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/mailcrm/sqlite"
)

// spellings are the ways in which a secret could stand somewhere: as it is, in JSON, in a URL, quoted-printable, in hexadecimal, and in base64, alone and at each place in
// a longer text.
func spellings(secret string) [][]byte {
	inJSON, _ := json.Marshal(secret)
	out := [][]byte{
		[]byte(secret), bytes.Trim(inJSON, `"`), []byte(url.QueryEscape(secret)), []byte(url.PathEscape(secret)),
		[]byte(hex.EncodeToString([]byte(secret))), []byte(strings.ToUpper(hex.EncodeToString([]byte(secret)))), fmt.Append(nil, []byte(secret)),
	}
	var printable bytes.Buffer
	qp := quotedprintable.NewWriter(&printable)
	_, _ = qp.Write([]byte(secret))
	_ = qp.Close()
	out = append(out, printable.Bytes())
	for before := range 3 { // base64 of "\x00user\x00secret" and the like: without the ends, which depend on the neighbours
		text := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", before) + secret))
		out = append(out, []byte(strings.TrimRight(text, "=")[4:len(secret)]))
	}
	return out
}

// A keptLog is a log that is kept. Safe for several goroutines.
type keptLog struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *keptLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *keptLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// TestSecrets: a password is in no file, no log line, no event, no answer and no error, in whatever spelling; nor is what people wrote in the log.
func TestSecrets(t *testing.T) {
	const (
		imapSecret = `Zürich"mauve+pelican/7`
		smtpSecret = `quartz&otter%orchid=9`
		subject    = "ultramarine heron"
		words      = "velvet tortoise"
	)
	var log keptLog
	logger := slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug - 8, AddSource: true}))
	folder := t.TempDir()
	w := newWorld(t, mailcrmtest.ServerOptions{Users: []mailcrmtest.User{{Address: "vera@demo.example", Password: imapSecret, Login: "vera-login"}}}, nil)
	store, err := sqlite.Open(t.Context(), filepath.Join(folder, "data", "mailcrm.db"), &sqlite.Options{Now: w.clock.Now, Logger: logger})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	keys, err := mailcrm.KeyFile(filepath.Join(folder, "key"))
	require.NoError(t, err)
	key, err := os.ReadFile(filepath.Join(folder, "key"))
	require.NoError(t, err)
	var cfg mailcrm.Config
	w.client = w.open(t.TempDir(), func(c *mailcrm.Config) {
		c.Store, c.Keys, c.Logger = store, keys, logger
		cfg = *c
	})
	w.anna = w.client.As(w.anna.Actor())

	in := w.input()
	in.Address = "vera@demo.example"
	in.IMAP.Username, in.IMAP.Password = "vera-login", mailcrm.NewSecret(imapSecret)
	in.SMTP.Username, in.SMTP.Password = "vera-login", mailcrm.NewSecret(smtpSecret) // wrong
	account := w.account(in)
	require.Equal(t, "ready", account.Status.State, "%+v", account.Status)
	w.server.FailIMAP(mailcrmtest.IMAPFault{Command: "SELECT", Times: 1, Code: "UNAVAILABLE"})
	_, err = w.server.Deliver("vera@demo.example", []byte("From: "+benAddress+"\r\nTo: vera@demo.example\r\nSubject: "+subject+"\r\n\r\n"+words+"\r\n"))
	require.NoError(t, err)
	w.later(20 * time.Minute)
	page, err := w.anna.Messages.List(t.Context(), mailcrm.MessageQuery{Text: "velvet"})
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
	draft, err := w.anna.Drafts.Reply(t.Context(), mailcrm.ReplyInput{Message: page.Items[0].ID})
	require.NoError(t, err)
	change := draft.DraftInput
	change.Text = "An answer with {{ contact.no_such_field }}"
	_, err = w.anna.Drafts.Update(t.Context(), change)
	require.NoError(t, err)
	_, unready := w.anna.Drafts.Send(t.Context(), mailcrm.SendInput{ID: draft.ID})
	require.Error(t, unready)
	sent := w.send(account.ID, benAddress)
	w.later(20 * time.Minute)
	require.Equal(t, "smtp.login_refused", w.submission(sent).Code)
	in.ID, in.IMAP.Host = account.ID, "other.example"
	in.IMAP.Password = mailcrm.NewSecret(imapSecret)
	in.IMAP.Port = 70000
	_, refused := w.anna.Accounts.Update(t.Context(), in)
	require.Error(t, refused)
	in.ID, in.IMAP.Port = "", 993
	_, taken := w.anna.Accounts.Create(t.Context(), in)
	require.ErrorIs(t, taken, mailcrm.ErrConflict)
	events, _, err := w.anna.Events.List(t.Context(), 0, mailcrm.MaxPage)
	require.NoError(t, err)

	told := map[string]string{"log": log.String(), "events": fmt.Sprintf("%#v", events)}
	require.Contains(t, told["log"], account.ID, "the log is kept")
	for name, v := range map[string]any{
		"account": w.status(account.ID), "input": in, "pointer to input": &in, "config": cfg, "client": w.client, "session": w.anna, "keys": keys,
		"submission": w.submission(sent), "refused": refused, "taken": taken, "unready": unready,
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			told[name+verb] = fmt.Sprintf(verb, v)
		}
		if text, err := json.Marshal(v); err == nil {
			told[name+" in JSON"] = string(text)
		}
		var b bytes.Buffer
		slog.New(slog.NewTextHandler(&b, nil)).Info("x", "v", v)
		told[name+" in a log"] = b.String()
	}
	var keyset struct {
		Key []struct {
			KeyData struct{ Value string }
		}
	}
	require.NoError(t, json.Unmarshal(key, &keyset))
	rawKey, err := base64.StdEncoding.DecodeString(keyset.Key[0].KeyData.Value)
	require.NoError(t, err)
	secrets := map[string]string{"IMAP password": imapSecret, "SMTP password": smtpSecret, "key": string(rawKey[len(rawKey)-32:])}
	for place, text := range told {
		for name, secret := range secrets {
			for _, spelling := range spellings(secret) {
				require.NotContains(t, text, string(spelling), "%s in %s", name, place)
			}
		}
	}
	for _, private := range []string{subject, words, "An answer with", "Hello", benAddress} {
		require.NotContains(t, told["log"], private, "what people wrote is not logged")
	}

	files := 0
	require.NoError(t, filepath.WalkDir(filepath.Join(folder, "data"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		content, err := os.ReadFile(path)
		for name, secret := range secrets {
			for _, spelling := range spellings(secret) {
				require.False(t, bytes.Contains(content, spelling), "%s in %s", name, path)
			}
		}
		return err
	}))
	require.GreaterOrEqual(t, files, 2, "the data base and its log")
}

// TestSpellings: the search above would find what it looks for.
func TestSpellings(t *testing.T) {
	const secret = `Zürich"mauve+pelican/7`
	for _, text := range []string{
		secret, fmt.Sprintf("%+v", struct{ p string }{secret}), url.Values{"p": {secret}}.Encode(), hex.EncodeToString([]byte("x" + secret)),
		base64.StdEncoding.EncodeToString([]byte("\x00vera\x00" + secret)), base64.StdEncoding.EncodeToString([]byte("user=vera\x01auth=Bearer " + secret + "\x01\x01")),
		base64.StdEncoding.EncodeToString([]byte(secret)), fmt.Sprintf("%q", secret),
	} {
		found := false
		for _, s := range spellings(secret) {
			found = found || strings.Contains(text, string(s))
		}
		require.True(t, found, text)
	}
}
