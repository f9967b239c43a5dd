package blobfolder

import (
	"context"
	"testing"

	"github.com/mailcrm/sdk/storage/storagetest"
)

func TestConformance(t *testing.T) {
	storagetest.Run(t, storagetest.Harness{New: func(context.Context) (storagetest.Subject, error) {
		s, err := Open(t.TempDir(), nil)
		if err != nil {
			return storagetest.Subject{}, err
		}
		return storagetest.Subject{Blobs: s, Close: s.Close}, nil
	}})
}
