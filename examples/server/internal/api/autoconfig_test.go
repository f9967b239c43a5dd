package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/examples/server/internal/demo"
)

// accountBody is the demo's mailbox that nobody has yet, as it is sent to be tried or added.
func (s *service) accountBody(password string) map[string]any {
	return map[string]any{
		"address": demo.SampleAddress, "imap": map[string]any{"host": "127.0.0.1", "port": s.demo.Mail.IMAPS.Port, "password": password},
		"smtp": map[string]any{"host": "127.0.0.1", "port": s.demo.Mail.Submission.Port, "security": "starttls"},
	}
}

// steps are the states of a check, "imap.login": "ok".
func steps(check map[string]any) map[string]map[string]any {
	out := map[string]map[string]any{}
	for _, one := range check["steps"].([]any) {
		step := one.(map[string]any)
		out[step["side"].(string)+"."+step["name"].(string)] = step
	}
	return out
}

func TestAutoconfig(t *testing.T) {
	s := start(t)
	c := s.as("marc")
	found := c.get("/autoconfig?email=" + escape(demo.SampleAddress))
	require.Equal(t, "demo.example", found["domain"])
	first := found["candidates"].([]any)[0].(map[string]any)
	require.Equal(t, "Atelier Nordik", first["provider"])
	require.EqualValues(t, s.demo.Mail.IMAPS.Port, first["imap"].(map[string]any)["port"])
	require.Equal(t, "high", first["confidence"])
	require.NotEmpty(t, first["explanation"])
	require.Greater(t, len(found["steps"].([]any)), 5)

	google := c.get("/autoconfig?email=mary%40gmail.com")["candidates"].([]any)[0].(map[string]any)
	require.Equal(t, map[string]any{"kind": "oauth2", "provider": "google"}, google["auth"].([]any)[0])
	require.NotEmpty(t, google["help"].([]any)[0].(map[string]any)["text"])
	require.Empty(t, c.get("/autoconfig?email=x%40nirgendwo.example")["candidates"])
	for _, address := range []string{"nobody", "", "a%40-", "%40"} {
		wrong := c.call("GET", "/autoconfig?email="+address, nil).problem(http.StatusUnprocessableEntity, "invalid")
		require.Equal(t, []string{"query.email"}, locations(wrong.JSON), address)
	}
	c.call("GET", "/autoconfig", nil).problem(http.StatusUnprocessableEntity, "invalid")
}

func TestTryingAnAccount(t *testing.T) {
	s := start(t)
	c := s.as("marc")
	wrong := c.call("POST", "/autoconfig/test", s.accountBody("not the password")).is(http.StatusOK)
	require.Equal(t, false, wrong.JSON["ok"])
	require.Equal(t, "failed", steps(wrong.JSON)["imap.login"]["state"])
	require.Equal(t, "imap.login_refused", steps(wrong.JSON)["imap.login"]["code"])
	require.Equal(t, "password", steps(wrong.JSON)["imap.login"]["do"])
	require.NotEmpty(t, steps(wrong.JSON)["imap.login"]["sentence"])
	require.Equal(t, "skipped", steps(wrong.JSON)["smtp.send"]["state"])
	require.NotContains(t, string(wrong.body), "not the password")
	body := s.accountBody("")
	delete(body["imap"].(map[string]any), "password")
	require.Equal(t, []string{"body.imap.password"}, locations(c.call("POST", "/autoconfig/test", body).problem(http.StatusUnprocessableEntity, "invalid").JSON))
	require.Equal(t, true, c.call("POST", "/autoconfig/test", s.accountBody(demo.SamplePassword)).is(http.StatusOK).JSON["ok"])
	require.Len(t, items(c.get("/accounts")), 1, "nothing is kept")

	// Every setting goes in and comes out.
	body = s.accountBody(demo.SamplePassword)
	body["imap"].(map[string]any)["flags"] = "/ssl/user=" + demo.SampleAddress
	body["imap"].(map[string]any)["disabled"] = []string{"login"}
	body["link_read_nightly"] = map[string]any{"on": true, "hour": 2, "minute": 30, "zone": "Europe/Berlin"}
	made := c.call("POST", "/accounts", body).is(http.StatusCreated)
	account := "/accounts/" + made.JSON["id"].(string)
	require.Equal(t, []any{"LOGIN"}, made.JSON["imap"].(map[string]any)["disabled"])
	require.Equal(t, map[string]any{"on": true, "hour": 2.0, "minute": 30.0, "zone": "Europe/Berlin"}, made.JSON["link_read_nightly"])
	require.Equal(t, false, made.JSON["delete_policy"].(map[string]any)["on"])
	require.Equal(t, "new", made.JSON["sending"].(map[string]any)["state"])
	again := c.call("PUT", account, made.JSON).is(http.StatusOK)
	require.Equal(t, made.JSON["imap"], again.JSON["imap"])
	body["delete_policy"] = map[string]any{"on": true, "zone": "Mars/Olympus"}
	require.Equal(t, []string{"body.delete_policy.zone"}, locations(c.call("PUT", account, body).problem(http.StatusUnprocessableEntity, "invalid").JSON))
	body["delete_policy"] = map[string]any{"hour": 24}
	c.call("PUT", account, body).problem(http.StatusUnprocessableEntity, "invalid")
	delete(body, "delete_policy")
	body["imap"].(map[string]any)["flags"] = "/nonsense"
	require.Equal(t, []string{"body.imap.flags"}, locations(c.call("PUT", account, body).problem(http.StatusUnprocessableEntity, "invalid").JSON))

	eventually(t, "it works", func() bool { return c.get(account + "/status")["state"] == "ready" })
	require.NotEmpty(t, c.get(account + "/status")["verified"])
	require.Equal(t, true, c.call("POST", account+":verify", nil).is(http.StatusOK).JSON["ok"])
	tripped := c.call("POST", account+":verify", map[string]any{"round_trip": true}).is(http.StatusOK)
	require.Equal(t, "ok", steps(tripped.JSON)["imap.roundtrip"]["state"], "%s", tripped.body)
	require.Equal(t, "paused", c.call("POST", account+":pause", nil).is(http.StatusOK).JSON["status"].(map[string]any)["state"])
	status := c.get(account + "/status")
	require.Equal(t, "resume", status["do"])
	require.NotEmpty(t, status["cure"])
	require.NotEqual(t, "paused", c.call("POST", account+":resume", nil).is(http.StatusOK).JSON["status"].(map[string]any)["state"])
	c.call("POST", account+":trust", map[string]any{"side": "imap", "sha256": "00"}).problem(http.StatusUnprocessableEntity, "invalid")
	c.call("POST", account+":trust", map[string]any{"side": "both", "sha256": "00"}).problem(http.StatusUnprocessableEntity, "invalid")
	require.Empty(t, items(c.get(account+"/identity-proposals")))

	admin := s.as("admin")
	require.Equal(t, true, admin.call("POST", account+":verify", nil).is(http.StatusOK).JSON["ok"], "an administrator may try the accounts of others")
	require.Equal(t, false, admin.call("POST", account+":verify", nil, "X-Unused", "1").is(http.StatusOK).JSON["saves_sent"])

	// Servers are not asked again and again.
	for range 40 {
		if a := c.call("POST", account+":verify", nil); a.status != http.StatusOK {
			a.problem(http.StatusServiceUnavailable, "temporary")
			require.NotEmpty(t, a.header.Get("Retry-After"))
			require.Equal(t, "check.too_often", a.JSON["cause"])
			return
		}
	}
	require.Fail(t, "forty checks in a row")
}

func TestLoginsWithoutProviders(t *testing.T) {
	s := start(t)
	c := s.as("jeanne")
	require.Empty(t, items(c.get("/logins")))
	require.Empty(t, c.get("/logins/providers")["items"])
	wrong := c.call("POST", "/logins:begin", map[string]any{"provider": "microsoft", "redirect_url": "https://crm.example.com/back"}).problem(http.StatusUnprocessableEntity, "invalid")
	require.Equal(t, []string{"body.provider"}, locations(wrong.JSON))
	forged := c.call("POST", "/logins:complete", map[string]any{"state": "forged", "code": "secret-code"}).problem(http.StatusNotFound, "not_found")
	require.Equal(t, "oauth.state", forged.JSON["cause"])
	require.NotContains(t, string(forged.body), "secret-code")
	c.call("POST", "/logins:complete", map[string]any{"state": ""}).problem(http.StatusUnprocessableEntity, "invalid")
	c.call("DELETE", "/logins/nothing", nil).problem(http.StatusNotFound, "not_found")
}
