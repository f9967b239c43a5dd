package autoconfig

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/dial"
	"github.com/mailcrm/sdk/storage"
)

// connectFunc is Dialer.DialContext.
type connectFunc func(ctx context.Context, network, addr string) (net.Conn, error)

// found is what a step brings home.
type found struct {
	outcome   Outcome
	detail    string
	dropped   bool
	candidate *Candidate // of outcome Found
	whole     bool       // the candidate goes before what the domain's own pages say
	server    Server     // of one SRV record only
}

// explorer looks for the servers of one address.
type explorer struct {
	mailbox     mailbox
	opts        Options
	ispdb       string
	names       names
	dialer      *dial.Dialer
	connect     connectFunc
	timeout     time.Duration
	stepTimeout time.Duration

	received chan struct{} // closed when mx and mxErr are known
	mx       []string
	mxErr    error

	mu    sync.Mutex
	begun map[Source]time.Time
	log   map[Source]Step
	found map[Source]found
	// progress keeps the calls of Options.Progress apart without holding mu.
	progress sync.Mutex
}

func newExplorer(m mailbox, opts *Options) (*explorer, error) {
	if opts == nil {
		opts = &Options{}
	}
	ispdb, err := opts.ispdb()
	if err != nil {
		return nil, err
	}
	x := &explorer{
		mailbox: m, opts: *opts, ispdb: ispdb, names: opts.names, connect: opts.connect,
		dialer:  &dial.Dialer{Allow: opts.Allow, Ports: opts.Ports, Resolver: opts.Resolver, Logger: opts.Logger},
		timeout: orDefault(opts.Timeout, DefaultTimeout), stepTimeout: orDefault(opts.StepTimeout, DefaultStepTimeout),
		received: make(chan struct{}), begun: map[Source]time.Time{}, log: map[Source]Step{}, found: map[Source]found{},
	}
	if x.connect == nil {
		x.connect = x.dialer.DialContext
	}
	if x.names == nil {
		x.names = net.DefaultResolver
		if opts.Resolver != nil {
			x.names = opts.Resolver
		}
	}
	return x, nil
}

func orDefault(value, fallback time.Duration) time.Duration {
	if value > 0 {
		return value
	}
	return fallback
}

// step is one source: what is shown as its target, and the asking.
type step struct {
	source Source
	target string
	ask    func(context.Context) found
}

// run asks all sources and returns when all have ended.
func (x *explorer) run(ctx context.Context) {
	domain := x.mailbox.domain
	known := false
	x.take(ctx, step{SourceTable, domain, func(context.Context) found {
		p := providers().byDomain(domain)
		if p == nil {
			return found{outcome: Nothing}
		}
		known = !p.checked.IsZero()
		c := p.candidate(domain, SourceTable, domain, "")
		return found{outcome: Found, candidate: &c}
	}})
	steps := []step{
		{SourceAutoconfig, "autoconfig." + domain, x.stepAutoconfig},
		{SourceWellKnown, domain, x.stepWellKnown},
		{SourceSRV, "SRV _imaps._tcp." + domain, x.stepSRV},
		{SourceTableMX, "MX " + domain, x.stepTableMX},
		{SourceISPDB, domain, x.stepISPDB},
		{SourceISPDBMX, "MX " + domain, x.stepISPDBMX},
		{SourceAutodiscover, "autodiscover." + domain, x.stepAutodiscover},
	}
	guess := step{SourceGuess, "imap." + domain + ", mail." + domain, nil}
	if known {
		for _, s := range append(steps, guess) {
			x.skip(s)
		}
		return
	}
	x.runAll(ctx, steps, guess)
}

// runAll asks the sources at the same time. The guess begins with them, so that it is ready when it is needed, and ends at once when it is
// not: it counts only if nobody else knew anything.
func (x *explorer) runAll(ctx context.Context, steps []step, guess step) {
	var wait, guessing sync.WaitGroup
	wait.Go(func() {
		limit, cancel := context.WithTimeout(ctx, x.stepTimeout)
		defer cancel()
		x.mx, x.mxErr = x.receivers(limit, x.mailbox.domain)
		close(x.received)
	})
	enough, stop := context.WithCancel(ctx)
	defer stop()
	others := make(chan struct{})
	guess.ask = func(limit context.Context) found {
		f := x.guess(limit)
		<-others
		if x.answered() {
			return found{outcome: Skipped}
		}
		return f
	}
	guessing.Go(func() { x.take(enough, guess) })
	for _, s := range steps {
		wait.Go(func() { x.take(ctx, s) })
	}
	wait.Wait()
	close(others)
	if x.answered() {
		stop()
	}
	guessing.Wait()
}

// answered says that a guess is not wanted: somebody knew servers, or the owner of the domain says that there are none.
func (x *explorer) answered() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	for source, f := range x.found {
		if source != SourceGuess && (f.outcome == Found || f.outcome == NotOffered) {
			return true
		}
	}
	return false
}

// take runs a step within its time and keeps its outcome.
func (x *explorer) take(ctx context.Context, s step) {
	x.begin(s)
	// Steps that ask the DNS first and somebody else then have the time for both; [explorer.limited] bounds the second half.
	f := s.ask(ctx)
	if f.outcome == Found {
		x.complete(s.source, f.candidate)
	}
	x.end(ctx, s, f)
}

// limited bounds the asking of a step, from where its own work begins.
func (x *explorer) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, x.stepTimeout)
}

func (x *explorer) begin(s step) {
	x.mu.Lock()
	now := Step{Source: s.source, Target: s.target, Outcome: Running}
	x.begun[s.source], x.log[s.source] = time.Now(), now
	x.mu.Unlock()
	x.tell(now)
}

func (x *explorer) end(ctx context.Context, s step, f found) {
	x.mu.Lock()
	ended := x.log[s.source]
	ended.Outcome, ended.Detail, ended.Dropped, ended.Took = f.outcome, f.detail, f.dropped, time.Since(x.begun[s.source])
	x.log[s.source], x.found[s.source] = ended, f
	x.mu.Unlock()
	if x.opts.Logger != nil {
		x.opts.Logger.LogAttrs(ctx, slog.LevelDebug, "autoconfig", slog.String("domain", x.mailbox.domain), slog.String("source", string(s.source)),
			slog.String("outcome", string(f.outcome)), slog.String("detail", f.detail), slog.Duration("took", ended.Took))
	}
	x.tell(ended)
}

func (x *explorer) skip(s step) {
	x.mu.Lock()
	skipped := Step{Source: s.source, Target: s.target, Outcome: Skipped}
	x.log[s.source] = skipped
	x.mu.Unlock()
	x.tell(skipped)
}

func (x *explorer) tell(s Step) {
	if x.opts.Progress == nil {
		return
	}
	x.progress.Lock()
	defer x.progress.Unlock()
	x.opts.Progress(s)
}

// complete fills what a source leaves open: who the provider is where the table knows the server, the logins, what it is worth.
func (x *explorer) complete(source Source, c *Candidate) {
	if p := providers().byHost(c.IMAP.Host, c.SMTP.Host); p != nil && source != SourceTable && source != SourceTableMX {
		p.describe(c)
		if !c.SMTP.Known() {
			c.SMTP = p.smtp
		}
		// A token is for the provider's own servers alone.
		if c.SMTP.Host != p.smtp.Host {
			c.Auth = slices.DeleteFunc(c.Auth, func(a Auth) bool { return a.Kind == OAuth2 })
		}
	}
	if len(c.Auth) == 0 {
		c.Auth = []Auth{{Kind: Password}}
	}
	c.IMAP, c.SMTP = c.IMAP.loginOf(x.mailbox), c.SMTP.loginOf(x.mailbox)
	c.judge(x.mailbox.domain)
}

// steps are all steps in the order of belief.
func (x *explorer) steps() []Step {
	x.mu.Lock()
	defer x.mu.Unlock()
	var out []Step
	for _, source := range order {
		if s, ok := x.log[source]; ok {
			out = append(out, s)
		}
	}
	return out
}

// candidates orders what was found, and joins what is the same.
func (x *explorer) candidates() []Candidate {
	x.mu.Lock()
	defer x.mu.Unlock()
	var all []Candidate
	for _, source := range order {
		f := x.found[source]
		if f.outcome != Found || f.candidate == nil {
			continue
		}
		c := *f.candidate
		if f.whole {
			c.rank = rank(SourceTable)
		}
		all = append(all, c)
	}
	slices.SortStableFunc(all, func(a, b Candidate) int { return a.rank - b.rank })
	var out []Candidate
	for _, c := range all {
		if i := slices.IndexFunc(out, c.sameServers); i >= 0 {
			out[i].join(c)
			continue
		}
		out = append(out, c)
	}
	return out
}

// failed is the outcome of a step that could not be asked.
func failed(ctx context.Context, err error) found {
	f := found{outcome: Unreachable, detail: storage.CauseCode(err)}
	var lookup *net.DNSError
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		f.outcome = TimedOut
	case errors.As(err, &lookup):
		switch {
		case lookup.IsNotFound:
			f.outcome = Nothing
		case lookup.IsTimeout:
			f.outcome = TimedOut
		case !lookup.IsTemporary:
			f.outcome = BadAnswer // records that are none
		}
	}
	switch f.detail {
	case "dial.no_such_host":
		f.outcome = Nothing
	case "dial.refused_by_policy":
		f.outcome = Refused
	case "tls.expired", "tls.name", "tls.untrusted":
		f.outcome = Certificate
	}
	return f
}

// portAllowed says whether the guard would ever let a connection to the port pass.
func (x *explorer) portAllowed(port int) bool {
	allowed := x.opts.Ports
	if len(allowed) == 0 {
		allowed = dial.DefaultPorts()
	}
	return port > 0 && port < 65536 && (slices.Contains(allowed, port) || slices.Contains(allowed, 0))
}
