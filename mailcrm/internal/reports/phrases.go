package reports

import (
	"slices"
	"strings"
	"sync"
	"unicode"
)

// meanings are the wordings of servers, sorted by what they mean. A phrase is whole words in lower case, as normalWords gives them;
// "a|b" is either word, a "*" stands for up to six words, and a "~" at the end of a word for any ending.
var meanings = map[Reason][]string{
	UserUnknown: {
		"user|recipient|mailbox|account|address|addressee|username|userid|alias|local|login unknown", "unknown|unkown user|recipient|mailbox|account|address|local|addressee|username|alias|email|mail|to",
		"no such user|mailbox|recipient|account|address|person|local|id|member|users|domain|username|addressee|email|mailuser|customer|subscriber|alias|maildrop|object",
		"user|recipient|mailbox|account|address|addressee|email|alias|username|mailaddress is unknown|invalid|wrong|incorrect|nonexistent|bad",
		"user|recipient|mailbox|account|address|addressee|inbox|alias|username|it|maildrop does|did not|nt exist",
		"user|recipient|mailbox|account|address|addressee|email|alias|username|it doesnt|doesn|didnt exist|t",
		"user|recipient|mailbox|account|address|email|alias * does not exist|have", "user|recipient|mailbox|account|address|email|alias * doesnt exist|have",
		"user|recipient|mailbox|account|address|addressee|email|mail|alias|username|adresse|recipients|users not found|exist|exists|known|present|recognized|recognised|valid|listed|located",
		"user|recipient|mailbox|account|address * not found|known|exist", "user|recipient|mailbox|account|address * is|was not found|known|valid|recognized|recognised|exist",
		"not a valid|known|current user|mailbox|recipient|account|address|email|inbox", "is not a valid|known|current mailbox|recipient|user|account|address|email",
		"invalid|incorrect|nonexistent|bad|illegal recipient|recipients|mailbox|user|address|account|destination|username|to|final|alias",
		"no account by|with|for", "no user by|with|named|found|here", "not our customer", "has no mailbox",
		"isn|isnt a valid|known", "doesn|doesnt have a|an * account|mailbox", "does not have a|an * account|mailbox", "doesn|doesnt have a|an account|mailbox",
		"recipnotfound", "recipientnotfound", "wasnt|wasn|couldnt|couldn|cannot|cant be|t found|find|be", "could not be found",
		"address no longer|longer valid|exists|exist|available|active|accepts|in|used", "no longer exists|valid|active|in|works|employed|available|with|at|on|accepts|associated|a",
		"user not local", "recipient address|addresses rejected access denied", "user|mailbox|account|address has been deleted|removed|closed|terminated|cancelled|canceled",
		"account has been deleted|removed|closed|terminated|cancelled|canceled", "account closed|deleted|removed|terminated", "user|mailbox|recipient deleted|removed",
		"no one|body here|at|by", "unknown in local|virtual|relay", "there is no user|such|one|mailbox|account|local", "no recipient|address found|matches", "listed in domino|public|notes", "non répertorié dans", "not in our|the database|directory|system|list|user|recipient|table",
		"unable to find|verify|validate|locate user|recipient|mailbox|address|account|the|this", "cannot find|locate|verify user|recipient|mailbox|your|the", "recipient|address|addressee not|is on server|this|here|listed",
		"mailbox name not allowed", "user|recipient|account|mailbox missing",
		"directory|user|recipient lookup failed", "no such|valid recipient|recipients", "isnt listed", "user reject~", "name not recognized|recognised|found", "name is not", "user|recipient * is not local",
		"badly formed address", "bad destination mailbox|address|email", "unable to deliver to this recipient", "mailbox|user|account * no longer", "wrong|misspelled|mistyped address|recipient|email",
		"non|none exist~ user|recipient|mailbox|account|address|domain", "not have a * account", "is not a user|local|member", "unknown or illegal|invalid", "i cannot deliver mail for", "ineligible recipient", "did not match",
		// Other languages.
		"utilisateur|destinataire|adresse|boite|compte * inconnu~|inexistant~", "utilisateur|destinataire|adresse|boite|compte inconnu~|inexistant~|introuvable", "existe|existent pas|plus", "nexiste pas|plus", "adresse introuvable",
		"empfanger|benutzer|adresse|postfach|konto unbekannt|existiert|nicht", "empfänger|benutzer|adresse|postfach|konto|mailbox * unbekannt", "unbekannter|unbekannte empfänger|benutzer|adresse", "existiert nicht", "nicht gefunden|bekannt|existent|vorhanden", "nicht mehr vorhanden|gültig",
		"usuario|destinatario|direccion|dirección|buzon|buzón|cuenta * no existe|encontrado|valido", "usuario|destinatario desconocido", "no se encontro|encontró|encuentra", "no existe|encontrado|encontrada",
		"usuário|usuario|destinatário|destinatario|endereço|conta * não|nao existe|encontrado", "não|nao existe|encontrado|encontrada", "utente|destinatario|indirizzo|casella * sconosciuto|inesistente|trovato|esiste", "utente|destinatario|indirizzo|casella sconosciuto|inesistente", "non esiste|trovato|esistente",
		"gebruiker|adres|ontvanger|postvak onbekend", "bestaat niet", "onbekende gebruiker|ontvanger", "niet gevonden", "пользователь|адрес|ящик|получатель * не найден|существует|найден", "не существует|найден|найдена", "нет такого", "użytkownik|adres|skrzynka|odbiorca * nie istnieje", "nie istnieje|znaleziono",
		"okänd användare|mottagare", "finns inte", "ukendt bruger|modtager", "findes ikke", "uživatel neexistuje", "neexistuje", "kullanıcı|alıcı bulunamadı", "bulunamadı",
	},
	HostUnknown: {
		"host|domain|server|hostname|hosts|site not found|known|exist|exists|valid|listed", "host|domain|server|hostname|site unknown", "unknown host|domain|server|site|hostname|destination|mail", "host|domain|server|hostname * does|do not exist|resolve", "host|domain|server|hostname * doesnt|dont exist|resolve",
		"host|domain|hostname|domainname * not found|exist|resolve|valid", "host or domain name not found", "no such domain|host|hostname", "domain is not reachable|resolvable", "nxdomain", "nxhost", "couldnt find any host|domain|mail", "could|can not find any host|domain|mail", "domain|host name does|is not|invalid|bad", "bad|invalid|illegal|nonexistent domain|host|hostname|destination domain",
		"all host address lookups failed", "all relevant mx records point to non", "name or service not known", "unrouteable|unroutable address|mail|domain", "no mx|a record~|entry|hosts|records|or", "unable|failed to resolve|lookup|look host|domain|mx|the|up|name|route", "cannot resolve|find|route host|domain|name|mx|the|destination", "domain|host * could|can not be|found resolved|found|found", "domain|host * couldnt|cant be found|resolved",
		"no mail exchange~|server|host|servers found|for|exists", "dns|mx lookup failed|failure|error", "domain does not|nt exist|accept", "domain must resolve", "no matches to nameserver query", "domain|domaine|dominio|domäne|domein * inexistant|unbekannt|inexistente|inesistente|onbekend", "lookup of|for * failed|nxdomain", "not a valid|known domain|host", "domain is not|in known|found|valid|registered|dns", "host|domain * not in dns", "has no mx|dns|mail", "no address associated with", "mail exchanger not found", "is not a known|valid domain|host", "no route found to domain",
	},
	MailboxFull: {
		"mailbox|inbox|account|quota|user|mail|mailfolder|folder|maildir|disk|box|storage|store|postfach|boite|buzon|buzón|casella|skrzynka is|was|are full|exceeded|overdrawn", "mailbox|inbox|account|mailfolder|folder|maildir|box|postfach full|voll|overflow~|exceeded", "full|voll mailbox|inbox", "mailbox|account|inbox * is full", "over|above|exceeds|exceeded|exceeding|beyond|exceed|overdrawn|past quota|disk|storage|mailbox|its|the|his|their|user|size quota|quota|space|limit|storage|limit",
		"over|exceeds|exceeded|exceeding|exceed|overdrawn|above|past|out quota|disk|storage|mailbox|allocated|allowed|maximum|of quota~|space|capacity|storage", "over|exceeds|exceeded|exceeding|exceed|overquota|above|past|of|on quota", "overquota", "out of disk|quota|storage", "quota|disk|storage|mailbox|maildir exceed~|exceeded|violation|limit|full|overrun|overdrawn|over|exceeded|reached",
		"quota * exceeded|exceed|reached|full|over", "quotaexceed~", "not enough|insufficient|no|insuffisant|lack disk|storage|space|mailbox|quota|free|enough|system|of space|storage|quota|left|disk", "no|insufficient space|storage left|on|for|available", "disk|quota full", "exceeded storage allocation", "mailbox|storage|quota|message size|limit|space|quota|count|storage exceeded|reached|full", "too many messages in|on", "too much mail|data in|on", "has * full mailbox|quota|inbox", "mailbox has reached|exceeded", "size limit for|on this user|recipient|mailbox|account", "as their mailbox is full", "account|user|mailbox * over|exceeds|exceeded|overquota quota|its|storage|the|disk", "storage quota|limit|allocation|space", "hit * quota", "dd|reached * quota", "message * would exceed * quota", "recipient|user|the mailbox|storage|over quota|limit|is|quota",
		"boîte|boite pleine|est|a pleine|plein|pleine|atteint", "quota|quota dépassé|depasse|depassé|dépasse", "espace insuffisant", "postfach * voll|überfüllt", "speicherplatz|kontingent * überschritten|erschöpft|voll", "buzón|buzon|cuenta * lleno|llena|llen~", "cuota|espacio * excedid~|superad~|agotad~", "caixa * cheia|lotada", "cota|quota * excedid~|ultrapassad~", "casella * piena", "postvak * vol", "skrzynka * pełna|przepełniona", "ящик * переполнен", "переполнен", "квота * превышена", "posteingang * voll", "full mail box", "mailbox quota",
	},
	TooBig: {
		"message|mail|email|size|letter too|is|was large|big|too|long large|big|long", "message|mail|email|attachment|body|it|which is|was|are|too too|large large|big|long", "message|mail|email|attachment too large|big|long", "message|mail|email * is|are too large|big|long", "exceeds|exceeded|exceed|larger|above|over|bigger|greater * maximum|max|fixed|size|allowed|administrative|permitted|length message|mail|size|limit|length|than", "message|mail|email|maximum size|length|body|header exceeds|limit|exceeded|too|is", "size of message|mail|your exceeds", "exceeded|exceeds|exceed message|maximum|mail|size|limit size|length|message|limit|mail", "message|mail larger|bigger than", "max|maximum message|size|mail size|length|exceeded exceeded|exceed", "message|mail size exceeds|exceeded", "message|mail file too big|large",
		"message|mail|nachricht|email * zu groß|gross", "message * trop volumineux|gros|grand", "mensaje|mensagem|mensajes * demasiado|muito grande", "messaggio * troppo grande", "bericht * te groot", "размер|слишком * превышает|большое|большой", "line too long",
	},
	Suspended: {

		"account|mailbox|user|recipient|inbox|customer|maildrop disabled|suspended|inactive|locked|deactivated|frozen|expired|discontinued|unactive|inactivated|dormant", "account|mailbox|user|recipient|address|inbox|customer|it|adress|domain is|was|has|are|not|been disabled|suspended|inactive|locked|deactivated|frozen|expired|discontinued|active|activated|been|enabled|dormant", "account|mailbox|user|recipient|address|inbox|customer|it is|was|has|are|been temporarily|currently|not|been|now disabled|suspended|inactive|locked|deactivated|frozen|expired|discontinued|active|activated|enabled",
		"account|mailbox|user|address|recipient * is|was|been|has|temporarily|currently disabled|suspended|inactive|locked|deactivated|frozen|expired|discontinued|inactivated|dormant", "disabled|suspended|inactive|deactivated|locked|inactivated|expired account|mailbox|user|address|recipient", "mailbox currently suspended|disabled|locked", "not an active address|user|account|mailbox", "inactivity", "mail receiving disabled", "mailbox|account|user|recipient temporarily disabled|suspended|locked|unavailable", "temporary|temporarily locked|disabled", "account|mailbox|user|recipient * suspended", "user|account|mailbox|email * disabled|suspended|inactive|deactivated", "account|mailbox|rejected on hold", "account|user * past due", "mailbox is inactive|frozen",
		"compte * désactivé|desactivé|suspendu|bloqué|inactif", "konto|postfach|empfänger * deaktiviert|gesperrt|inaktiv|stillgelegt", "cuenta|buzón * desactivad~|suspendid~|bloquead~|inhabilitad~", "conta * desativad~|suspens~|bloquead~", "casella|account * disabilitat~|sospes~|disattivat~", "ящик|пользователь|аккаунт|почтовый * заблокирован|отключен", "konto * zablokowane|zawieszone",
	},
	Moved: {

		"recipient|user|address|mailbox has|is|was moved|changed|relocated", "he|she|i|we has|have moved to", "has moved to", "has moved please", "user|address|recipient|mailbox moved|relocated", "new address is", "new email address", "address has changed", "has been replaced by", "please use * instead", "user not local please try", "adresse * geändert", "adresse * changé|changée", "neue adresse", "nouvelle adresse", "nueva dirección|direccion", "novo endereço", "moved to * please",
	},
	Auth: {

		"spf|dkim|dmarc|senderid|domainkeys fail~|check|checks|validation|verification|softfail|neutral|none|permerror|evaluation|error|record|records|policy|policies|test|unaligned|authentication", "fail~|failed|violates|violated|violate|pass|passed|unaligned|passes|by|with * spf|dkim|dmarc|dmarcs", "spf|dkim|dmarc * fail~|pass|reject~|not|quarantine|failed", "fails to pass authentication", "unauthenticated email|mail|message|messages|sender", "sender policy framework", "email|sender|message|senders authentication failed|failure|required|checks|fail|check", "authentication checks|results failed|fail", "authentication information", "mismatches client ip", "not pass * authentication|dkim|spf|dmarc", "authentication|unauthenticated sender|senders|domain",
		"reverse dns|lookup|record|hostname|records|resolution|mapping|entry|address|host|ptr|ip", "rdns", "ptr record|records|check|lookup|entry|dns|resource", "no|missing|valid|without|matching|lack|invalid|a|the ptr", "ip name lookup failed", "client host rejected cannot find", "cannot find your reverse|hostname", "cannot resolve your|the address|ip|hostname", "unable to resolve your", "fix reverse", "domain of the sender * discourages", "sender id", "spoof~", "possibly forged", "forged|forgery",
	},
	Virus: {
		"virus|viruses|malware|trojan|worm|infected|infizier~|virus~", "contains|contained|carried|has|carrying * virus|malware|worm|trojan", "viruses|malicious|infected detected|found|file|content|attachment",
	},
	Spam: {
		"spam|uce|junk|bulk|ube|spammy|phishing", "spam~ message|mail|content|detected|email|score", "looks|look|considered|appears|classified|identified|detected|rated|marked|flagged|suspected * spam|unsolicited|bulk|junk|uce|phishing", "unsolicited", "content rejected|filter|refused|denied|blocked", "message|mail content rejected|refused", "identified|classified|recognized as|by spam~|spamassassin", "blocked|rejected|denied by|as content|spam|spamassassin|spamfilter|antispam|anti", "spamassassin", "message|mail looks|appears like|to", "high probability of spam", "scored|score as|too|above|of", "classified|rejected as|by non|phishing", "blacklisted|black|disallowed|suspicious|listed url|content|link|links|urls", "content * inappropriate|objectionable", "suspicious|malformed|phishing content|message|mail", "spamcop",
	},
	Rate: {
		"too many|much recipients|connections|messages|mails|emails|sessions|concurrent|errors|mail|simultaneous|invalid|connection|smtp|requests|failed|bad|unknown|times|users|message", "rate limit~|limited|control|exceeded|has|of", "ratelimit~", "throttl~", "exceeded|exceeds|exceed|reached|over|hit * rate|limit|daily|hourly|sending|number|connection|connections|allowable|maximum of|limit|rate|messages|quota|number|for|per", "exceeded|reached|over|hit|max|maximum the|your|its|a|max|daily|hourly|number daily|hourly|limit|maximum|sending|number|of|recipients limit|quota|for|of|recipients", "slow down", "frequency limited", "trop de connexions", "zu viele verbindungen", "demasiadas conexiones", "troppe connessioni", "connection|connections|message|messages|recipient|daily|hourly|sending limit|limits|frequency|quota exceeded|reached|limited|has|from", "greylist~|graylist~|greylisted", "grey|gray listed|list|listing", "try again|later in|some too", "more than * per hour|minute|day|session", "receiving mail at a|too rate|quickly", "too fast|frequent~|quickly", "unusual rate|rate of", "max number of",
	},
	Blocked: {

		"blacklist~|blocklist~|blackholed|denylist~|rbl|dnsbl|spamhaus|barracudacentral|sorbs|pbl|sbl|xbl|rbldns|badlist", "block|black|deny list|listed|hole|lists", "ip|ips|subnet|server|network|range * blocked|banned|listed|denied|blacklisted|refused|prohibited", "your|sending|client ip|ips|host|server|mta|network|address * blocked|banned|listed|denied|rejected|refused|not", "client host|address|ip|server rejected|blocked|denied|refused|not", "host|server|ip rejected|blocked|banned|denied|refused",
		"blocked|banned|listed|refused|denied|rejected by|in|on|from|using|for|due * ip|rbl|dnsbl|list|lists|network|reputation|host|abuse|your", "connection|connections refused|rejected|dropped|denied|blocked|not from|by|due|accepted|policy|for|because", "connection|session rejected|denied|blocked|dropped", "access from ip|your", "reputation", "dynamic|residential|dialup|generic ip|address|host|addresses|hosts|pool|range|block|ips|ip", "no access from", "not allowed|permitted|authorized|welcome to connect|send", "helo|ehlo * rejected|invalid|bad|match|not|must|does", "invalid|bad helo|ehlo|hello", "spam source|sources|host|hosts", "open relay|proxy|relays", "poor|bad|low score|reputation", "messages|mail|email from * blocked|not|refused|rejected|denied|werent|arent|temporarily|deferred", "temporarily|permanently deferred|blocked", "go away", "banned sending", "s3150|s3140|s3114|sc|dy|cdrbl|ptr", "you are not allowed|welcome|permitted", "your * been blocked|banned|blacklisted|listed", "blocked|banned ip|by|from|for|due|because|list|using", "access denied * ip|from|host|list", "sender rejected|blocked aup|refer|ip", "part of their network is on", "unresolvable|invalid * helo|hostname", "service refused|denied", "too many * spam|unwanted|bad",
	},
	Relaying: {

		"relay|relaying denied|not|is|access|prohibited|operation|rejected|disallowed|disabled|refused|verboten|interdit|denegado|attempt", "not|no|cannot|cant|dont|unable|wont|refuse|never|permitted|to|do|allowed relay|relaying", "insecure mail relay", "mail server requires authentication", "authentication|auth is required", "smtp authentication|auth required|is", "must be authenticated", "turn on smtp authentication", "must authenticate", "must login", "not an open relay", "rcpthosts", "unauthorized|unauthorised relay|relaying", "not a gateway", "we do not relay", "we dont relay", "not hosted here", "domain|host isn|isnt|not t|in|handled|hosted|served|local allowed|my|rcpthosts|here|by", "not permitted to relay", "recipient not * rcpthosts", "is not my responsibility",
	},
	Filtered: {

		"due to|the recipient|recipients|user|users|personal preferences|settings|rules|filter|blocking|filtering", "because of * recipients|users filter|rules|preferences", "user|recipient|users|recipients|mailbox rules|rule|filter|filters|preferences|preference", "recipient|user|customer|addressee|owner refused|refuses|declined|only|restricted|elected|does|has|rejects|filters", "recipient|user|addressee does not accept|want|wish", "recipient|user has refused|blocked|elected|declined|chosen", "only|specifically accepting|accepts|accept mail|messages|email|e|from", "blocked|rejected|refused|bounced|denied|filtered by * user|recipient|recipients|addressee|owner|mailbox|customer", "bounced address", "message filtered", "recipient|recipients was|were|has rejected|refused by", "extended inactivity", "has restricted", "notauthorized", "not authorized|authorised|permitted|allowed to send * recipient|group|list|to|address", "restricted|moderated|private|closed group|list|recipient", "members|subscribers only", "you are not a member", "you * are not member", "not subscribed", "protected by", "challenge response", "whitelist~", "you have been blocked by", "user|recipient reject~", "permission to send * recipient|group|to", "youre|you|sender not allowed|permitted|authorized to|post * group|list|recipient|to", "dont have permission|permissions", "not have permission|permissions", "quarantine~", "recipient id refuse", "refuse to receive", "user * rejected * mail|message", "do not want|wish|like * mail|message|receive",
	},
	NotAccept: {

		"domain|host|hostname|machine|server|system|we|name does|do|will not|never accept|receive|take|support|handle any|mail|email|smtp|e|incoming|inbound|messages", "domain|host|server|system|name|machine doesnt|dont|doesn|don accept|receive|take|t", "null|nullmx mx", "nullmx", "host|server|system|machine|service not accepting|accept mail|messages|email|network|connections", "not accepting network messages", "no mail|email accepted|service|allowed", "smtp|mail|email service|protocol|server disabled|is|returned|not down|returned|disabled|available|a|allowed|permanent", "smtp|mail|email service|protocol disabled", "smtp protocol returned a permanent error", "domain|host|server|address is|was not configured|set|enabled|accepting to|up|for|mail|email accept|receive|mail|handle|email", "mx record|records|host points|point|pointing to|at|locally localhost|loopback", "does not accept|receive mail|email|e", "is not accepting|receiving mail|email|messages", "doesnt accept mail|email", "not equipped", "this domain is not", "no smtp service|server", "name server * not accept",
	},
	Sender: {

		"domain of sender address", "sender|originator|envelope|from|return|reply|mail address|domain|path|verify|verification|callback|callout|from rejected|invalid|not|unknown|denied|failed|refused|does|must|error|unverified|is|doesnt|couldnt|could|mismatch", "sender rejected|denied|refused|unknown|invalid|unverified|verify|verification", "sender|senders is|was|not|email|domain|address|name|addresses not|invalid|rejected|denied|blocked|unknown|refused|is|does|doesnt|must|resolve allowed|valid|rejected|accepted|blocked|verified|exist|found|match|not|authorized|resolve|have|t", "invalid|bad|unknown|unverified|illegal|rejected|disallowed|unroutable|unrouteable|unresolvable|fake sender|from|envelope|return|senders|originator|reply address|path|domain|header|for|sender|email|in", "invalid|bad|unknown|unverified|unresolvable|fake sender|senders", "could|can not verify|be|validate sender|verified", "couldnt|cannot|unable verify|to sender|verify|complete sender|the|sender", "unable to verify sender|the|return|senders", "sender verify|verification failed|callback", "null|empty sender|return|envelope", "from address|domain|header not|is|does|invalid|missing|must", "domain|host of sender|the sender|senders", "sender address|domain rejected", "user unknown sender", "address not verified", "address is not verified", "send mail as",
	},
	Content: {

		"attachment|attachments|file|extension|filetype|filename|attached not|blocked|rejected|type|types|removed|prohibited|forbidden|refused|extension|extensions|with|name", "attachment|attachments|file|filename|extension is|are|was not|blocked|prohibited|forbidden|banned|disallowed", "unacceptable|banned|prohibited|forbidden|illegal|blocked|dangerous|disallowed|executable|potentially attachment|attachments|file|files|content|extension|filename|filetype|mime|executable|executables", "not|non|violates|violate|violation|comply|conform|compliant|with|in|of * rfc5322|rfc2822|rfc822|5322|2822|822|5321|rfc5321", "not rfc|compliant", "rfc 5322|2822|822|5321", "rfc5322|rfc2822|rfc822", "bare lf|cr|newline|line|linefeed|linefeeds", "malformed|missing|invalid|duplicate|multiple|illegal|improper mime|header|headers|date|message|subject|content|line", "message|mail|content|header|headers|mime conversion|headers|header|parse|format|structure failed|not|error|invalid|malformed|problem", "message * malformed|unparseable", "header|headers|body * malformed|invalid|not|too", "conversion required|failed|prohibited|not|error|to", "8bit mime|data", "8bitmime", "smtputf8", "eai", "internationalized|internationalised address|email|mail", "duplicate header|headers", "because its content", "header error", "multiple addresses in", "banned content", "single * header",
	},
	Policy: {

		"protocol violation", "policy violation|violations|reasons|reason|restriction|restrictions|rejection|reject|prohibits|refusal", "policies", "rejected|denied|refused|blocked|violates|violation|due|against|because|under|violated|for|disallowed|by|per|with|of|to|on * policy|policies", "security policy|policies|reasons|restriction|restrictions|violation", "administrative prohibition|policy|reasons|lock|rejection", "administratively prohibited|denied|blocked|rejected|restricted", "tls|starttls|encryption|ssl|encrypted required|is|needed|must|handshake|negotiation|not|first|failed|certificate|session|connection", "must issue|use * starttls|tls|encryption", "authentication mechanism|failure|credentials|unsuccessful", "rejected|refused|denied|blocked|prohibited|disallowed|banned by|on|for * administrator|administrators|admin|policy|site|organization|rule|rules", "administrator|administrators|admin|management has|prohibited|blocked|denied|rejected|restricted|does", "site|local|company|corporate|organization|email|mail policy", "rule|rules rejected|violation|blocked|denied|reject", "compliance", "insufficient security", "transport rule|rules", "etr~",
	},
	Network: {

		"connection|connect|session|link|socket|transport refused|reset|lost|closed|dropped|aborted|terminated|broken|died|unexpectedly|error|failed|failure|problem|problems", "connection|conversation|connect to|with|was|could|from * refused|reset|lost|closed|dropped|failed|failure|error|aborted|terminated|unreachable", "lost connection|input", "did not accept our requests|connection|connections", "network|host|server|route|destination|service|site|hosts is|are|was|temporarily unreachable|down|offline|unavailable", "network|host|destination|server|remote unreachable|error|problem|down|failure", "unreachable", "no route to|found", "could|can not connect|reach|contact|establish", "couldnt|cannot|cant|unable|failed|impossible|unsuccessful to|connect|reach|contact|establish|connecting connect|reach|contact|establish|to|the|remote|communicate|a|with", "unable|failed to connect|contact|reach|open|establish", "loop|looping|loops|loopback detected|message|back|mailloop|count", "mail|message|routing|forwarding|mailer|email|delivery loop|loops|looping|bounces", "mailloop", "too many hops|mx|received|forwarding|transfers", "maximum|max|excessive|exceeded hop|hops", "hop count|limit", "loops back to", "config error mail loops", "dns server|lookup|error|timeout|failure|query|resolver|loop|temporary|soft|resolution", "name server|service|lookup timeout|error|failure|reply|is|not|loop|lookup", "malformed or unexpected name server reply", "host name lookup failure", "name server loop", "servfail", "temporary|transient dns|lookup|name|network|resolution", "bad connection|route", "broken pipe", "network error", "delivery temporarily suspended", "remote protocol error", "smtp|tls|ssl connection|protocol|session error|failed|failure|closed", "no such|answer mx|from|response", "did not|didnt respond|answer", "not respond~", "host or network", "routing error", "mx records * loop|back",
	},
	Expired: {

		"timed out", "timeout", "time out", "message|mail|envelope|delivery|queue|email|retry|retries|it expired", "message|mail|envelope|delivery * expired", "delivery time expired", "retry time|timeout|period|limit not|exceeded|expired|reached|elapsed", "retry timeout exceeded", "queue|delivery|message time|timeout|lifetime|period exceeded|expired|limit|elapsed|out", "been in the queue|spool", "in queue too|for|longer", "queue too long", "could|can not|be deliver~|sent|be|transmit~|reach~ * within|for|after * days|hours|minutes|seconds|day|hour", "cannot|couldnt|unable|undeliver~|undelivered|havent|not * within|for|after * days|hours|day|hour|attempts|tries|minutes", "giving|given|give up", "no further|more attempts|delivery|retries|tries", "not going to try again", "will not be retried|tried|resent", "delivery|has been|is delayed|attempted", "message|mail|delivery|still|is|been delayed", "still being retried|delivered|in", "too old|long in|on|queued", "retries exceeded|exhausted", "maximum|max|number retries|retry|delivery|of|number * exceeded|reached|retries|attempts|tries", "aborted after * hour|hours|days|day", "not delivered|sent within|in|for|after|since", "have been failing", "delivery|deliver failed|failure|tried|attempt|attempts * attempts|times|tries|days|hours", "failed|tried|after * attempts|times|tries|retries", "attempts failed|exceeded|exhausted", "try again|later later * queue", "deferred", "undelivered for", "zeitüberschreitung", "délai dépassé|expiré|de", "zustellversuch~", "tentatives", "tiempo|tempo|temps * agotado|expirou|esgotado|expiré|dépassé|scaduto|excedido|agotado",
	},
	System: {
		"system|server|internal|local|mailer|mailbox|configuration|software|service|fatal|unexpected|unknown|operating|file|mailer|os|io|delivery|database|processing|program error|failure|problem|config|configuration|fault|errors|exception|malfunction|agent|in|misconfigur~|is|currently error|failure|problem|processing|unavailable|overload~|misconfigured|busy", "system|server|internal|local|configuration|fatal|unexpected|operating|io|database|processing error|failure|problem|errors|fault|exception", "cannot|cant|unable|could|failed|couldnt open|create|write|not|append|exec|lock|chdir|read|execute|start|to|save|fork * file|mailbox|message|temporary|database|output|directory|maildir|lock|files|program", "permission|permissions denied|problem|error", "server|service|system|mta|host is|temporarily|too|currently|not unavailable|overload~|down|busy|out|shutting|unavailable", "mail|config|aliasing|alias system|configuration|error|deferred|loop|problem|database config|configuration|problem|error|full", "out|insufficient|lack|not|no system|of|memory|enough|resources memory|resources|space|storage|available", "i o error", "local configuration", "temporary|transient server|local|system|internal|error|failure|mailbox|problem|resource error|failure|problem|resources|delivery|in", "requested action aborted", "command|unix|mail|program|pipe|child|mailer|process|delivery command|program|agent|exited|returned|died|failed|terminated|process|crashed|failure * exit|error|signal|failed|status|code|with|abnormally|non|nonzero|died", "transport returned|generated|output", "command|program|pipe|mailer|process|child died|exited|failed|returned|output|terminated", "exit|exited status|code|with|signal|value", "error writing|reading|opening|in|from|on|during|while|code file|message|mailbox|to|log|processing|from|on", "disk|file|filesystem|system|device|spool|quota error|system|full|is|out|has|device|file full|error|out|read|only", "procmail|maildrop|deliver|vacation failed|error|returned|couldnt|exited", "service unavailable|not", "resources temporarily|unavailable", "this is a * error", "unable to create|write|open|save",
	},
}

// weak are wordings that mean so only where nothing else does, neither in words nor by a status: servers say them for many reasons.
var weak = map[Reason][]string{
	UserUnknown: {
		"mailbox|user|recipient|address|account unavailable", "mailbox|user|recipient|address|account not|is available|unavailable", "address|recipient|recipients rejected|error|invalid|unrecognized|unrecognised|refused", "recipient|address * rejected", "mailbox name not allowed", "not listed", "isnt listed", "not match", "no mailbox", "unable to deliver to", "not a registered", "relay access",
	},
	Blocked:   {"access|connection|transaction denied|rejected|refused|blocked", "blocked", "banned"},
	Spam:      {"content rejected|refused"},
	Policy:    {"message|mail|email|delivery|transaction|it|messages * rejected|refused|denied|prohibited|declined", "not authorized|authorised|permitted|allowed|accepted", "rejected|refused|denied|prohibited|forbidden"},
	Suspended: {"no longer|not receiving|active|accepting|being"},
	System:    {"failed|failure|error", "temporarily|temporary unavailable|failure", "try again|later later", "service unavailable"},
}

// scripts are the wordings of languages that do not part words by spaces. They are looked for as they stand.
var scripts = map[Reason][]string{
	UserUnknown: {"存在しない", "見つかりません", "不存在", "用户不存在", "收件人不存在", "存在しません", "宛先不明", "사용자를 찾을 수 없", "존재하지 않", "ไม่พบ", "查無此", "无此用户", "아이디가 존재하지"},
	HostUnknown: {"ドメインが見つかりません", "域名不存在", "域名无法解析"},
	MailboxFull: {"一杯", "いっぱい", "容量を超え", "已满", "已滿", "空间不足", "超出配额", "容量不足", "용량이 초과", "가득"},
	TooBig:      {"サイズが大き", "邮件过大", "太大", "サイズ制限", "크기가 초과"},
	Suspended:   {"停止されて", "停用", "冻结", "被禁用", "휴면"},
	Spam:        {"垃圾邮件", "迷惑メール", "スパム", "스팸"},
	Filtered:    {"受信拒否", "拒收", "受信を拒否", "수신거부"},
	Policy:      {"拒绝", "拒否"},
	Rate:        {"频率", "过多", "頻繁"},
	Network:     {"连接超时", "接続できません", "タイムアウト", "连接失败"},
}

// A phrasebook finds phrases by their first word.
type phrasebook struct {
	words  map[string][]phrase
	prefix map[string][]phrase // of first words that may end in any way, by their first three letters
}

type phrase struct {
	words  [][]string
	reason Reason
}

var phrases = sync.OnceValue(func() *phrasebook { return newPhrasebook(meanings) })

var weakPhrases = sync.OnceValue(func() *phrasebook { return newPhrasebook(weak) })

func newPhrasebook(table map[Reason][]string) *phrasebook {
	b := &phrasebook{words: map[string][]phrase{}, prefix: map[string][]phrase{}}
	for reason, list := range table {
		for _, s := range list {
			p := phrase{reason: reason}
			for _, w := range strings.Fields(s) {
				p.words = append(p.words, strings.Split(w, "|"))
			}
			for _, w := range p.words[0] {
				if stem, ok := strings.CutSuffix(w, "~"); ok {
					key := cut(stem, 3)
					b.prefix[key] = append(b.prefix[key], phrase{append([][]string{{w}}, p.words[1:]...), reason})
					continue
				}
				b.words[w] = append(b.words[w], p)
			}
		}
	}
	return b
}

// find says which reasons the words give. Each word is looked up once and compared with the phrases that begin with it, so the time is
// linear in the number of words.
func (b *phrasebook) find(words []string) map[Reason]bool {
	found := map[Reason]bool{}
	for i, w := range words {
		for _, p := range b.words[w] {
			if !found[p.reason] && matches(p.words[1:], words[i+1:]) {
				found[p.reason] = true
			}
		}
		if len(w) >= 3 {
			for _, p := range b.prefix[cut(w, 3)] {
				if !found[p.reason] && matches(p.words, words[i:]) {
					found[p.reason] = true
				}
			}
		}
	}
	return found
}

// first is the first reason in order that the words give, or "".
func (b *phrasebook) first(words []string) Reason {
	found := b.find(words)
	for _, r := range order {
		if found[r] {
			return r
		}
	}
	return ""
}

// inScript is first for languages that do not part words.
func inScript(text string) Reason {
	if !slices.ContainsFunc([]byte(text), func(c byte) bool { return c >= 0x80 }) {
		return ""
	}
	for _, r := range order {
		for _, s := range scripts[r] {
			if strings.Contains(text, s) {
				return r
			}
		}
	}
	return ""
}

// gap is how many words a "*" stands for at most.
const gap = 6

// matches says whether words begin with a pattern.
func matches(pattern [][]string, words []string) bool {
	for len(pattern) > 0 {
		if len(pattern[0]) == 1 && pattern[0][0] == "*" {
			for skip := 0; skip <= gap && skip <= len(words); skip++ {
				if matches(pattern[1:], words[skip:]) {
					return true
				}
			}
			return false
		}
		if len(words) == 0 || !isOne(pattern[0], words[0]) {
			return false
		}
		pattern, words = pattern[1:], words[1:]
	}
	return true
}

func isOne(alternatives []string, word string) bool {
	for _, a := range alternatives {
		if a == word {
			return true
		}
		if stem, ok := strings.CutSuffix(a, "~"); ok && strings.HasPrefix(word, stem) {
			return true
		}
	}
	return false
}

// normalWords are the words of a text in lower case, letters and digits alone; apostrophes are dropped, addresses, host names and numbers
// of hosts left out. An address that is rejected is the word "address".
func normalWords(text string) []string {
	var out []string
	addressed := false // an address came right before
	for _, field := range strings.Fields(strings.ToLower(text)) {
		if containsAny(field, "spamhaus", "barracudacentral", "dnsbl", "spamcop", "sorbs.net") {
			out = append(out, "blacklisted")
		}
		if strings.HasPrefix(field, "rejected") && addressed {
			out = append(out, "address")
		}
		addressed = strings.Contains(field, "@")
		if len(field) > 256 || addressed && len(field) > 1 || strings.HasPrefix(field, "http") {
			continue
		}
		if isHostName(field) {
			continue
		}
		if strings.ContainsAny(field, "'’´`") {
			field = strings.NewReplacer("'", "", "’", "", "´", "", "`", "").Replace(field)
		}
		out = append(out, strings.FieldsFunc(field, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })...)
	}
	return out
}

// isHostName says whether a word is dotted inside, as names and numbers of hosts are.
func isHostName(field string) bool {
	field = strings.Trim(field, "<>()[]{}\"',;:.!?")
	dots := strings.Count(field, ".")
	if dots == 0 || strings.Contains(field, "..") {
		return false
	}
	for _, r := range field {
		if r != '.' && r != '-' && r != '_' && r != ':' && r != '/' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return false
		}
	}
	last := field[strings.LastIndexByte(field, '.')+1:]
	return len(last) >= 2 && len(last) <= 6 || len(last) == 1 && isDigit(last[0]) && dots > 1
}
