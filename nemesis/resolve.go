package nemesis

import (
	"fmt"
	"slices"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/history"
)

// corruption is how many of the packets with payload a corrupt fault spoils:
// enough to strike within seconds, few enough for a cluster to make progress.
const corruption = 0.05

// resolve turns a plan into a fault on this cluster: who leads is known now.
func (n *Nemesis) resolve(id int, p Planned, leaders []string) (active, *history.Fault) {
	order, detail := p.Order, ""
	if p.Shape == "leader" {
		order, detail = leaderFirst(p.Order, leaders)
	}
	fault := &history.Fault{ID: id, Name: p.Family}
	if p.Family == "partition" {
		var cut string
		rules := cluster.Rules{}
		rules.Drop, fault.Nodes, cut = grudge(p.Shape, order, p.Flip)
		fault.Detail = join(p.Shape, detail, cut)
		fault.Sides = apart(order, rules.Drop)
		return &partition{wires: n.wires, id: id, rules: rules}, fault
	}
	fault.Nodes = place(p.Shape, order)
	fault.Detail = join(p.Shape, detail, sorted(fault.Nodes))
	nodes := n.nodes(fault.Nodes)
	switch p.Family {
	case "kill":
		return &kill{nodes: nodes, wires: n.wires}, fault
	case "pause":
		return &pause{nodes: nodes}, fault
	case "corrupt":
		noise, _ := n.config.Cluster.(cluster.Noise)
		return &corrupt{partition{wires: n.wires, id: id, rules: n.corruptRules(fault.Nodes)}, noise}, fault
	}
	panic("nemesis: a plan with the unknown family " + p.Family)
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

func join(shape, leader, detail string) string {
	if leader != "" {
		return fmt.Sprintf("%s: %s", leader, detail)
	}
	return fmt.Sprintf("%s: %s", shape, detail)
}
