// Package world is a cluster whose nodes are actors in virtual time: a
// cluster.Cluster like that of any other runtime, with a network that delays,
// loses and repeats, processes that crash, pause and forget what they had not
// synced, and wall clocks that are wrong. The actors are the very values that
// harness/actor/process runs as processes. What happens follows from the
// configuration alone.
package world

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/sim/trace"
	"github.com/assaykit/assay/harness/sim/virtual"
)

// Runtime is the name of this one.
const Runtime = "sim"

// Config says what a world is like.
type Config struct {
	Time *virtual.Time
	// Seed decides about everything that is left to chance.
	Seed    int64
	Nodes   int
	Program Program
	Weather Weather
	// Fates are what becomes of messages in place of chance, if Fated is set: all
	// others arrive once, in their time.
	Fates map[Message]Fate
	Fated bool
	// Trace gets what happens; nil is nothing.
	Trace *trace.Trace
}

// World is a cluster in virtual time.
type World struct {
	config Config
	time   *virtual.Time
	nodes  []*Node
	byName map[string]*Node
	rules  cluster.Rules
	skews  map[string]cluster.Skew
	// links are the ways between nodes, by the places of both.
	links [][]*link
	// corrupted counts by link under the present rules.
	corrupted map[cluster.Link]uint64
	chance    *rand.Rand
	requests  uint64
	// connections counts those that clients have made.
	connections int
	messages    int
	strange     []Strange
	// sum is a hash of all that has happened.
	sum uint64
}

var (
	_ cluster.Cluster = (*World)(nil)
	_ cluster.Network = (*World)(nil)
	_ cluster.Noise   = (*World)(nil)
	_ cluster.Gauge   = (*World)(nil)
	_ cluster.Doors   = (*World)(nil)
	_ cluster.Clocks  = (*World)(nil)
)

// New makes a world, all of whose nodes have started.
func New(c Config) *World {
	c.Weather = c.Weather.withDefaults()
	w := &World{
		config: c, time: c.Time, byName: map[string]*Node{},
		corrupted: map[cluster.Link]uint64{},
		chance:    rand.New(rand.NewPCG(uint64(c.Seed), 0x776f726c64)),
	}
	for i := range c.Nodes {
		n := newNode(w, i, fmt.Sprint("n", i+1))
		w.nodes = append(w.nodes, n)
		w.byName[n.name] = n
	}
	w.connect()
	for _, n := range w.nodes {
		n.boot()
	}
	return w
}

// Runtime implements cluster.Cluster.
func (w *World) Runtime() string { return Runtime }

// Nodes implements cluster.Cluster.
func (w *World) Nodes() []cluster.Node {
	all := make([]cluster.Node, len(w.nodes))
	for i, n := range w.nodes {
		all[i] = n
	}
	return all
}

// Capabilities implements cluster.Cluster.
func (w *World) Capabilities() cluster.Capabilities { return Capabilities() }

// Capabilities are those of all worlds.
func Capabilities() cluster.Capabilities {
	all := cluster.Capabilities{}
	for _, can := range []cluster.Capability{
		cluster.CanKill, cluster.CanPause, cluster.CanStop, cluster.CanPartition, cluster.CanCorrupt,
		cluster.CanReject, cluster.CanCutClients, cluster.CanDelay, cluster.CanLose, cluster.CanDuplicate,
		cluster.CanReorder, cluster.CanNoise, cluster.CanLimit, cluster.CanTamper, cluster.CanClock,
	} {
		all[can] = nil
	}
	for can, why := range map[cluster.Capability]string{
		cluster.CanCutNew:      "simulated nodes have no connections of their own",
		cluster.CanThrottle:    "simulated reactions take no time",
		cluster.CanLimitMemory: "simulated nodes have no memory of their own",
		cluster.CanStarve:      "simulated nodes have no memory of their own",
		cluster.CanDisk:        "simulated nodes have no files; kill loses what they did not sync",
		cluster.CanReplace:     "not simulated",
	} {
		all[can] = fmt.Errorf("%s: %s", can, why)
	}
	return all
}

// Close implements cluster.Cluster.
func (w *World) Close(context.Context) error { return nil }

// Sum is a hash of all that has happened: two runs with the same one went the
// same way.
func (w *World) Sum() uint64 { return w.sum }

// happened adds to the hash.
func (w *World) happened(what, a, b uint64) {
	h := w.sum ^ uint64(w.time.Elapsed())
	w.sum = scramble(h*0x9e3779b97f4a7c15 + what<<56 ^ a<<32 ^ b)
}

// note adds an event to the trace, if there is one.
func (w *World) note(e trace.Event) {
	if w.config.Trace != nil {
		e.At = w.time.Elapsed()
		w.config.Trace.Add(e)
	}
}

func (w *World) traced() bool { return w.config.Trace != nil }

// scramble is the finalizer of splitmix64 (Steele, Lea and Flood 2014).
func scramble(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// dice are numbers that depend on nothing but their seed.
type dice struct{ state uint64 }

func (d *dice) next() uint64 {
	d.state += 0x9e3779b97f4a7c15
	return scramble(d.state)
}

// between draws a time from the range, its ends included.
func (d *dice) between(least, most time.Duration) time.Duration {
	if most <= least {
		return least
	}
	return least + time.Duration(d.next()%uint64(most-least+1))
}

func (d *dice) with(probability float64) bool {
	return probability > 0 && float64(d.next()>>11)/(1<<53) < probability
}
