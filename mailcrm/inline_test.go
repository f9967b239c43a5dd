package mailcrm_test

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/storage"
)

// TestInlinePictures: a mail's own pictures are in its body, so that a sandboxed frame shows them; others are not, and one that is named a thousand times does not make
// the answer a thousand times as large.
func TestInlinePictures(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	part := func(id, mediaType string, content []byte) string {
		return "--b\r\nContent-Type: " + mediaType + "\r\nContent-ID: <" + id + ">\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString(content) + "\r\n"
	}
	large := make([]byte, 1<<20)
	html := `<p>Look: <img src="cid:logo"><img src="cid:script"><img src="cid:nobody"><img src="https://elsewhere.example/x.png">` + strings.Repeat(`<img src="cid:large">`, 1000)
	w.raw("From: " + benAddress + "\r\nTo: " + annaAddress + "\r\nSubject: Pictures\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b\r\n\r\n" +
		"--b\r\nContent-Type: text/html\r\n\r\n" + html + "\r\n" + part("logo", "image/png", []byte("picture")) + part("script", "image/svg+xml", []byte("<svg/>")) +
		part("large", "image/png", large) + "--b--\r\n")
	w.account(w.input())
	handler := w.client.Content(func(*http.Request) (storage.Actor, bool) { return storage.Actor{Agent: "anna"}, true })
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/mail/"+w.list()[0].ID+"/body", nil))
	require.Equal(t, http.StatusOK, answer.Code)
	body := answer.Body.String()
	require.Contains(t, body, `<img src="data:image/png;base64,`+base64.StdEncoding.EncodeToString([]byte("picture"))+`">`)
	require.NotContains(t, body, "svg")
	require.NotContains(t, body, "elsewhere.example")
	require.Greater(t, len(body), len(large))
	require.Less(t, len(body), 3*mailcrm.MaxInlineAll)
}
