package autoconfig_test

import (
	"context"
	"fmt"

	"github.com/mailcrm/sdk/mailcrm/autoconfig"
)

// The servers of a well-known domain are known at once; for others the domain, its DNS and Mozilla's list are asked.
func ExampleDiscover() {
	candidates, err := autoconfig.Discover(context.Background(), "Jeanne.Martin@orange.fr", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range candidates {
		fmt.Printf("%s %s:%d %s, login %s\n", c.Provider, c.IMAP.Host, c.IMAP.Port, c.IMAP.Security, c.IMAP.Username)
		fmt.Println(c.Explain("en"))
		for _, h := range c.Help {
			fmt.Println(h.Text("en"))
		}
	}
	// Output:
	// Orange imap.orange.fr:993 tls, login Jeanne.Martin@orange.fr
	// orange.fr belongs to Orange. Last checked on 24 November 2026.
	// If the right password is refused, allow mail programs in the settings of your web mail.
}

// Lookup opens no connection: who knows the MX of a domain can ask it at any time.
func ExampleLookup() {
	c, ok := autoconfig.Lookup("firm.example", []string{"firm-example.mail.protection.outlook.com."})
	fmt.Println(ok, c.Provider, c.IMAP.Host, c.Auth[0].Kind, c.Auth[0].Issuer)

	_, ok = autoconfig.Lookup("notgmail.com", nil)
	fmt.Println(ok)
	// Output:
	// true Microsoft 365 outlook.office365.com oauth2 microsoft
	// false
}
