package api_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/examples/server/internal/demo"
)

// form is a multipart form with one part.
func form(t *testing.T, field, name string, content []byte) (body []byte, kind string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreateFormFile(field, name)
	require.NoError(t, err)
	_, err = part.Write(content)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes(), w.FormDataContentType()
}

// locations are where the mistakes of a problem stand.
func locations(problem map[string]any) (out []string) {
	list, _ := problem["errors"].([]any)
	for _, e := range list {
		out = append(out, e.(map[string]any)["location"].(string))
	}
	return out
}

// TestAnswer is the main job: a mail comes in, is opened, answered with a template, and stands in the history, all of it through the API.
func TestAnswer(t *testing.T) {
	s := startWith(t, demo.Options{Answer: -1, Undo: -1})
	c := s.as("jeanne")
	asked := c.find("from:anke")
	id := asked["id"].(string)
	require.NotEmpty(t, asked["links"])
	c.post(200, "/messages/"+id+":open", nil)

	template := c.post(201, "/templates", map[string]any{
		"name": "Confirmation", "page": "reply", "language": "en", "html": "<p>Dear {{ contact.first_name }},</p><p>confirmed.</p>",
	})
	reply := c.call("POST", "/messages/"+id+":reply", map[string]any{"all": true, "template": template["id"]}).is(http.StatusCreated)
	draft := reply.JSON["id"].(string)
	require.Equal(t, "/api/v1/drafts/"+draft, reply.header.Get("Location"))
	require.Equal(t, "anke", reply.JSON["entity"].(map[string]any)["id"])
	require.Equal(t, "anke.vogel@nordwind.example", reply.JSON["to"].([]any)[0].(map[string]any)["address"])

	pdf := []byte("%PDF-1.7 not really")
	body, kind := form(t, "file", `..\..\Offre été.pdf`, pdf)
	attached := c.call("POST", "/drafts/"+draft+"/attachments", body, "Content-Type", kind).is(http.StatusCreated)
	file := attached.JSON["attachments"].([]any)[0].(map[string]any)
	require.Equal(t, "Offre été.pdf", file["name"])
	require.EqualValues(t, len(pdf), file["size"])

	preview := c.post(200, "/drafts/"+draft+":preview", nil)
	require.Equal(t, true, preview["ready"], "%v", preview["errors"])
	require.Contains(t, preview["html"], "Dear Anke,")
	require.Contains(t, preview["text"], "confirmed.")

	sent := c.call("POST", "/drafts/"+draft+":send", nil, "Idempotency-Key", "k1").is(http.StatusAccepted)
	submission := sent.JSON["id"].(string)
	require.Equal(t, "/api/v1/outbox/"+submission, sent.header.Get("Location"))
	require.Equal(t, submission, c.post(202, "/drafts/"+draft+":send", nil, "Idempotency-Key", "k1")["id"], "the same key, the same submission")
	other := c.post(201, "/messages/"+id+":forward", nil)["id"].(string)
	c.call("POST", "/drafts/"+other+":send", nil, "Idempotency-Key", "k1").problem(http.StatusUnprocessableEntity, "invalid")
	c.call("GET", "/drafts/"+draft, nil).problem(http.StatusConflict, "conflict")
	c.call("POST", "/outbox/"+submission+":resolve", map[string]any{"verdict": "arrived"}).problem(http.StatusConflict, "conflict")
	s.as("marc").call("GET", "/outbox/"+submission, nil).problem(http.StatusNotFound, "not_found")
	s.as("marc").call("DELETE", "/outbox/"+submission, nil).problem(http.StatusNotFound, "not_found")

	var done map[string]any
	eventually(t, "the mail leaves", func() bool {
		done = c.get("/outbox/" + submission)
		return done["state"] == "sent" && done["sent_copy"] == "done"
	})
	c.call("DELETE", "/outbox/"+submission, nil).problem(http.StatusConflict, "conflict")
	history := items(c.get("/entities/contact/anke/timeline"))
	require.Equal(t, done["message"], history[0]["id"])
	require.Equal(t, "sent", history[0]["direction"])
	require.Equal(t, asked["thread"], history[0]["thread"])
	delivered := s.demo.Mail.Delivered()
	require.Len(t, delivered, 1)
	require.Contains(t, string(delivered[0].Raw), "Dear Anke,")
	outbox := items(c.get("/outbox"))
	require.Equal(t, submission, outbox[0]["id"])

	var types []string
	for _, e := range items(c.get("/events?limit=200&after=0")) {
		types = append(types, e["type"].(string))
	}
	require.NotEmpty(t, types)
	next := c.get("/events?limit=200&after=1")["next_cursor"].(string)
	require.NotEqual(t, "1", next)
}

// TestPrivate sends a private mail: through a record, others see that there is one and nothing else.
func TestPrivate(t *testing.T) {
	s := startWith(t, demo.Options{Answer: -1, Undo: -1})
	jeanne, marc := s.as("jeanne"), s.as("marc")
	account := items(jeanne.get("/accounts"))[0]["id"]
	body, kind := form(t, "file", "salary.txt", []byte("secret figures"))
	draft := jeanne.post(201, "/drafts", map[string]any{
		"account": account, "to": []any{map[string]any{"address": "anke.vogel@nordwind.example"}}, "subject": "Between us", "text": "secret words", "private": true,
	})["id"].(string)
	jeanne.call("POST", "/drafts/"+draft+"/attachments", body, "Content-Type", kind).is(http.StatusCreated)
	submission := jeanne.post(202, "/drafts/"+draft+":send", nil)["id"].(string)
	var id string
	eventually(t, "the mail leaves", func() bool {
		done := jeanne.get("/outbox/" + submission)
		id, _ = done["message"].(string)
		return done["state"] == "sent" && done["sent_copy"] == "done"
	})
	require.Equal(t, "Between us", jeanne.get("/messages/" + id)["subject"])
	for name, other := range map[string]*caller{"a colleague": marc, "an administrator": s.as("admin")} {
		t.Run(name, func(t *testing.T) {
			shown := other.call("GET", "/messages/"+id, nil).is(http.StatusOK)
			require.Equal(t, true, shown.JSON["withheld"])
			require.Equal(t, "sent", shown.JSON["direction"])
			require.Equal(t, "jeanne", shown.JSON["agent"])
			row := items(other.get("/entities/contact/anke/timeline?limit=1"))[0]
			require.Equal(t, id, row["id"])
			require.Equal(t, true, row["withheld"])
			for _, secret := range []string{"Between us", "secret", "anke.vogel", "salary"} {
				require.NotContains(t, string(shown.body), secret)
				require.NotContains(t, fmt.Sprint(row), secret)
			}
			for _, path := range []string{"/raw", "/body", "/body?format=html", "/attachments/2", "/explain"} {
				other.call("GET", "/messages/"+id+path, nil).problem(http.StatusNotFound, "not_found")
			}
			require.Empty(t, items(other.get("/messages/"+id+"/attachments")))
			other.call("POST", "/messages/"+id+":reply", nil).problem(http.StatusNotFound, "not_found")
			other.call("POST", "/messages/"+id+"/links", map[string]any{"kind": "deal", "id": "alster"}).problem(http.StatusNotFound, "not_found")
			require.Empty(t, items(other.get("/messages?q=between")))
		})
	}
}

func TestDrafts(t *testing.T) {
	s := start(t)
	c := s.as("jeanne")
	account := items(c.get("/accounts"))[0]["id"].(string)
	made := c.call("POST", "/drafts", map[string]any{
		"account": account, "to": []any{map[string]any{"name": "Anke", "address": "anke.vogel@nordwind.example"}}, "subject": "Bonjour {{ contact.first_name }}",
		"html": "<p>{{ contact.first_nam }}</p>", "entity": map[string]any{"kind": "contact", "id": "anke"},
	}).is(http.StatusCreated)
	id := made.JSON["id"].(string)

	t.Run("what was read can be sent back", func(t *testing.T) {
		shown := c.call("GET", "/drafts/"+id, nil).is(http.StatusOK)
		etag := shown.header.Get("ETag")
		require.NotEmpty(t, etag)
		shown.JSON["subject"] = "Changed"
		changed := c.call("PUT", "/drafts/"+id, shown.JSON, "If-Match", etag).is(http.StatusOK)
		require.Equal(t, "Changed", changed.JSON["subject"])
		require.NotEqual(t, etag, changed.header.Get("ETag"))
		c.call("PUT", "/drafts/"+id, shown.JSON, "If-Match", etag).problem(http.StatusPreconditionFailed, "precondition_failed")
		c.call("PUT", "/drafts/"+id, shown.JSON, "If-Match", "abc").problem(http.StatusPreconditionFailed, "precondition_failed")
		c.call("PUT", "/drafts/"+id, shown.JSON).is(http.StatusOK)
	})
	t.Run("an unknown field is told with its place", func(t *testing.T) {
		preview := c.post(200, "/drafts/"+id+":preview", nil)
		require.Equal(t, false, preview["ready"])
		mistake := preview["errors"].([]any)[0].(map[string]any)
		require.Equal(t, "body.html", mistake["location"])
		require.EqualValues(t, 1, mistake["line"])
		refused := c.call("POST", "/drafts/"+id+":send", nil).problem(http.StatusUnprocessableEntity, "invalid")
		require.Contains(t, locations(refused.JSON), "body.html")
	})
	t.Run("nothing is sent without recipient and subject", func(t *testing.T) {
		bare := c.post(201, "/drafts", map[string]any{"account": account})["id"].(string)
		refused := c.call("POST", "/drafts/"+bare+":send", map[string]any{}).problem(http.StatusUnprocessableEntity, "invalid")
		require.ElementsMatch(t, []string{"body.to", "body.subject", "body.text"}, locations(refused.JSON))
		c.call("DELETE", "/drafts/"+bare, nil).is(http.StatusNoContent)
		c.call("GET", "/drafts/"+bare, nil).problem(http.StatusNotFound, "not_found")
	})
	t.Run("a mail is called back", func(t *testing.T) {
		back := c.post(201, "/drafts", map[string]any{"account": account, "to": []any{map[string]any{"address": "x@elsewhere.example"}}, "subject": "s", "text": "t"})["id"].(string)
		sub := c.post(202, "/drafts/"+back+":send", map[string]any{"not_before": time.Now().Add(time.Hour)})["id"].(string)
		for _, d := range items(c.get("/drafts")) {
			require.NotEqual(t, back, d["id"])
		}
		c.call("DELETE", "/outbox/"+sub, nil).is(http.StatusNoContent)
		require.Equal(t, "cancelled", c.get("/outbox/" + sub)["state"])
		require.Equal(t, "s", c.get("/drafts/" + back)["subject"], "a draft again")
	})
	t.Run("attachments", func(t *testing.T) {
		body, kind := form(t, "file", "a.txt", []byte("hello"))
		d := c.call("POST", "/drafts/"+id+"/attachments", body, "Content-Type", kind).is(http.StatusCreated)
		file := d.JSON["attachments"].([]any)[0].(map[string]any)
		d = c.call("DELETE", "/drafts/"+id+"/attachments/"+file["id"].(string), nil).is(http.StatusOK)
		require.Empty(t, d.JSON["attachments"])
		c.call("DELETE", "/drafts/"+id+"/attachments/"+file["id"].(string), nil).problem(http.StatusNotFound, "not_found")

		body, kind = form(t, "other", "a.txt", []byte("hello"))
		refused := c.call("POST", "/drafts/"+id+"/attachments", body, "Content-Type", kind).problem(http.StatusUnprocessableEntity, "invalid")
		require.Equal(t, []string{"body.file"}, locations(refused.JSON))
		c.call("POST", "/drafts/"+id+"/attachments", "{}").problem(http.StatusUnsupportedMediaType, "unsupported_media_type")
		for _, size := range []int{25<<20 + 1, 27 << 20} {
			body, kind = form(t, "file", "large.bin", make([]byte, size))
			c.call("POST", "/drafts/"+id+"/attachments", body, "Content-Type", kind).problem(http.StatusRequestEntityTooLarge, "limit")
		}
		require.Empty(t, c.get("/drafts/" + id)["attachments"])
	})
	t.Run("what is refused", func(t *testing.T) {
		for name, body := range map[string]any{
			"unknown property": map[string]any{"account": account, "colour": "blue"},
			"no account":       map[string]any{"subject": "s"},
			"bad address":      map[string]any{"account": account, "to": []any{map[string]any{"address": "nobody"}}},
			"wrong type":       map[string]any{"account": account, "subject": 7},
			"too many":         map[string]any{"account": account, "to": make([]map[string]string, 501)},
		} {
			t.Run(name, func(t *testing.T) { c.call("POST", "/drafts", body).problem(http.StatusUnprocessableEntity, "invalid") })
		}
		c.call("POST", "/drafts", "{").problem(http.StatusBadRequest, "bad_request")
		c.call("POST", "/drafts", "a=b", "Content-Type", "application/x-www-form-urlencoded").problem(http.StatusUnsupportedMediaType, "unsupported_media_type")
		c.call("POST", "/drafts", strings.Repeat(" ", 5<<20)).problem(http.StatusRequestEntityTooLarge, "limit")
		c.call("POST", "/drafts", map[string]any{"account": account, "in_reply_to": "nothere"}).problem(http.StatusNotFound, "not_found")
	})
}

func TestTemplates(t *testing.T) {
	s := start(t)
	c := s.as("jeanne")
	require.GreaterOrEqual(t, len(items(c.get("/templates"))), 6)
	for _, x := range items(c.get("/templates?page=reply&language=fr")) {
		require.Contains(t, []any{"fr", ""}, x["language"])
	}
	page := c.get("/templates?limit=2")
	require.Len(t, items(page), 2)
	rest := c.get("/templates?limit=200&cursor=" + page["next_cursor"].(string))
	require.Len(t, items(rest), len(items(c.get("/templates")))-2)

	made := c.call("POST", "/templates", map[string]any{"name": "Devis", "kind": "deal", "subject": "{{ deal.name }}", "text": "{{ deal.amount }}"}).is(http.StatusCreated)
	id := made.JSON["id"].(string)
	shown := c.call("GET", "/templates/"+id, nil).is(http.StatusOK)
	require.Equal(t, made.header.Get("ETag"), shown.header.Get("ETag"))
	shown.JSON["name"] = "Devis 2"
	c.call("PUT", "/templates/"+id, shown.JSON, "If-Match", shown.header.Get("ETag")).is(http.StatusOK)
	c.call("PUT", "/templates/"+id, shown.JSON, "If-Match", shown.header.Get("ETag")).problem(http.StatusPreconditionFailed, "precondition_failed")
	require.Equal(t, "Devis 2", c.call("PUT", "/templates/"+id, shown.JSON).is(http.StatusOK).JSON["name"])
	c.call("DELETE", "/templates/"+id, nil).is(http.StatusNoContent)
	c.call("GET", "/templates/"+id, nil).problem(http.StatusNotFound, "not_found")

	checked := c.post(200, "/templates:check", map[string]any{"kind": "contact", "html": "<p>\n{{ contact.frist_name }}</p>", "subject": "{{ contact.nam }}"})
	require.Equal(t, false, checked["valid"])
	mistakes := checked["errors"].([]any)
	require.Len(t, mistakes, 2)
	field := mistakes[1].(map[string]any)
	require.Equal(t, "body.html", field["location"])
	require.EqualValues(t, 2, field["line"])
	require.Equal(t, "contact.first_name", field["hint"])
	require.Equal(t, true, c.post(200, "/templates:check", map[string]any{"text": "{{ sender.name }}"})["valid"])
	refused := c.call("POST", "/templates", map[string]any{"name": "x", "html": "{{ nothing.here }}"}).problem(http.StatusUnprocessableEntity, "invalid")
	require.Equal(t, []string{"body.html"}, locations(refused.JSON))
	c.call("POST", "/templates", map[string]any{"name": "", "html": "x"}).problem(http.StatusUnprocessableEntity, "invalid")

	paths := map[string]bool{}
	var walk func(fields []any)
	walk = func(fields []any) {
		for _, f := range fields {
			field := f.(map[string]any)
			paths[field["path"].(string)] = true
			if inner, ok := field["fields"].([]any); ok {
				walk(inner)
			}
		}
	}
	walk(c.get("/template-fields?kind=deal")["items"].([]any))
	for _, want := range []string{"deal.name", "deal.amount", "deal.contact.first_name", "sender.address"} {
		require.True(t, paths[want], want)
	}
}

// TestPasswordsAreNeverRepeated sends a password in every way that is refused.
func TestPasswordsAreNeverRepeated(t *testing.T) {
	s := start(t)
	c := s.as("jeanne")
	const secret = "hunter2-s3cr3t"
	good := func() map[string]any {
		return map[string]any{
			"address": "new@demo.example",
			"imap":    map[string]any{"host": "imap.demo.example", "password": secret},
			"smtp":    map[string]any{"host": "smtp.demo.example", "password": secret},
		}
	}
	spoilt := map[string]func(map[string]any){
		"unknown property":          func(m map[string]any) { m["colour"] = secret },
		"unknown property inside":   func(m map[string]any) { m["imap"].(map[string]any)["passwort"] = secret },
		"password is a list":        func(m map[string]any) { m["imap"].(map[string]any)["password"] = []string{secret} },
		"password is an object":     func(m map[string]any) { m["imap"].(map[string]any)["password"] = map[string]any{"value": secret} },
		"password is too long":      func(m map[string]any) { m["imap"].(map[string]any)["password"] = strings.Repeat(secret, 1000) },
		"password as host":          func(m map[string]any) { m["imap"].(map[string]any)["host"] = secret + "/" },
		"password as security":      func(m map[string]any) { m["imap"].(map[string]any)["security"] = secret },
		"password as port":          func(m map[string]any) { m["imap"].(map[string]any)["port"] = secret },
		"password as link":          func(m map[string]any) { m["link"] = secret },
		"no address":                func(m map[string]any) { delete(m, "address") },
		"bad address":               func(m map[string]any) { m["address"] = "nobody" },
		"plaintext":                 func(m map[string]any) { m["imap"].(map[string]any)["security"] = "none" },
		"no host":                   func(m map[string]any) { delete(m["smtp"].(map[string]any), "host") },
		"port out of range":         func(m map[string]any) { m["smtp"].(map[string]any)["port"] = 70000 },
		"somebody else's":           func(m map[string]any) { m["owner"] = "marc" },
		"depth out of range":        func(m map[string]any) { m["depth_days"] = 999999 },
		"an imap that is no object": func(m map[string]any) { m["imap"] = secret },
	}
	for name, spoil := range spoilt {
		t.Run(name, func(t *testing.T) {
			body := good()
			spoil(body)
			a := c.call("POST", "/accounts", body).problem(http.StatusUnprocessableEntity, "invalid")
			require.NotContains(t, string(a.body), secret)
			require.NotContains(t, fmt.Sprint(a.header), secret)
		})
	}
	for name, body := range map[string]string{
		"cut off":     `{"address":"new@demo.example","imap":{"host":"h","password":"` + secret,
		"not JSON":    secret,
		"two objects": `{"address":"x"} "` + secret + `"`,
		"bad escape":  `{"imap":{"password":"` + secret + `\q"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			a := c.call("POST", "/accounts", body).problem(http.StatusBadRequest, "bad_request")
			require.NotContains(t, string(a.body), secret)
		})
	}
	made := c.call("POST", "/accounts", good()).is(http.StatusCreated)
	require.NotContains(t, string(made.body), secret)
	require.NotContains(t, string(c.call("GET", "/accounts", nil).body), secret)
}
