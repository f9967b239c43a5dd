package mimemail

// A label is what a line of a forwarded mail's header is about.
type label int

const (
	none label = iota
	sender
	moment
	recipients
	carbonCopy
	title
	kinds
)

// labels are the words before the colon, in lower case, by language. A word that two languages use for different things is listed for the
// one that begins a block with it.
var labels = func() map[string]label {
	all := map[string]label{}
	for what, words := range map[label][]string{
		sender: {
			"from", "de", "expéditeur", "von", "absender", "remitente", "da", "mittente", "remetente", "van", "afzender", "från", "avsändare", "fra", "afsender",
			"avsender", "lähettäjä", "od", "nadawca", "odesílatel", "odosielateľ", "от", "от кого", "отправитель", "від", "від кого", "gönderen", "kimden", "feladó", "de la",
			"expeditor", "από", "差出人", "送信者", "发件人", "寄件者", "寄件人", "發件人", "보낸 사람", "보낸사람", "שולח", "מאת", "من", "šalje", "pošiljatelj",
		},
		moment: {
			"date", "sent", "date d'envoi", "envoyé", "envoyé le", "datum", "gesendet", "gesendet am", "fecha", "enviado", "enviado el", "enviada", "enviada em", "enviado em",
			"data", "inviato", "data invio", "verzonden", "verzonden op", "skickat", "skickades", "dato", "sendt", "päiväys", "päivämäärä", "pvm", "lähetetty", "wysłano",
			"wysłane", "odesláno", "odoslané", "dátum", "дата", "отправлено", "надіслано", "дата відправлення", "tarih", "gönderildi", "gönderme tarihi", "elküldve", "küldve",
			"dată", "trimis", "ημερομηνία", "στάλθηκε", "日付", "送信日時", "日時", "日期", "发送时间", "發送時間", "寄件日期", "傳送時間", "날짜", "보낸 날짜", "תאריך", "נשלח", "التاريخ", "poslano",
		},
		recipients: {
			"to", "à", "pour", "destinataire", "destinataires", "an", "empfänger", "para", "destinatario", "destinatário", "a", "aan", "ontvanger", "till", "mottagare", "til",
			"modtager", "vastaanottaja", "do", "adresat", "komu", "кому", "получатель", "kime", "alıcı", "címzett", "către", "προς", "宛先", "收件人", "收件者",
			"받는 사람", "받는사람", "אל", "إلى", "prima", "za",
		},
		carbonCopy: {
			"cc", "copie", "kopie", "copia", "cópia", "kopia", "kopi", "dw", "do wiadomości", "копия", "копія", "bilgi", "másolat", "másolatot kap", "κοιν", "抄送", "副本", "참조", "עותק", "نسخة",
			"reply-to", "répondre à", "antwort an", "responder a", "rispondi a", "bcc", "cci", "ccn", "cco",
		},
		title: {
			"subject", "objet", "sujet", "betreff", "asunto", "oggetto", "assunto", "onderwerp", "ämne", "emne", "aihe", "otsikko", "temat", "předmět", "predmet", "тема",
			"konu", "tárgy", "subiect", "θέμα", "件名", "主题", "主旨", "主題", "제목", "נושא", "الموضوع",
		},
	} {
		for _, word := range words {
			all[word] = what
		}
	}
	return all
}()

// separators are words in the line before a forwarded mail, in lower case. "Original message" is none: Outlook writes it above what is
// answered too.
var separators = []string{
	"forwarded message", "forwarded by ", "forwarded mail", // English
	"message transféré", "message réexpédié", "courriel transféré", // French
	"weitergeleitete nachricht", "weitergeleitete e-mail", "weitergeleitete mail", // German
	"mensaje reenviado", "correo reenviado", // Spanish
	"messaggio inoltrato", "messaggio rigirato", // Italian
	"mensagem encaminhada", "mensagem reencaminhada", // Portuguese
	"doorgestuurd bericht", "doorgestuurde bericht", "doorgestuurde e-mail", // Dutch
	"vidarebefordrat meddelande", "vidarebefordrat brev", "vidarebefordrat mejl", "vidarebefordrade brevet", // Swedish
	"videresendt besked", "videresendt meddelelse", "videresendt mail", "videresendt melding", "videresendt e-post", // Danish, Norwegian
	"välitetty viesti", "edelleenlähetetty viesti", // Finnish
	"przekazana wiadomość", "wiadomość przekazana", "przesłana dalej", "treść przekazanej wiadomości", // Polish
	"přeposlaná zpráva", "přeposlaný e-mail", "preposlaná správa", // Czech, Slovak
	"пересылаемое сообщение", "пересланное сообщение", "пересылаемое письмо", "переадресованное сообщение", "переадресованного сообщения", // Russian
	"переслане повідомлення", "перенаправлене повідомлення", // Ukrainian
	"iletilen ileti", "iletilen mesaj", "yönlendirilen ileti", "yönlendirilmiş", // Turkish
	"továbbított üzenet", "továbbított levél", "továbbított e-mail", // Hungarian
	"mesaj redirecționat", "mesaj transmis", // Romanian
	"προωθημένο μήνυμα",              // Greek
	"転送メッセージ", "転送されたメッセージ", "転送された", // Japanese
	"转发的邮件", "已转发的邮件", "转发邮件信息", "轉寄郵件", "轉寄的郵件", "轉寄的訊息", // Chinese
	"전달된 메시지", "전달된 메일", // Korean
	"הודעה שהועברה", "رسالة محولة", "الرسالة المعاد توجيهها", // Hebrew, Arabic
}

// forwards are what stands before the colon of a subject, in lower case.
var forwards = map[string]bool{
	"fw": true, "fwd": true, "forward": true, "tr": true, "wg": true, "rv": true, "reenv": true, "i": true, "inoltra": true, "enc": true, "res enc": true, "doorst": true,
	"vb": true, "vs": true, "vl": true, "pd": true, "fs": true, "пересл": true, "пер": true, "ilt": true, "i̇lt": true, "továbbítás": true, "redir": true, "πρθ": true, "転送": true,
	"转发": true, "轉寄": true, "转": true, "전달": true, "הועבר": true, "إعادة توجيه": true,
}

// months are what the names of the months begin with, in lower case: English, French, German, Spanish, Italian, Portuguese, Dutch, Swedish,
// Danish, Norwegian, Romanian.
var months = [12][]string{
	{"jan", "ene", "gen", "ian"},
	{"feb", "fév", "fev"},
	{"mar", "mär", "mrt", "maart"},
	{"apr", "avr", "abr"},
	{"may", "mai", "mag", "mei", "maj"},
	{"jun", "juin", "giu", "iun"},
	{"jul", "juil", "lug", "iul"},
	{"aug", "août", "aout", "ago"},
	{"sep", "set"},
	{"oct", "okt", "ott", "out"},
	{"nov", "noi"},
	{"dec", "déc", "dez", "dic", "des"},
}
