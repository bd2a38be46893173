package rwregister

import (
	"context"
	"slices"
	"time"

	"github.com/assaykit/assay/checkers/isolation"
	"github.com/assaykit/assay/checkers/rwregister/internal/order"
	"github.com/assaykit/assay/checkers/rwregister/internal/registers"
	"github.com/assaykit/assay/checkers/rwregister/internal/weak"
)

// evidence is why a level is not kept.
type evidence struct {
	level   isolation.Level
	anomaly isolation.Anomaly
	// One of these: a read that is wrong by itself, reads that cannot be repeated,
	// transactions in a circle with what is demanded of some, or an order that was asked
	// for and that there is not; of a part of the history, if that was shrunk already.
	trouble *registers.Trouble
	reads   *weak.Unrepeatable
	cycle   []int32
	demands []weak.Demand
	result  *order.Result
	part    *registers.History
	ask     question
}

// question is what package order is asked.
type question struct {
	kind order.Kind
	base order.Base
}

// asked are the levels that package order decides, and the anomaly if they are not
// kept; weaker ones before those that imply them.
var asked = []struct {
	level   isolation.Level
	anomaly isolation.Anomaly
	question
}{
	{isolation.ReadCommitted, isolation.G1c, question{order.Committed, order.Free}},
	{isolation.StrongSessionReadCommitted, isolation.G1cSession, question{order.Committed, order.Sessions}},
	{isolation.StrongReadCommitted, isolation.G1cRealtime, question{order.Committed, order.RealTime}},
	{isolation.CursorStability, isolation.LostUpdate, question{order.Cursor, order.Free}},
	{isolation.Prefix, isolation.NonPrefixRead, question{order.Prefix, order.Sessions}},
	{isolation.SnapshotIsolation, isolation.GNonadjacent, question{order.Snapshot, order.Free}},
	{isolation.StrongSessionSnapshotIsolation, isolation.GNonadjacentSession, question{order.Snapshot, order.Sessions}},
	// Predicates are what tells repeatable read from serializable.
	{isolation.RepeatableRead, isolation.G2Item, question{order.Serial, order.Free}},
	{isolation.Serializable, isolation.G2Item, question{order.Serial, order.Free}},
	{isolation.StrongSessionSerializable, isolation.G2ItemSession, question{order.Serial, order.Sessions}},
	{isolation.StrongSnapshotIsolation, isolation.GNonadjacentRealtime, question{order.Snapshot, order.RealTime}},
	{isolation.StrictSerializable, isolation.G2ItemRealtime, question{order.Serial, order.RealTime}},
}

// decision is what is known of all levels.
type decision struct {
	h        *registers.History
	answers  map[isolation.Level]order.Answer
	evidence []evidence
	// why says why levels are Undecided.
	why map[isolation.Level]string
	// aside is how much time is left for levels that nobody asked for.
	aside time.Duration
}

// kept notes that a level is kept, and with it all that it implies; unless there are
// reads that nobody can judge.
func (d *decision) kept(l isolation.Level) {
	if len(d.h.Ambiguous) > 0 && l.Implies(isolation.ReadCommitted) {
		return
	}
	for _, weaker := range isolation.All() {
		if l.Implies(weaker) {
			d.answers[weaker] = order.Kept
		}
	}
}

// broken notes that a level is not kept, and neither is any other that the anomaly
// rules out. Evidence that there was before is forgotten if it tells no more.
func (d *decision) broken(e evidence) {
	d.evidence = append(slices.DeleteFunc(d.evidence, func(old evidence) bool {
		return e.anomaly.RulesOut(old.level) && !old.anomaly.RulesOut(e.level)
	}), e)
	for _, l := range isolation.All() {
		if e.anomaly.RulesOut(l) {
			d.answers[l] = order.Broken
		}
	}
}

func (d *decision) known(l isolation.Level) bool { return d.answers[l] != order.Undecided }

// aside is how long all levels together are looked at that nobody asked for, and each
// of them at most half of what is left of it.
const aside = 15 * time.Second

// decide says of all levels whether they are kept, as far as the time allows; the
// expected one comes first.
func decide(ctx context.Context, h *registers.History, expected isolation.Level, limits order.Limits) *decision {
	d := &decision{h: h, answers: map[isolation.Level]order.Answer{}, why: map[isolation.Level]string{}, aside: aside}
	d.troubles()
	if !d.known(isolation.ReadUncommitted) {
		d.kept(isolation.StrongReadUncommitted) // some order of each key's versions always is right
	}
	strongest := len(asked) - 1
	if !isolation.Causal.Implies(expected) {
		d.within(ctx, strongest, asked[strongest].level == expected, limits) // what keeps it keeps all
	}
	for _, n := range []int{2, 1, 0} {
		d.ask(ctx, n, limits)
	}
	d.weak()
	// The strongest come first: if they are kept, so are the others, and orders are
	// found sooner the more is demanded of them.
	for n := range asked {
		if expected.Implies(asked[strongest-n].level) || asked[strongest-n].level.Implies(expected) {
			d.within(ctx, strongest-n, asked[strongest-n].level == expected, limits)
		}
	}
	for n := range asked {
		d.within(ctx, strongest-n, false, limits)
	}
	return d
}

// within asks with the time that is there for it.
func (d *decision) within(ctx context.Context, n int, expected bool, limits order.Limits) {
	deadline, _ := ctx.Deadline()
	left := time.Until(deadline) / 2
	if !expected {
		left = min(left, d.aside/2)
	}
	begun := time.Now()
	ctx, cancel := context.WithTimeout(ctx, left)
	defer cancel()
	if d.ask(ctx, n, limits); !expected {
		d.aside -= time.Since(begun)
	}
}

func (d *decision) ask(ctx context.Context, n int, limits order.Limits) {
	a := &asked[n]
	if d.known(a.level) {
		return
	}
	switch r := order.Decide(ctx, d.h, a.kind, a.base, limits); r.Answer {
	case order.Kept:
		d.kept(a.level)
	case order.Broken:
		e := evidence{level: a.level, anomaly: a.anomaly, result: &r, ask: a.question}
		if s, is := single[a.level]; is {
			e.part, e.result = a.shrink(ctx, d.h, e.result)
			if skewed(e.result.Cycle) {
				e.level, e.anomaly = s.level, s.anomaly
			}
		}
		d.broken(e)
	default:
		d.why[a.level] = r.Why
	}
}

// single are the weaker levels that a cycle contradicts too in which no more than one
// write was missed.
var single = map[isolation.Level]struct {
	level   isolation.Level
	anomaly isolation.Anomaly
}{
	isolation.SnapshotIsolation:              {isolation.ConsistentView, isolation.GSingle},
	isolation.StrongSessionSnapshotIsolation: {isolation.StrongSessionConsistentView, isolation.GSingleSession},
	isolation.StrongSnapshotIsolation:        {isolation.StrongConsistentView, isolation.GSingleRealtime},
}

// skewed says that a cycle of snapshots is such a one: nothing in it rests on what only
// snapshots contradict. That versions which build upon each other come without others
// in between, consistent view demands as well.
func skewed(cycle []order.Step) bool {
	missed := 0
	for _, step := range cycle {
		if step.Forced {
			return false
		}
		if step.Kind == order.Missed {
			missed++
		}
	}
	return len(cycle) > 0 && missed <= 1
}

// problems are the anomalies of reads that are wrong by themselves.
var problems = map[registers.Problem]isolation.Anomaly{
	registers.NotOwn: isolation.MissingOwnWrite, registers.Future: isolation.FutureRead, registers.ThinAir: isolation.ThinAirRead,
	registers.Aborted: isolation.G1a, registers.Intermediate: isolation.G1b,
}

func (d *decision) troubles() {
	for n := range d.h.Troubles {
		anomaly := problems[d.h.Troubles[n].Problem]
		d.broken(evidence{level: anomaly.Contradicts()[0], anomaly: anomaly, trouble: &d.h.Troubles[n]})
	}
}

// weak decides the levels of package weak.
func (d *decision) weak() {
	judge := weak.New(d.h)
	if !d.known(isolation.MonotonicAtomicView) {
		d.demanded(isolation.MonotonicAtomicView, isolation.ObservedTransactionVanishes, judge.MonotonicAtomicView(), false)
	}
	if !d.known(isolation.ReadAtomic) {
		demands, unrepeatable := judge.ReadAtomic()
		for n := range unrepeatable {
			d.broken(evidence{level: isolation.ReadAtomic, anomaly: isolation.Internal, reads: &unrepeatable[n]})
		}
		if !d.known(isolation.ReadAtomic) {
			d.demanded(isolation.ReadAtomic, isolation.FracturedRead, demands, false)
		}
	}
	if !d.known(isolation.Causal) {
		demands, _ := judge.Causal()
		d.demanded(isolation.Causal, isolation.NonCausalRead, demands, true)
	}
}

func (d *decision) demanded(l isolation.Level, anomaly isolation.Anomaly, demands []weak.Demand, sessions bool) {
	if cycle := weak.Cycle(d.h, sessions, demands); cycle != nil {
		d.broken(evidence{level: l, anomaly: anomaly, cycle: cycle, demands: demands})
		return
	}
	d.kept(l)
}
