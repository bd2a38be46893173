package nemesis

import (
	"context"
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
}

// set puts the rules of fault id in force, in place of those that it had.
func (w *wires) set(ctx context.Context, id int, r cluster.Rules) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rules[id] = r
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
	sum := cluster.Rules{Drop: map[cluster.Link]bool{}, Corrupt: map[cluster.Link]float64{}}
	for _, r := range w.rules {
		maps.Copy(sum.Drop, r.Drop)
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
		drop := w.sum().Drop
		w.mu.Unlock()
		reach, err := w.network.Reach(ctx)
		if err != nil {
			return err
		}
		return compare(drop, reach)
	})
}

func compare(drop map[cluster.Link]bool, reach map[cluster.Link]bool) error {
	var wrong []string
	for link, arrives := range reach {
		switch {
		case arrives && drop[link]:
			wrong = append(wrong, link.From+"->"+link.To+" still passes")
		case !arrives && !drop[link]:
			wrong = append(wrong, link.From+"->"+link.To+" is cut")
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	slices.Sort(wrong)
	return fmt.Errorf("network: %s", strings.Join(wrong, ", "))
}
