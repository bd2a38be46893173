//go:build linux

package disk

import (
	"context"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// file is a file that a program has opened.
type file struct {
	*fs.LoopbackFile
	layer *Layer
	inode *inode
	life  int
	// synced is set if each write is to be durable when it returns.
	synced bool
}

var (
	_ fs.FileReader    = (*file)(nil)
	_ fs.FileWriter    = (*file)(nil)
	_ fs.FileFsyncer   = (*file)(nil)
	_ fs.FileFlusher   = (*file)(nil)
	_ fs.FileReleaser  = (*file)(nil)
	_ fs.FileAllocater = (*file)(nil)
	_ fs.FileLseeker   = (*file)(nil)
)

func (l *Layer) wrap(ctx context.Context, f fs.FileHandle, flags uint32) (*file, syscall.Errno) {
	loopback := f.(*fs.LoopbackFile)
	fd, _ := loopback.PassthroughFd()
	in, err := l.use(fd, flags&syscall.O_ACCMODE != syscall.O_RDONLY)
	if err != nil {
		loopback.Release(ctx)
		return nil, fs.ToErrno(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return &file{loopback, l, in, l.life, flags&(syscall.O_SYNC|syscall.O_DSYNC) != 0}, ok
}

// PassthroughFd keeps the kernel from going past the layer.
func (f *file) PassthroughFd() (int, bool) { return -1, false }

func (f *file) Read(ctx context.Context, into []byte, at int64) (fuse.ReadResult, syscall.Errno) {
	flip, errno := f.layer.beforeRead()
	if errno != ok {
		return nil, errno
	}
	f.inode.mu.Lock()
	if f.inode.below == nil && !flip {
		f.inode.mu.Unlock()
		return f.LoopbackFile.Read(ctx, into, at) // nobody writes to it
	}
	n, err := f.readBelow(into, at)
	f.inode.mu.Unlock()
	if err != nil {
		return nil, fs.ToErrno(err)
	}
	if flip {
		f.layer.flip(into[:n])
	}
	return fuse.ReadResultData(into[:n]), ok
}

func (f *file) readBelow(into []byte, at int64) (int, error) {
	if f.inode.below != nil {
		return f.inode.pages.read(f.inode.below, into, at)
	}
	fd, _ := f.LoopbackFile.PassthroughFd()
	return syscall.Pread(fd, into, at)
}

func (f *file) Write(_ context.Context, data []byte, at int64) (uint32, syscall.Errno) {
	if !f.layer.current(f.life) {
		return uint32(len(data)), ok // the power failed before this got to the disk
	}
	if errno := f.layer.beforeWrite(); errno != ok {
		return 0, errno
	}
	if errno := f.write(data, at); errno != ok {
		return 0, errno
	}
	if f.synced {
		if errno := f.sync(); errno != ok {
			return 0, errno
		}
	}
	return uint32(len(data)), ok
}

func (f *file) write(data []byte, at int64) syscall.Errno {
	f.inode.mu.Lock()
	defer f.inode.mu.Unlock()
	if f.inode.below == nil {
		return syscall.EBADF
	}
	return fs.ToErrno(f.inode.pages.write(f.inode.below, data, at))
}

func (f *file) Fsync(_ context.Context, _ uint32) syscall.Errno {
	if !f.layer.current(f.life) {
		return ok
	}
	return f.sync()
}

func (f *file) sync() syscall.Errno {
	lie, errno := f.layer.beforeSync()
	switch {
	case lie:
		return ok
	case errno != ok:
		f.inode.mu.Lock()
		defer f.inode.mu.Unlock()
		f.inode.pages.abandon()
		return errno
	}
	return fs.ToErrno(f.inode.sync())
}

// Flush is called when a program closes a file, which makes nothing durable.
func (f *file) Flush(context.Context) syscall.Errno { return ok }

func (f *file) Release(ctx context.Context) syscall.Errno {
	f.inode.release()
	return f.LoopbackFile.Release(ctx)
}

// keepSize is the flag of fallocate(2) that leaves the size of a file as it is.
const keepSize = 1

// Allocate changes the file below at once, after what was written: it may cut
// holes.
func (f *file) Allocate(ctx context.Context, at, length uint64, mode uint32) syscall.Errno {
	if errno := f.layer.room(); errno != ok {
		return errno
	}
	f.inode.mu.Lock()
	defer f.inode.mu.Unlock()
	if f.inode.below == nil {
		return syscall.EBADF
	}
	if err := f.inode.pages.persist(f.inode.below); err != nil {
		return fs.ToErrno(err)
	}
	errno := f.LoopbackFile.Allocate(ctx, at, length, mode)
	if end := int64(at + length); errno == ok && mode&keepSize == 0 {
		f.inode.pages.size, f.inode.pages.durable = max(f.inode.pages.size, end), max(f.inode.pages.durable, end)
	}
	return errno
}

// Lseek looks for holes below, where what was written must be first.
func (f *file) Lseek(ctx context.Context, at uint64, whence uint32) (uint64, syscall.Errno) {
	if f.layer.current(f.life) {
		f.inode.mu.Lock()
		if f.inode.below != nil {
			if err := f.inode.pages.persist(f.inode.below); err != nil {
				f.inode.mu.Unlock()
				return 0, fs.ToErrno(err)
			}
		}
		f.inode.mu.Unlock()
	}
	return f.LoopbackFile.Lseek(ctx, at, whence)
}

// empty cuts a file to nothing.
func (f *file) empty() syscall.Errno {
	f.inode.mu.Lock()
	defer f.inode.mu.Unlock()
	if f.inode.below == nil {
		return syscall.EACCES
	}
	if err := f.inode.below.Truncate(0); err != nil {
		return fs.ToErrno(err)
	}
	f.inode.pages.reset(0)
	return ok
}
