//go:build linux

// Package damage changes the files of a program that does not run, as a bad disk or
// a restored backup does: bits flip, ends are missing, everything is as it was some
// time ago. Whatever it does can be undone, for it works on a folder of which a
// Copy was taken. It knows nothing of what is in the files.
//
// It works on the folder itself rather than through the engine's archives, which
// would make a file of one flipped bit travel as a whole, twice, and cannot remove
// what a backup does not have.
package damage

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// Change is a file that is not as it was.
type Change struct {
	// File is relative to the folder.
	File string
	// How is for people.
	How string
}

// errNothing means that there is nothing that could be damaged.
var errNothing = errors.New("no file has anything in it")

// Flip flips bits of the files in a folder. Each byte is as likely to be hit.
func Flip(folder string, bits int, random *rand.Rand) ([]Change, error) {
	var changes []Change
	for range bits {
		name, at, err := somewhere(folder, random)
		if err != nil {
			return changes, err
		}
		bit := random.IntN(8)
		if err := flip(filepath.Join(folder, name), at, bit); err != nil {
			return changes, err
		}
		changes = append(changes, Change{name, fmt.Sprintf("bit %d of byte %d flipped", bit, at)})
	}
	return changes, nil
}

// flip flips one bit, and reads it again.
func flip(path string, at int64, bit int) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	var before, after [1]byte
	if _, err := f.ReadAt(before[:], at); err != nil {
		return err
	}
	want := before[0] ^ 1<<bit
	if _, err := f.WriteAt([]byte{want}, at); err != nil {
		return err
	}
	if _, err := f.ReadAt(after[:], at); err != nil || after[0] != want {
		return fmt.Errorf("byte %d of %s is %#x, not %#x: %w", at, path, after[0], want, err)
	}
	return f.Sync()
}

// Truncate cuts the end off one of the files in a folder. The larger a file the
// likelier it is hit.
func Truncate(folder string, bytes int64, random *rand.Rand) ([]Change, error) {
	name, _, err := somewhere(folder, random)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(folder, name)
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	bytes = min(bytes, info.Size())
	if err := os.Truncate(path, info.Size()-bytes); err != nil {
		return nil, err
	}
	return []Change{{name, fmt.Sprintf("the last %d of %d bytes cut off", bytes, info.Size())}}, nil
}

// somewhere chooses one byte of all that the files in a folder hold.
func somewhere(folder string, random *rand.Rand) (name string, at int64, err error) {
	files, err := regular(folder)
	if err != nil {
		return "", 0, err
	}
	total := int64(0)
	for _, f := range files {
		total += f.size
	}
	if total == 0 {
		return "", 0, errNothing
	}
	at = random.Int64N(total)
	for _, f := range files {
		if at < f.size {
			return f.name, at, nil
		}
		at -= f.size
	}
	panic("damage: the sizes of files do not add up")
}

type file struct {
	name string
	size int64
}

// regular lists the files of a folder and of all below it, in lexical order.
func regular(folder string) ([]file, error) {
	var files []file
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		name, err := filepath.Rel(folder, path)
		files = append(files, file{name, info.Size()})
		return err
	})
	return files, err
}

// First is the name of a file that has something in it.
func First(folder string) (string, error) {
	files, err := regular(folder)
	if err != nil {
		return "", err
	}
	for _, f := range files {
		if f.size > 0 {
			return f.name, nil
		}
	}
	return "", errNothing
}
