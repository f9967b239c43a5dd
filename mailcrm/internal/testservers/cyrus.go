package testservers

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"text/template"
)

// CyrusOptions say what is unusual about a Cyrus.
type CyrusOptions struct {
	// Classic is how Cyrus was set up before version 3: everything below
	// "INBOX.", with dots between the levels.
	Classic bool
}

// cyrusConf is imapd.conf. The password is not looked at (alwaystrue): Cyrus
// has no file of passwords that could be written without tools of its own.
var cyrusConf = template.Must(template.New("imapd.conf").Parse(`
configdirectory: {{.Dir}}/conf
partition-default: {{.Dir}}/mail
sievedir: {{.Dir}}/sieve
cyrus_user: {{.User}}
admins: root
sasl_pwcheck_method: alwaystrue
sasl_mech_list: PLAIN
autocreate_quota: 0
autocreate_post: yes
altnamespace: {{.Alt}}
unixhierarchysep: {{.Alt}}
tls_server_cert: {{.Dir}}/tls/cert.pem
tls_server_key: {{.Dir}}/tls/key.pem
duplicate_db_path: {{.Dir}}/conf/deliver.db
tls_sessions_db_path: {{.Dir}}/conf/tls_sessions.db
statuscache_db_path: {{.Dir}}/conf/statuscache.db
ptscache_db_path: {{.Dir}}/conf/ptscache.db
proc_path: {{.Dir}}/conf/proc
mboxname_lockpath: {{.Dir}}/conf/lock
lmtpsocket: {{.Dir}}/conf/socket/lmtp
idlesocket: {{.Dir}}/conf/socket/idle
notifysocket: {{.Dir}}/conf/socket/notify
`))

// Cyrus starts a Cyrus IMAP server for one test and closes it when the test
// ends. The user's mailbox comes into being when he logs in; any password will
// do. The test is skipped where Cyrus is not there; where CI=true it fails. opts may be nil.
//
// Version 3.6 has two habits to know: mailboxes made in the same second have
// the same UIDVALIDITY, and MAILBOXID in STATUS is often a piece of memory
// that was freed before.
func Cyrus(t testing.TB, opts *CyrusOptions) *IMAPServer {
	t.Helper()
	master, imapd := program("cyrmaster"), program(filepath.Join(beside, "usr/lib/cyrus/bin/imapd"))
	if master == "" || imapd == "" {
		missing(t, "Cyrus", "cyrus-common, and cyrus-imapd unpacked beside Dovecot: tools/debian install")
	}
	if opts == nil {
		opts = &CyrusOptions{}
	}
	return imapServer(t, "Cyrus", "anna", func(s *IMAPServer) (*process, error) {
		if err := s.own("conf/socket", "conf/proc", "conf/lock", "conf/log", "conf", "mail", "sieve", "tls"); err != nil {
			return nil, err
		}
		var conf strings.Builder
		alt := map[bool]string{false: "yes", true: "no"}[opts.Classic]
		if err := cyrusConf.Execute(&conf, map[string]any{"Dir": s.folder, "User": s.owner.user, "Alt": alt}); err != nil {
			return nil, fmt.Errorf("starting Cyrus: %w", err)
		}
		if err := s.write("imapd.conf", conf.String(), 0o644); err != nil {
			return nil, err
		}
		services := fmt.Sprintf(`START {
  recover cmd="%s -C %s/imapd.conf -r"
}
SERVICES {
  imaps cmd="%s -C %s/imapd.conf -s" listen="%s:%d" prefork=0
}
EVENTS {
}
`, imapdTools+"ctl_cyrusdb", s.folder, imapd, s.folder, s.Host, s.Port)
		if err := s.write("cyrus.conf", services, 0o644); err != nil {
			return nil, err
		}
		return supervise("Cyrus", "", s.folder, s.log(), "TERM",
			master, "-C", s.folder+"/imapd.conf", "-M", s.folder+"/cyrus.conf", "-p", s.folder+"/conf/pid", "-D")
	})
}

// imapdTools is where the package cyrus-common has its programs.
const imapdTools = "/usr/lib/cyrus/bin/"
