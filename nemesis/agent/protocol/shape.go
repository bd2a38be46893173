package protocol

import (
	"net/netip"
	"time"
)

// Strangers stands for all sources that are not nodes of the cluster: its clients.
// As an address it is one that no packet comes from.
var Strangers = netip.IPv4Unspecified()

// Shape is what happens to the packets from one source before they are received.
// The zero Shape leaves them alone. Probabilities are of single packets.
type Shape struct {
	// Delay is how much later a packet arrives; Jitter is how much more or less
	// than that, evenly spread. Packets keep their order.
	Delay  time.Duration `json:"delay,omitempty"`
	Jitter time.Duration `json:"jitter,omitempty"`
	// Loss is the probability that a packet never arrives.
	Loss float64 `json:"loss,omitempty"`
	// Duplicate is the probability that a packet arrives twice.
	Duplicate float64 `json:"duplicate,omitempty"`
	// Reorder is the probability that a packet is held back for the time Behind,
	// so that later ones overtake it.
	Reorder float64       `json:"reorder,omitempty"`
	Behind  time.Duration `json:"behind,omitempty"`
	// Noise is the probability that a bit is flipped on the wire, which the
	// checksum shows: the receiver's stack drops the packet.
	Noise float64 `json:"noise,omitempty"`
	// Corrupt is the probability that a bit of a TCP payload is flipped and the
	// checksum made right again, which the stack cannot notice.
	Corrupt float64 `json:"corrupt,omitempty"`
	// Rate is the bandwidth in bytes a second, 0 for no limit. Queue is how many
	// bytes may wait for it; what finds no place is lost.
	Rate  int64 `json:"rate,omitempty"`
	Queue int64 `json:"queue,omitempty"`
	// Pattern is replaced wherever it stands within a payload, with a text of the
	// same length; the checksum is made right again.
	Pattern     string `json:"pattern,omitempty"`
	Replacement string `json:"replacement,omitempty"`
	// Seed decides which packets it strikes.
	Seed uint64 `json:"seed,omitempty"`
}

// Changes says whether the shape does anything.
func (s Shape) Changes() bool {
	s.Seed = 0
	return s != Shape{}
}

// Patience is how late a packet may arrive under the shape.
func (s Shape) Patience() time.Duration {
	late := s.Delay + s.Jitter
	if s.Reorder > 0 {
		late += s.Behind
	}
	if s.Rate > 0 {
		late += time.Duration(float64(s.Queue) / float64(s.Rate) * float64(time.Second))
	}
	return late
}

// Patience is how late datagrams may arrive under the rules of nodes, as far as one
// waits for them.
func Patience(nodes []Node) time.Duration {
	var late time.Duration
	for _, node := range nodes {
		for _, rule := range node.Rules {
			late = max(late, rule.Shape.Patience())
		}
	}
	return min(late, mostPatience)
}

// mostPatience bounds the wait for an answer to a request.
const mostPatience = 3 * time.Second

// Counts are what was done to the packets from one source since it got a shape.
type Counts struct {
	// Packets came from the source.
	Packets uint64 `json:"packets,omitempty"`
	// Lost were dropped by chance, Overflowed because the queue was full.
	Lost       uint64 `json:"lost,omitempty"`
	Overflowed uint64 `json:"overflowed,omitempty"`
	Delayed    uint64 `json:"delayed,omitempty"`
	Duplicated uint64 `json:"duplicated,omitempty"`
	Reordered  uint64 `json:"reordered,omitempty"`
	// Noisy arrived with a wrong checksum, Corrupted with a right one.
	Noisy     uint64 `json:"noisy,omitempty"`
	Corrupted uint64 `json:"corrupted,omitempty"`
	// Tampered had the pattern in them.
	Tampered uint64 `json:"tampered,omitempty"`
}
