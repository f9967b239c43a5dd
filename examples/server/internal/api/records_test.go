package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEntities(t *testing.T) {
	s := start(t)
	c := s.as("jeanne")

	found := items(c.get("/entities?q=anke"))
	require.Equal(t, "anke", found[0]["id"])
	require.Equal(t, map[string]any{"kind": "account", "id": "nordwind"}, found[0]["parent"])
	for _, e := range items(c.get("/entities?q=nordwind&kind=account")) {
		require.Equal(t, "account", e["kind"])
	}
	require.Len(t, items(c.get("/entities?email=compta@groupe-bastide.example")), 2, "two companies share this address")
	require.Empty(t, items(c.get("/entities?email=nobody@nowhere.example")))
	c.call("GET", "/entities?email=nobody", nil).problem(http.StatusUnprocessableEntity, "invalid")

	deal := c.get("/entities/deal/alster")
	fields := deal["fields"].(map[string]any)
	require.Equal(t, map[string]any{"amount": "86400.00", "currency": "EUR"}, fields["amount"])
	require.Equal(t, "Anke", fields["contact"].(map[string]any)["first_name"])
	for _, path := range []string{"/entities/contact/nobody", "/entities/contact/nobody/timeline", "/entities/planet/anke"} {
		c.call("GET", path, nil).problem(http.StatusNotFound, "not_found")
	}
	history := c.get("/entities/contact/anke/timeline?limit=2")
	require.Len(t, items(history), 2)
	require.NotEmpty(t, history["next_cursor"])
	require.NotEqual(t, items(history)[0]["id"], items(c.get("/entities/contact/anke/timeline?limit=2&cursor=" + history["next_cursor"].(string)))[0]["id"])

	// A stranger becomes a contact; his mail is in his history at once.
	mail := c.find("is:unlinked in:inbox from:salon-bois")
	address := mail["from"].([]any)[0].(map[string]any)["address"].(string)
	body := map[string]any{"kind": "contact", "first_name": "Sam", "last_name": "Alon", "address": strings.ToUpper(address)}
	made := c.call("POST", "/entities", body, "Idempotency-Key", "once").is(http.StatusCreated)
	entity := made.JSON["entity"].(map[string]any)
	require.Equal(t, []any{address}, entity["addresses"])
	require.Equal(t, "/api/v1/entities/contact/"+entity["id"].(string), made.header.Get("Location"))
	again := c.call("POST", "/entities", body, "Idempotency-Key", "once").is(http.StatusCreated)
	require.Equal(t, entity["id"], again.JSON["entity"].(map[string]any)["id"])
	twin := c.call("POST", "/entities", body).is(http.StatusOK)
	require.NotContains(t, twin.JSON, "entity")
	require.Equal(t, entity["id"], twin.JSON["duplicates"].([]any)[0].(map[string]any)["id"])
	timeline := items(c.get("/entities/contact/" + entity["id"].(string) + "/timeline"))
	require.Equal(t, mail["id"], timeline[0]["id"])
	refused := c.call("POST", "/entities", map[string]any{"kind": "contact"}).problem(http.StatusUnprocessableEntity, "invalid")
	require.Equal(t, []string{"body.name"}, locations(refused.JSON))
	c.call("POST", "/entities", map[string]any{"kind": "planet", "name": "x"}).problem(http.StatusUnprocessableEntity, "invalid")
}

func TestLinks(t *testing.T) {
	s := start(t)
	c := s.as("jeanne")
	id := c.find("from:anke")["id"].(string)

	before := items(c.get("/messages/" + id + "/links"))
	require.NotEmpty(t, before)
	require.Equal(t, "address", before[0]["rule"])
	explained := c.get("/messages/" + id + "/explain")
	outcomes := map[string]string{}
	for _, step := range explained["steps"].([]any) {
		outcomes[step.(map[string]any)["address"].(string)] = step.(map[string]any)["outcome"].(string)
	}
	require.Equal(t, "linked", outcomes["anke.vogel@nordwind.example"])
	require.Equal(t, "own", outcomes["jeanne.martin@demo.example"])

	made := c.call("POST", "/messages/"+id+"/links", map[string]any{"kind": "deal", "id": "alster"}).is(http.StatusCreated)
	require.Equal(t, "manual", made.JSON["rule"])
	require.Equal(t, "jeanne", made.JSON["by"])
	require.Equal(t, "Hotel Alster, 48 chambres", made.JSON["name"])
	require.Len(t, items(c.get("/messages/"+id+"/links")), len(before)+1)
	require.Equal(t, id, items(c.get("/entities/deal/alster/timeline"))[0]["id"])

	link := "/messages/" + id + "/links/" + made.JSON["id"].(string)
	require.Equal(t, "/api/v1"+link, made.header.Get("Location"))
	c.call("DELETE", link, nil).is(http.StatusNoContent)
	c.call("DELETE", link, nil).problem(http.StatusNotFound, "not_found")
	require.Empty(t, items(c.get("/entities/deal/alster/timeline")))
	c.call("POST", "/messages/"+id+"/links", map[string]any{"kind": "contact", "id": "nobody"}).problem(http.StatusNotFound, "not_found")
	c.call("POST", "/messages/"+id+"/links", map[string]any{"kind": "contact"}).problem(http.StatusUnprocessableEntity, "invalid")
}

func TestDescription(t *testing.T) {
	s := start(t)
	nobody := &caller{s, ""}
	doc := nobody.call("GET", "/openapi.json", nil)
	require.Equal(t, http.StatusOK, doc.status)
	require.Equal(t, "3.1.0", doc.JSON["openapi"])
	require.NotContains(t, string(doc.body), "$schema")
	require.NotContains(t, string(doc.body), "unpkg")
	require.NotContains(t, string(doc.body), "ErrorModel")
	operations := 0
	for path, methods := range doc.JSON["paths"].(map[string]any) {
		for method, o := range methods.(map[string]any) {
			operations++
			operation := o.(map[string]any)
			require.NotEmpty(t, operation["summary"], "%s %s", method, path)
			require.NotEmpty(t, operation["tags"], "%s %s", method, path)
			require.Contains(t, operation["responses"], "default")
		}
	}
	require.GreaterOrEqual(t, operations, 40)
	yaml := nobody.call("GET", "/openapi.yaml", nil)
	require.Equal(t, http.StatusOK, yaml.status)
	require.Contains(t, string(yaml.body), "openapi: 3.1.0")
	var again map[string]any
	require.NoError(t, json.Unmarshal(doc.body, &again))
}
