package mailcrmtest

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
)

// paper is a business document of one page: a quote, an order, an invoice.
type paper struct {
	from   string
	title  string
	to     []string
	rows   [][]string // label, quantity, price, sum; the first row is the head
	totals [][2]string
	foot   []string
}

// pdf writes the page with the fonts that every reader has (ISO 32000-1 §9.6.2.2), so that the file stays small.
func (p paper) pdf() []byte {
	var page strings.Builder
	text := func(font string, size, x, y int, s string) {
		fmt.Fprintf(&page, "BT /%s %d Tf %d %d Td (%s) Tj ET\n", font, size, x, y, pdfString(s))
	}
	text("B", 18, 56, 780, p.from)
	text("B", 13, 56, 744, p.title)
	y := 716
	for _, line := range p.to {
		text("R", 10, 340, y, line)
		y -= 14
	}
	y -= 24
	columns := []int{56, 330, 400, 480}
	for i, row := range p.rows {
		font := "R"
		if i == 0 {
			font = "B"
		}
		for c, cell := range row {
			if c < len(columns) {
				text(font, 10, columns[c], y, cell)
			}
		}
		if i == 0 {
			fmt.Fprintf(&page, "56 %d m 540 %d l S\n", y-5, y-5)
			y -= 6
		}
		y -= 16
	}
	fmt.Fprintf(&page, "330 %d m 540 %d l S\n", y+6, y+6)
	y -= 10
	for _, t := range p.totals {
		text("B", 10, 330, y, t[0])
		text("B", 10, 480, y, t[1])
		y -= 16
	}
	y -= 20
	for _, line := range p.foot {
		text("R", 9, 56, y, line)
		y -= 13
	}

	var b bytes.Buffer
	var offsets []int
	object := func(body string) {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", len(offsets), body)
	}
	b.WriteString("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
	object("<< /Type /Catalog /Pages 2 0 R >>")
	object("<< /Type /Pages /Kids [3 0 R] /Count 1 >>")
	object("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /R 5 0 R /B 6 0 R >> >> >>")
	object(fmt.Sprintf("<< /Length %d >>\nstream\n%sendstream", page.Len(), page.String()))
	object("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
	object("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>")
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, start)
	return b.Bytes()
}

// pdfString is text in WinAnsiEncoding, escaped for a literal string.
func pdfString(s string) string {
	special := map[rune]byte{'€': 0x80, '…': 0x85, 'Œ': 0x8c, '’': 0x92, '–': 0x96, '—': 0x97, 'œ': 0x9c, '\u202f': 0xa0}
	var b strings.Builder
	for _, r := range s {
		c, ok := special[r]
		switch {
		case ok:
		case r < 0x100:
			c = byte(r)
		default:
			c = '?'
		}
		if c == '(' || c == ')' || c == '\\' {
			b.WriteByte('\\')
		}
		b.WriteByte(c)
	}
	return b.String()
}

// sheet is a workbook with one sheet of text cells (ECMA-376), stored without compression.
func sheet(name string, rows [][]string) []byte {
	var cells strings.Builder
	for i, row := range rows {
		fmt.Fprintf(&cells, `<row r="%d">`, i+1)
		for c, v := range row {
			fmt.Fprintf(&cells, `<c r="%c%d" t="inlineStr"><is><t>%s</t></is></c>`, 'A'+rune(c), i+1, escape(v))
		}
		cells.WriteString("</row>")
	}
	const head = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range [][2]string{
		{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`},
		{"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="` + escape(name) + `" sheetId="1" r:id="rId1"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`},
		{"xl/worksheets/sheet1.xml", `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>` + cells.String() + `</sheetData></worksheet>`},
	} {
		w, err := z.CreateHeader(&zip.FileHeader{Name: f[0], Method: zip.Store})
		if err == nil {
			_, _ = w.Write([]byte(head + f[1])) // a bytes.Buffer does not fail
		}
	}
	_ = z.Close()
	return b.Bytes()
}

// euros is an amount as it is written in French, with the spaces that do not break.
func euros(cents int64) string {
	whole := fmt.Sprint(cents / 100)
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "\u202f" + whole[i:]
	}
	return fmt.Sprintf("%s,%02d\u00a0€", whole, cents%100)
}

// sterling is an amount as it is written in English.
func sterling(symbol string, cents int64) string {
	whole := fmt.Sprint(cents / 100)
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return fmt.Sprintf("%s%s.%02d", symbol, whole, cents%100)
}
