package mimemail

import (
	"encoding/base64"
	"encoding/binary"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// pictureOf is a picture of that size, as far as its beginning tells.
func pictureOf(kind string, width, height, octets int) []byte {
	var b []byte
	switch kind {
	case "png":
		b = append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"), make([]byte, 8)...)
		binary.BigEndian.PutUint32(b[16:], uint32(width))
		binary.BigEndian.PutUint32(b[20:], uint32(height))
	case "gif":
		b = append([]byte("GIF89a"), byte(width), byte(width>>8), byte(height), byte(height>>8))
	case "jpeg":
		b = []byte{0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xff, 0xc0, 0, 11, 8, byte(height >> 8), byte(height), byte(width >> 8), byte(width)}
	case "bmp":
		b = append([]byte("BM"), make([]byte, 24)...)
		binary.LittleEndian.PutUint32(b[18:], uint32(width))
		binary.LittleEndian.PutUint32(b[22:], uint32(height))
	}
	return append(b, make([]byte, max(octets-len(b), 0))...)
}

// TestDecoration: what came along with a signature is not on the paper clip; what somebody sent is, also where it looks alike.
func TestDecoration(t *testing.T) {
	const text = "Content-Type: text/plain\r\n\r\nHello,\r\nsee you.\r\n"
	const markup = "Content-Type: text/html\r\n\r\n<p>Hello</p>"
	for _, c := range []struct {
		name       string
		text       string
		header     string
		kind       string
		w, h, size int
		want       bool
	}{
		{"Outlook's, made a file", text, `name="image001.png"|attachment; filename="image001.png"|`, "png", 200, 60, 5000, true},
		{"Outlook's of today", text, `name="Outlook-abc1.jpg"|inline|x@y`, "jpeg", 200, 60, 5000, true},
		{"logo by cid", markup, `name="Logo ACME.png"||logo@x`, "png", 300, 100, 9000, true},
		{"icon shown inline", text, `name="linkedin_icon.gif"|inline; filename="linkedin_icon.gif"|`, "gif", 24, 24, 900, true},
		{"no name, a cid that nobody refers to", markup, `|inline|part1@x`, "png", 120, 40, 2000, true},
		{"named by a program, with a cid", markup, `name="ATT00001.png"||a@x`, "png", 120, 40, 2000, true},
		{"one pixel", text, `name="offer.gif"|attachment|`, "gif", 1, 1, 43, true},
		{"size of pixels not known", text, `name="image003.png"||`, "", 0, 0, 5000, true},

		{"the logo that was asked for", text, `name="logo.png"|attachment; filename="logo.png"|`, "png", 300, 100, 9000, false},
		{"logo without a word on how", text, `name="logo.png"||`, "png", 300, 100, 9000, false},
		{"a photo", text, `name="IMG_0001.jpg"|attachment|`, "jpeg", 400, 300, 15000, false},
		{"a photo of a telephone, shown inline", text, `name="IMG_0001.jpeg"|inline|A1@x`, "jpeg", 640, 480, 15000, false},
		{"a large picture with Outlook's name", text, `name="image001.png"||c@x`, "png", 1280, 800, 18000, false},
		{"too many octets", text, `name="image001.png"||c@x`, "png", 200, 60, 30 << 10, false},
		{"a scan", text, `name="scan0001.tif"||c@x`, "", 0, 0, 9000, false},
		{"a named picture with a cid", markup, `name="floor plan.png"||c@x`, "png", 300, 300, 9000, false},
		{"a mail that is one picture", "Content-Type: text/plain\r\n\r\n\r\n", `name="image001.png"||c@x`, "png", 300, 100, 9000, false},
		{"an empty page around a picture", "Content-Type: text/html\r\n\r\n<p> &nbsp; </p>", `name="image001.png"||c@x`, "png", 300, 100, 9000, false},
		{"logo in a sentence", text, `name="draft of the new logo for the summer catalogue.png"|inline|c@x`, "png", 300, 100, 9000, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			fields := strings.Split(c.header, "|")
			kind := "png"
			if c.kind != "" {
				kind = c.kind
			}
			if strings.HasSuffix(fields[0], `.tif"`) {
				kind = "tiff"
			}
			entity := "Content-Type: image/" + kind + "; " + fields[0] + "\r\nContent-Transfer-Encoding: base64\r\n"
			if fields[1] != "" {
				entity += "Content-Disposition: " + fields[1] + "\r\n"
			}
			if fields[2] != "" {
				entity += "Content-ID: <" + fields[2] + ">\r\n"
			}
			entity += "\r\n" + base64.StdEncoding.EncodeToString(pictureOf(c.kind, c.w, c.h, c.size))
			m := parse(t, multipartOf("mixed", "b", c.text, entity))
			require.Len(t, m.Parts, 2)
			require.True(t, m.Parts[1].Attachment)
			require.Equal(t, c.want, m.Parts[1].Decoration)
			require.Equal(t, c.want, len(m.Attachments()) == 0)
		})
	}
}

func TestPixels(t *testing.T) {
	for _, kind := range []string{"png", "gif", "jpeg", "bmp"} {
		b := pictureOf(kind, 321, 123, 0)
		width, height, known := pixels(append(b, 0, 0, 0))
		require.True(t, known, kind)
		require.Equal(t, []int{321, 123}, []int{width, height}, kind)
		for n := range b {
			_, _, _ = pixels(b[:n]) // must not panic
		}
	}
	width, height, known := pixels(pictureOf("png", 1<<31, 1<<31, 0))
	require.True(t, known)
	require.Positive(t, width*height, strconv.Itoa(width*height))
	_, _, known = pixels([]byte("\xff\xd8\xff\xe0\x00\x01aaaaaaaaaaaaaaaaaaaa"))
	require.False(t, known)
}
