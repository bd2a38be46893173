package report

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// operationsOf is how many operations the long run of a test has: a hundred thousand,
// or what the variable says, such as ASSAY_OPERATIONS=1000000.
func operationsOf(tb testing.TB) int {
	text := os.Getenv("ASSAY_OPERATIONS")
	if text == "" {
		return 100_000
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1000 {
		tb.Fatalf("ASSAY_OPERATIONS=%s: a number of operations, at least 1000, is wanted", text)
	}
	return n
}

// longRun is a run of so many operations, by fifty clients of five nodes on a hundred
// keys, with a partition or a kill every ten seconds.
func longRun(count int) Input {
	m := newMaker(11)
	m.timed = make([]history.Op, 0, 2*count+100)
	type client struct {
		process int
		free    time.Duration
	}
	clients := make([]client, 50)
	for i := range clients {
		clients[i].process = i
	}
	next, second := len(clients), time.Duration(count)*time.Second/10_000
	for from := 10 * time.Second; from < second; from += 20 * time.Second {
		m.fault("partition", "n2 | n1 n3 n4 n5", []string{"n2"}, from, from+5*time.Second, true)
		m.fault("kill", "n4", []string{"n4"}, from+3*time.Second, from+9*time.Second, true)
	}
	for i := range count {
		at := time.Duration(i) * 100 * time.Microsecond
		c := &clients[i%len(clients)]
		at = max(at, c.free+time.Microsecond) + time.Duration(m.random.Intn(40_000))
		op := history.Op{Process: c.process, Node: fmt.Sprint("n", i%5+1), Key: fmt.Sprint("k", m.random.Intn(100)), Time: at}
		took := time.Duration(float64(400*time.Microsecond) * (1 + m.random.ExpFloat64()))
		struck := op.Node == "n2" && at%(20*time.Second) > 10*time.Second && at%(20*time.Second) < 15*time.Second
		how, out, message := history.OK, history.Value{}, ""
		switch m.random.Intn(3) {
		case 0:
			op.F, out = "read", history.Int(m.random.Intn(i+1))
		case 1:
			op.F, op.Value, out = "write", history.Int(i), history.Int(i)
		default:
			op.F, op.Value, out = "cas", history.Ints(m.random.Intn(i+1), i), history.Ints(0, 0)
			if m.random.Intn(2) == 0 {
				how, message = history.Fail, history.Mismatch
			}
		}
		if struck && m.random.Intn(4) == 0 {
			how, message, took = history.Info, fmt.Sprintf("context deadline exceeded after 500ms talking to 127.0.0.1:%d", 30000+m.random.Intn(9999)), 500*time.Millisecond
			c.process, next = next, next+1
		}
		c.free = at + took
		m.call(op, took, how, out, message)
	}
	h := m.history()
	return Input{
		Run: exampleRun("etcd", "register", "partition,kill"), History: h, Dir: "results/etcd-register/20261123T061500Z",
		Verdict: checkers.Verdict{Checker: "linearizable", Validity: checkers.Invalid, Reason: "A read was stale.", Faults: h.Coverage(),
			Findings: []checkers.Finding{{Anomaly: "stale-read", Key: "k1", Text: "It was stale.", Culprits: []int{firstInvocation(h, count), firstInvocation(h, count+500)}}}},
	}
}

// firstInvocation is the first invocation of a client from an index on.
func firstInvocation(h *history.History, from int) int {
	for i := from; i < len(h.Ops); i++ {
		if h.Ops[i].Type == history.Invoke && h.Ops[i].Process != history.Nemesis {
			return i
		}
	}
	return 0
}

// watch follows the memory that the program has from the system for its heap, and
// gives the most that it was.
func watch() (stop func() uint64) {
	var most atomic.Uint64
	done, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		var m runtime.MemStats
		for {
			runtime.ReadMemStats(&m)
			most.Store(max(most.Load(), m.HeapInuse+m.StackInuse))
			select {
			case <-done:
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	}()
	return func() uint64 { close(done); <-gone; return most.Load() }
}

// BenchmarkRender makes the page of a long run: how long it takes, how many bytes it
// has, and how much memory there is in use at once, the history itself included.
func BenchmarkRender(b *testing.B) {
	in := longRun(operationsOf(b))
	runtime.GC()
	debug.FreeOSMemory()
	var page bytes.Buffer
	stop := watch()
	b.ResetTimer()
	for b.Loop() {
		page.Reset()
		if err := Render(io.MultiWriter(&counter{}, &page), in); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	b.ReportMetric(float64(page.Len())/1e6, "MB-page")
	b.ReportMetric(float64(stop())/1e6, "MB-memory")
}

type counter struct{ bytes int }

func (c *counter) Write(p []byte) (int, error) { c.bytes += len(p); return len(p), nil }
