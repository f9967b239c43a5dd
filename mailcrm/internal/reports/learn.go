package reports

import (
	"cmp"
	"slices"
	"strings"

	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
)

// A Server is how an account's own server signs what it found out about mail.
type Server struct {
	// ID is its authserv-id, lower case. "*.example.com" is any below that domain, for servers of several hosts. Empty is a server that
	// states none, as Microsoft 365: it needs Hosts.
	ID string
	// Hops is how many Received fields may stand above its field: none where it writes above its own (RFC 8601 §5), one or more where it
	// writes below, or hands the mail on inside. What stands further down was there before the mail came. At most 10.
	Hops int
	// Hosts are the domains of the hosts that write these Received fields, beside that of ID, lower case.
	Hosts []string
}

const maxHops = 10

// is says whether an authserv-id is the server's.
func (s *Server) is(id string) bool {
	if parent, ok := strings.CutPrefix(s.ID, "*."); ok {
		return strings.HasSuffix(id, "."+parent) && !isPublicSuffix(parent)
	}
	return s.ID == id && (id != "" || len(s.Hosts) > 0)
}

// owns says whether a host that wrote a Received field is the server, or one of those behind it.
func (s *Server) owns(host string) bool {
	if host == "" || isLocalName(host) {
		return s.ID != ""
	}
	id := strings.TrimPrefix(s.ID, "*.")
	if aligned(host, id) || above(host) != "" && above(host) == above(id) {
		return true
	}
	return slices.ContainsFunc(s.Hosts, func(domain string) bool { return host == domain || strings.HasSuffix(host, "."+domain) })
}

// above is the domain in which a host lies, or "" where that may be anybody's.
func above(host string) string {
	_, parent, _ := strings.Cut(host, ".")
	if parent == "" || isPublicSuffix(parent) {
		return ""
	}
	return parent
}

// A Sighting is what the header of one received mail tells about the server that took it. It is small: an account keeps those of its last
// mails (30 or so) and asks [Learn] now and then. Mails that the account sent itself, Junk and Drafts are no sightings.
type Sighting struct {
	Stated bool     `json:"stated,omitempty"` // there is an Authentication-Results field
	ID     string   `json:"id,omitempty"`     // authserv-id of the topmost
	Hops   int      `json:"hops,omitempty"`   // Received fields above it, at most maxHops+1
	By     []string `json:"by,omitempty"`     // hosts that wrote the Received fields above it and the one below
	From   string   `json:"from,omitempty"`   // domain of the From address
}

// Sight reads a sighting from a received mail.
func Sight(m *mimemail.Message) Sighting {
	var s Sighting
	if len(m.From) > 0 {
		s.From = domainOf(m.From[0].Normal())
	}
	for name, value := range m.Header.Fields() {
		switch name {
		case "Received":
			if len(s.By) <= maxHops {
				s.By = append(s.By, cut(byHost(value), 255))
			}
			if s.Stated {
				return s
			}
			s.Hops = min(s.Hops+1, maxHops+1)
		case "Authentication-Results":
			if !s.Stated {
				id, _, ok := parseResults(value)
				s.Stated, s.ID = ok, id
			}
		}
	}
	return s
}

// The numbers of Learn.
const (
	learnFrom    = 5  // sightings of an id at least
	learnSenders = 3  // domains that these mails came from
	learnShare   = 80 // percent of all sightings that must have it topmost
)

// Learn proposes how the account's server signs, from the last mails that it took: the id that stands topmost in nearly all of them
// (80 %, at least 5, from at least 3 domains), so that a sender who forges one in his own mails, to an account whose server writes none,
// would have to send nearly all of its mail. A field below Received counts only when its id belongs to a host that wrote one of these. The
// result is empty when there is no such id; callers keep what they had then.
func Learn(sightings []Sighting) []Server {
	var out []Server
	exact := group8601(sightings, func(s Sighting) (string, bool) { return s.ID, s.Stated })
	if len(exact) == 0 {
		exact = group8601(sightings, func(s Sighting) (string, bool) {
			parent := above(s.ID)
			return "*." + parent, s.Stated && parent != ""
		})
	}
	for _, g := range exact {
		if server, ok := g.server(); ok {
			out = append(out, server)
		}
	}
	return out
}

// A sighted is an id with the sightings that have it.
type sighted struct {
	id  string
	all []Sighting
}

// group8601 gives the ids that are seen often enough.
func group8601(sightings []Sighting, key func(Sighting) (string, bool)) []sighted {
	byID := map[string][]Sighting{}
	for _, s := range sightings {
		if id, ok := key(s); ok {
			byID[id] = append(byID[id], s)
		}
	}
	var out []sighted
	for id, list := range byID {
		senders := map[string]bool{}
		for _, s := range list {
			senders[s.From] = true
		}
		if len(list) >= learnFrom && len(senders) >= learnSenders && len(list)*100 >= learnShare*len(sightings) {
			out = append(out, sighted{id, list})
		}
	}
	return out
}

// server makes a Server of an id that was seen often enough.
func (g sighted) server() (Server, bool) {
	s := Server{ID: g.id}
	hops := make([]int, 0, len(g.all))
	domains := map[string]int{}
	for _, seen := range g.all {
		hops = append(hops, seen.Hops)
		own := map[string]bool{}
		for _, by := range seen.By[:min(seen.Hops, len(seen.By))] {
			if !isLocalName(by) {
				own[organisation(by)] = true
			}
		}
		for d := range own {
			domains[d]++
		}
	}
	slices.Sort(hops)
	s.Hops = hops[(len(hops)-1)*9/10] // one in ten may be odd
	if s.Hops > maxHops {
		return Server{}, false
	}
	for d, n := range domains {
		if n*2 >= len(g.all) && d != "" {
			s.Hosts = append(s.Hosts, d)
		}
	}
	slices.SortFunc(s.Hosts, func(a, b string) int { return cmp.Or(domains[b]-domains[a], strings.Compare(a, b)) })
	s.Hosts = s.Hosts[:min(len(s.Hosts), 4)]
	if s.Hops == 0 {
		return s, g.id != ""
	}
	if g.id == "" {
		return s, len(s.Hosts) > 0
	}
	// Below Received the sender writes too: the id has to be of a host that took the mail.
	of := 0
	for _, seen := range g.all {
		bare := Server{ID: g.id}
		if slices.ContainsFunc(seen.By, func(by string) bool { return !isLocalName(by) && bare.owns(by) }) {
			of++
		}
	}
	return s, of*100 >= learnShare*len(g.all)
}

// organisation is the domain of a host for Hosts: its last two labels, or three where two are anybody's.
func organisation(host string) string {
	labels := strings.Split(host, ".")
	last := strings.Join(labels[max(0, len(labels)-2):], ".")
	if isPublicSuffix(last) {
		last = strings.Join(labels[max(0, len(labels)-3):], ".")
	}
	return last
}
