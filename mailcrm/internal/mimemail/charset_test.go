package mimemail

import (
	"strings"
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

// TestLabels knows every label of the Encoding Standard (§4.2) that names an encoding.
func TestLabels(t *testing.T) {
	for _, label := range strings.Fields(`unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8
		866 cp866 csibm866 ibm866 csisolatin2 iso-8859-2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987 l2 latin2
		csisolatin3 iso-8859-3 iso-ir-109 iso8859-3 iso88593 iso_8859-3 iso_8859-3:1988 l3 latin3 csisolatin4 iso-8859-4 iso-ir-110 iso8859-4 iso88594 iso_8859-4 iso_8859-4:1988 l4 latin4
		csisolatincyrillic cyrillic iso-8859-5 iso-ir-144 iso8859-5 iso88595 iso_8859-5 iso_8859-5:1988
		arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 iso-8859-6 iso-8859-6-e iso-8859-6-i iso-ir-127 iso8859-6 iso88596 iso_8859-6 iso_8859-6:1987
		csisolatingreek ecma-118 elot_928 greek greek8 iso-8859-7 iso-ir-126 iso8859-7 iso88597 iso_8859-7 iso_8859-7:1987 sun_eu_greek
		csiso88598e csisolatinhebrew hebrew iso-8859-8 iso-8859-8-e iso-ir-138 iso8859-8 iso88598 iso_8859-8 iso_8859-8:1988 visual csiso88598i iso-8859-8-i logical
		csisolatin6 iso-8859-10 iso-ir-157 iso8859-10 iso885910 l6 latin6 iso-8859-13 iso8859-13 iso885913 iso-8859-14 iso8859-14 iso885914
		csisolatin9 iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9 iso-8859-16 cskoi8r koi koi8 koi8-r koi8_r koi8-ru koi8-u csmacintosh mac macintosh x-mac-roman
		dos-874 iso-8859-11 iso8859-11 iso885911 tis-620 windows-874 cp1250 windows-1250 x-cp1250 cp1251 windows-1251 x-cp1251
		ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591 iso_8859-1 iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252
		cp1253 windows-1253 x-cp1253 cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9 iso_8859-9:1989 l5 latin5 windows-1254 x-cp1254
		cp1255 windows-1255 x-cp1255 cp1256 windows-1256 x-cp1256 cp1257 windows-1257 x-cp1257 cp1258 windows-1258 x-cp1258 x-mac-cyrillic x-mac-ukrainian
		chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 gbk iso-ir-58 x-gbk gb18030 big5 big5-hkscs cn-big5 csbig5 x-x-big5
		cseucpkdfmtjapanese euc-jp x-euc-jp csiso2022jp iso-2022-jp csshiftjis ms932 ms_kanji shift-jis shift_jis sjis windows-31j x-sjis
		cseuckr csksc56011987 euc-kr iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 windows-949 csiso2022kr hz-gb-2312 iso-2022-kr
		unicodefffe utf-16be csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le x-user-defined`) {
		require.NotNil(t, lookUpCharset(cleanLabel(label)), label)
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
		{"UTF-32", "a\x00\x00\x00\xe9\x00\x00\x00", "utf-32", false, "aé", ""},
		{"UTF-32, big", "\x00\x00\x00a\x00\x00\x00\xe9", "ucs-4", false, "aé", ""},
		{"UTF-32 that is none", "\xff\xff\xff\xff", "utf-32", false, "\ufffd", CharsetWrong},
		{"KOI8-R stated, UTF-8", "Привет", "koi8-r", false, "Привет", CharsetWrong},
		{"GB2312 stated, UTF-8", "您的订单已经确认", "gb2312", false, "您的订单已经确认", CharsetWrong},
		{"Shift_JIS stated, UTF-8", "お問い合わせありがとうございます", "shift_jis", false, "お問い合わせありがとうございます", CharsetWrong},
		{"Shift_JIS stated, Latin-1", "d\xe9j\xe0 l'\xe9t\xe9", "shift_jis", false, "déjà l'été", CharsetWrong},
		{"EUC-KR stated, one octet wrong", "\xc7\xd1\xb1\xb9\xc7\xd1\xb1\xb9 \xff", "euc-kr", false, "한국한국 \ufffd", CharsetWrong},
		{"GB2312 stated, GB18030", "\x95\x32\x82\x36\xd6\xd0", "gb2312", false, "𠀀中", ""},
		{"ISO-2022-JP by a later name", string(jis), "iso-2022-jp-2004", false, "日本語", ""},
		{"ISO-2022-JP by its maker", string(jis), "x-iso-2022-jp-ms", false, "日本語", ""},
		{"Windows' number of Shift_JIS", "\x93\xfa\x96{", "cp932", false, "日本", ""},
		{"replacement", "\xe9t\xe9", "replacement", false, "été", CharsetUnknown},
		{"ISO-2022-CN is not known", "\xe9t\xe9", "iso-2022-cn", false, "été", CharsetUnknown},
		{"user-defined", "\xe9t\xe9", "x-user-defined", false, "été", CharsetWrong},
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
