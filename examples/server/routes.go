package main

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/mailcrm/sdk/examples/server/internal/api"
	"github.com/mailcrm/sdk/examples/server/internal/web"
	"github.com/mailcrm/sdk/storage"
)

// routes are all that answers.
func routes(w *world, logger *slog.Logger) (http.Handler, error) {
	pages, err := web.New(web.Config{Client: w.client, CRM: w.records, People: w.people, Find: w.find, URL: w.url, Demo: w.demo, Sample: w.sample, Logger: logger})
	if err != nil {
		return nil, err
	}
	programs, err := api.New(api.Config{Client: w.client, CRM: w.records, People: w.people, Find: w.find, Logger: logger})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/", pages)
	mux.Handle("/mail/", w.client.Content(w.people.Actor))
	for _, path := range []string{api.Prefix + "/", "/openapi.json", "/openapi.yaml"} {
		mux.Handle(path, programs)
	}
	access := w.people.Handler()
	for _, path := range []string{"/login", "/logout", "/who", "/people", "/lang", "/people.css"} {
		mux.Handle(path, access)
	}
	mux.HandleFunc("GET /healthz", w.health)

	// A browser on another site can make a form post here; it cannot make it say that it comes from here.
	all := http.NewCrossOriginProtection().Handler(mux)
	if w.demo {
		all = here(all)
	}
	return safe(all), nil
}

// health says whether the store answers.
func (w *world) health(rw http.ResponseWriter, r *http.Request) {
	ctx, done := context.WithTimeout(r.Context(), 2*time.Second)
	defer done()
	rw.Header().Set("Content-Type", "text/plain; charset=utf-8")
	rw.Header().Set("Cache-Control", "no-store")
	if _, _, err := w.client.As(storage.System("")).Events.List(ctx, 0, 1); err != nil {
		rw.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(rw, "the store does not answer\n")
		return
	}
	_, _ = io.WriteString(rw, "ok\n")
}

// safe sets what holds for every answer that sets nothing else: only files of our own are loaded, nothing is framed elsewhere. Mail itself has a stricter
// policy, which mailcrm sets.
func safe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy",
			"default-src 'self'; frame-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// here refuses requests for another host than this machine: a name elsewhere that was made to point here (DNS rebinding) gets nothing of a server without
// passwords.
func here(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		if !loopback(host) {
			http.Error(w, "this demo is for its own machine only", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}
