package checkers_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

func TestAValidityIsOneOfThreeWords(t *testing.T) {
	for v, want := range map[checkers.Validity]string{checkers.Unknown: `"unknown"`, checkers.Valid: `"valid"`, checkers.Invalid: `"invalid"`} {
		text, err := json.Marshal(v)
		if err != nil || string(text) != want {
			t.Errorf("%v is written %s, %v", v, text, err)
		}
		back := checkers.Validity(99)
		if err := json.Unmarshal(text, &back); err != nil || back != v {
			t.Errorf("%s is read as %v, %v", text, back, err)
		}
	}
	for _, wrong := range []string{`"Valid"`, `""`, `"ok"`, `1`, `{}`, `true`} {
		back := checkers.Unknown
		if err := json.Unmarshal([]byte(wrong), &back); err == nil || back != checkers.Unknown {
			t.Errorf("%s is read as %v", wrong, back)
		}
	}
	if text, err := json.Marshal(checkers.Validity(3)); err == nil {
		t.Errorf("a fourth validity is written %s", text)
	}
	var zero checkers.Validity
	if zero != checkers.Unknown {
		t.Errorf("the zero validity is %v", zero)
	}
}

func part(v checkers.Validity, reason string, anomalies ...string) checkers.Verdict {
	verdict := checkers.Verdict{Checker: reason, Validity: v, Reason: reason}
	for _, anomaly := range anomalies {
		verdict.Findings = append(verdict.Findings, checkers.Finding{Anomaly: anomaly})
	}
	return verdict
}

func TestAMergeIsAsGraveAsItsGravestPart(t *testing.T) {
	valid, unknown := part(checkers.Valid, "fine"), part(checkers.Unknown, "dark")
	bad, worse := part(checkers.Invalid, "bad", "lost"), part(checkers.Invalid, "worse", "stale", "phantom")
	cases := []struct {
		parts    []checkers.Verdict
		want     checkers.Validity
		reason   string
		findings []string
	}{
		{nil, checkers.Unknown, "nothing was checked", nil},
		{[]checkers.Verdict{valid}, checkers.Valid, "fine", nil},
		{[]checkers.Verdict{valid, unknown}, checkers.Unknown, "dark", nil},
		{[]checkers.Verdict{unknown, valid, bad}, checkers.Invalid, "bad", []string{"lost"}},
		{[]checkers.Verdict{worse, unknown, bad}, checkers.Invalid, "worse", []string{"stale", "phantom", "lost"}},
		{[]checkers.Verdict{{}}, checkers.Unknown, "", nil},
	}
	for _, c := range cases {
		got := checkers.Merge("all", c.parts...)
		var findings []string
		for _, f := range got.Findings {
			findings = append(findings, f.Anomaly)
		}
		if got.Validity != c.want || got.Reason != c.reason || !slices.Equal(findings, c.findings) {
			t.Errorf("%v merge to %v %q %v, want %v %q %v", c.parts, got.Validity, got.Reason, findings, c.want, c.reason, c.findings)
		}
		if got.Checker != "all" || len(got.Parts) != len(c.parts) {
			t.Errorf("merged verdict of %q has %d parts, want %d", got.Checker, len(got.Parts), len(c.parts))
		}
	}
}

type judge func(context.Context, *history.History) (checkers.Verdict, error)

func (judge) Name() string  { return "judge" }
func (judge) About() string { return "does what it was made to do" }
func (j judge) Check(ctx context.Context, h *history.History) (checkers.Verdict, error) {
	return j(ctx, h)
}

func says(v checkers.Verdict) judge {
	return func(context.Context, *history.History) (checkers.Verdict, error) { return v, nil }
}

func TestACheckerThatFailsSpoilsNoOthersVerdict(t *testing.T) {
	fails := judge(func(context.Context, *history.History) (checkers.Verdict, error) {
		return checkers.Verdict{Validity: checkers.Valid}, errors.New("no memory left")
	})
	panics := judge(func(context.Context, *history.History) (checkers.Verdict, error) { panic("index out of range") })
	for name, c := range map[string]checkers.Checker{"no memory left": fails, "index out of range": panics} {
		got, err := checkers.All("all", says(part(checkers.Valid, "fine")), c).Check(t.Context(), &history.History{})
		if err != nil || got.Validity != checkers.Unknown || !strings.Contains(got.Reason, name) {
			t.Errorf("%s: %v %q, %v", name, got.Validity, got.Reason, err)
		}
		got, _ = checkers.All("all", c, says(part(checkers.Invalid, "bad", "lost"))).Check(t.Context(), &history.History{})
		if got.Validity != checkers.Invalid || got.Reason != "bad" {
			t.Errorf("%s: %v %q", name, got.Validity, got.Reason)
		}
	}
}

func TestAllCheckersShareTheBudget(t *testing.T) {
	waits := judge(func(ctx context.Context, _ *history.History) (checkers.Verdict, error) {
		<-ctx.Done()
		return part(checkers.Unknown, "out of time"), nil
	})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	cs := make([]checkers.Checker, 50)
	for i := range cs {
		cs[i] = waits
	}
	got, err := checkers.All("all", cs...).Check(ctx, &history.History{})
	if err != nil || got.Validity != checkers.Unknown || len(got.Parts) != 50 {
		t.Errorf("%v with %d parts, %v", got.Validity, len(got.Parts), err)
	}
}

func TestNoCheckersProveNothing(t *testing.T) {
	got, err := checkers.All("all").Check(t.Context(), &history.History{})
	if err != nil || got.Validity != checkers.Unknown {
		t.Errorf("%v, %v", got.Validity, err)
	}
}

func TestWordsForPeople(t *testing.T) {
	open := history.Call{Process: 3, Start: 1500 * time.Millisecond, End: history.Never}
	done := history.Call{Process: 12, Node: "n3", Start: 12310 * time.Millisecond, End: 12318 * time.Millisecond}
	for _, c := range []struct{ got, want string }{
		{checkers.Number(0), "0"}, {checkers.Number(999), "999"}, {checkers.Number(1000), "1,000"},
		{checkers.Number(12413), "12,413"}, {checkers.Number(1234567), "1,234,567"}, {checkers.Number(-123456), "-123,456"},
		{checkers.Count(1, "read"), "1 read"}, {checkers.Count(0, "read"), "0 reads"}, {checkers.Count(2, "entry", "entries"), "2 entries"},
		{checkers.Seconds(done.End), "12.318 s"}, {checkers.Seconds(history.Never), "never"},
		{checkers.Who(open), "process 3"}, {checkers.Who(done), "process 12 (n3)"},
		{checkers.When(done), "12.310-12.318 s"}, {checkers.When(open), "1.500 s, outcome unknown"},
		{checkers.On("key", ""), ""}, {checkers.On("key", "k1"), ` of key "k1"`},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}
