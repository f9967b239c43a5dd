package mailcrm_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
)

// TestAccountFields: each is a field of the input; those that are required are, and the others are not.
func TestAccountFields(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	required := 0
	for _, f := range mailcrm.AccountFields() {
		in := w.input()
		v := reflect.ValueOf(&in).Elem()
		for name := range strings.SplitSeq(f.Name, ".") {
			v = v.FieldByName(name)
			require.True(t, v.IsValid(), f.Name)
		}
		v.SetZero()
		account, err := w.anna.Accounts.Create(t.Context(), in)
		if f.Required {
			required++
			var fault *mailcrm.FieldError
			require.ErrorAs(t, err, &fault, f.Name)
			require.Equal(t, f.Name, fault.Field)
			continue
		}
		require.NoError(t, err, f.Name)
		require.NoError(t, w.anna.Accounts.Delete(t.Context(), account.ID))
	}
	require.Equal(t, 4, required)
}
