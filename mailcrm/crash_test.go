package mailcrm_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/internal/testservers"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/mailcrm/sqlite"
	"github.com/mailcrm/sdk/storage"
	"github.com/mailcrm/sdk/storage/blobfolder"
	"github.com/mailcrm/sdk/storage/memstore"
)

// childVariable makes this test binary a process that follows an account until somebody kills it.
const childVariable = "MAILCRM_TEST_CHILD"

func TestMain(m *testing.M) {
	if text := os.Getenv(childVariable); text != "" {
		if err := runChild(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// A child is what the killed process must know.
type child struct {
	Folder   string
	CAFile   string
	Host     string
	Port     int
	User     testservers.User
	Maker    mailcrmtest.MakerOptions
	Finished bool // end when nothing is left to do
}

// open makes a client over the child's folder, with a CRM that knows all correspondents.
func (ch child) open(ctx context.Context) (*mailcrm.Client, func() error, error) {
	crm := memstore.New()
	for i, p := range mailcrmtest.Correspondents(ch.Maker) {
		crm.Add(storage.Entity{Ref: storage.Ref{Kind: storage.KindContact, ID: fmt.Sprint(i)}, Name: p.Name, Addresses: []string{p.Address}})
	}
	pem, err := os.ReadFile(ch.CAFile)
	if err != nil {
		return nil, nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	keys, err := mailcrm.KeyFile(filepath.Join(ch.Folder, "key"))
	if err != nil {
		return nil, nil, err
	}
	blobs, err := blobfolder.Open(filepath.Join(ch.Folder, "data", "blobs"), nil)
	if err != nil {
		return nil, nil, err
	}
	store, err := sqlite.Open(ctx, filepath.Join(ch.Folder, "data", "mailcrm.db"), nil)
	if err != nil {
		return nil, nil, err
	}
	client, err := mailcrm.Open(ctx, mailcrm.Config{
		Host: crm.Host(), Store: store, Blobs: blobs, Keys: keys, SyncEvery: time.Second,
		Network: mailcrm.Network{Allow: loopback, Ports: []int{ch.Port}, Roots: roots},
	})
	return client, store.Close, err
}

func runChild(text string) error {
	var ch child
	if err := json.Unmarshal([]byte(text), &ch); err != nil {
		return err
	}
	ctx := context.Background()
	client, closeStore, err := ch.open(ctx)
	if err != nil {
		return err
	}
	agent := client.As(storage.Actor{Agent: "jeanne"})
	accounts, err := agent.Accounts.List(ctx)
	if err != nil {
		return err
	}
	if len(accounts) == 0 {
		account, err := agent.Accounts.Create(ctx, mailcrm.AccountInput{
			Address: ch.User.Address, Link: mailcrm.AtArrival, DepthDays: -1,
			IMAP: mailcrm.ServerInput{Host: ch.Host, Port: ch.Port, Password: mailcrm.NewSecret(ch.User.Password)},
			SMTP: mailcrm.ServerInput{Host: ch.Host},
		})
		if err != nil {
			return err
		}
		accounts = append(accounts, *account)
	}
	fmt.Println("started")
	running, stop := context.WithCancel(ctx)
	defer stop()
	done := make(chan error, 1)
	go func() { done <- client.Run(running) }()
	for tick := time.NewTicker(50 * time.Millisecond); ch.Finished; <-tick.C {
		account, err := agent.Accounts.Get(ctx, accounts[0].ID)
		if err != nil {
			return err
		}
		if account.Status.State == "ready" {
			break
		}
	}
	if !ch.Finished {
		return <-done // until somebody kills us
	}
	stop()
	if err := <-done; !errors.Is(err, context.Canceled) {
		return errors.Join(err, closeStore())
	}
	return closeStore()
}

// TestKilled follows an account of 2,000 mails in a process that is killed (SIGKILL) ten times at random moments, and then lets it finish: every mail is there once,
// whole, and linked as it should be.
func TestKilled(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("MAILCRM_TEST_SEED"); text != "" {
		_, err := fmt.Sscan(text, &seed)
		require.NoError(t, err)
	}
	t.Logf("seed %d (set MAILCRM_TEST_SEED to repeat)", seed)
	chance := rand.New(rand.NewPCG(seed, 0))

	server := testservers.MailWith(t, &testservers.MailOptions{Users: []string{"jeanne"}})
	user := server.User("jeanne")
	ch := child{
		Folder: t.TempDir(), CAFile: server.CAFile, Host: server.Host, Port: server.IMAPSPort, User: user,
		Maker: mailcrmtest.MakerOptions{Seed: 1, Messages: 2000, Own: user.Address},
	}
	known := map[[32]byte][]string{}
	byFolder := map[string][]testservers.Message{}
	for m := range mailcrmtest.Make(ch.Maker) {
		known[sha256.Sum256(m.Raw)] = m.Known
		byFolder[m.Folder] = append(byFolder[m.Folder], testservers.Message{Raw: m.Raw, Flags: m.Flags, Date: m.Date})
	}
	for folder, mails := range byFolder {
		require.NoError(t, server.Append("jeanne", folder, mails...))
	}
	for range 10 {
		ch.run(t, time.Duration(chance.Int64N(int64(250*time.Millisecond))))
	}
	ch.Finished = true
	ch.run(t, time.Minute)
	ch.verify(t, server, known)
}

// run starts the child and kills it some time after it has begun to work.
func (ch child) run(t *testing.T, life time.Duration) {
	text, err := json.Marshal(ch)
	require.NoError(t, err)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+string(text))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "started\n", line)
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		require.NoError(t, err)
		require.True(t, ch.Finished, "a child ended by itself")
	case <-time.After(life):
		require.NoError(t, cmd.Process.Kill())
		require.Error(t, <-ended)
		require.False(t, ch.Finished, "the last child did not finish in time")
	}
}

func (ch child) verify(t *testing.T, server *testservers.MailServer, known map[[32]byte][]string) {
	client, closeStore, err := ch.open(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, closeStore()) }()
	agent := client.As(storage.Actor{Agent: "jeanne"})
	accounts, err := agent.Accounts.List(t.Context())
	require.NoError(t, err)
	boxes, err := agent.Mailboxes.List(t.Context(), accounts[0].ID)
	require.NoError(t, err)
	for _, b := range boxes {
		there, err := server.Messages("jeanne", b.Name)
		require.NoError(t, err)
		ledger, err := agent.Mailboxes.Ledger(t.Context(), b.ID)
		require.NoError(t, err)
		require.Equal(t, len(there), ledger.Stored, "every UID of %s once", b.Name)
		require.Zero(t, ledger.Pending+ledger.Excluded+len(ledger.Dead), b.Name)
		require.Equal(t, len(there), b.Total, b.Name)
	}
	seen := map[[32]byte]bool{}
	linked := 0
	for query := (mailcrm.MessageQuery{Limit: mailcrm.MaxPage}); ; {
		page, err := agent.Messages.List(t.Context(), query)
		require.NoError(t, err)
		for _, m := range page.Items {
			raw, _, err := agent.Messages.Raw(t.Context(), m.ID)
			require.NoError(t, err)
			kept, err := io.ReadAll(raw)
			require.NoError(t, err)
			require.NoError(t, raw.Close())
			sum := sha256.Sum256(kept)
			require.Contains(t, known, sum, "bytes that the server does not have")
			require.False(t, seen[sum], "twice: %s", m.Subject)
			seen[sum] = true
			var addresses []string
			for _, l := range m.Links {
				addresses = append(addresses, l.Address)
			}
			slices.Sort(addresses)
			require.Equal(t, known[sum], addresses, "%s", m.Subject)
			linked += len(addresses)
		}
		if query.Cursor = page.Next; page.Next == "" {
			break
		}
	}
	require.Len(t, seen, len(known))
	t.Logf("%d mails, %d links", len(seen), linked)
	require.NoError(t, filepath.WalkDir(ch.Folder, func(path string, d fs.DirEntry, err error) error {
		require.False(t, !d.IsDir() && strings.Contains(d.Name(), "tmp"), "left behind: %s", path)
		return err
	}))
}
