package eventual

import (
	"fmt"
	"sort"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// judgeCounter compares each read with the least and the most that it can be: the sum of
// the adds that were due, and of those that were possible.
func judgeCounter(o object) ([]checkers.Finding, error) {
	least, err := sums(o.adds, func(c history.Call) (int, bool) { return c.Complete, c.Type == history.OK })
	if err != nil {
		return nil, err
	}
	most, err := sums(o.adds, func(c history.Call) (int, bool) { return c.Invoke, true })
	if err != nil {
		return nil, err
	}
	var found []checkers.Finding
	for _, read := range o.reads {
		n, is := read.Out.Int()
		if !is {
			return nil, fmt.Errorf("op %d: read gave %v, which is no integer", read.Invoke, read.Out)
		}
		low, high := 0, most.before(read.Complete)
		if read.Final {
			low = least.before(read.Invoke)
		}
		switch {
		case n < low:
			found = append(found, finding(Lost, o, read, fmt.Sprintf("%d, but %d had been acknowledged before it began", n, low)))
		case n > high:
			found = append(found, finding(Phantom, o, read, fmt.Sprintf("%d, but no more than %d had been added, if all succeeded", n, high)))
		}
	}
	return found, nil
}

func finding(anomaly string, o object, read history.Call, text string, others ...int) checkers.Finding {
	what := "read"
	if read.Final {
		what = "final read"
	}
	return checkers.Finding{
		Anomaly: anomaly, Key: o.key, Culprits: append(others, read.Invoke), Context: append(others[:len(others):len(others)], read.Invoke),
		Text: fmt.Sprintf("The %s of %s (%s) found %s.", what, checkers.Who(read), checkers.When(read), text),
	}
}

// running is a sum that grows with the index in the history.
type running struct{ at, sum []int }

// sums adds up what was added, each at the index that moment gives.
func sums(adds []history.Call, moment func(history.Call) (int, bool)) (running, error) {
	type step struct{ at, by int }
	var steps []step
	for _, add := range adds {
		by, _ := add.In.Int()
		if by <= 0 {
			return running{}, fmt.Errorf("op %d: add of %d: only what grows can be judged so", add.Invoke, by)
		}
		if at, counts := moment(add); counts {
			steps = append(steps, step{at, by})
		}
	}
	sort.Slice(steps, func(i, j int) bool { return steps[i].at < steps[j].at })
	var r running
	total := 0
	for _, s := range steps {
		total += s.by
		r.at, r.sum = append(r.at, s.at), append(r.sum, total)
	}
	return r, nil
}

// before is the sum of what came before an index.
func (r running) before(index int) int {
	n := sort.SearchInts(r.at, index)
	if n == 0 {
		return 0
	}
	return r.sum[n-1]
}
