package folders

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// list writes a listing in short: "Sent \Sent" is the mailbox Sent with one attribute. The delimiter NIL is "".
func list(delimiter string, lines ...string) []Mailbox {
	var boxes []Mailbox
	for _, l := range lines {
		parts := strings.Split(l, ` \`)
		b := Mailbox{Name: parts[0], Delimiter: delimiter}
		for _, a := range parts[1:] {
			b.Attributes = append(b.Attributes, `\`+a)
		}
		boxes = append(boxes, b)
	}
	return boxes
}

// roles is the mapping in short, without the inbox.
func roles(m Mapping) map[Role]string {
	found := map[Role]string{}
	for _, f := range m.Findings {
		if f.Found() && f.Role != Inbox {
			found[f.Role] = f.Mailbox.Name
		}
	}
	return found
}

// What servers and people do to mailboxes; each has gone wrong in a shipped product.
func TestPitfalls(t *testing.T) {
	type want = map[Role]string
	for name, c := range map[string]struct {
		list []Mailbox
		opts *Options
		want want
	}{
		`\Noselect Drafts`:          {list("/", "INBOX", `Drafts \Noselect`, "Entwürfe"), nil, want{Drafts: "Entwürfe"}},
		`phantom \NonExistent Sent`: {list("/", "INBOX", `Sent \Sent \NonExistent`, `Gone \nonexistent \Trash`, "Sent Items"), nil, want{Sent: "Sent Items"}},
		`\NOSELECT in capitals`:     {list("/", "INBOX", `Trash \NOSELECT`), nil, want{}},
		"upper-case attributes":     {list("/", "INBOX", `Elementos enviados \SENT`, `X \jUNK`), nil, want{Sent: "Elementos enviados", Junk: "X"}},
		"two \\Sent, the shallower": {list("/", `A/Sent \Sent`, `Z \Sent`), nil, want{Sent: "Z"}},
		"two \\Sent, the name":      {list("/", `A \Sent`, `Sent Items \Sent`), nil, want{Sent: "Sent Items"}},
		"two \\Sent, the first":     {list("/", `Sent \Sent`, `Sent Items \Sent`), nil, want{Sent: "Sent"}},
		"the loser of a statement is not read by its name": {
			list("/", `Trash \Trash`, `Archiv \Trash`), nil, want{Trash: "Trash"},
		},
		"shared folders listed first": {
			list("/", `Autres \Noselect`, `Autres/info/Sent Items \Sent`, `Autres/info/Junk Mail \Junk`, "INBOX", `Sent Items \Sent`), nil, want{Sent: "Sent Items"},
		},
		"a shared junk is not the person's": {
			list("/", "INBOX", `Team/x/Trash \Trash`, `Team/x/Junk \Junk`, `Trash \Trash`), nil, want{Trash: "Trash"},
		},
		"shared folders by their root alone": {
			list("/", "INBOX", `Shared Folders/info/Junk \Junk`, `Freigegebene Ordner/a/Gelöscht \Trash`), nil, want{},
		},
		"other namespaces": {
			list(".", "INBOX", `user.jo.Trash \Trash`, `INBOX.Junk \Junk`), &Options{PersonalPrefix: "INBOX.", OtherPrefixes: []string{"user."}}, want{Junk: "INBOX.Junk"},
		},
		"an empty shared prefix": {
			list(".", "INBOX", "Trash", "Junk", "INBOX.Sent"), &Options{PersonalPrefix: "INBOX.", OtherPrefixes: []string{"user.", ""}}, want{Sent: "INBOX.Sent"},
		},
		"a statement under another user's root only": {list("/", "INBOX", `Other Users/jo/Trash \Trash`), nil, want{}},
		"NIL delimiter":                           {list("", "INBOX", "Trash", "INBOX.Sent", "Archive/Drafts"), nil, want{Trash: "Trash"}},
		"| delimiter":                             {list("|", "INBOX", "Отправленные", "Drafts|template \\Templates", "Drafts"), nil, want{Sent: "Отправленные", Drafts: "Drafts"}},
		`\ delimiter`:                             {list(`\`, "INBOX", `INBOX\Sent`, `INBOX\Trash`), nil, want{Sent: `INBOX\Sent`, Trash: `INBOX\Trash`}},
		"a literal & on the wire":                 {list("/", "INBOX", DecodeName("R&D"), DecodeName("Envoy&AOk-s"), DecodeName("Spam&")), nil, want{Sent: "Envoyés", Junk: "Spam&"}},
		"raw UTF-8 on the wire":                   {list("/", "INBOX", DecodeName("Gelöschte Elemente"), DecodeName("[Gmail]x/垃圾桶")), nil, want{Trash: "Gelöschte Elemente"}},
		"decomposed accents":                      {list("/", "INBOX", "E\u0301le\u0301ments envoye\u0301s"), nil, want{Sent: "E\u0301le\u0301ments envoye\u0301s"}},
		"full width":                              {list("/", "INBOX", "Ｓｅｎｔ", "Ｔｒａｓｈ"), nil, want{Sent: "Ｓｅｎｔ", Trash: "Ｔｒａｓｈ"}},
		"half width":                              {list("/", "INBOX", "ｺﾞﾐ箱", "送信済みﾒｰﾙ"), nil, want{Trash: "ｺﾞﾐ箱", Sent: "送信済みﾒｰﾙ"}},
		"Envoyes without accents":                 {list(".", "INBOX", "INBOX.Envoyes", "INBOX.Brouillons"), nil, want{Sent: "INBOX.Envoyes", Drafts: "INBOX.Brouillons"}},
		"trailing space":                          {list("/", "INBOX", "Sent ", "Trash\u00a0"), nil, want{Sent: "Sent ", Trash: "Trash\u00a0"}},
		"Koš/Sent Items":                          {list("/", "INBOX", "Koš", "Koš/Sent Items", `Koš/Drafts \Drafts`), nil, want{Trash: "Koš"}},
		"a statement deep under a stated trash":   {list("/", "INBOX", `Bin? \Trash`, `Bin?/old/Sent \Sent`), nil, want{Trash: "Bin?"}},
		"MyProject/Drafts":                        {list("/", "INBOX", "MyProject", "MyProject/Drafts", "MyProject/Trash"), nil, want{}},
		"Archive 2023":                            {list("/", "INBOX", "Archive 2023", "Archive (old)", "2023 Archive"), nil, want{}},
		"Spam reports":                            {list("/", "INBOX", "Spam reports", "Junk food recipes", "Trash talk", "Deleted scenes", "Sent to clients"), nil, want{}},
		"Architektur":                             {list("/", "INBOX", "Architektur", "Sentiment", "Trashcan Sinatras", "Draft beer", "Spamalot"), nil, want{}},
		"Archives beside Archives/2023":           {list("/", "INBOX", "Archives", "Archives/2023"), nil, want{Archive: "Archives"}},
		"XLIST renames INBOX to Posteingang":      {list("/", `Posteingang \Inbox`, `Gesendet \Sent`), nil, want{Sent: "Gesendet"}},
		`\Spam`:                                   {list("/", "INBOX", `Zeug \Spam`, `Alt \Bin`, `Weg \SentMail`), nil, want{Junk: "Zeug", Trash: "Alt", Sent: "Weg"}},
		"unflagged Archive beside flagged others": {list("/", "Archyvas", "Inbox", `Sent \Sent`, `Deleted \Trash`), nil, want{Sent: "Sent", Trash: "Deleted", Archive: "Archyvas"}},
		"Korean spacing":                          {list("/", "INBOX", "받은편지함", "보낸 편지함", "임시보관함"), nil, want{Sent: "보낸 편지함", Drafts: "임시보관함"}},
		"Borradores is drafts, not trash":         {list(".", "INBOX", "INBOX.Borradores"), nil, want{Drafts: "INBOX.Borradores"}},
		"Koš is trash, not sent":                  {list("/", "INBOX", "Koš"), nil, want{Trash: "Koš"}},
		"Cestino is trash, not junk":              {list("/", "INBOX", "Cestino"), nil, want{Trash: "Cestino"}},
		"Boîte d'envoi is no sent":                {list("/", "INBOX", "Boîte d'envoi", "Brouillons"), nil, want{Drafts: "Brouillons"}},
		"an outbox is no sent":                    {list("/", "INBOX", "Outbox", "Postausgang", "Исходящие", "Bandeja de salida", "送信トレイ", "发件箱"), nil, want{}},
		"Postausgang stated \\Sent":               {list("/", "INBOX", "Sent", `Postausgang \Sent`), nil, want{Sent: "Postausgang"}},
		"Orange calls its sent OUTBOX":            {list("/", "INBOX", "OUTBOX", "DRAFT", "TRASH", "QUARANTAINE"), nil, want{Sent: "OUTBOX", Drafts: "DRAFT", Trash: "TRASH", Junk: "QUARANTAINE"}},
		"OUTBOX elsewhere is an outbox":           {list("/", "INBOX", "OUTBOX", "Gesendet", "DRAFT", "TRASH"), nil, want{Sent: "Gesendet", Drafts: "DRAFT", Trash: "TRASH"}},
		"OVH's doubled prefix":                    {list(".", "INBOX", "INBOX.Drafts", "INBOX.INBOX.Drafts", "INBOX.INBOX.Sent", "INBOX.Sent Messages"), nil, want{Drafts: "INBOX.INBOX.Drafts", Sent: "INBOX.INBOX.Sent"}},
		"INBOX/Sent beside Sent":                  {list("/", "INBOX", "INBOX/Sent", "Sent"), nil, want{Sent: "Sent"}},
		"mail/ of UW-IMAP":                        {list("/", "INBOX", "mail/sent-mail", "mail/TRASH", "bin"), &Options{PersonalPrefix: "mail/"}, want{Sent: "mail/sent-mail", Trash: "mail/TRASH"}},
		"labels on Gmail": {
			list("/", "INBOX", "Bin", "Trash", "Spam", "Sent", "Deleted Items", "Drafts", "Archive", "[Imap]/Sent", "[Gmail]/Spam", "[Gmail]/Bin"), nil,
			want{Junk: "[Gmail]/Spam", Trash: "[Gmail]/Bin", Archive: "Archive"},
		},
		"an empty [Gmail] makes no Gmail":             {list("/", "INBOX", "Корзина", `[Gmail] \Noselect`), nil, want{Trash: "Корзина"}},
		"views by name on Gmail":                      {list("/", "INBOX", "[Google Mail]/Alle", "[Google Mail]/Markiert", "[Google Mail]/Wichtig"), nil, want{All: "[Google Mail]/Alle", Flagged: "[Google Mail]/Markiert", Important: "[Google Mail]/Wichtig"}},
		"a person's Important, Starred, All":          {list("/", "INBOX", "Important", "Starred", "Alle", "Tous"), nil, want{}},
		"All Mail elsewhere":                          {list("/", "INBOX", "All Mail"), nil, want{All: "All Mail"}},
		"views of Proton":                             {list("/", "INBOX", "All Mail", "Starred", "Sent", "Labels \\Noselect", "Labels/Sent"), nil, want{All: "All Mail", Flagged: "Starred", Sent: "Sent"}},
		"Basura beside Papelera is junk":              {list("/", "INBOX", "Papelera", "Basura"), nil, want{Trash: "Papelera", Junk: "Basura"}},
		"Basura beside Spam is trash":                 {list("/", "INBOX", "Spam", "Basura"), nil, want{Trash: "Basura", Junk: "Spam"}},
		"Basura alone is trash":                       {list("/", "INBOX", "Basura"), nil, want{Trash: "Basura"}},
		"Basura beside both is nothing":               {list("/", "INBOX", "Papelera", "Spam", "Basura"), nil, want{Trash: "Papelera", Junk: "Spam"}},
		"垃圾 is what its language says":                {list("/", "INBOX", "已发送", "草稿箱", "垃圾"), nil, want{Sent: "已发送", Drafts: "草稿箱", Junk: "垃圾"}},
		"two words for waste":                         {list("/", "INBOX", "Отпад", "Смеће", "Послато"), nil, want{Trash: "Смеће", Junk: "Отпад", Sent: "Послато"}},
		"a word for waste beside a stated trash":      {list("/", "INBOX", `Papelera \Trash`, "Lixo"), nil, want{Trash: "Papelera", Junk: "Lixo"}},
		"templates of another language are no draft":  {list("/", "INBOX", "Шаблони", "Надіслані", "Кошик"), nil, want{Sent: "Надіслані", Trash: "Кошик"}},
		"an everyday word needs its language":         {list("/", "INBOX", "Mandat", "Bidon", "Corbeille"), nil, want{Trash: "Corbeille"}},
		"an everyday word in its language":            {list("/", "INBOX", "Mandats", "Borrolhons", "Escobilhièr"), nil, want{Sent: "Mandats", Drafts: "Borrolhons", Trash: "Escobilhièr"}},
		"a short word that lost its accent":           {list("/", "INBOX", "COP", "RAC", "Kos"), nil, want{}},
		"the language of the others":                  {list("/", "INBOX", "Sent", "Gesendet", "Entwürfe", "Papierkorb"), nil, want{Sent: "Gesendet", Drafts: "Entwürfe", Trash: "Papierkorb"}},
		"the more usual name":                         {list(".", "INBOX", "INBOX.Deleted Items", "INBOX.Trash"), nil, want{Trash: "INBOX.Trash"}},
		"a guess":                                     {list("/", "INBOX", "Sent items folder", "Courriels brouillons", "Spam-Nachrichten Ordner"), nil, want{Drafts: "Courriels brouillons", Sent: "Sent items folder", Junk: "Spam-Nachrichten Ordner"}},
		"a guess without spaces":                      {list("/", "INBOX", "迷惑なメール", "送信済みメールフォルダ", "스팸메일폴더"), nil, want{Sent: "送信済みメールフォルダ", Junk: "스팸메일폴더"}},
		"a guess never beats a name":                  {list("/", "INBOX", "Sent emails folder", "Надіслані"), nil, want{Sent: "Надіслані"}},
		"advertising and viruses are no junk":         {list("/", "INBOX", "广告邮件", "病毒文件夹", "订阅邮件", "Newsletter", "Werbung"), nil, want{}},
		"a stated use that is no role":                {list("/", "INBOX", `Trash \Templates`, `Drafts \Memos`), nil, want{}},
		"two uses stated for one mailbox":             {list("/", "INBOX", `Everything \Archive \All`), nil, want{All: "Everything"}},
		"nothing is Trash because it is inside INBOX": {list("/", "INBOX", `INBOX \Trash`), nil, want{}},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, roles(Map(c.list, c.opts))) })
	}
}

func TestInbox(t *testing.T) {
	for name, c := range map[string]struct {
		list []Mailbox
		want string
		how  How
	}{
		"reserved name":      {list("/", "Sent", "Inbox"), "Inbox", Stated},
		"XLIST":              {list("/", `受信トレイ \Inbox`), "受信トレイ", Stated},
		"both":               {list("/", `Posteingang \Inbox`, "INBOX"), "INBOX", Stated},
		"by name":            {list("/", "Posteingang"), "Posteingang", Exact},
		"not below":          {list("/", "MyProject/Inbox"), "", Missing},
		"not an unreal one":  {list("/", `INBOX \Noselect`), "", Missing},
		"an empty listing":   {nil, "", Missing},
		"not somebody elses": {list("/", `Shared Folders/jo/In \Inbox`), "", Missing},
	} {
		t.Run(name, func(t *testing.T) {
			f := Map(c.list, nil).Find(Inbox)
			require.Equal(t, c.want, f.Mailbox.Name)
			require.Equal(t, c.how, f.How)
		})
	}
}

func TestMessageCountDecidesBetweenTwinsOnly(t *testing.T) {
	few, many := uint32(3), uint32(4000)
	twins := []Mailbox{{Name: "Sent", Delimiter: "/", Messages: &few}, {Name: "SENT", Delimiter: "/", Messages: &many}}
	f := Map(twins, nil).Find(Sent)
	require.Equal(t, "SENT", f.Mailbox.Name)
	require.Equal(t, []Loser{{twins[0], ReasonCount}}, f.Losers)

	others := []Mailbox{{Name: "Sent", Delimiter: "/", Messages: &few}, {Name: "Sent Items", Delimiter: "/", Messages: &many}}
	f = Map(others, nil).Find(Sent)
	require.Equal(t, "Sent", f.Mailbox.Name)
	require.Equal(t, ReasonWeight, f.Losers[0].Why)
}

func TestSeveralAnswersAreMerged(t *testing.T) {
	boxes := list("/", "INBOX", "Envoi", "Sent", "Trash", `Inbox \Inbox`, `Envoi \Sent`, `Neu \Junk`, `Trash \NonExistent`)
	boxes[5].ID = "7"
	m := Map(boxes, nil)
	require.Equal(t, map[Role]string{Sent: "Envoi", Junk: "Neu"}, roles(m))
	require.Equal(t, "7", m.Find(Sent).Mailbox.ID)
	require.Equal(t, []string{`\Sent`}, m.Find(Sent).Mailbox.Attributes)
	require.Empty(t, boxes[1].Attributes, "the caller's listing is not changed")
	require.Equal(t, "INBOX", m.Find(Inbox).Mailbox.Name)
}

func TestPrefixToldWithoutDelimiter(t *testing.T) {
	m := Map(list(".", "INBOX", "INBOX.Sent"), &Options{PersonalPrefix: "INBOX"})
	require.Equal(t, map[Role]string{Sent: "INBOX.Sent"}, roles(m))
	p, _ := m.Propose(Trash)
	require.Equal(t, "INBOX.Trash", p.Name)
}

func TestLimits(t *testing.T) {
	var many []Mailbox
	for i := range 2000 {
		many = append(many, Mailbox{Name: fmt.Sprintf("x/%d", i), Delimiter: "/", Attributes: []string{`\Sent`}})
	}
	require.Len(t, Map(many, nil).Find(Sent).Losers, MaxLosers)

	long := strings.Repeat("a", maxName)
	require.Empty(t, roles(Map(list("/", long+`a \Trash`), nil)))
	require.Equal(t, map[Role]string{Trash: long}, roles(Map(list("/", long+` \Trash`), nil)))

	deep := strings.Repeat("a/", maxDepth) + "a"
	require.Equal(t, map[Role]string{Trash: deep}, roles(Map(list("/", deep+` \Trash`), nil)))
	require.Empty(t, roles(Map(list("/", "a/"+deep+` \Trash`), nil)))

	require.Empty(t, roles(Map(list("", "INBOX", strings.Repeat("Trash ", 40)), nil)))
}

func FuzzMap(f *testing.F) {
	f.Add("INBOX\nSent \\Sent\nTrash", "/", "")
	f.Add("INBOX.INBOX.Sent\n[Gmail].Bin\nBasura \\Noselect", ".", "INBOX.")
	f.Add("a/b/Trash \\Trash\nTrash \\Trash\nKoš/Sent \\Sent", "/", "a/")
	f.Add("mail/INBOX/mail/Sent\n草稿邮件\n\xff", "/", "mail/")
	f.Add("OUTBOX\nDRAFT\nTRASH", "", "")
	f.Fuzz(func(t *testing.T, lines, delimiter, prefix string) {
		boxes := list(delimiter, strings.Split(lines, "\n")...)
		opts := &Options{PersonalPrefix: prefix, Overrides: map[Role]Override{Archive: {Name: boxes[0].Name}}}
		m := Map(boxes, opts)
		require.Len(t, m.Findings, len(Roles()))
		seen := map[string]Role{}
		for _, x := range m.Findings {
			require.Equal(t, x.How == Missing, x.Confidence == 0)
			require.LessOrEqual(t, len(x.Losers), MaxLosers)
			require.NotEmpty(t, m.Explain(x.Role, "fr"))
			if p, ok := m.Propose(x.Role); ok {
				require.False(t, x.Found())
				require.True(t, strings.HasPrefix(p.Name, m.prefix))
			}
			if x.Found() {
				_, selectable := stated(x.Mailbox.Attributes)
				require.True(t, selectable)
				require.Empty(t, seen[x.Mailbox.Name], "one mailbox, one role")
				seen[x.Mailbox.Name] = x.Role
			}
		}
		require.Equal(t, m, Map(boxes, opts), "the same listing, the same answer")
	})
}
