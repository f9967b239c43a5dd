package mimemail

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestOriginalInline has what mail programs write when they forward, by program and language. Who wrote is always the same.
func TestOriginalInline(t *testing.T) {
	for name, c := range map[string]struct {
		subject, text string
		want          Confidence
	}{
		"Gmail":                   {"Fwd: Quote", "FYI\n\n---------- Forwarded message ---------\nFrom: Anna Müller <anna@example.com>\nDate: Tue, Mar 3, 2026 at 10:15 PM\nSubject: Quote\nTo: <us@example.net>\n\nHello", Medium},
		"Gmail with stars":        {"Fwd: Quote", "---------- Forwarded message ---------\nFrom: *Anna Müller* <anna@example.com>\nDate: Tue, Mar 3, 2026 at 10:15 PM\nSubject: Quote\nTo: <us@example.net>\n", Medium},
		"Gmail, French":           {"Fwd: Quote", "---------- Forwarded message ---------\nDe : Anna Müller <anna@example.com>\nDate: mar. 3 mars 2026 à 22:15\nSubject: Quote\nTo: <us@example.net>\n", Medium},
		"Thunderbird":             {"Fwd: Quote", "-------- Forwarded Message --------\nSubject: \tQuote\nDate: \tTue, 3 Mar 2026 22:15:00 +0000\nFrom: \tAnna Müller <anna@example.com>\nTo: \tus@example.net\n\n\nHello", Medium},
		"Thunderbird, French":     {"Fwd: Quote", "-------- Message transféré --------\nSujet : \tQuote\nDate : \tTue, 3 Mar 2026 22:15:00 +0000\nDe : \tAnna Müller <anna@example.com>\nPour : \tus@example.net\n", Medium},
		"Thunderbird, German":     {"Fwd: Quote", "-------- Weitergeleitete Nachricht --------\nBetreff: \tQuote\nDatum: \tTue, 3 Mar 2026 22:15:00 +0000\nVon: \tAnna Müller <anna@example.com>\nAn: \tus@example.net\n", Medium},
		"Thunderbird, Italian":    {"Fwd: Quote", "-------- Messaggio Inoltrato --------\nOggetto: \tQuote\nData: \tTue, 3 Mar 2026 22:15:00 +0000\nMittente: \tAnna Müller <anna@example.com>\nA: \tus@example.net\n", Medium},
		"Thunderbird, Spanish":    {"Fwd: Quote", "-------- Mensaje reenviado --------\nAsunto: \tQuote\nFecha: \tTue, 3 Mar 2026 22:15:00 +0000\nDe: \tAnna Müller <anna@example.com>\nPara: \tus@example.net\n", Medium},
		"Thunderbird, Portuguese": {"Fwd: Quote", "-------- Mensagem encaminhada --------\nAssunto: \tQuote\nData: \tTue, 3 Mar 2026 22:15:00 +0000\nDe: \tAnna Müller <anna@example.com>\nPara: \tus@example.net\n", Medium},
		"Thunderbird, Dutch":      {"Fwd: Quote", "-------- Doorgestuurd bericht --------\nOnderwerp: \tQuote\nDatum: \tTue, 3 Mar 2026 22:15:00 +0000\nVan: \tAnna Müller <anna@example.com>\nAan: \tus@example.net\n", Medium},
		"Thunderbird, Russian":    {"Fwd: Quote", "-------- Пересылаемое сообщение --------\nТема: \tQuote\nДата: \tTue, 3 Mar 2026 22:15:00 +0000\nОт: \tAnna Müller <anna@example.com>\nКому: \tus@example.net\n", Medium},
		"Apple Mail":              {"Fwd: Quote", "Begin forwarded message:\n\n> From: Anna Müller <anna@example.com>\n> Subject: Quote\n> Date: 3 March 2026 at 22:15:00 GMT\n> To: us@example.net\n> \n> Hello", Medium},
		"Apple Mail, French":      {"TR: Quote", "Début du message réexpédié :\n\nDe: Anna Müller <anna@example.com>\nObjet: Quote\nDate: 3 mars 2026 à 22:15:00 UTC\nÀ: us@example.net\n", Medium},
		"Outlook":                 {"FW: Quote", "See below.\n\n________________________________\nFrom: Anna Müller <anna@example.com>\nSent: Tuesday, March 3, 2026 10:15 PM\nTo: Us <us@example.net>\nCc: Them <them@example.net>; Others\n <o@example.net>\nSubject: Quote\n\nHello", Medium},
		"Outlook 2003":            {"FW: Quote", "-----Original Message-----\nFrom: Anna Müller [mailto:anna@example.com] \nSent: Tuesday, March 3, 2026 10:15 PM\nTo: Us\nSubject: Quote\n\nHello", Medium},
		"Outlook, German":         {"WG: Quote", "Von: Anna Müller <anna@example.com>\nGesendet: Dienstag, 3. März 2026 22:15\nAn: Us <us@example.net>\nBetreff: Quote\n\nHallo", Medium},
		"Outlook, French":         {"TR: Quote", "De : Anna Müller <anna@example.com> \nEnvoyé : mardi 3 mars 2026 22:15\nÀ : Us <us@example.net>\nObjet : Quote\n", Medium},
		"Outlook, Polish":         {"PD: Quote", "Od: Anna Müller <anna@example.com>\nWysłano: wtorek, 3 marca 2026 22:15\nDo: Us <us@example.net>\nTemat: Quote\n", Medium},
		"Outlook, Swedish":        {"VB: Quote", "Från: Anna Müller <anna@example.com>\nSkickat: den 3 mars 2026 22:15\nTill: Us <us@example.net>\nÄmne: Quote\n", Medium},
		"Outlook, Danish":         {"VS: Quote", "Fra: Anna Müller <anna@example.com>\nSendt: 3. marts 2026 22:15\nTil: Us <us@example.net>\nEmne: Quote\n", Medium},
		"Outlook, Finnish":        {"VL: Quote", "Lähettäjä: Anna Müller <anna@example.com>\nLähetetty: tiistai 3. maaliskuuta 2026 22.15\nVastaanottaja: Us <us@example.net>\nAihe: Quote\n", Medium},
		"Outlook, Czech":          {"FW: Quote", "Od: Anna Müller <anna@example.com>\nOdesláno: úterý 3. března 2026 22:15\nKomu: Us <us@example.net>\nPředmět: Quote\n", Medium},
		"Outlook, Turkish":        {"İLT: Quote", "Kimden: Anna Müller <anna@example.com>\nGönderildi: 3 Mart 2026 Salı 22:15\nKime: Us <us@example.net>\nKonu: Quote\n", Medium},
		"Outlook, Hungarian":      {"FW: Quote", "Feladó: Anna Müller <anna@example.com>\nElküldve: 2026. március 3. 22:15\nCímzett: Us <us@example.net>\nTárgy: Quote\n", Medium},
		"Outlook, Greek":          {"FW: Quote", "Από: Anna Müller <anna@example.com>\nΣτάλθηκε: Τρίτη 3 Μαρτίου 2026 22:15\nΠρος: Us <us@example.net>\nΘέμα: Quote\n", Medium},
		"Outlook, Japanese":       {"転送: Quote", "差出人: Anna Müller <anna@example.com>\n送信日時: 2026年3月3日 22:15\n宛先: Us <us@example.net>\n件名: Quote\n", Medium},
		"Outlook, Chinese":        {"转发: Quote", "发件人： Anna Müller <anna@example.com>\n发送时间： 2026年3月3日 22:15\n收件人： Us <us@example.net>\n主题： Quote\n", Medium},
		"Outlook, Korean":         {"FW: Quote", "보낸 사람: Anna Müller <anna@example.com>\n보낸 날짜: 2026년 3월 3일\n받는 사람: Us <us@example.net>\n제목: Quote\n", Medium},
		"a reply in Outlook":      {"RE: Quote", "Thanks!\n\nFrom: Anna Müller <anna@example.com>\nSent: Tuesday, March 3, 2026 10:15 PM\nTo: Us <us@example.net>\nSubject: Quote\n", Low},
		"broken line":             {"Fwd: Quote", "---------- Forwarded message ---------\nFrom: Anna Müller\n <anna@example.com>\nDate: Tue, Mar 3, 2026 at 10:15 PM\nSubject: Quote\n", Medium},
		"label above the value":   {"Fwd: Quote", "---------- Forwarded message ---------\nFrom:\nAnna Müller <anna@example.com>\nSent:\nTue, Mar 3, 2026 at 10:15 PM\nSubject:\nQuote\n", Medium},
		"other fields":            {"Fwd: Quote", "-------- Forwarded Message --------\nReturn-Path: x\nMessage-ID: <1@x>\nFrom: Anna Müller <anna@example.com>\nX-Mailer: y\nDate: Tue, 3 Mar 2026 22:15:00 +0000\nSubject: Quote\nMIME-Version: 1.0\n", Medium},
		"a chain":                 {"Fwd: Quote", "---------- Forwarded message ---------\nFrom: Anna Müller <anna@example.com>\nDate: Tue, Mar 3, 2026 at 10:15 PM\nSubject: Quote\n\n---------- Forwarded message ---------\nFrom: Bob <bob@example.com>\nDate: Mon, Mar 2, 2026 at 10:15 PM\nSubject: Older\n", Medium},
		"prose before":            {"Fwd: Quote", "From: what I see: nothing\nDate: none\n\nbut\n\n---------- Forwarded message ---------\nFrom: Anna Müller <anna@example.com>\nDate: Tue, Mar 3, 2026 at 10:15 PM\nSubject: Quote\n", Medium},
	} {
		t.Run(name, func(t *testing.T) {
			o, ok := (&Message{Subject: c.subject, Text: c.text}).Original()
			require.True(t, ok)
			require.Equal(t, Address{Name: "Anna Müller", Address: "anna@example.com"}, o.From)
			require.Equal(t, "Quote", o.Subject)
			require.Equal(t, Inline, o.How)
			require.Equal(t, c.want, o.Confidence)
			require.Contains(t, o.Written, "2026")
			if !o.Date.IsZero() {
				require.Equal(t, time.Date(2026, 3, 3, 22, 15, 0, 0, time.UTC), o.Date.UTC())
			} else {
				require.NotContains(t, o.Written, "Mar 3")
			}
			page := "<html><body><div>" + strings.ReplaceAll(strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(c.text), "\n", "<br>\n") + "</div></body></html>"
			o, ok = (&Message{Subject: c.subject, HTML: page}).Original()
			require.True(t, ok, "in HTML alone")
			require.Equal(t, "anna@example.com", o.From.Address)
		})
	}
}

func TestSpokenDate(t *testing.T) {
	at := func(month time.Month, hour, minute int) time.Time {
		return time.Date(2026, month, 3, hour, minute, 0, 0, time.UTC)
	}
	for in, want := range map[string]time.Time{
		"Tue, Mar 3, 2026 at 10:15 PM":              at(3, 22, 15),
		"Tue, Feb 3, 2026 at 12:05\u202fAM":         at(2, 0, 5),
		"Tuesday, 3 March 2026 22:15":               at(3, 22, 15),
		"mar. 3 févr. 2026 à 22:15":                 at(2, 22, 15),
		"mardi 3 août 2026 22:15":                   at(8, 22, 15),
		"Dienstag, 3. März 2026 22:15":              at(3, 22, 15),
		"Di., 3. Feb. 2026 um 22:15 Uhr":            at(2, 22, 15),
		"martes, 3 de febrero de 2026 22:15":        at(2, 22, 15),
		"martedì 3 maggio 2026 22:15":               at(5, 22, 15),
		"terça-feira, 3 de fevereiro de 2026 22:15": at(2, 22, 15),
		"maandag 3 februari 2026 22:15":             at(2, 22, 15),
		"den 3 oktober 2026 22:15":                  at(10, 22, 15),
		"Tue, 3 Mar 2026 23:15:00 +0100":            at(3, 22, 15),
		"wtorek, 3 marca 2026 22:15":                at(3, 22, 15),
		"am Abend":                                  {},
		"":                                          {},
	} {
		require.Equal(t, want, spokenDate(in).UTC(), in)
	}
}

func TestOriginalNone(t *testing.T) {
	for name, text := range map[string]string{
		"prose":              "From: me\nTo: you\n\nwith love",
		"no address":         "---------- Forwarded message ---------\nFrom: Anna\nDate: Tue, Mar 3, 2026\nSubject: x\nTo: y\n",
		"two lines":          "From: a@example.com\nSubject: x\n",
		"an address in text": "Please write to: sales@example.com\nDate: today\n",
		"Gmail's reply":      "On Tue, Mar 3, 2026 at 10:15 PM Anna <anna@example.com> wrote:\n> Hello\n",
		"nothing":            "",
		"lines far apart":    "From: a@example.com\n\n\n\nDate: x\n\n\n\nSubject: y\n",
	} {
		_, ok := (&Message{Subject: "Fwd: x", Text: text}).Original()
		require.False(t, ok, name)
	}
}

const forwardedMail = "From: =?utf-8?q?Anna_M=C3=BCller?= <anna@example.com>\r\nTo: us@example.net\r\nDate: Tue, 3 Mar 2026 22:15:00 +0000\r\nMessage-ID: <1@example.com>\r\nSubject: Quote\r\n\r\nHello\r\n"

func TestOriginalAttached(t *testing.T) {
	want := Original{
		From: Address{"Anna Müller", "anna@example.com"}, Date: time.Date(2026, 3, 3, 22, 15, 0, 0, time.UTC), Written: "Tue, 3 Mar 2026 22:15:00 +0000",
		Subject: "Quote", MessageID: "1@example.com", Path: "2", How: Attached, Confidence: High,
	}
	mixed := func(kind, header string) string {
		return "From: me@example.net\r\nContent-Type: multipart/" + kind + "; boundary=b\r\n\r\n--b\r\n\r\nFrom: liar@example.com\r\nDate: x\r\nSubject: y\r\n--b\r\n" + header + "\r\n\r\n" + forwardedMail + "--b--\r\n"
	}
	for _, header := range []string{"Content-Type: message/rfc822", "Content-Type: application/octet-stream; name=\"Quote.eml\"", "Content-Type: text/plain\r\nContent-Disposition: attachment; filename=a.EML"} {
		o, ok := parse(t, mixed("mixed", header)).Original()
		require.True(t, ok, header)
		o.Date = o.Date.UTC()
		require.Equal(t, want, o, header)
	}
	alone, ok := parse(t, "Content-Type: message/rfc822\r\n\r\n"+forwardedMail).Original()
	require.True(t, ok)
	require.Equal(t, "1", alone.Path)

	_, ok = parse(t, strings.Replace(mixed("report", "Content-Type: message/rfc822"), "From: liar@example.com", "", 1)).Original()
	require.False(t, ok, "what is reported was not forwarded")
	_, ok = parse(t, "Content-Type: message/rfc822\r\n\r\nSubject: nobody\r\n\r\nx").Original()
	require.False(t, ok)
	deep := strings.Repeat("Content-Type: message/rfc822\r\n\r\n", 20_000) + forwardedMail
	_, ok = parse(t, deep).Original()
	require.False(t, ok, "mails inside mails are not followed")
}
