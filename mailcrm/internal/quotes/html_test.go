package quotes_test

import (
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/quotes"
	"github.com/mailcrm/sdk/templates/plaintext"
)

// shownOf is what is shown of a mail that has HTML alone.
func shownOf(html string) string { return squeeze(quotes.Visible(plaintext.FromHTML(html, nil))) }

// TestTalonHTML reads the HTML of a parser's mails, which all say the same above what they quote.
func TestTalonHTML(t *testing.T) {
	dir := filepath.Join(corpora, "talon", "tests", "fixtures")
	files, err := filepath.Glob(filepath.Join(dir, "standard_replies", "*.eml"))
	require.NoError(t, err)
	if len(files) == 0 {
		t.Skip("the mails of shared/corpora/talon are not here")
	}
	more, err := filepath.Glob(filepath.Join(dir, "*.*"))
	require.NoError(t, err)
	want := map[string]string{
		"outlook.eml": "Allo! Follow up MIME!", "OLK_SRC_BODY_SECTION.html": "Reply", "reply-separated-by-hr.html": "Hi there Bob",
	}
	right, counted := 0, 0
	for _, f := range append(files, more...) {
		html := ""
		if filepath.Ext(f) == ".html" {
			octets, err := os.ReadFile(f)
			require.NoError(t, err)
			html = string(octets)
		} else {
			file, err := os.Open(f)
			require.NoError(t, err)
			m, err := mail.ReadMessage(file)
			require.NoError(t, err)
			html = htmlPart(t, m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), m.Body)
			require.NoError(t, file.Close())
		}
		if html == "" {
			continue
		}
		counted++
		got := shownOf(html)
		if strings.HasSuffix(f, "share-block.eml") { // a long answer
			require.True(t, strings.HasPrefix(got, "Hi Katharine.") && strings.HasSuffix(got, "soon. Jhon Doe"), got)
			got = "Hi"
		}
		if got == "Hello" || got == "Hi" || want[filepath.Base(f)] == got {
			right++
		} else {
			t.Logf("%s: shown %.1000q of %.2000q", filepath.Base(f), got, plaintext.FromHTML(html, nil))
		}
	}
	t.Logf("%d of %d", right, counted)
	require.GreaterOrEqual(t, right*100, counted*90)
}

// TestHTML reads the HTML of programs that answer.
func TestHTML(t *testing.T) {
	for name, c := range map[string]struct{ html, shown string }{
		"Gmail":                     {`<div dir="ltr">Yes.</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Tue, Nov 24, 2026 at 10:05 AM Anna &lt;<a href="mailto:anna@example.com">anna@example.com</a>&gt; wrote:<br></div><blockquote class="gmail_quote" style="margin:0">Meet?</blockquote></div>`, "Yes."},
		"Gmail in a language":       {`<div dir="ltr">Tā.</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">Zzz, 24. zzz 2026. zz 10:05 Anna &lt;<a href="mailto:anna@example.com">anna@example.com</a>&gt; zzzz:<br></div><blockquote class="gmail_quote">Zz?</blockquote></div>`, "Tā."},
		"Gmail, nothing marked":     {`Reply<div class="gmail_quote"><div class="gmail_quote">On 11-Apr-2011, at 6:54 PM, Bob &lt;bob@example.com&gt; wrote:<div>Test</div></div></div>`, "Reply"},
		"introduced inside":         {`Reply<blockquote><div>On 11-Apr-2011, at 6:54 PM, Bob &lt;bob@example.com&gt; wrote:</div><div>Test</div></blockquote>`, "Reply"},
		"introduced outside":        {`Reply<div><div>On 11-Apr-2011, at 6:54 PM, Bob &lt;bob@example.com&gt; wrote:</div></div><blockquote><div>Test</div></blockquote>`, "Reply"},
		"over two lines":            {`Reply<div>On Fri, May 6, 2011 at 6:03 PM, Emmanuel Mailer &lt;<a href="mailto:x@example.com">x@example.com</a>&gt;<br>wrote:<br><br>Test</div>`, "Reply"},
		"a quotation alone":         {`Reply &nbsp; &nbsp; Text<br><div><br></div><blockquote class="gmail_quote">Quote</blockquote>`, "Reply \u00a0 \u00a0 Text"},
		"Hotmail, date first":       {`<div>message<br><div><hr>Date: Fri, 23 Mar 2012 12:35:31 -0600<br>To: <a href="mailto:bob@example.com">bob@example.com</a><br>From: <a href="mailto:rob@example.com">rob@example.com</a><br>Subject: You have new mail<br><br>text</div></div>`, "message"},
		"a header, nothing drawn":   {`<div>message<br><div>From: <a href="mailto:rob@example.com">rob@example.com</a><br>To: bob@example.com<br>Date: Fri, 23 Mar 2012 12:35:31 -0600<br>Subject: You have new mail<br><br>text</div></div>`, "message"},
		"Outlook":                   {`<div class="WordSection1"><p class="MsoNormal">Thanks.<o:p></o:p></p><p class="MsoNormal"><o:p>&nbsp;</o:p></p><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal"><b>From:</b> Anna &lt;anna@example.com&gt; <br><b>Sent:</b> Tuesday, November 24, 2026 10:05 AM<br><b>To:</b> Marc &lt;marc@example.org&gt;<br><b>Subject:</b> Offer<o:p></o:p></p></div><p class="MsoNormal">Meet?<o:p></o:p></p></div>`, "Thanks."},
		"Outlook in Polish":         {`<p>Dobrze.</p><div style="border-top:solid #B5C4DF 1.0pt"><p><b><span>Od:</span></b><span> Anna [mailto:anna@example.com] <br><b>Wysłano:</b> 24 listopada 2026 10:05<br><b>Do:</b> Marc<br><b>Temat:</b> Oferta</span></p></div><p>Spotkanie?</p>`, "Dobrze."},
		"Outlook on the web":        {`<div>Yes</div><hr style="display:inline-block;width:98%" tabindex="-1"><div id="divRplyFwdMsg" dir="ltr"><font face="Calibri"><b>From:</b> Anna &lt;anna@example.com&gt;<br><b>Sent:</b> Tuesday, November 24, 2026 10:05 AM<br><b>To:</b> Marc<br><b>Subject:</b> Offer</font><div>&nbsp;</div></div><div>Meet?</div>`, "Yes"},
		"Outlook on the web, table": {`<div>Oui</div><div><table><tr><td><b>De :</b></td><td>Anna &lt;anna@example.com&gt;</td></tr><tr><td><b>Envoyé :</b></td><td>mardi 24 novembre 2026 10:05</td></tr><tr><td><b>À :</b></td><td>Marc</td></tr><tr><td><b>Objet :</b></td><td>Devis</td></tr></table></div><div>On se voit ?</div>`, "Oui"},
		"Apple":                     {`<html><body>Fine.<br><div><br><blockquote type="cite"><div>On 24 Nov 2026, at 10:05, Anna &lt;<a href="mailto:anna@example.com">anna@example.com</a>&gt; wrote:</div><br><div>Meet?</div></blockquote></div></body></html>`, "Fine."},
		"iPhone":                    {`<div>Ok<br><br><div id="AppleMailSignature">Envoyé de mon iPhone</div></div><div><br>Le 24 nov. 2026 à 10:05, Anna &lt;<a href="mailto:anna@example.com">anna@example.com</a>&gt; a écrit&nbsp;:<br><br></div><blockquote type="cite"><div>On se voit ?</div></blockquote>`, "Ok"},
		"Yahoo":                     {`<div>Hi</div><div id="yahoo_quoted_1"><div>On Tuesday, November 24, 2026, 10:05:00 AM GMT+1, Anna &lt;anna@example.com&gt; wrote: </div><div><br></div><div>Meet?</div></div>`, "Hi"},
		"Thunderbird":               {`<p>Ja.</p><div class="moz-cite-prefix">Am 24.11.26 um 10:05 schrieb Anna Martin:<br></div><blockquote type="cite" cite="mid:x@example.com">Treffen?</blockquote><div class="moz-signature">-- <br>Marc</div>`, "Ja."},
		"Proton":                    {`<div>Sure</div><div class="protonmail_quote">-------- Original Message --------<br>On 11/24/26 10:05, Anna Martin &lt;anna@example.com&gt; wrote:<br><blockquote class="protonmail_quote" type="cite">Meet?</blockquote></div>`, "Sure"},
		"Mail.ru":                   {`<div>Да</div><div data-signature-widget="container">--<br>Марк</div><blockquote style="border-left:1px solid #0857A6">Вторник, 24 ноября 2026, 10:05 +03:00 от Anna &lt;anna@example.com&gt;:<br><div>Встреча?</div></blockquote>`, "Да"},
		"GMX":                       {`<div>Ja</div><div name="quote" style="border-left:2px solid #C3D9E5"><div><b>Gesendet:</b>&nbsp;Dienstag, 24. November 2026 um 10:05 Uhr<br><b>Von:</b>&nbsp;"Anna" &lt;anna@example.com&gt;<br><b>An:</b>&nbsp;marc@example.org<br><b>Betreff:</b>&nbsp;Angebot</div><div>Treffen?</div></div>`, "Ja"},
		"Zoho":                      {`<div>Yes</div><div class="zmail_extra"><div id="Zm-_Id_-Sgn1">---- On Tue, 24 Nov 2026 10:05:00 +0530 <b>anna@example.com</b> wrote ----<br></div><blockquote>Meet?</blockquote></div>`, "Yes"},
		"an answer below":           {`<blockquote type="cite"><div>On 24 Nov 2026, at 10:05, Anna &lt;anna@example.com&gt; wrote:</div><div>Meet?</div></blockquote><div>Yes, gladly.</div>`, "> On 24 Nov 2026, at 10:05, Anna <anna@example.com> wrote: > Meet? Yes, gladly."},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, squeeze(c.shown), shownOf(c.html), "%q", plaintext.FromHTML(c.html, nil))
		})
	}
}

func htmlPart(t *testing.T, kind, encoding string, body io.Reader) string {
	t.Helper()
	media, params, err := mime.ParseMediaType(kind)
	if err != nil {
		return ""
	}
	if strings.HasPrefix(media, "multipart/") {
		for r := multipart.NewReader(body, params["boundary"]); ; {
			p, err := r.NextRawPart()
			if err != nil {
				return ""
			}
			if text := htmlPart(t, p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p); text != "" {
				return text
			}
		}
	}
	if media != "text/html" {
		return ""
	}
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	text, err := io.ReadAll(body)
	require.NoError(t, err)
	return string(text)
}
