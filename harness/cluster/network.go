package cluster

import (
	"context"
	"maps"
	"slices"
	"time"
)

// Network is implemented by clusters that can break the network between nodes.
type Network interface {
	// SetRules makes exactly these rules hold, all nodes at once, in place of
	// those before; the zero Rules heal everything. Rules on a node that does not
	// run take effect when it starts. Clients' connections are touched only by
	// rules on links from Clients.
	SetRules(ctx context.Context, r Rules) error
	// Reach observes, for every ordered pair of running nodes (paused ones too),
	// whether a packet from one arrives at the other. Pairs with a node that does
	// not run are absent. A runtime that can cut off clients observes also
	// whether a packet from somebody who is not a node arrives.
	Reach(ctx context.Context) (map[Link]bool, error)
}

// Noise is implemented by networks that can tell what their corruption did.
type Noise interface {
	// Corrupted counts, for every link that is corrupted, whether it is to be or not,
	// and leads to a running node, the packets that arrived changed under the
	// present rules.
	Corrupted(ctx context.Context) (map[Link]uint64, error)
}

// Gauge is implemented by networks that can measure their links.
type Gauge interface {
	// Measure sends a volley of probes that carry the text over each of the links
	// and says what became of them. Links with a node that does not run are
	// absent from what it returns.
	Measure(ctx context.Context, links []Link, text string) (map[Link]Measurement, error)
}

// Doors is implemented by networks that can tell whether new connections are
// accepted.
type Doors interface {
	// Knock tries to open a TCP connection over each of the links. Links with a
	// node that does not run are absent from what it returns.
	Knock(ctx context.Context, links []Link) (map[Link]Answer, error)
}

// Link is the way from one node to another.
type Link struct{ From, To string }

// Clients stands in a Link for everybody who is not a node. Links lead from
// Clients only, and only where CanCutClients is supported.
const Clients = "clients"

// Rules are the faults of a network. The zero value is a healthy network. Of the
// rules on a link that cut it the strictest holds.
type Rules struct {
	// Drop is the grudge: links whose packets are dropped without a word at the
	// receiver.
	Drop map[Link]bool
	// Reject are links whose packets are dropped, and whose TCP connections are
	// told so by a reset.
	Reject map[Link]bool
	// DropNew are links on which only the packets that open a TCP connection are
	// dropped, so that connections that are open stay so.
	DropNew map[Link]bool
	// Corrupt gives links the probability with which a packet that carries
	// payload arrives with changed bytes, which the transport does not notice.
	Corrupt map[Link]float64
	// Shape says what else links do to the packets that they carry.
	Shape map[Link]Shape
}

// Cuts says whether nothing at all passes over a link.
func (r Rules) Cuts(l Link) bool { return r.Drop[l] || r.Reject[l] }

// Links are all that the rules are about, each at least once.
func (r Rules) Links() []Link {
	var links []Link
	for _, cut := range []map[Link]bool{r.Drop, r.Reject, r.DropNew} {
		links = slices.AppendSeq(links, maps.Keys(cut))
	}
	links = slices.AppendSeq(links, maps.Keys(r.Corrupt))
	return slices.AppendSeq(links, maps.Keys(r.Shape))
}

// Clone is a copy that shares nothing with the rules.
func (r Rules) Clone() Rules {
	return Rules{
		Drop: maps.Clone(r.Drop), Reject: maps.Clone(r.Reject), DropNew: maps.Clone(r.DropNew),
		Corrupt: maps.Clone(r.Corrupt), Shape: maps.Clone(r.Shape),
	}
}

// Shape is what a link does to the packets that it carries. The zero Shape does
// nothing. Probabilities are those of a single packet.
type Shape struct {
	// Delay is how much longer a packet takes; Jitter is how much more or less
	// than that, evenly spread. Packets keep their order.
	Delay, Jitter time.Duration
	// Loss is the probability that a packet never arrives.
	Loss float64
	// Duplicate is the probability that a packet arrives twice.
	Duplicate float64
	// Reorder is the probability that a packet falls Behind, so that later ones
	// overtake it.
	Reorder float64
	Behind  time.Duration
	// Noise is the probability that a packet is damaged on the wire, which its
	// checksum shows, so that the receiver drops it.
	Noise float64
	// Rate is the bandwidth in bytes a second, 0 for no limit. Queue is how many
	// bytes may wait for it; what finds no place is lost.
	Rate, Queue int64
	// Tamper is what somebody on the way writes into packets.
	Tamper Replacement
}

// Replacement is a text and another one of the same length that takes its place
// wherever it stands within one packet. The zero Replacement changes nothing.
type Replacement struct{ Old, New string }

// Plus is what a link does that does both.
func (s Shape) Plus(t Shape) Shape {
	sum := Shape{
		Delay: s.Delay + t.Delay, Jitter: s.Jitter + t.Jitter,
		Loss: either(s.Loss, t.Loss), Duplicate: either(s.Duplicate, t.Duplicate),
		Reorder: either(s.Reorder, t.Reorder), Behind: max(s.Behind, t.Behind),
		Noise: either(s.Noise, t.Noise),
		Rate:  s.Rate, Queue: s.Queue, Tamper: s.Tamper,
	}
	if narrower := t.Rate > 0 && (s.Rate == 0 || t.Rate < s.Rate); narrower {
		sum.Rate, sum.Queue = t.Rate, t.Queue
	}
	if sum.Tamper == (Replacement{}) {
		sum.Tamper = t.Tamper
	}
	return sum
}

// either is the probability that one of two independent things happens.
func either(p, q float64) float64 { return p + q - p*q }

// Measurement is what became of probes on a link.
type Measurement struct {
	// Sent were sent and Arrived arrived at least once, Twice of them more than
	// once. Late arrived after one that was sent later. Changed arrived with
	// other bytes.
	Sent, Arrived, Twice, Late, Changed int
	// Fastest and Median are how long those that arrived were on their way.
	Fastest, Median time.Duration
	// Rate is at how many bytes a second they arrived since the first was sent, 0
	// if none did. It is at most the link's bandwidth, and less where that is wider
	// than what was sent.
	Rate int64
}

// Answer is what comes back when a connection is to be opened.
type Answer uint8

const (
	Silence Answer = iota
	Accepted
	Refused
)

func (a Answer) String() string {
	return [...]string{"silence", "accepted", "refused"}[a]
}
