package mailcrm_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/internal/testservers"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/storage"
)

// A tried world is what the methods are tried on: Anna's account with one mail that is linked to Ben and one from a stranger, her draft, and what she sent.
type tried struct {
	*world
	account, mailbox string
	linked, unlinked string // mails
	heavy            string // a mail whose attachment lies on the server
	thread           string // of the one that is not linked
	draft            string
	submission       string
	template         string
	document         string        // in Ben's tree
	fresh            func() string // an account like Anna's, to be changed or deleted
	freshDraft       func() string // a draft of Anna's
	freshSubmission  func() string // of Anna's, that can be called back
	freshTemplate    func() string

	login  string                                     // Anna's
	signIn func(address string) mailcrm.CompleteInput // what comes back when she signs in as somebody
}

// A method of a service, tried by everybody.
type method struct {
	// may lists who gets an answer. To all others there is nothing: ErrNotFound, or an empty list.
	may string
	// call returns how much was seen.
	call func(ctx context.Context, s *mailcrm.Session, w *tried) (seen int, err error)
}

const (
	everybody = "owner reader sender manager admin stranger foreigner"
	tenant    = "owner reader sender manager admin stranger"
	seesBen   = "owner reader sender manager admin"
)

var methods = map[string]method{
	"Accounts.Create": {may: everybody, call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		in := w.input()
		in.Address = s.Actor().Agent + "-own@demo.example"
		return one(s.Accounts.Create(ctx, in))
	}},
	"Accounts.Get": {may: seesBen, call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		return one(s.Accounts.Get(ctx, w.account))
	}},
	"Accounts.List": {may: seesBen, call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		list, err := s.Accounts.List(ctx)
		return count(list, func(a mailcrm.Account) bool { return a.ID == w.account }), err
	}},
	"Accounts.Update": {may: "owner manager admin", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		in := w.input()
		in.ID = w.fresh()
		in.Address = in.ID + "@demo.example"
		in.Members = w.members()
		return one(s.Accounts.Update(ctx, in))
	}},
	"Accounts.Delete": {may: "owner manager admin", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		return 1, s.Accounts.Delete(ctx, w.fresh())
	}},
	"Accounts.Sync": {may: "owner reader", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		return 1, s.Accounts.Sync(ctx, w.account)
	}},
	"Accounts.Pause": {may: "owner manager admin", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		return one(s.Accounts.Pause(ctx, w.fresh()))
	}},
	"Accounts.Resume": {may: "owner manager admin", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		id := w.fresh()
		if _, err := w.anna.Accounts.Pause(ctx, id); err != nil {
			return 0, err
		}
		return one(s.Accounts.Resume(ctx, id))
	}},
	"Accounts.Check": {may: "owner manager admin", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		in := w.input()
		in.ID, in.Members = w.account, w.members()
		return one(s.Accounts.Check(ctx, mailcrm.CheckInput{Account: in}))
	}},
	"Accounts.Trust": {may: "owner manager admin", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		_, err := s.Accounts.Trust(ctx, mailcrm.TrustInput{Account: w.fresh(), Side: mailcrm.SideIMAP, SHA256: strings.Repeat("ab", 32)})
		if errors.Is(err, mailcrm.ErrInvalid) {
			return 1, nil // he may, and no certificate waits for it
		}
		return 0, err
	}},
	"Logins.Providers": {may: everybody, call: func(ctx context.Context, s *mailcrm.Session, _ *tried) (int, error) {
		names, err := s.Logins.Providers(ctx)
		return len(names), err
	}},
	"Logins.Begin": {may: everybody, call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		_, err := w.client.As(s.Actor()).Logins.Begin(ctx, mailcrm.LoginInput{Login: w.login, RedirectURL: "https://crm.example/back"})
		if s.Actor().Agent != w.anna.Actor().Agent || s.Actor().Tenant != "" {
			if !errors.Is(err, mailcrm.ErrNotFound) {
				return 0, fmt.Errorf("renewing a login of somebody else: %w", err)
			}
			_, err = s.Logins.Begin(ctx, mailcrm.LoginInput{Provider: "intranet", Hint: annaAddress, RedirectURL: "https://crm.example/back"})
		}
		return 1, err
	}},
	"Logins.Complete": {may: "owner", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		return one(s.Logins.Complete(ctx, w.signIn(annaAddress)))
	}},
	"Logins.List": {may: "owner admin", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		list, err := s.Logins.List(ctx)
		return count(list, func(l mailcrm.Login) bool { return l.ID == w.login }), err
	}},
	"Logins.Delete": {may: "owner admin", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		login, err := w.anna.Logins.Complete(ctx, w.signIn("other@demo.example"))
		if err != nil {
			return 0, err
		}
		return 1, s.Logins.Delete(ctx, login.ID)
	}},
	"Accounts.ProposeIdentities": {may: "owner manager admin", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		_, err := s.Accounts.ProposeIdentities(ctx, w.account)
		if err != nil {
			return 0, err
		}
		return 1, nil // there may be none
	}},
	"Mailboxes.List": {may: "owner reader", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		list, err := s.Mailboxes.List(ctx, w.account)
		return len(list), err
	}},
	"Mailboxes.Ledger": {may: "owner reader", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		return one(s.Mailboxes.Ledger(ctx, w.mailbox))
	}},
	"Mailboxes.Mapping": {may: "owner reader manager admin", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		return one(s.Mailboxes.Mapping(ctx, w.account))
	}},
	"Mailboxes.Tree": {may: "owner reader manager admin", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		nodes, err := s.Mailboxes.Tree(ctx, w.account)
		for _, n := range nodes {
			reads := s.Actor().Agent == "anna" || s.Actor().Agent == "reader"
			require.Equal(w.t, reads, n.Counted, "counts are for who reads")
			require.True(w.t, reads || n.Total+n.Unread == 0)
		}
		return len(nodes), err
	}},
	"Mailboxes.Choose": {may: "owner manager admin", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		return one(s.Mailboxes.Choose(ctx, mailcrm.ChooseInput{Account: w.account, Roles: map[string]string{"archive": mailcrm.NoMailbox}}))
	}},
	"Mailboxes.Create": {may: "owner manager admin", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		return one(s.Mailboxes.Create(ctx, mailcrm.CreateMailboxInput{Account: w.account, Name: "Made by " + s.Actor().Agent}))
	}},
	"Messages.List": {may: "owner reader", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		n := 0
		for _, q := range []mailcrm.MessageQuery{{}, {Account: w.account}, {Mailbox: w.mailbox}, {Text: "stranger"}, {From: "client.example"}} {
			page, err := s.Messages.List(ctx, q)
			if err != nil {
				return 0, err
			}
			n += len(page.Items)
		}
		return n, nil
	}},
	"Messages.Get": {may: "owner reader", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		return one(s.Messages.Get(ctx, w.unlinked))
	}},
	"Messages.Open": {may: "owner reader", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		return one(s.Messages.Open(ctx, w.unlinked))
	}},
	"Messages.AnswerReceipt": {may: "owner", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		return 1, s.Messages.AnswerReceipt(ctx, w.unlinked, false)
	}},
	"Messages.Mark": {may: "owner reader", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		yes := true
		return 1, s.Messages.Mark(ctx, mailcrm.MarkInput{Messages: []string{w.unlinked}, Flagged: &yes})
	}},
	"Messages.Thread": {may: "owner reader", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		page, err := s.Messages.Thread(ctx, w.thread, "", 0)
		return len(page.Items), err
	}},
	"Messages.Raw": {may: "owner reader", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		raw, _, err := s.Messages.Raw(ctx, w.unlinked)
		return length(raw, err)
	}},
	"Messages.Attachment": {may: "owner reader", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		_, part, err := s.Messages.Attachment(ctx, w.heavy, "2")
		return length(part, err)
	}},
	"Messages.Lost": {may: "owner reader", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		lost, err := s.Messages.Lost(ctx, mailcrm.LostInput{Messages: []string{w.heavy}})
		return len(lost), err
	}},
	"Messages.Explain": {may: "owner reader", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		e, err := s.Messages.Explain(ctx, w.unlinked)
		return len(e.Steps), err
	}},
	"Messages.Headers": {may: "owner reader", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		fields, err := s.Messages.Headers(ctx, w.unlinked)
		return len(fields), err
	}},
	"Messages.TrustPictures": {may: "owner reader", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		trusted, err := s.Messages.TrustPictures(ctx, w.unlinked)
		if err != nil {
			return 0, err
		}
		return 1, s.Messages.ForgetPictures(ctx, trusted.Address)
	}},
	"Messages.PictureSenders": {may: "owner", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		if s.Actor().Agent == "anna" && s.Actor().Tenant == "" {
			if _, err := s.Messages.TrustPictures(ctx, w.unlinked); err != nil {
				return 0, err
			}
		}
		list, err := s.Messages.PictureSenders(ctx)
		return len(list), err
	}},
	"Messages.ForgetPictures": {may: "owner", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		trusted, err := w.anna.Messages.TrustPictures(ctx, w.unlinked)
		if err != nil {
			return 0, err
		}
		return 1, s.Messages.ForgetPictures(ctx, trusted.Address)
	}},
	"Messages.File": {may: "owner reader", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		return one(s.Messages.File(ctx, mailcrm.FileInput{Message: w.unlinked, Path: "1", Tree: w.benTree(s)}))
	}},
	"Files.List": {may: seesBen, call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		page, err := s.Files.List(ctx, mailcrm.FilesQuery{Tree: w.benTree(s)})
		return len(page.Items), err
	}},
	"Files.Open": {may: seesBen, call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		_, content, err := s.Files.Open(ctx, w.benTree(s), w.document)
		return length(content, err)
	}},
	"Files.MakeFolder": {may: seesBen, call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		folder, err := s.Files.MakeFolder(ctx, w.benTree(s), "", "Offers")
		return len(folder.ID), err
	}},
	"Links.Add": {may: "owner reader", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		in := mailcrm.LinkInput{Message: w.unlinked, Entity: w.other(s)}
		if _, err := s.Links.Add(ctx, in); err != nil {
			return 0, err
		}
		return 1, s.Links.Remove(ctx, in) // else all who see the record saw the mail from now on
	}},
	"Links.Remove": {may: seesBen, call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		theirs := mailcrm.LinkInput{Message: w.unlinked, Entity: w.other(w.anna)}
		if _, err := w.anna.Links.Add(ctx, theirs); err != nil {
			return 0, err
		}
		err := s.Links.Remove(ctx, mailcrm.LinkInput{Message: w.unlinked, Entity: w.other(s)})
		if err != nil {
			return 0, errors.Join(err, w.anna.Links.Remove(ctx, theirs))
		}
		return 1, nil
	}},
	"Timeline.List": {may: seesBen, call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		page, err := s.Timeline.List(ctx, mailcrm.TimelineQuery{Entity: w.benOf(s)})
		return len(page.Items), err
	}},
	"Entities.Search": {may: seesBen, call: func(ctx context.Context, s *mailcrm.Session, _ *tried) (int, error) {
		found, err := s.Entities.Search(ctx, "ben")
		return len(found), err
	}},
	"Entities.ByAddress": {may: seesBen, call: func(ctx context.Context, s *mailcrm.Session, _ *tried) (int, error) {
		found, err := s.Entities.ByAddress(ctx, benAddress)
		return len(found), err
	}},
	"Entities.Create": {may: everybody, call: func(ctx context.Context, s *mailcrm.Session, _ *tried) (int, error) {
		_, err := s.Entities.Create(ctx, storage.CreateRequest{Kind: storage.KindContact, Name: "New " + s.Actor().Agent})
		return 1, err
	}},
	"Templates.Save": {may: everybody, call: func(ctx context.Context, s *mailcrm.Session, _ *tried) (int, error) {
		_, problems, err := s.Templates.Save(ctx, mailcrm.Template{Name: "T", Text: "x"})
		return 1 - len(problems), err
	}},
	"Templates.Check": {may: everybody, call: func(ctx context.Context, s *mailcrm.Session, _ *tried) (int, error) {
		problems, err := s.Templates.Check(ctx, mailcrm.Template{Text: "{{ nothing }}"})
		return len(problems), err
	}},
	"Templates.Get": {may: tenant, call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		return one(s.Templates.Get(ctx, w.template))
	}},
	"Templates.List": {may: tenant, call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		list, err := s.Templates.List(ctx, "", "")
		return count(list, func(t mailcrm.Template) bool { return t.ID == w.template }), err
	}},
	"Templates.Delete": {may: tenant, call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		return 1, s.Templates.Delete(ctx, w.freshTemplate())
	}},
	"Templates.Fields": {may: everybody, call: func(ctx context.Context, s *mailcrm.Session, _ *tried) (int, error) {
		fields, err := s.Templates.Fields(ctx, storage.KindContact)
		return len(fields), err
	}},
	"Drafts.Create": {may: "owner sender", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		return one(s.Drafts.Create(ctx, mailcrm.DraftInput{Account: w.account, Subject: "x"}))
	}},
	"Drafts.Reply": {may: "owner reader", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		// The reader answers from the account of his own that he added above.
		return one(s.Drafts.Reply(ctx, mailcrm.ReplyInput{Message: w.unlinked}))
	}},
	"Drafts.Get": {may: "owner", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		return one(s.Drafts.Get(ctx, w.draft))
	}},
	"Drafts.List": {may: "owner", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		page, err := s.Drafts.List(ctx, "", 0)
		return count(page.Items, func(d mailcrm.Draft) bool { return d.ID == w.draft }), err
	}},
	"Drafts.Update": {may: "owner", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		return one(s.Drafts.Update(ctx, mailcrm.DraftInput{ID: w.freshDraft(), Account: w.account, Subject: "Changed"}))
	}},
	"Drafts.Delete": {may: "owner", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		return 1, s.Drafts.Delete(ctx, w.freshDraft())
	}},
	"Drafts.Attach": {may: "owner", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		return one(s.Drafts.Attach(ctx, w.freshDraft(), "a.txt", "", strings.NewReader("x")))
	}},
	"Drafts.Detach": {may: "owner", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		id := w.freshDraft()
		draft, err := w.anna.Drafts.Get(ctx, id)
		if err != nil {
			return 0, err
		}
		return one(s.Drafts.Detach(ctx, id, draft.Attachments[0].ID))
	}},
	"Drafts.Preview": {may: "owner", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		return one(s.Drafts.Preview(ctx, w.draft))
	}},
	"Drafts.Send": {may: "owner", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		return one(s.Drafts.Send(ctx, mailcrm.SendInput{ID: w.freshDraft(), Key: s.Actor().Agent}))
	}},
	"Outbox.List": {may: "owner", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		page, err := s.Outbox.List(ctx, "", 0)
		return count(page.Items, func(x mailcrm.Submission) bool { return x.ID == w.submission }), err
	}},
	"Outbox.Get": {may: "owner", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		return one(s.Outbox.Get(ctx, w.submission))
	}},
	"Outbox.Cancel": {may: "owner", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		return 1, s.Outbox.Cancel(ctx, w.freshSubmission())
	}},
	"Outbox.Resolve": {may: "owner", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		_, err := s.Outbox.Resolve(ctx, w.submission, mailcrm.ItArrived)
		if errors.Is(err, mailcrm.ErrConflict) {
			err = nil // it is his, and not uncertain
		}
		return 1, err
	}},
	"Events.List": {may: "owner reader manager admin", call: func(ctx context.Context, s *mailcrm.Session, w *tried) (int, error) {
		events, _, err := s.Events.List(ctx, 0, mailcrm.MaxPage)
		return count(events, func(e mailcrm.Event) bool {
			return e.Agent != s.Actor().Agent && (e.Account == w.account || e.Message == w.unlinked || e.Message == w.linked)
		}), err
	}},
}

func one[T any](v *T, err error) (int, error) {
	if err != nil {
		return 0, err
	}
	if v == nil {
		return 0, errors.New("neither an answer nor an error")
	}
	return 1, nil
}

func count[T any](list []T, is func(T) bool) (n int) {
	for _, v := range list {
		if is(v) {
			n++
		}
	}
	return n
}

func length(r io.ReadCloser, err error) (int, error) {
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(io.Discard, r)
	return int(n), errors.Join(err, r.Close())
}

func (w *tried) members() []mailcrm.Member {
	return []mailcrm.Member{
		{Agent: "reader", Rights: []mailcrm.Right{mailcrm.RightRead}},
		{Agent: "sender", Rights: []mailcrm.Right{mailcrm.RightSend}},
		{Agent: "manager", Rights: []mailcrm.Right{mailcrm.RightManage}},
	}
}

// benOf is Ben as the tenant of a session names him, other another record.
func (w *tried) benOf(s *mailcrm.Session) storage.Ref {
	return storage.Ref{Tenant: s.Actor().Tenant, Kind: w.ben.Kind, ID: w.ben.ID}
}

func (w *tried) other(s *mailcrm.Session) storage.Ref {
	return storage.Ref{Tenant: s.Actor().Tenant, Kind: storage.KindContact, ID: "cleo"}
}

func (w *tried) benTree(s *mailcrm.Session) storage.Tree {
	return storage.Tree{Space: storage.SpaceEntity, Entity: w.benOf(s)}
}

// TestRights tries every method of every service as everybody who could have something to do with an account, and as those who have not. A method that
// is added must be tried here.
func TestRights(t *testing.T) {
	tokens := testservers.Tokens(t, nil)
	w := &tried{world: newWorld(t, mailcrmtest.ServerOptions{}, withTokens(tokens))}
	ctx := t.Context()
	w.crm.OwnersOnly(true) // records of the team are seen by the team
	w.crm.Add(
		storage.Entity{Ref: w.ben, Name: "Ben Client", Addresses: []string{benAddress}, Owner: "team"},
		storage.Entity{Ref: storage.Ref{Kind: storage.KindContact, ID: "cleo"}, Name: "Cleo", Owner: "team"},
		storage.Entity{Ref: storage.Ref{Tenant: "other", Kind: storage.KindContact, ID: "x"}, Name: "X"},
	)
	team := []string{"team"}
	actors := map[string]storage.Actor{
		"owner":     {Agent: "anna", Groups: team},
		"reader":    {Agent: "reader", Groups: team},
		"sender":    {Agent: "sender", Groups: team},
		"manager":   {Agent: "manager", Groups: team},
		"admin":     {Agent: "root", Admin: true},
		"stranger":  {Agent: "zoe"},
		"foreigner": {Agent: "anna", Tenant: "other", Groups: team, Admin: true},
	}
	w.anna = w.client.As(actors["owner"])
	w.mail("linked", "From Ben")
	w.raw("From: Stranger <x@elsewhere.example>\r\nTo: " + annaAddress + "\r\nSubject: From a stranger\r\nDisposition-Notification-To: x@elsewhere.example\r\nDate: Tue, 24 Nov 2026 08:00:00 +0000\r\n" +
		"Message-ID: <stranger@elsewhere.example>\r\n\r\nA stranger's text.\r\n")
	w.raw(strings.Replace(heavy("heavy@elsewhere.example", "Heavy", noise(9, 200<<10)), benAddress, "x@elsewhere.example", 1))
	in := w.input()
	in.Members = w.members()
	w.account = w.world.account(in).ID
	for _, m := range w.list() {
		switch {
		case len(m.Links) > 0:
			w.linked = m.ID
		case m.Subject == "Heavy":
			w.heavy = m.ID
		default:
			w.unlinked, w.thread = m.ID, m.Thread
		}
	}
	boxes, err := w.anna.Mailboxes.List(ctx, w.account)
	require.NoError(t, err)
	w.mailbox = boxes[slices.IndexFunc(boxes, func(b mailcrm.Mailbox) bool { return b.Role == "inbox" })].ID
	w.fresh = func() string {
		in := w.input()
		in.Members = w.members()
		in.Address = "fresh@demo.example"
		account, err := w.anna.Accounts.Create(ctx, in)
		if errors.Is(err, mailcrm.ErrConflict) { // the one before was not changed
			list, err := w.anna.Accounts.List(ctx)
			require.NoError(t, err)
			return list[slices.IndexFunc(list, func(a mailcrm.Account) bool { return a.Address == in.Address })].ID
		}
		require.NoError(t, err)
		return account.ID
	}
	w.freshDraft = func() string {
		draft, err := w.anna.Drafts.Create(ctx, mailcrm.DraftInput{
			Account: w.account, To: []mailcrm.Address{{Address: benAddress}}, Subject: "x", Text: "x",
		})
		require.NoError(t, err)
		_, err = w.anna.Drafts.Attach(ctx, draft.ID, "x.txt", "text/plain", strings.NewReader("x"))
		require.NoError(t, err)
		return draft.ID
	}
	w.freshSubmission = func() string {
		sub, err := w.anna.Drafts.Send(ctx, mailcrm.SendInput{ID: w.freshDraft()})
		require.NoError(t, err)
		return sub.ID
	}
	w.freshTemplate = func() string {
		saved, _, err := w.anna.Templates.Save(ctx, mailcrm.Template{Name: "x", Text: "x"})
		require.NoError(t, err)
		return saved.ID
	}
	w.signIn = func(address string) mailcrm.CompleteInput {
		return signIn(t, w.anna, tokens, mailcrm.LoginInput{Provider: "intranet", Hint: address, RedirectURL: "https://crm.example/back"})
	}
	login, err := w.anna.Logins.Complete(ctx, w.signIn(annaAddress))
	require.NoError(t, err)
	w.login = login.ID
	w.draft, w.submission, w.template = w.freshDraft(), w.freshSubmission(), w.freshTemplate()

	filed, err := w.anna.Messages.File(ctx, mailcrm.FileInput{Message: w.unlinked, Path: "1", Tree: w.benTree(w.anna), Name: "document.txt"})
	require.NoError(t, err)
	w.document = filed.File.ID

	names := serviceMethods(w.anna)
	require.Greater(t, len(names), 35)
	for name := range methods {
		require.Contains(t, names, name, "no such method any more")
	}
	for _, name := range names {
		m, ok := methods[name]
		require.True(t, ok, "%s is not tried: say who may", name)
		for who, actor := range actors {
			seen, err := m.call(ctx, w.client.As(actor), w)
			switch {
			case slices.Contains(strings.Fields(m.may), who):
				require.NoError(t, err, "%s by %s", name, who)
				require.Positive(t, seen, "%s by %s", name, who)
			case err == nil:
				require.True(t, returnsList(w.anna, name), "%s by %s: allowed", name, who)
				require.Zero(t, seen, "%s by %s", name, who)
			default:
				require.ErrorIs(t, err, mailcrm.ErrNotFound, "%s by %s", name, who)
			}
		}
	}

	// Through the history whoever sees the record reads the mail; nobody else does.
	for who, actor := range actors {
		s := w.client.As(actor)
		got, err := s.Messages.Get(ctx, w.linked)
		if !slices.Contains(strings.Fields(seesBen), who) {
			require.ErrorIs(t, err, mailcrm.ErrNotFound, who)
			continue
		}
		require.NoError(t, err, who)
		require.Contains(t, got.Text, "Hello Anna", who)
		require.Equal(t, who == "owner" || who == "reader", len(got.Places) > 0, "%s: where it lies is for those who read there", who)
	}
}

// serviceMethods are all methods of all services of a session, as "Accounts.Create".
func serviceMethods(s *mailcrm.Session) (names []string) {
	v := reflect.ValueOf(s).Elem()
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if !field.IsExported() {
			continue
		}
		for j := range field.Type.NumMethod() {
			names = append(names, field.Name+"."+field.Type.Method(j).Name)
		}
	}
	return names
}

// returnsList says whether nothing to see is an empty list there.
func returnsList(s *mailcrm.Session, name string) bool {
	service, method, _ := strings.Cut(name, ".")
	f := reflect.ValueOf(s).Elem().FieldByName(service).MethodByName(method).Type()
	out := f.Out(0)
	return out.Kind() == reflect.Slice || strings.HasPrefix(out.Name(), "Page[")
}

// TestActors: who is nobody gets ErrInvalid from every method, and a closed client ErrClosed.
func TestActors(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	tryAll := func(s *mailcrm.Session, want error) {
		for _, name := range serviceMethods(s) {
			service, method, _ := strings.Cut(name, ".")
			f := reflect.ValueOf(s).Elem().FieldByName(service).MethodByName(method)
			args := []reflect.Value{reflect.ValueOf(t.Context())}
			for i := 1; i < f.Type().NumIn(); i++ {
				if f.Type().IsVariadic() && i == f.Type().NumIn()-1 {
					break
				}
				args = append(args, reflect.Zero(f.Type().In(i)))
			}
			out := f.Call(args)
			err, _ := out[len(out)-1].Interface().(error)
			require.ErrorIs(t, err, want, name)
		}
	}
	for _, actor := range []storage.Actor{{}, {Agent: "a\nb"}, {Agent: strings.Repeat("x", 256)}, {Agent: "a", Tenant: "a/b"}, {Agent: "a", Tenant: storage.Tenant(strings.Repeat("x", 65))}} {
		tryAll(w.client.As(actor), mailcrm.ErrInvalid)
	}
	require.NoError(t, w.client.Close())
	tryAll(w.anna, mailcrm.ErrClosed)
	require.ErrorIs(t, w.client.Run(t.Context()), mailcrm.ErrClosed)
	_, err := w.client.Step(t.Context())
	require.ErrorIs(t, err, mailcrm.ErrClosed)
	require.ErrorIs(t, w.client.Changed(t.Context(), nil), mailcrm.ErrClosed)
}
