package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"

	"github.com/mailcrm/sdk/examples/server/internal/web"
	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/autoconfig"
)

// httpsPort is where domains and Mozilla tell which servers an address has.
const httpsPort = 443

// finder looks for the servers of addresses, within the same bounds as mail itself, and over https.
func finder(network mailcrm.Network, ispdb string, logger *slog.Logger) web.Finder {
	return func(ctx context.Context, address string, progress func(autoconfig.Step)) (*autoconfig.Result, error) {
		opts := autoconfig.Options{Allow: network.Allow, Roots: network.Roots, ISPDB: ispdb, Logger: logger, Progress: progress}
		if len(network.Ports) > 0 {
			opts.Ports = append(slices.Clone(network.Ports), httpsPort)
		}
		return autoconfig.Explore(ctx, address, &opts)
	}
}

// maxOAuthFile bounds the file of -oauth, in bytes.
const maxOAuthFile = 64 << 10

// A registration is what a provider gave when the server was registered there; see docs/google.md and docs/microsoft.md. For "google" and "microsoft" the client's
// id and secret are enough.
type registration struct {
	ClientID     string   `json:"client_id"`
	ClientSecret string   `json:"client_secret"`
	Tenant       string   `json:"tenant"`
	AuthURL      string   `json:"auth_url"`
	TokenURL     string   `json:"token_url"`
	RevokeURL    string   `json:"revoke_url"`
	Scopes       []string `json:"scopes"`
	BasicAuth    bool     `json:"basic_auth"`
	Servers      []string `json:"servers"`
}

// signIns reads the file of -oauth: {"google": {"client_id": "…", "client_secret": "…"}, "microsoft": {…}}. Like a key, it is for nobody else to read. No error
// repeats anything of it.
func signIns(file string) ([]mailcrm.OAuthProvider, error) {
	if file == "" {
		return nil, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("-oauth: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, fmt.Errorf("-oauth: %w", err)
	case !info.Mode().IsRegular() || info.Size() > maxOAuthFile:
		return nil, fmt.Errorf("-oauth %s: this is no small file", file)
	case info.Mode().Perm()&0o077 != 0:
		return nil, fmt.Errorf("-oauth %s: others may read it, and it holds secrets: chmod 600 %s", file, file)
	}
	read := json.NewDecoder(f)
	read.DisallowUnknownFields()
	var all map[string]registration
	if err := read.Decode(&all); err != nil {
		var where *json.SyntaxError
		if errors.As(err, &where) {
			return nil, fmt.Errorf("-oauth %s: it is no JSON from byte %d on", file, where.Offset)
		}
		return nil, fmt.Errorf(`-oauth %s: write {"google": {"client_id": "…", "client_secret": "…"}}; see docs/google.md and docs/microsoft.md`, file)
	}
	var out []mailcrm.OAuthProvider
	for _, name := range slices.Sorted(maps.Keys(all)) {
		r := all[name]
		out = append(out, mailcrm.OAuthProvider{
			Name: name, ClientID: r.ClientID, ClientSecret: mailcrm.NewSecret(r.ClientSecret), Tenant: r.Tenant, AuthURL: r.AuthURL, TokenURL: r.TokenURL, RevokeURL: r.RevokeURL,
			Scopes: r.Scopes, BasicAuth: r.BasicAuth, Servers: r.Servers,
		})
	}
	return out, nil
}
