package nemesis

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/assaykit/assay/harness/cluster"
)

// allowances are the nodes that were ever given less of the machine than there is.
type allowances struct {
	mu    sync.Mutex
	nodes map[string]cluster.Node
}

// limit gives a node less. It is remembered before it happens.
func (a *allowances) limit(ctx context.Context, n cluster.Node, l cluster.Limits) error {
	who, err := limitable(n)
	if err != nil {
		return err
	}
	a.remember(n)
	return who.SetLimits(ctx, l)
}

func (a *allowances) remember(n cluster.Node) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.nodes == nil {
		a.nodes = map[string]cluster.Node{}
	}
	a.nodes[n.Name()] = n
}

// clearAll lifts all limits that there ever were.
func (a *allowances) clearAll(ctx context.Context) error {
	return each(ctx, a.all(), func(n cluster.Node) error { return lift(ctx, n) })
}

// verify observes that they are gone.
func (a *allowances) verify(ctx context.Context) error { return until(ctx, granted(a.all())) }

func (a *allowances) all() []cluster.Node {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Collect(maps.Values(a.nodes))
}

func limitable(n cluster.Node) (cluster.Limited, error) {
	if who, ok := n.(cluster.Limited); ok {
		return who, nil
	}
	return nil, errors.New("this runtime cannot limit what a node gets")
}

func lift(ctx context.Context, n cluster.Node) error {
	who, err := limitable(n)
	if err != nil {
		return err
	}
	return who.SetLimits(ctx, cluster.Limits{})
}

// rationing is how long a node is watched to see that its CPU is rationed no more: two
// periods of the kernel's, and some.
const rationing = 250 * time.Millisecond

// granted complains about nodes that get less than there is.
func granted(nodes []cluster.Node) func(context.Context) error {
	return func(ctx context.Context) error {
		return each(ctx, nodes, func(n cluster.Node) error {
			who, err := limitable(n)
			if err != nil {
				return err
			}
			before, err := who.Usage(ctx)
			if err != nil {
				return err
			}
			wait(ctx, rationing)
			after, err := who.Usage(ctx)
			switch {
			case err != nil:
				return err
			case after.Limits != cluster.Limits{}:
				return fmt.Errorf("still gets %s", amounts(after.Limits))
			case after.Periods > before.Periods:
				return errors.New("its CPU is still rationed")
			}
			return nil
		})
	}
}

func amounts(l cluster.Limits) string {
	text := "no more than"
	if l.CPU > 0 {
		text += fmt.Sprintf(" %g%% of a core", 100*l.CPU)
	}
	if l.Memory > 0 {
		text += fmt.Sprintf(" %d bytes of memory", l.Memory)
	}
	return text
}

// limited is a fault that gives nodes less of the machine: they are slow, or short of
// memory, of which they may die.
type limited struct {
	findings
	nodes      []cluster.Node
	allowances *allowances
	limits     cluster.Limits

	mu sync.Mutex
	// wanted are the limits of each node, and since the periods that were rationed
	// before.
	wanted map[string]cluster.Limits
	since  map[string]uint64
}

func (l *limited) inject(ctx context.Context) error {
	return each(ctx, l.nodes, func(n cluster.Node) error {
		limits, err := l.limitsOf(ctx, n)
		if err != nil {
			return err
		}
		return l.allowances.limit(ctx, n, limits)
	})
}

// limitsOf are the limits of one node, found out once: those of memory may depend on
// what it has.
func (l *limited) limitsOf(ctx context.Context, n cluster.Node) (cluster.Limits, error) {
	who, err := limitable(n)
	if err != nil {
		return cluster.Limits{}, err
	}
	usage, err := who.Usage(ctx)
	if err != nil {
		return cluster.Limits{}, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if limits, known := l.wanted[n.Name()]; known {
		return limits, nil
	}
	limits := l.limits
	if limits == (cluster.Limits{}) {
		limits.Memory = (usage.Memory + spare) &^ (1<<12 - 1) // whole pages, as the kernel has it
		l.add("%s gets %d bytes", n.Name(), limits.Memory)
	}
	if l.wanted == nil {
		l.wanted, l.since = map[string]cluster.Limits{}, map[string]uint64{}
	}
	l.wanted[n.Name()], l.since[n.Name()] = limits, usage.Periods
	return limits, nil
}

func (l *limited) verify(ctx context.Context) error { return until(ctx, l.inForce) }

// inForce observes that the kernel has the limits, and that it rations CPU: limits may
// be lifted behind the engine's back.
func (l *limited) inForce(ctx context.Context) error {
	return each(ctx, l.nodes, func(n cluster.Node) error {
		if diedOfIt(ctx, n) {
			return nil
		}
		who, err := limitable(n)
		if err != nil {
			return err
		}
		usage, err := who.Usage(ctx)
		if err != nil {
			return err
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		wanted, since := l.wanted[n.Name()], l.since[n.Name()]
		switch {
		case usage.Limits != wanted:
			return fmt.Errorf("gets %s, wanted was %s", amounts(usage.Limits), amounts(wanted))
		case wanted.CPU > 0 && usage.Periods == since:
			return errors.New("its CPU is not rationed")
		}
		return nil
	})
}

// diedOfIt says whether a node does not run because it ran out of memory.
func diedOfIt(ctx context.Context, n cluster.Node) bool {
	who, ok := n.(cluster.Starvable)
	if !ok {
		return false
	}
	starved, err := who.Starved(ctx)
	return err == nil && starved
}

func (l *limited) heal(ctx context.Context) error {
	return each(ctx, l.nodes, func(n cluster.Node) error {
		if err := lift(ctx, n); err != nil {
			return err
		}
		if diedOfIt(ctx, n) {
			l.add("%s had died of it", n.Name())
			return n.Start(ctx)
		}
		return nil
	})
}

func (l *limited) verifyHealed(ctx context.Context) error { return until(ctx, granted(l.nodes)) }

func (l *limited) concerns(nodes []string) bool {
	return slices.ContainsFunc(l.nodes, func(n cluster.Node) bool { return slices.Contains(nodes, n.Name()) })
}

// holds looks at limits only as far as they outlive a restart: what was rationed is
// counted anew.
func (l *limited) holds(ctx context.Context) error {
	l.mu.Lock()
	clear(l.since)
	l.mu.Unlock()
	return until(ctx, l.inForce)
}

// outOfMemory lets the kernel kill nodes for want of memory, and starts them again.
type outOfMemory struct {
	kill
	allowances *allowances
}

func (o *outOfMemory) inject(ctx context.Context) error {
	return each(ctx, o.nodes, func(n cluster.Node) error {
		who, ok := n.(cluster.Starvable)
		if !ok {
			return errors.New("this runtime cannot let a node run out of memory")
		}
		o.allowances.remember(n)
		return who.Starve(ctx)
	})
}

func (o *outOfMemory) verify(ctx context.Context) error {
	return until(ctx, func(ctx context.Context) error {
		return each(ctx, o.nodes, func(n cluster.Node) error {
			if !diedOfIt(ctx, n) {
				return errors.New("did not die for want of memory")
			}
			return nil
		})
	})
}

func (o *outOfMemory) heal(ctx context.Context) error {
	return each(ctx, o.nodes, func(n cluster.Node) error {
		return errors.Join(lift(ctx, n), n.Start(ctx))
	})
}

func (o *outOfMemory) verifyHealed(ctx context.Context) error {
	return errors.Join(o.kill.verifyHealed(ctx), until(ctx, granted(o.nodes)))
}
