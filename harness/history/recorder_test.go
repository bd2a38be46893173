package history

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

// since is the clock of a run that begins now.
func since() func() time.Duration {
	start := time.Now()
	return func() time.Duration { return time.Since(start) }
}

func create(t *testing.T, path string) *Recorder {
	t.Helper()
	r, err := Create(path, since())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func mustRead(t *testing.T, path string) (*History, Notice) {
	t.Helper()
	h, notice, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return h, notice
}

func TestRecordedHistoryReadsBackTheSame(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.jsonl")
	r := create(t, path)
	inv := r.Invoke(Op{Process: 3, F: "read", Key: "r\xff", Node: "n1", Final: true, Type: OK, Index: 99, Time: 99})
	done := r.Complete(inv, OK, Ints(1, 2), "")
	fault := &Fault{ID: 1, Name: "partition", Nodes: []string{"n1", "n\xff"}, Detail: "n1 | \xfe"}
	r.Complete(r.Invoke(Op{Process: Nemesis, F: Inject, Fault: fault}), Info, Value{}, strings.Repeat("é", longestError))
	r.Complete(r.Invoke(Op{Process: 4, F: "write", Value: String("\xff")}), Fail, parsed(t, `{"a":1.50}`), "\xff")
	if inv.Index != 0 || inv.Type != Invoke || done.Index != 1 || done.Key != inv.Key || !done.Final || done.Node != "n1" {
		t.Errorf("stamped %+v and %+v", inv, done)
	}
	fault.Nodes[0] = "changed afterwards"
	before := r.Snapshot()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	h, notice := mustRead(t, path)
	if notice != (Notice{}) || notice.String() != "" {
		t.Errorf("notice: %v", notice)
	}
	if !reflect.DeepEqual(before, h) {
		t.Errorf("in memory:\n%+v\nfrom disk:\n%+v", before, h)
	}
	if err := h.WellFormed(); err != nil {
		t.Error(err)
	}
}

func TestLongErrorIsCutAtARune(t *testing.T) {
	r := create(t, "")
	op := r.Complete(r.Invoke(Op{}), Info, Value{}, "x"+strings.Repeat("é", longestError))
	if len(op.Error) > longestError+50 || !strings.HasSuffix(op.Error, "… (16385 bytes in all)") {
		t.Errorf("%d bytes, the end is %q", len(op.Error), op.Error[longestError-10:])
	}
}

func TestLineOrderIsTimeOrder(t *testing.T) {
	const workers, calls = 8, 2000
	path := filepath.Join(t.TempDir(), "history.jsonl")
	r := create(t, path)
	var wait sync.WaitGroup
	for process := range workers {
		wait.Go(func() {
			for n := range calls {
				r.Complete(r.Invoke(Op{Process: process, F: "write", Value: Int(n)}), OK, Value{}, "")
			}
		})
	}
	for range 20 { // while it grows
		if err := r.Snapshot().WellFormed(); err != nil {
			t.Error(err)
		}
	}
	wait.Wait()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	h, _ := mustRead(t, path)
	if len(h.Ops) != 2*workers*calls {
		t.Fatalf("%d ops", len(h.Ops))
	}
	for i, op := range h.Ops[1:] {
		if op.Time <= h.Ops[i].Time {
			t.Fatalf("op %d at %d is not after op %d at %d", i+1, op.Time, i, h.Ops[i].Time)
		}
	}
	if !reflect.DeepEqual(h, r.Snapshot()) {
		t.Error("memory and disk differ")
	}
}

func TestAClockThatStandsStillOrGoesBack(t *testing.T) {
	times := []time.Duration{0, 0, 5, 3, 6}
	r, err := Create("", func() time.Duration { now := times[0]; times = times[1:]; return now })
	if err != nil {
		t.Fatal(err)
	}
	var got []time.Duration
	for range 5 {
		got = append(got, r.Invoke(Op{}).Time)
	}
	if want := []time.Duration{0, 1, 5, 6, 7}; !reflect.DeepEqual(got, want) {
		t.Errorf("times %v, want %v", got, want)
	}
}

func TestSnapshotDoesNotChange(t *testing.T) {
	r := create(t, "")
	for range chunkOps + 5 {
		r.Invoke(Op{F: "a"})
	}
	h := r.Snapshot()
	r.Invoke(Op{F: "b"})
	if len(h.Ops) != chunkOps+5 || h.Ops[chunkOps+4].F != "a" || len(r.Snapshot().Ops) != chunkOps+6 {
		t.Errorf("%d ops", len(h.Ops))
	}
}

func TestCreateNeverOverwrites(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.jsonl")
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(path, since()); !errors.Is(err, os.ErrExist) {
		t.Errorf("got %v", err)
	}
	if _, err := Create(filepath.Join(path, "below", "a file"), since()); err == nil {
		t.Error("a history was created where no file can be")
	}
}

func TestFailedWriteIsNoticedByItself(t *testing.T) {
	r := create(t, filepath.Join(t.TempDir(), "history.jsonl"))
	r.file.Close() // every write fails from now on, as on a full disk
	r.Invoke(Op{F: "write"})
	eventually(t, "the recorder noticed", func() bool { return r.Err() != nil })
	r.Invoke(Op{F: "write"})
	if len(r.Snapshot().Ops) != 2 {
		t.Error("the history in memory did not go on")
	}
	for name, err := range map[string]error{"Flush": r.Flush(), "Close": r.Close(), "Err": r.Err()} {
		if err == nil || !strings.Contains(err.Error(), "already closed") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOpThatCannotBeRecordedIsAnError(t *testing.T) {
	deep := Value{}
	for range maxDepth + 1 {
		deep = List(deep)
	}
	tests := map[string]Op{
		"nested": {Value: deep}, "numbered": {Process: -7}, "bytes": {Value: String(strings.Repeat("x", maxLine))},
	}
	for reason, op := range tests {
		path := filepath.Join(t.TempDir(), "history.jsonl")
		r := create(t, path)
		r.Invoke(Op{Process: 1, F: "fine"})
		r.Invoke(op)
		if err := r.Close(); err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("%s: %v", reason, err)
		}
		if h, notice := mustRead(t, path); notice.Truncated || len(h.Ops) > 1 {
			t.Errorf("%s: %d ops, %v", reason, len(h.Ops), notice)
		}
	}
}

func TestClosedRecorder(t *testing.T) {
	for _, path := range []string{"", filepath.Join(t.TempDir(), "history.jsonl")} {
		r := create(t, path)
		inv := r.Invoke(Op{F: "write"})
		for range 2 {
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
		}
		r.Complete(inv, OK, Value{}, "")
		if err := r.Err(); err == nil || len(r.Snapshot().Ops) != 1 {
			t.Errorf("an op after the end: %v, %d ops", err, len(r.Snapshot().Ops))
		}
	}
}

func TestOpsReachTheFileByThemselves(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.jsonl")
	r := create(t, path)
	r.Invoke(Op{F: "write"})
	eventually(t, "the file has the op", func() bool {
		h, _, err := Read(path)
		return err == nil && len(h.Ops) == 1
	})
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 30 s: %s", what)
		}
	}
}

func BenchmarkRecorder(b *testing.B) {
	for _, inMemory := range []bool{true, false} {
		for _, clients := range []int{1, 2, 10} {
			b.Run(fmt.Sprintf("memory=%v/clients=%d", inMemory, clients), func(b *testing.B) {
				benchmarkRecorder(b, inMemory, clients)
			})
		}
	}
}

// benchmarkRecorder measures operations: an invocation and a completion each.
func benchmarkRecorder(b *testing.B, inMemory bool, clients int) {
	path := ""
	if !inMemory {
		path = filepath.Join(b.TempDir(), "history.jsonl")
	}
	r, err := Create(path, since())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	var wait sync.WaitGroup
	for process := range clients {
		wait.Go(func() {
			for n := range b.N / clients {
				inv := r.Invoke(Op{Process: process, F: "write", Key: "r12", Node: "n1", Value: Int(n)})
				r.Complete(inv, OK, inv.Value, "")
			}
		})
	}
	wait.Wait()
	if err := r.Close(); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "operations/s")
}
