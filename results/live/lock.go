//go:build unix

package live

import (
	"errors"
	"os"
	"syscall"
)

// claim takes the file for as long as it is open. The kernel gives it back when the
// process ends, however it ends.
func claim(file *os.File) error { return flock(file, syscall.LOCK_EX) }

// claimed looks whether somebody has the file. What cannot be found out counts as no:
// this only decides what a page says.
func claimed(file *os.File) bool {
	return errors.Is(flock(file, syscall.LOCK_SH), syscall.EWOULDBLOCK)
}

func flock(file *os.File, how int) error {
	for {
		err := syscall.Flock(int(file.Fd()), how|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}
