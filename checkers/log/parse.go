package log

import (
	"fmt"
	"strconv"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

func parse(calls []history.Call) (*log, error) {
	l := &log{calls: calls, places: map[string]int32{}}
	for i := range calls {
		if err := l.add(i); err != nil {
			return nil, fmt.Errorf("op %d (%s%s): %w", calls[i].Invoke, calls[i].F, checkers.On("partition", calls[i].Key), err)
		}
	}
	for i := range l.partitions {
		l.partitions[i].rank()
	}
	return l, nil
}

func (l *log) add(i int) (err error) {
	call := &l.calls[i]
	switch call.F {
	case "send":
		return l.addSend(i)
	case "poll":
		return l.addPoll(i)
	case "assign", "subscribe":
		_, err = partitionsOf(call.In)
	case "seek":
		l.partition(call.Key)
	case "commit":
		_, err = commitsOf(call)
	default:
		err = fmt.Errorf("a log has no such operation")
	}
	return err
}

func (l *log) addSend(i int) error {
	call := &l.calls[i]
	n, ok := call.In.Int()
	if !ok {
		return fmt.Errorf("it sends %v, which is no integer", call.In)
	}
	in := l.partition(call.Key)
	p := &l.partitions[in]
	at := p.value(n)
	v := &p.values[at]
	if call.Type == history.Fail {
		if v.failed == none {
			v.failed = i
		}
		return nil
	}
	l.sent = append(l.sent, sent{i, in, at})
	if v.sends++; v.send == none {
		v.send = i
	}
	if call.Type == history.Info {
		return nil
	}
	return l.addAck(p, i, at)
}

// addAck reads what an acknowledged send was answered.
func (l *log) addAck(p *partition, i int, at int32) error {
	call, v := &l.calls[i], &p.values[at]
	if call.Out.IsNil() || call.Out.Equal(call.In) {
		if v.unplacedCount++; v.unplaced == none || call.Complete < l.calls[v.unplaced].Complete {
			v.unplaced = i
		}
		return nil
	}
	offset, n, ok := pair(call.Out)
	if !ok || n != v.value {
		return fmt.Errorf("it sent %v and was answered %v, which is neither [offset value] nor the value nor null", call.In, call.Out)
	}
	if r := &p.records[p.record(offset, at, i)]; r.acked == none || call.Complete < l.calls[r.acked].Complete {
		r.acked = i
	}
	return nil
}

// pair reads a list of two integers.
func pair(v history.Value) (a, b int, ok bool) {
	items, _ := v.Items()
	if len(items) != 2 {
		return 0, 0, false
	}
	a, first := items[0].Int()
	b, second := items[1].Int()
	return a, b, first && second
}

func (l *log) addPoll(i int) error {
	call := &l.calls[i]
	if call.Type != history.OK || call.Out.IsNil() {
		return nil
	}
	items, ok := call.Out.Items()
	if !ok {
		return fmt.Errorf("it polled %v, which is neither a list nor null", call.Out)
	}
	if len(items) == 0 {
		return nil
	}
	if name, _, many := partitionOf(items[0]); !many {
		return l.addBatch(i, call.Key, items)
	} else if call.Key != "" {
		return fmt.Errorf("it polled partition %q in a poll of one partition", name)
	}
	for _, item := range items {
		name, records, ok := partitionOf(item)
		if !ok {
			return fmt.Errorf("it polled %v, which is not [partition records]", item)
		}
		if err := l.addBatch(i, name, records); err != nil {
			return err
		}
	}
	return nil
}

// partitionOf reads [partition records].
func partitionOf(v history.Value) (name string, records []history.Value, ok bool) {
	items, _ := v.Items()
	if len(items) != 2 {
		return "", nil, false
	}
	name, named := nameOf(items[0])
	records, listed := items[1].Items()
	return name, records, named && listed
}

// nameOf reads the name of a partition, a string or a number.
func nameOf(v history.Value) (string, bool) {
	if n, is := v.Int(); is {
		return strconv.Itoa(n), true
	}
	return v.Text()
}

func (l *log) addBatch(i int, name string, items []history.Value) error {
	at := l.partition(name)
	p := &l.partitions[at]
	records := make([]int32, len(items))
	for n, item := range items {
		offset, number, ok := pair(item)
		if !ok {
			return fmt.Errorf("it polled %v, which is not [offset value]", item)
		}
		records[n] = l.see(p, i, offset, number)
	}
	l.batches = append(l.batches, batch{i, at, records})
	return nil
}

// see is the place of a record that a poll gave.
func (l *log) see(p *partition, i, offset, number int) int32 {
	at, known := p.byOffset.of(offset)
	if !known || p.values[p.records[at].value].value != number {
		at = p.record(offset, p.value(number), i)
	}
	r := &p.records[at]
	v := &p.values[r.value]
	if v.value != number {
		v = &p.values[p.value(number)]
	}
	if r.polled == none {
		r.polled = i
	}
	if v.polled == none || l.calls[i].Complete < l.calls[v.polled].Complete {
		v.polled = i
	}
	return at
}

// partitionsOf reads a list of partitions, or null.
func partitionsOf(v history.Value) ([]string, error) {
	items, ok := v.Items()
	if !ok && !v.IsNil() {
		return nil, fmt.Errorf("%v is neither a list of partitions nor null", v)
	}
	var names []string
	for _, item := range items {
		name, ok := nameOf(item)
		if !ok {
			return nil, fmt.Errorf("%v is no partition", item)
		}
		names = append(names, name)
	}
	return names, nil
}

// upTo is a partition and the first offset that is not committed.
type upTo struct {
	partition string
	offset    int
}

// commitsOf are what a commit commits; nothing if it is what the process polled.
func commitsOf(call *history.Call) ([]upTo, error) {
	if call.In.IsNil() {
		return nil, nil
	}
	if offset, is := call.In.Int(); is {
		return []upTo{{call.Key, offset}}, nil
	}
	items, ok := call.In.Items()
	if !ok {
		return nil, fmt.Errorf("%v is neither an offset nor a list nor null", call.In)
	}
	var all []upTo
	for _, item := range items {
		both, _ := item.Items()
		if len(both) != 2 {
			return nil, fmt.Errorf("%v is not [partition offset]", item)
		}
		name, named := nameOf(both[0])
		offset, is := both[1].Int()
		if !named || !is {
			return nil, fmt.Errorf("%v is not [partition offset]", item)
		}
		all = append(all, upTo{name, offset})
	}
	return all, nil
}
