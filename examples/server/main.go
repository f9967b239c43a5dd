// Command server is the reference server of mailcrm: web pages and an HTTP API over one mailcrm client, with everything around it that a host CRM would have.
//
//	go run ./examples/server -demo
//
// shows a furniture maker's mail and CRM; nothing is installed, dialled or left behind. Without -demo it works on a folder of its own with real mail accounts,
// behind a login, and is what a small office can use as it is:
//
//	go run ./examples/server -data /srv/mailcrm -addr 127.0.0.1:8025
//
// # How it is put together
//
//	main.go    flags, and what is printed
//	serve.go   the HTTP server from its start to its end
//	routes.go  what answers where, and the headers on all of it
//	find.go    how servers of an address are looked for, and where people sign in
//	real.go    a data folder with a store, bytes, keys, people and a CRM; demo has the same in a temporary one
//	internal/  demo, people (who asks), crm (records), api (/api/v1), web (pages)
//
// It is an example to read, and the place where everything that mailcrm promises can be seen. A host needs none of it: see examples/host.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
	_ "time/tzdata" // zones on machines that have none
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends at once
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "server:", err)
		}
		os.Exit(1)
	}
}

// settings are what the flags say.
type settings struct {
	addr    string
	anyPort bool // nobody asked for this port: another will do
	demo    bool
	data    string
	key     string
	lang    string
	zone    string
	https   bool
	allow   []netip.Prefix
	ports   []int
	roots   string
	url     string
	oauth   string
	ispdb   string
	verbose bool
}

const defaultAddr = "127.0.0.1:8025"

// parse reads the flags.
func parse(args []string, stderr io.Writer) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("server", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&s.addr, "addr", "", "`host:port` to listen on (default "+defaultAddr+", or a free port where that is taken)")
	flags.BoolVar(&s.demo, "demo", false, "show a demo that is forgotten at the end; no password is asked, so it listens on the loopback only")
	flags.StringVar(&s.data, "data", "data", "`folder` for everything that is kept; not used with -demo")
	flags.StringVar(&s.key, "key", "", "`file` with the key that seals the passwords of mail accounts; outside the data folder (default mailcrm/mailcrm.key in the user's configuration folder)")
	flags.StringVar(&s.lang, "lang", "fr", "`language` for those whose browser asks for none that there is: fr or en")
	flags.StringVar(&s.zone, "zone", "Europe/Paris", "time `zone` for people who have not set theirs")
	flags.BoolVar(&s.https, "https", false, "browsers reach the server over https, which a proxy ends: cookies are marked Secure")
	flags.Func("allow", "`networks` of mail servers that may be reached although they are private, as 192.168.0.0/16,10.0.0.7/32", func(text string) error {
		for item := range strings.SplitSeq(text, ",") {
			prefix, err := netip.ParsePrefix(strings.TrimSpace(item))
			if err != nil {
				return err
			}
			s.allow = append(s.allow, prefix)
		}
		return nil
	})
	flags.Func("ports", "`ports` of mail servers that may be dialled (default 143,993,25,465,587)", func(text string) error {
		for item := range strings.SplitSeq(text, ",") {
			port, err := strconv.Atoi(strings.TrimSpace(item))
			if err != nil {
				return err
			}
			s.ports = append(s.ports, port)
		}
		return nil
	})
	flags.StringVar(&s.roots, "roots", "", "PEM `file` with authorities to believe beside the system's, for mail servers of one's own")
	flags.StringVar(&s.url, "url", "", "what browsers call the server, as https://crm.example.com: Google and Microsoft send people back there (default: as the browser asked)")
	flags.StringVar(&s.oauth, "oauth", "", "JSON `file` with the providers where people sign in instead of giving a password; nobody else may read it")
	flags.StringVar(&s.ispdb, "ispdb", "", "`address` of a copy of Mozilla's data base of mail servers, or \"off\"; only the domains of addresses are told to it")
	flags.BoolVar(&s.verbose, "v", false, "tell more on standard error")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if flags.NArg() > 0 {
		return s, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	return s, s.complete()
}

// complete fills in defaults and refuses what cannot be.
func (s *settings) complete() error {
	if s.lang != "fr" && s.lang != "en" {
		return fmt.Errorf("-lang %s: there are fr and en", s.lang)
	}
	if _, err := time.LoadLocation(s.zone); err != nil {
		return fmt.Errorf("-zone %s: there is no such time zone", s.zone)
	}
	if s.addr == "" {
		s.addr, s.anyPort = defaultAddr, true
	}
	host, _, err := net.SplitHostPort(s.addr)
	if err != nil {
		return fmt.Errorf("-addr %s: write host:port, like %s", s.addr, defaultAddr)
	}
	if s.demo && !loopback(host) {
		return fmt.Errorf("-addr %s: the demo asks for no password, so it listens on 127.0.0.1 only", s.addr)
	}
	if s.url != "" {
		u, err := url.Parse(s.url)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
			return fmt.Errorf("-url %s: write it like https://crm.example.com", s.url)
		}
		s.url = u.Scheme + "://" + u.Host
	}
	if s.demo && s.oauth != "" {
		return errors.New("-oauth: the demo leaves this machine for nobody; give it without -demo")
	}
	if s.key == "" && !s.demo {
		folder, err := os.UserConfigDir()
		if err != nil {
			return fmt.Errorf("say with -key where the key that seals passwords lies: %w", err)
		}
		s.key = filepath.Join(folder, "mailcrm", "mailcrm.key")
	}
	return nil
}

// loopback reports whether a host is this machine itself.
func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.IsLoopback()
}

// run is the program: it returns when ctx ends and everything is closed.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	s, err := parse(args, stderr)
	if err != nil {
		return err
	}
	level := slog.LevelInfo
	switch {
	case s.verbose:
		level = slog.LevelDebug
	case s.demo:
		level = slog.LevelWarn
	}
	logger := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level}))
	open := openReal
	if s.demo {
		open = openDemo
	}
	w, err := open(ctx, s, logger)
	if err != nil {
		return err
	}
	err = serve(ctx, s, w, logger, stdout)
	if closing := w.close(); closing != nil {
		return errors.Join(err, fmt.Errorf("closing: %w", closing))
	}
	return err
}
