//go:build unix

package owner

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

const lockName = "lock"

// acquire makes the folder and takes its lock. Whoever only looks (held) has
// the lock for an instant, so a lock that is taken is tried again for a while.
func acquire(dir string) (*os.File, error) {
	deadline := time.Now().Add(patience)
	for {
		lock, err := tryAcquire(dir)
		if !errors.Is(err, ErrAlive) || time.Now().After(deadline) {
			return lock, err
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// tryAcquire fails with ErrAlive if somebody has the lock, or was removing the
// folder at this moment.
func tryAcquire(dir string) (*os.File, error) {
	file, err := openLock(dir)
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrExist) {
		return nil, ErrAlive
	}
	if err != nil {
		return nil, err
	}
	err = flock(file, syscall.LOCK_EX)
	if err == nil && !stillThere(file) {
		err = ErrAlive
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

func openLock(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	return os.OpenFile(filepath.Join(dir, lockName), os.O_CREATE|os.O_RDWR, 0o644)
}

// held looks whether the folder's lock is taken. A shared lock lets several
// lookers in at once. Whatever cannot be looked at counts as held: nothing is
// ever removed on a guess.
func held(dir string) bool {
	file, err := os.Open(filepath.Join(dir, lockName))
	if err != nil {
		return !errors.Is(err, os.ErrNotExist)
	}
	defer file.Close()
	return flock(file, syscall.LOCK_SH) != nil
}

// flock locks without waiting. The lock belongs to the open file, so that it
// also excludes other holders within this process.
func flock(file *os.File, how int) error {
	for {
		err := syscall.Flock(int(file.Fd()), how|syscall.LOCK_NB)
		switch {
		case errors.Is(err, syscall.EWOULDBLOCK):
			return ErrAlive
		case !errors.Is(err, syscall.EINTR):
			return err
		}
	}
}

// stillThere says whether the path still leads to the open file.
func stillThere(file *os.File) bool {
	opened, err := file.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(file.Name())
	return err == nil && os.SameFile(opened, named)
}
