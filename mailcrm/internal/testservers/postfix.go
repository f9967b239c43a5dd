package testservers

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"text/template"
)

// postfixMain is main.cf. What differs from a server on the net: nothing
// leaves the machine, a refused command is answered at once instead of after
// seconds, and deferred mail is tried again after seconds instead of minutes.
// Mail for elsewhere is offered to Dovecot, which does not know the recipient:
// a bounce as from a server far away.
var postfixMain = template.Must(template.New("main.cf").Parse(`
compatibility_level = 3.6
queue_directory = {{.Dir}}/postfix/queue
data_directory = {{.Dir}}/postfix/state
daemon_directory = {{.Daemons}}
maillog_file = {{.Dir}}/postfix.log
maillog_file_prefixes = {{.Dir}}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.{{.Domain}}
mydestination =
mynetworks =
alias_maps =
local_recipient_maps =
virtual_mailbox_domains = {{.Domain}}
virtual_mailbox_maps = texthash:{{.Dir}}/recipients
virtual_transport = lmtp:inet:127.0.0.1:{{.LMTP}}
virtual_alias_maps =
recipient_delimiter = +
smtpd_tls_cert_file = {{.Dir}}/tls/cert.pem
smtpd_tls_key_file = {{.Dir}}/tls/key.pem
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{{.SASL}}
smtpd_sasl_auth_enable = yes
smtpd_sasl_security_options = noanonymous
{{- if eq .Outside ""}}
smtpd_relay_restrictions = reject_unauth_destination, permit_sasl_authenticated, reject
{{- else}}
smtpd_relay_restrictions = permit_sasl_authenticated, reject
{{- end}}
{{- if eq .Outside "discard"}}
default_transport = discard:
relay_transport = discard:
{{- else}}
default_transport = lmtp:inet:127.0.0.1:{{.LMTP}}
relay_transport = lmtp:inet:127.0.0.1:{{.LMTP}}
{{- end}}
{{- if .FilesSent}}
sender_bcc_maps = regexp:{{.Dir}}/sent
{{- end}}
message_size_limit = {{.MaxMessage}}
mailbox_size_limit = 0
virtual_mailbox_limit = 0
smtpd_error_sleep_time = 0
smtpd_client_connection_count_limit = 0
smtpd_hard_error_limit = 100
queue_run_delay = 3s
minimal_backoff_time = 3s
maximal_backoff_time = 6s
`))

// postfixMaster is master.cf: which daemons there are, none of them in a
// chroot. Each smtpd serves one connection: it reads the table of recipients
// when it starts, and a new user must count at once. (A hashed table would be
// noticed too, but is written with fsync, which can take seconds.)
const postfixMaster = `
%s:%d inet n - n - - smtpd -o max_use=1
%s:%d inet n - n - - smtpd -o max_use=1 -o smtpd_tls_wrappermode=yes
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`

// queueFolders are what "postfix check" would make, with their modes.
var queueFolders = map[string]os.FileMode{
	"active": 0o700, "bounce": 0o700, "corrupt": 0o700, "defer": 0o700, "deferred": 0o700, "flush": 0o700, "hold": 0o700,
	"incoming": 0o700, "private": 0o700, "saved": 0o700, "trace": 0o700, "public": 0o710, "maildrop": 0o730 | os.ModeSticky,
}

// startPostfix runs Postfix's master and waits for the greeting: with a mistake
// in main.cf master runs, but its daemons die and nobody greets.
func (s *MailServer) startPostfix(saslPort int) error {
	if !root() {
		return fmt.Errorf("starting Postfix: it only runs as root; use the relay")
	}
	master := program("master")
	if master == "" {
		return fmt.Errorf("starting Postfix: not installed")
	}
	if err := s.makeQueue(); err != nil {
		return fmt.Errorf("starting Postfix: %w", err)
	}
	var conf strings.Builder
	err := postfixMain.Execute(&conf, map[string]any{
		"Dir": s.folder, "Daemons": filepath.Dir(master), "Domain": Domain, "LMTP": s.LMTPPort, "SASL": saslPort,
		"Outside": string(s.opts.Outside), "FilesSent": s.opts.FilesSent, "MaxMessage": s.opts.MaxMessage,
	})
	if err != nil {
		return fmt.Errorf("starting Postfix: %w", err)
	}
	if err := s.replace("postfix/main.cf", conf.String(), 0o644); err != nil {
		return fmt.Errorf("starting Postfix: %w", err)
	}
	services := fmt.Sprintf(postfixMaster, s.Host, s.SubmissionPort, s.Host, s.SMTPSPort)
	if err := s.replace("postfix/master.cf", services, 0o644); err != nil {
		return fmt.Errorf("starting Postfix: %w", err)
	}
	if err := s.writeRecipients(); err != nil {
		return fmt.Errorf("starting Postfix: %w", err)
	}
	// The two variables make master write to the log from its first step on,
	// as the command "postfix start" does: else a port that is taken or a
	// mistake in main.cf is told to nobody.
	p, err := supervise("Postfix", "", s.folder, filepath.Join(s.folder, "postfix.log"), "TERM",
		"env", "POSTLOG_SERVICE="+filepath.Join(s.folder, "postfix", "queue", "public", "postlog"), "POSTLOG_HOSTNAME=mail",
		master, "-d", "-c", filepath.Join(s.folder, "postfix"))
	if err != nil {
		return err
	}
	s.processes = append(s.processes, p)
	return p.await(banner(s.At(s.SubmissionPort), "220 "))
}

// makeQueue lays out Postfix's folders.
func (s *MailServer) makeQueue() error {
	account, err := user.Lookup("postfix")
	if err != nil {
		return err
	}
	uid, err := strconv.Atoi(account.Uid)
	if err != nil {
		return err
	}
	group, err := user.LookupGroup("postdrop")
	if err != nil {
		return err
	}
	gid, err := strconv.Atoi(group.Gid)
	if err != nil {
		return err
	}
	queue := filepath.Join(s.folder, "postfix", "queue")
	for _, folder := range []string{filepath.Join(queue, "pid"), filepath.Join(s.folder, "postfix", "state")} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
	}
	if err := os.Chown(filepath.Join(s.folder, "postfix", "state"), uid, -1); err != nil {
		return err
	}
	for name, mode := range queueFolders {
		folder := filepath.Join(queue, name)
		if err := os.Mkdir(folder, 0o700); err != nil {
			return err
		}
		if err := os.Chown(folder, uid, gid); err != nil {
			return err
		}
		if err := os.Chmod(folder, mode); err != nil {
			return err
		}
	}
	return nil
}

// writeRecipients tells Postfix which addresses exist. The caller holds mu or is alone.
func (s *MailServer) writeRecipients() error {
	var table strings.Builder
	for _, u := range s.users {
		fmt.Fprintf(&table, "%s exists\n", u.Address)
	}
	if err := s.replace("recipients", table.String(), 0o644); err != nil {
		return fmt.Errorf("writing Postfix's recipients: %w", err)
	}
	if s.opts.FilesSent {
		pattern := fmt.Sprintf("/^([^+@]+)@%s$/ ${1}+%sSent@%s\n", strings.ReplaceAll(Domain, ".", `\.`), s.opts.Prefix, Domain)
		if err := s.replace("sent", pattern, 0o644); err != nil {
			return fmt.Errorf("writing Postfix's rule for Sent: %w", err)
		}
	}
	return nil
}
