package nemesis

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/history"
)

// corruption is how many of the packets with payload a corrupt fault spoils:
// enough to strike within seconds, few enough for a cluster to make progress.
const corruption = 0.05

// resolve turns a plan into a fault on this cluster: who leads is known now.
func (n *Nemesis) resolve(id int, p Planned, leaders []string) (active, *history.Fault) {
	d, known := describe(p.Family)
	s, err := parseShape(p.Shape)
	if !known || err != nil {
		panic(fmt.Sprintf("nemesis: a plan that Parse cannot have read: %s:%s", p.Family, p.Shape))
	}
	leader := ""
	if s.asksLeader() {
		p.Order, leader = leaderFirst(p.Order, leaders)
	}
	if n.config.Most > 0 {
		p, leader = n.restrict(p, d, leader)
	}
	fault := &history.Fault{ID: id, Name: p.Family, Shape: p.Shape}
	act := d.resolve(n, id, p, s, fault)
	if d.Name != partitionFamily { // which says itself whom it damages
		n.damage(fault.Nodes)
	}
	if leader != "" {
		fault.Detail = leader + ": " + strings.TrimPrefix(fault.Detail, "leader: ")
	}
	return act, fault
}

// restrict lets a plan strike only nodes that may be struck. Faults of what is between
// nodes need to know the others too, which come last.
func (n *Nemesis) restrict(p Planned, d Description, leader string) (Planned, string) {
	open, leader := n.spare(p.Order, leader)
	if d.ofNodes {
		p.Order = open
		return p, leader
	}
	rest := slices.DeleteFunc(slices.Clone(p.Order), func(node string) bool { return slices.Contains(open, node) })
	p.Order, p.front = append(slices.Clone(open), rest...), len(open)
	return p, leader
}

// mayStrike are the nodes of a plan's order that may be struck.
func (p Planned) mayStrike() []string {
	if p.front == 0 {
		return p.Order
	}
	return p.Order[:p.front]
}

// spare leaves of an order only nodes that may be struck: those that were before, and
// others as long as there are not too many. The leader may not be among them.
func (n *Nemesis) spare(order []string, leader string) (_ []string, told string) {
	left := n.config.Most - len(n.damaged)
	var open []string
	for _, node := range order {
		switch {
		case slices.Contains(n.damaged, node):
			open = append(open, node)
		case left > 0:
			open = append(open, node)
			left--
		}
	}
	if leader != "" && len(open) > 0 && open[0] != order[0] {
		leader += " is spared"
	}
	return open, leader
}

// damage notes who was struck.
func (n *Nemesis) damage(nodes []string) {
	for _, node := range nodes {
		if !slices.Contains(n.damaged, node) {
			n.damaged = append(n.damaged, node)
		}
	}
}

func resolvePartition(n *Nemesis, id int, p Planned, s shape, fault *history.Fault) active {
	c, err := parseCuts(s)
	if err != nil {
		panic("nemesis: a partition that was not checked: " + err.Error())
	}
	g := c.links(p)
	fault.Nodes = g.struck
	if !c.newOnly && c.name != clientsShape {
		fault.Sides = apart(p.Order, g.drop)
	}
	fault.Detail = fmt.Sprintf("%s: %s%s", c.name, g.detail, c.manner)
	if !n.charge(keys(g.drop)) {
		fault.Nodes = nil // it would damage too many
	}
	act := partition{wires: n.wires, id: id, rules: c.rules(g.drop)}
	if c.flapping > 0 {
		return &flapping{partition: act, period: c.flapping}
	}
	return &act
}

// charge notes whom links damage that are cut, unless those are too many.
func (n *Nemesis) charge(links []cluster.Link) bool {
	if n.config.Most == 0 {
		return true
	}
	further, ok := cover(links, n.damaged, n.config.Most-len(n.damaged))
	n.damage(further)
	return ok
}

// grudged is what a shape of a partition comes to.
type grudged struct {
	drop   map[cluster.Link]bool
	struck []string
	detail string
}

// links says which links are cut, and whom that strikes.
func (c cuts) links(p Planned) grudged {
	if c.name == clientsShape {
		g := grudged{drop: map[cluster.Link]bool{}, struck: place(c.place, p.mayStrike())}
		for _, node := range g.struck {
			g.drop[cluster.Link{From: cluster.Clients, To: node}] = true
		}
		g.detail = "no client reaches " + sorted(g.struck)
		return g
	}
	var g grudged
	if custom, err := parseGrudge(c.name); err == nil {
		g.drop, g.struck, g.detail = custom.links(p.Order)
		return g
	}
	g.drop, g.struck, g.detail = grudge(c.name, p.Order, p.Flip)
	if may := p.mayStrike(); len(g.struck) > len(may) && c.shrinks() {
		g.drop, g.struck, g.detail = split(may, p.Order[len(may):])
	}
	return g
}

// shrinks says whether a partition can do with a single node.
func (c cuts) shrinks() bool {
	return c.name != "ring" && c.name != "bridge" && !nodeFirst.MatchString(c.name)
}

func resolveKill(n *Nemesis, _ int, p Planned, s shape, fault *history.Fault) active {
	return &kill{nodes: n.struck(p, s, fault), wires: n.wires}
}

func resolvePause(n *Nemesis, _ int, p Planned, s shape, fault *history.Fault) active {
	return &pause{nodes: n.struck(p, s, fault)}
}

func resolveCorrupt(n *Nemesis, id int, p Planned, s shape, fault *history.Fault) active {
	n.struck(p, s, fault)
	noise, _ := n.config.Cluster.(cluster.Noise)
	return &corrupt{partition{wires: n.wires, id: id, rules: n.corruptRules(fault.Nodes)}, noise}
}

func resolvePackets(n *Nemesis, id int, p Planned, s shape, fault *history.Fault) active {
	what, err := parsePackets(s)
	if err != nil {
		panic("nemesis: packets that were not checked: " + err.Error())
	}
	return n.spoil(id, p, what, fault)
}

func resolveTamper(n *Nemesis, id int, p Planned, s shape, fault *history.Fault) active {
	what, err := parseTamper(s)
	if err != nil {
		panic("nemesis: a tamper that was not checked: " + err.Error())
	}
	return n.spoil(id, p, what, fault)
}

func (n *Nemesis) spoil(id int, p Planned, what spoiling, fault *history.Fault) active {
	way, where := direction(what.place)
	fault.Nodes = place(where, p.mayStrike())
	words := map[string]string{"": "to and from", "to": "to", "from": "from"}
	fault.Detail = fmt.Sprintf("%s, %s %s", what.detail, words[way], sorted(fault.Nodes))
	rules := cluster.Rules{Shape: map[cluster.Link]cluster.Shape{}}
	for _, l := range linksAt(fault.Nodes, p.Order, way) {
		rules.Shape[l] = what.shape
	}
	return &packets{wires: n.wires, id: id, rules: rules}
}

// struck fills in where a fault of processes, or of what nodes hear, strikes.
func (n *Nemesis) struck(p Planned, s shape, fault *history.Fault) []cluster.Node {
	fault.Nodes = place(s.name(), p.mayStrike())
	fault.Detail = fmt.Sprintf("%s: %s", s.name(), sorted(fault.Nodes))
	return n.nodes(fault.Nodes)
}

func (n *Nemesis) corruptRules(hearers []string) cluster.Rules {
	rules := cluster.Rules{Corrupt: map[cluster.Link]float64{}}
	for _, to := range hearers {
		for _, from := range n.config.Cluster.Nodes() {
			if from.Name() != to {
				rules.Corrupt[cluster.Link{From: from.Name(), To: to}] = corruption
			}
		}
	}
	return rules
}

func (n *Nemesis) nodes(names []string) []cluster.Node {
	var nodes []cluster.Node
	for _, node := range n.config.Cluster.Nodes() {
		if slices.Contains(names, node.Name()) {
			nodes = append(nodes, node)
		}
	}
	return nodes
}
