package reports

import (
	"strings"
	"sync"
)

// A wording is a list of beginnings and insides of subjects, in lower case.
type wording []string

// hit says whether a lower-case text contains one of them.
func (w wording) hit(text string) bool {
	for _, s := range w {
		if strings.Contains(text, s) {
			return true
		}
	}
	return false
}

// bounceSubjects are how servers call a mail that failed.
var bounceSubjects = sync.OnceValue(func() wording {
	return wording{
		"undeliver", "non-deliver", "nondeliver", "not deliver", "undelivered", "returned mail", "returned to sender", "return to sender", "return receipt failure",
		"failure notice", "failure delivery", "failure report", "smtp server: errors", "undelivred", "unable to send", "error: mail", "error report", "are not member", "not a member", "only members", "members only", "loop alert", "duplicated message-id", "message rejected", "post rejected", "posting denied", "delivery errors", "failure notification", "delivery failure", "delivery failed", "delivery has failed", "failed delivery", "delivery error", "delivery problem", "delivery status", "delivery notification", "delivery report", "delivery incomplete", "delivery warning",
		"mail failure", "mail failed", "mail error", "mail delivery", "message delivery", "mail system error", "email error", "error sending", "error mail", "sending failed", "couldn't be delivered", "could not be delivered", "cannot be delivered", "unable to deliver",
		"message not sent", "message status", "message rejected", "message blocked", "mail rejected", "rejected mail", "rejected:", "bounced mail", "bounce message", "mail could not", "message could not", "no such user", "user unknown", "unknown user", "unknown recipient", "addressing error", "address error", "invalid recipient", "mailbox full", "mailbox quota", "quota exceeded", "mail not delivered", "problem delivering", "permanent error", "transient error", "nondelivery", "non delivery", "considered unsolicited bulk", "virus found", "mail was not", "message you sent", "mail you sent", "dsn:", "ndn:", "ndr:", "[postmaster]", "[ndn]", "notification d'échec", "bad recipient", "host unknown", "relay error", "permanent delivery", "unable to send", "failed to deliver", "e-mail error", "message failed", "failed mail", "failed message", "does not exist", "status notification", "status de livraison", "mailer error", "dead letter", "reject:", "returned email", "returned message", "access denied",
		"unzustellbar", "nicht zugestellt", "nicht zustellbar", "zustellung", "zustellfehler", "übermittlung", "fehlgeschlagen", "fehler bei der",
		"non remis", "non-remis", "non distribu", "échec de", "echec de", "échec d'", "remise impossible", "remise du message", "non livr", "avis de non", "courrier retourn", "message retourn", "erreur de livraison", "retour à l'expéditeur", "retour de mail", "impossible de remettre", "notification d'état",
		"no entregado", "no se pudo entregar", "no se ha podido entregar", "entrega fallida", "error de entrega", "correo devuelto", "fallo en la entrega", "no se puede entregar", "estado de la entrega", "no entregable", "devuelto", "falló la entrega", "error al enviar",
		"não entregue", "nao entregue", "não foi possível entregar", "falha na entrega", "falha de entrega", "falha no envio", "devolvida", "devolvido", "não pôde ser entregue", "status da entrega", "não é possível entregar", "erro de envio",
		"mancata consegna", "non recapit", "non consegna", "errore di consegna", "impossibile recapitare", "consegna fallita", "messaggio respinto", "avviso di mancat",
		"onbestelbaar", "niet bezorgd", "niet afgeleverd", "aflevering mislukt", "bezorging mislukt", "kan niet worden bezorgd",
		"недоставлен", "не доставлен", "не удалось доставить", "ошибка доставки", "возвращено", "сообщение об ошибке", "не может быть доставлен", "недоставленное",
		"niedostarcz", "nie dostarczono", "nie można dostarczyć", "zwrot", "niepowodzenie", "błąd dostarcz",
		"olevererbart", "kunde inte levereras", "kunne ikke leveres", "kan ikke leveres", "ikke leveret", "ikke levert", "går inte att leverera", "ej levererat", "toimitus epäonnistui", "ei voitu toimittaa", "nedoručiteln", "nedoručen", "kézbesít", "teslim edilemedi", "iletilemedi", "iletilemeyen", "nu a putut fi livrat", "δεν παραδόθηκε",
		"配信不能", "配信できません", "配信エラー", "送信エラー", "メールエラー", "メールが送信できません", "メール送信", "不達", "エラーメール", "送信できません", "未送达", "未傳遞", "退信", "无法投递", "無法傳遞", "无法送达", "投递失败", "发送失败", "반송", "전송 실패", "배달 실패", "배달되지", "傳送失敗", "无法传递", "系统退信", "ส่งไม่สำเร็จ", "תקלה במשלוח", "تعذر تسليم",
	}
})

// delaySubjects are how servers call a mail that waits.
var delaySubjects = sync.OnceValue(func() wording {
	return wording{
		"delayed", "delay)", "(delay", "delivery delay", "warning: could not send", "warning: message", "still being retried", "could not send message for past", "still undelivered", "still trying", "deferred", "delivery temporarily", "mail delay", "not yet delivered", "not yet been delivered", "queued",
		"verzöger", "retard", "différé", "retraso", "retrasad", "atrasad", "demora", "in ritardo", "ritardat", "vertraagd", "задерж", "opóźn", "försen", "forsinket", "遅延", "延迟", "延遲", "지연",
	}
})

// waits is how servers say in their text that they try again.
var waits = sync.OnceValue(func() wording {
	return wording{
		"will be retried", "will retry", "will keep trying", "will continue to try", "will try again", "will continue trying", "still being retried", "is still in the queue", "do not need to resend", "don't need to resend", "no action is required on your part", "this is a warning message only", "this is only a warning", "not yet been delivered", "has been delayed", "delivery attempts will continue", "delivery will be attempted", "not necessary to resend", "temporarily deferred and", "it will be retried", "keep trying until", "mail server will keep", "gmail will retry",
		"weitere zustellversuche", "wird weiterhin versucht", "nicht erneut senden", "nouvelles tentatives", "nouvelle tentative", "il est inutile de renvoyer", "se seguirá intentando", "se volverá a intentar", "continuará tentando", "nuovi tentativi", "будут предприняты", "blijven proberen", "再送を試み", "将继续尝试",
	}
})
