package web

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
)

func TestParseAddresses(t *testing.T) {
	anke := mailcrm.Address{Name: "Anke Vogel", Address: "anke@nordwind.example"}
	for text, want := range map[string][]mailcrm.Address{
		"":                                   nil,
		"anke@nordwind.example":              {{Address: "anke@nordwind.example"}},
		"Anke Vogel <anke@nordwind.example>": {anke},
		`"Vogel, Anke" <anke@nordwind.example>; a@b.example`:     {{Name: "Vogel, Anke", Address: "anke@nordwind.example"}, {Address: "a@b.example"}},
		"a@b.example,\r\nc@d.example ,":                          {{Address: "a@b.example"}, {Address: "c@d.example"}},
		"René d'Été (Nantes) <rene@ete.example>":                 {{Name: "René d'Été", Address: "rene@ete.example"}},
		"M. Dupont S.A. <d@dupont.example>, x@y.example":         {{Name: "M. Dupont S.A.", Address: "d@dupont.example"}, {Address: "x@y.example"}},
		"=?utf-8?q?Zo=C3=A9?= <zoe@ete.example>":                 {{Name: "Zoé", Address: "zoe@ete.example"}},
		"<anke@nordwind.example>":                                {{Address: "anke@nordwind.example"}},
		"Anke Vogel <anke@nordwind.example>, Anke Vogel <a@b.c>": {anke, {Name: "Anke Vogel", Address: "a@b.c"}},
	} {
		good, rest := parseAddresses(text)
		require.Equal(t, want, good, text)
		require.Empty(t, rest, text)
	}
	good, rest := parseAddresses("camille, a@b.example; @, no one <nobody>")
	require.Equal(t, []mailcrm.Address{{Address: "a@b.example"}}, good)
	require.Equal(t, []string{"camille", "@", "no one <nobody>"}, rest)
}

func FuzzAddresses(f *testing.F) {
	for _, s := range []string{`"a,b" <c@d.e>`, "<>", `"`, "a@b, c", "x <y@z>\n", `\"@\" <a@b.c>`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		good, _ := parseAddresses(text)
		if len(good) > maxEntries {
			t.Fatal("too many")
		}
		// What the form shows is read again as the same addresses.
		again, rest := parseAddresses(list(good))
		if len(rest) > 0 || len(again) != len(good) {
			t.Fatalf("%q became %q, of which %q is no address", text, list(good), rest)
		}
		for i := range good {
			if again[i].Address != good[i].Address {
				t.Fatalf("%q became %q", good[i], again[i])
			}
		}
	})
}
