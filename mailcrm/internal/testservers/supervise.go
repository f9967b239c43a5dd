package testservers

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Times that bound a server's start and stop. A server starts in well under
// two seconds on an idle machine; the rest is room for a busy one.
const (
	startTimeout = 30 * time.Second
	stopTimeout  = 5 * time.Second
	logTailLines = 30
)

// watchdog is the parent of every server. It prints the server's process id,
// then reads one line: it comes when the test process wants the server stopped
// but the folder kept ("keep"), or never, and then the end of the pipe says
// that the test process is done with the server or dead. The server is the
// watchdog's own child, so its id cannot have passed to another process, and
// it leads a process group: signals go to its children too, for which Dovecot
// would otherwise wait a second. They are repeated, because a child that is
// being forked just then may miss one, and its parent would wait for it.
//
// $1 the signal that stops the server, $2 seconds until SIGKILL, $3 its log,
// $4 the folder to remove, then the command.
const watchdog = `
signal=$1 patience=$2 log=$3 folder=$4
shift 4
"$@" </dev/null >>"$log" 2>&1 &
server=$!
trap '' HUP INT QUIT TERM PIPE
echo "$server"
exec >/dev/null 2>&1
order=
read -r order
zombie() {
	read -r stat </proc/"$server"/stat || return 0
	case ${stat##*")"} in " Z"*) return 0 ;; esac
	return 1
}
kill -s "$signal" -- "-$server" || kill -s "$signal" "$server"
tries=0
deadline=$(($(date +%s) + patience))
until zombie; do
	tries=$((tries + 1))
	if [ $((tries % 10)) = 0 ]; then
		[ "$(date +%s)" -lt "$deadline" ] || signal=KILL
		kill -s "$signal" -- "-$server"
	fi
	sleep 0.02
done
wait "$server"
[ "$order" = keep ] || rm -rf "$folder" || { sleep 0.2; rm -rf "$folder"; }
`

// process is one server under its watchdog.
type process struct {
	name   string
	log    string
	pid    int
	cmd    *exec.Cmd
	orders io.WriteCloser
}

// supervise starts command as a user (empty: this process's own) under a
// watchdog that will stop it with signal and remove folder. Output goes to log. Should the watchdog itself be killed, the
// kernel sends the server the same signal.
func supervise(name, as, folder, log, signal string, command ...string) (*process, error) {
	args := []string{
		"-c", watchdog, "watchdog", signal, strconv.Itoa(int(stopTimeout / time.Second)), log, folder,
		"setpriv", "--pdeathsig=" + signal,
	}
	if as != "" {
		args = append(args, "--reuid="+as, "--regid="+as, "--init-groups")
	}
	args = append(append(args, "--", "setsid"), command...)
	cmd := exec.Command("/bin/sh", args...)
	// A session of its own: a Ctrl-C meant for the test must not reach the
	// watchdog before it has tidied up.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	orders, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	p := &process{name: name, log: log, cmd: cmd, orders: orders}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err == nil {
		p.pid, err = strconv.Atoi(strings.TrimSpace(line))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting %s: no process id: %w", name, err), p.stop(false))
	}
	return p, nil
}

// stop ends the server and waits for it. With keep its folder stays.
func (p *process) stop(keep bool) error {
	if keep {
		if _, err := io.WriteString(p.orders, "keep\n"); err != nil {
			return fmt.Errorf("stopping %s: %w", p.name, err)
		}
	}
	closed := p.orders.Close()
	if err := p.cmd.Wait(); err != nil {
		return fmt.Errorf("stopping %s: %w", p.name, err)
	}
	return closed
}

// dead reports whether the server has ended by itself.
func (p *process) dead() bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.pid))
	if err != nil {
		return true
	}
	_, state, _ := bytes.Cut(stat, []byte(") "))
	return bytes.HasPrefix(state, []byte("Z"))
}

// await polls ready until it answers nil. It gives up when the server has
// ended, or after startTimeout; the error then holds the tail of the log.
func (p *process) await(ready func() error) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(startTimeout); ; <-tick.C {
		err := ready()
		dead := p.dead() // somebody else may have answered on the port
		switch {
		case err == nil && !dead:
			return nil
		case dead:
			return errors.Join(fmt.Errorf("%s ended while starting", p.name), err, errors.New(tail(p.log)))
		case time.Now().After(deadline):
			return fmt.Errorf("%s did not answer within %s: %w\n%s", p.name, startTimeout, err, tail(p.log))
		}
	}
}

// banner answers nil when the server at address greets with prefix.
func banner(address, prefix string) func() error {
	return func() error {
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err != nil {
			return err
		}
		defer conn.Close()
		if err := conn.SetDeadline(time.Now().Add(2 * time.Second)); err != nil {
			return err
		}
		line, err := bufio.NewReader(io.LimitReader(conn, 4096)).ReadString('\n')
		if err != nil {
			return fmt.Errorf("reading the greeting of %s: %w", address, err)
		}
		if !strings.HasPrefix(line, prefix) {
			return fmt.Errorf("%s greets with %q", address, line)
		}
		return nil
	}
}

// tail is the end of a log, for an error or for a failed test.
func tail(log string) string {
	text, err := os.ReadFile(log)
	if err != nil {
		return "(no log: " + err.Error() + ")"
	}
	lines := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	if len(lines) > logTailLines {
		lines = lines[len(lines)-logTailLines:]
	}
	return strings.Join(lines, "\n")
}

// freePorts picks n different ports of 127.0.0.1 that nobody listens on. They
// may be gone when the server binds them: starters try again then.
func freePorts(n int) ([]int, error) {
	ports := make([]int, 0, n)
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("looking for a free port: %w", err)
		}
		// Held until all are chosen, so that they differ.
		defer l.Close()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}

// portTaken reports whether a start failed because another process was faster
// to bind one of the ports.
func portTaken(err error) bool {
	return err != nil && strings.Contains(strings.ToLower(err.Error()), "address already in use")
}

// portTries is how often a start is tried with new ports.
const portTries = 4

// scratch makes a server's folder: below TMPDIR where that is set, else in
// memory, because databases and mail queues wait for the disk at every step,
// else in /tmp. The path stays short, because it holds Unix sockets (108 bytes
// with their names), and others may pass through it, because the servers run
// as other users.
func scratch() (string, error) {
	parent := os.Getenv("TMPDIR")
	if parent == "" && spacious("/dev/shm") {
		parent = "/dev/shm"
	}
	if parent == "" || len(parent) > 40 {
		parent = "/tmp"
	}
	folder, err := os.MkdirTemp(parent, "mcrm-")
	if err != nil {
		return "", fmt.Errorf("making a folder for a test server: %w", err)
	}
	if err := os.Chmod(folder, 0o755); err != nil {
		return "", fmt.Errorf("making a folder for a test server: %w", err)
	}
	return folder, nil
}

// spacious reports whether a folder has 2 GiB left, several times what the
// tests of one package put there. Containers often give /dev/shm 64 MiB.
func spacious(folder string) bool {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(folder, &fs); err != nil {
		return false
	}
	return fs.Bavail*uint64(fs.Bsize) >= 2<<30
}
