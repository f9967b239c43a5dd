package folders_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/folders"
)

// A stranger is a mailbox written down from memory of what providers and programs make, by somebody who had not seen the tables.
type stranger struct {
	id       string
	boxes    []folders.Mailbox
	expected map[folders.Role]string
	accept   map[folders.Role][]string
}

// readStrangers reads a file of testdata: a line "# id delimiter", then one with the mailboxes, divided by "; ". "sent=Name" is the mailbox that
// a person would choose, "sent?=Name" another right answer, and "{\\Sent}" behind a name are its attributes.
func readStrangers(t testing.TB, name string) (list []stranger) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	for pair := range slices.Chunk(strings.Split(strings.TrimSuffix(string(text), "\n"), "\n"), 2) {
		head := strings.Fields(pair[0])
		require.Len(t, head, 3, pair[0])
		delimiter := strings.Replace(head[2], "NIL", "", 1)
		s := stranger{id: head[1], expected: map[folders.Role]string{}, accept: map[folders.Role][]string{}}
		for _, line := range strings.Split(pair[1], "; ") {
			roles, path, ok := strings.Cut(line, "=")
			if !ok {
				roles, path = "", line
			}
			path, attributes, _ := strings.Cut(path, " {")
			for role := range strings.SplitSeq(roles, ",") {
				if other, ok := strings.CutSuffix(role, "?"); ok {
					s.accept[folders.Role(other)] = append(s.accept[folders.Role(other)], path)
				} else if role != "" {
					require.Contains(t, folders.Roles(), folders.Role(role), s.id)
					require.NotContains(t, s.expected, folders.Role(role), s.id)
					s.expected[folders.Role(role)] = path
				}
			}
			s.boxes = append(s.boxes, folders.Mailbox{
				Name: path, Delimiter: delimiter, Attributes: strings.Fields(strings.TrimSuffix(attributes, "}")),
			})
		}
		list = append(list, s)
	}
	return list
}

// A score counts what became of the roles of many strangers.
type score struct{ roles, right, boxes, whole, harm int }

func (s *score) add(t testing.TB, one *stranger) {
	t.Helper()
	mapping, whole := folders.Map(one.boxes, nil), true
	for _, role := range folders.Roles()[1:] {
		want, wanted := one.expected[role]
		got, found := mapping.Mailbox(role)
		right := found == wanted && got.Name == want || found && slices.Contains(one.accept[role], got.Name)
		if wanted {
			s.roles++
			if right {
				s.right++
			}
		}
		if right {
			continue
		}
		whole = false
		if found && (role == folders.Trash || role == folders.Junk) {
			s.harm++
		}
		t.Logf("%s: %s is %q, not %q (%s)", one.id, role, got.Name, want, mapping.Find(role).How)
	}
	s.boxes++
	if whole {
		s.whole++
	}
}

func (s *score) percent(part, of int) float64 { return 100 * float64(part) / float64(of) }

// TestStrangers is the nearest that we have to the mailboxes of customers: nobody's tables were written from them.
func TestStrangers(t *testing.T) {
	for _, test := range []struct {
		file         string
		roles, whole float64
	}{{"strangers-core.txt", 99, 97}, {"strangers-hard.txt", 99, 97}, {"strangers-tail.txt", 88, 0}} {
		t.Run(test.file, func(t *testing.T) {
			var s score
			for _, one := range readStrangers(t, test.file) {
				s.add(t, &one)
			}
			t.Logf("%d mailboxes, %d roles: %.1f %% of roles, %.1f %% whole, %d wrong or false for trash and junk",
				s.boxes, s.roles, s.percent(s.right, s.roles), s.percent(s.whole, s.boxes), s.harm)
			require.Zero(t, s.harm)
			require.GreaterOrEqual(t, s.percent(s.right, s.roles), test.roles)
			require.GreaterOrEqual(t, s.percent(s.whole, s.boxes), test.whole)
		})
	}
}
