//go:build linux

package clock

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strconv"
)

// Supported returns nil if the clocks of processes can be changed here, otherwise
// the reason.
func Supported() error {
	_, err := original()
	return err
}

// Set gives a process' clocks a skew. The first time all its threads are stopped
// for some hundred microseconds; later the new skew takes effect at once and as a
// whole, without stopping anything.
//
// The zero Skew ends it. The hook then stays where it is and adds nothing: a thread
// may be about to return into it, so that its code must never change again.
func Set(pid int, s Skew) error {
	p, err := open(pid)
	if err != nil {
		return fmt.Errorf("process %d: %w", pid, err)
	}
	defer p.mem.Close()
	if err := p.set(s); err != nil {
		return fmt.Errorf("set the clock of process %d: %w", pid, err)
	}
	return nil
}

// Get is the skew in force in a process, as its memory has it.
func Get(pid int) (Skew, error) {
	p, err := open(pid)
	if err != nil {
		return Skew{}, fmt.Errorf("process %d: %w", pid, err)
	}
	defer p.mem.Close()
	now, err := p.read()
	if err != nil {
		return Skew{}, fmt.Errorf("process %d: %w", pid, err)
	}
	if !p.entered(now) {
		return Skew{}, nil
	}
	hook := now[p.image.room:]
	return skewOf(hook[hookBanks+bankOf(hook):]), nil
}

// Holds says whether a skew is in force in a process, as its memory has it.
func Holds(pid int, s Skew) (bool, error) {
	now, err := Get(pid)
	return err == nil && bytes.Equal(now.bank(), s.bank()), err
}

// process is a process whose memory is open.
type process struct {
	pid   int
	image *vdso
	at    span
	mem   *os.File
}

func open(pid int) (*process, error) {
	image, err := original()
	if err != nil {
		return nil, err
	}
	at, err := mapped(strconv.Itoa(pid))
	if err != nil {
		return nil, err
	}
	if at.end-at.start != uint64(len(image.code)) {
		return nil, errors.New("its vDSO is another one than this program's; a 32-bit program?")
	}
	mem, err := os.OpenFile(fmt.Sprintf("/proc/%d/mem", pid), os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	return &process{pid, image, at, mem}, nil
}

func (p *process) read() ([]byte, error) {
	code := make([]byte, len(p.image.code))
	if _, err := p.mem.ReadAt(code, int64(p.at.start)); err != nil {
		return nil, fmt.Errorf("read its vDSO: %w", err)
	}
	return code, nil
}

func (p *process) write(code []byte, at uint64) error {
	if _, err := p.mem.WriteAt(code, int64(p.at.start+at)); err != nil {
		return fmt.Errorf("write to its vDSO: %w", err)
	}
	return nil
}

func (p *process) set(s Skew) error {
	now, err := p.read()
	if err != nil {
		return err
	}
	switch {
	case p.hooked(now) && p.entered(now):
		return p.change(now, s)
	case s == Skew{}:
		return nil
	}
	return whileStopped(p.pid, func(threads *stopped) error { return p.patch(threads, now, s) })
}

// hooked says whether the hook's code is there, entered whether all functions lead
// to it.
func (p *process) hooked(now []byte) bool {
	return bytes.HasPrefix(now[p.image.room:], hookCode[:hookMagic])
}

func (p *process) entered(now []byte) bool {
	for _, e := range p.image.entries() {
		if !bytes.HasPrefix(now[e.at:], jump(e.at, e.to)) {
			return false
		}
	}
	return p.hooked(now)
}

func bankOf(hook []byte) int {
	return int(binary.LittleEndian.Uint64(hook[hookBank:])) % (2 * bankSize)
}

// change fills the bank that is not in force and then puts it in force, which is a
// write of one word.
func (p *process) change(now []byte, s Skew) error {
	other := bankSize - bankOf(now[p.image.room:])
	if err := p.write(s.bank(), p.image.room+hookBanks+uint64(other)); err != nil {
		return err
	}
	return p.write(binary.LittleEndian.AppendUint64(nil, uint64(other)), p.image.room+hookBank)
}

// patch writes the hook first and the jumps to it last. A hook that is there
// already, from an attempt that did not get to the jumps, keeps its code.
func (p *process) patch(threads *stopped, now []byte, s Skew) error {
	if err := threads.leave(p.patched()); err != nil {
		return err
	}
	if p.hooked(now) {
		if err := p.change(now, s); err != nil {
			return err
		}
	} else if err := p.write(p.image.hook(s), p.image.room); err != nil {
		return err
	}
	for _, e := range p.image.entries() {
		if err := p.write(jump(e.at, e.to), e.at); err != nil {
			return err
		}
	}
	return nil
}

// patched are the places in the process at which a thread must not stand while the
// jumps are written: within the instructions whose place they take. In front of
// the first of these it may stand.
func (p *process) patched() []span {
	var spans []span
	for _, e := range p.image.entries() {
		start := p.at.start + e.at
		spans = append(spans, span{start, start + jumpSize})
	}
	return spans
}
