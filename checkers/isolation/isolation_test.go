package isolation_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/isolation"
)

func TestEveryNameIsRead(t *testing.T) {
	for _, l := range isolation.All() {
		if got, err := isolation.ParseLevel(l.String()); err != nil || got != l || l.About() == "" {
			t.Errorf("%v is read as %v, %v; it says %q", l, got, err, l.About())
		}
	}
	for name, want := range map[string]isolation.Level{
		"PL-3": isolation.Serializable, "pl-2.99": isolation.RepeatableRead, "strong-serializable": isolation.StrictSerializable,
		"causal-cerone": isolation.Causal, "PSI": isolation.ParallelSnapshotIsolation, "strong-session-PL-2": isolation.StrongSessionReadCommitted,
	} {
		if got, err := isolation.ParseLevel(name); err != nil || got != want {
			t.Errorf("%s is read as %v, %v", name, got, err)
		}
	}
	if _, err := isolation.ParseLevel("serialisable"); err == nil || !strings.Contains(err.Error(), "serializable") {
		t.Errorf("serialisable: %v", err)
	}
	var none isolation.Level
	if none.String() != "no isolation level" {
		t.Error(none)
	}
}

// Implications that people rely on, and those that do not hold.
func TestTheLatticeIsThatOfTheSources(t *testing.T) {
	for _, c := range []struct {
		stronger, weaker isolation.Level
		want             bool
	}{
		{isolation.StrictSerializable, isolation.ReadUncommitted, true},
		{isolation.StrictSerializable, isolation.Prefix, true},
		{isolation.Serializable, isolation.SnapshotIsolation, true},
		{isolation.Serializable, isolation.RepeatableRead, true},
		{isolation.Serializable, isolation.Causal, false}, // sessions
		{isolation.SnapshotIsolation, isolation.RepeatableRead, false},
		{isolation.RepeatableRead, isolation.SnapshotIsolation, false},
		{isolation.SnapshotIsolation, isolation.CursorStability, true},
		{isolation.ParallelSnapshotIsolation, isolation.ReadAtomic, true},
		{isolation.Prefix, isolation.CursorStability, false}, // updates may be lost
		{isolation.ReadAtomic, isolation.CursorStability, false},
		{isolation.StrongSessionSnapshotIsolation, isolation.Prefix, true},
		{isolation.StrongReadCommitted, isolation.MonotonicAtomicView, false},
		{isolation.StrongSnapshotIsolation, isolation.Serializable, false},
	} {
		if got := c.stronger.Implies(c.weaker); got != c.want {
			t.Errorf("%v implies %v: %v", c.stronger, c.weaker, got)
		}
	}
	for _, a := range isolation.All() {
		for _, b := range isolation.All() {
			if a != b && a.Implies(b) && b.Implies(a) {
				t.Errorf("%v and %v imply each other", a, b)
			}
		}
		if !isolation.StrictSerializable.Implies(a) || !a.Implies(isolation.ReadUncommitted) {
			t.Errorf("%v is not between the weakest and the strongest", a)
		}
	}
}

func TestEveryAnomalyContradictsSomething(t *testing.T) {
	seen := map[isolation.Anomaly]bool{}
	for _, a := range isolation.Anomalies() {
		if len(a.Contradicts()) == 0 || seen[a] || !a.RulesOut(isolation.StrictSerializable) || !strings.HasSuffix(a.About(), ".") {
			t.Errorf("%s contradicts %v, is there twice or says %q", a, a.Contradicts(), a.About())
		}
		seen[a] = true
	}
	for _, a := range []isolation.Anomaly{isolation.G2Item, isolation.GNonadjacent, isolation.LostUpdate, isolation.NonPrefixRead} {
		for _, l := range a.Contradicts() {
			for _, weaker := range isolation.All() {
				if weaker != l && l.Implies(weaker) && a.RulesOut(weaker) {
					t.Errorf("%s contradicts %v already, not only %v", a, weaker, l)
				}
			}
		}
	}
}

func TestWhatAnomaliesLeave(t *testing.T) {
	for _, c := range []struct {
		found             []isolation.Anomaly
		weakest, possible string
	}{
		{nil, "", "strict-serializable"},
		{[]isolation.Anomaly{isolation.G2Item}, "repeatable-read", "strong-snapshot-isolation"},
		{[]isolation.Anomaly{isolation.G2ItemRealtime}, "strict-serializable", "strong-session-serializable strong-snapshot-isolation"},
		{[]isolation.Anomaly{isolation.GSingle, isolation.G2Item}, "consistent-view repeatable-read", "cursor-stability prefix strong-read-committed"},
		{[]isolation.Anomaly{isolation.LostUpdate, isolation.GSingle}, "cursor-stability", "prefix strong-read-committed"},
		{[]isolation.Anomaly{isolation.G1a}, "read-committed", "strong-read-uncommitted"},
		{[]isolation.Anomaly{isolation.G0}, "read-uncommitted", ""},
	} {
		got := isolation.Judge(c.found)
		if words(got.Weakest) != c.weakest || words(got.Possible) != c.possible {
			t.Errorf("%v: weakest %s, possible %s; want %s, %s", c.found, words(got.Weakest), words(got.Possible), c.weakest, c.possible)
		}
		for _, l := range isolation.All() {
			out := slices.Contains(got.RuledOut, l)
			if out == slices.ContainsFunc(got.Possible, func(p isolation.Level) bool { return p.Implies(l) }) {
				t.Errorf("%v: %v is both or neither", c.found, l)
			}
		}
	}
}

func words(ls []isolation.Level) string {
	var names []string
	for _, l := range ls {
		names = append(names, l.String())
	}
	return strings.Join(names, " ")
}

func TestTheVerdictIsOnWhatWasExpected(t *testing.T) {
	skew := checkers.Finding{Anomaly: string(isolation.G2Item), Text: "skew"}
	aborted := checkers.Finding{Anomaly: string(isolation.G1a), Text: "aborted"}
	for _, c := range []struct {
		outcome  isolation.Outcome
		want     checkers.Validity
		findings int
		reason   string
	}{
		{isolation.Outcome{Expected: isolation.Serializable, Judged: "3 transactions"}, checkers.Valid, 0,
			"3 transactions satisfy serializable"},
		{isolation.Outcome{Expected: isolation.SnapshotIsolation, Judged: "3 transactions", Findings: []checkers.Finding{skew}}, checkers.Valid, 0,
			"3 transactions satisfy snapshot-isolation, as expected, but not repeatable-read (G2-item)"},
		{isolation.Outcome{Expected: isolation.Serializable, Judged: "3 transactions", Findings: []checkers.Finding{skew}, Unknown: "dark"}, checkers.Invalid, 1,
			"serializable was expected, but there is G2-item, which rules out repeatable-read"},
		{isolation.Outcome{Expected: isolation.Serializable, Findings: []checkers.Finding{skew, aborted}}, checkers.Invalid, 2,
			"serializable was expected, but there is G1a, G2-item, which rules out read-committed; it may still be strong-read-uncommitted"},
		{isolation.Outcome{Expected: isolation.SnapshotIsolation, Judged: "3 transactions", Findings: []checkers.Finding{skew}, Unknown: "dark"}, checkers.Unknown, 0,
			"whether 3 transactions satisfy snapshot-isolation cannot be told: dark"},
		{isolation.Outcome{Expected: isolation.ReadCommitted, Judged: "3 transactions", Unknown: "dark", Undecided: []isolation.Level{isolation.SnapshotIsolation}}, checkers.Valid, 0,
			"3 transactions satisfy read-committed"},
		{isolation.Outcome{Expected: isolation.Serializable, Judged: "3 transactions", Unknown: "dark", Undecided: []isolation.Level{isolation.SnapshotIsolation}}, checkers.Unknown, 0,
			"whether 3 transactions satisfy serializable cannot be told: dark"},
	} {
		got := isolation.Conclude(c.outcome)
		if got.Validity != c.want || len(got.Findings) != c.findings || got.Reason != c.reason {
			t.Errorf("%+v: %v, %d findings, %s", c.outcome, got.Validity, len(got.Findings), got.Reason)
		}
		if len(got.Findings) > 1 && got.Findings[0].Anomaly != string(isolation.G1a) {
			t.Errorf("the gravest is not first: %v", got.Findings)
		}
	}
}
