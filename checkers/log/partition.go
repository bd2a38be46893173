package log

import (
	"cmp"
	"math"
	"slices"

	"github.com/assaykit/assay/harness/history"
)

// none is no call and no place, and never the time of what does not come.
const (
	none  = -1
	never = math.MaxInt
)

// log is the history of a log. Calls are named by their places in it, and times
// are places in the whole history, which are exact and all different.
type log struct {
	calls      []history.Call
	partitions []partition
	places     map[string]int32
	// sent are the sends that may have happened, and batches what polls gave, both
	// in the order of their invocations.
	sent    []sent
	batches []batch
}

// sent is a send that may have happened, with the places of its partition and of
// its value there.
type sent struct {
	call             int
	partition, value int32
}

// batch is what one poll gave of one partition.
type batch struct {
	call      int
	partition int32
	// records are places of records of the partition, in the order in which they came.
	records []int32
}

// partition is what is known of one partition.
type partition struct {
	name    string
	values  []value
	records []record
	// byValue and byOffset give the places of values and of records.
	byValue, byOffset places
	// order has the places of records in the order of their offsets.
	order []int32
	// next leads from each rank to one nearer to the next whose record nobody polled
	// and nobody is known to have been led past; such a rank leads to itself.
	next []int32
	// polledUpTo is the number of polled records below each rank.
	polledUpTo []int32
	// high is the record of the highest offset in final polls, which highBy has, or
	// none.
	high   int32
	highBy int
	// ended is the final poll without records that was invoked last, or none, and
	// reads the call that shows that its process reads the partition, the same one if
	// it shows that itself.
	ended, reads int
}

// value is what happened to one value. It should be sent only once; where it was
// sent more often, as many offsets are in order.
type value struct {
	value int
	// send is the first send that may have happened, failed the first that certainly
	// had no effect, or none. sends counts those that may have happened.
	send, failed, sends int
	// mixed says that it shares an offset with another value: then nothing more is
	// told of it.
	mixed bool
	// lowest is the record with the lowest offset of the value, or none, and offsets
	// how many there are.
	lowest  int32
	offsets int
	// second is another record with the value, or none.
	second int32
	// polled is the poll with the value that was done first, or none.
	polled int
	// unplaced is the acknowledged send without an offset that was done first, or
	// none, and unplacedCount how many there are.
	unplaced, unplacedCount int
}

// record is what is at one offset.
type record struct {
	offset int
	// value is the place of the value that was known first at the offset, by the call
	// shown.
	value int32
	shown int
	// acked is the send that was told the offset first, and polled the first poll
	// that has it; or none.
	acked, polled int
	// other is a call that shows the value odd at the offset, or none.
	other int
	odd   int
	// rank is its place among all known offsets of the partition.
	rank int32
	// passed is a poll that leads past the record although nobody ever polled it, and
	// before what led the consumer there; or none.
	passed, before int
}

func (l *log) partition(name string) int32 {
	at, known := l.places[name]
	if !known {
		at = int32(len(l.partitions))
		l.places[name] = at
		l.partitions = append(l.partitions, partition{name: name, high: none, highBy: none, ended: none, reads: none})
	}
	return at
}

func (p *partition) value(n int) int32 {
	at, known := p.byValue.of(n)
	if !known {
		at = p.byValue.add(n)
		p.values = append(p.values, value{value: n, send: none, failed: none, lowest: none, second: none, polled: none, unplaced: none})
	}
	return at
}

// record is the place of the record at an offset, at which a call shows a value.
func (p *partition) record(offset int, value int32, call int) int32 {
	at, known := p.byOffset.of(offset)
	if !known {
		at = p.byOffset.add(offset)
		p.records = append(p.records, record{offset: offset, value: value, shown: call, acked: none, polled: none, other: none, passed: none, before: none})
		p.values[value].at(p, at)
	} else if r := &p.records[at]; r.value != value {
		p.mix(r, value, call)
	}
	return at
}

// mix notes that a call shows another value in a record.
func (p *partition) mix(r *record, value int32, call int) {
	p.values[value].mixed, p.values[r.value].mixed = true, true
	if r.other == none {
		r.other, r.odd = call, p.values[value].value
	}
}

// at notes that a value is in a record.
func (v *value) at(p *partition, record int32) {
	v.offsets++
	switch {
	case v.lowest == none:
		v.lowest = record
	case p.records[record].offset < p.records[v.lowest].offset:
		v.lowest, v.second = record, v.lowest
	case v.second == none:
		v.second = record
	}
}

// rank orders the records by their offsets, once all are known.
func (p *partition) rank() {
	p.order = make([]int32, len(p.records))
	for i := range p.order {
		p.order[i] = int32(i)
	}
	slices.SortFunc(p.order, func(a, b int32) int { return cmp.Compare(p.records[a].offset, p.records[b].offset) })
	p.next = make([]int32, len(p.order)+1)
	p.polledUpTo = make([]int32, len(p.order)+1)
	for rank, at := range p.order {
		r := &p.records[at]
		r.rank = int32(rank)
		p.next[rank] = int32(rank)
		p.polledUpTo[rank+1] = p.polledUpTo[rank]
		if r.polled != none {
			p.next[rank]++
			p.polledUpTo[rank+1]++
		}
	}
	p.next[len(p.order)] = int32(len(p.order))
}

// unpolled is the first rank from there on whose record nobody polled and nobody
// was led past yet, or their number. The way there is made shorter for the next
// time, as in the finds of disjoint sets.
func (p *partition) unpolled(from int32) int32 {
	for p.next[from] != from {
		p.next[from] = p.next[p.next[from]]
		from = p.next[from]
	}
	return from
}

// rankOf is the rank of the first record at the offset or above.
func (p *partition) rankOf(offset int) int32 {
	rank, _ := slices.BinarySearchFunc(p.order, offset, func(at int32, o int) int { return cmp.Compare(p.records[at].offset, o) })
	return int32(rank)
}

// polledBetween says whether a record with a rank in the range was polled, and
// which is the first.
func (p *partition) polledBetween(from, to int32) (record int32, found bool) {
	if p.polledUpTo[to] == p.polledUpTo[from] {
		return none, false
	}
	for p.records[p.order[from]].polled == none {
		from++
	}
	return p.order[from], true
}
