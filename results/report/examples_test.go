package report

import (
	"flag"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/results"
)

// pages, if set, gets the example pages, to be looked at in a browser:
// go test ./results/report -run Examples -pages /tmp/pages
var pages = flag.String("pages", "", "folder to write the example pages to")

// maker makes up histories: what clients would have done to a system of three
// nodes.
type maker struct {
	random *rand.Rand
	timed  []history.Op
	nextID int
}

func newMaker(seed int64) *maker { return &maker{random: rand.New(rand.NewSource(seed))} }

// call adds an operation; an Info one is given up at its end.
func (m *maker) call(inv history.Op, took time.Duration, t history.Type, out history.Value, errText string) {
	inv.Type = history.Invoke
	done := inv
	done.Type, done.Value, done.Error, done.Time = t, out, errText, inv.Time+took
	m.timed = append(m.timed, inv, done)
}

func (m *maker) fault(name, detail string, nodes []string, from, to time.Duration, verified bool) {
	m.nextID++
	f := &history.Fault{ID: m.nextID, Name: name, Nodes: nodes, Detail: detail}
	add := func(t history.Type, what string, at time.Duration, errText string) {
		m.timed = append(m.timed, history.Op{Process: history.Nemesis, Type: t, F: what, Time: at, Error: errText, Fault: f})
	}
	add(history.Invoke, history.Inject, from, "")
	if verified {
		add(history.OK, history.Inject, from+40*time.Millisecond, "")
	} else {
		add(history.Info, history.Inject, from+40*time.Millisecond, "n2 still answers n1")
	}
	add(history.Invoke, history.Heal, to-30*time.Millisecond, "")
	add(history.OK, history.Heal, to, "")
}

// history puts what was made in order and numbers it.
func (m *maker) history() *history.History {
	slices.SortStableFunc(m.timed, func(a, b history.Op) int { return int(a.Time - b.Time) })
	for i := range m.timed {
		m.timed[i].Index = i
	}
	return &history.History{Ops: m.timed}
}

// invocation finds an operation that was made at a time.
func invocation(h *history.History, f string, at time.Duration) int {
	return slices.IndexFunc(h.Ops, func(op history.Op) bool { return op.F == f && op.Time == at && op.Type == history.Invoke })
}

func (m *maker) latency() time.Duration {
	return time.Duration(float64(time.Millisecond) * (0.8 + m.random.ExpFloat64()*1.5))
}

func ms(n float64) time.Duration { return time.Duration(n * float64(time.Millisecond)) }

// registers lets six clients of three nodes work on registers; those of a node
// that is cut off time out, and go on as new processes.
func (m *maker) registers(length time.Duration, pace time.Duration, cut map[string][][2]time.Duration) {
	next := 6
	for worker := range 6 {
		process, node := worker, fmt.Sprintf("n%d", worker%3+1)
		for at := ms(5 + m.random.Float64()*20); at < length; at += time.Duration(float64(pace) * (0.5 + m.random.Float64())) {
			op := m.registerOp(process, node, at)
			switch {
			case isCut(cut[node], at) && m.random.Intn(3) > 0:
				m.call(op, 500*time.Millisecond, history.Info, history.Value{}, "context deadline exceeded after 500ms talking to 127.0.0.1:"+fmt.Sprint(30000+m.random.Intn(9999)))
				at += 500 * time.Millisecond
				process, next = next, next+1
			case isCut(cut[node], at):
				m.call(op, ms(1), history.Fail, history.Value{}, "etcdserver: no leader")
			case op.F == "cas" && m.random.Intn(2) == 0:
				m.call(op, m.latency(), history.Fail, history.Value{}, history.Mismatch)
			case op.F == "read":
				m.call(op, m.latency(), history.OK, history.Int(m.random.Intn(900)), "")
			default:
				m.call(op, m.latency(), history.OK, op.Value, "")
			}
		}
	}
}

func (m *maker) registerOp(process int, node string, at time.Duration) history.Op {
	op := history.Op{Process: process, Node: node, Time: at, Key: fmt.Sprintf("k%d", m.random.Intn(8))}
	switch m.random.Intn(3) {
	case 0:
		op.F = "read"
	case 1:
		op.F, op.Value = "write", history.Int(m.random.Intn(900))
	default:
		op.F, op.Value = "cas", history.Ints(m.random.Intn(900), m.random.Intn(900))
	}
	return op
}

func isCut(windows [][2]time.Duration, at time.Duration) bool {
	return slices.ContainsFunc(windows, func(w [2]time.Duration) bool { return w[0] <= at && at < w[1] })
}

func exampleRun(target, workload, nemesis string) results.Run {
	return results.Run{
		Assay: "v0.1.0", Go: "go1.26.0", Target: target, Workload: workload, Nemesis: nemesis, Seed: 8861234,
		CommandLine: []string{"assay", "test", target, "--workload", workload, "--nemesis", nemesis, "--time", "30s", "--set", "reads=serializable", "--seed", "8861234"},
		Runtime:     "docker", Nodes: []string{"n1", "n2", "n3"}, Concurrency: 6, Rate: 200, Duration: 30 * time.Second,
		OpTimeout: 500 * time.Millisecond, Hold: 5 * time.Second, Quiet: 3 * time.Second,
		Settings: map[string]string{"reads": "serializable"}, Image: "quay.io/coreos/etcd:v3.5.17",
		ImageID: "sha256:0f1d4b4b7e3f5c1f9c2b8a6d7e5f4c3b2a1908f7e6d5c4b3a29181716f5e4d3c",
		Engine:  "Docker 20.10.24, API 1.41", Machine: "linux/amd64, kernel 6.1.0, 2 cores",
		Capabilities: map[string]string{"kill": "", "partition": "", "corrupt": "the kernel has no nft_queue module"},
		Started:      time.Date(2026, 11, 23, 4, 15, 0, 0, time.UTC),
		Phases: []results.Phase{{Name: "load", End: 30 * time.Second}, {Name: "heal", Start: 30 * time.Second, End: ms(31200)},
			{Name: "final reads", Start: ms(31200), End: ms(32000)}},
	}
}

// staleRead is a run in which a follower that is cut off from its leader
// answers with what had been overwritten seconds before.
func staleRead() Input {
	m := newMaker(1)
	cut := map[string][][2]time.Duration{"n2": {{ms(3500), ms(9000)}, {ms(18000), ms(24000)}}, "n3": {{ms(11500), ms(15500)}}}
	m.fault("partition", "leader n2 | n1 n3", []string{"n2"}, ms(3500), ms(9000), true)
	m.fault("kill", "n3", []string{"n3"}, ms(11500), ms(15500), true)
	m.fault("partition", "n2 | n1 n3", []string{"n2"}, ms(18000), ms(24000), true)
	m.fault("pause", "n1", []string{"n1"}, ms(20000), ms(22000), false)
	m.registers(30*time.Second, ms(18), cut)
	at := func(process int, node, f string, value history.Value, start float64) history.Op {
		return history.Op{Process: process, Node: node, F: f, Key: "x", Value: value, Time: ms(start)}
	}
	m.call(at(900, "n1", "write", history.Int(16), 3440.2), ms(2.1), history.OK, history.Int(16), "")
	m.call(at(900, "n1", "write", history.Int(17), 4001.0), ms(2.4), history.OK, history.Int(17), "")
	m.call(at(901, "n3", "read", history.Value{}, 4004.1), ms(1.2), history.OK, history.Int(17), "")
	m.call(at(902, "n1", "cas", history.Ints(4, 5), 4006.8), ms(2), history.Fail, history.Value{}, history.Mismatch)
	m.call(at(903, "n2", "write", history.Int(18), 4008), ms(500), history.Info, history.Value{}, "context deadline exceeded")
	m.call(at(904, "n2", "read", history.Value{}, 20000.7), ms(1.1), history.OK, history.Int(16), "")
	m.call(at(901, "n3", "read", history.Value{}, 20001.1), ms(1.9), history.OK, history.Int(17), "")
	h := m.history()
	missed, read := invocation(h, "write", ms(4001)), invocation(h, "read", ms(20000.7))
	finding := checkers.Finding{
		Anomaly: "stale-read", Key: "x", Culprits: []int{missed, read},
		Text: "Process 904 read 16 from x on n2 between 20.0007 s and 20.0018 s. But process 900 had overwritten 16 with 17 by 4.0034 s, 16 s before the read began, and process 901 had read 17 by 4.0053 s. " +
			"Nothing that was going on later could have brought 16 back: no order of these operations explains the read.",
		Context: []int{invocation(h, "write", ms(3440.2)), missed, invocation(h, "read", ms(4004.1)), invocation(h, "write", ms(4008)), read},
	}
	second := finding
	second.Context = append(slices.Clone(finding.Context), invocation(h, "read", ms(20001.1)))
	return Input{
		Run: exampleRun("etcd", "register", "partition,kill,pause"), History: h, Dir: "results/etcd-register/20261123T041500Z",
		Verdict: checkers.Verdict{
			Checker: "all", Validity: checkers.Invalid, Findings: []checkers.Finding{finding, second},
			Reason: "A read of x returned 16 although 17 had been written 16 s earlier: etcd is not linearizable here.",
			Stats:  []checkers.Stat{{Name: "keys", Value: "9"}, {Name: "search time", Value: "412 ms"}},
			Parts: []checkers.Verdict{
				{Checker: "linearizable", Validity: checkers.Invalid, Reason: "1 of 9 keys has no linearization.", Stats: []checkers.Stat{{Name: "keys", Value: "9"}, {Name: "longest search", Value: "212 ms"}}},
				{Checker: "sanity", Validity: checkers.Valid, Reason: "Every kind of operation succeeded at least once, every fault was seen in effect."},
				{Checker: "availability", Reason: "The budget of 5 s was used up."},
			},
		},
	}
}

// lostMessage is a run in which an acknowledged message never came out again.
func lostMessage() Input {
	m := newMaker(2)
	m.fault("kill", "n1 n2 n3", []string{"n1", "n2", "n3"}, ms(6000), ms(8000), true)
	next, sent := 6, 0
	for worker := range 6 {
		process, node := worker, fmt.Sprintf("n%d", worker%3+1)
		for at := ms(3 + m.random.Float64()*9); at < 12*time.Second; at += ms(10 + m.random.Float64()*20) {
			op := history.Op{Process: process, Node: node, Time: at, Key: "q", F: "receive"}
			if m.random.Intn(2) == 0 {
				sent++
				op.F, op.Value = "send", history.Int(sent)
			}
			if isCut([][2]time.Duration{{ms(6000), ms(8000)}}, at) {
				m.call(op, ms(0.2), history.Fail, history.Value{}, "dial tcp: connection refused")
				continue
			}
			if m.random.Intn(200) == 0 {
				m.call(op, ms(400), history.Info, history.Value{}, "EOF")
				process, next = next, next+1
				continue
			}
			m.call(op, m.latency(), history.OK, op.Value, "")
		}
	}
	m.call(history.Op{Process: 700, Node: "n1", Key: "q", F: "send", Value: history.Int(17017), Time: ms(5991)}, ms(3.5), history.OK, history.Int(17017), "")
	for i := range 3 {
		m.call(history.Op{Process: 701 + i, Node: fmt.Sprintf("n%d", i+1), Key: "q", F: "receive", Final: true, Time: ms(14000 + float64(i))}, ms(1.3), history.OK, history.Value{}, "")
	}
	h := m.history()
	lost := invocation(h, "send", ms(5991))
	return Input{
		Run: exampleRun("demo", "queue", "kill"), History: h, Dir: "results/demo-queue/20261123T041500Z",
		Verdict: checkers.Verdict{Checker: "delivery", Validity: checkers.Invalid,
			Reason: "Message 17017 was acknowledged and never came out: 1 of 1,204 messages is lost.",
			Findings: []checkers.Finding{{Anomaly: "lost", Key: "q", Culprits: []int{lost},
				Text:    "Process 700 sent 17017 and n1 acknowledged it at 5.9945 s, 5.5 ms before all nodes were killed. No receive returned it, and all final receives found the queue empty.",
				Context: []int{lost, invocation(h, "receive", ms(14000)), invocation(h, "receive", ms(14001)), invocation(h, "receive", ms(14002))}}}},
	}
}

// validRun is a run in which nothing went wrong.
func validRun() Input {
	m := newMaker(3)
	m.fault("partition", "n1 | n2 n3", []string{"n1"}, ms(2000), ms(5000), true)
	m.registers(10*time.Second, ms(12), map[string][][2]time.Duration{"n1": {{ms(2000), ms(5000)}}})
	return Input{
		Run: exampleRun("etcd", "register", "partition"), History: m.history(), Dir: "results/etcd-register/20261123T051500Z",
		Verdict: checkers.Verdict{Checker: "linearizable", Validity: checkers.Valid, Reason: "4,812 operations on 8 keys are linearizable.",
			Stats: []checkers.Stat{{Name: "keys", Value: "8"}}},
	}
}

// unknownRun is a run that its infrastructure ended before there was anything.
func unknownRun() Input {
	run := exampleRun("etcd", "register", "partition")
	run.Error, run.Interrupted, run.Phases = "start n3: no answer on port 2379 within 30 s; the last line of its log: \"bind: address already in use\"", true, nil
	return Input{Run: run}
}

func examples() map[string]Input {
	return map[string]Input{"stale-read": staleRead(), "lost-message": lostMessage(), "valid": validRun(), "unknown": unknownRun()}
}

func TestExamplesAreWrittenWhereAskedFor(t *testing.T) {
	for name, in := range examples() {
		page := render(t, in)
		if *pages == "" {
			continue
		}
		if err := os.MkdirAll(*pages, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(*pages, name+".html"), page, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
