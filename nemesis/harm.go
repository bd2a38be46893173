package nemesis

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/history"
)

// harm is what a shape of the process family does, understood.
type harm struct {
	name string
	// lives is how long nodes of a crash loop live each time.
	lives time.Duration
	// patience is how long a node that is asked to end may take.
	patience time.Duration
	// limits are what a node gets; a limit of memory of 0 is what it has and spare.
	limits cluster.Limits
	place  string
	words  string
}

// The names of the family and its shapes.
const (
	processFamily    = "process"
	crashLoopShape   = "crash-loop"
	rollingShape     = "rolling"
	stopShape        = "stop"
	outOfMemoryShape = "out-of-memory"
	cpuShape         = "cpu"
	memoryShape      = "memory"
)

// What shapes do that come without arguments. The usual share of a core makes a node
// slow, but lets it answer; spare is what a node gets beyond the memory that it has.
const (
	usualLife     = 500 * time.Millisecond
	usualPatience = 5 * time.Second
	mostPatience  = 20 * time.Second // a fault has to be injected in undoing
	usualShare    = 0.1
	leastShare    = 0.01
	leastMemory   = 6 << 20
	spare         = 16 << 20
)

func processShapes() []ShapeDescription {
	return []ShapeDescription{
		{Name: crashLoopShape, About: "crash-loop(500ms): killed again and again, so long after each start"},
		{Name: rollingShape, About: "rolling(5s): one node after another is asked to end and started again, all of them or those @PLACE"},
		{Name: stopShape, About: "stop(5s): asked to end (SIGTERM), killed if it takes longer, and started again"},
		{Name: outOfMemoryShape, About: "the kernel kills it for want of memory"},
		{Name: cpuShape, About: "cpu(10%) of a single core: slow, but alive"},
		{Name: memoryShape, About: "memory(64MiB), or 16MiB more than it has: it may die of it"},
	}
}

func checkProcess(_ Description, s shape) error {
	_, err := parseProcess(s)
	return err
}

func needsOfProcess(s shape) []cluster.Capability {
	switch s.name() {
	case rollingShape, stopShape:
		return []cluster.Capability{cluster.CanStop}
	case outOfMemoryShape:
		return []cluster.Capability{cluster.CanStarve}
	case cpuShape:
		return []cluster.Capability{cluster.CanThrottle}
	case memoryShape:
		return []cluster.Capability{cluster.CanLimitMemory}
	}
	return nil
}

func parseProcess(s shape) (harm, error) {
	if len(s.effects) > 1 {
		return harm{}, errors.New("a process suffers one harm at a time; write + between those to choose from")
	}
	e := s.effects[0]
	h := harm{name: e.name, place: s.place, words: e.String()}
	if h.place == "" {
		h.place = "one"
		if h.name == rollingShape {
			h.place = "all"
		}
	}
	a := &reading{words: e.arguments}
	switch e.name {
	case crashLoopShape:
		h.lives = a.duration(usualLife)
	case rollingShape, stopShape:
		h.patience = a.patience()
	case cpuShape:
		h.limits.CPU = a.share()
	case memoryShape:
		h.limits.Memory = a.memory()
	case outOfMemoryShape:
	default:
		return h, errNoShape
	}
	if err := a.end(); err != nil {
		return h, fmt.Errorf("%s: %w", e.name, err)
	}
	return h, checkPlace(h.place)
}

func (r *reading) patience() time.Duration {
	d := r.duration(usualPatience)
	if d > mostPatience {
		r.fail(fmt.Errorf("a node can be waited for up to %s", mostPatience))
	}
	return d
}

// share reads a part of a core, which may be more than all of it.
func (r *reading) share() float64 {
	word, some := r.next()
	if !some {
		return usualShare
	}
	number, percent := strings.CutSuffix(word, "%")
	share, err := strconv.ParseFloat(number, 64)
	if percent {
		share /= 100
	}
	if err != nil || !(share >= leastShare && share <= 64) {
		r.fail(fmt.Errorf("%q is not a share of a core, such as 10%% or 0.5, of at least %g%%", word, 100*leastShare))
	}
	return share
}

func (r *reading) memory() int64 {
	n := r.bytes(0)
	if n > 0 && n < leastMemory {
		r.fail(fmt.Errorf("no container can have less than %d bytes", leastMemory))
	}
	return n
}

func resolveProcess(n *Nemesis, _ int, p Planned, s shape, fault *history.Fault) active {
	h, err := parseProcess(s)
	if err != nil {
		panic("nemesis: a harm that was not checked: " + err.Error())
	}
	fault.Nodes = place(h.place, p.Order)
	fault.Detail = fmt.Sprintf("%s: %s", h.words, sorted(fault.Nodes))
	common := kill{nodes: n.nodes(fault.Nodes), wires: n.wires}
	switch h.name {
	case crashLoopShape:
		return &crashLoop{kill: common, lives: h.lives}
	case rollingShape:
		return &rolling{kill: common, order: inOrderOf(p.Order, common.nodes), patience: h.patience, ready: n.config.Ready}
	case stopShape:
		return &stop{kill: common, patience: h.patience}
	case outOfMemoryShape:
		return &outOfMemory{kill: common, allowances: n.allowances}
	}
	return &limited{nodes: common.nodes, allowances: n.allowances, limits: h.limits}
}

// inOrderOf are the nodes in the order of a plan.
func inOrderOf(order []string, nodes []cluster.Node) []cluster.Node {
	sorted := slices.Clone(nodes)
	slices.SortStableFunc(sorted, func(a, b cluster.Node) int {
		return slices.Index(order, a.Name()) - slices.Index(order, b.Name())
	})
	return sorted
}
