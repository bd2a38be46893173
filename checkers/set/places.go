package set

import "github.com/assaykit/assay/harness/history"

// places says where the elements of a set are kept. Workloads number elements, so
// that those of a set lie close together: a table of them is several times faster
// than a map, which takes the others.
type places struct {
	low    int
	table  []int32 // one more than the place, 0 for none
	others map[int]int32
}

// newPlaces makes the table if it is not much larger than the number of calls.
func newPlaces(calls []history.Call) *places {
	p := &places{others: map[int]int32{}}
	low, high, any := 0, 0, false
	for i := range calls {
		if value, ok := calls[i].In.Int(); ok && !any {
			low, high, any = value, value, true
		} else if ok {
			low, high = min(low, value), max(high, value)
		}
	}
	const roomy = 16
	if size := uint64(high) - uint64(low); any && size < roomy*uint64(len(calls)) {
		p.low, p.table = low, make([]int32, size+1)
	}
	return p
}

// slot is where the table has a value, if it has room for it. The difference of
// two integers has 64 bits only without its sign.
func (p *places) slot(value int) (at uint64, ok bool) {
	at = uint64(value) - uint64(p.low)
	return at, at < uint64(len(p.table))
}

func (p *places) of(value int) (at int32, known bool) {
	if slot, ok := p.slot(value); ok {
		return p.table[slot] - 1, p.table[slot] > 0
	}
	at, known = p.others[value]
	return at, known
}

func (p *places) set(value int, at int32) {
	if slot, ok := p.slot(value); ok {
		p.table[slot] = at + 1
		return
	}
	p.others[value] = at
}
