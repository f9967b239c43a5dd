package people

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/mailcrm/sdk/storage"
)

// A FirstRun is what is told once, when the file of people is made.
type FirstRun struct {
	Name     string
	Password string
	Token    string
}

// maxFile is the most bytes that the file of people may have.
const maxFile = 4 << 20

// Open reads the people in a file, or makes it (mode 0600) with one administrator, "admin", when it is not there yet; first then has the password and the API
// token that were made for him, and is nil otherwise.
func Open(path string, opts *Options) (p *People, first *FirstRun, err error) {
	p = newPeople(opts)
	p.path = path
	text, err := read(path)
	if errors.Is(err, fs.ErrNotExist) {
		first, err = p.begin()
		return p, first, err
	}
	if err != nil {
		return nil, nil, fmt.Errorf("people: %w", err)
	}
	var file struct {
		People []account `json:"people"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, nil, fmt.Errorf("people: %s is not what this server writes: mend it or restore it from a copy: %w", path, errors.Join(storage.ErrInvalid, err))
	}
	p.all = file.People
	return p, nil, nil
}

func read(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case info.Size() > maxFile:
		return nil, fmt.Errorf("%s has more than %d bytes: %w", path, maxFile, storage.ErrLimit)
	}
	return os.ReadFile(path)
}

// begin makes the administrator of a new file.
func (p *People) begin() (*FirstRun, error) {
	first := &FirstRun{Name: "admin"}
	var err error
	if first.Password, err = p.Add(Person{ID: first.Name, Name: "Administrator", Admin: true}); err != nil {
		return nil, err
	}
	if first.Token, err = p.Issue(first.Name); err != nil {
		return nil, err
	}
	return first, nil
}

// Add adds a person, with a password that is told once. [storage.ErrConflict] when somebody has the id.
func (p *People) Add(person Person) (password string, err error) {
	person.ID = strings.TrimSpace(person.ID)
	if person.Name = strings.TrimSpace(person.Name); person.Name == "" {
		person.Name = person.ID
	}
	if err := check(person); err != nil {
		return "", err
	}
	password = newPassword()
	hash := hashPassword(password)
	p.mu.Lock()
	defer p.mu.Unlock()
	if slices.ContainsFunc(p.all, func(a account) bool { return a.ID == person.ID }) {
		return "", fmt.Errorf("person %q is there already: %w", person.ID, storage.ErrConflict)
	}
	if err := p.keep(append(slices.Clone(p.all), account{Person: person, Password: hash})); err != nil {
		return "", fmt.Errorf("adding %q: %w", person.ID, err)
	}
	return password, nil
}

func check(person Person) error {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789._-"
	switch {
	case person.ID == "" || len(person.ID) > 64 || strings.Trim(person.ID, letters) != "":
		return storage.Invalid("id", "malformed", "choose a login of at most 64 lower-case letters, digits, dots and hyphens")
	case len(person.Name) > 255 || strings.ContainsFunc(person.Name, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return storage.Invalid("name", "malformed", "enter a name of at most 255 bytes")
	case len(person.Address) > 255 || person.Address != "" && !strings.Contains(person.Address, "@"):
		return storage.Invalid("address", "bad_address", "enter a whole address, like name@example.com, or none")
	}
	if person.Zone != "" {
		if _, err := time.LoadLocation(person.Zone); err != nil {
			return storage.Invalid("zone", "unknown", "enter a time zone like Europe/Paris")
		}
	}
	return nil
}

// SetPassword changes a password and ends the person's sessions.
func (p *People) SetPassword(id, password string) error {
	if err := checkPassword(password); err != nil {
		return err
	}
	hash := hashPassword(password)
	if err := p.change(id, func(a *account) error { a.Password = hash; return nil }); err != nil {
		return fmt.Errorf("changing the password: %w", err)
	}
	p.sessions.endAll(id)
	return nil
}

// ResetPassword gives a person a new password, which is told once.
func (p *People) ResetPassword(id string) (string, error) {
	password := newPassword()
	return password, p.SetPassword(id, password)
}

// write replaces the file, whole or not at all, and durably.
func write(path string, all []account) error {
	text, err := json.MarshalIndent(struct {
		People []account `json:"people"`
	}{all}, "", "  ")
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return errors.Join(storage.ErrReadOnly, err)
	}
	f, err := os.CreateTemp(dir, ".people-*") // mode 0600
	if err != nil {
		return errors.Join(storage.ErrReadOnly, err)
	}
	_, err = f.Write(append(text, '\n'))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(storage.ErrReadOnly, err, os.Remove(f.Name()))
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return errors.Join(storage.ErrReadOnly, err, os.Remove(f.Name()))
	}
	return syncDir(dir)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
