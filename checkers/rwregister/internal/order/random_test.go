package order

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/rwregister/internal/registers"
)

// draft is how random histories are made: so many transactions and keys, how many reads
// and writes each has at most, how often a read finds any version instead of the newest
// one, and how often nobody knows of a transaction or a read.
type draft struct {
	txns, keys, ops int
	old, unknown    float64
}

// draw is a random history. Transactions take effect at some time while they are under
// way, in a session whose last one is over.
func (d draft) draw(random *rand.Rand) small {
	s := small{&registers.History{Txns: make([]registers.Txn, d.txns+1), Keys: d.keys}, make([]string, d.txns+1), make([]string, d.keys)}
	effect := make([]int32, d.txns+1)
	times := random.Perm(3 * d.txns)
	for n := range d.txns {
		of := times[3*n:][:3]
		slices.Sort(of)
		s.Txns[n+1], effect[n+1] = registers.Txn{Invoke: int32(of[0]), Complete: int32(of[2])}, int32(of[1])
	}
	s.Txns[registers.Initial] = registers.Txn{Number: -1, Invoke: -1, Complete: -1, Chain: -1}
	slices.SortFunc(s.Txns, func(a, b registers.Txn) int { return cmp.Compare(a.Invoke, b.Invoke) })
	for n := 1; n <= d.txns; n++ {
		txn := &s.Txns[n]
		txn.Number, effect[n] = int32(n-1), txn.Invoke+random.Int32N(txn.Complete-txn.Invoke)
		for range random.IntN(d.ops + 1) {
			txn.Writes = append(txn.Writes, random.Int32N(int32(d.keys)))
		}
		slices.Sort(txn.Writes)
		txn.Writes = slices.Compact(txn.Writes)
		if txn.After = s.last(random, n); random.Float64() < d.unknown {
			txn.Complete = registers.Never
		}
	}
	for n := 1; n <= d.txns; n++ {
		for op := range random.IntN(d.ops + 1) {
			d.read(random, s, effect, n, op)
		}
	}
	for n := range s.txns {
		s.txns[n] = string(rune('@' + n))
	}
	s.txns[registers.Initial] = "-"
	for n := range s.keys {
		s.keys[n] = string(rune('u' + n))
	}
	return s
}

// last is a transaction that is over and the last of its session, or Initial.
func (s small) last(random *rand.Rand, t int) int32 {
	candidates := []int32{registers.Initial}
	for n := 1; n < t; n++ {
		followed := slices.ContainsFunc(s.Txns[1:t], func(txn registers.Txn) bool { return txn.After == int32(n) })
		if s.Txns[n].Complete < s.Txns[t].Invoke && !followed {
			candidates = append(candidates, int32(n))
		}
	}
	return candidates[random.IntN(len(candidates))]
}

// read lets a transaction read the newest version of a key by the time of its effect, or
// any at all.
func (d draft) read(random *rand.Rand, s small, effect []int32, t, op int) {
	txn, key := &s.Txns[t], random.Int32N(int32(d.keys))
	if random.Float64() < d.unknown/2 {
		txn.Unsure = append(txn.Unsure, key)
		return
	}
	versions, newest := []int32{registers.Initial}, int32(registers.Initial)
	for n := 1; n < len(s.Txns); n++ {
		if n == t || !s.Txns[n].Wrote(key) {
			continue
		}
		versions = append(versions, int32(n))
		if effect[n] < effect[t] && (newest == registers.Initial || effect[n] > effect[newest]) {
			newest = int32(n)
		}
	}
	if random.Float64() < d.old {
		newest = versions[random.IntN(len(versions))]
	}
	txn.Reads = append(txn.Reads, registers.Read{Key: key, From: newest, Op: int32(op)})
}

func TestRandomHistoriesAreDecidedLikeByTryingEverything(t *testing.T) {
	tally := &script.Tally{}
	script.Try(t, 4000, 4, func(t *testing.T, random *rand.Rand) bool {
		some := func(p ...float64) float64 { return p[random.IntN(len(p))] }
		d := draft{txns: random.IntN(6), keys: 1 + random.IntN(3), ops: 1 + random.IntN(3), old: some(0, 0.3, 0.6), unknown: some(0, 0.2)}
		s := d.draw(random)
		ok := true
		for kind := range kinds {
			for base := range bases {
				way := ways[random.IntN(len(ways))]
				r := Decide(t.Context(), s.History, Kind(kind), Base(base), way.limits)
				possible := newExecution(s.History, Kind(kind), Base(base)).possible()
				if r.Answer == Undecided || possible != (r.Answer == Kept) {
					t.Errorf("%s, %s, %s: %v, by trying everything %t: %s\n%v", kinds[kind], bases[base], way.name, r.Answer, possible, r.Why, s)
					ok = false
				}
				tally.Count(fmt.Sprint(kinds[kind], " ", bases[base], " ", possible))
				ok = ok && (r.Answer == Kept || explained(t, tally, s, r, Kind(kind), Base(base)))
			}
		}
		return ok
	})
	tally.CameUp(t, "serial free true", "serial realtime false", "snapshot free true", "snapshot free false", "prefix sessions true", "prefix sessions false",
		"cursor free true", "cursor free false", "committed free true", "committed realtime false", "a circle", "neither", "same", "search")
}

// Two write each key, blindly, and readers see one of the versions, and other writers
// besides: all is left to the search, which has to come back from many choices.
func TestRandomSearchesEndLikeAllChoices(t *testing.T) {
	tally := &script.Tally{}
	script.Try(t, 400, 20, func(t *testing.T, random *rand.Rand) bool {
		s := puzzle(t, random, 5+random.IntN(4), 3+3*random.Float64())
		kind := Kind(random.IntN(3))
		p := newProblem(s.History, kind, Free)
		if r := p.link(); r.Answer == Broken || !p.sort(nil) {
			t.Errorf("nothing is left to choose:\n%v", s)
			return false
		}
		p.openAll()
		possible := p.someChoice()
		r := p.search(t.Context(), DefaultLimits)
		tally.Count(fmt.Sprint(kinds[kind], " ", possible))
		if r.Answer == Undecided || possible != (r.Answer == Kept) {
			t.Errorf("%s: %v, by all choices %t: %s\n%v", kinds[kind], r.Answer, possible, r.Why, s)
			return false
		}
		if core := s.part(r.Core); r.Answer == Broken && Decide(t.Context(), core.History, kind, Free, DefaultLimits).Answer != Broken {
			t.Errorf("%s: %s have an order:\n%vof\n%v", kinds[kind], s.names(r.Core), core, s)
			return false
		}
		return true
	})
	tally.CameUp(t, "serial true", "serial false")
}

// puzzle has two writers of each key and so many readers for each writer.
func puzzle(t *testing.T, random *rand.Rand, keys int, readers float64) small {
	t.Helper()
	var text strings.Builder
	writer := func() (key, side int) { return random.IntN(keys), random.IntN(2) }
	for key := range keys {
		fmt.Fprintf(&text, "W%d.0 k%d! s%d.0!\nW%d.1 k%d! s%d.1!\n", key, key, key, key, key, key)
	}
	for n := range int(readers * float64(2*keys)) {
		key, side := writer()
		fmt.Fprintf(&text, "R%d k%d=W%d.%d", n, key, key, side)
		for range 1 + random.IntN(2) {
			if other, side := writer(); other != key {
				fmt.Fprintf(&text, " s%d.%d=W%d.%d", other, side, other, side)
			}
		}
		text.WriteByte('\n')
	}
	return read(t, text.String())
}

// someChoice says whether there is no circle for some choice of the open pairs.
func (p *problem) someChoice() bool {
	counts := make([]int, len(p.arcs))
	for m := range p.arcs {
		counts[m] = len(p.arcs[m])
	}
	order, rank, found := p.order, p.rank, false
	for choices := uint(0); choices < 1<<len(p.open) && !found; choices++ {
		for n, o := range p.open {
			k := &p.keys[o.key]
			if choices&(1<<n) != 0 {
				o.first, o.second = o.second, o.first
			}
			p.put(k, &k.chains[o.first], &k.chains[o.second], -1)
		}
		found = p.sort(nil)
		for m := range p.arcs {
			p.arcs[m] = p.arcs[m][:counts[m]]
		}
	}
	p.order, p.rank = order, rank
	return found
}

// explained says whether the reason of an answer is right: the core has no order by
// itself, and circles are circles of what the history shows.
func explained(t *testing.T, tally *script.Tally, s small, r Result, kind Kind, base Base) bool {
	t.Helper()
	if core := s.part(r.Core); newExecution(core.History, kind, base).possible() {
		t.Errorf("%s, %s: %s have an order:\n%vof\n%v", kinds[kind], bases[base], s.names(r.Core), core, s)
		return false
	}
	circles, what := r.Either, "search"
	switch {
	case r.Same:
		what = "same"
	case r.Cycle != nil:
		circles, what = [][]Step{r.Cycle}, "a circle"
	case r.Either != nil:
		what = "neither"
	}
	tally.Count(what)
	ok := true
	for _, circle := range circles {
		if problem := s.wrong(circle, r.Core); problem != "" {
			t.Errorf("%s, %s: %s: %s in\n%v", kinds[kind], bases[base], problem, s.told(circle), s)
			ok = false
		}
	}
	return ok
}

// wrong says what is wrong with a circle, if anything is.
func (s small) wrong(circle []Step, core []int32) string {
	for n, step := range circle {
		next := circle[(n+1)%len(circle)]
		from, to := &s.Txns[step.From], &s.Txns[step.To]
		switch {
		case step.To != next.From:
			return "it is no circle"
		case step.From == registers.Initial || !slices.Contains(core, step.From):
			return s.txns[step.From] + " is not in the core"
		case step.Kind == Read && !slices.ContainsFunc(to.Reads, func(r registers.Read) bool { return r.Key == step.Key && r.From == step.From }),
			step.Kind == Missed && !(to.Wrote(step.Key) && slices.ContainsFunc(from.Reads, func(r registers.Read) bool { return r.Key == step.Key && r.From != step.To })),
			step.Kind == Overwritten && !(from.Wrote(step.Key) && to.Wrote(step.Key)),
			step.Kind == Session && to.After != step.From,
			step.Kind == Clock && from.Complete >= to.Invoke,
			step.Kind == Within, (step.Key < 0) != (step.Kind == Session || step.Kind == Clock):
			return "a step is not so"
		case !step.Forced && step.Otherwise != nil, step.Forced && step.Kind != Missed && step.Kind != Overwritten:
			return "that step is not forced"
		}
		if step.Otherwise != nil {
			if problem := s.wrong(step.Otherwise, core); problem != "" {
				return "otherwise " + problem
			}
		}
	}
	return ""
}
