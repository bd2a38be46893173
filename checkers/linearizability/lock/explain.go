package lock

import (
	"fmt"
	"strings"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/linearizability/object"
	"github.com/assaykit/assay/harness/history"
)

// The anomalies, by the names that findings bear.
const (
	// DoubleHold: more owners held the lock at the same time than can.
	DoubleHold = "double-hold"
	// WrongRelease: a release was acknowledged whose owner held nothing.
	WrongRelease = "wrong-release"
)

// Explain says who held the lock at the same time, or who gave back what he did not
// have.
func (m *mutex) Explain(ops []object.Op) (object.Account, bool) { return m.explain(m, ops) }

// Explain says the same of permits.
func (s *semaphore) Explain(ops []object.Op) (object.Account, bool) { return s.explain(s, ops) }

func (l *lock) explain(o object.Object, ops []object.Op) (object.Account, bool) {
	b := l.ledger(ops)
	t := teller{lock: l, object: o, ops: ops}
	if moment, found := l.crowded(ops, b.holds); found {
		return t.doubleHold(b.holds, moment), true
	}
	if len(b.wrong) > 0 {
		return t.wrongRelease(b.wrong[0]), true
	}
	return object.Account{}, false
}

// teller tells of operations of a lock.
type teller struct {
	*lock
	object object.Object
	ops    []object.Op
}

func (t *teller) did(i int) string { return object.Did(t.object, t.calls, t.ops[i]) }

func (t *teller) doubleHold(holds []hold, moment int) object.Account {
	var text strings.Builder
	a := object.Account{Anomaly: DoubleHold}
	owners := map[int32]bool{}
	when := checkers.Seconds(t.moment(holds, moment))
	for _, h := range holds {
		if h.from(t.ops) > moment || moment > h.until(t.ops) {
			continue
		}
		text.WriteString(capital(t.held(h, when)) + ". ")
		a.Culprits = append(a.Culprits, h.acquire)
		owners[ownerOf(t.ops[h.acquire].Class)] = true
	}
	a.Short, a.Text = t.atOnce(len(a.Culprits), len(owners), when), text.String()+t.verdict(len(a.Culprits), len(owners), when)
	return a
}

// moment is the time at which a hold began.
func (t *teller) moment(holds []hold, from int) time.Duration {
	for _, h := range holds {
		if h.from(t.ops) == from {
			return t.calls[t.ops[h.acquire].Call].End
		}
	}
	return 0
}

// held is a clause about a hold.
func (t *teller) held(h hold, when string) string {
	if h.release == none {
		return fmt.Sprintf("%s, and had not begun to release it by %s", t.did(h.acquire), when)
	}
	return fmt.Sprintf("%s, and held it at least until this: %s", t.did(h.acquire), t.did(h.release))
}

func (t *teller) atOnce(holds, owners int, when string) string {
	switch {
	case t.permits == 1 && owners > 1:
		return fmt.Sprintf("%d owners held the lock at the same time, at %s", owners, when)
	case t.permits == 1:
		return fmt.Sprintf("the lock was given to who held it already, at %s", when)
	}
	return fmt.Sprintf("%d of %s were held at the same time, at %s", holds, checkers.Count(t.permits, "permit"), when)
}

func (t *teller) verdict(holds, owners int, when string) string {
	switch {
	case t.permits == 1 && owners > 1:
		return fmt.Sprintf("So at %s both held the lock, which only one can hold at a time.", when)
	case t.permits == 1:
		return fmt.Sprintf("So at %s the lock was given once more to who held it already and had not given it back.", when)
	}
	return fmt.Sprintf("So at %s all of these were held, which are %d: there are only %d.", when, holds, t.permits)
}

func (t *teller) wrongRelease(i int) object.Account {
	what := "the lock"
	if t.permits != 1 {
		what = "a permit"
	}
	return object.Account{
		Anomaly:  WrongRelease,
		Short:    fmt.Sprintf("%s, which its owner did not hold", object.Brief(t.object, t.calls, t.ops[i])),
		Text:     fmt.Sprintf("%s. But its owner did not hold %s: %s", capital(t.did(i)), what, t.before(t.ops[i].Call)),
		Culprits: []int{i},
	}
}

// before tells what the owner of a call had done before it.
func (t *teller) before(at int) string {
	who, _ := ownerIn(&t.calls[at])
	for i := at - 1; i >= 0; i-- {
		call := t.calls[i]
		if by, _ := ownerIn(&call); by != who {
			continue
		}
		return fmt.Sprintf("the last that it did before was this: %s (%s), which %s.", call.F, checkers.When(call), ended(call))
	}
	return "it had never acquired it before."
}

// ended tells how a call ended.
func ended(call history.Call) string {
	switch call.Type {
	case history.OK:
		return "was acknowledged"
	case history.Fail:
		return "failed: " + call.Error
	}
	return "had no answer"
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
