package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestReadme: the program that README.md shows is this one. Set UPDATE=1 to copy it there.
func TestReadme(t *testing.T) {
	const readme, begin, end = "../../README.md", "```go\n// Command host", "```\n<!-- end of host program -->"
	program, err := os.ReadFile("main.go")
	require.NoError(t, err)
	text, err := os.ReadFile(readme)
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(text), begin)
	require.True(t, ok, "README.md shows no host program")
	_, after, ok := strings.Cut(rest, end)
	require.True(t, ok, "README.md's host program has no end")
	want := before + "```go\n" + string(program) + end + after
	if os.Getenv("UPDATE") != "" {
		require.NoError(t, os.WriteFile(readme, []byte(want), 0o644))
		return
	}
	require.Equal(t, want, string(text), "run UPDATE=1 go test -run Readme ./examples/host")
}
