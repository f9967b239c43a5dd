package mailcrmtest

import (
	"bytes"
	"encoding/binary"
	"hash/adler32"
	"hash/crc32"
	"hash/fnv"
	"image"
	"image/color"
	"image/jpeg"
)

// logo is a small square picture that is the same for the same name and different for most others: what a company has
// in its signatures. It needs no font. The PNG (RFC 2083) is written by hand, uncompressed with a palette of two colours,
// because compressors take a megabyte to start and their output changes with releases of Go. size is at most 400.
func logo(name string, size int) []byte {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	bits := h.Sum64()
	cell := (size + 6) / 7
	var rows bytes.Buffer
	for y := range size {
		line := make([]byte, 1+(size+7)/8) // a filter byte, then a bit for each point
		for x := range size {
			column, row := x/cell, y/cell
			if column > 3 {
				column = 6 - column // a mirror makes it look drawn
			}
			if bits>>(uint(row*4+column)+20)&1 == 1 || row == 0 || row == 6 {
				line[1+x/8] |= 0x80 >> (x % 8)
			}
		}
		rows.Write(line)
	}

	var b bytes.Buffer
	b.WriteString("\x89PNG\r\n\x1a\n")
	chunk := func(kind string, data []byte) {
		_ = binary.Write(&b, binary.BigEndian, uint32(len(data))) // a bytes.Buffer does not fail
		b.WriteString(kind)
		b.Write(data)
		sum := crc32.Update(crc32.ChecksumIEEE([]byte(kind)), crc32.IEEETable, data)
		_ = binary.Write(&b, binary.BigEndian, sum)
	}
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(size)), uint32(size))
	chunk("IHDR", append(head, 1, 3, 0, 0, 0)) // one bit, palette
	chunk("PLTE", []byte{255, 255, 255, 30 + byte(bits%130), 30 + byte((bits>>8)%110), 60 + byte((bits>>16)%120)})
	stored := []byte{0x78, 0x01, 1} // zlib (RFC 1950) with one stored block (RFC 1951 §3.2.4)
	stored = binary.LittleEndian.AppendUint16(stored, uint16(rows.Len()))
	stored = binary.LittleEndian.AppendUint16(stored, ^uint16(rows.Len()))
	stored = append(stored, rows.Bytes()...)
	chunk("IDAT", binary.BigEndian.AppendUint32(stored, adler32.Checksum(rows.Bytes())))
	chunk("IEND", nil)
	return b.Bytes()
}

// photo is a picture of wood, with a scratch across it where asked.
func photo(seed uint64, width, height int, scratch bool) []byte {
	d := newDice(seed)
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	grain := make([]int, width)
	level := 0
	for x := range grain {
		level += d.below(7) - 3
		level = max(-18, min(18, level))
		grain[x] = level
	}
	for y := range height {
		for x := range width {
			g := grain[(x+y/9)%width] + d.below(5)
			c := color.RGBA{clamp(178 + g), clamp(128 + g), clamp(82 + g/2), 255}
			if line := height/3 + x/4; scratch && x > width/4 && x < width*3/4 && y >= line && y < line+3 {
				c = color.RGBA{238, 222, 196, 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	_ = jpeg.Encode(&b, img, &jpeg.Options{Quality: 80})
	return b.Bytes()
}

func clamp(v int) uint8 { return uint8(max(0, min(255, v))) }
