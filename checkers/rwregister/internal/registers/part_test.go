package registers_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/assaykit/assay/checkers/rwregister/internal/registers"
)

func TestAPartLeavesOutWhatWasReadFromOthers(t *testing.T) {
	const all = "0 ok w x 1, w y 1 | 1 ok r x 1, r y -, w z 1 | 2 ok r z 1, r x 1, w u 1 | 0 ok r x -, r u 1, w y 2"
	const repeated = "0 ok w x 1 | 1 ok w x 2 | 2 ok r x 1, r x 2, w x 3"
	for _, c := range []struct {
		name, text string
		part       []int32
		want       string
		keys       int
	}{
		{"nothing", all, nil, "", 0},
		{"everything", all, []int32{1, 2, 3, 4}, "A x! y! | B x=A y=- z! | C z=B x=A u! | D x=- u=C y!", 4},
		{"two", all, []int32{1, 3}, "A x! y! | C x=A z? u!", 4},
		{"one, which still read the initial state", all, []int32{2}, "B y=- x? z!", 3},
		{"one, which read nothing", all, []int32{1}, "A x! y!", 2},
		{"the last version that was read is out", repeated, []int32{1, 3}, "A x! | C x=A x? x!", 1},
		{"the last version that was read is in", repeated, []int32{2, 3}, "B x! | C x=B x!", 1},
		{"keys in another order, in which writes are told then", "0 ok w x 1 | 1 ok r y -, w x 2, w y 1", []int32{2}, "B y=- y! x!", 2},
		{"of whom nobody knows", "0 ok w x 1 | 1 ok w x 1 | 2 ok r x 1, r y -", []int32{3}, "C y=- x?", 2},
	} {
		h := parse(t, c.text)
		before := fmt.Sprint(h.Txns)
		part := h.Part(c.part)
		if got := did(part); got != c.want || part.Keys != c.keys {
			t.Errorf("%s: %q on %d keys, want %q on %d", c.name, got, part.Keys, c.want, c.keys)
		}
		if fmt.Sprint(h.Txns) != before {
			t.Errorf("%s: the whole has changed", c.name)
		}
	}
}

func TestAPartOfAPartIsAPart(t *testing.T) {
	h := parse(t, "0 ok w a 1 | 1 ok w b 1 | 0 ok r b 1, w c 1 | 1 ok r c 1, r b -, w a 2")
	once, twice := h.Part([]int32{2, 3, 4}).Part([]int32{2, 3}), h.Part([]int32{3, 4})
	if did(once) != did(twice) || did(once) != "C b? c! | D c=C b=- a!" {
		t.Errorf("%q, at once %q", did(once), did(twice))
	}
	if !slices.EqualFunc(once.Txns, twice.Txns, func(a, b registers.Txn) bool { return a.After == b.After && a.Chain == b.Chain }) {
		t.Errorf("%+v, at once %+v", once.Txns, twice.Txns)
	}
}

// The order of sessions passes over those that are left out.
func TestSessionsOfAPart(t *testing.T) {
	h := parse(t, "0 ok w x 1 | 1 ok w x 2 | 0 ok w x 3 | 0 info w x 4 | 0 ok r x 4 | 1 ok r x 2")
	for _, c := range []struct {
		part   []int32
		after  string
		chains int
	}{
		{[]int32{1, 2, 3, 4, 5, 6}, "A after - in 0, B after - in 1, C after A in 0, D after C in 2, E after C in 0, F after B in 1, ", 3},
		{[]int32{1, 5}, "A after - in 0, E after A in 0, ", 1},
		{[]int32{5, 6}, "E after - in 0, F after - in 1, ", 2},
		{[]int32{1, 4, 5}, "A after - in 0, D after A in 1, E after A in 0, ", 2},
		{[]int32{2, 6}, "B after - in 0, F after B in 0, ", 1},
	} {
		part, after := h.Part(c.part), ""
		for _, txn := range part.Txns[1:] {
			after += fmt.Sprint(name(txn.Number), " after ", name(part.Txns[txn.After].Number), " in ", txn.Chain, ", ")
		}
		if after != c.after || part.Chains != c.chains {
			t.Errorf("%v: %s%d chains; want %s%d", c.part, after, part.Chains, c.after, c.chains)
		}
	}
}
