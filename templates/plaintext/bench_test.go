package plaintext_test

import (
	"os"
	"testing"

	"github.com/mailcrm/sdk/templates/plaintext"
)

func BenchmarkFromHTML(b *testing.B) {
	document, err := os.ReadFile("testdata/newsletter.html")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(document)))
	b.ReportAllocs()
	for b.Loop() {
		plaintext.FromHTML(string(document), nil)
	}
}
