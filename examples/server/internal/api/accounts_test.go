package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAccounts(t *testing.T) {
	s := start(t)
	c, admin := s.as("jeanne"), s.as("admin")

	own := items(c.get("/accounts"))[0]
	require.Equal(t, "jeanne.martin@demo.example", own["address"])
	require.Equal(t, []any{"read", "send", "manage"}, own["rights"])
	require.Equal(t, "ready", own["status"].(map[string]any)["state"])
	require.EqualValues(t, -1, own["depth_days"])
	folders := items(c.get("/accounts/" + own["id"].(string) + "/folders"))
	byRole := map[string]map[string]any{}
	for _, f := range folders {
		if role, ok := f["role"].(string); ok {
			byRole[role] = f
		}
		ledger := f["ledger"].(map[string]any)
		require.Empty(t, ledger["dead"])
		require.Zero(t, ledger["pending"])
		require.Equal(t, f["total"], ledger["stored"], f["name"])
	}
	for _, role := range []string{"inbox", "sent", "drafts", "trash", "junk", "archive"} {
		require.Contains(t, byRole, role)
	}
	require.Equal(t, "stated", byRole["sent"]["role_how"])

	// A second one, with a wrong password: its state says what to do.
	port := s.demo.Mail.IMAPS.Port
	made := c.call("POST", "/accounts", map[string]any{
		"address": "info@demo.example", "imap": map[string]any{"host": "127.0.0.1", "port": port, "password": "wrong"},
		"smtp":    map[string]any{"host": "127.0.0.1", "port": s.demo.Mail.Submission.Port, "security": "starttls"},
		"members": []any{map[string]any{"agent": "marc", "rights": []string{"read"}}},
	}).is(http.StatusCreated)
	id := made.JSON["id"].(string)
	require.Equal(t, "/api/v1/accounts/"+id, made.header.Get("Location"))
	require.EqualValues(t, 90, made.JSON["depth_days"])
	require.Equal(t, "read", made.JSON["link"])
	c.call("POST", "/accounts", map[string]any{
		"address": "info@demo.example", "imap": map[string]any{"host": "h", "password": "x"}, "smtp": map[string]any{"host": "h"},
	}).problem(http.StatusConflict, "conflict")
	var status map[string]any
	eventually(t, "the password is refused", func() bool {
		status = c.get("/accounts/" + id + "/status")
		return status["state"] == "auth_failed"
	})
	require.Equal(t, "imap.login_refused", status["code"])
	require.NotEmpty(t, status["sentence"])
	require.Len(t, items(s.as("marc").get("/accounts")), 2, "a member sees it")
	s.as("marc").call("DELETE", "/accounts/"+id, nil).problem(http.StatusNotFound, "not_found")

	// What was read can be sent back.
	shown := admin.call("GET", "/accounts/"+id, nil).is(http.StatusOK)
	shown.JSON["name"] = "Accueil"
	changed := admin.call("PUT", "/accounts/"+id, shown.JSON, "If-Match", shown.header.Get("ETag")).is(http.StatusOK)
	require.Equal(t, "Accueil", changed.JSON["name"])
	require.Equal(t, "jeanne", changed.JSON["owner"])
	admin.call("PUT", "/accounts/"+id, shown.JSON, "If-Match", shown.header.Get("ETag")).problem(http.StatusPreconditionFailed, "precondition_failed")
	shown.JSON["imap"].(map[string]any)["host"] = "elsewhere.example"
	refused := admin.call("PUT", "/accounts/"+id, shown.JSON).problem(http.StatusUnprocessableEntity, "invalid")
	require.Equal(t, []string{"body.imap.password"}, locations(refused.JSON), "a password does not follow to another server")

	c.call("POST", "/accounts/"+own["id"].(string)+":sync", nil).is(http.StatusAccepted)
	c.call("DELETE", "/accounts/"+id, nil).is(http.StatusNoContent)
	c.call("GET", "/accounts/"+id, nil).problem(http.StatusNotFound, "not_found")
	page := c.get("/accounts/" + own["id"].(string) + "/folders?limit=3")
	require.Len(t, items(page), 3)
	require.NotEmpty(t, page["next_cursor"])
}

func TestFolderMapping(t *testing.T) {
	s := start(t)
	c := s.as("jeanne")
	account := "/accounts/" + items(c.get("/accounts"))[0]["id"].(string)
	roles := func(m map[string]any) map[string]map[string]any {
		out := map[string]map[string]any{}
		for _, r := range m["roles"].([]any) {
			out[r.(map[string]any)["role"].(string)] = r.(map[string]any)
		}
		return out
	}
	shown := c.call("GET", account+"/folders/mapping", nil).is(http.StatusOK)
	before := roles(shown.JSON)
	require.Equal(t, "stated", before["sent"]["source"])
	require.EqualValues(t, 100, before["sent"]["confidence"])
	require.NotEmpty(t, before["sent"]["text"])
	require.Empty(t, before["inbox"]["choosable"])

	var own string
	for _, f := range items(c.get(account + "/folders")) {
		if f["role"] == nil && f["selectable"] == true {
			own = f["id"].(string)
		}
	}
	require.NotEmpty(t, own)
	chosen := c.call("PUT", account+"/folders/mapping", map[string]any{"roles": map[string]any{"archive": own}, "sent_copy": "check"}, "If-Match", shown.header.Get("ETag")).is(http.StatusOK)
	require.Equal(t, "user", roles(chosen.JSON)["archive"]["source"])
	require.Equal(t, own, roles(chosen.JSON)["archive"]["folder"])
	require.Equal(t, "check", chosen.JSON["sent_copy"])
	c.call("PUT", account+"/folders/mapping", map[string]any{"roles": map[string]any{"archive": ""}}, "If-Match", shown.header.Get("ETag")).problem(http.StatusPreconditionFailed, "precondition_failed")
	wrong := c.call("PUT", account+"/folders/mapping", map[string]any{"roles": map[string]any{"trash": own}}).problem(http.StatusUnprocessableEntity, "invalid")
	require.Equal(t, []string{"body.roles.trash"}, locations(wrong.JSON))
	c.call("PUT", account+"/folders/mapping", map[string]any{"roles": map[string]any{"archive": ""}, "sent_copy": "append"}).is(http.StatusOK)

	made := c.call("POST", account+"/folders", map[string]any{"name": "Salons 2027"}).is(http.StatusCreated)
	require.Equal(t, "Salons 2027", made.JSON["name"])
	c.call("POST", account+"/folders", map[string]any{"name": "Salons 2027"}).problem(http.StatusConflict, "conflict")
	c.call("POST", account+"/folders", map[string]any{}).problem(http.StatusUnprocessableEntity, "invalid")
}
