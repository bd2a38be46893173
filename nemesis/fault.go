package nemesis

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/assaykit/assay/harness/clock"
	"github.com/assaykit/assay/harness/cluster"
)

// active is a fault that was planned and resolved to nodes: what it does to
// the cluster and how that is undone. All methods are idempotent.
type active interface {
	inject(ctx context.Context) error
	// verify observes that the fault is in effect.
	verify(ctx context.Context) error
	heal(ctx context.Context) error
	// verifyHealed observes that nothing of the fault is left.
	verifyHealed(ctx context.Context) error
}

// restarter is a fault whose heal starts nodes again.
type restarter interface {
	active
	restarted() []string
}

// teller is a fault that finds out what nobody knows before it strikes, such as how
// much was lost. It tells everything once.
type teller interface {
	active
	told() string
}

// lasting is a fault that has to hold also at nodes that are started again while
// it is in force.
type lasting interface {
	active
	concerns(nodes []string) bool
	// holds observes that it does.
	holds(ctx context.Context) error
}

// observing bounds how long an effect may take to be seen.
const observing = 5 * time.Second

// until polls a condition until it holds, and gives its last complaint
// otherwise. That there is no more time to look is a complaint only if there is no
// other.
func until(ctx context.Context, holds func(context.Context) error) error {
	ctx, cancel := clock.WithTimeout(ctx, observing)
	defer cancel()
	var err error
	for {
		seen := holds(ctx)
		if seen == nil {
			return nil
		}
		if err == nil || !errors.Is(seen, context.DeadlineExceeded) {
			err = seen
		}
		if !clock.Sleep(ctx, 20*time.Millisecond) {
			return err
		}
	}
}

// each does the same to all nodes at once.
func each(ctx context.Context, nodes []cluster.Node, do func(cluster.Node) error) error {
	errs := make([]error, len(nodes))
	all := clock.NewGroup(ctx)
	for i, n := range nodes {
		all.Go(func() {
			if err := do(n); err != nil {
				errs[i] = fmt.Errorf("%s: %w", n.Name(), err)
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// seen complains unless all nodes are observed in the given state.
func seen(nodes []cluster.Node, want cluster.State) func(context.Context) error {
	return func(ctx context.Context) error {
		return each(ctx, nodes, func(n cluster.Node) error {
			got, err := n.State(ctx)
			if err != nil {
				return err
			}
			if got != want {
				return fmt.Errorf("is %s, not %s", got, want)
			}
			return nil
		})
	}
}
