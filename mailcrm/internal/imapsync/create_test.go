package imapsync

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/imapconn"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// TestMayBeMade: what stands in the way of a mailbox is told the same way, whatever words a server has for it.
func TestMayBeMade(t *testing.T) {
	listed := []imapconn.Listed{
		{Name: "INBOX", Delimiter: "/"},
		{Name: "Été", Delimiter: "/"},
		{Name: "Flat", Delimiter: "/", Attributes: []string{`\NoInferiors`}},
		{Name: "Level", Delimiter: "/", Attributes: []string{`\Noselect`}},
		{Name: "Ghost", Delimiter: "/", Attributes: []string{`\NonExistent`}},
	}
	for name, code := range map[string]string{
		"New": "", "Level": "", "Ghost": "", "Level/New": "", "Flatter": "", "été": "",
		"inbox": "imap.mailbox_exists", "Été": "imap.mailbox_exists", "E\u0301te\u0301": "imap.mailbox_exists", "Flat/New": "imap.no_children", "Flat/New/er": "imap.no_children",
	} {
		require.Equal(t, code, storage.CauseCode(mayBeMade(listed, name)), name)
	}
}

// TestMadeAs: a server may list what it made in another composition, case or place.
func TestMadeAs(t *testing.T) {
	listing := func(names ...string) (out []imapconn.Listed) {
		for _, n := range names {
			out = append(out, imapconn.Listed{Name: n})
		}
		return out
	}
	before := listing("INBOX", "A")
	for _, c := range []struct {
		after []imapconn.Listed
		want  string
	}{
		{listing("INBOX", "A", "Été"), "Été"},
		{listing("INBOX", "A", "E\u0301te\u0301"), "E\u0301te\u0301"},
		{listing("INBOX", "A", "B", "e\u0301TE\u0301"), "e\u0301TE\u0301"},
		{listing("INBOX", "A", "INBOX.Été"), "INBOX.Été"},
		{listing("INBOX", "A", "B", "C"), "Été"},
		{listing("INBOX", "A"), "Été"},
	} {
		require.Equal(t, c.want, madeAs(before, c.after, "Été"))
	}
}

// TestForeign: what belongs to others has no role and is not followed, wherever namespaces lie within each other.
func TestForeign(t *testing.T) {
	acc := &store.Account{Settings: store.Settings{Prefix: "INBOX.", Foreign: []string{"user.", "INBOX.shared.", "#public/"}}}
	for name, foreign := range map[string]bool{
		"INBOX": false, "inbox": false, "INBOX.Sent": false, "user.bob": true, "user.bob.Sent": true, "user": true, "users": false,
		"INBOX.shared.office": true, "INBOX.shared": true, "INBOX.shared2": false, "#public/x": true,
	} {
		require.Equal(t, foreign, Foreign(acc, &store.Mailbox{Name: name, Delimiter: "."}), name)
	}
	boxes := []store.Mailbox{
		{ID: "1", Name: "INBOX", Delimiter: "."}, {ID: "2", Name: "user.bob.Sent", Delimiter: ".", Attributes: []string{`\Sent`}}, {ID: "3", Name: "INBOX.Envoyés", Delimiter: "."},
	}
	m := Map(acc, boxes)
	for i := range boxes {
		Assign(acc, &boxes[i], m)
	}
	require.Equal(t, []string{"inbox", "", "sent"}, []string{boxes[0].Role, boxes[1].Role, boxes[2].Role})
	require.Equal(t, []string{"full", "none", "full"}, []string{boxes[0].Sync, boxes[1].Sync, boxes[2].Sync})
}

// TestGoogleByItsName: labels are no folders, also where Google shows none of its own folders over IMAP.
func TestGoogleByItsName(t *testing.T) {
	boxes := []store.Mailbox{{ID: "1", Name: "INBOX", Delimiter: "/"}, {ID: "2", Name: "Trash", Delimiter: "/"}}
	for host, labels := range map[string]bool{"imap.gmail.com": true, "IMAP.Googlemail.com": true, "mail.notgmail.com": false, "gmail.com.example.org": false} {
		m := Map(&store.Account{IMAP: store.Server{Host: host}}, boxes)
		_, found := m.Mailbox("trash")
		require.Equal(t, !labels, found, host)
	}
}
