package listappend

import (
	"slices"

	"github.com/assaykit/assay/checkers/isolation"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/transaction"
)

// The oracle decides levels from their definitions, by trying everything, straight
// from the calls: every subset of the transactions of unknown outcome, every order.
// It is for histories of a few transactions.

// actor is a transaction as the oracle sees it.
type actor struct {
	ops              []transaction.Op
	unknown          []bool // reads whose result is not known
	process          int
	invoke, complete int
	certain          bool
}

func actorsOf(h *history.History) (certain, open []actor) {
	for _, c := range h.Calls() {
		a := actor{process: c.Process, invoke: c.Invoke, complete: c.Complete, certain: c.Type == history.OK}
		from := c.In
		if a.certain {
			from = c.Out
		}
		var err error
		if a.ops, err = transaction.Parse(from); err != nil {
			panic(err)
		}
		a.unknown = make([]bool, len(a.ops))
		if !a.certain {
			told, _ := transaction.Parse(c.Out)
			for i := range a.ops {
				if a.unknown[i] = a.ops[i].Kind == transaction.Read; a.unknown[i] && i < len(told) && told[i].Found {
					a.ops[i], a.unknown[i] = told[i], false
				}
			}
		}
		switch c.Type {
		case history.OK:
			certain = append(certain, a)
		case history.Info:
			open = append(open, a)
		}
	}
	return certain, open
}

func (a actor) appends(key string) []int {
	var all []int
	for _, op := range a.ops {
		if op.Kind == transaction.Append && op.Key == key {
			all = append(all, op.Value)
		}
	}
	return all
}

// before says that one is before another one in real time, and session that it is
// also in the same session.
func (a actor) before(b actor) bool  { return a.certain && a.complete < b.invoke }
func (a actor) session(b actor) bool { return a.before(b) && a.process == b.process }

// oracle is the levels that a history keeps, of those that it decides.
type oracle map[isolation.Level]bool

// decided are the levels that the oracle decides. Those of read-uncommitted are left
// out: Adya says nothing there of what is read, and so of the order of versions.
var decided = []isolation.Level{
	isolation.ReadCommitted, isolation.CursorStability, isolation.MonotonicAtomicView, isolation.ReadAtomic,
	isolation.Causal, isolation.ConsistentView, isolation.ParallelSnapshotIsolation, isolation.Prefix,
	isolation.SnapshotIsolation, isolation.RepeatableRead, isolation.Serializable,
	isolation.StrongSessionReadCommitted, isolation.StrongSessionConsistentView, isolation.StrongSessionSnapshotIsolation, isolation.StrongSessionSerializable,
	isolation.StrongReadCommitted, isolation.StrongConsistentView, isolation.StrongSnapshotIsolation, isolation.StrictSerializable,
}

func judgeByTrying(h *history.History) oracle {
	certain, open := actorsOf(h)
	keeps := oracle{}
	for subset := range 1 << len(open) {
		all := slices.Clone(certain)
		for i, a := range open {
			if subset&(1<<i) != 0 {
				all = append(all, a)
			}
		}
		w := &world{actors: all, keeps: keeps, state: map[string][]int{}}
		w.arbitrate(nil, 0)
		none := func(a, b actor) bool { return false }
		for level, order := range map[isolation.Level]func(a, b actor) bool{
			isolation.Serializable: none, isolation.StrongSessionSerializable: actor.session, isolation.StrictSerializable: actor.before,
		} {
			keeps[level] = keeps[level] || serial(all, 0, map[string][]int{}, order)
		}
		for level, order := range map[isolation.Level]func(a, b actor) bool{
			isolation.SnapshotIsolation: none, isolation.StrongSessionSnapshotIsolation: actor.session, isolation.StrongSnapshotIsolation: actor.before,
		} {
			s := snapshots{actors: all, order: order, at: make([]int, len(all))}
			keeps[level] = keeps[level] || s.try(0, 0, nil)
		}
	}
	keeps[isolation.RepeatableRead] = keeps[isolation.Serializable] // without predicates they are the same
	return keeps
}

// serial executes transactions one after another.
func serial(actors []actor, done uint, state map[string][]int, order func(a, b actor) bool) bool {
	if done == 1<<len(actors)-1 {
		return true
	}
	for i, a := range actors {
		if done&(1<<i) != 0 {
			continue
		}
		ready := true
		for j, b := range actors {
			ready = ready && (done&(1<<j) != 0 || j == i || !order(b, a))
		}
		if next, ok := execute(a, state); ready && ok && serial(actors, done|1<<i, next, order) {
			return true
		}
	}
	return false
}

// execute is the sequential specification of a transaction.
func execute(a actor, state map[string][]int) (map[string][]int, bool) {
	next := map[string][]int{}
	for k, v := range state {
		next[k] = v
	}
	for i, op := range a.ops {
		switch {
		case op.Kind == transaction.Append:
			next[op.Key] = append(slices.Clone(next[op.Key]), op.Value)
		case !a.unknown[i] && !slices.Equal(next[op.Key], op.List):
			return nil, false
		}
	}
	return next, true
}

// snapshots tries all orders of starts and commits: a transaction reads what was
// committed when it started, and none commits that writes what was written since.
type snapshots struct {
	actors []actor
	order  func(a, b actor) bool
	at     []int // how many had committed when each started
}

func (s *snapshots) try(started, committed uint, commits []int) bool {
	if committed == 1<<len(s.actors)-1 {
		return true
	}
	for i, a := range s.actors {
		bit := uint(1) << i
		if started&bit == 0 {
			ready := true
			for j, b := range s.actors {
				ready = ready && (committed&(1<<j) != 0 || !s.order(b, a))
			}
			if _, ok := execute(a, s.state(commits)); ready && ok {
				s.at[i] = len(commits)
				if s.try(started|bit, committed, commits) {
					return true
				}
			}
		} else if committed&bit == 0 && s.first(i, commits) && s.try(started, committed|bit, append(commits[:len(commits):len(commits)], i)) {
			return true
		}
	}
	return false
}

func (s *snapshots) state(commits []int) map[string][]int {
	state := map[string][]int{}
	for _, i := range commits {
		for _, op := range s.actors[i].ops {
			if op.Kind == transaction.Append {
				state[op.Key] = append(state[op.Key], op.Value)
			}
		}
	}
	return state
}

func (s *snapshots) first(i int, commits []int) bool {
	for _, j := range commits[s.at[i]:] {
		for _, op := range s.actors[i].ops {
			if op.Kind == transaction.Append && len(s.actors[j].appends(op.Key)) > 0 {
				return false
			}
		}
	}
	return true
}

// world tries all orders of arbitration, in which the versions of each list come, and
// keeps to those in which every read is of a version that is there already.
type world struct {
	actors []actor
	keeps  oracle
	state  map[string][]int
}

func (w *world) arbitrate(order []int, done uint) {
	if w.full() {
		return
	}
	if len(order) == len(w.actors) {
		w.judge(order)
		return
	}
	for i, a := range w.actors {
		if done&(1<<i) != 0 || !w.committed(a, order) {
			continue
		}
		w.arbitrate(append(order[:len(order):len(order)], i), done|1<<i)
	}
}

// full says that there is nothing left to be shown by orders of arbitration.
func (w *world) full() bool {
	for _, l := range decided {
		switch l {
		case isolation.SnapshotIsolation, isolation.StrongSessionSnapshotIsolation, isolation.StrongSnapshotIsolation,
			isolation.RepeatableRead, isolation.Serializable, isolation.StrongSessionSerializable, isolation.StrictSerializable:
		default:
			if !w.keeps[l] {
				return false
			}
		}
	}
	return true
}

// version is a read as the version that it saw.
type version struct {
	key string
	// writers is how many transactions that wrote the list, in order, are in it, and
	// of the last of them.
	writers, of int
	own         bool
	op          int
}

// see splits a read into a version and the reader's own elements; ok says that it is
// one of those before it in the order, with all of the reader's.
func (w *world) see(a actor, op int, order []int) (v version, ok bool) {
	key, list := a.ops[op].Key, a.ops[op].List
	v = version{key: key, of: -1, op: op}
	var own []int
	for _, earlier := range a.ops[:op] {
		if earlier.Kind == transaction.Append && earlier.Key == key {
			own = append(own, earlier.Value)
		}
	}
	v.own = len(own) > 0
	if len(list) < len(own) || !slices.Equal(list[len(list)-len(own):], own) {
		return v, false
	}
	rest := list[:len(list)-len(own)]
	for _, i := range order {
		block := w.actors[i].appends(key)
		if len(block) == 0 {
			continue
		}
		if len(rest) == 0 {
			return v, !v.own // what it appended comes after all versions before
		}
		if len(rest) < len(block) || !slices.Equal(rest[:len(block)], block) {
			return v, false
		}
		rest = rest[len(block):]
		v.writers++
		v.of = i
	}
	return v, len(rest) == 0
}

func (w *world) committed(a actor, order []int) bool {
	for op := range a.ops {
		if a.ops[op].Kind == transaction.Read && !a.unknown[op] {
			if _, ok := w.see(a, op, order); !ok {
				return false
			}
		}
	}
	return true
}

// judge says which levels an order of arbitration shows.
func (w *world) judge(order []int) {
	place := make([]int, len(order))
	for at, i := range order {
		place[i] = at
	}
	agrees := func(before func(a, b actor) bool) bool {
		for at, i := range order {
			for _, j := range order[:at] {
				if before(w.actors[i], w.actors[j]) {
					return false
				}
			}
		}
		return true
	}
	session, time := agrees(actor.session), agrees(actor.before)
	set := func(l isolation.Level, kept func() bool) { w.keeps[l] = w.keeps[l] || kept() }
	set(isolation.ReadCommitted, func() bool { return true })
	set(isolation.StrongSessionReadCommitted, func() bool { return session })
	set(isolation.StrongReadCommitted, func() bool { return time })
	set(isolation.CursorStability, func() bool { return w.all(order, w.cursorStable) })
	set(isolation.MonotonicAtomicView, func() bool { return w.all(order, w.monotonic) })
	set(isolation.ReadAtomic, func() bool {
		return w.all(order, w.consistent(w.visibility(order, false, false, nil)))
	})
	set(isolation.Causal, func() bool {
		return session && w.all(order, w.consistent(w.visibility(order, false, true, actor.session)))
	})
	for level, v := range map[isolation.Level]struct {
		agrees bool
		before func(a, b actor) bool
	}{
		isolation.ConsistentView:              {true, nil},
		isolation.ParallelSnapshotIsolation:   {true, nil},
		isolation.StrongSessionConsistentView: {session, actor.session},
		isolation.StrongConsistentView:        {time, actor.before},
	} {
		set(level, func() bool {
			return v.agrees && w.all(order, w.consistent(w.visibility(order, true, true, v.before)))
		})
	}
	set(isolation.Prefix, func() bool { return session && w.all(order, w.consistent(w.prefixes(order, place))) })
}

func (w *world) all(order []int, holds func(order []int, at int) bool) bool {
	for at := range order {
		if !holds(order, at) {
			return false
		}
	}
	return true
}

// versions are what the transaction at a place of the order saw.
func (w *world) versions(order []int, at int) []version {
	a := w.actors[order[at]]
	var all []version
	for op := range a.ops {
		if a.ops[op].Kind == transaction.Read && !a.unknown[op] {
			v, _ := w.see(a, op, order[:at])
			all = append(all, v)
		}
	}
	return all
}

// writers is how many of the transactions up to and including one write a list, in
// the order.
func (w *world) writers(order []int, key string, upTo int) int {
	n := 0
	for _, i := range order {
		if len(w.actors[i].appends(key)) > 0 {
			n++
		}
		if i == upTo {
			break
		}
	}
	return n
}

// cursorStable: what was read last before the first append is still the last version.
func (w *world) cursorStable(order []int, at int) bool {
	a := w.actors[order[at]]
	for op := range a.ops {
		if a.ops[op].Kind != transaction.Append {
			continue
		}
		var last *version
		for _, v := range w.versions(order, at) {
			if v.key == a.ops[op].Key && v.op < op {
				last = &v
			}
		}
		if last != nil && !last.own && last.writers != w.writers(order, last.key, order[at])-1 {
			return false
		}
	}
	return true
}

// misses says that a read misses what a transaction wrote.
func (w *world) misses(order []int, v version, of int) bool {
	return !v.own && len(w.actors[of].appends(v.key)) > 0 && w.writers(order, v.key, of) > v.writers
}

func (w *world) monotonic(order []int, at int) bool {
	seen := w.versions(order, at)
	for n, v := range seen {
		for _, earlier := range seen[:n] {
			if earlier.of >= 0 && w.misses(order, v, earlier.of) {
				return false
			}
		}
	}
	return true
}

// consistent says that a transaction's reads have all that is visible to it, and
// agree with each other.
func (w *world) consistent(visible [][]bool) func(order []int, at int) bool {
	return func(order []int, at int) bool {
		seen := w.versions(order, at)
		for n, v := range seen {
			for _, earlier := range seen[:n] {
				if earlier.key == v.key && earlier.writers != v.writers {
					return false
				}
			}
			for of, sees := range visible[order[at]] {
				if sees && w.misses(order, v, of) {
					return false
				}
			}
		}
		return true
	}
}

// visibility is who sees whom: whose versions it read, whose it overwrote if that
// counts, who was before, and, if it is transitive, whom these see.
func (w *world) visibility(order []int, overwriting, transitive bool, before func(a, b actor) bool) [][]bool {
	visible := make([][]bool, len(w.actors))
	for at, i := range order {
		visible[i] = make([]bool, len(w.actors))
		for _, v := range w.versions(order, at) {
			if v.of >= 0 {
				visible[i][v.of] = true
			}
		}
		for _, j := range order[:at] {
			for _, op := range w.actors[i].ops {
				if overwriting && op.Kind == transaction.Append && len(w.actors[j].appends(op.Key)) > 0 {
					visible[i][j] = true
				}
			}
			if before != nil && before(w.actors[j], w.actors[i]) {
				visible[i][j] = true
			}
		}
		for _, j := range order[:at] {
			if !transitive || !visible[i][j] {
				continue
			}
			for k, sees := range visible[j] {
				visible[i][k] = visible[i][k] || sees
			}
		}
	}
	return visible
}

// prefixes make everything visible that comes before something that is.
func (w *world) prefixes(order, place []int) [][]bool {
	visible := w.visibility(order, false, false, actor.session)
	for i := range visible {
		last := -1
		for j, sees := range visible[i] {
			if sees {
				last = max(last, place[j])
			}
		}
		for _, j := range order[:last+1] {
			visible[i][j] = true
		}
	}
	return visible
}
