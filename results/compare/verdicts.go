package compare

import (
	"fmt"
	"slices"

	"github.com/assaykit/assay/checkers"
)

// Change is which way something went.
type Change string

const (
	Same   Change = "same"
	Better Change = "better"
	Worse  Change = "worse"
	// Unjudged: the two cannot be compared, or there is too little of them.
	Unjudged Change = "not judged"
)

// Tally counts verdicts.
type Tally struct {
	Valid   int `json:"valid"`
	Invalid int `json:"invalid"`
	Unknown int `json:"unknown"`
}

func (t Tally) runs() int { return t.Valid + t.Invalid + t.Unknown }

func (t *Tally) add(v checkers.Validity) {
	switch v {
	case checkers.Valid:
		t.Valid++
	case checkers.Invalid:
		t.Invalid++
	default:
		t.Unknown++
	}
}

// Promise is what one checker said of the runs of both sides.
type Promise struct {
	Checker string `json:"checker"`
	Old     Tally  `json:"old"`
	New     Tally  `json:"new"`
	Change  Change `json:"change"`
	Why     string `json:"why,omitempty"`
}

// promises compares what each checker said. One that judged only one side is told, and
// is worse if it found a promise broken: then it was not seen broken before.
func promises(p pair, alpha float64) []Promise {
	var all []Promise
	for i, runs := range [][]Run{p.old, p.new} {
		for _, r := range runs {
			for _, part := range r.Verdict.Parts {
				at := slices.IndexFunc(all, func(q Promise) bool { return q.Checker == part.Checker })
				if at < 0 {
					at = len(all)
					all = append(all, Promise{Checker: part.Checker})
				}
				[]*Tally{&all[at].Old, &all[at].New}[i].add(part.Validity)
			}
		}
	}
	whole := Promise{Checker: "the whole verdict"}
	for _, r := range p.old {
		whole.Old.add(r.Verdict.Validity)
	}
	for _, r := range p.new {
		whole.New.add(r.Verdict.Validity)
	}
	all = append([]Promise{whole}, all...)
	for i := range all {
		all[i].Change, all[i].Why = all[i].judge(alpha)
	}
	return all
}

// judge calls it worse if a promise was broken that was never seen broken before,
// however often it was tried; if it is broken significantly more often; and if what was
// proved is so no longer.
func (p Promise) judge(alpha float64) (Change, string) {
	old, new := p.Old, p.New
	switch {
	case new.Invalid > 0 && old.Invalid == 0:
		return Worse, "broken, and it was not seen broken before"
	case new.runs() == 0 || old.runs() == 0:
		return Unjudged, "judged on one side only"
	case more(old.Invalid, old.runs(), new.Invalid, new.runs(), alpha):
		return Worse, "broken more often, and not by chance"
	case new.Invalid > 0 && more(new.Invalid, new.runs(), old.Invalid, old.runs(), alpha):
		return Better, "broken less often, and not by chance"
	case new.Invalid > 0:
		return Same, "broken before, too"
	case old.Valid > 0 && new.Valid == 0:
		return Worse, "proved before, and not proved any more"
	case more(old.Unknown, old.runs(), new.Unknown, new.runs(), alpha):
		return Worse, "unproved more often, and not by chance"
	case old.Invalid > 0 && old.Valid == 0:
		return Better, "not seen broken any more"
	case old.Invalid > 0:
		return Same, fmt.Sprintf("broken in %d of %d runs before", old.Invalid, old.runs())
	case old.Valid == 0 && new.Valid > 0:
		return Better, "proved, and it was not before"
	}
	return Same, ""
}

func more(oldHits, oldRuns, newHits, newRuns int, alpha float64) bool {
	return newHits > 0 && newHits*oldRuns > oldHits*newRuns && fisher(oldHits, oldRuns, newHits, newRuns) < alpha
}

// Anomaly is in how many runs of both sides a kind of finding was found.
type Anomaly struct {
	Name   string `json:"name"`
	Old    int    `json:"old"`
	New    int    `json:"new"`
	Change Change `json:"change"`
	Why    string `json:"why,omitempty"`
}

// anomalies compares in how many runs each was found. How often it was found within a
// run says little: it follows from one fault that lasted a little longer.
func anomalies(p pair, alpha float64) []Anomaly {
	var all []Anomaly
	for i, runs := range [][]Run{p.old, p.new} {
		for _, r := range runs {
			for _, a := range r.Verdict.Anomalies {
				at := slices.IndexFunc(all, func(b Anomaly) bool { return b.Name == a.Name })
				if at < 0 {
					at = len(all)
					all = append(all, Anomaly{Name: a.Name})
				}
				*[]*int{&all[at].Old, &all[at].New}[i]++
			}
		}
	}
	for i := range all {
		all[i].Change, all[i].Why = all[i].judge(len(p.old), len(p.new), alpha)
	}
	return all
}

func (a Anomaly) judge(oldRuns, newRuns int, alpha float64) (Change, string) {
	switch {
	case a.Old == 0:
		return Worse, "not found before"
	case more(a.Old, oldRuns, a.New, newRuns, alpha):
		return Worse, "found more often, and not by chance"
	case a.New == 0:
		return Better, "not found any more"
	case more(a.New, newRuns, a.Old, oldRuns, alpha):
		return Better, "found less often, and not by chance"
	}
	return Same, ""
}
