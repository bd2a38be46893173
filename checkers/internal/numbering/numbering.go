// Package numbering gives the values of an object the numbers 0, 1, 2, ..., so that
// what is known of them can be kept in slices.
package numbering

import "github.com/assaykit/assay/harness/history"

// Numbering has the numbers. Workloads count their values up, so that those of an
// object lie close together: a table of them is several times faster than a map,
// which takes the others.
type Numbering struct {
	next   int32
	low    int
	table  []int32 // one more than the number, 0 for none
	others map[int]int32
}

// New makes a numbering for the arguments of some calls, and any other values.
func New(calls []history.Call) *Numbering {
	n := &Numbering{others: map[int]int32{}}
	low, high, found := 0, 0, false
	for i := range calls {
		switch value, ok := calls[i].In.Int(); {
		case ok && found:
			low, high = min(low, value), max(high, value)
		case ok:
			low, high, found = value, value, true
		}
	}
	// The difference of two integers has 64 bits only without its sign.
	const roomy = 16
	if size := uint64(high) - uint64(low); found && size < roomy*uint64(len(calls)) {
		n.low, n.table = low, make([]int32, size+1)
	}
	return n
}

// Of is the value's number, and whether it got it just now.
func (n *Numbering) Of(value int) (number int32, isNew bool) {
	if slot := uint64(value) - uint64(n.low); slot < uint64(len(n.table)) {
		if n.table[slot] == 0 {
			n.next++
			n.table[slot], isNew = n.next, true
		}
		return n.table[slot] - 1, isNew
	}
	number, known := n.others[value]
	if !known {
		number = n.next
		n.next++
		n.others[value] = number
	}
	return number, !known
}
