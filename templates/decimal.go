package templates

import (
	"fmt"
	"math/big"
	"strings"
)

// maxDigits bounds a decimal on each side of its point, so that no value can make arithmetic expensive.
const maxDigits = 38

// A decimal is unscaled × 10^-scale, exactly. Money must not pass through a binary float.
type decimal struct {
	unscaled *big.Int // nil is zero; never written to after it was made
	scale    int
}

func decimalOf(n int64) decimal { return decimal{big.NewInt(n), 0} }

func parseDecimal(s string) (decimal, error) {
	digits := strings.TrimPrefix(strings.TrimPrefix(s, "-"), "+")
	whole, fraction, point := strings.Cut(digits, ".")
	if len(s)-len(digits) > 1 || !allDigits(whole) || (point && !allDigits(fraction)) {
		return decimal{}, fmt.Errorf("templates: %q is not a decimal number", shorten(s))
	}
	n, _ := new(big.Int).SetString(whole+fraction, 10)
	if s[0] == '-' {
		n.Neg(n)
	}
	return decimal{n, len(fraction)}, nil
}

func allDigits(s string) bool {
	if s == "" || len(s) > maxDigits {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

func (d decimal) int() *big.Int {
	if d.unscaled == nil {
		return new(big.Int)
	}
	return d.unscaled
}

// rescaled is d with exactly scale decimals; a half is rounded away from zero, as on an invoice.
func (d decimal) rescaled(scale int) decimal {
	if scale == d.scale {
		return d
	}
	if scale > d.scale {
		return decimal{new(big.Int).Mul(d.int(), power10(scale-d.scale)), scale}
	}
	divisor := power10(d.scale - scale)
	quotient, rest := new(big.Int).QuoRem(d.int(), divisor, new(big.Int))
	if rest.Abs(rest).Lsh(rest, 1).Cmp(divisor) >= 0 {
		quotient.Add(quotient, big.NewInt(int64(d.int().Sign())))
	}
	return decimal{quotient, scale}
}

func power10(n int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}

func (d decimal) cmp(other decimal) int {
	scale := max(d.scale, other.scale)
	return d.rescaled(scale).int().Cmp(other.rescaled(scale).int())
}

// parts are the sign and the digits before and after the point.
func (d decimal) parts() (negative bool, whole, fraction string) {
	n := d.int()
	digits := new(big.Int).Abs(n).String()
	if missing := d.scale + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	return n.Sign() < 0, digits[:len(digits)-d.scale], digits[len(digits)-d.scale:]
}

func (d decimal) String() string {
	negative, whole, fraction := d.parts()
	s := whole
	if fraction != "" {
		s += "." + fraction
	}
	if negative {
		return "-" + s
	}
	return s
}
