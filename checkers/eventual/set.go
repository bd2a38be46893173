package eventual

import (
	"fmt"
	"maps"
	"slices"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// judgeSet looks for each element in each read.
func judgeSet(o object) ([]checkers.Finding, error) {
	// first is the earliest add that may have had an effect, acknowledged the earliest
	// acknowledged one.
	first, acknowledged := map[int]history.Call{}, map[int]history.Call{}
	for _, add := range o.adds {
		e, _ := add.In.Int()
		if f, known := first[e]; !known || add.Invoke < f.Invoke {
			first[e] = add
		}
		if a, known := acknowledged[e]; add.Type == history.OK && (!known || add.Complete < a.Complete) {
			acknowledged[e] = add
		}
	}
	elements := slices.Sorted(maps.Keys(acknowledged))
	var found []checkers.Finding
	for _, read := range o.reads {
		has, twice, err := elementsOf(read)
		if err != nil {
			return nil, err
		}
		for _, e := range twice {
			found = append(found, finding(Duplicated, o, read, fmt.Sprintf("%d twice", e)))
		}
		for _, e := range slices.Sorted(maps.Keys(has)) {
			if add, known := first[e]; !known || !possible(add, read) {
				found = append(found, finding(Phantom, o, read, fmt.Sprintf("%d, which nobody had tried to add by then", e)))
			}
		}
		for _, e := range elements {
			if add := acknowledged[e]; due(add, read) && !has[e] {
				found = append(found, finding(Lost, o, read,
					fmt.Sprintf("no %d, which %s had added (%s)", e, checkers.Who(add), checkers.When(add)), add.Invoke))
			}
		}
	}
	return found, nil
}

func elementsOf(read history.Call) (has map[int]bool, twice []int, err error) {
	items, isList := read.Out.Items()
	if !isList && !read.Out.IsNil() {
		return nil, nil, fmt.Errorf("op %d: read gave %v, which is no list", read.Invoke, read.Out)
	}
	has = map[int]bool{}
	for _, item := range items {
		e, is := item.Int()
		if !is {
			return nil, nil, fmt.Errorf("op %d: read gave %v, whose elements have to be integers", read.Invoke, read.Out)
		}
		if has[e] {
			twice = append(twice, e)
		}
		has[e] = true
	}
	return has, twice, nil
}
