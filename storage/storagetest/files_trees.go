package storagetest

import (
	"bytes"
	"context"

	"github.com/mailcrm/sdk/storage"
)

// filesTrees puts one key and one name into every tree: each has its own file, and no id opens in another tree what is there.
func filesTrees(ctx context.Context, b *bench) {
	tenant := b.tenants[0]
	spots := []spot{
		{actor: b.insider(tenant), tree: private},
		{actor: b.outsider(tenant), tree: private},
		{actor: b.insider(tenant), tree: common},
		{actor: b.insider(tenant), tree: entityTree(b.ref(tenant, "ann"))},
		{actor: b.insider(tenant), tree: entityTree(b.ref(tenant, "acme"))},
	}
	for i, at := range spots {
		id := b.stores(ctx, at, "k", "a.pdf", noise(100+i, byte(i))).ID
		b.holdsFile(ctx, at, id, noise(100+i, byte(i)))
	}
	for i, at := range spots {
		b.lists(ctx, at, "a.pdf")
		own := b.ls(ctx, at, 1, nil)
		if len(own) == 1 {
			b.holdsFile(ctx, at, own[0].ID, noise(100+i, byte(i)))
		}
	}
	b.lists(ctx, spot{actor: b.outsider(tenant), tree: common}, "a.pdf")
	unique := b.stores(ctx, spots[0], "k2", "mine alone.pdf", noise(7, 7))
	b.stores(ctx, spots[0], "k3", "mine too.pdf", noise(7, 7))
	b.lacksFile(ctx, spots[1], unique.ID, "opening a file of another agent's tree")
	// The record decides, not how its tree is named: the space's other field does not matter.
	odd := spots[0]
	odd.tree.Entity = b.ref(tenant, "ann")
	b.lists(ctx, odd, "a.pdf", "mine alone.pdf", "mine too.pdf")
}

func filesHidden(ctx context.Context, b *bench) {
	for _, tenant := range b.tenants {
		tree := entityTree(b.ref(tenant, "hidden"))
		f := b.stores(ctx, spot{actor: b.insider(tenant), tree: tree}, "k", "a.pdf", noise(10, 1))
		out := spot{actor: b.outsider(tenant), tree: tree}
		b.lacksFile(ctx, out, f.ID, "opening a file of a record that the Actor may not see")
		_, err := b.Host.Files.List(ctx, storage.ListFilesRequest{Actor: out.actor, Tree: tree, Limit: 1})
		b.fails(err, "listing the files of a record that the Actor may not see", storage.ErrNotFound)
		_, err = b.Host.Files.MakeFolder(ctx, storage.MakeFolderRequest{Actor: out.actor, Tree: tree, Name: "x"})
		b.fails(err, "making a folder for a record that the Actor may not see", storage.ErrNotFound)
		_, err = b.Host.Files.Create(ctx, storage.CreateFileRequest{Actor: out.actor, Tree: tree, Key: "k", Name: "x", Size: 0, Content: bytes.NewReader(nil)})
		b.fails(err, "creating a file for a record that the Actor may not see", storage.ErrNotFound)
	}
}

func filesTenants(ctx context.Context, b *bench) {
	north, south := b.tenants[0], b.tenants[1]
	for _, tree := range []func(storage.Tenant) storage.Tree{
		func(storage.Tenant) storage.Tree { return common },
		func(storage.Tenant) storage.Tree { return private },
		func(tenant storage.Tenant) storage.Tree { return entityTree(b.ref(tenant, "ann")) },
	} {
		in, out := spot{actor: b.insider(north), tree: tree(north)}, spot{actor: b.insider(south), tree: tree(south)}
		f := b.stores(ctx, in, "k", "a.pdf", noise(10, 1))
		folder := b.makes(ctx, in, "offers")
		b.lists(ctx, out)
		b.lacksFile(ctx, out, f.ID, "opening a file of another tenant")
		_, err := b.Host.Files.List(ctx, storage.ListFilesRequest{Actor: out.actor, Tree: out.tree, Folder: folder.ID, Limit: 1})
		b.fails(err, "listing a folder of another tenant", storage.ErrNotFound)
		b.stores(ctx, out, "k", "a.pdf", noise(20, 2)) // the same key
		b.lists(ctx, out, "a.pdf")
		b.holdsFile(ctx, in, f.ID, noise(10, 1))
	}
	foreign := spot{actor: b.insider(south), tree: entityTree(b.ref(north, "ann"))}
	_, err := b.Host.Files.List(ctx, storage.ListFilesRequest{Actor: foreign.actor, Tree: foreign.tree, Limit: 1})
	b.fails(err, "listing the files of another tenant's record", storage.ErrNotFound)
	_, err = b.Host.Files.Create(ctx, storage.CreateFileRequest{Actor: foreign.actor, Tree: foreign.tree, Key: "x", Name: "x", Size: 0, Content: bytes.NewReader(nil)})
	b.fails(err, "creating a file for another tenant's record", storage.ErrNotFound)
}
