package folders

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// manyMailboxes is a large account: real roles among projects, years, and names that must be folded the slow way.
func manyMailboxes(n int) []Mailbox {
	list := []Mailbox{
		{Name: "INBOX", Delimiter: "/"},
		{Name: "Éléments envoyés", Delimiter: "/"},
		{Name: "Brouillons", Delimiter: "/"},
		{Name: "Corbeille", Delimiter: "/"},
		{Name: "Courrier indésirable", Delimiter: "/"},
		{Name: "Archives", Delimiter: "/"},
	}
	word := func(i int) string {
		return string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i/676%26))
	}
	for i := 0; len(list) < n; i++ {
		name := fmt.Sprintf("Clients/%c/Société n° %d/Échanges %d", 'A'+i%26, i/4, 2000+i%25)
		switch i % 4 { // three of four lie at the root, without digits: every step looks at them
		case 1:
			name = "Dossier réglé " + word(i)
		case 2:
			name = "Project " + word(i) + " mails"
		case 3:
			name = "顧客" + word(i) + " メール"
		}
		list = append(list, Mailbox{Name: name, Delimiter: "/", Attributes: []string{`\HasNoChildren`, `\Unmarked`}})
	}
	return list
}

func BenchmarkMap5000(b *testing.B) {
	list := manyMailboxes(5000)
	Map(list, nil) // the tables are read once
	b.ReportAllocs()
	for b.Loop() {
		Map(list, nil)
	}
}

func BenchmarkMap20(b *testing.B) {
	list := manyMailboxes(20)
	b.ReportAllocs()
	for b.Loop() {
		Map(list, nil)
	}
}

func BenchmarkReadTable(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := readTable(languageFiles); err != nil {
			b.Fatal(err)
		}
	}
}

// A mailbox costs a few allocations, however many there are.
func TestAllocationsGrowWithTheListing(t *testing.T) {
	for _, n := range []int{500, 5000} {
		list := manyMailboxes(n)
		Map(list, nil)
		require.Less(t, testing.AllocsPerRun(3, func() { Map(list, nil) }), float64(4*n))
	}
}
