package reports

import (
	"net"
	"strings"

	"github.com/mailcrm/sdk/linker/address"
	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
)

// A finding is one resinfo of an Authentication-Results field (RFC 8601 §2.2).
type finding struct {
	method, result string            // lower case
	props          map[string]string // "smtp.mailfrom" …, names in lower case
}

// signer is the domain of a DKIM signature.
func (f *finding) signer() string {
	if d := address.Domain(f.props["header.d"]); d != "" {
		return d
	}
	return domainOf(f.props["header.i"])
}

// envelope is the domain of the envelope sender that SPF looked at. HELO proves nothing about a From.
func (f *finding) envelope() string {
	for _, name := range []string{"smtp.mailfrom", "smtp.mfrom", "smtp.mail", "envelope-from"} {
		if v := f.props[name]; v != "" {
			return domainOf(v)
		}
	}
	return ""
}

// domainOf is the domain of an address, or of a bare domain.
func domainOf(v string) string {
	v = strings.Trim(v, "<>")
	if i := strings.LastIndexByte(v, '@'); i >= 0 {
		v = v[i+1:]
	}
	return address.Domain(v)
}

// believed are the findings of the account's own server.
func believed(h *mimemail.Header, servers []Server) (found []finding, id string, any bool) {
	received, looked := 0, 0
	var trusted *Server
	for name, value := range h.Fields() {
		switch name {
		case "Received":
			if any {
				return found, id, true // what follows stands beside what the sender wrote
			}
			received++
			by := byHost(value)
			var still []Server
			for _, s := range servers {
				if received <= s.Hops && s.owns(by) {
					still = append(still, s)
				}
			}
			if servers = still; len(servers) == 0 {
				return found, id, any
			}
		case "Authentication-Results":
			if looked++; looked > maxResultFields {
				return found, id, any
			}
			stated, list, ok := parseResults(value)
			if !any {
				for i := range servers {
					if servers[i].is(stated) {
						trusted = &servers[i]
						break
					}
				}
				if trusted == nil {
					if received > 0 {
						return nil, "", false // the topmost below a Received is not ours: so is nothing below it
					}
					continue
				}
			} else if received > 0 || !trusted.is(stated) {
				// Above its own Received a server may write several fields. Below, it writes one, and the sender's come next.
				continue
			}
			if !ok {
				if received > 0 {
					return nil, "", false
				}
				trusted = nil
				continue
			}
			if !any {
				any, id = true, stated
			}
			found = append(found, list...)
		}
	}
	return found, id, any
}

// parseResults reads one field: the authserv-id, lower case and empty where none is stated, and what was found. It is not ok where the
// field is none.
func parseResults(value string) (id string, found []finding, ok bool) {
	value = cut(value, 32<<10)
	parts := split8601(value)
	if len(parts) == 0 {
		return "", nil, false
	}
	first := parts[0]
	if len(first) > 0 && !strings.Contains(first[0], "=") {
		id = strings.ToLower(cut(strings.TrimSuffix(first[0], "."), 255))
		first = first[1:]
		if len(first) > 0 && len(first[0]) <= 3 && strings.Trim(first[0], "0123456789") == "" {
			first = first[1:] // the version
		}
		if len(first) > 0 && strings.Contains(first[0], "=") {
			parts[0] = first // a server that forgot the semicolon
		} else {
			parts = parts[1:]
		}
	}
	for _, words := range parts {
		if len(words) == 0 || len(found) >= maxResultFields {
			continue
		}
		method, result, isPair := strings.Cut(words[0], "=")
		method, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(method)), "/")
		if !isPair || method == "" || result == "" {
			continue
		}
		f := finding{method: cut(strings.TrimSpace(method), 32), result: cut(strings.ToLower(result), 32), props: map[string]string{}}
		for _, w := range words[1:] {
			name, v, isPair := strings.Cut(w, "=")
			if name = strings.ToLower(name); isPair && len(f.props) < 32 && f.props[name] == "" {
				f.props[cut(name, 64)] = cut(v, 512)
			}
		}
		found = append(found, f)
	}
	return id, found, id != "" || len(found) > 0
}

// split8601 divides a field into the words between its semicolons: comments dropped, quotes undone, spaces around "=" closed.
func split8601(v string) [][]string {
	var out [][]string
	var words []string
	var w strings.Builder
	depth, inQuotes := 0, false
	space, quoted := false, false
	end := func() {
		if w.Len() > 0 || quoted {
			words = append(words, w.String())
		}
		w.Reset()
		quoted = false
	}
	for i := 0; i < len(v); i++ {
		c := v[i]
		switch {
		case inQuotes:
			switch {
			case c == '\\' && i+1 < len(v):
				i++
				w.WriteByte(v[i])
			case c == '"':
				inQuotes = false
			default:
				w.WriteByte(c)
			}
			continue
		case depth > 0:
			switch c {
			case '\\':
				i++
			case '(':
				depth++
			case ')':
				depth--
			}
			space = true
			continue
		}
		switch c {
		case '(':
			depth++
		case ' ', '\t', '\r', '\n':
			space = true
		case ';':
			end()
			out = append(out, words)
			words, space = nil, false
		case '=':
			w.WriteByte(c)
			space = false
		default:
			if space {
				if s := w.String(); !strings.HasSuffix(s, "=") || strings.Count(s, "=") > 1 {
					end()
				}
				space = false
			}
			if c == '"' {
				inQuotes, quoted = true, true
				continue
			}
			w.WriteByte(c)
		}
	}
	end()
	return append(out, words)
}

// byHost is the host that wrote a Received field, lower case (RFC 5321 §4.4), or "".
func byHost(received string) string {
	received = dropComments(cut(received, 4<<10))
	fields := strings.Fields(received)
	for i, f := range fields[:max(0, len(fields)-1)] {
		if strings.EqualFold(f, "by") {
			return strings.ToLower(strings.Trim(fields[i+1], "[];,."))
		}
	}
	return ""
}

func dropComments(s string) string {
	var b strings.Builder
	depth := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
			b.WriteByte(' ')
		case depth == 0:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// isLocalName says whether a host is named as servers name themselves inside: a number, or a name without a domain.
func isLocalName(host string) bool {
	return !strings.Contains(host, ".") || net.ParseIP(strings.TrimPrefix(host, "ipv6:")) != nil
}
