package mailcrm

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/mailcrm/sdk/mailcrm/internal/dial"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// The sides of an account.
const (
	SideIMAP = "imap" // reading
	SideSMTP = "smtp" // sending
)

// A TrustInput says which certificate a person has compared and trusts.
type TrustInput struct {
	Account string
	Side    string // SideIMAP or SideSMTP
	SHA256  string // of the certificate that was shown: AccountStatus.Certificate.SHA256, in any spelling
}

// Trust pins the certificate of a server that no authority vouches for, after a person has compared its fingerprint with what the server's operator says. Only the
// certificate that the account's status shows can be confirmed. From then on that one is accepted, for this account and this server alone; another one stops the
// account with the code "tls.pin_changed", and nothing is sent. It is tried at once.
//
// Errors: [ErrNotFound]; [ErrInvalid] with a [FieldError] when the status shows another certificate, or none, or when the flag /validate-cert forbids it;
// [ErrConflict] when somebody changes the account at the same time.
func (a *Accounts) Trust(ctx context.Context, in TrustInput) (*Account, error) {
	acc, err := a.managed(ctx, in.Account)
	if err != nil {
		return nil, err
	}
	var server *store.Server
	var status *store.Status
	switch in.Side {
	case SideIMAP:
		server, status = &acc.IMAP, &acc.Status
	case SideSMTP:
		server, status = &acc.SMTP, acc.Status.Sending
	default:
		return nil, storage.Invalid("Side", "unknown", `say "imap" or "smtp"`)
	}
	pin, err := dial.ParseFingerprint(in.SHA256)
	if err != nil {
		return nil, storage.Invalid("SHA256", "malformed", "a SHA-256 fingerprint is 64 hexadecimal digits")
	}
	sum := hex.EncodeToString(pin)
	if status == nil || status.Certificate == nil || status.Certificate.SHA256 != sum {
		return nil, storage.Invalid("SHA256", "not_shown", "the server shows another certificate than this one: read the account again, and compare what its status shows")
	}
	flags, err := parseFlags(strings.ToUpper(in.Side)+".Flags", server.Flags)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(flags, func(f typedFlag) bool { return f.name == "/validate-cert" }) {
		return nil, storage.Invalid("Account", "contradiction", fmt.Sprintf("the flags of the server say /validate-cert: take that out of %q first", server.Flags))
	}
	was := *acc
	server.PinSHA256 = sum
	return a.update(ctx, &was, acc)
}
