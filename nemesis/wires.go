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
	// shaped are the links whose packets something was ever done to, barred those
	// on which connections were ever refused.
	shaped, barred map[cluster.Link]bool
}

// set puts the rules of fault id in force, in place of those that it had.
func (w *wires) set(ctx context.Context, id int, r cluster.Rules) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rules[id] = r
	w.remember(r)
	return w.network.SetRules(ctx, w.sum())
}

// remember notes what has to be seen to be gone one day.
func (w *wires) remember(r cluster.Rules) {
	if w.shaped == nil {
		w.shaped, w.barred = map[cluster.Link]bool{}, map[cluster.Link]bool{}
	}
	for l := range r.Shape {
		w.shaped[l] = true
	}
	for _, barred := range []map[cluster.Link]bool{r.Reject, r.DropNew} {
		for l := range barred {
			w.barred[l] = true
		}
	}
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
		sum, barred := w.sum(), slices.Collect(maps.Keys(w.barred))
		w.mu.Unlock()
		reach, err := w.network.Reach(ctx)
		if err != nil {
			return err
		}
		if err := compare(sum, reach); err != nil {
			return err
		}
		return w.knock(ctx, sum, barred)
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

// knock observes what connections meet with on links on which they were ever
// refused.
func (w *wires) knock(ctx context.Context, r cluster.Rules, barred []cluster.Link) error {
	want := map[cluster.Link]cluster.Answer{}
	for _, l := range barred {
		if answer, known := answerOn(r, l); known {
			want[l] = answer
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

// answerOn is what a connection over a link meets with; it is not known of one that
// no node could open.
func answerOn(r cluster.Rules, l cluster.Link) (_ cluster.Answer, known bool) {
	back := cluster.Link{From: l.To, To: l.From}
	switch {
	case l.From == cluster.Clients:
		return 0, false
	case r.Drop[l] || r.Drop[back]:
		return cluster.Silence, true
	case r.Reject[l]:
		return cluster.Refused, true
	case r.DropNew[l] || r.Reject[back]:
		return cluster.Silence, true
	}
	return cluster.Accepted, true
}

func complaint(wrong []string) error {
	if len(wrong) == 0 {
		return nil
	}
	slices.Sort(wrong)
	return fmt.Errorf("network: %s", strings.Join(wrong, ", "))
}
