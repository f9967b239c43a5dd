package mailcrm

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/mailcrm/sdk/linker"
	"github.com/mailcrm/sdk/mailcrm/internal/dial"
	"github.com/mailcrm/sdk/mailcrm/internal/seal"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// fill validates the input and writes it into the account.
func (a *Accounts) fill(ctx context.Context, acc *store.Account, in AccountInput) error {
	owner := acc.Owner // before
	address := linker.Normalize(in.Address)
	if address == "" {
		return storage.Invalid("Address", "bad_address", "enter the whole address of the mailbox, like name@example.com")
	}
	for i := range acc.Identities { // the account's own face goes with its address
		if acc.Identities[i].Address == acc.Address {
			acc.Identities[i].Address = address
		}
	}
	acc.Address = address
	acc.Name = strings.TrimSpace(in.Name)
	if acc.Name == "" {
		acc.Name = address
	}
	if len(acc.Name) > 255 || hasControl(acc.Name) {
		return storage.Invalid("Name", "too_long", "a name has at most 255 bytes and no control characters")
	}
	if in.Owner != "" && in.Owner != acc.Owner {
		if !a.s.actor.Admin {
			return storage.Invalid("Owner", "not_allowed", "only an administrator gives an account to somebody else")
		}
		if len(in.Owner) > 255 || hasControl(in.Owner) {
			return storage.Invalid("Owner", "malformed", "name an agent, in at most 255 bytes")
		}
		if in.Owner == a.s.actor.Agent {
			return storage.Invalid("Owner", "not_allowed", "nobody makes himself the owner of somebody else's account: another administrator can")
		}
		acc.Owner = in.Owner
	}
	if err := a.fillServers(ctx, acc, in); err != nil {
		return err
	}
	if err := a.fillSettings(acc, in); err != nil {
		return err
	}
	before := rightsOf(acc, a.s.actor)
	if err := fillMembers(acc, in.Members); err != nil {
		return err
	}
	for _, m := range acc.Members {
		if owner != a.s.actor.Agent && m.Agent == a.s.actor.Agent && m.Rights&^before != 0 {
			return storage.Invalid("Members", "not_allowed", "nobody gives himself a right to somebody else's account: its owner or another administrator can")
		}
	}
	return a.fillIdentities(acc, in.Identities)
}

func (a *Accounts) fillServers(ctx context.Context, acc *store.Account, in AccountInput) error {
	imap, err := a.server("IMAP", in.IMAP, acc.Address, 993, 143)
	if err != nil {
		return err
	}
	smtp, err := a.server("SMTP", in.SMTP, imap.Username, 465, 587)
	if err != nil {
		return err
	}
	smtp.Authenticate = !in.SMTP.NoAuth
	tokens, err := a.fillLogins(ctx, acc, in, &imap, &smtp)
	if err != nil {
		return err
	}
	if err := leavesOne("IMAP", imap, usable(tokens[imapSide])); err != nil {
		return err
	}
	if err := leavesOne("SMTP", smtp, usable(tokens[smtpSide])); err != nil && smtp.Authenticate {
		return err
	}
	// A password is for the server and login it was given for: it does not follow to another host.
	moved := func(was, is store.Server) bool {
		return was.Host != "" && is.Authenticate && (was.Host != is.Host || was.Username != is.Username || was.AuthUser != is.AuthUser || !was.Authenticate || was.Login != is.Login)
	}
	if !tokens[imapSide] && in.IMAP.Password.IsZero() && moved(acc.IMAP, imap) {
		return storage.Invalid("IMAP.Password", "required", "enter the password again: the server or the login changed")
	}
	own := len(acc.SMTPSecret) > 0 // else it is the IMAP one
	if !tokens[smtpSide] && in.SMTP.Password.IsZero() && (own || in.IMAP.Password.IsZero()) && moved(acc.SMTP, smtp) {
		return storage.Invalid("SMTP.Password", "required", "enter the password again: the server or the login changed")
	}
	// Who is not the owner moves sending with the password that he typed, and not with the one that the owner types next: that is for the owner's server.
	apart := moved(acc.SMTP, smtp) && !own && !tokens[smtpSide] && in.SMTP.Password.IsZero() && acc.Owner != a.s.actor.Agent
	acc.IMAP, acc.SMTP = imap, smtp
	if imap.Login != "" {
		acc.IMAPSecret = nil
	}
	if smtp.Login != "" {
		acc.SMTPSecret = nil
	}
	if err := readable("IMAP", in.IMAP.Password); err != nil {
		return err
	}
	if err := readable("SMTP", in.SMTP.Password); err != nil {
		return err
	}
	if !in.IMAP.Password.IsZero() {
		if acc.IMAPSecret, err = a.s.client.cfg.Keys.Seal(imapPlace(acc), in.IMAP.Password); err != nil {
			return err
		}
	}
	sending := in.SMTP.Password
	if apart {
		sending = in.IMAP.Password
	}
	if !sending.IsZero() {
		if acc.SMTPSecret, err = a.s.client.cfg.Keys.Seal(smtpPlace(acc), sending); err != nil {
			return err
		}
	}
	return nil
}

func imapPlace(acc *store.Account) seal.Place {
	return seal.Place{Tenant: acc.Tenant, Account: acc.ID, Field: store.SealedIMAP}
}

func smtpPlace(acc *store.Account) seal.Place {
	return seal.Place{Tenant: acc.Tenant, Account: acc.ID, Field: store.SealedSMTP}
}

func (a *Accounts) server(field string, in ServerInput, login string, tlsPort, otherPort int) (store.Server, error) {
	host := strings.ToLower(strings.TrimSpace(in.Host))
	s := store.Server{Host: host, Port: in.Port, Security: string(in.Security), Username: in.Username, Authenticate: true}
	switch {
	case host == "":
		return s, storage.Invalid(field+".Host", "required", "enter the name of the server, like "+strings.ToLower(field)+".example.com")
	case len(host) > 255 || strings.ContainsAny(host, "/@ ") || hasControl(host) || hasPort(host):
		return s, storage.Invalid(field+".Host", "malformed", "enter only the name of the server, without a port or a path")
	}
	if in.PinSHA256 != "" {
		pin, err := dial.ParseFingerprint(in.PinSHA256)
		if err != nil {
			return s, storage.Invalid(field+".PinSHA256", "malformed", "a SHA-256 fingerprint is 64 hexadecimal digits")
		}
		s.PinSHA256 = hex.EncodeToString(pin)
	}
	if err := applyFlags(field, &s, in.Flags); err != nil {
		return s, err
	}
	switch Security(s.Security) {
	case "":
		s.Security = string(TLS)
	case TLS, StartTLS:
	case Plaintext:
		if !a.s.client.cfg.Network.PlaintextLoopback {
			return s, storage.Invalid(field+".Security", "plaintext", "passwords and mail travel over TLS only: choose tls or starttls")
		}
	default:
		return s, storage.Invalid(field+".Security", "unknown", "choose tls, starttls or none")
	}
	if s.Port == 0 {
		s.Port = otherPort
		if s.Security == string(TLS) {
			s.Port = tlsPort
		}
	}
	if s.Port < 1 || s.Port > 65535 {
		return s, storage.Invalid(field+".Port", "out_of_range", "a port is a number between 1 and 65535")
	}
	if s.Username == "" {
		s.Username = login
	}
	for _, name := range []string{s.Username, s.AuthUser} {
		if len(name) > 255 || hasControl(name) {
			return s, storage.Invalid(field+".Username", "malformed", "a login has at most 255 bytes and no control characters")
		}
	}
	return s, disable(field, &s, in.Disabled)
}

// hasPort tells host:port from an IPv6 address.
func hasPort(host string) bool {
	_, err := netip.ParseAddr(host)
	return strings.Contains(host, ":") && err != nil
}

func (a *Accounts) fillSettings(acc *store.Account, in AccountInput) error {
	set := &acc.Settings
	set.StoreAttachments, set.Public, set.CRLF = in.StoreAttachments, in.Public, in.CRLF
	switch in.Link {
	case "":
		set.Link = WhenRead
	case WhenRead, AtArrival:
		set.Link = in.Link
	default:
		return storage.Invalid("Link", "unknown", `choose "read" or "arrival"`)
	}
	switch {
	case in.DepthDays == 0:
		set.DepthDays = DefaultDepth
	case in.DepthDays < 0:
		set.DepthDays = 0
	case in.DepthDays > MaxDepthDays:
		return storage.Invalid("DepthDays", "out_of_range", "give at most 36500 days, or a negative number for everything")
	default:
		set.DepthDays = in.DepthDays
	}
	switch in.SentCopy {
	case "":
		set.SentCopy = SentAppend
	case SentAppend, SentServer, SentCheck, SentNone:
		set.SentCopy = in.SentCopy
	default:
		return storage.Invalid("SentCopy", "unknown", `choose "append", "server" or "check"`)
	}
	switch readOnly := acc.IMAP.ReadOnly; {
	case readOnly && in.SentCopy == "":
		set.SentCopy = SentNone
	case readOnly && (set.SentCopy == SentAppend || set.SentCopy == SentCheck):
		return storage.Invalid("SentCopy", "contradiction", `the flag /readonly forbids filing in Sent: choose "none", or "server" where the server does it`)
	case !readOnly && set.SentCopy == SentNone:
		return storage.Invalid("SentCopy", "contradiction", `"none" is for servers with the flag /readonly: choose "append", "server" or "check"`)
	}
	var err error
	if set.LinkRead, err = a.nightly("LinkReadNightly", in.LinkReadNightly); err != nil {
		return err
	}
	if set.DeletePolicy, err = a.nightly("DeletePolicy", in.DeletePolicy); err != nil {
		return err
	}
	if len(in.OwnDomains) > MaxOwnDomains {
		return fmt.Errorf("an account has at most %d domains of its own: %w", MaxOwnDomains, ErrLimit)
	}
	before := set.OwnDomains
	set.OwnDomains = nil
	for _, d := range in.OwnDomains {
		n := linker.Normalize("x@" + strings.TrimPrefix(strings.TrimSpace(d), "@"))
		if n == "" {
			return storage.Invalid("OwnDomains", "malformed", fmt.Sprintf("%q is not a domain", d))
		}
		domain := strings.TrimPrefix(n, "x@")
		if linker.PublicDomain(domain) {
			return storage.Invalid("OwnDomains", "public", fmt.Sprintf("%q gives addresses to anybody: who has one there is not your colleague", domain))
		}
		// It holds for all agents of the tenant: nobody may make a client's domain his own.
		if !a.s.actor.Admin && !strings.HasSuffix(acc.Address, "@"+domain) && !slices.Contains(before, domain) {
			return storage.Invalid("OwnDomains", "not_allowed", fmt.Sprintf("only an administrator makes %q a domain of colleagues: their mail is linked to nobody", domain))
		}
		set.OwnDomains = append(set.OwnDomains, domain)
	}
	return nil
}

func fillMembers(acc *store.Account, in []Member) error {
	if len(in) > MaxMembers {
		return fmt.Errorf("an account has at most %d members: %w", MaxMembers, ErrLimit)
	}
	acc.Members = nil
	for _, m := range in {
		if m.Agent == "" || len(m.Agent) > 255 || hasControl(m.Agent) {
			return storage.Invalid("Members.Agent", "malformed", "name an agent, in at most 255 bytes")
		}
		var rights store.Rights
		for _, r := range m.Rights {
			bit, ok := rightBits[r]
			if !ok {
				return storage.Invalid("Members.Rights", "unknown", `the rights are "read", "send" and "manage"`)
			}
			rights |= bit
		}
		if i := slices.IndexFunc(acc.Members, func(x store.Member) bool { return x.Agent == m.Agent }); i >= 0 {
			acc.Members[i].Rights |= rights
			continue
		}
		acc.Members = append(acc.Members, store.Member{Agent: m.Agent, Rights: rights})
	}
	return nil
}

var rightBits = map[Right]store.Rights{RightRead: store.RightRead, RightSend: store.RightSend, RightManage: store.RightManage}

func rights(bits store.Rights) []Right {
	var out []Right
	for _, r := range []Right{RightRead, RightSend, RightManage} {
		if bits&rightBits[r] != 0 {
			out = append(out, r)
		}
	}
	return out
}

func (a *Accounts) fillIdentities(acc *store.Account, in []Identity) error {
	if len(in) > MaxIdentities {
		return fmt.Errorf("an account has at most %d identities: %w", MaxIdentities, ErrLimit)
	}
	if len(in) == 0 {
		in = []Identity{{Address: acc.Address, Name: displayName(acc), Default: true}}
		if len(acc.Identities) > 0 {
			return nil
		}
	}
	known := map[string]bool{} // those not used yet
	for _, id := range acc.Identities {
		known[id.ID] = true
	}
	before := acc.Identities
	acc.Identities = nil
	defaults := 0
	for _, id := range in {
		address := linker.Normalize(id.Address)
		switch {
		case address == "":
			return storage.Invalid("Identities.Address", "bad_address", "enter a whole address, like name@example.com")
		case len(id.Name) > 255 || hasControl(id.Name):
			return storage.Invalid("Identities.Name", "malformed", "a name has at most 255 bytes and no control characters")
		case id.ID != "" && !known[id.ID]:
			return storage.Invalid("Identities.ID", "unknown", "the account has no such identity: leave the id of a new one empty")
		case len(id.Signature) > MaxSignature:
			return fmt.Errorf("a signature has at most %d bytes: %w", MaxSignature, ErrLimit)
		}
		if err := a.mayBeIdentity(acc, before, address); err != nil {
			return err
		}
		reply := ""
		if id.ReplyTo != "" {
			if reply = linker.Normalize(id.ReplyTo); reply == "" {
				return storage.Invalid("Identities.ReplyTo", "bad_address", "enter a whole address, like name@example.com")
			}
		}
		if id.ID == "" {
			id.ID = a.s.client.db.NewID(acc.Tenant)
		}
		delete(known, id.ID)
		if id.Default {
			defaults++
		}
		acc.Identities = append(acc.Identities, store.Identity{
			ID: id.ID, Name: id.Name, Address: address, ReplyTo: reply, Signature: sanitize(id.Signature), Default: id.Default && defaults == 1,
		})
	}
	if defaults == 0 {
		acc.Identities[0].Default = true
	}
	return nil
}

func displayName(acc *store.Account) string {
	if acc.Name == acc.Address {
		return ""
	}
	return acc.Name
}
