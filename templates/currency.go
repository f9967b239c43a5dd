package templates

import (
	"strings"
)

// decimals are how many decimals the amounts of a currency have, where it is not two (ISO 4217, table A.1, "minor units"). x/text knows them too, at the
// price of four packages more in every host, and of a table that is older.
var decimals = map[string]int{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0, "UYI": 0, "VND": 0, "VUV": 0,
	"XAF": 0, "XOF": 0, "XPF": 0,
	"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
	"CLF": 4, "UYW": 4,
}

// currencyCode is s in upper case, and whether it has the form of an ISO 4217 code. There is no list of them: it changes every year, and an
// invoice must not wait for it.
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
	scale, special := decimals[m.currency]
	if !special {
		scale = 2
	}
	symbol, known := l.symbols[m.currency]
	if !known {
		symbol = m.currency
	}
	text := l.number(m.amount.rescaled(scale), true)
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
