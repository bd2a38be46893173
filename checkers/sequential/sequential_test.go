package sequential_test

import (
	"context"
	"flag"
	"strings"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/sequential"
	"github.com/assaykit/assay/harness/history"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func check(t testing.TB, h *history.History) checkers.Verdict {
	t.Helper()
	v, err := sequential.New(sequential.Options{}).Check(t.Context(), h)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// known are histories and their verdicts: valid, unknown, or the anomalies in the
// order of the findings.
var known = []struct{ name, want, text string }{
	{"in order", "valid", `
		0 invoke write 1
		0 ok write 1
		1 invoke read
		1 ok read 1`},
	{"stale, but in one order", "valid", `
		0 invoke write 1 key=x
		0 ok write 1 key=x
		1 invoke read key=x
		1 ok read null key=x
		1 invoke read key=x
		1 ok read 1 key=x`},
	{"each key by itself, but not both", "circular-order", `
		0 invoke write 1 key=x node=n1
		0 ok write 1 key=x node=n1
		0 invoke read key=y node=n1
		0 ok read null key=y node=n1
		1 invoke write 2 key=y node=n2
		1 ok write 2 key=y node=n2
		1 invoke read key=x node=n2
		1 ok read null key=x node=n2`},
	{"two that saw two writes in different orders", "circular-order", `
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
	{"an effect without its cause", "circular-order", `
		0 invoke write 1 key=x
		0 ok write 1 key=x
		1 invoke read key=x
		1 ok read 1 key=x
		1 invoke write 2 key=y
		1 ok write 2 key=y
		2 invoke read key=y
		2 ok read 2 key=y
		2 invoke read key=x
		2 ok read null key=x`},
	{"an order of versions that follows from another key", "circular-order", `
		0 invoke write 1 key=x
		0 ok write 1 key=x
		0 invoke write 5 key=y
		0 ok write 5 key=y
		1 invoke read key=y
		1 ok read 5 key=y
		1 invoke write 2 key=x
		1 ok write 2 key=x
		2 invoke read key=x
		2 ok read 2 key=x
		2 invoke read key=x
		2 ok read 1 key=x`},
	{"two compare-and-sets of one value", "circular-order", `
		0 invoke write 1
		0 ok write 1
		1 invoke cas [1,2]
		2 invoke cas [1,3]
		1 ok cas [1,2]
		2 ok cas [1,3]`},
	{"something between what was replaced and what took its place", "circular-order", `
		0 invoke write 1
		0 ok write 1
		0 invoke write 2
		0 ok write 2
		1 invoke cas [1,3]
		1 ok cas [1,3]
		1 invoke read
		1 ok read 2
		1 invoke read
		1 ok read 3`},
	{"refused, although it was there all the time", "not-sequential", `
		0 invoke write 1
		0 ok write 1
		0 invoke cas [1,2]
		0 fail cas [1,2] !mismatch`},
	{"refused, because a write of unknown outcome came in between", "valid", `
		0 invoke write 1
		0 ok write 1
		1 invoke write 5
		1 info write 5 !timeout
		0 invoke cas [1,2]
		0 fail cas [1,2] !mismatch`},
	{"values that were written twice", "circular-order", `
		0 invoke write 1
		0 ok write 1
		0 invoke write 2
		0 ok write 2
		0 invoke write 1
		0 ok write 1
		0 invoke read
		0 ok read 2`},
	{"a write of unknown outcome that came late", "valid", `
		0 invoke write 1
		0 info write 1 !timeout
		1 invoke read
		1 ok read null
		1 invoke read
		1 ok read 1`},
	{"a write of unknown outcome that came and went", "circular-order", `
		0 invoke write 1
		0 info write 1 !timeout
		1 invoke read
		1 ok read 1
		1 invoke read
		1 ok read null`},
	{"its write had failed", "dirty-read", `
		0 invoke write 7
		0 fail write 7 !refused
		1 invoke read
		1 ok read 7`},
	{"no order, but also not yet written", "phantom-read", `
		1 invoke read
		1 ok read 7
		0 invoke write 7
		0 ok write 7`},
	{"no integer", "unknown", `
		0 invoke write [1] key=k
		0 ok write [1] key=k`},
	{"nothing answered", "unknown", `
		0 invoke write 1`},
	{"nothing", "unknown", ``},
}

func TestKnownHistories(t *testing.T) {
	var explained strings.Builder
	for _, c := range known {
		h := script.Parse(t, c.text)
		got := check(t, h)
		word := got.Validity.String()
		if got.Validity == checkers.Invalid {
			script.PointsAtCalls(t, h, got)
			word = got.Findings[0].Anomaly
		}
		if word != c.want {
			t.Errorf("%s: %v: %s, want %v", c.name, word, got.Reason, c.want)
		}
		explained.WriteString(script.Explained(c.name, got))
	}
	script.Golden(t, "testdata/explanations.txt", explained.String(), *update)
}

func TestTheSearchEndsWithItsBudget(t *testing.T) {
	over, cancel := context.WithCancel(t.Context())
	cancel()
	v, err := sequential.New(sequential.Options{}).Check(over, good(2000, 0.7, 0, false, 1))
	if err != nil || v.Validity != checkers.Unknown || !strings.HasSuffix(v.Reason, "out of time") {
		t.Errorf("%v: %s, %v", v.Validity, v.Reason, err)
	}
	// Of 1 nobody can tell which of the writes was found, so that nothing is forced,
	// and it takes a search to see that 2 cannot be there twice.
	h := script.Parse(t, `
		0 invoke write 1
		0 ok write 1
		0 invoke write 1
		0 ok write 1
		1 invoke write 2
		1 ok write 2
		2 invoke read
		2 ok read 1
		2 invoke read
		2 ok read 2
		3 invoke read
		3 ok read 2
		3 invoke read
		3 ok read 1
		3 invoke read
		3 ok read 2`)
	v, err = sequential.New(sequential.Options{Memory: 1}).Check(t.Context(), h)
	if err != nil || v.Validity != checkers.Unknown || !strings.HasSuffix(v.Reason, "out of memory") {
		t.Errorf("%v: %s, %v", v.Validity, v.Reason, err)
	}
	if v = check(t, h); v.Validity != checkers.Invalid || v.Findings[0].Anomaly != sequential.NoOrder {
		t.Errorf("%v: %s", v.Validity, v.Reason)
	}
}
