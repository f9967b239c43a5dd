package web_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
)

// listen collects what the browser complains of: scripts that fail, what the policy refuses, files that are not there.
func (b *browser) listen() func() []string {
	b.t.Helper()
	var mu sync.Mutex
	var said []string
	_, err := chromedp.Call(b.ctx, log.Enable, cdp.Empty{})
	require.NoError(b.t, err)
	go func() {
		for e, err := range chromedp.Events(b.ctx, log.EntryAdded) {
			if err != nil {
				return
			}
			mu.Lock()
			said = append(said, strings.TrimSpace(e.Entry.Text+" "+e.Entry.URL))
			mu.Unlock()
		}
	}()
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return said
	}
}

// shoot writes a screenshot where MAILCRM_SCREENSHOTS says (docs/screenshots); otherwise it does nothing.
func (b *browser) shoot(name string) {
	b.t.Helper()
	if dir := os.Getenv("MAILCRM_SCREENSHOTS"); dir != "" {
		require.NoError(b.t, os.MkdirAll(dir, 0o755))
		b.picture(filepath.Join(dir, name+".png"))
	}
}

// The main job as a person does it: the keyboard, the editor, the preview, and the history.
func TestTheMainJobInABrowser(t *testing.T) {
	w := theDemo(t)
	m := w.find(t, "jeanne", "Croix-Rousse")
	b := openBrowser(t, w.server.URL)
	complaints := b.listen()
	b.look(1280, 860, "light", "fr")

	b.goTo("/inbox")
	b.shoot("inbox")
	b.press("j")
	b.wait(`document.activeElement.matches("[data-open]")`)
	for range 60 {
		if run[string](b, `document.activeElement.getAttribute("href")`) != "" && strings.Contains(run[string](b, `document.activeElement.href`), m.ID) {
			break
		}
		b.press("j")
	}
	b.follow(chromedp.KeyEvent("o"))
	require.Contains(t, b.path(), "/message/"+m.ID)
	b.shoot("mail")

	b.follow(chromedp.KeyEvent("r"))
	require.Contains(t, b.path(), "/drafts/")
	b.wait(`!document.querySelector("[data-rich]").hidden`)
	require.Equal(t, "Camille", run[string](b, `document.querySelector("[data-rich] .merge").textContent`), "a field is shown as what it stands for")
	// Something is typed into the empty paragraph of the template, in bold.
	run[bool](b, `(() => { const r = document.querySelector("[data-rich]"); r.focus(); getSelection().collapse(r.querySelector("p:has(br:only-child)"), 0); return true; })()`)
	b.do(chromedp.Click(chromedp.CSS(`[data-do=bold]`)), chromedp.KeyEvent("Livraison en mai."))
	b.wait(`document.querySelector("[data-rich] b")?.textContent === "Livraison en mai."`)
	// It saves by itself, and the address in the bar is still the draft's.
	b.do(chromedp.KeyEvent("s", chromedp.KeyModifiers(2)))
	b.wait(`/^enregistré/.test(document.querySelector("[data-saved]").textContent)`)
	id := strings.Split(strings.TrimPrefix(b.path(), "/drafts/"), "?")[0]
	saved, err := w.as("jeanne").Drafts.Get(t.Context(), id)
	require.NoError(t, err)
	require.Contains(t, saved.HTML, "<b>Livraison en mai.</b>")
	require.Contains(t, saved.HTML, "{{ contact.first_name | default: contact.name }}", "the field itself is kept")
	require.NotContains(t, saved.HTML, "merge")
	b.shoot("compose")

	b.follow(chromedp.Click(chromedp.CSS(`[data-preview]`)))
	require.Contains(t, b.path(), "/preview")
	b.shoot("preview")
	b.follow(chromedp.Click(chromedp.CSS(`[data-send]`)))
	require.Contains(t, b.path(), "/outbox")
	b.wait(`/Part dans/.test(document.querySelector(".what").textContent)`)
	b.shoot("outbox")
	// The count-down ends and the list refreshes by itself.
	b.wait(`/^Envoyé/.test(document.querySelector(".what").textContent)`)

	b.goTo("/records/contact/camille")
	first := run[string](b, `document.querySelector(".history li").textContent`)
	require.Contains(t, first, "Re: Mobilier de terrasse, Croix-Rousse")
	b.shoot("history")
	require.Empty(t, complaints())
}

func TestKeysAndBoxes(t *testing.T) {
	w := theDemo(t)
	b := openBrowser(t, w.server.URL)
	b.look(1280, 860, "dark", "en")
	b.goTo("/inbox")
	require.True(t, run[bool](b, `document.querySelector("[data-bulk] button").disabled`), "nothing is chosen")
	require.Equal(t, 3, run[int](b, `document.querySelectorAll(".mails tbody [tabindex='0']").length`), "one row can be reached with Tab: its box, its star and its link")
	b.press("j")
	b.press("j")
	b.press("x")
	b.wait(`document.querySelector("[data-chosen]").textContent === "1 chosen"`)
	require.False(t, run[bool](b, `document.querySelector("[data-bulk] button").disabled`))
	b.press("j")
	b.press("x")
	b.press("k")
	b.press("k")
	require.Equal(t, 0, run[int](b, `[...document.querySelectorAll("tr[data-row]")].findIndex(r => r.matches(".at"))`))
	// A range with Shift.
	run[bool](b, `(() => { const b = document.querySelectorAll("tbody input[name=m]"); for (const x of b) if (x.checked) x.click(); b[0].click(); b[4].dispatchEvent(new MouseEvent("click", {bubbles: true, shiftKey: true})); return true; })()`)
	b.wait(`document.querySelector("[data-chosen]").textContent === "5 chosen"`)
	run[bool](b, `document.querySelector("[data-all]").click() || true`)
	b.wait(`[...document.querySelectorAll("tbody input[name=m]")].every(b => b.checked)`)

	// A star is there at once, and the server hears of it.
	b.goTo("/inbox")
	b.press("j")
	starred := run[string](b, `document.querySelector("tr.at [data-star]").value.split(":")[1]`)
	before, err := w.as("jeanne").Messages.Get(t.Context(), starred)
	require.NoError(t, err)
	b.press("s")
	require.Equal(t, !before.Flagged, run[string](b, `document.querySelector("tr.at [data-star]").getAttribute("aria-pressed")`) == "true")
	await(t, "the star", func() bool {
		now, err := w.as("jeanne").Messages.Get(t.Context(), starred)
		return err == nil && now.Flagged != before.Flagged
	})
	b.follow(chromedp.KeyEvent("u"))
	require.Contains(t, run[string](b, `document.querySelector("#status").textContent`), "Marked as unread")
	b.follow(chromedp.KeyEvent("z"))
	require.Contains(t, run[string](b, `document.querySelector("#status").textContent`), "Marked as read")

	b.press("/")
	b.wait(`document.activeElement.id === "q"`)
	b.do(chromedp.KeyEvent("jx"))
	require.True(t, strings.HasSuffix(run[string](b, `document.querySelector("#q").value`), "jx"), "in a field a key is a letter")
	b.goTo("/inbox")
	b.follow(chromedp.KeyEvent("?"))
	require.Equal(t, "/help", b.path())
	// Single keys can be switched off (WCAG 2.1.4), and stay off.
	b.do(chromedp.Click(chromedp.CSS(`[data-keys-on]`)))
	b.goTo("/inbox")
	b.press("j")
	require.Equal(t, 0, run[int](b, `document.querySelectorAll("tr.at").length`))
	b.goTo("/help")
	b.do(chromedp.Click(chromedp.CSS(`[data-keys-on]`)))
	b.follow(chromedp.KeyEvent("c"))
	require.Equal(t, "/compose", b.path())
}

func TestCompletionAttachmentsAndUndo(t *testing.T) {
	w := theDemo(t)
	b := openBrowser(t, w.server.URL)
	b.look(1280, 860, "light", "en")
	b.goTo("/compose")
	b.do(chromedp.SendKeys(chromedp.CSS("#to"), "priy"))
	b.wait(`document.querySelectorAll("#to-list li").length > 0`)
	require.Equal(t, "true", run[string](b, `document.querySelector("#to").getAttribute("aria-expanded")`))
	b.do(chromedp.SendKeys(chromedp.CSS("#to"), kb.Enter))
	b.wait(`document.querySelector("#to").value === "Priya Shah <priya@hartleyfinch.example>, "`)
	b.do(chromedp.SendKeys(chromedp.CSS("#subject"), "From the browser"))
	b.do(chromedp.Click(chromedp.CSS("[data-rich]")), chromedp.KeyEvent("Hello "))
	run[bool](b, `(document.querySelector("#field").value = "{{ sender.name }}", document.querySelector("[data-insert]").click(), true)`)
	b.wait(`document.querySelector("[data-rich] .merge")?.dataset.code === "{{ sender.name }}"`)
	// It saves by itself a moment after the last letter, as a draft with an address of its own.
	b.wait(`location.pathname.startsWith("/drafts/")`)
	id := strings.TrimPrefix(b.path(), "/drafts/")
	t.Cleanup(func() { _ = w.as("jeanne").Drafts.Delete(context.Background(), id) })

	file := filepath.Join(t.TempDir(), "offer.txt")
	require.NoError(t, os.WriteFile(file, []byte("an offer"), 0o600))
	b.follow(chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{file}))
	b.wait(`/offer\.txt/.test(document.querySelector(".attach").textContent)`)
	saved, err := w.as("jeanne").Drafts.Get(t.Context(), id)
	require.NoError(t, err)
	require.Len(t, saved.Attachments, 1)
	require.Contains(t, saved.HTML, "{{ sender.name }}")
	require.Equal(t, []mailcrm.Address{{Name: "Priya Shah", Address: "priya@hartleyfinch.example"}}, saved.To)

	// Ctrl+Enter sends; z calls it back.
	b.follow(chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(2)))
	require.Contains(t, b.path(), "/outbox")
	b.follow(chromedp.KeyEvent("z"))
	require.Contains(t, b.path(), "/drafts/"+id)
}

// New mail appears in an open list by itself.
func TestNewMailAppears(t *testing.T) {
	w := theDemo(t)
	b := openBrowser(t, w.server.URL)
	b.look(1280, 860, "light", "en")
	b.goTo("/inbox")
	b.wait(`sessionStorage.getItem("after") !== null`)
	raw := "From: new@arrived.example\r\nTo: jeanne.martin@demo.example\r\nSubject: Just arrived\r\nDate: " + time.Now().Format(time.RFC1123Z) + "\r\nMessage-ID: <new@arrived.example>\r\n\r\nHello\r\n"
	_, err := w.Mail.Deliver("jeanne.martin@demo.example", []byte(raw))
	require.NoError(t, err)
	b.wait(`/Just arrived/.test(document.querySelector("[data-live=list]").textContent)`)
}

// The same main job with scripts switched off, in a real browser.
func TestABrowserWithoutScript(t *testing.T) {
	w := theDemo(t)
	m := w.find(t, "jeanne", "Plateaux")
	b := openBrowser(t, w.server.URL)
	b.withoutScript(true)
	b.look(1280, 860, "light", "fr")
	b.goTo("/message/" + m.ID)
	b.follow(chromedp.Click(chromedp.CSS(`button[value=reply]`)))
	b.do(chromedp.SendKeys(chromedp.CSS("#body"), "Sans script."))
	b.follow(chromedp.Click(chromedp.CSS(`[data-preview]`)))
	require.Contains(t, b.url(), "/preview")
	b.follow(chromedp.Click(chromedp.CSS(`[data-send]`)))
	require.Contains(t, b.url(), "/outbox")
	b.follow(chromedp.Click(chromedp.CSS(`[data-undo]`)))
	require.Contains(t, b.url(), "/drafts/")
	id := strings.Split(strings.TrimPrefix(b.url(), w.server.URL+"/drafts/"), "?")[0]
	saved, err := w.as("jeanne").Drafts.Get(t.Context(), id)
	require.NoError(t, err)
	require.Contains(t, saved.HTML, "Sans script.")
	require.NoError(t, w.as("jeanne").Drafts.Delete(t.Context(), id))
}

// A narrow screen has its navigation behind a button, which works without a script.
func TestTheMenuOfANarrowScreen(t *testing.T) {
	w := theDemo(t)
	b := openBrowser(t, w.server.URL)
	b.look(320, 700, "light", "fr")
	b.goTo("/inbox")
	require.False(t, run[bool](b, `document.querySelector("#side").checkVisibility()`))
	b.do(chromedp.Click(chromedp.CSS(`.menu`)))
	b.wait(`document.querySelector("#side").checkVisibility()`)
	b.follow(chromedp.Click(chromedp.CSS(`#side a[href="/records"]`)))
	require.Equal(t, "/records", b.path())
	var sizes []struct {
		Text string
		W, H float64
	}
	// Targets are at least 24 px (WCAG 2.5.8).
	require.NoError(t, json.Unmarshal([]byte(run[string](b, `JSON.stringify([...document.querySelectorAll("button,.button,input,select,.tree a")].filter(e => e.checkVisibility() && e.type !== "hidden").map(e => { const r = (e.closest("label") || e).getBoundingClientRect(); return {Text: e.textContent, W: r.width, H: r.height}; }))`)), &sizes))
	require.NotEmpty(t, sizes)
	for _, s := range sizes {
		require.GreaterOrEqual(t, min(s.W, s.H), 24.0, s.Text)
	}
}
