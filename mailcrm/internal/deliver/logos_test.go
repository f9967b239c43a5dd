package deliver

import (
	"encoding/base64"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/mailcrm/internal/store/reader"
	"github.com/mailcrm/sdk/storage"
)

// carrying is a mail with a text and further parts, each a media type and its octets.
func carrying(l letter, parts ...[2]string) string {
	l.more += "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=bound\n"
	l.text = "--bound\nContent-Type: text/plain\n\nThe offer of " + l.id + " that you asked for.\n"
	for _, p := range parts {
		l.text += fmt.Sprintf("--bound\nContent-Type: %s; name=\"Acme 2026\"\nContent-Disposition: attachment\nContent-Transfer-Encoding: base64\n\n%s\n", p[0], base64.StdEncoding.EncodeToString([]byte(p[1])))
	}
	l.text += "--bound--"
	return l.String()
}

var (
	logo  = [2]string{"image/png", "the logo of a company"}
	photo = [2]string{"image/jpeg", "what somebody saw"}
	offer = [2]string{"application/pdf", "%PDF"}
)

// clip is whether a message is shown with a paper clip, and the paths of its logos.
func (o *office) clip(tenant storage.Tenant, message string) (bool, []string) {
	o.t.Helper()
	row, err := reader.New(o.db).Message(o.t.Context(), tenant, message)
	require.NoError(o.t, err)
	return row.Message.HasAttachments, row.Message.Facts.Logos
}

func (o *office) attached(message string) {
	o.t.Helper()
	clip, logos := o.clip("", message)
	require.True(o.t, clip)
	require.Empty(o.t, logos)
}

func (o *office) logo(message string) {
	o.t.Helper()
	clip, logos := o.clip("", message)
	require.False(o.t, clip)
	require.Equal(o.t, []string{"2"}, logos)
}

// TestLogos: a small picture that came with two earlier mails of a company is its logo, whoever of it writes, and in whatever chunks they come.
func TestLogos(t *testing.T) {
	each(t, func(o *office) {
		first, second := carrying(letter{id: "1", from: benAddress, to: annaAddress}, logo), carrying(letter{id: "2", from: cleoAddress, to: annaAddress}, logo)
		for range 2 {
			o.attached(o.one(o.anna, "inbox", first))
		}
		o.attached(o.one(o.marc, "inbox", first)) // the same mail does not count twice
		o.attached(o.one(o.anna, "archive", first))
		o.one(o.anna, "drafts", carrying(letter{id: "draft", from: benAddress, to: annaAddress}, logo))
		o.one(o.anna, "junk", carrying(letter{id: "junk", from: benAddress, to: annaAddress}, logo))
		o.attached(o.one(o.anna, "inbox", carrying(letter{id: "photo", from: benAddress, to: annaAddress}, photo)))
		o.attached(o.one(o.anna, "inbox", second))
		chunk := o.arrive(o.anna, "inbox",
			carrying(letter{id: "3", from: "Ben <BEN@Client.Example>", to: annaAddress}, logo),
			carrying(letter{id: "4", from: benAddress, to: annaAddress}, logo, logo),
			carrying(letter{id: "5", from: benAddress, to: annaAddress}, logo, offer),
			carrying(letter{id: "6", from: benAddress, to: annaAddress}, photo, logo),
			carrying(letter{id: "7", from: "ben@client.example.org", to: annaAddress}, logo),
			carrying(letter{id: "8", to: annaAddress}, logo),
		)
		o.logo(chunk[0])
		clip, logos := o.clip("", chunk[1])
		require.False(o.t, clip)
		require.Equal(o.t, []string{"2", "3"}, logos)
		clip, logos = o.clip("", chunk[2])
		require.True(o.t, clip, "there is the offer")
		require.Equal(o.t, []string{"2"}, logos)
		clip, logos = o.clip("", chunk[3])
		require.True(o.t, clip, "the photo came once before")
		require.Equal(o.t, []string{"3"}, logos)
		o.attached(chunk[4])
		o.attached(chunk[5])
		// What was shown as an attachment stays one.
		o.attached(o.one(o.marc, "inbox", second))

		other := o.account("other", "zoe", annaAddress)
		theirs := o.chunk(other, "inbox", carrying(letter{id: "9", from: benAddress, to: annaAddress}, logo))
		clip, logos = o.clip("other", o.deliver(theirs)[0])
		require.True(o.t, clip)
		require.Empty(o.t, logos)
	})
}

// TestLogosInOneChunk: the mails of a first synchronisation come together.
func TestLogosInOneChunk(t *testing.T) {
	each(t, func(o *office) {
		var raws []string
		for i := range 4 {
			raws = append(raws, carrying(letter{id: fmt.Sprint(i), from: benAddress, to: annaAddress}, logo))
		}
		ids := o.arrive(o.anna, "inbox", raws...)
		o.attached(ids[0])
		o.attached(ids[1])
		o.logo(ids[2])
		o.logo(ids[3])
	})
}

// TestLogosOfAConversation: what an earlier mail of the same conversation had, the answer only has again.
func TestLogosOfAConversation(t *testing.T) {
	each(t, func(o *office) {
		o.attached(o.one(o.anna, "inbox", carrying(letter{id: "a", from: benAddress, to: annaAddress}, logo)))
		o.attached(o.one(o.anna, "sent", carrying(letter{id: "b", from: annaAddress, to: benAddress, more: "In-Reply-To: <a>\n"}, logo)))
		o.logo(o.one(o.anna, "inbox", carrying(letter{id: "c", from: benAddress, to: annaAddress, more: "In-Reply-To: <b>\n"}, logo)))
		o.attached(o.one(o.anna, "inbox", carrying(letter{id: "d", from: benAddress, to: annaAddress, more: "In-Reply-To: <b>\n"}, photo)))
	})
}

// TestLogosStay: what was decided holds when more of the mail is read, when another copy comes, and when the sender's own copy comes first.
func TestLogosStay(t *testing.T) {
	each(t, func(o *office) {
		for i := range 2 {
			o.one(o.anna, "inbox", carrying(letter{id: fmt.Sprint(i), from: benAddress, to: annaAddress}, logo))
		}
		raw := carrying(letter{id: "x", from: benAddress, to: annaAddress}, logo)
		o.one(o.anna, "junk", raw) // of which the header is read
		chunk := o.chunk(o.anna, "inbox", raw)
		chunk.Mails[0].Kept = "text"
		o.logo(o.deliver(chunk)[0])
		chunk.Mails[0].Kept = "whole"
		o.logo(o.deliver(chunk)[0])
		o.logo(o.one(o.marc, "inbox", raw))

		for i := range 2 {
			o.one(o.marc, "sent", carrying(letter{id: fmt.Sprint("s", i), from: marcAddress, to: annaAddress}, logo))
		}
		raw = carrying(letter{id: "y", from: marcAddress, to: annaAddress}, logo)
		o.logo(o.one(o.marc, "sent", raw))
		o.logo(o.one(o.anna, "inbox", raw))
	})
}

// TestAttachedHere: what an agent attached with us is attached, also when the server shows the copy, and however often.
func TestAttachedHere(t *testing.T) {
	each(t, func(o *office) {
		for i := range 4 {
			raw := carrying(letter{id: fmt.Sprintf("q%d@demo.example", i), from: annaAddress, to: benAddress}, logo)
			mail := o.fetched(o.box(o.marc, "sent"), raw).Parsed // as it was made
			sub := &store.Submission{ID: o.db.NewID(""), Account: o.anna.ID, Agent: "anna", State: store.Accepted, MessageID: mail.MessageID, Created: o.db.Now()}
			o.write(func(tx *store.Tx) error {
				if err := o.desk.Queue(tx, o.anna, sub, mail); err != nil {
					return err
				}
				return tx.CreateSubmission(sub, []string{sub.MessageID})
			})
			o.attached(o.one(o.anna, "sent", raw))
		}
	})
}
