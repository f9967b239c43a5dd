package linker

import (
	"fmt"
	"testing"

	"github.com/mailcrm/sdk/storage"
)

// 10,000 mails of 2,000 correspondents, five participants each: what a first sync links.
func BenchmarkLink(b *testing.B) {
	h := &host{records: map[string][]string{}}
	for i := range 2000 {
		h.records[fmt.Sprintf("person%d@client%d.example", i, i%300)] = []string{fmt.Sprintf("contact/c%d", i)}
	}
	own, domains := []string{"jeanne@own.example"}, []string{"own.example"}
	messages := make([]Message, 10000)
	for i := range messages {
		n := (i * 7919) % 2000
		messages[i] = mail(fmt.Sprintf("from: person%d@client%d.example", n, n%300), "to: jeanne@own.example karim@own.example",
			fmt.Sprintf("cc: stranger%d@else.example Person%d@client%d.example", i%5000, (n+1)%2000, (n+1)%2000%300))
		messages[i].Direction, messages[i].Own, messages[i].OwnDomains = storage.Received, own, domains
	}
	for _, test := range []struct {
		name string
		warm bool
	}{{"cold", false}, {"warm", true}} {
		b.Run(test.name, func(b *testing.B) {
			l := New(h, nil)
			b.ReportAllocs()
			for b.Loop() {
				if !test.warm {
					l.InvalidateAll("")
				}
				if _, err := l.Link(b.Context(), messages); err != nil {
					b.Fatal(err)
				}
				h.questions()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10000, "ns/mail")
		})
	}
}
