package packet

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/assaykit/assay/nemesis/agent/protocol"
)

// build makes an IPv4 packet with a right checksum. Options lengthen the header of
// TCP, in words.
func build(kind byte, options int, payload []byte) []byte {
	header := make([]byte, 8)
	if kind == protocolTCP {
		header = make([]byte, 20+4*options)
		header[12] = byte(5+options) << 4
	}
	binary.BigEndian.PutUint32(header, 0x1f90_8bad) // ports
	p := make([]byte, 20)
	p[0], p[8], p[9] = 0x45, 64, kind
	copy(p[12:], []byte{10, 1, 2, 3, 10, 3, 2, 1})
	p = append(append(p, header...), payload...)
	binary.BigEndian.PutUint16(p[2:], uint16(len(p)))
	at := 20 + offsetTCPSum
	if kind == protocolUDP {
		binary.BigEndian.PutUint16(p[24:], uint16(8+len(payload)))
		at = 20 + offsetUDPSum
	}
	binary.BigEndian.PutUint16(p[at:], ^folded(p))
	return p
}

// folded is the sum that a receiver makes, of the pseudo header and all words: it
// is 0xffff if the checksum is right. It is written by the book, in 64 bits, so
// that it can be compared with the code under test.
func folded(p []byte) uint16 {
	pseudo := slices.Concat(p[12:20], []byte{0, p[9]}, binary.BigEndian.AppendUint16(nil, uint16(len(p)-20)), p[20:])
	if len(pseudo)%2 == 1 {
		pseudo = append(pseudo, 0)
	}
	sum := uint64(0)
	for i := 0; i < len(pseudo); i += 2 {
		sum += uint64(pseudo[i])<<8 + uint64(pseudo[i+1])
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return uint16(sum)
}

func isRight(p []byte) bool { return folded(p) == 0xffff }

func difference(a, b []byte) (count int, places []int) {
	for i := range a {
		if n := bits.OnesCount8(a[i] ^ b[i]); n > 0 {
			count += n
			places = append(places, i)
		}
	}
	return count, places
}

func TestNoiseFlipsOneBitAndLeavesTheChecksumWrong(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for range 5000 {
		kind := []byte{protocolTCP, protocolUDP}[random.IntN(2)]
		p := build(kind, random.IntN(4), bytes.Repeat([]byte{byte(random.IntN(256))}, random.IntN(200)))
		before := bytes.Clone(p)
		s, ok := dissect(p)
		if !ok || !isRight(p) {
			t.Fatalf("not a good packet: %x", p)
		}
		if !s.noise(random) {
			t.Fatalf("spared: %x", p)
		}
		if n, at := difference(before, p); n != 1 || at[0] < 20 {
			t.Fatalf("%d bits flipped at %v", n, at)
		}
		if isRight(p) && kind == protocolTCP {
			t.Fatalf("the checksum is right: %x", p)
		}
	}
}

func TestCorruptionMendsTheChecksum(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	met := map[int]int{}
	for range 5000 {
		options := random.IntN(8)
		payload := []byte(strings.Repeat("7", 80+random.IntN(1300)))
		p := build(protocolTCP, options, payload)
		before := bytes.Clone(p)
		s, _ := dissect(p)
		if !s.corrupt(random) {
			t.Fatalf("spared: %d bytes", len(p))
		}
		got := p[40+4*options:]
		at := bytes.IndexByte(got, '6')
		if at < 0 || strings.Count(string(got), "7") != len(payload)-1 || !isRight(p) {
			t.Fatalf("%q with a right checksum: %v", got, isRight(p))
		}
		if !slices.Contains(places, at) {
			t.Fatalf("at %d", at)
		}
		met[at]++
		// Nothing but the byte and the checksum.
		if _, where := difference(before, p); where[0] < 20+offsetTCPSum || len(where) > 3 {
			t.Fatalf("changed at %v", where)
		}
	}
	if len(met) != len(places) {
		t.Errorf("corrupted at %v only", met)
	}
}

func TestShortPacketsAndDatagramsAreNotCorrupted(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for _, p := range [][]byte{
		build(protocolTCP, 3, nil), build(protocolTCP, 3, []byte("short")), build(protocolUDP, 0, bytes.Repeat([]byte("7"), 500)),
	} {
		before := bytes.Clone(p)
		if s, ok := dissect(p); !ok || s.corrupt(random) || !bytes.Equal(p, before) {
			t.Errorf("changed: %x", p)
		}
	}
}

func TestThereIsAPlaceInEveryPacketThatIsLongEnough(t *testing.T) {
	const longestHeader = 60
	last := places[len(places)-1]
	if !slices.IsSortedFunc(places, func(a, b int) int { return b - a }) || shortestIPv4+longestHeader+last >= shortestCorrupt {
		t.Errorf("%v", places)
	}
}

func TestTamperingReplacesEveryPattern(t *testing.T) {
	for _, c := range []struct{ payload, want string }{
		{"value=17;value=18", "value=99;value=98"},
		{"nothing here", ""},
		{"=1=1=1", "=9=9=9"},
		{"=", ""},
	} {
		for _, kind := range []byte{protocolTCP, protocolUDP} {
			p := build(kind, 3, []byte(c.payload))
			before := bytes.Clone(p)
			s, _ := dissect(p)
			found := s.tamper([]byte("=1"), []byte("=9"))
			switch got := string(p[s.payload:]); {
			case c.want == "" && (found || !bytes.Equal(p, before)):
				t.Errorf("%q became %q", c.payload, got)
			case c.want != "" && (!found || strings.ReplaceAll(c.payload, "=1", "=9") != got || !isRight(p)):
				t.Errorf("%q became %q, checksum right: %v", c.payload, got, isRight(p))
			}
		}
	}
}

// A UDP checksum of zero stands for none: it must neither be made up nor come out
// as a sum.
func TestDatagramsWithoutAChecksumStayWithoutOne(t *testing.T) {
	p := build(protocolUDP, 0, []byte("abc=1"))
	p[26], p[27] = 0, 0
	s, _ := dissect(p)
	if !s.tamper([]byte("=1"), []byte("=9")) || p[26]|p[27] != 0 {
		t.Errorf("%x", p)
	}
	if s.noise(rand.New(rand.NewPCG(1, 1))) {
		t.Error("noise that nobody would notice")
	}
	random := rand.New(rand.NewPCG(3, 3))
	for range 100_000 {
		p := build(protocolUDP, 0, binary.BigEndian.AppendUint16([]byte("=1"), uint16(random.IntN(1<<16))))
		s, _ := dissect(p)
		if s.optional() {
			continue // the test's own packet
		}
		if s.tamper([]byte("=1"), []byte("=9")); s.optional() || !isRight(p) {
			t.Fatalf("%x", p)
		}
	}
}

func TestNothingIsDissectedThatIsNotThere(t *testing.T) {
	good := build(protocolTCP, 2, []byte("payload"))
	for length := range good {
		if s, ok := dissect(good[:length]); ok && s.payload > length {
			t.Errorf("%d bytes: %+v", length, s)
		}
	}
	fragment := bytes.Clone(good)
	fragment[7] = 1
	six := bytes.Clone(good)
	six[0] = 0x65
	other := bytes.Clone(good)
	other[9] = 1
	for name, p := range map[string][]byte{"a later fragment": fragment, "IPv6": six, "ICMP": other, "nothing": nil} {
		if _, ok := dissect(p); ok {
			t.Errorf("%s is taken for a segment", name)
		}
	}
}

func FuzzChange(f *testing.F) {
	f.Add(build(protocolTCP, 3, []byte("payload=1")), uint64(1))
	f.Add(build(protocolUDP, 0, []byte("=1")), uint64(2))
	f.Fuzz(func(t *testing.T, p []byte, seed uint64) {
		l := newLink(protocol.Shape{Pattern: "=1", Replacement: "=9", Seed: seed})
		before := bytes.Clone(p)
		changed := l.change(fate{noise: true, corrupt: true}, p)
		if !bytes.Equal(before, p) || changed != nil && len(changed) != len(p) {
			t.Errorf("%x became %x and %x", before, p, changed)
		}
	})
}
