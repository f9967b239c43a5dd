package mailcrm_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/sqlite"
)

// TestTokensAreSecrets: no token, code, verifier or client secret is in a file, a log line, an event, an answer or an error, in whatever spelling; what the browser carries holds none of them.
func TestTokensAreSecrets(t *testing.T) {
	var log keptLog
	logger := slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug - 8, AddSource: true}))
	folder := t.TempDir()
	var cfg mailcrm.Config
	r := newRealm(t, "plain xoauth2 oauthbearer", func(c *mailcrm.Config) {
		store, err := sqlite.Open(t.Context(), filepath.Join(folder, "data", "mailcrm.db"), &sqlite.Options{Now: c.Now, Logger: logger})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, store.Close()) })
		c.Store, c.Logger = store, logger
		cfg = *c
	})
	told := map[string]any{"config": cfg}
	begin := func(login string) *mailcrm.LoginStart {
		start, err := r.anna.Logins.Begin(t.Context(), mailcrm.LoginInput{Provider: "intranet", Login: login, Hint: r.alice, RedirectURL: backPage})
		require.NoError(t, err)
		told[fmt.Sprintf("start %d", len(told))] = *start
		return start
	}
	left := begin("") // is never ended, so its verifier stays
	back := browse(t, r.tokens, begin(""))
	code := back.Code
	login, err := r.anna.Logins.Complete(t.Context(), back)
	require.NoError(t, err)
	_, told["again"] = r.anna.Logins.Complete(t.Context(), back)
	wrong := browse(t, r.tokens, begin(""))
	wrong.Code = code // is spent
	_, told["wrong code"] = r.anna.Logins.Complete(t.Context(), wrong)

	r.arrive("first")
	account := r.account(r.in(login.ID))
	require.Equal(t, mailcrm.AccountReady, account.Status.State, "%+v", account.Status)
	sent := r.send(account.ID, r.mail.User("bob").Address)
	r.later(2 * time.Hour)
	require.Equal(t, "sent", r.submission(sent).State)
	r.tokens.ExpireAll(r.alice)
	r.tokens.Answer(answers(400, `{"error":"invalid_client","error_description":"the secret `+clientSecret[:5]+` is wrong"}`))
	r.later(10 * time.Minute)
	told["client refused"] = r.status(account.ID)
	r.tokens.Answer(nil)
	r.later(time.Hour)
	r.tokens.Withdraw(r.alice)
	sent = r.send(account.ID, r.mail.User("bob").Address)
	r.later(10 * time.Minute)
	require.Equal(t, "oauth.revoked", r.status(account.ID).Status.Code)
	told["account"], told["submission"] = r.status(account.ID), r.submission(sent)
	told["logins"], err = r.anna.Logins.List(t.Context())
	require.NoError(t, err)
	_, err = r.anna.Logins.Complete(t.Context(), browse(t, r.tokens, begin(login.ID)))
	require.NoError(t, err)
	r.later(time.Hour)
	require.Equal(t, mailcrm.AccountReady, r.status(account.ID).Status.State)
	told["conflict"] = r.anna.Logins.Delete(t.Context(), login.ID)
	told["events"], _, err = r.anna.Events.List(t.Context(), 0, mailcrm.MaxPage)
	require.NoError(t, err)
	told["client"], told["session"], told["input"] = r.client, r.anna, account.Input()
	require.NoError(t, r.anna.Accounts.Delete(t.Context(), account.ID))
	require.NoError(t, r.anna.Logins.Delete(t.Context(), login.ID))

	secrets := map[string]string{"client secret": clientSecret, "code": code, "state of a sign-in that is under way": left.State}
	for i, token := range r.tokens.Issued() {
		secrets[fmt.Sprintf("token %d", i)] = token
	}
	for i, form := range r.tokens.Requests() {
		if v := form.Get("code_verifier"); v != "" {
			secrets[fmt.Sprintf("verifier %d", i)] = v
		}
	}
	require.Greater(t, len(secrets), 12)
	texts := map[string]string{"log": log.String()}
	for name, v := range told {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			texts[name+verb] = fmt.Sprintf(verb, v)
		}
		if text, err := json.Marshal(v); err == nil {
			texts[name+" in JSON"] = string(text)
		}
	}
	require.Contains(t, texts["log"], login.ID, "the log is kept")
	for place, text := range texts {
		for name, secret := range secrets {
			if secret == left.State && bytes.HasPrefix([]byte(place), []byte("start")) {
				continue // that is for the browser
			}
			for _, spelling := range spellings(secret) {
				require.False(t, bytes.Contains([]byte(text), spelling), "%s in %s", name, place)
			}
		}
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
