package availability

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// window is a longest time in which at least one fault may have been in force.
type window struct {
	faults []history.Fault
	// from and to are places in the history. A fault that was not seen to be gone
	// lasts until the end, and to is after it.
	from, to   int
	start, end time.Duration
	healed     bool
	figures    figures
	recoveries []recovery
}

func windows(h *history.History) []window {
	var all []window
	for _, span := range h.FaultSpans() {
		w, inForce := alone(h, span)
		switch {
		case !inForce:
		case len(all) > 0 && w.from < all[len(all)-1].to:
			all[len(all)-1].join(w)
		default:
			all = append(all, w)
		}
	}
	return all
}

// alone is the window of a fault, and whether it can ever have been in force: an
// injection that failed certainly had no effect. Spans come in the order of their
// beginnings.
func alone(h *history.History, span history.FaultSpan) (w window, inForce bool) {
	w = window{faults: []history.Fault{span.Fault}, from: span.Ops[0], start: span.Start, to: len(h.Ops), end: history.Never}
	for _, at := range span.Ops {
		switch op := &h.Ops[at]; {
		case op.F == history.Inject && op.Type == history.Fail:
			return w, false
		case op.F == history.Heal && op.Type == history.OK:
			w.to, w.end, w.healed = at, op.Time, true
		}
	}
	return w, true
}

func (w *window) join(other window) {
	w.faults = append(w.faults, other.faults...)
	if other.to > w.to {
		w.to, w.end, w.healed = other.to, other.end, other.healed
	}
}

// name is "fault 3" or "faults 3, 4".
func (w *window) name() string {
	if len(w.faults) == 1 {
		return "fault " + strconv.Itoa(w.faults[0].ID)
	}
	var numbers []string
	for _, f := range w.faults {
		numbers = append(numbers, strconv.Itoa(f.ID))
	}
	return "faults " + strings.Join(numbers, ", ")
}

// what is "partition leader n2 | n1 n3".
func (w *window) what() string {
	var all []string
	for _, f := range w.faults {
		all = append(all, f.Name+" "+cmp.Or(f.Detail, strings.Join(f.Nodes, " ")))
	}
	return strings.Join(all, ", ")
}

// when is "12.000-15.020 s", or "12.000 s until the end".
func (w *window) when() string {
	if !w.healed {
		return checkers.Seconds(w.start) + " until the end"
	}
	return strings.TrimSuffix(checkers.Seconds(w.start), " s") + "-" + checkers.Seconds(w.end)
}

func (w *window) described() string {
	return fmt.Sprintf("%s (%s, %s)", w.name(), w.what(), w.when())
}

// sides are the sides of all partitions in the window, each set of nodes once.
func (w *window) sides() [][]string {
	var all [][]string
	for _, f := range w.faults {
		for _, side := range f.Sides {
			if !slices.ContainsFunc(all, func(known []string) bool { return slices.Equal(known, side) }) {
				all = append(all, side)
			}
		}
	}
	return all
}
