package storage

import (
	"context"
	"io"
	"time"
)

// Files gives document trees: of an agent, of everybody, and of each record. There is no Delete: mailcrm files documents, it never removes one.
//
// A folder is named by its id, which the driver chooses and mailcrm does not read; the empty id is the root of a tree.
type Files interface {
	// List returns a page of what lies directly in a folder, folders first, then files, each by name. A tree that has nothing yet is empty, which is no
	// error; a folder that does not exist, or that the Actor may not see, is [ErrNotFound]. So is a tree of another tenant's record.
	List(ctx context.Context, req ListFilesRequest) (ListFilesResult, error)

	// Open returns a file's bytes, which the caller closes. The size of the result is the number of bytes that will be read. What does not exist, or is
	// a folder, is [ErrNotFound].
	Open(ctx context.Context, req OpenFileRequest) (OpenFileResult, error)

	// Create stores a file whole, or nothing: when Content fails, or is not of Size bytes, the call fails and no file appears. The same Key in the same
	// tree returns the file made the first time and reads nothing. A name that is taken is changed ("offer (2).pdf"), and so is one that cannot be
	// kept as it is ("../x", a control character, more than 255 bytes), unless the driver refuses it with [ErrInvalid]; the result tells.
	Create(ctx context.Context, req CreateFileRequest) (CreateFileResult, error)

	// MakeFolder makes a folder, or returns the one of that name. Names are treated as in Create.
	MakeFolder(ctx context.Context, req MakeFolderRequest) (MakeFolderResult, error)
}

// A Tree names a document tree.
type Tree struct {
	Space  Space
	Entity Ref // for SpaceEntity
}

// A Space is a kind of document tree.
type Space string

// The spaces.
const (
	SpacePrivate Space = "private" // the Actor's own
	SpaceCommon  Space = "common"  // everybody's
	SpaceEntity  Space = "entity"  // of one record
)

// A File is a document or a folder in a tree.
type File struct {
	ID       string // the driver's, opaque: at most 255 bytes
	Name     string // at most 255 bytes, no control characters, no "/"
	Folder   bool
	Size     int64  // bytes; 0 for a folder
	Type     string // media type (RFC 2046); empty for a folder
	Modified time.Time
}

// A ListFilesRequest asks for a page of a folder.
type ListFilesRequest struct {
	Actor  Actor
	Tree   Tree
	Folder string
	Cursor string
	Limit  int // 1 to MaxPage
}

// A ListFilesResult is a page of a folder.
type ListFilesResult struct {
	Files []File
	Next  string
}

// An OpenFileRequest names a file.
type OpenFileRequest struct {
	Actor Actor
	Tree  Tree
	File  string
}

// An OpenFileResult is an open file.
type OpenFileResult struct {
	File    File
	Content io.ReadCloser
}

// A CreateFileRequest describes a file to store.
type CreateFileRequest struct {
	Actor   Actor
	Tree    Tree
	Folder  string
	Key     string // makes a repetition harmless; at most 128 bytes, not empty
	Name    string
	Type    string
	Size    int64     // bytes; -1: unknown
	Content io.Reader // read to its end once
}

// A CreateFileResult holds the file as it was stored.
type CreateFileResult struct {
	File File
}

// A MakeFolderRequest describes a folder.
type MakeFolderRequest struct {
	Actor  Actor
	Tree   Tree
	Parent string
	Name   string
}

// A MakeFolderResult holds the folder.
type MakeFolderResult struct {
	Folder File
}
