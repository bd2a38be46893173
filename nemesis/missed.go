package nemesis

import (
	"context"
	"fmt"

	"github.com/assaykit/assay/harness/history"
)

// missed records that something was asked for and did not happen, so that nobody takes
// a run for one that went through it.
func (n *Nemesis) missed(ctx context.Context, what string, why error) {
	op := history.Op{F: history.Missed, Value: history.String(what)}
	n.record(ctx, op, func(context.Context) error { return why })
}

// tellMissed records the families whose turn never came.
func (n *Nemesis) tellMissed(ctx context.Context) {
	told := map[string]bool{}
	for _, step := range n.config.Steps {
		for _, p := range step.Faults {
			if !n.tried[p.Family] && !told[p.Family] {
				told[p.Family] = true
				n.missed(ctx, p.Family, fmt.Errorf("%s was asked for, but the run was over before its turn came", p.Family))
			}
		}
	}
}
