package imapsync

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"golang.org/x/sync/errgroup"

	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
	"github.com/mailcrm/sdk/mailcrm/internal/store"
)

// Limits of what is left on the server, where the account's attachments are not stored.
const (
	// WholeBelow is up to which RFC822.SIZE a mail is fetched whole, whatever the account says.
	WholeBelow  = 128 << 10
	wholeKinds  = 1 << 20   // bytes of a report, of a forwarded, signed or encrypted mail, up to which it is fetched whole
	wholeTNEF   = 16 << 20  // of one with a winmail.dat, whose files only its bytes tell
	leastLeft   = 64 << 10  // octets: for less nothing is left
	maxTextPart = 2 << 20   // octets of one text; a mail with a larger one is fetched whole
	maxPicture  = 64 << 10  // octets of a picture that a text may refer to
	maxPictures = 256 << 10 // of all of them
	maxReport   = 64 << 10  // octets of what a report says for machines
	maxInvite   = 256 << 10 // octets of a calendar
	mailHead    = 64 << 10  // octets of a forwarded mail: who wrote it
	maxTops     = 256 << 10 // octets of a header
	maxPartTops = 64 << 10  // octets of a part's header
	maxLeaves   = 60
	maxLevels   = 12
	maxMisses   = 20 // answers in a session that could not be read, before its mails are all fetched whole
)

// A plan is a mail of which parts are to be left.
type plan struct {
	in      *incoming
	outline mimemail.Outline
	ask     []section
	came    bool
}

// A section is something of a mail to ask for.
type section struct {
	path string
	mime bool  // the part's header, else its body
	size int64 // octets that must come; of a header, that may
	part bool  // the beginning of a longer one
}

func (c section) item() *imap.FetchItemBodySection {
	item := &imap.FetchItemBodySection{Peek: true, Part: numbers(c.path)}
	if c.mime {
		item.Specifier = imap.PartSpecifierMIME
	}
	if c.part {
		item.Partial = &imap.SectionPartial{Size: c.size}
	}
	return item
}

func (c section) key() string {
	return fmt.Sprintf("%s %t %t", c.path, c.mime, c.part)
}

func numbers(path string) (of []int) {
	for n := range strings.SplitSeq(path, ".") {
		i, _ := strconv.Atoi(n) // ours
		of = append(of, i)
	}
	return of
}

// economical says whether parts of the mails of a mailbox may be left on the server.
func (s *Session) economical(box *store.Mailbox) bool {
	return !s.account.Settings.StoreAttachments && box.Sync != "index" && s.misses < maxMisses
}

// measure asks how large mails are, for many at once. A mail whose size did not come is fetched whole, so what may be one mail's fault does not matter here: whole says that sizes are not
// known because of one, and that it cost time. An error is one that ends the work on the mailbox.
func (s *Session) measure(ctx context.Context, box *store.Mailbox, uids []uint32) (whole bool, err error) {
	s.sizes = map[uint32]int64{}
	if !s.economical(box) || len(uids) == 0 {
		return false, nil
	}
	err = s.fetchEach(uids, &imap.FetchOptions{UID: true, RFC822Size: true}, 2*len(uids), func(data *imapclient.FetchMessageData) {
		var uid uint32
		var size int64
		for item := data.Next(); item != nil; item = data.Next() {
			switch item := item.(type) {
			case imapclient.FetchItemDataUID:
				uid = uint32(item.UID)
			case imapclient.FetchItemDataRFC822Size:
				size = item.Size
			}
		}
		if len(s.sizes) < 2*len(uids) {
			s.sizes[uid] = max(s.sizes[uid], size)
		}
	})
	if err == nil {
		return false, nil
	}
	if err = s.doing("asking for sizes in "+box.Name, err); ctx.Err() != nil || !ofTheMail(err) {
		return false, err
	}
	s.misses++
	if s.conn.Err() == nil {
		return false, nil
	}
	return true, s.reopen(ctx, box)
}

// outlines fetches what is to be known of large mails, without their attachments. What is not in its result is to be fetched whole: a mail that is not large, whose structure the
// server does not tell or tells wrong, or of which nothing would be left. An error is one that ends the work on the mailbox.
func (s *Session) outlines(ctx context.Context, box *store.Mailbox, uids []uint32) (*result, error) {
	none := &result{}
	if !s.economical(box) {
		return none, nil
	}
	large := slices.DeleteFunc(slices.Clone(uids), func(uid uint32) bool { return s.sizes[uid] <= WholeBelow })
	for _, uid := range large {
		delete(s.sizes, uid) // asked once: if it comes to nothing, it is fetched whole
	}
	if len(large) == 0 {
		return none, nil
	}
	return s.halved(ctx, box, large)
}

// halved is outlines of mails that are all large. A structure that ends the connection ends it for all mails asked for with it: they are halved.
func (s *Session) halved(ctx context.Context, box *store.Mailbox, uids []uint32) (*result, error) {
	got, err := s.outlineOnce(ctx, box, uids)
	if err == nil {
		return got, nil
	}
	if ctx.Err() != nil || !ofTheMail(err) {
		return &result{}, err
	}
	s.misses++
	s.Logger.DebugContext(ctx, "structures not read", "account", s.account.ID, "mailbox", box.ID, "mails", len(uids), "error", err)
	if s.conn.Err() != nil {
		if err := s.reopen(ctx, box); err != nil {
			return &result{}, err
		}
	}
	half := len(uids) / 2
	if half == 0 || s.misses >= maxMisses {
		return &result{}, nil
	}
	first, err := s.halved(ctx, box, uids[:half])
	if err != nil {
		return first, err
	}
	second, err := s.halved(ctx, box, uids[half:])
	first.mails, first.later = append(first.mails, second.mails...), append(first.later, second.later...)
	return first, err
}

// outlineOnce asks for the structures, then for the parts that are wanted: one command for all mails that are built alike.
func (s *Session) outlineOnce(ctx context.Context, box *store.Mailbox, uids []uint32) (*result, error) {
	plans, err := s.structures(box, uids)
	if err != nil {
		return nil, err
	}
	working, workCtx := errgroup.WithContext(ctx)
	working.SetLimit(parsers)
	f := &fetching{Session: s, box: box, parsers: working, large: make(chan struct{}, largeParsers)}
	alike := map[string][]uint32{}
	for uid, p := range plans {
		key := p.key()
		alike[key] = append(alike[key], uid)
	}
	for _, group := range alike {
		slices.Sort(group)
		items := &imap.FetchOptions{UID: true}
		for _, c := range plans[group[0]].ask {
			items.BodySection = append(items.BodySection, c.item())
		}
		if err = s.fetchEach(group, items, 2*len(group), func(data *imapclient.FetchMessageData) { f.parts(workCtx, plans, data) }); err != nil {
			err = s.doing("fetching parts from "+box.Name, err)
			break
		}
	}
	if worked := working.Wait(); err == nil && worked != nil {
		return nil, worked
	}
	r := &result{}
	for _, uid := range uids {
		switch p := plans[uid]; {
		case p == nil || p.in.failed != nil || p.in.Parsed == nil && !p.in.later: // fetch it whole
		case p.in.later:
			r.later = append(r.later, uid)
		default:
			r.mails = append(r.mails, p.in.Mail)
		}
	}
	if err != nil && len(r.mails)+len(r.later) > 0 && s.conn.Err() == nil { // refused for some: the others are good
		return r, nil
	}
	return r, err
}

func (p *plan) key() string {
	var b strings.Builder
	for _, c := range p.ask {
		b.WriteString(c.key())
		b.WriteByte('\n')
	}
	return b.String()
}

// structures asks for headers and structures, and plans what to leave of each mail.
func (s *Session) structures(box *store.Mailbox, uids []uint32) (map[uint32]*plan, error) {
	told, plans := map[uint32]*incoming{}, map[uint32]*plan{}
	var held int64
	items := &imap.FetchOptions{
		UID: true, Flags: true, InternalDate: true, RFC822Size: true, ModSeq: s.modseq, BodyStructure: &imap.FetchItemBodyStructure{Extended: true},
		BodySection: []*imap.FetchItemBodySection{{Peek: true, Specifier: imap.PartSpecifierHeader}},
	}
	err := s.fetchEach(uids, items, 2*len(uids), func(data *imapclient.FetchMessageData) {
		in := &incoming{}
		var header []byte
		var structure imap.BodyStructure
		for item := data.Next(); item != nil; item = data.Next() {
			switch item := item.(type) {
			case imapclient.FetchItemDataBodyStructure:
				structure = item.BodyStructure
			case imapclient.FetchItemDataBodySection:
				if item.Literal != nil {
					header = taken(item.Literal, min(maxTops, maxHeld-held))
				}
			default:
				in.fill(item)
			}
		}
		in.complete(told[in.UID]) // a server may tell of one mail twice
		told[in.UID] = in
		if structure == nil || len(header) == 0 || plans[in.UID] != nil || !slices.Contains(uids, in.UID) {
			return
		}
		// Of a structure, which may be as long as a response, only the plan is held.
		if p := planOf(structure, in.Size, header); p != nil {
			held += int64(len(header))
			plans[in.UID] = p
		}
	})
	if err != nil {
		return nil, s.doing("fetching structures from "+box.Name, err)
	}
	for uid, p := range plans {
		if p.in = told[uid]; !p.in.flagged {
			delete(plans, uid)
		}
	}
	return plans, nil
}

// taken reads a literal whole if it is not longer than most, and otherwise nothing of it.
func taken(lit literal, most int64) []byte {
	if lit == nil {
		return nil
	}
	if lit.Size() > most {
		_, _ = io.Copy(io.Discard, lit) // what fails is the connection, and the command tells
		return nil
	}
	b := make([]byte, lit.Size())
	if _, err := io.ReadFull(lit, b); err != nil {
		return nil
	}
	return b
}

// parts takes the parts of one mail off the wire. When all are there, the mail is put together beside the next ones.
func (f *fetching) parts(ctx context.Context, plans map[uint32]*plan, data *imapclient.FetchMessageData) {
	var uid uint32
	got, total := map[string][]byte{}, 0
	for item := data.Next(); item != nil; item = data.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataUID:
			uid = uint32(item.UID)
		case imapclient.FetchItemDataBodySection:
			if item.Literal == nil || item.Section == nil || len(got) > 2*maxLeaves {
				continue
			}
			c := section{path: dotted(item.Section.Part), mime: item.Section.Specifier == imap.PartSpecifierMIME, part: item.Section.Partial != nil}
			if b := taken(item.Literal, min(maxTextPart, int64(maxHeld-total))); b != nil {
				got[c.key()] = b
				total += len(b)
			}
		}
	}
	p := plans[uid]
	if p == nil || p.came {
		return
	}
	for _, c := range p.ask {
		b, ok := got[c.key()]
		at := within(&p.outline, c.path)
		switch {
		case !ok, at == nil, c.mime && int64(len(b)) > c.size, !c.mime && int64(len(b)) != c.size:
			return // it did not come as it was said to be: fetch it whole
		case c.mime:
			at.Header = b
		default:
			at.Body = b
		}
	}
	p.came = true
	f.parsers.Go(f.guarded(func() error { return f.assemble(ctx, p) }))
}
