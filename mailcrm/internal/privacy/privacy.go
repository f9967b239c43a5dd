// Package privacy is the one place that says what of a mail an agent may see: full, envelope or nothing (law 7). It alone may import the message
// reader, so that no other room can show a mail without asking.
//
// [Decide] is the whole rule, a pure function over [Facts]. [Desk] reads rows, gathers the facts of each, asks Decide, and hands out [View]s from which
// what is withheld has been removed: a caller cannot leak what it was never given.
//
// The answers:
//
//   - Full: everything.
//   - Envelope: a row that says that there is a mail: direction, agent, date, "private". No subject, people, text or attachments.
//   - Nothing: the mail does not exist for this agent. Callers answer [storage.ErrNotFound], never "forbidden".
//
// Two roads lead to a mail. Through a mailbox that he may read, an agent has full sight of what lies there, except another agent's private mail
// that was sent from this shared mailbox. Through a link (a timeline, a search of the history, an export, an event) the strictest copy decides: a
// private mail is an envelope for everybody but its sender, also for those who received it, since what they see there others may see over their
// shoulder in the same list; in their own mailbox they read it.
package privacy

// An Answer is how much of a mail an agent may see.
type Answer int

// The answers, from the least to the most.
const (
	Nothing Answer = iota
	Envelope
	Full
)

func (a Answer) String() string {
	return [...]string{"nothing", "envelope", "full"}[a]
}

// A Road is how an agent comes to a mail.
type Road int

// The roads.
const (
	ByMailbox Road = iota // a folder, a search in mail, a message opened from there
	ByLink                // a record's history and all that is made of it
	Either                // a message named by its id: the better of both
)

// Facts are all that the decision depends on.
type Facts struct {
	Agent     string // who asks; empty is nobody
	Private   bool   // the mail is private
	PrivateBy string // who made it so: its sender
	Readable  bool   // a copy lies in a mailbox of an account that the agent may read
	Received  bool   // one of those copies was received there, not sent from there
	Linked    bool   // the mail has an active link to a record that the agent may see
}

// Decide says what the agent may see of the mail on this road.
func Decide(road Road, f Facts) Answer {
	if f.Agent == "" {
		return Nothing
	}
	own := f.Private && f.PrivateBy == f.Agent
	switch road {
	case ByMailbox:
		switch {
		case !f.Readable:
			return Nothing
		case !f.Private, own, f.Received:
			return Full
		}
		return Envelope
	case ByLink:
		switch {
		case !f.Linked:
			return Nothing
		case !f.Private, own:
			return Full
		}
		return Envelope
	case Either:
		return max(Decide(ByMailbox, f), Decide(ByLink, f))
	}
	return Nothing
}
