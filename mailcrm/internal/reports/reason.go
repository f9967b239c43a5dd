package reports

import (
	"slices"
	"strings"
)

// A Reason says why a mail did not arrive. Reasons are stored and translated: they never change.
type Reason string

// The reasons, in the order in which they are told apart where several fit.
const (
	Moved       Reason = "moved"        // the recipient has another address (X.1.6)
	MailboxFull Reason = "mailbox_full" // (X.2.2)
	TooBig      Reason = "too_big"      // the mail is larger than is taken (X.2.3, X.3.4)
	Suspended   Reason = "suspended"    // the mailbox exists and is closed (X.2.1)
	Auth        Reason = "auth"         // SPF, DKIM, DMARC, or a sender without reverse DNS (X.7.20 to X.7.27)
	Rate        Reason = "rate"         // too many mails or connections
	Virus       Reason = "virus"        // found in the mail
	Spam        Reason = "spam"         // the content looks like spam
	Blocked     Reason = "blocked"      // the sending host is on a list, or has a bad name
	Relaying    Reason = "relaying"     // the server does not take mail for that domain from us
	Filtered    Reason = "filtered"     // a rule of the recipient, or a refusal after the mail was seen
	NotAccept   Reason = "not_accept"   // the domain or host takes no mail at all (X.1.10, X.3.2, RFC 7505)
	HostUnknown Reason = "host_unknown" // the domain does not exist (X.1.2, X.4.4)
	UserUnknown Reason = "user_unknown" // the address does not exist (X.1.1)
	Sender      Reason = "sender"       // the sender's address is refused (X.1.8)
	Content     Reason = "content"      // a part or header of the mail is refused or malformed (X.6)
	Policy      Reason = "policy"       // refused by a rule of the server (X.7.1)
	Network     Reason = "network"      // no connection, or a loop (X.4)
	Expired     Reason = "expired"      // not delivered within the time (X.4.7)
	System      Reason = "system"       // a fault of a server (X.3.0)
	Other       Reason = "other"        // not told, or not understood
)

// order is how reasons found in one text are told apart: the more particular first.
var order = []Reason{
	Moved, MailboxFull, TooBig, Virus, Auth, Sender, Spam, Rate, Suspended, Relaying, NotAccept, HostUnknown, UserUnknown, Content, Blocked, Filtered,
	Policy, Expired, Network, System,
}

// Hard says whether a failure for that reason will happen again each time: the address or its host is gone.
func (r Reason) Hard() bool {
	return r == UserUnknown || r == HostUnknown || r == Moved || r == NotAccept
}

// meaning is the reason that a status has by RFC 3463 and its registry, or "".
func meaning(status string) Reason {
	if !isStatus(status) || status[0] == '2' {
		return ""
	}
	switch status[2:] {
	case "1.0", "1.1", "1.3":
		return UserUnknown
	case "1.2":
		return HostUnknown
	case "1.4": // the address means several
		return Filtered
	case "1.6", "7.17", "7.18": // the last two: somebody else has the address or the domain now (RFC 7293 §8)
		return Moved
	case "1.7", "1.8", "1.9":
		return Sender
	case "1.10", "3.2":
		return NotAccept
	case "2.1":
		return Suspended
	case "2.2", "3.1":
		return MailboxFull
	case "2.3", "3.4":
		return TooBig
	case "3.0", "3.3", "3.5", "5.6":
		return System
	case "4.0", "4.1", "4.2", "4.3", "4.5", "4.6":
		return Network
	case "4.4":
		if status[0] == '4' {
			return Network
		}
		return HostUnknown
	case "4.7":
		return Expired
	case "5.3":
		return Rate
	case "7.20", "7.21", "7.22", "7.23", "7.24", "7.25", "7.26", "7.27", "7.28", "7.29", "7.30":
		return Auth
	}
	switch status[2] {
	case '6':
		return Content
	case '7':
		return Policy
	}
	return ""
}

// made are the details of statuses that nobody stated. RFC 3463 has no code for most of these reasons; a detail from 900 on is in no
// registry, so that it cannot be taken for one that a server said. The numbers are those in use among bounce parsers.
var made = map[Reason]string{
	Relaying: "909", Filtered: "910", UserUnknown: "911", HostUnknown: "912", Moved: "916", Sender: "918", Suspended: "921",
	MailboxFull: "922", Auth: "926", System: "930", NotAccept: "932", TooBig: "934", Network: "944", Rate: "945", Expired: "947", Content: "960",
	Blocked: "971", Policy: "972", Spam: "980", Virus: "981", Other: "900",
}

// madeStatus is the status of a failure whose report states none.
func madeStatus(j judgement, class byte) string {
	if j.unsure {
		j.reason = Filtered
	}
	return string(class) + ".0." + made[j.reason]
}

// A judgement is what a text says about one failure.
type judgement struct {
	reason Reason
	status string // stated; empty when none is
	reply  int
	loose  bool // the reason stands in words alone that are said of many things
	unsure bool // UserUnknown in words alone: nothing shows that the address was refused and not the mail
}

// tellsNothing says whether a text gave no reason and no code.
func (j judgement) tellsNothing() bool { return j.reason == Other && j.status == "" && j.reply == 0 }

// weak says whether a text that nobody vouches for may be about something else.
func (j judgement) weak() bool {
	return (j.reason == Other || j.loose) && j.status == "" && j.reply == 0
}

// or fills in what a judgement lacks from another on the same failure.
func (j judgement) or(whole judgement) judgement {
	if j.reason == Other {
		j.reason = whole.reason
	}
	if j.status == "" {
		j.status = whole.status
	}
	if j.reply == 0 {
		j.reply = whole.reply
	}
	return j
}

// judge finds out why: what the text says in words first, since servers put many meanings into one code, then what the codes mean.
// Stated is the status that a field gives, or "".
func judge(text, stated string) judgement {
	found := preferred(codes(text))
	j := judgement{status: stated, reply: found.reply}
	// What the server that refused said counts more than what the reporting one made of it.
	if !vague(found.status) && (stated == "" || found.status[0] == stated[0]) || stated == "" {
		j.status = found.status
	}
	text = quoted(text)
	words := normalWords(text)
	j.reason = phrases().strong.first(words)
	if j.reason == HostUnknown && slices.Contains(words, "found") && containsFold(strings.Join(words, " "), "found try again") {
		j.reason = Network // a name server did not know it now
	}
	if j.reason == "" {
		j.reason = inScript(text)
	}
	switch by := meaning(j.status); {
	case by == Moved, j.reason == "":
		j.reason = by
		if by == "" || by == Policy {
			if r := phrases().weak.first(words); r != "" && (by == "" || r != UserUnknown) {
				j.reason, j.loose = r, true
			}
		}
	}
	if j.reason == "" && (j.reply == 521 || j.reply == 556) {
		j.reason = NotAccept // RFC 7504 §4
	}
	if j.reason == "" {
		j.reason = Other
	}
	if j.reason == UserUnknown && containsAny(strings.ToLower(text), "procmail:", "maildrop:") {
		j.reason = System // a program of the recipient ran: the address exists
	}
	if j.reason == UserUnknown {
		j.unsure = unsure(j.status, text)
	}
	return j
}

// quoted is what a server is quoted to have said, where a relay puts that behind words of its own: "Unknown address error 550-'5.2.2 Full'".
func quoted(text string) string {
	if i := strings.Index(text, "-'"); i >= 3 && replyAt(text[i-3:]) >= 400 {
		return text[i+1:]
	}
	return text
}

// unsure says whether "user unknown" may have been said of the mail. A server that takes the address and says so once it has seen the mail
// refuses the mail as a rule: carriers answer so for the filters of their customers. A status that means something else contradicts it too.
func unsure(status, text string) bool {
	by := meaning(status)
	if by.Hard() {
		return false
	}
	lower := strings.ToLower(text)
	if containsAny(lower, "no valid recipient", "rcpt commands were rejected", "rcpt command must precede", "need rcpt") {
		return false
	}
	switch { // Google says at which step of its dialogue a server refused: 14 is RCPT, what comes later is the mail
	case containsAny(lower, "(state 14)"):
		return false
	case containsAny(lower, "(state 15)", "(state 16)", "(state 17)", "(state 18)"):
		return true
	}
	if containsAny(lower, "end of data", ">>> data\n<<< 5", ">>> data\r\n<<< 5", ">>> .\n", "to data command", "after data", "after i sent the message") {
		return !containsAny(lower, "doesn't have a ", "does not have a ") // one that names the account means it
	}
	if containsAny(lower, " : user unknown", " : unknown user") {
		return true // the address was left out of the answer: it was not what was refused
	}
	if containsAny(lower, "rcpt", "does not like recipient") {
		return false
	}
	if status == "" {
		// A server that says where it looked, or what it looked for, means the address.
		return !containsAny(lower, "directory", "not recognized", "not recognised", "address book", "be found", "wasn't found", "no mailbox here", "local part", "local-part",
			"no such local", "no account by", "unknown recipient", "not found in", "not local", "unknown user: ", "invalid recipient: ", "no such user: ", "user unknown: ", "userid: ")
	}
	return by != ""
}

func containsAny(text string, words ...string) bool {
	for _, w := range words {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}
