package mimemail

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// vectors reads one file of field values and what another parser read from them.
func vectors[T any](t *testing.T, name string) (list []struct {
	Header   string
	Expected T
},
) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(corpora(t), "stalwart-mail-parser", "resources", name))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, &list))
	require.NotEmpty(t, list)
	return list
}

func unfold(s string) string {
	h, _ := parseHeader([]byte("X: "+s+"\r\n"), nil, "")
	return h.Get("X")
}

func TestAddressVectors(t *testing.T) {
	type address struct{ Name, Address *string }
	type expected struct {
		List  []address
		Group []struct {
			Name      *string
			Addresses []address
		}
	}
	agree := 0
	list := vectors[expected](t, "address.json")
	for _, v := range list {
		want := v.Expected.List
		for _, g := range v.Expected.Group {
			want = append(want, g.Addresses...)
		}
		var theirs, ours []string
		show := func(name, address string) string { return name + " <" + address + ">" }
		for _, a := range want {
			var n, d string
			if a.Name != nil {
				n = *a.Name
			}
			if a.Address != nil {
				d = *a.Address
			}
			theirs = append(theirs, show(n, d))
		}
		for _, a := range parseAddresses(unfold(v.Header), "", nil, nil) {
			ours = append(ours, show(a.Name, a.Address))
		}
		if strings.Join(theirs, "\n") == strings.Join(ours, "\n") {
			agree++
			continue
		}
		// Theirs adds comments to a name that is there, keeps "mailto:" and a name that repeats the address.
		require.Len(t, ours, len(theirs)-extra(v.Header), "%q\nours   %q\ntheirs %q", v.Header, ours, theirs)
	}
	require.GreaterOrEqual(t, agree, 38, "of %d", len(list))
}

// extra are the entries that are only a comment, which is no address to us.
func extra(header string) int {
	if strings.Contains(header, "the end of the group") || strings.Contains(header, "Hidden recipients") {
		return 1
	}
	return 0
}

func TestDateVectors(t *testing.T) {
	type expected struct {
		Year, Month, Day, Hour, Minute, Second int
		Before                                 bool `json:"tz_before_gmt"`
		ZoneHour                               int  `json:"tz_hour"`
		ZoneMinute                             int  `json:"tz_minute"`
	}
	differ := 0
	list := vectors[*expected](t, "date.json")
	for _, v := range list {
		got, ok := parseDate(unfold(v.Header))
		if v.Expected == nil {
			continue // a comment that never ends, and months that do not exist: what we make of it is in TestParseDate
		}
		e := v.Expected
		zone := (e.ZoneHour*60 + e.ZoneMinute) * 60
		if e.Before {
			zone = -zone
		}
		want := time.Date(e.Year, time.Month(e.Month), e.Day, e.Hour, e.Minute, e.Second, 0, time.FixedZone("", zone))
		if !ok || !want.Equal(got) {
			differ++
			t.Logf("%q: theirs %v, ours %v", v.Header, want, got)
		}
	}
	require.LessOrEqual(t, differ, 3, "months as numbers, and the date of a Received field")
	require.Greater(t, len(list), 30)
}

func TestIDVectors(t *testing.T) {
	differ := 0
	for _, v := range vectors[[]string](t, "id.json") {
		got := messageIDs(unfold(v.Header), nil)
		if strings.Join(got, "\n") != strings.Join(v.Expected, "\n") {
			differ++
			t.Logf("%q: theirs %q, ours %q", v.Header, v.Expected, got)
		}
	}
	require.LessOrEqual(t, differ, 2, "white space inside an identifier, and one behind an empty line")
}

func TestContentTypeVectors(t *testing.T) {
	type expected struct {
		Type       string  `json:"c_type"`
		Subtype    *string `json:"c_subtype"`
		Attributes [][2]string
	}
	differ := 0
	list := vectors[*expected](t, "content_type.json")
	for _, v := range list {
		value, got := parseMediaType(unfold(v.Header), "")
		if v.Expected == nil {
			require.Equal(t, "text/plain", value, "%q: no type is plain text", v.Header)
			continue
		}
		want := v.Expected.Type
		if v.Expected.Subtype != nil {
			want += "/" + *v.Expected.Subtype
		}
		same := value == want && len(got) == len(v.Expected.Attributes)
		for _, a := range v.Expected.Attributes {
			same = same && got.get(strings.ToLower(a[0])) == a[1]
		}
		if !same {
			differ++
			t.Logf("%q:\n theirs %q %q\n ours   %q %q", v.Header, want, v.Expected.Attributes, value, got)
		}
	}
	require.LessOrEqual(t, differ, 30, "languages, dispositions, and types that are none, of %d", len(list))
}

func TestUnstructuredVectors(t *testing.T) {
	differ := 0
	for _, v := range vectors[string](t, "unstructured.json") {
		got := oneLine(decodeWords(unfold(v.Header), ""))
		if got != v.Expected {
			differ++
			t.Logf("%q: theirs %q, ours %q", v.Header, v.Expected, got)
		}
	}
	require.LessOrEqual(t, differ, 5, "white space around a word that touches its neighbour")
}
