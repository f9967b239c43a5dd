package mailcrmtest

// dice is SplitMix64. It is written out here, and not math/rand's, so that a seed means the same bytes with every
// release of Go.
type dice struct{ state uint64 }

func newDice(seed uint64) *dice { return &dice{state: seed} }

func (d *dice) next() uint64 {
	d.state += 0x9e3779b97f4a7c15
	z := d.state
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}

// below is a number from 0 to n-1. n is at least 1 and small, so that the bias of the remainder does not matter.
func (d *dice) below(n int) int { return int(d.next() % uint64(n)) }

// percent is true in p of a hundred cases.
func (d *dice) percent(p int) bool { return d.below(100) < p }

func (d *dice) fill(p []byte) {
	for i := 0; i < len(p); i += 8 {
		v := d.next()
		for k := i; k < len(p) && k < i+8; k++ {
			p[k] = byte(v)
			v >>= 8
		}
	}
}

func pick[T any](d *dice, of []T) T { return of[d.below(len(of))] }
