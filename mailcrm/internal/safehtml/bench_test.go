package safehtml

import (
	"strings"
	"testing"
)

// BenchmarkSanitize cleans a newsletter of 20 KB: tables, styles, links and parked pictures.
func BenchmarkSanitize(b *testing.B) {
	in := `<html><head><style>p{color:red}</style></head><body bgcolor="#ffffff">` + strings.Repeat(`<table width="600" cellpadding="0" cellspacing="0" `+
		`style="border-collapse:collapse;width:100%;max-width:600px"><tr><td align="center" style="padding:10px 20px;font-family:Arial,sans-serif;`+
		`font-size:14px;line-height:1.5;color:#333333"><a href="https://example.com/path?x=1&amp;y=2" style="color:#3869D4;text-decoration:none">A link `+
		`with words</a> and some text that goes on <b>for</b> a while.<img src="https://t.example/i.png" width="100" height="50" alt="Logo"></td></tr></table>`, 40) +
		"</body></html>"
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		Sanitize(in)
	}
}
