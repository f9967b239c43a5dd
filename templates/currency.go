package templates

import (
	"strings"

	"golang.org/x/text/currency"
)

// currencyCode is s in upper case, and whether it has the form of an ISO 4217 code. A code that x/text does not know yet is still a
// currency: the list grows every year, and an invoice must not wait for it.
func currencyCode(s string) (string, bool) {
	if len(s) != 3 {
		return "", false
	}
	code := strings.ToUpper(s)
	for i := range len(code) {
		if code[i] < 'A' || code[i] > 'Z' {
			return "", false
		}
	}
	return code, true
}

// amount writes an amount with the decimals that its currency has: 1 234,50 € in French, €1,234.50 in English.
func (l *locale) amount(m money) string {
	scale := 2
	if unit, err := currency.ParseISO(m.currency); err == nil {
		scale, _ = currency.Standard.Rounding(unit)
	}
	d := m.amount.rescaled(scale)
	symbol, known := l.symbols[m.currency]
	if !known {
		symbol = m.currency
	}
	text := l.number(d, true)
	if l.symbolAfter {
		return text + noBreak + symbol
	}
	if !known {
		symbol += noBreak
	}
	if rest, negative := strings.CutPrefix(text, "-"); negative {
		return "-" + symbol + rest
	}
	return symbol + text
}
