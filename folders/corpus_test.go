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

// judge counts the roles that are right, and describes what is wrong, missing and false; waste counts the wrong and false of Trash and Junk.
func (l listing) judge(m Mapping) (right, waste int, faults []string) {
	for _, role := range Roles() {
		if role == Inbox {
			continue
		}
		box, ok := m.Mailbox(role)
		want, expected := l.Expected[role]
		accepted := ok && slices.ContainsFunc(l.Accept[role], func(a string) bool { return DecodeName(a) == box.Name })
		switch {
		case expected && ok && (box.Name == DecodeName(want) || accepted):
			right++
			continue
		case !expected && (!ok || accepted):
			continue
		case ok && (role == Trash || role == Junk):
			waste++
		}
		faults = append(faults, fmt.Sprintf("%s: %s is %q (%s), not %q", l.ID, role, box.Name, m.Find(role).How, DecodeName(want)))
	}
	return right, waste, faults
}

// The bar: core whole, the long tail at 95 %, and nothing wrong or false for Trash and Junk; with and without knowing the provider.
func TestCorpus(t *testing.T) {
	type sum struct{ roles, right, mailboxes, whole, waste int }
	for _, told := range []bool{false, true} {
		sums := map[string]*sum{"core": {}, "longtail": {}}
		for _, l := range readCorpus(t) {
			opts := &Options{PersonalPrefix: l.Prefix}
			if told {
				opts.Provider = l.Provider
			}
			right, waste, faults := l.judge(Map(l.mailboxes(), opts))
			s := sums[l.Tier]
			s.roles, s.right, s.mailboxes, s.waste = s.roles+len(l.Expected), s.right+right, s.mailboxes+1, s.waste+waste
			if len(faults) == 0 {
				s.whole++
			}
			for _, f := range faults {
				t.Log(f)
			}
		}
		core, tail := sums["core"], sums["longtail"]
		t.Logf("provider told %t: core %d of %d roles, %d of %d mailboxes; long tail %d of %d roles, %d of %d mailboxes", told,
			core.right, core.roles, core.whole, core.mailboxes, tail.right, tail.roles, tail.whole, tail.mailboxes)
		require.Equal(t, core.roles, core.right)
		require.Equal(t, core.mailboxes, core.whole)
		require.GreaterOrEqual(t, 100*tail.right, 95*tail.roles)
		require.Zero(t, core.waste+tail.waste)
	}
}

// Without attributes the names must say nearly everything.
func TestCorpusWithoutStatements(t *testing.T) {
	roles, right, waste := 0, 0, 0
	for _, l := range readCorpus(t) {
		boxes := l.mailboxes()
		for i := range boxes {
			boxes[i].Attributes = slices.DeleteFunc(boxes[i].Attributes, func(a string) bool {
				use, selectable := stated([]string{a})
				return selectable && use != "" && use != Inbox
			})
		}
		r, w, faults := l.judge(Map(boxes, &Options{PersonalPrefix: l.Prefix}))
		roles, right, waste = roles+len(l.Expected), right+r, waste+w
		for _, f := range faults {
			t.Log(f)
		}
	}
	t.Logf("%d of %d roles by name alone, %d wrong or false for trash and junk", right, roles, waste)
	require.GreaterOrEqual(t, 100*right, 98*roles)
}
