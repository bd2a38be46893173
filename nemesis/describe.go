package nemesis

import (
	"fmt"
	"slices"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/history"
)

// Description tells people what a family of faults does, and the nemesis how.
type Description struct {
	Name, About string
	Shapes      []ShapeDescription
	// Needs is what the runtime has to be able to do, whatever the shape.
	Needs cluster.Capability

	// unbearable says that no system has to bear it, so that it has to be asked for
	// by its name.
	unbearable bool
	// ofNodes says that it strikes nodes themselves, and not what is between them.
	ofNodes bool
	// check says what is wrong with a shape of this family.
	check func(Description, shape) error
	// needs is what else a shape takes; nil for nothing.
	needs func(shape) []cluster.Capability
	// resolve turns a plan into a fault on this cluster: who leads is known now,
	// and stands first in the plan's order. It fills in all of the history's fault
	// but name and number.
	resolve func(n *Nemesis, id int, p Planned, s shape, fault *history.Fault) active
}

// ShapeDescription tells where or how a fault strikes.
type ShapeDescription struct {
	Name, About string
	// OnRequest are shapes that strike only where they are named.
	OnRequest bool
}

// partitionFamily are the faults that cut links.
const partitionFamily = "partition"

// All is the table of families.
func All() []Description {
	return []Description{
		{Name: partitionFamily, Needs: cluster.CanPartition, About: "cuts the network between nodes; clients keep their way to their own node",
			check: checkCuts, needs: needsOfCuts, resolve: resolvePartition,
			Shapes: []ShapeDescription{
				{Name: "one", About: "a single node from all others"},
				{Name: "halves", About: "two halves"},
				{Name: "majority", About: "the largest possible minority from the majority"},
				{Name: "ring", About: "every node sees a majority, no two the same one"},
				{Name: "bridge", About: "two halves that only one node in between can see"},
				{Name: "one-way", About: "a single node is not heard, or hears nobody"},
				{Name: "leader", About: "the leader from all others"},
				{Name: "n1,n2|n3", About: "named nodes from each other (or n1>n2: n2 does not hear n1)", OnRequest: true},
				{Name: "reject", About: "a single node; connections are reset, as any shape(reject) does it", OnRequest: true},
				{Name: "new-connections", About: "a single node; open connections live on, as with any shape(new-connections)", OnRequest: true},
				{Name: "flapping", About: "a single node, on and off every 500ms, as any shape(flapping) or shape(2s)", OnRequest: true},
				{Name: "clients", About: "a single node from its clients, or those of clients@PLACE", OnRequest: true},
			}},
		{Name: "kill", Needs: cluster.CanKill, About: "ends processes with SIGKILL and starts them again", Shapes: placesOf(),
			ofNodes: true, check: checkWhere, resolve: resolveKill},
		{Name: "pause", Needs: cluster.CanPause, About: "freezes processes and thaws them again", Shapes: placesOf(),
			ofNodes: true, check: checkWhere, resolve: resolvePause},
		{Name: processFamily, Needs: cluster.CanKill, About: "crashes, stops, starves and slows down processes, @PLACE", Shapes: processShapes(),
			ofNodes: true, check: checkProcess, needs: needsOfProcess, resolve: resolveProcess},
		{Name: membershipFamily, Needs: cluster.CanChangeMembers, About: "nodes leave the cluster and join it, @PLACE", Shapes: membershipShapes(),
			ofNodes: true, check: checkMembership, resolve: resolveMembership},
		{Name: diskFamily, Needs: cluster.CanDisk, About: "breaks what nodes keep on disk: effects joined by &, @PLACE",
			ofNodes: true, check: checkDisk, resolve: resolveDisk, Shapes: diskShapes()},
		{Name: "corrupt", Needs: cluster.CanCorrupt, About: "flips bits in what nodes send each other, behind the back of TCP",
			unbearable: true, check: checkWord, resolve: resolveCorrupt,
			Shapes: []ShapeDescription{
				{Name: "one", About: "everything that a single node hears"},
				{Name: "all", About: "everything between all nodes"},
			}},
		{Name: "packets", Needs: cluster.CanPartition, About: "spoils what links between nodes carry: effects joined by &, @PLACE, @to-PLACE or @from-PLACE",
			check: checkPackets, needs: needsOfPackets, resolve: resolvePackets, Shapes: packetShapes()},
		{Name: "tamper", Needs: cluster.CanTamper, About: "rewrites what nodes send each other, as somebody on the way could",
			unbearable: true, check: checkTamper, resolve: resolveTamper,
			Shapes: []ShapeDescription{
				{Name: tamperForm, About: "a text by another one of the same length, in quotes if need be, everywhere or @PLACE", OnRequest: true},
			}},
		{Name: "clock", Needs: cluster.CanClock, About: "changes what time it is for the processes of nodes: effects joined by &, @PLACE",
			ofNodes: true, check: checkClock, resolve: resolveClock, Shapes: clockShapes()},
	}
}

func packetShapes() []ShapeDescription {
	shapes := []ShapeDescription{
		{Name: "delay", About: "delay(100ms) or delay(100ms,20ms) with jitter, each way"},
		{Name: "jitter", About: "jitter(50ms): from nothing to twice as much"},
		{Name: "loss", About: "loss(5%)"},
		{Name: "duplicate", About: "duplicate(10%)"},
		{Name: "reorder", About: "reorder(10%,10ms): overtaken by what is sent within 10ms"},
		{Name: "corrupt", About: "corrupt(5%): a noisy wire, which checksums notice"},
		{Name: "bandwidth", About: "bandwidth(1Mbit,64KiB) with the length of the queue"},
	}
	for _, p := range profiles() {
		shapes = append(shapes, ShapeDescription{Name: p.name, About: p.about, OnRequest: true})
	}
	return shapes
}

func places() []ShapeDescription {
	return []ShapeDescription{
		{Name: "one", About: "a single node"},
		{Name: "minority", About: "the largest possible minority"},
		{Name: "majority", About: "the smallest possible majority"},
		{Name: "all", About: "every node"},
		{Name: "leader", About: "the leader"},
		{Name: "follower", About: "a single node that does not lead", OnRequest: true},
		{Name: "followers", About: "all but the leader", OnRequest: true},
	}
}

// placesOf are the shapes of families that have no other than where they strike.
func placesOf() []ShapeDescription {
	return append(places(), ShapeDescription{Name: "n1,n3", About: "named nodes", OnRequest: true})
}

func describe(name string) (Description, bool) {
	for _, d := range All() {
		if d.Name == name {
			return d, true
		}
	}
	return Description{}, false
}

func names() []string {
	var out []string
	for _, d := range All() {
		out = append(out, d.Name)
	}
	return out
}

func (d Description) shapeNames() []string {
	var out []string
	for _, s := range d.Shapes {
		out = append(out, s.Name)
	}
	return out
}

// usualShapes are those that a family takes if none is named.
func (d Description) usualShapes() []string {
	var out []string
	for _, s := range d.Shapes {
		if !s.OnRequest {
			out = append(out, s.Name)
		}
	}
	return out
}

// Supports returns nil if the runtime can inject every fault of the
// specification, otherwise the first reason why not.
func (s Spec) Supports(c cluster.Capabilities) error {
	for _, f := range s.Families {
		d, _ := describe(f.Name)
		if err := c.Supports(d.Needs); err != nil {
			return err
		}
		for _, text := range f.Shapes {
			if err := d.supports(text, c); err != nil {
				return fmt.Errorf("%s:%s: %w", f.Name, text, err)
			}
		}
	}
	return nil
}

// Fit puts into the place of Everything what is supported: the usual shapes of all
// families, but for those that no system has to bear.
func (s Spec) Fit(c cluster.Capabilities) Spec {
	if !s.Everything {
		return s
	}
	fitting := Spec{Families: slices.Clone(s.Families), Most: s.Most}
	for _, d := range All() {
		shapes := slices.DeleteFunc(d.usualShapes(), func(text string) bool { return d.supports(text, c) != nil })
		if d.unbearable || s.has(d.Name) || c.Supports(d.Needs) != nil || len(shapes) == 0 {
			continue
		}
		fitting.Families = append(fitting.Families, Family{Name: d.Name, Shapes: shapes})
	}
	return fitting
}

// Needs says whether a fault of the specification needs something of the cluster.
func (s Spec) Needs(what cluster.Capability) bool {
	return s.Everything || slices.ContainsFunc(s.Families, func(f Family) bool {
		d, _ := describe(f.Name)
		return d.Needs == what
	})
}

func (d Description) supports(text string, c cluster.Capabilities) error {
	if d.needs == nil {
		return nil
	}
	s, err := parseShape(text)
	if err != nil {
		return err
	}
	for _, what := range d.needs(s) {
		if err := c.Supports(what); err != nil {
			return err
		}
	}
	return nil
}
