package mailcrmtest

import (
	"bytes"
	"fmt"
	"strings"
	"time"
)

// failure is one recipient that could not be reached (RFC 3464 §2.3).
type failure struct {
	recipient  string
	status     string // "5.1.1"
	diagnostic string // what the other server said: "550 5.1.1 No such user"
	remote     string // its name
}

// deliveryReport is the body of a bounce (RFC 3464 in RFC 6522): words, the report, the header of what came back.
func deliveryReport(server string, arrived time.Time, envelopeID string, f failure, original []byte) *rawPart {
	var report strings.Builder
	fmt.Fprintf(&report, "Reporting-MTA: dns; %s\r\n", server)
	if envelopeID != "" {
		fmt.Fprintf(&report, "Original-Envelope-Id: %s\r\n", envelopeID)
	}
	fmt.Fprintf(&report, "Arrival-Date: %s\r\n\r\n", arrived.Format(time.RFC1123Z))
	fmt.Fprintf(&report, "Final-Recipient: rfc822; %s\r\nOriginal-Recipient: rfc822;%s\r\nAction: failed\r\nStatus: %s\r\n",
		f.recipient, f.recipient, f.status)
	fmt.Fprintf(&report, "Remote-MTA: dns; %s\r\nDiagnostic-Code: smtp; %s\r\n", f.remote, f.diagnostic)

	words := fmt.Sprintf("This is the mail system at host %s.\r\n\r\n"+
		"I'm sorry to have to inform you that your message could not\r\n"+
		"be delivered to one or more recipients. It's attached below.\r\n\r\n"+
		"                   The mail system\r\n\r\n"+
		"<%s>: host %s said:\r\n    %s (in reply to RCPT TO command)\r\n", server, f.recipient, f.remote, f.diagnostic)
	header, _ := splitHeader(original)
	return reportBody("delivery-status", words, "message/delivery-status", report.String(), "text/rfc822-headers", header)
}

// readReceipt is the body of a message disposition notification (RFC 8098 §3).
func readReceipt(reader, recipient, originalID, words string) *rawPart {
	report := fmt.Sprintf("Reporting-UA: %s\r\nOriginal-Recipient: rfc822;%s\r\nFinal-Recipient: rfc822;%s\r\n"+
		"Original-Message-ID: <%s>\r\nDisposition: manual-action/MDN-sent-manually; displayed\r\n", reader, recipient, recipient, originalID)
	return reportBody("disposition-notification", words, "message/disposition-notification", report, "", nil)
}

func reportBody(kind, words, reportType, report, lastType string, last []byte) *rawPart {
	mark := "=_report_" + kind
	var b bytes.Buffer
	part := func(contentType, content string) {
		fmt.Fprintf(&b, "--%s\r\nContent-Type: %s\r\n", mark, contentType)
		if !isASCII(strings.ReplaceAll(content, "\r\n", "")) {
			b.WriteString("Content-Transfer-Encoding: 8bit\r\n")
		}
		b.WriteString("\r\n" + content + "\r\n")
	}
	part("text/plain; charset=utf-8", words)
	part(reportType, report)
	if lastType != "" {
		part(lastType, string(last))
	}
	fmt.Fprintf(&b, "--%s--\r\n", mark)
	return &rawPart{
		contentType: fmt.Sprintf("multipart/report; report-type=%s;\r\n boundary=\"%s\"", kind, mark),
		data:        b.Bytes(),
	}
}
