package world

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/assaykit/assay/harness/actor"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/sim/trace"
	"github.com/assaykit/assay/harness/sim/virtual"
)

// lateWrite is how often a process with NoSync writes what it acknowledged.
const lateWrite = time.Second

// Node is a machine with a process of the program, or without.
type Node struct {
	w       *World
	index   int
	name    string
	id      actor.ID
	peers   []actor.ID
	process process // nil while there is none
	paused  bool
	// life counts starts; what was meant for an earlier life is void.
	life    int
	started time.Duration
	chance  *rand.Rand
	dice    dice
	timers  []*timer

	// durable survives the process; unwritten is what it only claims to be durable.
	durable, unwritten [][]byte
	// records and leaving are the effects of the reactions since the last commit.
	records [][]byte
	leaving []effect
	// syncing is set while what is in records becomes durable.
	syncing bool
	// told is what the trace says last of its state.
	told string
	// inbox is what comes while the process syncs or stands still.
	inbox []input
	// calls are the requests that wait for an answer of this life, by number.
	calls map[uint64]*call

	log bytes.Buffer
}

var (
	_ cluster.Node    = (*Node)(nil)
	_ cluster.Stopper = (*Node)(nil)
	_ cluster.Direct  = (*Node)(nil)
)

// effect is something that leaves a node: a message if it has one, otherwise an
// answer.
type effect struct {
	to      actor.ID
	message any
	request uint64
	body    []byte
}

// input is something that a process reacts to: a message, a request or a timer.
type input struct {
	from    *Node
	message any
	number  int

	call  *call
	timer *timer
}

func newNode(w *World, index int, name string) *Node {
	return &Node{
		w: w, index: index, name: name, id: actor.ID(name),
		dice: dice{scramble(uint64(w.config.Seed)) ^ scramble(uint64(index)+0x6e6f6465)},
	}
}

// boot starts a process with what is durable.
func (n *Node) boot() {
	n.life++
	n.paused, n.syncing = false, false
	n.started = n.w.time.Elapsed()
	n.timers, n.records, n.leaving, n.inbox = nil, nil, nil, nil
	n.calls = map[uint64]*call{}
	// Like a real process it must not draw the same numbers again after a restart.
	n.chance = rand.New(rand.NewPCG(uint64(n.w.config.Seed)+uint64(n.index)<<32, uint64(n.life)))
	n.w.happened(1, uint64(n.index), uint64(n.life))
	n.printf("started with %d durable records", len(n.durable))
	n.process = n.w.config.Program.process(n)
	if n.w.config.Program.habits().NoSync {
		n.writeLater()
	}
	if n.survives(func() { n.process.start(slices.Clone(n.durable)); n.tell() }) {
		n.commit()
	}
}

// survives lets the actor react. A panic of an actor ends its process, as it does
// in reality.
func (n *Node) survives(react func()) (survived bool) {
	defer func() {
		if p := recover(); p != nil {
			n.printf("panic: %v\n%s", p, debug.Stack())
			n.exit(fmt.Sprintf("panicked: %v", p))
		}
	}()
	react()
	return true
}

// writeLater is the bad habit of NoSync.
func (n *Node) writeLater() {
	life := n.life
	n.w.time.After(lateWrite, virtual.Func(func() {
		if n.process != nil && n.life == life {
			n.durable = append(n.durable, n.unwritten...)
			n.unwritten = nil
			n.writeLater()
		}
	}))
}

// take lets the process react as soon as it can.
func (n *Node) take(in input) {
	n.inbox = append(n.inbox, in)
	n.work()
}

// work reacts to all that has come. The reactions share one sync, as in package
// process.
func (n *Node) work() {
	if n.process == nil || n.paused || n.syncing {
		return
	}
	survived := n.survives(func() {
		for i := 0; i < len(n.inbox); i++ {
			n.react(n.inbox[i])
		}
	})
	if !survived {
		return
	}
	clear(n.inbox)
	n.inbox = n.inbox[:0]
	n.commit()
}

func (n *Node) react(in input) {
	switch {
	case in.message != nil:
		n.w.happened(2, uint64(in.from.index)<<8|uint64(n.index), uint64(in.number))
		n.w.note(trace.Event{Kind: trace.Deliver, Node: in.from.name, Peer: n.name, Number: in.number})
		n.process.receive(in.from.id, in.message)
	case in.call != nil:
		n.w.happened(3, uint64(n.index), in.call.number)
		n.w.note(trace.Event{Kind: trace.Deliver, Node: in.call.lane(), Peer: n.name, Number: in.call.message})
		n.process.request(in.call.number, in.call.body)
	default:
		if in.timer.ring() {
			n.w.happened(4, uint64(n.index), uint64(len(in.timer.name)))
			n.w.note(trace.Event{Kind: trace.Timer, Node: n.name, Text: in.timer.name})
			n.process.timer(in.timer.name)
		}
	}
	n.tell()
}

// tell notes what the process has become, if that is news.
func (n *Node) tell() {
	if !n.w.traced() || n.process == nil {
		return
	}
	if text := n.process.tell(); text != n.told {
		n.told = text
		n.w.note(trace.Event{Kind: trace.Note, Node: n.name, Text: text})
	}
}

func (n *Node) persist(record []byte) { n.records = append(n.records, slices.Clone(record)) }

// commit makes durable what the reactions persisted, and only then lets their
// effects leave.
func (n *Node) commit() {
	switch {
	case len(n.records) == 0:
		n.release()
		return
	case n.w.config.Program.habits().NoSync:
		n.unwritten = append(n.unwritten, n.records...)
		n.records = nil
		n.release()
		return
	}
	n.syncing = true
	life := n.life
	took := n.dice.between(n.w.config.Weather.FastestSync, n.w.config.Weather.SlowestSync)
	n.w.time.After(took, virtual.Func(func() { n.synced(life) }))
}

// synced ends a sync. That of a process that is paused ends all the same.
func (n *Node) synced(life int) {
	if n.process == nil || n.life != life {
		return
	}
	n.durable = append(n.durable, n.records...)
	n.records = nil
	n.syncing = false
	if n.paused {
		return
	}
	n.release()
	n.work()
}

func (n *Node) release() {
	leaving := n.leaving
	n.leaving = nil
	for _, e := range leaving {
		if e.message != nil {
			n.w.transmit(n, e.to, e.message)
		} else {
			n.answer(e.request, e.body)
		}
	}
	if n.leaving == nil {
		clear(leaving)
		n.leaving = leaving[:0]
	}
}

// Name implements cluster.Node.
func (n *Node) Name() string { return n.name }

// Addr implements cluster.Node. Nobody can connect to it: clients use Connect.
func (n *Node) Addr(port string) string { return n.name + "." + Runtime + ":" + port }

// Start implements cluster.Node.
func (n *Node) Start(context.Context) error {
	if n.process == nil {
		n.w.note(trace.Event{Kind: trace.Restart, Node: n.name})
		n.boot()
	}
	return nil
}

// Kill implements cluster.Node. Of what was about to become durable a part has
// become so; in any case nobody hears of it.
func (n *Node) Kill(context.Context) error {
	if n.process == nil {
		return nil
	}
	if n.syncing {
		n.durable = append(n.durable, n.records[:int(n.dice.next()%uint64(len(n.records)+1))]...)
	}
	n.exit("killed")
	return nil
}

// Stop implements cluster.Stopper: processes end at once, and a clean end loses
// nothing.
func (n *Node) Stop(context.Context, time.Duration) (polite bool, err error) {
	if n.process == nil {
		return true, nil
	}
	n.durable = append(append(n.durable, n.records...), n.unwritten...)
	n.unwritten = nil
	n.exit("stopped")
	return true, nil
}

func (n *Node) exit(how string) {
	lost := ""
	if len(n.unwritten) > 0 {
		lost = fmt.Sprintf(", with %d records that were acknowledged and not written", len(n.unwritten))
	}
	n.printf("%s%s", how, lost)
	n.w.note(trace.Event{Kind: trace.Crash, Node: n.name, Text: how + lost})
	n.w.happened(5, uint64(n.index), uint64(len(n.unwritten)))
	n.process, n.unwritten, n.records, n.leaving, n.inbox, n.timers = nil, nil, nil, nil, nil, nil
	n.paused, n.syncing, n.told = false, false, ""
	n.breakCalls()
}

// Pause implements cluster.Node.
func (n *Node) Pause(context.Context) error {
	if n.process != nil && !n.paused {
		n.paused = true
		n.w.happened(6, uint64(n.index), 0)
		n.w.note(trace.Event{Kind: trace.Pause, Node: n.name})
	}
	return nil
}

// Resume implements cluster.Node. The process finds everything that has come
// meanwhile: what came from one source in its order, the sources as they come.
func (n *Node) Resume(context.Context) error {
	if n.process == nil || !n.paused {
		return nil
	}
	n.paused = false
	n.w.happened(7, uint64(n.index), 0)
	n.w.note(trace.Event{Kind: trace.Resume, Node: n.name})
	n.inbox = n.shuffled(n.inbox)
	if !n.syncing {
		n.release()
		n.work()
	}
	return nil
}

// shuffled merges the sources of inputs by chance.
func (n *Node) shuffled(held []input) []input {
	var sources [][]input
	places := map[any]int{}
	for _, in := range held {
		from := in.source()
		at, known := places[from]
		if !known {
			at = len(sources)
			places[from] = at
			sources = append(sources, nil)
		}
		sources[at] = append(sources[at], in)
	}
	merged := make([]input, 0, len(held))
	for len(sources) > 0 {
		at := int(n.dice.next() % uint64(len(sources)))
		merged = append(merged, sources[at][0])
		if sources[at] = sources[at][1:]; len(sources[at]) == 0 {
			sources = slices.Delete(sources, at, at+1)
		}
	}
	return merged
}

// source tells inputs apart that may overtake each other.
func (in input) source() any {
	switch {
	case in.message != nil:
		return in.from
	case in.call != nil:
		return in.call.connection
	}
	return "timers"
}

// State implements cluster.Node.
func (n *Node) State(context.Context) (cluster.State, error) {
	switch {
	case n.process == nil:
		return cluster.Stopped, nil
	case n.paused:
		return cluster.Paused, nil
	}
	return cluster.Running, nil
}

// Logs implements cluster.Node.
func (n *Node) Logs(_ context.Context, w io.Writer) error {
	_, err := io.Copy(w, strings.NewReader(n.log.String()))
	return err
}

func (n *Node) printf(format string, args ...any) {
	fmt.Fprintf(&n.log, "%s %s %s\n", n.w.time.Now().Format("2006-01-02 15:04:05.000000"), n.name, fmt.Sprintf(format, args...))
}
