package linker

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/mailcrm/sdk/storage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A host is a Directory made of "address: kind/id kind/id", the same for every tenant, that notes what it is asked.
type host struct {
	mu      sync.Mutex
	records map[string][]string
	asked   [][]string
	answer  func(req storage.LookupRequest, result storage.LookupResult) (storage.LookupResult, error) // nil: as it stands
}

func (h *host) Lookup(ctx context.Context, req storage.LookupRequest) (storage.LookupResult, error) {
	if err := ctx.Err(); err != nil {
		return storage.LookupResult{}, err
	}
	h.mu.Lock()
	h.asked = append(h.asked, slices.Clone(req.Addresses))
	var result storage.LookupResult
	for _, address := range req.Addresses {
		for _, record := range h.records[address] {
			result.Matches = append(result.Matches, storage.Match{Address: address, Entity: entity(req.Tenant, record)})
		}
	}
	answer := h.answer
	h.mu.Unlock()
	if answer != nil {
		return answer(req, result)
	}
	return result, nil
}

// questions are the addresses of each look-up so far, and forgets them.
func (h *host) questions() [][]string {
	h.mu.Lock()
	defer h.mu.Unlock()
	asked := h.asked
	h.asked = nil
	return asked
}

func entity(tenant storage.Tenant, record string) storage.Entity {
	kind, id, _ := strings.Cut(record, "/")
	return storage.Entity{Ref: storage.Ref{Tenant: tenant, Kind: storage.Kind(kind), ID: id}, Name: "Name of " + id}
}

// mail is a received mail from "header: address address" lines.
func mail(lines ...string) Message {
	var m Message
	for _, line := range lines {
		header, addresses, _ := strings.Cut(line, ": ")
		for address := range strings.FieldsSeq(addresses) {
			m.Participants = append(m.Participants, Participant{Header: header, Address: address})
		}
	}
	return m
}

func sent(lines ...string) Message {
	m := mail(lines...)
	m.Direction = storage.Sent
	return m
}

// show writes links as "kind/id by header address", with "?" for ambiguous ones.
func show(links []Link) []string {
	var lines []string
	for _, l := range links {
		line := fmt.Sprintf("%s/%s by %s %s", l.Entity.Kind, l.Entity.ID, l.Header, l.Address)
		if l.Ambiguous {
			line += " ?"
		}
		lines = append(lines, line)
	}
	return lines
}

func TestAddressRule(t *testing.T) {
	records := map[string][]string{
		"ann@acme.example":    {"contact/ann"},
		"ann@home.example":    {"contact/ann"},
		"info@acme.example":   {"account/acme", "account/holding", "contact/reception"},
		"paul@miller.example": {"contact/paul"},
		"me@own.example":      {"contact/me"}, // a CRM that has ourselves among its contacts
		"bob@own.example":     {"contact/bob"},
		"agent@gmail.com":     {"contact/agent"},
		"carol@gmail.com":     {"contact/carol"},
		"list@lists.example":  {"account/list"},
	}
	insiders := func(m Message) Message {
		m.Own, m.Colleagues, m.OwnDomains = []string{"Me@Own.example"}, []string{"AGENT@gmail.com"}, []string{"own.example", "gmail.com"}
		return m
	}
	withList := func(m Message) Message {
		m.ListID = "news.lists.example"
		return m
	}
	for _, test := range []struct {
		name string
		m    Message
		want []string
	}{
		{"nobody", mail(), nil},
		{"received, by its sender", mail("from: ann@acme.example"), []string{"contact/ann by from ann@acme.example"}},
		{"received, by who got it too", mail("from: x@y.example", "to: me@own.example paul@miller.example", "cc: ann@acme.example"), []string{
			"contact/paul by to paul@miller.example", "contact/ann by cc ann@acme.example",
		}},
		{"received, by Sender", mail("from: boss@y.example", "sender: ann@acme.example"), []string{"contact/ann by sender ann@acme.example"}},
		{"received, by Reply-To: a contact form", mail("from: me@own.example", "reply-to: ann@acme.example", "to: me@own.example"), []string{"contact/ann by reply-to ann@acme.example"}},
		{"received through a list, Reply-To is the list's", withList(mail("from: ann@acme.example", "reply-to: list@lists.example")), []string{"contact/ann by from ann@acme.example"}},
		{"received, Bcc is not read", mail("from: x@y.example", "bcc: ann@acme.example"), nil},
		{"sent, by its recipients", sent("from: me@own.example", "to: ann@acme.example", "cc: paul@miller.example", "bcc: list@lists.example"), []string{
			"contact/ann by to ann@acme.example", "contact/paul by cc paul@miller.example", "account/list by bcc list@lists.example",
		}},
		{"sent, not by who sent it", sent("from: ann@acme.example", "sender: paul@miller.example", "reply-to: list@lists.example", "to: x@y.example"), nil},
		{"several of one kind", mail("from: info@acme.example"), []string{
			"account/acme by from info@acme.example ?", "account/holding by from info@acme.example ?", "contact/reception by from info@acme.example",
		}},
		{"whole addresses", mail("from: nn@acme.example", "to: ann@acme.example.com ann+x@acme.example a.nn@acme.example xann@acme.example ann@mail.acme.example"), nil},
		{"in whatever form", mail("from: ANN@Acme.EXAMPLE."), []string{"contact/ann by from ann@acme.example"}},
		{"two addresses of one record", mail("from: ann@home.example", "cc: ann@acme.example"), []string{"contact/ann by from ann@home.example"}},
		{"one address in two headers", mail("cc: ann@acme.example", "from: ann@acme.example"), []string{"contact/ann by from ann@acme.example"}},
		{"own and colleagues", mail("from: ME@own.example", "reply-to: bob@own.example", "to: agent@gmail.com ann@acme.example"), []string{"contact/ann by to ann@acme.example"}},
		{"a public domain makes no colleagues", mail("from: carol@gmail.com"), []string{"contact/carol by from carol@gmail.com"}},
		{"a subdomain is another domain", mail("from: ann@sub.own.example"), nil},
		{"other headers", mail("delivered-to: ann@acme.example", "resent-to: ann@acme.example"), nil},
		{"no addresses", mail("from: undisclosed", "to: a@b@c @ <> a@"), nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := New(&host{records: records}, nil)
			test.m.ID = "m1"
			results, err := l.Link(t.Context(), []Message{insiders(test.m)})
			require.NoError(t, err)
			require.Len(t, results, 1)
			require.Equal(t, "m1", results[0].Message)
			require.False(t, results[0].Pending)
			require.Equal(t, test.want, show(results[0].Links))
		})
	}
}

func TestSubdomainOfOwnIsNoColleague(t *testing.T) {
	m := mail("from: ann@sub.own.example")
	m.OwnDomains = []string{"own.example"}
	results, err := New(&host{records: map[string][]string{"ann@sub.own.example": {"contact/ann"}}}, nil).Link(t.Context(), []Message{m})
	require.NoError(t, err)
	require.Len(t, results[0].Links, 1)
}

// A record that two addresses lead to is ambiguous only if both are.
func TestAmbiguousThroughOneAddressOnly(t *testing.T) {
	l := New(&host{records: map[string][]string{"info@x.example": {"account/a", "account/b"}, "a@x.example": {"account/a"}}}, nil)
	results, err := l.Link(t.Context(), []Message{mail("from: info@x.example", "cc: a@x.example")})
	require.NoError(t, err)
	require.Equal(t, []string{"account/a by from info@x.example", "account/b by from info@x.example ?"}, show(results[0].Links))
	results, err = l.Link(t.Context(), []Message{mail("from: a@x.example", "cc: info@x.example")})
	require.NoError(t, err)
	require.Equal(t, []string{"account/a by from a@x.example", "account/b by cc info@x.example ?"}, show(results[0].Links))
}

func TestConfidence(t *testing.T) {
	l := New(&host{records: map[string][]string{"ann@acme.example": {"contact/ann"}}}, nil)
	for _, test := range []struct {
		direction storage.Direction
		verdict   Confidence
		want      Confidence
	}{
		{storage.Received, "", Unauthenticated},
		{storage.Received, Unauthenticated, Unauthenticated},
		{storage.Received, Authenticated, Authenticated},
		{storage.Received, Failed, Failed},
		{storage.Received, Certain, Unauthenticated}, // that is a person's word
		{storage.Received, "nonsense", Unauthenticated},
		{storage.Sent, "", Certain},
		{storage.Sent, Failed, Certain}, // nobody forges what we send
		{"", Failed, Failed},
	} {
		m := mail("to: ann@acme.example")
		m.Direction, m.Verdict = test.direction, test.verdict
		results, err := l.Link(t.Context(), []Message{m})
		require.NoError(t, err)
		require.Equal(t, test.want, results[0].Links[0].Confidence, "%s %s", test.direction, test.verdict)
		require.Equal(t, "address", results[0].Links[0].Rule)
	}
}

func TestBounds(t *testing.T) {
	h := &host{records: map[string][]string{}}
	var addresses []string
	for i := range 3 * MaxAddresses {
		address := fmt.Sprintf("a%d@x.example", i)
		addresses = append(addresses, address)
		h.records[address] = []string{fmt.Sprintf("contact/c%d", i), fmt.Sprintf("account/a%d", i)}
	}
	l := New(h, nil)
	m := mail("cc: "+strings.Join(addresses, " "), "from: a7@x.example")
	results, err := l.Link(t.Context(), []Message{m})
	require.NoError(t, err)
	require.Len(t, results[0].Links, MaxLinks)
	require.Equal(t, HeaderFrom, results[0].Links[0].Header, "the most telling header is not crowded out")
	asked := 0
	for _, batch := range h.questions() {
		asked += len(batch)
	}
	require.Equal(t, MaxAddresses, asked)

	e, err := l.Explain(t.Context(), m)
	require.NoError(t, err)
	require.Len(t, e.Steps, maxSteps)
	require.Equal(t, NotUsed, e.Steps[maxSteps-1].Outcome)
}

func TestMaxEntities(t *testing.T) {
	h := &host{records: map[string][]string{}}
	for i := range 300 {
		h.records["crowd@x.example"] = append(h.records["crowd@x.example"], fmt.Sprintf("contact/c%03d", 299-i))
	}
	for limit, want := range map[int]int{0: DefaultMaxEntities, 5: 5, 1: 1, 1000: 300} {
		l := New(h, &Options{MaxEntities: limit})
		results, err := l.Link(t.Context(), []Message{mail("from: crowd@x.example")})
		require.NoError(t, err)
		require.Len(t, results[0].Links, want)
		require.Equal(t, "c000", results[0].Links[0].Entity.ID, "always the same ones")
		require.True(t, results[0].Links[0].Ambiguous, "others have it too")
		e, err := l.Explain(t.Context(), mail("from: crowd@x.example"))
		require.NoError(t, err)
		require.Equal(t, want < 300, e.Steps[0].More)
	}
}

// A rule of a host's own: whoever writes to sales@ belongs to the deal of that name.
type salesRule struct{}

func (salesRule) Name() string { return "sales" }

func (salesRule) Steps(m *Message) []Step {
	var steps []Step
	for _, p := range m.Participants {
		if p.Address == "sales@own.example" {
			steps = append(steps, Step{Rule: "sales", Header: p.Header, Written: p.Address, Address: p.Address, Outcome: Asked})
		}
	}
	return steps
}

func (salesRule) Links(_ *Message, steps []Step, known Known) []Link {
	var links []Link
	for _, step := range steps {
		for _, e := range known[step.Address].Entities {
			links = append(links, Link{Entity: e, Rule: "sales", Address: step.Address, Header: step.Header, Confidence: Certain})
		}
	}
	return links
}

func TestTwoRules(t *testing.T) {
	h := &host{records: map[string][]string{"sales@own.example": {"deal/spring", "contact/ann"}, "ann@acme.example": {"contact/ann"}}}
	m := mail("from: ann@acme.example", "to: sales@own.example")
	m.OwnDomains = []string{"own.example"}
	l := New(h, &Options{Rules: []Rule{AddressRule{}, salesRule{}}})
	results, err := l.Link(t.Context(), []Message{m})
	require.NoError(t, err)
	require.Equal(t, []string{"contact/ann by from ann@acme.example", "deal/spring by to sales@own.example"}, show(results[0].Links), "each record once, by the first rule")
	require.Len(t, h.questions(), 1, "the rules ask together")
	e, err := l.Explain(t.Context(), m)
	require.NoError(t, err)
	var outcomes []string
	for _, step := range e.Steps {
		outcomes = append(outcomes, fmt.Sprint(step.Rule, " ", step.Header, " ", step.Outcome))
	}
	require.Equal(t, []string{"address from linked", "address to colleague", "sales to linked"}, outcomes)
}

func TestExplain(t *testing.T) {
	h := &host{records: map[string][]string{"ann@acme.example": {"contact/ann"}, "info@acme.example": {"account/acme", "account/holding"}}}
	m := mail("from: Ann@Acme.example", "reply-to: list@lists.example", "to: me@own.example bob@own.example agent@home.example nobody@x.example ann@acme.example junk",
		"cc: info@acme.example", "bcc: ann@acme.example")
	m.ID, m.ListID = "m1", "lists.example"
	m.Own, m.Colleagues, m.OwnDomains = []string{"me@own.example"}, []string{"agent@home.example"}, []string{"own.example"}
	e, err := New(h, nil).Explain(t.Context(), m)
	require.NoError(t, err)
	require.Equal(t, "m1", e.Message)
	require.False(t, e.Pending)
	var lines []string
	for _, s := range e.Steps {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s = %s: %s %s %d", s.Header, s.Written, s.Address, s.Outcome, s.OwnDomain, len(s.Entities))))
	}
	require.Equal(t, []string{
		"from Ann@Acme.example = ann@acme.example: linked  1",
		"reply-to list@lists.example = list@lists.example: mailing_list  0",
		"to me@own.example = me@own.example: own  0",
		"to bob@own.example = bob@own.example: colleague own.example 0",
		"to agent@home.example = agent@home.example: colleague  0",
		"to nobody@x.example = nobody@x.example: nobody  0",
		"to ann@acme.example = ann@acme.example: repeated  0",
		"to junk = : not_address  0",
		"cc info@acme.example = info@acme.example: linked  2",
		"bcc ann@acme.example = ann@acme.example: not_read  0",
	}, lines)
	require.Equal(t, []string{"contact/ann by from ann@acme.example", "account/acme by cc info@acme.example ?", "account/holding by cc info@acme.example ?"}, show(e.Links))

	h.answer = func(storage.LookupRequest, storage.LookupResult) (storage.LookupResult, error) {
		return storage.LookupResult{}, storage.ErrUnavailable
	}
	e, err = New(h, nil).Explain(t.Context(), m)
	require.ErrorIs(t, err, storage.ErrUnavailable)
	require.True(t, e.Pending)
	require.Empty(t, e.Links)
	require.Equal(t, Waiting, e.Steps[0].Outcome)
	require.Equal(t, Own, e.Steps[2].Outcome, "what needs no host is told all the same")
}

func TestPublicDomain(t *testing.T) {
	for domain, want := range map[string]bool{"gmail.com": true, "GMAIL.com.": true, "@orange.fr": true, "acme.example": false, "": false, "mail.gmail.com": false} {
		require.Equal(t, want, PublicDomain(domain), domain)
	}
	for domain := range publicDomains {
		require.Equal(t, domain, normalDomain(domain), "the table is normalised")
	}
}

func TestNormalizePasted(t *testing.T) {
	for written, want := range map[string]string{
		" Ann@Example.com \n": "ann@example.com", "<ann@example.com>": "ann@example.com", " < ann@example.com > ": "ann@example.com",
		"<ann@example.com": "", "Ann <ann@example.com>": "", "<<ann@example.com>>": "", "ann": "",
	} {
		require.Equal(t, want, Normalize(written), "%q", written)
	}
}
