package raft

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/actor"
)

// trial is one simulated run.
type trial struct {
	config  Config
	nodes   int
	load    load
	storm   storm
	weather weather
	// length is how long the clients work; default 6 s.
	length time.Duration
	// blind leaves the invariants alone: only what clients see counts.
	blind bool
	// wrap changes the actor; nil leaves it alone.
	wrap func(protocol) protocol
}

// outcome is what a run came to.
type outcome struct {
	// broken is a broken invariant or a wrong answer.
	broken error
	trace  uint64
	calls  []*call
	sim    *simulation
}

// run simulates the trial with a seed: load and storm, then calm, then final
// operations that have to succeed.
func (t trial) run(seed uint64) outcome {
	orElse(&t.nodes, 3)
	orElse(&t.length, 6*time.Second)
	a := protocol(New(t.config))
	if t.wrap != nil {
		a = t.wrap(a)
	}
	s := newSimulation(a, seed, t.nodes)
	s.weather, s.blind = t.weather, t.blind
	for _, n := range s.nodes {
		s.start(n)
	}
	t.load = t.load.withDefaults()
	s.run(time.Second)
	s.work(t.load, s.now+t.length)
	s.rage(t.storm, s.now+t.length)
	s.run(s.now + t.length)
	s.weather = weather{}
	s.calm()
	s.run(s.now + patience + time.Second)
	return s.finish(t.load)
}

// finish does the final operations and judges.
func (s *simulation) finish(l load) outcome {
	unfinished := s.final(l)
	s.run(s.now + 20*time.Second)
	out := outcome{broken: s.invariants.broken, trace: s.trace.Sum64(), calls: s.recorder.calls, sim: s}
	if out.broken == nil {
		out.broken = s.recorder.judge()
	}
	if out.broken == nil && *unfinished > 0 {
		out.broken = fmt.Errorf("the cluster does not answer although nothing is broken")
	}
	return out
}

// final reads everything through every node, or drains the queue. What it
// returns is 0 once all have succeeded.
func (s *simulation) final(l load) *int {
	unfinished := len(s.nodes)
	for i, n := range s.nodes {
		c := &client{sim: s, node: n, load: l, process: 1000 + i, until: never}
		if l.kind == oneQueue {
			c.drain(&unfinished)
		} else {
			c.inTurn(c.finalReads(), &unfinished)
		}
	}
	return &unfinished
}

func (c *client) finalReads() []Command {
	switch c.load.kind {
	case oneSet:
		return []Command{{F: elements, Key: "s"}}
	case stores:
		return c.finalTransactions()
	}
	var reads []Command
	for i := range c.load.keys {
		reads = append(reads, Command{F: read, Key: c.load.keyOf(i, len(c.sim.recorder.calls))})
	}
	return reads
}

func (c *client) inTurn(commands []Command, unfinished *int) {
	if len(commands) == 0 {
		*unfinished--
		return
	}
	c.invoke(commands[0], func(op *call) {
		if op.response.OK {
			c.inTurn(commands[1:], unfinished)
		}
	})
}

func (c *client) drain(unfinished *int) {
	c.invoke(Command{F: receive, Key: "q"}, func(op *call) {
		switch {
		case op.response.Found:
			c.drain(unfinished)
		case op.response.OK:
			*unfinished--
		}
	})
}

// seeds is how many seeds a test tries: few by default, more on request.
func seeds(t *testing.T, few int) int {
	text := os.Getenv("ASSAY_SEEDS")
	if text == "" {
		return few
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("ASSAY_SEEDS=%s: %v", text, err)
	}
	return n
}

func TestCorrectUnderEveryFault(t *testing.T) {
	rough := weather{loss: 0.02, repeat: 0.05, slow: 0.02}
	cases := []struct {
		name  string
		trial trial
	}{
		{"no fault", trial{}},
		{"no fault, queue", trial{load: load{kind: oneQueue}}},
		{"moving isolation of leaders", trial{weather: rough, storm: storm{[]fault{isolateLeader}, 600 * time.Millisecond, 0}}},
		{"partitions", trial{weather: rough, storm: storm{partitions(), time.Second, 300 * time.Millisecond}}},
		{"crashes", trial{weather: rough, storm: storm{[]fault{kill(one), kill(all), kill(leaderOnly)}, 300 * time.Millisecond, 300 * time.Millisecond}}},
		{"pauses", trial{weather: rough, storm: storm{[]fault{pause(one), pause(leaderOnly)}, 700 * time.Millisecond, 300 * time.Millisecond}}},
		{"everything", trial{weather: rough, storm: storm{everything(), 600 * time.Millisecond, 300 * time.Millisecond}}},
		{"everything, queue", trial{weather: rough, load: load{kind: oneQueue}, storm: storm{everything(), 600 * time.Millisecond, 300 * time.Millisecond}}},
		{"everything, set", trial{weather: rough, load: load{kind: oneSet}, storm: storm{everything(), 600 * time.Millisecond, 300 * time.Millisecond}}},
		{"everything, five nodes", trial{nodes: 5, weather: rough, storm: storm{everything(), 600 * time.Millisecond, 300 * time.Millisecond}}},
		{"everything, small batches", trial{config: Config{Batch: 2}, load: load{think: 10 * time.Millisecond, perKey: 40},
			weather: rough, storm: storm{everything(), 600 * time.Millisecond, 300 * time.Millisecond}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for seed := range seeds(t, 10) {
				if out := c.trial.run(uint64(seed)); out.broken != nil {
					t.Fatalf("seed %d: %v", seed, out.broken)
				}
			}
		})
	}
}

// TestSameSeedSameRun also runs the actor with its state and messages passed
// through JSON at every step, which must make no difference.
func TestSameSeedSameRun(t *testing.T) {
	try := trial{
		length:  2 * time.Second,
		weather: weather{loss: 0.02, repeat: 0.05, slow: 0.02},
		storm:   storm{everything(), 300 * time.Millisecond, 200 * time.Millisecond},
	}
	encoded := try
	encoded.wrap = func(a protocol) protocol { return roundTrip{a} }
	first := try.run(1)
	if first.broken != nil {
		t.Fatal(first.broken)
	}
	if again := try.run(1); again.trace != first.trace {
		t.Error("the same seed gave another run")
	}
	if other := try.run(2); other.trace == first.trace {
		t.Error("another seed gave the same run")
	}
	if through := encoded.run(1); through.trace != first.trace {
		t.Error("the actor has state that does not survive JSON")
	}
}

// roundTrip passes the state through JSON before every reaction.
type roundTrip struct{ protocol }

func (r roundTrip) Receive(c actor.Context[Message], s *State, from actor.ID, m Message) {
	throughJSON(s)
	r.protocol.Receive(c, s, from, m)
}

func (r roundTrip) Timer(c actor.Context[Message], s *State, name string) {
	throughJSON(s)
	r.protocol.Timer(c, s, name)
}

func (r roundTrip) Request(c actor.Context[Message], s *State, request uint64, body []byte) {
	throughJSON(s)
	r.protocol.Request(c, s, request, body)
}

func throughJSON(s *State) {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	var decoded State
	if err := json.Unmarshal(text, &decoded); err != nil {
		panic(err)
	}
	*s = decoded
}
