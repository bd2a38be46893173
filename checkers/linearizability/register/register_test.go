package register_test

import (
	"flag"
	"strings"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/linearizability"
	"github.com/assaykit/assay/checkers/linearizability/register"
	"github.com/assaykit/assay/checkers/linearizability/trial"
	"github.com/assaykit/assay/harness/history"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func check(t testing.TB, h *history.History) checkers.Verdict {
	t.Helper()
	v, err := linearizability.New(register.Type()).Check(t.Context(), h)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// known are histories whose verdicts are known.
var known = []struct {
	name string
	want string // valid, unknown, or an anomaly
	text string
}{
	{"one after another", "valid", `
		0 invoke write 1
		0 ok write 1
		1 invoke read
		1 ok read 1
		1 invoke cas [1,2]
		1 ok cas [1,2]
		0 invoke read
		0 ok read 2`},
	{"not found before the first write", "valid", `
		0 invoke read
		1 invoke write 1
		1 ok write 1
		0 ok read null`},
	{"keys are registers of their own", "valid", `
		0 invoke write 1 key=a
		0 ok write 1 key=a
		0 invoke read key=b
		0 ok read null key=b`},
	{"a crashed compare-and-set may never have happened", "valid", `
		0 invoke write 1
		0 ok write 1
		1 invoke cas [1,2]
		1 info cas [1,2] !timeout
		0 invoke read
		0 ok read 1`},
	{"a crashed compare-and-set may happen late", "valid", `
		0 invoke write 1
		0 ok write 1
		1 invoke cas [1,2]
		1 info cas [1,2] !timeout
		0 invoke read
		0 ok read 1
		0 invoke read
		0 ok read 2`},
	{"but only once, and not back", register.StaleRead, `
		0 invoke write 1 node=n1
		0 ok write 1 node=n1
		1 invoke cas [1,2] node=n2
		1 info cas [1,2] node=n2 !timeout
		0 invoke read node=n1
		0 ok read 2 node=n1
		0 invoke read node=n1
		0 ok read 1 node=n1`},
	{"a write that never returned was read", "valid", `
		0 invoke write 1
		1 invoke read
		1 ok read 1
		1 invoke read
		1 ok read 1`},
	{"a write that never returned was never seen", "valid", `
		0 invoke write 1
		1 invoke read
		1 ok read null`},
	{"a read without an answer tells nothing", "valid", `
		0 invoke read
		1 invoke write 1
		1 ok write 1
		2 invoke read
		2 info read !timeout`},
	{"all at the same time", "valid", `
		0 invoke write 1 at=5s
		1 invoke read at=5s
		1 ok read null at=5s
		2 invoke read at=5s
		2 ok read 1 at=5s
		0 ok write 1 at=5s`},
	{"the order of lines counts where the clock stood still", register.StaleRead, `
		0 invoke write 1 at=5s
		0 ok write 1 at=5s
		1 invoke read at=5s
		1 ok read null at=5s`},
	{"a mismatch tells something", register.WrongMismatch, `
		0 invoke write 1
		0 ok write 1
		1 invoke cas [1,2]
		1 fail cas [1,2] !mismatch
		0 invoke read
		0 ok read 1`},
	{"a mismatch while a write was under way", "valid", `
		0 invoke write 1
		1 invoke cas [1,2]
		1 fail cas [1,2] !mismatch
		0 ok write 1
		0 invoke read
		0 ok read 1`},
	{"a crashed write explains a mismatch", "valid", `
		0 invoke write 1
		0 ok write 1
		1 invoke write 7
		1 info write 7 !timeout
		2 invoke cas [1,2]
		2 fail cas [1,2] !mismatch`},
	{"but not if the value was there again", register.WrongMismatch, `
		0 invoke write 1
		0 ok write 1
		1 invoke write 7
		1 info write 7 !timeout
		2 invoke cas [1,2]
		2 fail cas [1,2] !mismatch
		0 invoke read
		0 ok read 1`},
	{"other failures tell nothing", "valid", `
		0 invoke cas [1,2]
		0 fail cas [1,2] !no leader
		1 invoke write 1
		1 ok write 1
		0 invoke write 2
		0 fail write 2 !mismatch
		0 invoke read
		0 ok read 1`},
	{"a write was missed", register.StaleRead, `
		0 invoke write 1 node=n1 key=k4
		0 ok write 1 node=n1 key=k4
		1 invoke write 2 node=n2 key=k4
		1 ok write 2 node=n2 key=k4
		2 invoke read node=n3 key=k4
		2 ok read 1 node=n3 key=k4
		1 invoke read node=n2 key=k4
		1 ok read 2 node=n2 key=k4`},
	{"two values take turns", register.StaleRead, `
		0 invoke write 1
		1 invoke write 2
		2 invoke read
		2 ok read 1
		2 invoke read
		2 ok read 2
		2 invoke read
		2 ok read 1
		0 ok write 1
		1 ok write 2`},
	{"nothing was found after a write", register.LostWrite, `
		0 invoke write 1
		0 ok write 1
		1 invoke read final
		1 ok read null final`},
	{"the system went on from an older value", register.LostWrite, `
		0 invoke write 1
		0 ok write 1
		1 invoke write 2
		1 ok write 2
		0 invoke cas [1,3]
		0 ok cas [1,3]
		1 invoke read
		1 ok read 3`},
	{"a value out of nowhere", register.PhantomRead, `
		0 invoke write 1
		0 ok write 1
		1 invoke read
		1 ok read 9`},
	{"a value from the future", register.PhantomRead, `
		1 invoke read
		1 ok read 1
		0 invoke write 1
		0 ok write 1`},
	{"a value that failed", register.DirtyRead, `
		0 invoke write 1
		0 fail write 1 !no leader
		1 invoke read
		1 ok read 1`},
	{"two replaced the same value", register.SplitBrain, `
		0 invoke write 1
		0 ok write 1
		1 invoke cas [1,2] node=n1
		2 invoke cas [1,3] node=n2
		1 ok cas [1,2] node=n1
		2 ok cas [1,3] node=n2`},
	{"few values: two writes of 1, and three turns", trial.NotLinearizable, `
		0 invoke write 1
		0 ok write 1
		1 invoke write 1
		2 invoke write 2
		3 invoke read
		3 ok read 2
		3 invoke read
		3 ok read 1
		3 invoke read
		3 ok read 2
		1 ok write 1
		2 ok write 2`},
	{"a chain that bites its tail", trial.NotLinearizable, `
		0 invoke cas [1,2]
		1 invoke cas [2,3]
		2 invoke cas [3,1]
		0 ok cas [1,2]
		1 ok cas [2,3]
		2 ok cas [3,1]`},
	{"an addition tells what was there before", "valid", `
		0 invoke add 2
		0 ok add null
		1 invoke add [3]
		1 ok add [3]
		2 invoke add 0
		2 ok add 5
		0 invoke add -5
		0 info add -5 !timeout
		1 invoke read
		1 ok read 0`},
	{"two additions to the same", register.SplitBrain, `
		0 invoke add 1
		0 ok add null
		1 invoke add 1
		1 ok add 1
		2 invoke add 1
		2 ok add 1`},
	{"two additions found nothing", register.SplitBrain, `
		0 invoke add 1
		0 ok add null
		1 invoke add 2
		1 ok add null`},
	{"an addition was missed", register.StaleRead, `
		0 invoke add 1
		0 ok add null
		1 invoke add 1
		1 ok add 1
		2 invoke read
		2 ok read 1
		0 invoke read
		0 ok read 2`},
	{"an addition without an answer was forgotten", trial.NotLinearizable, `
		0 invoke add [1]
		0 ok add [1]
		1 invoke add [1]
		1 ok add [1]
		2 invoke read
		2 ok read 1`},
	{"nothing", "unknown", ``},
	{"nothing succeeded", "unknown", `
		0 invoke write 1
		0 fail write 1 !refused
		1 invoke write 2
		1 info write 2 !timeout
		2 invoke read
		2 fail read !refused`},
	{"an operation of another kind", "unknown", `
		0 invoke write 1
		0 ok write 1
		0 invoke append 1
		0 ok append 1`},
	{"a write of no integer", "unknown", `
		0 invoke write "one"
		0 ok write "one"`},
	{"a read of a list", "unknown", `
		0 invoke read
		0 ok read [1]`},
	{"an addition of a string", "unknown", `
		0 invoke add "1"
		0 ok add "1"`},
	{"an addition that found a string", "unknown", `
		0 invoke add 1
		0 ok add "1"`},
	{"an addition of a list", "unknown", `
		0 invoke add [[1]]
		0 ok add [[1]]`},
	{"a compare-and-set of one value", "unknown", `
		0 invoke cas [1]
		0 ok cas [1]`},
	{"a compare-and-set of nulls", "unknown", `
		0 invoke cas [null,1]
		0 ok cas [null,1]`},
}

func TestKnownHistories(t *testing.T) {
	for _, c := range known {
		t.Run(c.name, func(t *testing.T) {
			h := script.Parse(t, c.text)
			got := check(t, h)
			switch {
			case got.Reason == "":
				t.Errorf("%v without a reason", got.Validity)
			case c.want == got.Validity.String():
			case got.Validity == checkers.Invalid && got.Findings[0].Anomaly == c.want:
				script.PointsAtCalls(t, h, got)
			default:
				t.Errorf("%v (%s) %v, want %s", got.Validity, got.Reason, got.Findings, c.want)
			}
		})
	}
}

// The golden file is there to be read: it has every kind of explanation.
func TestExplanationsCanBeFollowed(t *testing.T) {
	var all strings.Builder
	for _, c := range known {
		all.WriteString(script.Explained(c.name, check(t, script.Parse(t, c.text))))
	}
	script.Golden(t, "testdata/explanations.txt", all.String(), *update)
}
