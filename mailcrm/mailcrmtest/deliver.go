package mailcrmtest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"
)

// accept records a mail and delivers it, and gives the text of the reply.
func (s *Server) accept(from *submission, mail *envelopeOf, raw []byte) string {
	now := s.options.Now()
	s.record.mu.Lock()
	s.record.queued++
	queue := fmt.Sprintf("%08X", 0x4D430000+s.record.queued)
	s.record.mu.Unlock()

	d := Delivery{
		At: now, Login: from.user.user.Login, From: mail.from, To: slices.Clone(mail.to), Raw: raw, QueueID: queue,
		EnvelopeID: mail.envelopeID, Return: mail.ret, Notify: mail.notify,
	}
	text := "2.0.0 Ok: queued as " + queue
	if s.options.RewriteMessageID {
		id := "<" + queue + "@" + s.options.Domain + ">"
		raw = rewriteMessageID(raw, id)
		text = "2.0.0 OK " + id + " queued as " + queue
	}
	local := map[*account]bool{} // one copy each, however often he is named
	for _, to := range mail.to {
		a := s.account(to)
		if a == nil {
			d.Outside = append(d.Outside, to)
			continue
		}
		if !local[a] {
			local[a] = true
			a.load(Mail{Folder: inbox, Raw: s.trace(from, mail.from, to, queue, now, raw), Date: now})
		}
	}
	if s.options.FileSent {
		a := from.user
		a.mu.Lock()
		if sent := a.special(`\Sent`); sent != nil {
			a.add(sent, raw, now, []string{`\Seen`})
		}
		a.mu.Unlock()
	}
	s.bounce(d, raw)
	s.record.mu.Lock()
	s.record.delivered = append(s.record.delivered, d)
	close(s.record.changed)
	s.record.changed = make(chan struct{})
	s.record.mu.Unlock()
	return text
}

// trace puts in front what a receiving server adds (RFC 5321 §4.4).
func (s *Server) trace(from *submission, sender, to, queue string, now time.Time, raw []byte) []byte {
	var b bytes.Buffer
	writeField(&b, "Return-Path", "<"+sender+">")
	writeField(&b, "Delivered-To", to)
	writeField(&b, "Received", fmt.Sprintf("from %s ([127.0.0.1])\r\n\tby %s with ESMTPSA id %s\r\n\tfor <%s>; %s",
		heloName(from.hello), s.options.Domain, queue, to, now.Format(time.RFC1123Z)))
	b.Write(raw)
	return b.Bytes()
}

// heloName keeps what a client calls itself from becoming header lines.
func heloName(s string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return '_'
		}
		return r
	}, s)
}

func rewriteMessageID(raw []byte, id string) []byte {
	header, body := splitHeader(raw)
	var b bytes.Buffer
	writeField(&b, "Message-ID", id)
	headerFields(header, func(name string, whole []byte) bool {
		if strings.EqualFold(name, "Message-ID") {
			b.WriteString("X-Microsoft-Original-")
		}
		b.Write(whole)
		return true
	})
	b.WriteString("\r\n")
	b.Write(body)
	return b.Bytes()
}
