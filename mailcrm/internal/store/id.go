package store

import (
	"crypto/rand"
	"encoding/binary"
	"sync"
	"time"
)

// idLetters are 32 letters and digits in the order of their bytes, without those that people confuse (i, l, o, u).
const idLetters = "0123456789abcdefghjkmnpqrstvwxyz"

// An idMaker makes ids of 128 bits in the manner of UUIDv7 (RFC 9562 §5.7): 48 bits of milliseconds, 16 that count within one, 64 of chance.
type idMaker struct {
	mu    sync.Mutex
	last  uint64 // milliseconds
	count uint16
}

// make is a new id, greater than all that this maker made before.
func (m *idMaker) make(now time.Time) string {
	var b [16]byte
	_, _ = rand.Read(b[8:]) // never fails (Go 1.24)
	m.mu.Lock()
	ms := uint64(now.UnixMilli())
	if ms <= m.last {
		ms = m.last
		m.count++
		if m.count == 0 {
			ms++
		}
	} else {
		m.count = 0
	}
	m.last = ms
	binary.BigEndian.PutUint64(b[:8], ms<<16|uint64(m.count))
	m.mu.Unlock()
	return spell(b)
}

// spell writes 128 bits in 26 letters, 5 bits each, the first two bits being zero.
func spell(b [16]byte) string {
	hi, lo := binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])
	var out [26]byte
	for i := 25; i >= 0; i-- {
		out[i] = idLetters[lo&31]
		lo = lo>>5 | hi<<59
		hi >>= 5
	}
	return string(out[:])
}
