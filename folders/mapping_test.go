package folders

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHowConfidenceAndLosers(t *testing.T) {
	boxes := list("/", "INBOX", `Versendet \Sent`, "Gesendet", "Papierkorb", "Trash", "Entwurf Nachrichten", "Müll", `Archiv \Noselect`)
	m := Map(boxes, nil)
	short := func(f Finding) []any {
		losers := map[string]Reason{}
		for _, l := range f.Losers {
			losers[l.Mailbox.Name] = l.Why
		}
		return []any{f.Mailbox.Name, f.How, f.Confidence, f.Sure(), losers}
	}
	type why = map[string]Reason
	require.Equal(t, []any{"INBOX", Stated, 100, true, why{}}, short(m.Find(Inbox)))
	require.Equal(t, []any{"Versendet", Stated, 100, true, why{"Gesendet": ReasonStated}}, short(m.Find(Sent)))
	require.Equal(t, []any{"Papierkorb", Exact, 85, true, why{"Trash": ReasonLanguage}}, short(m.Find(Trash)))
	require.Equal(t, []any{"Entwurf Nachrichten", Guess, 50, false, why{}}, short(m.Find(Drafts)))
	require.Equal(t, []any{"Müll", Exact, 60, false, why{}}, short(m.Find(Junk)))
	require.Equal(t, []any{"", Missing, 0, false, why{"Archiv": ReasonUnselectable}}, short(m.Find(Archive)))
	require.Equal(t, "de", m.Language)
	require.Len(t, m.Findings, len(Roles()))
}

func TestReasons(t *testing.T) {
	for name, c := range map[string]struct {
		list []Mailbox
		opts *Options
		role Role
		lost string
		want Reason
	}{
		"chosen":                     {list("/", "A", "Sent"), &Options{Overrides: map[Role]Override{Sent: {Name: "A"}}}, Sent, "Sent", ReasonChosen},
		"chosen none":                {list("/", "Junk"), &Options{Overrides: map[Role]Override{Junk: {None: true}}}, Junk, "Junk", ReasonChosen},
		"chosen, not what is stated": {list("/", "A", `Sent \Sent`), &Options{Overrides: map[Role]Override{Sent: {Name: "A"}}}, Sent, "Sent", ReasonChosen},
		"stated":                     {list("/", `A \Sent`, "Sent"), nil, Sent, "Sent", ReasonStated},
		"unselectable":               {list("/", `Sent \Sent \Noselect`), nil, Sent, "Sent", ReasonUnselectable},
		"shared":                     {list("/", `#s/Sent \Sent`), &Options{OtherPrefixes: []string{"#s/"}}, Sent, "#s/Sent", ReasonShared},
		"inside":                     {list("/", "Trash", `Trash/x \Sent`), nil, Sent, "Trash/x", ReasonInside},
		"deeper":                     {list("/", `a/b \Sent`, `c \Sent`), nil, Sent, "a/b", ReasonDeeper},
		"beside a deeper one":        {list("/", `a/b \Sent`, `c \Sent`, `a/j \Junk`), nil, Junk, "a/j", ReasonShared},
		"name":                       {list("/", `c \Sent`, `Sent \Sent`), nil, Sent, "c", ReasonName},
		"order, stated":              {list("/", `c \Sent`, `d \Sent`), nil, Sent, "d", ReasonOrder},
		"label":                      {list("/", "Spam", "[Gmail]/Drafts"), nil, Junk, "Spam", ReasonLabel},
		"label, archive":             {list("/", "Archive", "[Gmail]/Archivio"), nil, Archive, "Archive", ReasonLabel},
		"ambiguous":                  {list("/", "Papelera", "Spam", "Basura"), nil, Trash, "Basura", ReasonAmbiguous},
		"prefix":                     {list(".", "INBOX.Sent", "INBOX.INBOX.Sent"), nil, Sent, "INBOX.Sent", ReasonPrefix},
		"language":                   {list("/", "Sent", "Gesendet", "Entwürfe"), nil, Sent, "Sent", ReasonLanguage},
		"weight":                     {list("/", "Sent Items", "Sent"), nil, Sent, "Sent Items", ReasonWeight},
		"order":                      {list("/", "Sent", "SENT"), nil, Sent, "SENT", ReasonOrder},
	} {
		t.Run(name, func(t *testing.T) {
			losers := Map(c.list, c.opts).Find(c.role).Losers
			require.Len(t, losers, 1)
			require.Equal(t, c.lost, losers[0].Mailbox.Name)
			require.Equal(t, c.want, losers[0].Why)
		})
	}
}

func TestOverrides(t *testing.T) {
	boxes := func() []Mailbox {
		l := list("/", "INBOX", `Sent \Sent`, "Trash", "Notes", "Junk", `Dead \Noselect`)
		l[3].ID = "F3"
		return l
	}
	for name, c := range map[string]struct {
		chosen  map[Role]Override
		want    map[Role]string
		dropped []Role
	}{
		"by path":                {map[Role]Override{Sent: {Name: "Notes"}}, map[Role]string{Sent: "Notes", Trash: "Trash", Junk: "Junk"}, nil},
		"by id after a rename":   {map[Role]Override{Sent: {Name: "Old", ID: "F3"}}, map[Role]string{Sent: "Notes", Trash: "Trash", Junk: "Junk"}, nil},
		"the id before the path": {map[Role]Override{Archive: {Name: "Junk", ID: "F3"}}, map[Role]string{Sent: "Sent", Trash: "Trash", Junk: "Junk", Archive: "Notes"}, nil},
		"made again at its path": {map[Role]Override{Archive: {Name: "Notes", ID: "F1"}}, map[Role]string{Sent: "Sent", Trash: "Trash", Junk: "Junk", Archive: "Notes"}, nil},
		"gone":                   {map[Role]Override{Sent: {Name: "Gone", ID: "F9"}}, map[Role]string{Sent: "Sent", Trash: "Trash", Junk: "Junk"}, []Role{Sent}},
		"no longer selectable":   {map[Role]Override{Archive: {Name: "Dead"}}, map[Role]string{Sent: "Sent", Trash: "Trash", Junk: "Junk"}, []Role{Archive}},
		"one mailbox, one role":  {map[Role]Override{Archive: {Name: "Trash"}}, map[Role]string{Sent: "Sent", Archive: "Trash", Junk: "Junk"}, nil},
		"one mailbox, two roles": {map[Role]Override{Sent: {Name: "Notes"}, Archive: {Name: "Notes"}}, map[Role]string{Sent: "Notes", Trash: "Trash", Junk: "Junk"}, []Role{Archive}},
		"none":                   {map[Role]Override{Junk: {None: true}}, map[Role]string{Sent: "Sent", Trash: "Trash"}, nil},
		"the inbox as the trash": {map[Role]Override{Trash: {Name: "INBOX"}}, map[Role]string{Sent: "Sent", Trash: "Trash", Junk: "Junk"}, []Role{Trash}},
		"another inbox":          {map[Role]Override{Inbox: {Name: "Notes"}}, map[Role]string{Sent: "Sent", Trash: "Trash", Junk: "Junk"}, []Role{Inbox}},
		"no inbox":               {map[Role]Override{Inbox: {None: true}}, map[Role]string{Sent: "Sent", Trash: "Trash", Junk: "Junk"}, []Role{Inbox}},
		"a stated one elsewhere": {map[Role]Override{Archive: {Name: "Sent"}}, map[Role]string{Archive: "Sent", Trash: "Trash", Junk: "Junk"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			m := Map(boxes(), &Options{Overrides: c.chosen})
			require.Equal(t, c.want, roles(m))
			require.Equal(t, c.dropped, m.Dropped)
			for role, o := range c.chosen {
				if !m.droppedRole(role) {
					f := m.Find(role)
					require.Equal(t, Chosen, f.How)
					require.Equal(t, 100, f.Confidence)
					require.Equal(t, !o.None, f.Sure())
				}
			}
		})
	}
}

func TestMailboxAndRoleOf(t *testing.T) {
	m := Map(list("/", "INBOX", "Envoyés", "Clients"), nil)
	box, ok := m.Mailbox(Sent)
	require.True(t, ok)
	require.Equal(t, "Envoyés", box.Name)
	_, ok = m.Mailbox(Trash)
	require.False(t, ok)
	for name, want := range map[string]Role{"INBOX": Inbox, "inbox": Inbox, "Envoyés": Sent, "Clients": "", "envoyés": "", "": ""} {
		role, ok := m.RoleOf(name)
		require.Equal(t, want, role)
		require.Equal(t, want != "", ok)
	}
	var zero Mapping
	_, ok = zero.Mailbox(Sent)
	require.False(t, ok)
	_, ok = zero.RoleOf("")
	require.False(t, ok)
	require.Equal(t, Finding{Role: "nonsense"}, m.Find("nonsense"))
}

func TestLanguage(t *testing.T) {
	for want, boxes := range map[string][]Mailbox{
		"":        list("/", "INBOX", "Archiv"), // German, Czech, Slovenian …
		"en":      list("/", "INBOX", "Spam", "Sent"),
		"fr":      list("/", "INBOX", "Spam", "Brouillons"),
		"zh-Hant": list("/", "INBOX", "寄件備份", "草稿", "垃圾郵件"),
		"pt":      list("/", "INBOX", "Rascunhos", `Itens Enviados \Sent`),
	} {
		require.Equal(t, want, Map(boxes, nil).Language)
	}
}

func TestPropose(t *testing.T) {
	for name, c := range map[string]struct {
		list []Mailbox
		opts *Options
		role Role
		want Proposal
	}{
		"in the mailbox's language":  {list("/", "INBOX", "Envoyés", "Brouillons"), nil, Trash, Proposal{"Corbeille", `\Trash`}},
		"in English otherwise":       {list("/", "INBOX"), nil, Junk, Proposal{"Junk", `\Junk`}},
		"under the personal prefix":  {list(".", "INBOX", "INBOX.Gesendet"), nil, Drafts, Proposal{"INBOX.Entwürfe", `\Drafts`}},
		"under a told prefix":        {list("/", "INBOX"), &Options{PersonalPrefix: "mail/"}, Sent, Proposal{"mail/Sent", `\Sent`}},
		"not a name that is there":   {list("/", "INBOX", `Sent \Noselect`), nil, Sent, Proposal{"Sent Items", `\Sent`}},
		"not an ambiguous name":      {list("/", "INBOX", "Послато", "Нацрти"), nil, Junk, Proposal{"Спам", `\Junk`}},
		"not what has a mailbox":     {list("/", "INBOX", "Sent"), nil, Sent, Proposal{}},
		"not what a person declined": {list("/", "INBOX"), &Options{Overrides: map[Role]Override{Archive: {None: true}}}, Archive, Proposal{}},
		"not a view":                 {list("/", "INBOX"), nil, All, Proposal{}},
		"not the inbox":              {list("/", "Sent"), nil, Inbox, Proposal{}},
		"not on Gmail":               {list("/", "INBOX", "[Gmail]/Drafts"), nil, Trash, Proposal{}},
		"not on a told Gmail":        {list("/", "INBOX"), &Options{Provider: "googlemail.com"}, Trash, Proposal{}},
	} {
		t.Run(name, func(t *testing.T) {
			p, ok := Map(c.list, c.opts).Propose(c.role)
			require.Equal(t, c.want, p)
			require.Equal(t, c.want != Proposal{}, ok)
		})
	}
}

// Whatever language a mailbox speaks, what is proposed for it is recognised afterwards.
func TestWhatIsProposedIsRecognised(t *testing.T) {
	for _, l := range names().languages {
		boxes := list("/", "INBOX")
		for _, role := range []Role{Sent, Drafts, Trash, Junk, Archive} {
			m := Map(boxes, nil)
			m.Language = l.code
			p, ok := m.Propose(role)
			if !ok { // understood already, as another word
				require.True(t, m.Find(role).Found(), "%s: %s", l.code, role)
				continue
			}
			boxes = append(boxes, Mailbox{Name: p.Name, Delimiter: "/"})
			require.Equal(t, p.Name, Map(boxes, nil).Find(role).Mailbox.Name, "%s: %s", l.code, role)
		}
	}
}
