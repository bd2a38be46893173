package session

import "github.com/assaykit/assay/checkers/session/trace"

// reason is why one version is older than another one.
type reason uint8

const (
	// The first four are the guarantees.
	initial  reason = reason(guarantees) + iota // the initial version is the oldest
	replaced                                    // a compare-and-set found one and left the other
	relay                                       // from a junction

	// Those of causal consistency, where operations stand for versions too.
	inSession // one came before the other in their session
	left      // one left what the other found
	knew      // who found one knew of the other
)

// arc says that a version is older than another one, and which two operations
// show it. Junctions stand for many arcs: each node that leads to one is older
// than each node it leads to. The arcs on the way know only one of the two
// operations, and the others none.
type arc struct {
	to             int32
	why            reason
	earlier, later int32
}

// demands is what is known of one key's versions, and what guarantees demand of
// them.
type demands struct {
	trace *trace.Trace
	// node is the number of a version or junction in the graph, and versions the
	// versions by node, None for junctions.
	node     map[int32]int32
	versions []int32
	out      [][]arc
}

func newDemands(t *trace.Trace) *demands {
	return &demands{trace: t, node: map[int32]int32{}}
}

func (d *demands) nodeOf(version int32) int32 {
	at, known := d.node[version]
	if !known {
		at = d.add(version)
		d.node[version] = at
	}
	return at
}

func (d *demands) add(version int32) int32 {
	d.versions = append(d.versions, version)
	d.out = append(d.out, nil)
	return int32(len(d.versions) - 1)
}

func (d *demands) junction() int32 { return d.add(trace.None) }

func (d *demands) link(from int32, a arc) {
	if from != a.to {
		d.out[from] = append(d.out[from], a)
	}
}

// touch is an operation that found or left a version.
type touch struct{ op, node int32 }

// view is what one session did on the key.
type view struct {
	reads               junctions
	lastRead, lastWrite touch
	read, wrote         bool
	own                 ownWrites
}

// junctions are a growing set of touches, and the last junction that all of them
// lead to.
type junctions struct {
	fresh []touch
	last  int32
	begun bool
}

// all is a junction that all touches lead to.
func (j *junctions) all(d *demands, why reason) int32 {
	if len(j.fresh) == 0 {
		return j.last
	}
	next := d.junction()
	if j.begun {
		d.link(j.last, arc{next, relay, trace.None, trace.None})
	}
	for _, t := range j.fresh {
		d.link(t.node, arc{next, why, t.op, trace.None})
	}
	j.fresh, j.last, j.begun = j.fresh[:0], next, true
	return next
}

// ownWrites are the versions that a session wrote. A read must find none that is
// older than any of them.
type ownWrites struct {
	junctions
	// since are the writes since the session last read one of its own, which was
	// top: all before are older than that.
	since []touch
	top   touch
	has   bool
	mine  map[int32]bool
}

func (o *ownWrites) wrote(t touch) {
	if o.mine == nil {
		o.mine = map[int32]bool{}
	}
	o.mine[t.node] = true
	o.since = append(o.since, t)
	o.fresh = append(o.fresh, t)
}

func (o *ownWrites) empty() bool { return len(o.mine) == 0 }

// readBy adds what read your writes demands of a read.
func (o *ownWrites) readBy(d *demands, t touch) {
	if !o.mine[t.node] {
		d.link(o.all(d, reason(ReadYourWrites)), arc{t.node, relay, trace.None, t.op})
		return
	}
	for _, w := range o.since {
		d.link(w.node, arc{t.node, reason(ReadYourWrites), w.op, t.op})
	}
	if o.has {
		d.link(o.top.node, arc{t.node, reason(ReadYourWrites), o.top.op, t.op})
	}
	// As what it wrote is known to stand for all before, it is the only one to
	// lead to the junctions from now on.
	o.top, o.has = touch{d.versions[t.node], t.node}, true
	o.since = o.since[:0]
	o.junctions = junctions{fresh: []touch{o.top}}
}

// demandsOn collects what is known about the versions of a key, and what the
// guarantees that are asked for demand of them. The operations are those on the
// key, in the order of their invocations.
func demandsOn(t *trace.Trace, ops []int32, asked func(Guarantee) bool) *demands {
	d := newDemands(t)
	views := map[int32]*view{}
	for _, i := range ops {
		op := &t.Ops[i]
		if !op.Certain || op.Kind == trace.Mismatch {
			continue
		}
		v := views[op.Session]
		if v == nil {
			v = &view{}
			views[op.Session] = v
		}
		if was, known := found(t, op); known {
			if op.Changes() {
				d.link(d.nodeOf(was), arc{d.nodeOf(i), replaced, i, i})
			}
			if op.Acknowledged {
				v.reading(d, touch{i, d.nodeOf(was)}, asked)
			}
		}
		if op.Changes() {
			v.writing(d, touch{i, d.nodeOf(i)}, op.Acknowledged, asked)
		}
	}
	d.linkInitial(t.Keys[t.Ops[ops[0]].Key].Initial)
	return d
}

func (v *view) reading(d *demands, t touch, asked func(Guarantee) bool) {
	if asked(MonotonicReads) && v.read {
		d.link(v.lastRead.node, arc{t.node, reason(MonotonicReads), v.lastRead.op, t.op})
	}
	if asked(ReadYourWrites) && !v.own.empty() {
		v.own.readBy(d, t)
	}
	v.lastRead, v.read = t, true
	v.reads.fresh = append(v.reads.fresh, t)
}

func (v *view) writing(d *demands, t touch, acknowledged bool, asked func(Guarantee) bool) {
	if asked(MonotonicWrites) && v.wrote {
		d.link(v.lastWrite.node, arc{t.node, reason(MonotonicWrites), v.lastWrite.op, t.op})
	}
	if asked(WritesFollowReads) && v.read {
		d.link(v.reads.all(d, reason(WritesFollowReads)), arc{t.node, relay, trace.None, t.op})
	}
	if acknowledged {
		v.lastWrite, v.wrote = t, true
		v.own.wrote(t)
	}
}

// linkInitial makes the initial version the oldest, if anybody found it.
func (d *demands) linkInitial(value int32) {
	first, _ := version(d.trace, value)
	at, found := d.node[first]
	if !found {
		return
	}
	for node, version := range d.versions {
		if version != trace.None {
			d.link(at, arc{int32(node), initial, trace.None, trace.None})
		}
	}
}
