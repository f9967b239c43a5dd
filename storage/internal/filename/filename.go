// Package filename makes the name that a sender gave to an attachment into one that can stand in a folder and before people's eyes.
//
// Names of attachments are hostile: "../../.ssh/authorized_keys", "C:\x", "CON", a NUL, 300 characters, U+202E that shows "gpj.exe" as
// "exe.jpg". [Clean] keeps what is harmless, in every script, and changes the rest; the result is a name on Linux, macOS and Windows alike.
//
// Look elsewhere for folder names of ids that nobody reads (foldername), and for safe media types: what a browser may show is decided where
// it is served.
package filename

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Max is the longest name in bytes, as Linux and the storage contract have it.
const Max = 255

// Clean is name made safe, or fallback when nothing of it is left. It is never empty (for a fallback that is not), at most limit bytes (32 to 255), without
// separators, control and formatting characters, and neither begins with a dot nor ends with a dot or a space. Clean(Clean(x)) is Clean(x).
func Clean(name, fallback string, limit int) string {
	limit = min(limit, Max)
	var b strings.Builder
	for _, r := range name {
		switch {
		case r == utf8.RuneError, strings.ContainsRune(`/\:*?"<>|`, r):
			b.WriteByte('_')
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case r == '\u200c', r == '\u200d': // joiners, which Persian and emoji need
			b.WriteRune(r)
		case !unicode.IsGraphic(r): // controls, bidi and other formatting, private use, unassigned
		default:
			b.WriteRune(r)
		}
	}
	name = strings.TrimRight(strings.TrimLeft(b.String(), " "), " .")
	if hidden := strings.TrimLeft(name, "."); hidden != name {
		name = "_" + hidden
	}
	name = shorten(name, limit)
	if strings.Trim(name, "_ .\u200c\u200d") == "" {
		name = fallback
	}
	if device(name) {
		name = shorten("_"+name, limit)
	}
	return name
}

// Numbered is name with a number before its extension, "offer (2).pdf", in at most limit bytes.
func Numbered(name string, n, limit int) string {
	stem, extension := split(name)
	number := " (" + strconv.Itoa(n) + ")"
	return cut(stem, min(limit, Max)-len(number)-len(extension)) + number + extension
}

// shorten cuts the middle out of what is too long: the extension stays.
func shorten(name string, limit int) string {
	if len(name) <= limit {
		return name
	}
	stem, extension := split(name)
	return cut(stem, limit-len(extension)) + extension
}

// maxExtension is how long an extension may be to be kept, with its dot.
const maxExtension = 12

func split(name string) (stem, extension string) {
	if i := strings.LastIndexByte(name, '.'); i > 0 && len(name)-i <= maxExtension && !strings.ContainsRune(name[i:], ' ') {
		return name[:i], name[i:]
	}
	return name, ""
}

// cut keeps at most n bytes of s, whole characters, and nothing at the end that a disk drops.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	n = max(n, 0)
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return strings.TrimRight(s[:n], " .")
}

// device reports whether Windows takes name for a device, with or without an extension.
func device(name string) bool {
	stem, _, _ := strings.Cut(name, ".")
	stem = strings.ToUpper(strings.TrimRight(stem, " "))
	switch stem {
	case "CON", "PRN", "AUX", "NUL", "CLOCK$", "CONIN$", "CONOUT$":
		return true
	}
	for _, port := range []string{"COM", "LPT"} {
		if rest, found := strings.CutPrefix(stem, port); found && utf8.RuneCountInString(rest) == 1 && strings.ContainsAny(rest, "0123456789¹²³") {
			return true
		}
	}
	return false
}
