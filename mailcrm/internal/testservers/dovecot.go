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

// dovecotConf is a whole Dovecot 2.3 configuration. What differs from a
// server on the net: no delays after a wrong password (tests would wait for
// seconds), no fsync, and folder names in UTF-8 on disk.
var dovecotConf = template.Must(template.New("dovecot.conf").Parse(`
base_dir = {{.Dir}}/run
state_dir = {{.Dir}}/run
instance_name = {{.Dir}}
log_path = {{.Dir}}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1, 127.0.0.2
default_login_user = {{.LoginUser}}
default_internal_user = {{.InternalUser}}
default_internal_group = {{.InternalGroup}}
first_valid_uid = 1
first_valid_gid = 1
ssl = yes
ssl_cert = <{{.Dir}}/tls/cert.pem
ssl_key = <{{.Dir}}/tls/key.pem
ssl_min_protocol = TLSv1.2
disable_plaintext_auth = yes
auth_mechanisms = {{.Mechanisms}}
{{- if .ClientCertificates}}
ssl_ca = <{{.Dir}}/tls/ca.pem
ssl_require_crl = no
ssl_verify_client_cert = yes
ssl_cert_username_field = commonName
auth_ssl_username_from_cert = yes
{{- end}}
auth_failure_delay = 0
mail_location = maildir:~/Maildir:UTF-8
mail_fsync = never
mail_max_userip_connections = {{.Connections}}
lmtp_save_to_detail_mailbox = yes
shutdown_clients = yes
{{- if .Tokens}}
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {{.Dir}}/oauth2.conf
}
{{- end}}
{{- if .ClientCertificates}}
passdb {
  driver = static
  mechanisms = external
  args = nopassword=y
}
{{- end}}
passdb {
  driver = passwd-file
  args = username_format=%u {{.Dir}}/users/%u
}
userdb {
  driver = static
  args = uid={{.UID}} gid={{.GID}} home={{.Dir}}/mail/%u
}
{{- if .Capability}}
protocol imap {
  imap_capability = {{.Capability}}
}
{{- end}}
namespace inbox {
  inbox = yes
  prefix = {{.Prefix}}
  separator = {{.Separator}}
{{- range .Folders}}
  mailbox "{{.Name}}" {
    auto = subscribe
{{- if .Use}}
    special_use = {{.Use}}
{{- end}}
  }
{{- end}}
}
service imap-login {
{{- if not .Root}}
  chroot =
{{- end}}
  inet_listener imap {
    port = {{.IMAP}}
  }
  inet_listener imaps {
    port = {{.IMAPS}}
    ssl = yes
  }
}
service anvil {
{{- if not .Root}}
  chroot =
{{- end}}
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
{{- if not .Root}}
  chroot =
{{- end}}
}
service lmtp {
  inet_listener lmtp {
    address = 127.0.0.1
    port = {{.LMTP}}
  }
}
service auth {
  inet_listener {
    address = 127.0.0.1
    port = {{.SASL}}
  }
}
`))

// owner is the user whose files the mailboxes are.
type owner struct {
	uid, gid    int
	user, group string
}

// mailOwner is nobody for root, since Dovecot serves no mail as root, else
// the user of this process.
func mailOwner() (owner, error) {
	var u *user.User
	var err error
	if root() {
		u, err = user.Lookup("nobody")
	} else {
		u, err = user.Current()
	}
	if err != nil {
		return owner{}, fmt.Errorf("choosing the mailboxes' user: %w", err)
	}
	o := owner{user: u.Username, group: u.Gid}
	if o.uid, err = strconv.Atoi(u.Uid); err != nil {
		return owner{}, fmt.Errorf("choosing the mailboxes' user: %w", err)
	}
	if o.gid, err = strconv.Atoi(u.Gid); err != nil {
		return owner{}, fmt.Errorf("choosing the mailboxes' user: %w", err)
	}
	if g, err := user.LookupGroupId(u.Gid); err == nil {
		o.group = g.Name
	}
	return o, nil
}

// startDovecot runs Dovecot and waits for its greeting. saslPort is where it
// answers Postfix whether a password is right.
func (s *MailServer) startDovecot(saslPort int) error {
	mailboxes := filepath.Join(s.folder, "mail")
	for _, folder := range []string{mailboxes, filepath.Join(s.folder, "run")} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return fmt.Errorf("starting Dovecot: %w", err)
		}
	}
	if err := os.Chown(mailboxes, s.owner.uid, s.owner.gid); err != nil {
		return fmt.Errorf("starting Dovecot: %w", err)
	}
	login, internal, group := s.owner.user, s.owner.user, s.owner.group
	if root() {
		login, internal, group = "dovenull", "dovecot", "dovecot"
	}
	folders := s.opts.Folders
	if s.opts.NoSpecialUse {
		folders = make([]Folder, len(s.opts.Folders))
		for i, f := range s.opts.Folders {
			folders[i].Name = f.Name
		}
	}
	var conf strings.Builder
	err := dovecotConf.Execute(&conf, map[string]any{
		"Dir": s.folder, "Root": root(), "UID": s.owner.uid, "GID": s.owner.gid,
		"LoginUser": login, "InternalUser": internal, "InternalGroup": group,
		"IMAP": s.IMAPPort, "IMAPS": s.IMAPSPort, "LMTP": s.LMTPPort, "SASL": saslPort,
		"Folders": folders, "Prefix": s.opts.Prefix, "Separator": s.opts.Separator,
		"Capability": s.opts.Capability, "Connections": s.opts.Connections,
		"Mechanisms": s.opts.Mechanisms, "Tokens": s.opts.Tokens != nil, "ClientCertificates": s.opts.ClientCertificates,
	})
	if err != nil {
		return fmt.Errorf("starting Dovecot: %w", err)
	}
	if err := s.replace("dovecot.conf", conf.String(), 0o644); err != nil {
		return fmt.Errorf("starting Dovecot: %w", err)
	}
	if err := s.writeTokens(); err != nil {
		return fmt.Errorf("starting Dovecot: %w", err)
	}
	path := program("dovecot")
	if path == "" {
		return fmt.Errorf("starting Dovecot: not installed")
	}
	p, err := supervise("Dovecot", "", s.folder, filepath.Join(s.folder, "dovecot.log"), "TERM",
		path, "-F", "-c", filepath.Join(s.folder, "dovecot.conf"))
	if err != nil {
		return err
	}
	s.processes = append(s.processes, p)
	return p.await(banner(s.At(s.IMAPPort), "* OK"))
}
