package autoconfig

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// fact is a row of the collected facts beside the repository.
type fact struct {
	ID      string   `json:"id"`
	Domains []string `json:"domains"`
	MX      []string `json:"mx_patterns"`
	IMAP    where    `json:"imap"`
	SMTP    where    `json:"smtp"`
	Login   string   `json:"username"`
}

type where struct {
	Host string `json:"host"`
	Port int    `json:"port"`
}

func facts(t *testing.T) []fact {
	t.Helper()
	body, err := os.ReadFile("../../../shared/data/providers.json")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the collected facts are not beside the repository")
	}
	require.NoError(t, err)
	var all struct{ Providers []fact }
	require.NoError(t, json.Unmarshal(body, &all))
	require.NotEmpty(t, all.Providers)
	return all.Providers
}

// agrees compares a candidate with a fact; 465 and 587 of one host are the same.
func agrees(c Candidate, f fact, domain string) bool {
	fill := func(host string) string { return strings.ReplaceAll(host, "{domain}", domain) }
	submission := func(port int) int {
		if port == 587 {
			return 465
		}
		return port
	}
	return c.IMAP.Host == fill(f.IMAP.Host) && c.IMAP.Port == f.IMAP.Port &&
		c.SMTP.Host == fill(f.SMTP.Host) && submission(c.SMTP.Port) == submission(f.SMTP.Port)
}

// The table agrees with the facts that were collected from others for at least 97 of 100 domains.
func TestLookupAgreesWithCollectedFacts(t *testing.T) {
	domains, right, logins := 0, 0, 0
	for _, f := range facts(t) {
		for _, domain := range f.Domains {
			domains++
			c, ok := Lookup(domain, nil)
			if !ok || !agrees(c, f, domain) {
				t.Logf("%s (%s): %v %+v %+v", domain, f.ID, ok, c.IMAP, c.SMTP)
				continue
			}
			right++
			if strings.ReplaceAll(string(c.IMAP.Login), " ", "") == f.Login {
				logins++
			}
		}
	}
	t.Logf("%d of %d domains agree (%.1f %%), logins %d", right, domains, 100*float64(right)/float64(domains), logins)
	require.GreaterOrEqual(t, right*100, domains*97)
	require.GreaterOrEqual(t, logins*100, right*97)
}

// The patterns of the facts lead to the same servers. Where they differ on purpose the reason stands here.
func TestLookupByMXAgreesWithCollectedFacts(t *testing.T) {
	differ := map[string]string{
		"zoho.com": "own domains have imappro", "zoho.eu": "own domains have imappro", "zoho.in": "own domains have imappro",
		"zoho.com.au": "own domains have imappro", "zoho.jp": "own domains have imappro", "163-qiye": "port 465 is open beside 994",
	}
	patterns, right := 0, 0
	for _, f := range facts(t) {
		for _, pattern := range f.MX {
			mx := strings.ReplaceAll(pattern, "{region}", "eu-west-1")
			mx = strings.Replace(mx, "*.", "mx1.", 1)
			mx = strings.ReplaceAll(mx, "*", "1")
			f.IMAP.Host, f.SMTP.Host = strings.ReplaceAll(f.IMAP.Host, "{region}", "eu-west-1"), strings.ReplaceAll(f.SMTP.Host, "{region}", "eu-west-1")
			patterns++
			c, ok := Lookup("customer.example", []string{mx + "."})
			_, known := differ[f.ID]
			if ok && (agrees(c, f, "customer.example") || known) {
				right++
				continue
			}
			t.Logf("%s (%s): %v %+v %+v", mx, f.ID, ok, c.IMAP, c.SMTP)
		}
	}
	t.Logf("%d of %d patterns agree (%.1f %%)", right, patterns, 100*float64(right)/float64(patterns))
	require.GreaterOrEqual(t, right*100, patterns*95)
}
