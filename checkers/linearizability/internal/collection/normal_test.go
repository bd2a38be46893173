package collection

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/linearizability/object"
	"github.com/assaykit/assay/harness/history"
)

var words = Words{Name: "bag", Add: []string{"add"}, Remove: []string{"remove"},
	Added: "added", Adding: "tried to add", Removed: "removed", Removing: "tried to remove", Taken: "removed"}

// opened are the operations of a bag, of which those of the processes in cut were
// under way when nothing more was known.
func opened(t *testing.T, text string, cut ...int) (*History, []object.Op) {
	t.Helper()
	h, err := Open(words, history.KeyCalls{Calls: script.Parse(t, text).Calls()})
	if err != nil {
		t.Fatal(err)
	}
	ops := slices.Clone(h.Ops())
	for i := range ops {
		if slices.Contains(cut, h.Calls[ops[i].Call].Process) {
			ops[i].End, ops[i].Maybe = object.Never, true
		}
	}
	return h, ops
}

// written are operations in short: + for those that are certain, ! for those that
// were inferred, with their ends, ? for the others.
func written(h *History, ops []object.Op) string {
	var all []string
	for _, op := range ops {
		text := h.Verb(op)
		switch {
		case op.Maybe:
			text += "?"
		case op.Inferred:
			text += fmt.Sprintf("! until %d", op.End)
		default:
			text += "+"
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

func TestNormal(t *testing.T) {
	for _, test := range []struct {
		name, history, want string
		cut                 []int
	}{
		{"nobody removed what was perhaps added", `
			0 invoke add 1
			0 info add 1 !timeout
			1 invoke remove
			1 ok remove null
		`, "was told that the bag was empty+", nil},
		{"somebody did", `
			0 invoke add 1
			1 invoke remove
			1 ok remove 1
			0 info add 1 !timeout
		`, "tried to add 1! until 2, removed 1+", nil},
		{"it was removed before", `
			1 invoke remove
			1 ok remove 1
			0 invoke add 1
		`, "removed 1+, tried to add 1?", nil},
		{"both of two equal ones were added", `
			0 invoke add 1
			1 invoke add 1
			1 ok add 1
			2 invoke remove
			2 ok remove 1
			2 invoke remove
			2 ok remove 1
		`, "tried to add 1! until 6, added 1+, removed 1+, removed 1+", nil},
		{"one of two equal ones was added", `
			0 invoke add 1
			1 invoke add 1
			2 invoke remove
			2 ok remove 1
		`, "tried to add 1?, tried to add 1?, removed 1+", nil},
		{"nothing for a blind removal", `
			0 invoke add 1
			0 ok add 1
			1 invoke remove
			2 invoke remove
			2 ok remove 1
		`, "added 1+, removed 1+", nil},
		{"something for a blind removal", `
			0 invoke add 1
			0 ok add 1
			1 invoke remove
			2 invoke remove
			2 ok remove null
		`, "added 1+, tried to remove?, was told that the bag was empty+", nil},
		{"nobody after a blind removal", `
			0 invoke add 1
			0 ok add 1
			2 invoke remove
			2 ok remove null
			1 invoke remove
		`, "added 1+, was told that the bag was empty+", nil},
		{"more removals under way than are possible", `
			0 invoke add 1
			0 ok add 1
			1 invoke remove
			2 invoke remove
			3 invoke remove
			3 ok remove null
			1 ok remove 1
			2 ok remove 1
		`, "added 1+, removed 1?, was told that the bag was empty+", []int{1, 2}},
		{"added and removed under way", `
			0 invoke add 1
			1 invoke remove
			3 invoke remove
			3 ok remove null
			0 ok add 1
			1 ok remove 1
		`, "was told that the bag was empty+", []int{0, 1}},
		{"a failed one", `
			0 invoke add 1
			0 fail add 1 !refused
			1 invoke remove
			1 fail remove !refused
		`, "", nil},
	} {
		h, ops := opened(t, test.history, test.cut...)
		if got := written(h, h.Normal(ops)); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

func TestChain(t *testing.T) {
	life := func(from, to int) Life { return Life{AddEnd: from, RemoveStart: to} }
	lives := []Life{life(1, 4), life(2, 9), life(3, 6), life(8, 12), life(5, 5), life(11, 20), life(8, 10)}
	for _, test := range []struct{ from, to, want int }{{2, 9, 1}, {1, 9, 2}, {1, 12, 3}, {1, 20, 4}, {0, 3, 0}, {15, 21, 0}, {4, 5, 1}} {
		if got := Chain(lives, test.from, test.to); len(got) != test.want {
			t.Errorf("%d lives cover %d to %d: %v, want %d", len(got), test.from, test.to, got, test.want)
		}
	}
}
