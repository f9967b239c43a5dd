package testservers

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// victim tells the test binary to start servers and then wait to be killed.
const victim = "MAILCRM_TESTSERVERS_VICTIM"

func TestMain(m *testing.M) {
	if os.Getenv(victim) != "" {
		beVictim()
	}
	goleak.VerifyTestMain(m)
}

// beVictim prints the folders and process ids of its servers, one a line, then
// an empty line, and waits.
func beVictim() {
	mail, err := StartMail(must(scratch()), nil)
	if err != nil {
		panic(err)
	}
	postgres, err := StartPostgres(must(scratch()), nil)
	if err != nil {
		panic(err)
	}
	fmt.Println(mail.folder)
	fmt.Println(postgres.folder)
	for _, p := range append(mail.processes, postgres.process) {
		fmt.Println(p.pid)
	}
	fmt.Println()
	if os.Getenv(victim) == "panic" {
		panic("as asked")
	}
	select {}
}

func must(folder string, err error) string {
	if err != nil {
		panic(err)
	}
	return folder
}

// needAll skips, or fails in CI, unless every server is installed.
func needAll(t *testing.T) {
	t.Helper()
	if program("dovecot") == "" || root() && program("postfix") == "" || postgresProgram("initdb") == "" {
		missing(t, "A server", "dovecot-imapd dovecot-lmtpd postfix postgresql")
	}
}

func TestNothingStaysBehind(t *testing.T) {
	needAll(t)
	for _, end := range []string{"kill", "panic"} {
		t.Run(end, func(t *testing.T) {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), victim+"="+end)
			out, err := cmd.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, cmd.Start())
			var folders []string
			var pids []int
			lines := bufio.NewScanner(out)
			for lines.Scan() && lines.Text() != "" {
				if pid, err := strconv.Atoi(lines.Text()); err == nil {
					pids = append(pids, pid)
				} else {
					folders = append(folders, lines.Text())
				}
			}
			require.Len(t, folders, 2)
			require.GreaterOrEqual(t, len(pids), 2)
			for _, folder := range folders {
				require.DirExists(t, folder)
			}
			if end == "kill" {
				require.NoError(t, cmd.Process.Kill())
			}
			require.Error(t, cmd.Wait())
			for _, pid := range pids {
				require.Eventually(t, func() bool { return syscall.Kill(pid, 0) == syscall.ESRCH }, stopTimeout, 10*time.Millisecond)
			}
			for _, folder := range folders {
				require.Eventually(t, func() bool { _, err := os.Stat(folder); return os.IsNotExist(err) }, stopTimeout, 10*time.Millisecond)
			}
		})
	}
}

// recorder is a testing.TB that notes how a test would have ended.
type recorder struct {
	testing.TB
	ended string
}

func (r *recorder) Helper()                   {}
func (r *recorder) Fatalf(f string, a ...any) { r.end("fatal: "+f, a) }
func (r *recorder) Skipf(f string, a ...any)  { r.end("skip: "+f, a) }

func (r *recorder) end(format string, args []any) {
	r.ended = fmt.Sprintf(format, args...)
	panic(r)
}

func TestMissingProgram(t *testing.T) {
	for ci, want := range map[string]string{
		"true": "fatal: Xyz is not installed: apt-get install xyz",
		"":     "skip: Xyz is not installed, so this test was not run: apt-get install xyz",
	} {
		t.Setenv("CI", ci)
		r := &recorder{}
		require.PanicsWithValue(t, r, func() { missing(r, "Xyz", "xyz") })
		require.Equal(t, want, r.ended)
	}
}

func TestNeedsPostfix(t *testing.T) {
	for ci, want := range map[string]string{
		"true": "fatal: Postfix only runs as root: run the tests as root",
		"":     "skip: Postfix only runs as root, so this test was not run: run it as root",
	} {
		t.Setenv("CI", ci)
		r := &recorder{}
		require.PanicsWithValue(t, r, func() { needsPostfix(r, false) })
		require.Equal(t, want, r.ended)
		needsPostfix(&recorder{}, true)
	}
}

func TestServerThatDiesAtOnceShowsItsLog(t *testing.T) {
	folder := must(scratch())
	log := folder + "/log"
	p, err := supervise("Xyz", "", folder, log, "TERM", "sh", "-c", "echo cannot do it; exit 3")
	require.NoError(t, err)
	err = p.await(func() error { return fmt.Errorf("not yet") })
	require.ErrorContains(t, err, "Xyz ended while starting\nnot yet\ncannot do it")
	require.NoError(t, p.stop(false))
	require.NoDirExists(t, folder)
}

func TestServerThatIgnoresItsSignalIsKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("takes as long as a server may take to stop")
	}
	folder := must(scratch())
	p, err := supervise("Xyz", "", folder, folder+"/log", "TERM", "sh", "-c", "trap '' TERM; echo ready; while :; do read -r _; sleep 1; done")
	require.NoError(t, err)
	require.NoError(t, p.await(func() error {
		if !strings.Contains(tail(p.log), "ready") {
			return fmt.Errorf("not yet")
		}
		return nil
	}))
	require.NoError(t, p.stop(false))
	require.True(t, p.dead())
	require.NoDirExists(t, folder)
}

func TestTailIsBounded(t *testing.T) {
	log := t.TempDir() + "/log"
	require.NoError(t, os.WriteFile(log, []byte(strings.Repeat("line\n", 1000)), 0o600))
	require.Equal(t, logTailLines, strings.Count(tail(log), "line"))
}

func TestChromium(t *testing.T) {
	path := MustChromium(t)
	out, err := exec.Command(path, "--version").CombinedOutput()
	require.NoError(t, err, string(out))
	require.Contains(t, string(out), "hrom")
}
