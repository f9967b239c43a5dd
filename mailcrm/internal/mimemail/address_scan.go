package mimemail

import "strings"

// An addressScanner cuts an address list into entries: words, comment and what stands in angle brackets, up to a comma, a semicolon or the
// colon of a group.
type addressScanner struct {
	rest                    string
	quotes, comments, words bool // whether there may still be an end of one: looking twice would cost the square

	phrase, comment strings.Builder
	angle           string
	hasAngle        bool
	broken          bool
}

func (s *addressScanner) some() bool { return s.hasAngle || s.phrase.Len() > 0 || s.comment.Len() > 0 }

func (s *addressScanner) reset() {
	s.phrase.Reset()
	s.comment.Reset()
	s.angle, s.hasAngle, s.broken = "", false, false
}

// entry reads one entry and returns what ended it: ',' ';' ':' or 0 for the end of the list.
func (s *addressScanner) entry() byte {
	for s.rest != "" {
		c := s.rest[0]
		switch c {
		case ',', ';':
			s.rest = s.rest[1:]
			return c
		case ':':
			s.rest = s.rest[1:]
			if !s.hasAngle && !strings.EqualFold(strings.TrimSpace(s.phrase.String()), "mailto") && strings.IndexByte(s.phrase.String(), '@') < 0 {
				return c
			}
			if strings.IndexByte(s.phrase.String(), '@') < 0 {
				s.phrase.Reset() // mailto:
			}
		case '"':
			s.quoted()
		case '(':
			s.commented()
		case '<':
			s.bracketed()
		case '>':
			s.broken = true
			s.rest = s.rest[1:]
		default:
			i := s.atom()
			if s.hasAngle && strings.TrimSpace(s.rest[:i]) != "" {
				if strings.IndexByte(s.rest[:i], '@') >= 0 { // the comma between two entries was forgotten
					s.broken = true
					return ','
				}
				if s.phrase.Len() == 0 {
					s.phrase.WriteString(s.rest[:i]) // <john@example.com> John
				}
			} else if !s.hasAngle {
				s.phrase.WriteString(s.rest[:i])
			}
			s.rest = s.rest[i:]
		}
	}
	return 0
}

// atom is the length of what comes before the next special character. An encoded-word is one atom, also where it holds such characters
// against RFC 2047 §5.
func (s *addressScanner) atom() int {
	if s.words && strings.HasPrefix(s.rest, "=?") {
		word, ok := cutWord(s.rest)
		if ok {
			return word.length
		}
		s.words = !word.none
	}
	i := strings.IndexAny(s.rest[1:], `,;:"(<>=`)
	if i < 0 {
		return len(s.rest)
	}
	return i + 1
}

// quoted reads a quoted string (RFC 5322 §3.2.4) into the phrase. One that is the local part of a bare address keeps its quotes.
func (s *addressScanner) quoted() {
	end := -1
	if s.quotes {
		for i := 1; i < len(s.rest); i++ {
			if s.rest[i] == '\\' {
				i++
			} else if s.rest[i] == '"' {
				end = i
				break
			}
		}
	}
	if end < 0 {
		s.quotes = false
		s.broken = true
		s.rest = s.rest[1:]
		return
	}
	text := s.rest[1:end]
	after := s.rest[end+1:]
	switch {
	case s.hasAngle:
	case strings.HasPrefix(after, "@"):
		s.phrase.WriteString(s.rest[:end+1])
	default:
		s.phrase.WriteString(unquote(text))
	}
	s.rest = after
}

// commented reads a comment (RFC 5322 §3.2.2), which may hold others.
func (s *addressScanner) commented() {
	depth, end := 0, -1
	if s.comments {
		for i := 0; i < len(s.rest) && end < 0; i++ {
			switch s.rest[i] {
			case '\\':
				i++
			case '(':
				depth++
			case ')':
				if depth--; depth == 0 {
					end = i
				}
			}
		}
	}
	if end < 0 {
		s.comments = false
		s.broken = true
		if !s.hasAngle {
			s.phrase.WriteByte('(')
		}
		s.rest = s.rest[1:]
		return
	}
	if s.comment.Len() > 0 {
		s.comment.WriteByte(' ')
	}
	s.comment.WriteString(unquote(s.rest[1:end]))
	if !s.hasAngle {
		s.phrase.WriteByte(' ')
	}
	s.rest = s.rest[end+1:]
}

// bracketed reads an address in angle brackets; without the closing one it ends where white space, a comma or a semicolon does.
func (s *addressScanner) bracketed() {
	s.rest = strings.TrimLeft(s.rest, "<")
	i := strings.IndexAny(s.rest, "<>")
	if q := strings.IndexByte(s.rest[:max(i, 0)], '"'); q >= 0 {
		if e := strings.IndexByte(s.rest[q+1:], '"'); e >= 0 && strings.HasPrefix(s.rest[q+e+2:], "@") {
			if j := strings.IndexAny(s.rest[q+e+2:], "<>"); j >= 0 {
				i = q + e + 2 + j // a quoted local part may hold brackets
			}
		}
	}
	text, after := s.rest, ""
	switch {
	case i >= 0 && s.rest[i] == '>':
		text, after = s.rest[:i], s.rest[i+1:]
	default:
		s.broken = true
		if j := strings.IndexAny(s.rest, ",;< \t"); j >= 0 {
			text, after = s.rest[:j], s.rest[j:]
		}
	}
	if s.hasAngle { // a second pair: the one that looks like an address counts
		s.broken = true
		if strings.IndexByte(s.angle, '@') >= 0 {
			text = s.angle
		}
	}
	s.angle, s.hasAngle = text, true
	s.rest = after
}
