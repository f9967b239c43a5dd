package web

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// number writes a whole number with its groups of three: 1 234 in French (a narrow no-break space), 1,234 in English.
func (l language) number(n int) string {
	digits := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	group := ","
	if l == french {
		group = "\u202f"
	}
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(group)
		}
		b.WriteRune(d)
	}
	return sign + b.String()
}

// size writes a number of bytes for people: 640 o, 12 ko, 3,4 Mo.
func (l language) size(n int64) string {
	units := []string{"B", "KB", "MB", "GB"}
	if l == french {
		units = []string{"o", "ko", "Mo", "Go"}
	}
	value, unit := float64(max(n, 0)), 0
	for value >= 1000 && unit < len(units)-1 {
		value, unit = value/1000, unit+1
	}
	text := strconv.Itoa(int(value + 0.5))
	if unit >= 2 && value < 10 {
		text = fmt.Sprintf("%.1f", value)
		if l == french {
			text = strings.Replace(text, ".", ",", 1)
		}
	}
	return text + "\u00a0" + units[unit]
}

// currencySigns are those that stand for one currency only.
var currencySigns = map[string]string{"EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥"}

// decimal writes an exact number, with its currency if it has one: 1 234,50 €.
func (l language) decimal(n *big.Rat, currency string) string {
	digits := 2
	if currency == "" && n.IsInt() {
		digits = 0
	}
	text := n.FloatString(digits)
	whole, fraction, _ := strings.Cut(text, ".")
	value, err := strconv.Atoi(whole)
	if err != nil {
		return text + " " + currency
	}
	out := l.number(value)
	if value == 0 && strings.HasPrefix(whole, "-") {
		out = "-0"
	}
	if fraction != "" {
		point := "."
		if l == french {
			point = ","
		}
		out += point + fraction
	}
	sign := currencySigns[currency]
	switch {
	case currency == "":
		return out
	case sign == "":
		return out + "\u00a0" + currency
	case l == french:
		return out + "\u00a0" + sign
	case strings.HasPrefix(out, "-"):
		return "-" + sign + out[1:]
	}
	return sign + out
}
