package mimemail

import (
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxFileName is in octets: file systems take 255, and people and stores put something in front.
const maxFileName = 200

// CleanFileName makes a name that a sender chose safe to show to people and to offer for saving: no folders of any system, no control,
// bidirectional or invisible characters, no characters or names that Windows refuses, no spaces that push the true extension out of sight,
// no leading dot, at most 200 octets with the extension kept. It is "" when nothing is left. Names of stored files are never made from it.
func CleanFileName(name string) string {
	name = strings.ToValidUTF8(cut(name, maxSubject), "")
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		if tail := strings.TrimSpace(name[i+1:]); tail != "" {
			name = name[i+1:]
		}
	}
	if len(name) > 2 && name[1] == ':' { // C:name
		name = name[2:]
	}
	var b strings.Builder
	space := false
	for _, r := range name {
		switch {
		case unicode.IsSpace(r) || r == '\u00a0' || r == '\u3164' || r == '\u2800':
			space = true
			continue
		case unicode.IsControl(r) || isInvisible(r):
			continue
		case strings.ContainsRune(`<>:"/\|?*`, r):
			r = '_'
		}
		if space && b.Len() > 0 {
			b.WriteByte(' ')
		}
		space = false
		b.WriteRune(r)
	}
	name = strings.Trim(norm.NFC.String(b.String()), ". ")
	stem, ext := name, path.Ext(name)
	if len(ext) > 1 && len(ext) <= 16 {
		stem = name[:len(name)-len(ext)]
	} else {
		ext = ""
	}
	if len(stem)+len(ext) > maxFileName {
		stem = strings.TrimRight(cut(stem, maxFileName-len(ext)), ". ")
	}
	if first, _, _ := strings.Cut(stem, "."); isDevice(strings.TrimSpace(first)) {
		stem = "_" + stem
	}
	return stem + ext
}

// isInvisible are the characters that turn the reading direction or show nothing: FAULTS S12, and the rest of their kind.
func isInvisible(r rune) bool {
	switch {
	case r >= 0x200b && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2060 && r <= 0x206f, r == 0x061c, r == 0x00ad, r == 0xfeff,
		r == 0x180e, r >= 0xfff9 && r <= 0xfffb, r >= 0xe0000 && r <= 0xe0fff, r == utf8.RuneError, r == 0x034f, r == 0x2028, r == 0x2029:
		return true
	}
	return unicode.Is(unicode.Co, r)
}

// isDevice knows the names that Windows keeps for devices, with any extension.
func isDevice(stem string) bool {
	switch up := strings.ToUpper(stem); up {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$":
		return true
	default:
		return len([]rune(up)) == 4 && (strings.HasPrefix(up, "COM") || strings.HasPrefix(up, "LPT")) && strings.ContainsAny(up[3:], "0123456789¹²³")
	}
}

// madeUpName names an attachment that has no name, after its place and its type.
func madeUpName(p *Part) string {
	switch p.MediaType {
	case "message/rfc822", "message/global":
		return "message-" + p.Path + ".eml"
	case "text/calendar", "application/ics":
		return "invite.ics"
	case "message/delivery-status", "message/disposition-notification", "text/rfc822-headers", "message/global-delivery-status":
		return "report-" + p.Path + ".txt"
	}
	ext, ok := extensions[p.MediaType]
	if !ok {
		ext = ".bin"
		if strings.HasPrefix(p.MediaType, "text/") {
			ext = ".txt"
		}
	}
	return "part-" + p.Path + ext
}

// extensions are those of what mails carry without a name. The mime package reads tables of the machine it runs on; a name must not depend
// on that.
var extensions = map[string]string{
	"application/pdf": ".pdf", "application/zip": ".zip", "application/json": ".json", "application/xml": ".xml", "application/rtf": ".rtf",
	"application/msword": ".doc", "application/vnd.ms-excel": ".xls", "application/vnd.ms-powerpoint": ".ppt", "application/ms-tnef": ".tnef",
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document":   ".docx",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":         ".xlsx",
	"application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
	"application/pgp-signature": ".asc", "application/pgp-keys": ".asc", "application/pgp-encrypted": ".asc",
	"application/pkcs7-signature": ".p7s", "application/x-pkcs7-signature": ".p7s", "application/pkcs7-mime": ".p7m", "application/x-pkcs7-mime": ".p7m",
	"image/png": ".png", "image/jpeg": ".jpg", "image/jpg": ".jpg", "image/gif": ".gif", "image/webp": ".webp", "image/bmp": ".bmp",
	"image/tiff": ".tif", "image/svg+xml": ".svg", "image/heic": ".heic",
	"audio/mpeg": ".mp3", "audio/wav": ".wav", "audio/x-wav": ".wav", "audio/ogg": ".ogg", "video/mp4": ".mp4", "video/quicktime": ".mov",
	"text/html": ".html", "text/csv": ".csv", "text/vcard": ".vcf", "text/x-vcard": ".vcf", "text/directory": ".vcf",
	"text/css": ".css", "text/xml": ".xml", "text/markdown": ".md",
}
