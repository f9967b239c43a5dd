package web_test

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// SHOT: lines of "url out width height scheme lang [js]"
func TestShot(t *testing.T) {
	spec := os.Getenv("SHOT")
	if spec == "" {
		t.Skip()
	}
	b := openBrowser(t, "http://127.0.0.1:8099")
	for _, line := range strings.Split(strings.TrimSpace(spec), "\n") {
		f := strings.SplitN(strings.TrimSpace(line), " ", 7)
		w, _ := strconv.ParseInt(f[2], 10, 64)
		h, _ := strconv.ParseInt(f[3], 10, 64)
		b.look(w, h, f[4], f[5])
		b.goTo(f[0])
		b.do(chromedp.Sleep(300 * time.Millisecond))
		if len(f) > 6 {
			for _, js := range strings.Split(f[6], ";;") {
				run[chromedp.Void](b, js)
				b.do(chromedp.Sleep(900 * time.Millisecond))
			}
		}
		if sw := run[int64](b, "document.documentElement.scrollWidth"); sw > w {
			t.Log("OVERFLOW", line, sw)
		}
		b.picture(f[1])
	}
}
