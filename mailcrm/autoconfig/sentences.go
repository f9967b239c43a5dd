package autoconfig

type sentence struct{ en, fr string }

// sentences is what this package says to people. A test checks that every source, outcome and help has its sentences in both languages.
var sentences = map[string]sentence{
	"date": {"2 January 2006", "02/01/2006"},

	// Steps.
	"source.table":        {"Known providers", "Fournisseurs connus"},
	"source.autoconfig":   {"The domain's configuration page", "Page de configuration du domaine"},
	"source.well-known":   {"The domain's web site", "Site web du domaine"},
	"source.srv":          {"The domain's DNS", "DNS du domaine"},
	"source.table-mx":     {"Who receives the domain's mail", "Qui reçoit le courrier du domaine"},
	"source.ispdb":        {"Mozilla's list of providers", "Liste de fournisseurs de Mozilla"},
	"source.ispdb-mx":     {"Mozilla's list, by who receives the mail", "Liste de Mozilla, d'après qui reçoit le courrier"},
	"source.autodiscover": {"Exchange (autodiscover)", "Exchange (autodiscover)"},
	"source.guess":        {"Usual server names", "Noms de serveurs habituels"},

	"outcome.running":     {"Asking …", "Recherche …"},
	"outcome.found":       {"Servers found.", "Serveurs trouvés."},
	"outcome.nothing":     {"Nothing known there.", "Rien de connu ici."},
	"outcome.not_offered": {"The domain says that it does not offer this.", "Le domaine indique qu'il ne propose pas ce service."},
	"outcome.own_server":  {"The domain receives its mail itself.", "Le domaine reçoit lui-même son courrier."},
	"outcome.insecure":    {"Only servers without encryption were named; they are not used.", "Seuls des serveurs sans chiffrement sont indiqués ; ils ne sont pas utilisés."},
	"outcome.bad_answer":  {"The answer cannot be used.", "La réponse est inutilisable."},
	"outcome.certificate": {"Its certificate is not valid, so it was not believed.", "Son certificat n'est pas valable : la réponse n'a pas été prise en compte."},
	"outcome.refused":     {"It may not be contacted from here.", "Il n'est pas permis de le contacter d'ici."},
	"outcome.unreachable": {"No answer.", "Pas de réponse."},
	"outcome.needs_login": {"It answers to a password only; none was sent.", "Il ne répond qu'avec un mot de passe ; aucun n'a été envoyé."},
	"outcome.timeout":     {"No answer in time.", "Pas de réponse à temps."},
	"outcome.skipped":     {"Not needed.", "Inutile."},
	"dropped":             {"Servers without encryption were left out.", "Des serveurs sans chiffrement ont été écartés."},

	// Evidence, first source.
	"evidence.table":        {"{domain} belongs to {provider}.", "{domain} appartient à {provider}."},
	"evidence.autoconfig":   {"{domain} says so itself, at {target}.", "{domain} l'indique lui-même, sur {target}."},
	"evidence.well-known":   {"{domain} says so itself, at {target}.", "{domain} l'indique lui-même, sur {target}."},
	"evidence.srv":          {"The DNS of {domain} says so ({target}); DNS answers can be forged.", "Le DNS de {domain} l'indique ({target}) ; une réponse DNS peut être falsifiée."},
	"evidence.table-mx":     {"The mail of {domain} is received by {target}, which belongs to {provider}.", "Le courrier de {domain} est reçu par {target}, qui appartient à {provider}."},
	"evidence.ispdb":        {"Mozilla's list of providers knows {domain}.", "La liste de fournisseurs de Mozilla connaît {domain}."},
	"evidence.ispdb-mx":     {"Mozilla's list of providers knows who receives the mail of {domain}: {target}.", "La liste de fournisseurs de Mozilla connaît qui reçoit le courrier de {domain} : {target}."},
	"evidence.autodiscover": {"An Exchange service of {domain} says so: {target}.", "Un service Exchange de {domain} l'indique : {target}."},
	"evidence.guess":        {"Nobody said so; a server with a usual name and a valid certificate answered: {target}.", "Personne ne l'indique ; un serveur au nom habituel et au certificat valable a répondu : {target}."},

	// Evidence, further sources.
	"also.table":        {"Our list of providers says the same.", "Notre liste de fournisseurs dit de même."},
	"also.autoconfig":   {"The domain's configuration page says the same.", "La page de configuration du domaine dit de même."},
	"also.well-known":   {"The domain's web site says the same.", "Le site web du domaine dit de même."},
	"also.srv":          {"The domain's DNS says the same.", "Le DNS du domaine dit de même."},
	"also.table-mx":     {"That fits who receives the domain's mail.", "Cela correspond à qui reçoit le courrier du domaine."},
	"also.ispdb":        {"Mozilla's list of providers says the same.", "La liste de fournisseurs de Mozilla dit de même."},
	"also.ispdb-mx":     {"Mozilla's list of providers says the same.", "La liste de fournisseurs de Mozilla dit de même."},
	"also.autodiscover": {"Exchange's service says the same.", "Le service Exchange dit de même."},
	"also.guess":        {"A server answers there.", "Un serveur y répond."},

	"checked": {"Last checked on {date}.", "Vérifié pour la dernière fois le {date}."},
	"no_smtp": {"No server for sending was named: fill it in.", "Aucun serveur d'envoi n'est indiqué : complétez."},
	"outside": {"Outside of {domain}: {hosts}. That is usual when a provider runs the mail.", "Hors de {domain} : {hosts}. C'est courant quand un fournisseur gère le courrier."},
	"confirm": {"Use it only if you know these names: your password will go there.", "N'acceptez que si vous connaissez ces noms : votre mot de passe y sera envoyé."},

	// Help.
	"help.google": {
		"Sign in with Google; no password is kept here.",
		"Connectez-vous avec Google ; aucun mot de passe n'est conservé ici.",
	},
	"help.microsoft": {
		"Sign in with Microsoft; a password is not accepted for mail programs any more.",
		"Connectez-vous avec Microsoft ; un mot de passe n'est plus accepté pour les logiciels de messagerie.",
	},
	"help.microsoft_smtp": {
		"If sending is refused, the organisation has switched SMTP off: ask its administrator to allow authenticated SMTP for this mailbox.",
		"Si l'envoi est refusé, l'organisation a désactivé SMTP : demandez à son administrateur d'autoriser le SMTP authentifié pour cette boîte.",
	},
	"help.app_password": {
		"The usual password is often refused here: make a password for this program (app password) in your provider's security settings, and use it.",
		"Le mot de passe habituel est souvent refusé ici : créez un mot de passe d'application dans les paramètres de sécurité de votre fournisseur, et utilisez-le.",
	},
	"help.auth_code": {
		"The usual password is refused: make an authorisation code in the settings of the web mail, and use it as the password.",
		"Le mot de passe habituel est refusé : créez un code d'autorisation dans les paramètres de la messagerie web, et utilisez-le comme mot de passe.",
	},
	"help.mail_key": {
		"The usual password is refused: make a secure mail key in your profile, and use it as the password.",
		"Le mot de passe habituel est refusé : créez une clé de messagerie (secure mail key) dans votre profil, et utilisez-la comme mot de passe.",
	},
	"help.mail_password": {
		"The mailbox has a password of its own for mail programs, apart from the one of the customer centre: set it there first.",
		"La boîte a un mot de passe propre aux logiciels de messagerie, distinct de celui de l'espace client : définissez-le d'abord.",
	},
	"help.enable_imap": {
		"Access by IMAP is off at first: switch it on in the settings of your web mail.",
		"L'accès IMAP est désactivé au départ : activez-le dans les paramètres de votre messagerie web.",
	},
	"help.allow_programs": {
		"If the right password is refused, allow mail programs in the settings of your web mail.",
		"Si le bon mot de passe est refusé, autorisez les logiciels de messagerie dans les paramètres de votre messagerie web.",
	},
	"help.premium": {
		"The provider may offer access by IMAP to paying customers only.",
		"Le fournisseur peut réserver l'accès IMAP aux clients payants.",
	},
	"help.apple_login": {
		"The login is your iCloud address (…@icloud.com), not the address of your own domain.",
		"L'identifiant est votre adresse iCloud (…@icloud.com), et non l'adresse de votre propre domaine.",
	},
	"help.ovh": {
		"E-mail Pro and Exchange have servers of their own (pro1.mail.ovh.net, ex5.mail.ovh.net …): if the password is refused, read the name in your OVHcloud control panel.",
		"E-mail Pro et Exchange ont leurs propres serveurs (pro1.mail.ovh.net, ex5.mail.ovh.net …) : si le mot de passe est refusé, lisez le nom dans votre espace client OVHcloud.",
	},
	"help.bridge": {
		"This mailbox is encrypted and can be read only through Proton Mail Bridge, a program on your own computer, which cannot be reached from here.",
		"Cette boîte est chiffrée et ne se lit qu'à travers Proton Mail Bridge, un logiciel sur votre propre ordinateur, que l'on ne peut pas joindre d'ici.",
	},
	"help.no_imap": {
		"This provider offers no IMAP: no other program can read the mailbox. Forward the mail to another address, and add that one.",
		"Ce fournisseur ne propose pas IMAP : aucun autre logiciel ne peut lire la boîte. Transférez le courrier vers une autre adresse, et ajoutez celle-ci.",
	},
}
