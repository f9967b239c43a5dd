//go:build !unix

package safehtml

import "time"

var started = time.Now()

func cpuTime() time.Duration { return time.Since(started) }
