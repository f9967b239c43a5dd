package api

import (
	"net/http"
	"net/url"
	"strings"
)

// verbs routes what [http.ServeMux] cannot: "POST /drafts/{draft}:send", an action behind a colon (Google's AIP-136). It keeps such a pattern as
// "POST /drafts/{draft}/:send" and reads the path of a request likewise, if it ends with a verb that was registered.
type verbs struct {
	mux   *http.ServeMux
	known map[string]bool
}

func newVerbs() *verbs { return &verbs{mux: http.NewServeMux(), known: map[string]bool{}} }

// HandleFunc registers a pattern.
func (v *verbs) HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	if path, verb, ok := cutVerb(pattern); ok {
		v.known[verb] = true
		pattern = path + "/:" + verb
	}
	v.mux.HandleFunc(pattern, handler)
}

// ServeHTTP routes a request.
func (v *verbs) ServeHTTP(w http.ResponseWriter, r *http.Request) { v.mux.ServeHTTP(w, v.spell(r)) }

// serves reports whether somebody serves a request, and if not, with which status to say so.
func (v *verbs) serves(r *http.Request) (status int, allow string, ok bool) {
	handler, pattern := v.mux.Handler(v.spell(r))
	if pattern != "" {
		return http.StatusOK, "", true
	}
	said := &headline{header: http.Header{}} // what the mux itself would answer: 404, 405 or a cleaner path
	handler.ServeHTTP(said, v.spell(r))
	if said.status == http.StatusMethodNotAllowed {
		return said.status, said.header.Get("Allow"), false
	}
	return http.StatusNotFound, "", false
}

// headline keeps the head of an answer and drops its body.
type headline struct {
	header http.Header
	status int
}

// Header is the answer's.
func (h *headline) Header() http.Header { return h.header }

// WriteHeader keeps the status.
func (h *headline) WriteHeader(status int) { h.status = status }

// Write drops the body.
func (h *headline) Write(b []byte) (int, error) { return len(b), nil }

// spell writes an action's path as the mux knows it.
func (v *verbs) spell(r *http.Request) *http.Request {
	if r.Method != http.MethodPost {
		return r
	}
	path, verb, ok := cutVerb(r.URL.EscapedPath())
	if !ok || !v.known[verb] {
		return r
	}
	raw := path + "/:" + verb
	plain, err := url.PathUnescape(raw)
	if err != nil {
		return r
	}
	spelt := r.WithContext(r.Context())
	u := *r.URL
	u.Path, u.RawPath = plain, raw
	spelt.URL = &u
	return spelt
}

// cutVerb cuts "…/drafts/17:send" before the colon of its last element.
func cutVerb(path string) (before, verb string, ok bool) {
	i := strings.LastIndexByte(path, ':')
	if i < 1 || path[i-1] == '/' || strings.IndexByte(path[i:], '/') >= 0 {
		return path, "", false
	}
	return path[:i], path[i+1:], true
}
