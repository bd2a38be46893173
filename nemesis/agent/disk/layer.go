//go:build linux

package disk

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// Layer is a disk that can be made to fail.
type Layer struct {
	stop  chan struct{}
	ended chan struct{}

	mu     sync.Mutex
	faults Faults
	counts Counts
	random *rand.Rand
	// life begins anew with each power failure. Programs of an earlier life cannot
	// write any more: what the kernel still has from them is lost too.
	life   int
	inodes map[uint64]*inode
}

// flushAge is after what time a dirty page is written without being asked, and
// flushEvery how often one looks, as Linux does by default.
const (
	flushAge   = 30 * time.Second
	flushEvery = time.Second
)

// serve makes a layer over a folder, and answers on an open /dev/fuse.
func serve(folder string, device int, seed uint64) (*Layer, error) {
	var status syscall.Stat_t
	if err := syscall.Stat(folder, &status); err != nil {
		return nil, fmt.Errorf("%s: %w", folder, err)
	}
	l := &Layer{
		stop: make(chan struct{}), ended: make(chan struct{}),
		random: rand.New(rand.NewPCG(seed, 0x6469736b)), inodes: map[uint64]*inode{},
	}
	root := &fs.LoopbackRoot{Path: folder, Dev: uint64(status.Dev)}
	top := &top{node{LoopbackNode: fs.LoopbackNode{RootData: root}, layer: l}}
	root.RootNode = top
	// Sizes change when the power fails, so the kernel must not remember them.
	never := time.Duration(0)
	options := &fs.Options{AttrTimeout: &never, EntryTimeout: &never}
	options.MountOptions = fuse.MountOptions{FsName: "assay", Name: "assay", MaxWrite: 1 << 20}
	// go-fuse takes the number of an open device in place of a mount point.
	if _, err := fs.Mount(fmt.Sprintf("/dev/fd/%d", device), top, options); err != nil {
		return nil, fmt.Errorf("serve the file system: %w", err)
	}
	go l.flush()
	return l, nil
}

// Set makes exactly these faults hold.
func (l *Layer) Set(f Faults) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults = f
}

// Counts is how often something happened since the layer was made.
func (l *Layer) Counts() Counts {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.counts
}

// Unsynced is how many pages would be lost now.
func (l *Layer) Unsynced() int {
	n := 0
	for _, in := range l.all() {
		in.mu.Lock()
		n += len(in.pages.dirty)
		in.mu.Unlock()
	}
	return n
}

// Fail is a power failure: what was not synced is lost. If torn, a random part of
// it is not: pages, and beginnings of pages. It is to be called when no program of
// the node runs any more.
func (l *Layer) Fail(torn bool) (Loss, error) {
	dead := l.nextLife()
	l.mu.Lock()
	l.counts.PowerFailures++
	l.mu.Unlock()
	var loss Loss
	var errs []error
	for _, in := range dead {
		errs = append(errs, l.lose(in, torn, &loss))
	}
	return loss, errors.Join(errs...)
}

// nextLife forgets all files, and returns what was known of them.
func (l *Layer) nextLife() map[uint64]*inode {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.life++
	known := l.inodes
	l.inodes = map[uint64]*inode{}
	return known
}

// Settle makes durable what was written, but for what a failed sync gave up, and
// looks at all files anew when they are opened next: they may be changed below. It
// is to be called when no program of the node runs any more.
func (l *Layer) Settle() error {
	var errs []error
	for _, in := range l.nextLife() {
		errs = append(errs, in.sync(), in.close())
	}
	return errors.Join(errs...)
}

// Evict lets go what failed syncs gave up. A kernel does that whenever it needs the
// memory. Between two lives of a program it has to happen: a program that ended
// because a sync failed must not take for durable what it then finds.
func (l *Layer) Evict() {
	for _, in := range l.all() {
		in.mu.Lock()
		in.pages.evict()
		in.mu.Unlock()
	}
}

// Faults are those that hold.
func (l *Layer) Faults() Faults {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.faults
}

// lose forgets the unsynced pages of a file.
func (l *Layer) lose(in *inode, torn bool, loss *Loss) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.below == nil {
		return nil
	}
	if len(in.pages.order) > 0 {
		loss.Files++
	}
	var errs []error
	for _, n := range in.pages.order {
		if length := l.survives(torn); length > 0 && !in.pages.dirty[n].abandoned {
			loss.Kept++
			errs = append(errs, in.pages.put(in.below, n, length))
		} else {
			loss.Lost++
		}
	}
	in.pages.forget()
	errs = append(errs, in.below.Sync(), in.below.Close())
	in.below = nil
	return errors.Join(errs...)
}

// survives is how much of a page gets to the disk while the power fails. Its caller
// holds a file's mu, which elsewhere is locked after the layer's; but nobody else
// can find that file any more.
func (l *Layer) survives(torn bool) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case !torn || l.random.IntN(2) == 0:
		return 0
	case l.random.IntN(4) == 0:
		return sectorSize * l.random.Int64N(pageSize/sectorSize)
	}
	return pageSize
}

// flush writes pages that have been dirty for long, until the layer is closed.
func (l *Layer) flush() {
	defer close(l.ended)
	look := time.NewTicker(flushEvery)
	defer look.Stop()
	for {
		select {
		case <-l.stop:
			return
		case now := <-look.C:
			for _, in := range l.all() {
				in.flush(now.Add(-flushAge))
			}
			l.tidy()
		}
	}
}

func (l *Layer) all() []*inode {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]*inode, 0, len(l.inodes))
	for _, in := range l.inodes {
		all = append(all, in)
	}
	return all
}

// tidy forgets files that nobody has open and that have nothing to lose.
func (l *Layer) tidy() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for number, in := range l.inodes {
		if in.idle() {
			delete(l.inodes, number)
		}
	}
}

// Close makes durable what was written. Programs that still use the layer are
// served until the last mount of it has gone.
func (l *Layer) Close() error {
	close(l.stop)
	<-l.ended
	var errs []error
	for _, in := range l.all() {
		errs = append(errs, in.sync())
	}
	return errors.Join(errs...)
}

// inode is what a layer knows of a file that is open for writing, or was.
type inode struct {
	mu sync.Mutex
	// below is the file below, nil if nobody has opened it for writing yet, or when
	// the power has failed since. As long as it is open its number is not given to
	// another file.
	below *os.File
	pages pages
	users int
}

// use is the state of an open file. It is to be released.
func (l *Layer) use(fd int, writes bool) (*inode, error) {
	var status syscall.Stat_t
	if err := syscall.Fstat(fd, &status); err != nil {
		return nil, err
	}
	l.mu.Lock()
	in := l.inodes[status.Ino]
	if in == nil {
		in = &inode{pages: pages{size: status.Size, durable: status.Size}}
		l.inodes[status.Ino] = in
	}
	in.mu.Lock()
	l.mu.Unlock()
	defer in.mu.Unlock()
	if writes && in.below == nil {
		below, err := os.OpenFile(fmt.Sprintf("/proc/self/fd/%d", fd), os.O_RDWR, 0)
		if err != nil {
			return nil, err
		}
		in.below, in.pages.size, in.pages.durable = below, status.Size, status.Size
	}
	in.users++
	return in, nil
}

func (in *inode) release() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.users--
}

// idle closes the file below if it is needed no more.
func (in *inode) idle() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.users > 0 || len(in.pages.dirty) > 0 {
		return false
	}
	if in.below != nil {
		in.below.Close()
		in.below = nil
	}
	return true
}

// close is for a file of an earlier life.
func (in *inode) close() error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.below == nil {
		return nil
	}
	err := in.below.Close()
	in.below = nil
	return err
}

func (in *inode) flush(before time.Time) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.below != nil && len(in.pages.dirty) > 0 && in.pages.since.Before(before) {
		// An error leaves the pages dirty; the next sync tells of it.
		_ = in.pages.persist(in.below)
		in.pages.since = time.Now()
	}
}

// sync makes durable what was written.
func (in *inode) sync() error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.below == nil {
		return nil
	}
	return errors.Join(in.pages.persist(in.below), in.below.Sync())
}

// size is how long a file is for programs, if the layer knows better than what is
// below.
func (l *Layer) size(number uint64) (int64, bool) {
	l.mu.Lock()
	in := l.inodes[number]
	l.mu.Unlock()
	if in == nil {
		return 0, false
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.pages.size, in.below != nil
}
