package quotes

import "strings"

// set makes a set of the words of its texts, which commas part.
func set(lists ...string) map[string]bool {
	words := map[string]bool{}
	for _, list := range lists {
		for _, w := range strings.Split(list, ",") {
			words[strings.TrimSpace(w)] = true
		}
	}
	return words
}

// verbs say that somebody wrote, in lower case.
var verbs = set(
	"wrote, writes, wrote on, said, replied",               // English
	"écrit, ecrit, écrivait, écrivit",                      // French
	"schrieb, schrieben, geschrieben, schreibt, schriebst", // German
	"escribió, escribio, escribe, escrito",                 // Spanish
	"escreveu, escrevem, escreve",                          // Portuguese
	"scritto, scrive, scrisse",                             // Italian
	"schreef, schreven, geschreven, schrijft",              // Dutch
	"skrev, skreiv, skrifaði, skrivið, skrevet",            // the north
	"kirjoitti, kirjoittaa",                                // Finnish
	"kirjutas, rakstīja, rašė, parašė",                     // the Baltic
	"napisał, napisała, pisze, napisal, napisali",          // Polish
	"napsal, napsala, napísal, napísala, píše",             // Czech, Slovak
	"napisao, napisala, je napisao, piše, napisal",         // the southern Slavs
	"írta, írt, ezt írta",                                  // Hungarian
	"scris, a scris",                                       // Romanian
	"написал, написала, написал(а), пишет, писал, писала, написав, написала, пише, написа, напиша", // Cyrillic
	"yazdı, yazdi, şunu yazdı",               // Turkish
	"έγραψε, έγραψες",                        // Greek
	"כתב, כתבה, מאת",                         // Hebrew
	"كتب, كتبت",                              // Arabic
	"viết, đã viết",                          // Vietnamese
	"menulis, tulis",                         // Indonesian, Malay
	"va escriure, escrigué, idatzi, skribis", // Catalan, Basque, Esperanto
)

// unspaced are verbs of languages that put no space around them.
var unspaced = []string{"写道", "寫道", "写到", "のメール", "が書きました", "さんは書きました", "작성", "님이 작성", "เขียน", "ได้เขียน"}

// starters begin the line that introduces a quotation: "on", days of the week and their short forms, in lower case without a stop.
var starters = set(
	"on, at, le, la, el, il, em, am, um, op, den, d, dne, dnia, w, pe, på, 於, 在, a, ai, on:, il giorno, dana, de, vào, pada, в",
	"mon, tue, tues, wed, thu, thur, thurs, fri, sat, sun, monday, tuesday, wednesday, thursday, friday, saturday, sunday",
	"lun, mar, mer, jeu, ven, sam, dim, lundi, mardi, mercredi, jeudi, vendredi, samedi, dimanche",
	"mo, di, mi, do, fr, sa, so, montag, dienstag, mittwoch, donnerstag, freitag, samstag, sonnabend, sonntag",
	"lunes, martes, miércoles, jueves, viernes, sábado, domingo, mié, jue, vie, sáb, dom",
	"seg, ter, qua, qui, sex, segunda-feira, terça-feira, quarta-feira, quinta-feira, sexta-feira",
	"gio, sab, lunedì, martedì, mercoledì, giovedì, venerdì, sabato, domenica",
	"ma, wo, vr, za, zo, maandag, dinsdag, woensdag, donderdag, vrijdag, zaterdag, zondag",
	"mån, tis, ons, tor, fre, lör, sön, måndag, tisdag, onsdag, torsdag, fredag, lördag, søn, lør, mandag, tirsdag, lørdag, søndag",
	"pon, wt, śr, czw, pt, sob, niedz, po, út, st, čt, pá, ne",
	"пн, вт, ср, чт, пт, сб, вс, понедельник, вторник, среда, четверг, пятница, суббота, воскресенье",
	"to, ke, pe, la, su, ti, lu, ma, mi, jo, vi, pzt, sal, çar, per, cum, cmt, paz",
)

// separators are drawn into a line above an old mail, in lower case.
var separators = set(
	"original message, original email, original appointment, begin original message, message separator, reply message, forwarded message, begin forwarded message, forwarded by, start of forwarded message",
	"message original, mail original, message d'origine, message d’origine, message initial, message transféré, message transmis, début du message transféré, début du message réexpédié, e-mail d'origine, courriel original",
	"ursprüngliche nachricht, originalnachricht, original-nachricht, original nachricht, weitergeleitete nachricht, anfang der weitergeleiteten nachricht, ursprüngliche mail, weitergeleitet, originale nachricht",
	"mensaje original, mensaje reenviado, inicio del mensaje reenviado, correo original",
	"mensagem original, mensagem encaminhada, início da mensagem encaminhada, mensagem reencaminhada, início da mensagem reencaminhada",
	"messaggio originale, messaggio inoltrato, inizio messaggio inoltrato, messaggio originario",
	"oorspronkelijk bericht, origineel bericht, doorgestuurd bericht, begin doorgestuurd bericht, oorspronkelijke bericht",
	"ursprungligt meddelande, originalmeddelande, vidarebefordrat meddelande, opprinnelig melding, videresendt melding, oprindelig meddelelse, original meddelelse, videresendt meddelelse, alkuperäinen viesti, välitetty viesti",
	"oryginalna wiadomość, wiadomość oryginalna, wiadomość przekazana, przekazana wiadomość, treść przekazanej wiadomości",
	"původní zpráva, původní e-mail, přeposlaná zpráva, pôvodná správa, preposlaná správa, izvorna poruka, izvirno sporočilo, originalna poruka, proslijeđena poruka",
	"исходное сообщение, пересылаемое сообщение, пересланное сообщение, оригинальное сообщение, начало переадресованного сообщения, початкове повідомлення, переслане повідомлення, препратено съобщение",
	"eredeti üzenet, továbbított üzenet, mesaj original, mesajul original, mesaj redirecționat, orijinal ileti, orijinal mesaj, iletilen mesaj, yönlendirilen ileti, αρχικό μήνυμα, προωθημένο μήνυμα",
	"原始邮件, 原邮件, 转发的邮件, 转发邮件信息, 原始郵件, 轉寄郵件, 元のメッセージ, 転送メッセージ, original message(元のメッセージ), 원본 메시지, 전달된 메시지, הודעה מקורית, הודעה שהועברה, الرسالة الأصلية, thư gốc, pesan asli",
)

// ceilings are said by programs in a line above which an answer is to be written, in lower case.
var ceilings = []string{
	"type your reply above this line", "reply above this line", "write above this line", "please reply above", "reply above this delimiter",
	"au-dessus de cette ligne", "au dessus de cette ligne", "oberhalb dieser linie", "oberhalb dieser zeile", "über dieser linie", "über dieser zeile",
	"encima de esta línea", "por encima de esta línea", "acima desta linha", "sopra questa riga", "boven deze lijn", "boven deze regel", "ovanför den här raden",
	"över denna rad", "over denne linje", "yläpuolelle", "powyżej tej linii", "nad tuto řádku", "nad tento řádek", "выше этой строки", "выше этой линии",
	"bu satırın üzerine", "この行より上", "请在此行上方", "이 줄 위에",
}

// fields are the names in a copied header, in lower case, and what they mean.
var fields = func() map[string]string {
	names := map[string]string{}
	for meaning, lists := range map[string]string{
		"from":    "from, de, von, da, van, od, från, fra, lähettäjä, от, від, feladó, saatja, nuo, sūtītājs, จาก, de la, kimden, gönderen, από, expéditeur, absender, remitente, mittente, afzender, nadawca, odesílatel, odosielateľ, šalje, 发件人, 寄件者, 差出人, 보낸 사람, 보낸사람, מאת, من, từ, dari, pošiljatelj, expeditor",
		"date":    "date, sent, envoyé, envoyé le, le, date d'envoi, gesendet, datum, gesendet am, data, enviado, enviada, enviado el, enviado em, enviada em, fecha, inviato, data invio, verzonden, datum/tijd, skickat, sendt, dato, lähetetty, päivämäärä, päiväys, wysłano, wysłane, data wysłania, odesláno, odoslané, dátum, datum odesílání, дата, отправлено, надіслано, изпратено, saadetud, išsiųsta, nosūtīts, enviat el, ส่ง, تم الإرسال, elküldve, küldve, trimis, tarih, gönderme tarihi, gönderilme, στάλθηκε, ημερομηνία, message du, poslano, 发送时间, 发送日期, 日期, 寄件日期, 傳送時間, 送信日時, 日時, 보낸 날짜, 날짜, נשלח, תאריך, تاريخ, التاريخ, ngày, đã gửi, tanggal, terkirim",
		"to":      "to, à, a, an, para, aan, till, til, vastaanottaja, do, komu, кому, до, adressaat, kam, per a, ถึง, címzett, către, kime, kime:, alıcı, προς, destinataire, destinatario, empfänger, ontvanger, za, prima, 收件人, 宛先, 받는 사람, 받는사람, אל, إلى, đến, kepada",
		"cc":      "cc, copie, copie à, kopie, kopia, kopi, копия, копія, másolat, cópia, con copia, copia, bilgi, 抄送, 副本, 참조, עותק, bcc, cci, skjult kopi",
		"subject": "subject, objet, sujet, betreff, oggetto, asunto, assunto, onderwerp, ämne, emne, aihe, temat, předmět, predmet, тема, относно, teema, tēma, tema, zadeva, เรื่อง, tárgy, subiect, konu, θέμα, naslov, 主题, 主旨, 主題, 件名, 제목, נושא, الموضوع, chủ đề, subjek, perihal",
		"reply":   "reply-to, répondre à, antwort an, responder a, rispondi a, risposta, importance, wichtigkeit, priority, organization, attachments, pièces jointes, anlagen, mailed-by, signed-by",
	} {
		for name := range set(lists) {
			names[name] = meaning
		}
	}
	return names
}()

// farewells close a letter, in lower case without a comma.
var farewells = set(
	"regards, best regards, kind regards, warm regards, best, best wishes, all the best, cheers, thanks, many thanks, thank you, thanks and regards, thanks & regards, sincerely, yours sincerely, yours faithfully, yours truly, respectfully, br, rgds, cordially, take care",
	"cordialement, bien cordialement, très cordialement, bien à vous, sincères salutations, meilleures salutations, salutations, salutations distinguées, amicalement, bonne journée, cdlt, merci, merci d'avance, merci beaucoup, respectueusement, à bientôt",
	"mit freundlichen grüßen, mit freundlichen grüssen, mit freundlichem gruß, freundliche grüße, freundliche grüsse, viele grüße, liebe grüße, beste grüße, herzliche grüße, schöne grüße, mit besten grüßen, mfg, lg, vg, gruß, grüße, hochachtungsvoll, danke, vielen dank, mit lieben grüßen",
	"saludos, un saludo, saludos cordiales, cordialmente, atentamente, atentos saludos, gracias, muchas gracias",
	"atenciosamente, cumprimentos, com os melhores cumprimentos, melhores cumprimentos, abraço, abraços, obrigado, obrigada, att",
	"cordiali saluti, distinti saluti, saluti, un saluto, cordialmente, grazie, grazie mille",
	"met vriendelijke groet, met vriendelijke groeten, vriendelijke groeten, groeten, groet, mvg, hartelijke groet, bedankt, alvast bedankt",
	"med vänliga hälsningar, vänliga hälsningar, vänlig hälsning, mvh, hälsningar, med venlig hilsen, venlig hilsen, vennlig hilsen, med vennlig hilsen, hilsen, ystävällisin terveisin, terveisin, parhain terveisin, tack, takk, tak, kiitos",
	"z poważaniem, pozdrawiam, z wyrazami szacunku, serdecznie pozdrawiam, dziękuję, s pozdravem, s přátelským pozdravem, s pozdravom, děkuji, lp, lep pozdrav, s poštovanjem, srdačan pozdrav",
	"с уважением, с наилучшими пожеланиями, спасибо, з повагою, дякую, поздрави, с уважение",
	"üdvözlettel, tisztelettel, köszönettel, cu stimă, cu respect, mulțumesc, saygılarımla, saygılar, iyi çalışmalar, teşekkürler, με εκτίμηση, ευχαριστώ",
	"此致, 敬上, 谢谢, 謝謝, よろしくお願いいたします, 감사합니다, בברכה, תודה, مع التحية, شكرا, trân trọng, salam, hormat kami, terima kasih",
)

// sents begin the line that a telephone puts under a mail.
var sents = []string{
	"sent from my", "sent from", "sent on the", "typed on", "typed with", "written on", "sent via", "sent with", "sent by", "sent on my", "sent using", "from my",
	"envoyé de mon", "envoyé depuis", "envoyé à partir de", "envoyé avec", "envoyé par", "envoyé via", "envoyé de", "télécharger outlook",
	"gesendet von", "von meinem", "von unterwegs", "gesendet mit", "gesendet über", "diese nachricht wurde von", "diese e-mail wurde von",
	"enviado desde", "enviado do", "enviado de", "enviado a partir", "enviado con", "enviado por", "enviado via", "enviado pelo", "enviado através",
	"inviato da", "inviato dal", "inviato con", "inviata da",
	"verzonden vanaf", "verzonden vanuit", "verzonden met", "verstuurd vanaf", "verstuurd met", "verstuurd vanuit",
	"skickat från", "skickades från", "sendt fra", "sendt med", "sendt via", "lähetetty", "saadetud",
	"wysłane z", "wysłano z", "wysłane przez", "odesláno z", "odoslané z", "poslano s", "poslano iz", "poslano z", "odesláno",
	"отправлено с", "отправлено из", "отправлено через", "надіслано з", "изпратено от",
	"elküldve az", "elküldve a", "küldve", "trimis de pe", "trimis din", "iphone'umdan", "ipad'imden", "στάλθηκε από",
	"從我的", "从我的", "发自我的", "发自", "來自我的", "iphoneから送信", "私の", "나의 ", "내 ", "נשלח מ", "أرسلت من", "تم الإرسال من", "được gửi từ", "đã gửi từ", "gửi từ", "dikirim dari", "dihantar dari", "enviat des", "bidalia nire", "saadetud minu", "išsiųsta iš", "nosūtīts no", "sent fra", "sendt frá", "послато са", "послано з", "ส่งจาก",
}

// devices and programs that such lines name.
var devices = []string{
	"iphon", "ipad", "ipod", "android", "blackberry", "samsung", "galaxy", "huawei", "xiaomi", "redmi", "htc", "nokia", "motorola", "pixel", "oneplus", "oppo", "sony xperia", "xperia",
	"mobile", "mobil", "portable", "smartphone", "phone", "handy", "téléphone", "telefon", "telefono", "teléfono", "telemóvel", "celular", "movil", "móvil", "tablet", "tablette", "cell",
	"outlook", "windows", "yahoo", "mailbox", "airmail", "sparrow", "k-9", "typeapp", "aquamail", "bluemail", "spark", "proton", "gmail", "mail.ru", "yandex", "gmx", "web.de", "яндекс", "почт", "мобильн", "смартфон", "телефон", "андроид", "工作", "手机", "workspace", "mac", "ti-85", "thunderbird", "hey", "superhuman", "fairphone", "alcatel", "wiko", "lg ",
}

// advertisements are lines of programs that say nothing of a device.
var advertisements = []string{
	"get outlook for", "obtenir outlook pour", "outlook für android", "holen sie sich outlook", "télécharger outlook", "obtener outlook para", "obter o outlook", "scarica outlook", "download outlook", "outlook voor",
	"envoyé à partir de outlook", "sent from outlook", "sent from mail for", "provenance : courrier", "gesendet von mail für", "enviado desde correo para", "get bluemail", "get typeapp",
}
