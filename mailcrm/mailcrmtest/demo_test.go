package mailcrmtest

import (
	"archive/zip"
	"bytes"
	"errors"
	"image/jpeg"
	"image/png"
	"io"
	netmail "net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-message/mail"
	"github.com/stretchr/testify/require"
)

var paris = time.FixedZone("CET", 3600)

func noon() time.Time { return time.Date(2026, 11, 24, 12, 0, 0, 0, paris) }

// opened is a demo mail with what a reader found in it.
type opened struct {
	Mail
	header      netmail.Header
	id          string
	text, html  string
	attachments map[string][]byte
	inline      map[string][]byte // by Content-ID
}

func open(t *testing.T, m Mail) *opened {
	t.Helper()
	plain, _ := parse(t, m.Raw)
	o := &opened{Mail: m, header: plain.Header, id: plain.Header.Get("Message-Id"), attachments: map[string][]byte{}, inline: map[string][]byte{}}
	r, err := mail.CreateReader(bytes.NewReader(m.Raw))
	require.NoError(t, err)
	for {
		p, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return o
		}
		require.NoError(t, err)
		data, err := io.ReadAll(p.Body)
		require.NoError(t, err)
		switch h := p.Header.(type) {
		case *mail.AttachmentHeader:
			name, err := h.Filename()
			require.NoError(t, err)
			o.attachments[name] = data
		case *mail.InlineHeader:
			kind, _, err := h.ContentType()
			require.NoError(t, err)
			switch {
			case h.Get("Content-Id") != "":
				o.inline[strings.Trim(h.Get("Content-Id"), "<>")] = data
			case kind == "text/html":
				o.html = string(data)
			case kind == "text/plain":
				o.text = string(data)
			default:
				o.attachments[kind] = data
			}
		}
	}
}

func TestDemoIsAWholeMailbox(t *testing.T) {
	var mails []*opened
	folders, subjects, ids := map[string]int{}, map[string]*opened{}, map[string]*opened{}
	kinds := map[string]int{}
	cast := Cast().Addresses()
	last := time.Time{}
	for m := range Demo(noon()) {
		o := open(t, m)
		mails = append(mails, o)
		folders[m.Folder]++
		require.Nil(t, ids[o.id], "%s is there twice", o.id)
		ids[o.id] = o
		subject := decodeWords(o.header.Get("Subject"))
		subjects[subject] = o

		require.False(t, m.Date.Before(last))
		last = m.Date
		require.Less(t, noon().Sub(m.Date), 85*24*time.Hour)
		require.Positive(t, noon().Sub(m.Date), "%s comes from the future", subject)
		require.NotContains(t, o.text+o.html, "{+", "a date was not filled in")
		require.NotContains(t, strings.ToLower(o.text), "lorem")
		if date, err := o.header.Date(); m.Folder == "INBOX" || m.Folder == "Sent" {
			require.NoError(t, err)
			require.True(t, date.Equal(m.Date))
		}
		if answered := o.header.Get("In-Reply-To"); answered != "" {
			require.NotNil(t, ids[answered], "%s answers nothing", subject)
			require.Contains(t, o.header.Get("References"), answered)
		}
		var known []string
		for _, name := range []string{"From", "To", "Cc"} {
			list, _ := o.header.AddressList(name)
			for _, a := range list {
				if cast[a.Address] != nil {
					known = append(known, a.Address)
				}
			}
		}
		slices.Sort(known)
		require.Equal(t, slices.Compact(known), m.Known, subject)
		for id, data := range o.inline {
			require.Contains(t, o.html, `"cid:`+id+`"`)
			_, err := png.Decode(bytes.NewReader(data))
			require.NoError(t, err)
			kinds["logo"]++
		}
		for name, data := range o.attachments {
			kind := name[strings.LastIndexByte(name, '.')+1:]
			kinds[kind]++
			var err error
			switch kind {
			case "pdf":
				require.True(t, bytes.HasPrefix(data, []byte("%PDF-1.4\n")))
				require.True(t, bytes.HasSuffix(data, []byte("%%EOF\n")))
			case "xlsx":
				var z *zip.Reader
				z, err = zip.NewReader(bytes.NewReader(data), int64(len(data)))
				require.NoError(t, err)
				_, err = z.Open("xl/worksheets/sheet1.xml")
			case "jpg":
				_, err = jpeg.Decode(bytes.NewReader(data))
			case "png":
				_, err = png.Decode(bytes.NewReader(data))
			}
			require.NoError(t, err, name)
		}
	}
	require.GreaterOrEqual(t, len(mails), 80)
	for folder, least := range map[string]int{
		"INBOX": 35, "Sent": 30, "Archive": 8, "Clients/Nordwind": 8, "Drafts": 2, "Trash": 3, "Junk": 3,
	} {
		require.GreaterOrEqual(t, folders[folder], least, folder)
	}
	require.Len(t, folders, 7)
	for kind, least := range map[string]int{"pdf": 20, "xlsx": 3, "jpg": 6, "png": 1, "ics": 2, "logo": 40, "eml": 1} {
		require.GreaterOrEqual(t, kinds[kind], least, kind)
	}

	count := func(match func(*opened) bool) (n int) {
		for _, o := range mails {
			if match(o) {
				n++
			}
		}
		return n
	}
	flag := func(f string) func(*opened) bool {
		return func(o *opened) bool { return slices.Contains(o.Flags, f) }
	}
	require.Greater(t, count(flag(`\Answered`)), 20)
	require.Greater(t, count(flag(`\Flagged`)), 3)
	require.Greater(t, count(func(o *opened) bool { return o.Folder == "INBOX" && !flag(`\Seen`)(o) }), 6)
	require.Positive(t, count(func(o *opened) bool { return len(o.Known) == 2 && o.Folder == "INBOX" }), "two known people in one mail")
	require.Positive(t, count(func(o *opened) bool {
		return len(o.Known) == 0 && o.Folder == "INBOX" && strings.Contains(o.header.Get("From"), "clara.vasseur")
	}), "a stranger")
	require.Equal(t, 2, count(func(o *opened) bool {
		return o.header.Get("List-Unsubscribe-Post") != "" && strings.Contains(o.html, `<img src="https://`)
	}), "the newsletter")
	require.Equal(t, 1, count(func(o *opened) bool { return strings.Contains(o.html, "<script>") }), "the hostile page")
	require.Equal(t, 1, count(func(o *opened) bool {
		return o.Folder == "INBOX" && strings.Contains(o.header.Get("Authentication-Results"), "dmarc=fail")
	}), "the forged mail")
	require.Positive(t, count(func(o *opened) bool { return o.header.Get("Disposition-Notification-To") != "" }))
	require.Positive(t, count(func(o *opened) bool { return strings.Contains(string(o.Raw), "charset=iso-8859-1") }))
	for _, address := range []string{"camille@tables-lumiere.example", "camille.rousseau@courriel.example", "compta@groupe-bastide.example"} {
		require.Positive(t, count(func(o *opened) bool { return slices.Contains(o.Known, address) }), address)
	}

	bounce := subjects["Undelivered Mail Returned to Sender"]
	require.NotNil(t, bounce)
	report := string(bounce.Raw)
	require.Contains(t, report, "multipart/report; report-type=delivery-status")
	require.Contains(t, report, "\r\nStatus: 5.1.1\r\n")
	i := slices.IndexFunc(mails, func(o *opened) bool {
		return o.Folder == "Sent" && strings.Contains(o.header.Get("To"), "fiona.campbel@")
	})
	require.Contains(t, report, "Message-ID: "+mails[i].id)
	receipt := subjects["Lu : Re: Pose des rayonnages : calendrier"]
	require.NotNil(t, receipt)
	start := strings.Index(string(receipt.Raw), "Original-Message-ID: ") + len("Original-Message-ID: ")
	asked := ids[string(receipt.Raw)[start:start+strings.Index(string(receipt.Raw)[start:], "\r\n")]]
	require.NotNil(t, asked)
	require.NotEmpty(t, asked.header.Get("Disposition-Notification-To"))
}

func TestDemoIsTheSameForTheSameInstant(t *testing.T) {
	collect := func(agent string, now time.Time) []Mail { return slices.Collect(DemoOf(agent, now)) }
	require.Equal(t, collect("jeanne", noon()), collect("jeanne", noon()))
	jeannes := map[string]bool{}
	for _, m := range collect("jeanne", noon()) {
		id, _ := headerValue(m.Raw, "Message-ID")
		jeannes[id] = true
	}
	marcs := collect("marc", noon())
	require.Greater(t, len(marcs), 10)
	for _, m := range marcs {
		id, _ := headerValue(m.Raw, "Message-ID")
		require.True(t, jeannes[id])
		require.Contains(t, string(m.Raw), "marc.dubois@demo.example")
	}
	require.Empty(t, collect("nobody", noon()))
}

func TestDemoAtAnyHour(t *testing.T) {
	for n := range 12 { // over Christmas, New Year and weekends, at all hours
		now := time.Date(2026, 12, 23, 0, 1, 0, 0, paris).Add(time.Duration(n) * 29 * time.Hour)
		s := &story{now: now, known: Cast().Addresses()}
		s.tell()
		dates := map[string]time.Time{}
		for _, told := range s.told {
			l := told.letter
			require.False(t, l.date.After(now))
			dates[l.id] = l.date
			for _, to := range l.references {
				require.True(t, dates[to].Before(l.date), "at %s an answer comes before its question", now)
			}
		}
	}
}

func TestCastHoldsTogether(t *testing.T) {
	cast := Cast()
	ids := map[string]bool{}
	for _, c := range cast.Companies {
		require.False(t, ids[c.ID])
		ids[c.ID] = true
	}
	for _, c := range cast.Contacts {
		require.False(t, ids[c.ID])
		ids[c.ID] = true
		company, ok := cast.Company(c.CompanyID)
		require.True(t, ok, c.ID)
		require.Equal(t, company.Domain, domainOf(c.Addresses[0]))
	}
	for _, d := range cast.Deals {
		_, ok := cast.Company(d.CompanyID)
		require.True(t, ok && ids[d.ContactID] && d.Cents > 0, d.ID)
	}
	_, ok := cast.Company("nobody")
	require.False(t, ok)
	require.Equal(t, []string{"bastide-hotellerie", "bastide-patrimoine"}, cast.Addresses()["compta@groupe-bastide.example"])
	require.Equal(t, []string{"camille"}, cast.Addresses()["camille.rousseau@courriel.example"])
	for address := range cast.Addresses() {
		_, err := netmail.ParseAddress(address)
		require.NoError(t, err)
	}
	for _, a := range []actor{
		ankeVogel, larsPetersen, camilleRousseau, yannLeGoff, elodieGarnier, bernardLacombe, comptaBastide, marchesSaintAubin, nadiaBenali,
		thomasDelorme, oliverFinch, priyaShah, fionaCampbell, inesMorel, patrickVuillemin, exploitationKerbrat, gwenaelleKerbrat,
	} {
		require.NotEmpty(t, cast.Addresses()[a.address], a.address)
	}
}
