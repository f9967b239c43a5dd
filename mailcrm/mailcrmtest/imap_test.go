package mailcrmtest

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/smtp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/stretchr/testify/require"
)

func connect(t *testing.T, s *Server, options *imapclient.Options) *imapclient.Client {
	t.Helper()
	if options == nil {
		options = &imapclient.Options{}
	}
	options.TLSConfig = trust(s)
	c, err := imapclient.DialTLS(s.IMAPS.Addr(), options)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func loggedIn(t *testing.T, s *Server, options *imapclient.Options) *imapclient.Client {
	t.Helper()
	c := connect(t, s, options)
	require.NoError(t, c.Login(jeanne, "secret").Wait())
	return c
}

func appendMail(t *testing.T, c *imapclient.Client, folder, raw string, flags ...imap.Flag) *imap.AppendData {
	t.Helper()
	cmd := c.Append(folder, int64(len(raw)), &imap.AppendOptions{Flags: flags})
	_, err := io.WriteString(cmd, raw)
	require.NoError(t, err)
	require.NoError(t, cmd.Close())
	data, err := cmd.Wait()
	require.NoError(t, err)
	return data
}

func TestIMAPFoldersStateTheirUse(t *testing.T) {
	s := start(t, ServerOptions{})
	c := loggedIn(t, s, nil)
	require.NoError(t, s.Load(jeanne, slices.Values([]Mail{{Folder: "Clients/Nordwind", Raw: []byte(hello)}})))

	list, err := c.List("", "*", &imap.ListOptions{ReturnStatus: &imap.StatusOptions{NumMessages: true, UIDNext: true}}).Collect()
	require.NoError(t, err)
	uses := map[string][]imap.MailboxAttr{}
	for _, l := range list {
		uses[l.Mailbox] = l.Attrs
	}
	require.Contains(t, uses["Sent"], imap.MailboxAttrSent)
	require.Contains(t, uses["Trash"], imap.MailboxAttrTrash)
	require.Contains(t, uses["Clients"], imap.MailboxAttrNoSelect)
	require.Contains(t, uses["Clients/Nordwind"], imap.MailboxAttrHasNoChildren)
	i := slices.IndexFunc(list, func(l *imap.ListData) bool { return l.Mailbox == "Clients/Nordwind" })
	require.EqualValues(t, 1, *list[i].Status.NumMessages)
	require.EqualValues(t, 2, list[i].Status.UIDNext)

	special, err := c.List("", "*", &imap.ListOptions{SelectSpecialUse: true}).Collect()
	require.NoError(t, err)
	require.Len(t, special, 5)

	require.NoError(t, c.Create("Envoyés", &imap.CreateOptions{}).Wait())
	require.Error(t, c.Create("Envoyés", nil).Wait())
	require.Error(t, c.Create("Zweites", &imap.CreateOptions{SpecialUse: []imap.MailboxAttr{imap.MailboxAttrSent}}).Wait())
	require.NoError(t, c.Rename("Clients", "Kunden", nil).Wait())
	names, err := s.Folders(jeanne)
	require.NoError(t, err)
	require.Equal(t, []string{"Archive", "Drafts", "Envoyés", "INBOX", "Junk", "Kunden/Nordwind", "Sent", "Trash"}, names)
	require.Error(t, c.Delete("INBOX").Wait())
	require.NoError(t, c.Delete("Kunden/Nordwind").Wait())
}

func TestIMAPUIDsHoldAcrossConnections(t *testing.T) {
	s := start(t, ServerOptions{})
	c := loggedIn(t, s, nil)
	first := appendMail(t, c, "INBOX", hello, imap.FlagSeen, "$Forwarded")
	second := appendMail(t, c, "INBOX", hello)
	require.EqualValues(t, 1, first.UID)
	require.EqualValues(t, 2, second.UID)
	require.NoError(t, c.Logout().Wait())

	c = loggedIn(t, s, nil)
	status, err := c.Status("INBOX", &imap.StatusOptions{NumMessages: true, UIDNext: true, UIDValidity: true, NumUnseen: true}).Wait()
	require.NoError(t, err)
	require.EqualValues(t, 2, *status.NumMessages)
	require.EqualValues(t, 3, status.UIDNext)
	require.EqualValues(t, 1, *status.NumUnseen)
	require.Equal(t, first.UIDValidity, status.UIDValidity)

	selected, err := c.Select("INBOX", nil).Wait()
	require.NoError(t, err)
	require.Equal(t, first.UIDValidity, selected.UIDValidity)
	require.EqualValues(t, 3, selected.UIDNext)
	require.Contains(t, selected.Flags, imap.FlagSeen)
	require.Contains(t, selected.PermanentFlags, imap.FlagWildcard)

	moved, err := c.Move(imap.UIDSetNum(2), "Trash").Wait()
	require.NoError(t, err)
	require.Equal(t, "2", moved.SourceUIDs.(imap.UIDSet).String())
	require.Equal(t, "1", moved.DestUIDs.(imap.UIDSet).String())
	gone, err := c.Move(imap.UIDSetNum(2), "Trash").Wait()
	require.NoError(t, err, "a UID that is not there is no error")
	require.Nil(t, gone.SourceUIDs)
	require.EqualValues(t, 1, c.Mailbox().NumMessages)

	require.NoError(t, c.Store(imap.UIDSetNum(1), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagDeleted}, Silent: true}, nil).Close())
	require.NoError(t, c.UIDExpunge(imap.UIDSetNum(7)).Close())
	require.EqualValues(t, 1, c.Mailbox().NumMessages)
	require.NoError(t, c.UIDExpunge(imap.UIDSetNum(1)).Close())
	require.EqualValues(t, 0, c.Mailbox().NumMessages)
	require.EqualValues(t, 3, appendMail(t, c, "INBOX", hello).UID, "a UID is never given twice")

	require.NoError(t, s.Renumber(jeanne, "Trash"))
	mails, err := s.Mails(jeanne, "Trash")
	require.NoError(t, err)
	require.Len(t, mails, 1)
}

func TestIMAPFetchLeavesBytesAndSeenAlone(t *testing.T) {
	s := start(t, ServerOptions{})
	broken := "no header here, only words\r\nand \x00 more\r\n"
	multi := string((&letter{
		from: mailbox{"Anke Vogel", "anke@nordwind.example"}, to: []mailbox{{"", jeanne}}, subject: "Zeichnung",
		date: time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC), id: "2@nordwind.example", text: "Voilà le plan.", html: "<p>Voilà le plan.</p>",
		files: []file{{name: "plan d'étage.pdf", kind: "application/pdf", data: []byte("%PDF-1.4 …")}},
	}).bytes())
	nested := "Content-Type: message/rfc822\r\n\r\n" + multi
	for _, raw := range []string{hello, broken, multi, nested, ""} {
		_, err := s.Deliver(jeanne, []byte(raw))
		require.NoError(t, err)
	}
	c := loggedIn(t, s, nil)
	_, err := c.Select("INBOX", nil).Wait()
	require.NoError(t, err)
	whole := &imap.FetchItemBodySection{Peek: true}
	header := &imap.FetchItemBodySection{Peek: true, Specifier: imap.PartSpecifierHeader}
	fields := &imap.FetchItemBodySection{Peek: true, Specifier: imap.PartSpecifierHeader, HeaderFields: []string{"message-id", "Subject"}}
	html := &imap.FetchItemBodySection{Peek: true, Part: []int{1, 2}}
	inner := &imap.FetchItemBodySection{Peek: true, Part: []int{1, 1, 1}}
	slice := &imap.FetchItemBodySection{Peek: true, Partial: &imap.SectionPartial{Offset: 6, Size: 4}}
	got, err := c.Fetch(imap.UIDSet{{Start: 1}}, &imap.FetchOptions{
		UID: true, Flags: true, RFC822Size: true, InternalDate: true, Envelope: true,
		BodyStructure: &imap.FetchItemBodyStructure{Extended: true},
		BodySection:   []*imap.FetchItemBodySection{whole, header, fields, html, inner, slice},
	}).Collect()
	require.NoError(t, err)
	require.Len(t, got, 5)
	require.Equal(t, hello, string(got[0].FindBodySection(whole)))
	require.Equal(t, broken, string(got[1].FindBodySection(whole)))
	require.Equal(t, broken, string(got[1].FindBodySection(header)), "without an empty line all is header")
	require.Equal(t, multi, string(got[2].FindBodySection(whole)))
	require.EqualValues(t, len(multi), got[2].RFC822Size)
	require.Equal(t, "Subject: =?utf-8?q?Chaises_en_ch=C3=AAne?=\r\nMessage-ID: <1@nordwind.example>\r\n\r\n", string(got[0].FindBodySection(fields)))
	require.Equal(t, "Anke", string(got[0].FindBodySection(slice)))
	require.Equal(t, "Chaises en chêne", got[0].Envelope.Subject)
	require.Equal(t, "anke", got[0].Envelope.From[0].Mailbox)
	require.Equal(t, "<p>Voil=C3=A0 le plan.</p>", string(got[2].FindBodySection(html)))
	require.Contains(t, string(got[3].FindBodySection(inner)), "Voil=C3=A0")
	structure, ok := got[2].BodyStructure.(*imap.BodyStructureMultiPart)
	require.True(t, ok)
	require.Equal(t, "plan d'étage.pdf", structure.Children[1].(*imap.BodyStructureSinglePart).Filename())
	for _, m := range got {
		require.Empty(t, m.Flags)
	}

	mails, err := s.Mails(jeanne, "INBOX")
	require.NoError(t, err)
	require.Empty(t, mails[0].Flags, "BODY.PEEK sets nothing")
	_, err = c.Fetch(imap.SeqSetNum(1), &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{{}}}).Collect()
	require.NoError(t, err)
	mails, err = s.Mails(jeanne, "INBOX")
	require.NoError(t, err)
	require.Equal(t, []string{`\Seen`}, mails[0].Flags)
}

func TestIMAPSearch(t *testing.T) {
	at := func(day int) time.Time { return time.Date(2026, 11, day, 23, 30, 0, 0, time.FixedZone("", 3600)) }
	s := start(t, ServerOptions{})
	require.NoError(t, s.Load(jeanne, slices.Values([]Mail{
		{Folder: "INBOX", Raw: []byte(hello), Date: at(20)},
		{Folder: "INBOX", Raw: []byte(strings.Replace(hello, "<1@", "<7@", 1)), Date: at(22), Flags: []string{`\Seen`, "$Wichtig"}},
		{Folder: "INBOX", Raw: []byte("Subject: other\r\n\r\n" + strings.Repeat("x", 2000)), Date: at(24)},
	})))
	c := loggedIn(t, s, nil)
	_, err := c.Select("INBOX", nil).Wait()
	require.NoError(t, err)
	day := func(d int) time.Time { return time.Date(2026, 11, d, 0, 0, 0, 0, time.UTC) }
	header := func(key, value string) []imap.SearchCriteriaHeaderField {
		return []imap.SearchCriteriaHeaderField{{Key: key, Value: value}}
	}
	for name, test := range map[string]struct {
		want     string
		criteria imap.SearchCriteria
	}{
		"all":        {"1:3", imap.SearchCriteria{}},
		"since":      {"2:3", imap.SearchCriteria{Since: day(22)}},
		"before":     {"1", imap.SearchCriteria{Before: day(22)}},
		"message id": {"2", imap.SearchCriteria{Header: header("Message-ID", "<7@nordwind.example>")}},
		"subject":    {"1:2", imap.SearchCriteria{Header: header("Subject", "CHÊNE")}},
		"presence":   {"1:2", imap.SearchCriteria{Header: header("To", "")}},
		"text":       {"1:2", imap.SearchCriteria{Text: []string{"devis pour"}}},
		"body":       {"", imap.SearchCriteria{Body: []string{"nordwind"}}},
		"unseen":     {"1,3", imap.SearchCriteria{NotFlag: []imap.Flag{imap.FlagSeen}}},
		"keyword":    {"2", imap.SearchCriteria{Flag: []imap.Flag{"$wichtig"}}},
		"larger":     {"3", imap.SearchCriteria{Larger: 1000}},
		"uids":       {"3", imap.SearchCriteria{UID: []imap.UIDSet{{{Start: 3, Stop: 0}}}}},
		"not":        {"3", imap.SearchCriteria{Not: []imap.SearchCriteria{{Header: header("From", "anke")}}}},
		"or":         {"1,3", imap.SearchCriteria{Or: [][2]imap.SearchCriteria{{{UID: []imap.UIDSet{imap.UIDSetNum(1)}}, {Larger: 1000}}}}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, options := range []*imap.SearchOptions{nil, {ReturnAll: true, ReturnCount: true, ReturnMax: true}} {
				data, err := c.UIDSearch(&test.criteria, options).Wait()
				require.NoError(t, err)
				got := ""
				if set, ok := data.All.(imap.UIDSet); ok && len(set) > 0 {
					got = set.String()
				}
				require.Equal(t, test.want, got)
			}
		})
	}
}

func TestIMAPIdleHearsOfEverything(t *testing.T) {
	s := start(t, ServerOptions{})
	exists, expunged, flagged := make(chan uint32, 10), make(chan uint32, 10), make(chan struct{}, 10)
	c := loggedIn(t, s, &imapclient.Options{UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(data *imapclient.UnilateralDataMailbox) {
			if data.NumMessages != nil {
				exists <- *data.NumMessages
			}
		},
		Expunge: func(n uint32) { expunged <- n },
		Fetch: func(m *imapclient.FetchMessageData) {
			_, _ = m.Collect()
			flagged <- struct{}{}
		},
	}})
	_, err := c.Select("INBOX", nil).Wait()
	require.NoError(t, err)
	idle, err := c.Idle()
	require.NoError(t, err)
	uid, err := s.Deliver(jeanne, []byte(hello))
	require.NoError(t, err)
	require.EqualValues(t, 1, within2(t, exists))
	require.NoError(t, s.SetFlags(jeanne, "INBOX", uid, `\seen`))
	within2(t, flagged)
	require.NoError(t, s.Remove(jeanne, "INBOX", uid))
	require.EqualValues(t, 1, within2(t, expunged))
	require.NoError(t, idle.Close())
	require.NoError(t, idle.Wait())
	require.NoError(t, c.Noop().Wait())

	idle, err = c.Idle()
	require.NoError(t, err)
	require.Equal(t, 1, s.Disconnect(), "a connection cut in IDLE leaves nothing behind")
	require.Error(t, idle.Wait())
}

func TestIMAPManySessionsMoveBothWays(t *testing.T) {
	s := start(t, ServerOptions{})
	for range 40 {
		_, err := s.Deliver(jeanne, []byte(hello))
		require.NoError(t, err)
	}
	var group sync.WaitGroup
	for i := range 4 {
		c := loggedIn(t, s, nil)
		group.Go(func() {
			from, to := "INBOX", "Archive"
			if i%2 == 1 {
				from, to = to, from
			}
			for n := range 20 {
				_, err := c.Select(from, nil).Wait()
				require.NoError(t, err)
				_, err = c.Move(imap.UIDSet{{Start: imap.UID(n), Stop: imap.UID(n + 3)}}, to).Wait()
				require.NoError(t, err)
				_, err = c.Fetch(imap.UIDSet{{Start: 1}}, &imap.FetchOptions{Flags: true, BodySection: []*imap.FetchItemBodySection{{}}}).Collect()
				require.NoError(t, err)
			}
		})
	}
	group.Wait()
	a, err := s.Mails(jeanne, "INBOX")
	require.NoError(t, err)
	b, err := s.Mails(jeanne, "Archive")
	require.NoError(t, err)
	require.Len(t, append(a, b...), 40)
}

func TestIMAPOtherCommands(t *testing.T) {
	s := start(t, ServerOptions{})
	for range 3 {
		_, err := s.Deliver(jeanne, []byte(hello))
		require.NoError(t, err)
	}
	updates := make(chan []imap.Flag, 10)
	watcher := loggedIn(t, s, &imapclient.Options{UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Fetch: func(m *imapclient.FetchMessageData) {
			if data, err := m.Collect(); err == nil {
				updates <- data.Flags
			}
		},
	}})
	_, err := watcher.Select("INBOX", nil).Wait()
	require.NoError(t, err)

	c := loggedIn(t, s, nil)
	examined, err := c.Select("INBOX", &imap.SelectOptions{ReadOnly: true}).Wait()
	require.NoError(t, err)
	require.Empty(t, examined.PermanentFlags)
	add := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{`\FLAGGED`, "$Work"}}
	require.Error(t, c.Store(imap.SeqSetNum(1), add, nil).Close())
	_, err = c.Move(imap.SeqSetNum(1), "Trash").Wait()
	require.Error(t, err)
	_, err = c.Fetch(imap.SeqSetNum(1), &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{{}}}).Collect()
	require.NoError(t, err)
	require.NoError(t, c.Unselect().Wait())

	_, err = c.Select("INBOX", nil).Wait()
	require.NoError(t, err)
	stored, err := c.Store(imap.SeqSetNum(2), add, nil).Collect()
	require.NoError(t, err)
	require.Equal(t, []imap.Flag{"$Work", imap.FlagFlagged}, stored[0].Flags)
	require.NoError(t, watcher.Noop().Wait())
	require.Equal(t, stored[0].Flags, within2(t, updates), "the other session hears of it")
	for op, want := range map[imap.StoreFlagsOp][]imap.Flag{imap.StoreFlagsDel: {imap.FlagFlagged}, imap.StoreFlagsSet: {"$Work"}} {
		stored, err = c.Store(imap.UIDSetNum(2), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: add.Flags}, nil).Collect()
		require.NoError(t, err)
		require.Len(t, stored, 1)
		stored, err = c.Store(imap.UIDSetNum(2), &imap.StoreFlags{Op: op, Flags: []imap.Flag{"$work"}}, nil).Collect()
		require.NoError(t, err)
		require.Equal(t, strings.ToLower(string(want[0])), strings.ToLower(string(stored[0].Flags[0])))
		require.Len(t, stored[0].Flags, 1)
	}

	copied, err := c.Copy(imap.UIDSet{{Start: 2, Stop: 0}}, "Archive").Wait()
	require.NoError(t, err)
	require.Equal(t, "2:3", copied.SourceUIDs.String())
	_, err = c.Copy(imap.UIDSetNum(99), "Archive").Wait()
	require.NoError(t, err)
	_, err = c.Copy(imap.UIDSetNum(1), "Nowhere").Wait()
	var refused *imap.Error
	require.ErrorAs(t, err, &refused)
	require.Equal(t, imap.ResponseCodeTryCreate, refused.Code)

	require.NoError(t, c.Unsubscribe("Junk").Wait())
	subscribed, err := c.List("", "*", &imap.ListOptions{SelectSubscribed: true}).Collect()
	require.NoError(t, err)
	require.Len(t, subscribed, 5)
	require.NoError(t, c.Subscribe("Junk").Wait())
	require.Error(t, c.Subscribe("Nowhere").Wait())

	require.NoError(t, c.Store(imap.UIDSetNum(1), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagDeleted}}, nil).Close())
	require.NoError(t, c.UnselectAndExpunge().Wait())
	mails, err := s.Mails(jeanne, "INBOX")
	require.NoError(t, err)
	require.Len(t, mails, 2)
	require.NoError(t, watcher.Noop().Wait())
	require.EqualValues(t, 2, watcher.Mailbox().NumMessages)

	require.NoError(t, s.Renumber(jeanne, "INBOX"))
	require.Error(t, watcher.Noop().Wait(), "who had it selected is put out")
	mails, err = s.Mails(jeanne, "INBOX")
	require.NoError(t, err)
	require.EqualValues(t, 1, mails[0].UID)
}

func TestIMAPFaults(t *testing.T) {
	s := start(t, ServerOptions{})
	_, err := s.Deliver(jeanne, []byte(hello))
	require.NoError(t, err)

	t.Run("wrong password", func(t *testing.T) {
		err := connect(t, s, nil).Login(jeanne, "guess").Wait()
		var refused *imap.Error
		require.ErrorAs(t, err, &refused)
		require.Equal(t, imap.ResponseCodeAuthenticationFailed, refused.Code)
		logins := s.Logins()
		require.Equal(t, Login{At: logins[0].At, Protocol: "imap", Name: jeanne}, logins[0])
	})
	t.Run("append is refused", func(t *testing.T) {
		s.FailIMAP(IMAPFault{Command: "APPEND", Mailbox: "Sent", Code: "OVERQUOTA", Text: "Quota exceeded", Times: 1})
		c := loggedIn(t, s, nil)
		cmd := c.Append("Sent", int64(len(hello)), nil)
		_, err := io.WriteString(cmd, hello)
		require.NoError(t, err)
		_ = cmd.Close()
		_, err = cmd.Wait()
		require.ErrorContains(t, err, "Quota exceeded")
		mails, err := s.Mails(jeanne, "Sent")
		require.NoError(t, err)
		require.Empty(t, mails)
	})
	t.Run("append takes effect, its answer is lost", func(t *testing.T) {
		s.FailIMAP(IMAPFault{Command: "APPEND", Done: true, Cut: CutReset, Times: 1})
		c := loggedIn(t, s, nil)
		cmd := c.Append("Sent", int64(len(hello)), nil)
		_, err := io.WriteString(cmd, hello)
		require.NoError(t, err)
		_ = cmd.Close()
		_, err = cmd.Wait()
		require.Error(t, err)
		mails, err := s.Mails(jeanne, "Sent")
		require.NoError(t, err)
		require.Len(t, mails, 1)
	})
	t.Run("goodbye", func(t *testing.T) {
		s.FailIMAP(IMAPFault{Command: "UID FETCH", Bye: true, Code: "UNAVAILABLE", Skip: 1, Times: 1})
		c := loggedIn(t, s, nil)
		_, err := c.Select("INBOX", nil).Wait()
		require.NoError(t, err)
		fetch := func() error {
			_, err := c.Fetch(imap.UIDSetNum(1), &imap.FetchOptions{Flags: true}).Collect()
			return err
		}
		require.NoError(t, fetch())
		require.Error(t, fetch())
	})
	t.Run("held", func(t *testing.T) {
		open := make(chan struct{})
		s.FailIMAP(IMAPFault{Command: "SELECT", Hold: open, Pass: true})
		defer s.Heal()
		c := loggedIn(t, s, nil)
		cmd := c.Select("INBOX", nil)
		close(open)
		_, err := cmd.Wait()
		require.NoError(t, err)
	})
	t.Run("silence ends when the client leaves", func(t *testing.T) {
		s.FailIMAP(IMAPFault{Command: "STATUS", Cut: CutHang, Times: 1})
		c := loggedIn(t, s, nil)
		cmd := c.Status("INBOX", &imap.StatusOptions{NumMessages: true})
		require.NoError(t, c.Close())
		_, err := cmd.Wait()
		require.Error(t, err)
	})
	t.Run("silence in a body ends with the server's connection", func(t *testing.T) {
		s.CutIMAP(IMAPCut{After: 600, How: CutHang, Times: 1})
		conn, err := tls.Dial("tcp", s.IMAPS.Addr(), trust(s))
		require.NoError(t, err)
		defer func() { _ = conn.Close() }()
		_, err = fmt.Fprintf(conn, "a LOGIN %s secret\r\nb SELECT INBOX\r\nc FETCH 1 (BODY.PEEK[] BODY.PEEK[])\r\n", jeanne)
		require.NoError(t, err)
		got := make([]byte, 600)
		_, err = io.ReadFull(conn, got)
		require.NoError(t, err)
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(50*time.Millisecond)))
		_, err = conn.Read(got)
		var late net.Error
		require.ErrorAs(t, err, &late)
		require.True(t, late.Timeout(), "open, and silent")
	})
	for name, how := range map[string]Cut{"close": CutClose, "reset": CutReset} {
		t.Run("cut in a body: "+name, func(t *testing.T) {
			s.CutIMAP(IMAPCut{After: 600, How: how, Times: 1})
			conn, err := tls.Dial("tcp", s.IMAPS.Addr(), trust(s))
			require.NoError(t, err)
			defer func() { _ = conn.Close() }()
			_, err = fmt.Fprintf(conn, "a LOGIN %s secret\r\nb SELECT INBOX\r\nc FETCH 1 (BODY.PEEK[] BODY.PEEK[])\r\n", jeanne)
			require.NoError(t, err)
			got, _ := io.ReadAll(conn)
			require.Len(t, got, 600)
		})
	}
}

func TestIMAPStartTLSAndPlain(t *testing.T) {
	s := start(t, ServerOptions{Exchange: true})
	plain, err := imapclient.DialInsecure(s.IMAP.Addr(), nil)
	require.NoError(t, err)
	require.NoError(t, plain.WaitGreeting())
	require.True(t, plain.Caps().Has(imap.CapLoginDisabled))
	require.Error(t, plain.Login("marc", "other").Wait())
	require.NoError(t, plain.Close())

	c, err := imapclient.DialStartTLS(s.IMAP.Addr(), &imapclient.Options{TLSConfig: trust(s)})
	require.NoError(t, err)
	require.NoError(t, c.Login("marc", "other").Wait())
	for capability, want := range map[imap.Cap]bool{
		imap.CapMove: true, imap.CapUIDPlus: true, imap.CapIdle: true, imap.CapNamespace: true,
		imap.CapESearch: false, imap.CapSpecialUse: false, imap.CapListStatus: false,
	} {
		require.Equal(t, want, c.Caps().Has(capability), capability)
	}
	space, err := c.Namespace().Wait()
	require.NoError(t, err)
	require.Equal(t, '/', space.Personal[0].Delim)
	require.NoError(t, c.Close())

	s = start(t, ServerOptions{Plain: true})
	c, err = imapclient.DialInsecure(s.IMAP.Addr(), nil)
	require.NoError(t, err)
	require.NoError(t, c.WaitGreeting())
	require.False(t, c.Caps().Has(imap.CapStartTLS))
	require.NoError(t, c.Login("marc", "other").Wait())
	require.NoError(t, c.Close())
	open, err := smtp.Dial(s.Submission.Addr())
	require.NoError(t, err)
	offered, _ := open.Extension("STARTTLS")
	require.False(t, offered)
	require.NoError(t, open.Close())
}
