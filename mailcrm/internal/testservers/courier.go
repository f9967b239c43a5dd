package testservers

import (
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// courierLogin stands where Courier has imaplogin, which asks a daemon at a
// path that is compiled in. It knows one user and then becomes Courier's imapd,
// as imaplogin does: IMAPLOGINTAG makes it answer the login.
const courierLogin = `#!/bin/sh
say() { printf '%s\r\n' "$1"; }
caps="$IMAP_CAPABILITY AUTH=PLAIN"
say "* OK [CAPABILITY $caps] Courier-IMAP ready."
cr=$(printf '\r')
while IFS= read -r line; do
	line=${line%"$cr"}
	tag=${line%% *}
	set -f
	command=$(printf %s "${line#* }" | tr -d '"')
	verb=$(printf %s "${command%% *}" | tr a-z A-Z)
	good=
	case $verb in
	CAPABILITY)
		say "* CAPABILITY $caps"
		say "$tag OK CAPABILITY completed"
		continue
		;;
	NOOP)
		say "$tag OK NOOP completed"
		continue
		;;
	LOGOUT)
		say '* BYE Courier-IMAP server shutting down'
		say "$tag OK LOGOUT completed"
		exit 0
		;;
	LOGIN) [ "${command#* }" = "$LOGIN_WORDS" ] && good=yes ;;
	AUTHENTICATE)
		response=${command#* }
		case $response in
		*' '*) response=${response#* } ;;
		*)
			say '+ '
			IFS= read -r response || exit 0
			response=${response%"$cr"}
			;;
		esac
		[ "$response" = "$LOGIN_PLAIN" ] && good=yes
		;;
	esac
	if [ "$good" = yes ]; then
		cd "$LOGIN_HOME" || exit 1
		export IMAPLOGINTAG="$tag" AUTHENTICATED="$LOGIN_USER" HOME="$LOGIN_HOME"
		exec "$LOGIN_IMAPD" Maildir
	fi
	say "$tag NO Login failed."
done
`

// Courier starts a Courier IMAP server for one test and closes it when the test
// ends. Everything lies below "INBOX."; there are no special uses. The test is
// skipped where Courier is not there; where CI=true it fails.
//
// Version 5.0 has habits to know: a rename gives a mailbox another UIDVALIDITY
// and its mails the UIDs from 1, INBOX.Trash can be neither renamed nor
// deleted, and mailboxes made in the same second have the same UIDVALIDITY.
func Courier(t testing.TB) *IMAPServer {
	t.Helper()
	listener, secure, imapd := program("couriertcpd"), program("couriertls"), program(filepath.Join(beside, "usr/bin/imapd"))
	if listener == "" || secure == "" || imapd == "" {
		missing(t, "Courier", "courier-base, and courier-imap unpacked beside Dovecot: tools/debian install")
	}
	return imapServer(t, "Courier", "anna@"+Domain, func(s *IMAPServer) (*process, error) {
		if err := s.own("home/Maildir/cur", "home/Maildir/new", "home/Maildir/tmp", "home"); err != nil {
			return nil, err
		}
		if err := s.write("login.sh", courierLogin, 0o755); err != nil {
			return nil, err
		}
		var pem []byte
		for _, name := range []string{"key.pem", "cert.pem"} {
			text, err := os.ReadFile(filepath.Join(s.folder, "tls", name))
			if err != nil {
				return nil, fmt.Errorf("starting Courier: %w", err)
			}
			pem = append(pem, text...)
		}
		if err := s.write("tls/both.pem", string(pem), 0o600); err != nil {
			return nil, err
		}
		if err := s.own("tls"); err != nil {
			return nil, err
		}
		env := []string{
			"PATH=/usr/bin:/bin", "IMAP_CAPABILITY=IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT QUOTA IDLE",
			"IMAP_ACL=1", "IMAP_KEYWORDS=1", "IMAP_USELOCKS=1", "IMAP_TRASHFOLDERNAME=Trash", "IMAP_IDLE_TIMEOUT=60", "IMAP_UMASK=022",
			"IMAP_MAILBOX_SANITY_CHECK=1", "PROTOCOL=IMAP", "IMAP_TLS=1", "TLS_CERTFILE=" + filepath.Join(s.folder, "tls", "both.pem"), "TLS_VERIFYPEER=NONE",
			"LOGIN_HOME=" + filepath.Join(s.folder, "home"), "LOGIN_USER=" + s.User.Address, "LOGIN_IMAPD=" + imapd,
			"LOGIN_WORDS=" + s.User.Address + " " + s.User.Password,
			"LOGIN_PLAIN=" + base64.StdEncoding.EncodeToString([]byte("\x00"+s.User.Address+"\x00"+s.User.Password)),
		}
		// Courier serves no mail as root.
		command := []string{"env", "-i"}
		command = append(command, env...)
		if root() {
			setpriv, err := exec.LookPath("setpriv")
			if err != nil {
				return nil, fmt.Errorf("starting Courier: %w", err)
			}
			command = append(command, setpriv, fmt.Sprintf("--reuid=%d", s.owner.uid), fmt.Sprintf("--regid=%d", s.owner.gid), "--clear-groups")
		}
		command = append(command, listener, "-address="+s.Host, "-nodnslookup", "-noidentlookup", "-maxprocs=40", "-maxperip=40",
			fmt.Sprint(s.Port), secure, "-server", "-tcpd", "/bin/sh", filepath.Join(s.folder, "login.sh"))
		if strings.Contains(s.folder, " ") {
			return nil, fmt.Errorf("starting Courier: %s has a space in it", s.folder)
		}
		return supervise("Courier", "", s.folder, s.log(), "TERM", command...)
	})
}
