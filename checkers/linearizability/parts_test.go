package linearizability

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/anishathalye/porcupine"

	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/harness/history"
)

// opened is the only register of a history.
func opened(t *testing.T, h *history.History) *register {
	t.Helper()
	keys := history.ByKey(h.Calls())
	if len(keys) != 1 {
		t.Fatalf("%d keys", len(keys))
	}
	r, err := parse(keys[0])
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func decide(t *testing.T, ops []operation) outcome {
	t.Helper()
	got := searchWithin(64<<20)(t.Context(), ops)
	if got != legal && got != illegal {
		t.Fatalf("outcome %d of %d operations", got, len(ops))
	}
	return got
}

// Detection hides what the search does, and the other way round: here each is
// held to account by itself.
func TestRandomHistoriesByEachPart(t *testing.T) {
	tally := &script.Tally{}
	script.Try(t, 1_000, 10, func(t *testing.T, random *rand.Rand) bool {
		h := smallHistory(random)
		r := opened(t, h)
		want := illegal
		if oracle(h.Calls()) {
			want = legal
		}
		values := len(r.values)
		refined := refine(r.ops, values)
		found := detect(r, refined, values+1)
		ok := true
		for what, holds := range map[string]bool{
			"search":            decide(t, r.ops) == want,
			"search of refined": decide(t, refined) == want,
			"detection":         found == nil || want == illegal,
			"witness":           found == nil || decide(t, alone(refined, found.witness(), values+1)) == illegal,
			"refined is not more": len(refined) <= len(r.ops) &&
				!slices.ContainsFunc(refined, func(o operation) bool { return o.start >= o.end }),
		} {
			if !holds {
				ok = false
				t.Errorf("%s: %v with %+v, want %v:\n%s%+v", what, want, found, want, script.String(h), refined)
			}
		}
		if want == illegal && found != nil {
			tally.Count("detected")
		}
		tally.Count([]string{legal: "legal", illegal: "illegal"}[want])
		return ok && partsOfLegalAreLegal(t, random, refined, values+1, want)
	})
	tally.Log(t)
}

// partsOfLegalAreLegal says whether what shrinking takes away from a legal
// history leaves a legal one: only then does an illegal part prove anything.
func partsOfLegalAreLegal(t *testing.T, random *rand.Rand, ops []operation, values int, is outcome) bool {
	if is != legal || len(ops) == 0 {
		return true
	}
	lo := random.IntN(len(ops))
	hi := lo + 1 + random.IntN(len(ops)-lo)
	few := random.Perm(len(ops))[:1+random.IntN(len(ops))]
	slices.Sort(few)
	for what, part := range map[string][]operation{
		"taken":   take(ops, lo, hi, values),
		"until":   until(ops, ops[random.IntN(len(ops))].start+random.IntN(6)),
		"alone":   alone(ops, withoutMismatches(ops, few), values),
		"several": take(take(ops, lo, hi, values), 0, len(take(ops, lo, hi, values))/2, values),
	} {
		if decide(t, part) == illegal {
			t.Errorf("%s: %+v of %+v", what, part, ops)
			return false
		}
	}
	return true
}

// withoutMismatches leaves out what a witness has only where it is not a matter
// of what others left.
func withoutMismatches(ops []operation, few []int) []int {
	return slices.DeleteFunc(few, func(i int) bool { return ops[i].kind == mismatch })
}

func TestRandomPartsAreMinimal(t *testing.T) {
	script.Try(t, 1_000, 10, func(t *testing.T, random *rand.Rand) bool {
		r := opened(t, smallHistory(random))
		values := len(r.values)
		ops := refine(r.ops, values)
		if decide(t, ops) == legal {
			return true
		}
		part, minimal := shrink(t.Context(), searchWithin(64<<20), ops, values+1)
		if decide(t, part) != illegal || !minimal {
			t.Errorf("%+v (minimal %v) of %+v", part, minimal, ops)
			return false
		}
		for i := range part {
			if rest := take(part, i, i+1, values+1); len(rest) < len(part) && decide(t, rest) == illegal {
				t.Errorf("%+v is not minimal: %+v", part, rest)
				return false
			}
		}
		return true
	})
}

// naive is porcupine with the plainest model there is: what the checker would be
// without refinement, detection, budgets and the order of what may not have
// happened.
func naive(ops []operation) bool {
	model := porcupine.Model{
		Init: func() any { return notFound },
		Step: func(from, input, _ any) (bool, any) {
			holds, op := from.(value), input.(*operation)
			switch {
			case op.kind == write:
				return true, op.new
			case op.kind == read:
				return holds == op.old, holds
			case op.kind == mismatch:
				return holds != op.old, holds
			case holds == op.old:
				return true, op.new
			}
			return op.maybe, holds
		},
	}
	all := make([]porcupine.Operation, len(ops))
	for i := range ops {
		all[i] = porcupine.Operation{ClientId: i, Input: &ops[i], Call: int64(ops[i].start), Return: int64(ops[i].end)}
	}
	return porcupine.CheckOperations(model, all)
}

func TestRandomLongerHistoriesAreJudgedLikeByPlainPorcupine(t *testing.T) {
	tally := &script.Tally{}
	script.Try(t, 500, 20, func(t *testing.T, random *rand.Rand) bool {
		system := &reg{random: random, lies: []float64{0, 0.02, 0.1}[random.IntN(3)], values: []int{0, 0, 3, 5}[random.IntN(4)]}
		c := script.Clients{Random: random, System: system, Trouble: []float64{0, 0.03}[random.IntN(2)]}
		r := opened(t, c.Work(2+random.IntN(4), 10+random.IntN(50)))
		uncertain := 0
		for i := range r.ops {
			if r.ops[i].maybe {
				uncertain++
			}
		}
		if uncertain > 6 {
			return true // plain porcupine would take for ever
		}
		c2 := checker{search: searchWithin(64 << 20), workers: 1}
		trial := newTrial(r)
		trial.prepare(t.Context(), c2.search)
		if trial.outcome == undecided {
			trial.outcome = c2.search(t.Context(), trial.ops)
		}
		want := illegal
		if naive(r.ops) {
			want = legal
		}
		tally.Count([]string{legal: "legal", illegal: "illegal"}[want])
		if trial.outcome != want {
			t.Errorf("%d, want %d: %+v", trial.outcome, want, r.ops)
			return false
		}
		return true
	})
	tally.Log(t)
}
