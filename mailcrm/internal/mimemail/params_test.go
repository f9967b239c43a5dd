package mimemail

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseParams(t *testing.T) {
	for _, c := range []struct {
		in, value string
		want      params
	}{
		{"text/plain", "text/plain", nil},
		{"TEXT/Plain; Charset=UTF-8", "text/plain", params{{"charset", "UTF-8"}}},
		{`text/plain; charset="utf-8"; format=flowed`, "text/plain", params{{"charset", "utf-8"}, {"format", "flowed"}}},
		{"text/plain; charset=us-ascii (Plain text)", "text/plain", params{{"charset", "us-ascii"}}},
		{"text/plain charset=utf-8", "text/plain", params{{"charset", "utf-8"}}},
		{"text/plain; charset=utf-8 format=flowed", "text/plain", params{{"charset", "utf-8"}, {"format", "flowed"}}},
		{`attachment; filename="a b.pdf"`, "attachment", params{{"filename", "a b.pdf"}}},
		{"attachment; filename=a b.pdf", "attachment", params{{"filename", "a b.pdf"}}},
		{`attachment; filename="a;b.pdf"; size=3`, "attachment", params{{"filename", "a;b.pdf"}, {"size", "3"}}},
		{`attachment; filename="never closed.pdf`, "attachment", params{{"filename", "never closed.pdf"}}},
		{`attachment; filename="a \"b\".pdf"`, "attachment", params{{"filename", `a "b".pdf`}}},
		{`attachment; filename="C:\new\file.txt"`, "attachment", params{{"filename", `C:\new\file.txt`}}},
		{"attachment; filename*=utf-8''R%C3%A9union.pdf", "attachment", params{{"filename", "Réunion.pdf"}}},
		{"attachment; filename*=iso-8859-1'fr'R%E9union.pdf", "attachment", params{{"filename", "Réunion.pdf"}}},
		{"attachment; filename=Reunion.pdf; filename*=utf-8''R%C3%A9union.pdf", "attachment", params{{"filename", "Réunion.pdf"}}},
		{"attachment; filename*0=a; filename*1=b; filename*2=.pdf", "attachment", params{{"filename", "ab.pdf"}}},
		{"attachment; filename*1*=%A9union; filename*0*=utf-8''R%C3; filename*2=.pdf", "attachment", params{{"filename", "Réunion.pdf"}}},
		{"attachment; filename*=R%C3%A9union", "attachment", params{{"filename", "Réunion"}}},
		{"attachment; filename*=utf-8''50%", "attachment", params{{"filename", "50%"}}},
		{"attachment; filename*1=lost", "attachment", nil},
		{"attachment; filename*x=lost; filename*-1=lost; filename*9999=lost", "attachment", nil},
		{`attachment; filename="=?utf-8?q?R=C3=A9union=2Epdf?="`, "attachment", params{{"filename", "Réunion.pdf"}}},
		{"attachment; filename=\"R\xe9union.pdf\"", "attachment", params{{"filename", "Réunion.pdf"}}},
		{"attachment; filename=a; filename=b", "attachment", params{{"filename", "a"}}},
		{"attachment;;; ; filename=a;", "attachment", params{{"filename", "a"}}},
		{"attachment; alone; filename=a", "attachment", params{{"filename", "a"}}},
		{"; filename=a", "", params{{"filename", "a"}}},
		{"filename=a", "", params{{"filename", "a"}}},
		{"", "", nil},
		{"(a comment) text/plain (another); a=b", "text/plain", params{{"a", "b"}}},
		{`multipart/mixed; boundary="=?x?q?a?="`, "multipart/mixed", params{{"boundary", "=?x?q?a?="}}},
	} {
		value, got := parseParams(c.in)
		require.Equal(t, c.value, value, "%q", c.in)
		require.Equal(t, c.want, got, "%q", c.in)
	}
}

func TestParseMediaType(t *testing.T) {
	for in, want := range map[string]string{
		"text/html":             "text/html",
		"Text / HTML ":          "text/html",
		"text":                  "text/plain",
		"html":                  "text/html",
		"image":                 "application/octet-stream",
		"application/":          "application/octet-stream",
		"multipart":             "multipart/mixed",
		"multipart/x y":         "multipart/x",
		"nonsense":              "text/plain",
		"a/b/c":                 "text/plain",
		"":                      "message/rfc822",
		"text/html, text/plain": "text/html",
		"application/x-\u00e9t": "application/octet-stream",
	} {
		got, _ := parseMediaType(in, "message/rfc822")
		require.Equal(t, want, got, "%q", in)
	}
}
