package blobfolder

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
)

const benchSize = 8 << 10

// fresh returns bytes that nobody stored yet.
func fresh(n uint64) string {
	content := make([]byte, benchSize)
	_, _ = rand.NewChaCha8([32]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)}).Read(content)
	return string(content)
}

// The floor is what every honest store pays: the bytes into a file, and fsync. Everything above is ours.
func BenchmarkPut(b *testing.B) {
	var count atomic.Uint64
	floor := func(b *testing.B) func() {
		dir := b.TempDir()
		return func() {
			n := count.Add(1)
			f, err := os.Create(filepath.Join(dir, fmt.Sprint(n)))
			if err == nil {
				_, err = f.WriteString(fresh(n))
			}
			if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
				b.Error(err)
			}
		}
	}
	ours := func(b *testing.B) func() {
		s, _ := openStore(b)
		return func() { put(b, s, "", fresh(count.Add(1))) }
	}
	for _, test := range []struct {
		name string
		make func(*testing.B) func()
	}{{"floor", floor}, {"new", ours}} {
		b.Run(test.name, func(b *testing.B) {
			put := test.make(b)
			b.SetBytes(benchSize)
			for b.Loop() {
				put()
			}
		})
		b.Run(test.name+", 16 at once", func(b *testing.B) {
			put := test.make(b)
			b.SetBytes(benchSize)
			b.SetParallelism(8)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					put()
				}
			})
		})
	}
	b.Run("existing", func(b *testing.B) {
		s, _ := openStore(b)
		content := fresh(0)
		b.SetBytes(benchSize)
		for b.Loop() {
			put(b, s, "", content)
		}
	})
}
