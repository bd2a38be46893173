package stack

import (
	"slices"

	"github.com/assaykit/assay/checkers/linearizability/internal/collection"
	"github.com/assaykit/assay/checkers/linearizability/object"
)

// tower takes a stack apart from the bottom. A value whose pop began after its push
// had ended was certainly there in between. The other ones can be left out: they may
// have been pushed and popped at one moment.
//
//   - At a time at which no value was certainly there, the stack may as well have
//     been empty: what was pushed before and popped later can be popped or pushed
//     at that time instead, the upper ones first. So the parts of the history
//     between such times can be looked at one by one.
//   - In such a part the stack was never empty, so that one value was at its bottom
//     all the time: its push began before the first value was certainly there, and
//     its pop ended after the last one was. If there is no such value, there is no
//     order.
//   - If there is one, it may as well have been that one, whichever it is: put below
//     all others, it disturbs none of them. The other ones leave more time
//     uncovered, and so fall into smaller parts.
type tower struct {
	// lives are the values that were certainly there for a time, in the order of
	// AddEnd.
	lives []collection.Life
	// times are the ends of these times in order, and places are the times from
	// each of them to the next. rooms are the places at which a value was certainly
	// there, and before is how many values' rooms begin before a place.
	times  []int
	rooms  []span
	before []int
	// cover is how many of the remaining values were certainly there at a place.
	cover *cover
	// parts are yet to be taken apart.
	parts []span

	// late are the starts of pushes that are too late for a bottom, and early the
	// ends of pops that are too early, negated; neither is once it is not: as parts
	// become smaller, nothing becomes too late or early. able are 0 for those that
	// are neither.
	late, early, able *lowest
	ready             []bool
	// ends are the ends of pops, negated, of those that are not too late.
	ends *lowest
	// staying are 0 for those that nobody is known to have popped.
	staying *lowest
}

func newTower(lives []collection.Life, others []int) *tower {
	t := &tower{}
	t.times = slices.Clone(others)
	for i := range lives {
		if life := &lives[i]; life.Lasting() {
			t.lives = append(t.lives, *life)
			t.times = append(t.times, life.AddEnd, life.RemoveStart)
		}
	}
	slices.SortFunc(t.lives, func(a, b collection.Life) int { return a.AddEnd - b.AddEnd })
	slices.Sort(t.times)
	t.times = slices.Compact(t.times)
	t.arrange()
	t.split(span{0, len(t.times)})
	return t
}

func (t *tower) arrange() {
	n := len(t.lives)
	late, early, able, staying, ends := make([]int, n), make([]int, n), make([]int, n), make([]int, n), make([]int, n)
	t.rooms, t.ready, t.before = make([]span, n), make([]bool, n), make([]int, len(t.times)+1)
	t.cover = newCover(len(t.times))
	for i := range t.lives {
		life := &t.lives[i]
		late[i], early[i], able[i], staying[i], ends[i] = life.AddStart, -life.RemoveEnd, gone, gone, gone
		if life.RemoveEnd == object.Never {
			early[i] = -gone - 1 // it may have stayed even longer than others who did
		}
		if life.Stays() {
			staying[i] = 0
		}
		t.rooms[i] = span{t.place(life.AddEnd), t.place(life.RemoveStart)}
		t.cover.add(t.rooms[i].from, t.rooms[i].to, 1)
		t.before[t.rooms[i].from+1]++
	}
	for place := range len(t.times) {
		t.before[place+1] += t.before[place]
	}
	t.late, t.early, t.able = newLowest(late), newLowest(early), newLowest(able)
	t.staying, t.ends = newLowest(staying), newLowest(ends)
}

func (t *tower) place(time int) int {
	at, _ := slices.BinarySearch(t.times, time)
	return at
}

// values are those of a part.
func (t *tower) values(part span) span { return span{t.before[part.from], t.before[part.to]} }

// split divides what is left of a part.
func (t *tower) split(part span) {
	for at := part.from; ; {
		at = t.cover.first(true, at, part.to)
		if at == part.to {
			return
		}
		end := t.cover.first(false, at, part.to)
		t.parts = append(t.parts, span{at, end})
		at = end
	}
}

// dismantle takes all parts apart that can be, until one has no bottom, which it
// returns.
func (t *tower) dismantle() (stuck span, ok bool) {
	for len(t.parts) > 0 {
		part := t.parts[len(t.parts)-1]
		bottom := t.bottom(part)
		if bottom == none {
			return part, false
		}
		t.parts = t.parts[:len(t.parts)-1]
		t.remove(bottom)
		t.split(part)
	}
	return span{}, true
}

// bottom is a value that can have been below all others of a part, or none.
func (t *tower) bottom(part span) int {
	values := t.values(part)
	t.release(t.late, values, t.times[part.from], func(i int) { t.ends.set(i, -t.lives[i].RemoveEnd) })
	t.release(t.early, values, -t.times[part.to], func(int) {})
	return t.able.first(values.from, values.to, 1)
}

// release takes those from a tree that it holds back no longer.
func (t *tower) release(held *lowest, values span, below int, then func(i int)) {
	for i := held.first(values.from, values.to, below); i != none; i = held.first(i+1, values.to, below) {
		held.set(i, gone)
		if t.ready[i] {
			t.able.set(i, 0)
		}
		t.ready[i] = true
		then(i)
	}
}

// remove takes a value out of the tower.
func (t *tower) remove(i int) {
	t.cover.add(t.rooms[i].from, t.rooms[i].to, -1)
	t.rooms[i].to = t.rooms[i].from
	for _, tree := range []*lowest{t.late, t.early, t.able, t.staying, t.ends} {
		tree.set(i, gone)
	}
}

// shorten lets a value that stays be popped from a time on. It may still have been
// popped as late as one likes.
func (t *tower) shorten(i, from int) {
	t.staying.set(i, gone)
	to := max(t.rooms[i].from, t.place(from))
	if to == t.rooms[i].from {
		t.remove(i)
		return
	}
	t.cover.add(to, t.rooms[i].to, -1)
	t.rooms[i].to = to
	t.lives[i].RemoveStart = from
}

// until is the time by which the first staying value of a part without a bottom must
// have been popped: as long as it was there, the part went on, and somebody was at
// the bottom who came before the part.
func (t *tower) until(part span) int {
	values := t.values(part)
	return -t.ends.least(values.from, values.to)
}

// proof are a staying value, the first one of a part, and the fewest others that
// cover the time before it.
func (t *tower) proof(part span, i int) []collection.Life {
	first := &t.lives[i]
	return t.chain(part, func(life *collection.Life) bool { return life == first || !life.Stays() })
}

// remaining are the values of a part that are still there, and want is true for.
func (t *tower) remaining(part span, want func(*collection.Life) bool) []collection.Life {
	var lives []collection.Life
	values := t.values(part)
	for i := values.from; i < values.to; i++ {
		if t.rooms[i].from < t.rooms[i].to && want(&t.lives[i]) {
			lives = append(lives, t.lives[i])
		}
	}
	return lives
}

// chain is the smallest number of values that cover all of a part, of those that
// are wanted, or nil if these do not.
func (t *tower) chain(part span, want func(*collection.Life) bool) []collection.Life {
	return collection.Chain(t.remaining(part, want), t.times[part.from], t.times[part.to])
}
