package keyvalue_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/linearizability"
	"github.com/assaykit/assay/checkers/linearizability/internal/try"
	"github.com/assaykit/assay/checkers/linearizability/keyvalue"
	"github.com/assaykit/assay/harness/history"
)

// etcd is a correct map with revisions whose clients are sometimes lied to.
type etcd struct {
	random *rand.Rand
	// keys and values are how many there are, and quiet the share of gets that do
	// not tell the revision.
	keys, values int
	quiet, lies  float64
	revision     int
	entries      map[string]pair
	old          []pair
}

type pair struct {
	value   history.Value
	version int
}

// answer is what the map says.
type answer struct {
	pair
	there    bool
	revision int
}

func (e *etcd) lie() bool { return e.random.Float64() < e.lies }

func (e *etcd) Next() history.Op {
	op := history.Op{F: []string{"put", "put", "get", "get", "get", "put-if", "put-if", "delete"}[e.random.IntN(8)]}
	op.Key = fmt.Sprint("k", e.random.IntN(e.keys))
	value := history.Int(e.random.IntN(e.values))
	switch op.F {
	case "put":
		op.Value = value
	case "put-if":
		expected := e.entries[op.Key].version
		if e.random.IntN(3) == 0 {
			expected = e.random.IntN(e.revision + 2)
		}
		op.Value = history.List(history.Int(expected), value)
	}
	return op
}

func (e *etcd) Effect(op history.Op) any {
	now, there := e.entries[op.Key]
	items, _ := op.Value.Items()
	switch {
	case op.F == "get", op.F == "delete" && !there:
		return answer{now, there, e.revision}
	case op.F == "put-if" && !items[0].Equal(history.Int(now.version)):
		return answer{now, false, e.revision}
	case op.F == "delete":
		e.revision++
		delete(e.entries, op.Key)
		return answer{now, there, e.revision}
	}
	e.revision += 1 + e.random.IntN(2)
	value := op.Value
	if op.F == "put-if" {
		value = items[1]
	}
	e.old = append(e.old, now)
	e.entries[op.Key] = pair{value, e.revision}
	return answer{now, true, e.revision}
}

func (e *etcd) Tell(op history.Op, told any) (history.Type, history.Value, string) {
	a := told.(answer)
	if e.lie() && e.revision > 0 {
		a.revision = 1 + e.random.IntN(e.revision+1)
	}
	if e.lie() && len(e.old) > 0 && op.F == "get" {
		a.pair = e.old[e.random.IntN(len(e.old))]
		a.there = a.version > 0
	}
	if e.lie() && op.F != "get" {
		a.there = !a.there
	}
	switch {
	case op.F == "put-if" && !a.there:
		return history.Fail, op.Value, history.Mismatch
	case op.F == "delete" && !a.there, op.F == "get" && !a.there && (a.revision == 0 || e.random.Float64() < e.quiet):
		return history.OK, history.Value{}, ""
	case op.F != "get":
		return history.OK, history.Int(max(a.revision, 1)), ""
	case !a.there:
		return history.OK, history.List(history.Value{}, history.Int(0), history.Int(a.revision)), ""
	case a.revision == 0 || e.random.Float64() < e.quiet:
		return history.OK, history.List(a.value, history.Int(a.version)), ""
	}
	return history.OK, history.List(a.value, history.Int(a.version), history.Int(a.revision)), ""
}

func anEtcd(random *rand.Rand, keys int) script.System {
	return &etcd{random: random, keys: keys, values: 1 + random.IntN(6), quiet: []float64{0, 0.5, 1}[random.IntN(3)],
		lies: []float64{0, 0, 0.1, 0.2}[random.IntN(4)], entries: map[string]pair{}}
}

func TestVersionsAgainstAllOrders(t *testing.T) {
	expect(t, try.Random(t, 5000, keyvalue.Versions(), func(random *rand.Rand) script.System { return anEtcd(random, 1) }))
}

func TestRevisionsAgainstAllOrders(t *testing.T) {
	expect(t, try.Random(t, 5000, keyvalue.Revisions(), func(random *rand.Rand) script.System { return anEtcd(random, 1+random.IntN(3)) }))
}

// expect says that many histories were illegal, and that the monitor decided most.
func expect(t *testing.T, seen *script.Tally) {
	t.Helper()
	all := seen.Of("legal") + seen.Of("illegal")
	if all > 1000 && (seen.Of("illegal")*10 < all || seen.Of("legal")*2 < all || seen.Of("decided")*10 < all*8) {
		t.Error("the histories are too much alike")
	}
}

// What was acknowledged after a moment is uncertain if the history is cut off there,
// but its version is known, and somebody may have found the map at that revision.
func TestAHistoryMayBeCutOffBeforeAVersionWasAcknowledged(t *testing.T) {
	h := script.Parse(t, `
		2 invoke put 3 key=k0
		5 invoke put 3 key=k0
		2 info put 3 key=k0 !timeout
		6 invoke put 0 key=k0
		6 ok put 2 key=k0
		6 invoke put 2 key=k1
		7 invoke get null key=k0
		4 invoke put 2 key=k0
		7 ok get [3,1,3] key=k0
		5 info put 3 key=k0 !timeout
		6 ok put 3 key=k1
		4 ok put 6 key=k0`)
	v, err := linearizability.New(keyvalue.Revisions()).Check(t.Context(), h)
	if err != nil || v.Validity != checkers.Invalid {
		t.Errorf("%v, %v: %s", v.Validity, err, v.Reason)
	}
}
