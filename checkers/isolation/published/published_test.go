// Package published compares what the checkers of transactions say of small histories
// that others have published with what those say. Where they differ, the case has the
// reason. It has tests only.
package published

import (
	"strings"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/isolation"
	"github.com/assaykit/assay/checkers/listappend"
	"github.com/assaykit/assay/checkers/rwregister"
	"github.com/assaykit/assay/harness/history"
)

// published is a history with what its source says of it, and what is said here.
type published struct {
	name, text string
	// theirs are the anomalies that the source finds, and the weakest levels that it
	// rules out for that; empty if the history is fine.
	theirs, theirLevels string
	// ours are the anomalies that are found here if strict-serializable is expected, and
	// the weakest levels that are ruled out.
	ours, ourLevels string
	// open are the weakest levels that are not decided here.
	open string
	// why they differ, where they do.
	why string
}

func (p published) differs() bool { return p.theirs != p.ours || p.theirLevels != p.ourLevels }

func try(t *testing.T, cases []published, lists bool, check func(l isolation.Level, h *history.History) checkers.Verdict) {
	for _, c := range cases {
		h := parse(t, c.text, lists)
		var out, open []isolation.Level
		for _, l := range isolation.All() {
			v := check(l, h)
			switch v.Validity {
			case checkers.Invalid:
				out = append(out, l)
				script.PointsAtCalls(t, h, v)
			case checkers.Unknown:
				open = append(open, l)
			}
		}
		found, levels := anomalies(check(isolation.StrictSerializable, h)), weakest(out)
		if found != c.ours || levels != c.ourLevels || weakest(open) != c.open {
			t.Errorf("%s: %q rules out %q, and %q is open, want %q, %q and %q", c.name, found, levels, weakest(open), c.ours, c.ourLevels, c.open)
		}
		if c.differs() != (c.why != "") {
			t.Errorf("%s: the reason for a difference is missing, or it is for none", c.name)
		}
	}
}

// anomalies are the names of what was found, each once.
func anomalies(v checkers.Verdict) string {
	var names []string
	for _, f := range v.Findings {
		if len(names) == 0 || names[len(names)-1] != f.Anomaly {
			names = append(names, f.Anomaly)
		}
	}
	return strings.Join(names, " ")
}

// weakest are the levels that imply no other one of them.
func weakest(levels []isolation.Level) string {
	var names []string
	for _, l := range levels {
		least := true
		for _, other := range levels {
			least = least && (l == other || !l.Implies(other))
		}
		if least {
			names = append(names, l.String())
		}
	}
	return strings.Join(names, " ")
}

func TestListsOfOthers(t *testing.T) {
	try(t, lists, true, func(l isolation.Level, h *history.History) checkers.Verdict {
		v, err := listappend.New(listappend.Options{Expected: l}).Check(t.Context(), h)
		if err != nil {
			t.Fatal(err)
		}
		return v
	})
}

func TestRegistersOfOthers(t *testing.T) {
	try(t, registers, false, func(l isolation.Level, h *history.History) checkers.Verdict {
		v, err := rwregister.New(rwregister.Options{Expected: l}).Check(t.Context(), h)
		if err != nil {
			t.Fatal(err)
		}
		return v
	})
}
