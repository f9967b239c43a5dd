package reports

import (
	"strings"

	"github.com/mailcrm/sdk/mailcrm/internal/mimemail"
)

// A List is what a mail says about the list it came through (RFC 2369, 2919, 8058). URIs are as stated: hostile until somebody looks.
type List struct {
	ID          string   // List-Id, lower case; empty when not stated
	Post        string   // mailto of List-Post; empty when nobody may write there, or not stated
	Unsubscribe []string // URIs of List-Unsubscribe, http, https and mailto alone, in order, at most 8
	// OneClick says that a POST of "List-Unsubscribe=One-Click" to the https URI unsubscribes (RFC 8058 §3.1). It holds only where the
	// mail is authenticated by a DKIM signature that covers the fields, which is not checked here.
	OneClick bool
	// Discussion says that people write to each other there: replies go to the list. Otherwise it is a newsletter.
	Discussion bool
}

func readList(m *mimemail.Message) *List {
	l := &List{ID: m.ListID}
	h := &m.Header
	for _, uri := range uris(h.Get("List-Post")) {
		if hasPrefixFold(uri, "mailto:") {
			l.Post = uri[len("mailto:"):]
			break
		}
	}
	l.Unsubscribe = uris(h.Get("List-Unsubscribe"))
	if strings.Contains(strings.ToLower(strings.ReplaceAll(h.Get("List-Unsubscribe-Post"), " ", "")), "list-unsubscribe=one-click") {
		for _, uri := range l.Unsubscribe {
			l.OneClick = l.OneClick || hasPrefixFold(uri, "https:")
		}
	}
	old := h.Get("Mailing-List") != "" || h.Get("X-Mailing-List") != "" || h.Get("X-BeenThere") != "" || h.Get("X-Mailman-Version") != "" ||
		h.Get("X-Majordomo-Version") != "" || h.Get("X-ML-Name") != ""
	l.Discussion = l.Post != "" || old || precedence(m) == "list" && len(l.Unsubscribe) == 0
	if l.ID == "" && !l.Discussion && len(l.Unsubscribe) == 0 && h.Get("List-Help") == "" && h.Get("List-Owner") == "" && h.Get("List-Archive") == "" {
		return nil
	}
	return l
}

func precedence(m *mimemail.Message) string {
	return strings.ToLower(strings.TrimSpace(m.Header.Get("Precedence")))
}

// isBulk says whether a mail went to many, list or not.
func isBulk(m *mimemail.Message) bool {
	switch precedence(m) {
	case "bulk", "list", "junk", "mass":
		return true
	}
	for _, f := range []string{"Feedback-ID", "X-Feedback-ID", "X-CSA-Complaints", "X-Campaign-ID", "X-CampaignID", "X-Campaign", "X-Mailer-Recptid", "X-Report-Abuse-To", "X-List-Unsubscribe"} {
		if m.Header.Get(f) != "" {
			return true
		}
	}
	return false
}

// uris are those between angle brackets (RFC 2369 §2), of the schemes that may be followed.
func uris(v string) []string {
	var out []string
	v = cut(v, 8<<10)
	for len(out) < 8 {
		i := strings.IndexByte(v, '<')
		if i < 0 {
			return out
		}
		j := strings.IndexByte(v[i:], '>')
		if j < 0 {
			return out
		}
		uri := clean(strings.Join(strings.Fields(v[i+1:i+j]), ""), MaxText)
		v = v[i+j+1:]
		if hasPrefixFold(uri, "mailto:") || hasPrefixFold(uri, "https:") || hasPrefixFold(uri, "http:") {
			out = append(out, uri)
		}
	}
	return out
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
