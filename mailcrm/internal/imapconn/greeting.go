package imapconn

import (
	"context"

	"github.com/mailcrm/sdk/storage"
)

// greeting reads the first line (RFC 9051 §7.1). PREAUTH is refused everywhere: it would skip STARTTLS, and nobody could say whose
// mailbox this is.
func (r *raw) greeting() error {
	line, err := r.response()
	if err != nil {
		return err
	}
	s, ok := parseStatus(line)
	if !ok || s.tag != "*" {
		return r.link.die(notIMAP("what answers does not speak IMAP"))
	}
	r.logStatus(s)
	switch s.kind {
	case "OK":
		r.learn(s)
		return nil
	case "BYE":
		return r.link.die(r.goodbye(s))
	case "PREAUTH":
		if r.cfg.Security == StartTLS {
			return r.link.die(noTLS("the server greets with PREAUTH, which rules STARTTLS out"))
		}
		return r.link.die(notIMAP("the server greets with PREAUTH and asks nobody to log in"))
	}
	return r.link.die(r.refusal(s))
}

// startTLS makes the connection confidential or fails (RFC 9051 §6.2.1). What the server sent in clear text is forgotten, and what it sent
// ahead of the handshake is an attack (the STARTTLS injection): either way nothing of ours has been said yet.
func (r *raw) startTLS(ctx context.Context) error {
	if err := r.needCaps(); err != nil {
		return err
	}
	if !r.caps.Has("STARTTLS") {
		return r.link.die(noTLS("the server does not offer STARTTLS"))
	}
	if r.br.Buffered() > 0 {
		return r.link.die(noTLS("the server answered STARTTLS before it was asked"))
	}
	answer, err := r.command("STARTTLS", nil)
	if err != nil {
		return err
	}
	if answer.kind != "OK" {
		return r.link.die(noTLS("the server refused STARTTLS: " + r.detail(answer.text)))
	}
	if r.br.Buffered() > 0 {
		return r.link.die(noTLS("the server sent more than its answer to STARTTLS"))
	}
	secured, err := r.cfg.Dialer.TLS(ctx, r.link.conn, r.cfg.tls())
	if err != nil {
		if cause := r.link.err(); cause != nil {
			return cause
		}
		return err
	}
	r.link.replace(secured)
	r.wrap()
	r.br.Reset(r.link)
	r.caps = nil
	return nil
}

func noTLS(why string) error {
	return &storage.Cause{Code: "imap.no_tls", Detail: why, Err: storage.ErrUnavailable}
}
