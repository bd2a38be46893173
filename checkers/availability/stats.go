package availability

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/distribution"
)

// How many kinds of operations and fault windows have figures of their own.
const (
	mostKinds   = 12
	mostWindows = 100
)

func (r *run) stats() []checkers.Stat {
	stats := r.overall()
	if len(r.windows) == 0 {
		return stats
	}
	stats = append(stats, stat("without faults", &r.calm), stat("under faults", &r.stormy))
	if times := r.recoveryTimes(); len(times) > 0 {
		stats = append(stats, checkers.Stat{Name: "recovery of a node", Value: distribution.Of(times).String()})
	}
	for i := range r.windows[:min(len(r.windows), mostWindows)] {
		stats = append(stats, r.windowStats(&r.windows[i])...)
	}
	if more := len(r.windows) - mostWindows; more > 0 {
		stats = append(stats, checkers.Stat{Name: "further fault windows", Value: checkers.Number(more)})
	}
	return stats
}

func stat(name string, figures fmt.Stringer) checkers.Stat {
	return checkers.Stat{Name: name, Value: figures.String()}
}

func (r *run) overall() []checkers.Stat {
	stats := []checkers.Stat{stat("all operations", &r.all)}
	return append(stats, r.kindStats("", &r.all)...)
}

// kindStats are the figures of each kind of operation, in alphabetical order, if
// there are several kinds.
func (r *run) kindStats(prefix string, f *figures) []checkers.Stat {
	var stats []checkers.Stat
	for kind := range f.byKind {
		if f.byKind[kind].calls > 0 && len(r.kinds) > 1 {
			stats = append(stats, stat(prefix+r.kinds[kind], &f.byKind[kind]))
		}
	}
	slices.SortFunc(stats, func(a, b checkers.Stat) int { return strings.Compare(a.Name, b.Name) })
	return stats[:min(len(stats), mostKinds)]
}

// windowStats are the figures of a window: as a whole, by kind, by side, and of
// the recovery from it.
func (r *run) windowStats(w *window) []checkers.Stat {
	stats := []checkers.Stat{{Name: w.name() + " (" + w.what() + ")", Value: w.when() + ": " + w.figures.String()}}
	stats = append(stats, r.kindStats(w.name()+", ", &w.figures)...)
	for _, side := range w.sides() {
		part := r.side(&w.figures, side)
		stats = append(stats, stat(w.name()+", side "+strings.Join(side, " "), &part))
	}
	if len(w.recoveries) > 0 {
		stats = append(stats, checkers.Stat{Name: w.name() + ", recovery", Value: r.recoveryText(w)})
	}
	return stats
}

func (r *run) recoveryText(w *window) string {
	var parts []string
	if slowest, recovered := w.slowest(); recovered > 0 {
		parts = append(parts, fmt.Sprintf("%s recovered, the last (%s) after %s", checkers.Count(recovered, "node"), r.nodeName(slowest.node), slowest.text()))
	}
	for _, seen := range w.unseen() {
		parts = append(parts, fmt.Sprintf("%s not seen to recover: %s", r.nodeName(seen.node), seen.why()))
	}
	return few(parts)
}

// recoveryTimes are those of all nodes that were seen to recover.
func (r *run) recoveryTimes() []time.Duration {
	var times []time.Duration
	for i := range r.windows {
		for _, seen := range r.windows[i].recoveries {
			if seen.recovered {
				times = append(times, seen.atLeast)
			}
		}
	}
	return times
}
