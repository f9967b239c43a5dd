package linker_test

import (
	"context"
	"fmt"

	"github.com/mailcrm/sdk/linker"
	"github.com/mailcrm/sdk/storage"
)

// A directory is a host that knows three records.
type directory map[string][]storage.Entity

func (d directory) Lookup(_ context.Context, req storage.LookupRequest) (storage.LookupResult, error) {
	var result storage.LookupResult
	for _, address := range req.Addresses {
		for _, entity := range d[address] {
			result.Matches = append(result.Matches, storage.Match{Address: address, Entity: entity})
		}
	}
	return result, nil
}

var crm = directory{
	"elodie@atelier-dubois.example": {{Ref: storage.Ref{Kind: storage.KindContact, ID: "17"}, Name: "Élodie Dubois"}},
	"info@dubois.example": {
		{Ref: storage.Ref{Kind: storage.KindAccount, ID: "4"}, Name: "Dubois Frères"},
		{Ref: storage.Ref{Kind: storage.KindAccount, ID: "9"}, Name: "Dubois Holding"},
	},
}

var received = linker.Message{
	Direction: storage.Received,
	Participants: []linker.Participant{
		{Header: linker.HeaderFrom, Address: "Elodie@Atelier-Dubois.example"},
		{Header: linker.HeaderTo, Address: "jeanne.martin@demo.example"},
		{Header: linker.HeaderTo, Address: "karim@demo.example"},
		{Header: linker.HeaderCc, Address: "info@dubois.example"},
		{Header: linker.HeaderCc, Address: "someone@elsewhere.example"},
	},
	Own:        []string{"jeanne.martin@demo.example"},
	OwnDomains: []string{"demo.example"},
	Verdict:    linker.Authenticated,
}

func Example() {
	l := linker.New(crm, nil)
	results, err := l.Link(context.Background(), []linker.Message{received})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, link := range results[0].Links {
		fmt.Println(link.Entity.Name, "by", link.Header, link.Address, link.Confidence, link.Ambiguous)
	}
	// Output:
	// Élodie Dubois by from elodie@atelier-dubois.example authenticated false
	// Dubois Frères by cc info@dubois.example authenticated true
	// Dubois Holding by cc info@dubois.example authenticated true
}

func ExampleLinker_Explain() {
	explanation, err := linker.New(crm, nil).Explain(context.Background(), received)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, step := range explanation.Steps {
		fmt.Println(step.Header, step.Address, step.Outcome, len(step.Entities))
	}
	// Output:
	// from elodie@atelier-dubois.example linked 1
	// to jeanne.martin@demo.example own 0
	// to karim@demo.example colleague 0
	// cc info@dubois.example linked 2
	// cc someone@elsewhere.example nobody 0
}

func ExampleNormalize() {
	fmt.Println(linker.Normalize("<Élodie@Müller.Example.>"))
	fmt.Println(linker.Normalize("not an address") == "")
	// Output:
	// élodie@xn--mller-kva.example
	// true
}
