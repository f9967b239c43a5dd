package reports

import "strings"

// A code is a reply of SMTP as it stands in a text.
type code struct {
	reply  int    // RFC 5321 §4.2; 0 for none
	status string // RFC 3463, x.y.z; empty for none
}

// maxCodes bounds how many are looked at in one text.
const maxCodes = 64

// codes finds the replies and statuses in a text, in order: "550 5.1.1", "550-5.1.1", "(#5.1.1)", "SMTP error 550". Parts of addresses,
// of versions and of IP numbers are none.
func codes(text string) []code {
	var out []code
	for i := 0; i < len(text) && len(out) < maxCodes; i++ {
		c := text[i]
		if c != '2' && c != '4' && c != '5' {
			continue
		}
		if i > 0 && joined(text[i-1]) {
			for i+1 < len(text) && isDigit(text[i+1]) {
				i++
			}
			continue
		}
		if s := statusAt(text[i:]); s != "" {
			if isVersion(text[:i]) {
				i += len(s) - 1
				continue
			}
			// The reply that stands right before belongs to it.
			if n := len(out); n > 0 && out[n-1].status == "" && out[n-1].reply/100 == int(s[0]-'0') && replyEnds(text[:i]) {
				out[n-1].status = s
			} else {
				out = append(out, code{status: s})
			}
			i += len(s) - 1
			continue
		}
		if n := replyAt(text[i:]); n != 0 {
			out = append(out, code{reply: n})
			i += 2
			continue
		}
		for i+1 < len(text) && isDigit(text[i+1]) {
			i++
		}
	}
	return out
}

// joined says whether what follows that octet is the inside of something.
func joined(c byte) bool {
	return isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '.' || c == '/' || c == '_' || c == '@' || c == '%' || c == '$' || c >= 0x80
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// statusAt is the enhanced status code that s begins with, or "".
func statusAt(s string) string {
	if len(s) < 5 || s[1] != '.' || !isDigit(s[2]) {
		return ""
	}
	i := 3
	for i < len(s) && i < 5 && isDigit(s[i]) {
		i++
	}
	if i >= len(s) || s[i] != '.' {
		return ""
	}
	i++
	j := i
	for j < len(s) && j < i+3 && isDigit(s[j]) {
		j++
	}
	if j == i || j < len(s) && isDigit(s[j]) || j+1 < len(s) && s[j] == '.' && isDigit(s[j+1]) || j < len(s) && (s[j] == '@' || s[j] == '/' || s[j] == '-' && j+1 < len(s) && isDigit(s[j+1])) {
		return ""
	}
	if i-3 > 2 || s[2] > '7' && i == 4 {
		return ""
	}
	return s[:j]
}

// replies are the codes that servers answer to mail (RFC 5321 §4.2.3, 4954, 7372, 7504, and what is seen beside them).
var replies = map[int]bool{
	421: true, 422: true, 431: true, 432: true, 441: true, 442: true, 446: true, 447: true, 450: true, 451: true, 452: true, 453: true,
	454: true, 455: true, 458: true, 459: true, 471: true, 500: true, 501: true, 502: true, 503: true, 504: true, 505: true, 510: true,
	511: true, 512: true, 513: true, 515: true, 517: true, 521: true, 523: true, 530: true, 531: true, 533: true, 534: true, 535: true,
	538: true, 540: true, 541: true, 542: true, 543: true, 550: true, 551: true, 552: true, 553: true, 554: true, 555: true, 556: true,
	557: true, 558: true, 559: true, 571: true, 572: true, 574: true, 577: true, 250: true,
}

func replyAt(s string) int {
	if len(s) < 3 || !isDigit(s[1]) || !isDigit(s[2]) {
		return 0
	}
	if len(s) > 3 {
		switch c := s[3]; c {
		case ' ', '-', '\n', '\r', '\t', ':', ')', ']', ',', ';', '"', '\'', '>', '_', '#':
		case '.':
			if len(s) > 4 && isDigit(s[4]) {
				return 0
			}
		default:
			return 0
		}
	}
	n := int(s[0]-'0')*100 + int(s[1]-'0')*10 + int(s[2]-'0')
	if !replies[n] {
		return 0
	}
	return n
}

// replyEnds says whether a text ends with a reply code and one separator, as before "5.1.1" in "550 5.1.1" and "550 #5.1.1".
func replyEnds(before string) bool {
	before = strings.TrimRight(before[max(0, len(before)-8):], " -#(\t:[<'\"")
	return len(before) >= 3 && isDigit(before[len(before)-1]) && isDigit(before[len(before)-2]) && isDigit(before[len(before)-3])
}

// isVersion says whether the word before a number makes it the number of a program.
func isVersion(before string) bool {
	before = strings.TrimRight(before[max(0, len(before)-24):], " (v")
	if i := strings.LastIndexAny(before, " \t\n(;,"); i >= 0 {
		before = before[i+1:]
	}
	switch strings.ToLower(before) {
	case "version", "ver", "ver.", "exim", "sendmail", "postfix", "release", "build", "mta", "server", "imail", "rev", "opensmtpd", "james", "dovecot", "courier", "qmail", "zimbra":
		return true
	}
	return false
}

// preferred is the code of a text that says most: a status with a detail before "5.0.0", one with a reply before one without, failures
// before successes; among equals the first.
func preferred(list []code) code {
	best, score := code{}, -1
	reply := 0
	for _, c := range list {
		n := 0
		if c.status != "" {
			n = 2
			switch {
			case strings.HasSuffix(c.status, ".4.7"):
				n = 4 // the time ran out; another one says why
			case !strings.HasSuffix(c.status, ".0.0"):
				n = 6
			}
			if c.reply != 0 {
				n++
			}
			if c.status[0] == '2' {
				n = 0
			}
		}
		if c.reply >= 400 && (reply == 0 || c.reply/100 > reply/100) {
			reply = c.reply
		}
		if n > score {
			best, score = c, n
		}
	}
	if best.reply == 0 {
		best.reply = reply
	}
	if best.status == "" && best.reply/100 == 2 && reply != 0 {
		best.reply = reply
	}
	return best
}

// isStatus says whether a whole string is a status.
func isStatus(s string) bool {
	return s != "" && statusAt(s) == s && strings.IndexByte("245", s[0]) >= 0
}

// vague says whether a status tells no more than success or failure.
func vague(status string) bool { return status == "" || strings.HasSuffix(status, ".0.0") }
