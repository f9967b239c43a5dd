// Command testsummary reads what `go test -json` prints and tells it to a
// person: a line for each package, everything that a failed test said, why
// tests were skipped, and last one line of counts:
//
//	tests: 812 passed, 0 failed, 3 skipped
//
// A test with subtests is not counted, its subtests are. The exit status is 1
// when something failed or did not compile, or when no test ran.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

func main() {
	if !summarise(os.Stdin, os.Stdout) {
		os.Exit(1)
	}
}

// event is one line of test2json (go doc cmd/test2json).
type event struct {
	Action     string
	Package    string
	ImportPath string
	Test       string
	Output     string
	Elapsed    float64 // seconds
}

// result is how one test ended.
type result struct {
	pkg, test, action string
	elapsed           time.Duration
}

// summary collects the events of a run.
type summary struct {
	out     io.Writer
	output  map[string][]string // by package and test, until that has ended
	results []result
	failed  int // packages
}

// slow is from when on a test is named at the end, and slowest how many are.
const (
	slow    = 5 * time.Second
	slowest = 5
)

// summarise tells all events and reports whether everything passed.
func summarise(in io.Reader, out io.Writer) bool {
	s := &summary{out: out, output: map[string][]string{}}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			s.say("%s\n", lines.Text()) // not from test2json: a message of go itself
			continue
		}
		s.add(e)
	}
	if err := lines.Err(); err != nil {
		s.say("testsummary: %v\n", err)
		return false
	}
	return s.end()
}

// say prints. When nobody reads, the exit status still tells.
func (s *summary) say(format string, args ...any) {
	_, _ = fmt.Fprintf(s.out, format, args...)
}

func (s *summary) add(e event) {
	key := e.Package + "\x00" + e.Test
	switch e.Action {
	case "build-output":
		s.say("%s", e.Output)
	case "build-fail":
		s.failed++
	case "output":
		s.output[key] = append(s.output[key], e.Output)
	case "pass", "fail", "skip":
		if e.Test == "" {
			s.packageEnded(e)
			return
		}
		s.testEnded(e, s.output[key])
		delete(s.output, key)
	}
}

func (s *summary) testEnded(e event, output []string) {
	elapsed := time.Duration(e.Elapsed * float64(time.Second))
	s.results = append(s.results, result{e.Package, e.Test, e.Action, elapsed})
	switch e.Action {
	case "fail":
		s.say("%s", strings.Join(output, ""))
	case "skip":
		for _, line := range output {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "=== ") && !strings.HasPrefix(line, "--- ") {
				s.say("skipped %s: %s\n", e.Test, line)
			}
		}
	}
}

// packageEnded prints the package's line; where it failed, also what was said
// outside of a test that ended, such as a panic.
func (s *summary) packageEnded(e event) {
	prefix := e.Package + "\x00"
	switch e.Action {
	case "fail":
		s.failed++
		var rest []string
		for key := range s.output {
			if strings.HasPrefix(key, prefix) {
				rest = append(rest, key)
			}
		}
		slices.Sort(rest)
		for _, key := range rest {
			s.say("%s", strings.Join(s.output[key], ""))
		}
	case "pass":
		for _, line := range s.output[prefix] {
			if strings.HasPrefix(line, "ok ") {
				s.say("%s", line)
			}
		}
	}
	for key := range s.output {
		if strings.HasPrefix(key, prefix) {
			delete(s.output, key)
		}
	}
}

// end prints the slow tests and the counts.
func (s *summary) end() bool {
	parents := map[string]bool{}
	for _, r := range s.results {
		for i := range r.test {
			if r.test[i] == '/' {
				parents[r.pkg+"\x00"+r.test[:i]] = true
			}
		}
	}
	leaves := slices.DeleteFunc(slices.Clone(s.results), func(r result) bool { return parents[r.pkg+"\x00"+r.test] })
	slices.SortStableFunc(leaves, func(a, b result) int { return int(b.elapsed - a.elapsed) })
	count := map[string]int{}
	for i, r := range leaves {
		count[r.action]++
		if i < slowest && r.elapsed >= slow {
			s.say("slow: %s %s %s\n", r.elapsed.Round(time.Second/10), r.pkg, r.test)
		}
	}
	for _, r := range s.results {
		if r.action == "fail" {
			s.say("failed: %s %s\n", r.pkg, r.test)
		}
	}
	s.say("tests: %d passed, %d failed, %d skipped\n", count["pass"], count["fail"], count["skip"])
	if s.failed > 0 {
		s.say("packages that failed or did not compile: %d\n", s.failed)
	}
	return s.failed == 0 && count["fail"] == 0 && count["pass"] > 0
}
