package filestore

import (
	"path"
	"strings"
)

// types are the media types of documents that come by mail, by extension. Fixed here, since what the system knows differs from machine to
// machine. (IANA media types; RFC 9110 §8.3.)
var types = map[string]string{
	".7z": "application/x-7z-compressed", ".avif": "image/avif", ".bmp": "image/bmp", ".csv": "text/csv", ".doc": "application/msword",
	".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".eml": "message/rfc822", ".gif": "image/gif",
	".gz": "application/gzip", ".heic": "image/heic", ".htm": "text/html", ".html": "text/html", ".ics": "text/calendar", ".jpeg": "image/jpeg",
	".jpg": "image/jpeg", ".json": "application/json", ".log": "text/plain", ".m4a": "audio/mp4", ".md": "text/markdown", ".mp3": "audio/mpeg",
	".mp4": "video/mp4", ".msg": "application/vnd.ms-outlook", ".odp": "application/vnd.oasis.opendocument.presentation",
	".ods": "application/vnd.oasis.opendocument.spreadsheet", ".odt": "application/vnd.oasis.opendocument.text", ".p7m": "application/pkcs7-mime",
	".p7s": "application/pkcs7-signature", ".pdf": "application/pdf", ".png": "image/png", ".ppt": "application/vnd.ms-powerpoint",
	".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation", ".rtf": "application/rtf", ".svg": "image/svg+xml",
	".tif": "image/tiff", ".tiff": "image/tiff", ".txt": "text/plain", ".vcf": "text/vcard", ".wav": "audio/wav", ".webp": "image/webp",
	".xls": "application/vnd.ms-excel", ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xml": "application/xml",
	".zip": "application/zip",
}

// typeOf is the media type that the extension of a name stands for.
func typeOf(name string) string {
	if known := types[strings.ToLower(path.Ext(name))]; known != "" {
		return known
	}
	return "application/octet-stream"
}
