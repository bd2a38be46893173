package baseline_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/results"
	"github.com/assaykit/assay/results/baseline"
)

var today = time.Date(2026, 11, 25, 23, 30, 0, 0, time.UTC)

func date(t *testing.T, text string) baseline.Date {
	t.Helper()
	d, err := baseline.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func etcd() results.Run {
	return results.Run{Target: "etcd", Workload: "register", Nemesis: "partition", Settings: map[string]string{"reads": "serializable"}}
}

func accept(t *testing.T, anomaly, until string) baseline.Accepted {
	a := baseline.For(anomaly, etcd())
	a.Reason, a.Until = "known", date(t, until)
	return a
}

func part(name string, v checkers.Validity, anomalies ...string) checkers.Verdict {
	p := checkers.Verdict{Checker: name, Validity: v, Reason: name + " is " + v.String()}
	for _, a := range anomalies {
		p.Findings = append(p.Findings, checkers.Finding{Anomaly: a})
	}
	return p
}

func TestWhatRemains(t *testing.T) {
	stale, lost := part("register", checkers.Invalid, "stale-read", "stale-read"), part("set", checkers.Invalid, "lost")
	fine, dark := part("sanity", checkers.Valid), part("sanity", checkers.Unknown)
	spectrum := stale // says what it is instead, which is no verdict of its own
	spectrum.Reason = "not linearizable, but sequential"
	spectrum.Parts = []checkers.Verdict{stale, part("staleness", checkers.Unknown)}
	all := func(parts ...checkers.Verdict) checkers.Verdict { return checkers.Merge("all", parts...) }
	until := "2026-11-25"
	for name, c := range map[string]struct {
		verdict  checkers.Verdict
		accepted []baseline.Accepted
		want     checkers.Validity
		reason   string
	}{
		"all is accepted":                 {all(stale, fine), []baseline.Accepted{accept(t, "stale-read", until)}, checkers.Valid, ""},
		"nothing is wrong":                {all(fine), nil, checkers.Valid, ""},
		"nothing is accepted":             {all(stale, fine), nil, checkers.Invalid, "not accepted: stale-read"},
		"another is accepted":             {all(stale, fine), []baseline.Accepted{accept(t, "lost", until)}, checkers.Invalid, "not accepted: stale-read"},
		"one of two":                      {all(stale, lost), []baseline.Accepted{accept(t, "stale-read", until)}, checkers.Invalid, "not accepted: lost"},
		"both of two":                     {all(stale, lost), []baseline.Accepted{accept(t, "stale-read", until), accept(t, "lost", until)}, checkers.Valid, ""},
		"expired yesterday":               {all(stale, fine), []baseline.Accepted{accept(t, "stale-read", "2026-11-24")}, checkers.Invalid, "accepted no longer: stale-read (until 2026-11-24)"},
		"expired, and accepted anew":      {all(stale, fine), []baseline.Accepted{accept(t, "stale-read", "2026-11-24"), accept(t, "stale-read", "2027-01-01")}, checkers.Valid, ""},
		"doubt behind it":                 {all(stale, dark), []baseline.Accepted{accept(t, "stale-read", until)}, checkers.Unknown, "sanity is unknown"},
		"doubt deep behind it":            {all(all(stale, dark), fine), []baseline.Accepted{accept(t, "stale-read", until)}, checkers.Unknown, "sanity is unknown"},
		"parts that only explain":         {all(spectrum, fine), []baseline.Accepted{accept(t, "stale-read", until)}, checkers.Valid, ""},
		"invalid without a finding":       {all(part("odd", checkers.Invalid), fine), []baseline.Accepted{accept(t, "stale-read", until)}, checkers.Invalid, "odd is invalid"},
		"no parts":                        {stale, []baseline.Accepted{accept(t, "stale-read", until)}, checkers.Valid, ""},
		"never judged":                    {checkers.Verdict{}, []baseline.Accepted{accept(t, "stale-read", until)}, checkers.Unknown, "there is no finding that could be accepted"},
		"a finding hidden from the parts": {checkers.Verdict{Validity: checkers.Invalid, Findings: append(stale.Findings, lost.Findings...), Parts: []checkers.Verdict{stale}}, []baseline.Accepted{accept(t, "stale-read", until)}, checkers.Invalid, "not accepted: lost"},
	} {
		j := baseline.Baseline{Accepted: c.accepted}.Judge(etcd(), c.verdict, today)
		if j.Remaining != c.want || j.Reason != c.reason {
			t.Errorf("%s: %v %q, want %v %q", name, j.Remaining, j.Reason, c.want, c.reason)
		}
	}
}

func TestAnEntryIsForRunsLikeItsOwnOnly(t *testing.T) {
	verdict := part("register", checkers.Invalid, "stale-read")
	any := accept(t, "stale-read", "2027-01-31")
	any.Nemesis, any.Script, any.Settings = nil, nil, nil
	star := accept(t, "stale-read", "2027-01-31")
	star.Settings = map[string]string{"reads": "*", "version": "*"}
	for name, c := range map[string]struct {
		entry  baseline.Accepted
		change func(*results.Run)
		want   checkers.Validity
	}{
		"the same":            {accept(t, "stale-read", "2027-01-31"), func(*results.Run) {}, checkers.Valid},
		"another version":     {accept(t, "stale-read", "2027-01-31"), func(r *results.Run) { r.Image, r.Seed = "etcd:4", 9 }, checkers.Valid},
		"another target":      {any, func(r *results.Run) { r.Target = "consul" }, checkers.Invalid},
		"another workload":    {any, func(r *results.Run) { r.Workload = "set" }, checkers.Invalid},
		"no faults":           {accept(t, "stale-read", "2027-01-31"), func(r *results.Run) { r.Nemesis = "none" }, checkers.Invalid},
		"no faults, any":      {any, func(r *results.Run) { r.Nemesis = "none" }, checkers.Valid},
		"a script":            {accept(t, "stale-read", "2027-01-31"), func(r *results.Run) { r.Script = "at 1s kill all" }, checkers.Invalid},
		"the default setting": {accept(t, "stale-read", "2027-01-31"), func(r *results.Run) { r.Settings = nil }, checkers.Invalid},
		"another setting":     {accept(t, "stale-read", "2027-01-31"), func(r *results.Run) { r.Settings["quorum"] = "1" }, checkers.Invalid},
		"any setting":         {any, func(r *results.Run) { r.Settings["quorum"] = "1" }, checkers.Valid},
		"a star":              {star, func(r *results.Run) { r.Settings = map[string]string{"reads": "stale"} }, checkers.Valid},
		"not in the stars":    {star, func(r *results.Run) { r.Settings["quorum"] = "1" }, checkers.Invalid},
	} {
		run := etcd()
		c.change(&run)
		if j := (baseline.Baseline{Accepted: []baseline.Accepted{c.entry}}).Judge(run, verdict, today); j.Remaining != c.want {
			t.Errorf("%s: %v, want %v", name, j.Remaining, c.want)
		}
	}
}

func TestWhatIsGoneIsTold(t *testing.T) {
	b := baseline.Baseline{Accepted: []baseline.Accepted{accept(t, "stale-read", "2027-01-31"), accept(t, "lost", "2027-01-31")}}
	j := b.Judge(etcd(), part("register", checkers.Invalid, "lost"), today)
	if len(j.Unused) != 1 || j.Unused[0].Anomaly != "stale-read" || !j.Some() || j.Kinds[0].Count != 1 {
		t.Errorf("%+v", j)
	}
}

func TestABaselineComesBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), baseline.DefaultFile)
	b, err := baseline.Open(path)
	if err != nil || b.Accepted != nil {
		t.Fatalf("%+v, %v", b, err)
	}
	first, plain := accept(t, "stale-read", "2027-01-31"), baseline.For("lost", results.Run{Target: "demo", Workload: "queue"})
	plain.Reason, plain.Until = "known", date(t, "2027-01-31")
	b.Accept(first)
	b.Accept(plain)
	second := accept(t, "stale-read", "2027-06-30")
	if !b.Accept(second) || len(b.Accepted) != 2 {
		t.Errorf("the same was accepted twice: %+v", b.Accepted)
	}
	if err := b.Write(path); err != nil {
		t.Fatal(err)
	}
	got, err := baseline.Read(path)
	if err != nil || len(got.Accepted) != 2 || got.Accepted[0].Until.String() != "2027-06-30" || got.Accepted[0].Settings["reads"] != "serializable" {
		t.Errorf("%+v, %v", got, err)
	}
	if a := got.Accepted[1]; a.Settings == nil || a.Nemesis == nil {
		t.Errorf("what was accepted without settings would be accepted with any: %+v", a)
	}
}

func TestWhatIsNotUnderstoodIsAnError(t *testing.T) {
	entry := `"anomaly": "lost", "target": "demo", "workload": "queue", "reason": "known", "until": "2027-01-31"`
	for text, want := range map[string]string{
		`{"accepted": [{` + entry + `}]}`: "",
		`{"accepted": []}`:                "",
		``:                                "EOF",
		`{"accepted": [`:                  "EOF",
		`{"accepted": []} {}`:             "something follows",
		`{"acepted": []}`:                 `unknown field "acepted"`,
		`{"accepted": [{` + entry + `, "nemesi": "kill"}]}`:                                      `unknown field "nemesi"`,
		`{"accepted": [{` + strings.Replace(entry, "2027-01-31", "31.1.2027", 1) + `}]}`:         "is no day",
		`{"accepted": [{` + strings.Replace(entry, `, "until": "2027-01-31"`, "", 1) + `}]}`:     `entry 1: "until" is missing`,
		`{"accepted": [{` + strings.Replace(entry, `"known"`, `""`, 1) + `}]}`:                   `"reason" is missing`,
		`{"accepted": [{` + strings.Replace(entry, `"anomaly": "lost"`, `"run": "x"`, 1) + `}]}`: `"anomaly" is missing`,
	} {
		path := filepath.Join(t.TempDir(), "baseline.json")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := baseline.Read(path)
		if want == "" && err == nil {
			continue
		}
		if err == nil || want == "" || !strings.Contains(err.Error(), want) || !errors.Is(err, baseline.ErrInvalid) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
