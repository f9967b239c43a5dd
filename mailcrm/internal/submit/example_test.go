package submit_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/mailcrm/internal/submit"
)

func ExampleBuild() {
	var b strings.Builder
	err := submit.Build(context.Background(), &submit.Mail{
		MessageID: "01hx@demo.example",
		Date:      time.Date(2026, time.November, 24, 9, 0, 0, 0, time.UTC),
		From:      store.Address{Name: "Anna Petit", Address: "anna@bücher.example"},
		To:        []store.Address{{Name: "Éloïse", Address: "eloise@client.example"}},
		Subject:   "Votre devis",
		Text:      "Bonjour Éloïse,\n",
		InReplyTo: "question@client.example", References: []string{"question@client.example"},
		Tag: "mc.01hx.mac",
	}, &b)
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println(strings.ReplaceAll(b.String(), "\r\n", "\n"))
	// Output:
	// Date: Tue, 24 Nov 2026 09:00:00 +0000
	// In-Reply-To: <question@client.example>
	// MIME-Version: 1.0
	// Message-ID: <01hx@demo.example>
	// References: <question@client.example>
	//  <mc.01hx.mac@xn--bcher-kva.example>
	// Subject: Votre devis
	// From: "Anna Petit" <anna@xn--bcher-kva.example>
	// To: =?utf-8?q?=C3=89lo=C3=AFse?= <eloise@client.example>
	// Content-Transfer-Encoding: quoted-printable
	// Content-Type: text/plain; charset=UTF-8
	//
	// Bonjour =C3=89lo=C3=AFse,
}
