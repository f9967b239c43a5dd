package testservers

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// User is somebody with a mailbox.
type User struct {
	Name     string // alice
	Address  string // alice@test.example, also the name to log in with
	Password string
}

// Users lists who has a mailbox.
func (s *MailServer) Users() []User {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.users)
}

// User is the user of that name, or of that address. It panics when there is
// none, which is a mistake in the test.
func (s *MailServer) User(name string) User {
	for _, u := range s.Users() {
		if u.Name == name || u.Address == name {
			return u
		}
	}
	panic("testservers: no user " + name)
}

// AddUser gives somebody a mailbox while the servers run.
func (s *MailServer) AddUser(name string) (User, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.remember(name)
	if err == nil && s.Submission == Postfix {
		err = s.writeRecipients()
	}
	return u, err
}

// hashed is a password as Dovecot stores it.
func hashed(scheme, password string) (string, error) {
	if scheme == "" {
		return "{PLAIN}" + password, nil
	}
	doveadm := program("doveadm")
	if doveadm == "" {
		return "", fmt.Errorf("doveadm is not installed")
	}
	out, err := exec.Command(doveadm, "-O", "pw", "-s", scheme, "-p", password).Output()
	if err != nil {
		return "", fmt.Errorf("storing a password as %s: %w", scheme, err)
	}
	return strings.TrimSpace(string(out)), nil
}

// remember adds a user to the list and to Dovecot's passwords: a file for each
// user, since Dovecot looks for a change of a file once a second only. The
// caller holds mu or is alone.
func (s *MailServer) remember(name string) (User, error) {
	if name == "" || strings.ContainsAny(name, "@+: \t\r\n/'\"{}") {
		return User{}, fmt.Errorf("adding user %q: not a plain local part", name)
	}
	if slices.ContainsFunc(s.users, func(u User) bool { return u.Name == name }) {
		return User{}, fmt.Errorf("adding user %q: exists", name)
	}
	u := User{Name: name, Address: name + "@" + Domain, Password: "Secret-of-" + name + "-4711"}
	if err := os.MkdirAll(filepath.Join(s.folder, "users"), 0o755); err != nil {
		return User{}, fmt.Errorf("adding user %q: %w", name, err)
	}
	stored, err := hashed(s.opts.Scheme, u.Password)
	if err != nil {
		return User{}, fmt.Errorf("adding user %q: %w", name, err)
	}
	passwd := u.Address + ":" + stored + "\n"
	if err := s.replace(filepath.Join("users", u.Address), passwd, 0o644); err != nil {
		return User{}, fmt.Errorf("adding user %q: %w", name, err)
	}
	s.users = append(s.users, u)
	return u, nil
}
