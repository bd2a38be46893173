//go:build linux

package disk

import (
	"syscall"
	"time"
)

// ok is no error.
const ok = syscall.Errno(0)

// happens draws with a probability; its caller holds mu.
func (l *Layer) happens(p float64) bool { return p > 0 && l.random.Float64() < p }

// delay waits as long as the disk is slow, and returns its faults.
func (l *Layer) delay(count *uint64, of func(Faults) time.Duration) Faults {
	l.mu.Lock()
	*count++
	f := l.faults
	wait := of(f)
	if wait > 0 {
		l.counts.Delayed++
	}
	l.mu.Unlock()
	time.Sleep(wait)
	return f
}

// beforeRead says whether a read fails, and whether one bit of it is wrong.
func (l *Layer) beforeRead() (flip bool, errno syscall.Errno) {
	f := l.delay(&l.counts.Reads, func(f Faults) time.Duration { return f.Delay })
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.happens(f.ReadFails) {
		l.counts.Failed++
		return false, syscall.EIO
	}
	if l.happens(f.Flips) {
		l.counts.Flipped++
		return true, ok
	}
	return false, ok
}

// flip makes one bit wrong.
func (l *Layer) flip(data []byte) {
	if len(data) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	data[l.random.IntN(len(data))] ^= 1 << l.random.IntN(8)
}

// beforeWrite says whether a write fails.
func (l *Layer) beforeWrite() syscall.Errno {
	f := l.delay(&l.counts.Writes, func(f Faults) time.Duration { return f.Delay })
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case f.Full:
		l.counts.Refused++
		return syscall.ENOSPC
	case l.happens(f.WriteFails):
		l.counts.Failed++
		return syscall.EIO
	}
	return ok
}

// room says whether the disk has room for something new.
func (l *Layer) room() syscall.Errno {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.faults.Full {
		l.counts.Refused++
		return syscall.ENOSPC
	}
	return ok
}

// beforeSync says whether a sync is a lie, or fails.
func (l *Layer) beforeSync() (lie bool, errno syscall.Errno) {
	f := l.delay(&l.counts.Syncs, func(f Faults) time.Duration { return f.SyncDelay })
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case f.Lies:
		l.counts.Lied++
		return true, ok
	case l.happens(f.SyncFails):
		l.counts.Failed++
		return false, syscall.EIO
	}
	return false, ok
}

// current says whether a file was opened since the power failed last.
func (l *Layer) current(life int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.life == life
}
