package imapconn

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/emersion/go-imap/v2"
	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/storage"
)

func TestParseList(t *testing.T) {
	for _, test := range []struct {
		line, name, raw, delim string
		attributes             []string
	}{
		{`(\HasNoChildren) "/" "INBOX"`, "INBOX", "INBOX", "/", []string{`\HasNoChildren`}},
		{`(\HasNoChildren) "." inbox`, "INBOX", "inbox", ".", []string{`\HasNoChildren`}},
		{`() NIL foo`, "foo", "foo", "", nil},
		{`() nil "foo"`, "foo", "foo", "", nil},
		{`() "" "foo"`, "foo", "foo", "", nil},
		{`NIL "/" foo`, "foo", "foo", "/", nil},
		{`() "|" "a|b"`, "a|b", "a|b", "|", nil},
		{`() / foo`, "foo", "foo", "/", nil},
		{`() "\\" "a\\b"`, `a\b`, `a\b`, `\`, nil},
		{`() "\" "a\b"`, `a\b`, `a\b`, `\`, nil},
		{`() "/" "a \"b\" c"`, `a "b" c`, `a "b" c`, "/", nil},
		{`() "/" "a "b" c"`, `a "b" c`, `a "b" c`, "/", nil},
		{`(\Sent \SENT x $y) "/" Sent`, "Sent", "Sent", "/", []string{`\Sent`, `\SENT`, "x", "$y"}},
		{`( \Sent  \Marked ) "/" Sent`, "Sent", "Sent", "/", []string{`\Sent`, `\Marked`}},
		{`(\Sent "\\Quoted" (\Nested) \) "/" Sent`, "Sent", "Sent", "/", []string{`\Sent`, `\Quoted`}},
		{`\Noinferiors "/" foo`, "foo", "foo", "/", []string{`\Noinferiors`}},
		{`() "/" Sent Items`, "Sent Items", "Sent Items", "/", nil},
		{`() "/" Sent Items ("CHILDINFO" ("SUBSCRIBED"))`, "Sent Items", "Sent Items", "/", nil},
		{`() "/" "Sent Items" ("CHILDINFO" ("SUBSCRIBED"))`, "Sent Items", "Sent Items", "/", nil},
		{`() "/" Archive (old)`, "Archive (old)", "Archive (old)", "/", nil},
		{`() "/" "Archive (old)"`, "Archive (old)", "Archive (old)", "/", nil},
		{`() "/" "trailing "`, "trailing ", "trailing ", "/", nil},
		{`() "/" trailing `, "trailing", "trailing", "/", nil},
		{`() "/" R&D`, "R&D", "R&D", "/", nil},
		{`() "/" "R&-D"`, "R&D", "R&-D", "/", nil},
		{`() "/" "Envoy&AOk-s"`, "Envoyés", "Envoy&AOk-s", "/", nil},
		{`() "/" "Envoyés"`, "Envoyés", "Envoyés", "/", nil},
		{"() \"/\" \"Envoy\xe9s\"", "Envoyés", "Envoy\xe9s", "/", nil},
		{`() "/" "&ZeVnLIqe-/&U,BTFw-"`, "日本語/台北", "&ZeVnLIqe-/&U,BTFw-", "/", nil},
		{`() "/" "&2D3eAA-"`, "😀", "&2D3eAA-", "/", nil},
		{`() "/" "a&b-c"`, "a&b-c", "a&b-c", "/", nil},
		{"() \"/\" {10}\r\nSent Items", "Sent Items", "Sent Items", "/", nil},
		{"() \"/\" {4+}\r\nSent (\"OLDNAME\" (\"x\"))", "Sent", "Sent", "/", nil},
		{`() "/" "[Gmail]/Sent Mail"`, "[Gmail]/Sent Mail", "[Gmail]/Sent Mail", "/", nil},
		{`() "/" [Gmail]/Spam`, "[Gmail]/Spam", "[Gmail]/Spam", "/", nil},
		{`() "/" "NIL"`, "NIL", "NIL", "/", nil},
		{`() "/" ""`, "", "", "/", nil},
	} {
		m, ok := parseList([]byte(test.line))
		require.True(t, ok, test.line)
		require.Equal(t, test.raw, m.Raw, test.line)
		require.Equal(t, test.name, decodeName(m.Raw), test.line)
		require.Equal(t, test.delim, m.Delimiter, test.line)
		require.Equal(t, test.attributes, m.Attributes, test.line)
	}
	for _, bad := range []string{
		"", "()", `() "/"`, `() "/" `, `() "//" x`, `() foo bar`, "() \"/\" {5}\r\na\r\nbc", "() \"/\" {3}\r\na\x00b", "() \"/\" {9}\r\nabc",
		`() "/" "` + strings.Repeat("x", nameMax+1) + `"`, `() "/" "no end`, `(\A`, "garbage",
	} {
		m, ok := parseList([]byte(bad))
		require.False(t, ok, "%q gave %+v", bad, m)
	}
}

func TestListMergesBothAnswers(t *testing.T) {
	const offered = "IMAP4rev1 AUTH=PLAIN SASL-IR LIST-EXTENDED SPECIAL-USE"
	for name, test := range map[string]struct {
		extended []string
		answer   string
		want     map[string]string
	}{
		"attributes from both": {
			[]string{`* LIST (\Noinferiors) "/" INBOX`, `* LIST (\Sent) "/" "Envoy&AOk-s"`, `* LIST (\sent) "/" Sent`},
			"OK",
			map[string]string{"INBOX": `\HasNoChildren \Noinferiors`, "Envoyés": `\HasNoChildren \Sent`, "Sent": `\Sent`},
		},
		"longer": {
			[]string{`* LIST () "/" INBOX`, `* LIST (\Sent) "/" "Envoy&AOk-s"`, `* LIST () "/" Sent`, `* LIST (\All) "/" All`},
			"OK",
			map[string]string{"INBOX": `\HasNoChildren`, "Envoyés": `\HasNoChildren \Sent`, "Sent": `\Sent`, "All": `\All`},
		},
		"shorter": {
			[]string{`* LIST (\Drafts) "/" "Envoy&AOk-s"`, `* LIST () "/" New`},
			"OK",
			map[string]string{"INBOX": `\HasNoChildren`, "Envoyés": `\HasNoChildren \Drafts`, "Sent": `\Sent`},
		},
		"BAD": {
			[]string{`* LIST (\Drafts) "/" INBOX`},
			"BAD",
			map[string]string{"INBOX": `\HasNoChildren`, "Envoyés": `\HasNoChildren`, "Sent": `\Sent`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			conn := open(t, func(s *script) {
				s.loginWith(offered)
				s.answer(`LIST "" "*"`, `* LIST (\HasNoChildren) "/" INBOX`, `* LIST (\HasNoChildren) "/" "Envoy&AOk-s"`, `* LIST (\Sent) "/" Sent`,
					`* LIST (\SENT) "/" Sent`, `* OK still here`, `* 3 EXISTS`)
				tag, _ := s.hear(`LIST "" "*" RETURN (SPECIAL-USE)`)
				s.say(append(test.extended, tag+" "+test.answer+" done")...)
			}, func(c *Config) { c.List = true })
			got := map[string]string{}
			for _, m := range conn.Mailboxes() {
				got[m.Name] = strings.Join(m.Attributes, " ")
			}
			require.Equal(t, test.want, got)
			require.Zero(t, conn.Unreadable())
		})
	}
}

// TestListAsksWhatTheServerOffers: the server's ids of mailboxes with the special uses, XLIST only where there are no special uses, and the next best question
// where one is refused.
func TestListAsksWhatTheServerOffers(t *testing.T) {
	const (
		cyrus = "IMAP4rev1 AUTH=PLAIN SASL-IR LIST-EXTENDED SPECIAL-USE LIST-STATUS OBJECTID XLIST"
		ids   = `LIST "" "*" RETURN (SPECIAL-USE STATUS (MAILBOXID))`
	)
	type question struct {
		asked, answer string
		data          []string
	}
	for name, test := range map[string]struct {
		offered    string
		questions  []question
		attributes string // of Sent
		ids        map[string]string
	}{
		"ids": {cyrus, []question{{ids, "OK", []string{
			`* LIST () "/" INBOX`, `* STATUS INBOX (MAILBOXID (F2212ea87-6097-4256-9d51-71338625))`,
			`* LIST (\Sent) "/" Sent`, `* STATUS "Sent" (UIDNEXT 3 MAILBOXID (zfaz1delhvlhcnu1pdprdmxu) MESSAGES 2)`,
			`* LIST () "/" "Envoy&AOk-s"`, `* STATUS "Envoy&AOk-s" (mailboxid (abcdefgh))`,
		}}}, `\Sent`, map[string]string{"INBOX": "F2212ea87-6097-4256-9d51-71338625", "Sent": "zfaz1delhvlhcnu1pdprdmxu", "Envoyés": "abcdefgh"}},
		"ids that are none": {cyrus, []question{{ids, "OK", []string{
			`* LIST () "/" INBOX`, "* STATUS INBOX (MAILBOXID (;\xfbe\\\xf0U))", `* LIST (\Sent) "/" Sent`, `* STATUS Sent (MAILBOXID (short))`,
			`* STATUS Nowhere (MAILBOXID (F2212ea87))`, `* STATUS INBOX (MAILBOXID (two words88))`, `* STATUS INBOX (MAILBOXID`, `* STATUS`,
		}}}, `\Sent`, map[string]string{}},
		"ids refused": {cyrus, []question{
			{ids, "BAD", nil}, {`LIST "" "*" RETURN (SPECIAL-USE)`, "OK", []string{`* LIST (\Sent) "/" Sent`}},
		}, `\Sent`, map[string]string{}},
		"ids without special uses": {"IMAP4rev1 AUTH=PLAIN SASL-IR LIST-EXTENDED LIST-STATUS OBJECTID", []question{{
			`LIST "" "*" RETURN (STATUS (MAILBOXID))`, "OK", []string{`* STATUS Sent (MAILBOXID (abcdefgh))`},
		}}, "", map[string]string{"Sent": "abcdefgh"}},
		"XLIST": {"IMAP4rev1 AUTH=PLAIN SASL-IR XLIST", []question{{`XLIST "" "*"`, "OK", []string{
			`* XLIST (\Inbox) "/" Posteingang`, `* XLIST (\Sent \HasNoChildren) "/" Sent`, `* XLIST (\AllMail) "/" "Not in LIST"`, `* LIST (\Junk) "/" Sent`,
		}}}, `\Sent \HasNoChildren`, map[string]string{}},
		"XLIST refused":  {"IMAP4rev1 AUTH=PLAIN SASL-IR XLIST", []question{{`XLIST "" "*"`, "NO", nil}}, "", map[string]string{}},
		"nothing to ask": {"IMAP4rev1 AUTH=PLAIN SASL-IR SPECIAL-USE XLIST", nil, "", map[string]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			conn := open(t, func(s *script) {
				s.loginWith(test.offered)
				s.answer(`LIST "" "*"`, `* LIST () "/" INBOX`, `* LIST () "/" "Envoy&AOk-s"`, `* LIST () "/" Sent`)
				for _, q := range test.questions {
					tag, _ := s.hear(q.asked)
					s.say(append(q.data, tag+" "+q.answer+" done")...)
				}
			}, func(c *Config) { c.List = true })
			got := map[string]string{}
			for _, m := range conn.Mailboxes() {
				if m.ObjectID != "" {
					got[m.Name] = m.ObjectID
				}
				if m.Name == "Sent" {
					require.Equal(t, test.attributes, strings.Join(m.Attributes, " "))
				}
			}
			require.Equal(t, test.ids, got)
			require.Len(t, conn.Mailboxes(), 3)
		})
	}
}

func TestListRefused(t *testing.T) {
	for answer, code := range map[string]string{"NO [UNAVAILABLE] no": "imap.unavailable", "BAD no": "imap.refused"} {
		srv := serve(t, func(s *script) {
			s.login()
			tag, _ := s.hear("LIST")
			s.say(`* LIST () "/" INBOX`, tag+" "+answer)
			s.hear()
		})
		cfg := srv.config()
		cfg.List = true
		_, err := Open(t.Context(), cfg)
		require.Equal(t, code, storage.CauseCode(err))
	}
}

func TestListUnreadable(t *testing.T) {
	conn := open(t, func(s *script) {
		s.login()
		s.answer("LIST", `* LIST () "/" INBOX`, `* LIST () "/" "no end`, `* LIST ( \x`, `* LIST () "/" "kept"`, `* LIST (\Noselect) "/" ""`)
	}, func(c *Config) { c.List = true })
	require.Len(t, conn.Mailboxes(), 2)
	require.Equal(t, 2, conn.Unreadable())
}

func TestNamespaces(t *testing.T) {
	conn := open(t, func(s *script) {
		s.loginWith("IMAP4rev1 AUTH=PLAIN SASL-IR NAMESPACE")
		s.answer("NAMESPACE", `* NAMESPACE (("INBOX." ".")("&AOk-/" "/" "X-PARAM" ("FLAG1" ")"))) NIL (("shared/" NIL)("" "/"))`)
		s.answer("LIST")
	}, func(c *Config) { c.List = true })
	require.Equal(t, Namespaces{
		Personal: []Namespace{{"INBOX.", "INBOX.", "."}, {"é/", "&AOk-/", "/"}},
		Shared:   []Namespace{{"shared/", "shared/", ""}, {"", "", "/"}},
	}, conn.Namespaces())
	for _, odd := range []string{"", "NIL", "NIL NIL NIL", "(", "((", `(("a`, `(("a" `, `(("a" "/"`, strings.Repeat("(", 1000), `(("a" "//")) nil`} {
		require.Empty(t, parseNamespaces([]byte(odd)).Personal[:0])
	}
	require.Len(t, parseNamespaces([]byte("("+strings.Repeat(`("" "/")`, 1000)+")")).Personal, namespacesMax)
}

// Names that a client would not write as the server does are translated both ways; the caller uses Name throughout.
func TestNamesInTheSession(t *testing.T) {
	for raw, wire := range map[string]string{
		"R&D":                      `"R&D"`,
		"Envoyés":                  `"Envoyés"`,
		"Envoy\xe9s":               "\"Envoy\xe9s\"",
		`a "b" \c`:                 `"a \"b\" \\c"`,
		"a&b-c":                    `"a&b-c"`,
		"Envoy&AOk-s":              `"Envoy&AOk-s"`,
		"plain":                    `"plain"`,
		"&AGE-":                    `"&AGE-"`, // base64 of what should stand for itself
		"Inbox":                    `INBOX`,
		"Inbox/Sub":                `"Inbox/Sub"`,
		strings.Repeat("é", 500):   `"` + strings.Repeat("é", 500) + `"`,
		"\u202eevil\u202c":         "\"\u202eevil\u202c\"",
		"broken &2D0- surrogate":   `"broken &2D0- surrogate"`,
		"tab\there":                "\"tab\there\"",
		"&":                        `"&"`,
		"&-":                       `"&-"`,
		"&&-":                      `"&&-"`,
		"{5}":                      `"{5}"`,
		"T1 SELECT":                `"T1 SELECT"`,
		"&JjoqKCpoKmkqbCrlKuYq5w-": `"&JjoqKCpoKmkqbCrlKuYq5w-"`,
	} {
		t.Run(raw[:min(len(raw), 20)], func(t *testing.T) {
			conn := open(t, func(s *script) {
				s.login()
				s.answer("LIST", "* LIST () \"/\" {"+fmt.Sprint(len(raw))+"}\r\n"+raw)
				s.answer("SELECT " + wire)
				s.answer("STATUS "+wire, "* STATUS "+wire+" (MESSAGES 5)")
				s.answer("STATUS "+wire, "* STATUS {"+fmt.Sprint(len(raw))+"}\r\n"+raw+" (MESSAGES 6)")
				s.answer("UID COPY 7 " + wire)
				s.answer(`UID SEARCH TEXT "`)
				tag, _ := s.hear("APPEND " + wire + " {5+}")
				s.line()
				s.say(tag + " OK done")
				s.answer("LIST", "* LIST () \"/\" "+wire)
				s.hear()
			}, func(c *Config) { c.List = true })
			require.Len(t, conn.Mailboxes(), 1)
			name := conn.Mailboxes()[0].Name
			require.True(t, utf8.ValidString(name))
			_, err := conn.Client().Select(name, nil).Wait()
			require.NoError(t, conn.Classify(err))
			for _, want := range []uint32{5, 6} {
				data, err := conn.Client().Status(name, &imap.StatusOptions{NumMessages: true}).Wait()
				require.NoError(t, err)
				require.NotNil(t, data.NumMessages)
				require.Equal(t, want, *data.NumMessages)
			}
			_, err = conn.Client().Copy(imap.UIDSetNum(7), name).Wait()
			require.NoError(t, err)
			_, err = conn.Client().UIDSearch(&imap.SearchCriteria{Text: []string{encodeName(name)[:1]}}, nil).Wait()
			require.NoError(t, err)
			cmd := conn.Client().Append(name, 5, nil)
			_, err = cmd.Write([]byte("hello"))
			require.NoError(t, err)
			require.NoError(t, cmd.Close())
			_, err = cmd.Wait()
			require.NoError(t, err)
			listed, err := conn.Client().List("", "*", nil).Collect()
			require.NoError(t, err)
			require.Equal(t, name, listed[0].Mailbox)
		})
	}
}

// STATUS is found again when the server writes the name in another case or spelling (trap 8).
func TestStatusInAnotherSpelling(t *testing.T) {
	for asked, told := range map[string]string{
		"Sent": `"SENT"`, "INBOX": "Inbox", "Envoyés": `"Envoyés"`, "ÉTÉ": `"&AOk-t&AOk-"`, "a(b)": `a(b)`, "x": `"x" `,
	} {
		conn := open(t, func(s *script) {
			s.login()
			s.answer("STATUS", "* STATUS "+told+" (MESSAGES 5 UIDNEXT 7 X-ODD (1 2) HIGHESTMODSEQ 9)")
		})
		data, err := conn.Client().Status(asked, &imap.StatusOptions{NumMessages: true, UIDNext: true}).Wait()
		require.NoError(t, conn.Classify(err))
		require.NotNil(t, data.NumMessages, asked)
		require.Equal(t, uint32(5), *data.NumMessages)
		require.Equal(t, imap.UID(7), data.UIDNext)
		require.Equal(t, uint64(9), data.HighestModSeq)
	}
}

// A server that speaks IMAP4rev2 only writes names in UTF-8 and wants them so.
func TestRev2Names(t *testing.T) {
	conn := open(t, func(s *script) {
		s.loginWith("IMAP4rev2 AUTH=PLAIN")
		s.answer("NAMESPACE", `* NAMESPACE (("" "/")) NIL NIL`)
		s.answer(`LIST "" "*"`, `* LIST () "/" "Büro & Co"`)
		s.answer(`LIST "" "*" RETURN (SPECIAL-USE)`, `* LIST () "/" "Büro & Co"`)
		s.answer(`SELECT "Büro & Co"`)
		s.answer("UID SEARCH", "* ESEARCH (TAG \"T2\") UID ALL 3,5:7")
	}, func(c *Config) { c.List = true })
	for _, capability := range []string{"IMAP4rev2", "UIDPLUS", "move", "ESEARCH", "LITERAL-", "SPECIAL-USE"} {
		require.True(t, conn.Has(capability), capability)
	}
	_, err := conn.Client().Select("Büro & Co", nil).Wait()
	require.NoError(t, conn.Classify(err))
	data, err := conn.Client().UIDSearch(&imap.SearchCriteria{}, nil).Wait()
	require.NoError(t, err)
	require.Equal(t, []imap.UID{3, 5, 6, 7}, data.AllUIDs())
}

// A connection without List translates the names that another one listed.
func TestNamesFromAnotherConnection(t *testing.T) {
	conn := open(t, func(s *script) { s.login(); s.answer(`SELECT "R&D"`) },
		func(c *Config) { c.Mailboxes = []Listed{{Name: "R&D", Raw: "R&D"}} })
	_, err := conn.Client().Select("R&D", nil).Wait()
	require.NoError(t, conn.Classify(err))
}

func TestTwoSpellingsOfOneName(t *testing.T) {
	l := &listing{seen: map[string]int{}}
	for _, raw := range []string{`"R&D"`, `"R&-D"`, `"Envoyés"`, "\"Envoy\xe9s\"", `"Envoy&AOk-s"`, `Inbox`, `INBOX`} {
		l.add([]byte(`LIST () "/" ` + raw))
	}
	names := map[string]string{}
	for _, m := range l.named() {
		require.NotContains(t, names, m.Name)
		names[m.Name] = m.Raw
	}
	require.Equal(t, "R&-D", names["R&D"])
	require.Equal(t, "Envoy&AOk-s", names["Envoyés"])
	require.Len(t, names, 7)
}

// What encodeName writes is what go-imap writes, or the translation would not find it.
func TestEncodeNameIsTheLibrarysSpelling(t *testing.T) {
	names := []string{"a", "R&D", "é", "日本", "😀x😀", "a&é&b", "~ \"\\", "é\x01\x7f", "\u00a0", "&&", "é&", "\ufffd"}
	heard := make(chan string, 1)
	conn := open(t, func(s *script) {
		s.login()
		for {
			tag, rest := s.hear("SELECT ")
			heard <- strings.TrimPrefix(rest, "SELECT ")
			s.say(tag + " NO")
		}
	})
	for _, name := range names {
		_, _ = conn.Client().Select(name, nil).Wait()
		require.Equal(t, quote(encodeName(name)), <-heard)
	}
}

// FuzzList holds for any server: no panic, names that are bounded, valid and can be sent back.
func FuzzList(f *testing.F) {
	for _, seed := range []string{
		`LIST (\Sent) "/" "Envoy&AOk-s"`, `LIST () NIL R&D`, "LIST () \"/\" {3}\r\nabc (\"X\" (1 2))", `LIST () "\" "a "b" c"`, "LIST () \"\\\\\" \xff",
		`list nil nil nil`, `LIST ((((`, `LIST () "/" Foo (CHILDINFO ("X"))`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		l := &listing{seen: map[string]int{}}
		l.add(data)
		mailboxes := l.named()
		parseNamespaces(data)
		if len(mailboxes) == 0 {
			return
		}
		m := mailboxes[0]
		require.True(t, utf8.ValidString(m.Name))
		require.NotEmpty(t, m.Name)
		require.LessOrEqual(t, len(m.Raw), nameMax)
		require.NotContains(t, m.Raw, "\n")
		again, ok := (&cursor{b: []byte(quote(m.Raw))}).quoted()
		require.True(t, ok)
		require.Equal(t, m.Raw, again)
		spelled := encodeName(m.Name)
		sent := spelled
		if raw, ok := newTranslation(mailboxes).toServer[spelled]; ok {
			sent = raw
		}
		if spelled != "INBOX" {
			require.Equal(t, m.Raw, sent)
		}
	})
}
