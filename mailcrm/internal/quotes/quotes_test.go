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
)

const corpora = "../../../../shared/corpora"

func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

// The pieces of a trimmer's mails: what is expected to be shown stands beside each.
func TestReplyTrimmer(t *testing.T) {
	dir := filepath.Join(corpora, "email-reply-trimmer", "test")
	files, err := filepath.Glob(filepath.Join(dir, "emails", "*.txt"))
	require.NoError(t, err)
	if len(files) == 0 {
		t.Skip("the mails of shared/corpora/email-reply-trimmer are not here")
	}
	right := 0
	for _, f := range files {
		mail, err := os.ReadFile(f)
		require.NoError(t, err)
		want, err := os.ReadFile(filepath.Join(dir, "trimmed", filepath.Base(f)))
		require.NoError(t, err)
		if got := quotes.Visible(string(mail)); squeeze(got) == squeeze(string(want)) {
			right++
		} else {
			t.Logf("%s: shown %.300q, expected %.300q", filepath.Base(f), got, want)
		}
	}
	t.Logf("%d of %d", right, len(files))
	require.GreaterOrEqual(t, right*100, len(files)*90)
}

// Mails that all begin with the same paragraph, which is all that is new in them; and some whose names say what they are.
func TestCrisp(t *testing.T) {
	dir := filepath.Join(corpora, "crisp-email-reply-parser", "test", "fixtures")
	files, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	require.NoError(t, err)
	if len(files) == 0 {
		t.Skip("the mails of shared/corpora/crisp-email-reply-parser are not here")
	}
	known := map[string]string{
		"correct_sig.txt":       "this is an email with a correct -- signature.",
		"sig_no_empty_line.txt": "this is an email with a signature with no empty line above.",
		"email_1.txt":           "Hi folks What is the best way to clear a Riak bucket of all key, values after running a test? I am currently using the Java HTTP API.",
		"email_2_1.txt":         "Outlook with a reply",
		"email_3.txt":           "Oh thanks. Having the function would be great.",
		"email_4.txt":           "Awesome! I haven't had another problem with it.",
		"email_19.txt":          "On Thursday, I get proper rendering. Sent from a magnificent torch of pixels",
		"email_20.txt":          "On Thursday.",
		"email_blackberry.txt":  "Here is another email",
		"email_bullets.txt":     "test 2 this should list second and have spaces and retain this formatting - how about bullets - and another",
		"email_emoji.txt":       "🎉",
		"email_iphone.txt":      "Here is another email",
		"email_multi_word_sent_from_my_mobile_device.txt": "Here is another email",
		"email_one_is_not_on.txt":                         "Thank, this is really helpful. One outstanding question I had: Locally (on development), when I run...",
		"email_sent_from.txt":                             "Hi it can happen to any texts you type, as long as you type in between words or paragraphs.",
		"email_sent_from_my_not_signature.txt":            "Here is another email Sent from my desk, is much easier then my mobile phone.",
		"email_thread.txt":                                "This is new email reply in thread from bellow.",
		"email_unquoted_reply.txt":                        "This is my reply.",
		"email_zoho.txt":                                  "What is the best way to clear a Riak bucket of all key, values after running a test?",
		"email_with_regards.txt":                          "Hi, I still have the same problem.... Can you help?",
	}
	right, counted := 0, 0
	for _, f := range files {
		mail, err := os.ReadFile(f)
		require.NoError(t, err)
		want, isKnown := known[filepath.Base(f)]
		if paragraph, _, found := strings.Cut(string(mail), "nec nibh."); found && !isKnown {
			want, isKnown = paragraph+"nec nibh.", true
		}
		if strings.Contains(f, "not_a_signature") {
			want, isKnown = string(mail), true
		}
		if !isKnown {
			t.Logf("%s: nothing is known of it", filepath.Base(f))
			continue
		}
		counted++
		if got := quotes.Visible(string(mail)); squeeze(got) == squeeze(want) {
			right++
		} else {
			t.Logf("%s: shown %.800q", filepath.Base(f), got)
		}
	}
	t.Logf("%d of %d", right, counted)
	require.GreaterOrEqual(t, right*100, counted*90)
}

// plainPart is the first text/plain of a well-formed mail.
func plainPart(t *testing.T, kind, encoding string, body io.Reader) string {
	t.Helper()
	media, params, err := mime.ParseMediaType(kind)
	if err != nil {
		media = "text/plain"
	}
	if strings.HasPrefix(media, "multipart/") {
		for r := multipart.NewReader(body, params["boundary"]); ; {
			p, err := r.NextRawPart()
			if err != nil {
				return ""
			}
			if text := plainPart(t, p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p); text != "" {
				return text
			}
		}
	}
	if media != "text/plain" {
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

func TestTalon(t *testing.T) {
	dir := filepath.Join(corpora, "talon", "tests", "fixtures")
	files, err := filepath.Glob(filepath.Join(dir, "standard_replies", "*.eml"))
	require.NoError(t, err)
	if len(files) == 0 {
		t.Skip("the mails of shared/corpora/talon are not here")
	}
	right, counted := 0, 0
	for _, f := range files {
		file, err := os.Open(f)
		require.NoError(t, err)
		m, err := mail.ReadMessage(file)
		require.NoError(t, err)
		text := plainPart(t, m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), m.Body)
		require.NoError(t, file.Close())
		if text == "" {
			t.Logf("%s has no text", filepath.Base(f))
			continue
		}
		counted++
		if got := squeeze(quotes.Visible(text)); got == "Hello" || got == "Hi. I am fine." || got == "Hi" {
			right++
		} else {
			t.Logf("%s: shown %.300q of %.300q", filepath.Base(f), got, text)
		}
	}
	signed, err := filepath.Glob(filepath.Join(dir, "signature", "emails", "stripped", "*_body"))
	require.NoError(t, err)
	for _, f := range signed {
		body, err := os.ReadFile(f)
		require.NoError(t, err)
		signature, err := os.ReadFile(strings.TrimSuffix(f, "_body") + "_signature")
		require.NoError(t, err)
		counted++
		text := strings.ReplaceAll(string(body), "#sig#", "")
		want := strings.TrimSuffix(strings.TrimSpace(text), strings.TrimSpace(strings.ReplaceAll(string(signature), "#sig#", "")))
		if got := quotes.Visible(text); squeeze(got) == squeeze(want) {
			right++
		} else {
			t.Logf("%s: shown %.2000q", filepath.Base(f), got)
		}
	}
	t.Logf("%d of %d", right, counted)
	require.GreaterOrEqual(t, right*100, counted*90)
}

// Mails as programs write them, in many languages.
func TestVisible(t *testing.T) {
	for name, c := range map[string]struct{ mail, shown string }{
		"empty":                      {"", ""},
		"only white space":           {" \r\n\r\n", ""},
		"nothing quoted":             {"Bonjour,\r\n\r\nC'est d'accord.\r\n", "Bonjour,\r\n\r\nC'est d'accord."},
		"Outlook in French":          {"Parfait, merci.\n\nDe : Anna Martin <anna@example.com>\nEnvoyé : lundi 3 mai 2021 10:05\nÀ : Marc <marc@example.org>\nObjet : Devis\n\nVoici le devis.\n", "Parfait, merci."},
		"Outlook in German, drawn":   {"Passt.\n\n________________________________\nVon: Anna <anna@example.com>\nGesendet: Montag, 3. Mai 2021 10:05\nAn: Marc\nBetreff: Angebot\n\nAnbei.", "Passt."},
		"Outlook, bold names":        {"OK\n\n*From:* A <a@example.com>\n*Sent:* Monday\n*To:* B\n*Subject:* C\n\nold", "OK"},
		"Gmail in French":            {"Oui.\n\nLe lun. 3 mai 2021 à 10:05, Anna Martin <anna@example.com> a écrit :\n\n> Bonjour\n> Ça va ?\n", "Oui."},
		"Gmail in Polish":            {"Tak.\n\npon., 3 maj 2021 o 10:05 Anna <anna@example.com> napisał(a):\n\n> Cześć\n", "Tak."},
		"Gmail in Czech":             {"Ano.\n\npo 3. 5. 2021 v 10:05 odesílatel Anna <anna@example.com> napsal:\n\n> Ahoj\n", "Ano."},
		"Gmail in Hungarian":         {"Igen.\n\nAnna <anna@example.com> ezt írta (időpont: 2021. máj. 3., H, 10:05):\n\n> Szia\n", "Igen."},
		"Gmail in Japanese":          {"はい。\n\n2021年5月3日(月) 10:05 Anna <anna@example.com>:\n\n> こんにちは\n", "はい。"},
		"Gmail in Korean":            {"네.\n\n2021년 5월 3일 (월) 오전 10:05, Anna <anna@example.com>님이 작성:\n\n> 안녕\n", "네."},
		"Gmail in Chinese":           {"好的\n\nAnna <anna@example.com> 于2021年5月3日周一 10:05写道：\n\n> 你好\n", "好的"},
		"Gmail in Russian":           {"Да.\n\nпн, 3 мая 2021 г. в 10:05, Anna <anna@example.com>:\n\n> Привет\n", "Да."},
		"Gmail in Turkish":           {"Evet.\n\nAnna <anna@example.com>, 3 May 2021 Pzt, 10:05 tarihinde şunu yazdı:\n\n> Merhaba\n", "Evet."},
		"Thunderbird in German":      {"Ja.\n\nAm 03.05.21 um 10:05 schrieb Anna Martin:\n> Hallo\n> wie geht's?\n", "Ja."},
		"Thunderbird in Italian":     {"Sì.\n\nIl 03/05/21 10:05, Anna Martin ha scritto:\n> Ciao\n", "Sì."},
		"Thunderbird in Dutch":       {"Ja.\n\nOp 03-05-2021 om 10:05 schreef Anna Martin:\n> Hallo\n", "Ja."},
		"Apple in Spanish":           {"Sí.\n\n> El 3 may 2021, a las 10:05, Anna <anna@example.com> escribió:\n> \n> Hola\n", "Sí."},
		"Apple in Danish":            {"Ja.\n\nDen 3. maj 2021 kl. 10.05 skrev Anna <anna@example.com>:\n\n> Hej\n", "Ja."},
		"a phone, nothing between":   {"OK pour moi.\n\nEnvoyé de mon iPhone\n\nLe 3 mai 2021 à 10:05, Anna <a@example.com> a écrit :\n\n> Bonjour\n", "OK pour moi."},
		"an answer below":            {"On 3 May 2021, Anna <anna@example.com> wrote:\n> Shall we meet?\n\nYes, on Friday.\n", "Yes, on Friday."},
		"answers in between":         {"Hello,\n\nOn 3 May 2021, Anna wrote:\n> When?\n\nOn Friday.\n\n> Where?\n\nHere.\n", "Hello,\n> When?\n\nOn Friday.\n\n> Where?\n\nHere."},
		"forwarded without a word":   {"---------- Forwarded message ---------\nFrom: Anna <anna@example.com>\nDate: Mon, May 3, 2021\nSubject: Offer\nTo: <marc@example.org>\n\nHere it is.\n", "Here it is."},
		"forwarded with a word":      {"Pour info.\n\n-------- Message transféré --------\nSujet : Offre\nDate : Mon, 3 May 2021\nDe : Anna <anna@example.com>\nPour : Marc\n\nVoici.\n", "Pour info."},
		"a signature":                {"Bonjour,\n\nOui.\n\n-- \nAnna Martin\n02 61 91 04 10\n", "Bonjour,\n\nOui."},
		"a close, name and position": {"Oui.\n\nCordialement,\n\nAnna Martin\nResponsable des achats\nTél. 02 61 91 04 10\n", "Oui."},
		"a close and a name stay":    {"Oui.\n\nCordialement,\nAnna\n", "Oui.\n\nCordialement,\nAnna"},
		"prose with a date":          {"Here is what I sent on 12/12/2016 to bob@example.com:\n\nthree lines\n", "Here is what I sent on 12/12/2016 to bob@example.com:\n\nthree lines"},
		"a list with colons":         {"Name: Anna\nSubject: piano\n\nSee you.\n", "Name: Anna\nSubject: piano\n\nSee you."},
		"an order with a table":      {"Order\n----------------\n2 chairs, 240.00\n1 table, 410.00\n\nDelivery next week, as we said on the telephone yesterday.\n", "Order\n----------------\n2 chairs, 240.00\n1 table, 410.00\n\nDelivery next week, as we said on the telephone yesterday."},
		"greater than in prose":      {"a\n> b is what I typed", "a"},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.shown, quotes.Visible(c.mail)) })
	}
}

// whole checks what Split promises of every text.
func whole(t *testing.T, text string) {
	t.Helper()
	at := 0
	for i, b := range quotes.Split(text) {
		require.Equal(t, at, b.Start, "block %d", i)
		require.Greater(t, b.End, b.Start)
		at = b.End
	}
	require.Equal(t, len(text), at)
}

func FuzzSplit(f *testing.F) {
	f.Add("Hi\n\nOn 3 May 2021, Anna <a@b.example> wrote:\n> old\n-- \nme\n")
	f.Add("From: a\nSent: b\nTo: c\n\n>x\r\n\xff\n— \n__\n")
	f.Fuzz(func(t *testing.T, text string) { whole(t, text) })
}

// Ten times the text takes about ten times the work, whatever it is made of: each look is bounded.
func BenchmarkSplit(b *testing.B) {
	for name, piece := range map[string]string{
		"prose":   "Here is a sentence that somebody wrote on 3 May 2021 at 10:05 to anna@example.com, and nothing else.\n",
		"quoted":  "> > an old line\n",
		"blank":   "\n",
		"headers": "From: a <a@example.com>\n",
		"drawn":   "----\n",
		"broken":  "On 3 May 2021 Anna\n",
		"one":     "> ",
	} {
		text := strings.Repeat(piece, 1<<20/len(piece))
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for range b.N {
				quotes.Split(text)
			}
		})
	}
}
