package raft

import (
	"slices"
	"time"
)

// fault strikes and returns how it is undone.
type fault func(s *simulation) (heal func())

// storm is a schedule of faults: for how long each, how long nothing between.
type storm struct {
	faults      []fault
	hold, quiet time.Duration
}

// rage lets the storm go on until the given moment, and heals what it broke.
func (s *simulation) rage(t storm, until time.Duration) {
	if len(t.faults) == 0 {
		return
	}
	var strike func()
	strike = func() {
		if s.now >= until {
			return
		}
		heal := t.faults[s.chance.IntN(len(t.faults))](s)
		s.after(s.vary(t.hold), func() {
			heal()
			s.after(s.vary(t.quiet), strike)
		})
	}
	s.after(s.vary(t.quiet), strike)
}

// vary changes a duration by up to a half.
func (s *simulation) vary(d time.Duration) time.Duration { return s.between(d/2, d+d/2) }

// calm undoes everything, as before the final reads of a run.
func (s *simulation) calm() {
	clear(s.cut)
	for _, n := range s.nodes {
		s.resume(n)
		s.start(n)
	}
}

func (s *simulation) anyNode() *simNode { return s.nodes[s.chance.IntN(len(s.nodes))] }

// leader is the one of the highest term, or any node if there is none.
func (s *simulation) leader() *simNode {
	best := s.anyNode()
	term := -1
	for _, n := range s.nodes {
		if n.up && n.state.Role == LeaderRole && n.state.Term > term {
			best, term = n, n.state.Term
		}
	}
	return best
}

func (s *simulation) sever(broken func(from, to *simNode) bool) (heal func()) {
	clear(s.cut)
	for _, from := range s.nodes {
		for _, to := range s.nodes {
			if from != to && broken(from, to) {
				s.cut[link{from.id, to.id}] = true
				s.note("cut %s to %s\n", from.id, to.id)
			}
		}
	}
	return func() { clear(s.cut) }
}

func isolateLeader(s *simulation) func() {
	l := s.leader()
	return s.sever(func(from, to *simNode) bool { return from == l || to == l })
}

// isolateLeaderInThePast sets the leader's wall clock back when it has just been cut
// off, and right again later.
func isolateLeaderInThePast(s *simulation) func() {
	l := s.leader()
	heal := s.sever(func(from, to *simNode) bool { return from == l || to == l })
	l.behind = 5 * time.Second
	return func() {
		l.behind = 0
		heal()
	}
}

func isolateOne(s *simulation) func() {
	one := s.anyNode()
	return s.sever(func(from, to *simNode) bool { return from == one || to == one })
}

func deafOne(s *simulation) func() {
	one := s.anyNode()
	return s.sever(func(from, to *simNode) bool { return to == one })
}

func muteOne(s *simulation) func() {
	one := s.anyNode()
	return s.sever(func(from, to *simNode) bool { return from == one })
}

// bridge leaves one node as the only way between two halves.
func bridge(s *simulation) func() {
	half := s.shuffled()
	side := func(n *simNode) int {
		switch at := slices.Index(half, n); {
		case at == 0:
			return 0
		case at <= len(half)/2:
			return -1
		default:
			return 1
		}
	}
	return s.sever(func(from, to *simNode) bool { return side(from)*side(to) < 0 })
}

// ring lets every node hear its two neighbours only.
func ring(s *simulation) func() {
	order := s.shuffled()
	return s.sever(func(from, to *simNode) bool {
		apart := slices.Index(order, from) - slices.Index(order, to)
		return apart != 1 && apart != -1 && apart != len(order)-1 && apart != 1-len(order)
	})
}

func (s *simulation) shuffled() []*simNode {
	order := slices.Clone(s.nodes)
	s.chance.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	return order
}

// kill and pause strike the chosen nodes.
func kill(choose func(*simulation) []*simNode) fault {
	return func(s *simulation) func() {
		struck := choose(s)
		for _, n := range struck {
			s.kill(n)
		}
		return func() {
			for _, n := range struck {
				s.start(n)
			}
		}
	}
}

func pause(choose func(*simulation) []*simNode) fault {
	return func(s *simulation) func() {
		struck := choose(s)
		for _, n := range struck {
			s.pause(n)
		}
		return func() {
			for _, n := range struck {
				s.resume(n)
			}
		}
	}
}

func one(s *simulation) []*simNode        { return []*simNode{s.anyNode()} }
func all(s *simulation) []*simNode        { return s.nodes }
func leaderOnly(s *simulation) []*simNode { return []*simNode{s.leader()} }
func majorityOf(s *simulation) []*simNode { return s.shuffled()[:len(s.nodes)/2+1] }

func partitions() []fault {
	return []fault{isolateLeader, isolateOne, deafOne, muteOne, bridge, ring}
}

func everything() []fault {
	return append(partitions(),
		kill(one), kill(all), kill(leaderOnly), kill(majorityOf),
		pause(one), pause(all), pause(leaderOnly), pause(majorityOf))
}
