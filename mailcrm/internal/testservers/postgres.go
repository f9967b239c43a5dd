package testservers

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// PostgresOptions shapes a PostgreSQL cluster.
type PostgresOptions struct {
	// Durable keeps fsync, synchronous_commit and full_page_writes on, as a
	// benchmark wants and a crash of the machine needs. Defaults to off,
	// which is several times faster.
	Durable bool
}

// PostgresCluster is a running PostgreSQL on a free port of 127.0.0.1. Its
// methods may be called concurrently.
type PostgresCluster struct {
	// Port that it listens on.
	Port int
	// Password of the superuser postgres; other users of the machine must
	// not be able to log in.
	Password string

	folder  string
	process *process
	made    atomic.Int64
}

// PostgresServer is the cluster of this test process, as one test sees it.
type PostgresServer struct {
	*PostgresCluster
	t testing.TB
}

// shared is the one cluster of this process. It is never closed: its watchdog
// ends it with the process, so that a package's tests pay for one start.
var shared struct {
	sync.Mutex
	cluster *PostgresCluster
	err     error
}

// Postgres gives access to this test process's PostgreSQL, which the first
// call starts. The test is skipped where PostgreSQL is not installed; where
// CI=true it fails.
func Postgres(t testing.TB) *PostgresServer {
	t.Helper()
	if postgresProgram("initdb") == "" {
		missing(t, "PostgreSQL", "postgresql")
	}
	shared.Lock()
	defer shared.Unlock()
	if shared.cluster == nil && shared.err == nil {
		folder, err := scratch()
		if err == nil {
			shared.cluster, err = StartPostgres(folder, nil)
		}
		shared.err = err
	}
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return &PostgresServer{PostgresCluster: shared.cluster, t: t}
}

// DSN makes an empty database and returns its URL. The database is dropped
// when the test ends, whoever may still be connected to it.
func (s *PostgresServer) DSN() string {
	s.t.Helper()
	name, err := s.CreateDatabase()
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if err := s.DropDatabase(name); err != nil {
			s.t.Error(err)
		}
	})
	return s.URL(name)
}

// StartPostgres starts a cluster in a folder that is empty or does not exist.
// The folder's path is at most 60 bytes long; as root, user postgres must be
// able to pass through its parents. The folder is removed by Close, when the
// process ends, and when StartPostgres fails. opts may be nil.
func StartPostgres(folder string, opts *PostgresOptions) (*PostgresCluster, error) {
	if opts == nil {
		opts = &PostgresOptions{}
	}
	folder, err := filepath.Abs(folder)
	if err != nil {
		return nil, fmt.Errorf("starting PostgreSQL: %w", err)
	}
	if len(folder) > 60 {
		return nil, fmt.Errorf("starting PostgreSQL: %s is too long a path for its socket", folder)
	}
	c := &PostgresCluster{folder: folder, Password: rand.Text()}
	err = c.initialise()
	for try := 1; err == nil; try++ {
		var ports []int
		if ports, err = freePorts(1); err != nil {
			break
		}
		if err = c.start(opts, ports[0]); err == nil {
			return c, nil
		}
		if portTaken(err) && try < portTries {
			err = nil
		}
	}
	return nil, errors.Join(fmt.Errorf("starting PostgreSQL: %w", err), c.Close())
}

// initialise makes the cluster's files. Over TCP it wants the password; its
// Unix socket lies in a folder that only its user (and root) can enter.
func (c *PostgresCluster) initialise() error {
	if err := os.MkdirAll(c.folder, 0o755); err != nil {
		return err
	}
	password := filepath.Join(c.folder, "password")
	if err := os.WriteFile(password, []byte(c.Password), 0o600); err != nil {
		return err
	}
	for _, folder := range []string{"data", "socket"} {
		if err := os.MkdirAll(filepath.Join(c.folder, folder), 0o700); err != nil {
			return err
		}
	}
	initdb := []string{
		postgresProgram("initdb"), "--no-sync", "--no-instructions", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8",
		"--auth-local=trust", "--auth-host=scram-sha-256", "--pwfile=" + password, "-D", filepath.Join(c.folder, "data"),
	}
	if root() { // as which PostgreSQL refuses to run
		own := exec.Command("chown", "-R", "postgres:", password, filepath.Join(c.folder, "data"), filepath.Join(c.folder, "socket"))
		if out, err := own.CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		initdb = append([]string{"setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"}, initdb...)
	}
	cmd := exec.Command(initdb[0], initdb[1:]...)
	cmd.Dir = c.folder
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	return nil
}

// start runs the server on a port and waits until it answers.
func (c *PostgresCluster) start(opts *PostgresOptions, port int) error {
	c.Port = port
	settings := []string{
		"listen_addresses=127.0.0.1", fmt.Sprintf("port=%d", c.Port), "unix_socket_directories=" + filepath.Join(c.folder, "socket"),
		"max_connections=200", "shared_buffers=64MB", "timezone=UTC", "log_timezone=UTC",
	}
	if !opts.Durable {
		settings = append(settings, "fsync=off", "synchronous_commit=off", "full_page_writes=off")
	}
	command := []string{postgresProgram("postgres"), "-D", filepath.Join(c.folder, "data")}
	for _, setting := range settings {
		command = append(command, "-c", setting)
	}
	log := filepath.Join(c.folder, "postgres.log")
	// SIGQUIT is PostgreSQL's immediate shutdown: the files go anyway.
	as := ""
	if root() {
		as = "postgres"
	}
	p, err := supervise("PostgreSQL", as, c.folder, log, "QUIT", command...)
	if err != nil {
		return err
	}
	if err := p.await(func() error { return c.Exec("postgres", "SELECT 1") }); err != nil {
		return errors.Join(err, p.stop(true))
	}
	c.process = p
	return nil
}

// Close stops the server and removes its folder. It may be called twice.
func (c *PostgresCluster) Close() error {
	var err error
	if p := c.process; p != nil {
		c.process = nil
		err = p.stop(false)
	}
	return errors.Join(err, os.RemoveAll(c.folder))
}

// URL is the address of a database, made or not.
func (c *PostgresCluster) URL(database string) string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword("postgres", c.Password),
		Host: fmt.Sprintf("127.0.0.1:%d", c.Port), Path: database, RawQuery: "sslmode=disable",
	}
	return u.String()
}

// CreateDatabase makes an empty database and returns its name.
func (c *PostgresCluster) CreateDatabase() (string, error) {
	name := fmt.Sprintf("test_%d", c.made.Add(1))
	return name, c.Exec("postgres", "CREATE DATABASE "+name)
}

// DropDatabase drops a database and ends the connections to it.
func (c *PostgresCluster) DropDatabase(name string) error {
	return c.Exec("postgres", "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
}

// Exec runs one SQL command as the superuser.
func (c *PostgresCluster) Exec(database, command string) error {
	psql := exec.Command(postgresProgram("psql"), "-X", "-q", "-A", "-t", "-U", "postgres", "-h", filepath.Join(c.folder, "socket"),
		"-p", fmt.Sprint(c.Port), "-d", database, "-v", "ON_ERROR_STOP=1", "-c", command)
	psql.Dir = c.folder
	psql.Env = append(os.Environ(), "PGCONNECT_TIMEOUT=10")
	if out, err := psql.CombinedOutput(); err != nil {
		return fmt.Errorf("PostgreSQL: %s: %w: %s", command, err, bytes.TrimSpace(out))
	}
	return nil
}

// postgresProgram finds a program of the newest PostgreSQL installed; Debian
// keeps them outside of PATH, by version.
func postgresProgram(name string) string {
	_ = os.Getenv(fingerprint)
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if err != nil || len(found) == 0 {
		return program(name)
	}
	return slices.MaxFunc(found, func(a, b string) int {
		if d := len(a) - len(b); d != 0 { // 15 comes after 9.6
			return d
		}
		return strings.Compare(a, b)
	})
}
