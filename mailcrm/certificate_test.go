package mailcrm_test

import (
	"crypto/x509"
	"encoding/pem"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/internal/testservers"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/storage"
)

// TestAccountWithACertificate reads with a certificate in place of a password.
func TestAccountWithACertificate(t *testing.T) {
	srv := testservers.MailWith(t, &testservers.MailOptions{Mechanisms: "plain external", ClientCertificates: true, Submission: testservers.Relay})
	alice := srv.User("alice").Address
	inPEM := func(expired bool) string {
		issued, err := srv.Authority.IssueClient(alice, expired)
		require.NoError(t, err)
		key, err := x509.MarshalPKCS8PrivateKey(issued.PrivateKey)
		require.NoError(t, err)
		return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: issued.Certificate[0]})) +
			string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
	}
	w := newWorld(t, mailcrmtest.ServerOptions{}, func(c *mailcrm.Config) {
		c.Network.Roots = srv.CA
		c.Network.Ports = []int{srv.IMAPSPort, srv.SMTPSPort}
	})
	in := mailcrm.AccountInput{
		Address: alice, DepthDays: -1,
		IMAP: mailcrm.ServerInput{Host: srv.Host, Port: srv.IMAPSPort, Password: mailcrm.NewSecret(inPEM(false))},
		SMTP: mailcrm.ServerInput{Host: srv.Host, Port: srv.SMTPSPort, NoAuth: true},
	}
	bad := in
	bad.IMAP.Password = mailcrm.NewSecret("-----BEGIN CERTIFICATE-----\nnothing")
	_, err := w.anna.Accounts.Create(t.Context(), bad)
	var field *storage.FieldError
	require.ErrorAs(t, err, &field)
	require.Equal(t, "IMAP.Password", field.Field)

	account := w.account(in)
	require.Equal(t, mailcrm.AccountReady, account.Status.State, "%+v", account.Status)
	log, err := srv.Log()
	require.NoError(t, err)
	require.Contains(t, log, "method=EXTERNAL")

	change := account.Input()
	change.IMAP.Password = mailcrm.NewSecret(inPEM(true))
	_, err = w.anna.Accounts.Update(t.Context(), change)
	require.NoError(t, err)
	w.work()
	require.Equal(t, mailcrm.AccountAuthFailed, w.status(account.ID).Status.State)
}
