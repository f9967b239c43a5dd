package demo

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"mime"
	"net/mail"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
)

// maxWaiting is how many answers are written at once; what is sent beyond them gets none.
const maxWaiting = 20

// answerMail lets the clients answer what is sent to them, until ctx ends.
func (d *Demo) answerMail(ctx context.Context) error {
	contacts := mailcrmtest.Cast().Contacts
	var answers errgroup.Group
	answers.SetLimit(maxWaiting)
	seen := 0
	for {
		delivered, err := d.Mail.WaitDelivered(ctx, seen+1)
		if err != nil {
			return errors.Join(answers.Wait(), ctx.Err())
		}
		for _, sent := range delivered[seen:] {
			for _, to := range sent.Outside {
				i := slices.IndexFunc(contacts, func(c mailcrmtest.Contact) bool { return slices.Contains(c.Addresses, strings.ToLower(to)) })
				if i < 0 || !answers.TryGo(func() error { return d.answerOne(ctx, contacts[i], to, sent) }) {
					continue
				}
			}
		}
		seen = len(delivered)
	}
}

// answerOne waits as people do, and then answers one mail.
func (d *Demo) answerOne(ctx context.Context, c mailcrmtest.Contact, address string, sent mailcrmtest.Delivery) error {
	wait := time.NewTimer(d.answer)
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-ctx.Done():
		return nil
	}
	now := time.Now()
	raw, err := answer(c, address, sent, now)
	if err != nil {
		return nil // a mail that cannot be read is not answered
	}
	return d.Mail.Load(sent.From, slices.Values([]mailcrmtest.Mail{{Folder: "INBOX", Raw: raw, Date: now}}))
}

// answer is what a contact writes back (RFC 5322 §3.6.4).
func answer(c mailcrmtest.Contact, address string, sent mailcrmtest.Delivery, now time.Time) ([]byte, error) {
	asked, err := mail.ReadMessage(bytes.NewReader(sent.Raw))
	if err != nil {
		return nil, err
	}
	decode := new(mime.WordDecoder)
	subject, err := decode.DecodeHeader(asked.Header.Get("Subject"))
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(strings.ToLower(subject), "re:") {
		subject = "Re: " + subject
	}
	text := fmt.Sprintf("Bonjour,\n\nmerci, c'est bien reçu. Je regarde cela avec l'équipe et je reviens vers vous demain.\n\nBonne journée,\n%s %s\n%s\n", c.FirstName, c.LastName, c.Title)
	if c.Language == "en" {
		text = fmt.Sprintf("Hello,\n\nthank you, this arrived safely. I shall look at it with my colleagues and come back to you tomorrow.\n\nBest wishes,\n%s %s\n%s\n", c.FirstName, c.LastName, c.Title)
	}
	id := asked.Header.Get("Message-ID")
	var b bytes.Buffer
	for _, field := range [][2]string{
		{"From", (&mail.Address{Name: c.FirstName + " " + c.LastName, Address: address}).String()},
		{"To", asked.Header.Get("From")},
		{"Subject", strings.ReplaceAll(mime.QEncoding.Encode("utf-8", subject), "?= =?", "?=\r\n =?")},
		{"Date", now.Format(time.RFC1123Z)},
		{"Message-ID", fmt.Sprintf("<%d.%s@%s>", now.UnixNano(), c.ID, address[strings.LastIndexByte(address, '@')+1:])},
		{"In-Reply-To", id},
		{"References", strings.Join(strings.Fields(asked.Header.Get("References")+" "+id), "\r\n ")},
		{"MIME-Version", "1.0"},
		{"Content-Type", "text/plain; charset=utf-8"},
		{"Content-Transfer-Encoding", "base64"},
	} {
		fmt.Fprintf(&b, "%s: %s\r\n", field[0], field[1])
	}
	b.WriteString("\r\n")
	for line := range slices.Chunk([]byte(base64.StdEncoding.EncodeToString([]byte(text))), 76) {
		b.Write(line)
		b.WriteString("\r\n")
	}
	return b.Bytes(), nil
}
