package web_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
)

// lookFor is the first step of adding an account.
func (v *visitor) lookFor(address string) *page {
	v.t.Helper()
	return v.submit(v.get("/accounts/new"), "/accounts/new/find", "address", address)
}

// try is the second.
func (v *visitor) try(p *page, fields ...string) *page {
	v.t.Helper()
	return v.submit(p, "/accounts/new/try", fields...)
}

// accountOf is an account by its address.
func (w *world) accountOf(t *testing.T, agent, address string) *mailcrm.Account {
	t.Helper()
	all, err := w.as(agent).Accounts.List(context.WithoutCancel(t.Context()))
	require.NoError(t, err)
	for i := range all {
		if all[i].Address == address {
			return &all[i]
		}
	}
	return nil
}

// gone removes an account at the end of a test.
func (w *world) gone(t *testing.T, agent, address string) {
	t.Cleanup(func() {
		if a := w.accountOf(t, agent, address); a != nil {
			require.NoError(t, w.as(agent).Accounts.Delete(context.WithoutCancel(t.Context()), a.ID))
		}
	})
}

// From an address and a password to an account that works.
func TestAnAccountIsFoundTriedAndSaved(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "marc", "fr")
	p := v.get("/accounts/new")
	require.Contains(t, p.main(), "atelier@demo.example a pour mot de passe atelier", "a newcomer can try it")
	require.Equal(t, "atelier@demo.example", p.value("address"))
	require.Empty(t, p.by("input", "type", "password"), "no password is asked before it is known where it goes")

	p = v.lookFor(" atelier@DEMO.example ")
	require.Equal(t, "/accounts/new", p.url.Path)
	require.Contains(t, p.main(), "Atelier Nordik annoncé par le domaine certain")
	require.Contains(t, p.main(), "autoconfig.demo.example", "the evidence")
	require.Equal(t, w.Mail.IMAPS.Host, p.value("imap.host"))
	require.Equal(t, "starttls", p.value("smtp.security"))
	require.Equal(t, "atelier@demo.example", p.value("imap.username"))

	// A wrong password is not kept, is not shown, and was tried once.
	before := len(w.Mail.Logins())
	p = v.try(p, "imap.password", "not-the-password")
	require.Contains(t, p.main(), "Le serveur répond")
	require.Contains(t, p.main(), "Il accepte l'identification échec Le serveur a refusé l'identifiant ou le mot de passe")
	require.Contains(t, p.main(), "Le mot de passe n'a pas été conservé")
	require.Contains(t, p.main(), "Il laisse cette adresse envoyer non essayé")
	require.NotContains(t, p.text, "not-the-password")
	require.True(t, has(p.by("input", "name", "imap.password")[0], "required"))
	require.LessOrEqual(t, len(w.Mail.Logins())-before, 2, "once for each form of the login")
	require.Nil(t, w.accountOf(t, "marc", "atelier@demo.example"), "nothing was saved")

	w.gone(t, "marc", "atelier@demo.example")
	p = v.try(p, "imap.password", "atelier", "link", "arrival", "name", "Atelier")
	require.Equal(t, "/accounts", p.url.Path, p.main())
	require.Contains(t, p.main(), "Le compte est ajouté")
	a := w.accountOf(t, "marc", "atelier@demo.example")
	require.Equal(t, mailcrm.AtArrival, a.Link)
	require.Equal(t, "Atelier", a.Name)
	await(t, "the account to work", func() bool {
		return w.accountOf(t, "marc", "atelier@demo.example").Status.State == mailcrm.AccountReady
	})

	p = v.try(v.lookFor("atelier@demo.example"), "imap.password", "atelier")
	require.Contains(t, p.main(), "existe déjà")
}

// The other way of writing a login is found out, and taken over.
func TestTheOtherFormOfTheLogin(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "marc", "en")
	w.gone(t, "marc", "standard@demo.example")
	p := v.try(v.lookFor("standard@demo.example"), "imap.password", "standard 1")
	require.Equal(t, "/accounts", p.url.Path, p.main())
	a := w.accountOf(t, "marc", "standard@demo.example")
	require.Equal(t, "standard", a.IMAP.Username)
	require.Equal(t, "standard", a.SMTP.Username)
}

func TestWhatIsWrongWithAnAddress(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "marc", "fr")
	for address, says := range map[string]string{
		"":                         "adresse complète",
		"marc":                     "adresse complète",
		"a b@c":                    "Vérifiez l'orthographe|adresse complète",
		strings.Repeat("x", 300):   "trop long|adresse complète",
		"marc@-":                   "domaine|adresse complète",
		"\"><script>x</script>@x.": "domaine|adresse complète",
	} {
		p := v.lookFor(address)
		require.Equal(t, http.StatusUnprocessableEntity, p.status, address)
		require.Regexp(t, says, p.main(), address)
		sound(t, p, address)
	}
	p := v.lookFor("marc@dead.example")
	require.Equal(t, http.StatusInternalServerError, p.status)
	require.Contains(t, p.main(), "problème est survenu")
}

func TestNothingIsFound(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "marc", "fr")
	p := v.lookFor("marc@nirgendwo.example")
	require.Contains(t, p.main(), "Personne ne connaît les serveurs de cette adresse")
	require.Contains(t, p.main(), "Ce qui a été interrogé")
	require.Empty(t, p.value("imap.host"))
	p = v.try(p, "imap.password", "secret-typed-1", "imap.host", "imap.nirgendwo.example", "imap.port", "many", "smtp.host", "smtp.nirgendwo.example")
	require.Equal(t, http.StatusUnprocessableEntity, p.status)
	require.Contains(t, p.main(), "entre 1 et 65535")
	require.Equal(t, "imap.nirgendwo.example", p.value("imap.host"))

	p = v.lookFor("anna@tuta.com")
	require.Contains(t, p.main(), "ne peut pas être ajoutée ici")
	require.Empty(t, p.by("input", "type", "password"))

	p = v.lookFor("x@two.example")
	other := p.url.RequestURI() + "&found=1"
	require.Contains(t, p.links(), other)
	p = v.get(other)
	require.Equal(t, "mail.two.example", p.value("imap.host"))
	require.Contains(t, p.main(), "deviné")
	require.Empty(t, v.get(p.url.Path+"?kept="+p.value("kept")+"&by=hand").by("div", "class", "paper foundcard"))
}

// By hand: a wrong field is shown where it is, with a sentence, and what was typed stays.
func TestAnAccountIsAddedByHandWithMistakes(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "marc", "fr")
	form := v.get("/accounts/new?by=hand")
	for name, c := range map[string]struct{ field, value, says string }{
		"address":  {"address", "atelier", "adresse complète"},
		"host":     {"imap.host", "", "serveur de réception"},
		"smtp":     {"smtp.host", "smtp://x/y", "sans port ni chemin"},
		"port":     {"imap.port", "many", "entre 1 et 65535"},
		"password": {"imap.password", "", "mot de passe"},
		"security": {"imap.security", "none", "chiffrés"},
		"pin":      {"imap.pin", "abc", "64 chiffres"},
		"login":    {"imap.login", "nobody's", "connectez-vous à nouveau|pas les deux"},
	} {
		p := v.try(form, "address", "neu@demo.example", "imap.host", "imap.example.com", "imap.password", "wrong-password", "smtp.host", "smtp.example.com", c.field, c.value)
		require.Equal(t, http.StatusUnprocessableEntity, p.status, name)
		if name != "pin" && name != "login" {
			require.Regexp(t, c.says, p.main(), name)
		}
		require.NotContains(t, p.text, "wrong-password", "a password is never shown again")
		if c.field != "address" {
			require.Equal(t, "neu@demo.example", p.value("address"), name)
		}
		sound(t, p, name)
	}
}

// Servers for which nobody vouches get no password before a person has seen their names.
func TestServersAreConfirmed(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "marc", "fr")
	before := len(w.Mail.Logins())
	p := v.lookFor("x@confirm.example")
	require.Contains(t, p.main(), "Je connais ces serveurs")
	p = v.try(p, "imap.password", "typed-once-7", "must", "")
	require.Equal(t, http.StatusUnprocessableEntity, p.status)
	require.Contains(t, p.main(), "Rien n'a été envoyé")
	require.Len(t, w.Mail.Logins(), before)
	require.False(t, has(p.by("input", "name", "imap.password")[0], "required"), "it is kept")
	require.NotContains(t, p.text, "typed-once-7")
	p = v.try(p, "confirm", "1")
	require.Contains(t, p.main(), "a refusé l'identifiant ou le mot de passe", "the password of before was tried")
	require.Greater(t, len(w.Mail.Logins()), before)
	// Other names have to be confirmed anew, and the password typed again.
	p = v.submit(p, "/accounts/new/try", "smtp.host", "elsewhere.example", "confirm", "")
	require.Contains(t, p.main(), "Rien n'a été envoyé")
}

// A server that signed its own certificate: the fingerprint is shown in full and compared, and the password is typed once.
func TestASelfSignedServerIsConfirmed(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "marc", "fr")
	w.gone(t, "marc", "moi@maison.example")
	before := len(w.elsewhere.selfSigned.Logins())
	p := v.try(v.lookFor("moi@maison.example"), "imap.password", "maison 1")
	require.Contains(t, p.main(), "signé par aucune autorité connue")
	sum := w.elsewhere.selfSigned.Fingerprint()
	box := p.by("input", "name", "trust.both")
	require.Len(t, box, 1, "one certificate is compared once")
	require.Equal(t, sum, attr(box[0], "value"))
	require.Contains(t, strings.ReplaceAll(strings.ReplaceAll(strings.ToLower(p.main()), " ", ""), ":", ""), sum, "in full")
	require.Contains(t, p.main(), "le mot de passe aussi")
	require.Len(t, w.elsewhere.selfSigned.Logins(), before, "no password was sent")
	require.Empty(t, p.by("form", "action", "/accounts/new/anyway"), "this does not pass by itself")
	require.Equal(t, http.StatusConflict, v.post("/accounts/new/anyway", "kept", p.value("kept")).status)

	// Another certificate than the one that was shown cannot be slipped in.
	again := v.try(p, "trust.both", strings.Repeat("0", 64))
	require.Contains(t, again.main(), "signé par aucune autorité connue")
	p = v.try(again, "trust.both", sum)
	require.Equal(t, "/accounts", p.url.Path, p.main())
	a := w.accountOf(t, "marc", "moi@maison.example")
	require.Equal(t, sum, a.IMAP.PinSHA256)
	require.Equal(t, sum, a.SMTP.PinSHA256)
	await(t, "the account to work", func() bool { return w.accountOf(t, "marc", "moi@maison.example").Status.State == mailcrm.AccountReady })
}

// What will pass may be saved, when the person says so.
func TestSavingAnyway(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "marc", "fr")
	w.gone(t, "marc", "x@down.example")
	p := v.try(v.lookFor("x@down.example"), "imap.password", "kept-for-later", "name", "Plus tard")
	require.Contains(t, p.main(), "Enregistrer quand même")
	require.Nil(t, w.accountOf(t, "marc", "x@down.example"))
	p = v.submit(p, "/accounts/new/anyway")
	require.Contains(t, p.main(), "Le compte est ajouté")
	require.Equal(t, "Plus tard", w.accountOf(t, "marc", "x@down.example").Name)
	require.Contains(t, v.submit(v.get("/accounts/new"), "/accounts/new/find", "address", "x@down.example").main(), "2")
	require.Contains(t, v.post("/accounts/new/anyway", "kept", "over").main(), "dix minutes")
}

// What lies in the drawer is its agent's alone.
func TestTheDrawerIsPrivate(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "marc", "fr")
	p := v.try(v.lookFor("geheim@down.example"), "imap.password", "kept-for-later")
	jeanne := w.visitor(t, "jeanne", "fr")
	other := jeanne.get(p.url.RequestURI())
	require.Contains(t, other.main(), "dix minutes")
	require.NotContains(t, other.text, "geheim")
	require.Contains(t, jeanne.post("/accounts/new/anyway", "kept", p.value("kept")).main(), "dix minutes")
	require.Nil(t, w.accountOf(t, "jeanne", "geheim@down.example"))
	sent := jeanne.post("/accounts/new/try", "kept", p.value("kept"), "address", "geheim@down.example", "imap.host", p.value("imap.host"), "imap.port", p.value("imap.port"), "imap.security", "tls", "imap.username", p.value("imap.username"), "smtp.host", "127.0.0.1")
	require.Contains(t, sent.main(), "Saisissez le mot de passe", "the password is not hers")
}

// Microsoft's mailboxes want a sign-in that is not set up here: the page says what to ask for.
func TestSigningInIsNotSetUp(t *testing.T) {
	w := theDemo(t)
	p := w.visitor(t, "marc", "fr").lookFor("marie@outlook.com")
	require.Contains(t, p.main(), "La connexion avec Microsoft n'est pas configurée ici")
	require.Contains(t, p.main(), "Dites à votre administrateur")
	require.Contains(t, p.main(), "Microsoft n'accepte plus de mot de passe")
	p = w.visitor(t, "marc", "en").lookFor("mary@gmail.com")
	require.Contains(t, p.main(), "Signing in with Google is not set up here")
	require.Contains(t, p.main(), "password for applications")
}

// provider signs in: it follows the page in between to the provider and back.
func (v *visitor) signIn(p *page, action string) *page {
	v.t.Helper()
	between := v.submit(p, action)
	refresh := between.header.Get("Refresh")
	target, found := strings.CutPrefix(refresh, "0; url=")
	require.True(v.t, found, "%s %s", refresh, between.main())
	r, err := http.NewRequestWithContext(v.t.Context(), http.MethodGet, target, nil)
	require.NoError(v.t, err)
	return v.do(r)
}

func TestSigningInAtAProvider(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "marc", "fr")
	w.gone(t, "marc", "compta@demo.example")
	p := v.lookFor("compta@demo.example")
	require.Contains(t, p.main(), "Se connecter avec maison")
	p = v.signIn(p, "/accounts/signin")
	require.Contains(t, p.main(), "Connecté chez maison en tant que compta@demo.example")
	require.Empty(t, p.by("input", "type", "password"), "no password is asked")
	require.NotContains(t, p.url.RequestURI(), "code=")
	p = v.try(p)
	require.Equal(t, "/accounts", p.url.Path, p.main())
	a := w.accountOf(t, "marc", "compta@demo.example")
	require.NotEmpty(t, a.IMAP.Login)
	await(t, "the account to work", func() bool { return w.accountOf(t, "marc", "compta@demo.example").Status.State == mailcrm.AccountReady })

	// The sign-in is offered again, and only to him who made it (jeanne may have one of her own, from a browser).
	require.Contains(t, v.lookFor("compta@demo.example").main(), "Utiliser la connexion de compta@demo.example")
	other := w.visitor(t, "admin", "fr")
	asked := other.lookFor("compta@demo.example")
	require.NotContains(t, asked.main(), "Utiliser la connexion")
	require.Equal(t, http.StatusNotFound, other.post("/accounts/new/login", "kept", asked.value("kept"), "login", a.IMAP.Login).status)

	// Signing in again from the table, and the settings of the account.
	p = v.submit(v.get("/accounts/"+a.ID), "/accounts/"+a.ID, "name", "Comptabilité")
	require.Contains(t, p.main(), "Le compte est enregistré")
	require.Equal(t, a.IMAP.Login, w.accountOf(t, "marc", "compta@demo.example").IMAP.Login)

	// Somebody who does not agree is told so where he was.
	p = v.signIn(v.lookFor("non@signin.example"), "/accounts/signin")
	require.Equal(t, "/accounts/new", p.url.Path)
	require.Contains(t, p.main(), mailcrm.Sentence("oauth.denied", "fr"))

	// A state that nobody began, and one of somebody else.
	require.Equal(t, http.StatusNotFound, v.get("/accounts/signed-in?state=forged&code=x").status)
	require.Equal(t, http.StatusUnprocessableEntity, v.get("/accounts/signed-in").status)
	between := v.submit(v.lookFor("non@signin.example"), "/accounts/signin")
	state := regexpState(t, between.header.Get("Refresh"))
	require.Equal(t, http.StatusNotFound, other.get("/accounts/signed-in?state="+url.QueryEscape(state)+"&code=x").status)
}

func regexpState(t *testing.T, refresh string) string {
	t.Helper()
	u, err := url.Parse(strings.TrimPrefix(refresh, "0; url="))
	require.NoError(t, err)
	require.NotEmpty(t, u.Query().Get("state"))
	return u.Query().Get("state")
}

// The script sees the steps while they happen, and is led to the same page.
func TestStepsAreToldLive(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "marc", "fr")
	lines := func(path string, fields ...string) []map[string]string {
		v.header.Set("Accept", "application/x-ndjson")
		defer v.header.Del("Accept")
		p := v.post(path, fields...)
		require.Equal(t, "application/x-ndjson", p.header.Get("Content-Type"))
		var out []map[string]string
		read := json.NewDecoder(strings.NewReader(p.text))
		for read.More() {
			line := map[string]string{}
			require.NoError(t, read.Decode(&line))
			out = append(out, line)
		}
		return out
	}
	got := lines("/accounts/new/find", "address", "atelier@demo.example")
	require.Greater(t, len(got), 5)
	require.Equal(t, "ok", got[1]["state"], got)
	p := v.get(got[len(got)-1]["to"])
	require.Contains(t, p.main(), "Atelier Nordik")
	got = lines("/accounts/new/try", "kept", p.value("kept"), "of", "0", "address", "atelier@demo.example", "imap.host", p.value("imap.host"), "imap.port", p.value("imap.port"), "imap.password", "wrong-one",
		"imap.security", "tls", "smtp.host", p.value("smtp.host"), "smtp.port", p.value("smtp.port"), "smtp.security", "starttls")
	require.Equal(t, "imap.reach", got[0]["key"])
	require.Equal(t, "failed", got[2]["state"])
	require.Contains(t, v.get(got[len(got)-1]["to"]).main(), "n'a pas été conservé")
	got = lines("/accounts/new/find", "address", "nobody")
	require.Contains(t, got[0]["error"], "adresse complète")
}
