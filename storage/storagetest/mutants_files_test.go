package storagetest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mailcrm/sdk/storage"
	"github.com/mailcrm/sdk/storage/storagetest"
)

// files is a Files whose methods can be replaced.
type files struct {
	storage.Files
	list   func(context.Context, storage.ListFilesRequest) (storage.ListFilesResult, error)
	open   func(context.Context, storage.OpenFileRequest) (storage.OpenFileResult, error)
	create func(context.Context, storage.CreateFileRequest) (storage.CreateFileResult, error)
	folder func(context.Context, storage.MakeFolderRequest) (storage.MakeFolderResult, error)
}

func (f files) List(ctx context.Context, req storage.ListFilesRequest) (storage.ListFilesResult, error) {
	if f.list != nil {
		return f.list(ctx, req)
	}
	return f.Files.List(ctx, req)
}

func (f files) Open(ctx context.Context, req storage.OpenFileRequest) (storage.OpenFileResult, error) {
	if f.open != nil {
		return f.open(ctx, req)
	}
	return f.Files.Open(ctx, req)
}

func (f files) Create(ctx context.Context, req storage.CreateFileRequest) (storage.CreateFileResult, error) {
	if f.create != nil {
		return f.create(ctx, req)
	}
	return f.Files.Create(ctx, req)
}

func (f files) MakeFolder(ctx context.Context, req storage.MakeFolderRequest) (storage.MakeFolderResult, error) {
	if f.folder != nil {
		return f.folder(ctx, req)
	}
	return f.Files.MakeFolder(ctx, req)
}

// seenBy changes who asks, and for which tree, in every method.
func seenBy(next storage.Files, change func(actor *storage.Actor, tree *storage.Tree)) storage.Files {
	return files{
		Files: next,
		list: func(ctx context.Context, req storage.ListFilesRequest) (storage.ListFilesResult, error) {
			change(&req.Actor, &req.Tree)
			return next.List(ctx, req)
		},
		open: func(ctx context.Context, req storage.OpenFileRequest) (storage.OpenFileResult, error) {
			change(&req.Actor, &req.Tree)
			return next.Open(ctx, req)
		},
		create: func(ctx context.Context, req storage.CreateFileRequest) (storage.CreateFileResult, error) {
			change(&req.Actor, &req.Tree)
			return next.Create(ctx, req)
		},
		folder: func(ctx context.Context, req storage.MakeFolderRequest) (storage.MakeFolderResult, error) {
			change(&req.Actor, &req.Tree)
			return next.MakeFolder(ctx, req)
		},
	}
}

func fileMutants() []mutant {
	spoil := func(check, name string, fn func(next storage.Files) storage.Files) mutant {
		return mutant{"Files/" + check, name, func(w *world) { w.Host.Files = fn(w.Host.Files) }}
	}
	creates := func(check, name string, fn func(next storage.Files, ctx context.Context, req storage.CreateFileRequest) (storage.CreateFileResult, error)) mutant {
		return spoil(check, name, func(next storage.Files) storage.Files {
			return files{Files: next, create: func(ctx context.Context, req storage.CreateFileRequest) (storage.CreateFileResult, error) {
				return fn(next, ctx, req)
			}}
		})
	}
	lists := func(check, name string, fn func(next storage.Files, ctx context.Context, req storage.ListFilesRequest) (storage.ListFilesResult, error)) mutant {
		return spoil(check, name, func(next storage.Files) storage.Files {
			return files{Files: next, list: func(ctx context.Context, req storage.ListFilesRequest) (storage.ListFilesResult, error) {
				return fn(next, ctx, req)
			}}
		})
	}
	opens := func(check, name string, fn func(next storage.Files, ctx context.Context, req storage.OpenFileRequest) (storage.OpenFileResult, error)) mutant {
		return spoil(check, name, func(next storage.Files) storage.Files {
			return files{Files: next, open: func(ctx context.Context, req storage.OpenFileRequest) (storage.OpenFileResult, error) {
				return fn(next, ctx, req)
			}}
		})
	}
	whole := func(next storage.Files, ctx context.Context, req storage.ListFilesRequest) ([]storage.File, error) {
		req.Cursor, req.Limit = "", storage.MaxPage
		result, err := next.List(ctx, req)
		return result.Files, err
	}
	byOffset := func(check, name string, order func([]storage.File)) mutant {
		return lists(check, name, func(next storage.Files, ctx context.Context, req storage.ListFilesRequest) (storage.ListFilesResult, error) {
			all, err := whole(next, ctx, req)
			order(all)
			offset, _ := strconv.Atoi(req.Cursor)
			page := storage.ListFilesResult{Files: all[min(offset, len(all)):]}
			if len(page.Files) > req.Limit {
				page.Files, page.Next = page.Files[:req.Limit], strconv.Itoa(offset+req.Limit)
			}
			return page, err
		})
	}
	// overwriting remembers the file of each key: what is new under it is not made.
	remembering := func(check, name string, keyOf func(storage.CreateFileRequest) string, leaps bool) mutant {
		return spoil(check, name, func(next storage.Files) storage.Files {
			var mu sync.Mutex
			seen, between := map[string]storage.CreateFileResult{}, newGap()
			n := 0
			return files{Files: next, create: func(ctx context.Context, req storage.CreateFileRequest) (storage.CreateFileResult, error) {
				key := keyOf(req)
				mu.Lock()
				result, found := seen[key]
				n++
				req.Key = strconv.Itoa(n)
				mu.Unlock()
				if found {
					return result, nil
				}
				if leaps {
					between.meet()
				}
				result, err := next.Create(ctx, req)
				if err == nil {
					mu.Lock()
					seen[key] = result
					mu.Unlock()
				}
				return result, err
			}}
		})
	}
	return []mutant{
		lists("an empty tree", "calls an empty tree an error", func(next storage.Files, ctx context.Context, req storage.ListFilesRequest) (storage.ListFilesResult, error) {
			result, err := next.List(ctx, req)
			if err == nil && len(result.Files) == 0 {
				err = storage.ErrNotFound
			}
			return result, err
		}),
		lists("an empty tree", "knows every space", func(next storage.Files, ctx context.Context, req storage.ListFilesRequest) (storage.ListFilesResult, error) {
			if result, err := next.List(ctx, req); !errors.Is(err, storage.ErrInvalid) {
				return result, err
			}
			return storage.ListFilesResult{}, nil
		}),
		opens("what was stored comes back", "loses the last byte", func(next storage.Files, ctx context.Context, req storage.OpenFileRequest) (storage.OpenFileResult, error) {
			result, err := next.Open(ctx, req)
			if err == nil {
				result.Content = io.NopCloser(io.LimitReader(result.Content, result.File.Size-1))
			}
			return result, err
		}),
		creates("what was stored comes back", "calls everything octets", func(next storage.Files, ctx context.Context, req storage.CreateFileRequest) (storage.CreateFileResult, error) {
			req.Type = ""
			return next.Create(ctx, req)
		}),
		creates("what was stored comes back", "reads once", func(next storage.Files, ctx context.Context, req storage.CreateFileRequest) (storage.CreateFileResult, error) {
			req.Content = io.LimitReader(req.Content, 1000)
			req.Size = -1
			return next.Create(ctx, req)
		}),
		creates("what was stored comes back", "writes names in ASCII", func(next storage.Files, ctx context.Context, req storage.CreateFileRequest) (storage.CreateFileResult, error) {
			req.Name = strings.ReplaceAll(req.Name, "É", "E")
			return next.Create(ctx, req)
		}),
		spoil("folders", "makes a folder twice", func(next storage.Files) storage.Files {
			n := 0
			return files{Files: next, folder: func(ctx context.Context, req storage.MakeFolderRequest) (storage.MakeFolderResult, error) {
				n++
				req.Name += strings.Repeat(" x", n)
				return next.MakeFolder(ctx, req)
			}}
		}),
		spoil("folders", "has one level of folders", func(next storage.Files) storage.Files {
			return files{Files: next, folder: func(ctx context.Context, req storage.MakeFolderRequest) (storage.MakeFolderResult, error) {
				req.Parent = ""
				return next.MakeFolder(ctx, req)
			}}
		}),
		byOffset("order and pages", "lists files first", func(all []storage.File) {
			slices.SortStableFunc(all, func(a, b storage.File) int { return strings.Compare(fmt.Sprint(a.Folder), fmt.Sprint(b.Folder)) })
		}),
		byOffset("order and pages", "lists the newest first", slices.Reverse[[]storage.File]),
		byOffset("pages while the folder changes", "counts from the start", func([]storage.File) {}),
		lists("not found", "calls a missing folder empty", func(next storage.Files, ctx context.Context, req storage.ListFilesRequest) (storage.ListFilesResult, error) {
			result, err := next.List(ctx, req)
			if errors.Is(err, storage.ErrNotFound) {
				err = nil
			}
			return result, err
		}),
		opens("not found", "opens folders", func(next storage.Files, ctx context.Context, req storage.OpenFileRequest) (storage.OpenFileResult, error) {
			result, err := next.Open(ctx, req)
			if err != nil && len(req.File) == 1 {
				return storage.OpenFileResult{Content: io.NopCloser(strings.NewReader(""))}, nil
			}
			return result, err
		}),
		opens("not found", "fails in another way", func(next storage.Files, ctx context.Context, req storage.OpenFileRequest) (storage.OpenFileResult, error) {
			result, err := next.Open(ctx, req)
			if err != nil {
				err = errors.New("open x: no such file or directory")
			}
			return result, err
		}),
		spoil("trees are apart", "has one private tree", func(next storage.Files) storage.Files {
			return seenBy(next, func(actor *storage.Actor, tree *storage.Tree) {
				if tree.Space == storage.SpacePrivate {
					actor.Agent = storagetest.Insider
				}
			})
		}),
		spoil("trees are apart", "puts records' documents together", func(next storage.Files) storage.Files {
			return seenBy(next, func(_ *storage.Actor, tree *storage.Tree) {
				if tree.Space == storage.SpaceEntity {
					tree.Entity.Kind, tree.Entity.ID = storage.KindAccount, "acme"
				}
			})
		}),
		spoil("only what the actor may see", "ignores the actor", func(next storage.Files) storage.Files {
			return seenBy(next, func(actor *storage.Actor, _ *storage.Tree) { actor.Agent = storagetest.Insider })
		}),
		spoil("tenants do not cross", "has one tenant", func(next storage.Files) storage.Files {
			return seenBy(next, func(actor *storage.Actor, tree *storage.Tree) {
				actor.Tenant = "north"
				if tree.Space == storage.SpaceEntity {
					tree.Entity.Tenant = "north"
				}
			})
		}),
		spoil("tenants do not cross", "believes the record", func(next storage.Files) storage.Files {
			return seenBy(next, func(actor *storage.Actor, tree *storage.Tree) {
				if tree.Space == storage.SpaceEntity {
					actor.Tenant = tree.Entity.Tenant
				}
			})
		}),
		spoil("many at once", "has one connection", func(next storage.Files) storage.Files {
			b := newBusy()
			return files{Files: next, create: func(ctx context.Context, req storage.CreateFileRequest) (storage.CreateFileResult, error) {
				leave, err := b.enter()
				if err != nil {
					return storage.CreateFileResult{}, err
				}
				defer leave()
				return next.Create(ctx, req)
			}}
		}),
		creates("honours its context", "ignores its context", func(next storage.Files, ctx context.Context, req storage.CreateFileRequest) (storage.CreateFileResult, error) {
			return next.Create(context.WithoutCancel(ctx), req)
		}),
		creates("honours its context", "looks at its context at the beginning", func(next storage.Files, ctx context.Context, req storage.CreateFileRequest) (storage.CreateFileResult, error) {
			if ctx.Err() != nil {
				return storage.CreateFileResult{}, ctx.Err()
			}
			return next.Create(context.WithoutCancel(ctx), req)
		}),
		lists("honours its context", "ignores its context when it lists", func(next storage.Files, ctx context.Context, req storage.ListFilesRequest) (storage.ListFilesResult, error) {
			return next.List(context.WithoutCancel(ctx), req)
		}),
		creates("the same key makes one file", "ignores keys", func(next storage.Files, ctx context.Context, req storage.CreateFileRequest) (storage.CreateFileResult, error) {
			req.Key = strconv.FormatInt(time.Now().UnixNano(), 10)
			return next.Create(ctx, req)
		}),
		creates("the same key makes one file", "reads although the file is there", func(next storage.Files, ctx context.Context, req storage.CreateFileRequest) (storage.CreateFileResult, error) {
			content, err := io.ReadAll(req.Content)
			if err != nil {
				return storage.CreateFileResult{}, err
			}
			req.Content = strings.NewReader(string(content))
			return next.Create(ctx, req)
		}),
		creates("the same key makes one file", "keeps 64 bytes of a key", func(next storage.Files, ctx context.Context, req storage.CreateFileRequest) (storage.CreateFileResult, error) {
			req.Key = req.Key[:min(64, len(req.Key))]
			return next.Create(ctx, req)
		}),
		creates("the same key makes one file", "folds the case of keys", func(next storage.Files, ctx context.Context, req storage.CreateFileRequest) (storage.CreateFileResult, error) {
			req.Key = strings.ToLower(req.Key)
			return next.Create(ctx, req)
		}),
		remembering("the same key at once makes one file", "looks, then leaps", func(req storage.CreateFileRequest) string { return fmt.Sprint(req.Actor.Tenant, req.Tree, req.Key) }, true),
		remembering("a name that is taken", "keeps what has the name", func(req storage.CreateFileRequest) string { return fmt.Sprint(req.Actor.Tenant, req.Tree, req.Name) }, false),
		creates("a name that is taken", "drops the extension", func(next storage.Files, ctx context.Context, req storage.CreateFileRequest) (storage.CreateFileResult, error) {
			if !strings.HasSuffix(req.Key, "0") {
				req.Name = strings.TrimSuffix(req.Name, ".pdf")
			}
			return next.Create(ctx, req)
		}),
		remembering("the same name at once", "keeps what has the name", func(req storage.CreateFileRequest) string { return req.Name }, false),
		creates("whole or not at all", "keeps what it got", func(next storage.Files, ctx context.Context, req storage.CreateFileRequest) (storage.CreateFileResult, error) {
			content, err := io.ReadAll(req.Content)
			req.Content, req.Size = strings.NewReader(string(content)), -1
			result, createErr := next.Create(ctx, req)
			return result, errors.Join(err, createErr)
		}),
		creates("whole or not at all", "does not look at the size", func(next storage.Files, ctx context.Context, req storage.CreateFileRequest) (storage.CreateFileResult, error) {
			req.Size = -1
			return next.Create(ctx, req)
		}),
		creates("hostile names", "keeps names as they are", func(next storage.Files, ctx context.Context, req storage.CreateFileRequest) (storage.CreateFileResult, error) {
			result, err := next.Create(ctx, req)
			result.File.Name = req.Name
			return result, err
		}),
		lists("hostile names", "does not show what it renamed", func(next storage.Files, ctx context.Context, req storage.ListFilesRequest) (storage.ListFilesResult, error) {
			result, err := next.List(ctx, req)
			result.Files = slices.DeleteFunc(result.Files, func(f storage.File) bool { return strings.HasPrefix(f.Name, "_") })
			return result, err
		}),
	}
}
