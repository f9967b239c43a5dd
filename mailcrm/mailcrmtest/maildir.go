package mailcrmtest

import (
	"encoding/base64"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf16"
)

// WriteMaildir writes mails into a Maildir++ as Dovecot and Courier read it, and returns how many there were. INBOX is
// dir itself; other folders are ".Sent" and ".Clients.Nordwind" below it, in modified UTF-7. File names carry date, size
// and flags, "1767340800.M7P1.mailcrmtest,S=4711,W=4711:2,S", and the number counts from zero for each call, so that a
// server gives the UIDs in the order of the mails; the modification time is the mail's date, which becomes INTERNALDATE.
// Keywords are left out: Maildir has no common place for them. Nothing is synced to the disk. An existing file of the
// same name is replaced.
func WriteMaildir(dir string, mails iter.Seq[Mail]) (int, error) {
	made := map[string]string{}
	if _, err := maildir(made, dir, inbox); err != nil { // also when no mail is for it
		return 0, err
	}
	n := 0
	for m := range mails {
		folder, err := maildir(made, dir, m.Folder)
		if err != nil {
			return n, err
		}
		name := fmt.Sprintf("%d.M%dP1.mailcrmtest,S=%d,W=%d:2,%s", m.Date.Unix(), n, len(m.Raw), len(m.Raw), maildirFlags(m.Flags))
		file := filepath.Join(folder, "cur", name)
		if err := os.WriteFile(file, m.Raw, 0o600); err != nil {
			return n, fmt.Errorf("writing mail %d: %w", n, err)
		}
		if err := os.Chtimes(file, m.Date, m.Date); err != nil {
			return n, fmt.Errorf("dating mail %d: %w", n, err)
		}
		n++
	}
	return n, nil
}

func maildir(made map[string]string, dir, folder string) (string, error) {
	if path, ok := made[folder]; ok {
		return path, nil
	}
	path := dir
	if folder != inbox {
		levels := strings.Split(folder, delimiter)
		for i, level := range levels {
			levels[i] = strings.ReplaceAll(toUTF7(level), ".", "_")
			if level == "" {
				return "", fmt.Errorf("not a folder name: %q", folder)
			}
		}
		path = filepath.Join(dir, "."+strings.ReplaceAll(strings.Join(levels, "."), "/", "_"))
	}
	for _, sub := range []string{"cur", "new", "tmp"} {
		if err := os.MkdirAll(filepath.Join(path, sub), 0o700); err != nil {
			return "", fmt.Errorf("making folder %s: %w", folder, err)
		}
	}
	if folder != inbox {
		if err := os.WriteFile(filepath.Join(path, "maildirfolder"), nil, 0o600); err != nil {
			return "", fmt.Errorf("making folder %s: %w", folder, err)
		}
	}
	made[folder] = path
	return path, nil
}

// maildirFlags are the letters of Maildir, in the order of the alphabet as it asks.
func maildirFlags(flags []string) string {
	var letters []byte
	for _, f := range flags {
		switch strings.ToLower(f) {
		case `\draft`:
			letters = append(letters, 'D')
		case `\flagged`:
			letters = append(letters, 'F')
		case "$forwarded":
			letters = append(letters, 'P')
		case `\answered`:
			letters = append(letters, 'R')
		case `\seen`:
			letters = append(letters, 'S')
		case `\deleted`:
			letters = append(letters, 'T')
		}
	}
	slices.Sort(letters)
	return string(slices.Compact(letters))
}

// toUTF7 is the modified UTF-7 of RFC 3501 §5.1.3.
func toUTF7(s string) string {
	var b strings.Builder
	var wide []rune
	flush := func() {
		if len(wide) == 0 {
			return
		}
		var octets []byte
		for _, u := range utf16.Encode(wide) {
			octets = append(octets, byte(u>>8), byte(u))
		}
		b.WriteString("&" + strings.ReplaceAll(base64.RawStdEncoding.EncodeToString(octets), "/", ",") + "-")
		wide = nil
	}
	for _, r := range s {
		if r < ' ' || r > '~' {
			wide = append(wide, r)
			continue
		}
		flush()
		if r == '&' {
			b.WriteString("&-")
		} else {
			b.WriteRune(r)
		}
	}
	flush()
	return b.String()
}
