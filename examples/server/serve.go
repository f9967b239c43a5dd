package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// How long things may take.
const (
	headerTime = 10 * time.Second // to send the head of a request
	readTime   = 2 * time.Minute  // to send all of it, an upload too
	writeTime  = 5 * time.Minute  // to be answered, a download too
	idleTime   = 2 * time.Minute  // between two requests
	firstMail  = 3 * time.Second  // the demo waits so long for its mail before it says where it is
	goodbye    = time.Second      // answers under way may end when the server stops
	maxHeader  = 64 << 10         // bytes of the head of a request
)

// serve answers until ctx ends, and waits then for what is under way.
func serve(ctx context.Context, s settings, w *world, logger *slog.Logger, stdout io.Writer) error {
	handler, err := routes(w, logger)
	if err != nil {
		return err
	}
	listener, err := listen(ctx, s)
	if err != nil {
		return err
	}
	// Requests outlive ctx for a moment, to end properly.
	requests, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: headerTime, ReadTimeout: readTime, WriteTimeout: writeTime, IdleTimeout: idleTime, MaxHeaderBytes: maxHeader,
		BaseContext: func(net.Listener) context.Context { return requests }, ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return w.run(ctx) })
	g.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serving: %w", err)
		}
		return nil
	})
	g.Go(func() error {
		<-ctx.Done()
		return stop(server, cut)
	})
	g.Go(func() error {
		wait, done := context.WithTimeout(ctx, firstMail)
		defer done()
		if err := w.ready(wait); err != nil {
			logger.InfoContext(ctx, "mail is still being fetched", "error", err)
		}
		if ctx.Err() != nil {
			return nil
		}
		lines := append([]string{"http://" + listener.Addr().String() + "/"}, w.told...)
		_, err := io.WriteString(stdout, strings.Join(lines, "\n")+"\n")
		return err
	})
	return g.Wait()
}

// listen takes the port that was asked for, or a free one if nobody asked.
func listen(ctx context.Context, s settings) (net.Listener, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", s.addr)
	if err != nil && s.anyPort {
		host, _, _ := net.SplitHostPort(s.addr)
		listener, err = config.Listen(ctx, "tcp", net.JoinHostPort(host, "0"))
	}
	if err != nil {
		return nil, fmt.Errorf("-addr: %w", err)
	}
	return listener, nil
}

// stop lets answers end, then cuts them.
func stop(server *http.Server, cut context.CancelFunc) error {
	patience := time.AfterFunc(goodbye, cut)
	defer patience.Stop()
	ctx, done := context.WithTimeout(context.Background(), 5*goodbye)
	defer done()
	if err := server.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("stopping: %w", err), server.Close())
	}
	return nil
}
