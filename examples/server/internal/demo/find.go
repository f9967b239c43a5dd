package demo

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/mailcrm/sdk/mailcrm/autoconfig"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
)

// domain is that of the story's mailboxes.
const domain = "demo.example"

// The mailbox that nobody has an account of yet: whoever looks at the demo can add it.
const (
	SampleAddress  = "atelier@" + domain
	SamplePassword = "atelier"
)

// fillSample puts a mail into it.
func fillSample(mail *mailcrmtest.Server, now time.Time) error {
	raw := fmt.Sprintf("From: Jeanne Martin <jeanne.martin@%[1]s>\r\nTo: Atelier Nordik <%[2]s>\r\nSubject: Bienvenue / Welcome\r\nDate: %[3]s\r\nMessage-ID: <bienvenue@%[1]s>\r\n"+
		"Content-Type: text/plain; charset=utf-8\r\n\r\nCette boîte vient d'être ajoutée.\r\nThis mailbox has just been added.\r\n", domain, SampleAddress, now.Format(time.RFC1123Z))
	_, err := mail.Deliver(SampleAddress, []byte(raw))
	return err
}

// Find looks for the servers of an address without leaving this machine: those of the story's own domain are the demo's; of others only the table that is compiled
// in is asked, and a DNS that knows nobody.
func (d *Demo) Find(ctx context.Context, address string, progress func(autoconfig.Step)) (*autoconfig.Result, error) {
	opts := &autoconfig.Options{ISPDB: "off", Resolver: nobody(), Logger: d.logger, Progress: progress}
	if _, of, _ := strings.Cut(strings.TrimSpace(address), "@"); !strings.EqualFold(strings.TrimSuffix(of, "."), domain) {
		return autoconfig.Explore(ctx, address, opts)
	}
	opts.Progress = nil
	result, err := autoconfig.Explore(ctx, address, opts)
	if err != nil {
		return result, err
	}
	answer := "https://autoconfig." + domain + "/mail/config-v1.1.xml"
	for i := range result.Steps {
		if result.Steps[i].Source == autoconfig.SourceAutoconfig {
			result.Steps[i].Target, result.Steps[i].Outcome = "autoconfig."+domain, autoconfig.Found
		}
		if progress != nil {
			progress(result.Steps[i])
		}
	}
	result.Candidates = []autoconfig.Candidate{{
		Provider: "Atelier Nordik",
		IMAP:     autoconfig.Server{Host: d.Mail.IMAPS.Host, Port: d.Mail.IMAPS.Port, Security: autoconfig.TLS, Login: autoconfig.LoginAddress, Username: result.Address},
		SMTP:     autoconfig.Server{Host: d.Mail.Submission.Host, Port: d.Mail.Submission.Port, Security: autoconfig.StartTLS, Login: autoconfig.LoginAddress, Username: result.Address},
		Auth:     []autoconfig.Auth{{Kind: autoconfig.Password}}, Source: autoconfig.SourceAutoconfig, Confidence: autoconfig.High,
		Evidence: []autoconfig.Evidence{{Source: autoconfig.SourceAutoconfig, Domain: domain, Target: answer}},
	}}
	return result, nil
}

// nobody is a DNS without a network: it answers that there is no such name.
func nobody() *net.Resolver {
	pipe := func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go answerNobody(theirs)
		return ours, nil
	}
	return &net.Resolver{PreferGo: true, Dial: pipe} //nolint:forbidigo // nothing is dialled: both ends are here
}

// answerNobody answers the questions of one connection (DNS over TCP: RFC 1035 §4.2.2) until it is closed.
func answerNobody(conn net.Conn) {
	defer func() { _ = conn.Close() }() // the other side has what it wanted
	for {
		var length [2]byte
		if _, err := io.ReadFull(conn, length[:]); err != nil {
			return
		}
		question := make([]byte, binary.BigEndian.Uint16(length[:]))
		if _, err := io.ReadFull(conn, question); err != nil {
			return
		}
		var m dnsmessage.Message
		if err := m.Unpack(question); err != nil {
			return
		}
		m.Response, m.RCode, m.Additionals = true, dnsmessage.RCodeNameError, nil
		answer, err := m.AppendPack([]byte{0, 0})
		if err != nil {
			return
		}
		binary.BigEndian.PutUint16(answer, uint16(len(answer)-2))
		if _, err := conn.Write(answer); err != nil {
			return
		}
	}
}
