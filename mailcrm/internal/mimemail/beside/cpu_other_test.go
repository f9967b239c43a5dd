//go:build !unix

package beside

import "time"

var started = time.Now()

func cpuTime() time.Duration { return time.Since(started) }
