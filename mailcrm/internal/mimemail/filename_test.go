package mimemail

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// TestCleanFileName has the names of FAULTS S12.
func TestCleanFileName(t *testing.T) {
	for in, want := range map[string]string{
		"report.pdf":                          "report.pdf",
		"Réunion de mars.pdf":                 "Réunion de mars.pdf",
		"Re\u0301union.pdf":                   "Réunion.pdf",
		"../../etc/passwd":                    "passwd",
		"/etc/passwd":                         "passwd",
		`C:\Windows\system32\cmd.exe`:         "cmd.exe",
		`..\..\boot.ini`:                      "boot.ini",
		"C:boot.ini":                          "boot.ini",
		"a:b.txt":                             "b.txt",
		"folder/":                             "folder_",
		"..":                                  "",
		".":                                   "",
		"...":                                 "",
		".htaccess":                           "htaccess",
		"a\x00b.pdf":                          "ab.pdf",
		"a\r\nb.pdf":                          "a b.pdf",
		"a\x1b[31m.pdf":                       "a[31m.pdf",
		"CON":                                 "_CON",
		"con.txt":                             "_con.txt",
		"NUL.tar.gz":                          "_NUL.tar.gz",
		"COM1.pdf":                            "_COM1.pdf",
		"LPT¹":                                "_LPT¹",
		"console.txt":                         "console.txt",
		"COM10.txt":                           "COM10.txt",
		"invoice\u202efdp.exe":                "invoicefdp.exe",
		"invoice\u2066fdp\u2069.exe":          "invoicefdp.exe",
		"\u200e\u200f\u061cinvoice.pdf":       "invoice.pdf",
		"inv\u200boice\ufeff.pdf":             "invoice.pdf",
		"invoice.pdf                    .exe": "invoice.pdf .exe",
		"invoice.pdf\u00a0\u00a0\u3000.exe":   "invoice.pdf .exe",
		"invoice.pdf.exe":                     "invoice.pdf.exe",
		"trailing dots...":                    "trailing dots",
		"trailing space ":                     "trailing space",
		"a<b>c|d?e*f\".txt":                   "a_b_c_d_e_f_.txt",
		"=cmd|'/c calc'!A1.csv":               "c calc'!A1.csv",
		"\xff\xfe.pdf":                        "pdf",
		"":                                    "",
		"   ":                                 "",
	} {
		got := CleanFileName(in)
		require.Equal(t, want, got, "%q", in)
		require.Equal(t, got, CleanFileName(got), "a clean name stays")
	}
}

func TestCleanFileNameLength(t *testing.T) {
	got := CleanFileName(strings.Repeat("é", 300) + ".pdf")
	require.LessOrEqual(t, len(got), maxFileName)
	require.True(t, strings.HasSuffix(got, "é.pdf"))
	require.True(t, utf8.ValidString(got))
	require.Len(t, CleanFileName("."+strings.Repeat("a", 300)), maxFileName)
	require.LessOrEqual(t, len(CleanFileName(strings.Repeat("a", 1<<20))), maxFileName)
}

func TestMadeUpName(t *testing.T) {
	for mediaType, want := range map[string]string{
		"application/pdf": "part-2.1.pdf", "image/jpeg": "part-2.1.jpg", "message/rfc822": "message-2.1.eml", "text/x-odd": "part-2.1.txt",
		"application/x-odd": "part-2.1.bin", "message/delivery-status": "report-2.1.txt",
	} {
		got := madeUpName(&Part{Path: "2.1", MediaType: mediaType})
		require.Equal(t, want, got)
		require.Equal(t, got, CleanFileName(got))
	}
}
