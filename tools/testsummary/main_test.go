package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSummarise(t *testing.T) {
	for _, c := range []struct {
		name, in string
		ok       bool
		want     []string
		absent   string
	}{
		{
			name: "passes", ok: true,
			in: `{"Action":"start","Package":"p"}
{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"chatter\n"}
{"Action":"run","Package":"p","Test":"TestA/x"}
{"Action":"pass","Package":"p","Test":"TestA/x","Elapsed":7}
{"Action":"pass","Package":"p","Test":"TestA","Elapsed":7}
{"Action":"output","Package":"p","Output":"PASS\n"}
{"Action":"output","Package":"p","Output":"ok  \tp\t7.1s\n"}
{"Action":"pass","Package":"p","Elapsed":7.1}
`,
			want:   []string{"ok  \tp\t7.1s\n", "slow: 7s p TestA/x\n", "tests: 1 passed, 0 failed, 0 skipped\n"},
			absent: "chatter",
		},
		{
			name: "a failure tells all, a skip its reason",
			in: `{"Action":"output","Package":"p","Test":"TestB","Output":"=== RUN   TestB\n"}
{"Action":"output","Package":"p","Test":"TestB","Output":"    b_test.go:3: want 1\n"}
{"Action":"output","Package":"p","Test":"TestB","Output":"--- FAIL: TestB (0.00s)\n"}
{"Action":"fail","Package":"p","Test":"TestB","Elapsed":0}
{"Action":"output","Package":"p","Test":"TestC","Output":"=== RUN   TestC\n"}
{"Action":"output","Package":"p","Test":"TestC","Output":"    c_test.go:3: no Dovecot\n"}
{"Action":"output","Package":"p","Test":"TestC","Output":"--- SKIP: TestC (0.00s)\n"}
{"Action":"skip","Package":"p","Test":"TestC","Elapsed":0}
{"Action":"output","Package":"p","Output":"FAIL\tp\t0.1s\n"}
{"Action":"fail","Package":"p","Elapsed":0.1}
`,
			want: []string{
				"    b_test.go:3: want 1\n", "FAIL\tp\t0.1s\n", "skipped TestC: c_test.go:3: no Dovecot\n", "failed: p TestB\n",
				"tests: 0 passed, 1 failed, 1 skipped\n", "packages that failed or did not compile: 1\n",
			},
		},
		{
			name: "a panic outside of what ended is shown",
			in: `{"Action":"output","Package":"p","Test":"TestD","Output":"panic: oh\n"}
{"Action":"output","Package":"q","Test":"TestE","Output":"still running\n"}
{"Action":"fail","Package":"p","Elapsed":0.1}
`,
			want:   []string{"panic: oh\n", "tests: 0 passed, 0 failed, 0 skipped\n", "did not compile: 1\n"},
			absent: "still running",
		},
		{
			name: "what does not compile",
			in: `{"ImportPath":"p","Action":"build-output","Output":"p.go:1: syntax error\n"}
{"ImportPath":"p","Action":"build-fail"}
{"Action":"pass","Package":"q","Test":"TestF"}
go: a message of go itself
`,
			want: []string{"p.go:1: syntax error\n", "go: a message of go itself\n", "tests: 1 passed, 0 failed, 0 skipped\n", "did not compile: 1\n"},
		},
		{name: "no test at all", in: "", want: []string{"tests: 0 passed"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out strings.Builder
			require.Equal(t, c.ok, summarise(strings.NewReader(c.in), &out))
			for _, want := range c.want {
				require.Contains(t, out.String(), want)
			}
			if c.absent != "" {
				require.NotContains(t, out.String(), c.absent)
			}
		})
	}
}
