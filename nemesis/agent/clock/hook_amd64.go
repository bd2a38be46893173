//go:build linux

package clock

import (
	_ "embed"
	"encoding/binary"
	"math"
	"time"
)

// hookCode is hook.asm, assembled.
//
//go:generate sh -c "as -o hook.o hook.asm && objcopy -O binary -j .text hook.o hook.bin && rm hook.o"
//go:embed hook.bin
var hookCode []byte

// The offsets in the hook; see hook.asm.
const (
	hookMagic     = 8
	hookBank      = 0x08
	hookBanks     = 0x10
	hookGetTime   = 0x80
	hookTimeOfDay = 0x140
	hookTime      = 0x1a0
	hookOriginal  = 0x1e0
	bankSize      = 48
)

// clocks are those that a skew changes, as bits: CLOCK_REALTIME,
// CLOCK_REALTIME_COARSE, CLOCK_REALTIME_ALARM and CLOCK_TAI.
const clocks = 1<<0 | 1<<5 | 1<<8 | 1<<11

// bank is a skew as the hook reads it. The zero skew switches the hook off.
func (s Skew) bank() []byte {
	bank := make([]byte, bankSize)
	if s == (Skew{}) {
		return bank
	}
	s = s.normal()
	seconds, nanoseconds := s.Offset/time.Second, s.Offset%time.Second
	if nanoseconds < 0 {
		seconds, nanoseconds = seconds-1, nanoseconds+time.Second
	}
	rate := math.Round(float64(s.Drift) / 1e6 * (1 << 32))
	for i, word := range []int64{int64(seconds), int64(nanoseconds), clocks, int64(rate), s.Since.Unix(), int64(s.Since.Nanosecond())} {
		binary.LittleEndian.PutUint64(bank[8*i:], uint64(word))
	}
	return bank
}

// skewOf is the skew that a bank stands for.
func skewOf(bank []byte) Skew {
	word := func(i int) int64 { return int64(binary.LittleEndian.Uint64(bank[8*i:])) }
	if word(2) == 0 {
		return Skew{}
	}
	return Skew{
		Offset: time.Duration(word(0))*time.Second + time.Duration(word(1)),
		Drift:  int64(math.Round(float64(word(3)) * 1e6 / (1 << 32))),
		Since:  time.Unix(word(4), word(5)),
	}
}
