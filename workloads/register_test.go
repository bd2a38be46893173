package workloads

import (
	"testing"

	"github.com/assaykit/assay/harness/history"
)

func TestKeysAreRotated(t *testing.T) {
	const keys, size, n = 3, 40, 5000
	tests := map[Workload]map[string]string{
		NewRegister(): {"keys": "3", "ops-per-key": "40"},
		NewSet():      {"sets": "3", "ops-per-set": "40"},
	}
	for w, s := range tests {
		count, lastSeen, firstSeen := map[string]int{}, map[string]int{}, map[string]int{}
		for i, op := range first(t, w, Config{Seed: 1, Settings: s}, n) {
			if count[op.Key]++; count[op.Key] == 1 {
				firstSeen[op.Key] = i
			}
			lastSeen[op.Key] = i
		}
		for key, uses := range count {
			if uses > size {
				t.Errorf("%s: %s got %d operations", w.Name(), key, uses)
			}
			inUse := 0
			for other := range count {
				if firstSeen[other] <= firstSeen[key] && lastSeen[other] >= firstSeen[key] {
					inUse++
				}
			}
			if inUse > keys {
				t.Errorf("%s: %d keys are in use at operation %d", w.Name(), inUse, firstSeen[key])
			}
		}
		if len(count) < n/size {
			t.Errorf("%s: only %d keys", w.Name(), len(count))
		}
	}
}

func TestKeysInUseFollowTheWorkers(t *testing.T) {
	for workers, want := range map[int]int{0: 1, 1: 1, 3: 1, 4: 2, 6: 2, 10: 4, 100: 34} {
		if got := perWorkers(0, workers); got != want {
			t.Errorf("%d workers: %d keys, want %d", workers, got, want)
		}
		if got := perWorkers(5, workers); got != 5 {
			t.Errorf("%d keys were asked for, got %d", 5, got)
		}
	}
}

func TestWrittenValuesAreUnique(t *testing.T) {
	for _, w := range []Workload{NewRegister(), NewQueue(), NewSet()} {
		seen := map[int]bool{}
		for _, op := range first(t, w, Config{Workers: 6}, 20_000) {
			value, isOne := op.Value.Int()
			if pair, isPair := op.Value.Items(); isPair {
				value, isOne = pair[1].Int()
			}
			if isOne && seen[value] {
				t.Fatalf("%s: %s writes %d again", w.Name(), op.F, value)
			}
			seen[value] = isOne
		}
	}
}

func TestFewValuesAreFew(t *testing.T) {
	seen := map[int]int{}
	for _, op := range first(t, NewRegister(), Config{Settings: map[string]string{"values": "4"}}, 2000) {
		if value, ok := op.Value.Int(); ok {
			seen[value]++
		}
	}
	if len(seen) != 4 || seen[0] == 0 || seen[3] == 0 {
		t.Errorf("got %v", seen)
	}
}

func TestSharesAreKept(t *testing.T) {
	count := map[string]int{}
	for _, op := range first(t, NewRegister(), Config{Workers: 6}, 10_000) {
		count[op.F]++
	}
	for f, want := range map[string]int{"read": 5000, "cas": 1200, "write": 3800} {
		if got := count[f]; got < want*85/100 || got > want*115/100 {
			t.Errorf("%d of 10000 operations are %s, want about %d", got, f, want)
		}
	}
}

func TestSomeComparisonsSucceedAndSomeDoNot(t *testing.T) {
	count := map[history.Type]int{}
	for _, call := range execute(t, NewRegister(), Config{Workers: 6}, newMemory(), 5000).Calls() {
		if call.F == "cas" {
			count[call.Type]++
		}
	}
	if ok, fail := count[history.OK], count[history.Fail]; ok < 50 || fail < 50 {
		t.Errorf("%d succeeded, %d failed", ok, fail)
	}
}

func TestEveryWorkerReadsTheLastKeysAtTheEnd(t *testing.T) {
	sofar := execute(t, NewRegister(), Config{Workers: 6}, newMemory(), 20_000)
	keys := lastKeys(sofar, finalKeys)
	orders := map[string]bool{}
	for worker := range 3 {
		count, order := map[string]int{}, ""
		g := NewRegister().Final(Config{Workers: 6}, sofar, worker)
		for op, ok := g.Next(nil); ok; op, ok = g.Next(nil) {
			if op.F != "read" || !op.Value.IsNil() {
				t.Fatalf("%+v", op)
			}
			count[op.Key]++
			order += op.Key
		}
		for _, key := range keys {
			if count[key] != finalRounds {
				t.Errorf("worker %d reads %s %d times", worker, key, count[key])
			}
		}
		if len(count) != finalKeys {
			t.Errorf("worker %d reads %d keys", worker, len(count))
		}
		orders[order] = true
	}
	if len(orders) != 3 {
		t.Error("workers read in the same order")
	}
}

func TestEverySetIsReadAtTheEnd(t *testing.T) {
	ops := first(t, NewSet(), Config{Workers: 6}, 20_000)
	sofar := &history.History{Ops: ops}
	unread := map[string]bool{}
	for _, op := range ops {
		unread[op.Key] = true
	}
	g := NewSet().Final(Config{}, sofar, 1)
	for op, ok := g.Next(nil); ok; op, ok = g.Next(nil) {
		if op.F != "read" || !unread[op.Key] {
			t.Errorf("%s %s is read again", op.F, op.Key)
		}
		delete(unread, op.Key)
	}
	if len(unread) > 0 {
		t.Errorf("never read: %v", unread)
	}
}
