package spectrum_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/linearizability"
	"github.com/assaykit/assay/checkers/linearizability/register"
	"github.com/assaykit/assay/checkers/session/trace/weak"
	"github.com/assaykit/assay/harness/history"
)

// finish makes the reads from some place on final ones, at several nodes.
func finish(random *rand.Rand, h *history.History) {
	from := random.IntN(len(h.Ops))
	final := map[int]bool{}
	for i := range h.Ops {
		op := &h.Ops[i]
		op.Node = fmt.Sprint("n", op.Process%3)
		if op.Type == history.Invoke {
			final[op.Process] = op.F == "read" && i >= from
		}
		op.Final = final[op.Process]
	}
}

// TestPromisesImplyTheWeakerOnes compares judgements that share nothing but the
// history: what keeps a promise keeps all weaker ones.
func TestPromisesImplyTheWeakerOnes(t *testing.T) {
	linearizable := linearizability.New(register.Type())
	tally := &script.Tally{}
	script.Try(t, 4_000, 4, func(t *testing.T, random *rand.Rand) bool {
		h := weak.Small(random, 11)
		finish(random, h)
		strongest, err := linearizable.Check(t.Context(), h)
		if err != nil {
			t.Error(err)
			return false
		}
		got := checkWith(t, linearizable, h)
		all := checkWith(t, undecided{}, h)
		if got.Validity != strongest.Validity {
			t.Errorf("%v, but %v by itself:\n%s", got.Validity, strongest.Validity, script.String(h))
			return false
		}
		if strongest.Validity == checkers.Valid && all.Validity == checkers.Invalid {
			t.Errorf("linearizable, but %s:\n%s", all.Reason, script.String(h))
			return false
		}
		if len(all.Parts) == 0 {
			return true
		}
		inOrder, causal := all.Parts[1].Validity, all.Parts[2].Validity
		tally.Count(fmt.Sprintf("linearizable %v, sequential %v", strongest.Validity, inOrder))
		for _, part := range all.Parts[2:] {
			tally.Count(fmt.Sprint(part.Checker, " ", part.Validity))
			weaker := part.Checker != "eventual agreement" && part.Checker != "staleness"
			if part.Validity == checkers.Invalid && (weaker && (inOrder == checkers.Valid || causal == checkers.Valid) || strongest.Validity == checkers.Valid) {
				t.Errorf("linearizable %v, sequential %v, but %s: %s:\n%s", strongest.Validity, inOrder, part.Checker, part.Reason, script.String(h))
				return false
			}
		}
		return got.Validity != checkers.Invalid || script.PointsAtCalls(t, h, got)
	})
	tally.Log(t)
}
