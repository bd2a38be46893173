package weak_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/rwregister/internal/registers"
	"github.com/assaykit/assay/checkers/rwregister/internal/weak"
)

// draft is how random histories are made: so many transactions, keys and sessions, how
// many reads each transaction has at most, how often it sees another moment than that of
// its invocation, how often each of its reads does by itself, and how often nobody knows
// its outcome.
type draft struct {
	txns, keys, sessions, reads int
	old, apart, lost            float64
}

func anyDraft(random *rand.Rand) draft {
	some := func(p ...float64) float64 { return p[random.IntN(len(p))] }
	return draft{txns: random.IntN(7), keys: 1 + random.IntN(5), sessions: 1 + random.IntN(4), reads: 1 + random.IntN(5),
		old: some(0.1, 0.3, 0.6), apart: some(0, 0.1, 0.4), lost: some(0, 0.2)}
}

// draw is the text of a random history.
func (d draft) draw(random *rand.Rand) string {
	writes := make([][]int, d.txns)
	for t := range writes {
		writes[t] = random.Perm(d.keys)[:random.IntN(d.keys+1)]
	}
	var text strings.Builder
	for t := range d.txns {
		fmt.Fprintf(&text, "%c@%d", 'A'+t, random.IntN(d.sessions))
		if random.Float64() < d.lost {
			text.WriteByte('?')
		}
		moment := t
		for n := range random.IntN(d.reads + 1) {
			if n == 0 && random.Float64() < d.old || random.Float64() < d.apart {
				moment = random.IntN(d.txns + 1)
			}
			key := random.IntN(d.keys)
			fmt.Fprintf(&text, " %c=%c", 'u'+key, newest(writes[:moment], key, t))
		}
		for _, key := range writes[t] {
			fmt.Fprintf(&text, " %c!", 'u'+key)
		}
		text.WriteByte('\n')
	}
	return text.String()
}

// newest is the name of the last writer of a key but one.
func newest(writes [][]int, key, but int) rune {
	for t := len(writes) - 1; t >= 0; t-- {
		if t != but && slices.Contains(writes[t], key) {
			return 'A' + rune(t)
		}
	}
	return '-'
}

// spread renumbers the chains, with idle ones between them, so that they are not looked at
// together.
func (s *small) spread(random *rand.Rand) {
	s.Chains = 200
	numbers := random.Perm(s.Chains)
	for t := 1; t < len(s.Txns); t++ {
		s.Txns[t].Chain = int32(numbers[s.Txns[t].Chain])
	}
}

func TestRandomHistoriesAreJudgedLikeByAllCommitOrders(t *testing.T) {
	tally := &script.Tally{}
	script.Try(t, 3000, 4, func(t *testing.T, random *rand.Rand) bool {
		text := anyDraft(random).draw(random)
		s := read(t, text)
		if random.IntN(2) == 0 {
			s.spread(random)
		}
		judge, ok := weak.New(s.History), true
		for _, n := range random.Perm(len(levels)) {
			l := level(n)
			v, want := ask(judge, l), possible(s.History, l)
			tally.Count(fmt.Sprint(levels[l], " ", want))
			if v.kept(s.History, l) != want {
				t.Errorf("%s: by all orders %t; %s, %+v:\n%s", levels[l], want, s.told(v.demands), v, text)
				ok = false
			}
			if problem := s.wrong(v, l); problem != "" {
				t.Errorf("%s: %s; %s, %+v:\n%s", levels[l], problem, s.told(v.demands), v, text)
				ok = false
			}
		}
		return ok
	})
	tally.CameUp(t, "monotonic atomic view true", "monotonic atomic view false", "read atomic true", "read atomic false", "causal true", "causal false")
}

// wrong says what is wrong with a verdict, apart from whether the level is kept.
func (s *small) wrong(v verdict, l level) string {
	sees := flows(s.History, true).closure()
	if circular := sees.shortest() < far; l == causal && v.circular != circular {
		return fmt.Sprintf("circular is %t", circular)
	}
	if v.circular && v.demands != nil {
		return "there are demands, though it is circular"
	}
	for _, d := range v.demands {
		if !s.follows(d, l, sees) {
			return s.told([]weak.Demand{d}) + " does not follow"
		}
	}
	if want := s.unrepeatable(); l == readAtomic && !slices.Equal(v.unrepeatable, want) {
		return fmt.Sprintf("%v cannot be repeated", want)
	}
	return ""
}

// follows says whether a demand is one by the axioms, and its key of seeing is right.
func (s *small) follows(d weak.Demand, l level, sees distances) bool {
	if d.Before == registers.Initial || d.Before == d.After || !s.Txns[d.Before].Wrote(d.Key) {
		return false
	}
	reads := s.Txns[d.Reader].Reads
	for n, r := range reads {
		if r.Key != d.Key || r.From != d.After || !visible(s.History, l, d.Before, d.Reader, n, sees) {
			continue
		}
		if l == monotonicAtomicView {
			reads = reads[:n]
		}
		if d.Seen < 0 {
			return l == causal && !slices.ContainsFunc(reads, func(r registers.Read) bool { return r.From == d.Before })
		}
		if slices.ContainsFunc(reads, func(r registers.Read) bool { return r.From == d.Before && r.Key == d.Seen }) {
			return true
		}
	}
	return false
}

// unrepeatable are of each transaction that read a key from two others the first read that
// shows it, and the first one of the same key.
func (s *small) unrepeatable() (all []weak.Unrepeatable) {
	for t := range s.Txns {
		all = append(all, firstUnrepeatable(int32(t), s.Txns[t].Reads)...)
	}
	return all
}

func firstUnrepeatable(reader int32, reads []registers.Read) []weak.Unrepeatable {
	for second, r := range reads {
		first := slices.IndexFunc(reads, func(other registers.Read) bool { return other.Key == r.Key })
		if reads[first].From != r.From {
			return []weak.Unrepeatable{{Reader: reader, First: int32(first), Second: int32(second)}}
		}
	}
	return nil
}

func TestRandomJudgesCanBeAskedAgain(t *testing.T) {
	script.Try(t, 500, 4, func(t *testing.T, random *rand.Rand) bool {
		text := anyDraft(random).draw(random)
		s := read(t, text)
		judge := weak.New(s.History)
		var asked []level
		var got []verdict
		for range 6 {
			l := level(random.IntN(len(levels)))
			asked, got = append(asked, l), append(got, ask(judge, l))
		}
		for n, l := range asked { // when all were asked: no answer is written over
			if want := ask(weak.New(s.History), l); !reflect.DeepEqual(got[n], want) {
				t.Errorf("%v: answer %d is %+v, want %+v:\n%s", asked, n, got[n], want, text)
				return false
			}
		}
		return true
	})
}

// demands are any between some transactions.
func (s *small) demands(random *rand.Rand) (all []weak.Demand) {
	if len(s.Txns) == 1 {
		return nil
	}
	for range random.IntN(8) {
		before, after := 1+random.IntN(len(s.Txns)-1), random.IntN(len(s.Txns))
		if before != after && (after != registers.Initial || random.IntN(4) == 0) {
			all = append(all, weak.Demand{Before: int32(before), After: int32(after)})
		}
	}
	return all
}

func TestRandomCyclesAreShortest(t *testing.T) {
	tally := &script.Tally{}
	script.Try(t, 5000, 1, func(t *testing.T, random *rand.Rand) bool {
		d := anyDraft(random)
		d.txns, d.keys = random.IntN(10), 4
		text := d.draw(random)
		s := read(t, text)
		sessions, demands := random.IntN(2) == 0, s.demands(random)
		cycle := weak.Cycle(s.History, sessions, demands)
		steps := flows(s.History, sessions).demanded(demands)
		broken := slices.ContainsFunc(pairs(cycle), func(p [2]int32) bool { return steps[p[0]][p[1]] != 1 })
		want := steps.closure().shortest()
		tally.Count(fmt.Sprint(min(want, 5)))
		if broken || len(cycle) != want && (cycle != nil || want < far) {
			t.Errorf("%s, sessions count %t: %q, want one of %d:\n%s", s.told(demands), sessions, s.circle(cycle), want, text)
			return false
		}
		return true
	})
	tally.CameUp(t, "2", "3", "4", "5")
}

// pairs are the steps of a cycle.
func pairs(cycle []int32) (all [][2]int32) {
	for n, t := range cycle {
		all = append(all, [2]int32{t, cycle[(n+1)%len(cycle)]})
	}
	return all
}

func TestRandomPathsAreShortest(t *testing.T) {
	tally := &script.Tally{}
	script.Try(t, 1000, 4, func(t *testing.T, random *rand.Rand) bool {
		d := anyDraft(random)
		d.txns = random.IntN(10)
		text := d.draw(random)
		s := read(t, text)
		steps, lengths := flows(s.History, true), flows(s.History, true).closure()
		for from := 1; from < len(s.Txns); from++ {
			for to := 1; to < len(s.Txns); to++ {
				way, want := weak.Path(s.History, int32(from), int32(to)), lengths[from][to]
				tally.Count(fmt.Sprint(min(want, 5)))
				if !isWay(way, from, to, want, steps) {
					t.Errorf("from %s to %s: %q, want one of %d steps:\n%s", s.txns[from], s.txns[to], s.names(way), want, text)
					return false
				}
			}
		}
		return true
	})
	tally.CameUp(t, "1", "2", "3", "5")
}

// isWay says whether a path is one of so many steps; there is none from a transaction to
// itself.
func isWay(way []int32, from, to, length int, steps distances) bool {
	if from == to || length == far {
		return way == nil
	}
	if len(way) != length+1 || way[0] != int32(from) || way[length] != int32(to) {
		return false
	}
	for n := range length {
		if steps[way[n]][way[n+1]] != 1 {
			return false
		}
	}
	return true
}
