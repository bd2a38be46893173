package explore

import (
	"slices"

	"github.com/assaykit/assay/harness/actor"
)

// local is all about one node: its state, what it has persisted, which timers are
// set, and whether it is down.
type local[S any] struct {
	node    int
	state   *S
	durable [][]byte
	timers  []string
	down    bool
	// written is the state's identity.
	written     string
	fingerprint uint64
	// timerInputs are the inputs that fire the timers.
	timerInputs []uint32
}

// append is what tells a local from others. Durable records are written one by one.
func (l *local[S]) append(to []byte) []byte {
	to = appendText(appendNumber(to, l.node), l.written)
	if l.down {
		to = append(to, 1)
	} else {
		to = append(to, 0)
	}
	to = appendNumber(to, len(l.durable))
	for _, record := range l.durable {
		to = appendText(to, string(record))
	}
	for _, t := range l.timers {
		to = appendText(to, t)
	}
	return to
}

func (l *local[S]) set(timer string) {
	if at, found := slices.BinarySearch(l.timers, timer); !found {
		l.timers = slices.Insert(slices.Clone(l.timers), at, timer)
	}
}

func (l *local[S]) unset(timer string) {
	if at, found := slices.BinarySearch(l.timers, timer); found {
		l.timers = slices.Delete(slices.Clone(l.timers), at, at+1)
	}
}

// message is something on the network.
type message[M any] struct {
	// from and to are endpoints: nodes, then clients; to is nowhere if there is no
	// such node.
	from, to int
	toName   actor.ID
	kind     messageKindOf
	number   uint64
	body     []byte
	content  *M
	// pair orders messages by where they come from and go to.
	pair        uint32
	fingerprint uint64
	// asLast is the fingerprint of this having been delivered last.
	asLast uint64
}

const nowhere = -1

type messageKindOf uint8

const (
	peerMessage messageKindOf = iota
	requestMessage
	replyMessage
)

func (m *message[M]) append(to, content []byte) []byte {
	to = appendNumber(appendNumber(to, m.from), m.to+1)
	to = appendText(append(to, byte(m.kind)), string(m.toName))
	return append(appendNumber(to, int(m.number)), content...)
}

// environment is what was used of the budgets, and how the network is cut.
type environment struct {
	drops, duplicates, crashes, restarts, timeouts, partitions, giveUps int
	// side has a bit for each node on the other side of a cut than the first node;
	// it is 0 if nothing is cut.
	side uint64
}

func (v environment) append(to []byte) []byte {
	for _, n := range []int{v.drops, v.duplicates, v.crashes, v.restarts, v.timeouts, v.partitions, v.giveUps, int(v.side)} {
		to = appendNumber(to, n)
	}
	return to
}

type numberedEnvironment struct {
	environment
	fingerprint uint64
}
