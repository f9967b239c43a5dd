package mailcrm_test

import (
	"mime"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
)

func TestContentDisposition(t *testing.T) {
	for name, want := range map[string]string{
		"offer.pdf":                `attachment; filename="offer.pdf"`,
		"a b; c=d.pdf":             `attachment; filename="a b; c=d.pdf"`,
		"Préférences €.pdf":        `attachment; filename="Pr_f_rences _.pdf"; filename*=UTF-8''Pr%C3%A9f%C3%A9rences%20%E2%82%AC.pdf`,
		`say "x".txt`:              `attachment; filename="say _x_.txt"; filename*=UTF-8''say%20%22x%22.txt`,
		"100%41.txt":               `attachment; filename="100_41.txt"; filename*=UTF-8''100%2541.txt`,
		"a\r\nSet-Cookie: x=1.txt": `attachment; filename="aSet-Cookie: x=1.txt"`,
		`C:\boot.ini`:              `attachment; filename="boot.ini"`,
		"../../etc/passwd":         `attachment; filename="passwd"`,
		"":                         `attachment; filename="file"`,
	} {
		require.Equal(t, want, mailcrm.ContentDisposition("attachment", name), name)
	}
}

func FuzzContentDisposition(f *testing.F) {
	for _, seed := range []string{"offer.pdf", "é.pdf", "\";filename=x.exe", "a\r\nb", strings.Repeat("é", 300), "\xff", "%"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got := mailcrm.ContentDisposition("inline", name)
		for _, b := range []byte(got) {
			require.True(t, b >= ' ' && b < 0x7f, "%q", got)
		}
		kind, params, err := mime.ParseMediaType(got)
		require.NoError(t, err, "%q", got)
		require.Equal(t, "inline", kind)
		require.Len(t, params, 1, "a name adds no parameter: %q", got)
		require.NotContains(t, params["filename"], "/")
	})
}

// TestOpenPart: what a browser may show it shows, and nothing else.
func TestOpenPart(t *testing.T) {
	const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
	of := func(kind, body string) part {
		return part{"Content-Type: " + kind + "\r\nContent-Disposition: attachment; filename=\"a.bin\"\r\nContent-Transfer-Encoding: base64", body}
	}
	parts := []struct {
		part
		kind string // "" is a download
	}{
		{of("image/png", png), "image/png"},
		{of("image/jpeg", png), "image/png"},
		{of("image/png", "PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg=="), ""},
		{of("image/svg+xml", "PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciLz4="), ""},
		{of("text/html", "PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg=="), "text/plain; charset=utf-8"},
		{of("text/csv", "cHJpeDvpCg=="), "text/plain; charset=windows-1252"},
		{of("text/plain", "AAECAwQF"), ""},
		{of("application/xhtml+xml", "PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg=="), ""},
		{of("application/javascript", "YWxlcnQoMSk="), ""},
	}
	all := []part{{textPart, "text"}}
	for _, p := range parts {
		all = append(all, p.part)
	}
	ask := inside(t, multi("mixed", all...))
	for i, p := range parts {
		path := "/part/" + string(rune('2'+i))
		for _, query := range []string{"?open=1", ""} {
			if i+2 > 9 {
				path = "/part/10"
			}
			got := ask(http.MethodGet, path+query)
			require.Equal(t, http.StatusOK, got.Code, p.header)
			require.Contains(t, got.Header().Get("Content-Security-Policy"), "sandbox")
			require.Equal(t, "nosniff", got.Header().Get("X-Content-Type-Options"))
			if query == "" || p.kind == "" {
				require.Equal(t, "application/octet-stream", got.Header().Get("Content-Type"), p.header)
				require.True(t, strings.HasPrefix(got.Header().Get("Content-Disposition"), "attachment"), p.header)
				continue
			}
			require.Equal(t, p.kind, got.Header().Get("Content-Type"), p.header)
			require.True(t, strings.HasPrefix(got.Header().Get("Content-Disposition"), "inline"), p.header)
		}
	}
}
