package mailcrmtest

import (
	"errors"
	"fmt"
	"iter"
	"strings"
)

// ErrUnknown says that a server has no such user or folder.
var ErrUnknown = errors.New("mailcrmtest: unknown")

func (s *Server) account(address string) *account {
	for _, a := range s.accounts {
		if strings.EqualFold(a.user.Address, address) {
			return a
		}
	}
	return nil
}

func (s *Server) login(name string) *account {
	for _, a := range s.accounts {
		if strings.EqualFold(a.user.Login, name) {
			return a
		}
	}
	return nil
}

// at is the account of an address, or an error.
func (s *Server) at(address string) (*account, error) {
	if a := s.account(address); a != nil {
		return a, nil
	}
	return nil, fmt.Errorf("%w user %s", ErrUnknown, address)
}

// Load appends mails to the folders of a user, in the order given, and creates folders as needed. The bytes are kept,
// not copied.
func (s *Server) Load(address string, mails iter.Seq[Mail]) error {
	a, err := s.at(address)
	if err != nil {
		return err
	}
	for m := range mails {
		a.load(m)
	}
	return nil
}

// Deliver puts a mail into a user's INBOX as if it had just arrived, without trace headers, and returns its UID.
func (s *Server) Deliver(address string, raw []byte) (uint32, error) {
	a, err := s.at(address)
	if err != nil {
		return 0, err
	}
	return a.load(Mail{Folder: inbox, Raw: raw, Date: s.options.Now()}), nil
}

// Folders lists the folders of a user, sorted.
func (s *Server) Folders(address string) ([]string, error) {
	a, err := s.at(address)
	if err != nil {
		return nil, err
	}
	return a.names(), nil
}

// Mails lists what lies in a folder, by UID.
func (s *Server) Mails(address, folder string) ([]StoredMail, error) {
	a, err := s.at(address)
	if err != nil {
		return nil, err
	}
	return a.mails(folder)
}

// SetPassword changes a password. Open connections stay.
func (s *Server) SetPassword(address, password string) error {
	a, err := s.at(address)
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.user.Password = password
	return nil
}

// SetFlags replaces the flags of one mail, as another mail program would.
func (s *Server) SetFlags(address, folder string, uid uint32, flags ...string) error {
	a, err := s.at(address)
	if err != nil {
		return err
	}
	return a.setFlags(folder, uid, flags)
}

// Remove expunges mails of a folder by UID, as another mail program would. A UID that is not there is no error.
func (s *Server) Remove(address, folder string, uids ...uint32) error {
	a, err := s.at(address)
	if err != nil {
		return err
	}
	return a.removeMails(folder, uids)
}

// Renumber gives a folder a new UIDVALIDITY and its mails the UIDs from 1, as after a server was restored from a
// backup. Connections that have it selected are ended.
func (s *Server) Renumber(address, folder string) error {
	a, err := s.at(address)
	if err != nil {
		return err
	}
	return a.renumber(folder)
}
