package nemesis

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/history"
)

// breakage is what a shape of the disk family does, understood.
type breakage struct {
	// faults are what disks do wrong meanwhile.
	faults cluster.DiskFaults
	// power says that the power fails: at once, or at the end if disks lie until
	// then. Torn lets a part of what was not synced survive.
	power, torn bool
	// damage is what happens to files, with a zero kind for nothing; a revert goes
	// back by age.
	damage cluster.FileDamage
	age    time.Duration
	place  string
	// words are the names of the effects.
	words []string
}

// What effects do that come without arguments, and bounds of arguments.
const (
	usualFailing   = 0.1
	usualSlow      = 20 * time.Millisecond
	usualSlowSync  = 100 * time.Millisecond
	slowest        = 2 * time.Second
	usualBits      = 1
	mostBits       = 1000
	usualCut       = 4 << 10
	usualAge       = 2 * time.Second
	leastLikely    = 0.01 // what is less likely may not show in time
	diskFamily     = "disk"
	nothingDamaged = cluster.DamageKind("")
)

func diskShapes() []ShapeDescription {
	return []ShapeDescription{
		{Name: "power", About: "power failure of every node: what was not synced is lost"},
		{Name: "write-errors", About: "write-errors(10%) of a single node's writes fail with EIO"},
		{Name: "read-errors", About: "read-errors(10%)"},
		{Name: "sync-errors", About: "sync-errors(10%): and what they were to make durable is lost, also if it is synced again"},
		{Name: "full", About: "no space left on device"},
		{Name: "slow", About: "slow(20ms): every read and write"},
		{Name: "slow-sync", About: "slow-sync(100ms)"},
		{Name: "torn", About: "power failure of every node that leaves a random part of what was not synced", OnRequest: true},
		{Name: "lie", About: "syncs that do nothing, and then a power failure (a minority, as all that follow: no system has to bear it)", OnRequest: true},
		{Name: "bit-rot", About: "bit-rot(10%) of what is read has a wrong bit", OnRequest: true},
		{Name: "flip", About: "flip(1): so many bits of its files, while a node is down", OnRequest: true},
		{Name: "truncate", About: "truncate(4KiB): the end of a file, while a node is down", OnRequest: true},
		{Name: "rollback", About: "rollback(2s): its files as they were so long ago", OnRequest: true},
	}
}

func checkDisk(_ Description, s shape) error {
	_, err := parseDisk(s)
	return err
}

func parseDisk(s shape) (breakage, error) {
	all := breakage{place: s.place}
	for _, e := range s.effects {
		one, err := e.breakage()
		if err != nil {
			return breakage{}, err
		}
		if len(s.effects) > 1 && !one.combines() {
			return breakage{}, fmt.Errorf("%s goes with nothing else", e.name)
		}
		all = all.plus(one)
		all.words = append(all.words, e.name)
	}
	if all.place == "" {
		all.place = all.usualPlace()
	}
	if all.destroys() && (all.place == "majority" || all.place == "all") {
		return breakage{}, errors.New("it destroys data, which may strike a minority at most")
	}
	return all, checkPlace(all.place)
}

func (e effect) breakage() (b breakage, err error) {
	a := &reading{words: e.arguments}
	switch e.name {
	case "power", "torn":
		b.power, b.torn = true, e.name == "torn"
	case "lie":
		b.faults.Lies, b.power = true, true
	case "write-errors":
		b.faults.WriteFails = a.likely()
	case "read-errors":
		b.faults.ReadFails = a.likely()
	case "sync-errors":
		b.faults.SyncFails = a.likely()
	case "bit-rot":
		b.faults.Flips = a.likely()
	case "full":
		b.faults.Full = true
	case "slow":
		b.faults.Delay = a.slowness(usualSlow)
	case "slow-sync":
		b.faults.SyncDelay = a.slowness(usualSlowSync)
	case "flip":
		b.damage = cluster.FileDamage{Kind: cluster.FlipBits, Bits: a.count(usualBits, mostBits)}
	case "truncate":
		b.damage = cluster.FileDamage{Kind: cluster.Truncate, Bytes: a.bytes(usualCut)}
	case "rollback":
		b.damage, b.age = cluster.FileDamage{Kind: cluster.Revert}, a.duration(usualAge)
	default:
		return b, errNoShape
	}
	if err := a.end(); err != nil {
		return b, fmt.Errorf("%s: %w", e.name, err)
	}
	return b, nil
}

func (r *reading) likely() float64 {
	p := r.chance(usualFailing)
	if p < leastLikely {
		r.fail(fmt.Errorf("less than %g%% would not be seen in time", 100*leastLikely))
	}
	return p
}

func (r *reading) slowness(usual time.Duration) time.Duration {
	d := r.duration(usual)
	if d <= 0 || d > slowest {
		r.fail(fmt.Errorf("a disk can be up to %s slower", slowest))
	}
	return d
}

func (r *reading) count(usual, most int) int {
	word, some := r.next()
	if !some {
		return usual
	}
	var n int
	if _, err := fmt.Sscanf(word, "%d", &n); err != nil || fmt.Sprint(n) != word || n < 1 || n > most {
		r.fail(fmt.Errorf("%q is not a number from 1 to %d", word, most))
	}
	return n
}

// combines says whether it can hold together with others of its kind.
func (b breakage) combines() bool { return !b.power && b.damage.Kind == nothingDamaged }

func (b breakage) plus(other breakage) breakage {
	f, g := b.faults, other.faults
	sum := other
	sum.place, sum.words = b.place, b.words
	sum.faults = cluster.DiskFaults{
		ReadFails: either(f.ReadFails, g.ReadFails), WriteFails: either(f.WriteFails, g.WriteFails),
		SyncFails: either(f.SyncFails, g.SyncFails), Flips: either(f.Flips, g.Flips),
		Full: f.Full || g.Full, Lies: f.Lies || g.Lies,
		Delay: f.Delay + g.Delay, SyncDelay: f.SyncDelay + g.SyncDelay,
	}
	return sum
}

// either is the probability that one of two independent things happens.
func either(p, q float64) float64 { return p + q - p*q }

func (b breakage) usualPlace() string {
	if b.power && !b.faults.Lies {
		return "all"
	}
	return "one"
}

// destroys says whether data may be lost that a node was told are durable. No system
// survives that everywhere, and many of those that agree by majorities may lose
// something if it strikes a single node.
func (b breakage) destroys() bool {
	return b.faults.Lies || b.faults.Flips > 0 || b.damage.Kind != nothingDamaged
}

func resolveDisk(n *Nemesis, id int, p Planned, s shape, fault *history.Fault) active {
	b, err := parseDisk(s)
	if err != nil {
		panic("nemesis: a disk that was not checked: " + err.Error())
	}
	fault.Nodes = place(b.place, p.Order)
	if b.destroys() {
		fault.Nodes = n.disks.expend(fault.Nodes, len(n.config.Cluster.Nodes()))
	}
	fault.Detail = fmt.Sprintf("%s: %s at %s", strings.Join(b.words, " and "), b, sorted(fault.Nodes))
	common := broken{disks: n.disks, wires: n.wires, names: fault.Nodes, nodes: n.nodes(fault.Nodes)}
	switch {
	case b.damage.Kind != nothingDamaged:
		return &damaged{broken: common, damage: b.damage, age: b.age}
	case b.power && !b.faults.Lies:
		return &blackout{broken: common, torn: b.torn}
	}
	return &badDisk{broken: common, id: id, faults: b.faults, power: b.power}
}

// String says what happens, with all parameters.
func (b breakage) String() string {
	var words []string
	say := func(some bool, format string, args ...any) {
		if some {
			words = append(words, fmt.Sprintf(format, args...))
		}
	}
	f := b.faults
	say(f.WriteFails > 0, "%g %% of writes fail", 100*f.WriteFails)
	say(f.ReadFails > 0, "%g %% of reads fail", 100*f.ReadFails)
	say(f.SyncFails > 0, "%g %% of syncs fail", 100*f.SyncFails)
	say(f.Flips > 0, "%g %% of reads have a wrong bit", 100*f.Flips)
	say(f.Full, "no space is left")
	say(f.Delay > 0, "reads and writes are %s late", f.Delay)
	say(f.SyncDelay > 0, "syncs are %s late", f.SyncDelay)
	say(f.Lies, "syncs do nothing")
	say(b.power && b.torn, "a part of what is not synced is lost")
	say(b.power && !b.torn, "what is not synced is lost")
	say(b.damage.Kind == cluster.FlipBits, "flipped bits: %d", b.damage.Bits)
	say(b.damage.Kind == cluster.Truncate, "the last %d bytes of a file are cut off", b.damage.Bytes)
	say(b.damage.Kind == cluster.Revert, "files are as they were %s ago", b.age)
	return strings.Join(words, ", ")
}

// expend chooses among those wanted the nodes whose data may be destroyed: never, in
// a whole run, more than a minority of so many nodes.
func (d *disks) expend(wanted []string, nodes int) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var chosen []string
	for _, node := range wanted {
		spent := slices.Contains(d.spent, node)
		if !spent && len(d.spent) >= max(1, (nodes-1)/2) {
			continue
		}
		if chosen = append(chosen, node); !spent {
			d.spent = append(d.spent, node)
		}
	}
	if len(chosen) == 0 {
		chosen = slices.Clone(d.spent[:min(len(wanted), len(d.spent))])
	}
	slices.Sort(chosen)
	return chosen
}
