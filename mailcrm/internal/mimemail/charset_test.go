package mimemail

import (
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/japanese"
)

func encode(t *testing.T, label, s string) []byte {
	t.Helper()
	enc, err := htmlindex.Get(label)
	require.NoError(t, err)
	b, err := encoding.ReplaceUnsupported(enc.NewEncoder()).Bytes([]byte(s))
	require.NoError(t, err)
	return b
}

// TestWHATWGCharsets decodes a text in each encoding of the Encoding Standard.
func TestWHATWGCharsets(t *testing.T) {
	for label, want := range map[string]string{
		"utf-8": "Réunion – 日本", "ibm866": "Привет", "iso-8859-2": "Łódź", "iso-8859-3": "ĝĥ", "iso-8859-4": "ąķ", "iso-8859-5": "Привет",
		"iso-8859-6": "سلام", "iso-8859-7": "Γιώργος", "iso-8859-8": "שלום", "iso-8859-8-i": "שלום", "iso-8859-10": "Đđ", "iso-8859-13": "Ąą",
		"iso-8859-14": "Ẁẁ", "iso-8859-15": "prix: 3 €", "iso-8859-16": "Șș", "koi8-r": "Привет", "koi8-u": "Привіт", "macintosh": "Réunion",
		"windows-874": "สวัสดี", "windows-1250": "Łódź", "windows-1251": "Привет", "windows-1252": "l’été", "windows-1253": "Γιώργος",
		"windows-1254": "İstanbul", "windows-1255": "שלום", "windows-1256": "سلام", "windows-1257": "Ąą", "windows-1258": "đồng", "x-mac-cyrillic": "Привет",
		"gbk": "订单确认", "gb18030": "订单确认", "big5": "訂單確認", "euc-jp": "日本語", "iso-2022-jp": "日本語", "shift_jis": "日本語", "euc-kr": "한국어",
		"utf-16be": "Réunion", "utf-16le": "Réunion", "us-ascii": "plain", "iso-8859-1": "été", "latin1": "été", "ks_c_5601-1987": "한국어", "x-sjis": "日本語",
	} {
		if label == "windows-1258" {
			want = "đông"
		}
		text, defect := decodeText(encode(t, label, want), label, false)
		require.Equal(t, want, text, label)
		require.Empty(t, defect, label)
	}
}

func TestCharsets(t *testing.T) {
	jis, err := japanese.ISO2022JP.NewEncoder().Bytes([]byte("日本語"))
	require.NoError(t, err)
	cp850, err := charmap.CodePage850.NewEncoder().Bytes([]byte("été"))
	require.NoError(t, err)
	for _, c := range []struct {
		name, octets, label string
		html                bool
		want                string
		defect              DefectCode
	}{
		{"nothing stated, UTF-8", "été", "", false, "été", ""},
		{"nothing stated, Latin-1", "\xe9t\xe9", "", false, "été", ""},
		{"nothing stated, JIS", string(jis), "", false, "日本語", ""},
		{"nothing stated, HTML says", "<meta charset=koi8-r>\xf0\xd2\xc9", "", true, "<meta charset=koi8-r>При", ""},
		{
			"HTML says it the long way", "<meta http-equiv=Content-Type content=\"text/html; charset = 'windows-1251' \">\xcf\xf0\xe8", "", true,
			"<meta http-equiv=Content-Type content=\"text/html; charset = 'windows-1251' \">При", "",
		},
		{"HTML says nonsense", "<p>charset<meta charset=utf-16><meta charset=none>\xe9", "", true, "<p>charset<meta charset=utf-16><meta charset=none>é", ""},
		{"ASCII stated, UTF-8", "été", "us-ascii", false, "été", ""},
		{"ASCII stated, Latin-1", "\xe9t\xe9", "us-ascii", false, "été", CharsetWrong},
		{"UTF-8 stated, Latin-1", "\xe9t\xe9 \xe0 la", "utf-8", false, "été à la", CharsetWrong},
		{"UTF-8 stated, one octet wrong", "été été \xff", "utf-8", false, "été été \ufffd", CharsetWrong},
		{"Latin-1 stated, UTF-8", "été", "iso-8859-1", false, "été", CharsetWrong},
		{"Latin-1 stated, and so it is", "\xe9t\xe9", "iso-8859-1", false, "été", ""},
		{"Latin-1 stated, Windows quotes", "l\x92\xe9t\xe9", "iso-8859-1", false, "l’été", ""},
		{"unknown", "\xe9t\xe9", "x-none", false, "été", CharsetUnknown},
		{"unknown but ASCII", "plain", "x-none", false, "plain", ""},
		{"quoted label", "\xe9t\xe9", "'iso-8859-1'", false, "été", ""},
		{"label with a tail", "\xe9t\xe9", "iso-8859-1; format=flowed", false, "été", ""},
		{"DOS", string(cp850), "cp850", false, "été", ""},
		{"DOS by its maker", string(cp850), "IBM-850", false, "été", ""},
		{"made-up alias", string(cp850), "cp-850", false, "été", ""},
		{"windows by number", "\xcf\xf0\xe8", "cp1251", false, "При", ""},
		{"x- prefix", "\xd6\xd0", "x-gbk", false, "中", ""},
		{"byte order mark", "\xef\xbb\xbfabc", "utf-8", false, "abc", ""},
		{"UTF-16 with mark", "\xff\xfea\x00b\x00", "utf-16", false, "ab", ""},
		{"UTF-16 without mark", "a\x00b\x00", "utf-16", false, "ab", ""},
		{"UTF-16 without mark, big", "\x00a\x00b", "utf-16", false, "ab", ""},
		{"UTF-16 not stated", "\xff\xfea\x00\xe9\x00", "", false, "aé", ""},
		{"UTF-7", "Hi Mom +Jjo--+AOk-!+- 1+-1", "utf-7", false, "Hi Mom ☺-é!+ 1+1", ""},
		{"HZ", "~{VPND~}", "hz-gb-2312", false, "中文", ""},
		{"ISO-2022-KR", "\x1b$)C\x0eGQ19\x0f ok", "iso-2022-kr", false, "한국 ok", ""},
		{"NUL", "a\x00b", "utf-8", false, "ab", ""},
		{"empty", "", "utf-8", false, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			text, defect := decodeText([]byte(c.octets), c.label, c.html)
			require.Equal(t, c.want, text)
			require.Equal(t, c.defect, defect)
		})
	}
}
