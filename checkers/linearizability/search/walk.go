package search

import (
	"context"

	"github.com/assaykit/assay/checkers/linearizability/object"
)

// walk is a depth-first search. It keeps its own stack, for an order is as long
// as the history.
type walk struct {
	*moment
	ctx   context.Context
	memo  *memo
	stack []frame
	// most is how many bytes may be filled, and steps how often something was tried
	// since somebody looked.
	most, steps int
	sized       object.Sized
	// reached is the end of the operation that the search got to, or, if what it
	// gave up would have got further, of the one where that certainly would have
	// ended.
	reached int
}

// frame is a configuration on the way.
type frame struct {
	state object.State
	lent  loan
	// cursor is the choice to be tried next, and mark how long the log was before.
	cursor, mark int32
}

// loan is set if an uncertain operation took place last: its group, and the state
// before it.
type loan struct {
	before object.State
	group  int32
}

var noLoan = loan{group: none}

func newWalk(ctx context.Context, p *plan, memory int) *walk {
	w := &walk{moment: newMoment(p), ctx: ctx, memo: newMemo(p), most: memory}
	w.sized, _ = p.spec.(object.Sized)
	return w
}

func (w *walk) walk() object.Outcome {
	w.enter(w.spec.Initial(), noLoan, 0)
	for len(w.stack) > 0 {
		if w.over() {
			return object.Legal
		}
		if stopped, outcome := w.exhausted(); stopped {
			return outcome
		}
		f := &w.stack[len(w.stack)-1]
		if !w.extend(f) {
			w.undo(int(f.mark))
			w.stack = w.stack[:len(w.stack)-1]
		}
	}
	if w.memo.full {
		return object.TooBig
	}
	return object.Illegal
}

// looked is after how many steps the budget is looked at: one takes microseconds.
const looked = 256

func (w *walk) exhausted() (bool, object.Outcome) {
	if w.memo.full {
		return true, object.TooBig
	}
	if w.steps < looked {
		return false, object.Undecided
	}
	w.steps = 0
	if w.ctx.Err() != nil {
		return true, object.Undecided
	}
	return w.bytes() > w.most, object.TooBig
}

func (w *walk) bytes() int {
	const perFrame, perEntry = 20, 4
	n := w.plan.bytes() + w.memo.bytes() + perFrame*cap(w.stack) + perEntry*cap(w.log)
	if w.sized != nil {
		n += w.sized.Bytes()
	}
	return n
}

// enter goes on to a configuration, unless it was visited or leads nowhere.
func (w *walk) enter(state object.State, lent loan, mark int) bool {
	if w.settle(state) {
		lent = noLoan
	}
	w.reach()
	if w.over() || !w.lost(state) && !w.memo.visit(w.moment, state, lent) {
		w.stack = append(w.stack, frame{state: state, lent: lent, mark: int32(mark)})
		return true
	}
	w.undo(mark)
	return false
}

func (w *walk) reach() {
	if !w.over() {
		w.reached = max(w.reached, w.ops[w.ending()].End)
	}
}

// settle lets pending observers take place that can, and time go on. It says
// whether an observer took place.
//
// An observer that can take place does so at once: in any order that has it
// later, it can be moved to here, for it changes nothing for the others, and
// whoever has to come before it did.
func (w *walk) settle(state object.State) (served bool) {
	for !w.over() {
		for slot := w.watchers.from(0); slot != none; slot = w.watchers.from(slot + 1) {
			if at := w.at[slot]; w.sees(state, at) {
				w.act(at)
				served = true
			}
		}
		if !w.done(w.ending()) {
			break
		}
		w.goOn()
	}
	return served
}

func (w *walk) sees(state object.State, at int32) bool {
	c := &w.classes[w.class[at]]
	if c.needs != none {
		return c.needs == w.states.of(int32(state))
	}
	_, ok := w.spec.Step(state, c.number)
	return ok
}

// lost says that the operation that ends next needs a state that it cannot have
// any more.
func (w *walk) lost(state object.State) bool {
	v := w.classes[w.class[w.ending()]].needs
	if v == none || v == w.states.of(int32(state)) {
		return false
	}
	_, late := w.late(v)
	return late
}

// extend goes on from a configuration by the next choice that leads somewhere. The
// choices come in this order: the operation that ends next; those that leave what
// it needs; the other ones; the uncertain ones by group. Nothing depends on the
// order but the time until an order is found.
func (w *walk) extend(f *frame) bool {
	if f.cursor == 0 {
		f.cursor = 1
		if at := w.ending(); w.movers.has(w.slot[at]) && w.take(f, at) {
			return true
		}
	}
	return w.choose(f, 1, true) || w.choose(f, 1+int32(w.slots), false) || w.borrow(f)
}

// choose tries the pending operations that are helpful, or those that are not. The
// cursor begins at first.
func (w *walk) choose(f *frame, first int32, helpful bool) bool {
	for end := first + int32(w.slots); f.cursor < end; {
		slot := w.movers.from(f.cursor - first)
		if slot == none {
			f.cursor = end
			return false
		}
		f.cursor = first + slot + 1
		if at := w.at[slot]; at != w.ending() && helpful == w.helpful(at) && w.take(f, at) {
			return true
		}
	}
	return false
}

// helpful says that an operation leaves what the one needs that ends next.
func (w *walk) helpful(at int32) bool {
	leaves := w.classes[w.class[at]].leaves
	return leaves != none && leaves == w.classes[w.class[w.ending()]].needs
}

// borrow tries the uncertain operations, from the one the cursor is at.
func (w *walk) borrow(f *frame) bool {
	const offset = 2 // for none, which is before the first group
	first := 1 + 2*int32(w.slots)
	g := f.cursor - first - offset
	if f.cursor == first {
		g = w.active.first()
	}
	for g != none {
		next := w.active.next(g)
		f.cursor = first + offset + next
		if w.takeUncertain(f, g) {
			return true
		}
		g = next
	}
	return false
}

// take lets a certain operation take place, if it is possible and of any use. Of
// those of a class, the one that ends first comes first: in an order that has them
// the other way round, they can change places.
func (w *walk) take(f *frame, at int32) bool {
	w.steps++
	class := w.class[at]
	if at != w.ending() && w.pending[class] > 1 && w.behind(at) {
		return false
	}
	state, ok := w.step(f.state, class)
	return ok && w.demanded(f, class, none, state) && w.leave(f, at, state, noLoan)
}

// behind says that another pending operation of the class ends before this one.
func (w *walk) behind(at int32) bool {
	for slot := w.movers.from(0); slot != none; slot = w.movers.from(slot + 1) {
		if other := w.at[slot]; w.class[other] == w.class[at] && w.ops[other].End < w.ops[at].End {
			return true
		}
	}
	return false
}

// takeUncertain lets the next one of a group take place. If a certain operation of
// the class is pending, that comes first: an uncertain one can take its place at
// any later time, but not the other way round.
func (w *walk) takeUncertain(f *frame, g int32) bool {
	w.steps++
	class := w.groups[g].class
	if w.used[g] == w.tried[g] || w.pending[class] > 0 || !w.useful(&w.classes[class], w.states.of(int32(f.state))) {
		return false
	}
	state, ok := w.step(f.state, class)
	if !ok || state == f.state || !w.demanded(f, class, g, state) {
		return false
	}
	return w.leave(f, w.groups[g].members[w.used[g]], state, loan{before: f.state, group: g})
}

// demanded says that, if an uncertain operation took place last, the next one
// depends on that: without it, it would not be possible, or lead elsewhere, and
// so it would if the two changed places. Of two uncertain ones that may change
// places, the one with the smaller group comes first.
//
// This is all that has to be tried. In any order, let an uncertain operation
// change places with the next one if that makes no difference, and leave it out if
// nobody depends on it. That can be done only so often, for each time there are
// fewer of them, or an observer comes earlier, or an uncertain one later, or fewer
// stand behind one with a greater group; and in the end each is followed by
// somebody who depends on it. group is that of the next one, or none.
func (w *walk) demanded(f *frame, class, group int32, state object.State) bool {
	if f.lent.group == none {
		return true
	}
	without, ok := w.step(f.lent.before, class)
	if !ok {
		return true
	}
	if without == state {
		return false
	}
	if group >= f.lent.group {
		return true
	}
	after, ok := w.step(without, w.groups[f.lent.group].class)
	return !ok || after != state
}

func (w *walk) step(state object.State, class int32) (object.State, bool) {
	c := &w.classes[class]
	if c.needs != none && c.needs != w.states.of(int32(state)) {
		return 0, false
	}
	return w.spec.Step(state, c.number)
}

// leave goes on to the state after an operation, unless somebody needs the state
// that is left and nobody will leave it again in time.
func (w *walk) leave(f *frame, at int32, state object.State, lent loan) bool {
	mark := len(w.log)
	w.act(at)
	if v := w.states.of(int32(f.state)); v != none && state != f.state {
		if end, late := w.late(v); late {
			w.reached = max(w.reached, end)
			w.undo(mark)
			return false
		}
	}
	return w.enter(state, lent, mark)
}
