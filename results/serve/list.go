package serve

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/results/index"
)

// perPage is how many runs a page of the table has.
const perPage = 100

type listPage struct {
	frame
	Query   query
	Choices []choice
	Columns []column
	Rows    []row
	// Going are the runs that are going on, whatever is looked for.
	Going   []row
	Found   string
	Targets []target
	// Certificates are the newest, of as many as More says if there are more.
	Certificates []certificateRow
	More         string
	// Earlier and Later are the addresses of the neighbouring pages.
	Earlier, Later string
}

// choice is a filter with a fixed number of values.
type choice struct {
	Name, Label, Value string
	Values             []string
}

type column struct {
	Name, Link string
	// Order is ascending, descending or none, as screen readers are told.
	Order string
	// Right is set for numbers.
	Right bool
}

type target struct{ Name, Link string }

// row is a run in the table.
type row struct {
	ID, Link, Live                    string
	Badge                             badge
	Target, Version, Workload, Faults string
	Seed                              string
	Started, Took                     string
	What                              string
}

func (s *server) list(w http.ResponseWriter, r *http.Request) {
	runs, err := s.index.Runs()
	if err != nil {
		s.problem(w, http.StatusInternalServerError, "The runs cannot be listed: %v", err)
		return
	}
	q := newQuery(r.URL.Query())
	found := q.apply(runs)
	p := listPage{frame: s.frame("Runs"), Query: q, Choices: choices(q, runs), Columns: columns(q)}
	p.Found = checkers.Count(len(found), "run")
	if len(found) != len(runs) {
		p.Found += fmt.Sprintf(" of %s", checkers.Number(len(runs)))
	}
	for _, run := range runs {
		if run.Status == index.Running && len(p.Going) < 4 {
			p.Going = append(p.Going, newRow(run))
		}
	}
	for _, name := range distinct(runs, func(r index.Run) []string { return []string{r.Target} }) {
		if name != "" {
			p.Targets = append(p.Targets, target{name, link("/targets/", name)})
		}
	}
	p.certified(s.index)
	p.turn(q, found, r.URL.Query().Get("page"))
	s.show(w, http.StatusOK, "list", p)
}

// certified shows the newest certificates.
func (p *listPage) certified(x *index.Index) {
	all, err := x.Certificates()
	if err != nil {
		return // the runs were just listed from the same directory
	}
	p.Certificates = certificateRows(all, fewCertificates)
	if len(all) > fewCertificates {
		p.More = checkers.Number(len(all))
	}
}

// turn shows one page of what was found.
func (p *listPage) turn(q query, found []index.Run, page string) {
	last := max(0, (len(found)-1)/perPage)
	n, _ := strconv.Atoi(page)
	n = min(max(n, 0), last)
	for _, run := range found[n*perPage : min(len(found), (n+1)*perPage)] {
		p.Rows = append(p.Rows, newRow(run))
	}
	address := func(n int) string {
		v := q.values()
		v.Set("page", strconv.Itoa(n))
		return "/?" + v.Encode()
	}
	if n > 0 {
		p.Earlier = address(n - 1)
	}
	if n < last {
		p.Later = address(n + 1)
	}
}

func newRow(r index.Run) row {
	return row{
		ID: r.ID, Link: runLink(r.ID), Live: link("/live/", r.ID), Badge: badgeOf(r.Status),
		Target: clip(r.Target, 60), Version: clip(versionOf(r), 40), Workload: clip(r.Workload, 60), Faults: clip(faultsOf(r), 80),
		Seed: strconv.FormatInt(r.Seed, 10), Started: moment(r.Started), Took: lasted(took(r)), What: clip(what(r), 160),
	}
}

// what is the one thing to know of a run besides its verdict.
func what(r index.Run) string {
	switch {
	case r.Problem != "":
		return r.Problem
	case r.Status == index.Abandoned:
		return "its process has gone before there was a verdict"
	case len(r.Verdict.Anomalies) > 0:
		text := ""
		for i, a := range r.Verdict.Anomalies {
			if i > 0 {
				text += ", "
			}
			text += fmt.Sprintf("%s × %d", a.Name, a.Count)
		}
		return text
	}
	return r.Verdict.Reason
}

func columns(q query) []column {
	var all []column
	for _, name := range []string{"verdict", "target", "version", "workload", "faults", "seed", "time", "took"} {
		c := column{Name: name, Link: q.sortedBy(name), Order: "none", Right: name == "seed" || name == "took"}
		if q.Sort == name {
			c.Order = "ascending"
			if q.Reverse {
				c.Order = "descending"
			}
		}
		all = append(all, c)
	}
	return all
}

func choices(q query, runs []index.Run) []choice {
	one := func(of func(index.Run) string) []string {
		return distinct(runs, func(r index.Run) []string { return []string{of(r)} })
	}
	versions := one(versionOf)
	slices.SortFunc(versions, func(a, b string) int { return index.CompareVersions(b, a) })
	var statuses []string
	for _, status := range index.Statuses() {
		statuses = append(statuses, string(status))
	}
	return []choice{
		{"verdict", "verdict", q.Status, statuses},
		{"target", "target", q.Target, one(func(r index.Run) string { return r.Target })},
		{"version", "version", q.Version, versions},
		{"workload", "workload", q.Workload, one(func(r index.Run) string { return r.Workload })},
		{"faults", "faults", q.Faults, distinct(runs, families)},
	}
}

func distinct(runs []index.Run, of func(index.Run) []string) []string {
	var all []string
	for _, r := range runs {
		all = append(all, of(r)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
