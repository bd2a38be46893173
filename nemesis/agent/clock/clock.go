//go:build linux

// Package clock changes what time it is for single processes, and for nobody
// else: neither for the host, whose clock it never sets, nor for other containers.
//
// Programs read the clock through the vDSO, a page of code that the kernel maps
// into each process. Set writes a hook into the padding behind that code, in one
// process only (a write through /proc/PID/mem makes the page private), and a jump
// to it at the functions' entries. The hook asks the original and adds what it is
// told to. Clocks that only go forward (CLOCK_MONOTONIC, CLOCK_BOOTTIME) are left
// alone: runtimes do not survive it if they jump. What the mechanism does not
// reach are programs that ask the kernel past the vDSO, timers of the kernel on
// CLOCK_REALTIME, and the times of files.
//
// A child inherits the hook by fork and loses it by exec, so new programs have to
// be found and set again. It works on amd64 only.
package clock

import (
	"errors"
	"time"
)

// ErrNoVDSO is the error of a process that has no vDSO, or none yet: it is about to
// become another program.
var ErrNoVDSO = errors.New("it has no vDSO")

// Skew is how a process' clocks differ from the machine's. The zero Skew is none.
type Skew struct {
	// Offset is added to the time.
	Offset time.Duration
	// Drift is by how many millionths the clock runs faster from Since on: 500
	// gains half a millisecond a second, -1,000,000 stands still.
	Drift int64
	// Since is a time of the machine's clock, needed if Drift is not zero.
	Since time.Time
}

// Frozen is the Drift of a clock that stands still.
const Frozen = -1_000_000

// At is what a clock with this skew shows when the machine's shows t.
func (s Skew) At(t time.Time) time.Time {
	return t.Add(s.Offset + time.Duration(float64(t.Sub(s.Since))*float64(s.Drift)/1e6))
}

// normal is the same skew for the hook, whose arithmetic has 64 bits: a Since that
// is not needed must not be far away.
func (s Skew) normal() Skew {
	if s.Drift == 0 {
		s.Since = time.Unix(0, 0)
	}
	return s
}
