package syncbench

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/testservers"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
)

// taskVariable makes this test binary a process that does one task.
const taskVariable = "MAILCRM_BENCH_TASK"

func TestMain(m *testing.M) {
	text := os.Getenv(taskVariable)
	if text == "" {
		os.Exit(m.Run())
	}
	var task Task
	err := json.Unmarshal([]byte(text), &task)
	if err == nil {
		var n int
		if n, err = task.Run(context.Background()); err == nil {
			fmt.Println(n)
			return
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// measure does the task in a process of its own.
func measure(tb testing.TB, task Task) Cost {
	tb.Helper()
	task.Folder = tb.TempDir()
	text, err := json.Marshal(task)
	require.NoError(tb, err)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), taskVariable+"="+string(text))
	cmd.Stderr = os.Stderr
	began := time.Now()
	out, err := cmd.Output()
	require.NoError(tb, err)
	cost := Cost{Wall: time.Since(began), CPU: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
	_, err = fmt.Sscan(strings.TrimSpace(string(out)), &cost.Mails)
	require.NoError(tb, err)
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	require.True(tb, ok)
	cost.RSS = usage.Maxrss
	if runtime.GOOS != "darwin" { // which counts bytes
		cost.RSS *= 1024
	}
	require.NoError(tb, os.RemoveAll(task.Folder))
	return cost
}

// prepare starts a server with a mailbox of so many mails.
func prepare(tb testing.TB, mails int) Task {
	tb.Helper()
	server := testservers.MailWith(tb, &testservers.MailOptions{Users: []string{"jeanne"}})
	user := server.User("jeanne")
	task := Task{
		CAFile: server.CAFile, Host: server.Host, Port: server.IMAPSPort, Address: user.Address, Password: user.Password,
		Maker: mailcrmtest.MakerOptions{Seed: 1, Messages: mails, Own: user.Address},
	}
	byFolder := map[string][]testservers.Message{}
	flush := func(folder string) {
		require.NoError(tb, server.Append("jeanne", folder, byFolder[folder]...))
		byFolder[folder] = nil
	}
	for m := range mailcrmtest.Make(task.Maker) {
		byFolder[m.Folder] = append(byFolder[m.Folder], testservers.Message{Raw: m.Raw, Flags: m.Flags, Date: m.Date})
		if len(byFolder[m.Folder]) == 500 {
			flush(m.Folder)
		}
	}
	for folder := range byFolder {
		flush(folder)
	}
	return task
}

// TestSync runs both once on a small mailbox, so that the benchmark cannot rot.
func TestSync(t *testing.T) {
	task := prepare(t, 200)
	for _, floor := range []bool{true, false} {
		task.Floor = floor
		cost := measure(t, task)
		require.Equal(t, 200, cost.Mails)
		require.Less(t, cost.RSS, int64(150<<20), "peak memory")
	}
}

// BenchmarkSync prints one line: a first sync of 10,000 mails, at arrival, everything, through mailcrm.Open with its defaults, beside the floor.
func BenchmarkSync(b *testing.B) {
	task := prepare(b, 10_000)
	var walls, cpus []float64
	var last, least Cost
	b.ResetTimer()
	for range b.N {
		task.Floor = true
		least = measure(b, task)
		task.Floor = false
		last = measure(b, task)
		if last.Mails != least.Mails || last.Mails != 10_000 {
			b.Fatalf("%d mails, the floor saw %d", last.Mails, least.Mails)
		}
		walls = append(walls, last.Wall.Seconds()/least.Wall.Seconds())
		cpus = append(cpus, last.CPU.Seconds()/least.CPU.Seconds())
	}
	slices.Sort(walls)
	slices.Sort(cpus)
	n := float64(last.Mails)
	b.ReportMetric(n/last.Wall.Seconds(), "mails/s")
	b.ReportMetric(last.CPU.Seconds()*1000/n, "cpu-ms/mail")
	b.ReportMetric(float64(last.RSS)/(1<<20), "peak-RSS-MB")
	b.ReportMetric(n/least.Wall.Seconds(), "floor-mails/s")
	b.ReportMetric(least.CPU.Seconds()*1000/n, "floor-cpu-ms/mail")
	b.ReportMetric(float64(least.RSS)/(1<<20), "floor-peak-RSS-MB")
	b.ReportMetric(walls[len(walls)/2], "wall-ratio")
	b.ReportMetric(cpus[len(cpus)/2], "cpu-ratio")
}
