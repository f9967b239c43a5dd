package mimemail

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMessageIDs(t *testing.T) {
	for in, want := range map[string][]string{
		"<a@b>":                     {"a@b"},
		" <a@b> <c@d>\t<a@b>":       {"a@b", "c@d"},
		"<a@b>,<c@d>":               {"a@b", "c@d"},
		"<a@b":                      {"a@b"},
		"a@b":                       {"a@b"},
		"Your mail of Monday <a@b>": {"a@b"},
		"mail of \"John\" a@b c@d":  {"a@b", "c@d"},
		"<long id@with fold>":       {"longid@withfold"},
		"<a\x00b@c>":                {"ab@c"},
		"<no-at-sign>":              {"no-at-sign"},
		"no-at-sign":                {"no-at-sign"},
		"no identifier here":        nil,
		"<>":                        nil,
		"":                          nil,
		"<[192.0.2.1]@x> <<a@b>>":   {"[192.0.2.1]@x", "a@b"},
	} {
		require.Equal(t, want, messageIDs(in, nil), "%q", in)
	}
}

func TestMessageIDBounds(t *testing.T) {
	var list []Defect
	d := defects{list: &list}
	require.Len(t, messageID("<"+strings.Repeat("a", maxIDLength)+">", &d), maxIDLength)
	require.Empty(t, list)
	require.Empty(t, messageID("<"+strings.Repeat("a", maxIDLength+1)+">", &d))
	require.Equal(t, []Defect{{Code: IDUnusable}}, list)
	var refs strings.Builder
	for i := range maxIDs + 5 {
		fmt.Fprintf(&refs, "<%d@x> ", i)
	}
	got := messageIDs(refs.String(), &d)
	require.Len(t, got, maxIDs)
	require.Equal(t, "0@x", got[0], "the first names the thread")
	require.Equal(t, fmt.Sprintf("%d@x", maxIDs+4), got[maxIDs-1], "the newest is the parent")
	require.Contains(t, list, Defect{Code: TooManyIDs})
}

func TestListID(t *testing.T) {
	for in, want := range map[string]string{
		"Our list <News.Example.COM>": "news.example.com",
		"news.example.com":            "news.example.com",
		"<a.b":                        "a.b",
		"":                            "",
	} {
		require.Equal(t, want, listID(in))
	}
}
