package api_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestMessages(t *testing.T) {
	s := start(t)
	c := s.as("jeanne")

	t.Run("a page of a hundred, with links", func(t *testing.T) {
		list := c.get("/messages?limit=100")
		found := items(list)
		require.GreaterOrEqual(t, len(found), 80)
		linked := 0
		last := time.Now()
		for _, m := range found {
			require.NotNil(t, m["links"], "never null")
			linked += min(1, len(m["links"].([]any)))
			at, err := time.Parse(time.RFC3339Nano, m["date"].(string))
			require.NoError(t, err)
			require.True(t, strings.HasSuffix(m["date"].(string), "Z"))
			require.False(t, at.After(last), "newest first")
			last = at
		}
		require.Greater(t, linked, 40)
	})
	t.Run("pages", func(t *testing.T) {
		whole := items(c.get("/messages?limit=200"))
		var ids []string
		for cursor := ""; ; {
			list := c.get("/messages?limit=7&cursor=" + cursor)
			for _, m := range items(list) {
				ids = append(ids, m["id"].(string))
			}
			if cursor = list["next_cursor"].(string); cursor == "" {
				break
			}
		}
		require.Len(t, ids, len(whole))
		for i, m := range whole {
			require.Equal(t, m["id"], ids[i])
		}
	})
	t.Run("search", func(t *testing.T) {
		contains := func(field, text string) func(map[string]any) bool {
			return func(m map[string]any) bool {
				switch v := m[field].(type) {
				case string:
					return strings.Contains(strings.ToLower(v), text)
				case []any:
					for _, a := range v {
						address := a.(map[string]any)
						name, _ := address["name"].(string)
						if strings.Contains(strings.ToLower(name+address["address"].(string)), text) {
							return true
						}
					}
				}
				return false
			}
		}
		flag := func(field string, want bool) func(map[string]any) bool {
			return func(m map[string]any) bool { return m[field] == want }
		}
		linked := func(want bool) func(map[string]any) bool {
			return func(m map[string]any) bool { return len(m["links"].([]any)) > 0 == want }
		}
		day := time.Now().AddDate(0, 0, -20).Format(time.DateOnly)
		yesterday := time.Now().AddDate(0, 0, -21).Format(time.DateOnly) // the zone is ahead of UTC
		for q, fits := range map[string]func(map[string]any) bool{
			"from:anke":                contains("from", "anke"),
			"from:anke.vogel@nordwind": contains("from", "anke.vogel@nordwind"),
			"to:camille":               func(m map[string]any) bool { return contains("to", "camille")(m) || contains("cc", "camille")(m) },
			"subject:alster":           contains("subject", "alster"),
			`subject:"hotel alster"`:   contains("subject", "hotel alster"),
			"has:attachment":           flag("has_attachments", true),
			"is:unread":                flag("seen", false),
			"is:read":                  flag("seen", true),
			"is:starred":               flag("flagged", true),
			"is:linked":                linked(true),
			"is:unlinked":              linked(false),
			"before:" + day:            func(m map[string]any) bool { return m["date"].(string) < day+"T23" },
			"after:" + day:             func(m map[string]any) bool { return m["date"].(string) > yesterday },
			"in:sent":                  func(m map[string]any) bool { return m["places"].([]any)[0].(map[string]any)["role"] == "sent" },
			"in:Clients/Nordwind": func(m map[string]any) bool {
				return m["places"].([]any)[0].(map[string]any)["name"] == "Clients/Nordwind"
			},
			"in:inbox is:unread from:sophie":  contains("from", "sophie"),
			"alster in:sent has:attachment":   flag("has_attachments", true),
			"is:linked from:anke subject:re:": contains("from", "anke"),
		} {
			found := items(c.get("/messages?limit=200&q=" + escape(q)))
			require.NotEmpty(t, found, q)
			for _, m := range found {
				require.True(t, fits(m), "%s found %v", q, m["subject"])
			}
		}
		before, after := len(items(c.get("/messages?limit=200&q=before:"+day))), len(items(c.get("/messages?limit=200&q=after:"+day)))
		require.Equal(t, len(items(c.get("/messages?limit=200"))), before+after, "a day belongs to after:, not to before:")
		require.Empty(t, items(c.get("/messages?q=zzzzqqqq")))
		for _, q := range []string{"is:blue", "has:feet", "before:yesterday", "after:2026-13-01"} {
			a := c.call("GET", "/messages?q="+q, nil).problem(http.StatusUnprocessableEntity, "invalid")
			require.Equal(t, "query.q", a.JSON["errors"].([]any)[0].(map[string]any)["location"])
		}
		c.call("GET", "/messages?q=in:nowhere", nil).problem(http.StatusNotFound, "not_found")
	})
	t.Run("folders and order", func(t *testing.T) {
		account := items(c.get("/accounts"))[0]["id"].(string)
		for _, f := range items(c.get("/accounts/" + account + "/folders")) {
			if f["selectable"] != true || f["total"].(float64) == 0 {
				continue
			}
			found := items(c.get("/messages?limit=200&folder=" + f["id"].(string)))
			require.Len(t, found, int(f["total"].(float64)), f["name"])
		}
		sizes := items(c.get("/messages?sort=size&order=asc&folder=inbox"))
		for i := 1; i < len(sizes); i++ {
			require.LessOrEqual(t, sizes[i-1]["size"], sizes[i]["size"])
		}
	})
	t.Run("what is refused", func(t *testing.T) {
		for _, query := range []string{"limit=0", "limit=201", "limit=x", "sort=colour", "order=up", "unknown=1", "q=" + strings.Repeat("a", 256), "cursor=!!!"} {
			c.call("GET", "/messages?"+query, nil).problem(http.StatusUnprocessableEntity, "invalid")
		}
		c.call("GET", "/messages/nothere", nil).problem(http.StatusNotFound, "not_found")
		c.call("GET", "/nowhere", nil).problem(http.StatusNotFound, "not_found")
		a := c.call("PATCH", "/messages", nil).problem(http.StatusMethodNotAllowed, "method_not_allowed")
		require.Contains(t, a.header.Get("Allow"), "GET")
		c.call("POST", "/messages/x:dance", nil).problem(http.StatusMethodNotAllowed, "method_not_allowed")
	})
	t.Run("reading changes nothing, opening does", func(t *testing.T) {
		id := c.find("is:unread in:inbox")["id"].(string)
		for _, path := range []string{"", "/raw", "/body", "/body?format=html", "/explain", "/links", "/attachments"} {
			c.call("GET", "/messages/"+id+path, nil).is(http.StatusOK)
		}
		require.Equal(t, false, c.get("/messages/" + id)["seen"])
		require.Equal(t, true, c.post(200, "/messages/"+id+":open", nil)["seen"])
		require.Equal(t, true, c.get("/messages/" + id)["seen"])
	})
}

func TestContents(t *testing.T) {
	s := start(t)
	c := s.as("jeanne")
	m := c.get("/messages/" + c.find("has:attachment in:inbox")["id"].(string))
	id := m["id"].(string)

	raw := c.call("GET", "/messages/"+id+"/raw", nil).is(http.StatusOK)
	require.Equal(t, "message/rfc822", raw.header.Get("Content-Type"))
	onServer, err := s.demo.Mail.Mails("jeanne.martin@demo.example", "INBOX")
	require.NoError(t, err)
	same := 0
	for _, stored := range onServer {
		if bytes.Equal(stored.Raw, raw.body) {
			same++
		}
	}
	require.Equal(t, 1, same, "the bytes are those of the server")

	attachments := m["attachments"].([]any)
	require.Equal(t, len(attachments), len(items(c.get("/messages/"+id+"/attachments"))))
	first := attachments[0].(map[string]any)
	part := c.call("GET", strings.TrimPrefix(first["url"].(string), "/api/v1"), nil).is(http.StatusOK)
	require.NotEmpty(t, part.body)
	require.Equal(t, "application/octet-stream", part.header.Get("Content-Type"))
	require.Contains(t, part.header.Get("Content-Disposition"), "attachment")
	c.call("GET", "/messages/"+id+"/attachments/99", nil).problem(http.StatusNotFound, "not_found")

	body := c.call("GET", "/messages/"+id+"/body?format=html", nil).is(http.StatusOK)
	require.Contains(t, body.header.Get("Content-Type"), "text/html")
	require.Contains(t, body.header.Get("Content-Security-Policy"), "sandbox")
	require.NotContains(t, string(body.body), "<script")
	text := c.call("GET", "/messages/"+id+"/body", nil).is(http.StatusOK)
	require.Equal(t, "text/plain; charset=utf-8", text.header.Get("Content-Type"))
	require.Equal(t, m["text"], string(text.body))
	c.call("GET", "/messages/nothere/body?format=html", nil).problem(http.StatusNotFound, "not_found")
}
