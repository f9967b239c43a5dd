package imapconn

// A Namespace is a root of mailbox names (RFC 2342, RFC 9051 §6.3.10).
type Namespace struct {
	Prefix    string // of Listed.Name, in UTF-8: "INBOX."
	Raw       string // the same on the wire
	Delimiter string // "" when there is none
}

// Namespaces are those of the account, of other users and shared ones; all empty when the server does not tell.
type Namespaces struct {
	Personal, Other, Shared []Namespace
}

// namespacesMax bounds the namespaces of one kind.
const namespacesMax = 100

// namespace asks for the namespaces. A refusal is no error, except where it says that the login was not worth anything: Exchange accepts a
// login for a mailbox that it cannot open.
func (r *raw) namespace() error {
	if !r.caps.Has("NAMESPACE") {
		return nil
	}
	answer, err := r.command("NAMESPACE", func(data []byte) {
		if data, ok := cutWord(data, "NAMESPACE"); ok {
			r.namespaces = parseNamespaces(data)
		}
	})
	if err != nil {
		return err
	}
	if answer.kind != "OK" && notConnected(answer.text) {
		return r.link.die(r.refusal(answer))
	}
	return nil
}

// parseNamespaces reads three lists or NILs. What cannot be read is left out.
func parseNamespaces(data []byte) Namespaces {
	c := &cursor{b: data}
	var n Namespaces
	for _, kind := range []*[]Namespace{&n.Personal, &n.Other, &n.Shared} {
		c.spaces()
		if !c.take('(') {
			c.atom() // NIL
			continue
		}
		for c.spaces(); c.take('('); c.spaces() {
			prefix, ok := c.str()
			c.spaces()
			delim, delimOK := delimiter(c)
			for depth := 1; depth > 0 && !c.done(); { // extensions
				switch {
				case c.take('('):
					depth++
				case c.take(')'):
					depth--
				default:
					if _, isString := c.str(); !isString {
						c.i++
					}
				}
			}
			if ok && delimOK && len(prefix) <= nameMax && len(*kind) < namespacesMax {
				*kind = append(*kind, Namespace{Prefix: decodeName(prefix), Raw: prefix, Delimiter: delim})
			}
		}
		c.take(')')
	}
	return n
}
