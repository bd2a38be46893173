package explorer

import (
	"cmp"
	"encoding/json"
	"html/template"
	"slices"
	"time"

	"github.com/assaykit/assay/harness/history"
)

// dictionary numbers names in the order in which they come.
type dictionary struct {
	number map[string]int
	names  []string
}

func (d *dictionary) add(name string) {
	if _, known := d.number[name]; known {
		return
	}
	if d.number == nil {
		d.number = map[string]int{}
	}
	d.number[name] = len(d.names)
	d.names = append(d.names, name)
}

// tidy are the names, fit to be shown.
func (d *dictionary) tidy(in Input, most int) []string {
	shown := make([]string, len(d.names))
	for i, name := range d.names {
		shown[i] = in.Tidy(name, most)
	}
	return shown
}

// names are those that columns have as numbers.
type names struct{ nodes, kinds, keys dictionary }

func collect(in Input) *names {
	var n names
	for i := range in.Calls {
		n.nodes.add(in.Calls[i].Node)
		n.kinds.add(in.Calls[i].F)
		n.keys.add(in.Calls[i].Key)
	}
	return &n
}

// inOrder are the calls in the order of their times, which is that of their
// invocations unless somebody wrote the history by hand.
func inOrder(calls []history.Call) []history.Call {
	byTime := func(a, b history.Call) int { return cmp.Compare(a.Start, b.Start) }
	if slices.IsSortedFunc(calls, byTime) {
		return calls
	}
	calls = slices.Clone(calls)
	slices.SortStableFunc(calls, byTime)
	return calls
}

const (
	mostName = 80
	mostKey  = 160
	// mostFaults and mostMarks bound what there is to go to.
	mostFaults = 2000
	mostMarks  = 500
	mostMarked = 200
)

// head is the first blob: JSON, which names what the columns number.
type head struct {
	Count   int           `json:"count"`
	Columns int           `json:"columns"`
	Texts   int           `json:"texts"`
	Start   time.Duration `json:"start"`
	End     time.Duration `json:"end"`
	Nodes   []string      `json:"nodes"`
	Kinds   []string      `json:"kinds"`
	Keys    []string      `json:"keys"`
	Faults  []Fault       `json:"faults"`
	Marks   []Mark        `json:"marks"`
}

func packHead(in Input, n *names) (template.HTML, error) {
	h := head{
		Count: len(in.Calls), Columns: columnsChunk, Texts: textsChunk, Start: in.Start, End: in.End,
		Nodes: n.nodes.tidy(in, mostName), Kinds: n.kinds.tidy(in, mostName), Keys: n.keys.tidy(in, mostKey),
		Faults: []Fault{}, Marks: []Mark{},
	}
	for _, f := range in.Faults[:min(len(in.Faults), mostFaults)] {
		h.Faults = append(h.Faults, f.tidy(in, n))
	}
	for _, m := range in.Marks[:min(len(in.Marks), mostMarks)] {
		h.Marks = append(h.Marks, Mark{in.Tidy(m.Name, mostKey), m.Calls[:min(len(m.Calls), mostMarked)]})
	}
	text, err := json.Marshal(h)
	if err != nil {
		return "", err
	}
	return pack(text)
}

// tidy gives the nodes the names that they have among those of the operations.
func (f Fault) tidy(in Input, n *names) Fault {
	nodes := make([]string, 0, len(f.Nodes))
	for _, node := range f.Nodes[:min(len(f.Nodes), mostMarked)] {
		if _, known := n.nodes.number[node]; known {
			nodes = append(nodes, in.Tidy(node, mostName))
		}
	}
	f.Name, f.Nodes = in.Tidy(f.Name, mostKey), nodes
	return f
}
