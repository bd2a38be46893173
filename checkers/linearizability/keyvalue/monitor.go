package keyvalue

import (
	"cmp"
	"slices"

	"github.com/assaykit/assay/checkers/linearizability/object"
)

var _ object.Monitor = (*store)(nil)

// Monitor goes along the line of versions. It is undecided where an operation of
// unknown outcome, whose version nobody knows, might explain what contradicts the
// rest.
//
// What somebody found was so at some positions of the line. Operations have an order
// if each can be given such a position, so that of two of which one ended before the
// other began the latter is not further ahead. Taking them in the order of their
// starts, and for each the first position that those before it leave, gives the
// least positions of all: if these do not do, none do.
func (s *store) Monitor(ops []object.Op) (object.Outcome, []int) {
	v := s.judge(ops)
	switch {
	case v.illegal():
		return object.Illegal, v.itself()
	case v.open:
		return object.Undecided, nil
	}
	return object.Legal, nil
}

func (s *store) judge(ops []object.Op) *verdict {
	l, twice := lineOf(s, ops)
	v := &verdict{line: l, maybe: s.maybe(ops)}
	if twice != nil {
		v.convict(VersionTwice, twice[0], twice[1])
		return v
	}
	v.changesInTime()
	v.changesInTurn()
	v.place(func(c *class) bool { return c.kind == found })
	v.loose = slices.Contains(v.maybe, true)
	v.place(func(c *class) bool { return !c.changes() })
	return v
}

// maybe says which keys have changes of unknown outcome.
func (s *store) maybe(ops []object.Op) []bool {
	maybe := make([]bool, len(s.keys))
	for i := range ops {
		if ops[i].Maybe {
			maybe[s.classes[ops[i].Class].key] = true
		}
	}
	return maybe
}

// verdict is what is known so far.
type verdict struct {
	*line
	maybe []bool
	// anomaly is the name of the first contradiction, culprit who cannot have been
	// answered so, and witness all operations that show it.
	anomaly string
	culprit int
	witness []int
	// open is set if there is one that operations of unknown outcome might explain,
	// and loose while all of them are of this kind.
	open, loose bool
}

func (v *verdict) illegal() bool { return len(v.witness) > 0 }

// convict notes a contradiction between a culprit and others.
func (v *verdict) convict(anomaly string, culprit int, others ...int) {
	if v.illegal() || v.loose {
		v.open = v.open || v.loose
		return
	}
	v.anomaly, v.culprit, v.witness = anomaly, culprit, []int{culprit}
	for _, i := range others {
		if i != none && !slices.Contains(v.witness, i) {
			v.witness = append(v.witness, i)
		}
	}
}

// suspect notes one that an operation of unknown outcome on the key might explain.
func (v *verdict) suspect(key int32, anomaly string, culprit int, others ...int) {
	if v.maybe[key] {
		v.open = true
		return
	}
	v.convict(anomaly, culprit, others...)
}

// changesInTime finds a change that was over before one of a smaller version began.
func (v *verdict) changesInTime() {
	for p, i := range v.changes {
		if p > 0 && i != none && v.latest[p-1] != none && v.ops[i].End < v.ops[v.latest[p-1]].Start {
			v.convict(VersionNotGrowing, v.latest[p-1], i)
		}
	}
}

// changesInTurn finds a change that the one before it on its key does not allow.
func (v *verdict) changesInTurn() {
	for key, positions := range v.ofKey {
		before := none
		for _, p := range positions {
			v.inTurn(int32(key), before, p)
			before = p
		}
	}
}

func (v *verdict) inTurn(key int32, before, p int) {
	if v.allows(before, p) {
		return
	}
	c, i := v.class(p), v.changes[p]
	last, sooner := v.changeAt(before), none
	if before >= 0 {
		at, _ := v.before(key, before-1)
		sooner = v.changeAt(at)
	}
	switch owner, owned := v.owner(c.expected); {
	case c.kind == remove:
		v.suspect(key, DeletedNothing, i, last, sooner)
	case c.expected != gone && owned:
		// What was replaced before cannot come again, whatever else happened.
		v.convict(LostUpdate, i, v.changes[owner], last)
	default:
		v.suspect(key, LostUpdate, i, last)
	}
}

// ending is an operation with a position.
type ending struct{ end, place, position int }

// place gives positions to those who found what they are asked about. If these are
// gets of a value, no operation of unknown outcome can help. The positions of the
// others might be less with the help of one, on whatever key, so that a
// contradiction is only one if there is none.
func (v *verdict) place(asked func(*class) bool) {
	var ended []ending // in order of their starts: the ends come in order of a heap
	var waiting endings
	for p, i := range v.changes {
		if i != none {
			ended = append(ended, ending{v.ops[i].End, i, p})
		}
	}
	slices.SortFunc(ended, func(a, b ending) int { return cmp.Compare(a.end, b.end) })
	reached := ending{place: none, position: -1}
	next := 0
	for i := range v.ops {
		c := &v.store.classes[v.ops[i].Class]
		if c.changes() || !asked(c) || v.ops[i].Maybe || v.illegal() {
			continue
		}
		for ; next < len(ended) && ended[next].end < v.ops[i].Start; next++ {
			reached = further(reached, ended[next])
		}
		for len(waiting) > 0 && waiting[0].end < v.ops[i].Start {
			reached = further(reached, waiting.pop())
		}
		waiting.push(ending{v.ops[i].End, i, v.placed(i, c, reached)})
	}
}

func further(a, b ending) ending {
	if b.position > a.position {
		return b
	}
	return a
}

// placed is the first position that an operation can have, where others before it
// have reached some position.
func (v *verdict) placed(i int, c *class, reached ending) int {
	p, is := v.first(c, reached.position)
	owner, owned := v.owner(c.version)
	switch {
	case !is, c.kind == found && owned && v.class(owner).value != c.value:
		v.stale(i, c, reached)
		return reached.position
	case p >= 0 && v.latest[p] != none && v.ops[v.latest[p]].Start > v.ops[i].End:
		v.early(i, c, v.latest[p], reached)
	}
	return p
}

// stale is for who found what had been over when it began.
func (v *verdict) stale(i int, c *class, reached ending) {
	owner, owned := v.owner(c.version)
	switch {
	case c.kind != found:
		v.convict(c.wrong(), i, v.around(c, reached)...)
	case !owned:
		v.unowned(i, c)
	case !v.puts(owner, c.key) || v.class(owner).value != c.value:
		v.convict(WrongValue, i, v.changes[owner])
	default:
		v.convict(StaleRead, i, v.changes[owner], v.changeAt(v.next[owner]), reached.place, v.ownerOf(reached.place), v.revisionOf(c))
	}
}

// wrong is what a wrong answer about another version, or none, is called.
func (c *class) wrong() string {
	if c.kind == missed {
		return Missing
	}
	return WrongMismatch
}

// unowned is for who found a version that no change has got.
func (v *verdict) unowned(i int, c *class) {
	for j := range v.ops {
		if d := &v.store.classes[v.ops[j].Class]; v.ops[j].Maybe && d.changes() && d.key == c.key && d.value == c.value && v.ops[j].Start < v.ops[i].End {
			v.open = true
			return
		}
	}
	v.convict(Phantom, i)
}

// around are the operations that tell what a key held where somebody looked at it.
func (v *verdict) around(c *class, reached ending) []int {
	places := []int{reached.place, v.ownerOf(reached.place), v.revisionOf(c)}
	position := reached.position
	if at, told := v.at(c.revision); told {
		position = max(position, at)
	}
	if last, _ := v.before(c.key, position); last >= 0 {
		places = append(places, v.changes[last])
	}
	if owner, owned := v.owner(c.expected); owned {
		places = append(places, v.changes[owner])
	}
	return places
}

// early is for who found what came only after it was done.
func (v *verdict) early(i int, c *class, late int, reached ending) {
	if c.kind != found {
		v.convict(c.wrong(), i, append(v.around(c, reached), late)...)
		return
	}
	v.convict(Phantom, i, v.ownerOf(i), late, v.revisionOf(c))
}

// changeAt is the change at a position, or none.
func (v *verdict) changeAt(p int) int {
	if p < 0 || p >= len(v.changes) {
		return none
	}
	return v.changes[p]
}

// ownerOf is the change whose value an operation found, or none.
func (v *verdict) ownerOf(i int) int {
	if i == none {
		return none
	}
	c := &v.store.classes[v.ops[i].Class]
	if p, owned := v.owner(c.version); owned && c.kind == found {
		return v.changes[p]
	}
	return none
}

// revisionOf is the change that made the revision which a get told of, or none.
func (v *verdict) revisionOf(c *class) int {
	if p, owned := v.owner(c.revision); owned {
		return v.changes[p]
	}
	return none
}

// itself is the witness, if it is illegal by itself. Where positions hang together
// over many keys it may need more operations: then it is all of them.
func (v *verdict) itself() []int {
	places := slices.Sorted(slices.Values(v.witness))
	var part []object.Op
	for _, i := range places {
		part = append(part, v.ops[i])
	}
	if len(part) == len(v.ops) || v.store.judge(part).illegal() {
		return places
	}
	all := make([]int, len(v.ops))
	for i := range all {
		all[i] = i
	}
	return all
}
