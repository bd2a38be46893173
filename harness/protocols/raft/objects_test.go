package raft

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

// objectBugs are those that are shown here, and by workloads.
var objectBugs = map[Bug]bool{LockExpires: true, LeaseInMemory: true, IdentifiersInMemory: true, WatchWindow: true, ShortMemory: true, AckOnTake: true}

var (
	done    = Response{OK: true}
	granted = func(token int) Response { return Response{OK: true, Swapped: true, Number: token} }
	letter  = func(value, ticket int, again bool) Response {
		return Response{OK: true, Found: true, Value: value, Number: ticket, Swapped: again}
	}
	pairs = func(all ...[2]int) Response { return Response{OK: true, Pairs: append([][2]int{}, all...)} }
)

func TestObjects(t *testing.T) {
	type step struct {
		command Command
		times   int // 0 is once
		want    Response
	}
	times := func(n int, c Command, want Response) step { return step{c, n, want} }
	once := func(c Command, want Response) step { return step{c, 1, want} }
	acquire := func(owner, milliseconds int) Command {
		return Command{F: "acquire", Key: "l", Value: owner, Old: milliseconds}
	}
	release := func(owner int) Command { return Command{F: "release", Key: "l", Value: owner} }
	charge := func(order int) Command { return Command{F: "charge", Value: order, New: 10 * order} }
	put := func(value int) Command { return Command{F: "put", Key: "a/k", Value: value} }
	passed := Command{F: tick}
	cases := []struct {
		name  string
		bug   Bug
		steps []step
	}{
		{name: "messages stay until they are acknowledged", steps: []step{
			once(Command{F: "take", Key: "q"}, done),
			once(Command{F: "publish", Key: "q", Value: 7}, Response{OK: true, Found: true}),
			once(Command{F: "publish", Key: "q", Value: 8}, Response{OK: true, Found: true}),
			once(Command{F: "take", Key: "q"}, letter(7, 1, false)),
			once(Command{F: "take", Key: "q"}, letter(8, 2, false)),
			once(Command{F: "acknowledge", Key: "q", Value: 2}, Response{OK: true, Found: true}),
			times(10, passed, done),
			once(Command{F: "take", Key: "q"}, done),
			once(passed, done),
			once(Command{F: "acknowledge", Key: "q", Value: 1}, done),
			once(Command{F: "take", Key: "q"}, letter(7, 3, true)),
			once(Command{F: "acknowledge", Key: "q", Value: 3}, Response{OK: true, Found: true}),
			times(20, passed, done),
			once(Command{F: "take", Key: "q"}, done),
		}},
		{name: "ack-on-take", bug: AckOnTake, steps: []step{
			once(Command{F: "publish", Key: "q", Value: 7}, Response{OK: true, Found: true}),
			once(Command{F: "take", Key: "q"}, letter(7, 1, false)),
			times(20, passed, done),
			once(Command{F: "take", Key: "q"}, done),
			once(Command{F: "acknowledge", Key: "q", Value: 1}, Response{OK: true, Found: true}),
		}},
		{name: "a log keeps its places", steps: []step{
			once(Command{F: "append", Key: "p", Value: 5}, done),
			once(Command{F: "append", Key: "p", Value: 6}, Response{OK: true, Number: 1}),
			once(Command{F: "records", Key: "p", Old: 9}, pairs([2]int{0, 5}, [2]int{1, 6})),
			once(Command{F: "records", Key: "p", Value: 1, Old: 9}, pairs([2]int{1, 6})),
			once(Command{F: "records", Key: "p", Value: 2, Old: 9}, pairs()),
			once(Command{F: "records", Key: "p", Value: -4, Old: -1}, pairs()),
			once(Command{F: "commit", Key: "p\x00g", Value: 0}, done),
			once(Command{F: "poll", Key: "p\x00g", Old: 1}, pairs([2]int{1, 6})),
			once(Command{F: "poll", Key: "p\x00other", Old: 1}, pairs([2]int{0, 5})),
			once(Command{F: "commit", Key: "p\x00g", Value: 1}, done),
			once(Command{F: "commit", Key: "p\x00g", Value: 0}, done),
			once(Command{F: "poll", Key: "p\x00g", Old: 1}, pairs()),
		}},
		{name: "a lock has one owner, for ever", steps: []step{
			once(acquire(1, 0), granted(1)),
			once(acquire(2, 0), done),
			times(100, passed, done),
			once(acquire(2, 0), done),
			once(release(2), done),
			once(release(1), Response{OK: true, Swapped: true}),
			once(release(1), done),
			once(acquire(2, 0), granted(2)),
		}},
		{name: "lock-expires", bug: LockExpires, steps: []step{
			once(acquire(1, 0), granted(1)),
			times(11, passed, done),
			once(acquire(2, 0), granted(2)),
		}},
		{name: "a lease ends by itself, and is renewed", steps: []step{
			once(acquire(1, 200), granted(1)),
			times(2, passed, done),
			once(acquire(2, 200), done),
			once(acquire(1, 200), granted(2)),
			times(2, passed, done),
			once(acquire(2, 200), done),
			once(passed, done),
			once(acquire(2, 200), granted(3)),
			once(release(1), done),
		}},
		{name: "an order is charged once", steps: []step{
			once(charge(1), done),
			times(20, charge(1), done),
			once(Command{F: "bookings"}, pairs([2]int{1, 10})),
			once(Command{F: "charge-blindly", Value: 1, New: 10}, done),
			once(Command{F: "bookings"}, pairs([2]int{1, 10}, [2]int{1, 10})),
		}},
		{name: "counters and identifiers", steps: []step{
			once(Command{F: "count", Key: "c"}, Response{OK: true, Found: true}),
			times(3, Command{F: "increment", Key: "c", Value: 2}, done),
			once(Command{F: "count", Key: "c"}, Response{OK: true, Found: true, Value: 6}),
			once(Command{F: generate}, Response{OK: true, Number: 1}),
			once(Command{F: generate}, Response{OK: true, Number: 2}),
			once(Command{F: reserve, Value: 9}, done),
			once(Command{F: generate}, Response{OK: true, Number: 10}),
		}},
		{name: "versions grow over all keys", steps: []step{
			once(Command{F: "get", Key: "a/k"}, done),
			once(put(5), granted(1)),
			once(Command{F: "put-if", Key: "a/k", Value: 6, Old: 2}, done),
			once(Command{F: "put-if", Key: "a/k", Value: 6, Old: 1}, granted(2)),
			once(Command{F: "put-if", Key: "b", Value: 1}, granted(3)),
			once(Command{F: "get", Key: "a/k"}, Response{OK: true, Found: true, Value: 6, Number: 2}),
			once(Command{F: "delete", Key: "a/k"}, Response{OK: true, Number: 4}),
			once(Command{F: "delete", Key: "a/k"}, done),
			once(Command{F: "get", Key: "a/k"}, done),
			once(Command{F: "changes", Key: "a/", Value: 1}, Response{OK: true, Number: 4, Changes: []Change{
				{Key: "a/k", Value: 6, Revision: 2}, {Key: "a/k", Revision: 4, Deleted: true}}}),
			once(Command{F: "changes", Key: "a/", Value: 9}, Response{OK: true, Number: 9, Changes: []Change{}}),
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m := newMachine()
			for i, s := range c.steps {
				for range max(1, s.times) {
					if got := m.execute(s.command, c.bug); !reflect.DeepEqual(got, s.want) {
						t.Fatalf("step %d, %+v: got %+v, want %+v", i+1, s.command, got, s.want)
					}
				}
			}
		})
	}
}

func TestWatchWindow(t *testing.T) {
	for bug, want := range map[Bug]int{"": 50, WatchWindow: watchWindow} {
		m := newMachine()
		for i := range 50 {
			m.execute(Command{F: "put", Key: "k", Value: i}, bug)
		}
		if told := m.execute(Command{F: "changes", Key: "k"}, bug); len(told.Changes) != want || told.Number != 50 {
			t.Errorf("%q: %d changes up to %d", bug, len(told.Changes), told.Number)
		}
	}
}

func TestShortMemory(t *testing.T) {
	for bug, want := range map[Bug]int{"": mostRecent + 1, ShortMemory: mostRecent + 2} {
		m := newMachine()
		for order := range mostRecent + 1 {
			m.execute(Command{F: "charge", Value: order}, bug)
		}
		m.execute(Command{F: "charge", Value: 0}, bug)
		if booked := m.execute(Command{F: "bookings"}, bug); len(booked.Pairs) != want {
			t.Errorf("%q: %d bookings", bug, len(booked.Pairs))
		}
	}
}

func TestInnerFunctionsAreNotForClients(t *testing.T) {
	for _, f := range []string{tick, reserve} {
		if _, err := parse([]byte(`{"f":"` + f + `","value":1}`)); err == nil || !strings.Contains(err.Error(), "unknown function") {
			t.Errorf("%s: %v", f, err)
		}
	}
	for _, body := range []string{`{"f":"acquire","key":"l","value":1}`, `{"f":"charge","value":1}`, `{"f":"append","key":"p"}`} {
		if _, err := parse([]byte(body)); err == nil || !strings.Contains(err.Error(), "needs") {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// session is a simulated client that asks one question after another.
type session struct {
	*simulation
	node *simNode
}

// ask returns the answer, or false if none comes.
func (s session) ask(c map[string]any) (r Response, ok bool) {
	until := s.now + patience
	answered := false
	if !s.request(s.node, c, func(got Response) { r, answered = got, true }) {
		s.run(s.now + 10*time.Millisecond)
		return r, false
	}
	for !answered && s.now < until {
		s.run(s.now + time.Millisecond)
	}
	return r, answered && r.OK
}

// stormy is a cluster under a storm, with a session at each node.
func stormy(bug Bug, seed uint64, t storm) []session {
	s := newSimulation(New(Config{Bug: bug}), seed, 3)
	s.blind = true
	for _, n := range s.nodes {
		s.start(n)
	}
	s.run(time.Second)
	s.rage(t, s.now+30*time.Second)
	var all []session
	for _, n := range s.nodes {
		all = append(all, session{s, n})
	}
	return all
}

// soonest is the least time after which somebody else got a lease that was asked for
// before.
func soonest(bug Bug, seed uint64, milliseconds int) time.Duration {
	sessions := stormy(bug, seed, storm{[]fault{isolateLeader, kill(leaderOnly), pause(leaderOnly)}, 500 * ms, 100 * ms})
	least := time.Hour
	owner, asked := 0, time.Duration(0)
	for i := 0; sessions[0].now < 30*time.Second; i++ {
		at := sessions[i%3].now
		r, ok := sessions[i%3].ask(map[string]any{"f": "acquire", "key": "l", "value": i + 1, "old": milliseconds})
		if !ok || !r.Swapped {
			continue
		}
		if owner != 0 {
			least = min(least, sessions[0].now-asked)
		}
		owner, asked = i+1, at
	}
	return least
}

func TestALeaseLastsAsLongAsItSays(t *testing.T) {
	const milliseconds = 700
	broken := 0
	for seed := range uint64(seeds(t, 4)) {
		if least := soonest("", seed, milliseconds); least < milliseconds*ms || least == time.Hour {
			t.Errorf("seed %d: somebody else held it after %s", seed, least)
		}
		if soonest(LeaseInMemory, seed, milliseconds) < milliseconds*ms {
			broken++
		}
	}
	if broken == 0 {
		t.Error("the bug lease-in-memory was not seen")
	}
}

// doubles is how many identifiers were given out twice.
func doubles(bug Bug, seed uint64) (doubles, given int) {
	sessions := stormy(bug, seed, storm{[]fault{kill(leaderOnly)}, 300 * ms, 700 * ms})
	seen := map[int]bool{}
	for i := 0; sessions[0].now < 20*time.Second; i++ {
		r, ok := sessions[i%3].ask(map[string]any{"f": "generate"})
		switch {
		case !ok:
		case seen[r.Number]:
			doubles++
		default:
			seen[r.Number] = true
		}
	}
	return doubles, len(seen)
}

func TestIdentifiersAreGivenOutOnce(t *testing.T) {
	for seed := range uint64(2) {
		if twice, given := doubles("", seed); twice > 0 || given < 500 {
			t.Errorf("seed %d: %d of %d identifiers twice", seed, twice, given)
		}
		if twice, _ := doubles(IdentifiersInMemory, seed); twice == 0 {
			t.Errorf("seed %d: the bug was not seen", seed)
		}
	}
}
