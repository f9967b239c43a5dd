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

// BenchmarkHostile prints what a megabyte of each hostile kind costs. On an idle machine none is below 2 MB/s.
func BenchmarkHostile(b *testing.B) {
	for name, document := range hostile {
		b.Run(name, func(b *testing.B) {
			in := document(1 << 20)
			b.SetBytes(int64(len(in)))
			for b.Loop() {
				plaintext.FromHTML(in, nil)
			}
		})
	}
}
