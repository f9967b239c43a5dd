package reports

// Of are the recipients of a report that a sent mail went to, with Address as that mail has it. To are its recipients, normalised. A
// report that names nobody is about the one recipient where there was one. Nothing of a report on others counts: an empty result means
// that it is shown as an ordinary mail, whatever it claims to be about.
func (d *Delivery) Of(to []string) []Recipient {
	sent := make(map[string]bool, len(to))
	for _, a := range to {
		sent[a] = a != ""
	}
	var out []Recipient
	seen := map[string]bool{}
	for _, r := range d.Recipients {
		for _, a := range []string{r.Address, normal(r.Original), normal(r.Final)} {
			if a == "" && r.Address == "" && len(to) == 1 {
				a = to[0]
			}
			if sent[a] && !seen[a] {
				seen[a] = true
				r.Address = a
				out = append(out, r)
				break
			}
		}
	}
	return out
}

// Of says whether a receipt comes from somebody a sent mail went to, and gives his address. To are its recipients, normalised.
func (d *Disposition) Of(to []string) (address string, ok bool) {
	for _, a := range []string{d.Address, normal(d.Final)} {
		for _, sent := range to {
			if a != "" && a == sent {
				return a, true
			}
		}
	}
	return "", false
}
