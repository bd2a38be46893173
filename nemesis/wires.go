package nemesis

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/assaykit/assay/harness/cluster"
)

// wires adds up the network faults in force: each has its own rules, the
// cluster gets their union. A nil network has no rules to verify.
type wires struct {
	network cluster.Network

	mu    sync.Mutex
	rules map[int]cluster.Rules
	// shaped are the links whose packets something was ever done to.
	shaped map[cluster.Link]bool
}

// set puts the rules of fault id in force, in place of those that it had.
func (w *wires) set(ctx context.Context, id int, r cluster.Rules) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rules[id] = r
	for l := range r.Shape {
		if w.shaped == nil {
			w.shaped = map[cluster.Link]bool{}
		}
		w.shaped[l] = true
	}
	return w.network.SetRules(ctx, w.sum())
}

// clear lifts the rules of fault id. If the network refuses they stay on the
// books, so that they are lifted with the next change.
func (w *wires) clear(ctx context.Context, id int) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.rules, id)
	return w.network.SetRules(ctx, w.sum())
}

func (w *wires) sum() cluster.Rules {
	sum := cluster.Rules{
		Drop: map[cluster.Link]bool{}, Reject: map[cluster.Link]bool{}, DropNew: map[cluster.Link]bool{},
		Corrupt: map[cluster.Link]float64{}, Shape: map[cluster.Link]cluster.Shape{},
	}
	for _, id := range slices.Sorted(maps.Keys(w.rules)) {
		r := w.rules[id]
		maps.Copy(sum.Drop, r.Drop)
		maps.Copy(sum.Reject, r.Reject)
		maps.Copy(sum.DropNew, r.DropNew)
		for link, s := range r.Shape {
			sum.Shape[link] = sum.Shape[link].Plus(s)
		}
		for link, p := range r.Corrupt {
			sum.Corrupt[link] = max(sum.Corrupt[link], p)
		}
	}
	return sum
}

// verify observes that exactly the links that should be cut are cut.
func (w *wires) verify(ctx context.Context) error {
	if w.network == nil {
		return nil
	}
	return until(ctx, func(ctx context.Context) error {
		w.mu.Lock()
		sum := w.sum()
		w.mu.Unlock()
		reach, err := w.network.Reach(ctx)
		if err != nil {
			return err
		}
		if err := compare(sum, reach); err != nil {
			return err
		}
		return w.knock(ctx, sum)
	})
}

func compare(r cluster.Rules, reach map[cluster.Link]bool) error {
	var wrong []string
	for link, arrives := range reach {
		switch {
		case arrives && r.Cuts(link):
			wrong = append(wrong, link.From+"->"+link.To+" still passes")
		case !arrives && !r.Cuts(link):
			wrong = append(wrong, link.From+"->"+link.To+" is cut")
		}
	}
	return complaint(wrong)
}

// knock observes that links on which connections are refused in one way or the
// other do so. Only those are asked for an answer on which it can come back.
func (w *wires) knock(ctx context.Context, r cluster.Rules) error {
	want := map[cluster.Link]cluster.Answer{}
	for l := range r.DropNew {
		want[l] = cluster.Silence
	}
	for l := range r.Reject {
		want[l] = cluster.Refused
	}
	for l := range want {
		if r.Drop[l] || r.Drop[cluster.Link{From: l.To, To: l.From}] || l.From == cluster.Clients {
			delete(want, l)
		}
	}
	if len(want) == 0 {
		return nil
	}
	doors, ok := w.network.(cluster.Doors)
	if !ok {
		return errors.New("this runtime cannot tell whether connections are refused")
	}
	got, err := doors.Knock(ctx, slices.Collect(maps.Keys(want)))
	if err != nil {
		return err
	}
	var wrong []string
	for l, answer := range got {
		if answer != want[l] {
			wrong = append(wrong, fmt.Sprintf("a connection %s->%s meets with: %s, not: %s", l.From, l.To, answer, want[l]))
		}
	}
	return complaint(wrong)
}

func complaint(wrong []string) error {
	if len(wrong) == 0 {
		return nil
	}
	slices.Sort(wrong)
	return fmt.Errorf("network: %s", strings.Join(wrong, ", "))
}
