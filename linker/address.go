package linker

import (
	"github.com/mailcrm/sdk/storage"
)

// AddressRule links a mail to every record that has exactly one of the addresses in its From, Sender, Reply-To, To, Cc and Bcc: received mail through its
// sender and through others who got it too, sent mail through its recipients. Our own addresses and those of colleagues never link.
type AddressRule struct{}

// Name is "address".
func (AddressRule) Name() string { return "address" }

// headers in which an address counts, the one that tells most first: when an address stands in several, the first one is named in the link.
var headers = []string{"from", "sender", "reply-to", "to", "cc", "bcc"}

// Addresses are those of all participants that may link.
func (r AddressRule) Addresses(m Message) []string {
	var out []string
	for _, p := range r.candidates(m) {
		out = append(out, p.Address)
	}
	return out
}

// Links are the records of those addresses.
func (r AddressRule) Links(m Message, known map[string][]storage.Entity) []Link {
	confidence := Unauthenticated
	if m.Direction == storage.Sent {
		confidence = Certain
	}
	var out []Link
	for _, p := range r.candidates(m) {
		kinds := map[storage.Kind]int{}
		for _, e := range known[p.Address] {
			kinds[e.Kind]++
		}
		for _, e := range known[p.Address] {
			out = append(out, Link{Entity: e, Rule: r.Name(), Address: p.Address, Header: p.Header, Confidence: confidence, Ambiguous: kinds[e.Kind] > 1})
		}
	}
	return out
}

// candidates are the participants that may link, each address once, normalised.
func (AddressRule) candidates(m Message) []Participant {
	var out []Participant
	seen := map[string]bool{}
	for _, h := range headers {
		for _, p := range m.Participants {
			if p.Header != h {
				continue
			}
			address := Normalize(p.Address)
			if why, _ := m.judge(address); why != "" || seen[address] || len(out) == MaxAddresses {
				continue
			}
			seen[address] = true
			out = append(out, Participant{Header: p.Header, Address: address})
		}
	}
	return out
}
