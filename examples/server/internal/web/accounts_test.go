package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
)

// The settings of an account: each mistake is shown at its field, and what is not changed stays.
func TestAnAccountIsChangedWithMistakes(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "marc", "fr")
	w.gone(t, "marc", "labor@demo.example")
	w.gone(t, "marc", "labor2@demo.example")
	account, err := w.as("marc").Accounts.Create(t.Context(), mailcrm.AccountInput{
		Address: "labor@demo.example", IMAP: mailcrm.ServerInput{Host: w.Mail.IMAPS.Host, Port: w.Mail.IMAPS.Port, Password: mailcrm.NewSecret("wrong-password")},
		SMTP: mailcrm.ServerInput{Host: w.Mail.Submission.Host, Port: w.Mail.Submission.Port, Security: mailcrm.StartTLS},
	})
	require.NoError(t, err)
	page := "/accounts/" + account.ID
	await(t, "the server to refuse the password", func() bool {
		return strings.Contains(v.get("/accounts").main(), "refusé l'identifiant ou le mot de passe")
	})
	cured := v.get("/accounts").by("a", "href", page+"?fix=imap-password#imap-password")
	require.Len(t, cured, 1, "the cure leads to the field")
	require.NotEmpty(t, words(cured[0]))
	require.True(t, has(v.get(page+"?fix=imap-password").by("input", "name", "imap.password")[0], "autofocus"))
	p := v.get("/inbox")
	require.Contains(t, p.main(), "labor@demo.example — Le serveur a refusé", "the inbox says so too")
	require.Contains(t, p.main(), "Ouvrir le compte")

	edit := v.get(page)
	require.Empty(t, edit.value("imap.password"))
	require.Contains(t, edit.main(), "/novalidate-cert", "the known flags are a hint")
	for name, c := range map[string]struct{ field, value, says string }{
		"address":   {"address", "labor", "adresse complète"},
		"host":      {"imap.host", "", "serveur de réception"},
		"smtp":      {"smtp.host", "smtp://x/y", "sans port ni chemin"},
		"port":      {"imap.port", "many", "entre 1 et 65535"},
		"moved":     {"imap.host", "imap.elsewhere.example", "mot de passe"},
		"security":  {"imap.security", "none", "chiffrés"},
		"pin":       {"imap.pin", "abc", "64 chiffres"},
		"domains":   {"owndomains", "a b@@c", "domaines"},
		"foreign":   {"owndomains", "nordwind.example", "administrateur"},
		"identity":  {"id1.address", "nobody", "adresse complète"},
		"alias":     {"id1.address", "boss@nordwind.example", "administrateur"},
		"flags":     {"imap.flags", "/nonsense", "n'existe pas en réception"},
		"flag form": {"smtp.flags", "ssl", "commence par une barre"},
		"flag fits": {"imap.flags", "/tls", "se contredisent"},
		"zone":      {"linkread.zone", "Mars/Olympus", "Europe/Paris"},
		"hour":      {"deletealso.at", "25:00", "02:30"},
		"hour text": {"linkread.at", "midnight", "02:30"},
		"sent":      {"sentcopy", "none", "/readonly"},
		"login":     {"imap.login", "stolen", "connectez-vous à nouveau"},
		"depth":     {"depth", "99999999", "trop petit ou trop grand"},
	} {
		typed := "typed-anew-3"
		if c.field == "imap.login" || name == "moved" {
			typed = ""
		}
		p := v.submit(edit, page, c.field, c.value, "imap.password", typed, "linkread.on", "1", "deletealso.on", "1")
		require.Equal(t, http.StatusUnprocessableEntity, p.status, name)
		require.Contains(t, p.main(), c.says, name)
		require.NotContains(t, p.text, "typed-anew-3", "a password is never shown again")
		sound(t, p, name)
	}

	p = v.submit(edit, page, "name", "Labor", "imap.flags", "/ssl/user=labor", "imap.username", "", "imap.disabled", "PLAIN", "imap.password", "still wrong", "smtp.noauth", "1", "crlf", "1", "public", "1",
		"store", "1", "link", "arrival", "depth", "30", "sentcopy", "check", "linkread.on", "1", "linkread.at", "03:15", "linkread.zone", "Europe/Berlin",
		"id1.name", "Labor", "id1.address", "lab@demo.example", "id1.signature", "Labor\n02 61", "m0.agent", "jeanne", "m0.read", "1", "m0.send", "1")
	require.Contains(t, p.main(), "Le compte est enregistré", p.main())
	account, err = w.as("marc").Accounts.Get(t.Context(), account.ID)
	require.NoError(t, err)
	require.Equal(t, "labor", account.IMAP.Username)
	require.Equal(t, "/ssl/user=labor", account.IMAP.Flags)
	require.Equal(t, []string{"PLAIN"}, account.IMAP.Disabled)
	require.Equal(t, mailcrm.Nightly{On: true, Hour: 3, Minute: 15, Zone: "Europe/Berlin"}, account.LinkReadNightly)
	require.False(t, account.DeletePolicy.On)
	require.True(t, account.CRLF && account.Public && account.StoreAttachments && account.SMTP.NoAuth)
	require.Equal(t, mailcrm.SentCheck, account.SentCopy)
	require.Equal(t, "<p>Labor<br>02 61</p>", strings.ReplaceAll(strings.ReplaceAll(account.Identities[1].Signature, "\n", ""), "<br/>", "<br>"))
	require.Equal(t, []mailcrm.Member{{Agent: "jeanne", Rights: []mailcrm.Right{mailcrm.RightRead, mailcrm.RightSend}}}, account.Members)
	require.Contains(t, v.get("/accounts").main(), "Jeanne Martin lit, envoie")
	p = v.submit(edit, page, "name", "trop tard")
	require.Equal(t, http.StatusConflict, p.status)
	require.Contains(t, p.main(), "modifié ailleurs")

	// Who uses it and does not manage it is told whom to ask.
	jeanne := w.visitor(t, "jeanne", "fr")
	require.Contains(t, jeanne.get("/accounts").main(), "Demandez à Marc Dubois")
	require.Equal(t, page+"/folders", jeanne.get(page).url.Path)
	require.Equal(t, http.StatusNotFound, jeanne.post(page, "name", "mine").status)

	v.submit(v.get("/accounts"), page+"/pause")
	require.Contains(t, v.get("/accounts").main(), "pause")
	require.Contains(t, v.submit(v.get("/accounts"), page+"/resume").main(), "Le compte reprend")
	require.Contains(t, v.get(page+"/certificate").main(), "pas de certificat à comparer")
	require.Equal(t, http.StatusUnprocessableEntity, v.post(page+"/trust", "side", "imap", "pin", strings.Repeat("0", 64)).status, "there is no certificate to trust")

	p = v.get(page + "/delete")
	require.Contains(t, p.main(), "rien n'est supprimé sur le serveur")
	p = v.submit(p, "/delete")
	require.Contains(t, p.main(), "Le compte a été supprimé")
	require.NotContains(t, v.get("/accounts").main(), "labor@demo.example")
	require.Equal(t, http.StatusNotFound, v.get(page).status)
}

// The settings are tried as they stand in the form; a certificate is compared on the way, and nothing is typed twice.
func TestSettingsAreTried(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "jeanne", "fr")
	own := w.accountOf(t, "jeanne", "jeanne.martin@demo.example")
	page := "/accounts/" + own.ID
	p := v.submit(v.get(page), page+"/test", "#", "")
	require.Contains(t, p.main(), "Tout fonctionne. Enregistrez pour le conserver.")
	require.NotContains(t, p.main(), "revenu")
	p = v.submit(p, page+"/test", "roundtrip", "1")
	require.Contains(t, p.main(), "Un message à soi-même est revenu", p.main())
	require.Equal(t, own.Revision, w.accountOf(t, "jeanne", "jeanne.martin@demo.example").Revision, "nothing was saved")

	p = v.submit(p, page+"/test", "imap.password", "a wrong one 5", "imap.host", "localhost")
	require.Contains(t, p.main(), "a refusé l'identifiant")
	require.NotContains(t, p.text, "a wrong one 5")
	require.Equal(t, "localhost", p.value("imap.host"), "what was typed stays")
	p = v.submit(p, page+"/test", "imap.port", "x")
	require.Contains(t, p.main(), "entre 1 et 65535")

	// Moved to a server that signed its own certificate.
	p = v.submit(v.get(page), page+"/test", "imap.port", fmt.Sprint(w.elsewhere.selfSigned.IMAPS.Port), "imap.password", "typed-once-8")
	require.Contains(t, p.main(), "Comparer le certificat")
	p = v.submit(p, page+"/test", "trust.imap", w.elsewhere.selfSigned.Fingerprint())
	require.Contains(t, p.main(), "a refusé l'identifiant", "the password of before was sent, now that the server is known")
	require.Equal(t, w.elsewhere.selfSigned.Fingerprint(), p.value("imap.pin"))
}

// An account whose server shows a certificate that nobody signed waits for a person.
func TestACertificateIsComparedLater(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "marc", "fr")
	w.gone(t, "marc", "moi@maison.example")
	server := w.elsewhere.selfSigned
	a, err := w.as("marc").Accounts.Create(t.Context(), mailcrm.AccountInput{
		Address: "moi@maison.example", IMAP: mailcrm.ServerInput{Host: server.IMAPS.Host, Port: server.IMAPS.Port, Password: mailcrm.NewSecret("maison 1")},
		SMTP: mailcrm.ServerInput{Host: server.Submission.Host, Port: server.Submission.Port, Security: mailcrm.StartTLS},
	})
	require.NoError(t, err)
	page := "/accounts/" + a.ID
	await(t, "the certificate", func() bool { return len(v.get("/accounts").by("a", "href", page+"/certificate?side=imap")) == 1 })
	p := v.get(page + "/certificate?side=imap")
	require.Contains(t, p.main(), "Comparer le certificat")
	require.Equal(t, page+"/certificate", v.submit(p, page+"/trust").url.Path, "the box must be ticked")
	p = v.submit(p, page+"/trust", "pin", server.Fingerprint())
	require.Contains(t, p.main(), "Le certificat est désormais approuvé")
	await(t, "the account to work", func() bool { return w.accountOf(t, "marc", "moi@maison.example").Status.State == mailcrm.AccountReady })
}

func TestFoldersSayWhatTheyAreAndWhy(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "jeanne", "fr")
	all, err := w.as("jeanne").Accounts.List(t.Context())
	require.NoError(t, err)
	path := "/accounts/" + all[0].ID + "/folders"
	p := v.get(path)
	require.Contains(t, p.main(), "annoncé par le serveur")
	require.Contains(t, p.main(), "Nordwind")
	require.Contains(t, p.main(), "Copie dans Envoyés")
	require.Contains(t, v.submit(p, "/fetch").main(), "La relève du courrier est lancée")
	marc := w.visitor(t, "marc", "fr")
	require.Equal(t, http.StatusNotFound, marc.get(path).status)
	require.Equal(t, http.StatusNotFound, marc.post(path, "role.sent", "none").status)
	require.Equal(t, http.StatusNotFound, marc.post(path+"/create", "role", "archive").status)
	admin := w.visitor(t, "admin", "fr")
	require.Equal(t, http.StatusOK, admin.get("/accounts/"+all[0].ID).status, "an administrator sets accounts up")
	seen := admin.get(path)
	require.Equal(t, http.StatusOK, seen.status, "and says which folder is used for what")
	require.Empty(t, seen.by("a", "data-open", ""), "but does not see into the mailbox")
	require.NotEmpty(t, p.by("a", "data-open", ""))
}

// A person says that another folder is the archive, makes one that is missing, and is told what cannot be.
func TestFoldersAreChosenAndMade(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "jeanne", "fr")
	s := w.as("jeanne")
	all, err := s.Accounts.List(t.Context())
	require.NoError(t, err)
	account := all[0].ID
	path := "/accounts/" + account + "/folders"
	tree, err := s.Mailboxes.Tree(t.Context(), account)
	require.NoError(t, err)
	var own, sent string
	for _, n := range tree {
		if n.Choosable && n.Role == "" {
			own = n.ID
		}
		if n.Role == "sent" {
			sent = n.ID
		}
	}
	require.NotEmpty(t, own)
	archive := func() mailcrm.RoleMapping {
		m, err := s.Mailboxes.Mapping(t.Context(), account)
		require.NoError(t, err)
		for _, r := range m.Roles {
			if r.Role == "archive" {
				return r
			}
		}
		require.FailNow(t, "archive is not in the mapping")
		return mailcrm.RoleMapping{}
	}
	before := archive()

	p := v.submit(v.get(path), path, "role.archive", own)
	require.Contains(t, p.main(), "servent comme vous l'avez choisi")
	require.Contains(t, p.main(), "choisi par vous")
	require.Equal(t, own, archive().Mailbox)
	require.Equal(t, mailcrm.HowChosen, archive().How)

	p = v.submit(p, path, "role.archive", own, "role.trash", own)
	require.Equal(t, http.StatusUnprocessableEntity, p.status)
	require.Contains(t, p.main(), "un dossier n'a qu'un usage")
	require.Equal(t, own, p.value("role.trash"), "what was chosen stays in the form")
	require.Contains(t, v.submit(v.get(path), path, "role.archive", sent, "role.sent", sent).main(), "un dossier n'a qu'un usage")
	require.Contains(t, v.submit(v.get(path), path, "role.junk", "no-such-folder").main(), "n'est plus sur le serveur")
	late := v.get(path)
	require.Contains(t, v.submit(late, path, "role.archive", "none").main(), "servent comme")
	require.Empty(t, archive().Mailbox)
	require.Equal(t, http.StatusConflict, v.submit(late, path, "role.archive", own).status, "somebody else was faster")
	require.Contains(t, v.submit(v.get(path), path, "role.archive", "auto").main(), "servent comme")
	require.Equal(t, before.Mailbox, archive().Mailbox)
}
