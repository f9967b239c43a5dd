package quotes_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/quotes"
)

// TestMails reads the mails of testdata/mails.txt, with each kind of line end.
func TestMails(t *testing.T) {
	table, err := os.ReadFile("testdata/mails.txt")
	require.NoError(t, err)
	mails := strings.Split(string(table), "\n== ")[1:]
	require.Greater(t, len(mails), 120)
	for _, m := range mails {
		name, text, _ := strings.Cut(m, "\n")
		shown, rest, ok := strings.Cut(text, "~~~~\n")
		require.True(t, ok, name)
		t.Run(name, func(t *testing.T) {
			require.Equal(t, squeeze(shown), squeeze(quotes.Visible(shown+rest)))
			require.Equal(t, squeeze(shown), squeeze(quotes.Visible(strings.ReplaceAll(shown+rest, "\n", "\r\n"))))
			whole(t, shown+rest)
		})
	}
}
