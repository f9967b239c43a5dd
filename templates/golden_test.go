package templates_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/templates"
)

var update = flag.Bool("update", false, "write the golden files anew")

// A whole mail in each context and both languages; the HTML holds what Outlook and the builders of newsletters write.
func TestGolden(t *testing.T) {
	for extension, ctx := range map[string]templates.Context{"html": templates.HTML, "text": templates.PlainText, "header": templates.Header} {
		source, err := os.ReadFile(filepath.Join("testdata", "quote."+extension))
		require.NoError(t, err)
		for _, locale := range []string{"fr", "en"} {
			t.Run(extension+" "+locale, func(t *testing.T) {
				got := merge(t, string(source), ctx, &templates.RenderOptions{Locale: locale})
				require.Empty(t, got.Missing)
				golden := filepath.Join("testdata", "quote."+extension+"."+locale+".golden")
				if *update {
					require.NoError(t, os.WriteFile(golden, []byte(got.Output), 0o644))
				}
				want, err := os.ReadFile(golden)
				require.NoError(t, err)
				require.Equal(t, string(want), got.Output)
				if ctx == templates.HTML {
					require.Equal(t, strings.Count(string(source), "<!--["), strings.Count(got.Output, "<!--["), "Outlook's comments survive")
				}
			})
		}
	}
}
