package linearizability

import (
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/harness/history"
)

// world makes small histories: clients of a real register, some of whose
// answers are then changed.
type world struct {
	random  *rand.Rand
	h       history.History
	clients []client
	// values is how many there are; if 0, every one is new.
	values, last int
	recent, held []int
	holds        history.Value
	process      int
	// trouble is the share of operations with an unknown or failed outcome.
	trouble float64
	lies    float64
	left    int
}

type client struct {
	process int
	op      history.Op
	// busy clients have invoked, and acted ones had their effect.
	busy, acted bool
	answer      history.Value
	swapped     bool
}

// newWorld makes a world for so many operations.
func newWorld(random *rand.Rand, clients, ops, values int) *world {
	w := &world{random: random, values: values, left: ops, process: clients}
	w.clients = make([]client, clients)
	for i := range w.clients {
		w.clients[i].process = i
	}
	return w
}

func (w *world) record(process int, typ history.Type, op history.Op, v history.Value, err string) {
	op.Index, op.Process, op.Type, op.Value, op.Error = len(w.h.Ops), process, typ, v, err
	op.Time = time.Duration(op.Index) * time.Millisecond
	w.h.Ops = append(w.h.Ops, op)
}

// run lets clients act in a random order until all operations are done or given
// up.
func (w *world) run() *history.History {
	for {
		able := slices.DeleteFunc(w.indexes(), func(i int) bool { return !w.clients[i].busy && w.left == 0 })
		if len(able) == 0 {
			return &w.h
		}
		w.act(&w.clients[able[w.random.IntN(len(able))]])
	}
}

func (w *world) indexes() []int {
	all := make([]int, len(w.clients))
	for i := range all {
		all[i] = i
	}
	return all
}

func (w *world) act(c *client) {
	switch {
	case !c.busy:
		w.left--
		*c = client{process: c.process, op: w.operation(), busy: true}
		w.record(c.process, history.Invoke, c.op, c.op.Value, "")
	case !c.acted && w.random.IntN(3) > 0:
		w.effect(c)
	case c.acted && w.random.Float64() >= w.trouble:
		w.complete(c)
	case w.random.Float64() < w.trouble:
		w.giveUp(c)
	}
}

func (w *world) operation() history.Op {
	key := history.Op{Key: "x"}
	switch n := w.random.IntN(10); {
	case n < 4:
		key.F = "read"
	case n < 7:
		key.F, key.Value = "write", history.Int(w.fresh())
	default:
		old := w.last + 1 // never written
		if len(w.recent) > 0 && w.random.IntN(8) > 0 {
			old = w.recent[w.random.IntN(len(w.recent))]
		}
		key.F, key.Value = "cas", history.Ints(old, w.fresh())
	}
	return key
}

func (w *world) fresh() int {
	if w.last++; w.values > 0 {
		w.last = w.random.IntN(w.values)
	}
	w.recent = append(w.recent, w.last)
	w.recent = w.recent[max(0, len(w.recent)-3):]
	return w.last
}

func (w *world) effect(c *client) {
	c.acted, c.answer = true, w.holds
	defer func() {
		if n, found := w.holds.Int(); found {
			w.held = append(w.held, n)
		}
	}()
	items, _ := c.op.Value.Items()
	switch {
	case c.op.F == "write":
		w.holds = c.op.Value
	case c.op.F == "cas" && items[0].Equal(w.holds):
		w.holds, c.swapped = items[1], true
	}
}

// complete tells the client what happened, mostly.
func (w *world) complete(c *client) {
	c.busy = false
	lie := w.random.Float64() < w.lies
	switch {
	case c.op.F == "read" && lie && w.random.IntN(6) == 0:
		w.record(c.process, history.OK, c.op, history.Value{}, "")
	case c.op.F == "read" && lie && len(w.held) > 0 && w.random.IntN(10) > 0:
		w.record(c.process, history.OK, c.op, history.Int(w.held[w.random.IntN(len(w.held))]), "")
	case c.op.F == "read" && lie && len(w.recent) > 0:
		w.record(c.process, history.OK, c.op, history.Int(w.recent[w.random.IntN(len(w.recent))]), "")
	case c.op.F == "cas" && c.swapped == (lie && w.random.IntN(3) > 0):
		w.record(c.process, history.Fail, c.op, c.op.Value, history.Mismatch)
	case c.op.F == "read":
		w.record(c.process, history.OK, c.op, c.answer, "")
	case lie && w.random.IntN(4) == 0:
		w.record(c.process, history.Fail, c.op, c.op.Value, "refused")
	default:
		w.record(c.process, history.OK, c.op, c.op.Value, "")
	}
}

// giveUp ends an operation without an answer, before or after its effect, or it
// may yet come: then somebody else has it later.
func (w *world) giveUp(c *client) {
	c.busy = false
	switch n := w.random.IntN(6); {
	case n == 0 && !c.acted:
		w.record(c.process, history.Fail, c.op, c.op.Value, "refused")
	case n <= 2:
		w.record(c.process, history.Info, c.op, c.op.Value, "timeout")
		w.renew(c)
	default: // the completion is missing
		w.renew(c)
	}
}

// renew gives the client a new identity. The old one's effect may still come.
func (w *world) renew(c *client) {
	if !c.acted && w.random.IntN(2) == 0 && len(w.clients) < 12 {
		ghost := *c
		ghost.acted = true
		w.effect(&ghost)
	}
	*c = client{process: w.process}
	w.process++
}

// smallWorld is a history of up to eight operations, of all kinds of outcomes.
func smallWorld(random *rand.Rand) *history.History {
	w := newWorld(random, 2+random.IntN(4), 2+random.IntN(7), []int{0, 0, 2, 3}[random.IntN(4)])
	w.trouble, w.lies = []float64{0, 0.15, 0.4}[random.IntN(3)], []float64{0, 0.15, 0.4}[random.IntN(3)]
	return w.run()
}

// testRandomly tries many histories, on all processors, until one fails.
func testRandomly(t *testing.T, otherwise int, try func(round int, random *rand.Rand) bool) {
	rounds, seed := script.Rounds(t, otherwise), script.Seed(t)
	var next atomic.Int64
	var working sync.WaitGroup
	for range 4 {
		working.Go(func() {
			for round := next.Add(1) - 1; round < int64(rounds) && !t.Failed(); round = next.Add(1) - 1 {
				if !try(int(round), script.Random(seed, int(round))) {
					t.Errorf("repeat: %s", script.Repeat(t, seed, int(round)))
				}
			}
		})
	}
	working.Wait()
}

func TestRandomHistoriesAreJudgedLikeByTryingAllOrders(t *testing.T) {
	var valid, invalid, needless atomic.Int64
	anomalies := sync.Map{}
	c := Register()
	testRandomly(t, 30_000, func(_ int, random *rand.Rand) bool {
		h := smallWorld(random)
		got, err := c.Check(t.Context(), h)
		if err != nil {
			t.Error(err)
			return false
		}
		want := checkers.Invalid
		if oracle(h.Calls()) {
			want = checkers.Valid
		}
		switch {
		case got.Validity == checkers.Unknown && nothingCertain(h):
			needless.Add(1)
			return want == checkers.Valid
		case got.Validity != want:
			t.Errorf("%v (%s), want %v:\n%s", got.Validity, got.Reason, want, script.String(h))
			return false
		case want == checkers.Valid:
			valid.Add(1)
			return true
		}
		invalid.Add(1)
		n, _ := anomalies.LoadOrStore(got.Findings[0].Anomaly, new(atomic.Int64))
		n.(*atomic.Int64).Add(1)
		return pointsAtCalls(t, h, got)
	})
	t.Logf("%d valid, %d invalid, %d without a certain operation", valid.Load(), invalid.Load(), needless.Load())
	anomalies.Range(func(name, n any) bool { t.Logf("%s: %d", name, n.(*atomic.Int64).Load()); return true })
}

// nothingCertain says that no operation was answered.
func nothingCertain(h *history.History) bool {
	return !slices.ContainsFunc(h.Calls(), func(c history.Call) bool {
		return c.Type == history.OK || c.Type == history.Fail && c.Error == history.Mismatch
	})
}

// pointsAtCalls says whether a finding names invocations, in order, and its
// culprits among its context.
func pointsAtCalls(t *testing.T, h *history.History, v checkers.Verdict) bool {
	ok := len(v.Findings) > 0 && v.Reason != ""
	for _, f := range v.Findings {
		ok = ok && f.Text != "" && f.Anomaly != "" && len(f.Culprits) > 0 && slices.IsSorted(f.Context)
		for _, at := range f.Context {
			ok = ok && h.Ops[at].Type == history.Invoke
		}
		for _, at := range f.Culprits {
			ok = ok && slices.Contains(f.Context, at)
		}
	}
	if !ok {
		t.Errorf("%+v:\n%s", v, script.String(h))
	}
	return ok
}
