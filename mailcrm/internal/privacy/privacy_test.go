package privacy

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDecide is law 7 as a table: who asks, what the mail is, and what he sees on each road.
func TestDecide(t *testing.T) {
	for _, c := range []struct {
		name                      string
		facts                     Facts
		mailbox, link, identified Answer
	}{
		{"nobody", Facts{Readable: true, Linked: true}, Nothing, Nothing, Nothing},
		{"a stranger to the mail", Facts{Agent: "a"}, Nothing, Nothing, Nothing},
		{"in his mailbox", Facts{Agent: "a", Readable: true, Received: true}, Full, Nothing, Full},
		{"sent from his mailbox", Facts{Agent: "a", Readable: true}, Full, Nothing, Full},
		{"on a record", Facts{Agent: "a", Linked: true}, Nothing, Full, Full},
		{"both", Facts{Agent: "a", Readable: true, Linked: true}, Full, Full, Full},

		{"private: its sender, mailbox", Facts{Agent: "a", Private: true, PrivateBy: "a", Readable: true}, Full, Nothing, Full},
		{"private: its sender, record", Facts{Agent: "a", Private: true, PrivateBy: "a", Linked: true}, Nothing, Full, Full},
		{"private: its sender, neither", Facts{Agent: "a", Private: true, PrivateBy: "a"}, Nothing, Nothing, Nothing},
		{"private: a recipient", Facts{Agent: "b", Private: true, PrivateBy: "a", Readable: true, Received: true}, Full, Nothing, Full},
		{"private: a recipient, on the record", Facts{Agent: "b", Private: true, PrivateBy: "a", Readable: true, Received: true, Linked: true}, Full, Envelope, Full},
		{"private: a colleague in the shared mailbox it left from", Facts{Agent: "b", Private: true, PrivateBy: "a", Readable: true}, Envelope, Nothing, Envelope},
		{"private: a colleague, on the record", Facts{Agent: "b", Private: true, PrivateBy: "a", Linked: true}, Nothing, Envelope, Envelope},
		{"private: a stranger", Facts{Agent: "b", Private: true, PrivateBy: "a"}, Nothing, Nothing, Nothing},
		{"private by nobody is private to all", Facts{Agent: "b", Private: true, Linked: true, Readable: true}, Envelope, Envelope, Envelope},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.mailbox, Decide(ByMailbox, c.facts), "mailbox")
			require.Equal(t, c.link, Decide(ByLink, c.facts), "link")
			require.Equal(t, c.identified, Decide(Either, c.facts), "by id")
		})
	}
}

// TestMorePrivateNeverShowsMore runs over all combinations of facts: making a mail private, or taking away a road, never opens it.
func TestMorePrivateNeverShowsMore(t *testing.T) {
	for bits := range 1 << 5 {
		f := Facts{Agent: "b", Readable: bits&1 != 0, Received: bits&2 != 0, Linked: bits&4 != 0}
		if bits&8 != 0 {
			f.PrivateBy = "b"
		} else {
			f.PrivateBy = "a"
		}
		private, unlinked, unread := f, f, f
		private.Private = true
		unlinked.Linked = false
		unread.Readable, unread.Received = false, false
		for _, road := range []Road{ByMailbox, ByLink, Either} {
			require.LessOrEqual(t, Decide(road, private), Decide(road, f), "%+v", f)
			require.LessOrEqual(t, Decide(road, unlinked), Decide(road, f), "%+v", f)
			require.LessOrEqual(t, Decide(road, unread), Decide(road, f), "%+v", f)
		}
	}
}

func TestUnknownRoadShowsNothing(t *testing.T) {
	require.Equal(t, Nothing, Decide(Road(9), Facts{Agent: "a", Readable: true, Linked: true}))
}
