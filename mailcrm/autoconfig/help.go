package autoconfig

// HelpCode names what a person has to do at the provider before the account works here.
type HelpCode string

// Kinds of help. The code is stable; [Help.Text] is its sentence.
const (
	HelpGoogle        HelpCode = "google"         // sign in with Google
	HelpMicrosoft     HelpCode = "microsoft"      // sign in with Microsoft
	HelpMicrosoftSMTP HelpCode = "microsoft_smtp" // the organisation must allow SMTP AUTH
	HelpAppPassword   HelpCode = "app_password"   // make a password for this program
	HelpAuthCode      HelpCode = "auth_code"      // the same where it is called authorisation code
	HelpMailKey       HelpCode = "mail_key"       // AT&T's name for it
	HelpMailPassword  HelpCode = "mail_password"  // the mailbox has a password of its own
	HelpEnableIMAP    HelpCode = "enable_imap"    // IMAP is switched off at first
	HelpAllowPrograms HelpCode = "allow_programs" // programs must be allowed in the settings of the web mail
	HelpPremium       HelpCode = "premium"        // IMAP is for paying customers
	HelpAppleLogin    HelpCode = "apple_login"    // the login is the iCloud address
	HelpOVH           HelpCode = "ovh"            // E-mail Pro and Exchange have servers of their own
	HelpBridge        HelpCode = "bridge"         // a program on the person's own computer is in between
	HelpNoIMAP        HelpCode = "no_imap"        // there is no IMAP
)

// Help is one thing to do, with a link to where.
type Help struct {
	Code HelpCode
	Link string // https; empty when there is none
}

// Text is the sentence for people, in French or else in English. A code that is unknown has none.
func (h Help) Text(locale string) string { return say(locale, "help."+string(h.Code)) }
