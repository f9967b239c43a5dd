package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/storage"
)

// arrive delivers a mail to an agent of the demo and waits for it.
func (w *world) arrive(t *testing.T, agent, subject, header, body string) mailcrm.Message {
	t.Helper()
	to := w.accountOf(t, agent, agent+"."+map[string]string{"jeanne": "martin", "marc": "dubois"}[agent]+"@demo.example").Address
	raw := "Return-Path: <anke.vogel@nordwind.example>\r\nFrom: Anke Vogel <anke.vogel@nordwind.example>\r\nTo: " + to + "\r\nSubject: " + subject +
		"\r\nMessage-ID: <" + strings.ReplaceAll(strings.ToLower(subject), " ", "-") + "@nordwind.example>\r\nMIME-Version: 1.0\r\n" + header + "\r\n" + body
	_, err := w.Mail.Deliver(to, []byte(raw))
	require.NoError(t, err)
	return w.find(t, agent, subject)
}

const withFile = "Content-Type: multipart/mixed; boundary=b\r\n"

func filePart(header, content string) string {
	return "--b\r\nContent-Type: text/plain\r\n\r\nHere it is.\r\n--b\r\n" + header + "\r\n\r\n" + content + "\r\n--b--\r\n"
}

// TestAnAttachmentIsFiled goes the whole way without script: from the mail to the page, into a new folder, to where it lies, and to its bytes.
func TestAnAttachmentIsFiled(t *testing.T) {
	w := theDemo(t)
	m := w.arrive(t, "jeanne", "Plan of the terrace", withFile, filePart("Content-Type: text/csv; name=\"=?utf-8?q?Pl=C3=A4ne_=22A=22=2Ecsv?=\"\r\nContent-Disposition: attachment", "a;b"))
	v := w.visitor(t, "jeanne", "en")
	mail := v.get("/message/" + m.ID + "?back=%2Finbox%3Fq%3Dterrace")
	require.Contains(t, mail.text, "/mail/"+m.ID+"/part/2?open=1")
	form := v.get("/message/" + m.ID + "/file/2")
	require.Equal(t, http.StatusOK, form.status)
	require.Contains(t, form.text, `name="tree" value="contact:anke"`, "who wrote it is proposed")
	require.Contains(t, form.text, "tree=account%3Anordwind", "and his company")
	require.Contains(t, form.text, "tree=deal%3Aalster", "and what is going on with it")

	done := v.submit(form, "/message/"+m.ID+"/file/2", "new", "Plans", "name", "Terrace.csv")
	require.Equal(t, "/message/"+m.ID, done.url.Path)
	require.Contains(t, done.text, "“Terrace.csv” is filed: Anke Vogel › Plans")
	documents := v.get(attr(done.by("a", "class", "button small")[0], "href"))
	require.Equal(t, "/documents", documents.url.Path)
	require.Contains(t, documents.text, "filed just now")
	var href string
	for _, a := range documents.by("a", "", "") {
		if strings.HasPrefix(attr(a, "href"), "/documents/file") {
			href = attr(a, "href")
		}
	}
	require.NotEmpty(t, href, documents.text)
	got := v.get(href)
	require.Equal(t, `attachment; filename="Terrace.csv"`, got.header.Get("Content-Disposition"))
	require.Equal(t, "application/octet-stream", got.header.Get("Content-Type"))
	require.Equal(t, "nosniff", got.header.Get("X-Content-Type-Options"))
	require.Contains(t, got.text, "a;b")

	again := v.submit(form, "/message/"+m.ID+"/file/2", "new", "Plans", "name", "Terrace.csv")
	require.Contains(t, again.text, "“Terrace.csv” is filed", "a second click makes no second document")
	files, err := w.as("jeanne").Files.List(t.Context(), mailcrm.FilesQuery{Tree: storage.Tree{Space: storage.SpaceEntity, Entity: storage.Ref{Kind: "contact", ID: "anke"}}})
	require.NoError(t, err)
	plans := 0
	for _, f := range files.Items {
		if f.Name == "Plans" {
			inside, err := w.as("jeanne").Files.List(t.Context(), mailcrm.FilesQuery{Tree: storage.Tree{Space: storage.SpaceEntity, Entity: storage.Ref{Kind: "contact", ID: "anke"}}, Folder: f.ID})
			require.NoError(t, err)
			plans += len(inside.Items)
		}
	}
	require.Equal(t, 1, plans)
	require.Contains(t, v.get("/records/contact/anke").text, "/documents?tree=contact%3Aanke")

	bad := v.submit(form, "/message/"+m.ID+"/file/2", "name", "..", "new", "Kept")
	require.Equal(t, http.StatusUnprocessableEntity, bad.status)
	require.Contains(t, bad.text, `id="e-name"`)
	require.Contains(t, bad.text, `value="Kept"`, "what was typed stays")

	found := v.get("/message/" + m.ID + "/file/2?kind=account&find=hartley")
	require.Contains(t, found.text, "tree=account%3Ahartley")
	require.NotContains(t, found.text, "tree=contact%3Apriya", "only of the table that was chosen")
	own := v.get("/message/" + m.ID + "/file/2?tree=private")
	require.Contains(t, v.submit(own, "/message/"+m.ID+"/file/2", "name", "Mine.csv").text, "My documents")

	for path, want := range map[string]int{
		"/message/" + m.ID + "/file/9": 404, "/message/" + m.ID + "/file/2?tree=contact:nobody": 404, "/message/nobody/file/2": 404,
		"/documents": 404, "/documents?tree=contact:nobody": 404, "/documents?tree=contact:anke&folder=../..": 404, "/documents/file?tree=common&file=77": 404,
	} {
		require.Equal(t, want, v.get(path).status, path)
	}
	require.Equal(t, http.StatusNotFound, v.post("/message/"+m.ID+"/file/2", "tree", "contact:nobody", "name", "x").status)
	require.Equal(t, http.StatusUnprocessableEntity, v.post("/message/"+m.ID+"/file/2", "name", "x").status)
}

// TestNamesOfAttachments: what a sender calls a file is text on the page, and one parameter of a header.
func TestNamesOfAttachments(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "jeanne", "en")
	for i, c := range []struct{ header, want string }{
		{`Content-Disposition: attachment; filename="../../etc/passwd"`, `attachment; filename="passwd"`},
		{`Content-Disposition: attachment; filename*=utf-8''R%C3%A9sum%C3%A9%E2%80%AEfdp.exe`, `attachment; filename="R_sum_fdp.exe"; filename*=UTF-8''R%C3%A9sum%C3%A9fdp.exe`},
		{`Content-Disposition: attachment; filename*=utf-8''a%22%3Bfilename%3Dx.exe`, `attachment; filename="a_;filename=x.exe"`},
		{`Content-Disposition: attachment; filename="CON"`, `attachment; filename="_CON"`},
		{`Content-Disposition: attachment; filename="<img src=x onerror=alert(1)>.png"`, `attachment; filename="_img src=x onerror=alert(1)_.png"`},
	} {
		m := w.arrive(t, "jeanne", fmt.Sprintf("Oddly named %d", i), withFile, filePart("Content-Type: application/octet-stream\r\n"+c.header, "x"))
		page := v.get("/message/" + m.ID)
		require.NotContains(t, page.text, "<img src=x")
		require.NotContains(t, page.text, "\u202e")
		require.Equal(t, c.want, v.get("/mail/"+m.ID+"/part/2").header.Get("Content-Disposition"))
		require.Equal(t, http.StatusOK, v.get("/message/"+m.ID+"/file/2").status)
	}
}

// TestViewsOfAMail: text with what was quoted and signed folded away, the header, the source, and a page to print.
func TestViewsOfAMail(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "jeanne", "en")
	m := w.arrive(t, "jeanne", "Views of it", "X-Odd: \x1b[31m <b>bold</b> ' OR 1=1 --\r\nContent-Type: multipart/alternative; boundary=b\r\n",
		"--b\r\nContent-Type: text/plain\r\n\r\nYes, please.\r\n\r\n-- \r\nAnke Vogel\r\nNordwind Hotels\r\n+49 40 1234567\r\n\r\nOn Monday, Jeanne wrote:\r\n> One\r\n> Two\r\n> Three\r\n> Four\r\n"+
			"--b\r\nContent-Type: text/html\r\n\r\n<p>Yes, <b>please</b>.</p><style>p{color:red}</style><script>alert(1)</script>\r\n--b--\r\n")
	html := v.get("/message/" + m.ID)
	require.Contains(t, html.text, `<iframe class="mail`)
	text := v.get("/message/" + m.ID + "?view=text")
	require.NotContains(t, text.text, "<iframe")
	require.Contains(t, text.text, "Show the quoted text")
	require.Contains(t, text.text, "Yes, please.")
	headers := v.get("/message/" + m.ID + "?view=headers")
	require.Contains(t, headers.text, `\u001b[31m &lt;b&gt;bold&lt;/b&gt;`, "nothing acts on a page or a terminal")
	require.NotContains(t, headers.text, "\x1b")
	raw := v.get("/message/" + m.ID + "?view=raw")
	require.Contains(t, raw.text, "&lt;script&gt;alert(1)&lt;/script&gt;")
	require.NotContains(t, raw.text, "\x1b")
	require.Contains(t, v.get("/message/"+m.ID+"?view=nothing").text, `<iframe class="mail`)

	printed := v.get("/message/" + m.ID + "/print")
	require.Equal(t, http.StatusOK, printed.status)
	policy := printed.header.Get("Content-Security-Policy")
	require.Contains(t, policy, "sandbox ")
	require.NotContains(t, policy, "allow-scripts")
	require.NotContains(t, policy, "allow-same-origin")
	require.Contains(t, printed.text, "Anke Vogel &lt;anke.vogel@nordwind.example&gt;")
	require.Contains(t, printed.text, "<b>please</b>")
	require.NotContains(t, printed.text, "<script")
	require.Contains(t, v.get("/message/"+m.ID+"/print?view=text").text, "&gt; Three")
}

// TestPicturesWait: pictures from elsewhere are shown on a person's word alone.
func TestPicturesWait(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "jeanne", "en")
	id := w.find(t, "jeanne", "Huiles").ID
	page := v.get("/message/" + id)
	require.Contains(t, page.text, "pictures are not shown")
	require.Contains(t, page.text, `src="/mail/`+id+`/body"`)
	require.NotContains(t, v.get("/mail/"+id+"/body").text, "picture?")
	shown := v.get("/message/" + id + "?images=1")
	require.Contains(t, shown.text, `src="/mail/`+id+`/body?images=1"`)
	require.NotContains(t, shown.text, "pictures are not shown")
	require.Contains(t, v.get("/message/"+id+"/print?images=1").text, "picture?")

	trusted := v.submit(page, "/message/"+id+"/pictures", "op", "trust")
	require.Contains(t, trusted.text, "From now on the pictures of this sender are shown to you.")
	require.Contains(t, v.get("/mail/"+id+"/body").text, "picture?")
	forgotten := v.submit(v.get("/message/"+id), "/message/"+id+"/pictures", "op", "forget")
	require.Contains(t, forgotten.text, "pictures are not shown")
	require.NotContains(t, v.get("/mail/"+id+"/body").text, "picture?")
	require.Equal(t, http.StatusUnprocessableEntity, v.post("/message/"+id+"/pictures", "op", "x").status)

	v.header.Set("Sec-Fetch-Site", "cross-site")
	require.NotContains(t, v.get("/message/"+id+"?images=1").text, "body?images=1", "a link on another site is nobody's word")
	require.NotContains(t, v.get("/message/"+id+"/print?images=1").text, "picture?")
	v.header.Set("Sec-Fetch-Site", "same-origin")
	v.header.Set("Sec-Purpose", "prefetch")
	require.NotContains(t, v.get("/message/"+id+"/print?images=1").text, "picture?")
}

// TestWhoSentIt: the page says how far a sender is proved, and what to look out for.
func TestWhoSentIt(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "jeanne", "en")
	forged := v.get("/message/" + w.find(t, "jeanne", "URGENT").ID)
	require.Contains(t, forged.text, `class="standing failed"`)
	require.Contains(t, forged.text, "compta.groupe-bastide@boite-rapide.example")
	require.Contains(t, v.get("/message/"+w.find(t, "jeanne", "bretagne").ID).text, `class="standing authenticated"`)
	require.Contains(t, v.get("/message/"+w.find(t, "jeanne", "Huiles").ID).text, "list hebdo.lettre-du-bois.example")
}

// TestAReceiptIsAskedForOnce: the bar asks, and is gone when somebody answered.
func TestAReceiptIsAskedForOnce(t *testing.T) {
	w := theDemo(t)
	v := w.visitor(t, "jeanne", "en")
	m := w.arrive(t, "jeanne", "Please confirm", "Disposition-Notification-To: Anke Vogel <anke.vogel@nordwind.example>\r\nContent-Type: text/plain\r\n", "Did you read this?\r\n")
	page := v.get("/message/" + m.ID)
	require.Contains(t, page.text, "Send the receipt")
	require.Equal(t, http.StatusUnprocessableEntity, v.post("/message/"+m.ID+"/receipt").status)
	done := v.submit(page, "/message/"+m.ID+"/receipt", "answer", "no")
	require.Contains(t, done.text, "No receipt is sent.")
	require.NotContains(t, done.text, "Send the receipt")
	require.Contains(t, done.text, "none was sent")
	require.Equal(t, http.StatusConflict, v.post("/message/"+m.ID+"/receipt", "answer", "yes").status)
}

// TestAPrivateMailShowsNoPart: of a private mail of somebody else there is no view, no part, no page.
func TestAPrivateMailShowsNoPart(t *testing.T) {
	w := theDemo(t)
	s := w.as("jeanne")
	account := w.accountOf(t, "jeanne", "jeanne.martin@demo.example")
	draft, err := s.Drafts.Create(t.Context(), mailcrm.DraftInput{
		Account: account.ID, To: []mailcrm.Address{{Address: "anke.vogel@nordwind.example"}}, Subject: "Strictly private", Text: "secret", Private: true,
	})
	require.NoError(t, err)
	_, err = s.Drafts.Attach(t.Context(), draft.ID, "secret.pdf", "application/pdf", strings.NewReader("secret"))
	require.NoError(t, err)
	_, err = s.Drafts.Send(t.Context(), mailcrm.SendInput{ID: draft.ID, Key: "private-part"})
	require.NoError(t, err)
	var id string
	await(t, "the private mail", func() bool {
		page, err := s.Timeline.List(t.Context(), mailcrm.TimelineQuery{Entity: storage.Ref{Kind: "contact", ID: "anke"}})
		require.NoError(t, err)
		for _, m := range page.Items {
			if m.Subject == "Strictly private" {
				id = m.ID
			}
		}
		return id != ""
	})
	require.Contains(t, w.visitor(t, "jeanne", "en").get("/message/"+id).text, "secret.pdf", "its sender sees it")
	require.Contains(t, w.visitor(t, "jeanne", "en").get("/message/"+id+"/file/2").text, "The document will not be")
	marc := w.visitor(t, "marc", "en")
	for _, query := range []string{"", "?view=text", "?view=headers", "?view=raw", "?images=1"} {
		page := marc.get("/message/" + id + query)
		require.Equal(t, http.StatusOK, page.status)
		for _, secret := range []string{"secret", "Strictly", "/part/", "<iframe", "Content-Type"} {
			require.NotContains(t, page.text, secret, query)
		}
	}
	for _, path := range []string{"/file/2", "/print"} {
		require.Equal(t, http.StatusNotFound, marc.get("/message/"+id+path).status)
	}
	require.Equal(t, http.StatusNotFound, marc.post("/message/"+id+"/file/2", "tree", "common", "name", "x").status)
	require.Equal(t, http.StatusNotFound, marc.post("/message/"+id+"/receipt", "answer", "no").status)
}

// TestFilingAndPicturesInABrowser: the same in Chromium, by keyboard, in both schemes.
func TestFilingAndPicturesInABrowser(t *testing.T) {
	w := theDemo(t)
	m := w.arrive(t, "jeanne", "Samples to file", withFile, filePart("Content-Type: application/pdf; name=samples.pdf\r\nContent-Disposition: attachment", "x"))
	b := openBrowser(t, w.server.URL)
	b.look(1280, 900, "light", "en")
	b.goTo("/message/" + m.ID)
	require.True(t, run[bool](b, `document.querySelector(".files .act:last-child").focus(), document.activeElement.textContent.includes("File")`))
	b.follow(chromedp.KeyEvent("\r"))
	require.Contains(t, run[string](b, `document.title`), "File an attachment")
	require.True(t, run[bool](b, `document.querySelector("#new").focus(), document.querySelector("#new").value = "Samples", true`))
	b.follow(chromedp.KeyEvent("\r"))
	b.wait(`document.querySelector("#status .notice") !== null`)
	require.Contains(t, run[string](b, `document.querySelector("#status .notice").textContent`), "“samples.pdf” is filed: Anke Vogel › Samples")

	news := w.find(t, "jeanne", "Huiles").ID
	b.goTo("/message/" + news)
	require.True(t, run[bool](b, `document.querySelector(".blocked a").focus(), true`))
	b.follow(chromedp.KeyEvent("\r"))
	require.Equal(t, "/mail/"+news+"/body?images=1", run[string](b, `document.querySelector("iframe").getAttribute("src")`))
	require.True(t, run[bool](b, `document.querySelector(".blocked") === null`))
}
