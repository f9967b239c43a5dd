package mailcrm_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/mailcrm/mailcrmtest"
	"github.com/mailcrm/sdk/storage"
)

// filing is a world with one mail that has attachments.
type filing struct {
	*world
	id   string
	tree storage.Tree
}

func newFiling(t *testing.T, change func(*mailcrm.Config), parts ...part) *filing {
	t.Helper()
	f := &filing{world: newWorld(t, mailcrmtest.ServerOptions{}, change)}
	if len(parts) == 0 {
		parts = []part{
			{textPart, "Here it is."},
			{"Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=\"offer.pdf\"\r\nContent-Transfer-Encoding: base64", "aGVsbG8="},
			{"Content-Type: text/csv\r\nContent-Disposition: attachment; filename=\"../../prices.csv\"", "a;b"},
		}
	}
	f.raw(multi("mixed", parts...))
	f.account(f.input())
	f.id, f.tree = f.list()[0].ID, storage.Tree{Space: storage.SpaceEntity, Entity: f.ben}
	return f
}

func (f *filing) file(in mailcrm.FileInput) (*mailcrm.Filed, error) {
	if in.Message == "" {
		in.Message = f.id
	}
	if in.Path == "" {
		in.Path = "2"
	}
	if in.Tree.Space == "" {
		in.Tree = f.tree
	}
	return f.anna.Messages.File(f.t.Context(), in)
}

// names is what lies in a folder.
func (f *filing) names(tree storage.Tree, folder string) (out []string) {
	f.t.Helper()
	page, err := f.anna.Files.List(f.t.Context(), mailcrm.FilesQuery{Tree: tree, Folder: folder})
	require.NoError(f.t, err)
	for _, file := range page.Items {
		out = append(out, file.Name)
	}
	return out
}

func (f *filing) filedEvents() (out []mailcrm.Event) {
	f.t.Helper()
	events, _, err := f.anna.Events.List(f.t.Context(), 0, mailcrm.MaxPage)
	require.NoError(f.t, err)
	for _, e := range events {
		if e.Type == "message.filed" {
			out = append(out, e)
		}
	}
	return out
}

func TestFileAttachment(t *testing.T) {
	f := newFiling(t, nil)
	filed, err := f.file(mailcrm.FileInput{})
	require.NoError(t, err)
	require.Equal(t, "offer.pdf", filed.File.Name)
	require.Equal(t, "application/pdf", filed.File.Type)
	document, content, err := f.anna.Files.Open(t.Context(), f.tree, filed.File.ID)
	require.NoError(t, err)
	written, err := io.ReadAll(content)
	require.NoError(t, err)
	require.NoError(t, content.Close())
	require.Equal(t, "hello", string(written), "the bytes, decoded")
	require.Equal(t, filed.File, document)
	events := f.filedEvents()
	require.Len(t, events, 1)
	require.Equal(t, f.id, events[0].Message)
	require.Equal(t, "2", events[0].Subject)
	require.Equal(t, f.ben, events[0].Entity)
	require.Equal(t, "anna", events[0].Agent)

	again, err := f.file(mailcrm.FileInput{})
	require.NoError(t, err)
	require.Equal(t, filed, again, "filed twice, there once")

	taken, err := f.file(mailcrm.FileInput{Path: "3", Name: "offer.pdf"})
	require.NoError(t, err)
	require.Equal(t, "offer (2).pdf", taken.File.Name)

	folder, err := f.file(mailcrm.FileInput{Path: "3", NewFolder: "Offers"})
	require.NoError(t, err)
	require.Equal(t, "prices.csv", folder.File.Name, "a name with a path in it is one without")
	require.Equal(t, "Offers", folder.Folder.Name)
	second, err := f.file(mailcrm.FileInput{NewFolder: "offers"})
	require.NoError(t, err)
	require.Equal(t, folder.Folder.ID, second.Folder.ID, "there is one folder of that name")
	below, err := f.file(mailcrm.FileInput{Folder: folder.Folder.ID, NewFolder: "2026"})
	require.NoError(t, err)
	require.Equal(t, []string{"Offers", "offer (2).pdf", "offer.pdf"}, f.names(f.tree, ""))
	require.Equal(t, []string{"2026", "offer.pdf", "prices.csv"}, f.names(f.tree, folder.Folder.ID))
	require.Equal(t, []string{"offer.pdf"}, f.names(f.tree, below.Folder.ID))

	for _, space := range []storage.Space{storage.SpacePrivate, storage.SpaceCommon} {
		tree := storage.Tree{Space: space}
		_, err := f.file(mailcrm.FileInput{Tree: tree, Name: "mine.pdf"})
		require.NoError(t, err)
		require.Equal(t, []string{"mine.pdf"}, f.names(tree, ""))
	}
	zoe := f.client.As(storage.Actor{Agent: "zoe"})
	page, err := zoe.Files.List(t.Context(), mailcrm.FilesQuery{Tree: storage.Tree{Space: storage.SpacePrivate}})
	require.NoError(t, err)
	require.Empty(t, page.Items, "everybody has a tree of his own")
}

func TestFileRefused(t *testing.T) {
	f := newFiling(t, nil)
	for name, c := range map[string]struct {
		in    mailcrm.FileInput
		want  error
		field string
	}{
		"no such mail":         {in: mailcrm.FileInput{Message: "nobody"}, want: mailcrm.ErrNotFound},
		"no such part":         {in: mailcrm.FileInput{Path: "9", NewFolder: "Empty"}, want: mailcrm.ErrNotFound},
		"a path of nowhere":    {in: mailcrm.FileInput{Path: "../../etc"}, want: mailcrm.ErrNotFound},
		"no such folder":       {in: mailcrm.FileInput{Folder: "999"}, want: mailcrm.ErrNotFound},
		"a folder by its name": {in: mailcrm.FileInput{Folder: "../other"}, want: mailcrm.ErrNotFound},
		"a long folder":        {in: mailcrm.FileInput{Folder: strings.Repeat("x", 256)}, want: mailcrm.ErrNotFound},
		"no such record": {
			in:   mailcrm.FileInput{Tree: storage.Tree{Space: storage.SpaceEntity, Entity: storage.Ref{Kind: "contact", ID: "gone"}}},
			want: mailcrm.ErrNotFound,
		},
		"another tenant": {
			in:   mailcrm.FileInput{Tree: storage.Tree{Space: storage.SpaceEntity, Entity: storage.Ref{Tenant: "other", Kind: "contact", ID: "ben"}}},
			want: mailcrm.ErrNotFound,
		},
		"no record":              {in: mailcrm.FileInput{Tree: storage.Tree{Space: storage.SpaceEntity}}, field: "Tree.Entity"},
		"a record and no space":  {in: mailcrm.FileInput{Tree: storage.Tree{Space: storage.SpaceCommon, Entity: f.ben}}, field: "Tree.Entity"},
		"no such space":          {in: mailcrm.FileInput{Tree: storage.Tree{Space: "else"}}, field: "Tree.Space"},
		"a name of spaces":       {in: mailcrm.FileInput{Name: "  "}, field: "Name"},
		"a name of dots":         {in: mailcrm.FileInput{Name: ".."}, field: "Name"},
		"a long name":            {in: mailcrm.FileInput{Name: strings.Repeat("x", 256)}, field: "Name"},
		"a folder without name":  {in: mailcrm.FileInput{NewFolder: "\u202e"}, field: "NewFolder"},
		"a folder of a long one": {in: mailcrm.FileInput{NewFolder: strings.Repeat("x", 256)}, field: "NewFolder"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := f.file(c.in)
			if c.field == "" {
				require.ErrorIs(t, err, c.want)
				return
			}
			var field *mailcrm.FieldError
			require.ErrorAs(t, err, &field)
			require.Equal(t, c.field, field.Field)
		})
	}
	require.Empty(t, f.names(f.tree, ""), "what was refused leaves nothing, not even a folder")
	require.Empty(t, f.filedEvents())
}

// TestFileHostileNames: names of people are made harmless before the host has them.
func TestFileHostileNames(t *testing.T) {
	f := newFiling(t, nil)
	for name, want := range map[string]string{
		"../../etc/passwd": "passwd", `C:\boot.ini`: "boot.ini", "CON.txt": "_CON.txt", "a\u202efdp.exe": "afdp.exe", "a\r\nb.txt": "a b.txt", ".hidden": "hidden",
	} {
		filed, err := f.file(mailcrm.FileInput{Name: name})
		require.NoError(t, err, name)
		require.Equal(t, want, filed.File.Name, name)
	}
}

func TestFileHostFails(t *testing.T) {
	t.Run("no documents", func(t *testing.T) {
		f := newFiling(t, func(cfg *mailcrm.Config) { cfg.Host.Files = nil })
		_, err := f.file(mailcrm.FileInput{})
		require.ErrorIs(t, err, mailcrm.ErrUnavailable)
		require.Equal(t, "host.not_offered", storage.CauseCode(err))
		_, err = f.anna.Files.List(t.Context(), mailcrm.FilesQuery{Tree: f.tree})
		require.Equal(t, "host.not_offered", storage.CauseCode(err))
	})
	t.Run("down", func(t *testing.T) {
		f := newFiling(t, nil)
		for method, call := range map[string]func() error{
			"Files.Create":     func() error { _, err := f.file(mailcrm.FileInput{}); return err },
			"Files.MakeFolder": func() error { _, err := f.file(mailcrm.FileInput{NewFolder: "x"}); return err },
			"Files.List":       func() error { _, err := f.anna.Files.List(t.Context(), mailcrm.FilesQuery{Tree: f.tree}); return err },
			"Files.Open":       func() error { _, _, err := f.anna.Files.Open(t.Context(), f.tree, "1"); return err },
			"Access.Visible":   func() error { _, err := f.file(mailcrm.FileInput{}); return err },
		} {
			f.crm.Fail(func(m string) error {
				if m == method {
					return errors.New("connection refused")
				}
				return nil
			})
			err := call()
			f.crm.Fail(nil)
			require.ErrorIs(t, err, mailcrm.ErrUnavailable, method)
			require.Equal(t, "host.unavailable", storage.CauseCode(err), method)
		}
		require.Empty(t, f.filedEvents())
	})
	t.Run("the answer is lost", func(t *testing.T) {
		f := newFiling(t, nil)
		f.crm.FailAfter(func(m string) error {
			if m == "Files.Create" {
				return errors.New("connection reset")
			}
			return nil
		})
		_, err := f.file(mailcrm.FileInput{})
		require.ErrorIs(t, err, mailcrm.ErrUnavailable)
		f.crm.FailAfter(nil)
		_, err = f.file(mailcrm.FileInput{})
		require.NoError(t, err)
		require.Equal(t, []string{"offer.pdf"}, f.names(f.tree, ""), "asked again, it is there once")
	})
	t.Run("too large for the host", func(t *testing.T) {
		f := newFiling(t, nil)
		f.crm.Fail(func(m string) error {
			if m == "Files.Create" {
				return fmt.Errorf("at most 3 bytes: %w", storage.ErrLimit)
			}
			return nil
		})
		_, err := f.file(mailcrm.FileInput{})
		require.ErrorIs(t, err, mailcrm.ErrLimit)
	})
}

// endless is a store of documents that reads all it is given.
type endless struct{ storage.Files }

func (endless) Create(_ context.Context, req storage.CreateFileRequest) (storage.CreateFileResult, error) {
	n, err := io.Copy(io.Discard, req.Content)
	if err != nil {
		return storage.CreateFileResult{}, errors.New("the disk coughed") // a host that loses what was wrong
	}
	return storage.CreateFileResult{File: storage.File{ID: "1", Name: req.Name, Size: n}}, nil
}

func TestFileTooLarge(t *testing.T) {
	mail := func(n int) part {
		return part{"Content-Type: application/zip\r\nContent-Disposition: attachment; filename=big.zip\r\nContent-Transfer-Encoding: binary", string(bytes.Repeat([]byte("0123456\n"), n/8))}
	}
	f := newFiling(t, func(cfg *mailcrm.Config) { cfg.Host.Files = endless{cfg.Host.Files} }, part{textPart, "x"}, mail(mailcrm.MaxDocument+8))
	_, err := f.file(mailcrm.FileInput{})
	require.ErrorIs(t, err, mailcrm.ErrLimit)
	require.ErrorContains(t, err, "64 MiB")
	require.Empty(t, f.filedEvents())
}

// TestPrivateIsNotFiled: of a private mail nobody else files, opens or lists a part.
func TestPrivateIsNotFiled(t *testing.T) {
	f := newFiling(t, nil)
	draft, err := f.anna.Drafts.Create(t.Context(), mailcrm.DraftInput{
		Account: f.accountID(), To: []mailcrm.Address{{Address: benAddress}}, Subject: "Between us", Text: "x", Private: true,
	})
	require.NoError(t, err)
	_, err = f.anna.Drafts.Attach(t.Context(), draft.ID, "secret.pdf", "application/pdf", strings.NewReader("secret"))
	require.NoError(t, err)
	_, err = f.anna.Drafts.Send(t.Context(), mailcrm.SendInput{ID: draft.ID})
	require.NoError(t, err)
	f.work()
	page, err := f.anna.Timeline.List(t.Context(), mailcrm.TimelineQuery{Entity: f.ben})
	require.NoError(t, err)
	var id string
	for _, m := range page.Items {
		if m.Private {
			id = m.ID
		}
	}
	require.NotEmpty(t, id)
	zoe := f.client.As(storage.Actor{Agent: "zoe"})
	got, err := zoe.Messages.Get(t.Context(), id)
	require.NoError(t, err)
	require.True(t, got.Withheld)
	require.Empty(t, got.Attachments)
	require.False(t, got.HasAttachments)
	_, err = zoe.Messages.File(t.Context(), mailcrm.FileInput{Message: id, Path: "2", Tree: f.tree, NewFolder: "x"})
	require.ErrorIs(t, err, mailcrm.ErrNotFound)
	_, err = zoe.Messages.Headers(t.Context(), id)
	require.ErrorIs(t, err, mailcrm.ErrNotFound)
	require.Empty(t, f.names(f.tree, ""))
	own, err := f.anna.Messages.File(t.Context(), mailcrm.FileInput{Message: id, Path: "2", Tree: storage.Tree{Space: storage.SpacePrivate}})
	require.NoError(t, err, "its sender may")
	require.Equal(t, "secret.pdf", own.File.Name)
}

func (f *filing) accountID() string {
	f.t.Helper()
	list, err := f.anna.Accounts.List(f.t.Context())
	require.NoError(f.t, err)
	return list[0].ID
}
