package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/storage"
)

func TestOpeningIsAPersonsStep(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "jeanne", "en")
	raw := "From: new@elsewhere.example\r\nTo: jeanne.martin@demo.example\r\nSubject: Unopened\r\nDate: Mon, 2 Nov 2026 10:00:00 +0100\r\nMessage-ID: <unopened@elsewhere.example>\r\n\r\nHello\r\n"
	_, err := w.Mail.Deliver("jeanne.martin@demo.example", []byte(raw))
	require.NoError(t, err)
	m := w.find(t, "jeanne", "Unopened")
	require.False(t, m.Seen)
	seen := func() bool {
		now, err := w.as("jeanne").Messages.Get(t.Context(), m.ID)
		require.NoError(t, err)
		return now.Seen
	}

	v.header.Set("Sec-Purpose", "prefetch")
	require.Equal(t, http.StatusNotFound, v.get("/message/"+m.ID).status)
	require.False(t, seen())
	v.header = http.Header{"Sec-Fetch-Site": {"cross-site"}, "Sec-Fetch-Mode": {"navigate"}}
	p := v.get("/message/" + m.ID)
	require.Equal(t, http.StatusOK, p.status)
	require.Contains(t, p.main(), "without having opened it")
	require.False(t, seen())
	v.header = http.Header{"Sec-Fetch-Site": {"same-origin"}, "Sec-Fetch-Mode": {"no-cors"}}
	v.get("/message/" + m.ID)
	require.False(t, seen())

	v.header = http.Header{}
	p = v.submit(p, "/open")
	require.Contains(t, p.main(), "Marked as read")
	require.True(t, seen())
	require.NotContains(t, v.get("/message/"+m.ID).main(), "without having opened it")
}

func TestUnlinkingCanBeTakenBack(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "jeanne", "fr")
	m := w.find(t, "jeanne", "Re: Lovely to meet you in Harrogate")
	p := v.get("/message/" + m.ID)
	require.Contains(t, p.main(), "Fiona Campbell")
	require.Contains(t, p.main(), "par une adresse dans De : fiona.campbell@maplestone.example")
	p = v.submit(p, "/unlink")
	require.Contains(t, p.main(), "Délié")
	pane := words(p.by("aside", "class", "pane")[0])
	require.NotContains(t, strings.Split(pane, "Lier à une autre fiche")[0], "Fiona Campbell")
	require.NotContains(t, v.get("/records/contact/fiona").text, m.ID)
	p = v.submit(p, "/link")
	require.Contains(t, p.main(), "Lié :")
	require.Contains(t, p.main(), "lié par Jeanne Martin")
	require.Contains(t, v.get("/records/contact/fiona").text, m.ID)
}

func TestLinkingByHand(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "jeanne", "fr")
	m := w.find(t, "jeanne", "Quoted")
	p := v.get("/message/" + m.ID)
	require.Contains(t, p.main(), "Aucune fiche n'a l'une de ces adresses")
	require.Contains(t, p.main(), "Afficher le texte cité")
	p = v.get("/message/" + m.ID + "?find=nordwind")
	require.Contains(t, p.main(), "Hotel Alster, 48 chambres", "deals are found too")
	p = v.submit(p, "/link", "entity", "deal:alster", "name", "Hotel Alster, 48 chambres")
	require.Contains(t, p.main(), "Affaire")
	require.Contains(t, v.get("/records/deal/alster").text, m.ID)
	require.Contains(t, v.get("/message/"+m.ID+"?find=zzzz").main(), "Aucun résultat")
	require.Equal(t, http.StatusNotFound, v.post("/message/"+m.ID+"/link", "entity", "contact:nobody").status)
	require.Equal(t, http.StatusUnprocessableEntity, v.post("/message/"+m.ID+"/link", "entity", "rubbish").status)

	// Several at once.
	other := w.find(t, "jeanne", "Hostile")
	p = v.post("/inbox/marked", "op", "link", "m", m.ID, "m", other.ID, "back", "/inbox")
	require.Contains(t, p.main(), "Lier 2 messages à une fiche")
	p = v.get(p.url.RequestURI() + "&find=anke")
	p = v.submit(p, "/link")
	require.Contains(t, p.main(), "figurent dans l'historique")
	history := v.get("/records/contact/anke").text
	require.Contains(t, history, m.ID)
	require.Contains(t, history, other.ID)
	require.Contains(t, v.post("/inbox/marked", "op", "link", "back", "/inbox").main(), "Sélectionnez d'abord")
	require.Equal(t, http.StatusNotFound, v.post("/inbox/marked", "op", "read", "m", other.ID, "m", "nothing").status)
	require.Equal(t, "/inbox", v.post("/inbox/marked", "op", "read", "m", other.ID, "back", "//evil.example").url.Path)
}

func TestMarksCanBeTakenBack(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "jeanne", "fr")
	m := w.find(t, "jeanne", "Enlèvement Nantes")
	is := func() (seen, starred bool) {
		now, err := w.as("jeanne").Messages.Get(t.Context(), m.ID)
		require.NoError(t, err)
		return now.Seen, now.Flagged
	}
	v.get("/message/" + m.ID)
	p := v.post("/inbox/marked", "op", "unread", "m", m.ID, "back", "/inbox")
	require.Contains(t, p.main(), "Marqué comme non lu.")
	seen, _ := is()
	require.False(t, seen)
	p = v.submit(p, "/inbox/marked") // the notice's own button
	require.Contains(t, p.main(), "Marqué comme lu.")

	p = v.post("/inbox/marked", "one", "star:"+m.ID, "back", "/inbox?q=nantes")
	require.Equal(t, "nantes", p.url.Query().Get("q"))
	_, starred := is()
	require.True(t, starred)
	undo := p.by("div", "class", "notice")[0]
	require.Contains(t, words(undo), "Suivi ajouté. Annuler")
	v.post("/inbox/marked", "op", "unstar", "m", m.ID, "back", "/inbox")
	_, starred = is()
	require.False(t, starred)
	require.Equal(t, http.StatusNotFound, v.post("/inbox/marked", "op", "burn", "m", m.ID).status)

	mail := v.get("/message/" + m.ID + "?back=/inbox")
	require.Contains(t, mail.main(), "messages de cette conversation")
	mail = v.submit(mail, "/mark", "op", "star")
	require.Contains(t, mail.main(), "Ne plus suivre")
	p = v.submit(mail, "/mark", "op", "unread")
	require.Equal(t, "/inbox", p.url.Path)
	seen, starred = is()
	require.False(t, seen)
	require.True(t, starred)
	marc := w.visitor(t, "marc", "fr")
	require.Equal(t, http.StatusNotFound, marc.post("/message/"+m.ID+"/mark", "op", "unstar").status)
}

func TestAmbiguousLinksSaySo(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "jeanne", "fr")
	p := v.get("/message/" + w.find(t, "jeanne", "Référencement fournisseur").ID)
	require.Contains(t, p.main(), "2 sociétés ont cette adresse")
	require.Contains(t, p.main(), "Bastide Hôtellerie")
	require.Contains(t, p.main(), "Bastide Patrimoine")
}

func TestAStrangerBecomesAContact(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "jeanne", "fr")
	m := w.find(t, "jeanne", "Cinq chambres")
	p := v.get("/message/" + m.ID)
	form := p.form("/create")
	got := formValues(form)
	require.Equal(t, "Clara", got.Get("first"))
	require.Equal(t, "Vasseur", got.Get("last"))
	require.NotEmpty(t, got.Get("address"))
	require.Equal(t, "contact", got.Get("kind"))

	p = v.submit(p, "/create", "first", "", "last", "")
	require.Equal(t, http.StatusUnprocessableEntity, p.status)
	p = v.submit(v.get("/message/"+m.ID), "/create")
	require.Contains(t, p.main(), "La fiche a été créée et liée au message.")
	require.Contains(t, words(p.by("aside", "class", "pane")[0]), "Clara Vasseur")
	created, err := w.as("jeanne").Entities.ByAddress(t.Context(), got.Get("address"))
	require.NoError(t, err)
	require.Len(t, created, 1)
	require.Contains(t, v.get("/records/contact/"+created[0].ID).text, m.ID)

	// The same again is a duplicate, which is an answer.
	other := w.find(t, "jeanne", "Quoted")
	p = v.post("/message/"+other.ID+"/create", "kind", "contact", "first", "Clara", "last", "Vasseur", "address", got.Get("address"))
	require.Equal(t, http.StatusUnprocessableEntity, p.status)
	require.Contains(t, p.main(), "Cela existe peut-être déjà")
	p = v.post("/records/new", "kind", "contact", "first", "Clara", "last", "Vasseur", "address", got.Get("address"))
	require.Contains(t, p.main(), "Cela existe peut-être déjà")
	p = v.submit(p, "/records/new", "anyway", "1")
	require.Contains(t, p.url.Path, "/records/contact/")
	require.Contains(t, v.post("/records/new", "kind", "account", "name", "").main(), "Remplissez ce champ")
}

func TestPrivateMailIsARowWithoutContent(t *testing.T) {
	w := theDemo(t)
	marc, jeanne := w.visitor(t, "marc", "en"), w.visitor(t, "jeanne", "en")
	p := marc.submit(marc.get("/compose?to=lars.petersen@nordwind.example"), "/compose", "op", "send", "private", "1", "subject", "Between us two", "body", "Secret matter")
	require.Equal(t, "/outbox", p.url.Path, p.main())
	var sent *mailcrm.Submission
	await(t, "Marc's mail to leave", func() bool {
		page, err := w.as("marc").Outbox.List(t.Context(), "", 1)
		require.NoError(t, err)
		sent = &page.Items[0]
		return sent.State == mailcrm.StateSent && sent.SentCopy == "done"
	})
	history := jeanne.get("/records/contact/lars")
	require.Contains(t, history.main(), "Private mail of Marc Dubois")
	require.NotContains(t, history.text, "Between us two")
	require.NotContains(t, history.text, "Secret matter")
	require.Contains(t, marc.get("/records/contact/lars").main(), "Between us two")

	p = jeanne.get("/message/" + sent.Message)
	require.NotContains(t, p.text, "Between us two")
	require.NotContains(t, p.text, "Secret matter")
	require.NotContains(t, p.text, "lars.petersen")
	if p.status == http.StatusOK {
		require.Contains(t, p.main(), "Private mail")
	}
	require.NotContains(t, jeanne.get("/inbox?q=Secret+matter").text, sent.Message)
	require.Equal(t, http.StatusNotFound, jeanne.post("/message/"+sent.Message+"/reply", "op", "reply").status)
	require.Equal(t, http.StatusNotFound, jeanne.post("/message/"+sent.Message+"/link", "entity", "contact:anke").status)
	history2, err := w.as("jeanne").Timeline.List(t.Context(), mailcrm.TimelineQuery{Entity: storage.Ref{Kind: storage.KindContact, ID: "lars"}, Limit: 1})
	require.NoError(t, err)
	require.True(t, history2.Items[0].Withheld)
}
