package testservers

import "testing"

// Chromium finds a browser for tests that look at a page. As root it must be
// started with --no-sandbox.
func Chromium() (path string, ok bool) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome-stable", "google-chrome"} {
		if path := program(name); path != "" {
			return path, true
		}
	}
	return "", false
}

// MustChromium is [Chromium] for one test, which is skipped where there is no
// browser; where CI=true it fails.
func MustChromium(t testing.TB) string {
	t.Helper()
	path, ok := Chromium()
	if !ok {
		missing(t, "Chromium", "chromium")
	}
	return path
}
