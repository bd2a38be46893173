package linearizability

import (
	"context"
	"flag"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/harness/history"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func check(t testing.TB, h *history.History) checkers.Verdict {
	t.Helper()
	v, err := Register().Check(t.Context(), h)
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
	{"but only once, and not back", StaleRead, `
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
	{"the order of lines counts where the clock stood still", StaleRead, `
		0 invoke write 1 at=5s
		0 ok write 1 at=5s
		1 invoke read at=5s
		1 ok read null at=5s`},
	{"a mismatch tells something", WrongMismatch, `
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
	{"but not if the value was there again", WrongMismatch, `
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
	{"a write was missed", StaleRead, `
		0 invoke write 1 node=n1 key=k4
		0 ok write 1 node=n1 key=k4
		1 invoke write 2 node=n2 key=k4
		1 ok write 2 node=n2 key=k4
		2 invoke read node=n3 key=k4
		2 ok read 1 node=n3 key=k4
		1 invoke read node=n2 key=k4
		1 ok read 2 node=n2 key=k4`},
	{"two values take turns", StaleRead, `
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
	{"nothing was found after a write", LostWrite, `
		0 invoke write 1
		0 ok write 1
		1 invoke read final
		1 ok read null final`},
	{"the system went on from an older value", LostWrite, `
		0 invoke write 1
		0 ok write 1
		1 invoke write 2
		1 ok write 2
		0 invoke cas [1,3]
		0 ok cas [1,3]
		1 invoke read
		1 ok read 3`},
	{"a value out of nowhere", PhantomRead, `
		0 invoke write 1
		0 ok write 1
		1 invoke read
		1 ok read 9`},
	{"a value from the future", PhantomRead, `
		1 invoke read
		1 ok read 1
		0 invoke write 1
		0 ok write 1`},
	{"a value that failed", DirtyRead, `
		0 invoke write 1
		0 fail write 1 !no leader
		1 invoke read
		1 ok read 1`},
	{"two replaced the same value", SplitBrain, `
		0 invoke write 1
		0 ok write 1
		1 invoke cas [1,2] node=n1
		2 invoke cas [1,3] node=n2
		1 ok cas [1,2] node=n1
		2 ok cas [1,3] node=n2`},
	{"few values: two writes of 1, and three turns", NotLinearizable, `
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
	{"a chain that bites its tail", NotLinearizable, `
		0 invoke cas [1,2]
		1 invoke cas [2,3]
		2 invoke cas [3,1]
		0 ok cas [1,2]
		1 ok cas [2,3]
		2 ok cas [3,1]`},
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

func TestAValidVerdictSaysWhatWasProved(t *testing.T) {
	got := check(t, script.Parse(t, known[0].text))
	if want := "4 operations on 1 key are linearizable (register)"; got.Reason != want {
		t.Errorf("%q, want %q", got.Reason, want)
	}
}

func TestAnEndedBudgetIsUnknown(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got, err := Register().Check(ctx, script.Parse(t, known[0].text))
	if err != nil || got.Validity != checkers.Unknown || !strings.Contains(got.Reason, "out of time") {
		t.Errorf("%v %q, %v", got.Validity, got.Reason, err)
	}
}

func TestAnEndedBudgetDoesNotHideWhatNeedsNoSearch(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	h := script.Parse(t, "0 invoke write 1\n0 ok write 1\n0 invoke read\n0 ok read 9")
	if got, err := Register().Check(ctx, h); err != nil || got.Validity != checkers.Invalid {
		t.Errorf("%v %q, %v", got.Validity, got.Reason, err)
	}
}

func TestADeadlineInThePastIsUnknown(t *testing.T) {
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Hour))
	defer cancel()
	if got, err := Register().Check(ctx, script.Parse(t, known[0].text)); err != nil || got.Validity != checkers.Unknown {
		t.Errorf("%v %q, %v", got.Validity, got.Reason, err)
	}
}
