package mailcrm_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/storage"
)

const marcAddress = "marc@demo.example"

// TestReplyRecipients: who gets an answer, to one and to all.
func TestReplyRecipients(t *testing.T) {
	const alias, cleo, dora = "sales@demo.example", "cleo@client.example", "dora@client.example"
	for _, c := range []struct {
		name, folder, headers string
		to, allTo, allCc      []string
		identity              string // that answers; default: Anna's own
	}{
		{
			name: "from a client", headers: "From: Ben <" + benAddress + ">\nTo: Anna <" + annaAddress + ">\n",
			to: []string{benAddress}, allTo: []string{benAddress},
		},
		{
			name: "from a client, with others", headers: "From: " + benAddress + "\nTo: " + cleo + ", ANNA@Demo.Example\nCc: " + dora + ", " + benAddress + "\n",
			to: []string{benAddress}, allTo: []string{benAddress, cleo}, allCc: []string{dora},
		},
		{
			name: "Reply-To", headers: "From: " + benAddress + "\nReply-To: " + cleo + ", " + dora + "\nTo: " + annaAddress + "\n",
			to: []string{cleo, dora}, allTo: []string{cleo, dora},
		},
		{
			name: "a Reply-To that is no address", headers: "From: " + benAddress + "\nReply-To: nobody\nTo: " + annaAddress + "\n",
			to: []string{benAddress}, allTo: []string{benAddress},
		},
		{
			name: "to an identity", headers: "From: " + benAddress + "\nTo: " + cleo + "\nCc: " + alias + "\n",
			to: []string{benAddress}, allTo: []string{benAddress, cleo}, identity: alias,
		},
		{
			name: "from a colleague, with a client", headers: "From: " + marcAddress + "\nTo: " + annaAddress + ", " + benAddress + "\n",
			to: []string{marcAddress}, allTo: []string{marcAddress, benAddress},
		},
		{
			name: "from a client, with a colleague", headers: "From: " + benAddress + "\nTo: " + annaAddress + "\nCc: " + marcAddress + "\n",
			to: []string{benAddress}, allTo: []string{benAddress}, allCc: []string{marcAddress},
		},
		{
			name: "own sent mail", folder: "Sent", headers: "From: " + annaAddress + "\nTo: " + benAddress + ", " + cleo + "\nCc: " + dora + ", " + alias + "\n",
			to: []string{benAddress, cleo}, allTo: []string{benAddress, cleo}, allCc: []string{dora},
		},
		{
			name: "own mail in an own folder, with a Reply-To", folder: "Clients", headers: "From: " + alias + "\nReply-To: " + annaAddress + "\nTo: " + benAddress + "\n",
			to: []string{benAddress}, allTo: []string{benAddress}, identity: alias,
		},
		{
			name: "sent under an address that is no identity", folder: "Sent", headers: "From: old@demo.example\nTo: " + benAddress + "\n",
			to: []string{benAddress}, allTo: []string{benAddress},
		},
		{
			name: "to oneself", headers: "From: " + annaAddress + "\nTo: " + annaAddress + "\n",
			to: []string{annaAddress}, allTo: []string{annaAddress},
		},
		{
			name: "from nobody", headers: "To: " + annaAddress + "\n",
		},
		{
			name: "in a group", headers: "From: " + benAddress + "\nTo: undisclosed-recipients:;\n",
			to: []string{benAddress}, allTo: []string{benAddress},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, mailcrmtest.ServerOptions{Users: []mailcrmtest.User{{Address: marcAddress, Password: password}}}, nil)
			in := w.input()
			in.Identities = []mailcrm.Identity{{Address: annaAddress, Default: true}, {Address: alias}}
			marc := w.input()
			marc.Address = marcAddress
			_, err := w.client.As(storage.Actor{Agent: "marc"}).Accounts.Create(t.Context(), marc)
			require.NoError(t, err)
			raw := strings.ReplaceAll(c.headers+"Subject: x\nDate: Tue, 24 Nov 2026 08:00:00 +0000\nMessage-ID: <x@x>\n\nx\n", "\n", "\r\n")
			folder := c.folder
			if folder == "" {
				folder = "INBOX"
			}
			w.put(annaAddress, folder, raw)
			if strings.HasPrefix(c.headers, "From: "+marcAddress) {
				w.put(marcAddress, "Sent", raw)
			}
			account := w.account(in)
			page, err := w.anna.Messages.List(t.Context(), mailcrm.MessageQuery{})
			require.NoError(t, err)
			require.Len(t, page.Items, 1)
			for _, all := range []bool{false, true} {
				draft, err := w.anna.Drafts.Reply(t.Context(), mailcrm.ReplyInput{Message: page.Items[0].ID, All: all})
				require.NoError(t, err)
				to, cc := c.to, []string(nil)
				if all {
					to, cc = c.allTo, c.allCc
				}
				require.Equal(t, to, plain(draft.To), "to, all: %v", all)
				require.Equal(t, cc, plain(draft.Cc), "cc, all: %v", all)
				require.Empty(t, draft.Bcc)
				require.Equal(t, account.ID, draft.Account)
				identity := draft.Identity
				for _, id := range account.Identities {
					if id.ID == identity || (identity == "" && id.Default) {
						identity = id.Address
					}
				}
				want := c.identity
				if want == "" {
					want = annaAddress
				}
				require.Equal(t, want, identity)
			}
			forward, err := w.anna.Drafts.Reply(t.Context(), mailcrm.ReplyInput{Message: page.Items[0].ID, Forward: true, All: true})
			require.NoError(t, err)
			require.Empty(t, plain(append(forward.To, forward.Cc...)))
		})
	}
}

func plain(list []mailcrm.Address) (out []string) {
	for _, a := range list {
		out = append(out, strings.ToLower(a.Address))
	}
	return out
}

func (w *world) put(address, folder, raw string) {
	w.t.Helper()
	require.NoError(w.t, w.server.Load(address, func(yield func(mailcrmtest.Mail) bool) {
		yield(mailcrmtest.Mail{Folder: folder, Raw: []byte(raw), Date: w.clock.Now()})
	}))
}

// TestReplyWithoutAccount: who reads a mail and cannot send is told what to do.
func TestReplyWithoutAccount(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	w.mail("one", "One")
	in := w.input()
	in.Members = []mailcrm.Member{{Agent: "reader", Rights: []mailcrm.Right{mailcrm.RightRead}}}
	w.account(in)
	_, err := w.client.As(storage.Actor{Agent: "reader"}).Drafts.Reply(t.Context(), mailcrm.ReplyInput{Message: w.list()[0].ID})
	requireField(t, err, "Account", "required")
}

// TestReplyFromHistory: a mail that lies in nobody's folder that one reads is answered from one's own account.
func TestReplyFromHistory(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{Users: []mailcrmtest.User{{Address: marcAddress, Password: password}}}, nil)
	w.mail("one", "One")
	w.account(w.input())
	marc := w.client.As(storage.Actor{Agent: "marc"})
	in := w.input()
	in.Address = marcAddress
	own, err := marc.Accounts.Create(t.Context(), in)
	require.NoError(t, err)
	draft, err := marc.Drafts.Reply(t.Context(), mailcrm.ReplyInput{Message: w.list()[0].ID, All: true})
	require.NoError(t, err)
	require.Equal(t, own.ID, draft.Account)
	require.Equal(t, []string{benAddress, annaAddress}, plain(draft.To), "Anna had it, and hears of the answer")
}

// TestQuote: the signature stands before the mail answered; neither of them is merged.
func TestQuote(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	require.NoError(t, w.crm.SetFields(w.ben, map[string]storage.Value{"phone": storage.Text("+33 1 SECRET")}))
	w.mail("one", "{{{ contact.phone }} {% if contact.phone %}x{% endif %}", "> earlier\r\n\r\n{{ contact.phone }} {% assign x = 1 %} <script>alert(1)</script>\r\n")
	in := w.input()
	in.Identities = []mailcrm.Identity{{Address: annaAddress, Name: "Anna Petit", Signature: "<p>Anna {{ contact.phone }}<br>Sales</p>", Default: true}}
	w.account(in)
	for _, c := range []struct {
		name, locale, html, text string
		intro                    string
	}{
		{name: "HTML", locale: "en", html: "<html><body><p>Dear {{ contact.first_name }}</p></body></html>", intro: "On "},
		{name: "HTML, in French", locale: "fr", html: "<p>Cher {{ contact.first_name }}</p>", intro: "Le "},
		{name: "HTML with its own text", locale: "en", html: "<p>Dear {{ contact.first_name }}</p>", text: "Dear {{ contact.first_name }} in text\n", intro: "On "},
		{name: "text", locale: "en", text: "Dear {{ contact.first_name }}\n\n\n", intro: "On "},
	} {
		t.Run(c.name, func(t *testing.T) {
			actor := w.anna.Actor()
			actor.Locale, actor.Zone = c.locale, "Europe/Paris"
			anna := w.client.As(actor)
			draft, err := anna.Drafts.Reply(t.Context(), mailcrm.ReplyInput{Message: w.list()[0].ID})
			require.NoError(t, err)
			require.Equal(t, w.ben, draft.Entity)
			change := draft.DraftInput
			change.HTML, change.Text = c.html, c.text
			_, err = anna.Drafts.Update(t.Context(), change)
			require.NoError(t, err)
			got, err := anna.Drafts.Preview(t.Context(), draft.ID)
			require.NoError(t, err)
			require.Empty(t, got.Problems)
			require.NotContains(t, got.Subject+got.HTML+got.Text, "SECRET", "what others wrote is not merged, nor is a signature")
			require.Contains(t, got.Text, "{{ contact.phone }}")
			require.Contains(t, got.Text, "Anna {{ contact.phone }}\nSales")
			inOrder(t, got.Text, "Ben", "Sales", c.intro, "Ben Client", "\n> Hello Anna", "\n>> earlier")
			if c.html == "" {
				require.Empty(t, got.HTML)
				inOrder(t, got.Text, "Dear Ben\n\n-- \nAnna")
				return
			}
			require.NotContains(t, got.HTML, "<script")
			inOrder(t, got.HTML, "Ben</p>", `<div class="signature">`, "Sales", c.intro, "Ben Client", "<blockquote", "Hello Anna", "&gt; earlier", "&lt;script&gt;", "</blockquote>")
			if strings.Contains(c.html, "</body>") {
				require.True(t, strings.HasSuffix(got.HTML, "</blockquote></body></html>"), got.HTML)
			}
			if c.text != "" {
				require.Contains(t, got.Text, "Dear Ben in text\n\n-- \nAnna")
			}
		})
	}
	t.Run("not quoted", func(t *testing.T) {
		draft, err := w.anna.Drafts.Reply(t.Context(), mailcrm.ReplyInput{Message: w.list()[0].ID})
		require.NoError(t, err)
		change := draft.DraftInput
		change.Quote, change.Text = false, "Short."
		_, err = w.anna.Drafts.Update(t.Context(), change)
		require.NoError(t, err)
		got, err := w.anna.Drafts.Preview(t.Context(), draft.ID)
		require.NoError(t, err)
		require.NotContains(t, got.Text, "Hello Anna")
		require.Contains(t, got.Text, "Sales")
	})
}

// inOrder says that words stand in a text, one after the other.
func inOrder(t *testing.T, text string, words ...string) {
	t.Helper()
	at := 0
	for _, word := range words {
		i := strings.Index(text[at:], word)
		require.GreaterOrEqual(t, i, 0, "%q after %q in\n%s", word, text[:at], text)
		at += i + len(word)
	}
}

// TestReplyThread: an answer belongs to its conversation, at the other end too; what is forwarded begins no answer.
func TestReplyThread(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	w.raw("From: " + benAddress + "\r\nTo: " + annaAddress + "\r\nSubject: x\r\nDate: Tue, 24 Nov 2026 08:00:00 +0000\r\nMessage-ID: <three@client.example>\r\n" +
		"In-Reply-To: <two@client.example>\r\nReferences: <one@client.example>\r\n <two@client.example>\r\n\r\nx\r\n")
	w.account(w.input())
	for i, forward := range []bool{false, true} {
		draft, err := w.anna.Drafts.Reply(t.Context(), mailcrm.ReplyInput{Message: w.list()[0].ID, Forward: forward})
		require.NoError(t, err)
		change := draft.DraftInput
		change.Text, change.To = "Yes.", []mailcrm.Address{{Address: benAddress}}
		_, err = w.anna.Drafts.Update(t.Context(), change)
		require.NoError(t, err)
		_, err = w.anna.Drafts.Send(t.Context(), mailcrm.SendInput{ID: draft.ID})
		require.NoError(t, err)
		w.work()
		raw := string(w.server.Delivered()[i].Raw)
		head, _, _ := strings.Cut(strings.ReplaceAll(raw, "\r\n ", " "), "\r\n\r\n")
		require.Regexp(t, `(?m)^References: <one@client\.example>\s+<two@client\.example>\s+<three@client\.example>\s+<mc\.`, head)
		require.Equal(t, !forward, strings.Contains(head, "In-Reply-To: <three@client.example>"), head)
	}
}

// TestForwardAttachments: a mail that is forwarded takes its attachments along.
func TestForwardAttachments(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	w.raw(multi("mixed", part{textPart, "See the offer."},
		part{"Content-Type: application/pdf; name=\"offer.pdf\"\r\nContent-Disposition: attachment\r\nContent-Transfer-Encoding: base64", "aGVsbG8="},
		part{"Content-Type: text/csv\r\nContent-Disposition: attachment; filename*=utf-8''pri%C3%A8res.csv", "a;b"}))
	w.account(w.input())
	id := w.list()[0].ID
	answer, err := w.anna.Drafts.Reply(t.Context(), mailcrm.ReplyInput{Message: id})
	require.NoError(t, err)
	require.Empty(t, answer.Attachments, "who wrote has them")
	draft, err := w.anna.Drafts.Reply(t.Context(), mailcrm.ReplyInput{Message: id, Forward: true})
	require.NoError(t, err)
	var got []string
	for _, a := range draft.Attachments {
		got = append(got, fmt.Sprint(a.Name, " ", a.Type, " ", a.Size))
	}
	require.Equal(t, []string{"offer.pdf application/pdf 5", "prières.csv text/csv 3"}, got)
	draft, err = w.anna.Drafts.Detach(t.Context(), draft.ID, draft.Attachments[1].ID)
	require.NoError(t, err)
	change := draft.DraftInput
	change.Text, change.To = "For you.", []mailcrm.Address{{Address: "dora@client.example"}}
	_, err = w.anna.Drafts.Update(t.Context(), change)
	require.NoError(t, err)
	_, err = w.anna.Drafts.Send(t.Context(), mailcrm.SendInput{ID: draft.ID})
	require.NoError(t, err)
	w.work()
	raw := string(w.server.Delivered()[0].Raw)
	require.Contains(t, raw, "offer.pdf")
	require.Contains(t, raw, "aGVsbG8=")
	require.Contains(t, raw, "See the offer.")
	require.NotContains(t, raw, ".csv")
}
