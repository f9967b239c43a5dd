package house

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAHostInheritsFewPackages counts the packages, the standard library's
// included, that go into a host's program.
func TestAHostInheritsFewPackages(t *testing.T) {
	for _, host := range []struct {
		name  string
		rooms []string
		below int
	}{
		{"core", []string{"mailcrm", "storage"}, 350},
		{"SQLite", []string{"mailcrm", "storage", "mailcrm/sqlite"}, 430},
		{"PostgreSQL", []string{"mailcrm", "storage", "mailcrm/postgres"}, 430},
	} {
		t.Run(host.name, func(t *testing.T) {
			command := []string{"go", "list", "-deps"}
			for _, r := range host.rooms {
				if !exists(filepath.Join(root(t), r)) {
					t.Skipf("room %s does not stand yet", r)
				}
				command = append(command, "./"+r)
			}
			packages := strings.Fields(run(t, root(t), command...))
			t.Logf("%d packages, the host's own included", len(packages)+1)
			require.Less(t, len(packages)+1, host.below)
			for _, heavy := range []string{"github.com/emersion/go-smtp", "google.golang.org/grpc", "testing", module + "/mailcrm/mailcrmtest"} {
				require.False(t, slices.Contains(packages, heavy), "%s goes into every host", heavy)
			}
		})
	}
}
