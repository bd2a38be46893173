package nemesis

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/assaykit/assay/harness/clock"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/history"
)

// Config is what a nemesis needs.
type Config struct {
	Cluster cluster.Cluster
	// Leaders asks the target who leads; nil if it cannot tell.
	Leaders func(ctx context.Context) ([]string, error)
	// Time asks a node what time it is; nil if the target's cannot tell.
	Time func(ctx context.Context, node cluster.Node) (time.Time, error)
	// Ready waits until clients can use the cluster; nil if the target cannot tell.
	Ready    func(ctx context.Context) error
	Recorder *history.Recorder
	Steps    []Step
	// Roster is nil if the target's nodes cannot leave it.
	Roster Roster
	// Script takes the place of Steps if there is one.
	Script []Cue
	// Writes counts the writes that were acknowledged; nil if nobody counts.
	Writes func() int
	// Snapshots counts those that a node has saved; nil if the target's cannot tell.
	Snapshots func(ctx context.Context, node cluster.Node) (int, error)
	// Most is how many nodes at most are ever damaged; 0 is all of them. Links that
	// fail are laid to the charge of as few of their ends as possible.
	Most int
}

// Nemesis executes a schedule on a cluster, and stands in the history as
// process history.Nemesis.
type Nemesis struct {
	config Config
	wires  *wires
	clocks *clocks
	disks  *disks
	// allowances are lifted, however a run ends.
	allowances *allowances
	// changedMembers is set once nodes may have left.
	changedMembers bool
	// tried are the families that have had their turn.
	tried map[string]bool
	// damaged are the nodes that were ever struck, or cut off.
	damaged []string

	mu      sync.Mutex
	nextID  int
	inForce []struck
}

// struck is a fault that was injected and not yet healed.
type struck struct {
	active
	fault *history.Fault
}

// New makes a nemesis. Run executes the schedule; HealAll is due afterwards.
func New(c Config) *Nemesis {
	n := &Nemesis{config: c, wires: &wires{rules: map[int]cluster.Rules{}}, nextID: 1}
	n.wires.network, _ = c.Cluster.(cluster.Network)
	n.clocks = &clocks{nodes: c.Cluster.Nodes(), told: c.Time, skews: map[int]map[string]cluster.Skew{}}
	n.clocks.cluster, _ = c.Cluster.(cluster.Clocks)
	n.disks = newDisks(c.Cluster)
	n.allowances = &allowances{}
	n.tried = map[string]bool{}
	return n
}

// Run executes the schedule until it or the context ends, and returns with all
// faults that it injected healed, or their failure to heal recorded.
func (n *Nemesis) Run(ctx context.Context) {
	defer n.tellMissed(ctx)
	defer n.watchClocks(ctx)()
	defer n.heal(ctx)
	if len(n.config.Script) > 0 {
		n.play(ctx)
		return
	}
	for i, step := range n.config.Steps {
		if n.standsBack(ctx, n.config.Steps[i:]) {
			continue
		}
		if !wait(ctx, step.Quiet) || n.hadTurn(step) && endsWithin(ctx, step.Hold/4) {
			return
		}
		n.inject(ctx, step)
		if !wait(ctx, step.Hold) {
			return
		}
		n.heal(ctx)
	}
}

// wait sleeps, unless the context ends first, which it tells by false.
func wait(ctx context.Context, d time.Duration) bool { return clock.Sleep(ctx, d) }

// hadTurn says that no fault of a step is the first of its family.
func (n *Nemesis) hadTurn(s Step) bool {
	return !slices.ContainsFunc(s.Faults, func(p Planned) bool { return !n.tried[p.Family] })
}

// standsBack says that the first of some steps is left out, because its families have had
// their turn, and there is time for those that have not only without it: faults and their
// healing may take much longer than they were planned to.
func (n *Nemesis) standsBack(ctx context.Context, steps []Step) bool {
	if !n.hadTurn(steps[0]) {
		return false
	}
	waiting, needs := map[string]bool{}, time.Duration(0)
	for _, step := range steps[1:] {
		first := false
		for _, p := range step.Faults {
			if !n.tried[p.Family] && !waiting[p.Family] {
				waiting[p.Family], first = true, true
			}
		}
		if first {
			needs += step.Quiet + step.Hold
		}
	}
	return needs > 0 && endsWithin(ctx, steps[0].Quiet+steps[0].Hold+needs)
}

// endsWithin says that so little time is left. A fault that strikes among the last
// operations shows nothing, and one that is seen by what the nodes do, as a disk whose
// writes fail now and then, could not even be verified.
func endsWithin(ctx context.Context, d time.Duration) bool {
	end, known := ctx.Deadline()
	return known && clock.Until(ctx, end) < d
}

// inject begins the faults of a step. Once begun it is not given up halfway,
// whatever happens to the context: half a fault could not be verified.
func (n *Nemesis) inject(ctx context.Context, step Step) {
	if ctx.Err() != nil {
		return
	}
	ctx = context.WithoutCancel(ctx)
	leaders := n.leaders(ctx, step)
	for _, planned := range step.Faults {
		n.strike(ctx, planned, leaders)
	}
}

func (n *Nemesis) leaders(ctx context.Context, step Step) []string {
	asked := slices.ContainsFunc(step.Faults, Planned.asksLeader)
	if !asked || n.config.Leaders == nil {
		return nil
	}
	return n.whoLeads(ctx)
}

func (n *Nemesis) whoLeads(ctx context.Context) []string {
	ctx, cancel := clock.WithTimeout(ctx, time.Second)
	defer cancel()
	// An error means that nobody leads that we could see; the fault then strikes
	// another node and says so.
	leaders, _ := n.config.Leaders(ctx)
	return leaders
}

// strike injects one fault. The invocation is on disk before the first thing is
// broken: it is the ledger of what may have to be undone.
func (n *Nemesis) strike(ctx context.Context, p Planned, leaders []string) {
	n.mu.Lock()
	id := n.nextID
	n.nextID++
	n.mu.Unlock()
	n.tried[p.Family] = true
	act, fault := n.resolve(id, p, leaders)
	if len(fault.Nodes) == 0 {
		n.missed(ctx, p.Family+":"+p.Shape, n.misses(p))
		return
	}
	n.mu.Lock()
	n.inForce = append(n.inForce, struck{act, fault})
	n.mu.Unlock()
	n.around(ctx, act, func() {
		n.recordOf(ctx, act, about(history.Inject, fault), func(ctx context.Context) error {
			if err := act.inject(ctx); err != nil {
				return fmt.Errorf("inject %s: %w", fault.Name, err)
			}
			if err := act.verify(ctx); err != nil {
				return fmt.Errorf("verify %s: %w", fault.Name, err)
			}
			return nil
		})
	})
}

// undoing bounds how long one fault may take to be injected or healed.
const undoing = 30 * time.Second

// record writes what is about to be done to the history, does it under a
// context of its own, and writes how that went.
func (n *Nemesis) record(ctx context.Context, op history.Op, do func(context.Context) error) {
	n.recordOf(ctx, nil, op, do)
}

// recordOf is record for a fault, which may have found something out meanwhile.
func (n *Nemesis) recordOf(ctx context.Context, act active, op history.Op, do func(context.Context) error) {
	op.Process = history.Nemesis
	op = n.config.Recorder.Invoke(op)
	// A recorder that cannot write stops the run; here the cluster comes first.
	_ = n.config.Recorder.Flush()
	ctx, cancel := clock.WithTimeout(context.WithoutCancel(ctx), undoing)
	defer cancel()
	err := do(ctx)
	value := op.Value
	if t, ok := act.(teller); ok {
		if found := t.told(); found != "" {
			value = history.String(op.Fault.Detail + "; " + found)
		}
	}
	if err != nil {
		n.config.Recorder.Complete(op, history.Info, value, err.Error())
		return
	}
	n.config.Recorder.Complete(op, history.OK, value, "")
}

func about(f string, fault *history.Fault) history.Op {
	return history.Op{F: f, Fault: fault, Value: history.String(fault.Detail)}
}

// heal undoes the faults in force, the last one first.
func (n *Nemesis) heal(ctx context.Context) { n.healOnly(ctx, "") }

func (n *Nemesis) healThese(ctx context.Context, faults []struck) {
	for _, s := range slices.Backward(faults) {
		n.around(ctx, s.active, func() { n.healThis(ctx, s) })
		if r, ok := s.active.(restarter); ok {
			n.reapplied(ctx, r.restarted())
		}
	}
}

func (n *Nemesis) healThis(ctx context.Context, s struck) {
	n.recordOf(ctx, s.active, about(history.Heal, s.fault), func(ctx context.Context) error {
		defer n.forget(s.fault.ID)
		if err := s.heal(ctx); err != nil {
			return fmt.Errorf("heal %s: %w", s.fault.Name, err)
		}
		if err := s.verifyHealed(ctx); err != nil {
			return fmt.Errorf("verify that %s is healed: %w", s.fault.Name, err)
		}
		return nil
	})
}

// reapplied records that faults in force hold at nodes that were started again.
// The runtime has applied their rules together with the start.
func (n *Nemesis) reapplied(ctx context.Context, nodes []string) {
	n.mu.Lock()
	faults := n.inForce
	n.mu.Unlock()
	for _, s := range faults {
		l, ok := s.active.(lasting)
		if !ok || !l.concerns(nodes) {
			continue
		}
		op := about(history.Reapply, s.fault)
		op.Value = history.String(strings.Join(nodes, " ") + " started again")
		n.record(ctx, op, func(ctx context.Context) error {
			if err := l.holds(ctx); err != nil {
				return fmt.Errorf("verify that %s holds again: %w", s.fault.Name, err)
			}
			return nil
		})
	}
}

func (n *Nemesis) forget(id int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.inForce = slices.DeleteFunc(slices.Clone(n.inForce), func(s struck) bool { return s.fault.ID == id })
}

// InForce describes the faults in force, for people.
func (n *Nemesis) InForce() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	var out []string
	for _, s := range n.inForce {
		out = append(out, s.fault.Name+" "+s.fault.Detail)
	}
	return out
}
