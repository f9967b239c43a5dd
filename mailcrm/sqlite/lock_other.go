//go:build !windows && (!unix || solaris || illumos || aix)

package sqlite

import "os"

// lock cannot tell here whether another process has the file: then leases alone keep two of them apart.
func lock(string) (f *os.File, ok bool, err error) { return nil, true, nil }
