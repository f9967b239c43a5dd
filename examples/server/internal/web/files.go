package web

import (
	"slices"
	"strings"

	"github.com/mailcrm/sdk/mailcrm"
)

// A file is an attachment of a received mail.
type file struct {
	Name     string
	Kind     string // for people: "PDF", "image"
	Icon     string
	Size     string
	URL      string
	Open     bool   // a browser may show it; else it is kept
	Download string // of one that a browser may show
	Far      bool   // its bytes are on the mail server alone
	FileAt   string // the page that files it
}

// shownTypes are pictures that mailcrm.Content shows, on ?open=1; text is shown too.
var shownTypes = []string{"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp"}

// file is an attachment as a page lists it.
func (v *visit) file(message string, a mailcrm.Attachment) file {
	f := file{
		Name: a.Name, Kind: v.fileKind(a.Type, a.Name), Icon: fileIcon(a.Type, a.Name), Size: v.lang.size(a.Size),
		URL: "/mail/" + message + "/part/" + a.Path, FileAt: "/message/" + message + "/file/" + a.Path, Far: a.OnServer,
	}
	if strings.HasPrefix(a.Type, "text/") || slices.Contains(shownTypes, a.Type) {
		f.Open, f.Download, f.URL = true, f.URL, f.URL+"?open=1"
	}
	return f
}

// fileKind is what a person calls a file of this type.
func (v *visit) fileKind(mediaType, name string) string {
	main, sub, _ := strings.Cut(mediaType, "/")
	switch {
	case main == "image" || main == "audio" || main == "video":
		return v.say("file." + main)
	case mediaType == "message/rfc822" || mediaType == "message/global":
		return v.say("file.message")
	case sub == "calendar":
		return v.say("file.calendar")
	case sub == "pdf":
		return "PDF"
	}
	if i := strings.LastIndexByte(name, '.'); i >= 0 && len(name)-i <= 6 {
		return strings.ToUpper(name[i+1:])
	}
	return v.say("file.file")
}

// extensions of files whose stated type says little.
var extensions = map[string]string{
	"png": "image", "jpg": "image", "jpeg": "image", "gif": "image", "webp": "image", "svg": "image", "tif": "image", "heic": "image",
	"xls": "sheet", "xlsx": "sheet", "ods": "sheet", "csv": "sheet", "zip": "box", "7z": "box", "rar": "box", "gz": "box", "tar": "box",
	"pdf": "page", "doc": "page", "docx": "page", "odt": "page", "rtf": "page", "txt": "page", "ics": "calendar", "eml": "envelope", "msg": "envelope",
}

// fileIcon is the picture for a type of file.
func fileIcon(mediaType, name string) string {
	main, sub, _ := strings.Cut(mediaType, "/")
	switch {
	case main == "image":
		return "image"
	case mediaType == "message/rfc822" || mediaType == "message/global":
		return "envelope"
	case sub == "calendar":
		return "calendar"
	}
	if icon, ok := extensions[strings.ToLower(name[strings.LastIndexByte(name, '.')+1:])]; ok {
		return icon
	}
	if main == "text" || sub == "pdf" {
		return "page"
	}
	return "clip"
}
