package mailcrm

import (
	"fmt"
	"strings"
)

// Sentence is what to tell a person about a code of this package's errors, account states and problems, in the language of locale (French or English;
// others get English): what happened, and what to do. An unknown code gets a general sentence, the empty code none.
func Sentence(code, locale string) string {
	if code == "" {
		return ""
	}
	if s, ok := lookup(code, locale); ok {
		return s
	}
	s, _ := lookup("unknown", locale)
	return s
}

func say(locale, key string, args ...any) string {
	s, ok := lookup(key, locale)
	if !ok {
		return key
	}
	return fmt.Sprintf(s, args...)
}

func lookup(code, locale string) (string, bool) {
	s, ok := sentences[code]
	lang, _, _ := strings.Cut(strings.ReplaceAll(locale, "_", "-"), "-")
	if strings.EqualFold(lang, "fr") {
		return frenchSpaces.Replace(s.fr), ok
	}
	return s.en, ok
}

// frenchSpaces are those that French has before some signs, at which a line must not break. The catalogue is written with plain ones, so that they can be
// seen.
var frenchSpaces = strings.NewReplacer(" ;", "\u202f;", " !", "\u202f!", " ?", "\u202f?", " :", "\u00a0:")

// Codes are those that have a sentence, in no order.
func Codes() []string {
	out := make([]string, 0, len(sentences))
	for code := range sentences {
		out = append(out, code)
	}
	return out
}

type sentence struct{ en, fr string }

// sentences is the one catalogue of what mailcrm says to people.
var sentences = map[string]sentence{
	"unknown": {
		"Something went wrong. Try again; if it happens again, tell your administrator the code that is shown.",
		"Un problème est survenu. Réessayez ; s'il se reproduit, donnez à votre administrateur le code affiché.",
	},

	// Reaching a server.
	"dial.no_such_host": {
		"There is no server of this name. Check the spelling of the server's name.",
		"Aucun serveur ne porte ce nom. Vérifiez l'orthographe du nom du serveur.",
	},
	"dial.unreachable": {
		"The server cannot be reached. Check its name and port; it may also be down, or behind a firewall.",
		"Le serveur est injoignable. Vérifiez son nom et son port ; il peut aussi être arrêté, ou derrière un pare-feu.",
	},
	"dial.timeout": {
		"The server did not answer in time. Check its name and port, and try again later.",
		"Le serveur n'a pas répondu à temps. Vérifiez son nom et son port, et réessayez plus tard.",
	},
	"dial.refused_by_policy": {
		"This address may not be reached from here. If it is your own mail server, ask your administrator to allow it.",
		"Cette adresse ne peut pas être contactée d'ici. S'il s'agit de votre propre serveur, demandez à votre administrateur de l'autoriser.",
	},
	"dial.cancelled": {
		"The connection was given up before it stood, because the work was stopped. It is tried again by itself.",
		"La connexion a été abandonnée avant d'être établie, car le travail a été arrêté. Un nouvel essai aura lieu de lui-même.",
	},
	"tls.expired": {
		"The server's certificate has expired. Its operator must renew it; nothing was sent.",
		"Le certificat du serveur a expiré. Son exploitant doit le renouveler ; rien n'a été envoyé.",
	},
	"tls.name": {
		"The server's certificate is for another name. Check the server's name; nothing was sent.",
		"Le certificat du serveur est établi pour un autre nom. Vérifiez le nom du serveur ; rien n'a été envoyé.",
	},
	"tls.untrusted": {
		"The server's certificate is signed by nobody we know. If the server is yours, compare the fingerprint and confirm it; nothing was sent.",
		"Le certificat du serveur n'est signé par aucune autorité connue. Si le serveur est à vous, comparez l'empreinte et confirmez-la ; rien n'a été envoyé.",
	},
	"tls.pin_changed": {
		"The server shows another certificate than the one that was confirmed. Ask its operator whether it was renewed, then confirm the new one.",
		"Le serveur présente un autre certificat que celui qui avait été confirmé. Demandez à son exploitant s'il a été renouvelé, puis confirmez le nouveau.",
	},
	"tls.client_certificate": {
		"The server does not accept the certificate that this account shows, or wants one that the account does not have. Ask the server's operator for a valid one.",
		"Le serveur n'accepte pas le certificat présenté par ce compte, ou en exige un que le compte n'a pas. Demandez-en un valide à l'exploitant du serveur.",
	},
	"tls.handshake": {
		"The server does not speak TLS on this port. Check the port and the security setting (993 and 465: TLS, 143 and 587: STARTTLS).",
		"Le serveur ne parle pas TLS sur ce port. Vérifiez le port et la sécurité (993 et 465 : TLS, 143 et 587 : STARTTLS).",
	},

	// IMAP.
	"imap.login_refused": {
		"The server refused the login or the password. Enter them again; many providers want an app password instead of the usual one.",
		"Le serveur a refusé l'identifiant ou le mot de passe. Saisissez-les à nouveau ; beaucoup de fournisseurs exigent un mot de passe d'application.",
	},
	"imap.login_expired": {
		"The password has expired. Change it at your provider, then enter the new one here.",
		"Le mot de passe a expiré. Changez-le chez votre fournisseur, puis saisissez le nouveau ici.",
	},
	"imap.no_mechanism": {
		"The server offers no way of logging in that can be used here. Your provider may require signing in through its own page.",
		"Le serveur n'offre aucun mode de connexion utilisable ici. Votre fournisseur exige peut-être de passer par sa propre page de connexion.",
	},
	"imap.no_verifier": {
		"The server refused the login before it looked at the password. Check the user name; if it is right, switch SCRAM off in the account's settings.",
		"Le serveur a refusé la connexion avant d'examiner le mot de passe. Vérifiez l'identifiant ; s'il est juste, désactivez SCRAM dans les réglages du compte.",
	},
	"imap.unproven": {
		"The server could not prove that it knows the password, so it may not be the real one. Check the server's name, or ask its operator.",
		"Le serveur n'a pas pu prouver qu'il connaît le mot de passe : ce n'est peut-être pas le vrai. Vérifiez son nom, ou demandez à son exploitant.",
	},
	"imap.token_expired": {
		"The server no longer accepts the sign-in. If it does not go on by itself, sign in again.",
		"Le serveur n'accepte plus l'autorisation. Si cela ne reprend pas tout seul, connectez-vous à nouveau.",
	},
	"imap.no_tls": {
		"The server offers no encryption on this port, so the password was not sent. Choose TLS on port 993, or ask the server's operator.",
		"Le serveur n'offre pas de chiffrement sur ce port : le mot de passe n'a pas été envoyé. Choisissez TLS sur le port 993, ou demandez à l'exploitant du serveur.",
	},
	"imap.greeting": {
		"What answers there is not an IMAP server. Check the port (993 or 143).",
		"Ce qui répond là n'est pas un serveur IMAP. Vérifiez le port (993 ou 143).",
	},
	"imap.bye": {
		"The server ended the connection. It is tried again by itself.",
		"Le serveur a mis fin à la connexion. Un nouvel essai aura lieu de lui-même.",
	},
	"imap.unavailable": {
		"The mailbox is not available at the moment. It is tried again by itself.",
		"La boîte n'est pas disponible pour le moment. Un nouvel essai aura lieu de lui-même.",
	},
	"imap.throttled": {
		"The server asks us to wait: too many requests or connections. It is tried again by itself; closing other mail programs may help.",
		"Le serveur demande d'attendre : trop de demandes ou de connexions. Un nouvel essai aura lieu de lui-même ; fermer d'autres logiciels de messagerie peut aider.",
	},
	"imap.timeout": {
		"The server stopped answering. It is tried again by itself.",
		"Le serveur ne répond plus. Un nouvel essai aura lieu de lui-même.",
	},
	"imap.connection_lost": {
		"The connection to the server was lost. It is tried again by itself, and goes on where it stopped.",
		"La connexion au serveur a été perdue. Un nouvel essai aura lieu de lui-même et reprendra où il s'est arrêté.",
	},
	"imap.cancelled": {
		"The connection was given up because the work was stopped. It goes on by itself where it stopped.",
		"La connexion a été abandonnée, car le travail a été arrêté. Il reprendra de lui-même où il s'est arrêté.",
	},
	"imap.closed": {
		"The connection is closed. It is opened again when there is something to do.",
		"La connexion est fermée. Elle sera rouverte dès qu'il y aura quelque chose à faire.",
	},
	"imap.in_use": {
		"Another program has locked the folder. It is tried again by itself.",
		"Un autre logiciel a verrouillé le dossier. Un nouvel essai aura lieu de lui-même.",
	},
	"imap.incomplete": {
		"The server does not send all that it lists. What is missing is set aside and asked for again by itself; the rest goes on.",
		"Le serveur n'envoie pas tout ce qu'il annonce. Ce qui manque est mis de côté et sera redemandé de lui-même ; le reste continue.",
	},
	"imap.syntax": {
		"The server sent an answer that cannot be read. The mail concerned is set aside and listed; the others go on.",
		"Le serveur a envoyé une réponse illisible. Le message concerné est mis de côté et listé ; les autres continuent.",
	},
	"imap.limit": {
		"The server sent more than can be right. Tell your administrator.",
		"Le serveur a envoyé plus que de raison. Prévenez votre administrateur.",
	},
	"imap.over_quota": {
		"The mailbox is full. Delete or archive mails, then try again.",
		"La boîte est pleine. Supprimez ou archivez des messages, puis réessayez.",
	},
	"imap.server_limit": {
		"This is more than the server takes at once. Its own words are shown beside.",
		"C'est plus que le serveur n'accepte à la fois. Ses propres mots sont affichés à côté.",
	},
	"imap.no_mail": {
		"The mail is no longer where it was on the server.",
		"Le message n'est plus à sa place sur le serveur.",
	},
	"imap.no_mailbox": {
		"A folder is no longer on the server.",
		"Un dossier n'est plus sur le serveur.",
	},
	"imap.mailbox_exists": {
		"There is a folder of this name already. Choose another name.",
		"Un dossier porte déjà ce nom. Choisissez un autre nom.",
	},
	"imap.read_only": {
		"The mailbox may only be read, so nothing can be filed there.",
		"La boîte est en lecture seule : rien ne peut y être classé.",
	},
	"imap.no_permission": {
		"The account may not do this on the server. Ask the server's operator for the right.",
		"Le compte n'a pas ce droit sur le serveur. Demandez-le à son exploitant.",
	},
	"imap.refused": {
		"The server refused. Its own words are shown beside.",
		"Le serveur a refusé. Ses propres mots sont affichés à côté.",
	},

	"imap.no_children": {
		"The folder above takes no folders on this server. Choose another place for the new one.",
		"Le dossier parent n'accepte pas de sous-dossiers sur ce serveur. Choisissez un autre emplacement pour le nouveau.",
	},
	"mailbox.not_listed": {
		"The account's folders are not known yet. Wait until it was looked at for the first time, then try again.",
		"Les dossiers du compte ne sont pas encore connus. Attendez la première relève, puis réessayez.",
	},
	"mailbox.choice_gone": {
		"The folder “%s”, which was chosen for %s, is no longer on the server. Choose another one, or leave it to the automatic choice.",
		"Le dossier « %s », choisi pour %s, n'est plus sur le serveur. Choisissez-en un autre, ou laissez le choix automatique.",
	},
	"mailbox.choice_unusable": {
		"The folder “%s”, which was chosen for %s, cannot be used for it any more. Choose another one, or leave it to the automatic choice.",
		"Le dossier « %s », choisi pour %s, ne peut plus servir à cela. Choisissez-en un autre, ou laissez le choix automatique.",
	},

	// SMTP.
	"smtp.login_refused": {
		"The outgoing server refused the login or the password. Enter them again; many providers want an app password.",
		"Le serveur d'envoi a refusé l'identifiant ou le mot de passe. Saisissez-les à nouveau ; beaucoup de fournisseurs exigent un mot de passe d'application.",
	},
	"smtp.login_disabled": {
		"The operator of the outgoing server forbids sending with a password for this account. Ask him to allow authenticated SMTP.",
		"L'exploitant du serveur d'envoi interdit l'envoi par mot de passe pour ce compte. Demandez-lui d'autoriser le SMTP authentifié.",
	},
	"smtp.no_verifier": {
		"The outgoing server refused the login before it looked at the password. Check the user name; if it is right, switch SCRAM off in the account's settings.",
		"Le serveur d'envoi a refusé la connexion avant d'examiner le mot de passe. Vérifiez l'identifiant ; s'il est juste, désactivez SCRAM dans les réglages du compte.",
	},
	"smtp.unproven": {
		"The outgoing server could not prove that it knows the password, so it may not be the real one. Check the server's name, or ask its operator.",
		"Le serveur d'envoi n'a pas pu prouver qu'il connaît le mot de passe : ce n'est peut-être pas le vrai. Vérifiez son nom, ou demandez à son exploitant.",
	},
	"smtp.token_expired": {
		"The outgoing server no longer accepts the sign-in. If it does not go on by itself, sign in again.",
		"Le serveur d'envoi n'accepte plus l'autorisation. Si cela ne reprend pas tout seul, connectez-vous à nouveau.",
	},
	"smtp.unusable_login": {
		"The user name or password for sending is missing, or cannot be sent as it is. Enter them again.",
		"L'identifiant ou le mot de passe pour l'envoi manque, ou ne peut pas être transmis tel quel. Saisissez-les à nouveau.",
	},
	"smtp.no_tls": {
		"The outgoing server offers no encryption, so nothing was sent. Choose TLS on port 465 or STARTTLS on port 587.",
		"Le serveur d'envoi n'offre pas de chiffrement : rien n'a été envoyé. Choisissez TLS sur le port 465 ou STARTTLS sur le port 587.",
	},
	"smtp.no_mechanism": {
		"The outgoing server offers no way of logging in that can be used here.",
		"Le serveur d'envoi n'offre aucun mode de connexion utilisable ici.",
	},
	"smtp.greeting": {
		"What answers there is not an outgoing mail server. Check the port (465 or 587).",
		"Ce qui répond là n'est pas un serveur d'envoi. Vérifiez le port (465 ou 587).",
	},
	"smtp.connection_lost": {
		"The connection to the outgoing server was lost before the mail had left. It is tried again by itself.",
		"La connexion au serveur d'envoi a été perdue avant le départ du message. Un nouvel essai aura lieu de lui-même.",
	},
	"smtp.timeout": {
		"The outgoing server did not answer in time. It is tried again by itself.",
		"Le serveur d'envoi n'a pas répondu à temps. Un nouvel essai aura lieu de lui-même.",
	},
	"smtp.temporary": {
		"The outgoing server cannot take the mail now. It is tried again by itself.",
		"Le serveur d'envoi ne peut pas prendre le message maintenant. Un nouvel essai aura lieu de lui-même.",
	},
	"smtp.rejected": {
		"The outgoing server refused the mail. Its own words are shown beside; correct the mail and send it again.",
		"Le serveur d'envoi a refusé le message. Ses propres mots sont affichés à côté ; corrigez le message et renvoyez-le.",
	},
	"smtp.all_refused": {
		"The outgoing server refused every recipient. Check the addresses; its own words are shown beside each.",
		"Le serveur d'envoi a refusé tous les destinataires. Vérifiez les adresses ; ses propres mots sont affichés à côté de chacune.",
	},
	"smtp.too_large": {
		"The mail is larger than the outgoing server takes. Take attachments out, or send them in several mails.",
		"Le message est plus gros que ce que le serveur d'envoi accepte. Retirez des pièces jointes, ou envoyez-les en plusieurs messages.",
	},
	"smtp.given_up": {
		"The outgoing server put the mail off for too long; it was given up. Send it again, or ask the server's operator.",
		"Le serveur d'envoi a différé le message trop longtemps ; il est abandonné. Renvoyez-le, ou demandez à l'exploitant du serveur.",
	},
	"smtp.uncertain": {
		"The mail was handed over, but no answer came: nobody knows whether it left. Look in Sent or ask the recipient, then decide. It is not sent again by itself.",
		"Le message a été remis, mais aucune réponse n'est venue : personne ne sait s'il est parti. Regardez dans Envoyés ou demandez au destinataire, puis décidez. Il n'est pas renvoyé de lui-même.",
	},
	"submit.no_account": {
		"The account that this mail was to leave from was deleted. Write it again from another one.",
		"Le compte d'où ce message devait partir a été supprimé. Récrivez-le depuis un autre.",
	},
	"submit.no_right": {
		"Whoever wrote this mail may no longer send from the account. It did not leave.",
		"L'auteur de ce message n'a plus le droit d'envoyer depuis ce compte. Il n'est pas parti.",
	},
	"submit.no_sent": {
		"The mail was sent, but the account has no folder for sent mail. Choose one in the account's folders.",
		"Le message est parti, mais le compte n'a pas de dossier pour les messages envoyés. Choisissez-en un dans les dossiers du compte.",
	},

	// The host, the keys, the store.
	"host.unavailable": {
		"The CRM does not answer at the moment. Mail can be read; links are made as soon as it does.",
		"Le CRM ne répond pas pour le moment. Le courrier reste lisible ; les liens seront faits dès qu'il répondra.",
	},
	"host.not_offered": {
		"The CRM does not offer this.",
		"Le CRM n'offre pas cette fonction.",
	},
	"seal.unknown_key": {
		"The stored password cannot be opened with today's key. Enter it again, or restore the key file.",
		"Le mot de passe enregistré ne s'ouvre pas avec la clé actuelle. Saisissez-le à nouveau, ou restaurez le fichier de clés.",
	},
	"seal.damaged": {
		"The stored password is damaged. Enter it again.",
		"Le mot de passe enregistré est abîmé. Saisissez-le à nouveau.",
	},
	"message.busy": {
		"Several attachments of this mailbox are being fetched already. Try again in a moment.",
		"Plusieurs pièces jointes de cette boîte sont déjà en cours de récupération. Réessayez dans un instant.",
	},
	"pictures.not_trusted": {
		"This sender cannot be trusted with pictures by this mail: it is junk, it was sent from here, or nobody can say who sent it.",
		"Ce message ne permet pas de faire confiance à son expéditeur pour les images : c'est un indésirable, il part d'ici, ou son expéditeur n'est pas sûr.",
	},
	"message.bytes_missing": {
		"The bytes of this mail are not kept here.",
		"Le contenu brut de ce message n'est pas conservé ici.",
	},

	// Accounts.
	"check.too_often": {
		"These settings were tried very often in the last minute. Wait a minute: mail servers lock accounts after many tries.",
		"Ces réglages ont été essayés très souvent depuis une minute. Attendez une minute : les serveurs de messagerie bloquent les comptes après trop d'essais.",
	},
	"check.missing_folders": {
		"All works. The mailbox has no folder yet for sent mail, drafts or deleted mail: it can be created on the folders page.",
		"Tout fonctionne. La boîte n'a pas encore de dossier pour les messages envoyés, les brouillons ou la corbeille : il peut être créé sur la page des dossiers.",
	},
	"check.in_junk": {
		"The test mail came back, but into Junk: recipients may not see your mails. Ask your provider to look at SPF, DKIM and DMARC of your domain.",
		"Le message d'essai est revenu, mais dans les indésirables : vos destinataires risquent de ne pas voir vos messages. Faites vérifier SPF, DKIM et DMARC de votre domaine par votre fournisseur.",
	},
	"check.left_in_inbox": {
		"The test mail came back. It was left where it is, because the mailbox has no sure Trash: you can delete it.",
		"Le message d'essai est revenu. Il est resté où il est, faute de corbeille certaine : vous pouvez le supprimer.",
	},
	"check.mail_subject": {"A test of your mail account.", "Un essai de votre compte de messagerie."},
	"check.mail_text": {
		"This mail was sent to try the settings of this mail account, and is put into the Trash by itself. You can delete it.",
		"Ce message a été envoyé pour essayer les réglages de ce compte de messagerie ; il est mis à la corbeille automatiquement. Vous pouvez le supprimer.",
	},
	"imap.not_arrived": {
		"The test mail was sent, and has not arrived in the mailbox yet. Look again in a few minutes; if it does not come, mail for this address may go to another server.",
		"Le message d'essai est parti mais n'est pas encore arrivé dans la boîte. Regardez dans quelques minutes ; s'il n'arrive pas, le courrier de cette adresse va peut-être vers un autre serveur.",
	},
	"smtp.sender_refused": {
		"The login works, but the server does not take mail from this address. Check that the address belongs to this login, or ask your provider for the right to send.",
		"L'identification fonctionne, mais le serveur n'accepte pas de courrier de cette adresse. Vérifiez qu'elle appartient à cet identifiant, ou demandez à votre fournisseur le droit d'envoyer.",
	},

	"state.paused": {
		"The account is paused: nothing is fetched or sent until somebody resumes it.",
		"Le compte est en pause : rien n'est relevé ni envoyé tant que personne ne le reprend.",
	},
	"cure.wait":        {"It is tried again by itself.", "Un nouvel essai aura lieu de lui-même."},
	"cure.password":    {"Enter the password again.", "Saisissez à nouveau le mot de passe."},
	"cure.signin":      {"Sign in again.", "Connectez-vous à nouveau."},
	"cure.server":      {"Check the server, the port and the security.", "Vérifiez le serveur, le port et la sécurité."},
	"cure.certificate": {"Compare the fingerprint and confirm it.", "Comparez l'empreinte et confirmez-la."},
	"cure.space":       {"Delete or archive mails in the mailbox.", "Supprimez ou archivez des messages dans la boîte."},
	"cure.resume":      {"Resume the account.", "Reprenez le compte."},
	"cure.admin":       {"Tell your administrator.", "Prévenez votre administrateur."},

	// Signing in at a provider.
	"oauth.revoked": {
		"The provider no longer accepts the sign-in: it was withdrawn, it ran out, or the password was changed. Sign in again.",
		"Le fournisseur n'accepte plus l'autorisation : elle a été retirée, elle a expiré, ou le mot de passe a changé. Connectez-vous à nouveau.",
	},
	"oauth.interaction_required": {
		"The provider wants to see you in person, for instance for a second factor. Sign in again.",
		"Le fournisseur veut vérifier que c'est bien vous, par exemple avec un second facteur. Connectez-vous à nouveau.",
	},
	"oauth.admin_consent": {
		"Your organisation lets no application read mail before its administrator has agreed. Ask him to approve this one, then sign in again.",
		"Votre organisation ne laisse aucune application lire le courrier sans l'accord de son administrateur. Demandez-lui d'approuver celle-ci, puis connectez-vous à nouveau.",
	},
	"oauth.policy": {
		"A rule of your organisation forbids signing in from here. Ask its administrator to allow this application, then sign in again.",
		"Une règle de votre organisation interdit de se connecter d'ici. Demandez à son administrateur d'autoriser cette application, puis connectez-vous à nouveau.",
	},
	"oauth.denied": {
		"Access was not granted on the provider's page. Sign in again and agree, or use an app password.",
		"L'accès n'a pas été accordé sur la page du fournisseur. Connectez-vous à nouveau et acceptez, ou utilisez un mot de passe d'application.",
	},
	"oauth.scope_missing": {
		"Access to mail was not ticked on the provider's page. Sign in again and leave all boxes ticked.",
		"L'accès au courrier n'a pas été coché sur la page du fournisseur. Connectez-vous à nouveau et laissez toutes les cases cochées.",
	},
	"oauth.code_refused": {
		"The provider did not accept what it had sent back a moment before. Sign in again, without going back in the browser.",
		"Le fournisseur n'a pas accepté ce qu'il avait renvoyé l'instant d'avant. Connectez-vous à nouveau, sans revenir en arrière dans le navigateur.",
	},
	"oauth.no_subject": {
		"The provider does not say as whom you signed in. Sign in again and enter your address first.",
		"Le fournisseur ne dit pas sous quelle adresse vous vous êtes connecté. Recommencez en indiquant d'abord votre adresse.",
	},
	"oauth.state": {
		"This sign-in took too long, was already finished, or was begun by somebody else. Begin again from the account's page.",
		"Cette connexion a pris trop de temps, est déjà terminée, ou a été commencée par quelqu'un d'autre. Recommencez depuis la page du compte.",
	},
	"oauth.other_subject": {
		"You signed in as somebody else than before. Sign out at the provider, then sign in with the address that is shown.",
		"Vous vous êtes connecté sous une autre identité qu'avant. Déconnectez-vous chez le fournisseur, puis connectez-vous avec l'adresse affichée.",
	},
	"oauth.no_login": {
		"The sign-in that this account used was deleted. Sign in again and choose it in the account's settings.",
		"L'autorisation que ce compte utilisait a été supprimée. Connectez-vous à nouveau et choisissez-la dans les réglages du compte.",
	},
	"oauth.no_provider": {
		"Signing in at this provider is not set up here any more. Ask your administrator, or enter an app password.",
		"La connexion chez ce fournisseur n'est plus configurée ici. Demandez à votre administrateur, ou saisissez un mot de passe d'application.",
	},
	"oauth.client_refused": {
		"The provider does not accept the CRM itself: its client secret may have run out. Tell your administrator; nobody needs to sign in again.",
		"Le fournisseur n'accepte pas le CRM lui-même : son secret client a peut-être expiré. Prévenez votre administrateur ; personne n'a besoin de se reconnecter.",
	},
	"oauth.refused": {
		"The provider refuses what the CRM asks for. Tell your administrator: the permissions or the return address are not registered there as they should be.",
		"Le fournisseur refuse ce que le CRM demande. Prévenez votre administrateur : les autorisations ou l'adresse de retour n'y sont pas enregistrées comme il faut.",
	},
	"oauth.no_refresh_token": {
		"The provider gave an access that ends within the hour. Tell your administrator: the permission for access at any time (offline) is missing.",
		"Le fournisseur n'a donné qu'un accès d'une heure. Prévenez votre administrateur : l'autorisation d'accès permanent (offline) manque.",
	},
	"oauth.answer": {
		"The provider answered with something that cannot be read. It is tried again by itself; if it goes on, tell your administrator.",
		"Le fournisseur a répondu quelque chose d'illisible. Un nouvel essai aura lieu de lui-même ; si cela dure, prévenez votre administrateur.",
	},
	"oauth.unavailable": {
		"The provider's sign-in does not answer at the moment. It is tried again by itself.",
		"La connexion chez le fournisseur ne répond pas pour le moment. Un nouvel essai aura lieu de lui-même.",
	},

	// Drafts.
	"draft.missing_value": {
		"The record has no value for %s. Write something instead, or give the field a default.",
		"La fiche n'a pas de valeur pour %s. Écrivez autre chose, ou donnez une valeur par défaut au champ.",
	},
	"draft.no_identity": {
		"The identity that was chosen is gone. Choose another one to send from.",
		"L'identité choisie n'existe plus. Choisissez-en une autre pour l'envoi.",
	},
	"draft.no_recipient": {"Enter at least one recipient.", "Indiquez au moins un destinataire."},
	"draft.no_subject":   {"Enter a subject.", "Indiquez un objet."},
	"draft.no_text":      {"Write a text, or attach a file.", "Écrivez un texte, ou joignez un fichier."},
	"quote.intro":        {"On %s, %s wrote:", "Le %s, %s a écrit :"},

	// What became of a sent mail.
	"delivery.is_delayed":          {"It has not arrived yet; the recipient's server tries again by itself.", "Le message n'est pas encore arrivé ; de nouveaux essais ont lieu d'eux-mêmes."},
	"delivery.is_relayed":          {"It was handed on to a server that reports nothing more.", "Le message a été transmis à un serveur qui n'en dira pas plus."},
	"delivery.is_delivered":        {"It lies in the recipient's mailbox.", "Le message est dans la boîte du destinataire."},
	"delivery.is_displayed":        {"The recipient's mail program says that it was displayed.", "Le logiciel de messagerie du destinataire indique que le message a été affiché."},
	"delivery.is_complained":       {"The recipient marked it as spam. Do not write to him again without asking.", "Le destinataire l'a signalé comme indésirable. Ne lui écrivez plus sans le lui demander."},
	"delivery.is_bounced":          {"It did not arrive. It may do so at another time or in another form.", "Le message n'est pas arrivé. Il peut passer à un autre moment ou sous une autre forme."},
	"delivery.is_bounced_for_good": {"It did not arrive, and never will at this address. Correct the address in the record.", "Le message n'est pas arrivé et n'arrivera jamais à cette adresse. Corrigez-la dans la fiche."},

	"reason.is_moved":        {"The recipient has another address now.", "Le destinataire a changé d'adresse."},
	"reason.is_mailbox_full": {"The recipient's mailbox is full.", "La boîte du destinataire est pleine."},
	"reason.is_too_big":      {"The mail is larger than the recipient's server takes.", "Le message est plus gros que ce que le serveur du destinataire accepte."},
	"reason.is_suspended":    {"The mailbox exists and is closed.", "La boîte existe mais elle est fermée."},
	"reason.is_auth":         {"The recipient's server doubts that the mail is from your domain. Ask your administrator to look at SPF, DKIM and DMARC.", "Le serveur du destinataire doute que le message vienne de votre domaine. Faites vérifier SPF, DKIM et DMARC par votre administrateur."},
	"reason.is_rate":         {"Too many mails came at once. Send fewer at a time.", "Trop de messages sont arrivés à la fois. Envoyez-en moins à la fois."},
	"reason.is_virus":        {"A virus was found in the mail. Check what was attached.", "Un virus a été trouvé dans le message. Vérifiez les pièces jointes."},
	"reason.is_spam":         {"The content was taken for spam. Write it differently, with fewer links.", "Le contenu a été pris pour un indésirable. Écrivez-le autrement, avec moins de liens."},
	"reason.is_blocked":      {"The outgoing server is on a block list. Tell your administrator.", "Le serveur d'envoi figure sur une liste noire. Prévenez votre administrateur."},
	"reason.is_relaying":     {"The server does not take mail for this domain. Check the address.", "Le serveur n'accepte pas de courrier pour ce domaine. Vérifiez l'adresse."},
	"reason.is_filtered":     {"A rule of the recipient or of his server refused it.", "Une règle du destinataire ou de son serveur l'a refusé."},
	"reason.is_not_accept":   {"This domain takes no mail at all. Check the address.", "Ce domaine n'accepte aucun courrier. Vérifiez l'adresse."},
	"reason.is_host_unknown": {"The domain of the address does not exist. Check the spelling.", "Le domaine de l'adresse n'existe pas. Vérifiez l'orthographe."},
	"reason.is_user_unknown": {"The recipient's server says that there is no such address. Check the spelling.", "Le serveur du destinataire indique que cette adresse n'existe pas. Vérifiez l'orthographe."},
	"reason.is_sender":       {"The address that it was sent from is refused. Ask your administrator.", "L'adresse d'expédition est refusée. Demandez à votre administrateur."},
	"reason.is_content":      {"A part of the mail is not accepted. Leave attachments out, or send them in another form.", "Une partie du message n'est pas acceptée. Retirez les pièces jointes, ou envoyez-les sous une autre forme."},
	"reason.is_policy":       {"A rule of the recipient's server forbids it. Its own words are shown beside.", "Une règle du serveur du destinataire l'interdit. Ses propres mots sont affichés à côté."},
	"reason.is_network":      {"The recipient's server could not be reached.", "Le serveur du destinataire n'a pas pu être joint."},
	"reason.is_expired":      {"It could not be delivered within the time, and was given up. Send it again later.", "Il n'a pas pu être remis dans les temps et a été abandonné. Renvoyez-le plus tard."},
	"reason.is_system":       {"A server had a fault. Send it again later.", "Un serveur a eu une panne. Renvoyez-le plus tard."},
	"reason.is_other":        {"The report does not say why. The server's own words are shown beside.", "Le rapport ne dit pas pourquoi. Les mots du serveur sont affichés à côté."},

	// Who sent a received mail.
	"sender.why_dmarc_pass":     {"The sender's domain vouches for this mail.", "Le domaine de l'expéditeur se porte garant de ce message."},
	"sender.why_dkim_aligned":   {"The sender's domain has signed this mail.", "Le domaine de l'expéditeur a signé ce message."},
	"sender.why_spf_aligned":    {"This mail came from a server of the sender's domain.", "Ce message vient d'un serveur du domaine de l'expéditeur."},
	"sender.why_dmarc_fail":     {"The sender's domain says that this is not its mail: the address may be forged. Ask the sender by another way before you act on it.", "Le domaine de l'expéditeur indique que ce message n'est pas de lui : l'adresse peut être usurpée. Vérifiez auprès de l'expéditeur par un autre moyen avant d'agir."},
	"sender.why_spf_fail":       {"This mail came from a server that may not send for the sender's domain: the address may be forged. Ask the sender by another way before you act on it.", "Ce message vient d'un serveur qui n'a pas le droit d'envoyer pour ce domaine : l'adresse peut être usurpée. Vérifiez auprès de l'expéditeur par un autre moyen avant d'agir."},
	"sender.why_forwarded":      {"This mail was forwarded on its way, so the sender's domain cannot vouch for it; those who forwarded it say that it was in order.", "Ce message a été réexpédié en route : le domaine de l'expéditeur ne peut plus s'en porter garant, mais les relais disent qu'il était en règle."},
	"sender.why_no_server":      {"It is not known yet how your mail server notes what it checked, so the sender is not proved.", "On ne sait pas encore comment votre serveur note ses vérifications : l'expéditeur n'est pas prouvé."},
	"sender.why_no_results":     {"Your mail server says nothing about the sender, so he is not proved.", "Votre serveur ne dit rien de l'expéditeur : il n'est pas prouvé."},
	"sender.why_no_from":        {"This mail names no sender that could be checked.", "Ce message ne nomme aucun expéditeur vérifiable."},
	"sender.why_several_from":   {"This mail names several senders, so none of them is proved.", "Ce message nomme plusieurs expéditeurs : aucun n'est prouvé."},
	"sender.why_other_from":     {"What was checked is another domain than the one that is shown as the sender's.", "Le domaine vérifié n'est pas celui affiché comme expéditeur."},
	"sender.why_not_aligned":    {"Another domain than the sender's vouches for this mail, as with many mailing services.", "Un autre domaine que celui de l'expéditeur se porte garant du message, comme chez beaucoup de services d'envoi."},
	"sender.why_nothing_passed": {"Nobody vouches for the sender of this mail.", "Personne ne se porte garant de l'expéditeur de ce message."},

	"note.about_several_from":        {"It has more than one author.", "Il a plusieurs auteurs."},
	"note.about_group_from":          {"The sender is a group, not a person.", "L'expéditeur est un groupe, pas une personne."},
	"note.about_no_from":             {"There is no address in the sender's place.", "Il n'y a pas d'adresse à la place de l'expéditeur."},
	"note.about_name_is_address":     {"The sender's name is another address than the one it comes from.", "Le nom de l'expéditeur est une autre adresse que celle d'envoi."},
	"note.about_name_hides_text":     {"The sender's name has characters that cannot be seen or turn the text around.", "Le nom de l'expéditeur contient des caractères invisibles ou qui inversent le texte."},
	"note.about_mixed_scripts":       {"The sender's domain mixes letters of several alphabets that look alike.", "Le domaine de l'expéditeur mélange des lettres de plusieurs alphabets qui se ressemblent."},
	"note.about_foreign_script":      {"The sender's domain is written in other letters than Latin.", "Le domaine de l'expéditeur est écrit dans un autre alphabet que le latin."},
	"note.about_lookalike_domain":    {"The sender's domain looks like a Latin one, but none of its letters is.", "Le domaine de l'expéditeur ressemble à un domaine en lettres latines, mais aucune ne l'est."},
	"note.about_unicode_local_part":  {"The sender's address has letters that not every server takes.", "L'adresse de l'expéditeur contient des lettres que tous les serveurs n'acceptent pas."},
	"note.about_reply_elsewhere":     {"Answers go to another domain than the sender's.", "Les réponses vont à un autre domaine que celui de l'expéditeur."},
	"note.about_sent_on_behalf":      {"It was sent by another domain on behalf of the author.", "Il a été envoyé par un autre domaine au nom de l'auteur."},
	"note.about_return_elsewhere":    {"Reports about this mail go to another domain, as is usual for newsletters.", "Les rapports sur ce message vont à un autre domaine, comme c'est l'usage des lettres d'information."},
	"note.about_null_sender":         {"A machine wrote this mail; it takes no answers.", "Une machine a écrit ce message ; elle n'attend pas de réponse."},
	"note.about_repeated_from":       {"The mail states its sender several times.", "Le message indique plusieurs fois son expéditeur."},
	"note.about_unusual_from":        {"The sender is written so that mail programs may read different addresses in it.", "L'expéditeur est écrit de sorte que les logiciels peuvent y lire des adresses différentes."},
	"note.about_name_names_a_domain": {"The sender's name names a domain that is not his.", "Le nom de l'expéditeur cite un domaine qui n'est pas le sien."},

	"confidence.is_certain":         {"Linked by a person, or sent by us.", "Lié par une personne, ou envoyé par nous."},
	"confidence.is_authenticated":   {"Linked by the address; the sender is proved.", "Lié par l'adresse ; l'expéditeur est prouvé."},
	"confidence.is_unauthenticated": {"Linked by the address; nobody proves the sender.", "Lié par l'adresse ; rien ne prouve l'expéditeur."},
	"confidence.is_failed":          {"Linked by an address that may be forged: the sender's domain says that this is not its mail.", "Lié par une adresse peut-être usurpée : le domaine de l'expéditeur indique que ce message n'est pas de lui."},

	// Receipts.
	"receipt.asked": {
		"The sender asks to be told that you have read this mail. Do you want to tell him?",
		"L'expéditeur demande à savoir si vous avez lu ce message. Voulez-vous le lui confirmer ?",
	},
	"receipt.elsewhere": {
		"A receipt is asked for, and would go to another address than the one this mail was sent from. Do you want to send it there?",
		"Une confirmation de lecture est demandée, vers une autre adresse que celle d'envoi de ce message. Voulez-vous l'y envoyer ?",
	},
	"receipt.mail_subject": {"Read: %s.", "Lu : %s."},
	"receipt.mail_text": {
		"Your mail of %s to %s was displayed. This does not say that it was read or understood.",
		"Votre message du %s à %s a été affiché. Cela ne dit pas qu'il a été lu ou compris.",
	},
}
