package web

import (
	"encoding/json"
	"net/http"
)

// Looking for servers and trying them takes seconds. Without script the visitor waits for a page; the script asks for the same with "Accept:
// application/x-ndjson" and gets a line of JSON for each step as it ends, and a last one that says where to go on.
const progressType = "application/x-ndjson"

// A progressLine is a step, or the end.
type progressLine struct {
	Key   string `json:"key,omitempty"` // which step; a later line replaces it
	Name  string `json:"name,omitempty"`
	Text  string `json:"text,omitempty"`
	State string `json:"state,omitempty"` // "running", or one of a mark: "ok", "warning", "failed", "skipped"
	To    string `json:"to,omitempty"`    // the page to go to
	Error string `json:"error,omitempty"` // what went wrong
}

// live reports whether the script wants to see steps while they happen.
func (v *visit) live() bool { return v.r.Header.Get("Accept") == progressType }

// progress sends a step to the script that waits for it, or to nobody.
func (v *visit) progress(line progressLine) {
	if !v.live() {
		return
	}
	if v.w.Header().Get("Content-Type") == "" {
		v.w.Header().Set("Content-Type", progressType)
		v.w.WriteHeader(http.StatusOK)
	}
	text, err := json.Marshal(line)
	if err != nil {
		v.site.cfg.Logger.ErrorContext(v.ctx(), "a step could not be told", "error", err)
		return
	}
	_, _ = v.w.Write(append(text, '\n'))        // the visitor may be gone: there is nobody to tell
	_ = http.NewResponseController(v.w).Flush() // nor here
}

// end sends the visitor on: by the last line, or as after every POST.
func (v *visit) end(path string, params ...string) error {
	if v.live() {
		v.progress(progressLine{To: address(path, params...)})
		return nil
	}
	return v.to(path, params...)
}
