package numbering_test

import (
	"math"
	"testing"

	"github.com/assaykit/assay/checkers/internal/numbering"
	"github.com/assaykit/assay/harness/history"
)

func TestEveryValueHasOneNumber(t *testing.T) {
	extremes := []int{math.MinInt, math.MaxInt, 0, -1, 1}
	for name, arguments := range map[string][]int{
		"none": nil, "close": {7, 5, 6, 5}, "far apart": extremes, "one": {3}, "lowest": {math.MinInt, math.MinInt + 1}, "highest": {math.MaxInt},
	} {
		calls := []history.Call{{In: history.String("no integer")}}
		for _, value := range arguments {
			calls = append(calls, history.Call{In: history.Int(value)})
		}
		n := numbering.New(calls)
		numbers := map[int]int32{}
		for range 2 {
			for _, value := range append([]int{4, 5, 8, 20}, append(extremes, arguments...)...) {
				number, isNew := n.Of(value)
				before, known := numbers[value]
				if isNew == known || known && number != before || !known && int(number) != len(numbers) {
					t.Errorf("%s: %d got %d (new: %v), after %v", name, value, number, isNew, numbers)
				}
				numbers[value] = number
			}
		}
	}
}
