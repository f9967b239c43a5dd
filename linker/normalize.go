package linker

import (
	"strings"

	"github.com/mailcrm/sdk/linker/address"
)

// Normalize is the form in which addresses are compared: whole, lower case, with the domain in its ASCII form; see package address. Space around it and one pair of
// angle brackets are dropped, as people paste them. It is "" for what is no address.
func Normalize(written string) string {
	s := strings.TrimSpace(written)
	if inner, ok := strings.CutPrefix(s, "<"); ok {
		if inner, ok = strings.CutSuffix(inner, ">"); ok {
			s = strings.TrimSpace(inner)
		}
	}
	return address.Normalize(s)
}
