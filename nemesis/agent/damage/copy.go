//go:build linux

package damage

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// largest is how much the files of a folder may hold together to be copied: the copy
// is kept in memory.
const largest = 256 << 20

// Copy is what was in a folder.
type Copy struct{ entries []entry }

// entry is a file, folder or link. Others, such as sockets, are not copied: a
// program makes them anew.
type entry struct {
	name     string
	mode     fs.FileMode
	uid, gid int
	modified time.Time
	data     []byte
	link     string
}

// Save copies all that is in a folder, as it is on the disk. The folder may be in
// use: then files that vanish meanwhile are left out.
func Save(folder string) (*Copy, error) {
	c, room := &Copy{}, int64(largest)
	err := filepath.WalkDir(folder, func(path string, found fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || path == folder {
			return err
		}
		name, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		e, err := save(path, name)
		if err == nil {
			c.entries = append(c.entries, e)
			room -= int64(len(e.data))
		}
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case room < 0:
			return fmt.Errorf("the files are too large to be remembered: more than %d bytes", int64(largest))
		}
		return err
	})
	return c, err
}

func save(path, name string) (entry, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return entry{}, err
	}
	status := info.Sys().(*syscall.Stat_t)
	e := entry{name: name, mode: info.Mode(), uid: int(status.Uid), gid: int(status.Gid), modified: info.ModTime()}
	switch {
	case info.Mode().IsRegular() && info.Size() > largest:
		return entry{}, fmt.Errorf("%s is too large to be remembered: %d bytes", name, info.Size())
	case info.Mode().IsRegular():
		e.data, err = os.ReadFile(path)
	case info.Mode()&fs.ModeSymlink != 0:
		e.link, err = os.Readlink(path)
	}
	return e, err
}

// Restore puts the copy in the place of what is in a folder now, and sees that it is
// there.
func (c *Copy) Restore(folder string) error {
	if err := empty(folder); err != nil {
		return err
	}
	for _, e := range c.entries {
		if err := e.restore(filepath.Join(folder, e.name)); err != nil {
			return fmt.Errorf("restore %s: %w", e.name, err)
		}
	}
	return c.matches(folder)
}

// empty removes what is in a folder, but not the folder, which is mounted.
func empty(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := os.RemoveAll(filepath.Join(folder, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

func (e entry) restore(path string) error {
	var err error
	switch {
	case e.mode.IsDir():
		err = os.Mkdir(path, 0o700)
	case e.mode.IsRegular():
		err = write(path, e.data)
	case e.mode&fs.ModeSymlink != 0:
		return errors.Join(os.Symlink(e.link, path), os.Lchown(path, e.uid, e.gid))
	default:
		return nil
	}
	if err != nil {
		return err
	}
	// The owner first: to change it takes away the bits that make a program run as
	// its owner.
	return errors.Join(os.Lchown(path, e.uid, e.gid), unix.Chmod(path, permissions(e.mode)), os.Chtimes(path, e.modified, e.modified))
}

// permissions are a mode as chmod(2) takes it.
func permissions(m fs.FileMode) uint32 {
	bits := uint32(m.Perm())
	for flag, bit := range map[fs.FileMode]uint32{fs.ModeSetuid: unix.S_ISUID, fs.ModeSetgid: unix.S_ISGID, fs.ModeSticky: unix.S_ISVTX} {
		if m&flag != 0 {
			bits |= bit
		}
	}
	return bits
}

func write(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

// matches sees that the files in a folder hold what they held.
func (c *Copy) matches(folder string) error {
	for _, e := range c.entries {
		if !e.mode.IsRegular() {
			continue
		}
		if data, err := os.ReadFile(filepath.Join(folder, e.name)); err != nil || !bytes.Equal(data, e.data) {
			return fmt.Errorf("%s does not hold what was put back: %w", e.name, err)
		}
	}
	return nil
}

// Differences are the files of a copy that are not the same in another one.
func (c *Copy) Differences(other *Copy) []Change {
	there := map[string]entry{}
	for _, e := range other.entries {
		there[e.name] = e
	}
	var changes []Change
	for _, e := range c.entries {
		now, still := there[e.name]
		delete(there, e.name)
		switch {
		case !still:
			changes = append(changes, Change{e.name, "is gone"})
		case e.mode.IsRegular() && !bytes.Equal(e.data, now.data):
			changes = append(changes, Change{e.name, fmt.Sprintf("has %d bytes, had %d", len(now.data), len(e.data))})
		}
	}
	for _, e := range other.entries {
		if _, unmet := there[e.name]; unmet {
			changes = append(changes, Change{e.name, "is there again"})
		}
	}
	return changes
}
