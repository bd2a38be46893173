package serve

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/results/index"
)

// targetPage is the history of a target over its versions.
type targetPage struct {
	frame
	Target   string
	Versions []string
	Promises []promiseRow
	Events   []event
	Runs     string
	Left     int
}

// promiseRow is one promise under one kind of test: a checker, a workload, a nemesis and
// settings.
type promiseRow struct {
	Checker, Workload, Faults, Settings string
	Cells                               []cell
}

// cell is what all runs of a version say of a promise.
type cell struct {
	Badge badge
	// Count is how many runs say so, of how many.
	Count string
	Link  string
	Title string
	// Broke and Mended say that it was otherwise in the version before that was tried.
	Broke, Mended bool
}

// event is a promise that broke, or was kept again.
type event struct {
	Badge badge
	Text  string
	When  string
	Link  string
}

// kind is what the runs of a row have in common.
type kind struct{ checker, workload, faults, settings string }

const mostPromises = 300

func (s *server) target(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("target")
	runs, err := s.index.Runs()
	if err != nil {
		s.problem(w, http.StatusInternalServerError, "The runs cannot be listed: %v", err)
		return
	}
	runs = slices.DeleteFunc(runs, func(r index.Run) bool { return r.Target != name || !r.Verdict.Judged })
	if len(runs) == 0 {
		s.problem(w, http.StatusNotFound, "No run of %s below %s was judged.", name, s.index.Root())
		return
	}
	p := targetPage{frame: s.frame(name), Target: name, Versions: versions(runs), Runs: checkers.Count(len(runs), "run")}
	p.tabulate(runs)
	s.show(w, http.StatusOK, "target", p)
}

// versions are in the order of their numbers; those without one follow, in the order in
// which they were first run. The runs are the newest first.
func versions(runs []index.Run) []string {
	var numbered, others []string
	for _, r := range slices.Backward(runs) {
		version := versionOf(r)
		switch {
		case index.Numbered(version) && !slices.Contains(numbered, version):
			numbered = append(numbered, version)
		case !index.Numbered(version) && !slices.Contains(others, version):
			others = append(others, version)
		}
	}
	slices.SortStableFunc(numbered, index.CompareVersions)
	return append(numbered, others...)
}

// tabulate groups what was judged by promise and version.
func (p *targetPage) tabulate(runs []index.Run) {
	tested := map[kind]map[string][]judged{}
	for _, r := range runs {
		for _, part := range partsOf(r) {
			k := kind{part.Checker, r.Workload, faultsOf(r), settingsOf(r)}
			if tested[k] == nil {
				tested[k] = map[string][]judged{}
			}
			tested[k][versionOf(r)] = append(tested[k][versionOf(r)], judged{r, part})
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(tested), compareKinds) {
		if len(p.Promises) == mostPromises {
			p.Left++
			continue
		}
		p.Promises = append(p.Promises, p.row(k, tested[k]))
	}
	slices.SortStableFunc(p.Events, func(a, b event) int { return strings.Compare(b.When, a.When) })
}

// judged is what a run says of a promise.
type judged struct {
	run  index.Run
	part index.Part
}

// partsOf are the verdicts on promises. That a run proved enough is none of them; it
// shows as unknown.
func partsOf(r index.Run) []index.Part {
	if len(r.Verdict.Parts) == 0 {
		return []index.Part{{Checker: "verdict", Validity: r.Verdict.Validity, Reason: r.Verdict.Reason}}
	}
	return r.Verdict.Parts
}

func compareKinds(a, b kind) int {
	return cmp.Or(strings.Compare(a.workload, b.workload), strings.Compare(a.settings, b.settings), strings.Compare(a.faults, b.faults), strings.Compare(a.checker, b.checker))
}

func (p *targetPage) row(k kind, tested map[string][]judged) promiseRow {
	row := promiseRow{Checker: k.checker, Workload: k.workload, Faults: k.faults, Settings: k.settings}
	before := "" // the version before in which it was proved or broken
	var was checkers.Validity
	for _, version := range p.Versions {
		all := tested[version]
		if len(all) == 0 {
			row.Cells = append(row.Cells, cell{})
			continue
		}
		c, gravest := p.cell(k, version, all)
		if before != "" && gravest != checkers.Unknown && gravest != was {
			c.Broke, c.Mended = gravest == checkers.Invalid, gravest == checkers.Valid
			p.Events = append(p.Events, newEvent(k, before, version, gravest, all))
		}
		if gravest != checkers.Unknown {
			before, was = version, gravest
		}
		row.Cells = append(row.Cells, c)
	}
	return row
}

func (p *targetPage) cell(k kind, version string, all []judged) (cell, checkers.Validity) {
	parts := make([]checkers.Verdict, len(all))
	for i, j := range all {
		parts[i].Validity = j.part.Validity
	}
	gravest := checkers.Merge("", parts...).Validity
	n, worst := 0, all[0]
	for _, j := range all {
		if j.part.Validity == gravest {
			n++
			worst = j
		}
	}
	q := query{Target: p.Target, Version: version, Workload: k.workload, Search: k.faults, Sort: "time"}
	return cell{
		Badge: badgeOf(index.Status(gravest.String())), Count: fmt.Sprintf("%d of %d", n, len(all)),
		Link: "/?" + q.values().Encode(), Title: clip(worst.part.Reason, 300),
	}, gravest
}

func newEvent(k kind, before, version string, now checkers.Validity, all []judged) event {
	what := strings.TrimSpace(fmt.Sprintf("%s of %s %s", k.checker, k.workload, k.settings))
	e := event{Badge: badgeOf(index.Status(now.String()))}
	text := "kept again in %s; it was broken in %s"
	if now == checkers.Invalid {
		text = "broke in %s; it was kept in %s"
	}
	e.Text = fmt.Sprintf("%s, under %s: "+text, what, k.faults, version, before)
	first := all[len(all)-1] // they are the newest first
	for _, j := range slices.Backward(all) {
		if j.part.Validity == now {
			first = j
			break
		}
	}
	e.When, e.Link = moment(first.run.Started), runLink(first.run.ID)
	return e
}
