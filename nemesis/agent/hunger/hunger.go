//go:build linux

package hunger

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	bite = 256 << 10
	// fullFor is how long it stays when it has had enough and nobody was killed.
	fullFor = 2 * time.Second
	// firstVictim is the most that a process can be preferred as a victim
	// (proc(5), oom_score_adj).
	firstVictim = "1000"
)

// Main does that. Its own file is gone afterwards, which nobody else can remove from
// a container.
func Main(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("usage: %s BYTES", Eat)
	}
	most, err := strconv.ParseInt(args[0], 10, 64)
	if err != nil || most <= 0 {
		return fmt.Errorf("%s %s: not a number of bytes", Eat, args[0])
	}
	if self, err := os.Executable(); err == nil {
		err = os.Remove(self)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	if err := offerOthers(); err != nil {
		return err
	}
	return eat(most)
}

// SpinForAWhile never rests.
func SpinForAWhile() error {
	const while = 10 * time.Second
	for began := time.Now(); time.Since(began) < while; {
	}
	return nil
}

// offerOthers makes all other processes of the container the kernel's first choice.
func offerOthers() error {
	found, err := filepath.Glob("/proc/[0-9]*/oom_score_adj")
	if err != nil {
		return err
	}
	self := strconv.Itoa(os.Getpid())
	for _, path := range found {
		if filepath.Base(filepath.Dir(path)) == self {
			continue
		}
		err := os.WriteFile(path, []byte(firstVictim), 0)
		if err != nil && !errors.Is(err, os.ErrNotExist) && !errors.Is(err, syscall.ESRCH) {
			return err
		}
	}
	return nil
}

// eat takes memory that the kernel cannot take back: a file that is nowhere but there.
// It counts for the container, but not for the process, which would otherwise be the
// one that has most and so the victim after all.
func eat(most int64) error {
	file, err := unix.MemfdCreate("eaten", unix.MFD_CLOEXEC)
	if err != nil {
		return fmt.Errorf("take memory: %w", err)
	}
	piece := make([]byte, bite)
	for had := int64(0); had < most; had += bite {
		if _, err := unix.Write(file, piece); err != nil {
			return fmt.Errorf("take memory: %w", err)
		}
	}
	time.Sleep(fullFor)
	return errors.New("took all of it, and nobody was killed")
}
