package packet

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
)

// Offsets and lengths in IPv4, TCP and UDP headers.
const (
	shortestIPv4   = 20
	shortestTCP    = 20
	lengthUDP      = 8
	offsetProtocol = 9
	offsetSource   = 12
	offsetTarget   = 16
	offsetTCPWords = 12 // of the byte whose upper half is the header's length
	offsetTCPSum   = 16
	offsetUDPSum   = 6

	protocolTCP = 6
	protocolUDP = 17
)

// shortestCorrupt is the length of the shortest packet that corrupt changes.
const shortestCorrupt = 120

// places are where in its payload a packet is corrupted, the furthest first: each
// that the packet is long enough for has a chance of one half, the last takes the
// rest. The first bytes are spared, because there protocols keep the lengths of
// their frames, and a wrong length is noticed at once.
var places = []int{1002, 482, 242, 152, 92, 66, 42, 18}

// change returns the bytes that arrive in place of a packet's, nil for the same.
func (l *link) change(f fate, packet []byte) []byte {
	tampers := l.shape.Pattern != ""
	if !f.noise && !f.corrupt && !tampers {
		return nil
	}
	s, ok := dissect(append([]byte(nil), packet...))
	if !ok {
		return nil
	}
	changed := false
	if tampers && s.tamper([]byte(l.shape.Pattern), []byte(l.shape.Replacement)) {
		l.counts.Tampered++
		changed = true
	}
	if f.corrupt && s.corrupt(l.random) {
		l.counts.Corrupted++
		changed = true
	}
	if f.noise && s.noise(l.random) {
		l.counts.Noisy++
		changed = true
	}
	if !changed {
		return nil
	}
	return s.packet
}

// segment is what IPv4 carries in one packet, taken apart.
type segment struct {
	packet []byte
	// start is where the TCP or UDP header begins, payload where it ends, sum
	// where its checksum is.
	start, payload, sum int
}

// dissect finds the parts of an IPv4 packet; ok is false for everything that is
// not TCP or UDP, or not the beginning of it.
func dissect(packet []byte) (s segment, ok bool) {
	if len(packet) < shortestIPv4 || packet[0]>>4 != 4 || isLaterFragment(packet) {
		return segment{}, false
	}
	s = segment{packet: packet, start: int(packet[0]&15) * 4}
	rest := len(packet) - s.start
	switch {
	case packet[offsetProtocol] == protocolTCP && rest >= shortestTCP:
		s.sum = s.start + offsetTCPSum
		s.payload = s.start + int(packet[s.start+offsetTCPWords]>>4)*4
	case packet[offsetProtocol] == protocolUDP && rest >= lengthUDP:
		s.sum = s.start + offsetUDPSum
		s.payload = s.start + lengthUDP
	}
	return s, s.payload > 0 && s.payload <= len(packet)
}

func isLaterFragment(packet []byte) bool {
	const offsetMask = 0x1fff
	return binary.BigEndian.Uint16(packet[6:])&offsetMask != 0
}

// noise flips any bit of the segment, header or payload, and leaves the checksum
// wrong.
func (s segment) noise(random *rand.Rand) bool {
	if s.optional() {
		return false
	}
	at := s.start + random.IntN(len(s.packet)-s.start)
	s.packet[at] ^= 1 << random.IntN(8)
	return true
}

// corrupt flips the lowest bit of one byte: a digit becomes another digit, so that
// what arrives is still well-formed, and wrong. Only TCP packets with a payload
// worth changing are struck.
func (s segment) corrupt(random *rand.Rand) bool {
	if len(s.packet) < shortestCorrupt || s.packet[offsetProtocol] != protocolTCP {
		return false
	}
	for i, place := range places {
		at := s.payload + place
		last := i == len(places)-1
		if at < len(s.packet) && (last || random.IntN(2) == 0) {
			s.packet[at] ^= 1
			s.mend()
			return true
		}
	}
	return false
}

// tamper puts another text of the same length in the place of every pattern.
func (s segment) tamper(pattern, replacement []byte) bool {
	payload := s.packet[s.payload:]
	found := false
	for len(payload) > 0 {
		at := bytes.Index(payload, pattern)
		if at < 0 {
			break
		}
		copy(payload[at:], replacement)
		payload = payload[at+len(pattern):]
		found = true
	}
	if found {
		s.mend()
	}
	return found
}

// mend makes the checksum right again (RFC 9293, 3.1; RFC 768).
func (s segment) mend() {
	if s.optional() {
		return
	}
	binary.BigEndian.PutUint16(s.packet[s.sum:], 0)
	sum := s.checksum()
	if sum == 0 && s.packet[offsetProtocol] == protocolUDP {
		sum = 0xffff // zero stands for a sender that made no checksum
	}
	binary.BigEndian.PutUint16(s.packet[s.sum:], sum)
}

// optional says that the sender made no checksum, as UDP allows: then nothing is
// ever wrong.
func (s segment) optional() bool {
	return s.packet[offsetProtocol] == protocolUDP && binary.BigEndian.Uint16(s.packet[s.sum:]) == 0
}

func (s segment) checksum() uint16 {
	total := uint32(s.packet[offsetProtocol]) + uint32(len(s.packet)-s.start)
	total = add(total, s.packet[offsetSource:offsetSource+8])
	total = add(total, s.packet[s.start:])
	for total>>16 != 0 {
		total = total&0xffff + total>>16
	}
	return ^uint16(total)
}

// add adds words of the network's byte order; an odd last byte is padded.
func add(total uint32, data []byte) uint32 {
	for ; len(data) >= 2; data = data[2:] {
		total += uint32(binary.BigEndian.Uint16(data))
	}
	if len(data) == 1 {
		total += uint32(data[0]) << 8
	}
	return total
}
