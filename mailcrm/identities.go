package mailcrm

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/mailcrm/sdk/linker"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// Limits of proposals.
const (
	MaxIdentityProposals = 20
	proposalMails        = 2000 // the newest mails of an account are looked at
)

// Why an identity is proposed.
const (
	WhyDelivered = "delivered_to" // mail that came to the account was delivered to it (Delivered-To and its like, RFC 9228)
	WhySent      = "sent_from"    // mail in Sent is from it
)

// An IdentityProposal is an address that an account seems to answer to, and that is none of its identities.
type IdentityProposal struct {
	Address string
	Name    string // with which it was sent from, where it was
	Why     string // WhyDelivered or WhySent
	Seen    int    // in how many of the newest 2,000 mails
	// Foreign says that it is outside of the account's own domains: only an administrator may add it.
	Foreign bool
}

// ProposeIdentities returns addresses that could be identities of an account, the most frequent first: aliases to which its mail was delivered, and addresses in its own
// domains from which old mail in Sent was sent. Never one that is somebody's: of another account of the tenant, of a record of the CRM, or of whoever wrote to this
// account. Where the CRM does not answer, only addresses in the account's own domains are proposed.
//
// A header is what whoever sent the mail says: a proposal is for a person to decide. To be asked by whoever may manage the account.
func (a *Accounts) ProposeIdentities(ctx context.Context, account string) ([]IdentityProposal, error) {
	acc, err := a.managed(ctx, account)
	if err != nil {
		return nil, err
	}
	faces, err := a.s.client.db.Faces(ctx, acc.Tenant, acc.ID, proposalMails)
	if err != nil {
		return nil, err
	}
	taken, _, err := a.s.client.db.OwnAddresses(ctx, acc.Tenant)
	if err != nil {
		return nil, err
	}
	var out []IdentityProposal
	for address, face := range faces {
		p := IdentityProposal{Address: address, Name: face.Name, Foreign: !ownAddress(acc, address)}
		switch {
		case slices.Contains(taken, address) || subaddress(acc.Address, address):
			continue
		case face.Sent > 0 && !p.Foreign:
			p.Why, p.Seen = WhySent, face.Sent+face.Delivered
		case face.Delivered > 0 && face.Wrote == 0:
			p.Why, p.Seen = WhyDelivered, face.Delivered
		default:
			continue
		}
		out = append(out, p)
	}
	slices.SortFunc(out, func(x, y IdentityProposal) int {
		if x.Seen != y.Seen {
			return y.Seen - x.Seen
		}
		return strings.Compare(x.Address, y.Address)
	})
	out = out[:min(len(out), storage.MaxLookupAddresses)]
	clients, err := a.clients(ctx, out)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		a.s.client.cfg.Logger.WarnContext(ctx, "identities are proposed without the CRM", "tenant", string(acc.Tenant), "account", acc.ID, "error", err)
	}
	out = slices.DeleteFunc(out, func(p IdentityProposal) bool { return clients[p.Address] || err != nil && p.Foreign })
	return out[:min(len(out), MaxIdentityProposals)], nil
}

// clients are those of the addresses that a record of the CRM has.
func (a *Accounts) clients(ctx context.Context, of []IdentityProposal) (map[string]bool, error) {
	if len(of) == 0 {
		return nil, nil
	}
	req := storage.LookupRequest{Tenant: a.s.actor.Tenant}
	for _, p := range of {
		req.Addresses = append(req.Addresses, p.Address)
	}
	ask, done := context.WithTimeout(ctx, a.s.client.cfg.LookupTimeout)
	defer done()
	res, err := a.s.client.cfg.Host.Directory.Lookup(ask, req)
	if err != nil {
		return nil, hostFailed("asking the CRM whose addresses these are", err)
	}
	clients := map[string]bool{}
	for _, m := range res.Matches {
		clients[m.Address] = true
	}
	return clients, nil
}

// ownAddress says whether an address is in one of the account's own domains. At the large providers neighbours have nothing in common.
func ownAddress(acc *store.Account, address string) bool {
	domain := domainOf(address)
	switch {
	case address == acc.Address:
		return true
	case linker.PublicDomain(domain):
		return false
	}
	return domain == domainOf(acc.Address) || slices.Contains(acc.Settings.OwnDomains, domain)
}

func domainOf(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }

// subaddress says whether an address is another one with a tag (RFC 5233): anna+shop@ for anna@.
func subaddress(of, address string) bool {
	local, _, tagged := strings.Cut(address, "+")
	return tagged && local+"@"+domainOf(address) == of
}

// mayBeIdentity: an address is in From, and its mail belongs to no client. So it is in one of the account's own domains, or it was there before, or an administrator
// adds it. Whether the server sends as it is the server's business.
func (a *Accounts) mayBeIdentity(acc *store.Account, before []store.Identity, address string) error {
	if a.s.actor.Admin || ownAddress(acc, address) || slices.ContainsFunc(before, func(i store.Identity) bool { return i.Address == address }) {
		return nil
	}
	return storage.Invalid("Identities.Address", "not_allowed", fmt.Sprintf("%s is outside of this account's own domains: only an administrator adds it", address))
}
