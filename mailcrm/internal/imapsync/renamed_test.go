package imapsync_test

import (
	"crypto/tls"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/seal"
	"github.com/mailcrm/sdk/mailcrm/internal/signin"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
)

// elsewhere is another mail program of the account's owner.
func (b *bench) elsewhere() *imapclient.Client {
	b.t.Helper()
	c, err := imapclient.DialTLS(fmt.Sprintf("%s:%d", b.server.IMAPS.Host, b.server.IMAPS.Port),
		&imapclient.Options{TLSConfig: &tls.Config{RootCAs: b.server.Roots(), MinVersion: tls.VersionTLS12}})
	require.NoError(b.t, err)
	b.t.Cleanup(func() { _ = c.Close() })
	require.NoError(b.t, c.Login(address, password).Wait())
	return c
}

// ids are the mailboxes that are not gone, by name.
func (b *bench) ids() map[string]string {
	b.t.Helper()
	boxes, err := b.db.Mailboxes(b.t.Context(), "", b.account.ID)
	require.NoError(b.t, err)
	ids := map[string]string{}
	for _, box := range boxes {
		if box.Gone.IsZero() {
			ids[box.Name] = box.ID
		}
	}
	return ids
}

// TestRenamedOrNot: a mailbox that appears is one that vanished only when that is sure. Either way every mail is accounted for under the name it lies in.
func TestRenamedOrNot(t *testing.T) {
	for name, test := range map[string]struct {
		before  func(b *bench, c *imapclient.Client)
		change  func(b *bench, c *imapclient.Client)
		same    map[string]string // name after -> name before
		fresh   []string
		fetched int // mails that come again
	}{
		"renamed": {
			func(b *bench, _ *imapclient.Client) { b.load("A", mail(1, "1"), mail(2, "2")) },
			func(b *bench, c *imapclient.Client) { b.must(c.Rename("A", "B", nil)) },
			map[string]string{"B": "A"},
			nil, 0,
		},
		"renamed, and more mail came": {
			func(b *bench, _ *imapclient.Client) { b.load("A", mail(1, "1"), mail(2, "2")) },
			func(b *bench, c *imapclient.Client) { b.must(c.Rename("A", "B", nil)); b.load("B", mail(3, "3")) },
			map[string]string{"B": "A"},
			nil, 1,
		},
		"renamed, and some mail went": {
			func(b *bench, _ *imapclient.Client) { b.load("A", mail(1, "1"), mail(2, "2"), mail(3, "3")) },
			func(b *bench, c *imapclient.Client) {
				b.must(c.Rename("A", "B", nil))
				require.NoError(b.t, b.server.Remove(address, "B", 1, 3))
			},
			map[string]string{"B": "A"},
			nil, 0,
		},
		"renamed into another's UIDVALIDITY": {
			func(b *bench, _ *imapclient.Client) { b.load("A", mail(1, "1"), mail(2, "2")) },
			func(b *bench, c *imapclient.Client) {
				b.must(c.Rename("A", "B", nil))
				require.NoError(b.t, b.server.Renumber(address, "B"))
			},
			map[string]string{"B": "A"},
			nil, 2,
		},
		"deleted, and another made": {
			func(b *bench, _ *imapclient.Client) { b.load("A", mail(1, "1"), mail(2, "2")) },
			func(b *bench, c *imapclient.Client) { b.must(c.Delete("A")); b.load("B", mail(3, "3"), mail(4, "4")) },
			nil,
			[]string{"B"},
			2,
		},
		"deleted, and another made, both empty": {
			func(b *bench, c *imapclient.Client) { b.must(c.Create("A", nil)) },
			func(b *bench, c *imapclient.Client) { b.must(c.Delete("A")); b.must(c.Create("B", nil)) },
			nil,
			[]string{"B"},
			0,
		},
		"renamed, and the name given to a new one": {
			func(b *bench, _ *imapclient.Client) { b.load("A", mail(1, "1")) },
			func(b *bench, c *imapclient.Client) { b.must(c.Rename("A", "B", nil)); b.load("A", mail(2, "2")) },
			map[string]string{"A": "A"},
			[]string{"B"},
			2,
		},
		"two change their names": {
			func(b *bench, _ *imapclient.Client) {
				b.load("A", mail(1, "1"))
				b.load("B", mail(2, "2"), mail(3, "3"))
			},
			func(b *bench, c *imapclient.Client) {
				b.must(c.Rename("A", "C", nil))
				b.must(c.Rename("B", "A", nil))
				b.must(c.Rename("C", "B", nil))
			},
			map[string]string{"A": "A", "B": "B"},
			nil, 3,
		},
		"a chain": {
			func(b *bench, _ *imapclient.Client) { b.load("A", mail(1, "1")); b.load("B", mail(2, "2")) },
			func(b *bench, c *imapclient.Client) {
				b.must(c.Rename("B", "C", nil))
				b.must(c.Rename("A", "B", nil))
			},
			map[string]string{"B": "B"},
			[]string{"C"},
			2,
		},
		"two that hold the same mails": {
			func(b *bench, _ *imapclient.Client) { b.load("A", mail(1, "1")); b.load("B", mail(1, "1")) },
			func(b *bench, c *imapclient.Client) {
				b.must(c.Rename("A", "C", nil))
				b.must(c.Rename("B", "D", nil))
			},
			map[string]string{"C": "A", "D": "B"},
			nil, 0,
		},
		"into the place of one that is gone": {
			func(b *bench, c *imapclient.Client) {
				b.load("A", mail(1, "1"))
				b.load("B", mail(2, "2"))
				b.look()
				b.must(c.Delete("B"))
			},
			func(b *bench, c *imapclient.Client) { b.must(c.Rename("A", "B", nil)) },
			map[string]string{"B": "A"},
			nil, 0,
		},
		"back, after it was called gone": {
			func(b *bench, _ *imapclient.Client) { b.load("A", mail(1, "1")) },
			func(b *bench, c *imapclient.Client) {
				b.must(c.Rename("A", "B", nil))
				b.look()
				b.must(c.Rename("B", "A", nil))
			},
			map[string]string{"A": "A"},
			nil, 0,
		},
		"thirty move with what they lie in": {
			func(b *bench, _ *imapclient.Client) {
				for i := range 30 {
					b.load(fmt.Sprintf("P/%d/x", i), mail(100+i, "x"))
				}
			},
			func(b *bench, c *imapclient.Client) { b.must(c.Rename("P", "Q/R", nil)) },
			map[string]string{"Q/R/0/x": "P/0/x", "Q/R/17/x": "P/17/x", "Q/R/29/x": "P/29/x"},
			nil, 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, mailcrmtest.ServerOptions{})
			c := b.elsewhere()
			test.before(b, c)
			b.look()
			before := b.ids()
			b.chunks = nil
			test.change(b, c)
			b.look()
			after := b.ids()
			for now, was := range test.same {
				require.Equal(t, before[was], after[now], "%s was %s", now, was)
			}
			for _, now := range test.fresh {
				require.NotEmpty(t, after[now])
				for was, id := range before {
					require.NotEqual(t, id, after[now], "%s is not %s", now, was)
				}
			}
			require.Len(t, b.texts(), test.fetched)
			names, err := b.server.Folders(address)
			require.NoError(t, err)
			for _, name := range names {
				var stored int
				for _, r := range b.ledger(name).Stored {
					stored += int(r.Hi-r.Lo) + 1
				}
				there, err := b.server.Mails(address, name)
				require.NoError(t, err)
				require.GreaterOrEqual(t, stored, len(there), name)
				require.Empty(t, b.ledger(name).Pending)
			}
			b.chunks = nil
			b.look()
			require.Empty(t, b.chunks)
		})
	}
}

func (b *bench) must(cmd interface{ Wait() error }) {
	b.t.Helper()
	require.NoError(b.t, cmd.Wait())
}

// look is a session that ends with everything done.
func (b *bench) look() {
	b.t.Helper()
	more, err := b.sync(time.Minute)
	require.NoError(b.t, err)
	require.False(b.t, more)
}

// TestChoicesOfAnotherTime: a person who chooses while a listing is compared is not overruled by it.
func TestChoicesOfAnotherTime(t *testing.T) {
	b := newBench(t, mailcrmtest.ServerOptions{})
	b.load("Mine", mail(1, "1"))
	b.look()
	stale := *b.account // as a worker has it that began before
	now, err := b.db.Account(t.Context(), "", b.account.ID)
	require.NoError(t, err)
	now.Settings.Choices = map[string]store.Choice{"archive": {Mailbox: b.ids()["Mine"], Name: "Mine"}}
	require.NoError(t, b.db.Write(t.Context(), nil, func(tx *store.Tx) error { return tx.UpdateAccount(now) }))
	b.account = &stale
	b.load("More", mail(2, "2")) // so that there is something to store
	b.look()
	boxes, err := b.db.Mailboxes(t.Context(), "", b.account.ID)
	require.NoError(t, err)
	roles := map[string]string{}
	for _, box := range boxes {
		roles[box.Name] = strings.TrimSpace(box.Role + " " + box.RoleHow)
	}
	require.Equal(t, "archive override", roles["Mine"])
	require.Empty(t, roles["More"])
}

// TestTwins: of two mailboxes with one name the fuller one gets the role, once; when the other one grows it does not wander.
func TestTwins(t *testing.T) {
	b := newBench(t, mailcrmtest.ServerOptions{})
	c := b.elsewhere()
	b.must(c.Delete("Sent"))
	b.must(c.Create("ENVOYES", nil))
	b.load("Envoyés", mail(1, "1"))
	role := func(name string) string {
		boxes, err := b.db.Mailboxes(t.Context(), "", b.account.ID)
		require.NoError(t, err)
		for _, box := range boxes {
			if box.Name == name {
				return box.Role
			}
		}
		return "?"
	}
	b.look()
	require.Equal(t, []string{"", "sent"}, []string{role("ENVOYES"), role("Envoyés")})
	b.load("ENVOYES", mail(2, "2"), mail(3, "3"))
	b.look()
	require.Equal(t, []string{"", "sent"}, []string{role("ENVOYES"), role("Envoyés")})
}

// TestMadeAfterTheListing: what a person has made and chosen while a session goes on with an older list is neither gone nor forgotten.
func TestMadeAfterTheListing(t *testing.T) {
	b := newBench(t, mailcrmtest.ServerOptions{})
	b.look()
	credential := signin.WithPassword(b.account.IMAP.Username, seal.NewSecret(b.secret))
	old, err := b.syncer.Open(t.Context(), nil, b.account, credential)
	require.NoError(t, err)
	defer old.Close()

	mine := *b.account
	person, err := b.syncer.Open(t.Context(), nil, &mine, credential)
	require.NoError(t, err)
	made, err := person.Create(t.Context(), "Put away", "")
	require.NoError(t, err)
	require.NoError(t, person.Close())
	now, err := b.db.Account(t.Context(), "", b.account.ID)
	require.NoError(t, err)
	now.Settings.Choices = map[string]store.Choice{"archive": {Mailbox: made.ID, Name: made.Name}}
	require.NoError(t, b.db.Write(t.Context(), nil, func(tx *store.Tx) error { return tx.UpdateAccount(now) }))

	_, err = old.Sync(t.Context(), time.Now().Add(time.Minute))
	require.NoError(t, err)
	require.Equal(t, made.ID, b.ids()["Put away"])
	now, err = b.db.Account(t.Context(), "", b.account.ID)
	require.NoError(t, err)
	require.Contains(t, now.Settings.Choices, "archive")
	b.account = now
	b.look()
	box, err := b.db.Mailbox(t.Context(), "", made.ID)
	require.NoError(t, err)
	require.Equal(t, "archive", box.Role)
}
