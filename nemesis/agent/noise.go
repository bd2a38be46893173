//go:build linux

package agent

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

const (
	offsetLength   = 2  // of the total length in an IPv4 header
	offsetTCPWords = 12 // of the byte whose upper half is the length of a TCP header
	offsetTCPSum   = 16 // of the checksum in a TCP header
	lengthIPv4     = 20 // of a header without options
	lengthTCP      = 32 // of a header with a timestamp, as all usual ones have
	shortestNoisy  = 120
)

// places are where in its payload a packet is changed, the furthest first: each
// that the packet is long enough for has a chance of one half, the last takes the
// rest. The first bytes are spared, because there protocols keep the lengths of
// their frames, and a wrong length is noticed at once. All are even, as the
// arithmetic of the checksum demands.
var places = []uint32{1000, 480, 240, 150, 90, 64, 40, 16}

// flip changes the lowest bit of one byte: a digit becomes another digit, so that
// what arrives is still well-formed, and wrong.
var flip = []byte{0, 0, 1, 0}

// makeNoise makes the chain that changes whatever comes into it.
func (w *firewall) makeNoise() error {
	if w.noise != nil {
		return nil
	}
	chain := w.conn.AddChain(&nftables.Chain{Name: "noise", Table: w.table})
	for i, place := range places {
		at := lengthTCP + place
		if last := i == len(places)-1; last {
			w.add(chain, change(at))
		} else {
			w.add(chain, isAtLeast(lengthIPv4+at+uint32(len(flip))), happens(0.5), change(at),
				does(&expr.Verdict{Kind: expr.VerdictAccept}))
		}
	}
	if err := w.flush(); err != nil {
		return fmt.Errorf("make the noise chain: %w", err)
	}
	w.noise = chain
	return nil
}

// change flips a bit at an offset from the transport header. The kernel corrects
// the checksum where the packet has one; between containers of one machine it
// usually has none yet (CHECKSUM_PARTIAL), and is accepted as it is.
func change(at uint32) []expr.Any {
	keep := []byte{0xff, 0xff, 0xff, 0xff}
	length := uint32(len(flip))
	return []expr.Any{
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseTransportHeader, Offset: at, Len: length},
		&expr.Bitwise{SourceRegister: 1, DestRegister: 1, Len: length, Mask: keep, Xor: flip},
		&expr.Payload{
			OperationType: expr.PayloadWrite, SourceRegister: 1,
			Base: expr.PayloadBaseTransportHeader, Offset: at, Len: length,
			CsumType: expr.CsumTypeInet, CsumOffset: offsetTCPSum,
		},
	}
}

// isLongTCP matches TCP packets with a payload worth changing. Those with a
// longer header (they report gaps, and are rare) are left alone: places would
// fall into the header.
func isLongTCP() []expr.Any {
	return append([]expr.Any{
		&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: 1},
		&expr.Cmp{Register: 1, Op: expr.CmpOpEq, Data: []byte{unix.IPPROTO_TCP}},
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseTransportHeader, Offset: offsetTCPWords, Len: 1},
		&expr.Bitwise{SourceRegister: 1, DestRegister: 1, Len: 1, Mask: []byte{0xf0}, Xor: []byte{0}},
		&expr.Cmp{Register: 1, Op: expr.CmpOpLte, Data: []byte{lengthTCP / 4 << 4}},
	}, isAtLeast(shortestNoisy)...)
}

// isAtLeast matches packets of some total length.
func isAtLeast(length uint32) []expr.Any {
	return []expr.Any{
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseNetworkHeader, Offset: offsetLength, Len: 2},
		&expr.Cmp{Register: 1, Op: expr.CmpOpGte, Data: binary.BigEndian.AppendUint16(nil, uint16(length))},
	}
}

// happens matches with a probability.
func happens(p float64) []expr.Any {
	below := uint32(min(max(p, 0), 1) * math.MaxUint32)
	return []expr.Any{
		&expr.Numgen{Register: 1, Type: unix.NFT_NG_RANDOM, Modulus: math.MaxUint32},
		&expr.Byteorder{SourceRegister: 1, DestRegister: 1, Op: expr.ByteorderHton, Len: 4, Size: 4},
		&expr.Cmp{Register: 1, Op: expr.CmpOpLt, Data: binary.BigEndian.AppendUint32(nil, below)},
	}
}
