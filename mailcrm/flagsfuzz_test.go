package mailcrm

import (
	"errors"
	"strings"
	"testing"
)

// FuzzFlags: whatever is typed is an error of the field, or switches that are known.
func FuzzFlags(f *testing.F) {
	for _, s := range []string{"", "/ssl", `/user="a\"b"/tls`, "/user=a b/authuser=c", "/=/==", `/user="`, "/user=\x00", "/imap/ssl/novalidate-cert"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		flags, err := parseFlags("IMAP.Flags", text)
		var field *FieldError
		switch {
		case err != nil && !errors.As(err, &field):
			t.Fatalf("not an error of a field: %v", err)
		case err != nil && field.Field != "IMAP.Flags":
			t.Fatalf("of another field: %v", err)
		case err != nil:
			return
		}
		for _, flag := range flags {
			if err := knownFlag("IMAP.Flags", flag.name, flag.value); err != nil {
				t.Fatalf("%q: %v", text, err)
			}
			if strings.HasSuffix(flag.name, "=") != (flag.value != "") {
				t.Fatalf("%q: %+v", text, flag)
			}
		}
	})
}
