package workloads

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/generator"
	"github.com/assaykit/assay/harness/history"
)

// settings of each workload that differ from the defaults, each at its bounds.
var settings = map[string][]map[string]string{
	"register": {
		{}, {"values": "5"}, {"values": "1", "keys": "1"}, {"keys": "20", "ops-per-key": "2"},
		{"read-share": "0", "cas-share": "99"}, {"read-share": "99", "cas-share": "0"},
	},
	"queue": {{}, {"queues": "7"}, {"send-share": "99"}, {"send-share": "1", "profile": "at-least-once"}},
	"set":   {{}, {"sets": "9", "ops-per-set": "2"}, {"add-share": "100"}, {"add-share": "1"}},

	"messages": {
		{"redelivery": "0s"}, {"redelivery": "100ms", "queues": "3", "crash-share": "50", "send-share": "90"},
		{"redelivery": "0s", "crash-share": "0", "prefetch": "1", "order": "fifo", "profile": "exactly-once"},
	},
	"log":    {{}, {"partitions": "5", "seek-share": "50", "batch": "1"}, {"groups": "0", "profile": "exactly-once"}, {"send-share": "90", "order": "none"}},
	"echo":   {{}},
	"ledger": {{}, {"read-share": "30"}, {"idempotency": "none", "read-share": "0"}},
	"lock": {
		{"hold": "0s", "long-hold": "0s"}, {"hold": "0s", "long-hold": "1ms", "locks": "7", "ops-per-lock": "2"},
		{"hold": "0s", "long-hold": "0s", "expect": "tokens"},
	},
	"lease": {
		{"shortest": "10ms", "longest": "10ms", "lapse-share": "0", "ops-per-lock": "2"},
		{"shortest": "10ms", "longest": "12ms", "lapse-share": "1", "skew": "1s", "locks": "3"},
	},
	"unique-ids": {{}, {"order": "per-process"}, {"order": "real-time"}},
	"counter":    {{}, {"counters": "5", "ops-per-counter": "2"}, {"read-share": "99"}, {"read-share": "0"}},
	"watch":      {{}, {"keys": "1", "watch-share": "1"}, {"watch-share": "98", "delete-share": "99"}, {"rewind-share": "100"}},
	"leader":     {{}, {"expect": "time"}},
	"consensus":  {{}, {"instances": "9", "ops-per-instance": "2"}, {"propose-share": "1"}, {"propose-share": "100"}},
	"session":    {{}, {"moves": "1"}, {"expect": "causal", "moves": "7"}, {"expect": "sequential", "keys": "2"}},

	"append": transactionSettingsToTry,
	"wr":     transactionSettingsToTry,
	"long-fork": {
		{}, {"group-size": "2", "groups": "1"}, {"group-size": "32", "read-share": "1"},
		{"read-share": "99", "expect": "read-committed"},
	},
	"write-skew": {{}, {"pairs": "1", "ops-per-pair": "2"}, {"expect": "snapshot-isolation"}, {"expect": "read-uncommitted"}},
	"bank": {
		{}, {"accounts": "2", "balance": "0"}, {"accounts": "50", "max-amount": "1", "read-share": "1"},
		{"expect": "snapshot-isolation", "read-share": "99", "max-amount": "1000000"},
	},
	"monotonic": {
		{}, {"keys": "1", "ops-per-key": "3"}, {"read-share": "1", "expect": "serializable"},
		{"read-share": "99", "expect": "strong-session-serializable"},
	},
}

// forAll runs a test for every workload with all its settings.
func forAll(t *testing.T, test func(t *testing.T, w Workload, cfg Config)) {
	for _, w := range All() {
		if len(settings[w.Name()]) == 0 {
			t.Errorf("%s is not tested", w.Name())
		}
		for _, s := range settings[w.Name()] {
			t.Run(fmt.Sprint(w.Name(), s), func(t *testing.T) {
				test(t, w, Config{Seed: 7, Settings: s, Workers: 6, Duration: time.Minute})
			})
		}
	}
}

func load(t *testing.T, w Workload, cfg Config) generator.Generator {
	t.Helper()
	g, err := w.Generator(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// first are the first n operations of the main phase.
func first(t *testing.T, w Workload, cfg Config, n int) []history.Op {
	t.Helper()
	g := load(t, w, cfg)
	ops := make([]history.Op, n)
	for i := range ops {
		var ok bool
		if ops[i], ok = g.Next(nil); !ok {
			t.Fatalf("the load ended after %d operations", i)
		}
	}
	return ops
}

// worker executes operations one after another and records them.
type worker struct {
	t        *testing.T
	workload Workload
	client   cluster.Client
	memory   Memory // nil if the workload needs none
	recorder *history.Recorder
	process  int
}

func newWorker(t *testing.T, w Workload, cfg Config, client cluster.Client) *worker {
	t.Helper()
	now := time.Duration(0)
	r, err := history.Create("", func() time.Duration { now += time.Millisecond; return now })
	if err != nil {
		t.Fatal(err)
	}
	return &worker{t: t, workload: w, client: client, recorder: r, memory: remember(w, cfg, client)}
}

func remember(w Workload, cfg Config, client cluster.Client) Memory {
	if r, remembers := w.(Remembering); remembers {
		return r.Remember(cfg, client, 1)
	}
	return nil
}

// prepare is what comes of an operation of the generator, and how it is executed.
func (w *worker) prepare(op history.Op) (history.Op, Call) {
	if w.memory == nil {
		return op, plain(w.workload, op)
	}
	step := w.memory.Next(w.t.Context(), op)
	if step.Fresh || step.Move {
		if err := w.client.Close(); err != nil {
			w.t.Fatal(err)
		}
		w.memory.Disconnected()
	}
	return step.Op, step.Call
}

func (w *worker) do(op history.Op) history.Op {
	op, call := w.prepare(op)
	op.Process, op.Node = w.process, "n1"
	invoked := w.recorder.Invoke(op)
	v, note, err := call(w.t.Context(), w.client)
	if note != nil {
		defer note()
	}
	switch {
	case err == nil:
		return w.recorder.Complete(invoked, history.OK, v, "")
	case errors.Is(err, ErrMismatch):
		return w.recorder.Complete(invoked, history.Fail, v, history.Mismatch)
	case IsNoEffect(err):
		return w.recorder.Complete(invoked, history.Fail, v, err.Error())
	}
	w.process++
	return w.recorder.Complete(invoked, history.Info, v, err.Error())
}

// exhaust executes a final phase, which has to end.
func (w *worker) exhaust(g generator.Generator) {
	var last *history.Op
	for range 100_000 {
		op, ok := g.Next(last)
		if !ok {
			return
		}
		if !op.Final {
			w.t.Fatalf("%+v of the final phase is not marked", op)
		}
		done := w.do(op)
		last = &done
	}
	w.t.Fatal("the final phase does not end")
}

// execute runs n operations of the load and the final phases of two workers.
func execute(t *testing.T, w Workload, cfg Config, client cluster.Client, n int) *history.History {
	t.Helper()
	if p, ok := w.(Prepared); ok {
		if err := p.Prepare(t.Context(), client, cfg); err != nil {
			t.Fatal(err)
		}
	}
	one := newWorker(t, w, cfg, client)
	for _, op := range first(t, w, cfg, n) {
		one.do(op)
	}
	sofar := one.recorder.Snapshot()
	for i := range 2 {
		one.exhaust(w.Final(cfg, sofar, i))
	}
	h := one.recorder.Snapshot()
	if err := h.WellFormed(); err != nil {
		t.Fatal(err)
	}
	return h
}

func TestEveryOperationThatIsMadeIsUnderstood(t *testing.T) {
	forAll(t, func(t *testing.T, w Workload, cfg Config) {
		h := execute(t, w, cfg, newMemory(), 2000)
		for _, call := range h.Calls() {
			if call.Type != history.OK && call.Error != history.Mismatch {
				t.Fatalf("%+v", call)
			}
		}
	})
}

// alike are the workloads that have nothing to choose.
var alike = map[string]bool{"unique-ids": true, "leader": true}

func TestTheSameSeedMakesTheSameOperations(t *testing.T) {
	forAll(t, func(t *testing.T, w Workload, cfg Config) {
		written := func(seed int64) []byte {
			cfg.Seed = seed
			var b bytes.Buffer
			for _, op := range execute(t, w, cfg, newMemory(), 1000).Ops {
				line, err := op.MarshalJSON()
				if err != nil {
					t.Fatal(err)
				}
				b.Write(append(line, '\n'))
			}
			return b.Bytes()
		}
		one := written(1)
		if again := written(1); !bytes.Equal(one, again) {
			t.Error("the same seed made other operations")
		}
		if other := written(2); bytes.Equal(one, other) && !alike[w.Name()] {
			t.Error("another seed made the same operations")
		}
	})
}

func TestTheLoadDoesNotLookAtWhatWasDone(t *testing.T) {
	forAll(t, func(t *testing.T, w Workload, cfg Config) {
		g := load(t, w, cfg)
		for i, want := range first(t, w, cfg, 300) {
			got, _ := g.Next(&history.Op{Type: history.Type(i % 4)})
			if got.F != want.F || got.Key != want.Key || !got.Value.Equal(want.Value) {
				t.Fatalf("operation %d is %+v or %+v", i, got, want)
			}
		}
	})
}

var (
	atOnce       = map[string]string{"redelivery": "0s"}
	redelivering = map[string]string{"redelivery": "100ms"}
	quick        = map[string]string{"hold": "0s", "long-hold": "0s"}
	short        = map[string]string{"shortest": "10ms", "longest": "10ms", "lapse-share": "0"}
)

func TestVerdicts(t *testing.T) {
	tests := []struct {
		workload, name string
		client         func(*memory)
		settings       map[string]string
		want           checkers.Validity
	}{
		{"register", "right", func(*memory) {}, nil, checkers.Valid},
		{"register", "right, few values", func(*memory) {}, map[string]string{"values": "5"}, checkers.Valid},
		{"register", "stale", func(m *memory) { m.stale = true }, nil, checkers.Invalid},
		{"queue", "right", func(*memory) {}, nil, checkers.Valid},
		{"queue", "right, many", func(*memory) {}, map[string]string{"queues": "3"}, checkers.Valid},
		{"queue", "lossy", func(m *memory) { m.lossy = true }, nil, checkers.Invalid},
		{"queue", "doubling", func(m *memory) { m.doubling = true }, nil, checkers.Invalid},
		{"queue", "doubling at least once", func(m *memory) { m.doubling = true }, map[string]string{"profile": "at-least-once"}, checkers.Valid},
		{"queue", "lossy at most once", func(m *memory) { m.lossy = true }, map[string]string{"profile": "at-most-once"}, checkers.Valid},
		{"set", "right", func(*memory) {}, nil, checkers.Valid},
		{"set", "forgetful", func(m *memory) { m.forgetful = true }, nil, checkers.Invalid},
		{"messages", "right", func(*memory) {}, atOnce, checkers.Valid},
		{"messages", "right, with redelivery", func(*memory) {}, redelivering, checkers.Valid},
		{"messages", "what consumers take along is gone", func(m *memory) { m.stale = true }, redelivering, checkers.Invalid},
		{"messages", "lossy", func(m *memory) { m.lossy = true }, atOnce, checkers.Invalid},
		{"messages", "forgetful of acknowledgements", func(m *memory) { m.forgetful = true }, atOnce, checkers.Invalid},
		{"messages", "lossy at most once", func(m *memory) { m.lossy = true }, map[string]string{"redelivery": "0s", "profile": "at-most-once", "crash-share": "0"}, checkers.Valid},
		{"log", "right", func(*memory) {}, nil, checkers.Valid},
		{"log", "right, exactly once", func(*memory) {}, map[string]string{"profile": "exactly-once"}, checkers.Valid},
		{"log", "lossy", func(m *memory) { m.lossy = true }, nil, checkers.Invalid},
		{"ledger", "right", func(*memory) {}, nil, checkers.Valid},
		{"ledger", "doubling", func(m *memory) { m.doubling = true }, nil, checkers.Invalid},
		{"ledger", "lossy", func(m *memory) { m.lossy = true }, nil, checkers.Invalid},
		{"lock", "right", func(*memory) {}, quick, checkers.Valid},
		{"lock", "the same token again", func(m *memory) { m.doubling = true }, quick, checkers.Invalid},
		{"lease", "right", func(*memory) {}, short, checkers.Valid},
		{"lease", "the same token again", func(m *memory) { m.doubling = true }, short, checkers.Invalid},
		{"unique-ids", "right", func(*memory) {}, map[string]string{"order": "real-time"}, checkers.Valid},
		{"unique-ids", "doubling", func(m *memory) { m.doubling = true }, nil, checkers.Invalid},
		{"counter", "right", func(*memory) {}, nil, checkers.Valid},
		{"counter", "doubling", func(m *memory) { m.doubling = true }, nil, checkers.Invalid},
		{"watch", "right", func(*memory) {}, nil, checkers.Valid},
		{"watch", "forgetful", func(m *memory) { m.forgetful = true }, nil, checkers.Invalid},
		{"leader", "right", func(*memory) {}, nil, checkers.Valid},
		{"leader", "right at each time", func(*memory) {}, map[string]string{"expect": "time"}, checkers.Valid},
		{"consensus", "right", func(*memory) {}, nil, checkers.Valid},
		{"consensus", "lossy", func(m *memory) { m.lossy = true }, nil, checkers.Invalid},
		{"session", "right", func(*memory) {}, map[string]string{"moves": "5"}, checkers.Valid},
		{"session", "stale", func(m *memory) { m.stale = true }, nil, checkers.Invalid},
	}
	for _, test := range tests {
		t.Run(test.workload+" "+test.name, func(t *testing.T) {
			w, err := Find(test.workload)
			if err != nil {
				t.Fatal(err)
			}
			client := newMemory()
			test.client(client)
			cfg := Config{Seed: 3, Settings: test.settings, Workers: 4}
			checker, err := w.Checker(cfg)
			if err != nil {
				t.Fatal(err)
			}
			verdict, err := checker.Check(t.Context(), execute(t, w, cfg, client, 1500))
			if err != nil || verdict.Validity != test.want {
				t.Errorf("%v: %s (%v)", verdict.Validity, verdict.Reason, err)
			}
		})
	}
}

func TestInvokeRejectsWhatItDoesNotKnow(t *testing.T) {
	tests := []struct {
		workload string
		client   cluster.Client
		op       history.Op
		want     string
	}{
		{"register", newMemory(), history.Op{F: "send", Key: "r1", Value: history.Int(1)}, `no operation "send": there are read, write, cas`},
		{"register", newMemory(), history.Op{F: "write", Key: "r1", Value: history.String("x")}, `write r1: the argument "x" is no integer`},
		{"register", newMemory(), history.Op{F: "cas", Key: "r1", Value: history.Ints(1)}, `cas r1: the argument [1] is no pair`},
		{"register", newMemory(), history.Op{F: "cas", Key: "r1", Value: history.List(history.Int(1), history.Value{})}, `is no pair`},
		{"register", deaf{}, history.Op{F: "read"}, `register: the clients of this target do not offer`},
		{"queue", newMemory(), history.Op{F: "read"}, `no operation "read": there are send, receive`},
		{"queue", newMemory(), history.Op{F: "send", Key: "q"}, `send q: the argument null is no integer`},
		{"queue", deaf{}, history.Op{F: "receive"}, `queue: the clients of this target do not offer`},
		{"set", newMemory(), history.Op{F: "cas"}, `no operation "cas": there are add, read`},
		{"set", newMemory(), history.Op{F: "add", Key: "s1", Value: history.Ints(1)}, `add s1: the argument [1] is no integer`},
		{"set", deaf{}, history.Op{F: "read"}, `set: the clients of this target do not offer`},
	}
	for _, test := range tests {
		w, err := Find(test.workload)
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Invoke(t.Context(), test.client, test.op)
		if err == nil || !strings.Contains(err.Error(), test.want) || !IsNoEffect(err) {
			t.Errorf("%s %s: got %v, want %s", test.workload, test.op.F, err, test.want)
		}
	}
}

func TestResults(t *testing.T) {
	m := newMemory()
	op := func(f string, v history.Value) history.Op { return history.Op{F: f, Key: "k", Value: v} }
	steps := []struct {
		w    Workload
		op   history.Op
		want history.Value
		err  error
	}{
		{NewRegister(), op("read", history.Value{}), history.Value{}, nil},
		{NewRegister(), op("write", history.Int(0)), history.Int(0), nil},
		{NewRegister(), op("read", history.Value{}), history.Int(0), nil},
		{NewRegister(), op("cas", history.Ints(0, 5)), history.Ints(0, 5), nil},
		{NewRegister(), op("cas", history.Ints(0, 6)), history.Ints(0, 6), ErrMismatch},
		{NewRegister(), op("read", history.Value{}), history.Int(5), nil},
		{NewQueue(), op("receive", history.Value{}), history.Value{}, nil},
		{NewQueue(), op("send", history.Int(8)), history.Int(8), nil},
		{NewQueue(), op("receive", history.Value{}), history.Int(8), nil},
		{NewSet(), op("read", history.Value{}), history.List(), nil},
		{NewSet(), op("add", history.Int(3)), history.Int(3), nil},
		{NewSet(), op("read", history.Value{}), history.Ints(3), nil},
	}
	for i, s := range steps {
		got, err := s.w.Invoke(t.Context(), m, s.op)
		if !got.Equal(s.want) || !errors.Is(err, s.err) || (err == nil) != (s.err == nil) {
			t.Errorf("step %d, %s: got %v, %v, want %v, %v", i, s.op.F, got, err, s.want, s.err)
		}
	}
}

func TestErrorsOfClientsComeThrough(t *testing.T) {
	m := newMemory()
	m.unreachable = true
	for _, w := range All() {
		one := newWorker(t, w, Config{Workers: 1}, m)
		for _, wish := range first(t, w, Config{Workers: 1}, 50) {
			op, call := one.prepare(wish)
			v, _, err := call(t.Context(), m)
			if op.F == seekLog {
				continue // that is between the client and itself
			}
			if err == nil || err.Error() != "connection refused" || !IsNoEffect(err) || errors.Is(err, ErrMismatch) || !v.Equal(op.Value) {
				t.Fatalf("%s %s: %v, %v", w.Name(), op.F, v, err)
			}
		}
	}
}

func TestSupports(t *testing.T) {
	for _, w := range All() {
		if err := w.Supports(newMemory()); err != nil {
			t.Error(err)
		}
		if err := w.Supports(deaf{}); err == nil || !strings.HasPrefix(err.Error(), w.Name()+": ") {
			t.Errorf("%s: %v", w.Name(), err)
		}
	}
}

func TestWrongSettingsAreExplained(t *testing.T) {
	tests := []struct{ workload, key, value, want string }{
		{"register", "values", "many", "setting values=many: allowed are whole numbers from 0 to 1048576"},
		{"register", "values", "-1", "setting values=-1: allowed are"},
		{"register", "ops-per-key", "1", "setting ops-per-key=1: allowed are whole numbers from 2 to 1000000"},
		{"register", "keys", "", "setting keys=: allowed are"},
		{"register", "read-share", "100", "setting read-share=100: allowed are"},
		{"register", "cas-share", "50", "settings read-share and cas-share: their sum has to be below 100"},
		{"queue", "profile", "twice", "setting profile=twice: allowed are at-most-once, at-least-once, exactly-once"},
		{"queue", "queues", "0", "setting queues=0: allowed are whole numbers from 1 to 1000"},
		{"queue", "send-share", "1e1", "setting send-share=1e1: allowed are"},
		{"set", "add-share", "101", "setting add-share=101: allowed are"},
		{"set", "ops-per-set", "99999999999999999999", "setting ops-per-set=99999999999999999999: allowed are"},
	}
	for _, test := range tests {
		w, err := Find(test.workload)
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Generator(Config{Settings: map[string]string{test.key: test.value}})
		if err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %s", test.workload, err, test.want)
		}
	}
}

func TestDefaultsAreValidSettings(t *testing.T) {
	for _, w := range All() {
		given := map[string]string{"a-setting-of-the-target": "x"}
		for _, s := range w.Settings() {
			if s.About == "" || s.Default == "" {
				t.Errorf("%s: the setting %q explains nothing", w.Name(), s.Key)
			}
			given[s.Key] = s.Default
		}
		if _, err := w.Generator(Config{Settings: given}); err != nil {
			t.Error(err)
		}
		if _, err := w.Checker(Config{Settings: given}); err != nil {
			t.Error(err)
		}
	}
}

func TestFind(t *testing.T) {
	for _, w := range All() {
		if found, err := Find(w.Name()); err != nil || found.Name() != w.Name() || w.About() == "" {
			t.Errorf("%s: %v, %v", w.Name(), found, err)
		}
	}
	if _, err := Find("regster"); err == nil || !strings.Contains(err.Error(), `no workload "regster": there are register, queue, set`) {
		t.Errorf("got %v", err)
	}
}

func TestNothingWasDoneAndNothingIsReadAtTheEnd(t *testing.T) {
	for _, w := range All() {
		if op, ok := w.Final(Config{}, &history.History{}, 0).Next(nil); ok {
			t.Errorf("%s: %+v", w.Name(), op)
		}
	}
}
