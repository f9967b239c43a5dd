package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
)

// A wrong field is shown where it is, with a sentence, and what was typed stays.
func TestAnAccountIsAddedWithMistakes(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "marc", "fr")
	form := v.get("/accounts/new")
	require.Equal(t, "marc.dubois@demo.example", form.value("address"), "what is known is filled in")
	fill := func(more ...string) []string {
		return append([]string{
			"address", "atelier@demo.example", "name", "Atelier", "imap.host", w.Mail.IMAPS.Host, "imap.port", fmt.Sprint(w.Mail.IMAPS.Port), "imap.password", "wrong-password",
			"smtp.host", w.Mail.Submission.Host, "smtp.port", fmt.Sprint(w.Mail.Submission.Port), "smtp.security", "starttls", "depth", "-1", "link", "arrival",
		}, more...)
	}
	for name, c := range map[string]struct{ field, value, says string }{
		"address":  {"address", "atelier", "adresse complète"},
		"host":     {"imap.host", "", "serveur de réception"},
		"smtp":     {"smtp.host", "smtp://x/y", "sans port ni chemin"},
		"port":     {"imap.port", "many", "entre 1 et 65535"},
		"password": {"imap.password", "", "mot de passe"},
		"security": {"imap.security", "none", "chiffrés"},
		"pin":      {"imap.pin", "abc", "64 chiffres"},
		"domains":  {"owndomains", "a b@@c", "domaines"},
		"identity": {"id0.address", "nobody", "adresse complète"},
	} {
		p := v.submit(form, "/accounts/new", fill(c.field, c.value)...)
		require.Equal(t, http.StatusUnprocessableEntity, p.status, name)
		require.Contains(t, p.main(), c.says, name)
		require.NotContains(t, p.text, "wrong-password", "a password is never shown again")
		if c.field != "address" {
			require.Equal(t, "atelier@demo.example", p.value("address"), name)
		}
	}

	p := v.submit(form, "/accounts/new", fill("id0.name", "Atelier", "id0.address", "atelier@demo.example", "id0.signature", "Atelier Nordik\n02 61 91 04 10", "m0.agent", "jeanne", "m0.read", "1")...)
	require.Equal(t, "/accounts", p.url.Path, p.main())
	require.Contains(t, p.main(), "atelier@demo.example")
	await(t, "the server to refuse the password", func() bool {
		return strings.Contains(v.get("/accounts").main(), "refusé l'identifiant ou le mot de passe")
	})
	p = v.get("/inbox")
	require.Contains(t, p.main(), "atelier@demo.example — Le serveur a refusé", "the inbox says so too")
	require.Contains(t, p.main(), "Ouvrir le compte")

	var account mailcrm.Account
	all, err := w.as("marc").Accounts.List(t.Context())
	require.NoError(t, err)
	for _, a := range all {
		if a.Address == "atelier@demo.example" {
			account = a
		}
	}
	require.Equal(t, "<p>Atelier Nordik<br>02 61 91 04 10</p>", strings.ReplaceAll(strings.ReplaceAll(account.Identities[0].Signature, "\n", ""), "<br/>", "<br>"))
	require.Equal(t, []mailcrm.Member{{Agent: "jeanne", Rights: []mailcrm.Right{mailcrm.RightRead}}}, account.Members)

	page := "/accounts/" + account.ID
	require.Contains(t, v.submit(form, "/accounts/new", fill()...).main(), "existe déjà")
	edit := v.get(page)
	require.Equal(t, "Atelier Nordik\n02 61 91 04 10", edit.value("id0.signature"))
	require.Empty(t, edit.value("imap.password"))
	p = v.submit(edit, page, "name", "L'atelier", "m0.agent", "")
	require.Contains(t, p.main(), "Le compte est enregistré")
	require.Equal(t, "L'atelier", p.value("name"))
	p = v.submit(edit, page, "name", "trop tard")
	require.Equal(t, http.StatusConflict, p.status)
	require.Contains(t, p.main(), "modifié ailleurs")

	jeanne := w.visitor(t, "jeanne", "fr")
	require.Equal(t, http.StatusNotFound, jeanne.get(page).status)
	require.Equal(t, http.StatusNotFound, jeanne.post(page+"/delete").status)
	require.Equal(t, http.StatusConflict, v.post(page+"/trust", "pin", strings.Repeat("0", 64)).status, "there is no certificate to trust")

	p = v.get(page + "/delete")
	require.Contains(t, p.main(), "rien n'est supprimé sur le serveur")
	p = v.submit(p, "/delete")
	require.Contains(t, p.main(), "Le compte a été supprimé")
	require.NotContains(t, v.get("/accounts").main(), "atelier@demo.example")
	require.Equal(t, http.StatusNotFound, v.get(page).status)
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
