//go:build linux

package footprint

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// wallAhead reads both clocks by system calls, which no code in this process can
// change, as close to each other as it gets.
func wallAhead() (time.Duration, error) {
	var best, ahead time.Duration
	for i := range 10 {
		first, err1 := read(unix.CLOCK_BOOTTIME)
		wall, err2 := read(unix.CLOCK_REALTIME)
		last, err3 := read(unix.CLOCK_BOOTTIME)
		if err := errors.Join(err1, err2, err3); err != nil {
			return 0, fmt.Errorf("read the clock: %w", err)
		}
		if between := last - first; i == 0 || between < best {
			best, ahead = between, wall-first
		}
	}
	return ahead, nil
}

func read(clock int32) (time.Duration, error) {
	var t unix.Timespec
	err := unix.ClockGettime(clock, &t)
	return time.Duration(t.Nano()), err
}

// clockCode takes down the vDSO of this process and of the machine's first: the
// code that the kernel gives each process to read the clock with.
func clockCode(_ context.Context, f Footprint) error {
	for _, process := range []string{"self", "1"} {
		code, err := vdso(process)
		if errors.Is(err, os.ErrPermission) {
			continue // only the superuser may look into others
		}
		if err != nil {
			return fmt.Errorf("vDSO of process %s: %w", process, err)
		}
		f.facts["vDSO of process "+process] = fmt.Sprintf("%x", sha256.Sum256(code))
	}
	return nil
}

func vdso(process string) ([]byte, error) {
	maps, err := os.ReadFile("/proc/" + process + "/maps")
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(maps)) {
		var from, to int64
		if !strings.HasSuffix(strings.TrimSpace(line), "[vdso]") {
			continue
		}
		if _, err := fmt.Sscanf(line, "%x-%x", &from, &to); err != nil {
			return nil, err
		}
		memory, err := os.Open("/proc/" + process + "/mem")
		if err != nil {
			return nil, err
		}
		defer memory.Close()
		return io.ReadAll(io.NewSectionReader(memory, from, to-from))
	}
	return nil, nil // a machine without one
}
