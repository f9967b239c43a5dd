package linker

import "github.com/mailcrm/sdk/storage"

// AddressRule links a mail to every record, of every kind, that has exactly the address of a participant:
//
//   - in sent mail, of a recipient: To, Cc, Bcc;
//   - in received mail, of From, Reply-To, Sender, To or Cc. Reply-To, since a contact form writes from our own address for a client who
//     stands there; but not in mail of a list, where it is the list's.
//
// An address that an account and a contact have links both. When several records of one kind have it, all are linked and each link is Ambiguous. A
// record that has several of the addresses is linked once, by the most telling header; it is ambiguous only if each of its addresses is.
//
// The confidence of a received mail's links is the verdict on its From: who forges that may write anything in the other headers.
type AddressRule struct{}

// Name is "address".
func (AddressRule) Name() string { return "address" }

// The headers by direction, the one that tells most first; a link names the first one that its address stands in.
var (
	headersSent     = []string{HeaderTo, HeaderCc, HeaderBcc, HeaderFrom, HeaderReplyTo, HeaderSender}
	headersReceived = []string{HeaderFrom, HeaderReplyTo, HeaderSender, HeaderTo, HeaderCc, HeaderBcc}
)

// outcomeOf is what a header is good for.
func outcomeOf(header string, m *Message) Outcome {
	sent := m.Direction == storage.Sent
	switch header {
	case HeaderTo, HeaderCc:
		return Asked
	case HeaderBcc:
		if sent {
			return Asked
		}
	case HeaderReplyTo:
		if !sent && m.ListID != "" {
			return MailingList
		}
		fallthrough
	case HeaderFrom, HeaderSender:
		if !sent {
			return Asked
		}
	}
	return NotRead
}

// maxSteps bounds what is told of the addresses that are not looked up.
const maxSteps = 2 * MaxAddresses

// Steps walks the headers, the most telling first.
func (r AddressRule) Steps(m *Message) []Step {
	headers := headersReceived
	if m.Direction == storage.Sent {
		headers = headersSent
	}
	steps := make([]Step, 0, min(len(m.Participants), maxSteps))
	seen := make(map[string]bool, min(len(m.Participants), MaxAddresses))
	for _, header := range headers {
		for _, p := range m.Participants {
			if p.Header != header {
				continue
			}
			if len(steps) == maxSteps {
				return steps
			}
			step := Step{Header: header, Written: p.Address, Address: Normalize(p.Address), Outcome: outcomeOf(header, m), Rule: r.Name()}
			insider, domain := m.insider(step.Address)
			switch {
			case step.Address == "":
				step.Outcome = NotAddress
			case insider != "":
				step.Outcome, step.OwnDomain = insider, domain
			case step.Outcome != Asked:
			case seen[step.Address]:
				step.Outcome = Repeated
			case len(seen) == MaxAddresses:
				step.Outcome = NotUsed
			default:
				seen[step.Address] = true
			}
			steps = append(steps, step)
		}
	}
	return steps
}

// Links links whoever has an address that was asked.
func (r AddressRule) Links(m *Message, steps []Step, known Known) []Link {
	confidence := Certain
	if m.Direction != storage.Sent {
		confidence = Unauthenticated
		if m.Verdict == Authenticated || m.Verdict == Failed {
			confidence = m.Verdict
		}
	}
	var links []Link
	at := make(map[storage.Ref]int) // where a record's link stands
	for _, step := range steps {
		if step.Outcome != Asked {
			continue
		}
		owners := known[step.Address]
		for _, entity := range owners.Entities {
			ambiguous := owners.More || severalOf(entity.Kind, owners.Entities)
			if i, linked := at[entity.Ref]; linked {
				links[i].Ambiguous = links[i].Ambiguous && ambiguous
				continue
			}
			if len(links) == MaxLinks {
				continue // but what follows may tell that one is not ambiguous
			}
			at[entity.Ref] = len(links)
			links = append(links, Link{
				Entity: entity, Rule: r.Name(), Address: step.Address, Header: step.Header, Confidence: confidence, Ambiguous: ambiguous,
			})
		}
	}
	return links
}

func severalOf(kind storage.Kind, entities []storage.Entity) bool {
	count := 0
	for i := range entities {
		if entities[i].Kind == kind {
			if count++; count > 1 {
				return true
			}
		}
	}
	return false
}
