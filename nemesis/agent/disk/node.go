//go:build linux

package disk

import (
	"context"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

// node is a file or folder.
type node struct {
	fs.LoopbackNode
	layer *Layer
}

var (
	_ fs.NodeWrapChilder = (*node)(nil)
	_ fs.NodeLookuper    = (*node)(nil)
	_ fs.NodeGetattrer   = (*node)(nil)
	_ fs.NodeSetattrer   = (*node)(nil)
	_ fs.NodeStatxer     = (*node)(nil)
	_ fs.NodeOpener      = (*node)(nil)
	_ fs.NodeCreater     = (*node)(nil)
	_ fs.NodeMkdirer     = (*node)(nil)
	_ fs.NodeMknoder     = (*node)(nil)
	_ fs.NodeSymlinker   = (*node)(nil)
	_ fs.NodeLinker      = (*node)(nil)
	_ fs.NodeTmpfiler    = (*node)(nil)
	_ fs.NodeFsyncer     = (*node)(nil)
)

// WrapChild makes the nodes below a node of this kind too.
func (n *node) WrapChild(_ context.Context, ops fs.InodeEmbedder) fs.InodeEmbedder {
	return &node{LoopbackNode: fs.LoopbackNode{RootData: ops.(*fs.LoopbackNode).RootData}, layer: n.layer}
}

// sized gives attributes the size that programs see.
func (n *node) sized(a *fuse.Attr) {
	if size, known := n.layer.size(a.Ino); known && a.Mode&syscall.S_IFMT == syscall.S_IFREG {
		a.Size = uint64(size)
	}
}

func (n *node) Lookup(ctx context.Context, name string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	child, errno := n.LoopbackNode.Lookup(ctx, name, out)
	if errno == ok {
		n.sized(&out.Attr)
	}
	return child, errno
}

func (n *node) Getattr(ctx context.Context, f fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	errno := n.LoopbackNode.Getattr(ctx, below(f), out)
	if errno == ok {
		n.sized(&out.Attr)
	}
	return errno
}

// Statx is asked for when a file was made. The kernel has followed links itself, and
// what it asks about is the link; only the top folder is itself reached by one.
func (n *node) Statx(ctx context.Context, f fs.FileHandle, flags, mask uint32, out *fuse.StatxOut) syscall.Errno {
	if !n.IsRoot() {
		flags |= unix.AT_SYMLINK_NOFOLLOW
	}
	errno := n.LoopbackNode.Statx(ctx, below(f), flags, mask, out)
	if size, known := n.layer.size(out.Ino); errno == ok && known {
		out.Size = uint64(size)
	}
	return errno
}

// below is the handle of the file below.
func below(f fs.FileHandle) fs.FileHandle {
	if ours, is := f.(*file); is {
		return ours.LoopbackFile
	}
	return f
}

// Setattr makes durable what was written before a file is cut, see the package.
func (n *node) Setattr(ctx context.Context, f fs.FileHandle, in *fuse.SetAttrIn, out *fuse.AttrOut) syscall.Errno {
	size, cut := in.GetSize()
	state := n.state(ctx, f)
	if !cut || state == nil {
		errno := n.LoopbackNode.Setattr(ctx, below(f), in, out)
		if errno == ok {
			n.sized(&out.Attr)
		}
		return errno
	}
	state.mu.Lock()
	defer state.mu.Unlock()
	if state.below != nil {
		if err := state.pages.persist(state.below); err != nil {
			return fs.ToErrno(err)
		}
	}
	errno := n.LoopbackNode.Setattr(ctx, below(f), in, out)
	if errno == ok {
		state.pages.reset(int64(size))
	}
	return errno
}

// state is what the layer knows of the file.
func (n *node) state(ctx context.Context, f fs.FileHandle) *inode {
	if ours, is := f.(*file); is {
		return ours.inode
	}
	var out fuse.AttrOut
	if n.LoopbackNode.Getattr(ctx, nil, &out) != ok {
		return nil
	}
	n.layer.mu.Lock()
	defer n.layer.mu.Unlock()
	return n.layer.inodes[out.Ino]
}

// flagsBelow are those with which the file below is opened: a page is read before
// a part of it is written, and the kernel's own ways past its cache are not ours.
func flagsBelow(flags uint32) uint32 {
	if flags&syscall.O_ACCMODE == syscall.O_WRONLY {
		flags = flags&^syscall.O_ACCMODE | syscall.O_RDWR
	}
	return flags &^ (syscall.O_DIRECT | syscall.O_SYNC | syscall.O_DSYNC | syscall.O_TRUNC)
}

func (n *node) Open(ctx context.Context, flags uint32) (fs.FileHandle, uint32, syscall.Errno) {
	f, fuseFlags, errno := n.LoopbackNode.Open(ctx, flagsBelow(flags))
	if errno != ok {
		return nil, 0, errno
	}
	ours, errno := n.layer.wrap(ctx, f, flags)
	if errno == ok && flags&syscall.O_TRUNC != 0 {
		errno = ours.empty()
	}
	return ours, fuseFlags, errno
}

func (n *node) Create(ctx context.Context, name string, flags, mode uint32, out *fuse.EntryOut) (*fs.Inode, fs.FileHandle, uint32, syscall.Errno) {
	if errno := n.layer.room(); errno != ok {
		return nil, nil, 0, errno
	}
	child, f, fuseFlags, errno := n.LoopbackNode.Create(ctx, name, flagsBelow(flags), mode, out)
	if errno != ok {
		return nil, nil, 0, errno
	}
	ours, errno := n.layer.wrap(ctx, f, flags)
	return child, ours, fuseFlags, errno
}

func (n *node) Tmpfile(ctx context.Context, flags, mode uint32, out *fuse.EntryOut) (*fs.Inode, fs.FileHandle, uint32, syscall.Errno) {
	// Programs make a named file instead where this is not supported.
	return nil, nil, 0, syscall.ENOTSUP
}

func (n *node) Mkdir(ctx context.Context, name string, mode uint32, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	if errno := n.layer.room(); errno != ok {
		return nil, errno
	}
	return n.LoopbackNode.Mkdir(ctx, name, mode, out)
}

func (n *node) Mknod(ctx context.Context, name string, mode, device uint32, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	if errno := n.layer.room(); errno != ok {
		return nil, errno
	}
	return n.LoopbackNode.Mknod(ctx, name, mode, device, out)
}

func (n *node) Symlink(ctx context.Context, target, name string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	if errno := n.layer.room(); errno != ok {
		return nil, errno
	}
	return n.LoopbackNode.Symlink(ctx, target, name, out)
}

func (n *node) Link(ctx context.Context, target fs.InodeEmbedder, name string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	if errno := n.layer.room(); errno != ok {
		return nil, errno
	}
	return n.LoopbackNode.Link(ctx, target, name, out)
}

// Fsync of a folder: names are durable anyway, so that only what a sync can do
// wrong is to be done.
func (n *node) Fsync(ctx context.Context, f fs.FileHandle, flags uint32) syscall.Errno {
	if ours, is := f.(*file); is {
		return ours.Fsync(ctx, flags)
	}
	_, errno := n.layer.beforeSync()
	return errno
}
