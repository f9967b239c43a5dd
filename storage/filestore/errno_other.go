//go:build !unix && !windows

package filestore

import "errors"

func noLinks(err error) bool { return errors.Is(err, errors.ErrUnsupported) }
func notAFolder(error) bool  { return false }
