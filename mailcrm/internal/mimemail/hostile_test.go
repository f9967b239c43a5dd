package mimemail

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestExternalAddressesAreIgnored has the headers by which a part says that it lies elsewhere (FAULTS S12): nothing of them is told, and the
// part is the octets that came.
func TestExternalAddressesAreIgnored(t *testing.T) {
	const url = "file:///etc/passwd"
	m := parse(t, "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello\r\n--b\r\nContent-Type: application/pdf; name=a.pdf\r\nX-Mozilla-External-Attachment-URL: "+url+
		"\r\nX-Mozilla-Altered: AttachmentDetached\r\nContent-Location: "+url+"\r\n\r\n%PDF\r\n--b\r\nContent-Type: message/external-body; access-type=URL; URL=\""+url+"\"; name=b.pdf\r\n\r\nContent-Type: application/pdf\r\n\r\n--b--\r\n")
	require.Equal(t, []string{"2 a.pdf", "3 b.pdf"}, names(m.Attachments()))
	require.EqualValues(t, 4, m.Attachments()[0].Size)
	for _, p := range m.Parts {
		require.NotContains(t, p.FileName+p.RawFileName+p.ContentID+p.MediaType, "passwd")
	}
}

// TestBothNames has a name in the form of RFC 2231 beside one of RFC 2047, and names in two headers: one is shown, without folders.
func TestBothNames(t *testing.T) {
	for header, want := range map[string]string{
		"Content-Type: application/pdf; name=\"=?utf-8?q?..=2F..=2Fr=C3=A9union.pdf?=\"":                                                                        "réunion.pdf",
		"Content-Type: application/pdf; name=\"=?utf-8?q?old.pdf?=\"\r\nContent-Disposition: attachment; filename=plain.pdf; filename*=utf-8''r%C3%A9union.pdf": "réunion.pdf",
		"Content-Type: application/pdf\r\nContent-Disposition: attachment; filename*0*=utf-8''..%5C..%5Cr%C3; filename*1*=%A9union; filename*2=.pdf":            "réunion.pdf",
		"Content-Type: application/pdf; name=\"r\xe9union.pdf\"":                                                                                                "réunion.pdf",
		"Content-Type: application/pdf; name=\"C:\\Users\\anna\\r\xc3\xa9union.pdf\"":                                                                           "réunion.pdf",
		"Content-Type: application/pdf; name*=utf-8''%E2%80%AEfdp.exe":                                                                                          "fdp.exe",
		"Content-Type: application/pdf; name=\"NUL\"":                                                                                                           "_NUL",
		"Content-Type: application/pdf; name=\"CON.pdf\"":                                                                                                       "_CON.pdf",
		"Content-Type: application/pdf; name=\"" + strings.Repeat("a", 300) + ".pdf\"":                                                                          strings.Repeat("a", 196) + ".pdf",
		"Content-Type: application/pdf; name=\"a\x00b.pdf\"":                                                                                                    "ab.pdf",
		"Content-Type: application/pdf; name=\"..\"":                                                                                                            "part-2.pdf",
		"Content-Type: application/pdf; name=\"invoice.pdf                          .exe\"":                                                                     "invoice.pdf .exe",
	} {
		m := parse(t, "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello\r\n--b\r\n"+header+"\r\n\r\n%PDF\r\n--b--\r\n")
		require.Len(t, m.Parts, 2)
		require.Equal(t, want, m.Parts[1].FileName, "%q", header)
	}
}

// TestEncryptedPartsAreAttachments has PGP/MIME and S/MIME (FAULTS S11): what is encrypted is a file, and a document that opens a quote
// before it and one that closes it behind stay two documents.
func TestEncryptedPartsAreAttachments(t *testing.T) {
	pgp := "Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=e\r\n\r\n--e\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n" +
		"--e\r\nContent-Type: application/octet-stream; name=encrypted.asc\r\nContent-Disposition: inline\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n--e--\r\n"
	smime := "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\nContent-Transfer-Encoding: base64\r\n\r\nMIAG\r\n"
	require.Equal(t, []string{"1 part-1.asc", "2 encrypted.asc"}, names(parse(t, pgp).Attachments()))
	require.Equal(t, []string{"1 part-1.p7m"}, names(parse(t, smime).Attachments()))
	for _, encrypted := range []string{pgp, smime} {
		m := parse(t, "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<img src=\"http://evil.example/\r\n--b\r\n"+encrypted+
			"--b\r\nContent-Type: text/html\r\n\r\n\">\r\n--b--\r\n")
		require.NotEmpty(t, m.Attachments())
		require.Equal(t, `<img src="http://evil.example/`, m.HTML)
		require.Len(t, m.Bodies, 2)
		require.Equal(t, `">`, m.Bodies[1].Text)
		for _, b := range m.Bodies {
			require.NotContains(t, b.Text, "PGP")
			require.NotContains(t, b.Text, "MIAG")
		}
	}
}
