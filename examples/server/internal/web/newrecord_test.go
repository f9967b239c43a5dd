package web

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
)

func TestNamesFromAddresses(t *testing.T) {
	for _, c := range []struct {
		in          mailcrm.Address
		first, last string
		company     string
	}{
		{mailcrm.Address{Name: "Anke Vogel", Address: "anke.vogel@nordwind.example"}, "Anke", "Vogel", "Nordwind"},
		{mailcrm.Address{Name: "Vogel, Anke", Address: "a@mail.nordwind.example"}, "Anke", "Vogel", "Nordwind"},
		{mailcrm.Address{Address: "clara.vasseur@gmail.com"}, "Clara", "Vasseur", ""},
		{mailcrm.Address{Name: "x@y.example", Address: "info@tables-lumiere.example"}, "Info", "", "Tables Lumiere"},
		{mailcrm.Address{Name: "Jean de la Fontaine", Address: "j@localhost"}, "Jean", "de la Fontaine", ""},
		{mailcrm.Address{}, "", "", ""},
	} {
		first, last := personName(c.in)
		require.Equal(t, [3]string{c.first, c.last, c.company}, [3]string{first, last, companyName(c.in.Address)}, "%v", c.in)
	}
}

func TestOnlyOurOwnPages(t *testing.T) {
	for target, want := range map[string]bool{
		"/inbox?q=x": true, "/": true, "//evil.example": false, "https://evil.example": false, "": false, "/\\evil.example": false, "javascript:alert(1)": false,
		"/a\r\nSet-Cookie: x": false, "inbox": false,
	} {
		require.Equal(t, want, local(target), target)
	}
	require.Equal(t, "/inbox?q=b", address("/inbox?done=x&q=a", "done", "", "q", "b"))
}
