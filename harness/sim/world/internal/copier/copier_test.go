package copier_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/assaykit/assay/harness/sim/world/internal/copier"
)

type tree struct {
	Name     string
	Children []*tree
	Marks    map[string][]int
	Pair     [2][]byte
	Any      any
	secret   int
}

func TestCopiesShareNothing(t *testing.T) {
	copy, err := copier.For[tree]()
	if err != nil {
		t.Fatal(err)
	}
	make := func() *tree {
		return &tree{
			Name: "root", Children: []*tree{{Name: "leaf"}, nil}, Marks: map[string][]int{"a": {1, 2}, "none": nil},
			Pair: [2][]byte{{1}, nil}, Any: []int{7}, secret: 5,
		}
	}
	from, want := make(), make()
	to := copy(from)
	if !reflect.DeepEqual(to, want) {
		t.Errorf("the copy is %+v, not %+v", to, want)
	}
	from.Children[0].Name, from.Marks["a"][0], from.Pair[0][0] = "changed", 9, 9
	from.Any.([]int)[0] = 9
	delete(from.Marks, "none")
	if !reflect.DeepEqual(to, want) {
		t.Errorf("the copy changed with its original: %+v", to)
	}
}

func TestWhatCannotBeSentIsRefused(t *testing.T) {
	type function struct{ Do []func() }
	if _, err := copier.For[function](); err == nil || !strings.Contains(err.Error(), "field Do") {
		t.Errorf("a function: %v", err)
	}
	type hidden struct{ shared []int }
	_ = hidden{}.shared
	if _, err := copier.For[hidden](); err == nil || !strings.Contains(err.Error(), "field shared") {
		t.Errorf("a field that is not exported: %v", err)
	}
}
