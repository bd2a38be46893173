package process

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"time"

	"github.com/assaykit/assay/harness/actor"
)

// reactions is the actor.Context of a node. It collects the effects of one or
// more reactions; nothing of them is seen outside before they are committed.
// Everything is copied or encoded at once, because a later reaction may change
// what the actor passed.
type reactions[M any] struct {
	self    actor.ID
	peers   []actor.ID
	chance  *rand.Rand
	started time.Time
	// now is the time of the current reaction.
	now    time.Duration
	timers timers

	records [][]byte
	leaving []effect
}

// effect is something that leaves the node: a message or an answer.
type effect struct {
	kind    effectKind
	to      actor.ID
	request uint64
	body    []byte
}

type effectKind uint8

const (
	sent effectKind = iota
	replied
)

func newReactions[M any](cfg Config, durable int) reactions[M] {
	name := fnv.New64a()
	name.Write([]byte(cfg.Self))
	return reactions[M]{
		self: cfg.Self,
		// A node that draws the same numbers again after a restart could take its
		// new identifiers for old ones, hence the number of records.
		chance:  rand.New(rand.NewPCG(uint64(cfg.Seed), name.Sum64()+uint64(durable))),
		started: time.Now(),
		timers:  newTimers(),
	}
}

func (r *reactions[M]) clock() time.Duration { return time.Since(r.started) }

// untilTimer is how long to wait for the next timer.
func (r *reactions[M]) untilTimer() time.Duration {
	at, set := r.timers.next()
	if !set {
		return time.Hour
	}
	return max(0, at-r.clock())
}

func (r *reactions[M]) reset() {
	clear(r.records)
	clear(r.leaving)
	r.records, r.leaving = r.records[:0], r.leaving[:0]
}

func (r *reactions[M]) Self() actor.ID    { return r.self }
func (r *reactions[M]) Peers() []actor.ID { return r.peers }

func (r *reactions[M]) Send(to actor.ID, m M) {
	body, err := json.Marshal(envelope[M]{From: r.self, Message: m})
	if err != nil {
		panic(fmt.Sprintf("actor %s sends what JSON cannot hold, against its contract: %v", r.self, err))
	}
	r.leaving = append(r.leaving, effect{kind: sent, to: to, body: body})
}

func (r *reactions[M]) Reply(request uint64, body []byte) {
	r.leaving = append(r.leaving, effect{kind: replied, request: request, body: bytes.Clone(body)})
}

func (r *reactions[M]) Persist(record []byte) {
	r.records = append(r.records, bytes.Clone(record))
}

func (r *reactions[M]) SetTimer(name string, after time.Duration) {
	r.timers.set(name, r.now+after)
}

func (r *reactions[M]) CancelTimer(name string) { r.timers.cancel(name) }

func (r *reactions[M]) Choose(n int) int { return r.chance.IntN(n) }

func (r *reactions[M]) Now() time.Duration { return r.now }

func (r *reactions[M]) WallClock() time.Duration { return time.Duration(time.Now().UnixNano()) }
