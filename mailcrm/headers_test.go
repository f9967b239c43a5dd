package mailcrm_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
)

func TestHeaders(t *testing.T) {
	w := newWorld(t, mailcrmtest.ServerOptions{}, nil)
	w.raw("Received: from a\r\n\tby b;\r\n  today\r\nFrom: Ben <" + benAddress + ">\r\nSubject: \x1b[31mred\x1b[0m \u202egnp.exe <b>\r\nX-Long: " + strings.Repeat("x", 2*mailcrm.MaxHeaderValue) +
		"\r\nno field at all\r\nX-Bad: \xff\r\n" + strings.Repeat("X-Many: 1\r\n", mailcrm.MaxHeaders) + "\r\nBody: no header\r\n")
	w.account(w.input())
	fields, err := w.anna.Messages.Headers(t.Context(), w.list()[0].ID)
	require.NoError(t, err)
	require.Len(t, fields, mailcrm.MaxHeaders)
	require.Equal(t, mailcrm.HeaderField{Name: "Received", Value: "from a by b; today"}, fields[0])
	require.Equal(t, mailcrm.HeaderField{Name: "Subject", Value: `\u001b[31mred\u001b[0m \u202egnp.exe <b>`}, fields[2], "nothing that a terminal or a page obeys")
	require.Len(t, fields[3].Value, mailcrm.MaxHeaderValue)
	require.Equal(t, mailcrm.HeaderField{Value: "no field at all"}, fields[4])
	require.Equal(t, "\ufffd", fields[5].Value)
}
