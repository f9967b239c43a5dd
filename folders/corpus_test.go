package folders

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// A listing is a mailbox of the shared corpus: what LIST said, names as on the wire, and what a person would map.
type listing struct {
	ID        string
	Tier      string
	Prefix    string `json:"namespace_prefix"`
	Delimiter string
	Provider  string
	Folders   []struct {
		Name       string
		Attributes []string
	}
	Expected map[Role]string
	Accept   map[Role][]string
}

func readCorpus(t testing.TB) []listing {
	text, err := os.ReadFile(filepath.Join("..", "..", "shared", "data", "mailboxes_dev.json"))
	if err != nil {
		t.Skip("the corpus of mailboxes is not beside the repository (../shared/data/mailboxes_dev.json)")
	}
	var all []listing
	require.NoError(t, json.Unmarshal(text, &all))
	require.NotEmpty(t, all)
	return all
}

func (l listing) mailboxes() []Mailbox {
	var list []Mailbox
	for _, f := range l.Folders {
		list = append(list, Mailbox{Name: DecodeName(f.Name), Delimiter: l.Delimiter, Attributes: f.Attributes})
	}
	return list
}

// judge counts the roles that are right, and describes what is wrong, missing and false.
func (l listing) judge(m Mapping) (right int, faults []string) {
	for _, role := range Roles() {
		if role == Inbox {
			continue
		}
		box, ok := m.Mailbox(role)
		want, expected := l.Expected[role]
		accepted := slices.ContainsFunc(l.Accept[role], func(a string) bool { return DecodeName(a) == box.Name })
		switch {
		case expected && ok && (box.Name == DecodeName(want) || accepted):
			right++
		case expected:
			faults = append(faults, fmt.Sprintf("%s: %s is %q (%s), not %q", l.ID, role, box.Name, m.Find(role).How, DecodeName(want)))
		case ok && !accepted:
			faults = append(faults, fmt.Sprintf("%s: %s is %q (%s), but nothing is", l.ID, role, box.Name, m.Find(role).How))
		}
	}
	return right, faults
}

func TestCorpus(t *testing.T) {
	type sum struct{ roles, right, mailboxes, whole int }
	sums := map[string]*sum{"core": {}, "longtail": {}}
	for _, l := range readCorpus(t) {
		for _, provider := range []string{"", l.Provider} {
			m := Map(l.mailboxes(), &Options{PersonalPrefix: l.Prefix, Provider: provider})
			right, faults := l.judge(m)
			s := sums[l.Tier]
			s.roles += len(l.Expected)
			s.right += right
			s.mailboxes++
			if len(faults) == 0 {
				s.whole++
			}
			for _, f := range faults {
				t.Log(f)
			}
		}
	}
	for tier, s := range sums {
		t.Logf("%s: %d of %d roles, %d of %d mailboxes", tier, s.right, s.roles, s.whole, s.mailboxes)
	}
}
