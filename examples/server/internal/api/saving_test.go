package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAttachmentsAreSaved(t *testing.T) {
	s := start(t)
	c := s.as("jeanne")
	m := c.find("from:lars has:attachment")
	id := m["id"].(string)
	whole := c.get("/messages/" + id)
	first := whole["attachments"].([]any)[0].(map[string]any)
	path := "/messages/" + id + "/attachments/" + first["path"].(string) + ":save"
	lars := map[string]any{"kind": "contact", "id": "lars"}

	saved := c.post(http.StatusCreated, path, map[string]any{"entity": lars, "new_folder": "Photos", "name": "Rayure 214.jpg"})
	document := saved["document"].(map[string]any)
	require.Equal(t, "Rayure 214.jpg", document["name"])
	again := c.post(http.StatusCreated, path, map[string]any{"entity": lars, "new_folder": "Photos", "name": "Rayure 214.jpg"})
	require.Equal(t, saved, again, "asked twice, there once")
	inside := items(c.get("/documents?kind=contact&id=lars&folder=" + escape(saved["folder"].(string))))
	require.Len(t, inside, 1)
	require.Equal(t, document, inside[0])
	got := c.call("GET", "/documents/"+escape(document["id"].(string))+"/content?kind=contact&id=lars", nil).is(http.StatusOK)
	require.Equal(t, `attachment; filename="Rayure 214.jpg"`, got.header.Get("Content-Disposition"))
	require.Equal(t, "nosniff", got.header.Get("X-Content-Type-Options"))
	require.NotEmpty(t, got.body)
	c.post(http.StatusCreated, path, map[string]any{"space": "private"})
	require.Len(t, items(c.get("/documents?space=private")), 1)
	require.Empty(t, items(s.as("marc").get("/documents?space=private")))

	for name, bad := range map[string]struct {
		path   string
		body   map[string]any
		status int
		code   string
	}{
		"no tree":        {path, map[string]any{}, 422, "invalid"},
		"two trees":      {path, map[string]any{"entity": lars, "space": "common"}, 422, "invalid"},
		"another space":  {path, map[string]any{"space": "mine"}, 422, "invalid"},
		"a bad name":     {path, map[string]any{"entity": lars, "name": ".."}, 422, "invalid"},
		"no such record": {path, map[string]any{"entity": map[string]any{"kind": "contact", "id": "nobody"}}, 404, "not_found"},
		"no such folder": {path, map[string]any{"entity": lars, "folder": "nowhere"}, 404, "not_found"},
		"no such part":   {strings.Replace(path, ":save", ".77:save", 1), map[string]any{"entity": lars}, 404, "not_found"},
		"no such mail":   {"/messages/nobody/attachments/2:save", map[string]any{"entity": lars}, 404, "not_found"},
	} {
		t.Run(name, func(t *testing.T) { c.call("POST", bad.path, bad.body).problem(bad.status, bad.code) })
	}
}

func TestWhatIsKnownOfAMail(t *testing.T) {
	s := start(t)
	c := s.as("jeanne")
	forged := c.get("/messages/" + c.find("subject:URGENT")["id"].(string))
	require.Equal(t, "failed", forged["authenticity"].(map[string]any)["standing"])
	notes := forged["notes"].([]any)
	require.Len(t, notes, 1)
	require.Equal(t, "reply_elsewhere", notes[0].(map[string]any)["code"])
	headers := items(c.get("/messages/" + forged["id"].(string) + "/headers?limit=200"))
	names := map[any]bool{}
	for _, h := range headers {
		names[h["name"]] = true
	}
	require.True(t, names["Authentication-Results"] && names["Received"] && names["Subject"], "%v", names)

	letter := c.find("from:lettre-du-bois")["id"].(string)
	whole := c.get("/messages/" + letter)
	require.NotZero(t, whole["remote_pictures"])
	require.NotEmpty(t, whole["list"])
	plain := c.call("GET", "/messages/"+letter+"/body?format=html", nil).is(http.StatusOK)
	require.NotContains(t, string(plain.body), "picture?")
	shown := c.call("GET", "/messages/"+letter+"/body?format=html&images=1", nil).is(http.StatusOK)
	require.Contains(t, string(shown.body), "/mail/"+letter+"/picture?d=")
	require.Contains(t, shown.header.Get("Content-Security-Policy"), "img-src data: 'self'")

	c.call("POST", "/messages/"+letter+":receipt", map[string]any{"send": true}).problem(http.StatusNotFound, "not_found")
}
