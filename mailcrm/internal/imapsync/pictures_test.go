package imapsync

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
	"github.com/mailcrm/sdk/mailcrm/internal/reports"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
)

// TestPictures: what may be a logo is small, an attachment, here whole, and beside a text; and there are not too many.
func TestPictures(t *testing.T) {
	const attached = "Content-Type: image/png; name=\"Acme 2026.png\"\r\nContent-Disposition: attachment"
	text, picture := [2]string{"Content-Type: text/plain", "hello"}, [2]string{attached, "logo"}
	for name, c := range map[string]struct {
		parts  [][2]string
		paths  []string
		others bool
	}{
		"a picture":               {[][2]string{text, picture}, []string{"2"}, false},
		"as large as may be":      {[][2]string{text, {attached, strings.Repeat("x", store.MaxLogo)}}, []string{"2"}, false},
		"larger":                  {[][2]string{text, {attached, strings.Repeat("x", store.MaxLogo+1)}}, nil, true},
		"empty":                   {[][2]string{text, {attached, ""}}, nil, true},
		"a document":              {[][2]string{text, {"Content-Type: application/pdf", "%PDF"}, picture}, []string{"3"}, true},
		"known by its name":       {[][2]string{text, {"Content-Type: image/png; name=image001.png", "x"}}, nil, false},
		"in the text":             {[][2]string{{"Content-Type: text/html", `hello <img src="cid:x">`}, {"Content-Type: image/png\r\nContent-ID: <x>", "x"}}, nil, false},
		"beside HTML":             {[][2]string{{"Content-Type: text/html", "<p>hello</p>"}, picture}, []string{"2"}, false},
		"beside an empty text":    {[][2]string{{"Content-Type: text/plain", " "}, picture}, nil, false},
		"beside nothing":          {[][2]string{picture}, nil, false},
		"a mail that is attached": {[][2]string{text, {"Content-Type: message/rfc822", attached + "\r\n\r\nx"}}, nil, true},
		"as many as are asked":    {append([][2]string{text}, repeated(picture, store.MaxLogos)...), numbered(store.MaxLogos), false},
		"more":                    {append([][2]string{text}, repeated(picture, store.MaxLogos+1)...), numbered(store.MaxLogos), true},
	} {
		t.Run(name, func(t *testing.T) {
			raw := "From: ben@client.example\r\nContent-Type: multipart/mixed; boundary=bound\r\n\r\n"
			for _, p := range c.parts {
				raw += "--bound\r\n" + p[0] + "\r\n\r\n" + p[1] + "\r\n"
			}
			small := pictures{}
			m, err := mimemail.Parse(strings.NewReader(raw+"--bound--\r\n"), &mimemail.Options{Part: small.reading(&reports.Parts{})})
			require.NoError(t, err)
			found, others := small.attached(m)
			var paths []string
			for _, p := range found {
				paths = append(paths, p.Path)
				if len(c.parts) == 2 && p.Path == "2" {
					require.Equal(t, sha256.Sum256([]byte(c.parts[1][1])), p.Digest)
				}
			}
			require.Equal(t, c.paths, paths)
			require.Equal(t, c.others, others)
		})
	}
}

func repeated(p [2]string, n int) (out [][2]string) {
	for range n {
		out = append(out, p)
	}
	return out
}

func numbered(n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprint(i+2))
	}
	return out
}
