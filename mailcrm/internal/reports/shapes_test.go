package reports

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestShapes reads the bounces of testdata/shapes.txt.
func TestShapes(t *testing.T) {
	table, err := os.ReadFile("testdata/shapes.txt")
	require.NoError(t, err)
	shapes := strings.Split(string(table), "\n== ")[1:]
	require.Greater(t, len(shapes), 120)
	for _, s := range shapes {
		head, body, _ := strings.Cut(s, "\n")
		cells := strings.Split(head, " | ")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		t.Run(cells[0], func(t *testing.T) {
			require.GreaterOrEqual(t, len(cells), 4)
			argument := ""
			if len(cells) > 4 {
				argument = cells[4]
			}
			_, v := read(t, []byte(shaped(t, cells[3], argument, strings.TrimRight(body, "\n"))))
			require.Equal(t, Bounce, v.Kind)
			require.Len(t, v.Delivery.Recipients, 1)
			r := v.Delivery.Recipients[0]
			hardness := "soft"
			if r.Hard {
				hardness = "hard"
			}
			require.Equal(t, cells[1]+" "+cells[2], r.Status+" "+hardness, "%s: %.300s", r.Reason, r.Diagnostic)
			require.Equal(t, "ann@client.example", r.Address)
			require.Equal(t, !strings.Contains(r.Status, ".0.9"), r.Stated)
		})
	}
}

const returnedMail = "Received: from crm.example.fr by mx.example; Tue, 24 Nov 2026 10:00:00 +0100\nMessage-ID: <k7f2@example.fr>\n" +
	"From: Jeanne <jeanne@example.fr>\nTo: ann@client.example\nSubject: Votre devis\nDate: Tue, 24 Nov 2026 10:00:00 +0100\n\nBonjour\n"

// shaped is a mail of one of the forms of testdata/shapes.txt.
func shaped(t *testing.T, form, argument, body string) string {
	t.Helper()
	report := func(text, fields string) string {
		return "Return-Path: <>\nFrom: Mail Delivery System <MAILER-DAEMON@mx.example>\nTo: jeanne@example.fr\nSubject: Undelivered Mail Returned to Sender\n" +
			"MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: text/plain; charset=utf-8\n\n" + text +
			"\n\n--b\nContent-Type: message/delivery-status\n\n" + fields + "\n\n--b\nContent-Type: message/rfc822\n\n" + returnedMail + "\n--b--\n"
	}
	switch form {
	case "raw":
		return body
	case "dsn":
		text, fields, ok := strings.Cut(body, "\n--\n")
		require.True(t, ok)
		return report(text, fields)
	case "postfix":
		return report("This is the mail system at host mx.example.\n\nI'm sorry to have to inform you that your message could not\n"+
			"be delivered to one or more recipients. It's attached below.\n\nFor further assistance, please send mail to postmaster.\n\n"+
			"                   The mail system\n\n<ann@client.example>: "+body,
			fmt.Sprintf("Reporting-MTA: dns; mx.example\nX-Postfix-Queue-ID: 1A2B3C\nX-Postfix-Sender: rfc822; jeanne@example.fr\n"+
				"Arrival-Date: Tue, 24 Nov 2026 10:00:00 +0100 (CET)\n\nFinal-Recipient: rfc822; ann@client.example\n"+
				"Original-Recipient: rfc822;ann@client.example\nAction: failed\nStatus: %s\nDiagnostic-Code: %s", argument, postfixDiagnostic(body)))
	case "sendmail":
		last := body
		for line := range lines(body) {
			if replyAt(line) >= 400 || strings.HasPrefix(line, "<<< ") {
				last = strings.TrimPrefix(line, "<<< ")
			}
		}
		return report("The original message was received at Tue, 24 Nov 2026 10:00:00 +0100\nfrom crm.example.fr [192.0.2.1]\n\n"+
			"   ----- The following addresses had permanent fatal errors -----\n<ann@client.example>\n\n   ----- Transcript of session follows -----\n"+body,
			fmt.Sprintf("Reporting-MTA: dns; mx.example\nReceived-From-MTA: DNS; crm.example.fr\nArrival-Date: Tue, 24 Nov 2026 10:00:00 +0100\n\n"+
				"Final-Recipient: RFC822; ann@client.example\nAction: failed\nStatus: %s\nRemote-MTA: DNS; mx.client.example\nDiagnostic-Code: SMTP; %s\n"+
				"Last-Attempt-Date: Tue, 24 Nov 2026 10:00:00 +0100", argument, last))
	case "exim":
		return "Return-path: <>\nFrom: Mail Delivery System <Mailer-Daemon@mx.example>\nAuto-Submitted: auto-replied\nX-Failed-Recipients: ann@client.example\n" +
			"To: jeanne@example.fr\nSubject: Mail delivery failed: returning message to sender\n\n" +
			"This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\n" +
			"recipients. This is a permanent error. The following address(es) failed:\n\n  ann@client.example\n" + body +
			"\n\n------ This is a copy of the message, including all the headers. ------\n\nReturn-path: <jeanne@example.fr>\n" + returnedMail
	case "qmail":
		return "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nTo: jeanne@example.fr\nSubject: failure notice\n\n" +
			"Hi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n" +
			"This is a permanent error; I've given up. Sorry it didn't work out.\n\n<ann@client.example>:\n" + body +
			"\n\n--- Below this line is a copy of the message.\n\nReturn-Path: <jeanne@example.fr>\n" + returnedMail
	}
	require.Fail(t, "no such form", form)
	return ""
}

// postfixDiagnostic is what stands in the part for machines: what the server said, or what Postfix says itself.
func postfixDiagnostic(text string) string {
	for _, mark := range []string{" said: ", " refused to talk to me: "} {
		if _, said, ok := strings.Cut(text, mark); ok {
			said, _, _ = strings.Cut(said, " (in reply to ")
			return "smtp; " + said
		}
	}
	return "X-Postfix; " + text
}
