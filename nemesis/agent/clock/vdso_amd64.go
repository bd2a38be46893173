//go:build linux

package clock

import (
	"bufio"
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"golang.org/x/arch/x86/x86asm"
)

// vdso is the kernel's image as it is before anybody changes it. It is the same in
// all processes, so that this process' own serves as the original.
type vdso struct {
	code []byte
	// The offsets of the functions that tell the time.
	getTime, timeOfDay, time uint64
	// room is where the hook fits in, behind everything else.
	room uint64
	// moved are the first instructions of getTime if they can stand elsewhere.
	moved []byte
}

// original reads this process' image once.
var original = sync.OnceValues(func() (*vdso, error) {
	at, err := mapped("self")
	if err != nil {
		return nil, err
	}
	mem, err := os.Open("/proc/self/mem")
	if err != nil {
		return nil, err
	}
	defer mem.Close()
	v := &vdso{code: make([]byte, at.end-at.start)}
	if _, err := mem.ReadAt(v.code, int64(at.start)); err != nil {
		return nil, fmt.Errorf("read the vDSO: %w", err)
	}
	return v, errors.Join(v.findFunctions(), v.findRoom())
})

// span is where something lies in a process' memory.
type span struct{ start, end uint64 }

// mapped is where the kernel has put the vDSO in a process.
func mapped(pid string) (span, error) {
	maps, err := os.Open("/proc/" + pid + "/maps")
	if err != nil {
		return span{}, err
	}
	defer maps.Close()
	lines := bufio.NewScanner(maps)
	for lines.Scan() {
		if !strings.HasSuffix(lines.Text(), "[vdso]") {
			continue
		}
		var at span
		_, err := fmt.Sscanf(lines.Text(), "%x-%x", &at.start, &at.end)
		return at, err
	}
	return span{}, errors.Join(lines.Err(), ErrNoVDSO)
}

func (v *vdso) findFunctions() error {
	file, err := elf.NewFile(bytes.NewReader(v.code))
	if err != nil {
		return fmt.Errorf("the vDSO: %w", err)
	}
	symbols, err := file.DynamicSymbols()
	if err != nil {
		return fmt.Errorf("the vDSO: %w", err)
	}
	wanted := map[string]*uint64{"__vdso_clock_gettime": &v.getTime, "__vdso_gettimeofday": &v.timeOfDay, "__vdso_time": &v.time}
	for _, symbol := range symbols {
		if at, is := wanted[symbol.Name]; is && symbol.Value < uint64(len(v.code)) {
			*at = symbol.Value
		}
	}
	for name, at := range wanted {
		if *at == 0 {
			return fmt.Errorf("the vDSO has no %s", name)
		}
	}
	v.moved = movable(v.code[v.getTime:])
	return nil
}

// findRoom looks behind the ELF file, whose last part is the table of sections,
// for bytes that nobody uses.
func (v *vdso) findRoom() error {
	var header elf.Header64
	if err := binary.Read(bytes.NewReader(v.code), binary.LittleEndian, &header); err != nil && err != io.EOF {
		return fmt.Errorf("the vDSO: %w", err)
	}
	end := header.Shoff + uint64(header.Shentsize)*uint64(header.Shnum)
	v.room = (end + 63) &^ 63
	if v.room+uint64(len(hookCode)) > uint64(len(v.code)) {
		return fmt.Errorf("the vDSO leaves %d bytes for a hook of %d", len(v.code)-int(min(end, uint64(len(v.code)))), len(hookCode))
	}
	if len(bytes.Trim(v.code[v.room:v.room+uint64(len(hookCode))], "\x00")) > 0 {
		return errors.New("the bytes behind the vDSO are in use")
	}
	return nil
}

// jumpSize is how long a jump instruction is.
const jumpSize = 5

// jump is an instruction at from that goes on at to.
func jump(from, to uint64) []byte {
	code := []byte{0xe9, 0, 0, 0, 0}
	binary.LittleEndian.PutUint32(code[1:], uint32(int32(int64(to)-int64(from)-jumpSize)))
	return code
}

// movable are the first instructions, as many as a jump takes the place of, if they
// do the same wherever they stand; nothing if not.
func movable(code []byte) []byte {
	n := 0
	for n < jumpSize {
		instruction, err := x86asm.Decode(code[n:], 64)
		if err != nil || !anywhere(instruction) {
			return nil
		}
		n += instruction.Len
	}
	return code[:n]
}

// anywhere says whether an instruction does not depend on where it stands.
func anywhere(instruction x86asm.Inst) bool {
	for _, argument := range instruction.Args {
		switch a := argument.(type) {
		case x86asm.Rel:
			return false
		case x86asm.Mem:
			if a.Base == x86asm.RIP {
				return false
			}
		}
	}
	return instruction.Op != x86asm.RET
}

// entry is a patch of one function: its place and the place in the hook that
// takes over.
type entry struct{ at, to uint64 }

func (v *vdso) entries() []entry {
	return []entry{
		{v.getTime, v.room + hookGetTime},
		{v.timeOfDay, v.room + hookTimeOfDay},
		{v.time, v.room + hookTime},
	}
}

// hook is the code that goes into the room, with a skew in its first bank.
func (v *vdso) hook(s Skew) []byte {
	hook := bytes.Clone(hookCode)
	copy(hook[hookBanks:], s.bank())
	if v.moved != nil {
		at := copy(hook[hookOriginal:], v.moved) + hookOriginal
		copy(hook[at:], jump(v.room+uint64(at), v.getTime+uint64(len(v.moved))))
	}
	return hook
}
