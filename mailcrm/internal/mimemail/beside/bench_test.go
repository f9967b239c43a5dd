// Package beside measures how fast package mimemail reads beside bare go-message and enmime: `make bench BENCH=Parse`. It is a module of its
// own, so that nobody who uses the library has enmime among its modules.
package beside

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
	"mime"
	"mime/quotedprintable"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-message"
	"github.com/jhillyerd/enmime/v2"

	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
)

// mailbox makes a mailbox that always is the same: texts and alternatives of two languages, every tenth mail with a file of 20 to 400 KiB.
func mailbox(n int) [][]byte {
	r := rand.New(rand.NewPCG(1, 1))
	words := strings.Fields("le client a reçu votre devis hier et la facture ci-jointe bien cordialement the meeting is moved to Thursday please find attached our offer für die Lieferung")
	prose := func(n int) string {
		var b strings.Builder
		for i := 1; i <= n; i++ {
			b.WriteString(words[r.IntN(len(words))])
			if i%11 == 0 {
				b.WriteString("\r\n")
			} else {
				b.WriteByte(' ')
			}
		}
		return b.String()
	}
	encoded := func(s string) string {
		var b bytes.Buffer
		w := quotedprintable.NewWriter(&b)
		_, _ = io.WriteString(w, s)
		_ = w.Close()
		return b.String()
	}
	lines := func(p []byte) string {
		var b strings.Builder
		s := base64.StdEncoding.EncodeToString(p)
		for len(s) > 76 {
			b.WriteString(s[:76] + "\r\n")
			s = s[76:]
		}
		return b.String() + s + "\r\n"
	}
	file := make([]byte, 400<<10)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(file)
	out := make([][]byte, n)
	for i := range out {
		var b strings.Builder
		fmt.Fprintf(&b, "Return-Path: <anna.%d@example.com>\r\nReceived: from mx.example.com (mx.example.com [192.0.2.1])\r\n\tby mail.example.net (Postfix) with ESMTPS id ABC%d\r\n\tfor <us@example.net>; Tue, 3 Mar 2026 10:00:00 +0100 (CET)\r\n", i, i)
		fmt.Fprintf(&b, "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=k1;\r\n\th=from:to:subject:date; bh=%s;\r\n\tb=%s\r\n", lines(file[:32])[:44], lines(file[:54])[:72])
		fmt.Fprintf(&b, "Message-ID: <%d.%d@example.com>\r\nDate: Tue, 3 Mar 2026 10:%02d:00 +0100\r\n", i, r.Int64(), i%60)
		fmt.Fprintf(&b, "From: %s <anna.%d@example.com>\r\nTo: Us <us@example.net>, \"Doe, John\" <john@example.org>\r\n", mime.QEncoding.Encode("utf-8", "Anaïs Müller"), i)
		fmt.Fprintf(&b, "Subject: %s\r\nMIME-Version: 1.0\r\n", mime.QEncoding.Encode("utf-8", "Réunion de mars, devis n° "+fmt.Sprint(i)))
		text := prose(150 + r.IntN(400))
		alternative := func() {
			fmt.Fprintf(&b, "Content-Type: multipart/alternative; boundary=\"alt%d\"\r\n\r\n--alt%d\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n%s\r\n", i, i, encoded(text))
			fmt.Fprintf(&b, "--alt%d\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n%s\r\n--alt%d--\r\n", i, encoded("<html><body><p style=\"color:#333\">"+strings.ReplaceAll(text, "\r\n", "<br>\r\n")+"</p></body></html>"), i)
		}
		switch {
		case i%10 == 0:
			fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=\"mix%d\"\r\n\r\n--mix%d\r\n", i, i)
			alternative()
			fmt.Fprintf(&b, "--mix%d\r\nContent-Type: application/pdf; name=\"devis.pdf\"\r\nContent-Disposition: attachment; filename=\"devis.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\n%s--mix%d--\r\n", i, lines(file[:20<<10+r.IntN(380<<10)]), i)
		case i%3 == 0:
			fmt.Fprintf(&b, "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n%s", text)
		default:
			alternative()
		}
		out[i] = []byte(b.String())
	}
	return out
}

func size(mails [][]byte) (n int64) {
	for _, m := range mails {
		n += int64(len(m))
	}
	return n
}

// A reader is a library that reads a mail.
type reader struct {
	name string
	read func(raw []byte) error
}

var readers = []reader{
	{"mimemail", func(raw []byte) error {
		_, err := mimemail.Parse(bytes.NewReader(raw), nil)
		return err
	}},
	// The least that go-message can do: Read and Walk, every body decoded and thrown away.
	{"go-message", func(raw []byte) error {
		e, err := message.Read(bytes.NewReader(raw))
		if err != nil {
			return err
		}
		return e.Walk(func(_ []int, e *message.Entity, err error) error {
			if err != nil || e.MultipartReader() != nil {
				return err
			}
			_, err = io.Copy(io.Discard, e.Body)
			return err
		})
	}},
	{"enmime", func(raw []byte) error {
		_, err := enmime.ReadEnvelope(bytes.NewReader(raw))
		return err
	}},
}

func (r *reader) all(b *testing.B, mails [][]byte) {
	for _, raw := range mails {
		if err := r.read(raw); err != nil {
			b.Fatal(r.name, err)
		}
	}
}

// BenchmarkParse reads 1,000 mails a round.
func BenchmarkParse(b *testing.B) {
	mails := mailbox(1000)
	for _, r := range readers {
		b.Run(r.name, func(b *testing.B) {
			b.SetBytes(size(mails))
			b.ReportAllocs()
			for b.Loop() {
				r.all(b, mails)
			}
		})
	}
}

// BenchmarkParseBeside lets the libraries read by turns and prints how often ours reads the mails in the computing time that each of the
// others takes to read them once: above 1 ours is faster.
func BenchmarkParseBeside(b *testing.B) {
	mails := mailbox(1000)
	took := make([]time.Duration, len(readers)) // for one round
	rounds := make([]int, len(readers))
	for b.Loop() {
		for turn := range 5 {
			for i, r := range readers {
				if turn > 0 && i == len(readers)-1 {
					continue // enmime takes its time: once is enough
				}
				begin := cpuTime()
				r.all(b, mails)
				took[i] += cpuTime() - begin
				rounds[i]++
			}
		}
	}
	for i := range readers {
		took[i] /= time.Duration(rounds[i])
	}
	for i, r := range readers {
		b.ReportMetric(float64(size(mails))/1e6/took[i].Seconds(), r.name+"-MB/s")
		if i > 0 {
			b.ReportMetric(took[i].Seconds()/took[0].Seconds(), "times-"+r.name)
		}
	}
}
