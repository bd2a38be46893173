package jepsen

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/token"
)

// collector makes a well-formed history of operations as they come.
type collector struct {
	stream token.Stream
	op     operation
	values token.Values
	ops    []history.Op
	// lines are where the operations begin, for what is found out at the end.
	lines []int32
	// begin is where the operation begins that is being read.
	begin     token.Position
	clients   clients
	lastIndex int
	lastTime  time.Duration
	// lowest and highest are the earliest and the latest time so far, as they were written.
	lowest, highest time.Duration
	// back is how far the time of an operation, the one at backAt, is before the latest
	// before it, where that is farthest.
	back   time.Duration
	backAt int
	// timed is set if any operation has a time.
	timed bool
	keys  keys
	notes Notes
}

func newCollector(s token.Stream, o Options) *collector {
	return &collector{
		stream: s, lastIndex: -1, lastTime: -1, begin: token.Position{Line: 1, Column: 1},
		ops: make([]history.Op, 0, o.Room), lines: make([]int32, 0, o.Room),
		clients: clients{known: map[int]*client{}, names: map[string]int{}},
		keys:    newKeys(o.Keyed),
	}
}

// fail is about the whole operation that was read last.
func (c *collector) fail(expected, found string) error {
	return c.stream.FailAt(c.begin, expected, found)
}

// add adds an operation that was read to its end.
func (c *collector) add(op *operation) error {
	if err := c.complete(op); err != nil {
		return err
	}
	if op.has&indexField != 0 {
		if op.Index <= c.lastIndex {
			return c.fail(fmt.Sprintf("an index above %d, for operations stand in the order in which they happened", c.lastIndex), fmt.Sprint("index ", op.Index))
		}
		c.lastIndex = op.Index
	}
	if op.named == nemesisName {
		return c.addNemesis(op)
	}
	if err := c.identify(op); err != nil {
		return err
	}
	if err := c.key(op); err != nil {
		return err
	}
	c.keep(op)
	return nil
}

// nemesisName is the process that is no client.
const nemesisName = "nemesis"

// needed are the fields without which there is no operation.
const needed = processField | typeField | nameField

// complete reports one that is not there.
func (c *collector) complete(op *operation) error {
	if op.has&needed == needed {
		return nil
	}
	missing := "f"
	switch {
	case op.has&processField == 0:
		missing = "process"
	case op.has&typeField == 0:
		missing = "type"
	}
	return c.fail("an operation with the field "+missing, "none")
}

// latest is a time far from history.Never.
const latest = time.Duration(1 << 62)

// keep puts an operation into the history. No two operations have the same time,
// as if they had been recorded here.
func (c *collector) keep(op *operation) {
	if op.Time > 0 { // 0 is also what stands for no time
		c.follow(op.Time)
	}
	c.lastTime = max(c.lastTime+1, min(op.Time, latest))
	op.Op.Index, op.Op.Time = len(c.ops), c.lastTime
	c.ops = append(c.ops, op.Op)
	c.lines = append(c.lines, int32(min(c.begin.Line, math.MaxInt32)))
}

// follow keeps account of times that go back.
func (c *collector) follow(at time.Duration) {
	if c.highest == 0 {
		c.lowest = at
	}
	if at < c.highest {
		c.notes.Backwards++
	}
	if back := c.highest - at; back > c.back {
		c.back, c.backAt = back, len(c.ops)
	}
	c.lowest, c.highest = min(c.lowest, at), max(c.highest, at)
}

// shuffled says that the lines cannot be in the order in which they were written: somebody
// who looks at the clock and then waits for his turn to write is late by moments, and the
// logs of clients one behind the other by as long as the run took.
func (c *collector) shuffled() bool { return c.back > min(time.Second, (c.highest-c.lowest)/100) }

// finish gives the history once all operations are known.
func (c *collector) finish(o Options) (*history.History, Notes, error) {
	c.notes.Renumbered = c.clients.number(c.ops)
	keyed, err := c.keys.conclude()
	if err != nil {
		return nil, Notes{}, fmt.Errorf("%s: %w", o.Name, err)
	}
	if at, mixed := c.keys.mixed(c.ops); mixed {
		op := &c.ops[at]
		return nil, Notes{}, c.stream.FailAt(token.Position{Line: int(c.lines[at]), Column: 1},
			fmt.Sprintf("a %s answered without its key, as elsewhere", op.F), history.List(c.keys.names[op.Key], op.Value).String())
	}
	if c.shuffled() {
		return nil, Notes{}, c.stream.FailAt(token.Position{Line: int(c.lines[c.backAt]), Column: 1},
			"lines in the order of their times (sort them; if their order is right and the times are wrong, leave these out)",
			fmt.Sprintf("an operation of %s before one of the lines above", c.back))
	}
	c.notes.Keyed = keyed == Yes
	c.setTimes()
	h := &history.History{Ops: c.ops}
	if err := h.WellFormed(); err != nil {
		return nil, Notes{}, fmt.Errorf("%s: %w", o.Name, err)
	}
	return h, c.notes, nil
}

// longestStart is how late in a run a history can begin. A later time is a date.
const longestStart = 24 * time.Hour

// setTimes lets times count from the beginning of the run: where there are none,
// from the first line, a millisecond each; where they are dates, from the first of
// them.
func (c *collector) setTimes() {
	if len(c.ops) == 0 {
		return
	}
	c.notes.Untimed = !c.timed
	start := c.ops[0].Time
	if start < longestStart {
		start = 0
	}
	for i := range c.ops {
		c.ops[i].Time -= start
		if c.notes.Untimed {
			c.ops[i].Time = time.Duration(i) * time.Millisecond
		}
	}
}

// addNemesis adds what Write wrote about the nemesis; anything else is left out.
func (c *collector) addNemesis(op *operation) error {
	if op.has&outcomeField != 0 {
		op.Op.Type = op.outcome
	}
	op.join()
	op.Fault = faultOf(op.fault)
	if !isMark(op) {
		c.notes.Nemesis++
		return nil
	}
	op.Process, op.Key = history.Nemesis, ""
	c.keep(op)
	return nil
}

// isMark says that an operation of the nemesis means what it means here.
func isMark(op *operation) bool {
	switch op.F {
	case history.Inject, history.Heal:
		return op.Fault != nil
	case history.Crashed, history.Restore, history.Ready, history.Clocks:
		return op.has&outcomeField != 0 || op.Op.Type != history.Info
	}
	return false
}

// clients are the processes that have acted.
type clients struct {
	known map[int]*client
	// names are the processes that have names, by numbers below that of the
	// nemesis.
	names map[string]int
	// last is the highest number of all.
	last int
	// fresh counts those that get a new number in the end; until then it is one
	// below that of the nemesis.
	fresh int
}

// client is one process of the file.
type client struct {
	number int
	open   bool
	// ended is set after an info: it is not the same client that goes on.
	ended bool
	f     string
	key   string
	line  int
}

// identify finds out which client acts, and whether it can.
func (c *collector) identify(op *operation) error {
	who := c.clients.find(op)
	if op.Op.Type == history.Invoke {
		return c.invoke(who, op)
	}
	return c.completion(who, op)
}

func (c *clients) find(op *operation) *client {
	id := op.Process
	if op.named != "" {
		known := false
		if id, known = c.names[op.named]; !known {
			id = history.Nemesis - 1 - len(c.names)
			c.names[op.named] = id
		}
	}
	who := c.known[id]
	if who == nil {
		who = &client{number: id}
		if op.named != "" {
			who.number = c.new()
		}
		c.known[id] = who
	}
	c.last = max(c.last, op.Process)
	return who
}

// new is a number that no process of the file has; number gives the real one.
func (c *clients) new() int {
	c.fresh++
	return history.Nemesis - c.fresh
}

func (c *collector) invoke(who *client, op *operation) error {
	if who.open {
		return c.fail(fmt.Sprintf("the completion of the %s that process %s began in line %d", who.f, processName(op), who.line), "another invocation")
	}
	if who.ended {
		who.number, who.ended = c.clients.new(), false
	}
	who.open, who.f, who.key, who.line = true, op.F, op.Key, c.begin.Line
	op.Process = who.number
	return nil
}

func (c *collector) completion(who *client, op *operation) error {
	if !who.open {
		return c.fail(fmt.Sprintf("an invocation by process %s first", processName(op)), "the completion of a "+op.F)
	}
	if op.has&keyField == 0 {
		op.Key = who.key
	}
	if op.F != who.f || op.Key != who.key {
		return c.fail(fmt.Sprintf("the completion of the %s%s that process %s began in line %d", who.f, on(who.key), processName(op), who.line),
			"that of a "+op.F+on(op.Key))
	}
	who.open, who.ended = false, op.Op.Type == history.Info
	op.Process = who.number
	return nil
}

func processName(op *operation) string {
	if op.named != "" {
		return op.named
	}
	return strconv.Itoa(op.Process)
}

func on(key string) string {
	if key == "" {
		return ""
	}
	return fmt.Sprintf(" on %q", key)
}

// number gives the new clients numbers above all others, and says how many there
// are.
func (c *clients) number(ops []history.Op) int {
	if c.fresh == 0 {
		return 0
	}
	for i := range ops {
		if p := &ops[i].Process; *p < history.Nemesis {
			*p = c.last + history.Nemesis - *p
		}
	}
	return c.fresh
}
