package web_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/mailcrm/sdk/examples/server/internal/demo"
	"github.com/mailcrm/sdk/examples/server/internal/web"
)

func TestServe(t *testing.T) {
	addr := os.Getenv("WEB_SERVE")
	if addr == "" {
		t.Skip()
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	d, err := demo.Start(t.Context(), &demo.Options{Logger: log, Answer: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	go d.Run(context.Background())
	if err := d.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	pages, err := web.New(web.Config{Client: d.Client, CRM: d.Records, People: d.People, Demo: true, Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", pages)
	content := d.Client.Content(d.People.Actor)
	mux.HandleFunc("/mail/", func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "inline") {
			fmt.Fprintln(os.Stderr, r.URL.Path, "cookie", r.Header.Get("Cookie") != "", r.Header.Get("Sec-Fetch-Site"))
		}
		content.ServeHTTP(w, r)
	})
	for _, p := range []string{"/who", "/lang", "/logout", "/people.css"} {
		mux.Handle(p, d.People.Handler())
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(os.Stderr, "serving", l.Addr())
	http.Serve(l, mux)
}
