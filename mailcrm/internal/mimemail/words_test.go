package mimemail

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDecodeWords(t *testing.T) {
	for _, c := range []struct{ name, in, charset, want string }{
		{"plain", "Hello", "", "Hello"},
		{"Q", "=?utf-8?Q?R=C3=A9union_de_mars?=", "", "Réunion de mars"},
		{"B", "=?UTF-8?B?UsOpdW5pb24=?=", "", "Réunion"},
		{"latin", "=?iso-8859-1?q?Andr=E9?= Pirard", "", "André Pirard"},
		{"white space between two words is dropped", "=?utf-8?q?a?= \t =?utf-8?q?b?=", "", "ab"},
		{"white space between a word and text is kept", "=?utf-8?q?a?= b =?utf-8?q?c?=", "", "a b c"},
		{"a character split between words (Q)", "=?utf-8?q?R=C3?= =?utf-8?q?=A9union?=", "", "Réunion"},
		{"a character split between words (B)", "=?utf-8?B?UsM=?= =?utf-8?B?qXVuaW9u?=", "", "Réunion"},
		{"words of two charsets", "=?utf-8?q?=C3=A9?= =?iso-8859-1?q?=E9?=", "", "éé"},
		{"language", "=?us-ascii*en?q?hello?=", "", "hello"},
		{"spaces within", "=?utf-8?Q?a b c?=", "", "a b c"},
		{"no space around", "[SPAM]=?utf-8?q?=C3=A9?=!", "", "[SPAM]é!"},
		{"unpadded", "=?utf-8?B?YQ?=", "", "a"},
		{"unknown charset", "=?x-nobody?q?caf=E9?=", "", "café"},
		{"unknown encoding stays", "=?utf-8?X?abc?=", "", "=?utf-8?X?abc?="},
		{"never ends", "=?utf-8?q?abc", "", "=?utf-8?q?abc"},
		{"two half ones", "=?=?=? =?utf-8?q?x?=", "", "=?=?=? x"},
		{"bad escape stays", "=?utf-8?q?50=?=", "", "50="},
		{"japanese", "=?ISO-2022-JP?B?GyRCRnxLXBsoQg==?=", "", "日本"},
		{"japanese in two words", "=?ISO-2022-JP?B?GyRCRnwbKEI=?=\r\n =?ISO-2022-JP?B?GyRCS1wbKEI=?=", "", "日本"},
		{"korean", "=?euc-kr?B?x9GxuQ==?=", "", "한국"},
		{"raw UTF-8", "Réunion", "", "Réunion"},
		{"raw Latin-1", "R\xe9union", "", "Réunion"},
		{"raw octets in the charset of the text", "\xf0\xd2\xc9\xd7\xc5\xd4", "koi8-r", "Привет"},
		{"raw octets beside a word", "caf\xe9 =?utf-8?q?=C3=A9?=", "iso-8859-1", "café é"},
		{"empty word", "a =?utf-8?q??= b", "", "a  b"},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, decodeWords(c.in, c.charset)) })
	}
}

func TestOneLine(t *testing.T) {
	for in, want := range map[string]string{
		"a b":                    "a b",
		"  a  \t b ":             "a b",
		"a\r\nBcc: x":            "a Bcc: x",
		"a\x00b\x1b[31mc":        "a b [31mc",
		"line\u2028separator":    "line separator",
		"R\u00e9union\u00a0mars": "Réunion mars",
		"":                       "",
	} {
		require.Equal(t, want, oneLine(in), "%q", in)
	}
}

func TestCut(t *testing.T) {
	require.Equal(t, "é", cut("éé", 3))
	require.Equal(t, "", cut("é", 1))
	require.Equal(t, "abc", cut("abc", 3))
}
