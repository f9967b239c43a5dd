package mailcrm_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/mailcrm/sqlite"
	"github.com/mailcrm/sdk/storage"
	"github.com/mailcrm/sdk/storage/blobfolder"
)

// canaries are secrets that stand nowhere else: each is used in one way.
type canaries map[string]string

// A cage is where canaries are let loose: a client that logs everything, and all that anybody was told.
type cage struct {
	*world
	folder string
	log    keptLog
	told   map[string]any
	birds  canaries
}

func newCage(t *testing.T, birds canaries) *cage {
	t.Helper()
	c := &cage{folder: t.TempDir(), told: map[string]any{}, birds: birds}
	logger := slog.New(slog.NewJSONHandler(&c.log, &slog.HandlerOptions{Level: slog.LevelDebug - 8, AddSource: true}))
	c.world = newWorld(t, mailcrmtest.ServerOptions{Users: []mailcrmtest.User{
		{Address: "vera@demo.example", Password: birds["right"]}, {Address: "uma@demo.example", Password: birds["second"]},
	}}, nil)
	store, err := sqlite.Open(t.Context(), filepath.Join(c.folder, "data", "mailcrm.db"), &sqlite.Options{Now: c.clock.Now, Logger: logger})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	blobs, err := blobfolder.Open(filepath.Join(c.folder, "data", "blobs"), nil)
	require.NoError(t, err)
	keys, err := mailcrm.KeyFile(filepath.Join(c.folder, "key"))
	require.NoError(t, err)
	c.client = c.open(t.TempDir(), func(cfg *mailcrm.Config) {
		cfg.Store, cfg.Blobs, cfg.Keys, cfg.Logger = store, blobs, keys, logger
		c.told["config"] = *cfg
	})
	c.anna = c.client.As(c.anna.Actor())
	c.told["client"], c.told["session"], c.told["keys"] = c.client, c.anna, keys
	return c
}

// heard keeps what somebody was told.
func (c *cage) heard(what string, v any) {
	for c.told[what] != nil {
		what += "'"
	}
	c.told[what] = v
}

// refused keeps an error, which there must be.
func (c *cage) refused(what string, err error) {
	c.t.Helper()
	require.Error(c.t, err, what)
	c.heard(what, err)
	c.heard(what+": field", errors.Unwrap(err))
}

// silent searches all that was told, logged and written for the canaries.
func (c *cage) silent() {
	c.t.Helper()
	events, _, err := c.anna.Events.List(c.t.Context(), 0, mailcrm.MaxPage)
	require.NoError(c.t, err)
	c.heard("events", events)
	texts := map[string]string{"log": c.log.String()}
	for name, v := range c.told {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			texts[name+" "+verb] = fmt.Sprintf(verb, v)
		}
		if text, err := json.Marshal(v); err == nil {
			texts[name+" in JSON"] = string(text)
		}
		for kind, handler := range map[string]func(*bytes.Buffer) slog.Handler{
			"text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
			"JSON": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
		} {
			var b bytes.Buffer
			slog.New(handler(&b)).Info("x", "v", v)
			texts[name+" in a log of "+kind] = b.String()
		}
	}
	files := 0
	require.NoError(c.t, filepath.WalkDir(filepath.Join(c.folder, "data"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		content, err := os.ReadFile(path)
		texts["file "+path] = string(content)
		return err
	}))
	require.GreaterOrEqual(c.t, files, 4, "the data base, its log, and blobs")
	for place, text := range texts {
		for name, secret := range c.birds {
			for _, spelling := range spellings(secret) {
				require.False(c.t, strings.Contains(text, string(spelling)), "the canary %q sings in %s", name, place)
			}
		}
	}
}

// TestCanary: passwords and keys are let loose on every path, with a log of everything, and then looked for in all that was logged, told and written.
func TestCanary(t *testing.T) {
	c := newCage(t, canaries{
		"right": `Straße&mauve+pelican/7`, "wrong": `quartz"otter%orchid=9`, "of sending": `velvet<tortoise>11`, "new": `crimson\heron;13`,
		"refused": "amber\tlynx~17", "certificate": "-----BEGIN PRIVATE KEY-----\nVG91Y2FuLVRvdWNhbg==\n-----END PRIVATE KEY-----\n", "of a check": `sepia{ibex}19`, "other server": `teal|dormouse^23`, "second": `ochre*marmot'29`,
	})
	ctx := t.Context()
	pass := func(name string) mailcrm.Secret { return mailcrm.NewSecret(c.birds[name]) }
	in := c.input()
	in.Address = "vera@demo.example"
	in.IMAP.Password, in.SMTP.Password = pass("right"), pass("of sending")

	// What people type wrong: every field, with the passwords in the same form.
	for field, change := range map[string]func(*mailcrm.AccountInput){
		"Address":         func(in *mailcrm.AccountInput) { in.Address = "nobody" },
		"Name":            func(in *mailcrm.AccountInput) { in.Name = "a\nb" },
		"Owner":           func(in *mailcrm.AccountInput) { in.Owner = "somebody" },
		"IMAP.Host":       func(in *mailcrm.AccountInput) { in.IMAP.Host = "a/b" },
		"IMAP.Port":       func(in *mailcrm.AccountInput) { in.IMAP.Port = 70000 },
		"IMAP.Security":   func(in *mailcrm.AccountInput) { in.IMAP.Security = "best" },
		"IMAP.Flags":      func(in *mailcrm.AccountInput) { in.IMAP.Flags = "/quick" },
		"IMAP.Disabled":   func(in *mailcrm.AccountInput) { in.IMAP.Disabled = []string{"NONE"} },
		"IMAP.Username":   func(in *mailcrm.AccountInput) { in.IMAP.Username = "a\x00b" },
		"IMAP.PinSHA256":  func(in *mailcrm.AccountInput) { in.IMAP.PinSHA256 = "x" },
		"SMTP.Host":       func(in *mailcrm.AccountInput) { in.SMTP.Host = "" },
		"SMTP.Port":       func(in *mailcrm.AccountInput) { in.SMTP.Port = -1 },
		"Link":            func(in *mailcrm.AccountInput) { in.Link = "never" },
		"DepthDays":       func(in *mailcrm.AccountInput) { in.DepthDays = 1 << 30 },
		"SentCopy":        func(in *mailcrm.AccountInput) { in.SentCopy = "twice" },
		"OwnDomains":      func(in *mailcrm.AccountInput) { in.OwnDomains = []string{"client.example"} },
		"Members":         func(in *mailcrm.AccountInput) { in.Members = []mailcrm.Member{{}} },
		"Identities":      func(in *mailcrm.AccountInput) { in.Identities = []mailcrm.Identity{{Address: "x"}} },
		"LinkReadNightly": func(in *mailcrm.AccountInput) { in.LinkReadNightly.Hour = 99 },
		"ID":              func(in *mailcrm.AccountInput) { in.ID = "nothing" },
		"IMAP.Password":   func(in *mailcrm.AccountInput) { in.IMAP.Password = pass("refused") },
		"SMTP.Password":   func(in *mailcrm.AccountInput) { in.SMTP.Password = pass("refused") },
		"a certificate":   func(in *mailcrm.AccountInput) { in.SMTP.Password = pass("certificate") },
	} {
		bad := in
		change(&bad)
		_, err := c.anna.Accounts.Create(ctx, bad)
		c.refused("create: "+field, err)
		_, err = c.anna.Accounts.Check(ctx, mailcrm.CheckInput{Account: bad})
		c.refused("check: "+field, err)
	}
	c.heard("input", in)
	c.heard("pointer to the input", &in)

	// A check, right and wrong, of a server that repeats what it is told.
	tried := in
	for _, password := range []string{"right", "of a check"} {
		tried.IMAP.Password = pass(password)
		check, err := c.anna.Accounts.Check(ctx, mailcrm.CheckInput{Account: tried, Progress: func(s mailcrm.CheckStep) { c.heard("step", s) }})
		c.heard("check", check)
		c.heard("check: error", fmt.Sprint(err))
	}
	wrong := in
	wrong.Address, wrong.IMAP.Password = "wrong@demo.example", pass("wrong")
	echo := c.birds["wrong"] + " is wrong, and so is " + base64.StdEncoding.EncodeToString([]byte("\x00wrong@demo.example\x00"+c.birds["wrong"]))
	c.server.FailIMAP(mailcrmtest.IMAPFault{Command: "LOGIN", User: "wrong@demo.example", Code: "AUTHENTICATIONFAILED", Text: echo})
	refused := c.account(wrong)
	require.Equal(t, mailcrm.AccountAuthFailed, refused.Status.State)
	c.heard("wrong password", refused)
	_, err := c.anna.Mailboxes.Create(ctx, mailcrm.CreateMailboxInput{Account: refused.ID, Name: "New"})
	c.refused("a folder with a wrong password", err)
	c.server.Heal()

	// An account that works: read, write, send, reply; a login for sending that does not work, of a server that repeats it.
	c.server.FailSMTP(mailcrmtest.SMTPFault{Phase: mailcrmtest.PhaseAuth, Code: 535, Enhanced: "5.7.8", Text: c.birds["of sending"] + " / " + base64.StdEncoding.EncodeToString([]byte(c.birds["of sending"]))})
	account := c.account(in)
	require.Equal(t, mailcrm.AccountReady, account.Status.State, "%+v", account.Status)
	_, err = c.server.Deliver("vera@demo.example", []byte("From: "+benAddress+"\r\nTo: vera@demo.example\r\nDelivered-To: sales@demo.example\r\nSubject: Hello\r\n\r\nText.\r\n"))
	require.NoError(t, err)
	c.clock.Advance(2 * time.Minute)
	c.work()
	page, err := c.anna.Messages.List(ctx, mailcrm.MessageQuery{Account: account.ID})
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
	opened, err := c.anna.Messages.Open(ctx, page.Items[0].ID)
	require.NoError(t, err)
	c.heard("mail", opened)
	sent := c.send(account.ID, benAddress)
	c.work()
	require.Equal(t, mailcrm.AccountAuthFailed, c.status(account.ID).Sending.State)
	c.heard("cannot send", c.status(account.ID))
	c.heard("waits", c.submission(sent))
	c.server.Heal()
	tree, err := c.anna.Mailboxes.Tree(ctx, account.ID)
	require.NoError(t, err)
	c.heard("folders", tree)
	proposals, err := c.anna.Accounts.ProposeIdentities(ctx, account.ID)
	require.NoError(t, err)
	c.heard("proposals", proposals)

	// Changes: passwords that do not follow, one that is entered again, revisions, strangers, conflicts.
	change := account.Input()
	change.Revision, change.IMAP.Host = 0, "evil.example"
	_, err = c.anna.Accounts.Update(ctx, change)
	c.refused("a password that does not follow", err)
	change.IMAP.Host, change.IMAP.Password, change.SMTP.Password = account.IMAP.Host, pass("right"), pass("right")
	change.Revision = 99
	_, err = c.anna.Accounts.Update(ctx, change)
	c.refused("another revision", err)
	_, err = c.client.As(storage.Actor{Agent: "zoe"}).Accounts.Update(ctx, change)
	c.refused("a stranger", err)
	change.Revision = 0
	changed, err := c.anna.Accounts.Update(ctx, change)
	require.NoError(t, err)
	c.heard("changed", changed)
	c.work()
	require.Equal(t, mailcrm.StateSent, c.submission(sent).State)
	again := in
	again.IMAP.Password = pass("new")
	_, err = c.anna.Accounts.Create(ctx, again)
	c.refused("an address that is taken", err)
	elsewhere := changed.Input()
	elsewhere.IMAP.Host, elsewhere.IMAP.Password = "imap.nowhere.invalid", pass("other server")
	_, err = c.anna.Accounts.Update(ctx, elsewhere)
	require.NoError(t, err)
	c.work()
	require.Equal(t, mailcrm.AccountUnreachable, c.status(account.ID).Status.State)
	c.heard("elsewhere", c.status(account.ID))
	change.Revision, change.IMAP.Password, change.IMAP.Host = 0, pass("right"), account.IMAP.Host
	_, err = c.anna.Accounts.Update(ctx, change)
	require.NoError(t, err)

	// A certificate, a pause, a server in trouble, a rotation, a key that is lost.
	_, err = c.anna.Accounts.Trust(ctx, mailcrm.TrustInput{Account: account.ID, Side: mailcrm.SideIMAP, SHA256: strings.Repeat("ab", 32)})
	c.refused("a certificate that was not shown", err)
	_, err = c.anna.Accounts.Pause(ctx, account.ID)
	require.NoError(t, err)
	_, err = c.anna.Accounts.Resume(ctx, account.ID)
	require.NoError(t, err)
	for _, fault := range []mailcrmtest.IMAPFault{{Command: "STATUS", Times: 1, Code: "UNAVAILABLE"}, {Command: "LIST", Times: 1, Cut: mailcrmtest.CutReset}, {Command: "LOGIN", Times: 1, Code: "UNAVAILABLE", Text: c.birds["right"]}} {
		c.server.FailIMAP(fault)
		c.clock.Advance(2 * time.Hour)
		c.work()
		c.heard("in trouble", c.status(account.ID))
		c.server.Heal()
	}
	second := c.input()
	second.Address, second.IMAP.Password = "uma@demo.example", pass("second")
	require.Equal(t, mailcrm.AccountReady, c.account(second).Status.State)
	key := filepath.Join(c.folder, "key")
	require.NoError(t, mailcrm.RotateKeyFile(key))
	report, err := c.client.Reseal(ctx)
	require.NoError(t, err)
	require.Positive(t, report.Resealed)
	c.heard("report", report)
	require.NoError(t, mailcrm.RotateKeyFile(key))
	require.NoError(t, mailcrm.PruneKeyFile(key))
	report, err = c.client.Reseal(ctx)
	require.NoError(t, err)
	require.Positive(t, report.Failed)
	c.heard("report", report)
	c.clock.Advance(2 * time.Hour)
	c.work()
	c.heard("a lost key", c.status(account.ID))
	require.NoError(t, c.anna.Accounts.Delete(ctx, account.ID))

	file, err := os.ReadFile(key)
	require.NoError(t, err)
	var keyset struct {
		Key []struct {
			KeyData struct{ Value string }
		}
	}
	require.NoError(t, json.Unmarshal(file, &keyset))
	for i, k := range keyset.Key {
		raw, err := base64.StdEncoding.DecodeString(k.KeyData.Value)
		require.NoError(t, err)
		c.birds[fmt.Sprint("key ", i)] = string(raw[len(raw)-32:])
	}
	require.Greater(t, strings.Count(c.log.String(), "\n"), 200, "the log is one of everything")
	require.Greater(t, len(c.told), 80)
	c.silent()
}
