package web_test

import (
	"os"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

func TestNet(t *testing.T) {
	u := os.Getenv("NET")
	if u == "" {
		t.Skip()
	}
	b := openBrowser(t, "http://127.0.0.1:8099")
	chromedp.Call(b.ctx, log.Enable, cdp.Empty{})
	chromedp.Listen(b.ctx, func(ev any) {
		switch e := ev.(type) {
		case *network.EventLoadingFailed:
			t.Log("failed", e.ErrorText, e.BlockedReason)
		case *network.EventResponseReceived:
			t.Log(e.Response.Status, e.Response.URL)
		case *log.EventEntryAdded:
			t.Log("log", e.Entry.Text)
		}
	})
	b.goTo(u)
	b.do(chromedp.Sleep(2 * time.Second))
}
