// Package foldername turns an opaque id (a tenant, an agent, a record) into the name of a folder, so that two ids never share one folder.
//
// Ids come from hosts: "Acme" and "acme" may be two tenants, "../x", "CON" and "" are possible, and 255 bytes of them do not fit into a
// name on disk once escaped. Disks differ too: Windows and macOS do not tell case apart, Windows drops trailing dots and knows device
// names. [Of] therefore writes every byte but [a-z0-9.-] as "_" and two hexadecimal digits; what is long ends in a hash of the whole.
//
// The result is one-way, safe on every disk, never begins with a dot (so names with a dot are free for the owner of the folder above), and
// readable for the ids that people choose.
//
// Look elsewhere for names that people see: storage/filestore cleans those of documents.
package foldername

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

const (
	maxPlain = 120 // bytes of an escaped id that is written out whole
	keep     = 48  // bytes that stay of a longer one, before its hash
)

// Of is the folder name of id: 1 to 120 bytes of [a-z0-9._-]. Different ids have different names, also where case does not count.
func Of(id string) string {
	if id == "" {
		return "_" // an escape always has two digits behind it
	}
	var b strings.Builder
	for i := range len(id) {
		switch c := id[i]; {
		case c >= 'a' && c <= 'z' && (i > 0 || !device(id)), c >= '0' && c <= '9', c == '-':
			b.WriteByte(c)
		case c == '.' && i > 0 && i < len(id)-1:
			b.WriteByte(c)
		default:
			b.WriteByte('_')
			b.WriteString(hex.EncodeToString([]byte{c}))
		}
	}
	name := b.String()
	if len(name) <= maxPlain {
		return name
	}
	head := name[:keep]
	if i := strings.LastIndexByte(head, '_'); i > keep-3 {
		head = head[:i] // no half escape
	}
	sum := sha256.Sum256([]byte(id))
	return head + "_h" + hex.EncodeToString(sum[:]) // "_h" is no escape
}

// device reports whether Windows takes a file of this name for a device, with or without an extension.
func device(id string) bool {
	stem, _, _ := strings.Cut(id, ".")
	switch stem {
	case "con", "prn", "aux", "nul":
		return true
	}
	return len(stem) == 4 && (strings.HasPrefix(stem, "com") || strings.HasPrefix(stem, "lpt")) && stem[3] >= '0' && stem[3] <= '9'
}
