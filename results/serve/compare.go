package serve

import (
	"net/http"
	"slices"
	"strings"

	"github.com/assaykit/assay/results/compare"
	"github.com/assaykit/assay/results/index"
)

type comparePage struct {
	frame
	Old, New   side
	Swap       string
	Conclusion string
	Regressed  bool
	List       []string
	Scenario   compare.Scenario
	Method     string
	Charts     []chart
	Covered    []covered
}

// side is one of the two runs.
type side struct {
	row
	Reason string
}

// covered is what one kind of fault did in both runs.
type covered struct {
	Name     string
	Old, New bool
}

// compare shows two runs side by side; the older one is OLD unless it is asked for the
// other way round.
func (s *server) compare(w http.ResponseWriter, r *http.Request) {
	ids := r.URL.Query()["run"]
	if len(ids) != 2 {
		s.problem(w, http.StatusBadRequest, "Two runs are compared, and %d were chosen. Go back and mark two.", len(ids))
		return
	}
	var runs []index.Run
	for _, id := range ids {
		run, ok := s.index.Find(id)
		if !ok {
			s.problem(w, http.StatusNotFound, "There is no run %s below %s.", id, s.index.Root())
			return
		}
		runs = append(runs, run)
	}
	if swapped := r.URL.Query().Has("swap"); runs[1].Started.Before(runs[0].Started) != swapped {
		slices.Reverse(runs)
	}
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-r.Context().Done():
		return
	}
	s.sideBySide(w, runs[0], runs[1], r.URL.Query().Has("swap"))
}

func (s *server) sideBySide(w http.ResponseWriter, old, new index.Run, swapped bool) {
	before, err := compare.Load(old.Dir)
	if err != nil {
		s.problem(w, http.StatusConflict, "They cannot be compared: %v", err)
		return
	}
	after, err := compare.Load(new.Dir)
	if err != nil {
		s.problem(w, http.StatusConflict, "They cannot be compared: %v", err)
		return
	}
	c, err := compare.Compare(before, after, compare.Options{})
	if err != nil {
		s.problem(w, http.StatusConflict, "They cannot be compared: %v", err)
		return
	}
	p := comparePage{
		frame: s.frame("Compare"), Old: side{newRow(old), reasonOf(old)}, New: side{newRow(new), reasonOf(new)},
		Conclusion: c.Conclusion(), Regressed: c.Regressed(), List: c.Regressions, Scenario: c.Scenarios[0], Method: c.Method(),
		Covered: coverage(old, new), Charts: charts(before.Runs[0].Moments(), after.Runs[0].Moments()),
	}
	p.Swap = compareLink(old.ID, new.ID)
	if !swapped {
		p.Swap += "&swap"
	}
	s.show(w, http.StatusOK, "compare", p)
}

func coverage(old, new index.Run) []covered {
	var all []covered
	for i, faults := range [][]string{old.Verdict.Faults, new.Verdict.Faults} {
		for _, name := range faults {
			at := slices.IndexFunc(all, func(c covered) bool { return c.Name == name })
			if at < 0 {
				at = len(all)
				all = append(all, covered{Name: name})
			}
			*[]*bool{&all[at].Old, &all[at].New}[i] = true
		}
	}
	slices.SortFunc(all, func(a, b covered) int { return strings.Compare(a.Name, b.Name) })
	return all
}
