package explore_test

import (
	"slices"

	"github.com/assaykit/assay/harness/sim/explore"
)

// increment is n threads that each read a shared number, and then write one more:
// Stateright's examples/increment.rs.
type thread struct{ T, PC int8 }

type counting struct {
	Shared  int8
	Lock    bool
	Threads [8]thread
}

func increment(n int, symmetric bool) explore.Model[counting] {
	var start counting
	for i := range n {
		start.Threads[i].PC = 1
	}
	m := explore.Model[counting]{
		Initial: []counting{start},
		Next: func(s counting, step func(string, counting)) {
			for i := range n {
				to := s
				switch s.Threads[i].PC {
				case 1:
					to.Threads[i] = thread{s.Shared, 2}
					step("read", to)
				case 2:
					to.Shared, to.Threads[i].PC = s.Threads[i].T+1, 3
					step("write", to)
				}
			}
		},
		Properties: []explore.Property[counting]{explore.Always("fin", finished(n, 3))},
	}
	if symmetric {
		m.Symmetries = threadOrders(n)
	}
	return m
}

// finished asks that the number be that of the threads that have written.
func finished(n int, written int8) func(counting) error {
	return func(s counting) error {
		done := int8(0)
		for _, t := range s.Threads[:n] {
			if t.PC >= written {
				done++
			}
		}
		return unless(done == s.Shared, "%d threads have written, the number is %d", done, s.Shared)
	}
}

func threadOrders(n int) func(counting, func(counting)) {
	orders := permutations(n)
	return func(s counting, same func(counting)) {
		for _, order := range orders {
			to := s
			for i, j := range order {
				to.Threads[j] = s.Threads[i]
			}
			same(to)
		}
	}
}

// incrementLock takes a lock first: examples/increment_lock.rs.
func incrementLock(n int, symmetric bool) explore.Model[counting] {
	m := explore.Model[counting]{
		Initial: []counting{{}},
		Next: func(s counting, step func(string, counting)) {
			for i := range n {
				to := s
				t := &to.Threads[i]
				switch {
				case t.PC == 0 && !s.Lock:
					to.Lock, t.PC = true, 1
					step("lock", to)
				case t.PC == 1:
					*t = thread{s.Shared, 2}
					step("read", to)
				case t.PC == 2:
					to.Shared, t.PC = t.T+1, 3
					step("write", to)
				case t.PC == 3 && s.Lock:
					to.Lock, t.PC = false, 4
					step("release", to)
				}
			}
		},
		Properties: []explore.Property[counting]{
			explore.Always("fin", finished(n, 3)),
			explore.Always("mutex", func(s counting) error {
				inside := 0
				for _, t := range s.Threads[:n] {
					if t.PC >= 1 && t.PC < 4 {
						inside++
					}
				}
				return unless(inside <= 1, "%d threads hold the lock", inside)
			}),
		},
	}
	if symmetric {
		m.Symmetries = threadOrders(n)
	}
	return m
}

// commit is two-phase commit as a Model: Gray and Lamport, Consensus on Transaction
// Commit, 2006 (TwoPhase.tla).
type commit struct {
	// RM is working, prepared, committed or aborted; TM is open (0), committed or
	// aborted.
	RM [10]uint8
	TM uint8
	// Prepared are the members that the manager knows to be prepared, Sent those
	// whose message is on its way for ever.
	Prepared, Sent              uint16
	CommitMessage, AbortMessage bool
}

const (
	working = iota
	prepared
	committed
	aborted
)

func twoPhaseCommit(n int, symmetric bool) explore.Model[commit] {
	m := explore.Model[commit]{
		Initial: []commit{{}},
		Next: func(s commit, step func(string, commit)) {
			managerSteps(n, s, step)
			for r := range n {
				memberSteps(r, s, step)
			}
		},
		Properties: []explore.Property[commit]{
			explore.Always("consistent", func(s commit) error {
				mixed := slices.Contains(s.RM[:n], committed) && slices.Contains(s.RM[:n], aborted)
				return unless(!mixed, "one is committed and one aborted")
			}),
			explore.Sometimes("commit", func(s commit) bool { return all(s.RM[:n], committed) }),
			explore.Sometimes("abort", func(s commit) bool { return all(s.RM[:n], aborted) }),
		},
	}
	if symmetric {
		m.Symmetries = memberOrders(n)
	}
	return m
}

func managerSteps(n int, s commit, step func(string, commit)) {
	if s.TM != 0 {
		return
	}
	to := s
	if s.Prepared == 1<<n-1 {
		to.TM, to.CommitMessage = committed, true
		step("TM commits", to)
	}
	to = s
	to.TM, to.AbortMessage = aborted, true
	step("TM aborts", to)
	for r := range n {
		if s.Sent>>r&1 == 1 {
			to = s
			to.Prepared |= 1 << r
			step("TM learns of a prepared member", to)
		}
	}
}

func memberSteps(r int, s commit, step func(string, commit)) {
	to := s
	if s.RM[r] == working {
		to.RM[r], to.Sent = prepared, s.Sent|1<<r
		step("prepares", to)
		to = s
		to.RM[r] = aborted
		step("chooses to abort", to)
	}
	if s.CommitMessage {
		to = s
		to.RM[r] = committed
		step("learns of the commit", to)
	}
	if s.AbortMessage {
		to = s
		to.RM[r] = aborted
		step("learns of the abort", to)
	}
}

func memberOrders(n int) func(commit, func(commit)) {
	orders := permutations(n)
	return func(s commit, same func(commit)) {
		for _, order := range orders {
			to := s
			to.Prepared, to.Sent = 0, 0
			for i, j := range order {
				to.RM[j] = s.RM[i]
				to.Prepared |= s.Prepared >> i & 1 << j
				to.Sent |= s.Sent >> i & 1 << j
			}
			same(to)
		}
	}
}

// tCommit is transaction commit without its messages (TCommit.tla).
func tCommit(n int) explore.Model[commit] {
	return explore.Model[commit]{
		Initial: []commit{{}},
		Next: func(s commit, step func(string, commit)) {
			for r := range n {
				to := s
				if s.RM[r] == working {
					to.RM[r] = prepared
					step("prepares", to)
				}
				ready := !slices.ContainsFunc(s.RM[:n], func(m uint8) bool { return m != prepared && m != committed })
				if s.RM[r] == prepared && ready {
					to.RM[r] = committed
					step("commits", to)
				}
				if (s.RM[r] == working || s.RM[r] == prepared) && !slices.Contains(s.RM[:n], committed) {
					to.RM[r] = aborted
					step("aborts", to)
				}
			}
		},
	}
}

// jugs are two jugs of 3 and 5 gallons, of which one is to hold 4 (DieHard.tla).
type jugs struct{ Small, Big int }

func dieHard(solve bool) explore.Model[jugs] {
	m := explore.Model[jugs]{
		Initial: []jugs{{}},
		Next: func(s jugs, step func(string, jugs)) {
			step("fill the small jug", jugs{3, s.Big})
			step("fill the big jug", jugs{s.Small, 5})
			step("empty the small jug", jugs{0, s.Big})
			step("empty the big jug", jugs{s.Small, 0})
			toBig := min(s.Small, 5-s.Big)
			step("pour small into big", jugs{s.Small - toBig, s.Big + toBig})
			toSmall := min(s.Big, 3-s.Small)
			step("pour big into small", jugs{s.Small + toSmall, s.Big - toSmall})
		},
	}
	if solve {
		m.Properties = []explore.Property[jugs]{explore.Always("not solved", func(s jugs) error { return unless(s.Big != 4, "the big jug holds 4") })}
	}
	return m
}

// linearEquation looks for x and y with a·x + b·y = c among bytes.
func linearEquation(a, b, c uint8) explore.Model[[2]uint8] {
	return explore.Model[[2]uint8]{
		Initial: [][2]uint8{{}},
		Next: func(s [2]uint8, step func(string, [2]uint8)) {
			step("x", [2]uint8{s[0] + 1, s[1]})
			step("y", [2]uint8{s[0], s[1] + 1})
		},
		Properties: []explore.Property[[2]uint8]{explore.Sometimes("solvable", func(s [2]uint8) bool { return a*s[0]+b*s[1] == c })},
	}
}

// synod is Paxos among 3 acceptors with 2 ballots and 2 values, where all that was sent
// can be seen for ever (PaxosHowToWinATuringAward/MCPaxosTiny.tla).
type synod struct {
	// Max is the highest ballot of each acceptor, Voted and Value its last vote; -1 is
	// none.
	Max, Voted, Value [3]int8
	// Prepare and Accept are what was sent in a ballot, Accept with a value; Promises
	// and Votes are what acceptors answered: [acceptor][ballot], a promise with each
	// earlier vote that it told.
	Prepare  [2]bool
	Accept   [2]int8
	Promises [3][2][2][3]bool
	Votes    [3][2][2]bool
}

func synodModel() explore.Model[synod] {
	start := synod{Max: [3]int8{-1, -1, -1}, Voted: [3]int8{-1, -1, -1}, Value: [3]int8{-1, -1, -1}, Accept: [2]int8{-1, -1}}
	return explore.Model[synod]{Initial: []synod{start}, Next: func(s synod, step func(string, synod)) {
		for b := range int8(2) {
			to := s
			to.Prepare[b] = true
			step("prepare", to)
			for v := range int8(2) {
				if s.mayAccept(b, v) {
					to := s
					to.Accept[b] = v
					step("accept", to)
				}
			}
			for a := range 3 {
				acceptorSteps(a, b, s, step)
			}
		}
	}}
}

func acceptorSteps(a int, b int8, s synod, step func(string, synod)) {
	if s.Prepare[b] && b > s.Max[a] {
		to := s
		to.Max[a] = b
		to.Promises[a][b][s.Voted[a]+1][s.Value[a]+1] = true
		step("promise", to)
	}
	if v := s.Accept[b]; v >= 0 && b >= s.Max[a] {
		to := s
		to.Max[a], to.Voted[a], to.Value[a] = b, b, v
		to.Votes[a][b][v] = true
		step("vote", to)
	}
}

// mayAccept says that two acceptors have promised a ballot, and that a value is that
// of the latest vote that they told of, or that they told of none.
func (s synod) mayAccept(b, v int8) bool {
	if s.Accept[b] >= 0 {
		return false
	}
	for _, q := range [][2]int{{0, 1}, {0, 2}, {1, 2}} {
		free, bound := 0, [3]bool{}
		told := 0
		for _, a := range q {
			switch p := s.Promises[a][b]; {
			case p[0][0]:
				told++
				free++
			case p[1][1] || p[1][2]:
				told++
				bound[1], bound[2] = bound[1] || p[1][1], bound[2] || p[1][2]
			}
		}
		if told == 2 && (free == 2 || bound[v+1]) {
			return true
		}
	}
	return false
}

// graph walks along paths of numbers.
func graph(property explore.Property[int], paths ...[]int) explore.Model[int] {
	m := explore.Model[int]{Properties: []explore.Property[int]{property}}
	edges := map[int][]int{}
	for _, p := range paths {
		if !slices.Contains(m.Initial, p[0]) {
			m.Initial = append(m.Initial, p[0])
		}
		for i := range len(p) - 1 {
			if !slices.Contains(edges[p[i]], p[i+1]) {
				edges[p[i]] = append(edges[p[i]], p[i+1])
			}
		}
	}
	m.Next = func(s int, step func(string, int)) {
		for _, to := range edges[s] {
			step("go", to)
		}
	}
	return m
}
