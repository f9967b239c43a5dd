package web_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/security"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
)

// fill types into a field as a person does, what was there replaced.
func (b *browser) fill(selector, text string) {
	b.t.Helper()
	run[bool](b, fmt.Sprintf(`(e => { e.focus(); e.value = ""; return true })(document.querySelector(%q))`, selector))
	b.do(chromedp.KeyEvent(text))
}

// sendSteps sends a form that the script follows, and waits for the page that it leads to.
func (b *browser) sendSteps(button string) {
	b.t.Helper()
	b.follow(chromedp.Click(button))
}

const (
	lookButton = `form[action="/accounts/new/find"] button`
	tryButton  = `form[action="/accounts/new/try"] .send button`
)

// main is the text of the page's own part.
func (b *browser) main() string {
	b.t.Helper()
	return run[string](b, `document.querySelector("main").innerText`)
}

// passes checks a page with axe and that it does not scroll sideways, and takes its picture.
func (b *browser) passes(source, name string, width int64) {
	b.t.Helper()
	run[bool](b, `document.querySelectorAll("main details").forEach(d => { d.open = d.open || d.contains(document.querySelector("[aria-invalid=true]")); }), true`)
	if wide := run[int64](b, "document.documentElement.scrollWidth"); wide > width {
		b.t.Errorf("%s scrolls sideways: %d px", name, wide)
	}
	b.shoot(name)
	if source == "" {
		return
	}
	run[bool](b, source+";true")
	var found []violation
	require.NoError(b.t, json.Unmarshal([]byte(run[string](b, rules)), &found))
	for _, v := range found {
		for _, n := range v.Nodes[:min(3, len(v.Nodes))] {
			b.t.Errorf("%s: %s (%s): %s\n%s\n%s", name, v.ID, v.Impact, v.Help, n.HTML, strings.ReplaceAll(n.Summary, "\n", " "))
		}
	}
}

// Somebody adds an account in a browser: whatever goes wrong ends with a sentence that says what to do.
func TestAddingAnAccountInABrowser(t *testing.T) {
	w := theDemo(t)
	source := axe(t)
	b := openBrowser(t, w.server.URL)
	complaints := b.listen()
	for _, look := range []struct {
		width, height int64
		scheme, lang  string
		says          map[string]string
	}{
		{1280, 900, "light", "fr", map[string]string{
			"found": "annoncé par le domaine", "unknown": "Personne ne connaît les serveurs de cette adresse", "password": "Le serveur a refusé l'identifiant ou le mot de passe",
			"certificate": "comparez l'empreinte", "microsoft": "Dites à votre administrateur",
		}},
		{320, 700, "dark", "en", map[string]string{
			"found": "stated by the domain", "unknown": "Nobody knows the servers of this address", "password": "The server refused the login or the password",
			"certificate": "compare the fingerprint", "microsoft": "Tell your administrator",
		}},
	} {
		b.look(look.width, look.height, look.scheme, look.lang)
		name := func(state string) string { return fmt.Sprintf("add-account-%s-%s-%d", state, look.lang, look.width) }
		find := func(address string) {
			b.goTo("/accounts/new")
			b.fill("#address", address)
			b.sendSteps(lookButton)
			require.Contains(t, b.path(), "kept=")
		}
		b.goTo("/accounts/new")
		b.passes(source, name("1-address"), look.width)

		find("personne@nirgendwo.example")
		require.Contains(t, b.main(), look.says["unknown"])
		b.passes(source, name("2-unknown"), look.width)

		find("marie@outlook.com")
		require.Contains(t, b.main(), look.says["microsoft"])
		b.passes(source, name("2-microsoft"), look.width)

		find("compta@demo.example")
		b.passes("", name("2-signin"), look.width)
		if look.width > 500 { // to the provider and back: what the policy of forms must not stop
			_, err := chromedp.Call(b.ctx, security.SetIgnoreCertificateErrors, security.SetIgnoreCertificateErrorsParams{Ignore: true})
			require.NoError(t, err)
			run[bool](b, `(document.querySelector('form[action="/accounts/signin"] button').click(), true)`)
			await(t, "the way back", func() bool {
				return strings.Contains(b.url(), "/accounts/new?") && strings.Contains(b.url(), "found=0")
			})
			b.wait(`document.readyState === "complete"`)
			require.Contains(t, b.main(), "Connecté chez maison")
			b.passes(source, name("2-signedin"), look.width)
		}

		find("atelier@demo.example")
		require.Contains(t, b.main(), look.says["found"])
		b.passes(source, name("2-found"), look.width)
		b.fill("#imap-password", "not the password")
		b.sendSteps(tryButton)
		require.Contains(t, b.main(), look.says["password"])
		require.Empty(t, run[string](b, `document.querySelector("#imap-password").value`))
		b.passes(source, name("3-password"), look.width)
		b.fill("#imap-password", "atelier")
		b.sendSteps(tryButton)
		require.Equal(t, "/accounts", strings.SplitN(b.path(), "?", 2)[0], b.main())
		require.Contains(t, b.main(), "atelier@demo.example")
		b.passes("", name("4-added"), look.width)

		find("moi@maison.example")
		b.fill("#imap-password", "maison 1")
		b.sendSteps(tryButton)
		require.Contains(t, b.main(), look.says["certificate"])
		b.passes(source, name("3-certificate"), look.width)
		run[bool](b, `(document.querySelector("[name='trust.both']").click(), true)`)
		b.sendSteps(tryButton)
		require.Equal(t, "/accounts", strings.SplitN(b.path(), "?", 2)[0], "the password was typed once")
		require.Contains(t, b.main(), "moi@maison.example")

		// The table, with accounts that want something done.
		bad, err := w.as("jeanne").Accounts.Create(t.Context(), mailcrm.AccountInput{
			Address: "standard@demo.example", IMAP: mailcrm.ServerInput{Host: w.Mail.IMAPS.Host, Port: w.Mail.IMAPS.Port, Password: mailcrm.NewSecret("wrong-password")},
			SMTP: mailcrm.ServerInput{Host: w.Mail.Submission.Host, Port: w.Mail.Submission.Port, Security: mailcrm.StartTLS}, Members: []mailcrm.Member{{Agent: "marc", Rights: []mailcrm.Right{mailcrm.RightRead}}},
		})
		require.NoError(t, err)
		later, err := w.as("jeanne").Accounts.Create(t.Context(), mailcrm.AccountInput{
			Address: "plustard@maison.example", IMAP: mailcrm.ServerInput{Host: "127.0.0.1", Port: w.elsewhere.selfSigned.IMAPS.Port, Password: mailcrm.NewSecret("wrong-password")},
			SMTP: mailcrm.ServerInput{Host: "127.0.0.1", Port: w.elsewhere.selfSigned.Submission.Port, Security: mailcrm.StartTLS},
		})
		require.NoError(t, err)
		moi := w.accountOf(t, "jeanne", "moi@maison.example")
		_, err = w.as("jeanne").Accounts.Pause(t.Context(), moi.ID)
		require.NoError(t, err)
		await(t, "the states", func() bool {
			one, two := w.accountOf(t, "jeanne", bad.Address), w.accountOf(t, "jeanne", later.Address)
			return one.Status.State == mailcrm.AccountAuthFailed && two.Status.State == mailcrm.AccountCertificate
		})
		b.goTo("/accounts")
		b.passes(source, name("5-table"), look.width)
		b.goTo("/accounts/" + later.ID + "/certificate?side=imap")
		b.passes(source, name("5-compare"), look.width)

		// The settings, tried.
		own := w.accountOf(t, "jeanne", "jeanne.martin@demo.example")
		b.goTo("/accounts/" + own.ID)
		b.sendSteps("[data-live-step]")
		require.Contains(t, b.path(), "kept=")
		b.passes(source, name("6-settings"), look.width)

		for _, address := range []string{"atelier@demo.example", "moi@maison.example", bad.Address, later.Address} {
			require.NoError(t, w.as("jeanne").Accounts.Delete(t.Context(), w.accountOf(t, "jeanne", address).ID))
		}
	}
	for _, text := range complaints() {
		require.True(t, strings.HasPrefix(text, "[DOM]"), "the browser complains: %s", text) // advice about forms with two passwords is no complaint
	}
}
