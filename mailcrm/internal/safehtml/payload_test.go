package safehtml

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// corpora is the folder of mails and payloads that others wrote, beside the repository; without it the test is skipped.
func corpora(t testing.TB, elements ...string) string {
	t.Helper()
	dir, err := os.Getwd()
	require.NoError(t, err)
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		require.NotEqual(t, filepath.Dir(dir), dir, "no go.mod above the test")
		dir = filepath.Dir(dir)
	}
	dir = filepath.Join(filepath.Dir(dir), "shared", "corpora")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the corpora of mails are not beside the repository (../shared/corpora)")
	}
	return filepath.Join(append([]string{dir}, elements...)...)
}

type payload struct{ Set, ID, Title, HTML string }

func payloads(t testing.TB) (list []payload) {
	t.Helper()
	b, err := os.ReadFile(corpora(t, "html-payloads", "payloads_dev.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, &list))
	require.Greater(t, len(list), 200)
	return list
}

// ownPayloads are those of testdata/payloads.txt, and of holdout.txt, written by somebody who had not seen the first.
func ownPayloads(t testing.TB) (list []payload) {
	t.Helper()
	signs := strings.NewReplacer("␀", "\x00", "␛", "\x1b", "␌", "\f", "␉", "\t", "␍", "\r")
	for _, file := range []string{"payloads.txt", "holdout.txt"} {
		b, err := os.ReadFile(filepath.Join("testdata", file))
		require.NoError(t, err)
		for _, text := range strings.Split(string(b), "\n=== ")[1:] {
			title, body, found := strings.Cut(text, "\n")
			require.True(t, found, title)
			list = append(list, payload{Set: file, ID: title, Title: title, HTML: signs.Replace(strings.TrimSuffix(body, "\n"))})
		}
	}
	require.Greater(t, len(list), 400)
	return list
}

// variants are the ways of showing a mail.
func variants() map[string]struct {
	opts  *Options
	allow allowedURL
} {
	own := func(u string) bool { return strings.HasPrefix(u, "/mail/") }
	return map[string]struct {
		opts  *Options
		allow allowedURL
	}{
		"defaults":      {nil, allowedURL{}},
		"cid":           {&Options{CIDURL: func(string) (string, bool) { return "/mail/part", true }}, allowedURL{resource: own}},
		"remote":        {&Options{AllowRemote: true}, allowedURL{remote: true}},
		"proxy and cid": {&Options{AllowRemote: true, RemoteURL: func(string) string { return "/mail/proxy?u=1&s=2" }, CIDURL: func(string) (string, bool) { return "/mail/part", true }}, allowedURL{resource: own}},
		"nothing given": {&Options{AllowRemote: true, RemoteURL: func(string) string { return "" }, CIDURL: func(string) (string, bool) { return "", false }}, allowedURL{}},
	}
}

// TestPayloads holds every payload of the corpora to the assertions, in every variant, alone and inside other markup.
func TestPayloads(t *testing.T) {
	for _, p := range payloads(t) {
		hold(t, p)
	}
}

// TestOwnPayloads does the same with ours.
func TestOwnPayloads(t *testing.T) {
	for _, p := range ownPayloads(t) {
		t.Run(p.ID, func(t *testing.T) { hold(t, p) })
	}
}

func hold(t *testing.T, p payload) {
	t.Helper()
	wrappers := []string{
		"%", "<table><tr><td>%", "<div title=\"%\">x</div>", "<p style=\"%\">x</p>", "<a href=\"%\">x</a>", "<svg>%</svg>", "<noscript>%</noscript>", "<!--%-->",
		"<style>%</style>", "<b><a>%", "<math><mtext>%", "<select>%", "<table>%", "<!doctype html><p>%", "<svg><desc>%", "<textarea>%", "<style>p{color:red}</style><p class=x id=y>%",
	}
	for name, v := range variants() {
		for _, wrapper := range wrappers {
			in := strings.ReplaceAll(wrapper, "%", p.HTML)
			out := SanitizeWith(in, v.opts).HTML
			if assertSafe(t, out, v.allow); t.Failed() {
				t.Fatalf("payload %s, %s, %q: %q", p.ID, name, wrapper, in)
			}
			if name == "defaults" {
				require.Equal(t, out, Sanitize(out), "payload %s in %q: cleaning twice changes nothing", p.ID, wrapper)
			}
		}
	}
}

// TestConcurrentUse shares the one policy between readers, as a server does.
func TestConcurrentUse(t *testing.T) {
	want := Sanitize(`<p style="color:red">a<img src="http://t.example/x"><script>b</script></p>`)
	var readers sync.WaitGroup
	for range 8 {
		readers.Go(func() {
			for range 50 {
				if got := Sanitize(`<p style="color:red">a<img src="http://t.example/x"><script>b</script></p>`); got != want {
					t.Errorf("%q", got)
				}
			}
		})
	}
	readers.Wait()
}
