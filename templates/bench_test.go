package templates_test

import (
	"context"
	"fmt"
	htmltemplate "html/template"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/templates"
)

// spelling is how two languages write the same mail.
type spelling struct {
	field, item string // with one %s
	loop, done  string
	when, end   string
}

var (
	liquid   = spelling{"{{ %s }}", "{{ line.%s }}", "{% for line in deal.lines %}", "{% endfor %}", "{% if deal.open %}", "{% endif %}"}
	standard = spelling{"{{ .%s }}", "{{ .%s }}", "{{ range .deal.lines }}", "{{ end }}", "{{ if .deal.open }}", "{{ end }}"}
)

// mail is a mail of 18 KB with 44 fields, 12 of which repeat in a table.
func mail(s spelling) string {
	var b strings.Builder
	b.WriteString(`<html><head><style>p{color:red}</style></head><body style="margin:0">`)
	for i := range 32 {
		fmt.Fprintf(&b, `<div class="row row-%d"><p style="margin:0 0 12px 0;font-family:Arial,sans-serif;font-size:14px;line-height:22px" title="%s">`, i, fmt.Sprintf(s.field, fmt.Sprintf("contact.f%d", i)))
		b.WriteString(strings.Repeat("Nous vous remercions de votre confiance et restons à votre disposition. ", 5))
		b.WriteString(s.when + fmt.Sprintf(s.field, "contact.name") + s.end + `<a href="https://crm.example/d?id=` + fmt.Sprintf(s.field, "contact.id") + "\">lien</a></p></div>\n")
	}
	b.WriteString("<table>" + s.loop + "<tr><td>" + fmt.Sprintf(s.item, "label") + "</td><td>" + fmt.Sprintf(s.item, "quantity") + "</td><td>" + fmt.Sprintf(s.item, "price") + "</td></tr>" + s.done)
	b.WriteString("</table></body></html>")
	return b.String()
}

type record = map[string]any

func mailValues() (templates.Value, record) {
	contact, plain := map[string]templates.Value{"name": text("Zoé d'Arc"), "id": text("a&b")}, record{"name": "Zoé d'Arc", "id": "a&b"}
	for i := range 32 {
		contact[fmt.Sprintf("f%d", i)], plain[fmt.Sprintf("f%d", i)] = text("value <"+fmt.Sprint(i)+">"), "value <"+fmt.Sprint(i)+">"
	}
	var lines []templates.Value
	var plainLines []record
	for i := range 12 {
		label, price := fmt.Sprintf("Tuile n° %d & pose", i), fmt.Sprintf("%d.50", i)
		lines = append(lines, templates.Record(map[string]templates.Value{"label": text(label), "quantity": text("12"), "price": text(price)}))
		plainLines = append(plainLines, record{"label": label, "quantity": "12", "price": price})
	}
	deal := templates.Record(map[string]templates.Value{"lines": templates.List(lines...), "open": templates.Bool(true)})
	return templates.Record(map[string]templates.Value{"contact": templates.Record(contact), "deal": deal}),
		record{"contact": plain, "deal": record{"lines": plainLines, "open": true}}
}

// BenchmarkBesideHTMLTemplate renders the same mail with both engines in turn; ratio below 1 is faster than html/template.
func BenchmarkBesideHTMLTemplate(b *testing.B) {
	ours, err := templates.Parse("mail", mail(liquid), templates.HTML, nil)
	require.NoError(b, err)
	theirs, err := htmltemplate.New("mail").Parse(mail(standard))
	require.NoError(b, err)
	values, plain := mailValues()
	var out strings.Builder
	require.NoError(b, theirs.Execute(&out, plain))
	got, err := ours.Render(context.Background(), values, nil)
	require.NoError(b, err)
	require.InDelta(b, out.Len(), len(got.Output), 100, "both write the same mail")

	var ourTime, theirTime time.Duration
	for b.Loop() {
		began := time.Now()
		if _, err := ours.Render(context.Background(), values, nil); err != nil {
			b.Fatal(err)
		}
		between := time.Now()
		if err := theirs.Execute(io.Discard, plain); err != nil {
			b.Fatal(err)
		}
		ourTime, theirTime = ourTime+between.Sub(began), theirTime+time.Since(between)
	}
	b.ReportMetric(float64(ourTime)/float64(theirTime), "ratio")
	b.ReportMetric(float64(ourTime.Nanoseconds())/float64(b.N), "ours-ns/mail")
	b.ReportMetric(float64(theirTime.Nanoseconds())/float64(b.N), "html/template-ns/mail")
}

func BenchmarkRender(b *testing.B) {
	ours, err := templates.Parse("mail", mail(liquid), templates.HTML, nil)
	require.NoError(b, err)
	values, _ := mailValues()
	b.ReportAllocs()
	b.SetBytes(int64(len(mail(liquid))))
	for b.Loop() {
		if _, err := ours.Render(context.Background(), values, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	source := mail(liquid)
	b.ReportAllocs()
	b.SetBytes(int64(len(source)))
	for b.Loop() {
		if _, err := templates.Parse("mail", source, templates.HTML, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkHostile prints what the longest source of each hostile kind costs.
func BenchmarkHostile(b *testing.B) {
	for name, source := range hostileSources() {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(source)))
			for b.Loop() {
				_, _ = templates.Parse("", source, templates.HTML, nil)
			}
		})
	}
}
