//go:build linux

package disk

import (
	"context"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

// top is the folder that is covered. The path that leads to it is a link in /proc, and
// what go-fuse changes by its path, it would change at the link: links are not followed,
// because those in a file system are the concern of programs.
type top struct{ node }

var (
	_ fs.NodeSetattrer     = (*top)(nil)
	_ fs.NodeGetxattrer    = (*top)(nil)
	_ fs.NodeSetxattrer    = (*top)(nil)
	_ fs.NodeRemovexattrer = (*top)(nil)
	_ fs.NodeListxattrer   = (*top)(nil)
)

func (t *top) Setattr(ctx context.Context, _ fs.FileHandle, in *fuse.SetAttrIn, out *fuse.AttrOut) syscall.Errno {
	fd, err := syscall.Open(t.RootData.Path, syscall.O_RDONLY|syscall.O_DIRECTORY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return fs.ToErrno(err)
	}
	folder := fs.NewLoopbackFile(fd).(*fs.LoopbackFile)
	defer folder.Release(ctx)
	return folder.Setattr(ctx, in, out)
}

func (t *top) Getxattr(_ context.Context, name string, into []byte) (uint32, syscall.Errno) {
	n, err := unix.Getxattr(t.RootData.Path, name, into)
	return uint32(n), fs.ToErrno(err)
}

func (t *top) Setxattr(_ context.Context, name string, value []byte, flags uint32) syscall.Errno {
	return fs.ToErrno(unix.Setxattr(t.RootData.Path, name, value, int(flags)))
}

func (t *top) Removexattr(_ context.Context, name string) syscall.Errno {
	return fs.ToErrno(unix.Removexattr(t.RootData.Path, name))
}

func (t *top) Listxattr(_ context.Context, into []byte) (uint32, syscall.Errno) {
	n, err := unix.Listxattr(t.RootData.Path, into)
	return uint32(n), fs.ToErrno(err)
}
