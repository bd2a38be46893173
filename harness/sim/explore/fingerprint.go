package explore

import (
	"encoding/binary"
	"math/bits"
)

// fingerprint is a hash of 64 bits in the manner of wyhash, with fixed keys: the
// same on every machine and in every run.
func fingerprint(b []byte) uint64 {
	h := uint64(0x9e3779b97f4a7c15) ^ uint64(len(b))
	for len(b) >= 16 {
		h = mix(binary.LittleEndian.Uint64(b)^0xa0761d6478bd642f, binary.LittleEndian.Uint64(b[8:])^h)
		b = b[16:]
	}
	var rest [16]byte
	copy(rest[:], b)
	h = mix(binary.LittleEndian.Uint64(rest[:])^0xe7037ed1a0b428db, binary.LittleEndian.Uint64(rest[8:])^h)
	return mix(h^0x8ebc6af09c88c6e3, 0x589965cc75374cc3)
}

func mix(a, b uint64) uint64 {
	high, low := bits.Mul64(a, b)
	return high ^ low
}
