package imapsync

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/mailcrm/sdk/folders"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// sentBox is the account's mailbox for what was sent.
func (s *Session) sentBox(ctx context.Context) (*store.Mailbox, error) {
	if err := s.again(ctx); err != nil { // filing another copy may have cost the connection
		return nil, err
	}
	boxes, err := s.mailboxes(ctx)
	if err != nil {
		return nil, err
	}
	for i := range boxes {
		if boxes[i].Role == string(folders.Sent) && boxes[i].Selectable && boxes[i].Gone.IsZero() {
			return &boxes[i], nil
		}
	}
	return nil, &storage.Cause{Code: "submit.no_sent", Detail: s.account.Address, Err: storage.ErrNotFound}
}

// Find looks in Sent for a mail of ours: by any of its Message-IDs, or by the tag in its References. It returns the mailbox's id and the UID, 0 if
// there is none.
func (s *Session) Find(ctx context.Context, ids []string, tag string) (mailbox string, uid uint32, err error) {
	box, err := s.sentBox(ctx)
	if err != nil {
		return "", 0, err
	}
	if _, err := s.open(box, true); err != nil {
		return "", 0, err
	}
	type look struct{ field, value string }
	var looks []look
	for _, id := range ids {
		for _, field := range []string{"Message-ID", "X-Microsoft-Original-Message-ID", "X-Google-Original-Message-ID"} {
			looks = append(looks, look{field, id})
		}
	}
	looks = append(looks, look{"References", tag})
	for _, l := range looks {
		if l.value == "" || strings.ContainsAny(l.value, "\r\n\x00") {
			continue
		}
		if uid, err := s.byHeader(box, l.field, l.value); uid != 0 || err != nil {
			return box.ID, uid, err
		}
	}
	return box.ID, 0, nil
}

// byHeader is the UID of a mail of the open mailbox that has a value in a field of its header; 0: none.
func (s *Session) byHeader(box *store.Mailbox, field, value string) (uint32, error) {
	found, err := s.search(box, &imap.SearchCriteria{Header: []imap.SearchCriteriaHeaderField{{Key: field, Value: value}}}, 1, 1<<32-1)
	if err != nil {
		return 0, err
	}
	return s.really(box, found, field, value)
}

// likely is how many mails that a search found are looked at.
const likely = 5

// really looks into the headers of what a search found, the newest first: servers search by words, or take no notice of a field that they do not know. A mail that is
// not ours and counts as our copy would mean that ours is never filed.
func (s *Session) really(box *store.Mailbox, found uidSet, field, value string) (uint32, error) {
	looked := 0
	for i := len(found) - 1; i >= 0; i-- {
		for uid := found[i].Hi; uid >= found[i].Lo && uid > 0 && looked < likely; uid-- {
			looked++
			header, err := s.header(box, uid, []string{field})
			if err != nil {
				return 0, err
			}
			if strings.Contains(unfold.Replace(string(header)), value) {
				return uid, nil
			}
		}
	}
	return 0, nil
}

// unfold takes the line ends out of a header (RFC 5322 §2.2.3).
var unfold = strings.NewReplacer("\r\n ", " ", "\r\n\t", " ", "\n ", " ", "\n\t", " ")

// Append files a mail of size bytes in Sent, marked as read, with the date given. It returns the mailbox's id and the UID, 0 where the server does not
// tell (no UIDPLUS). After an error nobody knows whether the mail is there: Find before the next try.
func (s *Session) Append(ctx context.Context, mail io.Reader, size int64, date time.Time) (mailbox string, uid uint32, err error) {
	if s.account.IMAP.ReadOnly {
		return "", 0, &storage.Cause{Code: "imap.read_only", Detail: s.account.Address, Err: storage.ErrReadOnly}
	}
	box, err := s.sentBox(ctx)
	if err != nil {
		return "", 0, err
	}
	cmd := s.conn.Client().Append(box.Name, size, &imap.AppendOptions{Flags: []imap.Flag{imap.FlagSeen}, Time: date})
	source := &noting{r: io.LimitReader(mail, size)}
	n, copied := io.Copy(cmd, source)
	if source.err == nil && copied == nil && n != size {
		source.err = fmt.Errorf("the mail to file has %d bytes, not %d", n, size)
	}
	if source.err != nil || copied != nil && s.conn.Err() == nil {
		// The literal cannot be taken back: only the end of the connection can.
		err := source.err
		if err == nil {
			err = s.conn.Classify(copied)
		}
		return "", 0, errors.Join(fmt.Errorf("filing in %s: %w", box.Name, err), s.conn.Close())
	}
	if err := cmd.Close(); err != nil {
		return "", 0, s.doing("filing in "+box.Name, err)
	}
	data, err := cmd.Wait()
	if err != nil {
		return "", 0, s.doing("filing in "+box.Name, err)
	}
	return box.ID, uint32(data.UID), nil
}

// A noting reader notes the error of a reader, so that it is told from one of the writer.
type noting struct {
	r   io.Reader
	err error
}

func (n *noting) Read(p []byte) (int, error) {
	got, err := n.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		n.err = err
	}
	return got, err
}
