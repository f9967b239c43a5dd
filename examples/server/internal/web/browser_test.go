package web_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// A browser is a Chromium without a window. Its methods fail the test.
type browser struct {
	t    *testing.T
	ctx  context.Context
	base string
}

// patience of a step: a page on a machine that is busy elsewhere takes a while.
const stepLimit = 45 * time.Second

// openBrowser starts Chromium, or skips the test where there is none; with CI=true that is a failure.
func openBrowser(t *testing.T, base string) *browser {
	t.Helper()
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("no Chromium: apt-get install chromium")
		}
		t.Skip("no Chromium here: apt-get install chromium")
	}
	alloc, closed := chromedp.NewExecAllocator(
		context.Background(), chromedp.ExecPath(path), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.UserDataDir(t.TempDir()), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("disable-dev-shm-usage", true),
	)
	ctx, ended := chromedp.NewContext(alloc)
	t.Cleanup(func() { ended(); closed() })
	require.NoError(t, chromedp.Do(ctx))
	_, err := chromedp.Call(ctx, network.Enable, network.EnableParams{})
	require.NoError(t, err)
	return &browser{t: t, ctx: ctx, base: base}
}

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, done := context.WithTimeout(b.ctx, stepLimit)
	defer done()
	require.NoError(b.t, chromedp.Do(ctx, steps...))
}

// goTo opens a page and waits for it.
func (b *browser) goTo(path string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.base + path))
}

// follow does something that leads to another page, and waits for it.
func (b *browser) follow(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, done := context.WithTimeout(b.ctx, stepLimit)
	defer done()
	_, err := chromedp.RunResponse(ctx, steps...)
	require.NoError(b.t, err)
}

// run evaluates a script.
func run[T any](b *browser, script string) T {
	b.t.Helper()
	ctx, done := context.WithTimeout(b.ctx, stepLimit)
	defer done()
	out, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	require.NoError(b.t, err, script)
	return out
}

// wait waits until a script is true.
func (b *browser) wait(script string) {
	b.t.Helper()
	ctx, done := context.WithTimeout(b.ctx, stepLimit)
	defer done()
	_, err := chromedp.Run(ctx, chromedp.Poll[bool](script))
	require.NoError(b.t, err, script)
}

// press types keys outside of fields.
func (b *browser) press(keys string) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(keys))
}

// look sets the size, the colour scheme and the language that the browser asks for.
func (b *browser) look(width, height int64, scheme, lang string) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1, Mobile: width < 500})
	require.NoError(b.t, err)
	_, err = chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
	require.NoError(b.t, err)
	_, err = chromedp.Call(b.ctx, network.SetCookie, network.SetCookieParams{Name: "mailcrm_lang", Value: lang, URL: b.base})
	require.NoError(b.t, err)
}

// withoutScript switches JavaScript off, or on again.
func (b *browser) withoutScript(off bool) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: off})
	require.NoError(b.t, err)
}

// picture writes a screenshot of the whole page.
func (b *browser) picture(path string) {
	b.t.Helper()
	ctx, done := context.WithTimeout(b.ctx, stepLimit)
	defer done()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	require.NoError(b.t, err)
	require.NoError(b.t, os.WriteFile(path, png, 0o644))
}

// path is where the browser is, without the server.
func (b *browser) path() string {
	b.t.Helper()
	return strings.TrimPrefix(run[string](b, "location.href"), b.base)
}

// url is where the browser is, without asking a script.
func (b *browser) url() string {
	b.t.Helper()
	ctx, done := context.WithTimeout(b.ctx, stepLimit)
	defer done()
	location, err := chromedp.Run(ctx, chromedp.Location())
	require.NoError(b.t, err)
	return location
}
