package mimemail

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm/internal/testservers"
)

// TestPathsAreSections asks Dovecot for the structure of mails of the corpora and of a made one: where we saw no defect, each leaf has the
// path and the type that Dovecot gives it, but for Content-Types that are none (19 of 20 mails), and what Dovecot gives for that section decodes to what [OpenPart] opens.
func TestPathsAreSections(t *testing.T) {
	server := testservers.Mail(t)
	user := server.Users()[0]
	raws := []string{multipartOf("mixed", "m", multipartOf("related", "r", multipartOf("alternative", "a", plainPart, htmlPart), logoPart), filePart, mailPart)}
	names := []string{"made"}
	count := 0
	mails(t, func(name string, raw []byte) {
		count++
		if bytes.HasPrefix(raw, []byte("From ")) {
			_, raw, _ = bytes.Cut(raw, []byte("\n"))
		}
		switch corpus, _, _ := strings.Cut(name, "/"); {
		case len(raw) == 0 || bytes.IndexByte(raw, 0) >= 0:
		case corpus == "stalwart-mail-parser", corpus == "enmime", corpus == "mime4j", corpus == "roundcube", corpus == "mikel-mail", count%20 == 0:
			raws, names = append(raws, strings.ReplaceAll(strings.ReplaceAll(string(raw), "\r\n", "\n"), "\n", "\r\n")), append(names, name)
		}
	})
	for _, raw := range raws {
		require.NoError(t, server.Append(user.Name, "INBOX", testservers.Message{Raw: []byte(raw)}))
	}
	client, err := imapclient.DialTLS(server.At(server.IMAPSPort), &imapclient.Options{TLSConfig: &tls.Config{RootCAs: server.CA, MinVersion: tls.VersionTLS12}})
	require.NoError(t, err)
	defer func() { require.NoError(t, client.Close()) }()
	require.NoError(t, client.Login(user.Address, user.Password).Wait())
	selected, err := client.Select("INBOX", nil).Wait()
	require.NoError(t, err)
	require.EqualValues(t, len(raws), selected.NumMessages)
	found, err := client.Fetch(imap.SeqSet{{Start: 1, Stop: 0}}, &imap.FetchOptions{BodyStructure: &imap.FetchItemBodyStructure{}}).Collect()
	require.NoError(t, err)

	same, marked, other, leaves := 0, 0, 0, 0
	for i, f := range found {
		var theirs []string
		var sections []*imap.BodyStructureSinglePart
		var paths [][]int
		f.BodyStructure.Walk(func(path []int, part imap.BodyStructure) bool {
			if leaf, ok := part.(*imap.BodyStructureSinglePart); ok {
				theirs = append(theirs, fmt.Sprintf("%s %s", strings.Trim(strings.ReplaceAll(fmt.Sprint(path), " ", "."), "[]"), leaf.MediaType()))
				sections, paths = append(sections, leaf), append(paths, slices.Clone(path))
			}
			return true
		})
		m, err := Parse(strings.NewReader(raws[i]), nil)
		require.NoError(t, err)
		var ours []string
		for _, p := range m.Parts {
			if !strings.Contains(names[i], "tnef") || strings.Count(p.Path, ".") == 0 {
				ours = append(ours, p.Path+" "+p.MediaType)
			}
		}
		if !strings.EqualFold(strings.Join(ours, "\n"), strings.Join(theirs, "\n")) {
			if len(m.Defects) == 0 {
				other++
				t.Logf("%s: ours %v theirs %v", names[i], ours, theirs)
			} else {
				marked++
			}
			continue
		}
		same++
		if i%10 > 0 || len(m.Defects) > 0 {
			continue
		}
		for n := range paths {
			leaves++
			section := &imap.FetchItemBodySection{Part: paths[n], Peek: true}
			got, err := client.Fetch(imap.SeqSetNum(f.SeqNum), &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{section}}).Collect()
			require.NoError(t, err)
			_, r, err := OpenPart(strings.NewReader(raws[i]), m.Parts[n].Path)
			require.NoError(t, err)
			want, err := io.ReadAll(r)
			require.NoError(t, err)
			require.Equal(t, string(want), decoded(t, got[0].FindBodySection(section), sections[n].Encoding), "%s %s", names[i], m.Parts[n].Path)
		}
	}
	t.Logf("%d mails, %d alike, %d of those that differ are marked, %d are not; %d sections compared", len(raws), same, marked, other, leaves)
	require.Less(t, other, len(raws)/20)
	require.Greater(t, leaves, 20)
}

// decoded undoes a transfer encoding as [OpenPart] does.
func decoded(t *testing.T, octets []byte, encoding string) string {
	kind, _ := parseTransfer(encoding)
	got, err := io.ReadAll(newDecoder(kind, bytes.NewReader(octets), make([]byte, 4<<10), make([]byte, 0, 4<<10)))
	require.NoError(t, err)
	return string(got)
}
