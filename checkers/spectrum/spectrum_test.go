package spectrum_test

import (
	"context"
	"errors"
	"flag"
	"slices"
	"strings"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/linearizability"
	"github.com/assaykit/assay/checkers/linearizability/register"
	"github.com/assaykit/assay/checkers/spectrum"
	"github.com/assaykit/assay/harness/history"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func check(t testing.TB, h *history.History) checkers.Verdict {
	t.Helper()
	return checkWith(t, linearizability.New(register.Type()), h)
}

func checkWith(t testing.TB, linearizable checkers.Checker, h *history.History) checkers.Verdict {
	t.Helper()
	v, err := spectrum.New(linearizable, spectrum.Options{}).Check(t.Context(), h)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// known are histories, their verdicts, and how the reasons end.
var known = []struct{ name, want, end, text string }{
	{"linearizable", "valid", "", `
		0 invoke write 1
		0 ok write 1
		1 invoke read
		1 ok read 1`},
	{"only stale", "invalid", "; not linearizable, but sequentially consistent; 1 read was certainly stale, by up to 340 ms, 1 version", `
		0 invoke write 1 at=1s
		0 ok write 1 at=1.1s
		1 invoke read at=1.44s
		1 ok read null at=1.5s
		1 invoke read at=2s
		1 ok read 1 at=2.1s`},
	{"each session sees its own past, but there is no order for all", "invalid", "; neither sequentially nor causally consistent; what it did keep: read your writes, monotonic reads, monotonic writes, writes follow reads; 1 read was certainly stale, by up to 7 ms, 1 version", `
		0 invoke read key=x
		0 ok read null key=x
		0 invoke write 1 key=x
		0 ok write 1 key=x
		0 invoke write 2 key=x
		0 ok write 2 key=x
		0 invoke read key=x
		0 ok read 2 key=x
		0 invoke write 3 key=y
		0 ok write 3 key=y
		1 invoke read key=y
		1 ok read 3 key=y
		1 invoke read key=x
		1 ok read 1 key=x`},
	{"each guarantee, but not all together", "invalid", "; neither sequentially nor causally consistent; what it did keep: read your writes, monotonic reads, monotonic writes, writes follow reads, each for itself, but not all together; 2 reads were certainly stale, by up to 7 ms, 2 versions", `
		0 invoke read
		0 ok read null
		0 invoke write 1
		0 ok write 1
		0 invoke write 2
		0 ok write 2
		1 invoke read
		1 ok read 2
		1 invoke read
		1 ok read 1
		1 invoke write 3
		1 ok write 3
		1 invoke read
		1 ok read 1`},
	{"two that disagree on an order that nobody knows", "invalid", "; nor sequentially consistent, but causally consistent; 2 reads were certainly stale, by up to 9 ms, 1 version", `
		0 invoke write 1 key=x
		0 ok write 1 key=x
		1 invoke write 2 key=y
		1 ok write 2 key=y
		2 invoke read key=x
		2 ok read 1 key=x
		2 invoke read key=y
		2 ok read null key=y
		3 invoke read key=y
		3 ok read 2 key=y
		3 invoke read key=x
		3 ok read null key=x`},
	{"back to nothing", "invalid", "; neither sequentially nor causally consistent; what it did not keep: monotonic reads; what cannot be told: read your writes, monotonic writes, writes follow reads; 1 read was certainly stale, by up to 1 ms, 1 version", `
		0 invoke write 1
		0 info write 1 !timeout
		1 invoke read
		1 ok read 1
		1 invoke read
		1 ok read null`},
	{"nodes that agree at the end", "invalid", "; not linearizable, but sequentially consistent; final reads agree at all nodes (1 key); 1 read was certainly stale, by up to 1 ms, 1 version", `
		0 invoke write 1
		0 ok write 1
		1 invoke read
		1 ok read null
		2 invoke read node=n1 final
		2 ok read 1 node=n1 final
		3 invoke read node=n2 final
		3 ok read 1 node=n2 final`},
	{"nodes that do not agree at the end", "invalid", "; final reads of 1 of 1 key do not agree on what was written last; no read was certainly stale", `
		0 invoke write 1
		1 invoke write 2
		0 ok write 1
		1 ok write 2
		2 invoke read node=n1 final
		2 ok read 1 node=n1 final
		3 invoke read node=n2 final
		3 ok read 2 node=n2 final
		2 invoke read node=n1 final
		2 ok read 1 node=n1 final`},
	{"nodes between which a write of unknown outcome may have come", "valid", "", `
		0 invoke write 1
		0 info write 1 !timeout
		2 invoke read node=n1 final
		2 ok read null node=n1 final
		3 invoke read node=n2 final
		3 ok read 1 node=n2 final`},
	{"a value that had been overwritten is back at the end", "invalid", "; final reads of 1 of 1 key do not agree on what was written last; 2 reads were certainly stale, by up to 3 ms, 1 version", `
		0 invoke write 1
		0 ok write 1
		0 invoke write 2
		0 ok write 2
		2 invoke read node=n1 final
		2 ok read 1 node=n1 final
		3 invoke read node=n2 final
		3 ok read 1 node=n2 final`},
	{"nobody wrote it", "invalid", "; neither sequentially nor causally consistent; what cannot be told: read your writes, monotonic reads, monotonic writes, writes follow reads; no read was certainly stale", `
		0 invoke read
		0 ok read 7`},
	{"no registers", "unknown", "; weaker promises cannot be judged: op 0 (read): it read \"x\", which is neither an integer nor null", `
		0 invoke read
		0 ok read "x"`},
	{"nothing", "unknown", "", ``},
}

func TestKnownHistories(t *testing.T) {
	var explained strings.Builder
	for _, c := range known {
		h := script.Parse(t, c.text)
		got := checkWith(t, brief{linearizability.New(register.Type())}, h)
		if got.Validity.String() != c.want || !strings.HasSuffix(got.Reason, c.end) {
			t.Errorf("%s: %v: %s, want %v: ...%s", c.name, got.Validity, got.Reason, c.want, c.end)
		}
		if got.Validity == checkers.Invalid {
			script.PointsAtCalls(t, h, got)
		}
		explained.WriteString(script.Explained(c.name, got))
		for _, part := range got.Parts {
			if part.Checker == "eventual agreement" && part.Validity == checkers.Invalid {
				script.PointsAtCalls(t, h, part)
				explained.WriteString(script.Explained(c.name+", at the end", part))
			}
		}
	}
	script.Golden(t, "testdata/explanations.txt", explained.String(), *update)
}

// brief is a checker whose words are of no interest here.
type brief struct{ checkers.Checker }

func (b brief) Check(ctx context.Context, h *history.History) (checkers.Verdict, error) {
	v, err := b.Checker.Check(ctx, h)
	v.Reason = v.Validity.String() + " (linearizable register)"
	for i := range v.Findings {
		v.Findings[i].Text = "No order of operations works."
		slices.Sort(v.Findings[i].Culprits)
	}
	return v, err
}

// undecided is a checker that never gets to the end.
type undecided struct{ err error }

func (undecided) Name() string  { return "linearizable" }
func (undecided) About() string { return "does not know" }
func (u undecided) Check(context.Context, *history.History) (checkers.Verdict, error) {
	return checkers.Verdict{Checker: "linearizable", Reason: "out of time"}, u.err
}

func TestAWeakerPromiseThatWasBrokenBreaksTheStrongerOne(t *testing.T) {
	broken := script.Parse(t, `
		0 invoke write 1
		0 ok write 1
		0 invoke read
		0 ok read null`)
	got := checkWith(t, undecided{}, broken)
	if got.Validity != checkers.Invalid || !strings.HasPrefix(got.Reason, "not linearizable, for a weaker promise was broken (out of time)") {
		t.Errorf("%v: %s", got.Validity, got.Reason)
	}
	script.PointsAtCalls(t, broken, got)
	stale := script.Parse(t, `
		0 invoke write 1
		0 ok write 1
		1 invoke read
		1 ok read null`)
	if got = checkWith(t, undecided{}, stale); got.Validity != checkers.Invalid || !script.PointsAtCalls(t, stale, got) {
		t.Errorf("%v: %s", got.Validity, got.Reason)
	}
	fine := script.Parse(t, `
		0 invoke write 1
		0 ok write 1`)
	if got = checkWith(t, undecided{}, fine); got.Validity != checkers.Unknown ||
		got.Reason != "out of time; certainly sequentially consistent; no read was certainly stale" {
		t.Errorf("%v: %s", got.Validity, got.Reason)
	}
}

func TestAFailureIsNoVerdict(t *testing.T) {
	failed := errors.New("no memory left")
	_, err := spectrum.New(undecided{failed}, spectrum.Options{}).Check(t.Context(), &history.History{})
	if !errors.Is(err, failed) {
		t.Error(err)
	}
}
