//go:build linux

package agent

import (
	"net/netip"
	"slices"

	"github.com/assaykit/assay/nemesis/agent/protocol"
)

// ruleset is what a firewall has to know of rules: which packets to cut off, and
// which to hand over to the engine, whatever that does to them.
type ruleset struct {
	// peers are set only if a rule is about strangers.
	peers []netip.Addr
	rules []protocol.Rule
}

// sortRules reduces rules to what is the same for all shapes.
func sortRules(peers []netip.Addr, rules []protocol.Rule) ruleset {
	var s ruleset
	for _, r := range rules {
		shaped := protocol.Rule{From: r.From, Cut: r.Cut}
		if r.Shape.Changes() && r.Cut != protocol.Drop && r.Cut != protocol.Reject {
			shaped.Shape = anyShape
		}
		if shaped.Cut == "" && !shaped.Shape.Changes() {
			continue
		}
		if r.From == protocol.Strangers {
			s.peers = peers
		}
		s.rules = append(s.rules, shaped)
	}
	return s
}

// anyShape stands for every shape that changes something.
var anyShape = protocol.Shape{Delay: 1}

func (s ruleset) equal(t ruleset) bool {
	return slices.Equal(s.peers, t.peers) && slices.Equal(s.rules, t.rules)
}

// queues says whether packets are handed over.
func (s ruleset) queues() bool {
	return slices.ContainsFunc(s.rules, func(r protocol.Rule) bool { return r.Shape.Changes() })
}

// shapes are those of rules, by the sources that they are about.
func shapes(rules []protocol.Rule) map[netip.Addr]protocol.Shape {
	shaped := map[netip.Addr]protocol.Shape{}
	for _, r := range rules {
		if r.Shape.Changes() {
			shaped[r.From] = r.Shape
		}
	}
	return shaped
}
